// Package auth has the checks of who may do what. Use [All].
package auth

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package. The slice is the caller's own.
func All() []*check.Check { return []*check.Check{DeniedButContinues} }
