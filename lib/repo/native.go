package repo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"

	"github.com/peercheck/peercheck/lib/repo/index"
)

// nativeStore is the backend without the git program: go-git's low-level
// storage for objects and references, and our own reader for everything in
// which go-git differs from git (the index, alternates, the environment). It
// never uses go-git's own Open, status or tree walk, which give wrong answers
// without an error in some repositories.
type nativeStore struct {
	layout
	opts  Options
	cfg   *config.Config
	index string // path of the index file
	refs  *dotgit.DotGit

	mu     sync.Mutex // go-git's storage is not safe for concurrent use
	stores []*filesystem.Storage
}

const (
	// largeObject is the size in bytes over which go-git streams an object
	// instead of holding it: a 100 MB blob costs 500 MB otherwise.
	largeObject = 1 << 20
	// objectCache bounds go-git's cache of objects, which delta bases need.
	objectCache = 32 * cache.MiByte
	// maxAlternates bounds the nesting of alternates, as git does (5).
	maxAlternates = 5
)

func openNative(opts Options) (layout, *nativeStore, error) {
	l, cfg, err := locate(opts)
	if err != nil {
		return layout{}, nil, err
	}
	n := &nativeStore{layout: l, opts: opts, cfg: cfg, index: l.indexFile(opts)}
	dir := l.hookDir() // which relative paths in the environment count from
	n.refs = dotgit.NewWithOptions(dotgit.NewRepositoryFilesystem(osfs.New(l.gitDir), osfs.New(l.commonDir)), dotgit.Options{})
	objects := filepath.Join(l.commonDir, "objects")
	if env := opts.Getenv("GIT_OBJECT_DIRECTORY"); env != "" {
		objects = absolute(dir, env)
	}
	folders := []string{}
	collectAlternates(objects, 0, &folders)
	for _, line := range filepath.SplitList(opts.Getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES")) {
		collectAlternates(absolute(dir, unquote(line)), 0, &folders)
	}
	for _, folder := range folders {
		n.stores = append(n.stores, filesystem.NewStorageWithOptions(objectFolder{osfs.New(folder)}, cache.NewObjectLRU(objectCache/cache.FileSize(len(folders))),
			filesystem.Options{LargeObjectThreshold: largeObject}))
	}
	return l, n, nil
}

// collectAlternates adds a folder of objects and those that it names in
// info/alternates (gitrepository-layout(5)): absolute or relative to it, nested,
// with comments, perhaps quoted. One that is gone is passed over, as in git.
func collectAlternates(folder string, depth int, folders *[]string) {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	if depth > maxAlternates || slices.Contains(*folders, folder) {
		return
	}
	*folders = append(*folders, folder)
	text, err := os.ReadFile(filepath.Join(folder, "info", "alternates"))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		collectAlternates(absolute(folder, unquote(line)), depth+1, folders)
	}
}

// unquote reads a path that may be quoted as in C.
func unquote(s string) string {
	if strings.HasPrefix(s, `"`) {
		if u, err := strconv.Unquote(s); err == nil {
			return u
		}
	}
	return s
}

// objectFolder shows a folder of objects, wherever it is and whatever its name,
// as go-git wants to see it: as "objects" in a repository. Alternates are hidden,
// because we walk them.
type objectFolder struct{ billy.Filesystem }

func (o objectFolder) at(name string) (string, error) {
	// A large object of a pack is opened again by the name that we gave its file,
	// which has no "objects" before it.
	rest := strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(name), "objects"), "/")
	if rest == "info/alternates" {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return rest, nil
}

func (o objectFolder) Open(name string) (billy.File, error) {
	p, err := o.at(name)
	if err != nil {
		return nil, err
	}
	return o.Filesystem.Open(p)
}

func (o objectFolder) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if flag != os.O_RDONLY {
		return nil, fs.ErrPermission // nothing is ever written
	}
	return o.Open(name)
}

func (o objectFolder) Stat(name string) (os.FileInfo, error) {
	p, err := o.at(name)
	if err != nil {
		return nil, err
	}
	return o.Filesystem.Stat(p)
}

func (o objectFolder) Lstat(name string) (os.FileInfo, error) {
	p, err := o.at(name)
	if err != nil {
		return nil, err
	}
	return o.Filesystem.Lstat(p)
}

func (o objectFolder) ReadDir(name string) ([]os.FileInfo, error) {
	p, err := o.at(name)
	if err != nil {
		return nil, err
	}
	return o.Filesystem.ReadDir(p)
}

func (n *nativeStore) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	for _, s := range n.stores {
		err = errors.Join(err, s.Close())
	}
	n.stores = nil
	return err
}

// object finds an object in any of the folders. One that is not there may have
// been packed since, so the packs are listed anew, once.
func (n *nativeStore) object(ctx context.Context, id ID) (plumbing.EncodedObject, error) {
	if !isID(string(id)) || len(id) != n.hexLen {
		return nil, fmt.Errorf("%q is no object ID", string(id))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if n.stores == nil {
		return nil, errors.New("the repository is closed")
	}
	hash := plumbing.NewHash(string(id))
	var failed error
	for range 2 {
		for _, s := range n.stores {
			o, err := s.EncodedObject(plumbing.AnyObject, hash)
			if err == nil {
				return o, nil
			}
			if !errors.Is(err, plumbing.ErrObjectNotFound) && !errors.Is(err, dotgit.ErrPackfileNotFound) {
				failed = err
			}
		}
		for _, s := range n.stores {
			s.Reindex()
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, fmt.Errorf("%s: %w", id, ErrMissing)
}

func (n *nativeStore) stat(ctx context.Context, id ID) (string, int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	o, err := n.object(ctx, id)
	if err != nil {
		return "", 0, err
	}
	return o.Type().String(), o.Size(), nil
}

func (n *nativeStore) read(ctx context.Context, id ID) (string, []byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if id == ID(emptyTrees[n.hexLen]) { // every git knows it
		return "tree", nil, nil
	}
	o, err := n.object(ctx, id)
	if err != nil {
		return "", nil, err
	}
	r, err := o.Reader()
	if err != nil {
		return "", nil, err
	}
	content := make([]byte, o.Size())
	_, err = io.ReadFull(r, content)
	if err = errors.Join(err, r.Close()); err != nil {
		return "", nil, fmt.Errorf("%s: %w", id, err)
	}
	return o.Type().String(), content, nil
}

// indexFile is the path of the index. A relative one in the environment counts
// from where git commands work: the top of the work tree.
func (l layout) indexFile(opts Options) string {
	if file := opts.Getenv("GIT_INDEX_FILE"); file != "" {
		return absolute(l.hookDir(), file)
	}
	return filepath.Join(l.gitDir, "index")
}

// readIndex reads the index, and the one that it is split from. None is empty.
func readIndex(l layout, name string) (*index.Index, error) {
	file, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &index.Index{}, nil
	} else if err != nil {
		return nil, err
	}
	x, err := index.Decode(file, l.hexLen/2)
	if err != nil || x.Shared == "" {
		return x, err
	}
	// The shared file stands beside the index that is in use, or in the Git folder.
	file, err = os.ReadFile(filepath.Join(filepath.Dir(name), x.Shared))
	if err != nil {
		file, err = os.ReadFile(filepath.Join(l.gitDir, x.Shared))
	}
	if err != nil {
		if strings.Trim(x.Shared, "sharedinx.0") != "" {
			return nil, err
		}
		return x.Join(&index.Index{})
	}
	shared, err := index.Decode(file, l.hexLen/2)
	if err != nil {
		return nil, err
	}
	return x.Join(shared)
}

func (n *nativeStore) diffIndex(ctx context.Context, tree ID) ([]change, error) {
	x, err := readIndex(n.layout, n.index)
	if err != nil {
		return nil, err
	}
	return diffIndex(ctx, trees{n, n.hexLen}, x, tree)
}

func diffIndex(ctx context.Context, trees trees, x *index.Index, tree ID) ([]change, error) {
	x.Entries = slices.DeleteFunc(x.Entries, func(e index.Entry) bool { return e.IntentToAdd })
	d := &indexDiff{ctx: ctx, trees: trees}
	err := d.folder(x.Entries, x.Tree, tree, "", 0)
	return d.changes, err
}

// indexDiff compares the index with a tree, folder by folder. Where the cache
// tree knows the object of a folder, an equal one is not looked into.
type indexDiff struct {
	ctx     context.Context
	trees   trees
	changes []change
}

func (d *indexDiff) folder(entries []index.Entry, cached *index.Tree, tree ID, prefix string, depth int) error {
	if cached != nil && cached.ID != "" && ID(cached.ID) == tree && cached.Entries == len(entries) {
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("folders are nested more than %d deep", maxDepth)
	}
	list, err := d.trees.read(d.ctx, tree)
	if err != nil {
		return err
	}
	old := make(map[string]entry, len(list))
	for _, e := range list {
		old[e.name] = e.entry
	}
	for len(entries) > 0 {
		name, rest, isFolder := strings.Cut(entries[0].Path[len(prefix):], "/")
		was := old[name]
		if isFolder {
			folder := prefix + name + "/"
			n := 1
			for n < len(entries) && strings.HasPrefix(entries[n].Path, folder) {
				n++
			}
			if was.mode == modeTree {
				delete(old, name)
			}
			var treeID ID
			if was.mode == modeTree {
				treeID = was.id
			}
			if rest == "" && n == 1 { // a folder of a sparse index
				err = d.trees.diff(d.ctx, treeID, ID(entries[0].ID()), folder, depth+1, d.add)
			} else {
				err = d.folder(entries[:n], cached.Child(name), treeID, folder, depth+1)
			}
			if err != nil {
				return err
			}
			entries = entries[n:]
			continue
		}
		n := 1
		for n < len(entries) && entries[n].Path == entries[0].Path {
			n++ // the stages of a conflict
		}
		if was.mode == modeTree { // a file in the place of a folder
			if err := d.trees.diff(d.ctx, was.id, "", prefix+name+"/", depth+1, d.add); err != nil {
				return err
			}
			was = entry{}
		}
		delete(old, name)
		c := change{path: prefix + name, old: was}
		if entries[0].Stage != 0 {
			c.unmerged = true
		} else {
			c.new = entry{mode(entries[0].Mode), ID(entries[0].ID())}
		}
		if c.unmerged || c.old != c.new {
			d.add(c)
		}
		entries = entries[n:]
	}
	for name, was := range old { // what the index does not have
		if was.mode != modeTree {
			d.add(change{path: prefix + name, old: was})
		} else if err := d.trees.diff(d.ctx, was.id, "", prefix+name+"/", depth+1, d.add); err != nil {
			return err
		}
	}
	return nil
}

func (d *indexDiff) add(c change) { d.changes = append(d.changes, c) }

// revisionSuffix is what this backend understands of gitrevisions(7), beside
// names and IDs: parents, ancestors and peeling.
var revisionSuffix = regexp.MustCompile(`(\^\{[a-z]*\}|\^[0-9]*|~[0-9]*)$`)

func (n *nativeStore) resolve(ctx context.Context, rev, kind string) (ID, error) {
	id, err := n.revision(ctx, rev)
	if err == nil {
		id, err = n.peel(ctx, id, kind)
	}
	if err != nil {
		return "", fmt.Errorf("revision %q: %w", rev, err)
	}
	return id, nil
}

func (n *nativeStore) revision(ctx context.Context, rev string) (ID, error) {
	suffix := revisionSuffix.FindString(rev)
	if suffix == "" {
		return n.name(rev)
	}
	base, err := n.revision(ctx, strings.TrimSuffix(rev, suffix))
	if err != nil {
		return "", err
	}
	if kind, ok := strings.CutPrefix(suffix, "^{"); ok {
		return n.peel(ctx, base, strings.TrimSuffix(kind, "}"))
	}
	count := 1
	if digits := suffix[1:]; digits != "" {
		if count, err = strconv.Atoi(digits); err != nil {
			return "", err
		}
	}
	steps, parent := count, 1 // "~count"
	if suffix[0] == '^' {
		steps, parent = 1, count
	}
	for range steps {
		c, err := n.commit(ctx, base)
		if err != nil {
			return "", err
		}
		switch {
		case parent == 0:
			base = c.ID
		case parent <= len(c.Parents):
			base = c.Parents[parent-1]
		default:
			return "", ErrMissing
		}
	}
	return base, nil
}

// name resolves an ID or a reference (gitrevisions(7), "<refname>").
func (n *nativeStore) name(rev string) (ID, error) {
	if isID(rev) {
		return ID(rev), nil
	}
	if rev == "@" {
		rev = "HEAD"
	}
	for _, format := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		name := fmt.Sprintf(format, rev)
		if name != "HEAD" && !strings.HasPrefix(name, "refs/") && strings.ToUpper(name) != name {
			continue // only HEAD, ORIG_HEAD and their like stand at the top
		}
		if id, err := n.reference(name); err == nil {
			return id, nil
		} else if !errors.Is(err, ErrMissing) {
			return "", err
		}
	}
	return "", ErrMissing
}

func (n *nativeStore) reference(name string) (ID, error) {
	for range 10 { // a chain of symbolic references is rarely longer than one
		if strings.Contains(name, "..") || strings.HasSuffix(name, "/") {
			return "", ErrMissing
		}
		ref, err := n.refs.Ref(plumbing.ReferenceName(name))
		if errors.Is(err, plumbing.ErrReferenceNotFound) || errors.Is(err, fs.ErrNotExist) {
			return "", ErrMissing
		} else if err != nil {
			return "", fmt.Errorf("reference %s: %w", printable(name), err)
		}
		if ref.Type() == plumbing.HashReference {
			return ID(ref.Hash().String()), nil
		}
		name = ref.Target().String()
	}
	return "", errors.New("symbolic references go round in a circle")
}

func (n *nativeStore) unborn(context.Context) (bool, error) {
	ref, err := n.refs.Ref(plumbing.HEAD)
	if err != nil {
		return false, err
	}
	if ref.Type() != plumbing.SymbolicReference || ref.Target() == "refs/heads/.invalid" {
		return false, nil
	}
	_, err = n.reference(ref.Target().String())
	if errors.Is(err, ErrMissing) {
		return true, nil
	}
	return false, err
}

// peel follows tags and takes a commit's tree until an object has the kind.
func (n *nativeStore) peel(ctx context.Context, id ID, kind string) (ID, error) {
	for range maxTags {
		if id == ID(emptyTrees[n.hexLen]) {
			return id, nil
		}
		is, content, err := n.read(ctx, id)
		if err != nil {
			return "", err
		}
		header := ""
		switch {
		case is == kind || kind == "object", kind == "" && is != "tag":
			return id, nil
		case is == "tag":
			header = "object "
		case is == "commit" && kind == "tree":
			header = "tree "
		default:
			return "", fmt.Errorf("%s is a %s: %w", id.Short(), is, ErrMissing)
		}
		line, _, _ := strings.Cut(string(content), "\n")
		target, ok := strings.CutPrefix(line, header)
		if !ok || !isID(target) {
			return "", fmt.Errorf("%s %s is malformed", is, id.Short())
		}
		id = ID(target)
	}
	return "", fmt.Errorf("%s: more than %d tags of tags", id.Short(), maxTags)
}
