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

	_ "github.com/peercheck/peercheck/cmd/golangci"
)

// analyzers asks for the plugin as golangci-lint does.
func analyzers(t *testing.T, settings any) ([]*analysis.Analyzer, error) {
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
	return p.BuildAnalyzers()
}

func names(list []*analysis.Analyzer) (names []string) {
	for _, a := range list {
		names = append(names, a.Name)
	}
	return names
}

func TestSettings(t *testing.T) {
	all, err := analyzers(t, nil)
	if err != nil || !slices.Contains(names(all), "go_weak_hash") || analysis.Validate(all) != nil {
		t.Fatalf("%v, %v, %v", names(all), err, analysis.Validate(all))
	}
	fewer, err := analyzers(t, map[string]any{"disable": []string{"go/weak-hash"}})
	if err != nil || slices.Contains(names(fewer), "go_weak_hash") || len(fewer) != len(all)-1 {
		t.Errorf("%v, %v", names(fewer), err)
	}
	more, err := analyzers(t, map[string]any{"persona": "auditor"})
	if err != nil || len(more) < len(all) {
		t.Errorf("%v, %v", names(more), err)
	}
	for _, settings := range []map[string]any{
		{"disabled": []string{"go/weak-hash"}}, {"disable": []string{"go/weakhash"}}, {"persona": "boss"},
	} {
		if _, err := analyzers(t, settings); err == nil {
			t.Errorf("%v is accepted", settings)
		}
	}
}

// The analyzers find a flow through another package, as golangci-lint runs them.
func TestFlowAcrossPackages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":     "module example.com/m\n\ngo 1.26\n",
		"disk/d.go":  "package disk\n\nimport \"os\"\n\nfunc Read(name string) { os.ReadFile(name) }\n",
		"web/web.go": "package web\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/m/disk\"\n)\n\nfunc Serve(w http.ResponseWriter, r *http.Request) { disk.Read(r.FormValue(\"f\")) }\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, "example.com/m/web")
	if err != nil {
		t.Fatal(err)
	}
	list, err := analyzers(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := checker.Analyze(list, pkgs, nil)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for act := range graph.All() {
		if !act.IsRoot {
			continue
		}
		if act.Err != nil {
			t.Error(act.Err)
		}
		for _, d := range act.Diagnostics {
			found = append(found, d.Category+" "+filepath.Base(pkgs[0].Fset.Position(d.Pos).Filename))
		}
	}
	if got := strings.Join(found, ", "); got != "go/path-traversal web.go" {
		t.Errorf("found %q", got)
	}
}
