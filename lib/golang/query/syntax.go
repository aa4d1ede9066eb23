package query

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/astutil"
)

// Within reports whether a position is within a node, its end included. The body of a
// function may stand apart from its signature, behind all else in the file: see
// load.Draft.
func Within(n ast.Node, pos token.Pos) bool {
	switch n := n.(type) {
	case *ast.File:
		return n.FileStart <= pos && pos <= n.FileEnd
	case *ast.FuncDecl:
		if n.Body != nil {
			return n.Pos() <= pos && pos <= n.Type.End() || n.Body.Pos() <= pos && pos <= n.Body.End()
		}
	}
	return n.Pos() <= pos && pos <= n.End()
}

// Path gives the nodes around a range, the innermost first, up to the declaration that
// it stands in; nil if it stands in none.
func Path(files []*ast.File, start, end token.Pos) []ast.Node {
	for _, file := range files {
		if start < file.FileStart || start > file.FileEnd {
			continue
		}
		for _, decl := range file.Decls {
			if Within(decl, start) && Within(decl, end) {
				path, _ := astutil.PathEnclosingInterval(&ast.File{Package: file.Package, Name: file.Name, Decls: []ast.Decl{decl}}, start, end)
				return path[:len(path)-1]
			}
		}
	}
	return nil
}

// EnclosingFunc gives the innermost function around a position: an
// *ast.FuncDecl, an *ast.FuncLit, or nil at package level.
func EnclosingFunc(files []*ast.File, pos token.Pos) ast.Node {
	var innermost ast.Node
	for _, file := range files {
		if pos < file.FileStart || pos > file.FileEnd {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil || !Within(n, pos) {
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

// Underlying gives the underlying type of an expression. It is invalid, and not nil, if the type checker has not looked at the
// expression, as where it stands in a literal whose key is not known.
func Underlying(info *types.Info, e ast.Expr) types.Type {
	if t := info.TypeOf(e); t != nil {
		return t.Underlying()
	}
	return types.Typ[types.Invalid]
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
