// Package scan is the engine: documents x checks -> Report.
//
//	scanner, err := scan.New(scan.Options{Checks: rules.All()})
//	report, err := scanner.Scan(ctx, source.Dir("."))
//
// [Scanner.Scan] judges the documents of a source; [Scanner.ScanChange] judges a
// change and says of each finding whether it is new.
package scan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

// Options configure a Scanner. Checks is required; the rest may be zero.
type Options struct {
	// Checks are all checks that are known.
	Checks []*check.Check
	// Notices are passed on in each report: what whoever chose the checks has to say.
	Notices []check.Notice
	// Config is what the repository wants; nil means the defaults.
	Config *config.Config
	// Settled says that Config is not of the tree that is judged but was decided
	// on before, as a server's is: what it excuses did not come with the change.
	Settled bool
	// Only restricts the checks to these IDs and domains; empty means all. One
	// that is named by its ID runs even if Config has it off or shows it to
	// another persona.
	Only []string
	// Kinds restricts the checks to these kinds; empty means all.
	Kinds []check.Kind
	// Loader loads Go packages; nil makes one that asks the go command.
	Loader *load.Loader
	// Cache keeps what was found out about Go packages; nil makes one in memory.
	Cache *golang.Cache
	// Now decides which ignore comments have expired; zero means none has.
	Now time.Time
	// Workers is the number of documents judged at once; 0 means GOMAXPROCS.
	Workers int
	// MaxBytes is the size over which a document is not read; 0 means that of
	// Config, or DefaultMaxBytes.
	MaxBytes int64
}

// DefaultMaxBytes is 10 MiB: the largest hand-written source files are under
// 5 MB, and over 10 MB a text is data that nobody reviews.
const DefaultMaxBytes = 10 << 20

// A Scanner runs checks. It is safe for concurrent use.
type Scanner struct {
	opts     Options
	byKind   map[check.Kind][]*check.Check // what runs
	groups   []group                       // byKind's document checks
	secrets  []group                       // what marks secrets, whether it was asked for or not
	beside   map[string]*check.Check       // by ID, those that have a Beside
	selected []*check.Check                // byKind and triage's own, sorted by ID
	docKey   documentKey
	notices  []check.Notice // of the configuration
}

// documentKey identifies the document checks of a scanner, so that scanners
// with the same ones share their findings on a Document.
type documentKey struct {
	checks   [sha256.Size]byte
	vendored bool // the document is another project's
}

// New validates the options and the checks. An Only that names no check is an
// error, because a scan of nothing would look clean.
func New(opts Options) (*Scanner, error) {
	if opts.Config == nil {
		opts.Config = &config.Config{}
	}
	if opts.Loader == nil {
		opts.Loader = load.New(load.Options{})
	}
	if opts.Cache == nil {
		opts.Cache = &golang.Cache{}
	}
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = cmp.Or(opts.Config.MaxBytes, DefaultMaxBytes)
	}
	s := &Scanner{opts: opts, byKind: map[check.Kind][]*check.Check{}, beside: map[string]*check.Check{}}
	known := append(slices.Clone(opts.Checks), triage.Checks()...)
	seen := map[string]bool{}
	for _, c := range known {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		if seen[c.ID] {
			return nil, fmt.Errorf("check %s: there are two of this ID", c.ID)
		}
		seen[c.ID] = true
	}
	for _, name := range opts.Only {
		if !slices.ContainsFunc(known, func(c *check.Check) bool { return named(c, name) }) {
			return nil, fmt.Errorf("no check is named %q; `peercheck checks` lists them", name)
		}
	}
	var secrets []*check.Check
	ids := sha256.New()
	for _, c := range known {
		if c.Secret && c.Run != nil {
			secrets = append(secrets, c)
		}
		if !s.wants(c) {
			continue
		}
		s.selected = append(s.selected, c)
		if c.Domain() == triage.Domain {
			continue // triage reports these, they do not run
		}
		s.byKind[c.Kind()] = append(s.byKind[c.Kind()], c)
		if c.Beside != nil {
			s.beside[c.ID] = c
		}
		if c.Kind() == check.KindDocument {
			fmt.Fprintf(ids, "%s@%p,", c.ID, c) // a repository's own may have the ID of ours
		}
	}
	slices.SortFunc(s.selected, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	s.groups, s.secrets = groupsOf(s.byKind[check.KindDocument]), groupsOf(secrets)
	s.docKey = documentKey{checks: [sha256.Size]byte(ids.Sum(nil))}
	s.notices = append(opts.Config.UnknownChecks(known), slices.Concat(opts.Config.Notices(), opts.Notices)...)
	return s, nil
}

// named reports whether a name means a check: its ID, its domain, or "domain/*".
func named(c *check.Check, name string) bool {
	return name == c.ID || strings.TrimSuffix(name, "/*") == c.Domain()
}

func (s *Scanner) wants(c *check.Check) bool {
	switch {
	case len(s.opts.Kinds) > 0 && !slices.Contains(s.opts.Kinds, c.Kind()):
		return false
	case slices.Contains(s.opts.Only, c.ID):
		return true
	case len(s.opts.Only) > 0 && !slices.ContainsFunc(s.opts.Only, func(name string) bool { return named(c, name) }):
		return false
	}
	return c.Persona <= s.opts.Config.Persona && !s.opts.Config.Off(c.ID)
}

// Scan judges every document of a source. It fails only if it is cancelled or
// the source cannot be read at all (invariant 3). Elapsed stays zero: the caller
// has the clock.
func (s *Scanner) Scan(ctx context.Context, src source.Source) (*check.Report, error) {
	entries, err := list(ctx, src)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]bool, len(entries))
	for _, e := range entries {
		asked[e.Path] = true
	}
	out, err := s.judge(ctx, job{
		tree: src.FS(), disk: onDisk(src), kind: src.Kind(),
		entries: entries, folders: goFolders(entries),
		project: func(yield func(string) bool) {
			for _, e := range entries {
				if !vendored(e) && !yield(e.Path) {
					return
				}
			}
		},
		keep: func(path string) bool { return asked[path] },
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		out.notices = append(out.notices, check.Notice{
			Kind: check.NoticeNothing, Effect: check.EffectNone,
			Message: "there was no file to judge; look at the paths, at .gitignore and at `exclude` in " + config.FileName,
		})
	}
	out.notices = append(out.notices, s.excluded(entries)...)
	out.findings = append(out.findings, s.triage(out)...)
	return s.report(out), nil
}

// excluded says which of the paths that were asked for by name the configuration
// excludes, with all that is in them: who asked does not take that for a verdict.
func (s *Scanner) excluded(entries []source.Entry) []check.Notice {
	judged := map[string]bool{}
	for _, e := range entries {
		if e.Named != "" {
			judged[e.Named] = judged[e.Named] || !s.opts.Config.Excludes(e.Path)
		}
	}
	var notices []check.Notice
	for named, some := range judged {
		if !some {
			notices = append(notices, check.Notice{
				Kind: check.NoticeNothing, Path: named, Effect: check.EffectDegraded, Message: "not judged: `exclude` in " + config.FileName + " names it",
			})
		}
	}
	return notices
}

// list collects a source's entries, sorted by path.
func list(ctx context.Context, src source.Source) ([]source.Entry, error) {
	var entries []source.Entry
	for e, err := range src.Entries(ctx) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b source.Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, nil
}

func onDisk(src source.Source) string {
	if d, ok := src.(source.OnDisk); ok {
		return d.Dir()
	}
	return ""
}

// triage suppresses findings of an outcome and gives the findings about the
// ignore comments, completed.
func (s *Scanner) triage(out *outcome) []check.Finding {
	tiers := map[string]check.Tier{}
	for _, p := range out.packages {
		tiers[p.Path] = p.Tier
	}
	own := triage.Apply(triage.Input{
		Findings:  out.findings,
		Documents: out.commented,
		Checks:    s.opts.Checks,
		Reported:  s.selected,
		Judged: func(c *check.Check, file string) bool {
			switch c.Kind() {
			case check.KindPackage:
				return tiers[path.Dir(file)] == check.TierTyped
			case check.KindChange:
				return false // it judged the change, not the document
			}
			return true
		},
		Leaks:  s.opts.Config.Gitleaks.Leaks,
		Strict: s.opts.Config.StrictIgnores,
		Now:    s.opts.Now,
	})
	for i := range out.findings {
		for _, sup := range out.findings[i].Suppressions {
			s.locate(out, sup.Location)
		}
	}
	s.complete(out, own)
	return own
}

// report sorts an outcome into the Report.
func (s *Scanner) report(out *outcome) *check.Report {
	notices := append(slices.Clone(s.notices), out.notices...)
	slices.SortFunc(notices, func(a, b check.Notice) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), a.At.Line-b.At.Line, strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.CheckID, b.CheckID), strings.Compare(a.Message, b.Message))
	})
	slices.SortFunc(out.packages, func(a, b check.PackageTier) int { return strings.Compare(a.Path, b.Path) })
	// Not before: an ignore comment for what is not shown is not unused.
	out.findings = slices.DeleteFunc(out.findings, s.hidden)
	sortFindings(out.findings)
	return &check.Report{
		Checks: s.selected, Findings: out.findings, Notices: slices.Compact(notices), Packages: out.packages,
		Documents: out.judged, Bytes: out.bytes,
	}
}

// hidden reports whether a finding is for another persona than its check is, and
// nobody asked for the check by its ID.
func (s *Scanner) hidden(f check.Finding) bool {
	return f.Persona > s.opts.Config.Persona && !slices.Contains(s.opts.Only, f.CheckID)
}

func sortFindings(findings []check.Finding) {
	slices.SortStableFunc(findings, func(a, b check.Finding) int {
		la, lb := a.Location, b.Location
		return cmp.Or(strings.Compare(la.Path, lb.Path), la.Range.Start-lb.Range.Start, la.Range.End-lb.Range.End,
			strings.Compare(a.CheckID, b.CheckID), strings.Compare(a.Message, b.Message))
	})
}
