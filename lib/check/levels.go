package check

import (
	"fmt"
	"strings"
)

// Severity is the impact of a finding if it is real. The zero value is unset:
// in a Finding it means the check's own severity.
type Severity int

// The severities, in rising order. In SARIF: note, warning, error, error, with
// security-severity 3.0, 5.5, 8.0 and 9.5.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// Confidence is how likely a finding is to be real. The zero value is unset: in
// a Finding it means the check's own confidence.
type Confidence int

// The confidences, in rising order. In SARIF: precision low, high, very-high.
const (
	// Tentative: the shape is right, the proof is missing; a person should look.
	Tentative Confidence = iota + 1
	// Firm: more than four in five such findings are real.
	Firm
	// Certain: proved by the code or by a checksum.
	Certain
)

// Persona says who wants to see a finding. Each persona sees the findings of
// those before it. The zero value is Regular.
type Persona int

// The personas, after zizmor's.
const (
	// Regular is every developer, by default: findings that are worth acting on.
	Regular Persona = iota
	// Pedantic wants good practice enforced where nothing is proved to be wrong.
	Pedantic
	// Auditor wants every place to look at, and accepts false alarms.
	Auditor
)

var (
	severityNames   = []string{"", "low", "medium", "high", "critical"}
	confidenceNames = []string{"", "tentative", "firm", "certain"}
	personaNames    = []string{"regular", "pedantic", "auditor"}
)

func nameOf(names []string, i int) string {
	if i < 0 || i >= len(names) {
		return fmt.Sprintf("invalid(%d)", i)
	}
	return names[i]
}

func parseName[T ~int](names []string, what, s string) (T, error) {
	for i, n := range names {
		if n != "" && strings.EqualFold(n, s) {
			return T(i), nil
		}
	}
	valid := names
	if valid[0] == "" {
		valid = valid[1:]
	}
	return 0, fmt.Errorf("%q is no %s; take one of %s", s, what, strings.Join(valid, ", "))
}

// String gives the lower-case name; "" for the unset zero value.
func (s Severity) String() string { return nameOf(severityNames, int(s)) }

// String gives the lower-case name; "" for the unset zero value.
func (c Confidence) String() string { return nameOf(confidenceNames, int(c)) }

// String gives the lower-case name.
func (p Persona) String() string { return nameOf(personaNames, int(p)) }

// ParseSeverity, ParseConfidence and ParsePersona read a name in any case. Their
// errors list the valid names.
func ParseSeverity(s string) (Severity, error) {
	return parseName[Severity](severityNames, "severity", s)
}
func ParseConfidence(s string) (Confidence, error) {
	return parseName[Confidence](confidenceNames, "confidence", s)
}
func ParsePersona(s string) (Persona, error) { return parseName[Persona](personaNames, "persona", s) }

// MarshalText and UnmarshalText make the levels readable in JSON and YAML.
func (s Severity) MarshalText() ([]byte, error)   { return []byte(s.String()), nil }
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
func (p Persona) MarshalText() ([]byte, error)    { return []byte(p.String()), nil }

func (s *Severity) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSeverity(string(b))
	return err
}

func (c *Confidence) UnmarshalText(b []byte) (err error) {
	*c, err = ParseConfidence(string(b))
	return err
}

func (p *Persona) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePersona(string(b))
	return err
}
