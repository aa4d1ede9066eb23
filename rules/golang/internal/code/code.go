// Package code answers what the Go checks ask beyond one expression: which
// values a variable may have, which function stands around a place, what is test
// code. [Const], [Values] and [Enclosing] are asked for most. What one expression
// says by itself is in lib/golang/query.
//
// Every function takes partial types: where an object or a type is missing the
// answer is the zero value, never a panic.
package code

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Callee gives the function or method that a call names, be it concrete or of
// an interface, and for an instance of a generic one that one; nil for a call of
// a function value, a builtin or a conversion.
func Callee(info *types.Info, call *ast.CallExpr) *types.Func {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	if fn == nil {
		return nil
	}
	return fn.Origin()
}

// Path is the import path of a package, "" for nil.
func Path(pkg *types.Package) string {
	if pkg == nil {
		return ""
	}
	return pkg.Path()
}

// Unversioned takes the major version elements out of an import path or a
// qualified name: "(*github.com/jackc/pgx/v5.Conn).Query" becomes
// "(*github.com/jackc/pgx.Conn).Query", which is every version's.
func Unversioned(name string) string {
	for from := 0; ; {
		i := strings.Index(name[from:], "/v")
		if i < 0 {
			return name
		}
		i += from
		end := i + 2
		for end < len(name) && '0' <= name[end] && name[end] <= '9' {
			end++
		}
		if end > i+2 && (end == len(name) || name[end] == '/' || name[end] == '.') {
			name = name[:i] + name[end:]
			from = i
		} else {
			from = end
		}
	}
}

// IsText reports whether values of a type are strings, byte slices or byte
// arrays, named or not.
func IsText(t types.Type) bool {
	if t == nil {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		return isByte(u.Elem())
	case *types.Array:
		return isByte(u.Elem())
	}
	return false
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Uint8
}

// Const gives the value of a constant expression, and of a variable that is
// declared with a constant and never changed in this package; nil otherwise.
func Const(pass *analysis.Pass, e ast.Expr) constant.Value {
	if e == nil {
		return nil
	}
	if v := pass.TypesInfo.Types[e].Value; v != nil {
		return v
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 1 && pass.TypesInfo.Types[call.Fun].IsType() {
		return Const(pass, call.Args[0]) // os.FileMode(mode)
	}
	v := Var(pass.TypesInfo, e)
	if v == nil || v.IsField() || v.Pkg() != pass.Pkg || v.Parent() == pass.Pkg.Scope() && v.Exported() {
		return nil
	}
	if init := onlyValue(pass, v); init != nil {
		return pass.TypesInfo.Types[init].Value
	}
	return nil
}

// Init gives the expression that a variable is declared with if nothing in this
// package changes it or takes its address afterwards; nil otherwise.
func Init(pass *analysis.Pass, e ast.Expr) ast.Expr {
	v := Var(pass.TypesInfo, e)
	if v == nil || v.IsField() || v.Pkg() != pass.Pkg || v.Parent() == pass.Pkg.Scope() && v.Exported() {
		return nil
	}
	return onlyValue(pass, v)
}

func onlyValue(pass *analysis.Pass, v *types.Var) ast.Expr {
	values, changed := assignments(pass, v)
	if changed || len(values) != 1 || uses(pass, values[0], v) {
		return nil // a parameter that is set from itself has the caller's value too
	}
	return values[0]
}

// uses reports whether an expression refers to a variable.
func uses(pass *analysis.Pass, e ast.Expr, v *types.Var) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && pass.TypesInfo.Uses[id] == v {
			found = true
		}
		return !found
	})
	return found
}

// Values gives every expression that this package assigns to a variable, that
// of its declaration included. What comes from a call with several results, a
// range clause or through a pointer is not among them.
func Values(pass *analysis.Pass, v *types.Var) []ast.Expr {
	values, _ := assignments(pass, v)
	return values
}

// Changed reports whether this package assigns anything to a parameter or takes
// its address.
func Changed(pass *analysis.Pass, param *types.Var) bool {
	values, others := assignments(pass, param)
	return others || len(values) > 0
}

// assignments gives the values of a variable; others means that it may have
// more, or none yet where it is read.
func assignments(pass *analysis.Pass, v *types.Var) (values []ast.Expr, others bool) {
	return query.AssignmentsIn(pass).Of(v)
}

// ConstString, ConstInt and ConstBool read what Const gives.
func ConstString(pass *analysis.Pass, e ast.Expr) (string, bool) {
	v := Const(pass, e)
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

func ConstInt(pass *analysis.Pass, e ast.Expr) (int64, bool) {
	v := Const(pass, e)
	if v == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(v))
}

func ConstBool(pass *analysis.Pass, e ast.Expr) (value, ok bool) {
	v := Const(pass, e)
	if v == nil || v.Kind() != constant.Bool {
		return false, false
	}
	return constant.BoolVal(v), true
}

// Var gives the variable or field that an expression names: x, p.x, (x), *x.
// It is nil for every other expression.
func Var(info *types.Info, e ast.Expr) *types.Var { return query.Var(info, e) }

// Selected gives what a field is selected from: for s.srv.ReadTimeout the field
// srv, for s.ReadTimeout with an embedded http.Server the field Server, for
// srv.ReadTimeout the variable srv. It is nil where that has no name.
func Selected(info *types.Info, sel *ast.SelectorExpr) *types.Var {
	s := info.Selections[sel]
	if s == nil {
		return nil
	}
	path := s.Index()
	if len(path) < 2 {
		return Var(info, sel.X)
	}
	t := s.Recv()
	var field *types.Var
	for _, i := range path[:len(path)-1] {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return nil
		}
		field = st.Field(i)
		t = field.Type()
	}
	return field
}

// IsTest reports whether a file is test code: it is named _test.go, it imports
// testing or net/http/httptest, or its package is named as test helpers are.
func IsTest(pass *analysis.Pass, file *ast.File) bool {
	if strings.HasSuffix(pass.Fset.PositionFor(file.FileStart, false).Filename, "_test.go") {
		return true
	}
	if name := file.Name.Name; strings.HasSuffix(name, "test") && !noTests[name] || strings.HasSuffix(name, "tests") || strings.Contains(name, "testutil") || strings.Contains(name, "testing") || strings.HasPrefix(name, "mock") || strings.HasSuffix(name, "mock") {
		return true
	}
	for _, spec := range file.Imports {
		switch path, _ := strconv.Unquote(spec.Path.Value); path {
		case "testing", "net/http/httptest":
			return true
		}
	}
	return false
}

// Place is one byte of the source, as a node for what has no syntax of its own, such as an instruction of SSA form.
type Place token.Pos

func (p Place) Pos() token.Pos { return token.Pos(p) }
func (p Place) End() token.Pos { return token.Pos(p) + 1 }

// IsLibrary reports whether other modules can import a package, so that not all of its callers are known.
func IsLibrary(pkg *types.Package) bool {
	return pkg.Name() != "main" && !IsInternal(pkg)
}

// IsInternal reports whether only the module of a package can import it: what its functions are given, such as an archive,
// is what the module gives them.
func IsInternal(pkg *types.Package) bool { return isBelow(pkg, "internal") }

// IsForOthers reports whether other modules import a package, and hand it what they like: it is a library, and no part of a
// command.
func IsForOthers(pkg *types.Package) bool { return IsLibrary(pkg) && !isBelow(pkg, "cmd") }

// isBelow reports whether an element of a package's path is a folder of some name.
func isBelow(pkg *types.Package, folder string) bool {
	return slices.Contains(strings.Split(pkg.Path(), "/"), folder)
}

// noTests are names of packages that end like one for tests.
var noTests = map[string]bool{"attest": true, "contest": true, "latest": true, "protest": true}

// InTest reports whether a place is in test code.
func InTest(pass *analysis.Pass, pos token.Pos) bool {
	file := FileAt(pass, pos)
	return file != nil && IsTest(pass, file)
}

// File gives the file that a node of an inspector belongs to.
func File(c inspector.Cursor) *ast.File {
	for f := range c.Enclosing((*ast.File)(nil)) {
		file, _ := f.Node().(*ast.File)
		return file
	}
	return nil
}

// FileAt gives the file of the package that a position lies in, or nil.
func FileAt(pass *analysis.Pass, pos token.Pos) *ast.File {
	for _, f := range pass.Files {
		if f.FileStart <= pos && pos <= f.FileEnd {
			return f
		}
	}
	return nil
}

// A Func is a function declaration or literal.
type Func struct {
	// Name is that of the declaration, and for a literal that of the
	// declaration around it; "" for a literal in a package variable.
	Name string
	// Node is the *ast.FuncDecl or *ast.FuncLit.
	Node ast.Node
	Type *ast.FuncType
	// Body may be nil for a declaration.
	Body *ast.BlockStmt
	// Cursor stands on Node.
	Cursor inspector.Cursor
}

// Enclosing gives the innermost function around a node, the node included; ok
// is false outside of functions.
func Enclosing(c inspector.Cursor) (f Func, ok bool) {
	for e := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		switch n := e.Node().(type) {
		case *ast.FuncDecl:
			if !ok {
				f = Func{Node: n, Type: n.Type, Body: n.Body, Cursor: e}
			}
			f.Name = n.Name.Name
			return f, true
		case *ast.FuncLit:
			if !ok {
				f, ok = Func{Node: n, Type: n.Type, Body: n.Body, Cursor: e}, true
			}
		}
	}
	return f, ok
}

// Declaration gives the declaration of a function in this package, or nil.
func Declaration(pass *analysis.Pass, fn *types.Func) *ast.FuncDecl {
	if fn == nil || fn.Pkg() != pass.Pkg {
		return nil
	}
	for _, f := range pass.Files {
		if fn.Pos() < f.FileStart || fn.Pos() > f.FileEnd {
			continue
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Name.Pos() == fn.Pos() {
				return d
			}
		}
	}
	return nil
}
