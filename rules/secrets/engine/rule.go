package engine

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

// A Rule says what one kind of secret looks like, in gitleaks' terms.
type Rule struct {
	// ID is gitleaks' rule ID: "github-pat".
	ID string
	// Description is one sentence for people.
	Description string
	// Regex finds the secret; nil for a rule about paths alone.
	Regex *Regexp
	// Path restricts the rule to the paths that it matches; nil means all.
	Path *Regexp
	// SecretGroup is the capture group that holds the secret. 0 means the first
	// group that is not empty, or the whole match if there is no group.
	SecretGroup int
	// Entropy is the entropy, in bits a byte, that the secret must exceed; 0
	// means any.
	Entropy float64
	// Keywords are lower-case ASCII texts of which a document must have at least
	// one, in any case, for the rule to be tried; none means always.
	Keywords []string
	// Tags are for people.
	Tags []string
	// Allowlists say what is no secret after all.
	Allowlists []*Allowlist
	// Required are rules that must match in the same document.
	Required []Required
	// SkipReport is for rules which only exist to be required by another.
	SkipReport bool
}

// Required is a rule that must match near a match of the one that requires it.
type Required struct {
	RuleID string
	// WithinLines and WithinColumns bound the distance; negative means anywhere.
	WithinLines, WithinColumns int
}

// An Allowlist excuses a match. It applies if any of its criteria does, or all
// of them if All is set.
type Allowlist struct {
	All     bool
	Paths   []*Regexp
	Regexes []*Regexp
	// Target is what Regexes look at.
	Target Target
	// StopWords are lower-case texts that an excused secret contains.
	StopWords []string
	// Commits are object IDs. The engine judges documents, not commits, so that
	// a criterion of commits is never met.
	Commits []string

	stop  func() *automaton
	paths func() *pathIndex
}

// Target is what the Regexes of an Allowlist look at.
type Target string

// The targets.
const (
	TargetSecret Target = ""
	TargetMatch  Target = "match"
	TargetLine   Target = "line"
)

// A Regexp is a regular expression of package regexp that is compiled when it
// is first needed. It is safe for concurrent use.
type Regexp struct {
	source   string
	compiled func() *regexp.Regexp
}

// NewRegexp makes a Regexp without looking at source. Whoever takes a source
// from outside calls Check first: using an invalid Regexp panics.
func NewRegexp(source string) *Regexp {
	return &Regexp{source, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })}
}

// Check reports what is wrong with the expression.
func (r *Regexp) Check() error {
	_, err := syntax.Parse(r.source, syntax.Perl)
	return err
}

// String is the source text.
func (r *Regexp) String() string { return r.source }

// Match reports whether the text contains a match.
func (r *Regexp) Match(text []byte) bool { return r.compiled().Match(text) }

// Groups is the number of capture groups.
func (r *Regexp) Groups() int { return r.compiled().NumSubexp() }

func anyMatch(list []*Regexp, text []byte) bool {
	for _, r := range list {
		if r.Match(text) {
			return true
		}
	}
	return false
}

// AllowsPath reports whether the allowlist excuses everything in a document of
// this path. A list that also looks at content under All decides later.
func (a *Allowlist) AllowsPath(path string) bool {
	if path == "" || len(a.Paths) == 0 {
		return false
	}
	if a.All && (len(a.Regexes) > 0 || len(a.StopWords) > 0 || len(a.Commits) > 0) {
		return false
	}
	if a.paths != nil {
		return a.paths().match(path)
	}
	return anyMatch(a.Paths, []byte(path))
}

// A pathIndex matches many expressions about paths: those which need a text
// that the path does not have are not run.
type pathIndex struct {
	words *automaton
	users []int // the expression of each word
	paths []*Regexp
	rest  []int // the expressions whose texts are not known
}

func newPathIndex(paths []*Regexp) *pathIndex {
	p := &pathIndex{paths: paths}
	var words []string
	for i, r := range paths {
		var best []string
		if tree, err := syntax.Parse(r.source, syntax.Perl); err == nil {
			best = longest(musts(tree))
		}
		if len(best) == 0 {
			p.rest = append(p.rest, i)
		}
		for _, w := range best {
			words = append(words, w)
			p.users = append(p.users, i)
		}
	}
	p.words = newAutomaton(words)
	return p
}

// each calls found with the number of each expression that matches, in no order and
// perhaps more than once, until it returns false.
func (p *pathIndex) each(path string, found func(i int) bool) {
	text := []byte(path)
	for _, i := range p.rest {
		if p.paths[i].Match(text) && !found(i) {
			return
		}
	}
	p.words.scan(text, 0, func(word, _ int) bool {
		i := p.users[word]
		return !p.paths[i].Match(text) || found(i)
	})
}

func (p *pathIndex) match(path string) (matched bool) {
	p.each(path, func(int) bool {
		matched = true
		return false
	})
	return matched
}

// Allows reports whether the allowlist excuses a match in a document of this path.
func (a *Allowlist) Allows(path string, m *Match) bool {
	target := m.Value
	switch a.Target {
	case TargetMatch:
		target = m.Text
	case TargetLine:
		target = m.Line
	}
	if !a.All {
		return len(target) > 0 && anyMatch(a.Regexes, target) || a.stops(m.Value)
	}
	switch {
	case len(a.Commits) > 0:
		return false
	case len(a.Paths) > 0 && !anyMatch(a.Paths, []byte(path)):
		return false
	case len(a.Regexes) > 0 && !anyMatch(a.Regexes, target):
		return false
	case len(a.StopWords) > 0 && !a.stops(m.Value):
		return false
	}
	return true
}

func (a *Allowlist) stops(secret []byte) bool {
	switch {
	case len(a.StopWords) == 0:
		return false
	case a.stop == nil: // built by hand rather than by New
		return containsAny(secret, a.StopWords)
	}
	found := false
	a.stop().scan(secret, 0, func(int, int) bool {
		found = true
		return false
	})
	return found
}

func containsAny(text []byte, words []string) bool {
	lower := strings.ToLower(string(text))
	for _, w := range words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// Prepare makes AllowsPath fast where it is called by itself. New does so for its
// own lists.
func (a *Allowlist) Prepare() *Allowlist {
	a.prepare()
	return a
}

// prepare readies what is shared between documents.
func (a *Allowlist) prepare() {
	if len(a.Paths) > 0 && a.paths == nil {
		paths := a.Paths
		a.paths = sync.OnceValue(func() *pathIndex { return newPathIndex(paths) })
	}
	if len(a.StopWords) > 0 && a.stop == nil {
		words := a.StopWords
		a.stop = sync.OnceValue(func() *automaton { return newAutomaton(words) })
	}
}

// FindAllSubmatchIndex is regexp.Regexp's.
func (r *Regexp) FindAllSubmatchIndex(text []byte) [][]int {
	return r.compiled().FindAllSubmatchIndex(text, -1)
}

// MatchString reports whether the text contains a match.
func (r *Regexp) MatchString(text string) bool { return r.compiled().MatchString(text) }
