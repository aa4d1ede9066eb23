package lsp

import (
	"encoding/json"
	"errors"
	"math"
	"path"
	"strconv"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
)

// A buffer is one open document, saved or not. It is guarded by server.mu, but
// for doc, which is an immutable snapshot.
type buffer struct {
	// key is the canonical URI, name the client's own spelling of it: what is
	// sent back must be spelled so, or the client takes it for another file.
	key, name  string
	languageID string
	version    int32
	place      place
	doc        *check.Document
	// lost is set when an edit could not be read: the text is no longer known,
	// and nothing is said about it until the client sends it whole.
	lost bool
	// edited says that other buffers have not been judged since the last edit of
	// this one.
	edited bool
	// job judges doc. last is the newest verdict, perhaps of an older snapshot.
	job  *job
	last verdict
	// counted is what was last said of the number of findings.
	counted tally
	// answered is the result ID of the last pull.
	answered string
}

// stop cancels what runs for the buffer.
func (b *buffer) stop() {
	if b.job != nil {
		b.job.cancel()
	}
}

// buffer finds an open document. It must be called with s.mu held.
func (s *server) bufferLocked(u uri.URI) *buffer { return s.buffers[string(u)] }

// didOpenParams decodes didOpen leniently: a document is opened even if other
// parts of the message are not what they should be.
type didOpenParams struct {
	TextDocument struct {
		URI        *string   `json:"uri"`
		LanguageID anyString `json:"languageId"`
		Version    anyNumber `json:"version"`
		Text       *string   `json:"text"`
	} `json:"textDocument"`
}

// didChangeParams decodes didChange: positions may be out of any range.
type didChangeParams struct {
	TextDocument struct {
		URI     *string   `json:"uri"`
		Version anyNumber `json:"version"`
	} `json:"textDocument"`
	ContentChanges []struct {
		Range *struct {
			Start, End struct{ Line, Character anyNumber }
		} `json:"range"`
		Text *string `json:"text"`
	} `json:"contentChanges"`
}

// anyNumber is an integer that arrives as any JSON number, cut to 32 bits, or as
// something else, which counts as 0.
type anyNumber int

func (n *anyNumber) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) {
		*n = 0
		return nil
	}
	*n = anyNumber(max(math.MinInt32, min(math.MaxInt32, f)))
	return nil
}

// anyString is a string, or "" for anything else.
type anyString string

func (s *anyString) UnmarshalJSON(b []byte) error {
	var v string
	if json.Unmarshal(b, &v) == nil {
		*s = anyString(v)
	}
	return nil
}

var errMalformed = errors.New("its parameters are malformed") // without a cause: that could quote the text

func (s *server) didOpen(params []byte) error {
	var p didOpenParams
	if json.Unmarshal(params, &p) != nil || p.TextDocument.URI == nil || p.TextDocument.Text == nil {
		return errMalformed
	}
	d := p.TextDocument
	u, err := uri.Parse(*d.URI)
	if err != nil {
		return errMalformed
	}
	b := &buffer{key: string(u), name: *d.URI, languageID: string(d.LanguageID), version: int32(d.Version)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.buffers[b.key]; old != nil {
		old.stop()
	}
	b.place = s.placeOfLocked(b)
	b.doc = b.snapshot([]byte(*d.Text))
	b.edited = true
	if b.place.folder != nil {
		b.place.folder.history.stale.Store(true)
	}
	s.buffers[b.key] = b
	s.touchedLocked(b)
	s.judgeLocked(b)
	s.lookForUpdate()
	return nil
}

// snapshot makes the document that checks see. Of a file the name says what the
// language is, as everywhere else, so that the verdict is the same; the client
// is asked about a document which is none yet.
func (b *buffer) snapshot(text []byte) *check.Document {
	rev := check.Revision{Kind: check.RevisionBuffer, ID: strconv.Itoa(int(b.version))}
	language := check.LanguageOf(b.place.path, text)
	if language == "" && b.place.file == "" && b.languageID != "plaintext" {
		language = b.languageID
	}
	return check.NewDocument(b.place.path, language, text, rev)
}

func (s *server) didChange(params []byte) error {
	var p didChangeParams
	err := json.Unmarshal(params, &p)
	if p.TextDocument.URI == nil {
		return errMalformed
	}
	u, parseErr := uri.Parse(*p.TextDocument.URI)
	if parseErr != nil {
		return errMalformed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bufferLocked(u)
	if b == nil {
		return errors.New("the document is not open")
	}
	if err != nil {
		b.lost = true
		s.clearLocked(b)
		return errMalformed
	}
	b.version = int32(p.TextDocument.Version)
	for _, c := range p.ContentChanges {
		switch {
		case c.Text == nil:
			b.lost = true
		case c.Range == nil:
			b.doc, b.lost = b.snapshot([]byte(*c.Text)), false
		case !b.lost:
			start := s.can.encoding.positionOffset(b.doc, int(c.Range.Start.Line), int(c.Range.Start.Character))
			end := s.can.encoding.positionOffset(b.doc, int(c.Range.End.Line), int(c.Range.End.Character))
			b.doc = b.snapshot(splice(b.doc.Content, check.Range{Start: min(start, end), End: max(start, end)}, *c.Text))
		}
	}
	if len(p.ContentChanges) == 0 {
		b.doc = b.snapshot(b.doc.Content) // a new version of the same text
	}
	if b.lost {
		s.clearLocked(b)
		return errMalformed
	}
	b.edited = true
	s.touchedLocked(b)
	s.judgeLocked(b)
	return nil
}

// splice replaces a range of bytes in a new slice: snapshots share nothing that
// changes.
func splice(content []byte, r check.Range, text string) []byte {
	out := make([]byte, 0, len(content)-(r.End-r.Start)+len(text))
	out = append(out, content[:r.Start]...)
	out = append(out, text...)
	return append(out, content[r.End:]...)
}

func (s *server) didClose(p *protocol.DidCloseTextDocumentParams) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bufferLocked(p.TextDocument.URI)
	if b == nil {
		return
	}
	delete(s.buffers, b.key)
	s.clearLocked(b)
	s.touchWorkspaceLocked()
	s.touchedLocked(b)
	s.othersLocked(b)
}

// clearLocked stops what runs for a buffer and takes its diagnostics away.
func (s *server) clearLocked(b *buffer) {
	b.stop()
	b.job, b.last = nil, verdict{}
	s.pushLocked(b, nil)
}

// didSave judges the buffers of the folder anew: a client that watches no files
// tells in this way alone that something on disk is different.
func (s *server) didSave(p *protocol.DidSaveTextDocumentParams) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lookForUpdate()
	s.touchWorkspaceLocked()
	if b := s.bufferLocked(p.TextDocument.URI); b != nil && b.place.folder != nil {
		b.place.folder.history.stale.Store(true)
		b.place.folder.unsettled.Store(true)
		for _, other := range s.buffers {
			if other.place.folder == b.place.folder {
				s.judgeLocked(other)
			}
		}
	}
}

// A place is where a document stands: in a folder, at a path relative to it.
type place struct {
	// folder is nil for a document that is outside any workspace folder, until
	// the first judgement has looked where it belongs.
	folder *folder
	// path is slash-separated.
	path string
	// file is the absolute path on disk, "" for what has none.
	file string
}

// placeOfLocked finds the place of a buffer.
func (s *server) placeOfLocked(b *buffer) place {
	p := s.placeLocked(uri.URI(b.key))
	if p.file == "" && path.Ext(p.path) == "" {
		p.path += extensions[b.languageID] // "Untitled-1" is a Go file if the client says so
	}
	return p
}

// extensions are those that files of a language must have to be taken for it, by
// LSP language identifier.
var extensions = map[string]string{"go": ".go", "python": ".py", "javascript": ".js", "typescript": ".ts", "yaml": ".yaml", "json": ".json", "terraform": ".tf", "shellscript": ".sh"}

// nameOf makes a path for a document that is on no disk.
func nameOf(u uri.URI) string {
	name := path.Base(strings.ReplaceAll(u.Path(), "\\", "/"))
	if name == "." || name == "/" || name == "" || strings.ContainsRune(name, 0) {
		return "untitled"
	}
	return name
}
