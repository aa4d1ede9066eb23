package golang

import (
	"fmt"
	"go/types"
	"reflect"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/objectpath"
)

// Facts are what the passes over one package found out about it and its objects.
// Objects go by their path, not by pointer, so that facts outlive the types that
// they were found in: a package that did not change is not analysed again.
//
// Passes over one package run one after another; then its facts do not change
// any more, and are safe for concurrent use.
type facts map[factKey]analysis.Fact

// A factKey says what a fact is about. A fact's type belongs to one analyzer
// (analysis.Validate), so the type alone keeps analyzers apart.
type factKey struct {
	object objectpath.Path // "" means the package
	kind   reflect.Type
}

// get copies a fact to where the caller wants it.
func (f facts) get(object objectpath.Path, to analysis.Fact) bool {
	fact, ok := f[factKey{object, reflect.TypeOf(to)}]
	if ok {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(fact).Elem())
	}
	return ok
}

func (f facts) set(object objectpath.Path, fact analysis.Fact) {
	f[factKey{object, reflect.TypeOf(fact)}] = fact
}

// A factView is the facts that a pass over one package sees: its own, and those
// of the packages that it imports, be it through others.
type factView struct {
	pkg      *types.Package
	own      facts
	local    map[localKey]analysis.Fact // about objects that other packages cannot name
	imported func(*types.Package) facts // nil if there are none
	paths    objectpath.Encoder
}

type localKey struct {
	object types.Object
	kind   reflect.Type
}

// attach gives a pass its functions about facts.
func (v *factView) attach(p *analysis.Pass) {
	p.ImportObjectFact = func(obj types.Object, fact analysis.Fact) bool {
		if obj == nil || obj.Pkg() == nil {
			return false
		}
		if obj.Pkg() == v.pkg {
			if local, ok := v.local[localKey{obj, reflect.TypeOf(fact)}]; ok {
				reflect.ValueOf(fact).Elem().Set(reflect.ValueOf(local).Elem())
				return true
			}
		}
		f := v.of(obj.Pkg())
		if len(f) == 0 {
			return false
		}
		path, err := v.paths.For(obj)
		return err == nil && f.get(path, fact)
	}
	p.ImportPackageFact = func(pkg *types.Package, fact analysis.Fact) bool { return v.of(pkg).get("", fact) }
	p.ExportObjectFact = func(obj types.Object, fact analysis.Fact) {
		if obj == nil || obj.Pkg() != v.pkg {
			panic(fmt.Sprintf("a fact of %v does not belong to package %s", obj, v.pkg.Path()))
		}
		if path, err := v.paths.For(obj); err == nil {
			v.own.set(path, fact)
		} else {
			v.local[localKey{obj, reflect.TypeOf(fact)}] = fact
		}
	}
	p.ExportPackageFact = func(fact analysis.Fact) { v.own.set("", fact) }
	p.AllObjectFacts = func() (all []analysis.ObjectFact) {
		v.all(func(pkg *types.Package, path objectpath.Path, fact analysis.Fact) {
			if obj, err := objectpath.Object(pkg, path); path != "" && err == nil {
				all = append(all, analysis.ObjectFact{Object: obj, Fact: fact})
			}
		})
		for k, fact := range v.local {
			all = append(all, analysis.ObjectFact{Object: k.object, Fact: fact})
		}
		return all
	}
	p.AllPackageFacts = func() (all []analysis.PackageFact) {
		v.all(func(pkg *types.Package, path objectpath.Path, fact analysis.Fact) {
			if path == "" {
				all = append(all, analysis.PackageFact{Package: pkg, Fact: fact})
			}
		})
		return all
	}
}

// of gives the facts about a package; nil if there are none.
func (v *factView) of(pkg *types.Package) facts {
	if pkg == v.pkg {
		return v.own
	}
	return v.imported(pkg)
}

// all yields every fact that can be seen.
func (v *factView) all(yield func(*types.Package, objectpath.Path, analysis.Fact)) {
	for pkg := range reachable(v.pkg) {
		for k, fact := range v.of(pkg) {
			yield(pkg, k.object, fact)
		}
	}
}

// reachable gives a package and all that it imports, be it through others.
func reachable(pkg *types.Package) map[*types.Package]bool {
	seen := map[*types.Package]bool{}
	for next := []*types.Package{pkg}; len(next) > 0; {
		last := len(next) - 1
		p := next[last]
		next = next[:last]
		if !seen[p] {
			seen[p] = true
			next = append(next, p.Imports()...)
		}
	}
	return seen
}

// facty reports whether an analyzer, or what it requires, makes facts.
func facty(a *analysis.Analyzer) bool {
	return len(a.FactTypes) > 0 || slices.ContainsFunc(a.Requires, facty)
}
