package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// A mark is a place to be shown in its source, with what is said of it.
type mark struct {
	*check.Location
	label   string
	primary bool // what the finding is about, rather than what explains it
}

// maxSteps is how many steps of a flow are shown: more do not fit a screen, and
// the first and the last ones say where the data comes from and where it goes.
const maxSteps = 12

// marks puts the places of a finding into the order in which they are read: the
// flow from source to sink, or else the places in the finding's file from top to
// bottom, and then those in other files. elided is the index before which steps
// were left out, and how many.
func marks(f *check.Finding, verbose bool) (ms []mark, elidedAt, elided int) {
	primary := mark{Location: &f.Location, primary: true}
	if len(f.Flow) == 0 {
		ms = append(ms, primary)
		for i := range f.Related {
			ms = append(ms, mark{Location: &f.Related[i], label: f.Related[i].Message})
		}
		slices.SortStableFunc(ms, func(a, b mark) int {
			switch aHere, bHere := a.Path == f.Location.Path, b.Path == f.Location.Path; {
			case aHere && bHere:
				return a.Range.Start - b.Range.Start
			case aHere:
				return -1
			case bHere:
				return 1
			}
			return 0
		})
		return ms, 0, 0
	}
	for i := range f.Flow {
		step := &f.Flow[i]
		if !verbose && len(f.Flow) > maxSteps && i >= maxSteps/2 && i < len(f.Flow)-maxSteps/2 {
			elidedAt = len(ms)
			elided++
			continue
		}
		ms = append(ms, mark{
			Location: step,
			label:    strings.TrimSpace(strconv.Itoa(i+1) + " " + step.Message),
			primary:  step.Path == f.Location.Path && step.Range == f.Location.Range,
		})
	}
	if !slices.ContainsFunc(ms, func(m mark) bool { return m.primary }) {
		ms = append(ms, primary)
	}
	for i := range f.Related {
		ms = append(ms, mark{Location: &f.Related[i], label: f.Related[i].Message})
	}
	return ms, elidedAt, elided
}

// A sheet is what stands below the header of a finding, behind a gutter with
// line numbers.
type sheet struct {
	*printer
	finding *check.Finding
	digits  int // of the largest line number

	// Where the reader is: the file and the line that were shown last, 0 for no
	// line of it.
	path string
	line int
}

// row writes one row; number is a line number or "".
func (sh *sheet) row(number, text string) {
	gutter := fmt.Sprintf("%*s |", sh.digits, number)
	sh.printer.line(strings.TrimRight(sh.paint(gutterStyle, gutter)+" "+text, " "))
}

// columns is the room beside the gutter, 0 for as much as is needed.
func (sh *sheet) columns() int {
	if sh.opts.Width == 0 {
		return 0
	}
	return sh.opts.Width - sh.digits - len(" | ")
}

// note writes advice below the source.
func (sh *sheet) note(kind, text string) {
	indent := strings.Repeat(" ", sh.digits+len(" = "))
	head := indent[:sh.digits] + sh.paint(gutterStyle, " = ") + sh.paint(bold, kind+":") + " "
	sh.wrapped(head, len(indent)+len(kind)+len(": "), indent+"  ", "", text)
}

// excerpts shows the marks of the finding in their source.
func (sh *sheet) excerpts() {
	ms, elidedAt, elided := marks(sh.finding, sh.opts.Verbose)
	for _, m := range ms {
		if m.Snippet != "" {
			last := m.Start.Line + len(splitLines(m.Snippet)) - 1
			sh.digits = max(sh.digits, len(strconv.Itoa(last)))
		}
	}
	if len(sh.finding.Flow) == 0 {
		sh.path = sh.finding.Location.Path // the header has named it
	}
	for i, m := range ms {
		if elided > 0 && i == elidedAt {
			sh.row("", sh.paint(dim, fmt.Sprintf("... %s left out; --verbose shows them", plural(elided, "step"))))
		}
		if m.Path != sh.path {
			sh.path, sh.line = m.Path, 0
			place := Escape(m.Path)
			if m.Start.Line > 0 {
				place += ":" + m.Start.String()
			}
			sh.printer.line(strings.Repeat(" ", sh.digits) + sh.paint(gutterStyle, "--> ") + place)
		}
		sh.mark(m)
	}
	if sh.line > 0 {
		sh.row("", "")
	}
}

// mark shows one mark in its source.
func (sh *sheet) mark(m mark) {
	if m.Snippet == "" {
		if m.label != "" {
			sh.note("note", Escape(m.label))
		}
		return
	}
	first := m.Start.Line
	switch {
	case sh.line == 0:
		sh.row("", "")
	case first != sh.line && first != sh.line+1:
		sh.printer.line(sh.paint(gutterStyle, "..."))
	}
	style, sign := noteStyle, "-"
	if m.primary {
		style, sign = severityStyle[sh.sum.Severity(sh.finding)], "^"
	}

	// The range as bytes of the snippet. A location that no engine completed
	// may have it anywhere.
	from := m.Range.Start - m.SnippetStart
	to := m.Range.End - m.SnippetStart
	if from < 0 || from > len(m.Snippet) || to < from {
		from, to = 0, 0
	}
	lines := splitLines(m.Snippet)
	if from < m.Start.Column-1 { // the first line begins before the snippet
		lines[0].text = ellipsis + lines[0].text
		lines[0].start -= len(ellipsis)
	}
	if len(lines) == 1 {
		l := lines[0]
		s := lay(l.text, from-l.start, min(to-l.start, len(l.text)), sh.columns())
		if first != sh.line {
			sh.row(strconv.Itoa(first), s.text)
		}
		sh.labelled(strings.Repeat(" ", s.start), strings.Repeat(sign, s.end-s.start), style, m.label)
		sh.line = first
		return
	}

	columns := max(sh.columns()-len("| "), 0)
	bar := "/"
	for i, l := range lines {
		s := lay(l.text, 0, 0, columns)
		sh.row(strconv.Itoa(first+i), sh.paint(style, bar)+" "+s.text)
		bar = "|"
	}
	last, lastLine := lines[len(lines)-1], first+len(lines)-1
	end := "| ..." // the range goes on after the snippet
	if m.End.Line <= lastLine && to <= len(m.Snippet) || m.End == (check.Position{Line: lastLine + 1, Column: 1}) {
		to = min(to, len(m.Snippet)) - last.start
		s := lay(last.text, max(to-1, 0), max(to, 0), columns)
		end = "|" + strings.Repeat("_", s.start+1) + sign
	}
	sh.labelled("", end, style, m.label)
	sh.line = lastLine
}

// minLabel is the room under which a label is not squeezed in beside its
// underline, but goes on rows of its own.
const minLabel = 24

// labelled writes a row with an underline, and the label of its mark beside or
// below it.
func (sh *sheet) labelled(indent, underline string, st style, label string) {
	label = Escape(label)
	room, used := sh.columns(), len(indent)+len(underline)+1
	if label == "" {
		sh.row("", indent+sh.paint(st, underline))
		return
	}
	if room == 0 || used+min(widths.StringWidth(label), minLabel) <= room {
		for i, l := range wrap(label, max(room-used, 0), 0) {
			if i == 0 {
				sh.row("", indent+sh.paint(st, underline)+" "+sh.paint(st, l))
			} else {
				sh.row("", strings.Repeat(" ", used)+sh.paint(st, l))
			}
		}
		return
	}
	sh.row("", indent+sh.paint(st, underline))
	left := max(min(len(indent), room-widths.StringWidth(label)), 0)
	for _, l := range wrap(label, room-left, 0) {
		sh.row("", strings.Repeat(" ", left)+sh.paint(st, l))
	}
}

// A sourceLine is a line of a snippet without its end.
type sourceLine struct {
	text  string
	start int // its byte offset in the snippet
}

// splitLines splits as check.Document counts lines: at "\n", "\r\n" and "\r".
func splitLines(s string) []sourceLine {
	var lines []sourceLine
	for start := 0; ; {
		i := strings.IndexAny(s[start:], "\r\n")
		if i < 0 {
			return append(lines, sourceLine{s[start:], start})
		}
		lines = append(lines, sourceLine{s[start : start+i], start})
		i += start
		if strings.HasPrefix(s[i:], "\r\n") {
			i++
		}
		start = i + 1
	}
}
