package injection

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/reflected-xss.txtar
var reflectedXSSExamples string

// ReflectedXSS finds answers that repeat what was sent.
var ReflectedXSS = &check.Check{
	ID:         "go/reflected-xss",
	Title:      "Untrusted data is written into a page unescaped",
	CWE:        []check.CWE{79},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: runReflectedXSS,
	Page: check.Page{
		What:   "Data that a stranger sends is written to the response as it is, and the response may be HTML.",
		Why:    "Go guesses the content type from the first bytes: an answer that begins with a tag is a page, and a script in it acts with the rights of whoever clicked the link.",
		Fix:    "Render with `html/template`, or pass the data through `html.EscapeString`, which the quick fix does; it is not safe to apply unseen, because an answer that is no page shows the escapes. If the answer is no page, say so: `w.Header().Set(\"Content-Type\", \"text/plain; charset=utf-8\")` and `X-Content-Type-Options: nosniff`.",
		Limits: "A function that sets a content type other than HTML, XML or script, or an attachment, is taken to mean it on every path. What is written in several places is reported where the way is shortest, and pages of `text/template` by go/text-template-as-html. JSON of `encoding/json` escapes `<` and `>`.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://mimesniff.spec.whatwg.org/",
			"https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
		},
		Examples: reflectedXSSExamples,
	},
}

// runReflectedXSS reports each source once, where the way is shortest: what passes
// through the writers of a framework reaches all of them.
func runReflectedXSS(_ context.Context, pass *check.PackagePass) error {
	shortest := map[taint.Place]int{}
	var flows []taint.Flow
	for _, f := range taint.Flows(pass, isReflected) {
		if strings.HasPrefix(f.Sink, "(*template.Template).") {
			continue
		}
		i, again := shortest[f.Steps[0].Place]
		switch {
		case !again:
			shortest[f.Steps[0].Place] = len(flows)
			flows = append(flows, f)
		case len(f.Steps) < len(flows[i].Steps):
			flows[i] = f
		}
	}
	slices.SortStableFunc(flows, func(a, b taint.Flow) int { return int(a.Pos - b.Pos) })
	for _, f := range flows {
		finding := f.Finding(pass, fmt.Sprintf("data from %s is written into the answer by %s without being escaped", f.Source.Title, f.Sink))
		finding.Fixes = escape(pass, f, "html", "EscapeString", false)
		pass.Report(finding)
	}
	return nil
}

// isReflected reports whether a link, or a page that sends a form, can make a browser send
// what an answer holds. What comes over a connection of another kind is mostly handed on
// as it is: the answer of another server, a tunnel.
func isReflected(f *taint.Flow) bool {
	return f.Source.Remote && f.Class.Name == "xss" && f.Source.Name != "socket" && f.Source.Name != "grpc"
}
