// Package load reads Go packages with types from any tree of files: a folder,
// the Git index, a commit, or editor buffers over one of them.
//
// Make a [Loader] once and call [Loader.Load] or [Loader.Plan] for each state of
// the tree. What
// the tree itself holds (its modules, their vendor folders) is type-checked from
// source, so that exactly these bytes count (invariant 6); everything else comes
// as export data from the build cache, which the user's own Go toolchain is
// asked for. Without a toolchain types are partial, and a Notice says so.
//
// This differs from golang.org/x/tools/go/packages on purpose. That package asks
// the go command about a folder on disk, and lays an overlay over it; files that
// the index deleted and files that Git does not know leak in, each call costs a
// go list (0.2 s, and 2 s where a body was edited and export data is made anew),
// and the go command runs where a repository can tell it what to do. Here the go
// command sees copies of go.mod, go.sum and go.work in an empty folder, and is
// asked again only if these, or the set of imports, change.
package load

import (
	"cmp"
	"context"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
)

// Options configure a Loader. The zero value asks the go command on the PATH.
type Options struct {
	// Untrusted means that no toolchain runs at all: types are partial.
	Untrusted bool
	// Env is the environment for the go command, as in exec.Cmd; nil is that of
	// the process. It is sanitised (invariant 9) before use.
	Env []string
	// Tests includes _test.go files of the package itself.
	Tests bool
	// Budget is the time that one run of the go command may take; 0 means
	// DefaultBudget.
	Budget time.Duration
	// Cache keeps what the go command said, and what the files of a package
	// import; nil keeps it in memory only. It is not to be used where somebody
	// else can write to it.
	Cache *cache.Dir
	// Lean keeps less in memory between calls, for a process that is there all
	// day: each state of a package that is edited is one more to keep, and 10,000
	// of them would take 160 MB, a quarter of that with Lean.
	Lean bool
}

// DefaultBudget is one minute. With a warm build cache the go command answers in
// 0.2 to 0.6 s; with a cold one it compiles the dependencies first, which takes
// about 90 s for a large program, but is kept and continued by the next run.
// Someone who waits for a commit waits no longer than this.
const DefaultBudget = time.Minute

// A Request says what to load.
type Request struct {
	// Tree holds the files, read-only.
	Tree fs.FS
	// Dir is the absolute path of the folder that Tree stands for, if it is on
	// disk; "" otherwise. It is used only for modules that a go.mod replaces by
	// a folder outside the tree.
	Dir string
	// Folders are the slash-separated paths in Tree of the packages to load;
	// "." is the root.
	Folders []string
}

// A Result is what was loaded.
type Result struct {
	// Packages are those of the request, in dependency order: a package comes
	// after those that it imports. Folders without Go files for this platform
	// are left out.
	Packages []*Package
	// Notices say what is missing, sorted by path and message.
	Notices []check.Notice
}

// A Package is one Go package. It is not changed after Load.
type Package struct {
	*Unit
	// Fset has the positions of the package's own files alone: the position of an
	// object from another package is not known. Use PositionFor(pos, false): a
	// //line directive is not where the bytes are.
	Fset *token.FileSet
	// Files are the parsed files that the build constraints select, Documents
	// their sources, in the same order.
	Files     []*ast.File
	Documents []*check.Document
	// Layouts tell where the text of the files stands, in the same order: nil for one
	// whose positions count in its document. They are nil but for a [Draft].
	Layouts []*Layout
	// Types and Info are never nil, but incomplete where TypeErrors is not empty.
	Types      *types.Package
	Info       *types.Info
	Sizes      types.Sizes
	TypeErrors []types.Error
	Tier       check.Tier
	// Notices say what is wrong with the package.
	Notices []check.Notice
	// Transient means that something could not be read which Key stands for:
	// another Load may know more.
	Transient bool
}

// Load reads, parses and type-checks packages. The error is that of the
// context; everything else is a Notice. Who judges many packages uses
// [Loader.Plan], and needs not have them all in memory at once.
func (l *Loader) Load(ctx context.Context, req Request) (*Result, error) {
	plan, err := l.Plan(ctx, req)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	var requested []*Unit
	for _, u := range plan.Units {
		if u.Requested {
			requested = append(requested, u)
		}
	}
	res := &Result{Packages: make([]*Package, len(requested))}
	done := make(map[*Unit]chan struct{}, len(requested))
	for _, u := range requested {
		done[u] = make(chan struct{})
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	for i, u := range requested {
		g.Go(func() (err error) {
			defer close(done[u])
			for _, dep := range u.Imports {
				if ch := done[dep]; ch != nil { // so that its types are these
					<-ch
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			res.Packages[i], err = u.Load(ctx)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	res.Notices = plan.Notices()
	for _, p := range res.Packages {
		res.Notices = append(res.Notices, p.Notices...)
	}
	SortNotices(res.Notices)
	return res, nil
}

// SortNotices sorts by path and message.
func SortNotices(notices []check.Notice) {
	slices.SortStableFunc(notices, func(a, b check.Notice) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
}
