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

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/peercheck/peercheck/lib/check"
)

// ErrNotRegular is the error of loading what is no regular file of the tree: a
// device, a socket, or a symbolic link that leaves the tree or points nowhere.
var ErrNotRegular = errors.New("not a regular file")

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
		w := &walker{dir: d, ctx: ctx, yield: yield, excludes: d.excludes()}
		if d.paths == nil {
			w.folder(".", nil)
			return
		}
		for _, p := range withoutNested(d.paths) {
			if !w.named(p) {
				return
			}
		}
	}
}

// withoutNested drops paths that lie below another one, so that no file is
// judged twice.
func withoutNested(paths []string) []string {
	sorted := slices.Compact(slices.Sorted(slices.Values(paths)))
	return slices.DeleteFunc(sorted, func(p string) bool {
		return slices.ContainsFunc(sorted, func(q string) bool { return q != p && covers([]string{q}, p) })
	})
}

// excludes reads the patterns of .git/info/exclude (gitignore(5)).
func (d *dir) excludes() []gitignore.Pattern {
	return d.patterns(".git/info/exclude", nil)
}

func (d *dir) patterns(file string, domain []string) []gitignore.Pattern {
	data, err := d.root.ReadFile(file)
	if err != nil {
		return nil
	}
	var out []gitignore.Pattern
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			out = append(out, gitignore.ParsePattern(line, domain))
		}
	}
	return out
}

// A walker goes through the folder and yields entries until told to stop.
type walker struct {
	*dir
	ctx      context.Context
	yield    func(Entry, error) bool
	excludes []gitignore.Pattern
}

// named yields one path that was asked for by name, ignored or not.
func (w *walker) named(p string) bool {
	info, err := w.root.Lstat(filepath.FromSlash(p))
	switch {
	case err != nil:
		return w.yield(failed(p, err), nil)
	case info.IsDir():
		ignores := w.excludes
		for parent := range parents(p) {
			ignores = append(slices.Clip(ignores), w.patterns(path.Join(parent, ".gitignore"), domain(parent))...)
		}
		return w.folderIn(p, ignores)
	}
	return w.file(p, info)
}

// parents yields the folders above p, from the root down, without p.
func parents(p string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if p == "." || !yield(".") {
			return
		}
		for i := range p {
			if p[i] == '/' && !yield(p[:i]) {
				return
			}
		}
	}
}

func domain(folder string) []string {
	if folder == "." {
		return nil
	}
	return strings.Split(folder, "/")
}

func (w *walker) folder(p string, ignores []gitignore.Pattern) bool {
	if p == "." {
		ignores = w.excludes
	}
	return w.folderIn(p, ignores)
}

func (w *walker) folderIn(p string, ignores []gitignore.Pattern) bool {
	if err := w.ctx.Err(); err != nil {
		return w.yield(Entry{}, err)
	}
	ignores = append(slices.Clip(ignores), w.patterns(path.Join(p, ".gitignore"), domain(p))...)
	matcher := gitignore.NewMatcher(ignores)
	f, err := w.root.Open(filepath.FromSlash(p))
	if err != nil {
		return w.yield(failed(p, err), nil)
	}
	entries, err := f.ReadDir(-1)
	f.Close()
	if err != nil {
		return w.yield(failed(p, err), nil)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		full := path.Join(p, e.Name())
		if e.Name() == ".git" || len(ignores) > 0 && matcher.Match(strings.Split(full, "/"), e.IsDir()) {
			continue
		}
		if e.IsDir() {
			if !w.folderIn(full, ignores) {
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
		if !w.file(full, info) {
			return false
		}
	}
	return true
}

// failed is an entry that cannot be loaded, and says why.
func failed(p string, err error) Entry {
	return Entry{Path: p, Size: -1, Load: func(context.Context) (*check.Document, error) { return nil, err }}
}

func (w *walker) file(p string, info fs.FileInfo) bool {
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err := w.root.Stat(filepath.FromSlash(p)); err == nil && (target.Mode().IsRegular() || target.IsDir()) {
			return true // it stays in the tree, where its target is judged under its own name
		}
		return w.yield(failed(p, fmt.Errorf("%w: a symbolic link that points nowhere or out of the tree", ErrNotRegular)), nil)
	}
	if !info.Mode().IsRegular() {
		return w.yield(failed(p, fmt.Errorf("%w: %s", ErrNotRegular, info.Mode().Type())), nil)
	}
	return w.yield(Entry{Path: p, Size: info.Size(), Load: func(context.Context) (*check.Document, error) {
		return w.load(p)
	}}, nil)
}

func (d *dir) load(p string) (*check.Document, error) {
	f, err := d.root.Open(filepath.FromSlash(p))
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
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return NewDocument(p, raw, check.Revision{Kind: check.RevisionWorkTree}), nil
}
