package golang_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/rules"
)

// What is kept between edits (syntax, types of what is imported, facts, verdicts)
// changes no verdict: after each of a row of random edits to this very package and
// the one that it takes its packages from, a loader and a cache that have seen all
// the edits before say the same, to the byte, as new ones.
func TestEdits(t *testing.T) {
	tree := fstest.MapFS{"go.mod": {Data: []byte("module github.com/peercheck/peercheck\n\ngo 1.26.0\n")}}
	var names []string
	for _, folder := range []string{"lib/cache", "lib/golang/query"} {
		entries, err := os.ReadDir(path.Join("../..", folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			data, err := os.ReadFile(path.Join("../..", folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			name := path.Join(folder, e.Name())
			tree[name] = &fstest.MapFile{Data: data}
			names = append(names, name)
		}
	}
	for name, file := range shop(3, 2) {
		if strings.HasSuffix(name, ".go") {
			name = "shop/" + name
			tree[name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(file.Data), "example.com/shop/", "github.com/peercheck/peercheck/shop/"))}
			names = append(names, name)
		}
	}
	checks := rules.All()
	judge := func(l *load.Loader, cache *golang.Cache) string {
		plan, err := l.Plan(t.Context(), load.Request{Tree: tree, Folders: []string{"lib/cache", "lib/golang/query", "shop/web"}})
		if err != nil {
			t.Fatal(err)
		}
		defer plan.Close()
		results, err := golang.Run(t.Context(), plan, checks, cache)
		if err != nil {
			t.Fatal(err)
		}
		var tiers []string
		for _, p := range results.Packages {
			tiers = append(tiers, fmt.Sprint(p.Folder, " ", p.Tier))
		}
		out, err := json.MarshalIndent([]any{results.Findings, results.Notices, tiers, plan.Notices()}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	seed := rand.Int63()
	r := rand.New(rand.NewSource(seed))
	kept, cache := load.New(load.Options{}), &golang.Cache{}
	if !strings.Contains(judge(kept, cache), `"go/sql-injection"`) {
		t.Fatal("the query that a request decides about is not found")
	}
	edits := 20
	if testing.Short() {
		edits = 5
	}
	for n := range edits {
		name := names[r.Intn(len(names))]
		before := tree[name].Data
		tree[name] = &fstest.MapFile{Data: edited(r, before)}
		got := judge(kept, cache)
		if want := judge(load.New(load.Options{}), nil); got != want {
			t.Fatalf("seed %d, edit %d, of %s: what was kept says\n%s\nand a new run\n%s", seed, n, name, got, want)
		}
		if r.Intn(3) > 0 { // most edits are taken back, so that the code keeps its sense
			tree[name] = &fstest.MapFile{Data: before}
		}
	}
}

// edited makes an edit such as people make: a line is added, doubled, taken out or
// moved, a word is renamed in one place, or a file is left in the middle of a word.
func edited(r *rand.Rand, text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	at := r.Intn(len(lines))
	switch r.Intn(6) {
	case 0:
		lines[at] += "\n// a remark"
	case 1:
		lines[at] += "\n" + lines[at]
	case 2:
		lines = append(lines[:at:at], lines[at+1:]...)
	case 3:
		to := r.Intn(len(lines))
		lines[at], lines[to] = lines[to], lines[at]
	case 4:
		lines[at] = strings.Replace(lines[at], "e", "ee", 1)
	case 5:
		lines[at] = lines[at][:r.Intn(len(lines[at])+1)]
	}
	return []byte(strings.Join(lines, "\n"))
}
