package golang

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/objectpath"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
)

// Facts are what was found out about a package and those of its objects that
// other packages can name. They are kept encoded: objects go by their paths, not
// by pointer, so that facts outlive the types that they were found in, and
// thousands of packages take little memory. It is read-only.
type facts struct {
	list []fact
	// sum is that of these facts and of those about all that the package imports.
	sum cache.Key
}

// A fact is one fact, encoded. All are exported for gob.
type fact struct {
	Object objectpath.Path // "" means the package
	// Kind is the type. It belongs to one analyzer (analysis.Validate), so it
	// alone keeps analyzers apart.
	Kind string
	Data []byte
}

func (f fact) compare(o fact) int {
	if c := strings.Compare(string(f.Object), string(o.Object)); c != 0 {
		return c
	}
	return strings.Compare(f.Kind, o.Kind)
}

func kindOf(f analysis.Fact) string {
	t := reflect.TypeOf(f).Elem()
	return t.PkgPath() + "." + t.Name()
}

// get decodes a fact to where the caller wants it.
func (f *facts) get(object objectpath.Path, to analysis.Fact) bool {
	if f == nil {
		return false
	}
	i, ok := slices.BinarySearchFunc(f.list, fact{Object: object, Kind: kindOf(to)}, fact.compare)
	return ok && decode(f.list[i].Data, to) == nil
}

// encode encodes a fact as it wants to be, or by gob.
func encode(f analysis.Fact) ([]byte, error) {
	if own, ok := f.(gob.GobEncoder); ok {
		return own.GobEncode()
	}
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(f)
	return out.Bytes(), err
}

// decode decodes a fact into the zero value of its type.
func decode(data []byte, to analysis.Fact) error {
	v := reflect.ValueOf(to).Elem()
	v.SetZero()
	if own, ok := to.(gob.GobDecoder); ok {
		return own.GobDecode(data)
	}
	return gob.NewDecoder(bytes.NewReader(data)).Decode(to)
}

// A factView is the facts that the passes over one package see: its own, which
// they make, and those of the packages that it imports, be it through others.
type factView struct {
	pkg      *types.Package
	mu       sync.RWMutex // of own: passes over one package run in parallel
	own      map[ownFact]analysis.Fact
	imported func(path string) *facts // nil if there are none

	encoding sync.Mutex // of paths
	paths    objectpath.Encoder
}

func (v *factView) path(obj types.Object) (objectpath.Path, error) {
	v.encoding.Lock()
	defer v.encoding.Unlock()
	return v.paths.For(obj)
}

type ownFact struct {
	object types.Object // nil means the package
	kind   reflect.Type
}

func (v *factView) get(object types.Object, to analysis.Fact) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	f, ok := v.own[ownFact{object, reflect.TypeOf(to)}]
	if ok {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(f).Elem())
	}
	return ok
}

func (v *factView) set(object types.Object, f analysis.Fact) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.own[ownFact{object, reflect.TypeOf(f)}] = f
}

// attach gives a pass its functions about facts.
func (v *factView) attach(p *analysis.Pass) {
	p.ImportObjectFact = func(obj types.Object, to analysis.Fact) bool {
		if obj == nil || obj.Pkg() == nil {
			return false
		}
		if obj.Pkg() == v.pkg {
			return v.get(obj, to)
		}
		f := v.imported(obj.Pkg().Path())
		if f == nil {
			return false
		}
		path, err := v.path(obj)
		return err == nil && f.get(path, to)
	}
	p.ImportPackageFact = func(pkg *types.Package, to analysis.Fact) bool {
		if pkg == v.pkg {
			return v.get(nil, to)
		}
		return v.imported(pkg.Path()).get("", to)
	}
	p.ExportObjectFact = func(obj types.Object, f analysis.Fact) {
		if obj == nil || obj.Pkg() != v.pkg {
			panic(fmt.Sprintf("a fact of %v does not belong to package %s", obj, v.pkg.Path()))
		}
		v.set(obj, f)
	}
	p.ExportPackageFact = func(f analysis.Fact) { v.set(nil, f) }
	p.AllObjectFacts = func() (all []analysis.ObjectFact) {
		v.all(p.Analyzer, func(pkg *types.Package, obj types.Object, f analysis.Fact) {
			if obj != nil {
				all = append(all, analysis.ObjectFact{Object: obj, Fact: f})
			}
		})
		return all
	}
	p.AllPackageFacts = func() (all []analysis.PackageFact) {
		v.all(p.Analyzer, func(pkg *types.Package, obj types.Object, f analysis.Fact) {
			if obj == nil {
				all = append(all, analysis.PackageFact{Package: pkg, Fact: f})
			}
		})
		return all
	}
}

// all yields every fact of an analyzer that can be seen.
func (v *factView) all(a *analysis.Analyzer, yield func(*types.Package, types.Object, analysis.Fact)) {
	kinds := map[string]reflect.Type{}
	if a != nil {
		for _, f := range a.FactTypes {
			kinds[kindOf(f)] = reflect.TypeOf(f).Elem()
		}
	}
	v.mu.RLock()
	own := maps.Clone(v.own)
	v.mu.RUnlock()
	for k, f := range own {
		if kinds[kindOf(f)] != nil {
			yield(v.pkg, k.object, f)
		}
	}
	for pkg := range reachable(v.pkg) {
		f := v.imported(pkg.Path())
		if f == nil || pkg == v.pkg {
			continue
		}
		for _, one := range f.list {
			if kinds[one.Kind] == nil {
				continue
			}
			to := reflect.New(kinds[one.Kind]).Interface().(analysis.Fact)
			var obj types.Object
			var err error
			if one.Object != "" {
				obj, err = objectpath.Object(pkg, one.Object)
			}
			if err == nil && decode(one.Data, to) == nil {
				yield(pkg, obj, to)
			}
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

// Placed is implemented by facts that tell of places in the package's files.
type Placed interface {
	analysis.Fact
	// Located gives the fact as it is told to other packages: with each place as
	// where gives it, of which Path, Range and Start count.
	Located(where func(check.Location) check.Location) analysis.Fact
}

// export encodes the facts about what other packages can name, sorted. where, which
// may be nil, says where places stand.
func (v *factView) export(where func(check.Location) check.Location) (list []fact, err error) {
	for k, f := range v.own {
		if placed, ok := f.(Placed); ok && where != nil {
			f = placed.Located(where)
		}
		one := fact{Kind: kindOf(f)}
		if k.object != nil {
			if one.Object, err = v.path(k.object); err != nil {
				continue // nobody else can ask
			}
		}
		if one.Data, err = encode(f); err != nil {
			return nil, fmt.Errorf("a fact %T cannot be encoded: %w", f, err)
		}
		list = append(list, one)
	}
	slices.SortFunc(list, fact.compare)
	return list, nil
}

// facty reports whether an analyzer, or what it requires, makes facts.
func facty(a *analysis.Analyzer) bool {
	return len(a.FactTypes) > 0 || slices.ContainsFunc(a.Requires, facty)
}
