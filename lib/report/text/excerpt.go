package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/excerpt"
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
		if lines, _ := excerpt.Of(*m.Location); len(lines) > 0 {
			sh.digits = max(sh.digits, len(strconv.Itoa(lines[len(lines)-1].Number)))
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
	lines, more := excerpt.Of(*m.Location)
	if len(lines) == 0 {
		if m.label != "" {
			sh.note("note", Escape(m.label))
		}
		return
	}
	first := lines[0].Number
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
	if len(lines) == 1 {
		s := layLine(lines[0], sh.columns())
		if first != sh.line {
			sh.row(strconv.Itoa(first), s.text)
		}
		sh.labelled(strings.Repeat(" ", s.start), strings.Repeat(sign, s.end-s.start), style, m.label)
		sh.line = first
		return
	}

	columns := max(sh.columns()-len("| "), 0)
	bar, end := "/", 0
	for _, l := range lines {
		s := layLine(l, columns)
		sh.row(strconv.Itoa(l.Number), sh.paint(style, bar)+" "+s.text)
		bar, end = "|", s.end
		sh.line = l.Number
	}
	tail := "|" + strings.Repeat("_", end) + sign
	if more {
		tail = "| ..."
	}
	sh.labelled("", tail, style, m.label)
}

// layLine lays a line of a snippet out.
func layLine(l excerpt.Line, columns int) span {
	if l.Cut {
		return lay(ellipsis+l.Text, l.From+len(ellipsis), l.To+len(ellipsis), columns)
	}
	return lay(l.Text, l.From, l.To, columns)
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
