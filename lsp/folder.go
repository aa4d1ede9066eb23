package lsp

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
)

// A folder is a tree that documents are judged in: a workspace folder, a Go
// module outside of them, or nothing but the document itself.
type folder struct {
	// dir is the absolute path, "" for documents that are judged alone.
	dir string
	// tree reads dir; opened when it is first needed.
	tree func() source.Source
	// turn lets one typed analysis at a time run in the folder: they share what
	// is loaded, and two at once would only slow each other down.
	turn chan struct{}

	stale   atomic.Bool // the configuration is to be read again
	history history
	// unsettled means that something was saved since the cache was settled.
	unsettled atomic.Bool
	loaded    atomic.Bool // Go packages have been loaded once

	mu     sync.Mutex // guards the rest; held while the disk is read; locked before server.mu
	engine *engine
	loader *load.Loader
	cache  *golang.Cache
	trust  bool // of loader
}

// An engine is what judges the documents of a folder. It is not changed once
// made.
type engine struct {
	quick, full scanner // the checks of single documents, and all checks
	config      *config.Config
	checks      []*check.Check // that the configuration asks for
	// problem is what is wrong with the newest configuration; config and checks
	// are the last good ones then.
	problem *config.Error
	day     string // the day for which ignore comments are judged
}

// keptFacts is what is kept in memory of what was found out about Go packages, in
// bytes: a little more than x/tools has. Each pause in typing adds a state of a
// package, and 10,000 of them must not be felt.
const keptFacts = 5 << 20

// keptStates is of how many states of a Go package that is kept: those of HEAD and of
// the disk, and the last ones that were typed. Undo goes no further at once.
const keptStates = 6

// keptDrafts is how many Go packages of a folder are kept with their types: people go to and
// fro between the one that they write and one that it needs. Each takes 40 times its source.
const keptDrafts = 2

// A scanner is a *scan.Scanner.
type scanner interface {
	Scan(context.Context, source.Source) (*check.Report, error)
}

func newFolder(dir string) *folder {
	return &folder{
		dir:     dir,
		tree:    sync.OnceValue(func() source.Source { return source.Dir(dir) }),
		turn:    make(chan struct{}, 1),
		history: history{turn: make(chan struct{}, 1)},
	}
}

// addFolder puts a folder in its place in a list that has the longest path first.
func (s *server) addFolder(folders []*folder, u uri.URI) []*folder {
	if !u.IsFile() {
		s.logf("the workspace folder %s is not on disk; its files are judged one by one", u)
		return folders
	}
	dir := filepath.Clean(u.FsPath())
	for _, f := range folders {
		if f.dir == dir {
			return folders
		}
	}
	folders = append(slices.Clone(folders), newFolder(dir))
	slices.SortFunc(folders, func(a, b *folder) int { return len(b.dir) - len(a.dir) })
	return folders
}

func (s *server) didChangeWorkspaceFolders(p *protocol.DidChangeWorkspaceFoldersParams) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, gone := range p.Event.Removed {
		dir := filepath.Clean(gone.URI.FsPath())
		s.folders = slices.DeleteFunc(slices.Clone(s.folders), func(f *folder) bool { return f.dir == dir })
	}
	for _, added := range p.Event.Added {
		s.folders = s.addFolder(s.folders, added.URI)
	}
	s.touchWorkspaceLocked()
	for _, b := range s.buffers {
		if place := s.placeOfLocked(b); place.folder != b.place.folder {
			b.place = place
			b.doc = b.snapshot(b.doc.Content)
			s.judgeLocked(b)
		}
	}
}

// placeLocked finds the workspace folder of a document: of nested ones, the
// innermost.
func (s *server) placeLocked(u uri.URI) place {
	if !u.IsFile() {
		return place{folder: s.alone, path: nameOf(u)}
	}
	file := filepath.Clean(u.FsPath())
	for _, f := range s.folders {
		if rel, ok := below(f.dir, file); ok {
			return place{folder: f, path: rel, file: file}
		}
	}
	return place{path: filepath.Base(file), file: file}
}

// below gives the slash-separated path of a file in a folder.
func below(dir, file string) (string, bool) {
	if !strings.HasSuffix(dir, string(filepath.Separator)) {
		dir += string(filepath.Separator)
	}
	rel, ok := strings.CutPrefix(file, dir)
	return filepath.ToSlash(rel), ok && rel != ""
}

// settleStray finds the place of a document outside the workspace folders: its
// Go module if there is one above it, nowhere otherwise. It reads the disk.
func (s *server) settleStray(p place) place {
	for dir := filepath.Dir(p.file); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && info.Mode().IsRegular() {
			rel, ok := below(dir, p.file)
			if !ok {
				break
			}
			return place{folder: s.stray(dir), path: rel, file: p.file}
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return place{folder: s.alone, path: p.path, file: p.file}
}

// stray gives the folder of a module outside the workspace folders.
func (s *server) stray(dir string) *folder {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strays[dir] == nil {
		s.strays[dir] = newFolder(dir)
	}
	return s.strays[dir]
}

// source is the tree of a folder with its open buffers laid over it, of which
// the documents at paths are to be judged. Alone, a document is the whole tree.
func (f *folder) source(open []*check.Document, judged ...*check.Document) source.Source {
	if f.dir == "" {
		return source.Files(judged...)
	}
	paths := make([]string, len(judged))
	for i, d := range judged {
		paths[i] = d.Path
	}
	return source.Only(source.Overlay(f.tree(), slices.Concat(open, judged)...), paths...)
}

// engineFor gives what judges the folder's documents, made anew if the
// configuration, trust or the day changed.
func (s *server) engineFor(f *folder) (*engine, error) {
	trusted := s.trusted(f.dir)
	day := s.now().Format("2006-01-02")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.unsettled.Swap(false) && f.cache != nil {
		f.cache.Settle()
	}
	if stale := f.stale.Swap(false); f.engine != nil && !stale && f.trust == trusted && f.engine.day == day {
		return f.engine, nil
	}
	if f.loader == nil || f.trust != trusted {
		f.loader, f.trust = load.New(load.Options{Untrusted: !trusted, Env: s.opts.Env, Cache: s.opts.Cache, Lean: true}), trusted
		f.cache = &golang.Cache{Disk: s.opts.Cache, Kept: keptFacts, States: keptStates, Drafts: keptDrafts}
	}
	e := &engine{day: day, checks: s.opts.Checks}
	if f.engine != nil {
		e.config, e.checks = f.engine.config, f.engine.checks
	}
	cfg, checks, err := s.configuration(f)
	switch {
	case err == nil:
		if e.config == nil || !bytes.Equal(cfg.Source(), e.config.Source()) {
			e.config, e.checks = cfg, checks
			for _, c := range checks {
				s.checks.Store(c.ID, c)
			}
		}
	case !errors.As(err, &e.problem):
		e.problem = &config.Error{Path: config.FileName, Message: err.Error()}
	}
	options := scan.Options{Checks: e.checks, Config: e.config, Loader: f.loader, Cache: f.cache, Now: s.now()}
	options.Kinds = []check.Kind{check.KindDocument}
	if e.quick, err = s.newScanner(options); err != nil {
		return nil, err
	}
	options.Kinds = []check.Kind{check.KindDocument, check.KindPackage, check.KindProject}
	if e.full, err = s.newScanner(options); err != nil {
		return nil, err
	}
	f.engine = e
	return e, nil
}

// configuration reads the folder's configuration, as it stands in the open
// buffers, and gives the checks that it asks for. It must be called after
// f.stale was reset, so that no edit is missed.
func (s *server) configuration(f *folder) (*config.Config, []*check.Check, error) {
	tree := source.Files()
	if f.dir != "" {
		tree = source.Overlay(f.tree(), s.openIn(f, "")...)
	}
	cfg, err := config.Read(tree.FS())
	if err != nil || s.opts.ChecksFor == nil {
		return cfg, s.opts.Checks, err
	}
	checks, err := s.opts.ChecksFor(cfg)
	return cfg, checks, err
}

// configuring reports whether a path is that of a file which configures.
func configuring(path string) bool {
	return path == config.FileName || path == config.GitleaksFile || path == config.GitleaksIgnoreFile
}

// trusted says whether a toolchain may run in a folder.
func (s *server) trusted(dir string) bool {
	s.mu.Lock()
	set := s.set.Trusted
	s.mu.Unlock()
	switch {
	case set != nil:
		return *set
	case s.opts.Trusted != nil && dir != "":
		return s.opts.Trusted(dir)
	}
	return true
}

func (s *server) didChangeWatchedFiles(p *protocol.DidChangeWatchedFilesParams) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touchWorkspaceLocked()
	touched := map[*folder]bool{}
	for _, change := range p.Changes {
		place := s.placeLocked(change.URI)
		if place.folder == nil {
			continue
		}
		if configuring(place.path) {
			place.folder.stale.Store(true)
		}
		touched[place.folder] = true
		if strings.HasPrefix(place.path, ".git/") {
			place.folder.history.stale.Store(true)
		}
	}
	for _, b := range s.buffers {
		if touched[b.place.folder] {
			s.judgeLocked(b)
		}
	}
}
