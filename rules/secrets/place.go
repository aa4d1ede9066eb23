package secrets

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// The functions of this file say what a document is for, by its path and by what else
// is in it.

// testWords are the words in names of files and folders that hold tests, what
// they work on, examples, and things to try a program with.
var testWords = set(`
	stub stubs sample samples mock mocks mocked wiremock mockserver fake fakes dummy demo demos playground quickstart tutorial tutorials benchmark benchmarks
	cypress mirage cassette cassettes fuzz fuzzing insecure snakeoil selfsigned localhost`)

// testFolders are names of folders that say so only where they are the whole name:
// dev-env is a whole system to try the program with, .devcontainer one to work on it in, hack is where the projects of
// Kubernetes keep the scripts of developers, t where those of Git and Perl keep tests.
var testFolders = set(`
	spec specs .snapshots snapshots t integration hack local-environment local-env local-dev localdev .devcontainer dev-environment dev-env devenv devstack`)

// notTests are words that end in "test" and have nothing to do with tests.
var notTests = set("latest contest attest protest detest fastest greatest shortest longest smallest largest oldest newest nearest highest lowest")

// isTest reports whether a path is that of tests, their data or examples, where
// most values that look like credentials open nothing.
func isTest(p string) bool {
	dir, base := path.Split(withoutPackage(p))
	for folder := range strings.SplitSeq(strings.ToLower(dir), "/") {
		if testFolders[strings.Trim(folder, "_")] || strings.HasPrefix(folder, "e2e") || strings.HasSuffix(folder, "e2e") {
			return true
		}
	}
	if strings.HasSuffix(base, "-values.yaml") && path.Base(dir) == "ci" { // of a chart, for Helm's chart-testing
		return true
	}
	if strings.Contains(base, ".story.") || strings.Contains(base, ".stories.") || strings.Contains(base, ".spec.") || strings.Contains(base, "_spec.") || strings.HasSuffix(base, ".t") { // Storybook's; the last are Perl's, and those of cram
		return true
	}
	name := splitWords(base)
	if stem, _, _ := strings.Cut(base, "."); stem == "test" { // alone it is a draft: test.sh
		name = name[1:]
	}
	return slices.ContainsFunc(splitWords(dir), aboutTests) || slices.ContainsFunc(name, aboutTests)
}

// aboutTests reports whether a word says that something is for tests or an
// example: testdata, samplecerts, caddytest (as Go names a package of helpers).
func aboutTests(w string) bool {
	for _, what := range []string{"certs", "keys", "data"} {
		w = strings.TrimSuffix(w, what)
	}
	return testWords[w] || strings.HasPrefix(w, "test") || strings.HasPrefix(w, "example") || strings.HasPrefix(w, "fixture") ||
		strings.HasSuffix(w, "mock") || strings.HasSuffix(w, "tests") || strings.HasSuffix(w, "test") && !notTests[w]
}

// withoutPackage takes the folders that are a package of the JVM's out of a path:
// com/example/demo is what generators of projects write, and many stay so.
func withoutPackage(p string) string {
	for _, language := range []string{"/java/", "/kotlin/", "/scala/", "/groovy/"} {
		if i := strings.Index(p, language); i >= 0 && strings.Contains(p[:i], "src/") {
			return path.Join(p[:i], path.Base(p))
		}
	}
	return p
}

// isManual reports whether a path is that of a manual or of its pages: what looks
// like a credential there shows how one is used. A README or a note beside the code
// is none; people do paste live ones into those.
func isManual(p string) bool {
	base := strings.ToLower(path.Base(p))
	switch ext := path.Ext(base); {
	case ext == ".rst" || ext == ".adoc" || ext == ".mdx" || strings.HasPrefix(base, "manual."):
		return true
	case len(ext) == 2 && '1' <= ext[1] && ext[1] <= '9': // rclone.1
		return true
	}
	if stem, ext, _ := strings.Cut(base, "."); ext == "md" || ext == "markdown" || ext == "txt" || ext == "" {
		switch strings.NewReplacer("-", "", "_", "").Replace(stem) {
		case "changelog", "changes", "upgrade", "upgrading", "releasenotes": // what a version brought, shown
			return true
		}
	}
	for dir := range strings.SplitSeq(strings.ToLower(path.Dir(p)), "/") {
		switch dir {
		case "docs", "doc", "documentation", "man", "manual", "website":
			return true
		}
	}
	return false
}

// isCredentials reports whether a file is for credentials, so that even a weak
// password in it is meant.
func isCredentials(p string) bool {
	base := path.Base(p)
	switch base {
	case ".netrc", "_netrc", ".pypirc", ".npmrc", ".yarnrc", ".my.cnf", ".pgpass", ".s3cfg", ".boto", ".dockercfg", ".git-credentials", ".credentials", "credentials":
		return true
	}
	return strings.HasSuffix(base, ".tfstate") || strings.HasSuffix(base, ".tfstate.backup")
}

// localWords are the words in names of scripts that start something to try it with.
var localWords = set("cluster dev devel develop development local demo devnet localnet")

var (
	loopback = engine.NewRegexp(`\b127\.\d{1,3}\.\d{1,3}\.|\blocalhost\b`)
	// remote is an address of another machine, by its number or in a URL.
	remote = engine.NewRegexp(`\b(?:[1-9]\d?|1[013-9]\d|12[0-689]|2\d\d)\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|://(?:[\w.-]*[\w-]@)?[A-Za-z][\w-]*\.[\w.-]*[A-Za-z]`)
)

// startsLocally reports whether a document is a script, named for that, which starts
// something on this machine alone: no stranger reaches what its keys open.
func startsLocally(d *check.Document) bool {
	switch d.Language {
	case "shellscript", "bat", "powershell", "makefile":
	default:
		return false
	}
	return slices.ContainsFunc(splitWords(path.Base(d.Path)), func(w string) bool { return localWords[w] }) &&
		loopback.Match(d.Content) && !remote.Match(withoutComments(d.Content))
}

// isBuild reports whether a path is that of what a service for builds and tests does
// with each commit: GitHub, CircleCI, Travis CI, GitLab, AppVeyor, Azure, Drone, Buildkite, TeamCity, Google, SourceHut.
// What is written there in the clear is for servers that live as long as the build, or may upload something and no more:
// what opens anything else is a secret of the service.
func isBuild(p string) bool {
	dir, base := path.Dir(p), strings.TrimSuffix(path.Base(p), path.Ext(p))
	switch strings.TrimPrefix(base, ".") {
	case "travis", "gitlab-ci", "appveyor", "azure-pipelines", "drone", "cirrus":
		return path.Dir(p) == "."
	case "build":
		return p == ".build.yml"
	case "cloudbuild":
		return true
	}
	for folder := range strings.SplitSeq(dir, "/") {
		switch folder {
		case ".circleci", ".buildkite", ".teamcity", ".prow", ".builds":
			return true
		}
	}
	return strings.Contains("/"+dir+"/", "/.github/workflows/") || strings.Contains("/"+dir+"/", "/.github/actions/")
}

// isCompose reports whether a path is that of a file of Docker Compose (its specification, "Compose file"), which starts
// servers on the machine of whoever has it, for trying and developing: their passwords open what was made with them.
func isCompose(p string) bool {
	base := strings.ToLower(path.Base(p))
	ext := path.Ext(base)
	return (ext == ".yml" || ext == ".yaml") && (strings.HasPrefix(base, "docker-compose") || strings.HasPrefix(base, "compose.") || strings.HasPrefix(base, "compose-"))
}

// isMarkdown reports whether a path is that of prose, which shows what a command or an answer looks like.
func isMarkdown(p string) bool {
	ext := strings.ToLower(path.Ext(p))
	return ext == ".md" || ext == ".markdown"
}

// isPicture reports whether a path is that of a picture, a font or a printed page.
func isPicture(p string) bool {
	switch strings.ToLower(path.Ext(p)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico", ".svg", ".pdf", ".woff", ".woff2", ".ttf":
		return true
	}
	return false
}

// uploadToken is the name that the configuration of Codecov, or of Coveralls, has for the token of a
// repository. It lets whoever has it send figures about coverage and do nothing else, and
// builds of changes by strangers need it: many publish theirs on purpose.
var uploadToken = engine.NewRegexp(`^(?:[ \t]+["']?token|["']?repo_token)["']?[ \t]*:[ \t]*["']?$`)

// isCoverage reports whether a path is one at which Codecov or Coveralls looks for its configuration.
func isCoverage(p string) bool {
	switch path.Base(p) {
	case "codecov.yml", ".codecov.yml", "codecov.yaml", ".codecov.yaml", ".coveralls.yml":
		return true
	}
	return false
}

// withoutComments takes out the lines of a script that say something to people.
func withoutComments(text []byte) []byte {
	var code []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			code = append(code, line...)
		}
	}
	return code
}

// minAnswers is how many answers a recording has at least: somebody who notes down one
// call to a server, or two, may do it with a key that is valid. Two are enough where a
// tool has put the time before at least minStamped lines.
const (
	minAnswers = 3
	minStamped = 10
)

// stamped is a line that begins with a time, or the seconds since the beginning.
var stamped = engine.NewRegexp(`(?m)^\[?(?:\d{4}-\d{2}-\d{2}[T ])?\d{1,4}(?::\d{2}){0,2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\]? [^\s]`)

// answer is a line about the answer to a request: its status line (RFC 9112), as curl -v
// shows it, or what tools make of it in a log or an HTTP Archive.
var answer = engine.NewRegexp(`(?im)^[^\n]{0,40}\bHTTP/[1-3](?:\.[01])? [1-5]\d\d\b|\bresponse\b[^\n]{0,300}\bstatus(?:[ _-]?code)?["']?[ \t]*[:=][ \t]*["']?[1-5]\d\d\b|"httpVersion"[ \t]*:`)

// exchanged is a line of what was asked and answered: a request line, a header, a body.
var exchanged = engine.NewRegexp(`(?im)^[^\n]{0,40}(?:\b(?:GET|POST|PUT|PATCH|DELETE) [^\s]+ HTTP/|\b(?:content-type|user-agent|location|set-cookie):)|\brequest(?:_\w+)?\b[^\n]{0,200}(?:https?://|'headers'|"headers")|\bredirect[_ ]ur[il]\b|\b[A-Z][a-z]\w*Request \{`)

// isRecording reports whether a document is what a tool wrote down of the conversation
// of two programs: what it has of tokens was made for it and has long expired.
func isRecording(d *check.Document) bool {
	if ext := strings.ToLower(path.Ext(d.Path)); d.Language != "" && ext != ".json" && ext != ".har" && ext != ".txt" && ext != ".log" {
		return false
	}
	answers := len(answer.FindAllSubmatchIndex(d.Content))
	if answers == minAnswers-1 && len(stamped.FindAllSubmatchIndex(d.Content)) >= minStamped {
		answers++
	}
	return answers >= minAnswers && exchanged.Match(d.Content)
}

// ofSession reports whether a guess may be what a server gave out for one session: no
// password that a person chose, and no key that is whole.
func ofSession(g *guess) bool {
	switch g.kind {
	case kindPassword, kindURL, kindConnection:
		return false
	}
	return g.kind == "jwt" || !testKinds[g.kind]
}
