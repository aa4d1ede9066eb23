package lib_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// world are the functions by which a program looks at the world around it.
var world = map[string][]string{
	"os":   {"Getenv", "LookupEnv", "Environ", "Args", "Exit", "Getwd", "UserCacheDir", "UserHomeDir", "UserConfigDir", "Hostname"},
	"time": {"Now", "Since", "Until"},
	"log":  {"Fatal", "Fatalf", "Fatalln"},
	"flag": {"Parse", "String", "Bool", "Int"},
}

// TestOnlyCommandsSeeTheWorld: cmd alone reads flags, environment and clock, or
// exits; everybody else is handed what they need in Options.
func TestOnlyCommandsSeeTheWorld(t *testing.T) {
	allowed := []string{
		"lib/golang/load/toolchain.go os.Environ", // Options.Env nil means it, as in os/exec
		"lib/checktest/module.go os.Getenv",
		"lib/repo/repotest/repotest.go os.LookupEnv",
	}
	files := 0
	root := os.DirFS("..")
	for _, top := range []string{"lib", "lsp", "hooks", "rules"} {
		err := fs.WalkDir(root, top, func(name string, e fs.DirEntry, err error) error {
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
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, name, text, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if ok && x.Obj == nil && slices.Contains(world[x.Name], sel.Sel.Name) && !slices.Contains(allowed, name+" "+x.Name+"."+sel.Sel.Name) {
					t.Errorf("%s: %s.%s belongs in cmd; take it as an option", fset.Position(n.Pos()), x.Name, sel.Sel.Name)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 50 {
		t.Fatalf("only %d files were read", files)
	}
}
