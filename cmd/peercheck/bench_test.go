package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules"
)

func build(b *testing.B) (binary string) {
	b.Helper()
	binary = filepath.Join(b.TempDir(), "peercheck")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// BenchmarkStart is the time from the shell to the list of checks.
func BenchmarkStart(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		if err := exec.Command(binary, "checks").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScanDocument is a Go file of 50 KB, held in memory, by the checks of
// documents.
func BenchmarkScanDocument(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("package p\n\n")
	for i := 0; text.Len() < 50<<10; i++ {
		fmt.Fprintf(&text, "// handle%d answers a request by its key.\nfunc handle%d(w http.ResponseWriter, r *http.Request) error {\n\tkey := r.URL.Query().Get(\"key\")\n\tif key == \"\" {\n\t\treturn fmt.Errorf(\"no key in %%s\", r.URL)\n\t}\n\t_, err := io.WriteString(w, key)\n\treturn err\n}\n\n", i, i)
	}
	scanner, err := scan.New(scan.Options{Checks: rules.All(), Kinds: []check.Kind{check.KindDocument}})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		d := check.NewDocument("handlers.go", "go", text.Bytes(), check.Revision{})
		if _, err := scanner.Scan(b.Context(), source.Files(d)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPreCommit is `git commit` in a repository of 20,000 files, without
// and with the hook; the difference is what the hook costs. In "go" each commit
// changes a Go file so that its package was not seen before.
func BenchmarkPreCommit(b *testing.B) {
	binary := build(b)
	dir := b.TempDir()
	git := func(args ...string) {
		b.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "gc.auto=0"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		b.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	git("init", "-q")
	for i := range 20000 {
		write(fmt.Sprintf("data/%02d/%02d/file%d.txt", i%40, i/40%60, i), fmt.Sprintf("file %d\nwith a few lines\nof plain text\n", i))
	}
	write("go.mod", "module example.com/m\n\ngo 1.26\n")
	goFile := "package p\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nfunc Handle%d(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.Method, %d) }\n"
	for i := range 10 {
		write(fmt.Sprintf("p/file%d.go", i), fmt.Sprintf(goFile, i, i))
	}
	git("add", "-A")
	git("commit", "-q", "-m", "all")
	n := int(time.Now().UnixNano() % 1e9)
	for _, hooked := range []bool{false, true} {
		if hooked {
			cmd := exec.Command(binary, "hook", "install")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		}
		for _, kind := range []string{"text", "go"} {
			b.Run(fmt.Sprintf("%s/hook=%v", kind, hooked), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					n++
					if kind == "text" {
						write("data/00/00/file0.txt", fmt.Sprintf("changed %d\n", n))
					} else {
						write("p/file0.go", fmt.Sprintf(goFile, 0, n))
					}
					git("add", "-A")
					b.StartTimer()
					git("commit", "-q", "-m", "one file")
				}
			})
		}
	}
}
