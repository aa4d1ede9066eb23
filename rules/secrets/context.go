package secrets

import (
	"bytes"
	"encoding/base64"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// The checks of this file find credentials by what stands beside them: a name
// and a value. The name says that it is a credential, or whose; the value says
// whether somebody could have meant it as one.

const (
	kindPassword = "hard-coded-password"
	kindService  = "service-credential"
	kindSecret   = "generic-api-key"
	kindMnemonic = "wallet-mnemonic"
	kindPossible = "possible-secret"
)

// A guess is what a check of the context found.
type guess struct {
	kind       string
	value      check.Range
	confidence check.Confidence
	message    string
	persona    check.Persona
	named      bool // a rule found it by the name before it
}

// services is the set of service names, written together.
var services = sync.OnceValue(newServices)

func newServices() map[string]bool {
	set := make(map[string]bool, len(serviceNames))
	for _, w := range serviceNames {
		if !commonNames[w] {
			set[strings.ReplaceAll(w, "-", "")] = true
		}
	}
	return set
}

// A names looks at the names of a document that have one of the words.
type names struct {
	d      *check.Document
	done   int             // names before this offset have been looked at
	known  map[string]name // names repeat
	config bool
	lax    bool
	values run
	found  []guess
}

func newNames(d *check.Document) *names {
	n := &names{d: d, known: make(map[string]name), config: isConfig(d), lax: isCredentials(d.Path), values: run{ends: &endsCode}}
	if n.config {
		n.values.ends = &endsValue
	}
	return n
}

func (n *names) read(r check.Range) name {
	text := n.d.Content[r.Start:r.End]
	known, ok := n.known[string(text)]
	if !ok {
		known = readName(string(text))
		n.known[string(text)] = known
	}
	return known
}

// at looks at the name around a word.
func (n *names) at(start, end int) {
	if start < n.done {
		return
	}
	text := n.d.Content
	r := nameAround(text, start, end)
	n.done = r.End
	name := n.read(r)
	if n.config && name.list {
		n.found = append(n.found, members(text, r)...)
	}
	p, ok := pairAt(text, r, n.config, &n.values)
	if ok && !p.quoted && !n.config {
		// Text in a literal, not code after one: a query, a connection string.
		p.inText = inString(text, r.Start) && !bytes.ContainsAny(text[p.value.Start:p.value.End], "(){}[]|")
		p.quoted = p.inText
	}
	var g guess
	if ok {
		g, ok = judge(text, r, name, p, n.config, n.lax)
	}
	if !ok {
		g, ok = alongside(text, r, name)
	}
	if ok {
		n.found = append(n.found, g)
		n.done = max(n.done, g.value.End)
	}
}

// alongside finds a credential of a service in one of the next string literals
// of a line, as in mail.New("me@acme.io", "..."): what is not next to the name
// must look random all the more.
func alongside(text []byte, nameRange check.Range, n name) (guess, bool) {
	found := guess{kind: kindService, confidence: check.Firm, message: "Credential of " + n.service}
	if n.signs && bytes.HasPrefix(text[nameRange.End:], []byte("(")) {
		// jwt.sign(claims, "..."), hmac.New(sha256.New, []byte("..."))
		found.kind, found.message = kindSecret, "Signing key in the text"
	} else if n.service == "" || n.common || n.notSecret || n.weakened {
		return guess{}, false
	}
	rest := text[nameRange.End:min(len(text), nameRange.End+200)]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	at, before := 0, 0
	if quote := quoteAt(text, nameRange.Start); quote != 0 { // the name is in a literal itself
		if at = bytes.IndexByte(rest, quote) + 1; at == 0 {
			return guess{}, false
		}
	}
	for {
		i := bytes.IndexAny(rest[at:], "\"'`")
		if i < 0 {
			return guess{}, false
		}
		start := at + i + 1
		hashes := found.kind == kindService && aboutHashes(rest[before:start]) // the last literal may be a key
		length := bytes.IndexByte(rest[start:], rest[start-1])
		if length < 0 {
			return guess{}, false
		}
		value := string(rest[start : start+length])
		if _, digits, letters := classes(value); !hashes && len(value) >= 20 && digits >= 2 && letters > 0 && tokenBytes(value) &&
			natureOf(value) == natureRandom && !strings.ContainsAny(value, "/:") {
			found.value = check.Range{Start: nameRange.End + start, End: nameRange.End + start + length}
			return found, true
		}
		at, before = start+length+1, start
		if at >= len(rest) {
			return guess{}, false
		}
	}
}

// aboutHashes reports whether a text speaks of a hash, an identifier or a
// version.
func aboutHashes(text []byte) bool {
	for _, w := range splitWords(string(text)) {
		if weakWords[w] || publicWords[w] {
			return true
		}
	}
	return false
}

// inString reports whether an offset is inside a string literal that starts on
// its line: the text of a URL or of a connection string.
func inString(text []byte, at int) bool { return quoteAt(text, at) != 0 }

// lineStart gives the start of the line that an offset is in, or the offset that
// is limit bytes before: no search goes further back than that.
func lineStart(text []byte, at, limit int) int {
	from := max(at-limit, 0)
	return from + bytes.LastIndexByte(text[from:at], '\n') + 1
}

// maxLiteralLine is how much of a line before an offset is read for the literal
// that the offset is in: lines that people write.
const maxLiteralLine = 400

// quoteAt gives the quote of the string literal that an offset is in, or 0.
func quoteAt(text []byte, at int) byte {
	var quote byte
	start := lineStart(text, at, maxLiteralLine)
	if start > 0 && text[start-1] != '\n' {
		return 0 // where the literals of such a long line begin is not known
	}
	for i := start; i < at; i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote == 0 && (c == '"' || c == '\'' || c == '`'):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote
}

// isConfig reports whether values of a document may stand without quotes.
func isConfig(d *check.Document) bool {
	switch d.Language {
	case "":
		return !codeExtensions[strings.TrimPrefix(strings.ToLower(path.Ext(d.Path)), ".")]
	case "dotenv", "ini", "properties", "yaml", "toml", "xml", "json", "jsonc", "terraform", "terraform-vars", "hcl", "dockerfile", "shellscript", "makefile", "markdown":
		return true
	}
	return false
}

// codeExtensions are those of files of code that have no language of their own here.
var codeExtensions = set(`
	graphql graphqls gql fbs thrift capnp
	hh hxx cxx inl tcc m mm cu cuh cl metal comp glsl vert frag geom hlsl wgsl s asm
	pm el elc lisp lsp clj cljs hs lhs ml mli erl hrl jl zig nim d f f90 pas v sv vhd vhdl sol`)

func nameByte(c byte) bool {
	return c-'a' < 26 || c-'A' < 26 || c-'0' < 10 || c == '_' || c == '-' || c == '.'
}

// maxName is how long a name may be, on either side of the word in it.
const maxName = 60

func nameAround(text []byte, start, end int) check.Range {
	r := check.Range{Start: start, End: end}
	for n := 0; n < maxName && r.Start > 0 && nameByte(text[r.Start-1]); n++ {
		r.Start--
	}
	for n := 0; n < maxName && r.End < len(text) && nameByte(text[r.End]); n++ {
		r.End++
	}
	for r.End > end && (text[r.End-1] == '-' || text[r.End-1] == '.') {
		r.End-- // "token->", "key."
	}
	return r
}

// A pair is the value that belongs to a name.
type pair struct {
	value  check.Range
	quoted bool
	call   bool // an argument of the name, as in Client("...")
	flag   bool // separated by white space alone, as in --token ...
	inText bool // name and value stand in one literal
	query  bool // in the query of a URL
}

// maxValue is the longest value that is looked at, in bytes. A longer text in
// quotes is prose or data.
const maxValue = 600

// pairAt finds the value that belongs to a name: after an operator, as the next
// argument or attribute, or in the next line's "value:".
func pairAt(text []byte, name check.Range, config bool, values *run) (p pair, ok bool) {
	c := cursor{text: text, at: name.End, run: values}
	flag := text[name.Start] == '-' || config && (name.Start == 0 || text[name.Start-1] <= ' ') || name.Start > 0 && text[name.Start-1] == ' '
	p.query = name.Start > 0 && (text[name.Start-1] == '?' || text[name.Start-1] == '&')
	c.skip(`\`)
	quoted := c.any("\"'`")
	c.any("\"'`")
	c.any("])")
	c.any("\"'`")
	gap := c.spaces()
	if !quoted && (gap > 0 || c.peek() == ':') {
		c.annotation()
	}
	if config && quoted {
		c.attributes()
	}
	listed := false // name: NAME, and the next line has the value: of it
	lines := false  // "NAME", and a literal on the next line
	if config && (c.literal("</key>") || c.literal("</name>")) {
		c.spaces()
	} else {
		listed = config && c.lineEnd()
	}
	switch {
	case c.literal(":="), c.literal("=>"), c.literal("->"), c.literal("==="), c.literal("=="), c.literal("!=="), c.literal("!="),
		c.literal("::="), c.literal("?="), c.literal("+="), c.literal("||="), c.literal("="):
	case c.literal(":: "), !bytes.HasPrefix(c.text[c.at:], []byte("::")) && c.literal(":"): // without a space it is a scope: token::TYPE
	case c.literal(">"):
		if !config {
			return p, false
		}
	case c.literal("("):
		p.call = true
	case quoted && c.literal(","):
		if c.spaces(); !c.lineEnd() && !c.quotes() || !startsLiteral(text, name.Start) || isDigits(text[name.Start:name.Start+1]) {
			return p, false // the value of something, not the name
		}
		lines = c.lineEnd()
	case quoted && config && c.literal("{"):
		// Terraform: variable "name" { default = "value" }
		if !c.defaultValue() {
			return p, false
		}
	case gap > 0 && config && !(name.Start > 0 && text[name.Start-1] == '$') && c.literal("|"): // a table in Markdown, no pipe
	case quoted && c.literal("value"):
		c.spaces()
		if !c.literal("=") {
			return p, false
		}
	case flag && gap > 0 && (!quoted || text[name.Start] == '-') && c.peek() != '`':
		p.flag = true
		c.spaces()
		if i := c; i.any("07") && i.any(" ") { // a router's: password 0 ..., in the clear or as good as
			c = i
		}
	case c.lineEnd() && config:
	default:
		return p, false
	}
	c.spaces()
	if config && c.peek() == '{' && !c.objectValue() {
		return p, false
	}
	if open := c; !p.call && open.any("(") && open.lineEnd() { // Python's way to break a line
		c = open
	}
	if c.lineEnd() {
		if p.flag {
			return p, false
		}
		if config {
			c.hiddenParameter(name.Start)
		}
		c.newline()
		c.spaces()
		b := c.peek()
		if strings.IndexByte("\"'`<vVD", b) < 0 {
			return p, false
		}
		listed = listed || b|0x20 == 'v' || b == 'D' // value: or Default:
	}
	// The pair of a list: name: NAME, value: ...
	if !c.valueKey() && listed {
		return p, false
	}
	c.spaces()
	if c.yamlBlock() {
		c.newline()
		c.spaces()
	}
	for c.prefix() {
		c.spaces()
	}
	return p, c.value(&p, config) && !(lines && (c.isKey() || c.inList(name.Start)))
}

// isKey reports whether a literal that has been read is the name of a value itself: the
// next in a map, after one whose value was read as a name.
func (c *cursor) isKey() bool {
	i := *c
	return i.any("\"'`") && (i.spaces() >= 0 && i.peek() == ':' || i.literal("=>"))
}

// inList reports whether a name, and its value that has been read, are members of a list
// that has more of them: another literal before the name, or after the value.
func (c *cursor) inList(name int) bool {
	const quotes = "\"'`"
	before := bytes.TrimRight(c.text[max(0, name-maxName):name-1], " \t\r\n")
	after := *c
	after.any(quotes)
	comma := after.any(",")
	after.white()
	more := comma && after.any(quotes)
	if n := len(before) - 1; n > 0 && before[n] == ',' && strings.IndexByte(quotes, before[n-1]) >= 0 {
		return more || after.any("]}")
	}
	return more && (bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte("{")))
}

// startsLiteral reports whether a quote stands before an offset.
func startsLiteral(text []byte, at int) bool {
	return at > 0 && strings.IndexByte("\"'`", text[at-1]) >= 0
}

// A cursor moves over a text.
type cursor struct {
	text []byte
	at   int
	run  *run
}

// A run is what was last found to be without a byte that ends a value: names that
// follow each other without one share it, so that it is read once.
type run struct {
	ends      *[256]bool // endsCode or endsValue
	from, end int
}

// next gives the first byte that ends a value, at or after an offset.
func (r *run) next(text []byte, at int) int {
	if at < r.from || at >= r.end {
		r.from, r.end = at, at
		for r.end < len(text) && !r.ends[text[r.end]] {
			r.end++
		}
	}
	return r.end
}

func (c *cursor) peek() byte {
	if c.at < len(c.text) {
		return c.text[c.at]
	}
	return 0
}

func (c *cursor) any(set string) bool {
	if b := c.peek(); b != 0 && strings.IndexByte(set, b) >= 0 {
		c.at++
		return true
	}
	return false
}

// quotes reports whether a string literal is next, or a call around one.
func (c *cursor) quotes() bool {
	i := *c
	for i.prefix() {
		i.spaces()
	}
	b := i.peek()
	return b == '"' || b == '\'' || b == '`' || b == '\\'
}

func (c *cursor) skip(set string) {
	for c.any(set) {
	}
}

func (c *cursor) spaces() int {
	start := c.at
	for n := 0; n < 40 && c.any(" \t"); n++ {
	}
	return c.at - start
}

func (c *cursor) literal(s string) bool {
	if bytes.HasPrefix(c.text[c.at:], []byte(s)) {
		c.at += len(s)
		return true
	}
	return false
}

func (c *cursor) lineEnd() bool {
	return c.peek() == '\n' || c.peek() == '\r' && c.at+1 < len(c.text) && c.text[c.at+1] == '\n'
}

func (c *cursor) newline() {
	c.literal("\r")
	c.literal("\n")
}

// defaultValue skips to the value of "default" in a block that has just begun.
func (c *cursor) defaultValue() bool {
	block := c.text[c.at:min(len(c.text), c.at+400)]
	if i := bytes.IndexByte(block, '}'); i >= 0 {
		block = block[:i]
	}
	i := bytes.Index(block, []byte("default"))
	if i <= 0 || block[i-1] > ' ' {
		return false
	}
	c.at += i + len("default")
	c.spaces()
	return c.literal("=")
}

// attributes skips what else is in a tag before its end, as in Android's
// <string name="key" translatable="false">.
func (c *cursor) attributes() {
	i := *c
	for {
		start := i.at
		for i.at-start < 40 && (nameByte(i.peek()) || i.peek() == ':') {
			i.at++
		}
		if i.at == start || !i.any("=") || !i.any(`"`) {
			return
		}
		end := bytes.IndexByte(i.text[i.at:min(len(i.text), i.at+80)], '"')
		if end < 0 {
			return
		}
		i.at += end + 1
		i.spaces()
		if i.peek() == '>' {
			*c = i
			return
		}
	}
}

// objectValue skips to the value of an object that has it in its first member, as
// the outputs in Terraform's state have.
func (c *cursor) objectValue() bool {
	i := *c
	i.any("{")
	i.white()
	if !i.valueKey() {
		return false
	}
	*c = i
	return true
}

// white skips white space and line ends: the indentation of a member.
func (c *cursor) white() {
	for n := 0; n < 80 && c.any(" \t\r\n"); n++ {
	}
}

// maxParameter is how much of CloudFormation's description of a parameter is read
// for its value.
const maxParameter = 400

// hiddenParameter skips to the line before the Default of a parameter with NoEcho,
// by which CloudFormation marks a secret.
func (c *cursor) hiddenParameter(name int) {
	line := lineStart(c.text, name, 200)
	block := c.text[c.at:min(len(c.text), c.at+maxParameter)]
	block = block[:indented(block, len(c.text[line:name])-len(bytes.TrimLeft(c.text[line:name], " \t")))]
	if !bytes.Contains(block, []byte("NoEcho: true")) && !bytes.Contains(block, []byte("NoEcho: 'true'")) && !bytes.Contains(block, []byte(`NoEcho: "true"`)) {
		return
	}
	if i := bytes.Index(block, []byte("Default:")); i >= 0 {
		c.at += lineStart(block, i, maxParameter) - 1
	}
}

// annotation skips a type between name and operator: ": string =", " string =".
func (c *cursor) annotation() {
	i := *c
	i.any(":")
	i.spaces()
	start := i.at
	for i.at-start < 30 && i.peek() != 0 && (nameByte(i.peek()) || strings.IndexByte("[]*?<>&", i.peek()) >= 0) {
		i.at++
	}
	if i.at == start || i.at == c.at {
		return
	}
	i.spaces()
	if i.peek() == '=' && i.at+1 < len(i.text) && i.text[i.at+1] != '=' && i.text[i.at+1] != '>' {
		*c = i
	}
}

// valueKey skips the name of the value in formats that list names and values:
// YAML's "value:", JSON's "value":, XML's value=" and <string>.
// It reports whether there was one.
func (c *cursor) valueKey() bool {
	i := *c
	i.any("\"'")
	i.any(",")
	i.spaces()
	i.any("\"'")
	for _, key := range []string{"value", "Value", "default", "Default", "defaultValue", "DefaultValue", "string>", "VALUE"} {
		j := i
		if key == "string>" {
			j.any("<")
		}
		if !j.literal(key) {
			continue
		}
		j.any("\"'")
		j.spaces()
		if key == "string>" || j.any(":=") {
			j.spaces()
			*c = j
			return true
		}
		return false
	}
	return false
}

// yamlBlock skips "|", ">-" and the like before a line end.
func (c *cursor) yamlBlock() bool {
	i := *c
	if !i.any("|>") {
		return false
	}
	i.any("-+")
	if !i.lineEnd() {
		return false
	}
	*c = i
	return true
}

// prefix skips what may stand before the value proper: a scheme, a string
// prefix, a conversion.
func (c *cursor) prefix() bool {
	for _, s := range []string{"Bearer ", "bearer ", "Basic ", "Token ", "token ", "ApiKey ", "[]byte(", "String(", "new ", "str(", "b\"", "b'", "f\"", "r\"", "u\"", "u'", "@\"", "L\"", "N'"} {
		i := *c
		if i.literal(s) {
			if last := s[len(s)-1]; last == '"' || last == '\'' {
				i.at--
			}
			*c = i
			return true
		}
	}
	// A list of one, or a call around a literal.
	i := *c
	if i.any("([") && strings.IndexByte("\"'`", i.peek()) >= 0 && i.peek() != 0 {
		*c = i
		return true
	}
	start := i.at
	for i.at-start < 40 && nameByte(i.peek()) {
		i.at++
	}
	if i.at > start && i.any("(") && i.peek() != 0 && strings.IndexByte("\"'`", i.peek()) >= 0 {
		*c = i
		return true
	}
	return false
}

// endsCode are the bytes that end a value without quotes in code, endsValue those
// in a configuration.
var (
	endsCode  = byteTable("\"'`<>,;)}]|\\")
	endsValue = byteTable("\"'`<,\\")
)

// byteTable has the bytes of a text, and white space.
func byteTable(set string) (table [256]bool) {
	for c := range byte(' ' + 1) {
		table[c] = true
	}
	for i := range len(set) {
		table[set[i]] = true
	}
	return table
}

// value reads the value itself.
func (c *cursor) value(p *pair, config bool) bool {
	c.skip(`\`)
	start := c.at
	if q := c.peek(); q != 0 && strings.IndexByte("\"'`", q) >= 0 {
		c.at++
		if bytes.HasPrefix(c.text[c.at:], []byte{q, q}) {
			c.at += 2 // Python's long strings
		}
		start = c.at
		if c.literal(`\`) { // a literal in the literal
			if !c.any("\"'") {
				return false
			}
			start = c.at
			for c.at-start <= maxValue && c.peek() > ' ' && c.peek() != '\\' && c.peek() != q {
				c.at++
			}
			p.quoted, p.value = true, check.Range{Start: start, End: c.at}
			return c.at > start && c.peek() == '\\'
		}
		for c.at < len(c.text) && c.at-start <= maxValue {
			switch b := c.text[c.at]; {
			case b == q:
				p.quoted = true
				p.value = check.Range{Start: start, End: c.at}
				for _, s := range []string{"Bearer ", "bearer ", "Basic ", "Token ", "token "} {
					if strings.HasPrefix(string(c.text[start:c.at]), s) {
						p.value.Start += len(s)
					}
				}
				if p.value.End > p.value.Start && c.text[p.value.End-1] == '\\' {
					p.value.End-- // the quote was escaped: text in a string
				}
				return p.value.End > p.value.Start
			case b == '\n':
				return false
			case b == '\\' && c.at+1 < len(c.text) && c.text[c.at+1] != q:
				c.at++
			}
			c.at++
		}
		return false
	}
	if p.call {
		return false
	}
	if !p.query && start < len(c.text) && !endsCode[c.text[start]] {
		if c.at = c.run.next(c.text, start); c.at-start > maxValue {
			return false
		}
	}
	limit := min(len(c.text), start+maxValue+1)
	for c.at < limit && !endsCode[c.text[c.at]] && !(p.query && c.text[c.at] == '&') {
		c.at++
	}
	if config && c.at > start { // a password may hold anything but white space
		for c.at < limit && !endsValue[c.text[c.at]] && !(p.query && c.text[c.at] == '&') {
			c.at++
		}
		for c.at > start && strings.IndexByte(",;)}]", c.text[c.at-1]) >= 0 {
			c.at--
		}
	}
	p.value = check.Range{Start: start, End: c.at}
	return c.at > start && c.at-start <= maxValue
}

// judge decides whether a name and its value are a credential.
func judge(text []byte, nameRange check.Range, n name, p pair, config, lax bool) (guess, bool) {
	value := string(text[p.value.Start:p.value.End])
	g := guess{value: p.value}
	kinds, digits, letters := classes(value)
	// What is cheap to see, and leaves nothing to be judged below.
	if strings.ContainsAny(value, " \t\\") || strings.Contains(value, "-----") || !lax && (len(value) < 8 || kinds == 1 && len(value) < 10) { // prose, bytes, the edge of PEM, or a word
		return g, false
	}
	// Code without quotes is a name, not a value; but no name is random.
	bare := !p.quoted && (!config || p.flag && text[nameRange.Start] != '-' && !setsVariable(text, nameRange.Start))
	bare = bare && !(n.password && config)
	if bare && (len(value) < 20 || digits < 2) {
		return g, false
	}
	n = about(text, nameRange, n)
	if n.password && strings.HasPrefix(value, "OBF:") {
		value = deobfuscated(value)
		kinds, digits, letters = classes(value)
	}
	if n.notSecret || !n.password && !n.secret && !n.key && !n.client && n.service == "" || len(value) < 6 && !(lax && len(value) >= 4) {
		return g, false
	}
	nature := natureOf(value)
	switch {
	case nature == naturePublic && n.secret && strings.HasPrefix(value, "6L") && bytes.Contains(bytes.ToLower(text[nameRange.Start:nameRange.End]), []byte("secret")):
		nature = natureRandom // reCAPTCHA's two keys look alike: the name says which it is
	case nature == natureReference, nature == naturePlaceholder, nature == natureDigest, nature == naturePublic, nature == natureLocator, nature == natureNumber:
		return g, false
	case nature == natureRandom && !n.password && digits == 0 && oneCase(value):
		nature = natureText // a word of another language: of 16 random letters and digits 1 in 200 has no digit
	case strings.HasPrefix(value, "eyJ") && readJWT(value) == jwtExample:
		return g, false
	}
	if p.query && inBadge(text, nameRange.Start) || endsReference(text, p.value) {
		return g, false
	}
	if digits == 0 && !ascii(value) {
		return g, false // a word of another language
	}
	if own := text[nameRange.Start:nameRange.End]; !n.password && len(own) >= 6 && bytes.Contains(bytes.ToLower(text[p.value.Start:p.value.End]), bytes.ToLower(own)) {
		return g, false // "tokenKind": "tokenKind2"
	}
	if bare && !((n.secret || n.service != "") && nature == natureRandom && !(isHex(value) && (len(value) == 40 || p.flag && !n.secret))) {
		return g, false
	}
	switch {
	case n.password:
		g.kind, g.message = kindPassword, "Password in the text"
		g.confidence = check.Firm
		switch {
		case n.weakened && isHex(value) && len(value) >= 32: // password_sha256_hex
			return g, false
		case encodesPrompt(value):
			return g, false
		case defaultPassword(text[nameRange.Start:nameRange.End], value), saysName(string(text[nameRange.Start:nameRange.End]), value), nature == natureText && strings.HasSuffix(value, "=") && identifier(value[:len(value)-1]): // the latter is the next name
			return g, false
		case lax:
		case p.flag && p.quoted && !n.setter && nature != natureRandom && runsCommand(text, nameRange, p.value): // run_pass "e2e" "$@"
			return g, false
		case p.call && nature != natureRandom && !n.setter, p.flag && (!p.quoted || p.inText) && text[nameRange.Start] != '-' && !ends(text, p):
			return g, false
		case nature == natureRandom && len(value) >= 8:
		case wordAndNumber(value) && !leet(value) && (n.ends || besideUser(text, nameRange)):
		case len(value) >= 8 && (kinds >= 3 || kinds == 2 && digits > 0 && letters > 0) && !leet(value) && (!identifier(value) || config && chosen(value)):
		default:
			return g, false
		}
		return g, true
	case n.service != "" && (nature == natureRandom || nature == natureUUID) && tokenBytes(value) && len(value) >= 16:
		if n.weakened && !n.secret || n.long && !n.secret && nature == natureUUID || !n.secret && (encodesText(value) || constantPattern.MatchString(value)) {
			return g, false
		}
		if n.common && !n.secret && (len(value) < 20 || isHex(value) && (len(value) == 40 || len(value) == 64) || nature == natureUUID || p.call) {
			return g, false
		}
		if p.call && !p.quoted || !n.secret && nameRange.Start > 1 && text[nameRange.Start-1] == ':' && wordLetter(text[nameRange.Start-2]) {
			return g, false // the latter: arn:aws:...
		}
		g.kind, g.message = kindService, "Credential of "+n.service
		g.confidence = check.Firm
		return g, true
	case n.secret && (nature == natureRandom || nature == natureUUID):
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Firm
		if n.weakened {
			return g, false
		}
		if len(value) < 16 {
			if kinds < 2 || digits == 0 || strings.ContainsAny(value, "()") {
				return g, false
			}
			g.confidence = check.Tentative
		}
		return g, true
	case n.client && p.quoted && nature == natureRandom && len(value) >= 20 && digits >= 2 && tokenBytes(value) && !strings.Contains(value, "/") && !(isHex(value) && (len(value) == 40 || len(value) == 64)):
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Firm
		return g, true
	case n.owned && nature == natureRandom && len(value) >= 20 && digits >= 2 && tokenBytes(value) && !n.weakened && !p.flag && !p.call && !(isHex(value) && (len(value) == 40 || len(value) == 64) && !config),
		n.key && p.query && nature == natureRandom && len(value) >= 20 && digits >= 2 && !n.weakened:
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Firm
		return g, true
	case n.owned && nature == natureUUID && config && !n.weakened && !p.flag && !p.call:
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Tentative
		return g, true
	case n.service != "" && n.secret && !n.common && nature == natureText && mixed(value) && !n.weakened && !p.flag && !p.call:
		g.kind, g.message, g.confidence = kindService, "Credential of "+n.service, check.Firm
		return g, true
	case n.secret && strings.HasPrefix(value, "#") && identifier(value[1:]): // a type: #Acme.TokenKey
		return g, false
	case n.secret && kinds >= 3 && len(value) >= 12 && digits > 0 && strings.ContainsAny(value, "!@#$%^&*~+=?") && !strings.ContainsAny(value, "()|,") && !n.weakened && !p.call && !p.flag:
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Firm
		return g, true
	case n.key && nature == natureRandom && len(value) >= 24 && kinds >= 3 && !isHex(value) && !namedHash.MatchString(value) && !n.weakened && !p.flag && !p.call && tokenBytes(value):
		g.kind, g.message, g.confidence = kindSecret, "Value that looks like a key or token", check.Firm
		return g, true
	}
	return g, false
}

// maxURL is how much of a URL before its query is looked at, in bytes.
const maxURL = 200

// inBadge reports whether an offset is in the URL of a badge, an image for the page
// of a project: the token in it is made to be shown there, and gives the image alone.
func inBadge(text []byte, at int) bool {
	url := text[max(0, at-maxURL):at]
	url = bytes.ToLower(url[bytes.LastIndexAny(url, " \t\n\"'`()<>")+1:])
	return bytes.Contains(url, []byte("badge")) || bytes.HasSuffix(url, []byte(".svg?"))
}

// namedHash is words and a hash, as keys of caches are: deps-linux-HASH.
var namedHash = engine.NewRegexp(`^[A-Za-z]+(?:[-_.][A-Za-z0-9.]+)+[-_.:](?:[0-9a-f]{40}|[0-9a-f]{64})$`)

// constantPattern is the name of a constant: NVIDIA_H200_141GB.
var constantPattern = engine.NewRegexp(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$`)

// encodesText reports whether a value is base64 of text that a person can read:
// data, not a key.
func encodesText(v string) bool {
	raw := decodeBase64(v)
	return len(raw) >= 6 && !slices.ContainsFunc(raw, func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' && c != '\r' || c >= 0x7f })
}

// decodeBase64 gives what a value in either alphabet of base64 holds, or nil.
func decodeBase64(v string) []byte {
	v = strings.TrimRight(v, "=")
	raw, err := base64.RawStdEncoding.DecodeString(v)
	if err != nil {
		raw, err = base64.RawURLEncoding.DecodeString(v)
	}
	if err != nil {
		return nil
	}
	return raw
}

// encodesPrompt reports whether a value is base64 of the word with which a server of mail
// asks for a password: "Password:", or with a zero byte after it (AUTH LOGIN of SMTP).
func encodesPrompt(v string) bool {
	return passwordWords[strings.ToLower(strings.TrimRight(string(decodeBase64(v)), ": \x00"))]
}

// defaultPassword reports whether a password is a word of its name and a number, as
// those that programs come with: MINIO_ROOT_PASSWORD=minio123.
func defaultPassword(name []byte, value string) bool {
	return slices.Contains(splitWords(string(name)), strings.ToLower(strings.TrimRight(value, "0123456789")))
}

// deobfuscated gives the text that Jetty writes as OBF:, four digits to the base 36 for
// a character (org.eclipse.jetty.util.security.Password); the value itself if it is none.
func deobfuscated(value string) string {
	digits := strings.TrimPrefix(value, "OBF:")
	var text []byte
	for ; len(digits) >= 4; digits = digits[4:] {
		n, err := strconv.ParseUint(digits[:4], 36, 32)
		if err != nil {
			return value
		}
		text = append(text, byte((n/256+n%256-254)/2))
	}
	if digits != "" {
		return value
	}
	return string(text)
}

// minSaid is how many words a value has of its name at least, to say nothing else.
const minSaid = 3

// saysName reports whether nearly all words of a value are those of its name, as that of
// the constant for a set of ciphers: SN_kx_ecdhe_psk "KxECDHE-PSK".
func saysName(name, value string) bool {
	of, said, words := splitWords(name), 0, 0
	joined := strings.Join(of, "")
	if constantPattern.MatchString(value) && strings.Contains(joined, strings.ToLower(strings.ReplaceAll(value, "_", ""))) {
		return true // SecurityTypeWpa2Psk "WPA2_PSK"
	}
	for _, w := range splitWords(value) {
		if strings.Trim(w, "0123456789") == "" {
			continue
		}
		words++
		if slices.Contains(of, w) || len(w) >= 4 && strings.Contains(joined, w) {
			said++
		}
	}
	return said >= minSaid && 4*said >= 3*words
}

// besideUser reports whether the name of a user stands shortly before a name, so
// that "pass" is short for password.
func besideUser(text []byte, nameRange check.Range) bool {
	return bytes.Contains(bytes.ToLower(text[max(0, nameRange.Start-80):nameRange.Start]), []byte("user"))
}

// oneCase reports whether the letters of a value are all capitals or all not.
func oneCase(v string) bool { return v == strings.ToLower(v) || v == strings.ToUpper(v) }

// setsVariable reports whether a name is that of a Dockerfile's ENV or ARG.
func setsVariable(text []byte, at int) bool {
	line := strings.TrimSpace(string(text[lineStart(text, at, 20):at]))
	return line == "ENV" || line == "ARG"
}

// about reads a name together with what stands around it: "key" alone says
// little, but the words before it, the section or the parent may name a service.
func about(text []byte, r check.Range, n name) name {
	n.notSecret = n.notSecret || afterHash(text, r.Start)
	if n.service != "" || n.notSecret || !n.key && !n.secret || n.secret && !n.weakened {
		return n
	}
	line := lineStart(text, r.Start, 200)
	before := splitWords(string(text[max(line, r.Start-40):r.Start]))
	if n.service = serviceOf(before[max(0, len(before)-3):]); n.service == "" {
		n.service = parentService(text, line, r.Start)
	}
	if n.service != "" {
		n.secret = true
	}
	return n
}

// parentService finds the service that the section of an INI file, or the parent
// of an indented line, is named for.
func parentService(text []byte, line, at int) string {
	indent := func(l []byte) int { return len(l) - len(bytes.TrimLeft(l, " \t-")) }
	depth := indent(text[line:at])
	for n := 0; n < 12 && line > 0; n++ {
		end := line - 1
		if line = lineStart(text, end, 200); line > 0 && text[line-1] != '\n' {
			return "" // no line that names something
		}
		l := text[line:end]
		trimmed := bytes.TrimSpace(l)
		switch {
		case len(trimmed) == 0:
		case trimmed[0] == '[':
			return serviceOf(splitWords(string(trimmed)))
		case indent(l) < depth:
			return serviceOf(splitWords(string(trimmed)))
		case n < 4 && indent(l) == depth: // name: acme
			if words := splitWords(string(trimmed)); len(words) > 1 && siblingWords[words[0]] {
				if s := serviceOf(words[1:]); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// siblingWords are names of what says whose key stands next to it.
var siblingWords = set("name provider service vendor integration platform source type kind id label")

func ascii(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool { return r >= 0x80 }) < 0
}

// ends reports whether a value is the last of its line, or of the literal that it is in:
// what follows "pass" within a sentence is no password.
func ends(text []byte, p pair) bool {
	return restOfLine(text, p.value.End) || p.inText && p.value.End < len(text) && strings.IndexByte("\"'`\\;", text[p.value.End]) >= 0
}

// runsCommand reports whether a name with a literal after it is that of a command which
// is given more: it begins its line, and another argument in quotes, or a variable, follows.
func runsCommand(text []byte, name, value check.Range) bool {
	if len(bytes.TrimSpace(text[lineStart(text, name.Start, maxLiteralLine):name.Start])) > 0 || value.End+1 >= len(text) {
		return false
	}
	rest := bytes.TrimLeft(text[value.End+1:min(len(text), value.End+maxName)], " \t")
	return len(rest) > 0 && text[value.End+1] <= ' ' && strings.IndexByte("\"'$", rest[0]) >= 0
}

// restOfLine reports whether nothing follows on the line.
func restOfLine(text []byte, at int) bool {
	for ; at < len(text) && text[at] != '\n'; at++ {
		if text[at] > ' ' {
			return false
		}
	}
	return true
}

// tokenBytes reports whether a value has only characters that tokens have.
func tokenBytes(v string) bool {
	for i := range len(v) {
		if c := v[i]; !nameByte(c) && strings.IndexByte("+/=~:!", c) < 0 {
			return false
		}
	}
	return true
}

// identifier reports whether a value is words of letters with separators, or a
// word and a number: a name for something.
func identifier(v string) bool {
	words, odd, long := 0, 0, false
	for _, w := range splitWords(v) {
		if strings.Trim(w, "0123456789") == "" {
			continue
		}
		words++
		long = long || len(w) > 3
		if !plain(w) {
			odd++
		}
	}
	return odd == 0 && long && words > 0 && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/") == ""
}

// plain reports whether a word of letters could be a word.
func plain(w string) bool {
	return len(w) <= 3 || surprise(w) < 5
}

// mixed reports whether a value is one word of letters and digits in a disorder
// that short tokens have: too short to be surprising, and no identifier.
func mixed(v string) bool {
	_, digits, letters := classes(v)
	return len(v) >= 12 && digits >= 2 && letters >= 2 && tokenBytes(v) && !identifier(v) && distinct(v) >= 6 &&
		(isHex(v) || surprise(v) > 4.7)
}

// chosen reports whether a value that could be an identifier is more likely a
// password that somebody thought up: letters of both cases, digits, and a sign.
func chosen(v string) bool {
	kinds, digits, _ := classes(v)
	return kinds == 4 && digits >= 2 && strings.Count(v, ".") < 2
}

// leet reports whether a value is "password" or the like in disguise.
func leet(v string) bool {
	v = strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "3", "e", "$", "s", "5", "s", "7", "t").Replace(strings.ToLower(v))
	for _, w := range []string{"password", "passwort", "changeme", "letmein", "welcome", "admin", "qwerty", "secret", "test"} {
		if strings.Contains(v, w) {
			return true
		}
	}
	return false
}
