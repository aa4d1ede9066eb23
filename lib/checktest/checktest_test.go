package checktest_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
)

// hazard flags a word and offers to replace it.
func hazard(examples string) *check.Check {
	re := regexp.MustCompile(`\bhazard\b`)
	return &check.Check{
		ID: "test/hazard", Title: "Hazard", CWE: []check.CWE{1}, Severity: check.Low, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "w", Why: "w", Fix: "f", Examples: examples},
		Run: func(_ context.Context, p *check.Pass) error {
			for _, m := range re.FindAllIndex(p.Document.Content, -1) {
				r := check.Range{Start: m[0], End: m[1]}
				p.Report(check.Finding{Message: "a word", Location: check.Location{Range: r}, Fixes: []check.Fix{{
					Title: "Say safety", Edits: []check.Edit{{Range: r, NewText: "safety"}},
				}}})
			}
			return nil
		},
	}
}

func TestRun(t *testing.T) {
	checktest.Run(t, hazard("-- bad.txt --\none hazard # want \"a w.rd\"\nthe next\nhazard hazard\n# want:-1 \"word\" `a`\n-- bad.txt.golden --\none safety # want \"a w.rd\"\nthe next\nsafety safety\n# want:-1 \"word\" `a`\n-- good.txt --\nnone\n"), checktest.Options{})
}

// TestThatRunFails: a harness that cannot fail proves nothing.
func TestThatRunFails(t *testing.T) {
	for name, examples := range map[string]string{
		"unwanted finding": "-- bad.txt --\nhazard # want \"word\"\n-- bad.txt.golden --\nsafety # want \"word\"\n-- good.txt --\nhazard\n",
		"nothing found":    "-- bad.txt --\nhazard # want \"word\"\nfine # want \"word\"\n-- bad.txt.golden --\nsafety # want \"word\"\nfine # want \"word\"\n-- good.txt --\nfine\n",
		"another message":  "-- bad.txt --\nhazard # want \"sentence\"\n-- bad.txt.golden --\nsafety # want \"sentence\"\n-- good.txt --\nfine\n",
		"golden differs":   "-- bad.txt --\nhazard # want \"word\"\n-- bad.txt.golden --\nhazard # want \"word\"\n-- good.txt --\nfine\n",
		"no golden":        "-- bad.txt --\nhazard # want \"word\"\n-- good.txt --\nfine\n",
		"no bad case":      "-- good.txt --\nfine\n",
		"no good case":     "-- bad.txt --\nhazard # want \"word\"\n-- bad.txt.golden --\nsafety # want \"word\"\n",
		"malformed want":   "-- bad.txt --\nhazard # want word\n-- good.txt --\nfine\n",
		"no test data":     "only prose",
	} {
		t.Run(name, func(t *testing.T) {
			if !fails(func(inner *testing.T) { checktest.Run(inner, hazard(examples), checktest.Options{}) }) {
				t.Error("the harness is content")
			}
		})
	}
}

// fails runs a test of its own and tells whether it failed.
func fails(f func(*testing.T)) bool {
	return !testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "inner", F: f}})
}
