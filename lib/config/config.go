// Package config reads .peercheck.yaml: what a repository wants to be checked,
// and how. Use [Parse]; the zero [Config] is the default.
package config

import "github.com/peercheck/peercheck/lib/check"

// FileName is where the configuration lies, at the repository's root.
const FileName = ".peercheck.yaml"

// A Config is what a repository wants. The zero value is the default. It is
// not changed after Parse.
type Config struct {
	// Persona says whose findings are shown.
	Persona check.Persona
	// FailOn is the severity from which a finding blocks; 0 means High.
	FailOn check.Severity
	// Checks overrides single checks or, by "domain/*", whole domains.
	Checks map[string]CheckConfig
	// Exclude are globs (check.DocumentFilter.Pattern) of paths that are not judged.
	Exclude []string
	// StrictIgnores refuses the ignore comments of other tools (#nosec, ...).
	StrictIgnores bool
}

// CheckConfig overrides one check.
type CheckConfig struct {
	// Off switches the check off.
	Off bool
	// Severity replaces the check's own; 0 keeps it.
	Severity check.Severity
}

// Parse reads a configuration strictly: an unknown key, a wrong type or an
// unknown value is an *Error with its place. path is only used in errors.
// Unknown check IDs are not errors here: the engine gives a Notice.
func Parse(path string, content []byte) (*Config, error) {
	panic("not written yet")
}

// An Error is what is wrong with a configuration.
type Error struct {
	Path string
	At   check.Position
	// Message says what is wrong and what would be right.
	Message string
}

// Error gives "path:line:column: message".
func (e *Error) Error() string { return e.Path + ":" + e.At.String() + ": " + e.Message }
