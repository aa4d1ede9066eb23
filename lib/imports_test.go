package lib_test

import (
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/peercheck/peercheck"

// imports gives what the files of each folder of the module import, tests left
// out. The files are read here and now, so that the test cache notices a change.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "testdata" || e.Name() == "node_modules" || file != "." && strings.HasPrefix(e.Name(), ".")) {
			return fs.SkipDir
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if constraint.IsGoBuild(c.Text) && strings.Contains(c.Text, "ignore") {
					return nil
				}
			}
		}
		folder := path.Dir(file)
		if all[folder] == nil {
			all[folder] = []string{}
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(all[folder], p) {
				all[folder] = append(all[folder], p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func isStd(p string) bool { first, _, _ := strings.Cut(p, "/"); return !strings.Contains(first, ".") }

// within reports whether a path is one of some prefixes or below one.
func within(p string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(x string) bool { return p == x || strings.HasPrefix(p, x+"/") })
}

// TestWhoImportsWhom holds every import against the rules of the layout: arrows
// point one way, and checks reach no operating system.
func TestWhoImportsWhom(t *testing.T) {
	all := imports(t)
	if len(all) < 10 {
		t.Fatalf("only %d packages were found in %v", len(all), filepath.Base(".."))
	}
	for folder, paths := range all {
		for _, p := range paths {
			inner, own := strings.CutPrefix(p, module+"/")
			var ok bool
			switch {
			case folder == "lib/check":
				ok = isStd(p) || p == "golang.org/x/tools/go/analysis" || p == "golang.org/x/tools/txtar"
			case within(folder, "lib"):
				ok = !own || within(inner, "lib")
			case within(folder, "rules"):
				ok = !own || within(inner, "rules", "lib/check", "lib/purpose", "lib/syntax", "lib/golang", "lib/pattern", "lib/secrets")
				ok = ok && !within(p, "os", "net", "syscall") && p != module+"/lib/golang/load"
				if within(p, "net") {
					ok = p == "net/url" || p == "net/netip" // pure parsers
				}
			case within(folder, "lsp", "hooks"):
				ok = !own || within(inner, "lib") || within(inner, strings.Split(folder, "/")[0])
			case within(folder, "cmd"):
				ok = !own || !within(inner, "cmd") || within(inner, folder)
			default:
				ok = !own || within(folder, "editors")
			}
			if !ok {
				t.Errorf("%s must not import %s", folder, p)
			}
		}
	}
}

// TestNoCycles: no folder of the module depends on itself through others, where
// a folder is a first-level room such as lib/scan or rules/golang.
func TestNoCycles(t *testing.T) {
	room := func(folder string) string {
		parts := strings.Split(folder, "/")
		return strings.Join(parts[:min(len(parts), 2)], "/")
	}
	edges := map[string]map[string]bool{}
	for folder, paths := range imports(t) {
		from := room(folder)
		for _, p := range paths {
			if inner, ok := strings.CutPrefix(p, module+"/"); ok && room(inner) != from {
				if edges[from] == nil {
					edges[from] = map[string]bool{}
				}
				edges[from][room(inner)] = true
			}
		}
	}
	state := map[string]int{} // 1: on the way, 2: done
	var visit func(string, []string)
	visit = func(at string, way []string) {
		way = append(slices.Clone(way), at)
		if state[at] == 1 {
			t.Errorf("a cycle: %s", strings.Join(way, " -> "))
			return
		}
		if state[at] == 2 {
			return
		}
		state[at] = 1
		for next := range edges[at] {
			visit(next, way)
		}
		state[at] = 2
	}
	for at := range edges {
		visit(at, nil)
	}
}

// TestWhatImportersLink bounds what a program links that uses the contract or
// the engine: no rule, no server, no command line, no secret scanner.
func TestWhatImportersLink(t *testing.T) {
	all := imports(t)
	linked := func(start string) map[string]bool {
		seen, todo := map[string]bool{}, []string{start}
		for len(todo) > 0 {
			folder := todo[0]
			todo = todo[1:]
			for _, p := range all[folder] {
				if seen[p] {
					continue
				}
				seen[p] = true
				if inner, ok := strings.CutPrefix(p, module+"/"); ok {
					todo = append(todo, inner)
				}
			}
		}
		return seen
	}
	for start, allowed := range map[string][]string{
		"lib/check": {"golang.org/x/tools/go/analysis", "golang.org/x/tools/txtar"},
		"lib/scan": {
			module + "/lib", "golang.org/x/tools", "golang.org/x/mod", "golang.org/x/sync", "go.yaml.in/yaml/v3",
			"github.com/go-git/go-git/v5/plumbing/format/gitignore",
		},
	} {
		for p := range linked(start) {
			if !isStd(p) && !within(p, allowed...) {
				t.Errorf("%s links %s", start, p)
			}
		}
	}
}

// TestRootHoldsOnlyTheLayout: whoever opens the repository sees rooms, not things.
func TestRootHoldsOnlyTheLayout(t *testing.T) {
	layout := []string{"lsp", "lib", "hooks", "rules", "cmd", "editors", "go.mod", "go.sum", "README.md", "LICENSE"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(layout, e.Name()) && !strings.HasPrefix(e.Name(), ".") && e.Name() != "peercheck" && e.Name() != "dist" {
			t.Errorf("the root holds %s, which the layout does not name", e.Name())
		}
	}
}
