package golang_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules"
)

// A package that is edited is judged from the state before: of most edits only what changed is
// type-checked, built and followed. After each of a row of random edits, all checks say the same of
// it, to the byte, as if it had never been seen: of packages of this repository, and of the
// examples of checks and of flows. PEERCHECK_SEED=now takes other edits each time, twice as many.
func TestDrafts(t *testing.T) {
	shopDir := t.TempDir()
	if err := os.CopyFS(shopDir, shop(3, 2)); err != nil {
		t.Fatal(err)
	}
	seed, edits, examples := int64(20261130), 12, 16
	if s := os.Getenv("PEERCHECK_SEED"); s == "now" {
		seed, edits, examples = time.Now().UnixNano(), 40, 60
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		seed, edits, examples = n, 40, 60
	}
	r := rand.New(rand.NewSource(seed))
	folders := []string{"lib/cache", "lib/golang/query", "lib/golang/load", "lib/golang/taint", "rules/golang/injection", "lsp"}
	if testing.Short() {
		edits, examples, folders = 8, 10, folders[:3]
	}
	t.Run("shop", func(t *testing.T) { testDrafts(t, shopDir, "web", edits, seed) })
	for _, folder := range folders {
		t.Run(folder, func(t *testing.T) { testDrafts(t, "../..", folder, edits, seed) })
	}
	suites, err := filepath.Glob("../../rules/golang/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r.Shuffle(len(suites), func(i, k int) { suites[i], suites[k] = suites[k], suites[i] })
	flows, err := filepath.Glob("taint/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, suite := range append(flows, suites[:examples]...) {
		t.Run(filepath.Base(suite), func(t *testing.T) {
			archive, err := txtar.ParseFile(suite)
			if err != nil {
				t.Fatal(err)
			}
			archive.Files = append([]txtar.File{{Name: "go.mod", Data: []byte("module example.com/m\n\ngo 1.26\n")}}, archive.Files...)
			dir := t.TempDir()
			folders := map[string]bool{}
			for _, f := range archive.Files {
				file := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				if strings.HasSuffix(f.Name, ".go") {
					folders[path.Dir(f.Name)] = true
				}
			}
			list := slices.Sorted(maps.Keys(folders))
			testDrafts(t, dir, list[r.Intn(len(list))], edits, seed)
		})
	}
}

// What a draft tells other packages has its places where they are now: a flow that ends in
// a function behind the edited one.
func TestDraftFacts(t *testing.T) {
	tree := shop(2, 1)
	kept, cache := load.New(load.Options{Lean: true}), &golang.Cache{Drafts: 2}
	const find = "return s.DB.Query"
	for n := range 3 {
		text := strings.Replace(string(tree["store/store.go"].Data), find, "// a remark\n\t"+find, 1)
		tree["store/store.go"] = &fstest.MapFile{Data: []byte(text)}
		draw(t, tree, "store", kept, cache)
		got, want := draw(t, tree, "web", kept, cache), draw(t, tree, "web", load.New(load.Options{}), nil)
		if got != want || !strings.Contains(got, "store/store.go") {
			t.Fatalf("edit %d: %s", n, difference(got, want))
		}
		draw(t, tree, "store", kept, cache)
	}
}

// Some type errors name another line: it is that of the document, not of the text that a draft counts in.
func TestDraftErrors(t *testing.T) {
	const twice = "switch {\n\tdefault:\n\tdefault:\n\t}\n\t"
	tree := shop(2, 1)
	kept, cache := load.New(load.Options{Lean: true}), &golang.Cache{Drafts: 2}
	const find = "return s.DB.Query"
	for n, add := range []string{"", "_ = 1\n\t", twice} {
		text := strings.Replace(string(tree["store/store.go"].Data), find, add+find, 1)
		tree["store/store.go"] = &fstest.MapFile{Data: []byte(text)}
		got, want := draw(t, tree, "store", kept, cache), draw(t, tree, "store", load.New(load.Options{}), nil)
		if got != want || add == twice && !strings.Contains(got, "multiple defaults") {
			t.Fatalf("edit %d: %s", n, difference(got, want))
		}
	}
}

// What is found out going on from a draft reaches no other process, until it is settled and
// found out from scratch.
func TestDraftsAreNotKeptOnDisk(t *testing.T) {
	tree, dir := shop(2, 1), t.TempDir()
	l, c := load.New(load.Options{Lean: true}), &golang.Cache{Drafts: 2, Disk: cache.Open(cache.Options{Dir: dir, Identity: "test"})}
	kept := func() (n int) {
		_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				n++
			}
			return nil
		})
		return n
	}
	draw(t, tree, "store", l, c)
	before := kept()
	text := strings.Replace(string(tree["store/store.go"].Data), "return s.DB.Query", "_ = 1\n\treturn s.DB.Query", 1)
	tree["store/store.go"] = &fstest.MapFile{Data: []byte(text)}
	got := draw(t, tree, "store", l, c)
	if c.Steps() == 0 || kept() != before {
		t.Fatalf("%d steps; %d files, %d before", c.Steps(), kept(), before)
	}
	c.Settle()
	if again := draw(t, tree, "store", l, c); again != got || c.Steps() != 0 || kept() <= before {
		t.Fatalf("settled: %d steps; %d files, %d before: %s", c.Steps(), kept(), before, difference(again, got))
	}
}

// testDrafts edits the package of a folder.
func testDrafts(t *testing.T, dir, folder string, edits int, seed int64) {
	r := rand.New(rand.NewSource(seed))
	files, err := filepath.Glob(filepath.Join(dir, folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	var names []string
	for _, file := range files {
		name := path.Join(folder, filepath.Base(file))
		if texts[name], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
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
			t.Fatalf("seed %d, edit %d, of %s: the draft says something else:\n%s\nof\n%s", seed, n, name, difference(got, want), text)
		}
		if now := cache.Steps(); now > last {
			steps++
		}
		if !parses(text) || r.Intn(3) > 0 {
			texts[name] = before
			draw(t, over(), folder, kept, cache)
		}
		last = cache.Steps()
	}
	t.Logf("%d of %d edits went on from the draft", steps, edits)
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
