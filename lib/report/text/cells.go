package text

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/mattn/go-runewidth"
)

// tabStop is the distance of tab stops: the source is to fit beside its gutter.
const tabStop = 4

// ellipsis stands for what is cut off.
const ellipsis = "…"

// widths measures as terminals do outside of East Asian locales. It is not the
// library's default, which asks the environment.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// A cell is what a terminal shows as one character, or what stands for one.
type cell struct {
	text       string // escaped
	width      int    // in columns: 0, 1, 2, more for an escape or a tab
	start, end int    // byte offsets in the line
}

// cellsOf cuts a line of source into cells.
func cellsOf(line string) []cell {
	cells := make([]cell, 0, len(line))
	column := 0
	add := func(text string, start, end int) {
		w := widths.StringWidth(text)
		cells = append(cells, cell{text, w, start, end})
		column += w
	}
	for g := graphemes.FromString(line); g.Next(); {
		cluster, start := g.Value(), g.Start()
		switch {
		case cluster == "\t":
			add(strings.Repeat(" ", tabStop-column%tabStop), start, g.End())
		case Escape(cluster) == cluster:
			add(cluster, start, g.End())
		default:
			for i := 0; i < len(cluster); {
				r, size := utf8.DecodeRuneInString(cluster[i:])
				add(escapeRune(r, cluster[i:i+size]), start+i, start+i+size)
				i += size
			}
		}
	}
	return cells
}

// A span is a line of source as it is shown, with the columns to be underlined.
type span struct {
	text       string
	start, end int // columns from 0; end > start
}

// lay lays a line out within a number of columns, 0 for as many as it needs, so
// that what the bytes [from, to) show as can be seen. An empty range, and one
// that shows as nothing, is given one column.
func lay(line string, from, to, columns int) span {
	cells := cellsOf(line)
	total, start, end := 0, -1, 0
	for _, c := range cells {
		if start < 0 && c.end > from {
			start = total
		}
		total += c.width
		if c.start < to {
			end = total
		}
	}
	if start < 0 {
		start = total
	}
	s := span{start: start, end: max(end, start+1)}
	if columns <= 0 || max(total, s.end) <= columns {
		s.text = join(cells)
		return s
	}
	return crop(cells, s, total, columns)
}

func join(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteString(c.text)
	}
	return strings.TrimRight(b.String(), " ")
}

// crop cuts a line to so many columns around its span; columns is at least 3.
func crop(cells []cell, s span, total, columns int) span {
	left := 0 // the first column that is shown
	if s.end > columns-1 {
		left = max(min(s.start-columns/4, max(total, s.end)-columns), 0)
	}
	right := left + columns
	var b strings.Builder
	from, to := left, right // what is shown of the text, between the ellipses
	if left > 0 {
		b.WriteString(ellipsis)
		from++
	}
	if right < total {
		to--
	}
	column := 0
	for _, c := range cells {
		next := column + c.width
		switch {
		case next <= from || column >= to: // outside; a mark without width goes with its cell
		case column >= from && next <= to:
			b.WriteString(c.text)
		default: // a wide cell at the edge
			b.WriteString(strings.Repeat(" ", min(next, to)-max(column, from)))
		}
		column = next
	}
	text := strings.TrimRight(b.String(), " ")
	if right < total {
		text = b.String() + ellipsis
	}
	start := min(max(s.start-left, 0), columns-1)
	return span{text, start, min(max(s.end-left, start+1), columns)}
}

// Wrap breaks an escaped text between words into lines of at most so many columns
// each, where that is possible; 0 columns break nothing.
func Wrap(text string, columns int) []string { return wrap(text, columns, 0) }

// wrap breaks an escaped text between words into lines of at most so many
// columns, 0 for one line; first is what the first line has less. A word that
// is too long stands alone.
func wrap(text string, columns, first int) []string {
	if columns <= 0 {
		return []string{text}
	}
	var lines []string
	line, room := "", columns-first
	for word := range strings.SplitSeq(text, " ") {
		w := widths.StringWidth(word)
		switch {
		case line == "" && (w <= room || len(lines) > 0 || first == 0):
			line = word
			room -= w
		case line != "" && w+1 <= room:
			line += " " + word
			room -= w + 1
		default:
			lines = append(lines, line)
			line, room = word, columns-w
		}
	}
	return append(lines, line)
}
