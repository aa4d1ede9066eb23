package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// gitStore is the backend that asks the git program, by plumbing commands only.
type gitStore struct {
	cmd     command
	layout  layout
	objects *batch // cat-file --batch-command, from Git 2.36 on
	// For an older git: cat-file --batch-check and --batch.
	sizes, contents *batch
	old             atomic.Bool
}

// command is how git is run: always with the same care.
type command struct {
	program string
	dir     string
	env     []string
}

// keptGitVariables are those of Git's variables that say where the repository
// and its configuration are. All others (GIT_EXTERNAL_DIFF, GIT_TRACE, GIT_PAGER,
// GIT_REPLACE_REF_BASE, ...) could change or leak what we read.
var keptGitVariables = map[string]bool{
	"GIT_DIR": true, "GIT_COMMON_DIR": true, "GIT_WORK_TREE": true, "GIT_INDEX_FILE": true, "GIT_NAMESPACE": true,
	"GIT_OBJECT_DIRECTORY": true, "GIT_ALTERNATE_OBJECT_DIRECTORIES": true, "GIT_QUARANTINE_PATH": true,
	"GIT_CEILING_DIRECTORIES": true, "GIT_DISCOVERY_ACROSS_FILESYSTEM": true, "GIT_SHALLOW_FILE": true,
	"GIT_CONFIG": true, "GIT_CONFIG_GLOBAL": true, "GIT_CONFIG_SYSTEM": true, "GIT_CONFIG_NOSYSTEM": true,
	"GIT_CONFIG_PARAMETERS": true, "GIT_CONFIG_COUNT": true, "GIT_EXEC_PATH": true,
}

// gitEnvironment is the environment for git: nothing is fetched, no lock is
// taken, nobody is asked, objects are what the wire would send (no replace refs
// and no grafts), and messages are in English.
func gitEnvironment(env []string) []string {
	out := make([]string, 0, len(env)+8)
	for _, kv := range env {
		key, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(key, "GIT_"):
			if !keptGitVariables[key] && !strings.HasPrefix(key, "GIT_CONFIG_KEY_") && !strings.HasPrefix(key, "GIT_CONFIG_VALUE_") {
				continue
			}
		case strings.HasPrefix(key, "LC_") || key == "LANG" || key == "LANGUAGE":
			continue
		}
		out = append(out, kv)
	}
	return append(out,
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE="+os.DevNull, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		// The first is known from Git 2.45 on; the second stops the lazy fetch of
		// a partial clone in older ones, too.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
}

// safeConfig overrides what a repository's configuration could run: core.fsmonitor
// names a program that diff-index and ls-files start, safe.bareRepository stops
// a bare repository planted in a work tree from being taken for the repository.
var safeConfig = []string{
	"--no-pager", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit", "-c", "core.quotePath=false",
}

// Command prepares a git command in Dir, with the care that this package's own
// commands take: nothing that a configuration names is run by git itself (hooks
// are, where the command runs hooks), nothing is fetched, nobody is asked.
func Command(ctx context.Context, opts Options, args ...string) (*exec.Cmd, error) {
	c, err := newCommand(opts)
	if err != nil {
		return nil, err
	}
	return c.prepare(ctx, args...), nil
}

func newCommand(opts Options) (command, error) {
	program := opts.Git
	if program == "" {
		var err error
		if program, err = lookPath("git", opts.Getenv("PATH")); err != nil {
			return command{}, err
		}
	}
	env := gitEnvironment(opts.Env)
	if opts.Bare && opts.Getenv("GIT_DIR") == "" {
		env = append(env, "GIT_DIR="+opts.Dir)
	}
	return command{program: program, dir: opts.Dir, env: env}, nil
}

// lookPath finds a program along a PATH, and never in the current folder.
func lookPath(name, path string) (string, error) {
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			continue
		}
		if p, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%w: %s is not on the PATH (%s)", exec.ErrNotFound, name, path)
}

// Getenv gives the value of a variable in Env, "" if it is not set. Of several
// the last one counts, as in os/exec.
func (o Options) Getenv(name string) string {
	value := ""
	for _, kv := range o.Env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}

func (c command) prepare(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.program, append(append([]string(nil), safeConfig...), args...)...)
	cmd.Dir = c.dir
	cmd.Env = c.env
	cmd.WaitDelay = time.Second // a child of git must not keep us waiting on its pipes
	return cmd
}

// run gives what git prints. The error is a *gitError, or the context's.
func (c command) run(ctx context.Context, args ...string) ([]byte, error) {
	return c.runInput(ctx, "", args...)
}

// runInput is run with a standard input.
func (c command) runInput(ctx context.Context, input string, args ...string) ([]byte, error) {
	cmd := c.prepare(ctx, args...)
	if input != "" {
		cmd.Stdin = strings.NewReader(input)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &limited{max: 4096, b: &stderr}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, newGitError(args, stderr.String(), err)
	}
	return stdout.Bytes(), nil
}

// limited keeps the first max bytes that are written to it.
type limited struct {
	max int
	b   *bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	if room := l.max - l.b.Len(); room > 0 {
		l.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// gitError is a git command that failed.
type gitError struct {
	subcommand string
	stderr     string
	err        error
}

func newGitError(args []string, stderr string, err error) *gitError {
	return &gitError{subcommand: args[0], stderr: stderr, err: err}
}

func (e *gitError) Unwrap() error { return e.err }

func (e *gitError) Error() string {
	reason := e.err.Error()
	for line := range strings.Lines(e.stderr) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if !strings.HasPrefix(reason, "fatal:") {
			reason = line
		}
		if strings.Contains(line, "--add safe.directory") { // git says how to go on
			reason += "; if you trust it: " + line
		}
	}
	return fmt.Sprintf("git %s: %s", e.subcommand, printable(reason))
}

// printable escapes control characters and invalid UTF-8: git's messages hold
// names that others chose.
func printable(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func locateGit(ctx context.Context, opts Options) (layout, *gitStore, error) {
	cmd, err := newCommand(opts)
	if err != nil {
		return layout{}, nil, err
	}
	l, ok, err := locateSure(opts)
	if err != nil {
		return layout{}, nil, err
	}
	if !ok {
		if l, err = cmd.locate(ctx); err != nil {
			return layout{}, nil, err
		}
	} else if below(l.gitDir, opts.Dir) && l.root != "" {
		cmd = cmd.at(l) // git would take the folder for a bare repository
	}
	return l, newGitStore(cmd, l), nil
}

func newGitStore(cmd command, l layout) *gitStore {
	return &gitStore{
		cmd: cmd, layout: l,
		objects: newBatch(cmd, "--batch-command"), sizes: newBatch(cmd, "--batch-check"), contents: newBatch(cmd, "--batch"),
	}
}

// locateSure finds the repository without git, whose start takes longer than all
// that there is to read: git, too, takes core.worktree and core.bare from the
// repository's own configuration alone. It gives up where that is not all. The
// error is ErrNotRepository where git would find none either.
func locateSure(opts Options) (l layout, sure bool, err error) {
	l, cfg, err := locate(opts)
	switch {
	case errors.Is(err, errNowhere):
		return layout{}, false, err
	case err != nil:
		return layout{}, false, nil
	}
	return l, l.root != "" || strings.EqualFold(cfg.Section("core").Option("bare"), "true"), nil
}

// below reports whether a path is a folder or lies in it; links in it are followed.
func below(folder, path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(folder, real)
	return err == nil && filepath.IsLocal(rel)
}

// locate asks git where the repository is: in one call, which does for almost
// every repository.
func (c command) locate(ctx context.Context) (layout, error) {
	out, err := c.run(ctx, "rev-parse", "--is-bare-repository", "--show-object-format", "--path-format=absolute", "--git-dir", "--git-common-dir", "--show-toplevel")
	if lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"); err == nil && len(lines) == 5 && lines[0] == "false" {
		hexLen, err := hexLength(lines[1])
		return layout{gitDir: lines[2], commonDir: lines[3], root: lines[4], hexLen: hexLen}, err
	}
	return c.locateOdd(ctx)
}

// locateOdd asks for one thing at a time: there is no work tree, or a path holds
// a newline.
func (c command) locateOdd(ctx context.Context) (layout, error) {
	var failed error
	ask := func(args ...string) string {
		if failed != nil {
			return ""
		}
		var out []byte
		out, failed = c.run(ctx, append([]string{"rev-parse"}, args...)...)
		return strings.TrimSuffix(string(out), "\n")
	}
	bare := ask("--is-bare-repository")
	if e, ok := errors.AsType[*gitError](failed); ok && strings.Contains(e.stderr, "not a git repository") {
		return layout{}, fmt.Errorf("%w: %s (%s)", ErrNotRepository, c.dir, printable(strings.TrimSpace(e.stderr)))
	}
	format := ask("--show-object-format")
	l := layout{gitDir: ask("--absolute-git-dir"), commonDir: ask("--path-format=absolute", "--git-common-dir")}
	if failed != nil {
		return layout{}, failed
	}
	if bare == "false" {
		l.root = ask("--show-toplevel")
		if ctx.Err() != nil {
			return layout{}, ctx.Err()
		}
		// Without an answer there is no work tree from here: this is a .git folder.
	}
	var err error
	l.hexLen, err = hexLength(format)
	return l, err
}

// hexLength gives the digits of an object ID in an object format.
func hexLength(format string) (int, error) {
	switch format {
	case "sha1":
		return 40, nil
	case "sha256":
		return 64, nil
	}
	return 0, fmt.Errorf("the repository uses object format %q, which is not known", format)
}

func (g *gitStore) close() error {
	return errors.Join(g.objects.close(), g.sizes.close(), g.contents.close())
}

// usesOld reports whether an error says that git does not know --batch-command,
// and remembers it.
func (g *gitStore) usesOld(err error) bool {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == usageExit {
		g.old.Store(true)
	}
	return g.old.Load()
}

// usageExit is git's exit code for an option that it does not know.
const usageExit = 129

func (g *gitStore) header(ctx context.Context, name string) (header, error) {
	if !g.old.Load() {
		h, err := g.objects.header(ctx, "info "+name)
		if err == nil || !g.usesOld(err) {
			return h, err
		}
	}
	return g.sizes.header(ctx, name)
}

func (g *gitStore) resolve(ctx context.Context, rev, kind string) (ID, error) {
	if rev == "" || strings.ContainsAny(rev, "\n\x00") {
		return "", fmt.Errorf("revision %q: %w", rev, ErrMissing)
	}
	name := rev
	if kind != "" {
		name += "^{" + kind + "}"
	}
	header, err := g.header(ctx, name)
	if err != nil {
		return "", fmt.Errorf("revision %q: %w", rev, err)
	}
	return header.id, nil
}

func (g *gitStore) unborn(ctx context.Context) (bool, error) {
	_, err := g.cmd.run(ctx, "rev-parse", "--quiet", "--verify", "HEAD")
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return true, nil
	}
	return false, err
}

func (g *gitStore) stat(ctx context.Context, id ID) (string, int64, error) {
	h, err := g.header(ctx, string(id))
	return h.kind, h.size, err
}

func (g *gitStore) read(ctx context.Context, id ID) (string, []byte, error) {
	if !isID(string(id)) {
		return "", nil, fmt.Errorf("%q is no object ID", string(id))
	}
	if !g.old.Load() {
		kind, content, err := g.objects.object(ctx, "contents "+string(id))
		if err == nil || !g.usesOld(err) {
			return kind, content, err
		}
	}
	return g.contents.object(ctx, string(id))
}

// emptyTrees are the IDs of the tree without entries, which every git knows.
var emptyTrees = map[int]string{
	40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
	64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

func (g *gitStore) diffIndex(ctx context.Context, tree ID) ([]change, error) {
	if tree == "" {
		tree = ID(emptyTrees[g.layout.hexLen])
	}
	out, err := g.cmd.run(ctx, "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames",
		"--ita-invisible-in-index", string(tree), "--")
	if err != nil {
		return nil, err
	}
	return parseRaw(out)
}

// parseRaw reads the raw format of git diff-index without renames (git-diff(1),
// "RAW OUTPUT FORMAT"): ":mode mode id id status NUL path NUL".
func parseRaw(out []byte) ([]change, error) {
	var changes []change
	rest := string(out)
	for rest != "" {
		head, after, ok1 := strings.Cut(rest, "\x00")
		name, after, ok2 := strings.Cut(after, "\x00")
		f := strings.Fields(strings.TrimPrefix(head, ":"))
		if !ok1 || !ok2 || len(f) != 5 || name == "" || !isID(f[2]) || !isID(f[3]) {
			return nil, fmt.Errorf("git diff-index: cannot read its output at %q", head[:min(len(head), 200)])
		}
		oldMode, err1 := parseMode(f[0])
		newMode, err2 := parseMode(f[1])
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		changes = append(changes, change{
			path: name,
			old:  entry{oldMode, ID(f[2])}, new: entry{newMode, ID(f[3])},
			unmerged: f[4] == "U",
		})
		rest = after
	}
	return changes, nil
}

func parseMode(s string) (mode, error) {
	m, err := strconv.ParseUint(s, 8, 32)
	if err != nil {
		return 0, fmt.Errorf("git: %q is no file mode", s)
	}
	return mode(m), nil
}

// hooksDir asks git, which knows about work trees and core.hooksPath. A relative
// core.hooksPath counts from where hooks run.
func (g *gitStore) hooksDir(ctx context.Context, l layout) (string, error) {
	out, err := g.cmd.at(l).run(ctx, "rev-parse", "--path-format=absolute", "--git-path", "hooks")
	return strings.TrimSuffix(string(out), "\n"), err
}

// at gives the same command where hooks run: at the top of the work tree, or in a
// bare repository's folder. Relative paths in the environment would mean another
// repository there.
func (c command) at(l layout) command {
	c.dir = l.hookDir()
	c.env = append(slices.DeleteFunc(slices.Clone(c.env), func(kv string) bool {
		return strings.HasPrefix(kv, "GIT_DIR=") || strings.HasPrefix(kv, "GIT_WORK_TREE=") || strings.HasPrefix(kv, "GIT_COMMON_DIR=")
	}), "GIT_DIR="+l.gitDir)
	return c
}
