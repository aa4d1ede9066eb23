package load

import (
	"bytes"
	"go/ast"
)

// maxMends bounds how often a file is parsed again: who types breaks one
// declaration, or two.
const maxMends = 8

// mend makes those declarations parse that stand after a broken one. go/parser
// resumes late: a missing ")" in one function hides all that follow, and their
// findings would vanish and come back while someone types. mend blanks the body
// of the broken function, so that all else stays at its place; what was blanked
// is not judged, and the error is still reported.
//
// Declarations are told by lines that begin with their keyword, which holds for
// code that gofmt has seen. Where it does not, or where nothing is hidden, file
// stays as it is. mended is what was parsed if all of it could be, else nil.
func mend(content []byte, file *ast.File, parse func([]byte) (*ast.File, bool)) (_ *ast.File, mended []byte) {
	starts := declarations(content)
	mended = bytes.Clone(content)
	blanked := make([]bool, len(starts))
	for range maxMends {
		i := firstHidden(file, starts)
		if i < 0 {
			return file, nil
		}
		// What hides a declaration is the one before, or the one before that
		// if it was blanked already.
		for i--; i >= 0 && blanked[i]; i-- {
		}
		if i < 0 {
			return file, nil
		}
		end := len(content)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		blanked[i] = true
		blank(mended[starts[i]:end])
		again, ok := parse(mended)
		if again == nil {
			return file, nil
		}
		if file = again; ok {
			return file, mended
		}
	}
	return file, nil
}

var keywords = [][]byte{[]byte("func "), []byte("type "), []byte("var "), []byte("const ")}

// declarations gives the offsets of the lines that begin with a keyword.
func declarations(content []byte) (starts []int) {
	offset := 0
	for line := range bytes.Lines(content) {
		for _, k := range keywords {
			if bytes.HasPrefix(line, k) {
				starts = append(starts, offset)
			}
		}
		offset += len(line)
	}
	return starts
}

// firstHidden gives the index of the first declaration that is not in the
// syntax tree, -1 if all are.
func firstHidden(file *ast.File, starts []int) int {
	seen := map[int]bool{}
	for _, decl := range file.Decls {
		if _, bad := decl.(*ast.BadDecl); !bad {
			seen[int(decl.Pos()-file.FileStart)] = true
		}
	}
	for i, s := range starts {
		if !seen[s] {
			return i
		}
	}
	return -1
}

// blank overwrites the body of a function, or a whole declaration of another
// kind, with spaces. Line ends stay.
func blank(decl []byte) {
	from, to := 0, len(decl)
	line, _, _ := bytes.Cut(decl, []byte("\n"))
	brace := bytes.LastIndexByte(line, '{')
	if bytes.HasPrefix(decl, []byte("func ")) && brace >= 0 {
		from = brace + 1
		if end := bytes.LastIndex(decl, []byte("\n}")); end >= 0 {
			to = end + 1
		}
	}
	for i := from; i < to; i++ {
		if decl[i] != '\n' && decl[i] != '\r' {
			decl[i] = ' '
		}
	}
	if from > 0 && to == len(decl) { // there was no line with the closing brace
		if from < len(line) {
			decl[from] = '}'
		} else if at := bytes.IndexByte(decl[from:], ' '); at >= 0 {
			decl[from+at] = '}'
		}
	}
}
