package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/xpath-injection.txtar
var xpathInjectionExamples string

// XPathInjection finds XPath expressions that untrusted data is part of.
var XPathInjection = &check.Check{
	ID:         "go/xpath-injection",
	Title:      "An XPath expression is built from untrusted data",
	CWE:        []check.CWE{643},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s becomes part of the expression of %s", "xpath"),
	Page: check.Page{
		What:   "Data that a stranger sends becomes part of an XPath expression.",
		Why:    "`' or '1'='1` selects every node, also those that the expression was to hide.",
		Fix:    "Select with a constant expression and compare in Go. There is no quick fix, because the libraries have no values beside the expression.",
		Limits: "Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/643.html",
		},
		Examples: xpathInjectionExamples,
	},
}
