package golangci_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"

	_ "github.com/peercheck/peercheck/cmd/golangci"
)

// analyzer asks for the plugin as golangci-lint does.
func analyzer(t *testing.T, settings any) (*analysis.Analyzer, error) {
	t.Helper()
	newPlugin, err := register.GetPlugin("peercheck")
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugin(settings)
	if err != nil {
		return nil, err
	}
	if mode := p.GetLoadMode(); mode != register.LoadModeTypesInfo {
		t.Errorf("the load mode is %s", mode)
	}
	list, err := p.BuildAnalyzers()
	if err != nil || len(list) != 1 || analysis.Validate(list) != nil {
		t.Fatalf("%v, %v, %v", list, err, analysis.Validate(list))
	}
	return list[0], nil
}

// checks names what an analyzer runs.
func checks(a *analysis.Analyzer) (names []string) {
	for _, required := range a.Requires {
		names = append(names, required.Name)
	}
	return names
}

func TestSettings(t *testing.T) {
	all, err := analyzer(t, nil)
	if err != nil || !slices.Contains(checks(all), "go_weak_hash") {
		t.Fatalf("%v, %v", all, err)
	}
	fewer, err := analyzer(t, map[string]any{"disable": []string{"go/weak-hash"}})
	if err != nil || slices.Contains(checks(fewer), "go_weak_hash") || len(fewer.Requires) != len(all.Requires)-1 {
		t.Errorf("%v, %v", checks(fewer), err)
	}
	more, err := analyzer(t, map[string]any{"persona": "auditor"})
	if err != nil || len(more.Requires) <= len(all.Requires) {
		t.Errorf("%v, %v", checks(more), err)
	}
	for _, settings := range []map[string]any{
		{"disabled": []string{"go/weak-hash"}}, {"disable": []string{"go/weakhash"}}, {"persona": "boss"},
	} {
		if _, err := analyzer(t, settings); err == nil {
			t.Errorf("%v is accepted", settings)
		}
	}
}

// analyze runs the analyzer over a module, as golangci-lint does.
func analyze(t *testing.T, module string) (*checker.Graph, []*packages.Package) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(module)).Files {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	a, err := analyzer(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{a}, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	return graph, pkgs
}

// The analyzer finds a flow through another package, and gives nothing else that
// would become an issue.
func TestFlowAcrossPackages(t *testing.T) {
	graph, pkgs := analyze(t, `
-- go.mod --
module example.com/m

go 1.26
-- disk/d.go --
package disk

import "os"

func Read(name string) { os.ReadFile(name) }
-- web/web.go --
package web

import (
	"net/http"

	"example.com/m/disk"
)

func Serve(w http.ResponseWriter, r *http.Request) { disk.Read(r.FormValue("f")) }
`)
	var found []string
	for act := range graph.All() {
		if !act.IsRoot {
			continue
		}
		if act.Err != nil {
			t.Error(act.Err)
		}
		for _, d := range act.Diagnostics {
			found = append(found, filepath.Base(pkgs[0].Fset.Position(d.Pos).Filename)+": "+d.Message)
			for _, r := range d.Related {
				found = append(found, "related: "+r.Message)
			}
		}
	}
	if got := strings.Join(found, ", "); got != "web.go: data from an HTTP request chooses the path that os.ReadFile works on (go/path-traversal)" {
		t.Errorf("found %q", got)
	}
}

// golangci-lint asks for the first file of a package that a fact is about, and there
// is none where all are tests.
func TestPackageOfTests(t *testing.T) {
	graph, _ := analyze(t, "-- go.mod --\nmodule example.com/m\n\ngo 1.26\n-- p/p_test.go --\npackage p\n")
	analysed := false
	for act := range graph.All() {
		analysed = true
		for _, f := range act.AllPackageFacts() {
			t.Errorf("%v has a fact: %v", f.Package, f.Fact)
		}
	}
	if !analysed {
		t.Error("nothing was analysed")
	}
}
