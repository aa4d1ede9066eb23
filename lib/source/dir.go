package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/peercheck/peercheck/lib/check"
)

// ErrNotRegular is the error of loading what is no regular file of the tree: a
// device, a socket, or a symbolic link that leaves the tree or points nowhere.
var ErrNotRegular = errors.New("not a regular file")

// ErrIgnored is the error of loading a folder that was asked for by name, where all that
// is in it is ignored.
var ErrIgnored = errors.New("all that is in it is ignored")

// Dir makes a source of a folder on disk. What .gitignore files and
// .git/info/exclude name is not judged, unless asked for with [Only]; neither is
// .git itself. Symbolic links are not followed: what they point to is judged
// under its own name. No read leaves the folder
// (invariant 13). A folder that cannot be opened is the error of Entries.
func Dir(name string) Source {
	abs, err := filepath.Abs(name)
	if err != nil {
		abs = name
	}
	d := &dir{abs: abs}
	d.root, d.err = os.OpenRoot(abs)
	if d.err != nil {
		d.tree = newTreeFS(nil, nil)
	} else {
		d.tree = d.root.FS()
	}
	return d
}

type dir struct {
	abs   string
	root  *os.Root // nil if err is not
	err   error
	tree  fs.FS
	paths []string // nil: all
}

func (d *dir) FS() fs.FS                { return d.tree }
func (d *dir) Kind() check.RevisionKind { return check.RevisionWorkTree }
func (d *dir) Dir() string              { return d.abs }

func (d *dir) only(paths []string) Source {
	restricted := *d
	restricted.paths = paths
	return &restricted
}

func (d *dir) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if d.err != nil {
			yield(Entry{}, fmt.Errorf("cannot open the folder to judge: %w", d.err))
			return
		}
		w := &walker{dir: d, ctx: ctx, yield: yield, excludes: patterns(d.root, ".git/info/exclude", nil), folders: &folders{root: d.root}}
		if d.paths == nil {
			w.folder(d.root, ".", ".", w.excludes)
			return
		}
		// Each file is given once, by the longest name that asks for it.
		seen := map[string]bool{}
		for _, p := range slices.SortedFunc(slices.Values(d.paths), func(a, b string) int { return len(b) - len(a) }) {
			if !w.named(p, seen) {
				return
			}
		}
	}
}

// A pattern is one of gitignore(5).
type pattern struct {
	gitignore.Pattern
	above int // how many folders its file is below the root
	// plain says that it is about a name, whatever stands above it: where nothing
	// above is ignored, it needs to be tried with that alone.
	plain bool
}

// patterns reads a file of patterns, if there is one.
func patterns(root *os.Root, file string, domain []string) []pattern {
	data, err := root.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []pattern
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			name := strings.TrimSuffix(strings.TrimRight(line, " "), "/")
			out = append(out, pattern{gitignore.ParsePattern(line, domain), len(domain), !strings.Contains(name, "/")})
		}
	}
	return out
}

// ignored reports whether patterns, of which the last that matches counts, ignore a
// name in a folder.
func ignored(patterns []pattern, folder []string, name string, isDir bool) bool {
	full := append(slices.Clip(folder), name)
	for _, p := range slices.Backward(patterns) {
		tried := full
		switch {
		case p.plain && p.above == 0:
			tried = full[len(full)-1:]
		case p.plain:
			tried = append(slices.Clip(folder[:p.above]), name)
		}
		switch p.Match(tried, isDir) {
		case gitignore.Exclude:
			return true
		case gitignore.Include:
			return false
		}
	}
	return false
}

// A walker goes through the folder and yields entries until told to stop.
type walker struct {
	*dir
	ctx      context.Context
	yield    func(Entry, error) bool
	excludes []pattern
	folders  *folders
	ignored  bool // something was left out
}

// named yields one path that was asked for by name, ignored or not, without what was
// seen before.
func (w *walker) named(p string, seen map[string]bool) bool {
	asked := *w
	found := false
	asked.yield = func(e Entry, err error) bool {
		found = true
		if err == nil && seen[e.Path] {
			return true
		}
		seen[e.Path] = true
		if p != "." {
			e.Named = p
		}
		return w.yield(e, err)
	}
	info, err := w.root.Lstat(filepath.FromSlash(p))
	switch {
	case err != nil:
		return asked.yield(failed(p, err), nil)
	case w.linksInside(p, info):
		return asked.yield(failed(p, fmt.Errorf("%w: a symbolic link; name what it points to", ErrNotRegular)), nil)
	case !info.IsDir():
		return asked.file(p, info, func(name string) (*os.File, error) { return open(w.root, name) })
	}
	if !asked.folder(w.root, p, p, w.above(p)) {
		return false
	}
	return found || !asked.ignored || asked.yield(failed(p, ErrIgnored), nil)
}

// above gives the patterns of what stands above a folder that was asked for. Those
// that ignore it, or a folder that it is in, do not count.
func (w *walker) above(p string) []pattern {
	ignores := slices.Clone(w.excludes)
	segments := domain(p)
	for n, name := range segments {
		ignores = append(ignores, patterns(w.root, path.Join(path.Join(segments[:n]...), ".gitignore"), segments[:n])...)
		if ignored(ignores, segments[:n], name, true) {
			ignores = slices.DeleteFunc(ignores, func(i pattern) bool { return i.Match(segments[:n+1], true) == gitignore.Exclude })
		}
	}
	return ignores
}

func domain(folder string) []string {
	if folder == "." {
		return nil
	}
	return strings.Split(folder, "/")
}

// folder yields what is in the folder p of the tree, which is name in another
// folder: the system looks up one name a step, not all above it again.
func (w *walker) folder(in *os.Root, name, p string, ignores []pattern) bool {
	if err := w.ctx.Err(); err != nil {
		return w.yield(Entry{}, err)
	}
	root, err := in.OpenRoot(filepath.FromSlash(name))
	if err != nil {
		return w.yield(failed(p, err), nil)
	}
	defer root.Close()
	entries, err := readDir(root)
	if err != nil {
		return w.yield(failed(p, err), nil)
	}
	segments := domain(p)
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".gitignore" }) {
		ignores = append(slices.Clip(ignores), patterns(root, ".gitignore", segments)...)
	}
	for _, e := range entries {
		full := path.Join(p, e.Name())
		if e.Name() == ".git" {
			continue
		}
		if ignored(ignores, segments, e.Name(), e.IsDir()) {
			w.ignored = true
			continue
		}
		if e.IsDir() {
			if !w.folder(root, e.Name(), full, ignores) {
				return false
			}
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since the folder was listed
		}
		if err != nil {
			if !w.yield(failed(full, err), nil) {
				return false
			}
			continue
		}
		if !w.file(full, info, w.folders.open) {
			return false
		}
	}
	return true
}

// open opens a file or folder to be read. What has become a pipe since it was
// listed does not have us wait for whoever writes to it; and for a file that is
// opened like this package os does not try whether it can be waited for, which
// takes five times as many calls of the system.
func open(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// readDir lists a folder by name.
func readDir(root *os.Root) ([]fs.DirEntry, error) {
	f, err := open(root, ".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// A folders keeps the folders open from which files were opened last: a tree is
// read folder by folder, and each is one step from the one above it. It is safe for
// concurrent use. It must not outlive the walk that it is for, since another folder
// may take the place of one that is kept open; those that are left are closed by the
// garbage collector.
type folders struct {
	root *os.Root
	mu   sync.Mutex
	kept []*keptFolder // the last used last
}

type keptFolder struct {
	path  string // without a slash at its end
	root  *os.Root
	users int
}

// maxFolders is how many folders are kept open: more than workers have in use,
// with those above them.
const maxFolders = 32

// open opens a file of the tree.
func (f *folders) open(name string) (*os.File, error) {
	dir, base := path.Split(filepath.ToSlash(name))
	if dir == "" {
		return open(f.root, base)
	}
	f.mu.Lock()
	folder, err := f.take(strings.TrimSuffix(dir, "/"))
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	file, err := open(folder.root, base)
	f.mu.Lock()
	folder.users--
	f.mu.Unlock()
	return file, err
}

// take gives a folder, opened and with one user more.
func (f *folders) take(dir string) (*keptFolder, error) {
	if i := slices.IndexFunc(f.kept, func(k *keptFolder) bool { return k.path == dir }); i >= 0 {
		folder := f.kept[i]
		f.kept = append(slices.Delete(f.kept, i, i+1), folder)
		folder.users++
		return folder, nil
	}
	above := f.root
	if i := strings.LastIndexByte(dir, '/'); i >= 0 {
		parent, err := f.take(dir[:i])
		if err != nil {
			return nil, err
		}
		parent.users--
		above = parent.root
	}
	root, err := above.OpenRoot(dir[strings.LastIndexByte(dir, '/')+1:])
	if err != nil {
		return nil, err
	}
	if len(f.kept) >= maxFolders && f.kept[0].users == 0 {
		f.kept[0].root.Close()
		f.kept = slices.Delete(f.kept, 0, 1)
	}
	folder := &keptFolder{path: dir, root: root, users: 1}
	f.kept = append(f.kept, folder)
	return folder, nil
}

// failed is an entry that cannot be loaded, and says why.
func failed(p string, err error) Entry {
	return Entry{Path: p, Size: -1, Load: func(context.Context) (*check.Document, error) { return nil, err }}
}

// file yields a file, which opens opens when it is loaded.
func (w *walker) file(p string, info fs.FileInfo, opens func(string) (*os.File, error)) bool {
	if w.linksInside(p, info) {
		return true
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return w.yield(failed(p, fmt.Errorf("%w: a symbolic link that points nowhere or out of the tree", ErrNotRegular)), nil)
	}
	if !info.Mode().IsRegular() {
		return w.yield(failed(p, fmt.Errorf("%w: %s", ErrNotRegular, info.Mode().Type())), nil)
	}
	return w.yield(Entry{Path: p, Size: info.Size(), Load: func(context.Context) (*check.Document, error) {
		return load(p, opens)
	}}, nil)
}

// linksInside reports whether a file is a symbolic link to something in the tree, which
// is judged under its own name.
func (w *walker) linksInside(p string, info fs.FileInfo) bool {
	if info.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	target, err := w.root.Stat(filepath.FromSlash(p))
	return err == nil && (target.Mode().IsRegular() || target.IsDir())
}

func load(p string, opens func(string) (*os.File, error)) (*check.Document, error) {
	f, err := opens(filepath.FromSlash(p))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s", ErrNotRegular, info.Mode().Type())
	}
	raw, err := readAll(f, info.Size())
	if err != nil {
		return nil, err
	}
	return NewDocument(p, raw, check.Revision{Kind: check.RevisionWorkTree}), nil
}

// readAll reads a regular file whose size is known, into a buffer that needs not
// grow unless the file has meanwhile: one byte more is where that would be seen.
func readAll(r io.Reader, size int64) ([]byte, error) {
	raw := make([]byte, 0, size+1)
	for {
		n, err := r.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		switch {
		case err == io.EOF, err == nil && int64(len(raw)) == size:
			return raw, nil
		case err != nil:
			return nil, err
		case len(raw) == cap(raw):
			raw = append(raw, 0)[:len(raw)]
		}
	}
}
