package engine

// An automaton finds every occurrence of a set of words in one pass, with
// Aho and Corasick's construction written out as a table: one load a byte,
// whatever the number of words. Words are lower-case; the text is folded as
// ASCII.
type automaton struct {
	class [256]byte // of each byte; 0 is for bytes in no word
	shift uint      // log2 of the width of a row
	next  []uint16  // state<<shift | class -> state, with the flag
	words [][]int32 // what ends in a state
	size  []int     // length of each word
}

// ends flags a state in which a word ends. It bounds the states to 32767: some
// 5000 words.
const ends = 1 << 15

// newAutomaton builds the table, 2 bytes for each state and class of bytes.
// Words that are empty or too many to number are left out.
func newAutomaton(words []string) *automaton {
	a := &automaton{}
	classes := 1
	total := 1
	for _, w := range words {
		total += len(w)
		for i := range len(w) {
			if c := w[i]; a.class[c] == 0 {
				a.class[c] = byte(classes)
				classes++
			}
		}
	}
	for 1<<a.shift < classes {
		a.shift++
	}
	for c := byte('A'); c <= 'Z'; c++ {
		if a.class[c] == 0 {
			a.class[c] = a.class[c|0x20]
		}
	}
	a.next = make([]uint16, 1<<a.shift, total<<a.shift)
	a.words = make([][]int32, 1, total)
	a.size = make([]int, len(words))
	row := make([]uint16, 1<<a.shift)
	for id, w := range words {
		if w == "" || len(a.words)+len(w) >= ends {
			continue
		}
		a.size[id] = len(w)
		state := 0
		for i := range len(w) {
			at := state<<a.shift | int(a.class[w[i]])
			if a.next[at] == 0 {
				a.next[at] = uint16(len(a.words))
				a.next = append(a.next, row...)
				a.words = append(a.words, nil)
			}
			state = int(a.next[at])
		}
		a.words[state] = append(a.words[state], int32(id))
	}
	a.link()
	return a
}

// link turns the tree of words into the automaton, breadth first.
func (a *automaton) link() {
	width := 1 << a.shift
	fail := make([]uint16, len(a.words))
	queue := make([]uint16, 0, len(a.words))
	for c := range width {
		if s := a.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for i := 0; i < len(queue); i++ {
		s := int(queue[i])
		f := int(fail[s])
		if len(a.words[f]) > 0 {
			a.words[s] = append(a.words[s][:len(a.words[s]):len(a.words[s])], a.words[f]...)
		}
		row, back := a.next[s<<a.shift:][:width], a.next[f<<a.shift:][:width]
		for c, t := range row {
			if t != 0 {
				fail[t] = back[c]
				queue = append(queue, t)
			} else {
				row[c] = back[c]
			}
		}
	}
	for i, s := range a.next {
		if len(a.words[s]) > 0 {
			a.next[i] = s | ends
		}
	}
}

// scan calls found with each occurrence of a word, in the order of their ends:
// the word's number and the offset of its first byte, plus base. It stops when
// found returns false.
func (a *automaton) scan(text []byte, base int, found func(word, start int) bool) {
	state := 0
	for i, c := range text {
		s := a.next[state<<a.shift|int(a.class[c])]
		state = int(s &^ ends)
		if s&ends == 0 {
			continue
		}
		for _, w := range a.words[state] {
			if !found(int(w), base+i+1-a.size[w]) {
				return
			}
		}
	}
}
