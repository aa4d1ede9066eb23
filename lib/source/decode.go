package source

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/check"
)

// NewDocument makes a document of stored bytes: UTF-16 and UTF-32 are decoded, and
// what is no text is marked Binary and has no content; see Strings. The document
// keeps raw.
func NewDocument(path string, raw []byte, rev check.Revision) *check.Document {
	text, encoding := decode(raw)
	if encoding == "" && isBinary(raw) {
		d := check.NewDocument(path, "", nil, rev)
		d.Binary = true
		check.Memo(d, rawKey{}, func() []byte { return raw })
		return d
	}
	d := check.NewDocument(path, "", text, rev)
	d.Encoding = encoding
	return d
}

// rawKey is under what a binary document keeps its bytes.
type rawKey struct{}

// minString is the length in bytes of a text in a binary file that is worth a
// look: shorter than any token, and longer than what chance brings forth.
const minString = 16

// BinaryText is the language of a document of Strings.
const BinaryText = "binary"

// Strings gives a binary document of NewDocument's as text, for checks that look
// for texts wherever they are: what is printable, at the same offsets, as
// strings(1) shows it. All else is line ends. It is nil for other documents.
func Strings(d *check.Document) *check.Document {
	raw := check.Memo(d, rawKey{}, func() []byte { return nil })
	if raw == nil {
		return nil
	}
	text := bytes.Repeat([]byte{'\n'}, len(raw))
	begin := 0
	for i := 0; i <= len(raw); i++ {
		if i < len(raw) && (raw[i] >= ' ' && raw[i] < 0x7F || raw[i] == '\t') {
			continue
		}
		if i-begin >= minString {
			copy(text[begin:], raw[begin:i])
		}
		begin = i + 1
	}
	return check.NewDocument(d.Path, BinaryText, text, d.Revision)
}

// decode recognises UTF-16 and UTF-32 by their byte order marks, or UTF-16 by NULs
// in every other place of a text that is otherwise ASCII (Windows tools leave the
// mark out).
func decode(raw []byte) (text []byte, encoding string) {
	var order binary.ByteOrder
	switch {
	case asciiText(raw):
		return raw, ""
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE, 0, 0}): // before UTF-16, whose mark it begins with
		return decode32(raw[4:], binary.LittleEndian), "utf-32le"
	case bytes.HasPrefix(raw, []byte{0, 0, 0xFE, 0xFF}):
		return decode32(raw[4:], binary.BigEndian), "utf-32be"
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		order, encoding, raw = binary.LittleEndian, "utf-16le", raw[2:]
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		order, encoding, raw = binary.BigEndian, "utf-16be", raw[2:]
	default:
		switch asciiNULs(raw) {
		case 1:
			order, encoding = binary.LittleEndian, "utf-16le"
		case 0:
			order, encoding = binary.BigEndian, "utf-16be"
		default:
			return raw, ""
		}
	}
	text = make([]byte, 0, len(raw)/2+len(raw)/8)
	for i := 0; i+1 < len(raw); i += 2 {
		r := rune(order.Uint16(raw[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(raw) {
			if full := utf16.DecodeRune(r, rune(order.Uint16(raw[i+2:]))); full != utf8.RuneError {
				r = full
				i += 2
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return text, encoding
}

func decode32(raw []byte, order binary.ByteOrder) []byte {
	text := make([]byte, 0, len(raw)/4+len(raw)/16)
	for ; len(raw) >= 4; raw = raw[4:] {
		text = utf8.AppendRune(text, rune(order.Uint32(raw)))
	}
	return text
}

// asciiText reports whether a file with a mark of UTF-16 is really text of one
// byte a character, which the mark would hide: nine in ten bytes printable, and
// no NUL, as UTF-16 has in each ASCII character.
func asciiText(raw []byte) bool {
	sample := raw[:min(len(raw), sniffBytes)]
	printable := 0
	for block := range slices.Chunk(sample, blockBytes) {
		if printableASCII(block) {
			printable += len(block)
			continue
		}
		for _, c := range block {
			if c == 0 {
				return false
			}
			if c >= ' ' && c < 0x7F || c == '\n' || c == '\t' || c == '\r' {
				printable++
			}
		}
	}
	return printable*10 >= len(sample)*9
}

// blockBytes is how many bytes printableASCII looks at at once.
const blockBytes = 8

// printableASCII reports whether a block is whole and has nothing but characters
// from space to tilde.
func printableASCII(block []byte) bool {
	if len(block) < blockBytes {
		return false
	}
	const each = 0x0101010101010101
	v := binary.LittleEndian.Uint64(block)
	// The high bit of the lowest byte that is something else is set by one of the
	// three: from 0x7F on, below 0x20, from 0x80 on.
	return (v+each|v-0x20*each|v)&(0x80*each) == 0
}

// sniffBytes is how much of a file decides what it is: as much as Git looks at
// (buffer_is_binary in xdiff-interface.c).
const sniffBytes = 8000

// asciiNULs gives the parity, 0 or 1, of the places where a sample that is ASCII
// in UTF-16 has its NULs, or -1 if it is not.
func asciiNULs(raw []byte) int {
	sample := raw[:min(len(raw), sniffBytes)&^1]
	if len(sample) < 4 {
		return -1
	}
	var nuls [2]int
	for i, c := range sample {
		if c == 0 {
			nuls[i&1]++
		} else if c >= utf8.RuneSelf || c < '\t' {
			return -1
		}
	}
	switch half := len(sample) / 2; {
	case nuls[1] == half && nuls[0] == 0:
		return 1
	case nuls[0] == half && nuls[1] == 0:
		return 0
	}
	return -1
}

// control is 1 for the control characters that no text has.
var control = func() (table [256]uint8) {
	for c := range 0x20 {
		table[c] = 1
	}
	for _, c := range "\t\n\r\f\x1B" {
		table[c] = 0
	}
	table[0x7F] = 1
	return table
}()

// isBinary tells data from text. A single NUL does not make a file binary, or
// one byte would hide a secret: more than one byte in twenty of a sample must be
// a control character that no text has. Compressed and executable formats have
// one in eight or more.
func isBinary(raw []byte) bool {
	samples := [][]byte{raw}
	if len(raw) > 3*sniffBytes {
		mid := len(raw) / 2
		samples = [][]byte{raw[:sniffBytes], raw[mid : mid+sniffBytes], raw[len(raw)-sniffBytes:]}
	}
	controls, size := 0, 0
	for _, sample := range samples {
		size += len(sample)
		for block := range slices.Chunk(sample, blockBytes) {
			if printableASCII(block) {
				continue
			}
			for _, c := range block {
				controls += int(control[c])
			}
		}
	}
	return controls*20 > size
}
