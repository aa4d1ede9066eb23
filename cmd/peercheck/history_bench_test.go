package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// historyCommits is a project of some ten years.
const historyCommits = 10_000

// BenchmarkHistory looks for secrets in a repository of 10,000 commits, for the
// first time and again. The repository is made once for a machine, in
// PEERCHECK_BENCH_DIR, of what is in the module cache.
func BenchmarkHistory(b *testing.B) {
	r := historyRepo(b)
	binary := build(b)
	scan := func(b *testing.B, cache string) {
		b.Helper()
		out, err := r.With("XDG_CACHE_HOME="+cache).Command(binary, "scan", "--history", "--format", "json", "-o", os.DevNull).CombinedOutput()
		if code := exitStatus(err); code > 1 {
			b.Fatalf("exit code %d\n%s", code, out)
		}
	}
	b.Run("git", func(b *testing.B) { // what git alone takes to read every blob
		for b.Loop() {
			cmd := r.Command("git", "cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch")
			cmd.Stdout = io.Discard
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			scan(b, b.TempDir())
		}
	})
	b.Run("again", func(b *testing.B) {
		cache := b.TempDir()
		scan(b, cache)
		for b.Loop() {
			scan(b, cache)
		}
	})
}

func exitStatus(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	if err != nil {
		return 2
	}
	return 0
}

// historyRepo makes the repository.
func historyRepo(b *testing.B) *repotest.Repo {
	b.Helper()
	base := os.Getenv("PEERCHECK_BENCH_DIR")
	if base == "" {
		base = b.TempDir()
	}
	dir := filepath.Join(base, "history")
	_, err := os.Stat(dir)
	r := repotest.At(b, dir)
	if err == nil {
		return r
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(writeHistory(out, moduleVersions(b), historyCommits)) }()
	cmd := r.Command("git", "fast-import", "--quiet")
	cmd.Stdin = in
	if text, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("git fast-import: %v\n%s", err, text)
	}
	r.Git("repack", "-q", "-a", "-d")
	r.Git("commit-graph", "write", "--reachable")
	return r
}

// moduleVersions gives the folders of modules of which the cache has several
// versions, oldest first, by module: those with most versions first.
func moduleVersions(b *testing.B) [][]string {
	b.Helper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		b.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "*", "*", "*@v*"))
	if err != nil {
		b.Fatal(err)
	}
	versions := map[string][]string{}
	for _, folder := range folders {
		module, _, _ := strings.Cut(folder, "@")
		versions[module] = append(versions[module], folder)
	}
	var all [][]string
	for _, folders := range versions {
		slices.SortFunc(folders, func(x, y string) int {
			_, v, _ := strings.Cut(x, "@")
			_, w, _ := strings.Cut(y, "@")
			return semver.Compare(v, w)
		})
		all = append(all, folders)
	}
	slices.SortFunc(all, func(x, y []string) int {
		if len(x) != len(y) {
			return len(y) - len(x)
		}
		return strings.Compare(x[0], y[0])
	})
	if len(all) == 0 || len(all[0]) < 2 {
		b.Skip("the module cache has no module in several versions")
	}
	return all
}

// writeHistory writes commits for git fast-import: for each version of a module
// one for each file that differs from the version before.
func writeHistory(w io.Writer, modules [][]string, commits int) error {
	n := 0
	for _, versions := range modules {
		module, _, _ := strings.Cut(filepath.Base(versions[0]), "@")
		before := map[string][]byte{}
		for _, version := range versions {
			err := filepath.WalkDir(version, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() || n == commits {
					return err
				}
				content, err := os.ReadFile(path)
				if err != nil || bytes.Equal(content, before[path[len(version):]]) {
					return err
				}
				before[path[len(version):]] = content
				n++
				_, err = fmt.Fprintf(w, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 7\nchange\nM 100644 inline %s\ndata %d\n%s\n",
					1_500_000_000+n*3600, module+filepath.ToSlash(path[len(version):]), len(content), content)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
