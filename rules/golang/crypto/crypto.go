// Package crypto holds the checks of cryptography: primitives too weak for what
// they are used for, and secrets handled so that they leak. Use [All] for the
// list, or a check by its name.
package crypto

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		FixedNonce, FixedSalt, InsecureRandom, KeyTooSmall, PasswordHashTooCheap, ShortReadOfRandom, TimingUnsafeCompare, WeakCipher, WeakHash,
	}
}
