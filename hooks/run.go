package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

// Options are what Git and the caller give a hook. Name, Repo and Scanner are
// required.
type Options struct {
	// Name is the hook's, Args and Stdin are what Git gave it (githooks(5)).
	Name  string
	Args  []string
	Stdin io.Reader
	// Stderr takes all messages, because Git shows it to whoever commits. nil
	// drops them.
	Stderr io.Writer
	// Color allows terminal colours on Stderr.
	Color bool
	// Repo has the folder and the environment that Git ran the hook in.
	Repo repo.Options
	// Scanner makes the scanner for a configuration, nil for the default one.
	Scanner func(*config.Config) (*scan.Scanner, error)
	// Reported is given each report that the verdict comes from, for programs
	// that want more than the messages say; nil for none.
	Reported func(*check.Report)
}

// Run does what a hook is for, and gives the exit code: triage.ExitClean lets
// Git go on, triage.ExitFindings and triage.ExitError block it.
func Run(ctx context.Context, opts Options) int {
	w := newMessages(opts)
	if why := skipped(opts.Repo); why != "" {
		w.skipped(why)
		return triage.ExitClean
	}
	o, err := judge(ctx, opts)
	if err != nil {
		w.failed(ctx, err)
		return triage.ExitError
	}
	if opts.Reported != nil && o.report != nil {
		opts.Reported(o.report)
	}
	w.outcome(o)
	return o.ExitCode()
}

// outcome is what a hook found out. The report is nil where there was nothing to judge.
type outcome struct {
	triage.Verdict
	report *check.Report
}

// skipped gives the variable by which the user asked not to be checked, or "".
// SKIP is a list, as the pre-commit framework has it.
func skipped(opts repo.Options) string {
	if opts.Getenv("PEERCHECK") == "0" {
		return "PEERCHECK=0"
	}
	skip := opts.Getenv("SKIP")
	if slices.ContainsFunc(strings.Split(skip, ","), func(s string) bool { return strings.TrimSpace(s) == "peercheck" }) {
		return "SKIP=" + skip
	}
	return ""
}

func judge(ctx context.Context, opts Options) (outcome, error) {
	if err := validate([]string{opts.Name}); err != nil {
		return outcome{}, err
	}
	r, err := repo.Open(ctx, opts.Repo)
	if err != nil {
		return outcome{}, err
	}
	defer r.Close()
	return judgeStaged(ctx, r, opts)
}

// judgeStaged judges what the commit is going to hold, under the configuration
// that it is going to hold.
func judgeStaged(ctx context.Context, r *repo.Repo, opts Options) (outcome, error) {
	change, err := r.Staged(ctx)
	if err != nil || len(change.Files) == 0 {
		return outcome{}, err
	}
	cfg, err := configuration(change.Head)
	if err != nil {
		return outcome{}, err
	}
	return judgeChange(ctx, change, cfg, opts)
}

func judgeChange(ctx context.Context, change source.Change, cfg *config.Config, opts Options) (outcome, error) {
	scanner, err := opts.Scanner(cfg)
	if err != nil {
		return outcome{}, err
	}
	report, err := scanner.ScanChange(ctx, change)
	if err != nil {
		return outcome{}, err
	}
	gate := triage.Gate{NewOnly: true}
	if cfg != nil {
		gate.FailOn = cfg.FailOn
	}
	return outcome{gate.Judge(report), report}, nil
}

// configuration reads .peercheck.yaml from a tree; nil if it has none.
func configuration(tree source.Source) (*config.Config, error) {
	content, err := fs.ReadFile(tree.FS(), config.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	return config.Parse(config.FileName, content)
}
