package index_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/index"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

func decode(t *testing.T, r *repotest.Repo) *index.Index {
	t.Helper()
	read := func(name string) *index.Index {
		file, err := os.ReadFile(filepath.Join(r.Dir, ".git", name))
		if err != nil {
			t.Fatal(err)
		}
		x, err := index.Decode(file, 20)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := read("index")
	if x.Shared == "" {
		return x
	}
	x, err := x.Join(read(x.Shared))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// What is decoded is what git lists, in every version and when split.
func TestAgainstGit(t *testing.T) {
	for name, do := range map[string]func(r *repotest.Repo){
		"version 2": func(r *repotest.Repo) {},
		"version 3": func(r *repotest.Repo) { r.Git("update-index", "--skip-worktree", "a/b") },
		"version 4": func(r *repotest.Repo) { r.Git("update-index", "--index-version", "4") },
		"split": func(r *repotest.Repo) {
			r.Git("config", "splitIndex.maxPercentChange", "100")
			r.Git("update-index", "--split-index")
			r.Git("rm", "-q", "--cached", "a/b", "f70")
			r.Stage("a/c", "replaced\n")
			r.Stage("f3", "replaced\n")
			r.Stage("aa", "added\n")
			r.Stage("zz", "added\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := repotest.New(t)
			for i := range 150 { // more than two words of a bitmap
				r.Write(fmt.Sprintf("f%d", i), fmt.Sprintln(i))
			}
			r.Write("a/b", "1\n")
			r.Write("a/c", "1\n")
			r.Git("add", "-A")
			do(r)
			var got strings.Builder
			for _, e := range decode(t, r).Entries {
				fmt.Fprintf(&got, "%o %s %d\t%s\n", e.Mode, e.ID(), e.Stage, e.Path)
			}
			if want := r.Git("ls-files", "-s") + "\n"; got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func TestIntentToAdd(t *testing.T) {
	r := repotest.New(t)
	r.Stage("a", "1\n")
	r.Write("b", "1\n")
	r.Git("add", "-N", "b")
	for _, e := range decode(t, r).Entries {
		if e.IntentToAdd != (e.Path == "b") {
			t.Errorf("%s: intent to add %v", e.Path, e.IntentToAdd)
		}
	}
}

func TestCacheTree(t *testing.T) {
	r := repotest.New(t)
	r.Commit("c", "a/b", "1\n", "c/d/e", "1\n", "f", "1\n")
	r.Git("read-tree", "HEAD")
	x := decode(t, r)
	if x.Tree == nil || x.Tree.ID != r.Git("rev-parse", "HEAD^{tree}") || x.Tree.Entries != 3 {
		t.Errorf("root %+v", x.Tree)
	}
	if d := x.Tree.Child("c").Child("d"); d == nil || d.ID != r.Git("rev-parse", "HEAD:c/d") || d.Entries != 1 {
		t.Errorf("c/d is %+v", d)
	}
	r.Stage("a/b", "2\n") // what changed is not known any more, what did not still is
	x = decode(t, r)
	if x.Tree.ID != "" || x.Tree.Child("a").ID != "" || x.Tree.Child("c").ID != r.Git("rev-parse", "HEAD:c") {
		t.Errorf("after a change: root %+v, a %+v, c %+v", x.Tree, x.Tree.Child("a"), x.Tree.Child("c"))
	}
	if (*index.Tree)(nil).Child("x") != nil || x.Tree.Child("nothing") != nil {
		t.Error("a child that is not there")
	}
}

func TestDamaged(t *testing.T) {
	r := repotest.New(t)
	r.Commit("c", "a/b", "1\n", "c", "1\n")
	r.Git("read-tree", "HEAD")
	file := []byte(r.Read(".git/index"))
	for n := range file { // cut anywhere
		if _, err := index.Decode(file[:n], 20); !errors.Is(err, index.ErrFormat) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for i := range file[:len(file)-20] { // a flipped bit anywhere
		bad := append([]byte(nil), file...)
		bad[i] ^= 0x10
		if _, err := index.Decode(bad, 20); !errors.Is(err, index.ErrFormat) {
			t.Fatalf("flipped at %d: %v", i, err)
		}
	}
	unknown := append(append([]byte(nil), file[:len(file)-20]...), "abcd\x00\x00\x00\x00"...)
	unknown = append(unknown, make([]byte, 20)...)
	if _, err := index.Decode(unknown, 20); !errors.Is(err, index.ErrFormat) {
		t.Errorf("an unknown extension that has to be understood: %v", err)
	}
	copy(unknown[len(file)-20:], "ABCD")
	if _, err := index.Decode(unknown, 20); err != nil {
		t.Errorf("an unknown extension that may be passed over: %v", err)
	}
}

// Nothing makes the decoder panic or run on.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"v2", "v4", "split"} {
		r := repotest.New(f)
		r.Stage("a/b", "1\n")
		r.Stage("a/c", "1\n")
		switch name {
		case "v4":
			r.Git("update-index", "--index-version", "4")
		case "split":
			r.Git("update-index", "--split-index")
			r.Stage("a/c", "2\n")
		}
		file := []byte(r.Read(".git/index"))
		clear(file[len(file)-20:]) // so that the fuzzer gets past the checksum
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := index.Decode(file, 20)
		if err != nil {
			if !errors.Is(err, index.ErrFormat) {
				t.Errorf("error %v", err)
			}
			return
		}
		if x.Shared != "" {
			x.Join(&index.Index{Entries: x.Entries})
		}
	})
}
