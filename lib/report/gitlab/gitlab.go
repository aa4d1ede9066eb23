// Package gitlab writes a report in GitLab's Code Quality format, which merge
// requests show beside the changed lines, in every edition. Use [Write]; in the
// pipeline, name the file in artifacts:reports:codequality.
//
// (GitLab's SAST format wants the time of day, and is only shown in its highest
// edition.)
package gitlab

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/jsontext"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
)

// issue is one entry of a Code Quality report (GitLab documentation, "Import
// Code Quality results from a CI/CD job").
type issue struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"` // unique within the report
	Severity    string   `json:"severity"`    // info, minor, major, critical, blocker
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"`
	Lines lines  `json:"lines"`
}

type lines struct {
	Begin int `json:"begin"` // from 1
	End   int `json:"end,omitempty"`
}

var severities = [...]string{check.Low: "minor", check.Medium: "major", check.High: "critical", check.Critical: "blocker"}

// Write writes the findings that are not suppressed or gone, old ones included:
// GitLab compares reports by itself. What could not be judged is an issue too, so
// that it is not taken for clean. Its only errors are w's.
func Write(w io.Writer, r *check.Report) error {
	s := summary.Of(r)
	issues := []issue{}
	seen := map[string]bool{}
	add := func(i issue, place check.Location) {
		i.Location.Path = place.Path
		i.Location.Lines = lines{max(place.Start.Line, 1), place.End.Line}
		if i.Fingerprint == "" || seen[i.Fingerprint] { // GitLab shows only one of equals
			i.Fingerprint = digest(i.CheckName, i.Description, place.Path, place.Start.String(), i.Fingerprint)
		}
		if !seen[i.Fingerprint] {
			seen[i.Fingerprint] = true
			issues = append(issues, i)
		}
	}
	for _, n := range r.Notices {
		if n.Effect == check.EffectNotJudged {
			name := "peercheck/" + string(n.Kind)
			description := "Not judged: " + n.Message
			if n.CheckID != "" {
				description = "Not judged by " + n.CheckID + ": " + n.Message
			}
			add(issue{Description: description, CheckName: name, Severity: "critical"},
				check.Location{Path: n.Path, Start: n.At, End: n.At})
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if state := summary.StateOf(f); state == summary.Active || state == summary.Old {
			add(issue{Description: f.Message, CheckName: f.CheckID, Fingerprint: f.Fingerprint,
				Severity: severities[s.Severity(f)]}, f.Location)
		}
	}
	return jsontext.Write(w, issues, "  ")
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
