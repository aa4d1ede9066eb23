// Package source brings bytes in. A [Source] lists the documents that are to be
// judged and gives the tree that they stand in; [Dir] reads a folder, [Files]
// a set of documents in memory, and [Overlay] lays editor buffers over another
// source. Sources that read Git (the index, a commit) are made by package repo.
package source

import (
	"context"
	"io/fs"
	"iter"

	"github.com/peercheck/peercheck/lib/check"
)

// A Source is a tree of files, some or all of which are to be judged. Its
// methods are safe for concurrent use.
type Source interface {
	// Entries yields what is to be judged, in any order, each path once. An
	// error ends the sequence and means that the source cannot be read at all;
	// what is wrong with one file is the error of its Load.
	Entries(context.Context) iter.Seq2[Entry, error]

	// FS is the whole tree, read-only, rooted where the documents' paths are
	// rooted. Files which are not judged are in it too: package and project
	// checks read them. It implements fs.StatFS, fs.ReadDirFS and fs.ReadFileFS.
	FS() fs.FS

	// Kind says what the documents are; it becomes their Revision.Kind.
	Kind() check.RevisionKind
}

// An Entry is one file that is to be judged.
type Entry struct {
	// Path is slash-separated and relative to the source's root.
	Path string
	// Named is the longest path of [Only] by which it was asked for: its own, or that
	// of a folder that it is in; "" if the whole source is judged, and for the buffers of
	// an [Overlay], which nobody names.
	Named string
	// Size is in bytes, -1 if not known before loading.
	Size int64
	// Load reads the file. Its errors: ErrNotRegular for what is no regular
	// file, ErrIgnored, fs.ErrNotExist, fs.ErrPermission and others of reading.
	Load func(context.Context) (*check.Document, error)
}

// An OnDisk source stands in a real folder, which a Go toolchain may be run in
// to find the packages that the tree does not hold itself.
type OnDisk interface {
	// Dir is the absolute path of the root.
	Dir() string
}

// A Change is a tree together with the trees that it came from: the index and
// HEAD, or a pushed tip and what the remote has. Package repo makes them.
type Change struct {
	// Head is the tree after the change. Its Entries are the changed files that
	// exist in it; its FS is the whole tree.
	Head Source
	// Bases are the parents, in order; none for a first commit. Their FS is the
	// whole tree before the change; their Entries are not used.
	Bases []Source
	// Files are the changed files, deleted ones included, sorted by path. A file
	// that is the same as in any base is not changed (so a clean merge has none).
	Files []FileChange
}

// A FileChange is one changed file of a Change.
type FileChange struct {
	// Path is the file in Head, "" if it was deleted.
	Path string
	// BasePaths gives, for each base, the path of the same file there: another
	// one if it was renamed, "" if the base does not have it.
	BasePaths []string
}
