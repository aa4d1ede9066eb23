package repo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/source"
)

// Staged gives the index against HEAD and, in a merge, against what it brings in
// (MERGE_HEAD). The context is also that of later reads through FS.
//
// A file counts as changed if its content differs from that in every base; that
// of a symbolic link is the path that it names. merged names further parents,
// for the pre-merge-commit hook, at which time there is no MERGE_HEAD yet.
// Submodules and what is only intended to be added (git add -N) have no content
// to judge; a path in conflict is an Entry whose Load says so.
func (r *Repo) Staged(ctx context.Context, merged ...ID) (source.Change, error) {
	bases, err := r.stagedBases(ctx, merged)
	if err != nil {
		return source.Change{}, err
	}
	diffs := make([]map[string]change, 0, len(bases))
	for _, tree := range bases {
		changes, err := r.store.diffIndex(ctx, tree)
		if err != nil {
			return source.Change{}, err
		}
		diff := make(map[string]change, len(changes))
		for _, c := range changes {
			diff[c.path] = c
		}
		diffs = append(diffs, diff)
	}
	head := &tree{repo: r, kind: check.RevisionIndex}
	head.fs = &treeFS{ctx, r, newOverlaidFolders(&commitFolders{repo: r, root: bases[0]}, diffs[0])}
	return r.change(ctx, head, bases, diffs)
}

// stagedBases gives the trees of HEAD and MERGE_HEAD. An unborn HEAD gives the
// empty tree alone, "".
func (r *Repo) stagedBases(ctx context.Context, merged []ID) ([]ID, error) {
	head, err := r.store.resolve(ctx, "HEAD", "tree")
	if errors.Is(err, ErrMissing) {
		unborn, err2 := r.store.unborn(ctx)
		if err2 == nil && unborn {
			return []ID{""}, nil
		}
		err = errors.Join(err, err2)
	}
	if err != nil {
		return nil, fmt.Errorf("HEAD cannot be read: %w", err)
	}
	heads, err := r.mergeHeads(ctx)
	if err != nil {
		return nil, err
	}
	bases := []ID{head}
	for _, commit := range append(heads, merged...) {
		tree, err := r.store.resolve(ctx, string(commit), "tree")
		if err != nil {
			return nil, fmt.Errorf("MERGE_HEAD cannot be read: %w", err)
		}
		if !slices.Contains(bases, tree) {
			bases = append(bases, tree)
		}
	}
	return bases, nil
}

// Between gives the tree of a revision against those of others, usually its
// parents or a merge base; no base means that everything is new. The context is
// also that of later reads through FS.
func (r *Repo) Between(ctx context.Context, head string, bases ...string) (source.Change, error) {
	tip, err := r.store.resolve(ctx, head, "tree")
	if err != nil {
		return source.Change{}, err
	}
	trees := []ID{""}
	if len(bases) > 0 {
		trees = trees[:0]
	}
	var diffs []map[string]change
	for _, base := range bases {
		tree, err := r.store.resolve(ctx, base, "tree")
		if err != nil {
			return source.Change{}, err
		}
		trees = append(trees, tree)
	}
	for _, tree := range trees {
		diff := map[string]change{}
		if err := r.trees().diff(ctx, tree, tip, "", 0, func(c change) { diff[c.path] = c }); err != nil {
			return source.Change{}, err
		}
		diffs = append(diffs, diff)
	}
	return r.change(ctx, r.commitTree(ctx, tip), trees, diffs)
}

// change puts together what differs from every base.
func (r *Repo) change(ctx context.Context, head *tree, bases []ID, diffs []map[string]change) (source.Change, error) {
	var out source.Change
	for _, base := range bases {
		if base != "" {
			out.Bases = append(out.Bases, r.commitTree(ctx, base))
		}
	}
	renames := make([]map[string]string, len(diffs)) // new path -> old path, for each base
	renamed := map[string]bool{}                     // old paths
	for i, diff := range diffs {
		if bases[i] == "" {
			continue
		}
		var err error
		if renames[i], err = r.renames(ctx, diff); err != nil {
			return source.Change{}, err
		}
		for _, from := range renames[i] {
			renamed[from] = true
		}
	}
	for path, first := range diffs[0] {
		if !differs(path, diffs) {
			continue
		}
		changed := source.FileChange{BasePaths: make([]string, 0, len(out.Bases))}
		for i, diff := range diffs {
			if bases[i] == "" {
				continue
			}
			from := ""
			if diff[path].old.file() != (entry{}) {
				from = path
			} else {
				from = renames[i][path]
			}
			changed.BasePaths = append(changed.BasePaths, from)
		}
		switch {
		case first.unmerged:
			changed.Path = path
			head.files = append(head.files, file{path: path, unmerged: true})
		case first.new.file() != (entry{}):
			changed.Path = path
			head.files = append(head.files, file{path: path, id: first.new.id, link: first.new.mode == modeSymlink})
		case renamed[path] || !slices.ContainsFunc(changed.BasePaths, func(p string) bool { return p != "" }):
			continue // it went on under another name, or it was no file before, either
		}
		out.Files = append(out.Files, changed)
	}
	slices.SortFunc(out.Files, func(a, b source.FileChange) int { return strings.Compare(changePath(a), changePath(b)) })
	slices.SortFunc(head.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	out.Head = head
	return out, nil
}

// changePath is the path of a change in the head, or of a deleted file in the
// first base that has it.
func changePath(f source.FileChange) string {
	return cmp.Or(append([]string{f.Path}, f.BasePaths...)...)
}

// differs reports whether the content at a path is other than in every base.
func differs(path string, diffs []map[string]change) bool {
	for _, diff := range diffs {
		c, ok := diff[path]
		if !ok || !c.unmerged && c.old.file().id == c.new.file().id {
			return false
		}
	}
	return true
}

// TreeSource gives the whole tree of a commit, tag or tree. All its files and
// symbolic links are Entries. The context is also that of later reads through FS.
func (r *Repo) TreeSource(ctx context.Context, rev string) (source.Source, error) {
	id, err := r.store.resolve(ctx, rev, "tree")
	if err != nil {
		return nil, err
	}
	t := r.commitTree(ctx, id)
	t.whole = id
	return t, nil
}

// commitTree is a tree object as a source.
func (r *Repo) commitTree(ctx context.Context, id ID) *tree {
	t := &tree{repo: r, kind: check.RevisionCommit}
	t.fs = &treeFS{ctx, r, &commitFolders{repo: r, root: id}}
	return t
}

// tree is a source.Source: a tree, and which of its files are to be judged.
type tree struct {
	repo  *Repo
	kind  check.RevisionKind
	fs    *treeFS
	files []file
	whole ID // if set, all files of this tree are judged
}

// file is one that is to be judged.
type file struct {
	path     string
	id       ID
	link     bool // symbolic
	unmerged bool
}

var _ source.OnDisk = (*tree)(nil)

func (t *tree) FS() fs.FS                { return t.fs }
func (t *tree) Kind() check.RevisionKind { return t.kind }

// Dir is the work tree's top, "" for a bare repository.
func (t *tree) Dir() string { return t.repo.root }

func (t *tree) Entries(ctx context.Context) iter.Seq2[source.Entry, error] {
	return func(yield func(source.Entry, error) bool) {
		files := t.files
		if t.whole != "" {
			err := t.repo.trees().diff(ctx, "", t.whole, "", 0, func(c change) {
				if f := c.new.file(); f != (entry{}) {
					files = append(files, file{path: c.path, id: f.id, link: f.mode == modeSymlink})
				}
			})
			if err != nil {
				yield(source.Entry{}, err)
				return
			}
		}
		for _, f := range files {
			if err := ctx.Err(); err != nil {
				yield(source.Entry{}, err)
				return
			}
			if !yield(t.entry(ctx, f), nil) {
				return
			}
		}
	}
}

func (t *tree) entry(ctx context.Context, f file) source.Entry {
	e := source.Entry{Path: f.path, Size: -1}
	if f.unmerged {
		e.Load = func(context.Context) (*check.Document, error) {
			return nil, fmt.Errorf("%w: resolve it and `git add` the file", ErrUnmerged)
		}
		return e
	}
	// A size that cannot be had is an object that cannot be read: Load says why.
	if _, size, err := t.repo.store.stat(ctx, f.id); err == nil {
		e.Size = size
	}
	e.Load = func(ctx context.Context) (*check.Document, error) {
		content, err := t.repo.readBlob(ctx, f.id)
		if err != nil {
			return nil, err
		}
		rev := check.Revision{Kind: t.kind, ID: string(f.id)}
		if f.link {
			return check.NewDocument(f.path, linkLanguage, content, rev), nil
		}
		return source.NewDocument(f.path, content, rev), nil
	}
	return e
}

// linkLanguage keeps the checks of a language off a symbolic link: its content
// is a path, in which there can be a secret, but no code.
const linkLanguage = "symlink"

// Blobs gives the files that a source of this package is to judge and that have
// content: what a Change's Head lists. It is nil for other sources.
func Blobs(src source.Source) []BlobPath {
	t, ok := src.(*tree)
	if !ok {
		return nil
	}
	var blobs []BlobPath
	for _, f := range t.files {
		if !f.unmerged {
			blobs = append(blobs, BlobPath{f.path, f.id})
		}
	}
	return blobs
}

// Head gives the whole tree of HEAD, nil if its branch has no commit yet.
func (r *Repo) Head(ctx context.Context) (source.Source, error) {
	trees, err := r.stagedBases(ctx, nil)
	if err != nil || trees[0] == "" {
		return nil, err
	}
	t := r.commitTree(ctx, trees[0])
	t.whole = trees[0]
	return t, nil
}
