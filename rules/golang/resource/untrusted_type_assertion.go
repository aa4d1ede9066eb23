package resource

import (
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-type-assertion.txtar
var untrustedTypeAssertionExamples string

// UntrustedTypeAssertion finds type assertions of decoded data that panic if a
// stranger sends another type.
var UntrustedTypeAssertion = &check.Check{
	ID:         "go/untrusted-type-assertion",
	Title:      "A stranger chooses the type that a type assertion panics on",
	CWE:        []check.CWE{248, 704},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: strangers("the sender decides which type this is, and the assertion panics on every other: data from %[1]s", wasDecoded, "assertion"),
	Page: check.Page{
		What: "Data from a request, a connection or a message was decoded into `any` or a `map[string]any`, and a part of it is taken by a type assertion without `ok`: `m[\"name\"].(string)`.",
		Why: "JSON has numbers, strings, lists and null, and the sender chooses: `{\"name\": 1}` or a missing name panics. net/http recovers that for the one request; in a goroutine of its own or a worker the panic ends the process. Bots and " +
			"webhooks fall over such payloads every day.",
		Fix:    "Decode into a struct, which gives an error for another type, or use the two-valued form: `name, ok := m[\"name\"].(string)`. There is no quick fix, because what to do when it is another type is the program's decision.",
		Limits: "What comes from an HTTP request is for persona pedantic, because net/http recovers the panic. Assertions in a type switch do not panic. Those within a logger are left alone. A switch on the type before the assertion is not understood.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/248.html",
			"https://go.dev/ref/spec#Type_assertions",
		},
		Examples: untrustedTypeAssertionExamples,
	},
}

// wasDecoded reports whether the types of some data were chosen by a decoder, and not by
// the program, which mostly asserts what it put in.
//
// What goes to a logger is one of several values, of which the logger asserts the types of its own.
func wasDecoded(f *taint.Flow) bool {
	if slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		callee, ok := strings.CutPrefix(s.Message, "is passed to ")
		return ok && isLogger(callee)
	}) {
		return false
	}
	return slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		return strings.HasPrefix(s.Message, "goes through ") && (strings.Contains(s.Message, ").Decode") || strings.Contains(s.Message, ".Unmarshal"))
	})
}

// isLogger reports whether a function, as the steps of a flow name it, is one of a logger: (log.Logger).Debug.
func isLogger(callee string) bool {
	on, method, ok := strings.Cut(callee, ").")
	return ok && slices.Contains(query.Words(on), "logger") && method != ""
}
