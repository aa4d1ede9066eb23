package repo_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
	"github.com/peercheck/peercheck/lib/source"
)

func open(t *testing.T, r *repotest.Repo) *repo.Repo {
	t.Helper()
	g, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Env: r.Env})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// describe renders a change, one line for each entry and file, so that a test
// compares texts.
func describe(t *testing.T, c source.Change) string {
	t.Helper()
	var b strings.Builder
	for e, err := range c.Head.Entries(t.Context()) {
		if err != nil {
			return "error: " + err.Error()
		}
		d, err := e.Load(t.Context())
		if err != nil {
			t.Logf("%q: %v", e.Path, err)
			fmt.Fprintf(&b, "entry %q: error\n", e.Path)
			continue
		}
		if len(d.Content) > 1000 { // large ones by digest
			fmt.Fprintf(&b, "entry %q: %x\n", e.Path, sha256.Sum256(d.Content))
			continue
		}
		if !d.Binary && d.Encoding == "" && e.Size != int64(len(d.Content)) {
			fmt.Fprintf(&b, "size %d, but %d bytes: ", e.Size, len(d.Content))
		}
		fmt.Fprintf(&b, "entry %q: %q\n", e.Path, d.Content)
	}
	for _, f := range c.Files {
		fmt.Fprintf(&b, "file %q was %q\n", f.Path, f.BasePaths)
	}
	return b.String()
}

func staged(t *testing.T, r *repotest.Repo) string {
	t.Helper()
	c, err := open(t, r).Staged(t.Context())
	if err != nil {
		return "error: " + err.Error()
	}
	return describe(t, c)
}

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

func TestStaged(t *testing.T) {
	long := strings.Repeat("one line of many\n", 3) + "a\nb\nc\nd\ne\nf\ng\n"
	for _, tt := range []struct {
		name string
		do   func(r *repotest.Repo) *repotest.Repo // gives where to look, or nil for r
		want string
	}{
		{"unborn, nothing staged", func(r *repotest.Repo) *repotest.Repo { return nil }, ""},
		{"unborn", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "1\n")
			return nil
		}, lines(`entry "a": "1\n"`, `file "a" was []`)},
		{"nothing staged", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			return nil
		}, ""},
		{"added, changed, deleted", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "changed", "1\n", "gone", "1\n", "same", "1\n")
			r.Stage("changed", "2\n")
			r.Stage("new", "3\n")
			r.Git("rm", "-q", "gone")
			return nil
		}, lines(`entry "changed": "2\n"`, `entry "new": "3\n"`, `file "changed" was ["changed"]`, `file "" was ["gone"]`, `file "new" was [""]`)},
		{"the index counts, not the work tree", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Stage("a", "staged\n")
			r.Write("a", "dirty\n")
			r.Write("untracked", "dirty\n")
			return nil
		}, lines(`entry "a": "staged\n"`, `file "a" was ["a"]`)},
		{"staged and removed from the work tree", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "staged\n")
			os.Remove(filepath.Join(r.Dir, "a"))
			return nil
		}, lines(`entry "a": "staged\n"`, `file "a" was []`)},
		{"intent to add", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Write("later", "2\n")
			r.Git("add", "-N", "later")
			return nil
		}, ""},
		{"mode only", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("update-index", "--chmod=+x", "a")
			return nil
		}, ""},
		{"symbolic link and submodule entry", func(r *repotest.Repo) *repotest.Repo {
			id := r.Commit("c", "a", "1\n")
			os.Symlink("/etc/passwd", filepath.Join(r.Dir, "link"))
			r.Git("add", "link")
			r.Git("update-index", "--add", "--cacheinfo", "160000,"+id+",sub")
			return nil
		}, lines(`entry "link": "/etc/passwd"`, `file "link" was [""]`)},
		{"file becomes link", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			os.Remove(filepath.Join(r.Dir, "a"))
			os.Symlink("b", filepath.Join(r.Dir, "a"))
			r.Git("add", "a")
			return nil
		}, lines(`entry "a": "b"`, `file "a" was ["a"]`)},
		{"link becomes file", func(r *repotest.Repo) *repotest.Repo {
			os.Symlink("b", filepath.Join(r.Dir, "a"))
			r.Git("add", "a")
			r.Commit("c")
			os.Remove(filepath.Join(r.Dir, "a"))
			r.Stage("a", "1\n")
			return nil
		}, lines(`entry "a": "1\n"`, `file "a" was ["a"]`)},
		{"file becomes folder", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("rm", "-q", "a")
			r.Stage("a/b", "2\n")
			return nil
		}, lines(`entry "a/b": "2\n"`, `file "" was ["a"]`, `file "a/b" was [""]`)},
		{"exact rename", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "old", "1\n")
			r.Git("mv", "old", "new")
			return nil
		}, lines(`entry "new": "1\n"`, `file "new" was ["old"]`)},
		{"rename with an edit", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "old", long, "other", "nothing alike\n")
			r.Git("mv", "old", "new")
			r.Git("rm", "-q", "other")
			r.Stage("new", long+"h\n")
			return nil
		}, lines(fmt.Sprintf(`entry "new": %q`, long+"h\n"), `file "new" was ["old"]`, `file "" was ["other"]`)},
		{"conflict", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("switch", "-q", "-c", "side")
			r.Commit("side", "a", "2\n", "clean", "from side\n")
			r.Git("switch", "-q", "main")
			r.Commit("main", "a", "3\n")
			r.Try("merge", "side")
			return nil
		}, lines(`entry "a": error`, `file "a" was ["a" "a"]`)},
		{"conflict resolved", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("switch", "-q", "-c", "side")
			r.Commit("side", "a", "2\n", "clean", "from side\n")
			r.Git("switch", "-q", "main")
			r.Commit("main", "a", "3\n")
			r.Try("merge", "side")
			r.Stage("a", "2 and 3\n")
			return nil
		}, lines(`entry "a": "2 and 3\n"`, `file "a" was ["a" "a"]`)},
		{"conflict resolved to one side", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("switch", "-q", "-c", "side")
			r.Commit("side", "a", "2\n")
			r.Git("switch", "-q", "main")
			r.Commit("main", "a", "3\n")
			r.Try("merge", "side")
			r.Stage("a", "2\n")
			return nil
		}, ""},
		{"odd paths", func(r *repotest.Repo) *repotest.Repo {
			for i, p := range oddPaths {
				id := r.GitInput(fmt.Sprintln(i), "hash-object", "-w", "--stdin")
				r.GitInput("100644 "+id+"\t"+p+"\x00", "update-index", "-z", "--add", "--index-info")
			}
			return nil
		}, oddPathsWant()},
		{"assume unchanged and skip worktree", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n", "b", "1\n")
			r.Stage("a", "2\n")
			r.Stage("b", "2\n")
			r.Git("update-index", "--assume-unchanged", "a")
			r.Git("update-index", "--skip-worktree", "b")
			return nil
		}, lines(`entry "a": "2\n"`, `entry "b": "2\n"`, `file "a" was ["a"]`, `file "b" was ["b"]`)},
		{"relative GIT_INDEX_FILE", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			other := r.With("GIT_INDEX_FILE=.git/other")
			other.Git("read-tree", "HEAD")
			other.Stage("a", "2\n")
			return other
		}, lines(`entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"absolute GIT_INDEX_FILE", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			other := r.With("GIT_INDEX_FILE=" + filepath.Join(r.Dir, "..", "other"))
			other.Git("read-tree", "HEAD")
			other.Stage("a", "2\n")
			return other
		}, lines(`entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"from a subfolder", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("sub/a", "1\n")
			return r.In("sub")
		}, lines(`entry "sub/a": "1\n"`, `file "sub/a" was []`)},
		{"GIT_DIR and GIT_WORK_TREE", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "1\n")
			return r.In("..").With("GIT_DIR=repo/.git", "GIT_WORK_TREE=repo")
		}, lines(`entry "a": "1\n"`, `file "a" was []`)},
		{"linked worktree", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("worktree", "add", "-q", "../linked")
			linked := r.In("../linked")
			linked.Stage("a", "2\n")
			r.Stage("a", "not mine\n")
			return linked
		}, lines(`entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"linked worktree, detached", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("worktree", "add", "-q", "--detach", "../linked")
			linked := r.In("../linked")
			linked.Stage("b", "2\n")
			return linked
		}, lines(`entry "b": "2\n"`, `file "b" was [""]`)},
		{"submodule", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			r.Git("init", "-q", "../super")
			super := r.In("../super")
			super.Git("submodule", "add", "-q", r.Dir, "sub")
			sub := super.In("sub")
			sub.Stage("a", "2\n")
			return sub
		}, lines(`entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"UTF-16", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "\xff\xfea\x00b\x00")
			return nil
		}, lines(`entry "a": "ab"`, `file "a" was []`)},
		{"corrupt index", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "1\n")
			r.Write(".git/index", "DIRC garbage")
			return nil
		}, "error: git diff-index: fatal: .git/index: index file smaller than expected\n"},
		{"missing blob", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "1\n")
			id := r.Git("rev-parse", ":a")
			os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
			return nil
		}, lines(`entry "a": error`, `file "a" was []`)},
		{"corrupt blob", func(r *repotest.Repo) *repotest.Repo {
			r.Stage("a", "1\n")
			r.Stage("b", "2\n")
			id := r.Git("rev-parse", ":a")
			loose := filepath.Join(".git/objects", id[:2], id[2:])
			os.Chmod(filepath.Join(r.Dir, loose), 0o644)
			r.Write(loose, "garbage")
			return nil
		}, lines(`entry "a": error`, `entry "b": "2\n"`, `file "a" was []`, `file "b" was []`)},
		{"missing tree of HEAD", func(r *repotest.Repo) *repotest.Repo {
			r.Commit("c", "a", "1\n")
			id := r.Git("rev-parse", "HEAD^{tree}")
			os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
			return nil
		}, `error: HEAD cannot be read`},
		{"missing commit of HEAD", func(r *repotest.Repo) *repotest.Repo {
			id := r.Commit("c", "a", "1\n")
			os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
			return nil
		}, `error: HEAD cannot be read`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			at := tt.do(r)
			if at == nil {
				at = r
			}
			before := snapshot(t, filepath.Dir(r.Dir))
			got := staged(t, at)
			if strings.HasPrefix(tt.want, "error: ") {
				if !strings.HasPrefix(got, strings.TrimSuffix(tt.want, "\n")) {
					t.Errorf("got %s\nwant an error that begins with %s", got, tt.want)
				}
			} else if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if after := snapshot(t, filepath.Dir(r.Dir)); after != before {
				t.Errorf("something was written:\nbefore %s\nafter %s", before, after)
			}
		})
	}
}

var oddPaths = []string{
	"$(touch canary)", "-leading", "with\nnewline", "with\ttab", `with"quotes"`, "with'single'", "with\\backslash",
	"with space", "*.glob[a-z]", "caf\u00e9", "cafe\u0301", "non-utf8-\xff\xfe", ":(exclude)magic", "sub dir/\x01control",
}

func oddPathsWant() string {
	sorted := append([]string(nil), oddPaths...)
	number := map[string]int{}
	for i, p := range oddPaths {
		number[p] = i
	}
	var entries, files strings.Builder
	slices.Sort(sorted)
	for _, p := range sorted {
		fmt.Fprintf(&entries, "entry %q: \"%d\\n\"\n", p, number[p])
		fmt.Fprintf(&files, "file %q was []\n", p)
	}
	return entries.String() + files.String()
}

// snapshot renders every file below a folder with its content and time.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s %v %v", p, info.Mode(), info.ModTime())
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %x", content)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFS(t *testing.T) {
	r := repotest.New(t)
	r.Commit("c", "go.mod", "module m\n", "p/a.go", "package p\n", "p/q/b.go", "package q\n")
	os.Symlink("p/a.go", filepath.Join(r.Dir, "link"))
	r.Git("add", "link")
	r.Git("update-index", "--add", "--cacheinfo", "160000,"+r.Git("rev-parse", "HEAD")+",sub")
	r.Commit("links")
	g := open(t, r)
	c, err := g.Staged(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commit, err := g.TreeSource(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	for name, fsys := range map[string]fs.FS{"index": c.Head.FS(), "base": c.Bases[0].FS(), "commit": commit.FS()} {
		t.Run(name, func(t *testing.T) {
			regular, err := fs.Sub(fsys, "p")
			if err != nil {
				t.Fatal(err)
			}
			if err := fstest.TestFS(regular, "a.go", "q/b.go"); err != nil {
				t.Error(err)
			}
			if b, err := fs.ReadFile(fsys, "go.mod"); string(b) != "module m\n" || err != nil {
				t.Errorf("go.mod: %q, %v", b, err)
			}
			if _, err := fs.ReadFile(fsys, "link"); !errors.Is(err, source.ErrNotRegular) {
				t.Errorf("link: %v", err)
			}
			if entries, err := fs.ReadDir(fsys, "sub"); err != nil || len(entries) != 0 {
				t.Errorf("sub: %v, %v", entries, err)
			}
			for _, missing := range []string{"nothing", "p/nothing", "go.mod/x", "nothing/x"} {
				if _, err := fs.Stat(fsys, missing); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: %v", missing, err)
				}
			}
		})
	}
}

func TestBetween(t *testing.T) {
	r := repotest.New(t)
	first := r.Commit("1", "a", "1\n", "d/b", "1\n", "d/e/c", "1\n")
	r.Git("mv", "a", "d/a2")
	second := r.Commit("2", "d/e/c", "2\n", "f/g", "3\n")
	g := open(t, r)
	for _, tt := range []struct {
		head  string
		bases []string
		want  string
	}{
		{second, []string{first}, lines(`entry "d/a2": "1\n"`, `entry "d/e/c": "2\n"`, `entry "f/g": "3\n"`,
			`file "d/a2" was ["a"]`, `file "d/e/c" was ["d/e/c"]`, `file "f/g" was [""]`)},
		{second, []string{second}, ""},
		{second, []string{second, first}, ""},
		{first, nil, lines(`entry "a": "1\n"`, `entry "d/b": "1\n"`, `entry "d/e/c": "1\n"`,
			`file "a" was []`, `file "d/b" was []`, `file "d/e/c" was []`)},
	} {
		c, err := g.Between(t.Context(), tt.head, tt.bases...)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(t, c); got != tt.want {
			t.Errorf("%s..%s: got:\n%s\nwant:\n%s", tt.bases, tt.head, got, tt.want)
		}
	}
	if _, err := g.Between(t.Context(), "no-such-revision", first); !errors.Is(err, repo.ErrMissing) {
		t.Errorf("unknown revision: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	r := repotest.New(t)
	if _, err := repo.Open(t.Context(), repo.Options{Dir: filepath.Dir(r.Dir), Env: r.Env}); !errors.Is(err, repo.ErrNotRepository) {
		t.Errorf("outside a repository: %v", err)
	}
	// For which git need not be started.
	if _, err := repo.Open(t.Context(), repo.Options{Dir: filepath.Dir(r.Dir), Env: r.Env, Git: "/nowhere/git"}); !errors.Is(err, repo.ErrNotRepository) {
		t.Errorf("outside a repository, without asking git: %v", err)
	}
	// It has to be where there is a bare one, of which only git knows whether it counts.
	r.Git("init", "-q", "--bare", "../bare.git")
	if _, err := repo.Open(t.Context(), repo.Options{Dir: filepath.Join(filepath.Dir(r.Dir), "bare.git", "refs"), Env: r.Env}); err == nil || !strings.Contains(err.Error(), "safe.bareRepository") {
		t.Errorf("inside a bare repository: %v", err)
	}
	// Without a git program the other backend steps in.
	r.Stage("a", "1\n")
	g, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Env: []string{"PATH=/nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if c, err := g.Staged(t.Context()); err != nil || len(c.Files) != 1 {
		t.Errorf("without git: %v, %v", c.Files, err)
	}
	if _, err := g.HooksDir(t.Context()); err == nil {
		t.Error("the hooks folder without git: no error")
	}
}

// The index as a file system holds what git lists, whatever changed.
func TestIndexFSAgainstGit(t *testing.T) {
	for name, do := range map[string]func(r *repotest.Repo){
		"unborn":  func(r *repotest.Repo) { r.Stage("d/e/f", "1\n"); r.Stage("a", "1\n") },
		"nothing": func(r *repotest.Repo) { r.Commit("c", "a", "1\n", "d/b", "1\n") },
		"folder empties": func(r *repotest.Repo) {
			r.Commit("c", "a", "1\n", "d/e/b", "1\n", "d/e/c", "1\n")
			r.Git("rm", "-rq", "d")
		},
		"folder half empty": func(r *repotest.Repo) {
			r.Commit("c", "a", "1\n", "d/e/b", "1\n", "d/c", "1\n")
			r.Git("rm", "-rq", "d/e")
		},
		"file to folder": func(r *repotest.Repo) { r.Commit("c", "a", "1\n"); r.Git("rm", "-q", "a"); r.Stage("a/b/c", "1\n") },
		"folder to file": func(r *repotest.Repo) {
			r.Commit("c", "a/b/c", "1\n", "a/d", "1\n")
			r.Git("rm", "-rq", "a")
			r.Stage("a", "1\n")
		},
		"new in old folders": func(r *repotest.Repo) {
			r.Commit("c", "a/b/c", "1\n")
			r.Stage("a/b/d", "1\n")
			r.Stage("a/e/f/g", "1\n")
		},
		"everything gone": func(r *repotest.Repo) { r.Commit("c", "a/b/c", "1\n"); r.Git("rm", "-rq", "a") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			do(r)
			c, err := open(t, r).Staged(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			err = fs.WalkDir(c.Head.FS(), ".", func(p string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if d.IsDir() {
					if entries, _ := fs.ReadDir(c.Head.FS(), p); len(entries) == 0 && p != "." {
						t.Errorf("%s is an empty folder", p)
					}
					return nil
				}
				content, err := fs.ReadFile(c.Head.FS(), p)
				got = append(got, fmt.Sprintf("%s %q", p, content))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, p := range strings.Fields(r.Git("ls-files")) {
				want = append(want, fmt.Sprintf("%s %q", p, r.Git("show", ":"+p)+"\n"))
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}

// The work tree is where git says it is, without git being asked; and from within
// the folder .git the repository is the one that it belongs to.
func TestRoot(t *testing.T) {
	for name, at := range map[string]func(r *repotest.Repo) *repotest.Repo{
		"core.worktree": func(r *repotest.Repo) *repotest.Repo {
			r.Git("config", "core.worktree", "../../elsewhere")
			return r.In("../elsewhere").With("GIT_DIR=../repo/.git")
		},
		"core.worktree in an included file does not count": func(r *repotest.Repo) *repotest.Repo {
			r.Write(".git/more", "[core]\n\tworktree = ../../elsewhere\n")
			r.Git("config", "INCLUDE.path", "more")
			return r.With("GIT_DIR=.git")
		},
		"core.worktree in the environment does not count": func(r *repotest.Repo) *repotest.Repo {
			return r.With("GIT_DIR=.git", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.worktree", "GIT_CONFIG_VALUE_0=../../elsewhere")
		},
		"core.bare in the environment does not count": func(r *repotest.Repo) *repotest.Repo {
			return r.With("GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.bare", "GIT_CONFIG_VALUE_0=true")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := repotest.New(t)
			r.Commit("c", "a.txt", "1\n")
			r.Write("../elsewhere/a.txt", "2\n")
			r = at(r)
			if got, want := open(t, r).Root(), r.Git("rev-parse", "--show-toplevel"); got != want {
				t.Errorf("root %s, git says %s", got, want)
			}
		})
	}
	r := repotest.New(t)
	r.Stage("a.txt", "1\n")
	g := open(t, r.In(".git/objects"))
	if c, err := g.Staged(t.Context()); g.Root() != r.Dir || err != nil || len(c.Files) != 1 {
		t.Errorf("within .git: root %s, staged %+v, %v", g.Root(), c.Files, err)
	}
}
