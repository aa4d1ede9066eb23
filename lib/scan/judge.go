package scan

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// A job is one tree to judge.
type job struct {
	tree    fs.FS
	disk    string // absolute folder that tree stands for, or ""
	kind    check.RevisionKind
	entries []source.Entry   // documents to judge
	folders []string         // Go packages to judge
	project iter.Seq[string] // files among which project checks find theirs
	// affected decides whether a project check has to run; nil means always.
	affected func(*check.Check) bool
	// keep decides whether findings of packages and projects in a file count.
	keep func(path string) bool
}

// An outcome is what judging a tree gave: raw material of a Report.
type outcome struct {
	findings  []check.Finding
	notices   []check.Notice
	packages  []check.PackageTier
	documents map[string]*check.Document // those that findings are in, by path
	commented []*check.Document          // those that have ignore comments
	judged    int
	bytes     int64
	tree      fs.FS
	kind      check.RevisionKind
	masks     map[*check.Document]mask
}

// judge runs document, package and project checks. Findings are completed but
// not triaged. It returns as soon as ctx is done, leaving a check that is busy
// with one document behind.
func (s *Scanner) judge(ctx context.Context, j job) (*outcome, error) {
	done := make(chan *outcome, 1)
	go func() {
		out := &outcome{documents: map[string]*check.Document{}, tree: j.tree, kind: j.kind, masks: map[*check.Document]mask{}}
		var wg sync.WaitGroup
		var packages, projects outcome
		wg.Go(func() { s.judgePackages(ctx, j, &packages) })
		wg.Go(func() { s.judgeProjects(ctx, j, &projects) })
		s.judgeDocuments(ctx, j, out)
		wg.Wait()
		out.add(&packages, j.keep)
		out.add(&projects, j.keep)
		if ctx.Err() == nil {
			s.complete(out, out.findings)
		}
		done <- out
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case out := <-done:
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return out, nil
	}
}

// add takes over what another part of the job found in files that count.
func (o *outcome) add(p *outcome, keep func(string) bool) {
	o.notices = append(o.notices, p.notices...)
	o.packages = append(o.packages, p.packages...)
	for _, f := range p.findings {
		if !keep(f.Location.Path) {
			continue
		}
		o.findings = append(o.findings, f)
		if d := p.documents[f.Location.Path]; d != nil && o.documents[d.Path] == nil {
			o.documents[d.Path] = d
		}
	}
	for _, d := range p.commented {
		if o.documents[d.Path] == nil && keep(d.Path) {
			o.documents[d.Path] = d
			o.commented = append(o.commented, d)
		}
	}
}

// judgeDocuments loads the entries and runs the document checks, in parallel.
func (s *Scanner) judgeDocuments(ctx context.Context, j job, out *outcome) {
	results := make([]documentResult, len(j.entries))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(s.opts.Workers, len(j.entries)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(j.entries) {
					return
				}
				results[i] = s.judgeEntry(ctx, j.entries[i])
				s.lookBeside(j.tree, &results[i])
			}
		})
	}
	wg.Wait()
	var pointers []string
	for _, r := range results {
		out.notices = append(out.notices, r.notices...)
		if r.document == nil {
			continue
		}
		if isLFSPointer(r.document.Content) {
			pointers = append(pointers, r.document.Path)
		}
		out.judged++
		out.bytes += int64(len(r.document.Content))
		out.findings = append(out.findings, r.findings...)
		commented := len(ignore.Comments(r.document)) > 0
		if commented {
			out.commented = append(out.commented, r.document)
		}
		// Findings of packages and projects in it come later; what has none is
		// read again then, so that a large tree is not held in memory.
		if commented || len(r.findings) > 0 {
			out.documents[r.document.Path] = r.document
		}
	}
	if len(pointers) > 0 {
		out.notices = append(out.notices, lfsNotice(pointers))
	}
}

// lookBeside lets the checks of a document's findings look at what stands beside it.
func (s *Scanner) lookBeside(tree fs.FS, r *documentResult) {
	if tree == nil {
		return
	}
	for i := range r.findings {
		f := &r.findings[i]
		c := s.beside[f.CheckID]
		if c == nil || f.Location.Path != r.document.Path {
			continue
		}
		func() {
			defer func() {
				if v := recover(); v != nil {
					r.notices = append(r.notices, failed(c, r.document.Path, fmt.Sprintf("it crashed (%T)", v)))
				}
			}()
			c.Beside(tree, r.document, f)
		}()
	}
}

// isLFSPointer reports whether a file stands for one that Git LFS keeps
// elsewhere (git-lfs-spec, "The Pointer": this line comes first, in under 1024 bytes).
func isLFSPointer(content []byte) bool {
	return len(content) < 1024 && bytes.HasPrefix(content, []byte("version https://git-lfs.github.com/spec/v"))
}

// lfsNotice says once of all pointers what was not seen, since a repository may
// have thousands.
func lfsNotice(pointers []string) check.Notice {
	slices.Sort(pointers)
	n := check.Notice{Kind: check.NoticeExternal, Path: pointers[0], Effect: check.EffectDegraded, Message: "this is a Git LFS pointer; the content that it stands for is not in Git and was not judged"}
	if others := len(pointers) - 1; others > 0 {
		n.Message = fmt.Sprintf("this and %d more are Git LFS pointers; the content that they stand for is not in Git and was not judged", others)
	}
	return n
}

type documentResult struct {
	document *check.Document
	findings []check.Finding
	notices  []check.Notice
	dropped  int // findings that are too many; see limit
}

// recognised reports whether a check makes sense for the texts of a binary file.
// They stand in no context by which a guess could be judged: the docstrings of
// compiled code have passwords by the dozen. What is critical is recognised by
// itself: keys, and the tokens that have a form of their own. (In 4,200 binary
// files of a Debian and a module cache that finds private keys for tests in 8.)
func recognised(c *check.Check) bool { return c.Secret && c.Severity == check.Critical }

// add takes over what was found in the texts of a binary file, and shows them
// instead of it. What has no range is about the file's name.
func (r *documentResult) add(texts documentResult) {
	for _, f := range texts.findings {
		if f.Location.Range.End > f.Location.Range.Start {
			r.findings = append(r.findings, f)
			r.document = texts.document
		}
	}
	r.notices = append(r.notices, texts.notices...)
}

func (s *Scanner) judgeEntry(ctx context.Context, e source.Entry) documentResult {
	if s.opts.Config.Excludes(e.Path) {
		return documentResult{}
	}
	var notices []check.Notice
	var d *check.Document
	if e.Size > s.opts.MaxBytes {
		d = check.NewDocument(e.Path, "", nil, check.Revision{})
		d.Binary = true
		notices = append(notices, check.Notice{
			Kind: check.NoticeTooLarge, Path: e.Path, Effect: check.EffectDegraded,
			Message: fmt.Sprintf("%d bytes are over the limit of %d, so only its name was judged; raise max-bytes in .peercheck.yaml to have it searched", e.Size, s.opts.MaxBytes),
		})
	} else {
		var err error
		if d, err = e.Load(ctx); err != nil {
			return documentResult{notices: []check.Notice{loadNotice(e.Path, err)}}
		}
		if d.Binary {
			notices = append(notices, check.Notice{
				Kind: check.NoticeBinary, Path: e.Path, Effect: check.EffectNone, Message: "not text, so only its name was judged, and texts in it for secrets",
			})
		}
	}
	r := s.runDocument(ctx, d, vendored(e))
	if text := source.Strings(d); text != nil {
		r.add(s.runDocument(ctx, text, vendored(e)))
	}
	r.notices = append(notices, r.notices...)
	return r
}

func loadNotice(path string, err error) check.Notice {
	n := check.Notice{Kind: check.NoticeUnreadable, Path: path, Effect: check.EffectNotJudged, Message: "could not be read: " + reason(err)}
	switch {
	case errors.Is(err, source.ErrIgnored):
		n.Kind, n.Message = check.NoticeNothing, "all that is in it is ignored by a .gitignore; name the files that are to be judged"
	case errors.Is(err, source.ErrNotRegular):
		n.Kind, n.Effect, n.Message = check.NoticeNotRegular, check.EffectNone, "left out: "+err.Error()
	case errors.Is(err, fs.ErrNotExist):
		n.Message = "does not exist"
	case errors.Is(err, fs.ErrPermission):
		n.Message = "could not be read: no permission; grant it, or name the file under `exclude`"
	}
	return n
}

// reason takes the path out of an error that is shown beside its path.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// runDocument runs the document checks, once for each document and set of checks.
func (s *Scanner) runDocument(ctx context.Context, d *check.Document, vendored bool) documentResult {
	if ctx.Err() != nil {
		return documentResult{}
	}
	key := s.docKey
	key.vendored = vendored
	r := check.Memo(d, key, func() documentResult {
		// What is kept must not depend on whether the first who asked gave up.
		ctx := context.WithoutCancel(ctx)
		r := documentResult{document: d}
		written := !vendored && !generated(d)
		wants := func(c *check.Check) bool {
			return (written || c.Generated) && c.Selects(d.Path, d.Language) && (d.Language != source.BinaryText || recognised(c))
		}
		for groups := s.groups; len(groups) > 0; {
			groups = groups[r.run(ctx, groups, wants):]
		}
		r.limit()
		return r
	})
	r.findings = cloned(r.findings) // the memo's own stay as they are
	r.notices = slices.Clone(r.notices)
	return r
}

// maxFindings is how many findings of one document are listed. Nobody reads more,
// and to mask each secret wherever else it stands takes time for each: a file made
// of 200,000 tokens would take an hour.
const maxFindings = 1000

// limit drops the last of too many findings, and says so: whether one of those is
// new is not known.
func (r *documentResult) limit() {
	n := len(r.findings) + r.dropped
	if n <= maxFindings {
		return
	}
	r.drop()
	r.notices = append(r.notices, check.Notice{
		Kind: check.NoticeTooMany, Path: r.document.Path, Effect: check.EffectNotJudged,
		Message: fmt.Sprintf("%d findings are more than the %d that are listed of one file; name the file under `exclude` in .peercheck.yaml if it is made of them", n, maxFindings),
	})
}

// drop leaves the first findings, in the order of places.
func (r *documentResult) drop() {
	sortFindings(r.findings)
	n := min(len(r.findings), maxFindings)
	r.dropped += len(r.findings) - n
	clear(r.findings[n:])
	r.findings = r.findings[:n]
}

// A group is the document checks that are called together: the members of a
// family that run, or one check that has none.
type group struct {
	first   *check.Check
	members map[string]*check.Check // by ID; nil without a family
}

// groupsOf puts checks into groups, in the order of their first members.
func groupsOf(checks []*check.Check) []group {
	var groups []group
	families := map[*check.Family]map[string]*check.Check{}
	for _, c := range checks {
		if c.Family == nil {
			groups = append(groups, group{first: c})
			continue
		}
		if families[c.Family] == nil {
			families[c.Family] = map[string]*check.Check{}
			groups = append(groups, group{c, families[c.Family]})
		}
		families[c.Family][c.ID] = c
	}
	return groups
}

// has reports whether a check, by its ID, is one of the group.
func (g group) has(id string) bool { return g.first.ID == id || g.members[id] != nil }

// call runs the checks of a group on a document, without those that do not want it.
func (g group) call(ctx context.Context, d *check.Document, wants func(*check.Check) bool, report func(*check.Check, check.Finding)) error {
	if g.members != nil {
		return g.first.Family.Run(ctx, d, func(id string, f check.Finding) {
			if c := g.members[id]; c != nil && wants(c) {
				report(c, f)
			}
		})
	}
	if !wants(g.first) {
		return nil
	}
	return g.first.Run(ctx, &check.Pass{Check: g.first, Document: d, Report: func(f check.Finding) { report(g.first, f) }})
}

// run calls groups one after the other until one crashes, and gives the number of
// those that were called.
func (r *documentResult) run(ctx context.Context, groups []group, wants func(*check.Check) bool) (called int) {
	defer func() {
		if v := recover(); v != nil {
			r.notices = append(r.notices, failed(groups[called-1].first, r.document.Path, fmt.Sprintf("it crashed (%T)", v)))
		}
	}()
	report := func(c *check.Check, f check.Finding) {
		f.CheckID = c.ID
		f.Location.Path = cmp.Or(f.Location.Path, r.document.Path)
		if r.findings = append(r.findings, f); len(r.findings) > 4*maxFindings {
			r.drop()
		}
	}
	for _, g := range groups {
		called++
		if err := g.call(ctx, r.document, wants, report); err != nil && ctx.Err() == nil {
			r.notices = append(r.notices, failed(g.first, r.document.Path, err.Error()))
		}
	}
	return called
}

// cloned copies findings with all that complete writes to.
func cloned(findings []check.Finding) []check.Finding {
	findings = slices.Clone(findings)
	for i := range findings {
		f := &findings[i]
		f.Related, f.Flow, f.Fixes = slices.Clone(f.Related), slices.Clone(f.Flow), slices.Clone(f.Fixes)
		for k := range f.Fixes {
			f.Fixes[k].Edits = slices.Clone(f.Fixes[k].Edits)
		}
	}
	return findings
}

// run calls one check, and turns its panic or error into a notice.
func run(ctx context.Context, c *check.Check, file string, notices *[]check.Notice, call func(report func(check.Finding)) error) (found []check.Finding) {
	defer func() {
		if v := recover(); v != nil {
			*notices = append(*notices, failed(c, file, fmt.Sprintf("it crashed (%T)", v)))
		}
	}()
	err := call(func(f check.Finding) {
		f.CheckID = c.ID
		if f.Location.Path == "" {
			f.Location.Path = file
		}
		found = append(found, f)
	})
	if err != nil && ctx.Err() == nil {
		*notices = append(*notices, failed(c, file, err.Error()))
	}
	return found
}

// failed is the notice of a check that could not do its work. A panic's value
// is not shown: it may quote what was judged.
func failed(c *check.Check, file, why string) check.Notice {
	return check.Notice{
		Kind: check.NoticeCheckFailed, Path: file, CheckID: c.ID, Effect: check.EffectNotJudged,
		Message: "check " + c.ID + " failed: " + why + "; please report it, and switch the check off in the meantime",
	}
}

// goFolders are the folders with Go files that package checks look at. As for
// the go command, vendored packages, testdata, and folders that begin with "_"
// or "." do not count, unless they or nothing else was asked for.
func goFolders(entries []source.Entry) []string {
	var folders, hidden []string
	for _, e := range entries {
		if path.Ext(e.Path) != ".go" {
			continue
		}
		folder := path.Dir(e.Path)
		if vendored(e) {
			continue
		}
		if hiddenFromGo(path.Dir(belowNamed(e))) {
			hidden = append(hidden, folder)
		} else {
			folders = append(folders, folder)
		}
	}
	if len(folders) == 0 {
		folders = hidden
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func hiddenFromGo(folder string) bool {
	for part := range strings.SplitSeq(folder, "/") {
		if part == "testdata" || strings.HasPrefix(part, "_") || part != "." && strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

// judgePackages loads the Go packages and runs the package checks.
func (s *Scanner) judgePackages(ctx context.Context, j job, out *outcome) {
	checks := s.byKind[check.KindPackage]
	folders := slices.DeleteFunc(slices.Clone(j.folders), func(f string) bool { return s.opts.Config.Excludes(f + "/x.go") })
	if len(checks) == 0 || len(folders) == 0 || ctx.Err() != nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			out.notices = append(out.notices, check.Notice{
				Kind: check.NoticeTypes, Effect: check.EffectNotJudged,
				Message: fmt.Sprintf("Go packages could not be loaded: the loader crashed (%T); please report it", v),
			})
		}
	}()
	plan, err := s.opts.Loader.Plan(ctx, load.Request{Tree: j.tree, Dir: j.disk, Folders: folders})
	if err != nil {
		return // the context's
	}
	defer plan.Close()
	results, err := golang.Run(ctx, plan, checks, s.opts.Cache)
	if err != nil {
		return
	}
	out.findings = results.Findings
	out.notices = append(out.notices, results.Notices...)
	out.notices = append(out.notices, plan.Notices()...)
	out.documents = map[string]*check.Document{}
	found := map[string]bool{}
	for _, f := range out.findings {
		found[f.Location.Path] = true
	}
	entries := map[string]bool{}
	for _, e := range j.entries {
		entries[e.Path] = true
	}
	for _, p := range results.Packages {
		out.packages = append(out.packages, check.PackageTier{Path: p.Folder, ImportPath: p.ImportPath, Tier: p.Tier})
		for _, d := range p.Documents() {
			if found[d.Path] {
				out.documents[d.Path] = d
			}
			// Those of the entries are known from the checks of single documents.
			if !entries[d.Path] && !s.opts.Config.Excludes(d.Path) && len(ignore.Comments(d)) > 0 {
				out.commented = append(out.commented, d)
			}
		}
	}
	out.findings = slices.DeleteFunc(out.findings, func(f check.Finding) bool { return s.opts.Config.Excludes(f.Location.Path) })
}

// judgeProjects runs the project checks over the documents that they select.
func (s *Scanner) judgeProjects(ctx context.Context, j job, out *outcome) {
	var checks []*check.Check
	for _, c := range s.byKind[check.KindProject] {
		if j.affected == nil || j.affected(c) {
			checks = append(checks, c)
		}
	}
	if len(checks) == 0 {
		return
	}
	out.documents = map[string]*check.Document{}
	read := func(name string) (*check.Document, error) {
		if d := out.documents[name]; d != nil {
			return d, nil
		}
		raw, err := fs.ReadFile(j.tree, name)
		if err != nil {
			return nil, err
		}
		d := source.NewDocument(name, raw, check.Revision{Kind: j.kind})
		out.documents[name] = d
		return d, nil
	}
	selected := make([][]*check.Document, len(checks))
	for file := range j.project {
		if ctx.Err() != nil {
			return
		}
		language := check.LanguageOf(file, nil)
		for i, c := range checks {
			if !c.Selects(file, language) || s.opts.Config.Excludes(file) {
				continue
			}
			d, err := read(file)
			if err != nil {
				out.notices = append(out.notices, loadNotice(file, err))
				continue
			}
			selected[i] = append(selected[i], d)
		}
	}
	for i, c := range checks {
		if len(selected[i]) == 0 {
			continue
		}
		out.findings = append(out.findings, run(ctx, c, "", &out.notices, func(report func(check.Finding)) error {
			return c.RunProject(ctx, &check.ProjectPass{Check: c, Documents: selected[i], FS: j.tree, Read: read, Report: report})
		})...)
	}
}

// vendored reports whether an entry is another project's, committed here, that nobody
// asked for by name.
func vendored(e source.Entry) bool { return inVendor(belowNamed(e)) }

// belowNamed gives the path of an entry from where it was asked for.
func belowNamed(e source.Entry) string {
	return strings.TrimPrefix(strings.TrimPrefix(e.Path, e.Named), "/")
}

// inVendor reports whether a file is in a folder of other projects.
func inVendor(file string) bool {
	for part := range strings.SplitSeq(path.Dir(file), "/") {
		if part == "vendor" || part == "node_modules" {
			return true
		}
	}
	return false
}

var lockFiles = map[string]bool{
	"go.sum": true, "go.work.sum": true, "package-lock.json": true, "npm-shrinkwrap.json": true, "yarn.lock": true, "pnpm-lock.yaml": true, "bun.lock": true,
	"Cargo.lock": true, "Gemfile.lock": true, "poetry.lock": true, "Pipfile.lock": true, "composer.lock": true, "uv.lock": true, ".terraform.lock.hcl": true,
}

// generatedHead is how far into a file its "generated" mark is looked for:
// licence headers that stand above it are shorter.
const generatedHead = 4 << 10

// generated reports whether nobody wrote the document: a lock file, or marked as generated (go.dev/s/generatedcode, and "@generated").
func generated(d *check.Document) bool {
	if lockFiles[path.Base(d.Path)] {
		return true
	}
	for line := range bytes.Lines(d.Content[:min(len(d.Content), generatedHead)]) {
		line = bytes.TrimSpace(line)
		if bytes.Contains(line, []byte("@"+"generated")) ||
			bytes.Contains(line, []byte("Code generated ")) && bytes.HasSuffix(line, []byte("DO NOT EDIT.")) {
			return true
		}
	}
	return false
}
