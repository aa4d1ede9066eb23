package comment

import (
	"bytes"

	"github.com/peercheck/peercheck/lib/check"
)

// A syntax says how comments and strings look in a language.
type syntax struct {
	line  []leader  // comments to the end of the line
	block []pair    // comments between delimiters; they do not nest
	text  []quoting // string literals, longest delimiter first
}

// A leader starts a comment that ends with its line.
type leader struct {
	text string
	at   where
}

// where says what must stand before a leader for it to start a comment.
type where int

const (
	anywhere  where = iota
	afterGap        // the start of the line, white space, or one of ;|&()
	lineStart       // nothing but white space
)

type pair struct{ open, close string }

// A quoting is a kind of string literal. One without multiline that does not
// end on its line is no string but an apostrophe.
type quoting struct {
	open, close string
	escape      byte // 0 for none
	multiline   bool
}

var (
	single    = quoting{"'", "'", '\\', false}
	double    = quoting{`"`, `"`, '\\', false}
	rawSingle = quoting{"'", "'", 0, false}
	rawDouble = quoting{`"`, `"`, 0, false}
	backtick  = quoting{"`", "`", '\\', true}

	slashes = syntax{
		line:  []leader{{"//", anywhere}},
		block: []pair{{"/*", "*/"}},
		text:  []quoting{{`"""`, `"""`, 0, true}, double, single},
	}
	script = syntax{line: slashes.line, block: slashes.block, text: []quoting{double, single, backtick}}
	hash   = syntax{line: []leader{{"#", afterGap}}, text: []quoting{double, single}}
	shell  = syntax{line: []leader{{"#", afterGap}}, text: []quoting{double, {"'", "'", 0, true}}}
	python = syntax{
		line: []leader{{"#", anywhere}},
		text: []quoting{{`"""`, `"""`, '\\', true}, {"'''", "'''", '\\', true}, double, single},
	}
	// Values of key-value formats may hold anything, so a comment needs a gap.
	settings   = syntax{line: []leader{{"#", afterGap}, {";", afterGap}}, text: []quoting{double, rawSingle}}
	properties = syntax{line: []leader{{"#", lineStart}, {"!", lineStart}, {";", lineStart}}}
	markup     = syntax{block: []pair{{"<!--", "-->"}}}
	dashes     = syntax{line: []leader{{"--", anywhere}}, block: []pair{{"{-", "-}"}}, text: []quoting{double}}
	lisp       = syntax{line: []leader{{";", anywhere}}, text: []quoting{double}}
	percent    = syntax{line: []leader{{"%", afterGap}}}
	batch      = syntax{line: []leader{{"rem ", lineStart}, {"REM ", lineStart}, {"Rem ", lineStart}, {"@rem ", lineStart}, {"::", lineStart}}}
	// plain is for what is not known: a comment must stand alone or after a gap.
	plain = syntax{
		line:  []leader{{"#", afterGap}, {"//", afterGap}, {"--", afterGap}, {";", afterGap}, {"%", lineStart}},
		block: []pair{{"<!--", "-->"}, {"/*", "*/"}},
		text:  []quoting{rawDouble, rawSingle},
	}
)

// syntaxes is by LSP language identifier. What is missing has no comments.
var syntaxes = map[string]syntax{
	"c": slashes, "cpp": slashes, "csharp": slashes, "java": slashes, "kotlin": slashes, "scala": slashes,
	"swift": slashes, "groovy": slashes, "proto": slashes, "jsonc": slashes, "go.mod": slashes, "go.work": slashes,
	"rust": {line: slashes.line, block: slashes.block, text: []quoting{
		{`r#"`, `"#`, 0, true}, {`'"'`, "", 0, false}, {`"`, `"`, '\\', true}}},
	"javascript": script, "javascriptreact": script, "typescript": script, "typescriptreact": script,
	"php": {line: []leader{{"//", anywhere}, {"#", afterGap}}, block: slashes.block, text: []quoting{double, single}},
	"css": {block: slashes.block, text: []quoting{double, single}}, "scss": slashes,
	"python": python, "ruby": hash, "perl": hash, "makefile": {line: hash.line}, "shellscript": shell,
	"powershell": {line: hash.line, block: []pair{{"<#", "#>"}}, text: []quoting{rawDouble, rawSingle}},
	"yaml":       {line: hash.line, text: []quoting{double, rawSingle}},
	"toml":       {line: []leader{{"#", anywhere}}, text: python.text},
	"dotenv":     {line: hash.line, text: []quoting{double, rawSingle}},
	"ini":        settings, "properties": properties,
	"ignore": {line: []leader{{"#", lineStart}}}, "dockerfile": {line: []leader{{"#", lineStart}}},
	"terraform": hashicorp, "terraform-vars": hashicorp, "hcl": hashicorp,
	"lua": {line: []leader{{"--", anywhere}}, block: []pair{{"--[[", "]]"}}, text: []quoting{double, single}},
	"sql": {line: []leader{{"--", anywhere}}, block: slashes.block, text: []quoting{{"'", "'", 0, true}, rawDouble}},
	"xml": markup, "html": markup, "markdown": markup,
	"vue":    {line: []leader{{"//", afterGap}}, block: []pair{{"<!--", "-->"}, {"/*", "*/"}}, text: []quoting{double, single, backtick}},
	"gotmpl": {line: hash.line, block: []pair{{"{{/*", "*/}}"}, {"{{- /*", "*/ -}}"}, {"<!--", "-->"}}, text: []quoting{double}},
}

var hashicorp = syntax{line: []leader{{"#", anywhere}, {"//", anywhere}}, block: slashes.block, text: []quoting{double}}

// byExtension is for languages that check.LanguageOf does not name.
var byExtension = map[string]syntax{
	".tex": percent, ".erl": percent, ".bat": batch, ".cmd": batch,
	".el": lisp, ".lisp": lisp, ".clj": lisp, ".scm": lisp, ".asm": lisp,
	".hs": dashes, ".elm": dashes, ".adb": dashes, ".vhd": dashes,
	".dart": slashes, ".zig": slashes, ".gradle": slashes, ".svelte": syntaxes["vue"], ".less": slashes, ".m": slashes,
	".ex": hash, ".exs": hash, ".r": hash, ".jl": hash, ".nix": hash, ".tcl": hash, ".cmake": hash, ".bzl": hash,
	".graphql": hash, ".fish": shell, ".csv": {}, ".lock": {},
}

// find makes one pass over content. Each byte is looked at a bounded number of
// times: a quoting that is not closed on its line costs its line at most once
// for each kind of quoting, which gone remembers.
func (s *syntax) find(content []byte) []Comment {
	var comments []Comment
	starts := s.firstBytes()
	bol := true // nothing but white space so far on this line
	gone := make(map[string]int)
	i := 0
	if bytes.HasPrefix(content, []byte("\ufeff")) {
		i = len("\ufeff")
	}
	for i < len(content) {
		c := content[i]
		if !starts[c] {
			switch c {
			case '\n', '\r':
				bol = true
			case ' ', '\t':
			default:
				bol = false
			}
			i++
			continue
		}
		if r, ok := s.commentAt(content, i, bol); ok {
			comments = append(comments, r)
			i = r.Range.End
			bol = false
			continue
		}
		i = s.skipString(content, i, gone)
		bol = false
	}
	return comments
}

// firstBytes are the bytes that may start a comment or a string.
func (s *syntax) firstBytes() (set [256]bool) {
	for _, l := range s.line {
		set[l.text[0]] = true
	}
	for _, b := range s.block {
		set[b.open[0]] = true
	}
	for _, q := range s.text {
		set[q.open[0]] = true
	}
	return set
}

func (s *syntax) commentAt(content []byte, i int, bol bool) (Comment, bool) {
	rest := content[i:]
	for _, b := range s.block {
		if !bytes.HasPrefix(rest, []byte(b.open)) {
			continue
		}
		c := Comment{Range: check.Range{Start: i, End: len(content)}, Text: check.Range{Start: i + len(b.open), End: len(content)}}
		if j := bytes.Index(rest[len(b.open):], []byte(b.close)); j >= 0 {
			c.Text.End = c.Text.Start + j
			c.Range.End = c.Text.End + len(b.close)
		}
		return c, true
	}
	for _, l := range s.line {
		if !bytes.HasPrefix(rest, []byte(l.text)) || l.at == lineStart && !bol || l.at == afterGap && !bol && !gap(content[i-1]) {
			continue
		}
		end := i + lineEnd(rest)
		return Comment{Range: check.Range{Start: i, End: end}, Text: check.Range{Start: i + len(l.text), End: end}}, true
	}
	return Comment{}, false
}

func gap(c byte) bool { return bytes.IndexByte([]byte(" \t\n\r;|&()"), c) >= 0 }

func lineEnd(b []byte) int {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return i
	}
	return len(b)
}

// skipString gives the offset after the string literal at i, or i+1 if none
// starts there. gone holds, for each kind of quoting, up to where it is known
// not to be closed.
func (s *syntax) skipString(content []byte, i int, gone map[string]int) int {
	for _, q := range s.text {
		if !bytes.HasPrefix(content[i:], []byte(q.open)) {
			continue
		}
		if q.close == "" { // a literal that is known whole
			return i + len(q.open)
		}
		if i < gone[q.open] {
			continue
		}
		j := i + len(q.open)
		for ; j < len(content); j++ {
			if c := content[j]; c == q.escape && q.escape != 0 {
				j++
			} else if c == '\n' && !q.multiline {
				break
			} else if c == q.close[0] && bytes.HasPrefix(content[j:], []byte(q.close)) {
				return j + len(q.close)
			}
		}
		gone[q.open] = j
	}
	return i + 1
}
