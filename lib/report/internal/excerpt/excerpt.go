// Package excerpt takes the snippet of a location apart into lines that know
// which of their bytes the location means. Use [Of].
package excerpt

import (
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// A Line is one line of a snippet, without its line end.
type Line struct {
	// Number is the line's in the document, from 1.
	Number int
	// Start is the byte of the document at which Text begins.
	Start int
	Text  string
	// From and To are the bytes of Text that are meant: From == To for none, or
	// for a place between two bytes.
	From, To int
	// Cut says that the line begins before Text.
	Cut bool
}

// Of gives the lines of a location's snippet, none if it has none. more says
// that the location goes on after them. Of a location whose range lies outside
// its snippet, which no engine makes, the lines mean nothing.
func Of(l check.Location) (lines []Line, more bool) {
	if l.Snippet == "" {
		return nil, false
	}
	from, to := l.Range.Start-l.SnippetStart, l.Range.End-l.SnippetStart
	if from < 0 || from > len(l.Snippet) || to < from {
		from, to = 0, 0
	}
	number := l.Start.Line
	for start := 0; ; number++ {
		end, next := lineEnd(l.Snippet, start)
		text := l.Snippet[start:end]
		lines = append(lines, Line{
			Number: number, Start: l.SnippetStart + start, Text: text,
			From: min(max(from-start, 0), len(text)), To: min(max(to-start, 0), len(text)),
			Cut: start == 0 && from < l.Start.Column-1,
		})
		if next > len(l.Snippet) {
			break
		}
		start = next
	}
	ends := l.End.Line <= number && to <= len(l.Snippet) || l.End == (check.Position{Line: number + 1, Column: 1})
	return lines, !ends
}

// lineEnd gives the end of the line that starts at an offset, and the start of
// the next one: past the end of s if there is none. Lines end as check.Document
// counts them: in "\n", "\r\n" or "\r".
func lineEnd(s string, start int) (end, next int) {
	i := strings.IndexAny(s[start:], "\r\n")
	if i < 0 {
		return len(s), len(s) + 1
	}
	end = start + i
	if strings.HasPrefix(s[end:], "\r\n") {
		return end, end + 2
	}
	return end, end + 1
}
