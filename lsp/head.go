package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/source"
)

// headPatience is how long a verdict waits to be told what HEAD has: findings
// are worth more late than never, but not held up by a repository on a slow disk.
const headPatience = time.Second

// gitPatience is how long Git may take to say what HEAD is.
const gitPatience = 10 * time.Second

// A history knows what HEAD has of a folder's files, so that what the change
// brought can be told from what was there before. HEAD is looked up when files
// are opened or saved or a watcher reports, never on a keystroke.
type history struct {
	stale atomic.Bool

	turn   chan struct{} // a lock that can be given up on; held while Git is asked
	looked bool
	repo   *repo.Repo
	id     repo.ID
	tree   fs.FS // of HEAD, rooted at the folder; nil if there is none
	engine *engine
	known  map[string]*before // by path
}

// before is what HEAD has of one file: its text, and the fingerprints of what is
// found in it, nil for what was not looked for yet.
type before struct {
	text        []byte
	quick, full map[string]bool
}

// markOld sets Baseline of findings, if HEAD can be asked. whole asks for what
// the checks of packages and projects find, too, which may take long; without
// it, complete is false if that is not known yet.
func (s *server) markOld(ctx context.Context, j *job, e *engine, findings []check.Finding, whole bool) (complete bool) {
	f := j.place.folder
	if f.dir == "" || !s.trusted(f.dir) {
		return true
	}
	known, err := f.history.before(ctx, s, j, e, whole)
	if err != nil && j.ctx.Err() == nil {
		s.logOnce(fmt.Sprintf("findings in %s are not compared with HEAD: %v", f.dir, err))
	}
	if known == nil {
		return true
	}
	edited := changed(known.text, j.doc.Content)
	for i := range findings {
		found := &findings[i]
		c := s.checkOf(found.CheckID)
		switch {
		case known.quick[found.Fingerprint] || known.full[found.Fingerprint]:
			found.Baseline = check.BaselineUnchanged
		case known.full != nil || c != nil && c.Kind() == check.KindDocument:
			found.Baseline = check.BaselineNew
		case !edited.Overlaps(found.Location.Range):
			// HEAD's packages were not judged yet. What stands in text that nobody
			// touched was most likely there: an old finding that flashes up as a
			// new one alarms more than a new one that is marked a moment later.
			found.Baseline = check.BaselineUnchanged
		}
	}
	return known.full != nil
}

// changed is the part of a text that differs from what it was: all but what it
// begins and ends with alike.
func changed(was, is []byte) check.Range {
	head, tail := alike(was, is)
	return check.Range{Start: head, End: len(is) - tail}
}

// before gives what HEAD has of a job's document; nil without a repository.
func (h *history) before(ctx context.Context, s *server, j *job, e *engine, whole bool) (*before, error) {
	k, tree, id, err := h.prepare(ctx, s, j, e)
	if err != nil || k == nil || !whole || k.full != nil {
		return k, err
	}
	_, full, err := scanHead(ctx, tree, id, e.full, j.doc.Path) // without the lock: it may take long
	if err != nil {
		return k, err
	}
	if !h.lock(ctx) {
		return k, ctx.Err()
	}
	defer h.unlock()
	k.full = full
	if h.id == id && h.engine == e {
		h.known[j.doc.Path] = k
	}
	return k, nil
}

// prepare looks at HEAD and gives a copy of what is known of the job's document.
func (h *history) prepare(ctx context.Context, s *server, j *job, e *engine) (*before, fs.FS, repo.ID, error) {
	if !h.lock(ctx) {
		return nil, nil, "", ctx.Err()
	}
	defer h.unlock()
	if h.stale.Swap(false) || !h.looked {
		h.looked = true // whatever comes of it: it is not tried again on the next keystroke
		asking, stop := context.WithTimeout(s.ctx, gitPatience)
		err := h.look(asking, s, j.place.folder.dir)
		stop()
		if err != nil {
			return nil, nil, "", err
		}
	}
	if h.tree == nil {
		return nil, nil, "", nil
	}
	if h.engine != e {
		h.engine, h.known = e, map[string]*before{}
	}
	k := h.known[j.doc.Path]
	if k == nil {
		text, quick, err := scanHead(ctx, h.tree, h.id, e.quick, j.doc.Path)
		if err != nil {
			return nil, nil, "", err
		}
		k = &before{text: text, quick: quick}
		h.known[j.doc.Path] = k
	}
	copied := *k
	return &copied, h.tree, h.id, nil
}

func (h *history) lock(ctx context.Context) bool {
	select {
	case h.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *history) unlock() { <-h.turn }

// look finds HEAD and its tree.
func (h *history) look(ctx context.Context, s *server, dir string) error {
	if h.repo == nil {
		r, err := repo.Open(s.ctx, repo.Options{Dir: dir, Env: s.opts.Env})
		if errors.Is(err, repo.ErrNotRepository) {
			return nil
		}
		if err != nil {
			return err
		}
		h.repo = r
	}
	id, err := h.repo.Resolve(ctx, "HEAD")
	if errors.Is(err, repo.ErrMissing) {
		h.id, h.tree, h.known = "", nil, nil // no commit yet: everything is new
		return nil
	}
	if err != nil {
		return err
	}
	if id == h.id && h.tree != nil {
		return nil
	}
	tree, err := h.repo.TreeSource(s.ctx, string(id))
	if err != nil {
		return err
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	sub := tree.FS()
	if rel, ok := below(h.repo.Root(), root); ok {
		if sub, err = fs.Sub(sub, rel); err != nil {
			return err
		}
	}
	h.id, h.tree, h.engine = id, sub, nil
	return nil
}

// scanHead judges HEAD's version of one file and gives it with the fingerprints
// of what is found; nothing of a file that HEAD does not have.
func scanHead(ctx context.Context, tree fs.FS, id repo.ID, by scanner, path string) ([]byte, map[string]bool, error) {
	text, err := fs.ReadFile(tree, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, map[string]bool{}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	doc := source.NewDocument(path, text, check.Revision{Kind: check.RevisionCommit, ID: string(id)})
	report, err := by.Scan(ctx, headSource{tree, doc})
	if err != nil {
		return nil, nil, err
	}
	found := map[string]bool{}
	for _, f := range report.Findings {
		if f.Location.Path == path {
			found[f.Fingerprint] = true
		}
	}
	return text, found, nil
}

// A headSource is the tree of HEAD, of which one document is judged.
type headSource struct {
	tree fs.FS
	doc  *check.Document
}

func (h headSource) FS() fs.FS                { return h.tree }
func (h headSource) Kind() check.RevisionKind { return check.RevisionCommit }

func (h headSource) Entries(context.Context) iter.Seq2[source.Entry, error] {
	return func(yield func(source.Entry, error) bool) {
		yield(source.Entry{
			Path: h.doc.Path, Size: int64(len(h.doc.Content)),
			Load: func(context.Context) (*check.Document, error) { return h.doc, nil },
		}, nil)
	}
}

// closeHistories ends the folders' repositories. It waits for none that is in
// use: the session is over.
func (s *server) closeHistories() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Concat(s.folders, slices.Collect(maps.Values(s.strays))) {
		select {
		case f.history.turn <- struct{}{}:
			if f.history.repo != nil {
				f.history.repo.Close()
			}
			f.history.unlock()
		default:
		}
	}
}
