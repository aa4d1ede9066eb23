package scan

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/source"
)

// related flags a word, with another place and a fix, if it may go on.
func related(mayGoOn chan struct{}) *check.Check {
	return &check.Check{
		ID: "test/related", Title: "Related", CWE: []check.CWE{1}, Severity: check.High, Confidence: check.Firm, Since: "0.1",
		Page: check.Page{What: "a", Why: "b", Fix: "c"},
		Run: func(ctx context.Context, p *check.Pass) error {
			select {
			case <-mayGoOn:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, m := range regexp.MustCompile("word").FindAllIndex(p.Document.Content, -1) {
				r := check.Range{Start: m[0], End: m[1]}
				p.Report(check.Finding{
					Message: "a word", Location: check.Location{Range: r}, Related: []check.Location{{Range: r}}, Flow: []check.Location{{Range: r}},
					Fixes: []check.Fix{{Title: "Remove", Edits: []check.Edit{{Range: r}}}},
				})
			}
			return nil
		},
	}
}

// Scans of one document at the same time share what the checks found, and must
// not write to it (run with -race).
func TestConcurrentScansOfADocument(t *testing.T) {
	open := make(chan struct{})
	close(open)
	s, err := New(Options{Checks: []*check.Check{related(open)}})
	if err != nil {
		t.Fatal(err)
	}
	src := source.Files(check.NewDocument("a.txt", "", []byte("word word"), check.Revision{}))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if report, err := s.Scan(t.Context(), src); err != nil || len(report.Findings) != 2 {
				t.Errorf("got %v, %v", report, err)
			}
		})
	}
	wg.Wait()
}

// A scan that is cancelled leaves nothing behind that makes the next one blind.
func TestScanAfterACancelledOne(t *testing.T) {
	gate := make(chan struct{})
	s, err := New(Options{Checks: []*check.Check{related(gate)}})
	if err != nil {
		t.Fatal(err)
	}
	src := source.Files(check.NewDocument("a.txt", "", []byte("word"), check.Revision{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan error)
	go func() {
		_, err := s.Scan(ctx, src)
		cancelled <- err
	}()
	cancel()
	if err := <-cancelled; err == nil {
		t.Error("a cancelled scan must say so")
	}
	close(gate)
	report, err := s.Scan(t.Context(), src)
	if err != nil || len(report.Findings) != 1 {
		t.Errorf("got %+v, %v", report, err)
	}
}
