package repo_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// A shape is a kind of repository that exists in the wild.
type shape struct {
	name string
	// make builds it in a new repository and says where to look; nil is there.
	make func(t *testing.T, r *repotest.Repo) *repotest.Repo
	// fails says that it cannot be read, by either backend.
	fails bool
	// needsGit says that only git can read it.
	needsGit bool
}

// some commits and something staged, in several folders.
func some(r *repotest.Repo) {
	r.Commit("one", "a.txt", "1\n", "d/b.txt", "1\n", "d/e/c.txt", "1\n", "d/e/f/g.txt", "1\n")
	r.Commit("two", "a.txt", "2\n", "h/i.txt", "2\n")
	r.Git("tag", "-m", "annotated", "v1")
	r.Git("mv", "h/i.txt", "h/j.txt")
	r.Git("rm", "-q", "d/b.txt")
	r.Stage("d/e/c.txt", "staged\n")
	r.Stage("new/file.txt", "staged\n")
	r.Write("a.txt", "dirty\n")
}

func inDir(t *testing.T, r *repotest.Repo) string { return filepath.Join(r.Dir, ".git") }

var shapes = []shape{
	{name: "plain", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo { some(r); return nil }},
	{name: "subfolder", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo { some(r); return r.In("d/e") }},
	{name: "unborn, no index", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo { return nil }},
	{name: "unborn", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo { r.Stage("d/a", "1\n"); return nil }},
	{name: "packed", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("gc", "-q")
		r.Git("pack-refs", "--all")
		return nil
	}},
	{name: "multi-pack index, commit graph, cruft pack", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.GitInput("unreachable", "hash-object", "-w", "--stdin")
		r.Git("repack", "-q", "--cruft", "-d")
		r.Commit("three", "k.txt", "3\n")
		r.Git("repack", "-q")
		r.Git("multi-pack-index", "write")
		r.Git("commit-graph", "write", "--reachable")
		return nil
	}},
	{name: "index version 3", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("update-index", "--skip-worktree", "d/e/f/g.txt")
		r.Write("later", "1\n")
		r.Git("add", "-N", "later")
		return nil
	}},
	{name: "index version 4", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("update-index", "--index-version", "4")
		return nil
	}},
	{name: "index with threads' extensions and untracked cache", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		r.Git("config", "index.threads", "2")
		r.Git("config", "core.untrackedCache", "true")
		some(r)
		r.Git("update-index", "--force-untracked-cache")
		r.Git("status")
		return nil
	}},
	{name: "index without a checksum", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		index := []byte(r.Read(".git/index"))
		clear(index[len(index)-20:])
		r.Write(".git/index", string(index))
		return nil
	}},
	{name: "cache tree complete", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("write-tree")
		return nil
	}},
	{name: "cache tree complete, nothing staged", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		r.Git("read-tree", "HEAD")
		return nil
	}},
	{name: "split index", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "splitIndex.maxPercentChange", "100")
		r.Git("update-index", "--split-index")
		r.Git("rm", "-q", "--cached", "a.txt")
		r.Stage("d/e/f/g.txt", "changed after the split\n")
		r.Stage("zz.txt", "added after the split\n")
		return nil
	}},
	{name: "split index, nothing since", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("update-index", "--split-index")
		return nil
	}},
	{name: "split index in a linked work tree", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("worktree", "add", "-q", "../linked")
		linked := r.In("../linked")
		linked.Git("config", "splitIndex.maxPercentChange", "100")
		linked.Git("update-index", "--split-index")
		linked.Stage("a.txt", "linked\n")
		return linked
	}},
	{name: "sparse checkout", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Commit("three")
		r.Git("sparse-checkout", "set", "h")
		r.Stage("h/new.txt", "1\n")
		return nil
	}},
	{name: "sparse index", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		r.Git("sparse-checkout", "set", "--cone", "--sparse-index", "h")
		r.Stage("h/new.txt", "1\n")
		return nil
	}},
	{name: "sparse index, a folder differs from HEAD", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		r.Git("sparse-checkout", "set", "--cone", "--sparse-index", "h")
		r.Git("reset", "-q", "--soft", "HEAD^")
		return nil
	}},
	{name: "extensions.worktreeConfig", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "core.repositoryFormatVersion", "1")
		r.Git("config", "extensions.worktreeConfig", "true")
		return nil
	}},
	{name: "odd configuration", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "branch.main.rebase", "merges")
		r.Git("config", "core.fileMode", "false")
		r.Write(".gitmodules", "[submodule broken\n")
		return nil
	}},
	{name: "linked work tree", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("worktree", "add", "-q", "../linked")
		linked := r.In("../linked")
		linked.Stage("mine.txt", "1\n")
		return linked
	}},
	{name: "linked work tree, detached", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("worktree", "add", "-q", "--detach", "../linked", "HEAD^")
		linked := r.In("../linked")
		linked.Stage("mine.txt", "1\n")
		return linked
	}},
	{name: "linked work tree, unborn", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("worktree", "add", "-q", "--detach", "../linked")
		linked := r.In("../linked")
		linked.Git("switch", "-q", "--orphan", "fresh")
		linked.Stage("mine.txt", "1\n")
		return linked
	}},
	{name: "bare", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("clone", "-q", "--bare", ".", "../bare.git")
		return r.In("../bare.git")
	}},
	{name: "separate git folder", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("init", "-q", "--separate-git-dir", "../elsewhere")
		return nil
	}},
	{name: "submodule", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("init", "-q", "../super")
		super := r.In("../super")
		super.Git("submodule", "add", "-q", r.Dir, "sub")
		sub := super.In("sub")
		sub.Stage("mine.txt", "1\n")
		return sub
	}},
	{name: "superproject with links", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		os.Symlink("a.txt", filepath.Join(r.Dir, "link"))
		r.Git("add", "link")
		r.Git("update-index", "--add", "--cacheinfo", "160000,"+r.Git("rev-parse", "HEAD")+",sub")
		return nil
	}},
	{name: "conflict", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		r.Git("switch", "-q", "-c", "side", "HEAD^")
		r.Commit("side", "a.txt", "side\n", "s.txt", "side\n")
		r.Git("switch", "-q", "main")
		r.Try("merge", "side")
		return nil
	}},
	{name: "octopus in progress", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		for _, b := range []string{"x", "y"} {
			r.Git("switch", "-q", "-c", b, "main")
			r.Commit(b, b, b+"\n")
		}
		r.Git("switch", "-q", "main")
		r.Commit("three", "k", "3\n")
		r.Git("merge", "-q", "--no-commit", "x", "y")
		return nil
	}},
	{name: "merged history", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("reset", "-q", "--hard")
		r.Git("switch", "-q", "-c", "side", "HEAD^")
		r.Commit("side", "a.txt", "side\n", "s.txt", "side\n")
		r.Git("switch", "-q", "main")
		r.Try("merge", "side")
		r.Stage("a.txt", "both\n")
		r.Stage("evil.txt", "evil\n")
		r.Commit("merge")
		return nil
	}},
	{name: "odd paths", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		for i, p := range oddPaths {
			id := r.GitInput(fmt.Sprintln(i), "hash-object", "-w", "--stdin")
			r.GitInput("100644 "+id+"\t"+p+"\x00", "update-index", "-z", "--add", "--index-info")
		}
		r.Commit("odd")
		for i, p := range oddPaths {
			id := r.GitInput(fmt.Sprintln(i+100), "hash-object", "-w", "--stdin")
			r.GitInput("100644 "+id+"\t"+p+"\x00", "update-index", "-z", "--add", "--index-info")
		}
		return nil
	}},
	{name: "file and folder change places", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		r.Commit("one", "a/b", "1\n", "c", "1\n", "a-b", "1\n", "a.b", "1\n", "a0", "1\n")
		r.Git("rm", "-rq", "a", "c")
		r.Stage("a", "file\n")
		r.Stage("c/d", "folder\n")
		return nil
	}},
	{name: "shallow clone", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("clone", "-q", "--depth=1", "file://"+r.Dir, "../shallow")
		shallow := r.In("../shallow")
		shallow.Stage("a.txt", "3\n")
		return shallow
	}},
	{name: "partial clone", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "uploadpack.allowFilter", "true")
		r.Git("clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+r.Dir, "../partial")
		partial := r.In("../partial")
		partial.Git("read-tree", "HEAD")
		partial.Stage("mine.txt", "1\n")
		return partial
	}},
	{name: "partial clone, staged what is not here", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "uploadpack.allowFilter", "true")
		r.Git("clone", "-q", "--no-checkout", "--filter=blob:none", "file://"+r.Dir, "../partial")
		partial := r.In("../partial")
		partial.Git("config", "core.repositoryFormatVersion", "1")
		partial.Git("config", "extensions.partialClone", "origin")
		return partial // nothing is checked out: everything is staged as deleted
	}},
	{name: "shared clone", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("clone", "-q", "--shared", ".", "../shared")
		shared := r.In("../shared")
		shared.Stage("mine.txt", "1\n")
		return shared
	}},
	{name: "nested alternates, relative, quoted, commented, dead", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("clone", "-q", "--shared", ".", "../second")
		second := r.In("../second")
		second.Commit("second", "second.txt", "1\n")
		second.Git("clone", "-q", "--shared", ".", "../third")
		third := r.In("../third")
		third.Stage("mine.txt", "1\n")
		third.Write(".git/objects/info/alternates", "# a comment\n/nowhere/objects\n\"../../../second/.git/objects\"\n")
		second.Write(".git/objects/info/alternates", "../../../repo/.git/objects\n")
		return third
	}},
	{name: "GIT_DIR and GIT_WORK_TREE", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		return r.In("..").With("GIT_DIR=repo/.git", "GIT_WORK_TREE=repo")
	}},
	{name: "GIT_DIR alone", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		return r.With("GIT_DIR=" + inDir(t, r))
	}},
	{name: "GIT_INDEX_FILE", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		other := r.With("GIT_INDEX_FILE=.git/other-index")
		other.Git("read-tree", "HEAD")
		other.Stage("mine.txt", "1\n")
		return other
	}},
	{name: "core.worktree", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		os.Rename(inDir(t, r), filepath.Join(r.Dir, "../moved"))
		r.In("..").Git("--git-dir=moved", "config", "core.worktree", "../repo")
		return r.In("..").With("GIT_DIR=" + filepath.Join(r.Dir, "../moved"))
	}},
	{name: "objects in a quarantine", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		objects := filepath.Join(r.Dir, ".git/objects")
		quarantine := filepath.Join(objects, "tmp_objdir-incoming-x")
		os.MkdirAll(filepath.Join(quarantine, "pack"), 0o755)
		q := r.With("GIT_OBJECT_DIRECTORY="+quarantine, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+objects)
		q.Stage("mine.txt", "1\n")
		q.Git("repack", "-q", "-a", "-d")
		return q
	}},
	{name: "replaced objects", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("replace", r.Git("rev-parse", ":new/file.txt"), r.GitInput("innocent\n", "hash-object", "-w", "--stdin"))
		return nil
	}},
	{name: "detached HEAD", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("checkout", "-q", "--detach")
		return nil
	}},
	{name: "HEAD through a symbolic reference", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
		r.Git("symbolic-ref", "HEAD", "refs/heads/alias")
		return nil
	}},
	{name: "large blob", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Stage("large.txt", strings.Repeat("0123456789abcdef", 1<<17)) // 2 MiB, over what go-git holds
		return nil
	}},
	{name: "large blob, packed", make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Commit("three", "large.txt", strings.Repeat("0123456789abcdef", 1<<17))
		r.Commit("four", "large.txt", strings.Repeat("0123456789abcdef", 1<<17)+"tail\n")
		r.Git("gc", "-q")
		r.Git("reset", "-q", "--soft", "HEAD^")
		return nil
	}},
	{name: "corrupt index", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Write(".git/index", r.Read(".git/index")[:100])
		return nil
	}},
	{name: "missing folder of HEAD", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Stage("d/e/f/g.txt", "2\n")
		id := r.Git("rev-parse", "HEAD:d/e")
		os.Remove(filepath.Join(inDir(t, r), "objects", id[:2], id[2:]))
		return nil
	}},
	{name: "missing tree of HEAD", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		id := r.Git("rev-parse", "HEAD^{tree}")
		os.Remove(filepath.Join(inDir(t, r), "objects", id[:2], id[2:]))
		return nil
	}},
	{name: "missing commit of HEAD", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		id := r.Git("rev-parse", "HEAD")
		os.Remove(filepath.Join(inDir(t, r), "objects", id[:2], id[2:]))
		return nil
	}},
	{name: "no repository", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo { return r.In("..") }},
	{name: "broken .git file", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		os.RemoveAll(inDir(t, r))
		r.Write(".git", "gitdir: /nowhere/at/all\n")
		return nil
	}},
	{name: "SHA-256", needsGit: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		os.RemoveAll(inDir(t, r))
		r.Git("init", "-q", "--object-format=sha256")
		some(r)
		return nil
	}},
	{name: "unknown extension", fails: true, make: func(t *testing.T, r *repotest.Repo) *repotest.Repo {
		some(r)
		r.Git("config", "core.repositoryFormatVersion", "1")
		r.Git("config", "extensions.fromTheFuture", "true")
		return nil
	}},
}

type opener func(context.Context, repo.Options) (*repo.Repo, error)

// everything renders what a backend says of a repository.
func everything(t *testing.T, open opener, opts repo.Options) string {
	t.Helper()
	g, err := open(t.Context(), opts)
	if err != nil {
		return "error: " + err.Error()
	}
	defer g.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "root %s\ngit %s\ncommon %s\n", g.Root(), g.GitDir(), g.CommonDir())
	c, err := g.Staged(t.Context())
	if err != nil {
		return "error: " + err.Error()
	}
	b.WriteString(describe(t, c))
	list := func(tree fs.FS) {
		err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%q %v %d\n", p, d.Type(), info.Size())
			return nil
		})
		if err != nil {
			fmt.Fprintf(&b, "error: %v\n", err)
		}
	}
	list(c.Head.FS())
	for _, base := range c.Bases {
		list(base.FS())
	}
	head, err := g.Resolve(t.Context(), "HEAD")
	if err != nil {
		b.WriteString("no commit\n")
		return b.String()
	}
	for _, rev := range []string{"main", "refs/heads/main", "HEAD^", "HEAD~2", "v1", "v1^{commit}", "HEAD^2", "nothing", "@"} {
		id, err := g.Resolve(t.Context(), rev)
		fmt.Fprintf(&b, "%s is %s %v\n", rev, id, err == nil)
	}
	span := repo.Span{Include: []repo.ID{head}}
	commits, err := g.Commits(t.Context(), span)
	if err != nil {
		return b.String() + "error: commits\n"
	}
	// The order of commits is not the same, only parents come first in both.
	seen := map[repo.ID]int{}
	var names []string
	for i, c := range commits {
		seen[c.ID] = i
		names = append(names, fmt.Sprintf("commit %s of %s", c.ID, c.Parents))
		for _, p := range c.Parents {
			if j, ok := seen[p]; !ok || j > i {
				fmt.Fprintf(&b, "commit %s stands before its parent\n", c.ID)
			}
		}
	}
	err = g.Changes(t.Context(), commits, func(c repo.CommitChange) error {
		change, err := c.Change(t.Context(), nil)
		names = append(names, fmt.Sprintf("in %s %v\n%s", c.Commit.ID, err, describe(t, change)))
		return nil
	})
	if err != nil {
		names = append(names, "error: changes")
	}
	slices.Sort(names)
	b.WriteString(strings.Join(names, "\n"))
	return b.String()
}

// Both backends say the same of every shape of repository.
func TestBackendsAgree(t *testing.T) {
	sample := shapes
	if testing.Short() { // for the race detector a sample will do
		sample = shapes[:8]
	}
	for _, s := range sample {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			at := s.make(t, r)
			if at == nil {
				at = r
			}
			opts := repo.Options{Dir: at.Dir, Env: at.Env, Bare: strings.HasSuffix(at.Dir, ".git")}
			before := snapshot(t, filepath.Dir(r.Dir))
			withGit := everything(t, repo.Open, opts)
			if old := everything(t, repo.OpenOldGit, opts); old != withGit && !s.fails {
				t.Errorf("with an old git: %s", firstDifference(withGit, old))
			}
			native := opts
			native.Native = true
			native.Env = slices.DeleteFunc(slices.Clone(at.Env), func(kv string) bool { return strings.HasPrefix(kv, "PATH=") })
			own := everything(t, repo.Open, native)
			switch {
			case s.fails:
				if !strings.HasPrefix(withGit, "error: ") || !strings.HasPrefix(own, "error: ") {
					t.Errorf("no error: with git\n%s\nwithout\n%s", withGit, own)
				}
			case s.needsGit:
				if !strings.Contains(own, "only the git program can read this") || strings.HasPrefix(withGit, "error: ") {
					t.Errorf("with git\n%s\nwithout\n%s", withGit, own)
				}
				native.Env = at.Env
				if own = everything(t, repo.Open, native); own != withGit {
					t.Errorf("native does not ask git:\n%s\nwant\n%s", own, withGit)
				}
			case withGit != own:
				t.Errorf("they differ:\n%s", firstDifference(withGit, own))
			case strings.HasPrefix(own, "error: "):
				t.Errorf("both fail: %s", own)
			}
			// git itself freshens the time of a shared index that it reads, and
			// writes trees for the folders of a sparse one.
			touched := strings.HasPrefix(s.name, "split index") || strings.HasPrefix(s.name, "sparse index")
			if after := snapshot(t, filepath.Dir(r.Dir)); after != before && !touched {
				t.Errorf("something was written:\n%s", firstDifference(before, after))
			}
		})
	}
}

func firstDifference(git, own string) string {
	a, b := strings.Split(git, "\n"), strings.Split(own, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\ngit: %s\nown: %s\n\nall of git's:\n%s\n\nall of our own:\n%s", i+1, a[i], b[i], git, own)
		}
	}
	return fmt.Sprintf("one goes on:\n%s\n\n%s", git, own)
}

// A repository that is repacked under an open reader stays readable, as in an
// editor that runs for days.
func TestRepackedWhileOpen(t *testing.T) {
	for _, native := range []bool{false, true} {
		r := repotest.New(t)
		some(r)
		r.Git("repack", "-q")
		g, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Env: r.Env, Native: native})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		tree, err := g.TreeSource(t.Context(), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fs.ReadFile(tree.FS(), "a.txt"); err != nil {
			t.Fatal(err)
		}
		r.Commit("three", "k.txt", "3\n")
		r.Git("repack", "-q", "-a", "-d")
		r.Git("prune-packed")
		if b, err := fs.ReadFile(tree.FS(), "d/e/f/g.txt"); err != nil || string(b) != "1\n" {
			t.Errorf("native %v, old file: %q, %v", native, b, err)
		}
		tree, err = g.TreeSource(t.Context(), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if b, err := fs.ReadFile(tree.FS(), "k.txt"); err != nil || string(b) != "3\n" {
			t.Errorf("native %v, new file: %q, %v", native, b, err)
		}
	}
}
