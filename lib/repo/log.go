package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/source"
)

// A Commit is one commit object.
type Commit struct {
	ID ID
	// Parents are those that this repository knows: none at the boundary of a
	// shallow clone.
	Parents []ID
}

// A Span is a part of the history: what Include reaches and the rest does not.
type Span struct {
	// Include are commits.
	Include []ID
	// IncludeRefs adds what any reference of this repository reaches.
	IncludeRefs bool
	// Exclude are commits; those that are not present here are passed over,
	// because the other side of a push may have commits that we do not.
	Exclude []ID
	// ExcludeRemotes are the names of remotes: what their tracking branches
	// reach is left out.
	ExcludeRemotes []string
	// ExcludeRefs leaves out what any reference of this repository reaches.
	ExcludeRefs bool
}

// Commits gives the commits of a span, parents before children.
func (r *Repo) Commits(ctx context.Context, span Span) ([]Commit, error) {
	if len(span.Include) == 0 && !span.IncludeRefs {
		return nil, nil
	}
	present, err := r.present(ctx, span.Exclude)
	if err != nil {
		return nil, err
	}
	span.Exclude = present
	return r.store.commits(ctx, span)
}

// present keeps those IDs whose commits are here.
func (r *Repo) present(ctx context.Context, ids []ID) ([]ID, error) {
	var out []ID
	for _, id := range ids {
		if !isID(string(id)) || id.Zero() {
			continue
		}
		switch commit, err := r.store.resolve(ctx, string(id), "commit"); {
		case err == nil:
			out = append(out, commit)
		case !errors.Is(err, ErrMissing):
			return nil, err
		}
	}
	return out, nil
}

// BlobsOf gives the blobs that a span brings in: in its trees, but not in those
// of the commits at its edge.
func (r *Repo) BlobsOf(ctx context.Context, span Span) (map[ID]bool, error) {
	present, err := r.present(ctx, span.Exclude)
	if err != nil {
		return nil, err
	}
	span.Exclude = present
	return r.store.blobs(ctx, span)
}

// A CommitChange is what one commit changes against its parents.
type CommitChange struct {
	Commit Commit
	// Files are the files and symbolic links whose content differs from that in
	// every parent, and that the commit has.
	Files []BlobPath

	repo  *Repo
	diffs []map[string]change
}

// A BlobPath is a file: its path and its content.
type BlobPath struct {
	Path string
	Blob ID
}

// Changes calls visit for each commit that changes a file's content, in the
// order given. It stops at the first error.
func (r *Repo) Changes(ctx context.Context, commits []Commit, visit func(CommitChange) error) error {
	return r.store.changes(ctx, commits, func(c Commit, diffs []map[string]change) error {
		out := CommitChange{Commit: c, repo: r, diffs: diffs}
		for path, first := range diffs[0] {
			if differs(path, diffs) && first.new.file() != (entry{}) {
				out.Files = append(out.Files, BlobPath{path, first.new.id})
			}
		}
		if len(out.Files) == 0 {
			return nil
		}
		slices.SortFunc(out.Files, func(a, b BlobPath) int { return strings.Compare(a.Path, b.Path) })
		return visit(out)
	})
}

// Change gives the commit against its parents, restricted to the files that
// keep wants; nil keeps all. The context is also that of later reads.
func (c CommitChange) Change(ctx context.Context, keep func(BlobPath) bool) (source.Change, error) {
	tip, err := c.repo.store.resolve(ctx, string(c.Commit.ID), "tree")
	if err != nil {
		return source.Change{}, err
	}
	bases := []ID{""}
	if len(c.Commit.Parents) > 0 {
		bases = bases[:0]
	}
	for _, p := range c.Commit.Parents {
		tree, err := c.repo.store.resolve(ctx, string(p), "tree")
		if err != nil {
			return source.Change{}, err
		}
		bases = append(bases, tree)
	}
	head := c.repo.commitTree(ctx, tip)
	out, err := c.repo.change(ctx, head, bases, c.diffs)
	if err != nil || keep == nil {
		return out, err
	}
	head.files = slices.DeleteFunc(head.files, func(f file) bool { return !keep(BlobPath{f.path, f.id}) })
	kept := map[string]bool{}
	for _, f := range head.files {
		kept[f.path] = true
	}
	out.Files = slices.DeleteFunc(out.Files, func(f source.FileChange) bool { return f.Path != "" && !kept[f.Path] })
	return out, nil
}

// An Object is what a reference points to: tags are followed.
type Object struct {
	ID   ID
	Kind string // "commit", "tree" or "blob"
	// Tags are the annotated tags on the way, outermost first.
	Tags []Text
}

// An Introduction is a file's content, and the first commit that has it there.
type Introduction struct {
	BlobPath
	Commit ID
}

// History gives the content of every file that the commits of a span brought in,
// each with its path once, in the order in which reading is fast: that of the
// packs.
func (r *Repo) History(ctx context.Context, span Span) ([]Introduction, error) {
	commits, err := r.Commits(ctx, span)
	if err != nil {
		return nil, err
	}
	var all []Introduction
	seen := map[BlobPath]bool{}
	err = r.Changes(ctx, commits, func(c CommitChange) error {
		for _, f := range c.Files {
			if !seen[f] {
				seen[f] = true
				all = append(all, Introduction{f, c.Commit.ID})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	order, err := r.store.packOrder(ctx)
	if err != nil {
		return nil, err
	}
	place := make(map[ID]int, len(order))
	for i, id := range order {
		place[id] = i
	}
	slices.SortStableFunc(all, func(a, b Introduction) int { return place[a.Blob] - place[b.Blob] })
	return all, nil
}

// Signature is who made a commit, and when.
type Signature struct{ Name, Email, Date string }

// Author reads who wrote a commit. Date is as in the object: seconds since 1970
// and the time zone.
func (r *Repo) Author(ctx context.Context, commit ID) (Signature, error) {
	_, content, err := r.store.read(ctx, commit)
	if err != nil {
		return Signature{}, fmt.Errorf("commit %s: %w", commit.Short(), err)
	}
	headers, _, _ := strings.Cut(string(content), "\n\n")
	for line := range strings.Lines(headers) {
		if author, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "author "); ok {
			name, rest, _ := strings.Cut(author, "<")
			email, date, _ := strings.Cut(rest, ">")
			return Signature{strings.TrimSpace(name), email, strings.TrimSpace(date)}, nil
		}
	}
	return Signature{}, fmt.Errorf("commit %s has no author", commit.Short())
}

// A Text is what somebody wrote into an object: a commit's or a tag's message.
type Text struct {
	ID      ID
	Message []byte
}

// maxTags bounds a chain of tags of tags; nobody makes more than two.
const maxTags = 100

// Peel follows annotated tags from an object to what they tag.
func (r *Repo) Peel(ctx context.Context, id ID) (Object, error) {
	var out Object
	for range maxTags {
		kind, _, err := r.store.stat(ctx, id)
		if err != nil {
			return out, fmt.Errorf("object %s: %w", id.Short(), err)
		}
		if kind != "tag" {
			out.ID, out.Kind = id, kind
			return out, nil
		}
		_, content, err := r.store.read(ctx, id)
		if err != nil {
			return out, fmt.Errorf("tag %s: %w", id.Short(), err)
		}
		out.Tags = append(out.Tags, Text{id, message(content)})
		line, _, _ := strings.Cut(string(content), "\n")
		target := strings.TrimPrefix(line, "object ")
		if !isID(target) {
			return out, fmt.Errorf("tag %s is malformed", id.Short())
		}
		id = ID(target)
	}
	return out, fmt.Errorf("object %s: more than %d tags of tags", id.Short(), maxTags)
}

// Message reads a commit's message.
func (r *Repo) Message(ctx context.Context, commit ID) (Text, error) {
	kind, content, err := r.store.read(ctx, commit)
	if err != nil {
		return Text{}, fmt.Errorf("commit %s: %w", commit.Short(), err)
	}
	if kind != "commit" {
		return Text{}, fmt.Errorf("object %s is a %s, not a commit", commit.Short(), kind)
	}
	return Text{commit, message(content)}, nil
}

// message is what follows the headers of a commit or tag.
func message(content []byte) []byte {
	_, text, _ := strings.Cut(string(content), "\n\n")
	return []byte(text)
}

// BlobSource gives blobs as a source of that many documents. No path may be there
// twice. Its tree is empty: they need not have stood beside each other.
func (r *Repo) BlobSource(ctx context.Context, blobs ...BlobPath) source.Source {
	t := &tree{repo: r, kind: check.RevisionCommit}
	for _, b := range blobs {
		t.files = append(t.files, file{path: b.Path, id: b.Blob})
	}
	t.fs = &treeFS{ctx, r, &commitFolders{repo: r}}
	return t
}

// Bases gives the commits that a tip grew from: the parents of new commits which
// are not new themselves, without those that others of them include.
func (r *Repo) Bases(ctx context.Context, tip ID, isNew map[ID]Commit) ([]ID, error) {
	var bases []ID
	seen := map[ID]bool{tip: true}
	for queue := []ID{tip}; len(queue) > 0; queue = queue[1:] {
		c, ok := isNew[queue[0]]
		if !ok {
			bases = append(bases, queue[0])
			continue
		}
		for _, p := range c.Parents {
			if !seen[p] {
				seen[p] = true
				queue = append(queue, p)
			}
		}
	}
	if len(bases) < 2 {
		return bases, nil
	}
	return r.store.independent(ctx, bases)
}

// Range gives the commits that head reaches and base does not, and the tree of
// head against those of the commits that they grew from: nothing that base alone
// has got since then counts.
func (r *Repo) Range(ctx context.Context, base, head string) ([]Commit, source.Change, error) {
	from, err := r.Resolve(ctx, base)
	if err != nil {
		return nil, source.Change{}, err
	}
	tip, err := r.Resolve(ctx, head)
	if err != nil {
		return nil, source.Change{}, err
	}
	commits, err := r.Commits(ctx, Span{Include: []ID{tip}, Exclude: []ID{from}})
	if err != nil {
		return nil, source.Change{}, err
	}
	isNew := make(map[ID]Commit, len(commits))
	for _, c := range commits {
		isNew[c.ID] = c
	}
	bases, err := r.Bases(ctx, tip, isNew)
	if err != nil {
		return nil, source.Change{}, err
	}
	revs := make([]string, len(bases))
	for i, id := range bases {
		revs[i] = string(id)
	}
	change, err := r.Between(ctx, string(tip), revs...)
	return commits, change, err
}

// RemotesOf gives the names of the remotes that have a URL.
func (r *Repo) RemotesOf(ctx context.Context, url string) ([]string, error) {
	all, err := r.store.config(ctx, `^remote\..*\.(url|pushurl)$`)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, kv := range all {
		if kv.value == url {
			name := kv.key[len("remote."):strings.LastIndexByte(kv.key, '.')]
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Weigh counts the contents of files that a span brings in, and their bytes.
func (r *Repo) Weigh(ctx context.Context, span Span) (files, bytes int64, err error) {
	if len(span.Include) == 0 && !span.IncludeRefs {
		return 0, 0, nil
	}
	if span.Exclude, err = r.present(ctx, span.Exclude); err != nil {
		return 0, 0, err
	}
	return r.store.weigh(ctx, span)
}

// Setting gives the last value of a key of Git's configuration, "" if it is not set.
func (r *Repo) Setting(ctx context.Context, key string) (string, error) {
	section, _, _ := strings.Cut(key, ".")
	all, err := r.Settings(ctx, section)
	return all[strings.ToLower(key)], err
}

// Settings gives the last values of the keys of a section of Git's configuration,
// by their names in lower case: "peercheck.maxseconds".
func (r *Repo) Settings(ctx context.Context, section string) (map[string]string, error) {
	all, err := r.store.config(ctx, "^"+strings.ToLower(section)+`\.`)
	if err != nil {
		return nil, err
	}
	last := map[string]string{}
	for _, kv := range all {
		last[kv.key] = kv.value
	}
	return last, nil
}

// setting is a key and value of Git's configuration.
type setting struct{ key, value string }
