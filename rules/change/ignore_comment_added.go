// Package change holds the checks of a change rather than of a file: what a
// reviewer should be asked about. Use [All].
package change

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// All gives the checks.
func All() []*check.Check { return []*check.Check{IgnoreCommentAdded, ConfigurationWeakened} }

//go:embed testdata/ignore_comment_added.txtar
var ignoreCommentAdded string

// IgnoreCommentAdded asks the reviewer about each new ignore comment.
var IgnoreCommentAdded = &check.Check{
	ID:    "change/ignore-comment-added",
	Title: "A comment that silences a check was added",
	Page: check.Page{
		What: "A change that adds a comment which silences a security check, peercheck's own or that of another tool. " +
			"Comments that move together with their code are not reported.",
		Why: "An ignore comment is a security decision that its author takes alone. It is one line among many in a review, " +
			"and afterwards nobody is told of what it hides. OWASP's ASVS asks that such exceptions are reviewed by a second person.",
		Fix: "As the reviewer, read the finding that the comment silences and agree with the reason, or ask for a repair. " +
			"As the author, name the one check that is meant, give the reason after --, and a date with until= if it is only for now.",
		Limits: "A comment whose code was edited while it stayed is taken to be the same. Baselines are not looked at.",
		References: []string{
			"https://owasp.org/www-project-application-security-verification-standard/",
			"https://cwe.mitre.org/data/definitions/1127.html",
		},
		Examples: ignoreCommentAdded,
	},
	CWE:        []check.CWE{1127},
	Severity:   check.Low,
	Confidence: check.Certain,
	Since:      "0.1",
	RunChange:  runIgnoreCommentAdded,
}

// A silence is an ignore comment by what makes it the same one elsewhere.
type silence struct{ directive, code string }

func runIgnoreCommentAdded(ctx context.Context, p *check.ChangePass) error {
	// A comment is as old as its text and the code that it covers, in whatever
	// file of the change they stood.
	old := make(map[silence]int)
	for _, f := range p.Files {
		if f.Base == nil {
			continue
		}
		for _, c := range ignore.Comments(f.Base) {
			old[silenceOf(f.Base, c)]++
		}
	}
	type added struct {
		file check.FileChange
		ignore.Comment
	}
	var candidates []added
	for _, f := range p.Files {
		if f.Head == nil {
			continue
		}
		for _, c := range ignore.Comments(f.Head) {
			if c.Kind == ignore.End {
				continue
			}
			if s := silenceOf(f.Head, c); old[s] > 0 {
				old[s]--
				continue
			}
			candidates = append(candidates, added{f, c})
		}
	}
	// What is left of the old ones excuses the same text in the same file: its
	// code was edited.
	left := make(map[*check.Document]map[string]int)
	for _, f := range p.Files {
		if f.Base == nil {
			continue
		}
		left[f.Base] = make(map[string]int)
		for _, c := range ignore.Comments(f.Base) {
			if s := silenceOf(f.Base, c); old[s] > 0 {
				old[s]--
				left[f.Base][s.directive]++
			}
		}
	}
	for _, a := range candidates {
		text := directive(a.file.Head, a.Comment)
		if a.file.Base != nil && left[a.file.Base][text] > 0 {
			left[a.file.Base][text]--
			continue
		}
		f := check.Finding{Message: messageOf(a.Comment), Location: check.Location{Path: a.file.Head.Path, Range: a.Range}}
		if broad(a.Comment) {
			f.Severity = check.Medium
		}
		p.Report(f)
	}
	return ctx.Err()
}

func directive(d *check.Document, c ignore.Comment) string {
	return strings.Join(strings.Fields(d.Text(c.Range)), " ")
}

func silenceOf(d *check.Document, c ignore.Comment) silence {
	s := silence{directive: directive(d, c)}
	if c.Kind == ignore.Line && c.Last > 0 {
		r, _ := d.LineRange(c.Last)
		s.code = strings.Join(strings.Fields(d.Text(r)), " ")
	}
	return s
}

// broad says of a comment that it silences secrets, a whole domain, or all that
// its tool finds.
func broad(c ignore.Comment) bool {
	if len(c.IDs) == 0 || c.Tool == ignore.Gitleaks || c.Kind == ignore.File {
		return true
	}
	for _, id := range c.IDs {
		if strings.HasPrefix(id, "secrets/") || strings.HasSuffix(id, "/*") || id == "all" {
			return true
		}
	}
	return false
}

func messageOf(c ignore.Comment) string {
	what := strings.Join(c.IDs, ", ")
	switch {
	case c.Tool == ignore.Gitleaks:
		what = "every secret that is found"
	case len(c.IDs) == 0:
		what = "everything that " + toolName(c.Tool) + " finds"
	}
	where := " here"
	switch c.Kind {
	case ignore.File:
		where = " in the whole file"
	case ignore.Start:
		where = fmt.Sprintf(" on %d lines", max(c.Last-c.First-1, 0))
	}
	why := "no reason is given"
	if c.Reason != "" {
		why = "does the reason hold"
	}
	return fmt.Sprintf("This change silences %s%s: %s", what, where, why) + map[bool]string{true: "?", false: ""}[c.Reason != ""]
}

func toolName(t ignore.Tool) string {
	switch t {
	case ignore.Nolint:
		return "golangci-lint"
	case ignore.Semgrep:
		return "Semgrep"
	}
	return string(t)
}
