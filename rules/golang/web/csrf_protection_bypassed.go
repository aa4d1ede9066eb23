package web

import (
	"context"
	_ "embed"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/csrf-protection-bypassed.txtar
var csrfProtectionBypassedExamples string

// CSRFProtectionBypassed finds protections from cross-site requests that let all
// requests through, or those that the request itself names.
var CSRFProtectionBypassed = &check.Check{
	ID:         "go/csrf-protection-bypassed",
	Title:      "Protection from cross-site requests is switched off for every path",
	CWE:        []check.CWE{352, 346},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runCSRFProtectionBypassed,
	Page: check.Page{
		What:   "`AddInsecureBypassPattern` of `http.CrossOriginProtection` is called with a pattern that every path matches, as `/` and `/{path...}` do, or with one that is not fixed in the source but comes from a request.",
		Why:    "The protection is there, and does nothing: another site can make the browser of a user who is logged in send any request to this one. A pattern from a request lets an attacker choose the path that is not protected.",
		Fix:    "Name the paths that have to be open, one by one, with their methods: `POST /webhooks/payment`. To trust another origin use `AddTrustedOrigin`. There is no quick fix, because only you know which paths have to be open.",
		Limits: "A pattern that ends in a slash further down, `/api/`, is left alone, though it covers all below it. Patterns from the configuration are left alone as well; so is test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/352.html",
			"https://pkg.go.dev/net/http#CrossOriginProtection",
		},
		Examples: csrfProtectionBypassedExamples,
	},
}

func runCSRFProtectionBypassed(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("(*net/http.CrossOriginProtection).AddInsecureBypassPattern") {
		for _, o := range fl.Origins(c.Arg(0)) {
			text, isConst := query.StringSSA(o)
			switch {
			case isConst && matchesAll(text):
				pass.Report(check.Finding{Message: "every path matches this pattern, so requests of other sites are let through everywhere", Location: pass.Location(c.Expr)})
			case !isConst && ofRequest(o):
				pass.Report(check.Finding{Message: "a request chooses the paths that are not protected from other sites", Location: pass.Location(c.Expr)})
			}
		}
	}
	return nil
}

// matchesAll reports whether a pattern of http.ServeMux matches the paths of all
// requests, or of all of one method.
func matchesAll(pattern string) bool {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = strings.TrimLeft(path, " \t")
	}
	// "/*" is the file of that name for ServeMux, but was meant to be all.
	return pattern == "/" || pattern == "/*" || pattern == "*" || strings.HasPrefix(pattern, "/{") && strings.HasSuffix(pattern, "...}") && strings.Count(pattern, "/") == 1
}

// ofRequest reports whether a value is what a method of a request, or of its URL or
// form, gives.
func ofRequest(v ssa.Value) bool {
	for range 4 { // r.URL.Query().Get("x")
		switch x := v.(type) {
		case *ssa.Call:
			if x.Call.IsInvoke() || x.Call.Signature().Recv() == nil || len(x.Call.Args) == 0 {
				return false
			}
			v = x.Call.Args[0]
		case *ssa.UnOp:
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		}
		if query.IsType(v.Type(), "net/http.Request") {
			return true
		}
	}
	return false
}
