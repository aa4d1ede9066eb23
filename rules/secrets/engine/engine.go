// Package engine finds secrets: gitleaks' rules, with the same findings, at a
// small part of the cost.
//
// Make an [Engine] with [New] from [Rule] values, and give it documents with
// [Engine.Detect]. One pass over the text finds the keywords of all rules; an
// expression is compiled when the first document has one of its keywords, and
// run only at or around them (see plan). Text that is encoded in base64, hex,
// percent or Unicode escapes is decoded and looked at again, but only where it
// was decoded.
//
// Time is linear in the length of the text, whatever it holds, and memory is
// some ten times its length at most.
package engine

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
)

// Options say how to look. The zero value decodes nothing.
type Options struct {
	// Depth is how often what was decoded is decoded again; 0 for not at all.
	Depth int
	// Allow are allowlists of all rules.
	Allow []*Allowlist
}

// An Engine looks for a fixed set of rules. It is safe for concurrent use.
type Engine struct {
	opts  Options
	rules []*rule
	byID  map[string]*rule
	words *automaton
	users [][]int32         // rules of each word
	paths func() *pathIndex // of the rules about paths alone
	files []*rule           // those
	free  sync.Pool         // *search
}

type rule struct {
	*Rule
	index int
	plan  func() *plan
}

// New makes an engine. It looks at keywords only, so that it takes about a
// millisecond; rules from outside must have been checked before.
func New(rules []*Rule, opts Options) *Engine {
	e := &Engine{opts: opts, byID: make(map[string]*rule, len(rules))}
	numbers := make(map[string]int)
	var words []string
	for i, r := range rules {
		own := &rule{Rule: r, index: i}
		if r.Regex != nil {
			own.plan = sync.OnceValue(func() *plan { return newPlan(r.Regex.source, r.Keywords) })
		}
		for _, k := range r.Keywords {
			n, ok := numbers[k]
			if !ok {
				n = len(words)
				numbers[k] = n
				words = append(words, k)
				e.users = append(e.users, nil)
			}
			e.users[n] = append(e.users[n], int32(i))
		}
		for _, a := range r.Allowlists {
			a.prepare()
		}
		if r.Path != nil && r.Regex == nil && !r.SkipReport {
			e.files = append(e.files, own)
		}
		e.rules = append(e.rules, own)
		e.byID[r.ID] = own
	}
	for _, a := range opts.Allow {
		a.prepare()
	}
	e.words = newAutomaton(words)
	e.paths = sync.OnceValue(func() *pathIndex {
		var paths []*Regexp
		for _, r := range e.files {
			paths = append(paths, r.Path)
		}
		return newPathIndex(paths)
	})
	return e
}

// A Match is a secret that was found. Its texts must not be shown to anyone.
type Match struct {
	Rule *Rule
	// Range is the whole match and Secret the secret in it. Of decoded text they
	// are the ranges of the encoded one. Both are zero for a rule about paths.
	Range, Secret check.Range
	// Text and Value are what they hold, decoded.
	Text, Value []byte
	// Line is the line or lines of the match, decoded.
	Line []byte
	// Entropy of Value, in bits a byte.
	Entropy float64
	// Depth is how often the text was decoded, 0 for not at all.
	Depth int
}

// Detect finds the secrets of a document, in the order of their ranges, then of
// the rules. path is relative to the root of the tree and slash-separated; it
// may be empty. content must not change while the matches are in use.
func (e *Engine) Detect(path string, content []byte) []Match {
	for _, a := range e.opts.Allow {
		if a.AllowsPath(path) {
			return nil
		}
	}
	s, _ := e.free.Get().(*search)
	if s == nil {
		s = &search{engine: e, states: make([]state, len(e.rules))}
	}
	s.path, s.original = path, content
	defer func() {
		s.matches, s.original, s.text, s.pieces, s.steps = nil, nil, nil, nil, 0
		if worked != nil {
			worked(s.work)
		}
		s.work = 0
		if cap(s.lower) > 1<<20 {
			s.lower = nil
		}
		e.free.Put(s)
	}()

	s.paths()
	s.text, s.fresh, s.depth = content, nil, 0
	s.pass(nil)
	d := decoder{text: content}
	for depth := 1; depth <= e.opts.Depth && d.step(); depth++ {
		s.work += len(d.text)
		s.text, s.pieces, s.fresh, s.depth = d.text, d.pieces, d.fresh, depth
		s.pass(d.dirty)
	}
	return s.finish()
}

// worked, if a test sets it, is told how many bytes the work on a document
// looked at, each as often as it was.
var worked func(n int)

// A search is the work on one document.
type search struct {
	engine   *Engine
	path     string
	original []byte
	states   []state
	touched  []int32 // rules whose state is in use
	matches  []Match

	text   []byte
	depth  int
	pieces []piece       // how text maps to original
	fresh  []check.Range // of text: what was decoded in this pass
	steps  int
	work   int    // bytes that were looked at, by whatever; see TestLinear
	lower  []byte // scratch
}

// A state is what is pending for a rule in one pass.
type state struct {
	used     bool
	off      bool // not for this path
	from, to int  // window that is not searched yet; whole text if whole
	open     bool
	whole    bool
	done     int // end of the last match

	// Of an anchored plan: the next byte at or after seen that can end a match,
	// and how many of those before it no loop passes over.
	seen, end, spent int
}

// reaches reports whether a match that has come to offset at can reach a byte
// that ends it. Calls in the order of offsets take time in proportion to the
// text together, whatever it holds.
func (st *state) reaches(text []byte, at int, p *plan) bool {
	if at > st.end || st.end == 0 {
		st.seen, st.end, st.spent = at, at, 0
		for st.end < len(text) && !p.ends.has(text[st.end]) {
			if p.loops == nil || !p.loops.has(text[st.end]) {
				st.spent++
			}
			st.end++
		}
	}
	for ; st.seen < at; st.seen++ {
		if p.loops == nil || !p.loops.has(text[st.seen]) {
			st.spent--
		}
	}
	return st.spent <= p.right
}

// paths reports the rules that are about the path alone.
func (s *search) paths() {
	s.engine.paths().each(s.path, func(i int) bool {
		if r := s.engine.files[i]; s.path != "" && !allowsPath(r.Allowlists, s.path) {
			s.matches = append(s.matches, Match{Rule: r.Rule})
		}
		return true
	})
}

func allowsPath(lists []*Allowlist, path string) bool {
	for _, a := range lists {
		if a.AllowsPath(path) {
			return true
		}
	}
	return false
}

// pass looks at s.text: all of it, or if dirty is not nil at those ranges of it.
func (s *search) pass(dirty []check.Range) {
	e := s.engine
	found := func(word, start int) bool {
		for _, r := range e.users[word] {
			s.hit(e.rules[r], start, e.words.size[word])
		}
		return true
	}
	if dirty == nil {
		s.work += len(s.text)
		e.words.scan(s.text, 0, found)
	}
	for _, d := range dirty {
		s.work += d.End - d.Start
		e.words.scan(s.text[d.Start:d.End], d.Start, found)
	}
	for _, r := range e.rules {
		if len(r.Keywords) == 0 && r.Regex != nil {
			s.use(r).whole = true
		}
	}
	for _, i := range s.touched {
		st := &s.states[i]
		switch {
		case st.whole && !st.off:
			s.run(e.rules[i], 0, len(s.text))
		case st.open:
			s.run(e.rules[i], st.from, st.to)
		}
		*st = state{}
	}
	s.touched = s.touched[:0]
}

// use readies the state of a rule.
func (s *search) use(r *rule) *state {
	st := &s.states[r.index]
	if !st.used {
		s.touched = append(s.touched, int32(r.index))
		*st = state{used: true}
		st.off = r.Regex == nil || r.Path != nil && !r.Path.Match([]byte(s.path)) || allowsPath(r.Allowlists, s.path)
	}
	return st
}

// hit is called for each keyword of each rule, in the order of their ends.
func (s *search) hit(r *rule, start, length int) {
	st := s.use(r)
	if st.off || st.whole {
		return
	}
	p := r.plan()
	switch {
	case p.anchored:
		s.tryAt(r, p, st, start, length)
	case p.windowed:
		// Windows that reach over the same loops again and again would cost more
		// than the whole text does.
		if s.steps > 8*len(s.text)+slack {
			st.whole, st.open = true, false
			return
		}
		from, to := p.window(s.text, start, length, &s.steps)
		switch {
		case !st.open:
			st.open, st.from, st.to = true, from, to
		case from <= st.to:
			st.from, st.to = min(st.from, from), max(st.to, to)
		default:
			s.run(r, st.from, st.to)
			st.from, st.to = from, to
		}
	default:
		st.whole = true
	}
}

// slack is what may be looked at twice in any document, in bytes: less than a
// few milliseconds' worth.
const slack = 1 << 18

// tryAt tries an anchored plan at a keyword.
func (s *search) tryAt(r *rule, p *plan, st *state, start, length int) {
	text := s.text
	switch {
	case start < st.done:
		return
	case p.boundary && start > 0 && wordByte(text[start-1]) == wordByte(text[start]):
		return
	case !hasHead(p.head, text[start:]):
		return
	case p.assigns && !assigned(text[start+length:], p.secret):
		return
	case p.ends != nil && !st.reaches(text, start+length, p):
		return
	}
	// Expressions that are tried over the same text again and again would cost
	// more than one search of the whole text does.
	if s.steps > 8*len(text)+slack {
		st.whole = true
		return
	}
	_, to := p.window(text, start, length, &s.steps)
	s.work += 2 * (to - start)
	groups := p.re().FindSubmatchIndex(text[start:to])
	if groups == nil {
		return
	}
	for i := range groups {
		if groups[i] >= 0 {
			groups[i] += start
		}
	}
	for n := 0; n < p.lead && groups[0] > st.done && nameByte(text[groups[0]-1]); n++ {
		groups[0]--
	}
	st.done = groups[1]
	s.report(r, groups)
}

// nameByte reports whether a byte is in [\w.-].
func nameByte(c byte) bool { return wordByte(c) || c == '.' || c == '-' }

func wordByte(c byte) bool {
	return c-'a' < 26 || c-'A' < 26 || c-'0' < 10 || c == '_'
}

// run searches a window of the text.
func (s *search) run(r *rule, from, to int) {
	s.work += 2 * (to - from)
	if p := r.plan(); len(p.musts) > 0 {
		s.lower = s.lower[:0]
		for _, c := range s.text[from:to] {
			if c-'A' < 26 {
				c |= 0x20
			}
			s.lower = append(s.lower, c)
		}
		if !holds(s.lower, p.musts) {
			return
		}
	}
	for _, groups := range r.plan().whole().FindAllSubmatchIndex(s.text[from:to], -1) {
		for i := range groups {
			if groups[i] >= 0 {
				groups[i] += from
			}
		}
		s.report(r, groups)
	}
}

// report makes a Match of the groups of a match, unless it is excused.
func (s *search) report(r *rule, groups []int) {
	whole := check.Range{Start: groups[0], End: groups[1]}
	if s.depth > 0 && !touchesAny(s.fresh, whole) {
		return // a pass before has seen it
	}
	// gitleaks trims line ends from what it found.
	text := s.text[whole.Start:whole.End]
	whole.Start += len(text) - len(bytes.TrimLeft(text, "\n"))
	whole.End -= len(text) - len(bytes.TrimRight(text, "\n"))
	if whole.End <= whole.Start {
		return
	}
	secret := whole
	for g := 1; 2*g < len(groups); g++ {
		if r.SecretGroup > 0 && g != r.SecretGroup {
			continue
		}
		if groups[2*g] < groups[2*g+1] {
			secret = check.Range{Start: groups[2*g], End: groups[2*g+1]}
			break
		}
	}
	m := Match{
		Rule:  r.Rule,
		Range: s.toOriginal(whole), Secret: s.toOriginal(secret),
		Text: s.text[whole.Start:whole.End], Value: s.text[secret.Start:secret.End],
		Line: lineOf(s.text, whole), Depth: s.depth,
	}
	if m.Entropy = entropy(m.Value); r.Rule.Entropy != 0 && m.Entropy <= r.Rule.Entropy {
		return
	}
	for _, lists := range [][]*Allowlist{s.engine.opts.Allow, r.Allowlists} {
		for _, a := range lists {
			if s.work += len(m.Value); a.Target == TargetLine {
				s.work += len(m.Line)
			}
			if a.Allows(s.path, &m) {
				return
			}
		}
	}
	s.matches = append(s.matches, m)
}

// touchesAny reports whether r overlaps or touches one of some sorted ranges.
func touchesAny(sorted []check.Range, r check.Range) bool {
	i, _ := slices.BinarySearchFunc(sorted, r.Start, func(f check.Range, start int) int {
		if f.End < start {
			return -1
		}
		return 1
	})
	return i < len(sorted) && sorted[i].Start <= r.End
}

// maxLine bounds the text that expressions about lines look at, on either side
// of a match: a longer line is no line that somebody wrote.
const maxLine = 4096

func lineOf(text []byte, r check.Range) []byte {
	from, to := max(r.Start-maxLine, 0), min(r.End+maxLine, len(text))
	if i := bytes.LastIndexByte(text[from:r.Start], '\n'); i >= 0 {
		from += i + 1
	}
	if i := bytes.IndexByte(text[r.End:to], '\n'); i >= 0 {
		to = r.End + i
	}
	return text[from:to]
}

// entropy is Shannon's, as gitleaks has it: over characters, divided by the
// number of bytes.
func entropy(text []byte) (bits float64) {
	var ascii [128]int
	var other map[rune]int
	for _, r := range string(text) {
		if r < 128 {
			ascii[r]++
			continue
		}
		if other == nil {
			other = make(map[rune]int)
		}
		other[r]++
	}
	unit := 1 / float64(len(text))
	add := func(n int) {
		f := float64(n) * unit
		bits -= f * math.Log2(f)
	}
	for _, n := range ascii {
		if n > 0 {
			add(n)
		}
	}
	for _, r := range slices.Sorted(maps.Keys(other)) {
		add(other[r])
	}
	return bits
}

// finish sorts the matches and drops those that say nothing new.
func (s *search) finish() []Match {
	matches := s.matches
	slices.SortStableFunc(matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Range.Start, b.Range.Start), cmp.Compare(a.Range.End, b.Range.End),
			cmp.Compare(s.engine.byID[a.Rule.ID].index, s.engine.byID[b.Rule.ID].index),
			cmp.Compare(a.Secret.Start, b.Secret.Start), cmp.Compare(a.Depth, b.Depth))
	})
	matches = slices.CompactFunc(matches, func(a, b Match) bool {
		return a.Rule == b.Rule && a.Range == b.Range && a.Secret == b.Secret && a.Depth == b.Depth
	})
	if len(matches) == 0 {
		return nil
	}
	lines := newLines(s.original)
	matches = s.required(matches, lines)
	return s.specific(matches, lines)
}

// required keeps a match of a rule that requires others only if they match
// near it, and drops what was only looked for to be required.
func (s *search) required(matches []Match, lines *lines) []Match {
	byRule := make(map[string][]place)
	for _, m := range matches {
		byRule[m.Rule.ID] = append(byRule[m.Rule.ID], lines.position(m.Range.Start))
	}
	return slices.DeleteFunc(matches, func(m Match) bool {
		if m.Rule.SkipReport {
			return true
		}
		at := lines.position(m.Range.Start)
		for _, q := range m.Rule.Required {
			if !slices.ContainsFunc(byRule[q.RuleID], func(p place) bool {
				return (q.WithinLines < 0 || abs(p.line-at.line) <= q.WithinLines) &&
					(q.WithinColumns < 0 || abs(p.column-at.column) <= q.WithinColumns)
			}) {
				return true
			}
		}
		return false
	})
}

func abs(n int) int { return max(n, -n) }

// specific drops what a generic rule found if another one found it on the same
// line.
func (s *search) specific(matches []Match, lines *lines) []Match {
	generic := func(m Match) bool { return strings.Contains(strings.ToLower(m.Rule.ID), "generic") }
	byLine := make(map[int][][]byte)
	for _, m := range matches {
		if !generic(m) {
			line := lines.position(m.Range.Start).line
			// More on one line are alike, and would be compared too often.
			if len(byLine[line]) < 100 {
				byLine[line] = append(byLine[line], m.Value)
			}
		}
	}
	return slices.DeleteFunc(matches, func(m Match) bool {
		return generic(m) && slices.ContainsFunc(byLine[lines.position(m.Range.Start).line], func(better []byte) bool {
			return bytes.Contains(better, m.Value)
		})
	})
}

// lines counts line ends as gitleaks does.
type lines struct {
	starts []int
}

func newLines(text []byte) *lines {
	l := &lines{starts: []int{0}}
	for i := 0; ; {
		j := bytes.IndexByte(text[i:], '\n')
		if j < 0 {
			return l
		}
		i += j + 1
		l.starts = append(l.starts, i)
	}
}

// A place is a line and a column as gitleaks' configuration counts them, for
// the distance between matches alone.
type place struct{ line, column int }

// position counts from 1, columns in bytes.
func (l *lines) position(offset int) place {
	i, found := slices.BinarySearch(l.starts, offset)
	if !found {
		i--
	}
	return place{i + 1, offset - l.starts[i] + 1}
}
