// Package rules is the list of all checks. Use [All].
package rules

import (
	"cmp"
	"slices"

	"github.com/peercheck/peercheck/lib/check"
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
