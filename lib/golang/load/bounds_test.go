package load_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/golang/load"
)

// lines repeats a line with a number and the next one.
func lines(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", i, i+1)
	}
	return b.String()
}

// Hostile source that would take minutes, all memory or the whole stack. Without
// the bounds these tests do not end.
func TestBounds(t *testing.T) {
	const gaveUp = "types are not known, because the type checker gave up: "
	for _, test := range []struct{ name, src, want string }{
		{"variables that need one another", lines("var x%d = x%d", 300_000) + "var x300000 = 1", "too many declarations that need one another"},
		{"aliases that need one another", lines("type x%d = x%d", 100_000) + "type x100000 = int", "too many declarations that need one another"},
		{"recursive types that need one another", lines("type x%d []x%d", 300_000) + "type x300000 []x0", "too many declarations that need one another"},
		{"types made of types", lines("type x%d struct{ a x%d }", 3_000) + "type x3000 int", "types that contain each other too often"},
		{"defined types in a row", lines("type x%d x%d", 3_000) + "type x3000 int", "types that contain each other too often"},
		{"interfaces in a row", lines("type x%d interface{ x%d }", 3_000) + "type x3000 interface{}", "types that contain each other too often"},
		{"types that double", lines("type x%d struct{ a, b x%d }", 60) + "type x60 int", "types that contain each other too often"},
		{"type arguments that double", lines("type x%d[P any] struct{ a x%[2]d[[]P]; b x%[2]d[*P] }", 60) + "type x60[P any] struct{ p P }\n\nvar x x0[int]", "types that contain each other too often"},
		{"types in a function that double", "func f() {\n\ttype y0 int\n" + lines("type y%[2]d struct{ a, b y%[1]d }", 60) + "}", "types that contain each other too often"},
		{"sizes that double", "import \"unsafe\"\n\n" + lines("type x%d struct{ a x%d }", 60) + "type x60 int\n\nconst size = unsafe.Sizeof(x0{})", "types that contain each other too often"},
		{"constants that double", "const x0 = \"aaaaaaaa\"\n" + lines("const x%[2]d = x%[1]d + x%[1]d", 60) + "var n = len(x60)", "constant strings that are too long"},
		{"constants in a function that double", "func f() {\n\tconst y = \"aaaaaaaa\"\n\t" + strings.Repeat("{ const y = y + y\n", 60) + "var n = len(y)" + strings.Repeat("}", 60) + "}", "constant strings that are too long"},
		{"long constants that are named often", "const x = \"" + strings.Repeat("a", 1<<20) + "\"\n\nvar n = []int{" + strings.Repeat("len(x+x+x+x+x),", 100) + "}", "constant strings that are too long"},
		{"many constants without a value", "const (\n\tx0 = iota\n" + lines("x%[2]d", 50_000) + ")", ""},
		{"many types", lines("type x%d struct{ next *x%d }", 5_000) + "type x5000 struct{ first *x0 }", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := describe(t, load.New(load.Options{}), load.Request{Tree: fstest.MapFS{"a.go": {Data: []byte("package m\n\n" + test.src + "\n")}}, Folders: []string{"."}})
			if want := `. "" m text a.go` + "\ntypes degraded: .: " + gaveUp + test.want; test.want != "" {
				expect(t, got, want)
			} else {
				expect(t, got, `. "" m typed a.go`)
			}
		})
	}
}
