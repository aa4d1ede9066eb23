package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What a robust server does, case by case. The names are those of a black-box
// list that servers are compared by: L is the life cycle, J is JSON-RPC, D are
// documents, F are features. (P, performance, is in bench_test.go.)
//
// Unless a case starts its own server, it gets one with a workspace folder which
// has a file "a.txt", open in version 1 with the text "a hazard\n".
var cases = []struct {
	name string
	run  func(t *testing.T)
}{
	{"L01 initialize", func(t *testing.T) {
		e := start(t)
		m := e.initialize(t.TempDir(), full, "")
		var r struct {
			ServerInfo   struct{ Name, Version string }
			Capabilities struct {
				PositionEncoding string
				TextDocumentSync struct {
					OpenClose bool
					Change    int
				}
				DiagnosticProvider json.RawMessage
			}
		}
		if err := json.Unmarshal(m.Result, &r); err != nil {
			t.Fatal(err)
		}
		if r.ServerInfo.Name != "peercheck" || r.ServerInfo.Version != "test" || r.Capabilities.PositionEncoding != "utf-16" ||
			r.Capabilities.TextDocumentSync.Change != 2 || !r.Capabilities.TextDocumentSync.OpenClose || r.Capabilities.DiagnosticProvider != nil {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"L02 a request before initialize", func(t *testing.T) {
		start(t).wantError("textDocument/hover", `{"textDocument":{"uri":"file:///a"},"position":{"line":0,"character":0}}`, -32002)
	}},
	{"L03 a notification before initialize", func(t *testing.T) {
		e := start(t)
		e.open("file:///a.txt", "plaintext", 1, "a hazard")
		e.initialize("", full, "")
		e.alive()
		for _, m := range e.all() {
			if strings.Contains(string(m.Params), "file:///a.txt") {
				t.Errorf("a document opened before initialize was judged: %s", m.raw)
			}
		}
	}},
	{"L04 a second initialize", func(t *testing.T) {
		e, _ := opened(t)
		e.wantError("initialize", `{"processId":null,"rootUri":null,"capabilities":{}}`, -32600)
		e.alive()
	}},
	{"L05 shutdown and exit", func(t *testing.T) {
		e, _ := opened(t)
		if m := e.request("shutdown", ""); string(m.Result) != "null" || m.Error != nil || !strings.Contains(m.raw, `"result":null`) {
			t.Errorf("shutdown gave %s", m.raw)
		}
		e.notify("exit", "")
		e.ends(nil)
	}},
	{"L06 exit alone", func(t *testing.T) {
		e, _ := opened(t)
		e.notify("exit", "")
		e.ends(ErrAbandoned)
	}},
	{"L06 exit before initialize", func(t *testing.T) {
		e := start(t)
		e.notify("exit", "")
		e.ends(ErrAbandoned)
	}},
	{"L07 a request after shutdown", func(t *testing.T) {
		e, u := opened(t)
		e.request("shutdown", "")
		e.wantError("textDocument/hover", hoverAt(u, 0, 3), -32600)
		e.notify("exit", "")
		e.ends(nil)
	}},
	{"L08 the input ends", func(t *testing.T) {
		e, _ := opened(t)
		e.in.Close()
		e.ends(ErrAbandoned)
	}},
	{"L08 the output is closed", func(t *testing.T) {
		e := start(t)
		e.initialize("", full, "")
		e.out.Close()
		e.send("textDocument/hover", hoverAt("untitled:a", 0, 0))
		e.ends(ErrAbandoned)
	}},
	{"L08 the input ends after shutdown", func(t *testing.T) {
		e, _ := opened(t)
		e.request("shutdown", "")
		e.in.Close()
		e.ends(nil)
	}},
	{"L07 a stream that is open at shutdown is answered", func(t *testing.T) {
		e := initialized(t, folderOf(t, "a.txt", "hazard"), pulling)
		id := e.send("workspace/diagnostic", `{"previousResultIds":[],"partialResultToken":"p"}`)
		e.await("a partial result", 0, func(m message) bool { return m.Method == "$/progress" })
		e.request("shutdown", "")
		if m := e.answer(id); m.Error != nil || !strings.Contains(m.raw, `"items":[]`) {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"L08 the input ends while a request waits", func(t *testing.T) {
		e := initialized(t, folderOf(t, "a.txt", "hazard"), pulling)
		e.send("workspace/diagnostic", `{"previousResultIds":[],"partialResultToken":"p"}`)
		e.in.Close()
		e.ends(ErrAbandoned)
	}},
	{"L09 the parent dies", func(t *testing.T) {
		var alive atomic.Bool
		alive.Store(true)
		e := start(t, func(o *Options) {
			o.Alive = func(pid int) bool { return pid != 4711 || alive.Load() }
		})
		e.request("initialize", `{"processId":4711,"rootUri":null,"capabilities":{}}`)
		e.alivePush()
		alive.Store(false)
		e.ends(ErrAbandoned)
	}},
	{"L09 the parent that was named at the start dies", func(t *testing.T) {
		e := start(t, func(o *Options) {
			o.Parent, o.Alive = 4711, func(pid int) bool { return pid != 4711 }
		})
		e.ends(ErrAbandoned) // before initialize, too
	}},
	{"L10 initialized without params, shutdown with", func(t *testing.T) {
		e := start(t)
		e.request("initialize", `{"processId":null,"rootUri":null,"capabilities":`+full+`}`)
		e.notify("initialized", "")
		e.alive()
		if m := e.request("shutdown", "{}"); string(m.Result) != "null" {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"L11 a client that can nothing", func(t *testing.T) {
		e := start(t)
		e.request("initialize", `{"processId":null,"rootUri":null,"capabilities":{}}`)
		e.notify("initialized", "{}")
		dir := folderOf(t, "a.txt", "")
		e.open(in(dir, "a.txt"), "plaintext", 1, "a hazard")
		p := e.publishedSince(0, in(dir, "a.txt"), "diagnostics", func(p published) bool { return true })
		if len(p.Diagnostics) != 1 || p.Version != nil {
			t.Errorf("got %+v", p)
		}
		for _, m := range e.all() {
			for _, never := range []string{"codeDescription", "relatedInformation", `"version"`, "client/registerCapability", "workspace/configuration", "workDoneProgress/create"} {
				if m.Method != "" && strings.Contains(m.raw, never) {
					t.Errorf("%q was sent to a client that has no notion of it: %s", never, m.raw)
				}
			}
		}
	}},
	{"L12 odd initialize params", func(t *testing.T) {
		for _, params := range []string{
			`{"processId":null,"rootUri":null,"capabilities":{},"workspaceFolders":null,"initializationOptions":[1,"x"]}`,
			`{"processId":null,"rootUri":null,"capabilities":{},"workspaceFolders":[],"initializationOptions":{"peercheck":{"enabled":"maybe","existing":7}}}`,
			`{"capabilities":{},"initializationOptions":"text"}`,
			`{"rootPath":"/nonexistent","capabilities":{"textDocument":null,"workspace":null},"workspaceFolders":[{"uri":"untitled:x","name":""}]}`,
		} {
			e := start(t)
			if m := e.request("initialize", params); m.Error != nil {
				t.Errorf("initialize %s gave %s", params, m.raw)
			}
			e.notify("initialized", "{}")
			e.alivePush()
		}
	}},
	{"L12 members of the wrong type are left out", func(t *testing.T) {
		for _, odd := range []string{
			`"capabilities":{"textDocument":{"publishDiagnostics":{"versionSupport":true,"tagSupport":true}}}`,
			`"capabilities":{"textDocument":{"publishDiagnostics":{"versionSupport":true},"hover":7}}`,
			`"clientInfo":7,"capabilities":{"textDocument":{"publishDiagnostics":{"versionSupport":true}}}`,
			`"processId":1.5,"rootUri":[],"workspaceFolders":7,"trace":7,"capabilities":{"workspace":"x","textDocument":{"publishDiagnostics":{"versionSupport":true}}}`,
		} {
			e := start(t)
			if m := e.request("initialize", "{"+odd+"}"); m.Error != nil {
				t.Errorf("%s: %s", odd, m.raw)
				continue
			}
			e.notify("initialized", "{}")
			e.open("untitled:a", "plaintext", 7, "hazard")
			e.want("untitled:a", 7, "0:0-0:6 test/hazard") // so the version was understood
		}
	}},
	{"L13 told to stop", func(t *testing.T) {
		e, _ := opened(t)
		e.stop() // what cmd does on SIGTERM
		e.ends(context.Canceled)
	}},
	{"J01 an unknown request", func(t *testing.T) {
		e, _ := opened(t)
		e.wantError("textDocument/unheardOf", `{}`, -32601)
		e.alive()
	}},
	{"J02 an unknown $/ request", func(t *testing.T) {
		e, _ := opened(t)
		e.wantError("$/unheardOf", `{}`, -32601)
		e.alive()
	}},
	{"J03 unknown notifications", func(t *testing.T) {
		e, _ := opened(t)
		e.notify("textDocument/unheardOf", `{"a":1}`)
		e.notify("$/unheardOf", "")
		e.notify("unheardOf", "[1]")
		e.alive()
	}},
	{"J04 malformed notifications and cancels", func(t *testing.T) {
		e, u := opened(t)
		for _, params := range []string{"", "null", "[]", "{}", `"x"`, `{"textDocument":5}`, `{"textDocument":{}}`, `{"textDocument":{"uri":7,"text":8}}`} {
			for _, method := range []string{"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "textDocument/didSave",
				"workspace/didChangeWatchedFiles", "workspace/didChangeWorkspaceFolders", "workspace/didChangeConfiguration", "$/setTrace", "$/cancelRequest",
				"window/workDoneProgress/cancel", "initialized"} {
				if params == "" || strings.HasPrefix(params, "{") || strings.HasPrefix(params, "[") { // JSON-RPC 2.0: params are structured
					e.notify(method, params)
				}
			}
		}
		for _, id := range []string{"null", "999999", `"nobody"`, "1.5", "{}", "-1", "99999999999999999999"} {
			e.notify("$/cancelRequest", `{"id":`+id+`}`)
		}
		e.alive()
		e.change(u, 2, partial(0, 0, 0, 0, "x"))
		e.want(u, 2, "0:3-0:9 test/hazard")
	}},
	{"J05 malformed request params", func(t *testing.T) {
		e, _ := opened(t)
		for _, method := range []string{"textDocument/hover", "textDocument/codeAction", "textDocument/diagnostic", "workspace/executeCommand"} {
			for _, params := range []string{"", "[]", `{"textDocument":42,"command":42}`, `{"textDocument":{"uri":[]},"position":{"line":"x"},"command":[]}`} {
				e.wantError(method, params, -32602)
			}
		}
		e.wantError("textDocument/hover", "{}", -32602)
		e.alive()
	}},
	{"J06 malformed JSON in a good frame", func(t *testing.T) {
		e, _ := opened(t)
		for _, body := range []string{"{", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"", "\xff\xfe", "nonsense"} {
			from := e.mark()
			e.raw(frame(body))
			m := e.await("the parse error", from, func(m message) bool { return m.Error != nil && m.Error.Code == -32700 })
			if string(m.ID) != "null" {
				t.Errorf("the ID is %s", m.ID)
			}
		}
		for _, body := range []string{"5", `"x"`, "null", "{}", `{"jsonrpc":"2.0"}`, `{"id":{}}`} {
			e.raw(frame(body))
		}
		e.alive()
	}},
	{"J07 header variants", func(t *testing.T) {
		e, _ := opened(t)
		hover := func(id int) string {
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/hover","params":{"textDocument":{"uri":"file:///x"},"position":{"line":0,"character":0}}}`, id)
		}
		for i, head := range []string{
			"content-length: %d\r\n\r\n",
			"CONTENT-LENGTH:%d\r\n\r\n",
			"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
			"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n",
			"X-Other: 1\r\nContent-Length:   %d\r\n\r\n",
		} {
			body := hover(1000 + i)
			e.raw(fmt.Sprintf(head, len(body)) + body)
			e.answer(fmt.Sprint(1000 + i))
		}
	}},
	{"J08 byte by byte, and two frames at once", func(t *testing.T) {
		e, u := opened(t)
		e.await("the request for settings", 0, func(m message) bool { return m.Method == "workspace/configuration" })
		e.pieces(strings.Split(frame(`{"jsonrpc":"2.0","id":1000,"method":"textDocument/hover","params":`+hoverAt(u, 0, 3)+`}`), ""))
		e.answer("1000")
		e.raw(frame(`{"jsonrpc":"2.0","id":1001,"method":"textDocument/hover","params":`+hoverAt(u, 0, 3)+`}`) +
			frame(`{"jsonrpc":"2.0","id":1002,"method":"textDocument/hover","params":`+hoverAt(u, 0, 3)+`}`))
		e.answer("1001")
		e.answer("1002")
	}},
	{"J09 an enormous length", func(t *testing.T) {
		e, _ := opened(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e.raw("Content-Length: 2147483647\r\n\r\n{}")
		e.in.Close()
		e.ends(ErrAbandoned)
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 600<<20 {
			t.Errorf("the heap grew by %d MB", grown>>20)
		}
	}},
	{"J10 a garbage header", func(t *testing.T) {
		e, _ := opened(t)
		e.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		e.ends(ErrAbandoned)
	}},
	{"J11 a negative length", func(t *testing.T) {
		e, _ := opened(t)
		e.raw("Content-Length: -5\r\n\r\n{}")
		e.ends(ErrAbandoned)
	}},
	{"J12 IDs are echoed", func(t *testing.T) {
		e, u := opened(t)
		for _, id := range []string{`"a string"`, "0", `"0"`, "2147483647", `"ü\"\\"`} {
			e.sendAs(id, "textDocument/hover", hoverAt(u, 0, 3))
			e.await("the answer to "+id, 0, func(m message) bool {
				var got, want any
				return m.Method == "" && json.Unmarshal(m.ID, &got) == nil && json.Unmarshal([]byte(id), &want) == nil && got == want
			})
		}
	}},
	{"J13 cancels of what is answered or unknown", func(t *testing.T) {
		e, u := opened(t)
		id := e.send("textDocument/hover", hoverAt(u, 0, 3))
		e.answer(id)
		e.notify("$/cancelRequest", `{"id":`+id+`}`)
		e.notify("$/cancelRequest", `{"id":"never"}`)
		e.alive()
	}},
	{"J14 a cancel in flight", func(t *testing.T) {
		e := initialized(t, folderOf(t, "a.txt", "hazard"), pulling)
		id := e.send("workspace/diagnostic", `{"previousResultIds":[],"partialResultToken":"p"}`)
		e.notify("$/cancelRequest", `{"id":`+id+`}`)
		m := e.answer(id)
		if m.Error == nil || m.Error.Code != -32800 {
			t.Errorf("got %s, want the error -32800", m.raw)
		}
		e.request("shutdown", "")
		n := 0
		for _, m := range e.all() {
			if m.Method == "" && string(m.ID) == id {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d answers to one request", n)
		}
	}},
	{"J15 an unknown command", func(t *testing.T) {
		e, _ := opened(t)
		e.wantError("workspace/executeCommand", `{"command":"rm -rf","arguments":[]}`, -32602)
	}},
	{"J16 many interleaved requests", func(t *testing.T) {
		e, u := opened(t)
		var ids []string
		for i := range 200 {
			switch i % 4 {
			case 0:
				ids = append(ids, e.send("textDocument/codeAction", actionsAt(u, 0, 0, 0, 5, "")))
			case 1:
				ids = append(ids, e.send("textDocument/unheardOf", "{}"))
			default:
				ids = append(ids, e.send("textDocument/hover", hoverAt(u, 0, 3)))
			}
		}
		for _, id := range ids {
			e.answer(id)
		}
		seen := map[string]int{}
		for _, m := range e.all() {
			if m.Method == "" {
				seen[string(m.ID)]++
			}
		}
		for _, id := range ids {
			if seen[id] != 1 {
				t.Errorf("request %s has %d answers", id, seen[id])
			}
		}
	}},
	{"J17 the shape of answers", func(t *testing.T) {
		e, u := opened(t)
		e.request("textDocument/hover", hoverAt(u, 0, 0))
		e.request("textDocument/unheardOf", "{}")
		e.request("textDocument/codeAction", actionsAt(u, 0, 0, 0, 5, ""))
		for _, m := range e.all() {
			var raw map[string]json.RawMessage
			if err := json.Unmarshal([]byte(m.raw), &raw); err != nil {
				t.Fatal(err)
			}
			_, result := raw["result"]
			_, failed := raw["error"]
			if string(raw["jsonrpc"]) != `"2.0"` || m.Method == "" && result == failed {
				t.Errorf("malformed: %s", m.raw)
			}
		}
	}},
	{"D01 an unsaved buffer wins over the disk", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "a hazard on disk\n")
		e := initialized(t, dir, full)
		e.open(in(dir, "a.txt"), "plaintext", 1, "nothing\nhazard")
		e.want(in(dir, "a.txt"), 1, "1:0-1:6 test/hazard")
	}},
	{"D02 well-formed diagnostics", func(t *testing.T) {
		e, u := opened(t)
		d := e.diagnostics(u, 1).Diagnostics[0]
		if d.Severity != 1 || d.Code != "test/hazard" || d.Source != "peercheck" || d.Message != "this is a hazard" ||
			d.Href.Href != "https://cwe.mitre.org/data/definitions/710.html" || d.Range.String() != "0:2-0:8" ||
			len(d.Related) != 1 || d.Related[0].Location.URI != u || d.Related[0].Message != "the file starts here" {
			t.Errorf("got %+v", d)
		}
	}},
	{"D03 the version", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 7, whole("hazard hazard"))
		e.want(u, 7, "0:0-0:6 test/hazard, 0:7-0:13 test/hazard")
		zero := "untitled:zero"
		e.open(zero, "plaintext", 0, "hazard")
		e.want(zero, 0, "0:0-0:6 test/hazard")
	}},
	{"D04 a fix clears", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, partial(0, 2, 0, 8, "safety"))
		e.want(u, 2, "")
	}},
	{"D05, D06 close clears, and nothing comes after it", func(t *testing.T) {
		e, u := opened(t)
		e.diagnostics(u, 1)
		for i := range 20 {
			e.change(u, 2+i, partial(0, 0, 0, 0, "hazard "))
		}
		e.close(u)
		from := e.mark()
		e.alive()
		pause(t.Context(), 2*typedDelay)
		var last *published
		for _, m := range e.all() {
			var p published
			if m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &p) == nil && p.URI == u {
				last = &p
			}
		}
		_ = from
		if last == nil || len(last.Diagnostics) != 0 {
			t.Errorf("the last diagnostics of a closed document are %v", last)
		}
	}},
	{"D07 several changes at once", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, partial(0, 0, 0, 1, "xyz"), partial(0, 3, 0, 3, "\n"), partial(1, 0, 1, 1, ""), partial(1, 6, 1, 6, "!"))
		e.want(u, 2, "1:0-1:6 test/hazard")
		e.change(u, 3, whole("one"), partial(0, 0, 0, 3, "hazard"), partial(0, 6, 0, 6, " hazard"))
		e.want(u, 3, "0:0-0:6 test/hazard, 0:7-0:13 test/hazard")
	}},
	{"D08 line ends", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("a\r\nb\rhazard\n\r\n hazard\r\n"))
		e.want(u, 2, "2:0-2:6 test/hazard, 4:1-4:7 test/hazard")
		e.change(u, 3, partial(1, 1, 2, 0, ""), partial(0, 1, 1, 0, "-"))
		e.want(u, 3, "0:3-0:9 test/hazard, 2:1-2:7 test/hazard")
	}},
	{"D09 no final newline, empty, byte order mark", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("x\nhazard"))
		e.want(u, 2, "1:0-1:6 test/hazard")
		e.change(u, 3, whole(""))
		e.want(u, 3, "")
		e.change(u, 4, partial(0, 0, 0, 0, "hazard"))
		e.want(u, 4, "0:0-0:6 test/hazard")
		e.change(u, 5, whole("\ufeffhazard"))
		e.want(u, 5, "0:1-0:7 test/hazard")
	}},
	{"D10 UTF-16 columns", func(t *testing.T) {
		e, u := opened(t)
		for i, c := range []struct {
			before string
			units  int
		}{{"😀", 2}, {"漢字", 2}, {"e\u0301", 2}, {"👩\u200d👩\u200d👧", 8}, {"ä\t", 2}, {"\U0010ffff\u0000", 3}} {
			e.change(u, 2+i, whole(c.before+"hazard"))
			e.want(u, 2+i, fmt.Sprintf("0:%d-0:%d test/hazard", c.units, c.units+6))
		}
	}},
	{"D11 an edit after surrogates", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("😀😀 hxzard\n"))
		e.change(u, 3, partial(0, 6, 0, 7, "a"))
		e.want(u, 3, "0:5-0:11 test/hazard")
	}},
	{"D12 edits outside the text", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, partial(99, 99, 100, 0, "hazard"))
		e.want(u, 2, "0:2-0:8 test/hazard, 1:0-1:6 test/hazard")
		e.change(u, 3, partial(0, 8, 0, 2, ""))
		e.want(u, 3, "1:0-1:6 test/hazard")
		e.change(u, 4, `{"range":{"start":{"line":-1,"character":-7},"end":{"line":0,"character":0}},"text":"hazard "}`)
		e.want(u, 4, "0:0-0:6 test/hazard, 1:0-1:6 test/hazard")
		e.change(u, 5, `{"range":{"start":{"line":1e99,"character":4294967296},"end":{"line":1e300,"character":2}},"text":"!"}`)
		e.diagnostics(u, 5)
		e.change(u, 6, `{"range":{"start":{"line":0,"character":2147483647},"end":{"line":0,"character":2147483647}},"text":"."}`)
		e.diagnostics(u, 6)
		e.change(u, 7, whole("hazard"))
		e.want(u, 7, "0:0-0:6 test/hazard")
	}},
	{"D13 a split surrogate", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("😀 hazard"), partial(0, 1, 0, 1, "x"))
		e.diagnostics(u, 2)
		e.change(u, 3, `{"text":"\ud83d hazard"}`)
		e.want(u, 3, "0:2-0:8 test/hazard")
		e.change(u, 4, whole("hazard"))
		e.want(u, 4, "0:0-0:6 test/hazard")
	}},
	{"D14 a document that is not open", func(t *testing.T) {
		e, _ := opened(t)
		e.change("file:///not/open", 2, whole("hazard"))
		e.close("file:///not/open")
		e.notify("textDocument/didSave", `{"textDocument":{"uri":"file:///not/open"}}`)
		if m := e.request("textDocument/hover", hoverAt("file:///not/open", 0, 0)); string(m.Result) != "null" {
			t.Errorf("hover gave %s", m.raw)
		}
		if m := e.request("textDocument/codeAction", actionsAt("file:///not/open", 0, 0, 0, 5, "")); string(m.Result) != "[]" {
			t.Errorf("codeAction gave %s", m.raw)
		}
		e.alive()
	}},
	{"D14 an edit that cannot be read", func(t *testing.T) {
		e, u := opened(t)
		from := e.mark()
		e.change(u, 2, `{"range":5,"text":"x"}`)
		e.publishedSince(from, u, "the clearing of a text that is not known any more", func(p published) bool { return len(p.Diagnostics) == 0 })
		e.change(u, 3, partial(0, 0, 0, 0, "hazard"))
		e.change(u, 4, whole("hazard"))
		e.want(u, 4, "0:0-0:6 test/hazard")
	}},
	{"D15 open again without close", func(t *testing.T) {
		e, u := opened(t)
		e.open(u, "plaintext", 5, "x hazard")
		e.want(u, 5, "0:2-0:8 test/hazard")
		e.change(u, 6, partial(0, 0, 0, 2, ""))
		e.want(u, 6, "0:0-0:6 test/hazard")
	}},
	{"D16 edits at typing speed", func(t *testing.T) {
		e, u := opened(t)
		shadow := newShadow("a hazard\n")
		r := rand.New(rand.NewSource(16))
		for v := 2; v <= 301; v++ {
			e.change(u, v, shadow.edit(r))
			time.Sleep(10 * time.Millisecond / 4)
		}
		e.want(u, 301, shadow.hazards())
		e.monotonic(u)
	}},
	{"D17 a burst of edits", func(t *testing.T) {
		for seed := range int64(3) {
			e, u := opened(t)
			shadow := newShadow("a hazard\n")
			r := rand.New(rand.NewSource(seed))
			for v := 2; v <= 501; v++ {
				e.change(u, v, shadow.edit(r))
			}
			e.want(u, 501, shadow.hazards())
			e.monotonic(u)
		}
	}},
	{"D18 a large file", func(t *testing.T) {
		e, _ := opened(t)
		u := "untitled:large.txt"
		e.open(u, "plaintext", 1, strings.Repeat("some line of text without any interest\n", 130_000)+"hazard")
		e.want(u, 1, "130000:0-130000:6 test/hazard")
		e.change(u, 2, partial(65_000, 0, 65_000, 4, "hazard"))
		e.want(u, 2, "65000:0-65000:6 test/hazard, 130000:0-130000:6 test/hazard")
	}},
	{"D19 long lines, deep nesting, NUL", func(t *testing.T) {
		e, _ := opened(t)
		e.open("untitled:long.txt", "plaintext", 1, strings.Repeat("x", 2<<20)+"hazard")
		e.want("untitled:long.txt", 1, "0:2097152-0:2097158 test/hazard")
		for _, name := range []string{"a.go", "a.json", "a.yaml", "a.sh", "a.tf", "Dockerfile"} {
			e.open("untitled:"+name, "plaintext", 1, strings.Repeat("(", 100_000)+"hazard")
			e.want("untitled:"+name, 1, "0:100000-0:100006 test/hazard")
		}
		e.open("untitled:nul.txt", "plaintext", 1, "\x00hazard\x00")
		e.want("untitled:nul.txt", 1, "0:1-0:7 test/hazard")
		e.alive()
	}},
	{"D20 other kinds of URI", func(t *testing.T) {
		e, _ := opened(t)
		for _, u := range []string{"untitled:Untitled-1", "git:/a/b.txt?%7B%22ref%22%3A%22%22%7D", "vscode-notebook-cell:/a/n.ipynb#W0s",
			"https://example.com/a.txt", "", "inmemory://model/1", "vscode-vfs://github/o/r/a.txt", "not a uri"} {
			e.open(u, "plaintext", 1, "hazard")
			e.want(u, 1, "0:0-0:6 test/hazard")
			e.close(u)
		}
		e.alive()
	}},
	{"D21 the client's spelling is echoed", func(t *testing.T) {
		e, _ := opened(t)
		dir := folderOf(t, "ä b@c.txt", "")
		for _, u := range []string{"file://" + dir + "/%C3%A4%20b%40c.txt", "file://" + dir + "/ä%20b@c.txt"} {
			e.open(u, "plaintext", 1, "hazard")
			e.want(u, 1, "0:0-0:6 test/hazard")
			actions := e.actions(u, 0, 0, 0, 6, "")
			if got := actions[0].Edit.DocumentChanges[0].TextDocument.URI; got != u {
				t.Errorf("the edit is for %s, want %s", got, u)
			}
			e.close(u)
		}
	}},
	{"D22 two spellings are one document", func(t *testing.T) {
		e, _ := opened(t)
		e.open("file:///tmp/a%20b.txt", "plaintext", 1, "hazard")
		e.want("file:///tmp/a%20b.txt", 1, "0:0-0:6 test/hazard")
		e.change("file:///tmp/a b.txt", 2, whole("x hazard"))
		e.want("file:///tmp/a%20b.txt", 2, "0:2-0:8 test/hazard")
	}},
	{"D23 Windows", func(t *testing.T) {
		e, _ := opened(t)
		for _, u := range []string{"file:///C:/Users/x/a.txt", "file:///c%3A/Users/x/b.txt", `file:///C:\Users\x\c.txt`} {
			e.open(u, "plaintext", 1, "hazard")
			e.want(u, 1, "0:0-0:6 test/hazard")
		}
	}},
	{"D24 rename", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "hazard", "b.txt", "hazard")
		e := initialized(t, dir, full)
		e.open(in(dir, "a.txt"), "plaintext", 1, "hazard")
		e.want(in(dir, "a.txt"), 1, "0:0-0:6 test/hazard")
		from := e.mark()
		e.close(in(dir, "a.txt"))
		e.open(in(dir, "b.txt"), "plaintext", 1, "hazard")
		e.notify("workspace/didRenameFiles", fmt.Sprintf(`{"files":[{"oldUri":%q,"newUri":%q}]}`, in(dir, "a.txt"), in(dir, "b.txt")))
		e.publishedSince(from, in(dir, "a.txt"), "the clearing of the old name", func(p published) bool { return len(p.Diagnostics) == 0 })
		e.publishedSince(from, in(dir, "b.txt"), "the new name's findings", func(p published) bool { return len(p.Diagnostics) == 1 })
	}},
	{"D25 files changed on disk", func(t *testing.T) {
		e, u := opened(t)
		e.diagnostics(u, 1)
		from := e.mark()
		e.notify("workspace/didChangeWatchedFiles", fmt.Sprintf(`{"changes":[{"uri":%q,"type":2},{"uri":%q,"type":3},{"uri":"untitled:x","type":1}]}`, u, u))
		e.publishedSince(from, u, "the same findings of the buffer", func(p published) bool { return p.String() == "0:2-0:8 test/hazard" })
	}},
	{"D26 no cross-talk between documents", func(t *testing.T) {
		e, u := opened(t)
		other := strings.Replace(u, "a.txt", "b.txt", 1)
		e.open(other, "plaintext", 1, "nothing")
		e.want(other, 1, "")
		for v := 2; v < 30; v++ {
			e.change(other, v, whole(strings.Repeat("hazard ", v%3)))
		}
		e.want(other, 29, "0:0-0:6 test/hazard, 0:7-0:13 test/hazard")
		e.change(u, 2, whole(""))
		e.want(u, 2, "")
		e.want(other, 29, "0:0-0:6 test/hazard, 0:7-0:13 test/hazard")
	}},
	{"D27 close and open again", func(t *testing.T) {
		e, u := opened(t)
		e.diagnostics(u, 1)
		from := e.mark()
		e.close(u)
		e.open(u, "plaintext", 1, "a  hazard")
		e.publishedSince(from, u, "the findings of the new text", func(p published) bool { return p.String() == "0:3-0:9 test/hazard" })
	}},
	{"D28 odd language identifiers", func(t *testing.T) {
		e, _ := opened(t)
		for i, language := range []string{"", "GO", "klingon", strings.Repeat("x", 10_000)} {
			u := fmt.Sprintf("untitled:odd-%d", i)
			e.open(u, language, 1, "hazard")
			e.want(u, 1, "0:0-0:6 test/hazard")
		}
		e.notify("textDocument/didOpen", `{"textDocument":{"uri":"untitled:number","languageId":7,"version":"one","text":"hazard"}}`)
		e.want("untitled:number", 0, "0:0-0:6 test/hazard")
	}},
	{"F01 the fix removes the finding", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("😀 hazard\r\n"))
		fix := e.actions(u, 0, 4, 0, 4, "")[0]
		if fix.Title != "Write safety" || fix.Kind != "quickfix" || !fix.IsPreferred || len(fix.Diagnostics) != 1 {
			t.Errorf("got %+v", fix)
		}
		edit := fix.Edit.DocumentChanges[0].Edits[0]
		e.change(u, 3, partial(edit.Range.Start.Line, edit.Range.Start.Character, edit.Range.End.Line, edit.Range.End.Character, edit.NewText))
		e.want(u, 3, "")
		if again := e.actions(u, 0, 0, 0, 9, ""); len(again) != 0 {
			t.Errorf("still offered: %+v", again)
		}
	}},
	{"F01 a fix that changes behaviour is not preferred", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("a risk"))
		if fix := e.actions(u, 0, 4, 0, 4, "")[0]; fix.Title != "Write care" || fix.IsPreferred {
			t.Errorf("got %+v", fix)
		}
		for _, a := range e.actions(u, 0, 0, 0, 5, "source.fixAll") {
			t.Errorf("offered on save: %+v", a)
		}
	}},
	{"F01 a cursor elsewhere on the line", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole("a hazard there\nb\n"))
		for place, want := range map[[4]int]int{{0, 14, 0, 14}: 4, {0, 10, 0, 12}: 1, {1, 0, 1, 0}: 1} { // fix all is there in any case
			if got := e.actions(u, place[0], place[1], place[2], place[3], ""); len(got) != want {
				t.Errorf("at %v: got %+v", place, got)
			}
		}
		asked := strings.Replace(actionsAt(u, 0, 14, 0, 14, ""), `"diagnostics":[]`, `"diagnostics":[],"triggerKind":2`, 1)
		var all []action
		if e.result("textDocument/codeAction", asked, &all); len(all) != 1 {
			t.Errorf("nobody asked: got %+v", all)
		}
	}},
	{"F02 only", func(t *testing.T) {
		e, u := opened(t)
		for only, want := range map[string]string{
			"quickfix": "quickfix quickfix.ignore quickfix.explain", "source": "source.fixAll.peercheck", "source.fixAll": "source.fixAll.peercheck",
			"source.fixAll.peercheck": "source.fixAll.peercheck", "source.fixAll.other": "", "refactor": "", "source.organizeImports": "",
		} {
			var kinds []string
			for _, a := range e.actions(u, 0, 3, 0, 3, only) {
				kinds = append(kinds, a.Kind)
			}
			if got := strings.Join(kinds, " "); got != want {
				t.Errorf("only %s: got %q, want %q", only, got, want)
			}
		}
	}},
	{"F03 odd ranges and foreign diagnostics", func(t *testing.T) {
		e, u := opened(t)
		for _, r := range [][4]int{{99, 0, 100, 0}, {0, 8, 0, 2}, {0, 99999, 0, 99999}, {4294967295, 4294967295, 0, 0}} {
			if m := e.request("textDocument/codeAction", actionsAt(u, r[0], r[1], r[2], r[3], "")); m.Error != nil {
				t.Errorf("range %v gave %s", r, m.raw)
			}
		}
		m := e.request("textDocument/codeAction", fmt.Sprintf(
			`{"textDocument":{"uri":%q},"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":3}},"context":{"diagnostics":[`+
				`{"range":{"start":{"line":7,"character":0},"end":{"line":7,"character":1}},"message":"of another server","source":"other","code":17,"data":{"x":[1]}}]}}`, u))
		if m.Error != nil || strings.Contains(m.raw, "another server") {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"F03 a selection of many findings", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 2, whole(strings.Repeat("hazard\n", 800)))
		actions := e.actions(u, 0, 0, 800, 0, "")
		if len(actions) != 3*maxOffered+1 || actions[len(actions)-1].Kind != "source.fixAll.peercheck" {
			t.Errorf("got %d actions, the last %+v", len(actions), actions[len(actions)-1])
		}
	}},
	{"F04 hover", func(t *testing.T) {
		e, u := opened(t)
		var h struct {
			Contents struct{ Kind, Value string }
			Range    lspRange
		}
		e.result("textDocument/hover", hoverAt(u, 0, 4), &h)
		for _, want := range []string{"The word hazard", "test/hazard", "It is a *hazard*.", "Write safety.", "CWE-710"} {
			if !strings.Contains(h.Contents.Value, want) {
				t.Errorf("hover lacks %q:\n%s", want, h.Contents.Value)
			}
		}
		if v := h.Contents.Value; strings.Index(v, "Write safety.") < strings.Index(v, "It is a *hazard*.") || strings.Contains(v, "Finds hazard.") {
			t.Errorf("hover does not tell why and then what to do:\n%s", v)
		}
		for formats, want := range map[string]string{`["plaintext","markdown"]`: "plaintext", `[]`: "plaintext", `["markdown"]`: "markdown"} {
			e := initialized(t, "", strings.Replace(full, `["markdown","plaintext"]`, formats, 1))
			e.open("untitled:a", "plaintext", 1, "hazard")
			var h struct{ Contents struct{ Kind string } }
			if e.result("textDocument/hover", hoverAt("untitled:a", 0, 1), &h); h.Contents.Kind != want {
				t.Errorf("a client that prefers %s gets %s", formats, h.Contents.Kind)
			}
		}
		if h.Contents.Kind != "markdown" || h.Range.String() != "0:2-0:8" {
			t.Errorf("got %+v", h)
		}
		if strings.Contains(h.Contents.Value, "this is a hazard") {
			t.Errorf("the message, which the editor shows, is repeated:\n%s", h.Contents.Value)
		}
		if m := e.request("textDocument/hover", hoverAt(u, 0, 0)); string(m.Result) != "null" {
			t.Errorf("beside a finding: %s", m.raw)
		}
	}},
	{"F05 pull: full, unchanged, full", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "")
		e, u := initialized(t, dir, pulling), in(dir, "a.txt")
		e.open(u, "plaintext", 1, "a hazard")
		first := e.pull(u, "")
		if first.Kind != "full" || first.String() != "0:2-0:8 test/hazard" || first.ResultID == "" {
			t.Fatalf("first: %+v", first)
		}
		if second := e.pull(u, first.ResultID); second.Kind != "unchanged" || second.ResultID != first.ResultID {
			t.Errorf("second: %+v", second)
		}
		e.change(u, 2, partial(0, 0, 0, 2, ""))
		if third := e.pull(u, first.ResultID); third.Kind != "full" || third.String() != "0:0-0:6 test/hazard" {
			t.Errorf("third: %+v", third)
		}
	}},
	{"F05 pull: a document that depends on the one that is asked for", func(t *testing.T) {
		dir := folderOf(t, "go.mod", "module example.com/m\n\ngo 1.26\n",
			"lib/lib.go", "package lib\n\ntype Danger int\n\nfunc Call() int { return 0 }\n",
			"main.go", "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { lib.Call() }\n")
		for _, related := range []bool{true, false} {
			capabilities := strings.Replace(pulling, `"refreshSupport":true`, `"refreshSupport":false`, 1) // so that a pull waits for types
			capabilities = strings.Replace(capabilities, `"relatedDocumentSupport":true`, fmt.Sprintf(`"relatedDocumentSupport":%v`, related), 1)
			e := start(t, withEnv, func(o *Options) { o.Checks = append(o.Checks, dangerous) })
			e.initialize(dir, capabilities, `{"status":true}`)
			main, lib := in(dir, "main.go"), in(dir, "lib/lib.go")
			e.open(main, "go", 1, "package main\n\nimport \"example.com/m/lib\"\n\nfunc main() { lib.Call() }\n")
			if p := e.pull(main, ""); p.String() != "" {
				t.Fatalf("got %s", p)
			}
			from := e.mark()
			e.open(lib, "go", 1, "package lib\n\ntype Danger int\n\nfunc Call() Danger { return 0 }\n")
			first := e.pull(lib, "")
			e.await("the other document's new verdict", from, func(m message) bool {
				return m.Method == "peercheck/status" && strings.Contains(m.raw, "main.go") && strings.Contains(m.raw, `"new":1`) && strings.Contains(m.raw, `"complete":true`)
			})
			second := e.pull(lib, first.ResultID)
			got := fmt.Sprintf("%s %d", second.Kind, len(second.RelatedDocuments))
			if r := second.RelatedDocuments[main]; related && (got != "unchanged 1" || r.Kind != "full" || len(r.Items) != 1 || r.ResultID == "") || !related && got != "unchanged 0" {
				t.Errorf("related %v: got %s: %+v", related, got, second)
			}
			if third := e.pull(lib, first.ResultID); len(third.RelatedDocuments) != 0 {
				t.Errorf("told twice: %+v", third)
			}
		}
	}},
	{"F06 pulled or pushed, never both", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "")
		e, u := initialized(t, dir, pulling), in(dir, "a.txt")
		e.open(u, "plaintext", 1, "a hazard")
		e.pull(u, "")
		e.change(u, 2, whole("hazard hazard"))
		e.pull(u, "")
		e.close(u)
		e.request("shutdown", "")
		for _, m := range e.all() {
			if m.Method == "textDocument/publishDiagnostics" {
				t.Errorf("pushed to a client that pulls: %s", m.raw)
			}
		}
	}},
	{"F07 pull of an unknown document", func(t *testing.T) {
		e := initialized(t, t.TempDir(), pulling)
		if r := e.pull("file:///nowhere/a.txt", ""); r.Kind != "full" || len(r.Items) != 0 {
			t.Errorf("got %+v", r)
		}
	}},
	{"F08 workspace diagnostics", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "a hazard", "sub/b.txt", "hazard", "c.txt", "nothing")
		e := initialized(t, dir, pulling)
		e.open(in(dir, "a.txt"), "plaintext", 3, "the hazard")
		got := e.workspace(`{"previousResultIds":[]}`)
		if want := "a.txt v3 full 0:4-0:10 test/hazard; b.txt full 0:0-0:6 test/hazard"; got.String() != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		var previous []string
		for _, i := range got.Items {
			previous = append(previous, fmt.Sprintf(`{"uri":%q,"value":%q}`, i.URI, i.ResultID))
		}
		got = e.workspace(`{"previousResultIds":[` + strings.Join(previous, ",") + `]}`)
		if want := "a.txt v3 unchanged ; b.txt unchanged "; got.String() != want {
			t.Errorf("again: got %s\nwant %s", got, want)
		}
		if err := os.WriteFile(filepath.Join(dir, "sub", "b.txt"), []byte("safe"), 0o644); err != nil {
			t.Fatal(err)
		}
		got = e.workspace(`{"previousResultIds":[` + strings.Join(previous, ",") + `]}`)
		if want := "a.txt v3 unchanged ; b.txt full "; got.String() != want {
			t.Errorf("after the fix: got %s\nwant %s", got, want)
		}
		e.change(in(dir, "a.txt"), 4, whole("safe"))
		got = e.workspace(`{"previousResultIds":[` + strings.Join(previous, ",") + `]}`)
		if want := "a.txt v4 full ; b.txt full "; got.String() != want {
			t.Errorf("after the fix of what is open: got %s\nwant %s", got, want)
		}
	}},
	{"F09 utf-8 offered first", func(t *testing.T) {
		e := start(t)
		m := e.initialize("", strings.Replace(full, `["utf-16"]`, `["utf-8","utf-16"]`, 1), "")
		if !strings.Contains(m.raw, `"positionEncoding":"utf-8"`) {
			t.Errorf("got %s", m.raw)
		}
		e.open("untitled:x", "plaintext", 1, "ä😀 hazard")
		e.want("untitled:x", 1, "0:7-0:13 test/hazard")
		e.change("untitled:x", 2, partial(0, 2, 0, 6, ""))
		e.want("untitled:x", 2, "0:3-0:9 test/hazard")
	}},
	{"F09 utf-32 alone falls back to utf-16", func(t *testing.T) {
		m := start(t).initialize("", strings.Replace(full, `["utf-16"]`, `["utf-32"]`, 1), "")
		if !strings.Contains(m.raw, `"positionEncoding":"utf-16"`) {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"F10 odd configuration", func(t *testing.T) {
		e, u := opened(t)
		for _, settings := range []string{"null", "[]", "{}", "7", `{"peercheck":null}`, `{"peercheck":{"enabled":"x","unheardOf":1}}`, `{"other":{}}`} {
			e.mu.Lock()
			e.settings = settings
			e.mu.Unlock()
			e.notify("workspace/didChangeConfiguration", `{"settings":`+settings+`}`)
		}
		e.alive()
		e.want(u, 1, "0:2-0:8 test/hazard")
	}},
	{"F11 folders come and go", func(t *testing.T) {
		e, u := opened(t)
		dir := folderOf(t, "b.txt", "")
		folders := fmt.Sprintf(`[{"uri":%q,"name":"b"}]`, in(dir, ""))
		e.notify("workspace/didChangeWorkspaceFolders", `{"event":{"added":`+folders+`,"removed":[]}}`)
		e.open(in(dir, "b.txt"), "plaintext", 1, "hazard")
		e.want(in(dir, "b.txt"), 1, "0:0-0:6 test/hazard")
		e.notify("workspace/didChangeWorkspaceFolders", `{"event":{"added":[],"removed":`+folders+`}}`)
		e.change(in(dir, "b.txt"), 2, whole("x hazard"))
		e.want(in(dir, "b.txt"), 2, "0:2-0:8 test/hazard")
		e.want(u, 1, "0:2-0:8 test/hazard")
		e.alive()
	}},
	{"F12 forged diagnostic data", func(t *testing.T) {
		e, u := opened(t)
		m := e.request("textDocument/codeAction", fmt.Sprintf(
			`{"textDocument":{"uri":%q},"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":3}},"context":{"diagnostics":[`+
				`{"range":{"start":{"line":0,"character":2},"end":{"line":0,"character":8}},"message":"this is a hazard","source":"peercheck","code":"test/hazard",`+
				`"data":{"edit":"FORGED","fixes":[{"newText":"FORGED"}]}}]}}`, u))
		if m.Error != nil || strings.Contains(m.raw, "FORGED") {
			t.Errorf("got %s", m.raw)
		}
	}},
	{"F13 edits carry the version", func(t *testing.T) {
		e, u := opened(t)
		e.change(u, 41, whole("hazard"))
		for _, a := range e.actions(u, 0, 0, 0, 6, "") {
			if a.Command.Command != "" {
				continue // it edits nothing
			}
			c := a.Edit.DocumentChanges
			if len(c) != 1 || c[0].TextDocument.URI != u || c[0].TextDocument.Version == nil || *c[0].TextDocument.Version != 41 || len(a.Edit.Changes) > 0 {
				t.Errorf("%s: %+v", a.Title, a.Edit)
			}
		}
	}},
	{"F13 a client without documentChanges gets changes", func(t *testing.T) {
		dir := folderOf(t, "a.txt", "")
		e, u := initialized(t, dir, strings.Replace(full, `"documentChanges":true`, `"documentChanges":false`, 1)), in(dir, "a.txt")
		e.open(u, "plaintext", 1, "hazard")
		if a := e.actions(u, 0, 0, 0, 6, ""); len(a) == 0 || len(a[0].Edit.Changes[u]) != 1 || len(a[0].Edit.DocumentChanges) > 0 {
			t.Errorf("got %+v", a)
		}
	}},
}

func TestConformance(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// Every row of the list has a case here. What is measured is elsewhere: P01 is
// BenchmarkDidChange, and with all checks editors' BenchmarkKeystroke, P02
// BenchmarkHover, P03 editors' BenchmarkStart, P04 TestSoak, and editors' TestSoak
// and BenchmarkMemory.
func TestEveryRowHasACase(t *testing.T) {
	has := map[string]bool{}
	for _, c := range cases {
		for _, word := range strings.Fields(c.name) {
			has[strings.TrimSuffix(word, ",")] = true
		}
	}
	for letter, last := range map[string]int{"L": 13, "J": 17, "D": 28, "F": 13} {
		for n := 1; n <= last; n++ {
			if row := fmt.Sprintf("%s%02d", letter, n); !has[row] {
				t.Errorf("no case is named for %s", row)
			}
		}
	}
}

// opened starts a server with a folder and an open document with one finding.
func opened(t testing.TB, adjust ...func(*Options)) (*editor, string) {
	t.Helper()
	dir := folderOf(t, "a.txt", "on disk\n")
	e := initialized(t, dir, full, adjust...)
	u := in(dir, "a.txt")
	e.open(u, "plaintext", 1, "a hazard\n")
	return e, u
}

// ends waits for the end of the session.
func (e *editor) ends(want error) {
	e.t.Helper()
	select {
	case <-e.done:
	case <-time.After(patienceInTests):
		e.t.Fatal("the server does not end")
	}
	if !errors.Is(e.err, want) {
		e.t.Errorf("Serve returned %v, want %v", e.err, want)
	}
}

// alivePush is alive for a client that gets no versions.
func (e *editor) alivePush() { e.t.Helper(); e.alive() }

// monotonic fails if the versions that were pushed went backwards.
func (e *editor) monotonic(u string) {
	e.t.Helper()
	last := 0
	for _, m := range e.all() {
		var p published
		if m.Method != "textDocument/publishDiagnostics" || json.Unmarshal(m.Params, &p) != nil || p.URI != u || p.Version == nil {
			continue
		}
		if *p.Version < last {
			e.t.Errorf("version %d was pushed after %d", *p.Version, last)
		}
		last = *p.Version
	}
}

func hoverAt(u string, line, character int) string {
	return fmt.Sprintf(`{"textDocument":{"uri":%s},"position":{"line":%d,"character":%d}}`, quote(u), line, character)
}

func actionsAt(u string, startLine, start, endLine, end int, only string) string {
	if only != "" {
		only = fmt.Sprintf(`,"only":[%q]`, only)
	}
	return fmt.Sprintf(`{"textDocument":{"uri":%s},"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"context":{"diagnostics":[]%s}}`,
		quote(u), startLine, start, endLine, end, only)
}

type action struct {
	Title       string
	Kind        string
	IsPreferred bool
	Diagnostics []diagnostic
	Command     struct {
		Command   string
		Arguments []json.RawMessage
	}
	Edit struct {
		Changes         map[string][]textEdit
		DocumentChanges []struct {
			TextDocument struct {
				URI     string
				Version *int
			}
			Edits []textEdit
		}
	}
}

type textEdit struct {
	Range   lspRange
	NewText string
	Snippet struct{ Kind, Value string }
}

func (e *editor) actions(u string, startLine, start, endLine, end int, only string) []action {
	e.t.Helper()
	var all []action
	e.result("textDocument/codeAction", actionsAt(u, startLine, start, endLine, end, only), &all)
	return all
}

type pulled struct {
	Kind, ResultID, URI string
	Version             *int
	Items               []diagnostic
	RelatedDocuments    map[string]struct {
		Kind, ResultID string
		Items          []diagnostic
	}
}

func (p pulled) String() string { return published{Diagnostics: p.Items}.String() }

func (e *editor) pull(u, previous string) pulled {
	e.t.Helper()
	if previous != "" {
		previous = fmt.Sprintf(`,"previousResultId":%q`, previous)
	}
	var p pulled
	e.result("textDocument/diagnostic", fmt.Sprintf(`{"textDocument":{"uri":%s}%s}`, quote(u), previous), &p)
	return p
}

type workspaceReport struct{ Items []pulled }

func (w workspaceReport) String() string {
	var all []string
	for _, i := range w.Items {
		version := ""
		if i.Version != nil {
			version = fmt.Sprintf(" v%d", *i.Version)
		}
		all = append(all, filepath.Base(i.URI)+version+" "+i.Kind+" "+i.String())
	}
	return strings.Join(all, "; ")
}

func (e *editor) workspace(params string) workspaceReport {
	e.t.Helper()
	var w workspaceReport
	e.result("workspace/diagnostic", params, &w)
	return w
}
