package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/command-injection.txtar
var commandInjectionExamples string

// CommandInjection finds commands that untrusted data chooses or is part of.
var CommandInjection = &check.Check{
	ID:         "go/command-injection",
	Title:      "Untrusted data decides what command is run",
	CWE:        []check.CWE{78},
	Severity:   check.Critical,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s decides what %s runs", "command"),
	Page: check.Page{
		What: "Data that a stranger sends becomes the name of a program, or part of a text that a shell reads (`sh -c`).",
		Why: "A shell takes `;`, `|`, `$(...)` and line ends for its own, and so runs whatever else the sender wrote, with the rights of the server. " +
			"In Barracuda's e-mail gateways the names of files in an attached archive reached a shell (CVE-2023-2868); after months of attacks the vendor asked its " +
			"customers to replace the devices.",
		Fix: "Run the program directly, without a shell, and pass the data as an argument of its own: `exec.Command(\"convert\", \"--\", name)`. Choose the program from a list of " +
			"constants. An argument may still begin with a dash and be taken for an option: put `--` before it. There is no quick fix, because what the command is for decides how to do it without a shell.",
		Limits: "An argument of a program that is no shell is not reported here. A value that was parsed as a number, compared with constants or a list, or matched by " +
			"an anchored regular expression is fine. Data from the program's own command line, environment or files is not reported. What comes from a message queue is for persona pedantic: its senders are parts of the system." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/78.html",
			"https://pkg.go.dev/os/exec",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-2868",
		},
		Examples: commandInjectionExamples,
	},
}
