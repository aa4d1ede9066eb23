package check

import (
	"errors"
	"fmt"
	"slices"
)

// ErrOverlap is returned for edits that touch the same bytes.
var ErrOverlap = errors.New("edits overlap")

// Apply gives the content after edits of one document, whose Path it does not
// look at. Edits may be in any order; insertions at one place keep theirs. An
// edit outside the content, or one that overlaps another (errors.Is(err,
// ErrOverlap)), is an error; equal edits count once, so that several fixes may
// add the same import.
func Apply(content []byte, edits []Edit) ([]byte, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b Edit) int { return a.Range.Start - b.Range.Start })
	var out []byte
	at := 0
	for i, e := range sorted {
		r := e.Range
		if r.Start < 0 || r.End < r.Start || r.End > len(content) {
			return nil, fmt.Errorf("edit of bytes %d to %d of %d", r.Start, r.End, len(content))
		}
		if slices.ContainsFunc(sorted[:i], func(o Edit) bool { return o.Range == r && o.NewText == e.NewText }) {
			continue
		}
		if r.Start < at {
			return nil, fmt.Errorf("%w at byte %d", ErrOverlap, r.Start)
		}
		out = append(out, content[at:r.Start]...)
		out = append(out, e.NewText...)
		at = r.End
	}
	return append(out, content[at:]...), nil
}
