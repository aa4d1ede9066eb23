package comment

import (
	"path"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// Line writes a text, one line, as a comment of its own line in a document's
// language, without a line end. ok is false for formats without comments.
func Line(d *check.Document, text string) (line string, ok bool) {
	s, ok := syntaxOf(d)
	switch {
	case !ok:
		return "", false
	case len(s.line) > 0:
		return strings.TrimRight(s.line[0].text, " ") + " " + text, true
	case len(s.block) > 0:
		return s.block[0].open + " " + text + " " + s.block[0].close, true
	}
	return "", false
}

// syntaxOf finds the syntax of a document's comments.
func syntaxOf(d *check.Document) (s syntax, ok bool) {
	switch d.Language {
	case "go":
		return slashes, true
	case "":
		if s, ok = byExtension[strings.ToLower(path.Ext(d.Path))]; !ok {
			return plain, true
		}
		return s, true
	}
	s, ok = syntaxes[d.Language]
	return s, ok
}
