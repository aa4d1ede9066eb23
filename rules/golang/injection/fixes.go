package injection

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
)

// A piece is a part of a text that is put together: a constant, or a value.
type piece struct {
	text  string
	value ast.Expr // nil for a constant
}

// built is how a text is put together from pieces, in one expression.
type built struct {
	expr   ast.Expr // the whole, where it is written: at the sink or in the declaration of a variable
	pieces []piece
}

// sinkCall gives the call that the argument of a flow belongs to, and its number; nil where
// the sink is not in this function.
func sinkCall(pass *check.PackagePass, f taint.Flow) (call *ast.CallExpr, argument int) {
	if f.Call == nil {
		return nil, 0
	}
	for _, n := range query.Path(pass.Files, f.Pos, f.End) {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			continue
		}
		for i, arg := range c.Args {
			if arg.Pos() == f.Pos && arg.End() == f.End {
				return c, i
			}
		}
	}
	return nil, 0
}

// buildOf gives how a text is put together: by +, fmt.Sprintf with verbs that show values as they are, or in
// the only value of a variable of the function that nothing else uses. It is nil for anything else.
func buildOf(pass *check.PackagePass, e ast.Expr) *built {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 && pass.TypesInfo.Types[call.Fun].IsType() {
		return buildOf(pass, call.Args[0]) // []byte(text)
	}
	if id, ok := e.(*ast.Ident); ok {
		v := code.Var(pass.TypesInfo, id)
		init := code.Init(pass.Pass, id)
		if v == nil || init == nil || v.Parent() == pass.Pkg.Scope() || uses(pass, v) != 1 {
			return nil
		}
		e = ast.Unparen(init)
	}
	pieces, ok := piecesOf(pass, e)
	if !ok {
		return nil
	}
	var merged []piece
	for _, p := range pieces {
		if last := len(merged) - 1; p.value == nil && last >= 0 && merged[last].value == nil {
			merged[last].text += p.text
		} else {
			merged = append(merged, p)
		}
	}
	return &built{e, merged}
}

// uses counts the uses of a variable.
func uses(pass *check.PackagePass, v *types.Var) (n int) {
	for _, obj := range pass.TypesInfo.Uses {
		if obj == v {
			n++
		}
	}
	return n
}

func piecesOf(pass *check.PackagePass, e ast.Expr) ([]piece, bool) {
	e = ast.Unparen(e)
	if text, ok := code.ConstString(pass.Pass, e); ok {
		return []piece{{text: text}}, true
	}
	switch x := e.(type) {
	case *ast.BinaryExpr:
		if x.Op != token.ADD {
			return nil, false
		}
		var all []piece
		for _, side := range []ast.Expr{x.X, x.Y} {
			pieces, ok := piecesOf(pass, side)
			if !ok {
				pieces = []piece{{value: side}}
			}
			all = append(all, pieces...)
		}
		return all, true
	case *ast.CallExpr:
		if fn := code.Callee(pass.TypesInfo, x); fn != nil && fn.FullName() == "fmt.Sprintf" && len(x.Args) > 0 && !x.Ellipsis.IsValid() {
			if format, ok := code.ConstString(pass.Pass, x.Args[0]); ok {
				return piecesOfFormat(format, x.Args[1:])
			}
		}
	}
	return nil, false
}

// piecesOfFormat takes a format apart that has no verbs but %s, %v and %d.
func piecesOfFormat(format string, args []ast.Expr) (pieces []piece, ok bool) {
	for {
		text, rest, found := strings.Cut(format, "%")
		pieces = append(pieces, piece{text: text})
		if !found {
			return pieces, len(args) == 0
		}
		switch {
		case rest == "":
			return nil, false
		case rest[0] == '%':
			pieces[len(pieces)-1].text += "%"
		case strings.IndexByte("svd", rest[0]) >= 0 && len(args) > 0:
			pieces, args = append(pieces, piece{value: args[0]}), args[1:]
		default:
			return nil, false
		}
		format = rest[1:]
	}
}

// escape wraps the only value in the argument of a sink, or all of them, in a function of a package.
func escape(pass *check.PackagePass, f taint.Flow, pkg, function string, all bool) []check.Fix {
	call, i := sinkCall(pass, f)
	if call == nil {
		return nil
	}
	var values []ast.Expr
	if b := buildOf(pass, call.Args[i]); b != nil {
		for _, p := range b.pieces {
			if p.value != nil {
				values = append(values, p.value)
			}
		}
	} else if t, ok := types.Unalias(pass.TypesInfo.TypeOf(call.Args[i])).(*types.Basic); ok && t.Kind() == types.String && !f.Partial {
		values = []ast.Expr{call.Args[i]}
	}
	if len(values) == 0 || len(values) > 1 && !all {
		return nil
	}
	file := code.FileAt(pass.Pass, f.Pos)
	name, edits := edit.Import(pass, file, pkg, f.Pos)
	for _, v := range values {
		if !types.Identical(pass.TypesInfo.TypeOf(v), types.Typ[types.String]) {
			return nil
		}
		edits = append(edits, pass.Edit(v, fmt.Sprintf("%s.%s(%s)", name, function, edit.Text(pass, v))))
	}
	return []check.Fix{{Title: "Escape it by " + function, Edits: edits}}
}

// placeholders makes arguments of the values in a statement, where the call takes any after it, and each value
// stands where SQL has a value.
func placeholders(pass *check.PackagePass, f taint.Flow) []check.Fix {
	call, i := sinkCall(pass, f)
	if call == nil || i != len(call.Args)-1 || call.Ellipsis.IsValid() {
		return nil
	}
	fn := code.Callee(pass.TypesInfo, call)
	if fn == nil || !fn.Signature().Variadic() || i != fn.Signature().Params().Len()-2 {
		return nil
	}
	b := buildOf(pass, call.Args[i])
	if b == nil {
		return nil
	}
	statement, values, ok := parameterized(b.pieces, placeholderOf(pass, fn))
	if !ok || len(values) == 0 {
		return nil
	}
	text := strconv.Quote(statement)
	if strings.Contains(statement, "\n") && !strings.Contains(statement, "`") {
		text = "`" + statement + "`"
	}
	var args strings.Builder
	for _, v := range values {
		args.WriteString(", " + v.text(pass))
	}
	edits := []check.Edit{pass.Edit(b.expr, text)}
	if b.expr == call.Args[i] {
		edits[0].NewText += args.String()
	} else {
		edits = append(edits, edit.Insert(pass, call.Args[i].End(), args.String()))
	}
	if sprintf, ok := b.expr.(*ast.CallExpr); ok {
		edits = append(edits, edit.Unimport(pass, code.FileAt(pass.Pass, f.Pos), sprintf.Fun)...)
	}
	return []check.Fix{{Title: "Pass the values as arguments", Edits: edits}}
}

// A parameter is a value of a statement, with the text that a pattern has around it: "%" + name + "%".
type parameter struct {
	before, after string
	value         ast.Expr
}

func (p parameter) text(pass *check.PackagePass) string {
	text := edit.Text(pass, p.value)
	if p.before != "" {
		text = strconv.Quote(p.before) + " + " + text
	}
	if p.after != "" {
		text += " + " + strconv.Quote(p.after)
	}
	return text
}

// parameterized gives a statement with placeholders in place of its values, with the quotes around them;
// not ok if one of them is no value, but a name of a column for example, or there are placeholders already.
func parameterized(pieces []piece, placeholder func(n int) string) (statement string, values []parameter, ok bool) {
	var b strings.Builder
	var open *parameter // the value that a quote was opened for
	for i, p := range pieces {
		if p.value == nil {
			text := p.text
			if open != nil {
				after, rest, closed := strings.Cut(text, "'")
				if !closed {
					return "", nil, false
				}
				open.after, text = after, rest
				values, open = append(values, *open), nil
			}
			if strings.ContainsAny(text, "?$") {
				return "", nil, false
			}
			if i+1 < len(pieces) && strings.Count(text, "'")%2 == 1 {
				at := strings.LastIndexByte(text, '\'')
				open = &parameter{before: text[at+1:]}
				text = text[:at]
			}
			b.WriteString(text)
			continue
		}
		if open == nil {
			if !standsForValue(b.String()) {
				return "", nil, false
			}
			values = append(values, parameter{value: p.value})
			b.WriteString(placeholder(len(values)))
			continue
		}
		if open.value != nil || !standsForValue(b.String()) {
			return "", nil, false
		}
		open.value = p.value
		b.WriteString(placeholder(len(values) + 1))
	}
	return b.String(), values, open == nil
}

// standsForValue reports whether a value may follow a text of SQL: behind a comparison or in a list of values.
func standsForValue(before string) bool {
	before = strings.ToUpper(strings.TrimRight(before, " \t\n"))
	if before == "" {
		return false
	}
	switch before[len(before)-1] {
	case '=', '<', '>':
		return true
	case '(', ',': // of VALUES or IN, not of the columns of INSERT
		list := before[:strings.LastIndexByte(before, '(')+1]
		list = strings.TrimRight(strings.TrimSuffix(list, "("), " \t\n")
		return strings.HasSuffix(list, "VALUES") || strings.HasSuffix(list, " IN")
	}
	return strings.HasSuffix(before, " LIKE") || strings.HasSuffix(before, " ILIKE") || strings.HasSuffix(before, " LIMIT") || strings.HasSuffix(before, " OFFSET")
}

// placeholderOf gives what stands for the n-th value, from 1: $1 where PostgreSQL's drivers are used, ? elsewhere.
func placeholderOf(pass *check.PackagePass, fn *types.Func) func(int) string {
	postgres := strings.HasPrefix(code.Path(fn.Pkg()), "github.com/jackc/pgx")
	for _, file := range pass.Files {
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			postgres = postgres || path == "github.com/lib/pq" || strings.HasPrefix(path, "github.com/jackc/pgx")
		}
	}
	if postgres && !strings.HasPrefix(code.Path(fn.Pkg()), "gorm.io/") {
		return func(n int) string { return "$" + strconv.Itoa(n) }
	}
	return func(int) string { return "?" }
}
