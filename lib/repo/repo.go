// Package repo reads Git repositories: what is staged, what a commit holds, what
// is about to be pushed. It only ever reads: it takes no lock, uses no network and
// runs nothing that a repository names (invariants 8 and 9).
//
// There are two backends, which are tested against each other: the git program's
// plumbing commands, and go-git's low-level storage with our own reader of the
// index, package index ([Options].Native).
//
// Start with [Open] and [Repo.Staged]. Every error means that something could
// not be read: it is never "nothing found". What is wrong with a single blob is
// the error of that entry's Load.
package repo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// Errors to test for.
var (
	// ErrNotRepository: the folder is in no Git repository.
	ErrNotRepository = errors.New("not a Git repository")
	// ErrMissing: an object or a revision is not in this repository: a typing
	// error, a partial or shallow clone, or a broken repository. It is never
	// fetched.
	ErrMissing = errors.New("not present in this repository")
	// ErrNeedsGit: a repository, or a question, that only the git program can deal
	// with, which was not to be used or is not installed.
	ErrNeedsGit = errors.New("only the git program can read this, and it is not used or not installed")
	// ErrUnmerged: a path has a merge conflict and so no staged content.
	ErrUnmerged = errors.New("the path has an unresolved merge conflict")
)

// Options say which repository to open. Only Dir is required.
type Options struct {
	// Dir is the absolute path of a folder in the work tree, or of a bare
	// repository.
	Dir string
	// Env is the environment as in exec.Cmd ("KEY=value"); nil means an empty
	// one. Git's own variables count: GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE,
	// GIT_OBJECT_DIRECTORY and the others that a hook is given. A relative path
	// in them is relative to Dir.
	Env []string
	// Bare takes Dir itself for a bare repository, unless GIT_DIR is set. It has
	// to be asked for, because one can be planted in a work tree with a
	// configuration of its own (git-config(1), safe.bareRepository).
	Bare bool
	// Native reads without the git program and asks it only for what cannot be
	// read otherwise: SHA-256 and reftable repositories, unknown extensions. For
	// editors, which may have no git. Otherwise it is the other way round, since
	// git is faster with a large history and is there whenever a hook runs.
	Native bool
	// Git is the program to run; empty finds "git" along PATH in Env.
	Git string
}

// An ID is the name of an object in lower-case hexadecimal: 40 digits in a SHA-1
// repository, 64 in a SHA-256 one. "" is no object.
type ID string

// Zero reports whether the ID is empty or all zeros, Git's name for "no object".
func (id ID) Zero() bool { return strings.Trim(string(id), "0") == "" }

// Short is the first 10 digits, for messages.
func (id ID) Short() string { return string(id[:min(len(id), 10)]) }

// ParseID reads an object ID.
func ParseID(s string) (ID, error) {
	if !isID(s) {
		return "", fmt.Errorf("%q is no object ID", s[:min(len(s), 100)])
	}
	return ID(s), nil
}

// isID reports whether s is an object name of either length.
func isID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// A Repo is an open repository. It is safe for concurrent use. Close it.
type Repo struct {
	layout
	store store
}

// layout is where the parts of a repository lie; all paths are absolute.
type layout struct {
	gitDir    string // of this work tree: HEAD, index, MERGE_HEAD
	commonDir string // shared by all work trees: objects, refs, config
	root      string // top of the work tree; "" for a bare repository
	hexLen    int    // digits of an object ID: 40 or 64
}

// store is a backend: how objects, the index and references are read.
type store interface {
	// resolve gives the ID that a revision names, after peeling it to kind
	// ("commit", "tree") where kind is not empty. ErrMissing if there is none.
	resolve(ctx context.Context, rev, kind string) (ID, error)
	// unborn reports whether HEAD names a branch that has no commit yet.
	unborn(ctx context.Context) (bool, error)
	// stat gives the kind and the size in bytes of an object without reading it.
	stat(ctx context.Context, id ID) (kind string, size int64, err error)
	// read gives an object whole.
	read(ctx context.Context, id ID) (kind string, content []byte, err error)
	// diffIndex compares the index with a tree; "" is the empty tree, which
	// lists the index. Entries that are only intended to be added are not there.
	diffIndex(ctx context.Context, tree ID) ([]change, error)
	// commits lists a span, parents before children; Exclude holds only commits
	// that are present.
	commits(ctx context.Context, span Span) ([]Commit, error)
	// blobs lists the blobs of a span.
	blobs(ctx context.Context, span Span) (map[ID]bool, error)
	// weigh counts the blobs of a span and their bytes.
	weigh(ctx context.Context, span Span) (blobs, bytes int64, err error)
	// changes compares commits with their parents: one map by path for each
	// parent, one with everything for a commit without any. What is the same as
	// in one parent may be left out.
	changes(ctx context.Context, commits []Commit, visit func(Commit, []map[string]change) error) error
	// packOrder lists all objects in the order in which they are stored; nil if
	// there is no better order than any.
	packOrder(ctx context.Context) ([]ID, error)
	// independent leaves out the commits that others reach.
	independent(ctx context.Context, commits []ID) ([]ID, error)
	// config gives the settings whose key matches a regular expression, in order.
	config(ctx context.Context, keys string) ([]setting, error)
	// blame says who wrote lines of a file.
	blame(ctx context.Context, commit ID, path string, first, last int) ([]BlamedLine, error)
	// hooksDir is the folder that Git looks for hooks in.
	hooksDir(ctx context.Context, l layout) (string, error)
	close() error
}

// Open finds the repository that Dir is in and gets ready to read it. The error
// is ErrNotRepository where there is none, and otherwise what Git said.
func Open(ctx context.Context, opts Options) (*Repo, error) {
	if opts.Native {
		r, err := open(openNative(opts))
		if !errors.Is(err, ErrNeedsGit) {
			return r, err
		}
		asked, err2 := open(locateGit(ctx, opts))
		if err2 != nil {
			return nil, errors.Join(err, err2)
		}
		return asked, nil
	}
	r, err := open(locateGit(ctx, opts))
	if errors.Is(err, exec.ErrNotFound) {
		return open(openNative(opts))
	}
	return r, err
}

func open[S store](l layout, s S, err error) (*Repo, error) {
	if err != nil {
		return nil, err
	}
	return &Repo{layout: l, store: s}, nil
}

// Close ends what Open began. Sources made from the repository can not be read
// any more.
func (r *Repo) Close() error { return r.store.close() }

// Root is the absolute path of the top of the work tree, "" for a bare repository.
func (r *Repo) Root() string { return r.root }

// GitDir is the absolute path of the folder with this work tree's HEAD and index.
func (r *Repo) GitDir() string { return r.gitDir }

// CommonDir is the absolute path of the folder that all work trees share; the
// same as GitDir where there is only one.
func (r *Repo) CommonDir() string { return r.commonDir }

// HooksDir is the absolute path of the folder in which Git looks for this work
// tree's hooks, which need not exist.
func (r *Repo) HooksDir(ctx context.Context) (string, error) { return r.store.hooksDir(ctx, r.layout) }

// hookDir is the folder that Git runs hooks in.
func (l layout) hookDir() string { return cmp.Or(l.root, l.gitDir) }

// Resolve gives the ID of the commit that a revision names (gitrevisions(7)).
// errors.Is(err, ErrMissing) if it names none.
func (r *Repo) Resolve(ctx context.Context, rev string) (ID, error) {
	return r.store.resolve(ctx, rev, "commit")
}

// readGitFile reads a small file of the Git folder; fs.ErrNotExist if it is not
// there. It does not follow links out of the folder (invariant 13).
func (r *Repo) readGitFile(name string) (string, error) {
	root, err := os.OpenRoot(r.gitDir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return string(b), err
}

// mergeHeads gives the commits that a merge in progress brings in, usually none.
func (r *Repo) mergeHeads(ctx context.Context) ([]ID, error) {
	text, err := r.readGitFile("MERGE_HEAD")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading MERGE_HEAD: %w", err)
	}
	var ids []ID
	for _, field := range strings.Fields(text) {
		if !isID(field) {
			return nil, errors.New("reading MERGE_HEAD: it holds something else than object IDs")
		}
		id, err := r.store.resolve(ctx, field, "commit")
		if err != nil {
			return nil, fmt.Errorf("reading MERGE_HEAD: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
