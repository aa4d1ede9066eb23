// Package github writes a report as workflow commands of GitHub Actions, which
// the runner turns into annotations of the change. Use [Write].
//
// GitHub shows ten errors, ten warnings and ten notices of a step, so the worst
// come first; the step's log has them all. For alerts with flows and history,
// upload SARIF instead.
package github

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
	"github.com/peercheck/peercheck/lib/report/text"
)

// Write writes a command for what could not be judged, for each finding that
// counts, and for what was judged with less; then a line for the log. Its only
// errors are w's.
func Write(w io.Writer, r *check.Report) error {
	s := summary.Of(r)
	out := bufio.NewWriter(w)
	notices(out, r, check.EffectNotJudged, "error")

	var active []*check.Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; summary.StateOf(f) == summary.Active {
			active = append(active, f)
		}
	}
	slices.SortStableFunc(active, func(a, b *check.Finding) int { return int(s.Severity(b)) - int(s.Severity(a)) })
	for _, f := range active {
		finding(out, s, f)
	}

	notices(out, r, check.EffectDegraded, "warning")
	notices(out, r, check.EffectNone, "notice")
	fmt.Fprintf(out, "peercheck: %d findings, %d not judged, %d documents\n", s.Active, s.NotJudged, r.Documents)
	return out.Flush()
}

// level is the command for a severity.
func level(s check.Severity) string {
	switch s {
	case check.Low:
		return "notice"
	case check.Medium:
		return "warning"
	}
	return "error"
}

func finding(out *bufio.Writer, s *summary.Summary, f *check.Finding) {
	l := f.Location
	properties := []string{"file=" + property(l.Path)}
	place := l.Path
	if l.Start.Line > 0 {
		place += ":" + l.Start.String()
		properties = append(properties, fmt.Sprintf("line=%d", l.Start.Line), fmt.Sprintf("endLine=%d", max(l.End.Line, l.Start.Line)))
		// Columns are only read within one line.
		if l.Start.Line == l.End.Line && l.EndUTF16.Line+1 == l.End.Line {
			properties = append(properties, fmt.Sprintf("col=%d", l.StartUTF16.Character+1), fmt.Sprintf("endColumn=%d", l.EndUTF16.Character+1))
		}
	}
	title := f.CheckID
	if c := s.Check(f.CheckID); c != nil {
		title = c.Title
	}
	properties = append(properties, "title="+property(title))
	// The log shows the message alone, so the message names the place again.
	lines := []string{fmt.Sprintf("%s: %s %s: %s", place, s.Severity(f), f.CheckID, f.Message)}
	for i, step := range f.Flow {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%d. %s:%s %s", i+1, step.Path, step.Start, step.Message), " "))
	}
	if len(f.Fixes) > 0 {
		lines = append(lines, "fix: "+f.Fixes[0].Title)
	}
	lines = append(lines, "help: peercheck explain "+f.CheckID)
	command(out, level(s.Severity(f)), properties, lines)
}

func notices(out *bufio.Writer, r *check.Report, effect check.Effect, level string) {
	title := map[check.Effect]string{
		check.EffectNotJudged: "Not judged", check.EffectDegraded: "Judged with less", check.EffectNone: "Note",
	}[effect]
	for _, n := range r.Notices {
		if n.Effect != effect {
			continue
		}
		var properties []string
		if n.Path != "" {
			properties = append(properties, "file="+property(n.Path))
			if n.At.Line > 0 {
				properties = append(properties, fmt.Sprintf("line=%d", n.At.Line))
			}
		}
		message := n.String()
		if n.CheckID != "" {
			message = n.CheckID + ": " + message
		}
		command(out, level, append(properties, "title="+title), []string{message})
	}
}

// command writes one workflow command. What properties there are is escaped.
func command(out *bufio.Writer, name string, properties []string, lines []string) {
	for i, l := range lines {
		lines[i] = data(l)
	}
	fmt.Fprintf(out, "::%s %s::%s\n", name, strings.Join(properties, ","), strings.Join(lines, "%0A"))
}

// data and property escape text of the judged tree for a command, as the
// toolkit's escapeData and escapeProperty do. What a log would take for
// something else than text is spelt out before; a line end among it, so that
// nothing starts a command of its own.
func data(s string) string { return strings.ReplaceAll(text.Escape(s), "%", "%25") }

func property(s string) string {
	return strings.NewReplacer("%", "%25", ":", "%3A", ",", "%2C").Replace(text.Escape(s))
}
