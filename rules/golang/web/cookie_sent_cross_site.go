package web

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/cookie-sent-cross-site.txtar
var cookieSentCrossSiteExamples string

// CookieSentCrossSite finds session cookies that go along with requests from any page.
var CookieSentCrossSite = &check.Check{
	ID:         "go/cookie-sent-cross-site",
	Title:      "Session cookie is sent with requests from any page",
	CWE:        []check.CWE{1275, 352},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCookieSentCrossSite,
	Page: check.Page{
		What:   "A cookie that carries a session or a token is set with `SameSite=None`.",
		Why:    "The browser then sends it with every request that any page makes to your host: forms, images, frames. That is what forged requests need, and what Lax, the default of browsers, stops for all but links.",
		Fix:    "`http.SameSiteLaxMode`, which the quick fix takes; it is not safe to apply unseen, because a site that others embed, or that posts logins back from another host, needs None.",
		Limits: "For the careful, because some sites have to be embedded. Cookies count as they do for go/cookie-sent-in-clear. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/1275.html",
			"https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#samesitesamesite-value",
		},
		Examples: cookieSentCrossSiteExamples,
	},
}

func runCookieSentCrossSite(_ context.Context, pass *check.PackagePass) error {
	for c := range sessionCookies(pass) {
		value, _ := c.flag("SameSite")
		if value == nil {
			continue
		}
		text, isText := code.ConstString(pass.Pass, value) // fiber's
		none := isText && (text == "None" || text == "none")
		f := check.Finding{Message: "session cookie goes along with requests that any page makes: SameSite is None", Location: pass.Location(value)}
		if n, ok := code.ConstInt(pass.Pass, value); ok && query.IsType(pass.TypesInfo.TypeOf(value), "net/http.SameSite") {
			const sameSiteNone = 4 // http.SameSiteNoneMode
			none = n == sameSiteNone
			if sel, ok := selected(value); ok && none {
				f.Fixes = []check.Fix{{Title: "Send the cookie from your own pages only", Edits: []check.Edit{pass.Edit(sel, "SameSiteLaxMode")}}}
			}
		}
		if none {
			pass.Report(f)
		}
	}
	return nil
}
