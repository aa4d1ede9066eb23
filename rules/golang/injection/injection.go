// Package injection has the checks of untrusted data that becomes part of a
// language: SQL, a command line, a path, an URL, a page, a template. Use [All].
package injection

import (
	"context"
	"fmt"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		ArchiveLinkEscapes,
		ArgumentInjection,
		CodeInjection,
		CommandInjection,
		FileNameInHeader,
		HTMLWithoutEscaping,
		LDAPInjection,
		LogInjection,
		NoSQLInjection,
		OpenRedirect,
		OpenedURLScheme,
		PathTraversal,
		ReflectedXSS,
		SQLInjection,
		SSRF,
		ShellTextNotEscaped,
		TemplateInjection,
		UnlistedSortColumn,
		UploadNameAsPath,
		XPathInjection,
		XSSByUnsafeConversion,
		ZipSlip,
	}
}

// requires is what every check here needs.
var requires = []*analysis.Analyzer{taint.Analyzer}

// flowsInto makes the function of a check that reports what flows from strangers
// into some classes of sink. message says what is wrong, of the source and the sink.
func flowsInto(message string, classes ...string) func(context.Context, *check.PackagePass) error {
	return report(message, func(f *taint.Flow) bool { return slices.Contains(classes, f.Class.Name) })
}

// report makes the function of a check that reports the flows from strangers that it
// wants. Who writes the program's command line, environment and files can open
// files and run commands without its help.
func report(message string, want func(*taint.Flow) bool) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && want(f) }) {
			pass.Report(f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink)))
		}
		return nil
	}
}

// reportPaths makes the function of a check that reports paths which strangers'
// data is part of, from some kinds of source, where no kind that a more specific
// check is about reaches the same place. One value is one finding in a function, since one check
// of it mends all: where it is first read, written or linked, else where it is first used.
func reportPaths(message string, want func(*taint.Flow) bool, specific ...string) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		type place struct{ pos, end token.Pos }
		taken := map[place]bool{}
		for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Class.Name == "path" && slices.Contains(specific, f.Source.Name) }) {
			taken[place{f.Pos, f.End}] = true
		}
		type value struct {
			fn     *ssa.Function
			source taint.Place
		}
		first := map[value]int{}
		var found []check.Finding
		var around []bool
		for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && f.Class.Name == "path" && want(f) }) {
			if taken[place{f.Pos, f.End}] && !isLinkTarget(&f) {
				continue
			}
			finding := f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink))
			finding.Location.Message = "decides where " + f.Sink + " works, too"
			v := value{fn: f.Fn, source: f.Steps[0].Place}
			i, again := first[v]
			switch {
			case !again:
				first[v] = len(found)
				found = append(found, finding)
				around = append(around, isAround(f.Sink))
			case around[i] && !isAround(f.Sink):
				finding.Related = append(found[i].Related, found[i].Location)
				found[i], around[i] = finding, false
			default:
				found[i].Related = append(found[i].Related, finding.Location)
			}
		}
		for _, f := range found {
			f.Location.Message = ""
			pass.Report(f)
		}
		return nil
	}
}

// isAround reports whether a function works on what is around the content of a file.
func isAround(sink string) bool {
	for _, name := range []string{"os.Mkdir", "os.Ch", "os.Remove", "os.Lchown", "os.ReadDir"} {
		if strings.HasPrefix(sink, name) {
			return true
		}
	}
	return false
}

// isLinkTarget reports whether a flow ends in what a link points to, rather than
// where it stands.
func isLinkTarget(f *taint.Flow) bool {
	return f.Argument == 0 && (f.Sink == "os.Symlink" || f.Sink == "os.Link")
}
