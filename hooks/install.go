package hooks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"github.com/peercheck/peercheck/lib/repo"
)

// InstallOptions say what to install and where.
type InstallOptions struct {
	// Repo says which repository.
	Repo repo.Options
	// Server says that the repository is one that is pushed to, and may be bare.
	Server bool
	// Hooks are the hooks' names; empty means Client, or Server's.
	Hooks []string
	// Anyway installs although a hook manager owns the hooks; see Managed.
	Anyway bool
	// Binary is the absolute path of the peercheck program that the hooks run.
	Binary string
}

func (o InstallOptions) defaults() []string {
	if o.Server {
		return Server
	}
	return Client
}

// An Outcome says what became of one hook.
type Outcome struct {
	Hook string
	// Path is the absolute path of the hook's script.
	Path string
	// Done is what was done, in a few words for the terminal.
	Done string
}

// Install puts our script in the place of each hook, where Git looks for it:
// also in a linked work tree, a submodule, or under core.hooksPath. A hook that
// is there already is kept beside it and run first. Installing twice changes
// nothing but the recorded path of the program. The error is a *Managed where a
// hook manager owns the hooks.
func Install(ctx context.Context, opts InstallOptions) ([]Outcome, error) {
	names := opts.Hooks
	if len(names) == 0 {
		names = opts.defaults()
	}
	if err := validate(names); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(opts.Binary) {
		return nil, fmt.Errorf("the program's path %q is not absolute", opts.Binary)
	}
	dir, r, err := hooksDir(ctx, opts)
	if err != nil {
		return nil, err
	}
	workTree, shared := r.Root(), sharedNote(r, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("the folder in which Git looks for hooks cannot be made; see `git config --show-origin core.hooksPath`: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if m := managerOf(root, workTree, names); m != nil && !opts.Anyway {
		return nil, m
	}
	var out []Outcome
	for _, name := range names {
		file, err := slot(root, name)
		if err != nil {
			return out, fmt.Errorf("installing %s: %w", filepath.Join(dir, name), err)
		}
		done, err := install(root, file, name, opts.Binary)
		if err != nil {
			return out, fmt.Errorf("installing %s: %w", filepath.Join(dir, file), err)
		}
		if shared != "" {
			done += "; " + shared
		}
		out = append(out, Outcome{name, filepath.Join(dir, file), done})
	}
	return out, nil
}

// sharedNote says if hooks stand where other repositories look for theirs, too.
func sharedNote(r *repo.Repo, dir string) string {
	for _, own := range []string{r.CommonDir(), r.Root()} {
		if own == "" {
			continue
		}
		if rel, err := filepath.Rel(own, dir); err == nil && filepath.IsLocal(rel) {
			return ""
		}
	}
	return "core.hooksPath points out of this repository, so every repository that uses that folder has it now"
}

// runsFolder finds in a script that it runs what is in a folder NAME.d.
var runsFolder = regexp.MustCompile(`\.d["'}]*/`)

// slot is where our script for a hook belongs: in the place of the hook; or in
// the folder NAME.d beside it, where a hook stands that runs all that is in there
// (Gitea's does, and looks for the folder by its own name, so it has to keep it).
func slot(root *os.Root, name string) (string, error) {
	info, err := root.Stat(name + ".d")
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return name, nil
	} else if err != nil {
		return "", err
	}
	if script, err := readScript(root, name); err == nil && !isShim([]byte(script)) && runsFolder.MatchString(script) {
		return name + ".d/peercheck", nil
	}
	return name, nil
}

// install puts the script for a hook into a file.
func install(root *os.Root, name, hook, binary string) (done string, err error) {
	script, err := shim(hook, binary)
	if err != nil {
		return "", err
	}
	state, err := inspect(root, name)
	if err != nil {
		return "", err
	}
	done = "installed"
	switch {
	case state.ours && string(state.content) == string(script):
		return "is installed already", root.Chmod(name, 0o755)
	case state.ours:
		done = "brought up to date"
	case state.present && state.saved:
		return "", fmt.Errorf("another hook has replaced peercheck's, and the one from before is still kept as %s; move one of the two away and install again", name+savedSuffix)
	case state.present:
		// A second name for the old hook first, so that there is a hook at every moment.
		if err := root.Link(name, name+savedSuffix); err != nil {
			if err := root.Rename(name, name+savedSuffix); err != nil {
				return "", err
			}
		}
		done = "installed; the hook that was there is kept as " + name + savedSuffix + " and runs first"
	case state.saved:
		done = "installed; " + name + savedSuffix + " runs first"
	}
	return done, writeAtomic(root, name, script)
}

// writeAtomic puts an executable file in place at once, or not at all.
func writeAtomic(root *os.Root, name string, content []byte) error {
	temporary := path.Join(path.Dir(name), "."+path.Base(name)+".peercheck-new")
	if err := root.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o755), f.Close())
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
	}
	return err
}

// hookState is what stands in the hooks folder for one hook.
type hookState struct {
	present, ours, saved bool
	content              []byte // of our own script
}

func inspect(root *os.Root, name string) (hookState, error) {
	var s hookState
	_, err := root.Lstat(name + savedSuffix)
	if err == nil {
		s.saved = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return s, err
	case info.IsDir():
		return s, errors.New("there is a folder in the place of the hook")
	}
	s.present = true
	if info.Mode().IsRegular() && info.Size() < 1<<16 {
		content, err := root.ReadFile(name)
		if err != nil {
			return s, err
		}
		if isShim(content) {
			s.ours, s.content = true, content
		}
	}
	return s, nil
}

// Uninstall takes our scripts away and puts back, byte for byte, what was there
// before. No hook's name means all of them.
func Uninstall(ctx context.Context, opts InstallOptions) ([]Outcome, error) {
	names := opts.Hooks
	if len(names) == 0 {
		names = known
	}
	if err := validate(names); err != nil {
		return nil, err
	}
	dir, _, err := hooksDir(ctx, opts)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer root.Close()
	var out []Outcome
	for _, name := range names {
		for _, file := range []string{name, name + ".d/peercheck"} {
			done, err := uninstall(root, file)
			if err != nil {
				return out, fmt.Errorf("uninstalling %s: %w", filepath.Join(dir, file), err)
			}
			if done != "" {
				out = append(out, Outcome{name, filepath.Join(dir, file), done})
			}
		}
	}
	return out, nil
}

func uninstall(root *os.Root, name string) (done string, err error) {
	state, err := inspect(root, name)
	switch {
	case err != nil:
		return "", err
	case state.ours && state.saved:
		return "removed; the hook from before is back", root.Rename(name+savedSuffix, name)
	case state.ours:
		return "removed", root.Remove(name)
	case state.present && state.saved:
		return "left alone: another hook has replaced peercheck's, and the one from before is kept as " + name + savedSuffix, nil
	case state.saved:
		return "the hook from before is back", root.Rename(name+savedSuffix, name)
	}
	return "", nil
}

// hooksDir is where Git looks for hooks, and whose they are. The repository is
// closed already: only its layout can be asked for.
func hooksDir(ctx context.Context, opts InstallOptions) (dir string, r *repo.Repo, err error) {
	if r, err = openTarget(ctx, &opts); err != nil {
		return "", nil, err
	}
	dir, err = r.HooksDir(ctx)
	return dir, r, errors.Join(err, r.Close())
}

// openTarget opens the repository that the options mean. A server's is bare, or
// has a work tree that a push brings up to date (receive.denyCurrentBranch).
func openTarget(ctx context.Context, opts *InstallOptions) (*repo.Repo, error) {
	if opts.Server && !opts.Repo.Bare {
		bare := opts.Repo
		bare.Bare = true
		r, err := repo.Open(ctx, bare)
		if err == nil {
			opts.Repo = bare
		}
		if !errors.Is(err, repo.ErrNotRepository) {
			return r, err
		}
	}
	return repo.Open(ctx, opts.Repo)
}
