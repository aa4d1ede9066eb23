package resource

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bodies"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/multipart-form-without-limit.txtar
var multipartFormWithoutLimitExamples string

// MultipartFormWithoutLimit finds uploads of any size.
var MultipartFormWithoutLimit = &check.Check{
	ID:         "go/multipart-form-without-limit",
	Title:      "Upload of any size is stored",
	CWE:        []check.CWE{770, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer, bodies.Analyzer},
	RunPackage: runMultipartFormWithoutLimit,
	Page: check.Page{
		What:   "A handler parses a multipart form by `ParseMultipartForm` or `FormFile`, and nothing in the package limits the body.",
		Why:    "The argument of `ParseMultipartForm` is not a limit: it says how much is kept in memory, and the rest goes to temporary files, however much it is. One endless upload fills the disk, and with it everything else on that machine fails.",
		Fix:    "Set `r.Body = http.MaxBytesReader(w, r.Body, max)` before the form is parsed, or limit all handlers by `http.MaxBytesHandler`. There is no quick fix, because only you know how large an upload may be.",
		Limits: "Looks at functions that have the `http.ResponseWriter` as well. A limit anywhere in the package, and a test of the declared length, count. A limit that another package or a proxy sets is not seen. For persona pedantic are uploads after a function that is named for it, or that verifies a token, has said who sends them, or after who has no session was sent to log in, those of handlers that are registered behind one that is named for it (`requireAuth(s.upload)`), or with a router of the package all of whose requests come through one (`requireAuth(mux)`, `r.Use(requireAuth)`, a function that asks itself before it hands a request on; the routes that it lets by are not seen), packages whose routes are all below `/internal/`, programs below a folder contrib or, right in the module, tools, scripts, hack or misc, and those below the folder of a module with a license where nothing says how they are run for others (a Dockerfile, a unit of systemd, a chart), handlers that first ask whether the program is read-only, whose uploads are for its store, and packages that are made for tests. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/770.html",
			"https://pkg.go.dev/net/http#Request.ParseMultipartForm",
			"https://pkg.go.dev/net/http#MaxBytesReader",
		},
		Examples: multipartFormWithoutLimitExamples,
	},
}

func runMultipartFormWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	reported := map[*ssa.Function]bool{}
	calls := fl.Calls("(*net/http.Request).ParseMultipartForm", "(*net/http.Request).FormFile")
	if len(calls) == 0 || bodies.Limited(pass.Pass) {
		return nil
	}
	slices.SortFunc(calls, func(a, b flow.Call) int { return int(a.Expr.Pos() - b.Expr.Pos()) })
	for _, c := range calls { // the first of a function has read all of it
		if !answersBy(fl, c.Fn) || comparesLength(c.Fn) || reported[c.Fn] {
			continue
		}
		reported[c.Fn] = true
		persona := check.Regular
		if isMadeForTests(pass) || isForKnown(pass, fl, c.Fn, c.Instr) || isBesides(pass) || asksReadOnly(c.Fn, c.Expr.Pos()) {
			persona = check.Pedantic
		}
		pass.Report(check.Finding{
			Persona:  persona,
			Message:  "the upload is stored however large it is: what does not fit into memory goes to disk",
			Location: pass.Location(c.Expr),
		})
	}
	return nil
}

// asksReadOnly reports whether a function leaves before a place if the program is read-only: what is uploaded then goes to its
// store, which whoever may write to it fills as well by other requests.
func asksReadOnly(fn *ssa.Function, before token.Pos) bool {
	if fn.Syntax() == nil {
		return false
	}
	asks := false
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		guard, ok := n.(*ast.IfStmt)
		if !ok || guard.End() > before || len(guard.Body.List) == 0 {
			return true
		}
		_, leaves := guard.Body.List[len(guard.Body.List)-1].(*ast.ReturnStmt)
		sel, isField := ast.Unparen(guard.Cond).(*ast.SelectorExpr)
		asks = asks || leaves && isField && slices.Equal(query.Words(sel.Sel.Name), []string{"read", "only"})
		return true
	})
	return asks
}

// answersBy reports whether a function answers requests, or a function of this
// package that does calls it.
func answersBy(fl *flow.Flow, fn *ssa.Function) bool {
	return answers(fn) || slices.ContainsFunc(fl.Callers(fn), func(c flow.Call) bool { return answers(c.Fn) && !comparesLength(c.Fn) })
}
