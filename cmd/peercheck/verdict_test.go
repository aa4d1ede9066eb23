package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// TestOneVerdict: the same planted files give the same findings, fingerprint for
// fingerprint, on the command line, in the hook, in the editor by push and by
// pull, and in a program that imports the library.
func TestOneVerdict(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "peercheck")
	run(t, ".", "go", "build", "-o", binary, ".")
	dir := t.TempDir()
	for _, f := range txtar.Parse(demoService).Files {
		_, name, _ := strings.Cut(f.Name, "/")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(f.Data), "@TOKEN@", demoToken)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "git", "init", "-q")
	run(t, dir, "git", "add", "-A")

	var scanned jsonReport
	decode(t, run(t, dir, binary, "scan", "--format", "json"), &scanned)
	want := scanned.lines(t)
	if len(want) < 6 {
		t.Fatalf("only %d findings are planted: %v", len(want), want)
	}

	for name, got := range map[string][]string{
		"scan --staged": func() []string {
			var r jsonReport
			decode(t, run(t, dir, binary, "scan", "--staged", "--format", "json"), &r)
			return r.lines(t)
		}(),
		"pre-commit": func() []string {
			report := filepath.Join(t.TempDir(), "report.json")
			run(t, dir, binary, "hook", "run", "--report", report, "pre-commit")
			text, err := os.ReadFile(report)
			if err != nil {
				t.Fatal(err)
			}
			var r jsonReport
			decode(t, text, &r)
			return r.lines(t)
		}(),
		"library": func() []string {
			var lines []string
			for line := range strings.Lines(string(run(t, "testdata/library", "go", "run", ".", dir))) {
				f := strings.Fields(line)
				if f[3] != "tentative" {
					lines = append(lines, f[0]+" "+f[1]+" "+f[2]+" "+f[4])
				}
			}
			return lines
		}(),
		"editor, pull": inEditor(t, binary, dir, true, want, time.Minute),
		"editor, push": inEditor(t, binary, dir, false, want, time.Minute),
	} {
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s gives\n%s\nscan gives\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// run runs a program that may exit with 1, and gives its standard output.
func run(t *testing.T, dir, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 {
		t.Fatalf("%s %v: %v\n%s%s", program, args, err, out, errs.String())
	}
	return out
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

type jsonReport struct {
	Findings []struct {
		Check, Confidence, Fingerprint string
		Location                       struct {
			Path  string
			Start struct{ Line, Column int }
		}
	}
	Notices []struct{ Message, Effect string }
}

// lines gives the findings that an editor shows too, sorted.
func (r jsonReport) lines(t *testing.T) (lines []string) {
	for _, f := range r.Findings {
		if f.Confidence != "tentative" {
			lines = append(lines, fmt.Sprintf("%s %d:%d %s %s", f.Location.Path, f.Location.Start.Line, f.Location.Start.Column, f.Check, f.Fingerprint))
		}
	}
	for _, n := range r.Notices {
		t.Logf("notice: %s (%s)", n.Message, n.Effect)
	}
	slices.Sort(lines)
	return lines
}

// inEditor opens every file in the language server and collects what it shows,
// until that is as much as is wanted, or for as long as patience lasts.
func inEditor(t *testing.T, binary, dir string, pull bool, want []string, patience time.Duration) (lines []string) {
	t.Helper()
	cmd := exec.Command(binary, "lsp")
	cmd.Dir = dir
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		cmd.Wait()
	}()
	c := &lspClient{t: t, in: stdin, out: make(chan message, 100)}
	go c.read(stdout)

	textDocument := map[string]any{}
	if pull {
		textDocument["diagnostic"] = map[string]any{}
	}
	root := "file://" + dir
	c.call("initialize", map[string]any{
		"processId": nil, "rootUri": root, "workspaceFolders": []any{map[string]any{"uri": root, "name": "w"}},
		"capabilities": map[string]any{"textDocument": textDocument, "general": map[string]any{"positionEncodings": []string{"utf-8"}}},
	})
	c.send(map[string]any{"method": "initialized", "params": map[string]any{}})
	var files []string
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if e.IsDir() && e.Name() == ".git" {
			return fs.SkipDir
		}
		if !e.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string][]string{}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		uri := root + "/" + name
		c.send(map[string]any{"method": "textDocument/didOpen", "params": map[string]any{"textDocument": map[string]any{
			"uri": uri, "languageId": "x", "version": 1, "text": string(text),
		}}})
		if !pull {
			continue
		}
		// A server that is not done yet answers with what it has, or asks to be
		// asked again.
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			m := c.call("textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": uri}})
			var result struct{ Items []diagnostic }
			if m.Error == nil {
				decode(t, m.Result, &result)
				shown[name] = diagnosticLines(name, result.Items)
			}
			if m.Error == nil && complete(shown[name], name, want) {
				break
			}
		}
	}
	all := func() (lines []string) {
		for _, l := range shown {
			lines = append(lines, l...)
		}
		slices.Sort(lines)
		return lines
	}
	for deadline := time.After(patience); !pull && !slices.Equal(all(), want); {
		select {
		case m := <-c.out:
			var p struct {
				URI         string
				Diagnostics []diagnostic
			}
			if m.Method == "textDocument/publishDiagnostics" {
				decode(t, m.Params, &p)
				name := strings.TrimPrefix(p.URI, root+"/")
				shown[name] = diagnosticLines(name, p.Diagnostics)
			}
		case <-deadline:
			return all()
		}
	}
	c.call("shutdown", nil)
	c.send(map[string]any{"method": "exit"})
	return all()
}

// complete reports whether a file shows as many findings as it should.
func complete(got []string, name string, want []string) bool {
	n := 0
	for _, w := range want {
		if strings.HasPrefix(w, name+" ") {
			n++
		}
	}
	return len(got) >= n
}

type diagnostic struct {
	Range struct {
		Start struct{ Line, Character int }
	}
	Code string
	Data struct{ Fingerprint string }
}

func diagnosticLines(name string, all []diagnostic) (lines []string) {
	for _, d := range all {
		lines = append(lines, fmt.Sprintf("%s %d:%d %s %s", name, d.Range.Start.Line+1, d.Range.Start.Character+1, d.Code, d.Data.Fingerprint))
	}
	return lines
}

// An lspClient speaks the base protocol, and answers what the server asks with
// null.
type lspClient struct {
	t    *testing.T
	in   io.Writer
	out  chan message
	next int
}

type message struct {
	ID             json.RawMessage
	Method         string
	Params, Result json.RawMessage
	Error          *struct{ Message string }
}

func (c *lspClient) send(m map[string]any) {
	c.t.Helper()
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		c.t.Fatal(err)
	}
}

func (c *lspClient) call(method string, params any) message {
	c.t.Helper()
	c.next++
	c.send(map[string]any{"id": c.next, "method": method, "params": params})
	deadline := time.After(60 * time.Second)
	for {
		select {
		case m := <-c.out:
			if m.Method == "" && string(m.ID) == strconv.Itoa(c.next) {
				return m
			}
			if m.Method != "" && m.ID != nil {
				c.send(map[string]any{"id": m.ID, "result": nil})
			}
		case <-deadline:
			c.t.Fatalf("no answer to %s", method)
		}
	}
}

func (c *lspClient) read(r io.Reader) {
	in := bufio.NewReader(r)
	for {
		header, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) == nil {
			c.out <- m
		}
	}
}
