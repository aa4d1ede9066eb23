package golang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"
)

// The recipe for nogo is true: Analyzer is one that drivers accept, and the
// package that the README shows compiles.
func TestREADME(t *testing.T) {
	if err := analysis.Validate([]*analysis.Analyzer{Analyzer}); err != nil {
		t.Error(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, code, ok := strings.Cut(string(readme), "    // Package security has")
	code, _, _ = strings.Cut(code, "\nFacts are kept")
	if !ok {
		t.Fatal("the README has no package security")
	}
	code = "//" + strings.ReplaceAll(code, "\n    ", "\n")
	file, err := filepath.Abs("readme/security.go")
	if err != nil {
		t.Fatal(err)
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedImports, Overlay: map[string][]byte{file: []byte(code)},
	}, "./readme")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pkgs {
		for _, e := range p.Errors {
			t.Errorf("%v in\n%s", e, code)
		}
		if p.Types == nil || p.Types.Scope().Lookup("Analyzer") == nil {
			t.Errorf("%s has no Analyzer", p.Name)
		}
	}
}
