package resource

import (
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// A number is an integer on its way back to where it was made, through variables, fields and
// functions of the package, to ask whether anything limits it.
type number struct {
	*flow.Flow
	// made reports whether a value is where the number comes from.
	made func(ssa.Value) bool
	// through gives the operands of an operation that the number is followed to.
	through func(*ssa.BinOp) []ssa.Value
	// limits reports whether a comparison of the number, which is v, with another value limits it.
	limits func(n *number, comparison *ssa.BinOp, v, other ssa.Value) bool
	// leave says which callers are not asked for what they hand in; nil for none.
	leave func(*ssa.Function) bool
	// products says that a comparison of what is calculated from the number counts, too: len(b) < 8+12*n. It does where the
	// number has 32 bits at most, so that the product does not wrap around.
	products bool
	// seen are the values that it was on the way, fields the fields that it was kept in.
	seen   map[ssa.Value]bool
	fields map[*types.Var]bool
}

func newNumber(fl *flow.Flow, made func(ssa.Value) bool, through func(*ssa.BinOp) []ssa.Value, limits func(*number, *ssa.BinOp, ssa.Value, ssa.Value) bool) *number {
	return &number{Flow: fl, made: made, through: through, limits: limits, seen: map[ssa.Value]bool{}, fields: map[*types.Var]bool{}}
}

// comesFrom reports whether a value may come from where numbers are made, and notes its way. depth is how many
// functions and fields may lie between.
func (n *number) comesFrom(v ssa.Value, depth int) (found bool) {
	if depth == 0 || n.seen[v] {
		return false
	}
	n.pass(v, depth)
	for _, o := range n.Origins(v) {
		n.seen[o] = true
		if n.made(o) {
			found = true
			if field := flow.Field(o); field != nil {
				n.fields[field] = true
			}
			continue
		}
		switch o := o.(type) {
		case *ssa.BinOp:
			for _, operand := range n.through(o) {
				found = n.comesFrom(operand, depth-1) || found
			}
		case *ssa.Parameter:
			found = n.passedIn(o, depth) || found
		default:
			if field := flow.Field(o); field != nil && !n.fields[field] {
				n.fields[field] = true
				for _, stored := range n.Stored(field) {
					found = n.comesFrom(stored, depth-1) || found
				}
			}
		}
	}
	return found
}

// pass notes what a number is called within its function, before it is followed into another one.
func (n *number) pass(v ssa.Value, depth int) {
	if depth == 0 || n.seen[v] {
		return
	}
	n.seen[v] = true
	switch v := v.(type) {
	case *ssa.Phi:
		for _, e := range v.Edges {
			n.pass(e, depth-1)
		}
	case *ssa.Convert:
		n.pass(v.X, depth-1)
	case *ssa.ChangeType:
		n.pass(v.X, depth-1)
	}
}

func (n *number) passedIn(p *ssa.Parameter, depth int) (found bool) {
	for i, param := range p.Parent().Params {
		if param != p {
			continue
		}
		callers := n.Callers(p.Parent())
		for _, c := range callers[:min(len(callers), maxCallers)] {
			if args := c.Instr.Common().Args; i < len(args) && (n.leave == nil || !n.leave(c.Fn)) {
				found = n.comesFrom(args[i], depth-1) || found
			}
		}
	}
	return found
}

// limited reports whether the number is compared with a limit on its way, or what a field
// holds that it was kept in.
func (n *number) limited() bool {
	for v := range n.seen {
		if n.comparedWithLimit(v) {
			return true
		}
		if load, ok := v.(*ssa.UnOp); ok && filledByRead(load) && slices.ContainsFunc(*load.X.Referrers(), func(r ssa.Instruction) bool {
			again, ok := r.(*ssa.UnOp)
			return ok && n.comparedWithLimit(again)
		}) {
			return true
		}
	}
	for field := range n.fields {
		for _, v := range n.Loads(field) {
			if n.comparedWithLimit(v) {
				return true
			}
		}
	}
	return false
}

func (n *number) comparedWithLimit(v ssa.Value) bool {
	if v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Convert:
			if n.comparedWithLimit(r) {
				return true
			}
		case *ssa.Store: // in a variable that a literal captures
			if a, ok := r.Addr.(*ssa.Alloc); ok && r.Val == v && slices.ContainsFunc(*a.Referrers(), func(use ssa.Instruction) bool {
				load, ok := use.(*ssa.UnOp)
				return ok && n.comparedWithLimit(load)
			}) {
				return true
			}
		case *ssa.BinOp:
			other := r.X
			if other == v {
				other = r.Y
			}
			switch r.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ:
			case token.ADD, token.MUL:
				if (n.products && isProduct(r, other) || wrapChecked(r)) && n.comparedWithLimit(r) {
					return true
				}
				continue
			default:
				continue
			}
			if n.limits(n, r, v, other) {
				return true
			}
		}
	}
	return false
}

// isProduct reports whether an operation makes a number of at most 32 bits larger, without wrapping around: in 64 bits, by a
// factor that is small. other is what it is calculated with.
func isProduct(op *ssa.BinOp, other ssa.Value) bool {
	result, ok := bounds.OfType(op.Type())
	if !ok || result.Max.BitLen() < 63 {
		return false
	}
	if op.Op == token.ADD {
		return true
	}
	r, ok := bounds.Of(other, op.Block())
	return ok && r.Min.Sign() > 0 && r.Max.BitLen() <= 16
}

// wrapChecked reports whether a sum is compared with what it is the sum of, to see whether it wrapped around: end < start.
func wrapChecked(sum *ssa.BinOp) bool {
	return sum.Op == token.ADD && slices.ContainsFunc(*sum.Referrers(), func(r ssa.Instruction) bool {
		op, ok := r.(*ssa.BinOp)
		if !ok || !isComparison(op.Op) {
			return false
		}
		for _, side := range []ssa.Value{op.X, op.Y} {
			if side == sum.X || side == sum.Y || sameLoad(side, sum.X) || sameLoad(side, sum.Y) {
				return true
			}
		}
		return false
	})
}

// sameLoad reports whether two values are read from the same field.
func sameLoad(a, b ssa.Value) bool { return flow.Field(a) != nil && flow.Field(a) == flow.Field(b) }
