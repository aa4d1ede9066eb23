package golang_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/rules"
)

// shop is a module with a package of some files like those of a web application,
// each with handlers, queries, containers, closures and methods, and a package
// of helpers that it imports.
func shop(files, handlers int) fstest.MapFS {
	tree := fstest.MapFS{
		"go.mod": {Data: []byte("module example.com/shop\n\ngo 1.26\n")},
		"store/store.go": {Data: []byte(`package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
)

type Store struct {
	DB   *sql.DB
	Root string
}

func (s *Store) Find(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.DB.QueryContext(ctx, query, args...)
}

func (s *Store) Read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.Root, name))
}
`)},
	}
	for f := range files {
		tree[fmt.Sprintf("web/file%02d.go", f)] = &fstest.MapFile{Data: []byte(webFile(f, handlers, "0"))}
	}
	return tree
}

func webFile(file, handlers int, edit string) string {
	var b strings.Builder
	b.WriteString("package web\n\nimport (\n\t\"encoding/json\"\n\t\"fmt\"\n\t\"net/http\"\n\t\"sort\"\n\t\"strings\"\n\n\t\"example.com/shop/store\"\n)\n")
	for h := range handlers {
		r := strings.NewReplacer("#", fmt.Sprintf("%d_%d", file, h), "@", fmt.Sprintf("%d_%d", file, (h+1)%handlers), "EDIT", edit)
		b.WriteString(r.Replace(`
type item# struct {
	ID    int
	Name  string
	Tags  []string
	Attrs map[string]string
	Next  *item#
}

type service# struct {
	store *store.Store
	items map[string]*item#
	hook  func(*item#) error
}

func (s *service#) load(r *http.Request) (*item#, error) {
	var in item#
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, fmt.Errorf("load %s: %w", r.URL.Path, err)
	}
	if in.Name == "" {
		in.Name = r.FormValue("name")
	}
	for _, tag := range r.URL.Query()["tag"] {
		in.Tags = append(in.Tags, strings.ToLower(tag))
	}
	sort.Strings(in.Tags)
	return &in, nil
}

func (s *service#) handle(w http.ResponseWriter, r *http.Request) {
	in, err := s.load(r)
	if err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	rows, err := s.store.Find(r.Context(), "select id, name from items where name = ? and EDIT = 0", in.Name)
	if err != nil {
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	defer rows.Close()
	var found []*item#
	for rows.Next() {
		var it item#
		if err := rows.Scan(&it.ID, &it.Name); err != nil {
			continue
		}
		found = append(found, &it)
	}
	s.render#(w, found, func(it *item#) string { return it.Name + strings.Join(it.Tags, ",") })
}

func (s *service#) render#(w http.ResponseWriter, items []*item#, label func(*item#) string) {
	counts := map[string]int{}
	for i, it := range items {
		switch {
		case i%3 == 0:
			counts[label(it)]++
		case it.ID > 10 && it.Next != nil:
			counts[it.Next.Name] += it.ID
		default:
			for k, v := range it.Attrs {
				if len(k) > len(v) {
					counts[k+v] = len(v)
				}
			}
		}
	}
	out := json.NewEncoder(w)
	if err := out.Encode(counts); err != nil {
		fmt.Println(err)
	}
}

func total@(a, b int, values ...int) (sum int) {
	for i, v := range values {
		if i%2 == 0 {
			sum += v*a + i
		} else {
			sum -= v / (b + 1)
		}
	}
	return sum
}
`))
	}
	if file == 0 {
		b.WriteString(`
func direct(w http.ResponseWriter, r *http.Request, s *store.Store) {
	s.Read(r.FormValue("f"))
	s.Find(r.Context(), "select "+r.FormValue("q"))
}
`)
	}
	return b.String()
}

// typed gives a file of the shop after an edit of the body of a function: a word in a
// query of one of its handlers, and every second time what a request says becomes part of that query.
func typed(file, handlers, edit int) []byte {
	text := webFile(file, handlers, fmt.Sprint(edit))
	if edit%2 == 1 {
		text = strings.Replace(text, "= 0\", in.Name)", "= 0\"+in.Name)", 1)
	}
	return []byte(text)
}

// BenchmarkKeystroke judges a package with all checks after an edit of a function body in one of
// its files, each time another one, as the editor does when typing pauses; Anew has never seen it before.
func BenchmarkKeystroke(b *testing.B) {
	for _, size := range []struct {
		name            string
		files, handlers int
	}{{"40 files", 40, 5}, {"15 files", 15, 4}} {
		b.Run(size.name, func(b *testing.B) {
			benchmarkKeystroke(b, size.files, size.handlers, &golang.Cache{Drafts: 1, States: 6})
		})
		b.Run(size.name+" anew", func(b *testing.B) {
			benchmarkKeystroke(b, size.files, size.handlers, &golang.Cache{States: 6})
		})
	}
}

func benchmarkKeystroke(b *testing.B, files, handlers int, cache *golang.Cache) {
	tree := shop(files, handlers)
	instructions := 0
	count := describe("go/count", check.Check{
		Requires: []*analysis.Analyzer{golang.SSA},
		RunPackage: func(_ context.Context, p *check.PackagePass) error {
			instructions = 0
			for _, fn := range p.ResultOf[golang.SSA].(*golang.Functions).Source {
				for _, block := range fn.Blocks {
					instructions += len(block.Instrs)
				}
			}
			return nil
		},
	})
	checks := append(rules.All(), count)
	l := load.New(load.Options{Lean: true})
	judge := func(edit int) {
		file := 1 + edit%(files-1)
		name := fmt.Sprintf("web/file%02d.go", file)
		tree[name] = &fstest.MapFile{Data: typed(file, handlers, edit)}
		plan, err := l.Plan(b.Context(), load.Request{Tree: tree, Folders: []string{"web"}})
		if err != nil {
			b.Fatal(err)
		}
		defer plan.Close()
		results, err := golang.Run(b.Context(), plan, checks, cache)
		if err != nil {
			b.Fatal(err)
		}
		flows := slices.ContainsFunc(results.Findings, func(f check.Finding) bool {
			return f.CheckID == "go/sql-injection" && f.Location.Path == name
		})
		if flows != (edit%2 == 1) {
			b.Fatalf("edit %d: the flow in %s is found: %v; %v", edit, name, flows, results.Notices)
		}
	}
	judge(0)
	steps := cache.Steps()
	n := 0
	var times []time.Duration
	spent := -cpuTime()
	for b.Loop() {
		n++
		began := time.Now()
		judge(n)
		times = append(times, time.Since(began))
	}
	b.StopTimer()
	spent += cpuTime()
	if continued := cache.Steps() - steps; cache.Drafts > 0 && continued < n {
		b.Errorf("only %d of %d edits went on from what was known before", continued, n)
	}
	slices.Sort(times)
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(n), "cpu-ms/op")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(instructions), "instructions")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-heap")
	runtime.KeepAlive(l)
	runtime.KeepAlive(cache)
}
