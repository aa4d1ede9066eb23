package resource

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-loop-bound.txtar
var untrustedLoopBoundExamples string

// UntrustedLoopBound finds loops that run as often as a stranger says.
var UntrustedLoopBound = &check.Check{
	ID:         "go/untrusted-loop-bound",
	Title:      "A stranger chooses how often a loop runs",
	CWE:        []check.CWE{834, 606, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: runUntrustedLoopBound,
	Page: check.Page{
		What: "A loop counts to a number that comes from a request, a connection or a message, without an upper bound.",
		Why: "A few bytes buy as much of the processor as the sender likes, and of memory, if the loop appends: the number is written in an instant, counting to it takes minutes. In Go's own crypto/x509 and in many parsers of packets such loops " +
			"were reported as denial of service.",
		Fix:    "Compare the number with a limit and refuse what is larger. Where each round reads an element of the input, stop at the end of the input. There is no quick fix, because the limit depends on the data.",
		Limits: "A comparison with a variable counts as a bound, a comparison with a constant only if it is below 2^30. A loop in steps of 1 GB or more runs seldom. Recursion is looked at by `go/recursion-without-limit`. What a request brings after it has said whose it is (a token that is verified, a route behind `requireAuth`, or of a router of the package that is wrapped in it or uses it), or on a route below `/internal/`, is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/834.html",
			"https://cwe.mitre.org/data/definitions/606.html",
		},
		Examples: untrustedLoopBoundExamples,
	},
}

func runUntrustedLoopBound(ctx context.Context, pass *check.PackagePass) error {
	allocates := map[taint.Place]bool{} // what is made as large says it already
	for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && f.Class.Name == "allocation" && straight(f) }) {
		allocates[f.Steps[0].Place] = true
	}
	return strangers("a number from %[1]s is how often %[2]s runs, and nothing says how large it may be", func(f *taint.Flow) bool {
		return !allocates[f.Steps[0].Place]
	}, "loop")(ctx, pass)
}
