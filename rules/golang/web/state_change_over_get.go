package web

import (
	"context"
	_ "embed"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/visitors"
)

//go:embed testdata/state-change-over-get.txtar
var stateChangeOverGetExamples string

// StateChangeOverGet finds routes that a link or an image can trigger.
var StateChangeOverGet = &check.Check{
	ID:         "go/state-change-over-get",
	Title:      "GET request changes something",
	CWE:        []check.CWE{352, 650},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, visitors.Analyzer},
	RunPackage: runStateChangeOverGet,
	Page: check.Page{
		What: "A route for GET whose path or handler speaks of deleting, creating, changing or granting something, and whose handler does so.",
		Why: "Browsers, crawlers, mail scanners and previews follow links without asking. An image in any page that points there makes the visitor's browser delete their data: no protection against cross-site requests looks at GET, and " +
			"cookies with SameSite=Lax are sent along.",
		Fix:    "Register it for POST or DELETE, and protect these by `http.CrossOriginProtection`. There is no quick fix, because the pages that link there have to change too.",
		Limits: "Both must hold: a verb in the path or in the handler's name, and a call in the handler, by a name such as Delete, Update or Exec. Routes that are registered for any method are not judged. Where nobody is known by a cookie, a session or basic authentication, in the package or in those of the same owner that it imports, it is for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/352.html",
			"https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1",
			"https://pkg.go.dev/net/http#CrossOriginProtection",
		},
		Examples: stateChangeOverGetExamples,
	},
}

// changingVerbs begin the names of what changes something for good.
var changingVerbs = []string{"delete", "remove", "destroy", "create", "update", "disable", "enable", "revoke", "transfer", "approve", "reject", "ban", "unban", "promote", "demote", "purge", "wipe", "grant", "rename", "drop", "truncate", "insert", "save"}

func runStateChangeOverGet(_ context.Context, pass *check.PackagePass) error {
	for _, r := range routesOf(pass) {
		if r.method != "GET" || !r.saysChange(pass) {
			continue
		}
		_, body := code.Body(pass.Pass, r.handler)
		if body == nil || !changesSomething(pass, body) {
			continue
		}
		finding := check.Finding{
			Message:  "any page can make a visitor's browser do this: a link or an image is enough for GET",
			Location: pass.Location(r.call),
		}
		if !visitors.Known(pass.Pass) {
			finding.Persona = check.Pedantic // a page can do no more than anybody
		}
		pass.Report(finding)
	}
	return nil
}

// saysChange reports whether a route is for changing something, by the last fixed part of its path or
// by the name of its handler.
func (r *route) saysChange(pass *check.PackagePass) bool {
	last := ""
	for part := range strings.SplitSeq(r.path, "/") {
		if part != "" && strings.IndexByte(":{*", part[0]) < 0 {
			last = part
		}
	}
	name := purpose.NameOf(pass.TypesInfo, r.handler)
	for _, text := range []string{last, strings.TrimPrefix(strings.TrimPrefix(name, "handle"), "Handle")} {
		words := query.Words(text)
		if len(words) > 0 && slices.Contains(changingVerbs, words[0]) && !slices.ContainsFunc(words, isForm) {
			return true
		}
	}
	return false
}

// isForm reports whether a word says that a route only shows what asks for a change.
func isForm(word string) bool {
	return slices.Contains([]string{"form", "page", "view", "show", "confirm", "confirmation", "dialog", "modal", "preview", "status", "edit", "template", "get", "list"}, word)
}

// changesSomething reports whether a body calls what changes something, by its name.
func changesSomething(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		if tv := pass.TypesInfo.Types[call.Fun]; tv.IsBuiltin() || tv.IsType() {
			return true
		}
		if fn := code.Callee(pass.TypesInfo, call); fn != nil {
			words := query.Words(fn.Name())
			path := code.Path(fn.Pkg())
			isHeader := path == "net/http" || path == "strings" || path == "time" || path == "sync"
			found = len(words) > 0 && !isHeader && (slices.Contains(changingVerbs, words[0]) || words[0] == "exec")
		}
		return !found
	})
	return found
}
