package secrets

import (
	_ "embed"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A nature is what a value looks like when one knows nothing of its name.
type nature int

const (
	natureText        nature = iota // words, identifiers, anything a person would write
	natureReference                 // stands for a value that is elsewhere: $TOKEN, {{ .token }}
	naturePlaceholder               // asks to be replaced: your-key-here, xxxx
	natureLocator                   // URL, path, host, e-mail address, ARN
	natureNumber                    // digits, dates, versions
	natureDigest                    // a hash that says so: sha256-..., $2b$...
	naturePublic                    // the public half of a key, a certificate
	natureUUID
	natureRandom // no person would write it
)

// bigrams is how surprising a character is after another, in sixteenths of a
// bit: 37 rows for the first and as many columns for the second, of a to z, 0 to
// 9 and all else. It was counted over 310,000 different words and identifiers
// of Go's standard library and of the documentation of popular modules.
//
//go:embed bigrams.dat
var bigrams string

func symbol(c byte) int {
	switch {
	case c|0x20-'a' < 26:
		return int(c|0x20) - 'a'
	case c-'0' < 10:
		return 26 + int(c-'0')
	}
	return 36
}

// surprise is the mean surprise of a text in bits a character. Of 100 words and
// identifiers 98 are under 5.5, of 100 random strings of 16 characters 5.
func surprise(text string) float64 {
	if len(text) < 2 {
		return 0
	}
	sum := 0
	for i := 1; i < len(text); i++ {
		sum += int(bigrams[symbol(text[i-1])*37+symbol(text[i])])
	}
	return float64(sum) / 16 / float64(len(text)-1)
}

// random reports whether a text is too surprising to be words. Short texts vary
// more, so that they must be more surprising.
func random(text string) bool {
	limit := 5.2
	switch {
	case len(text) < 10:
		return false
	case len(text) < 16:
		limit = 5.7
	case len(text) < 24:
		limit = 5.35
	}
	return surprise(text) > limit && distinct(text) >= 7
}

// withoutNumbers drops the parts between separators that are numbers: they are
// as surprising as random text, and in names of things as common as words.
func withoutNumbers(v string) string {
	if !strings.ContainsAny(v, "-_.") {
		return v
	}
	var b strings.Builder
	start := 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && strings.IndexByte("-_.:", v[i]) < 0 {
			continue
		}
		if part := v[start:i]; strings.Trim(part, "0123456789") != "" {
			b.WriteString(part)
			b.WriteByte('-')
		}
		start = i + 1
	}
	return strings.TrimSuffix(b.String(), "-")
}

func distinct(text string) int {
	var seen [256]bool
	n := 0
	for i := range len(text) {
		if c := text[i]; !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// classes counts the kinds of character: lower, upper, digit, other.
func classes(text string) (n int, digits, letters int) {
	var lower, upper, digit, other bool
	for i := range len(text) {
		switch c := text[i]; {
		case c-'a' < 26:
			lower = true
			letters++
		case c-'A' < 26:
			upper = true
			letters++
		case c-'0' < 10:
			digit = true
			digits++
		default:
			other = true
		}
	}
	for _, b := range []bool{lower, upper, digit, other} {
		if b {
			n++
		}
	}
	return n, digits, letters
}

var (
	uuidPattern   = engine.NewRegexp(`^(?:[\w.-]{1,40}[:/]|[A-Za-z]{1,8}-)?[{(]?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}[)}]?(?:-\d{1,3}|/)?$`)
	digestPattern = engine.NewRegexp(`^(?:(?:sha|SHA)-?(?:1|224|256|384|512)[-:=]|md5[-:=]|\$(?:2[abxy]|1|5|6|y|apr1|argon2\w*|pbkdf2[\w-]*|scrypt)\$|\{S?SHA\d*\}|pbkdf2[_:]sha|scrypt:|bcrypt|h1:|SCRAM-SHA|\*[0-9A-F]{40}$|[0-9a-f]{16,64}\$(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$)`)
	publicPattern = engine.NewRegexp(`^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2|AAAA[BCE]3N|-----BEGIN (?:CERT|PUBLIC|RSA PUBLIC|PGP PUBLIC)|age1[a-z0-9]{58}$|pk_(?:live|test)_|pk\.eyJ|phc_|MII[A-Z]|(?:MFkwEwYH|MHYwEAYH)KoZIzj0|MIGbMBAGByqGSM49|MCowBQYDK2Vw|LS0tLS1CRUdJTiB(?:DRVJU|QVUJM)|6L[\w-]{38}$|G-[A-Z0-9]{8,12}$|UA-\d|0x[0-9a-fA-F]{40}$|[xyztuv]pub[1-9A-HJ-NP-Za-km-z]{100,}$|[A-Z]{1,5}_(?:kw|lA|gD)[A-Z][\w-]{4,}$|(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$)`)
	// Encrypted by sops, Ansible, Jasypt, sealed-secrets, git-crypt, Rails and the like, a key of Bitcoin (BIP-38) or Neo (NEP-2); or where a secret is kept that stands elsewhere, as in
	// TeamCity's credentialsJSON, Azure's App Service and Container Apps, Spring Cloud, Conjur's Summon, a keyring.
	encryptedPattern = engine.NewRegexp(`^(?:ENC[\[({]|\$ANSIBLE_VAULT|!vault|AgB?[A-Za-z0-9+/]{100,}|vault:v\d|\{cipher\}|CiQA|AQICAH|arn:|projects/|op://|ref\+|secretsmanager|ssm:|keyvault|vault:|awskms|age-encryption|gAAAAA|6P[1-9A-HJ-NP-Za-km-z]{56}$|credentialsJSON:|@Microsoft\.KeyVault\(|secretref:|sm@|akv:|gc?p?sm:|conjur:|keyring:|keychain:|(?:aws|gcp|azure|google|hashi(?:corp)?)[-_:]?(?:ssm|sm|secrets?manager|secrets?|parameterstore|kms|kv|keyvault|vault)[:/@#])`)
	versionPattern   = engine.NewRegexp(`^(?:\d+:)?[vV]?\d+(?:[._]\d+)+(?:[-+.][\w.+~-]*)?$`)
	datePattern      = engine.NewRegexp(`^\d{4}-?\d{2}-?\d{2}(?:[T _-]?\d{2}[\d:.,+ -]*[A-Z]{0,4})?$`)
	numberPattern    = engine.NewRegexp(`^[-+]?(?:0[xX][0-9a-fA-F]{1,16}[uUlL]{0,3}|[\d.,_ ]+(?:[eE][-+]?\d+)?|[\d_]*\.\d+(?:[eE][-+]?\d+)?(?:[fFlLhH]|lf|LF|_?f(?:32|64))?)$`)
	revisionPattern  = engine.NewRegexp(`^[A-Za-z][\w.-]{2,}(?:/[\w.-]+){0,5}[/@][0-9a-f]{40}$`)                                                 // owner/repository/commit
	partPattern      = engine.NewRegexp(`^[.\w-]+(?:/[\w.-]+)*/(?:[\w-]+\.(?:key|pass|pem|crt|txt|conf|json|ya?ml)|[0-9a-f]{8}-[0-9a-f-]{27})$`) // a file, or something in a log
	addressPattern   = engine.NewRegexp(`^(?:[0-9a-fA-F]{1,4}:){2,7}:?[0-9a-fA-F]{0,4}(?:/\d{1,3})?$`)                                           // IPv6
	hostPattern      = engine.NewRegexp(`^(?:[a-zA-Z0-9_-]+\.)+(?:com|net|org|io|dev|app|local|internal|cloud|co|ai|me|info|svc|example|test|invalid|localhost|eu|us|uk|de|fr|gov|edu|xyz|sh|tech|go|js|ts|py|rb|java|json|ya?ml|xml|html?|txt|md|png|svg|pem|crt|key|cfg|conf|toml|sql|css|log|lock)(?::\d+)?(?:/.*)?$`)
	codePattern      = engine.NewRegexp(`^[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+\($|^!*[\w$.\[\]]*[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*(?:\(.*\)?|\[.*\])$|^!*\w+(?:(?:\??\.|->|::)[a-zA-Z_]\w*)+$|^_\w+\$\w+$|=>|^(?:function|lambda|func|new|return|await|async|typeof|nil|None|null|undefined|true|false)\b`)
	schemaPattern    = engine.NewRegexp(`^\w+\.\d+\?!?[\w.%]+$|^[a-z]\w*(?:\.\w+)+#\w+$`) // a type under a condition in TL (flags.1?true), a shape of Smithy (aws.auth#sigv4)
	dataPattern      = engine.NewRegexp(`^(?:data:|image/|text/|application/|urn:|mailto:|tel:|#[0-9a-fA-F]{3,8}$|rgba?\(|M\d+[. ]|iVBORw0KGgo|/9j/4AA|R0lGOD|PHN2Zy|UEsDB|H4sI|d09G)`)
	regexPattern     = engine.NewRegexp(`^\^.*\$$|\[(?:\^|0-9|[a-zA-Z]-[a-zA-Z]|\\[dws])[^\]]*\]|\\[dwsb][+*{]|\(\?:`)
	referencePattern = engine.NewRegexp(`^\$\$?[({.A-Za-z_]|\$\{|\$\(|\{\{|\}\}|<%|%>|^%[\w.-]+%$|^%\(\w+\)|^<[^<>]*>$|^\[[^\]]*\]$|^\{[\w. -]*\}$|^@[\w.]+@?$|^#\{|^__\w+__$|^:[a-z_]+$|^!\w+|^&\w[\w.]*[{(]?$|^\*[\w.]+:?$|process\.env|os\.environ|os\.[Gg]etenv|getenv|System\.env|ENV\[|env\(|import\.meta|secrets\.|\bvar\.|\blocal\.|\bdata\.|\bmodule\.|\.Values\.|valueFrom|secretKeyRef|/run/secrets/|config\.|settings\.|\$env:|%[qsv](?:\W|$)|\bthis\.|\bself\.`)
)

// placeholders are what people write where a value belongs. Each is long or odd
// enough not to turn up in a random string.
var placeholders = []string{
	"example", "exampl3", "changeme", "change-me", "change_me", "changeit", "your", "placeholder", "dummy", "sample", "xxxx", "todo", "redacted", "removed",
	"replace", "insert", "notreal", "not-real", "not_real", "not-a-", "fake", "foobar", "foo-bar", "lorem", "ipsum", "asdf", "qwerty", "deadbeef", "cafebabe", "abcdef",
	"12345", "23456", "01234", "98765", "mysecret", "my-secret", "my_secret", "mytoken", "my-token", "my_token", "mypass", "my-pass", "my_pass", "my-api", "my_api", "myapi",
	"secret-key", "secretkey", "secret_key", "api-key", "api_key", "apikey", "access-key", "access_key", "password", "passw0rd", "passwort", "passphrase", "enter-", "enter_", "<", ">", "***", "...", "…", "•••",
	"testtest", "test-token", "test_token", "testtoken", "test-key", "test_key", "testkey", "testing", "unittest", "-here", "_here", "somekey", "some-", "some_", "invalid", "undefined",
	"thisis", "this-is", "this_is", "aaaaaa", "000000", "111111", "abc123", "secret123", "mock", "stub", "default", "optional", "required", "nullable", "string", "generate", "fixme", "supersecret", "super-secret", "super_secret", "topsecret", "top-secret", "hidden", "masked", "encrypted", "unknown", "disabled", "none",
}

// published are credentials that a standard or a vendor has published: the
// examples of RFC 6749, 6750, 7617, 7636, 7662 and 6455, of OpenID Connect Core 1.0,
// those of RFC 5849, the keys that the manuals of Stripe and reCAPTCHA show, the keys of the emulators of Azure Storage and Azure Cosmos DB, those of MinIO's public
// server and of its manual, and how each key of Amazon Bedrock begins.
var published = set(`
	2YotnFZFEjr1zCsicMWpAA tGzv3JOkF0XG5Qx2TlKWIA czZCaGRSa3F0MzpnWDFmQmF0M2JW czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3
	gX1fBat3bV 7Fjfp0ZBr1KtDRbnfVdmIw SplxlOBeZQQYbYS6WxSbIA mF_9.B5f-4.1JqM SlAV32hkKG 8xLOxBtZp8 i1WsRn1uB1 n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg
	QWxhZGRpbjpvcGVuIHNlc2FtZQ== dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk E9Melhoa2OwvFrEMTJguCHaoeQ1t8URWbuGJSstw-cM 45ghiukldjahdnhzdauz oab3thieWohyai0eoxibaequ0Owae9oh
	dGhlIHNhbXBsZSBub25jZQ== s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
	Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==
	dpf43f3p2l4k3l03 kd94hf93k423kf44 hh5s93j4hdidpola hdhd0244k9j7ao03 nnch734d00sl2jdk pfkkdhi9sl3r4s00 kkk9d7dh3k39sjv7 j49sk3j29djd dh893hdasih9 9djdj82h48djs9d2 jd83jd92dhsh93js s6BhdRkqt3
	6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI 6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe
	sk_test_4eC39HqLyjWDarjtT1zdp7dc sk_test_BQokikJOvBiI2HlWgH4olfQ2 4eC39HqLyjWDarjtT1zdp7dc BQokikJOvBiI2HlWgH4olfQ2
	Q3AM3UQ867SPQQA43P2F zuf+tfteSlswRu7BJ86wekitnifILbZam1KYY3TG my-minio-key:OSMM+vkKUTCvQs9YL/CVMIMt43HFhkUpqJxTmGl6rYw= OSMM+vkKUTCvQs9YL/CVMIMt43HFhkUpqJxTmGl6rYw=
	bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t
	C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==
`)

// natureOf judges a value by itself.
func natureOf(v string) nature {
	v = strings.TrimSpace(v)
	switch {
	case v == "" || len(v) < 4:
		return natureText
	case referencePattern.MatchString(v):
		return natureReference
	case encryptedPattern.MatchString(v):
		return natureReference
	case digestPattern.MatchString(v):
		return natureDigest
	case schemaPattern.MatchString(v):
		return natureReference
	case published[v]:
		return naturePlaceholder
	case publicPattern.MatchString(v):
		return naturePublic
	case dataPattern.MatchString(v):
		return natureLocator
	case strings.ContainsAny(v, `^[\(`) && regexPattern.MatchString(v):
		return natureReference
	case placeholder(v):
		return naturePlaceholder
	case uuidPattern.MatchString(v):
		return natureUUID
	case numberPattern.MatchString(v), versionPattern.MatchString(v), datePattern.MatchString(v):
		return natureNumber
	case locator(v):
		return natureLocator
	case codePattern.MatchString(v) && !random(v) && !numbered(v):
		return natureReference
	case random(withoutNumbers(v)) && !strings.ContainsAny(v, " \t"):
		return natureRandom
	}
	return natureText
}

// numbered reports whether what could be a field of a variable has several digits:
// the names of fields seldom do, and passwords of two words with a dot between do.
func numbered(v string) bool {
	_, digits, _ := classes(v)
	return digits >= 2 && tokenBytes(v) && !strings.ContainsAny(v, ":~")
}

// wordAndNumberPattern is how most people choose passwords: words, and a year or
// another number behind or between them.
var wordAndNumberPattern = engine.NewRegexp(`^[A-Za-z]{3,16}(?:[._-]?[A-Za-z]{3,16}){0,3}[._-]?\d{2,4}(?:[._-]?[A-Za-z]{3,16}){0,2}$`)

// spelt puts a letter for each digit in the place of one: Wint3r.
func spelt(v string) string {
	b := []byte(v)
	for i := 1; i+1 < len(b); i++ {
		if b[i]-'0' < 10 && b[i-1]|0x20-'a' < 26 && b[i+1]-'0' >= 10 {
			b[i] = 'a'
		}
	}
	return string(b)
}

// technical are words of names that end in a number without being chosen by a person.
var technical = set(`
	sha md aes rsa hmac pbkdf scram bcrypt scrypt crypt argon chacha salsa base utf iso oauth http https ssl tls ipv win x ecdsa ed curve secp pkcs
	user username login field input form label page view column col row test prod dev stage dummy pass password passwd passwort secret token key auth admin
	root guest varchar char nvarchar text string str int uint float bool byte bytes hex type enum version release step level min max len length size default`)

// wordAndNumber reports whether a value could be such a password.
func wordAndNumber(v string) bool {
	return len(v) >= 8 && len(v) <= 40 && wordAndNumberPattern.MatchString(spelt(v)) &&
		!slices.ContainsFunc(splitWords(v), func(w string) bool { return technical[w] })
}

func locator(v string) bool {
	switch {
	case strings.Contains(v, "://"), strings.HasSuffix(v, "/aws4_request"), strings.HasPrefix(v, "./"), strings.HasPrefix(v, "../"), strings.HasPrefix(v, "~/"), strings.HasPrefix(v, `C:\`), strings.HasPrefix(v, "//"):
		return true
	case hostPattern.MatchString(v), addressPattern.MatchString(v), revisionPattern.MatchString(v), partPattern.MatchString(v):
		return true
	case strings.HasPrefix(v, "/") && !random(v):
		return true
	}
	// Folders with names that are words.
	if n := strings.Count(v, "/"); n > 0 && !random(v) {
		return true
	}
	at := strings.IndexByte(v, '@')
	return at > 0 && hostPattern.MatchString(v[at+1:])
}

// selfNamed matches a value that only says what should stand there.
var selfNamed = engine.NewRegexp(`^[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*)+[-_](?:secret|password|token|key)$`)

// placeholder reports whether a value asks to be replaced: it holds one of the
// words for that, or it counts up, or it repeats itself.
func placeholder(v string) bool {
	lower := strings.ToLower(v)
	for _, p := range placeholders {
		if strings.Contains(lower, p) {
			return true
		}
	}
	if lower == "n/a" || strings.HasPrefix(lower, "my-") || strings.HasPrefix(lower, "my_") || lower == "tbd" || periodic(lower) || rising(lower) || len(v) >= 12 && distinct(v) <= 4 || hollow(lower) || mashed(lower) {
		return true
	}
	// In base64, as the examples of Kubernetes have it: "this is secret", or with
	// the line end of echo "proxy-client-secret" | base64.
	decoded, err := base64.StdEncoding.DecodeString(v)
	text := strings.TrimSuffix(string(decoded), "\n")
	if err != nil || len(text) < 8 || strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return false
	}
	return selfNamed.MatchString(text) || strings.Contains(text, " ") && surprise(text) < 4.5 || rising(text) || periodic(text) || mashed(text) ||
		slices.ContainsFunc(placeholders, func(p string) bool { return len(p) > 4 && strings.Contains(strings.ToLower(text), p) })
}

// dummy reports whether a token with a form of its own was made up: its form is
// right, so that only plain signs count.
func dummy(v string) bool {
	lower := strings.ToLower(v)
	for _, p := range []string{"example", "xxxxx", "placeholder", "redacted", "changeme", "dummy", "insert", "your_", "your-", "yourkey", "yourtoken", "*****", ".....", "123456789", "abcdefgh"} {
		if strings.Contains(lower, p) {
			return true
		}
	}
	tail := lower[max(0, len(v)-16):]
	return len(tail) >= 12 && (distinct(tail) <= 4 || periodic(tail) || rising(tail)) || hollow(lower)
}

// partOfUUID is the beginning and the end of a UUID (RFC 9562), of which generators choose every digit.
var partOfUUID = engine.NewRegexp(`([0-9a-f]{8})-(?:[0-9a-f]{4}-){3}([0-9a-f]{12})`)

// hollow reports whether a part of a value was filled with one digit or letter, or two: a
// UUID such as 11111111-4444-4444-8444-cccccccccccc, a field that is zeros.
func hollow(v string) bool {
	for _, m := range partOfUUID.FindAllSubmatchIndex([]byte(v)) {
		if distinct(v[m[2]:m[3]]) <= 2 && distinct(v[m[4]:m[5]]) <= 2 {
			return true
		}
	}
	for field := range strings.FieldsFuncSeq(v, notAlphanumeric) {
		if len(field) >= 8 && distinct(field) == 1 || len(field) >= 12 && distinct(field) == 2 {
			return true
		}
	}
	return false
}

func notAlphanumeric(r rune) bool { return r >= 0x80 || !wordLetter(byte(r)) }

// minMashed is how many letters somebody has typed at least who typed anything.
const minMashed = 16

// mashed reports whether a value is the letters under the fingers of somebody who typed
// anything: those of the middle row of a keyboard alone. Of random ones of this length 1 in
// twenty million is.
func mashed(v string) bool {
	return len(v) >= minMashed && strings.Trim(v, "asdfghjkl") == ""
}

// periodic reports whether a text is a shorter one again and again.
func periodic(v string) bool {
	if len(v) < 8 {
		return distinct(v) == 1
	}
	for p := 1; p <= len(v)/3; p++ {
		if v[p:] == v[:len(v)-p] {
			return true
		}
	}
	return len(v) >= 16 && len(v)%2 == 0 && v[:len(v)/2] == v[len(v)/2:]
}

// rising reports whether much of a text counts up or down, as in 0a1b2c3d or
// 9876543210.
func rising(v string) bool {
	steps := 0
	for _, stride := range []int{1, 2} {
		n := 0
		for i := stride; i < len(v); i++ {
			if d := int(v[i]) - int(v[i-stride]); d == 1 || d == -1 && stride == 1 {
				n++
			}
		}
		steps = max(steps, n)
	}
	return len(v) >= 6 && 5*steps >= 3*len(v)
}

// isHex reports whether a text is of hexadecimal digits alone.
func isHex(v string) bool {
	for i := range len(v) {
		if c := v[i]; !(c-'0' < 10 || c|0x20-'a' < 6) {
			return false
		}
	}
	return v != ""
}
