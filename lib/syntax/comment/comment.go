// Package comment finds the comments of a document, in Go by its own scanner
// and elsewhere by a table of comment leaders and string delimiters.
//
// Start with [Of], which gives every [Comment] of a document. It never fails:
// in a text that does not scan it finds fewer comments.
package comment

import (
	"bytes"
	"go/scanner"
	"go/token"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// A Comment is one comment, either to the end of its line or between two
// delimiters.
type Comment struct {
	// Range is the whole comment, delimiters included, the line end excluded.
	Range check.Range
	// Text is Range without the delimiters. It may span lines.
	Text check.Range
}

type key struct{}

// Of gives the comments of a document in the order of their ranges, which do
// not overlap. Formats without comments, such as JSON, have none. The result
// is computed once a document and shared; do not change it.
func Of(d *check.Document) []Comment {
	return check.Memo(d, key{}, func() []Comment { return find(d) })
}

func find(d *check.Document) []Comment {
	if d.Language == "go" {
		return findGo(d.Content)
	}
	s, ok := syntaxOf(d)
	if !ok {
		return nil
	}
	return s.find(d.Content)
}

func findGo(content []byte) []Comment {
	var comments []Comment
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(content))
	var s scanner.Scanner
	s.Init(file, content, nil, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return comments
		}
		if tok != token.COMMENT {
			continue
		}
		// The literal lacks carriage returns, so the end is looked up in content.
		start := file.Offset(pos)
		c := Comment{Range: check.Range{Start: start, End: len(content)}}
		if strings.HasPrefix(lit, "//") {
			if i := bytes.IndexByte(content[start:], '\n'); i >= 0 {
				c.Range.End = start + i
			}
			for c.Range.End > start && content[c.Range.End-1] == '\r' {
				c.Range.End--
			}
			c.Text = check.Range{Start: start + 2, End: c.Range.End}
		} else {
			c.Text = check.Range{Start: start + 2, End: len(content)}
			if i := bytes.Index(content[start+2:], []byte("*/")); i >= 0 {
				c.Text.End = start + 2 + i
				c.Range.End = c.Text.End + 2
			}
		}
		comments = append(comments, c)
	}
}
