package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/code-injection.txtar
var codeInjectionExamples string

// CodeInjection finds code that untrusted data writes.
var CodeInjection = &check.Check{
	ID:         "go/code-injection",
	Title:      "Untrusted data is run as code",
	CWE:        []check.CWE{94},
	Severity:   check.Critical,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s is run as code by %s", "code"),
	Page: check.Page{
		What:   "Data that a stranger sends is run or compiled by an interpreter (goja, otto, V8, QuickJS, yaegi, Lua, Tengo, Starlark, anko, expr, govaluate, gval), by Redis' `EVAL`, or loaded as a plugin.",
		Why:    "Whoever writes the code has what the interpreter has, which is often the whole program.",
		Fix:    "Run code of your own, and pass the data as a variable. There is no quick fix, because code from outside has to go, or to run in a box of its own.",
		Limits: "Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/94.html",
		},
		Examples: codeInjectionExamples,
	},
}
