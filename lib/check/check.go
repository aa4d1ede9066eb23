// Package check is the contract between the people who write security checks
// and the machinery that runs them: plain values, no machinery of its own.
//
// Start with [Check], the description of one check, and [Pass], what a check of
// one document is given. A check reports [Finding] values at byte ranges of a
// [Document]; everything about lines, columns, severity defaults, fingerprints
// and suppression is added by the engine (package scan) and by package triage.
//
// A check is a pure function of its input (invariant 1): it does no I/O, reads
// no clock and keeps no globals, so that the same bytes give the same findings
// in the editor, in a hook, on the command line and on a server.
package check

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"

	"golang.org/x/tools/go/analysis"
)

// A Check describes one security check. Declare it as a package-level variable
// and never change it afterwards; a Check is safe for concurrent use because
// its functions are pure.
//
// Exactly one of Run, RunPackage, RunProject and RunChange is set.
type Check struct {
	// ID names what is wrong, as domain/kebab-case: "go/sql-injection". It
	// reads well after "ignore". An ID is never reused for something else.
	ID string

	// Title is one line without a final period: "SQL built from untrusted input".
	Title string

	// Page is the documentation that explain, hover, SARIF help and
	// rules/README.md show.
	Page Page

	// CWE lists weaknesses, most specific first. At least one.
	CWE []CWE

	// Severity is the impact if the finding is real, Confidence how likely it
	// is to be real. A Finding may override both.
	Severity   Severity
	Confidence Confidence

	// Persona says who wants to see the findings; the zero value is Regular,
	// everybody.
	Persona Persona

	// Selector lists the documents that the check wants; a document matches if
	// any filter does. Empty selects every document. For a package check it is
	// ignored: it sees the Go files of a package.
	Selector []DocumentFilter

	// Secret marks a check whose Finding ranges hold secrets. The engine masks
	// these ranges in every snippet and message (invariant 10).
	Secret bool

	// Generated asks for generated, vendored and lock files as well, which are
	// otherwise left out. Secrets are looked for everywhere.
	Generated bool

	// Since is the version of peercheck that first had the check: "0.1".
	Since string

	// Digest is that of what the check was made from at run time: the text of a
	// rule. It is part of the key of every cache; "" for a check that is compiled
	// in, whose code the identity of the program stands for.
	Digest string

	// Run judges one document.
	Run func(context.Context, *Pass) error

	// Family, if there is one, finds what Run does, and what the other members'
	// do, at once: the engine calls it instead of Run of each.
	Family *Family

	// Beside, of a document check, looks at what stands beside a document that has a
	// finding, such as the certificate of a key: where that shows that fewer people want
	// the finding it raises its Persona and lowers its Confidence, and does nothing else.
	// The tree is the one that the document's path is rooted in. It is called for each
	// finding after Run, and not where there is no tree, as in the history. It reads a
	// bounded amount; what cannot be read shows nothing. Nil for most checks.
	Beside func(tree fs.FS, d *Document, f *Finding)

	// RunPackage judges one Go package. Requires and FactTypes are as in
	// analysis.Analyzer and are used by package checks only.
	RunPackage func(context.Context, *PackagePass) error
	Requires   []*analysis.Analyzer
	FactTypes  []analysis.Fact

	// RunProject judges several documents of one tree together. It is called
	// once per tree that has at least one document which Selector matches. Reads
	// selects the other files that the verdict depends on: a change to one of
	// them has the project judged again.
	RunProject func(context.Context, *ProjectPass) error
	Reads      []DocumentFilter

	// RunChange judges a change: base and head of each changed file.
	RunChange func(context.Context, *ChangePass) error
}

// A Family is document checks that look at the same things: several hundred kinds
// of secrets are found in one walk over a document.
type Family struct {
	// Run judges a document for all members. It calls report with the ID of the
	// member whose finding it is; the engine drops those of checks that do not run.
	Run func(ctx context.Context, d *Document, report func(id string, f Finding)) error
}

// A CWE is a number of the Common Weakness Enumeration (cwe.mitre.org): 89 for
// SQL injection. The zero value is no weakness.
type CWE int

// String gives the usual spelling, "CWE-89".
func (c CWE) String() string { return fmt.Sprintf("CWE-%d", int(c)) }

// A DocumentFilter selects documents, in the terms of LSP's DocumentFilter. All
// fields that are set must match; the zero value matches every document.
type DocumentFilter struct {
	// Language is an LSP language identifier: "go", "dockerfile".
	Language string
	// Pattern is a glob over the slash-separated path, as in LSP: "*" and "?"
	// within a segment, "**" for any number of segments, "{a,b}" for
	// alternatives, "[a-z]" for a class. A pattern without a slash matches the
	// base name in any folder.
	Pattern string
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*/[a-z0-9]+(-[a-z0-9]+)*$`)

// Validate reports the first thing that is wrong with the description of a
// check: a malformed ID, no title, no page, no CWE, or a number of Run
// functions other than one. The engine refuses a check that does not validate.
func (c *Check) Validate() error {
	runs := 0
	for _, set := range []bool{c.Run != nil, c.RunPackage != nil, c.RunProject != nil, c.RunChange != nil} {
		if set {
			runs++
		}
	}
	switch {
	case !idPattern.MatchString(c.ID):
		return fmt.Errorf("check %q: the ID is not domain/kebab-case", c.ID)
	case c.Title == "":
		return fmt.Errorf("check %s: no Title", c.ID)
	case c.Title[len(c.Title)-1] == '.':
		return fmt.Errorf("check %s: the Title ends in a period", c.ID)
	case len(c.CWE) == 0:
		return fmt.Errorf("check %s: no CWE", c.ID)
	case c.Severity < Low || c.Severity > Critical:
		return fmt.Errorf("check %s: no Severity", c.ID)
	case c.Confidence < Tentative || c.Confidence > Certain:
		return fmt.Errorf("check %s: no Confidence", c.ID)
	case c.Since == "":
		return fmt.Errorf("check %s: no Since", c.ID)
	case runs != 1:
		return fmt.Errorf("check %s: %d Run functions, want exactly one", c.ID, runs)
	case c.RunProject == nil && len(c.Reads) > 0:
		return fmt.Errorf("check %s: Reads belongs to project checks", c.ID)
	case c.Run == nil && (c.Family != nil || c.Beside != nil):
		return fmt.Errorf("check %s: Family and Beside belong to document checks", c.ID)
	case c.RunPackage == nil && (len(c.Requires) > 0 || len(c.FactTypes) > 0):
		return fmt.Errorf("check %s: Requires and FactTypes belong to package checks", c.ID)
	}
	return c.Page.validate(c.ID)
}

// Kind says which of the four functions a check has.
type Kind string

// The kinds of check, in the order in which the engine runs them.
const (
	KindDocument Kind = "document"
	KindPackage  Kind = "package"
	KindProject  Kind = "project"
	KindChange   Kind = "change"
)

// Kind says what the check judges.
func (c *Check) Kind() Kind {
	switch {
	case c.RunPackage != nil:
		return KindPackage
	case c.RunProject != nil:
		return KindProject
	case c.RunChange != nil:
		return KindChange
	}
	return KindDocument
}

// Domain is the part of the ID before the slash: "go".
func (c *Check) Domain() string {
	for i := 0; i < len(c.ID); i++ {
		if c.ID[i] == '/' {
			return c.ID[:i]
		}
	}
	return c.ID
}

// Selects reports whether the check wants a document of this path and language.
func (c *Check) Selects(path, language string) bool {
	return len(c.Selector) == 0 || anyMatches(c.Selector, path, language)
}

// DependsOn reports whether a change to this file can change the verdict of a
// project check.
func (c *Check) DependsOn(path, language string) bool {
	return c.Selects(path, language) || anyMatches(c.Reads, path, language)
}

func anyMatches(filters []DocumentFilter, path, language string) bool {
	for _, f := range filters {
		if f.Matches(path, language) {
			return true
		}
	}
	return false
}
