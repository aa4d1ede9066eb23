package junit_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"testing"
	"unicode"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/junit"
	"github.com/peercheck/peercheck/lib/report/text"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report) []byte {
	var b bytes.Buffer
	if err := junit.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type counts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type outcome struct {
	Message string `xml:"message,attr"`
}

// parse reads a report as a continuous integration does, and counts again.
func parse(t *testing.T, out []byte) (total counts, messages []string) {
	var doc struct {
		counts
		Suites []struct {
			counts
			Cases []struct {
				Failure *outcome `xml:"failure"`
				Error   *outcome `xml:"error"`
				Skipped *outcome `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	dec := xml.NewDecoder(bytes.NewReader(out))
	dec.Strict = true
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, s := range doc.Suites {
		var n counts
		for _, c := range s.Cases {
			n.Tests++
			for _, o := range []struct {
				*outcome
				count *int
			}{{c.Failure, &n.Failures}, {c.Error, &n.Errors}, {c.Skipped, &n.Skipped}} {
				if o.outcome != nil {
					*o.count++
					messages = append(messages, o.Message)
				}
			}
		}
		if n != s.counts {
			t.Errorf("a suite says %+v and has %+v", s.counts, n)
		}
		total.Tests += n.Tests
		total.Failures += n.Failures
		total.Errors += n.Errors
		total.Skipped += n.Skipped
	}
	if total != doc.counts {
		t.Errorf("the report says %+v and has %+v", doc.counts, total)
	}
	return total, messages
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.xml"
	got := write(t, example.Report())
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
	if n, _ := parse(t, got); n != (counts{Tests: 8, Failures: 4, Errors: 2, Skipped: 2}) {
		t.Errorf("%+v", n)
	}
	if n, _ := parse(t, write(t, example.Clean())); n != (counts{Tests: len(example.Checks)}) {
		t.Errorf("a clean report has %+v", n)
	}
	parse(t, write(t, &check.Report{}))
}

// Whatever the judged tree holds, the document is well-formed XML 1.0 and says
// the same.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"plain", "]]><x a='b\">&amp;", "\x00\x01\x1b\x7f\u0085\u009b", "\ufffe\uffff\xff", "\u202e\n\r\t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := example.Hostile(s)
		out := write(t, r)
		for _, r := range string(out) {
			if r != '\n' && !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
				t.Fatalf("%U in %q", r, out)
			}
		}
		n, messages := parse(t, out)
		if n.Failures != 1 || n.Errors != 1 {
			t.Errorf("%+v", n)
		}
		for _, m := range messages {
			if m != text.Escape(s) {
				t.Errorf("message %q, want %q", m, text.Escape(s))
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := junit.Write(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
