package bounds

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/ssa/ssautil"
)

// Each call of is says in a comment what its argument can be there.
const program = `package p

import "strconv"

func is(n int)      {}
func isU(n uint8)   {}
func length(s []int) {}

func conditions(x int, s []int) {
	if x >= 0 && x < 10 {
		is(x)     // 0 9
		is(x * 3) // 0 27
		is(-x)    // -9 0
		is(x - 4) // -4 5
		is(x << 2) // 0 36
		is(x % 4) // 0 3
	}
	if x-1000 < 10 && x > 7 {
		is(x) // 8 1009
	}
	if x < -3 || 12 < x {
		return
	}
	is(x) // -3 12
	if x != 12 {
		is(x) // -3 11
	}
	if !(x > 5) {
		is(x) // -3 5
	} else {
		is(x) // 6 12
	}
	y := x
	if y > 3 {
		y = 3
	}
	is(y) // -3 3
	is(min(x, 2)) // -3 2
	is(max(x, 2)) // 2 12
	is(x & 0xff) // 0 255
}

func types(x uint8, b int16) {
	is(int(x)) // 0 255
	is(int(b)) // -32768 32767
	isU(x ^ 0xf0) // 0 255
	isU(^x)  // 0 255
	if x < 128 {
		isU(^x) // 128 255
	}
	is(int(x) / 10) // 0 25
	is(int(x >> 4)) // 0 15
}

func parsed(s string) {
	n, _ := strconv.ParseInt(s, 10, 16)
	is(int(n)) // -32768 32767
	u, _ := strconv.ParseUint(s, 10, 8)
	is(int(u)) // 0 255
	a, _ := strconv.Atoi(s)
	is(a) // -9223372036854775808 9223372036854775807
}

func loops(s []int) {
	for i := 2; i < 17; i++ {
		is(i) // 2 16
	}
	for i := range 5 {
		is(i + 1) // 1 5
	}
	for i := 9; i >= 0; i-- {
		is(i) // 0 9
	}
	for i := range s {
		is(i) // 0 9223372036854775806
	}
	for i := 0; i < 38; i++ {
		for s[i] != 0 {
			is(i) // 0 37
			s[i]--
		}
	}
}

func lengths(n int, other []int) {
	a := make([]int, 3, 8)
	length(a) // 3 3
	length(a[1:]) // 2 2
	length(a[:6]) // 6 6
	a = append(a, 1, 2)
	length(a) // 5 5
	length(append(a, other...)) // ?
	length(nil) // 0 0
	if n > 2 && n < 6 {
		length(make([]int, n)) // 3 5
	}
	b := []int{1}
	if n > 3 {
		b = append(b, 2)
	}
	length(b) // 1 2
	length(other) // ?
}
`

func TestRanges(t *testing.T) {
	fset, file, pkg := build(t, program)
	wants := map[int]string{}
	for _, group := range file.Comments {
		wants[fset.Position(group.Pos()).Line] = strings.TrimSpace(group.Text())
	}
	tested := 0
	for _, m := range pkg.Members {
		fn, ok := m.(*ssa.Function)
		if !ok {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				call, ok := instr.(*ssa.Call)
				if !ok || call.Call.StaticCallee() == nil || !strings.HasPrefix(call.Call.StaticCallee().Name(), "is") && call.Call.StaticCallee().Name() != "length" {
					continue
				}
				line, arg, got := fset.Position(call.Pos()).Line, call.Call.Args[0], "?"
				if call.Call.StaticCallee().Name() == "length" {
					if r, _, ok := Length(arg); ok {
						got = fmt.Sprint(r.Min, " ", r.Max)
					}
				} else if r, ok := Of(arg, b); ok {
					got = fmt.Sprint(r.Min, " ", r.Max)
				}
				tested++
				if got != wants[line] {
					t.Errorf("line %d: %s, want %s", line, got, wants[line])
				}
			}
		}
	}
	if tested != len(wants) {
		t.Errorf("%d calls, %d expectations", tested, len(wants))
	}
}

func build(t *testing.T, text string) (*token.FileSet, *ast.File, *ssa.Package) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	pkg, _, err := ssautil.BuildPackage(&types.Config{Importer: importer.ForCompiler(fset, "source", nil)}, fset, types.NewPackage("p", "p"), []*ast.File{file}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fset, file, pkg
}

// A sum that is not looked at to its end has the range of its type, and is not found.
func TestFound(t *testing.T) {
	for terms, want := range map[int]bool{2: true, budget: false} {
		_, _, pkg := build(t, "package p\n\nfunc sum(n int) int { return n"+strings.Repeat(" + n%3", terms)+" }\n")
		for _, b := range pkg.Func("sum").Blocks {
			if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok {
				if _, got := Found(ret.Results[0], b); got != want {
					t.Errorf("%d terms: found %t, want %t", terms, got, want)
				}
			}
		}
	}
}
