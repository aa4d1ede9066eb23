package code

import (
	"go/ast"
	"iter"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Calls gives the calls of what is wanted in the files of a package that are not
// test code, in source order. wanted is asked once for each function that is
// called.
func Calls(pass *analysis.Pass, wanted func(query.Called) bool) iter.Seq[inspector.Cursor] {
	return func(yield func(inspector.Cursor) bool) {
		x := query.IndexOf(pass)
		if x == nil {
			return
		}
		for c := range x.Calls(func(f *ast.File) bool { return !IsTest(pass, f) }, wanted) {
			if !yield(c) {
				return
			}
		}
	}
}

// CallsTo gives the calls of functions of these names, as Calls does.
func CallsTo(pass *analysis.Pass, names ...string) iter.Seq[inspector.Cursor] {
	return Calls(pass, func(c query.Called) bool { return slices.Contains(names, c.Name) })
}

// Mentions reports whether a package uses something of one of these names (see
// query.Name). A check that looks for them alone need not look at a package which
// does not.
func Mentions(pass *analysis.Pass, names ...string) bool {
	return MentionsLike(pass, func(name string) bool { return slices.Contains(names, name) })
}

// MentionsLike is Mentions for names that fulfil a condition.
func MentionsLike(pass *analysis.Pass, wanted func(name string) bool) bool {
	x := query.IndexOf(pass)
	return x != nil && x.Mentions(wanted)
}

// MentionsField reports whether a package uses a field of one of these names,
// whatever declares it.
func MentionsField(pass *analysis.Pass, names ...string) bool {
	x := query.IndexOf(pass)
	return x != nil && x.MentionsField(func(_, name string) bool { return slices.Contains(names, name) })
}
