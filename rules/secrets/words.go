package secrets

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// A vocabulary is every word at which something is looked at, found in one walk
// over a document: first the words of names, then those of lines, then auths.
type vocabulary struct {
	*engine.Words
	names int            // how many are words of names
	lines []*linePattern // of the words of lines
	auths int
}

var theVocabulary = sync.OnceValue(newVocabulary)

func newVocabulary() *vocabulary {
	v := &vocabulary{}
	all := make([]string, 0, 3*len(serviceNames))
	for _, w := range serviceNames {
		all = append(all, strings.ReplaceAll(w, "-", ""))
		if strings.Contains(w, "-") {
			all = append(all, w, strings.ReplaceAll(w, "-", "_"), strings.ReplaceAll(w, "-", " "))
		}
	}
	for _, set := range []map[string]bool{commonNames, passwordWords, secretNames, keyWords, clientWords, listWords, signWords} {
		all = slices.AppendSeq(all, maps.Keys(set))
	}
	all = append(all, "dsn", "webhook", "identified by")
	v.names = len(all)
	for i := range linePatterns {
		for w := range strings.FieldsSeq(linePatterns[i].words) {
			all = append(all, w)
			v.lines = append(v.lines, &linePatterns[i])
		}
	}
	v.auths = len(all)
	all = append(all, "auths")
	v.Words = engine.NewWords(all, slices.Concat(passwordSuffixes, secretSuffixes))
	return v
}

// wordGuesses looks at all names and lines of a document that have one of the
// words. auths is whether it has that one.
func wordGuesses(d *check.Document) (found []guess, auths bool) {
	v, n := theVocabulary(), newNames(d)
	var looked map[*linePattern]int
	v.Scan(d.Content, func(word, start, end int) bool {
		switch {
		case word < v.names || word > v.auths:
			n.at(start, end)
		case word == v.auths:
			auths = true
		default:
			p := v.lines[word-v.names]
			if start < looked[p] {
				break
			}
			if looked == nil {
				looked = make(map[*linePattern]int)
			}
			var more []guess
			more, looked[p] = p.guesses(d.Content, start)
			found = append(found, more...)
		}
		return true
	})
	return append(found, n.found...), auths
}

// A linePattern is a password or key whose line says what it is: the arguments of
// a call by their positions, those of a command, a connection string.
type linePattern struct {
	words   string // separated by spaces: a line must have one of them for the expression to be tried on it
	before  string // the characters of which one stands before the word; "" for any
	list    bool   // it is about the lines that follow, too
	pattern *engine.Regexp
	kind    string
	message string
	accepts func(value string) bool
}

// maxCommand is how much of a line is looked at on either side of such a word:
// what a person writes in one.
const maxCommand = 500

// guesses looks at the line, or at its part around the word at an offset. Up to
// the offset next it needs not be looked at again.
func (p *linePattern) guesses(text []byte, at int) (found []guess, next int) {
	if p.before != "" && (at == 0 || strings.IndexByte(p.before, text[at-1]) < 0) {
		return nil, at
	}
	start, end := lineStart(text, at, maxCommand), min(len(text), at+4*maxCommand)
	next = end - maxCommand
	if n := bytes.IndexByte(text[at:end], '\n'); n >= 0 && !p.list {
		end = at + n + 1 // for $ to see it
		next = end
	}
	for _, m := range p.pattern.FindAllSubmatchIndex(text[start:end]) {
		value := check.Range{Start: start + m[2], End: start + m[3]}
		if p.accepts(string(text[value.Start:value.End])) {
			found = append(found, guess{kind: p.kind, value: value, confidence: check.Firm, message: p.message})
		}
	}
	return found, next
}

// linePatterns are by what they are about.
var linePatterns = slices.Concat(
	linesOf(kindPassword, "Password of a command", commandPassword,
		linePattern{words: "getconnection(", pattern: engine.NewRegexp(`\bgetConnection\([^()\n]{1,300},[ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"[ \t]*\)`)},
		linePattern{words: "credential credentials", pattern: engine.NewRegexp(`\b(?:NetworkCredential|UsernamePasswordCredentials|NTCredentials|UsernamePasswordCredential|PSCredential)\([ \t]*["'][^"'\n]{0,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "basic", pattern: engine.NewRegexp(`\b(?:Set[Bb]asic[Aa]uth|setBasicAuth|HTTPBasicAuth|basic_auth|BasicAuth|basicAuth|Credentials\.basic|BasicAWSCredentials|BasicScheme)\([ \t]*["'][^"'\n]{0,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "passwordauthentication(", pattern: engine.NewRegexp(`\bPasswordAuthentication\([ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"`)},
		linePattern{words: "plainauth(", pattern: engine.NewRegexp(`\bPlainAuth\([ \t]*"[^"\n]{0,100}",[ \t]*"[^"\n]{0,100}",[ \t]*"([^"\n]{6,200})"`)},
		linePattern{words: "login(", before: ".", pattern: engine.NewRegexp(`\.login\([ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "auth=(", pattern: engine.NewRegexp(`\bauth[ \t]*=[ \t]*\([ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "pdo(", pattern: engine.NewRegexp(`\bnew PDO\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "mysqli", pattern: engine.NewRegexp(`\bmysqli(?:_connect)?\([ \t]*["'][^"'\n]{1,200}["'],[ \t]*["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "password-stdin", pattern: engine.NewRegexp(`\b(?:echo|printf)[ \t]+(?:-n[ \t]+)?(?:'%s' )?["']?([^\s"'|]{6,200})["']?[ \t]*\|[^\n]{0,100}--password-stdin`)},
		linePattern{words: "chpasswd", list: true, pattern: engine.NewRegexp(`(?m)(?:^[ \t-]{2,20}|\becho[ \t]+["']?)[\w.-]{1,40}:([^\s"'|:]{6,100})["']?[ \t]*(?:\|[^\n]{0,40}chpasswd|$)`)},
		linePattern{words: "login", before: " \t", pattern: engine.NewRegexp(`\b(?:docker|podman|nerdctl|buildah|skopeo|oras|crane|helm registry)[ \t]+login\b[^\n|;]{0,200}?[ \t]-p[ \t=]?["']?([^\s"']{6,200})`)},
		// Python's paramiko, and Perl's DBI.
		linePattern{words: "connect(", before: ".>", pattern: engine.NewRegexp(`\bconnect\([^()\n]{1,120},[ \t]*(?:\d{1,5},[ \t]*)?["'][^"'\n]{1,100}["'],[ \t]*["']([^"'\n]{6,200})["']`)},
		linePattern{words: "user:", before: "/", pattern: engine.NewRegexp(`(?i:\bnet[ \t]+use\b)[^\n]{0,200}?/user:[^\s]{1,100}[ \t]+["']?([^\s"'*/]{6,200})`)},
		linePattern{words: "sshpass", pattern: engine.NewRegexp(`\bsshpass[ \t]+-p[ \t]*["']?([^\s"']{6,200})`)},
		linePattern{words: "mysql mysqldump mysqladmin mysqlimport mysqlshow", pattern: engine.NewRegexp(`\bmysql(?:dump|admin|import|show)?\b[^\n|;]{0,200}?[ \t]-p["']?([^\s"'-][^\s"']{5,200})`)},
		linePattern{words: "curl", pattern: engine.NewRegexp(`\bcurl\b[^\n|;]{0,300}?[ \t](?:-u|--user)[ \t=]?["']?[^\s"':]{0,100}:([^\s"']{6,200})`)},
		linePattern{words: "convertto-securestring", pattern: engine.NewRegexp(`ConvertTo-SecureString[ \t]+(?:-String[ \t]+)?["']([^"'\n]{6,200})["'][^\n]{0,80}-AsPlainText`)},
	),
	linesOf(kindSecret, "Key that is given to curl as a user", randomKey,
		// As many services take it: curl -u KEY: https://...
		linePattern{words: "curl", pattern: engine.NewRegexp(`\bcurl\b[^\n|;]{0,300}?[ \t](?:-u|--user)[ \t=]?["']?([\w.~+/=-]{16,200}):(?:x|X|["']?(?:\s|$))`)},
	),
	linesOf(kindConnection, "Password in a connection string", connectionPassword,
		// Go's MySQL driver: user:password@tcp(host:3306)/name.
		linePattern{words: "tcp( unix(", before: "@", pattern: engine.NewRegexp(`[\w.$-]{1,64}:([^\s"'` + "`" + `:/]{4,100})@(?:tcp|unix)\(`)},
		// Oracle's JDBC driver: jdbc:oracle:thin:user/password@host.
		linePattern{words: "jdbc:oracle:", pattern: engine.NewRegexp(`jdbc:oracle:(?:thin|oci):[\w.$-]{1,64}/([^@\s"'` + "`" + `]{4,100})@`)},
		// Snowflake's Go driver: user:password@account/database.
		linePattern{words: "snowflake", pattern: engine.NewRegexp(`(?i:snowflake)[^\n]{0,60}?["'` + "`" + `][\w.$-]{1,64}:([^@\s"'` + "`" + `:/]{6,100})@[\w.-]{3,100}/`)},
	),
)

func linesOf(kind, message string, accepts func(string) bool, patterns ...linePattern) []linePattern {
	for i := range patterns {
		patterns[i].kind, patterns[i].message, patterns[i].accepts = kind, message, accepts
	}
	return patterns
}

// commandPassword reports whether a value could be a password where only its
// position says that it is one.
func commandPassword(value string) bool {
	nature := natureOf(value)
	kinds, _, _ := classes(value)
	return nature == natureRandom || nature == natureUUID ||
		nature == natureText && kinds >= 2 && len(value) >= 8 && !leet(value) && (!identifier(value) || chosen(value) || wordAndNumber(value))
}

func connectionPassword(value string) bool {
	nature := natureOf(value)
	kinds, _, _ := classes(value)
	return nature == natureRandom ||
		nature == natureText && kinds >= 2 && len(value) >= 6 && !leet(value) && !trivial[strings.ToLower(value)] && !strings.ContainsAny(value, "%{}$")
}

func randomKey(value string) bool {
	nature := natureOf(value)
	return nature == natureRandom || nature == natureUUID
}
