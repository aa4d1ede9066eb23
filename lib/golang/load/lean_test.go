package load_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/golang/load"
)

// What was typed over takes no memory in a lean Loader: it holds as much after 600
// states of two packages as after 100.
func TestLeanForgetsWhatWasTypedOver(t *testing.T) {
	l := load.New(load.Options{Untrusted: true, Lean: true})
	body := strings.Repeat("\tx.Field = x.Field + 1\n", 50)
	edit := func(n int) {
		src := fmt.Sprintf("\n-- go.mod --\nmodule example.com/m\n-- a/a.go --\npackage a\n\ntype T%[1]d struct{ Field int }\n\nfunc F%[1]d(x *T%[1]d) {\n%[2]s}\n"+
			"-- b/b.go --\npackage b\n\nimport \"example.com/m/a\"\n\nvar V a.T%[1]d\n", n, body)
		if got := describe(t, l, load.Request{Tree: tree(src), Folders: []string{"a", "b"}}); strings.Contains(got, "error") {
			t.Fatal(got)
		}
	}
	for n := range 100 {
		edit(n)
	}
	before := heap()
	for n := range 500 {
		edit(100 + n)
	}
	// A state takes 20 KB, so that 500 would take 10 MB.
	if grown := heap() - before; grown > 1 {
		t.Errorf("500 more states of two packages take %.1f MB", grown)
	}
	runtime.KeepAlive(l)
}
