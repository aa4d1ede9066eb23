package secrets

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A vocabulary is every word at which something is looked at, found in one walk
// over a document: first the words of names, then those of lines, then auths.
type vocabulary struct {
	*engine.Words
	names int            // how many are words of names
	lines []*linePattern // of the words of lines
	auths int
}

var theVocabulary = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{}
	all := make([]string, 0, 3*len(serviceNames))
	for _, w := range serviceNames {
		all = append(all, strings.ReplaceAll(w, "-", ""))
		if strings.Contains(w, "-") {
			all = append(all, w, strings.ReplaceAll(w, "-", "_"), strings.ReplaceAll(w, "-", " "))
		}
	}
	for _, set := range []map[string]bool{commonNames, passwordWords, secretNames, keyWords, clientWords, listWords, signWords} {
		all = slices.AppendSeq(all, maps.Keys(set))
	}
	all = append(all, "dsn", "webhook", "identified by")
	v.names = len(all)
	for i := range linePatterns {
		for w := range strings.FieldsSeq(linePatterns[i].words) {
			all = append(all, w)
			v.lines = append(v.lines, &linePatterns[i])
		}
	}
	v.auths = len(all)
	all = append(all, "auths")
	v.Words = engine.NewWords(all, slices.Concat(passwordSuffixes, secretSuffixes))
	return v
}

// wordGuesses looks at all names and lines of a document that have one of the
// words. auths is whether it has that one.
func wordGuesses(d *check.Document) (found []guess, auths bool) {
	v, n := theVocabulary(), newNames(d)
	var looked map[*linePattern]int
	v.Scan(d.Content, func(word, start, end int) bool {
		switch {
		case word < v.names || word > v.auths:
			n.at(start, end)
		case word == v.auths:
			auths = true
		default:
			p := v.lines[word-v.names]
			if start < looked[p] {
				break
			}
			if looked == nil {
				looked = make(map[*linePattern]int)
			}
			var more []guess
			more, looked[p] = p.guesses(d.Content, start)
			found = append(found, more...)
		}
		return true
	})
	return append(found, n.found...), auths
}
