// Package golang runs package checks over Go packages, and turns them into
// analyzers for other drivers. Use [Run] over a plan of package load, or
// [Analyzer] to hand a check to go vet, golangci-lint or nogo.
//
// A check that follows values asks for them by Requires: [SSA]. What many checks
// ask about syntax and types is in package query.
package golang

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// Results collects what Run finds.
type Results struct {
	Findings []check.Finding
	Notices  []check.Notice
	// Packages are those that were judged, in the order of the plan.
	Packages []Judged
}

// Judged is a package that was judged.
type Judged struct {
	*load.Unit
	Tier check.Tier
}

// Run runs package checks over the requested packages of a plan. A check that
// panics or fails becomes a Notice {NoticeCheckFailed, NotJudged} of that package.
// Findings have CheckID, Message, Location.Path, Location.Range and Symbol set;
// they are in the order of the packages and of the checks. A finding in a
// generated file (go.dev/s/generatedcode) is left out unless the check asks for
// such files; a Notice {NoticeLeftOut, None} says how many are. Notices are those of the packages; see load.Plan.Notices for the
// others. The error is the context's.
//
// Facts go from a package to those that import it. Of a package that is only
// imported the facts are found out and nothing else. What a check requires is run
// once a package. Packages that do not import each other are judged in parallel,
// and each is let go of when it was judged, so that of a large module only the
// facts and the types are in memory.
//
// What cache has of a package that is the same, with the same facts about what it
// imports, is not found out again; cache may be nil.
func Run(ctx context.Context, plan *load.Plan, checks []*check.Check, cache *Cache) (Results, error) {
	checks = slices.DeleteFunc(slices.Clone(checks), func(c *check.Check) bool { return c.RunPackage == nil })
	factual := slices.DeleteFunc(slices.Clone(checks), func(c *check.Check) bool {
		return len(c.FactTypes) == 0 && !slices.ContainsFunc(c.Requires, facty)
	})
	units := plan.Units
	if len(factual) == 0 { // then it is of no use to look at what is imported
		units = slices.DeleteFunc(slices.Clone(units), func(u *load.Unit) bool { return !u.Requested })
	}
	jobs := make(map[*load.Unit]*job, len(units))
	requested := 0
	for _, u := range units {
		jobs[u] = &job{unit: u, checks: checks, factual: factual, cache: cache, done: make(chan struct{})}
		if u.Requested {
			requested++
		}
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	for _, u := range units {
		j := jobs[u]
		j.alone = requested == 1 && u.Requested
		for _, dep := range u.Imports {
			if before := jobs[dep]; before != nil {
				j.imports = append(j.imports, before)
			}
		}
		g.Go(func() error {
			defer close(j.done)
			for _, before := range j.imports {
				<-before.done
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			return j.run(ctx)
		})
	}
	if err := g.Wait(); err != nil {
		return Results{}, err
	}
	var all Results
	for _, u := range units {
		if u.Requested {
			v := jobs[u].verdict
			all.Findings = append(all.Findings, v.Findings...)
			all.Notices = append(all.Notices, v.Notices...)
			all.Packages = append(all.Packages, Judged{u, v.Tier})
		}
	}
	return all, nil
}

// A job finds out about one package.
type job struct {
	unit            *load.Unit
	checks, factual []*check.Check
	cache           *Cache
	alone           bool // nothing else is asked for
	imports         []*job
	done            chan struct{} // closed when the results are there

	facts   *facts
	verdict verdict
}

func (j *job) run(ctx context.Context) error {
	imported := make([]*facts, len(j.imports))
	for i, before := range j.imports {
		imported[i] = before.facts
	}
	factKey := keyOf("facts", j.unit, imported, j.factual)
	var list []fact
	found := j.cache.get(factKey, &list)
	if found {
		j.facts = &facts{list: list, sum: sumOf(list, imported)}
		if !j.unit.Requested {
			return nil
		}
	}
	verdictKey := keyOf("verdict", j.unit, imported, j.checks)
	if found && j.cache.get(verdictKey, &j.verdict) {
		if v, ok := j.verdict.unquote(j.unit.Documents()); ok {
			j.verdict = v
			return nil
		}
	}
	pkg, draft, err := j.load(ctx)
	if err != nil {
		return err
	}
	r := j.newPackageRun(pkg)
	if draft != nil {
		defer j.cache.giveBack(draft)
		draft.expect(sumOf(nil, imported))
		r.stock = &draft.stock
	}
	if j.unit.Requested {
		r.run(ctx, j.checks)
	} else {
		r.run(ctx, j.factual)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	list, err = r.facts.export(r.where())
	if err != nil {
		r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeCheckFailed, Path: j.unit.Folder, Effect: check.EffectDegraded,
			Message: err.Error() + "; please report it"})
		list = nil
	}
	j.facts = &facts{list: list, sum: sumOf(list, imported)}
	j.verdict = verdict{Tier: pkg.Tier, Findings: r.Findings, Notices: append(pkg.Notices, r.Notices...)}
	if pkg.Transient || slices.ContainsFunc(r.Notices, func(n check.Notice) bool { return n.Kind == check.NoticeCheckFailed }) {
		return nil // it may come out otherwise the next time
	}
	j.cache.put(factKey, list, draft)
	if j.unit.Requested {
		j.cache.put(verdictKey, j.verdict.quote(pkg.Documents), draft)
	}
	return nil
}

// load loads the package, from a draft if one is kept of it; else that is nil.
func (j *job) load(ctx context.Context) (*load.Package, *draft, error) {
	if j.alone && j.cache.keepsDrafts() {
		return j.cache.load(ctx, j.unit)
	}
	pkg, err := j.unit.Load(ctx)
	return pkg, nil, err
}

// factsOf gives the facts about a package that this one imports, be it through
// others.
func (j *job) factsOf() func(path string) *facts {
	byPath := sync.OnceValue(func() map[string]*facts {
		all := map[string]*facts{}
		var add func(j *job)
		add = func(j *job) {
			for _, before := range j.imports {
				if _, ok := all[before.unit.ImportPath]; !ok {
					all[before.unit.ImportPath] = before.facts
					add(before)
				}
			}
		}
		add(j)
		return all
	})
	return func(path string) *facts { return byPath()[path] }
}

// A packageRun is the run of all checks over one package.
type packageRun struct {
	Results
	pkg   *load.Package
	place *places
	facts *factView
	stock *stock // nil unless the package is kept

	mu      sync.Mutex // of actions
	actions map[*analysis.Analyzer]*action
}

func (j *job) newPackageRun(pkg *load.Package) *packageRun {
	return &packageRun{
		pkg: pkg, place: newPlaces(pkg.ImportPath, pkg.Fset, pkg.Files, pkg.Documents, pkg.Layouts, pkg.Trial), actions: map[*analysis.Analyzer]*action{},
		facts: &factView{pkg: pkg.Types, own: map[ownFact]analysis.Fact{}, imported: j.factsOf()},
	}
}

// where says where places in facts stand; nil if they are right as they are.
func (r *packageRun) where() func(check.Location) check.Location {
	if !r.place.moved {
		return nil
	}
	return r.place.locate
}

// Limited is what the result of an analyzer that checks require implements if it
// leaves off where code is too large. Run makes a Notice {NoticeTooLarge, Degraded} of it.
type Limited interface {
	// Limits says, to a person, what was left off and why; "" if nothing was. It is
	// deterministic.
	Limits() string
}

// An action is what came of a required analyzer.
type action struct {
	once   sync.Once
	result any
	err    error
	// partial means that the analyzer does not run where there are type errors.
	partial bool
}

// run runs the checks, in parallel, and what they require each once. The SSA form
// and what stands on it take longer than all checks together, so they begin at
// once, and the checks that do without go first.
func (r *packageRun) run(ctx context.Context, checks []*check.Check) {
	results := make([]Results, len(checks))
	generated := make([]int, len(checks))
	unflowed := make([]bool, len(checks))
	one := func(i int) {
		c, inputs := checks[i], map[*analysis.Analyzer]any{}
		var missing *action
		for _, a := range requires(c) {
			act := r.require(a)
			inputs[a] = act.result
			if act.err != nil && missing == nil {
				missing = act
			}
		}
		switch {
		case missing == nil:
			results[i], generated[i] = r.check(ctx, c, r.pass(nil, inputs))
		case errors.Is(missing.err, errNoSSA):
			unflowed[i] = true
		case missing.partial:
			results[i].Notices = []check.Notice{{Kind: check.NoticeTypes, Path: r.pkg.Folder, CheckID: c.ID, Effect: check.EffectDegraded,
				Message: "check " + c.ID + " did not run, because the package has type errors"}}
		default:
			results[i].Notices = []check.Notice{r.failed(c, missing.err)}
		}
	}
	var flows sync.WaitGroup
	begun := map[*analysis.Analyzer]bool{}
	var order, last []int // of the checks
	for i, c := range checks {
		if !slices.ContainsFunc(c.Requires, followsFlow) {
			order = append(order, i)
			continue
		}
		last = append(last, i)
		for _, a := range c.Requires {
			if !begun[a] {
				begun[a] = true
				flows.Go(func() { r.require(a) })
			}
		}
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range append(order, last...) {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			one(i)
			return nil
		})
	}
	_ = g.Wait() // no function of it fails
	flows.Wait()
	total := 0
	for i, one := range results {
		r.Findings = append(r.Findings, one.Findings...)
		r.Notices = append(r.Notices, one.Notices...)
		total += generated[i]
	}
	if total > 0 {
		r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeLeftOut, Path: r.pkg.Folder, Effect: check.EffectNone,
			Message: fmt.Sprintf("findings in generated code are left out: %d; what generates it is to be judged", total)})
	}
	for _, a := range slices.SortedFunc(maps.Keys(r.actions), func(a, b *analysis.Analyzer) int { return cmp.Compare(a.Name, b.Name) }) {
		if l, ok := r.actions[a].result.(Limited); ok && l.Limits() != "" {
			r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeTooLarge, Path: r.pkg.Folder, Effect: check.EffectDegraded, Message: l.Limits()})
		}
	}
	if slices.Contains(unflowed, true) {
		r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeTypes, Path: r.pkg.Folder, Effect: check.EffectDegraded,
			Message: "the flow of values is not known, because the code does not compile, so the checks that follow it did not run"})
	}
}

// followsFlow reports whether an analyzer needs the SSA form.
func followsFlow(a *analysis.Analyzer) bool {
	return a == SSA || slices.ContainsFunc(a.Requires, followsFlow)
}

// requires gives what a check requires, and what each has without asking.
func requires(c *check.Check) []*analysis.Analyzer {
	all := slices.Clip(c.Requires)
	for _, a := range []*analysis.Analyzer{inspect.Analyzer, query.Assigned, query.Indexed} {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// check runs one check. generated is how many findings it has in generated files,
// if it does not want them.
func (r *packageRun) check(ctx context.Context, c *check.Check, pass *analysis.Pass) (found Results, generated int) {
	packagePass := &check.PackagePass{
		Pass:     pass,
		Check:    c,
		Aside:    r.pkg.Aside,
		Document: r.place.document,
		Report: func(f check.Finding) {
			if f, ok := r.place.complete(c, f); ok {
				found.Findings = append(found.Findings, f)
			} else {
				generated++
			}
		},
	}
	if err := guard(func() error { return c.RunPackage(ctx, packagePass) }); err != nil && ctx.Err() == nil {
		found.Notices = append(found.Notices, r.failed(c, err))
	}
	// Checks report in the order of positions, which is not that of the text where it was edited.
	slices.SortStableFunc(found.Findings, func(a, b check.Finding) int {
		return cmp.Or(cmp.Compare(a.Location.Path, b.Location.Path), cmp.Compare(a.Location.Range.Start, b.Location.Range.Start), cmp.Compare(a.Location.Range.End, b.Location.Range.End))
	})
	return found, generated
}

func (r *packageRun) failed(c *check.Check, err error) check.Notice {
	return check.Notice{Kind: check.NoticeCheckFailed, Path: r.pkg.Folder, CheckID: c.ID, Effect: check.EffectNotJudged,
		Message: fmt.Sprintf("check %s failed on package %s: %v; please report it, and switch the check off in the meantime", c.ID, r.pkg.Types.Name(), err)}
}

// require runs an analyzer that a check or another analyzer requires, once. It is
// safe for concurrent use.
func (r *packageRun) require(a *analysis.Analyzer) *action {
	r.mu.Lock()
	act := r.actions[a]
	if act == nil {
		act = &action{}
		r.actions[a] = act
	}
	r.mu.Unlock()
	act.once.Do(func() { r.act(a, act) })
	return act
}

func (r *packageRun) act(a *analysis.Analyzer, act *action) {
	results := map[*analysis.Analyzer]any{}
	for _, b := range a.Requires {
		dep := r.require(b)
		if dep.err != nil {
			act.err, act.partial = dep.err, dep.partial
			return
		}
		results[b] = dep.result
	}
	if len(r.pkg.TypeErrors) > 0 && !a.RunDespiteErrors {
		act.err, act.partial = fmt.Errorf("analyzer %s needs all types", a.Name), true
		return
	}
	run := a.Run
	if a == SSA && r.stock != nil {
		run = func(pass *analysis.Pass) (any, error) { return r.stock.functions(pass) }
	}
	act.err = guard(func() (err error) {
		act.result, err = run(r.pass(a, results))
		return err
	})
	if act.err != nil {
		act.err = fmt.Errorf("analyzer %s: %w", a.Name, act.err)
	}
}

// pass makes the pass of an analyzer, or of a check if a is nil.
func (r *packageRun) pass(a *analysis.Analyzer, results map[*analysis.Analyzer]any) *analysis.Pass {
	p := &analysis.Pass{
		Analyzer:   a,
		Fset:       r.pkg.Fset,
		Files:      r.pkg.Files,
		Pkg:        r.pkg.Types,
		TypesInfo:  r.pkg.Info,
		TypesSizes: r.pkg.Sizes,
		TypeErrors: r.pkg.TypeErrors,
		Module:     &analysis.Module{Path: r.pkg.ModulePath},
		ResultOf:   results,
		Report:     func(analysis.Diagnostic) {},
		ReadFile: func(name string) ([]byte, error) {
			for i, d := range r.pkg.Documents {
				if d.Path == name {
					if r.pkg.Layouts != nil && r.pkg.Layouts[i] != nil {
						d = r.pkg.Layouts[i].Text
					}
					return slices.Clone(d.Content), nil
				}
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
	}
	if len(r.pkg.GoVersion) > 2 {
		p.Module.GoVersion = r.pkg.GoVersion[2:]
	}
	r.facts.attach(p)
	return p
}

// guard turns a panic into an error. Of a panic's value only a runtime error is
// shown: any other might quote what was judged.
func guard(f func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("it crashed: %v", v)
		default:
			err = fmt.Errorf("it crashed (%T)", v)
		}
	}()
	return f()
}
