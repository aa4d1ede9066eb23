package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/argument-injection.txtar
var argumentInjectionExamples string

// ArgumentInjection finds arguments that may be options.
var ArgumentInjection = &check.Check{
	ID:         "go/argument-injection",
	Title:      "Untrusted data may become an option of a command",
	CWE:        []check.CWE{88},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s may begin with a dash, and be an option of what %s runs", "argument"),
	Page: check.Page{
		What:   "Data that a stranger sends is an argument of its own of a program that has dangerous options: git, ssh, tar, curl, find and their like.",
		Why:    "`--upload-pack=...` makes git run any program, `-oProxyCommand=...` ssh, `--checkpoint-action=...` tar. No shell is needed. HashiCorp's go-getter passed branch names to git this way (CVE-2024-3817).",
		Fix:    "Put `\"--\"` before the first such argument, and refuse values that begin with a dash where the program takes no `--`.",
		Limits: "Programs that are not known to have such options are left alone. What follows a constant in the same argument, or follows `\"--\"`, is fine.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/88.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-3817",
		},
		Examples: argumentInjectionExamples,
	},
}
