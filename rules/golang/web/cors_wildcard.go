package web

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// wildcards finds ways on which a wildcard of the configuration lets any origin
// pass: from the beginning of a function, past a condition that says "all
// origins", without any that asks for this one.
type wildcards struct {
	*flow.Flow
	judged map[*ssa.Parameter]bool // what acceptsAny said, or false while it is asked
}

// A passage is what the edge of a condition means for the origin.
type passage int

const (
	open     passage = iota // says nothing of the origin
	checked                 // only origins that were looked at pass
	wildcard                // any origin passes, because the configuration says so
)

// reaches reports whether a block is reached by a wildcard.
func (w *wildcards) reaches(target *ssa.BasicBlock, isOrigin func(ssa.Value) bool) bool {
	return w.walk(target.Parent(), isOrigin, func(from, to *ssa.BasicBlock) bool { return to == target })
}

// walk looks for a way over at least one wildcard, and nothing that is checked,
// to an edge that is wanted.
func (w *wildcards) walk(fn *ssa.Function, isOrigin func(ssa.Value) bool, wanted func(from, to *ssa.BasicBlock) bool) bool {
	type state struct {
		block *ssa.BasicBlock
		wild  bool
	}
	seen := map[state]bool{}
	work := []state{{fn.Blocks[0], false}}
	for len(work) > 0 {
		at := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		for i, to := range at.block.Succs {
			pass := open
			if cond, ok := at.block.Instrs[len(at.block.Instrs)-1].(*ssa.If); ok {
				pass = w.passage(cond.Cond, i == 0, isOrigin)
			}
			if pass == checked {
				continue
			}
			next := state{to, at.wild || pass == wildcard}
			if next.wild && wanted(at.block, to) {
				return true
			}
			work = append(work, next)
		}
	}
	return false
}

// passage judges a condition that came out as given.
func (w *wildcards) passage(cond ssa.Value, outcome bool, isOrigin func(ssa.Value) bool) passage {
	switch c := cond.(type) {
	case *ssa.UnOp:
		if c.Op == token.NOT {
			return w.passage(c.X, !outcome, isOrigin)
		}
	case *ssa.BinOp:
		if c.Op != token.EQL && c.Op != token.NEQ {
			break
		}
		equal := outcome == (c.Op == token.EQL)
		x, y := c.X, c.Y
		if _, constant := x.(*ssa.Const); constant {
			x, y = y, x
		}
		text, isText := query.StringSSA(y)
		switch {
		case dependsOn(x, isOrigin, 6) || dependsOn(y, isOrigin, 6):
			if isText && (text == "" || text == "null") || !equal {
				return open // not this one: nothing is said of the others
			}
			return checked
		case equal && isText && text == "*", equal && isLength(x) && isZero(y):
			return wildcard
		}
		return open
	case *ssa.Call:
		if !dependsOn(c, isOrigin, 6) {
			return open
		}
		if !outcome {
			return open
		}
		if callee := c.Call.StaticCallee(); callee != nil && len(callee.Blocks) > 0 {
			for i, arg := range c.Call.Args {
				if i < len(callee.Params) && dependsOn(arg, isOrigin, 6) && w.acceptsAny(callee.Params[i]) {
					return wildcard
				}
			}
		}
		return checked
	}
	if dependsOn(cond, isOrigin, 6) {
		return checked
	}
	if outcome && saysAll(cond) {
		return wildcard
	}
	return open
}

// acceptsAny reports whether a function that judges its parameter says true by a
// wildcard.
func (w *wildcards) acceptsAny(p *ssa.Parameter) bool {
	if result, ok := w.judged[p]; ok {
		return result
	}
	w.judged[p] = false
	fn := p.Parent()
	accepts := map[[2]*ssa.BasicBlock]bool{} // the edges on which the result is true
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || len(ret.Results) == 0 {
			continue
		}
		switch v := ret.Results[0].(type) {
		case *ssa.Const:
			if isTrue(v) {
				for _, from := range b.Preds {
					accepts[[2]*ssa.BasicBlock{from, b}] = true
				}
			}
		case *ssa.Phi:
			for i, e := range v.Edges {
				if isTrue(e) {
					accepts[[2]*ssa.BasicBlock{v.Block().Preds[i], v.Block()}] = true
				}
			}
		}
	}
	w.judged[p] = w.walk(fn, func(v ssa.Value) bool { return v == p }, func(from, to *ssa.BasicBlock) bool {
		return accepts[[2]*ssa.BasicBlock{from, to}]
	})
	return w.judged[p]
}

// dependsOn reports whether a value is made from one that is wanted, within so
// many steps.
func dependsOn(v ssa.Value, wanted func(ssa.Value) bool, steps int) bool {
	if v == nil || steps == 0 {
		return false
	}
	if wanted(v) {
		return true
	}
	instr, ok := v.(ssa.Instruction)
	if !ok {
		return false
	}
	var operands [8]*ssa.Value
	return slices.ContainsFunc(instr.Operands(operands[:0]), func(op *ssa.Value) bool { return dependsOn(*op, wanted, steps-1) })
}

func isTrue(v ssa.Value) bool {
	k, ok := v.(*ssa.Const)
	return ok && k.Value != nil && k.Value.String() == "true"
}

func isZero(v ssa.Value) bool {
	n, ok := query.IntSSA(v)
	return ok && n == 0
}

func isLength(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	b, ok := call.Call.Value.(*ssa.Builtin)
	return ok && b.Name() == "len"
}

// saysAll reports whether a condition is a switch of the configuration whose name
// says that all origins are meant.
func saysAll(cond ssa.Value) bool {
	var name string
	switch v := cond.(type) {
	case *ssa.Parameter:
		name = v.Name()
	case *ssa.FreeVar:
		name = v.Name()
	case *ssa.Field:
		name = fieldOf(v.X.Type(), v.Field)
	case *ssa.UnOp:
		switch a := v.X.(type) {
		case *ssa.FieldAddr:
			name = fieldOf(a.X.Type(), a.Field)
		case *ssa.Global:
			name = a.Name()
		case *ssa.FreeVar:
			name = a.Name()
		}
	}
	return slices.ContainsFunc(query.Words(name), func(word string) bool {
		return word == "all" || word == "any" || word == "wildcard" || word == "everything"
	})
}

// fieldOf names a field of a struct or of what a pointer to one points to.
func fieldOf(t types.Type, i int) string {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || i >= s.NumFields() {
		return ""
	}
	return s.Field(i).Name()
}
