package check

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"
)

// A Document is an immutable snapshot of one file. Make one with [NewDocument].
// It is safe for concurrent use; nobody changes Content.
type Document struct {
	// Path is slash-separated and relative to the root of the tree that is
	// judged. It may hold any bytes but NUL.
	Path string
	// Language is the LSP language identifier ("go", "dockerfile"), or "" if
	// not known.
	Language string
	// Content is the text as bytes: as stored, but for UTF-16 and UTF-32, which
	// the sources decode to UTF-8 first. It may begin with a byte order mark and
	// may hold invalid UTF-8.
	Content []byte
	// Encoding is that of the stored file if Content was decoded from it:
	// "utf-16le", "utf-16be", "utf-32le", "utf-32be". Empty: Content is as stored.
	Encoding string
	// Binary says that the file is no text. Its Content is empty then, and only
	// checks of the path have something to judge.
	Binary bool
	// Revision says where the bytes come from.
	Revision Revision

	lines func() []int // start offset of each line

	mu    sync.Mutex
	memos map[any]*memo
}

// A Revision says which state of a file a Document is. The zero value is not known.
type Revision struct {
	// Kind is where the bytes were read.
	Kind RevisionKind
	// ID identifies the state within its kind: an object ID in hexadecimal for
	// blobs, the version number for buffers; may be empty.
	ID string
}

// RevisionKind names a place where bytes are read.
type RevisionKind string

// The places.
const (
	RevisionMemory   RevisionKind = "memory"   // given by a caller
	RevisionWorkTree RevisionKind = "worktree" // a file on disk
	RevisionIndex    RevisionKind = "index"    // a staged blob
	RevisionCommit   RevisionKind = "commit"   // a blob of a commit
	RevisionBuffer   RevisionKind = "buffer"   // an editor's buffer, perhaps unsaved
)

// NewDocument makes a document. An empty language is found by [LanguageOf]. The
// document keeps content: the caller must not change it any more.
func NewDocument(path, language string, content []byte, rev Revision) *Document {
	if language == "" {
		language = LanguageOf(path, content)
	}
	d := &Document{Path: path, Language: language, Content: content, Revision: rev}
	d.lines = sync.OnceValue(func() []int { return lineStarts(content) })
	return d
}

type memo struct {
	once  sync.Once
	value any
}

// Memo computes a value that follows from the document's content alone, once:
// the parse that several checks share. The key is a private type of the package
// that asks, as with context.Value. compute must not call Memo with the same key.
func Memo[T any](d *Document, key any, compute func() T) T {
	d.mu.Lock()
	if d.memos == nil {
		d.memos = make(map[any]*memo)
	}
	m := d.memos[key]
	if m == nil {
		m = new(memo)
		d.memos[key] = m
	}
	d.mu.Unlock()
	m.once.Do(func() { m.value = compute() })
	v, _ := m.value.(T) // the zero value if compute panicked in an earlier call
	return v
}

// Text gives the bytes of a range, cut to the document.
func (d *Document) Text(r Range) string {
	r = d.Clamp(r)
	return string(d.Content[r.Start:r.End])
}

// Clamp cuts a range to the document and puts its ends in order.
func (d *Document) Clamp(r Range) Range {
	r.Start = min(max(r.Start, 0), len(d.Content))
	r.End = min(max(r.End, r.Start), len(d.Content))
	return r
}

// A Position is a place as terminals, compilers and SARIF name it. Line and
// Column count from 1; Column counts bytes. The zero value is no position.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// String gives "line:column".
func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// A UTF16Position is a place in LSP's default encoding. Line and Character
// count from 0; Character counts UTF-16 code units (LSP 3.18, Position).
type UTF16Position struct{ Line, Character int }

// A UTF8Position is a place in LSP's "utf-8" encoding. Line and Character count
// from 0; Character counts bytes.
type UTF8Position struct{ Line, Character int }

// ErrPosition is returned for a line or column that the document does not have.
var ErrPosition = errors.New("position outside the document")

// lineStarts finds the start of each line. A line ends in "\n", "\r\n" or "\r"
// (LSP 3.18, Text Documents), and the last one may be empty.
func lineStarts(content []byte) []int {
	starts := make([]int, 1, 1+bytes.Count(content, []byte{'\n'}))
	for i := 0; i < len(content); {
		j := bytes.IndexAny(content[i:], "\r\n")
		if j < 0 {
			break
		}
		i += j + 1
		if content[i-1] == '\r' && i < len(content) && content[i] == '\n' {
			i++
		}
		starts = append(starts, i)
	}
	return starts
}

// LineCount is the number of lines, at least 1.
func (d *Document) LineCount() int { return len(d.lines()) }

// LineRange gives the bytes of a line, counted from 1, without its line end.
func (d *Document) LineRange(line int) (Range, error) {
	starts := d.lines()
	if line < 1 || line > len(starts) {
		return Range{}, fmt.Errorf("%w: line %d of %d", ErrPosition, line, len(starts))
	}
	r := Range{starts[line-1], len(d.Content)}
	if line < len(starts) {
		r.End = starts[line]
	}
	for r.End > r.Start && (d.Content[r.End-1] == '\n' || d.Content[r.End-1] == '\r') {
		r.End--
	}
	return r, nil
}

// lineAt finds the line, counted from 0, that holds a byte offset.
func (d *Document) lineAt(offset int) int {
	starts := d.lines()
	lo, hi := 0, len(starts)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; starts[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// OffsetPosition turns a byte offset into line and byte column from 1. An offset
// outside the document is cut to it.
func (d *Document) OffsetPosition(offset int) Position {
	offset = min(max(offset, 0), len(d.Content))
	line := d.lineAt(offset)
	return Position{Line: line + 1, Column: offset - d.lines()[line] + 1}
}

// PositionOffset turns line and byte column from 1 into a byte offset. The
// column after the last byte of a line is allowed; errors satisfy
// errors.Is(err, ErrPosition).
func (d *Document) PositionOffset(p Position) (int, error) {
	r, err := d.LineRange(p.Line)
	if err != nil {
		return 0, err
	}
	if p.Column < 1 || r.Start+p.Column-1 > r.End {
		return 0, fmt.Errorf("%w: column %d of line %d", ErrPosition, p.Column, p.Line)
	}
	return r.Start + p.Column - 1, nil
}

// OffsetUTF8Position turns a byte offset into a line and byte column from 0. An
// offset outside the document is cut to it.
func (d *Document) OffsetUTF8Position(offset int) UTF8Position {
	p := d.OffsetPosition(offset)
	return UTF8Position{p.Line - 1, p.Column - 1}
}

// UTF8PositionOffset turns a line and byte column from 0 into a byte offset. As
// LSP asks, a column past the end of its line is the end of the line; a line
// past the last one, or a negative number, is cut to the document.
func (d *Document) UTF8PositionOffset(p UTF8Position) int {
	r, ok := d.lspLine(p.Line)
	if !ok {
		return r.Start
	}
	return min(r.Start+max(p.Character, 0), r.End)
}

// OffsetUTF16Position turns a byte offset into a line and UTF-16 column from 0.
// An offset inside a rune counts as the rune's start, a byte of invalid UTF-8 as
// one code unit (editors show it as U+FFFD), an offset outside the document is
// cut to it.
func (d *Document) OffsetUTF16Position(offset int) UTF16Position {
	offset = min(max(offset, 0), len(d.Content))
	line := d.lineAt(offset)
	units := 0
	for i := d.lines()[line]; i < offset; {
		n, size := utf16Units(d.Content[i:])
		if i+size > offset {
			break
		}
		units += n
		i += size
	}
	return UTF16Position{line, units}
}

// UTF16PositionOffset turns a line and UTF-16 column from 0 into a byte offset.
// A column between the two halves of a surrogate pair is the start of its rune.
// Outside the document it behaves as UTF8PositionOffset does.
func (d *Document) UTF16PositionOffset(p UTF16Position) int {
	r, ok := d.lspLine(p.Line)
	if !ok {
		return r.Start
	}
	i := r.Start
	for units := 0; i < r.End; {
		n, size := utf16Units(d.Content[i:r.End])
		if units+n > p.Character {
			break
		}
		units += n
		i += size
	}
	return i
}

// lspLine gives the range of a line counted from 0. For a line that is not
// there, ok is false and the range is empty, at the nearer end of the document.
func (d *Document) lspLine(line int) (r Range, ok bool) {
	switch {
	case line < 0:
		return Range{}, false
	case line >= d.LineCount():
		return Range{len(d.Content), len(d.Content)}, false
	}
	r, err := d.LineRange(line + 1)
	return r, err == nil
}

// utf16Units gives the length of the first rune in UTF-16 code units and in bytes.
func utf16Units(b []byte) (units, size int) {
	if b[0] < utf8.RuneSelf {
		return 1, 1
	}
	r, size := utf8.DecodeRune(b)
	if r >= 0x10000 {
		return 2, size
	}
	return 1, size
}
