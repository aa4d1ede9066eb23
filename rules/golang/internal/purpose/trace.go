package purpose

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// A Use is a place where a value gets a name.
type Use struct {
	// Name is that of the variable, field, parameter, map key or function.
	Name string
	// Purpose is what the name says, never None.
	Purpose Purpose
	// Node is the place.
	Node ast.Node
	// Calls are what the value was passed to on its way to here, innermost first.
	Calls []*types.Func
}

// A Tracer follows values of one package. It is not safe for concurrent use.
type Tracer struct {
	*query.Index
	pass *analysis.Pass
}

// NewTracer makes a tracer for a package.
func NewTracer(pass *analysis.Pass) *Tracer {
	return &Tracer{Index: query.IndexOf(pass), pass: pass}
}

// budget bounds the places looked at for one value: what a value is for shows
// within a few steps or not at all.
const budget = 200

// A Trace is what becomes of a value.
type Trace struct {
	// Uses are the places with a purpose, in the order in which they are met.
	Uses []Use
	// Passed are the functions that get the value as an argument.
	Passed []*types.Func
	// Returned are the functions of this package whose first result it becomes.
	Returned []*types.Func
}

// Has gives the first use for one of some purposes.
func (t Trace) Has(purposes ...Purpose) (Use, bool) {
	for _, u := range t.Uses {
		if slices.Contains(purposes, u.Purpose) {
			return u, true
		}
	}
	return Use{}, false
}

// PassedTo reports whether one of the functions that get the value has one of
// some qualified names, or belongs to a package of one of some import paths.
func (t Trace) PassedTo(names ...string) bool {
	return slices.ContainsFunc(t.Passed, func(fn *types.Func) bool {
		return slices.Contains(names, query.Name(fn)) || slices.Contains(names, code.Path(fn.Pkg()))
	})
}

// Trace follows the value of an expression: in its own function, and, where the
// function returns it, in the callers of that function in this package.
func (t *Tracer) Trace(c inspector.Cursor) Trace {
	w := &walk{Tracer: t, left: budget, seen: map[types.Object]bool{}}
	w.value(c, nil)
	return w.found
}

// Follow is Trace for a variable or parameter that is filled at a position.
func (t *Tracer) Follow(v *types.Var, from token.Pos) Trace {
	w := &walk{Tracer: t, left: budget, seen: map[types.Object]bool{}}
	w.variable(v, from, nil)
	return w.found
}

type walk struct {
	*Tracer
	left  int
	seen  map[types.Object]bool
	found Trace
}

func (w *walk) add(name string, p Purpose, n ast.Node, calls []*types.Func) {
	if p != None {
		w.found.Uses = append(w.found.Uses, Use{Name: name, Purpose: p, Node: n, Calls: calls})
	}
}

// value follows the value of the expression that c stands on.
func (w *walk) value(c inspector.Cursor, calls []*types.Func) {
	for w.left > 0 {
		w.left--
		kind, index := c.ParentEdge()
		parent := c.Parent()
		if !parent.Valid() {
			return
		}
		switch kind {
		case edge.ParenExpr_X, edge.SliceExpr_X, edge.StarExpr_X, edge.IndexExpr_Index, edge.IndexExpr_X,
			edge.CompositeLit_Elts, edge.TypeAssertExpr_X, edge.UnaryExpr_X:
			c = parent
		case edge.SelectorExpr_X:
			// A method of the value: its result is the value in another form. A
			// field of it is another value.
			if grand := parent.Parent(); parent.ParentEdgeKind() == edge.CallExpr_Fun {
				c = grand
				continue
			}
			return
		case edge.BinaryExpr_X, edge.BinaryExpr_Y:
			bin, ok := parent.Node().(*ast.BinaryExpr)
			if !ok {
				return
			}
			switch bin.Op {
			case token.EQL, token.NEQ:
				other := bin.X
				if kind == edge.BinaryExpr_X {
					other = bin.Y
				}
				name := NameOf(w.pass.TypesInfo, other)
				w.add(name, OfName(name), other, calls)
				return
			case token.LSS, token.GTR, token.LEQ, token.GEQ, token.LAND, token.LOR:
				return
			}
			c = parent
		case edge.KeyValueExpr_Value:
			kv, ok := parent.Node().(*ast.KeyValueExpr)
			if !ok {
				return
			}
			if w.fieldIsPublic(kv.Key) {
				return
			}
			name := NameOf(w.pass.TypesInfo, kv.Key)
			w.field(w.pass.TypesInfo.TypeOf(literal(parent)), name, kv.Key, calls)
			return
		case edge.CallExpr_Args:
			call, ok := parent.Node().(*ast.CallExpr)
			if !ok {
				return
			}
			if w.pass.TypesInfo.Types[call.Fun].IsType() || isBuiltin(w.pass.TypesInfo, call, "append", "string", "min", "max") {
				c = parent
				continue
			}
			fn := code.Callee(w.pass.TypesInfo, call)
			if fn == nil {
				return
			}
			w.found.Passed = append(w.found.Passed, fn)
			if isWrite(fn) && index == 0 { // sb.WriteByte(x), copy-like
				if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
					w.variable(code.Var(w.pass.TypesInfo, sel.X), call.End(), calls)
				}
				return
			}
			if transparent(fn) {
				c, calls = parent, append(calls[:len(calls):len(calls)], fn)
				continue
			}
			if name := paramName(fn, index); name != "" {
				w.add(fn.Name()+" "+name, OfName(name), call.Fun, append(calls[:len(calls):len(calls)], fn))
			}
			w.add(fn.Name(), setterOf(fn.Name()), call.Fun, append(calls[:len(calls):len(calls)], fn))
			if fn.Pkg() == w.pass.Pkg && returnsText(fn) {
				c, calls = parent, append(calls[:len(calls):len(calls)], fn) // a helper that gives it back in another form
				continue
			}
			return
		case edge.AssignStmt_Rhs:
			as, ok := parent.Node().(*ast.AssignStmt)
			if !ok {
				return
			}
			if len(as.Lhs) == len(as.Rhs) {
				w.assigned(as.Lhs[index], as.End(), calls)
			} else if len(as.Rhs) == 1 {
				w.assigned(as.Lhs[0], as.End(), calls) // the value of (value, error)
			}
			return
		case edge.ValueSpec_Values:
			vs, ok := parent.Node().(*ast.ValueSpec)
			if ok && len(vs.Names) == len(vs.Values) {
				w.assigned(vs.Names[index], vs.End(), calls)
			} else if ok && len(vs.Values) == 1 {
				w.assigned(vs.Names[0], vs.End(), calls)
			}
			return
		case edge.ReturnStmt_Results:
			w.returned(parent, index, calls)
			return
		case edge.SwitchStmt_Tag, edge.CaseClause_List:
			return
		default:
			return
		}
	}
}

// assigned follows a value into the left side of an assignment.
func (w *walk) assigned(lhs ast.Expr, after token.Pos, calls []*types.Func) {
	info := w.pass.TypesInfo
	switch lhs := ast.Unparen(lhs).(type) {
	case *ast.Ident:
		if v := code.Var(info, lhs); v != nil && lhs.Name != "_" {
			w.add(lhs.Name, ofTextVar(v), lhs, calls)
			w.variable(v, after, calls)
		}
	case *ast.SelectorExpr:
		if !w.fieldIsPublic(lhs) {
			w.field(info.TypeOf(lhs.X), lhs.Sel.Name, lhs, calls)
		}
	case *ast.StarExpr:
		w.assigned(lhs.X, after, calls)
	case *ast.IndexExpr:
		name := NameOf(info, lhs.Index)
		if _, isMap := under(info.TypeOf(lhs.X)).(*types.Map); isMap && name != "" {
			w.add(name, OfName(name), lhs.Index, calls)
			return
		}
		w.assigned(lhs.X, after, calls) // an element of it
	}
}

// field takes note of a value that goes into a field: that of a Session is a
// session ID if it is called ID.
func (w *walk) field(of types.Type, name string, n ast.Node, calls []*types.Func) {
	p := OfName(name)
	if typeName := query.TypeName(of); p == None && typeName != "" {
		p = OfName(typeName[strings.LastIndexByte(typeName, '.')+1:] + " " + name)
	}
	w.add(name, p, n, calls)
}

// literal gives the composite literal that a key-value pair stands in.
func literal(kv inspector.Cursor) ast.Expr {
	lit, _ := kv.Parent().Node().(*ast.CompositeLit)
	if lit == nil {
		return nil
	}
	return lit
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

// fieldIsPublic reports whether a field cannot hold a secret by its type: a
// token there is a lexer's.
func (w *walk) fieldIsPublic(e ast.Expr) bool {
	v := code.Var(w.pass.TypesInfo, e)
	return v != nil && v.IsField() && !mayHold(v.Type())
}

// ofTextVar is OfName for variables that can hold a secret.
func ofTextVar(v *types.Var) Purpose {
	if !mayHold(v.Type()) {
		return None
	}
	return OfName(v.Name())
}

// mayHold reports whether a type is one in which secrets are kept: text, bytes,
// and numbers without a type of their own, as one-time codes are.
func mayHold(t types.Type) bool {
	if t == nil {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		_, named := types.Unalias(t).(*types.Named)
		return u.Info()&types.IsString != 0 || u.Info()&types.IsInteger != 0 && !named
	case *types.Slice, *types.Array, *types.Pointer, *types.Interface:
		return true
	}
	return false
}

// variable follows a value into the later uses of the variable that holds it.
func (w *walk) variable(v *types.Var, after token.Pos, calls []*types.Func) {
	if v == nil || w.seen[v] || v.IsField() || v.Parent() == w.pass.Pkg.Scope() {
		return
	}
	w.seen[v] = true
	w.add(v.Name(), ofTextVar(v), nodeAt(v.Pos()), calls)
	if fn := w.namedResult(v); fn != nil {
		w.function(fn, calls)
	}
	for _, use := range w.Index.Uses(v) {
		if use.Node().Pos() < after && !inLoopWith(use, after) {
			continue
		}
		w.value(use, calls)
	}
}

// inLoopWith reports whether an earlier use comes round again in a loop.
func inLoopWith(use inspector.Cursor, pos token.Pos) bool {
	for c := range use.Enclosing((*ast.ForStmt)(nil), (*ast.RangeStmt)(nil)) {
		if n := c.Node(); n.Pos() <= pos && pos <= n.End() {
			return true
		}
	}
	return false
}

type nodeAt token.Pos

func (n nodeAt) Pos() token.Pos { return token.Pos(n) }
func (n nodeAt) End() token.Pos { return token.Pos(n) }

// namedResult gives the function that a variable is a named result of.
func (w *walk) namedResult(v *types.Var) *types.Func {
	for _, f := range w.pass.Files {
		if v.Pos() < f.FileStart || v.Pos() > f.FileEnd {
			continue
		}
		for _, d := range f.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Type.Results == nil || v.Pos() < d.Type.Results.Pos() || v.Pos() > d.Type.Results.End() {
				continue
			}
			fn, _ := w.pass.TypesInfo.Defs[d.Name].(*types.Func)
			return fn
		}
	}
	return nil
}

// returned follows a value out of its function: the function's name, then what
// its callers in this package do with the result.
func (w *walk) returned(ret inspector.Cursor, index int, calls []*types.Func) {
	f, ok := code.Enclosing(ret)
	if !ok || index > 0 {
		return
	}
	if lit, ok := f.Node.(*ast.FuncLit); ok {
		// A closure in a variable: token := func() string {...}
		kind, i := f.Cursor.ParentEdge()
		parent := f.Cursor.Parent()
		switch kind {
		case edge.AssignStmt_Rhs:
			if as, ok := parent.Node().(*ast.AssignStmt); ok && len(as.Lhs) == len(as.Rhs) {
				w.closure(as.Lhs[i], lit.End(), calls)
			}
		case edge.ValueSpec_Values:
			if vs, ok := parent.Node().(*ast.ValueSpec); ok && len(vs.Names) == len(vs.Values) {
				w.closure(vs.Names[i], lit.End(), calls)
			}
		case edge.KeyValueExpr_Value:
			if kv, ok := parent.Node().(*ast.KeyValueExpr); ok {
				name := NameOf(w.pass.TypesInfo, kv.Key)
				w.add(name, OfFunc(name), kv.Key, calls)
			}
		case edge.CallExpr_Fun:
			w.value(parent, calls)
		}
		return
	}
	if d, ok := f.Node.(*ast.FuncDecl); ok {
		fn, _ := w.pass.TypesInfo.Defs[d.Name].(*types.Func)
		w.function(fn, calls)
	}
}

// closure follows the results of calls of a function variable.
func (w *walk) closure(lhs ast.Expr, after token.Pos, calls []*types.Func) {
	name := NameOf(w.pass.TypesInfo, lhs)
	w.add(name, OfFunc(name), lhs, calls)
	v := code.Var(w.pass.TypesInfo, lhs)
	if v == nil || w.seen[v] {
		return
	}
	w.seen[v] = true
	for _, use := range w.Index.Uses(v) {
		if use.ParentEdgeKind() == edge.CallExpr_Fun {
			w.value(use.Parent(), calls)
		}
	}
}

// function follows the result of a function of this package.
func (w *walk) function(fn *types.Func, calls []*types.Func) {
	if fn == nil || w.seen[fn] {
		return
	}
	w.seen[fn] = true
	w.found.Returned = append(w.found.Returned, fn)
	if isText := returnsText(fn); isText || returnsNumber(fn) {
		w.add(fn.Name(), OfFunc(fn.Name()), nodeAt(fn.Pos()), calls)
	}
	calls = append(calls[:len(calls):len(calls)], fn)
	for _, use := range w.Index.Uses(fn) {
		call := use
		if call.ParentEdgeKind() == edge.SelectorExpr_Sel {
			call = call.Parent()
		}
		if call.ParentEdgeKind() == edge.CallExpr_Fun {
			if f := code.File(call); f != nil && code.IsTest(w.pass, f) {
				continue
			}
			w.value(call.Parent(), calls)
		}
	}
}

func returnsText(fn *types.Func) bool {
	sig, ok := fn.Type().(*types.Signature)
	return ok && sig.Results().Len() > 0 && code.IsText(sig.Results().At(0).Type())
}

func returnsNumber(fn *types.Func) bool {
	sig, ok := fn.Type().(*types.Signature)
	if !ok || sig.Results().Len() == 0 {
		return false
	}
	b, ok := sig.Results().At(0).Type().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

// setterOf judges a function that takes a value by its name: SetPassword,
// StoreToken, WithAPIKey.
func setterOf(name string) Purpose {
	words := query.Words(name)
	if len(words) < 2 {
		return None
	}
	switch words[0] {
	case "set", "store", "save", "put", "with", "write", "insert", "update", "add":
		return OfName(name)
	}
	return None
}

func paramName(fn *types.Func, index int) string {
	sig, ok := fn.Type().(*types.Signature)
	if !ok || sig.Params().Len() == 0 {
		return ""
	}
	return sig.Params().At(min(index, sig.Params().Len()-1)).Name()
}

func isBuiltin(info *types.Info, call *ast.CallExpr, names ...string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := info.Uses[id].(*types.Builtin)
	if !ok {
		return false
	}
	for _, n := range names {
		if b.Name() == n {
			return true
		}
	}
	return false
}

// isWrite reports whether a method appends its first argument to its receiver.
func isWrite(fn *types.Func) bool {
	switch query.Name(fn) {
	case "(*strings.Builder).WriteString", "(*strings.Builder).WriteByte", "(*strings.Builder).WriteRune", "(*strings.Builder).Write",
		"(*bytes.Buffer).WriteString", "(*bytes.Buffer).WriteByte", "(*bytes.Buffer).WriteRune", "(*bytes.Buffer).Write":
		return true
	}
	return false
}

// transparent reports whether a function of the standard library gives its
// argument back in another form.
func transparent(fn *types.Func) bool {
	switch code.Path(fn.Pkg()) {
	case "encoding/hex", "encoding/base64", "encoding/base32", "strconv", "strings", "bytes", "fmt", "math/big", "unicode/utf8", "net/url", "math", "slices":
		return returnsText(fn) || returnsNumber(fn) || code.Path(fn.Pkg()) == "math/big"
	}
	return false
}

// NameOf gives the name that an expression speaks of: that of the variable,
// field or function, and for r.FormValue("token") and m["token"] the text. "" if
// it has none.
func NameOf(info *types.Info, e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if e.Name == "nil" || e.Name == "true" || e.Name == "false" {
			return ""
		}
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return NameOf(info, e.X)
	case *ast.UnaryExpr:
		return NameOf(info, e.X)
	case *ast.SliceExpr:
		return NameOf(info, e.X)
	case *ast.TypeAssertExpr:
		return NameOf(info, e.X)
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value)
			return s
		}
	case *ast.IndexExpr:
		if lit, ok := ast.Unparen(e.Index).(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return NameOf(info, lit)
		}
		return NameOf(info, e.X)
	case *ast.CallExpr:
		if info.Types[e.Fun].IsType() && len(e.Args) == 1 {
			return NameOf(info, e.Args[0])
		}
		if len(e.Args) == 1 {
			if lit, ok := ast.Unparen(e.Args[0]).(*ast.BasicLit); ok && lit.Kind == token.STRING {
				return NameOf(info, lit)
			}
		}
		if fn := code.Callee(info, e); fn != nil {
			if len(e.Args) > 0 && transparent(fn) {
				return NameOf(info, e.Args[0])
			}
			if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok && len(e.Args) == 0 && (fn.Name() == "String" || fn.Name() == "Bytes" || fn.Name() == "Value" || fn.Name() == "Get") {
				return NameOf(info, sel.X)
			}
			return fn.Name()
		}
		return NameOf(info, e.Fun)
	}
	return ""
}

// Names gives the names of every value that an expression is built from.
func Names(info *types.Info, e ast.Expr) []string {
	var names []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			if tv := info.Types[n.Fun]; tv.IsType() || tv.IsBuiltin() {
				return true
			}
			if fn := code.Callee(info, n); fn != nil && transparent(fn) {
				return true
			}
			names = append(names, NameOf(info, n))
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && len(n.Args) == 0 {
				names = append(names, NameOf(info, sel.X))
			}
			return false
		case *ast.SelectorExpr:
			names = append(names, n.Sel.Name)
			return false
		case *ast.IndexExpr:
			names = append(names, NameOf(info, n))
			return false
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names
}
