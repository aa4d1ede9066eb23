package github_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/github"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/text"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report) string {
	var b bytes.Buffer
	if err := github.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.txt"
	got := write(t, example.Report())
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := write(t, example.Clean()); got != "peercheck: 0 findings, 0 not judged, 142 documents\n" {
		t.Errorf("a clean report says %q", got)
	}
}

// command is what the runner reads: ActionCommand.TryParseV2.
var command = regexp.MustCompile(`^::(error|warning|notice) ((?:[a-zA-Z]+=[^:,]*,?)+)::(.*)$`)

// Whatever the judged tree holds, each line is one of our commands, and it
// holds nothing that a log would obey.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"plain", "x\n::stop-commands::t", "a%0A::set-output name=x::y", "::error::", ",title=evil,line=7", "a:b,c%", "##[error]x",
		"\r::debug::x", "\x1b[31m\u009b\u202e\xff\u2028"} {
		f.Add(s)
	}
	unescape := strings.NewReplacer("%3A", ":", "%2C", ",", "%25", "%").Replace
	f.Fuzz(func(t *testing.T, s string) {
		r := example.Hostile(s)
		r.Findings[0].Suppressions = nil
		lines := strings.Split(strings.TrimSuffix(write(t, r), "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines, want 4: %q", len(lines), lines)
		}
		for i, line := range lines[:3] {
			m := command.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("not a command: %q", line)
			}
			for _, r := range line {
				if !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
					t.Errorf("%U in %q", r, line)
				}
			}
			if i == 2 {
				continue
			}
			file, _, _ := strings.Cut(strings.TrimPrefix(m[2], "file="), ",")
			if path := r.Findings[0].Location.Path; path != "" && unescape(file) != text.Escape(path) {
				t.Errorf("file %q is %q, want %q", file, unescape(file), text.Escape(path))
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := github.Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
