package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/reflected-xss.txtar
var reflectedXSSExamples string

// ReflectedXSS finds answers that repeat what was sent.
var ReflectedXSS = &check.Check{
	ID:         "go/reflected-xss",
	Title:      "Untrusted data is written into a page unescaped",
	CWE:        []check.CWE{79},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s is written into the answer by %s without being escaped", "xss"),
	Page: check.Page{
		What:   "Data that a stranger sends is written to the response as it is, and the response may be HTML.",
		Why:    "Go guesses the content type from the first bytes: an answer that begins with a tag is a page, and a script in it acts with the rights of whoever clicked the link.",
		Fix:    "Render with `html/template`, or pass the data through `html.EscapeString`. If the answer is no page, say so: `w.Header().Set(\"Content-Type\", \"text/plain; charset=utf-8\")` and `X-Content-Type-Options: nosniff`.",
		Limits: "A function that sets a content type other than HTML, XML or script, or an attachment, is taken to mean it on every path. JSON of `encoding/json` escapes `<` and `>`.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://mimesniff.spec.whatwg.org/",
			"https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
		},
		Examples: reflectedXSSExamples,
	},
}
