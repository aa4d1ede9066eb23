// Package hooks puts peercheck where Git asks before it acts: [Install] and
// [Uninstall] put a small script into a repository's hooks folder, and [Run] is
// what that script calls.
//
// It knows Git's hooks (githooks(5)) and no check: the caller hands over the
// scanner. It reads no flag, no environment and no clock of its own, and never
// touches the work tree or the index (invariant 8). Whatever goes wrong blocks
// and says why (invariant 4).
package hooks

import (
	"fmt"
	"slices"
	"strings"
)

// Client are the hooks that Install installs by default, in the order in which
// Git runs them.
var Client = []string{"pre-commit"}

// known are the hooks that Run understands.
var known = []string{"pre-commit"}

func validate(names []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("peercheck has no hook %q; it has %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
