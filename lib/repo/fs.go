package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/source"
)

// treeFS is a tree as a file system: read-only, blobs read on demand. It does
// not follow symbolic links; opening one is source.ErrNotRegular. A submodule is
// an empty folder. Names that fs.ValidPath refuses are not in it.
type treeFS struct {
	ctx  context.Context // io/fs has no other way to be cancelled
	repo *Repo
	tree folders
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// lookup finds what stands at a name.
func (t *treeFS) lookup(op, name string) (treeEntry, error) {
	if !fs.ValidPath(name) {
		return treeEntry{}, pathError(op, name, fs.ErrInvalid)
	}
	if name == "." {
		return treeEntry{".", entry{mode: modeTree}}, nil
	}
	dir, base := path.Split(name)
	entries, ok, err := t.tree.list(t.ctx, strings.TrimSuffix(dir, "/"))
	if err != nil {
		return treeEntry{}, pathError(op, name, err)
	}
	if ok {
		if e, found := find(entries, base); found {
			return e, nil
		}
	}
	return treeEntry{}, pathError(op, name, fs.ErrNotExist)
}

func (t *treeFS) Open(name string) (fs.File, error) {
	e, err := t.lookup("open", name)
	if err != nil {
		return nil, err
	}
	info := fileInfo{e, t}
	if info.IsDir() {
		entries, err := t.ReadDir(name)
		if err != nil {
			return nil, err
		}
		return &openFolder{info, entries}, nil
	}
	content, err := t.content("open", name, e)
	if err != nil {
		return nil, err
	}
	return &openFile{bytes.NewReader(content), info}, nil
}

func (t *treeFS) content(op, name string, e treeEntry) ([]byte, error) {
	if !e.mode.regular() {
		return nil, pathError(op, name, source.ErrNotRegular)
	}
	content, err := t.repo.readBlob(t.ctx, e.id)
	if err != nil {
		return nil, pathError(op, name, err)
	}
	return content, nil
}

func (t *treeFS) ReadFile(name string) ([]byte, error) {
	e, err := t.lookup("read", name)
	if err != nil {
		return nil, err
	}
	return t.content("read", name, e)
}

func (t *treeFS) Stat(name string) (fs.FileInfo, error) {
	e, err := t.lookup("stat", name)
	if err != nil {
		return nil, err
	}
	return fileInfo{e, t}, nil
}

func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := t.lookup("readdir", name)
	if err != nil {
		return nil, err
	}
	if e.mode != modeTree && e.mode != modeGitlink {
		return nil, pathError("readdir", name, errors.New("not a folder"))
	}
	dir := name
	if dir == "." {
		dir = ""
	}
	entries, _, err := t.tree.list(t.ctx, dir)
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	out := make([]fs.DirEntry, 0, len(entries))
	for _, e := range entries {
		// A hostile tree may hold any name.
		if e.name != "." && e.name != ".." && e.name != "" && !strings.Contains(e.name, "/") && utf8.ValidString(e.name) {
			out = append(out, fs.FileInfoToDirEntry(fileInfo{e, t}))
		}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// readBlob reads a blob whole.
func (r *Repo) readBlob(ctx context.Context, id ID) ([]byte, error) {
	kind, content, err := r.store.read(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", id.Short(), err)
	}
	if kind != "blob" {
		return nil, fmt.Errorf("object %s is a %s, not a blob", id.Short(), kind)
	}
	return content, nil
}

type fileInfo struct {
	e  treeEntry
	fs *treeFS
}

func (i fileInfo) Name() string       { return i.e.name }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i fileInfo) Sys() any           { return nil }

// Size asks Git, so that listing a folder does not; 0 if it cannot say.
func (i fileInfo) Size() int64 {
	if !i.e.mode.regular() {
		return 0
	}
	_, size, err := i.fs.repo.store.stat(i.fs.ctx, i.e.id)
	if err != nil {
		return 0
	}
	return size
}

func (i fileInfo) Mode() fs.FileMode {
	switch i.e.mode & modeType {
	case modeTree, modeGitlink:
		return fs.ModeDir | 0o555
	case modeSymlink:
		return fs.ModeSymlink | 0o777
	case modeRegular:
		return 0o444 | fs.FileMode(i.e.mode&0o111)
	}
	return fs.ModeIrregular
}

type openFile struct {
	*bytes.Reader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type openFolder struct {
	info    fileInfo
	entries []fs.DirEntry
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }
func (f *openFolder) Read([]byte) (int, error) {
	return 0, pathError("read", f.info.Name(), errors.New("is a folder"))
}

func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(f.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(f.entries) {
		n = len(f.entries)
	}
	out := f.entries[:n]
	f.entries = f.entries[n:]
	return out, nil
}
