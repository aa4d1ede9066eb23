package secrets

import (
	"bytes"
	"path"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// listWords are the names of lists whose members are credentials: what they are
// called need not say so again.
var listWords = set("keys secrets tokens credentials creds apikeys credential apitokens")

// memberPattern is a line of a list, or a member of an object: name, operator
// and a value without white space.
var memberPattern = engine.NewRegexp(`(?m)(?:^|[{,])[ \t]*(?:export[ \t]+)?["']?([A-Za-z_][\w.-]{1,60})["']?[ \t]*(?:=>|[:=])[ \t]*["']?([^\s"',;{}\[\]]{16,400})["']?[ \t]*(?:[,}\r]|$)`)

// maxList is how far from its name the members of a list are looked for, in
// bytes: some 30 of them.
const maxList = 3000

// members finds the credentials in a list that a name has just opened.
func members(text []byte, nameRange check.Range) []guess {
	c := cursor{text: text, at: nameRange.End}
	c.any("\"'")
	section := c.any("]")
	c.spaces()
	c.any(":=")
	c.spaces()
	braces := c.any("{")
	if !braces && !c.lineEnd() || !section && !braces && text[c.at-1] != ':' {
		return nil
	}
	block := text[c.at:min(len(text), c.at+maxList)]
	switch {
	case braces:
		if i := bytes.IndexByte(block, '}'); i >= 0 {
			block = block[:i+1]
		}
	case section:
		if i := bytes.Index(block, []byte("\n[")); i >= 0 {
			block = block[:i]
		}
	default: // YAML: until a line that is indented no deeper
		line := lineStart(text, nameRange.Start, 200)
		block = block[:indented(block, len(text[line:nameRange.Start])-len(bytes.TrimLeft(text[line:nameRange.Start], " \t")))]
	}
	return membersOf(block, c.at)
}

// indented gives how much of a text, which begins with a line end, is of lines
// that are indented deeper than depth.
func indented(text []byte, depth int) int {
	at := 0
	for at < len(text) {
		next := len(text)
		if i := bytes.IndexByte(text[at+1:], '\n'); i >= 0 {
			next = at + 1 + i
		}
		line := text[at+1 : next]
		if trimmed := bytes.TrimLeft(line, " \t"); len(bytes.TrimSpace(line)) > 0 && len(line)-len(trimmed) <= depth {
			return at
		}
		at = next
	}
	return at
}

// membersOf judges each member of a list by its value, unless its name speaks
// against it. base is the offset of the list.
func membersOf(list []byte, base int) (found []guess) {
	for _, m := range memberPattern.FindAllSubmatchIndex(list) {
		n, value := readName(string(list[m[2]:m[3]])), string(list[m[4]:m[5]])
		_, digits, _ := classes(value)
		if n.notSecret || n.weakened || n.key && !n.owned && n.service == "" || digits < 2 || !tokenBytes(value) {
			continue
		}
		g := guess{kind: kindSecret, value: check.Range{Start: base + m[4], End: base + m[5]}, confidence: check.Firm, message: "Value that looks like a key or token"}
		switch natureOf(value) {
		case natureRandom:
			if isHex(value) && (len(value) == 40 || len(value) == 64) {
				g.confidence = check.Tentative // a commit, a checksum
			}
		case natureUUID:
			g.confidence = check.Tentative
		default:
			continue
		}
		found = append(found, g)
	}
	return found
}

// listGuesses looks at the files that are such a list as a whole: those of the
// environment, and those that are named for credentials.
func listGuesses(d *check.Document) []guess {
	if len(d.Content) > 1<<16 || bytes.Contains(d.Content, []byte("ENC[AES256_GCM")) {
		return nil // nobody keeps a list of keys of this size by hand; and sops encrypts all of them
	}
	base := strings.ToLower(path.Base(d.Path))
	switch d.Language {
	case "dotenv":
	case "json", "yaml", "toml", "ini", "properties", "terraform-vars":
		stem, _, _ := strings.Cut(strings.TrimPrefix(base, "."), ".")
		if !readName(stem).list {
			return nil
		}
	default:
		return nil
	}
	return membersOf(d.Content, 0)
}
