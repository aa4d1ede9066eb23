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
// same machine, names an image, a token of PKCS #11 or an authorization without a password, or is base64 of a word.
func opensNothing(d *check.Document, g *guess) bool {
	before := d.Content[lineStart(d.Content, g.value.Start, maxLiteralLine):g.value.Start]
	value := string(d.Content[g.value.Start:g.value.End])
	after := d.Content[g.value.End:min(len(d.Content), g.value.End+maxHost)]
	return commentedOut(d, before) ||
		ownServer.Match(after) || ownQuery.Match(before) ||
		imageName.Match(before) || tokenLabel.Match(before) ||
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

// basicScheme comes before the base64 of user:password (RFC 7617).
var basicScheme = engine.NewRegexp(`(?i)\bbasic[ \t]+["\x27\x60]?$`)

// imageName comes before the tag of a container's image: registry.example/team/image:TAG.
var imageName = engine.NewRegexp(`[\w-]+\.[\w.-]+/(?:[\w.-]+/)*[\w.-]+:$`)

// tokenLabel comes before the label of a PKCS #11 token, which is its name (RFC 7512, section 2.3).
var tokenLabel = engine.NewRegexp(`pkcs11:(?:[^\s"\x27]*;)?token=$`)

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
