package resource

import (
	"context"
	_ "embed"
	"fmt"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/bodies"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/json-body-without-limit.txtar
var jsonBodyWithoutLimitExamples string

// JSONBodyWithoutLimit finds handlers that decode a request body of any size.
var JSONBodyWithoutLimit = &check.Check{
	ID:         "go/json-body-without-limit",
	Title:      "Request body of any size is decoded",
	CWE:        []check.CWE{770, 400},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer, bodies.Analyzer},
	RunPackage: runJSONBodyWithoutLimit,
	Page: check.Page{
		What:   "A handler decodes JSON or XML straight from the body of a request, and nothing in the package limits its size.",
		Why:    "A decoder keeps one value in memory at a time, and that value may be an array of a billion elements, or one string. Whoever sends it uses up the memory of the server.",
		Fix:    "Decode from `http.MaxBytesReader`, or limit all handlers by `http.MaxBytesHandler`. The quick fix sets a limit of 1 MiB here. Look at it before you apply it: larger requests fail from then on.",
		Limits: "For the careful, because many servers stand behind a proxy with a limit. Looks at functions that have the `http.ResponseWriter` or the context of gin or echo as well. A limit anywhere in the package, and a test of the declared length, count. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/770.html",
			"https://pkg.go.dev/net/http#MaxBytesReader",
		},
		Examples: jsonBodyWithoutLimitExamples,
	},
}

func runJSONBodyWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || bodies.Limited(pass.Pass) {
		return nil
	}
	for _, c := range fl.Calls("encoding/json.NewDecoder", "encoding/xml.NewDecoder") {
		if !answers(c.Fn) || comparesLength(c.Fn) || !isBody(c.Arg(0)) {
			continue
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s reads the request's body, however large a value in it is", c.Name),
			Location: pass.Location(c.Expr),
			Fixes:    limitBody(pass, c.Fn, c.Expr.Args[0]),
		})
	}
	return nil
}
