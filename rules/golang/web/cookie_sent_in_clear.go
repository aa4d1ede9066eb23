package web

import (
	"context"
	_ "embed"
	"go/ast"
	"regexp"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/cookie-sent-in-clear.txtar
var cookieSentInClearExamples string

// CookieSentInClear finds session cookies without Secure.
var CookieSentInClear = &check.Check{
	ID:         "go/cookie-sent-in-clear",
	Title:      "Session cookie is sent without encryption",
	CWE:        []check.CWE{614},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCookieSentInClear,
	Page: check.Page{
		What: "A cookie that carries a session or a token is set without `Secure`, by net/http, gin, echo, fiber or the session options of gorilla and gin-contrib.",
		Why: "The browser sends such a cookie over plain HTTP as well. Whoever shares the network only has to make the victim load `http://` of your host, by an image in any page, " +
			"and reads the session from the air, even if your server answers HTTPS only. Firesheep showed it to everyone in 2010.",
		Fix: "Set `Secure: true`, as the quick fix does; browsers treat localhost as secure. It is not safe to apply unseen: where the site is served over plain HTTP, the cookie is not sent any more.",
		Limits: "A cookie counts by its name (`session`, `sid`, `auth_token`, ...), or by what its value is called where the name is not constant. Left alone: cookies that are being removed, cookies " +
			"that a client sends, anti-CSRF tokens, which let nobody in (unless persona pedantic asks), flags that are not constant (`Secure: r.TLS != nil`), and test code. The cookie of what keeps records of visits (`logger`, `analytics`) is for persona pedantic, as is one with a comment that speaks of `Secure` or HTTPS, one of a package whose documentation shows how its users set `Secure`, and one of a package that itself serves plain HTTP and nothing else. A missing `SameSite` is none, because browsers take Lax then.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/614.html",
			"https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.5",
			"https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
		},
		Examples: cookieSentInClearExamples,
	},
}

func runCookieSentInClear(_ context.Context, pass *check.PackagePass) error {
	for c := range sessionCookies(pass) {
		value, fix := c.flag("Secure")
		if !unset(pass, value) {
			continue
		}
		finding := check.Finding{
			Message:  "session cookie is set without Secure, so it is sent over plain HTTP too",
			Location: pass.Location(c.place),
			Fixes:    fix("Send the cookie over HTTPS only"),
		}
		switch {
		case c.forScripts || c.counts: // lets nobody in
			finding.Persona = check.Pedantic
		case remark.Mentions(pass.Pass, c.whole, "secure", "https", "tls"): // somebody thought of it
			finding.Persona = check.Pedantic
		case documentsSecure(pass): // and who uses the package decides
			finding.Persona = check.Pedantic
		case servesInClear(pass): // and the cookie would not come back
			finding.Persona = check.Pedantic
		}
		pass.Report(finding)
	}
	return nil
}

// setsSecure matches code that sets Secure, in documentation.
var setsSecure = regexp.MustCompile(`\bSecure\s*[:=]`)

// documentsSecure reports whether the documentation of a package shows how to set Secure: that of a store for sessions, whose
// options are its user's.
func documentsSecure(pass *check.PackagePass) bool {
	return slices.ContainsFunc(pass.Files, func(f *ast.File) bool { return f.Doc != nil && setsSecure.MatchString(f.Doc.Text()) })
}

// servesInClear reports whether a package serves HTTP without encryption, and not with it as well.
func servesInClear(pass *check.PackagePass) bool {
	return code.Mentions(pass.Pass, "net/http.ListenAndServe", "(*net/http.Server).ListenAndServe") &&
		!code.Mentions(pass.Pass, "net/http.ListenAndServeTLS", "(*net/http.Server).ListenAndServeTLS", "net/http.ServeTLS", "(*net/http.Server).ServeTLS", "crypto/tls.NewListener", "crypto/tls.Listen")
}
