package engine

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// A decoder replaces encoded runs of a text by what they encode, a pass at a
// time. Encodings are those of gitleaks: percent, Unicode code points and
// escapes, hex and base64, as long as they give printable ASCII. A run inside
// what a pass decoded is left for the next one.
type decoder struct {
	text   []byte
	pieces []piece       // how text maps to the original
	fresh  []check.Range // of text: what the last pass decoded, in order
	dirty  []check.Range // of text: what may hold a match that was not there before
	passes int
}

// A piece is a range of decoded text and the range of the original that it was
// decoded from.
type piece struct {
	check.Range
	original check.Range
}

// An encoding is one of gitleaks' encodings; the greater wins where two touch.
type encoding int

const (
	base64Text encoding = iota + 1
	hexText
	unicodeText
	percentText
)

// reach is how far from decoded text a keyword of the same match may be: the
// longest bounded rule of gitleaks, PyPI's tokens, has 1025 bytes.
const reach = 1100

// step decodes once more. It reports whether anything was decoded.
func (d *decoder) step() bool {
	regions := []check.Range{{Start: 0, End: len(d.text)}}
	if d.passes++; d.passes > 1 {
		// Only what was decoded can have become encoded text.
		regions = lineRegions(d.text, d.fresh, 0)
	}
	var out []byte
	var pieces []piece
	var fresh []check.Range
	copied := 0
	old := d.pieces
	keep := func(until int) { // copies text up to until, with its pieces
		shift := len(out) - copied
		out = append(out, d.text[copied:until]...)
		for len(old) > 0 && old[0].Start < until {
			if p := old[0]; p.End <= until && p.Start >= copied {
				p.Start, p.End = p.Start+shift, p.End+shift
				pieces = append(pieces, p)
			}
			old = old[1:]
		}
		copied = until
	}
	for _, region := range regions {
		findEncoded(d.text, region, func(kind encoding, r check.Range) {
			decoded := decode(kind, d.text[r.Start:r.End])
			if len(decoded) == 0 {
				return
			}
			if out == nil {
				out = make([]byte, 0, len(d.text))
			}
			keep(r.Start)
			for len(old) > 0 && old[0].Start < r.End {
				old = old[1:] // lost in the greater piece
			}
			p := piece{Range: check.Range{Start: len(out), End: len(out) + len(decoded)}, original: toOriginal(d.pieces, r)}
			out = append(out, decoded...)
			pieces = append(pieces, p)
			fresh = append(fresh, p.Range)
			copied = r.End
		})
	}
	if len(fresh) == 0 {
		return false
	}
	keep(len(d.text))
	d.text, d.pieces, d.fresh = out, pieces, fresh
	d.dirty = lineRegions(out, fresh, reach)
	return true
}

// lineRegions widens sorted ranges by some bytes and then to whole lines, and
// joins those that touch.
func lineRegions(text []byte, ranges []check.Range, by int) []check.Range {
	var regions []check.Range
	for _, r := range ranges {
		if n := len(regions); n > 0 && r.End+by <= regions[n-1].End {
			continue
		}
		from, to := max(r.Start-by, 0), min(r.End+by, len(text))
		limit := 0
		if n := len(regions); n > 0 {
			limit = regions[n-1].End
		}
		if from > limit {
			from = max(limit, from-(len(text[limit:from])-1-bytes.LastIndexByte(text[limit:from], '\n')))
		}
		if i := bytes.IndexByte(text[to:], '\n'); i >= 0 {
			to += i
		} else {
			to = len(text)
		}
		if n := len(regions); n > 0 && from <= limit {
			regions[n-1].End = to
		} else {
			regions = append(regions, check.Range{Start: from, End: to})
		}
	}
	return regions
}

func (s *search) toOriginal(r check.Range) check.Range { return toOriginal(s.pieces, r) }

// toOriginal maps a range of decoded text to the original: where it touches a
// piece, to all of that piece's original. Pieces are sorted and apart.
func toOriginal(pieces []piece, r check.Range) check.Range {
	if len(pieces) == 0 {
		return r
	}
	return check.Range{Start: mapOffset(pieces, r.Start, false), End: mapOffset(pieces, r.End, true)}
}

// mapOffset maps an offset. Inside a piece it becomes the piece's start or end.
func mapOffset(pieces []piece, offset int, end bool) int {
	lo, hi := 0, len(pieces) // the first piece that starts at or after offset
	for lo < hi {
		mid := (lo + hi) / 2
		if pieces[mid].Start < offset || !end && pieces[mid].Start == offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return offset
	}
	p := pieces[lo-1]
	switch {
	case !end && offset < p.End:
		return p.original.Start
	case end && offset <= p.End:
		return p.original.End
	}
	return offset - p.End + p.original.End
}

const (
	inBase64 = 1 << iota // \w / + -
	inHex
	startsOther // % and \
)

var encodedBytes = func() (class [256]byte) {
	for c := range 256 {
		b := byte(c)
		if wordByte(b) || b == '/' || b == '+' || b == '-' {
			class[c] |= inBase64
		}
		if hexDigit(b) >= 0 {
			class[c] |= inHex
		}
	}
	class['%'] |= startsOther
	class['\\'] |= startsOther
	return class
}()

// The shortest runs that gitleaks takes for base64 and hex, in bytes.
const (
	minBase64 = 16
	minHex    = 32
)

// findEncoded yields the encoded runs of a region of text, in order. Like
// gitleaks it takes the leftmost, and leaves out a run that touches another of
// a kind which wins over it.
func findEncoded(text []byte, region check.Range, yield func(encoding, check.Range)) {
	type run struct {
		kind encoding
		check.Range
	}
	var last, current run
	flush := func(next run) {
		if current.kind != 0 &&
			!(last.kind > current.kind && current.Start <= last.End) &&
			!(next.kind > current.kind && next.Start <= current.End) {
			yield(current.kind, current.Range)
		}
		last, current = current, next
	}
	points := bytes.Contains(text[region.Start:region.End], []byte("U+"))
	end := region.End
	escape := escapes{text: text[:end], percent: -1, backslash: -1}
	for i := region.Start; i < end; {
		if !points {
			if i = nextRun(text, i, escape.next(i)); i == end {
				break
			}
		}
		class := encodedBytes[text[i]]
		if class == 0 {
			i++
			continue
		}
		if class&startsOther != 0 {
			if r, kind := escapedAt(text[:end], i); kind != 0 {
				flush(run{kind, r})
				i = r.End
			} else {
				i++
			}
			continue
		}
		j := i + 1
		for j < end && encodedBytes[text[j]]&inBase64 != 0 {
			j++
		}
		if points {
			if r, ok := codePointsIn(text[:end], i, j); ok {
				flush(run{unicodeText, r})
				i = r.End
				continue
			}
		}
		if j-i < minBase64 {
			i = j
			continue
		}
		h := i
		for h < j && encodedBytes[text[h]]&inHex != 0 {
			h++
		}
		if h-i >= minHex {
			flush(run{hexText, check.Range{Start: i, End: h}})
			i = h
			continue
		}
		for n := 0; n < 2 && j < end && text[j] == '='; n++ {
			j++
		}
		flush(run{base64Text, check.Range{Start: i, End: j}})
		i = j
	}
	flush(run{})
}

// nextRun gives where the next run of minBase64 bytes begins at or after i, or else
// end. It looks at the last byte of each place for one first, as Boyer and Moore do:
// words are shorter, so that most bytes are not looked at.
func nextRun(text []byte, i, end int) int {
	for i+minBase64 <= end {
		k := i + minBase64 - 1
		for k >= i && encodedBytes[text[k]]&inBase64 != 0 {
			k--
		}
		if k < i {
			return i
		}
		i = k + 1
	}
	return end
}

// escapes finds what may begin an escape.
type escapes struct {
	text               []byte
	percent, backslash int // the next one of each that was found
}

// next gives the offset of the first % or \ at or after i, or else the length of
// the text. i does not decrease.
func (e *escapes) next(i int) int {
	find := func(found int, c byte) int {
		if found >= i {
			return found
		}
		if n := bytes.IndexByte(e.text[i:], c); n >= 0 {
			return i + n
		}
		return len(e.text)
	}
	e.percent, e.backslash = find(e.percent, '%'), find(e.backslash, '\\')
	return min(e.percent, e.backslash)
}

// escapedAt finds percent encoding or Unicode escapes at i.
func escapedAt(text []byte, i int) (check.Range, encoding) {
	if text[i] == '%' {
		if !isPercent(text, i) {
			return check.Range{}, 0
		}
		// Up to the last one of the line, whatever stands between.
		end := i + 3
		line := text[end:]
		if n := bytes.IndexByte(line, '\n'); n >= 0 {
			line = line[:n]
		}
		for {
			n := bytes.LastIndexByte(line, '%')
			if n < 0 {
				break
			}
			if isPercent(text, end+n) {
				end += n + 3
				break
			}
			line = line[:n]
		}
		return check.Range{Start: i, End: end}, percentText
	}
	j := i
	for {
		n := escapeLength(text[j:])
		if n == 0 {
			break
		}
		j += n
	}
	if j == i {
		return check.Range{}, 0
	}
	return check.Range{Start: i, End: j}, unicodeText
}

func isPercent(text []byte, i int) bool {
	return i+2 < len(text) && hexDigit(text[i+1]) >= 0 && hexDigit(text[i+2]) >= 0
}

// escapeLength is the length of an escape like \u0041 or \\u0041 at the start.
func escapeLength(text []byte) int {
	n := 0
	for n < 2 && n < len(text) && text[n] == '\\' {
		n++
	}
	if n == 0 || len(text) < n+5 || text[n]|0x20 != 'u' {
		return 0
	}
	for _, c := range text[n+1 : n+5] {
		if hexDigit(c) < 0 {
			return 0
		}
	}
	return n + 5
}

// codePointsIn finds a sequence like "U+0041 U+0042" that starts in text[i:j],
// a run of base64 characters, unless a longer encoding starts before it.
func codePointsIn(text []byte, i, j int) (check.Range, bool) {
	limit := j
	if j-i >= minBase64 {
		limit = i + 1 // the run itself starts at i
	}
	for k := i; k < limit; k++ {
		if text[k] != 'U' {
			continue
		}
		end := k
		for {
			n := codePointLength(text[end:])
			if n == 0 {
				break
			}
			end += n
		}
		if end > k {
			return check.Range{Start: k, End: end}, true
		}
	}
	return check.Range{}, false
}

func codePointLength(text []byte) int {
	if len(text) < 6 || text[0] != 'U' || text[1] != '+' {
		return 0
	}
	for _, c := range text[2:6] {
		if hexDigit(c) < 0 {
			return 0
		}
	}
	if len(text) == 6 {
		return 6
	}
	if strings.IndexByte(" \t\n\f\r", text[6]) >= 0 {
		return 7
	}
	return 0
}

// decode gives the decoded text, or nothing if it is not what it looks like.
func decode(kind encoding, text []byte) []byte {
	switch kind {
	case base64Text:
		return decodeBase64(text)
	case hexText:
		return decodeHex(text)
	case percentText:
		return decodePercent(text)
	}
	return decodeUnicode(text)
}

func printable(c byte) bool { return '\x08' < c && c < '\x7f' }

// decodeBase64 looks at each group of four characters first: most runs are
// identifiers and paths, and fail in one of the first groups.
func decodeBase64(text []byte) []byte {
	body := bytes.TrimRight(text, "=")
	likely := false
	for _, c := range body {
		likely = likely || c < 'A' || c == '_' // a digit, + / - or _
	}
	if !likely {
		return nil
	}
	for i := 0; i+4 <= len(body); i += 4 {
		a, b, c, d := sextet[body[i]], sextet[body[i+1]], sextet[body[i+2]], sextet[body[i+3]]
		if !printable(a<<2|b>>4) || !printable(b<<4|c>>2) || !printable(c<<6|d) {
			return nil
		}
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		out := make([]byte, enc.DecodedLen(len(text)))
		n, err := enc.Decode(out, text)
		if err == nil && !bytes.ContainsFunc(out[:n], func(r rune) bool { return r >= 0x80 || !printable(byte(r)) }) {
			return out[:n]
		}
	}
	return nil
}

// sextet is the value of a character in either alphabet of base64.
var sextet = func() (values [256]byte) {
	for _, alphabet := range []string{
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
	} {
		for i := range len(alphabet) {
			values[alphabet[i]] = byte(i)
		}
	}
	return values
}()

func hexDigit(c byte) int {
	switch {
	case c-'0' < 10:
		return int(c - '0')
	case c|0x20-'a' < 6:
		return int(c|0x20-'a') + 10
	}
	return -1
}

func decodeHex(text []byte) []byte {
	if len(text)%2 != 0 || !bytes.ContainsAny(text, "0123456789") {
		return nil
	}
	out := make([]byte, 0, len(text)/2)
	for i := 0; i < len(text); i += 2 {
		b := byte(hexDigit(text[i])<<4 | hexDigit(text[i+1]))
		if !printable(b) {
			return nil
		}
		out = append(out, b)
	}
	return out
}

func decodePercent(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || !isPercent(text, i) {
			out = append(out, text[i])
			continue
		}
		b := byte(hexDigit(text[i+1])<<4 | hexDigit(text[i+2]))
		if !printable(b) {
			return nil
		}
		out = append(out, b)
		i += 2
	}
	return out
}

func decodeUnicode(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		n := max(escapeLength(text), codePointLength(text))
		digits := strings.TrimLeft(string(text[:n]), `\uU+`)
		r, err := strconv.ParseUint(strings.TrimSpace(digits), 16, 32)
		if n == 0 || err != nil {
			return nil
		}
		out = append(out, string(rune(r))...)
		text = text[n:]
	}
	return out
}
