package resource

import (
	_ "embed"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-gob.txtar
var untrustedGobExamples string

// UntrustedGob finds gob streams that are decoded from a stranger.
var UntrustedGob = &check.Check{
	ID:         "go/untrusted-gob",
	Title:      "Gob is decoded from a stranger",
	CWE:        []check.CWE{502, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: strangers("%[2]s reads %[1]s: gob is not made for input from strangers, it allocates and builds what the stream asks for", "deserialization"),
	Page: check.Page{
		What: "`gob.NewDecoder` reads what came in a request, over a connection or in a message.",
		Why: "A gob stream brings its own types, and the decoder believes its lengths: the package says itself that it \"is not designed to be hardened against adversarial inputs\". A few bytes make it allocate, recurse or panic; and every type that is " +
			"registered can be made.",
		Fix:    "Use JSON or Protocol Buffers with a limit on the size for what strangers send, or verify a MAC over the bytes before they are decoded. There is no quick fix, because the sender has to change.",
		Limits: "Files and the answers of other servers are taken to be the program's own. What a request brings after it has said whose it is (a token that is verified, a route behind `requireAuth`), or on a route below `/internal/`, is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/502.html",
			"https://pkg.go.dev/encoding/gob#hdr-Security",
		},
		Examples: untrustedGobExamples,
	},
}
