package hooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// benchRepo makes a repository of n files, ten in a folder, once for a machine:
// in PEERCHECK_BENCH_DIR, or in a temporary folder.
func benchRepo(b *testing.B, n int) *repotest.Repo {
	b.Helper()
	base := os.Getenv("PEERCHECK_BENCH_DIR")
	if base == "" {
		base = b.TempDir()
	}
	dir := filepath.Join(base, fmt.Sprintf("files-%d", n))
	_, err := os.Stat(dir)
	r := repotest.At(b, dir)
	if err != nil {
		var in strings.Builder
		in.WriteString("commit refs/heads/main\ncommitter C <c@example.com> 1767322645 +0000\ndata 2\nc\n")
		for i := range n {
			content := fmt.Sprintf("this is file %d\n", i)
			fmt.Fprintf(&in, "M 100644 inline d%d/e%d/f%d.txt\ndata %d\n%s\n", i/1000, i/10%100, i, len(content), content)
		}
		r.GitInput(in.String(), "fast-import", "--quiet")
		r.Git("reset", "-q", "--hard")
	}
	r.Git("reset", "-q", "--hard")
	return r
}

// BenchmarkPreCommit is what the hook costs a clean commit of one text file, all
// processes included. "git diff" is what git alone takes to tell what is staged.
func BenchmarkPreCommit(b *testing.B) {
	for _, n := range []int{20_000, 100_000} {
		r := benchRepo(b, n)
		r.Stage("d0/e0/f1.txt", "changed\n")
		b.Run(fmt.Sprintf("files=%d/git-diff", n), func(b *testing.B) {
			for b.Loop() {
				r.Git("diff", "--cached", "--raw")
			}
		})
		b.Run(fmt.Sprintf("files=%d/hook", n), func(b *testing.B) {
			for b.Loop() {
				if out, err := r.Command(program(b), "hook", "run", "pre-commit").CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}

// BenchmarkPrePush is a push of 300 commits: not judged before, judged before,
// and what git rev-list takes to list their objects.
func BenchmarkPrePush(b *testing.B) {
	r := repotest.New(b)
	first := r.Commit("first", "readme.txt", clean)
	r.Git("update-ref", "refs/remotes/origin/main", first)
	importCommits(r, 300, -1)
	tip := r.Git("rev-parse", "HEAD")
	cache := filepath.Join(b.TempDir(), "cache")
	push := func(b *testing.B, env ...string) {
		cmd := r.With(env...).Command(program(b), "hook", "run", "pre-push", "origin", "/nowhere")
		cmd.Stdin = strings.NewReader(fmt.Sprintf("refs/heads/main %s refs/heads/main %s\n", tip, first))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.Run("rev-list", func(b *testing.B) {
		for b.Loop() {
			r.Git("rev-list", "--objects", tip, "--not", first)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			push(b)
		}
	})
	b.Run("judged", func(b *testing.B) {
		push(b, "PEERCHECK_TEST_CACHE="+cache)
		for b.Loop() {
			push(b, "PEERCHECK_TEST_CACHE="+cache)
		}
	})
}

// BenchmarkPreReceive is a push of 1,000 commits with 5,000 new files.
func BenchmarkPreReceive(b *testing.B) {
	r := repotest.New(b)
	r.Git("init", "-q", "--bare", "../server.git")
	first := r.Commit("first", "readme.txt", clean)
	r.Git("push", "-q", "../server.git", "main")
	server := r.In("../server.git")
	var in strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 2\nc\n", 1767322645+i)
		if i == 0 {
			in.WriteString("from refs/heads/main^0\n")
		}
		for j := range 5 {
			content := strings.Repeat(fmt.Sprintf("line of file %d in commit %d, with some text to read\n", j, i), 40) // 2 kB
			fmt.Fprintf(&in, "M 100644 inline d%d/f%d-%d.txt\ndata %d\n%s\n", i%50, i, j, len(content), content)
		}
	}
	r.GitInput(in.String(), "fast-import", "--quiet")
	tip := r.Git("rev-parse", "main")
	server.Git("fetch", "-q", r.Dir, "main:refs/hidden/incoming")
	server.Git("update-ref", "-d", "refs/hidden/incoming") // the objects are there, no reference is
	for b.Loop() {
		cmd := server.With("GIT_DIR=.").Command(program(b), "hook", "run", "pre-receive")
		cmd.Stdin = strings.NewReader(first + " " + tip + " refs/heads/main\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

// BenchmarkLargeBlob is a commit of a 100 MB file: the memory of the hook beyond
// that of a commit of a small one is reported, in MB.
func BenchmarkLargeBlob(b *testing.B) {
	r := repotest.New(b)
	measure := func() int64 {
		cmd := r.Command(program(b), "hook", "run", "pre-commit")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		return maxRSS(cmd)
	}
	r.Stage("small.txt", clean)
	small := measure()
	// In small pieces: a child's peak begins at what we hold when it starts.
	f, err := os.Create(filepath.Join(r.Dir, "large.txt"))
	if err != nil {
		b.Fatal(err)
	}
	piece := []byte(strings.Repeat("0123456789abcde\n", 1<<16/16))
	for range 100 << 20 / len(piece) {
		if _, err := f.Write(piece); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	r.Git("add", "large.txt")
	var large int64
	for b.Loop() {
		large = measure()
	}
	b.ReportMetric(float64(large-small)/(1<<20), "extra-MB")
}
