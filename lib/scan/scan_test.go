package scan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

// matching makes a document check that flags each match of a pattern.
func matching(id, pattern string, change func(*check.Check)) *check.Check {
	re := regexp.MustCompile(pattern)
	c := &check.Check{
		ID: id, Title: "Flags " + id, CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "w", Why: "w", Fix: "f"},
		Run: func(_ context.Context, p *check.Pass) error {
			for _, m := range re.FindAllIndex(p.Document.Content, -1) {
				p.Report(check.Finding{Message: "flagged " + string(p.Document.Content[m[0]:m[1]]), Location: check.Location{Range: check.Range{Start: m[0], End: m[1]}}})
			}
			return nil
		},
	}
	if change != nil {
		change(c)
	}
	return c
}

func doc(path, text string) *check.Document {
	return source.NewDocument(path, []byte(text), check.Revision{Kind: check.RevisionMemory})
}

func scanner(t testing.TB, opts scan.Options) *scan.Scanner {
	t.Helper()
	s, err := scan.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// show gives a report in the form that the tests compare.
func show(r *check.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%s %s %s", f.Location.Path, f.Location.Start, f.CheckID, f.Message)
		if f.Baseline != "" {
			fmt.Fprintf(&b, " (%s)", f.Baseline)
		}
		for _, s := range f.Suppressions {
			fmt.Fprintf(&b, " [%s: %s]", s.Status, s.Justification)
		}
		b.WriteByte('\n')
	}
	for _, n := range r.Notices {
		fmt.Fprintf(&b, "notice %s %s %s\n", n.Kind, n.Effect, n)
	}
	return b.String()
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOrderAndPositions(t *testing.T) {
	s := scanner(t, scan.Options{Checks: []*check.Check{matching("test/b", "hazard", nil), matching("test/a", "hazard", nil)}})
	r, err := s.Scan(t.Context(), source.Files(doc("z.txt", "hazard"), doc("a.txt", "x\r\n  hazard\nhazard")))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, show(r), `a.txt:2:3 test/a flagged hazard
a.txt:2:3 test/b flagged hazard
a.txt:3:1 test/a flagged hazard
a.txt:3:1 test/b flagged hazard
z.txt:1:1 test/a flagged hazard
z.txt:1:1 test/b flagged hazard
`)
}

func TestFailuresBecomeNotices(t *testing.T) {
	crash := matching("test/crash", "x", func(c *check.Check) {
		c.Run = func(context.Context, *check.Pass) error { panic("s3cret-value") }
	})
	fails := matching("test/fails", "x", func(c *check.Check) {
		c.Run = func(context.Context, *check.Pass) error { return errors.New("lost its way") }
	})
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.txt", "hazard")
	write("big.txt", strings.Repeat("hazard ", 100))
	write("data.bin", "hazard\x00\x01\x02\x03\x04\x05\x06")
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	s := scanner(t, scan.Options{Checks: []*check.Check{crash, fails, matching("test/hazard", "hazard", nil)}, MaxBytes: 500})
	r, err := s.Scan(t.Context(), source.Only(source.Dir(dir), "a.txt", "big.txt", "data.bin", "out", "loop", "gone.txt"))
	if err != nil {
		t.Fatal(err)
	}
	got := show(r)
	for _, want := range []string{
		"a.txt:1:1 test/hazard flagged hazard\n",
		"notice check-failed not-judged a.txt: check test/crash failed: it crashed (string)",
		"notice check-failed not-judged a.txt: check test/fails failed: lost its way",
		"notice too-large degraded big.txt: 700 bytes are over the limit of 500",
		"notice binary none data.bin: ",
		"notice unreadable not-judged gone.txt: does not exist\n",
		"notice not-regular none out: left out: not a regular file: a symbolic link that points nowhere or out of the tree\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "s3cret") {
		t.Errorf("the value of a panic is shown:\n%s", got)
	}
}

func TestCancelled(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	busy := matching("test/busy", "x", func(c *check.Check) {
		c.Run = func(context.Context, *check.Pass) error { <-release; return nil }
	})
	s := scanner(t, scan.Options{Checks: []*check.Check{busy}})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := s.Scan(ctx, source.Files(doc("a.txt", "x"))) // hangs if a busy check is waited for
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestSecretsAreMaskedEverywhere(t *testing.T) {
	secret := matching("test/secret", "tok_[a-z0-9]+", func(c *check.Check) {
		c.Secret = true
		c.Run = func(_ context.Context, p *check.Pass) error {
			i := strings.Index(string(p.Document.Content), "tok_")
			if i >= 0 {
				p.Report(check.Finding{Message: "a token", Location: check.Location{Range: check.Range{Start: i, End: i + 9}}})
			}
			return nil
		}
	})
	text := "hazard tok_abcde and again tok_abcde; hazard"
	for _, only := range [][]string{nil, {"test/hazard"}} {
		s := scanner(t, scan.Options{Checks: []*check.Check{secret, matching("test/hazard", "hazard.*again tok_[a-z]+", nil)}, Only: only})
		r, err := s.Scan(t.Context(), source.Files(doc("a.txt", text)))
		if err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprintf("%+v", r.Findings); strings.Contains(all, "tok_abcde") || len(r.Findings) == 0 {
			t.Errorf("only %v: a secret is shown: %s", only, all)
		}
		if got := r.Findings[0].Location.Snippet; got != "hazard ********* and again *********; hazard" {
			t.Errorf("only %v: snippet %q", only, got)
		}
	}
}

// A file with more findings than anybody reads has the first of them listed, is
// not taken for judged, and shows nothing of the secrets that are left out.
func TestTooManyFindings(t *testing.T) {
	secret := matching("test/secret", "tok_[a-z]+", func(c *check.Check) { c.Secret = true })
	r, err := scanner(t, scan.Options{Checks: []*check.Check{secret}}).Scan(t.Context(), source.Files(doc("a.txt", strings.Repeat("x tok_abcdef\n", 1500)+"tok_left tok_out\n")))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Findings); n != 1000 || r.Findings[n-1].Location.Start.Line != 1000 {
		t.Errorf("%d findings, the last at %v", n, r.Findings[n-1].Location.Start)
	}
	if len(r.Notices) != 1 || r.Notices[0].Kind != check.NoticeTooMany || r.Notices[0].Effect != check.EffectNotJudged {
		t.Errorf("notices %+v", r.Notices)
	}
	if got := r.Findings[0].Location.Snippet; strings.Trim(got, "*") != "" {
		t.Errorf("snippet %q", got)
	}
}

// A family is called once a document, for the members that run.
func TestFamily(t *testing.T) {
	calls := 0
	family := &check.Family{Run: func(_ context.Context, _ *check.Document, report func(string, check.Finding)) error {
		calls++
		for _, id := range []string{"test/a", "test/b", "test/c"} {
			report(id, check.Finding{Message: id})
		}
		return nil
	}}
	member := func(id string) *check.Check {
		return matching(id, "never", func(c *check.Check) { c.Family = family })
	}
	s := scanner(t, scan.Options{Checks: []*check.Check{member("test/a"), member("test/b"), member("test/c")}, Only: []string{"test/a", "test/c"}})
	r, err := s.Scan(t.Context(), source.Files(doc("a.txt", "text")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.CheckID)
	}
	if calls != 1 || !slices.Equal(got, []string{"test/a", "test/c"}) {
		t.Errorf("%d calls, findings of %q", calls, got)
	}
	family.Run = func(context.Context, *check.Document, func(string, check.Finding)) error { panic("boom") }
	if r, err = s.Scan(t.Context(), source.Files(doc("a.txt", "text"))); err != nil || len(r.Notices) != 1 || r.Notices[0].Effect != check.EffectNotJudged {
		t.Errorf("a family that crashes: %v, notices %+v", err, r.Notices)
	}
}

// What stands beside a document may make a finding one for fewer people; where it
// does not, or the check crashes, the finding stays.
func TestBeside(t *testing.T) {
	c := matching("test/key", "never", func(c *check.Check) {
		c.Beside = func(tree fs.FS, d *check.Document, f *check.Finding) {
			switch raw, err := fs.ReadFile(tree, d.Path+".cert"); {
			case err == nil && string(raw) == "crash":
				panic("boom")
			case err == nil:
				f.Persona = check.Pedantic
			}
		}
	})
	s := scanner(t, scan.Options{Checks: []*check.Check{c}})
	r, err := s.Scan(t.Context(), source.Files(doc("a", "never"), doc("a.cert", "local"), doc("b", "never"), doc("c", "never"), doc("c.cert", "crash")))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Location.Path)
	}
	if !slices.Equal(got, []string{"b", "c"}) || len(r.Notices) != 1 || r.Notices[0].Kind != check.NoticeCheckFailed {
		t.Errorf("findings in %q, notices %+v", got, r.Notices)
	}
}

// A fix that would write a secret elsewhere would show it.
func TestFixThatShowsASecret(t *testing.T) {
	secret := matching("test/secret", "tok_[a-z]+", func(c *check.Check) { c.Secret = true })
	fixing := matching("test/fixing", "hazard", func(c *check.Check) {
		c.Run = func(_ context.Context, p *check.Pass) error {
			fix := func(text string) check.Fix {
				return check.Fix{Title: text[:3], Edits: []check.Edit{{NewText: text}}}
			}
			p.Report(check.Finding{Message: "m", Fixes: []check.Fix{fix("use tok_abcdef"), fix("use os.Getenv")}})
			return nil
		}
	})
	r, err := scanner(t, scan.Options{Checks: []*check.Check{secret, fixing}}).Scan(t.Context(), source.Files(doc("a.txt", "hazard tok_abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	if fixes := r.Findings[0].Fixes; len(fixes) != 1 || fixes[0].Edits[0].NewText != "use os.Getenv" {
		t.Errorf("fixes %+v", fixes)
	}
}

func TestFingerprints(t *testing.T) {
	secret := matching("test/secret", "tok_[a-z0-9]+", func(c *check.Check) { c.Secret = true })
	s := scanner(t, scan.Options{Checks: []*check.Check{secret, matching("test/call", `weak\([^)]*\)`, nil)}})
	prints := func(path, text string) (out []string) {
		r, err := s.Scan(t.Context(), source.Files(doc(path, text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			out = append(out, f.Fingerprint)
		}
		return out
	}
	base := prints("a.txt", "weak(a,\n b) tok_first")
	if len(base) != 2 || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(base[0]) {
		t.Fatalf("fingerprints %q", base)
	}
	same := func(name string, got []string, want bool) {
		t.Helper()
		if slices.Equal(got, base) != want {
			t.Errorf("%s: fingerprints %q, and %q before", name, got, base)
		}
	}
	same("lines above", prints("a.txt", "one\ntwo\nweak(a,\n b) tok_first"), true)
	same("white space", prints("a.txt", "weak(a,\t\tb)\n\ntok_first"), true)
	same("another secret", prints("a.txt", "weak(a, b) tok_second"), false)
	same("another file", prints("b.txt", "weak(a, b) tok_first"), false)
	if twice := prints("a.txt", "weak(a, b) weak(a, b)"); twice[0] == twice[1] || twice[0] != base[0] {
		t.Errorf("equal findings have fingerprints %q", twice)
	}
}

// The context hash of a finding changes with the lines around it, not with those
// farther away, with white space, or with a secret nearby.
func TestContextHash(t *testing.T) {
	s := scanner(t, scan.Options{Checks: []*check.Check{
		matching("test/eval", `eval`, nil), matching("test/token", `tok_[a-z]+`, func(c *check.Check) { c.Secret = true }),
	}})
	hash := func(text string) string {
		r, err := s.Scan(t.Context(), source.Files(doc("a.sh", text)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			if f.CheckID == "test/eval" {
				return f.ContextHash
			}
		}
		t.Fatalf("nothing is found in %q", text)
		return ""
	}
	const text = "1\n2\n3\n4 tok_secret\n5\neval $x\n7\n8\n9\n10\n"
	want := hash(text)
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"the same":         {text, true},
		"far away":         {"0\n0\n" + text + "11\n", true},
		"white space":      {strings.Replace(text, "\neval", "\n  eval", 1), true},
		"another secret":   {strings.Replace(text, "tok_secret", "tok_longersecret", 1), true},
		"the line":         {strings.Replace(text, "$x", "$y", 1), false},
		"a line before":    {strings.Replace(text, "\n3\n", "\n33\n", 1), false},
		"a line after":     {strings.Replace(text, "\n9\n", "\n99\n", 1), false},
		"no line after it": {"1\n2\neval $x", false},
	} {
		if got := hash(test.text); (got == want) != test.same || len(got) != 32 {
			t.Errorf("%s: %s, before %s", name, got, want)
		}
	}
}

func TestIgnoreComments(t *testing.T) {
	weak := matching("test/weak", `weak\(\)`, nil)
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	s := scanner(t, scan.Options{Checks: []*check.Check{weak}, Now: now})
	r, err := s.Scan(t.Context(), source.Files(doc("a.go", `package p

var a = weak() // peercheck:ignore test/weak -- names cache entries
var b = weak() // peercheck:ignore test/weak
var c = weak() // peercheck:ignore test/weak until=2026-05-31 -- was for May
var d = weak() // peercheck:ignore test/weak until=2026-06-01 -- today is the last day
var e = fine() // peercheck:ignore test/weak -- not needed
var f = fine() // peercheck:ignore test/weka -- misspelt
`)))
	if err != nil {
		t.Fatal(err)
	}
	var active []string
	for f := range r.Active() {
		active = append(active, fmt.Sprintf("%d %s", f.Location.Start.Line, f.CheckID))
	}
	expect(t, strings.Join(active, "\n"), "4 test/weak\n4 ignore/malformed\n5 test/weak\n5 ignore/expired\n7 ignore/unused\n8 ignore/unknown-check")
	if got := len(r.Findings); got != 8 {
		t.Errorf("%d findings in the report, want 8: a suppressed one stays", got)
	}
}

func TestGeneratedAndVendored(t *testing.T) {
	s := scanner(t, scan.Options{Checks: []*check.Check{
		matching("test/code", "hazard", nil),
		matching("test/everywhere", "hazard", func(c *check.Check) { c.Generated = true }),
	}})
	r, err := s.Scan(t.Context(), source.Files(
		doc("vendor/x/a.go", "hazard"), doc("go.sum", "hazard"), doc("own.go", "hazard"),
		doc("gen.go", "// Code generated by x. DO NOT EDIT.\npackage p // hazard"),
	))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, show(r), `gen.go:2:14 test/everywhere flagged hazard
go.sum:1:1 test/everywhere flagged hazard
own.go:1:1 test/code flagged hazard
own.go:1:1 test/everywhere flagged hazard
vendor/x/a.go:1:1 test/everywhere flagged hazard
`)
}

func TestOnlyUnknownIsAnError(t *testing.T) {
	_, err := scan.New(scan.Options{Checks: []*check.Check{matching("test/weak", "x", nil)}, Only: []string{"test/waek"}})
	if err == nil || !strings.Contains(err.Error(), "test/waek") {
		t.Errorf("error %v", err)
	}
}

func TestConfiguredSeverity(t *testing.T) {
	s := scanner(t, scan.Options{
		Checks: []*check.Check{matching("test/weak", "x", nil), matching("test/off", "x", nil)},
		Config: &config.Config{Checks: map[string]config.CheckConfig{"test/weak": {Severity: check.Low}, "test/off": {Off: true}}},
	})
	r, err := s.Scan(t.Context(), source.Files(doc("a.txt", "x")))
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Severity != check.Low {
		t.Errorf("%v, %v", r.Findings, err)
	}
}

// TestExcluded: an excluded file of a Go package is not judged by way of its package.
func TestExcluded(t *testing.T) {
	typed := &check.Check{
		ID: "test/typed", Title: "Typed", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "w", Why: "w", Fix: "f"},
		RunPackage: func(_ context.Context, p *check.PackagePass) error {
			for _, f := range p.Files {
				p.Report(check.Finding{Message: "a file", Location: p.Location(f.Name)})
			}
			return nil
		},
	}
	s := scanner(t, scan.Options{Checks: []*check.Check{typed}, Config: &config.Config{Exclude: []string{"out.go"}}})
	r, err := s.Scan(t.Context(), source.Files(
		doc("go.mod", "module example.com/m\n\ngo 1.26\n"),
		doc("in.go", "package m // peercheck:ignore test/nonsense -- x\n"), doc("out.go", "package m // peercheck:ignore test/nonsense -- x\n"),
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Location.Path != "in.go" {
			t.Errorf("%s: %s", f.Location.Path, f.Message)
		}
	}
	if len(r.Findings) != 2 {
		t.Errorf("%s", show(r))
	}
}

// TestChange holds what is new against what came from a base (invariant 7).
func TestChange(t *testing.T) {
	weak := matching("test/weak", `weak\([a-z]*\)`, nil)
	for _, c := range []struct {
		name  string
		base  map[string]string
		head  map[string]string
		moved map[string]string // head path -> base path
		want  string
	}{
		{name: "first commit", head: map[string]string{"a": "weak(x)"}, want: "a:1:1 (new)"},
		{name: "added beside an old one", base: map[string]string{"a": "weak(x)"}, head: map[string]string{"a": "weak(y)\nweak(x)"}, want: "a:1:1 (new) a:2:1 (unchanged)"},
		{name: "an edit near it", base: map[string]string{"a": "weak(x)"}, head: map[string]string{"a": "other\nweak(x)"}, want: "a:2:1 (unchanged)"},
		{name: "a copy of an old one", base: map[string]string{"a": "weak(x)"}, head: map[string]string{"a": "weak(x)\nweak(x)"}, want: "a:1:1 (unchanged) a:2:1 (new)"},
		{name: "renamed", base: map[string]string{"a": "weak(x)"}, head: map[string]string{"b": "weak(x)\n"}, moved: map[string]string{"b": "a"}, want: "b:1:1 (unchanged)"},
		{name: "moved to another file", base: map[string]string{"a": "weak(x)", "b": ""}, head: map[string]string{"a": "", "b": "weak(x)"}, want: "b:1:1 (unchanged)"},
		{name: "copied to another file", base: map[string]string{"a": "weak(x)", "b": ""}, head: map[string]string{"a": "weak(x)\n", "b": "weak(x)"}, want: "a:1:1 (unchanged) b:1:1 (new)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := makeChange(c.base, c.head, c.moved)
			r, err := scanner(t, scan.Options{Checks: []*check.Check{weak}}).ScanChange(t.Context(), change)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Findings {
				got = append(got, fmt.Sprintf("%s:%s (%s)", f.Location.Path, f.Location.Start, f.Baseline))
			}
			expect(t, strings.Join(got, " "), c.want)
		})
	}
}

func makeChange(base, head, moved map[string]string) source.Change {
	tree := func(files map[string]string) source.Source {
		var docs []*check.Document
		for p, text := range files {
			docs = append(docs, doc(p, text))
		}
		return source.Files(docs...)
	}
	c := source.Change{Head: tree(head)}
	followed := map[string]bool{}
	for p := range head {
		f := source.FileChange{Path: p}
		if base != nil {
			from := p
			if moved[p] != "" {
				from = moved[p]
			}
			followed[from] = true
			if _, ok := base[from]; !ok {
				from = ""
			}
			f.BasePaths = []string{from}
		}
		c.Files = append(c.Files, f)
	}
	if base != nil {
		c.Bases = []source.Source{tree(base)}
		for p := range base {
			if !followed[p] {
				c.Files = append(c.Files, source.FileChange{BasePaths: []string{p}})
			}
		}
	}
	return c
}

// TestChangeOfTwoParents: what either side of a merge had is not new.
func TestChangeOfTwoParents(t *testing.T) {
	weak := matching("test/weak", `weak\([a-z]*\)`, nil)
	change := source.Change{
		Head:  source.Files(doc("a", "weak(ours)\nweak(theirs)\nweak(evil)")),
		Bases: []source.Source{source.Files(doc("a", "weak(ours)")), source.Files(doc("a", "weak(theirs)"))},
		Files: []source.FileChange{{Path: "a", BasePaths: []string{"a", "a"}}},
	}
	r, err := scanner(t, scan.Options{Checks: []*check.Check{weak}}).ScanChange(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, show(r), `a:1:1 test/weak flagged weak(ours) (unchanged)
a:2:1 test/weak flagged weak(theirs) (unchanged)
a:3:1 test/weak flagged weak(evil) (new)
`)
}

// TestIgnoresThatComeWithTheChange: one with a reason counts; another tool's,
// which needs none, does not silence a secret.
func TestIgnoresThatComeWithTheChange(t *testing.T) {
	secret := matching("secrets/token", "tok_[a-z]+", func(c *check.Check) { c.Secret = true })
	for _, c := range []struct {
		name, base, head string
		blocks           bool
	}{
		{"with a reason", "x = 1\n", "x = tok_abcdef # peercheck:ignore secrets/token -- an example\n", false},
		{"another tool's", "x = 1\n", "x = tok_abcdef # gitleaks:allow\n", true},
		{"another tool's, from before", "x = tok_abcdef # gitleaks:allow\n", "x = tok_abcdeg # gitleaks:allow\n", false},
	} {
		change := makeChange(map[string]string{"a.ini": c.base}, map[string]string{"a.ini": c.head}, nil)
		r, err := scanner(t, scan.Options{Checks: []*check.Check{secret}}).ScanChange(t.Context(), change)
		if err != nil {
			t.Fatal(err)
		}
		if got := len((triage.Gate{NewOnly: true}).Judge(r).Blocking) > 0; got != c.blocks {
			t.Errorf("%s: blocks %v\n%s", c.name, got, show(r))
		}
	}
}

// TestProjectFollowsItsReads: a change to a file that a project check reads has
// it judged again, in a document that did not change.
func TestProjectFollowsItsReads(t *testing.T) {
	project := &check.Check{
		ID: "test/project", Title: "Project", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page:     check.Page{What: "w", Why: "w", Fix: "f"},
		Selector: []check.DocumentFilter{{Pattern: "main.txt"}}, Reads: []check.DocumentFilter{{Pattern: "guard.txt"}},
		RunProject: func(_ context.Context, p *check.ProjectPass) error {
			for _, d := range p.Documents {
				if _, err := p.Read("guard.txt"); err != nil {
					p.Report(check.Finding{Message: "no guard", Location: check.Location{Path: d.Path}})
				}
			}
			return nil
		},
	}
	change := makeChange(map[string]string{"main.txt": "m", "guard.txt": "g"}, map[string]string{"main.txt": "m"}, nil)
	change.Head = nothingToJudge{change.Head}
	change.Files = slices.DeleteFunc(change.Files, func(f source.FileChange) bool { return f.Path == "main.txt" })
	r, err := scanner(t, scan.Options{Checks: []*check.Check{project}}).ScanChange(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, show(r), "main.txt:1:1 test/project no guard (new)\n")
}

type nothingToJudge struct{ source.Source }

func (nothingToJudge) Entries(context.Context) iter.Seq2[source.Entry, error] {
	return func(func(source.Entry, error) bool) {}
}

// TestSameResultFromAnyWorkers: order does not depend on timing (invariant 11).
func TestSameResultFromAnyWorkers(t *testing.T) {
	var docs []*check.Document
	for i := range 60 {
		docs = append(docs, doc(fmt.Sprintf("d%02d/f.txt", i), strings.Repeat("hazard weak() ", i%5)))
	}
	checks := []*check.Check{matching("test/hazard", "hazard", nil), matching("test/weak", `weak\(\)`, nil)}
	var first string
	for _, workers := range []int{1, 2, 8, runtime.NumCPU()} {
		r, err := scanner(t, scan.Options{Checks: checks, Workers: workers}).Scan(t.Context(), source.Files(docs...))
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = show(r)
		}
		expect(t, show(r), first)
	}
}

// A finding may be for fewer people than its check.
func TestFindingPersona(t *testing.T) {
	c := &check.Check{
		ID: "test/both", Title: "Both", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "W.", Why: "W.", Fix: "F."},
		Run: func(_ context.Context, p *check.Pass) error {
			p.Report(check.Finding{Message: "for all", Location: check.Location{Range: check.Range{Start: 0, End: 1}}})
			p.Report(check.Finding{Message: "for some", Persona: check.Pedantic, Location: check.Location{Range: check.Range{Start: 2, End: 3}}})
			return nil
		},
	}
	for _, tt := range []struct {
		persona check.Persona
		only    []string
		want    int
	}{{check.Regular, nil, 1}, {check.Pedantic, nil, 2}, {check.Regular, []string{"test"}, 1}, {check.Regular, []string{"test/both"}, 2}} {
		s := scanner(t, scan.Options{Checks: []*check.Check{c}, Config: &config.Config{Persona: tt.persona}, Only: tt.only})
		report, err := s.Scan(t.Context(), source.Files(doc("a.txt", "a b c")))
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != tt.want {
			t.Errorf("%s, only %q: %d findings, want %d", tt.persona, tt.only, len(report.Findings), tt.want)
		}
	}
}
