package main

import (
	"context"
	"fmt"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/history"
	"github.com/peercheck/peercheck/lib/repo/judged"
	"github.com/peercheck/peercheck/lib/source"
)

// judgeHistory looks for secrets in all contents that any reference reaches, and
// remembers what is clean, so that the next time only what is new is read.
func (p *program) judgeHistory(ctx context.Context, f scanFlags, root string) (judgement, error) {
	r, err := repo.Open(ctx, p.repo())
	if err != nil {
		return judgement{}, err
	}
	defer r.Close()
	f.secrets = true
	tree := source.Dir(root)
	scanner, gate, err := p.scanner(f, tree)
	if err != nil {
		return judgement{}, err
	}
	configured, err := config.Read(tree.FS())
	if err != nil {
		return judgement{}, err
	}
	opts := history.Options{
		Repo: r, Scanner: scanner,
		Judged: judged.Open(p.cache(), "history", identity(), f.persona, fmt.Sprint(f.only, f.maxBytes), string(configured.Source())),
	}
	if isTerminal(p.err) {
		opts.Progress = func(done, total int) { fmt.Fprintf(p.err, "\r%d of %d contents", done, total) }
		defer fmt.Fprint(p.err, "\r\x1b[K")
	}
	result, err := history.Scan(ctx, opts)
	if err != nil {
		return judgement{}, err
	}
	report := &check.Report{Checks: result.Checks, Notices: result.Notices, Documents: result.Contents, Bytes: result.Bytes}
	for _, found := range result.Findings {
		found.Message += fmt.Sprintf(" (commit %s by %s", found.Commit.Short(), found.Author.Name)
		if found.Versions > 1 {
			found.Message += fmt.Sprintf(", in %d versions of the file", found.Versions)
		}
		found.Message += ")"
		report.Findings = append(report.Findings, found.Finding)
	}
	return judgement{report, gate}, nil
}
