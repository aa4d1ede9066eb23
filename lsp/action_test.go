package lsp

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/check"
)

// The ignore comment stands on the line above, indented and commented as the
// language asks, and silences once it has a reason.
func TestIgnore(t *testing.T) {
	dir := folderOf(t)
	for _, tt := range []struct{ file, text, want string }{
		{"a.go", "package p\n\n\tvar hazard int\n", "\t// peercheck:ignore test/hazard -- \n"},
		{"a.yaml", "a:\r\n  b: hazard\r\n", "  # peercheck:ignore test/hazard -- \r\n"},
		{"a.html", "\n<p>hazard</p>", "<!-- peercheck:ignore test/hazard --  -->\n"},
		{"a.json", "\n{\"a\":\"hazard\"}", ""},
		{"b.go", "package p\n\nvar s = `\nhazard\n`\n", ""}, // a line above would be text
	} {
		e, u := initialized(t, dir, full), in(dir, tt.file)
		e.open(u, "", 1, tt.text)
		d := e.diagnostics(u, 1).Diagnostics[0]
		var edit textEdit
		for _, a := range e.actions(u, d.Range.Start.Line, d.Range.Start.Character, d.Range.Start.Line, d.Range.Start.Character, "quickfix") {
			if a.Kind == "quickfix.ignore" {
				edit = a.Edit.DocumentChanges[0].Edits[0]
			}
		}
		if edit.NewText != tt.want {
			t.Errorf("%s: got %q, want %q", tt.file, edit.NewText, tt.want)
		}
		if tt.want == "" {
			continue
		}
		if r := edit.Range; r.Start != r.End || r.Start.Character != 0 || r.Start.Line != d.Range.Start.Line {
			t.Errorf("%s: the comment goes to %s", tt.file, r)
		}
		line := edit.Range.Start.Line
		e.change(u, 2, partial(line, 0, line, 0, edit.NewText))
		if p := e.diagnostics(u, 2); len(p.Diagnostics) != 2 || !strings.Contains(p.String(), "ignore/malformed") {
			t.Errorf("%s: without a reason there are %s", tt.file, p)
		}
		e.change(u, 3, partial(line, 0, line+1, 0, strings.Replace(edit.NewText, "hazard -- ", "hazard -- it is a test", 1)))
		if p := e.diagnostics(u, 3); len(p.Diagnostics) != 0 {
			t.Errorf("%s: with a reason there are %s", tt.file, p)
		}
	}
}

// A client that knows snippets is put where the reason goes.
func TestIgnoreSnippet(t *testing.T) {
	dir := folderOf(t)
	e := initialized(t, dir, strings.Replace(full, `"documentChanges":true`, `"documentChanges":true,"snippetEditSupport":true`, 1))
	e.open(in(dir, "$a}.go"), "go", 1, "package p // hazard")
	for _, a := range e.actions(in(dir, "$a}.go"), 0, 15, 0, 15, "quickfix") {
		if a.Kind == "quickfix.ignore" {
			if got := a.Edit.DocumentChanges[0].Edits[0].Snippet; got.Kind != "snippet" || got.Value != "// peercheck:ignore test/hazard -- ${1:reason}\n" {
				t.Errorf("got %+v", got)
			}
		}
	}
}

// Edits while an answer is computed make it stale, and the client is told so.
func TestContentModified(t *testing.T) {
	gate := make(chan struct{})
	e, u := opened(t, slowly(gate))
	id := e.send("textDocument/codeAction", actionsAt(u, 0, 2, 0, 2, ""))
	e.change(u, 2, whole("hazard"))
	if m := e.answer(id); m.Error == nil || m.Error.Code != -32801 {
		t.Errorf("got %s, want the error -32801", m.raw)
	}
	close(gate)
	e.want(u, 2, "0:0-0:6 test/hazard")
}

// A pull that an edit overtakes asks the client to pull again.
func TestServerCancelled(t *testing.T) {
	gate := make(chan struct{})
	dir := folderOf(t)
	e, u := initialized(t, dir, pulling, slowly(gate)), in(dir, "a.txt")
	e.open(u, "", 1, "hazard")
	id := e.send("textDocument/diagnostic", `{"textDocument":{"uri":`+quote(u)+`}}`)
	e.change(u, 2, whole("a hazard"))
	if m := e.answer(id); m.Error == nil || m.Error.Code != -32802 || string(m.Error.Data) != `{"retriggerRequest":true}` {
		t.Errorf("got %s, want the error -32802", m.raw)
	}
	close(gate)
	if p := e.pull(u, ""); p.String() != "0:2-0:8 test/hazard" {
		t.Errorf("got %s", p)
	}
}

// Safe fixes of a file are one action; the others are left to the developer.
func TestFixAll(t *testing.T) {
	e, u := opened(t)
	e.change(u, 2, whole("hazard risk hazard\nhazardhazard"))
	all := e.actions(u, 0, 0, 0, 0, "source.fixAll")
	if len(all) != 1 || len(all[0].Edit.DocumentChanges[0].Edits) != 4 {
		t.Fatalf("got %+v", all)
	}
	for _, edit := range all[0].Edit.DocumentChanges[0].Edits {
		if edit.NewText != "safety" {
			t.Errorf("got %+v", edit)
		}
	}
}

// leak flags what looks like a token of its own, as a secret.
var leak = &check.Check{
	ID: "test/token", Title: "A token", CWE: []check.CWE{798}, Secret: true, Generated: true,
	Page:     check.Page{What: "Finds tokens.", Why: "They leak.", Fix: "Revoke it."},
	Severity: check.High, Confidence: check.Firm, Since: "0.1",
	Run: func(_ context.Context, p *check.Pass) error {
		for _, m := range regexp.MustCompile(`tok_[a-z]+`).FindAllIndex(p.Document.Content, -1) {
			p.Report(check.Finding{Message: "this is a token", Location: check.Location{Range: check.Range{Start: m[0], End: m[1]}}})
		}
		return nil
	},
}

// A secret in a literal can be read from the environment instead; elsewhere
// nothing of the kind is offered.
func TestEnvironment(t *testing.T) {
	dir := folderOf(t)
	for i, tt := range []struct{ file, text, want string }{
		{"a.go", "package p\n\nimport \"fmt\"\n\nvar apiKey = \"tok_abc\"\n", "package p\n\nimport \"os\"\nimport \"fmt\"\n\nvar apiKey = os.Getenv(\"API_KEY\")\n"},
		{"a.go", "package p\n\nimport (\n\t\"fmt\"\n)\n\nfunc f() { key := `tok_abc` }\n", "package p\n\nimport (\n\t\"os\"\n\t\"fmt\"\n)\n\nfunc f() { key := os.Getenv(\"KEY\") }\n"},
		{"a.go", "package p\n\nimport \"os\"\n\nvar c = T{Token: \"tok_abc\"}\n", "package p\n\nimport \"os\"\n\nvar c = T{Token: os.Getenv(\"TOKEN\")}\n"},
		{"a.go", "package p\n\nvar key = \"tok_abc\"\n", "package p\n\nimport \"os\"\n\nvar key = os.Getenv(\"KEY\")\n"},
		{"a.go", "package p\n\nvar key = \"Bearer tok_abc\"\n", ""},
		{"a.go", "package p\n\nvar key = f(\"tok_abc\")\n", ""},
		{"a.py", "import sys\nAPI_KEY = 'tok_abc'\n", "import os\nimport sys\nAPI_KEY = os.environ[\"API_KEY\"]\n"},
		{"a.ts", "const o = { apiKey: 'tok_abc' };\n", "const o = { apiKey: process.env.API_KEY };\n"},
		{"a.sh", "TOKEN='tok_abc'\n", "TOKEN=\"${TOKEN:?}\"\n"},
		{"a.yaml", "token: 'tok_abc'\n", ""},
		{"a.go", "package p // tok_abc\n", ""},
	} {
		e := initialized(t, dir, full, func(o *Options) { o.Checks = []*check.Check{leak} })
		u := in(dir, tt.file)
		e.open(u, "", i+1, tt.text)
		d := e.diagnostics(u, i+1).Diagnostics[0]
		got := ""
		for _, a := range e.actions(u, d.Range.Start.Line, d.Range.Start.Character, d.Range.Start.Line, d.Range.Start.Character, "quickfix") {
			if strings.HasPrefix(a.Title, "Read it from the environment") {
				shadow := newShadow(tt.text)
				edits := a.Edit.DocumentChanges[0].Edits
				for k := len(edits) - 1; k >= 0; k-- {
					shadow.replace(edits[k])
				}
				got = shadow.text()
			}
		}
		if got != tt.want {
			t.Errorf("%s %q: got %q, want %q", tt.file, tt.text, got, tt.want)
		}
	}
}

// The page of a check opens in the client's browser.
func TestExplain(t *testing.T) {
	e, u := opened(t)
	actions := e.actions(u, 0, 3, 0, 3, "quickfix.explain")
	if len(actions) != 1 || actions[0].Command.Command != "peercheck.openPage" {
		t.Fatalf("got %+v", actions)
	}
	e.request("workspace/executeCommand", `{"command":"peercheck.openPage","arguments":["test/hazard"]}`)
	e.await("the page", 0, func(m message) bool {
		return m.Method == "window/showDocument" && strings.Contains(m.raw, "https://cwe.mitre.org/data/definitions/710.html")
	})
}

// A Go toolchain that hangs holds up nothing but what needs types, and is gone
// when the session ends.
func TestHangingToolchain(t *testing.T) {
	dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n")
	bin := folderOf(t, "go", "#!/bin/sh\nexec sleep 600\n")
	if err := os.Chmod(filepath.Join(bin, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
	e := initialized(t, dir, full, func(o *Options) {
		o.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
		o.Checks = append(o.Checks, dangerous)
	})
	u := in(dir, "a.go")
	e.open(u, "go", 1, "package a\n\nimport _ \"net/http\"\n\nvar hazard int\n")
	e.want(u, 1, "4:4-4:10 test/hazard")
	pause(t.Context(), 2*typedDelay) // now it hangs
	e.change(u, 2, partial(0, 0, 0, 0, "// hazard\n"))
	e.want(u, 2, "0:3-0:9 test/hazard, 5:4-5:10 test/hazard")
	e.request("shutdown", "")
	began := time.Now()
	e.notify("exit", "")
	e.ends(nil)
	if took := time.Since(began); took > patienceInTests/2 {
		t.Errorf("the session took %v to end", took)
	}
}
