package golang

import (
	"context"
	"fmt"
	"go/token"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
)

// Analyzer makes an analyzer from a package check. Its name is the check's ID
// with '_' for '/' and '-', its result type is []check.Finding. Each finding is
// also a diagnostic, whose category is the check's ID; a driver that shows no
// diagnostics' fixes or related places still has the findings.
//
// Paths in findings are file names as the driver gives them. Each call makes a
// new analyzer.
func Analyzer(c *check.Check) *analysis.Analyzer {
	a := &analysis.Analyzer{
		Name:             strings.NewReplacer("/", "_", "-", "_").Replace(c.ID),
		Doc:              c.Title + "\n\n" + strings.TrimSpace(c.Page.What),
		Requires:         c.Requires,
		FactTypes:        c.FactTypes,
		ResultType:       reflect.TypeFor[[]check.Finding](),
		RunDespiteErrors: true,
	}
	if len(c.CWE) > 0 {
		a.URL = fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", int(c.CWE[0]))
	}
	a.Run = func(pass *analysis.Pass) (any, error) { return runAnalyzer(c, pass) }
	return a
}

func runAnalyzer(c *check.Check, pass *analysis.Pass) ([]check.Finding, error) {
	var documents []*check.Document
	for _, file := range pass.Files {
		name := pass.Fset.PositionFor(file.FileStart, false).Filename
		content, err := pass.ReadFile(name)
		if err != nil {
			return nil, err
		}
		documents = append(documents, check.NewDocument(name, "go", content, check.Revision{}))
	}
	place := newPlaces(pass.Pkg.Path(), pass.Fset, pass.Files, documents)
	var findings []check.Finding
	packagePass := &check.PackagePass{
		Pass:     pass,
		Check:    c,
		Document: place.document,
		Report: func(f check.Finding) {
			if f, ok := place.complete(c, f); ok {
				findings = append(findings, f)
				pass.Report(place.diagnostic(f))
			}
		},
	}
	// A driver knows nothing to cancel.
	if err := c.RunPackage(context.Background(), packagePass); err != nil {
		return nil, err
	}
	return findings, nil
}

// diagnostic turns a finding into what other drivers show.
func (p *places) diagnostic(f check.Finding) analysis.Diagnostic {
	d := analysis.Diagnostic{Category: f.CheckID, Message: f.Message}
	d.Pos, d.End = p.positions(f.Location.Path, f.Location.Range)
	for _, locations := range [][]check.Location{f.Related, f.Flow} {
		for _, l := range locations {
			if pos, end := p.positions(l.Path, l.Range); pos.IsValid() {
				d.Related = append(d.Related, analysis.RelatedInformation{Pos: pos, End: end, Message: l.Message})
			}
		}
	}
	titles := map[string]bool{}
	for _, fix := range f.Fixes {
		if titles[fix.Title] {
			continue // go/analysis wants different ones
		}
		titles[fix.Title] = true
		suggested := analysis.SuggestedFix{Message: fix.Title}
		for _, edit := range fix.Edits {
			if edit.Path == "" {
				edit.Path = f.Location.Path
			}
			pos, end := p.positions(edit.Path, edit.Range)
			suggested.TextEdits = append(suggested.TextEdits, analysis.TextEdit{Pos: pos, End: end, NewText: []byte(edit.NewText)})
		}
		d.SuggestedFixes = append(d.SuggestedFixes, suggested)
	}
	return d
}

// positions turns a place in a document into positions; none if it is not in
// the package.
func (p *places) positions(path string, r check.Range) (pos, end token.Pos) {
	in := p.files[path]
	if in == nil {
		return token.NoPos, token.NoPos
	}
	r = in.document.Clamp(r)
	return in.tokens.Pos(r.Start), in.tokens.Pos(r.End)
}
