package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
)

// locate finds a repository as git does (gitrepository-layout(5), git(1),
// "ENVIRONMENT VARIABLES"), without git.
func locate(opts Options) (layout, *config.Config, error) {
	dir, err := filepath.EvalSymlinks(opts.Dir)
	if err != nil {
		return layout{}, nil, err
	}
	l := layout{hexLen: 40}
	start := "" // the folder that .git stands in, or "" if it is not known
	switch {
	case opts.Getenv("GIT_DIR") != "":
		l.gitDir, err = gitFile(absolute(dir, opts.Getenv("GIT_DIR")))
	case opts.Bare:
		l.gitDir = dir
	default:
		l.gitDir, start, err = climb(dir, opts)
	}
	if err != nil {
		return layout{}, nil, err
	}
	if l.gitDir, err = filepath.EvalSymlinks(l.gitDir); err != nil {
		return layout{}, nil, notRepository(opts.Dir, err)
	}
	l.commonDir = l.gitDir
	if common := opts.Getenv("GIT_COMMON_DIR"); common != "" {
		l.commonDir = absolute(dir, common)
	} else if text, err := os.ReadFile(filepath.Join(l.gitDir, "commondir")); err == nil {
		l.commonDir = absolute(l.gitDir, strings.TrimRight(string(text), "\r\n"))
	}
	if l.commonDir, err = filepath.EvalSymlinks(l.commonDir); err != nil {
		return layout{}, nil, notRepository(opts.Dir, err)
	}
	if !isGitDir(l.gitDir, l.commonDir) {
		return layout{}, nil, notRepository(opts.Dir, fmt.Errorf("%s is none", l.gitDir))
	}
	cfg, err := readConfig(l)
	if err != nil {
		return layout{}, nil, err
	}
	l.root, err = workTree(l, cfg, opts, dir, start)
	return l, cfg, err
}

func notRepository(dir string, why error) error {
	return fmt.Errorf("%w: %s (%w)", ErrNotRepository, dir, why)
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// errNowhere: neither the folder nor any above it has anything that git could take
// for a repository, so that it need not be asked.
var errNowhere = errors.New("nor is any folder above")

// climb looks for .git, a folder or a file that names one, in dir and above.
func climb(dir string, opts Options) (gitDir, start string, err error) {
	var ceilings []string
	for _, c := range filepath.SplitList(opts.Getenv("GIT_CEILING_DIRECTORIES")) {
		if real, err := filepath.EvalSymlinks(c); err == nil {
			ceilings = append(ceilings, real)
		}
	}
	why := errNowhere
	for at := dir; ; {
		candidate := filepath.Join(at, ".git")
		info, err := os.Stat(candidate)
		if !errors.Is(err, fs.ErrNotExist) || isGitDir(at, at) {
			why = errors.New("what looks like one is none, or is bare")
		}
		if err == nil {
			found, err := gitFile(candidate)
			if err != nil || !info.IsDir() || isGitDir(found, found) || hasFile(found, "commondir") {
				return found, at, err
			}
		}
		parent := filepath.Dir(at)
		if parent == at || slices.Contains(ceilings, parent) {
			return "", "", notRepository(opts.Dir, why)
		}
		at = parent
	}
}

// gitFile follows a .git that is a file, "gitdir: PATH".
func gitFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", notRepository(path, err)
	}
	if info.IsDir() {
		return path, nil
	}
	if info.Size() > 1<<16 {
		return "", notRepository(path, errors.New("the file is too long to name a folder"))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(string(text), "gitdir: ")
	if !ok {
		return "", notRepository(path, errors.New("the file does not begin with \"gitdir: \""))
	}
	return absolute(filepath.Dir(path), strings.TrimRight(target, "\r\n")), nil
}

func hasFile(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// isGitDir reports whether a folder has what makes a repository.
func isGitDir(gitDir, commonDir string) bool {
	_, err := os.Lstat(filepath.Join(gitDir, "HEAD"))
	return err == nil && hasFile(commonDir, "objects") && hasFile(commonDir, "refs")
}

// readConfig reads the repository's own configuration, and refuses what changes
// the format of the repository in a way that go-git cannot read.
func readConfig(l layout) (*config.Config, error) {
	cfg := config.New()
	read := func(name string) error {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		if err := config.NewDecoder(bytes.NewReader(text)).Decode(cfg); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	if err := read(filepath.Join(l.commonDir, "config")); err != nil {
		return nil, err
	}
	if cfg.Section("core").Option("repositoryformatversion") == "1" {
		for _, o := range cfg.Section("extensions").Options {
			key, value := strings.ToLower(o.Key), strings.ToLower(o.Value)
			switch {
			case slices.Contains([]string{"noop", "preciousobjects", "partialclone", "worktreeconfig", "relativeworktrees"}, key):
			case key == "objectformat" && value == "sha1", key == "refstorage" && value == "files":
			default:
				return nil, fmt.Errorf("the repository has the extension %s=%s: %w", printable(o.Key), printable(o.Value), ErrNeedsGit)
			}
		}
	}
	if strings.EqualFold(cfg.Section("extensions").Option("worktreeConfig"), "true") {
		if err := read(filepath.Join(l.gitDir, "config.worktree")); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

// workTree finds the top of the work tree, "" if there is none.
func workTree(l layout, cfg *config.Config, opts Options, dir, start string) (string, error) {
	top := start
	core := cfg.Section("core")
	switch env := opts.Getenv("GIT_WORK_TREE"); {
	case env != "":
		top = absolute(dir, env)
	case l.gitDir != l.commonDir && hasFile(l.gitDir, "gitdir"): // a linked work tree
		if top == "" {
			text, err := os.ReadFile(filepath.Join(l.gitDir, "gitdir"))
			if err != nil {
				return "", err
			}
			top = filepath.Dir(absolute(l.gitDir, strings.TrimRight(string(text), "\r\n")))
		}
	case core.Option("worktree") != "":
		top = absolute(l.gitDir, core.Option("worktree"))
	case strings.EqualFold(core.Option("bare"), "true") || opts.Bare:
		return "", nil
	case top == "" && opts.Getenv("GIT_DIR") != "":
		top = dir // GIT_DIR without GIT_WORK_TREE: the current folder is the top
	}
	if top == "" {
		return "", nil
	}
	return filepath.EvalSymlinks(top)
}
