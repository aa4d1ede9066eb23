package web

import (
	"context"
	_ "embed"
	"go/ast"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/text-template-as-html.txtar
var textTemplateAsHTMLExamples string

// TextTemplateAsHTML finds text templates that are rendered to a browser.
var TextTemplateAsHTML = &check.Check{
	ID:         "go/text-template-as-html",
	Title:      "Page is rendered by text/template, which escapes nothing",
	CWE:        []check.CWE{79},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer, taint.Analyzer},
	RunPackage: runTextTemplateAsHTML,
	Page: check.Page{
		What: "A template of `text/template` is executed straight into an `http.ResponseWriter`, in a function that sets no other content type than HTML.",
		Why: "`text/template` writes values as they are. What a user entered, `<script>` included, becomes part of the page and runs in the next visitor's browser with their session. " +
			"`html/template` has the same interface and escapes each value for where it stands: text, attribute, URL, script.",
		Fix: "Import `html/template`. The quick fix does, where one file of the package uses templates. Look at it before you apply it: HTML that is passed in as a string on purpose is escaped from then " +
			"on, and needs `template.HTML`.",
		Limits: "A function, or one around it, that sets a content type of its own (`text/plain`, JSON, YAML) is left alone, as are templates whose name ends in `.txt` and the like. Rendering into a buffer first is not followed. Where no data of a request is seen to reach the template, it is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://pkg.go.dev/html/template",
			"https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
		},
		Examples: textTemplateAsHTMLExamples,
	},
}

func runTextTemplateAsHTML(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("(*text/template.Template).Execute", "(*text/template.Template).ExecuteTemplate") {
		if !toBrowser(fl, c.Arg(0)) || otherContentType(fl, c.Fn) || plainName(c) || escaped(fl, c) {
			continue
		}
		f := check.Finding{
			Message:  "text/template escapes nothing, so what users entered can run as a script in this page",
			Location: pass.Location(c.Expr),
			Fixes:    htmlTemplate(pass),
		}
		for _, way := range taint.Flows(pass, func(t *taint.Flow) bool {
			return t.Class.Name == "xss" && t.Source.Remote && c.Expr.Pos() <= t.Pos && t.End <= c.Expr.End()
		}) {
			f.Flow = way.Finding(pass, "").Flow
		}
		if f.Flow == nil {
			f.Persona = check.Pedantic // no stranger's text is seen to come there
		}
		pass.Report(f)
	}
	return nil
}

// escaped reports whether the data of a template is one text that was escaped.
func escaped(fl *flow.Flow, c flow.Call) bool {
	data := c.Arg(1)
	if strings.HasSuffix(c.Name, ".ExecuteTemplate") {
		data = c.Arg(2)
	}
	all := fl.Origins(data)
	for _, o := range all {
		call, ok := o.(*ssa.Call)
		if !ok {
			return false
		}
		switch query.CalleeSSA(&call.Call) {
		case "html.EscapeString", "html/template.HTMLEscapeString", "text/template.HTMLEscapeString", "html/template.HTMLEscaper", "text/template.HTMLEscaper":
		default:
			return false
		}
	}
	return len(all) > 0
}

// toBrowser reports whether a writer is that of an HTTP response.
func toBrowser(fl *flow.Flow, w ssa.Value) bool {
	if w == nil {
		return false
	}
	for _, o := range append(fl.Origins(w), w) {
		switch query.TypeName(o.Type()) {
		case "net/http.ResponseWriter", "github.com/gin-gonic/gin.ResponseWriter", "github.com/labstack/echo/v4.Response", "github.com/labstack/echo.Response":
			return true
		}
	}
	return false
}

// otherContentType reports whether a function, or one around it, sets a content
// type that browsers do not render.
func otherContentType(fl *flow.Flow, fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	for _, c := range fl.In(fn, "(net/http.Header).Set", "(net/http.Header).Add", "(*github.com/gin-gonic/gin.Context).Header") {
		key, _ := query.StringSSA(c.Arg(0))
		if !strings.EqualFold(key, "Content-Type") {
			continue
		}
		if value, ok := query.StringSSA(c.Arg(1)); !ok || !strings.Contains(value, "html") {
			return true
		}
	}
	return false
}

func plainName(c flow.Call) bool {
	name := ""
	if strings.HasSuffix(c.Name, ".ExecuteTemplate") {
		name, _ = query.StringSSA(c.Arg(1))
	}
	for _, suffix := range []string{".txt", ".json", ".yaml", ".yml", ".js", ".css", ".csv", ".sh", ".conf", ".ini", ".toml", ".md"} {
		if strings.Contains(name, suffix) {
			return true
		}
	}
	return false
}

// htmlTemplate changes the import, where one file alone has it.
func htmlTemplate(pass *check.PackagePass) []check.Fix {
	var found *ast.ImportSpec
	for _, file := range pass.Files {
		for _, spec := range file.Imports {
			switch path, _ := strconv.Unquote(spec.Path.Value); path {
			case "html/template":
				return nil
			case "text/template":
				if found != nil || code.IsTest(pass.Pass, file) {
					return nil
				}
				found = spec
			}
		}
	}
	if found == nil {
		return nil
	}
	return []check.Fix{{Title: "Render by html/template", Edits: []check.Edit{pass.Edit(found.Path, `"html/template"`)}}}
}
