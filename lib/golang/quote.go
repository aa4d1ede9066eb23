package golang

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/peercheck/peercheck/lib/check"
)

// A quoter replaces what texts have from documents by where it stands there. What
// is cached shows nothing of the source that way, were it only a secret that a fix
// moves elsewhere.
type quoter []*check.Document

// minQuoted is the length in bytes from which a text counts as taken from a
// document. It is that from which a secret is masked wherever it stands (package
// scan).
const minQuoted = 6

// quote gives a text as parts: how many bytes follow as they are, these, then the
// number of a document, where in it the next part begins, and how long it is.
func (q quoter) quote(text string) string {
	var out, plain []byte
	flush := func() {
		out = binary.AppendUvarint(out, uint64(len(plain)))
		out = append(out, plain...)
		plain = nil
	}
	for text != "" {
		d, at, n := q.longest(text)
		if n == 0 {
			plain, text = append(plain, text[0]), text[1:]
			continue
		}
		flush()
		for _, v := range []int{d, at, n} {
			out = binary.AppendUvarint(out, uint64(v))
		}
		text = text[n:]
	}
	flush()
	return string(out)
}

// longest finds the first place in each document where a text begins, and takes
// the one where most of it stands.
func (q quoter) longest(text string) (document, at, n int) {
	if len(text) < minQuoted {
		return 0, 0, 0
	}
	for i, d := range q {
		from := bytes.Index(d.Content, []byte(text[:minQuoted]))
		if from < 0 {
			continue
		}
		length := minQuoted
		for length < len(text) && from+length < len(d.Content) && d.Content[from+length] == text[length] {
			length++
		}
		if length > n {
			document, at, n = i, from, length
		}
	}
	return document, at, n
}

var errQuoted = errors.New("malformed text in the cache")

// unquote undoes quote.
func (q quoter) unquote(quoted string) (string, error) {
	in := []byte(quoted)
	ok := true
	next := func(limit int) int {
		v, size := binary.Uvarint(in)
		if size <= 0 || v > uint64(limit) {
			ok, in = false, nil
			return 0
		}
		in = in[size:]
		return int(v)
	}
	var out []byte
	for ok {
		n := next(len(in))
		if n > len(in) {
			return "", errQuoted
		}
		out = append(out, in[:n]...)
		if in = in[n:]; len(in) == 0 {
			break
		}
		i := next(len(q))
		if !ok || i == len(q) {
			return "", errQuoted
		}
		content := q[i].Content
		at := next(len(content))
		n = next(len(content) - at)
		out = append(out, content[at:at+n]...)
	}
	if !ok {
		return "", errQuoted
	}
	return string(out), nil
}
