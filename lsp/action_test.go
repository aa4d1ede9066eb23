package lsp

import (
	"strings"
	"testing"
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
