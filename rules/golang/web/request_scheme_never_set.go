package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/request-scheme-never-set.txtar
var requestSchemeNeverSetExamples string

// RequestSchemeNeverSet finds protection that depends on the scheme of a request's URL,
// which a server never sees.
var RequestSchemeNeverSet = &check.Check{
	ID:         "go/request-scheme-never-set",
	Title:      "Protection depends on the scheme of a request, which is empty",
	CWE:        []check.CWE{346, 352, 614},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runRequestSchemeNeverSet,
	Page: check.Page{
		What: "`r.URL.Scheme == \"https\"` in a server decides whether the origin or referer of a request is checked, or whether a cookie is for encrypted connections only.",
		Why: "A request line holds only the path, so net/http leaves Scheme and Host of `r.URL` empty in a server. The comparison is never true, and the protection never at work, however the request came. gorilla/csrf (CVE-2025-24358) and " +
			"nosurf (CVE-2025-46721) never checked the referer because of it; tests did not notice, because they made requests of whole URLs.",
		Fix: "Ask `r.TLS != nil`. Behind a proxy that ends TLS, let the configuration say that the outside is https. There is no quick fix, because only you know which it is.",
		Limits: "Reported are functions that speak of the origin, the referer or CSRF, and values for `Secure` of a cookie. Left alone are packages that set the scheme of a request's URL themselves, functions that also ask for `r.TLS` or a " +
			"forwarded protocol, proxies that are sent whole URLs (`IsAbs`, CONNECT), and test code.",
		References: []string{
			"https://pkg.go.dev/net/http#Request",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-24358",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-46721",
		},
		Examples: requestSchemeNeverSetExamples,
	},
}

func runRequestSchemeNeverSet(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "Scheme") {
		return nil
	}
	var found []inspector.Cursor
	for c := range code.Nodes(pass.Pass, (*ast.BinaryExpr)(nil), (*ast.AssignStmt)(nil)) {
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			for _, target := range n.Lhs {
				if isRequestScheme(pass, target) {
					return nil // it is set here
				}
			}
		case *ast.BinaryExpr:
			scheme, isText := code.ConstString(pass.Pass, n.Y)
			if (n.Op == token.EQL || n.Op == token.NEQ) && isText && (scheme == "https" || scheme == "http") && isRequestScheme(pass, n.X) {
				found = append(found, c)
			}
		}
	}
	for _, c := range found {
		file := code.File(c)
		if file == nil || code.IsTest(pass.Pass, file) || !answersRequest(pass.TypesInfo, c) {
			continue // a client's request has a scheme
		}
		protects := ""
		if kv, ok := c.Parent().Node().(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Secure" {
				protects = "the cookie is never for encrypted connections only"
			}
		}
		f, ok := code.Enclosing(c)
		if !ok {
			continue
		}
		about, otherwise := speaksOf(pass, f.Node)
		if protects == "" && about != "" {
			protects = "this check of " + about + " never works as it looks"
		}
		if protects == "" || otherwise {
			continue
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s: the URL of a request that a server gets has no scheme", protects),
			Location: pass.Location(c.Node()),
		})
	}
	return nil
}

// isRequestScheme reports whether an expression is r.URL.Scheme of an *http.Request.
func isRequestScheme(pass *check.PackagePass, e ast.Expr) bool {
	scheme, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || scheme.Sel.Name != "Scheme" {
		return false
	}
	url, ok := ast.Unparen(scheme.X).(*ast.SelectorExpr)
	return ok && url.Sel.Name == "URL" && query.IsType(pass.TypesInfo.TypeOf(url.X), "net/http.Request")
}

// speaksOf says what a function protects, by the names in it; and whether it finds out by
// other means how a request came.
func speaksOf(pass *check.PackagePass, fn ast.Node) (protects string, otherwise bool) {
	ast.Inspect(fn, func(n ast.Node) bool {
		name := ""
		switch n := n.(type) {
		case *ast.Ident:
			name = n.Name
		case *ast.BasicLit:
			name, _ = code.ConstString(pass.Pass, n)
		}
		switch name {
		case "TLS", "IsAbs", "CONNECT", "MethodConnect":
			otherwise = true
		}
		if strings.Contains(strings.ToLower(name), "forwarded") {
			otherwise = true
		}
		for _, w := range query.Words(name) {
			switch w {
			case "referer", "referrer", "origin", "csrf", "xsrf":
				protects = "the " + w
			}
		}
		return true
	})
	return protects, otherwise
}
