// Package taint follows untrusted data through Go programs, from function to
// function and from package to package.
//
// A check requires [Analyzer] and reports the flows that [Result.Flows] has for
// its class of sink; [Report] does it in one call.
//
// # How it works
//
// For each function a summary is made: which parameters, captured variables and
// sources reach which results, parameters and sinks, for which classes of sink
// they are still dangerous, and by which way. Functions come after those that
// they call; functions that call each other are repeated until nothing changes.
// The summary of a declared function is a fact, so that every driver of
// go/analysis carries it to the packages that import this one.
//
// Within a function data is followed by what SSA form says about values, and
// without order by what is ever stored where: parts of values to depth 3, keys
// and elements of maps, slices and channels, function literals and what they
// capture, pointers as far as the function itself copies them. What library
// functions do is data: package models. A function without body, model and
// summary passes strings on to strings if it is no method, and nothing else.
//
// A package-level variable that a source is stored into counts as untrusted in the
// whole package and in those that import it. Of the fields of objects that outlive a call,
// state.go says when.
//
// A value that has been checked is no longer dangerous for some classes: a
// regular expression, an allow-list, filepath.IsLocal, a prefix. See guards, and
// the shapes in the models' README.
//
// # Limits
//
// Each is there so that hostile or generated code costs linear time, and each
// that is met is in [Result.Truncated]: 400,000 values and 200,000 facts a
// function, fewer for what its callers hand in; 150 facts about a value; 128 flows
// in a summary; 16 types behind an interface; 4 rounds of functions that call
// each other.
package taint

import (
	"cmp"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// Analyzer finds the flows of untrusted data in a package; its result is a
// *Result. It reports no diagnostics. It uses the models of models.Default.
var Analyzer = NewAnalyzer("peerchecktaint", models.Default)

// NewAnalyzer makes an analyzer with other models, which are asked for when the
// first package is analysed. Its name must be an identifier. Facts belong to one
// analyzer: use one in a program.
func NewAnalyzer(name string, m func() *models.Models) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:       name,
		Doc:        "follow untrusted data from sources to sinks",
		URL:        "https://pkg.go.dev/github.com/peercheck/peercheck/lib/golang/taint",
		Requires:   []*analysis.Analyzer{golang.SSA},
		FactTypes:  []analysis.Fact{new(Summary), new(Analysed)},
		ResultType: reflect.TypeFor[*Result](),
		Run: func(pass *analysis.Pass) (any, error) {
			return analyse(pass, pass.ResultOf[golang.SSA].(*golang.Functions), m()), nil
		},
		RunDespiteErrors: true,
	}
}

// A Result is what was found in a package. It is read-only and safe for
// concurrent use.
type Result struct {
	// Flows are sorted by place, class and kind of source: one for each argument
	// of a sink, class and kind, with a shortest way.
	Flows []Flow
	// Truncated says what was not followed to its end, and why.
	Truncated []Truncation

	callers func() []Flow // nil if the package was not analysed
}

// Limits says what was not followed to its end, for the Notice that package golang
// makes of it; "" if everything was.
func (r *Result) Limits() string {
	if len(r.Truncated) == 0 {
		return ""
	}
	const named = 3
	var names []string
	for _, t := range r.Truncated {
		if name := cmp.Or(t.Func, "the package"); len(names) < named && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	more := ""
	if n := len(r.Truncated) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("flows of data were not followed to their end in %s%s, because %s; what comes from strangers was followed first", strings.Join(names, ", "), more, r.Truncated[0].Reason)
}

// A Flow is data that goes from a source to a sink.
type Flow struct {
	// Source is the kind of the source, Class that of the sink.
	Source *models.Kind
	Class  *models.Class
	// Sink names what receives the data: "exec.Command".
	Sink string
	// Pos and End are what to underline: the argument that is dangerous. Where
	// the sink is in another package, it is the argument of the call that leads
	// there.
	Pos, End token.Pos
	// Steps lead from the source to the sink, both included.
	Steps []Step
	// Call is the instruction that is the sink; nil if it is in another function
	// than Fn. Argument is the number of its argument: -1 for the receiver, less
	// if none in particular.
	Call     ssa.Instruction
	Argument int
	// Partial says that the data is only a part of what reaches the sink, and not its
	// beginning: there is text before it, it was joined to a folder.
	Partial bool
	// Fn is the function where the source's data met the way to the sink.
	Fn *ssa.Function
}

// Value gives what the data of the flow reaches the sink as: the argument of Call, or its receiver; nil if it is in another function,
// or none in particular.
func (f *Flow) Value() ssa.Value {
	call, ok := f.Call.(ssa.CallInstruction)
	if !ok || f.Argument < -1 {
		return nil
	}
	args, at := call.Common().Args, f.Argument
	switch {
	case call.Common().IsInvoke():
		if at == -1 {
			return call.Common().Value
		}
	case call.Common().Signature().Recv() != nil:
		at++
	}
	if at < 0 || at >= len(args) {
		return nil
	}
	return args[at]
}

// A Step is one step of a flow.
type Step struct {
	Place
	// Message says what happens to the data: "goes through fmt.Sprintf".
	Message string
}

// A Place is a place in a file of this or of another package.
type Place struct {
	// File is the name as the driver gives it: in peercheck's own a path in the
	// tree.
	File string
	// Start and End are byte offsets from 0.
	Start, End int
	// Line and Column count from 1, the column in bytes.
	Line, Column int
}

// A Truncation is something that was not followed to its end.
type Truncation struct {
	// Pos is the function; none if it is not one in particular.
	Pos    token.Pos
	Func   string
	Reason string
}

// analyse analyses a package.
func analyse(pass *analysis.Pass, fns *golang.Functions, m *models.Models) *Result {
	r := newRun(pass, fns, m)
	if standardPass(pass) {
		return r.result // which the models describe, in every driver alike
	}
	if !r.resume(lastRun(pass, fns)) {
		r = newRun(pass, fns, m)
		r.all(r.source)
		for range 2 { // what package-level variables hold may lead on to others
			again := r.affected()
			if len(again) == 0 {
				break
			}
			r.all(again)
		}
	}
	r.gather()
	r.trustSockets()
	for _, fn := range r.source {
		obj := fn.Object()
		if sum := r.summaries[fn]; sum != nil && obj != nil && obj.Pkg() == pass.Pkg && obj.Name() != "init" && obj.Name() != "_" {
			if e := r.export(sum); e != nil {
				pass.ExportObjectFact(obj, e)
			}
		}
	}
	r.exportVariables()
	if len(pass.Files) > 0 { // golangci-lint panics at a fact of a package that is nothing but tests
		pass.ExportPackageFact(&Analysed{Truncated: len(r.result.Truncated)})
	}
	slices.SortFunc(r.result.Flows, r.compareFlows)
	r.spare, r.heads = spare{}, factTable{}
	r.keep(pass, fns)
	r.result.callers = sync.OnceValue(r.findCallers)
	return r.result
}

// trustSockets takes requests for what they are in a package that listens on Unix sockets alone: from whoever runs the program,
// and those whom it lets in.
func (r *run) trustSockets() {
	asks := func(f Flow) bool { return slices.Contains(requests, f.Source.Name) }
	if !slices.ContainsFunc(r.result.Flows, asks) || !query.ListensLocally(r.pass) {
		return
	}
	for i, f := range r.result.Flows {
		if asks(f) {
			r.result.Flows[i].Source = &models.Kind{Name: f.Source.Name, Title: f.Source.Title}
		}
	}
}

// requests are the kinds of sources that come in by what a package listens on.
var requests = []string{"http", "grpc", "socket", "upload"}

// standardPass reports whether the package is one of the standard library: it is
// in no module. A driver that knows of no modules, as nogo, leaves that library out.
func standardPass(pass *analysis.Pass) bool {
	return withoutDomain(pass.Pkg.Path()) && pass.Module != nil && (pass.Module.Path == "" || pass.Module.Path == "std") &&
		pass.Pkg.Path() != "main" && pass.Pkg.Path() != "command-line-arguments"
}

func (r *run) truncate(fn *ssa.Function, reason string) {
	t := Truncation{Reason: reason}
	if fn != nil {
		t.Pos, t.Func = fn.Pos(), fn.Name()
	}
	if !slices.Contains(r.result.Truncated, t) {
		r.result.Truncated = append(r.result.Truncated, t)
	}
}

// function analyses one function and reports whether its summary changed.
func (r *run) function(fn *ssa.Function) bool {
	g := newGraph(r, fn)
	g.build()
	sum := &summary{guards: g.guards.results()}
	s := g.solve(func(s *solver, f int32, sink *sinkUse) { r.reached(s, f, sink, sum) })
	r.summarise(s, sum)
	for _, why := range []string{g.truncated, sum.truncated} {
		if why != "" {
			r.truncate(fn, why)
		}
	}
	g.release()
	r.spare.facts = s.facts
	slices.SortFunc(sum.flows, (*flow).compare)
	old := r.summaries[fn]
	r.summaries[fn] = sum
	return old == nil && (len(sum.flows) > 0 || len(sum.guards) > 0) || old != nil && !old.equal(sum)
}

// reached handles data that reached a sink: a source's is a flow to report, that
// of a parameter one for the summary.
func (r *run) reached(s *solver, f int32, sink *sinkUse, sum *summary) {
	reach := &s.facts[f]
	from := s.origins[reach.origin]
	if !r.dangerous(sink.class, reach.keep) {
		return
	}
	if from.kind == endSource {
		r.report(s, f, from.index, sink)
		return
	}
	if sink.class.Bit&r.numbers.overflow != 0 || sink.class.Local {
		return // almost every function converts a number that it is handed, or logs something
	}
	what := sink.what
	if sink.callee != nil {
		what = sink.callee.what
	}
	for _, g := range sum.flows {
		if g.from == from && g.to.kind == endSink && g.to.index == r.class(sink.class) && g.what == what && (reach.whole || !g.whole) {
			return // the first way is the shortest
		}
	}
	sum.add(&flow{
		from: from, to: end{kind: endSink, index: r.class(sink.class)}, keep: reach.keep & r.needs(sink.class),
		what: what, steps: joinSteps(s.way(f), sinkSteps(sink)), mixed: s.mixed(f) || sink.callee != nil && sink.callee.mixed, whole: reach.whole,
	})
}

// sinkSteps are the last steps of a flow.
func sinkSteps(sink *sinkUse) []step {
	st := sink.step
	if sink.callee != nil {
		return append([]step{st}, sink.callee.steps...)
	}
	st.message = "reaches " + sink.class.Title + " in " + sink.what
	return []step{st}
}

type foundKey struct {
	pos, end token.Pos
	class    *models.Class
	kind     int
}

// A candidate is a flow that was found, for those with its key.
type candidate struct {
	key  foundKey
	flow Flow
}

// gather makes the result's flows of what was found in the functions, group by group: of those
// with one key the first shortest.
func (r *run) gather() {
	found := map[foundKey]int{}
	for _, head := range r.order {
		for _, c := range r.reports[head] {
			i, ok := found[c.key]
			switch {
			case !ok:
				found[c.key] = len(r.result.Flows)
				r.result.Flows = append(r.result.Flows, c.flow)
			case len(c.flow.Steps) < len(r.result.Flows[i].Steps):
				r.result.Flows[i] = c.flow
			}
		}
	}
}

// report adds a flow. Its place is the sink if that is in this package; else the
// last call that leads there.
func (r *run) report(s *solver, f int32, kind int, sink *sinkUse) {
	steps := joinSteps(s.way(f), sinkSteps(sink))
	at := steps[len(steps)-1]
	what := sink.what
	if sink.callee != nil {
		what = sink.callee.what
		for i := len(steps) - 1; i >= 0 && at.place != nil; i-- {
			if steps[i].place == nil && steps[i].pos.IsValid() {
				at = steps[i]
			}
		}
	}
	pos, end := r.places.find(at)
	key := foundKey{pos, end, sink.class, kind}
	flow := Flow{
		Source: r.models.Kinds()[kind], Class: sink.class, Sink: what, Pos: pos, End: end, Fn: s.fn, Argument: at.sink.argument,
		Partial: s.mixed(f) || sink.callee != nil && sink.callee.mixed,
	}
	if sink.callee == nil {
		flow.Call = sink.call
	}
	for _, st := range steps {
		flow.Steps = append(flow.Steps, r.places.step(st))
	}
	flow.Steps[0].Message = "untrusted data from " + flow.Source.Title + sourceName(flow.Steps[0].Message)
	r.reports[r.head] = append(r.reports[r.head], candidate{key, flow})
}

// summarise adds the flows of a function that do not end in sinks.
func (r *run) summarise(s *solver, sum *summary) {
	g := s.graph
	for i := range g.fn.Signature.Results().Len() {
		r.collect(s, g.results+int32(i), end{kind: endResult, index: i}, g.fn.Signature.Results().At(i).Type(), sum)
	}
	for i, p := range g.fn.Params {
		if at, ok := g.known[p]; ok {
			r.collect(s, at.node, end{kind: endParameter, index: i}, p.Type(), sum)
		}
	}
	for i, v := range g.fn.FreeVars {
		if at, ok := g.known[v]; ok {
			r.collect(s, at.node, end{kind: endFree, index: i}, v.Type(), sum)
		}
	}
	for n := range g.nodes {
		if global, ok := g.nodes[n].value.(*ssa.Global); ok {
			r.store(s, int32(n), global, sum)
		}
	}
}

// collect adds the flows that end in a node.
func (r *run) collect(s *solver, n int32, to end, t types.Type, sum *summary) {
	var list []int32
	for i := s.nodes[n].fact; i != none; i = s.facts[i].next {
		list = append(list, i)
	}
	slices.Reverse(list)
	for _, i := range list {
		f := &s.facts[i]
		from := s.origins[f.origin]
		at := to
		at.path = f.at.path
		if from.kind == endSource && f.before == none && to.kind != endResult {
			continue // that is what it is called with
		}
		if from.kind == at.kind && from.index == at.index && (from.path == at.path || f.before == none) {
			continue
		}
		if from.kind == endGlobal || r.tooFar(from, at) {
			continue
		}
		if from.kind == endSource {
			r.keepState(s, i, at, t)
		}
		sum.add(&flow{from: from, to: at, same: f.same, keep: f.keep, steps: s.way(i), mixed: s.mixed(i), whole: f.whole})
	}
}

// tooFar reports whether a flow from part to part of what callers hand in, or get
// back, is left out. Linked structures have these in all combinations, each of
// which the callers would follow: there were 256 in a summary of go-git's
// iterators, where 20 remain. Functions that call each other multiply them (the
// SSA builder of x/tools took minutes), so theirs are shallower.
func (r *run) tooFar(from, to end) bool {
	if r.names.throughField(from.path) || r.names.throughField(to.path) {
		return true
	}
	if from.kind == endSource {
		return false
	}
	n := from.path.length() + to.path.length()
	switch {
	case to.kind == endResult:
		return r.mutual && n > 2
	case from.kind == to.kind && from.index == to.index:
		return n > 2 || r.mutual
	}
	return n > maxDepth || r.mutual && n > 1
}
