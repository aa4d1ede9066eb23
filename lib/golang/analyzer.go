package golang

import (
	"context"
	"fmt"
	"go/token"
	"os"
	"reflect"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/triage"
)

// Analyzer makes an analyzer from a package check. Its name is the check's ID
// with '_' for '/' and '-', its result type is []check.Finding. Each finding is
// also a diagnostic, whose category is the check's ID and whose message ends with
// it, unless an ignore comment suppresses it; a driver that shows no diagnostics'
// fixes or related places still has the findings.
//
// Paths in findings are file names as the driver gives them. An ignore comment
// never expires here: a driver has no clock. Each call makes a new analyzer.
func Analyzer(c *check.Check) *analysis.Analyzer {
	a := &analysis.Analyzer{
		Name:             strings.NewReplacer("/", "_", "-", "_").Replace(c.ID),
		Doc:              c.Title + "\n\n" + strings.TrimSpace(c.Page.What),
		Requires:         requires(c),
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

// Analyzers makes an analyzer from each of those checks that are package checks.
func Analyzers(checks []*check.Check) []*analysis.Analyzer {
	var list []*analysis.Analyzer
	for _, c := range checks {
		if c.RunPackage != nil {
			list = append(list, Analyzer(c))
		}
	}
	return list
}

// Suite makes one analyzer that runs all of those checks that are package checks,
// for a driver that wants one: Bazel's nogo, golangci-lint. The name is an
// identifier.
func Suite(name string, checks []*check.Check) *analysis.Analyzer {
	suite := &analysis.Analyzer{
		Name:             name,
		Doc:              "find security mistakes",
		URL:              "https://pkg.go.dev/github.com/peercheck/peercheck",
		Requires:         Analyzers(checks),
		ResultType:       reflect.TypeFor[[]check.Finding](),
		RunDespiteErrors: true,
	}
	suite.Run = func(pass *analysis.Pass) (any, error) {
		place, err := placesOf(pass)
		if err != nil {
			return nil, err
		}
		var all []check.Finding
		for _, a := range suite.Requires {
			for _, f := range pass.ResultOf[a].([]check.Finding) {
				all = append(all, f)
				if !f.Suppressed() {
					pass.Report(place.diagnostic(f))
				}
			}
		}
		return all, nil
	}
	return suite
}

func placesOf(pass *analysis.Pass) (*places, error) {
	readFile := pass.ReadFile
	if readFile == nil { // nogo gives none
		readFile = os.ReadFile
	}
	var documents []*check.Document
	for _, file := range pass.Files {
		name := pass.Fset.PositionFor(file.FileStart, false).Filename
		content, err := readFile(name)
		if err != nil {
			return nil, err
		}
		documents = append(documents, check.NewDocument(name, "go", content, check.Revision{}))
	}
	return newPlaces(pass.Pkg.Path(), pass.Fset, pass.Files, documents, nil, false), nil
}

func runAnalyzer(c *check.Check, pass *analysis.Pass) ([]check.Finding, error) {
	place, err := placesOf(pass)
	if err != nil {
		return nil, err
	}
	var findings []check.Finding
	packagePass := &check.PackagePass{
		Pass:     pass,
		Check:    c,
		Document: place.document,
		Report: func(f check.Finding) {
			if f, ok := place.complete(c, f); ok {
				findings = append(findings, f)
			}
		},
	}
	// A driver knows nothing to cancel.
	if err := c.RunPackage(context.Background(), packagePass); err != nil {
		return nil, err
	}
	if len(findings) == 0 {
		return nil, nil
	}
	var documents []*check.Document
	for _, in := range place.files {
		documents = append(documents, in.document)
	}
	triage.Apply(triage.Input{
		Findings: findings, Documents: documents, Checks: []*check.Check{c}, Reported: []*check.Check{c},
		Judged: func(*check.Check, string) bool { return false }, // it is not for one check to tell what is unused
	})
	for _, f := range findings {
		if !f.Suppressed() {
			pass.Report(place.diagnostic(f))
		}
	}
	return findings, nil
}

// diagnostic turns a finding into what other drivers show.
func (p *places) diagnostic(f check.Finding) analysis.Diagnostic {
	// go vet and nogo show no category, and the ID is what an ignore comment names.
	d := analysis.Diagnostic{Category: f.CheckID, Message: f.Message + " (" + f.CheckID + ")"}
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
