// Package judged remembers, in a folder of the user's cache, what was judged and
// found clean, so that it need not be judged again.
//
// Use [Open], [Record.Has] and [Record.Add], and [Record.Save] at the end. A
// record holds digests of names and nothing of what was judged, and may vanish
// at any time. Findings are never recorded: what has one is judged again.
package judged

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// A Record remembers what was judged under one key. It is safe for concurrent
// use, also by several processes. A nil Record remembers nothing.
type Record struct {
	dir, name string

	mu    sync.Mutex
	known map[digest]bool
	fresh []digest
}

// digest is the first half of a SHA-256: long enough that nobody finds two
// inputs that share it.
type digest [16]byte

// maxRecordBytes bounds the file: a million entries. A larger one begins anew.
const maxRecordBytes = 16 << 20

// Open opens the record in a folder, an absolute path, which need not exist yet;
// "" remembers in memory only. The key is everything that the judgement depends
// on beside what is judged: program, checks, rules, configuration.
func Open(dir string, key ...string) *Record {
	r := &Record{known: map[digest]bool{}}
	if dir == "" {
		return r
	}
	sum := sha256.Sum256([]byte("1\x00" + strings.Join(key, "\x00")))
	r.dir, r.name = dir, "judged-"+hex.EncodeToString(sum[:16])
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return r
	}
	defer root.Close()
	f, err := root.Open(r.name)
	if err != nil {
		return r
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxRecordBytes+1))
	if err != nil || len(content) > maxRecordBytes || len(content)%len(digest{}) != 0 {
		root.Remove(r.name) // torn, or too long
		return r
	}
	for entry := range slices.Chunk(content, len(digest{})) {
		r.known[digest(entry)] = true
	}
	return r
}

func digestOf(names []string) digest {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return digest(sum[:16])
}

// Has reports whether something was judged. It is named by a kind and whatever
// identifies it.
func (r *Record) Has(names ...string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[digestOf(names)]
}

// Add remembers that something was judged and is clean.
func (r *Record) Add(names ...string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := digestOf(names); !r.known[d] {
		r.known[d] = true
		r.fresh = append(r.fresh, d)
	}
}

// Save appends what is new in one write, so that two processes at once do not
// mix. Failing is no error: it is judged once more.
func (r *Record) Save() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == "" || len(r.fresh) == 0 {
		return
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return
	}
	defer root.Close()
	f, err := root.OpenFile(r.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	var b []byte
	for _, d := range r.fresh {
		b = append(b, d[:]...)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil && !errors.Is(err, fs.ErrClosed) {
		root.Remove(r.name)
	}
	r.fresh = nil
}
