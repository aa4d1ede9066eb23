package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/query"
)

//go:embed testdata/unbounded-body-read.txtar
var unboundedBodyReadExamples string

// UnboundedBodyRead finds handlers that read a request body of any size into memory.
var UnboundedBodyRead = &check.Check{
	ID:         "go/unbounded-body-read",
	Title:      "Request body of any size is read into memory",
	CWE:        []check.CWE{770, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{golang.SSA},
	RunPackage: runUnboundedBodyRead,
	Page: check.Page{
		What: "A handler reads the whole body of a request, by `io.ReadAll`, `io.Copy` or `ReadFrom` into a buffer, and nothing in the package limits its size.",
		Why: "A server that trusts the client about the length reads until its memory is used up: one request with an endless body ends the process, and " +
			"with it every other request. Only form parsing has a limit by default (10 MB in `ParseForm`); the body itself has none.",
		Fix: "Read from `http.MaxBytesReader`, which also closes the connection of who sends more, or limit all handlers by `http.MaxBytesHandler`. " +
			"The quick fix sets a limit of 1 MiB here. Look at it before you apply it: larger requests fail from then on.",
		Limits: "Looks at functions that have the `http.ResponseWriter` or the context of gin or echo as well, because a request alone may be one that is sent. A limit " +
			"anywhere in the package (`http.MaxBytesReader`, `http.MaxBytesHandler`, echo's BodyLimit) and a test of the declared length count. A limit that another package or a proxy sets is not seen.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/770.html",
			"https://pkg.go.dev/net/http#MaxBytesReader",
		},
		Examples: unboundedBodyReadExamples,
	},
}

// wholeReaders are the functions that read to the end into memory, and which
// argument, the receiver counted, they read from.
var wholeReaders = map[string]int{
	"io.ReadAll":                  0,
	"io/ioutil.ReadAll":           0,
	"(*bytes.Buffer).ReadFrom":    1,
	"io.Copy":                     1, // into a buffer only
	"(*strings.Builder).ReadFrom": 1,
}

// limiters bound a body, wherever in a package they are called.
var limiters = map[string]bool{
	"net/http.MaxBytesReader":                                    true,
	"net/http.MaxBytesHandler":                                   true,
	"github.com/labstack/echo/v4/middleware.BodyLimit":           true,
	"github.com/labstack/echo/v4/middleware.BodyLimitWithConfig": true,
}

func runUnboundedBodyRead(ctx context.Context, pass *check.PackagePass) error {
	fns, ok := pass.ResultOf[golang.SSA].(*golang.Functions)
	if !ok || limited(fns) {
		return nil
	}
	for _, fn := range fns.Source {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !answers(fn) || comparesLength(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if call, ok := instr.(*ssa.Call); ok {
					unboundedRead(pass, fn, call)
				}
			}
		}
	}
	return nil
}

// limited reports whether something in the package bounds bodies.
func limited(fns *golang.Functions) bool {
	for _, fn := range fns.Source {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if call, ok := instr.(ssa.CallInstruction); ok && limiters[query.CalleeSSA(call.Common())] {
					return true
				}
			}
		}
	}
	return false
}

// answers reports whether a function, or one around it, answers requests. A
// framework that works with its own context does not: who calls it does.
func answers(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for _, p := range fn.Params {
			if isResponder(p.Type()) && (fn.Pkg == nil || !strings.HasPrefix(query.TypeName(p.Type()), fn.Pkg.Pkg.Path()+".")) {
				return true
			}
		}
	}
	return false
}

func isResponder(t types.Type) bool {
	for _, name := range []string{"net/http.ResponseWriter", "github.com/gin-gonic/gin.Context", "github.com/labstack/echo.Context", "github.com/labstack/echo/v4.Context"} {
		if query.IsType(t, name) {
			return true
		}
	}
	return false
}

// comparesLength reports whether a function looks at Request.ContentLength: a
// server reads no more than what is declared.
func comparesLength(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			if f, ok := instr.(*ssa.FieldAddr); ok && isField(f, "ContentLength") {
				return true
			}
		}
	}
	return false
}

// isField reports whether an address is that of a field of a request.
func isField(f *ssa.FieldAddr, name string) bool {
	if !query.IsType(f.X.Type(), "net/http.Request") {
		return false
	}
	s, ok := types.Unalias(f.X.Type()).(*types.Pointer).Elem().Underlying().(*types.Struct)
	return ok && s.Field(f.Field).Name() == name
}

// unboundedRead reports a call that reads a whole request body.
func unboundedRead(pass *check.PackagePass, fn *ssa.Function, call *ssa.Call) {
	name := query.CalleeSSA(&call.Call)
	index, ok := wholeReaders[name]
	if !ok || index >= len(call.Call.Args) || !isBody(call.Call.Args[index]) {
		return
	}
	if name == "io.Copy" && !isBuffer(call.Call.Args[0]) {
		return // it streams
	}
	expr := callAt(fn, call.Pos())
	if expr == nil || len(expr.Args) == 0 {
		return
	}
	body := expr.Args[len(expr.Args)-1]
	pass.Report(check.Finding{
		Message:  fmt.Sprintf("%s reads the request's body into memory, however large it is", short(name)),
		Location: pass.Location(expr),
		Fixes:    limitBody(pass, fn, body),
	})
}

func short(name string) string {
	switch name {
	case "io/ioutil.ReadAll":
		return "ioutil.ReadAll"
	case "(*bytes.Buffer).ReadFrom", "(*strings.Builder).ReadFrom":
		return "ReadFrom"
	}
	return name
}

// isBody reports whether a value is the body of a request, as it came.
func isBody(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.ChangeInterface:
		return isBody(v.X)
	case *ssa.UnOp:
		f, ok := v.X.(*ssa.FieldAddr)
		return ok && v.Op == token.MUL && isField(f, "Body") && !built(f.X)
	}
	return false
}

// built reports whether a request was made here, to be sent.
func built(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Alloc:
		return true
	case *ssa.Extract:
		if call, ok := v.Tuple.(*ssa.Call); ok {
			switch query.CalleeSSA(&call.Call) {
			case "net/http.NewRequest", "net/http.NewRequestWithContext":
				return true
			}
		}
	case *ssa.Call:
		switch query.CalleeSSA(&v.Call) {
		case "net/http/httptest.NewRequest", "(*net/http.Request).Clone":
			return true
		}
	}
	return false
}

func isBuffer(v ssa.Value) bool {
	if m, ok := v.(*ssa.MakeInterface); ok {
		return query.IsType(m.X.Type(), "bytes.Buffer") || query.IsType(m.X.Type(), "strings.Builder")
	}
	return false
}

// callAt finds the call whose parenthesis is at a position.
func callAt(fn *ssa.Function, lparen token.Pos) (found *ast.CallExpr) {
	if fn.Syntax() == nil {
		return nil
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && c.Lparen == lparen {
			found = c
		}
		return found == nil
	})
	return found
}

// limitBody wraps a body in http.MaxBytesReader, where the function itself has a
// writer with a name, whose type is spelled with the name of package http.
func limitBody(pass *check.PackagePass, fn *ssa.Function, body ast.Expr) []check.Fix {
	var params *ast.FieldList
	switch n := fn.Syntax().(type) {
	case *ast.FuncDecl:
		params = n.Type.Params
	case *ast.FuncLit:
		params = n.Type.Params
	}
	document := pass.Document(body.Pos())
	if params == nil || document == nil {
		return nil
	}
	for _, p := range params.List {
		sel, ok := p.Type.(*ast.SelectorExpr)
		if !ok || !query.IsType(pass.TypesInfo.TypeOf(p.Type), "net/http.ResponseWriter") {
			continue
		}
		pkg, ok := sel.X.(*ast.Ident)
		for _, name := range p.Names {
			if ok && name.Name != "_" {
				text := document.Text(pass.Range(body.Pos(), body.End()))
				return []check.Fix{{
					Title: "Limit the body to 1 MiB",
					Edits: []check.Edit{pass.Edit(body, fmt.Sprintf("%s.MaxBytesReader(%s, %s, 1<<20)", pkg.Name, name.Name, text))},
				}}
			}
		}
	}
	return nil
}
