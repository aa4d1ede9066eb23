package web

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/cookie-readable-by-scripts.txtar
var cookieReadableByScriptsExamples string

// CookieReadableByScripts finds session cookies without HttpOnly.
var CookieReadableByScripts = &check.Check{
	ID:         "go/cookie-readable-by-scripts",
	Title:      "Session cookie can be read by scripts",
	CWE:        []check.CWE{1004},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCookieReadableByScripts,
	Page: check.Page{
		What: "A cookie that carries a session or a token is set without `HttpOnly`, by net/http, gin, echo, fiber or the session options of gorilla and gin-contrib.",
		Why: "Any script in the page reads such a cookie: one injected line, or one bad dependency of the front end, sends every visitor's session to an attacker, who uses it from " +
			"elsewhere for as long as it lives.",
		Fix: "Set `HttpOnly: true`, as the quick fix does. It is not safe to apply unseen, in case a script of your own reads the cookie.",
		Limits: "A cookie counts by its name (`session`, `sid`, `auth_token`, ...), or by what its value is called where the name is not constant. Left alone: CSRF tokens, which scripts have to read; " +
			"cookies that are being removed; cookies that a client sends; flags that are not constant; test code. The cookie of what keeps records of visits (`logger`, `analytics`) is for persona pedantic, as is one with a comment that speaks of `HttpOnly` or scripts.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/1004.html",
			"https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2.6",
			"https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html",
		},
		Examples: cookieReadableByScriptsExamples,
	},
}

func runCookieReadableByScripts(_ context.Context, pass *check.PackagePass) error {
	for c := range sessionCookies(pass) {
		value, fix := c.flag(c.httpOnly)
		if c.forScripts || !unset(pass, value) {
			continue
		}
		finding := check.Finding{
			Message:  "session cookie is set without " + c.httpOnly + ", so a script in the page can steal it",
			Location: pass.Location(c.place),
			Fixes:    fix("Hide the cookie from scripts"),
		}
		if c.counts || remark.Mentions(pass.Pass, c.whole, "httponly", "script", "frontend") { // lets nobody in, or somebody thought of it
			finding.Persona = check.Pedantic
		}
		pass.Report(finding)
	}
	return nil
}
