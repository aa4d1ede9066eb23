// Package text takes apart the text that a program puts together: concatenation,
// fmt.Sprintf, strings.Join, strings.Builder. [Index.Of] gives the pieces of a
// text, constants and holes in order; [Index.Behind] what a hole may hold.
//
// A check that needs no source asks here what surrounds a value: a value between
// two quotes of a shell's, behind `filename="`, within a tag.
package text

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// Analyzer makes the Index of a package, once for all checks that require it.
var Analyzer = &analysis.Analyzer{
	Name:             "peerchecktext",
	Doc:              "take apart text that is put together",
	Requires:         []*analysis.Analyzer{flow.Analyzer},
	Run:              run,
	ResultType:       reflect.TypeFor[*Index](),
	RunDespiteErrors: true,
}

// An Index is read-only and safe for concurrent use.
type Index struct {
	*flow.Flow
	sums map[token.Pos]ast.Expr // the whole of a concatenation by its operators
	// calls by the position of the parenthesis
	calls map[token.Pos]*ast.CallExpr
}

// A Piece is a part of a text.
type Piece struct {
	// Const is the text, if Value is nil.
	Const string
	// Value is what fills the hole.
	Value ssa.Value
	// Verb is that of the format, such as 's' or 'q'; 0 in a concatenation.
	Verb rune
	// Expr is the expression that puts the hole in, the innermost one; nil if it
	// is not known.
	Expr ast.Expr
}

// A Text is a text in pieces, of which at least one is a constant.
type Text []Piece

// Before gives the constant text right before a piece, "" if a hole is there.
func (t Text) Before(i int) string {
	before := ""
	for i--; i >= 0 && t[i].Value == nil; i-- {
		before = t[i].Const + before
	}
	return before
}

// After gives the constant text right after a piece.
func (t Text) After(i int) string {
	after := ""
	for i++; i < len(t) && t[i].Value == nil; i++ {
		after += t[i].Const
	}
	return after
}

// Constant joins what is constant, with a space for each hole.
func (t Text) Constant() string {
	var b strings.Builder
	for _, p := range t {
		if p.Value != nil {
			b.WriteByte(' ')
		}
		b.WriteString(p.Const)
	}
	return b.String()
}

func run(pass *analysis.Pass) (any, error) {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return (*Index)(nil), nil
	}
	x := &Index{Flow: fl, sums: map[token.Pos]ast.Expr{}, calls: map[token.Pos]*ast.CallExpr{}}
	for _, file := range pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.ADD {
					x.sum(n, n)
				}
			case *ast.AssignStmt:
				if n.Tok == token.ADD_ASSIGN && len(n.Rhs) == 1 {
					x.sums[n.TokPos] = n.Rhs[0]
				}
			case *ast.CallExpr:
				x.calls[n.Lparen] = n
			}
			return true
		})
	}
	return x, nil
}

// sum notes the whole of a concatenation for each of its operators.
func (x *Index) sum(n ast.Expr, whole ast.Expr) {
	b, ok := ast.Unparen(n).(*ast.BinaryExpr)
	if !ok || b.Op != token.ADD || x.sums[b.OpPos] != nil {
		return
	}
	x.sums[b.OpPos] = whole
	x.sum(b.X, whole)
	x.sum(b.Y, whole)
}

// Expr gives the syntax of a concatenation or a call; nil if it is not known.
func (x *Index) Expr(v ssa.Value) ast.Expr {
	switch v := v.(type) {
	case *ssa.BinOp:
		return x.sums[v.Pos()]
	case *ssa.Call:
		if call := x.calls[v.Pos()]; call != nil {
			return call
		}
	}
	return nil
}

// Of takes a value apart; nil if it is not put together, or has no constant piece.
func (x *Index) Of(v ssa.Value) Text {
	c := cutter{Index: x, left: 400}
	c.value(v, nil, 0, 0)
	if !slices.ContainsFunc(c.text, func(p Piece) bool { return p.Value == nil }) || len(c.text) < 2 {
		return nil
	}
	return c.text
}

// A cutter takes one text apart.
type cutter struct {
	*Index
	text Text
	left int
}

func (c *cutter) constant(s string) {
	if s != "" {
		c.text = append(c.text, Piece{Const: s})
	}
}

// value adds the pieces of a value, which expression e puts in.
func (c *cutter) value(v ssa.Value, e ast.Expr, verb rune, depth int) {
	c.left--
	if s, ok := query.StringSSA(v); ok {
		c.constant(s)
		return
	}
	inner := plain(v)
	if depth < 40 && c.left > 0 && (verb == 0 || verb == 's' || verb == 'v') {
		switch w := inner.(type) {
		case *ssa.BinOp:
			if w.Op == token.ADD && isString(w.Type()) {
				whole := c.Expr(w)
				c.value(w.X, whole, 0, depth+1)
				c.value(w.Y, whole, 0, depth+1)
				return
			}
		case *ssa.Call:
			if c.call(w, depth) {
				return
			}
		}
	}
	c.text = append(c.text, Piece{Value: inner, Verb: verb, Expr: e})
}

// call adds the pieces of a text that a function of the standard library puts
// together.
func (c *cutter) call(call *ssa.Call, depth int) bool {
	args := call.Call.Args
	switch query.CalleeSSA(&call.Call) {
	case "fmt.Sprintf":
		return c.format(args[0], args[1], c.Expr(call), depth)
	case "fmt.Sprint":
		return c.list(args[0], "", c.Expr(call), depth)
	case "fmt.Sprintln":
		return c.list(args[0], " ", c.Expr(call), depth)
	case "strings.Join":
		sep, ok := query.StringSSA(args[1])
		return ok && c.list(args[0], sep, c.Expr(call), depth)
	case "(*strings.Builder).String", "(*bytes.Buffer).String", "(*bytes.Buffer).Bytes":
		return c.written(args[0], depth)
	}
	return false
}

func (c *cutter) format(format, list ssa.Value, e ast.Expr, depth int) bool {
	f, ok := query.StringSSA(format)
	if !ok {
		return false
	}
	values := c.arguments(list)
	next := 0
	for {
		before, rest, more := strings.Cut(f, "%")
		c.constant(before)
		if !more {
			return true
		}
		i := strings.IndexFunc(rest, func(r rune) bool { return r == '%' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' })
		if i < 0 {
			return true
		}
		f = rest[i+1:]
		switch {
		case rest[i] == '%':
			c.constant("%")
		case strings.ContainsAny(rest[:i], "*["), next >= len(values):
			return true // the rest is not followed
		default:
			if value := values[next]; value != nil {
				c.value(value, e, rune(rest[i]), depth+1)
			}
			next++
		}
	}
}

func (c *cutter) list(list ssa.Value, separator string, e ast.Expr, depth int) bool {
	values := c.arguments(list)
	if len(values) == 0 {
		return false
	}
	for i, v := range values {
		if i > 0 {
			c.constant(separator)
		}
		if v != nil {
			c.value(v, e, 0, depth+1)
		}
	}
	return true
}

// written adds what is written to a builder of the function, in the order of the
// source.
func (c *cutter) written(builder ssa.Value, depth int) bool {
	a, ok := builder.(*ssa.Alloc)
	if !ok || a.Referrers() == nil {
		return false
	}
	var writes []*ssa.Call
	note := func(v ssa.Value) {
		for _, r := range *v.Referrers() {
			if call, ok := r.(*ssa.Call); ok && c.calls[call.Pos()] != nil {
				writes = append(writes, call)
			}
		}
	}
	note(a)
	for _, r := range *a.Referrers() {
		if mi, ok := r.(*ssa.MakeInterface); ok { // &b as an io.Writer
			note(mi)
		}
	}
	slices.SortStableFunc(writes, func(a, b *ssa.Call) int { return int(a.Pos() - b.Pos()) })
	for _, w := range writes {
		args := w.Call.Args
		switch query.CalleeSSA(&w.Call) {
		case "(*strings.Builder).WriteString", "(*bytes.Buffer).WriteString", "(*strings.Builder).Write", "(*bytes.Buffer).Write", "io.WriteString":
			c.value(args[1], c.Expr(w), 0, depth+1)
		case "(*strings.Builder).WriteByte", "(*bytes.Buffer).WriteByte", "(*strings.Builder).WriteRune", "(*bytes.Buffer).WriteRune":
			if r, ok := query.IntSSA(args[1]); ok {
				c.constant(string(rune(r)))
			}
		case "fmt.Fprintf":
			c.format(args[1], args[2], c.Expr(w), depth+1)
		case "fmt.Fprint", "fmt.Fprintln":
			c.list(args[1], "", c.Expr(w), depth+1)
		}
	}
	return len(writes) > 0
}

// Written takes apart what a call writes: the argument of a Write, the format and
// the arguments of a Fprintf. Unlike Of it also gives texts of one piece.
func (x *Index) Written(call flow.Call) Text {
	c := cutter{Index: x, left: 400}
	switch call.Name {
	case "fmt.Fprintf":
		c.format(call.Arg(1), call.Arg(2), call.Expr, 0)
	case "fmt.Fprint", "fmt.Fprintln":
		c.list(call.Arg(1), "", call.Expr, 0)
	case "io.WriteString":
		c.value(call.Arg(1), call.Expr, 0, 0)
	default:
		c.value(call.Arg(0), call.Expr, 0, 0)
	}
	return c.text
}

// arguments gives the elements of the slice of a variadic call in order, nil for
// one that is not known.
func (x *Index) arguments(list ssa.Value) []ssa.Value {
	s, ok := list.(*ssa.Slice)
	if !ok {
		return nil
	}
	a, ok := s.X.(*ssa.Alloc)
	if !ok {
		return nil
	}
	array, ok := a.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Array)
	if !ok || array.Len() > 200 {
		return nil
	}
	values := make([]ssa.Value, array.Len())
	for _, r := range *a.Referrers() {
		i, ok := r.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		at, ok := query.IntSSA(i.Index)
		if !ok || at < 0 || at >= array.Len() {
			continue
		}
		for _, rr := range *i.Referrers() {
			if st, ok := rr.(*ssa.Store); ok && st.Addr == i {
				values[at] = st.Val
			}
		}
	}
	return values
}

// Arguments gives the values of a list that is written as one, or built by append:
// in order as far as that is known. A part of it that is not known is given as
// the list that it is: a parameter, what a call gives.
func (x *Index) Arguments(list ssa.Value) []ssa.Value {
	l := lister{Index: x, seen: map[ssa.Value]bool{}}
	l.visit(list)
	return l.values
}

type lister struct {
	*Index
	seen   map[ssa.Value]bool
	values []ssa.Value
}

func (l *lister) visit(v ssa.Value) {
	if v == nil || l.seen[v] || len(l.seen) > 100 {
		return
	}
	l.seen[v] = true
	switch v := v.(type) {
	case *ssa.Const: // nil
	case *ssa.Slice:
		if values := l.arguments(v); values != nil {
			for _, value := range values {
				if value != nil {
					l.values = append(l.values, value)
				}
			}
			return
		}
		l.visit(v.X)
	case *ssa.Phi:
		for _, e := range v.Edges {
			l.visit(e)
		}
	case *ssa.ChangeType:
		l.visit(v.X)
	case *ssa.Call:
		if query.CalleeSSA(&v.Call) == "append" {
			for _, a := range v.Call.Args {
				l.visit(a)
			}
			return
		}
		l.values = append(l.values, v)
	case *ssa.UnOp: // a variable
		for _, o := range l.Origins(v) {
			if o == ssa.Value(v) {
				l.values = append(l.values, v)
				return
			}
			l.visit(o)
		}
	default:
		l.values = append(l.values, v)
	}
}

// Behind calls leaf for each value that a value may be, or may be made of: through
// variables, functions of this package and their callers' arguments, lists, and
// functions of package strings that keep most of a text. A text that is put
// together is given to text instead, if that is not nil. Clean decides which
// values to leave out, with all that is behind them.
func (x *Index) Behind(v ssa.Value, clean func(ssa.Value) bool, text func(ssa.Value, Text), leaf func(ssa.Value)) {
	b := behind{Index: x, clean: clean, text: text, leaf: leaf, seen: map[ssa.Value]bool{}}
	b.visit(v)
}

type behind struct {
	*Index
	clean func(ssa.Value) bool
	text  func(ssa.Value, Text)
	leaf  func(ssa.Value)
	seen  map[ssa.Value]bool
}

// passing are functions whose result is most of their argument of this number.
var passing = map[string]int{
	"strings.TrimSpace": 0, "strings.Trim": 0, "strings.TrimLeft": 0, "strings.TrimRight": 0, "strings.TrimPrefix": 0, "strings.TrimSuffix": 0,
	"strings.ToLower": 0, "strings.ToUpper": 0, "strings.Title": 0, "strings.Clone": 0, "strings.ReplaceAll": 0, "strings.Replace": 0, "strings.Split": 0,
	"strings.SplitN": 0, "strings.Fields": 0, "strings.Repeat": 0,
	"path/filepath.Clean": 0, "path/filepath.FromSlash": 0, "path/filepath.ToSlash": 0, "path.Clean": 0, "path/filepath.Dir": 0, "path.Dir": 0,
	"path/filepath.Abs": 0, "path/filepath.EvalSymlinks": 0,
}

// Steps bounds the values behind one value.
const steps = 400

func (b *behind) visit(v ssa.Value) {
	if v == nil || b.seen[v] || len(b.seen) > steps {
		return
	}
	b.seen[v] = true
	if b.clean(v) {
		return
	}
	switch v := v.(type) {
	case *ssa.Const:
		return
	case *ssa.Phi:
		for _, e := range v.Edges {
			b.visit(e)
		}
	case *ssa.ChangeType:
		b.visit(v.X)
	case *ssa.ChangeInterface:
		b.visit(v.X)
	case *ssa.MakeInterface:
		b.visit(v.X)
	case *ssa.Convert:
		b.visit(v.X)
	case *ssa.MultiConvert:
		b.visit(v.X)
	case *ssa.TypeAssert:
		b.visit(v.X)
	case *ssa.Slice:
		if list := b.Arguments(v); list != nil && !isText(v.Type()) {
			b.all(list)
			return
		}
		b.visit(v.X)
	case *ssa.Extract:
		switch t := v.Tuple.(type) {
		case *ssa.TypeAssert:
			b.visit(t.X)
		case *ssa.Lookup:
			b.visit(t.X)
		case *ssa.Call:
			b.call(v, t, v.Index)
		case *ssa.Next:
			if r, ok := t.Iter.(*ssa.Range); ok {
				b.visit(r.X)
				return
			}
			b.leaf(v)
		default:
			b.leaf(v)
		}
	case *ssa.Lookup: // of a map, or a byte of a string
		b.visit(v.X)
	case *ssa.UnOp:
		b.load(v)
	case *ssa.BinOp:
		if v.Op != token.ADD {
			return
		}
		if b.text != nil {
			if t := b.Of(v); t != nil {
				b.text(v, t)
				return
			}
		}
		b.visit(v.X)
		b.visit(v.Y)
	case *ssa.Call:
		b.call(v, v, 0)
	case *ssa.Parameter:
		b.parameter(v)
	case *ssa.FreeVar:
		for _, o := range b.Origins(v) {
			if o == ssa.Value(v) {
				b.leaf(v)
				return
			}
			b.visit(o)
		}
	default:
		b.leaf(v)
	}
}

func (b *behind) all(values []ssa.Value) {
	for _, v := range values {
		b.visit(v)
	}
}

// load visits what a variable or an element holds.
func (b *behind) load(v *ssa.UnOp) {
	if v.Op != token.MUL {
		return
	}
	if i, ok := v.X.(*ssa.IndexAddr); ok { // an element
		if list := b.Arguments(i.X); list != nil {
			b.all(list)
			return
		}
		b.visit(i.X)
		return
	}
	for _, o := range b.Origins(v) {
		if o == ssa.Value(v) {
			b.leaf(v)
			return
		}
		b.visit(o)
	}
}

// call visits what a call gives: what a function of this package returns, what
// goes through one of the standard library.
func (b *behind) call(v ssa.Value, call *ssa.Call, result int) {
	name := query.CalleeSSA(&call.Call)
	if i, ok := passing[name]; ok {
		b.visit(call.Call.Args[i])
		return
	}
	switch name {
	case "append":
		b.all(call.Call.Args)
		return
	case "path/filepath.Join", "path.Join", "strings.Join", "fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln",
		"(*strings.Builder).String", "(*bytes.Buffer).String", "(*bytes.Buffer).Bytes":
		if b.text != nil {
			if t := b.Of(call); t != nil {
				b.text(call, t)
				return
			}
		}
		if t := b.Of(call); t != nil {
			for _, p := range t {
				b.visit(p.Value)
			}
			return
		}
		if strings.HasPrefix(name, "(") {
			b.leaf(v)
			return
		}
		for _, a := range call.Call.Args {
			b.visit(a)
		}
		return
	}
	fn := call.Call.StaticCallee()
	if fn == nil || len(fn.Blocks) == 0 {
		b.leaf(v)
		return
	}
	for _, block := range fn.Blocks {
		if ret, ok := block.Instrs[len(block.Instrs)-1].(*ssa.Return); ok && result < len(ret.Results) {
			b.visit(ret.Results[result])
		}
	}
}

// parameter visits what the callers in this package give, if there are no others.
func (b *behind) parameter(p *ssa.Parameter) {
	fn := p.Parent()
	callers := b.Callers(fn)
	if len(callers) == 0 || flow.Exported(fn) {
		b.leaf(p)
		return
	}
	for i, param := range fn.Params {
		if param != p {
			continue
		}
		for _, c := range callers {
			if args := c.Instr.Common().Args; i < len(args) && !c.Instr.Common().IsInvoke() {
				b.visit(args[i])
			}
		}
	}
}

// plain looks through changes of type.
func plain(v ssa.Value) ssa.Value {
	for {
		switch w := v.(type) {
		case *ssa.MakeInterface:
			v = w.X
		case *ssa.ChangeType:
			v = w.X
		case *ssa.ChangeInterface:
			v = w.X
		case *ssa.Convert:
			if !isText(w.Type()) || !isText(w.X.Type()) {
				return v
			}
			v = w.X
		default:
			return v
		}
	}
}

func isString(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// isText reports whether a type is a string or a slice of bytes.
func isText(t types.Type) bool {
	if s, ok := t.Underlying().(*types.Slice); ok {
		e, ok := s.Elem().Underlying().(*types.Basic)
		return ok && e.Kind() == types.Byte
	}
	return isString(t)
}

// Textual reports whether values of a type may hold any text: strings, bytes, and
// interfaces, whose values are not known.
func Textual(t types.Type) bool {
	return isText(t) || types.IsInterface(t)
}
