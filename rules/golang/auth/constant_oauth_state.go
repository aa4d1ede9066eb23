package auth

import (
	"context"
	_ "embed"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/constant-oauth-state.txtar
var constantOAuthStateExamples string

// ConstantOAuthState finds logins whose state parameter never changes.
var ConstantOAuthState = &check.Check{
	ID:         "go/constant-oauth-state",
	Title:      "OAuth2 state is the same for every login",
	CWE:        []check.CWE{352},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runConstantOAuthState,
	Page: check.Page{
		What: "`AuthCodeURL` of golang.org/x/oauth2 gets a state that is written into the source.",
		Why: "The state ties the answer of the login provider to the browser that asked. If everyone knows it, an attacker starts a login with their own account and makes the victim finish it: the victim then enters cards and documents into the " +
			"attacker's account, or links the attacker's login to their own.",
		Fix:    "Make a state for each login (`crypto/rand.Text()`), keep it in a cookie or the session, and compare it in the callback; use PKCE as well (`oauth2.GenerateVerifier`). There is no quick fix, because the callback has to compare.",
		Limits: "A package without an HTTP handler is left alone, because its logins run on the machine of the user, and so is test code. In commands, which wait for one answer, it is for persona pedantic. Whether the callback compares is not judged.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/352.html",
			"https://www.rfc-editor.org/rfc/rfc6749#section-10.12",
			"https://pkg.go.dev/golang.org/x/oauth2#Config.AuthCodeURL",
		},
		Examples: constantOAuthStateExamples,
	},
}

func runConstantOAuthState(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("(*golang.org/x/oauth2.Config).AuthCodeURL") {
		at, index, fixed := fl.FixedHere(c, 0)
		if k, isConst := c.Arg(0).(*ssa.Const); isConst && k.Value != nil {
			fixed = true // the empty one too
		}
		if !fixed || !serves(fl) || index >= len(at.Expr.Args) {
			continue
		}
		finding := check.Finding{
			Message:  "the state is the same for every login, so an attacker can have a victim finish the attacker's login",
			Location: pass.Location(at.Expr.Args[index]),
		}
		if isCommand(pass.Pkg) {
			finding.Persona = check.Pedantic // its handler waits for one answer, on the machine of the user
		}
		pass.Report(finding)
	}
	return nil
}

// serves reports whether a package handles HTTP requests: elsewhere a login runs
// on the machine of the user, with nobody to forge a request.
func serves(fl *flow.Flow) bool {
	return slices.ContainsFunc(fl.Functions, func(fn *ssa.Function) bool {
		return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return code.IsResponder(p.Type()) })
	})
}
