package check

import "time"

// A Range is a half-open interval [Start, End) of byte offsets from 0 into a
// document's content. An empty range is a place between two bytes.
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Contains reports whether o lies within r, both ends included.
func (r Range) Contains(o Range) bool { return r.Start <= o.Start && o.End <= r.End }

// Overlaps reports whether r and o share at least one byte.
func (r Range) Overlaps(o Range) bool { return r.Start < o.End && o.Start < r.End }

// A Location is a place in a document.
type Location struct {
	// Path is the document's path. Checks leave it empty for the document that
	// they are judging.
	Path string `json:"path"`
	// Range is where, in bytes from 0. Checks set it; the rest follows from it.
	Range Range `json:"range"`
	// Start and End are Range in lines and columns, set by the engine.
	Start Position `json:"start"`
	End   Position `json:"end"`
	// Snippet is the text of the lines that Range touches, cut to a screenful,
	// with each byte of a known secret replaced by '*', so that offsets hold. It
	// begins at byte SnippetStart of the document. Set by the engine.
	Snippet      string `json:"snippet,omitempty"`
	SnippetStart int    `json:"-"`
	// Message says what happens here; used in Related and Flow.
	Message string `json:"message,omitempty"`
	// StartUTF16 and EndUTF16 are Range in UTF-16 code units, the unit that SARIF
	// viewers and editors count columns in. Set by the engine.
	StartUTF16 UTF16Position `json:"-"`
	EndUTF16   UTF16Position `json:"-"`
}

// A Finding is one thing that a check found at one place.
type Finding struct {
	// CheckID is set by the engine.
	CheckID string `json:"check"`
	// Message is one sentence without a final period that says what is wrong
	// here, in terms of this code. It never contains a secret.
	Message string `json:"message"`
	// Severity and Confidence override the check's own; zero means the check's.
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	// Persona narrows who wants to see it, where this one is for fewer people
	// than the check is: the greater of both counts. Zero means the check's.
	Persona Persona `json:"persona,omitempty"`
	// Location is what to underline: the smallest text that is wrong.
	Location Location `json:"location"`
	// Related are other places that help to understand.
	Related []Location `json:"related,omitempty"`
	// Flow is the way of the data, from source to sink, both included.
	Flow []Location `json:"flow,omitempty"`
	// Fixes are offered best first.
	Fixes []Fix `json:"fixes,omitempty"`

	// Symbol is the import path and the enclosing declaration of a finding in a
	// Go package ("example.com/m/p.(*T).Method"), set by the machinery of
	// package checks. Empty elsewhere: the path stands for the place.
	Symbol string `json:"symbol,omitempty"`

	// Fingerprint identifies the finding across edits elsewhere and across line
	// moves: 32 lower-case hexadecimal digits, set by the engine.
	Fingerprint string `json:"fingerprint"`
	// Context is the declaration that a finding in a Go package stands in, set by
	// the machinery of package checks. Empty elsewhere: the lines around it are.
	Context Range `json:"-"`
	// ContextHash identifies what a decision on the finding depends on: the text of
	// its context and of each step of its flow, white space folded and secrets
	// masked. A decision is stale when it has changed. 32 lower-case hexadecimal
	// digits, set by the engine.
	ContextHash string `json:"-"`
	// ContentKey is Fingerprint without the place: findings that moved from one
	// file to another keep it. It is not unique. Set by the engine.
	ContentKey string `json:"-"`
	// Baseline says whether the finding was there before. Empty: not compared.
	Baseline BaselineState `json:"baseline,omitempty"`
	// Suppressions say why the finding does not count. A suppressed finding
	// stays in the Report (invariant 5).
	Suppressions []Suppression `json:"suppressions,omitempty"`
}

// Suppressed reports whether an accepted suppression silences the finding.
func (f *Finding) Suppressed() bool {
	for _, s := range f.Suppressions {
		if s.Status == Accepted {
			return true
		}
	}
	return false
}

// A Fix is a set of edits that puts a finding right.
type Fix struct {
	// Title is imperative: "Set MinVersion to TLS 1.2".
	Title string `json:"title"`
	// Safe says that the fix keeps the behaviour of correct programs and may be
	// applied without being looked at.
	Safe bool `json:"safe"`
	// Edits do not overlap. They may be in any order.
	Edits []Edit `json:"edits"`
}

// An Edit replaces a range of a document by a text.
type Edit struct {
	// Path is the document; empty means the document of the finding.
	Path    string `json:"path,omitempty"`
	Range   Range  `json:"range"`
	NewText string `json:"newText"`
	// StartUTF16 and EndUTF16 are Range in UTF-16 code units. Set by the engine.
	StartUTF16 UTF16Position `json:"-"`
	EndUTF16   UTF16Position `json:"-"`
}

// BaselineState is SARIF's baselineState.
type BaselineState string

// The states that are used. New is "the parents do not have it" (invariant 7).
const (
	BaselineNew       BaselineState = "new"
	BaselineUnchanged BaselineState = "unchanged"
	BaselineAbsent    BaselineState = "absent"
)

// A Suppression says why a finding does not count, in SARIF's words.
type Suppression struct {
	Kind   SuppressionKind   `json:"kind"`
	Status SuppressionStatus `json:"status"`
	// Justification is the reason that was given.
	Justification string `json:"justification,omitempty"`
	// By names who decided; empty for a comment in the source, whose author
	// Git knows.
	By string `json:"by,omitempty"`
	// At is when it was decided, zero if not known. Expires is the last day
	// on which it holds, zero for never.
	At      time.Time `json:"at,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	// Location is the comment that suppresses, if there is one.
	Location *Location `json:"location,omitempty"`
}

// SuppressionKind is SARIF's suppression.kind.
type SuppressionKind string

// InSource is an ignore comment, External anything else: configuration, ledger.
const (
	InSource SuppressionKind = "inSource"
	External SuppressionKind = "external"
)

// SuppressionStatus is SARIF's suppression.status.
type SuppressionStatus string

// Only Accepted silences a finding. UnderReview is a decision that waits for a
// second person; Rejected one that was refused, expired or lacks its reason.
const (
	Accepted    SuppressionStatus = "accepted"
	UnderReview SuppressionStatus = "underReview"
	Rejected    SuppressionStatus = "rejected"
)
