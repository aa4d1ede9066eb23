package files_test

import (
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/rules/golang/files"
)

// TestRegular is about what everyone sees: files in testdata/regular want only the findings for persona regular.
func TestRegular(t *testing.T) {
	for _, c := range []*check.Check{files.FilePermissionsTooWide, files.ReorderedText} {
		name := c.ID[len("go/"):]
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile("testdata/regular/" + name + ".txtar")
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
