package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/open-redirect.txtar
var openRedirectExamples string

// OpenRedirect finds redirects to where untrusted data says.
var OpenRedirect = &check.Check{
	ID:         "go/open-redirect",
	Title:      "Untrusted data chooses where a redirect goes",
	CWE:        []check.CWE{601},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s decides where %s sends the browser", "redirect"),
	Page: check.Page{
		What:   "Data that a stranger sends becomes the target of a redirect.",
		Why:    "A link to your own site, which people trust, leads them to a copy of its login page; and where the redirect belongs to a login by OAuth, it gives away the code that logs in.",
		Fix:    "Redirect to a path of your own: parse the target, and refuse it if `u.Host` or `u.Scheme` is not empty. `//host` and `/\\\\host` are hosts too. There is no quick fix, because only you know where redirects may go.",
		Limits: "What comes after a constant path such as `/user/` is not reported, nor what was compared with a list or has an empty `u.Host`.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/601.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
		},
		Examples: openRedirectExamples,
	},
}
