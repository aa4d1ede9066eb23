package rules

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"go/ast"
)

// TestList: every check is whole, no ID is there twice, and the list is sorted.
func TestList(t *testing.T) {
	all := All()
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if !c.Secret && (c.Page.Examples == "" || len(c.Page.References) == 0) {
			t.Errorf("%s: its page has no examples or no references", c.ID)
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("not sorted, or an ID twice: %v", ids)
	}
	if len(ids) < 200 {
		t.Errorf("only %d checks", len(ids))
	}
}

// TestTestDataIsUsed: no archive of test data lies about that no check embeds, or, of what
// persona regular sees (testdata/regular), stands for one that a check embeds.
func TestTestDataIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, c := range All() {
		used[c.Page.Examples] = true
	}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".txtar" {
			return err
		}
		embedded := name
		if folder := path.Dir(name); path.Base(folder) == "regular" {
			embedded = path.Join(path.Dir(folder), path.Base(name))
		}
		text, err := os.ReadFile(embedded)
		if err == nil && !used[string(text)] {
			t.Errorf("%s is the test data of no check that is listed", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestChecksArePure: no check reads a clock, the environment or randomness, or
// prints (invariant 1); what they may import is tested in lib. And none makes a
// line or a column itself (invariant 2).
func TestChecksArePure(t *testing.T) {
	forbidden := map[string]bool{
		"time.Now": true, "time.Since": true, "time.Until": true, "time.Sleep": true, "fmt.Print": true, "fmt.Printf": true, "fmt.Println": true,
		"rand.Int": true, "rand.Read": true, "log.Print": true, "log.Printf": true, "log.Println": true,
	}
	positions := map[string]bool{"Position": true, "UTF16Position": true, "UTF8Position": true}
	files := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && e.Name() == "testdata" {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) > 0 {
				// The engine of secrets counts lines as gitleaks does, whose rules can
				// demand another match within some lines.
				if sel, ok := lit.Type.(*ast.SelectorExpr); ok && positions[sel.Sel.Name] && !strings.HasPrefix(name, "secrets/engine/") {
					t.Errorf("%s: a %s is made in a check", fset.Position(n.Pos()), sel.Sel.Name)
				}
			}
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && forbidden[x.Name+"."+sel.Sel.Name] {
					t.Errorf("%s: %s.%s in a check", fset.Position(n.Pos()), x.Name, sel.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 10 {
		t.Fatalf("%d files, %v", files, err)
	}
}
