package repo_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/peercheck/peercheck/lib/repo"
)

// BenchmarkStaged tells what is staged in a large repository: PEERCHECK_BENCH_DIR
// names the folder that the benchmarks of package hooks made.
func BenchmarkStaged(b *testing.B) {
	for _, name := range []string{"files-20000", "files-100000"} {
		dir := filepath.Join(os.Getenv("PEERCHECK_BENCH_DIR"), name)
		if _, err := os.Stat(dir); err != nil {
			b.Skip("run the benchmarks of package hooks first")
		}
		for way, open := range map[string]opener{"git": repo.Open, "native": func(ctx context.Context, o repo.Options) (*repo.Repo, error) {
			o.Native = true
			return repo.Open(ctx, o)
		}} {
			b.Run(name+"/"+way, func(b *testing.B) {
				for b.Loop() {
					r, err := open(b.Context(), repo.Options{Dir: dir, Env: os.Environ()})
					if err != nil {
						b.Fatal(err)
					}
					if _, err := r.Staged(b.Context()); err != nil {
						b.Fatal(err)
					}
					r.Close()
				}
			})
		}
	}
}
