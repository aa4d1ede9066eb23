package web

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// handlesRequest reports whether a function around a place is given a request.
func handlesRequest(info *types.Info, c inspector.Cursor) bool {
	return isGiven(info, c, code.IsRequest)
}

// answersRequest reports whether a function around a place is given what it writes the
// answer to: a server's, whereas clients have requests too.
func answersRequest(info *types.Info, c inspector.Cursor) bool {
	return isGiven(info, c, func(t types.Type) bool { return query.IsType(t, "net/http.ResponseWriter") })
}

// isGiven reports whether a function around a place has a parameter of some type.
func isGiven(info *types.Info, c inspector.Cursor, wanted func(types.Type) bool) bool {
	for f := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		var params *ast.FieldList
		switch n := f.Node().(type) {
		case *ast.FuncDecl:
			params = n.Type.Params
		case *ast.FuncLit:
			params = n.Type.Params
		}
		if params != nil && slices.ContainsFunc(params.List, func(p *ast.Field) bool { return wanted(info.TypeOf(p.Type)) }) {
			return true
		}
	}
	return false
}
