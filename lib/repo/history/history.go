// Package history judges everything that was ever committed: each content of
// each file once, whichever commits have it. Use [Scan].
//
// Findings name the commit that brought them in. What is clean is remembered, so
// that an interrupted scan goes on where it stopped, and the next one judges
// only what is new.
package history

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/judged"
	"github.com/peercheck/peercheck/lib/scan"
)

// Options say what to judge. Repo and Scanner are required.
type Options struct {
	Repo *repo.Repo
	// Scanner has the checks: usually those for secrets, since code that is gone
	// does no harm, but a secret that is gone is still in the repository.
	Scanner *scan.Scanner
	// Span is the part of the history; the zero value is all that any reference
	// reaches.
	Span repo.Span
	// Judged remembers what is clean; nil remembers nothing.
	Judged *judged.Record
	// Progress is told now and then how many of all contents are judged; nil for
	// none.
	Progress func(done, total int)
}

// A Result is what was found.
type Result struct {
	// Findings are sorted by path, then in the order of their commits. Of one
	// that stands in several versions of a file only the first is there.
	Findings []Finding
	// Notices say what could not be judged, sorted.
	Notices []check.Notice
	// Checks are those that ran.
	Checks []*check.Check
	// Contents counts what the history has, Judged what was not remembered.
	Contents, Judged int
	Bytes            int64
}

// A Finding is one in the history.
type Finding struct {
	check.Finding
	// Commit is the first that has it, Author who wrote that.
	Commit repo.ID
	Author repo.Signature
	// Versions counts the contents of the file that have it.
	Versions int
}

// chunk is how many contents are judged between two looks at the clock: some
// hundred milliseconds of work, so that little is lost when it is interrupted.
const chunk = 1000

// Scan judges the history. The error is the context's, or that the repository
// cannot be read; what was judged until then is remembered.
func Scan(ctx context.Context, opts Options) (*Result, error) {
	span := opts.Span
	if len(span.Include) == 0 {
		span.IncludeRefs = true
	}
	all, err := opts.Repo.History(ctx, span)
	if err != nil {
		return nil, err
	}
	s := &state{Options: opts, result: &Result{Contents: len(all)}, found: map[string]*Finding{}, age: map[repo.ID]int{}}
	commits, err := opts.Repo.Commits(ctx, span)
	if err != nil {
		return nil, err
	}
	for i, c := range commits {
		s.age[c.ID] = i
	}
	defer opts.Judged.Save()
	todo := slices.DeleteFunc(all, func(b repo.Introduction) bool { return opts.Judged.Has(key(b.BlobPath)...) })
	s.result.Judged = len(todo)
	for len(todo) > 0 {
		var part []repo.Introduction
		part, todo = split(todo)
		if err := s.judge(ctx, part); err != nil {
			return nil, err
		}
		opts.Judged.Save()
		if opts.Progress != nil {
			opts.Progress(len(all)-len(todo), len(all))
		}
	}
	return s.finish(ctx)
}

// key names a content in a record, as the hooks do.
func key(b repo.BlobPath) []string { return []string{"blob", string(b.Blob), b.Path} }

// split takes the next contents, no path twice, and leaves the order of the rest.
func split(todo []repo.Introduction) (part, rest []repo.Introduction) {
	taken := map[string]bool{}
	for i, b := range todo {
		switch {
		case len(part) == chunk || i >= 4*chunk: // versions of few files: do not look through all for more
			return part, append(rest, todo[i:]...)
		case taken[b.Path]:
			rest = append(rest, b)
		default:
			taken[b.Path] = true
			part = append(part, b)
		}
	}
	return part, rest
}

type state struct {
	Options
	result *Result
	found  map[string]*Finding // by fingerprint
	age    map[repo.ID]int
}

func (s *state) judge(ctx context.Context, part []repo.Introduction) error {
	blobs := make([]repo.BlobPath, len(part))
	commit := map[string]repo.ID{}
	for i, b := range part {
		blobs[i] = b.BlobPath
		commit[b.Path] = b.Commit
	}
	report, err := s.Scanner.Scan(ctx, s.Repo.BlobSource(ctx, blobs...))
	if err != nil {
		return err
	}
	s.result.Checks = report.Checks
	s.result.Bytes += report.Bytes
	dirty := map[string]bool{}
	for _, n := range report.Notices {
		if n.Effect == check.EffectNotJudged {
			dirty[n.Path] = true
		}
		if n.Effect != check.EffectNone {
			s.result.Notices = append(s.result.Notices, n)
		}
	}
	for _, f := range report.Findings {
		dirty[f.Location.Path] = true
		s.add(f, commit[f.Location.Path])
	}
	for _, b := range blobs {
		if !dirty[b.Path] && !dirty[""] {
			s.Judged.Add(key(b)...)
		}
	}
	return nil
}

// add keeps the oldest of findings that are the same.
func (s *state) add(f check.Finding, commit repo.ID) {
	known := s.found[f.Fingerprint]
	if known == nil {
		s.found[f.Fingerprint] = &Finding{Finding: f, Commit: commit, Versions: 1}
		return
	}
	known.Versions++
	if s.age[commit] < s.age[known.Commit] {
		known.Finding, known.Commit = f, commit
	}
}

func (s *state) finish(ctx context.Context) (*Result, error) {
	for _, f := range s.found {
		author, err := s.Repo.Author(ctx, f.Commit)
		if err != nil {
			return nil, err
		}
		f.Author = author
		s.result.Findings = append(s.result.Findings, *f)
	}
	slices.SortFunc(s.result.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Location.Path, b.Location.Path), s.age[a.Commit]-s.age[b.Commit],
			a.Location.Range.Start-b.Location.Range.Start, strings.Compare(a.CheckID, b.CheckID), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	slices.SortFunc(s.result.Notices, func(a, b check.Notice) int { return strings.Compare(a.String(), b.String()) })
	s.result.Notices = slices.CompactFunc(s.result.Notices, func(a, b check.Notice) bool { return a.String() == b.String() })
	return s.result, nil
}
