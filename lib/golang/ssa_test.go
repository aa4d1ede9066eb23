package golang_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
)

// functions gives the names of a package's functions in SSA form, and of those
// that lost their body.
func functions(t *testing.T, archive string) string {
	t.Helper()
	var b strings.Builder
	c := describe("go/list", check.Check{
		Requires: []*analysis.Analyzer{golang.SSA},
		RunPackage: func(_ context.Context, p *check.PackagePass) error {
			fns := p.ResultOf[golang.SSA].(*golang.Functions)
			for _, fn := range fns.Source {
				fmt.Fprintln(&b, fn.RelString(fns.Pkg.Pkg))
			}
			for _, decl := range fns.Skipped {
				fmt.Fprintln(&b, "-", decl.Name.Name)
			}
			return nil
		},
	})
	b.WriteString(judge(t, archive, c))
	return b.String()
}

func TestSSA(t *testing.T) {
	for _, test := range []struct{ name, files, want string }{
		{"all", `
-- a.go --
package p

var v = func() int { return 1 }()

type T[P any] struct{ p P }

func (t *T[P]) Get() P { return t.p }
func Generic[P any](p P) { func() { _ = p }() }
func init() {}
func init() {}
func _() {}
func external()
`, "init\ninit$1\n(*T[P]).Get\nGeneric\nGeneric$1\ninit#1\ninit#2\n_\n"},
		{"soft errors", `
-- a.go --
package p

import "os"

func F() { x := 1 }
`, "init\nF\n"},
		{"type error in a body", `
-- a.go --
package p

func Good() { Bad() }
func Bad() { var x int = "x"; _ = x }
`, "init\nGood\n- Bad\n"},
		{"missing package", `
-- a.go --
package p

import "example.com/missing"

type T struct { x missing.X; y int }

var v = missing.V()
var w = 1

func Field(t *T) int { return t.y }
func Unknown(t *T) { use(t.x) }
func Param(x missing.X) {}
func Calls() { Param(nil) }
func Method() { Field(nil) }
func (t *T) Get() int { return t.y }
func use(any) {}
`, "init\nField\nMethod\n(*T).Get\nuse\n- Unknown\n- Param\n- Calls\n"},
		{"broken syntax", `
-- a.go --
package p

func Good() {}
func Bad() {
	x.
}

func Better() {}
`, "init\nGood\nBetter\n- Bad\n"},
		{"declared twice", `
-- a.go --
package p

func A() int { return 1 }
func A() string { return B() }
func B() string { return "" }
type A struct{}
var B = 1
const A = 2
type C int
func (C) m() {}
func (C) m() {}
func (D) m() {}
`, "init\nA\nB\n(C).m\n- A\n- m\n- m\n"},
		{"cgo", `
-- a.go --
package p

// int f(void);
import "C"

func Native() int { return int(C.f()) }
func Pure() int { return 1 }
`, "init\nPure\n- Native\n"},
		{"range over func", `
-- go.mod --
module m

go 1.23
-- a.go --
package p

func Each(yield func(int) bool) {}
func F() { for x := range Each { _ = x } }
`, "init\nEach\nF\nF$1\n"},
	} {
		t.Run(test.name, func(t *testing.T) { expect(t, functions(t, test.files), test.want) })
	}
}

func TestSSAIsOfThePassTypes(t *testing.T) {
	c := describe("go/types", check.Check{
		Requires:  []*analysis.Analyzer{golang.SSA},
		FactTypes: []analysis.Fact{new(exits)},
		RunPackage: func(_ context.Context, p *check.PackagePass) error {
			for _, fn := range p.ResultOf[golang.SSA].(*golang.Functions).Source {
				if fn.Object() != nil {
					p.ExportObjectFact(fn.Object(), new(exits)) // panics for another package's object
				}
			}
			return nil
		},
	})
	expect(t, judge(t, "-- a.go --\npackage p\n\nfunc F() {}\nfunc G() { x }\n", c), "")
}

// A package that the type checker gave up on has syntax and nothing else.
func TestNoTypesAtAll(t *testing.T) {
	src := "-- a.go --\npackage p\n\nimport \"crypto/md5\"\n\nconst x0 = \"aaaaaaaa\"\n"
	for i := range 40 {
		src += fmt.Sprintf("const x%d = x%d + x%d\n", i+1, i, i)
	}
	expect(t, judge(t, src+"var n = len(x40)\n\nfunc F() { md5.New() }\n", exitCheck, md5Check),
		"types degraded  .: types are not known, because the type checker gave up: constant strings that are too long")
}
