package taint

import (
	"go/constant"
	"go/token"
	"go/types"
	"math"
	"math/bits"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
)

// Numbers are dangerous by their size: for an allocation, for a loop, and for a
// conversion to an integer that is too small. Each of those integers has a class, which a
// number has as long as it may not fit: its type, a comparison, a mask, the width that it
// was parsed with may say that it does.

// maxHarmless is the largest bound that counts as one for allocations and loops. Above
// it, a comparison guards against overflow and not against use: 1 GB of bytes.
const maxHarmless = 1<<30 - 1

// narrow are the integers that a conversion may lose something to.
var narrow = []struct {
	class string
	kind  types.BasicKind
	max   uint64
}{
	{"overflow-int8", types.Int8, math.MaxInt8},
	{"overflow-uint8", types.Uint8, math.MaxUint8},
	{"overflow-int16", types.Int16, math.MaxInt16},
	{"overflow-uint16", types.Uint16, math.MaxUint16},
	{"overflow-int32", types.Int32, math.MaxInt32},
	{"overflow-uint32", types.Uint32, math.MaxUint32},
	{"overflow-int64", types.Int64, math.MaxInt64},
}

// numbers are the classes of numbers in the models of a run. Those that the models do
// not declare are nil.
type numbers struct {
	all, bounded, overflow models.Set
	narrow                 []*models.Class // parallel to narrow
	allocation, loop       *models.Class
	index, divisor         *models.Class
	assertion              *models.Class                    // of any value
	masks                  [types.UntypedNil + 1]models.Set // by kind of the basic type
}

func newNumbers(m *models.Models) numbers {
	n := numbers{all: m.Group("numeric"), bounded: m.Shape("upper-bound"), allocation: m.Class("allocation"), loop: m.Class("loop"),
		index: m.Class("index"), divisor: m.Class("divisor"), assertion: m.Class("assertion")}
	for _, t := range narrow {
		c := m.Class(t.class)
		n.narrow = append(n.narrow, c)
		if c != nil {
			n.overflow |= c.Bit
		}
	}
	for kind := range n.masks {
		n.masks[kind] = n.all
		if max, ok := largest(types.BasicKind(kind)); ok {
			n.masks[kind] &^= n.fitting(max)
		}
	}
	return n
}

// below gives the classes that a number of at most max is harmless for.
func (n *numbers) below(max uint64) (clears models.Set) {
	for i, c := range n.narrow {
		if c != nil && max <= narrow[i].max {
			clears |= c.Bit
		}
	}
	if max <= maxHarmless {
		clears |= n.bounded
	}
	return clears
}

// fitting is below for a number that has a limit by nature, which nobody compared with
// a length: a byte may index a table, more bits are beyond the end of most slices.
func (n *numbers) fitting(max uint64) models.Set {
	clears := n.below(max)
	if n.index != nil && max > math.MaxUint8 {
		clears &^= n.index.Bit
	}
	return clears
}

// limited gives the classes that a number is harmless for that is not larger than a
// value: a variable is taken to be a limit that somebody thought about.
func (n *numbers) limited(by ssa.Value) models.Set {
	if max, ok := intConst(by); ok {
		return n.below(max)
	}
	return n.bounded | n.overflow
}

// mask gives the classes that a number of a type may be dangerous for.
func (n *numbers) mask(b *types.Basic) models.Set { return n.masks[b.Kind()] }

// largest gives the largest number of a sized type.
func largest(kind types.BasicKind) (max uint64, ok bool) {
	switch kind {
	case types.Int, types.Uint, types.Uintptr, types.Uint64:
		return 0, false
	}
	for _, t := range narrow {
		if t.kind == kind {
			return t.max, true
		}
	}
	return 0, false
}

// intConst gives a constant that is not negative.
func intConst(v ssa.Value) (n uint64, ok bool) {
	for {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
			continue
		case *ssa.Const:
			if x.Value == nil || x.Value.Kind() != constant.Int {
				return 0, false
			}
			return constant.Uint64Val(x.Value)
		}
		return 0, false
	}
}

// arithmetic gives the classes that the result of an operation is harmless for,
// whatever the operands hold.
func (n *numbers) arithmetic(i *ssa.BinOp) models.Set {
	switch i.Op {
	case token.REM:
		return n.limited(i.Y)
	case token.AND:
		if _, ok := intConst(i.X); ok {
			return n.limited(i.X)
		}
		return n.limited(i.Y)
	case token.SHR:
		shift, ok := intConst(i.Y)
		b, isBasic := i.X.Type().Underlying().(*types.Basic)
		if !ok || !isBasic || shift > 63 {
			return 0
		}
		max, sized := largest(b.Kind())
		if !sized {
			max = math.MaxUint64
		}
		return n.below(max >> shift)
	case token.OR, token.XOR, token.SHL:
		if bits := width(i, maxWidthDepth); bits < 63 {
			return n.below(1<<bits - 1)
		}
	}
	return 0
}

// maxWidthDepth bounds the depth of what a number is put together from: 8 bytes, each converted and shifted.
const maxWidthDepth = 24

// width gives how many bits a number needs at most that is put together from bytes, int(b[0])<<8 | int(b[1]); 64 where
// that is not known.
func width(v ssa.Value, depth int) uint64 {
	if depth == 0 {
		return 64
	}
	if c, ok := intConst(v); ok {
		return uint64(bits.Len64(c))
	}
	switch x := v.(type) {
	case *ssa.Convert:
		if b, ok := x.X.Type().Underlying().(*types.Basic); ok {
			if max, ok := largest(b.Kind()); ok && b.Info()&types.IsUnsigned != 0 {
				return uint64(bits.Len64(max))
			}
		}
		return width(x.X, depth-1)
	case *ssa.BinOp:
		switch x.Op {
		case token.OR, token.XOR:
			return max(width(x.X, depth-1), width(x.Y, depth-1))
		case token.SHL:
			if by, ok := intConst(x.Y); ok {
				return min(64, width(x.X, depth-1)+by)
			}
		}
	}
	return 64
}

// parsed gives the classes that a number is harmless for by the size that it was
// parsed with.
func (n *numbers) parsed(name string, args []ssa.Value) models.Set {
	if name != "strconv.ParseInt" && name != "strconv.ParseUint" || len(args) != 3 {
		return 0
	}
	bits, ok := intConst(args[2])
	if !ok || bits == 0 || bits > 64 {
		return 0
	}
	if name == "strconv.ParseInt" {
		bits--
	}
	return n.fitting(1<<bits - 1)
}

// maxDominators is how many blocks before a number is made are asked for what was found out about its bytes.
const maxDominators = 16

// leading gives the classes that a number of four bytes is harmless for whose highest byte was found to be 0 before: a length
// of 24 bits, which a protocol keeps beside another byte.
func (n *numbers) leading(name string, s *site) models.Set {
	highest := uint64(0)
	switch name {
	case "(encoding/binary.bigEndian).Uint32":
	case "(encoding/binary.littleEndian).Uint32":
		highest = 3
	default:
		return 0
	}
	bytes := s.operands[len(s.operands)-1]
	for b, steps := s.block, 0; b.Idom() != nil && steps < maxDominators; b, steps = b.Idom(), steps+1 {
		pred := b.Idom()
		branch, ok := pred.Instrs[len(pred.Instrs)-1].(*ssa.If)
		if !ok || len(b.Preds) != 1 || pred != b.Preds[0] {
			continue
		}
		eq, ok := branch.Cond.(*ssa.BinOp)
		if !ok || intValue(eq.Y) != 0 || eq.Op != token.EQL && eq.Op != token.NEQ || (eq.Op == token.EQL) != (b == pred.Succs[0]) {
			continue
		}
		if at, ok := element(eq.X); ok && array(at.X) == array(bytes) {
			if i, ok := intConst(at.Index); ok && i == highest {
				return n.fitting(1<<24 - 1)
			}
		}
	}
	return 0
}

// array gives what a slice of bytes begins with: b of b[:], b[0:4].
func array(v ssa.Value) ssa.Value {
	for {
		s, ok := v.(*ssa.Slice)
		if !ok || s.Low != nil && intValue(s.Low) != 0 {
			return v
		}
		v = s.X
	}
}

// shifted finds the bytes that a number is put together from, of int(b[0])<<8: a byte
// alone is no number to be afraid of, but what is made of several is.
func shifted(i *ssa.BinOp, operand ssa.Value) (bytes ssa.Value, ok bool) {
	conv, isConv := operand.(*ssa.Convert)
	if i.Op != token.SHL || operand != i.X || !isConv {
		return nil, false
	}
	if b, ok := conv.X.Type().Underlying().(*types.Basic); !ok || b.Kind() != types.Uint8 {
		return nil, false
	}
	switch v := conv.X.(type) {
	case *ssa.UnOp:
		if at, ok := v.X.(*ssa.IndexAddr); ok && v.Op == token.MUL {
			return at.X, true
		}
	case *ssa.Index:
		return v.X, true
	case *ssa.Lookup:
		return v.X, true
	}
	return nil, false
}

// conversionOverflow adds the sink that a conversion of a number to a smaller type is.
func (g *graph) conversionOverflow(i *ssa.Convert, block *ssa.BasicBlock) {
	from, ok1 := i.X.Type().Underlying().(*types.Basic)
	to, ok2 := i.Type().Underlying().(*types.Basic)
	if !ok1 || !ok2 || from.Info()&types.IsInteger == 0 || to.Info()&types.IsInteger == 0 {
		return
	}
	kind := to.Kind()
	if kind == types.Int {
		kind = types.Int64
	}
	n := &g.run.numbers
	for k, t := range narrow {
		class := n.narrow[k]
		if t.kind != kind || class == nil || n.mask(from)&class.Bit == 0 {
			continue
		}
		if kind == types.Int64 && from.Info()&types.IsUnsigned == 0 {
			continue
		}
		if g.discards(i) || to.Info()&types.IsUnsigned == 0 && signChecked(i, 0) {
			continue
		}
		g.sink(i.X, block, sinkUse{class: class, what: to.Name(), call: i, step: step{pos: i.Pos(), sink: sinkPlace{true, 0}}})
	}
}

// discards reports whether a conversion is meant to lose something: byte(n),
// byte(n>>8) take a number apart.
func (g *graph) discards(i *ssa.Convert) bool {
	isApart := func(v ssa.Value) bool {
		if v.Referrers() == nil {
			return false
		}
		for _, r := range *v.Referrers() {
			if shift, ok := r.(*ssa.BinOp); ok && (shift.Op == token.SHR || shift.Op == token.AND) && shift.X == v {
				return true
			}
		}
		return false
	}
	if shift, ok := i.X.(*ssa.BinOp); ok && (shift.Op == token.SHR || shift.Op == token.XOR || shift.Op == token.AND) {
		return true
	}
	return isApart(i.X)
}

// signChecked reports whether the result of a conversion is looked at for being
// negative, here or in a function that it is passed to: that is what it is if it was too large.
func signChecked(v ssa.Value, depth int) bool {
	if v.Referrers() == nil || depth > 2 {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.BinOp:
			c, ok := r.Y.(*ssa.Const)
			if ok && r.X == v && c.Value != nil && c.Value.Kind() == constant.Int && constant.Sign(c.Value) <= 0 && (r.Op == token.LSS || r.Op == token.GEQ || r.Op == token.LEQ || r.Op == token.GTR) {
				return true
			}
		case *ssa.Phi:
			if signChecked(r, depth+1) {
				return true
			}
		case ssa.CallInstruction:
			callee := r.Common().StaticCallee()
			if callee == nil {
				continue
			}
			for i, arg := range r.Common().Args {
				if arg == v && i < len(callee.Params) && signChecked(callee.Params[i], depth+1) {
					return true
				}
			}
		}
	}
	return false
}

// allocations adds the sinks that the sizes of make are.
func (g *graph) allocations(block *ssa.BasicBlock, instr ssa.Instruction, sizes ...ssa.Value) {
	class := g.run.numbers.allocation
	if class == nil {
		return
	}
	for k, size := range sizes {
		if size == nil || k > 0 && size == sizes[0] {
			continue
		}
		g.sink(size, block, sinkUse{class: class, what: "make", call: instr, step: step{pos: instr.Pos(), sink: sinkPlace{true, k + 1}}})
	}
}

// indexes adds the sinks that the indexes of an element, or of a part of a slice, are.
func (g *graph) indexes(block *ssa.BasicBlock, instr ssa.Instruction, indexes ...ssa.Value) {
	class := g.run.numbers.index
	if class == nil || !instr.Pos().IsValid() {
		return
	}
	for _, index := range indexes {
		if index == nil || counter(index) {
			continue
		}
		g.sink(index, block, sinkUse{class: class, what: "an index", call: instr, step: step{pos: instr.Pos(), sink: sinkPlace{true, everything}}})
	}
}

// division adds the sink that the divisor of integers is.
func (g *graph) division(i *ssa.BinOp, block *ssa.BasicBlock) {
	b, ok := i.Type().Underlying().(*types.Basic)
	if class := g.run.numbers.divisor; class != nil && ok && b.Info()&types.IsInteger != 0 {
		g.sink(i.Y, block, sinkUse{class: class, what: i.Op.String(), call: i, step: step{pos: i.Pos(), sink: sinkPlace{true, everything}}})
	}
}

// assertion adds the sink that a type assertion is that panics, to one of the types
// that decoders choose among when they fill in an any.
func (g *graph) assertion(i *ssa.TypeAssert, block *ssa.BasicBlock) {
	from, ok := i.X.Type().Underlying().(*types.Interface)
	if class := g.run.numbers.assertion; class != nil && !i.CommaOk && ok && from.Empty() && decoded(i.AssertedType) && !g.ofKey(i.X, block) {
		g.sink(i.X, block, sinkUse{class: class, what: "a type assertion", call: i, step: step{pos: i.Pos(), sink: sinkPlace{true, everything}}})
	}
}

// ofKey reports whether a value is read from a list of keys and values, handed over one by one, where the key beside it
// was asked for: what is asserted is what the caller writes after that key, not what it writes after others.
func (g *graph) ofKey(v ssa.Value, block *ssa.BasicBlock) bool {
	value, ok := element(v)
	if !ok || !g.fn.Signature.Variadic() || value.X != ssa.Value(g.fn.Params[len(g.fn.Params)-1]) {
		return false
	}
	next, ok := value.Index.(*ssa.BinOp)
	if !ok || next.Op != token.ADD || intValue(next.Y) != 1 {
		return false
	}
	for b := block; b.Idom() != nil; b = b.Idom() {
		pred := b.Idom()
		branch, ok := pred.Instrs[len(pred.Instrs)-1].(*ssa.If)
		if !ok || pred.Succs[0] != b || len(b.Preds) != 1 {
			continue
		}
		if eq, ok := branch.Cond.(*ssa.BinOp); ok && eq.Op == token.EQL {
			for _, side := range []ssa.Value{eq.X, eq.Y} {
				if key, ok := element(side); ok && key.X == value.X && key.Index == next.X {
					return true
				}
			}
		}
	}
	return false
}

// element gives where in a list a value is read from.
func element(v ssa.Value) (*ssa.IndexAddr, bool) {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return nil, false
	}
	at, ok := load.X.(*ssa.IndexAddr)
	return at, ok
}

// decoded reports whether a type is one of those: string, float64, bool and the like, []any,
// map[string]any.
func decoded(t types.Type) bool {
	isAny := func(t types.Type) bool {
		i, ok := t.Underlying().(*types.Interface)
		return ok && i.Empty()
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return true
	case *types.Slice:
		return isAny(t.Elem())
	case *types.Map:
		return isAny(t.Elem())
	case *types.Named:
		return t.Obj().Name() == "Number" && t.Obj().Pkg() != nil && t.Obj().Pkg().Path() == "encoding/json"
	}
	return false
}

// loopSink adds the sink that the condition of a loop is, for what its counter is
// compared with.
func (g *graph) loopSink(i *ssa.BinOp, block *ssa.BasicBlock) {
	class := g.run.numbers.loop
	if class == nil || i.Referrers() == nil || len(*i.Referrers()) != 1 {
		return
	}
	if _, ok := (*i.Referrers())[0].(*ssa.If); !ok {
		return
	}
	limit := i.Y
	for _, v := range []ssa.Value{i.X, i.Y} {
		if phi, ok := v.(*ssa.Phi); ok && counter(phi) && phi.Block() != block {
			return // it only ends a loop early that something else bounds
		}
	}
	switch {
	case counter(i.X):
		if _, isConst := i.Y.(*ssa.Const); isConst { // n > 0, of one that counts down
			limit = i.X
		}
	case counter(i.Y):
		limit = i.X
	default:
		return
	}
	if limit == i.Y {
		limit = rounds(i.X, limit)
	}
	if b, ok := limit.Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsInteger == 0 {
		return
	}
	if readsEachRound(block) || strides(i.X) || strides(i.Y) {
		return
	}
	pos := i.Pos()
	if !pos.IsValid() {
		pos = origin(limit)
	}
	g.sink(limit, block, sinkUse{class: class, what: "a loop", call: i, step: step{pos: pos, sink: sinkPlace{true, everything}}})
}

// rounds gives what says how often a loop runs that counts up to a limit: n of i < start+n, where i begins at start.
func rounds(counter, limit ssa.Value) ssa.Value {
	phi, ok1 := counter.(*ssa.Phi)
	sum, ok2 := limit.(*ssa.BinOp)
	if !ok1 || !ok2 || sum.Op != token.ADD {
		return limit
	}
	switch {
	case slices.Contains(phi.Edges, sum.X):
		return sum.Y
	case slices.Contains(phi.Edges, sum.Y):
		return sum.X
	}
	return limit
}

// readsEachRound reports whether a loop, which a block is part of, ends with the first
// call in it that fails: one that reads an element in each round ends with the input.
func readsEachRound(at *ssa.BasicBlock) bool {
	after := reach(at, func(b *ssa.BasicBlock) []*ssa.BasicBlock { return b.Succs })
	before := reach(at, func(b *ssa.BasicBlock) []*ssa.BasicBlock { return b.Preds })
	inside := func(b *ssa.BasicBlock) bool { return after[b] && before[b] }
	for b := range after {
		if b == at || !inside(b) || len(b.Succs) != 2 || inside(b.Succs[0]) == inside(b.Succs[1]) {
			continue
		}
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		cond, ok := branch.Cond.(*ssa.BinOp)
		if !ok || !isError(cond.X.Type()) {
			continue
		}
		if call, _ := callOf(cond.X); call != nil && inside(call.Block()) {
			return true
		}
	}
	return false
}

// reach gives the blocks that next leads to.
func reach(from *ssa.BasicBlock, next func(*ssa.BasicBlock) []*ssa.BasicBlock) map[*ssa.BasicBlock]bool {
	seen := map[*ssa.BasicBlock]bool{from: true}
	for work := []*ssa.BasicBlock{from}; len(work) > 0; {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		for _, n := range next(b) {
			if !seen[n] {
				seen[n] = true
				work = append(work, n)
			}
		}
	}
	return seen
}

// counter reports whether a value is what a loop counts: it is itself plus or minus
// a constant, one round before.
func counter(v ssa.Value) bool {
	if step, ok := v.(*ssa.BinOp); ok && (step.Op == token.ADD || step.Op == token.SUB) { // of range n
		_, isConst := step.Y.(*ssa.Const)
		return isConst && stepped(step.X, step)
	}
	phi, ok := v.(*ssa.Phi)
	if !ok {
		return false
	}
	for _, e := range phi.Edges {
		if step, ok := e.(*ssa.BinOp); ok && (step.Op == token.ADD || step.Op == token.SUB) && step.X == ssa.Value(phi) {
			return true
		}
	}
	return false
}

// strides reports whether a loop counts in steps so large that it does not run often, whatever it counts to: one that takes
// a size apart into pieces of 4 GB.
func strides(counter ssa.Value) bool {
	phi, ok := counter.(*ssa.Phi)
	return ok && slices.ContainsFunc(phi.Edges, func(e ssa.Value) bool {
		step, ok := e.(*ssa.BinOp)
		if !ok || step.Op != token.ADD && step.Op != token.SUB || step.X != counter {
			return false
		}
		by, ok := intConst(step.Y)
		return ok && by > maxHarmless
	})
}

// stepped reports whether a phi takes the value of a step.
func stepped(v ssa.Value, by ssa.Value) bool {
	phi, ok := v.(*ssa.Phi)
	if !ok {
		return false
	}
	for _, e := range phi.Edges {
		if e == by {
			return true
		}
	}
	return false
}

// origin gives a position for a value that has none of its own.
func origin(v ssa.Value) token.Pos {
	for range 8 {
		if v.Pos().IsValid() {
			return v.Pos()
		}
		switch x := v.(type) {
		case *ssa.Extract:
			v = x.Tuple
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.UnOp:
			v = x.X
		default:
			return token.NoPos
		}
	}
	return token.NoPos
}
