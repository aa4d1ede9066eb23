package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// helpers is a module where untrusted data goes through other packages: from a
// source in one, to a sink in another, past a guard in a third.
const helpers = `
-- go.mod --
module example.com/m

go 1.26
-- web/web.go --
package web

import (
	"net/http"

	"example.com/m/input"
	"example.com/m/store"
)

func Serve(w http.ResponseWriter, r *http.Request) {
	store.Open(input.Name(r))
	if name := input.Name(r); input.Safe(name) {
		store.Open(name)
	}
}
-- input/input.go --
package input

import (
	"net/http"
	"path/filepath"
)

// Name gives what the user asks for.
func Name(r *http.Request) string { return r.URL.Query().Get("name") }

// Safe reports whether a name stays below a folder.
func Safe(name string) bool { return filepath.IsLocal(name) }
-- store/store.go --
package store

import "example.com/m/store/disk"

// Open opens a file.
func Open(name string) { disk.Read("/srv/" + name) }
-- store/disk/disk.go --
package disk

import (
	"crypto/md5"
	"net/http"
	"os"
)

// Read reads a file.
func Read(name string) { os.ReadFile(name) }

// Direct has a finding of its own.
func Direct(w http.ResponseWriter, r *http.Request) { os.ReadFile(r.FormValue("f")) }

// Password hashes a password.
func Password(password string) [16]byte { return md5.Sum([]byte(password)) }
`

// TestOnePackageOfMany: what is found in a package does not depend on whether
// the others are judged along with it.
func TestOnePackageOfMany(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "peercheck")
	run(t, ".", "go", "build", "-o", binary, ".")
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(helpers)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "git", "init", "-q")
	run(t, dir, "git", "add", "-A")
	scan := func(args ...string) []string {
		var r jsonReport
		decode(t, run(t, dir, binary, append([]string{"scan", "--format", "json"}, args...)...), &r)
		return r.lines(t)
	}
	in := func(lines []string, folder string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, folder+"/") })
	}
	all := scan()
	for folder, least := range map[string]int{"web": 1, "store": 0, "store/disk": 2, "input": 0} {
		want := in(all, folder)
		if len(want) < least {
			t.Errorf("%s: %d findings among all of the module's, want %d: %v", folder, len(want), least, all)
		}
		if got := scan("./" + folder); !slices.Equal(got, want) {
			t.Errorf("%s alone gives\n%s\namong all\n%s", folder, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if n := len(in(all, "web")); n != 1 {
		t.Errorf("%d findings in web, want the one that is not guarded: %v", n, all)
	}
	if got := inEditor(t, binary, dir, true, all, time.Minute); !slices.Equal(slices.Sorted(slices.Values(got)), all) {
		t.Errorf("the editor shows\n%s\nscan gives\n%s", strings.Join(got, "\n"), strings.Join(all, "\n"))
	}
	// A commit of one file.
	run(t, dir, "git", "-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-qm", "all but the use", "--", "go.mod", "input", "store")
	var staged jsonReport
	decode(t, run(t, dir, binary, "scan", "--staged", "--format", "json"), &staged)
	if got, want := staged.lines(t), in(all, "web"); !slices.Equal(got, want) {
		t.Errorf("scan --staged gives\n%s\nscan gives\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestSecondScan: what was kept gives the same report, byte for byte, as judging
// anew, and so does what is left of it when half of it is gone.
func TestSecondScan(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "peercheck")
	run(t, ".", "go", "build", "-o", binary, ".")
	dir, kept := t.TempDir(), t.TempDir()
	for _, f := range txtar.Parse([]byte(helpers)).Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(run(t, ".", "go", "env", "GOCACHE"))))
	t.Setenv("XDG_CACHE_HOME", kept) // which Linux goes by
	scan := func(args ...string) string {
		return string(run(t, dir, binary, append([]string{"scan", "--format", "sarif"}, args...)...))
	}
	want := scan("--no-cache")
	if entries, err := os.ReadDir(kept); err != nil || len(entries) > 0 {
		t.Errorf("--no-cache has kept %v, %v", entries, err)
	}
	for _, what := range []string{"the first scan", "the second scan", "the scan with half of the cache"} {
		if got := scan(); got != want {
			t.Errorf("%s gives\n%s\nwant\n%s", what, got, want)
		}
		if what == "the first scan" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(kept, "peercheck", "go", "*", "*"))
		if err != nil || runtime.GOOS == "linux" && len(files) < 8 {
			t.Fatalf("%d files are kept, %v", len(files), err)
		}
		for i, name := range files {
			if i%2 == 0 {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
