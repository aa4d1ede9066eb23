// Package files holds the checks of how a program treats the file system. Use
// [All] for the list, or a check by its name.
package files

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		CheckedThenOpened,
		DotLookupAllowed,
		FilePermissionsTooWide,
		FixedNameFollowsLink,
		LinkWithinRoot,
		PathCleanedNotConfined,
		PathPrefixWithoutSeparator,
		PredictableTempFile,
		ReorderedText,
		WalkedPathInSharedFolder,
	}
}
