package web

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// A route is one registration of a handler with a router.
type route struct {
	call   *ast.CallExpr
	cursor inspector.Cursor
	// router is the variable, parameter or field on which it is registered; nil for the default mux.
	router *types.Var
	// method is that of the request, "" for any.
	method string
	// path is "" where it is not constant.
	path string
	// handler is the handler itself, without what wraps it.
	handler ast.Expr
	// wrappers are the names of what runs before the handler for this route alone.
	wrappers []string
}

// routers are the methods that register a route, without the name of the HTTP method that some of
// them have: net/http, chi, gorilla, httprouter, gin, echo, fiber.
var routers = []string{"net/http.", "(*net/http.ServeMux).", "(github.com/go-chi/chi.Router).", "(*github.com/go-chi/chi.Mux).", "(*github.com/gorilla/mux.Router).", "(*github.com/julienschmidt/httprouter.Router).",
	"(*github.com/gin-gonic/gin.RouterGroup).", "(github.com/gin-gonic/gin.IRoutes).", "(github.com/gin-gonic/gin.IRouter).", "(*github.com/labstack/echo.Echo).", "(*github.com/labstack/echo.Group).",
	"(*github.com/gofiber/fiber.App).", "(github.com/gofiber/fiber.Router).", "(*github.com/gofiber/fiber.Group)."}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// routesOf gives the routes that a package registers outside of test code, in source order.
func routesOf(pass *check.PackagePass) []route {
	var routes []route
	ofRouter := func(called query.Called) bool {
		name := code.Unversioned(called.Name)
		dot := strings.LastIndexByte(name, '.')
		return dot >= 0 && slices.Contains(routers, name[:dot+1])
	}
	for c := range code.Calls(pass.Pass, ofRouter) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			continue
		}
		if r, ok := routeAt(pass, c, call); ok {
			routes = append(routes, r)
		}
	}
	return routes
}

func routeAt(pass *check.PackagePass, c inspector.Cursor, call *ast.CallExpr) (route, bool) {
	name := code.Unversioned(query.Callee(pass.TypesInfo, call))
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || !slices.Contains(routers, name[:dot+1]) {
		return route{}, false
	}
	r := route{call: call, cursor: c}
	verb := strings.ToUpper(name[dot+1:])
	switch {
	case slices.Contains(methods, verb):
		if name[:dot+1] == "net/http." {
			return r, false // http.Get is a client's
		}
		r.method = verb
	case verb == "HANDLE" || verb == "HANDLEFUNC" || verb == "ANY" || verb == "ALL":
	default:
		return r, false
	}
	r.path, _ = code.ConstString(pass.Pass, call.Args[0])
	if method, path, ok := strings.Cut(r.path, " "); ok && slices.Contains(methods, method) {
		r.method, r.path = method, strings.TrimSpace(path)
	}
	handlers := call.Args[1:]
	if strings.Contains(name, "labstack/echo") { // the handler comes first
		r.handler = handlers[0]
		for _, m := range handlers[1:] {
			r.wrappers = append(r.wrappers, namesIn(pass, m)...)
		}
	} else {
		r.handler = handlers[len(handlers)-1]
		for _, m := range handlers[:len(handlers)-1] {
			r.wrappers = append(r.wrappers, namesIn(pass, m)...)
		}
	}
	r.unwrap(pass)
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return r, false
	}
	on := ast.Unparen(sel.X)
	for { // r.With(auth).Get(...)
		with, ok := on.(*ast.CallExpr)
		if !ok {
			break
		}
		for _, m := range with.Args {
			r.wrappers = append(r.wrappers, namesIn(pass, m)...)
		}
		inner, ok := ast.Unparen(with.Fun).(*ast.SelectorExpr)
		if !ok {
			break
		}
		on = ast.Unparen(inner.X)
	}
	r.router = code.Var(pass.TypesInfo, on)
	r.gorillaMethod(pass)
	return r, true
}

// unwrap takes what wraps the handler off: auth(log(http.HandlerFunc(h))).
func (r *route) unwrap(pass *check.PackagePass) {
	for {
		call, ok := ast.Unparen(r.handler).(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		inner := call.Args[len(call.Args)-1]
		if !isHandlerType(pass.TypesInfo.TypeOf(inner)) {
			found := false
			for _, arg := range call.Args {
				if isHandlerType(pass.TypesInfo.TypeOf(arg)) {
					inner, found = arg, true
				}
			}
			if !found {
				return
			}
		}
		if !pass.TypesInfo.Types[call.Fun].IsType() {
			r.wrappers = append(r.wrappers, namesIn(pass, call.Fun)...)
			for _, arg := range call.Args {
				if arg != inner {
					r.wrappers = append(r.wrappers, namesIn(pass, arg)...)
				}
			}
		}
		r.handler = inner
	}
}

// isHandlerType reports whether a type is one of functions that are given a request, or http.Handler.
func isHandlerType(t types.Type) bool {
	if t == nil {
		return false
	}
	if query.IsType(t, "net/http.Handler") || query.IsType(t, "net/http.HandlerFunc") {
		return true
	}
	sig, ok := t.Underlying().(*types.Signature)
	if !ok {
		return false
	}
	for p := range sig.Params().Variables() {
		if code.IsRequest(p.Type()) {
			return true
		}
	}
	return false
}

// gorillaMethod reads router.HandleFunc(path, h).Methods("POST").
func (r *route) gorillaMethod(pass *check.PackagePass) {
	for c := r.cursor; c.ParentEdgeKind() == edge.SelectorExpr_X && c.Parent().ParentEdgeKind() == edge.CallExpr_Fun; {
		c = c.Parent().Parent()
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			return
		}
		if code.Unversioned(query.Callee(pass.TypesInfo, call)) == "(*github.com/gorilla/mux.Route).Methods" && len(call.Args) > 0 {
			r.method, _ = code.ConstString(pass.Pass, call.Args[0])
		}
	}
}

// namesIn gives the names of variables, fields, functions and packages in an expression.
func namesIn(pass *check.PackagePass, e ast.Expr) (names []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names
}

// changes reports whether the method of a route is one that changes something.
func (r *route) changes() bool {
	return r.method == "POST" || r.method == "PUT" || r.method == "PATCH" || r.method == "DELETE"
}

// authWords are those of what finds out who sends a request, and what they may do.
var authWords = []string{"auth", "authn", "authz", "authenticate", "authenticated", "authentication", "authenticator", "authorize", "authorized", "authorization", "authorizer", "login", "logged", "signed", "session", "sessions",
	"admin", "token", "jwt", "bearer", "protect", "protected", "permission", "permissions", "acl", "rbac", "role", "roles", "guard", "apikey", "credentials", "principal", "restricted", "private", "oidc", "user", "owner", "hmac", "signature"}

func isAuth(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool { return slices.Contains(authWords, w) })
}

func (r *route) isProtected() bool { return slices.ContainsFunc(r.wrappers, isAuth) }

// A routeGroup is the routes that one function registers with one router.
type routeGroup struct {
	router *types.Var
	scope  ast.Node
	routes []route
}

// groups sorts routes by where they are registered, in source order.
func groups(routes []route) (all []*routeGroup) {
	for _, r := range routes {
		f, ok := code.Enclosing(r.cursor)
		if !ok {
			continue
		}
		i := slices.IndexFunc(all, func(g *routeGroup) bool { return g.router == r.router && g.scope == f.Node })
		if i < 0 {
			i = len(all)
			all = append(all, &routeGroup{router: r.router, scope: f.Node})
		}
		all[i].routes = append(all[i].routes, r)
	}
	return all
}
