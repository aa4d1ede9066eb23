package golang_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules"
)

// A package that is edited is judged from the state before: only what changed is
// type-checked. After each of a row of random edits, all checks say the same of it, to
// the byte, as if it had never been seen.
func TestDrafts(t *testing.T) {
	seed := rand.Int63()
	r := rand.New(rand.NewSource(seed))
	edits := 60
	if testing.Short() {
		edits = 8
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, shop(3, 2)); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{"web": dir}
	for _, folder := range []string{"lib/cache", "lib/golang/query", "lib/golang/load", "lib/golang/taint", "rules/golang/injection", "lsp"} {
		dirs[folder] = "../.."
	}
	if testing.Short() {
		delete(dirs, "lib/golang/taint")
		delete(dirs, "lsp")
	}
	for folder, dir := range dirs {
		t.Run(folder, func(t *testing.T) {
			tree := os.DirFS(dir)
			files, err := fs.Glob(tree, folder+"/*.go")
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string][]byte{}
			for _, name := range files {
				if texts[name], err = fs.ReadFile(tree, name); err != nil {
					t.Fatal(err)
				}
			}
			names := slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
			over := func() fs.FS {
				var docs []*check.Document
				for name, text := range texts {
					docs = append(docs, check.NewDocument(name, "go", text, check.Revision{}))
				}
				return source.Overlay(source.Dir(dir), docs...).FS()
			}
			kept, cache := load.New(load.Options{Lean: true}), &golang.Cache{Drafts: 1}
			fresh := load.New(load.Options{})
			draw(t, over(), folder, kept, cache)
			steps, last := 0, 0
			for n := range edits {
				name := names[r.Intn(len(names))]
				before := texts[name]
				text := editedBody(r, before)
				for r.Intn(3) > 0 && !parses(text) {
					text = editedBody(r, before)
				}
				texts[name] = text
				got := draw(t, over(), folder, kept, cache)
				if want := draw(t, over(), folder, fresh, nil); got != want {
					t.Fatalf("seed %d, edit %d, of %s: the draft says something else:\n%s", seed, n, name, difference(got, want))
				}
				if now := cache.Steps(); now > last {
					steps++
				}
				last = cache.Steps()
				if !parses(text) || r.Intn(3) > 0 {
					texts[name] = before
					draw(t, over(), folder, kept, cache)
					last = cache.Steps()
				}
			}
			t.Logf("%d of %d edits went on from the draft", steps, edits)
		})
	}
}

// editedBody edits the body of a function, mostly.
func editedBody(r *rand.Rand, text []byte) []byte {
	fset := token.NewFileSet()
	file, _ := parser.ParseFile(fset, "", text, 0)
	var bodies []*ast.BlockStmt
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && f.Body.Rbrace.IsValid() {
			bodies = append(bodies, f.Body)
		}
	}
	if len(bodies) == 0 || r.Intn(8) == 0 {
		return edited(r, text)
	}
	b := bodies[r.Intn(len(bodies))]
	from, to := fset.PositionFor(b.Lbrace, false).Offset+1, fset.PositionFor(b.Rbrace, false).Offset
	return slices.Concat(text[:from], edited(r, text[from:to]), text[to:])
}

func parses(text []byte) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	return err == nil
}

// draw judges a package and gives all that is said of it.
func draw(t *testing.T, tree fs.FS, folder string, l *load.Loader, cache *golang.Cache) string {
	t.Helper()
	plan, err := l.Plan(t.Context(), load.Request{Tree: tree, Folders: []string{folder}})
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	results, err := golang.Run(t.Context(), plan, rules.All(), cache)
	if err != nil {
		t.Fatal(err)
	}
	var tiers []string
	var contexts []check.Range
	for _, p := range results.Packages {
		tiers = append(tiers, fmt.Sprint(p.Folder, " ", p.Tier))
	}
	for _, f := range results.Findings {
		contexts = append(contexts, f.Context)
	}
	out, err := json.MarshalIndent([]any{results.Findings, contexts, results.Notices, tiers, plan.Notices()}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// difference shows the lines from the first one on in which two texts differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-20)
			return strings.Join(a[from:min(len(a), i+5)], "\n") + "\n--- and a new run ---\n" + strings.Join(b[from:min(len(b), i+5)], "\n")
		}
	}
	return fmt.Sprintf("%d lines and %d", len(a), len(b))
}
