package taint

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"regexp/syntax"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// Guards say where in a function a cell has been checked. A check holds on the
// edge of the branch that it decides, and from there on in every block that can
// only be reached through such edges: for one edge these are the blocks that it
// dominates; for the cases of a switch those that all of them lead to.
type guards struct {
	g     *graph
	cells map[cell]*guarded
	order []*guarded
	// phis is how many more phis are looked into for the condition at hand.
	phis int
}

// maxPhis bounds the phis of one condition: a && b && c has one, with two more in
// its operands. They may form loops.
const maxPhis = 8

// A guarded is one checked cell.
type guarded struct {
	cell  cell
	edges []guardEdge
	in    []models.Set // by block
}

type guardEdge struct {
	from, to int // block indices
	clears   models.Set
}

// A checked is a cell that is harmless for some classes if a condition holds.
type checked struct {
	cell   cell
	clears models.Set
}

// maxGuarded bounds the cells that are followed in a function, maxPasses how often
// its blocks are gone through for one of them: once more for each level of loops.
const (
	maxGuarded = 128
	maxPasses  = 12
)

const unreached = ^models.Set(0) // of a block before it is looked at

func findGuards(g *graph) *guards {
	gs := &guards{g: g, cells: map[cell]*guarded{}}
	g.guards = gs
	if len(g.fn.Blocks) < 2 {
		return gs
	}
	// Conditions that are put together with && and || become phis, whose own
	// meaning depends on the guards before them: a second round finds those.
	phis := gs.collect(false)
	gs.spread()
	if phis {
		gs.collect(true)
		gs.spread()
	}
	return gs
}

// collect finds what each branch checks.
func (gs *guards) collect(phis bool) (found bool) {
	for _, b := range gs.g.fn.Blocks {
		if len(b.Instrs) == 0 || len(b.Succs) != 2 {
			continue
		}
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || b.Succs[0] == b.Succs[1] {
			continue
		}
		if isPhi(branch.Cond) {
			found = true
		}
		if isPhi(branch.Cond) != phis {
			continue
		}
		for side, truth := range []bool{true, false} {
			gs.phis = maxPhis
			off := switchedOff(b, side)
			for _, c := range gs.implied(branch.Cond, truth, 0, nil) {
				gs.add(c, b.Index, b.Succs[side].Index)
				c.clears &= gs.shape("length-limit") // which keeps no index inside
				for _, o := range off {
					gs.add(c, o.Index, b.Succs[side].Index)
				}
			}
		}
	}
	return found
}

// switchedOff gives the blocks that ask whether a limit is in force at all, of n > limit && limit > 0 or limit > 0 && n > limit:
// where 0 switches it off, that was somebody's decision, and the number is checked all the same.
func switchedOff(b *ssa.BasicBlock, side int) (off []*ssa.BasicBlock) {
	comparison, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If).Cond.(*ssa.BinOp)
	if !ok {
		return nil
	}
	switch comparison.Op {
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
	default:
		return nil
	}
	next := b.Succs[side]
	if after := b.Succs[1-side]; len(after.Preds) == 1 && asksForLimit(after, next, comparison) {
		off = append(off, after)
	}
	if len(b.Preds) == 1 && asksForLimit(b.Preds[0], next, comparison) {
		off = append(off, b.Preds[0])
	}
	return off
}

// asksForLimit reports whether a block goes on to another one where one side of a comparison is 0.
func asksForLimit(b, next *ssa.BasicBlock, comparison *ssa.BinOp) bool {
	if len(b.Succs) != 2 || b.Succs[0] != next && b.Succs[1] != next {
		return false
	}
	cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If).Cond.(*ssa.BinOp)
	return ok && intValue(cond.Y) == 0 && (sameLimit(comparison.X, cond.X) || sameLimit(comparison.Y, cond.X))
}

// sameLimit reports whether two values are read from the same variable or field, or given by the same function for
// the same name.
func sameLimit(a, b ssa.Value) bool {
	if a == b {
		_, isConst := a.(*ssa.Const)
		return !isConst
	}
	switch x := a.(type) {
	case *ssa.UnOp:
		y, ok := b.(*ssa.UnOp)
		if !ok || x.Op != token.MUL || y.Op != token.MUL {
			return false
		}
		f, ok1 := x.X.(*ssa.FieldAddr)
		g, ok2 := y.X.(*ssa.FieldAddr)
		return x.X == y.X || ok1 && ok2 && f.Field == g.Field && (f.X == g.X || sameLimit(f.X, g.X))
	case *ssa.Call:
		y, ok := b.(*ssa.Call)
		if !ok || len(x.Call.Args) != 1 || len(y.Call.Args) != 1 || x.Call.StaticCallee() == nil || x.Call.StaticCallee() != y.Call.StaticCallee() {
			return false
		}
		name, ok1 := stringConst(x.Call.Args[0])
		other, ok2 := stringConst(y.Call.Args[0])
		return ok1 && ok2 && name == other
	}
	return false
}

// intValue gives a constant; -1 for what is none.
func intValue(v ssa.Value) int64 {
	if n, ok := intConst(v); ok {
		return int64(n)
	}
	return -1
}

func isPhi(v ssa.Value) bool {
	for {
		switch x := v.(type) {
		case *ssa.Phi:
			return true
		case *ssa.UnOp:
			v = x.X
		case *ssa.BinOp:
			_, constant := x.Y.(*ssa.Const)
			if !constant {
				return false
			}
			v = x.X
		default:
			return false
		}
	}
}

func (gs *guards) add(c checked, from, to int) {
	q := gs.cells[c.cell]
	if q == nil {
		if len(gs.order) == maxGuarded {
			return
		}
		q = &guarded{cell: c.cell}
		gs.cells[c.cell] = q
		gs.order = append(gs.order, q)
	}
	q.edges = append(q.edges, guardEdge{from, to, c.clears})
}

// spread finds for each block what holds on every way to it.
func (gs *guards) spread() {
	blocks := gs.g.fn.Blocks
	for _, q := range gs.order {
		q.in = make([]models.Set, len(blocks))
		for i := range q.in {
			if i > 0 {
				q.in[i] = unreached
			}
		}
		if r := gs.g.fn.Recover; r != nil {
			q.in[r.Index] = 0
		}
		changed := true
		for pass := 0; changed; pass++ {
			if pass == maxPasses {
				clear(q.in) // nothing is known to be checked
				break
			}
			changed = false
			for i, b := range blocks {
				if i == 0 || b == gs.g.fn.Recover {
					continue
				}
				in := unreached
				for _, p := range b.Preds {
					in &= q.in[p.Index] | q.onEdge(p.Index, i)
				}
				if len(b.Preds) == 0 {
					in = 0
				}
				if in != q.in[i] {
					q.in[i], changed = in, true
				}
			}
		}
	}
}

func (q *guarded) onEdge(from, to int) (clears models.Set) {
	for _, e := range q.edges {
		if e.from == from && e.to == to {
			clears |= e.clears
		}
	}
	return clears
}

// cleared gives the classes that a cell is harmless for in a block.
func (gs *guards) cleared(c cell, at *ssa.BasicBlock) models.Set {
	if len(gs.cells) == 0 {
		return 0
	}
	q := gs.cells[c]
	if q == nil || q.in == nil {
		return 0
	}
	return gs.together(q.in[at.Index])
}

// clearedPart gives the classes that a cell is harmless for in a block, if it is a part of what a path leads to.
func (gs *guards) clearedPart(c cell, whole path, block int) models.Set {
	if len(gs.cells) == 0 {
		return 0
	}
	if _, ok := c.path.cut(whole); !ok {
		return 0
	}
	return gs.cleared(c, gs.g.fn.Blocks[block])
}

// together adds what checks that each mean little say together.
func (gs *guards) together(clears models.Set) models.Set {
	if clears&models.Within == models.Within && clears != unreached {
		clears |= gs.shape("inside")
	}
	return clears
}

// clearedOnEdge is the same on the way from one block to another.
func (gs *guards) clearedOnEdge(c cell, from, to *ssa.BasicBlock) models.Set {
	q := gs.cells[c]
	if q == nil || q.in == nil {
		return 0
	}
	return gs.together(q.in[from.Index] | q.onEdge(from.Index, to.Index))
}

// implied lists what is checked if a condition is true (or false).
func (gs *guards) implied(cond ssa.Value, truth bool, depth int, list []checked) []checked {
	if depth > 8 {
		return list
	}
	switch v := cond.(type) {
	case *ssa.UnOp:
		if v.Op == token.NOT {
			return gs.implied(v.X, !truth, depth+1, list)
		}
	case *ssa.BinOp:
		return gs.comparison(v, truth, depth, list)
	case *ssa.Call:
		return gs.called(v, 0, truthOf(truth), depth, list)
	case *ssa.Lookup: // allowed[x]
		if truth {
			return gs.check(v.Index, gs.shape("allow-list"), depth, list)
		}
	case *ssa.Extract:
		switch t := v.Tuple.(type) {
		case *ssa.Lookup: // _, ok := allowed[x]
			if v.Index == 1 && truth {
				return gs.check(t.Index, gs.shape("allow-list"), depth, list)
			}
		case *ssa.Call:
			return gs.called(t, v.Index, truthOf(truth), depth, list)
		}
	case *ssa.Phi:
		return gs.phi(v, depth, list, func(e ssa.Value) (bool, func([]checked) []checked) {
			if c, ok := e.(*ssa.Const); ok && c.Value != nil && c.Value.Kind() == constant.Bool {
				return constant.BoolVal(c.Value) == truth, nil
			}
			return true, func(l []checked) []checked { return gs.implied(e, truth, depth+1, l) }
		})
	}
	return list
}

func truthOf(truth bool) models.Outcome {
	if truth {
		return models.True
	}
	return models.False
}

// phi lists what is checked on all ways by which a phi may have got a certain
// value. possible says whether an operand may have it, and what that implies.
func (gs *guards) phi(v *ssa.Phi, depth int, list []checked, possible func(ssa.Value) (bool, func([]checked) []checked)) []checked {
	if gs.phis--; gs.phis < 0 {
		return list
	}
	var common map[cell]models.Set
	for i, e := range v.Edges {
		ok, implies := possible(e)
		if !ok || e == ssa.Value(v) {
			continue
		}
		pred := v.Block().Preds[i]
		here := map[cell]models.Set{}
		for _, q := range gs.order {
			if q.in != nil {
				if set := q.in[pred.Index] | q.onEdge(pred.Index, v.Block().Index); set != 0 {
					here[q.cell] = set
				}
			}
		}
		if implies != nil {
			for _, c := range implies(nil) {
				here[c.cell] |= c.clears
			}
		}
		if common == nil {
			common = here
			continue
		}
		for c := range common {
			common[c] &= here[c]
		}
	}
	for _, q := range gs.order { // in a fixed order
		if set := common[q.cell]; set != 0 {
			list = append(list, checked{q.cell, set})
			delete(common, q.cell)
		}
	}
	for _, c := range slices.SortedFunc(maps.Keys(common), cell.compare) {
		if set := common[c]; set != 0 {
			list = append(list, checked{c, set})
		}
	}
	return list
}

func (gs *guards) shape(name string) models.Set { return gs.g.run.models.Shape(name) }

// comparison handles the operators that compare.
func (gs *guards) comparison(v *ssa.BinOp, truth bool, depth int, list []checked) []checked {
	list = gs.positive(v, truth, depth, list)
	switch v.Op {
	case token.EQL, token.NEQ:
		return gs.equality(v, (v.Op == token.EQL) == truth, depth, list)
	case token.LSS, token.LEQ:
		if truth {
			return gs.bounded(v.X, v.Y, depth, list)
		}
		return gs.bounded(v.Y, v.X, depth, list)
	case token.GTR, token.GEQ:
		if truth {
			return gs.bounded(v.Y, v.X, depth, list)
		}
		return gs.bounded(v.X, v.Y, depth, list)
	}
	return list
}

// positive handles a number that is larger than a constant, and so not 0.
func (gs *guards) positive(v *ssa.BinOp, truth bool, depth int, list []checked) []checked {
	x, y, op := v.X, v.Y, v.Op
	if _, isConst := x.(*ssa.Const); isConst {
		x, y = y, x
		op = map[token.Token]token.Token{token.LSS: token.GTR, token.LEQ: token.GEQ, token.GTR: token.LSS, token.GEQ: token.LEQ}[op]
	}
	least, ok := intConst(y)
	switch {
	case !ok:
		return list
	case op == token.GTR && truth, op == token.LEQ && !truth: // x > 0
	case (op == token.GEQ && truth || op == token.LSS && !truth) && least > 0: // x >= 1
	default:
		return list
	}
	return gs.check(x, gs.shape("not-zero"), depth, list)
}

// bounded handles a number, or a length, that is not larger than another value.
func (gs *guards) bounded(v, by ssa.Value, depth int, list []checked) []checked {
	clears := gs.g.run.numbers.limited(by)
	if counter(by) { // the end of a loop, which is what it may be too far
		return list
	}
	for depth < 8 {
		if _, isConst := v.(*ssa.Const); isConst {
			return list
		}
		if call, ok := v.(*ssa.Call); ok {
			if b, ok := call.Call.Value.(*ssa.Builtin); ok && b.Name() == "len" {
				clears := gs.shape("length-limit")
				if max, ok := intConst(by); ok && max <= 1 {
					clears |= models.Double
				}
				return gs.check(call.Call.Args[0], clears, depth, list)
			}
			if name := query.CalleeSSA(&call.Call); name == "strings.Index" || name == "strings.IndexByte" || name == "strings.IndexAny" {
				// strings.Index(x, "..") < 0
				return gs.without(call, depth, list)
			}
		}
		list = gs.check(v, clears, depth, list)
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.BinOp: // n + 4 < max, n * size < max
			if x.Op != token.ADD && x.Op != token.MUL {
				return list
			}
			if x.X.Type().Underlying() != types.Typ[types.String] {
				depth++
				list = gs.bounded(x.Y, by, depth, list)
				v = x.X
				continue
			}
			return list
		default:
			return list
		}
		depth++
	}
	return list
}

// equality handles x == y, or x != y.
func (gs *guards) equality(v *ssa.BinOp, equal bool, depth int, list []checked) []checked {
	x, y := v.X, v.Y
	if _, isConst := x.(*ssa.Const); isConst {
		x, y = y, x
	}
	c, isConst := y.(*ssa.Const)
	if !isConst {
		if !equal {
			return list
		}
		for _, side := range [][2]ssa.Value{{x, y}, {y, x}} { // x == filepath.Clean(x)
			if cleanOf(side[0], side[1]) {
				return gs.check(side[0], models.Untidy, depth, list)
			}
		}
		if gs.trusted(y) {
			list = gs.check(x, gs.shape("allow-list"), depth, list)
		}
		if gs.trusted(x) {
			list = gs.check(y, gs.shape("allow-list"), depth, list)
		}
		list = gs.check(y, gs.shape("equal"), depth, gs.check(x, gs.shape("equal"), depth, list))
		if b, ok := x.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsNumeric != 0 {
			list = gs.bounded(y, x, depth, gs.bounded(x, y, depth, list))
		}
		return list
	}
	switch {
	case c.IsNil():
		return gs.compareNil(x, equal, depth, list)
	case c.Value == nil: // the zero value of a struct or array
	case c.Value.Kind() == constant.Bool:
		return gs.implied(x, constant.BoolVal(c.Value) == equal, depth+1, list)
	case c.Value.Kind() == constant.Int:
		if !equal && constant.Sign(c.Value) == 0 {
			list = gs.check(x, gs.shape("not-zero"), depth, list)
		}
		if call, ok := x.(*ssa.Call); ok { // strings.Index(x, "..") == -1
			n, exact := constant.Int64Val(c.Value)
			switch query.CalleeSSA(&call.Call) {
			case "strings.Index", "strings.IndexByte", "strings.IndexAny", "strings.IndexRune":
				if exact && n == -1 && equal {
					return gs.without(call, depth, list)
				}
			}
		}
		if call, ok := x.(*ssa.Call); ok && equal && constant.Sign(c.Value) == 0 { // len(strings.Trim(x, "0123456789")) == 0
			if b, ok := call.Call.Value.(*ssa.Builtin); ok && b.Name() == "len" {
				list = gs.onlyOf(call.Call.Args[0], depth, list)
			}
		}
		if at, index, ok := indexed(x); ok {
			n, _ := constant.Int64Val(c.Value)
			switch {
			case n == '/' && index == 0 && equal:
				return gs.check(at, models.Rootless, depth, list)
			case n == '/' && index <= 1 && !equal:
				return gs.check(at, models.Double, depth, list)
			}
		}
	}
	if equal {
		if text, ok := stringConst(y); ok && text == "" {
			list = gs.onlyOf(x, depth, list)
		}
		return gs.check(x, gs.shape("constant"), depth, list)
	}
	return list
}

// onlyOf handles what nothing is left of when some characters are cut off: it has no others.
func (gs *guards) onlyOf(rest ssa.Value, depth int, list []checked) []checked {
	call, result := callOf(rest)
	if call == nil || result != 0 {
		return list
	}
	switch query.CalleeSSA(&call.Call) {
	case "strings.Trim", "strings.TrimLeft", "strings.TrimRight":
		if cutset, ok := stringConst(call.Call.Args[1]); ok && cutset != "" {
			var class strings.Builder
			for _, c := range cutset {
				fmt.Fprintf(&class, `\x{%x}`, c)
			}
			return gs.check(call.Call.Args[0], gs.g.run.patternClears(`\A[`+class.String()+`]*\z`), depth, list)
		}
	}
	return list
}

// indexed takes apart s[i] of a string with a constant index.
func indexed(v ssa.Value) (s ssa.Value, index int64, ok bool) {
	var at ssa.Value
	switch v := v.(type) {
	case *ssa.Index:
		s, at = v.X, v.Index
	case *ssa.Lookup:
		s, at = v.X, v.Index
	default:
		return nil, 0, false
	}
	c, isConst := at.(*ssa.Const)
	if b, isString := s.Type().Underlying().(*types.Basic); !isConst || !isString || b.Info()&types.IsString == 0 {
		return nil, 0, false
	}
	index, ok = constant.Int64Val(c.Value)
	return s, index, ok
}

// compareNil handles err == nil and x != nil.
func (gs *guards) compareNil(x ssa.Value, isNil bool, depth int, list []checked) []checked {
	if depth > 8 {
		return list
	}
	if isNil && !isFailure(x.Type()) { // then there is nothing in it
		list = gs.check(x, gs.shape("constant"), depth, list)
	}
	call, result := callOf(x)
	if call == nil {
		if phi, ok := x.(*ssa.Phi); ok && isNil && isFailure(x.Type()) {
			return gs.phi(phi, depth, list, func(e ssa.Value) (bool, func([]checked) []checked) {
				if c, ok := e.(*ssa.Const); ok {
					return c.IsNil(), nil
				}
				return true, func(l []checked) []checked { return gs.compareNil(e, true, depth+1, l) }
			})
		}
		return list
	}
	switch {
	case isFailure(x.Type()) && isNil:
		return gs.called(call, result, models.OK, depth, list)
	case !isNil:
		return gs.called(call, result, models.NotNil, depth, list)
	}
	return list
}

// callOf gives the call that a value is a result of, looking through a variable.
func callOf(v ssa.Value) (*ssa.Call, int) { return callBehind(v, 0) }

func callBehind(v ssa.Value, depth int) (*ssa.Call, int) {
	if depth > 4 {
		return nil, 0
	}
	switch v := v.(type) {
	case *ssa.Call:
		return v, 0
	case *ssa.Extract:
		if call, ok := v.Tuple.(*ssa.Call); ok {
			return call, v.Index
		}
	case *ssa.ChangeInterface:
		return callBehind(v.X, depth+1)
	case *ssa.UnOp:
		if stored := held(v); stored != v {
			return callBehind(stored, depth+1)
		}
	}
	return nil, 0
}

// trusted reports whether a value is one of a list that the program itself holds:
// a package-level variable, a literal, or a field of a parameter.
func (gs *guards) trusted(v ssa.Value) bool {
	c := gs.g.cell(v)
	switch root := gs.g.nodes[c.node].value.(type) {
	case *ssa.Global:
		return true
	case *ssa.Alloc:
		_, isArray := root.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Array)
		return isArray && c.path != path{}
	case *ssa.Parameter:
		return c.path != path{} && len(gs.g.fn.Params) > 0 && root == gs.g.fn.Params[0] && gs.g.fn.Signature.Recv() != nil
	}
	return false
}

// called handles a call that came out in a certain way.
func (gs *guards) called(call *ssa.Call, result int, when models.Outcome, depth int, list []checked) []checked {
	run := gs.g.run
	common := &call.Call
	s := site{instr: call, operands: common.Args}
	var obj *types.Func
	if common.IsInvoke() {
		s.receiver, obj = true, common.Method
		s.operands = append([]ssa.Value{common.Value}, common.Args...)
	} else if callee := common.StaticCallee(); callee != nil {
		if o := callee.Origin(); o != nil {
			callee = o
		}
		obj, _ = callee.Object().(*types.Func)
		s.receiver = callee.Signature.Recv() != nil
		if obj == nil {
			return gs.outcomes(run.local(callee), &s, result, when, depth, list)
		}
	}
	if obj == nil {
		return list
	}
	if m := run.model(obj); m != nil {
		for _, guard := range m.Guards {
			if guard.Outcome != when {
				continue
			}
			for _, v := range gs.operandsAt(&s, guard.At) {
				list = gs.check(v, guard.Clears, depth, list)
			}
		}
		return gs.text(m.Name, &s, when, depth, list)
	}
	if sum, ok := run.declared(obj); ok {
		list = gs.outcomes(sum, &s, result, when, depth, list)
	}
	if result < obj.Signature().Results().Len() {
		list = gs.named(obj, &s, result, when, depth, list)
	}
	return list
}

// outcomes applies the guards of a function of the program's own.
func (gs *guards) outcomes(sum *summary, s *site, result int, when models.Outcome, depth int, list []checked) []checked {
	if sum == nil {
		return list
	}
	for _, o := range sum.guards {
		if o.result == result && o.when == when && o.param < len(s.operands) {
			v := s.operands[o.param]
			if o.path == (path{}) {
				list = gs.check(v, o.clears, depth, list)
			} else {
				if c, deep := gs.g.cell(v).join(o.path); !deep {
					list = append(list, checked{c, o.clears})
				}
			}
		}
	}
	return list
}

func (gs *guards) operandsAt(s *site, e models.Endpoint) []ssa.Value {
	if e.Where == models.Receiver {
		if s.receiver {
			return s.operands[:1]
		}
		return nil
	}
	first := e.Index + btoi(s.receiver)
	if e.Where == models.Result || first >= len(s.operands) {
		return nil
	}
	if !e.Rest {
		return s.operands[first : first+1]
	}
	var list []ssa.Value
	for i := first; i < len(s.operands); i++ {
		if values, ok := packed(s.operands[i]); ok {
			list = append(list, values...)
		} else {
			list = append(list, s.operands[i])
		}
	}
	return list
}

// text handles the functions whose meaning depends on a constant.
func (gs *guards) text(name string, s *site, when models.Outcome, depth int, list []checked) []checked {
	if len(s.operands) < 2 || when != models.True && when != models.False {
		return list
	}
	x, arg := s.operands[0], s.operands[1]
	text, known := stringConst(arg)
	switch name {
	case "strings.HasPrefix":
		return gs.prefix(x, arg, text, known, when == models.True, depth, list)
	case "strings.HasSuffix":
		if when == models.True && known && strings.HasPrefix(text, ".") {
			return gs.check(x, gs.shape("host-suffix"), depth, list)
		}
	case "strings.EqualFold":
		if when == models.True {
			if known || gs.trusted(arg) {
				list = gs.check(x, gs.shape("allow-list"), depth, list)
			}
			if _, known := stringConst(x); known || gs.trusted(x) {
				list = gs.check(arg, gs.shape("allow-list"), depth, list)
			}
			list = gs.check(arg, gs.shape("equal"), depth, gs.check(x, gs.shape("equal"), depth, list))
		}
	case "strings.Contains", "strings.ContainsAny", "strings.ContainsRune":
		if when == models.False {
			return gs.without(s.instr.(*ssa.Call), depth, list)
		}
	case "(*regexp.Regexp).MatchString", "(*regexp.Regexp).Match", "regexp.MatchString", "regexp.Match":
		pattern, ok := text, known
		matched := x
		if s.receiver {
			pattern, ok = gs.g.run.pattern(x)
			matched = arg
		} else {
			pattern, ok = stringConst(x)
			matched = arg
		}
		if when == models.True && ok {
			return gs.check(matched, gs.g.run.patternClears(pattern), depth, list)
		}
	}
	return list
}

// prefix handles strings.HasPrefix.
func (gs *guards) prefix(x, arg ssa.Value, text string, known, truth bool, depth int, list []checked) []checked {
	switch {
	case known && text == "/":
		if truth {
			return gs.check(x, models.Rootless, depth, list)
		}
		return gs.check(x, gs.shape("not-rooted"), depth, list)
	case known && text == "//" && !truth:
		return gs.check(x, models.Double, depth, list)
	case known && text == ".." && !truth || known && text == "../" && !truth:
		if gs.cleaned(x) {
			return gs.check(x, gs.shape("inside"), depth, list)
		}
		return gs.check(x, models.Upward, depth, list)
	case known && text == "-" && !truth:
		return gs.check(x, gs.shape("no-option"), depth, list)
	case truth && known && fixesHost(text):
		return gs.check(x, gs.shape("fixed-host"), depth, list)
	case truth && known && localPath(text):
		list = gs.check(x, gs.shape("local-path"), depth, list)
	}
	if truth && gs.cleaned(x) && gs.endsInSeparator(arg) {
		return gs.check(x, gs.shape("inside"), depth, list)
	}
	return list
}

// cleanOf reports whether a value is another one when cleaned.
func cleanOf(v, cleaned ssa.Value) bool {
	call, ok := cleaned.(*ssa.Call)
	if !ok {
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "path/filepath.Clean", "path.Clean":
		return call.Call.Args[0] == v
	}
	return false
}

// cleaned reports whether a path has no ".." left but at its beginning.
func (gs *guards) cleaned(v ssa.Value) bool {
	call, result := callOf(v)
	if call == nil {
		if phi, ok := v.(*ssa.Phi); ok {
			if gs.phis--; gs.phis < 0 {
				return false
			}
			for _, e := range phi.Edges {
				if !gs.cleaned(e) {
					return false
				}
			}
			return len(phi.Edges) > 0
		}
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "path/filepath.Clean", "path/filepath.Join", "path/filepath.Abs", "path/filepath.Rel", "path/filepath.EvalSymlinks",
		"path.Clean", "path.Join":
		return result == 0
	case "path/filepath.ToSlash", "path/filepath.FromSlash":
		return gs.cleaned(call.Call.Args[0])
	}
	return false
}

// rooted reports whether a text begins with a slash on every way: it had one, or one was put before it.
func (gs *guards) rooted(v ssa.Value) bool {
	phi, ok := v.(*ssa.Phi)
	if !ok {
		return false
	}
	for i, e := range phi.Edges {
		if p := gs.g.run.pieces(e, nil); len(p) > 0 && !p[0].unknown && strings.HasPrefix(p[0].text, "/") {
			continue
		}
		if gs.clearedOnEdge(gs.g.cell(e), phi.Block().Preds[i], phi.Block())&models.Rootless == 0 {
			return false
		}
	}
	return true
}

// cleanedRooted reports whether a path begins with a slash and was cleaned, which leaves no ".." in it: below a folder
// that is joined in front of it, it stays there. The slash may have been asked for before or after.
func (gs *guards) cleanedRooted(v ssa.Value, at *ssa.BasicBlock) bool {
	for v != nil {
		call, result := callOf(v)
		if call == nil || result != 0 {
			return false
		}
		switch query.CalleeSSA(&call.Call) {
		case "path.Clean", "path/filepath.Clean":
			arg := call.Call.Args[0]
			return (gs.cleared(gs.g.cell(v), at)|gs.cleared(gs.g.cell(call), at)|gs.cleared(gs.g.cell(arg), at))&models.Rootless != 0
		case "path/filepath.FromSlash", "path/filepath.ToSlash":
			v = call.Call.Args[0]
		default:
			return false
		}
	}
	return false
}

// endsInSeparator reports whether a string ends in a slash or in the separator of
// paths.
func (gs *guards) endsInSeparator(v ssa.Value) bool {
	if text, ok := stringConst(v); ok {
		return strings.HasSuffix(text, "/") || strings.HasSuffix(text, `\`)
	}
	switch v := v.(type) {
	case *ssa.BinOp:
		return v.Op == token.ADD && gs.endsInSeparator(v.Y)
	case *ssa.Convert:
		if c, ok := v.X.(*ssa.Const); ok && c.Value != nil && c.Value.Kind() == constant.Int {
			n, _ := constant.Int64Val(c.Value)
			return n == '/' || n == '\\'
		}
	case *ssa.Phi:
		if gs.phis--; gs.phis < 0 {
			return false
		}
		for _, e := range v.Edges {
			if !gs.endsInSeparator(e) {
				return false
			}
		}
		return true
	case *ssa.Call:
		if query.CalleeSSA(&v.Call) == "fmt.Sprintf" {
			p := gs.g.run.pieces(v, nil)
			return len(p) > 0 && !p[len(p)-1].unknown && strings.HasSuffix(p[len(p)-1].text, "/")
		}
	}
	return false
}

// without handles a string that does not contain some text.
func (gs *guards) without(call *ssa.Call, depth int, list []checked) []checked {
	if len(call.Call.Args) < 2 {
		return list
	}
	text, ok := stringConst(call.Call.Args[1])
	if !ok {
		if c, isConst := call.Call.Args[1].(*ssa.Const); isConst && c.Value != nil && c.Value.Kind() == constant.Int {
			n, _ := constant.Int64Val(c.Value)
			text, ok = string(rune(n)), true
		}
	}
	if !ok {
		return list
	}
	x := call.Call.Args[0]
	switch {
	case text == ".." || text == "../":
		return gs.check(x, gs.shape("no-dots"), depth, list)
	case text == "//":
		return gs.check(x, models.Double, depth, list)
	case strings.Contains(text, "/") && !strings.Contains(text, ":"):
		return gs.check(x, gs.shape("no-separator"), depth, list)
	case text == "\n" || text == "\r\n" || text == "\r":
		return gs.check(x, gs.shape("no-newline"), depth, list)
	}
	return list
}

// check says that a value is checked, and with it what it stands for.
func (gs *guards) check(v ssa.Value, clears models.Set, depth int, list []checked) []checked {
	if clears == 0 || depth > 8 {
		return list
	}
	if _, isConst := v.(*ssa.Const); isConst {
		return list
	}
	g := gs.g
	list = append(list, checked{g.cell(v), clears})
	switch x := v.(type) {
	case *ssa.Convert: // string(b)
		return gs.check(x.X, clears, depth+1, list)
	case *ssa.ChangeType:
		return gs.check(x.X, clears, depth+1, list)
	case *ssa.MakeInterface:
		return gs.check(x.X, clears, depth+1, list)
	case *ssa.UnOp:
		if f, ok := x.X.(*ssa.FieldAddr); ok && x.Op == token.MUL {
			if m := g.run.fieldModel(f.X.Type(), f.Field); m != nil && m.Stands&clears != 0 {
				return gs.check(f.X, m.Stands&clears, depth+1, list)
			}
		}
		if set := g.overwritten(x); set != nil {
			return gs.check(set, clears, depth+1, list)
		}
		if call, result := callOf(x); call != nil && result == 0 {
			return gs.standing(call, clears, depth, list)
		}
	default:
		if call, result := callOf(v); call != nil && result == 0 {
			return gs.standing(call, clears, depth, list)
		}
	}
	return list
}

// standing checks the arguments that a call's result stands for.
func (gs *guards) standing(call *ssa.Call, clears models.Set, depth int, list []checked) []checked {
	callee := call.Call.StaticCallee()
	if callee == nil {
		return list
	}
	obj, _ := callee.Object().(*types.Func)
	if obj == nil {
		return list
	}
	m := gs.g.run.model(obj)
	if m == nil {
		return list
	}
	s := &site{instr: call, operands: call.Call.Args, receiver: callee.Signature.Recv() != nil}
	for _, stand := range m.Stands {
		for _, v := range gs.operandsAt(s, stand.At) {
			list = gs.check(v, stand.Classes&clears, depth+1, list)
		}
	}
	return list
}

// patternClears says for which classes a match of a regular expression is
// harmless: those whose dangerous characters the whole text then cannot hold.
func (r *run) patternClears(pattern string) models.Set {
	clears, ok := r.patterns[pattern]
	if !ok {
		clears = r.judgePattern(pattern)
		r.patterns[pattern] = clears
	}
	return clears
}

func (r *run) judgePattern(pattern string) models.Set {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	re = re.Simplify()
	if begin, end := anchors(re); !begin || !end {
		var clears models.Set
		if begin && fixesHost(literalPrefix(re)) {
			clears = r.models.Shape("fixed-host")
		}
		return clears
	}
	var clears models.Set
	if fixesHost(literalPrefix(re)) {
		clears |= r.models.Shape("fixed-host")
	}
	for _, shape := range []struct{ name, without string }{
		{"without-quotes", "'\"`\\;"},
		{"without-separators", `/\`},
		{"without-markup", "<>\"'"},
		{"without-shell", "$`;&|<>()'\"\\\n"},
		{"without-newline", "\n"},
		{"without-host", "/:@\\"},
		{"without-braces", "{"},
	} {
		if !admits(re, shape.without) {
			clears |= r.models.Shape(shape.name)
		}
	}
	if !admitsFirst(re, '-') {
		clears |= r.models.Shape("no-option")
	}
	return clears
}

// anchors reports whether an expression can match only at the beginning of the
// text, and only at its end.
func anchors(re *syntax.Regexp) (begin, end bool) {
	switch re.Op {
	case syntax.OpBeginText:
		return true, false
	case syntax.OpEndText:
		return false, true
	case syntax.OpCapture:
		return anchors(re.Sub[0])
	case syntax.OpConcat:
		begin, _ = anchors(re.Sub[0])
		_, end = anchors(re.Sub[len(re.Sub)-1])
		return begin, end
	case syntax.OpAlternate:
		begin, end = true, true
		for _, sub := range re.Sub {
			b, e := anchors(sub)
			begin, end = begin && b, end && e
		}
		return begin, end
	}
	return false, false
}

func literalPrefix(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCapture:
		return literalPrefix(re.Sub[0])
	case syntax.OpConcat:
		text := ""
		for _, sub := range re.Sub {
			switch sub.Op {
			case syntax.OpBeginText:
				continue
			case syntax.OpLiteral:
				text += string(sub.Rune)
				continue
			case syntax.OpQuest: // https?
				if sub.Sub[0].Op == syntax.OpLiteral && strings.HasPrefix(text, "http") {
					continue
				}
			}
			break
		}
		return text
	}
	return ""
}

// admits reports whether a match may hold one of some characters.
func admits(re *syntax.Regexp, characters string) bool {
	switch re.Op {
	case syntax.OpAnyChar:
		return true
	case syntax.OpAnyCharNotNL:
		return characters != "\n"
	case syntax.OpLiteral:
		return strings.ContainsAny(string(re.Rune), characters)
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			for _, c := range characters {
				if re.Rune[i] <= c && c <= re.Rune[i+1] {
					return true
				}
			}
		}
	}
	for _, sub := range re.Sub {
		if admits(sub, characters) {
			return true
		}
	}
	return false
}

// admitsFirst reports whether a match may begin with a character.
func admitsFirst(re *syntax.Regexp, c rune) bool {
	switch re.Op {
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			switch sub.Op {
			case syntax.OpBeginText, syntax.OpBeginLine, syntax.OpEmptyMatch:
				continue
			case syntax.OpStar, syntax.OpQuest:
				if admitsFirst(sub.Sub[0], c) {
					return true
				}
				continue
			}
			return admitsFirst(sub, c)
		}
		return false
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if admitsFirst(sub, c) {
				return true
			}
		}
		return false
	case syntax.OpCapture, syntax.OpPlus, syntax.OpRepeat, syntax.OpStar, syntax.OpQuest:
		return admitsFirst(re.Sub[0], c)
	case syntax.OpLiteral:
		return len(re.Rune) > 0 && re.Rune[0] == c
	}
	return admits(re, string(c))
}

// results lists what parameters are checked where the function returns so.
func (gs *guards) results() []outcome {
	g := gs.g
	var list []outcome
	results := g.fn.Signature.Results()
	for i := range results.Len() {
		t := results.At(i).Type()
		b, isBasic := t.Underlying().(*types.Basic)
		switch {
		case isBasic && b.Info()&types.IsBoolean != 0:
			list = append(list, gs.returned(i, models.True)...)
			list = append(list, gs.returned(i, models.False)...)
		case isFailure(t):
			list = append(list, gs.returned(i, models.OK)...)
		}
	}
	return list
}

// returned finds what is checked on every return by which a result may have come
// out so.
func (gs *guards) returned(result int, when models.Outcome) []outcome {
	g := gs.g
	var cells []cell
	common := map[cell]models.Set{}
	first := true
	for _, b := range g.fn.Blocks {
		if len(b.Instrs) == 0 || b == g.fn.Recover {
			continue
		}
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || result >= len(ret.Results) {
			continue
		}
		v := ret.Results[result]
		var implied []checked
		gs.phis = maxPhis
		switch c := v.(type) {
		case *ssa.Const:
			isTrue := c.Value != nil && c.Value.Kind() == constant.Bool && constant.BoolVal(c.Value)
			if when == models.True && !isTrue || when == models.False && isTrue || when == models.OK && !c.IsNil() {
				continue
			}
		case *ssa.MakeInterface: // a concrete error
			if when == models.OK {
				continue
			}
		default:
			if when == models.OK {
				if g.run.isMade(v, maxMakers) {
					continue
				}
				implied = gs.compareNil(v, true, 0, nil)
			} else {
				implied = gs.implied(v, when == models.True, 0, nil)
			}
		}
		here := map[cell]models.Set{}
		for _, q := range gs.order {
			if q.in != nil && q.in[b.Index] != 0 {
				here[q.cell] |= q.in[b.Index]
			}
		}
		for _, c := range implied {
			here[c.cell] |= c.clears
		}
		if first {
			first = false
			for _, q := range gs.order {
				cells = append(cells, q.cell)
			}
			for _, c := range implied {
				cells = append(cells, c.cell)
			}
			common = here
			continue
		}
		for c := range common {
			common[c] &= here[c]
		}
	}
	var list []outcome
	for _, c := range cells {
		set := common[c]
		delete(common, c)
		p, ok := g.nodes[c.node].value.(*ssa.Parameter)
		if set == 0 || !ok {
			continue
		}
		for i, param := range g.fn.Params {
			if param == p {
				list = append(list, outcome{result: result, when: when, param: i, path: c.path, clears: set})
			}
		}
	}
	return list
}

// maxMakers is how many functions of the package lie between a return and what makes its error, at most.
const maxMakers = 4

// isMade reports whether an error is one wherever the function comes to it: something makes it, a method of one that was made
// gives it back, or a function of the package that does so on all of its ways.
func (r *run) isMade(v ssa.Value, depth int) bool {
	switch x := v.(type) {
	case *ssa.MakeInterface:
		return true
	case *ssa.ChangeInterface:
		v = x.X
	}
	call, result := callOf(v)
	switch {
	case call == nil || depth == 0:
		return false
	case makesError(call):
		return true
	case call.Call.IsInvoke(): // newError(n).withNode(node)
		return isFailure(call.Call.Value.Type()) && r.isMade(call.Call.Value, depth-1)
	}
	callee := call.Call.StaticCallee()
	if callee == nil || len(callee.Blocks) == 0 {
		return false
	}
	made, known := r.makers[callee]
	if !known {
		r.makers[callee] = false // in a circle nothing is known
		made = r.alwaysFails(callee, result, depth-1)
		r.makers[callee] = made
	}
	return made
}

// alwaysFails reports whether a function gives an error on all of its ways.
func (r *run) alwaysFails(fn *ssa.Function, result, depth int) bool {
	fails := false
	for _, b := range fn.Blocks {
		ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
		if !ok || b == fn.Recover {
			continue
		}
		if fails = result < len(ret.Results) && r.isMade(ret.Results[result], depth); !fails {
			return false
		}
	}
	return fails
}

// makesError reports whether a call always returns an error.
func makesError(call *ssa.Call) bool {
	switch query.CalleeSSA(&call.Call) {
	case "errors.New", "fmt.Errorf", "errors.Join", "github.com/pkg/errors.New", "github.com/pkg/errors.Errorf", "github.com/pkg/errors.Wrap",
		"google.golang.org/grpc/status.Error", "google.golang.org/grpc/status.Errorf":
		return true
	}
	return false
}
