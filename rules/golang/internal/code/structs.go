package code

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Nodes gives the nodes of some types in the files of a package that are not
// test code, in source order. The check must require inspect.Analyzer.
func Nodes(pass *analysis.Pass, nodes ...ast.Node) iter.Seq[inspector.Cursor] {
	return func(yield func(inspector.Cursor) bool) {
		in, ok := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
		if !ok {
			return
		}
		for file := range in.Root().Children() {
			if f, ok := file.Node().(*ast.File); !ok || IsTest(pass, f) {
				continue
			}
			for c := range file.Preorder(nodes...) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// A Struct is a value of a struct type as it is set up: by a literal, by var or
// new or a function for defaults, and by what the same function assigns to its
// fields afterwards.
type Struct struct {
	// Node is the literal, the call of new, or the name that var declares.
	Node ast.Node
	// Cursor stands on Node.
	Cursor inspector.Cursor
	// Type is the qualified name of the type, without a major version.
	Type string
	// Fields are the values by the field's name, the last one that is assigned.
	Fields map[string]ast.Expr
	// Places are the key-value pairs and assignments that set the fields.
	Places map[string]ast.Node
	// Var is what holds the value or its address: a variable or a field; nil if
	// it is passed on at once.
	Var *types.Var
	// Shared means that the function hands the variable to something else, which
	// may set fields as well.
	Shared bool
}

// Has reports whether a field is set to anything.
func (s *Struct) Has(field string) bool { return s.Fields[field] != nil }

// Structs gives the values of struct types, named without a major version, that
// a package sets up outside of test code. Literals without keys are left out.
func Structs(pass *analysis.Pass, names ...string) iter.Seq[*Struct] {
	return func(yield func(*Struct) bool) {
		x := query.IndexOf(pass)
		if x == nil {
			return
		}
		all, _ := x.Memo(structsKey{}, func() any { return structsIn(pass) }).([]setUp)
		for _, s := range all {
			if !slices.Contains(names, s.name) {
				continue
			}
			switch n := s.at.Node().(type) {
			case *ast.CompositeLit:
				if !yield(structAt(pass, s.at, s.name, n, Holder(pass.TypesInfo, s.at))) {
					return
				}
			case *ast.CallExpr:
				if !yield(structAt(pass, s.at, s.name, nil, Holder(pass.TypesInfo, s.at))) {
					return
				}
			case *ast.ValueSpec:
				for _, id := range n.Names {
					v, _ := pass.TypesInfo.Defs[id].(*types.Var)
					made := structAt(pass, s.at, s.name, nil, v)
					made.Node = id
					if !yield(made) {
						return
					}
				}
			}
		}
	}
}

// made gives the type of which a call makes a value without any field set by this
// package: new(T), or a function without parameters of T's own package, as
// cors.DefaultConfig; nil for other calls.
func made(pass *analysis.Pass, call *ast.CallExpr) types.Type {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "new" && len(call.Args) == 1 {
		return pass.TypesInfo.TypeOf(call.Args[0])
	}
	fn := Callee(pass.TypesInfo, call)
	if fn == nil || fn.Pkg() == pass.Pkg || fn.Signature().Recv() != nil || fn.Signature().Params().Len() > 0 || fn.Signature().Results().Len() != 1 {
		return nil
	}
	t := types.Unalias(fn.Signature().Results().At(0).Type())
	if named, ok := t.(*types.Named); !ok || named.Obj().Pkg() != fn.Pkg() {
		return nil
	}
	return t
}

type structsKey struct{}

// A setUp is a place that sets up values of a named type.
type setUp struct {
	at   inspector.Cursor
	name string
}

func structsIn(pass *analysis.Pass) (all []setUp) {
	names := map[types.Type]string{} // types that are written out again and again
	add := func(c inspector.Cursor, t types.Type) {
		name, ok := names[t]
		if !ok {
			name = Unversioned(query.TypeName(t))
			names[t] = name
		}
		if name != "" {
			all = append(all, setUp{c, name})
		}
	}
	for c := range Nodes(pass, (*ast.CompositeLit)(nil), (*ast.CallExpr)(nil), (*ast.ValueSpec)(nil)) {
		switch n := c.Node().(type) {
		case *ast.CompositeLit:
			if len(n.Elts) > 0 {
				if _, keyed := n.Elts[0].(*ast.KeyValueExpr); !keyed {
					continue
				}
			}
			add(c, pass.TypesInfo.TypeOf(n))
		case *ast.CallExpr:
			add(c, made(pass, n))
		case *ast.ValueSpec:
			if n.Type == nil || len(n.Values) > 0 {
				continue
			}
			t := pass.TypesInfo.TypeOf(n.Type)
			if _, pointer := types.Unalias(t).(*types.Pointer); !pointer {
				add(c, t)
			}
		}
	}
	return all
}

func structAt(pass *analysis.Pass, c inspector.Cursor, name string, lit *ast.CompositeLit, holder *types.Var) *Struct {
	s := &Struct{Node: c.Node(), Cursor: c, Type: name, Fields: map[string]ast.Expr{}, Places: map[string]ast.Node{}, Var: holder}
	if lit != nil {
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if id, ok := kv.Key.(*ast.Ident); ok {
					s.Fields[id.Name], s.Places[id.Name] = kv.Value, kv
				}
			}
		}
	}
	f, ok := Enclosing(c)
	if holder == nil || !ok || f.Body == nil {
		return s
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				sel, ok := ast.Unparen(lhs).(*ast.SelectorExpr)
				if ok && n.Pos() > c.Node().Pos() && Selected(pass.TypesInfo, sel) == holder && len(n.Lhs) == len(n.Rhs) {
					s.Fields[sel.Sel.Name], s.Places[sel.Sel.Name] = n.Rhs[i], n
				}
			}
		case *ast.CallExpr:
			for _, arg := range n.Args {
				if u, ok := ast.Unparen(arg).(*ast.UnaryExpr); ok && u.Op == token.AND {
					arg = u.X
				} else if _, pointer := pass.TypesInfo.TypeOf(arg).(*types.Pointer); !pointer {
					continue
				}
				if Var(pass.TypesInfo, arg) == holder {
					if fn := Callee(pass.TypesInfo, n); fn == nil || fn.Pkg() == pass.Pkg {
						s.Shared = true
					}
				}
			}
		}
		return true
	})
	return s
}

// Holder gives the variable or field that the value of an expression, or its
// address, is stored in; nil where it is used otherwise.
func Holder(info *types.Info, c inspector.Cursor) *types.Var {
	for {
		kind, i := c.ParentEdge()
		parent := c.Parent()
		switch kind {
		case edge.ParenExpr_X, edge.UnaryExpr_X:
			c = parent
			continue
		case edge.AssignStmt_Rhs:
			if as, ok := parent.Node().(*ast.AssignStmt); ok && len(as.Lhs) == len(as.Rhs) {
				return Var(info, as.Lhs[i])
			}
		case edge.ValueSpec_Values:
			if vs, ok := parent.Node().(*ast.ValueSpec); ok && len(vs.Names) == len(vs.Values) {
				return Var(info, vs.Names[i])
			}
		case edge.KeyValueExpr_Value:
			if kv, ok := parent.Node().(*ast.KeyValueExpr); ok {
				return Var(info, kv.Key)
			}
		}
		return nil
	}
}

// Body gives the parameters and the body of a function that an expression names:
// a literal, a conversion of one, a variable that always holds one, or a
// function or method of this package. Nil where it cannot be seen.
func Body(pass *analysis.Pass, e ast.Expr) (*ast.FuncType, *ast.BlockStmt) {
	switch e := ast.Unparen(e).(type) {
	case *ast.FuncLit:
		return e.Type, e.Body
	case *ast.CallExpr:
		if len(e.Args) == 1 && pass.TypesInfo.Types[e.Fun].IsType() {
			return Body(pass, e.Args[0])
		}
	case *ast.Ident:
		if lit, ok := Init(pass, e).(*ast.FuncLit); ok {
			return lit.Type, lit.Body
		}
		if fn, ok := pass.TypesInfo.Uses[e].(*types.Func); ok {
			if d := Declaration(pass, fn); d != nil {
				return d.Type, d.Body
			}
		}
	case *ast.SelectorExpr:
		if fn, ok := pass.TypesInfo.Uses[e.Sel].(*types.Func); ok {
			if d := Declaration(pass, fn); d != nil {
				return d.Type, d.Body
			}
		}
	}
	return nil, nil
}

// AlwaysReturns reports whether every return of a body, the literals in it
// apart, gives one result that satisfies a condition, and there is such a return.
func AlwaysReturns(body *ast.BlockStmt, is func(ast.Expr) bool) bool {
	if body == nil {
		return false
	}
	found, other := false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			if len(n.Results) == 1 && is(n.Results[0]) {
				found = true
			} else {
				other = true
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" {
				other = true
			}
		}
		return !other
	})
	return found && !other
}
