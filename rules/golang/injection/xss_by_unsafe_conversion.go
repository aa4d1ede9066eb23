package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/xss-by-unsafe-conversion.txtar
var xssByUnsafeConversionExamples string

// XSSByUnsafeConversion finds values that are hidden from html/template.
var XSSByUnsafeConversion = &check.Check{
	ID:         "go/xss-by-unsafe-conversion",
	Title:      "Untrusted data is declared to be safe HTML",
	CWE:        []check.CWE{79},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s is converted to %s, which templates do not escape", "html"),
	Page: check.Page{
		What:   "Data that a stranger sends is converted to `template.HTML`, `JS`, `URL`, `CSS`, `HTMLAttr` or `Srcset`.",
		Why:    "`html/template` escapes every value except those of these types. The conversion says \"I have made sure\", and here nobody has.",
		Fix:    "Remove the conversion. If HTML from users is wanted, clean it first, as by bluemonday's `UGCPolicy().Sanitize`. There is no quick fix, because some of the value may be meant as HTML.",
		Limits: "Only conversions of the standard library's types are seen, not functions that templates call." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://pkg.go.dev/html/template#HTML",
		},
		Examples: xssByUnsafeConversionExamples,
	},
}
