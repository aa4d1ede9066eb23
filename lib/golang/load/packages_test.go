package load_test

import (
	"fmt"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// folders gives the folders with Go files that "./..." means.
func folders(t testing.TB, fsys fs.FS) (list []string) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			if dir := path.Dir(p); strings.HasSuffix(p, ".go") && !slices.Contains(list, dir) {
				list = append(list, dir)
			}
			return nil
		}
		name := d.Name()
		if p != "." {
			if _, err := fs.Stat(fsys, p+"/go.mod"); err == nil || name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor" {
				return fs.SkipDir
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// moduleDir gives the folder of a module that this one depends on.
func moduleDir(t testing.TB, module string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Skipf("%s is not in the module cache: %v", module, err)
	}
	return strings.TrimSpace(string(out))
}

// The types of real modules are those that go/packages gives.
func TestSameAsGoPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles what the modules import")
	}
	for _, module := range []string{"golang.org/x/tools", "github.com/go-git/go-git/v5"} {
		t.Run(path.Base(module), func(t *testing.T) {
			dir := moduleDir(t, module)
			want, err := packages.Load(&packages.Config{
				Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
					packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo | packages.NeedTypesSizes,
				Dir: dir,
			}, "./...")
			if err != nil {
				t.Fatal(err)
			}
			res, err := load.New(load.Options{}).Load(t.Context(), load.Request{Tree: os.DirFS(dir), Dir: dir, Folders: folders(t, os.DirFS(dir))})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range res.Notices {
				t.Log(n)
			}
			got := map[string]*load.Package{}
			for _, p := range res.Packages {
				got[p.ImportPath] = p
			}
			objects := 0
			for _, w := range want {
				g := got[w.PkgPath]
				delete(got, w.PkgPath)
				switch {
				case g == nil && len(w.CompiledGoFiles) > 0:
					t.Errorf("%s is missing", w.PkgPath)
					continue
				case g == nil:
					continue
				}
				var names []string
				for _, f := range w.CompiledGoFiles {
					rel, err := filepath.Rel(dir, f)
					if err != nil {
						t.Fatal(err)
					}
					names = append(names, filepath.ToSlash(rel))
				}
				var paths []string
				for _, d := range g.Documents {
					paths = append(paths, d.Path)
				}
				if !slices.Equal(names, paths) {
					t.Errorf("%s has files %v, want %v", w.PkgPath, paths, names)
				}
				if len(w.Errors) == 0 && (len(g.TypeErrors) > 0 || g.Tier != check.TierTyped) {
					t.Errorf("%s is %s, with errors %v", w.PkgPath, g.Tier, g.TypeErrors)
				}
				wantObjects := objectsOf(w.Types)
				objects += len(wantObjects)
				for i, o := range objectsOf(g.Types) {
					if i >= len(wantObjects) || o != wantObjects[i] {
						t.Errorf("%s: got %s, want %s", w.PkgPath, o, wantObjects[min(i, len(wantObjects)-1)])
						break
					}
				}
				if len(g.Info.Uses) != len(w.TypesInfo.Uses) || len(g.Info.Types) != len(w.TypesInfo.Types) {
					t.Errorf("%s: %d uses and %d types, want %d and %d", w.PkgPath, len(g.Info.Uses), len(g.Info.Types), len(w.TypesInfo.Uses), len(w.TypesInfo.Types))
				}
			}
			for p := range got {
				t.Errorf("%s is one too many", p)
			}
			t.Logf("%d packages, %d objects", len(want), objects)
		})
	}
}

// objectsOf describes the package-level objects and their methods.
func objectsOf(pkg *types.Package) (list []string) {
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		list = append(list, types.ObjectString(obj, nil))
		if _, ok := obj.(*types.TypeName); ok {
			methods := types.NewMethodSet(types.NewPointer(obj.Type()))
			for m := range methods.Methods() {
				list = append(list, fmt.Sprintf("%s: %s", name, m))
			}
		}
	}
	return list
}
