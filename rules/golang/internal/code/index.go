package code

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
)

// An Index finds the uses of objects in a package. The zero value is of no use;
// make one with NewIndex. It is not safe for concurrent use.
type Index struct {
	pass *analysis.Pass
	root inspector.Cursor
	uses map[types.Object][]inspector.Cursor
}

// NewIndex makes an index; it is filled at the first question.
func NewIndex(pass *analysis.Pass, root inspector.Cursor) *Index {
	return &Index{pass: pass, root: root}
}

// Uses gives the identifiers that refer to an object, without its declaration,
// in source order. Instances of a generic function are uses of it.
func (x *Index) Uses(obj types.Object) []inspector.Cursor {
	if x.uses == nil {
		x.uses = map[types.Object][]inspector.Cursor{}
		for c := range x.root.Preorder((*ast.Ident)(nil)) {
			id, ok := c.Node().(*ast.Ident)
			if !ok {
				continue
			}
			o := x.pass.TypesInfo.Uses[id]
			if fn, ok := o.(*types.Func); ok {
				o = fn.Origin()
			}
			if o != nil {
				x.uses[o] = append(x.uses[o], c)
			}
		}
	}
	return x.uses[obj]
}
