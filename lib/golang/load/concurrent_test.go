package load_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/golang/load"
)

// TestConcurrentVersions: an editor and a hook that load many versions of one
// package at the same time do not wait for each other for ever.
func TestConcurrentVersions(t *testing.T) {
	loader := load.New(load.Options{Untrusted: true})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for v := range 1000 {
				tree := fstest.MapFS{
					"go.mod":  {Data: []byte("module example.com/m\n\ngo 1.26\n")},
					"p/p.go":  {Data: fmt.Appendf(nil, "package p\n\nconst V = %d\n", g*1000+v)},
					"p/q.go":  {Data: []byte("package p\n\nfunc Q() int { return V }\n")},
					"p/q2.go": {Data: fmt.Appendf(nil, "package p\n\nfunc Q%d() int { return V }\n", v)},
				}
				r, err := loader.Load(t.Context(), load.Request{Tree: tree, Folders: []string{"p"}})
				if err != nil || len(r.Packages) != 1 {
					t.Errorf("%d packages, %v", len(r.Packages), err)
				}
			}
		})
	}
	wg.Wait()
}
