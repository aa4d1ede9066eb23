package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/peercheck/peercheck/lib/check"
)

const (
	// maxBytes bounds the file. Hand-written configurations of large monorepos
	// are a few KB; a server reads this file for whoever pushes it.
	maxBytes = 256 << 10
	// maxNesting bounds brackets and indentation before the recursive parser
	// sees them (invariant 12). The format itself nests three deep.
	maxNesting = 200
	// maxErrors is how many mistakes are told at once: more than that comes
	// from a file that is no configuration at all.
	maxErrors = 10
	// maxQuoted is how many bytes of the file an error repeats.
	maxQuoted = 60
)

// Parse reads a configuration strictly: an unknown key, a wrong type or an
// unknown value is an *Error with its place, and where there are several, the
// error joins them in the file's order (use errors.As for the first). path is
// only used in errors and notices. Unknown check IDs are not errors here: see
// [Config.UnknownChecks].
func Parse(path string, content []byte) (*Config, error) {
	p := &parser{doc: check.NewDocument(path, "yaml", content, check.Revision{})}
	root := p.load(content)
	cfg := &Config{path: path, source: content}
	if root != nil {
		p.config(cfg, root)
	}
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return cfg, nil
}

// parser collects what is wrong while it fills a Config from YAML nodes.
type parser struct {
	doc  *check.Document
	errs []error

	// The last place that was asked for, in yaml's line and rune column and as
	// a byte offset; see position.
	line, column, offset int
}

// load parses the YAML. It gives nil for an empty file, and after an error.
func (p *parser) load(content []byte) *yaml.Node {
	if len(content) > maxBytes {
		p.failAt(maxBytes, "the file has %d bytes; a configuration has at most %d", len(content), maxBytes)
		return nil
	}
	if i := invalidUTF8(content); i >= 0 {
		p.failAt(i, "this is not UTF-8; save the file in that encoding")
		return nil
	}
	if i := overNested(content); i >= 0 {
		p.failAt(i, "this is nested over %d deep; a configuration is three deep", maxNesting)
		return nil
	}
	root, err := decode(&byteReader{content: content})
	var second secondDocument
	switch {
	case errors.As(err, &second):
		p.fail(second.node, "a second YAML document starts here; a configuration is one document")
	case err != nil:
		p.failYAML(err)
	}
	return root
}

// secondDocument is decode's error for what follows the first document.
type secondDocument struct{ node *yaml.Node }

func (secondDocument) Error() string { return "a second document" }

// decode gives the root node of the only document, nil if there is none.
func decode(r io.Reader) (*yaml.Node, error) {
	dec := yaml.NewDecoder(r)
	var first, second yaml.Node
	switch err := dec.Decode(&first); err {
	case nil:
	case io.EOF:
		return nil, nil
	default:
		return nil, err
	}
	switch err := dec.Decode(&second); err {
	case nil:
		return nil, secondDocument{&second}
	case io.EOF:
		return first.Content[0], nil
	default:
		return nil, err
	}
}

// byteReader gives one byte at a time, so that read tells how far yaml went.
type byteReader struct {
	content []byte
	read    int
}

func (r *byteReader) Read(b []byte) (int, error) {
	if r.read == len(r.content) {
		return 0, io.EOF
	}
	n := copy(b[:min(1, len(b))], r.content[r.read:])
	r.read += n
	return n, nil
}

// yamlLookahead is how many bytes yaml reads at most before it decides that a
// character is wrong: four characters, as for "--- ".
const yamlLookahead = 4 * utf8.UTFMax

// yamlOffset finds the byte that yaml stumbles over. (The line in its errors
// counts from 0 or from 1, names the start of the enclosing block, or is
// missing; there is no column.) That is the last byte of the shortest text that
// gives the same error.
func yamlOffset(content []byte, want error) int {
	src := &byteReader{content: content}
	decode(src)
	end := src.read
	for k := end - 1; k > 0 && k >= end-yamlLookahead; k-- {
		if _, err := decode(bytes.NewReader(content[:k])); err != nil && err.Error() == want.Error() {
			end = k
		}
	}
	at := max(len(bytes.TrimRight(content[:end], " \r\n"))-1, 0)
	for at > 0 && !utf8.RuneStart(content[at]) {
		at--
	}
	return at
}

// yamlPrefix is what yaml puts before the problem.
var yamlPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

func (p *parser) failYAML(err error) {
	at := yamlOffset(p.doc.Content, err)
	problem := clip(yamlPrefix.ReplaceAllString(err.Error(), ""))
	switch {
	case strings.HasSuffix(problem, "cannot start any token") && p.doc.Content[at] == '\t':
		problem = "it is indented by spaces, not by tabs"
	case strings.HasSuffix(problem, "cannot start any token"):
		problem += "; put the value in quotes"
	case strings.HasSuffix(problem, "alphabetic or numeric character"), strings.HasPrefix(problem, "unknown anchor"):
		problem += `; put a value that starts with "*" or "&" in quotes`
	case strings.HasSuffix(problem, "unexpected end of stream"):
		problem += "; a quote is opened and not closed"
	}
	p.failAt(at, "this is not valid YAML: %s", problem)
}

func invalidUTF8(content []byte) int {
	if utf8.Valid(content) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(content[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
}

// overNested finds, in one pass, the byte at which brackets or the indentation
// of one line reach maxNesting, or -1. It does not know quotes: no glob has that
// many brackets that do not close.
func overNested(content []byte) int {
	brackets, indent, atStart := 0, 0, true
	for i, c := range content {
		switch c {
		case '\n', '\r':
			indent, atStart = 0, true
			continue
		case ' ', '\t', '-', '?', ':':
			if atStart {
				indent++
			}
		case '[', '{':
			brackets++
			atStart = false
		case ']', '}':
			brackets = max(brackets-1, 0)
			atStart = false
		default:
			atStart = false
		}
		if brackets > maxNesting || indent > maxNesting {
			return i
		}
	}
	return -1
}

func (p *parser) failAt(offset int, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{
			Path: p.doc.Path, At: p.doc.OffsetPosition(offset), Message: fmt.Sprintf(format, args...),
		})
	}
}

func (p *parser) fail(n *yaml.Node, format string, args ...any) {
	p.failAt(p.nodeOffset(n), format, args...)
}

// nodeOffset turns yaml's place of a node, whose columns count runes and whose
// lines also end in NEL, LS and PS, into a byte offset. It goes on from the
// place that was asked for last, so that a walk through the file stays linear.
func (p *parser) nodeOffset(n *yaml.Node) int {
	if n.Line < p.line || n.Line == p.line && n.Column < p.column || p.line == 0 {
		p.line, p.column, p.offset = 1, 1, 0
		if strings.HasPrefix(string(p.doc.Content[:min(3, len(p.doc.Content))]), "\ufeff") {
			p.offset = len("\ufeff")
		}
	}
	for p.offset < len(p.doc.Content) && (p.line < n.Line || p.column < n.Column) {
		r, size := utf8.DecodeRune(p.doc.Content[p.offset:])
		p.offset += size
		switch r {
		case '\r':
			if p.offset < len(p.doc.Content) && p.doc.Content[p.offset] == '\n' {
				p.offset++
			}
			fallthrough
		case '\n', '\u0085', '\u2028', '\u2029':
			p.line++
			p.column = 1
		default:
			p.column++
		}
	}
	return p.offset
}

// keys are the keys of the file, in the order in which they are explained.
var keys = []string{"persona", "fail-on", "checks", "exclude", "max-bytes", "strict-ignores", "compat", "gitleaks"}

func (p *parser) config(cfg *Config, root *yaml.Node) {
	p.mapping(root, "a configuration", func(key string, at, value *yaml.Node) {
		switch key {
		case "persona":
			cfg.Persona = oneOf(p, value, "persona", personas)
		case "fail-on":
			cfg.FailOn = oneOf(p, value, "severity", severities)
		case "checks":
			p.checks(cfg, value)
		case "exclude":
			cfg.Exclude = p.globs(value)
		case "max-bytes":
			cfg.MaxBytes = p.positive(value, key)
		case "strict-ignores":
			cfg.StrictIgnores = p.boolean(value, key)
		case "compat":
			cfg.Gitleaks.Compat = oneOf(p, value, "tool to be compatible with", []choice[bool]{{"gitleaks", true}})
		case "gitleaks":
			p.gitleaks(cfg, value)
		default:
			p.fail(at, "unknown key %s; %s", quote(key), didYouMean(key, keys, "the keys are "))
		}
	})
}

// idOrDomain is check.Check's ID, or "domain/*".
var idOrDomain = regexp.MustCompile(`^[a-z][a-z0-9]*/(\*|[a-z0-9]+(-[a-z0-9]+)*)$`)

func (p *parser) checks(cfg *Config, n *yaml.Node) {
	cfg.Checks = make(map[string]CheckConfig)
	p.mapping(n, `"checks"`, func(id string, at, value *yaml.Node) {
		if !idOrDomain.MatchString(id) {
			p.fail(at, `%s is no check ID; it is written "domain/name", as in "go/sql-injection", or "go/*" for the whole domain`, quote(id))
			return
		}
		cfg.Checks[id] = oneOf(p, value, "setting of a check", checkSettings)
		cfg.places = append(cfg.places, checkPlace{id, p.doc.OffsetPosition(p.nodeOffset(at))})
	})
}

// gitleaks reads where gitleaks' files are.
func (p *parser) gitleaks(cfg *Config, n *yaml.Node) {
	p.mapping(n, `"gitleaks"`, func(key string, at, value *yaml.Node) {
		where := p.doc.OffsetPosition(p.nodeOffset(value))
		switch key {
		case "config":
			cfg.Gitleaks.Path, cfg.Gitleaks.configAt = p.file(value), where
		case "baseline":
			cfg.Gitleaks.baseline, cfg.Gitleaks.baseLine = p.file(value), where
		default:
			p.fail(at, "unknown key %s; %s", quote(key), didYouMean(key, []string{"config", "baseline"}, "the keys are "))
		}
	})
}

// file is the path of a file in the repository.
func (p *parser) file(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || n.Value == "" {
		p.fail(n, "this is %s where the path of a file is wanted", describe(n))
		return ""
	}
	if !fs.ValidPath(n.Value) || n.Value == "." {
		p.fail(n, "%s is no path in this repository: paths start at its root, are separated by \"/\" and stay below it", quote(n.Value))
		return ""
	}
	return n.Value
}

// choice is one word of the file and what it stands for.
type choice[T any] struct {
	word  string
	value T
}

var (
	personas = []choice[check.Persona]{
		{"regular", check.Regular}, {"pedantic", check.Pedantic}, {"auditor", check.Auditor},
	}
	severities = []choice[check.Severity]{
		{"low", check.Low}, {"medium", check.Medium}, {"high", check.High}, {"critical", check.Critical},
	}
	checkSettings = []choice[CheckConfig]{
		{"off", CheckConfig{Off: true}},
		{"low", CheckConfig{Severity: check.Low}}, {"medium", CheckConfig{Severity: check.Medium}},
		{"high", CheckConfig{Severity: check.High}}, {"critical", CheckConfig{Severity: check.Critical}},
	}
)

func oneOf[T any](p *parser, n *yaml.Node, what string, choices []choice[T]) (zero T) {
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = c.word
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		p.fail(n, "this is %s where one of %s is wanted", describe(n), strings.Join(words, ", "))
		return zero
	}
	for _, c := range choices {
		if c.word == n.Value && n.ShortTag() == "!!str" {
			return c.value
		}
	}
	if n.Value == "false" && words[0] == "off" { // YAML's own word for it
		p.fail(n, `%s is no %s; did you mean "off"?`, quote(n.Value), what)
		return zero
	}
	p.fail(n, "%s is no %s; %s", quote(n.Value), what, didYouMean(n.Value, words, "take one of "))
	return zero
}

func (p *parser) boolean(n *yaml.Node, key string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		p.fail(n, "%s is %s; it is true or false", quote(key), describe(n))
		return false
	}
	v, err := strconv.ParseBool(strings.ToLower(n.Value))
	if err != nil {
		p.fail(n, "%s is %s; it is true or false", quote(key), describe(n))
	}
	return v
}

// positive reads a whole number of at least 1, in digits as people write them.
func (p *parser) positive(n *yaml.Node, key string) int64 {
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil || v < 1 {
		p.fail(n, "%s is %s; it is a whole number of bytes, such as 10485760", quote(key), describe(n))
		return 0
	}
	return v
}

func (p *parser) globs(n *yaml.Node) []string {
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		p.fail(n, `"exclude" is %s; it is a list of globs, each on a line of its own after "- "`, describe(n))
		return nil
	}
	var globs []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || item.ShortTag() != "!!str" {
			p.fail(item, `this is %s where a glob is wanted; write it in quotes, as in "testdata/**"`, describe(item))
			continue
		}
		if wrong := wrongGlob(item.Value); wrong != "" {
			p.fail(item, "%s", wrong)
			continue
		}
		globs = append(globs, item.Value)
	}
	return globs
}

// wrongGlob says why a glob does not do what its author means, or "".
func wrongGlob(glob string) string {
	if _, err := check.CompileGlob(glob); err != nil {
		return clip(err.Error())
	}
	unrooted := strings.TrimLeft(strings.TrimPrefix(glob, "."), "/")
	switch {
	case glob == "":
		return `the glob is empty; leave the line out`
	case glob == ".", glob == "..", strings.HasPrefix(glob, "../"):
		return fmt.Sprintf("the glob %s matches nothing: paths start at the repository's root and stay below it", quote(glob))
	case strings.HasPrefix(glob, "!"):
		return fmt.Sprintf("the glob %s starts with \"!\"; there are no exceptions from exclusions: exclude less", quote(glob))
	case strings.HasPrefix(glob, "/"), strings.HasPrefix(glob, "./"):
		return fmt.Sprintf("the glob %s matches nothing: paths start at the repository's root; did you mean %s?", quote(glob), quote(unrooted))
	case strings.HasSuffix(glob, "/"):
		return fmt.Sprintf("the glob %s matches nothing: paths do not end in a slash; did you mean %s?", quote(glob), quote(glob+"**"))
	case strings.Contains(glob, `\`):
		return fmt.Sprintf("the glob %s has a backslash; folders are separated by \"/\"; did you mean %s?",
			quote(glob), quote(strings.ReplaceAll(glob, `\`, "/")))
	}
	return ""
}

// mapping calls do for each key and value of a mapping, in the file's order.
// Nothing at all (a key whose lines are commented out) is an empty mapping.
func (p *parser) mapping(n *yaml.Node, what string, do func(key string, at, value *yaml.Node)) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.fail(n, `%s is %s; it consists of lines "key: value"`, what, describe(n))
		return
	}
	first := make(map[string]int) // line of each key
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" {
			p.fail(key, "this is %s where a key is wanted", describe(key))
			continue
		}
		if line, twice := first[key.Value]; twice {
			p.fail(key, "the key %s is given twice, first in line %d; leave one of them out", quote(key.Value), line)
			continue
		}
		first[key.Value] = key.Line
		do(key.Value, key, value)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe names a node for an error.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (they are not supported)"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!str":
		return "the text " + quote(n.Value)
	case "!!int", "!!float":
		return "the number " + quote(n.Value)
	}
	return quote(n.Value)
}

// quote gives text of the file for an error: escaped, and not more than a line.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	cut := maxQuoted
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
