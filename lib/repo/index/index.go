// Package index reads Git's index file, also in the shapes that other libraries
// refuse: versions 2 to 4, split and sparse indexes, entries that are only
// intended to be added, and files without a checksum. It gives the cache tree
// too, with which most of a comparison with HEAD need not be made.
//
// Use [Decode], and [Index.Join] where the index is split. The format is
// described in gitformat-index(5).
package index

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrFormat is wrapped by every error: the file is no index, is damaged, or has
// an extension that has to be understood and is not.
var ErrFormat = errors.New("the index cannot be read")

// An Index is a decoded index file.
type Index struct {
	// Entries are sorted by Path, then Stage.
	Entries []Entry
	// Tree is the cache tree's root, nil if the file has none.
	Tree *Tree
	// Shared is the name of the file that the index is split from, beside it:
	// "sharedindex.<id>"; "" if it is not split. See Join.
	Shared string

	hash    int // bytes of an object ID
	deleted []uint64
	changed []uint64
}

// An Entry is one path of the index.
type Entry struct {
	// Path is slash-separated and may hold any bytes but NUL. That of a folder in
	// a sparse index ends in a slash, and its Mode is 040000.
	Path string
	// Mode is that of Git: 0100644, 0100755, 0120000, 0160000, 040000.
	Mode uint32
	// Stage is 0, or 1 to 3 for the base, our and their side of a conflict.
	Stage int
	// IntentToAdd: the path has no staged content yet (git add -N).
	IntentToAdd bool

	id string // raw; part of the whole file's text, as Path is if it can be
}

// ID is the object's name in hexadecimal.
func (e *Entry) ID() string { return hex.EncodeToString([]byte(e.id)) }

// A Tree is a folder of the cache tree.
type Tree struct {
	Name string
	// Entries counts those of the index below this folder; -1 means that the
	// folder has changed and ID is not known.
	Entries int
	// ID is the name of the tree object, "" if it is not known.
	ID       string
	Children []*Tree
}

// Child finds a folder in a folder, nil if it is not there.
func (t *Tree) Child(name string) *Tree {
	if t == nil {
		return nil
	}
	for _, c := range t.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func failed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

// Decode reads an index file. hash is the size of an object ID in bytes: 20 for
// SHA-1, 32 for SHA-256.
func Decode(file []byte, hash int) (*Index, error) {
	if len(file) < 12+hash || string(file[:4]) != "DIRC" {
		return nil, failed("it does not begin as one")
	}
	if err := verify(file, hash); err != nil {
		return nil, err
	}
	version := binary.BigEndian.Uint32(file[4:])
	if version < 2 || version > 4 {
		return nil, failed("version %d is not known", version)
	}
	count := int(binary.BigEndian.Uint32(file[8:]))
	// One text that all entries are cut from: two allocations less for each.
	d := &decoder{file: string(file[:len(file)-hash]), at: 12, hash: hash, version: version}
	if count > len(file)/(40+hash) {
		return nil, failed("%d entries do not fit into %d bytes", count, len(file))
	}
	x := &Index{Entries: make([]Entry, 0, count), hash: hash}
	for range count {
		e, err := d.entry()
		if err != nil {
			return nil, err
		}
		x.Entries = append(x.Entries, e)
	}
	return x, d.extensions(x)
}

// verify compares the checksum at the end, which may be absent: all zeros, as
// index.skipHash has it.
func verify(file []byte, hash int) error {
	body, sum := file[:len(file)-hash], file[len(file)-hash:]
	if len(bytes.Trim(sum, "\x00")) == 0 {
		return nil
	}
	var actual []byte
	if hash == sha256.Size {
		s := sha256.Sum256(body)
		actual = s[:]
	} else {
		s := sha1.Sum(body)
		actual = s[:]
	}
	if !bytes.Equal(sum, actual) {
		return failed("its checksum is wrong")
	}
	return nil
}

type decoder struct {
	file    string
	at      int
	hash    int
	version uint32
	last    string // path of the entry before, which version 4 builds on
}

func (d *decoder) take(n int) (string, error) {
	if n < 0 || n > len(d.file)-d.at {
		return "", failed("it ends too early, at byte %d", len(d.file))
	}
	b := d.file[d.at : d.at+n]
	d.at += n
	return b, nil
}

const (
	flagExtended    = 1 << 14
	flagIntentToAdd = 1 << 13 // of the second flags
)

func (d *decoder) entry() (Entry, error) {
	start := d.at
	b, err := d.take(40 + d.hash + 2)
	if err != nil {
		return Entry{}, err
	}
	flags := uint16At(b, 40+d.hash)
	e := Entry{Mode: uint32At(b, 24), Stage: int(flags >> 12 & 3), id: b[40 : 40+d.hash]}
	if flags&flagExtended != 0 {
		if d.version < 3 {
			return Entry{}, failed("an entry has flags that version %d does not have", d.version)
		}
		more, err := d.take(2)
		if err != nil {
			return Entry{}, err
		}
		e.IntentToAdd = uint16At(more, 0)&flagIntentToAdd != 0
	}
	prefix := ""
	if d.version == 4 {
		cut, err := d.varint()
		if err != nil {
			return Entry{}, err
		}
		if cut > len(d.last) {
			return Entry{}, failed("the path at byte %d builds on more than there is", d.at)
		}
		prefix = d.last[:len(d.last)-cut]
	}
	n := strings.IndexByte(d.file[d.at:], 0)
	if n < 0 {
		return Entry{}, failed("it ends in a path")
	}
	e.Path = prefix + d.file[d.at:d.at+n]
	d.last = e.Path
	d.at += n
	if d.version == 4 {
		d.at++
		return e, nil
	}
	_, err = d.take(8 - (d.at-start)%8) // one to eight NULs
	return e, err
}

func uint16At(s string, i int) uint16 { return uint16(s[i])<<8 | uint16(s[i+1]) }
func uint32At(s string, i int) uint32 { return uint32(uint16At(s, i))<<16 | uint32(uint16At(s, i+2)) }

// varint reads a number as pack files write offsets (gitformat-pack(5), "offset
// encoding").
func (d *decoder) varint() (int, error) {
	n := 0
	for first := true; ; first = false {
		b, err := d.take(1)
		if err != nil {
			return 0, err
		}
		if n > 1<<24 {
			return 0, failed("a number at byte %d is too large", d.at)
		}
		if !first {
			n++
		}
		n = n<<7 | int(b[0]&0x7f)
		if b[0]&0x80 == 0 {
			return n, nil
		}
	}
}

// extensions reads what follows the entries. An extension whose name begins with
// a small letter has to be understood.
func (d *decoder) extensions(x *Index) error {
	for d.at < len(d.file) {
		head, err := d.take(8)
		if err != nil {
			return err
		}
		size := uint32At(head, 4)
		if uint64(size) > uint64(len(d.file)) {
			return failed("an extension is longer than the file")
		}
		text, err := d.take(int(size))
		if err != nil {
			return err
		}
		switch name, data := head[:4], []byte(text); {
		case name == "TREE":
			t := &treeDecoder{data: data, hash: d.hash}
			if x.Tree, err = t.tree(0); err != nil {
				return err
			}
		case name == "link":
			if err := x.link(data); err != nil {
				return err
			}
		case name == "sdir":
			// Folders stand among the entries; see Entry.Path.
		case name[0] < 'A' || name[0] > 'Z':
			return failed("it has an extension %q, which is not known", name)
		}
	}
	return nil
}

type treeDecoder struct {
	data []byte
	hash int
}

// maxDepth bounds the nesting of folders, as Git does (core.maxTreeDepth).
const maxDepth = 2048

func (t *treeDecoder) tree(depth int) (*Tree, error) {
	if depth > maxDepth {
		return nil, failed("its cache tree is nested too deeply")
	}
	name, rest, ok1 := bytes.Cut(t.data, []byte{0})
	numbers, rest, ok2 := bytes.Cut(rest, []byte{'\n'})
	entries, children, ok3 := bytes.Cut(numbers, []byte{' '})
	if !ok1 || !ok2 || !ok3 {
		return nil, failed("its cache tree is damaged")
	}
	node := &Tree{Name: string(name)}
	var err1, err2 error
	node.Entries, err1 = strconv.Atoi(string(entries))
	n, err2 := strconv.Atoi(string(children))
	if err1 != nil || err2 != nil || n < 0 || n > len(rest) {
		return nil, failed("its cache tree is damaged")
	}
	t.data = rest
	if node.Entries >= 0 {
		if len(t.data) < t.hash {
			return nil, failed("its cache tree is damaged")
		}
		node.ID = hex.EncodeToString(t.data[:t.hash])
		t.data = t.data[t.hash:]
	}
	for range n {
		child, err := t.tree(depth + 1)
		if err != nil {
			return nil, err
		}
		node.Children = append(node.Children, child)
	}
	return node, nil
}
