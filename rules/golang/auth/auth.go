// Package auth has the checks of who may do what: tokens, signatures, keys and
// the errors of what verifies them. Use [All].
package auth

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package. The slice is the caller's own.
func All() []*check.Check {
	return []*check.Check{
		CacheKeyAmbiguous,
		CapabilitiesInheritable,
		ClaimTypeIgnored,
		ConstantOAuthState,
		DeniedButContinues,
		ErrorIgnored,
		HardcodedCredentials,
		HardcodedKey,
		JWTAlgorithmNotChecked,
		JWTClaimsNotValidated,
		JWTNoneAccepted,
		JWTNotVerified,
		JWTWithoutExpiry,
		OAuthStateNotChecked,
		OAuthWithoutPKCE,
		OIDCTokenNotChecked,
		RevocationErrorDropped,
		SecretInLog,
		TokenSplitWithoutLimit,
		VerificationResultIgnored,
	}
}
