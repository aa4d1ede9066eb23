package web

import (
	"context"
	_ "embed"
	"go/ast"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
)

//go:embed testdata/error-shown-to-client.txtar
var errorShownToClientExamples string

// ErrorShownToClient finds internal errors whose text is sent to the client.
var ErrorShownToClient = &check.Check{
	ID:         "go/error-shown-to-client",
	Title:      "Text of an internal error is sent to the client",
	CWE:        []check.CWE{209},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runErrorShownToClient,
	Page: check.Page{
		What:   "`err.Error()` is the answer to a request, with a status of 500 or above, by net/http, gin or echo.",
		Why:    "Such errors name tables and columns, files, hosts and versions: a map for whoever tries the next request. What went wrong inside is for the log.",
		Fix:    "Log the error and answer with a text of your own. The quick fix answers with the status' own text; log the error as well before you apply it.",
		Limits: "Statuses that are not constant are not judged, nor are those below 500, whose text tells clients what they did wrong. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/209.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",
		},
		Examples: errorShownToClientExamples,
	},
}

// errorAnswers are the functions that send a status and a text.
var errorAnswers = []string{"net/http.Error", "(*github.com/gin-gonic/gin.Context).JSON", "(*github.com/gin-gonic/gin.Context).String", "(*github.com/gin-gonic/gin.Context).AbortWithStatusJSON",
	"(github.com/labstack/echo.Context).JSON", "(github.com/labstack/echo.Context).String", "github.com/labstack/echo.NewHTTPError"}

func runErrorShownToClient(_ context.Context, pass *check.PackagePass) error {
	answers := func(called query.Called) bool { return slices.Contains(errorAnswers, code.Unversioned(called.Name)) }
	for c := range code.Calls(pass.Pass, answers) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		var status, text ast.Expr
		switch query.Callee(pass.TypesInfo, call) {
		case "net/http.Error":
			if len(call.Args) == 3 {
				text, status = call.Args[1], call.Args[2]
			}
		default:
			if len(call.Args) >= 2 {
				status, text = call.Args[0], call.Args[len(call.Args)-1]
			}
		}
		if code, known := code.ConstInt(pass.Pass, status); !known || code < 500 {
			continue
		}
		shown := errorText(pass, text)
		if shown == nil {
			continue
		}
		f := check.Finding{Message: "the text of an internal error tells a stranger how the server is built", Location: pass.Location(shown)}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && shown == text {
			if pkg, ok := sel.X.(*ast.Ident); ok && sel.Sel.Name == "Error" {
				f.Fixes = []check.Fix{{Title: "Answer with the status' own text", Edits: []check.Edit{pass.Edit(text, pkg.Name+".StatusText("+edit.Text(pass, status)+")")}}}
			}
		}
		pass.Report(f)
	}
	return nil
}

// errorText finds err.Error() in what is sent.
func errorText(pass *check.PackagePass, e ast.Expr) (found ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && found == nil && query.Callee(pass.TypesInfo, call) == "(error).Error" {
			found = call
		}
		return found == nil
	})
	return found
}
