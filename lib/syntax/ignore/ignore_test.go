package ignore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// show renders a comment in one line, for comparison.
func show(c ignore.Comment) string {
	s := fmt.Sprintf("%s %s %v %d-%d", c.Tool, c.Kind, c.IDs, c.First, c.Last)
	if !c.Until.IsZero() {
		s += " until " + c.Until.Format("2006-01-02")
	}
	if c.Reason != "" {
		s += " because " + c.Reason
	}
	if c.Err != nil {
		s += " ERROR " + c.Err.Error()
	}
	return s
}

func TestComments(t *testing.T) {
	for _, tt := range []struct{ path, text, want string }{
		{"a.go", "x() // peercheck:ignore go/weak-hash -- not for security",
			"peercheck line [go/weak-hash] 1-1 because not for security"},
		{"a.go", "// peercheck:ignore go/a-b, go/* until=2027-01-31 -- a -- b\n\n// more\nx()\ny()",
			"peercheck line [go/a-b go/*] 1-4 until 2027-01-31 because a -- b"},
		{"a.go", "/*\n * peercheck:ignore go/a -- why */\nx()",
			"peercheck line [go/a] 1-3 because why"},
		{"a.go", "s := `// peercheck:ignore go/a -- in a string`\nt := \"// #nosec\"", ""},
		{"a.go", "// How to write it: \"peercheck:ignore go/a -- why\"", ""},
		{"a.go", "// peercheck:ignore-start go/a -- why\nx()\n// peercheck:ignore-start go/b -- too\ny()\n// peercheck:ignore-end\n// peercheck:ignore-end\nz()",
			"peercheck start [go/a] 1-6 because why\npeercheck start [go/b] 3-5 because too\npeercheck end [] 3-5\npeercheck end [] 1-6"},
		{"a.go", "// peercheck:ignore-start go/a -- why\n// peercheck:ignore-start go/b -- too\n// peercheck:ignore-end go/a\n",
			"peercheck start [go/a] 1-3 because why\npeercheck start [go/b] 0-0 because too ERROR this peercheck:ignore-start covers nothing because no peercheck:ignore-end follows: add one after the last line that it is about\npeercheck end [go/a] 1-3"},
		{"a.go", "// peercheck:ignore-end",
			"peercheck end [] 0-0 ERROR this peercheck:ignore-end has no peercheck:ignore-start before it: remove it, or add the start"},
		{"a.go", "x() // peercheck:ignore go/a", `peercheck line [go/a] 1-1 ERROR it gives no reason: write "peercheck:ignore go/weak-hash -- why this is no risk here"`},
		{"a.go", "x() // peercheck:ignore -- why", `peercheck line [] 1-1 because why ERROR it names no check: write "peercheck:ignore go/weak-hash -- why this is no risk here"`},
		{"a.go", "x() // peercheck:ignore * -- why", `peercheck line [*] 1-1 because why ERROR "*" is no check: name one as go/weak-hash, or a domain as go/*, and put the reason after --`},
		{"a.go", "x() // peercheck:ignore go/a until=soon -- why", `peercheck line [go/a] 1-1 because why ERROR until=soon is no date: write the last day as until=2027-01-31`},
		{"a.go", "x() // peercheck:ignore go/a for=ever -- why", `peercheck line [go/a] 1-1 because why ERROR for= is not known: the only option is until=2027-01-31`},
		{"a.go", "//\tpeercheck:\n//\t  type: module", ``},
		{"a.go", "// peercheck: a colleague", ``},
		{"a.go", "x() // peercheck: ignore go/a -- why", `peercheck line [] 1-1 ERROR peercheck: is not known: the comments are peercheck:ignore, peercheck:ignore-start and peercheck:ignore-end`},
		{"a.go", "x() // peercheck:ignore-next-line go/a -- why", `peercheck line [] 1-1 ERROR peercheck:ignore-next-line is not known: the comments are peercheck:ignore, peercheck:ignore-start and peercheck:ignore-end`},
		{"a.html", "<!-- peercheck:ignore secrets/a -- why -->\n<p>", "peercheck line [secrets/a] 1-2 because why"},
		{"a.py", "x = '# peercheck:ignore a/b -- no'  # peercheck:ignore python/b -- yes", "peercheck line [python/b] 1-1 because yes"},
		{"a.json", `{"a": "b"} // peercheck:ignore a/b -- no comments here`, ""},
		{"Dockerfile", "# peercheck:ignore docker/a -- why\nRUN a \\\n  b \\\n  c\nRUN d", "peercheck line [docker/a] 1-4 because why"},

		{"a.go", "x() // #nosec G401,G404 -- known", "gosec line [G401 G404] 1-1 because known"},
		{"a.go", "x() //gosec:disable G401,G404 -- known", "gosec line [G401 G404] 1-1 because known"},
		{"a.go", "x() //nolint:errcheck //gosec:disable G401", "gosec line [G401] 1-1"},
		{"a.go", "x() //gosec:disabled", ""},
		{"a.go", "x() //#nosec", "gosec line [] 1-1"},
		{"a.go", "x() // nosecrets here", ""},
		{"a.go", "x() //nolint:gosec,errcheck // known", "nolint line [gosec errcheck] 1-1 because known"},
		{"a.go", "x() //nolint:errcheck", ""},
		{"a.go", "x() //nolint", "nolint line [] 1-1"},
		{"a.go", "x() //nolint:gosec // peercheck:ignore go/a -- why", "nolint line [gosec] 1-1\npeercheck line [go/a] 1-1 because why"},
		{"a.go", "x() // harmless #nosec G1\n", ""},
		{"a.py", "x() # nosemgrep: a.b-c, d", "nosemgrep line [a.b-c d] 1-1"},
		{"a.py", "x() # fine: nosemgrep", "nosemgrep line [] 1-1"},
		{"a.py", "x() # a test key, gitleaks:allow", "gitleaks line [] 1-1"},
		{"a.yaml", "on: push # zizmor: ignore[a-b,c] because", "zizmor line [a-b c] 1-1 because because"},
		{"Dockerfile", "# hadolint global ignore=DL3006\n# hadolint ignore=DL3006,SC2046\nFROM a",
			"hadolint file [DL3006] 1-3\nhadolint line [DL3006 SC2046] 2-3"},
	} {
		d := check.NewDocument(tt.path, "", []byte(tt.text), check.Revision{})
		var got []string
		for _, c := range ignore.Comments(d) {
			got = append(got, show(c))
		}
		if s := strings.Join(got, "\n"); s != tt.want {
			t.Errorf("%s %q:\n got %s\nwant %s", tt.path, tt.text, s, tt.want)
		}
	}
}

func TestRange(t *testing.T) {
	d := check.NewDocument("a.go", "", []byte("x() //  peercheck:ignore go/a -- why  // #nosec G1 \n"), check.Revision{})
	var got []string
	for _, c := range ignore.Comments(d) {
		got = append(got, d.Text(c.Range))
	}
	if s := strings.Join(got, "|"); s != "peercheck:ignore go/a -- why|#nosec G1" {
		t.Error(s)
	}
}

// A comment has a range in the document, and covers lines that it has.
func FuzzComments(f *testing.F) {
	f.Add("a.go", "x() // peercheck:ignore go/weak-hash until=2027-01-31 -- why // #nosec G1")
	f.Add("a.py", "# peercheck:ignore-start a/b -- c\n# peercheck:ignore-end\n# nosemgrep: x\n# gitleaks:allow")
	f.Add("Dockerfile", "# hadolint global ignore=DL3006\n# zizmor: ignore[a]\nRUN a \\\n b")
	f.Fuzz(func(t *testing.T, name, text string) {
		d := check.NewDocument(name, "", []byte(text), check.Revision{})
		for _, c := range ignore.Comments(d) {
			if c.Range.Start < 0 || c.Range.End > len(text) || c.Range.Start >= c.Range.End {
				t.Fatalf("range %v of %d bytes", c.Range, len(text))
			}
			if c.First > c.Last || c.Last > d.LineCount() || c.First == 0 && c.Err == nil {
				t.Fatalf("%s covers %d-%d of %d lines", d.Text(c.Range), c.First, c.Last, d.LineCount())
			}
			if c.Tool == ignore.Peercheck && c.Kind != ignore.End && c.Err == nil && (c.Reason == "" || len(c.IDs) == 0) {
				t.Fatalf("valid without reason or IDs: %s", d.Text(c.Range))
			}
		}
	})
}

// Both must take time in proportion to their length: the second is ten times
// the first.
func BenchmarkComments(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for name, text := range map[string]string{
			"stacked": strings.Repeat("// #nosec\n", n),
			"blocks": strings.Repeat("// peercheck:ignore-start go/a -- b\n", n) +
				strings.Repeat("// peercheck:ignore-end go/b\n", n),
		} {
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				for b.Loop() {
					ignore.Comments(check.NewDocument("a.go", "", []byte(text), check.Revision{}))
				}
			})
		}
	}
}
