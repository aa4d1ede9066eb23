package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// hover shows, on a finding, why it matters and what to do.
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
		var here []*check.Finding
		var covered *check.Range
		for i := range v.findings {
			f := &v.findings[i]
			if _, shown := show.severity(f); !shown || !f.Location.Range.Contains(check.Range{Start: at, End: at}) {
				continue
			}
			here = append(here, f)
			if covered == nil || covered.Contains(f.Location.Range) {
				covered = &f.Location.Range
			}
		}
		if len(here) == 0 {
			return nil, nil
		}
		var texts []string
		pages := map[string]bool{}
		for _, f := range here {
			texts = append(texts, show.describe(f, len(here) > 1, !pages[f.CheckID]))
			pages[f.CheckID] = true
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

// describe tells of one finding: why it counts less or not at all, and what of the
// page of its check helps here. The message, which editors show in any case, is there if one of
// several findings is to be told by it.
func (v view) describe(f *check.Finding, message, page bool) string {
	var parts []string
	if message {
		parts = append(parts, "**"+f.Message+"**")
	}
	if f.Baseline == check.BaselineUnchanged {
		parts = append(parts, "*It was there before this change.*")
	}
	for _, s := range f.Suppressions {
		parts = append(parts, fmt.Sprintf("Suppression (%s): %s", s.Status, s.Justification))
	}
	if c := v.server.checkOf(f.CheckID); c != nil && page {
		parts = append(parts, c.Brief())
	}
	return strings.Join(parts, "\n\n")
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
