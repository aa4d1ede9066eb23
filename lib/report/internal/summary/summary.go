// Package summary says of a report what every renderer needs to know: which
// findings count, how many of each there are, and which check made them. Use [Of].
package summary

import "github.com/peercheck/peercheck/lib/check"

// A Summary is a report with its counts. Each finding is in exactly one of
// Active, Old, Fixed and Suppressed.
type Summary struct {
	*check.Report
	// Active counts the findings that count: not suppressed, and new or never
	// compared. BySeverity counts the same, by check.Severity.
	Active     int
	BySeverity [check.Critical + 1]int
	// Compared says that the findings were compared with older ones, so that
	// the active ones are new. Old counts those that were there before, Fixed
	// those that are gone.
	Compared   bool
	Old, Fixed int
	Suppressed int
	// NotJudged and Degraded count notices by their effect.
	NotJudged, Degraded int
	// Untyped counts the Go packages that were judged without all types.
	Untyped int

	checks map[string]*check.Check
}

// State is what becomes of a finding.
type State int

// The states. Suppression counts more than age: an old accepted risk is
// Suppressed.
const (
	Active State = iota
	Old
	Fixed
	Suppressed
)

// StateOf classifies a finding.
func StateOf(f *check.Finding) State {
	switch {
	case f.Baseline == check.BaselineAbsent:
		return Fixed
	case f.Suppressed():
		return Suppressed
	case f.Baseline == check.BaselineUnchanged:
		return Old
	}
	return Active
}

// Of counts a report.
func Of(r *check.Report) *Summary {
	s := &Summary{Report: r, checks: make(map[string]*check.Check, len(r.Checks))}
	for _, c := range r.Checks {
		s.checks[c.ID] = c
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		s.Compared = s.Compared || f.Baseline != ""
		switch StateOf(f) {
		case Active:
			s.Active++
			s.BySeverity[s.Severity(f)]++
		case Old:
			s.Old++
		case Fixed:
			s.Fixed++
		case Suppressed:
			s.Suppressed++
		}
	}
	for _, n := range r.Notices {
		switch n.Effect {
		case check.EffectNotJudged:
			s.NotJudged++
		case check.EffectDegraded:
			s.Degraded++
		}
	}
	for _, pkg := range r.Packages {
		if pkg.Tier != check.TierTyped {
			s.Untyped++
		}
	}
	return s
}

// Check finds the check of a finding by its ID, nil if the report does not have it.
func (s *Summary) Check(id string) *check.Check { return s.checks[id] }

// Severity is the finding's own severity, or else its check's; Low for a
// finding that has neither, so that it is always one of the four.
func (s *Summary) Severity(f *check.Finding) check.Severity {
	v := f.Severity
	if c := s.checks[f.CheckID]; v == 0 && c != nil {
		v = c.Severity
	}
	return min(max(v, check.Low), check.Critical)
}

// Confidence is the same for the confidence; Tentative for a finding without.
func (s *Summary) Confidence(f *check.Finding) check.Confidence {
	v := f.Confidence
	if c := s.checks[f.CheckID]; v == 0 && c != nil {
		v = c.Confidence
	}
	return min(max(v, check.Tentative), check.Certain)
}
