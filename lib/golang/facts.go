package golang

import (
	"fmt"
	"go/types"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
)

// Facts are what the passes of one Run know about objects and packages. They are
// kept by analyzer, so that no analyzer sees another one's.
type facts struct {
	mu       sync.RWMutex
	objects  map[factKey[types.Object]]analysis.Fact
	packages map[factKey[*types.Package]]analysis.Fact
}

type factKey[T any] struct {
	of   T
	kind reflect.Type
}

func newFacts() *facts {
	return &facts{
		objects:  map[factKey[types.Object]]analysis.Fact{},
		packages: map[factKey[*types.Package]]analysis.Fact{},
	}
}

// attach gives a pass its functions about facts. A fact's type belongs to one
// analyzer (analysis.Validate), so the type alone keeps analyzers apart.
func (f *facts) attach(p *analysis.Pass) {
	p.ImportObjectFact = func(obj types.Object, fact analysis.Fact) bool {
		return obtain(f, f.objects, obj, fact)
	}
	p.ImportPackageFact = func(pkg *types.Package, fact analysis.Fact) bool {
		return obtain(f, f.packages, pkg, fact)
	}
	p.ExportObjectFact = func(obj types.Object, fact analysis.Fact) {
		if obj == nil || obj.Pkg() != p.Pkg {
			panic(fmt.Sprintf("a fact of %v does not belong to package %s", obj, p.Pkg.Path()))
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.objects[factKey[types.Object]{obj, reflect.TypeOf(fact)}] = fact
	}
	p.ExportPackageFact = func(fact analysis.Fact) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.packages[factKey[*types.Package]{p.Pkg, reflect.TypeOf(fact)}] = fact
	}
	p.AllObjectFacts = func() (all []analysis.ObjectFact) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		for k, fact := range f.objects {
			all = append(all, analysis.ObjectFact{Object: k.of, Fact: fact})
		}
		return all
	}
	p.AllPackageFacts = func() (all []analysis.PackageFact) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		for k, fact := range f.packages {
			all = append(all, analysis.PackageFact{Package: k.of, Fact: fact})
		}
		return all
	}
}

// obtain copies a fact to where the caller wants it.
func obtain[T comparable](f *facts, in map[factKey[T]]analysis.Fact, of T, to analysis.Fact) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	fact, ok := in[factKey[T]{of, reflect.TypeOf(to)}]
	if ok {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(fact).Elem())
	}
	return ok
}
