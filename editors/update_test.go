package editors

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestUpdateUnderRunningServer replaces the program while it runs, in the ways in
// which people do: by moving another over it, by deleting it and writing it anew,
// and by pointing a link elsewhere. The server goes on judging with what it is, and
// says once what a restart would give.
func TestUpdateUnderRunningServer(t *testing.T) {
	first, err := program()
	if err != nil {
		t.Fatal(err)
	}
	second := filepath.Join(t.TempDir(), "peercheck")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-buildvcs=false", "-o", second, "../cmd/peercheck")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(second, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	version := strings.Fields(string(out))[1]

	replace := func(file string) error { return os.Rename(file, filepath.Join(filepath.Dir(file), "running")) }
	ways := map[string]func(file string) error{
		"moved over": func(file string) error {
			if err := copyFile(second, file+".new"); err != nil {
				return err
			}
			if runtime.GOOS == "windows" { // where a file that runs can be renamed, not replaced
				if err := replace(file); err != nil {
					return err
				}
			}
			return os.Rename(file+".new", file)
		},
		"renamed and written anew": func(file string) error {
			if err := replace(file); err != nil {
				return err
			}
			return copyFile(second, file)
		},
	}
	if runtime.GOOS != "windows" {
		ways["deleted and written anew"] = func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return copyFile(second, file)
		}
		ways["another link"] = func(file string) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return os.Symlink(second, file)
		}
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := t.TempDir()
			file := filepath.Join(bin, filepath.Base(first))
			put := copyFile
			if name == "another link" {
				put = os.Symlink
			}
			if err := put(first, file); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			s := openProgram(t, file, dir)
			uri := "file://" + filepath.ToSlash(filepath.Join(dir, "a.py"))
			s.show(uri, "x = 1\n")

			if runtime.GOOS != "windows" { // taken away, it is as good as ever
				if err := os.Rename(file, file+".away"); err != nil {
					t.Fatal(err)
				}
				s.send(`{"jsonrpc":"2.0","method":"textDocument/didSave","params":{"textDocument":{"uri":%q}}}`, uri)
				s.complete(uri)
				if err := os.Rename(file+".away", file); err != nil {
					t.Fatal(err)
				}
			}
			if err := way(file); err != nil {
				t.Fatal(err)
			}
			s.send(`{"jsonrpc":"2.0","method":"textDocument/didSave","params":{"textDocument":{"uri":%q}}}`, uri)
			var told []string
			note := func(f frame) bool {
				var p struct{ Message string }
				if f.Method != "window/showMessage" {
					return false
				}
				if json.Unmarshal(f.Params, &p) == nil {
					told = append(told, p.Message)
				}
				return true
			}
			s.until(note)
			s.send(`{"jsonrpc":"2.0","method":"textDocument/didSave","params":{"textDocument":{"uri":%q}}}`, uri)
			s.versions[uri]++
			s.send(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":%d},"contentChanges":[{"text":%q}]}}`,
				uri, s.versions[uri], "key = \"AKIA"+"IOSFODNN7EXAMPLQ\"\n")
			s.until(func(f frame) bool {
				note(f)
				return f.Method == "textDocument/publishDiagnostics" && bytes.Contains(f.Params, []byte(`"version":2`)) && bytes.Contains(f.Params, []byte("secrets/"))
			})
			s.send(`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`)
			s.until(func(f frame) bool { note(f); return string(f.ID) == "2" })
			if len(told) != 1 || !strings.Contains(told[0], "peercheck "+version+" ") || !strings.Contains(told[0], "restart the language server") {
				t.Errorf("told %q, want once that %s is installed", told, version)
			}
		})
	}
}

// copyFile copies a program. No other is started while the copy is open: a fork would have it open for writing until it
// execs, and what is open for writing cannot be started ("text file busy", https://go.dev/issue/22315).
func copyFile(from, to string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
