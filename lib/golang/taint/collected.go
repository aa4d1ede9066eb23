package taint

import (
	"go/token"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
)

// collected gives the classes that a field is harmless for where it is read from an element of a list that the function itself
// has put together: the field of whatever it appended was checked before it did.
func (g *graph) collected(element ssa.Value, index int) models.Set {
	load, ok := element.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return 0
	}
	at, ok := load.X.(*ssa.IndexAddr)
	if !ok {
		return 0
	}
	clears, found := models.All, false
	seen := map[ssa.Value]bool{}
	var visit func(ssa.Value) bool
	visit = func(list ssa.Value) bool {
		if seen[list] {
			return true
		}
		seen[list] = true
		switch list := list.(type) {
		case *ssa.Const:
			return list.IsNil()
		case *ssa.Phi:
			for _, e := range list.Edges {
				if !visit(e) {
					return false
				}
			}
			return true
		case *ssa.Call:
			if b, ok := list.Call.Value.(*ssa.Builtin); !ok || b.Name() != "append" || !visit(list.Call.Args[0]) {
				return false
			}
			values, ok := packed(list.Call.Args[1])
			for _, v := range values {
				part := g.part(g.cell(v), g.run.field(v.Type(), index))
				clears &= g.guards.cleared(part, list.Block())
				found = true
			}
			return ok
		}
		return false
	}
	if !visit(at.X) || !found {
		return 0
	}
	return clears
}
