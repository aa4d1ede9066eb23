package purpose

import (
	"go/ast"
	"iter"
	"slices"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Texts gives the identifiers and literals of a piece of code, as they are written
// there: what it speaks of. The text of a literal has its quotes.
func Texts(n ast.Node) iter.Seq[string] {
	return func(yield func(string) bool) {
		more := true
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				more = more && yield(n.Name)
			case *ast.BasicLit:
				more = more && yield(n.Value)
			}
			return more
		})
	}
}

// Speaks reports whether a word of an identifier or literal in a piece of code is
// one that is looked for. Words are in lower case, as [query.Words] gives them.
func Speaks(n ast.Node, wanted func(word string) bool) bool {
	for text := range Texts(n) {
		if slices.ContainsFunc(query.Words(text), wanted) {
			return true
		}
	}
	return false
}
