package resource

import (
	"testing"

	"github.com/peercheck/peercheck/lib/golang/taint"
)

// A way over many functions is that of a number only if something in it makes one of the data.
func TestStraight(t *testing.T) {
	const source, handed, decoded, sink = "untrusted data from an HTTP request", "is passed to m.f", "goes through strconv.Atoi", "reaches the size of an allocation in make"
	for _, c := range []struct {
		steps []string
		want  bool
	}{
		{[]string{source, sink}, true},
		{[]string{source, handed, handed, handed, sink}, true}, // bytes that are put together by hand
		{[]string{source, handed, handed, handed, handed, sink}, false},
		{[]string{source, decoded, handed, handed, handed, handed, sink}, true},
		{[]string{source, handed, handed, handed, handed, decoded, sink}, true},
		{[]string{source, decoded, "is stored in m.T.n", sink}, false},
	} {
		var f taint.Flow
		for _, message := range c.steps {
			f.Steps = append(f.Steps, taint.Step{Message: message})
		}
		if got := straight(&f); got != c.want {
			t.Errorf("%q: %t, want %t", c.steps, got, c.want)
		}
	}
}
