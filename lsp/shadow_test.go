package lsp

import (
	"fmt"
	"math/rand"
	"strings"
	"unicode/utf16"
)

// A shadow is what an editor has of a document: lines of UTF-16 code units,
// edited with code of its own, to compare the server's text with.
type shadow struct{ lines [][]uint16 }

func newShadow(text string) *shadow { return &shadow{split(text)} }

func split(text string) [][]uint16 {
	var lines [][]uint16
	for _, l := range strings.Split(text, "\n") {
		lines = append(lines, utf16.Encode([]rune(l)))
	}
	return lines
}

// text is the whole text.
func (s *shadow) text() string {
	var lines []string
	for _, l := range s.lines {
		lines = append(lines, string(utf16.Decode(l)))
	}
	return strings.Join(lines, "\n")
}

var inserts = []string{"hazard", "haz", "ard", "x", " ", "\n", "😀", "漢", "e\u0301", "hazard\nhazard ", "a\n\nb", "", "", "", ""}

// place picks a position that does not split a surrogate pair.
func (s *shadow) place(r *rand.Rand) (line, character int) {
	line = r.Intn(len(s.lines))
	l := s.lines[line]
	character = r.Intn(len(l) + 1)
	if character > 0 && character < len(l) && utf16.IsSurrogate(rune(l[character])) && l[character] >= 0xDC00 {
		character--
	}
	return line, character
}

// edit changes the text at random and gives the change as an editor sends it.
func (s *shadow) edit(r *rand.Rand) string {
	startLine, start := s.place(r)
	endLine, end := startLine, start
	if r.Intn(3) == 0 || len(s.lines) > 60 {
		endLine, end = s.place(r)
		if endLine < startLine || endLine == startLine && end < start {
			startLine, start, endLine, end = endLine, end, startLine, start
		}
		if endLine > startLine+3 && len(s.lines) <= 60 {
			endLine, end = startLine, len(s.lines[startLine])
		}
	}
	text := inserts[r.Intn(len(inserts))]
	joined := append(append(append([]uint16{}, s.lines[startLine][:start]...), utf16.Encode([]rune(text))...), s.lines[endLine][end:]...)
	replaced := split(string(utf16.Decode(joined)))
	s.lines = append(append(append([][]uint16{}, s.lines[:startLine]...), replaced...), s.lines[endLine+1:]...)
	return partial(startLine, start, endLine, end, text)
}

// replace applies an edit.
func (s *shadow) replace(edit textEdit) {
	r := edit.Range
	joined := append(append(append([]uint16{}, s.lines[r.Start.Line][:r.Start.Character]...), utf16.Encode([]rune(edit.NewText))...), s.lines[r.End.Line][r.End.Character:]...)
	s.lines = append(append(append([][]uint16{}, s.lines[:r.Start.Line]...), split(string(utf16.Decode(joined)))...), s.lines[r.End.Line+1:]...)
}

// hazards gives the diagnostics that the text must have.
func (s *shadow) hazards() string {
	var all []string
	for n, l := range s.lines {
		text := string(utf16.Decode(l))
		for at := 0; ; {
			i := strings.Index(text[at:], "hazard")
			if i < 0 {
				break
			}
			at += i
			character := len(utf16.Encode([]rune(text[:at])))
			all = append(all, fmt.Sprintf("%d:%d-%d:%d test/hazard", n, character, n, character+6))
			at += 6
		}
	}
	return strings.Join(all, ", ")
}
