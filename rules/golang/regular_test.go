package golang

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
)

// TestRegular is about what everyone sees: files in testdata/regular of a room want only the findings for persona regular.
func TestRegular(t *testing.T) {
	checks := map[string]*check.Check{}
	for _, c := range All() {
		checks[strings.TrimPrefix(c.ID, "go/")] = c
	}
	for _, room := range []string{"auth", "crypto", "files", "injection", "resource", "transport", "web"} {
		names, err := filepath.Glob(room + "/testdata/regular/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			t.Errorf("%s has no such files", room)
		}
		for _, name := range names {
			c := checks[strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".txtar")]
			if c == nil {
				t.Errorf("%s is of no check", name)
				continue
			}
			t.Run(c.ID, func(t *testing.T) {
				t.Parallel()
				archive, err := txtar.ParseFile(name)
				if err != nil {
					t.Fatal(err)
				}
				checktest.RunArchive(t, c, archive, checktest.Options{Scan: func(o *scan.Options) {
					o.Config = &config.Config{Persona: check.Regular}
					o.Only = nil // who names a check sees all its findings
				}})
			})
		}
	}
}
