package hooks

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/report/text"
)

// A State says whether Git runs peercheck for one hook.
type State struct {
	Hook string
	// Path is where Git looks for the hook.
	Path string
	// Works is true if Git was made to run the hook and peercheck answered.
	Works bool
	// Detail says how it works, or why not and what to do.
	Detail string
}

// probeVariable makes Run answer with the variable's value and do nothing else.
// It blocks, so that setting it is no way around the hook.
const probeVariable = "PEERCHECK_PROBE"

// Status proves for each hook whether it works: it has Git run the hook, in a
// scratch repository, and listens for peercheck. Looking at the file would not
// do, since Git silently runs nothing if the file is not executable, a dangling
// link, or not where core.hooksPath points. A hook from before ours is not run.
func Status(ctx context.Context, opts InstallOptions) ([]State, error) {
	names := opts.Hooks
	if len(names) == 0 {
		names = opts.defaults()
	}
	if err := validate(names); err != nil {
		return nil, err
	}
	r, err := openTarget(ctx, &opts)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	dir, err := r.HooksDir(ctx)
	if err != nil {
		return nil, err
	}
	scratch, err := newScratch(ctx, opts.Repo, r.Root(), dir)
	if err != nil {
		return nil, err
	}
	defer scratch.remove()
	var states []State
	for _, name := range names {
		s := State{Hook: name, Path: filepath.Join(dir, name)}
		if s.Works, err = scratch.answers(ctx, name); err != nil {
			return states, err
		}
		s.Detail = explain(dir, name, r.Root(), s.Works)
		states = append(states, s)
	}
	return states, nil
}

// explain says why a hook works or does not, from what stands there.
func explain(dir, name, workTree string, works bool) string {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "the hooks folder does not exist; if a hook manager makes it, run its install command here, otherwise `peercheck hook install`"
	} else if err != nil {
		return err.Error()
	}
	defer root.Close()
	if m := managerOf(root, workTree, []string{name}); m != nil {
		if works {
			return "run by " + m.Manager
		}
		return "not run by " + m.Manager + "; add this to " + m.File + ":\n" + m.Lines
	}
	state, err := inspect(root, name)
	switch {
	case err != nil:
		return err.Error()
	case works && state.ours && state.saved:
		return "installed; the hook from before runs first"
	case works && state.ours:
		return "installed"
	case works:
		return "run by another hook script"
	case state.ours:
		return "installed, but it does not run: the program is gone, or the file cannot be executed; run `peercheck hook install`"
	case state.present:
		return "another hook is there and does not run peercheck; `peercheck hook install` keeps it and runs both"
	}
	return "not installed; run `peercheck hook install`"
}

// scratch is a repository in a temporary folder, in which Git finds the hooks of
// another one.
type scratch struct {
	dir  string
	opts repo.Options
}

// newScratch makes a scratch repository with hooksDir as its hooks, and with what
// hook managers read beside them.
func newScratch(ctx context.Context, opts repo.Options, workTree, hooksDir string) (*scratch, error) {
	dir, err := os.MkdirTemp("", "peercheck-status-")
	if err != nil {
		return nil, err
	}
	s := &scratch{dir: dir, opts: repo.Options{Dir: dir, Git: opts.Git}}
	for _, kv := range opts.Env {
		// The scratch repository is another one than that of GIT_DIR and the like.
		if !strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "GIT_CONFIG_") || strings.HasPrefix(kv, "GIT_EXEC_PATH=") {
			s.opts.Env = append(s.opts.Env, kv)
		}
	}
	if _, err = s.git(ctx, "", "init", "-q"); err == nil {
		_, err = s.git(ctx, "", "config", "core.hooksPath", hooksDir)
	}
	if err == nil {
		err = s.copyManagers(workTree)
	}
	if err == nil {
		_, err = s.git(ctx, "", "add", "-A")
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

func (s *scratch) remove() { os.RemoveAll(s.dir) }

// copyManagers copies the configuration of hook managers, so that they run in
// the scratch repository what they would run in the real one.
func (s *scratch) copyManagers(workTree string) error {
	if workTree == "" {
		return nil
	}
	root, err := os.OpenRoot(workTree)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, m := range managers {
		if file := m.configured(workTree); file != "" && m.name != "husky" { // husky's scripts stand beside its hooks
			content, err := root.ReadFile(file)
			if err == nil {
				err = os.MkdirAll(filepath.Dir(filepath.Join(s.dir, file)), 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(s.dir, file), content, 0o600)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// answers has Git run a hook and reports whether peercheck answered.
func (s *scratch) answers(ctx context.Context, name string) (bool, error) {
	word := rand.Text()
	args := map[string][]string{
		"commit-msg": {"COMMIT_EDITMSG"}, "pre-push": {"origin", "/nowhere"}, "update": {"refs/heads/main", strings.Repeat("0", 40), strings.Repeat("0", 40)},
	}[name]
	out, err := s.git(ctx, word, append([]string{"hook", "run", name, "--"}, args...)...)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil && strings.Contains(out, "'hook' is not a git command") {
		return false, errors.New("whether the hooks work cannot be proved: `git hook run` is there from Git 2.36 on")
	}
	return strings.Contains(out, answer(word, name)), nil
}

// git runs git in the scratch repository and gives both its streams.
func (s *scratch) git(ctx context.Context, probe string, args ...string) (string, error) {
	cmd, err := repo.Command(ctx, s.opts, args...)
	if err != nil {
		return "", err
	}
	if probe != "" {
		// The hook gets the user's environment, as in a commit: a manager may
		// have to fetch its hooks first.
		cmd.Env = append(slices.Clone(s.opts.Env), probeVariable+"="+probe, "PEERCHECK=", "SKIP=")
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if err != nil {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, text.Escape(strings.TrimSpace(out.String())))
	}
	return out.String(), err
}

func answer(word, hook string) string { return "peercheck answers " + word + " for " + hook }

// probed answers a Status, if it is one that asks.
func probed(w io.Writer, opts Options) bool {
	word := opts.Repo.Getenv(probeVariable)
	if word == "" {
		return false
	}
	if w != nil {
		fmt.Fprintln(w, answer(text.Escape(word), opts.Name))
	}
	return true
}
