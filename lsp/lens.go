package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// codeLens counts a file's findings at its head.
func (s *server) codeLens(p *protocol.CodeLensParams) (call, error) {
	_, j, err := s.jobOf(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		v, show, err := s.verdictOf(ctx, j)
		if err != nil || v.doc == nil || !show.CodeLens {
			return []protocol.CodeLens{}, err
		}
		title := show.count(v).String()
		if title == "" {
			return []protocol.CodeLens{}, nil
		}
		return []protocol.CodeLens{{Command: protocol.Command{Title: "peercheck: " + title}}}, nil
	}, nil
}

// A tally counts findings that are shown, or would be if old ones were.
type tally struct{ New, Old, Suppressed int }

func (v view) count(of verdict) tally {
	v.Existing = existingSame
	var t tally
	for _, f := range of.findings {
		_, shown := v.severity(&f)
		switch {
		case f.Suppressed():
			t.Suppressed++
		case !shown:
		case f.Baseline == check.BaselineUnchanged:
			t.Old++
		default:
			t.New++
		}
	}
	return t
}

// String tells the numbers that are not zero: "2 new, 1 old finding".
func (t tally) String() string {
	var parts []string
	last := 0
	for _, part := range []struct {
		n    int
		what string
	}{{t.New, "new"}, {t.Old, "old"}, {t.Suppressed, "ignored"}} {
		if part.n > 0 {
			parts, last = append(parts, fmt.Sprintf("%d %s", part.n, part.what)), part.n
		}
	}
	if len(parts) == 0 {
		return ""
	}
	noun := " findings"
	if last == 1 {
		noun = " finding"
	}
	return strings.Join(parts, ", ") + noun
}
