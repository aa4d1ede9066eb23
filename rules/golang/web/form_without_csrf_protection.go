package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"go/version"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/visitors"
)

//go:embed testdata/form-without-csrf-protection.txtar
var formWithoutCSRFProtectionExamples string

// FormWithoutCSRFProtection finds forms that other sites can send in a user's name.
var FormWithoutCSRFProtection = &check.Check{
	ID:         "go/form-without-csrf-protection",
	Title:      "Other sites can send this form in a user's name",
	CWE:        []check.CWE{352},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runFormWithoutCSRFProtection,
	Page: check.Page{
		What: "A route takes a form, knows its user by a cookie or a session, and changes something, and nothing in the package protects from requests of other sites.",
		Why: "Any page that a user visits can have the browser send the form to this address, and the browser adds the cookie: the page changes the user's address, password or settings in their name. Browsers that treat cookies without " +
			"`SameSite` as `Lax` are not all browsers, and a subdomain counts as the same site.",
		Fix: "Wrap the router: `http.NewCrossOriginProtection().Handler(mux)`, in the standard library since Go 1.25, refuses what browsers say comes from another origin, and needs no token in the forms. The quick fix does that where the router is " +
			"served; it is not safe to apply unseen, because forms of other sites that are meant to work are refused from then on.",
		Limits: "Nothing is reported in packages that speak of CSRF, XSRF, `CrossOriginProtection`, `SameSite`, `Sec-Fetch-Site`, `Origin` or `Referer`, or use one of the known middlewares. The session is seen in the handler, in functions of the package that it calls, " +
			"and in middleware for the route or its router. Where the router is not served in the package a finding is tentative, and for persona pedantic, because it may be wrapped elsewhere. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/352.html",
			"https://pkg.go.dev/net/http#CrossOriginProtection",
			"https://words.filippo.io/csrf/",
		},
		Examples: formWithoutCSRFProtectionExamples,
	},
}

func runFormWithoutCSRFProtection(_ context.Context, pass *check.PackagePass) error {
	var forms []route
	sessions := &sessions{pass: pass, declared: map[string][]*ast.FuncDecl{}}
	for _, r := range routesOf(pass) {
		_, body := code.Body(pass.Pass, r.handler)
		if body == nil || !r.changes() && (r.method != "" || !comparesMethod(pass, body)) {
			continue
		}
		if readsForm(pass, body) && changesSomething(pass, body) && sessions.knowUser(r, body) {
			forms = append(forms, r)
		}
	}
	if len(forms) == 0 || speaksOfCSRF(pass) {
		return nil
	}
	for _, g := range groups(forms) {
		first := g.routes[0]
		finding := check.Finding{
			Message:  "any page that a user visits can send this form in their name: nothing asks where it comes from",
			Location: pass.Location(first.call),
		}
		for _, r := range g.routes[1:] {
			related := pass.Location(r.call)
			related.Message = "this one as well"
			finding.Related = append(finding.Related, related)
		}
		if served, fix := servedBy(pass, g.router); served {
			finding.Confidence = check.Firm
			finding.Fixes = fix
		} else {
			finding.Persona = check.Pedantic // it may be wrapped elsewhere
		}
		pass.Report(finding)
	}
	return nil
}

// speaksOfCSRF reports whether anything in a package has to do with requests of other sites.
func speaksOfCSRF(pass *check.PackagePass) bool {
	speaks := func(text string) bool {
		lower := strings.ToLower(text)
		return slices.ContainsFunc([]string{"csrf", "xsrf", "nosurf", "crossorigin", "samesite", "sec-fetch-site", "forgery"}, func(w string) bool { return strings.Contains(lower, w) }) ||
			lower == `"origin"` || lower == `"referer"` || lower == "referer"
	}
	for _, file := range pass.Files {
		for text := range purpose.Texts(file) {
			if speaks(text) {
				return true
			}
		}
	}
	return false
}

// comparesMethod reports whether a handler looks for a POST itself.
func comparesMethod(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			text, isText := query.String(pass.TypesInfo, e)
			found = found || isText && text == "POST"
		}
		return !found
	})
	return found
}

// formReaders read a form of a request: methods by their names, and the fields PostForm and Form.
var formReaders = []string{"FormValue", "PostFormValue", "ParseForm", "ParseMultipartForm", "PostForm", "PostFormArray", "GetPostForm", "DefaultPostForm", "MultipartForm", "FormParams"}

func readsForm(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			found = found || code.IsRequest(pass.TypesInfo.TypeOf(sel.X)) && slices.Contains(formReaders, sel.Sel.Name)
		}
		return !found
	})
	return found
}

// sessions finds out whether a route knows its user by a cookie.
type sessions struct {
	pass     *check.PackagePass
	declared map[string][]*ast.FuncDecl // by name; filled at the first question
}

func (s *sessions) knowUser(r route, body *ast.BlockStmt) bool {
	if s.read(body, 2) {
		return true
	}
	wrappers := slices.Clone(r.wrappers)
	if f, ok := code.Enclosing(r.cursor); ok && r.router != nil {
		ast.Inspect(f.Node, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && sel.Sel.Name == "Use" && code.Var(s.pass.TypesInfo, sel.X) == r.router {
					for _, arg := range call.Args {
						wrappers = append(wrappers, namesIn(s.pass, arg)...)
					}
				}
			}
			return true
		})
	}
	return slices.ContainsFunc(wrappers, func(name string) bool {
		return slices.ContainsFunc(s.functions(name), func(d *ast.FuncDecl) bool { return s.read(d.Body, 1) })
	})
}

func (s *sessions) functions(name string) []*ast.FuncDecl {
	if len(s.declared) == 0 {
		for _, file := range s.pass.Files {
			for _, d := range file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					s.declared[fn.Name.Name] = append(s.declared[fn.Name.Name], fn)
				}
			}
		}
	}
	return s.declared[name]
}

// read reports whether a body reads a session, itself or in so many calls within the package.
func (s *sessions) read(body *ast.BlockStmt, calls int) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found {
			return !found
		}
		fn := code.Callee(s.pass.TypesInfo, call)
		if fn == nil {
			return true
		}
		if visitors.ReadsCookie(fn) {
			found = true
			return false
		}
		if d := code.Declaration(s.pass.Pass, fn); d != nil && d.Body != nil {
			found = calls > 0 && s.read(d.Body, calls-1)
		} else if words := query.Words(fn.Name()); len(words) > 1 && (words[0] == "get" || words[0] == "load" || words[0] == "current") {
			found = slices.Contains(words, "session")
		}
		return !found
	})
	return found
}

// servedBy reports whether a router is served in the package, and gives the fix that protects all
// that is served with it.
func servedBy(pass *check.PackagePass, router *types.Var) (served bool, fixes []check.Fix) {
	for c := range code.Nodes(pass.Pass, (*ast.CallExpr)(nil), (*ast.KeyValueExpr)(nil)) {
		var handler, pkg ast.Expr
		switch n := c.Node().(type) {
		case *ast.CallExpr:
			name := code.Unversioned(query.Callee(pass.TypesInfo, n))
			sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
			if !ok {
				continue
			}
			switch name {
			case "net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS":
				i := 1
				if strings.HasSuffix(name, "AndServeTLS") {
					i = 3
				}
				if i < len(n.Args) {
					handler, pkg = n.Args[i], sel.X
				}
			case "(*github.com/gin-gonic/gin.Engine).Run", "(*github.com/labstack/echo.Echo).Start", "(*github.com/gofiber/fiber.App).Listen":
				if code.Var(pass.TypesInfo, sel.X) == router {
					return true, nil
				}
			}
		case *ast.KeyValueExpr: // http.Server{Handler: mux}
			field := code.Var(pass.TypesInfo, n.Key)
			lit, ok := c.Parent().Node().(*ast.CompositeLit)
			if field == nil || !ok || field.Name() != "Handler" || !query.IsType(pass.TypesInfo.TypeOf(lit), "net/http.Server") {
				continue
			}
			handler = n.Value
			if sel, ok := lit.Type.(*ast.SelectorExpr); ok {
				pkg = sel.X
			}
		}
		if handler == nil {
			continue
		}
		isDefault := pass.TypesInfo.Types[handler].IsNil()
		if v := code.Var(pass.TypesInfo, handler); (v == nil || v != router) && !(isDefault && router == nil) {
			continue
		}
		if pkg == nil || version.Compare(pass.Pkg.GoVersion(), "go1.25") < 0 {
			return true, nil
		}
		name, text := edit.Text(pass, pkg), edit.Text(pass, handler)
		if isDefault {
			text = name + ".DefaultServeMux"
		}
		return true, []check.Fix{{
			Title: "Refuse requests of other sites",
			Edits: []check.Edit{pass.Edit(handler, fmt.Sprintf("%s.NewCrossOriginProtection().Handler(%s)", name, text))},
		}}
	}
	return false, nil
}
