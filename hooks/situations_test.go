package hooks_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// A situation is something that happens to people with Git, and what the hooks
// are to make of it.
type situation struct {
	name string
	// do prepares the repository, which has the hooks installed, and gives the
	// last command: the one that is judged, by whose exit code.
	do func(t *testing.T, r *repotest.Repo) step
	// blocked says whether the last command is to fail, and says what its
	// output must hold.
	blocked bool
	says    []string
}

// step is a git command in a repository.
type step struct {
	r    *repotest.Repo
	args []string
}

func git(r *repotest.Repo, args ...string) step { return step{r, args} }

const (
	clean    = "nothing to see\n"
	withWord = "this is FORBIDDEN\n"
)

var (
	withToken = "x = " + aToken + "\n"
	blocks    = []string{"secrets/test-token"}
)

func runSituations(t *testing.T, hookNames []string, all []situation) {
	if testing.Short() { // for the race detector a sample will do
		all = all[:min(len(all), 6)]
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := installed(t, hookNames...)
			last := s.do(t, r)
			before := state(t, last.r)
			msg, code := last.r.Try(last.args...)
			if (code != 0) != s.blocked {
				t.Errorf("git %q: exit %d, blocked should be %v; it said:\n%s", last.args, code, s.blocked, msg)
			}
			contains(t, msg, s.says...)
			if strings.Contains(msg, aToken) {
				t.Errorf("the secret is printed:\n%s", msg)
			}
			if strings.ContainsAny(msg, "\x1b\x07") {
				t.Errorf("a control character is printed: %q", msg)
			}
			moves := slices.Contains([]string{"merge", "rebase", "pull"}, last.args[0]) // Git itself has changed files by then
			if after := state(t, last.r); s.blocked && !moves && after != before {
				t.Errorf("the index or the work tree was touched:\nbefore %s\nafter %s", before, after)
			}
			noTraces(t, filepath.Dir(r.Dir))
		})
	}
}

// state renders what a hook must not touch: the index, and the files of the work
// tree with their times.
func state(t *testing.T, r *repotest.Repo) string {
	t.Helper()
	var b strings.Builder
	cmd := r.Command("git", "-c", "core.fsmonitor=false", "ls-files", "-s")
	cmd.Env = append(cmd.Env, "GIT_TRACE=")
	index, _ := cmd.Output()
	fmt.Fprintf(&b, "index\n%s\n", index)
	filepath.WalkDir(r.Dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" && p != r.Dir {
			return fs.SkipDir
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			content, _ := os.ReadFile(p)
			fmt.Fprintf(&b, "%s %v %v %q\n", p, info.Mode(), info.ModTime(), content[:min(len(content), 200)])
		}
		return nil
	})
	return b.String()
}

// noTraces looks for what must never be left or made: locks, our temporary
// files, and the canary of a command that was run from a name or a configuration.
func noTraces(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if name := d.Name(); strings.HasSuffix(name, ".lock") || strings.HasPrefix(name, "canary") || strings.HasSuffix(name, ".peercheck-new") {
			t.Errorf("%s was left or made", p)
		}
		return nil
	})
}

var commitSituations = []situation{
	{"first commit, clean", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", clean)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"first commit, secret", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"a.txt:1:5", "secrets/test-token", "a test token is in the file", "fix: Take it out", "git rm --cached a.txt", "PEERCHECK=0", "rotated"}},
	{"code finding", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.go", "package a // FORBIDDEN\n")
		return git(r, "commit", "-m", "c")
	}, true, []string{"a.go:1:14", "test/forbidden-word", "ignore: // peercheck:ignore test/forbidden-word -- REASON", "peercheck explain test/forbidden-word"}},
	{"second commit, clean", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Stage("a.txt", clean+clean)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"old finding, edit beside it", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withWord)
		r.Stage("a.txt", clean+withWord+clean)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"commit -a", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Write("a.txt", withToken)
		return git(r, "commit", "-a", "-m", "c")
	}, true, blocks},
	{"commit PATH", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean, "b.txt", clean)
		r.Write("a.txt", withToken)
		return git(r, "commit", "-m", "c", "a.txt")
	}, true, blocks},
	{"commit PATH leaves the staged rest out", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean, "b.txt", clean)
		r.Stage("b.txt", withToken)
		r.Write("a.txt", clean+clean)
		return git(r, "commit", "-m", "c", "a.txt")
	}, false, nil},
	{"commit --include PATH", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean, "b.txt", clean)
		r.Stage("b.txt", withToken)
		r.Write("a.txt", clean+clean)
		return git(r, "commit", "-m", "c", "--include", "a.txt")
	}, true, blocks},
	{"commit --amend", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Stage("a.txt", withToken)
		return git(r, "commit", "--amend", "--no-edit")
	}, true, blocks},
	{"commit --amend -a", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Write("a.txt", withToken)
		return git(r, "commit", "--amend", "--no-edit", "-a")
	}, true, blocks},
	{"commit --allow-empty", func(t *testing.T, r *repotest.Repo) step {
		return git(r, "commit", "--allow-empty", "-m", "c")
	}, false, nil},
	{"staged secret, clean work tree", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		r.Write("a.txt", clean)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"staged clean, secret in the work tree", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", clean)
		r.Write("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"untracked secret", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", clean)
		r.Write("b.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"secret in an ignored file that was added by force", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".gitignore", "*.env\n")
		r.Write("a.env", withToken)
		r.Git("add", "-f", "a.env")
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"secret removed", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Stage("a.txt", clean)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"file with a secret deleted", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Git("rm", "-q", "a.txt")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"file with a secret renamed", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Git("mv", "a.txt", "b.txt")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"renamed, and a second secret", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken+clean+clean)
		r.Git("mv", "a.txt", "b.txt")
		r.Stage("b.txt", withToken+clean+clean+"TOKEN-"+"99999999\n")
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"mode change of a file with an old secret", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Git("update-index", "--chmod=+x", "a.txt")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"intent to add", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Write("b.txt", withToken)
		r.Git("add", "-N", "b.txt")
		r.Stage("a.txt", clean+clean)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"PEERCHECK=0 is said", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.With("PEERCHECK=0"), "commit", "-m", "c")
	}, false, []string{"SKIPPED, because PEERCHECK=0: nothing was checked"}},
	{"SKIP=peercheck is said", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.With("SKIP=other,peercheck"), "commit", "-m", "c")
	}, false, []string{"SKIPPED"}},
	{"SKIP of something else", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.With("SKIP=other,peercheckers"), "commit", "-m", "c")
	}, true, blocks},
	{"PEERCHECK=1 is no skip", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.With("PEERCHECK=1"), "commit", "-m", "c")
	}, true, blocks},
	{"ignored with a reason", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.go", "package a // FORBIDDEN peercheck:ignore test/forbidden-word -- just a word\n")
		return git(r, "commit", "-m", "c")
	}, true, nil}, // the comment does not begin with it
	{"ignored with a reason, properly", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.go", "package a\n\nvar FORBIDDEN = 1 // peercheck:ignore test/forbidden-word -- just a word\n")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"configuration switches a check off", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".peercheck.yaml", "checks:\n  test/forbidden-word: off\n")
		r.Stage("a.txt", withWord)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"configuration that comes with a secret and excludes it", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c")
		r.Stage(".peercheck.yaml", "exclude: [testdata]\n")
		r.Stage("testdata/a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"testdata/a.txt:1:5", "commit .peercheck.yaml first"}},
	{"configuration that comes with a secret and switches its check off", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c")
		r.Stage(".peercheck.yaml", "checks:\n  secrets/*: off\n")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"configuration that comes with a secret and weakens its check", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", ".peercheck.yaml", "persona: regular\n")
		r.Stage(".peercheck.yaml", "checks:\n  secrets/test-token: low\n")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"1 finding blocks this commit"}},
	{"configuration in the first commit that excludes a secret", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".peercheck.yaml", "exclude: [testdata]\n")
		r.Stage("testdata/a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"configuration of the commit before excludes a secret", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", ".peercheck.yaml", "exclude: [testdata]\n")
		r.Stage(".peercheck.yaml", "exclude: [testdata, other]\n")
		r.Stage("testdata/a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"configuration that repairs the one before", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", ".peercheck.yaml", "chekcs: {}\n")
		r.Stage(".peercheck.yaml", "exclude: [testdata]\n")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"advice for a path that has to be quoted", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c")
		r.Stage("my file's.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{`git restore --staged 'my file'\''s.txt'`}},
	{"advice for several files", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c")
		r.Stage("a.txt", withToken)
		r.Stage("b.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"git restore --staged FILE"}},
	{"symbolic link that names a secret", func(t *testing.T, r *repotest.Repo) step {
		os.Symlink(aToken, filepath.Join(r.Dir, "link"))
		r.Git("add", "link")
		return git(r, "commit", "-m", "c")
	}, true, []string{"link:1:1"}},
	{"symbolic link to a secret outside", func(t *testing.T, r *repotest.Repo) step {
		r.Write("../outside", withToken)
		os.Symlink("../outside", filepath.Join(r.Dir, "link"))
		r.Git("add", "link")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"configuration of the work tree does not count", func(t *testing.T, r *repotest.Repo) step {
		r.Write(".peercheck.yaml", "checks:\n  test/forbidden-word: off\n")
		r.Stage("a.txt", withWord)
		return git(r, "commit", "-m", "c")
	}, true, []string{"test/forbidden-word"}},
	{"configuration that is wrong", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".peercheck.yaml", "chekcs: {}\n")
		return git(r, "commit", "-m", "c")
	}, true, []string{".peercheck.yaml:1:1", "chekcs"}},
	{"configuration that is a link", func(t *testing.T, r *repotest.Repo) step {
		os.Symlink("/etc/passwd", filepath.Join(r.Dir, ".peercheck.yaml"))
		r.Git("add", ".peercheck.yaml")
		r.Stage("a.txt", clean)
		return git(r, "commit", "-m", "c")
	}, true, []string{".peercheck.yaml", "not a regular file"}},
}

func TestCommit(t *testing.T) { runSituations(t, []string{"pre-commit"}, commitSituations) }
