package lsp

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// What a client still says while its session ends starts nothing: Serve has
// promised by then that nothing is left.
func TestNothingBeginsAfterTheEnd(t *testing.T) {
	s := newServer(t.Context(), Options{})
	if err := s.serve(stdio{strings.NewReader(""), &bytes.Buffer{}, func() { s.cancel(io.EOF) }}); !errors.Is(err, ErrAbandoned) {
		t.Fatalf("got %v, want ErrAbandoned", err)
	}
	s.background("late work", func() { t.Error("work began after the session") })
	s.work.Wait()
}
