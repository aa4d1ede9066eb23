package engine

// Words finds the occurrences of a set of words in a text, in any ASCII case.
// It is safe for concurrent use.
//
// Other than the engine's automaton it is made in the time that it takes to look
// at each word once, for sets that are large and mostly not met: the first bytes
// of what stands at each offset are looked up in a set of the first bytes of all
// words, which fits into the fastest cache.
type Words struct {
	words []string
	four  bitSet  // of the first four bytes
	three bitSet  // of words of three bytes
	first []int32 // by the hash of those bytes: 1 + the last word that has it
	next  []int32 // for each word 1 + the one before it; 0 for none
}

// bitSet is a set of hashes of 16 bits.
type bitSet [1 << 10]uint64

func (s *bitSet) add(start uint32)      { h := hash(start); s[h>>6] |= 1 << (h & 63) }
func (s *bitSet) has(start uint32) bool { h := hash(start); return s[h>>6]&(1<<(h&63)) != 0 }

// hash is Knuth's multiplicative one.
func hash(start uint32) uint32 { return start * 2654435761 >> 16 }

// NewWords makes the set. Words are lower-case and of three bytes at least;
// shorter ones are never found.
func NewWords(words []string) *Words {
	w := &Words{words: words, first: make([]int32, 1<<16), next: make([]int32, len(words))}
	for i, word := range words {
		if len(word) < 3 {
			continue
		}
		start := uint32(word[0])<<16 | uint32(word[1])<<8 | uint32(word[2])
		if len(word) == 3 {
			w.three.add(start)
		} else {
			start = start<<8 | uint32(word[3])
			w.four.add(start)
		}
		w.next[i], w.first[hash(start)] = w.first[hash(start)], int32(i)+1
	}
	return w
}

// Scan calls found with each occurrence, in the order of their starts, but for
// words of three bytes, which come one byte late: the number of the word and its
// range. It stops when found returns false.
func (w *Words) Scan(text []byte, found func(word, start, end int) bool) {
	var last uint32
	for i, c := range text {
		last = last<<8 | uint32(folded[c])
		if w.four.has(last) && i >= 3 && !w.at(text[i-3:], i-3, last, false, found) {
			return
		}
		if three := last & 0xffffff; w.three.has(three) && i >= 2 && !w.at(text[i-2:], i-2, three, true, found) {
			return
		}
	}
}

// at calls found with each word, of three bytes or of more, that begins a text,
// which is what follows an offset.
func (w *Words) at(text []byte, offset int, start uint32, short bool, found func(word, start, end int) bool) bool {
	for n := w.first[hash(start)]; n > 0; n = w.next[n-1] {
		word := w.words[n-1]
		if (len(word) == 3) == short && equalFolded(text, word) && !found(int(n)-1, offset, offset+len(word)) {
			return false
		}
	}
	return true
}

// equalFolded reports whether a text begins with a lower-case word.
func equalFolded(text []byte, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		if folded[text[i]] != word[i] {
			return false
		}
	}
	return true
}

// folded is each byte with letters in lower case.
var folded = func() (table [256]byte) {
	for c := range table {
		table[c] = byte(c)
		if c >= 'A' && c <= 'Z' {
			table[c] |= 0x20
		}
	}
	return table
}()
