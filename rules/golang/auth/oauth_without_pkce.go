package auth

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/oauth-without-pkce.txtar
var oauthWithoutPKCEExamples string

// OAuthWithoutPKCE finds logins whose code is of use to whoever gets hold of it.
var OAuthWithoutPKCE = &check.Check{
	ID:         "go/oauth-without-pkce",
	Title:      "OAuth2 login without PKCE",
	CWE:        []check.CWE{345, 352},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runOAuthWithoutPKCE,
	Page: check.Page{
		What: "`AuthCodeURL` of golang.org/x/oauth2 is called without a code challenge, and nothing in the package makes one.",
		Why: "The code of a login travels through the browser's address bar, history and referrers, and on phones through any program that claims the address. With PKCE only who began the login can exchange it. RFC 9700 demands it of " +
			"public clients and recommends it to all.",
		Fix:    "`verifier := oauth2.GenerateVerifier()`, kept with the state; `oauth2.S256ChallengeOption(verifier)` for the URL and `oauth2.VerifierOption(verifier)` for the exchange. There is no quick fix, because the verifier has to be kept.",
		Limits: "For the careful: a server with a secret of its own is protected by that too. Options that are passed on as a slice are not judged. Test code is left alone.",
		References: []string{
			"https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1",
			"https://www.rfc-editor.org/rfc/rfc7636",
			"https://pkg.go.dev/golang.org/x/oauth2#GenerateVerifier",
		},
		Examples: oauthWithoutPKCEExamples,
	},
}

func runOAuthWithoutPKCE(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || len(fl.Calls("golang.org/x/oauth2.S256ChallengeOption", "golang.org/x/oauth2.VerifierOption", "golang.org/x/oauth2.GenerateVerifier")) > 0 {
		return nil
	}
	for _, c := range fl.Calls("(*golang.org/x/oauth2.Config).AuthCodeURL") {
		if c.Expr.Ellipsis.IsValid() || speaksOf(c.Fn, "challenge", "pkce", "verifier") {
			continue
		}
		pass.Report(check.Finding{
			Message:  "whoever gets hold of the code of this login can exchange it: there is no challenge (PKCE)",
			Location: pass.Location(c.Expr),
		})
	}
	return nil
}
