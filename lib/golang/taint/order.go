package taint

import "golang.org/x/tools/go/ssa"

// maxRounds bounds the repetitions of functions that call each other. Two or
// three are enough unless data moves to another parameter with each call.
const maxRounds = 4

// all analyses functions, those that are called first.
func (r *run) all(fns []*ssa.Function) {
	for _, group := range r.groups(fns) {
		r.enter(group)
		r.group(group)
	}
}

// enter notes a group of functions, in whose name flows are reported.
func (r *run) enter(group []*ssa.Function) {
	r.head = group[0]
	if r.members[r.head] == nil {
		r.members[r.head] = group
		r.order = append(r.order, r.head)
	}
}

// group analyses functions that call each other, or a single one.
func (r *run) group(group []*ssa.Function) {
	r.mutual = len(group) > 1
	if !r.mutual && !r.recursive(group[0]) {
		r.function(group[0])
		return
	}
	r.settle(group)
}

// settle analyses functions that call each other until their summaries stay as they
// are. After the first round these are only those that call one that changed.
func (r *run) settle(group []*ssa.Function) {
	callers := map[*ssa.Function][]*ssa.Function{}
	stale := make(map[*ssa.Function]bool, len(group))
	for _, fn := range group {
		stale[fn] = true
		for _, callee := range r.calls(fn) {
			callers[callee] = append(callers[callee], fn)
		}
	}
	for round := 0; len(stale) > 0; round++ {
		if round > maxRounds {
			r.truncate(group[0], "functions that call each other did not settle")
			return
		}
		for _, fn := range group {
			if !stale[fn] {
				continue
			}
			delete(stale, fn)
			if r.function(fn) {
				for _, caller := range callers[fn] {
					stale[caller] = true
				}
			}
		}
	}
}

func (r *run) recursive(fn *ssa.Function) bool {
	for _, callee := range r.calls(fn) {
		if callee == fn {
			return true
		}
	}
	return false
}

// calls lists the functions of this package that a function calls, or makes a
// value of, in the order of its instructions.
func (r *run) calls(fn *ssa.Function) []*ssa.Function {
	if list, ok := r.callees[fn]; ok {
		return list
	}
	var list []*ssa.Function
	add := func(f *ssa.Function) {
		if f == nil {
			return
		}
		f = r.declaredBy(f)
		if len(f.Blocks) > 0 && f.Pkg == r.pkg {
			list = append(list, f)
		}
	}
	var buffer [16]*ssa.Value
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			if call, ok := instr.(ssa.CallInstruction); ok {
				common := call.Common()
				if common.IsInvoke() {
					for _, obj := range r.implementations(common.Value.Type(), common.Method) {
						if obj.Pkg() == r.pass.Pkg {
							add(r.fns.Func(obj))
						}
					}
					continue
				}
				for _, f := range r.fieldFunctions(common.Value) {
					add(f)
				}
			}
			if i, ok := instr.(*ssa.MakeInterface); ok {
				for _, obj := range r.streamMethods(i.X.Type(), i.Type()) {
					if obj.Pkg() == r.pass.Pkg {
						add(r.fns.Func(obj.Origin()))
					}
				}
				if obj := r.printMethod(i.X.Type()); obj != nil && obj.Pkg() == r.pass.Pkg {
					add(r.fns.Func(obj.Origin()))
				}
			}
			if !hasFunctions(instr) {
				continue
			}
			for _, op := range instr.Operands(buffer[:0]) {
				if f, ok := (*op).(*ssa.Function); ok {
					add(f)
				}
			}
		}
	}
	r.callees[fn] = list
	return list
}

// groups puts functions in order: each group (functions that call each other)
// after those that it calls. It is Tarjan's algorithm.
func (r *run) groups(fns []*ssa.Function) [][]*ssa.Function {
	type state struct {
		index, low int
		onStack    bool
	}
	wanted := make(map[*ssa.Function]bool, len(fns))
	for _, fn := range fns {
		wanted[fn] = true
	}
	states := make(map[*ssa.Function]*state, len(fns))
	var stack []*ssa.Function
	var groups [][]*ssa.Function
	var visit func(fn *ssa.Function) *state
	visit = func(fn *ssa.Function) *state {
		s := &state{index: len(states), low: len(states), onStack: true}
		states[fn] = s
		stack = append(stack, fn)
		for _, callee := range r.calls(fn) {
			if !wanted[callee] {
				continue
			}
			if t := states[callee]; t == nil {
				s.low = min(s.low, visit(callee).low)
			} else if t.onStack {
				s.low = min(s.low, t.index)
			}
		}
		if s.low == s.index {
			for i := len(stack) - 1; ; i-- {
				states[stack[i]].onStack = false
				if stack[i] == fn {
					group := append([]*ssa.Function{}, stack[i:]...)
					stack = stack[:i]
					groups = append(groups, group)
					break
				}
			}
		}
		return s
	}
	for _, fn := range fns {
		if states[fn] == nil {
			visit(fn)
		}
	}
	return groups
}

// affected lists the functions that read variables or fields of which more is known
// now, and those that call them, in the order of the source.
func (r *run) affected() []*ssa.Function {
	if len(r.changed) == 0 {
		return nil
	}
	again := map[*ssa.Function]bool{}
	for obj := range r.changed {
		for fn := range r.readers[obj] {
			again[fn] = true
		}
	}
	clear(r.changed)
	for grown := true; grown; {
		grown = false
		for _, fn := range r.source {
			if again[fn] {
				continue
			}
			for _, callee := range r.calls(fn) {
				if again[callee] {
					again[fn], grown = true, true
					break
				}
			}
		}
	}
	var list []*ssa.Function
	for _, fn := range r.source {
		if again[fn] {
			list = append(list, fn)
		}
	}
	return list
}
