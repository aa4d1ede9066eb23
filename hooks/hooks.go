// Package hooks puts peercheck where Git asks before it acts: [Install] and
// [Uninstall] put a small script into a repository's hooks folder, [Status]
// proves that Git runs it, and [Run] is what that script calls.
//
// It knows Git's hooks (githooks(5)) and no check: the caller hands over the
// scanner. It reads no flag, no environment and no clock of its own, and never
// touches the work tree or the index (invariant 8). Whatever goes wrong blocks
// and says why (invariant 4).
//
// What is judged where:
//
//	pre-commit, pre-merge-commit  the index against HEAD and what is merged
//	commit-msg                    the message, for secrets
//	pre-push                      secrets commit by commit, code at each pushed tip
//	pre-receive, update           the same on a server, under the server's own policy
package hooks

import (
	"fmt"
	"slices"
	"strings"
)

// Client are the hooks that Install installs in a developer's repository by
// default: what Git asks before a commit, a merge, and a push, which is the net
// for all that made commits without asking (cherry-pick, rebase, am, --no-verify).
var Client = []string{"pre-commit", "pre-merge-commit", "commit-msg", "pre-push"}

// Server are those that it installs on a server. pre-receive sees a whole push
// and so replaces update, which sees it reference by reference.
var Server = []string{"pre-receive"}

// known are the hooks that Run understands.
var known = append(append([]string{}, Client...), "pre-receive", "update")

func validate(names []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("peercheck has no hook %q; it has %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
