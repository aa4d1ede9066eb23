package resource

import (
	_ "embed"
	"slices"

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
	RunPackage: strangers("%[2]s reads %[1]s: gob is not made for input from strangers, it allocates and builds what the stream asks for", isNotEncoded, "deserialization"),
	Page: check.Page{
		What: "`gob.NewDecoder` reads what came in a request, over a connection or in a message.",
		Why: "A gob stream brings its own types, and the decoder believes its lengths: the package says itself that it \"is not designed to be hardened against adversarial inputs\". A few bytes make it allocate, recurse or panic; and every type that is " +
			"registered can be made.",
		Fix:    "Use JSON or Protocol Buffers with a limit on the size for what strangers send, or verify a MAC over the bytes before they are decoded. There is no quick fix, because the sender has to change.",
		Limits: "Files and the answers of other servers are taken to be the program's own, as is a stream that the program has encoded itself, whatever is in it. What a request brings after it has said whose it is (a token that is verified, a route behind `requireAuth`, or of a router of the package that is wrapped in it or uses it), or on a route below `/internal/`, is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/502.html",
			"https://pkg.go.dev/encoding/gob#hdr-Security",
		},
		Examples: untrustedGobExamples,
	},
}

// isNotEncoded reports whether a flow is of a stranger's stream, and not of a value that the program encodes, to copy it or to hand it on:
// the stream of that is as it should be.
func isNotEncoded(f *taint.Flow) bool {
	return !slices.ContainsFunc(f.Steps, func(s taint.Step) bool { return s.Message == "goes through (*gob.Encoder).Encode" })
}
