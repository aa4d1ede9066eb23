// Package remark reads what is written about a place in comments. Use [At].
package remark

import (
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// At gives the comments about a node: those within it, on its lines, and those that end on the line before it. It
// gives none of a golden test's kind, such as // want.
func At(pass *analysis.Pass, n ast.Node) string {
	file := code.FileAt(pass, n.Pos())
	if file == nil {
		return ""
	}
	line := func(p ast.Node, end bool) int {
		pos := p.Pos()
		if end {
			pos = p.End()
		}
		return pass.Fset.PositionFor(pos, false).Line
	}
	var text []string
	for _, group := range file.Comments {
		if first, last := line(group, false), line(group, true); last >= line(n, false)-1 && first <= line(n, true) {
			text = append(text, group.Text())
		}
	}
	return strings.Join(text, "\n")
}

// Speaks reports whether the comments about a node have a word for which about holds.
func Speaks(pass *analysis.Pass, n ast.Node, about func(word string) bool) bool {
	return slices.ContainsFunc(strings.Fields(At(pass, n)), func(field string) bool {
		return slices.ContainsFunc(query.Words(field), about)
	})
}
