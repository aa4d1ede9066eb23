package engine

import (
	"math/rand/v2"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
)

// What is jumped over holds no encoded run: a text with "U+" in it, where nothing
// is, has the same.
func TestFindEncodedSkipsNothing(t *testing.T) {
	pieces := []string{
		"a", "word", "0123456789abcdef", "deadbeef", "c2VjcmV0IHZhbHVl", "%41", "%4", "%", `\u0041`, `\\u0042`, `\`, " ", "\n", "=", "==", ".", "é",
	}
	type run struct {
		kind encoding
		check.Range
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var text []byte
		for range random.IntN(20) {
			text = append(text, pieces[random.IntN(len(pieces))]...)
		}
		find := func(text []byte, from, to int) (runs []run) {
			findEncoded(text, check.Range{Start: from, End: to}, func(kind encoding, r check.Range) { runs = append(runs, run{kind, r}) })
			return runs
		}
		from := random.IntN(len(text) + 1)
		got, want := find(text, from, len(text)), find(append(text, "\x00U+"...), from, len(text)+3)
		if len(got) != len(want) {
			t.Fatalf("%q from %d: %v, want %v", text, from, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%q from %d: %v, want %v", text, from, got, want)
			}
		}
	}
}
