// Package resource holds the checks of what a stranger can make a program spend:
// memory, connections, time. Use [All] for the list, or a check by its name.
package resource

import "github.com/peercheck/peercheck/lib/check"

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		AllocationSizeWraps,
		BodyNotClosed,
		DataLengthNotChecked,
		DecompressionWithoutLimit,
		HTTPClientWithoutTimeout,
		HTTPServerWithoutTimeouts,
		IndexOutOfRange,
		IntegerNeverFits,
		IntegerTruncated,
		JSONBodyWithoutLimit,
		LengthCheckedOnOneSide,
		LengthCheckedTooLow,
		LengthPrefixWraps,
		LineWithoutLimit,
		MultipartFormWithoutLimit,
		RangeCheckTooWide,
		RecursionWithoutLimit,
		SliceGrownToIndex,
		UnboundedBodyRead,
		UnboundedMetricLabel,
		UntrustedAllocationSize,
		UntrustedDivisor,
		UntrustedGob,
		UntrustedIndex,
		UntrustedIterationCount,
		UntrustedLoopBound,
		UntrustedTypeAssertion,
		VarintWithoutLimit,
	}
}
