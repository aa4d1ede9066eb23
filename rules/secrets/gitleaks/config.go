// Package gitleaks reads gitleaks' configuration format, and has gitleaks'
// default rules.
//
// Use [Default] for the default rules, and [Parse] for a repository's
// .gitleaks.toml. Unlike gitleaks, reading keeps no state between loads, gives
// errors with line and column, takes [extend] paths as relative to the file
// that names them, and says when a file replaces the default rules.
package gitleaks

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// defaults are the rules that gitleaks itself comes with.
var defaults = []byte(config.DefaultConfig)

// A Config is what the rules of a configuration come to.
type Config struct {
	// Rules are in the order of the file, those of an extended one last.
	Rules []*engine.Rule
	// Allow are the allowlists of all rules.
	Allow []*engine.Allowlist
}

// Default gives gitleaks' default rules. It is read once; do not change it.
var Default = sync.OnceValue(ReadDefault)

// ReadDefault reads what Default gives, each time anew: to measure it.
func ReadDefault() *Config {
	c, err := decode("gitleaks.toml", defaults)
	if err == nil {
		var read *Config
		if read, err = c.config(nil); err == nil {
			return read
		}
	}
	panic(err) // the file is part of the program
}

// An Error is a mistake in a configuration.
type Error struct {
	// Path is the file. Line and Column count from 1; 0 if not known.
	Path         string
	Line, Column int
	Message      string
}

// Error gives "path:line:column: message".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, e.Message)
}

// maxExtend is gitleaks' limit on files that extend one another.
const maxExtend = 2

// Parse reads a configuration. name is its path, for messages and for what it
// extends; open reads an extended file by path. The warnings are sentences for
// the person whose configuration it is. Errors are *Error.
func Parse(name string, text []byte, open func(path string) ([]byte, error)) (config *Config, warnings []string, err error) {
	return parse(name, text, open, 0)
}

func parse(name string, text []byte, open func(string) ([]byte, error), depth int) (*Config, []string, error) {
	f, err := decode(name, text)
	if err != nil {
		return nil, nil, err
	}
	var base *Config
	var warnings []string
	switch e := f.Extend; {
	case e.UseDefault && e.Path != "":
		return nil, nil, f.errorf("path", "[extend] has both path and useDefault: keep one")
	case e.URL != "":
		return nil, nil, f.errorf("url", "[extend] url is not supported, by gitleaks neither: keep the file in the repository and name it as path")
	case e.UseDefault:
		base = Default()
	case e.Path != "":
		if depth >= maxExtend {
			return nil, nil, f.errorf("path", "[extend] goes deeper than %d files", maxExtend)
		}
		target := path.Join(path.Dir(name), e.Path)
		text, err := open(target)
		if err != nil {
			return nil, nil, f.errorf("path", "[extend] path: %v", err)
		}
		if base, warnings, err = parse(target, text, open, depth+1); err != nil {
			return nil, nil, err
		}
	case depth == 0 && len(f.Rules) == 0:
		warnings = append(warnings, name+" has no rules and does not extend any, so no secret is looked for: add useDefault = true under [extend]")
	case depth == 0:
		warnings = append(warnings, fmt.Sprintf("%s replaces gitleaks' %d default rules by its own %d: add useDefault = true under [extend] to have both",
			name, len(Default().Rules), len(f.Rules)))
	}
	if base != nil {
		for _, id := range f.Extend.DisabledRules {
			if base.rule(id) == nil {
				warnings = append(warnings, fmt.Sprintf("%s disables the rule %q, which what it extends does not have", name, id))
			}
		}
	}
	c, err := f.config(base)
	return c, warnings, err
}

func (c *Config) rule(id string) *engine.Rule {
	for _, r := range c.Rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// file is the format. go-toml ignores the case of keys, as gitleaks does.
type file struct {
	Title       string
	Description string
	MinVersion  string
	Extend      struct {
		Path, URL     string
		UseDefault    bool
		DisabledRules []string
	}
	Rules      []fileRule
	Allowlist  *fileAllowlist // before v8.25
	Allowlists []*fileAllowlist

	name string
	text []byte
}

type fileRule struct {
	ID, Description, Path, Regex string
	SecretGroup                  int
	Entropy                      float64
	Keywords, Tags               []string
	Allowlist                    *fileAllowlist // before v8.21
	Allowlists                   []*fileAllowlist
	Required                     []struct {
		ID                         string
		WithinLines, WithinColumns *int
	}
	SkipReport bool
}

type fileAllowlist struct {
	TargetRules                         []string
	Description, Condition, RegexTarget string
	Commits, Paths, Regexes, StopWords  []string
}

func decode(name string, text []byte) (*file, error) {
	f := &file{name: name, text: text}
	err := toml.Unmarshal(text, f)
	if err == nil {
		return f, nil
	}
	var decodeError *toml.DecodeError
	if errors.As(err, &decodeError) {
		line, column := decodeError.Position()
		return nil, &Error{name, line, column, strings.TrimPrefix(decodeError.Error(), "toml: ")}
	}
	return nil, &Error{Path: name, Message: strings.TrimPrefix(err.Error(), "toml: ")}
}

// errorf makes an error at the first place of the file that holds a text.
func (f *file) errorf(near, format string, args ...any) error {
	e := &Error{Path: f.name, Message: fmt.Sprintf(format, args...)}
	if i := bytes.Index(f.text, []byte(near)); i >= 0 && near != "" {
		e.Line = 1 + bytes.Count(f.text[:i], []byte("\n"))
		e.Column = i - bytes.LastIndexByte(f.text[:i], '\n')
	}
	return e
}

// config makes the rules, over those of base if it is not nil.
func (f *file) config(base *Config) (*Config, error) {
	c := &Config{}
	own := make(map[string]*engine.Rule, len(f.Rules))
	for i := range f.Rules {
		r, err := f.rule(&f.Rules[i])
		if err != nil {
			return nil, err
		}
		if own[r.ID] != nil {
			return nil, f.errorf(r.ID, "two rules have the ID %q", r.ID)
		}
		own[r.ID] = r
		c.Rules = append(c.Rules, r)
	}
	if base != nil {
		for _, b := range base.Rules {
			if slices.Contains(f.Extend.DisabledRules, b.ID) {
				continue
			}
			if r := own[b.ID]; r != nil {
				merge(r, b)
				continue
			}
			copied := *b // targetRules may add allowlists
			c.Rules = append(c.Rules, &copied)
		}
		c.Allow = base.Allow
	}
	for _, r := range c.Rules {
		if r.Regex == nil && r.Path == nil {
			return nil, f.errorf(r.ID, "the rule %q has neither regex nor path", r.ID)
		}
		for _, q := range r.Required {
			if c.rule(q.RuleID) == nil {
				return nil, f.errorf(q.RuleID, "the rule %q requires %q, which does not exist", r.ID, q.RuleID)
			}
		}
	}
	lists := f.Allowlists
	if f.Allowlist != nil {
		if len(lists) > 0 {
			return nil, f.errorf("allowlist", "[allowlist] is the old spelling of [[allowlists]]: a file can have one of them")
		}
		lists = append(lists, f.Allowlist)
	}
	var allow []*engine.Allowlist
	for _, l := range lists {
		a, err := f.allowlist("[[allowlists]]", l)
		if err != nil {
			return nil, err
		}
		if len(l.TargetRules) == 0 {
			allow = append(allow, a)
		}
		for _, id := range l.TargetRules {
			r := c.rule(id)
			if r == nil {
				return nil, f.errorf(id, "[[allowlists]] is for the rule %q, which does not exist", id)
			}
			r.Allowlists = append(slices.Clip(r.Allowlists), a)
		}
	}
	c.Allow = append(allow, c.Allow...)
	return c, nil
}

// merge fills in what a rule does not say from the rule that it extends.
func merge(r, base *engine.Rule) {
	if r.Description == "" {
		r.Description = base.Description
	}
	if r.Entropy == 0 {
		r.Entropy = base.Entropy
	}
	if r.SecretGroup == 0 {
		r.SecretGroup = base.SecretGroup
	}
	if r.Regex == nil {
		r.Regex = base.Regex
	}
	if r.Path == nil {
		r.Path = base.Path
	}
	r.Tags = slices.Concat(base.Tags, r.Tags)
	r.Keywords = slices.Concat(base.Keywords, r.Keywords)
	r.Allowlists = slices.Concat(base.Allowlists, r.Allowlists)
}

func (f *file) rule(v *fileRule) (*engine.Rule, error) {
	if strings.TrimSpace(v.ID) == "" {
		return nil, f.errorf("[[rules]]", "a rule has no id (description %q)", v.Description)
	}
	r := &engine.Rule{
		ID: v.ID, Description: v.Description, SecretGroup: v.SecretGroup, Entropy: v.Entropy,
		Tags: v.Tags, SkipReport: v.SkipReport,
	}
	for _, k := range v.Keywords {
		r.Keywords = append(r.Keywords, strings.ToLower(k))
	}
	where := fmt.Sprintf("the rule %q", v.ID)
	var err error
	if r.Regex, err = f.regexp(where+": regex", v.Regex); err != nil {
		return nil, err
	}
	if r.Path, err = f.regexp(where+": path", v.Path); err != nil {
		return nil, err
	}
	if groups := 0; v.SecretGroup != 0 {
		if r.Regex != nil {
			groups = r.Regex.Groups()
		}
		if v.SecretGroup < 0 || r.Regex != nil && v.SecretGroup > groups {
			return nil, f.errorf(v.ID, "%s: secretGroup is %d, but regex has %d groups", where, v.SecretGroup, groups)
		}
	}
	lists := v.Allowlists
	if v.Allowlist != nil {
		if len(lists) > 0 {
			return nil, f.errorf(v.ID, "%s: allowlist is the old spelling of allowlists: a rule can have one of them", where)
		}
		lists = append(lists, v.Allowlist)
	}
	for _, l := range lists {
		a, err := f.allowlist(where, l)
		if err != nil {
			return nil, err
		}
		r.Allowlists = append(r.Allowlists, a)
	}
	for _, q := range v.Required {
		if q.ID == "" {
			return nil, f.errorf(v.ID, "%s requires a rule without naming its id", where)
		}
		required := engine.Required{RuleID: q.ID, WithinLines: -1, WithinColumns: -1}
		if q.WithinLines != nil {
			required.WithinLines = *q.WithinLines
		}
		if q.WithinColumns != nil {
			required.WithinColumns = *q.WithinColumns
		}
		r.Required = append(r.Required, required)
	}
	return r, nil
}

func (f *file) allowlist(where string, v *fileAllowlist) (*engine.Allowlist, error) {
	a := &engine.Allowlist{Commits: v.Commits}
	switch strings.ToUpper(v.Condition) {
	case "AND", "&&":
		a.All = true
	case "", "OR", "||":
	default:
		return nil, f.errorf(v.Condition, "%s: the condition of an allowlist is AND or OR, not %q", where, v.Condition)
	}
	switch v.RegexTarget {
	case "", "secret":
	case "match", "line":
		a.Target = engine.Target(v.RegexTarget)
	default:
		return nil, f.errorf(v.RegexTarget, "%s: the regexTarget of an allowlist is secret, match or line, not %q", where, v.RegexTarget)
	}
	if len(v.Commits)+len(v.Paths)+len(v.Regexes)+len(v.StopWords) == 0 {
		return nil, f.errorf("allowlist", "%s: an allowlist needs commits, paths, regexes or stopwords", where)
	}
	for _, s := range v.StopWords {
		a.StopWords = append(a.StopWords, strings.ToLower(s))
	}
	for _, list := range []struct {
		what string
		from []string
		to   *[]*engine.Regexp
	}{{": paths of an allowlist", v.Paths, &a.Paths}, {": regexes of an allowlist", v.Regexes, &a.Regexes}} {
		for _, source := range list.from {
			r, err := f.regexp(where+list.what, source)
			if err != nil {
				return nil, err
			}
			if r != nil {
				*list.to = append(*list.to, r)
			}
		}
	}
	return a, nil
}

// regexp makes an expression; nil if it is empty. Those of the defaults are
// known to compile, and not looked at until they are needed.
func (f *file) regexp(where, source string) (*engine.Regexp, error) {
	if source == "" {
		return nil, nil
	}
	r := engine.NewRegexp(source)
	if len(f.text) > 0 && &f.text[0] != &defaults[0] {
		if err := r.Check(); err != nil {
			return nil, f.errorf(source, "%s: %v", where, err)
		}
	}
	return r, nil
}
