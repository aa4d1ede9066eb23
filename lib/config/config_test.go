package config_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"
	"go.yaml.in/yaml/v3"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
)

func TestParse(t *testing.T) {
	const file = "persona: auditor\n" +
		"fail-on: medium\n" +
		"checks:\n" +
		"  go/weak-hash: low\n" +
		"  \"docker/*\": off\n" +
		"  docker/root-user: \"critical\"\n" +
		"exclude: [testdata, 'third_party/**/*.js', \"{a,b}/c\"]\n" +
		"max-bytes: 20971520\n" +
		"strict-ignores: true\n"
	cfg, err := config.Parse(".peercheck.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Persona != check.Auditor || cfg.FailOn != check.Medium || cfg.Threshold() != check.Medium || !cfg.StrictIgnores || cfg.MaxBytes != 20<<20 {
		t.Errorf("got %+v", cfg)
	}
	for id, want := range map[string]config.CheckConfig{
		"go/weak-hash":     {Severity: check.Low},
		"go/weak-cipher":   {},
		"docker/no-digest": {Off: true},
		"docker/root-user": {Severity: check.Critical}, // the check itself counts more than its domain
	} {
		if got := cfg.For(id); got != want {
			t.Errorf("For(%q) = %+v, want %+v", id, got, want)
		}
		if got := cfg.Off(id); got != want.Off {
			t.Errorf("Off(%q) = %v", id, got)
		}
	}
	if got := cfg.SeverityOf(&check.Check{ID: "go/weak-hash", Severity: check.High}); got != check.Low {
		t.Errorf("SeverityOf a configured check = %v, want low", got)
	}
	if got := cfg.SeverityOf(&check.Check{ID: "go/other", Severity: check.High}); got != check.High {
		t.Errorf("SeverityOf another check = %v, want its own", got)
	}
}

func TestExcludes(t *testing.T) {
	cfg := &config.Config{Exclude: []string{"testdata", "third_party/**/*.js", "docs", "a/b", "*.pb.go"}}
	for path, want := range map[string]bool{
		"testdata":               true,
		"x/testdata/y/z.go":      true,
		"x/testdata.go":          false,
		"third_party/m.js":       true,
		"third_party/x/y/m.js":   true,
		"third_party/x/y/m.go":   false,
		"docs/a/b.md":            true,
		"a/b/c/d.go":             true,
		"x/a/b/c.go":             false, // a pattern with a slash starts at the root
		"x/api.pb.go":            true,
		"x/api.go":               false,
		"":                       false,
		"x/line\nbreak/testdata": true,
	} {
		if got := cfg.Excludes(path); got != want {
			t.Errorf("Excludes(%q) = %v, want %v", path, got, want)
		}
	}
}

// A nil and a zero Config are the default, and so is a file that says nothing.
func TestDefaults(t *testing.T) {
	empty, err := config.Parse("f", []byte("# nothing\n"))
	if err != nil {
		t.Fatal(err)
	}
	fromFile, err := config.Parse("f", []byte(config.Default))
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]*config.Config{"nil": nil, "zero": {}, "empty": empty, "Default": fromFile} {
		ch := &check.Check{ID: "go/x", Severity: check.Medium}
		if cfg.Off("go/x") || cfg.SeverityOf(ch) != check.Medium || cfg.Excludes("vendor/x.go") ||
			cfg.Threshold() != check.High || cfg.UnknownChecks(nil) != nil {
			t.Errorf("%s: not the default", name)
		}
		if cfg != nil && (cfg.Persona != check.Regular || cfg.FailOn != 0 || len(cfg.Checks)+len(cfg.Exclude) > 0 || cfg.MaxBytes != 0 || cfg.StrictIgnores) {
			t.Errorf("%s: %+v is not zero", name, cfg)
		}
	}
}

// The examples of the default file work when they are commented in, and name
// every key.
func TestDefaultExamples(t *testing.T) {
	file := regexp.MustCompile(`(?m)^#( {2}|[a-z])`).ReplaceAllString(config.Default, "$1")
	cfg, err := config.Parse("f", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.FailOn != config.DefaultFailOn || len(cfg.Checks) != 2 || len(cfg.Exclude) != 2 {
		t.Errorf("got %+v from\n%s", cfg, file)
	}
	var keys map[string]any
	if err := yaml.Unmarshal([]byte(file), &keys); err != nil {
		t.Fatal(err)
	}
	for key := range schemaProperties(t) {
		if _, ok := keys[key]; !ok {
			t.Errorf("the default file does not explain %q", key)
		}
	}
	for _, line := range strings.Split(config.Default, "\n") {
		if len(line) > 80 && !strings.Contains(line, "$schema") {
			t.Errorf("longer than a terminal is wide: %s", line)
		}
	}
}

// mistakes are configurations that Parse refuses, and what it says.
var mistakes = []struct {
	name, file, want string
	// beyondSchema marks what a JSON schema cannot see.
	beyondSchema bool
}{
	{"misspelt key", "persona: regular\nfail_on: high\n",
		`f:2:1: unknown key "fail_on"; did you mean "fail-on"?`, false},
	{"unknown key", "severity: high\n",
		`f:1:1: unknown key "severity"; the keys are persona, fail-on, checks, exclude, max-bytes, strict-ignores, compat, gitleaks`, false},
	{"escaped key", "\"a\\e[31m\": 1\n",
		`f:1:1: unknown key "a\x1b[31m"; the keys are persona, fail-on, checks, exclude, max-bytes, strict-ignores, compat, gitleaks`, false},
	{"duplicate key", "persona: regular\nfail-on: high\npersona: auditor\n",
		`f:3:1: the key "persona" is given twice, first in line 1; leave one of them out`, true},
	{"duplicate check", "checks:\n  go/a: off\n  go/a: low\n",
		`f:3:3: the key "go/a" is given twice, first in line 2; leave one of them out`, true},
	{"merge key", "<<: {persona: regular}\n",
		`f:1:1: this is "<<" where a key is wanted`, true},
	{"number as key", "1: x\n",
		`f:1:1: this is the number "1" where a key is wanted`, true},
	{"misspelt severity", "fail-on: hihg\n",
		`f:1:10: "hihg" is no severity; did you mean "high"?`, false},
	{"capital", "fail-on: High\n",
		`f:1:10: "High" is no severity; did you mean "high"?`, false},
	{"unknown severity", "fail-on: error\n",
		`f:1:10: "error" is no severity; take one of low, medium, high, critical`, false},
	{"empty severity", "fail-on:\n",
		`f:1:9: this is empty where one of low, medium, high, critical is wanted`, false},
	{"list for severity", "fail-on: [high]\n",
		`f:1:10: this is a list where one of low, medium, high, critical is wanted`, false},
	{"unknown persona", "persona: paranoid\n",
		`f:1:10: "paranoid" is no persona; take one of regular, pedantic, auditor`, false},
	{"false for off", "checks: {go/a: false}\n",
		`f:1:16: "false" is no setting of a check; did you mean "off"?`, false},
	{"mapping for a check", "checks:\n  go/a:\n    severity: low\n",
		`f:3:5: this is a mapping where one of off, low, medium, high, critical is wanted`, false},
	{"no check ID", "checks:\n  sql-injection: off\n",
		`f:2:3: "sql-injection" is no check ID; it is written "domain/name", as in "go/sql-injection", or "go/*" for the whole domain`, false},
	{"list of checks", "checks:\n- go/a\n",
		`f:2:1: "checks" is a list; it consists of lines "key: value"`, false},
	{"text for exclude", "exclude: vendor\n",
		`f:1:10: "exclude" is the text "vendor"; it is a list of globs, each on a line of its own after "- "`, false},
	{"number for a glob", "exclude:\n  - 7\n",
		`f:2:5: this is the number "7" where a glob is wanted; write it in quotes, as in "testdata/**"`, false},
	{"bad glob", "exclude:\n  - ok\n  - '{a,b'\n",
		`f:3:5: pattern "{a,b": { without }`, true},
	{"empty glob", "exclude: ['']\n",
		`f:1:11: the glob is empty; leave the line out`, false},
	{"slash at the end", "exclude: [docs/]\n",
		`f:1:11: the glob "docs/" matches nothing: paths do not end in a slash; did you mean "docs/**"?`, false},
	{"slash at the start", "exclude: [/docs]\n",
		`f:1:11: the glob "/docs" matches nothing: paths start at the repository's root; did you mean "docs"?`, false},
	{"dot slash", "exclude: [./docs]\n",
		`f:1:11: the glob "./docs" matches nothing: paths start at the repository's root; did you mean "docs"?`, false},
	{"parent folder", "exclude: [../docs]\n",
		`f:1:11: the glob "../docs" matches nothing: paths start at the repository's root and stay below it`, false},
	{"negated glob", "exclude: ['!docs']\n",
		`f:1:11: the glob "!docs" starts with "!"; there are no exceptions from exclusions: exclude less`, false},
	{"backslash", "exclude: ['a\\b']\n",
		`f:1:11: the glob "a\\b" has a backslash; folders are separated by "/"; did you mean "a/b"?`, false},
	{"size with a unit", "max-bytes: 10M\n",
		`f:1:12: "max-bytes" is the text "10M"; it is a whole number of bytes, such as 10485760`, false},
	{"size of nothing", "max-bytes: 0\n",
		`f:1:12: "max-bytes" is the number "0"; it is a whole number of bytes, such as 10485760`, false},
	{"yes for true", "strict-ignores: yes\n",
		`f:1:17: "strict-ignores" is the text "yes"; it is true or false`, true}, // yaml decodes yes as a bool for the schema
	{"alias", "checks: &c {go/a: off}\nexclude: *c\n",
		`f:2:10: "exclude" is an alias (they are not supported); it is a list of globs, each on a line of its own after "- "`, true},
	{"text", "just text\n",
		`f:1:1: a configuration is the text "just text"; it consists of lines "key: value"`, false},
	{"list", "- persona: regular\n",
		`f:1:1: a configuration is a list; it consists of lines "key: value"`, false},
	{"second document", "persona: regular\n---\npersona: auditor\n",
		`f:2:1: a second YAML document starts here; a configuration is one document`, true},
	{"columns count bytes", "\"é\": 1\nchecks: {\"é/é\": off, go/a: x}\n",
		"f:1:1: unknown key \"é\"; the keys are persona, fail-on, checks, exclude, max-bytes, strict-ignores, compat, gitleaks\n" +
			"f:2:10: \"é/é\" is no check ID; it is written \"domain/name\", as in \"go/sql-injection\", or \"go/*\" for the whole domain\n" +
			`f:2:30: "x" is no setting of a check; take one of off, low, medium, high, critical`, false},
	{"byte order mark", "\ufeffpersona: x\n",
		`f:1:13: "x" is no persona; take one of regular, pedantic, auditor`, true},
	{"not UTF-8", "persona: regular\nexclude: [\"\xff\"]\n",
		`f:2:12: this is not UTF-8; save the file in that encoding`, true},
	{"tab", "checks:\n\tgo/a: off\n",
		`f:2:1: this is not valid YAML: it is indented by spaces, not by tabs`, true},
	{"unclosed quote", "persona: 'regular\nfail-on: high\n",
		`f:2:13: this is not valid YAML: found unexpected end of stream; a quote is opened and not closed`, true},
	{"bad indentation", "checks:\n    go/a: off\n  go/b: off\n",
		`f:3:3: this is not valid YAML: did not find expected key`, true},
	{"at sign", "exclude:\n  - @types\n",
		`f:2:5: this is not valid YAML: found character that cannot start any token; put the value in quotes`, true},
	{"asterisk", "exclude:\n  - *.go\n",
		`f:2:5: this is not valid YAML: did not find expected alphabetic or numeric character; put a value that starts with "*" or "&" in quotes`, true},
	{"unknown alias", "exclude:\n  - *go\nfail-on: high\n",
		`f:2:7: this is not valid YAML: unknown anchor 'go' referenced; put a value that starts with "*" or "&" in quotes`, true},
	{"mistake in the last character", "exclude: [@]\n",
		`f:1:11: this is not valid YAML: found character that cannot start any token; put the value in quotes`, true},
	{"unclosed bracket", "exclude: [a\nfail-on: high\n",
		`f:1:11: this is not valid YAML: did not find expected ',' or ']'`, true},
	{"control character", "persona: regular\n\x01\n",
		`f:2:1: this is not valid YAML: control characters are not allowed`, true},
	{"deep brackets", "exclude: " + strings.Repeat("[", 100_000),
		`f:1:210: this is nested over 200 deep; a configuration is three deep`, true},
	{"deep indentation", strings.Repeat("- ", 100_000),
		`f:1:201: this is nested over 200 deep; a configuration is three deep`, true},
	{"large", "#" + strings.Repeat("\n", 256<<10),
		`f:262144:1: the file has 262145 bytes; a configuration has at most 262144`, true},
}

func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			cfg, err := config.Parse("f", []byte(m.file))
			if err == nil {
				t.Fatalf("no error; got %+v", cfg)
			}
			if err.Error() != m.want {
				t.Errorf("\n got %s\nwant %s", err, m.want)
			}
			if e := new(config.Error); !errors.As(err, &e) {
				t.Errorf("%T is no *config.Error", err)
			}
		})
	}
}

// A file with many mistakes tells the first ones, all with their place.
func TestManyMistakes(t *testing.T) {
	_, err := config.Parse("f", []byte("checks:\n"+strings.Repeat("  bad: off\n  go/x: bad\n", 1000)))
	if got := strings.Count(err.Error(), "\n") + 1; got != 10 {
		t.Errorf("%d errors told, want 10", got)
	}
}

func TestUnknownChecks(t *testing.T) {
	known := []*check.Check{{ID: "go/sql-injection"}, {ID: "docker/root-user"}}
	const file = "checks:\n" +
		"  go/sql-injektion: off\n" +
		"  go/sql-injection: low\n" +
		"  dockr/*: off\n" +
		"  docker/*: off\n" +
		"  a/b: off\n"
	cfg, err := config.Parse(".peercheck.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range cfg.UnknownChecks(known) {
		if n.Kind != check.NoticeConfig || n.Effect != check.EffectNone {
			t.Errorf("kind %q, effect %q", n.Kind, n.Effect)
		}
		got = append(got, n.String())
	}
	want := []string{
		`.peercheck.yaml:2:3: there is no check "go/sql-injektion", so what is configured for it has no effect; did you mean "go/sql-injection"?`,
		`.peercheck.yaml:4:3: there is no check in the domain of "dockr/*", so what is configured for it has no effect; did you mean "docker/*"?`,
		".peercheck.yaml:6:3: there is no check \"a/b\", so what is configured for it has no effect; `peercheck checks` lists them",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	made := &config.Config{Checks: map[string]config.CheckConfig{"z/z": {}, "a/a": {}, "go/*": {}}}
	if n := made.UnknownChecks(known); len(n) != 2 || n[0].At != (check.Position{}) {
		t.Errorf("of a Config that was not parsed: %v", n)
	}
}

func schemaProperties(t *testing.T) map[string]any {
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal([]byte(config.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties
}

// The schema and the parser say the same of each example here: accepted are
// all combinations of a key and a value that the schema allows.
func TestSchema(t *testing.T) {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(config.Schema))
	if err != nil {
		t.Fatal(err)
	}
	agree := func(name, file string, want bool) {
		var value any
		if err := yaml.Unmarshal([]byte(file), &value); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		result, err := schema.Validate(gojsonschema.NewGoLoader(value))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if result.Valid() != want {
			t.Errorf("%s: the schema says %v %v, want %v of\n%s", name, result.Valid(), result.Errors(), want, file)
		}
		if _, err := config.Parse("f", []byte(file)); (err == nil) != want {
			t.Errorf("%s: Parse says %v, want %v of\n%s", name, err, want, file)
		}
	}
	for _, m := range mistakes {
		if !m.beyondSchema {
			agree(m.name, m.file, false)
		}
	}
	values := []string{"regular", "pedantic", "auditor", "off", "low", "medium", "high", "critical", "true", "false",
		"{}", "[]", "[a]", "['a/**', .x, ..x, '*.go', '[a-z]']", "{go/a: off}", "{go/a-b2: high, docker/*: low}", "{go/a: regular}",
		"gitleaks", "{config: a/b}", "{baseline: c.json, config: d}", "{config: 7}", "{other: a}", "{go/: off}", "{Go/a: off}", "{go/a_b: off}", "7", "[[]]", "[a/]", "[.]", "[..]", "null"}
	accepted := map[string]int{}
	for key := range schemaProperties(t) {
		for _, value := range values {
			file := key + ": " + value + "\n"
			_, err := config.Parse("f", []byte(file))
			agree(file, file, err == nil)
			if err == nil {
				accepted[key]++
			}
		}
	}
	want := map[string]int{"persona": 3, "fail-on": 4, "checks": 4, "exclude": 4, "max-bytes": 1, "strict-ignores": 2, "compat": 1, "gitleaks": 4}
	for key, n := range want {
		if accepted[key] != n {
			t.Errorf("%d of the values accepted for %q, want %d", accepted[key], key, n)
		}
	}
	if len(accepted) != len(want) {
		t.Errorf("keys of the schema: %v", accepted)
	}
}

// Excludes gives what the globs give, one by one and for each folder of a path.
func FuzzExcludes(f *testing.F) {
	for _, s := range [][2]string{{"**/b", "b"}, {"a/**/b", "a/b"}, {"{a,b}/c?", "b/cd"}, {"x[a-c]/*.go", "xb/y.go"}, {"*.pb.go", "a/b.pb.go/c"}, {"a,b", "a,b"}, {"a**b", "a/b"}, {"**", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		glob, err := check.CompileGlob(pattern)
		if err != nil || !utf8.ValidString(path) {
			t.Skip()
		}
		want := glob.Match(path)
		for i := range len(path) {
			if path[i] == '/' {
				want = want || glob.Match(path[:i])
			}
		}
		if got := (&config.Config{Exclude: []string{pattern}}).Excludes(path); got != want {
			t.Errorf("Excludes(%q) by %q = %v, want %v", path, pattern, got, want)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(config.Default))
	for _, m := range mistakes {
		if len(m.file) < 1000 {
			f.Add([]byte(m.file))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		cfg, err := config.Parse("f", content)
		if err == nil {
			cfg.Excludes("a/b/c.go")
			for _, n := range cfg.UnknownChecks(nil) {
				checkPlace(t, content, n.At)
			}
			return
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok {
			t.Fatalf("%T does not join errors", err)
		}
		for _, err := range joined.Unwrap() {
			e, ok := err.(*config.Error)
			if !ok {
				t.Fatalf("%T: %v", err, err)
			}
			checkPlace(t, content, e.At)
			if e.Message == "" || len(e.Message) > 1000 {
				t.Errorf("message of %d bytes", len(e.Message))
			}
			for _, r := range e.Message {
				if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
					t.Errorf("%q in the message %q", r, e.Message)
				}
			}
		}
	})
}

func checkPlace(t *testing.T, content []byte, at check.Position) {
	doc := check.NewDocument("f", "yaml", content, check.Revision{})
	if _, err := doc.PositionOffset(at); err != nil {
		t.Errorf("%v of %q", err, content)
	}
}

func BenchmarkExcludes(b *testing.B) {
	cfg := &config.Config{Exclude: []string{"testdata", "third_party/**/*.js", "docs", "a/b", "*.pb.go", "gen/**"}}
	for b.Loop() {
		cfg.Excludes("services/payment/internal/handler/refund_test.go")
	}
}

// A file of the largest size, each line a mistake or unknown.
func BenchmarkParseHostile(b *testing.B) {
	known := []*check.Check{{ID: "go/sql-injection"}}
	file := []byte("checks: {" + strings.Repeat("go/a: off, ", 20_000) + "}")
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		cfg, err := config.Parse("f", file)
		if err == nil {
			cfg.UnknownChecks(known)
		}
	}
}
