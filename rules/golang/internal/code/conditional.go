package code

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// IsConditional reports whether a place in a function runs under a condition, other than that there was an error or none: what
// is set there is a choice, and other calls of the function go without it.
func IsConditional(info *types.Info, c inspector.Cursor) bool {
	for {
		kind, parent := c.ParentEdgeKind(), c.Parent()
		switch n := parent.Node().(type) {
		case nil, *ast.FuncDecl, *ast.FuncLit:
			return false
		case *ast.CaseClause:
			return kind == edge.CaseClause_Body
		case *ast.IfStmt:
			if (kind == edge.IfStmt_Body || kind == edge.IfStmt_Else) && !asksForError(info, n.Cond) {
				return true
			}
		}
		c = parent
	}
}

// asksForError reports whether a condition compares an error with nil.
func asksForError(info *types.Info, cond ast.Expr) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && query.IsType(info.TypeOf(b.X), "error") && info.Types[b.Y].IsNil()
}
