package editors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shopStore = `package store

import "database/sql"

type Store struct{ DB *sql.DB }

// ByName finds an account.
func (s *Store) ByName(name string) (*sql.Rows, error) {
	return s.DB.Query("SELECT * FROM accounts WHERE name = ?", name)
}
`

const shopWeb = `package web

import (
	"net/http"

	"example.com/shop/store"
)

type Server struct{ Store *store.Store }

func (s *Server) account(w http.ResponseWriter, r *http.Request) {
	rows, err := s.Store.ByName(r.FormValue("name"))
	if err != nil {
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	defer rows.Close()
}
`

// shop is a module in which what a stranger sends in one package reaches SQL in
// another one, once that is built from it.
func shop(tb testing.TB) (web, store string) {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/shop\n\ngo 1.26\n", "store/store.go": shopStore, "web/web.go": shopWeb} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return filepath.Join(dir, "web", "web.go"), filepath.Join(dir, "store", "store.go")
}

// An edit in one package, not saved, makes a finding in the other, with the way
// of the data through both; taking it back clears it.
func TestPathAcrossPackages(t *testing.T) {
	web, store := shop(t)
	s := open(t, filepath.Dir(filepath.Dir(web)))
	s.show("file://"+web, shopWeb)
	s.show("file://"+store, shopStore)

	line := strings.Count(shopStore[:strings.Index(shopStore, "= ?")], "\n")
	text := strings.Split(shopStore, "\n")[line]
	replace := func(version int, old, with string) {
		at := strings.Index(text, old)
		text = text[:at] + with + text[at+len(old):]
		edit, _ := json.Marshal(with)
		s.send(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":%d},"contentChanges":[`+
			`{"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"text":%s}]}}`,
			"file://"+store, version, line, at, line, at+len(old), edit)
	}
	type place struct{ URI string }
	type diagnostic struct {
		Code               string
		RelatedInformation []struct {
			Location place
			Message  string
		}
	}
	// published waits until the diagnostics of the handler are as many as wanted.
	published := func(n int) []diagnostic {
		var p struct{ Diagnostics []diagnostic }
		s.until(func(f frame) bool {
			if f.Method != "textDocument/publishDiagnostics" || !bytes.Contains(f.Params, fmt.Appendf(nil, "%q", "file://"+web)) {
				return false
			}
			p.Diagnostics = nil
			return json.Unmarshal(f.Params, &p) == nil && len(p.Diagnostics) == n
		})
		return p.Diagnostics
	}
	replace(2, `= ?", name`, `= '" + name + "'"`)
	found := published(1)[0]
	var way []string
	for _, step := range found.RelatedInformation {
		way = append(way, filepath.Base(step.Location.URI)+": "+step.Message)
	}
	want := "web.go: untrusted data from an HTTP request ((*http.Request).FormValue)\n" +
		"web.go: is passed to (*store.Store).ByName\n" +
		"store.go: reaches an SQL statement in (*sql.DB).Query"
	if got := strings.Join(way, "\n"); found.Code != "go/sql-injection" || got != want {
		t.Errorf("got %s with the way\n%s\nwant\n%s", found.Code, got, want)
	}
	replace(3, `= '" + name + "'"`, `= ?", name`)
	published(0)
}
