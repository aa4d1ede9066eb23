package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestGoVet: the real go vet, with this program as its tool, shows what scan
// finds in Go packages, at the same places: facts go from package to package, and
// ignore comments count. What the go command has kept is not asked for again.
func TestGoVet(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "peercheck")
	run(t, ".", "go", "build", "-o", binary, ".")
	dir := t.TempDir()
	const ignored = `
-- web/ignored.go --
package web

import (
	"net/http"

	"example.com/m/input"
	"example.com/m/store"
)

func Ignored(w http.ResponseWriter, r *http.Request) {
	store.Open(input.Name(r)) // peercheck:ignore go/path-traversal -- a test
}
`
	for _, f := range txtar.Parse([]byte(helpers + ignored)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var scanned struct {
		Findings []struct {
			Check    string
			Location struct {
				Path  string
				Start struct{ Line, Column int }
			}
			Suppressions []any
		}
	}
	decode(t, run(t, dir, binary, "scan", "--format", "json"), &scanned)
	var want []string
	for _, f := range scanned.Findings {
		if len(f.Suppressions) == 0 {
			want = append(want, fmt.Sprintf("%s:%d:%d %s", f.Location.Path, f.Location.Start.Line, f.Location.Start.Column, f.Check))
		}
	}
	slices.Sort(want)
	if !slices.Contains(want, "web/web.go:11:13 go/path-traversal") {
		t.Errorf("scan finds %v", want)
	}
	vet := func(wantJudged ...string) {
		t.Helper()
		cmd := exec.Command("go", "vet", "-x", "-vettool="+binary, "./...")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("go vet ends with %v", err)
		}
		var got, judged []string
		for _, m := range regexp.MustCompile(`(?m)^(?:\./)?([a-z/]+\.go:\d+:\d+): [^\t].* \((.*)\)$`).FindAllStringSubmatch(string(out), -1) {
			got = append(got, m[1]+" "+m[2])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("go vet shows %v, scan %v:\n%s", got, want, out)
		}
		for _, m := range regexp.MustCompile(`"ImportPath": "example.com/m/(.*)"`).FindAllStringSubmatch(string(out), -1) {
			judged = append(judged, m[1])
		}
		slices.Sort(judged)
		if !slices.Equal(judged, wantJudged) {
			t.Errorf("go vet has %v judged, want %v", judged, wantJudged)
		}
	}
	vet("input", "store", "store/disk", "web")
	vet() // nothing has changed
	web, err := os.OpenFile(filepath.Join(dir, "web/web.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(web, "// The end.")
	web.Close()
	vet("web") // with the facts of the others
}

func TestAsVetTool(t *testing.T) {
	for args, want := range map[string]bool{
		"":                                  false,
		"-V=full":                           true,
		"-flags":                            true,
		"/tmp/b001/vet.cfg":                 true,
		"-json -go_weak_hash=false vet.cfg": true,
		"scan x.cfg":                        false,
		"--help":                            false,
		"hook run pre-commit":               false,
	} {
		if got := asVetTool(strings.Fields(args)); got != want {
			t.Errorf("%q: %v", args, got)
		}
	}
}
