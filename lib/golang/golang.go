// Package golang runs package checks over Go packages, and turns them into
// analyzers for other drivers. Use [Run] over what package load gives, or
// [Analyzer] to hand a check to go vet, golangci-lint or nogo.
//
// A check that follows values asks for them by Requires: [SSA]. What many checks
// ask about syntax and types is in package query.
package golang

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"io/fs"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// Results collects what Run finds.
type Results struct {
	Findings []check.Finding
	Notices  []check.Notice
}

// Run runs package checks over packages, which are in dependency order. A check
// that panics or fails becomes a Notice {NoticeCheckFailed, NotJudged} of that
// package. Findings have CheckID, Message, Location.Path, Location.Range and
// Symbol set; they are in the order of the packages and of the checks. A finding
// in a generated file (go.dev/s/generatedcode) is left out unless the check asks
// for such files. The error is the context's.
//
// Facts go from a package to those that import it, as far as both are among
// pkgs. Of a package that was not requested only the facts are found out, unless
// cache has them; cache may be nil. What a check requires is run once a package.
// Packages that do not import each other are judged in parallel.
func Run(ctx context.Context, pkgs []*load.Package, checks []*check.Check, cache *Cache) (Results, error) {
	results := make([]*packageRun, len(pkgs))
	done := make(map[*types.Package]int, len(pkgs))
	ready := make([]chan struct{}, len(pkgs))
	for i, pkg := range pkgs {
		ready[i] = make(chan struct{})
		done[pkg.Types] = i
	}
	factsOf := func(pkg *types.Package) facts {
		if i, ok := done[pkg]; ok {
			return results[i].facts.own
		}
		return nil
	}
	factual := slices.DeleteFunc(slices.Clone(checks), func(c *check.Check) bool { return !makesFacts(c) })
	before := imports(pkgs)
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	for i, pkg := range pkgs {
		g.Go(func() error {
			defer close(ready[i])
			for _, j := range before[i] {
				<-ready[j]
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			r := newPackageRun(pkg, factsOf)
			results[i] = r
			switch {
			case pkg.Requested:
				r.run(ctx, checks)
			case !cache.get(pkg, factual, &r.facts.own):
				r.run(ctx, factual)
			default:
				return ctx.Err()
			}
			if ctx.Err() == nil {
				cache.put(pkg, factual, r.facts.own)
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return Results{}, err
	}
	var all Results
	for i, r := range results {
		if pkgs[i].Requested {
			all.Findings = append(all.Findings, r.Findings...)
			all.Notices = append(all.Notices, r.Notices...)
		}
	}
	return all, nil
}

// makesFacts reports whether a check, or what it requires, makes facts.
func makesFacts(c *check.Check) bool {
	return c.RunPackage != nil && (len(c.FactTypes) > 0 || slices.ContainsFunc(c.Requires, facty))
}

// imports gives, for each package, the indices of those that it imports, be it
// through packages that are not among them.
func imports(pkgs []*load.Package) [][]int {
	index := make(map[*types.Package]int, len(pkgs))
	lists := make([][]int, len(pkgs))
	for i, pkg := range pkgs {
		seen := map[*types.Package]bool{}
		var visit func(p *types.Package)
		visit = func(p *types.Package) {
			for _, dep := range p.Imports() {
				if seen[dep] {
					continue
				}
				seen[dep] = true
				if j, ok := index[dep]; ok { // which waits for its own
					lists[i] = append(lists[i], j)
				} else {
					visit(dep)
				}
			}
		}
		visit(pkg.Types)
		index[pkg.Types] = i
	}
	return lists
}

// A packageRun is the run of all checks over one package.
type packageRun struct {
	Results
	pkg     *load.Package
	facts   *factView
	actions map[*analysis.Analyzer]*action
}

func newPackageRun(pkg *load.Package, imported func(*types.Package) facts) *packageRun {
	return &packageRun{
		pkg: pkg, actions: map[*analysis.Analyzer]*action{},
		facts: &factView{pkg: pkg.Types, own: facts{}, local: map[localKey]analysis.Fact{}, imported: imported},
	}
}

// An action is what came of a required analyzer.
type action struct {
	result any
	err    error
	// partial means that the analyzer does not run where there are type errors.
	partial bool
}

func (r *packageRun) run(ctx context.Context, checks []*check.Check) {
	place := newPlaces(r.pkg.ImportPath, r.pkg.Fset, r.pkg.Files, r.pkg.Documents)
	unflowed := false
	for _, c := range checks {
		if ctx.Err() != nil || c.RunPackage == nil {
			continue
		}
		results := map[*analysis.Analyzer]any{}
		var missing *action
		for _, a := range c.Requires {
			act := r.require(a)
			results[a] = act.result
			if act.err != nil && missing == nil {
				missing = act
			}
		}
		switch {
		case missing == nil:
		case errors.Is(missing.err, errNoSSA):
			unflowed = true
			continue
		case missing.partial:
			r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeTypes, Path: r.pkg.Folder, CheckID: c.ID, Effect: check.EffectDegraded,
				Message: "check " + c.ID + " did not run, because the package has type errors"})
			continue
		default:
			r.failed(c, missing.err)
			continue
		}
		pass := &check.PackagePass{
			Pass:     r.pass(nil, results),
			Check:    c,
			Document: place.document,
			Report: func(f check.Finding) {
				if f, ok := place.complete(c, f); ok {
					r.Findings = append(r.Findings, f)
				}
			},
		}
		if err := guard(func() error { return c.RunPackage(ctx, pass) }); err != nil && ctx.Err() == nil {
			r.failed(c, err)
		}
	}
	if unflowed {
		r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeTypes, Path: r.pkg.Folder, Effect: check.EffectDegraded,
			Message: "the flow of values is not known, because the code does not compile, so the checks that follow it did not run"})
	}
}

func (r *packageRun) failed(c *check.Check, err error) {
	r.Notices = append(r.Notices, check.Notice{Kind: check.NoticeCheckFailed, Path: r.pkg.Folder, CheckID: c.ID, Effect: check.EffectNotJudged,
		Message: fmt.Sprintf("check %s failed on package %s: %v; please report it, and switch the check off in the meantime", c.ID, r.pkg.Types.Name(), err)})
}

// require runs an analyzer that a check or another analyzer requires, once.
func (r *packageRun) require(a *analysis.Analyzer) *action {
	if act := r.actions[a]; act != nil {
		return act
	}
	act := &action{}
	r.actions[a] = act
	results := map[*analysis.Analyzer]any{}
	for _, b := range a.Requires {
		dep := r.require(b)
		if dep.err != nil {
			act.err, act.partial = dep.err, dep.partial
			return act
		}
		results[b] = dep.result
	}
	if len(r.pkg.TypeErrors) > 0 && !a.RunDespiteErrors {
		act.err, act.partial = fmt.Errorf("analyzer %s needs all types", a.Name), true
		return act
	}
	act.err = guard(func() (err error) {
		act.result, err = a.Run(r.pass(a, results))
		return err
	})
	if act.err != nil {
		act.err = fmt.Errorf("analyzer %s: %w", a.Name, act.err)
	}
	return act
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
			for _, d := range r.pkg.Documents {
				if d.Path == name {
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
