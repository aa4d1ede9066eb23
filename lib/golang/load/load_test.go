package load_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// tree makes a tree from a txtar archive.
func tree(archive string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// describe loads folders and gives one line a package and one a notice.
func describe(t *testing.T, l *load.Loader, req load.Request) string {
	t.Helper()
	res, err := l.Load(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range res.Packages {
		var names []string
		for i, d := range p.Documents {
			if got := p.Fset.PositionFor(p.Files[i].Package, false).Filename; got != d.Path {
				t.Errorf("file %d is %s, its document %s", i, got, d.Path)
			}
			names = append(names, strings.TrimPrefix(d.Path, p.Folder+"/"))
		}
		fmt.Fprintf(&b, "%s %q %s %s %s\n", p.Folder, p.ImportPath, p.Types.Name(), p.Tier, strings.Join(names, ","))
	}
	for _, n := range res.Notices {
		fmt.Fprintf(&b, "%s %s: %s\n", n.Kind, n.Effect, n)
	}
	return b.String()
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// The go command that runs is the real one.
func TestLoad(t *testing.T) {
	for _, test := range []struct {
		name, tree, folders string
		opts                load.Options
		want                string
	}{
		{name: "module", folders: "a b", tree: `
-- go.mod --
module example.com/m

go 1.22
-- a/a.go --
package a

import (
	"fmt"

	"example.com/m/b"
)

func A() { fmt.Println(b.B) }
-- b/b.go --
package b

const B = 1
-- b/b_test.go --
package b

var x int = ""
`, want: `
b "example.com/m/b" b typed b.go
a "example.com/m/a" a typed a.go
`},
		{name: "no module", folders: ".", tree: `
-- a.go --
package a

import "strings"

var X = strings.ToUpper("x")
`, want: `. "" a typed a.go`},
		{name: "no module, and a dependency", folders: ".", tree: `
-- a.go --
package a

import "example.com/dep"

var X = dep.X
`, want: `
. "" a partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/dep); there is no go.mod, so only the standard library is found
`},
		{name: "module in a folder below, and a nested one", folders: "sub sub/nested", tree: `
-- sub/go.mod --
module example.com/sub
-- sub/a.go --
package sub

import "example.com/sub/nested"

var X = nested.X
-- sub/nested/go.mod --
module example.com/other
-- sub/nested/n.go --
package nested

var X int
`, want: `
sub "example.com/sub" sub partial a.go
sub/nested "example.com/other" nested typed n.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/sub/nested); run go mod download, or go get if go.mod does not require them
`},
		{name: "go.work", folders: "a b c", tree: `
-- go.work --
go 1.22

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.22
-- a/a.go --
package a

import "example.com/b"

var X = b.X
-- b/go.mod --
module example.com/b

go 1.22
-- b/b.go --
package b

import "os"

var X = os.Args
-- c/go.mod --
module example.com/c

go 1.22
-- c/c.go --
package c

import "example.com/b"

var X = b.X
`, want: `
b "example.com/b" b typed b.go
a "example.com/a" a typed a.go
c "example.com/c" c partial c.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/b); run go mod download, or go get if go.mod does not require them
`},
		{name: "vendor", folders: ".", tree: `
-- go.mod --
module example.com/m

go 1.22

require example.com/dep v1.0.0
-- a.go --
package m

import (
	"net/http"

	"example.com/dep/sub"
)

var X http.Handler = sub.X
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit; go 1.20
example.com/dep/sub
-- vendor/example.com/dep/sub/sub.go --
package sub

import "net/http"

var X http.Handler = http.NotFoundHandler()
`, want: `. "example.com/m" m typed a.go`},
		{name: "vendor before go 1.14 does not count", folders: ".", tree: `
-- go.mod --
module example.com/m

go 1.13
-- a.go --
package m

import "example.com/dep"

var X = dep.X
-- vendor/modules.txt --
# example.com/dep v1.0.0
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep

var X int
`, want: `
. "example.com/m" m partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/dep); run go mod download, or go get if go.mod does not require them
`},
		{name: "vendor switched off by the user", folders: ".", opts: load.Options{Env: with("GOFLAGS=-mod=readonly")}, tree: `
-- go.mod --
module example.com/m

go 1.22
-- a.go --
package m

import _ "example.com/dep"
-- vendor/modules.txt --
# example.com/dep v1.0.0
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep
`, want: `
. "example.com/m" m partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/dep); run go mod download, or go get if go.mod does not require them
`},
		{name: "replaced by a folder of the tree", folders: "app", tree: `
-- app/go.mod --
module example.com/app

go 1.22

require (
	example.com/lib v1.0.0
	example.com/old v1.0.0
)

replace example.com/lib => ../lib

replace example.com/old v1.9.0 => ../old
-- app/a.go --
package app

import (
	"example.com/lib/deep"
	"example.com/old"
)

var X int = deep.X + old.X
-- lib/go.mod --
module example.com/fork/of/lib

go 1.22
-- lib/deep/deep.go --
package deep

import "example.com/lib"

var X = lib.X
-- lib/lib.go --
package lib

var X int
-- old/go.mod --
module example.com/old
-- old/old.go --
package old

var X int
`, want: `
app "example.com/app" app partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (example.com/old); run go mod download, or go get if go.mod does not require them
`},
		{name: "type error", folders: ".", tree: `
-- go.mod --
module example.com/m
-- a.go --
package m

var s string = 1

func f() { g("secret"); var n int = "secret" }
`, want: `
. "example.com/m" m partial a.go
types degraded: a.go:3:16: 4 type errors in the package; the first: cannot use 1 (untyped int constant) as string value in variable declaration
`},
		{name: "a literal in a type error", folders: ".", tree: `
-- a.go --
package m

var n int = "secret" + ` + "`secret`" + `
`, want: `
. "" m partial a.go
types degraded: a.go:3:13: type error: cannot use "…" + "…" (untyped string constant "…") as int value in variable declaration
`},
		{name: "a literal in a syntax error", folders: ".", tree: `
-- a.go --
package m

var n = 1 "secret"
`, want: `
. "" m partial a.go
syntax degraded: a.go:3:11: syntax error: expected ';', found "…"
`},
		{name: "a broken dependency of the tree", folders: "a c", tree: `
-- go.mod --
module example.com/m
-- a/a.go --
package a

import "example.com/m/b"

var A = b.B
-- b/b.go --
package b

var B undefined
-- c/c.go --
package c

import "example.com/m/b"

func A() { b.C() }
`, want: `
a "example.com/m/a" a partial a.go
c "example.com/m/c" c partial c.go
types degraded: c/c.go:5:14: type error: undefined: b.C
`},
		{name: "cgo", folders: ".", opts: load.Options{Env: with("CGO_ENABLED=1")}, tree: `
-- a.go --
package m

// int f(void);
import "C"

func F() int { return int(C.f()) }
-- b.go --
package m

func G() {}
`, want: `. "" m partial a.go,b.go`},
		{name: "cgo switched off", folders: ".", opts: load.Options{Env: with("CGO_ENABLED=0")}, tree: `
-- a.go --
package m

import "C"
-- b.go --
package m

func G() {}
`, want: `
. "" m typed b.go
left-out none: Go files that are not built for HOST with these build tags, which the checks of packages did not see: a.go; set GOOS, GOARCH or GOFLAGS=-tags to judge them
`},
		{name: "build tags", folders: ".", opts: load.Options{Env: with("GOFLAGS=-tags=wanted,other")}, tree: `
-- a.go --
package m

var X = Y
-- with.go --
//go:build wanted

package m

var Y = 1
-- without.go --
//go:build !wanted

package m

var Y = ""
-- race.go --
//go:build race

package m

var Y = ""
-- ignored.go --
//go:build ignore

package main
`, want: `
. "" m typed a.go,with.go
left-out none: Go files that are not built for HOST with these build tags, which the checks of packages did not see: ignored.go, race.go, without.go; set GOOS, GOARCH or GOFLAGS=-tags to judge them
`},
		{name: "the tags of -race", folders: ".", opts: load.Options{Env: with("GOFLAGS=-race", "CGO_ENABLED=1")}, tree: `
-- race.go --
//go:build race

package m
`, want: `. "" m typed race.go`},
		{name: "operating system and processor", folders: ".", opts: load.Options{Env: with("GOOS=windows", "GOARCH=arm64", "CGO_ENABLED=0")}, tree: `
-- a_windows.go --
package m

import "syscall"

var X syscall.Handle
-- a_windows_arm64.go --
package m
-- a_linux.go --
package m
-- a_amd64.go --
package m
`, want: `
. "" m typed a_windows.go,a_windows_arm64.go
left-out none: Go files that are not built for windows/arm64 with these build tags, which the checks of packages did not see: a_amd64.go, a_linux.go; set GOOS, GOARCH or GOFLAGS=-tags to judge them
`},
		{name: "test files", folders: "a b", opts: load.Options{Tests: true}, tree: `
-- go.mod --
module example.com/m
-- a/a.go --
package a

import "example.com/m/c"

var _ = c.X
-- a/a_test.go --
package a

import "testing"

func TestA(t *testing.T) {}
-- a/x_test.go --
package a_test
-- b/b_test.go --
package b
-- c/c.go --
package c

var X int
-- c/c_test.go --
package c

var X string
`, want: `
a "example.com/m/a" a typed a.go,a_test.go
b "example.com/m/b" b typed b_test.go
`},
		{name: "import cycle", folders: "a b c", tree: `
-- go.mod --
module example.com/m
-- a/a.go --
package a

import "example.com/m/b"

var A = b.B
-- b/b.go --
package b

import "example.com/m/a"

var B = a.A
-- c/c.go --
package c

import _ "example.com/m/c"
`, want: `
a "example.com/m/a" a partial a.go
b "example.com/m/b" b partial b.go
c "example.com/m/c" c partial c.go
types degraded: a/a.go:3:8: type error: could not import example.com/m/b (import cycle)
types degraded: b/b.go:3:8: type error: could not import example.com/m/a (import cycle)
types degraded: c/c.go:3:10: type error: could not import example.com/m/c (import cycle)
`},
		{name: "generics", folders: ".", tree: `
-- go.mod --
module example.com/m

go 1.24
-- a.go --
package m

import "sync/atomic"

type List[P any] struct { next *List[P]; value P }

func (l *List[P]) Len() int { if l == nil { return 0 }; return 1 + l.next.Len() }

type Set[P comparable] = map[P]struct{}

var l = List[atomic.Pointer[int]]{}
var n = l.Len()
var s Set[string]
`, want: `. "example.com/m" m typed a.go`},
		{name: "the language version of the module", folders: ".", tree: `
-- go.mod --
module example.com/m

go 1.17
-- a.go --
package m

type List[P any] []P
`, want: `
. "example.com/m" m partial a.go
types degraded: a.go:3:11: 2 type errors in the package; the first: type parameter requires go1.18 or later
`},
		{name: "a module for a future Go", folders: ".", tree: `
-- go.mod --
module example.com/m

go 1.999
-- a.go --
package m

import "fmt"

var _ = fmt.Sprint
`, want: `. "example.com/m" m typed a.go`},
		{name: "broken syntax", folders: ".", tree: `
-- a.go --
package m

func F() {
	x.
}

func G() {}
-- b.go --
not go
-- c.go --
package m

var X int = "\xff\xfe"
-- d.go --

`, want: `
. "" m partial a.go,c.go
syntax degraded: a.go:5:1: syntax error: expected selector or type assertion, found '}'
syntax degraded: b.go: has no package clause: left out of its package
syntax degraded: d.go: has no package clause: left out of its package
`},
		{name: "several packages in a folder", folders: ".", tree: `
-- a.go --
package a
-- b.go --
package b
-- c.go --
package a
-- d.go --
package documentation
`, want: `
. "" a typed a.go,c.go
left-out none: Go files that are not built for HOST with these build tags, which the checks of packages did not see: d.go; set GOOS, GOARCH or GOFLAGS=-tags to judge them
types degraded: .: holds package a and others; left out: b.go
`},
		{name: "a command that is imported", folders: "b", tree: `
-- go.mod --
module example.com/m
-- a/a.go --
package main

var X int

func main() {}
-- b/b.go --
package b

import a "example.com/m/a"

var X = a.X
`, want: `b "example.com/m/b" b typed b.go`},
		{name: "a go.mod that does not parse", folders: ".", tree: `
-- go.mod --
module example.com/m

requires example.com/dep v1.0.0
-- a.go --
package m

import (
	"fmt"

	"example.com/m/sub"
)

var _ = fmt.Sprint(sub.X)
-- sub/sub.go --
package sub

var X int
`, want: `
. "example.com/m" m typed a.go
no-toolchain degraded: go.mod:3: unknown directive: requires
`},
		{name: "the standard library", folders: "a vendor/golang.org/x/c", tree: `
-- go.mod --
module std

go 1.26
-- a/a.go --
package a

import (
	"errors/b"

	"golang.org/x/c"
)

var X int = b.X + c.X
-- errors/b/b.go --
package b

var X int
-- vendor/modules.txt --
# golang.org/x/c v1.0.0
## explicit; go 1.20
golang.org/x/c
-- vendor/golang.org/x/c/c.go --
package c

var X int
`, want: `
vendor/golang.org/x/c "golang.org/x/c" c typed c.go
a "a" a typed a.go
`},
		{name: "imports that are none", folders: ".", tree: `
-- a.go --
package m

import (
	"fmt"

	_ "-toolexec=x"
	_ "..."
	_ "./b"
	_ "/etc"
	_ "all"
	_ "std"
	_ "example.com/a b"
)

var _ = fmt.Sprint
`, want: `
. "" m partial a.go
no-toolchain degraded: 5 imported packages are not found, so types are incomplete (..., ./b, /etc, ...); there is no go.mod, so only the standard library is found
types degraded: a.go:6:4: 2 type errors in the package; the first: invalid import path (invalid character U+003D '=')
`},
		{name: "no such folder", folders: "nowhere ../outside", tree: "-- a.go --\npackage a\n", want: `
unreadable not-judged: ../outside: is no path in the tree
unreadable not-judged: nowhere: the folder cannot be read: open nowhere: file does not exist
`},
		{name: "no Go files for this platform", folders: ".", tree: "-- a_plan9.go --\npackage a\n",
			want: "left-out none: Go files that are not built for HOST with these build tags, which the checks of packages did not see: a_plan9.go; set GOOS, GOARCH or GOFLAGS=-tags to judge them"},
		{name: "not trusted", folders: ".", opts: load.Options{Untrusted: true}, tree: `
-- go.mod --
module example.com/m
-- a.go --
package m

import (
	"fmt"

	"example.com/m/b"
)

var X = b.X

func F() { fmt.Println() }
-- b/b.go --
package b

var X int
`, want: `
. "example.com/m" m partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (fmt); no Go toolchain runs on code that is not trusted
`},
		{name: "no go command", folders: ".", opts: load.Options{Env: []string{"PATH=/nonexistent:relative"}}, tree: `
-- a.go --
package m

import "fmt"

var X = fmt.Sprint()
`, want: `
. "" m partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (fmt); no go command is on the PATH; install Go from https://go.dev/dl/
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, describe(t, load.New(test.opts), load.Request{Tree: tree(test.tree), Folders: strings.Fields(test.folders)}),
				strings.ReplaceAll(test.want, "HOST", runtime.GOOS+"/"+runtime.GOARCH))
		})
	}
}

// with gives the environment of the process with more variables.
func with(vars ...string) []string { return append(os.Environ(), vars...) }

// write puts a txtar archive into a folder.
func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A replacement that lies outside the tree is read from where it is on disk.
func TestReplacedByAFolderOutsideTheTree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `
-- tree/go.mod --
module example.com/m

go 1.22

require example.com/dep v1.0.0

replace example.com/dep => ../dep
-- tree/a.go --
package m

import "example.com/dep"

var X string = dep.X
-- dep/go.mod --
module example.com/dep

go 1.22
-- dep/dep.go --
package dep

var X = "x"
`)
	root := filepath.Join(dir, "tree")
	req := load.Request{Tree: os.DirFS(root), Dir: root, Folders: []string{"."}}
	expect(t, describe(t, load.New(load.Options{}), req), `. "example.com/m" m typed a.go`)
	req.Dir = ""
	got := describe(t, load.New(load.Options{}), req)
	if !strings.Contains(got, `. "example.com/m" m partial a.go`) || !strings.Contains(got, "example.com/dep") {
		t.Errorf("without a place on disk:\n%s", got)
	}
}

// A package outside the tree that imports one of the tree has no export data, as
// the go command does not see the tree. It is loaded from source.
func TestOutsidePackageImportsTheTree(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `
-- tree/go.mod --
module example.com/m

go 1.22

require (
	example.com/api v1.0.0
	example.com/dep v1.0.0
)

replace example.com/dep => ../dep

replace example.com/api => ./api
-- tree/a.go --
package m

import (
	"example.com/api"
	"example.com/dep"
)

var X *api.T = dep.New()
-- tree/api/go.mod --
module example.com/api

go 1.22
-- tree/api/api.go --
package api

type T struct{}
-- dep/go.mod --
module example.com/dep

go 1.22

require example.com/api v1.0.0
-- dep/dep.go --
package dep

import (
	"os"

	"example.com/api"
)

var Args = os.Args

func New() *api.T { return nil }
`)
	root := filepath.Join(dir, "tree")
	req := load.Request{Tree: os.DirFS(root), Dir: root, Folders: []string{"."}}
	expect(t, describe(t, load.New(load.Options{}), req), `. "example.com/m" m typed a.go`)
}

// Only the tree counts (invariant 6): not what else is in its folder on disk.
func TestTheDiskDoesNotLeakIn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `
-- go.mod --
module example.com/disk
-- a.go --
package m

var A = "disk"
-- deleted.go --
package m

var B = "disk"
-- untracked/u.go --
package untracked
-- go.work --
go 1.22

use .
-- vendor/modules.txt --
# example.com/dep v1.0.0
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep
`)
	index := tree(`
-- go.mod --
module example.com/index

go 1.22
-- a.go --
package m

import (
	_ "example.com/dep"
	_ "example.com/index/untracked"
)

var A int = 1
var C = B
`)
	got := describe(t, load.New(load.Options{}), load.Request{Tree: index, Dir: dir, Folders: []string{"."}})
	expect(t, got, `
. "example.com/index" m partial a.go
no-toolchain degraded: 2 imported packages are not found, so types are incomplete (example.com/dep, example.com/index/untracked); run go mod download, or go get if go.mod does not require them
types degraded: a.go:9:9: type error: undefined: B
`)
}

func TestSymbolicLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, `
-- tree/a.go --
package m
-- tree/b.txt --
package m
-- out.go --
package m
`)
	for name, target := range map[string]string{"link.go": "b.txt", "folder.go": ".", "dangling.go": "nothing", "out.go": "../out.go"} {
		if err := os.Symlink(target, filepath.Join(dir, "tree", name)); err != nil {
			t.Skip(err)
		}
	}
	root, err := os.OpenRoot(filepath.Join(dir, "tree"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	got := describe(t, load.New(load.Options{}), load.Request{Tree: root.FS(), Folders: []string{"."}})
	for _, want := range []string{
		`. "" m typed a.go,link.go`,
		"unreadable not-judged: dangling.go: cannot be read",
		"not-regular degraded: folder.go: no regular file",
		"unreadable not-judged: out.go: cannot be read",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestLimits(t *testing.T) {
	fsys := tree("-- a.go --\npackage m\n")
	fsys["deep.go"] = &fstest.MapFile{Data: []byte("package m\n\nvar x = " + strings.Repeat("(", 200_000))}
	fsys["sum.go"] = &fstest.MapFile{Data: []byte("package m\n\nvar x = 1" + strings.Repeat("+1", 4_000))}
	fsys["huge.go"] = &fstest.MapFile{Data: []byte("package m\n\n" + strings.Repeat("// x\n", 3<<20))}
	got := describe(t, load.New(load.Options{}), load.Request{Tree: fsys, Folders: []string{"."}})
	expect(t, got, `
. "" m typed a.go,sum.go
syntax degraded: deep.go: is nested too deeply (more than 500 brackets or 5,000 operators): left out of its package
too-large degraded: huge.go: 15728651 bytes: Go files over 10485760 are not parsed
`)
}

// A Loader is used by many at once, and types of packages that Loads share are
// the same objects.
func TestConcurrentLoads(t *testing.T) {
	l := load.New(load.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				src := fmt.Sprintf(`
-- go.mod --
module example.com/m
-- a/a.go --
package a

import (
	"net/http"

	"example.com/m/b"
	"example.com/m/c"
)

var X http.Handler = b.H
var Y b.T%d = c.T
-- b/b.go --
package b

import "net/http"

type T%d struct{ http.Server }

var H http.Handler
-- c/c.go --
package c

import "example.com/m/b"

var T b.T%d
`, j%3, j%3, j%3)
				folders := [][]string{{"a"}, {"a", "b"}, {"a", "b", "c"}}[i%3]
				res, err := l.Load(t.Context(), load.Request{Tree: tree(src), Folders: folders})
				if err != nil {
					t.Error(err)
					return
				}
				for _, p := range res.Packages {
					if p.Tier != check.TierTyped {
						t.Errorf("%s is %s: %v", p.Folder, p.Tier, p.TypeErrors)
					}
				}
			}
		})
	}
	wg.Wait()
}

// However many versions of a package were kept and dropped in between, a package
// and those that it imports agree on what a type is.
func TestTypesAgreeAfterManyEdits(t *testing.T) {
	l := load.New(load.Options{})
	for round := range 3 {
		for edit := range 12 {
			src := fmt.Sprintf(`
-- go.mod --
module example.com/m
-- a/a.go --
package a

import (
	"example.com/m/b"
	"example.com/m/c"
)

var Y b.T = c.T
-- b/b.go --
package b

type T struct{ X%d int }
-- c/c.go --
package c

import "example.com/m/b"

var T b.T
`, edit)
			for _, folders := range []string{"a b", "b", "a", "a b c"} {
				got := describe(t, l, load.Request{Tree: tree(src), Folders: strings.Fields(folders)})
				if strings.Contains(got, "partial") {
					t.Fatalf("round %d, edit %d, folders %s:\n%s", round, edit, folders, got)
				}
			}
		}
	}
}
