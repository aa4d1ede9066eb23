package engine

// Words finds the occurrences of a set of words in a text as people join words:
// with separators between them, or a change of case, or a digit. "key" is found
// in API_KEY, apiKey and key2, and not in monkey. It is safe for concurrent use.
//
// A text has a fifth as many words as bytes, so that looking up each of them costs
// little more than reading the text. The set is made in the time that it takes to
// look at its words once.
type Words struct {
	words    []string // and then the suffixes
	suffixes int      // the number of the first one
	four     bitSet   // of the first four bytes of words
	short    bitSet   // of words of two or three bytes
	last     bitSet   // of the last three bytes of suffixes
	first    []int32  // by slot: 1 + the last word that has it
	next     []int32  // for each word 1 + the one before it; 0 for none
}

// bitSet is a set of hashes of 16 bits.
type bitSet [1 << 10]uint64

func (s *bitSet) add(h uint32)      { s[h>>6] |= 1 << (h & 63) }
func (s *bitSet) has(h uint32) bool { return s[h>>6]&(1<<(h&63)) != 0 }

// hash is Knuth's multiplicative one of the bytes of a word, the first in the
// highest place. Letters are taken in lower case; what else that mixes up is told
// apart when the word is compared.
func hash(bytes uint32) uint32 { return (bytes | 0x20202020) * 2654435761 >> 16 }

// slots is how many lists of words there are, of two words on average: a table
// that is small enough for the fastest cache.
const slots = 1 << 11

func slot(h uint32) uint32 { return h & (slots - 1) }

func pack[T string | []byte](word T) (bytes uint32) {
	for i := range len(word) {
		bytes = bytes<<8 | uint32(word[i])
	}
	return bytes
}

// NewWords makes a set. Words and suffixes are lower-case and have two and three
// bytes at least. A suffix is found at the end of a longer word, too: "token" in
// mytoken. Suffixes are numbered after the words.
func NewWords(words, suffixes []string) *Words {
	w := &Words{words: append(words[:len(words):len(words)], suffixes...), suffixes: len(words), first: make([]int32, slots)}
	w.next = make([]int32, len(w.words))
	for i, word := range w.words {
		set, bytes := &w.four, pack(word[:min(4, len(word))])
		switch {
		case i >= w.suffixes:
			set, bytes = &w.last, pack(word[len(word)-3:])
		case len(word) < 4:
			set = &w.short
		}
		h := hash(bytes)
		set.add(h)
		w.next[i], w.first[slot(h)] = w.first[slot(h)], int32(i)+1
	}
	return w
}

// Scan calls found with each occurrence: the number of the word, or of the first
// word that is the same, and its range. They come by the word of the text that
// they begin or, for suffixes, end in. It stops when found returns false.
func (w *Words) Scan(text []byte, found func(word, start, end int) bool) {
	for i := 0; i < len(text); {
		class := classOf[text[i]]
		if class == separator {
			i++
			continue
		}
		end := wordEnd(text, i, class)
		if i+4 <= len(text) {
			bytes := uint32(text[i])<<24 | uint32(text[i+1])<<16 | uint32(text[i+2])<<8 | uint32(text[i+3])
			if h := hash(bytes); w.four.has(h) && !w.beginning(text, i, h, found) {
				return
			}
		}
		length := end - i
		for n := max(length, 2); n <= 3 && i+n <= len(text); n++ {
			if h := hash(pack(text[i : i+n])); w.short.has(h) && !w.beginning(text, i, h, found) {
				return
			}
		}
		if length >= 3 && class != digit {
			if h := hash(pack(text[end-3 : end])); w.last.has(h) && !w.ending(text, i, end, h, found) {
				return
			}
		}
		i = end
	}
}

// beginning calls found with each word that begins at an offset and ends where a
// word of the text does.
func (w *Words) beginning(text []byte, at int, h uint32, found func(word, start, end int) bool) bool {
	for n := w.first[slot(h)]; n > 0; n = w.next[n-1] {
		if word := w.words[n-1]; int(n) <= w.suffixes && equalFolded(text[at:], word) && endsWord(text, at+len(word)) &&
			!found(int(n)-1, at, at+len(word)) {
			return false
		}
	}
	return true
}

// ending calls found with each suffix that ends a word of the text.
func (w *Words) ending(text []byte, start, end int, h uint32, found func(word, start, end int) bool) bool {
	for n := w.first[slot(h)]; n > 0; n = w.next[n-1] {
		word := w.words[n-1]
		if at := end - len(word); int(n) > w.suffixes && at >= start && equalFolded(text[at:], word) && !found(int(n)-1, at, end) {
			return false
		}
	}
	return true
}

// The classes of bytes between which a word may end.
const (
	separator = iota
	lower
	upper
	digit
)

var classOf = func() (class [256]byte) {
	for c := range 256 {
		switch b := byte(c); {
		case b-'a' < 26:
			class[c] = lower
		case b-'A' < 26:
			class[c] = upper
		case b-'0' < 10:
			class[c] = digit
		}
	}
	return class
}()

// wordEnd gives where the word ends that begins at an offset with a byte of a
// class: "HTTP" of HTTPServer, "Server" of ServerName, "12" of 12ab.
func wordEnd(text []byte, i int, class byte) int {
	start := i
	if i++; class == upper {
		if i < len(text) && classOf[text[i]] == lower {
			class = lower
		} else {
			for i < len(text) && classOf[text[i]] == upper {
				i++
			}
			if i < len(text) && classOf[text[i]] == lower && i-start > 1 {
				i-- // the last capital begins the next word
			}
			return i
		}
	}
	for i < len(text) && classOf[text[i]] == class {
		i++
	}
	return i
}

// endsWord reports whether a word of the text may end at an offset.
func endsWord(text []byte, end int) bool {
	if end == len(text) {
		return true
	}
	switch before, after := classOf[text[end-1]], classOf[text[end]]; {
	case before == separator || after == separator:
		return true
	case before == digit || after == digit:
		return before != after
	case after == lower:
		return false
	case before == upper: // not within HTTP, but between HTTP and Server
		return end+1 < len(text) && classOf[text[end+1]] == lower
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
