package ignore

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// A marker is found wherever it stands, and nothing else is.
func TestMarked(t *testing.T) {
	for _, m := range markers {
		for before := range 10 {
			for after := range 4 {
				text := strings.Repeat("n", before) + m + strings.Repeat("o", after)
				if !marked([]byte(text)) {
					t.Errorf("%q has no marker", text)
				}
				if cut := strings.Repeat("n", before) + m[:len(m)-1]; marked([]byte(cut)) {
					t.Errorf("%q has a marker", cut)
				}
			}
		}
	}
	// Texts of pieces of markers.
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		var text []byte
		for range random.IntN(12) {
			m := markers[random.IntN(len(markers))]
			i := random.IntN(len(m))
			text = append(text, m[i:i+1+random.IntN(len(m)-i)]...)
		}
		want := false
		for _, m := range markers {
			want = want || bytes.Contains(text, []byte(m))
		}
		if marked(text) != want {
			t.Fatalf("%q: %v", text, !want)
		}
	}
}
