package repo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

func TestBlame(t *testing.T) {
	r := repotest.New(t)
	one := r.Commit("one", "d/-odd name.txt", "1\n2\n3\n")
	r = r.With("GIT_AUTHOR_NAME=B", "GIT_AUTHOR_EMAIL=b@old.example.com")
	two := r.Commit("two", "d/-odd name.txt", "1\n\tchanged\n3\n", ".mailmap", "Bea <bea@example.com> <b@old.example.com>\n")
	// What blame could be made to run, or to pass over.
	canary := filepath.Join(r.Dir, "../canary")
	r.Write(".git/info/attributes", "* diff=evil\n")
	r.Git("config", "diff.evil.textconv", "touch "+canary+"; cat")
	r.Git("config", "core.fsmonitor", "touch "+canary)
	r.Write("ignored-revs", two+"\n")
	r.Git("-c", "core.fsmonitor=false", "config", "blame.ignoreRevsFile", "ignored-revs")
	g := open(t, r.In("d"))
	lines, err := g.Blame(t.Context(), "HEAD", "d/-odd name.txt", 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&got, "%d %s %s <%s> %s\n", l.Line, l.Commit, l.Author.Name, l.Author.Email, l.Author.Date)
	}
	want := fmt.Sprintf("1 %[1]s Ann Author <ann@example.com> 1767323045 +0000\n2 %[2]s Bea <bea@example.com> 1767323045 +0000\n3 %[1]s Ann Author <ann@example.com> 1767323045 +0000\n", one, two)
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	// The environment of a hook, from elsewhere.
	outside := r.In("..").With("GIT_DIR=repo/.git", "GIT_WORK_TREE=repo")
	if again, err := open(t, outside).Blame(t.Context(), "HEAD", "d/-odd name.txt", 1, 3); err != nil || len(again) != 3 {
		t.Errorf("with GIT_DIR: %v, %v", again, err)
	}
	// Without git as far as that goes, and without any.
	native, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Env: r.Env, Native: true})
	if err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	if again, err := native.Blame(t.Context(), "HEAD", "d/-odd name.txt", 1, 3); err != nil || !slices.Equal(again, lines) {
		t.Errorf("native: %v, %v", again, err)
	}
	gone, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Native: true})
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if _, err := gone.Blame(t.Context(), "HEAD", "d/-odd name.txt", 1, 3); !errors.Is(err, repo.ErrNeedsGit) {
		t.Errorf("without git: %v", err)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("blame ran a program")
	}
	if _, err := g.Blame(t.Context(), "HEAD", "d/-odd name.txt", 50, 99); err == nil {
		t.Error("lines that are not there: no error")
	}
	if _, err := g.Blame(t.Context(), "HEAD", "nothing", 1, 1); err == nil {
		t.Error("a file that is not there: no error")
	}
}
