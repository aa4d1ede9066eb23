// Package report brings reports out: [Write] writes one in any [Format].
//
// Each format has a package of its own below this one, with the options that
// it has; this package joins them. No format reads a file: what is shown of the
// source is in the report, with secrets masked. Each has one function that
// escapes what comes from the judged tree (invariant 11).
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/github"
	"github.com/peercheck/peercheck/lib/report/gitlab"
	"github.com/peercheck/peercheck/lib/report/html"
	"github.com/peercheck/peercheck/lib/report/json"
	"github.com/peercheck/peercheck/lib/report/junit"
	"github.com/peercheck/peercheck/lib/report/sarif"
	"github.com/peercheck/peercheck/lib/report/text"
)

// A Format is a way to write a report.
type Format string

// The formats.
const (
	Text   Format = "text"   // for the person at a terminal
	JSON   Format = "json"   // for programs: everything there is
	SARIF  Format = "sarif"  // for code scanning and editors: SARIF 2.1.0
	GitHub Format = "github" // for the log of GitHub Actions: workflow commands
	GitLab Format = "gitlab" // for merge requests of GitLab: Code Quality
	JUnit  Format = "junit"  // for any continuous integration: test results
	HTML   Format = "html"   // for readers: one page that needs nothing else
)

// Options are those of all formats; each takes its own. The zero value works.
type Options struct {
	// Version is peercheck's own; "" leaves it out.
	Version string
	// Title names what was judged, for readers; "" leaves it out.
	Title string
	// Root is the absolute path of the folder that paths are relative to; ""
	// leaves it out.
	Root string
	// Color, Width and Verbose say what the terminal can and the person wants:
	// see text.Options.
	Color   bool
	Width   int
	Verbose bool
	// Blocks says which findings stop what the report is made for; nil where
	// nothing is to be stopped.
	Blocks func(*check.Finding) bool
	// Timing adds how long the scan took to formats that programs compare.
	Timing bool
}

// A writer writes a report in one format.
type writer func(w io.Writer, r *check.Report, opts Options) error

// formats are all there are, in the order of Formats.
var formats = []struct {
	format Format
	write  writer
}{
	{Text, func(w io.Writer, r *check.Report, o Options) error {
		return text.Write(w, r, text.Options{Color: o.Color, Width: o.Width, Verbose: o.Verbose, Blocks: o.Blocks})
	}},
	{JSON, func(w io.Writer, r *check.Report, o Options) error {
		return json.Write(w, r, json.Options{ToolVersion: o.Version, Timing: o.Timing})
	}},
	{SARIF, func(w io.Writer, r *check.Report, o Options) error {
		return sarif.Write(w, r, sarif.Options{Version: o.Version, Root: o.Root})
	}},
	{GitHub, func(w io.Writer, r *check.Report, _ Options) error { return github.Write(w, r) }},
	{GitLab, func(w io.Writer, r *check.Report, _ Options) error { return gitlab.Write(w, r) }},
	{JUnit, func(w io.Writer, r *check.Report, _ Options) error { return junit.Write(w, r) }},
	{HTML, func(w io.Writer, r *check.Report, o Options) error {
		return html.Write(w, r, html.Options{Title: o.Title, Version: o.Version})
	}},
}

// Formats lists the formats, those for people first.
func Formats() []Format {
	var all []Format
	for _, f := range formats {
		all = append(all, f.format)
	}
	return all
}

// ParseFormat reads the name of a format. Its error lists those that there are.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains(Formats(), f) {
		return f, nil
	}
	var names []string
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return "", fmt.Errorf("%q is no format; take one of %s", s, strings.Join(names, ", "))
}

// Write writes a report in a format. Its errors are w's, and that of a format
// which ParseFormat does not know.
func Write(w io.Writer, format Format, r *check.Report, opts Options) error {
	for _, f := range formats {
		if f.format == format {
			return f.write(w, r, opts)
		}
	}
	_, err := ParseFormat(string(format))
	return err
}
