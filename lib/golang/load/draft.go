package load

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
)

// A Draft keeps a package with its types while somebody edits it, so that of its
// next state only those functions are type-checked whose bodies changed: in the
// scope of what the package declares, which is the same. All objects and types but
// those within these bodies are those of the state before. What comes out is, but
// for positions (see [Layout]), what Unit.Load gives.
//
// A Draft begins anew where more than bodies of functions changed, and where what
// is not in a body may depend on one: the order in which variables are set, and
// which imports are used; and where the body of a generic function changed. While
// something else than a body does not parse, or types are not known for other reasons
// than an error in a body, it stays as it is.
//
// The zero value is ready to use. It is not safe for concurrent use.
type Draft struct {
	around  cache.Key
	exports *exports
	pkg     *Package
	files   []*draftFile
	imports map[string]*types.Package
	steps   int // how often it was continued from
}

// Steps is how often the draft was continued from since it began.
func (d *Draft) Steps() int { return d.steps }

// A draftFile is a file of a draft.
type draftFile struct {
	parsed  *parsed // as it was type-checked first
	surface digest
	locals  bool
	edited  *editedFile // nil as long as it was not edited
}

// An editedFile is a file of which bodies were replaced. Their new text stands
// behind the first text of the file, where there is room for positions, so that
// all that is known about the rest keeps its place.
type editedFile struct {
	file   *ast.File
	tokens *token.File
	text   []byte
	lines  []int
	bodies []body // of the declared functions that have one, in the order of the source
	layout *Layout
	now    *check.Document
	read   []byte // what of it was parsed
	errors scanner.ErrorList
}

// A body is that of a declared function.
type body struct {
	decl int // index in the file
	// from is where the function stands in the text if its body was replaced, to
	// where the body ends; of others the body alone.
	from, to int
	replaced bool
	now      check.Range // of the body in the document
	start    int         // of the function in the document
}

// Load is Unit.Load, from the state that the draft is in if it can be. The package
// belongs to the draft: it holds until the next Load.
func (d *Draft) Load(ctx context.Context, u *Unit) (*Package, error) {
	u.run.prepare()
	if pkg := d.advance(u); pkg != nil {
		return pkg, ctx.Err()
	}
	pkg, t, err := u.load(ctx, true)
	if err != nil {
		return nil, err
	}
	if t.crash == "" && t.steady {
		*d = begin(u, pkg, t)
	}
	return pkg, nil
}

// Continues reports whether the draft is of this package.
func (d *Draft) Continues(u *Unit) bool {
	return d.pkg != nil && d.pkg.Folder == u.Folder && d.pkg.ImportPath == u.ImportPath
}

// begin makes a draft of a package that was loaded as a whole.
func begin(u *Unit, pkg *Package, t *typed) Draft {
	d := Draft{around: u.node.around, exports: u.node.exports, pkg: pkg, imports: map[string]*types.Package{}}
	for i, s := range u.node.sources {
		f := t.files[i]
		d.files = append(d.files, &draftFile{parsed: f, surface: s.Surface, locals: s.Locals})
		for _, spec := range f.file.Imports {
			if name := importName(pkg.Info, spec); name != nil {
				d.imports[name.Imported().Path()] = name.Imported()
			}
		}
	}
	return d
}

// importName gives the object of an import, nil if it is not known.
func importName(info *types.Info, spec *ast.ImportSpec) *types.PkgName {
	obj := info.Implicits[spec]
	if spec.Name != nil {
		obj = info.Defs[spec.Name]
	}
	name, _ := obj.(*types.PkgName)
	return name
}

// An edit is what becomes of one file.
type edit struct {
	*draftFile
	edited   *editedFile
	index    int
	now      *parsed
	document *check.Document // of now
	bodies   []body          // of the new text
	changed  []int           // of bodies
	chunk    []byte          // the new functions as a file of their own
	offset   int             // of the chunk in the text
	tokens   *token.File     // of the chunk
	comments []*ast.CommentGroup
	file     *ast.File       // to be type-checked
	decls    []*ast.FuncDecl // the new ones
}

// advance gives the package in the state of a unit; nil if it cannot be had from
// the state before.
func (d *Draft) advance(u *Unit) (pkg *Package) {
	n := u.node
	if !d.Continues(u) || n.around != d.around || n.exports != d.exports || len(n.sources) != len(d.files) {
		return nil
	}
	var edits []*edit
	for i, s := range n.sources {
		f := d.files[i]
		if s.path != f.parsed.path {
			return nil
		}
		if bytes.Equal(s.content, d.pkg.Documents[i].Content) {
			continue
		}
		e := &edit{draftFile: f, edited: f.edited, index: i}
		if !e.read(u.run.parsed(s, true)) || !e.prepare(n.name) {
			return nil
		}
		edits = append(edits, e)
	}
	errors, ok := d.typecheck(u, edits)
	if !ok {
		return nil
	}
	return d.apply(u, edits, errors)
}

// fewErrors is how many syntax errors a file may have that is continued from: the parser
// gives up after ten, wherever it is.
const fewErrors = 5

// read finds out which bodies changed.
func (e *edit) read(p *parsed) bool {
	if len(p.errors) > fewErrors || p.outside() != e.surface || len(p.file.Decls) != len(e.parsed.file.Decls) {
		return false
	}
	e.now, e.document = p, p.document
	if e.edited == nil {
		e.edited = e.open()
	}
	last := e.edited.bodies
	for i, decl := range p.file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		k := len(e.bodies)
		if k == len(last) || last[k].decl != i {
			return false
		}
		b := last[k]
		b.now = check.Range{Start: p.token.Offset(f.Body.Lbrace), End: p.token.Offset(f.Body.Rbrace) + 1}
		b.start = p.token.Offset(f.Type.Func)
		if was := last[k].now; !bytes.Equal(e.edited.read[was.Start:was.End], p.text()[b.now.Start:b.now.End]) {
			if generic(f) {
				return false
			}
			e.changed = append(e.changed, k)
		}
		e.bodies = append(e.bodies, b)
	}
	return len(e.bodies) == len(last)
}

// generic reports whether a function or its receiver has type parameters: those of
// a body that is type-checked again would be others than those of its callers.
func generic(f *ast.FuncDecl) bool {
	if f.Type.TypeParams.NumFields() > 0 {
		return true
	}
	found := false
	if f.Recv != nil {
		ast.Inspect(f.Recv, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.IndexExpr, *ast.IndexListExpr:
				found = true
			}
			return !found
		})
	}
	return found
}

// open makes a file ready to be edited.
func (f *draftFile) open() *editedFile {
	p := f.parsed
	copied := *p.file
	copied.Decls = slices.Clone(copied.Decls)
	copied.Comments = slices.Clone(copied.Comments)
	e := &editedFile{file: &copied, text: slices.Clip(p.document.Content), lines: p.token.Lines(), now: p.document, read: p.document.Content}
	for i, decl := range p.file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			b := body{decl: i, from: p.token.Offset(fn.Body.Lbrace), to: p.token.Offset(fn.Body.Rbrace) + 1, start: p.token.Offset(fn.Type.Func)}
			b.now = check.Range{Start: b.from, End: b.to}
			e.bodies = append(e.bodies, b)
		}
	}
	return e
}

// prepare parses the changed functions at their positions, and makes the file to be
// type-checked: with the same imports, and with no function that has a name.
func (e *edit) prepare(name string) bool {
	e.chunk = fmt.Appendf(nil, "package %s\n", name)
	for _, k := range e.changed {
		b := e.bodies[k]
		e.chunk = append(append(e.chunk, e.now.text()[b.start:b.now.End]...), '\n')
	}
	base := e.parsed.token.Base()
	e.offset = len(e.edited.text) + 1
	if e.offset+len(e.chunk)+2 > e.parsed.room {
		return false
	}
	fset := token.NewFileSet()
	fset.AddFile("", base+e.offset-1, 0) // the next one begins behind it
	parsed, err := parser.ParseFile(fset, e.parsed.path, e.chunk, parser.SkipObjectResolution|parser.ParseComments)
	if (err != nil) != e.now.broken() || len(parsed.Decls) != len(e.changed) {
		return false
	}
	e.tokens, e.comments = fset.File(parsed.FileStart), parsed.Comments
	first := e.parsed.file
	e.file = &ast.File{Package: parsed.Package, Name: parsed.Name, FileStart: parsed.FileStart, FileEnd: parsed.FileEnd, GoVersion: first.GoVersion}
	for _, decl := range first.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.IMPORT {
			e.file.Decls = append(e.file.Decls, decl)
		}
	}
	for i, k := range e.changed {
		fresh, ok := parsed.Decls[i].(*ast.FuncDecl)
		if !ok || fresh.Body == nil || int(fresh.Body.Rbrace-fresh.Type.Func) != e.bodies[k].now.End-1-e.bodies[k].start {
			return false
		}
		old := e.edited.file.Decls[e.bodies[k].decl].(*ast.FuncDecl)
		e.decls = append(e.decls, &ast.FuncDecl{Doc: old.Doc, Recv: old.Recv, Name: old.Name, Type: old.Type, Body: fresh.Body})
		e.file.Decls = append(e.file.Decls, &ast.FuncDecl{Recv: old.Recv, Name: &ast.Ident{NamePos: fresh.Name.NamePos, Name: "_"}, Type: old.Type, Body: fresh.Body})
	}
	return true
}

// typecheck type-checks the changed bodies, and gives the type errors that the
// package has with them. ok is false if it cannot be told what comes of them.
func (d *Draft) typecheck(u *Unit, edits []*edit) (errors []types.Error, ok bool) {
	r, n := u.run, u.node
	var fresh []types.Error
	fset := token.NewFileSet()
	for _, f := range d.files {
		fset.AddExistingFiles(f.parsed.token)
	}
	var files []*ast.File
	var locals []bool
	bytes := 0
	for _, e := range edits {
		files, locals = append(files, e.file), append(locals, u.node.sources[e.index].Locals)
		fset.AddExistingFiles(e.tokens)
		bytes += len(e.chunk)
	}
	if excess(files, locals) != "" {
		return nil, false
	}
	info := newInfo(bytes)
	conf := types.Config{
		GoVersion:                n.languageVersion(),
		DisableUnusedImportCheck: true,
		Error: func(err error) {
			if err, ok := err.(types.Error); ok {
				fresh = append(fresh, err)
			}
		},
		Importer: importer(func(p string) (*types.Package, error) {
			if p == "unsafe" {
				return types.Unsafe, nil
			}
			if dep, isNode := n.deps[p]; isNode && dep != nil {
				p = dep.path
			}
			if pkg := d.imports[p]; pkg != nil {
				return pkg, nil
			}
			return nil, fmt.Errorf("not found")
		}),
		Sizes: newSizes(r.toolchain.context.GOARCH),
	}
	crashed := func() (crashed bool) {
		defer func() { crashed = recover() != nil }()
		if len(files) > 0 {
			types.NewChecker(&conf, fset, d.pkg.Types, info).Files(files)
		}
		return false
	}()
	if crashed {
		return nil, false
	}
	var old []*ast.BlockStmt
	for _, e := range edits {
		for _, k := range e.changed {
			old = append(old, e.edited.file.Decls[e.bodies[k].decl].(*ast.FuncDecl).Body)
		}
		if !d.sameImports(e, info) {
			return nil, false
		}
		for i, k := range e.changed {
			if !d.sameOrder(e.edited.file.Decls[e.bodies[k].decl].(*ast.FuncDecl), e.decls[i], info) {
				return nil, false
			}
		}
	}
	gone := false
	for _, err := range d.pkg.TypeErrors {
		if err.Msg == "" || err.Msg[0] != '\t' { // which says more about the one before
			gone = slices.ContainsFunc(old, func(b *ast.BlockStmt) bool { return b.Lbrace <= err.Pos && err.Pos <= b.Rbrace })
		}
		if !gone {
			errors = append(errors, err)
		}
	}
	if len(fresh) > 0 && len(errors) > 0 {
		return nil, false // which comes first?
	}
	if slices.ContainsFunc(errors, namesPlace) || slices.ContainsFunc(fresh, namesPlace) {
		return nil, false // "multiple defaults (first at a.go:7:2)", where that is in the layout
	}
	for _, e := range edits {
		d.take(e, info)
	}
	return append(errors, fresh...), true
}

// namesPlace reports whether the text of a type error has a line in it.
func namesPlace(err types.Error) bool {
	_, after, ok := strings.Cut(err.Msg, ".go:")
	return ok && after != "" && '0' <= after[0] && after[0] <= '9'
}

// sameImports reports whether a file uses those of its imports that it used before.
func (d *Draft) sameImports(e *edit, fresh *types.Info) bool {
	replaced := map[*ast.BlockStmt]*ast.BlockStmt{}
	for i, k := range e.changed {
		replaced[e.edited.file.Decls[e.bodies[k].decl].(*ast.FuncDecl).Body] = e.decls[i].Body
	}
	before, after := map[*types.Package]bool{}, map[*types.Package]bool{}
	collect := func(n ast.Node, info *types.Info, to ...map[*types.Package]bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				return replaced[n] == nil || len(to) == 1
			case *ast.SelectorExpr: // "use of package not in selector" is none
				if id, ok := n.X.(*ast.Ident); ok {
					if name, ok := info.Uses[id].(*types.PkgName); ok {
						for _, set := range to {
							set[name.Imported()] = true
						}
					}
				}
			}
			return true
		})
	}
	for _, spec := range e.parsed.file.Imports {
		if spec.Name != nil && spec.Name.Name == "." {
			return false
		}
	}
	collect(e.edited.file, d.pkg.Info, before, after)
	for old, body := range replaced {
		collect(old, d.pkg.Info, before)
		collect(body, fresh, after)
	}
	return maps.Equal(before, after)
}

// sameOrder reports whether a new body leaves the order in which the variables of
// the package are set as it is: it names the same variables and functions of the
// package, or no variable's value needs the function (go.dev/ref/spec#Package_initialization).
func (d *Draft) sameOrder(old, fresh *ast.FuncDecl, info *types.Info) bool {
	if maps.Equal(d.named(old.Body, d.pkg.Info), d.named(fresh.Body, info)) {
		return true
	}
	self := d.pkg.Info.Defs[old.Name]
	bodies := map[types.Object]*ast.BlockStmt{}
	for _, f := range d.pkg.Files {
		for _, decl := range f.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok && decl.Body != nil {
				bodies[d.pkg.Info.Defs[decl.Name]] = decl.Body
			}
		}
	}
	seen := map[types.Object]bool{}
	var needs func(n ast.Node) bool
	needs = func(n ast.Node) bool {
		for obj := range d.named(n, d.pkg.Info) {
			if obj == self {
				return true
			}
			if !seen[obj] {
				seen[obj] = true
				if b := bodies[obj]; b != nil && needs(b) {
					return true
				}
			}
		}
		return false
	}
	for _, init := range d.pkg.Info.InitOrder {
		if needs(init.Rhs) {
			return false
		}
	}
	return true
}

// named gives the variables and functions of the package that a node names.
func (d *Draft) named(n ast.Node, info *types.Info) map[types.Object]bool {
	all := map[types.Object]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			switch obj := info.Uses[id].(type) {
			case *types.Func:
				if obj.Pkg() == d.pkg.Types {
					all[obj.Origin()] = true
				}
			case *types.Var:
				if obj.Parent() == d.pkg.Types.Scope() {
					all[obj] = true
				}
			}
		}
		return true
	})
	return all
}

// take puts what is known of the new bodies in place of what was known of the old ones.
// Parameters and imports are those of before.
func (d *Draft) take(e *edit, fresh *types.Info) {
	info := d.pkg.Info
	same := map[types.Object]types.Object{}
	for _, spec := range e.parsed.file.Imports {
		if a, b := importName(fresh, spec), importName(info, spec); a != nil && b != nil {
			same[a] = b
		}
	}
	for i, k := range e.changed {
		old := e.edited.file.Decls[e.bodies[k].decl].(*ast.FuncDecl)
		for _, list := range []*ast.FieldList{old.Recv, old.Type.Params, old.Type.Results} {
			if list == nil {
				continue
			}
			for _, field := range list.List {
				for _, id := range field.Names {
					if obj := fresh.Defs[id]; obj != nil {
						same[obj] = info.Defs[id]
					}
				}
			}
		}
		forget(info, old.Body)
		learn(info, fresh, e.decls[i].Body, same)
		info.Scopes[old.Type] = fresh.Scopes[old.Type]
	}
}

// forget removes what is known about a node.
func forget(info *types.Info, root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			return false
		case *ast.Ident:
			delete(info.Defs, n)
			delete(info.Uses, n)
			delete(info.Instances, n)
		case *ast.SelectorExpr:
			delete(info.Selections, n)
		}
		if e, ok := n.(ast.Expr); ok {
			delete(info.Types, e)
		}
		delete(info.Implicits, n)
		delete(info.Scopes, n)
		return true
	})
}

// learn takes over what is known about a node.
func learn(info, from *types.Info, root ast.Node, same map[types.Object]types.Object) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			return false
		case *ast.Ident:
			take(info.Defs, from.Defs, n)
			take(info.Uses, from.Uses, n)
			take(info.Instances, from.Instances, n)
			if obj := same[info.Uses[n]]; obj != nil {
				info.Uses[n] = obj
			}
		case *ast.SelectorExpr:
			take(info.Selections, from.Selections, n)
		}
		if e, ok := n.(ast.Expr); ok {
			take(info.Types, from.Types, e)
		}
		take(info.Implicits, from.Implicits, n)
		take(info.Scopes, from.Scopes, n)
		return true
	})
}

func take[K comparable, V any](to, from map[K]V, k K) {
	if v, ok := from[k]; ok {
		to[k] = v
	}
}

// apply makes the edits part of the draft and gives the package.
func (d *Draft) apply(u *Unit, edits []*edit, errors []types.Error) *Package {
	for _, e := range edits {
		e.apply()
	}
	pkg := *d.pkg
	pkg.Unit, pkg.TypeErrors = u, errors
	pkg.Fset = token.NewFileSet()
	pkg.Files, pkg.Documents, pkg.Layouts = make([]*ast.File, len(d.files)), make([]*check.Document, len(d.files)), make([]*Layout, len(d.files))
	t := &typed{fset: pkg.Fset, errors: errors, clean: len(errors) == 0}
	for i, f := range d.files {
		now := f.parsed
		if e := f.edited; e != nil {
			now = &parsed{path: now.path, errors: e.errors}
			t.clean = t.clean && len(e.errors) == 0
		}
		t.files = append(t.files, now)
		pkg.Files[i], pkg.Documents[i] = f.parsed.file, f.parsed.document
		if e := f.edited; e == nil {
			pkg.Fset.AddExistingFiles(f.parsed.token)
		} else {
			pkg.Fset.AddExistingFiles(e.tokens)
			pkg.Files[i], pkg.Documents[i], pkg.Layouts[i] = e.file, e.now, e.layout
			pkg.Info.FileVersions[e.file] = pkg.Info.FileVersions[f.parsed.file]
		}
	}
	t.locate = pkg.position
	pkg.finish(t)
	d.pkg = &pkg
	d.steps++
	return &pkg
}

func (e *edit) apply() {
	f := e.edited
	e.draftFile.edited = f
	for i, k := range e.changed {
		b := &e.bodies[k]
		old := f.file.Decls[b.decl].(*ast.FuncDecl)
		fresh := e.decls[i]
		f.file.Decls[b.decl] = fresh
		f.file.Comments = slices.DeleteFunc(f.file.Comments, func(c *ast.CommentGroup) bool { return old.Body.Lbrace < c.Pos() && c.Pos() < old.Body.Rbrace })
		b.replaced, b.to = true, e.offset+e.tokens.Offset(fresh.Body.Rbrace)+1
		b.from = b.to - (b.now.End - b.start)
	}
	for _, c := range e.comments {
		if slices.ContainsFunc(e.decls, func(fn *ast.FuncDecl) bool { return fn.Body.Lbrace < c.Pos() && c.Pos() < fn.Body.Rbrace }) {
			f.file.Comments = append(f.file.Comments, c)
		}
	}
	f.bodies = e.bodies
	f.now, f.read, f.errors = e.document, e.now.text(), e.now.errors
	f.text = append(append(f.text, '\n'), e.chunk...)
	for _, line := range e.tokens.Lines() {
		f.lines = append(f.lines, e.offset+line)
	}
	base := e.parsed.token.Base()
	f.tokens = token.NewFileSet().AddFile(e.parsed.path, base, len(f.text))
	f.tokens.SetLines(f.lines)
	f.file.FileEnd = token.Pos(base + len(f.text))
	f.layout = newLayout(e.parsed, f)
}
