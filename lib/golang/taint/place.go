package taint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// places find the syntax that an instruction's position stands for. SSA form has
// one position for an expression, mostly within it: the parenthesis of a call,
// the name of a field, an operator.
type places struct {
	pass  *analysis.Pass
	files map[*token.File]*ast.File
	nodes map[token.Pos]ast.Node // memo of node
	order map[token.Pos]int      // memo of declaration
}

func newPlaces(pass *analysis.Pass) *places {
	p := &places{pass: pass, files: make(map[*token.File]*ast.File, len(pass.Files)), nodes: map[token.Pos]ast.Node{}, order: map[token.Pos]int{}}
	for _, file := range pass.Files {
		p.files[pass.Fset.File(file.FileStart)] = file
	}
	return p
}

// declaration gives which declaration of the package a position is in, in the order of
// the files; those in none come first.
func (p *places) declaration(pos token.Pos) int {
	if n, ok := p.order[pos]; ok || !pos.IsValid() {
		return n
	}
	n, before := 0, 1
	in := p.files[p.pass.Fset.File(pos)]
	for _, file := range p.pass.Files {
		if file == in {
			if i := slices.IndexFunc(file.Decls, func(d ast.Decl) bool { return query.Within(d, pos) }); i >= 0 {
				n = before + i
			}
			break
		}
		before += len(file.Decls)
	}
	p.order[pos] = n
	return n
}

// node finds the expression of a position; nil if there is none.
func (p *places) node(pos token.Pos) ast.Node {
	if !pos.IsValid() {
		return nil
	}
	node, ok := p.nodes[pos]
	if !ok {
		if file := p.files[p.pass.Fset.File(pos)]; file != nil {
			node = at(file, pos)
		}
		p.nodes[pos] = node
	}
	return node
}

// at finds the expression of a position. It looks only into what is around it: few
// positions of a package are asked for.
func at(file *ast.File, pos token.Pos) (found ast.Node) {
	i := slices.IndexFunc(file.Decls, func(d ast.Decl) bool { return query.Within(d, pos) })
	if i < 0 {
		return nil
	}
	ast.Inspect(file.Decls[i], func(n ast.Node) bool {
		if n == nil || !query.Within(n, pos) {
			return false
		}
		is := token.NoPos
		switch n := n.(type) {
		case *ast.CallExpr:
			is = n.Lparen
		case *ast.SelectorExpr:
			is = n.Sel.Pos()
		case *ast.BinaryExpr:
			is = n.OpPos
		case *ast.IndexExpr:
			is = n.Lbrack
		case *ast.KeyValueExpr:
			is = n.Colon
		case *ast.AssignStmt:
			is = n.TokPos
		case *ast.FuncLit:
			is = n.Pos()
		case *ast.Ident:
			if found == nil {
				is = n.Pos()
			}
		}
		if is == pos {
			found = n
		}
		return true
	})
	return found
}

// find gives what to underline for a step of this package.
func (p *places) find(s step) (pos, end token.Pos) {
	n := p.node(s.pos)
	if n == nil {
		return s.pos, s.pos
	}
	if s.sink.is {
		if arg := argument(n, s.sink.argument, p.pass); arg != nil {
			n = arg
		}
	}
	return n.Pos(), n.End()
}

// argument finds an argument of a call: of those after the index the first that
// is not constant, because a variadic parameter is one value in SSA form.
func argument(n ast.Node, index int, pass *analysis.Pass) ast.Node {
	call, ok := n.(*ast.CallExpr)
	if !ok || index == everything {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			return kv.Value
		}
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == 1 {
			return a.Rhs[0]
		}
		return nil
	}
	if index == theReceiver {
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			return sel.X
		}
		return call.Fun
	}
	if index >= len(call.Args) {
		return nil
	}
	for _, arg := range call.Args[index:] {
		if tv, ok := pass.TypesInfo.Types[arg]; ok && tv.Value == nil {
			return arg
		}
	}
	return call.Args[index]
}

// step puts a step into terms that hold in other packages.
func (p *places) step(s step) Step {
	if s.place != nil {
		return Step{Place: *s.place, Message: s.message}
	}
	pos, end := p.find(s)
	if !pos.IsValid() {
		return Step{Message: s.message}
	}
	a, b := p.pass.Fset.PositionFor(pos, false), p.pass.Fset.PositionFor(end, false)
	return Step{Place: Place{File: a.Filename, Start: a.Offset, End: max(b.Offset, a.Offset), Line: a.Line, Column: a.Column}, Message: s.message}
}

// sourceName gives what a source is called, in parentheses.
func sourceName(message string) string {
	if name, ok := strings.CutPrefix(message, "untrusted: "); ok {
		return " (" + name + ")"
	}
	return ""
}
