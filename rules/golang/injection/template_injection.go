package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/template-injection.txtar
var templateInjectionExamples string

// TemplateInjection finds templates that untrusted data writes.
var TemplateInjection = &check.Check{
	ID:         "go/template-injection",
	Title:      "Untrusted data becomes the text of a template",
	CWE:        []check.CWE{1336, 94},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s becomes the text of a template that %s reads", "template"),
	Page: check.Page{
		What:   "Data that a stranger sends is parsed as a template.",
		Why:    "A template may call every method and function that it is given: it reads the fields that no page shows, and with a helpful function in the map it runs commands.",
		Fix:    "Keep the text of templates in the program and pass the data to `Execute`. There is no quick fix, because the template has to become one of the program's own.",
		Limits: "Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program. What comes from a message queue is for persona pedantic: its senders are parts of the system." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/1336.html",
			"https://pkg.go.dev/text/template",
		},
		Examples: templateInjectionExamples,
	},
}
