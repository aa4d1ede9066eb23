package taint

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// A graph is what data does in one function: nodes are values, edges say where
// the data of a cell goes. Memory is not ordered: what is ever stored into a cell
// is there always. A write through a pointer reaches what it may point to by the
// function's own copies of the pointer (targets).
type graph struct {
	run *run
	fn  *ssa.Function

	known   map[ssa.Value]cell // memo of cell; of a tuple the first of its nodes, one per result
	deep    map[deepPart]int32
	nodes   []node
	edges   []edge
	aliases []alias
	notes   []note
	sinks   []sinkUse
	seeds   []seed
	writes  []write
	results int32 // first node of the function's own results
	guards  *guards

	mixed     int32 // the note of a concatenation; none until there is one
	truncated string
}

// A node is a value. Its lists are linked through edges, aliases and facts.
type node struct {
	value     ssa.Value
	t         types.Type // nil if anything may be in it
	firstEdge int32
	alias     int32
	fact      int32 // last fact, of the solver
	facts     int32
}

// An edge carries what is in from to a cell, or to a sink if to is negative.
type edge struct {
	from path
	to   cell
	keep models.Set
	same bool
	// whole says that only data that from is, or is part of, goes on: not that in parts
	// of it.
	whole bool
	// block, if not 0, is one more than the index of the block where the value is kept: what was checked of its parts
	// until there stays checked.
	block int32
	note  int32 // -1 for a step not worth telling
	next  int32
}

// An alias says that a part of a node holds a copy of a pointer.
type alias struct {
	at   path
	of   cell
	slot types.Type // of what was stored there; nil if it was not
	next int32
}

// A write is an edge that is still to be made for the other targets of a cell.
type write struct {
	from, to cell
	keep     models.Set
	same     bool
	whole    bool
	block    int32
	note     int32
	// slot is the type of what is stored, nil if that is not known: a pointer that is stored where another one of its type was
	// takes its place, and changes nothing of what that one points to.
	slot types.Type
}

type seed struct {
	at   cell
	from end
	keep models.Set
	note int32
	same bool
}

// A sinkUse is a cell that reaches a sink.
type sinkUse struct {
	class *models.Class
	keep  models.Set
	what  string
	call  ssa.Instruction
	step  step
	// callee is the flow that leads on to a sink in another function.
	callee *flow
}

// A note is what to say about an edge.
type note struct {
	kind noteKind
	pos  token.Pos
	name string
	flow *flow
	// mixed says that other data is put before it here.
	mixed bool
}

type noteKind uint8

const (
	noteSource noteKind = iota
	noteThrough
	noteCall
	noteField
	noteFlow  // of which only the steps are told
	noteMixed // of which nothing is told
)

const none = int32(-1)

// maxNodes bounds a function: 20,000 lines of straight code have some 200,000.
const maxNodes = 400_000

func newGraph(r *run, fn *ssa.Function) *graph {
	g := &graph{run: r, fn: fn, known: make(map[ssa.Value]cell, 64), mixed: none}
	g.nodes, g.edges, g.aliases = r.spare.nodes[:0], r.spare.edges[:0], r.spare.aliases[:0]
	g.notes, g.writes, g.seeds = r.spare.notes[:0], r.spare.writes[:0], r.spare.seeds[:0]
	results := fn.Signature.Results()
	g.results = g.newNodes(nil, results.Len())
	for i := range results.Len() {
		g.nodes[g.results+int32(i)].t = results.At(i).Type()
	}
	return g
}

// spare is memory that the graphs of a run use one after the other.
type spare struct {
	nodes   []node
	edges   []edge
	aliases []alias
	notes   []note
	writes  []write
	seeds   []seed
	facts   []fact
}

// release gives the memory of a graph to the next one.
func (g *graph) release() {
	g.run.spare = spare{nodes: g.nodes, edges: g.edges, aliases: g.aliases, notes: g.notes, writes: g.writes, seeds: g.seeds, facts: g.run.spare.facts}
}

func (g *graph) newNodes(v ssa.Value, n int) int32 {
	first := int32(len(g.nodes))
	for range max(n, 1) {
		g.nodes = append(g.nodes, node{value: v, firstEdge: none, alias: none, fact: none})
	}
	return first
}

// node gives the node of a value, or of one result of a call.
func (g *graph) node(v ssa.Value, result int) int32 {
	at, ok := g.known[v]
	first := at.node
	if !ok {
		if tuple, ok := v.Type().(*types.Tuple); ok {
			first = g.newNodes(v, tuple.Len())
			for i := range tuple.Len() {
				g.nodes[first+int32(i)].t = tuple.At(i).Type()
			}
		} else {
			first = g.newNodes(v, 1)
			if a, ok := v.(*ssa.Alloc); !ok || a.Comment != "makeslice" { // a buffer, however small
				g.nodes[first].t = v.Type()
			}
		}
		g.known[v] = cell{node: first}
		g.born(v)
	}
	return first + int32(result)
}

// born adds what a value brings with it.
func (g *graph) born(v ssa.Value) {
	switch v := v.(type) {
	case *ssa.Global:
		g.global(v)
	case *ssa.Function:
		g.closure(v, v, nil)
	}
}

// cell finds the cell that a value is.
func (g *graph) cell(v ssa.Value) cell {
	if c, ok := g.known[v]; ok {
		return c
	}
	c := g.find(v)
	g.known[v] = c
	return c
}

func (g *graph) find(v ssa.Value) cell {
	switch v := v.(type) {
	case *ssa.FieldAddr:
		return g.part(g.cell(v.X), g.run.field(v.X.Type(), v.Field))
	case *ssa.Field:
		return g.part(g.cell(v.X), g.run.field(v.X.Type(), v.Field))
	case *ssa.IndexAddr:
		return g.part(g.cell(v.X), elements)
	case *ssa.Index:
		return g.part(g.cell(v.X), elements)
	case *ssa.Lookup:
		return g.part(g.cell(v.X), elements)
	case *ssa.UnOp:
		if v.Op == token.ARROW {
			return g.part(g.cell(v.X), elements)
		}
		if set := g.overwritten(v); set != nil {
			return g.cell(set)
		}
		return g.cell(v.X)
	case *ssa.Slice:
		return g.cell(v.X)
	case *ssa.ChangeType:
		return g.cell(v.X)
	case *ssa.ChangeInterface:
		return g.cell(v.X)
	case *ssa.MakeInterface:
		return g.cell(v.X)
	case *ssa.TypeAssert:
		return g.cell(v.X)
	case *ssa.SliceToArrayPointer:
		return g.cell(v.X)
	case *ssa.Extract:
		switch t := v.Tuple.(type) {
		case *ssa.TypeAssert, *ssa.UnOp, *ssa.Lookup:
			if v.Index == 0 {
				return g.cell(t)
			}
		case *ssa.Next:
			if r, ok := t.Iter.(*ssa.Range); ok && !t.IsString {
				switch v.Index {
				case 1:
					return g.part(g.cell(r.X), keys)
				case 2:
					return g.part(g.cell(r.X), elements)
				}
			}
		case *ssa.Select:
			if n := v.Index - 2; n >= 0 {
				for _, state := range t.States {
					if state.Dir != types.RecvOnly {
						continue
					}
					if n == 0 {
						return g.part(g.cell(state.Chan), elements)
					}
					n--
				}
			}
		case *ssa.Call:
			return cell{node: g.node(t, v.Index)}
		}
	}
	return cell{node: g.node(v, 0)}
}

// part gives a part of a cell. What is too deep for a path is a node of its own,
// which any part of the cell may reach.
func (g *graph) part(c cell, e uint32) cell {
	p, deep := c.path.add(e)
	if !deep {
		return cell{c.node, p}
	}
	k := deepPart{c, e}
	n, ok := g.deep[k]
	if !ok {
		n = g.newNodes(nil, 1)
		if g.deep == nil {
			g.deep = map[deepPart]int32{}
		}
		g.deep[k] = n
		if !g.run.names.calls[e] { // a function does not return what is in the object that holds it
			g.addEdge(c, edge{to: cell{node: n}, keep: models.All, note: none})
		}
	}
	return cell{node: n}
}

type deepPart struct {
	of cell
	e  uint32
}

// carries reports whether data may be in a value at all.
func carries(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Const, *ssa.Builtin:
		return false
	case *ssa.MakeInterface:
		return carries(v.X)
	default:
		if t, ok := v.Type().(*types.Basic); ok && t.Info()&types.IsBoolean != 0 {
			return false
		}
	}
	return true
}

// shared reports whether copies of a value of a type share what they point to.
func shared(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Slice, *types.Chan, *types.Interface, *types.Signature:
		return true
	case *types.Struct, *types.Tuple:
		return true // it may hold such values
	case *types.Array:
		return shared(t.Elem())
	case *types.Basic:
		return t.Kind() == types.UnsafePointer
	}
	return false
}

// share says that a cell holds a copy of a value, whose pointers lead to the same as the copy's do. Of a struct these are the fields
// that may hold some: the copy's other fields are its own, so location := *h.Location and location.Host = host leave h's alone.
func (g *graph) share(to, from cell, v ssa.Value) {
	stored := v
	for {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.ChangeInterface:
			v = x.X
		default:
			slot := stored.Type()
			if _, isStruct := v.Type().Underlying().(*types.Struct); isStruct {
				slot = v.Type()
			}
			g.shareType(to, from, v.Type(), slot, 0)
			return
		}
	}
}

// shareType is share for a value of a type, which is stored as one of type slot, nil if it is not stored.
func (g *graph) shareType(to, from cell, t, slot types.Type, depth int) {
	s, ok := t.Underlying().(*types.Struct)
	if !ok || depth == maxDepth {
		if shared(t) {
			g.alias(to, from, slot)
		}
		return
	}
	for i := range s.NumFields() {
		if of := s.Field(i).Type(); shared(of) {
			name := g.run.field(t, i)
			g.shareType(g.part(to, name), g.part(from, name), of, of, depth+1)
		}
	}
}

// use gives the cell of a value as it is used in a block, and the classes for
// which what is in it is still dangerous there.
func (g *graph) use(v ssa.Value, at *ssa.BasicBlock) (cell, models.Set) {
	c := g.cell(v)
	return c, g.run.valueMask(v) &^ g.guards.cleared(c, at) &^ g.run.starts(v)
}

func (g *graph) addEdge(from cell, e edge) {
	if len(g.edges) >= 8*maxNodes {
		g.truncated = "the function is too large"
		return
	}
	n := &g.nodes[from.node]
	e.from, e.next = from.path, n.firstEdge
	n.firstEdge = int32(len(g.edges))
	g.edges = append(g.edges, e)
}

func (g *graph) addAlias(at, of cell) { g.alias(at, of, nil) }

func (g *graph) alias(at, of cell, slot types.Type) {
	if at == of {
		return
	}
	if t := g.nodes[of.node].t; t != nil && of.path == (path{}) && !shared(t) {
		return // nothing is written into a text
	}
	n := &g.nodes[at.node]
	g.aliases = append(g.aliases, alias{at: at.path, of: of, slot: slot, next: n.alias})
	n.alias = int32(len(g.aliases) - 1)
}

// assign stores a value into a cell.
func (g *graph) assign(to cell, v ssa.Value, at *ssa.BasicBlock, note int32) {
	if !carries(v) {
		return
	}
	from, keep := g.use(v, at)
	if from == to {
		return
	}
	g.write(write{from: from, to: to, keep: keep, same: true, block: int32(at.Index) + 1, note: note, slot: v.Type()})
	g.share(to, from, v)
}

// write makes an edge to a cell now, and to its other targets when all aliases
// are known.
func (g *graph) write(w write) {
	if w.keep == 0 {
		return
	}
	g.addEdge(w.from, edge{to: w.to, keep: w.keep, same: w.same, whole: w.whole, block: w.block, note: w.note})
	g.writes = append(g.writes, w)
}

func (g *graph) finishWrites() {
	var buffer []cell
	for _, w := range g.writes {
		buffer = g.targets(w.to, w.slot, buffer[:0])
		for _, to := range buffer[1:] {
			if to != w.from {
				g.addEdge(w.from, edge{to: to, keep: w.keep, same: w.same, whole: w.whole, block: w.block, note: w.note})
			}
		}
	}
}

// maxTargets bounds what one write reaches: pointers that are copied more often
// go round in loops.
const maxTargets = 24

// targets lists the cells that a write to a cell changes, itself first. slot is the type of what is stored there, nil if that is not
// known.
func (g *graph) targets(c cell, slot types.Type, list []cell) []cell {
	list = append(list, c)
	for i := 0; i < len(list) && len(list) < maxTargets; i++ {
		c := list[i]
	next:
		for k := g.nodes[c.node].alias; k != none && len(list) < maxTargets; k = g.aliases[k].next {
			a := &g.aliases[k]
			rest, ok := c.path.cut(a.at)
			if !ok || rest == (path{}) && replaces(slot, a.slot) {
				continue
			}
			t, deep := a.of.join(rest)
			if deep {
				continue
			}
			for _, seen := range list {
				if seen == t {
					continue next
				}
			}
			list = append(list, t)
		}
	}
	return list
}

// replaces reports whether a value takes the place of another one of the same type, rather than to change what that one points to.
func replaces(slot, other types.Type) bool {
	return slot != nil && other != nil && shared(slot) && types.Identical(slot, other)
}

// note adds what to say about an edge.
func (g *graph) note(n note) int32 {
	g.notes = append(g.notes, n)
	return int32(len(g.notes) - 1)
}

// build makes the graph of the function.
func (g *graph) build() {
	g.guards = findGuards(g)
	for i, p := range g.fn.Params {
		g.parameter(end{kind: endParameter, index: i}, p)
	}
	for i, v := range g.fn.FreeVars {
		g.parameter(end{kind: endFree, index: i}, v)
	}
	for _, block := range g.fn.Blocks {
		for _, instr := range block.Instrs {
			g.instruction(instr, block)
		}
		if len(g.nodes) > maxNodes {
			g.truncated = "the function is too large"
			break
		}
	}
	g.finishWrites()
}

// parameter seeds a parameter or captured variable with what callers may put there.
func (g *graph) parameter(from end, v ssa.Value) {
	if !carries(v) || g.run.inert(v.Type()) {
		return
	}
	at := g.cell(v)
	g.state(at, v)
	if kind := g.run.parameterSource(g.fn, from, v); kind >= 0 {
		g.seeds = append(g.seeds, seed{at: at, from: end{kind: endSource, index: kind}, keep: models.All,
			note: g.note(note{kind: noteSource, pos: v.Pos(), name: v.Name()})})
		return
	}
	g.seeds = append(g.seeds, seed{at: at, from: from, keep: g.run.typeMask(v.Type()), note: none, same: true})
}

func (g *graph) instruction(instr ssa.Instruction, block *ssa.BasicBlock) {
	switch i := instr.(type) {
	case *ssa.Store:
		n := none
		if f, ok := i.Addr.(*ssa.FieldAddr); ok {
			name := fieldName(f.X.Type(), f.Field)
			if _, fresh := f.X.(*ssa.Alloc); !fresh {
				n = g.note(note{kind: noteField, pos: i.Pos(), name: name})
			}
			g.fieldSink(f, i, block)
			if isAfterPath(f) && carries(i.Val) {
				from, keep := g.use(i.Val, block)
				g.write(write{from: from, to: g.cell(i.Addr), keep: keep &^ models.Start, same: true, note: n})
				break
			}
		}
		g.assign(g.cell(i.Addr), i.Val, block, n)
	case *ssa.MapUpdate:
		m := g.cell(i.Map)
		g.assign(g.part(m, keys), i.Key, block, none)
		g.assign(g.part(m, elements), i.Value, block, none)
	case *ssa.Send:
		g.assign(g.part(g.cell(i.Chan), elements), i.X, block, none)
	case *ssa.Select:
		for _, state := range i.States {
			if state.Dir == types.SendOnly {
				g.assign(g.part(g.cell(state.Chan), elements), state.Send, block, none)
			}
		}
	case *ssa.Phi:
		to := g.cell(i)
		for k, v := range i.Edges {
			if !carries(v) {
				continue
			}
			from := g.cell(v)
			keep := g.run.valueMask(v) &^ g.guards.clearedOnEdge(from, block.Preds[k], block) &^ g.run.starts(v)
			if from != to && keep != 0 {
				g.addEdge(from, edge{to: to, keep: keep, same: true, note: none})
				g.share(to, from, v)
			}
		}
	case *ssa.BinOp:
		g.binary(i, block)
	case *ssa.Convert:
		g.made(i, whole(i), block)
		g.conversionSink(i, i.X, block)
		g.conversionOverflow(i, block)
	case *ssa.MultiConvert:
		g.made(i, i.X, block)
	case *ssa.ChangeType:
		g.conversionSink(i, i.X, block)
	case *ssa.MakeInterface:
		g.stream(i, i.X, block)
	case *ssa.ChangeInterface:
		g.readerSource(i, i.X)
	case *ssa.MakeClosure:
		g.closure(i, i.Fn.(*ssa.Function), i.Bindings)
	case *ssa.FieldAddr:
		g.fieldSource(i, i.X, i.Field)
	case *ssa.Field:
		g.fieldSource(i, i.X, i.Field)
	case *ssa.IndexAddr:
		g.indexes(block, i, i.Index)
	case *ssa.Index:
		g.indexes(block, i, i.Index)
	case *ssa.Slice:
		g.indexes(block, i, i.Low, i.High, i.Max)
	case *ssa.TypeAssert:
		g.assertion(i, block)
	case *ssa.MakeSlice:
		g.allocations(block, i, i.Len, i.Cap)
	case *ssa.MakeMap:
		g.allocations(block, i, i.Reserve)
	case *ssa.MakeChan:
		g.allocations(block, i, i.Size)
	case *ssa.Return:
		for k, v := range i.Results {
			g.assign(cell{node: g.results + int32(k)}, v, block, none)
		}
	case *ssa.Call:
		g.call(i, block)
	case *ssa.Go:
		g.call(i, block)
	case *ssa.Defer:
		g.call(i, block)
	}
}

// made says that a value is made of another one.
func (g *graph) made(v, of ssa.Value, block *ssa.BasicBlock) {
	if !carries(of) || !carries(v) {
		return
	}
	from, keep := g.use(of, block)
	keep &= g.run.typeMask(v.Type())
	if keep != 0 {
		g.addEdge(from, edge{to: g.cell(v), keep: keep, note: none})
	}
}

// whole gives what a conversion is made of: of an address for package unsafe, all that begins there.
func whole(i *ssa.Convert) ssa.Value {
	if t, ok := i.Type().Underlying().(*types.Basic); ok && t.Kind() == types.UnsafePointer {
		return begins(i.X)
	}
	return i.X
}

// begins gives what an address is taken of for package unsafe: &b[0] is for all of b, as unsafe.SliceData(b) is, though its
// type is that of one byte.
func begins(v ssa.Value) ssa.Value {
	switch v := v.(type) {
	case *ssa.IndexAddr:
		return v.X
	case *ssa.Call:
		if b, ok := v.Call.Value.(*ssa.Builtin); ok && (b.Name() == "SliceData" || b.Name() == "StringData") {
			return v.Call.Args[0]
		}
	}
	return v
}

// binary handles arithmetic and concatenation. What stands before a value in a
// string may make it harmless: the host of an URL.
func (g *graph) binary(i *ssa.BinOp, block *ssa.BasicBlock) {
	switch i.Op {
	case token.EQL:
		return
	case token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		g.loopSink(i, block)
		return
	}
	if i.Op == token.QUO || i.Op == token.REM {
		g.division(i, block)
	}
	to := g.cell(i)
	keep := g.run.typeMask(i.Type()) &^ g.run.numbers.arithmetic(i)
	for k, v := range []ssa.Value{i.X, i.Y} {
		if !carries(v) {
			continue
		}
		if bytes, ok := shifted(i, v); ok {
			g.addEdge(g.cell(bytes), edge{to: to, keep: keep, note: none})
			continue
		}
		from, mask := g.use(v, block)
		mask &= keep
		if k == 1 && i.Op == token.ADD {
			mask &^= g.run.prefixClears(i.X, i.Y)
		}
		if mask != 0 {
			n := none
			if i.Op == token.ADD && k == 1 {
				n = g.mix()
			}
			g.addEdge(from, edge{to: to, keep: mask, note: n})
		}
	}
}

// mix gives the note of a concatenation.
func (g *graph) mix() int32 {
	if g.mixed == none {
		g.mixed = g.note(note{kind: noteMixed, mixed: true})
	}
	return g.mixed
}

// stream handles a value that becomes an interface. What is then written to it as a
// stream goes to its own method Write, and what is read from it comes from its Read.
func (g *graph) stream(i *ssa.MakeInterface, of ssa.Value, block *ssa.BasicBlock) {
	g.readerSource(i, of)
	for _, obj := range g.run.streamMethods(of.Type(), i.Type()) {
		sum, _ := g.run.declared(obj)
		if sum == nil {
			continue
		}
		at := g.cell(of)
		g.applyFlows(&mapping{
			name: shortName(obj), pos: whereUsed(i), receiver: true,
			parameter: func(k int) (cell, models.Set, bool) {
				if k == 0 {
					c, keep := g.use(of, block)
					return c, keep, true
				}
				return g.part(at, content), models.All, true
			},
			free:   func(int) (cell, models.Set, bool) { return cell{}, 0, false },
			result: func(int) (cell, bool) { return cell{}, false },
		}, sum)
	}
}

// readerSource seeds what is read from a value that becomes an interface, if it comes
// from a stranger.
func (g *graph) readerSource(i, of ssa.Value) {
	kind := g.run.models.Reader(query.TypeName(of.Type()))
	if kind == nil {
		return
	}
	g.seeds = append(g.seeds, seed{at: g.part(g.cell(of), content), from: end{kind: endSource, index: g.run.kind(kind)}, keep: models.All,
		note: g.note(note{kind: noteSource, pos: whereUsed(i), name: shorten(query.TypeName(of.Type()))})})
}

// whereUsed gives a position for a conversion to an interface: that of who asks for it,
// because most are not written down.
func whereUsed(v ssa.Value) token.Pos {
	if v.Pos().IsValid() {
		return v.Pos()
	}
	for _, r := range *v.Referrers() {
		if r.Pos().IsValid() {
			return r.Pos()
		}
	}
	return origin(v)
}

// sink says that a value reaches a sink.
func (g *graph) sink(v ssa.Value, block *ssa.BasicBlock, s sinkUse) {
	if !carries(v) {
		return
	}
	from, keep := g.use(v, block)
	g.sinkCell(from, keep, s)
}

func (g *graph) sinkCell(from cell, keep models.Set, s sinkUse) {
	if s.callee == nil {
		keep &= g.run.needs(s.class)
	}
	if !g.run.dangerous(s.class, keep) {
		return
	}
	s.keep = keep
	g.sinks = append(g.sinks, s)
	g.addEdge(from, edge{to: cell{node: -int32(len(g.sinks))}, keep: keep, whole: s.callee != nil && s.callee.whole, note: none})
}

// fieldSource seeds a field that is read, if it is one that a library fills with
// untrusted data.
func (g *graph) fieldSource(at ssa.Value, base ssa.Value, index int) {
	m := g.run.fieldModel(base.Type(), index)
	if m == nil || m.Kind == nil || g.outgoing(base) || onlyStored(at) || g.writesArchive(base) {
		return
	}
	s := seed{at: g.cell(at), from: end{kind: endSource, index: g.run.kind(m.Kind)}, keep: models.All &^ m.Clears &^ g.collected(base, index),
		note: g.note(note{kind: noteSource, pos: at.Pos(), name: fieldName(base.Type(), index)})}
	if len(m.Parts) == 0 {
		g.seeds = append(g.seeds, s)
		return
	}
	for _, name := range m.Parts {
		part := s
		part.at = g.part(s.at, g.run.names.id(name))
		g.seeds = append(g.seeds, part)
	}
}

// overwritten gives what the function itself stored into a field that is a source, where it
// certainly did before it reads it: header.Name = clean(header.Name). Nil if it did not.
func (g *graph) overwritten(load *ssa.UnOp) ssa.Value {
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	m := g.run.fieldModel(f.X.Type(), f.Field)
	if _, isBasic := load.Type().Underlying().(*types.Basic); !isBasic || m == nil || m.Kind == nil {
		return nil
	}
	var last *ssa.Store
	for _, b := range g.fn.Blocks {
		for _, instr := range b.Instrs {
			store, ok := instr.(*ssa.Store)
			if !ok || !sameAddress(store.Addr, f, 0) || before(load, store) {
				continue
			}
			if !before(store, load) || last != nil && !before(last, store) {
				return nil // on some ways only
			}
			last = store
		}
	}
	if last == nil {
		return nil
	}
	return last.Val
}

// sameAddress reports whether two addresses are of the same field of the same object.
func sameAddress(a, b ssa.Value, depth int) bool {
	if a == b {
		return true
	}
	x, isField := a.(*ssa.FieldAddr)
	y, both := b.(*ssa.FieldAddr)
	return isField && both && depth < maxDepth && x.Field == y.Field && sameAddress(x.X, y.X, depth+1)
}

// onlyStored reports whether a field's address is only stored to.
func onlyStored(at ssa.Value) bool {
	refs := at.Referrers()
	if refs == nil {
		return false
	}
	for _, r := range *refs {
		if s, ok := r.(*ssa.Store); !ok || s.Addr != at {
			return false
		}
	}
	return true
}

// fieldSink handles a store into a field that must not be untrusted.
func (g *graph) fieldSink(f *ssa.FieldAddr, i *ssa.Store, block *ssa.BasicBlock) {
	m := g.run.fieldModel(f.X.Type(), f.Field)
	if m == nil || m.Sink == nil {
		return
	}
	g.sink(i.Val, block, sinkUse{class: m.Sink, what: fieldName(f.X.Type(), f.Field), call: i,
		step: step{pos: i.Pos(), sink: sinkPlace{true, everything}}})
}

// isAfterPath reports whether a field of an URL is one that comes after the path, so that nothing in it chooses the host. Of the
// URL of a request others read the query, for what it says.
func isAfterPath(f *ssa.FieldAddr) bool {
	if !query.IsType(f.X.Type(), "net/url.URL") || ofRequest(f.X) {
		return false
	}
	switch fieldName(f.X.Type(), f.Field) {
	case "RawQuery", "Fragment", "RawFragment":
		return true
	}
	return false
}

// needs gives what a value must have to be dangerous for a class: of a redirect, also
// one of what may be at its start, each of which makes it harmless if it is not.
func (r *run) needs(class *models.Class) models.Set {
	if class == r.redirect {
		return class.Bit | models.Start
	}
	return class.Bit
}

func (r *run) dangerous(class *models.Class, keep models.Set) bool {
	return keep&class.Bit != 0 && (class != r.redirect || keep&models.Start != 0)
}

// conversionSink handles a conversion that declares data to be safe.
func (g *graph) conversionSink(v ssa.Value, of ssa.Value, block *ssa.BasicBlock) {
	class, name := g.run.conversion(v.Type())
	if class == nil || class.Bit&g.run.fromSafe(of.Type()) != 0 {
		return
	}
	g.sink(of, block, sinkUse{class: class, what: name, call: v.(ssa.Instruction), step: step{pos: v.Pos(), sink: sinkPlace{true, 0}}})
}

func fieldName(t types.Type, index int) string {
	if s := structOf(t); s != nil && index < s.NumFields() {
		return s.Field(index).Name()
	}
	return "?"
}

func structOf(t types.Type) *types.Struct {
	t = types.Unalias(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return u
	case *types.Interface: // a type parameter with a core type
		s, _ := coreStruct(u)
		return s
	}
	return nil
}

func coreStruct(i *types.Interface) (*types.Struct, bool) {
	for e := range i.EmbeddedTypes() {
		if s, ok := e.Underlying().(*types.Struct); ok {
			return s, true
		}
	}
	return nil, false
}
