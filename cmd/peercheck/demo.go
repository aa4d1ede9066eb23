package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/triage"
)

// demoService is a small service with the missteps that people make. Its files
// under before/ are committed first; those under after/ are the change.
//
//go:embed demo.txtar
var demoService []byte

// demoToken stands in demo.txtar where the service has a token. It is put
// together here, so that no scanner of this repository takes it for a real one.
var demoToken = "ghp_" + strings.Join([]string{"J4mQx7", "Lk2RtV", "9bNcW3", "hYpZs8", "DfGu5T", "aEe6Ko"}, "")

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "Show peercheck at work on a small vulnerable service", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context()) },
	}
}

// demo makes the service in a temporary repository, and shows the scan, the
// commit that is blocked, and where to go from there.
func (p *program) demo(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "peercheck-demo-")
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	d := &demo{program: p, ctx: ctx, dir: dir}
	return d.run()
}

type demo struct {
	*program
	ctx context.Context
	dir string
}

func (d *demo) run() error {
	binary, err := executable()
	if err != nil {
		return err
	}
	d.say("A small notes service, in a Git repository of its own: %s", d.dir)
	if err := d.unpack("before/"); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"config", "user.name", "Demo"}, {"config", "user.email", "demo@example.com"}, {"config", "commit.gpgsign", "false"},
		{"add", "--all"}, {"commit", "--quiet", "--no-verify", "--message", "A place for notes"},
	} {
		if err := d.git(args...); err != nil {
			return err
		}
	}

	d.step("peercheck hook install", "Every commit in it is judged from now on.")
	inDemo := *d.program
	inDemo.dir = d.dir
	done, err := hooks.Install(d.ctx, hooks.InstallOptions{Repo: inDemo.repo(), Binary: binary})
	if err != nil {
		return err
	}
	d.outcomes(done)

	if err := d.unpack("after/"); err != nil {
		return err
	}
	d.step("peercheck scan", "Somebody was in a hurry. This is what a look over the shoulder finds.")
	err = inDemo.scan(d.ctx, scanFlags{format: "text"}, nil)
	if code, ok := err.(exitCode); err != nil && (!ok || code != triage.ExitFindings) {
		return err
	}

	d.step("git commit --all --message 'Log in and search'", "The hook judges exactly what is staged, and only what is new.")
	if err := d.git("add", "--all"); err != nil {
		return err
	}
	if err := d.git("commit", "--quiet", "--message", "Log in and search"); err == nil {
		return fmt.Errorf("the commit in %s was not blocked: please report this", d.dir)
	}

	d.say("\nThe commit was blocked. Where to go from here:\n")
	for _, next := range [][2]string{
		{"cd " + d.dir, "and try to get the commit through"},
		{"peercheck explain go/sql-injection", "what a check finds, why it matters, how to put it right"},
		{"peercheck scan", "your own code: run it in your repository"},
		{"peercheck hook install", "have your own commits judged"},
		{"peercheck lsp", "the same findings while you type; see editors/"},
	} {
		d.say("  %-46s %s", next[0], next[1])
	}
	return nil
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) step(command, why string) {
	if d.colored(d.out) {
		command = "\x1b[1m" + command + "\x1b[0m"
	}
	d.say("\n%s\n$ %s\n", why, command)
}

// unpack writes those files of the service that have a prefix.
func (d *demo) unpack(prefix string) error {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range txtar.Parse(demoService).Files {
		name, ok := strings.CutPrefix(f.Name, prefix)
		if !ok {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(name)), 0o755); err != nil {
			return err
		}
		text := strings.ReplaceAll(string(f.Data), "@TOKEN@", demoToken)
		if err := root.WriteFile(filepath.FromSlash(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// git runs git in the demo's repository, in an environment without the caller's
// repository.
func (d *demo) git(args ...string) error {
	cmd := exec.CommandContext(d.ctx, "git", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, d.out, d.err
	for _, kv := range d.env {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	return nil
}
