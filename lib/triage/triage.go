// Package triage says what becomes of a finding: [Apply] matches findings with
// ignore comments and reports what is wrong with the comments themselves; a
// [Gate] decides whether what is left blocks.
package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/comment"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// Input is what Apply needs.
type Input struct {
	// Findings have CheckID and Location set; Apply sets their Suppressions.
	Findings []check.Finding
	// Documents are those that may have ignore comments.
	Documents []*check.Document
	// Checks are all checks that are known, Reported those that were asked for.
	Checks, Reported []*check.Check
	// Judged reports whether a check ran, with all it needs, over a document:
	// only then can a comment that silences it be called unused.
	Judged func(c *check.Check, path string) bool
	// Leaks are what gitleaks' files excuse: secrets, by rule and line.
	Leaks []ignore.Leak
	// Strict refuses the comments and files of other tools.
	Strict bool
	// Now decides what has expired; zero means nothing has.
	Now time.Time
}

// Apply sets the Suppressions of the findings that an ignore comment covers, and
// gives findings of its own about comments that are malformed, expired, unused
// or name a check that does not exist. The own ones have CheckID, Message and
// Location.Path and Range set.
func Apply(in Input) []check.Finding {
	byPath := map[string][]*check.Finding{}
	for i := range in.Findings {
		f := &in.Findings[i]
		byPath[f.Location.Path] = append(byPath[f.Location.Path], f)
	}
	t := &triager{Input: in, known: map[string]*check.Check{}}
	for _, c := range append(slices.Clone(in.Checks), Checks()...) {
		t.known[c.ID] = c
	}
	for _, d := range in.Documents {
		for _, c := range ignore.Comments(d) {
			t.comment(d, c, byPath[d.Path])
		}
	}
	if !in.Strict {
		t.leaks()
	}
	return t.own
}

// leaks suppresses what gitleaks' files excuse.
func (t *triager) leaks() {
	byPath := map[string][]ignore.Leak{}
	for _, l := range t.Leaks {
		byPath[l.Path] = append(byPath[l.Path], l)
	}
	for i := range t.Findings {
		f := &t.Findings[i]
		if c := t.known[f.CheckID]; c == nil || !c.Secret {
			continue
		}
		for _, l := range byPath[f.Location.Path] {
			if l.Covers(f.CheckID, f.Location.Path, f.Location.Start.Line) {
				f.Suppressions = append(f.Suppressions, check.Suppression{
					Kind: check.External, Status: check.Accepted, By: string(ignore.Gitleaks), Justification: listed(l),
				})
				break
			}
		}
	}
}

func listed(l ignore.Leak) string {
	if l.At > 0 {
		return fmt.Sprintf("listed in %s:%d", l.File, l.At)
	}
	return "listed in " + l.File
}

type triager struct {
	Input
	known map[string]*check.Check // by ID
	own   []check.Finding
}

// comment matches one comment with the findings of its document.
func (t *triager) comment(d *check.Document, c ignore.Comment, findings []*check.Finding) {
	foreign := c.Tool != ignore.Peercheck
	if c.Kind == ignore.End && c.Err == nil || foreign && (t.Strict || c.Err != nil) {
		return
	}
	expired := !c.Until.IsZero() && !t.Now.IsZero() && !t.Now.Before(c.Until.AddDate(0, 0, 1))
	switch {
	case c.Err != nil:
		t.report(Malformed, d, c, c.Err.Error())
	case expired:
		t.report(Expired, d, c, "this ignore ended on "+c.Until.Format(time.DateOnly)+": fix the finding, or decide again and give a new date")
	}
	used := t.suppress(d, c, expired, findings)
	if foreign || c.Err != nil || expired {
		return
	}
	for _, id := range c.IDs {
		if !t.exists(id) {
			t.report(Unknown, d, c, fmt.Sprintf("there is no check %q%s", id, t.suggestion(id)))
		} else if !used[id] && t.fullyJudged(id, d.Path) {
			t.report(Unused, d, c, "nothing to ignore: "+id+" finds nothing here", removal(d, c)...)
		}
	}
}

// suppress adds a suppression to each finding that the comment covers, and tells
// which of its IDs were used.
func (t *triager) suppress(d *check.Document, c ignore.Comment, expired bool, findings []*check.Finding) (used map[string]bool) {
	used = map[string]bool{}
	for _, f := range findings {
		if !covers(d, c, f) || !t.silences(c, f, used) {
			continue
		}
		s := check.Suppression{
			Kind: check.InSource, Status: check.Accepted, Justification: c.Reason, Expires: c.Until,
			Location: &check.Location{Path: d.Path, Range: c.Range},
		}
		if c.Tool != ignore.Peercheck {
			s.By = string(c.Tool)
		}
		if expired || c.Err != nil {
			s.Status = check.Rejected
		}
		f.Suppressions = append(f.Suppressions, s)
	}
	return used
}

// silences reports whether a comment names the check of a finding, and notes
// the IDs that do.
func (t *triager) silences(c ignore.Comment, f *check.Finding, used map[string]bool) bool {
	if c.Tool != ignore.Peercheck {
		return foreignSilences(c, t.known[f.CheckID])
	}
	found := false
	for _, id := range c.IDs {
		if matches(id, f.CheckID) {
			used[id], found = true, true
		}
	}
	return found
}

// covers reports whether a comment covers the first or the last line of a
// finding: a call over several lines may carry its comment at either end.
func covers(d *check.Document, c ignore.Comment, f *check.Finding) bool {
	r := f.Location.Range
	first := d.OffsetPosition(r.Start).Line
	last := d.OffsetPosition(max(r.Start, r.End-1)).Line
	return c.Covers(first) || c.Covers(last)
}

// matches reports whether an ID of a comment means a check.
func matches(id, checkID string) bool {
	if domain, ok := strings.CutSuffix(id, "/*"); ok {
		return strings.HasPrefix(checkID, domain+"/")
	}
	return id == checkID
}

func (t *triager) exists(id string) bool {
	for k := range t.known {
		if matches(id, k) {
			return true
		}
	}
	return false
}

// fullyJudged reports whether every check that an ID means has run here.
func (t *triager) fullyJudged(id, path string) bool {
	for k, c := range t.known {
		if matches(id, k) && (!slices.Contains(t.Reported, c) || t.Judged == nil || !t.Judged(c, path)) {
			return false
		}
	}
	return true
}

// suggestion finds the check that was probably meant: the same name in another
// domain, or a name that contains what was written.
func (t *triager) suggestion(id string) string {
	name := id[strings.IndexByte(id, '/')+1:]
	var like []string
	for k := range t.known {
		if n := k[strings.IndexByte(k, '/')+1:]; name != "" && (strings.Contains(n, name) || strings.Contains(name, n)) {
			like = append(like, k)
		}
	}
	if len(like) == 0 {
		return "; `peercheck checks` lists them"
	}
	return "; did you mean " + slices.Min(like) + "?"
}

func (t *triager) report(c *check.Check, d *check.Document, comment ignore.Comment, message string, fixes ...check.Fix) {
	if slices.Contains(t.Reported, c) {
		t.own = append(t.own, check.Finding{
			CheckID: c.ID, Message: message, Fixes: fixes,
			Location: check.Location{Path: d.Path, Range: comment.Range},
		})
	}
}

// removal is the fix that takes an unused comment away, with its line if it
// stands alone there; none where the comment says other things too.
func removal(d *check.Document, c ignore.Comment) []check.Fix {
	if len(c.IDs) != 1 || c.Kind != ignore.Line {
		return nil
	}
	all := comment.Of(d)
	i := slices.IndexFunc(all, func(whole comment.Comment) bool { return whole.Range.Contains(c.Range) })
	if i < 0 {
		return nil
	}
	whole := all[i].Range
	others := d.Text(check.Range{Start: whole.Start, End: c.Range.Start}) + d.Text(check.Range{Start: c.Range.End, End: whole.End})
	n := d.OffsetPosition(whole.Start).Line
	line, err := d.LineRange(n)
	if err != nil || !line.Contains(whole) || strings.Trim(others, " \t/*#;-<!>%") != "" {
		return nil
	}
	before := d.Text(check.Range{Start: line.Start, End: whole.Start})
	after := d.Text(check.Range{Start: whole.End, End: line.End})
	edit := check.Range{Start: whole.Start - len(before) + len(strings.TrimRight(before, " \t")), End: whole.End}
	if strings.TrimSpace(before+after) == "" { // it stands alone: its line goes
		edit = check.Range{Start: line.Start, End: len(d.Content)}
		if next, err := d.LineRange(n + 1); err == nil {
			edit.End = next.Start
		}
	}
	return []check.Fix{{Title: "Remove the unused ignore", Safe: true, Edits: []check.Edit{{Path: d.Path, Range: edit}}}}
}
