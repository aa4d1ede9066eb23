// Package web holds the checks of how a program serves browsers: cookies,
// origins, templates, redirects. Use [All] for the list, or a check by its name.
package web

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		CookieReadableByScripts,
		CookieSentCrossSite,
		CookieSentInClear,
		CORSAnyOriginWithCredentials,
		CSRFProtectionBypassed,
		DebugEndpointsExposed,
		ErrorShownToClient,
		FormWithoutCSRFProtection,
		ForwardedAddressTrusted,
		GoroutineWithoutRecover,
		HostHeaderInLink,
		HostnameRegexpIncomplete,
		IdentityHeaderTrusted,
		MassAssignment,
		ObjectWithoutOwner,
		OriginCheckIncomplete,
		RedirectCheckIncomplete,
		RedirectURLIgnoresCase,
		RequestSchemeNeverSet,
		RouteWithoutAuth,
		StateChangeOverGet,
		TextTemplateAsHTML,
		UnguardedSharedMap,
		WebsocketOriginNotChecked,
	}
}
