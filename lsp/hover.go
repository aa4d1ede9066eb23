package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// hover shows, on a finding, what is wrong there and the page of the check.
func (s *server) hover(p *protocol.HoverParams) (call, error) {
	_, j, err := s.jobOf(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		v, show, err := s.verdictOf(ctx, j)
		if err != nil || v.doc == nil {
			return nil, err
		}
		at := show.encoding.positionOffset(v.doc, int(p.Position.Line), int(p.Position.Character))
		var texts []string
		var covered *check.Range
		pages := map[string]bool{}
		for _, f := range v.findings {
			if _, shown := show.severity(&f); !shown || !f.Location.Range.Contains(check.Range{Start: at, End: at}) {
				continue
			}
			texts = append(texts, show.describe(&f, !pages[f.CheckID]))
			pages[f.CheckID] = true
			if covered == nil || covered.Contains(f.Location.Range) {
				covered = &f.Location.Range
			}
		}
		if len(texts) == 0 {
			return nil, nil
		}
		kind := protocol.MarkupKindMarkdown
		if !show.hoverMarkdown {
			kind = protocol.MarkupKindPlainText
		}
		r := show.encoding.protocolRange(v.doc, *covered)
		return &protocol.Hover{
			Contents: &protocol.MarkupContent{Kind: kind, Value: strings.Join(texts, "\n\n---\n\n")},
			Range:    &r,
		}, nil
	}, nil
}

// describe tells of one finding: its message, why it does not count if it does
// not, and the page of its check.
func (v view) describe(f *check.Finding, page bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**", f.Message)
	if f.Baseline == check.BaselineUnchanged {
		b.WriteString(" · was there before this change")
	}
	for _, s := range f.Suppressions {
		fmt.Fprintf(&b, "\n\nSuppression (%s): %s", s.Status, s.Justification)
	}
	if c := v.server.checkOf(f.CheckID); c != nil && page {
		b.WriteString("\n\n")
		b.WriteString(c.Markdown())
	}
	return b.String()
}

// verdictOf waits for the cheap checks of a job and gives what is known then. A
// nil job gives the zero verdict.
func (s *server) verdictOf(ctx context.Context, j *job) (verdict, view, error) {
	s.mu.Lock()
	show := s.viewLocked()
	s.mu.Unlock()
	if j == nil {
		return verdict{}, show, nil
	}
	err := await(ctx, j, j.quick)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case j.buffer.job != j:
		return verdict{}, show, errContentModified
	case err != nil:
		return verdict{}, show, err
	}
	return j.buffer.last, show, nil
}
