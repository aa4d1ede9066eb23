package hooks

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/text"
	"github.com/peercheck/peercheck/lib/syntax/comment"
)

const (
	// maxShown bounds the findings that are printed in full: a screenful. The
	// rest is counted.
	maxShown = 20
	// maxDegraded bounds what is said beside the verdict, which many will read
	// at every commit.
	maxDegraded = 3
)

// serverWidth is the width in columns of what a server says: Git shows it at the
// other side, behind "remote: ", in a terminal that is not known here.
const serverWidth = 80 - len("remote: ")

// messages prints for the person who commits. What comes from the repository is
// escaped.
type messages struct {
	w     io.Writer
	color bool
	width int // in columns; 0 breaks no lines
	hook  string
	args  []string
}

func newMessages(opts Options) *messages {
	m := &messages{w: opts.Stderr, color: opts.Color, width: opts.Width, hook: opts.Name, args: opts.Args}
	if m.w == nil {
		m.w = io.Discard
	}
	if isServer(opts.Name) {
		m.width = serverWidth
	}
	return m
}

const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (m *messages) paint(color, s string) string {
	if !m.color {
		return s
	}
	return color + s + reset
}

func (m *messages) line(format string, args ...any) { fmt.Fprintf(m.w, format+"\n", args...) }

// say prints a text in lines that begin with an indent.
func (m *messages) say(indent, color, s string) {
	for _, line := range text.Wrap(text.Escape(s), max(m.width-len(indent), 0)) {
		if color != "" {
			line = m.paint(color, line)
		}
		m.line("%s%s", indent, line)
	}
}

func (m *messages) skipped(why string) {
	m.say("", bold+yellow, "peercheck: SKIPPED, because "+why+": nothing was checked")
}

func (m *messages) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		m.say("", bold+red, "peercheck: blocked, because the check was interrupted")
		return
	}
	m.say("", bold+red, fmt.Sprintf("peercheck: this %s is blocked, because it could not be checked", m.what()))
	m.say("  ", "", err.Error())
	if !isServer(m.hook) {
		m.line("\n%s", m.skipHint())
	}
}

func (m *messages) outcome(o *outcome) {
	o.sort()
	for _, n := range o.degraded[:min(len(o.degraded), maxDegraded)] {
		m.say("", yellow, "peercheck: judged with less: "+n.String())
	}
	if n := len(o.degraded); n > maxDegraded {
		m.line("peercheck: and %d more were judged with less", n-maxDegraded)
	}
	if n := len(o.blocking); n > 0 {
		m.say("", bold+red, fmt.Sprintf("peercheck: %s this %s", count(n, "finding blocks", "findings block"), m.what()))
		for _, f := range o.blocking[:min(n, maxShown)] {
			m.finding(f)
		}
		if n > maxShown {
			m.line("\n  and %d more", n-maxShown)
		}
	}
	if n := len(o.notJudged); n > 0 {
		m.say("", bold+red, fmt.Sprintf("peercheck: this %s is blocked, because %s could not be judged", m.what(), count(n, "thing", "things")))
		for _, notice := range o.notJudged[:min(n, maxShown)] {
			m.say("  ", "", notice.String())
		}
		if n > maxShown {
			m.line("  and %d more", n-maxShown)
		}
	}
	if len(o.blocking)+len(o.notJudged) == 0 {
		return
	}
	m.line("")
	if len(o.blocking) > 0 {
		m.line("%s", m.paint(bold, "What now"))
		for _, step := range m.advice(o) {
			m.step(step)
		}
	}
	if !isServer(m.hook) {
		m.line("%s", m.skipHint())
	}
}

func (m *messages) finding(f blocking) {
	place := f.Location.Path
	if f.Location.Start.Line > 0 {
		place += ":" + f.Location.Start.String()
	}
	if f.commit != "" {
		place += " in commit " + f.commit.Short()
	}
	m.line("\n  %s  %s %s", m.paint(bold, text.Escape(place)), f.CheckID, m.paint(dim, "("+f.Severity.String()+")"))
	m.say("    ", "", f.Message)
	if excerpt := m.excerpt(f.Location); excerpt != "" {
		m.line("    %s", m.paint(dim, "| "+excerpt))
	}
	if len(f.Fixes) > 0 {
		m.say("    ", "", "fix: "+f.Fixes[0].Title)
	}
	switch {
	case f.waived:
		m.say("    ", yellow, "the configuration that comes with it does not silence it; commit .peercheck.yaml first")
	case f.ignored:
		m.say("    ", yellow, "the comment that ignores it came with the push and needs a second person")
	}
	if line, ok := ignoreComment(f.Finding); ok && !isServer(m.hook) {
		m.line("    ignore: %s", line)
	}
	m.line("    why: peercheck explain %s", f.CheckID)
}

// excerpt is the first line of a place, cut to the terminal; secrets are masked
// in it (invariant 10).
func (m *messages) excerpt(l check.Location) string {
	line, _, _ := strings.Cut(strings.TrimLeft(l.Snippet, "\n"), "\n")
	line = text.Escape(strings.TrimSpace(line))
	room := cmp.Or(m.width, 80) - len("    | ")
	if runes := []rune(line); len(runes) > room {
		line = string(runes[:room-1]) + "…"
	}
	return line
}

// ignoreComment gives the comment that ignores a finding, as its file's language
// writes comments; false where it has none.
func ignoreComment(f *check.Finding) (string, bool) {
	if isMessage(f.Location.Path) {
		return "", false
	}
	return comment.Line(check.NewDocument(f.Location.Path, "", nil, check.Revision{}), "peercheck:ignore "+f.CheckID+" -- REASON")
}

func (m *messages) what() string {
	switch m.hook {
	case "pre-merge-commit":
		return "merge"
	case "pre-push", "pre-receive", "update":
		return "push"
	}
	return "commit"
}

func (m *messages) skipHint() string {
	return m.paint(dim, "To go on unchecked this once: PEERCHECK=0 git "+m.what()+" ...")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
