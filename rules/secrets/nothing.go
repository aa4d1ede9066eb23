package secrets

import (
	"bytes"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// The functions of this file say of a value that was found by the name before it that it opens nothing, by what it is
// and by the line that it is on.

// opensNothing reports whether a value stands in code that somebody has commented out, is for a server on the
// same machine, names an image, a product, a token of PKCS #11, is the key of a product or an authorization without a password, or is base64 of a word.
func opensNothing(d *check.Document, g *guess) bool {
	before := d.Content[lineStart(d.Content, g.value.Start, maxLiteralLine):g.value.Start]
	value := string(d.Content[g.value.Start:g.value.End])
	after := d.Content[g.value.End:min(len(d.Content), g.value.End+maxHost)]
	return commentedOut(d, before) ||
		ownServer.Match(after) || ownQuery.Match(before) ||
		imageName.Match(before) || productName.Match(before) || tokenLabel.Match(before) ||
		productKey.Match(d.Content[max(0, g.value.Start-maxHost):g.value.Start]) ||
		basicScheme.Match(before) && !strings.Contains(string(decodeBase64(value)), ":") ||
		encodesWord(value)
}

// maxHost is how much of an address is looked at behind a password, in bytes.
const maxHost = 40

// ownServer follows the password for a server on the same machine, and ownQuery is in the address of one, before the
// values of its query: nobody else reaches it.
var (
	ownServer = engine.NewRegexp(`^@(?:tcp\()?(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?:[:/?)"\x27\s]|$)`)
	ownQuery  = engine.NewRegexp(`@(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::\d{1,5})?/[^\s"\x27]*$`)
)

// productName comes before a part of the name of a product (CPE 2.3, NISTIR 7695).
var productName = engine.NewRegexp(`\bcpe:(?:2\.3:|/)[aho*][^\s"\x27\x60]*$`)

// basicScheme comes before the base64 of user:password (RFC 7617).
var basicScheme = engine.NewRegexp(`(?i)\bbasic[ \t]+["\x27\x60]?$`)

// publicName is a name that says that the token beside it is for everybody: builds of changes by strangers need one. That of
// a public repository, or of what a build tool hands to browsers, is another thing.
var publicName = engine.NewRegexp(`(?i)(?:^|[^A-Za-z])public[_-]?(?:access|api|read|readonly|read[_-]only)?[_-]?(?:token|pat)["']?[ \t]*[:=][ \t]*["'\x60]?$`)

// bundledName begins the names of what build tools hand to browsers.
var bundledName = engine.NewRegexp(`(?i)(?:next|nuxt|expo)_public_`)

// namedPublic reports whether the name before a value says that it is for everybody.
func namedPublic(text []byte, at int) bool {
	before := text[lineStart(text, at, maxLiteralLine):at]
	return publicName.Match(before) && !bundledName.Match(before)
}

// aboutPGP is said of a key of PGP by its fingerprint.
var aboutPGP = engine.NewRegexp(`(?i)\bfingerprint|(?:^|[^a-z])(?:openpgp|pgp|gpg2?)(?:[^a-z0-9]|$)|\bkeyserver\b`)

// isFingerprint reports whether a value is the fingerprint of a key of PGP (RFC 4880): 40 digits, of which the line or the comment
// above says so.
func isFingerprint(text []byte, value check.Range) bool {
	v := string(text[value.Start:value.End])
	if len(v) != 40 || !isHex(v) {
		return false
	}
	return aboutPGP.Match(text[lineStart(text, value.Start, maxLiteralLine):value.Start]) || saysAbove(text, value.Start, aboutPGP)
}

// imageName comes before the tag of a container's image: registry.example/team/image:TAG.
var imageName = engine.NewRegexp(`[\w-]+\.[\w.-]+/(?:[\w.-]+/)*[\w.-]+:$`)

// tokenLabel comes before the label of a PKCS #11 token, which is its name (RFC 7512, section 2.3).
var tokenLabel = engine.NewRegexp(`pkcs11:(?:[^\s"\x27]*;)?token=$`)

// productKey comes before the key of a product in the answers to the setup of Windows: those of
// volumes and evaluation are published by Microsoft, and others open no account.
var productKey = engine.NewRegexp(`<ProductKey>\s*(?:<Key>\s*)?$`)

// commentMarks begin a comment to the end of the line, by language; "#" does in all the others.
var commentMarks = map[string][]string{
	"": {"//", "#", "--", ";"}, "go": {"//"}, "c": {"//"}, "cpp": {"//"}, "csharp": {"//"}, "java": {"//"}, "kotlin": {"//"}, "rust": {"//"}, "swift": {"//"}, "scala": {"//"},
	"javascript": {"//"}, "typescript": {"//"}, "javascriptreact": {"//"}, "typescriptreact": {"//"}, "php": {"//", "#"}, "jsonc": {"//"},
	"sql": {"--"}, "lua": {"--"}, "ini": {";", "#"}, "json": nil, "markdown": nil,
}

// commentedOut reports whether the text before a value, on its line, begins a comment.
func commentedOut(d *check.Document, before []byte) bool {
	marks, known := commentMarks[d.Language]
	if !known {
		marks = []string{"#"}
	}
	line := bytes.TrimLeft(before, " \t")
	for _, mark := range marks {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}

// exampleIntro ends right before what a comment shows of a value.
var exampleIntro = engine.NewRegexp(`(?i)\b(?:e\.?g\.?|(?:for )?example|for instance)[:,]?[ \t]*["'\x60?(]*$`)

// calledExample reports whether the comment that a value is in calls it an example, right
// before it: // e.g.: VALUE.
func calledExample(d *check.Document, at int) bool {
	before := d.Content[lineStart(d.Content, at, maxLiteralLine):at]
	return commentedOut(d, before) && exampleIntro.Match(before)
}

// maxWord is the longest word in base64 that counts as one, in bytes.
const maxWord = 12

// encodesWord reports whether a value is base64 of one word, as the manifests of Kubernetes have them to try something:
// dGVzdA==.
func encodesWord(v string) bool {
	raw := decodeBase64(v)
	if len(raw) < 3 || len(raw) > maxWord {
		return false
	}
	for _, c := range raw {
		if c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// A dictionary is a list of at least minDictionary strings, of which one in dictionaryShare
// at most looks like a key; maxDictionary of them are looked at on either side of a value.
const (
	minDictionary   = 50
	maxDictionary   = 100
	dictionaryShare = 10
)

// amongWords reports whether a value is an element of a dictionary, such as that of the
// words which a protocol has short signs for: it is one of them.
func amongWords(text []byte, value check.Range) bool {
	if value.Start == 0 || value.End >= len(text) {
		return false
	}
	quote := text[value.Start-1]
	if strings.IndexByte("\"'`", quote) < 0 || text[value.End] != quote {
		return false
	}
	words, keys := 0, 0
	count := func(word []byte) {
		if words++; natureOf(string(word[:min(len(word), maxValue)])) == natureRandom {
			keys++
		}
	}
	const between = ", \t\r\n"
	after := bytes.TrimLeft(text[value.End+1:], between)
	for n := 0; n < maxDictionary && len(after) > 0 && after[0] == quote; n++ {
		end := 1 + bytes.IndexByte(after[1:], quote)
		if end == 0 {
			break
		}
		count(after[1:end])
		after = bytes.TrimLeft(after[end+1:], between)
	}
	before := bytes.TrimRight(text[:value.Start-1], between)
	for n := 0; n < maxDictionary && len(before) > 0 && before[len(before)-1] == quote; n++ {
		start := bytes.LastIndexByte(before[:len(before)-1], quote)
		if start < 0 {
			break
		}
		count(before[start+1 : len(before)-1])
		before = bytes.TrimRight(before[:start], between)
	}
	return words >= minDictionary && dictionaryShare*keys <= words
}
