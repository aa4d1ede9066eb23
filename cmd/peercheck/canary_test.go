package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNothingOfTheRepositoryRuns plants a canary wherever Git, the go command or
// a tool could be told by a repository to run something, does everything that
// peercheck does in it, and sees that no canary sang (invariant 9).
func TestNothingOfTheRepositoryRuns(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "peercheck")
	run(t, ".", "go", "build", "-o", binary, ".")
	dir, song := t.TempDir(), filepath.Join(t.TempDir(), "song")
	canary := filepath.Join(dir, "canary.sh")
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	sing := fmt.Sprintf("#!/bin/sh\necho \"$0 $*\" >>%s\nexit 1\n", song)
	write("canary.sh", sing, 0o755)
	for _, name := range []string{"go", "git", "gofmt", "gcc", "pkg-config", "peercheck", "bin/go", "node_modules/.bin/go"} {
		write(name, sing, 0o755)
	}
	write("go.mod", "module example.com/m\n\ngo 1.26\n\ntool example.com/m/tool\n", 0o600)
	write("go.env", "GOFLAGS=-toolexec="+canary+"\n", 0o600)
	write("tool/main.go", "package main\n\nfunc main() {}\n", 0o600)
	write("a.go", "package m\n\n//go:generate "+canary+"\n\nimport \"net/http\"\n\nvar S = http.Server{}\n", 0o600)
	write("c.go", "package m\n\n// #cgo pkg-config: canary\n// #cgo CFLAGS: -fplugin="+canary+"\nimport \"C\"\n", 0o600)
	write(".gitattributes", "* diff=canary filter=canary merge=canary\n*.go textconv\n", 0o600)
	write(".lfsconfig", "[lfs]\n\tstandalonetransferagent = canary\n", 0o600)
	write(".envrc", canary+"\n", 0o600)
	write(".vscode/settings.json", `{"peercheck.path": "`+canary+`", "go.toolsEnvVars": {"GOFLAGS": "-toolexec=`+canary+`"}}`, 0o600)
	write("Dockerfile", "FROM scratch\nRUN "+canary+"\nCOPY . .\n", 0o600)
	write(".peercheck.yaml", "persona: auditor\n", 0o600)

	run(t, dir, "git", "init", "-q")
	run(t, dir, "git", "-c", "core.attributesFile=/dev/null", "add", "-A")
	hooks := filepath.Join(dir, ".git", "hooks")
	for _, name := range []string{"post-index-change", "pre-commit", "fsmonitor-watchman", "reference-transaction"} {
		if err := os.WriteFile(filepath.Join(hooks, name), []byte(sing), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for key, value := range map[string]string{
		"core.fsmonitor": canary, "core.pager": canary, "core.editor": canary, "core.sshCommand": canary, "core.askPass": canary, "core.alternateRefsCommand": canary,
		"diff.external": canary, "diff.canary.textconv": canary, "diff.canary.command": canary,
		"filter.canary.clean": canary, "filter.canary.smudge": canary, "filter.canary.process": canary, "filter.canary.required": "true",
		"gpg.program": canary, "credential.helper": canary, "alias.diff": "!" + canary, "alias.diff-index": "!" + canary, "merge.canary.driver": canary,
		"uploadpack.packObjectsHook": canary, "sequence.editor": canary, "interactive.diffFilter": canary, "pager.diff": canary,
	} {
		run(t, dir, "git", "config", key, value)
	}
	t.Setenv("GOFLAGS", "-toolexec="+canary)
	t.Setenv("GOWORK", filepath.Join(dir, "go.work"))

	for _, args := range [][]string{
		{"scan"}, {"scan", "--persona", "auditor", "--format", "sarif"}, {"scan", "--staged"}, {"hook", "run", "pre-commit"}, {"checks"}, {"version"},
	} {
		cmd := exec.Command(binary, args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() < 0 {
			t.Errorf("%v was killed\n%s", args, out)
		}
		listen(t, song, strings.Join(args, " "))
	}
	for _, pull := range []bool{true, false} {
		inEditor(t, binary, dir, pull, []string{"a.go 7:9 go/http-server-without-timeouts x"}, 5*time.Second)
		listen(t, song, "lsp")
	}
}

// listen fails if a canary has sung.
func listen(t *testing.T, song, during string) {
	t.Helper()
	if text, err := os.ReadFile(song); err == nil {
		t.Errorf("during %s ran:\n%s", during, text)
		os.Remove(song)
	}
}
