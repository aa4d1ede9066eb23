package lsp

import (
	"encoding/json"
	"fmt"
)

// Settings are what the user wants of the server, as opposed to what the
// repository wants of the checks (.peercheck.yaml). They come with
// initializationOptions, workspace/configuration and didChangeConfiguration, in
// the section "peercheck".
type settings struct {
	// Enabled false stops everything and clears all diagnostics.
	Enabled bool
	// Trusted overrides Options.Trusted for all folders; nil leaves it.
	Trusted *bool
	// Existing says how findings show that were there before: "information"
	// lowers them, "same" does not, "hide" leaves them out.
	Existing string
	// Suppressed shows suppressed findings, as faded hints.
	Suppressed bool
	// CodeLens shows the count of findings at a file's head.
	CodeLens bool
	// Status sends peercheck/status notifications.
	Status bool
	// Restart says that the client restarts the server if the user likes: it is sent
	// peercheck/updated in place of a message that tells to.
	Restart bool
	// WorkspaceDiagnostics announces diagnostics of files that are not open.
	WorkspaceDiagnostics bool
}

const (
	existingInformation = "information"
	existingSame        = "same"
	existingHide        = "hide"
)

func defaultSettings() settings {
	return settings{Enabled: true, Existing: existingInformation, CodeLens: true, WorkspaceDiagnostics: true}
}

// with reads what is there and knows; it reports what it cannot use. raw may be
// the section itself or an object that holds it under "peercheck".
func (s settings) with(raw []byte) (settings, []error) {
	var section map[string]json.RawMessage
	if json.Unmarshal(raw, &section) != nil || section == nil {
		return s, nil // null, or something for another server
	}
	if inner, ok := section["peercheck"]; ok {
		return s.with(inner)
	}
	var problems []error
	read := func(key string, into any) bool {
		value, ok := section[key]
		if !ok {
			return false
		}
		if err := json.Unmarshal(value, into); err != nil {
			problems = append(problems, fmt.Errorf("the setting peercheck.%s has the wrong type; it keeps its old value", key))
			return false
		}
		return true
	}
	for key, into := range map[string]*bool{
		"enabled": &s.Enabled, "suppressed": &s.Suppressed, "codeLens": &s.CodeLens,
		"status": &s.Status, "restart": &s.Restart, "workspaceDiagnostics": &s.WorkspaceDiagnostics,
	} {
		value := *into
		if read(key, &value) {
			*into = value
		}
	}
	var trusted *bool
	if read("trusted", &trusted) {
		s.Trusted = trusted
	}
	var existing string
	if read("existing", &existing) {
		switch existing {
		case existingInformation, existingSame, existingHide:
			s.Existing = existing
		default:
			problems = append(problems, fmt.Errorf("the setting peercheck.existing must be %q, %q or %q", existingInformation, existingSame, existingHide))
		}
	}
	return s, problems
}
