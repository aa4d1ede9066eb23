package auth

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/oauth-state-not-checked.txtar
var oauthStateNotCheckedExamples string

// OAuthStateNotChecked finds callbacks that take any code for the visitor's.
var OAuthStateNotChecked = &check.Check{
	ID:         "go/oauth-state-not-checked",
	Title:      "OAuth2 callback does not check the state",
	CWE:        []check.CWE{352},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runOAuthStateNotChecked,
	Page: check.Page{
		What: "A handler exchanges the code of a login by golang.org/x/oauth2, and nothing in it speaks of the state.",
		Why: "The state ties the answer of the login provider to the browser that asked. Without the comparison an attacker begins a login with their own account, keeps the last redirect, and makes a visitor's browser follow it: the visitor is logged in " +
			"as the attacker, or links the attacker's login to their account.",
		Fix:    "Compare `r.FormValue(\"state\")` with what the login put into a cookie or the session, before the exchange; use PKCE as well. There is no quick fix, because only you know where the state is kept.",
		Limits: "Any word that contains state, in a name or a text of the handler, counts as the comparison, and so does a verifier for PKCE. The check may stand in middleware, which is not seen. In commands, which wait for one answer, it is for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/352.html",
			"https://www.rfc-editor.org/rfc/rfc6749#section-10.12",
			"https://www.rfc-editor.org/rfc/rfc9700#section-2.1",
		},
		Examples: oauthStateNotCheckedExamples,
	},
}

func runOAuthStateNotChecked(_ context.Context, pass *check.PackagePass) error {
	index, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	fl := tokens{index}
	for _, c := range fl.Calls("(*golang.org/x/oauth2.Config).Exchange") {
		root := c.Fn
		for root.Parent() != nil {
			root = root.Parent()
		}
		if !fl.answers(c.Fn) || len(c.Expr.Args) > 2 || speaksOf(root, "state", "csrf", "nonce") {
			continue
		}
		finding := check.Finding{
			Message:  "any code is taken for this visitor's: the state, which ties the answer to the browser that asked, is not compared",
			Location: pass.Location(c.Expr),
		}
		if isCommand(pass.Pkg) {
			finding.Persona = check.Pedantic // its handler waits for one answer, on the machine of the user
		}
		pass.Report(finding)
	}
	return nil
}

// speaksOf reports whether a name or a text in a function contains one of some words;
// true where the function cannot be read.
func speaksOf(fn *ssa.Function, words ...string) bool {
	return fn.Syntax() == nil || purpose.Speaks(fn.Syntax(), func(w string) bool {
		return w != "status" && slices.ContainsFunc(words, func(word string) bool { return strings.Contains(w, word) })
	})
}
