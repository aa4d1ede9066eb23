// Package transport holds the checks of how a program talks over the network:
// TLS and host keys. Use [All] for the list, or a check by its name.
package transport

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		DefaultClientChanged,
		SSHAuthStateShared,
		SSHHostKeyNotVerified,
		TLSClientCertificateNotVerified,
		TLSResumptionSkipsVerification,
		TLSVerificationDisabled,
		TLSVersionTooOld,
		TLSWeakCipherSuite,
	}
}
