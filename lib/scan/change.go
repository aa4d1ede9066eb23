package scan

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// ScanChange judges the changed documents, the Go packages that they belong to
// and the projects that depend on them, runs the change checks, and sets
// Baseline of every finding: New if none of the bases has it (invariant 7),
// Unchanged otherwise. The bases are judged lazily, only where the head has
// findings.
func (s *Scanner) ScanChange(ctx context.Context, change source.Change) (*check.Report, error) {
	entries, err := list(ctx, change.Head)
	if err != nil {
		return nil, err
	}
	head, err := s.judge(ctx, s.changeJob(change.Head, entries, changedPaths(change)))
	if err != nil {
		return nil, err
	}
	if err := s.compare(ctx, change, head); err != nil {
		return nil, err
	}
	s.judgeChange(ctx, change, head, entries)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	own := s.triage(head)
	s.compareComments(change, head, own)
	head.findings = append(head.findings, own...)
	return s.report(head), nil
}

// changedPaths are the paths in the head, and of deleted files those they had.
func changedPaths(change source.Change) []string {
	var paths []string
	for _, f := range change.Files {
		if f.Path != "" {
			paths = append(paths, f.Path)
		}
		for _, p := range f.BasePaths {
			if p != "" && p != f.Path {
				paths = append(paths, p)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// changeJob judges a tree as far as a change to these paths affects it.
func (s *Scanner) changeJob(tree source.Source, entries []source.Entry, changed []string) job {
	folders := map[string]bool{}
	for _, p := range changed {
		if path.Ext(p) == ".go" && !inVendor(p) && !hiddenFromGo(path.Dir(p)) {
			folders[path.Dir(p)] = true
		}
	}
	isChanged := map[string]bool{}
	for _, p := range changed {
		isChanged[p] = true
	}
	projects := map[string]bool{} // files that project checks select
	affected := func(c *check.Check) bool {
		return slices.ContainsFunc(changed, func(p string) bool { return c.DependsOn(p, check.LanguageOf(p, nil)) })
	}
	return job{
		tree: tree.FS(), disk: onDisk(tree), kind: tree.Kind(), entries: entries,
		folders:  slices.Sorted(maps.Keys(folders)),
		project:  walk(tree.FS(), projects),
		affected: affected,
		keep: func(file string) bool {
			return isChanged[file] || folders[path.Dir(file)] && path.Ext(file) == ".go" || projects[file]
		},
	}
}

// walk yields every file of a tree and notes it in seen. What cannot be listed
// is left out here: where it changed, its own Entry says so.
func walk(tree fs.FS, seen map[string]bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		_ = fs.WalkDir(tree, ".", func(file string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case e.IsDir() && (e.Name() == ".git" || e.Name() == "node_modules" || e.Name() == "vendor"):
				return fs.SkipDir
			case e.Type().IsRegular():
				seen[file] = true
				if !yield(file) {
					return fs.SkipAll
				}
			}
			return nil
		})
	}
}

// judgeChange runs the change checks; what they find is new by nature.
func (s *Scanner) judgeChange(ctx context.Context, change source.Change, head *outcome, entries []source.Entry) {
	checks := s.byKind[check.KindChange]
	if len(checks) == 0 {
		return
	}
	byPath := map[string]source.Entry{}
	for _, e := range entries {
		byPath[e.Path] = e
	}
	var files []check.FileChange
	for _, f := range change.Files {
		var c check.FileChange
		if e, ok := byPath[f.Path]; ok && e.Size <= s.opts.MaxBytes && !s.opts.Config.Excludes(f.Path) {
			d, err := e.Load(ctx)
			if err != nil {
				continue // the document checks have said so
			}
			c.Head = d
			if head.documents[d.Path] == nil {
				head.documents[d.Path] = d
			}
		}
		for i, p := range f.BasePaths {
			if d := s.baseDocument(change.Bases[i], p, p); d != nil {
				c.Base = d
				break
			}
		}
		if c.Head != nil || c.Base != nil {
			files = append(files, c)
		}
	}
	var found []check.Finding
	for _, c := range checks {
		selected := slices.DeleteFunc(slices.Clone(files), func(f check.FileChange) bool {
			return !(f.Head != nil && c.Selects(f.Head.Path, f.Head.Language) || f.Base != nil && c.Selects(f.Base.Path, f.Base.Language))
		})
		if len(selected) > 0 {
			found = append(found, run(ctx, c, "", &head.notices, func(report func(check.Finding)) error {
				return c.RunChange(ctx, &check.ChangePass{Check: c, Files: selected, Report: report})
			})...)
		}
	}
	s.complete(head, found)
	for i := range found {
		found[i].Baseline = check.BaselineNew
	}
	head.findings = append(head.findings, found...)
}

// baseDocument reads a file of a base and gives it the path that it has in the
// head, so that its findings have the same place. It is nil where the base does
// not have the file or it cannot be read: then everything in it counts as new.
func (s *Scanner) baseDocument(base source.Source, basePath, headPath string) *check.Document {
	if basePath == "" {
		return nil
	}
	info, err := fs.Stat(base.FS(), basePath)
	if err != nil || info.Size() > s.opts.MaxBytes {
		return nil
	}
	raw, err := fs.ReadFile(base.FS(), basePath)
	if err != nil {
		return nil
	}
	return source.NewDocument(headPath, raw, check.Revision{Kind: base.Kind()})
}

// compare sets Baseline of the head's findings.
func (s *Scanner) compare(ctx context.Context, change source.Change, head *outcome) error {
	for i := range head.findings {
		head.findings[i].Baseline = check.BaselineNew
	}
	for i, base := range change.Bases {
		if err := s.compareBase(ctx, change, i, base, head); err != nil {
			return err
		}
	}
	return nil
}

// compareBase marks as Unchanged what one base has too: first the same place,
// then, among what is left on both sides, the same text elsewhere, because it
// moved.
func (s *Scanner) compareBase(ctx context.Context, change source.Change, index int, base source.Source, head *outcome) error {
	var open []*check.Finding
	places := map[string]bool{}
	for i := range head.findings {
		if f := &head.findings[i]; f.Baseline == check.BaselineNew {
			open = append(open, f)
			places[f.Location.Path] = true
		}
	}
	if len(open) == 0 {
		return nil
	}
	// In the first round the files and packages that findings are in, in the
	// second the others that changed: what is gone from there may have moved.
	var left []check.Finding
	for round := range 2 {
		var entries []source.Entry
		var changed []string
		for _, f := range change.Files {
			p := f.BasePaths[index]
			asked := places[f.Path] || slices.ContainsFunc(open, func(o *check.Finding) bool {
				return o.Symbol != "" && path.Dir(o.Location.Path) == path.Dir(cmp.Or(f.Path, p))
			})
			if p == "" || asked != (round == 0) {
				continue
			}
			changed = append(changed, p)
			if d := s.baseDocument(base, p, cmp.Or(f.Path, p)); d != nil {
				entries = append(entries, source.Entry{Path: d.Path, Size: int64(len(d.Content)), Load: func(context.Context) (*check.Document, error) { return d, nil }})
			}
		}
		if round == 0 {
			for p := range places { // findings of a package in files that did not change
				changed = append(changed, p)
			}
		}
		if len(changed) == 0 {
			continue
		}
		old, err := s.judge(ctx, s.changeJob(base, entries, changed))
		if err != nil {
			return err
		}
		open, left = match(open, append(left, old.findings...), func(f *check.Finding) string { return f.Fingerprint })
		if len(open) == 0 {
			return nil
		}
	}
	match(open, left, func(f *check.Finding) string { return f.CheckID + f.ContentKey })
	return nil
}

// match marks as Unchanged each finding that has an old one of the same key,
// one for one, and gives what is left of both.
func match(open []*check.Finding, old []check.Finding, key func(*check.Finding) string) ([]*check.Finding, []check.Finding) {
	byKey := map[string][]int{}
	for i := range old {
		k := key(&old[i])
		byKey[k] = append(byKey[k], i)
	}
	used := map[int]bool{}
	var stillOpen []*check.Finding
	for _, f := range open {
		k := key(f)
		if indexes := byKey[k]; len(indexes) > 0 {
			f.Baseline = check.BaselineUnchanged
			used[indexes[0]] = true
			byKey[k] = indexes[1:]
			continue
		}
		stillOpen = append(stillOpen, f)
	}
	var left []check.Finding
	for i, f := range old {
		if !used[i] {
			left = append(left, f)
		}
	}
	return stillOpen, left
}

// compareComments sets Baseline of the findings about ignore comments: they are
// as old as the comment is. And an ignore comment of another tool that comes with
// the change does not silence a secret, because it needs no reason: it would let
// anybody wave a secret through that nobody has looked at. Nor does a line of
// .gitleaksignore.
func (s *Scanner) compareComments(change source.Change, head *outcome, own []check.Finding) {
	isOld := func(l check.Location) bool {
		text := head.document(l.Path).Text(l.Range)
		for _, file := range change.Files {
			for b, p := range file.BasePaths {
				if file.Path != l.Path {
					continue
				}
				d := s.baseDocument(change.Bases[b], p, l.Path)
				if d != nil && slices.ContainsFunc(ignore.Comments(d), func(c ignore.Comment) bool { return d.Text(c.Range) == text }) {
					return true
				}
			}
		}
		return false
	}
	excused := sync.OnceValue(func() []ignore.Leak { return leaksOf(change.Bases) })
	for i := range own {
		own[i].Baseline = check.BaselineNew
		if isOld(own[i].Location) {
			own[i].Baseline = check.BaselineUnchanged
		}
	}
	for i := range head.findings {
		f := &head.findings[i]
		if !slices.ContainsFunc(s.secrets, func(g group) bool { return g.has(f.CheckID) }) {
			continue
		}
		for k := range f.Suppressions {
			sup := &f.Suppressions[k]
			switch {
			case sup.Kind == check.InSource && sup.By != "" && sup.Location != nil && !isOld(*sup.Location),
				sup.Kind == check.External && sup.By == string(ignore.Gitleaks) && !s.opts.Settled &&
					!slices.ContainsFunc(excused(), func(l ignore.Leak) bool { return l.Covers(f.CheckID, f.Location.Path, f.Location.Start.Line) }):
				sup.Status = check.UnderReview
			}
		}
	}
}

// leaksOf gives what gitleaks' files of some trees excuse. A tree whose files
// cannot be read excuses nothing.
func leaksOf(trees []source.Source) (leaks []ignore.Leak) {
	for _, tree := range trees {
		if c, err := config.Read(tree.FS()); err == nil {
			leaks = append(leaks, c.Gitleaks.Leaks...)
		}
	}
	return leaks
}
