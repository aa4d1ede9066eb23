package triage

import (
	"context"
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
)

// Domain is that of the checks that triage itself reports.
const Domain = "ignore"

// Checks gives triage's own checks, which are about ignore comments. The engine
// knows them without being told.
func Checks() []*check.Check { return []*check.Check{Expired, Malformed, Unknown, Unused} }

// reportedByApply stands where other checks have their function: these need the
// findings of all others, and the date.
func reportedByApply(context.Context, *check.Pass) error { return nil }

// The test data of the checks, which is also where their pages' examples come from.
var (
	//go:embed testdata/malformed.txtar
	malformedExamples string
	//go:embed testdata/expired.txtar
	expiredExamples string
	//go:embed testdata/unused.txtar
	unusedExamples string
	//go:embed testdata/unknown-check.txtar
	unknownExamples string
)

// Malformed reports an ignore comment that cannot count as it is written.
var Malformed = &check.Check{
	ID: "ignore/malformed", Title: "Ignore comment that does not count as it is written",
	CWE: []check.CWE{1116}, Severity: check.Medium, Confidence: check.Certain, Since: "0.1", Generated: true,
	Page: check.Page{
		What:     "An ignore comment of peercheck without a reason, without an ID, with a date that is none, or a block without its other end. It silences nothing.",
		Why:      "An ignore is a decision. Without its reason nobody can tell later whether it still holds; and a comment that looks as if it silenced something, but does not, misleads the reader.",
		Fix:      "Write it as `peercheck:ignore ID[,ID...] [until=YYYY-MM-DD] -- reason`.",
		Examples: malformedExamples,
	},
	Run: reportedByApply,
}

// Expired reports an ignore comment whose date has passed.
var Expired = &check.Check{
	ID: "ignore/expired", Title: "Ignore comment whose date has passed",
	CWE: []check.CWE{1116}, Severity: check.Medium, Confidence: check.Certain, Since: "0.1", Generated: true,
	Page: check.Page{
		What:     "An ignore comment with `until=` in the past. It no longer silences anything.",
		Why:      "A date on a decision says when to look again. That day has come.",
		Fix:      "Fix the finding and remove the comment; or decide again, and give a new date and the reason why it still holds.",
		Examples: expiredExamples,
	},
	Run: reportedByApply,
}

// Unused reports an ignore comment that silences nothing.
var Unused = &check.Check{
	ID: "ignore/unused", Title: "Ignore comment with nothing to ignore",
	CWE: []check.CWE{1164}, Severity: check.Low, Confidence: check.Certain, Since: "0.1", Generated: true,
	Page: check.Page{
		What:     "An ignore comment at a place where the check that it names finds nothing.",
		Why:      "It would silence the next real finding at this place, on which nobody has decided.",
		Fix:      "Remove the comment; the quick fix does that and changes nothing else.",
		Limits:   "Reported only where the check ran with all that it needs: not for a Go check in a package without types, and not when only some checks were asked for.",
		Examples: unusedExamples,
	},
	Run: reportedByApply,
}

// Unknown reports an ignore comment for a check that does not exist.
var Unknown = &check.Check{
	ID: "ignore/unknown-check", Title: "Ignore comment for a check that does not exist",
	CWE: []check.CWE{1116}, Severity: check.Medium, Confidence: check.Certain, Since: "0.1", Generated: true,
	Page: check.Page{
		What:     "An ignore comment that names a check which peercheck does not have.",
		Why:      "A misspelt ID silences nothing, while its author believes that it does.",
		Fix:      "Correct the ID; `peercheck checks` lists them all.",
		Examples: unknownExamples,
	},
	Run: reportedByApply,
}
