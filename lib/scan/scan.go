// Package scan is the engine: documents x checks -> Report.
//
//	scanner, err := scan.New(scan.Options{Checks: rules.All()})
//	report, err := scanner.Scan(ctx, source.Dir("."))
//
// Scan judges the documents of a source; [Scanner.ScanChange] judges a change
// and says of each finding whether it is new.
package scan

import (
	"context"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/source"
)

// Options configure a Scanner. Checks is required; the rest may be zero.
type Options struct {
	// Checks are all checks that are known.
	Checks []*check.Check
	// Config is what the repository wants; nil means the defaults.
	Config *config.Config
	// Only restricts the checks to these IDs and domains; empty means all.
	Only []string
	// Kinds restricts the checks to these kinds; empty means all.
	Kinds []check.Kind
	// Loader loads Go packages; nil makes one that asks the go command.
	Loader *load.Loader
	// Now decides which ignore comments have expired; zero means none has.
	Now time.Time
	// Workers is the number of documents judged at once; 0 means GOMAXPROCS.
	Workers int
	// MaxBytes is the size over which a document is not read; 0 means
	// DefaultMaxBytes.
	MaxBytes int64
}

// DefaultMaxBytes is 10 MiB: the largest hand-written source files are under
// 5 MB, and over 10 MB a text is data that nobody reviews.
const DefaultMaxBytes = 10 << 20

// A Scanner runs checks. It is safe for concurrent use.
type Scanner struct{ opts Options }

// New validates the options and the checks.
func New(opts Options) (*Scanner, error) {
	panic("not written yet")
}

// Scan judges every document of a source. It fails only if it is cancelled or
// the source cannot be read at all (invariant 3).
func (s *Scanner) Scan(ctx context.Context, src source.Source) (*check.Report, error) {
	panic("not written yet")
}

// ScanChange judges the changed documents and the Go packages that they belong
// to, runs the change checks, and sets Baseline of every finding: New if none of
// the bases has it (invariant 7), Unchanged otherwise.
func (s *Scanner) ScanChange(ctx context.Context, change source.Change) (*check.Report, error) {
	panic("not written yet")
}
