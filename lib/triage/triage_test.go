package triage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/triage"
)

// flag makes a check that flags each occurrence of a text.
func flag(id, text, message string, cwe check.CWE) *check.Check {
	return &check.Check{
		ID: id, Title: "Flags " + text, CWE: []check.CWE{cwe}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "w", Why: "w", Fix: "f"},
		Run: func(_ context.Context, p *check.Pass) error {
			for at := 0; ; {
				i := strings.Index(string(p.Document.Content[at:]), text)
				if i < 0 {
					return nil
				}
				p.Report(check.Finding{Message: message, Location: check.Location{Range: check.Range{Start: at + i, End: at + i + len(text)}}})
				at += i + len(text)
			}
		},
	}
}

func TestChecks(t *testing.T) {
	weak := flag("test/weak", "md5.New()", "a weak digest", 328)
	for _, c := range triage.Checks() {
		t.Run(c.ID, func(t *testing.T) {
			checktest.Run(t, c, checktest.Options{
				Others: []*check.Check{weak},
				Scan: func(o *scan.Options) {
					o.Checks = []*check.Check{weak} // triage's own are always known
					o.Now = time.Date(2026, 2, 1, 23, 59, 0, 0, time.UTC)
				},
			})
		})
	}
}

// TestForeignComments: what other tools' comments silence, and that strict
// refuses them.
func TestForeignComments(t *testing.T) {
	hash, secret := flag("go/weak-hash", "md5", "hash", 328), flag("secrets/token", "tok_", "token", 798)
	secret.Secret = true
	docker := flag("docker/root", "root", "root", 250)
	for _, c := range []struct {
		line   string
		silent bool
	}{
		{"md5 // #nosec", true}, {"md5 // #nosec G401 -- why", true}, {"md5 // #nosec G304", false},
		{"md5 //nolint:gosec", true}, {"md5 //nolint:errcheck", false}, {"md5 // nosemgrep", true},
		{"md5 // gitleaks:allow", false}, {"tok_ // gitleaks:allow", true}, {"tok_ // #nosec", false}, {"tok_ // nosemgrep", false},
		{"root // #nosec", false},
	} {
		for _, strict := range []bool{false, true} {
			d := check.NewDocument("a.go", "go", []byte("package p\n\nvar x = "+c.line+"\n"), check.Revision{})
			findings := []check.Finding{}
			for _, k := range []*check.Check{hash, secret, docker} {
				if err := k.Run(t.Context(), &check.Pass{Check: k, Document: d, Report: func(f check.Finding) {
					f.CheckID, f.Location.Path = k.ID, "a.go"
					findings = append(findings, f)
				}}); err != nil {
					t.Fatal(err)
				}
			}
			own := triage.Apply(triage.Input{
				Findings: findings, Documents: []*check.Document{d}, Checks: []*check.Check{hash, secret, docker}, Strict: strict,
				Reported: triage.Checks(),
			})
			if len(findings) != 1 || findings[0].Suppressed() != (c.silent && !strict) {
				t.Errorf("%s, strict %v: %+v", c.line, strict, findings)
			}
			if len(own) != 0 {
				t.Errorf("%s: another tool's comment is judged: %v", c.line, own)
			}
		}
	}
}

func TestGate(t *testing.T) {
	finding := func(s check.Severity, c check.Confidence, b check.BaselineState) check.Finding {
		return check.Finding{Severity: s, Confidence: c, Baseline: b}
	}
	silenced := finding(check.Critical, check.Certain, check.BaselineNew)
	silenced.Suppressions = []check.Suppression{{Status: check.Accepted}}
	refused := finding(check.High, check.Certain, check.BaselineNew)
	refused.Suppressions = []check.Suppression{{Status: check.Rejected}}
	r := &check.Report{Findings: []check.Finding{
		finding(check.High, check.Firm, check.BaselineNew), finding(check.High, check.Firm, check.BaselineUnchanged),
		finding(check.High, check.Tentative, check.BaselineNew), finding(check.Medium, check.Certain, check.BaselineNew), silenced, refused,
	}}
	for _, c := range []struct {
		name string
		gate triage.Gate
		want int
	}{
		{"default", triage.Gate{}, 3},
		{"new only", triage.Gate{NewOnly: true}, 2},
		{"medium", triage.Gate{FailOn: check.Medium, NewOnly: true}, 3},
		{"tentative", triage.Gate{MinConfidence: check.Tentative, NewOnly: true}, 3},
		{"critical", triage.Gate{FailOn: check.Critical}, 0},
	} {
		if got := len(c.gate.Judge(r).Blocking); got != c.want {
			t.Errorf("%s: %d block, want %d", c.name, got, c.want)
		}
	}
}

// TestFailsClosed: what went unjudged blocks, findings or not (invariant 4).
func TestFailsClosed(t *testing.T) {
	notice := func(e check.Effect) *check.Report {
		return &check.Report{Notices: []check.Notice{{Effect: e}}}
	}
	for effect, want := range map[check.Effect]int{
		check.EffectNone: triage.ExitClean, check.EffectDegraded: triage.ExitClean, check.EffectNotJudged: triage.ExitError,
	} {
		if got := (triage.Gate{}).Judge(notice(effect)).ExitCode(); got != want {
			t.Errorf("%s: exit code %d, want %d", effect, got, want)
		}
	}
}
