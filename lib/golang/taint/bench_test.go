package taint_test

import (
	"fmt"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

// module loads all packages of a module that go.mod requires, or of any folder
// (with TAINT_MODULE=DIR, to try the engine on other code).
func module(t testing.TB, name string) []*load.Package {
	t.Helper()
	dir := os.Getenv("TAINT_MODULE")
	if dir == "" {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", name).Output()
		if err != nil {
			t.Skipf("module %s is not there: %v", name, err)
		}
		dir = strings.TrimSpace(string(out))
	}
	tree := os.DirFS(dir)
	folders := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "testdata" || d.Name() == "vendor" || d.Name() != "." && strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_")) {
			return fs.SkipDir
		}
		if _, nested := fs.Stat(tree, path.Join(p, "go.mod")); nested == nil && p != "." {
			return fs.SkipDir
		}
		if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") {
			folders[path.Dir(p)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for f := range folders {
		list = append(list, f)
	}
	slices.Sort(list)
	result, err := load.New(load.Options{}).Load(t.Context(), load.Request{Tree: tree, Dir: dir, Folders: list})
	if err != nil {
		t.Fatal(err)
	}
	return result.Packages
}

// A driver is the smallest driver of analyzers: it keeps passes, so that one can
// be run again.
type driver struct {
	facts  map[any]analysis.Fact
	passes []*analysis.Pass
}

type factOf struct {
	of   any
	kind reflect.Type
}

func newDriver(t testing.TB, pkgs []*load.Package) *driver {
	d := &driver{facts: map[any]analysis.Fact{}}
	for _, pkg := range pkgs {
		p := &analysis.Pass{
			Analyzer: taint.Analyzer, Fset: pkg.Fset, Files: pkg.Files, Pkg: pkg.Types, TypesInfo: pkg.Info, TypesSizes: pkg.Sizes,
			TypeErrors: pkg.TypeErrors, Module: &analysis.Module{Path: pkg.ModulePath}, Report: func(analysis.Diagnostic) {},
		}
		p.ImportObjectFact = func(o types.Object, f analysis.Fact) bool { return d.get(o, f) }
		p.ImportPackageFact = func(o *types.Package, f analysis.Fact) bool { return d.get(o, f) }
		p.ExportObjectFact = func(o types.Object, f analysis.Fact) { d.facts[factOf{o, reflect.TypeOf(f)}] = f }
		p.ExportPackageFact = func(f analysis.Fact) { d.facts[factOf{p.Pkg, reflect.TypeOf(f)}] = f }
		fns, err := golang.SSA.Run(p)
		if err != nil {
			continue
		}
		p.ResultOf = map[*analysis.Analyzer]any{golang.SSA: fns}
		d.passes = append(d.passes, p)
	}
	return d
}

func (d *driver) get(of any, to analysis.Fact) bool {
	f, ok := d.facts[factOf{of, reflect.TypeOf(to)}]
	if ok {
		reflect.ValueOf(to).Elem().Set(reflect.ValueOf(f).Elem())
	}
	return ok
}

func (d *driver) run(t testing.TB, p *analysis.Pass) *taint.Result {
	r, err := taint.Analyzer.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return r.(*taint.Result)
}

// instructions counts the instructions of a package in SSA form.
func instructions(p *analysis.Pass) (n int) {
	for _, fn := range p.ResultOf[golang.SSA].(*golang.Functions).Source {
		for _, b := range fn.Blocks {
			n += len(b.Instrs)
		}
	}
	return n
}

// BenchmarkPackage is one package of go-git, the largest, with the summaries of
// those that it imports at hand: what the editor waits for.
func BenchmarkPackage(b *testing.B) {
	d := newDriver(b, module(b, "github.com/go-git/go-git/v5"))
	var largest *analysis.Pass
	for _, p := range d.passes {
		d.run(b, p)
		if largest == nil || instructions(p) > instructions(largest) {
			largest = p
		}
	}
	b.Logf("%s: %d files", largest.Pkg.Path(), len(largest.Files))
	for b.Loop() {
		d.run(b, largest)
	}
	b.ReportMetric(float64(instructions(largest)), "instructions")
}

// BenchmarkModule is all packages of x/tools, one after the other.
func BenchmarkModule(b *testing.B) {
	d := newDriver(b, module(b, "golang.org/x/tools"))
	n := 0
	for _, p := range d.passes {
		n += instructions(p)
	}
	for b.Loop() {
		clear(d.facts)
		for _, p := range d.passes {
			d.run(b, p)
		}
	}
	b.ReportMetric(float64(n), "instructions")
	b.ReportMetric(float64(len(d.passes)), "packages")
}

// TestModule prints the flows of TAINT_MODULE, for those who work on the engine.
func TestModule(t *testing.T) {
	if os.Getenv("TAINT_MODULE") == "" {
		t.Skip("TAINT_MODULE names no folder")
	}
	d := newDriver(t, module(t, ""))
	for _, p := range d.passes {
		r := d.run(t, p)
		for _, f := range slices.Concat(r.Flows, r.Callers()) {
			fmt.Printf("%s: %s from %s (%s, partial %t)\n", p.Fset.Position(f.Pos), f.Class.Name, f.Source.Name, f.Sink, f.Partial)
			for _, s := range f.Steps {
				fmt.Printf("\t%s:%d:%d: %s\n", s.File, s.Line, s.Column, s.Message)
			}
		}
		for _, x := range r.Truncated {
			fmt.Printf("%s: truncated: %s: %s\n", p.Fset.Position(x.Pos), x.Func, x.Reason)
		}
	}
}
