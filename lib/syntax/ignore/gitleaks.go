package ignore

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Leak is a finding of gitleaks that somebody has decided to live with: a line
// of .gitleaksignore, or an entry of a baseline.
type Leak struct {
	// Commit is the object ID that it was found in; "" for any.
	Commit string
	// Path is slash-separated, Rule gitleaks' rule ID, Line counts from 1.
	Path string
	Rule string
	Line int
	// At is the line of the file that says so, counted from 1; 0 in a baseline.
	At int
	// File is the path of that file, if whoever parsed it has set it.
	File string
}

// Covers reports whether the decision is about a finding of a check, by its ID,
// at a line of a path. The commit is not looked at: a finding in a tree is not
// of one commit. As in gitleaks, the line is the one where the match starts.
//
// What gitleaks calls a generic key may have a name of its own here, such as
// "secrets/service-credential": its rule covers those which no other rule of
// gitleaks finds.
func (l *Leak) Covers(checkID, path string, line int) bool {
	if path != l.Path || line != l.Line {
		return false
	}
	return checkID == "secrets/"+l.Rule || l.Rule == "generic-api-key" && slices.Contains(generic, checkID)
}

// generic are the checks that find by a name and a value what gitleaks has one
// rule for.
var generic = []string{"secrets/service-credential", "secrets/hard-coded-password", "secrets/possible-secret"}

var leakPattern = regexp.MustCompile(`^(?:([0-9a-f]{7,64}):)?(.+):([^:]+):(\d{1,9})$`)

// ParseGitleaksIgnore reads a .gitleaksignore: a line each of path:rule:line or
// commit:path:rule:line, and comments after #. A path may hold colons, which
// gitleaks itself takes for separators. Lines that are neither are returned as
// errors, which say where and how to write them; the others still count.
func ParseGitleaksIgnore(text []byte) (leaks []Leak, errs []error) {
	at := 0
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		at++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		m := leakPattern.FindStringSubmatch(line)
		if m == nil {
			errs = append(errs, fmt.Errorf("line %d is no fingerprint: write path:rule:line or commit:path:rule:line", at))
			continue
		}
		n, _ := strconv.Atoi(m[4])
		leaks = append(leaks, Leak{Commit: m[1], Path: cleanPath(m[2]), Rule: m[3], Line: n, At: at})
	}
	return leaks, errs
}

func cleanPath(p string) string { return path.Clean(strings.ReplaceAll(p, `\`, "/")) }

// ParseGitleaksBaseline reads a report that gitleaks wrote as JSON, to be used as
// its --baseline-path. Secrets in it are not kept.
func ParseGitleaksBaseline(text []byte) ([]Leak, error) {
	var report []struct {
		RuleID    string
		File      string
		Commit    string
		StartLine int
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("no report of gitleaks: it is to be a JSON array, as gitleaks writes with --report-format json: %w", err)
	}
	leaks := make([]Leak, 0, len(report))
	for i, f := range report {
		if f.RuleID == "" || f.File == "" {
			return nil, fmt.Errorf("no report of gitleaks: entry %d has no RuleID or no File", i+1)
		}
		leaks = append(leaks, Leak{Commit: f.Commit, Path: cleanPath(f.File), Rule: f.RuleID, Line: f.StartLine})
	}
	return leaks, nil
}
