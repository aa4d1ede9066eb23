package gitleaks_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// Every rule that gitleaks comes with is read. Where their number changes with its
// version, the catalogue of package secrets has to follow.
func TestDefault(t *testing.T) {
	if n := len(gitleaks.Default().Rules); n != 222 {
		t.Errorf("%d rules", n)
	}
	for _, r := range gitleaks.Default().Rules {
		for _, e := range []*engine.Regexp{r.Regex, r.Path} {
			if e != nil && e.Check() != nil {
				t.Errorf("%s: %v", r.ID, e.Check())
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a = \n", "c.toml:1:5: "},
		{"[[rules]]\nid = \"a\"\nregex = '''(a'''\n", "c.toml:3:12: the rule \"a\": regex: error parsing regexp: missing closing ): `(a`"},
		{"[[rules]]\ndescription = \"x\"\n", "c.toml:1:1: a rule has no id (description \"x\")"},
		{"[[rules]]\nid = \"a\"\n", "c.toml:2:7: the rule \"a\" has neither regex nor path"},
		{"[[rules]]\nid = \"a\"\nregex = \"b\"\nsecretGroup = 2\n", "c.toml:2:7: the rule \"a\": secretGroup is 2, but regex has 0 groups"},
		{"[[rules]]\nid = \"a\"\npath = \"b\"\nsecretGroup = -1\n", "secretGroup is -1, but regex has 0 groups"},
		{"[[rules]]\nid = \"a\"\nregex = \"b\"\n[[rules]]\nid = \"a\"\nregex = \"c\"\n", "two rules have the ID \"a\""},
		{"[extend]\nuseDefault = true\npath = \"x\"\n", "[extend] has both path and useDefault: keep one"},
		{"[extend]\npath = \"gone.toml\"\n", "c.toml:2:1: [extend] path: file does not exist"},
		{"[extend]\npath = \"c.toml\"\n", "[extend] goes deeper than 2 files"},
		{"[[allowlists]]\n", "c.toml:1:3: [[allowlists]]: an allowlist needs commits, paths, regexes or stopwords"},
		{"[[allowlists]]\ncondition = \"XOR\"\npaths = [\"a\"]\n", "the condition of an allowlist is AND or OR, not \"XOR\""},
		{"[[allowlists]]\nregexTarget = \"all\"\npaths = [\"a\"]\n", "the regexTarget of an allowlist is secret, match or line, not \"all\""},
		{"[[allowlists]]\ntargetRules = [\"zz\"]\npaths = [\"a\"]\n", "is for the rule \"zz\", which does not exist"},
		{"[[rules]]\nid = \"a\"\nregex = \"b\"\n[[rules.required]]\nid = \"zz\"\n", "the rule \"a\" requires \"zz\", which does not exist"},
	} {
		_, _, err := gitleaks.Parse("c.toml", []byte(tt.text), func(name string) ([]byte, error) {
			if name == "c.toml" {
				return []byte(tt.text), nil
			}
			return nil, fs.ErrNotExist
		})
		var e *gitleaks.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// What extends another file is read relative to it, as often as one likes: in
// gitleaks the second load loses allowlists and the third the rules.
func TestExtend(t *testing.T) {
	files := map[string]string{
		"conf/base.toml":   "[extend]\npath = \"../shared/more.toml\"\n[[rules]]\nid = \"base\"\nregex = \"base\"\nkeywords = [\"BASE\"]\n",
		"shared/more.toml": "[extend]\nuseDefault = true\n",
	}
	text := `
[extend]
path = "conf/base.toml"
disabledRules = ["generic-api-key", "nope"]
[[rules]]
id = "base"
entropy = 3.5
[[allowlists]]
targetRules = ["github-pat"]
stopwords = ["Fixture"]
`
	for range 4 {
		c, warnings, err := gitleaks.Parse(".gitleaks.toml", []byte(text), func(name string) ([]byte, error) {
			if s, ok := files[name]; ok {
				return []byte(s), nil
			}
			return nil, fs.ErrNotExist
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Rules) != 222 || len(c.Allow) != 1 {
			t.Errorf("%d rules, %d allowlists", len(c.Rules), len(c.Allow))
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], `disables the rule "nope"`) {
			t.Errorf("%q", warnings)
		}
		rule := func(id string) *engine.Rule {
			i := slices.IndexFunc(c.Rules, func(r *engine.Rule) bool { return r.ID == id })
			if i < 0 {
				t.Fatalf("no rule %s", id)
			}
			return c.Rules[i]
		}
		if r := rule("base"); r.Entropy != 3.5 || r.Regex.String() != "base" || !slices.Equal(r.Keywords, []string{"base"}) {
			t.Errorf("%+v", r)
		}
		if r := rule("github-pat"); len(r.Allowlists) != 2 || r.Allowlists[1].StopWords[0] != "fixture" {
			t.Errorf("%+v", r.Allowlists)
		}
	}
	if n := len(gitleaks.Default().Rules[0].Allowlists); n > 1 {
		t.Error("the defaults were changed")
	}
}

func TestOldSpellings(t *testing.T) {
	c, _, err := gitleaks.Parse("c.toml", []byte("[allowlist]\npaths = ['a']\n[[rules]]\nid = \"x\"\nregex = \"y\"\n[rules.allowlist]\nregexes = ['z']\n"), nil)
	if err != nil || len(c.Allow) != 1 || len(c.Rules[0].Allowlists) != 1 {
		t.Errorf("%v %+v", err, c)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("[extend]\nuseDefault = true\n[[rules]]\nid = \"a\"\nregex = '''b'''\n[[rules.required]]\nid = \"github-pat\"\nwithinLines = 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, _, err := gitleaks.Parse("c.toml", []byte(text), func(string) ([]byte, error) { return nil, fs.ErrNotExist })
		if err == nil {
			engine.New(c.Rules, engine.Options{Depth: 1, Allow: c.Allow}).Detect("a", []byte("a b github_pat_ "+text))
		}
	})
}
