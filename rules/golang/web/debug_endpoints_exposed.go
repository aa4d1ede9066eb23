package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/constant"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/debug-endpoints-exposed.txtar
var debugEndpointsExposedExamples string

// DebugEndpointsExposed finds pprof and expvar on a server that is open to the network.
var DebugEndpointsExposed = &check.Check{
	ID:         "go/debug-endpoints-exposed",
	Title:      "Profiling and debug endpoints are open to the network",
	CWE:        []check.CWE{489, 200},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runDebugEndpointsExposed,
	Page: check.Page{
		What: "A package imports `net/http/pprof` or `expvar`, which register themselves on `http.DefaultServeMux`, and serves that mux on an address that is not loopback.",
		Why: "The endpoints need no password. They give away the command line with its secrets, goroutines, memory and source paths, and each `profile` request costs half a minute of CPU. " +
			"Kubernetes' kubelet had it on its public health port (CVE-2019-11248).",
		Fix: "Serve the public routes from a mux of your own, and the default one on `localhost:6060` or behind authentication. There is no quick fix, because routes have to move.",
		Limits: "Sees a server only in the package that imports the endpoints. Left alone: addresses that are loopback, or whose name says that they are for operators (`debugAddr`, `pprofListen`), servers under a condition that says so (`if cfg.Profile != \"\"`) or in a function that is named so, packages that are named so, servers " +
			"with a handler of their own, and test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/489.html",
			"https://pkg.go.dev/net/http/pprof",
			"https://nvd.nist.gov/vuln/detail/CVE-2019-11248",
		},
		Examples: debugEndpointsExposedExamples,
	},
}

func runDebugEndpointsExposed(_ context.Context, pass *check.PackagePass) error {
	var imports []*ast.ImportSpec
	for _, file := range pass.Files {
		if code.IsTest(pass.Pass, file) {
			continue
		}
		for _, spec := range file.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); path == "net/http/pprof" || path == "expvar" {
				imports = append(imports, spec)
			}
		}
	}
	if len(imports) == 0 {
		return nil
	}
	served := servesDefaultMux(pass)
	if served == nil || forOperators(pass.Pkg.Name()) {
		return nil
	}
	for _, spec := range imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		related := pass.Location(served)
		related.Message = "the default mux is served here"
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s adds debug endpoints to the default mux, which this package serves to the network", path),
			Location: pass.Location(spec),
			Related:  []check.Location{related},
		})
	}
	return nil
}

// servesDefaultMux gives a place that serves http.DefaultServeMux on an address
// others can reach, nil if there is none.
func servesDefaultMux(pass *check.PackagePass) ast.Node {
	isDefault := func(handler ast.Expr) bool {
		if pass.TypesInfo.Types[handler].IsNil() {
			return true
		}
		v := code.Var(pass.TypesInfo, handler)
		return v != nil && query.Name(v) == "net/http.DefaultServeMux"
	}
	for c := range code.CallsTo(pass.Pass, "net/http.ListenAndServe", "net/http.ListenAndServeTLS") {
		call, ok := c.Node().(*ast.CallExpr)
		if ok && len(call.Args) >= 2 && isDefault(call.Args[len(call.Args)-1]) && !isAskedFor(c) && reachable(pass, call.Args[0]) {
			return call
		}
	}
	for s := range code.Structs(pass.Pass, "net/http.Server") {
		if _, literal := s.Node.(*ast.CompositeLit); !literal || s.Shared || !s.Has("Addr") {
			continue
		}
		if handler := s.Fields["Handler"]; (handler == nil || isDefault(handler)) && !isAskedFor(s.Cursor) && reachable(pass, s.Fields["Addr"]) {
			return s.Node
		}
	}
	return nil
}

// isAskedFor reports whether a place runs only under a condition, or in a function, that speaks of debugging: somebody
// wants a profile.
func isAskedFor(c inspector.Cursor) bool {
	for around := range c.Enclosing((*ast.IfStmt)(nil), (*ast.FuncDecl)(nil)) {
		switch n := around.Node().(type) {
		case *ast.IfStmt:
			if purpose.Speaks(n.Cond, isForDebugging) {
				return true
			}
		case *ast.FuncDecl:
			return slices.ContainsFunc(query.Words(n.Name.Name), isForDebugging)
		}
	}
	return false
}

// reachable reports whether an address is not one of the machine alone, and not
// meant for operators.
func reachable(pass *check.PackagePass, addr ast.Expr) bool {
	if v := code.Const(pass.Pass, addr); v != nil && v.Kind() == constant.String {
		s := constant.StringVal(v)
		return !strings.HasPrefix(s, "localhost:") && !strings.HasPrefix(s, "127.") && !strings.HasPrefix(s, "[::1]")
	}
	if slices.ContainsFunc(purpose.Names(pass.TypesInfo, addr), forOperators) {
		return false
	}
	local := false
	ast.Inspect(addr, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && (strings.Contains(lit.Value, "localhost") || strings.Contains(lit.Value, "127.0.0.1")) {
			local = true
		}
		return true
	})
	return !local
}

// forOperators reports whether a name says that something is for who runs the program.
func forOperators(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return isForDebugging(w) || slices.Contains([]string{"metrics", "admin", "internal", "monitor", "monitoring", "telemetry", "ops", "local", "loopback", "health", "status"}, w)
	})
}

func isForDebugging(word string) bool {
	return slices.Contains([]string{"debug", "debugging", "pprof", "profile", "profiler", "profiling", "prof", "diagnostics", "expvar"}, word)
}
