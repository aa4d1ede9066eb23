package history_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/history"
	"github.com/peercheck/peercheck/lib/repo/judged"
	"github.com/peercheck/peercheck/lib/repo/repotest"
	"github.com/peercheck/peercheck/lib/scan"
)

const aToken = "TOKEN-" + "0123abcd"

var pattern = regexp.MustCompile("TOKEN-[0-9a-f]{8}")

var token = &check.Check{
	ID: "secrets/test-token", Title: "Test token", CWE: []check.CWE{798}, Severity: check.Critical, Confidence: check.Firm,
	Since: "0.1", Page: check.Page{What: "Test.", Why: "Test.", Fix: "Test."}, Secret: true, Generated: true,
	Run: func(_ context.Context, p *check.Pass) error {
		for _, m := range pattern.FindAllIndex(p.Document.Content, -1) {
			p.Report(check.Finding{Message: "a test token is in the file", Location: check.Location{Range: check.Range{Start: m[0], End: m[1]}}})
		}
		return nil
	},
}

func options(t testing.TB, r *repotest.Repo, native bool) history.Options {
	t.Helper()
	g, err := repo.Open(t.Context(), repo.Options{Dir: r.Dir, Env: r.Env, Native: native})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	s, err := scan.New(scan.Options{Checks: []*check.Check{token}})
	if err != nil {
		t.Fatal(err)
	}
	return history.Options{Repo: g, Scanner: s}
}

func describe(r *repotest.Repo, res *history.Result) string {
	var b strings.Builder
	for _, f := range res.Findings {
		fmt.Fprintf(&b, "%s:%s in %q by %s, %d versions\n", f.Location.Path, f.Location.Start, r.Git("log", "-1", "--format=%s", string(f.Commit)), f.Author.Name, f.Versions)
	}
	for _, n := range res.Notices {
		fmt.Fprintf(&b, "%s\n", n)
	}
	return b.String()
}

func TestScan(t *testing.T) {
	r := repotest.New(t)
	r.Commit("clean", "a.txt", "1\n")
	r.Commit("brings it", "a.txt", "x = "+aToken+"\n")
	r.Commit("edits beside", "a.txt", "line\nx = "+aToken+"\n")
	r.Commit("removes it", "a.txt", "line\n")
	r.Git("switch", "-q", "-c", "side", "HEAD~3")
	r.Commit("on a side branch", "odd\tname.txt", "y = "+aToken+"\n")
	r.Git("switch", "-q", "main")
	r.Git("gc", "-q")
	const want = "a.txt:1:5 in \"brings it\" by Ann Author, 2 versions\nodd\tname.txt:1:5 in \"on a side branch\" by Ann Author, 1 versions\n"
	for _, native := range []bool{false, true} {
		res, err := history.Scan(t.Context(), options(t, r, native))
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(r, res); got != want {
			t.Errorf("native %v:\n%s\nwant\n%s", native, got, want)
		}
		if res.Contents != 5 || res.Judged != 5 {
			t.Errorf("native %v: %d contents, %d judged", native, res.Contents, res.Judged)
		}
	}
	opts := options(t, r, false)
	opts.Span = repo.Span{Include: []repo.ID{repo.ID(r.Git("rev-parse", "main"))}}
	res, err := history.Scan(t.Context(), opts)
	if err != nil || len(res.Findings) != 1 {
		t.Errorf("main alone: %s, %v", describe(r, res), err)
	}
}

// What is clean is judged once; findings, and what could not be read, again.
func TestRemembers(t *testing.T) {
	r := repotest.New(t)
	dir := filepath.Join(r.Dir, "../cache")
	for i := range 50 {
		r.Write(fmt.Sprintf("f%d.txt", i), fmt.Sprintln(i))
	}
	r.Write("gone.txt", "gone\n")
	r.Write("secret.txt", aToken)
	r.Git("add", "-A")
	r.Commit("all")
	id := r.Git("rev-parse", "HEAD:gone.txt")
	os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
	for i, want := range []int{52, 2} {
		opts := options(t, r, false)
		opts.Judged = judged.Open(dir, "key")
		last := 0
		opts.Progress = func(done, total int) { last = done }
		res, err := history.Scan(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		if res.Judged != want || len(res.Findings) != 1 || len(res.Notices) != 1 || last != 52 {
			t.Errorf("scan %d: %d judged of %d, progress %d\n%s", i+1, res.Judged, res.Contents, last, describe(r, res))
		}
	}
	opts := options(t, r, false)
	opts.Judged = judged.Open(dir, "another key")
	if res, err := history.Scan(t.Context(), opts); err != nil || res.Judged != 52 {
		t.Errorf("with another key: %d judged, %v", res.Judged, err)
	}
}

// An interrupted scan goes on where it stopped.
func TestResumes(t *testing.T) {
	r := repotest.New(t)
	var in strings.Builder
	in.WriteString("commit refs/heads/main\ncommitter C <c@example.com> 1767322645 +0000\ndata 2\nc\n")
	for i := range 2500 {
		fmt.Fprintf(&in, "M 100644 inline f%d.txt\ndata 5\n%05d\n", i, i)
	}
	r.GitInput(in.String(), "fast-import", "--quiet")
	dir := filepath.Join(r.Dir, "../cache")
	ctx, cancel := context.WithCancel(t.Context())
	opts := options(t, r, false)
	opts.Judged = judged.Open(dir)
	opts.Progress = func(done, total int) { cancel() }
	if _, err := history.Scan(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	opts = options(t, r, false)
	opts.Judged = judged.Open(dir)
	res, err := history.Scan(t.Context(), opts)
	if err != nil || res.Judged != 1500 {
		t.Errorf("%d judged after 1000 of 2500, %v", res.Judged, err)
	}
}

// BenchmarkScan is a history of 3,000 versions of 30 files, 20 kB each, packed:
// reading and a check that does little.
func BenchmarkScan(b *testing.B) {
	r := repotest.New(b)
	var in strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 2\nc\n", 1767322645+i)
		content := fmt.Sprintf("version %d\n", i) + strings.Repeat(fmt.Sprintf("a line of text of file %d that stays the same\n", i%30), 20<<10/46)
		fmt.Fprintf(&in, "M 100644 inline d%d/f%d.txt\ndata %d\n%s\n", i%5, i%30, len(content), content)
	}
	r.GitInput(in.String(), "fast-import", "--quiet")
	opts := options(b, r, false)
	for b.Loop() {
		res, err := history.Scan(b.Context(), opts)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(res.Bytes)
	}
}
