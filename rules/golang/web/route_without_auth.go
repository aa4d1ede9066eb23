package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/route-without-auth.txtar
var routeWithoutAuthExamples string

// RouteWithoutAuth finds the one route that somebody forgot to protect.
var RouteWithoutAuth = &check.Check{
	ID:         "go/route-without-auth",
	Title:      "Route lacks the authentication that its siblings have",
	CWE:        []check.CWE{862, 306},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runRouteWithoutAuth,
	Page: check.Page{
		What: "A route that changes something, or has to do with users, settings or administration, is registered without the middleware that most routes beside it have, or with the router itself, below the path of a group that has it.",
		Why:  "Where every route is wrapped by hand, one is forgotten: the handler works, every test of it passes, and it is open to the world. Broken access control has been first on the OWASP list since 2021.",
		Fix:  "Wrap the handler as its siblings are wrapped, or put the middleware on the group, so that no route can be without it. There is no quick fix, because a route may be meant to be public; then say so in an ignore.",
		Limits: "Compared are the routes that one function registers with one router, of net/http, chi, gorilla/mux, httprouter, gin, echo and fiber. At least three of them, and more than half, must have a middleware whose name speaks of " +
			"authentication; and where a route reads, one that reads below the same first element of the path. Groups are those that the same function makes by `Group` or `PathPrefix`; a POST beside one is reported tentatively, and for persona pedantic, because it may be a sign-up. So are routes that only read. Left alone: routers with such a middleware of their own; routes for logging in, signing up, health, webhooks, discovery and federation and the like; handlers that call something of that kind themselves; test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/862.html",
			"https://cwe.mitre.org/data/definitions/306.html",
			"https://owasp.org/Top10/2021/A01_2021-Broken_Access_Control/",
		},
		Examples: routeWithoutAuthExamples,
	},
}

// siblings is how many routes must be protected before the others stand out: two may be chance.
const siblings = 3

func runRouteWithoutAuth(_ context.Context, pass *check.PackagePass) error {
	all := groups(routesOf(pass))
	reportBesideGroups(pass, all)
	for _, g := range all {
		var open []route
		protected := 0
		var example route
		for _, r := range g.routes {
			switch {
			case r.isProtected():
				protected++
				if example.call == nil {
					example = r
				}
			case !handlerAuthenticates(pass, r.handler):
				open = append(open, r)
			}
		}
		if protected < siblings || protected <= len(g.routes)-protected || routerIsProtected(pass, g.scope, g.router) {
			continue
		}
		for _, r := range open {
			if !r.isSensitive(pass) || !r.changes() && !g.protectsReads(r) {
				continue
			}
			related := pass.Location(example.call)
			related.Message = "this one has it"
			finding := check.Finding{
				Message:  fmt.Sprintf("%s lacks the authentication that %d of its siblings have", edit.Text(pass, r.call.Args[0]), protected),
				Location: pass.Location(r.call),
				Related:  []check.Location{related},
			}
			if !r.changes() {
				finding.Persona = check.Pedantic // reading may be for everybody
			}
			pass.Report(finding)
		}
	}
	return nil
}

// protectsReads reports whether a route that reads has a protected sibling that reads, too, or answers any method,
// below the same first element of the path: where only what writes is protected, reading is public.
func (g *routeGroup) protectsReads(r route) bool {
	return slices.ContainsFunc(g.routes, func(s route) bool {
		return s.isProtected() && !s.changes() && (firstElement(s.path) == firstElement(r.path) || isAdministrative(r.path))
	})
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// isAdministrative reports whether the first element of a path is one for administration, which is nobody's resource.
func isAdministrative(path string) bool {
	first := firstElement(path)
	return first == "admin" || first == "internal" || first == "settings" || first == "config"
}

// reportBesideGroups reports routes that are registered with a router itself, below the path of one of its groups
// that is protected as a whole: who added them to the router forgot the group.
func reportBesideGroups(pass *check.PackagePass, all []*routeGroup) {
	for _, protected := range all {
		parent, prefix := madeGroup(pass, protected)
		if parent == nil || prefix == "" || len(protected.routes) < siblings || !routerIsProtected(pass, protected.scope, protected.router) {
			continue
		}
		for _, g := range all {
			if g.router != parent || g.scope != protected.scope || routerIsProtected(pass, g.scope, parent) {
				continue
			}
			for _, r := range g.routes {
				if !strings.HasPrefix(r.path, prefix+"/") || r.isProtected() || handlerAuthenticates(pass, r.handler) || !r.isSensitive(pass) {
					continue
				}
				related := pass.Location(protected.routes[0].call)
				related.Message = "this one is in the group"
				finding := check.Finding{
					Message:  fmt.Sprintf("%s lacks the authentication of the group for %s, in which it is not", edit.Text(pass, r.call.Args[0]), prefix),
					Location: pass.Location(r.call),
					Related:  []check.Location{related},
				}
				if r.method == "POST" {
					finding.Confidence, finding.Persona = check.Tentative, check.Pedantic // creating a user may be signing up
				}
				pass.Report(finding)
			}
		}
	}
}

// madeGroup gives the router that a group was made from, and its path: api := r.Group("/api"), or
// r.PathPrefix("/api").Subrouter() of gorilla.
func madeGroup(pass *check.PackagePass, g *routeGroup) (parent *types.Var, prefix string) {
	if g.router == nil {
		return nil, ""
	}
	ast.Inspect(g.scope, func(n ast.Node) bool {
		as, ok := n.(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			return parent == nil
		}
		for i, lhs := range as.Lhs {
			call, ok := ast.Unparen(as.Rhs[i]).(*ast.CallExpr)
			if !ok || code.Var(pass.TypesInfo, lhs) != g.router {
				continue
			}
			sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "Subrouter" {
				if call, ok = ast.Unparen(sel.X).(*ast.CallExpr); ok {
					sel, ok = ast.Unparen(call.Fun).(*ast.SelectorExpr)
				}
			}
			if !ok || sel.Sel.Name != "Group" && sel.Sel.Name != "PathPrefix" || len(call.Args) == 0 {
				continue
			}
			path, known := code.ConstString(pass.Pass, call.Args[0])
			if known {
				parent, prefix = code.Var(pass.TypesInfo, sel.X), strings.TrimSuffix(path, "/")
			}
		}
		return parent == nil
	})
	return parent, prefix
}

// publicWords are those of routes that are open on purpose.
var publicWords = []string{"login", "signin", "logout", "signout", "signup", "register", "registration", "health", "healthz", "ready", "readyz", "livez", "alive", "ping", "static", "assets", "public", "callback", "oauth", "webhook", "webhooks",
	"hook", "hooks", "forgot", "reset", "verify", "confirm", "activate", "favicon", "robots", "metrics", "version", "about", "docs", "swagger", "openapi", "token", "tokens", "captcha", "contact", "well", "acme", "challenge", "sso", "saml",
	"auth", "session", "sessions", "invite", "invitation", "unsubscribe", "setup", "install", "status", "csp", "report", "search", "home", "index", "refresh", "otp", "graphql", "rpc", "notfound", "error", "errors",
	"jwks", "metadata", "discovery", "federation", "capabilities", "capability", "versions", "nodeinfo", "webfinger", "openid", "oidc", "authorize", "userinfo", "introspect", "revoke", "preview", "shared", "share", "embed", "feed", "rss", "sitemap", "manifest", "terms", "privacy", "pricing"}

// sensitiveWords are those of routes that strangers have no business with, whatever their method.
var sensitiveWords = []string{"admin", "delete", "remove", "user", "users", "account", "accounts", "settings", "config", "configuration", "internal", "backup", "export", "keys", "secrets", "permissions", "roles", "billing", "payments"}

// parameters are the parts of a path that stand for values: {userID}, :user, *file.
var parameters = regexp.MustCompile(`\{[^}]*\}|[:*][^/]*`)

// isSensitive reports whether a route should not be open, by its method and the words of its path and
// handler.
func (r *route) isSensitive(pass *check.PackagePass) bool {
	words := slices.Concat(query.Words(parameters.ReplaceAllString(r.path, "")), query.Words(purpose.NameOf(pass.TypesInfo, r.handler)))
	says := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	if r.path == "" || strings.Trim(r.path, "/") == "" || says(publicWords) || r.method == "OPTIONS" || r.method == "HEAD" {
		return false
	}
	return r.changes() || says(sensitiveWords)
}

// routerIsProtected reports whether a router gets a middleware for authentication as a whole: by Use, when it
// is made, or by what wraps it.
func routerIsProtected(pass *check.PackagePass, scope ast.Node, router *types.Var) (found bool) {
	if router == nil {
		return false
	}
	ast.Inspect(scope, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "Use" && code.Var(pass.TypesInfo, sel.X) == router {
				for _, arg := range n.Args {
					found = found || slices.ContainsFunc(namesIn(pass, arg), isAuth)
				}
			}
			if ok && isAuth(sel.Sel.Name) || !ok && slices.ContainsFunc(namesIn(pass, n.Fun), isAuth) {
				found = found || slices.ContainsFunc(n.Args, func(arg ast.Expr) bool { return code.Var(pass.TypesInfo, arg) == router })
			}
		case *ast.AssignStmt: // api := r.Group("/api", auth)
			for i, lhs := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) && code.Var(pass.TypesInfo, lhs) == router {
					if made, ok := ast.Unparen(n.Rhs[i]).(*ast.CallExpr); ok {
						found = found || slices.ContainsFunc(namesIn(pass, made), isAuth)
					}
				}
			}
		}
		return !found
	})
	return found
}

// handlerAuthenticates reports whether a handler itself asks who sends a request, or cannot be seen.
func handlerAuthenticates(pass *check.PackagePass, handler ast.Expr) (found bool) {
	_, body := code.Body(pass.Pass, handler)
	if body == nil {
		return true
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if fn := code.Callee(pass.TypesInfo, call); fn != nil {
				found = found || isAuth(fn.Name()) || fn.Name() == "BasicAuth" || fn.Name() == "Cookie"
			} else {
				found = found || isAuth(purpose.NameOf(pass.TypesInfo, call.Fun))
			}
			for _, arg := range call.Args { // r.Header.Get("Authorization"), c.Get("user")
				if text, ok := code.ConstString(pass.Pass, arg); ok && len(query.Words(text)) < 4 {
					found = found || isAuth(text)
				}
			}
		}
		return !found
	})
	return found
}
