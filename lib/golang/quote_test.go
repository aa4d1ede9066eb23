package golang

import (
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
)

func FuzzQuote(f *testing.F) {
	f.Add("the password is \"hunter2!\"", "var password = \"hunter2!\"", "\x03abc\x00\x00\x07")
	f.Add("abcdefabcdefg", "abcdefg", "")
	f.Add("", "", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, text, source, junk string) {
		q := newQuoter([]*check.Document{check.NewDocument("a.go", "go", []byte("package a"), check.Revision{}), check.NewDocument("b.go", "go", []byte(source), check.Revision{})}, []string{text})
		if got, err := q.unquote(q.quote(text)); err != nil || got != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		quoted := q.quote(text)
		for i := range max(0, len(text)-minQuoted+1) {
			if part := text[i : i+minQuoted]; strings.Contains(source, part) && strings.Contains(quoted, part) && !strings.Contains(quoted, text) {
				t.Errorf("%q is in %q", part, quoted)
			}
		}
		q.unquote(junk)           // does not panic
		new(quoter).unquote(junk) // nor here
	})
}
