package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
)

// patienceInTests bounds every wait of a test: nothing that is right takes so long.
const patienceInTests = 10 * time.Second

// hazard flags the word "hazard"; its fix writes "safety" instead.
var hazard = &check.Check{
	ID: "test/hazard", Title: "The word hazard", CWE: []check.CWE{710},
	Page:     check.Page{What: "Finds hazard.", Why: "It is a *hazard*.", Fix: "Write safety."},
	Severity: check.High, Confidence: check.Firm, Since: "0.1", Generated: true,
	Run: func(_ context.Context, p *check.Pass) error {
		for _, m := range regexp.MustCompile(`hazard`).FindAllIndex(p.Document.Content, -1) {
			r := check.Range{Start: m[0], End: m[1]}
			if r.Start > 0 && p.Document.Content[r.Start-1] == '/' {
				continue // the check's own ID, in an ignore comment
			}
			p.Report(check.Finding{
				Message:  "this is a hazard",
				Location: check.Location{Range: r},
				Related:  []check.Location{{Range: check.Range{Start: 0, End: 0}, Message: "the file starts here"}},
				Fixes:    []check.Fix{{Title: "Write safety", Safe: true, Edits: []check.Edit{{Range: r, NewText: "safety"}}}},
			})
		}
		return nil
	},
}

// risk flags the word "risk"; its fix changes behaviour, so it is not preferred.
var risk = &check.Check{
	ID: "test/risk", Title: "The word risk", CWE: []check.CWE{710},
	Page:     check.Page{What: "Finds risk.", Why: "It is risky.", Fix: "Write care."},
	Severity: check.Low, Confidence: check.Firm, Since: "0.1",
	Run: func(_ context.Context, p *check.Pass) error {
		for _, m := range regexp.MustCompile(`risk`).FindAllIndex(p.Document.Content, -1) {
			r := check.Range{Start: m[0], End: m[1]}
			p.Report(check.Finding{
				Message:  "this is a risk",
				Location: check.Location{Range: r},
				Fixes:    []check.Fix{{Title: "Write care", Edits: []check.Edit{{Range: r, NewText: "care"}}}},
			})
		}
		return nil
	},
}

// A message is any JSON-RPC message that the server sent.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
	raw string
}

// An editor is a client that speaks the protocol byte by byte, so that it can
// also break it.
type editor struct {
	t    testing.TB
	in   *io.PipeWriter
	out  *io.PipeReader
	done chan struct{} // closed when Serve has returned
	err  error         // what it returned
	stop context.CancelFunc
	log  *bytes.Buffer
	logs sync.Mutex

	writing sync.Mutex

	mu       sync.Mutex
	news     *sync.Cond
	messages []message
	closed   bool // nothing more will be read
	nextID   int
	settings string // the answer to workspace/configuration
	mute     bool   // requests of the server are not answered
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// start runs a server and connects to it.
func start(t testing.TB, adjust ...func(*Options)) *editor {
	t.Helper()
	opts := Options{Checks: []*check.Check{hazard, risk}, Version: "test"}
	e := &editor{t: t, done: make(chan struct{}), log: &bytes.Buffer{}, settings: "null"}
	opts.Log = lockedWriter{&e.logs, e.log}
	for _, a := range adjust {
		a(&opts)
	}
	e.news = sync.NewCond(&e.mu)
	var in *io.PipeReader
	var out *io.PipeWriter
	in, e.in = io.Pipe()
	e.out, out = io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	e.stop = stop
	go func() {
		defer close(e.done)
		e.err = Serve(ctx, in, out, opts)
		out.Close()
	}()
	go e.read()
	t.Cleanup(func() {
		e.in.Close()
		stop()
		<-e.done
		if t.Failed() {
			t.Logf("the server's log:\n%s", e.logText())
		}
		if strings.Contains(e.logText(), "a fault") {
			t.Errorf("the server had a fault:\n%s", e.logText())
		}
	})
	return e
}

func (e *editor) logText() string {
	e.logs.Lock()
	defer e.logs.Unlock()
	return e.log.String()
}

// read collects what the server sends, and answers its requests.
func (e *editor) read() {
	r := bufio.NewReader(e.out)
	defer func() {
		e.mu.Lock()
		e.closed = true
		e.news.Broadcast()
		e.mu.Unlock()
	}()
	for {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			e.t.Errorf("a frame without a length: %v", header)
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		m := message{raw: string(body)}
		if err := json.Unmarshal(body, &m); err != nil {
			e.t.Errorf("a frame that is no JSON: %v", err)
			return
		}
		e.mu.Lock()
		e.messages = append(e.messages, m)
		mute, settings := e.mute, e.settings
		e.news.Broadcast()
		e.mu.Unlock()
		if m.Method != "" && len(m.ID) > 0 && !mute {
			result := "null"
			if m.Method == "workspace/configuration" {
				result = "[" + settings + "]"
			}
			go e.raw(frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)))
		}
	}
}

func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// raw writes bytes as they are.
func (e *editor) raw(s string) { e.pieces([]string{s}) }

// pieces writes bytes as they are, in several writes.
func (e *editor) pieces(all []string) {
	e.writing.Lock()
	defer e.writing.Unlock()
	for _, s := range all {
		io.WriteString(e.in, s) // a server that has ended is what some tests want
	}
}

// all gives the messages so far.
func (e *editor) all() []message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.messages)
}

func (e *editor) notify(method, params string) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","method":%q}`, method)
	if params != "" {
		body = fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params)
	}
	e.raw(frame(body))
}

// send sends a request and gives its ID.
func (e *editor) send(method, params string) string {
	e.mu.Lock()
	e.nextID++
	id := strconv.Itoa(e.nextID)
	e.mu.Unlock()
	e.sendAs(id, method, params)
	return id
}

func (e *editor) sendAs(id, method, params string) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q}`, id, method)
	if params != "" {
		body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params)
	}
	e.raw(frame(body))
}

// await waits for a message, among those since the index from.
func (e *editor) await(what string, from int, wanted func(message) bool) message {
	e.t.Helper()
	timeout := time.AfterFunc(patienceInTests, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.news.Broadcast()
	})
	defer timeout.Stop()
	deadline := time.Now().Add(patienceInTests)
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := from; ; {
		for ; i < len(e.messages); i++ {
			if wanted(e.messages[i]) {
				return e.messages[i]
			}
		}
		if e.closed || !time.Now().Before(deadline) {
			e.t.Fatalf("%s did not come (connection closed: %v); the last messages: %s", what, e.closed, e.tail())
		}
		e.news.Wait()
	}
}

func (e *editor) tail() string {
	var b strings.Builder
	for _, m := range e.messages[max(0, len(e.messages)-5):] {
		fmt.Fprintf(&b, "\n\t%.300s", m.raw)
	}
	return b.String()
}

func (e *editor) answer(id string) message {
	e.t.Helper()
	return e.await("the answer to request "+id, 0, func(m message) bool { return m.Method == "" && string(m.ID) == id })
}

func (e *editor) request(method, params string) message {
	e.t.Helper()
	return e.answer(e.send(method, params))
}

// result decodes the result of a request that must succeed.
func (e *editor) result(method, params string, into any) {
	e.t.Helper()
	m := e.request(method, params)
	if m.Error != nil {
		e.t.Fatalf("%s: %s", method, m.raw)
	}
	if err := json.Unmarshal(m.Result, into); err != nil {
		e.t.Fatalf("%s: %v in %s", method, err, m.raw)
	}
}

func (e *editor) wantError(method, params string, code int) message {
	e.t.Helper()
	m := e.request(method, params)
	if m.Error == nil || m.Error.Code != code {
		e.t.Fatalf("%s %s: got %s, want the error %d", method, params, m.raw, code)
	}
	return m
}

// full are the capabilities of a modern editor that has diagnostics pushed.
const full = `{
	"general":{"positionEncodings":["utf-16"]},
	"window":{"workDoneProgress":true,"showDocument":{"support":true}},
	"workspace":{"configuration":true,"workspaceFolders":true,"workspaceEdit":{"documentChanges":true},
		"didChangeWatchedFiles":{"dynamicRegistration":true},"didChangeConfiguration":{"dynamicRegistration":true}},
	"textDocument":{
		"publishDiagnostics":{"versionSupport":true,"codeDescriptionSupport":true,"relatedInformation":true,"dataSupport":true,"tagSupport":{"valueSet":[1,2]}},
		"hover":{"contentFormat":["markdown","plaintext"]},
		"codeAction":{"isPreferredSupport":true,"codeActionLiteralSupport":{"codeActionKind":{"valueSet":["quickfix","source"]}}}}}`

// pulling are the same with diagnostics pulled.
var pulling = strings.Replace(strings.Replace(full, `"textDocument":{`, `"textDocument":{"diagnostic":{"relatedDocumentSupport":true},`, 1),
	`"workspace":{`, `"workspace":{"diagnostics":{"refreshSupport":true},`, 1)

// open starts a server with a workspace folder.
func initialized(t testing.TB, folder, capabilities string, adjust ...func(*Options)) *editor {
	t.Helper()
	e := start(t, adjust...)
	e.initialize(folder, capabilities, "")
	return e
}

func (e *editor) initialize(folder, capabilities, options string) message {
	e.t.Helper()
	folders := "null"
	if folder != "" {
		folders = fmt.Sprintf(`[{"uri":%q,"name":"folder"}]`, uri.File(folder))
	}
	if options != "" {
		options = `,"initializationOptions":` + options
	}
	m := e.request("initialize", fmt.Sprintf(`{"processId":null,"rootUri":null,"capabilities":%s,"workspaceFolders":%s%s}`, capabilities, folders, options))
	if m.Error != nil {
		e.t.Fatalf("initialize: %s", m.raw)
	}
	e.notify("initialized", "{}")
	return m
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func (e *editor) open(u, language string, version int, text string) {
	e.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%s,"languageId":%q,"version":%d,"text":%s}}`, quote(u), language, version, quote(text)))
}

// change sends changes, given as JSON objects.
func (e *editor) change(u string, version int, changes ...string) {
	e.notify("textDocument/didChange", fmt.Sprintf(`{"textDocument":{"uri":%s,"version":%d},"contentChanges":[%s]}`, quote(u), version, strings.Join(changes, ",")))
}

func whole(text string) string { return fmt.Sprintf(`{"text":%s}`, quote(text)) }

func partial(startLine, start, endLine, end int, text string) string {
	return fmt.Sprintf(`{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}`, startLine, start, endLine, end, quote(text))
}

func (e *editor) close(u string) {
	e.notify("textDocument/didClose", fmt.Sprintf(`{"textDocument":{"uri":%s}}`, quote(u)))
}

type diagnostic struct {
	Range    lspRange `json:"range"`
	Severity int      `json:"severity"`
	Code     string   `json:"code"`
	Source   string   `json:"source"`
	Message  string   `json:"message"`
	Tags     []int    `json:"tags"`
	Href     struct {
		Href string `json:"href"`
	} `json:"codeDescription"`
	Related []struct {
		Location struct {
			URI   string   `json:"uri"`
			Range lspRange `json:"range"`
		} `json:"location"`
		Message string `json:"message"`
	} `json:"relatedInformation"`
	Data json.RawMessage `json:"data"`
}

type lspRange struct{ Start, End struct{ Line, Character int } }

// String gives "line:character-line:character".
func (r lspRange) String() string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line, r.Start.Character, r.End.Line, r.End.Character)
}

type published struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

func (p published) String() string {
	var all []string
	for _, d := range p.Diagnostics {
		all = append(all, d.Range.String()+" "+d.Code)
	}
	return strings.Join(all, ", ")
}

// mark is the number of messages so far, for awaiting later ones.
func (e *editor) mark() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.messages)
}

// diagnostics waits for what is pushed for a version of a document.
func (e *editor) diagnostics(u string, version int) published {
	e.t.Helper()
	return e.publishedSince(0, u, fmt.Sprintf("diagnostics of version %d of %s", version, u), func(p published) bool {
		return p.Version != nil && *p.Version == version
	})
}

func (e *editor) publishedSince(from int, u, what string, wanted func(published) bool) published {
	e.t.Helper()
	var p published
	e.await(what, from, func(m message) bool {
		if m.Method != "textDocument/publishDiagnostics" {
			return false
		}
		p = published{}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			e.t.Errorf("malformed diagnostics %s: %v", m.raw, err)
		}
		return p.URI == u && wanted(p)
	})
	return p
}

// settled waits for a version's diagnostics and expects them to be these.
func (e *editor) want(u string, version int, want string) published {
	e.t.Helper()
	p := e.diagnostics(u, version)
	if p.String() != want {
		e.t.Fatalf("version %d of %s has the diagnostics %q, want %q", version, u, p, want)
	}
	return p
}

// alive fails unless the server still answers and judges.
func (e *editor) alive() {
	e.t.Helper()
	e.mu.Lock()
	e.nextID++
	u := fmt.Sprintf("untitled:alive-%d", e.nextID)
	e.mu.Unlock()
	from := e.mark()
	e.open(u, "plaintext", 1, "a hazard")
	e.publishedSince(from, u, "a sign of life", func(p published) bool { return len(p.Diagnostics) == 1 })
	e.close(u)
}

// folder makes a folder of files, given as name and text in turn.
func folderOf(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func in(dir, name string) string { return string(uri.File(filepath.Join(dir, name))) }

// slowly makes checks wait for the gate, or for being cancelled.
func slowly(gate chan struct{}) func(*Options) {
	return func(o *Options) {
		slow := *hazard
		slow.Run = func(ctx context.Context, p *check.Pass) error {
			select {
			case <-gate:
			case <-ctx.Done():
				return ctx.Err()
			}
			return hazard.Run(ctx, p)
		}
		o.Checks = []*check.Check{&slow, risk}
	}
}
