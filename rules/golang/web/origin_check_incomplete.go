package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/origin-check-incomplete.txtar
var originCheckIncompleteExamples string

// OriginCheckIncomplete finds comparisons of origins that other hosts pass.
var OriginCheckIncomplete = &check.Check{
	ID:         "go/origin-check-incomplete",
	Title:      "Check of the origin lets other hosts through",
	CWE:        []check.CWE{346, 942, 20},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runOriginCheckIncomplete,
	Page: check.Page{
		What:   "An origin is compared by its beginning, its end or a part of it, so that hosts of others pass: `https://example.com.evil.test` begins as `https://example.com` does, and `evilexample.com` ends as `example.com`.",
		Why:    "The check decides which pages may read answers in a user's name, or open a websocket. Who registers such a host passes it.",
		Fix:    "Compare the whole origin with a list. For subdomains parse it, and compare `u.Hostname()` by its end with the dot: `strings.HasSuffix(host, \".example.com\")`. There is no quick fix, because only you know whether subdomains are meant.",
		Limits: "Judged are `HasPrefix`, `HasSuffix` and `Contains` of package strings with a constant host, for what is called origin or read from the `Origin` header. A prefix that ends in `/` or `:`, and a suffix that begins with `.` or `/`, are complete. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/346.html",
			"https://portswigger.net/web-security/cors#errors-parsing-origin-headers",
			"https://nvd.nist.gov/vuln/detail/CVE-2019-25211",
		},
		Examples: originCheckIncompleteExamples,
	},
}

func runOriginCheckIncomplete(_ context.Context, pass *check.PackagePass) error {
	for c := range code.CallsTo(pass.Pass, "strings.HasPrefix", "strings.HasSuffix", "strings.Contains") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			continue
		}
		name := query.Callee(pass.TypesInfo, call)
		if !isOriginText(pass, call.Args[0], 3) {
			continue
		}
		text, known := code.ConstString(pass.Pass, call.Args[1])
		if !known || text == "" {
			continue
		}
		host := text
		if i := strings.Index(host, "://"); i >= 0 {
			host = host[i+3:]
		}
		if !strings.Contains(strings.Trim(host, ".:/"), ".") && !strings.Contains(host, "localhost") {
			continue // no host
		}
		passes := ""
		switch name {
		case "strings.HasPrefix":
			if !strings.HasSuffix(text, "/") && !strings.HasSuffix(text, ":") {
				passes = text + ".evil.test"
			}
		case "strings.HasSuffix":
			if text[0] != '.' && text[0] != '/' && !strings.Contains(text, "://") {
				passes = "https://evil" + text
			}
		case "strings.Contains":
			passes = "https://" + strings.Trim(host, ".:/") + ".evil.test"
		}
		if passes != "" {
			pass.Report(check.Finding{
				Message:  fmt.Sprintf("other hosts pass this check of the origin, %s for example", passes),
				Location: pass.Location(call),
			})
		}
	}
	return nil
}

// isOriginText reports whether a text is an origin, by its name, or as it is read from the header.
func isOriginText(pass *check.PackagePass, e ast.Expr, steps int) bool {
	if steps == 0 {
		return false
	}
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok {
		name := code.Unversioned(query.Callee(pass.TypesInfo, call))
		if (name == "strings.ToLower" || name == "strings.TrimSpace") && len(call.Args) == 1 {
			return isOriginText(pass, call.Args[0], steps)
		}
		for _, get := range headerGetters {
			if name == get && len(call.Args) == 1 {
				header, ok := code.ConstString(pass.Pass, call.Args[0])
				return ok && strings.EqualFold(header, "Origin")
			}
		}
		return false
	}
	if init := code.Init(pass.Pass, e); init != nil && init != e {
		return isOriginText(pass, init, steps-1)
	}
	words := purpose.Words(purpose.NameOf(pass.TypesInfo, e))
	v := code.Var(pass.TypesInfo, e)
	return v != nil && len(words) > 0 && words[len(words)-1] == "origin" && code.IsText(v.Type())
}
