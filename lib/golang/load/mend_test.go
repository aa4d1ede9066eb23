package load_test

import (
	"go/ast"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/golang/load"
)

// Whatever is half typed in one function, the others are seen, at their places.
func TestTyping(t *testing.T) {
	const before = "package m\n\nimport \"fmt\"\n\nfunc A() int { return 1 }\n\ntype T struct {\n\tX int\n}\n\nfunc (t *T) B(s string) error {\n\tif s == \"\" {\n\t\treturn nil\n\t}\n"
	const after = "\n\treturn nil\n}\n\n// C is documented.\nfunc C() { fmt.Println() }\n\nvar D = 1\n\nfunc E() {\n\tD++\n}\n"
	l := load.New(load.Options{})
	for _, typed := range []string{
		"\tif err := f(func(x int) error { return g(x, \"a\", 'b', []int{1, 2}[0]) }); err != nil {\n\t\treturn fmt.Errorf(`a %w`, err)\n\t}",
		"\tfor i := range 10 {\n\t\tswitch {\n\t\tcase i > 1:\n\t\t\tgo func() { <-c }()\n\t\t}\n\t}",
		"\tx := T{X: map[string]int{\"a\": 1}[s]}.X /* why */ // because",
		"}\n\nfunc (t *T) New(a, b int) (c int, err error) {\n\tdefer func() {}()",
		"}\n\ntype U struct {\n\tY int `json:\"y\"`\n}\n\nfunc F() error {",
		"}\n\nvar g = func() {\n}\n\nfunc F() error {",
	} {
		for i := range len(typed) + 1 {
			src := before + typed[:i] + after
			res, err := l.Load(t.Context(), load.Request{Tree: fstest.MapFS{"a.go": {Data: []byte(src)}}, Folders: []string{"."}})
			if err != nil {
				t.Fatal(err)
			}
			pkg := res.Packages[0]
			at := map[string]int{}
			for _, decl := range pkg.Files[0].Decls {
				if f, ok := decl.(*ast.FuncDecl); ok {
					at[f.Name.Name] = pkg.Fset.PositionFor(f.Pos(), false).Offset
				}
			}
			for _, name := range []string{"A", "C", "E"} {
				if want := strings.Index(src, "func "+name+"("); at[name] != want {
					t.Errorf("func %s is at %d, not %d, after %q was typed", name, at[name], want, typed[:i])
				}
			}
		}
	}
}
