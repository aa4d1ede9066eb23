// Package golang runs package checks over Go packages, and turns them into
// analyzers for other drivers. Use [Run] over what package load gives, or
// [Analyzer] to hand a check to go vet, golangci-lint or nogo.
package golang

import (
	"context"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// Results collects what Run finds.
type Results struct {
	Findings []check.Finding
	Notices  []check.Notice
}

// Run runs package checks over packages, which are in dependency order. A check
// that panics or fails becomes a Notice {NoticeCheckFailed, NotJudged} of that
// package. Findings have CheckID, Message, Location.Path, Location.Range and
// Symbol set, and are in no particular order. The error is the context's.
func Run(ctx context.Context, pkgs []*load.Package, checks []*check.Check) (Results, error) {
	panic("not written yet")
}

// Analyzer makes an analyzer from a package check. Its name is the check's ID
// with '_' for '/' and '-', its result type is []check.Finding.
func Analyzer(c *check.Check) *analysis.Analyzer {
	panic("not written yet")
}
