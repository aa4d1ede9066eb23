package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/history"
)

// judgeRange judges the tree of the head of a range against those that its
// commits grew from; and each of its commits for secrets, because one that the
// next commit took out can still be read.
func (p *program) judgeRange(ctx context.Context, f scanFlags, r *repo.Repo) (judgement, error) {
	base, head, ok := strings.Cut(f.span, "..")
	if !ok || base == "" || head == "" || strings.HasPrefix(head, ".") {
		return judgement{}, fmt.Errorf("--range %s: give it as A..B, such as origin/main..HEAD", f.span)
	}
	commits, change, err := r.Range(ctx, base, head)
	if err != nil {
		return judgement{}, fmt.Errorf("--range %s: %w", f.span, err)
	}
	scanner, gate, err := p.scanner(f, change.Head)
	if err != nil {
		return judgement{}, err
	}
	gate.NewOnly = true
	report, err := scanner.ScanChange(ctx, change)
	if err != nil {
		return judgement{}, err
	}
	if len(f.only) > 0 {
		return judgement{report, gate}, nil // who asks for certain checks gets them at the head
	}
	f.secrets = true
	if scanner, _, err = p.scanner(f, change.Head); err != nil {
		return judgement{}, err
	}
	changes, err := history.ScanChanges(ctx, r, scanner, commits, nil)
	if err != nil {
		return judgement{}, err
	}
	return judgement{report, gate}, addChanges(ctx, r, report, changes)
}

// addChanges adds to the report of a head the new findings of the commits before
// it that it has no longer.
func addChanges(ctx context.Context, r *repo.Repo, report *check.Report, changes []history.Change) error {
	known := map[string]bool{}
	for _, f := range report.Findings {
		known[f.Fingerprint] = true
	}
	for _, c := range changes {
		for _, n := range c.Report.Notices {
			if n.Effect == check.EffectNotJudged {
				report.Notices = append(report.Notices, n)
			}
		}
		for _, found := range c.Report.Findings {
			if found.Baseline != check.BaselineNew || known[found.Fingerprint] {
				continue
			}
			known[found.Fingerprint] = true
			author, err := r.Author(ctx, c.Commit.ID)
			if err != nil {
				return err
			}
			found.Message += fmt.Sprintf(" (commit %s by %s)", c.Commit.ID.Short(), author.Name)
			report.Findings = append(report.Findings, found)
		}
	}
	return nil
}
