package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/oidc-token-not-checked.txtar
var oidcTokenNotCheckedExamples string

// OIDCTokenNotChecked finds verifiers of ID tokens that are told not to look at what makes a token valid here.
var OIDCTokenNotChecked = &check.Check{
	ID:         "go/oidc-token-not-checked",
	Title:      "ID token of another program, or of anybody, is accepted",
	CWE:        []check.CWE{287, 345, 347},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runOIDCTokenNotChecked,
	Page: check.Page{
		What: "A verifier of OpenID Connect is told to skip a check for good: `SkipClientIDCheck`, `SkipIssuerCheck`, `SkipExpiryCheck` or `InsecureSkipSignatureCheck` of go-oidc, or an empty audience for Google's `idtoken.Validate`.",
		Why: "The signature says that the provider issued the token, the audience says for whom. Without a look at it every site that the user logs in to with the same provider can take the token that it got there and log in here as that user. " +
			"Without the issuer, any tenant of the provider can.",
		Fix:    "Set `ClientID`, or the audience, to the ID that the provider gave this program. There is no quick fix, because only you know it.",
		Limits: "Packages that speak of an audience elsewhere are taken to compare it themselves, those that speak of an issuer that one, and of an expiry that. Values that are not constant, conditions and functions that say `skip` or `insecure`, and test code are left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/287.html",
			"https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation",
			"https://pkg.go.dev/github.com/coreos/go-oidc/v3/oidc#Config",
		},
		Examples: oidcTokenNotCheckedExamples,
	},
}

// oidcSkips are the fields of go-oidc's Config that skip a check, what is wrong then, and the word of a package that does
// the check itself.
var oidcSkips = []struct{ field, message, word string }{
	{"SkipClientIDCheck", "a token that the provider issued for another program logs in here: nobody looks at its audience", "audience"},
	{"SkipIssuerCheck", "a token of another issuer logs in here: nobody looks at who issued it", "issuer"},
	{"SkipExpiryCheck", "a token logs in after it has expired", "expiry"},
	{"InsecureSkipSignatureCheck", "the token's signature is not verified, so whoever sends it writes its claims", ""},
}

func runOIDCTokenNotChecked(_ context.Context, pass *check.PackagePass) error {
	for s := range code.Structs(pass.Pass, "github.com/coreos/go-oidc/oidc.Config", "github.com/coreos/go-oidc.Config") {
		for _, skip := range oidcSkips {
			if on, known := code.ConstBool(pass.Pass, s.Fields[skip.field]); !known || !on {
				continue
			}
			f, ok := code.Enclosing(s.Cursor)
			if ok && saysSkip(f.Name) || packageSpeaksOf(pass, skip.word) {
				continue
			}
			pass.Report(check.Finding{Message: skip.message, Location: pass.Location(s.Places[skip.field])})
		}
	}
	for c := range code.Nodes(pass.Pass, (*ast.CallExpr)(nil)) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 3 || !slices.Contains([]string{"google.golang.org/api/idtoken.Validate", "(*google.golang.org/api/idtoken.Validator).Validate"}, query.Callee(pass.TypesInfo, call)) {
			continue
		}
		if audience, known := code.ConstString(pass.Pass, call.Args[2]); known && audience == "" && !packageSpeaksOf(pass, "audience") {
			pass.Report(check.Finding{Message: oidcSkips[0].message, Location: pass.Location(call.Args[2])})
		}
	}
	return nil
}

func saysSkip(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool { return w == "skip" || w == "insecure" || w == "unsafe" || w == "without" })
}

// packageSpeaksOf reports whether a package that is no test has a name or text with a word in it, but for the fields that skip.
func packageSpeaksOf(pass *check.PackagePass, word string) bool {
	if word == "" {
		return false
	}
	for c := range code.Nodes(pass.Pass, (*ast.Ident)(nil), (*ast.BasicLit)(nil)) {
		var text string
		switch n := c.Node().(type) {
		case *ast.Ident:
			text = n.Name
		case *ast.BasicLit:
			text = n.Value
		}
		text = strings.ToLower(text)
		if !strings.HasPrefix(text, "skip") && (strings.Contains(text, word) || word == "audience" && (text == `"aud"` || text == `"azp"`) || word == "expiry" && text == `"exp"`) {
			return true
		}
	}
	return false
}
