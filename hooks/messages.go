package hooks

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/triage"
)

// maxShown bounds the findings that are printed in full: a screenful. The rest
// is counted, and `peercheck scan --staged` shows it.
const maxShown = 20

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

func (m *messages) paint(color, text string) string {
	if !m.color {
		return text
	}
	return color + text + reset
}

func (m *messages) line(format string, args ...any) { fmt.Fprintf(m.w, format+"\n", args...) }

func (m *messages) skipped(why string) {
	m.line("%s", m.paint(bold+yellow, "peercheck: SKIPPED, because "+printable(why)+": nothing was checked"))
}

func (m *messages) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		m.line("%s", m.paint(bold+red, "peercheck: blocked, because the check was interrupted"))
		return
	}
	m.line("%s", m.paint(bold+red, "peercheck: blocked, because it could not check: ")+printable(err.Error()))
	m.line("%s", m.skipHint())
}

func (m *messages) outcome(v outcome) {
	if v.ExitCode() == triage.ExitClean {
		return
	}
	if n := len(v.Blocking); n > 0 {
		m.line("%s", m.paint(bold+red, fmt.Sprintf("peercheck: %s this %s", count(n, "finding blocks", "findings block"), m.what())))
		for _, f := range v.Blocking[:min(n, maxShown)] {
			m.finding(f)
		}
		if n > maxShown {
			m.line("\n  and %d more: %s", n-maxShown, m.all())
		}
	}
	if n := len(v.NotJudged); n > 0 {
		m.line("%s", m.paint(bold+red, fmt.Sprintf("peercheck: %s could not be judged, so the %s is blocked", count(n, "thing", "things"), m.what())))
		for _, notice := range v.NotJudged[:min(n, maxShown)] {
			m.line("  %s", printable(notice.String()))
		}
		if n > maxShown {
			m.line("  and %d more", n-maxShown)
		}
	}
	m.line("")
	if len(v.Blocking) > 0 {
		m.line("What now: fix it and `git add` the file; or take it out of the commit with `git restore --staged FILE`; or ignore it with a reason, as shown.")
		if v.anySecret() {
			m.line("A secret that anybody else could have seen has to be replaced (rotated), not only removed.")
		}
	}
	m.line("%s", m.skipHint())
}

func (m *messages) what() string { return "commit" }

func (m *messages) all() string { return "`peercheck scan --staged`" }

func (m *messages) skipHint() string {
	return m.paint(dim, "To go on unchecked this once: PEERCHECK=0 git ...")
}

func (m *messages) finding(f *check.Finding) {
	place := printable(f.Location.Path)
	if f.Location.Start.Line > 0 {
		place += ":" + f.Location.Start.String()
	}
	m.line("\n  %s  %s %s", m.paint(bold, place), f.CheckID, m.paint(dim, "("+f.Severity.String()+")"))
	m.line("    %s", printable(f.Message))
	if len(f.Fixes) > 0 {
		m.line("    fix: %s", printable(f.Fixes[0].Title))
	}
	if comment, ok := ignoreComment(check.LanguageOf(f.Location.Path, nil), f.CheckID); ok {
		m.line("    ignore: %s", comment)
	}
	m.line("    why: peercheck explain %s", f.CheckID)
}

// anySecret reports whether a check for secrets is among those that block.
func (o outcome) anySecret() bool {
	return slices.ContainsFunc(o.Blocking, func(f *check.Finding) bool {
		c := o.report.Check(f.CheckID)
		return c != nil && c.Secret
	})
}

// ignoreComment gives the comment that ignores a check, as the language writes
// comments; false where it has none.
func ignoreComment(language, id string) (string, bool) {
	text := "peercheck:ignore " + id + " -- REASON"
	switch language {
	case "go", "go.mod", "javascript", "javascriptreact", "typescript", "typescriptreact", "java", "kotlin", "c", "cpp", "csharp",
		"rust", "swift", "scala", "php", "proto", "groovy", "jsonc", "scss", "hcl":
		return "// " + text, true
	case "python", "ruby", "perl", "shellscript", "dockerfile", "yaml", "toml", "terraform", "terraform-vars", "makefile",
		"properties", "dotenv", "ignore", "powershell":
		return "# " + text, true
	case "ini":
		return "; " + text, true
	case "sql", "lua":
		return "-- " + text, true
	case "html", "xml", "markdown", "vue":
		return "<!-- " + text + " -->", true
	case "css":
		return "/* " + text + " */", true
	}
	return "", false
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// printable escapes what could change the terminal or deceive its reader: control
// characters, invisible and direction-changing ones, bytes that are no UTF-8.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if strconv.IsPrint(r) && !(r == utf8.RuneError && size == 1) {
			b.WriteString(s[i : i+size])
		} else {
			q := strconv.Quote(s[i : i+size])
			b.WriteString(q[1 : len(q)-1])
		}
		i += size
	}
	return b.String()
}
