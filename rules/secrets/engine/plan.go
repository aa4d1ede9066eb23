package engine

import (
	"bytes"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// A plan is how a rule's expression is run. The ways, fastest first:
//
//   - anchored: every match begins with a keyword, but for a word boundary or
//     the lazy run of identifier characters that gitleaks' rules put in front.
//     The rest is tried at each keyword, anchored.
//   - windowed: every match contains a keyword, and a bounded number of bytes
//     beside it. The expression is run over windows around the keywords.
//   - neither: the expression is run over the whole text.
//
// All three find the same matches. For the second that is so because windows
// that overlap are joined and each has a margin which no match can reach: then
// no match is cut, and none is found only because the window ends there.
type plan struct {
	re       func() *regexp.Regexp // of an anchored plan, what follows lead, behind \A
	whole    func() *regexp.Regexp
	anchored bool
	windowed bool

	// For anchored plans.
	boundary bool      // \b comes first
	lead     int       // longest run of identifier characters before the keyword
	head     []byteSet // what the bytes from the keyword on must be
	assigns  bool      // an operator must follow the keyword; see assigned
	secret   []byteSet // if not empty, what the bytes of the value must be
	ends     *byteSet  // if not nil, the last byte of a match is one of these, or the text ends

	// How far a match may reach from the start of a keyword, in bytes; loops are
	// the bytes that may come any number of times, and count for nothing. For
	// anchored plans left is 0.
	left, right int
	loops       *byteSet

	// musts are sets of texts of which every match contains one, in any case:
	// looked for before an expression that is not anchored is run.
	musts [][]string
}

// margin is what windows have on either side beyond the reach of any match: a
// rune, for \b, ^ and $ to look at.
const margin = 4

// leads are the spellings of the lazy prefix in gitleaks' generated rules.
var leads = []struct {
	source string
	length int
}{
	{`(?i)[\w.-]{0,50}?`, 50},
	{`[\w.-]{0,50}?(?i:[\w.-]{0,50}?`, 100},
}

// newPlan analyses the syntax of an expression.
func newPlan(source string, keywords []string) *plan {
	p := &plan{whole: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })}
	body := source
	if len(keywords) > 0 {
		for _, l := range leads {
			rest, ok := strings.CutPrefix(source, l.source)
			if ok && !alternates(source) {
				body = rest
				p.lead = l.length
				// Either spelling folds the case of what follows.
				if strings.HasPrefix(l.source, "(?i)") {
					body = "(?i)" + rest
				} else {
					body = "(?i:" + rest
				}
			}
		}
	}
	tree, err := syntax.Parse(body, syntax.Perl)
	if err != nil || len(keywords) == 0 {
		p.lead = 0
		if err == nil {
			p.musts = musts(tree)
		}
		return p
	}
	if (p.lead == 0 || tree.Op != syntax.OpAlternate) && p.planAnchored(tree, keywords) {
		p.assigns = strings.Contains(source, assignmentSyntax)
		if p.assigns {
			p.secret = valueHeads(tree)
		}
		return p
	}
	p.lead, p.boundary = 0, false
	p.musts = musts(tree)
	if tree, err = syntax.Parse(source, syntax.Perl); err == nil {
		p.planWindows(tree, keywords)
	}
	return p
}

func alternates(source string) bool {
	tree, err := syntax.Parse(source, syntax.Perl)
	return err != nil || tree.Op == syntax.OpAlternate
}

// planAnchored plans an expression whose matches all begin with a keyword.
func (p *plan) planAnchored(tree *syntax.Regexp, keywords []string) bool {
	body := tree
	if tree.Op == syntax.OpConcat && tree.Sub[0].Op == syntax.OpWordBoundary && p.lead == 0 {
		p.boundary = true
		rest := *tree
		rest.Sub = tree.Sub[1:]
		body = &rest
	}
	starts, _ := language(body)
	if len(starts) == 0 {
		return false
	}
	for s := range starts {
		if !beginsWithAny(s, keywords) {
			return false
		}
	}
	w := measure(body)
	if w.any {
		return false
	}
	// Compiled when something has passed all that is looked at before.
	p.re, p.anchored = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + body.String() + `)`) }), true
	p.right, p.loops = w.bytes, w.loops
	p.head = heads(body)
	p.ends = lastBytes(body)
	return true
}

// lastBytes gives the bytes that the last part of an expression begins with, if
// that is one of them or the end of the text: what gitleaks' generated rules have
// behind the value. nil means that nothing is known.
func lastBytes(re *syntax.Regexp) *byteSet {
	switch re.Op {
	case syntax.OpCapture:
		return lastBytes(re.Sub[0])
	case syntax.OpConcat:
		return lastBytes(re.Sub[len(re.Sub)-1])
	case syntax.OpCharClass:
		set, _ := single(re)
		return set
	case syntax.OpAlternate:
		all := new(byteSet)
		for _, sub := range re.Sub {
			if sub.Op == syntax.OpEndText {
				continue
			}
			if sub.Op == syntax.OpConcat { // `\\[nr]`
				sub = sub.Sub[0]
			}
			set, ok := single(sub)
			if !ok {
				return nil
			}
			all = all.union(set)
		}
		return all
	}
	return nil
}

// planWindows plans an expression whose matches all contain a keyword.
func (p *plan) planWindows(tree *syntax.Regexp, keywords []string) {
	if tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	if !contains(tree, keywords) {
		return
	}
	// Without knowing where in the match the keyword is, a match reaches as far
	// to either side as it is long.
	if w := measure(tree); !w.any {
		p.windowed, p.left, p.right, p.loops = true, w.bytes, w.bytes, w.loops
	}
}

// window gives the bytes around a keyword at start which hold every match that
// contains it, with a margin. steps counts the bytes that were looked at.
func (p *plan) window(text []byte, start, length int, steps *int) (from, to int) {
	from, to = max(start-p.left, 0), min(start+p.right, len(text))
	if p.loops != nil {
		from, to = start, start
		for budget := p.left; from > 0; from-- {
			if !p.loops.has(text[from-1]) {
				if budget--; budget < 0 {
					break
				}
			}
		}
		for budget := p.right; to < len(text); to++ {
			if !p.loops.has(text[to]) {
				if budget--; budget < 0 {
					break
				}
			}
		}
	}
	*steps += to - from
	return max(from-margin, 0), min(max(to, start+length)+margin, len(text))
}

// A width bounds the length of a match.
type width struct {
	bytes int      // without what is repeated without bound
	loops *byteSet // bytes that are repeated without bound
	any   bool     // not bounded in a way that helps
}

// maxWidth is the reach over which windows would cost more than they save: the
// longest of gitleaks' bounded rules, PyPI's tokens, has 1025 bytes.
const maxWidth = 8192

func measure(re *syntax.Regexp) width {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpNoMatch:
		return width{}
	case syntax.OpLiteral:
		n := 0
		for _, r := range re.Rune {
			n += runeWidth(r)
		}
		return width{bytes: n}
	case syntax.OpCharClass:
		return width{bytes: classWidth(re.Rune)}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return width{bytes: 4}
	case syntax.OpCapture, syntax.OpQuest:
		return measure(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		w := measure(re.Sub[0])
		if w.any || w.loops != nil {
			return width{any: true}
		}
		if re.Op == syntax.OpRepeat && re.Max >= 0 {
			return limited(width{bytes: w.bytes * re.Max})
		}
		set, ok := single(re.Sub[0])
		if !ok {
			return width{any: true}
		}
		return limited(width{bytes: w.bytes * max(re.Min, 1), loops: set})
	case syntax.OpConcat, syntax.OpAlternate:
		var sum width
		for _, sub := range re.Sub {
			w := measure(sub)
			if w.any {
				return w
			}
			if re.Op == syntax.OpConcat {
				sum.bytes += w.bytes
			} else {
				sum.bytes = max(sum.bytes, w.bytes)
			}
			sum.loops = sum.loops.union(w.loops)
		}
		return limited(sum)
	}
	return width{any: true}
}

func limited(w width) width {
	// A loop over almost every byte reaches through the whole document.
	if w.bytes > maxWidth || w.loops != nil && w.loops.count() > 160 {
		return width{any: true}
	}
	return w
}

// single gives the bytes of an expression that matches one character.
func single(re *syntax.Regexp) (*byteSet, bool) {
	var set byteSet
	switch {
	case re.Op == syntax.OpCapture:
		return single(re.Sub[0])
	case re.Op == syntax.OpCharClass:
		set.addRanges(re.Rune)
	case re.Op == syntax.OpLiteral && len(re.Rune) == 1:
		set.addRanges([]rune{re.Rune[0], re.Rune[0]})
		if re.Flags&syntax.FoldCase != 0 {
			set.addFold()
		}
	case re.Op == syntax.OpAnyChar || re.Op == syntax.OpAnyCharNotNL:
		set.addRanges([]rune{0, 0x10ffff})
	default:
		return nil, false
	}
	return &set, true
}

func runeWidth(r rune) int {
	if r < 0x80 {
		return 1
	}
	return 4
}

func classWidth(ranges []rune) int {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= 0x80 && !foldsToASCII(ranges[i], ranges[i+1]) {
			return 4
		}
	}
	return 1
}

// foldsToASCII says of a range of runes that it is one of the two characters
// outside ASCII which equal a letter of it when case is ignored, the long s and
// the Kelvin sign. Go's (?i) lets them in everywhere; here they count for
// nothing, because no token is written with them.
func foldsToASCII(lo, hi rune) bool { return lo == hi && (lo == 0x17f || lo == 0x212a) }

// maxLanguage bounds the texts that language lists.
const maxLanguage = 64

// language lists what an expression can match, in lower case. If that is not
// known or too much, it lists texts of which every match begins with one, and
// exact is false. No texts mean that nothing is known.
func language(re *syntax.Regexp) (texts map[string]bool, exact bool) {
	one := func(s string) (map[string]bool, bool) { return map[string]bool{s: true}, true }
	switch re.Op {
	case syntax.OpEmptyMatch:
		return one("")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r >= 0x80 {
				return nil, false
			}
		}
		return one(strings.ToLower(string(re.Rune)))
	case syntax.OpCharClass:
		set := make(map[string]bool)
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if foldsToASCII(re.Rune[i], re.Rune[i+1]) {
				continue
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if r >= 0x80 || len(set) > maxLanguage {
					return nil, false
				}
				set[strings.ToLower(string(r))] = true
			}
		}
		return set, true
	case syntax.OpCapture:
		return language(re.Sub[0])
	case syntax.OpQuest:
		texts, exact = language(re.Sub[0])
		if !exact {
			return nil, false
		}
		texts[""] = true
		return texts, true
	case syntax.OpAlternate:
		texts, exact = make(map[string]bool), true
		for _, sub := range re.Sub {
			t, e := language(sub)
			if len(t) == 0 {
				return nil, false
			}
			for s := range t {
				texts[s] = true
			}
			exact = exact && e
		}
		return texts, exact && len(texts) <= maxLanguage
	case syntax.OpConcat:
		texts, exact = one("")
		for _, sub := range re.Sub {
			t, e := language(sub)
			if len(t) == 0 || len(t)*len(texts) > maxLanguage {
				exact = false
				break
			}
			product := make(map[string]bool)
			for a := range texts {
				for b := range t {
					product[a+b] = true
				}
			}
			texts = product
			if !e {
				exact = false
				break
			}
		}
		if len(texts) == 1 && texts[""] {
			return nil, exact
		}
		return texts, exact
	}
	return nil, false
}

func beginsWithAny(s string, keywords []string) bool {
	for _, k := range keywords {
		if strings.HasPrefix(s, k) {
			return true
		}
	}
	return false
}

// contains proves that every match of an expression contains a keyword.
func contains(re *syntax.Regexp, keywords []string) bool {
	texts, _ := language(re)
	proved := len(texts) > 0
	for s := range texts {
		proved = proved && containsAny([]byte(s), keywords)
	}
	if proved {
		return true
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return contains(re.Sub[0], keywords)
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if !contains(sub, keywords) {
				return false
			}
		}
		return true
	case syntax.OpConcat:
		for i, sub := range re.Sub {
			if contains(sub, keywords) {
				return true
			}
			// A keyword may span several parts: "[Aa]" and "pi".
			if i > 0 && len(re.Sub)-i > 1 {
				rest := *re
				rest.Sub = re.Sub[i:]
				texts, _ := language(&rest)
				proved := len(texts) > 0
				for s := range texts {
					proved = proved && containsAny([]byte(s), keywords)
				}
				if proved {
					return true
				}
			}
		}
	}
	return false
}

// longest gives the set whose texts are the longest by its first, nil if there is
// none.
func longest(sets [][]string) (best []string) {
	for _, set := range sets {
		if len(best) == 0 || len(set[0]) > len(best[0]) {
			best = set
		}
	}
	return best
}

// musts gives sets of lower-case texts of which every match of an expression
// contains one, the longest text of each no shorter than two bytes.
func musts(re *syntax.Regexp) [][]string {
	if texts, exact := language(re); exact && len(texts) > 0 {
		list := slices.Sorted(maps.Keys(texts))
		if !slices.ContainsFunc(list, func(s string) bool { return len(s) < 2 }) {
			return [][]string{list}
		}
		return nil
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return musts(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return musts(re.Sub[0])
		}
	case syntax.OpConcat:
		var all [][]string
		for i := 0; i < len(re.Sub); i++ {
			// The longest run of parts that is known as a whole.
			for j := len(re.Sub); j > i; j-- {
				part := re.Sub[i]
				if j-i > 1 {
					run := *re
					run.Sub = re.Sub[i:j]
					if _, exact := language(&run); !exact {
						continue
					}
					part = &run
				}
				all = append(all, musts(part)...)
				i = j - 1
				break
			}
		}
		return all
	case syntax.OpAlternate:
		all := musts(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			other := musts(sub)
			all = slices.DeleteFunc(all, func(set []string) bool {
				return !slices.ContainsFunc(other, func(o []string) bool { return slices.Equal(o, set) })
			})
		}
		// And one text of the best set of either.
		var either []string
		for _, sub := range re.Sub {
			best := longest(musts(sub))
			if len(best) == 0 || len(either)+len(best) > maxLanguage {
				return all
			}
			either = append(either, best...)
		}
		return append(all, either)
	}
	return nil
}

// holds reports whether a text in lower case has one of each set.
func holds(lower []byte, sets [][]string) bool {
	for _, set := range sets {
		if !slices.ContainsFunc(set, func(s string) bool { return bytes.Contains(lower, []byte(s)) }) {
			return false
		}
	}
	return true
}

// headLength is how many bytes heads looks at: the shortest tokens with a
// prefix of their own are about that long.
const headLength = 24

// heads gives, for each of the first bytes of a match, the bytes that it can
// be: a test that most keywords in prose fail at once. It ends where a match
// can end or a character outside ASCII is possible.
func heads(re *syntax.Regexp) []byteSet {
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	var states []uint32
	seen := make([]bool, len(prog.Inst)) // what states has
	var add func(pc uint32) bool         // false if a match can end here
	add = func(pc uint32) bool {
		if seen[pc] {
			return true
		}
		seen[pc] = true
		states = append(states, pc)
		switch i := prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			return add(i.Out) && add(i.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			return add(i.Out)
		case syntax.InstMatch:
			return false
		}
		return true
	}
	if !add(uint32(prog.Start)) {
		return nil
	}
	var sets []byteSet
	for len(sets) < headLength {
		var set byteSet
		current := states
		states = nil
		clear(seen)
		open := true
		for _, pc := range current {
			i := prog.Inst[pc]
			switch i.Op {
			case syntax.InstRune, syntax.InstRune1:
				ranges := i.Rune
				if len(ranges) == 1 {
					ranges = []rune{i.Rune[0], i.Rune[0]}
				}
				if classWidth(ranges) > 1 {
					return sets
				}
				set.addRanges(ranges)
				if len(i.Rune) == 1 && syntax.Flags(i.Arg)&syntax.FoldCase != 0 {
					set.addFold()
				}
			case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
				return sets
			default:
				continue
			}
			open = add(i.Out) && open
		}
		sets = append(sets, set)
		if !open {
			return sets
		}
	}
	return sets
}

// assignmentSyntax is what stands between name and value in gitleaks' generated
// rules.
const assignmentSyntax = `(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|>|:{1,3}=|\|\||:|=>|\?=|,)[\x60'"\s=]{0,5}(`

// separators are what may stand between the name and the value.
const separators = "=>:|?,`'\" \t\n\r\f\v"

// valueHeads gives the heads of the value, the group that follows the operator,
// if it cannot begin with a separator.
func valueHeads(tree *syntax.Regexp) []byteSet {
	if tree.Op != syntax.OpConcat {
		return nil
	}
	// The last group is the value's; the name may have one too.
	for _, sub := range slices.Backward(tree.Sub) {
		if sub.Op != syntax.OpCapture {
			continue
		}
		sets := heads(sub.Sub[0])
		for i := 0; len(sets) > 0 && i < len(separators); i++ {
			if c := separators[i]; c != '=' && sets[0].has(c) {
				return nil
			}
		}
		return sets
	}
	return nil
}

// assigned reports whether an operator of assignmentSyntax and the first bytes
// of a value may follow a name that starts the text: a cheap test that all of
// gitleaks' generated rules share, and most keywords fail.
func assigned(text []byte, value []byteSet) bool {
	// Names have up to 40 bytes, and up to 23 may come between name and operator.
	at := 0
	for limit := min(len(text), 64); at < limit && nameBytes.has(text[at]); at++ {
	}
	if at == len(text) || at == 64 || strings.IndexByte("=:>,|?", text[at]) < 0 {
		return false
	}
	if len(value) == 0 {
		return true
	}
	// The operator and what follows it have up to 9 bytes. A value that may
	// begin with = is not told from an operator that ends in one.
	start := at
	for at++; at < len(text) && at-start <= 9 && strings.IndexByte(separators, text[at]) >= 0; at++ {
		if text[at] == '=' && value[0].has('=') && hasHead(value, text[at:]) {
			return true
		}
	}
	return at-start <= 9 && hasHead(value, text[at:])
}

var nameBytes = func() (set byteSet) {
	set.addRanges([]rune{'a', 'z', 'A', 'Z', '0', '9'})
	for _, c := range []byte("_.- \t\n\r\f\v'\"") {
		set.add(c)
	}
	return set
}()

func hasHead(sets []byteSet, text []byte) bool {
	if len(text) < len(sets) {
		return false
	}
	for i := range sets {
		if !sets[i].has(text[i]) {
			return false
		}
	}
	return true
}

// A byteSet is a set of bytes. nil is empty.
type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s *byteSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }

func (s *byteSet) addRanges(ranges []rune) {
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= min(ranges[i+1], 0x7f); r++ {
			s.add(byte(r))
		}
		if ranges[i+1] >= 0x80 && !foldsToASCII(ranges[i], ranges[i+1]) {
			s[2], s[3] = ^uint64(0), ^uint64(0)
		}
	}
}

func (s *byteSet) addFold() {
	for c := byte('a'); c <= 'z'; c++ {
		if s.has(c) || s.has(c-0x20) {
			s.add(c)
			s.add(c - 0x20)
		}
	}
}

func (s *byteSet) union(o *byteSet) *byteSet {
	if s == nil || o == nil {
		if s == nil {
			return o
		}
		return s
	}
	u := *s
	for i := range u {
		u[i] |= o[i]
	}
	return &u
}

func (s *byteSet) count() int {
	n := 0
	for c := range 256 {
		if s.has(byte(c)) {
			n++
		}
	}
	return n
}
