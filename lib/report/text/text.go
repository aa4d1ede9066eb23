// Package text shows a report to the person at a terminal: each finding with
// its source, then what could not be judged, then a summary. Use [Write], and
// [Escape] for anything else of the judged tree that goes to a terminal.
//
// Colours are the terminal's own sixteen, so they suit light and dark themes;
// nothing is said by colour alone. Of Unicode only "…" is added.
package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
)

// Options say for whom the text is. The zero value is for a file or a pipe.
type Options struct {
	// Color allows ANSI colours.
	Color bool
	// Width is the terminal's in columns; 0 means that lines are not broken.
	// Under 40 it counts as 40.
	Width int
	// Verbose shows suppressed and old findings, whole flows, every notice, and
	// fingerprints.
	Verbose bool
	// Blocks says of a finding whether it stops what the report is made for; nil
	// where nothing is to be stopped.
	Blocks func(*check.Finding) bool
}

// minWidth is the width under which source is unreadable however it is broken.
const minWidth = 40

// A style is the parameters of an ANSI SGR sequence (ECMA-48, 8.3.117).
type style string

const (
	bold        style = "1"
	dim         style = "2"
	boldRed     style = "1;31"
	boldGreen   style = "1;32"
	boldYellow  style = "1;33"
	boldBlue    style = "1;34"
	boldMagenta style = "1;35"
	cyan        style = "36"
)

// gutterStyle is for what frames the source, noteStyle for places that explain.
const (
	gutterStyle = dim
	noteStyle   = cyan
)

var severityStyle = [...]style{check.Low: boldBlue, check.Medium: boldYellow, check.High: boldRed, check.Critical: boldMagenta}

// Write writes the report. Its only errors are w's.
func Write(w io.Writer, r *check.Report, opts Options) error {
	if opts.Width > 0 {
		opts.Width = max(opts.Width, minWidth)
	}
	p := &printer{w: bufio.NewWriter(w), opts: opts, sum: summary.Of(r), explained: map[string]bool{}}
	for i := range r.Findings {
		if f := &r.Findings[i]; opts.Verbose || summary.StateOf(f) == summary.Active {
			p.finding(f)
		}
	}
	p.notices()
	p.summary()
	return p.w.Flush()
}

// printer writes one report. Errors of writing stick in w.
type printer struct {
	w    *bufio.Writer
	opts Options
	sum  *summary.Summary
	// explained are the checks whose hint was given.
	explained map[string]bool
}

func (p *printer) line(s string) {
	p.w.WriteString(s)
	p.w.WriteByte('\n')
}

func (p *printer) paint(st style, s string) string {
	if !p.opts.Color || s == "" || st == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// finding shows one finding: a line that starts with its place, as compilers
// write it, the source, and what to do.
func (p *printer) finding(f *check.Finding) {
	severity := p.sum.Severity(f)
	var remarks []string
	if p.opts.Blocks != nil && p.opts.Blocks(f) {
		remarks = append(remarks, "blocks")
	}
	switch summary.StateOf(f) {
	case summary.Old:
		remarks = append(remarks, "old")
	case summary.Fixed:
		remarks = append(remarks, "fixed")
	case summary.Suppressed:
		remarks = append(remarks, "suppressed")
	}
	if p.sum.Confidence(f) == check.Tentative {
		remarks = append(remarks, check.Tentative.String())
	}
	place, id := Escape(f.Location.Path), Escape(f.CheckID)
	if f.Location.Start.Line > 0 {
		place += ":" + f.Location.Start.String()
	}
	remark := ""
	if len(remarks) > 0 {
		remark = " (" + strings.Join(remarks, ", ") + ")"
	}
	used := widths.StringWidth(place + ": " + severity.String() + " " + id + remark + ": ")
	head := p.paint(bold, place+":") + " " + p.paint(severityStyle[severity], severity.String()) + " " + id + p.paint(dim, remark) + ": "
	p.wrapped(head, used, "    ", bold, Escape(f.Message))

	sh := &sheet{printer: p, finding: f}
	sh.excerpts()
	p.advice(f, sh)
	p.line("")
}

// wrapped writes a text after a head that has so many columns; further lines are
// indented.
func (p *printer) wrapped(head string, used int, indent string, st style, text string) {
	columns := 0
	if p.opts.Width > 0 {
		columns = p.opts.Width - len(indent)
	}
	for i, l := range wrap(text, columns, min(used-len(indent), columns)) {
		switch {
		case i > 0:
			head = indent
		case l == "":
			head = strings.TrimRight(head, " ")
		}
		p.line(head + p.paint(st, l))
	}
}

// advice says what became of a finding and what can be done about it.
func (p *printer) advice(f *check.Finding, sh *sheet) {
	for _, s := range f.Suppressions {
		sh.note("decision", suppression(s))
	}
	for i, fix := range f.Fixes {
		command := "peercheck fix --unsafe"
		if fix.Safe {
			command = "peercheck fix"
		}
		sh.note("fix", Escape(fix.Title)+" (`"+command+"`)")
		if i == 0 { // the best one
			sh.preview(fix)
		}
	}
	if p.opts.Verbose && f.Fingerprint != "" {
		sh.note("fingerprint", Escape(f.Fingerprint))
	}
	if !p.explained[f.CheckID] {
		p.explained[f.CheckID] = true
		sh.note("help", "peercheck explain "+Escape(f.CheckID))
	}
}

// suppression says who decided what, when, until when and why.
func suppression(s check.Suppression) string {
	var by string
	switch {
	case s.Kind == check.InSource && s.Location != nil && s.Location.Start.Line > 0:
		by = fmt.Sprintf(" by the comment in line %d", s.Location.Start.Line)
	case s.Kind == check.InSource:
		by = " by a comment"
	case s.By != "":
		by = " by " + Escape(s.By)
	}
	var text string
	switch s.Status {
	case check.Accepted:
		text = "accepted" + by
	case check.UnderReview:
		text = "accepted" + by + ", waits for a second person"
	default:
		text = "accepted" + by + ", which does not count"
	}
	if !s.At.IsZero() {
		text += ", " + s.At.Format(time.DateOnly)
	}
	if !s.Expires.IsZero() {
		text += ", until " + s.Expires.Format(time.DateOnly)
	}
	if s.Justification != "" {
		text += ": " + Escape(s.Justification)
	}
	return text
}

// maxNotices is how many notices of one kind are shown: a repository may hold
// thousands of images. What could not be judged is always shown.
const maxNotices = 5

// notices shows what could not be judged first, then what was judged with less.
func (p *printer) notices() {
	for _, group := range []struct {
		effect check.Effect
		title  string
		style  style
	}{
		{check.EffectNotJudged, "Not judged:", boldRed},
		{check.EffectDegraded, "Judged with less:", boldYellow},
		{check.EffectNone, "Notes:", bold},
	} {
		var kinds []check.NoticeKind // in the order in which they come
		count := map[check.NoticeKind]int{}
		all := p.opts.Verbose || group.effect == check.EffectNotJudged
		for _, n := range p.sum.Notices {
			if n.Effect != group.effect {
				continue
			}
			if len(kinds) == 0 {
				p.line(p.paint(group.style, group.title))
			}
			if count[n.Kind]++; count[n.Kind] == 1 {
				kinds = append(kinds, n.Kind)
			}
			if all || count[n.Kind] <= maxNotices {
				p.notice(n)
			}
		}
		for _, k := range kinds {
			if more := count[k] - maxNotices; more > 0 && !all {
				p.line(p.paint(dim, fmt.Sprintf("  ... and %d more (%s); --verbose shows them", more, Escape(string(k)))))
			}
		}
		if len(kinds) > 0 {
			p.line("")
		}
	}
}

func (p *printer) notice(n check.Notice) {
	place := ""
	if n.Path != "" {
		place = Escape(n.Path)
		if n.At.Line > 0 {
			place += ":" + n.At.String()
		}
		place += ": "
	}
	if n.CheckID != "" {
		place += Escape(n.CheckID) + ": "
	}
	p.wrapped("  "+p.paint(bold, place), 2+widths.StringWidth(place), "      ", "", Escape(n.Message))
}

// summary is the last thing that is seen: the verdict, and what it rests on.
func (p *printer) summary() {
	s := p.sum
	found := "findings"
	if s.Compared {
		found = "new findings"
	}
	switch {
	case s.Active > 0:
		p.line(p.paint(bold, plural(s.Active, strings.TrimSuffix(found, "s"))+":") + " " + p.counts())
	case s.NotJudged > 0:
		p.line(p.paint(boldRed, "No "+found+" in what could be judged."))
	case s.Documents == 0:
		p.line(p.paint(boldYellow, "Nothing was judged."))
	default:
		p.line(p.paint(boldGreen, "No "+found+"."))
	}

	hidden := ""
	if !p.opts.Verbose {
		hidden = p.paint(dim, " (--verbose shows them)")
	}
	p.tally(hidden, tally{s.Old, "old", ""}, tally{s.Fixed, "fixed", ""}, tally{s.Suppressed, "suppressed", ""})
	p.tally("", tally{s.NotJudged, "not judged", boldRed}, tally{s.Degraded, "judged with less", boldYellow},
		tally{s.Untyped, "of " + plural(len(s.Packages), "Go package") + " without all types", ""})

	scope := plural(s.Documents, "document") + ", " + size(s.Bytes)
	if s.Elapsed > 0 {
		scope += ", " + duration(s.Elapsed)
	}
	p.line(p.paint(dim, scope))
}

// counts gives the active findings by severity, and how many of them block.
func (p *printer) counts() string {
	var counts []string
	for severity := check.Critical; severity >= check.Low; severity-- {
		if n := p.sum.BySeverity[severity]; n > 0 {
			counts = append(counts, p.paint(severityStyle[severity], fmt.Sprintf("%d %s", n, severity)))
		}
	}
	blocking := ""
	if p.opts.Blocks != nil {
		n := 0
		for i := range p.sum.Findings {
			if p.opts.Blocks(&p.sum.Findings[i]) {
				n++
			}
		}
		switch {
		case n == 0:
			blocking = "; none blocks"
		case n == 1 && p.sum.Active == 1:
			blocking = "; it blocks"
		case n == 1:
			blocking = "; 1 blocks"
		default:
			blocking = fmt.Sprintf("; %d block", n)
		}
	}
	return strings.Join(counts, ", ") + blocking
}

// tally is a number of things, shown if there are any.
type tally struct {
	n     int
	what  string
	style style
}

func (p *printer) tally(end string, tallies ...tally) {
	var shown []string
	for _, t := range tallies {
		if t.n > 0 {
			shown = append(shown, p.paint(t.style, fmt.Sprintf("%d %s", t.n, t.what)))
		}
	}
	if len(shown) > 0 {
		p.line(strings.Join(shown, ", ") + end)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size gives a number of bytes in decimal units.
func size(n int64) string {
	switch {
	case n < 1e3:
		return plural(int(n), "byte")
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// duration is as exact as a person cares for.
func duration(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
