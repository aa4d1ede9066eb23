package check

import (
	"go/token"
	"io/fs"

	"golang.org/x/tools/go/analysis"
)

// A Pass is one run of a document check over one document.
type Pass struct {
	Check    *Check
	Document *Document
	// Report records a finding. The check sets Message and Location.Range, and
	// what else it knows; the engine does the rest. Not safe for concurrent use.
	Report func(Finding)
}

// A PackagePass is one run of a package check over one Go package. The
// embedded analysis.Pass gives syntax, types, facts and the results of the
// check's Requires; its own Report is hidden by the one here.
//
// Types may be partial: where Pass.TypeErrors is not empty, any object or type
// may be missing, and a check must look before it uses one.
type PackagePass struct {
	*analysis.Pass
	Check *Check
	// Aside says that the package is a program that stands below the folder of a module that is published, with a license, and that
	// nothing there says how it is run for others: no Dockerfile, unit of systemd or chart. False if that is not known, as where
	// another driver runs the check.
	Aside bool
	// Report records a finding; see Pass.Report.
	Report func(Finding)
	// Document gives the document that a file of the package was read from, or
	// nil for a position outside the package.
	Document func(token.Pos) *Document
}

// Range turns two positions of one file into byte offsets; //line directives
// are ignored.
func (p *PackagePass) Range(from, to token.Pos) Range {
	return Range{
		Start: p.Fset.PositionFor(from, false).Offset,
		End:   p.Fset.PositionFor(to, false).Offset,
	}
}

// Location is the place of a node: its document's path and its range.
func (p *PackagePass) Location(n analysis.Range) Location {
	loc := Location{Range: p.Range(n.Pos(), n.End())}
	if d := p.Document(n.Pos()); d != nil {
		loc.Path = d.Path
	}
	return loc
}

// Edit replaces the text of a node.
func (p *PackagePass) Edit(n analysis.Range, newText string) Edit {
	loc := p.Location(n)
	return Edit{Path: loc.Path, Range: loc.Range, NewText: newText}
}

// A ProjectPass is one run of a project check over one tree.
type ProjectPass struct {
	Check *Check
	// Documents are those that the check's Selector matches, sorted by path.
	Documents []*Document
	// FS is the tree that the documents stand in, read-only. What is read is
	// recorded, so that a cache knows what the verdict depends on. Use
	// Read for a file, and fs.Stat or fs.ReadDir for what else is needed.
	FS fs.FS
	// Read gives a document of the tree by path, from memory if it is already
	// there. Its error satisfies errors.Is(err, fs.ErrNotExist) for a missing file.
	Read func(path string) (*Document, error)
	// Report records a finding; its Location.Path must be set.
	Report func(Finding)
}

// A ChangePass is one run of a change check over one change.
type ChangePass struct {
	Check *Check
	// Files are the changed files that the check's Selector matches in base or
	// head, sorted by path.
	Files []FileChange
	// Report records a finding in a head document; its Location.Path must be set.
	Report func(Finding)
}

// A FileChange is one changed file.
type FileChange struct {
	// Base is the file before the change, nil if it was added. Where a change
	// has several parents, Base is that of the first one which has the file.
	Base *Document
	// Head is the file after it, nil if it was deleted. A renamed file has
	// both, with different paths.
	Head *Document
}

// Path is the head's path, or the base's of a deleted file.
func (f FileChange) Path() string {
	if f.Head != nil {
		return f.Head.Path
	}
	return f.Base.Path
}
