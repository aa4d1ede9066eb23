// Package cache keeps what was computed, in a folder of the user's cache.
//
// [Open] a folder, then [Dir.Get] and [Dir.Put]. What is kept may vanish at any
// time: it is found by a [Key] over all that it was computed from, so that it is
// never out of date, and whoever asks computes anew what is not there.
package cache

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"
)

// Options say where entries are kept, and for whom.
type Options struct {
	// Dir is the absolute path of the folder, which is made if need be; others
	// cannot read it. "" keeps nothing.
	Dir string
	// Identity changes with every build of the program: entries of another one
	// are not found. "" keeps nothing.
	Identity string
	// Limit is the size of all entries in bytes; 0 means DefaultLimit.
	Limit int64
	// Now says which entries were used last; zero means that they go by when they
	// were written.
	Now time.Time
}

// DefaultLimit is 512 MB: what a dozen large modules leave, and little beside
// the build cache that lies next to it.
const DefaultLimit = 512 << 20

// maxEntry bounds one entry in bytes. The largest known are under 4 MB.
const maxEntry = 64 << 20

// A Dir is a folder of entries. It is safe for concurrent use, also by several
// processes. A nil Dir keeps nothing.
type Dir struct {
	opts Options
	root *os.Root
}

// Open opens a folder. The result is nil, which keeps nothing, if there is none
// to be had.
func Open(opts Options) *Dir {
	if opts.Dir == "" || opts.Identity == "" {
		return nil
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil
	}
	root, err := os.OpenRoot(opts.Dir)
	if err != nil {
		return nil
	}
	if opts.Limit <= 0 {
		opts.Limit = DefaultLimit
	}
	return &Dir{opts: opts, root: root}
}

// A Key identifies an entry.
type Key [sha256.Size]byte

// A Hash makes keys. The zero value is not usable; see [NewHash].
type Hash struct{ h hash.Hash }

// NewHash begins a key for entries of one kind.
func NewHash(kind string) Hash {
	h := Hash{sha256.New()}
	h.Add(kind)
	return h
}

// Add adds values, told apart by their lengths: strings, bytes, keys, and what fmt
// prints as itself.
func (h Hash) Add(values ...any) {
	for _, v := range values {
		var b []byte
		switch v := v.(type) {
		case []byte:
			b = v
		case string:
			b = []byte(v)
		case Key:
			b = v[:]
		default:
			b = fmt.Append(nil, v)
		}
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(b)))
		h.h.Write(size[:])
		h.h.Write(b)
	}
}

// Key gives the key of what was added.
func (h Hash) Key() (k Key) {
	h.h.Sum(k[:0])
	return k
}

// An entry is a checksum and data. The checksum is over the key too, so that a
// file under another name is none.
const sumSize = sha256.Size

func sum(k Key, data []byte) []byte {
	h := sha256.New()
	h.Write(k[:])
	h.Write(data)
	return h.Sum(nil)
}

// name is where an entry stands, in one of folders.
func (d *Dir) name(k Key) string {
	h := sha256.New()
	io.WriteString(h, d.opts.Identity)
	h.Write(k[:])
	text := hex.EncodeToString(h.Sum(nil)[:20])
	return text[:2] + "/" + text[2:]
}

// folders is how many folders there are. Each takes its share of the limit, so
// that a process which writes one entry can see to it without looking at all.
const folders = 256

// freshFor is how long an entry is not noted as used again: which one was used
// last matters by the hour, and noting it costs a write.
const freshFor = time.Hour

// Get gives the data of an entry. A file that is torn or not ours is no entry.
func (d *Dir) Get(k Key) (data []byte, ok bool) {
	if d == nil {
		return nil, false
	}
	name := d.name(k)
	f, err := d.root.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() < sumSize || info.Size() > maxEntry {
		return nil, false
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(f, content); err != nil {
		return nil, false
	}
	if data = content[sumSize:]; !slices.Equal(sum(k, data), content[:sumSize]) {
		d.root.Remove(name)
		return nil, false
	}
	if d.opts.Now.Sub(info.ModTime()) > freshFor {
		d.root.Chtimes(name, d.opts.Now, d.opts.Now)
	}
	return data, true
}

// Put keeps data. Failing is no error: it is computed once more.
func (d *Dir) Put(k Key, data []byte) {
	if d == nil || len(data) > maxEntry-sumSize {
		return
	}
	name := d.name(k)
	if err := d.root.Mkdir(path.Dir(name), 0o700); err != nil && !os.IsExist(err) {
		return
	}
	// The rename is atomic: nobody sees half an entry. It is not synced to the
	// disk: what a crash of the machine tears, the checksum tells.
	temp := name + "." + rand.Text() + ".tmp"
	if err := d.root.WriteFile(temp, slices.Concat(sum(k, data), data), 0o600); err != nil {
		d.root.Remove(temp)
		return
	}
	if err := d.root.Rename(temp, name); err != nil {
		d.root.Remove(temp)
		return
	}
	if k[0]%8 == 0 { // one in eight: listing a folder costs more than writing
		d.trim(path.Dir(name))
	}
}

// trim deletes what was not used for longest until a folder is within three
// quarters of its share, if it exceeds that.
func (d *Dir) trim(folder string) {
	entries, err := fs.ReadDir(d.root.FS(), folder)
	if err != nil {
		return
	}
	var infos []fs.FileInfo
	var total int64
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			infos = append(infos, info)
			total += info.Size()
		}
	}
	share := d.opts.Limit / folders
	if total <= share {
		return
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range infos {
		if total <= share/4*3 {
			return
		}
		if d.root.Remove(folder+"/"+info.Name()) == nil {
			total -= info.Size()
		}
	}
}
