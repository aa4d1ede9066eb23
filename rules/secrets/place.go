package secrets

import (
	"path"
	"slices"
	"strings"
)

// The functions of this file say what a document is for, by its path.

// testWords are the words in names of files and folders that hold tests, what
// they work on, examples, and things to try a program with.
var testWords = set(`
	stub stubs sample samples mock mocks mocked fake fakes dummy demo demos playground quickstart tutorial tutorials benchmark benchmarks
	cypress mirage cassette cassettes fuzz fuzzing insecure snakeoil selfsigned localhost`)

// testFolders are names of folders that say so only where they are the whole name:
// dev-env is a whole system to try the program with, hack is where the projects of
// Kubernetes keep the scripts of developers, t where those of Git and Perl keep tests.
var testFolders = set(`
	spec specs .snapshots snapshots t integration hack local-environment local-env local-dev localdev dev-environment dev-env devenv`)

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
		strings.HasSuffix(w, "tests") || strings.HasSuffix(w, "test") && !notTests[w]
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
