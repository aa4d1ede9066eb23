package lsp

import (
	"strings"
	"sync/atomic"
	"testing"
)

// A program that was replaced under the server is noticed when something is
// opened or saved, and said once for each version: by a message, or to a client
// that restarts the server by a notification alone.
func TestUpdate(t *testing.T) {
	for options, method := range map[string]string{"": "window/showMessage", `{"restart":true}`: "peercheck/updated"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			var installed atomic.Value
			installed.Store("")
			dir := folderOf(t, "a.txt", "")
			e, u := start(t, func(o *Options) { o.Installed = func() string { return installed.Load().(string) } }), in(dir, "a.txt")
			e.initialize(dir, full, options)
			e.open(u, "", 1, "hazard")
			e.want(u, 1, "0:0-0:6 test/hazard")
			save := func() { e.notify("textDocument/didSave", `{"textDocument":{"uri":`+quote(u)+`}}`) }
			for _, version := range []string{"v0.2.0", "test"} {
				installed.Store(version)
				from := e.mark()
				for i := range 2 { // the second one has nothing to say
					save()
					pause(t.Context(), settling/2)
					if i == 0 {
						m := e.await("word of the update", from, func(m message) bool { return m.Method == method })
						if !strings.Contains(m.raw, "peercheck "+version+" ") || !strings.Contains(m.raw, "restart the language server") {
							t.Errorf("got %s", m.raw)
						}
					}
				}
				pause(t.Context(), settling*3/2)
				n := 0
				for _, m := range e.all()[from:] {
					if m.Method == "window/showMessage" || m.Method == "peercheck/updated" {
						n++
					}
				}
				if n != 1 {
					t.Errorf("options %q, version %s: told %d times", options, version, n)
				}
			}
			e.change(u, 2, whole("x hazard"))
			e.want(u, 2, "0:2-0:8 test/hazard")
		})
	}
}
