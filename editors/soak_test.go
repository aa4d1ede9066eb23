package editors

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// A draft is what an editor has of a file: UTF-16 code units, edited with code of
// its own.
type draft struct {
	uri  string
	text []uint16
}

// position is the line and character of an offset.
func (d *draft) position(offset int) string {
	line, start := 0, 0
	for i, unit := range d.text[:offset] {
		if unit == '\n' {
			line, start = line+1, i+1
		}
	}
	return fmt.Sprintf(`{"line":%d,"character":%d}`, line, offset-start)
}

// whole moves an offset off the middle of a surrogate pair.
func (d *draft) whole(offset int) int {
	if offset > 0 && offset < len(d.text) && d.text[offset] >= 0xDC00 && d.text[offset] < 0xE000 {
		return offset - 1
	}
	return offset
}

// replace edits the draft, and gives the change as an editor sends it.
func (d *draft) replace(start, end int, with string) string {
	text, _ := json.Marshal(with)
	change := fmt.Sprintf(`{"range":{"start":%s,"end":%s},"text":%s}`, d.position(start), d.position(end), text)
	d.text = slices.Concat(d.text[:start], utf16.Encode([]rune(with)), d.text[end:])
	return change
}

// pieces are what is typed: whole statements, halves of some, and text that is
// awkward to count.
var pieces = []string{
	"x", " ", "\n", "(", ")", "{", "}", "\"", "`", "// ", "/*", "*/", "😀", "漢", "e\u0301", "\u2028", "\t", "",
	"\n\tname := r.FormValue(\"name\")\n", "\n\ts.db.Query(\"SELECT \" + r.FormValue(\"q\"))\n", "\n\texec.Command(\"sh\", \"-c\", r.FormValue(\"c\")).Run()\n",
	"\nvar token = \"gh" + "p_3iZbJ8sYwLqR5tXvK2nM7pQ9cD4fG6hA1eB0\"\n", "\nkey = \"AKIA" + "IOSFODNN7EXAMPLQ\"\n", "\nfunc more() {}\n", "// peercheck:ignore go/sql-injection -- x\n",
}

// TestSoak edits a Go module and a plain file at random against drafts of its own,
// for as long as PEERCHECK_SOAK says ("30m"), 400 edits if it says nothing. At
// every stop the server must show of each file what it shows of a twin that was
// opened with the draft's text in another folder: so the text was the same, and
// nothing that is kept between edits changes a verdict. Memory must stay flat: after
// 2,000 edits every cache has been filled once, and half an hour of typing may take
// half of the 20 MB that a day may.
func TestSoak(t *testing.T) {
	var long time.Duration
	if v := os.Getenv("PEERCHECK_SOAK"); v != "" {
		var err error
		if long, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	original, twin := module(t, 5, 1), module(t, 5, 1)
	for from, to := range map[string]string{original: "original", twin: "twin"} {
		if err := os.Rename(from, filepath.Join(root, to)); err != nil {
			t.Fatal(err)
		}
	}
	uriOf := func(folder, name string) string { return "file://" + filepath.Join(root, folder, name) }
	s := open(t, filepath.Join(root, "original"))
	s.send(`{"jsonrpc":"2.0","method":"workspace/didChangeWorkspaceFolders","params":{"event":{"removed":[],"added":[{"uri":"file://%s","name":"twin"}]}}}`, filepath.Join(root, "twin"))

	seed := time.Now().UnixNano()
	r := rand.New(rand.NewSource(seed))
	drafts := map[string]*draft{}
	good := map[string]string{"notes.py": "import os\n\nkey = os.environ['KEY'] # 😀\n"}
	for _, name := range []string{"f1.go", "f2.go", "notes.py"} {
		if text, err := os.ReadFile(filepath.Join(root, "original", name)); err == nil {
			good[name] = string(text)
		}
		drafts[name] = &draft{uriOf("original", name), utf16.Encode([]rune(good[name]))}
		s.show(drafts[name].uri, good[name])
	}
	names := slices.Sorted(maps.Keys(drafts))
	began, edits := time.Now(), 0
	var floor, last float64
	for round := 0; round < 8 || time.Since(began) < long; round++ {
		for range 50 {
			name := names[r.Intn(len(names))]
			d := drafts[name]
			var change string
			switch at := d.whole(r.Intn(len(d.text) + 1)); {
			case r.Intn(60) == 0 || len(d.text) > 8000: // back to what compiles
				change = d.replace(0, len(d.text), good[name])
			case r.Intn(3) == 0:
				change = d.replace(at, d.whole(min(len(d.text), at+r.Intn(30))), "")
			default:
				if r.Intn(2) == 0 { // where a statement may stand
					if i := strings.LastIndex(string(utf16.Decode(d.text[:at])), "\n"); i > 0 {
						at = len(utf16.Encode([]rune(string(utf16.Decode(d.text[:at]))[:i])))
					}
				}
				change = d.replace(at, at, pieces[r.Intn(len(pieces))])
			}
			s.change(d, change)
			edits++
			if long > 0 {
				time.Sleep(time.Duration(r.Intn(40)) * time.Millisecond)
			}
		}
		for _, name := range names {
			// The place of a finding tells how much text stands before it.
			for range 4 {
				d := drafts[name]
				at := d.whole(r.Intn(len(d.text) + 1))
				s.change(d, d.replace(at, at, " key = \"AKIA"+"IOSFODNN7EXAMPLQ\" "))
			}
		}
		got := s.verdicts(drafts)
		twins := map[string]*draft{}
		for name, d := range drafts {
			twins[name] = &draft{uriOf("twin", name), d.text}
			encoded, _ := json.Marshal(string(utf16.Decode(d.text)))
			s.versions[twins[name].uri]++
			s.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"","version":%d,"text":%s}}}`, twins[name].uri, s.versions[twins[name].uri], encoded)
		}
		want := s.verdicts(twins)
		for name, d := range drafts {
			if got[name] != want[name] {
				t.Fatalf("seed %d, after %d edits, %s:\n%s\nas a whole:\n%s\nof %q", seed, edits, name, got[name], want[name], string(utf16.Decode(d.text)))
			}
			s.send(`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":%q}}}`, twins[name].uri)
		}
		last = s.resident()
		if round <= 40 {
			floor = max(floor, last) // while it warms up
		} else if last > floor+10 {
			t.Fatalf("seed %d: the server grew from %.0f to %.0f MB in %d edits", seed, floor, last, edits)
		}
		if round%100 == 0 {
			t.Logf("%v: %d edits, %.0f MB", time.Since(began).Round(time.Second), edits, last)
		}
	}
	t.Logf("seed %d: %d edits in %v, %.0f MB while warming up, %.0f in the end", seed, edits, time.Since(began).Round(time.Second), floor, last)
}

func (s *session) change(d *draft, change string) {
	s.versions[d.uri]++
	s.send(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":%d},"contentChanges":[%s]}}`, d.uri, s.versions[d.uri], change)
}

// verdicts has everything judged anew, and gives the diagnostics by name. Saving
// does that; several times, since what ends one round may be a verdict of before
// that was still on its way.
func (s *session) verdicts(drafts map[string]*draft) map[string]string {
	s.tb.Helper()
	names := map[string]string{}
	for name, d := range drafts {
		names[d.uri] = name
	}
	shown := map[string]string{}
	for range 4 {
		complete := map[string]bool{}
		s.send(`{"jsonrpc":"2.0","method":"textDocument/didSave","params":{"textDocument":{"uri":%q}}}`, drafts["notes.py"].uri)
		s.until(func(f frame) bool {
			var p struct {
				URI         string
				Version     int
				Complete    bool
				Diagnostics []struct {
					Range    struct{ Start, End struct{ Line, Character int } }
					Severity int
					Code     string
					Message  string
				}
			}
			switch {
			case json.Unmarshal(f.Params, &p) != nil || names[p.URI] == "" || p.Version != s.versions[p.URI]:
			case f.Method == "textDocument/publishDiagnostics":
				var b strings.Builder
				for _, d := range p.Diagnostics {
					fmt.Fprintf(&b, "%v %d %s %s\n", d.Range, d.Severity, d.Code, d.Message)
				}
				shown[names[p.URI]] = b.String()
			case f.Method == "peercheck/status" && p.Complete:
				complete[p.URI] = true
			}
			return len(complete) == len(drafts)
		})
	}
	return shown
}
