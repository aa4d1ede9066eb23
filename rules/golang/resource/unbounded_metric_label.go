package resource

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/unbounded-metric-label.txtar
var unboundedMetricLabelExamples string

// UnboundedMetricLabel finds labels of metrics whose values strangers choose.
var UnboundedMetricLabel = &check.Check{
	ID:         "go/unbounded-metric-label",
	Title:      "A stranger chooses the label of a metric",
	CWE:        []check.CWE{770, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: runUnboundedMetricLabel,
	Page: check.Page{
		What: "A text from a request is the value of a label of a Prometheus metric, or of an attribute of an OpenTelemetry measurement: the path, the host, a header, or the method, which may be any word.",
		Why: "Each value that was not there before makes a time series, which stays in memory until the process ends, and is sent at each scrape. Requests with made-up methods took the memory of servers that were instrumented with " +
			"client_golang (CVE-2022-21698) and otelhttp (CVE-2023-45142).",
		Fix: "Label with what the program knows: the pattern of the route instead of the path, the method if it is one of those of HTTP and `unknown` if it is not. There is no quick fix, because only you know which values are worth telling apart.",
		Limits: "A comparison with constants, a look-up in a map of the program and a number that was parsed count as known. The pattern that a router gives (`FullPath`, `r.Pattern`) is none of the stranger's. A request that the program makes and sends is no stranger's. Methods that a router has " +
			"compared before are not seen, and what was decoded from a body is left alone, which is mostly a list of things that the server knows. For persona pedantic are texts of gRPC messages, whose senders the program mostly knows, and those that are handed on to another function, or returned by one, before they are a label, and the method of a request in a package that hands requests to its muxes only for some methods. A function is reported once. Test code and examples are left alone.",
		References: []string{
			"https://prometheus.io/docs/practices/naming/#labels",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-21698",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-45142",
			"https://cwe.mitre.org/data/definitions/770.html",
		},
		Examples: unboundedMetricLabelExamples,
	},
}

// isLabelled reports whether a function that answers a request labels with what it reads there itself, as one that counts the
// requests of a server does. Further away it is the name of something that the server has made or found, and of a
// message the program mostly knows who sends it.
func isLabelled(f *taint.Flow) bool {
	return f.Source.Name == "http" && f.Call != nil && f.Call.Parent() == f.Fn && !slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		return strings.HasPrefix(s.Message, "is passed to ") || strings.HasPrefix(s.Message, "is returned by ") || strings.HasPrefix(s.Message, "is stored in ")
	})
}

func runUnboundedMetricLabel(ctx context.Context, pass *check.PackagePass) error {
	reported := map[*ssa.Function]bool{}
	first := func(f *taint.Flow) bool {
		for _, s := range f.Steps {
			if name, ok := strings.CutPrefix(s.Message, "goes through "); ok && decodes(name) {
				return false
			}
		}
		fn := f.Fn
		for fn.Parent() != nil {
			fn = fn.Parent()
		}
		if reported[fn] {
			return false
		}
		reported[fn] = true
		return true
	}
	return strangers("%[2]s keeps one more time series for each value of %[1]s that is new, and nothing says which there are", first, "metric")(ctx, pass)
}
