// Package config reads .peercheck.yaml: what a repository wants to be checked,
// and how. Use [Parse] to read one, and the methods of [Config] to ask it; the
// zero Config, and a nil one, is the default.
//
// A configuration configures checks and never runs code (invariant 9). It is
// read strictly, because a misspelt key that is passed over silently is a check
// that its author believes to run.
package config

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// FileName is where the configuration lies, at the repository's root.
const FileName = ".peercheck.yaml"

// DefaultFailOn is the severity from which a finding blocks where FailOn is
// zero. Below High lie weaknesses that need another one to be exploited: worth
// fixing, not worth stopping a commit.
const DefaultFailOn = check.High

// Default is the file that `peercheck init` writes: every key, explained and
// commented out, so that it parses to the zero Config.
//
//go:embed default.yaml
var Default string

// Schema is the JSON schema (draft 7) of the file, for editors that complete it.
//
//go:embed schema.json
var Schema string

// A Config is what a repository wants. The zero value is the default. It is
// not changed after Parse, and then safe for concurrent use. Its methods work
// on a nil Config too.
type Config struct {
	// Persona says whose findings are shown.
	Persona check.Persona
	// FailOn is the severity from which a finding blocks; 0 means DefaultFailOn.
	FailOn check.Severity
	// Checks overrides single checks or, by "domain/*", whole domains. What is
	// said of a check itself replaces what is said of its domain.
	Checks map[string]CheckConfig
	// Exclude are globs (check.DocumentFilter.Pattern) of paths that are not
	// judged. One that matches a folder excludes all below it.
	Exclude []string
	// MaxBytes is the size in bytes over which a file is not searched; 0 is the
	// scanner's own limit.
	MaxBytes int64
	// StrictIgnores refuses the ignore comments of other tools (#nosec, ...).
	StrictIgnores bool
	// Gitleaks is what the repository brings along from gitleaks.
	Gitleaks Gitleaks

	path    string         // of the file, "" if it was not parsed
	places  []checkPlace   // of the keys of Checks, in the file's order
	source  []byte         // see Source
	notices []check.Notice // see Notices
}

// checkPlace is where a check or domain is configured.
type checkPlace struct {
	id string
	at check.Position
}

// CheckConfig overrides one check.
type CheckConfig struct {
	// Off switches the check off.
	Off bool
	// Severity replaces the check's own; 0 keeps it.
	Severity check.Severity
}

// For gives what is said of a check: by its ID, else by its domain, else the
// zero CheckConfig, which changes nothing.
func (c *Config) For(id string) CheckConfig {
	if c == nil {
		return CheckConfig{}
	}
	if cc, ok := c.Checks[id]; ok {
		return cc
	}
	return c.Checks[domainPattern(id)]
}

// Off reports whether a check is switched off.
func (c *Config) Off(id string) bool { return c.For(id).Off }

// SeverityOf gives the severity of a check's findings: the configured one, else
// the check's own. A finding that brings a severity of its own keeps it only
// where For(id).Severity is zero.
func (c *Config) SeverityOf(ch *check.Check) check.Severity {
	if s := c.For(ch.ID).Severity; s != 0 {
		return s
	}
	return ch.Severity
}

// Threshold is FailOn, or DefaultFailOn where it is zero.
func (c *Config) Threshold() check.Severity {
	if c == nil || c.FailOn == 0 {
		return DefaultFailOn
	}
	return c.FailOn
}

// Excludes reports whether a slash-separated path, or a folder that it lies in,
// matches one of the Exclude globs. A glob that does not compile, which Parse
// refuses, excludes nothing.
func (c *Config) Excludes(path string) bool {
	if c == nil {
		return false
	}
	for _, pattern := range c.Exclude {
		if strings.Contains(path, literal(pattern)) && (globMatches(pattern, path) || globMatches(below(pattern), path)) {
			return true
		}
	}
	return false
}

// literal gives a text that is in every path which a glob matches: searching for
// it first takes an eighth of the time, since most paths do not have it.
func literal(pattern string) string {
	if i := strings.IndexAny(pattern, "{["); i >= 0 {
		pattern = pattern[:i]
	}
	longest := ""
	for pattern != "" {
		part := pattern
		if i := strings.IndexAny(pattern, "*?"); i >= 0 {
			part, pattern = pattern[:i], pattern[i+1:]
		} else {
			pattern = ""
		}
		part = strings.Trim(part, "/") // "**/" may stand for nothing
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

func globMatches(pattern, path string) bool {
	g, err := check.CompileGlob(pattern)
	return err == nil && g.Match(path)
}

// below gives the pattern of all that lies in the folders which a pattern matches.
func below(pattern string) string {
	if !strings.Contains(pattern, "/") {
		return "**/" + pattern + "/**"
	}
	return pattern + "/**"
}

// UnknownChecks gives a notice, with its place, for each check or domain that
// the configuration names and that is not among the known ones. They do not
// stop a scan: a configuration may be newer than the peercheck that reads it.
func (c *Config) UnknownChecks(known []*check.Check) []check.Notice {
	if c == nil {
		return nil
	}
	names := make(map[string]bool, 2*len(known))
	for _, k := range known {
		names[k.ID] = true
		names[domainPattern(k.ID)] = true
	}
	var notices []check.Notice
	for _, p := range c.configured() {
		if names[p.id] {
			continue
		}
		message := fmt.Sprintf("there is no check %q, so what is configured for it has no effect", p.id)
		if strings.HasSuffix(p.id, "/*") {
			message = fmt.Sprintf("there is no check in the domain of %q, so what is configured for it has no effect", p.id)
		}
		if s := suggest(p.id, sortedKeys(names)); s != "" {
			message += fmt.Sprintf("; did you mean %q?", s)
		} else {
			message += "; `peercheck checks` lists them"
		}
		notices = append(notices, check.Notice{
			Kind: check.NoticeConfig, Path: c.path, Effect: check.EffectNone, Message: message, At: p.at,
		})
	}
	return notices
}

// configured gives the keys of Checks: with their places where the
// configuration was parsed, without where it was made by a program.
func (c *Config) configured() []checkPlace {
	if c.places != nil {
		return c.places
	}
	var places []checkPlace
	for _, id := range sortedKeys(c.Checks) {
		places = append(places, checkPlace{id: id})
	}
	return places
}

// domainPattern turns "go/sql-injection" into "go/*".
func domainPattern(id string) string {
	domain, _, _ := strings.Cut(id, "/")
	return domain + "/*"
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// An Error is what is wrong with a configuration.
type Error struct {
	Path string
	// At is the place, never zero.
	At check.Position
	// Message says what is wrong and what would be right.
	Message string
}

// Error gives "path:line:column: message".
func (e *Error) Error() string { return e.Path + ":" + e.At.String() + ": " + e.Message }
