package web

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/visitors"
)

//go:embed testdata/cors-any-origin-with-credentials.txtar
var corsAnyOriginWithCredentialsExamples string

// CORSAnyOriginWithCredentials finds servers that let every page read answers meant for a user.
var CORSAnyOriginWithCredentials = &check.Check{
	ID:         "go/cors-any-origin-with-credentials",
	Title:      "Any page may read answers in a user's name",
	CWE:        []check.CWE{942, 346},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, flow.Analyzer, visitors.Analyzer},
	RunPackage: runCORSAnyOriginWithCredentials,
	Page: check.Page{
		What: "A server allows credentials to any origin: it sends the request's `Origin` back in `Access-Control-Allow-Origin` without a look at it, or where its list has a wildcard; or a CORS middleware is configured so.",
		Why: "With both headers the browser sends cookies with a request from any page and lets that page read the answer. So every page that a user visits can read their mail, keys and CSRF " +
			"tokens from your API. The CORS handler of gorilla/handlers once did this (CVE-2017-20146).",
		Fix: "Compare the origin with a list of your own, and send the headers only for those. If the API is public, leave `Access-Control-Allow-Credentials` out. There is no quick fix, because only you know the " +
			"list.",
		Limits: "In code that sets the headers itself, any use of the origin but sending it back counts as a check: a comparison, a lookup, a call; unless a wildcard (`\"*\"`, an empty list, a switch that is called all or any) leads around it. A plain `*` with credentials is reported for middlewares " +
			"(rs/cors, go-chi/cors, gin-contrib/cors, gorilla/handlers, echo, fiber), some of which turn it into the request's origin; browsers refuse it as it is. Programs that know nobody by a cookie, a session or basic authentication, in the package or in those of the same owner that it imports, have nothing to read in a visitor's name, and are for persona pedantic; packages that only offer the middleware to others are not.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/942.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2017-20146",
			"https://fetch.spec.whatwg.org/#cors-protocol-and-credentials",
		},
		Examples: corsAnyOriginWithCredentialsExamples,
	},
}

// headerSetters set a response header from a name and a value.
var headerSetters = []string{"(net/http.Header).Set", "(net/http.Header).Add", "(*github.com/gin-gonic/gin.Context).Header",
	"(*github.com/gofiber/fiber.Ctx).Set"}

// headerGetters read a request header by its name.
var headerGetters = []string{"(net/http.Header).Get", "(*github.com/gin-gonic/gin.Context).GetHeader", "(*github.com/gofiber/fiber.Ctx).Get"}

func runCORSAnyOriginWithCredentials(_ context.Context, pass *check.PackagePass) error {
	if fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow); ok {
		reflectedOrigins(pass, fl)
	}
	for s := range code.Structs(pass.Pass, "github.com/rs/cors.Options", "github.com/go-chi/cors.Options", "github.com/gin-contrib/cors.Config",
		"github.com/labstack/echo/middleware.CORSConfig", "github.com/gofiber/fiber/middleware/cors.Config") {
		if on, known := code.ConstBool(pass.Pass, s.Fields["AllowCredentials"]); !known || !on {
			continue
		}
		if place := anyOrigin(pass, s); place != nil {
			pass.Report(check.Finding{
				Message:  "any page that a user visits may read answers in their name: every origin is allowed, with credentials",
				Location: pass.Location(place),
				Persona:  whoReadsAnswers(pass),
			})
		}
	}
	for c := range code.CallsTo(pass.Pass, "github.com/gorilla/handlers.CORS") {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			gorillaOptions(pass, call)
		}
	}
	return nil
}

// whoReadsAnswers gives the persona for an origin that is allowed: everyone sees it only if there are answers that are meant
// for one visitor, here or in the programs that a middleware is offered to.
func whoReadsAnswers(pass *check.PackagePass) check.Persona {
	offers := code.IsForOthers(pass.Pkg) && len(routesOf(pass)) == 0 && !servesItself(pass)
	if visitors.Known(pass.Pass) || offers {
		return check.Regular
	}
	return check.Pedantic
}

// servesItself reports whether a package makes a server or a mux.
func servesItself(pass *check.PackagePass) bool {
	return code.Mentions(pass.Pass, "net/http.NewServeMux", "net/http.ServeMux", "net/http.Server", "net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS")
}

// gorillaOptions judges handlers.CORS(handlers.AllowCredentials(), ...).
func gorillaOptions(pass *check.PackagePass, call *ast.CallExpr) {
	credentials, anyOne := false, ast.Node(nil)
	for _, arg := range call.Args {
		option, ok := ast.Unparen(arg).(*ast.CallExpr)
		if !ok {
			continue
		}
		switch query.Callee(pass.TypesInfo, option) {
		case "github.com/gorilla/handlers.AllowCredentials":
			credentials = true
		case "github.com/gorilla/handlers.AllowedOrigins":
			if len(option.Args) == 1 && listsAll(pass, option.Args[0]) {
				anyOne = option
			}
		case "github.com/gorilla/handlers.AllowedOriginValidator":
			if len(option.Args) == 1 {
				if _, body := code.Body(pass.Pass, option.Args[0]); alwaysTrueFirst(pass, body) {
					anyOne = option
				}
			}
		}
	}
	if credentials && anyOne != nil {
		pass.Report(check.Finding{
			Message:  "any page that a user visits may read answers in their name: every origin is allowed, with credentials",
			Location: pass.Location(anyOne),
			Persona:  whoReadsAnswers(pass),
		})
	}
}

// anyOrigin gives what makes a middleware allow every origin.
func anyOrigin(pass *check.PackagePass, s *code.Struct) ast.Node {
	if all, known := code.ConstBool(pass.Pass, s.Fields["AllowAllOrigins"]); known && all {
		return s.Places["AllowAllOrigins"]
	}
	for _, field := range []string{"AllowOriginFunc", "AllowOriginRequestFunc", "AllowOriginWithContextFunc", "AllowOriginVaryRequestFunc", "AllowOriginsFunc"} {
		callback := s.Fields[field]
		if callback == nil {
			continue
		}
		_, body := code.Body(pass.Pass, callback)
		if alwaysTrueFirst(pass, body) {
			return s.Places[field]
		}
		return nil
	}
	for _, field := range []string{"AllowedOrigins", "AllowOrigins"} {
		if list := s.Fields[field]; list != nil && listsAll(pass, list) {
			return s.Places[field]
		}
	}
	return nil
}

// listsAll reports whether a list of origins, of strings or separated by commas,
// has a *.
func listsAll(pass *check.PackagePass, list ast.Expr) bool {
	if text, ok := code.ConstString(pass.Pass, list); ok {
		return slices.ContainsFunc(strings.Split(text, ","), func(o string) bool { return strings.TrimSpace(o) == "*" })
	}
	lit, ok := ast.Unparen(list).(*ast.CompositeLit)
	if !ok {
		lit, ok = ast.Unparen(orNil(code.Init(pass.Pass, list))).(*ast.CompositeLit)
	}
	return ok && slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
		text, ok := code.ConstString(pass.Pass, e)
		return ok && text == "*"
	})
}

// orNil gives an expression that is nothing for none.
func orNil(e ast.Expr) ast.Expr {
	if e == nil {
		return &ast.BadExpr{}
	}
	return e
}

// alwaysTrueFirst reports whether the first result of a function is always true.
func alwaysTrueFirst(pass *check.PackagePass, body *ast.BlockStmt) bool {
	if body == nil {
		return false
	}
	found, other := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) > 0 {
				if yes, known := query.Bool(pass.TypesInfo, n.Results[0]); known && yes {
					found = true
					return true
				}
			}
			other = true
		}
		return true
	})
	return found && !other
}

func isHeader(v ssa.Value, name string) bool {
	text, ok := query.StringSSA(v)
	return ok && strings.EqualFold(text, name)
}

// reflectedOrigins reports functions that send the origin back and allow credentials.
func reflectedOrigins(pass *check.PackagePass, fl *flow.Flow) {
	wild := &wildcards{fl, map[*ssa.Parameter]bool{}}
	for _, c := range fl.Calls(headerSetters...) {
		if !isHeader(c.Arg(0), "Access-Control-Allow-Origin") || !allowsCredentials(fl, c.Fn) || asksAboutRequest(c.Instr.Block()) {
			continue
		}
		reflected, always := false, true
		for _, o := range fl.Origins(c.Arg(1)) {
			call, ok := o.(*ssa.Call)
			reflected, always = reflected || ok && isOrigin(call), always && ok && isOrigin(call)
		}
		message := "any page that a user visits may read answers in their name: "
		switch {
		case reflected && !looksAtOrigin(fl, c.Fn):
			message += "the request's origin is allowed as it is, with credentials"
		case reflected && always && wild.reaches(c.Instr.Block(), isOriginValue):
			message += "where every origin is allowed, the request's own is sent back instead of *, with credentials"
		default:
			continue
		}
		pass.Report(check.Finding{Message: message, Location: pass.Location(c.Expr), Persona: whoReadsAnswers(pass)})
	}
}

// asksAboutRequest reports whether a block is only reached where a function that was
// given the whole request, and may look at its origin, said yes or no.
func asksAboutRequest(b *ssa.BasicBlock) bool {
	for d := b.Idom(); d != nil; d = d.Idom() {
		branch, ok := d.Instrs[len(d.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		cond := branch.Cond
		if not, ok := cond.(*ssa.UnOp); ok {
			cond = not.X
		}
		if call, ok := cond.(*ssa.Call); ok && slices.ContainsFunc(call.Call.Args, func(arg ssa.Value) bool { return query.IsType(arg.Type(), "net/http.Request") }) {
			return true
		}
	}
	return false
}

func isOrigin(call *ssa.Call) bool {
	name := code.Unversioned(query.CalleeSSA(&call.Call))
	for _, g := range headerGetters {
		if name == g {
			args := call.Call.Args
			return len(args) > 1 && isHeader(args[1], "Origin")
		}
	}
	return false
}

func allowsCredentials(fl *flow.Flow, fn *ssa.Function) bool {
	for _, c := range fl.In(fn, headerSetters...) {
		if value, ok := query.StringSSA(c.Arg(1)); ok && strings.EqualFold(value, "true") && isHeader(c.Arg(0), "Access-Control-Allow-Credentials") {
			return true
		}
	}
	return false
}

func isOriginValue(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	return ok && isOrigin(call)
}

// looksAtOrigin reports whether a function, or one around it, does anything with
// the request's origin but ask whether it is there, print it and send it back.
func looksAtOrigin(fl *flow.Flow, fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	for _, get := range fl.In(fn, headerGetters...) {
		call, ok := get.Instr.(*ssa.Call)
		if !ok || !isOrigin(call) {
			continue
		}
		if examined(call, map[ssa.Value]bool{}) {
			return true
		}
	}
	return false
}

func examined(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] || v.Referrers() == nil {
		return false
	}
	seen[v] = true
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Phi:
			if examined(r, seen) {
				return true
			}
		case *ssa.MakeInterface:
			if examined(r, seen) {
				return true
			}
		case *ssa.BinOp:
			other := r.X
			if r.X == v {
				other = r.Y
			}
			if text, ok := query.StringSSA(other); r.Op != token.EQL && r.Op != token.NEQ || !ok || text != "" && text != "null" {
				return true
			}
		case ssa.CallInstruction:
			name := code.Unversioned(query.CalleeSSA(r.Common()))
			setter := false
			for _, s := range headerSetters {
				setter = setter || name == s
			}
			if !setter && name != "len" && !strings.HasPrefix(name, "log.") && !strings.HasPrefix(name, "fmt.") {
				return true
			}
		case *ssa.Store:
			// Into the arguments of a variadic call, such as a logger's.
			if _, ok := r.Addr.(*ssa.IndexAddr); !ok {
				return true
			}
		default:
			return true
		}
	}
	return false
}
