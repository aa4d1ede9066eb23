package taint

import (
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang"
)

// While a package is edited, most of its functions stay what they are (golang.Functions), and so
// does what is known of them. Analysed again are those that changed, and all that call them, be
// it through others: an analysis looks into what is called, beyond the summaries.
//
// What an analysis asks about other functions than those called is compared before and after:
// who calls a function, and with what requests; which functions wait in fields; what the package
// uses at all. Where the answers are others for one function, that one is analysed again; where they
// are others for the package, everything is. So it is where data waits in variables and
// objects, which all functions may read.

// lastRun gives the run over the state before; nil if there is none.
func lastRun(pass *analysis.Pass, fns *golang.Functions) *run {
	if fns.Kept == nil {
		return nil
	}
	last, _ := fns.Kept.Load(pass.Analyzer)
	r, _ := last.(*run)
	return r
}

// keep keeps a run for the next state.
func (r *run) keep(pass *analysis.Pass, fns *golang.Functions) {
	if fns.Kept == nil {
		return
	}
	kept := *r // without what belongs to the pass, and leads to all that others found out in it
	kept.pass, kept.places, kept.fns, kept.result = nil, nil, nil, &Result{Truncated: r.result.Truncated}
	fns.Kept.Store(pass.Analyzer, &kept)
}

// resume analyses what has to be since the last run. It reports false if that is not known; then the
// run is of no use.
func (r *run) resume(last *run) bool {
	if last == nil || last.models != r.models || last.holds || len(last.result.Truncated) > 0 {
		return false
	}
	now, before := setOf(r.source), setOf(last.source)
	stale := map[*ssa.Function]bool{}
	gone := map[*ssa.Function]bool{}
	for fn := range now {
		if !before[fn] {
			stale[fn] = true
		}
	}
	for fn := range before {
		if !now[fn] {
			gone[fn] = true
		}
	}
	for _, changed := range []map[*ssa.Function]bool{stale, gone} {
		for fn := range changed {
			if fn.Name() == "init" || strings.HasPrefix(fn.Name(), "init#") {
				return false // regular expressions are looked for there
			}
		}
	}
	for fn, list := range last.callees {
		if now[fn] && slices.ContainsFunc(list, func(callee *ssa.Function) bool { return gone[callee] }) {
			stale[fn] = true
		}
	}
	r.inherit(last, gone)
	if !r.sameSurroundings(last, stale) {
		return false
	}
	r.spreadStale(stale)
	for _, group := range r.groups(r.source) {
		r.enter(group)
		if !slices.ContainsFunc(group, func(fn *ssa.Function) bool { return stale[fn] }) {
			if !slices.Equal(group, last.members[r.head]) {
				return false
			}
			r.reports[r.head] = last.reports[r.head]
			continue
		}
		for _, fn := range group {
			delete(r.summaries, fn)
		}
		r.group(group)
	}
	return !r.holds && len(r.result.Truncated) == 0
}

func setOf(fns []*ssa.Function) map[*ssa.Function]bool {
	set := make(map[*ssa.Function]bool, len(fns))
	for _, fn := range fns {
		set[fn] = true
	}
	return set
}

// inherit takes over what the last run knows about types, about imported packages and about
// functions that are still there.
func (r *run) inherit(last *run, gone map[*ssa.Function]bool) {
	r.names, r.imported, r.analysed = last.names, last.imported, last.analysed
	r.modelMemo, r.viaModel, r.similarMemo = last.modelMemo, last.viaModel, last.similarMemo
	r.fieldMemo, r.fieldModels, r.masks, r.pathMasks = last.fieldMemo, last.fieldModels, last.masks, last.pathMasks
	r.writers, r.streams, r.methods, r.implMemo, r.printers = last.writers, last.streams, last.methods, last.implMemo, last.printers
	r.imports, r.patterns, r.regexps = last.imports, last.patterns, last.regexps
	for fn, sum := range last.summaries {
		if !gone[fn] {
			r.summaries[fn] = sum
		}
	}
}

// sameSurroundings compares what functions ask about others than those that they call, as far as
// the last run was asked. Functions for which it is not the same become stale.
func (r *run) sameSurroundings(last *run, stale map[*ssa.Function]bool) bool {
	if last.sends != nil && *last.sends != r.sendsOnly() || last.guarded != nil && *last.guarded != r.guardsDialing() {
		return false
	}
	if last.functions != nil {
		r.findFunctions()
		if len(r.functions) != len(last.functions) {
			return false
		}
		for field, list := range r.functions {
			if !slices.EqualFunc(list, last.functions[field], sameFunction) {
				return false
			}
		}
	}
	if last.boxed != nil {
		r.findBoxed()
		if !slices.EqualFunc(r.boxed, last.boxed, func(a, b boxing) bool { return types.Identical(a.iface, b.iface) && types.Identical(a.of, b.of) }) {
			return false
		}
	}
	if last.called == nil {
		return true
	}
	r.findRoots()
	for _, fn := range r.source {
		if (r.called[fn] == nil) != (last.called[fn] == nil) || r.entries[fn] != last.entries[fn] {
			stale[fn] = true
		}
	}
	for fn, was := range last.clients {
		if _, here := r.summaries[fn]; here && r.outgoing(fn) != was {
			stale[fn] = true
		}
	}
	return true
}

// sameFunction reports whether two functions are the same, or states of one.
func sameFunction(a, b *ssa.Function) bool {
	return a == b || a.Object() != nil && a.Object() == b.Object()
}

// spreadStale makes stale what calls a stale function, be it through others.
func (r *run) spreadStale(stale map[*ssa.Function]bool) {
	callers := map[*ssa.Function][]*ssa.Function{}
	for _, fn := range r.source {
		for _, callee := range r.calls(fn) {
			callers[callee] = append(callers[callee], fn)
		}
	}
	var next []*ssa.Function
	for fn := range stale {
		next = append(next, fn)
	}
	for len(next) > 0 {
		fn := next[len(next)-1]
		next = next[:len(next)-1]
		for _, caller := range callers[fn] {
			if !stale[caller] {
				stale[caller] = true
				next = append(next, caller)
			}
		}
	}
}
