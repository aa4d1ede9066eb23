package golang

import (
	"cmp"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/purpose"
)

// Places answer where something is in a package.
type places struct {
	importPath string
	files      map[string]*placed      // by path
	documents  map[*token.File]*placed // by positions
	fset       *token.FileSet
	moved      bool // some file has a layout
}

type placed struct {
	file      *ast.File
	tokens    *token.File
	document  *check.Document // that positions count in
	layout    *load.Layout    // nil if this is the document as it is
	generated bool
	tests     bool // it is there to test something, by its name, its folder, what it imports or what its package, program or module says
}

// newPlaces makes the places of a package. trial says that its README tells that it is for tests or to show something.
func newPlaces(importPath string, fset *token.FileSet, files []*ast.File, documents []*check.Document, layouts []*load.Layout, trial bool) *places {
	p := &places{importPath: importPath, fset: fset, files: map[string]*placed{}, documents: map[*token.File]*placed{}}
	tests := trial || slices.ContainsFunc(files, func(file *ast.File) bool {
		doc := file.Doc.Text()
		return saysForTests(doc) || file.Name.Name == "main" && purpose.Trial(doc)
	})
	for i, file := range files {
		f := &placed{file: file, tokens: fset.File(file.FileStart), document: documents[i], generated: ast.IsGenerated(file)}
		f.tests = tests || strings.HasSuffix(documents[i].Path, "_test.go") || purpose.Shows(documents[i].Path) || slices.ContainsFunc(file.Imports, forTests)
		if layouts != nil && layouts[i] != nil {
			f.layout, f.document, p.moved = layouts[i], layouts[i].Text, true
		}
		p.files[documents[i].Path] = f
		p.documents[f.tokens] = f
	}
	return p
}

// document is PackagePass.Document.
func (p *places) document(pos token.Pos) *check.Document {
	if !pos.IsValid() {
		return nil
	}
	if f := p.documents[p.fset.File(pos)]; f != nil {
		return f.document
	}
	return nil
}

// complete fills in what the check leaves to the machinery. ok is false if the
// finding is in a generated file and the check does not want those.
func (p *places) complete(c *check.Check, f check.Finding) (_ check.Finding, ok bool) {
	if f, ok = p.describe(c, f); ok && p.moved {
		p.settle(&f)
	}
	return f, ok
}

// settle turns places in the texts that positions count in into places in the
// documents.
func (p *places) settle(f *check.Finding) {
	if in := p.files[f.Location.Path]; in != nil && in.layout != nil {
		f.Context = in.layout.Range(f.Context)
	}
	for _, list := range [][]check.Location{f.Related, f.Flow} {
		for i := range list {
			list[i].Range = p.settled(list[i].Path, list[i].Range)
		}
	}
	for _, fix := range f.Fixes {
		for i, e := range fix.Edits {
			fix.Edits[i].Range = p.settled(cmp.Or(e.Path, f.Location.Path), e.Range)
		}
	}
	f.Location.Range = p.settled(f.Location.Path, f.Location.Range)
}

func (p *places) settled(path string, r check.Range) check.Range {
	if in := p.files[path]; in != nil && in.layout != nil {
		return in.layout.Range(r)
	}
	return r
}

// locate is settled for a place in a fact, with its line and column.
func (p *places) locate(l check.Location) check.Location {
	if in := p.files[l.Path]; in != nil && in.layout != nil {
		l.Range = in.layout.Range(l.Range)
		l.Start = in.layout.Now.OffsetPosition(l.Range.Start)
	}
	return l
}

// describe says what a finding is about.
func (p *places) describe(c *check.Check, f check.Finding) (_ check.Finding, ok bool) {
	f.CheckID = c.ID
	in := p.files[f.Location.Path]
	if in == nil {
		return f, true
	}
	if in.generated && !c.Generated {
		return f, false
	}
	if in.tests || slices.ContainsFunc(f.Flow, func(step check.Location) bool { return purpose.Shows(step.Path) }) { // a flow through a fake
		f.Persona = max(f.Persona, check.Pedantic)
	}
	f.Location.Range = in.document.Clamp(f.Location.Range)
	name, context := declaration(in, f.Location.Range.Start)
	f.Context = in.document.Clamp(context)
	if f.Symbol == "" && p.importPath != "" {
		f.Symbol = p.importPath
		if name != "" {
			f.Symbol += "." + name
		}
	}
	return f, true
}

// forTests reports whether an import is of what only tests, and helpers for them, use.
func forTests(spec *ast.ImportSpec) bool {
	return spec.Path.Value == `"testing"` || spec.Path.Value == `"net/http/httptest"`
}

// saysForTests reports whether the documentation of a package says that it is there for tests.
func saysForTests(doc string) bool {
	return strings.HasPrefix(doc, "Package ") && forTestsOnly.MatchString(doc)
}

// forTestsOnly matches what a package is, or is meant for, within one sentence: "a fake client to use in testing",
// "with an initial focus on tests", "should only be used in testing scenarios"; or what it does with others' code: "functions to easily test HTTP handlers".
var forTestsOnly = regexp.MustCompile(`(?i)\b(only|fakes?|doubles?|stubs?|helpers?|utilities|focus|intended|meant|designed|useful|operations)\b[^.:;]{0,60}\b(for|in|on)\s+((unit|integration|local)\s+)?(tests|testing)\b` +
	`|\b(functions|helpers|utilities|tools)\s+to\s+(easily\s+)?test\s+(\w+\s+)?(handlers|servers|clients|services|applications|code)\b`)

// declaration names the package-level declaration at an offset: "Func",
// "(*T).Method", or the name of a variable, constant or type; "" for none. Its
// range is that of the function, or of the specification.
func declaration(in *placed, offset int) (name string, r check.Range) {
	at := func(n ast.Node) check.Range { return check.Range{Start: in.offset(n.Pos()), End: in.offset(n.End())} }
	holds := func(n ast.Node) bool { return query.Within(n, in.tokens.Pos(offset)) }
	for _, decl := range in.file.Decls {
		if !holds(decl) {
			continue
		}
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			return functionName(decl), at(decl)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					if holds(spec) {
						return valueName(spec, holds), at(spec)
					}
				case *ast.TypeSpec:
					if holds(spec) {
						return spec.Name.Name, at(spec)
					}
				}
			}
		}
	}
	return "", check.Range{}
}

func (p *placed) offset(pos token.Pos) int { return int(pos) - p.tokens.Base() }

// valueName is the name that stands for a place in a var or const specification:
// the one whose value it is, else the first.
func valueName(spec *ast.ValueSpec, holds func(ast.Node) bool) string {
	for i, value := range spec.Values {
		if i < len(spec.Names) && holds(value) {
			return spec.Names[i].Name
		}
	}
	return spec.Names[0].Name
}

// functionName gives "Func", "T.Method" as "(T).Method", or "(*T).Method".
func functionName(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return decl.Name.Name
	}
	star := ""
	for t := decl.Recv.List[0].Type; ; {
		switch x := t.(type) {
		case *ast.StarExpr:
			star, t = "*", x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr: // a type parameter
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return "(" + star + x.Name + ")." + decl.Name.Name
		default:
			return decl.Name.Name
		}
	}
}
