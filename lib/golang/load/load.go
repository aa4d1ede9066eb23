// Package load reads Go packages with types from any tree of files: a folder,
// the Git index, a commit, or editor buffers over one of them.
//
// Make a [Loader] once and call [Loader.Load] for each state of the tree. What
// the tree itself holds (its modules, their vendor folders) is type-checked from
// source, so that exactly these bytes count (invariant 6); everything else comes
// as export data from the build cache, which the user's own Go toolchain is
// asked for. Without a toolchain types are partial, and a Notice says so.
package load

import (
	"context"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"

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
}

// A Loader loads packages and keeps what stays the same between calls: parsed
// files by content, export data, types of dependencies. It is safe for
// concurrent use.
type Loader struct{ opts Options }

// New makes a Loader.
func New(opts Options) *Loader { return &Loader{opts: opts} }

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
	// Notices say what is missing.
	Notices []check.Notice
}

// A Package is one Go package. It is not changed after Load.
type Package struct {
	// Folder is the path in the tree; ImportPath "" if there is no module.
	Folder     string
	ImportPath string
	Fset       *token.FileSet
	// Files are the parsed files that the build constraints select, Documents
	// their sources, in the same order.
	Files     []*ast.File
	Documents []*check.Document
	// Types and Info are never nil, but incomplete where TypeErrors is not empty.
	Types      *types.Package
	Info       *types.Info
	Sizes      types.Sizes
	TypeErrors []types.Error
	// GoVersion is that of the module ("go1.26"), "" if not known.
	GoVersion string
	Tier      check.Tier
}

// Load reads, parses and type-checks packages. The error is that of the
// context; everything else is a Notice.
func (l *Loader) Load(ctx context.Context, req Request) (*Result, error) {
	panic("not written yet")
}
