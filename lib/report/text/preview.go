package text

import (
	"slices"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/excerpt"
)

// A change is one line as a fix finds it, and what it makes of it.
type change struct {
	number   int
	old, new string
	at       int // the byte of old and new at which the first edit is
}

// maxPreview is how many lines a fix may change to be shown: it is read beside
// the source, not instead of it.
const maxPreview = 4

// changes gives the lines that a fix changes, nil if the finding's snippets do
// not hold them all, or if there are too many. Each edit is within a line.
func changes(f *check.Finding, fix check.Fix) []change {
	known := map[int]excerpt.Line{} // by number
	places := append(append([]check.Location{f.Location}, f.Related...), f.Flow...)
	for _, l := range places {
		if l.Path != f.Location.Path {
			continue
		}
		lines, _ := excerpt.Of(l)
		for _, line := range lines {
			if !line.Cut {
				known[line.Number] = line
			}
		}
	}
	var out []change
	edits := slices.Clone(fix.Edits)
	slices.SortStableFunc(edits, func(a, b check.Edit) int { return b.Range.Start - a.Range.Start }) // last first
	for _, e := range edits {
		number := e.StartUTF16.Line + 1
		line, ok := known[number]
		from, to := e.Range.Start-line.Start, e.Range.End-line.Start
		if !ok || e.Path != f.Location.Path && e.Path != "" || from < 0 || to < from || to > len(line.Text) {
			return nil
		}
		if len(out) == 0 || out[len(out)-1].number != number {
			out = append(out, change{number: number, old: line.Text, new: line.Text})
		}
		c := &out[len(out)-1]
		if to > len(c.new) || c.new[:to] != line.Text[:to] { // overlaps an edit after it
			return nil
		}
		c.new, c.at = c.new[:from]+e.NewText+c.new[to:], from
	}
	if len(out) > maxPreview {
		return nil
	}
	slices.Reverse(out)
	return out
}

// preview shows what a fix does to the lines, as a diff does.
func (sh *sheet) preview(fix check.Fix) {
	for _, c := range changes(sh.finding, fix) {
		sh.changed(c.number, "-", boldRed, c.old, c.at)
		for line := range strings.SplitSeq(c.new, "\n") {
			sh.changed(c.number, "+", boldGreen, line, min(c.at, len(line)))
			c.number++
		}
	}
}

func (sh *sheet) changed(number int, sign string, st style, line string, at int) {
	digits := strconv.Itoa(number)
	s := lay(line, at, at, sh.columns())
	sh.printer.line(strings.Repeat(" ", max(sh.digits-len(digits), 0)) + sh.paint(gutterStyle, digits) + " " + sh.paint(st, strings.TrimRight(sign+" "+s.text, " ")))
}
