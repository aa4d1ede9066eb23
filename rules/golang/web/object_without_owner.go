package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/object-without-owner.txtar
var objectWithoutOwnerExamples string

// ObjectWithoutOwner finds objects that are taken by the number in a request, whoever asks.
var ObjectWithoutOwner = &check.Check{
	ID:         "go/object-without-owner",
	Title:      "Object is loaded by a request's ID, whoever asks",
	CWE:        []check.CWE{639, 862},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Persona:    check.Auditor,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runObjectWithoutOwner,
	Page: check.Page{
		What: "A handler takes an ID from the path or the query and loads, changes or deletes what has it, and nothing in the handler speaks of a user, an owner, a tenant or a permission.",
		Why: "IDs are counted up, guessed and found in links. Who is logged in and changes the number in the address sees somebody else's invoice: the first on OWASP's list for APIs, and how the data of 60 million customers " +
			"of USPS could be read in 2018.",
		Fix:    "Put the owner into the query (`WHERE id = ? AND owner_id = ?`), or compare it after loading, and answer 404. There is no quick fix, because only you know who may see what.",
		Limits: "For audits: a public catalogue looks the same, and a check may stand in middleware or in the query's helper. What speaks of users is judged by names, of everything in the handler. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/639.html",
			"https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",
			"https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html",
		},
		Examples: objectWithoutOwnerExamples,
	},
}

// idGetters give a part of the path or the query by its name, which is their last argument.
var idGetters = []string{"(*net/http.Request).PathValue", "(*net/http.Request).FormValue", "(net/url.Values).Get", "github.com/go-chi/chi.URLParam", "(*github.com/gin-gonic/gin.Context).Param", "(*github.com/gin-gonic/gin.Context).Query",
	"(github.com/labstack/echo.Context).Param", "(*github.com/labstack/echo.Context).Param", "(github.com/labstack/echo.Context).QueryParam", "(*github.com/gofiber/fiber.Ctx).Params", "(*github.com/gofiber/fiber.Ctx).Query",
	"(github.com/julienschmidt/httprouter.Params).ByName"}

func runObjectWithoutOwner(_ context.Context, pass *check.PackagePass) error {
	index := query.IndexOf(pass.Pass)
	for c := range code.Nodes(pass.Pass, (*ast.CallExpr)(nil), (*ast.IndexExpr)(nil)) {
		e, ok := c.Node().(ast.Expr)
		if !ok || !isIDOfRequest(pass, e) || !handlesRequest(pass.TypesInfo, c) {
			continue
		}
		f, ok := code.Enclosing(c)
		if !ok || f.Body == nil || speaksOfUsers(f.Node) {
			continue
		}
		if load := loadedBy(pass, index, c, 4); load != nil {
			pass.Report(check.Finding{
				Message:  fmt.Sprintf("%s takes what has this ID, and nothing here asks whose it is", purpose.NameOf(pass.TypesInfo, load.Fun)),
				Location: pass.Location(load),
			})
		}
	}
	return nil
}

// isIDOfRequest reports whether an expression reads an ID from the path or the query.
func isIDOfRequest(pass *check.PackagePass, e ast.Expr) bool {
	var key ast.Expr
	switch e := e.(type) {
	case *ast.CallExpr:
		if len(e.Args) > 0 && slices.Contains(idGetters, code.Unversioned(query.Callee(pass.TypesInfo, e))) {
			key = e.Args[len(e.Args)-1]
		}
	case *ast.IndexExpr: // mux.Vars(r)["id"]
		if vars, ok := ast.Unparen(e.X).(*ast.CallExpr); ok && code.Unversioned(query.Callee(pass.TypesInfo, vars)) == "github.com/gorilla/mux.Vars" {
			key = e.Index
		}
	}
	if key == nil {
		return false
	}
	name, _ := code.ConstString(pass.Pass, key)
	words := query.Words(name)
	return len(words) > 0 && (words[len(words)-1] == "id" || words[len(words)-1] == "uuid") || strings.HasSuffix(name, "ID")
}

// loadedBy gives the call that loads, changes or deletes something by a value, through so many variables and
// conversions; nil if there is none.
func loadedBy(pass *check.PackagePass, index *query.Index, c inspector.Cursor, steps int) *ast.CallExpr {
	for at := range c.Enclosing((*ast.CallExpr)(nil), (*ast.AssignStmt)(nil), (*ast.BlockStmt)(nil)) {
		switch n := at.Node().(type) {
		case *ast.BlockStmt:
			return nil
		case *ast.CallExpr:
			if n != c.Node() && loads(pass, n) {
				return n
			}
		case *ast.AssignStmt: // id, err := strconv.Atoi(...)
			if steps == 0 || len(n.Lhs) == 0 {
				return nil
			}
			v := code.Var(pass.TypesInfo, n.Lhs[0])
			if v == nil || v.IsField() {
				return nil
			}
			for _, use := range index.Uses(v) {
				if use.Node().Pos() > n.End() {
					if load := loadedBy(pass, index, use, steps-1); load != nil {
						return load
					}
				}
			}
			return nil
		}
	}
	return nil
}

// loads reports whether a call goes to a store, by the first word of its name.
func loads(pass *check.PackagePass, call *ast.CallExpr) bool {
	fn := code.Callee(pass.TypesInfo, call)
	if fn == nil || fn.Signature().Recv() == nil || slices.Contains(idGetters, code.Unversioned(query.Name(fn))) {
		return false
	}
	if last := fn.Signature().Results(); last.Len() > 0 && types.Identical(last.At(0).Type(), types.Typ[types.String]) {
		return false
	}
	words := query.Words(fn.Name())
	return len(words) > 0 && slices.Contains([]string{"find", "get", "load", "fetch", "first", "take", "query", "delete", "remove", "update", "exec", "select", "read", "lookup"}, words[0]) &&
		!strings.HasPrefix(code.Path(fn.Pkg()), "net/")
}

// speaksOfUsers reports whether a name in a function has to do with who asks and what is theirs.
func speaksOfUsers(fn ast.Node) bool {
	return purpose.Speaks(fn, func(w string) bool {
		return slices.Contains([]string{"user", "users", "owner", "owned", "tenant", "account", "org", "organization", "permission", "permissions", "role", "session", "principal", "subject", "actor", "caller", "auth", "authorize", "authorized",
			"can", "allowed", "acl", "rbac", "claims", "identity", "member", "me", "viewer", "workspace", "project", "team", "admin", "policy", "access", "scope", "current"}, w)
	})
}
