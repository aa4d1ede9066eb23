package text_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/text"
)

var update = flag.Bool("update", false, "write the golden files anew")

func write(t testing.TB, r *check.Report, opts text.Options) string {
	var b bytes.Buffer
	if err := text.Write(&b, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What people see. Colours are written as {31}...{} in the golden files.
func TestWrite(t *testing.T) {
	blocks := func(f *check.Finding) bool {
		return f.Severity >= check.High && f.Baseline == check.BaselineNew && !f.Suppressed()
	}
	for _, tt := range []struct {
		name   string
		report *check.Report
		opts   text.Options
	}{
		{"pipe", example.Report(), text.Options{}},
		{"wide", example.Report(), text.Options{Width: 120, Color: true, Blocks: blocks}},
		{"narrow", example.Report(), text.Options{Width: 60}},
		{"verbose", example.Report(), text.Options{Width: 100, Verbose: true}},
		{"clean", example.Clean(), text.Options{Color: true}},
		{"hostile", example.Hostile("a\x1b]0;title\x07\tb\u202e\x9b31m\xff\r\n\u009b2Jc\u2066 \U000e0041\u200bd\x00"), text.Options{}},
		{"odd", odd(), text.Options{Width: 60}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := regexp.MustCompile("\x1b\\[0?m").ReplaceAllString(write(t, tt.report, tt.opts), "{}")
			got = regexp.MustCompile("\x1b\\[([0-9;]+)m").ReplaceAllString(got, "{$1}")
			golden := filepath.Join("testdata", tt.name+".txt")
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
		})
	}
}

// odd has the corners of excerpts: cut snippets, no snippet, wide characters, a
// range of nothing, and one that its snippet does not hold.
func odd() *check.Report {
	const long = "\tvar token = \"0123456789012345678901234567890123456789\" + 秘密の言葉 + strings.Repeat(\"e\u0301\", 12) + \"👩‍👩‍👧‍👦👍🏽\" + needle + \"and so on and on and on\"\n"
	doc := check.NewDocument("odd.go", "", []byte(long+"two\r\nthree\rfour\n\n"), check.Revision{})
	at := func(text, message string) check.Finding {
		return check.Finding{CheckID: "go/weak-hash", Message: message, Location: example.At(doc, text, "")}
	}
	r := &check.Report{Checks: example.Checks, Documents: 1, Bytes: 1, Findings: []check.Finding{
		at("var", "The start of a long line"),
		at("秘密の言葉", "Wide characters"),
		at("e\u0301\", 12", "Combining characters"),
		at("needle", "After emoji"),
		at("n and on", "The end of a long line"),
		at("", "Nothing"),
		at("three\rfour", "Old Macintosh line ends"),
		at("\n\n", "Line ends only"),
	}}
	cut := at("needle", "A snippet that starts within the line")
	cut.Location.Snippet = cut.Location.Snippet[100:]
	cut.Location.SnippetStart += 100
	cut.Related = []check.Location{cut.Location}
	cut.Related[0].Snippet, cut.Related[0].Message = "", "no source"

	more := at("two\r\nthree\rfour", "More lines than the snippet")
	more.Location.Snippet = "two\r\nthree"
	more.Location.Message = "ignored"

	wrong := at("needle", "A range outside the snippet")
	wrong.Location.SnippetStart = 5000

	whole := check.Finding{CheckID: "go/weak-hash", Message: "A whole file", Location: check.Location{Path: "odd.go"}}

	flow := at("needle", "A long flow")
	for i := range 20 {
		step := example.At(doc, "two", fmt.Sprintf("step of a flow which goes on and on: %d", i))
		flow.Flow = append(flow.Flow, step)
	}
	r.Findings = append(r.Findings, cut, more, wrong, whole, flow)
	for range 8 {
		r.Notices = append(r.Notices,
			check.Notice{Kind: check.NoticeBinary, Path: "x.png", Effect: check.EffectDegraded, Message: "not text"},
			check.Notice{Kind: check.NoticeUnreadable, Effect: check.EffectNotJudged, Message: "no such object"})
	}
	return r
}

// Nothing of a judged tree reaches the terminal as anything but visible text,
// and nothing is cut in the middle of a rune.
func FuzzWrite(f *testing.F) {
	f.Add("plain", uint8(0), true)
	f.Add("a\x1b[2J\x9b\u202e\xff\r\n\tb", uint8(41), false)
	f.Add("\u0301\u200d👩‍👩\n\n\r", uint8(1), true)
	f.Add("|\u009d|\u2028", uint8(60), true)
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	f.Fuzz(func(t *testing.T, s string, width uint8, color bool) {
		out := write(t, example.Hostile(s), text.Options{Width: int(width), Color: color, Verbose: true})
		if color {
			out = sgr.ReplaceAllString(out, "")
		}
		if !utf8.ValidString(out) {
			t.Errorf("not UTF-8: %q", out)
		}
		for _, r := range out {
			if r != '\n' && !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
				t.Fatalf("%U in %q", r, out)
			}
		}
	})
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 世界 👩‍👧 e\u0301":       "plain é 世界 👩‍👧 e\u0301",
		`C:\x1b`:                       `C:\x1b`,
		"\x1b[31m\x00\x7f":             `\x1b[31m\x00\x7f`,
		"\t\r\n":                       `\t\r\n`,
		"\u0085\u009b":                 `\u0085\u009b`,
		"\x85\x9b\xff":                 `\x85\x9b\xff`,
		"\u202a\u202e\u2066\u2069":     `\u202a\u202e\u2066\u2069`,
		"\u200e\u200f\u061c":           `\u200e\u200f\u061c`,
		"\u200b\u2060\ufeff\u00ad":     `\u200b\u2060\ufeff\u00ad`,
		"\u2028\u2029":                 `\u2028\u2029`,
		"\U000e0041":                   `\U000e0041`,
		"\ufffd":                       "\ufffd", // said by somebody, not put there by a decoder
		strings.Repeat("x", 99) + "\a": strings.Repeat("x", 99) + `\x07`,
	} {
		if got := text.Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteError(t *testing.T) {
	if err := text.Write(brokenPipe{}, example.Report(), text.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := text.Write(io.Discard, r, text.Options{Width: 100, Color: true}); err != nil {
			b.Fatal(err)
		}
	}
}
