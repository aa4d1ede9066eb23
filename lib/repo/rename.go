package repo

import (
	"bytes"
	"context"
	"hash/maphash"
	"path"
	"slices"
	"strings"
)

const (
	// minSimilarity is the share of a file that a renamed one has kept, as in
	// git diff -M (50 %).
	minSimilarity = 0.5
	// maxRenameBytes bounds the files that are compared: renames of larger ones
	// are seen only if the content is the same.
	maxRenameBytes = 1 << 20
	// maxRenamePairs bounds the comparisons, as diff.renameLimit does: its
	// default is 1000 files against 1000, far more than people rename and edit
	// at once; a tenth of it still takes under a second.
	maxRenamePairs = 100_000
)

// renames matches files that are gone with files that are new: first those with
// the same content, then those that are similar. It gives old paths by new ones.
// A rename that is not seen makes old findings look new, never the reverse.
func (r *Repo) renames(ctx context.Context, diff map[string]change) (map[string]string, error) {
	var gone, added []change
	for _, c := range diff {
		was, is := c.old.file() != (entry{}), c.new.file() != (entry{})
		switch {
		case c.unmerged:
		case was && !is:
			gone = append(gone, c)
		case is && !was:
			added = append(added, c)
		}
	}
	if len(gone) == 0 || len(added) == 0 {
		return nil, nil
	}
	byPath := func(a, b change) int { return strings.Compare(a.path, b.path) }
	slices.SortFunc(gone, byPath)
	slices.SortFunc(added, byPath)

	found := map[string]string{}
	taken := map[string]bool{}
	byID := map[ID][]change{}
	for _, c := range gone {
		byID[c.old.id] = append(byID[c.old.id], c)
	}
	for _, sameName := range []bool{true, false} {
		for _, a := range added {
			for _, g := range byID[a.new.id] {
				if found[a.path] == "" && !taken[g.path] && (!sameName || path.Base(a.path) == path.Base(g.path)) {
					found[a.path], taken[g.path] = g.path, true
				}
			}
		}
	}
	gone = slices.DeleteFunc(gone, func(c change) bool { return taken[c.path] })
	added = slices.DeleteFunc(added, func(c change) bool { return found[c.path] != "" })
	if len(gone)*len(added) > maxRenamePairs {
		return found, nil
	}
	return found, r.similar(ctx, gone, added, found)
}

// similar adds the best matches by content to found.
func (r *Repo) similar(ctx context.Context, gone, added []change, found map[string]string) error {
	if len(gone) == 0 || len(added) == 0 {
		return nil
	}
	seed := maphash.MakeSeed()
	sketches := func(changes []change, id func(change) ID) ([]sketch, error) {
		out := make([]sketch, len(changes))
		for i, c := range changes {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			_, size, err := r.store.stat(ctx, id(c))
			if err != nil || size > maxRenameBytes {
				continue // no rename of it is seen; whoever judges it says that it cannot be read
			}
			content, err := r.readBlob(ctx, id(c))
			if err == nil {
				out[i] = newSketch(seed, content)
			}
		}
		return out, ctx.Err()
	}
	old, err := sketches(gone, func(c change) ID { return c.old.id })
	if err != nil {
		return err
	}
	new, err := sketches(added, func(c change) ID { return c.new.id })
	if err != nil {
		return err
	}
	type match struct {
		score    float64
		from, to int
	}
	var matches []match
	for to := range new {
		for from := range old {
			if s := similarity(old[from], new[to]); s >= minSimilarity {
				matches = append(matches, match{s, from, to})
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	taken := make([]bool, len(old))
	for _, m := range matches {
		if to := added[m.to].path; !taken[m.from] && found[to] == "" {
			found[to], taken[m.from] = gone[m.from].path, true
		}
	}
	return nil
}

// sketch counts the bytes of each different line of a file.
type sketch struct {
	bytes int
	lines map[uint64]int
}

func newSketch(seed maphash.Seed, content []byte) sketch {
	s := sketch{bytes: len(content), lines: map[uint64]int{}}
	for line := range bytes.Lines(content) {
		s.lines[maphash.Bytes(seed, line)] += len(line)
	}
	return s
}

// similarity is the share of the larger file's bytes that both have.
func similarity(a, b sketch) float64 {
	larger := max(a.bytes, b.bytes)
	if min(a.bytes, b.bytes)*2 < larger || larger == 0 {
		return 0
	}
	common := 0
	for line, n := range a.lines {
		common += min(n, b.lines[line])
	}
	return float64(common) / float64(larger)
}
