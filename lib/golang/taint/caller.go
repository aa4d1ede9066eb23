package taint

import (
	"cmp"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/models"
)

// Callers gives the flows from what callers of the package hand in to sinks in the
// package: from the parameters, and the exported fields of receivers, of exported functions and
// methods. Their Source is the kind "caller". Of a command (package main), an internal package and
// a package of the standard library there are none.
//
// These are no findings by themselves: a function Open(path) opens the path that it is
// given. See FlowsFromCallers for how a check makes use of them. They are sorted like
// Flows, and made at the first call.
func (r *Result) Callers() []Flow {
	if r.callers == nil {
		return nil
	}
	return r.callers()
}

func (r *run) findCallers() []Flow {
	kind := r.models.Kind("caller")
	path := r.pass.Pkg.Path()
	if kind == nil || r.pass.Pkg.Name() == "main" || slices.Contains(strings.Split(path, "/"), "internal") {
		return nil
	}
	var list []Flow
	index := map[foundKey]int{}
	add := func(fn *ssa.Function, f *flow) {
		at := f.steps[len(f.steps)-1]
		if at.place != nil {
			return // which is found in the other package
		}
		flow := r.callerFlow(fn, f, kind, at)
		key := foundKey{flow.Pos, flow.End, flow.Class, btoi(flow.Partial)}
		if i, ok := index[key]; !ok {
			index[key] = len(list)
			list = append(list, flow)
		} else if len(flow.Steps) < len(list[i].Steps) {
			list[i] = flow
		}
	}
	setters := r.setters()
	for _, fn := range r.source {
		obj, ok := fn.Object().(*types.Func)
		if !ok || !obj.Exported() || r.summaries[fn] == nil {
			continue
		}
		for _, f := range r.summaries[fn].flows {
			if f.from.kind != endParameter || f.to.kind != endSink || f.from.index >= len(fn.Params) {
				continue
			}
			if r.handedIn(fn, f) {
				add(fn, f)
				continue
			}
			for _, set := range setters[r.ownType(fn.Params[0].Type())] {
				if _, ok := f.from.path.cut(set.flow.to.path); !ok {
					continue
				}
				if keep := set.flow.keep & f.keep; keep != 0 {
					add(set.fn, &flow{from: set.flow.from, to: f.to, keep: keep, what: f.what,
						steps: joinSteps(set.flow.steps, f.steps), mixed: set.flow.mixed || f.mixed})
				}
			}
		}
	}
	slices.SortStableFunc(list, r.compareFlows)
	return list
}

// A setter is a flow from a parameter of an exported function to a field of an
// object that it makes.
type setter struct {
	fn   *ssa.Function
	flow *flow
}

// setters lists the setters of each type: the constructors' parameters are the callers',
// even if the fields that they go to are not.
func (r *run) setters() map[*types.TypeName][]setter {
	list := map[*types.TypeName][]setter{}
	for _, fn := range r.source {
		obj, ok := fn.Object().(*types.Func)
		if !ok || !obj.Exported() || r.summaries[fn] == nil {
			continue
		}
		made := map[*types.TypeName]bool{}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if a, ok := instr.(*ssa.Alloc); ok {
					if name := r.ownType(a.Type()); name != nil {
						made[name] = true
					}
				}
			}
		}
		for _, f := range r.summaries[fn].flows {
			if f.from.kind != endParameter || f.to.kind != endResult || f.to.path == (path{}) || !r.handedIn(fn, f) {
				continue
			}
			for name := range made {
				list[name] = append(list[name], setter{fn, f})
			}
		}
	}
	return list
}

// handedIn reports whether what a flow starts from is a caller's to choose.
func (r *run) handedIn(fn *ssa.Function, f *flow) bool {
	if fn.Signature.Recv() == nil || f.from.index > 0 {
		return true
	}
	if f.from.path[0] == 0 || f.from.path[0] == content {
		return false
	}
	name := r.names.names[f.from.path[0]]
	return token.IsExported(name)
}

func (r *run) callerFlow(fn *ssa.Function, f *flow, kind *models.Kind, at step) Flow {
	param := fn.Params[f.from.index]
	pos, end := r.places.find(at)
	flow := Flow{
		Source: kind, Class: r.models.Classes()[f.to.index], Sink: f.what, Pos: pos, End: end, Partial: f.mixed, Argument: at.sink.argument, Fn: fn,
	}
	steps := append([]step{{pos: param.Pos()}}, f.steps...)
	for _, st := range steps {
		flow.Steps = append(flow.Steps, r.places.step(st))
	}
	flow.Steps[0].Message = "untrusted data from " + kind.Title + " (" + param.Name() + ")"
	return flow
}

// compareFlows orders flows by their places in the source. The position alone does not
// tell: what was changed in a draft stands behind all else.
func (r *run) compareFlows(a, b Flow) int {
	return cmp.Or(cmp.Compare(r.places.declaration(a.Pos), r.places.declaration(b.Pos)), cmp.Compare(a.Pos, b.Pos), cmp.Compare(a.End, b.End), cmp.Compare(a.Class.Name, b.Class.Name), cmp.Compare(a.Source.Name, b.Source.Name))
}
