package gitlab_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"slices"
	"testing"
	"unicode"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/gitlab"
	"github.com/peercheck/peercheck/lib/report/internal/example"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report) []byte {
	var b bytes.Buffer
	if err := gitlab.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// valid is what GitLab asks of a Code Quality report.
func valid(t *testing.T, out []byte) int {
	var issues []struct {
		Description string `json:"description"`
		CheckName   string `json:"check_name"`
		Fingerprint string
		Severity    string
		Location    struct {
			Path  *string
			Lines struct{ Begin int }
		}
	}
	if err := json.Unmarshal(out, &issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, i := range issues {
		if i.CheckName == "" || i.Fingerprint == "" || seen[i.Fingerprint] || i.Location.Path == nil || i.Location.Lines.Begin < 1 ||
			!slices.Contains([]string{"info", "minor", "major", "critical", "blocker"}, i.Severity) {
			t.Errorf("%+v", i)
		}
		seen[i.Fingerprint] = true
	}
	return len(issues)
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.json"
	got := write(t, example.Report())
	valid(t, got)
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := write(t, example.Clean()); string(got) != "[]\n" {
		t.Errorf("a clean report says %q", got)
	}
}

// Findings that share a fingerprint, or have none, are all there.
func TestFingerprints(t *testing.T) {
	r := example.Large(10)
	for i := range r.Findings {
		r.Findings[i].Fingerprint = []string{"", "abc"}[i%2]
		r.Findings[i].Baseline = check.BaselineNew
		r.Findings[i].Location.Start.Line = i + 1
	}
	r.Notices = nil
	if n := valid(t, write(t, r)); n != 10 {
		t.Errorf("%d issues of 10 findings", n)
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("plain")
	f.Add("\x1b[2J\u009b\u202e\xff\x00\"\\")
	f.Fuzz(func(t *testing.T, s string) {
		out := write(t, example.Hostile(s))
		if n := valid(t, out); n != 2 {
			t.Errorf("%d issues, want 2", n)
		}
		for _, r := range string(out) {
			if r != '\n' && !unicode.IsGraphic(r) {
				t.Fatalf("%U in %q", r, out)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := gitlab.Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
