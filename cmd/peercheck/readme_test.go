package main

import (
	"flag"
	"os"
	"testing"

	"github.com/peercheck/peercheck/rules"
)

var update = flag.Bool("update", false, "write the files that are generated")

// TestReadme: the checks' pages in rules/README.md are those of the checks.
func TestReadme(t *testing.T) {
	const name = "../../rules/README.md"
	want := rules.README(allChecks())
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the checks say: run `go test ./cmd/peercheck -run TestReadme -update`", name)
	}
}
