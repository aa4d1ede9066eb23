// Package injection has the checks of untrusted data that becomes part of a
// language: SQL, a command line, a path, a template. Use [All].
package injection

import (
	"context"
	"fmt"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

// All gives the checks of this package, sorted by ID.
func All() []*check.Check { return []*check.Check{CommandInjection, SQLInjection} }

// requires is what every check here needs.
var requires = []*analysis.Analyzer{taint.Analyzer}

// strangers are the kinds of source by which somebody who is not trusted with the
// program's machine reaches it. Who writes its command line, environment and files
// can run commands without its help.
var strangers = map[string]bool{"http": true, "grpc": true, "socket": true, "message": true, "upload": true}

// flowsInto makes the function of a check that reports what flows from strangers
// into some classes of sink. message says what is wrong, of the source and the sink.
func flowsInto(message string, classes ...string) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		for _, f := range taint.Flows(pass, classes...) {
			if !strangers[f.Source.Name] {
				continue
			}
			pass.Report(f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink)))
		}
		return nil
	}
}
