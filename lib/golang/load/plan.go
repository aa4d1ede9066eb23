package load

import (
	"context"
	"fmt"
	"go/types"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/purpose"
)

// A Plan is what a request comes to: which packages there are, how they depend on
// each other, and what identifies each, before any of them is type-checked. Call
// [Plan.Close] at the end.
type Plan struct {
	// Units are the packages of the request and those of the tree's modules that
	// these import, be it through others, in dependency order. Vendored packages
	// are not among them, nor are folders without Go files for this platform.
	Units []*Unit

	run *run
}

// A Unit is a package that can be loaded.
type Unit struct {
	// Folder is the path in the tree; ImportPath "" if there is no module.
	Folder     string
	ImportPath string
	// ModulePath is the path of the module, "" if there is none.
	ModulePath string
	// GoVersion is that of the module ("go1.26"), "" if not known.
	GoVersion string
	// Trial says that the program or library is there to test, to show or to develop something, by the name of its module, or the README
	// of its module, or the one beside a package main. It is no part of Key, which identifies the package.
	Trial bool
	// Aside says that the package is a program that stands below the folder of a module that is published, with a license, and that
	// nothing in the module, or above it, says how it is run for others, such as a Dockerfile. It is no part of Key.
	Aside bool
	// Requested tells a package of the request from one that is imported.
	Requested bool
	// Key identifies all that the package and its types are made of: its files,
	// what can be seen of the packages that it imports, the Go version, the
	// platform and the build tags. It means the same to every Loader.
	Key cache.Key
	// Imports are those of the packages that it imports that are units too.
	Imports []*Unit

	run  *run
	node *node
}

// Plan finds the packages of a request. The error is that of the context.
func (l *Loader) Plan(ctx context.Context, req Request) (*Plan, error) {
	r := l.begin(req)
	p := &Plan{run: r}
	if err := r.graph(ctx); err != nil {
		p.Close()
		return nil, err
	}
	readmes, deployments, publications := readmes{}, deployments{}, publications{}
	for _, n := range r.order {
		r.keys(n)
		r.enter(n)
		if !n.whole || len(n.sources) == 0 {
			continue
		}
		u := &Unit{Folder: n.folder, ImportPath: n.path, Requested: n.requested, Key: n.key, run: r, node: n}
		if n.module != nil {
			u.ModulePath = n.module.path
			if n.module.goVersion != "" {
				u.GoVersion = "go" + n.module.goVersion
			}
		}
		u.Trial = n.external == nil && (purpose.ShowsModule(u.ModulePath) || readmes.trial(n.fsys, n.home()) || n.name == "main" && readmes.trial(n.fsys, n.folder))
		u.Aside = n.name == "main" && n.requested && n.module != nil && n.folder != n.module.folder && publications.of(n.fsys, n.module.folder) && !deployments.of(n.fsys, n.module.folder, n.folder)
		for _, path := range n.imports {
			if dep := n.deps[path]; dep != nil && dep.unit != nil {
				u.Imports = append(u.Imports, dep.unit)
			}
		}
		n.unit = u
		p.Units = append(p.Units, u)
	}
	return p, nil
}

// home is the folder of the package's module; without one, that of the tree, as of a repository from before there were modules.
func (n *node) home() string {
	if n.module == nil {
		return "."
	}
	return n.module.folder
}

// Close lets go of what the plan has kept from being dropped.
func (p *Plan) Close() { p.run.end(p.run) }

// Notices say what of the request could not be read or found. Those about types
// are in each Package. Call it when all that is needed was loaded.
func (p *Plan) Notices() []check.Notice {
	notices := slices.Clone(p.run.notices)
	var elsewhere []string
	for _, n := range p.run.order {
		if n.requested {
			notices = append(notices, n.notices...)
			elsewhere = append(elsewhere, n.elsewhere...)
		}
	}
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		c := p.run.toolchain.context
		notices = append(notices, check.Notice{Kind: check.NoticeLeftOut, Effect: check.EffectNone, Message: fmt.Sprintf(
			"Go files that are not built for %s/%s with these build tags, which the checks of packages did not see: %s; set GOOS, GOARCH or GOFLAGS=-tags to judge them",
			c.GOOS, c.GOARCH, some(elsewhere))})
	}
	if notice, ok := p.run.toolchainNotice(); ok {
		notices = append(notices, notice)
	}
	SortNotices(notices)
	return notices
}

// some gives a few of a list of names.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Documents are the sources of the files that the build constraints select, in
// the order of Package.Files.
func (u *Unit) Documents() []*check.Document {
	var documents []*check.Document
	for _, s := range u.node.sources {
		if p, ok := u.run.parses.peek(parseKey{s.digest, true}, u.run.generation); ok {
			documents = append(documents, p.document)
		} else {
			documents = append(documents, s.document())
		}
	}
	return documents
}

// Types are those that the packages which import this one see. They are nil
// unless one of these, or this one, was loaded.
func (u *Unit) Types() *types.Package {
	u.node.entry.mu.Lock()
	defer u.node.entry.mu.Unlock()
	return u.node.entry.types
}

// Load parses and type-checks the package, and as much as need be of those that
// it imports. The result belongs to the caller: the Loader does not keep it. The
// error is that of the context.
func (u *Unit) Load(ctx context.Context) (*Package, error) {
	pkg, _, err := u.load(ctx, false)
	return pkg, err
}

// load is Load. The types are the caller's own if nobody who imports the package is
// to share them.
func (u *Unit) load(ctx context.Context, own bool) (*Package, *typed, error) {
	t, err := u.run.whole(ctx, u.node, own)
	if err != nil {
		return nil, nil, err
	}
	pkg := &Package{
		Unit: u, Fset: t.fset, Types: t.types, Info: t.info, TypeErrors: t.errors,
		Sizes: types.SizesFor("gc", u.run.toolchain.context.GOARCH),
	}
	for _, f := range t.files {
		pkg.Files = append(pkg.Files, f.file)
		pkg.Documents = append(pkg.Documents, f.document)
	}
	pkg.finish(t)
	return pkg, t, nil
}

// finish says how much is known about a package.
func (p *Package) finish(t *typed) {
	switch {
	case t.crash != "":
		p.Tier = check.TierText
	case t.clean:
		p.Tier = check.TierTyped
	default:
		p.Tier = check.TierPartial
	}
	p.Notices = nil
	r, n := p.run, p.node
	if notice, ok := t.notice(n, func(path string) bool { return r.isMissing(n, path) }); ok {
		p.Notices = []check.Notice{notice}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Transient = len(r.unreadable) > 0
}
