package golang

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
)

var update = flag.Bool("update", false, "write catalogue.md")

// catalogue.md says what catalogue.txt and the checks say, and no check is without a row.
func TestCatalogue(t *testing.T) {
	text, err := os.ReadFile("catalogue.txt")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]*check.Check{}
	for _, c := range All() {
		checks[c.ID] = c
	}
	var b strings.Builder
	b.WriteString(catalogueHead)
	rows, seen := 0, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		rows++
		head, what, ok := strings.Cut(line, "  ")
		words := strings.Fields(head)
		if !ok || len(words) < 3 || words[0] != fmt.Sprint(rows) || !strings.Contains("TDXP", words[1]) {
			t.Fatalf("catalogue.txt: row %d is no row: %q", rows, line)
		}
		for i, id := range words[2:] {
			c := checks[id]
			if c == nil {
				t.Errorf("catalogue.txt: row %d: there is no check %s", rows, id)
				continue
			}
			seen[id] = true
			if fixOf(c) == "no" {
				t.Errorf("%s has no fix, and its page does not say why: There is no quick fix, because ...", id)
			}
			name := strings.TrimPrefix(id, "go/")
			if _, anchor, ok := strings.Cut(string(pages), "[`"+id+"`](#"); ok { // what finds secrets has no page there
				anchor, _, _ = strings.Cut(anchor, ")")
				name = fmt.Sprintf("[%s](../README.md#%s)", name, anchor)
			}
			number, how := "", ""
			if i == 0 {
				number, how = words[0], words[1]
			} else {
				what = ""
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", number, what, name, how, c.Persona, c.Confidence, fixOf(c))
		}
	}
	for id := range checks {
		if !seen[id] {
			t.Errorf("catalogue.txt: %s is in no row", id)
		}
	}
	if *update {
		if err := os.WriteFile("catalogue.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile("catalogue.md"); err != nil || string(have) != b.String() {
		t.Errorf("catalogue.md is not what the checks say: run `go test ./rules/golang -run TestCatalogue -update` (%v)", err)
	}
}

const catalogueHead = `# The catalogue

What security of Go code is about, and the checks for it. The test beside it writes this table of ` + "`catalogue.txt`" + ` and of the checks.
How: T looks at types, D follows values within a package, X untrusted data across functions and packages, P routes. Who: the persona that sees it by default.

| | what | check | how | who | confidence | fix |
|---|---|---|---|---|---|---|
`

// fixOf says that a check has a fix, of which its test data has the result, or why there is none, which
// its page says.
func fixOf(c *check.Check) string {
	if strings.Contains(c.Page.Examples, ".golden --") {
		return "yes"
	}
	for _, phrase := range []string{"There is no quick fix, because ", "there is no quick fix, because "} {
		if _, because, ok := strings.Cut(c.Page.Fix, phrase); ok {
			because, _, _ = strings.Cut(because, ". ")
			return "no: " + strings.TrimSuffix(because, ".")
		}
	}
	return "no"
}
