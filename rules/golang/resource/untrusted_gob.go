package resource

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
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
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runUntrustedGob,
	Page: check.Page{
		What: "`gob.NewDecoder` reads the body of a request that the program serves.",
		Why: "A gob stream brings its own types, and the decoder believes its lengths: the package says itself that it \"is not designed to be hardened against adversarial inputs\". A few bytes make it allocate, recurse or panic; and every type that is " +
			"registered can be made.",
		Fix:    "Use JSON or Protocol Buffers with a limit on the size for what strangers send, or verify a MAC over the bytes before they are decoded. There is no quick fix, because the sender has to change.",
		Limits: "Looks at functions that have the `http.ResponseWriter` or the context of gin or echo as well. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/502.html",
			"https://pkg.go.dev/encoding/gob#hdr-Security",
		},
		Examples: untrustedGobExamples,
	},
}

func runUntrustedGob(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("encoding/gob.NewDecoder") {
		if !answers(c.Fn) {
			continue
		}
		for _, o := range fl.Origins(c.Arg(0)) {
			if isBody(o) || isLimited(o) {
				pass.Report(check.Finding{
					Message:  "gob is not made for input from strangers: it allocates and builds what the stream asks for",
					Location: pass.Location(c.Expr),
				})
				break
			}
		}
	}
	return nil
}

// isLimited reports whether a value is a body of limited size, which helps
// against its length only.
func isLimited(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "net/http.MaxBytesReader":
		return len(call.Call.Args) == 3 && isBody(call.Call.Args[1])
	case "io.LimitReader":
		return len(call.Call.Args) == 2 && isBody(call.Call.Args[0])
	}
	return false
}
