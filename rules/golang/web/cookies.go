package web

import (
	"go/ast"
	"go/constant"
	"go/token"
	"iter"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

// cookieTypes are the structs that describe a cookie which a program sets, and
// what they call the flag that hides it from scripts.
var cookieTypes = map[string]string{
	"net/http.Cookie":                         "HttpOnly",
	"github.com/gorilla/sessions.Options":     "HttpOnly",
	"github.com/gin-contrib/sessions.Options": "HttpOnly",
	"github.com/gofiber/fiber.Cookie":         "HTTPOnly",

	"github.com/gofiber/fiber/middleware/session.Config": "HTTPOnly",
}

// flagPrefix begins the names of the flags in a struct that has other settings too.
var flagPrefix = map[string]string{"github.com/gofiber/fiber/middleware/session.Config": "Cookie"}

// A cookie is one that lets its holder in, as it is set.
type cookie struct {
	place ast.Node // the type of the literal, or the call
	whole ast.Node // the literal or the call
	// flag gives the value of a flag, nil if it is not set, and how to set it.
	flag func(name string) (value ast.Expr, fix func(title string) []check.Fix)
	// forScripts means that scripts have to read it: double-submitted CSRF tokens.
	forScripts bool
	// counts means that it tells visits apart and lets nobody in.
	counts   bool
	httpOnly string // the name of that flag
}

// sessionCookies gives the cookies with a session or another token that a
// package sets.
func sessionCookies(pass *check.PackagePass) iter.Seq[cookie] {
	return func(yield func(cookie) bool) {
		own := code.Unversioned(code.Path(pass.Pkg)) + "."
		for s := range code.Structs(pass.Pass, slices.Collect(keys(cookieTypes))...) {
			if s.Shared || sent(pass, s) || strings.HasPrefix(s.Type, own) { // a library's own defaults
				continue
			}
			isSession, forScripts := true, false
			if s.Has("Name") || strings.HasSuffix(s.Type, ".Cookie") {
				isSession, forScripts = isToken(pass, s.Fields["Name"], s.Fields["Value"])
				if removes(pass, s.Fields["Value"], s.Fields["MaxAge"]) || isOver(pass, s.Fields["Expires"]) {
					continue
				}
			} else if removes(pass, nil, s.Fields["MaxAge"]) {
				continue
			}
			if !isSession {
				continue
			}
			place := s.Node
			lit, _ := s.Node.(*ast.CompositeLit)
			if lit != nil && lit.Type != nil {
				place = lit.Type
			}
			c := cookie{place: place, whole: s.Node, forScripts: forScripts, counts: countsVisits(pass, s.Cursor), httpOnly: cookieTypes[s.Type]}
			c.flag = func(name string) (ast.Expr, func(string) []check.Fix) {
				name = flagPrefix[s.Type] + name
				value := s.Fields[name]
				return value, func(title string) []check.Fix {
					switch {
					case value != nil:
						return literalTrue(pass, title, value)
					case lit != nil && len(lit.Elts) > 0:
						return []check.Fix{{Title: title, Edits: []check.Edit{addField(pass, lit, name+": true")}}}
					}
					return nil
				}
			}
			if !yield(c) {
				return
			}
		}
		// gin: SetCookie(name, value string, maxAge int, path, domain string, secure, httpOnly bool)
		for c := range code.CallsTo(pass.Pass, "(*github.com/gin-gonic/gin.Context).SetCookie") {
			call, ok := c.Node().(*ast.CallExpr)
			if !ok || len(call.Args) != 7 {
				continue
			}
			isSession, forScripts := isToken(pass, call.Args[0], call.Args[1])
			if !isSession || removes(pass, call.Args[1], call.Args[2]) {
				continue
			}
			c := cookie{place: call, whole: call, forScripts: forScripts, httpOnly: "HttpOnly"}
			c.flag = func(name string) (ast.Expr, func(string) []check.Fix) {
				value := call.Args[5]
				if name == "HttpOnly" {
					value = call.Args[6]
				}
				return value, func(title string) []check.Fix { return literalTrue(pass, title, value) }
			}
			if !yield(c) {
				return
			}
		}
	}
}

// countsVisits reports whether the function around a place is one that keeps records of what visitors do, by its name or
// that of its type: the cookie that it sets tells visits apart.
func countsVisits(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if !ok {
		return false
	}
	words := query.Words(f.Name)
	for at := range c.Enclosing((*ast.FuncDecl)(nil)) {
		decl, ok := at.Node().(*ast.FuncDecl)
		if !ok || decl.Recv == nil || len(decl.Recv.List) == 0 {
			continue
		}
		name := query.TypeName(pass.TypesInfo.TypeOf(decl.Recv.List[0].Type))
		words = append(words, query.Words(name[strings.LastIndexByte(name, '.')+1:])...)
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"logger", "analytics", "metrics", "telemetry", "statistics", "tracker"}, w)
	})
}

func keys(m map[string]string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// unset reports whether a flag is not set, or set to false for good.
func unset(pass *check.PackagePass, value ast.Expr) bool {
	if value == nil {
		return true
	}
	if not, ok := ast.Unparen(value).(*ast.UnaryExpr); ok && not.Op == token.NOT {
		on, known := code.ConstBool(pass.Pass, not.X)
		return known && on
	}
	on, known := code.ConstBool(pass.Pass, value)
	return known && !on
}

// isToken judges a cookie by its name, or by what its value is called if the name
// is not known.
func isToken(pass *check.PackagePass, name, value ast.Expr) (token, forScripts bool) {
	var words []string
	text, known := code.ConstString(pass.Pass, name)
	switch {
	case known:
		words = query.Words(text)
	case name != nil:
		text = purpose.NameOf(pass.TypesInfo, name)
		words = query.Words(text)
	}
	for _, w := range words {
		switch w {
		case "csrf", "xsrf", "csrftoken", "xsrftoken":
			forScripts = true
		case "state", "nonce", "flash", "theme", "lang", "locale", "consent", "redirect", "return", "verifier", "challenge", "tz":
			return false, false
		}
	}
	// The names that frameworks give to session cookies: PHPSESSID, connect.sid.
	for _, w := range words {
		switch w {
		case "session", "sess", "sid", "sessid", "phpsessid", "jsessionid", "sessionid", "auth", "jwt", "token", "authtoken", "accesstoken", "remember", "login":
			return true, forScripts
		}
	}
	if purpose.OfName(text) == purpose.Token {
		return true, forScripts
	}
	if value == nil || known {
		return false, forScripts
	}
	return purpose.OfName(purpose.NameOf(pass.TypesInfo, value)) == purpose.Token, forScripts
}

// removes reports whether a cookie is set to be forgotten: without a value, or
// with an age that is over.
func removes(pass *check.PackagePass, value, maxAge ast.Expr) bool {
	if v, ok := code.ConstString(pass.Pass, value); ok && v == "" {
		return true
	}
	if age := code.Const(pass.Pass, maxAge); age != nil && constant.Sign(age) < 0 {
		return true
	}
	return false
}

// isOver reports whether a time is over when it is set: time.Unix(0, 0), time.Now().Add(-time.Hour).
func isOver(pass *check.PackagePass, expires ast.Expr) bool {
	call, ok := ast.Unparen(orNil(expires)).(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	switch query.Callee(pass.TypesInfo, call) {
	case "time.Unix":
		seconds, known := code.ConstInt(pass.Pass, call.Args[0])
		return known && seconds <= 1
	case "(time.Time).Add", "(time.Time).AddDate":
		return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return isNegative(pass, arg) })
	}
	return false
}

// isNegative reports whether a number is below zero, by its value or its sign.
func isNegative(pass *check.PackagePass, e ast.Expr) bool {
	if v := code.Const(pass.Pass, e); v != nil {
		return constant.Sign(v) < 0
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.SUB
	case *ast.BinaryExpr: // -24 * lifetime
		return e.Op == token.MUL && (isNegative(pass, e.X) || isNegative(pass, e.Y))
	}
	return false
}

// sent reports whether a cookie is one that a client sends, or only describes
// one to look for.
func sent(pass *check.PackagePass, s *code.Struct) bool {
	sends := func(call *ast.CallExpr) bool {
		fn := code.Callee(pass.TypesInfo, call)
		return fn != nil && (fn.Name() == "AddCookie" || fn.Name() == "SetCookies")
	}
	for c := range s.Cursor.Enclosing((*ast.CallExpr)(nil)) {
		if call, ok := c.Node().(*ast.CallExpr); ok && sends(call) {
			return true
		}
	}
	if s.Cursor.ParentEdgeKind() == edge.CompositeLit_Elts {
		return true // of a list: a jar's, a test's
	}
	f, ok := code.Enclosing(s.Cursor)
	if !ok || s.Var == nil || f.Body == nil {
		return false
	}
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && sends(call) {
			for _, arg := range call.Args {
				if u, ok := arg.(*ast.UnaryExpr); ok {
					arg = u.X
				}
				found = found || code.Var(pass.TypesInfo, arg) == s.Var
			}
		}
		return !found
	})
	return found
}

// literalTrue replaces a literal false.
func literalTrue(pass *check.PackagePass, title string, value ast.Expr) []check.Fix {
	if id, ok := ast.Unparen(value).(*ast.Ident); !ok || id.Name != "false" {
		return nil
	}
	return []check.Fix{{Title: title, Edits: []check.Edit{pass.Edit(value, "true")}}}
}

// addField adds an element to a literal that has some, on a line of its own if
// the last one has one.
func addField(pass *check.PackagePass, lit *ast.CompositeLit, text string) check.Edit {
	last := lit.Elts[len(lit.Elts)-1]
	line := func(n ast.Node) int { return pass.Fset.PositionFor(n.Pos(), false).Line }
	if pass.Fset.PositionFor(lit.Rbrace, false).Line > pass.Fset.PositionFor(last.End(), false).Line && line(last) > line(lit) {
		return edit.Insert(pass, last.End(), ",\n"+edit.Indent(pass, last.Pos())+text)
	}
	return edit.Insert(pass, last.End(), ", "+text)
}

// selected gives the name that is selected from a package: that of http.SameSiteNoneMode.
func selected(e ast.Expr) (*ast.Ident, bool) {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return nil, false
	}
	return sel.Sel, true
}
