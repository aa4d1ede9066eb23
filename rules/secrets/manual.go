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
	godoc  bool          // those before declarations are documentation
	spans  []check.Range // in order
}

func newManual(d *check.Document) *manual {
	m := &manual{text: d.Content, code: !isConfig(d), godoc: d.Language == "go", readme: isReadme(d.Path)}
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

// isReadme reports whether a path is that of a README, or of what the tools of Python
// make of one: the metadata of a package has it whole ("Core metadata", packaging.python.org).
func isReadme(p string) bool {
	base := path.Base(p)
	return strings.HasPrefix(strings.ToLower(base), "readme") || base == "PKG-INFO" || base == "METADATA" && strings.HasSuffix(path.Dir(p), ".dist-info")
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
			return prose.Match(line[len(mark):]) || introduced(m.text, at, mark) || m.godoc && mark == "//" && documents(m.text, at)
		}
	}
	return introducesExample.Match(m.text[lineStart(m.text, at, maxLiteralLine):at]) || inBlockComment(m.text, at) && introduced(m.text, at, "")
}

// maxBlock is how far back the beginning of a comment of several lines is looked for,
// in bytes: the comment of a package, such as Go's doc.go.
const maxBlock = 20_000

// inBlockComment reports whether an offset is between /* and */.
func inBlockComment(text []byte, at int) bool {
	text = text[max(0, at-maxBlock):at]
	open := bytes.LastIndex(text, []byte("/*"))
	return open >= 0 && bytes.LastIndex(text, []byte("*/")) < open
}

// introducesExample is in a sentence before what it shows.
var introducesExample = engine.NewRegexp(`(?i)\be\.g\.|\beg[.:]|\bexamples?\b|\bfor instance\b|\bsuch as\b|\blooks? (?:\w+ )?like\b|\bformat:|\bin the (?:following )?form\b`)

// maxComment is how far above a line of a comment its beginning is looked for, in lines.
const maxComment = 40

// declaration begins what a comment in Go documents ("Go Doc Comments", go.dev).
var declaration = engine.NewRegexp(`^(?:func|type|var|const|package)\b`)

// minDoc is how many lines a comment has at least that documents something and shows a
// credential: fewer may be a line of code that somebody has commented out.
const minDoc = 4

// documents reports whether a line of a comment in Go belongs to that on a declaration.
func documents(text []byte, at int) bool {
	lines := 1
	for line := lineStart(text, at, maxLiteralLine); line > 0 && lines < minDoc; lines++ {
		if line = lineStart(text, line-1, maxLiteralLine); !bytes.HasPrefix(text[line:], []byte("//")) {
			break
		}
	}
	for range maxComment {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return false
		}
		at += end + 1
		if !bytes.HasPrefix(text[at:], []byte("//")) {
			return lines >= minDoc && declaration.Match(text[at:])
		}
	}
	return false
}

// What the comment on a credential may say of it.
var (
	harmless = engine.NewRegexp(`(?i)\bnot (?:an? |really )?secret\b|\bsafe to (?:be )?(?:embed|commit|publish|share|check)|\bnot (?:actually )?(?:confidential|sensitive)\b|\bonly be used (?:for|in) test|\bfor test(?:ing)? purposes\b|` +
		`\bpublic(?:al)?ly (?:published|known|available) (?:\w+ ){0,5}(?:keys?|certificates?)\b|\b(?:inherently|intentionally|deliberately|purposely) insecure\b|\bkey (?:that is |was |is )?published (?:by|in|with)\b|\b(?:from|in) (?:the )?(?:[\w.-]+/)*testdata\b|` +
		`\b(?:password|key|secret|token|credential|certificate)s? (?:is|are) (?:only |just )?(?:used |meant |intended )?(?:only )?for (?:local )?(?:tests?|testing|development)\b`)
	// integration is what the documentation of a package says of all that is in it.
	integration = engine.NewRegexp(`(?i)\bfor (?:use in |use by )?(?:the )?(?:integration|system|acceptance|end-to-end|e2e|unit|smoke) tests?\b`)
	broken      = engine.NewRegexp(`(?i)\b(?:not (?:be )?valid|invalid|revoked|expired|made up|fake|bogus)\b`)
)

// saysAbove reports whether the comment right above the line of an offset, in any
// of the usual signs for one, says something.
func saysAbove(text []byte, at int, what *engine.Regexp) bool {
	line := lineStart(text, openedAt(text, at), maxLiteralLine)
	for n := 0; n < maxComment && line > 0; n++ {
		end := line
		line = lineStart(text, end-1, maxLiteralLine)
		above := bytes.TrimLeft(text[line:end], " \t")
		if !bytes.HasPrefix(above, []byte("//")) && !bytes.HasPrefix(above, []byte("#")) && !bytes.HasPrefix(above, []byte("--")) && !bytes.HasPrefix(above, []byte("*")) {
			return false
		}
		if what.Match(above) {
			return true
		}
	}
	return false
}

// openedAt gives the quote that opens the literal of an offset, if it is on a line above
// and nothing stands between them; else the offset.
func openedAt(text []byte, at int) int {
	before := bytes.TrimRight(text[:at], " \t\r\n\\")
	if n := len(before) - 1; n >= 0 && strings.IndexByte("\"'`", before[n]) >= 0 {
		return n
	}
	return at
}

// packageClause begins the code of a file of Go; what a package is for stands in the
// comment above ("Go Doc Comments", go.dev).
var packageClause = engine.NewRegexp(`(?m)^package [a-z]\w*`)

// packageSays reports whether the documentation of a package says something of all
// that is in it.
func packageSays(d *check.Document, what *engine.Regexp) bool {
	if d.Language != "go" {
		return false
	}
	clause := packageClause.FindAllSubmatchIndex(d.Content)
	return len(clause) > 0 && saysAbove(d.Content, clause[0][0], what)
}

// introduced reports whether the lines of a comment before an offset say that they
// show an example.
func introduced(text []byte, at int, mark string) bool {
	line := lineStart(text, at, maxLiteralLine)
	for n := 0; n < maxComment && line > 0; n++ {
		end := line
		line = lineStart(text, end-1, maxLiteralLine)
		above := bytes.TrimLeft(text[line:end], " \t")
		if !bytes.HasPrefix(above, []byte(mark)) {
			return false
		}
		if introducesExample.Match(above) {
			return true
		}
	}
	return false
}

// usagePattern begins a text of several lines that shows how something is used.
var usagePattern = engine.NewRegexp(`(?i)(?:^|\n)[- \t]*(?:const[ \t]+|var[ \t]+)?["']?\w{0,40}?(?:examples?|samples?|usages?|usagestr|synopsis|description|help(?:text|template|message)?|additional|long|longdesc)["']?[ \t]*:?[:=][ \t]*(?:[\w.]{1,60}\(){0,3}(\x60|\x27{3}|"""|[|>][-+]?[ \t]*\r?\n)`)

// usages finds such texts: TOML's, Python's and Go's literals, and YAML's blocks.
func usages(text []byte) (found []check.Range) {
	for _, m := range usagePattern.FindAllSubmatchIndex(text) {
		if n := len(found); n > 0 && m[0] < found[n-1].End {
			continue
		}
		quote := text[m[2]:m[3]]
		var end int
		switch quote[0] {
		case '|', '>':
			key := bytes.TrimLeft(text[m[0]:m[2]], "\r\n") // a list's dash is no indentation
			line := m[3] - 1                               // indented wants the line end
			end = line + indented(text[line:], len(key)-len(bytes.TrimLeft(key, " \t")))
		default:
			end = m[3] + literal(text[m[3]:], quote)
		}
		found = append(found, check.Range{Start: m[3], End: end})
	}
	return found
}

// literalJoin is how Go writes a backquote, or a constant, in a text between backquotes.
var literalJoin = engine.NewRegexp("^[ \\t]*\\+[ \\t]*(?:\"[^\"\\n]*\"|[\\w.]+)[ \\t]*\\+[ \\t\\r\\n]*`")

// literal gives how long a text in quotes is, with those that are joined to it.
func literal(text, quote []byte) (length int) {
	for {
		n := bytes.Index(text[length:], quote)
		if n < 0 {
			return len(text)
		}
		length += n
		rest := text[length+len(quote):]
		joins := literalJoin.FindAllSubmatchIndex(rest[:min(len(rest), 200)])
		if len(quote) > 1 || len(joins) == 0 {
			return length
		}
		length += len(quote) + joins[0][1]
	}
}

// maxExample is how far above a value its parents are looked for, in bytes: some
// 80 lines of an example of an API's description.
const maxExample = 3000

// maxProse is how far the key of a line is looked for before a value in its prose.
const maxProse = 4000

var (
	// proseKey begins a line whose value is an example, or prose about one.
	proseKey = engine.NewRegexp(`^[- \t]*["']?(?:(?:x-)?examples?|description|summary)["']?[ \t]*:`)
	// patchedExample is the place in a JSON Patch (RFC 6902) of an API's description
	// at which the next line puts an example.
	patchedExample = engine.NewRegexp(`^[- \t]*["']?path["']?[ \t]*:.*/examples?\b`)
)

// underExample reports whether a line, as in YAML and JSON, or one of the parents of
// it, is called an example (OpenAPI 3.1, "Example Object").
func underExample(text []byte, at int) bool {
	indent := func(l []byte) int { return len(l) - len(bytes.TrimLeft(l, " \t")) }
	line := lineStart(text, at, maxLiteralLine)
	if proseKey.Match(text[lineStart(text, at, maxProse):at]) || line > 0 && patchedExample.Match(text[lineStart(text, line-1, maxLiteralLine):line]) {
		return true
	}
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
