// Package query answers what checks ask about Go code again and again: what a
// call calls ([Callee]), what a constant is ([String]), what a type is
// ([IsType]).
//
// Names are qualified as go/types does it, without type parameters and with
// nothing abbreviated:
//
//	net/http.ListenAndServe            a function
//	(*net/http.Server).Close           a method of a pointer
//	(net/http.Header).Set              a method of a value
//	(io.Reader).Read                   a method of an interface
//	len                                a builtin
//
// All functions take incomplete types: where nothing is known they answer with
// the zero value. They are safe for concurrent use.
package query

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"
)

// Callee names what a call calls; "" for a conversion, for a function value, and
// where it is not known. A method that is promoted from an embedded field is
// named for the type that declares it.
func Callee(info *types.Info, call *ast.CallExpr) string {
	return Name(typeutil.Callee(info, call))
}

// MakesRequest reports whether a function, by its name as [Callee] and [CalleeSSA] give it, makes the request of a client.
func MakesRequest(callee string) bool {
	return callee == "net/http.NewRequest" || callee == "net/http.NewRequestWithContext"
}

// CalleeSSA names what a call of SSA form calls, like Callee. A method value
// (f := x.Close; f()) is named for its method.
func CalleeSSA(call *ssa.CallCommon) string {
	if call.IsInvoke() {
		return Name(call.Method)
	}
	if b, ok := call.Value.(*ssa.Builtin); ok {
		switch name := b.Name(); {
		case b.Object() != nil:
			return name
		case strings.HasPrefix(name, "ssa:"): // of the SSA form itself
			return ""
		default:
			return "unsafe." + name
		}
	}
	if fn := call.StaticCallee(); fn != nil {
		if fn.Origin() != nil {
			fn = fn.Origin()
		}
		return Name(fn.Object())
	}
	return ""
}

// Name gives the qualified name of a function, method, builtin, or package-level
// variable, constant or type; "" for nil and for anything local.
func Name(obj types.Object) string {
	switch obj := obj.(type) {
	case *types.Func:
		recv := obj.Signature().Recv()
		if recv == nil {
			return qualified(obj)
		}
		star, t := "", types.Unalias(recv.Type())
		if p, ok := t.(*types.Pointer); ok {
			star, t = "*", types.Unalias(p.Elem())
		}
		switch t := t.(type) {
		case *types.Named:
			return "(" + star + qualified(t.Obj()) + ")." + obj.Name()
		case *types.Interface: // of a type without a name
			return "(interface)." + obj.Name()
		}
		return ""
	case *types.Builtin:
		if obj.Pkg() != nil {
			return qualified(obj) // of package unsafe
		}
		return obj.Name()
	case *types.Var, *types.Const, *types.TypeName:
		if obj.Pkg() == nil || obj.Parent() == obj.Pkg().Scope() {
			return qualified(obj)
		}
	}
	return ""
}

func qualified(obj types.Object) string {
	if obj.Pkg() == nil { // error, string, ...
		return obj.Name()
	}
	return obj.Pkg().Path() + "." + obj.Name()
}

// TypeName gives the qualified name of T for a type T or *T, aliases resolved:
// "net/http.Server", "error"; "" for a type without a name.
func TypeName(t types.Type) string {
	if t == nil {
		return ""
	}
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	switch t := t.(type) {
	case *types.Named:
		return qualified(t.Obj())
	case *types.Basic:
		if t.Kind() != types.Invalid {
			return t.Name()
		}
	}
	return ""
}

// IsType reports whether a type is T or *T of a qualified name, whatever its
// type arguments: IsType(t, "net/http.Server").
func IsType(t types.Type, name string) bool { return name != "" && TypeName(t) == name }

// Implements reports whether a type, or a pointer to it, implements an interface
// of a qualified name ("io.Reader"), which is looked for in pkg and in what it
// imports, directly or not. False if the interface is not found there: then no
// value of pkg is ever turned into one.
func Implements(pkg *types.Package, t types.Type, name string) bool {
	iface := Interface(pkg, name)
	if iface == nil || Invalid(t) { // go/types lets an unknown type implement anything
		return false
	}
	if types.Implements(t, iface) {
		return true
	}
	_, isPointer := types.Unalias(t).(*types.Pointer)
	return !isPointer && !types.IsInterface(t) && types.Implements(types.NewPointer(t), iface)
}

// Interface finds an interface by its qualified name, in pkg and in what it
// imports, directly or not; nil if it is not there.
func Interface(pkg *types.Package, name string) *types.Interface {
	if obj, ok := Lookup(pkg, name).(*types.TypeName); ok {
		iface, _ := obj.Type().Underlying().(*types.Interface)
		return iface
	}
	return nil
}

// Lookup finds a package-level object by its qualified name, in pkg and in what
// it imports, directly or not; nil if it is not there. "error" and other names
// without a package are those of the universe.
func Lookup(pkg *types.Package, name string) types.Object {
	path, base := splitName(name)
	if path == "" {
		return types.Universe.Lookup(base)
	}
	seen := map[*types.Package]bool{}
	queue := []*types.Package{pkg}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p == nil || seen[p] {
			continue
		}
		seen[p] = true
		if p.Path() == path {
			if obj := p.Scope().Lookup(base); obj != nil {
				return obj
			}
		}
		queue = append(queue, p.Imports()...)
	}
	return nil
}

// splitName splits "example.com/m.v2.Name" at the last dot.
func splitName(name string) (path, base string) {
	for i := len(name) - 1; i >= 0 && name[i] != '/'; i-- {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return "", name
}

// Constant gives the value of a constant expression; nil if it is none.
func Constant(info *types.Info, e ast.Expr) constant.Value { return info.Types[e].Value }

// String gives the value of a constant string expression.
func String(info *types.Info, e ast.Expr) (value string, ok bool) {
	return stringOf(Constant(info, e))
}

// Int gives the value of a constant integer expression that fits an int64.
func Int(info *types.Info, e ast.Expr) (value int64, ok bool) { return intOf(Constant(info, e)) }

// Bool gives the value of a constant boolean expression.
func Bool(info *types.Info, e ast.Expr) (value, ok bool) {
	if v := Constant(info, e); v != nil && v.Kind() == constant.Bool {
		return constant.BoolVal(v), true
	}
	return false, false
}

// StringSSA gives the value of a constant string in SSA form.
func StringSSA(v ssa.Value) (value string, ok bool) { return stringOf(constantSSA(v)) }

// IntSSA gives the value of a constant integer in SSA form that fits an int64.
func IntSSA(v ssa.Value) (value int64, ok bool) { return intOf(constantSSA(v)) }

// constantSSA looks through changes of type, which keep a constant what it is.
func constantSSA(v ssa.Value) constant.Value {
	for {
		switch x := v.(type) {
		case *ssa.Const:
			return x.Value
		case *ssa.ChangeType:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		default:
			return nil
		}
	}
}

func stringOf(v constant.Value) (string, bool) {
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

func intOf(v constant.Value) (int64, bool) {
	if v == nil {
		return 0, false
	}
	if v = constant.ToInt(v); v.Kind() != constant.Int {
		return 0, false
	}
	return constant.Int64Val(v)
}
