package taint

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// places find the syntax that an instruction's position stands for. SSA form has
// one position for an expression, mostly within it: the parenthesis of a call,
// the name of a field, an operator.
type places struct {
	pass  *analysis.Pass
	files map[*token.File]map[token.Pos]ast.Node
}

func newPlaces(pass *analysis.Pass) *places {
	return &places{pass: pass, files: map[*token.File]map[token.Pos]ast.Node{}}
}

// node finds the expression of a position; nil if there is none.
func (p *places) node(pos token.Pos) ast.Node {
	if !pos.IsValid() {
		return nil
	}
	tokens := p.pass.Fset.File(pos)
	nodes, ok := p.files[tokens]
	if !ok {
		nodes = map[token.Pos]ast.Node{}
		p.files[tokens] = nodes
		for _, file := range p.pass.Files {
			if file.FileStart <= pos && pos <= file.FileEnd {
				index(file, nodes)
			}
		}
	}
	return nodes[pos]
}

func index(file *ast.File, nodes map[token.Pos]ast.Node) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			nodes[n.Lparen] = n
		case *ast.SelectorExpr:
			nodes[n.Sel.Pos()] = n
		case *ast.BinaryExpr:
			nodes[n.OpPos] = n
		case *ast.IndexExpr:
			nodes[n.Lbrack] = n
		case *ast.SliceExpr:
			nodes[n.Lbrack] = n
		case *ast.TypeAssertExpr:
			nodes[n.Lparen] = n
		case *ast.KeyValueExpr:
			nodes[n.Colon] = n
		case *ast.AssignStmt:
			nodes[n.TokPos] = n
		case *ast.FuncLit:
			nodes[n.Pos()] = n
		case *ast.Ident:
			if _, ok := nodes[n.Pos()]; !ok {
				nodes[n.Pos()] = n
			}
		}
		return true
	})
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
