package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/repo"
)

// record remembers what was judged and found clean, so that a push does not
// judge again what pre-commit has seen. It holds digests of names of objects and
// paths and nothing of their content, and may vanish at any time. Findings are
// never recorded: what has one is always judged again.
type record struct {
	dir, name string
	known     map[digest]bool
	fresh     []digest
}

// digest is the first half of a SHA-256: long enough that nobody finds two
// inputs that share it.
type digest [16]byte

// maxRecordBytes bounds the file: a million entries. A larger one begins anew.
const maxRecordBytes = 16 << 20

// record opens the record of what was judged under a policy.
func (h *hook) record(p policy) *record {
	r := &record{known: map[digest]bool{}}
	if h.Cache == "" || p.server {
		return r
	}
	key := sha256.Sum256([]byte("1\x00" + h.Identity + "\x00" + string(p.content)))
	r.dir, r.name = h.Cache, "judged-"+hex.EncodeToString(key[:16])
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

// judged is something that was judged: a kind and the names that identify it.
func judged(kind string, names ...string) digest {
	sum := sha256.Sum256([]byte(kind + "\x00" + strings.Join(names, "\x00")))
	return digest(sum[:16])
}

// judgedBlob counts the path too, since checks look at it.
func judgedBlob(b repo.BlobPath) digest { return judged("blob", string(b.Blob), b.Path) }

func (r *record) has(d digest) bool { return r.known[d] }

func (r *record) add(d digest) {
	if !r.known[d] {
		r.known[d] = true
		r.fresh = append(r.fresh, d)
	}
}

// save appends what is new in one write, so that two hooks at once do not mix.
// Failing is no error: the next push judges once more.
func (r *record) save() {
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
