// Package purpose says what a file is for, by its path, and what a program is for, by what it says about itself.
package purpose

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Shows reports whether a file is there to show, to test or to measure something, by its
// folders, "examples" or "test-server", or its own name, "fakes.go": no stranger reaches it, and it goes to no production.
func Shows(name string) bool {
	folders := strings.Split(name, "/")
	for _, folder := range folders[:len(folders)-1] {
		if reproduces.MatchString(folder) || echoes.MatchString(folder) {
			return true
		}
		folder = strings.TrimPrefix(strings.ToLower(folder), "_")
		if showing[folder] || strings.HasSuffix(folder, "bench") && folder != "workbench" || strings.HasSuffix(folder, "test") && !noTrials[folder] || slices.ContainsFunc(showingEnds, func(end string) bool { return strings.HasSuffix(folder, end) }) || strings.HasPrefix(folder, "fake") || strings.HasSuffix(folder, "mock") && folder != "hammock" || strings.HasSuffix(strings.TrimSuffix(folder, "s"), "example") {
			return true
		}
		for _, word := range strings.FieldsFunc(folder, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
			if trials[word] {
				return true
			}
		}
	}
	return standsIn(strings.ToLower(folders[len(folders)-1]))
}

// ShowsModule reports whether a module is there to show something, or to stand in for it in tests, as its path says:
// github.com/google/trillian-examples, github.com/go-faker/faker/v4.
func ShowsModule(modulePath string) bool {
	unversioned, _, _ := module.SplitPathVersion(modulePath)
	name := path.Base(unversioned)
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		switch word {
		case "example", "examples", "demo", "demos", "sample", "samples", "tutorial", "tutorials",
			"mock", "mocks", "fake", "fakes", "faker":
			return true
		}
	}
	return false
}

// reproduces matches a folder with what shows a bug: issue-908.
var reproduces = regexp.MustCompile(`^(?i:issue|bug|repro)[-_]?\d+$`)

// echoes matches a folder with a server that answers what it is asked, to try clients with: echosrv.
var echoes = regexp.MustCompile(`^(?i:echo[-_]?(?:server|srv)|(?:server|srv)[-_]?echo)$`)

// standsIn reports whether a Go file is named for what stands in for something else in tests, "fakes.go", "mock_client.go",
// or for a program to try it with, "test_proxy.go".
func standsIn(file string) bool {
	name, isGo := strings.CutSuffix(file, ".go")
	words := strings.Split(name, "_")
	first, last := words[0], words[len(words)-1]
	return isGo && (first == "test" && len(words) > 1 || standIns[first] || standIns[last])
}

// standIns are the first or last words of such names.
var standIns = map[string]bool{"mock": true, "mocks": true, "fake": true, "fakes": true, "testhelper": true, "testhelpers": true, "testutil": true, "testutils": true}

// showing are folders, showingEnds what the names of such folders end in, and trials words in them, that hold no part of what runs
// for others, or copies of what others write, which are mended where they come from, as those in a folder vendor. noTrials end like
// one.
var (
	showing = map[string]bool{
		"autobahn": true, "emulator": true, "emulators": true, "simulator": true, "simulators": true, "crossdock": true, "testapp": true, "testapps": true, "tester": true, "testers": true, "tutorial": true, "tutorials": true, "docs": true, "integration": true, "fixtures": true, "hack": true, "devtools": true,
		"third_party": true, "third-party": true, "thirdparty": true,
		"testdata": true, "testing": true, "testutil": true, "testutils": true, "testingutil": true, "testhelper": true, "testhelpers": true,
	}
	showingEnds = []string{"testserver", "benchserver", "loadtester"}
	noTrials    = map[string]bool{
		"attest": true, "contest": true, "fastest": true, "greatest": true, "latest": true, "pentest": true, "protest": true, "shortest": true, "speedtest": true,
	}
	trials = map[string]bool{
		"example": true, "examples": true, "demo": true, "demos": true, "sample": true, "samples": true,
		"test": true, "tests": true, "e2e": true, "mock": true, "mocks": true, "fake": true, "fakes": true, "benchmark": true, "benchmarks": true, "interop": true,
		"fuzz": true, "fuzzing": true, "clusterfuzzlite": true, "testkit": true, "conformance": true, "benchkit": true, "testbed": true, "tst": true, "helloworld": true,
	}
)
