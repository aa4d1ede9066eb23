package purpose

import (
	"regexp"
	"slices"
	"strings"
)

// Trial reports whether a text that introduces a program, the documentation of its
// package main or the beginning of its README, says that the program itself is there to
// test, to show or to develop something: "a small ACME test server", "not intended for
// production use". Only what its title and its first two paragraphs say the program is
// counts. How it is tested itself, and which part of it is for tests, says nothing.
func Trial(text string) bool {
	for _, sentence := range introduction(text) {
		if partOfIt.MatchString(sentence) {
			continue
		}
		if isTrial(sentence) || slices.ContainsFunc(trialSentences, func(r *regexp.Regexp) bool { return r.MatchString(sentence) }) {
			return true
		}
	}
	return false
}

// trialSentences match what a program says of itself that is there to test, to show or to develop something.
var trialSentences = []*regexp.Regexp{isFor, notProduction, emulates, watches, injects, makesUp, forTests}

// isTrial reports whether a sentence says that something is a "mock server", a "test CA", by the noun that its kind ends
// in, within one noun phrase: "a client that talks to test servers" is none.
func isTrial(sentence string) bool {
	words := strings.Fields(sentence)
	if len(words) == 0 || orders[words[0]] {
		return false
	}
	if isKindOfTrial(words) {
		return true
	}
	for i, word := range words {
		switch {
		case word == "is", word == "are", word == "provides", word == "implements", word == "-", word == "–", word == "—", strings.HasSuffix(word, ":"):
			return isKindOfTrial(words[i+1:])
		case ends[word] && word != "of" && i > 0:
			return false
		}
	}
	return false
}

// isKindOfTrial reports whether words begin with a noun phrase that names what is there to test or to show.
func isKindOfTrial(words []string) bool {
	for i, word := range words {
		if ends[word] || i > 14 {
			return false
		}
		word, ended := strings.TrimRight(word, ".,;:!()"), strings.ContainsAny(word[len(word)-1:], ".;:!)")
		switch {
		case trialKinds[word] && (i == 0 || !isMeasure(words[i-1])) && !(word == "emulator" && i > 0 && words[i-1] == "terminal"):
			for n, next := range words[i+1:] {
				next := strings.TrimRight(next, ".,;:!()")
				if nouns[next] {
					return true
				}
				if n == 3 || ends[next] {
					break
				}
			}
			if (word == "mock" || word == "fake" || word == "emulator") && (ended || i+1 == len(words) || ends[words[i+1]]) {
				return true
			}
		case word == "is", word == "are":
			return false
		}
		if ended {
			return false
		}
	}
	return false
}

// isMeasure reports whether a word says that a test is one which strangers are let in to, or which tries what runs in
// production: of speed, of load, of security.
func isMeasure(word string) bool {
	switch strings.Trim(word, ",-/") {
	case "speed", "bandwidth", "latency", "network", "load", "stress", "performance", "penetration", "pen", "security", "vulnerability", "split", "a/b", "ab",
		"feature", "user", "usability", "acceptance", "api", "chaos", "fuzz", "battle", "well", "property":
		return true
	}
	return false
}

// trialKinds are the words that say so, nouns those that may follow, and ends those that a noun phrase goes no further
// than. orders begin a sentence that tells the reader what to do.
var (
	trialKinds = wordSet("test testing mock mocking fake emulator dummy demo demonstration example sample toy")
	nouns      = wordSet("server servers service tool double doubles library client backend implementation application app program project website site toolkit kit provider idp broker proxy store harness utility driver ca framework frameworks")
	ends       = wordSet("that which who whose with without for of to in on by from as and or when where while if used using written was were has have can could will would you your we our it its i this these those they not")
	orders     = wordSet("see run use try check start install download build create read visit make add clone open get go write take test set")
)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(s) {
		set[word] = true
	}
	return set
}

// isFor matches what a program is for, and nothing else.
var isFor = regexp.MustCompile(`\b(?:(?:is|are|be|was)|(?:intended|meant|designed|made|built))(?: (?:only|strictly|purely|solely|exclusively|primarily))*(?: (?:intended|meant|designed|made|built|used))?(?: (?:only|strictly|purely|solely|exclusively))?(?: to be used)?(?: only)? (?:for|in)(?: the)?` +
	`(?: (?:use in|local|integration|unit|automated|end-to-end|e2e))*` +
	` (?:tests?|testing|demos?|demonstrations?|educational|local development|development and testing|testing and development|test)(?: (?:and|or) (?:development|tests?|testing|educational|demonstrations?|demos?))?(?: (?:purposes?|use|usage|environments?))?(?: only)?[.,;!)]*$`)

// notProduction matches a program that is not for production, by what it is; what is not ready yet may become so.
var notProduction = regexp.MustCompile(`\bnot (?:intended|meant|designed|suited|suitable|supposed|made|built|to be used)\b(?: [\w-]+){0,6}? (?:in |for |as )?(?:an? )?production\b`)

// emulates matches a program that does as another does for those who develop or test against that one.
var emulates = regexp.MustCompile(`\b(?:emulate|emulates|simulate|simulates|mimic|mimics)\b.*\b(?:(?:local|test|testing|development) environments?|locally|for (?:local )?(?:tests?|testing|development)|so (?:that )?developers can test)\b`)

// watches matches a program that a developer sees the program at work by, built again with each change; not one that reloads
// its own configuration.
var watches = regexp.MustCompile(`\b(?:live|hot)[ -]?reload(?:ing|er)?\b(?: [\w-]+){0,2} (?:for|server|utility|tool|proxy)\b`)

// makesUp matches what makes data up for others to test with.
var makesUp = regexp.MustCompile(`\b(?:fake|mock|dummy|random|test) data (?:generator|faker|factory)\b|\bgenerat(?:es?|ing|or of) (?:fake|mock|dummy|random test) data\b`)

// injects matches what has a program fail where its developers want to see what it does then.
var injects = regexp.MustCompile(`\b(?:fail ?points?|(?:fault|failure|error)[- ]injection)\b`)

// forTests matches a library that tests are written with.
var forTests = regexp.MustCompile(`\b(?:assertions?|matchers?)(?:/(?:assertions?|matchers?))? (?:library|package|framework)\b|\bfor (?:your )?(?:automated )?(?:unit|integration|smoke|end-to-end|e2e|functional)(?:[/,]? ?(?:and |or )?(?:unit|integration|smoke|end-to-end|e2e|functional))* (?:tests|testing)$` +
	`|\b(?:utilities|helpers|tools|functions) (?:to|that) (?:facilitate|ease|help|simplify)s? (?:with )?(?:unit |integration )?(?:tests|testing)\b`)

// partOfIt matches a sentence about a part of the program, about its own tests, or about what others do with it.
var partOfIt = regexp.MustCompile(`\b(?:we|you|you'll|i|default|defaults|option|flag|mode|setup|config|configuration|compose|certificates?|feature|features|release|branch|following|below|default\w*|folder|directory|subcommand|docker|image|contains|includes|ships|see|run|running|in-memory|backend|if|when)\b`)

// maxIntroduction bounds what is read of a text.
const maxIntroduction = 16 << 10

var (
	comment  = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)`)
	image    = regexp.MustCompile(`!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])`)
	link     = regexp.MustCompile(`\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])`)
	tag      = regexp.MustCompile(`<[^>]*>`)
	listed   = regexp.MustCompile(`^(?:[*+-]|\d+[.)])\s`)
	sentence = regexp.MustCompile(`[.!?](?:\s+|$)`)
	warning  = regexp.MustCompile(`\b(?:warning|note|notice|important|disclaimer|caution)\b`)
)

// introduction gives the sentences, in lower case, of the title and of the first two
// paragraphs of a text, Markdown or plain: no lists, tables, code or badges.
func introduction(text string) []string {
	if len(text) > maxIntroduction {
		text = text[:maxIntroduction]
	}
	text = strings.ReplaceAll(strings.ToLower(text), "\r\n", "\n")
	for _, without := range []*regexp.Regexp{comment, image, tag} {
		text = without.ReplaceAllString(text, " ") // <br> parts sentences
	}
	text = link.ReplaceAllString(text, "$1")
	text = strings.NewReplacer("*", "", "`", "", "_", "", "isn't", "is not", "it's", "it is").Replace(listMarks(text))
	var sentences []string
	paragraphs, titled := 0, false
	for _, block := range strings.Split(text, "\n\n") {
		block = strings.TrimSpace(block)
		if strings.HasPrefix(block, "~~~") || strings.Contains(block, "\x00") || block == "" {
			continue
		}
		var prose []string
		for _, line := range strings.Split(block, "\n") {
			line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), ">"))
			switch {
			case strings.HasPrefix(line, "#"):
				if titled && !warning.MatchString(line) {
					return sentences // a chapter
				}
				if !titled {
					titled = true
					sentences = append(sentences, strings.TrimSpace(strings.Trim(line, "#")))
				}
			case strings.Trim(line, "=-~|: ") == "" || strings.HasPrefix(line, "|") || strings.HasPrefix(line, ".. ") || strings.HasPrefix(line, "[!"):
			default:
				prose = append(prose, line)
			}
		}
		joined := strings.Join(prose, " ")
		if len(strings.Fields(joined)) < 4 || strings.ContainsAny(joined, "•·|") {
			continue // a badge, or a list of links
		}
		for _, s := range sentence.Split(joined, -1) {
			if s = strings.TrimSpace(s); s != "" {
				sentences = append(sentences, s)
			}
		}
		if paragraphs++; paragraphs == 2 {
			break
		}
	}
	return sentences
}

// listMarks marks lists and code, whose blocks are no prose.
func listMarks(text string) string {
	lines := strings.Split(text, "\n")
	code := false
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		fence := strings.HasPrefix(trimmed, "```")
		if code || fence || listed.MatchString(trimmed) {
			lines[i] = "\x00"
		}
		code = code != fence
	}
	return strings.Join(lines, "\n")
}
