package secrets

import (
	"bytes"
	"sort"

	"github.com/peercheck/peercheck/lib/check"
)

// A manual is the parts of a document that are documentation: comments of the
// kinds that tools make manuals of, and Python's docstrings.
type manual struct {
	text       []byte
	code       bool
	docstrings []check.Range // in order
}

func newManual(d *check.Document) *manual {
	m := &manual{text: d.Content, code: !isConfig(d)}
	if d.Language == "python" {
		m.docstrings = docstrings(d.Content)
	}
	return m
}

// has reports whether an offset is in documentation.
func (m *manual) has(at int) bool {
	if !m.code {
		return false
	}
	line := bytes.TrimLeft(m.text[lineStart(m.text, at, maxLiteralLine):at], " \t")
	for _, mark := range []string{"* ", "///", "//!"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	i := sort.Search(len(m.docstrings), func(i int) bool { return m.docstrings[i].End > at })
	return i < len(m.docstrings) && m.docstrings[i].Start <= at
}

// docstrings finds Python's long strings that begin a line: those that are no
// value of anything (PEP 257).
func docstrings(text []byte) (found []check.Range) {
	for at := 0; ; {
		i := bytes.IndexAny(text[at:], "\"'")
		if i < 0 {
			return found
		}
		start := at + i
		quote := bytes.Repeat(text[start:start+1], 3)
		if !bytes.HasPrefix(text[start:], quote) {
			at = start + 1
			continue
		}
		end := len(text)
		if n := bytes.Index(text[start+3:], quote); n >= 0 {
			end = start + 3 + n + 3
		}
		line := bytes.TrimSpace(text[lineStart(text, start, maxLiteralLine):start])
		if len(line) == 0 || len(line) == 1 && bytes.ContainsAny(line, "rRuUbB") {
			found = append(found, check.Range{Start: start, End: end})
		}
		at = end
	}
}
