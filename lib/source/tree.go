package source

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
)

// treeFS is a file system of documents in memory, laid over a base. A document
// hides the base's file of the same path.
type treeFS struct {
	base    fs.FS // nil for none
	files   map[string]*check.Document
	folders map[string]map[string]bool // folder -> names in it, for files alone
}

func newTreeFS(base fs.FS, docs []*check.Document) *treeFS {
	t := &treeFS{base: base, files: map[string]*check.Document{}, folders: map[string]map[string]bool{".": {}}}
	for _, d := range docs {
		if !fs.ValidPath(d.Path) {
			continue // cannot be named through an fs.FS; it is still an Entry
		}
		t.files[d.Path] = d
		for name := d.Path; name != "."; {
			dir := path.Dir(name)
			if t.folders[dir] == nil {
				t.folders[dir] = map[string]bool{}
			}
			t.folders[dir][path.Base(name)] = true
			name = dir
		}
	}
	return t
}

func (t *treeFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if d, ok := t.files[name]; ok {
		return &docFile{Reader: bytes.NewReader(d.Content), info: docInfo{d}}, nil
	}
	if _, ok := t.folders[name]; ok {
		entries, err := t.ReadDir(name)
		if err != nil {
			return nil, err
		}
		info, err := t.Stat(name)
		if err != nil {
			return nil, err
		}
		return &folderFile{info: info, entries: entries}, nil
	}
	if t.base != nil {
		return t.base.Open(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Document gives the document behind a name, or nil if the base has the file.
func (t *treeFS) Document(name string) *check.Document { return t.files[name] }

func (t *treeFS) ReadFile(name string) ([]byte, error) {
	if d, ok := t.files[name]; ok {
		return slices.Clone(d.Content), nil
	}
	if t.base != nil {
		return fs.ReadFile(t.base, name)
	}
	return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
}

func (t *treeFS) Stat(name string) (fs.FileInfo, error) {
	if d, ok := t.files[name]; ok {
		return docInfo{d}, nil
	}
	if t.base != nil {
		if info, err := fs.Stat(t.base, name); err == nil {
			return info, nil
		} else if _, ok := t.folders[name]; !ok {
			return nil, err
		}
	}
	if _, ok := t.folders[name]; ok {
		return folderInfo(path.Base(name)), nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	names, mine := t.folders[name]
	merged := map[string]fs.DirEntry{}
	if t.base != nil {
		entries, err := fs.ReadDir(t.base, name)
		if err != nil && !(mine && errors.Is(err, fs.ErrNotExist)) {
			return nil, err
		}
		for _, e := range entries {
			merged[e.Name()] = e
		}
	} else if !mine {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	for n := range names {
		full := path.Join(name, n)
		if d, ok := t.files[full]; ok {
			merged[n] = fs.FileInfoToDirEntry(docInfo{d})
		} else if merged[n] == nil {
			merged[n] = fs.FileInfoToDirEntry(folderInfo(n))
		}
	}
	return slices.SortedFunc(maps.Values(merged), func(a, b fs.DirEntry) int {
		return strings.Compare(a.Name(), b.Name())
	}), nil
}

type docInfo struct{ d *check.Document }

func (i docInfo) Name() string       { return path.Base(i.d.Path) }
func (i docInfo) Size() int64        { return int64(len(i.d.Content)) }
func (i docInfo) Mode() fs.FileMode  { return 0o444 }
func (i docInfo) ModTime() time.Time { return time.Time{} }
func (i docInfo) IsDir() bool        { return false }
func (i docInfo) Sys() any           { return nil }

type folderInfo string

func (i folderInfo) Name() string       { return string(i) }
func (i folderInfo) Size() int64        { return 0 }
func (i folderInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (i folderInfo) ModTime() time.Time { return time.Time{} }
func (i folderInfo) IsDir() bool        { return true }
func (i folderInfo) Sys() any           { return nil }

type docFile struct {
	*bytes.Reader
	info docInfo
}

func (f *docFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *docFile) Close() error               { return nil }

type folderFile struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

func (f *folderFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *folderFile) Close() error               { return nil }
func (f *folderFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.Name(), Err: errors.New("is a folder")}
}

func (f *folderFile) ReadDir(n int) ([]fs.DirEntry, error) {
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
