package load_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"testing"

	"github.com/peercheck/peercheck/lib/golang/load"
)

// BenchmarkLoad loads all packages of a module with a new Loader: what a hook or
// the command line does. The build cache is warm.
func BenchmarkLoad(b *testing.B) {
	for _, module := range []string{"golang.org/x/tools", "github.com/go-git/go-git/v5"} {
		b.Run(module, func(b *testing.B) {
			dir := moduleDir(b, module)
			req := load.Request{Tree: os.DirFS(dir), Dir: dir, Folders: folders(b, os.DirFS(dir))}
			var res *load.Result
			l := load.New(load.Options{})
			for b.Loop() {
				l = load.New(load.Options{})
				res = mustLoad(b, l, req)
			}
			b.StopTimer()
			files, size := 0, 0
			for _, p := range res.Packages {
				files += len(p.Files)
				for _, d := range p.Documents {
					size += len(d.Content)
				}
			}
			b.ReportMetric(float64(len(res.Packages)), "packages")
			b.ReportMetric(float64(size)/1e6, "MB-source")
			b.ReportMetric(heap(), "MB-heap")
			runtime.KeepAlive(l)
		})
	}
}

// BenchmarkReload loads one package again after an edit of one of its files:
// what an editor does when typing pauses. The build cache is not asked.
func BenchmarkReload(b *testing.B) {
	for _, of := range []struct{ module, folder, file string }{
		{"golang.org/x/tools", "go/ssa", "go/ssa/builder.go"},
		{"golang.org/x/tools", "cmd/digraph", "cmd/digraph/digraph.go"},
		{"github.com/go-git/go-git/v5", ".", "worktree.go"},
	} {
		b.Run(of.module+"/"+of.folder, func(b *testing.B) {
			dir := moduleDir(b, of.module)
			content, err := os.ReadFile(dir + "/" + of.file)
			if err != nil {
				b.Fatal(err)
			}
			l := load.New(load.Options{})
			edit := func(n int) {
				tree := &edited{os.DirFS(dir), of.file, bytes.Replace(content, []byte("\nfunc "), fmt.Appendf(nil, "\nvar edit%d int\n\nfunc ", n), 1)}
				res := mustLoad(b, l, load.Request{Tree: tree, Dir: dir, Folders: []string{of.folder}})
				if res.Packages[0].Types.Scope().Lookup(fmt.Sprint("edit", n)) == nil {
					b.Fatal("the edit is not seen")
				}
			}
			edit(0)
			n := 0
			for b.Loop() {
				n++
				edit(n)
			}
			b.StopTimer()
			b.ReportMetric(heap(), "MB-heap")
			runtime.KeepAlive(l)
		})
	}
}

func mustLoad(b *testing.B, l *load.Loader, req load.Request) *load.Result {
	b.Helper()
	res, err := l.Load(b.Context(), req)
	if err != nil {
		b.Fatal(err)
	}
	return res
}

// heap gives the live heap in MB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// An edited tree has one file with other content.
type edited struct {
	fs.FS
	name    string
	content []byte
}

func (e *edited) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(e.FS, name)
	if name == e.name && err == nil {
		info = sized{info, int64(len(e.content))}
	}
	return info, err
}

func (e *edited) ReadFile(name string) ([]byte, error) {
	if name == e.name {
		return e.content, nil
	}
	return fs.ReadFile(e.FS, name)
}

type sized struct {
	fs.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }
