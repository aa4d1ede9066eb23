// Package remark reads what is written about a place in comments. Use [At] and [Mentions].
package remark

import (
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// At gives the comments about a node: those within it, on its lines, and those that end on the line before it.
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
		if first, last := line(group, false), line(group, true); last >= line(n, false)-1 && first <= line(n, true) && !expects(group.Text()) {
			text = append(text, group.Text())
		}
	}
	return strings.Join(text, "\n")
}

// expects reports whether a comment says what a test of a check wants to be found at its line, and nothing of the code.
func expects(comment string) bool {
	return strings.HasPrefix(comment, "want \"") || strings.HasPrefix(comment, "want `")
}

// Mentions reports whether the comments about a node have one of some texts in them, in any case.
func Mentions(pass *analysis.Pass, n ast.Node, texts ...string) bool {
	remark := strings.ToLower(At(pass, n))
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(remark, text) })
}
