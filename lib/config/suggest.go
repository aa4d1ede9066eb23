package config

import (
	"strings"
)

// didYouMean is the end of an error about an unknown word: the word that was
// meant, if one is near, else all of them after an introduction.
func didYouMean(word string, words []string, introduction string) string {
	if s := suggest(word, words); s != "" {
		return `did you mean "` + s + `"?`
	}
	return introduction + strings.Join(words, ", ")
}

// suggest finds the word that was most likely meant, the first among equals, or
// "". A third of the letters may be wrong, as in Go's and Git's own suggestions;
// case and the choice between "-", "_" and nothing do not count.
func suggest(word string, words []string) string {
	best, bestDistance := "", len(plain(word))/3+1
	for _, w := range words {
		if d := distance(plain(word), plain(w), bestDistance); d < bestDistance {
			best, bestDistance = w, d
		}
	}
	return best
}

func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn one string into the other (optimal string alignment),
// in bytes. It gives limit where there are at least that many.
func distance(a, b string, limit int) int {
	if max(len(a)-len(b), len(b)-len(a)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		nearest := i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			nearest = min(nearest, row[j])
		}
		if nearest >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
