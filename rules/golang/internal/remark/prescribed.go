package remark

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

var (
	// standards are packages that are named for a standard by its number, in an element of their path.
	standards = regexp.MustCompile(`(^|/)(rfc|bip|slip)-?\d+(/|$)`)
	// citations are how comments name the standards of protocols and formats: by a number, or as Microsoft names its own.
	citations = regexp.MustCompile(`(?i)\b(?:rfc|bip|slip|eip)[- ]?0*(\d+)\b|\[?\bMS-[A-Z]{3,}\b`)
	// implementations are how packages say that they do what others have specified, by the beginning of their documentation.
	implementations = regexp.MustCompile(`(?i)^Package\s+\w+\s+(?:is\s+an?\s+(?:\w+\s+){0,4}implementation\s+of|(?:\w+\s+)?implements)\b[^.]*\b(?:protocol|specification|spec|format)\b`)
	// past is how comments speak of what has to stay as it was.
	past = regexp.MustCompile(`(?i)\bbackwards?[- ]compat|\blegacy\b|\bobsolete\b`)
	// dummies is how comments speak of a key that protects nothing.
	dummies = regexp.MustCompile(`(?i)\b(?:dummy|throw-?away|placeholder)\s+(?:\w+\s+)?key(?:s|pairs?)?\b`)
)

// general are RFCs of what programs use whatever they encrypt: padding, Base64, times, URIs, UUIDs, primitives and tokens.
// That one is cited says nothing of who chose an algorithm.
var general = map[string]bool{
	"1321": true, "2045": true, "2104": true, "2202": true, "2315": true, "2898": true, "3174": true, "3339": true, "3986": true, "4122": true,
	"4231": true, "4648": true, "5652": true, "5869": true, "6234": true, "6238": true, "7515": true, "7516": true, "7517": true, "7518": true, "7519": true, "8018": true, "9562": true,
}

// Standard reports whether the code at a position does what a published standard prescribes: its package is named for one, or says
// that it implements a protocol or a format, or the comments of the function around it, or within that, cite one by its number.
func Standard(pass *analysis.Pass, pos token.Pos) bool {
	return pass.Pkg != nil && standards.MatchString(pass.Pkg.Path()) || slices.ContainsFunc(pass.Files, implements) || slices.ContainsFunc(around(pass, pos), cites)
}

func implements(file *ast.File) bool {
	return file.Doc != nil && implementations.MatchString(file.Doc.Text())
}

// Past reports whether the comments of the function around a position, or within that, say that it is there for old data.
func Past(pass *analysis.Pass, pos token.Pos) bool {
	return slices.ContainsFunc(around(pass, pos), past.MatchString)
}

// Dummy reports whether the comments of the function around a position, or within that, say that a key there protects nothing.
func Dummy(pass *analysis.Pass, pos token.Pos) bool {
	return slices.ContainsFunc(around(pass, pos), dummies.MatchString)
}

// around gives the comments of the declared function that a position is in, and those within it.
func around(pass *analysis.Pass, pos token.Pos) (comments []string) {
	file := code.FileAt(pass, pos)
	if file == nil {
		return nil
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || !query.Within(fn, pos) {
			continue
		}
		for _, group := range file.Comments {
			if group == fn.Doc || query.Within(fn, group.Pos()) {
				comments = append(comments, group.Text())
			}
		}
	}
	return comments
}

// cites reports whether a comment cites a standard of something that is not in [general].
func cites(comment string) bool {
	for _, found := range citations.FindAllStringSubmatch(comment, -1) {
		if !general[strings.TrimLeft(found[1], "0")] {
			return true
		}
	}
	return false
}
