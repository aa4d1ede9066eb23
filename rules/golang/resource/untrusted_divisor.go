package resource

import (
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-divisor.txtar
var untrustedDivisorExamples string

// UntrustedDivisor finds divisions by a number that a stranger may set to zero.
var UntrustedDivisor = &check.Check{
	ID:         "go/untrusted-divisor",
	Title:      "A stranger may divide by zero",
	CWE:        []check.CWE{369, 248},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: strangers("a number from %[1]s is the divisor, and nothing says that it is not 0", isNumber, "divisor"),
	Page: check.Page{
		What:   "An integer is divided, or its remainder taken, by a number that comes from a request, a connection or a message and was not compared with 0.",
		Why:    "A division by zero panics. net/http recovers that for the one request, whose work is lost half done; in a goroutine of its own the panic ends the process. Page sizes, ratios and block sizes of file formats are the usual places.",
		Fix:    "Refuse 0 first: `if n <= 0 { return errBadSize }`. There is no quick fix, because what to return is the program's decision.",
		Limits: "What comes from an HTTP request is for persona pedantic, because net/http recovers the panic. Divisions of floating-point numbers do not panic and are left alone. What was put together on the way from bytes, text or a message is a number of the sender; what has merely passed by is not looked at. A comparison counts that says that the number is larger than 0, or not 0.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/369.html",
			"https://go.dev/ref/spec#Integer_operators",
		},
		Examples: untrustedDivisorExamples,
	},
}

// isNumber reports whether the sender wrote the number: it was decoded on its way, or is part of a decoded message. What a server
// keeps, such as an interval, comes from its callers somehow, too.
func isNumber(f *taint.Flow) bool {
	return f.Source.Name == "grpc" || slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		name, ok := strings.CutPrefix(s.Message, "goes through ")
		return ok && decodes(name)
	})
}
