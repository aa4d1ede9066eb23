package taint

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// A site is a call: the operands are the receiver, if there is one, and the
// arguments.
type site struct {
	instr    ssa.CallInstruction
	block    *ssa.BasicBlock
	name     string // of the callee, as a reader knows it
	operands []ssa.Value
	receiver bool
	vouched  models.Set // what the name of the callee says that its results are harmless for
}

// call adds what a call does.
func (g *graph) call(instr ssa.CallInstruction, block *ssa.BasicBlock) {
	common := instr.Common()
	s := site{instr: instr, block: block, operands: common.Args}
	if common.IsInvoke() {
		s.receiver = true
		s.operands = append([]ssa.Value{common.Value}, common.Args...)
		s.name = shortName(common.Method)
		g.invoke(&s, common)
		return
	}
	switch callee := common.Value.(type) {
	case *ssa.Builtin:
		g.builtin(&s, callee.Name())
		return
	case *ssa.Function:
		s.receiver = common.Signature().Recv() != nil
		g.static(&s, callee)
		return
	}
	if c, ok := common.Value.(*ssa.MakeClosure); ok { // a literal or method value called at once
		g.static2closure(&s, c)
		return
	}
	g.dynamic(&s, common.Value)
}

// static adds a call of a known function.
func (g *graph) static(s *site, callee *ssa.Function) {
	if o := callee.Origin(); o != nil {
		callee = o
	}
	obj, _ := callee.Object().(*types.Func)
	if obj == nil {
		s.name = "the function literal"
		g.apply(s, g.run.local(callee), nil)
		return
	}
	s.name = shortName(obj)
	if len(s.operands) > 0 && obj.Signature().Recv() != nil {
		s.receiver = true
	}
	g.function(s, obj)
}

// function adds a call of a declared function or of a concrete method.
func (g *graph) function(s *site, obj *types.Func) {
	if m := g.run.model(obj); m != nil {
		g.applyModel(s, m)
		return
	}
	if sum, known := g.run.declared(obj); known {
		s.vouched = g.run.vouches(obj)
		g.apply(s, sum, nil)
		return
	}
	g.unknown(s, obj)
}

// static2closure adds a call of a function literal where it stands, or of a
// method value.
func (g *graph) static2closure(s *site, c *ssa.MakeClosure) {
	fn := c.Fn.(*ssa.Function)
	if obj, ok := fn.Object().(*types.Func); ok { // x.Method
		s.name, s.receiver = shortName(obj), true
		s.operands = append(append([]ssa.Value{}, c.Bindings...), s.operands...)
		if recv := obj.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			g.invoked(s, obj, c.Bindings[0].Type())
			return
		}
		g.function(s, obj)
		return
	}
	s.name = "the function literal"
	g.apply(s, g.run.local(fn), func(i int) ssa.Value { return c.Bindings[i] })
}

// invoke adds a call of an interface's method.
func (g *graph) invoke(s *site, common *ssa.CallCommon) {
	g.invoked(s, common.Method, common.Value.Type())
}

func (g *graph) invoked(s *site, method *types.Func, iface types.Type) {
	if m := g.run.model(method); m != nil {
		g.applyModel(s, m)
		return
	}
	if m := g.run.similar(method); m != nil {
		g.applyModel(s, m)
	}
	candidates := g.run.implementations(iface, method)
	for _, obj := range candidates {
		if sum, known := g.run.declared(obj); known && sum != nil {
			if len(candidates) > 1 {
				sum = sum.stateless()
			}
			s.vouched = g.run.vouches(obj)
			g.apply(s, sum, nil)
		}
	}
	g.library(s, iface, method)
	g.getter(s, method)
}

// library adds that a call of an interface's method gives what a library's method gives of its receiver, where the package
// hands such a receiver to somebody as the interface. Of another receiver only what is untrusted as a whole counts.
func (g *graph) library(s *site, iface types.Type, method *types.Func) {
	value := s.instr.Value()
	if value == nil || !carries(s.operands[0]) {
		return
	}
	for _, m := range g.run.handed(iface, method) {
		for _, flow := range m.Flows {
			if flow.From.Where != models.Receiver || len(flow.From.Path) > 0 || flow.To.Where != models.Result {
				continue
			}
			from, keep := g.use(s.operands[0], s.block)
			for _, to := range g.at(s, flow.To) {
				if keep := keep &^ flow.Clears & to.typeMask; keep != 0 {
					g.addEdge(from, edge{to: to.cell, keep: keep, whole: true, note: g.note(note{kind: noteThrough, pos: s.instr.Pos(), name: s.name})})
				}
			}
		}
	}
}

// dynamic adds a call of a function value: what is known of it flows through the
// value's own parameters and results (closure).
func (g *graph) dynamic(s *site, fn ssa.Value) {
	at := g.cell(fn)
	if slices.Contains(at.path[:], elements) && !g.local(at) {
		return // one of many, nobody knows which
	}
	s.name = "the function value"
	for i, v := range s.operands {
		n := none
		if _, isParam := g.nodes[at.node].value.(*ssa.Parameter); isParam {
			n = g.note(note{kind: noteCall, pos: s.instr.Pos(), name: s.name})
		}
		g.assign(g.part(at, g.run.names.parameter(i)), v, s.block, n)
	}
	for _, v := range s.operands { // an iterator gives what it has to the body of a loop
		if sig, ok := v.Type().Underlying().(*types.Signature); ok {
			for i := range sig.Params().Len() {
				g.write(write{from: at, to: g.part(g.cell(v), g.run.names.parameter(i)), keep: g.run.typeMask(sig.Params().At(i).Type()), note: none})
			}
		}
	}
	if value := s.instr.Value(); value != nil {
		for i := range resultCount(value) {
			to := cell{node: g.node(value, i)}
			g.addEdge(g.part(at, g.run.names.result(i)), edge{to: to, keep: models.All, same: true, note: none})
			g.addAlias(to, g.part(at, g.run.names.result(i)))
		}
	}
	for _, f := range g.run.fieldFunctions(fn) {
		g.apply(s, g.run.local(f), nil)
	}
}

// local reports whether a cell is part of what the function itself made.
func (g *graph) local(c cell) bool {
	switch g.nodes[c.node].value.(type) {
	case *ssa.Alloc, *ssa.MakeMap, *ssa.MakeSlice:
		return true
	}
	return false
}

func resultCount(v ssa.Value) int {
	if t, ok := v.Type().(*types.Tuple); ok {
		return t.Len()
	}
	return 1
}

// closure makes a function value: its parameters and results are parts of it,
// and what it captures is used as if it were called.
func (g *graph) closure(v ssa.Value, fn *ssa.Function, bindings []ssa.Value) {
	at := g.cell(v)
	if o := fn.Origin(); o != nil {
		fn = o
	}
	var sum *summary
	bound := false
	if obj, ok := fn.Object().(*types.Func); ok {
		bound = len(bindings) == 1 && obj.Signature().Recv() != nil
		if m := g.run.model(obj); m != nil {
			sum = g.run.modelSummary(obj, m)
		} else {
			sum, _ = g.run.declared(obj)
		}
	} else {
		sum = g.run.local(fn)
	}
	if sum == nil {
		return
	}
	m := &mapping{
		name: fn.Name(), instr: nil, pos: v.Pos(),
		parameter: func(i int) (cell, models.Set, bool) {
			if bound {
				if i == 0 {
					c, keep := g.closureUse(v, bindings[0])
					return c, keep, true
				}
				i--
			}
			return g.part(at, g.run.names.parameter(i)), models.All, true
		},
		free: func(i int) (cell, models.Set, bool) {
			if i >= len(bindings) {
				return cell{}, 0, false
			}
			c, keep := g.closureUse(v, bindings[i])
			return c, keep, true
		},
		result: func(i int) (cell, bool) { return g.part(at, g.run.names.result(i)), true },
	}
	if instr, ok := v.(ssa.Instruction); ok {
		m.instr = instr
	}
	g.applyFlows(m, sum)
}

// closureUse is the use of a captured variable. It holds the classes that are
// cleared where the literal stands.
func (g *graph) closureUse(closure, binding ssa.Value) (cell, models.Set) {
	if instr, ok := closure.(ssa.Instruction); ok {
		return g.use(binding, instr.Block())
	}
	return g.cell(binding), models.All
}

// A mapping says which cells the ends of a callee's flows are.
type mapping struct {
	name      string
	instr     ssa.Instruction
	pos       token.Pos
	parameter func(int) (cell, models.Set, bool)
	free      func(int) (cell, models.Set, bool)
	result    func(int) (cell, bool)
	receiver  bool
	vouched   models.Set
	plain     bool // tell no call: the flows are those of a library's model
}

// apply adds what a callee does, by its summary.
func (g *graph) apply(s *site, sum *summary, binding func(int) ssa.Value) {
	if sum == nil {
		return
	}
	g.applyFlows(&mapping{
		name: s.name, instr: s.instr, pos: s.instr.Pos(), receiver: s.receiver, vouched: s.vouched,
		parameter: func(i int) (cell, models.Set, bool) {
			if i >= len(s.operands) || !carries(s.operands[i]) {
				return cell{}, 0, false
			}
			c, keep := g.use(s.operands[i], s.block)
			return c, keep, true
		},
		free: func(i int) (cell, models.Set, bool) {
			if binding == nil {
				return cell{}, 0, false
			}
			c, keep := g.use(binding(i), s.block)
			return c, keep, true
		},
		result: func(i int) (cell, bool) {
			value := s.instr.Value()
			if value == nil {
				return cell{}, false
			}
			return cell{node: g.node(value, i)}, true
		},
	}, sum)
}

func (g *graph) applyFlows(m *mapping, sum *summary) {
	for _, f := range sum.flows {
		from, keep, same, ok := g.from(m, f)
		if !ok || keep == 0 {
			continue
		}
		kind := noteCall
		if m.plain {
			kind = noteThrough
		}
		n := g.note(note{kind: kind, pos: m.pos, name: m.name, flow: f})
		switch f.to.kind {
		case endResult:
			to, ok := m.result(f.to.index)
			if !ok {
				continue
			}
			to, deep := to.join(f.to.path)
			if keep &^= m.vouched; deep || keep == 0 {
				continue
			}
			g.addEdge(from, edge{to: to, keep: keep, same: same, whole: f.whole, note: n})
			if t := g.nodes[to.node].t; same && t != nil && to.path == (path{}) {
				g.shareType(to, from, t, nil, 0)
			} else if same {
				g.addAlias(to, from)
			}
		case endParameter, endFree:
			locate := m.parameter
			if f.to.kind == endFree {
				locate = m.free
			}
			to, _, ok := locate(f.to.index)
			if !ok {
				continue
			}
			if to, deep := to.join(f.to.path); !deep && from != to {
				g.write(write{from: from, to: to, keep: keep, same: same, whole: f.whole, note: n})
				if f.to.path == (path{content}) && m.instr != nil && f.from.kind == endParameter {
					g.writerSink(m.instr, m.name, from, keep, to, nil, f.from.index-btoi(m.receiver))
				}
			}
		case endGlobal:
			if global := g.run.globalValue(f.to.global); global != nil {
				if to, deep := g.cell(global).join(f.to.path); !deep {
					g.write(write{from: from, to: to, keep: keep, same: same, whole: f.whole, note: n})
				}
			}
		case endSink:
			class := g.run.models.Classes()[f.to.index]
			g.sinkCell(from, keep, sinkUse{class: class, what: f.what, call: m.instr, callee: f,
				step: step{pos: m.pos, message: "is passed to " + m.name, sink: sinkPlace{true, f.from.index - btoi(m.receiver)}}})
		}
	}
}

// from gives the cell that a callee's flow comes from. For a source it is a node
// of its own. same says whether its parts are parts of what arrives.
func (g *graph) from(m *mapping, f *flow) (from cell, keep models.Set, same, ok bool) {
	switch f.from.kind {
	case endParameter, endFree:
		locate := m.parameter
		if f.from.kind == endFree {
			locate = m.free
		}
		c, keep, ok := locate(f.from.index)
		c, deep := c.join(f.from.path)
		return c, keep & f.keep, f.same && !deep, ok
	case endSource:
		if f.to.kind == endSink {
			return cell{}, 0, false, false // told in the callee
		}
		c := cell{node: g.newNodes(nil, 1)}
		g.seeds = append(g.seeds, seed{at: c, from: f.from, keep: f.keep, note: none})
		return c, f.keep, f.same, true
	}
	return cell{}, 0, false, false
}

// builtin adds a call of a builtin.
func (g *graph) builtin(s *site, name string) {
	value := s.instr.Value()
	switch name {
	case "append":
		if value == nil {
			return
		}
		to := g.cell(value)
		for i, v := range s.operands {
			if !carries(v) {
				continue
			}
			if i == 1 && g.appendAfterDashes(s, to) {
				continue
			}
			from, keep := g.use(v, s.block)
			_, isSlice := v.Type().Underlying().(*types.Slice)
			g.addEdge(from, edge{to: to, keep: keep, same: isSlice, note: none})
			if i == 0 || isSlice {
				g.addAlias(to, from)
			}
		}
	case "copy":
		if carries(s.operands[1]) {
			from, keep := g.use(s.operands[1], s.block)
			_, isSlice := s.operands[1].Type().Underlying().(*types.Slice)
			g.write(write{from: from, to: g.cell(s.operands[0]), keep: keep, same: isSlice, note: none})
		}
	case "min", "max":
		if value == nil {
			return
		}
		var bounded models.Set
		if name == "min" {
			for _, v := range s.operands {
				bounded |= g.run.numbers.limited(v)
			}
		}
		for _, v := range s.operands {
			if carries(v) {
				from, keep := g.use(v, s.block)
				g.write(write{from: from, to: g.cell(value), keep: keep &^ bounded, note: none})
			}
		}
	case "String", "Slice": // of package unsafe: the same bytes in another type
		if value != nil {
			g.made(value, begins(s.operands[0]), s.block)
		}
	case "ssa:wrapnilchk":
		if value != nil {
			g.known[value] = g.cell(s.operands[0])
		}
	}
}

// unknown adds a call of a function of which neither body nor model is known: a
// package-level function passes strings and bytes on to strings and bytes, and
// nothing else is passed on. Most helpers are such, and an object's methods
// mostly return something else than what they were given.
func (g *graph) unknown(s *site, obj *types.Func) {
	if obj.Pkg() != nil && g.run.complete(obj.Pkg()) {
		return
	}
	if obj.Signature().Recv() != nil {
		g.getter(s, obj)
		return
	}
	value := s.instr.Value()
	if value == nil || saysSafe(obj.Name()) {
		return
	}
	results := obj.Signature().Results()
	for i := range results.Len() {
		if !textual(results.At(i).Type()) {
			continue
		}
		for _, v := range s.operands {
			if carries(v) && textual(v.Type()) {
				from, keep := g.use(v, s.block)
				g.addEdge(from, edge{to: cell{node: g.node(value, i)}, keep: keep, note: g.note(note{kind: noteThrough, pos: s.instr.Pos(), name: s.name})})
			}
		}
	}
}

// saysSafe reports whether a function says in its name that it makes text
// harmless: SafeJoin, EscapeHTML, sanitizePath. Without its body it is believed.
func saysSafe(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"safe", "secure", "sanit", "escape", "quote"} {
		if strings.Contains(name, word) && !strings.HasPrefix(name, "un") {
			return true
		}
	}
	return false
}

// getter adds a call of a method without parameters of which nothing else is
// known: from an object that is itself untrusted (a decoded message), such a
// method returns a part.
func (g *graph) getter(s *site, obj *types.Func) {
	value := s.instr.Value()
	if value == nil || len(s.operands) != 1 || resultCount(value) != 1 || !carries(s.operands[0]) {
		return
	}
	if !strings.HasPrefix(obj.Name(), "Get") && !textual(value.Type()) || isError(value.Type()) {
		return
	}
	from, keep := g.use(s.operands[0], s.block)
	keep &= g.run.typeMask(value.Type())
	if keep != 0 {
		// Whatever part it is, it is a part. That another part is untrusted says nothing.
		g.addEdge(from, edge{to: cell{node: g.node(value, 0)}, keep: keep, whole: true, note: none})
	}
}

// textual reports whether a type is a string, bytes, or a list of either.
func textual(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok {
			return b.Kind() == types.Byte || b.Info()&types.IsString != 0
		}
	}
	return false
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// isFailure reports whether a type is error, or an interface of a program's own that is one: nil says that all went well.
func isFailure(t types.Type) bool {
	return isError(t) || types.IsInterface(t) && types.Implements(t, types.Universe.Lookup("error").Type().Underlying().(*types.Interface))
}

// shortName names a function as its package's users write it: "exec.Command",
// "(*sql.DB).Query".
func shortName(obj *types.Func) string {
	return shorten(query.Name(obj))
}

// shorten cuts all but the last element of an import path.
func shorten(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		prefix := ""
		if strings.HasPrefix(name, "(*") {
			prefix = "(*"
		} else if strings.HasPrefix(name, "(") {
			prefix = "("
		}
		return prefix + name[i+1:]
	}
	return name
}
