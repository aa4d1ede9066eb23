package taint

import (
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// applyModel adds what a library function does.
func (g *graph) applyModel(s *site, m *models.Function) {
	for _, src := range m.Sources {
		n := g.note(note{kind: noteSource, pos: s.instr.Pos(), name: s.name})
		from := end{kind: endSource, index: g.run.kind(src.Kind)}
		if src.At.Where == models.Receiver && g.outgoing(s.operands[0]) {
			continue
		}
		made := cell{node: g.newNodes(nil, 1)}
		g.seeds = append(g.seeds, seed{at: made, from: from, keep: models.All &^ src.Clears, note: n})
		for _, to := range g.at(s, src.At) {
			g.write(write{from: made, to: to.cell, keep: models.All & to.typeMask, note: none})
		}
	}
	for _, flow := range m.Flows {
		g.modelFlow(s, m, flow)
	}
	if len(m.Undoes) > 0 {
		g.undo(s, m)
	}
	for _, sink := range m.Sinks {
		if !g.holds(s, sink) || sink.Class.Name == "ssrf" && g.run.guardsDialing() {
			continue
		}
		for _, from := range g.at(s, sink.At) {
			if sink.Class.Name == "argument" && g.afterDashes(s, from.operand-btoi(s.receiver)) {
				continue
			}
			if from.value == nil || len(sink.At.Path) == 0 && !carries(from.value) {
				continue
			}
			if sink.Class.Name == "sql" && namesColumns(from.value) {
				continue
			}
			keep := models.All &^ g.guards.cleared(from.cell, s.block) &^ g.run.starts(from.value) & from.typeMask
			if at := from.operand - btoi(s.receiver); m.Format >= 0 && at > m.Format { // log.Printf("%q", x)
				keep &^= g.formatClears(s, m.Format, at-m.Format-1)
			}
			if keep&sink.Class.Bit == 0 {
				continue
			}
			g.sinkCell(from.cell, keep, sinkUse{class: sink.Class, what: s.name, call: s.instr,
				step: step{pos: s.instr.Pos(), sink: sinkPlace{true, from.operand - btoi(s.receiver)}}})
		}
	}
}

// undo adds that a function gives back what was given to another one, whose result it takes apart: what that one made
// harmless is as dangerous as it was. Only where both are in one function: an encoded text that goes further was mostly
// encoded for where it goes.
func (g *graph) undo(s *site, m *models.Function) {
	value := s.instr.Value()
	if value == nil {
		return
	}
	to, t := cell{node: g.node(value, 0)}, value.Type()
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(0).Type()
	}
	for _, v := range made(s.operands[len(s.operands)-1], m.Undoes, 0) {
		if !carries(v) {
			continue
		}
		from, keep := g.use(v, s.block)
		if keep &= g.run.typeMask(t); keep != 0 {
			g.addEdge(from, edge{to: to, keep: keep, note: g.note(note{kind: noteThrough, pos: s.instr.Pos(), name: s.name})})
		}
	}
}

// made gives what functions of some names were given, whose results are a text or parts of it.
func made(text ssa.Value, names []string, depth int) []ssa.Value {
	if depth > 4 {
		return nil
	}
	switch x := text.(type) {
	case *ssa.Call:
		if args := x.Call.Args; len(args) > 0 && slices.Contains(names, query.CalleeSSA(&x.Call)) {
			return args[len(args)-1:]
		}
	case *ssa.BinOp:
		return append(made(x.X, names, depth+1), made(x.Y, names, depth+1)...)
	case *ssa.Phi:
		var all []ssa.Value
		for _, e := range x.Edges {
			all = append(all, made(e, names, depth+1)...)
		}
		return all
	}
	return nil
}

// namesColumns reports whether a condition for a builder of SQL is a struct, whose fields are columns for gorm, a map from
// constant columns, as squirrel.Eq and a map for gorm are, or one that was built before: what the columns are compared with is
// sent apart from the statement.
func namesColumns(v ssa.Value) bool {
	if wider, ok := v.(*ssa.ChangeInterface); ok {
		v = wider.X
	}
	if isBuilt(v.Type()) {
		return true
	}
	boxed, ok := v.(*ssa.MakeInterface)
	if !ok {
		return false
	}
	v = boxed.X
	if isBuilt(v.Type()) {
		return true
	}
	t := v.Type().Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	if _, ok := t.(*types.Struct); ok {
		return true
	}
	if named, ok := v.(*ssa.ChangeType); ok { // squirrel.Eq(map[string]any{...})
		v = named.X
	}
	made, ok := v.(*ssa.MakeMap)
	if !ok {
		return false
	}
	for _, r := range *made.Referrers() {
		switch r := r.(type) {
		case *ssa.MapUpdate:
			if _, isConst := r.Key.(*ssa.Const); !isConst || r.Map != ssa.Value(made) {
				return false
			}
		case *ssa.MakeInterface, *ssa.ChangeType, *ssa.DebugRef:
		default:
			return false
		}
	}
	return true
}

// isBuilt reports whether a type is that of a condition that keeps values apart from the text that it makes: one of xorm's, or
// what squirrel calls a Sqlizer. Those that are made of text are sinks where they are made.
func isBuilt(t types.Type) bool {
	name := query.TypeName(t)
	return name == "github.com/Masterminds/squirrel.Sqlizer" || strings.HasPrefix(name, "xorm.io/builder.")
}

// afterDashes reports whether an argument comes after "--", which ends the options
// of a command (POSIX, utility syntax guideline 10).
func (g *graph) afterDashes(s *site, argument int) bool {
	for i := range argument {
		if text, ok := g.argumentConst(s, i); ok && text == "--" {
			return true
		}
	}
	return false
}

// appendAfterDashes adds what is appended to the arguments of a command after "--",
// one by one: what is behind it is no option. It reports whether there is one.
func (g *graph) appendAfterDashes(s *site, to cell) bool {
	values, ok := packed(s.operands[1])
	if !ok || g.run.argument == nil {
		return false
	}
	ended := endsOptions(s.operands[0], 0)
	at := slices.IndexFunc(values, isDashes)
	if !ended && at < 0 {
		return false
	}
	for i, v := range values {
		if !carries(v) {
			continue
		}
		from, keep := g.use(v, s.block)
		if ended || i > at {
			keep &^= g.run.argument.Bit
		}
		g.addEdge(from, edge{to: to, keep: keep, note: none})
	}
	return true
}

func isDashes(v ssa.Value) bool {
	text, ok := stringConst(v)
	return ok && text == "--"
}

// endsOptions reports whether "--" is among the arguments in a slice, on every way to
// it.
func endsOptions(v ssa.Value, depth int) bool {
	if depth > 8 {
		return false
	}
	switch x := v.(type) {
	case *ssa.Call:
		if b, ok := x.Call.Value.(*ssa.Builtin); ok && b.Name() == "append" {
			if values, ok := packed(x.Call.Args[1]); ok && slices.ContainsFunc(values, isDashes) {
				return true
			}
			return endsOptions(x.Call.Args[0], depth+1)
		}
	case *ssa.Slice:
		values, ok := packed(x)
		return ok && slices.ContainsFunc(values, isDashes)
	case *ssa.Phi:
		for _, e := range x.Edges {
			if !endsOptions(e, depth+3) {
				return false
			}
		}
		return len(x.Edges) > 0
	}
	return false
}

// A located is a value that an endpoint means.
type located struct {
	cell     cell
	value    ssa.Value // nil for a result, and for part of a value
	operand  int       // -1 for a result
	typeMask models.Set
}

// at finds the values of a call that an endpoint means.
func (g *graph) at(s *site, e models.Endpoint) []located {
	p := g.run.names.path(e.Path)
	if e.Call >= 0 {
		p, _ = p.add(g.run.names.parameter(e.Call))
	}
	if e.Where == models.Result {
		value := s.instr.Value()
		if value == nil || e.Index >= resultCount(value) {
			return nil
		}
		mask := models.All
		if p == (path{}) {
			t := value.Type()
			if tuple, ok := t.(*types.Tuple); ok {
				t = tuple.At(e.Index).Type()
			}
			mask = g.run.typeMask(t)
		}
		c, _ := cell{node: g.node(value, e.Index)}.join(p)
		return []located{{cell: c, operand: -1, typeMask: mask}}
	}
	first, last := 0, 1
	if e.Where == models.Argument {
		first = e.Index + btoi(s.receiver)
		last = first + 1
		if e.Rest {
			last = len(s.operands)
		}
	} else if !s.receiver {
		return nil
	}
	var list []located
	for i := first; i < min(last, len(s.operands)); i++ {
		v := s.operands[i]
		if _, isConst := v.(*ssa.Const); isConst {
			continue
		}
		mask := models.All
		if p == (path{}) {
			mask = g.run.valueMask(v)
		} else if p[0] == content && textual(v.Type()) {
			p = path{} // the stream is the value
		}
		if i == len(s.operands)-1 && p == (path{}) {
			if values, ok := g.variadic(s); ok { // one by one, each with its own guards
				for k, v := range values {
					if carries(v) {
						list = append(list, located{g.cell(v), v, i + k, g.run.valueMask(v)})
					}
				}
				continue
			}
		}
		c, _ := g.cell(v).join(p)
		list = append(list, located{c, v, i, mask})
	}
	return list
}

// variadic gives the arguments that a call packs into its variadic parameter.
func (g *graph) variadic(s *site) ([]ssa.Value, bool) {
	sig := s.instr.Common().Signature()
	if !sig.Variadic() || len(s.operands) == 0 {
		return nil, false
	}
	return packed(s.operands[len(s.operands)-1])
}

// packed gives the values of a slice that a call or a literal makes, with nil
// for those that are zero.
func packed(v ssa.Value) ([]ssa.Value, bool) {
	slice, ok := v.(*ssa.Slice)
	if !ok || slice.Low != nil || slice.High != nil {
		return nil, false
	}
	array, ok := slice.X.(*ssa.Alloc)
	if !ok || array.Referrers() == nil {
		return nil, false
	}
	t, ok := array.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Array)
	if !ok || t.Len() > 1000 {
		return nil, false
	}
	values := make([]ssa.Value, t.Len())
	for _, r := range *array.Referrers() {
		switch r := r.(type) {
		case *ssa.Slice:
		case *ssa.IndexAddr:
			at, ok := r.Index.(*ssa.Const)
			if !ok || r.Referrers() == nil || at.Value == nil {
				return nil, false
			}
			i, ok := constant.Int64Val(at.Value)
			if !ok || i < 0 || i >= int64(len(values)) {
				return nil, false
			}
			for _, use := range *r.Referrers() {
				if store, ok := use.(*ssa.Store); ok && store.Addr == r {
					values[i] = store.Val
				}
			}
		default:
			return nil, false
		}
	}
	for i, v := range values {
		if v == nil {
			values[i] = ssa.NewConst(nil, t.Elem())
		}
	}
	return values, true
}

func (g *graph) modelFlow(s *site, m *models.Function, flow models.Flow) {
	to := g.at(s, flow.To)
	if len(to) == 0 {
		return
	}
	for _, from := range g.at(s, flow.From) {
		if from.value != nil && !carries(from.value) {
			continue
		}
		keep := from.typeMask &^ flow.Clears &^ g.guards.cleared(from.cell, s.block)
		if from.value != nil {
			keep &^= g.run.starts(from.value)
		}
		if m.Format >= 0 && from.operand-btoi(s.receiver) > m.Format {
			keep &^= g.formatClears(s, m.Format, from.operand-btoi(s.receiver)-m.Format-1)
		}
		keep &^= g.run.numbers.parsed(m.Name, s.operands) | g.run.numbers.leading(m.Name, s)
		if replaced, ok := g.argumentConst(s, 1); ok && replaced == "\n" && strings.HasPrefix(m.Name, "strings.Replace") {
			keep &^= g.guards.shape("no-newline")
		}
		if m.Name == "path.Join" && from.operand > 0 {
			keep &^= g.guards.shape("after-base")
		}
		if flow.From.Where == models.Receiver && strings.HasPrefix(m.Name, "(*net/url.URL).") {
			keep &^= g.rewritten(s, to)
		}
		if (m.Name == "path.Join" || m.Name == "path/filepath.Join") && from.operand > 0 && g.guards.cleanedRooted(from.value, s.block) {
			keep &^= g.guards.shape("inside")
		}
		if strings.HasSuffix(m.Name, ".Clean") && from.value != nil {
			keep &^= g.run.cleanClears(from.value)
			if g.guards.rooted(from.value) {
				keep &^= g.guards.shape("rooted-clean")
			}
		}
		n := none
		if !flow.Same && flow.To.Call < 0 {
			n = g.note(note{kind: noteThrough, pos: s.instr.Pos(), name: s.name, mixed: g.mixes(s, m, flow, from)})
		}
		if g.printed(m, from, to, keep, n) {
			continue
		}
		for _, to := range to {
			if from.cell == to.cell || keep&to.typeMask == 0 {
				continue
			}
			g.write(write{from: from.cell, to: to.cell, keep: keep & to.typeMask, same: flow.Same, note: n})
			if flow.Same {
				g.addAlias(to.cell, from.cell)
			}
			if flow.To.Where != models.Result && flow.To.Call < 0 {
				g.writerSink(s.instr, s.name, from.cell, keep, to.cell, to.value, from.operand-btoi(s.receiver))
			}
		}
	}
}

// rewritten handles the text of an URL whose host was set before, or whose path, if it is
// that of a request to a server, which has no host: what was set decides where it leads,
// and the rest does not.
func (g *graph) rewritten(s *site, to []located) (clears models.Set) {
	base := s.operands[0]
	at := g.cell(base)
	for _, b := range g.fn.Blocks {
		for _, instr := range b.Instrs {
			store, ok := instr.(*ssa.Store)
			if !ok {
				continue
			}
			field, ok := store.Addr.(*ssa.FieldAddr)
			if !ok || !query.IsType(field.X.Type(), "net/url.URL") || g.cell(field.X) != at || !before(store, s.instr) {
				continue
			}
			switch name := fieldName(field.X.Type(), field.Field); {
			case name == "Host", name == "Path" && ofRequest(base):
				from, keep := g.use(store.Val, s.block)
				n := g.note(note{kind: noteThrough, pos: s.instr.Pos(), name: s.name})
				for _, to := range to {
					if k := keep &^ g.run.starts(store.Val) & to.typeMask; k != 0 && carries(store.Val) {
						g.write(write{from: from, to: to.cell, keep: k, note: n})
					}
				}
				clears |= g.guards.shape("fixed-host")
			}
		}
	}
	return clears
}

// before reports whether one instruction always comes before another one.
func before(a, b ssa.Instruction) bool {
	if a.Block() != b.Block() {
		return a.Block().Dominates(b.Block())
	}
	for _, instr := range a.Block().Instrs {
		switch instr {
		case a:
			return true
		case b:
			return false
		}
	}
	return false
}

// ofRequest reports whether an URL is the one of a request.
func ofRequest(v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	field, ok := load.X.(*ssa.FieldAddr)
	return ok && query.IsType(field.X.Type(), "net/http.Request")
}

// printed adds what package fmt prints of a value that has a method for it, and reports
// whether it has: what else is in the value is not shown.
func (g *graph) printed(m *models.Function, from located, to []located, keep models.Set, n int32) bool {
	i, ok := from.value.(*ssa.MakeInterface)
	if !ok || !strings.HasPrefix(m.Name, "fmt.") {
		return false
	}
	sum := g.run.printer(i.X.Type())
	if sum == nil {
		return false
	}
	for _, f := range sum.flows {
		if f.from.kind != endParameter || f.from.index != 0 || f.to.kind != endResult {
			continue
		}
		part, deep := from.cell.join(f.from.path)
		for _, to := range to {
			if k := keep & f.keep & to.typeMask; k != 0 && !deep {
				g.write(write{from: part, to: to.cell, keep: k, whole: f.whole, note: n})
			}
		}
	}
	return true
}

// printer gives the summary of the method that a value is printed by; nil if it has none
// that is known.
func (r *run) printer(t types.Type) *summary {
	fn := r.printMethod(t)
	if fn == nil {
		return nil
	}
	sum, known := r.declared(fn)
	if known && sum == nil {
		return new(summary)
	}
	return sum
}

// printMethod finds the method Error or String that a type has of the program's own.
func (r *run) printMethod(t types.Type) *types.Func {
	fn, ok := r.printers[t]
	if ok {
		return fn
	}
	for _, name := range []string{"Error", "String"} {
		obj, _, _ := types.LookupFieldOrMethod(t, false, nil, name)
		method, ok := obj.(*types.Func)
		if ok && method.Signature().Params().Len() == 0 && method.Signature().Results().Len() == 1 &&
			!types.IsInterface(method.Signature().Recv().Type()) && r.model(method) == nil {
			fn = method
			break
		}
	}
	r.printers[t] = fn
	return fn
}

// mixes reports whether a library function puts other data before what flows: it formats
// or joins several values, or appends to what is there.
func (g *graph) mixes(s *site, m *models.Function, flow models.Flow, from located) bool {
	argument := from.operand - btoi(s.receiver)
	switch {
	case flow.To.Where != models.Result:
		return g.writtenBefore(s)
	case m.Format >= 0:
		if argument <= m.Format {
			return false
		}
		text, ok := g.argumentConst(s, m.Format)
		return ok && (argument > m.Format+1 || !strings.HasPrefix(text, "%"))
	}
	return flow.From.Rest && argument > flow.From.Index
}

// writtenBefore reports whether something is written to the same place before a call.
func (g *graph) writtenBefore(s *site) bool {
	if len(s.operands) == 0 {
		return true
	}
	place := s.operands[0]
	if m, ok := place.(*ssa.MakeInterface); ok {
		place = m.X
	}
	if place.Referrers() == nil {
		return true
	}
	for _, r := range *place.Referrers() {
		if m, ok := r.(*ssa.MakeInterface); ok {
			for _, r := range *m.Referrers() {
				if precedes(r, s) {
					return true
				}
			}
		} else if precedes(r, s) {
			return true
		}
	}
	return false
}

// precedes reports whether an instruction is a call that stands before another one, with
// more arguments than the place that it is about.
func precedes(r ssa.Instruction, s *site) bool {
	call, ok := r.(ssa.CallInstruction)
	if !ok || call == s.instr || len(call.Common().Args) < 2 {
		return false
	}
	if r.Block() != s.block {
		return r.Block().Index < s.block.Index
	}
	return r.Pos() < s.instr.Pos()
}

// writerSink adds the sink that writing to some types is: an HTTP response.
func (g *graph) writerSink(call ssa.Instruction, name string, from cell, keep models.Set, to cell, static ssa.Value, argument int) {
	class := g.writerClass(to, static)
	if class == nil || keep&class.Bit == 0 || g.plainResponse() {
		return
	}
	g.sinkCell(from, keep, sinkUse{class: class, what: name, call: call,
		step: step{pos: call.Pos(), sink: sinkPlace{true, argument}}})
}

// writerClass looks for a type that must not be written to: the static type of
// the value, what it was converted from, and what its cell may be a copy of.
func (g *graph) writerClass(to cell, static ssa.Value) *models.Class {
	for static != nil {
		if c := g.run.writer(static.Type()); c != nil {
			return c
		}
		switch v := static.(type) {
		case *ssa.MakeInterface:
			static = v.X
		case *ssa.ChangeInterface:
			static = v.X
		case *ssa.TypeAssert:
			static = v.X
		default:
			static = nil
		}
	}
	for _, t := range g.targets(to, nil, nil) {
		n := g.nodes[t.node]
		if n.value == nil || t.path != (path{}) && t.path != (path{content}) {
			continue
		}
		if _, isTuple := n.value.Type().(*types.Tuple); isTuple {
			continue
		}
		if c := g.run.writer(n.value.Type()); c != nil {
			return c
		}
		if p, ok := n.value.Type().Underlying().(*types.Pointer); ok { // a captured variable
			if c := g.run.writer(p.Elem()); c != nil {
				return c
			}
		}
	}
	return nil
}

// plainResponse reports whether the function says that what it writes is not to
// be run by a browser: it sets a Content-Type other than HTML, XML or script, or
// has the answer saved as a file. It does not look on which path.
func (g *graph) plainResponse() bool {
	for fn := g.fn; fn != nil; fn = fn.Parent() {
		if g.run.plainResponse(fn) {
			return true
		}
	}
	return false
}

func (r *run) plainResponse(fn *ssa.Function) bool {
	plain, ok := r.plain[fn]
	if ok {
		return plain
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			if set, ok := instr.(*ssa.MapUpdate); ok && !plain { // header["Content-Type"] = []string{...}
				key, known := stringConst(set.Key)
				plain = known && strings.EqualFold(key, "content-type") && plainHeader(set.Key, onlyElement(set.Value))
			}
			call, ok := instr.(ssa.CallInstruction)
			if !ok || plain {
				continue
			}
			name, args := call.Common(), call.Common().Args
			if callee := name.StaticCallee(); callee != nil && len(args) == 3 && (callee.Name() == "Set" || callee.Name() == "Add") {
				plain = plainHeader(args[1], args[2])
			} else if name.IsInvoke() && len(args) == 2 && strings.Contains(name.Method.Name(), "Header") {
				plain = plainHeader(args[0], args[1])
			} else if callee != nil && callee.Pkg == fn.Pkg && callee != fn && slices.ContainsFunc(args, r.isAnswer) && r.onlySetsHeaders(callee) { // setHeaders(w)
				plain = r.plainResponse(callee)
			}
		}
	}
	r.plain[fn] = plain
	return plain
}

// onlySetsHeaders reports whether a function does nothing with answers but ask for their headers: what it says of the
// type is then meant for what its caller writes.
func (r *run) onlySetsHeaders(fn *ssa.Function) bool {
	for _, p := range fn.Params {
		if !r.isAnswer(p) || p.Referrers() == nil {
			continue
		}
		for _, use := range *p.Referrers() {
			call, ok := use.(ssa.CallInstruction)
			if _, debug := use.(*ssa.DebugRef); !debug && (!ok || !call.Common().IsInvoke() || call.Common().Method.Name() != "Header") {
				return false
			}
		}
	}
	return true
}

// isAnswer reports whether a value is one that must not be written to.
func (r *run) isAnswer(v ssa.Value) bool { return r.writer(v.Type()) != nil }

// onlyElement gives the element of a slice that a literal makes of one, or the slice.
func onlyElement(list ssa.Value) ssa.Value {
	s, ok := list.(*ssa.Slice)
	if !ok {
		return list
	}
	array, ok := s.X.(*ssa.Alloc)
	if !ok || array.Referrers() == nil {
		return list
	}
	var only ssa.Value
	for _, ref := range *array.Referrers() {
		at, ok := ref.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		for _, ref := range *at.Referrers() {
			if store, ok := ref.(*ssa.Store); ok && store.Addr == at {
				if only != nil {
					return list
				}
				only = store.Val
			}
		}
	}
	if only == nil {
		return list
	}
	return only
}

func plainHeader(key, value ssa.Value) bool {
	k, ok := stringConst(key)
	if !ok {
		return false
	}
	v, known := stringConst(value)
	v = strings.ToLower(v)
	switch strings.ToLower(k) {
	case "content-type":
		return !known || !strings.Contains(v, "html") && !strings.Contains(v, "xml") && !strings.Contains(v, "svg") && !strings.Contains(v, "script")
	case "content-disposition":
		return !known || strings.Contains(v, "attachment")
	}
	return false
}

// holds reports whether the condition of a sink is met.
func (g *graph) holds(s *site, sink models.Sink) bool {
	if len(sink.If) == 0 {
		return true
	}
	text, ok := g.argumentConst(s, sink.IfIndex)
	if !ok {
		return sink.Not
	}
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		text = text[i+1:]
	}
	return slices.Contains(sink.If, text) != sink.Not
}

// argumentConst gives a constant argument; those of a variadic parameter count
// one by one.
func (g *graph) argumentConst(s *site, index int) (string, bool) {
	i := index + btoi(s.receiver)
	if last := len(s.operands) - 1; i >= last {
		if values, ok := g.variadic(s); ok {
			if i-last < len(values) {
				return stringConst(values[i-last])
			}
			return "", false
		}
	}
	if i < len(s.operands) {
		return stringConst(s.operands[i])
	}
	return "", false
}

// stringConst gives the text of a constant, of some that are put together, or of an
// interface that holds one.
func stringConst(v ssa.Value) (string, bool) { return constText(v, 0) }

func constText(v ssa.Value, depth int) (string, bool) {
	for {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Const:
			if x.Value == nil || x.Value.Kind() != constant.String {
				return "", false
			}
			return constant.StringVal(x.Value), true
		case *ssa.BinOp:
			if x.Op != token.ADD || depth > 8 {
				return "", false
			}
			left, ok1 := constText(x.X, depth+1)
			right, ok2 := constText(x.Y, depth+1)
			return left + right, ok1 && ok2
		default:
			return "", false
		}
	}
}

// A piece is a part of a string that is put together: a constant, or anything.
type piece struct {
	text    string
	unknown bool
}

// maxPieces bounds how far a concatenation is looked at: only its beginning
// counts.
const maxPieces = 32

// pieces takes a string apart into what it is put together from.
func (r *run) pieces(v ssa.Value, list []piece) []piece {
	if len(list) > maxPieces {
		return list
	}
	if text, ok := stringConst(v); ok {
		return append(list, piece{text: text})
	}
	switch v := v.(type) {
	case *ssa.BinOp:
		if v.Op == token.ADD && len(list) == 0 {
			memo, ok := r.pieceMemo[v]
			if !ok {
				memo = slices.Clip(r.pieces(v.Y, r.pieces(v.X, nil)))
				r.pieceMemo[v] = memo
			}
			return memo
		}
		if v.Op == token.ADD {
			return r.pieces(v.Y, r.pieces(v.X, list))
		}
	case *ssa.MakeInterface:
		return r.pieces(v.X, list)
	case *ssa.Phi: // s += x in a loop: what it starts with
		for _, e := range v.Edges {
			if text, ok := stringConst(e); ok && text != "" && len(list) == 0 {
				return append(list, piece{text: text}, piece{unknown: true})
			}
		}
	case *ssa.Call:
		if callee := v.Call.StaticCallee(); callee != nil && callee.Name() == "Sprintf" && len(v.Call.Args) == 2 {
			if format, ok := stringConst(v.Call.Args[0]); ok {
				values, _ := packed(v.Call.Args[1])
				return r.formatPieces(format, values, -1, list)
			}
		}
	}
	return append(list, piece{unknown: true})
}

// formatPieces takes a format apart, up to the verb of number stop (or to the
// end, if it is negative).
func (r *run) formatPieces(format string, values []ssa.Value, stop int, list []piece) []piece {
	n := 0
	for format != "" && len(list) <= maxPieces {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			return append(list, piece{text: format})
		}
		if i > 0 {
			list = append(list, piece{text: format[:i]})
		}
		format = format[i+1:]
		if strings.HasPrefix(format, "%") {
			list, format = append(list, piece{text: "%"}), format[1:]
			continue
		}
		format = strings.TrimLeft(format, "+-# 0123456789.*[]")
		if format == "" {
			return list
		}
		if n == stop {
			return list
		}
		if n < len(values) && (format[0] == 's' || format[0] == 'v') {
			list = r.pieces(values[n], list)
		} else {
			list = append(list, piece{unknown: true})
		}
		format = format[1:]
		n++
	}
	return list
}

// cleanClears says for which classes a path that is cleaned is harmless: rooted, it
// has no ".." and no double slash left.
func (r *run) cleanClears(value ssa.Value) models.Set {
	if r.requestPath(value) {
		return r.models.Shape("local-path")
	}
	if list := r.pieces(value, nil); !list[0].unknown && strings.HasPrefix(list[0].text, "/") {
		return r.models.Shape("rooted-clean")
	}
	return 0
}

// requestPath reports whether a value is the path of a parsed URL. That of a
// request begins with a slash.
func (r *run) requestPath(value ssa.Value) bool {
	load, ok := value.(*ssa.UnOp)
	if !ok {
		return false
	}
	f, ok := load.X.(*ssa.FieldAddr)
	return ok && query.IsType(f.X.Type(), "net/url.URL") && fieldName(f.X.Type(), f.Field) == "Path"
}

// requestURI reports whether a value is what a request asks for as it was sent, which begins with a slash but in requests
// to proxies.
func requestURI(value ssa.Value) bool {
	load, ok := value.(*ssa.UnOp)
	if !ok {
		return false
	}
	f, ok := load.X.(*ssa.FieldAddr)
	return ok && query.IsType(f.X.Type(), "net/http.Request") && fieldName(f.X.Type(), f.Field) == "RequestURI"
}

// starts says what cannot be at the start of a value: the path of a request begins with
// a slash.
func (r *run) starts(v ssa.Value) models.Set {
	if i, ok := v.(*ssa.MakeInterface); ok {
		v = i.X
	}
	if s, ok := v.(*ssa.Slice); ok && s.Low == nil {
		v = s.X
	}
	if load, ok := v.(*ssa.UnOp); ok && r.requestPath(load) {
		return models.Rootless
	}
	return 0
}

// withoutSlash reports whether a text does not begin with a slash, because all of them
// were cut off.
func withoutSlash(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "strings.TrimLeft", "strings.Trim":
		cutset, ok := stringConst(call.Call.Args[1])
		return ok && strings.Contains(cutset, "/")
	}
	return false
}

// prefixClears says for which classes what follows a string is harmless.
func (r *run) prefixClears(before, value ssa.Value) models.Set {
	list := r.pieces(before, nil)
	if len(list) == 1 && list[0].text == "/" {
		if withoutSlash(value) {
			return r.models.Shape("local-path") | r.models.Shape("not-first") | models.Start
		}
		return r.models.Shape("not-first") | models.Rootless
	}
	if r.requestPath(value) || requestURI(value) {
		list = append(slices.Clip(list), piece{text: "/"})
	}
	return r.clearedAfter(list)
}

// formatClears is prefixClears for an argument of a format.
func (g *graph) formatClears(s *site, format, argument int) models.Set {
	text, ok := g.argumentConst(s, format)
	if !ok {
		return 0
	}
	values, _ := g.variadic(s)
	clears := g.run.clearedAfter(g.run.formatPieces(text, values, argument, nil))
	if verb := verbOf(text, argument); verb == 'd' || verb == 'x' || verb == 'X' || verb == 't' || verb == 'T' || verb == 'U' {
		clears |= g.run.models.Shape("number")
	} else if verb == 'q' {
		clears |= g.run.models.Shape("quoted")
	}
	return clears
}

func verbOf(format string, n int) byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.*[]", format[i]) >= 0; i++ {
		}
		if i >= len(format) {
			return 0
		}
		if format[i] == '%' {
			continue
		}
		if n == 0 {
			return format[i]
		}
		n--
	}
	return 0
}

func (r *run) clearedAfter(list []piece) models.Set {
	var clears models.Set
	unknown, text := false, ""
	for i, p := range list {
		if i > 0 && strings.ContainsAny(p.text, "?#") {
			clears |= r.models.Shape("after-base") // whatever stands before
		}
	}
	for i, p := range list {
		if p.unknown {
			if i == 0 {
				unknown = true
			}
			break
		}
		text += p.text
	}
	if unknown {
		// A base that is not constant, but is not what is looked at either: after
		// a slash, question mark or hash the host is out of reach.
		clears |= r.models.Shape("not-first")
		for _, p := range list {
			if strings.ContainsAny(p.text, "/?#") {
				clears |= r.models.Shape("after-base")
			}
		}
		return clears
	}
	if text != "" {
		clears |= r.models.Shape("not-first")
	}
	if i := strings.Index(text, "://"); i >= 0 && (len(list) > 1 || i+len("://") < len(text)) {
		clears |= models.Double // after a host, only what does not start with a slash changes it
	}
	if fixesHost(text) {
		clears |= r.models.Shape("fixed-host")
	}
	if localPath(text) {
		clears |= r.models.Shape("local-path")
	}
	return clears
}

// fixesHost reports whether a constant begins an URL beyond its host.
func fixesHost(text string) bool {
	_, rest, ok := strings.Cut(text, "://")
	if !ok {
		return false
	}
	i := strings.IndexAny(rest, "/?#")
	return i > 0
}

// localPath reports whether a constant begins a path of the same host: "/u/", "?",
// but neither "/" nor "//", after which a host may come.
func localPath(text string) bool {
	if strings.HasPrefix(text, "?") || strings.HasPrefix(text, "#") {
		return true
	}
	return len(text) > 1 && text[0] == '/' && text[1] != '/' && text[1] != '\\'
}
