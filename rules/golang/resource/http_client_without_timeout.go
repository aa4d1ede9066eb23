package resource

import (
	"context"
	_ "embed"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/http-client-without-timeout.txtar
var httpClientWithoutTimeoutExamples string

// HTTPClientWithoutTimeout finds HTTP requests that may wait for ever.
var HTTPClientWithoutTimeout = &check.Check{
	ID:         "go/http-client-without-timeout",
	Title:      "HTTP client waits for ever",
	CWE:        []check.CWE{1088, 400},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runHTTPClientWithoutTimeout,
	Page: check.Page{
		What:   "Requests are sent by `http.Get`, `http.Post` and their kin, or by an `http.Client` without `Timeout`, in a package that gives no request a context.",
		Why:    "The default client has no timeout. A server that accepts and never answers keeps the goroutine, its memory and its connection; a few thousand of them end the program. If the address comes from a stranger, they decide how long it waits.",
		Fix:    "Use a client with a `Timeout`, or `http.NewRequestWithContext` with a deadline. There is no quick fix, because only you know how long an answer may take.",
		Limits: "For the careful, because a command-line tool may well wait. A package that calls NewRequestWithContext anywhere is left alone for its clients, and so is a client with a `Transport` of its own, and test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/1088.html",
			"https://pkg.go.dev/net/http#Client",
		},
		Examples: httpClientWithoutTimeoutExamples,
	},
}

func runHTTPClientWithoutTimeout(_ context.Context, pass *check.PackagePass) error {
	const message = "a server that never answers keeps this request waiting for ever: it has no timeout"
	if code.Path(pass.Pkg) == "net/http" {
		return nil // its Get is what others call
	}
	withContext := false
	for c := range code.Calls(pass.Pass, func(called query.Called) bool {
		return called.Func != nil && code.Path(called.Func.Pkg()) == "net/http"
	}) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		switch name := query.Callee(pass.TypesInfo, call); name {
		case "net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm":
			pass.Report(check.Finding{Message: message, Location: pass.Location(call)})
		case "net/http.NewRequestWithContext", "(*net/http.Request).WithContext", "(*net/http.Request).Clone":
			withContext = true
		case "(*net/http.Client).Get", "(*net/http.Client).Head", "(*net/http.Client).Post", "(*net/http.Client).PostForm":
			sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
			if v := code.Var(pass.TypesInfo, sel.X); ok && v != nil && query.Name(v) == "net/http.DefaultClient" {
				pass.Report(check.Finding{Message: strings.Replace(message, "request", "default client's request", 1), Location: pass.Location(call)})
			}
		}
	}
	if withContext {
		return nil
	}
	for s := range code.Structs(pass.Pass, "net/http.Client") {
		timeout, set := code.ConstInt(pass.Pass, s.Fields["Timeout"])
		if s.Has("Timeout") && (!set || timeout != 0) || s.Shared || s.Has("Transport") {
			continue
		}
		place := s.Node
		if lit, ok := s.Node.(*ast.CompositeLit); ok && lit.Type != nil {
			place = lit.Type
		}
		pass.Report(check.Finding{Message: "a server that never answers keeps this client waiting for ever: it has no timeout", Location: pass.Location(place)})
	}
	return nil
}
