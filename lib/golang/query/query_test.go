package query_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/query"
)

var loader = load.New(load.Options{})

func loadFile(t *testing.T, src string) *load.Package {
	t.Helper()
	res, err := loader.Load(t.Context(), load.Request{
		Tree: fstest.MapFS{
			"go.mod": {Data: []byte("module example.com/m\n\ngo 1.24\n")},
			"a.go":   {Data: []byte(src)},
		},
		Folders: []string{"."},
	})
	if err != nil {
		t.Fatal(err)
	}
	return res.Packages[0]
}

const calls = `package m

import (
	"io"
	"net/http"
	"sync/atomic"
	"unsafe"
)

type Alias = http.Server

type Embeds struct{ *http.Server }

func (Embeds) Value()                {}
func Generic[T any](T)               {}
func local(io.Writer)                {}

func calls(a *Alias, e Embeds, h http.Header, r io.Reader, i interface{ M() }, p *atomic.Pointer[int]) {
	http.ListenAndServe("", nil)
	a.Close()
	e.Close()
	e.Value()
	h.Set("", "")
	r.Read(nil)
	i.M()
	p.Load()
	Generic(1)
	Generic[string]("")
	local(nil)
	(http.NotFound)(nil, nil)
	print(1)
	unsafe.String(nil, 0)
	(*http.Server).Close(a)
	f := func() {}
	f()
	_ = string([]byte{})
	var err error
	err.Error()
}
`

var callees = []string{
	"net/http.ListenAndServe",
	"(*net/http.Server).Close",
	"(*net/http.Server).Close",
	"(example.com/m.Embeds).Value",
	"(net/http.Header).Set",
	"(io.Reader).Read",
	"(interface).M",
	"(*sync/atomic.Pointer).Load",
	"example.com/m.Generic",
	"example.com/m.Generic",
	"example.com/m.local",
	"net/http.NotFound",
	"print",
	"unsafe.String",
	"(*net/http.Server).Close",
	"",
	"",
	"(error).Error",
}

func TestCallee(t *testing.T) {
	pkg := loadFile(t, calls)
	var got []string
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			got = append(got, query.Callee(pkg.Info, call))
		}
		return true
	})
	same(t, got, callees)
}

func TestCalleeSSA(t *testing.T) {
	pkg := loadFile(t, calls)
	prog := ssa.NewProgram(pkg.Fset, ssa.BuilderMode(0))
	for _, p := range pkg.Types.Imports() {
		prog.CreatePackage(p, nil, nil, true)
	}
	built := prog.CreatePackage(pkg.Types, pkg.Files, pkg.Info, false)
	built.Build()
	var got []string
	for _, block := range built.Func("calls").Blocks {
		for _, instr := range block.Instrs {
			if call, ok := instr.(ssa.CallInstruction); ok {
				got = append(got, query.CalleeSSA(call.Common()))
			}
		}
	}
	want := append([]string{}, callees...)
	want[15] = "" // the call of f is static, of a function without a name
	same(t, got, append(want[:16:16], want[17:]...))
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got:\n%s\n\nwant:\n%s", g, w)
	}
}

func TestTypes(t *testing.T) {
	pkg := loadFile(t, `package m

import (
	"crypto/tls"
	"net/http"
	"sync/atomic"
)

type Alias = tls.Config
type own struct{}
func (*own) Read([]byte) (int, error) { return 0, nil }
func (own) Error() string { return "" }
type broken struct{ x undefined }

var (
	server  *http.Server
	config  Alias
	pointer atomic.Pointer[int]
	mine    own
	text    string
	slice   []byte
	failed  undefined
	err     error
)
`)
	for _, test := range []struct{ name, want string }{
		{"server", "net/http.Server"}, {"config", "crypto/tls.Config"}, {"pointer", "sync/atomic.Pointer"},
		{"mine", "example.com/m.own"}, {"text", "string"}, {"slice", ""}, {"failed", ""}, {"err", "error"},
	} {
		if got := query.TypeName(pkg.Types.Scope().Lookup(test.name).Type()); got != test.want {
			t.Errorf("TypeName of %s is %q, not %q", test.name, got, test.want)
		}
	}
	mine := pkg.Types.Scope().Lookup("mine").Type()
	for _, test := range []struct {
		t     types.Type
		iface string
		want  bool
	}{
		{mine, "io.Reader", true}, {types.NewPointer(mine), "io.Reader", true}, {mine, "error", true}, {mine, "io.Writer", false},
		{mine, "example.com/nowhere.Reader", false}, {nil, "io.Reader", false}, {types.Typ[types.Invalid], "io.Reader", false},
	} {
		if got := query.Implements(pkg.Types, test.t, test.iface); got != test.want {
			t.Errorf("Implements(%v, %s) is %t", test.t, test.iface, got)
		}
	}
	if query.IsType(nil, "") || query.IsType(types.Typ[types.Invalid], "") {
		t.Error("a type that is not known has a name")
	}
}

func TestConstants(t *testing.T) {
	pkg := loadFile(t, `package m

const host = "0.0.0" + ".0"

type Mode uint32

var v = []any{host, 0o600, Mode(3), 1 << 70, true, "x" + y, 'a', 2.0}
var y = "y"
`)
	var got []string
	ast.Inspect(pkg.Files[0], func(n ast.Node) bool {
		if list, ok := n.(*ast.CompositeLit); ok {
			for _, e := range list.Elts {
				s, isString := query.String(pkg.Info, e)
				i, isInt := query.Int(pkg.Info, e)
				b, isBool := query.Bool(pkg.Info, e)
				got = append(got, fmt.Sprintf("%q %t %d %t %t %t", s, isString, i, isInt, b, isBool))
			}
		}
		return true
	})
	same(t, got, []string{
		`"0.0.0.0" true 0 false false false`,
		`"" false 384 true false false`,
		`"" false 3 true false false`,
		`"" false 0 false false false`,
		`"" false 0 false true true`,
		`"" false 0 false false false`,
		`"" false 97 true false false`,
		`"" false 2 true false false`,
	})
}

func TestEnclosingFunc(t *testing.T) {
	const src = "package m\n\nvar A = 1\n\nfunc F() { B(); func() { C() }() }\nfunc B() {}\nfunc C() {}\n"
	pkg := loadFile(t, src)
	base := pkg.Files[0].FileStart
	for _, test := range []struct{ text, want string }{{"A = 1", "<nil>"}, {"B();", "*ast.FuncDecl"}, {"C() }", "*ast.FuncLit"}} {
		pos := base + token.Pos(strings.Index(src, test.text))
		got := fmt.Sprintf("%T", query.EnclosingFunc(pkg.Files, pos))
		if got != test.want {
			t.Errorf("around %s: %s", test.text, got)
		}
	}
}

func TestAssigned(t *testing.T) {
	pkg := loadFile(t, `package m

type T struct{ f string }

var once = "1"
var twice = "2"

func init() { twice = "3" }

func F(param, changed string, p *T) {
	a, b := "4", "5"
	c, d := pair()
	var e string
	for i, v := range []string{"6"} {
		_, _ = i, v
	}
	changed = "7"
	p.f = "8"
	(*p).f += "9"
	n := 0
	n++
	taken := "10"
	_ = &taken
	_, _, _, _, _, _, _ = a, b, c, d, e, n, param
}

func pair() (string, string) { return "", "" }
`)
	assignments := query.AssignmentsIn(&analysis.Pass{Files: pkg.Files, TypesInfo: pkg.Info})
	got := map[string]string{}
	for id, obj := range pkg.Info.Defs {
		v, ok := obj.(*types.Var)
		if !ok || id.Name == "_" {
			continue
		}
		values, others := assignments.Of(v)
		var texts []string
		for _, e := range values {
			texts = append(texts, types.ExprString(e))
		}
		if others {
			texts = append(texts, "...")
		}
		got[id.Name] = strings.Join(texts, " ")
	}
	want := map[string]string{
		"once": `"1"`, "twice": `"2" "3"`, "param": "", "changed": `"7"`, "p": "", "f": `"8" ...`, "a": `"4"`, "b": `"5"`,
		"c": "...", "d": "...", "e": "", "i": "...", "v": "...", "n": "0 ...", "taken": `"10" ...`,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
