package resource

import (
	"context"
	"fmt"
	"slices"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

// strangers makes the function of a check that reports the numbers of strangers that
// are used as some classes of sink say. message says what is wrong, of the source and
// the sink.
func strangers(message string, classes ...string) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		want := func(f *taint.Flow) bool { return f.Source.Remote && slices.Contains(classes, f.Class.Name) }
		for _, f := range taint.Flows(pass, want) {
			pass.Report(f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink)))
		}
		return nil
	}
}
