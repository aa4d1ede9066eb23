// Package editors holds plugins and settings for editors; these tests drive the
// real ones against the real server.
package editors

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// program builds peercheck once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "peercheck-editors")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "peercheck")
	cmd := exec.Command("go", "build", "-o", file, "../cmd/peercheck")
	cmd.Stderr = os.Stderr
	return file, cmd.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// need finds an editor. Without it the test is skipped, unless PEERCHECK_E2E is
// set, as it is where all editors are installed.
func need(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("PEERCHECK_E2E") != "" {
			t.Fatalf("PEERCHECK_E2E is set, and %s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
}

const bad = `package bad

import "crypto/tls"

func config() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ServerName: "example.com"}
}
`

// workspace is a Go module with one finding.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/bad\n\ngo 1.26\n", "bad.go": bad} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// drive runs an editor with a script that prints PASS in the end, or MISSING and
// what it needs.
func drive(t *testing.T, plugin string, args ...string) {
	t.Helper()
	need(t, args[0])
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(plugin)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PEERCHECK="+file, "FOLDER="+workspace(t), "PLUGIN="+here, "XDG_STATE_HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if _, what, ok := strings.Cut(string(out), "MISSING "); ok && os.Getenv("PEERCHECK_E2E") == "" {
		t.Skipf("not installed: %s", what)
	}
	if err != nil || !strings.Contains(string(out), "PASS") || strings.Contains(string(out), "FAIL") {
		t.Errorf("%s: %v\n%s", args[0], err, out)
	}
	t.Logf("%s", out)
}

func TestNeovim(t *testing.T) {
	drive(t, "nvim", "nvim", "--headless", "--clean", "-n", "-i", "NONE", "-c", "luafile nvim/test/session.lua")
}

// Eglot with the Emacs of the system.
func TestEmacs(t *testing.T) {
	drive(t, "emacs", "emacs", "--batch", "--quick", "--load", "emacs/session.el")
}

// lsp-mode with the Emacs of the system.
func TestLSPMode(t *testing.T) {
	drive(t, "emacs", "emacs", "--batch", "--quick", "--load", "emacs/session-lsp-mode.el")
}

// ALE with the Vim of the system.
func TestVim(t *testing.T) {
	if out, err := exec.Command("vim", "--version").Output(); err == nil && !strings.Contains(string(out), "+channel") {
		t.Skip("this vim cannot talk to programs")
	}
	drive(t, "vim", "vim", "-T", "dumb", "--not-a-term", "-n", "-i", "NONE", "-u", "vim/session.vim")
}
