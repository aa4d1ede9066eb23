package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/nosql-injection.txtar
var nosqlInjectionExamples string

// NoSQLInjection finds queries that untrusted data shapes.
var NoSQLInjection = &check.Check{
	ID:         "go/nosql-injection",
	Title:      "A database query has the shape that untrusted data gives it",
	CWE:        []check.CWE{943},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s decides the query of %s", "nosql"),
	Page: check.Page{
		What:   "A document that a stranger sends goes into a MongoDB query as it is, operators included.",
		Why:    "`{\"password\": {\"$ne\": \"\"}}` matches every password. In Rocket.Chat this way led to the accounts of administrators (CVE-2021-22911).",
		Fix:    "Build the query from values of known types: decode into a struct with string fields, or compare by `{\"$eq\": value}`.",
		Limits: "Values of string and number types are only values, and are not reported: only what may hold a document is.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/943.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-22911",
		},
		Examples: nosqlInjectionExamples,
	},
}
