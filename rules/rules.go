// Package rules is the list of all checks. Use [All], or [Analyzers] in other
// drivers of go/analysis.
package rules

import (
	"cmp"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	driver "github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/rules/change"
	"github.com/peercheck/peercheck/rules/docker"
	"github.com/peercheck/peercheck/rules/golang"
	"github.com/peercheck/peercheck/rules/secrets"
)

// All gives every check, sorted by ID. The slice is the caller's own.
func All() []*check.Check {
	checks := slices.Concat(
		change.All(),
		docker.All(),
		golang.All(),
		secrets.All(),
	)
	slices.SortFunc(checks, func(a, b *check.Check) int { return cmp.Compare(a.ID, b.ID) })
	return checks
}

// Analyzers gives an analyzer for each package check that runs by default. Each
// call makes new ones.
func Analyzers() []*analysis.Analyzer {
	return driver.Analyzers(slices.DeleteFunc(All(), func(c *check.Check) bool { return c.Persona != check.Regular }))
}
