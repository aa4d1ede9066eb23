package golang

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// A stock is the SSA form of a package while it is edited (see load.Draft): only
// functions that changed are built again, and take the place of the old ones. The
// others stay what they are, so that what is known of them holds.
//
// The SSA builder builds packages, not functions. So for the changed functions a
// package is made in the same program in which the others have no body, and then what
// the new functions refer to is made that of the stock.
type stock struct {
	pkg   *types.Package
	fns   *Functions
	decls map[types.Object]*ast.FuncDecl // that fns were built of
	// replaced are those of fns that stand for an edited function.
	replaced map[types.Object]*ssa.Function
	// stripped are those that lost their body, because some type in it is not known.
	stripped map[types.Object]bool
	// uses are the places in fns that refer to a declared function of the package.
	uses map[types.Object][]*ssa.Value
	// kept is Functions.Kept, while the facts about imported packages are of this sum.
	kept     *sync.Map
	imported cache.Key
}

// expect is called before functions with the sum of the facts about what the package imports.
func (s *stock) expect(imported cache.Key) {
	if s.kept == nil || s.imported != imported {
		s.kept, s.imported = new(sync.Map), imported
		if s.fns != nil {
			s.fns.Kept = s.kept
		}
	}
}

// functions gives the SSA form of the package's present state.
func (s *stock) functions(pass *analysis.Pass) (*Functions, error) {
	if s.pkg == pass.Pkg && s.advance(pass) {
		return s.fns, nil
	}
	*s = stock{kept: s.kept, imported: s.imported}
	var fns *Functions
	ok := !slices.ContainsFunc(pass.TypeErrors, hard)
	if ok {
		fns, ok = build(pass, pass.Files, pass.TypesInfo)
	}
	if !ok {
		fns, err := buildSSA(pass)
		if err != nil {
			return nil, err
		}
		return fns.(*Functions), nil
	}
	fns.Kept = s.kept
	*s = stock{
		kept: s.kept, imported: s.imported, pkg: pass.Pkg, fns: fns, decls: declarations(pass),
		replaced: map[types.Object]*ssa.Function{}, stripped: map[types.Object]bool{}, uses: map[types.Object][]*ssa.Value{},
	}
	seen := map[*ssa.Function]bool{}
	for _, fn := range fns.Source {
		s.note(fn, seen)
	}
	return fns, nil
}

// declarations gives the functions of a package that have a body, by their objects.
func declarations(pass *analysis.Pass) map[types.Object]*ast.FuncDecl {
	all := map[types.Object]*ast.FuncDecl{}
	for _, file := range pass.Files {
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok && decl.Body != nil {
				all[pass.TypesInfo.Defs[decl.Name]] = decl
			}
		}
	}
	return all
}

// note notes where a function refers to declared ones, be it through a wrapper that
// the builder made.
func (s *stock) note(fn *ssa.Function, seen map[*ssa.Function]bool) {
	if seen[fn] {
		return
	}
	seen[fn] = true
	for op := range operands(fn) {
		f, ok := (*op).(*ssa.Function)
		if !ok {
			continue
		}
		if obj := s.declared(f); obj != nil {
			s.uses[obj] = append(s.uses[obj], op)
		} else if f.Synthetic != "" {
			s.note(f, seen)
		}
	}
}

// operands yields the places in a function's instructions that hold a value.
func operands(fn *ssa.Function) func(yield func(*ssa.Value) bool) {
	return func(yield func(*ssa.Value) bool) {
		var buffer [16]*ssa.Value
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				for _, op := range instr.Operands(buffer[:0]) {
					if *op != nil && !yield(op) {
						return
					}
				}
			}
		}
	}
}

// declared gives the object of a function that the package declares, nil for others.
func (s *stock) declared(f *ssa.Function) types.Object {
	if obj := f.Object(); obj != nil && obj.Pkg() == s.pkg && f.Synthetic == "" && f.Origin() == nil {
		return obj
	}
	return nil
}

// advance replaces the functions that changed. ok is false if that cannot be done.
func (s *stock) advance(pass *analysis.Pass) (ok bool) {
	now := declarations(pass)
	if len(now) != len(s.decls) {
		return false
	}
	changed := map[types.Object]bool{} // true if there is a body to build
	strip := stripper{pass: pass, unknown: query.Invalid}
	for obj, decl := range now {
		if s.decls[obj] == decl {
			continue
		}
		if s.decls[obj] == nil {
			return false
		}
		s.stripped[obj] = strip.suspect(decl)
		if !s.stripped[obj] && s.usesGeneric(decl.Body, pass.TypesInfo) {
			return false
		}
		changed[obj] = !s.stripped[obj]
	}
	for _, err := range pass.TypeErrors {
		if hard(err) && !s.excuses(err, now) {
			return false
		}
	}
	if len(changed) == 0 {
		return true
	}
	fresh, ok := s.build(pass, changed)
	if !ok {
		return false
	}
	for obj := range changed {
		s.replaced[obj] = fresh.Prog.FuncValue(obj.(*types.Func))
	}
	seen := map[*ssa.Function]bool{}
	for obj := range changed {
		fn := s.replaced[obj]
		s.adopt(fn, seen)
		for _, op := range s.uses[obj] {
			*op = fn
		}
		if fn.Signature.Recv() == nil && fn.Name() != "_" {
			s.fns.Pkg.Members[fn.Name()] = fn
		}
	}
	s.decls = now
	next := &Functions{Pkg: s.fns.Pkg, Kept: s.kept, declared: s.fns.declared}
	next.add(s.fns.Pkg.Func("init"))
	for _, file := range pass.Files {
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok {
				obj := pass.TypesInfo.Defs[decl.Name].(*types.Func)
				if fn := s.replaced[obj]; fn != nil {
					next.declared[obj] = fn
				}
				next.add(next.declared[obj])
				if s.stripped[obj] {
					next.Skipped = append(next.Skipped, decl)
				}
			}
		}
	}
	s.fns = next
	return true
}

// excuses reports whether an error is in a body that is left out.
func (s *stock) excuses(err types.Error, decls map[types.Object]*ast.FuncDecl) bool {
	for obj, stripped := range s.stripped {
		if stripped && query.Within(decls[obj].Body, err.Pos) {
			return true
		}
	}
	return false
}

// usesGeneric reports whether a body uses a generic function of the package, or a method
// of a generic type: instances have their origin in the package that they were built in.
func (s *stock) usesGeneric(body *ast.BlockStmt, info *types.Info) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if fn, ok := info.Uses[id].(*types.Func); ok && fn.Pkg() == s.pkg {
				sig := fn.Origin().Signature()
				found = found || sig.TypeParams().Len() > 0 || sig.RecvTypeParams().Len() > 0
			}
		}
		return !found
	})
	return found
}

// build builds a package of the changed functions.
func (s *stock) build(pass *analysis.Pass, changed map[types.Object]bool) (fresh *ssa.Package, ok bool) {
	defer func() {
		if recover() != nil {
			fresh, ok = nil, false
		}
	}()
	info := *pass.TypesInfo
	info.InitOrder, info.FileVersions = nil, maps.Clone(info.FileVersions)
	files := make([]*ast.File, len(pass.Files))
	for i, file := range pass.Files {
		copied := *file
		copied.Decls = slices.Clone(file.Decls)
		for k, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && !changed[info.Defs[f.Name]] {
				bare := *f
				bare.Body = nil
				copied.Decls[k] = &bare
			}
		}
		files[i] = &copied
		info.FileVersions[&copied] = info.FileVersions[file]
	}
	fresh = s.fns.Pkg.Prog.CreatePackage(pass.Pkg, files, &info, false)
	fresh.Build()
	return fresh, true
}

// adopt makes a new function part of the package: what it refers to is what the
// package has.
func (s *stock) adopt(fn *ssa.Function, seen map[*ssa.Function]bool) {
	if seen[fn] {
		return
	}
	seen[fn] = true
	if fn.Pkg != nil && fn.Pkg.Pkg == s.pkg {
		fn.Pkg = s.fns.Pkg
	}
	for op := range operands(fn) {
		switch v := (*op).(type) {
		case *ssa.Global:
			if v.Pkg != s.fns.Pkg && v.Pkg.Pkg == s.pkg {
				*op = s.fns.Pkg.Members[v.Name()].(*ssa.Global)
			}
		case *ssa.Function:
			if obj := s.declared(v); obj != nil {
				*op = s.current(obj.(*types.Func))
				s.uses[obj] = append(s.uses[obj], op)
			} else if v.Synthetic != "" {
				s.adopt(v, seen)
			}
		}
	}
	for _, anon := range fn.AnonFuncs {
		s.adopt(anon, seen)
	}
}

// current gives the function that stands for an object.
func (s *stock) current(obj *types.Func) *ssa.Function {
	if fn := s.replaced[obj]; fn != nil {
		return fn
	}
	return s.fns.declared[obj]
}
