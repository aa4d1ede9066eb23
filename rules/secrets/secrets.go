// Package secrets finds credentials in any text file: gitleaks' default rules
// and those of providers that it lacks, run by an engine of our own (package
// engine), and what only the context gives away: passwords, keys under the name
// of a service, URLs and connection strings.
//
// Use [All] for the checks. There is one for each kind of credential, so that
// each can be explained, ignored and configured by itself; they share one pass
// over a document.
package secrets

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// Depth is how often encoded text is decoded, everywhere: in the editor, the
// hooks and on the command line.
const Depth = 5

// Options change what is looked for. The zero value is what All gives.
type Options struct {
	// Gitleaks is the text of a .gitleaks.toml, and Path its path. Its rules
	// take the place of gitleaks' defaults, unless it extends them.
	Gitleaks []byte
	Path     string
	// Open reads a file that the configuration extends, by its path.
	Open func(path string) ([]byte, error)
	// Compat looks for what gitleaks v8.30.1 would find with the configuration,
	// no more and no less: without the kinds of our own, without judging values,
	// and with the allowlists as they are written (see corrections).
	Compat bool
}

// All gives the checks that are built in. Nothing is compiled, and no rule
// read, until one runs.
func All() []*check.Check { return standard.checks() }

// New gives the checks for a repository with a configuration of gitleaks. The
// warnings are sentences about that configuration; errors are *gitleaks.Error.
func New(opts Options) (checks []*check.Check, warnings []string, err error) {
	s := &ruleset{compat: opts.Compat}
	config := gitleaks.Default
	if opts.Gitleaks == nil {
		s.kinds = gitleaksKinds
	} else {
		c, w, err := gitleaks.Parse(opts.Path, opts.Gitleaks, opts.Open)
		if err != nil {
			return nil, nil, err
		}
		warnings = w
		config = func() *gitleaks.Config { return c }
		for _, r := range c.Rules {
			s.kinds = append(s.kinds, kindOf(r))
		}
	}
	if !opts.Compat {
		s.kinds = slices.Concat(s.kinds, tokenKinds(), contextKinds)
	}
	s.kinds = unique(s.kinds)
	s.prepare(config)
	return s.checks(), warnings, nil
}

// A ruleset is the checks that share one pass over a document.
type ruleset struct {
	kinds  []kind
	compat bool
	engine func() *engine.Engine
	quiet  func() []*engine.Allowlist // paths where only tokens with a form of their own count
	allow  func() []*engine.Allowlist // the repository's own lists, for what no rule finds
}

var standard = func() *ruleset {
	s := &ruleset{kinds: slices.Concat(gitleaksKinds, tokenKinds(), contextKinds)}
	s.prepare(gitleaks.Default)
	return s
}()

func (s *ruleset) prepare(config func() *gitleaks.Config) {
	s.engine = sync.OnceValue(func() *engine.Engine {
		c := config()
		if s.compat {
			return engine.New(c.Rules, engine.Options{Depth: Depth, Allow: c.Allow})
		}
		rules := slices.Clone(c.Rules)
		for _, t := range tokens {
			rules = append(rules, t.rule())
		}
		allow, _ := corrections(c.Allow)
		return engine.New(rules, engine.Options{Depth: Depth, Allow: allow})
	})
	s.allow = sync.OnceValue(func() (own []*engine.Allowlist) {
		for _, a := range config().Allow {
			if !slices.Contains(gitleaks.Default().Allow, a) {
				own = append(own, a.Prepare())
			}
		}
		return own
	})
	s.quiet = sync.OnceValue(func() []*engine.Allowlist {
		_, quiet := corrections(config().Allow)
		return quiet
	})
}

// corrections changes gitleaks' default allowlists of all rules where they are
// wrong, and leaves alone those that a repository has written itself:
//
//   - Its expression (?i)^true|false|null$ excuses every secret that contains
//     "false" or ends in "null", because of how ^, | and $ bind.
//   - Its list of paths, jquery*.js and package-lock.json among them, silences
//     every rule. Here it silences those that go by names and values alone: a
//     token with a form of its own is one wherever it stands.
//
// It gives the lists for the engine, and those of the paths.
func corrections(lists []*engine.Allowlist) (allow, quiet []*engine.Allowlist) {
	for _, a := range lists {
		if a.All || !slices.Contains(gitleaks.Default().Allow, a) {
			allow = append(allow, a)
			continue
		}
		if len(a.Paths) > 0 {
			quiet = append(quiet, (&engine.Allowlist{Paths: a.Paths}).Prepare())
		}
		rest := &engine.Allowlist{Target: a.Target, StopWords: a.StopWords, Commits: a.Commits}
		for _, r := range a.Regexes {
			if r.String() == `(?i)^true|false|null$` {
				r = engine.NewRegexp(`(?i)^(?:true|false|null)$`)
			}
			rest.Regexes = append(rest.Regexes, r)
		}
		allow = append(allow, rest)
	}
	return allow, quiet
}

const domain = "secrets/"

func (s *ruleset) checks() []*check.Check {
	family := &check.Family{Run: func(ctx context.Context, d *check.Document, report func(string, check.Finding)) error {
		for _, g := range s.guessed(d) {
			report(domain+g.kind, g.finding())
		}
		return ctx.Err()
	}}
	var checks []*check.Check
	for _, k := range s.kinds {
		checks = append(checks, s.check(k, family))
	}
	return checks
}

func (s *ruleset) check(k kind, family *check.Family) *check.Check {
	title := titleOf(k)
	var beside func(fs.FS, *check.Document, *check.Finding)
	if testKinds[k.id] {
		beside = besideKey
	}
	return &check.Check{
		ID: domain + k.id, Title: title, Page: pageOf(k, title),
		CWE: []check.CWE{798, 312}, Severity: k.severity, Confidence: k.confidence, Persona: k.persona,
		Secret: true, Generated: true, Since: "0.1", Family: family, Beside: beside,
		Run: func(ctx context.Context, p *check.Pass) error {
			for _, g := range s.guessed(p.Document) {
				if g.kind == k.id {
					p.Report(g.finding())
				}
			}
			return ctx.Err()
		},
	}
}

type key struct{ *ruleset }

// guessed gives what is found in a document: one pass for all checks.
func (s *ruleset) guessed(d *check.Document) []guess {
	return check.Memo(d, key{s}, func() []guess { return s.guesses(d) })
}

func (g guess) finding() check.Finding {
	return check.Finding{
		Message:    g.message + ": revoke it where it was issued, then remove it; in the history it stays readable",
		Confidence: g.confidence,
		Location:   check.Location{Range: g.value},
		Persona:    g.persona,
	}
}

func (s *ruleset) guesses(d *check.Document) []guess {
	var all []guess
	matches := s.engine().Detect(d.Path, d.Content)
	if s.compat {
		for _, m := range matches {
			all = append(all, guess{kind: kindID(m.Rule.ID), value: m.Secret, confidence: check.Firm, message: ruleTitle(m.Rule)})
		}
		return all
	}
	allow := s.allow()
	if slices.ContainsFunc(allow, func(a *engine.Allowlist) bool { return a.AllowsPath(d.Path) }) {
		return nil
	}
	quiet := isLock(d.Path) || slices.ContainsFunc(s.quiet(), func(a *engine.Allowlist) bool { return a.AllowsPath(d.Path) })
	for _, m := range matches {
		if quiet && m.Rule.Regex != nil && (m.Rule.ID == kindSecret || named(m.Rule)) {
			continue
		}
		all = append(all, guessOf(&m, d.Content))
	}
	if !quiet {
		words, auths := wordGuesses(d)
		own := slices.Concat(urlGuesses(d), registryGuesses(d, auths), pgpassGuesses(d), keyStoreGuesses(d), listGuesses(d), words)
		all = append(all, slices.DeleteFunc(own, func(g guess) bool { return allowed(allow, d, g) })...)
	}
	return choose(d, all)
}

// allowed reports whether an allowlist excuses what no rule of gitleaks finds: a
// match that is the secret alone.
func allowed(lists []*engine.Allowlist, d *check.Document, g guess) bool {
	if len(lists) == 0 {
		return false
	}
	line, err := d.LineRange(d.OffsetPosition(g.value.Start).Line)
	if err != nil {
		line = g.value
	}
	m := engine.Match{Text: d.Content[line.Start:line.End], Line: d.Content[line.Start:line.End], Value: d.Content[g.value.Start:g.value.End]}
	return slices.ContainsFunc(lists, func(a *engine.Allowlist) bool { return a.Allows(d.Path, &m) })
}

// isLock reports whether a file is what a package manager writes: hashes under
// the names of packages, many of which are services'.
func isLock(p string) bool {
	switch base := path.Base(p); base {
	case "go.sum", "go.work.sum", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "packages.lock.json", "Cartfile.resolved", "Package.resolved", "pubspec.lock", ".terraform.lock.hcl", "bun.lock":
		return true
	default:
		return strings.HasSuffix(base, ".lock") || strings.HasSuffix(base, ".sum") || strings.HasSuffix(base, ".lock.json") || strings.HasSuffix(base, ".lock.hcl")
	}
}

// minSecret is how long a secret is at least that a rule finds, in bytes: a shorter one is
// a group of its expression that is there for something else, as that of the digits in
// the middle of a webhook's URL.
const minSecret = 6

// guessOf judges what a rule found.
func guessOf(m *engine.Match, text []byte) guess {
	g := guess{kind: kindID(m.Rule.ID), value: m.Secret, confidence: check.Firm, message: ruleTitle(m.Rule)}
	value := string(m.Value)
	if len(value) < minSecret && m.Rule.Regex != nil {
		g.value, value = m.Range, string(m.Text)
	}
	doubt := func() guess {
		g.kind, g.confidence, g.message = kindPossible, check.Tentative, "Value in the form of a credential, but probably none"
		return g
	}
	switch {
	case m.Rule.Regex == nil:
		return g
	case m.Rule.ID == "private-key":
		if cutShort(value) {
			return doubt()
		}
		return g
	case isPublished(value), m.Depth == 0 && (inData(text, m.Secret) || inDigest(text, m.Secret.Start)):
		return doubt()
	case m.Rule.ID == "kubernetes-secret-yaml" && certificateAlone(value):
		return doubt()
	case m.Rule.ID == kindSecret && (m.Depth == 0 && (afterHash(text, m.Range.Start) || inBadge(text, m.Secret.Start) || endsReference(text, m.Secret)) || slices.ContainsFunc(strings.Fields(nameBefore(string(m.Text), value)), isFileName)):
		return doubt()
	case m.Rule.ID == kindSecret:
		n := readName(nameBefore(string(m.Text), value))
		switch natureOf(value) {
		case natureRandom:
			if n.notSecret || n.weakened || !n.secret && !n.password && n.service == "" && !(n.key && len(value) >= 24 && !isHex(value) && !namedHash.MatchString(value)) {
				return doubt()
			}
		case natureUUID:
			if n.notSecret || !n.secret && (n.service == "" || n.long) {
				return doubt()
			}
		default:
			if kinds, _, _ := classes(value); !n.password || n.notSecret || kinds < 3 || identifier(value) || natureOf(value) != natureText {
				return doubt()
			}
		}
	case m.Rule.ID == "jwt":
		switch readJWT(value) {
		case jwtReal:
			g.confidence = check.Certain
		case jwtExample:
			return doubt()
		}
	case m.Rule.ID == "jwt-base64":
		return g
	case proven(m.Rule.ID, value):
		g.confidence = check.Certain
	case strings.HasPrefix(m.Rule.ID, "curl-"), m.Rule.ID == "hashicorp-tf-password", m.Rule.ID == "nuget-config-password", m.Rule.ID == "kubernetes-secret-yaml":
		if n := natureOf(strings.Trim(value, `"'`)); n == natureReference || n == naturePlaceholder || n == natureText && constantPattern.MatchString(value) || m.Rule.ID == "hashicorp-tf-password" && (n == natureText && identifier(strings.Trim(value, `"'`)) || leet(value)) {
			return doubt()
		}
	case named(m.Rule):
		g.named = true
		if n := natureOf(value); n != natureRandom && n != natureUUID && n != natureNumber {
			return doubt()
		}
		if n := readName(nameBefore(string(m.Text), value)); n.notSecret && !strings.HasSuffix(m.Rule.ID, "-id") {
			return doubt()
		}
	case dummy(value), strings.HasPrefix(value, "s.") && natureOf(value[2:]) != natureRandom, m.Rule.ID == "aws-access-token" && m.Depth == 0 && signedScope.Match(text[m.Secret.End:min(len(text), m.Secret.End+40)]):
		return doubt()
	case m.Rule.ID == "sourcegraph-access-token" && isHex(value) && (inPath(text, m.Secret.Start) || !bytes.Contains(bytes.ToLower(m.Line), []byte("sourcegraph"))):
		return doubt() // any commit of a file that names it, or a commit of Sourcegraph's own code
	default:
		// The form fits identifiers too: "s." or "test_" and letters.
		if _, digits, _ := classes(value); digits == 0 && len(value) < 64 && surprise(value) < 5 {
			return doubt()
		}
	}
	return g
}

// maxReference is how far before a value the beginning of a reference is looked for,
// in bytes: some words that name a store.
const maxReference = 60

// endsReference reports whether a value is the latter part of one that says where a
// secret is kept: credentialsJSON:UUID, of which a rule takes the first part for a name.
func endsReference(text []byte, value check.Range) bool {
	before := text[max(0, value.Start-maxReference):value.Start]
	before = before[bytes.LastIndexAny(before, " \t\r\n\"'`=,;<>")+1:]
	return len(before) > 0 && encryptedPattern.MatchString(string(before)+string(text[value.Start:value.End]))
}

// inPath reports whether what begins at an offset is part of a path, or the version of
// something: .../commit/HASH, owner/repository@HASH.
func inPath(text []byte, at int) bool {
	return at > 1 && (text[at-1] == '/' || text[at-1] == '@') && (wordLetter(text[at-2]) || text[at-2] == '-' || text[at-2] == '.')
}

// signedScope follows the ID of an access key in the signature of a request, which
// does not hold the key (AWS Signature Version 4).
var signedScope = engine.NewRegexp(`^(?:/|%2[Ff])\d{8}(?:/|%2[Ff])[a-z]`)

// minDataLine is how long the lines of data in base64 are at least: PEM (RFC 7468) has
// 64 characters, MIME (RFC 2045) up to 76.
const minDataLine = 60

// inData reports whether a match is within a line of data in base64 that has more of
// them around it: in some hundred of those there is a text in the form of any token
// that begins with four letters.
func inData(text []byte, match check.Range) bool {
	if first := max(0, match.Start-minBlob); isBase64(text[first:match.Start]) && match.Start-first == minBlob && isBase64(text[match.End:min(len(text), match.End+20)]) {
		return true
	}
	line := lineStart(text, match.Start, maxLiteralLine)
	if !isData(text[line:], match.End-line) || match.Start == line {
		return false
	}
	above := lineStart(text, max(line-1, 0), maxLiteralLine)
	below := bytes.IndexByte(text[match.End:], '\n')
	return line > 0 && isData(text[above:], 0) || below >= 0 && isData(text[match.End+below+1:], 0)
}

// digestBefore ends with what says that base64 after it is a hash: that of a resource
// (Subresource Integrity), or of a module of Go.
var digestBefore = engine.NewRegexp(`(?:\b(?:sha|SHA)-?(?:1|256|384|512)[-:=]|\bh1:)[A-Za-z0-9+/]*$`)

// inDigest reports whether an offset is in a hash in base64: among some millions of
// those there is one with the few letters in the right place by which a key is known.
func inDigest(text []byte, at int) bool {
	return digestBefore.Match(text[max(0, at-minBlob):at])
}

// minBlob is how much of data in base64 without line ends stands before a match in it,
// in bytes: more than any token has before what it is known by.
const minBlob = 300

func isBase64(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool { return !wordLetter(c) && c != '+' && c != '/' && c != '=' })
}

// isData reports whether the first line of a text is long, at least of a length, and
// in base64 alone.
func isData(text []byte, least int) bool {
	n := 0
	for n < len(text) && (wordLetter(text[n]) || text[n] == '+' || text[n] == '/' || text[n] == '=') {
		n++
	}
	return n >= max(minDataLine, least) && (n == len(text) || text[n] == '\n' || text[n] == '\r')
}

// isPublished reports whether a match holds a credential that everybody knows, as
// AccountKey=... or with the parameters of a query that follow it.
func isPublished(value string) bool {
	value, _, _ = strings.Cut(value, "&")
	_, assigned, _ := strings.Cut(value, "=")
	return published[value] || published[assigned]
}

// afterHash reports whether a name is the latter part of one that speaks of a
// hash: checksum/secret.
func afterHash(text []byte, at int) bool {
	return at > 0 && text[at-1] == '/' && aboutHashes(text[max(0, at-12):at])
}

// named reports whether a rule finds values by the name before them.
func named(r *engine.Rule) bool { return strings.Contains(r.Regex.String(), `[\w.-]{0,50}?`) }

// nameBefore gives the name of a match: its text up to the operator.
func nameBefore(text, value string) string {
	if i := strings.LastIndex(text, value); i >= 0 {
		text = text[:i]
	}
	if i := strings.IndexAny(text, "=:>|,"); i >= 0 {
		text = text[:i]
	}
	return strings.Trim(text, " \t\r\n\"'`?")
}

// testKinds are the kinds of which tests are full without that they open
// anything: no service is named that would know them.
var testKinds = set("jwt jwt-base64 private-key pkcs12-file registry-credential nats-seed nostr-private-key age-secret-key extended-private-key rsa-private-key-der openvpn-static-key wireguard-private-key putty-private-key kubernetes-secret-yaml hashicorp-tf-password nuget-config-password " + kindMnemonic + " " + kindKeyStore)

// byContext are the kinds that only a name, or what stands around a value, gives
// away: in a manual it shows how a call is written.
var byContext = set("jwt curl-auth-user curl-auth-header " + kindSecret + " " + kindPassword + " " + kindService + " " + kindURL + " " + kindConnection)

// loose are the kinds whose form fits other things, or which alone open nothing, or
// not for long: an identifier without its secret, the cookie or token of a session.
var loose = set(`
	vault-service-token square-access-token gitlab-session-cookie sourcegraph-access-token scaleway-access-key aws-access-token alibaba-access-key-id
	alibaba-secret-by-id tencent-secret-id grafana-api-key gcp-oauth-access-token azure-sas-url new-relic-browser-api-token easypost-test-api-token
	gcp-api-key flutterwave-public-key lob-pub-api-key mailgun-pub-key mapbox-api-token gitlab-cicd-job-token github-app-token github-refresh-token`)

// webhooks are the kinds of URLs at which something can be posted, or a build begun, and no
// more. Documentation of what posts shows them.
var webhooks = set(`
	slack-webhook-url discord-webhook-url microsoft-teams-webhook google-chat-webhook-url lark-webhook-url wecom-webhook-url make-webhook-url ifttt-webhook-url
	zapier-webhook-url netlify-build-hook vercel-deploy-hook`)

// alone reports whether a credential speaks for itself wherever it stands: its
// provider would know it by its form, and the form is not known to be broken.
func (g *guess) alone(text []byte) bool {
	value := text[g.value.Start:g.value.End]
	switch {
	case testKinds[g.kind] || byContext[g.kind] || g.named:
		return false
	case g.kind == "aws-access-token":
		return besideSecretKey(text, g.value)
	case g.kind == "vault-service-token":
		return bytes.HasPrefix(value, []byte("hvs."))
	case hasChecksum[g.kind]:
		return g.confidence == check.Certain
	}
	return !loose[g.kind]
}

// testName is a declaration of a variable that is named for tests.
var testName = engine.NewRegexp(`^[ \t]*(?:var|const|let|final|static)?[ \t]*(?:test|Test|TEST_|dummy|Dummy|DUMMY_|fake|Fake|FAKE_|localhost)[A-Z_]?\w*[ \t]*:?=`)

// namedTest reports whether the name of a value, on its line or the one above, says
// that it is a test's.
func namedTest(text []byte, at int) bool {
	line := lineStart(text, at, maxLiteralLine)
	return testName.Match(text[line:at]) || line > 0 && testName.Match(text[lineStart(text, line-1, maxLiteralLine):line])
}

// devName is a declaration of a variable with what a program has to be tried with by
// those who work on it; forDevelopment is what the comment on it says.
var (
	devName        = engine.NewRegexp(`^[ \t]*(?:var|const|let|final|static)?[ \t]*(?:[dD]ev[A-Z_]|DEV_|[dD]evelopment[A-Z_]|DEVELOPMENT_|[dD]ebug[A-Z_]|DEBUG_)\w*[ \t]*(?:\[?\]?\w+[ \t]*)?:?=`)
	forDevelopment = engine.NewRegexp(`(?i)\b(?:in|for) (?:local )?development(?: mode| use| only|[.,;]|$)|\bdevelopment mode\b`)
)

var (
	// clientSecret is the name of what an application shows for itself to an OAuth server.
	// Some say in it that it is none, as notSecret.
	notSecret    = engine.NewRegexp(`(?i)client[_-]?not[_-]?(?:so|an?|really)[_-]?secret["']?[ \t]*(?:string[ \t]*)?(?::|=)`)
	clientSecret = engine.NewRegexp(`(?i)client[_-]?(?:not[_-]?(?:so|an?|really)[_-]?)?secret["']?[ \t]*(?:string[ \t]*)?(?::|=)`)
	// onDevice is in code that lets its user log in elsewhere, and type in or confirm a
	// code: the device flow (RFC 8628), and Google's for programs without a browser.
	onDevice = engine.NewRegexp(`urn:ietf:wg:oauth:2\.0:oob|["']oob["']|oauth:grant-type:device_code`)
	// freePort is an address of this machine with whatever port is free, on which only a
	// program that its user has started listens (RFC 8252, section 7.3): that of a server
	// that is tried on a developer's machine is always the same. redirects is in code that
	// has the OAuth server send the browser there.
	freePort  = engine.NewRegexp(`["'](?:127\.0\.0\.1|localhost|\[::1\]):0["']|https?://(?:127\.0\.0\.1|localhost|\[::1\]):(?:%[dsv]|["'\x60][ \t]*\+|\$?\{)`)
	redirects = engine.NewRegexp(`(?i)redirect[_-]?ur[il]`)
)

// publicClient reports whether a value is the secret of a client that runs on the
// machines of its users, so that everybody has it: it is none (RFC 8252, section 8.5).
func publicClient(text []byte, at int) bool {
	line := text[lineStart(text, at, maxLiteralLine):at]
	return notSecret.Match(line) || clientSecret.Match(line) && (onDevice.Match(text) || freePort.Match(text) && redirects.Match(text))
}

// maxUser is how far before a password the name of its user is looked for, in bytes.
const maxUser = 200

// countsUp are the numbers that people put behind a name where they want no password.
var countsUp = set("1 12 123 1234")

// afterUser reports whether a password is the name of its user, which stands before it,
// and a number that counts up: what a program comes with.
func afterUser(text []byte, value check.Range) bool {
	password := string(text[value.Start:value.End])
	user := strings.TrimRight(password, "0123456789")
	return len(user) >= 4 && countsUp[password[len(user):]] && slices.Contains(splitWords(string(text[max(0, value.Start-maxUser):value.Start])), strings.ToLower(user))
}

// minSamples is how many tokens the code of a test has at least that tests what looks for
// them, or hides them: what tests a client has one, or two.
const minSamples = 3

// areSamples reports whether what a document has are such.
func areSamples(d *check.Document, found []guess) bool {
	if !isTest(d.Path) || isConfig(d) {
		return false
	}
	values := make(map[string]bool)
	for _, g := range found {
		if !testKinds[g.kind] && !byContext[g.kind] && !g.named && g.kind != kindPossible {
			values[string(d.Content[g.value.Start:g.value.End])] = true
		}
	}
	return len(values) >= minSamples
}

// secretKeyPattern is the secret to the ID of an access key of AWS.
var secretKeyPattern = engine.NewRegexp(`[^A-Za-z0-9/+]([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)`)

// besideSecretKey reports whether the secret to an access key of AWS that does not
// expire stands within some lines of its ID.
func besideSecretKey(text []byte, id check.Range) bool {
	if !bytes.HasPrefix(text[id.Start:id.End], []byte("AKIA")) { // ASIA is valid for hours
		return false
	}
	for _, m := range secretKeyPattern.FindAllSubmatchIndex(text[max(0, id.Start-300):min(len(text), id.End+300)]) {
		at := max(0, id.Start-300)
		if v := string(text[at+m[2] : at+m[3]]); !isHex(v) && natureOf(v) == natureRandom {
			return true
		}
	}
	return false
}

// choose keeps one guess for each place: the one that says most.
func choose(d *check.Document, all []guess) []guess {
	rank := func(g guess) int {
		switch g.kind {
		case kindPossible:
			return 5
		case kindSecret:
			return 4
		case kindPassword, kindService:
			return 3
		case kindURL, kindConnection:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b guess) int {
		return cmp.Or(cmp.Compare(a.value.Start, b.value.Start), cmp.Compare(rank(a), rank(b)), cmp.Compare(b.value.End, a.value.End))
	})
	// Of each group that overlaps, the best; those before it end before it starts.
	var chosen []guess
	for _, g := range all {
		for len(chosen) > 0 {
			last := chosen[len(chosen)-1]
			if !last.value.Overlaps(g.value) && last.value != g.value {
				break
			}
			if rank(last) <= rank(g) {
				g.kind = ""
				break
			}
			chosen = chosen[:len(chosen)-1]
		}
		if g.kind != "" {
			chosen = append(chosen, g)
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	shown, shows := newManual(d), fencesOf(d)
	elsewhere := isTest(d.Path) || isManual(d.Path)
	known, local, recorded := packageSays(d, harmless) || packageSays(d, integration), startsLocally(d), isRecording(d)
	coverage := isCoverage(d.Path)
	build, trial := isBuild(d.Path), isCompose(d.Path) || isMarkdown(d.Path)
	picture, samples := isPicture(d.Path), areSamples(d, chosen)
	for i := range chosen {
		g := &chosen[i]
		alone := g.alone(d.Content)
		if !(shown.readme && testKinds[g.kind] && g.kind != "jwt") && !alone && shown.has(g.value.Start) {
			g.confidence = min(g.confidence, check.Tentative) // a key that is whole is one in a README, too
			g.persona = check.Pedantic                        // comments on code and descriptions of an API show what a value looks like
		}
		if !alone && (known || saysAbove(d.Content, g.value.Start, harmless) || namedTest(d.Content, g.value.Start)) {
			g.persona = check.Pedantic // somebody has thought of it
		}
		if opened := openedAt(d.Content, g.value.Start); testKinds[g.kind] && (devName.Match(d.Content[lineStart(d.Content, opened, maxLiteralLine):opened]) || saysAbove(d.Content, g.value.Start, forDevelopment)) {
			g.persona = check.Pedantic
		}
		if noTokenOf(string(d.Content[g.value.Start:g.value.End])) {
			g.persona = check.Pedantic
		}
		if coverage && uploadToken.Match(d.Content[lineStart(d.Content, g.value.Start, maxLiteralLine):g.value.Start]) {
			g.persona = check.Pedantic
		}
		if publicClient(d.Content, g.value.Start) || !alone && g.kind == kindPassword && afterUser(d.Content, g.value) {
			g.persona = check.Pedantic
		}
		if (!alone || webhooks[g.kind]) && shows.has(g.value.Start) || !alone && amongWords(d.Content, g.value) || calledExample(d, g.value.Start) {
			g.persona = check.Pedantic
		}
		if !alone && (build || byContext[g.kind] && trial || (byContext[g.kind] || g.named) && opensNothing(d, g)) {
			g.persona = check.Pedantic
		}
		if g.kind == kindSecret && g.confidence == check.Tentative {
			g.persona = check.Pedantic // a row of a table, an identifier, a checksum
		}
		if picture {
			g.persona = check.Pedantic // the form of a token, by chance, in data that is no text
		}
		if !testKinds[g.kind] && namedPublic(d.Content, g.value.Start) || byContext[g.kind] && isFingerprint(d.Content, g.value) {
			g.persona = check.Pedantic
		}
		if !alone && (local || recorded && ofSession(g)) {
			g.persona = check.Pedantic
		}
		if elsewhere {
			if !alone || webhooks[g.kind] || samples && g.confidence < check.Certain || g.kind == "aws-access-token" || saysAbove(d.Content, g.value.Start, broken) { // AWS's have no checksum, and throw-away ones abound
				g.persona = check.Pedantic
			}
			if testKinds[g.kind] || byContext[g.kind] || g.confidence == check.Firm {
				g.confidence = check.Tentative
			}
		}
	}
	return chosen
}
