package repo

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// mode is a file mode as Git stores it (git-fast-import(1), "filemodify").
type mode uint32

const (
	modeTree    mode = 0o040000
	modeSymlink mode = 0o120000
	modeGitlink mode = 0o160000
	modeType    mode = 0o170000
	modeRegular mode = 0o100000
)

func (m mode) regular() bool { return m&modeType == modeRegular }

// entry is what stands at a path. The zero value is nothing.
type entry struct {
	mode mode
	id   ID
}

// file gives the entry if it has content that is judged, and nothing otherwise:
// it is a regular file, or a symbolic link, whose content is the path that it
// names. A submodule has none.
func (e entry) file() entry {
	if (e.mode.regular() || e.mode == modeSymlink) && !e.id.Zero() {
		return e
	}
	return entry{}
}

// change is one path that differs between two trees, or a tree and the index.
type change struct {
	path     string
	old, new entry
	unmerged bool // new is not known: the index has several stages
}

// treeEntry is an entry with its name in a tree.
type treeEntry struct {
	name string
	entry
}

// parseTree reads a tree object: "mode SP name NUL raw-id" for each entry.
func parseTree(content []byte, hexLen int) ([]treeEntry, error) {
	var entries []treeEntry
	for len(content) > 0 {
		sp := bytes.IndexByte(content, ' ')
		nul := bytes.IndexByte(content, 0)
		if sp < 1 || nul < sp || len(content) < nul+1+hexLen/2 {
			return nil, errors.New("the tree object is malformed")
		}
		m, err := parseMode(string(content[:sp]))
		if err != nil {
			return nil, fmt.Errorf("the tree object is malformed: %w", err)
		}
		id := ID(hex.EncodeToString(content[nul+1 : nul+1+hexLen/2]))
		entries = append(entries, treeEntry{string(content[sp+1 : nul]), entry{m, id}})
		content = content[nul+1+hexLen/2:]
	}
	return entries, nil
}

// trees reads tree objects.
type trees struct {
	store interface {
		read(ctx context.Context, id ID) (kind string, content []byte, err error)
	}
	hexLen int
}

func (r *Repo) trees() trees { return trees{r.store, r.hexLen} }

// read gives the entries of a tree object; "" is the empty tree.
func (t trees) read(ctx context.Context, id ID) ([]treeEntry, error) {
	if id == "" {
		return nil, nil
	}
	kind, content, err := t.store.read(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id.Short(), err)
	}
	if kind != "tree" {
		return nil, fmt.Errorf("object %s is a %s, not a tree", id.Short(), kind)
	}
	entries, err := parseTree(content, t.hexLen)
	if err != nil {
		return nil, fmt.Errorf("tree %s: %w", id.Short(), err)
	}
	return entries, nil
}

// maxDepth bounds the nesting of trees: Git's own core.maxTreeDepth is 2048.
const maxDepth = 2048

// diff compares two trees, reading only those that differ, and calls visit for
// each path of a file, link or submodule that does. prefix is put before the
// paths, and depth is how deep it is.
func (t trees) diff(ctx context.Context, old, new ID, prefix string, depth int, visit func(change)) error {
	if old == new {
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("trees are nested more than %d deep at %q", maxDepth, prefix[:min(len(prefix), 200)])
	}
	before, err := t.read(ctx, old)
	if err != nil {
		return err
	}
	after, err := t.read(ctx, new)
	if err != nil {
		return err
	}
	type pair struct{ old, new entry }
	var names []string
	pairs := make(map[string]*pair, len(after))
	at := func(name string) *pair {
		p := pairs[name]
		if p == nil {
			p = &pair{}
			pairs[name] = p
			names = append(names, name)
		}
		return p
	}
	for _, e := range before {
		at(e.name).old = e.entry
	}
	for _, e := range after {
		at(e.name).new = e.entry
	}
	for _, name := range names {
		p := pairs[name]
		if p.old == p.new {
			continue
		}
		var oldTree, newTree ID
		if p.old.mode == modeTree {
			oldTree, p.old = p.old.id, entry{}
		}
		if p.new.mode == modeTree {
			newTree, p.new = p.new.id, entry{}
		}
		if oldTree != newTree {
			if err := t.diff(ctx, oldTree, newTree, prefix+name+"/", depth+1, visit); err != nil {
				return err
			}
		}
		if p.old != p.new {
			visit(change{path: prefix + name, old: p.old, new: p.new})
		}
	}
	return nil
}

// folders is a tree as package-level file systems need it: by folder.
type folders interface {
	// list gives the entries of a folder, "" being the root, or nil, false if
	// there is no such folder.
	list(ctx context.Context, dir string) ([]treeEntry, bool, error)
}

// commitFolders lists the folders of a tree object, each read once.
type commitFolders struct {
	repo *Repo
	root ID

	mu    sync.Mutex
	known map[ID][]treeEntry
}

func (c *commitFolders) read(ctx context.Context, id ID) ([]treeEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entries, ok := c.known[id]; ok {
		return entries, nil
	}
	entries, err := c.repo.trees().read(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.known == nil {
		c.known = map[ID][]treeEntry{}
	}
	c.known[id] = entries
	return entries, nil
}

func (c *commitFolders) list(ctx context.Context, dir string) ([]treeEntry, bool, error) {
	entries, err := c.read(ctx, c.root)
	if err != nil || dir == "" {
		return entries, true, err
	}
	for name := range strings.SplitSeq(dir, "/") {
		e, ok := find(entries, name)
		if !ok || e.mode != modeTree && e.mode != modeGitlink {
			return nil, false, nil
		}
		if e.mode == modeGitlink {
			entries = nil
			continue
		}
		if entries, err = c.read(ctx, e.id); err != nil {
			return nil, false, err
		}
	}
	return entries, true, nil
}

func find(entries []treeEntry, name string) (treeEntry, bool) {
	for _, e := range entries {
		if e.name == name {
			return e, true
		}
	}
	return treeEntry{}, false
}

// overlaidFolders lists the folders of the index: those of a base tree, with the
// paths that differ from it. So only the folders that are asked for are read,
// and a large index is never listed.
type overlaidFolders struct {
	base    folders
	changed map[string]map[string]entry // by folder and name; the zero entry is gone
}

func newOverlaidFolders(base folders, diff map[string]change) *overlaidFolders {
	o := &overlaidFolders{base: base, changed: map[string]map[string]entry{}}
	at := func(path string) (parent string, siblings map[string]entry, name string) {
		name = path
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			parent, name = path[:i], path[i+1:]
		}
		if o.changed[parent] == nil {
			o.changed[parent] = map[string]entry{}
		}
		return parent, o.changed[parent], name
	}
	for path, c := range diff {
		parent, siblings, name := at(path)
		if e := c.new; !c.unmerged && e.mode != 0 {
			siblings[name] = e
		} else if _, known := siblings[name]; !known {
			siblings[name] = entry{}
		}
		for parent != "" { // the folders on the way are looked at again
			parent, siblings, name = at(parent)
			if siblings[name] == (entry{}) {
				siblings[name] = entry{mode: modeTree}
			}
		}
	}
	return o
}

func (o *overlaidFolders) list(ctx context.Context, dir string) ([]treeEntry, bool, error) {
	entries, ok, err := o.base.list(ctx, dir)
	if err != nil {
		return nil, false, err
	}
	changed := o.changed[dir]
	if len(changed) == 0 {
		return entries, ok, nil
	}
	var out []treeEntry
	for _, e := range entries {
		if _, differs := changed[e.name]; !differs {
			out = append(out, e)
		}
	}
	for name, e := range changed {
		if e.mode == modeTree {
			below, _, err := o.list(ctx, strings.TrimPrefix(dir+"/"+name, "/"))
			if err != nil {
				return nil, false, err
			}
			if len(below) == 0 {
				continue // all its files are gone
			}
		}
		if e != (entry{}) {
			out = append(out, treeEntry{name, e})
		}
	}
	slices.SortFunc(out, func(a, b treeEntry) int { return strings.Compare(a.name, b.name) })
	return out, len(out) > 0 || dir == "", nil
}
