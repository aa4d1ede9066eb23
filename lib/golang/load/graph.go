package load

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
)

// A node is a package that is loaded from source: one of the tree, or one
// outside of it that has no export data.
type node struct {
	workspace *workspace
	exports   *exports
	fsys      fs.FS
	folder    string
	external  *external // nil for a package of the tree
	path      string    // import path, "" if there is no module
	module    *module   // nil if there is none
	requested bool
	whole     bool // with function bodies

	name    string
	sources []*source
	around  cache.Key // see keys
	surface cache.Key
	key     cache.Key
	unit    *Unit
	notices []check.Notice
	// elsewhere are the files that the build constraints leave out.
	elsewhere []string
	imports   []string         // sorted
	deps      map[string]*node // those of the imports that are nodes
	entry     *entry
	index     int // Tarjan's numbers, from 1
	low       int
	onStack   bool
}

// A run is one call of Load.
type run struct {
	*Loader
	req        Request
	tree       *tree
	generation int
	toolchain  *toolchain
	workspaces map[string]*workspace // by the folder of go.mod
	nodes      map[nodeKey]*node
	order      []*node // dependencies first
	notices    []check.Notice

	prepared sync.Once
	held     []*exports // that this run looks at; see prepare

	mu         sync.Mutex
	unreadable []string // export data; see lost
}

type nodeKey struct {
	workspace *workspace
	folder    string // or the absolute path of an external one
}

// graph finds all packages that have to be loaded from source, and asks the go
// command for all others that they import.
func (r *run) graph(ctx context.Context) (err error) {
	if r.toolchain, err = r.toolchainFor(ctx, r.req.Dir); err != nil {
		return err
	}
	var frontier []*node
	for _, folder := range r.req.Folders {
		folder = path.Clean(folder)
		if !fs.ValidPath(folder) {
			r.notices = append(r.notices, check.Notice{Kind: check.NoticeUnreadable, Path: folder,
				Effect: check.EffectNotJudged, Message: "is no path in the tree"})
			continue
		}
		w := r.workspaceFor(folder)
		n, added := r.node(w, folder)
		n.requested, n.whole = true, true
		if added {
			frontier = append(frontier, n)
		}
	}
	var scanned []*node
	for len(frontier) > 0 {
		for len(frontier) > 0 {
			if err := r.scan(ctx, frontier); err != nil {
				return err
			}
			scanned = append(scanned, frontier...)
			frontier = r.follow(frontier)
		}
		// All of the tree is known that the tree itself imports. What stands
		// outside may have no export data, and be a node, too.
		missing := map[*exports][]string{}
		for _, n := range scanned {
			for _, p := range n.imports {
				if n.deps[p] == nil && p != "unsafe" {
					missing[n.exports] = append(missing[n.exports], p)
				}
			}
		}
		for e, paths := range missing {
			if err := e.ask(ctx, paths); err != nil {
				return err
			}
		}
		for _, n := range scanned {
			for _, p := range n.imports {
				if n.deps[p] != nil || p == "unsafe" {
					continue
				}
				if x := n.exports.get(p); x != nil && x.Export == "" && x.Dir != "" && len(x.GoFiles)+len(x.CgoFiles) > 0 {
					dep, added := r.externalNode(n, x)
					n.deps[p] = dep
					if added {
						frontier = append(frontier, dep)
					}
				}
			}
		}
	}
	r.sort()
	return ctx.Err()
}

// workspaceFor finds the workspace of a folder.
func (r *run) workspaceFor(folder string) *workspace {
	root := r.tree.moduleOf(folder)
	w := r.workspaces[root]
	if w == nil {
		w = r.tree.workspaceOf(root, r.toolchain.vendoring)
		for _, other := range r.workspaces {
			if w.work && other.work {
				w = other // the one of go.work
			}
		}
		r.workspaces[root] = w
	}
	return w
}

// node gives the node of a folder of the tree.
func (r *run) node(w *workspace, folder string) (n *node, added bool) {
	key := nodeKey{w, folder}
	if n = r.nodes[key]; n != nil {
		return n, false
	}
	n = &node{workspace: w, exports: r.exportsFor(w), fsys: r.tree.fs, folder: folder, deps: map[string]*node{}}
	n.path, n.module = w.importPath(folder)
	r.nodes[key] = n
	return n, true
}

// externalNode gives the node of a package outside the tree that a node imports.
func (r *run) externalNode(from *node, x *external) (n *node, added bool) {
	key := nodeKey{from.workspace, x.Dir}
	if n = r.nodes[key]; n != nil {
		return n, false
	}
	n = &node{workspace: from.workspace, exports: from.exports, fsys: os.DirFS(x.Dir), folder: ".",
		external: x, path: x.ImportPath, deps: map[string]*node{}, module: &module{path: x.ImportPath}}
	if x.Module != nil {
		n.module.goVersion = x.Module.GoVersion
	}
	r.nodes[key] = n
	return n, true
}

// scan reads the files of nodes, in parallel.
func (r *run) scan(ctx context.Context, nodes []*node) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, n := range nodes {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			r.scanNode(n)
			return nil
		})
	}
	return g.Wait()
}

// scanNode reads the files of one folder and selects those of its package.
func (r *run) scanNode(n *node) {
	entries, err := fs.ReadDir(n.fsys, n.folder)
	if err != nil && n.requested {
		n.notices = append(n.notices, check.Notice{Kind: check.NoticeUnreadable, Path: n.folder,
			Effect: check.EffectNotJudged, Message: "the folder cannot be read: " + err.Error()})
	}
	var sources []*source
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case !strings.HasSuffix(name, ".go") || entry.IsDir() || name[0] == '_' || name[0] == '.':
			continue
		case isTest(name) && !(n.requested && r.opts.Tests):
			continue
		case n.external != nil && !slices.Contains(n.external.GoFiles, name) && !slices.Contains(n.external.CgoFiles, name):
			continue
		}
		s, notice := r.readSource(n.fsys, n.folder, entry)
		if notice != nil {
			n.notices = append(n.notices, *notice)
			continue
		}
		sources = append(sources, s)
	}
	r.readHeaders(sources, n.whole)
	var others []string
	for _, s := range sources {
		switch {
		case !s.Matches:
			n.elsewhere = append(n.elsewhere, s.path)
			continue
		case s.Deep:
			n.notices = append(n.notices, check.Notice{Kind: check.NoticeSyntax, Path: s.path, Effect: check.EffectDegraded,
				Message: "is nested too deeply (more than 500 brackets or 5,000 operators): left out of its package"})
			continue
		case s.Name == "" || s.Name == "_":
			n.notices = append(n.notices, check.Notice{Kind: check.NoticeSyntax, Path: s.path, Effect: check.EffectDegraded,
				Message: "has no package clause: left out of its package"})
			continue
		case isTest(s.path) && strings.HasSuffix(s.Name, "_test"):
			continue // a package of its own
		case n.name == "":
			n.name = s.Name
		case n.name != s.Name:
			others = append(others, s.path)
			continue
		}
		n.sources = append(n.sources, s)
		n.imports = append(n.imports, s.Imports...)
	}
	if len(others) > 0 {
		n.notices = append(n.notices, check.Notice{Kind: check.NoticeTypes, Path: n.folder, Effect: check.EffectDegraded,
			Message: fmt.Sprintf("holds package %s and others; left out: %s", n.name, strings.Join(others, ", "))})
	}
	slices.Sort(n.imports)
	n.imports = slices.Compact(n.imports)
}

// follow gives the new nodes that nodes import.
func (r *run) follow(nodes []*node) (frontier []*node) {
	for _, n := range nodes {
		for _, p := range n.imports {
			if p == "unsafe" {
				continue
			}
			if folder, m, ok := n.workspace.resolve(p); ok {
				dep, added := r.node(n.workspace, folder)
				n.deps[p] = dep
				dep.whole = dep.whole || !m.vendored
				if added {
					frontier = append(frontier, dep)
				}
			}
		}
	}
	return frontier
}

// sort orders the nodes so that dependencies come first (Tarjan's strongly
// connected components). An import within a component is part of an import
// cycle, and is left out.
func (r *run) sort() {
	nodes := make([]*node, 0, len(r.nodes))
	for _, n := range r.nodes {
		nodes = append(nodes, n)
	}
	slices.SortFunc(nodes, func(a, b *node) int {
		if c := strings.Compare(a.folder, b.folder); c != 0 {
			return c
		}
		if c := strings.Compare(a.workspace.root, b.workspace.root); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	index := 0
	var stack []*node
	var visit func(n *node)
	visit = func(n *node) {
		index++
		n.index, n.low, n.onStack = index, index, true
		stack = append(stack, n)
		for _, p := range n.imports {
			dep := n.deps[p]
			switch {
			case dep == nil:
			case dep.index == 0:
				visit(dep)
				n.low = min(n.low, dep.low)
			case dep.onStack:
				n.low = min(n.low, dep.index)
			}
		}
		if n.low != n.index {
			return
		}
		i := slices.Index(stack, n)
		component := stack[i:]
		stack = stack[:i:i]
		for _, m := range component {
			m.onStack = false
			for p, dep := range m.deps {
				if slices.Contains(component, dep) {
					m.deps[p] = nil
				}
			}
		}
		slices.SortFunc(component, func(a, b *node) int { return strings.Compare(a.folder, b.folder) })
		r.order = append(r.order, component...)
	}
	for _, n := range nodes {
		if n.index == 0 {
			visit(n)
		}
	}
}

// keys finds what identifies a node whose dependencies have theirs: what it is made
// of besides its files; its surface, which is all that the types of those that import it depend on, and for who is
// loaded with function bodies the whole.
func (r *run) keys(n *node) {
	around, surface, whole := cache.NewHash("around"), cache.NewHash("surface"), cache.NewHash("whole")
	add := func(values ...any) {
		around.Add(values...)
		surface.Add(values...)
		whole.Add(values...)
	}
	modulePath, goVersion := "", ""
	if n.module != nil {
		modulePath, goVersion = n.module.path, n.module.goVersion
	}
	add(r.toolchain.identity, n.path, n.folder, n.name, modulePath, goVersion)
	for _, p := range n.imports {
		dep, isNode := n.deps[p]
		switch {
		case isNode && dep == nil:
			add("cycle", p)
		case isNode:
			add("source", p, dep.surface)
		default:
			add("export", p, n.exports.contentID(p))
		}
	}
	n.around = around.Key()
	for _, s := range n.sources {
		if !isTest(s.path) {
			surface.Add(s.Surface[:])
		}
		whole.Add(s.digest[:])
	}
	n.surface = surface.Key()
	n.key = whole.Key()
}
