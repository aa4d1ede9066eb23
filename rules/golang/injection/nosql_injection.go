package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/nosql-injection.txtar
var nosqlInjectionExamples string

// NoSQLInjection finds queries that untrusted data shapes.
var NoSQLInjection = &check.Check{
	ID:         "go/nosql-injection",
	Title:      "A database query has the shape that untrusted data gives it",
	CWE:        []check.CWE{943},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, inspect.Analyzer},
	RunPackage: runNoSQLInjection,
	Page: check.Page{
		What:   "A document that a stranger sends goes into a MongoDB query as it is, operators included, or JavaScript for `$where` is put together from values.",
		Why:    "`{\"password\": {\"$ne\": \"\"}}` matches every password. In Rocket.Chat this way led to the accounts of administrators (CVE-2021-22911).",
		Fix:    "Build the query from values of known types: decode into a struct with string fields, or compare by `{\"$eq\": value}`. There is no quick fix, because the type that is decoded has to change.",
		Limits: "Values of string and number types are only values, and are not reported: only what may hold a document is. JavaScript is reported tentatively, wherever its values come from, in packages that import a driver of MongoDB." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/943.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-22911",
		},
		Examples: nosqlInjectionExamples,
	},
}

func runNoSQLInjection(ctx context.Context, pass *check.PackagePass) error {
	if err := flowsInto("data from %s decides the query of %s", "nosql")(ctx, pass); err != nil {
		return err
	}
	if !slices.ContainsFunc(pass.Pkg.Imports(), func(p *types.Package) bool { return strings.Contains(p.Path(), "mongo") }) {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil)) {
		kv, ok := c.Node().(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		value := kv.Value
		if key, known := code.ConstString(pass.Pass, kv.Key); !known || !slices.Contains(scriptOperators, key) {
			continue
		}
		if b := buildOf(pass, value); b != nil && slices.ContainsFunc(b.pieces, func(p piece) bool { return p.value != nil }) {
			pass.Report(check.Finding{
				Message:    "JavaScript that the database runs is put together from values: one with a quote in it ends the text and goes on as code",
				Location:   pass.Location(value),
				Confidence: check.Tentative, // the values may be the program's own
			})
		}
	}
	return nil
}

// scriptOperators take JavaScript.
var scriptOperators = []string{"$where", "$function", "$accumulator"}
