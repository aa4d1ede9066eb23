package hooks_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
	"github.com/peercheck/peercheck/lib/scan"
)

// TestMain makes the test program double as peercheck: installed as a hook, Git
// runs it with "hook run NAME ARGS".
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "hook" && os.Args[2] == "run" {
		os.Exit(hookMain(os.Args[3], os.Args[4:]))
	}
	os.Exit(m.Run())
}

func hookMain(name string, args []string) int {
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return hooks.Run(ctx, hooks.Options{
		Name: name, Args: args, Stdin: os.Stdin, Stderr: os.Stderr,
		Repo:  repo.Options{Dir: dir, Env: os.Environ()},
		Cache: os.Getenv("PEERCHECK_TEST_CACHE"), Identity: "test",
		Scanner: func(r hooks.Request) (*scan.Scanner, error) {
			all := []*check.Check{forbiddenWord, token}
			if r.Secrets {
				all = []*check.Check{token}
			}
			if os.Getenv("PEERCHECK_TEST_SLOW") != "" {
				all = []*check.Check{endless}
			}
			return scan.New(scan.Options{Checks: all, Config: r.Config})
		},
	})
}

var page = check.Page{What: "Test.", Why: "Test.", Fix: "Test."}

// forbiddenWord finds FORBIDDEN, which is a code check's finding in these tests.
var forbiddenWord = &check.Check{
	ID: "test/forbidden-word", Title: "Forbidden word", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm,
	Since: "0.1", Page: page, Run: finder("FORBIDDEN", "the word is forbidden"),
}

// token finds TOKEN-12345678, which is a secret in these tests.
var token = &check.Check{
	ID: "secrets/test-token", Title: "Test token", CWE: []check.CWE{798}, Severity: check.Critical, Confidence: check.Firm,
	Since: "0.1", Page: page, Secret: true, Generated: true, Run: finder("TOKEN-[0-9a-f]{8}", "a test token is in the file"),
}

// endless takes longer than anybody waits.
var endless = &check.Check{
	ID: "test/endless", Title: "Endless", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1", Page: page,
	Run: func(ctx context.Context, _ *check.Pass) error {
		os.WriteFile(os.Getenv("PEERCHECK_TEST_SLOW"), nil, 0o600) // says that it has begun
		<-ctx.Done()
		return ctx.Err()
	},
}

func finder(pattern, message string) func(context.Context, *check.Pass) error {
	re := regexp.MustCompile(pattern)
	return func(_ context.Context, p *check.Pass) error {
		for _, m := range re.FindAllIndex(p.Document.Content, -1) {
			p.Report(check.Finding{
				Message: message, Location: check.Location{Range: check.Range{Start: m[0], End: m[1]}},
				Fixes: []check.Fix{{Title: "Take it out", Edits: []check.Edit{{Range: check.Range{Start: m[0], End: m[1]}}}}},
			})
		}
		return nil
	}
}

// aToken is put together so that no scanner stumbles over this file.
const aToken = "TOKEN-" + "0123abcd"

func program(t testing.TB) string {
	t.Helper()
	p, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// installed makes a repository with our hooks installed.
func installed(t testing.TB, names ...string) *repotest.Repo {
	t.Helper()
	r := repotest.New(t)
	install(t, r, names...)
	return r
}

// bare reports whether a repository has no work tree.
func bare(r *repotest.Repo) bool { return strings.HasSuffix(r.Dir, ".git") }

func install(t testing.TB, r *repotest.Repo, names ...string) []hooks.Outcome {
	t.Helper()
	out, err := hooks.Install(t.Context(), hooks.InstallOptions{
		Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Hooks: names, Server: bare(r), Binary: program(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func writeHook(t testing.TB, path, script string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func needs(t testing.TB, tool string) string {
	t.Helper()
	p, err := exec.LookPath(tool)
	if err != nil {
		if os.Getenv("PEERCHECK_E2E") == "1" {
			t.Fatalf("%s is not installed, and PEERCHECK_E2E=1 asks for it", tool)
		}
		t.Skipf("%s is not installed", tool)
	}
	return p
}

// broken is where a line of what a server says goes on.
var broken = regexp.MustCompile(` *\nremote: +`)

func contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	whole := broken.ReplaceAllString(text, " ")
	for _, p := range parts {
		if !strings.Contains(text, p) && !strings.Contains(whole, p) {
			t.Errorf("%q is not in:\n%s", p, text)
		}
	}
}
