package hooks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// stagedSecret ends a situation of pre-commit with a secret in an odd repository.
func stagedSecret(r *repotest.Repo) step {
	r.Stage("secret.txt", withToken)
	return git(r, "commit", "-m", "c")
}

// stagedClean ends one that has to pass.
func stagedClean(r *repotest.Repo) step {
	r.Stage("clean.txt", clean)
	return git(r, "commit", "-m", "c")
}

// shapeSituations makes two situations of each shape: a false pass and a false
// block are both wrong.
func shapeSituations() []situation {
	cloned := func(t *testing.T, r *repotest.Repo, args ...string) *repotest.Repo {
		r.Commit("base", "a.txt", withToken, "d/b.txt", clean)
		r.Git("config", "uploadpack.allowFilter", "true")
		r.Git(append(append([]string{"clone", "-q"}, args...), "file://"+r.Dir, "../cloned")...)
		c := r.In("../cloned")
		install(t, c)
		return c
	}
	var all []situation
	for _, shape := range []struct {
		name string
		make func(t *testing.T, r *repotest.Repo) *repotest.Repo
	}{
		{"index version 4", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken, "d/b.txt", clean)
			r.Git("update-index", "--index-version", "4")
			return r
		}},
		{"split index", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken, "d/b.txt", clean)
			r.Git("update-index", "--split-index")
			return r
		}},
		{"untracked cache and fsmonitor daemon configured", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken, "d/b.txt", clean)
			r.Git("config", "core.untrackedCache", "true")
			r.Git("config", "core.fsmonitor", "/nowhere/at/all")
			return r
		}},
		{"sparse checkout", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken, "d/b.txt", clean, "e/c.txt", clean)
			r.Git("sparse-checkout", "set", "d")
			return r
		}},
		{"sparse index", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken, "d/b.txt", clean, "e/c.txt", clean)
			r.Git("sparse-checkout", "set", "--cone", "--sparse-index", "d")
			return r
		}},
		{"worktreeConfig", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Git("config", "core.repositoryFormatVersion", "1")
			r.Git("config", "extensions.worktreeConfig", "true")
			return r
		}},
		{"SHA-256", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Git("init", "-q", "--object-format=sha256", "../sha256")
			other := r.In("../sha256")
			install(t, other)
			other.Commit("base", "a.txt", withToken)
			return other
		}},
		{"shallow clone", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return cloned(t, r, "--depth=1") }},
		{"partial clone", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return cloned(t, r, "--filter=blob:none") }},
		{"treeless clone", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return cloned(t, r, "--filter=tree:0") }},
		{"shared clone", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Git("clone", "-q", "--shared", r.Dir, "../cloned")
			c := r.In("../cloned")
			install(t, c)
			return c
		}},
		{"dead alternate", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Write(".git/objects/info/alternates", "/nowhere/objects\n")
			return r
		}},
		{"packed, with commit graph and multi-pack index", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Git("gc", "-q")
			r.Git("multi-pack-index", "write")
			return r
		}},
		{"separate git folder", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Git("init", "-q", "--separate-git-dir", "../elsewhere")
			return r
		}},
		{"submodule", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Git("init", "-q", "../super")
			super := r.In("../super")
			super.Git("submodule", "add", "-q", r.Dir, "sub")
			sub := super.In("sub")
			install(t, sub)
			return sub
		}},
		{"HOME is not set", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Git("config", "user.name", "n")
			return r.With("HOME=", "XDG_CONFIG_HOME=")
		}},
		{"no folder for temporary files", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return r.With("TMPDIR=/nowhere") }},
		{"record cannot be written", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			return r.With("PEERCHECK_TEST_CACHE=/proc/nowhere")
		}},
		{"folder of the repository is a link", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			os.Symlink(r.Dir, filepath.Join(r.Dir, "../link"))
			return r.In("../link")
		}},
		{"folder of the repository has an odd name", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Git("init", "-q", "../it's a \"$(touch canary)\"\nname")
			odd := r.In("../it's a \"$(touch canary)\"\nname")
			install(t, odd)
			return odd
		}},
		{"broken .gitmodules", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("base", "a.txt", withToken)
			r.Write(".gitmodules", "[submodule broken\n")
			return r
		}},
	} {
		all = append(all,
			situation{shape.name + ", secret", func(t *testing.T, r *repotest.Repo) step { return stagedSecret(shape.make(t, r)) }, true, []string{"secret.txt:1:5"}},
			situation{shape.name + ", clean", func(t *testing.T, r *repotest.Repo) step { return stagedClean(shape.make(t, r)) }, false, nil})
	}
	return append(all, []situation{
		{"partial clone, the old version is not here", func(t *testing.T, r *repotest.Repo) step {
			c := cloned(t, r, "--filter=blob:none", "--no-checkout")
			c.Git("read-tree", "HEAD")
			c.Stage("a.txt", withToken+clean) // old or new cannot be told: it counts as new
			return git(c, "commit", "-m", "c")
		}, true, blocks},
		{"staged object is missing", func(t *testing.T, r *repotest.Repo) step {
			r.Stage("a.txt", "gone\n")
			id := r.Git("rev-parse", ":a.txt")
			os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
			return git(r, "hook", "run", "pre-commit")
		}, true, []string{"a.txt", "could not be judged"}},
		{"staged object is corrupt", func(t *testing.T, r *repotest.Repo) step {
			r.Stage("a.txt", "corrupt\n")
			id := r.Git("rev-parse", ":a.txt")
			loose := filepath.Join(r.Dir, ".git/objects", id[:2], id[2:])
			os.Chmod(loose, 0o644)
			os.WriteFile(loose, []byte("garbage"), 0o644)
			return git(r, "hook", "run", "pre-commit")
		}, true, []string{"a.txt", "could not be judged"}},
		{"index is corrupt", func(t *testing.T, r *repotest.Repo) step {
			r.Stage("a.txt", clean)
			index := r.Read(".git/index")
			r.Write(".git/index", index[:len(index)/2])
			return git(r, "hook", "run", "pre-commit")
		}, true, []string{"could not be checked"}},
		{"tree of HEAD is missing", func(t *testing.T, r *repotest.Repo) step {
			r.Commit("c", "a.txt", clean)
			id := r.Git("rev-parse", "HEAD^{tree}")
			r.Stage("b.txt", clean)
			os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
			return git(r, "hook", "run", "pre-commit")
		}, true, []string{"HEAD cannot be read"}},
		{"git is gone, and the repository needs it", func(t *testing.T, r *repotest.Repo) step {
			r.Git("init", "-q", "--object-format=sha256", "../sha256")
			other := r.In("../sha256")
			install(t, other)
			other.Stage("a.txt", clean)
			// A shell is still found, git is not.
			bin := filepath.Join(r.Dir, "../bin")
			os.Mkdir(bin, 0o755)
			for _, tool := range []string{"sh", "cat"} {
				if p, err := exec.LookPath(tool); err == nil {
					os.Symlink(p, filepath.Join(bin, tool))
				}
			}
			writeHook(t, filepath.Join(other.Dir, ".git/hooks/pre-commit.peercheck-saved"), "#!/bin/sh\nexit 0\n")
			script := other.Read(".git/hooks/pre-commit")
			writeHook(t, filepath.Join(other.Dir, ".git/hooks/pre-commit"), strings.Replace(script, "\nhook=", "\nPATH="+bin+"; export PATH\nhook=", 1))
			return git(other, "commit", "-m", "c")
		}, true, []string{"only the git program can read this"}},
	}...)
}

func TestShapes(t *testing.T) { runSituations(t, nil, shapeSituations()) }

// A read-only repository is judged all the same.
func TestReadOnly(t *testing.T) {
	if os.Geteuid() == 0 {
		// Root writes everywhere, so permissions prove nothing; what is written is
		// looked for instead.
		t.Log("running as root: permissions do not bind")
	}
	r := installed(t)
	r.Stage("a.txt", withToken)
	filepath.WalkDir(filepath.Join(r.Dir, ".git"), func(p string, d os.DirEntry, err error) error {
		if info, err := d.Info(); err == nil {
			os.Chmod(p, info.Mode().Perm()&^0o222)
		}
		return nil
	})
	t.Cleanup(func() {
		filepath.WalkDir(filepath.Join(r.Dir, ".git"), func(p string, d os.DirEntry, err error) error {
			os.Chmod(p, 0o755)
			return nil
		})
	})
	before := listing(t, filepath.Join(r.Dir, ".git"))
	msg, code := r.Try("hook", "run", "pre-commit")
	if code != 1 {
		t.Errorf("exit %d:\n%s", code, msg)
	}
	contains(t, msg, blocks...)
	if after := listing(t, filepath.Join(r.Dir, ".git")); after != before {
		t.Errorf("written:\n%s\n%s", before, after)
	}
}
