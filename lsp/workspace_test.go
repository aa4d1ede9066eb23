package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
)

// git runs git in a folder, with nothing of the user's configuration.
func git(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func withEnv(o *Options) { o.Env = os.Environ() }

// severities gives the severities of what is published, in order.
func severities(p published) string {
	var all []string
	for _, d := range p.Diagnostics {
		all = append(all, fmt.Sprint(d.Severity))
	}
	return strings.Join(all, " ")
}

// What HEAD has too is lower than what the change brought; a commit makes it so.
func TestNewness(t *testing.T) {
	dir := folderOf(t, "a.txt", "hazard here\n", "sub/b.txt", "hazard\n")
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "first")
	for name, folder := range map[string]string{"sub/b.txt": dir, "b.txt": filepath.Join(dir, "sub")} { // a folder within the repository, too
		e, u := initialized(t, folder, full, withEnv), in(folder, name)
		e.open(u, "", 1, "hazard\nanother hazard")
		if p := e.diagnostics(u, 1); severities(p) != "3 1" {
			t.Errorf("%s: old and new: %s", name, severities(p))
		}
	}

	e, u := initialized(t, dir, full, withEnv), in(dir, "a.txt")
	e.open(u, "", 1, "hazard here\n")
	if p := e.diagnostics(u, 1); severities(p) != "3" {
		t.Errorf("old alone: %s", severities(p))
	}
	e.change(u, 2, partial(0, 0, 0, 0, "a risk\n"), partial(2, 0, 2, 0, "another hazard\n"))
	if p := e.diagnostics(u, 2); severities(p) != "2 3 1" { // low, old, new
		t.Errorf("after an edit: %s", severities(p))
	}
	if m := e.request("textDocument/codeLens", `{"textDocument":{"uri":`+quote(u)+`}}`); !strings.Contains(m.raw, "peercheck: 2 new, 1 old finding") {
		t.Errorf("code lens: %s", m.raw)
	}

	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("a risk\nhazard here\nanother hazard\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "commit", "-q", "-a", "-m", "second")
	from := e.mark()
	e.notify("textDocument/didSave", `{"textDocument":{"uri":`+quote(u)+`}}`)
	e.publishedSince(from, u, "everything as old after the commit", func(p published) bool { return severities(p) == "4 3 3" })

	from = e.mark()
	e.setting(`{"existing":"hide"}`)
	e.publishedSince(from, u, "nothing once old findings are hidden", func(p published) bool { return len(p.Diagnostics) == 0 })
	from = e.mark()
	e.setting(`{"existing":"same"}`)
	e.publishedSince(from, u, "old findings like new ones", func(p published) bool { return severities(p) == "2 1 1" })
}

// setting changes what workspace/configuration answers, and says so.
func (e *editor) setting(settings string) {
	e.mu.Lock()
	e.settings = settings
	e.mu.Unlock()
	e.notify("workspace/didChangeConfiguration", `{"settings":null}`)
}

// Switched off, the server shows nothing, and everything again once it is on.
func TestSwitchOff(t *testing.T) {
	e, u := opened(t)
	e.diagnostics(u, 1)
	from := e.mark()
	e.setting(`{"enabled":false}`)
	e.publishedSince(from, u, "the clearing", func(p published) bool { return len(p.Diagnostics) == 0 })
	from = e.mark()
	e.change(u, 2, whole("hazard hazard"))
	e.request("textDocument/hover", hoverAt(u, 0, 1))
	for _, m := range e.all()[from:] {
		if strings.Contains(m.raw, "test/hazard") {
			t.Errorf("while off: %s", m.raw)
		}
	}
	e.setting(`{"enabled":true}`)
	e.publishedSince(from, u, "the findings", func(p published) bool { return len(p.Diagnostics) == 2 })
}

// A client that pulls is told to pull again, and then gets nothing.
func TestSwitchOffPulling(t *testing.T) {
	dir := folderOf(t)
	e, u := initialized(t, dir, pulling), in(dir, "a.txt")
	e.open(u, "", 1, "hazard")
	e.pull(u, "")
	for _, on := range []bool{false, true} {
		from := e.mark()
		e.setting(fmt.Sprintf(`{"enabled":%t}`, on))
		e.await("the wish to pull again", from, func(m message) bool { return m.Method == "workspace/diagnostic/refresh" })
		if p := e.pull(u, ""); (len(p.Items) == 1) != on {
			t.Errorf("enabled %t: %s", on, p)
		}
	}
}

// The configuration counts as it stands in its buffer; one that is invalid while
// it is typed is pointed out, and the last valid one counts.
func TestConfig(t *testing.T) {
	dir := folderOf(t, ".peercheck.yaml", "checks:\n  test/risk: off\n", "a.txt", "")
	e, u, c := initialized(t, dir, full), in(dir, "a.txt"), in(dir, ".peercheck.yaml")
	e.open(u, "", 1, "risk hazard")
	e.want(u, 1, "0:5-0:11 test/hazard")

	from := e.mark()
	e.open(c, "yaml", 1, "checks:\n  test/hazard: off\n")
	e.publishedSince(from, u, "the verdict under the new configuration", func(p published) bool { return p.String() == "0:0-0:4 test/risk" })
	from = e.mark()
	e.change(c, 2, whole("checks:\n  test/hazard: off\nexlude: []\n"))
	if p := e.diagnostics(c, 2); len(p.Diagnostics) != 1 || p.Diagnostics[0].Code != "configuration" || p.Diagnostics[0].Range.Start.Line != 2 {
		t.Errorf("got %+v", p)
	}
	e.publishedSince(from, u, "the verdict under the last valid configuration", func(p published) bool { return p.String() == "0:0-0:4 test/risk" })
	from = e.mark()
	e.change(c, 3, whole(""))
	e.want(c, 3, "")
	e.publishedSince(from, u, "the verdict under an empty configuration", func(p published) bool { return len(p.Diagnostics) == 2 })
	from = e.mark()
	e.close(c)
	e.publishedSince(from, u, "the verdict under the configuration on disk", func(p published) bool { return p.String() == "0:5-0:11 test/hazard" })
	from = e.mark()
	if err := os.Remove(filepath.Join(dir, ".peercheck.yaml")); err != nil {
		t.Fatal(err)
	}
	e.notify("workspace/didChangeWatchedFiles", fmt.Sprintf(`{"changes":[{"uri":%q,"type":3}]}`, c))
	e.publishedSince(from, u, "the verdict without a configuration", func(p published) bool { return len(p.Diagnostics) == 2 })
}

// gitleaks' files count as they stand in the editor; an error in them is shown at
// its place, and the last valid ones stay.
func TestGitleaksFiles(t *testing.T) {
	dir := folderOf(t, ".gitleaks.toml", "hazard\n", "a.txt", "")
	e := initialized(t, dir, full, func(o *Options) {
		o.ChecksFor = func(c *config.Config) ([]*check.Check, error) {
			switch strings.TrimSpace(string(c.Gitleaks.Text)) {
			case "hazard":
				return []*check.Check{hazard}, nil
			case "risk":
				return []*check.Check{risk}, nil
			}
			return nil, &config.Error{Path: c.Gitleaks.Path, At: check.Position{Line: 2, Column: 3}, Message: "this is no rule"}
		}
	})
	u, rules := in(dir, "a.txt"), in(dir, ".gitleaks.toml")
	e.open(u, "", 1, "risk hazard")
	e.want(u, 1, "0:5-0:11 test/hazard")
	from := e.mark()
	e.open(rules, "toml", 1, "risk\n")
	e.publishedSince(from, u, "the verdict by rules that are not saved", func(p published) bool { return p.String() == "0:0-0:4 test/risk" })
	from = e.mark()
	e.change(rules, 2, whole("[[rules\n  id\n"))
	if p := e.diagnostics(rules, 2); p.String() != "1:2-1:4 configuration" || !strings.Contains(p.Diagnostics[0].Message, "this is no rule") {
		t.Errorf("got %+v", p)
	}
	e.publishedSince(from, u, "the verdict by the last valid rules", func(p published) bool { return p.String() == "0:0-0:4 test/risk" })
	from = e.mark()
	e.close(rules)
	e.publishedSince(from, u, "the verdict by what is on disk", func(p published) bool { return p.String() == "0:5-0:11 test/hazard" })
}

// What HEAD has already never flashes up as new, although to know it for sure its
// packages have to be judged first.
func TestOldAtOnce(t *testing.T) {
	text := "package a\n\ntype Danger int\n\nfunc f() Danger { return 0 }\n\nvar x = f()\n"
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n", "a.go", text)
	git(t, dir, "init", "-q")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "first")
	e := start(t, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
	e.initialize(dir, full, `{"status":true}`)
	u := in(dir, "a.go")
	e.open(u, "go", 1, text+"\nvar y = f()\n")
	e.await("the status", 0, func(m message) bool {
		return m.Method == "peercheck/status" && strings.Contains(m.raw, `"new":1,"old":1`) && strings.Contains(m.raw, `"complete":true`)
	})
	for _, m := range e.all() {
		var p published
		if m.Method != "textDocument/publishDiagnostics" || json.Unmarshal(m.Params, &p) != nil {
			continue
		}
		for _, d := range p.Diagnostics {
			if d.Range.Start.Line == 6 && d.Severity != 3 {
				t.Errorf("an old finding is shown with severity %d", d.Severity)
			}
		}
	}
}

// Each folder has a configuration of its own; of nested folders the innermost counts.
func TestFolders(t *testing.T) {
	dir := folderOf(t, ".peercheck.yaml", "checks:\n  test/risk: off\n", "inner/.peercheck.yaml", "checks:\n  test/hazard: off\n")
	e := start(t)
	e.request("initialize", fmt.Sprintf(`{"processId":null,"rootUri":null,"capabilities":%s,"workspaceFolders":[{"uri":%q,"name":"a"},{"uri":%q,"name":"b"}]}`,
		full, in(dir, ""), in(dir, "inner")))
	e.notify("initialized", "{}")
	e.open(in(dir, "x.txt"), "", 1, "risk hazard")
	e.want(in(dir, "x.txt"), 1, "0:5-0:11 test/hazard")
	e.open(in(dir, "inner/x.txt"), "", 1, "risk hazard")
	e.want(in(dir, "inner/x.txt"), 1, "0:0-0:4 test/risk")
}

// dangerous flags calls of a function whose result is typed Danger, wherever it
// is declared: it needs types across packages.
var dangerous = &check.Check{
	ID: "test/dangerous", Title: "A dangerous call", CWE: []check.CWE{710},
	Page:     check.Page{What: "Finds danger.", Why: "It is.", Fix: "Do not."},
	Severity: check.High, Confidence: check.Firm, Since: "0.1",
	RunPackage: func(_ context.Context, p *check.PackagePass) error {
		for _, f := range p.Files {
			ast.Inspect(f, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && p.TypesInfo.TypeOf(call) != nil && strings.HasSuffix(p.TypesInfo.TypeOf(call).String(), "Danger") {
					p.Report(check.Finding{Message: "this is dangerous", Location: p.Location(call)})
				}
				return true
			})
		}
		return nil
	},
}

// Unsaved buffers of several packages are judged together, and what depends on
// an edit is judged after it.
func TestTyped(t *testing.T) {
	dir := folderOf(t,
		"go.mod", "module example.com/m\n\ngo 1.26\n",
		"lib/lib.go", "package lib\n\ntype Danger int\n\nfunc Call() int { return 0 }\n",
		"main.go", "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { lib.Call() }\n")
	e := initialized(t, dir, full, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
	main, lib := in(dir, "main.go"), in(dir, "lib/lib.go")
	e.open(main, "go", 1, "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { lib.Call() }\n")
	e.want(main, 1, "")
	from := e.mark()
	e.open(lib, "go", 1, "package lib\n\ntype Danger int\n\nfunc Call() Danger { return 0 }\n")
	e.publishedSince(from, main, "the finding that another buffer brings", func(p published) bool { return p.String() == "4:14-4:24 test/dangerous" })
	// While the edit is judged the finding moves with its text.
	e.change(main, 2, partial(0, 0, 0, 0, "// comment\n"))
	e.want(main, 2, "5:14-5:24 test/dangerous")
	from = e.mark()
	e.close(lib)
	e.publishedSince(from, main, "the verdict on what is on disk", func(p published) bool { return len(p.Diagnostics) == 0 && *p.Version == 2 })
}

// A file outside the folders is judged in the Go module above it.
func TestStray(t *testing.T) {
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n", "a/lib.go", "package a\n\ntype Danger int\n\nfunc Call() Danger { return 0 }\n")
	e := initialized(t, t.TempDir(), full, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
	u := in(dir, "a/use.go")
	e.open(u, "go", 1, "package a\n\nvar x = Call()\n")
	e.publishedSince(0, u, "the finding that needs the other file", func(p published) bool { return p.String() == "2:8-2:14 test/dangerous" })
}

// What was never saved is judged with types, too.
func TestUntitledGo(t *testing.T) {
	e := initialized(t, t.TempDir(), full, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
	e.open("untitled:Untitled-1", "go", 1, "package a\n\nimport \"time\"\n\ntype Danger = time.Duration\n\ntype D int\n\nfunc f() aDanger { return 0 }\n\ntype aDanger int\n\nvar x = f()\n")
	e.publishedSince(0, "untitled:Untitled-1", "the finding", func(p published) bool { return p.String() == "12:8-12:11 test/dangerous" })
}

// Where the user does not trust the folder, nothing is run, and the client is
// told what is known there.
func TestUntrusted(t *testing.T) {
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n", "a.go", "package a\n")
	git(t, dir, "init", "-q")
	canary := filepath.Join(t.TempDir(), "ran")
	bin := folderOf(t, "go", "#!/bin/sh\ntouch "+canary+"\n", "git", "#!/bin/sh\ntouch "+canary+"\n")
	for _, name := range []string{"go", "git"} {
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, options := range []string{`{"trusted":false,"status":true}`, `{"status":true}`} {
		e := start(t, func(o *Options) {
			o.Env = []string{"PATH=" + bin, "HOME=" + t.TempDir()}
			o.Checks = append(o.Checks, dangerous)
			o.Trusted = func(string) bool { return false }
		})
		e.initialize(dir, full, options)
		u := in(dir, "a.go")
		e.open(u, "go", 1, "package a\n\nimport \"fmt\"\n\nvar x = fmt.Sprint()\n\ntype Danger int\n\nvar y = Danger(1)\n")
		m := e.await("the status", 0, func(m message) bool {
			return m.Method == "peercheck/status" && strings.Contains(m.raw, `"complete":true`)
		})
		var s status
		if err := json.Unmarshal(m.Params, &s); err != nil || s.Trusted || s.Tier != check.TierPartial || s.URI != u || s.New != 1 {
			t.Errorf("got %s", m.raw)
		}
		if _, err := os.Stat(canary); err == nil {
			t.Fatal("something was run in a folder that is not trusted")
		}
	}
}

// A workspace request with a token streams, stays open, and tells what changes.
func TestWorkspaceStream(t *testing.T) {
	dir := folderOf(t, "a.txt", "hazard", "b.txt", "safe")
	e := initialized(t, dir, pulling)
	id := e.send("workspace/diagnostic", `{"previousResultIds":[],"partialResultToken":"stream"}`)
	part := func(from int, what, file, want string) {
		t.Helper()
		e.await(what, from, func(m message) bool {
			var p struct {
				Token string
				Value workspaceReport
			}
			return m.Method == "$/progress" && json.Unmarshal(m.Params, &p) == nil && p.Token == "stream" && p.Value.String() == file+" "+want
		})
	}
	part(0, "the first part", "a.txt", "full 0:0-0:6 test/hazard")
	from := e.mark()
	if err := os.WriteFile(filepath.Join(dir, "b.txt"), []byte("a hazard"), 0o644); err != nil {
		t.Fatal(err)
	}
	e.notify("workspace/didChangeWatchedFiles", fmt.Sprintf(`{"changes":[{"uri":%q,"type":2}]}`, in(dir, "b.txt")))
	part(from, "the change", "b.txt", "full 0:2-0:8 test/hazard")
	e.notify("$/cancelRequest", `{"id":`+id+`}`)
	e.answer(id)
}

// A typed verdict that comes after a pull was answered makes the client pull again.
func TestRefresh(t *testing.T) {
	gate := make(chan struct{})
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n")
	e := initialized(t, dir, pulling, withEnv, func(o *Options) {
		slow := *dangerous
		slow.RunPackage = func(ctx context.Context, p *check.PackagePass) error {
			<-gate
			return dangerous.RunPackage(ctx, p)
		}
		o.Checks = append(o.Checks, &slow)
	})
	u := in(dir, "a.go")
	e.open(u, "go", 1, "package a\n\ntype Danger int\n\nfunc hazard() Danger { return 0 }\n\nvar x = hazard()\n")
	first := e.pull(u, "")
	if first.String() != "4:5-4:11 test/hazard, 6:8-6:14 test/hazard" {
		t.Errorf("first: %s", first)
	}
	from := e.mark()
	close(gate)
	e.await("the wish to pull again", from, func(m message) bool { return m.Method == "workspace/diagnostic/refresh" })
	if second := e.pull(u, first.ResultID); !strings.Contains(second.String(), "test/dangerous") {
		t.Errorf("second: %+v", second)
	}
}

func TestCompletion(t *testing.T) {
	dir := folderOf(t)
	e := initialized(t, dir, full)
	for i, tt := range []struct{ file, text, want string }{ // the cursor is at |
		{"a.go", "package p // peercheck:ignore | risk", "test/risk test/hazard"},
		{"a.go", "// peercheck:ignore test/risk, te|", "test/risk test/hazard"},
		{"a.go", "// peercheck:ignore test/risk -- a reason |", ""},
		{"a.go", "package |", ""},
		{".peercheck.yaml", "|", "checks compat exclude fail-on gitleaks max-bytes persona strict-ignores"},
		{".peercheck.yaml", "checks:\n  test|", "ignore/* ignore/expired ignore/malformed ignore/unknown-check ignore/unused test/* test/hazard test/risk"},
		{".peercheck.yaml", "checks:\n  test/risk: |", "off low medium high critical"},
		{".peercheck.yaml", "fail-on: h|", "low medium high critical"},
		{".peercheck.yaml", "strict-ignores: |", "true false"},
		{".peercheck.yaml", "exclude:\n  - |", ""},
		{".peercheck.yaml", "gitleaks:\n  b|", "baseline config"},
		{".peercheck.yaml", "gitleaks:\n  config: |", ""},
	} {
		before, after, _ := strings.Cut(tt.text, "|")
		u := in(dir, fmt.Sprintf("%d/%s", i, tt.file))
		if tt.file == ".peercheck.yaml" {
			u = in(dir, tt.file)
		}
		e.open(u, "", i, before+after)
		line := strings.Count(before, "\n")
		var list struct {
			Items []struct {
				Label    string
				TextEdit textEdit
			}
		}
		e.diagnostics(u, i)
		e.result("textDocument/completion", hoverAt(u, line, len(before)-strings.LastIndex(before, "\n")-1), &list)
		var labels []string
		for _, item := range list.Items {
			labels = append(labels, item.Label)
			if got := item.TextEdit.NewText; got != item.Label {
				t.Errorf("%s inserts %q", item.Label, got)
			}
		}
		if got := strings.Join(labels, " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCommands(t *testing.T) {
	e, _ := opened(t)
	var page string
	e.result("workspace/executeCommand", `{"command":"peercheck.explain","arguments":["test/hazard"]}`, &page)
	if page != hazard.Markdown() {
		t.Errorf("got %q", page)
	}
	var all []struct{ ID, Title string }
	e.result("workspace/executeCommand", `{"command":"peercheck.checks"}`, &all)
	if len(all) != 6 || all[4].ID != "test/hazard" || all[4].Title != hazard.Title {
		t.Errorf("got %+v", all)
	}
	e.wantError("workspace/executeCommand", `{"command":"peercheck.explain","arguments":["no/such"]}`, -32602)
	e.wantError("workspace/executeCommand", `{"command":"peercheck.explain"}`, -32602)
}
