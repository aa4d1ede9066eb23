package query

import (
	"go/ast"
	"go/token"
	"go/types"
)

// EnclosingFunc gives the innermost function around a position: an
// *ast.FuncDecl, an *ast.FuncLit, or nil at package level.
func EnclosingFunc(files []*ast.File, pos token.Pos) ast.Node {
	var innermost ast.Node
	for _, file := range files {
		if pos < file.FileStart || pos > file.FileEnd {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil || pos < n.Pos() || n.End() < pos {
				return n == file
			}
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				innermost = n
			}
			return true
		})
	}
	return innermost
}

// Known reports whether the type checker could make sense of everything within a
// node. It could not if the node did not parse, if there was an error, or if
// something comes from cgo or from a package that could not be found.
func Known(info *types.Info, n ast.Node) bool {
	known := true
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BadExpr, *ast.BadStmt, *ast.BadDecl:
			known = false
		case *ast.Ident:
			switch obj := info.ObjectOf(n).(type) {
			case *types.Var, *types.Const, *types.TypeName, *types.Func:
				known = known && !Invalid(obj.Type())
			}
		case *ast.SelectorExpr:
			known = known && (info.Selections[n] != nil || info.Uses[n.Sel] != nil)
		case *ast.CallExpr:
			_, ok := info.Types[n]
			known = known && ok
		}
		if e, ok := n.(ast.Expr); ok && known {
			tv, ok := info.Types[e]
			known = !ok || tv.IsBuiltin() || !Invalid(tv.Type)
		}
		return known
	})
	return known
}

// Invalid reports whether a type is not known.
func Invalid(t types.Type) bool { return t == nil || t == types.Typ[types.Invalid] }
