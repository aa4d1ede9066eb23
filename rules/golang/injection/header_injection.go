package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/header-injection.txtar
var headerInjectionExamples string

// HeaderInjection finds headers of mails and of protocols that untrusted data can end.
var HeaderInjection = &check.Check{
	ID:         "go/header-injection",
	Title:      "Untrusted data can begin headers of a mail or a command of a protocol",
	CWE:        []check.CWE{93, 113},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: flowsInto("data from %s becomes part of what %s sends, and a line end in it begins another header or command", "email", "header"),
	Page: check.Page{
		What:   "Data that a stranger sends becomes part of the text of a mail, or of a command of a text protocol, as it is.",
		Why:    "`Hello\\r\\nBcc: everyone@example.com` as the subject makes a contact form send mail for others; the same in a command of SMTP or FTP sends commands of the sender's own.",
		Fix:    "Refuse what `strings.ContainsAny(s, \"\\r\\n\")` accepts. Let `mail.Address{...}.String()` write addresses and `mime.QEncoding.Encode` other headers. What only the body holds is safe after the first empty line. There is no quick fix, because the value may have to be refused rather than cut.",
		Limits: "Headers that go through `http.Header`, and the addresses of `smtp.Client`, are not reported: net/http and net/smtp refuse line ends. Numbers, `%q`, parsed addresses and what was looked through for line ends are fine. A body that is part of one text with the headers is not told apart." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/93.html",
			"https://pkg.go.dev/net/mail#Address",
			"https://www.rfc-editor.org/rfc/rfc5322#section-2.2",
		},
		Examples: headerInjectionExamples,
	},
}
