package injection

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// judgedLimit is what the pages of flows say of [isAskedAbout].
const judgedLimit = " For persona pedantic is data that a function named for judging it has said yes to on its way, such as `isAllowed(host)` or `name.IsValid()`, or that such a function gave."

// isAskedAbout reports whether the data of a flow, on its way through this package, was handed to a function that is named for
// judging it, such as isAllowed(host) or validateName(name), and whose answer is used. What such a function asks is not seen: it
// may let through what it should not, but mostly it is the guard that is looked for.
func isAskedAbout(pass *check.PackagePass, f *taint.Flow) bool {
	for _, s := range f.Steps {
		path := nodesAt(pass, s.Place)
		if s.Start == s.End || len(path) == 0 {
			continue
		}
		decl, _ := path[len(path)-1].(*ast.FuncDecl)
		if at, ok := path[0].(ast.Expr); ok && decl != nil && decl.Body != nil && (newAsked(pass, at).before(decl.Body, at.Pos()) || comesJudged(pass, decl.Body, at, 3)) {
			return true
		}
	}
	return false
}

// comesJudged reports whether an expression begins with a variable that a function named for judging gave, or is an element of
// such a one: z, err := checkZip(file) and then the names in z.File. steps is how many variables are looked through.
func comesJudged(pass *check.PackagePass, body *ast.BlockStmt, e ast.Expr, steps int) (found bool) {
	v := code.Var(pass.TypesInfo, root(e))
	if v == nil || steps == 0 {
		return false
	}
	is := func(lhs ast.Expr) bool { return lhs != nil && code.Var(pass.TypesInfo, lhs) == v }
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			found = found || (is(n.Key) || is(n.Value)) && comesJudged(pass, body, n.X, steps-1)
		case *ast.AssignStmt:
			if i := slices.IndexFunc(n.Lhs, is); i >= 0 {
				made := n.Rhs[min(i, len(n.Rhs)-1)]
				call, ok := ast.Unparen(made).(*ast.CallExpr)
				found = found || ok && n.End() <= e.Pos() && judges(pass, call) || !ok && made.Pos() != e.Pos() && comesJudged(pass, body, made, steps-1)
			}
		}
		return !found
	})
	return found
}

// root gives what the fields, elements and parts are of that an expression is about.
func root(e ast.Expr) ast.Expr {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.CallExpr: // of a method of it
			sel, ok := ast.Unparen(x.Fun).(*ast.SelectorExpr)
			if !ok {
				return x
			}
			e = sel.X
		default:
			return x
		}
	}
}

// An asked is what an expression is made of: variables of the function, and fields, by their text.
type asked struct {
	pass   *check.PackagePass
	vars   []*types.Var
	fields []string
	of     *types.Var // what it begins with, nil if that is no variable of the function
}

func newAsked(pass *check.PackagePass, e ast.Expr) *asked {
	a := &asked{pass: pass}
	if v := code.Var(pass.TypesInfo, root(e)); v != nil && v.Parent() != pass.Pkg.Scope() && !v.IsField() {
		a.of = v
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.SelectorExpr:
			if v := code.Var(pass.TypesInfo, n); v != nil && v.IsField() {
				a.fields = append(a.fields, types.ExprString(n))
				return false
			}
		case *ast.Ident:
			if v := code.Var(pass.TypesInfo, n); v != nil && !v.IsField() && v.Parent() != pass.Pkg.Scope() && text.Textual(v.Type()) {
				a.vars = append(a.vars, v)
			}
		}
		return true
	})
	return a
}

// before reports whether a function hands any of it to one that judges, before a position.
func (a *asked) before(body *ast.BlockStmt, pos token.Pos) (found bool) {
	var unheard ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			unheard = n.X // nobody looks at the answer
		case *ast.CallExpr:
			found = found || n != unheard && n.End() <= pos && judges(a.pass, n) && (slices.ContainsFunc(n.Args, a.isIn) || a.judgesItself(n))
		}
		return !found
	})
	return found
}

// judgesItself reports whether a call is of a method, without arguments, of what the expression begins with: name.IsValid().
func (a *asked) judgesItself(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && len(call.Args) == 0 && a.of != nil && code.Var(a.pass.TypesInfo, sel.X) == a.of
}

// isIn reports whether any of it is in an expression.
func (a *asked) isIn(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			found = found || slices.Contains(a.fields, types.ExprString(n))
		case *ast.Ident:
			v := code.Var(a.pass.TypesInfo, n)
			found = found || v != nil && slices.Contains(a.vars, v)
		}
		return !found
	})
	return found
}

// judges reports whether a call is of a function outside of the standard library that answers with yes or no, or an error, and is
// named for judging a value.
func judges(pass *check.PackagePass, call *ast.CallExpr) bool {
	fn := code.Callee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil || !strings.Contains(strings.Split(fn.Pkg().Path(), "/")[0], ".") && fn.Pkg() != pass.Pkg {
		return false
	}
	results := fn.Signature().Results()
	if results.Len() == 0 {
		return false
	}
	if last := results.At(results.Len() - 1).Type(); !types.Identical(last, types.Typ[types.Bool]) && !types.Identical(last, types.Universe.Lookup("error").Type()) {
		return false
	}
	return text.Validates(fn.Name()) || slices.ContainsFunc(query.Words(fn.Name()), func(w string) bool {
		switch w {
		case "allow", "allows", "permit", "permits", "permitted", "accept", "accepts", "acceptable", "forbidden", "blocked", "denied", "trusted", "whitelisted", "allowlisted":
			return true
		}
		return false
	})
}
