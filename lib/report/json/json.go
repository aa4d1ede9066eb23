// Package json writes a report for programs, in a format of its own that holds
// everything a report does. Use [Write]; [Schema] describes the format.
//
// Within a [Version], members are added and never removed or changed in meaning.
// A reader ignores members that it does not know.
package json

import (
	_ "embed"
	"io"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/jsontext"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
)

// Version is the version of the format, its member "version".
const Version = 1

// Schema is the JSON schema (draft 7) of the format.
//
//go:embed schema.json
var Schema string

// Options say what the report is to hold besides the findings.
type Options struct {
	// ToolVersion is peercheck's own version; "" leaves it out.
	ToolVersion string
	// Timing adds how long the scan took, which no two runs agree on.
	Timing bool
}

// Write writes the report as one JSON object. Its only errors are w's.
func Write(w io.Writer, r *check.Report, opts Options) error {
	s := summary.Of(r)
	out := report{
		Version:   Version,
		Tool:      tool{Name: "peercheck", Version: opts.ToolVersion},
		Checks:    make([]checkInfo, len(r.Checks)),
		Findings:  make([]finding, len(r.Findings)),
		Notices:   make([]notice, len(r.Notices)),
		Packages:  make([]packageTier, len(r.Packages)),
		Documents: r.Documents,
		Bytes:     r.Bytes,
	}
	for i, c := range r.Checks {
		out.Checks[i] = newCheck(c)
	}
	for i := range r.Findings {
		out.Findings[i] = newFinding(s, &r.Findings[i])
	}
	for i, n := range r.Notices {
		out.Notices[i] = notice{n, jsontext.Bytes(n.Path)}
	}
	for i, p := range r.Packages {
		out.Packages[i] = packageTier{p, jsontext.Bytes(p.Path)}
	}
	if opts.Timing {
		seconds := r.Elapsed.Seconds()
		out.Elapsed = &seconds
	}
	return jsontext.Write(w, out, "  ")
}

// The types below are the format; schema.json says what their members mean.
// Those that the contract's own tags describe are embedded.

type report struct {
	Version   int           `json:"version"`
	Tool      tool          `json:"tool"`
	Checks    []checkInfo   `json:"checks"`
	Findings  []finding     `json:"findings"`
	Notices   []notice      `json:"notices"`
	Packages  []packageTier `json:"packages"`
	Documents int           `json:"documents"`
	Bytes     int64         `json:"bytes"`
	Elapsed   *float64      `json:"elapsed,omitempty"`
}

type tool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type checkInfo struct {
	ID         string           `json:"id"`
	Title      string           `json:"title"`
	Kind       check.Kind       `json:"kind"`
	Severity   check.Severity   `json:"severity"`
	Confidence check.Confidence `json:"confidence"`
	Persona    check.Persona    `json:"persona"`
	CWE        []string         `json:"cwe"`
	Since      string           `json:"since"`
}

type finding struct {
	Check        string              `json:"check"`
	Message      string              `json:"message"`
	State        string              `json:"state"`
	Severity     check.Severity      `json:"severity"`
	Confidence   check.Confidence    `json:"confidence"`
	Location     location            `json:"location"`
	Related      []location          `json:"related,omitempty"`
	Flow         []location          `json:"flow,omitempty"`
	Fixes        []fix               `json:"fixes,omitempty"`
	Symbol       string              `json:"symbol,omitempty"`
	Fingerprint  string              `json:"fingerprint"`
	Baseline     check.BaselineState `json:"baseline,omitempty"`
	Suppressions []suppression       `json:"suppressions,omitempty"`
}

type location struct {
	check.Location
	PathBytes []byte `json:"pathBytes,omitempty"`
}

type fix struct {
	Title string `json:"title"`
	Safe  bool   `json:"safe"`
	Edits []edit `json:"edits"`
}

type edit struct {
	check.Edit
	PathBytes []byte `json:"pathBytes,omitempty"`
}

type suppression struct {
	Kind          check.SuppressionKind   `json:"kind"`
	Status        check.SuppressionStatus `json:"status"`
	Justification string                  `json:"justification,omitempty"`
	By            string                  `json:"by,omitempty"`
	At            time.Time               `json:"at,omitzero"`
	Expires       string                  `json:"expires,omitempty"`
	Location      *location               `json:"location,omitempty"`
}

type notice struct {
	check.Notice
	PathBytes []byte `json:"pathBytes,omitempty"`
}

type packageTier struct {
	check.PackageTier
	PathBytes []byte `json:"pathBytes,omitempty"`
}

var states = map[summary.State]string{
	summary.Active: "active", summary.Old: "old", summary.Fixed: "fixed", summary.Suppressed: "suppressed",
}

func newCheck(c *check.Check) checkInfo {
	info := checkInfo{
		ID: c.ID, Title: c.Title, Kind: c.Kind(), Severity: c.Severity, Confidence: c.Confidence,
		Persona: c.Persona, CWE: make([]string, len(c.CWE)), Since: c.Since,
	}
	for i, cwe := range c.CWE {
		info.CWE[i] = cwe.String()
	}
	return info
}

func newFinding(s *summary.Summary, f *check.Finding) finding {
	out := finding{
		Check: f.CheckID, Message: f.Message, State: states[summary.StateOf(f)],
		Severity: s.Severity(f), Confidence: s.Confidence(f),
		Location: newLocation(f.Location), Related: newLocations(f.Related), Flow: newLocations(f.Flow),
		Symbol: f.Symbol, Fingerprint: f.Fingerprint, Baseline: f.Baseline,
	}
	for _, x := range f.Fixes {
		edits := make([]edit, len(x.Edits))
		for i, e := range x.Edits {
			if e.Path == "" {
				e.Path = f.Location.Path
			}
			edits[i] = edit{e, jsontext.Bytes(e.Path)}
		}
		out.Fixes = append(out.Fixes, fix{x.Title, x.Safe, edits})
	}
	for _, x := range f.Suppressions {
		sup := suppression{Kind: x.Kind, Status: x.Status, Justification: x.Justification, By: x.By, At: x.At}
		if !x.Expires.IsZero() {
			sup.Expires = x.Expires.Format(time.DateOnly)
		}
		if x.Location != nil {
			l := newLocation(*x.Location)
			sup.Location = &l
		}
		out.Suppressions = append(out.Suppressions, sup)
	}
	return out
}

func newLocation(l check.Location) location { return location{l, jsontext.Bytes(l.Path)} }

func newLocations(ls []check.Location) []location {
	var out []location
	for _, l := range ls {
		out = append(out, newLocation(l))
	}
	return out
}
