// Package bounds says which values an integer can have at a place in a function
// ([Of]), and how long a slice is that the function made ([Length]): by types,
// constants, arithmetic and the conditions on the way there.
//
// What cannot be followed has the range of its type. Arithmetic is taken not to
// wrap around at 64 bits. All functions are safe for concurrent use.
package bounds

import (
	"go/constant"
	"go/token"
	"go/types"
	"iter"
	"math/big"
	"strconv"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// A Range is all integers from Min to Max, both included. Its numbers are not
// changed once they are in it.
type Range struct{ Min, Max *big.Int }

var (
	zero   = big.NewInt(0)
	one    = big.NewInt(1)
	maxInt = new(big.Int).SetInt64(1<<63 - 1)
	minInt = new(big.Int).SetInt64(-1 << 63)
)

// Point gives the range of one number.
func Point(n int64) Range { return Range{big.NewInt(n), big.NewInt(n)} }

// Within reports whether a range is part of another one.
func (r Range) Within(o Range) bool { return r.Min.Cmp(o.Min) >= 0 && r.Max.Cmp(o.Max) <= 0 }

// Empty reports whether no number is in the range: nothing gets to the place.
func (r Range) Empty() bool { return r.Min.Cmp(r.Max) > 0 }

func (r Range) and(o Range) Range { return Range{larger(r.Min, o.Min), smaller(r.Max, o.Max)} }
func (r Range) or(o Range) Range  { return Range{smaller(r.Min, o.Min), larger(r.Max, o.Max)} }
func (r Range) plus(n *big.Int) Range {
	return Range{new(big.Int).Add(r.Min, n), new(big.Int).Add(r.Max, n)}
}

func smaller(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) >= 0 {
		return a
	}
	return b
}

// OfType gives the range of an integer type; false for other types. int, uint and
// uintptr have 64 bits.
func OfType(t types.Type) (Range, bool) {
	b, ok := t.Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 {
		return Range{}, false
	}
	bits := uint(64)
	switch b.Kind() {
	case types.Int8, types.Uint8:
		bits = 8
	case types.Int16, types.Uint16:
		bits = 16
	case types.Int32, types.Uint32:
		bits = 32
	}
	return ofBits(bits, b.Info()&types.IsUnsigned != 0), true
}

func ofBits(bits uint, unsigned bool) Range {
	if unsigned {
		return Range{zero, new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)}
	}
	half := new(big.Int).Lsh(one, bits-1)
	return Range{new(big.Int).Neg(half), new(big.Int).Sub(half, one)}
}

// anyLength is what the length of something unknown may be.
var anyLength = Range{zero, maxInt}

// budget bounds the values that are looked at for one question. What is not known
// by then has the range of its type.
const budget = 200

// Of gives the values that an integer can have in a block, and false for what is
// no integer.
func Of(v ssa.Value, at *ssa.BasicBlock) (Range, bool) {
	if _, ok := OfType(v.Type()); !ok {
		return Range{}, false
	}
	r, _ := Found(v, at)
	return r, true
}

// Found is Of, and also false where the budget ended before all that bounds the number was looked at.
func Found(v ssa.Value, at *ssa.BasicBlock) (Range, bool) {
	if _, ok := OfType(v.Type()); !ok {
		return Range{}, false
	}
	e := evaluation{left: budget, active: map[ssa.Value]bool{}}
	r := e.value(v, at)
	return r, e.left >= 0
}

// Exact gives the values that an operation on integers would have in a block if its
// type had no end.
func Exact(v *ssa.BinOp, at *ssa.BasicBlock) Range {
	e := evaluation{left: budget, active: map[ssa.Value]bool{}}
	return e.operation(v, at, Range{minInt, new(big.Int).Lsh(maxInt, 1)})
}

// Checked says on which sides a value is compared with constants on the way to a
// block.
func Checked(v ssa.Value, at *ssa.BasicBlock) (below, above bool) {
	e := evaluation{left: budget, active: map[ssa.Value]bool{}, constants: true}
	full := Range{new(big.Int).Lsh(minInt, 8), new(big.Int).Lsh(maxInt, 8)}
	r := full
	base, _ := linear(v)
	for c := range conditions(at) {
		r = e.constrain(c, r, zero, func(x ssa.Value) bool { return x == base || divides(base, x) })
	}
	return r.Min.Cmp(full.Min) > 0, r.Max.Cmp(full.Max) < 0
}

// divides reports whether x is a constant divided by a number, limit / n: who compares that with
// another constant means to keep n in bounds.
func divides(n, x ssa.Value) bool {
	quotient, ok := x.(*ssa.BinOp)
	if !ok || quotient.Op != token.QUO || quotient.Y != n {
		return false
	}
	_, isConst := integer(quotient.X)
	return isConst
}

// Length gives how long a string, slice or array can be, and the capacity that it
// can be cut to, as the function made it; and false if it comes from elsewhere.
// Conditions are not looked at: see AtLeast.
func Length(v ssa.Value) (length, capacity Range, ok bool) {
	e := evaluation{left: budget, active: map[ssa.Value]bool{}}
	return e.length(v)
}

// AtLeast gives the smallest length that a value can have in a block by the
// conditions on the way there.
func AtLeast(v ssa.Value, at *ssa.BasicBlock) *big.Int {
	e := evaluation{left: budget, active: map[ssa.Value]bool{}}
	r := anyLength
	for c := range conditions(at) {
		r = e.constrain(c, r, zero, func(x ssa.Value) bool { return isLength(x, v) })
	}
	return r.Min
}

func isLength(x, of ssa.Value) bool {
	call, ok := x.(*ssa.Call)
	return ok && query.CalleeSSA(&call.Call) == "len" && len(call.Call.Args) == 1 && call.Call.Args[0] == of
}

type evaluation struct {
	left      int
	active    map[ssa.Value]bool
	constants bool // only comparisons with constants count
}

// value gives the range of an integer in a block.
func (e *evaluation) value(v ssa.Value, at *ssa.BasicBlock) Range {
	full, ok := OfType(v.Type())
	if !ok {
		full = Range{minInt, maxInt}
	}
	if e.left--; e.left < 0 || e.active[v] {
		return full
	}
	e.active[v] = true
	defer delete(e.active, v)
	r := e.made(v, at, full)
	if c, ok := v.(*ssa.Const); !ok || c == nil {
		base, offset := linear(v)
		for range 2 { // x != 9 says something once x < 10 is known
			for c := range conditions(at) {
				r = e.constrain(c, r, offset, func(x ssa.Value) bool { return x == base })
			}
		}
	}
	return r
}

// made gives the range of a value by what it is made of.
func (e *evaluation) made(v ssa.Value, at *ssa.BasicBlock, full Range) Range {
	r := full
	switch v := v.(type) {
	case *ssa.Const:
		if n, ok := integer(v); ok {
			return Range{n, n}
		}
	case *ssa.ChangeType:
		r = e.value(v.X, at)
	case *ssa.Convert:
		if _, ok := OfType(v.X.Type()); ok {
			r = e.value(v.X, at)
		}
	case *ssa.UnOp:
		x := e.value(v.X, at)
		switch v.Op {
		case token.SUB:
			r = Range{new(big.Int).Neg(x.Max), new(big.Int).Neg(x.Min)}
		case token.XOR:
			if full.Min.Sign() == 0 { // ^x of an unsigned number
				r = Range{new(big.Int).Sub(full.Max, x.Max), new(big.Int).Sub(full.Max, x.Min)}
			} else {
				r = Range{new(big.Int).Not(x.Max), new(big.Int).Not(x.Min)}
			}
		}
	case *ssa.BinOp:
		r = e.operation(v, at, full)
	case *ssa.Phi:
		r = e.phi(v, full)
	case *ssa.Call:
		r = e.call(v, at, full)
	case *ssa.Extract:
		r = parsed(v, full)
	}
	if r.Empty() {
		return r
	}
	if !r.Within(full) {
		if full.Max.BitLen() >= 63 { // taken not to wrap around
			return r.and(full)
		}
		return full
	}
	return r
}

func (e *evaluation) operation(v *ssa.BinOp, at *ssa.BasicBlock, full Range) Range {
	x, y := e.value(v.X, at), e.value(v.Y, at)
	if x.Empty() {
		return x // nothing gets there, be it one more or less
	}
	if y.Empty() {
		return y
	}
	known := x.Min.Sign() >= 0 && y.Min.Sign() >= 0
	switch v.Op {
	case token.ADD:
		return Range{new(big.Int).Add(x.Min, y.Min), new(big.Int).Add(x.Max, y.Max)}
	case token.SUB:
		return Range{new(big.Int).Sub(x.Min, y.Max), new(big.Int).Sub(x.Max, y.Min)}
	case token.MUL:
		return corners(x, y, (*big.Int).Mul)
	case token.QUO:
		if y.Min.Sign() > 0 || y.Max.Sign() < 0 {
			return corners(x, y, (*big.Int).Quo)
		}
	case token.REM:
		if y.Min.Sign() > 0 {
			most := new(big.Int).Sub(y.Max, one)
			if x.Min.Sign() >= 0 {
				return Range{zero, smaller(x.Max, most)}
			}
			return Range{new(big.Int).Neg(most), most}
		}
	case token.AND:
		switch {
		case known:
			return Range{zero, smaller(x.Max, y.Max)}
		case y.Min.Sign() >= 0:
			return Range{zero, y.Max}
		case x.Min.Sign() >= 0:
			return Range{zero, x.Max}
		}
	case token.OR, token.XOR:
		if known {
			bits := uint(max(x.Max.BitLen(), y.Max.BitLen()))
			return Range{zero, new(big.Int).Sub(new(big.Int).Lsh(one, bits), one)}
		}
	case token.AND_NOT:
		if x.Min.Sign() >= 0 {
			return Range{zero, x.Max}
		}
	case token.SHL, token.SHR:
		if y.Min.Sign() < 0 || y.Max.Cmp(big.NewInt(64)) > 0 {
			break
		}
		shift := (*big.Int).Lsh
		if v.Op == token.SHR {
			shift = (*big.Int).Rsh
		}
		return corners(x, y, func(z, a, b *big.Int) *big.Int { return shift(z, a, uint(b.Uint64())) })
	}
	return full
}

// corners gives the range of an operation that is largest and smallest at the ends.
func corners(x, y Range, op func(z, a, b *big.Int) *big.Int) Range {
	var r Range
	for i, a := range []*big.Int{x.Min, x.Max} {
		for j, b := range []*big.Int{y.Min, y.Max} {
			n := op(new(big.Int), a, b)
			if i == 0 && j == 0 {
				r = Range{n, n}
			}
			r = r.or(Range{n, n})
		}
	}
	return r
}

// phi joins what comes from each side. A variable that a loop only counts up is not
// less than at the beginning.
func (e *evaluation) phi(v *ssa.Phi, full Range) Range {
	var r Range
	counts, rounds := 0, Range{full.Max, full.Min} // what it is after one more round
	for i, edge := range v.Edges {
		pred := v.Block().Preds[i]
		if base, by := linear(edge); base == ssa.Value(v) && by.Sign() != 0 {
			if counts == -by.Sign() {
				return full
			}
			counts = by.Sign()
			next := full
			for c := range onWay(pred, v.Block()) {
				next = e.constrain(c, next, by, func(x ssa.Value) bool { return x == base })
			}
			rounds = rounds.or(next)
			continue
		}
		in := e.onEdge(edge, pred, v.Block())
		if in.Empty() {
			continue
		}
		if r.Min == nil {
			r = in
		}
		r = r.or(in)
	}
	if r.Min == nil {
		return full
	}
	switch {
	case counts > 0:
		r.Max = larger(r.Max, rounds.Max)
	case counts < 0:
		r.Min = smaller(r.Min, rounds.Min)
	}
	return r
}

// onEdge gives the range of a value on the way from one block to the next.
func (e *evaluation) onEdge(v ssa.Value, from, to *ssa.BasicBlock) Range {
	r := e.value(v, from)
	if _, isConst := v.(*ssa.Const); isConst {
		return r
	}
	base, offset := linear(v)
	for c := range onWay(from, to) {
		r = e.constrain(c, r, offset, func(x ssa.Value) bool { return x == base })
	}
	return r
}

func (e *evaluation) call(v *ssa.Call, at *ssa.BasicBlock, full Range) Range {
	args := v.Call.Args
	switch name := query.CalleeSSA(&v.Call); name {
	case "len":
		if length, _, ok := e.length(args[0]); ok {
			return length
		}
		return anyLength
	case "cap":
		return anyLength
	case "min", "max":
		r := e.value(args[0], at)
		for _, a := range args[1:] {
			if o := e.value(a, at); name == "min" {
				r = Range{smaller(r.Min, o.Min), smaller(r.Max, o.Max)}
			} else {
				r = Range{larger(r.Min, o.Min), larger(r.Max, o.Max)}
			}
		}
		return r
	}
	return full
}

// parsed gives the range of a number that was parsed with a size, or from a constant text.
func parsed(v *ssa.Extract, full Range) Range {
	call, ok := v.Tuple.(*ssa.Call)
	if !ok || v.Index != 0 {
		return full
	}
	name, args := query.CalleeSSA(&call.Call), call.Call.Args
	text, known := "", false
	if len(args) > 0 {
		text, known = query.StringSSA(args[0])
	}
	if name == "strconv.Atoi" {
		if known {
			n, _ := strconv.ParseInt(text, 10, 64) // what does not parse is 0 or the nearest number, there as here
			return Point(n)
		}
		return full
	}
	unsigned := name == "strconv.ParseUint"
	if !unsigned && name != "strconv.ParseInt" {
		return full
	}
	bits, isConst := query.IntSSA(args[2])
	if !isConst || bits < 0 || bits > 64 {
		return full
	}
	if bits == 0 {
		bits = 64 // int is taken to have 64 bits
	}
	if base, isConst := query.IntSSA(args[1]); known && isConst {
		if unsigned {
			n, _ := strconv.ParseUint(text, int(base), int(bits))
			b := new(big.Int).SetUint64(n)
			return Range{b, b}
		}
		n, _ := strconv.ParseInt(text, int(base), int(bits))
		return Point(n)
	}
	return ofBits(uint(bits), unsigned)
}

// length gives the length and the capacity of what the function made.
func (e *evaluation) length(v ssa.Value) (length, capacity Range, ok bool) {
	if e.left--; e.left < 0 || e.active[v] {
		return anyLength, anyLength, false
	}
	e.active[v] = true
	defer delete(e.active, v)
	if n, ok := arrayLength(v.Type()); ok {
		return Point(n), Point(n), true
	}
	switch v := v.(type) {
	case *ssa.Const:
		if v.Value == nil {
			if _, anything := types.Unalias(v.Type()).(*types.TypeParam); anything {
				break // an array has elements
			}
			return Point(0), Point(0), true // a nil slice
		}
		if v.Value.Kind() == constant.String {
			n := int64(len(constant.StringVal(v.Value)))
			return Point(n), Point(n), true
		}
	case *ssa.MakeSlice:
		length, capacity = e.value(v.Len, v.Block()), e.value(v.Cap, v.Block())
		length, capacity = length.and(anyLength), capacity.and(anyLength)
		return length, capacity, !length.Empty() && length.Max.Cmp(maxInt) < 0
	case *ssa.ChangeType:
		return e.length(v.X)
	case *ssa.Slice:
		return e.slice(v)
	case *ssa.Call:
		if query.CalleeSSA(&v.Call) != "append" || len(v.Call.Args) != 2 {
			break
		}
		a, _, ok1 := e.length(v.Call.Args[0])
		b, _, ok2 := e.length(v.Call.Args[1])
		if ok1 && ok2 {
			r := Range{new(big.Int).Add(a.Min, b.Min), new(big.Int).Add(a.Max, b.Max)}
			return r, Range{r.Min, maxInt}, true
		}
	case *ssa.Phi:
		for i, edge := range v.Edges {
			l, c, ok := e.length(edge)
			if !ok {
				return anyLength, anyLength, false
			}
			if i == 0 {
				length, capacity = l, c
			}
			length, capacity = length.or(l), capacity.or(c)
		}
		return length, capacity, true
	}
	return anyLength, anyLength, false
}

func (e *evaluation) slice(v *ssa.Slice) (length, capacity Range, ok bool) {
	length, capacity, ok = e.length(v.X)
	low, high := Point(0), length
	if v.Low != nil {
		low = e.value(v.Low, v.Block()).and(anyLength)
	}
	if v.High != nil {
		high, ok = e.value(v.High, v.Block()).and(anyLength), true
		if high.Min.Cmp(high.Max) != 0 {
			high = high.and(Range{zero, capacity.Max})
		}
	}
	if v.Max != nil {
		capacity = e.value(v.Max, v.Block()).and(anyLength)
	}
	if !ok || low.Empty() || high.Empty() || capacity.Empty() {
		return anyLength, anyLength, false
	}
	cut := func(r Range) Range {
		return Range{larger(zero, new(big.Int).Sub(r.Min, low.Max)), larger(zero, new(big.Int).Sub(r.Max, low.Min))}
	}
	return cut(high), cut(capacity), true
}

func arrayLength(t types.Type) (int64, bool) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if a, ok := t.Underlying().(*types.Array); ok {
		return a.Len(), true
	}
	return 0, false
}

// linear takes apart base + offset; the base is the value itself if it is no sum
// with a constant. Conversions to larger types are looked through.
func linear(v ssa.Value) (base ssa.Value, offset *big.Int) {
	offset = zero
	for {
		switch x := v.(type) {
		case *ssa.BinOp:
			n, ok := integer(x.Y)
			switch {
			case ok && x.Op == token.ADD:
				offset = new(big.Int).Add(offset, n)
			case ok && x.Op == token.SUB:
				offset = new(big.Int).Sub(offset, n)
			default:
				if n, ok = integer(x.X); !ok || x.Op != token.ADD {
					return v, offset
				}
				offset = new(big.Int).Add(offset, n)
				v = x.Y
				continue
			}
			v = x.X
		case *ssa.Convert:
			from, ok1 := OfType(x.X.Type())
			to, ok2 := OfType(x.Type())
			if !ok1 || !ok2 || !from.Within(to) {
				return v, offset
			}
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		default:
			return v, offset
		}
	}
}

func integer(v ssa.Value) (*big.Int, bool) {
	c, ok := v.(*ssa.Const)
	if !ok || c.Value == nil {
		return nil, false
	}
	value := constant.ToInt(c.Value)
	if value.Kind() != constant.Int {
		return nil, false
	}
	n, ok := new(big.Int).SetString(value.ExactString(), 10)
	return n, ok
}

// maxConditions bounds the tests that are gone back through: generated code has
// thousands in a row.
const maxConditions = 64

// A condition is known to be true, or false, behind the block that tests it.
type condition struct {
	cond  ssa.Value
	truth bool
	at    *ssa.BasicBlock
}

// conditions gives what is known in a block: the tests that every way to it passes,
// the last one first.
func conditions(at *ssa.BasicBlock) iter.Seq[condition] {
	return func(yield func(condition) bool) {
		b := at
		for range maxConditions {
			if b.Idom() == nil {
				return
			}
			test := b.Idom()
			branch, ok := test.Instrs[len(test.Instrs)-1].(*ssa.If)
			if !ok || test.Succs[0] == test.Succs[1] {
				b = test
				continue
			}
			for i, s := range test.Succs {
				if s == b && isEnteredFrom(s, test) && !yield(condition{branch.Cond, i == 0, test}) {
					return
				}
			}
			b = test
		}
	}
}

// isEnteredFrom reports whether a block is reached from one other alone, but for ways back from what comes after it: the body of a
// loop may begin with the head of another.
func isEnteredFrom(b, from *ssa.BasicBlock) bool {
	for _, p := range b.Preds {
		if p != from && !b.Dominates(p) {
			return false
		}
	}
	return true
}

// onWay gives what is known on the way from one block to the next.
func onWay(from, to *ssa.BasicBlock) iter.Seq[condition] {
	return func(yield func(condition) bool) {
		branch, ok := from.Instrs[len(from.Instrs)-1].(*ssa.If)
		if ok && from.Succs[0] != from.Succs[1] && !yield(condition{branch.Cond, from.Succs[0] == to, from}) {
			return
		}
		conditions(from)(yield)
	}
}

// constrain narrows the range of base+offset by a condition, where matches says
// what is the base.
func (e *evaluation) constrain(c condition, r Range, offset *big.Int, matches func(ssa.Value) bool) Range {
	cond, truth := c.cond, c.truth
	for {
		not, ok := cond.(*ssa.UnOp)
		if !ok || not.Op != token.NOT {
			break
		}
		cond, truth = not.X, !truth
	}
	b, ok := cond.(*ssa.BinOp)
	if !ok {
		return r
	}
	op := b.Op
	if !truth {
		op = negated[op]
	}
	for _, side := range []struct {
		x, y ssa.Value
		op   token.Token
	}{{b.X, b.Y, op}, {b.Y, b.X, mirrored[op]}} {
		base, by := linear(side.x)
		if !matches(base) {
			continue
		}
		if _, ok := OfType(side.y.Type()); !ok {
			continue
		}
		other := e.value(side.y, c.at)
		if other.Empty() || e.constants && other.Min.Cmp(other.Max) != 0 {
			continue
		}
		r = compared(r, side.op, other.plus(new(big.Int).Sub(offset, by)))
	}
	return r
}

var negated = map[token.Token]token.Token{
	token.LSS: token.GEQ, token.GEQ: token.LSS, token.GTR: token.LEQ, token.LEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
}

var mirrored = map[token.Token]token.Token{
	token.LSS: token.GTR, token.GTR: token.LSS, token.LEQ: token.GEQ, token.GEQ: token.LEQ, token.EQL: token.EQL, token.NEQ: token.NEQ,
}

// compared narrows a range by a comparison with another one that is true.
func compared(r Range, op token.Token, with Range) Range {
	switch op {
	case token.LSS:
		r.Max = smaller(r.Max, new(big.Int).Sub(with.Max, one))
	case token.LEQ:
		r.Max = smaller(r.Max, with.Max)
	case token.GTR:
		r.Min = larger(r.Min, new(big.Int).Add(with.Min, one))
	case token.GEQ:
		r.Min = larger(r.Min, with.Min)
	case token.EQL:
		return r.and(with)
	case token.NEQ:
		if with.Min.Cmp(with.Max) != 0 {
			break
		}
		if r.Min.Cmp(with.Min) == 0 {
			r.Min = new(big.Int).Add(r.Min, one)
		} else if r.Max.Cmp(with.Min) == 0 {
			r.Max = new(big.Int).Sub(r.Max, one)
		}
	}
	return r
}
