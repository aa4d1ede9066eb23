// Package html writes a report as one page that needs nothing else: no script,
// no network, readable in light and dark, on a phone and on paper. Use [Write].
package html

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/excerpt"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
	"github.com/peercheck/peercheck/lib/report/text"
)

// Options say what the page tells besides the findings.
type Options struct {
	// Title names what was judged; "" leaves it out.
	Title string
	// Version is peercheck's own; "" leaves it out.
	Version string
}

//go:embed page.html
var pageTemplate string

//go:embed style.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"esc":      text.Escape,
	"place":    place,
	"excerpt":  newExcerpt,
	"source":   source,
	"prose":    prose,
	"plural":   plural,
	"cweURL":   func(c check.CWE) string { return fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", int(c)) },
	"date":     func(t time.Time) string { return t.Format(time.DateOnly) },
	"accepted": func(s check.Suppression) bool { return s.Status == check.Accepted },
	"review":   func(s check.Suppression) bool { return s.Status == check.UnderReview },
}).Parse(pageTemplate))

// view is what the template is given.
type view struct {
	*summary.Summary
	Options Options
	Style   template.CSS
	// Policy forbids the browser everything but this style, whatever a mistake
	// in escaping might let through.
	Policy     string
	Severities []severity
	// The findings by what became of them, worst first.
	Groups []group
	// Found are the checks that have findings, Silent those that have none.
	Found, Silent []*check.Check
	// NoticeGroups are the notices by effect, worst first.
	NoticeGroups []noticeGroup
}

type severity struct {
	Name  string
	Count int // of findings that count
}

type group struct {
	Title    string
	Open     bool
	Findings []finding
}

type finding struct {
	*check.Finding
	Severity   string
	Confidence string
}

type noticeGroup struct {
	Title, Class string
	Notices      []check.Notice
}

// Write writes the page. Its only errors are w's.
func Write(w io.Writer, r *check.Report, opts Options) error {
	out := bufio.NewWriter(w)
	if err := page.Execute(out, newView(r, opts)); err != nil {
		return err
	}
	return out.Flush()
}

func newView(r *check.Report, opts Options) *view {
	s := summary.Of(r)
	sum := sha256.Sum256([]byte(style))
	v := &view{
		Summary: s, Options: opts, Style: template.CSS(style),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
	}
	for sev := check.Critical; sev >= check.Low; sev-- {
		v.Severities = append(v.Severities, severity{sev.String(), s.BySeverity[sev]})
	}

	found := map[string]bool{}
	groups := [...]group{summary.Active: {Open: true}, summary.Old: {Title: "Old"}, summary.Fixed: {Title: "Fixed"}, summary.Suppressed: {Title: "Suppressed"}}
	for i := range r.Findings {
		f := &r.Findings[i]
		found[f.CheckID] = true
		g := &groups[summary.StateOf(f)]
		g.Findings = append(g.Findings, finding{f, s.Severity(f).String(), s.Confidence(f).String()})
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Findings, func(a, b finding) int { return int(s.Severity(b.Finding)) - int(s.Severity(a.Finding)) })
		if len(g.Findings) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	for _, c := range r.Checks {
		if found[c.ID] {
			v.Found = append(v.Found, c)
		} else {
			v.Silent = append(v.Silent, c)
		}
	}
	for _, g := range []struct {
		effect check.Effect
		noticeGroup
	}{
		{check.EffectNotJudged, noticeGroup{Title: "Not judged", Class: "bad"}},
		{check.EffectDegraded, noticeGroup{Title: "Judged with less", Class: "weak"}},
		{check.EffectNone, noticeGroup{Title: "Notes"}},
	} {
		for _, n := range r.Notices {
			if n.Effect == g.effect {
				g.Notices = append(g.Notices, n)
			}
		}
		if len(g.Notices) > 0 {
			v.NoticeGroups = append(v.NoticeGroups, g.noticeGroup)
		}
	}
	return v
}

// Megabytes gives the size of what was judged.
func (v *view) Megabytes() string { return fmt.Sprintf("%.1f MB", float64(v.Bytes)/1e6) }

// CheckTitle gives the title of a finding's check, or its ID.
func (v *view) CheckTitle(id string) string {
	if c := v.Check(id); c != nil {
		return c.Title
	}
	return id
}

func place(l check.Location) string {
	if l.Start.Line == 0 {
		return text.Escape(l.Path)
	}
	return text.Escape(l.Path) + ":" + l.Start.String()
}

// excerptLine is a line of source, cut into what is meant and what is around it.
type excerptLine struct {
	Number                int
	Before, Marked, After string
}

func newExcerpt(l check.Location) []excerptLine {
	lines, more := excerpt.Of(l)
	var out []excerptLine
	for _, line := range lines {
		x := excerptLine{line.Number, source(line.Text[:line.From]), source(line.Text[line.From:line.To]), source(line.Text[line.To:])}
		if line.Cut {
			x.Before = "…" + x.Before
		}
		out = append(out, x)
	}
	if more {
		out[len(out)-1].After += "…"
	}
	return out
}

// source escapes source, whose tabs the style sheet sets.
func source(s string) string {
	parts := strings.Split(s, "\t")
	for i, p := range parts {
		parts[i] = text.Escape(p)
	}
	return strings.Join(parts, "\t")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// inline is the Markdown within the paragraphs of check pages: code and links.
var inline = regexp.MustCompile("`([^`]+)`" + `|\[([^\]]+)\]\((https?://[^)\s]+)\)|(https?://[^\s<>()]+[^\s<>().,;])`)

// prose sets the text of a check's page.
func prose(s string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(s), "\n\n") {
		b.WriteString("<p>")
		done := 0
		for _, m := range inline.FindAllStringSubmatchIndex(paragraph, -1) {
			b.WriteString(template.HTMLEscapeString(paragraph[done:m[0]]))
			done = m[1]
			switch {
			case m[2] >= 0:
				b.WriteString("<code>" + template.HTMLEscapeString(paragraph[m[2]:m[3]]) + "</code>")
			case m[4] >= 0:
				writeLink(&b, paragraph[m[6]:m[7]], paragraph[m[4]:m[5]])
			default:
				writeLink(&b, paragraph[m[8]:m[9]], paragraph[m[8]:m[9]])
			}
		}
		b.WriteString(template.HTMLEscapeString(paragraph[done:]))
		b.WriteString("</p>\n")
	}
	return template.HTML(b.String())
}

func writeLink(b *strings.Builder, url, title string) {
	fmt.Fprintf(b, `<a href="%s" rel="noreferrer">%s</a>`, template.HTMLEscapeString(url), template.HTMLEscapeString(title))
}
