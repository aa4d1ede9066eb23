package engine

// Words finds the occurrences of a set of words in a text, in any ASCII case.
// It is safe for concurrent use.
type Words struct{ a *automaton }

// NewWords makes the set. Words are lower-case; no more than some thousands fit.
func NewWords(words []string) *Words { return &Words{newAutomaton(words)} }

// Scan calls found with each occurrence, in the order of their ends: the number
// of the word and its range. It stops when found returns false.
func (w *Words) Scan(text []byte, found func(word, start, end int) bool) {
	w.a.scan(text, 0, func(word, start int) bool { return found(word, start, start+w.a.size[word]) })
}
