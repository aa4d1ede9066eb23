// Package visitors answers whether a program knows who sends a request by what browsers send along by themselves: cookies,
// sessions, the password of basic authentication. Only then another page can do something in a visitor's name. Use
// [Analyzer] and [Known].
package visitors

import (
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// Analyzer finds out whether a package, or one of the same owner that it imports, knows its visitors. Its result is a bool.
var Analyzer = &analysis.Analyzer{
	Name:             "peercheckvisitors",
	Doc:              "find out whether a program knows its visitors by what browsers send along",
	Requires:         []*analysis.Analyzer{query.Indexed},
	FactTypes:        []analysis.Fact{new(known)},
	ResultType:       reflect.TypeFor[bool](),
	Run:              run,
	RunDespiteErrors: true,
}

// Known reports whether the package of a pass that requires Analyzer knows its visitors.
func Known(pass *analysis.Pass) bool {
	yes, _ := pass.ResultOf[Analyzer].(bool)
	return yes
}

// known is the fact that a package knows its visitors.
type known struct{}

func (*known) AFact()         {}
func (*known) String() string { return "knows its visitors" }

func run(pass *analysis.Pass) (any, error) {
	yes := slices.ContainsFunc(pass.Pkg.Imports(), func(p *types.Package) bool {
		return sameOwner(p.Path(), pass.Pkg.Path()) && pass.ImportPackageFact(p, new(known))
	}) || reads(pass)
	if yes {
		pass.ExportPackageFact(new(known))
	}
	return yes, nil
}

// sameOwner reports whether two packages begin with the same two elements of a path, as those of one module do: of others it
// does not matter what they could be used for.
func sameOwner(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	return len(x) > 1 && len(y) > 1 && x[0] == y[0] && x[1] == y[1]
}

// reads reports whether a package itself reads what tells visitors apart.
func reads(pass *analysis.Pass) bool {
	for _, file := range pass.Files {
		if code.IsTest(pass, file) {
			continue
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if slices.Contains(sessionPackages, code.Unversioned(path)) {
				return true
			}
		}
	}
	for c := range code.Calls(pass, func(called query.Called) bool {
		return called.Func != nil && (ReadsCookie(called.Func) && called.Name != listsCookies || called.Name == readsPassword)
	}) {
		if call, ok := c.Node().(*ast.CallExpr); ok && (query.Callee(pass.TypesInfo, call) != readsPassword || !namesAnswer(pass, c)) {
			return true
		}
	}
	return false
}

// listsCookies gives all cookies of a request, whatever they are: who looks for a session asks for one by its name.
const listsCookies = "(*net/http.Request).Cookies"

// readsPassword gives what a browser keeps for a site, and sends along.
const readsPassword = "(*net/http.Request).BasicAuth"

// namesAnswer reports whether the function around a place also reads parts of the path of a request. Services that show what
// HTTP can do ask for the password that the path names, and know nobody by it.
func namesAnswer(pass *analysis.Pass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if !ok {
		return false
	}
	found := false
	ast.Inspect(f.Node, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		found = found || ok && query.Callee(pass.TypesInfo, call) == "(*net/http.Request).PathValue"
		return !found
	})
	return found
}

// sessionPackages keep sessions, which a cookie names.
var sessionPackages = []string{"github.com/gorilla/sessions", "github.com/gorilla/securecookie", "github.com/gin-contrib/sessions", "github.com/alexedwards/scs",
	"github.com/gofiber/fiber/middleware/session", "github.com/labstack/echo-contrib/session"}

// cookieReaders give a cookie, or the session that one names.
var cookieReaders = []string{"(*net/http.Request).Cookie", "(*net/http.Request).Cookies", "(*net/http.Request).CookiesNamed", "(*github.com/gin-gonic/gin.Context).Cookie", "(github.com/labstack/echo.Context).Cookie", "(*github.com/labstack/echo.Context).Cookie",
	"(*github.com/gofiber/fiber.Ctx).Cookies", "(*github.com/gorilla/sessions.CookieStore).Get", "(*github.com/gorilla/sessions.FilesystemStore).Get", "(github.com/gorilla/sessions.Store).Get", "github.com/gin-contrib/sessions.Default",
	"(*github.com/gofiber/fiber/middleware/session.Store).Get"}

// ReadsCookie reports whether a function gives a cookie of a request, or the session that one names.
func ReadsCookie(fn *types.Func) bool {
	name := code.Unversioned(query.Name(fn))
	return slices.Contains(cookieReaders, name) || strings.HasPrefix(name, "(*github.com/alexedwards/scs.SessionManager).Get")
}
