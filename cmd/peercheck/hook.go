package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/report"
	"github.com/peercheck/peercheck/lib/report/text"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/triage"
)

func (p *program) hookCommand() *cobra.Command {
	hook := &cobra.Command{
		Use: "hook", Short: "Install, prove, remove and run Git hooks",
		Long: `Install, prove, remove and run Git hooks. By default these are the hooks of
somebody who commits and pushes: ` + strings.Join(hooks.Client, ", ") + `.
With --server they are those of a repository that is pushed to: ` + strings.Join(hooks.Server, ", ") + `.`,
	}
	var opts hooks.InstallOptions
	with := func(cmd *cobra.Command) *cobra.Command {
		cmd.Args = cobra.NoArgs
		cmd.Flags().BoolVar(&opts.Server, "server", false, "the hooks of a repository that is pushed to")
		cmd.Flags().StringSliceVar(&opts.Hooks, "hooks", nil, "these hooks only, by `NAME`")
		return cmd
	}
	install := with(&cobra.Command{
		Use: "install", Short: "Have every commit and push judged",
		Long: `Have every commit and push in this repository judged. A hook that is there already
is kept and run first; installing twice changes nothing.`,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			opts.Repo = p.repo()
			if opts.Binary, err = executable(); err != nil {
				return err
			}
			done, err := hooks.Install(cmd.Context(), opts)
			p.outcomes(done)
			if err == nil {
				fmt.Fprintln(p.out, "`peercheck hook status` proves that they work")
			}
			return err
		},
	})
	install.Flags().BoolVar(&opts.Anyway, "anyway", false, "install although a hook manager owns the hooks")
	hook.AddCommand(install,
		with(&cobra.Command{
			Use: "uninstall", Short: "Put back what was there before",
			RunE: func(cmd *cobra.Command, _ []string) error {
				opts.Repo = p.repo()
				done, err := hooks.Uninstall(cmd.Context(), opts)
				p.outcomes(done)
				return err
			},
		}),
		with(&cobra.Command{
			Use: "status", Short: "Prove that the hooks work, by having Git run them",
			Long: `Prove that the hooks work, by having Git run them and listening for peercheck. The exit
code is 1 if one of them does not.`,
			RunE: func(cmd *cobra.Command, _ []string) (err error) {
				opts.Repo = p.repo()
				if opts.Binary, err = executable(); err != nil {
					return err
				}
				return p.hookStatus(cmd.Context(), opts)
			},
		}),
		p.hookRunCommand(),
	)
	return hook
}

func (p *program) hookStatus(ctx context.Context, opts hooks.InstallOptions) error {
	states, err := hooks.Status(ctx, opts)
	if err != nil {
		return err
	}
	broken := false
	for _, s := range states {
		word := "works"
		if !s.Works {
			word, broken = "does not work", true
		}
		fmt.Fprintf(p.out, "%s: %s: %s (%s)\n", s.Hook, word, text.Escape(s.Detail), text.Escape(s.Path))
	}
	if broken {
		return exitCode(triage.ExitFindings)
	}
	return nil
}

func (p *program) hookRunCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "run NAME [ARGS...]", Short: "Do what a hook does; Git calls this", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var reports []*check.Report
			code := hooks.Run(cmd.Context(), hooks.Options{
				Name: args[0], Args: args[1:], Stdin: p.in, Stderr: p.err, Color: p.colored(p.err), Width: width(p.err), Repo: p.repo(),
				Scanner: func(r hooks.Request) (*scan.Scanner, error) {
					checks, notices, err := checksFor(r.Config)
					if err != nil {
						return nil, err
					}
					var only []string
					if r.Secrets {
						only = secretDomains(checks)
					}
					kept := p.kept()
					if r.Untrusted { // a server trusts no cache
						kept = nil
					}
					return scan.New(scan.Options{
						Checks: checks, Notices: notices, Only: only, Config: r.Config, Settled: r.Untrusted, Now: p.now(),
						Loader: load.New(load.Options{Env: p.env, Untrusted: r.Untrusted, Cache: kept}), Cache: &golang.Cache{Disk: kept},
					})
				},
				Reported: func(r *check.Report) { reports = append(reports, r) },
				Cache:    p.cache(), Identity: identity(),
			})
			if output != "" && len(reports) > 0 {
				if err := p.write(output, report.JSON, reports[0], report.Options{Version: version()}); err != nil {
					return err
				}
			}
			if code != triage.ExitClean {
				return exitCode(code)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&output, "report", "", "also write what was found to this `file`, as JSON")
	cmd.Flags().SetInterspersed(false) // what follows NAME is Git's
	return cmd
}

func (p *program) repo() repo.Options { return repo.Options{Dir: p.dir, Env: p.env} }

func (p *program) outcomes(done []hooks.Outcome) {
	for _, o := range done {
		fmt.Fprintf(p.out, "%s: %s (%s)\n", o.Hook, o.Done, text.Escape(o.Path))
	}
}

// cache is the folder for what may be kept between runs, "" if there is none to
// be had: then everything is judged anew.
func (p *program) cache() string {
	dir, err := os.UserCacheDir()
	if err != nil || p.getenv("PEERCHECK_NO_CACHE") != "" {
		return ""
	}
	return filepath.Join(dir, "peercheck")
}

// kept is what may be kept of Go packages between runs; nil if there is no place
// for it.
func (p *program) kept() *cache.Dir {
	dir := p.cache()
	if dir == "" {
		return nil
	}
	return cache.Open(cache.Options{Dir: filepath.Join(dir, "go"), Identity: identity(), Now: p.now()})
}

// identity changes with every build of this program: its version, and for those
// that have none the file itself.
func identity() string {
	path, err := executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(version(), info.Size(), info.ModTime().UnixNano())
}

// executable is the absolute path of this program.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the path of this program cannot be told: %w", err)
	}
	return filepath.EvalSymlinks(path)
}
