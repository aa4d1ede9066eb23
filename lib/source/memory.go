package source

import (
	"context"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// Files makes a source of documents in memory: all are judged, and they are the
// whole tree. Of two documents with one path the later one counts.
func Files(docs ...*check.Document) Source {
	return &memory{docs: unique(docs), fs: newTreeFS(nil, docs)}
}

type memory struct {
	docs []*check.Document
	fs   *treeFS
}

func (m *memory) FS() fs.FS                { return m.fs }
func (m *memory) Kind() check.RevisionKind { return check.RevisionMemory }

func (m *memory) Entries(context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, d := range m.docs {
			if !yield(documentEntry(d), nil) {
				return
			}
		}
	}
}

func documentEntry(d *check.Document) Entry {
	return Entry{
		Path: d.Path,
		Size: int64(len(d.Content)),
		Load: func(context.Context) (*check.Document, error) { return d, nil },
	}
}

// unique keeps the last document of each path, sorted by path.
func unique(docs []*check.Document) []*check.Document {
	byPath := map[string]*check.Document{}
	for _, d := range docs {
		byPath[d.Path] = d
	}
	out := make([]*check.Document, 0, len(byPath))
	for _, d := range byPath {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *check.Document) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Overlay lays documents, an editor's buffers, over a source. They replace its
// files of the same path, or add to them, in Entries and in FS.
func Overlay(base Source, docs ...*check.Document) Source {
	return &overlay{base: base, docs: unique(docs), fs: newTreeFS(base.FS(), docs)}
}

type overlay struct {
	base Source
	docs []*check.Document
	fs   *treeFS
}

func (o *overlay) FS() fs.FS                { return o.fs }
func (o *overlay) Kind() check.RevisionKind { return check.RevisionBuffer }

// Dir makes an overlay of a folder an OnDisk source; "" if the base is not one.
func (o *overlay) Dir() string {
	if d, ok := o.base.(OnDisk); ok {
		return d.Dir()
	}
	return ""
}

func (o *overlay) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		mine := map[string]bool{}
		for _, d := range o.docs {
			mine[d.Path] = true
			if !yield(documentEntry(d), nil) {
				return
			}
		}
		for e, err := range o.base.Entries(ctx) {
			if (err != nil || !mine[e.Path]) && !yield(e, err) {
				return
			}
		}
	}
}

// only restricts an overlay without listing its base, as editors need it on
// every keystroke.
func (o *overlay) only(paths []string) Source {
	var docs []*check.Document
	rest := slices.Clone(paths)
	for _, d := range o.docs {
		if i := slices.Index(rest, d.Path); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			docs = append(docs, d)
		} else if covers(paths, d.Path) {
			docs = append(docs, d)
		}
	}
	restricted := overlay{base: Only(o.base, rest...), docs: docs, fs: o.fs}
	if len(rest) == 0 {
		restricted.base = nothing{o.base}
	}
	return &restricted
}

// nothing is a source's tree with nothing to judge in it.
type nothing struct{ Source }

func (nothing) Entries(context.Context) iter.Seq2[Entry, error] {
	return func(func(Entry, error) bool) {}
}

func (n nothing) Dir() string {
	if d, ok := n.Source.(OnDisk); ok {
		return d.Dir()
	}
	return ""
}

// Only restricts what a source judges to these files and to what lies below
// these folders; its FS stays whole. No path, or ".", means everything. A path that is
// not there, or in which all is ignored, is an Entry whose Load says so.
func Only(src Source, paths ...string) Source {
	if len(paths) == 0 {
		return src
	}
	clean := make([]string, len(paths))
	for i, p := range paths {
		clean[i] = path.Clean(p)
	}
	if !slices.ContainsFunc(clean, func(p string) bool { return p != "." }) {
		return src
	}
	if r, ok := src.(interface{ only([]string) Source }); ok {
		return r.only(clean)
	}
	return &restricted{src, clean}
}

type restricted struct {
	Source
	paths []string
}

func (r *restricted) Dir() string {
	if d, ok := r.Source.(OnDisk); ok {
		return d.Dir()
	}
	return ""
}

func (r *restricted) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		seen := make([]bool, len(r.paths))
		for e, err := range r.Source.Entries(ctx) {
			if err != nil {
				yield(e, err)
				return
			}
			wanted := false
			for i, p := range r.paths {
				if covers([]string{p}, e.Path) {
					seen[i], wanted = true, true
					if p != "." && len(p) > len(e.Named) {
						e.Named = p
					}
				}
			}
			if wanted && !yield(e, nil) {
				return
			}
		}
		for i, p := range r.paths {
			if p != "." && !seen[i] && !yield(missing(p), nil) {
				return
			}
		}
	}
}

func missing(p string) Entry {
	return Entry{Path: p, Named: p, Size: -1, Load: func(context.Context) (*check.Document, error) {
		return nil, &fs.PathError{Op: "open", Path: p, Err: fs.ErrNotExist}
	}}
}

// covers reports whether a file is one of the paths or lies below one.
func covers(paths []string, file string) bool {
	for _, p := range paths {
		if p == "." || file == p || strings.HasPrefix(file, p+"/") {
			return true
		}
	}
	return false
}
