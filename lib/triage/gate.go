package triage

import "github.com/peercheck/peercheck/lib/check"

// A Gate decides what blocks. The zero value blocks on every open finding of
// High severity and above, at Firm confidence and above.
type Gate struct {
	// FailOn is the lowest severity that blocks; 0 means High.
	FailOn check.Severity
	// MinConfidence is the lowest confidence that blocks; 0 means Firm, because
	// a gate that is often wrong is a gate that is switched off.
	MinConfidence check.Confidence
	// NewOnly lets pass what the parents have too.
	NewOnly bool
}

// A Verdict is what a gate says of a report.
type Verdict struct {
	// Blocking are the findings that block, in the report's order.
	Blocking []*check.Finding
	// NotJudged say what content went unjudged: a gate fails closed on it
	// (invariant 4).
	NotJudged []check.Notice
}

// Judge applies the gate.
func (g Gate) Judge(r *check.Report) Verdict {
	failOn, confidence := g.FailOn, g.MinConfidence
	if failOn == 0 {
		failOn = check.High
	}
	if confidence == 0 {
		confidence = check.Firm
	}
	var v Verdict
	for f := range r.Active() {
		if f.Severity >= failOn && f.Confidence >= confidence && (!g.NewOnly || f.Baseline != check.BaselineUnchanged) {
			v.Blocking = append(v.Blocking, f)
		}
	}
	for _, n := range r.Notices {
		if n.Effect == check.EffectNotJudged {
			v.NotJudged = append(v.NotJudged, n)
		}
	}
	return v
}

// Exit codes of every command that judges.
const (
	ExitClean    = 0 // nothing blocks
	ExitFindings = 1 // findings at or above the gate
	ExitError    = 2 // something could not be checked
)

// ExitCode is ExitError where content went unjudged, even beside findings,
// because the list of findings is not complete then.
func (v Verdict) ExitCode() int {
	switch {
	case len(v.NotJudged) > 0:
		return ExitError
	case len(v.Blocking) > 0:
		return ExitFindings
	}
	return ExitClean
}
