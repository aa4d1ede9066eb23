package resource

import (
	"go/constant"
	"go/token"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// isKept reports whether the body of a request is in memory already where a function comes to an instruction: it has put back
// what it had read, r.Body = io.NopCloser(bytes.NewReader(b)), or called a function of the package that did. That is where
// it was read, if anywhere.
func isKept(at ssa.Instruction) bool {
	for b := at.Block(); b != nil; b = b.Idom() {
		for _, instr := range b.Instrs {
			if instr == at {
				break
			}
			switch i := instr.(type) {
			case *ssa.Store:
				if putsBack(i) {
					return true
				}
			case *ssa.Call:
				if callee := i.Call.StaticCallee(); callee != nil && takesRequest(i) && keepsBody(callee, i, at) {
					return true
				}
			}
		}
	}
	return false
}

// putsBack reports whether an instruction makes what is in memory the body of a request.
func putsBack(store *ssa.Store) bool {
	f, ok := store.Addr.(*ssa.FieldAddr)
	if !ok || !isField(f, "Body") {
		return false
	}
	v := store.Val
	for {
		switch x := v.(type) {
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.MakeInterface:
			switch query.TypeName(x.X.Type()) {
			case "bytes.Buffer", "bytes.Reader", "strings.Reader":
				return true
			}
			v = x.X
		case *ssa.Call:
			switch query.CalleeSSA(&x.Call) {
			case "io.NopCloser", "io/ioutil.NopCloser":
				v = x.Call.Args[0]
			default:
				return false
			}
		default:
			return false
		}
	}
}

// keepsBody reports whether a function that was called has put back the body of a request on all the ways that it may have come
// back by where the caller comes to an instruction. What it defers is done by then, too.
func keepsBody(fn *ssa.Function, call *ssa.Call, at ssa.Instruction) bool {
	var kept, returns []*ssa.BasicBlock
	for _, b := range fn.Blocks {
		if slices.ContainsFunc(b.Instrs, keeps) {
			kept = append(kept, b)
		}
		if _, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && b != fn.Recover {
			returns = append(returns, b)
		}
	}
	return len(kept) > 0 && !slices.ContainsFunc(returns, func(r *ssa.BasicBlock) bool {
		return !slices.ContainsFunc(kept, func(k *ssa.BasicBlock) bool { return k.Dominates(r) }) && mayComeFrom(r, call, at)
	})
}

// keeps reports whether an instruction puts back a body, or defers a literal that does.
func keeps(instr ssa.Instruction) bool {
	switch i := instr.(type) {
	case *ssa.Store:
		return putsBack(i)
	case *ssa.Defer:
		closure, ok := i.Call.Value.(*ssa.MakeClosure)
		if !ok {
			return false
		}
		for _, b := range closure.Fn.(*ssa.Function).Blocks {
			for _, instr := range b.Instrs {
				if store, ok := instr.(*ssa.Store); ok && putsBack(store) {
					return true
				}
			}
		}
	}
	return false
}

// mayComeFrom reports whether a call may have come back by a return where the caller comes to an instruction: that is not so if
// it is in a branch for another result.
func mayComeFrom(r *ssa.BasicBlock, call *ssa.Call, at ssa.Instruction) bool {
	results := r.Instrs[len(r.Instrs)-1].(*ssa.Return).Results
	for b := at.Block(); b.Idom() != nil; b = b.Idom() {
		pred := b.Idom()
		branch, ok := pred.Instrs[len(pred.Instrs)-1].(*ssa.If)
		if !ok || len(b.Preds) != 1 {
			continue
		}
		truth, cond := b == pred.Succs[0], branch.Cond
		for {
			not, ok := cond.(*ssa.UnOp)
			if !ok || not.Op != token.NOT {
				break
			}
			truth, cond = !truth, not.X
		}
		compared, isComparison := cond.(*ssa.BinOp)
		if isComparison {
			cond = compared.X
		}
		result, ok := resultOf(cond, call)
		if !ok || result >= len(results) {
			continue
		}
		returned := storedBefore(r, results[result])
		switch c, isConst := returned.(*ssa.Const); {
		case !isComparison:
			if isConst && c.Value != nil && c.Value.Kind() == constant.Bool && constant.BoolVal(c.Value) != truth {
				return false
			}
		case compared.Op == token.NEQ || compared.Op == token.EQL:
			y, ok := compared.Y.(*ssa.Const)
			if !ok || !y.IsNil() {
				continue
			}
			failed := (compared.Op == token.NEQ) == truth
			if isConst && c.IsNil() && failed || !failed && isMadeError(r, returned) {
				return false
			}
		}
	}
	return true
}

// storedBefore gives what a value is that a block reads from a variable that it has set: a function with a deferred call returns
// what is in one.
func storedBefore(b *ssa.BasicBlock, v ssa.Value) ssa.Value {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return v
	}
	for _, instr := range b.Instrs {
		if store, ok := instr.(*ssa.Store); ok && store.Addr == load.X {
			v = store.Val
		}
	}
	return v
}

// resultOf gives which result of a call a value is.
func resultOf(v ssa.Value, call *ssa.Call) (result int, ok bool) {
	if e, isExtract := v.(*ssa.Extract); isExtract {
		return e.Index, e.Tuple == ssa.Value(call)
	}
	return 0, v == ssa.Value(call)
}
