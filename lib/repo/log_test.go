package repo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// history renders what each commit of a span changes; %1 stands for the n-th commit.
func history(t *testing.T, g *repo.Repo, span repo.Span) string {
	t.Helper()
	commits, err := g.Commits(t.Context(), span)
	if err != nil {
		return "error: " + err.Error()
	}
	var b strings.Builder
	for _, c := range commits {
		m, err := g.Message(t.Context(), c.ID)
		if err != nil {
			return "error: " + err.Error()
		}
		fmt.Fprintf(&b, "commit %s with %d parents\n", strings.TrimSpace(string(m.Message)), len(c.Parents))
	}
	err = g.Changes(t.Context(), commits, func(c repo.CommitChange) error {
		m, err := g.Message(t.Context(), c.Commit.ID)
		if err != nil {
			return err
		}
		change, err := c.Change(t.Context(), nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "in %s\n%s", strings.TrimSpace(string(m.Message)), describe(t, change))
		return nil
	})
	if err != nil {
		return "error: " + err.Error()
	}
	return b.String()
}

func TestHistory(t *testing.T) {
	id := func(r *repotest.Repo, rev string) repo.ID { return repo.ID(r.Git("rev-parse", rev)) }
	for _, tt := range []struct {
		name string
		do   func(r *repotest.Repo) repo.Span
		want string
	}{
		{"all", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n", "d/b", "1\n")
			r.Commit("two", "a", "2\n")
			r.Commit("empty")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}}
		}, lines("commit one with 0 parents", "commit two with 1 parents", "commit empty with 1 parents",
			"in one", `entry "a": "1\n"`, `entry "d/b": "1\n"`, `file "a" was []`, `file "d/b" was []`,
			"in two", `entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"without what is known", func(r *repotest.Repo) repo.Span {
			one := r.Commit("one", "a", "1\n")
			two := r.Commit("two", "a", "2\n")
			return repo.Span{Include: []repo.ID{repo.ID(two)}, Exclude: []repo.ID{repo.ID(one), repo.ID(strings.Repeat("1", 40)), repo.ID(strings.Repeat("0", 40))}}
		}, lines("commit two with 1 parents", "in two", `entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"known to that remote, not to another", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			r.Git("update-ref", "refs/remotes/origin/main", "HEAD")
			r.Commit("two", "a", "2\n")
			r.Git("update-ref", "refs/remotes/other/main", "HEAD")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, ExcludeRemotes: []string{"origin"}}
		}, lines("commit two with 1 parents", "in two", `entry "a": "2\n"`, `file "a" was ["a"]`)},
		{"everything is referenced", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, ExcludeRefs: true}
		}, ""},
		{"rename", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			r.Git("mv", "a", "b")
			r.Commit("two")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, Exclude: []repo.ID{id(r, "HEAD^")}}
		}, lines("commit two with 1 parents", "in two", `entry "b": "1\n"`, `file "b" was ["a"]`)},
		{"clean merge changes nothing", func(r *repotest.Repo) repo.Span {
			r.Commit("base", "a", "1\n")
			r.Git("switch", "-q", "-c", "side")
			r.Commit("side", "s", "1\n")
			r.Git("switch", "-q", "main")
			r.Commit("main", "m", "1\n")
			r.Git("merge", "-q", "-m", "merge", "side")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, Exclude: []repo.ID{id(r, "side"), id(r, "HEAD^")}}
		}, lines("commit merge with 2 parents")},
		{"evil merge", func(r *repotest.Repo) repo.Span {
			r.Commit("base", "a", "1\n")
			r.Git("switch", "-q", "-c", "side")
			r.Commit("side", "s", "1\n")
			r.Git("switch", "-q", "main")
			r.Commit("main", "m", "1\n")
			r.Git("merge", "-q", "--no-commit", "side")
			r.Stage("evil", "1\n")
			r.Stage("s", "neither\n")
			r.Commit("merge")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, Exclude: []repo.ID{id(r, "side"), id(r, "HEAD^")}}
		}, lines("commit merge with 2 parents", "in merge", `entry "evil": "1\n"`, `entry "s": "neither\n"`,
			`file "evil" was ["" ""]`, `file "s" was ["" "s"]`)},
		{"octopus", func(r *repotest.Repo) repo.Span {
			r.Commit("base", "a", "1\n")
			for _, b := range []string{"x", "y"} {
				r.Git("switch", "-q", "-c", b, "main")
				r.Commit(b, b, b+"\n")
			}
			r.Git("switch", "-q", "main")
			r.Commit("main", "m", "1\n")
			r.Git("merge", "-q", "-m", "octopus", "x", "y")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}, Exclude: []repo.ID{id(r, "x"), id(r, "y"), id(r, "HEAD^")}}
		}, lines("commit octopus with 3 parents")},
		{"shallow", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			r.Commit("two", "a", "2\n")
			r.Git("clone", "-q", "--depth=1", "file://"+r.Dir, "../shallow")
			r.Dir = filepath.Join(r.Dir, "../shallow")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}}
		}, lines("commit two with 0 parents", "in two", `entry "a": "2\n"`, `file "a" was []`)},
		{"replace refs do not count", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			evil := r.Commit("two", "a", "real\n")
			r.Git("checkout", "-q", "--detach", "HEAD^")
			innocent := r.Commit("innocent", "a", "innocent\n")
			r.Git("replace", evil, innocent)
			return repo.Span{Include: []repo.ID{repo.ID(evil)}, Exclude: []repo.ID{id(r, "HEAD^")}}
		}, lines("commit two with 1 parents", "in two", `entry "a": "real\n"`, `file "a" was ["a"]`)},
		{"odd paths", func(r *repotest.Repo) repo.Span {
			for i, p := range oddPaths {
				id := r.GitInput(fmt.Sprintln(i), "hash-object", "-w", "--stdin")
				r.GitInput("100644 "+id+"\t"+p+"\x00", "update-index", "-z", "--add", "--index-info")
			}
			r.Commit("odd")
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}}
		}, lines("commit odd with 0 parents", "in odd") + oddPathsWant()},
		{"missing tree", func(r *repotest.Repo) repo.Span {
			r.Commit("one", "a", "1\n")
			tree := r.Git("rev-parse", "HEAD^{tree}")
			os.Remove(filepath.Join(r.Dir, ".git/objects", tree[:2], tree[2:]))
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}}
		}, "error: git diff-tree: fatal: unable to read tree"},
		{"missing commit in between", func(r *repotest.Repo) repo.Span {
			one := r.Commit("one", "a", "1\n")
			r.Commit("two", "a", "2\n")
			os.Remove(filepath.Join(r.Dir, ".git/objects", one[:2], one[2:]))
			return repo.Span{Include: []repo.ID{id(r, "HEAD")}}
		}, "error: git rev-list: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			span := tt.do(r)
			got := history(t, open(t, r), span)
			if strings.HasPrefix(tt.want, "error: ") {
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("got %s\nwant an error that begins with %s", got, tt.want)
				}
			} else if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestBases(t *testing.T) {
	r := repotest.New(t)
	base := r.Commit("base", "a", "1\n")
	r.Git("switch", "-q", "-c", "side")
	r.Commit("side", "s", "1\n")
	r.Git("switch", "-q", "main")
	later := r.Commit("later", "m", "1\n")
	r.Git("switch", "-q", "side")
	r.Git("merge", "-q", "-m", "merge", "main")
	tip := repo.ID(r.Git("rev-parse", "HEAD"))
	g := open(t, r)
	commits, err := g.Commits(t.Context(), repo.Span{Include: []repo.ID{tip}, Exclude: []repo.ID{repo.ID(later)}})
	if err != nil {
		t.Fatal(err)
	}
	isNew := map[repo.ID]repo.Commit{}
	for _, c := range commits {
		isNew[c.ID] = c
	}
	bases, err := g.Bases(t.Context(), tip, isNew)
	if err != nil || len(bases) != 1 || bases[0] != repo.ID(later) {
		t.Errorf("bases %v, %v; want %s alone, which includes %s", bases, err, later, base)
	}
}

func TestPeel(t *testing.T) {
	r := repotest.New(t)
	r.Commit("one", "a", "1\n")
	r.Git("tag", "-m", "inner", "inner")
	r.Git("tag", "-m", "outer", "outer", "inner")
	r.Git("tag", "-m", "blob", "blob", "HEAD:a")
	r.Git("tag", "-m", "tree", "tree", "HEAD^{tree}")
	g := open(t, r)
	for _, tt := range []struct{ rev, kind, tags string }{
		{"HEAD", "commit", ""}, {"outer", "commit", "outer,inner"}, {"blob", "blob", "blob"}, {"tree", "tree", "tree"},
	} {
		o, err := g.Peel(t.Context(), repo.ID(r.Git("rev-parse", tt.rev)))
		var tags []string
		for _, tag := range o.Tags {
			tags = append(tags, strings.TrimSpace(string(tag.Message)))
		}
		if err != nil || o.Kind != tt.kind || strings.Join(tags, ",") != tt.tags {
			t.Errorf("%s: %s with tags %q, %v; want %s with %q", tt.rev, o.Kind, tags, err, tt.kind, tt.tags)
		}
	}
}

func TestSettings(t *testing.T) {
	r := repotest.New(t)
	r.Git("config", "remote.a.url", "https://example.com/x")
	r.Git("config", "remote.b.url", "https://example.com/y")
	r.Git("config", "remote.c.d.pushurl", "https://example.com/x")
	r.Git("config", "peercheck.policyRef", "refs/heads/policy")
	g := open(t, r)
	if names, err := g.RemotesOf(t.Context(), "https://example.com/x"); err != nil || strings.Join(names, " ") != "a c.d" {
		t.Errorf("remotes %q, %v", names, err)
	}
	if names, err := g.RemotesOf(t.Context(), "https://example.com/z"); err != nil || len(names) != 0 {
		t.Errorf("remotes %q, %v", names, err)
	}
	if v, err := g.Setting(t.Context(), "peercheck.policyRef"); err != nil || v != "refs/heads/policy" {
		t.Errorf("setting %q, %v", v, err)
	}
	if v, err := g.Setting(t.Context(), "peercheck.nothing"); err != nil || v != "" {
		t.Errorf("setting %q, %v", v, err)
	}
}
