package check

import (
	"fmt"
	"iter"
	"time"
)

// A Report is the outcome of one scan. Its slices are sorted (invariant 11):
// findings by path, range, check ID and message; notices by path and text.
type Report struct {
	// Checks are those that were asked for, sorted by ID.
	Checks []*Check
	// Findings include suppressed and baseline ones; see Active.
	Findings []Finding
	// Notices say what could not be done, or was done with less.
	Notices []Notice
	// Packages says at which tier each Go package was judged.
	Packages []PackageTier
	// Documents and Bytes count what was judged.
	Documents int
	Bytes     int64
	// Elapsed is wall time; the only part of a report that differs between runs.
	Elapsed time.Duration
}

// Active yields the findings that are not suppressed.
func (r *Report) Active() iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		for i := range r.Findings {
			if f := &r.Findings[i]; !f.Suppressed() && !yield(f) {
				return
			}
		}
	}
}

// Check finds one of the report's checks by ID, or nil.
func (r *Report) Check(id string) *Check {
	for _, c := range r.Checks {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// A Notice says what a scan could not do (invariant 3).
type Notice struct {
	Kind NoticeKind `json:"kind"`
	// Path is the document or folder; empty where the notice is of the whole scan.
	Path string `json:"path,omitempty"`
	// CheckID is the check that could not run; empty for all of them.
	CheckID string `json:"check,omitempty"`
	Effect  Effect `json:"effect"`
	// Message says what happened, why, and what to do next; one or two
	// sentences with place and reason, without secrets.
	Message string `json:"message"`
	// At is the place within Path, zero if none.
	At Position `json:"at,omitzero"`
}

// String gives "path:line:col: message".
func (n Notice) String() string {
	switch {
	case n.Path == "":
		return n.Message
	case n.At.Line == 0:
		return n.Path + ": " + n.Message
	}
	return fmt.Sprintf("%s:%s: %s", n.Path, n.At, n.Message)
}

// NoticeKind names a class of notice, in kebab case. Kinds are stable.
type NoticeKind string

// The kinds of notice.
const (
	NoticeUnreadable  NoticeKind = "unreadable"     // the bytes could not be read
	NoticeTooLarge    NoticeKind = "too-large"      // over a size limit
	NoticeTooMany     NoticeKind = "too-many"       // more findings in a document than are listed
	NoticeBinary      NoticeKind = "binary"         // not text: only checks of the path ran
	NoticeExternal    NoticeKind = "external"       // the content is kept elsewhere (Git LFS)
	NoticeNotRegular  NoticeKind = "not-regular"    // device, socket, link out of the tree
	NoticeSyntax      NoticeKind = "syntax"         // a document does not parse
	NoticeTypes       NoticeKind = "types"          // a package has type errors, or no types
	NoticeToolchain   NoticeKind = "no-toolchain"   // the Go toolchain or a module is missing
	NoticeCheckFailed NoticeKind = "check-failed"   // a check panicked, erred or ran out of its budget
	NoticeConfig      NoticeKind = "configuration"  // something configured is not known
	NoticeLeftOut     NoticeKind = "left-out"       // Go files for other platforms; findings in generated code
	NoticeNothing     NoticeKind = "nothing-judged" // no document was found where one was asked for
)

// Effect is what a notice means for the verdict.
type Effect string

// The effects, in rising order.
const (
	// EffectNone: the verdict is complete.
	EffectNone Effect = "none"
	// EffectDegraded: the simpler checks still ran.
	EffectDegraded Effect = "degraded"
	// EffectNotJudged: content went unjudged; a gate fails closed on it (invariant 4).
	EffectNotJudged Effect = "not-judged"
)

// PackageTier says with how much knowledge a Go package was judged.
type PackageTier struct {
	// Path is the folder, ImportPath the package ("" if not known).
	Path       string `json:"path"`
	ImportPath string `json:"importPath,omitempty"`
	Tier       Tier   `json:"tier"`
}

// Tier is how much was known about a Go package.
type Tier string

// The tiers, in rising order.
const (
	TierText    Tier = "text"    // no types
	TierPartial Tier = "partial" // types from source alone, or with type errors
	TierTyped   Tier = "typed"   // all types
)
