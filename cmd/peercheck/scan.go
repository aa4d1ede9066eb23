package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/report"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

// scanFlags are the flags of `peercheck scan`.
type scanFlags struct {
	staged   bool
	span     string // A..B
	history  bool
	format   string
	output   string
	failOn   string
	persona  string
	only     []string
	secrets  bool // no flag: only secrets are looked for, unless only says otherwise
	maxBytes int64
	verbose  bool
	noCache  bool
}

// patience is how long a scan waits for one answer of the go command. Someone who
// commits waits a minute (load.DefaultBudget); a scan, in CI above all, has the
// dependencies of a large program compiled rather than doing with half the types.
// rclone's, which have 750 packages, take 4 minutes of one core.
const patience = 10 * time.Minute

func (p *program) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [PATH...]",
		Short: "Judge files, what is staged, or a range of commits",
		Long: `Judge files and folders (the current one by default), what is staged (--staged),
or what a range of commits changed (--range A..B: the tree of B, where what it grew
from has too is not new; and the secrets of each commit, also of one whose secret
the next one took out), or everything that was ever committed (--history: secrets only,
since code that is gone does no harm; what is clean is remembered).

Paths in the output are relative to the repository's root, or to the current
folder where there is no repository. What .gitignore names is not judged, nor is the
code of others in folders vendor and node_modules, except for secrets; a path that is
named is judged even if it is ignored or in such a folder.`,
		Example: `  peercheck scan
  peercheck scan ./internal/... cmd/server/main.go
  peercheck scan --range origin/main..HEAD --format sarif -o report.sarif`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.scan(cmd.Context(), f, args) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.noCache, "no-cache", false, "judge everything anew, and keep nothing for the next time")
	flags.BoolVar(&f.staged, "staged", false, "judge what is staged against HEAD")
	flags.StringVar(&f.span, "range", "", "judge what changed from revision A to B, given as `A..B`")
	flags.BoolVar(&f.history, "history", false, "look for secrets in everything that was ever committed")
	flags.StringVar(&f.format, "format", "text", "one of "+formats())
	flags.StringVarP(&f.output, "output", "o", "", "write the report to this `file` instead of standard output")
	flags.StringVar(&f.failOn, "fail-on", "", "lowest `severity` that makes the exit code 1: low, medium, high or critical (default: the configuration's, or high)")
	flags.StringVar(&f.persona, "persona", "", "whose findings are shown: regular, pedantic or auditor (default: the configuration's, or regular)")
	flags.StringSliceVar(&f.only, "only", nil, "run only these checks, by `ID` or domain")
	flags.Int64Var(&f.maxBytes, "max-bytes", 0, "do not search files over this size in bytes (default: the configuration's, or 10 MiB)")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show suppressed findings and all notices too")
	cmd.MarkFlagsMutuallyExclusive("staged", "range", "history")
	return cmd
}

func (p *program) scan(ctx context.Context, f scanFlags, paths []string) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if (f.staged || f.span != "" || f.history) && len(paths) > 0 {
		return errors.New("--staged, --range and --history judge the whole of it; leave the paths out")
	}
	begin := p.now()
	root, rel, err := p.locate(ctx, paths)
	if err != nil {
		return err
	}
	judged, err := p.judge(ctx, f, root, rel)
	if err != nil {
		return err
	}
	judged.report.Elapsed = p.now().Sub(begin)
	verdict := judged.gate.Judge(judged.report)
	blocks := func(f *check.Finding) bool { return slices.Contains(verdict.Blocking, f) }
	options := report.Options{Root: root, Version: version(), Verbose: f.verbose, Blocks: blocks}
	if err := p.write(f.output, format, judged.report, options); err != nil {
		return err
	}
	if code := verdict.ExitCode(); code != triage.ExitClean {
		return exitCode(code)
	}
	return nil
}

type judgement struct {
	report *check.Report
	gate   triage.Gate
}

// judge scans what the flags ask for.
func (p *program) judge(ctx context.Context, f scanFlags, root string, paths []string) (judgement, error) {
	if f.history {
		return p.judgeHistory(ctx, f, root)
	}
	if !f.staged && f.span == "" {
		tree := source.Dir(root)
		scanner, gate, err := p.scanner(f, tree)
		if err != nil {
			return judgement{}, err
		}
		r, err := scanner.Scan(ctx, source.Only(tree, paths...))
		return judgement{r, gate}, err
	}
	r, err := repo.Open(ctx, p.repo())
	if err != nil {
		return judgement{}, err
	}
	defer r.Close()
	if f.span != "" {
		return p.judgeRange(ctx, f, r)
	}
	change, err := r.Staged(ctx)
	if err != nil {
		return judgement{}, err
	}
	scanner, gate, err := p.scanner(f, change.Head)
	if err != nil {
		return judgement{}, err
	}
	gate.NewOnly = true
	result, err := scanner.ScanChange(ctx, change)
	return judgement{result, gate}, err
}

// scanner makes the scanner and the gate that the flags and the configuration
// of a tree ask for.
func (p *program) scanner(f scanFlags, tree source.Source) (*scan.Scanner, triage.Gate, error) {
	cfg, err := config.Read(tree.FS())
	if err != nil {
		return nil, triage.Gate{}, err
	}
	if f.persona != "" {
		if cfg.Persona, err = check.ParsePersona(f.persona); err != nil {
			return nil, triage.Gate{}, fmt.Errorf("--persona: %w", err)
		}
	}
	gate := triage.Gate{FailOn: cfg.Threshold()}
	if f.failOn != "" {
		if gate.FailOn, err = check.ParseSeverity(f.failOn); err != nil {
			return nil, triage.Gate{}, fmt.Errorf("--fail-on: %w", err)
		}
	}
	checks, notices, err := checksFor(cfg)
	if err != nil {
		return nil, triage.Gate{}, err
	}
	only := f.only
	if f.secrets && len(only) == 0 {
		only = secretDomains(checks)
	}
	var kept *cache.Dir
	if !f.noCache {
		kept = p.kept()
	}
	scanner, err := scan.New(scan.Options{
		Checks: checks, Notices: notices, Config: cfg, Only: only, Now: p.now(), MaxBytes: f.maxBytes,
		Loader: load.New(load.Options{Env: p.env, Budget: patience, Cache: kept}), Cache: &golang.Cache{Disk: kept},
	})
	return scanner, gate, err
}

// locate finds the root of the tree that the paths are in, and the paths
// relative to it, slash-separated. The root is that of the repository; without
// one it is the current folder, or the nearest one above with a go.mod; and
// for a path outside of it, the path's own folder.
func (p *program) locate(ctx context.Context, paths []string) (root string, rel []string, err error) {
	start := p.dir
	var abs []string
	for _, arg := range paths {
		path := strings.TrimSuffix(strings.TrimSuffix(filepath.ToSlash(arg), "/..."), "...")
		if path == "" {
			path = "."
		}
		path = filepath.FromSlash(path)
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.dir, path)
		}
		abs = append(abs, filepath.Clean(path))
	}
	if len(abs) > 0 && !below(p.dir, abs[0]) {
		start = abs[0]
		if info, err := os.Stat(start); err != nil || !info.IsDir() {
			start = filepath.Dir(start)
		}
	}
	r, err := repo.Open(ctx, repo.Options{Dir: start, Env: p.env})
	switch {
	case err == nil && r.Root() != "":
		root = r.Root()
		r.Close()
	case err == nil:
		r.Close()
		root = start
	case errors.Is(err, repo.ErrNotRepository):
		root = moduleRoot(start)
	default: // no git: the folder is judged all the same
		root = moduleRoot(start)
	}
	if len(abs) == 0 && start != root {
		abs = []string{start} // no path means the folder one stands in
	}
	for _, path := range abs {
		// A link stands for what it points to, if that is in the tree.
		if target, err := filepath.EvalSymlinks(path); err == nil && below(root, target) {
			path = target
		} else if !below(root, path) {
			return "", nil, fmt.Errorf("%s is outside of %s: judge it on its own", path, root)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return "", nil, err
		}
		rel = append(rel, filepath.ToSlash(name))
	}
	return root, rel, nil
}

func moduleRoot(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

func below(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// formats lists the output formats.
func formats() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// write renders a report to a file, or to standard output.
func (p *program) write(name string, format report.Format, r *check.Report, opts report.Options) (err error) {
	out := p.out
	if name != "" {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.dir, name)
		}
		file, failed := os.Create(name)
		if failed != nil {
			return fmt.Errorf("the report cannot be written: %w", failed)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	opts.Color, opts.Width = p.colored(out), width(out)
	return report.Write(out, format, r, opts)
}
