package taint

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// Data waits in package-level variables and in the fields of objects that outlive
// a call. What a source was stored into is kept by the variable, or by the type: objects
// of a type are not told apart. Functions that read it are analysed again.
//
// Of a type two things are kept, because what is put into an object is mostly checked by
// the one who put it there, before another method uses it:
//
//   - streams, that nobody can have checked before they are read: the connection
//     that a constructor keeps;
//   - what a handler, a goroutine or a callback stores into an object that was handed to
//     it, for those who are not called from this package: other handlers.

// stored is what a package-level variable or a type's fields hold from sources.
type stored struct {
	flows []*flow // from a source to a part of the variable
}

// hold notes that an object holds something from a source. It reports nothing if that
// was known, steps apart.
func (r *run) hold(obj types.Object, f *flow) {
	r.holds = true
	held := r.held[obj]
	if held == nil {
		held = &stored{}
		r.held[obj] = held
	}
	for _, old := range held.flows {
		if old.from == f.from && old.to == f.to {
			if f.keep&^old.keep != 0 {
				old.keep |= f.keep
				r.changed[obj] = true
			}
			return
		}
	}
	if len(held.flows) == maxFlows {
		return
	}
	held.flows = append(held.flows, f)
	r.changed[obj] = true
}

// reads notes that a function reads what an object holds, and gives that.
func (r *run) reads(obj types.Object, fn *ssa.Function) []*flow {
	readers := r.readers[obj]
	if readers == nil {
		readers = map[*ssa.Function]bool{}
		r.readers[obj] = readers
	}
	readers[fn] = true
	if held := r.held[obj]; held != nil {
		return held.flows
	}
	return nil
}

// ownType gives the struct type of this package that a type is, or points to.
func (r *run) ownType(t types.Type) *types.TypeName {
	for {
		p, ok := types.Unalias(t).(*types.Pointer)
		if !ok {
			break
		}
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() != r.pass.Pkg {
		return nil
	}
	if _, ok := named.Underlying().(*types.Struct); !ok {
		return nil
	}
	return named.Origin().Obj()
}

// keepState notes what a function leaves in what it was handed, or gives back.
func (r *run) keepState(s *solver, i int32, to end, t types.Type) {
	f := &s.facts[i]
	if to.path == (path{}) || f.before == none {
		return
	}
	name := r.ownType(t)
	if name == nil {
		return
	}
	stream := r.streamAt(t, to.path)
	if !stream && (to.kind == endResult || !r.entry(s.fn)) {
		return
	}
	at := end{kind: endGlobal, path: to.path, index: btoi(stream)}
	r.hold(name, &flow{from: s.origins[f.origin], to: at, keep: f.keep, steps: s.way(i), mixed: s.mixed(i), whole: f.whole})
}

// state seeds a parameter with what objects of its type hold.
func (g *graph) state(at cell, v ssa.Value) {
	r := g.run
	name := r.ownType(v.Type())
	if name == nil {
		return
	}
	for _, f := range r.reads(name, g.fn) {
		if stream := f.to.index == 1; !stream && !r.root(g.fn) {
			continue
		}
		if to, deep := at.join(f.to.path); !deep {
			g.seeds = append(g.seeds, seed{at: to, from: f.from, keep: f.keep, note: g.note(note{kind: noteFlow, flow: f})})
		}
	}
}

// streamAt reports whether a part of a value is a stream, or what is in one.
func (r *run) streamAt(t types.Type, p path) bool {
	for _, e := range p {
		if e == content {
			return true
		}
		for {
			ptr, ok := t.Underlying().(*types.Pointer)
			if !ok {
				break
			}
			t = ptr.Elem()
		}
		if e == 0 {
			break
		}
		switch u := t.Underlying().(type) {
		case *types.Slice:
			t = u.Elem()
		case *types.Array:
			t = u.Elem()
		case *types.Chan:
			t = u.Elem()
		case *types.Map:
			t = u.Elem()
		case *types.Struct:
			found := false
			for f := range u.Fields() {
				if f.Name() == r.names.names[e] {
					t, found = f.Type(), true
					break
				}
			}
			if !found {
				return false
			}
		default:
			return isStream(t)
		}
	}
	return isStream(t)
}

// isStream reports whether a type is one that is read from: it has a method Read, or
// decodes.
func isStream(t types.Type) bool {
	switch query.TypeName(t) {
	case "bufio.Scanner", "encoding/json.Decoder", "encoding/xml.Decoder", "encoding/gob.Decoder":
		return true
	}
	return ioMethod(t, "Read") != nil
}

// ioMethod finds the method Read or Write of a type, or of a pointer to it, with the
// signature that package io gives it.
func ioMethod(t types.Type, name string) *types.Func {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	fn, ok := obj.(*types.Func)
	if !ok {
		return nil
	}
	sig := fn.Signature()
	if sig.Params().Len() != 1 || sig.Results().Len() != 2 || !isError(sig.Results().At(1).Type()) {
		return nil
	}
	s, ok := sig.Params().At(0).Type().Underlying().(*types.Slice)
	if !ok {
		return nil
	}
	if b, ok := s.Elem().Underlying().(*types.Basic); !ok || b.Kind() != types.Byte {
		return nil
	}
	return fn
}

// streamMethods lists the methods Read and Write that a type has of this or another
// analysed package, and that are called through an interface that it becomes.
func (r *run) streamMethods(t, iface types.Type) []*types.Func {
	elem := types.Unalias(t)
	if p, ok := elem.(*types.Pointer); ok {
		elem = types.Unalias(p.Elem())
	}
	named, ok := elem.(*types.Named)
	if !ok || named.Obj().Pkg() == nil || r.standard(named.Obj().Pkg()) || r.writers[t] != nil {
		return nil
	}
	k := streamKey{t, iface}
	list, ok := r.streams[k]
	if ok {
		return list
	}
	for _, name := range []string{"Read", "Write"} {
		if i, ok := iface.Underlying().(*types.Interface); !ok || i.NumMethods() > 0 && ioMethod(iface, name) == nil {
			continue
		}
		if obj := ioMethod(t, name); obj != nil && !types.IsInterface(obj.Signature().Recv().Type()) && r.model(obj) == nil {
			list = append(list, obj)
		}
	}
	r.streams[k] = list
	return list
}

type streamKey struct{ t, iface types.Type }

// entry reports whether a function is one that the program comes to life by: a handler, a
// goroutine, a callback.
func (r *run) entry(fn *ssa.Function) bool {
	r.findRoots()
	return r.entries[fn] || handles(fn)
}

// root reports whether a function is called by others than those of this package.
func (r *run) root(fn *ssa.Function) bool {
	r.findRoots()
	return r.called[fn] == nil || r.entries[fn]
}

// handles reports whether a function is an HTTP handler.
func handles(fn *ssa.Function) bool {
	response, request := false, false
	for v := range fn.Signature.Params().Variables() {
		switch query.TypeName(v.Type()) {
		case "net/http.ResponseWriter":
			response = true
		case "net/http.Request":
			request = true
		}
	}
	return response && request
}

// findRoots finds the functions that are called by name in the package, and those that
// are used as values or started as goroutines.
func (r *run) findRoots() {
	if r.called != nil {
		return
	}
	r.called, r.entries = map[*ssa.Function][]ssa.CallInstruction{}, map[*ssa.Function]bool{}
	var buffer [16]*ssa.Value
	for _, fn := range r.source {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				var callee ssa.Value
				if call, ok := instr.(ssa.CallInstruction); ok {
					common := call.Common()
					if f := common.StaticCallee(); f != nil {
						if _, isGo := instr.(*ssa.Go); isGo {
							r.entries[r.declaredBy(f)] = true
						} else {
							f = r.declaredBy(f)
							r.called[f] = append(r.called[f], call)
						}
						callee = common.Value
					}
				}
				if c, ok := instr.(*ssa.MakeClosure); ok && calledAtOnce(c) {
					continue
				}
				if !hasFunctions(instr) {
					continue
				}
				for _, op := range instr.Operands(buffer[:0]) {
					if f, ok := (*op).(*ssa.Function); ok && *op != callee {
						r.entries[r.declaredBy(f)] = true
					}
				}
			}
		}
	}
}

// calledAtOnce reports whether a function literal is only called where it stands.
func calledAtOnce(c *ssa.MakeClosure) bool {
	for _, r := range *c.Referrers() {
		call, ok := r.(ssa.CallInstruction)
		if _, isGo := r.(*ssa.Go); !ok || isGo || call.Common().Value != ssa.Value(c) {
			return false
		}
	}
	return true
}

// hasFunctions reports whether a function may be among the operands of an
// instruction, but for what it calls.
func hasFunctions(instr ssa.Instruction) bool {
	switch instr.(type) {
	case *ssa.FieldAddr, *ssa.IndexAddr, *ssa.UnOp, *ssa.BinOp, *ssa.If, *ssa.Jump, *ssa.Extract, *ssa.Alloc, *ssa.Convert:
		return false
	}
	return true
}

// declaredBy gives the function that is analysed for one: the generic one for an
// instance, the method for a method value.
func (r *run) declaredBy(f *ssa.Function) *ssa.Function {
	if o := f.Origin(); o != nil {
		f = o
	}
	if f.Synthetic != "" && f.Object() != nil {
		if obj, ok := f.Object().(*types.Func); ok && obj.Pkg() == r.pass.Pkg {
			if m := r.fns.Func(obj.Origin()); m != nil {
				return m
			}
		}
	}
	return f
}

// store notes what a package-level variable holds.
func (r *run) store(s *solver, n int32, global *ssa.Global, sum *summary) {
	obj, _ := global.Object().(*types.Var)
	if obj == nil || r.standard(obj.Pkg()) {
		return
	}
	for i := s.nodes[n].fact; i != none; i = s.facts[i].next {
		f := &s.facts[i]
		from := s.origins[f.origin]
		to := end{kind: endGlobal, path: f.at.path, global: obj}
		if from.kind != endSource {
			sum.add(&flow{from: from, to: to, same: f.same, keep: f.keep, steps: s.way(i), mixed: s.mixed(i), whole: f.whole})
			continue
		}
		if f.before == none {
			continue // that is what is already known
		}
		to.global = nil
		r.hold(obj, &flow{from: from, to: to, keep: f.keep, steps: s.way(i), mixed: s.mixed(i), whole: f.whole})
	}
}

// global seeds a package-level variable with what is known to be stored there.
func (g *graph) global(v *ssa.Global) {
	r := g.run
	obj, _ := v.Object().(*types.Var)
	if obj == nil {
		return
	}
	n := g.known[v].node
	if v.Pkg != r.pkg {
		if m := r.models.Field(query.Name(obj)); m != nil && m.Kind != nil {
			g.seeds = append(g.seeds, seed{at: g.known[v], from: end{kind: endSource, index: r.kind(m.Kind)}, keep: models.All,
				note: g.note(note{kind: noteSource, pos: g.fn.Pos(), name: query.Name(obj)})})
		}
		if r.standard(obj.Pkg()) {
			return
		}
		r.importVariable(obj)
	}
	for _, f := range r.reads(obj, g.fn) {
		g.seeds = append(g.seeds, seed{at: cell{n, f.to.path}, from: f.from, keep: f.keep, note: g.note(note{kind: noteFlow, flow: f})})
	}
}

// importVariable takes over what the package that declares a variable stores there.
func (r *run) importVariable(obj *types.Var) {
	if _, seen := r.held[obj]; seen {
		return
	}
	held := &stored{}
	r.held[obj] = held
	fact := new(Summary)
	if r.pass.ImportObjectFact(obj, fact) {
		for _, f := range r.decode(fact).flows {
			f.to.kind, f.to.index = endGlobal, 0
			held.flows = append(held.flows, f)
		}
	}
}

// exportVariables makes facts of what the exported variables of the package hold.
func (r *run) exportVariables() {
	scope := r.pass.Pkg.Scope()
	for _, name := range scope.Names() {
		obj, ok := scope.Lookup(name).(*types.Var)
		if !ok || !obj.Exported() || r.held[obj] == nil {
			continue
		}
		sum := &summary{}
		for _, f := range r.held[obj].flows {
			to := f.to
			to.kind = endResult
			sum.flows = append(sum.flows, &flow{from: f.from, to: to, same: f.same, keep: f.keep, steps: f.steps, mixed: f.mixed})
		}
		if e := r.export(sum); e != nil {
			r.pass.ExportObjectFact(obj, e)
		}
	}
}
