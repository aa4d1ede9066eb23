// Package injection has the checks of untrusted data that becomes part of a
// language: SQL, a command line, a path, an URL, a page, a template. Use [All].
package injection

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/tools/go/analysis"

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
		HeaderInjection,
		InputLineNotChecked,
		LDAPInjection,
		LogInjection,
		NoSQLInjection,
		OpenRedirect,
		OpenedURLScheme,
		PathTraversal,
		ProgramNameCompleted,
		RedirectAfterURLCheck,
		ReflectedXSS,
		SQLInjection,
		SSRF,
		ShellTextNotEscaped,
		TemplateInjection,
		URLCheckedAsText,
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
