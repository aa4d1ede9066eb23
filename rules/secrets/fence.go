package secrets

import (
	"bytes"
	"path"
	"sort"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// fences are the blocks of code that a page of Markdown shows, in order.
type fences []check.Range

// has reports whether an offset is in one of them.
func (f fences) has(at int) bool {
	i := sort.Search(len(f), func(i int) bool { return f[i].End > at })
	return i < len(f) && f[i].Start <= at
}

// maxIndent is as far as the beginning of a line is looked at for a fence, which may stand
// in a list.
const maxIndent = 40

// fencesOf finds the blocks between lines that begin with three backticks or tildes
// (CommonMark, fenced code blocks); the last may have no end. Other documents have none.
func fencesOf(d *check.Document) (found fences) {
	if ext := strings.ToLower(path.Ext(d.Path)); ext != ".md" && ext != ".markdown" {
		return nil
	}
	text := d.Content
	start, fence := -1, ""
	for at := 0; at < len(text); {
		end := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		line := string(bytes.TrimLeft(text[at:min(end, at+maxIndent)], " \t>"))
		switch {
		case start >= 0 && strings.HasPrefix(line, fence):
			found, start = append(found, check.Range{Start: start, End: at}), -1
		case start < 0 && (strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~")):
			start, fence = end, line[:3]
		}
		at = end
	}
	if start >= 0 {
		found = append(found, check.Range{Start: start, End: len(text)})
	}
	return found
}
