package hooks

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

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

// messages prints for the person who commits. What comes from the repository is
// escaped.
type messages struct {
	w     io.Writer
	color bool
	hook  string
}

func newMessages(opts Options) *messages {
	m := &messages{w: opts.Stderr, color: opts.Color, hook: opts.Name}
	if m.w == nil {
		m.w = io.Discard
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

func (m *messages) skipped(why string) {
	m.line("%s", m.paint(bold+yellow, "peercheck: SKIPPED, because "+text.Escape(why)+": nothing was checked"))
}

func (m *messages) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		m.line("%s", m.paint(bold+red, "peercheck: blocked, because the check was interrupted"))
		return
	}
	m.line("%s", m.paint(bold+red, "peercheck: blocked, because it could not check: ")+text.Escape(err.Error()))
	if !isServer(m.hook) {
		m.line("%s", m.skipHint())
	}
}

func (m *messages) outcome(o *outcome) {
	o.sort()
	for _, n := range o.degraded[:min(len(o.degraded), maxDegraded)] {
		m.line("peercheck: %s %s", m.paint(yellow, "judged with less:"), text.Escape(n.String()))
	}
	if n := len(o.degraded); n > maxDegraded {
		m.line("peercheck: and %d more were judged with less", n-maxDegraded)
	}
	if n := len(o.blocking); n > 0 {
		m.line("%s", m.paint(bold+red, fmt.Sprintf("peercheck: %s this %s", count(n, "finding blocks", "findings block"), m.what())))
		for _, f := range o.blocking[:min(n, maxShown)] {
			m.finding(f)
		}
		if n > maxShown {
			m.line("\n  and %d more", n-maxShown)
		}
	}
	if n := len(o.notJudged); n > 0 {
		m.line("%s", m.paint(bold+red, fmt.Sprintf("peercheck: this %s is blocked, because %s could not be judged", m.what(), count(n, "thing", "things"))))
		for _, notice := range o.notJudged[:min(n, maxShown)] {
			m.line("  %s", text.Escape(notice.String()))
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
		m.line("What now: %s", m.advice())
		if m.hook == "pre-push" && slices.ContainsFunc(o.blocking, func(b blocking) bool { return b.commit != "" }) {
			m.line("No pre-commit hook has let these commits pass: they were made with --no-verify, by cherry-pick, rebase or am, or elsewhere.")
		}
		if slices.ContainsFunc(o.blocking, func(b blocking) bool { return b.secret }) {
			m.line("A secret that anybody else could have seen has to be replaced (rotated), not only removed.")
		}
	}
	if !isServer(m.hook) {
		m.line("%s", m.skipHint())
	}
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

// advice says what to do about findings.
func (m *messages) advice() string {
	switch m.hook {
	case "commit-msg":
		return "write the message without it; it is kept in .git/COMMIT_EDITMSG."
	case "pre-push", "pre-receive", "update":
		return "fix code in a new commit; take a secret out of the commit that brings it (`git rebase -i` with edit, or `git commit --amend` for the last one), because every pushed commit is kept" + m.orIgnore()
	}
	return "fix it and `git add` the file; or take it out of the commit with `git restore --staged FILE`" + m.orIgnore()
}

func (m *messages) orIgnore() string {
	if isServer(m.hook) {
		return "; or have a second person sign it off: an ignore comment in the same push does not count."
	}
	return "; or ignore it with a reason, as shown."
}

func (m *messages) skipHint() string {
	return m.paint(dim, "To go on unchecked this once: PEERCHECK=0 git ...")
}

func (m *messages) finding(f blocking) {
	place := text.Escape(f.Location.Path)
	if f.Location.Start.Line > 0 {
		place += ":" + f.Location.Start.String()
	}
	if f.commit != "" {
		place += " in commit " + f.commit.Short()
	}
	m.line("\n  %s  %s %s", m.paint(bold, place), f.CheckID, m.paint(dim, "("+f.Severity.String()+")"))
	m.line("    %s", text.Escape(f.Message))
	if len(f.Fixes) > 0 {
		m.line("    fix: %s", text.Escape(f.Fixes[0].Title))
	}
	if f.waived {
		m.line("    the configuration that comes with it does not silence it: commit .peercheck.yaml first, or write")
	}
	if f.ignored {
		m.line("    the comment that ignores it came with the push and needs a second person")
	} else if line, ok := ignoreComment(f.Finding); ok && !isServer(m.hook) {
		m.line("    ignore: %s", line)
	}
	m.line("    why: peercheck explain %s", f.CheckID)
}

// ignoreComment gives the comment that ignores a finding, as its file's language
// writes comments; false where it has none.
func ignoreComment(f *check.Finding) (string, bool) {
	return comment.Line(check.NewDocument(f.Location.Path, "", nil, check.Revision{}), "peercheck:ignore "+f.CheckID+" -- REASON")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
