package lsp

import (
	"cmp"
	"context"
	"errors"
	"path"
	"runtime/debug"
	"slices"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/triage"
)

const (
	// typedDelay is how long typing must pause before Go packages are judged:
	// longer than the gap between keystrokes of a fast typist (120 words a
	// minute, 100 ms) is too slow to feel instant, much shorter wastes work.
	typedDelay = 80 * time.Millisecond
	// othersDelay is how long until the other open documents of the folder, whose
	// verdict may depend on the edited one, are judged again.
	othersDelay = 400 * time.Millisecond
)

// A job judges one snapshot of a buffer: what is cheap at once, Go packages and
// projects when typing pauses. A newer snapshot cancels it.
type job struct {
	buffer  *buffer
	key     string
	name    string
	version int32
	doc     *check.Document
	place   place
	ctx     context.Context
	cancel  context.CancelFunc
	// quick and final are closed when the checks of single documents, and all
	// checks, have been run or have failed.
	quick, final stage
}

// A stage is closed, once, when a job gets there.
type stage struct{ reached chan struct{} }

func (g stage) reach() {
	if !g.passed() {
		close(g.reached)
	}
}

func (g stage) passed() bool {
	select {
	case <-g.reached:
		return true
	default:
		return false
	}
}

// A verdict is what is known of one snapshot. It is not changed once made.
type verdict struct {
	doc     *check.Document
	name    string // the document's URI in the client's spelling
	version int32
	place   place
	// findings are in the order of the document. Until package and project checks
	// have run on doc itself, they include those of an older snapshot, at the
	// places to which their text moved.
	findings []check.Finding
	notices  []check.Notice
	// problem is what is wrong with a configuration file.
	problem *config.Error
	// tier is how much was known of a Go file's package, "" if not known.
	tier check.Tier
	// complete says that all checks have run on doc.
	complete bool
}

// carried are the findings of a verdict on an older snapshot that the checks of
// single documents do not find again.
func (s *server) carried(last verdict, to *check.Document) []check.Finding {
	if last.doc == nil {
		return nil
	}
	return rebase(slices.DeleteFunc(slices.Clone(last.findings), func(f check.Finding) bool {
		c := s.checkOf(f.CheckID)
		return c != nil && c.Kind() == check.KindDocument && c != triage.Unused
	}), last.doc, to)
}

// inOrder sorts findings by place and drops those that are there twice.
func inOrder(findings []check.Finding) []check.Finding {
	compare := func(a, b check.Finding) int {
		return cmp.Or(cmp.Compare(a.Location.Range.Start, b.Location.Range.Start),
			cmp.Compare(a.Location.Range.End, b.Location.Range.End),
			cmp.Compare(a.CheckID, b.CheckID), cmp.Compare(a.Message, b.Message))
	}
	slices.SortStableFunc(findings, compare)
	return slices.CompactFunc(findings, func(a, b check.Finding) bool { return compare(a, b) == 0 })
}

// judgeLocked starts a job for a buffer's newest snapshot and cancels the one
// before.
func (s *server) judgeLocked(b *buffer) {
	b.stop()
	if !s.set.Enabled || b.lost || s.state != phaseRunning || s.buffers[b.key] != b {
		b.job = nil
		return
	}
	j := &job{
		buffer: b, key: b.key, name: b.name, version: b.version, doc: b.doc, place: b.place,
		quick: stage{make(chan struct{})}, final: stage{make(chan struct{})},
	}
	j.ctx, j.cancel = context.WithCancel(s.ctx)
	b.job = j
	s.background("judging", func() { s.judge(j) })
}

// judgeAll judges every open buffer anew.
func (s *server) judgeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.buffers {
		if s.set.Enabled {
			s.judgeLocked(b)
		} else {
			s.clearLocked(b)
		}
	}
	if !s.set.Enabled {
		s.refresh() // who pulls is told to find nothing
	}
}

// touchedLocked is called when a buffer's text changed, or the buffer opened or
// closed: if it is a configuration, all that stands under it is judged anew.
func (s *server) touchedLocked(b *buffer) {
	if b.place.folder == nil || !configuring(b.place.path) {
		return
	}
	b.place.folder.stale.Store(true)
	for _, other := range s.buffers {
		if other != b && other.place.folder == b.place.folder {
			s.judgeLocked(other)
		}
	}
}

// othersLocked judges those other open buffers of a buffer's folder anew whose
// verdict may depend on it.
func (s *server) othersLocked(b *buffer) {
	if b.place.folder == nil || b.place.folder == s.alone {
		return
	}
	for _, other := range s.buffers {
		if other != b && other.place.folder == b.place.folder && s.depends(other.doc, b.doc) {
			s.judgeLocked(other)
		}
	}
}

// depends reports whether the verdict on one document may depend on another: Go
// packages import each other, and what a project check reads is not known
// beforehand.
func (s *server) depends(d, on *check.Document) bool {
	return slices.ContainsFunc(s.opts.Checks, func(c *check.Check) bool {
		return c.RunPackage != nil && d.Language == "go" && (on.Language == "go" || on.Language == "go.mod") ||
			c.RunProject != nil && c.Selects(d.Path, d.Language)
	})
}

// judge does a job. Whatever goes wrong is said in the log; the editor keeps
// what is known.
func (s *server) judge(j *job) {
	defer j.cancel()
	if err := s.judgeSnapshot(j); err != nil && j.ctx.Err() == nil {
		s.logf("cannot judge %s: %v", j.name, err)
		j.quick.reach()
		j.final.reach()
	}
}

func (s *server) judgeSnapshot(j *job) error {
	if j.place.folder == nil {
		j.place = s.settleStray(j.place)
		j.doc = check.NewDocument(j.place.path, j.doc.Language, j.doc.Content, j.doc.Revision)
		s.mu.Lock()
		if j.buffer.job == j {
			j.buffer.place, j.buffer.doc = j.place, j.doc
		}
		s.mu.Unlock()
	}
	folder := j.place.folder
	open := s.openIn(folder, j.key)
	engine, err := s.engineFor(folder)
	if err != nil {
		return err
	}

	quick, report, err := s.scan(j.ctx, j, engine.quick, open)
	if err != nil {
		return err
	}
	patient, stop := context.WithTimeout(j.ctx, headPatience)
	s.markOld(patient, j, engine, quick, false)
	stop()
	typed := s.hasTyped(j.doc)
	var problem *config.Error
	if engine.problem != nil && j.place.path == engine.problem.Path && folder != s.alone {
		problem = engine.problem
	}
	s.settle(j, func(last verdict) verdict {
		if typed {
			quick = append(quick, s.carried(last, j.doc)...)
		}
		return verdict{
			doc: j.doc, name: j.name, version: j.version, place: j.place,
			findings: inOrder(quick), notices: report.Notices, problem: problem, complete: !typed,
		}
	})
	j.quick.reach()
	if typed {
		if !pause(j.ctx, typedDelay) {
			return nil
		}
		if err := s.judgeTyped(j, engine, open); err != nil || j.ctx.Err() != nil {
			return err
		}
	}
	j.final.reach()
	s.answered(j)

	s.mu.Lock()
	edited := j.buffer.edited
	s.mu.Unlock()
	if len(open) == 0 || !edited || !pause(j.ctx, othersDelay) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.buffer.job == j {
		j.buffer.edited = false
		s.othersLocked(j.buffer)
	}
	return nil
}

// judgeTyped runs all checks and shows what they find; then it finds out, if it
// is not known yet, what of that HEAD has already.
func (s *server) judgeTyped(j *job, engine *engine, open []*check.Document) error {
	folder := j.place.folder
	select {
	case folder.turn <- struct{}{}:
		defer func() { <-folder.turn }()
	case <-j.ctx.Done():
		return nil
	}
	ctx, done := s.progress(j.ctx, "Loading Go packages", j.doc.Language == "go" && !folder.loaded.Load())
	defer done()
	found, report, err := s.scan(ctx, j, engine.full, open)
	if err != nil {
		return err
	}
	folder.loaded.Store(true)
	show := func() {
		s.settle(j, func(last verdict) verdict {
			last.findings, last.notices, last.complete = inOrder(slices.Clone(found)), report.Notices, true
			last.tier = tierOf(report, j.doc)
			return last
		})
	}
	complete := s.markOld(j.ctx, j, engine, found, false)
	show()
	if !complete && len(found) > 0 {
		s.markOld(ctx, j, engine, found, true)
		show()
	}
	return nil
}

// tierOf tells with how much knowledge a Go file was judged; "" for others.
func tierOf(report *check.Report, d *check.Document) check.Tier {
	for _, p := range report.Packages {
		if d.Language == "go" && p.Path == path.Dir(d.Path) {
			return p.Tier
		}
	}
	return ""
}

// scan runs one scanner over the snapshot and keeps what it finds in it.
func (s *server) scan(ctx context.Context, j *job, by scanner, open []*check.Document) (found []check.Finding, report *check.Report, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.logf("a fault while judging %s: %v\n%s", j.name, r, debug.Stack())
			err = errors.New("a check crashed")
		}
	}()
	report, err = by.Scan(ctx, j.place.folder.source(open, j.doc))
	if err != nil {
		return nil, nil, err
	}
	for _, f := range report.Findings {
		if f.Location.Path == j.doc.Path {
			found = append(found, f)
		}
	}
	return found, report, nil
}

// settle records a new verdict and shows it, unless the buffer has moved on.
func (s *server) settle(j *job, update func(last verdict) verdict) {
	s.mu.Lock()
	b := j.buffer
	if b.job != j {
		s.mu.Unlock()
		return
	}
	v := update(b.last)
	b.last = v
	show := s.viewLocked()
	s.mu.Unlock()

	diagnostics := show.diagnostics(v) // outside the lock: long lines take time

	s.mu.Lock()
	current := b.job == j
	if current {
		s.pushLocked(b, diagnostics)
	}
	s.mu.Unlock()
	if current {
		s.announce(j, v, show)
		s.tell(v)
	}
}

// openIn gives the buffers that are open in a folder besides one.
func (s *server) openIn(f *folder, but string) (docs []*check.Document) {
	if f.dir == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, b := range s.buffers {
		if b.place.folder != f || b.lost {
			continue
		}
		if key != but {
			docs = append(docs, b.doc)
		}
	}
	return docs
}

// hasTyped reports whether package or project checks look at a document.
func (s *server) hasTyped(d *check.Document) bool {
	return slices.ContainsFunc(s.opts.Checks, func(c *check.Check) bool {
		return c.RunPackage != nil && d.Language == "go" || c.RunProject != nil && c.Selects(d.Path, d.Language)
	})
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// rebase moves findings of one snapshot to where their text stands in a later
// one. What the edits in between touched is left out.
func rebase(findings []check.Finding, from, to *check.Document) []check.Finding {
	if from == to {
		return findings
	}
	a, b := from.Content, to.Content
	head, tail := alike(a, b)
	shift := len(b) - len(a)
	move := func(r check.Range) (check.Range, bool) {
		switch {
		case r.End <= head:
			return r, true
		case r.Start >= len(a)-tail:
			return check.Range{Start: r.Start + shift, End: r.End + shift}, true
		}
		return check.Range{}, false
	}
	moveAll := func(locs []check.Location) []check.Location {
		var out []check.Location
		for _, l := range locs {
			if l.Path == from.Path {
				r, ok := move(l.Range)
				if !ok {
					continue
				}
				l = at(l, r, to)
			}
			out = append(out, l)
		}
		return out
	}
	var out []check.Finding
	for _, f := range findings {
		r, ok := move(f.Location.Range)
		if !ok {
			continue
		}
		f.Location = at(f.Location, r, to)
		f.Related, f.Flow = moveAll(f.Related), moveAll(f.Flow)
		f.Fixes = rebaseFixes(f.Fixes, from.Path, move)
		out = append(out, f)
	}
	return out
}

// alike counts the bytes that two texts have in common at their beginning, and
// behind these at their end.
func alike(a, b []byte) (head, tail int) {
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return head, tail
}

// at is a location moved to another range.
func at(l check.Location, r check.Range, d *check.Document) check.Location {
	l.Range = r
	l.Start, l.End = d.OffsetPosition(r.Start), d.OffsetPosition(r.End)
	l.StartUTF16, l.EndUTF16 = d.OffsetUTF16Position(r.Start), d.OffsetUTF16Position(r.End)
	return l
}

// rebaseFixes moves the edits of fixes; a fix of which one edit was touched is
// left out.
func rebaseFixes(fixes []check.Fix, path string, move func(check.Range) (check.Range, bool)) []check.Fix {
	var out []check.Fix
	for _, fix := range fixes {
		edits := slices.Clone(fix.Edits)
		whole := true
		for i, e := range edits {
			if e.Path == "" || e.Path == path {
				edits[i].Range, whole = move(e.Range)
				if !whole {
					break
				}
			}
		}
		if whole {
			fix.Edits = edits
			out = append(out, fix)
		}
	}
	return out
}
