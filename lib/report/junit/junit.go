// Package junit writes a report as JUnit XML, for continuous integration that
// shows test results and knows nothing of findings. Use [Write].
//
// A check is a test suite. Its findings are failed test cases, those that were
// accepted or were there before are skipped ones; a check without any has one
// that passes. What could not be judged is a test case with an error.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
	"github.com/peercheck/peercheck/lib/report/text"
)

// The elements that Jenkins, GitLab and Azure DevOps all read.
type (
	testSuites struct {
		XMLName xml.Name    `xml:"testsuites"`
		Name    string      `xml:"name,attr"`
		counts              // of all suites
		Suites  []testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name string `xml:"name,attr"`
		counts
		Cases []testCase `xml:"testcase"`
	}
	counts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	testCase struct {
		ClassName string   `xml:"classname,attr"`
		Name      string   `xml:"name,attr"`
		File      string   `xml:"file,attr,omitempty"`
		Line      int      `xml:"line,attr,omitempty"`
		Failure   *outcome `xml:"failure"`
		Error     *outcome `xml:"error"`
		Skipped   *outcome `xml:"skipped"`
	}
	outcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Write writes the report. Its only errors are w's.
func Write(w io.Writer, r *check.Report) error {
	s := summary.Of(r)
	all := testSuites{Name: "peercheck"}
	index := map[string]int{}
	suite := func(name string) *testSuite {
		i, ok := index[name]
		if !ok {
			i = len(all.Suites)
			index[name] = i
			all.Suites = append(all.Suites, testSuite{Name: text.Escape(name)})
		}
		return &all.Suites[i]
	}
	for _, n := range r.Notices {
		if n.Effect == check.EffectNotJudged {
			suite("not judged").add(&all, notice(n))
		}
	}
	for _, c := range r.Checks {
		suite(c.ID)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if state := summary.StateOf(f); state != summary.Fixed {
			suite(f.CheckID).add(&all, finding(s, f, state))
		}
	}
	for _, c := range r.Checks {
		if passed := suite(c.ID); passed.Tests == 0 {
			passed.add(&all, testCase{ClassName: c.ID, Name: text.Escape(c.Title)})
		}
	}

	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *testSuite) add(all *testSuites, c testCase) {
	s.Cases = append(s.Cases, c)
	for _, n := range []*counts{&s.counts, &all.counts} {
		n.Tests++
		switch {
		case c.Failure != nil:
			n.Failures++
		case c.Error != nil:
			n.Errors++
		case c.Skipped != nil:
			n.Skipped++
		}
	}
}

func finding(s *summary.Summary, f *check.Finding, state summary.State) testCase {
	c := testCase{
		ClassName: text.Escape(f.CheckID), Name: place(f.Location),
		File: text.Escape(f.Location.Path), Line: f.Location.Start.Line,
	}
	message := text.Escape(f.Message)
	switch state {
	case summary.Old:
		c.Skipped = &outcome{Message: "was there before: " + message}
	case summary.Suppressed:
		c.Skipped = &outcome{Message: "accepted: " + message, Text: reasons(f)}
	default:
		c.Failure = &outcome{Type: s.Severity(f).String(), Message: message, Text: details(s, f)}
	}
	return c
}

// details is the body of a failure: all that a log can show.
func details(s *summary.Summary, f *check.Finding) string {
	lines := []string{place(f.Location) + ": " + s.Severity(f).String() + " " + text.Escape(f.CheckID) + ": " + text.Escape(f.Message)}
	for i, step := range f.Flow {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d. %s %s", i+1, place(step), text.Escape(step.Message))))
	}
	for _, l := range f.Related {
		lines = append(lines, strings.TrimSpace(place(l)+" "+text.Escape(l.Message)))
	}
	for _, fix := range f.Fixes {
		lines = append(lines, "fix: "+text.Escape(fix.Title))
	}
	return strings.Join(append(lines, "help: peercheck explain "+text.Escape(f.CheckID)), "\n")
}

func reasons(f *check.Finding) string {
	var lines []string
	for _, s := range f.Suppressions {
		if s.Status == check.Accepted {
			lines = append(lines, strings.Trim(text.Escape(s.By)+": "+text.Escape(s.Justification), ": "))
		}
	}
	return strings.Join(lines, "\n")
}

func notice(n check.Notice) testCase {
	name := n.Path
	if name == "" {
		name = string(n.Kind)
	}
	return testCase{
		ClassName: text.Escape(string(n.Kind)), Name: text.Escape(strings.TrimSpace(name + " " + n.CheckID)),
		File: text.Escape(n.Path), Line: n.At.Line,
		Error: &outcome{Type: string(n.Kind), Message: text.Escape(n.Message), Text: text.Escape(n.String())},
	}
}

func place(l check.Location) string {
	if l.Start.Line == 0 {
		return text.Escape(l.Path)
	}
	return text.Escape(l.Path) + ":" + l.Start.String()
}
