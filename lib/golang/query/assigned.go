package query

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
)

// Assigned is an analyzer that tells what a package assigns to its variables, as
// *Assignments. Every package check has its result, whether it requires it or not:
// to walk the package for each variable takes minutes where a function is long.
var Assigned = &analysis.Analyzer{
	Name:             "peercheckassigned",
	Doc:              "find what is assigned to variables",
	URL:              "https://pkg.go.dev/github.com/peercheck/peercheck/lib/golang/query#Assigned",
	ResultType:       reflect.TypeFor[*Assignments](),
	RunDespiteErrors: true,
	Run:              func(pass *analysis.Pass) (any, error) { return newAssignments(pass), nil },
}

// AssignmentsIn gives the Assignments of a pass. An analyzer that asks more than
// once requires [Assigned]; else they are found anew with each call.
func AssignmentsIn(pass *analysis.Pass) *Assignments {
	if a, ok := pass.ResultOf[Assigned].(*Assignments); ok {
		return a
	}
	return newAssignments(pass)
}

func newAssignments(pass *analysis.Pass) *Assignments {
	return &Assignments{find: sync.OnceValue(func() map[*types.Var]*assigned { return findAssigned(pass.TypesInfo, pass.Files) })}
}

// Assignments is the result of [Assigned]. It is found when it is first asked for.
type Assignments struct {
	find func() map[*types.Var]*assigned
}

type assigned struct {
	values []ast.Expr
	others bool
}

// Of gives every expression that the package assigns to a variable or field, that
// of its declaration included, in the order of the source. others means that it
// may have more values: from a call with several results, a range clause, an
// operation such as x++, or through a pointer, because its address is taken.
func (a *Assignments) Of(v *types.Var) (values []ast.Expr, others bool) {
	if found := a.find()[v]; found != nil {
		return found.values, found.others
	}
	return nil, false
}

func findAssigned(info *types.Info, files []*ast.File) map[*types.Var]*assigned {
	all := map[*types.Var]*assigned{}
	to := func(v *types.Var) *assigned {
		a := all[v]
		if a == nil {
			a = &assigned{}
			all[v] = a
		}
		return a
	}
	other := func(e ast.Expr) {
		if e == nil {
			return
		}
		if v := Var(info, e); v != nil {
			to(v).others = true
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					v, ok := info.Defs[name].(*types.Var)
					switch {
					case !ok:
					case len(n.Values) == len(n.Names):
						to(v).values = append(to(v).values, n.Values[i])
					case len(n.Values) > 0:
						to(v).others = true
					}
				}
			case *ast.AssignStmt:
				for i, lhs := range n.Lhs {
					v := Var(info, lhs)
					switch {
					case v == nil:
					case len(n.Lhs) == len(n.Rhs) && (n.Tok == token.ASSIGN || n.Tok == token.DEFINE):
						to(v).values = append(to(v).values, n.Rhs[i])
					default:
						to(v).others = true
					}
				}
			case *ast.IncDecStmt:
				other(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					other(n.X)
				}
			case *ast.RangeStmt:
				other(n.Key)
				other(n.Value)
			}
			return true
		})
	}
	return all
}

// Var gives the variable or field that an expression names: x, p.x, (x), *x. It
// is nil for every other expression.
func Var(info *types.Info, e ast.Expr) *types.Var {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		v, _ := info.ObjectOf(e).(*types.Var)
		return v
	case *ast.SelectorExpr:
		v, _ := info.ObjectOf(e.Sel).(*types.Var)
		return v
	case *ast.StarExpr:
		return Var(info, e.X)
	}
	return nil
}
