package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	nethtml "golang.org/x/net/html"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/html"
	"github.com/peercheck/peercheck/lib/report/internal/example"
	"github.com/peercheck/peercheck/lib/report/text"
)

var update = flag.Bool("update", false, "write the golden file anew")

func write(t testing.TB, r *check.Report, opts html.Options) string {
	var b bytes.Buffer
	if err := html.Write(&b, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are all that a page consists of, and the attributes that they have.
var elements = map[string][]string{
	"html": {"lang"}, "head": nil, "title": nil, "body": nil, "header": nil, "main": nil, "footer": nil,
	"meta": {"charset", "http-equiv", "content", "name"}, "style": nil,
	"section": {"class", "aria-label"}, "article": {"class", "id"}, "details": {"class", "open"}, "summary": nil,
	"h1": {"class"}, "h2": {"class"}, "h3": nil, "h4": nil, "p": {"class", "id"}, "span": {"class"}, "b": nil, "strong": {"class"},
	"ul": {"class"}, "ol": {"class"}, "li": nil, "pre": {"class"}, "code": nil, "mark": nil,
	"a": {"href", "rel"}, "label": {"class"}, "input": {"type", "id", "checked"},
}

// visit parses a page as browsers do, fails on what it must not hold, and gives
// its elements and its text.
func visit(t *testing.T, page string) (count map[string]int, texts []string) {
	root, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	count = map[string]int{}
	ids := map[string]bool{}
	for n := range root.Descendants() {
		switch n.Type {
		case nethtml.TextNode:
			texts = append(texts, n.Data)
		case nethtml.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		case nethtml.ElementNode:
			count[n.Data]++
			allowed, ok := elements[n.Data]
			if !ok {
				t.Errorf("an element <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(allowed, a.Key) {
					t.Errorf("<%s> has an attribute %s=%q", n.Data, a.Key, a.Val)
				}
				switch a.Key {
				case "href":
					if u, err := url.Parse(a.Val); err != nil || !strings.HasPrefix(a.Val, "#") && u.Scheme != "https" && u.Scheme != "http" {
						t.Errorf("a link to %q", a.Val)
					}
				case "id":
					if ids[a.Val] {
						t.Errorf("the ID %q is there twice", a.Val)
					}
					ids[a.Val] = true
				}
			}
		}
	}
	return count, texts
}

func TestWrite(t *testing.T) {
	const golden = "testdata/report.html"
	got := write(t, example.Report(), html.Options{Title: "example.com/shop", Version: "1.2.3"})
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
		t.Errorf("not as in %s; see -update. Got\n%s", golden, got)
	}
	count, texts := visit(t, got)
	if n := len(example.Report().Findings); count["article"] != n {
		t.Errorf("%d findings are shown, want %d", count["article"], n)
	}
	page := strings.Join(texts, "")
	for _, n := range example.Report().Notices {
		if !strings.Contains(page, n.Message) {
			t.Errorf("the page does not say %q", n.Message)
		}
	}
	visit(t, write(t, example.Clean(), html.Options{}))
	visit(t, write(t, &check.Report{}, html.Options{}))
}

// The browser may use the page's style and nothing else.
func TestPolicy(t *testing.T) {
	page := write(t, example.Clean(), html.Options{})
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(nethtml.UnescapeString(page), "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"+hash+"'") {
		t.Errorf("the policy does not allow the style, whose hash is %s", hash)
	}
	for _, loads := range []string{"url(", "@import", "src="} {
		if strings.Contains(page, loads) {
			t.Errorf("the page has %q", loads)
		}
	}
}

// Source that is underlined is what the location means, tabs and all.
func TestExcerpt(t *testing.T) {
	page := write(t, example.Report(), html.Options{})
	for _, want := range []string{
		"<span class=\"number\">12</span>\tetag := <mark>md5.Sum([]byte(user.Name))</mark> // naïve\n",
		"<span class=\"number\">3</span><mark>    apt-get install -y curl &amp;&amp; \\</mark>\n",
		"<code>deploy/keys-\\xff#1%.yaml:3:3</code>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

// Markdown of pages: code and web links, and nothing else of it.
func TestProse(t *testing.T) {
	c := *example.Checks[3]
	c.Page.Why = "Use `a < b`, see [the CVE](https://a.example/x?y=1&z), https://b.example/c.\n\n[x](javascript:alert(1)) <b>bold</b>"
	r := &check.Report{Checks: []*check.Check{&c}, Findings: []check.Finding{{CheckID: c.ID}}}
	page := write(t, r, html.Options{})
	visit(t, page)
	const want = `<p>Use <code>a &lt; b</code>, see <a href="https://a.example/x?y=1&amp;z" rel="noreferrer">the CVE</a>, ` +
		`<a href="https://b.example/c" rel="noreferrer">https://b.example/c</a>.</p>` + "\n" +
		`<p>[x](javascript:alert(1)) &lt;b&gt;bold&lt;/b&gt;</p>`
	if !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
}

// Whatever the judged tree holds, it is text.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{"plain", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</style></pre><!--", "{{.}}", "javascript:x",
		"\x1b\u009b\u202e\xff\x00", "]]>&amp;&#x3c;", "a\tb\n\tc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := example.Hostile(s)
		r.Findings[0].Fingerprint = s
		page := write(t, r, html.Options{Title: s, Version: s})
		for _, r := range page {
			if r != '\n' && r != '\t' && !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' {
				t.Fatalf("%U in %q", r, page)
			}
		}
		_, texts := visit(t, page)
		if want := text.Escape(s); !strings.Contains(strings.Join(texts, ""), want) {
			t.Errorf("the page does not say %q", want)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	r := example.Large(10_000)
	for b.Loop() {
		if err := html.Write(io.Discard, r, html.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
