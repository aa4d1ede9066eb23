package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bodies"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
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
	Requires:   []*analysis.Analyzer{flow.Analyzer, bodies.Analyzer},
	RunPackage: runUnboundedBodyRead,
	Page: check.Page{
		What: "A handler reads the whole body of a request, by `io.ReadAll`, `io.Copy` or `ReadFrom` into a buffer, or gin's `GetRawData`, and nothing in the package " +
			"limits its size. Decoders are `go/json-body-without-limit`.",
		Why: "A server that trusts the client about the length reads until its memory is used up: one request with an endless body ends the process, and " +
			"with it every other request. Only form parsing has a limit by default (10 MB in `ParseForm`); the body itself has none.",
		Fix: "Read from `http.MaxBytesReader`, which also closes the connection of who sends more, or limit all handlers by `http.MaxBytesHandler`. " +
			"The quick fix sets a limit of 1 MiB here. Look at it before you apply it: larger requests fail from then on.",
		Limits: "Looks at functions that have the `http.ResponseWriter` or the context of gin or echo as well, and at those that they call, because a request alone may be one that is sent. A limit " +
			"anywhere in the package (`http.MaxBytesReader`, `http.MaxBytesHandler`, echo's BodyLimit, a function of an imported package that wraps a handler in such a limit) and a test of the declared length count. A limit that a package around this one or a proxy sets is not seen. A body that was read and put back (`r.Body = io.NopCloser(bytes.NewReader(b))`), also by a function of the package, is in memory already: only the first read is a finding. " +
			"For persona pedantic are packages that are made for tests, methods of a type that has an `httptest.Server`, reads in a branch for a limit (`maxBody <= 0`) that is switched off, handlers that configure the program, as their documentation says, reads after a function that is named for it, or that verifies a token, has said who sends the request, after a secret was compared, or after who has no session was sent to log in, also in all callers, those of handlers that are registered behind one that is named for it (`requireAuth(s.upload)`), or with a router of the package all of whose requests come through one (`requireAuth(mux)`, `r.Use(requireAuth)`, a function that asks itself before it hands a request on; the routes that it lets by are not seen), packages whose routes are all below `/internal/`, functions for debugging, and programs below a folder contrib or, right in the module, tools, scripts, hack or misc, and those below the folder of a module with a license where nothing says how they are run for others (a Dockerfile, a unit of systemd, a chart).",
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
	"io.ReadAll":               0,
	"io/ioutil.ReadAll":        0,
	"(*bytes.Buffer).ReadFrom": 1,
	"io.Copy":                  1, // into a buffer only
}

// passers are functions that give a reader of the same bytes, and which argument
// they read them from.
var passers = map[string]int{
	"bufio.NewReader":     0,
	"bufio.NewReaderSize": 0,
	"io.TeeReader":        0,
	"io.NopCloser":        0,
	"io/ioutil.NopCloser": 0,
}

const ginRawData = "(*github.com/gin-gonic/gin.Context).GetRawData"

func runUnboundedBodyRead(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || bodies.Limited(pass.Pass) {
		return nil
	}
	for name := range wholeReaders {
		for _, c := range fl.Calls(name) {
			if readsOfAnswering(fl, c.Fn) {
				unboundedRead(pass, fl, c)
			}
		}
	}
	for _, c := range fl.Calls(ginRawData) {
		if readsOfAnswering(fl, c.Fn) {
			pass.Report(check.Finding{
				Persona:  personaOf(!isForKnown(pass, fl, c.Fn, c.Instr)),
				Message:  "GetRawData reads the request's body into memory, however large it is",
				Location: pass.Location(c.Expr),
			})
		}
	}
	return nil
}

// readsOfAnswering reports whether a function reads what was sent to a server, and
// does not look at the declared length first.
func readsOfAnswering(fl *flow.Flow, fn *ssa.Function) bool {
	return answersBy(fl, fn) && !comparesLength(fn)
}

// answers reports whether a function, or one around it, answers requests. A
// framework that works with its own context does not: who calls it does.
func answers(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for _, p := range fn.Params {
			if code.IsResponder(p.Type()) && (fn.Pkg == nil || !strings.HasPrefix(query.TypeName(p.Type()), fn.Pkg.Pkg.Path()+".")) {
				return true
			}
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
func unboundedRead(pass *check.PackagePass, fl *flow.Flow, c flow.Call) {
	index, args := wholeReaders[c.Name], c.Instr.Common().Args
	if index >= len(args) || len(c.Expr.Args) == 0 || !isBody(args[index]) {
		return
	}
	if c.Name == "io.Copy" && !isBuffer(args[0]) {
		return // it streams
	}
	if isKept(c.Instr) {
		return
	}
	persona := check.Regular
	if isMadeForTests(pass) || configures(fl, c.Fn) || code.BehindPassword(pass.Pass, c.Expr.Pos()) || isForKnown(pass, fl, c.Fn, c.Instr) || isBesides(pass) || logsIt(c.Fn) || servesTests(c.Fn) || isLimitOff(c.Instr) {
		persona = check.Pedantic
	}
	pass.Report(check.Finding{
		Persona:  persona,
		Message:  fmt.Sprintf("%s reads the request's body into memory, however large it is", short(c.Name)),
		Location: pass.Location(c.Expr),
		Fixes:    limitBody(pass, c.Fn, c.Expr.Args[len(c.Expr.Args)-1]),
	})
}

// logsIt reports whether a function, or the one that makes it, is there for debugging by its name.
func logsIt(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return slices.Contains(query.Words(fn.Name()), "debug")
}

// servesTests reports whether a function, or the one that makes it, is a method of a server that is made for tests: it has one of
// net/http/httptest.
func servesTests(fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	recv := fn.Signature.Recv()
	if recv == nil {
		return false
	}
	t := recv.Type()
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for field := range s.Fields() {
		if query.IsType(field.Type(), "net/http/httptest.Server") {
			return true
		}
	}
	return false
}

// isLimitOff reports whether an instruction is in a branch for a limit, by its name, that is 0 or less: who set it so has decided
// that there is none.
func isLimitOff(at ssa.Instruction) bool {
	for b := at.Block(); b.Idom() != nil; b = b.Idom() {
		pred := b.Idom()
		branch, ok := pred.Instrs[len(pred.Instrs)-1].(*ssa.If)
		if !ok || len(b.Preds) != 1 {
			continue
		}
		cond, ok := branch.Cond.(*ssa.BinOp)
		if !ok {
			continue
		}
		least, isConst := query.IntSSA(cond.Y)
		if !isConst || least > 0 || !limitsSize(nameOf(cond.X)) {
			continue
		}
		below := cond.Op == token.LSS || cond.Op == token.LEQ || cond.Op == token.EQL
		above := cond.Op == token.GTR || cond.Op == token.GEQ || cond.Op == token.NEQ
		if truth := b == pred.Succs[0]; below && truth || above && !truth {
			return true
		}
	}
	return false
}

// nameOf gives the name of the parameter or field that a value is read from, or of the function that gives it.
func nameOf(v ssa.Value) string {
	v = unconverted(v)
	if field := flow.Field(v); field != nil {
		return field.Name()
	}
	switch v := v.(type) {
	case *ssa.Parameter:
		return v.Name()
	case *ssa.Call:
		return calleeName(&v.Call)
	case *ssa.UnOp:
		switch at := v.X.(type) {
		case *ssa.FreeVar:
			return at.Name()
		case *ssa.Global:
			return at.Name()
		}
	case *ssa.FreeVar:
		return v.Name()
	}
	return ""
}

// limitsSize reports whether a name is that of a limit of how much is read: maxBodySize, readLimit.
func limitsSize(name string) bool {
	limits, size := false, false
	for _, w := range query.Words(name) {
		switch w {
		case "limit":
			return true
		case "max", "maximum":
			limits = true
		case "size", "bytes", "body", "length", "len", "read", "request", "upload", "payload", "memory", "buffer":
			size = true
		}
	}
	return limits && size
}

func short(name string) string {
	switch name {
	case "io/ioutil.ReadAll":
		return "ioutil.ReadAll"
	case "(*bytes.Buffer).ReadFrom":
		return "ReadFrom"
	}
	return name
}

// isBody reports whether a value is the body of a request, as it came.
func isBody(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.ChangeInterface:
		return isBody(v.X)
	case *ssa.MakeInterface:
		return isBody(v.X)
	case *ssa.Call:
		i, ok := passers[query.CalleeSSA(&v.Call)]
		return ok && i < len(v.Call.Args) && isBody(v.Call.Args[i])
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
		if call, ok := v.Tuple.(*ssa.Call); ok && query.MakesRequest(query.CalleeSSA(&call.Call)) {
			return true
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

// limitBody wraps the body of a request in http.MaxBytesReader. Without a writer
// at hand the reader limits as well; it only does not close the connection.
func limitBody(pass *check.PackagePass, fn *ssa.Function, body ast.Expr) []check.Fix {
	file := code.FileAt(pass.Pass, body.Pos())
	if file == nil || !query.IsType(pass.TypesInfo.TypeOf(body), "io.ReadCloser") { // a reader around it
		return nil
	}
	pkg, edits := edit.Import(pass, file, "net/http", body.Pos())
	text := fmt.Sprintf("%s.MaxBytesReader(%s, %s, 1<<20)", pkg, writer(fn), edit.Text(pass, body))
	return []check.Fix{{Title: "Limit the body to 1 MiB", Edits: append(edits, pass.Edit(body, text))}}
}

// writer spells the response writer that a function, or one around it, has; "nil"
// if none has a name.
func writer(fn *ssa.Function) string {
	for ; fn != nil; fn = fn.Parent() {
		for _, p := range fn.Params {
			if p.Name() == "_" || p.Name() == "" {
				continue
			}
			switch code.Unversioned(query.TypeName(p.Type())) {
			case "net/http.ResponseWriter":
				return p.Name()
			case "github.com/gin-gonic/gin.Context":
				return p.Name() + ".Writer"
			case "github.com/labstack/echo.Context":
				return p.Name() + ".Response()"
			}
		}
	}
	return "nil"
}
