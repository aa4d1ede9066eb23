package lsp

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// percentiles reports durations of single round trips.
func percentiles(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	at := func(p float64) float64 {
		return float64(all[min(len(all)-1, int(p*float64(len(all))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.95), "p95-ms")
	b.ReportMetric(at(0.99), "p99-ms")
}

// goText is Go code of a number of lines.
func goText(lines int) string {
	var b strings.Builder
	b.WriteString("package p\n\nimport \"fmt\"\n")
	for i := 0; strings.Count(b.String(), "\n") < lines; i++ {
		fmt.Fprintf(&b, "\n// f%d formats its arguments.\nfunc f%d(a, b string, n int) string {\n\tif n > %d {\n\t\treturn fmt.Sprintf(\"%%s-%%s-%%d\", a, b, n)\n\t}\n\treturn a + b\n}\n", i, i, i)
	}
	return b.String()
}

// From an edit of a file of 2,000 lines to its diagnostics, of the checks of
// single documents alone. The budget is p50 10 ms, p95 25 ms. Which checks there
// are decides: cmd/peercheck has the same benchmark with the real ones.
func BenchmarkDidChange(b *testing.B) {
	dir := folderOf(b, "a.txt", "")
	e, u := initialized(b, dir, full), in(dir, "a.txt")
	text := goText(2000)
	e.open(u, "", 1, text)
	e.diagnostics(u, 1)
	version := 1
	var all []time.Duration
	for b.Loop() {
		version++
		from, began := e.mark(), time.Now()
		e.change(u, version, partial(1000, 0, 1000, version%2, strings.Repeat("x", (version+1)%2)))
		e.publishedSince(from, u, "diagnostics", func(p published) bool { return *p.Version == version })
		all = append(all, time.Since(began))
	}
	percentiles(b, all)
}

// From a request to its answer, with a file of 2,000 lines. The budget is 10 ms: no
// hover may feel late.
func BenchmarkHover(b *testing.B) {
	dir := folderOf(b, "a.txt", "")
	e, u := initialized(b, dir, full), in(dir, "a.txt")
	e.open(u, "", 1, goText(2000)+"hazard")
	e.diagnostics(u, 1)
	var all []time.Duration
	for b.Loop() {
		began := time.Now()
		e.request("textDocument/hover", hoverAt(u, 2000, 1))
		all = append(all, time.Since(began))
	}
	percentiles(b, all)
}

// From the start to the answer to initialize. The budget is 200 ms, most of
// which is the start of the process, which is not in here.
func BenchmarkInitialize(b *testing.B) {
	for b.Loop() {
		e := start(b)
		e.initialize("", full, "")
		e.request("shutdown", "")
		e.notify("exit", "")
		<-e.done
	}
}

// TestSoak edits at random against a shadow of the text, for as long as
// PEERCHECK_SOAK says ("30m"), 2,000 edits if it says nothing. The text must be
// the same in the end, the diagnostics right at every stop, and memory flat.
func TestSoak(t *testing.T) {
	var long time.Duration
	if v := os.Getenv("PEERCHECK_SOAK"); v != "" {
		var err error
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n")
	e := initialized(t, dir, full, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
	u := in(dir, "a.txt")
	seed := time.Now().UnixNano()
	r := rand.New(rand.NewSource(seed))
	shadow := newShadow("a hazard\n")
	e.open(u, "", 1, shadow.text())
	began, version := time.Now(), 1
	var floor uint64
	for round := 0; round < 20 || time.Since(began) < long; round++ {
		for range 100 {
			version++
			e.change(u, version, shadow.edit(r))
			if long > 0 {
				time.Sleep(time.Millisecond)
			}
		}
		if p := e.diagnostics(u, version); p.String() != shadow.hazards() {
			t.Fatalf("seed %d, version %d: got %s\nwant %s\nof %q", seed, version, p, shadow.hazards(), shadow.text())
		}
		e.forget()
		if round%20 == 0 {
			if used := heap(); floor == 0 || round == 20 {
				floor = used // once everything has been used for the first time
			} else if used > floor+20<<20 {
				t.Fatalf("seed %d: the heap grew from %d to %d MB in %d edits", seed, floor>>20, used>>20, version)
			}
		}
	}
	// What the server has is what the editor has: a hover at each finding, a
	// code action with the version.
	for _, a := range e.actions(u, 0, 0, len(shadow.lines), 0, "quickfix") {
		if a.Command.Command != "" {
			continue
		}
		if v := a.Edit.DocumentChanges[0].TextDocument.Version; v == nil || *v != version {
			t.Errorf("an edit is for version %v, want %d", v, version)
		}
	}
	t.Logf("%d edits in %v, heap %d MB", version, time.Since(began).Round(time.Second), heap()>>20)
}

// forget drops the messages so far.
func (e *editor) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.messages = nil
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
