package secrets

import (
	"bytes"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A manual is the parts of a document that are documentation: the whole of a
// README; comments of the kinds that tools make manuals of, and prose in others;
// Python's docstrings; what stands under a name such as "example" or "usage".
type manual struct {
	text   []byte
	readme bool
	code   bool          // it has comments
	spans  []check.Range // in order
}

func newManual(d *check.Document) *manual {
	m := &manual{text: d.Content, code: !isConfig(d), readme: strings.HasPrefix(strings.ToLower(path.Base(d.Path)), "readme")}
	if m.readme {
		return m
	}
	m.spans = usages(d.Content)
	if d.Language == "python" {
		m.spans = append(m.spans, docstrings(d.Content)...)
		slices.SortFunc(m.spans, func(a, b check.Range) int { return a.Start - b.Start })
	}
	return m
}

// prose is part of a sentence: no code that somebody has commented out.
var prose = engine.NewRegexp(`(?:^|[ \t])(?:[A-Za-z]+,? ){0,6}(?:the|an?|is|are|with|for|to|of|and|or|in|on|as|by|it|this|that|you|your|we) ["\x27\x60]?[A-Za-z]+[ :,]`)

// has reports whether an offset is in documentation.
func (m *manual) has(at int) bool {
	if m.readme {
		return true
	}
	i := sort.Search(len(m.spans), func(i int) bool { return m.spans[i].End > at })
	if i < len(m.spans) && m.spans[i].Start <= at {
		return true
	}
	line := bytes.TrimLeft(m.text[lineStart(m.text, at, maxLiteralLine):at], " \t")
	if !m.code {
		return underExample(m.text, at)
	}
	for _, mark := range []string{"* ", "///", "//!"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	for _, mark := range []string{"//", "#", "--", ";"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return prose.Match(line[len(mark):])
		}
	}
	return false
}

// usagePattern begins a text of several lines that shows how something is used.
var usagePattern = engine.NewRegexp(`(?i)(?:^|\n)[ \t]*["']?(?:example|examples|sample|samples|usage|synopsis|description|help|additional|long)["']?[ \t]*[:=][ \t]*(\x60|\x27{3}|"""|[|>][-+]?[ \t]*\r?\n)`)

// usages finds such texts: TOML's, Python's and Go's literals, and YAML's blocks.
func usages(text []byte) (found []check.Range) {
	for _, m := range usagePattern.FindAllSubmatchIndex(text) {
		if n := len(found); n > 0 && m[0] < found[n-1].End {
			continue
		}
		quote, end := text[m[2]:m[3]], len(text)
		switch quote[0] {
		case '|', '>':
			key := bytes.TrimLeft(text[m[0]:m[2]], "\r\n")
			line := m[3] - 1 // indented wants the line end
			end = line + indented(text[line:], len(key)-len(bytes.TrimLeft(key, " \t")))
		default:
			if n := bytes.Index(text[m[3]:], quote); n >= 0 {
				end = m[3] + n
			}
		}
		found = append(found, check.Range{Start: m[3], End: end})
	}
	return found
}

// maxExample is how far above a value its parents are looked for, in bytes: some
// 80 lines of an example of an API's description.
const maxExample = 3000

// underExample reports whether one of the parents of an indented line, as in YAML
// and JSON, is called an example (OpenAPI 3.1, "Example Object").
func underExample(text []byte, at int) bool {
	indent := func(l []byte) int { return len(l) - len(bytes.TrimLeft(l, " \t")) }
	line := lineStart(text, at, maxLiteralLine)
	depth := indent(text[line:at])
	for from := line; line > 0 && depth > 0 && from-line < maxExample; {
		end := line - 1
		line = lineStart(text, end, maxLiteralLine)
		l := text[line:end]
		if trimmed := bytes.TrimSpace(l); len(trimmed) > 0 && indent(l) < depth {
			depth = indent(l)
			key := bytes.TrimLeft(trimmed, "- \"'")
			if bytes.HasPrefix(key, []byte("example:")) || bytes.HasPrefix(key, []byte("examples:")) ||
				bytes.HasPrefix(key, []byte(`example":`)) || bytes.HasPrefix(key, []byte(`examples":`)) {
				return true
			}
		}
	}
	return false
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
