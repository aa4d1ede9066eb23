package files

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/reordered-text.txtar
var reorderedTextExamples string

// ReorderedText finds source that a reader sees in another order than the compiler.
var ReorderedText = &check.Check{
	ID:         "go/reordered-text",
	Title:      "Invisible characters show the source in another order",
	CWE:        []check.CWE{1007, 838},
	Severity:   check.High,
	Confidence: check.Firm,
	Selector:   []check.DocumentFilter{{Language: "go"}},
	Since:      "0.1",
	Run:        runReorderedText,
	Page: check.Page{
		What: "A comment, a string or a rune holds a character of Unicode that changes the direction of the text around it and is not seen itself: an embedding, override or isolate (U+202A to U+202E, U+2066 to U+2069), or a mark (U+200E, U+200F).",
		Why: "Editors and review tools show what follows such a character in another order than it is compiled: code that looks like a comment runs, a string that looks equal to another is not. \"Trojan Source\" (CVE-2021-42574) got code past reviews " +
			"in this way.",
		Fix:    "In a string or rune write the escape, `\\u202e`, which is what the quick fix does; it is safe, because the value stays what it was. In a comment delete the character. In a string of backquotes there is no escape: use quotes.",
		Limits: "Marks alone are tentative, and for persona pedantic where the text has letters of a script from the right, or none at all: texts in Arabic or Hebrew, and names of currencies, are full of them, and they move no more than the punctuation beside them. A literal of such characters alone is for persona pedantic where they begin a text from the left and nothing on the line is written from the right: there they move nothing, and nobody takes it for another. Letters that look like others are not found. Test code counts, too: it runs on the machines of those who build; what is in a folder testdata, which is never built, is for persona pedantic.",
		References: []string{
			"https://trojansource.codes/",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-42574",
			"https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters",
		},
		Examples: reorderedTextExamples,
	},
}

// directions are the characters that reorder the text around them, and marks; rightward are those of both that begin one from the
// right.
const (
	rightward  = "\u202b\u202e\u2067\u200f"
	directions = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
	marks      = "\u200e\u200f"
)

func runReorderedText(_ context.Context, pass *check.Pass) error {
	text := string(pass.Document.Content)
	if !strings.ContainsAny(text, directions+marks) {
		return nil
	}
	fset := token.NewFileSet()
	file := fset.AddFile(pass.Document.Path, -1, len(text))
	var s scanner.Scanner
	s.Init(file, pass.Document.Content, nil, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return nil
		}
		start := file.Offset(pos)
		if lit == "\n" || !strings.ContainsAny(text[start:start+len(lit)], directions+marks) {
			continue
		}
		reorderedToken(pass, start, tok, text[start:start+len(lit)])
	}
}

// isMarkInText reports whether a mark stands beside a letter, in a text that has none of a script which is written from the
// right: there it says nothing to who reads it. Signs and names of currencies have it beside what is no letter.
func isMarkInText(lit string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(lit[:at])
	_, size := utf8.DecodeRuneInString(lit[at:])
	after, _ := utf8.DecodeRuneInString(lit[at+size:])
	return (unicode.IsLetter(before) || unicode.IsLetter(after)) && !strings.ContainsFunc(lit, isRightToLeft)
}

// reorderedToken reports the characters in one token: the first, which the fixes of all
// go with.
func reorderedToken(pass *check.Pass, start int, tok token.Token, lit string) {
	var f *check.Finding
	var edits []check.Edit
	for i, r := range lit {
		if !strings.ContainsRune(directions+marks, r) {
			continue
		}
		at := check.Range{Start: start + i, End: start + i + utf8.RuneLen(r)}
		escape := fmt.Sprintf("\\u%04x", r)
		if f == nil {
			f = &check.Finding{
				Message:    fmt.Sprintf("U+%04X is invisible, and shows what follows in another order than it is compiled", r),
				Location:   check.Location{Path: pass.Document.Path, Range: at},
				Confidence: check.Tentative,
			}
			if !isLeftToRight(lit) {
				f.Persona = check.Pedantic // what the marks are made for: signs and letters of both directions
			}
		}
		if strings.ContainsRune(directions, r) {
			f.Confidence, f.Persona = check.Firm, check.Regular
			if isAlone(lit) && isHarmless(lineAt(pass.Document.Content, at)) {
				f.Persona = check.Pedantic // a datum, in the order that is seen
			}
		}
		if isMarkInText(lit, i) {
			f.Persona = check.Regular
		}
		if tok == token.COMMENT {
			escape = ""
		}
		edits = append(edits, check.Edit{Path: pass.Document.Path, Range: at, NewText: escape})
	}
	if slices.Contains(strings.Split(pass.Document.Path, "/"), "testdata") {
		f.Persona = check.Pedantic // it is never built, and often what such a check is tried with
	}
	switch {
	case tok == token.COMMENT:
		f.Fixes = []check.Fix{{Title: "Delete the characters", Edits: edits}}
	case lit[0] != '`':
		f.Fixes = []check.Fix{{Title: "Write the escapes", Safe: true, Edits: edits}}
	}
	pass.Report(*f)
}

// isAlone reports whether a literal holds nothing but characters that are not seen.
func isAlone(lit string) bool { return strings.Trim(lit, "\"'`"+directions+marks) == "" }

// isHarmless reports whether a line has nothing that goes from right to left, so that what begins a text from the left shows it as it
// would be.
func isHarmless(line string) bool {
	return !strings.ContainsAny(line, rightward) && !strings.ContainsFunc(line, isRightToLeft)
}

// lineAt gives the line of a text that holds a range of it.
func lineAt(text []byte, at check.Range) string {
	start := bytes.LastIndexByte(text[:at.Start], '\n') + 1
	end := bytes.IndexByte(text[at.End:], '\n')
	if end < 0 {
		return string(text[start:])
	}
	return string(text[start : at.End+end])
}

// isRightToLeft reports whether a letter is of a script that is written from the right.
func isRightToLeft(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// isLeftToRight reports whether a text has letters, and none of a script that is written from the right.
func isLeftToRight(text string) bool {
	letters := false
	for _, r := range text {
		if isRightToLeft(r) {
			return false
		}
		letters = letters || unicode.IsLetter(r)
	}
	return letters
}
