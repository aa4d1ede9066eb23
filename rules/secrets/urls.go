package secrets

import (
	"bytes"
	"encoding/base64"
	"path"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

const (
	kindURL        = "url-with-password"
	kindConnection = "connection-string-password"
	kindRegistry   = "registry-credential"
	kindKeyStore   = "key-store-file"
)

// urlGuesses finds URLs with a password or token before the host (RFC 3986,
// section 3.2.1, which calls it deprecated).
func urlGuesses(d *check.Document) []guess {
	var found []guess
	text := d.Content
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("://"))
		if i < 0 {
			return found
		}
		start := at + i + 3
		at = start
		if at < 6 || !wordLetter(text[start-4]) {
			continue
		}
		if g, ok := userinfo(text, start); ok {
			found = append(found, g)
		}
	}
}

func wordLetter(c byte) bool { return c|0x20-'a' < 26 || c-'0' < 10 }

// maxUserinfo is how long user and password may be together; tokens of OAuth
// are the longest that are used there.
const maxUserinfo = 400

func userinfo(text []byte, start int) (guess, bool) {
	end, colon, sign := start, -1, -1
	for ; end < len(text) && end-start < maxUserinfo; end++ {
		c := text[end]
		if c <= ' ' || strings.IndexByte("\"'`<>\\|", c) >= 0 || c >= 0x7f {
			break
		}
		// A password may have ?, # or ^, though the RFC wants them encoded.
		if c == '/' || (c == '?' || c == '#' || c == '^') && (colon < 0 || sign >= 0 || isDigits(text[colon+1:end]) || !signAhead(text[end:])) {
			break
		}
		if c == ':' && colon < 0 {
			colon = end
		}
		if c == '@' {
			sign = end
		}
	}
	if sign < 0 || sign == start {
		return guess{}, false
	}
	host := string(text[sign+1 : end])
	if len(host) < 2 || !wordLetter(host[0]) && host[0] != '[' && host[0] != '$' && host[0] != '{' {
		return guess{}, false
	}
	g := guess{kind: kindURL, confidence: check.Firm, message: "URL with a password"}
	if colon < 0 || colon > sign {
		// A token alone, as in https://TOKEN@github.com.
		g.value = check.Range{Start: start, End: sign}
		user := string(text[start:sign])
		if strings.Contains(host, "sentry") || len(user) > 64 && isHex(user) { // their public keys: Sentry's, and those of the nodes of a network
			return g, false
		}
		return g, len(user) >= 20 && natureOf(user) == natureRandom
	}
	user, password := string(text[start:colon]), string(text[colon+1:sign])
	g.value = check.Range{Start: colon + 1, End: sign}
	if len(password) < 4 || strings.EqualFold(user, strings.TrimRight(strings.TrimSuffix(password, "%23"), "0123456789")) || exampleHost(host) {
		return g, false
	}
	if password == "x-oauth-basic" || password == "" {
		g.value = check.Range{Start: start, End: colon}
		return g, len(user) >= 16 && natureOf(user) == natureRandom
	}
	switch natureOf(password) {
	case natureReference, naturePlaceholder, natureDigest, naturePublic, natureLocator:
		return g, false
	case natureRandom, natureUUID:
		return g, true
	}
	kinds, digits, _ := classes(password)
	switch {
	case strings.ContainsAny(password, "{}()"):
		return g, false
	case trivial[strings.ToLower(password)]:
		return g, false
	case len(password) >= 8 && (kinds >= 3 || kinds == 2 && digits > 0) && !leet(password):
		return g, true
	case len(password) >= 6 && !localHost(host) && !leet(password):
		g.confidence = check.Tentative
		if kinds >= 2 {
			g.confidence = check.Firm
		}
		return g, true
	}
	return g, false
}

// signAhead reports whether an @ and a host follow before a URL's path.
func signAhead(text []byte) bool {
	for i, c := range text[:min(len(text), 100)] {
		switch {
		case c == '@':
			return i+1 < len(text) && (wordLetter(text[i+1]) || text[i+1] == '[')
		case c <= ' ' || c == '/' || c == '&' || c == '=' || c == '"' || c == '\'' || c == '`':
			return false
		}
	}
	return false
}

func isDigits(text []byte) bool { return len(bytes.Trim(text, "0123456789")) == 0 }

var trivial = set(`
	password pass passwd pwd postgres root admin user guest secret mysql redis mongo mongodb rabbitmq rabbit test tester testing demo example
	foo bar baz foobar changeme default token username login git oauth2 anonymous minio minioadmin docker app web dev local hunter2 letmein
	qwerty foopass userpass dbpass mypass mypassword s3cr3t s3cret secretpassword pa55word p4ssw0rd`)

func localHost(host string) bool {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		host = host[:i]
	}
	return !strings.Contains(host, ".") || strings.HasPrefix(host, "127.") || strings.HasPrefix(host, "0.0.0.0") ||
		strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal")
}

// exampleDomains are reserved for examples (RFC 2606, RFC 6761), or plainly
// placeholders; a domain beneath one is one, too.
var exampleDomains = strings.Fields("example.com example.org example.net example test invalid example.io foo.com bar.com domain.com mydomain.com yourdomain.com some.host")

// exampleHost reports whether a host, with or without a port, is an example.
func exampleHost(host string) bool {
	host = strings.ToLower(host)
	for _, s := range []string{"yourhost", "your-", "<", "hostname", "host:port", "myserver", "somehost"} {
		if strings.Contains(host, s) {
			return true
		}
	}
	h, _, _ := strings.Cut(host, ":")
	h = strings.TrimSuffix(h, ".")
	for _, d := range exampleDomains {
		if h == d || strings.HasSuffix(h, "."+d) {
			return true
		}
	}
	return h == "host" || h == "server" || h == "domain" || h == "a" || h == "b"
}

// pgpassPattern is hostname:port:database:username:password (PostgreSQL
// documentation, "The Password File").
var pgpassPattern = engine.NewRegexp(`(?m)^[^:#\n]{1,200}:[\d*]{1,5}:[^:\n]{1,100}:[^:\n]{1,100}:([^:\s]{4,200})$`)

// pgpassGuesses finds the passwords of PostgreSQL's password file.
func pgpassGuesses(d *check.Document) (found []guess) {
	if base := path.Base(d.Path); base != ".pgpass" && base != "pgpass.conf" && !strings.HasSuffix(base, ".pgpass") {
		return nil
	}
	for _, m := range pgpassPattern.FindAllSubmatchIndex(d.Content) {
		if commandPassword(string(d.Content[m[2]:m[3]])) {
			found = append(found, guess{kind: kindPassword, value: check.Range{Start: m[2], End: m[3]}, confidence: check.Firm, message: "Password of a command"})
		}
	}
	return found
}

var registryPattern = engine.NewRegexp(`(?m)"(?:auth|identitytoken|registrytoken)"\s*:\s*"([A-Za-z0-9+/=_.-]{8,1000})"|(?:^|:)_auth\s*=\s*"?([A-Za-z0-9+/]{8,400}={0,2})`)

// registryGuesses finds what docker and npm write when one logs in. auths is
// whether the document has docker's word for its list.
func registryGuesses(d *check.Document, auths bool) []guess {
	if base := path.Base(d.Path); !auths && base != ".dockercfg" && base != ".dockerconfigjson" && !strings.HasSuffix(base, "npmrc") {
		return nil
	}
	var found []guess
	for _, m := range registryPattern.FindAllSubmatchIndex(d.Content) {
		g := 2
		if m[g] < 0 {
			g = 4
		}
		value := string(d.Content[m[g]:m[g+1]])
		plain, err := base64.StdEncoding.DecodeString(value)
		if err == nil && bytes.IndexByte(plain, ':') > 0 {
			_, password, _ := strings.Cut(string(plain), ":")
			if n := natureOf(password); n == natureReference || n == naturePlaceholder || trivial[password] {
				continue
			}
		} else if natureOf(value) != natureRandom {
			continue
		}
		found = append(found, guess{kind: kindRegistry, value: check.Range{Start: m[g], End: m[g+1]}, confidence: check.Firm, message: "Credential of a package or image registry"})
	}
	return found
}

// keyStoreGuesses finds files that are made to hold private keys or passwords.
func keyStoreGuesses(d *check.Document) []guess {
	what := ""
	switch strings.ToLower(path.Ext(d.Path)) {
	case ".jks", ".keystore", ".bks", ".jceks":
		what = "Java key store"
	case ".kdbx", ".kdb":
		what = "KeePass database"
	case ".agilekeychain", ".opvault", ".keychain":
		what = "Password store"
	}
	if what == "" {
		return nil
	}
	return []guess{{kind: kindKeyStore, confidence: check.Firm, message: what}}
}
