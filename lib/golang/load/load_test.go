package load_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

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
func describe(t *testing.T, opts load.Options, req load.Request) string {
	t.Helper()
	res, err := load.New(opts).Load(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range res.Packages {
		var names []string
		for _, d := range p.Documents {
			names = append(names, strings.TrimPrefix(d.Path, p.Folder+"/"))
		}
		fmt.Fprintf(&b, "%s %q %s %s %s\n", p.Folder, p.ImportPath, p.Types.Name(), p.Tier, strings.Join(names, ","))
	}
	for _, n := range res.Notices {
		fmt.Fprintf(&b, "%s %s: %s\n", n.Kind, n.Effect, n)
	}
	return b.String()
}

func TestLoad(t *testing.T) {
	for _, test := range []struct {
		name, tree, folders, want string
	}{
		{"module", `
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
`, "a b",
			`b "example.com/m/b" b typed b.go
a "example.com/m/a" a typed a.go
`},
		{"no module", `
-- a.go --
package a

import "strings"

var X = strings.ToUpper("x")
`, ".", `. "" a typed a.go
`},
		{"type error", `
-- go.mod --
module example.com/m
-- a.go --
package m

var s string = 1

func f() { g("secret"); var n int = "secret" }
`, ".", `. "example.com/m" m partial a.go
types degraded: a.go:3:16: 4 type errors in the package; the first: cannot use 1 (untyped int constant) as string value in variable declaration
`},
		{"missing dependency", `
-- go.mod --
module example.com/m
-- a.go --
package m

import "example.com/missing/dep"

var s = dep.X
`, ".", `. "example.com/m" m partial a.go
no-toolchain degraded: 1 imported packages are not found, so types are incomplete (example.com/missing/dep); run go mod download, or go mod vendor
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := describe(t, load.Options{}, load.Request{Tree: tree(test.tree), Folders: strings.Fields(test.folders)})
			if got != test.want {
				t.Errorf("got:\n%swant:\n%s", got, test.want)
			}
		})
	}
}
