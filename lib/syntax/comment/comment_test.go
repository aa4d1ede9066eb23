package comment_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/comment"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		path, text string
		want       []string // the comments' texts, trimmed
	}{
		{"a.go", "x := \"// no\" // yes\n/* and\nthis */\ns := `\n// no\n`\n", []string{"yes", "and\nthis"}},
		{"a.go", "// windows\r\nfunc (((", []string{"windows"}},
		{"a.go", "x /* open", []string{"open"}},
		{"a.py", "a = '# no' # yes\n'''\n# no\n'''\n# also", []string{"yes", "also"}},
		{"a.py", `url = "it's" # yes`, []string{"yes"}},
		{"a.sh", "echo a#b '# no' $# # yes\necho 'a\n# no' ", []string{"yes"}},
		{"a.yaml", "a: b#c # yes\nb: \"# no\"\nc: it's fine # too", []string{"yes", "too"}},
		{"a.json", `{"a": "// no"} // no`, nil},
		{"a.js", "const u = 'http://x' // yes\nlet t = `\n// no ${a}\n` /* b */", []string{"yes", "b"}},
		{"a.sql", "select '-- no' -- yes\n/* b */", []string{"yes", "b"}},
		{"a.html", "<p># no</p> <!-- yes -->", []string{"yes"}},
		{"a.properties", "a=b # no\n  ! yes\n# also", []string{"yes", "also"}},
		{"a.ini", "a=b#c ; yes\n; also", []string{"yes", "also"}},
		{"Dockerfile", "RUN x # no\n # yes", []string{"yes"}},
		{"a.rs", "fn f<'a>(c: char) { c == '\"' } // yes", []string{"yes"}},
		{"a.tf", "a = \"# no\" # yes\n// b", []string{"yes", "b"}},
		{"a.tex", "50\\% no % yes", []string{"yes"}},
		{"a.bat", "rem yes\n:: also\necho rem no", []string{"yes", "also"}},
		{"a.unknown", "# yes\nhttp://no#no\nx // also", []string{"yes", "also"}},
		{"a.yaml", "\ufeff# yes", []string{"yes"}},
		{"a.lua", "--[[ a\nb ]] -- c", []string{"a\nb", "c"}},
	} {
		d := check.NewDocument(tt.path, "", []byte(tt.text), check.Revision{})
		var got []string
		for _, c := range comment.Of(d) {
			got = append(got, strings.TrimSpace(d.Text(c.Text)))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s %q:\n got %q\nwant %q", tt.path, tt.text, got, tt.want)
		}
	}
}

// Comments are in order, within the document, and do not overlap.
func FuzzOf(f *testing.F) {
	for _, name := range []string{"a.go", "a.py", "a.sh", "a.rs", "a.js", "a.sql", "a.html", "a.tmpl", "a.ini", "a", "a.lua"} {
		f.Add(name, []byte("a \"b // c\n' # d */ --[[ `\n/* <!-- ; \"\"\" \\"))
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		d := check.NewDocument(name, "", content, check.Revision{})
		end := 0
		for _, c := range comment.Of(d) {
			if c.Range.Start < end || c.Range.End <= c.Range.Start || c.Range.End > len(content) || !c.Range.Contains(c.Text) || c.Text.End < c.Text.Start {
				t.Fatalf("%s: comment %+v after offset %d of %d", name, c, end, len(content))
			}
			end = c.Range.End
		}
	})
}

func BenchmarkOf(b *testing.B) {
	for _, name := range []string{"a.js", "a.go", "a.unknown"} {
		content := []byte(strings.Repeat("const a = 'it' + \"b\" // comment's end\n\tx = y / z; `open\n", 2000))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				comment.Of(check.NewDocument(name, "", content, check.Revision{}))
			}
		})
	}
}
