package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/mass-assignment.txtar
var massAssignmentExamples string

// MassAssignment finds requests that are decoded into what is stored.
var MassAssignment = &check.Check{
	ID:         "go/mass-assignment",
	Title:      "Request sets fields of a record that are not its sender's",
	CWE:        []check.CWE{915},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runMassAssignment,
	Page: check.Page{
		What: "The body of a request is decoded into the struct that is stored in the database, and that has fields which decide what a user may do: a role, an owner, a balance.",
		Why:  "A decoder fills every field that it finds a name for. Who adds `\"is_admin\": true` to the request for a new account is an administrator; in 2012 a user of GitHub added their key to the Rails project in this way.",
		Fix:  "Decode into a struct that has only the fields of the request, and copy them. Or tag the others `json:\"-\"`, or name the columns that are stored. There is no quick fix, because only you know which fields are theirs.",
		Limits: "Reported where the same function decodes and stores a variable by gorm, bun, sqlx, go-pg, xorm, pgx or the MongoDB driver. Which fields decide is judged by their names. Fields that are set after decoding, and " +
			"statements that name the columns (`Select`, `Omit`, `Column`, `Cols`), are left alone. Handlers that are named for administration are for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/915.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html",
			"https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
		},
		Examples: massAssignmentExamples,
	},
}

// decoders fill their last argument from a request.
var decoders = []string{"(*encoding/json.Decoder).Decode", "encoding/json.Unmarshal", "(*encoding/xml.Decoder).Decode",
	"(*github.com/gin-gonic/gin.Context).Bind", "(*github.com/gin-gonic/gin.Context).BindJSON", "(*github.com/gin-gonic/gin.Context).ShouldBind", "(*github.com/gin-gonic/gin.Context).ShouldBindJSON",
	"(*github.com/gin-gonic/gin.Context).ShouldBindBodyWithJSON", "(*github.com/gin-gonic/gin.Context).ShouldBindQuery", "(github.com/labstack/echo.Context).Bind", "(*github.com/labstack/echo.Context).Bind",
	"(*github.com/gofiber/fiber.Ctx).BodyParser", "(*github.com/gofiber/fiber.Bind).Body", "(*github.com/gofiber/fiber.Bind).JSON", "github.com/go-chi/render.DecodeJSON", "github.com/go-chi/render.Decode",
	"(*github.com/gorilla/schema.Decoder).Decode"}

// stores write a struct that is one of their arguments to a database.
var stores = []string{"(*gorm.io/gorm.DB).Create", "(*gorm.io/gorm.DB).Save", "(*gorm.io/gorm.DB).Updates", "(*gorm.io/gorm.DB).FirstOrCreate", "(*github.com/jinzhu/gorm.DB).Create", "(*github.com/jinzhu/gorm.DB).Save",
	"(*github.com/jinzhu/gorm.DB).Updates", "(*github.com/uptrace/bun.InsertQuery).Model", "(*github.com/uptrace/bun.UpdateQuery).Model", "(*github.com/jmoiron/sqlx.DB).NamedExec", "(*github.com/jmoiron/sqlx.DB).NamedExecContext",
	"(*github.com/jmoiron/sqlx.Tx).NamedExec", "(*github.com/jmoiron/sqlx.Tx).NamedExecContext", "(*xorm.io/xorm.Engine).Insert", "(*xorm.io/xorm.Engine).InsertOne", "(*xorm.io/xorm.Engine).Update", "(*xorm.io/xorm.Session).Insert",
	"(*xorm.io/xorm.Session).Update", "(*go.mongodb.org/mongo-driver/mongo.Collection).InsertOne", "(*go.mongodb.org/mongo-driver/mongo.Collection).ReplaceOne"}

func runMassAssignment(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsLike(pass.Pass, func(name string) bool { return slices.Contains(stores, code.Unversioned(name)) }) {
		return nil
	}
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { return slices.Contains(decoders, code.Unversioned(called.Name)) }) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		v := pointed(pass, call.Args[len(call.Args)-1])
		f, ok := code.Enclosing(c)
		if v == nil || v.IsField() || !ok || f.Body == nil || v.Pos() < f.Node.Pos() || !handlesRequest(pass.TypesInfo, c) {
			continue
		}
		fields := deciding(v.Type())
		store := storeOf(pass, f.Body, v, call.End())
		if len(fields) == 0 || store == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool { // user.Role = "member"
			if as, ok := n.(*ast.AssignStmt); ok && as.Pos() > call.End() && as.End() < store.End() {
				for _, lhs := range as.Lhs {
					if sel, ok := ast.Unparen(lhs).(*ast.SelectorExpr); ok && code.Var(pass.TypesInfo, sel.X) == v {
						fields = slices.DeleteFunc(fields, func(name string) bool { return name == sel.Sel.Name })
					}
				}
			}
			return true
		})
		if len(fields) == 0 {
			continue
		}
		stored := pass.Location(store)
		stored.Message = "here it is stored"
		finding := check.Finding{
			Message:  fmt.Sprintf("the sender of the request sets %s of what is stored", strings.Join(fields, ", ")),
			Location: pass.Location(call),
			Related:  []check.Location{stored},
		}
		if isForAdministrators(pass, f.Name) {
			finding.Persona = check.Pedantic // who may set all of it
		}
		pass.Report(finding)
	}
	return nil
}

// isForAdministrators reports whether a function, or an element of its package's path, is named for administration.
func isForAdministrators(pass *check.PackagePass, function string) bool {
	return slices.ContainsFunc(append(strings.Split(pass.Pkg.Path(), "/"), function), func(name string) bool {
		return slices.ContainsFunc(query.Words(name), func(w string) bool {
			return w == "admin" || w == "admins" || w == "administration" || w == "backoffice"
		})
	})
}

// pointed gives the variable whose address, or which pointer, an argument is.
func pointed(pass *check.PackagePass, e ast.Expr) *types.Var {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.AND {
		e = u.X
	}
	return code.Var(pass.TypesInfo, e)
}

// storeOf gives the call that stores a variable after a position, none if it names the columns.
func storeOf(pass *check.PackagePass, body *ast.BlockStmt, v *types.Var, after token.Pos) (store *ast.CallExpr) {
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || store != nil || call.Pos() < after {
			return store == nil
		}
		if slices.Contains(stores, code.Unversioned(query.Callee(pass.TypesInfo, call))) &&
			slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return pointed(pass, arg) == v }) && !namesColumns(body, call) {
			store = call
		}
		return store == nil
	})
	return store
}

// namesColumns reports whether a chain of calls that a call is part of says which columns are meant.
func namesColumns(body *ast.BlockStmt, call *ast.CallExpr) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || call.Pos() != n.Pos() { // the chains that begin where this one does
			return !found
		}
		switch sel.Sel.Name {
		case "Select", "Omit", "Column", "Columns", "ExcludeColumn", "Cols", "Set":
			found = true
		}
		return !found
	})
	return found
}

// deciding gives the names of the fields of a struct that a decoder fills and that decide what a user
// may do.
func deciding(t types.Type) []string {
	if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	var names []string
	for i := range s.NumFields() {
		field := s.Field(i)
		if field.Embedded() && reflect.StructTag(s.Tag(i)).Get("json") == "" {
			names = append(names, deciding(field.Type())...)
			continue
		}
		if !field.Exported() || reflect.StructTag(s.Tag(i)).Get("json") == "-" || strings.Contains(s.Tag(i), `readonly`) {
			continue
		}
		if isDeciding(query.Words(field.Name())) {
			names = append(names, field.Name())
		}
	}
	return names
}

func isDeciding(words []string) bool {
	if len(words) == 0 {
		return false
	}
	switch last := words[len(words)-1]; last {
	case "role", "roles", "admin", "superuser", "staff", "permission", "permissions", "privileges", "scopes", "balance", "credit", "credits", "verified", "approved", "owner", "tenant":
		return true
	case "id":
		return len(words) > 1 && slices.Contains([]string{"owner", "tenant", "role", "user", "account", "organization", "org"}, words[len(words)-2])
	case "hash":
		return words[0] == "password"
	}
	return false
}
