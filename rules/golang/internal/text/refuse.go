package text

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Refuses reports whether what does not satisfy a condition is refused: the other
// branch ends the function with an error, false or an answer that says so, or the condition is the
// answer of a function whose name is accepted. Cond may be nil.
func Refuses(cond ssa.Value, named func(string) bool) bool {
	if cond == nil || cond.Referrers() == nil {
		return false
	}
	return refused(cond, false, named)
}

func refused(v ssa.Value, negated bool, named func(string) bool) bool {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp:
			if r.Op == token.NOT && refused(r, !negated, named) {
				return true
			}
		case *ssa.Return:
			return named(r.Parent().Name()) && len(r.Results) == 1
		case *ssa.If:
			other := r.Block().Succs[1]
			if negated {
				other = r.Block().Succs[0]
			}
			if fails(other) || !negated && refusedByOr(r, named) {
				return true
			}
		case *ssa.Phi: // the last of some alternatives
			if !negated && refused(r, false, named) {
				return true
			}
		}
	}
	return false
}

// refusedByOr is refused for the first of some alternatives: a || b.
func refusedByOr(cond *ssa.If, named func(string) bool) bool {
	target := cond.Block().Succs[0]
	for _, instr := range target.Instrs {
		phi, ok := instr.(*ssa.Phi)
		if !ok {
			return false
		}
		for i, from := range target.Preds {
			if k, ok := phi.Edges[i].(*ssa.Const); ok && from == cond.Block() && k.Value != nil && k.Value.String() == "true" && refused(phi, false, named) {
				return true
			}
		}
	}
	return false
}

// fails reports whether a block ends the function with an error or with false.
func fails(b *ssa.BasicBlock) bool {
	ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
	if !ok {
		return false
	}
	for _, instr := range b.Instrs {
		if call, ok := instr.(*ssa.Call); ok {
			switch query.CalleeSSA(&call.Call) {
			case "net/http.Error", "net/http.NotFound", "(net/http.ResponseWriter).WriteHeader":
				return true
			}
		}
	}
	if len(ret.Results) == 0 {
		return false
	}
	last := ret.Results[len(ret.Results)-1]
	k, isConst := last.(*ssa.Const)
	switch {
	case types.Identical(last.Type(), types.Universe.Lookup("error").Type()):
		return !isConst || !k.IsNil()
	case isConst && k.Value != nil && query.TypeName(k.Type()) == "bool":
		return k.Value.String() == "false"
	}
	return false
}
