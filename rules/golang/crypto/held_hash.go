package crypto

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// staysInMemory reports whether the hash that a call gives is kept in variables and fields of this package alone, where it is
// only compared with others of that kind: whoever could read it there could read the password as well, and nothing of it is
// stored anywhere. All that those fields ever hold is the result of a hash function.
func staysInMemory(pass *analysis.Pass, c inspector.Cursor) bool {
	h := &held{pass: pass, index: query.IndexOf(pass), seen: map[*types.Var]bool{}}
	return h.value(c) && h.field
}

// held is the work on one hash.
type held struct {
	pass  *analysis.Pass
	index *query.Index
	seen  map[*types.Var]bool
	field bool // a field keeps it
}

// value reports whether the value of an expression is only kept or compared.
func (h *held) value(c inspector.Cursor) bool {
	kind, i := c.ParentEdge()
	parent := c.Parent()
	switch kind {
	case edge.ParenExpr_X, edge.SliceExpr_X, edge.UnaryExpr_X:
		return h.value(parent)
	case edge.SelectorExpr_Sel: // of a field
		return h.value(parent)
	case edge.BinaryExpr_X, edge.BinaryExpr_Y:
		n, ok := parent.Node().(*ast.BinaryExpr)
		return ok && (n.Op == token.EQL || n.Op == token.NEQ) && h.operand(n.X) && h.operand(n.Y)
	case edge.CallExpr_Args:
		n, ok := parent.Node().(*ast.CallExpr)
		if !ok {
			return false
		}
		switch query.Callee(h.pass.TypesInfo, n) {
		case "crypto/subtle.ConstantTimeCompare", "crypto/hmac.Equal", "bytes.Equal":
			return h.operand(n.Args[0]) && h.operand(n.Args[1])
		}
		return h.wipes(n)
	case edge.AssignStmt_Rhs:
		n, ok := parent.Node().(*ast.AssignStmt)
		return ok && len(n.Lhs) == len(n.Rhs) && h.variable(code.Var(h.pass.TypesInfo, n.Lhs[i]))
	case edge.AssignStmt_Lhs:
		n, ok := parent.Node().(*ast.AssignStmt)
		return ok && len(n.Lhs) == len(n.Rhs) && h.isHash(n.Rhs[i])
	case edge.KeyValueExpr_Value:
		n, ok := parent.Node().(*ast.KeyValueExpr)
		return ok && h.variable(code.Var(h.pass.TypesInfo, n.Key))
	case edge.KeyValueExpr_Key:
		n, ok := parent.Node().(*ast.KeyValueExpr)
		return ok && h.isHash(n.Value)
	}
	return false
}

// variable reports whether that is true of all that becomes of a variable's value, or of a field's that only this package sees.
func (h *held) variable(v *types.Var) bool {
	if v == nil || v.Exported() || v.Kind() != types.LocalVar && !v.IsField() {
		return false
	}
	h.field = h.field || v.IsField()
	if h.seen[v] {
		return true
	}
	h.seen[v] = true
	return !slices.ContainsFunc(h.index.Uses(v), func(use inspector.Cursor) bool { return !h.value(use) })
}

// operand reports whether what a hash is compared with is another one that is made or kept here.
func (h *held) operand(e ast.Expr) bool {
	if cut, ok := ast.Unparen(e).(*ast.SliceExpr); ok {
		e = cut.X
	}
	return h.isHash(e) || h.variable(code.Var(h.pass.TypesInfo, e))
}

// isHash reports whether an expression is the result of a hash function, or a variable of the function that has it.
func (h *held) isHash(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		name := query.Callee(h.pass.TypesInfo, e)
		return hashFuncs[name].sum || name == "(hash.Hash).Sum"
	case *ast.SliceExpr:
		return h.isHash(e.X)
	case *ast.Ident:
		v := code.Var(h.pass.TypesInfo, e)
		if v == nil || v.Kind() != types.LocalVar || !h.variable(v) {
			return false
		}
		values := code.Values(h.pass, v)
		return len(values) > 0 && !slices.ContainsFunc(values, func(value ast.Expr) bool {
			_, made := ast.Unparen(value).(*ast.CallExpr)
			return !made || !h.isHash(value)
		})
	}
	return false
}

// wipes reports whether a function that gets a hash is named for clearing it, or its package is.
func (h *held) wipes(call *ast.CallExpr) bool {
	fn := code.Callee(h.pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	return slices.ContainsFunc(query.Words(fn.Pkg().Name()+" "+fn.Name()), func(w string) bool {
		return w == "zero" || w == "clear" || w == "wipe"
	})
}
