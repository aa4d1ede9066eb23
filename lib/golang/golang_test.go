package golang_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/analysis/unitchecker"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// As a go vet tool this binary runs the checks of the tests.
func TestMain(m *testing.M) {
	if os.Getenv("PEERCHECK_TEST_VETTOOL") != "" {
		unitchecker.Main(golang.Analyzer(exitCheck), golang.Analyzer(md5Check))
	}
	os.Exit(m.Run())
}

func describe(id string, c check.Check) *check.Check {
	c.ID, c.Title, c.CWE, c.Severity, c.Confidence, c.Since = id, "A check for tests", []check.CWE{327}, check.Medium, check.Firm, "0.1"
	c.Page = check.Page{What: "What.", Why: "Why.", Fix: "Fix."}
	return &c
}

// md5Check finds calls of md5.New, and fixes them.
var md5Check = describe("go/md5", check.Check{
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: func(_ context.Context, p *check.PackagePass) error {
		in := p.ResultOf[inspect.Analyzer].(*inspector.Inspector)
		for n := range in.PreorderSeq((*ast.CallExpr)(nil)) {
			call := n.(*ast.CallExpr)
			if query.Callee(p.TypesInfo, call) == "crypto/md5.New" {
				related := p.Location(call.Fun)
				related.Message = "called here"
				p.Report(check.Finding{
					Message: "md5", Location: p.Location(call), Related: []check.Location{related},
					Fixes: []check.Fix{{Title: "Use nil", Edits: []check.Edit{p.Edit(call, "nil")}}},
				})
			}
		}
		return nil
	},
})

// exits is the fact of a function that calls os.Exit, be it through others.
type exits struct{}

func (*exits) AFact()         {}
func (*exits) String() string { return "exits" }

// exitCheck finds functions which exit, across packages, by SSA form.
var exitCheck = describe("go/exit", check.Check{
	Requires:  []*analysis.Analyzer{golang.SSA},
	FactTypes: []analysis.Fact{new(exits)},
	RunPackage: func(_ context.Context, p *check.PackagePass) error {
		for _, fn := range p.ResultOf[golang.SSA].(*golang.Functions).Source {
			for _, block := range fn.Blocks {
				for _, instr := range block.Instrs {
					call, ok := instr.(ssa.CallInstruction)
					if !ok {
						continue
					}
					exit := query.CalleeSSA(call.Common()) == "os.Exit"
					if callee := call.Common().StaticCallee(); callee != nil && callee.Object() != nil {
						exit = exit || p.ImportObjectFact(callee.Object(), new(exits))
					}
					if !exit || fn.Object() == nil {
						continue
					}
					p.ExportObjectFact(fn.Object(), new(exits))
					p.Report(check.Finding{Message: fn.Name() + " exits", Location: p.Location(fn.Syntax().(*ast.FuncDecl).Name)})
				}
			}
		}
		return nil
	},
})

// judge loads all folders of a txtar tree with Go files and runs checks; the
// result is a line a finding and a notice.
func judge(t *testing.T, archive string, checks ...*check.Check) string {
	t.Helper()
	tree, folders := treeOf(archive)
	results := run(t, tree, folders, nil, checks...)
	documents := map[string]*check.Document{}
	for _, p := range results.Packages {
		for _, d := range p.Documents() {
			documents[d.Path] = d
		}
	}
	var b strings.Builder
	for _, f := range results.Findings {
		d := documents[f.Location.Path]
		if f.Context != (check.Range{}) && !f.Context.Contains(f.Location.Range) {
			t.Errorf("%q is not in its context %q", d.Text(f.Location.Range), d.Text(f.Context))
		}
		fmt.Fprintf(&b, "%s:%s %s %s [%s] %q\n", d.Path, d.OffsetPosition(f.Location.Range.Start), f.CheckID, f.Message, f.Symbol, d.Text(f.Location.Range))
	}
	for _, n := range results.Notices {
		if n.At.Line > 0 {
			continue // the first error of the package: see package load
		}
		fmt.Fprintf(&b, "%s %s %s %s\n", n.Kind, n.Effect, n.CheckID, n)
	}
	return b.String()
}

// treeOf makes a tree of a txtar archive; folders are those with Go files.
func treeOf(archive string) (tree fstest.MapFS, folders []string) {
	tree = fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
		if strings.HasSuffix(f.Name, ".go") {
			folders = append(folders, filepath.ToSlash(filepath.Dir(f.Name)))
		}
	}
	return tree, folders
}

func plan(t *testing.T, tree fstest.MapFS, folders []string) *load.Plan {
	t.Helper()
	p, err := loader.Plan(t.Context(), load.Request{Tree: tree, Folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// run runs checks over folders of a tree. The notices are all there are.
func run(t *testing.T, tree fstest.MapFS, folders []string, cache *golang.Cache, checks ...*check.Check) golang.Results {
	t.Helper()
	p := plan(t, tree, folders)
	results, err := golang.Run(t.Context(), p, checks, cache)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

var loader = load.New(load.Options{})

func expect(t *testing.T, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestSymbol(t *testing.T) {
	got := judge(t, `
-- go.mod --
module example.com/m
-- p/p.go --
package p

import "crypto/md5"

type T[P any] struct{}

func (*T[P]) Pointer() { md5.New() }
func (t T[P]) Value()  { md5.New() }

func init() { md5.New() }

var a, b = 1, md5.New()

var (
	_ = func() int { md5.New(); return 1 }
)

func F() { func() { md5.New() }() }
-- p/generated.go --
// Code generated by hand. DO NOT EDIT.

package p

import "crypto/md5"

var c = md5.New()
`, md5Check)
	expect(t, got, `
p/p.go:7:26 go/md5 md5 [example.com/m/p.(*T).Pointer] "md5.New()"
p/p.go:8:26 go/md5 md5 [example.com/m/p.(T).Value] "md5.New()"
p/p.go:10:15 go/md5 md5 [example.com/m/p.init] "md5.New()"
p/p.go:12:15 go/md5 md5 [example.com/m/p.b] "md5.New()"
p/p.go:15:19 go/md5 md5 [example.com/m/p._] "md5.New()"
p/p.go:18:21 go/md5 md5 [example.com/m/p.F] "md5.New()"
left-out none  p: findings in generated code are left out: 1; what generates it is to be judged
`)
}

func TestContext(t *testing.T) {
	tree, folders := treeOf("-- a.go --\npackage p\n\nimport \"crypto/md5\"\n\nvar (\n\ta = 1\n\tb = md5.New()\n)\n\n// F does.\nfunc F() { md5.New() }\n")
	var got []string
	for _, f := range run(t, tree, folders, nil, md5Check).Findings {
		got = append(got, string(tree["a.go"].Data[f.Context.Start:f.Context.End]))
	}
	expect(t, strings.Join(got, "\n"), "b = md5.New()\nfunc F() { md5.New() }")
}

// What is found in a program that says itself that it is for tests is for who asks for more: in the whole module of a
// README that says so, and in a program whose own README, or documentation, does. What changes there is seen.
func TestProgramsForTrial(t *testing.T) {
	const code = "import \"crypto/md5\"\n\nvar c = md5.New()\n"
	tree, folders := treeOf("-- go.mod --\nmodule example.com/m\n-- lib/lib.go --\npackage lib\n\n" + code +
		"-- shingle/readme.txt --\nThis is a mock server.\n-- shingle/main.go --\npackage main\n\n" + code +
		"-- shingle/lib/lib.go --\npackage lib\n\n" + code +
		"-- show/show.go --\n// Show is a demo server.\npackage main\n\n" + code +
		"-- shown/go.mod --\nmodule example.com/go-examples/v2\n-- shown/a.go --\npackage shown\n\n" + code +
		"-- test/README.md --\nThis is a mock server.\n-- nested/go.mod --\nmodule example.com/nested\n-- nested/a.go --\npackage nested\n\n" + code)
	kept := &golang.Cache{States: 2}
	judge := func() string {
		var got []string
		for _, f := range run(t, tree, folders, kept, md5Check).Findings {
			got = append(got, f.Location.Path+" "+f.Persona.String())
		}
		slices.Sort(got)
		return strings.Join(got, "\n")
	}
	expect(t, judge(), "lib/lib.go regular\nnested/a.go regular\nshingle/lib/lib.go regular\nshingle/main.go pedantic\nshow/show.go pedantic\nshown/a.go pedantic")
	tree[".github/README.md"] = &fstest.MapFile{Data: []byte("# Shingle\n\nShingle is a small ACME test server.\n")} // shown where there is no other
	expect(t, judge(), "lib/lib.go pedantic\nnested/a.go regular\nshingle/lib/lib.go pedantic\nshingle/main.go pedantic\nshow/show.go pedantic\nshown/a.go pedantic")
	for _, name := range []string{"go.mod", "nested/go.mod", "shown/go.mod"} {
		delete(tree, name) // as before there were modules
	}
	expect(t, judge(), "lib/lib.go pedantic\nnested/a.go pedantic\nshingle/lib/lib.go pedantic\nshingle/main.go pedantic\nshow/show.go pedantic\nshown/a.go pedantic")
}

// What stands beside a program changes what is found in it, also where the package is known.
func TestProgramsAside(t *testing.T) {
	asks := *md5Check
	asks.RunPackage = func(ctx context.Context, pass *check.PackagePass) error {
		if pass.Aside {
			return nil
		}
		return md5Check.RunPackage(ctx, pass)
	}
	tree, folders := treeOf("-- go.mod --\nmodule example.com/m\n-- LICENSE --\n-- cmd/a/main.go --\npackage main\n\nimport \"crypto/md5\"\n\nvar c = md5.New()\n")
	kept := &golang.Cache{States: 2}
	if found := run(t, tree, folders, kept, &asks).Findings; len(found) != 0 {
		t.Fatal(found)
	}
	tree["Dockerfile"] = &fstest.MapFile{Data: []byte("FROM scratch\n")}
	if found := run(t, tree, folders, kept, &asks).Findings; len(found) != 1 {
		t.Fatal(found)
	}
}

func TestGeneratedIsAskedFor(t *testing.T) {
	c := *md5Check
	c.Generated = true
	got := judge(t, "-- a.go --\n// Code generated by hand. DO NOT EDIT.\n\npackage p\n\nimport \"crypto/md5\"\n\nvar c = md5.New()\n", &c)
	expect(t, got, `a.go:7:9 go/md5 md5 [] "md5.New()"`)
}

const chain = `
-- go.mod --
module example.com/m
-- c/c.go --
package c

import "example.com/m/b"

func C() { b.B() }
-- b/b.go --
package b

import "example.com/m/a"

func B() { a.A() }
-- a/a.go --
package a

import "os"

func A() { os.Exit(1) }
`

func TestFactsGoFromPackageToPackage(t *testing.T) {
	expect(t, judge(t, chain, exitCheck), `
a/a.go:5:6 go/exit A exits [example.com/m/a.A] "A"
b/b.go:5:6 go/exit B exits [example.com/m/b.B] "B"
c/c.go:5:6 go/exit C exits [example.com/m/c.C] "C"
`)
}

// Of packages that were not asked for only the facts are found out, and those
// only once.
func TestFactsOfDependencies(t *testing.T) {
	var judged []string
	c := *exitCheck
	c.RunPackage = func(ctx context.Context, p *check.PackagePass) error {
		judged = append(judged, p.Pkg.Path())
		return exitCheck.RunPackage(ctx, p)
	}
	tree, _ := treeOf(chain)
	var cache golang.Cache
	for _, test := range []struct{ folder, file, text, judged, finding string }{
		{"c", "", "", "[example.com/m/a example.com/m/b example.com/m/c]", "C exits"},
		{"c", "", "", "[]", "C exits"},
		{"b", "", "", "[example.com/m/b]", "B exits"},
		// The body of a function is another, the facts about it are the same.
		{"c", "a/a.go", "package a\n\nimport \"os\"\n\nfunc A() { os.Exit(2) }\n", "[example.com/m/a]", "C exits"},
		// What others can see is another.
		{"c", "a/a.go", "package a\n\nimport \"os\"\n\nfunc A() { os.Exit(2) }\n\ntype T int\n", "[example.com/m/a example.com/m/b example.com/m/c]", "C exits"},
		// The facts are others.
		{"c", "b/b.go", "package b\n\nimport _ \"example.com/m/a\"\n\nfunc B() {}\n", "[example.com/m/b example.com/m/c]", ""},
	} {
		if test.file != "" {
			tree[test.file] = &fstest.MapFile{Data: []byte(test.text)}
		}
		judged = nil
		results := run(t, tree, []string{test.folder}, &cache, &c, md5Check)
		found := ""
		for _, f := range results.Findings {
			found += f.Message
		}
		if got := fmt.Sprint(judged); got != test.judged || found != test.finding {
			t.Errorf("%s: %s judged, found %q; want %s, %q", test.folder, got, found, test.judged, test.finding)
		}
	}
}

// quoteCheck reports texts that it takes from the source.
var quoteCheck = describe("go/quote", check.Check{
	RunPackage: func(_ context.Context, p *check.PackagePass) error {
		for _, file := range p.Files {
			for n := range ast.Preorder(file) {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					p.Report(check.Finding{
						Message: "what is " + lit.Value + " for", Location: p.Location(lit),
						Related: []check.Location{{Path: "a.go", Message: lit.Value + lit.Value}},
						Fixes:   []check.Fix{{Title: "Turn it round", Edits: []check.Edit{p.Edit(lit, "f("+lit.Value+", x)")}}},
					})
				}
			}
		}
		return nil
	},
})

// A cache of two states of a package knows the last two, however many there were,
// and what did not change meanwhile.
func TestCacheStates(t *testing.T) {
	judged := ""
	counting := *quoteCheck
	counting.RunPackage = func(_ context.Context, p *check.PackagePass) error {
		judged += " " + p.Pkg.Name()
		return nil
	}
	kept := &golang.Cache{States: 2}
	judge := func(state int) string {
		tree, folders := treeOf(chain)
		tree["c/state.go"] = &fstest.MapFile{Data: fmt.Appendf(nil, "package c\n\nfunc state() int { return %d }\n", state)}
		judged = ""
		run(t, tree, folders, kept, &counting)
		return judged
	}
	if got := judge(0); len(strings.Fields(got)) != 3 {
		t.Fatalf("at first%s were judged", got)
	}
	for state := 1; state < 20; state++ {
		if got := judge(state); got != " c" {
			t.Fatalf("state %d: judged%s", state, got)
		}
	}
	for _, state := range []int{19, 18} {
		if got := judge(state); got != "" {
			t.Errorf("state %d again: judged%s", state, got)
		}
	}
	if got := judge(0); got != " c" {
		t.Errorf("the first state again: judged%s", got)
	}
}

// TestCacheOnDisk: another process finds the same without judging anything, what
// is on the disk shows nothing of the source, and may be damaged or go away.
func TestCacheOnDisk(t *testing.T) {
	const secret = "AKIA-NOT-A-REAL-KEY-8675309"
	tree, folders := treeOf(chain)
	tree["a/key.go"] = &fstest.MapFile{Data: []byte("package a\n\nvar Key = \"" + secret + "\"\n")}
	judged := 0
	counting := *quoteCheck
	counting.RunPackage = func(ctx context.Context, p *check.PackagePass) error {
		judged++
		return quoteCheck.RunPackage(ctx, p)
	}
	dir := t.TempDir()
	again := func() golang.Results {
		judged = 0
		return run(t, tree, folders, &golang.Cache{Disk: cache.Open(cache.Options{Dir: dir, Identity: "test"})}, &counting, exitCheck)
	}
	describe := func(r golang.Results) string {
		text := fmt.Sprintf("%+v %+v\n", r.Findings, r.Notices)
		for _, p := range r.Packages {
			text += fmt.Sprintln(p.ImportPath, p.Tier)
		}
		return text
	}
	first := describe(again())
	if judged != 3 || !strings.Contains(first, secret) {
		t.Fatalf("%d packages were judged, and found:\n%s", judged, first)
	}
	second := describe(again())
	if judged != 0 {
		t.Errorf("%d packages were judged again", judged)
	}
	expect(t, second, first)
	var files []string
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil || len(files) < 6 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(secret) - 6 {
			if strings.Contains(string(content), secret[i:i+6]) {
				t.Errorf("a part of the secret is on the disk: %q", content)
				break
			}
		}
		if err := os.WriteFile(name, content[:len(content)-2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	third := describe(again())
	if judged != 3 {
		t.Errorf("from torn files, %d packages were judged", judged)
	}
	expect(t, third, first)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fourth := describe(again())
	if judged != 3 {
		t.Errorf("without files, %d packages were judged", judged)
	}
	expect(t, fourth, first)
}

// Run with -race: while some packages are judged others are loaded, which must
// not change what is looked at.
func TestLoadingWhileJudging(t *testing.T) {
	looks := describe("go/look", check.Check{RunPackage: func(_ context.Context, p *check.PackagePass) error {
		seen := map[*types.Package]bool{}
		var look func(p *types.Package)
		look = func(p *types.Package) {
			if !seen[p] {
				seen[p] = true
				for _, name := range p.Scope().Names() {
					_ = p.Scope().Lookup(name).Type().String()
				}
				for _, imported := range p.Imports() {
					look(imported)
				}
			}
		}
		look(p.Pkg)
		return nil
	}})
	tree := fstest.MapFS{"go.mod": {Data: []byte("module example.com/m\n\ngo 1.26\n")}}
	var folders []string
	for i, imported := range []string{"net/http", "net/url", "crypto/tls", "mime/multipart", "net", "os", "crypto/x509", "io/fs", "bufio", "time", "context", "io"} {
		folder := fmt.Sprintf("p%02d", i)
		folders = append(folders, folder)
		tree[folder+"/p.go"] = &fstest.MapFile{Data: []byte("package p\n\nimport _ \"" + imported + "\"\n")}
	}
	plan, err := load.New(load.Options{}).Plan(t.Context(), load.Request{Tree: tree, Folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	results, err := golang.Run(t.Context(), plan, []*check.Check{looks}, nil)
	if err != nil || len(results.Packages) != len(folders) || len(results.Notices) > 0 {
		t.Errorf("%d packages, %v, %v", len(results.Packages), results.Notices, err)
	}
}

func TestFailuresAreIsolated(t *testing.T) {
	crashes := describe("go/crash", check.Check{RunPackage: func(_ context.Context, p *check.PackagePass) error {
		var none []int
		_ = none[len(p.Files)]
		return nil
	}})
	quotes := describe("go/quote", check.Check{RunPackage: func(context.Context, *check.PackagePass) error { panic("secret") }})
	errs := describe("go/error", check.Check{RunPackage: func(context.Context, *check.PackagePass) error { return errors.New("no luck") }})
	broken := &analysis.Analyzer{Name: "broken", Doc: "broken", RunDespiteErrors: true, Run: func(*analysis.Pass) (any, error) { return nil, errors.New("never") }}
	needs := describe("go/needs", check.Check{Requires: []*analysis.Analyzer{broken}, RunPackage: func(context.Context, *check.PackagePass) error { return nil }})
	got := judge(t, "-- a.go --\npackage p\n\nimport \"crypto/md5\"\n\nvar c = md5.New()\n", crashes, quotes, errs, needs, md5Check)
	const please = "; please report it, and switch the check off in the meantime"
	expect(t, got, `
a.go:5:9 go/md5 md5 [] "md5.New()"
check-failed not-judged go/crash .: check go/crash failed on package p: it crashed: runtime error: index out of range [1] with length 0`+please+`
check-failed not-judged go/quote .: check go/quote failed on package p: it crashed (string)`+please+`
check-failed not-judged go/error .: check go/error failed on package p: no luck`+please+`
check-failed not-judged go/needs .: check go/needs failed on package p: analyzer broken: never`+please)
}

func TestRequiredAnalyzerThatNeedsAllTypes(t *testing.T) {
	c := describe("go/flow", check.Check{Requires: []*analysis.Analyzer{ctrlflow.Analyzer}, RunPackage: func(context.Context, *check.PackagePass) error { return nil }})
	expect(t, judge(t, "-- a.go --\npackage p\n\nvar x int = nothing\n", c),
		"types degraded go/flow .: check go/flow did not run, because the package has type errors")
}

func TestCancelled(t *testing.T) {
	tree, folders := treeOf(chain)
	p := plan(t, tree, folders)
	ctx, cancel := context.WithCancel(t.Context())
	c := describe("go/cancel", check.Check{RunPackage: func(context.Context, *check.PackagePass) error { cancel(); return nil }})
	if _, err := golang.Run(ctx, p, []*check.Check{c}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// The drivers that other people use: x/tools' checker, analysistest, and go vet.

func TestAnalyzerInChecker(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, chain)
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	a := golang.Analyzer(exitCheck)
	if a.Name != "go_exit" {
		t.Errorf("the name is %s", a.Name)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{a}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for act := range graph.All() {
		if !act.IsRoot {
			continue
		}
		if act.Err != nil {
			t.Error(act.Err)
		}
		for _, d := range act.Diagnostics {
			got = append(got, d.Category+" "+d.Message)
		}
		for _, f := range act.Result.([]check.Finding) {
			got = append(got, f.Symbol)
		}
	}
	for _, want := range []string{"go/exit A exits", "go/exit B exits", "go/exit C exits", "example.com/m/c.C"} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// A suite reports what its checks do, except what is ignored.
func TestSuite(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, strings.Replace(chain, "{ b.B() }", "{ b.B() } // peercheck:ignore go/exit -- a test", 1))
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{golang.Suite("suite", []*check.Check{exitCheck, md5Check})}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for act := range graph.All() {
		if act.IsRoot {
			for _, d := range act.Diagnostics {
				got = append(got, d.Category+" "+d.Message)
			}
		}
	}
	slices.Sort(got)
	expect(t, strings.Join(got, "\n"), "go/exit A exits (go/exit)\ngo/exit B exits (go/exit)")
}

func TestAnalyzerInAnalysistest(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `
-- src/p/p.go --
package p

import "crypto/md5"

var h any = md5.New() // want "md5"
-- src/p/p.go.golden --
package p

var h any = nil // want "md5"
`)
	analysistest.RunWithSuggestedFixes(t, dir, golang.Analyzer(md5Check), "p")
}

func TestAnalyzersInGoVet(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, chain)
	tool, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", "-vettool="+tool, "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PEERCHECK_TEST_VETTOOL=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("go vet found nothing")
	}
	for _, want := range []string{"a.go:5:6: A exits", "b.go:5:6: B exits", "c.go:5:6: C exits"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
