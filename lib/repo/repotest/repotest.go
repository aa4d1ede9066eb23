// Package repotest makes real Git repositories for tests. Use [New], then
// [Repo.Git] and [Repo.Write].
package repotest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Repo is a repository, or a further work tree of one, in a temporary folder.
type Repo struct {
	// Dir is the folder that commands run in.
	Dir string
	// Env is the environment of commands: isolated from the user's own, with a
	// fixed author and time.
	Env []string

	t testing.TB
}

// Environment is what git needs and nothing of the user's: a home of its own, no
// system configuration, a fixed author and time.
func Environment(home string) []string {
	env := []string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + filepath.Join(home, ".config"), "XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "TZ=UTC", "GIT_TERMINAL_PROMPT=0", "GIT_ADVICE=0",
		"GIT_AUTHOR_NAME=Ann Author", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=Carl Committer", "GIT_COMMITTER_EMAIL=carl@example.com", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
		"GIT_EDITOR=true", "GIT_SEQUENCE_EDITOR=true", "GIT_MERGE_AUTOEDIT=no",
	}
	for _, name := range []string{"PATH", "TMPDIR", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// New makes an empty repository with a branch "main". args go to git init. The
// test is skipped where there is no git.
func New(t testing.TB, args ...string) *Repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := at(t, t.TempDir())
	r.Git(append([]string{"init", "-q"}, args...)...)
	return r
}

// At is a repository in a folder that outlives the test, for benchmarks whose
// repository takes long to make. Where the folder is new, it is empty.
func At(t testing.TB, dir string) *Repo {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	r := at(t, t.TempDir())
	r.Dir = dir
	if _, err := os.Stat(dir); err != nil {
		r.Dir = filepath.Dir(dir)
		r.Git("init", "-q", dir)
		r.Dir = dir
	}
	return r
}

// at makes a home and a folder "repo" in base.
func at(t testing.TB, base string) *Repo {
	t.Helper()
	if real, err := filepath.EvalSymlinks(base); err == nil {
		base = real // git says the real path
	}
	home := filepath.Join(base, "home")
	dir := filepath.Join(base, "repo")
	for _, d := range []string{home, dir} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	config := "[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n[commit]\n\tgpgSign = false\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return &Repo{Dir: dir, Env: Environment(home), t: t}
}

// In gives the same environment in another folder, which is relative to Dir or absolute.
func (r *Repo) In(dir string) *Repo {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.Dir, dir)
	}
	return &Repo{Dir: dir, Env: r.Env, t: r.t}
}

// With gives the same repository with further environment variables.
func (r *Repo) With(env ...string) *Repo {
	return &Repo{Dir: r.Dir, Env: append(r.Env[:len(r.Env):len(r.Env)], env...), t: r.t}
}

// Command prepares a program in the repository's folder and environment.
func (r *Repo) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.Dir, r.Env
	return cmd
}

// Try runs git and gives what it printed, both streams together, and its exit code.
func (r *Repo) Try(args ...string) (string, int) {
	r.t.Helper()
	cmd := r.Command("git", args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cmd.ProcessState == nil {
		r.t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// Git runs git, which must succeed, and gives its standard output without the
// last newline.
func (r *Repo) Git(args ...string) string {
	r.t.Helper()
	cmd := r.Command("git", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s%s", args, err, out, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

// GitInput runs git with a standard input.
func (r *Repo) GitInput(input string, args ...string) string {
	r.t.Helper()
	cmd := r.Command("git", args...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Write writes a file, and the folders it is in.
func (r *Repo) Write(path, content string) {
	r.t.Helper()
	full := filepath.Join(r.Dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// Stage writes a file and adds it to the index.
func (r *Repo) Stage(path, content string) {
	r.t.Helper()
	r.Write(path, content)
	r.Git("add", "--", path)
}

// Commit writes files (path, content, path, content, ...) and commits them past
// any hook. It gives the commit.
func (r *Repo) Commit(message string, files ...string) string {
	r.t.Helper()
	for i := 0; i+1 < len(files); i += 2 {
		r.Stage(files[i], files[i+1])
	}
	r.Git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
	return r.Git("rev-parse", "HEAD")
}

// Read gives the content of a file.
func (r *Repo) Read(path string) string {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.Dir, path))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}
