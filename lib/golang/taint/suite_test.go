package taint_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

// flows reports every flow from the network as "CLASS from KIND".
var flows = &check.Check{
	ID: "test/flow", Title: "A flow", CWE: []check.CWE{20}, Severity: check.Low, Confidence: check.Firm, Since: "0.1",
	Page:     check.Page{What: "All flows.", Why: "Testing.", Fix: "None."},
	Requires: []*analysis.Analyzer{taint.Analyzer},
	RunPackage: func(ctx context.Context, pass *check.PackagePass) error {
		result := pass.ResultOf[taint.Analyzer].(*taint.Result)
		seen := map[string]bool{}
		for i := range result.Flows {
			f := &result.Flows[i]
			finding := f.Finding(pass, f.Class.Name+" from "+f.Source.Name)
			key := fmt.Sprint(f.Pos, f.End, finding.Message)
			if f.Source.Remote && f.Class.Name != "log" && !seen[key] {
				seen[key] = true
				pass.Report(finding)
			}
		}
		return nil
	},
}

// callers reports every flow from a caller as "CLASS from caller", with ", partial" if
// there is more than the data.
var callers = &check.Check{
	ID: "test/caller", Title: "A flow from a caller", CWE: []check.CWE{20}, Severity: check.Low, Confidence: check.Tentative, Since: "0.1",
	Page:     check.Page{What: "All flows from callers.", Why: "Testing.", Fix: "None."},
	Requires: []*analysis.Analyzer{taint.Analyzer},
	RunPackage: func(ctx context.Context, pass *check.PackagePass) error {
		for _, f := range taint.FlowsFromCallers(pass, func(*taint.Flow) bool { return true }) {
			message := f.Class.Name + " from " + f.Source.Name
			if f.Partial {
				message += ", partial"
			}
			pass.Report(f.Finding(pass, message))
		}
		return nil
	},
}

// TestSuite runs every archive of testdata: small functions, each of which is one
// flow or one that is none.
func TestSuite(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c := flows
			if filepath.Base(name) == "callers.txtar" {
				c = callers
			}
			checktest.RunArchive(t, c, archive, checktest.Options{})
		})
	}
}
