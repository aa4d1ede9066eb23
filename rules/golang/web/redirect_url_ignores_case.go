package web

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/redirect-url-ignores-case.txtar
var redirectURLIgnoresCaseExamples string

// RedirectURLIgnoresCase finds redirect URLs that are compared with those that were
// registered without regard to case.
var RedirectURLIgnoresCase = &check.Check{
	ID:         "go/redirect-url-ignores-case",
	Title:      "Redirect URL is compared without regard to case",
	CWE:        []check.CWE{178, 601},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runRedirectURLIgnoresCase,
	Page: check.Page{
		What: "The redirect URL of a login is compared with a registered one by `strings.EqualFold`, or after both were made lower case.",
		Why: "Scheme and host of a URL do not care about case, its path and query do: `/App` and `/app` may be different programs of different people on one server, and the code or token goes to the one that the request named. OAuth demands " +
			"that the whole is compared character by character. ory/fosite did not (CVE-2020-15234).",
		Fix:    "`==`. There is no quick fix, because clients that were registered with another case are refused then.",
		Limits: "Judged by names: what is compared is called a URL or URI, and it or the function speaks of a redirect or callback. A comparison of hosts or schemes alone is left alone, as is test code.",
		References: []string{
			"https://www.rfc-editor.org/rfc/rfc9700#section-2.1",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-15234",
			"https://cwe.mitre.org/data/definitions/178.html",
		},
		Examples: redirectURLIgnoresCaseExamples,
	},
}

func runRedirectURLIgnoresCase(_ context.Context, pass *check.PackagePass) error {
	for c := range code.CallsTo(pass.Pass, "strings.EqualFold", "strings.ToLower", "strings.ToUpper") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		var at ast.Node = call
		sides := call.Args
		if len(call.Args) == 1 { // the left one of strings.ToLower(a) == strings.ToLower(b)
			b, ok := c.Parent().Node().(*ast.BinaryExpr)
			if !ok || b.Op != token.EQL && b.Op != token.NEQ || b.X != ast.Expr(call) {
				continue
			}
			other, ok := ast.Unparen(b.Y).(*ast.CallExpr)
			if !ok || len(other.Args) != 1 || query.Callee(pass.TypesInfo, other) != query.Callee(pass.TypesInfo, call) {
				continue
			}
			at, sides = b, []ast.Expr{call.Args[0], other.Args[0]}
		}
		f, ok := code.Enclosing(c)
		if !ok || !isRedirectURL(pass, f.Name, sides) {
			continue
		}
		pass.Report(check.Finding{
			Message:  "the case of a redirect URL's path and query counts: this lets another path through than the one that was registered",
			Location: pass.Location(at),
		})
	}
	return nil
}

// isRedirectURL reports whether two values are whole redirect URLs, by their names and that of
// the function.
func isRedirectURL(pass *check.PackagePass, function string, sides []ast.Expr) bool {
	words := query.Words(function)
	isURL := false
	for _, side := range sides {
		if query.Constant(pass.TypesInfo, side) != nil {
			return false
		}
		name := query.Words(purpose.NameOf(pass.TypesInfo, side))
		if len(name) == 0 {
			return false
		}
		switch name[len(name)-1] {
		case "host", "hostname", "scheme", "domain", "method", "type", "mode":
			return false
		}
		isURL = isURL || slices.ContainsFunc(name, func(w string) bool { return w == "uri" || w == "url" })
		words = append(words, name...)
	}
	return isURL && slices.ContainsFunc(words, func(w string) bool { return w == "redirect" || w == "callback" })
}
