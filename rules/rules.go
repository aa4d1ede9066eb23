// Package rules is the list of all checks. Use [All].
package rules

import "github.com/peercheck/peercheck/lib/check"

// All gives every check, sorted by ID. The slice is the caller's own.
func All() []*check.Check { return nil }
