// Package edit makes the edits of quick fixes to Go files, so that the result
// type-checks: imports that are added or no longer needed, elements removed from
// lists. Use [Import], [Unimport], or [Reimport] for both at once.
package edit

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
)

// Import makes a package usable in a file. It gives the name by which the file
// refers to the package, and the edit that imports it, none where the file does
// so already. The name is the last element of the path, or another one where the
// file or the package uses that for something else; at is where the name will be
// used.
func Import(pass *check.PackagePass, file *ast.File, importPath string, at token.Pos) (name string, edits []check.Edit) {
	return Reimport(pass, file, importPath, at)
}

// Reimport is Import and Unimport at once: it makes a package usable in a file
// in which the given nodes are replaced, and removes the imports that nothing
// else needs. The name of one of those may be taken again.
func Reimport(pass *check.PackagePass, file *ast.File, importPath string, at token.Pos, replaced ...ast.Node) (name string, edits []check.Edit) {
	unneeded := unneeded(pass.Pass, file, replaced)
	for _, u := range unneeded {
		edits = append(edits, Line(pass, u.line))
	}
	for _, spec := range file.Imports {
		pkg := packageName(pass.TypesInfo, spec)
		if pathOf(spec) == importPath && pkg != nil && pkg.Name() != "_" && pkg.Name() != "." && visible(pass.Pass, at, pkg) {
			return pkg.Name(), edits
		}
	}
	base := path.Base(importPath)
	name = base
	for _, candidate := range []string{base, strings.ReplaceAll(path.Dir(importPath), "/", "") + base, "std" + base} {
		if free(pass.Pass, file, candidate, unneeded) {
			name = candidate
			break
		}
	}
	spec := strconv.Quote(importPath)
	if name != base {
		spec = name + " " + spec
	}
	insert := insertImport(pass, file, importPath, spec)
	for i, u := range unneeded {
		if r := edits[i].Range; r.Start <= insert.Range.Start && insert.Range.Start <= r.End {
			edits[i] = pass.Edit(u.spec, spec) // the one takes the place of the other
			return name, edits
		}
	}
	return name, append(edits, insert)
}

// packageName gives what an import spec declares, nil where it is not known.
func packageName(info *types.Info, spec *ast.ImportSpec) *types.PkgName {
	if spec.Name != nil {
		p, _ := info.Defs[spec.Name].(*types.PkgName)
		return p
	}
	p, _ := info.Implicits[spec].(*types.PkgName)
	return p
}

// visible reports whether a package name is not shadowed at a position.
func visible(pass *analysis.Pass, at token.Pos, pkg *types.PkgName) bool {
	scope := innermost(pass, at)
	if scope == nil {
		return false
	}
	_, obj := scope.LookupParent(pkg.Name(), at)
	found, ok := obj.(*types.PkgName)
	return ok && found.Imported() == pkg.Imported()
}

func innermost(pass *analysis.Pass, at token.Pos) *types.Scope {
	if pass.Pkg == nil {
		return nil
	}
	return pass.Pkg.Scope().Innermost(at)
}

// free reports whether nothing in a file or at the top level of its package is
// called by a name, the imports aside that go.
func free(pass *analysis.Pass, file *ast.File, name string, going []unneededImport) bool {
	if !token.IsIdentifier(name) || pass.Pkg == nil || pass.Pkg.Scope().Lookup(name) != nil || types.Universe.Lookup(name) != nil {
		return false
	}
	for _, spec := range file.Imports {
		goes := slices.ContainsFunc(going, func(u unneededImport) bool { return u.spec == spec })
		if p := packageName(pass.TypesInfo, spec); !goes && (p == nil || p.Name() == name) {
			return false
		}
	}
	taken := false
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			if def := pass.TypesInfo.Defs[id]; def != nil && def.Parent() != nil {
				taken = true
			}
		}
		return !taken
	})
	return !taken
}

// insertImport puts a spec where goimports would: sorted into the group of
// imports of the standard library, the first one.
func insertImport(pass *check.PackagePass, file *ast.File, importPath, spec string) check.Edit {
	insert := func(at token.Pos, text string) check.Edit {
		return pass.Edit(place(at), text)
	}
	var decl *ast.GenDecl
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.IMPORT && !importsC(d) {
			decl = d
			break
		}
	}
	switch {
	case decl == nil:
		return insert(file.Name.End(), "\n\nimport "+spec)
	case !decl.Lparen.IsValid():
		only, ok := decl.Specs[0].(*ast.ImportSpec)
		if ok && pathOf(only) < importPath {
			return insert(decl.End(), "\nimport "+spec)
		}
		return insert(decl.Pos(), "import "+spec+"\n")
	case len(decl.Specs) == 0:
		return insert(decl.Rparen, "\n\t"+spec+"\n")
	}
	line := func(p token.Pos) int { return pass.Fset.PositionFor(p, false).Line }
	var last *ast.ImportSpec
	for _, s := range decl.Specs {
		s, ok := s.(*ast.ImportSpec)
		if !ok {
			continue
		}
		if last != nil && line(s.Pos()) > line(last.End())+1 {
			break // the next group
		}
		if first, _, _ := strings.Cut(pathOf(s), "/"); pathOf(s) > importPath || strings.Contains(first, ".") {
			start := s.Pos()
			if s.Doc != nil {
				start = s.Doc.Pos()
			}
			if strings.Contains(first, ".") && last == nil {
				return insert(start, spec+"\n\n\t")
			}
			return insert(start, spec+"\n\t")
		}
		last = s
	}
	end := last.End()
	if last.Comment != nil {
		end = last.Comment.End()
	}
	return insert(end, "\n\t"+spec)
}

func pathOf(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

func importsC(d *ast.GenDecl) bool {
	for _, s := range d.Specs {
		if s, ok := s.(*ast.ImportSpec); ok && pathOf(s) == "C" {
			return true
		}
	}
	return false
}

// Unimport removes the imports of a file that nothing uses any more once the
// given nodes have been replaced. An import without a name of its own in the
// file ("_", ".", unresolved) stays.
func Unimport(pass *check.PackagePass, file *ast.File, replaced ...ast.Node) (edits []check.Edit) {
	for _, u := range unneeded(pass.Pass, file, replaced) {
		edits = append(edits, Line(pass, u.line))
	}
	return edits
}

// An unneededImport is an import to be removed; line is the spec, or its whole
// declaration if there is nothing else in it.
type unneededImport struct {
	spec *ast.ImportSpec
	line ast.Node
}

func unneeded(pass *analysis.Pass, file *ast.File, replaced []ast.Node) (imports []unneededImport) {
	within := func(p token.Pos) bool {
		return slices.ContainsFunc(replaced, func(n ast.Node) bool { return n.Pos() <= p && p < n.End() })
	}
	uses := map[*types.PkgName]struct{ gone, kept bool }{}
	ast.Inspect(file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if pkg, ok := pass.TypesInfo.Uses[id].(*types.PkgName); ok {
				u := uses[pkg]
				if within(id.Pos()) {
					u.gone = true
				} else {
					u.kept = true
				}
				uses[pkg] = u
			}
		}
		return true
	})
	for _, d := range file.Decls {
		d, ok := d.(*ast.GenDecl)
		if !ok || d.Tok != token.IMPORT {
			continue
		}
		for _, s := range d.Specs {
			s, ok := s.(*ast.ImportSpec)
			if !ok {
				continue
			}
			if u := uses[packageName(pass.TypesInfo, s)]; !u.gone || u.kept {
				continue
			}
			var line ast.Node = s
			if len(d.Specs) == 1 {
				line = d
			}
			imports = append(imports, unneededImport{s, line})
		}
	}
	return imports
}

// Line removes a node together with the lines that it leaves blank: its own,
// and a blank one after it where one stands before it as well.
func Line(pass *check.PackagePass, n ast.Node) check.Edit {
	loc := pass.Location(n)
	doc := pass.Document(n.Pos())
	if doc == nil {
		return pass.Edit(n, "")
	}
	src := doc.Content
	start, end := loc.Range.Start, loc.Range.End
	for start > 0 && (src[start-1] == ' ' || src[start-1] == '\t') {
		start--
	}
	for end < len(src) && (src[end] == ' ' || src[end] == '\t' || src[end] == '\r') {
		end++
	}
	if (start > 0 && src[start-1] != '\n') || end < len(src) && src[end] != '\n' {
		return pass.Edit(n, "") // something else stands on the line
	}
	end = min(end+1, len(src))
	if start >= 2 && src[start-2] == '\n' && end < len(src) && src[end] == '\n' {
		end++
	}
	return check.Edit{Path: loc.Path, Range: check.Range{Start: start, End: end}}
}

// Element removes one element of a comma-separated list, with its comma.
func Element(pass *check.PackagePass, list []ast.Expr, i int) check.Edit {
	return elements(pass, list, i, i)
}

// Elements removes several elements of a comma-separated list, which are given in their order.
func Elements(pass *check.PackagePass, list []ast.Expr, at []int) (edits []check.Edit) {
	for len(at) > 0 {
		n := 1
		for n < len(at) && at[n] == at[0]+n {
			n++
		}
		edits = append(edits, elements(pass, list, at[0], at[n-1]))
		at = at[n:]
	}
	return edits
}

// elements removes neighbours of a comma-separated list, from the first to the last one.
func elements(pass *check.PackagePass, list []ast.Expr, first, last int) check.Edit {
	if last+1 < len(list) {
		return pass.Edit(span{list[first].Pos(), list[last+1].Pos()}, "")
	}
	if first > 0 {
		return pass.Edit(span{list[first-1].End(), list[last].End()}, "")
	}
	all := span{list[first].Pos(), list[last].End()}
	loc := pass.Location(all)
	doc := pass.Document(all.Pos())
	if doc == nil {
		return pass.Edit(all, "")
	}
	// Nothing is left but "{}", so the comma and the line ends go too.
	start, end := loc.Range.Start, loc.Range.End
	for start > 0 && strings.IndexByte(" \t\r\n", doc.Content[start-1]) >= 0 {
		start--
	}
	for end < len(doc.Content) && strings.IndexByte(" \t\r\n,", doc.Content[end]) >= 0 {
		end++
	}
	return check.Edit{Path: loc.Path, Range: check.Range{Start: start, End: end}}
}

// Insert puts text at a position.
func Insert(pass *check.PackagePass, at token.Pos, text string) check.Edit {
	return pass.Edit(place(at), text)
}

// Indent is the white space that the line of a position starts with.
func Indent(pass *check.PackagePass, at token.Pos) string {
	doc := pass.Document(at)
	if doc == nil {
		return ""
	}
	src := doc.Content
	start := min(pass.Fset.PositionFor(at, false).Offset, len(src))
	for start > 0 && src[start-1] != '\n' {
		start--
	}
	end := start
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	return string(src[start:end])
}

// Text is the source of a node.
func Text(pass *check.PackagePass, n ast.Node) string {
	doc := pass.Document(n.Pos())
	if doc == nil {
		return ""
	}
	return doc.Text(pass.Range(n.Pos(), n.End()))
}

// place is an empty range, span one between two positions.
type place token.Pos

func (p place) Pos() token.Pos { return token.Pos(p) }
func (p place) End() token.Pos { return token.Pos(p) }

type span struct{ from, to token.Pos }

func (s span) Pos() token.Pos { return s.from }
func (s span) End() token.Pos { return s.to }
