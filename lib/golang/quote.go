package golang

import (
	"encoding/binary"
	"errors"

	"github.com/peercheck/peercheck/lib/check"
)

// A quoter replaces what texts have from documents by where it stands there. What
// is cached shows nothing of the source that way, were it only a secret that a fix
// moves elsewhere.
type quoter struct {
	documents []*check.Document
	places    map[[minQuoted]byte]place // where what texts are made of stands first
}

type place struct{ document, offset int }

// minQuoted is the length in bytes from which a text counts as taken from a
// document. It is that from which a secret is masked wherever it stands (package
// scan).
const minQuoted = 6

// newQuoter makes a quoter for some texts. It goes through the documents once,
// whatever there is to quote.
func newQuoter(documents []*check.Document, texts []string) *quoter {
	q := &quoter{documents: documents, places: map[[minQuoted]byte]place{}}
	wanted := map[[minQuoted]byte]bool{}
	var maybe [1 << 16]bool // by the first two bytes, which is quicker than a map
	for _, text := range texts {
		for ; len(text) >= minQuoted; text = text[1:] {
			wanted[[minQuoted]byte([]byte(text[:minQuoted]))] = true
			maybe[int(text[0])<<8|int(text[1])] = true
		}
	}
	if len(wanted) == 0 {
		return q
	}
	for i, d := range documents {
		for at := 0; at+minQuoted <= len(d.Content); at++ {
			if !maybe[int(d.Content[at])<<8|int(d.Content[at+1])] {
				continue
			}
			key := [minQuoted]byte(d.Content[at:])
			if wanted[key] {
				q.places[key] = place{i, at}
				delete(wanted, key)
			}
		}
	}
	return q
}

// quote gives a text as parts: how many bytes follow as they are, these, then the
// number of a document, where in it the next part begins, and how long it is.
func (q *quoter) quote(text string) string {
	var out, plain []byte
	flush := func() {
		out = binary.AppendUvarint(out, uint64(len(plain)))
		out = append(out, plain...)
		plain = nil
	}
	for text != "" {
		var at place
		found := false
		if len(text) >= minQuoted {
			at, found = q.places[[minQuoted]byte([]byte(text[:minQuoted]))]
		}
		if !found {
			plain, text = append(plain, text[0]), text[1:]
			continue
		}
		content, n := q.documents[at.document].Content[at.offset:], minQuoted
		for n < len(text) && n < len(content) && content[n] == text[n] {
			n++
		}
		flush()
		for _, v := range []int{at.document, at.offset, n} {
			out = binary.AppendUvarint(out, uint64(v))
		}
		text = text[n:]
	}
	flush()
	return string(out)
}

var errQuoted = errors.New("malformed text in the cache")

// unquote undoes quote.
func (q *quoter) unquote(quoted string) (string, error) {
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
		i := next(len(q.documents))
		if !ok || i == len(q.documents) {
			return "", errQuoted
		}
		content := q.documents[i].Content
		at := next(len(content))
		n = next(len(content) - at)
		out = append(out, content[at:at+n]...)
	}
	if !ok {
		return "", errQuoted
	}
	return string(out), nil
}
