package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
)

// What a Loader keeps at most between calls, beyond what the last one used.
const (
	keptHeaders = 16 << 20 // bytes
	keptEntries = 64 << 20 // bytes
	keptExports = 8        // skeletons; each has 10 to 40 MB of types
	// keptSyntax is in bytes of source, whose trees take ten times as much: those
	// of a large package in several versions, or of a module like x/tools.
	keptSyntax = 8 << 20
	// keptStates is how many states of a file or package a lean Loader keeps besides
	// those just used: there are those of HEAD, of the disk and of before the last
	// edit, a file being parsed with comments and without. What was typed over is
	// hardly ever asked for again.
	keptStates = 6
)

// heapOfTypes is the heap that the types of a package take, in bytes for a byte
// of source: measured over golang.org/x/tools.
const heapOfTypes = 3

// A Loader loads packages and keeps what stays the same between calls: parsed
// files by content, export data, types of dependencies. It is safe for
// concurrent use.
type Loader struct {
	opts Options
	fset *token.FileSet // of export data

	headers store[headerKey, *header]
	parses  store[parseKey, *parsed]
	entries store[entryKey, *entry]
	exports store[exportsKey, *exports]

	mu         sync.Mutex
	generation int
	active     map[int]bool // generations that run
	toolchains map[string]*toolchain
	nextID     int
}

type headerKey struct {
	toolchain string
	digest    digest
}

type exportsKey struct {
	toolchain *toolchain
	skeleton  digest
}

// New makes a Loader.
func New(opts Options) *Loader {
	l := &Loader{opts: opts, fset: token.NewFileSet(), active: map[int]bool{}, toolchains: map[string]*toolchain{}}
	l.fset.AddFile("", exportBase, 0)
	l.headers.limit, l.entries.limit, l.exports.limit = keptHeaders, keptEntries, keptExports
	l.parses.limit, l.parses.strict = keptSyntax, true
	if opts.Lean {
		// Not less syntax: a large package has 1 MB, and is parsed anew each time if
		// there is no room for it. The rest of what the last call used stays anyway.
		l.headers.limit, l.entries.limit, l.parses.limit = keptHeaders/16, keptEntries/16, keptSyntax*3/16
		l.headers.states, l.parses.states, l.entries.states = keptStates, keptStates, keptStates
	}
	return l
}

// Refresh makes the next Load ask the go command anew. Call it when something
// changed that no tree shows: modules were downloaded, or Go was installed.
func (l *Loader) Refresh() {
	l.mu.Lock()
	clear(l.toolchains)
	l.mu.Unlock()
	l.exports.clear()
}

func (l *Loader) begin(req Request) *run {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.generation++
	l.active[l.generation] = true
	return &run{
		Loader: l, req: req, generation: l.generation,
		tree:       &tree{fs: req.Tree, dir: req.Dir, dirs: map[string][]fs.DirEntry{}},
		workspaces: map[string]*workspace{},
		nodes:      map[nodeKey]*node{},
	}
}

// end drops what has not been used for longest.
func (l *Loader) end(r *run) {
	for _, e := range r.held {
		e.judging.RUnlock()
	}
	r.held = nil
	l.mu.Lock()
	delete(l.active, r.generation)
	oldest := l.generation + 1
	for g := range l.active {
		oldest = min(oldest, g)
	}
	// What the last Load used stays: the next one is likely to be much the same.
	oldest = min(oldest, l.generation)
	l.mu.Unlock()
	l.headers.sweep(oldest)
	l.parses.sweep(oldest)
	l.entries.sweep(oldest)
	l.exports.sweep(oldest)
}

// toolchainFor gives the toolchain for trees that stand for a folder.
func (l *Loader) toolchainFor(ctx context.Context, dir string) (*toolchain, error) {
	l.mu.Lock()
	t := l.toolchains[dir]
	l.mu.Unlock()
	if t != nil {
		return t, nil
	}
	t, err := newToolchain(ctx, l.opts, dir)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if other := l.toolchains[dir]; other != nil {
		return other, nil
	}
	l.toolchains[dir] = t
	return t, nil
}

// exportsFor gives the packages outside the tree as a workspace sees them.
func (r *run) exportsFor(w *workspace) *exports {
	if w.exports == nil {
		files, root := w.skeleton, w.root
		if w.vendor != nil || files[path.Join(root, "go.mod")] == nil && files["go.work"] == nil {
			// Only the standard library is outside the tree, or can be found.
			files, root = nil, ""
		}
		h := sha256.New()
		fmt.Fprintf(h, "%q\n", root)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(h, "%q %d\n%s", name, len(files[name]), files[name])
		}
		w.exports = r.Loader.exports.get(exportsKey{r.toolchain, digest(h.Sum(nil))}, root, r.generation, func() (*exports, int) {
			r.Loader.mu.Lock()
			defer r.Loader.mu.Unlock()
			r.nextID++
			return newExports(r.nextID, r.toolchain.atLeast(w.toolchain), root, files, w.leaves, r.fset), 1
		})
	}
	return w.exports
}
