package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/unlisted-sort-column.txtar
var unlistedSortColumnExamples string

// UnlistedSortColumn finds ORDER BY and GROUP BY with text from data.
var UnlistedSortColumn = &check.Check{
	ID:         "go/unlisted-sort-column",
	Title:      "Column to sort by comes from data and is on no list",
	CWE:        []check.CWE{89},
	Severity:   check.High,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runUnlistedSortColumn,
	Page: check.Page{
		What: "A field or parameter that says how to sort (`Sort`, `orderBy`, `direction`) becomes part of `ORDER BY` or `GROUP BY`, or of what a method such as `OrderBy` of a query builder takes, and nothing compares it with the columns that there are.",
		Why: "A column cannot be a placeholder's argument, so this is where otherwise careful code concatenates. `(CASE WHEN ... THEN a ELSE b END)` in its place reads any table, one bit at a time. " +
			"The rules of a user's smart playlist were sorted this way in Navidrome (CVE-2022-23857).",
		Fix:    "Look the column up in a map or a `switch` of those that may be sorted by, with a default, and accept nothing but `ASC` and `DESC` for the direction. There is no quick fix, because only you know the columns.",
		Limits: "A value that is no field of a struct that JSON or a form fills is for persona pedantic. Where the value comes from is not asked: it counts if it is named for sorting and is a field, or a parameter that other packages set. A comparison with a constant, `strings.EqualFold`, a list, a map with `, ok`, a regular expression, or a function called valid, check, quote or sanitize in the same function is enough.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/89.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/SQL_Injection_Prevention_Cheat_Sheet.html#defense-option-3-allow-list-input-validation",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-23857",
		},
		Examples: unlistedSortColumnExamples,
	},
}

// sortClause matches text that a column follows.
var sortClause = regexp.MustCompile("(?i)\\b(order|group)\\s+by[\\s,.(`\"\\[\\]]*(asc|desc)?[\\s,.(`\"\\[\\]]*$")

// orderMethods of query builders take columns.
var orderMethods = []string{"OrderBy", "Order", "OrderExpr", "OrderByExpr", "GroupBy", "OrderByClause"}

func runUnlistedSortColumn(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, named(`(?i)(quote|escape|sanit|valid|allow|check|safe|lookup|snake)`))
	if a == nil {
		return nil
	}
	a.asks = asksForColumn
	f := &sortFinder{assembled: a, reported: map[token.Pos]bool{}}
	for _, c := range a.Methods(orderMethods...) {
		if !isQueryBuilder(c.Receiver()) {
			continue
		}
		for i := range c.Expr.Args {
			if arg := c.Arg(i); arg != nil {
				f.column(arg, c.Expr)
			}
		}
	}
	for _, fn := range a.Functions {
		named := isSortClause(fn)
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if v, ok := instr.(ssa.Value); ok && !isPart(v) {
					f.clause(v)
				}
				if ret, ok := instr.(*ssa.Return); ok && named && !isGetter(ret) {
					f.column(ret.Results[0], nil)
				}
			}
		}
	}
	return nil
}

// isSortClause reports whether a function is named for making the text of an
// ORDER BY clause.
func isSortClause(fn *ssa.Function) bool {
	results := fn.Signature.Results()
	if fn.Object() == nil || results.Len() == 0 || !text.Textual(results.At(0).Type()) || types.IsInterface(results.At(0).Type()) {
		return false
	}
	words := strings.Join(query.Words(fn.Name()), " ")
	return strings.HasSuffix(words, "order by") || strings.HasSuffix(words, "orderby") || strings.HasSuffix(words, "order clause") || strings.HasSuffix(words, "sort clause") ||
		strings.HasSuffix(words, "order by clause") || strings.HasPrefix(words, "build order") || strings.HasSuffix(words, "sort sql") || strings.HasSuffix(words, "order sql")
}

// isGetter reports whether all that a function does is to give a field.
func isGetter(ret *ssa.Return) bool {
	u, ok := ret.Results[0].(*ssa.UnOp)
	if !ok {
		return false
	}
	_, ok = u.X.(*ssa.FieldAddr)
	return ok
}

// isQueryBuilder reports whether a method belongs to something that makes SQL.
func isQueryBuilder(v ssa.Value) bool {
	if v == nil {
		return false
	}
	name := query.TypeName(v.Type())
	name = name[strings.LastIndexByte(name, '.')+1:]
	for _, w := range []string{"Builder", "DB", "Session", "Engine", "Query", "QuerySeter", "Select", "Dataset", "Tx"} {
		if strings.HasSuffix(name, w) {
			return true
		}
	}
	return false
}

// isPart reports whether a concatenation goes on.
func isPart(v ssa.Value) bool {
	b, ok := v.(*ssa.BinOp)
	if !ok || b.Referrers() == nil {
		return false
	}
	return slices.ContainsFunc(*b.Referrers(), func(r ssa.Instruction) bool {
		sum, ok := r.(*ssa.BinOp)
		return ok && sum.Op == token.ADD
	})
}

// A sortFinder reports each place once.
type sortFinder struct {
	*assembled
	reported map[token.Pos]bool
}

// clause looks at the holes of a text that follow ORDER BY.
func (f *sortFinder) clause(v ssa.Value) {
	switch v := v.(type) {
	case *ssa.BinOp:
		if v.Op != token.ADD {
			return
		}
	case *ssa.Call:
		if n := query.CalleeSSA(&v.Call); n != "fmt.Sprintf" && n != "(*strings.Builder).String" && n != "(*bytes.Buffer).String" {
			return
		}
	default:
		return
	}
	t := f.Of(v)
	for i, p := range t {
		if p.Value != nil && p.Expr != nil && sortClause.MatchString(t[:i].Constant()) {
			f.column(p.Value, p.Expr)
		}
	}
}

// column reports what becomes a column: where a field is read, else at an
// expression.
func (f *sortFinder) column(v ssa.Value, at ast.Node) {
	f.Behind(v, f.clean, func(_ ssa.Value, t text.Text) {
		for _, p := range t {
			if p.Value != nil && p.Expr != nil {
				f.column(p.Value, p.Expr)
			}
		}
	}, func(leaf ssa.Value) {
		name := text.ValueName(leaf)
		if !isSortName(name) || !text.Textual(leaf.Type()) || text.Global(leaf) || f.isAsked(leaf, asksForColumn) {
			return
		}
		place := f.syntaxOf(leaf)
		if place == nil {
			place = at
		}
		if place == nil || f.reported[place.Pos()] || known(f.pass, place, "sql") {
			return
		}
		f.reported[place.Pos()] = true
		finding := check.Finding{
			Message:  name + " becomes part of ORDER BY or GROUP BY, where no placeholder helps, and is compared with no list of columns",
			Location: f.pass.Location(place),
		}
		if !isDecoded(leaf) {
			finding.Persona = check.Pedantic // the program's own choice, as far as is seen
		}
		f.pass.Report(finding)
	})
}

// isDecoded reports whether a value is a field of a struct that is filled with what others send: it has tags for a
// format of data, or its type decodes itself.
func isDecoded(v ssa.Value) bool {
	var of types.Type
	var field int
	switch v := v.(type) {
	case *ssa.Field:
		of, field = v.X.Type(), v.Field
	case *ssa.UnOp:
		addr, ok := v.X.(*ssa.FieldAddr)
		if !ok {
			return false
		}
		of, field = addr.X.Type(), addr.Field
	default:
		return false
	}
	if p, ok := of.Underlying().(*types.Pointer); ok {
		of = p.Elem()
	}
	s, ok := of.Underlying().(*types.Struct)
	if !ok {
		return false
	}
	tag := reflect.StructTag(s.Tag(field))
	for _, format := range []string{"json", "form", "query", "schema", "param", "url", "xml", "protobuf"} {
		if name, ok := tag.Lookup(format); ok && name != "-" {
			return true
		}
	}
	methods := types.NewMethodSet(types.NewPointer(of))
	return slices.ContainsFunc([]string{"UnmarshalJSON", "UnmarshalText", "Bind"}, func(name string) bool { return methods.Lookup(nil, name) != nil })
}

func isSortName(name string) bool {
	words := query.Words(name)
	for _, w := range words {
		switch w {
		case "sort", "sorting", "order", "orderby", "ordering", "sortby", "direction", "groupby":
			return true
		}
	}
	return len(words) == 1 && (words[0] == "dir" || words[0] == "column")
}

// syntaxOf finds the expression that reads a field; nil if a value is none.
func (f *sortFinder) syntaxOf(v ssa.Value) ast.Node {
	pos := v.Pos()
	if u, ok := v.(*ssa.UnOp); ok {
		pos = u.X.Pos()
	}
	var found ast.Node
	for _, file := range f.pass.Files {
		if file.FileStart > pos || pos > file.FileEnd {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Pos() == pos {
				found = sel
			}
			return found == nil
		})
	}
	return found
}

// asksForColumn reports whether a call compares a text, or looks at it.
func asksForColumn(call *ssa.CallCommon) bool {
	name := text.CalleeName(call)
	return name == "EqualFold" || strings.HasPrefix(name, "Contains") || text.Validates(name)
}
