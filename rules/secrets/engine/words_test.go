package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// Each word is found wherever it stands, and nothing else is.
func FuzzWords(f *testing.F) {
	f.Add("key", "keys", "apikey", "my apiKEYs and Key")
	f.Add("abc", "abcd", "\x00abc", "abc\x00ABCD")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		ascii := func(s string) string {
			return strings.Map(func(r rune) rune { return r & 0x7f }, s)
		}
		words := []string{strings.ToLower(ascii(a)), strings.ToLower(ascii(b)), strings.ToLower(ascii(c))}
		text = ascii(text)
		var got, want []string
		engine.NewWords(words).Scan([]byte(text), func(word, start, end int) bool {
			got = append(got, fmt.Sprint(word, start, end))
			return true
		})
		for i, w := range words {
			for at := 0; len(w) >= 3 && at+len(w) <= len(text); at++ {
				if strings.ToLower(text[at:at+len(w)]) == w {
					want = append(want, fmt.Sprint(i, at, at+len(w)))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q in %q: got %q, want %q", words, text, got, want)
		}
	})
}
