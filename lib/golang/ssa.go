package golang

import (
	"errors"
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// SSA gives a package's functions in SSA form, as [Functions]. It is what
// passes/buildssa is, but goes on where there are type errors: a function whose
// types are not all known keeps its signature and loses its body, the others are
// as usual. If nothing can be done with a package, SSA fails; Run then leaves out
// what requires it, and says so in a Notice {NoticeTypes, Degraded}. The types
// are those of the pass, not of a second type-check.
var SSA = &analysis.Analyzer{
	Name:             "peercheckssa",
	Doc:              "build SSA form of the functions that are well-typed",
	URL:              "https://pkg.go.dev/github.com/peercheck/peercheck/lib/golang#SSA",
	Run:              buildSSA,
	ResultType:       reflect.TypeFor[*Functions](),
	RunDespiteErrors: true,
}

// Functions is the result of [SSA]. It is read-only and safe for concurrent use.
type Functions struct {
	// Pkg is the package in a program of its own; those that it imports have no
	// bodies.
	Pkg *ssa.Package
	// Source are the functions with a body: first the package initializer, which
	// sets the package-level variables, then the declared ones in the order of the
	// source, init functions and methods of generic types included, each followed
	// by the function literals in it. Syntax() of a function is its *ast.FuncDecl,
	// its *ast.FuncLit, or the *ast.RangeStmt over a function that it is the body
	// of; nil for the package initializer.
	Source []*ssa.Function
	// Skipped are the functions that lost their body, because some type in them
	// is not known.
	Skipped []*ast.FuncDecl
	// Kept is what analyzers keep of a package that is edited, by analyzer, from one state to the
	// next, in which functions that did not change are the same as before; nil if nothing is kept.
	// It is new where the facts about imported packages are others.
	Kept *sync.Map

	declared map[*types.Func]*ssa.Function
}

// Func gives a function or method that the package declares; nil for any other, and
// for one whose types are not known. It is not always what the program has for it: see
// how an edited package is built.
func (f *Functions) Func(obj *types.Func) *ssa.Function { return f.declared[obj] }

// errNoSSA is why SSA fails on a package that it can do nothing with.
var errNoSSA = errors.New("no SSA form of the package can be built")

func buildSSA(pass *analysis.Pass) (any, error) {
	if !slices.ContainsFunc(pass.TypeErrors, hard) {
		if fns, ok := build(pass, pass.Files, pass.TypesInfo); ok {
			return fns, nil
		}
		// cgo, or a dependency with errors
	}
	// A function loses its body if something in it is not known; if that does not
	// do, if any type in it is made of one that is not known.
	for _, unknown := range []func(types.Type) bool{query.Invalid, new(invalidFinder).within} {
		s := stripper{pass: pass, unknown: unknown, kept: map[types.Object]bool{}}
		files, info := s.strip()
		if fns, ok := build(pass, files, info); ok {
			fns.Skipped = s.skipped
			return fns, nil
		}
	}
	return nil, errNoSSA
}

// hard reports whether an error may leave a type unknown. A soft one, such as a
// variable or an import that is not used, does not, and neither does the second
// half of one, which begins with a tab and says where the other place is.
func hard(err types.Error) bool { return !err.Soft && !strings.HasPrefix(err.Msg, "\t") }

// build builds SSA form. It fails where the builder meets what it does not expect.
func build(pass *analysis.Pass, files []*ast.File, info *types.Info) (fns *Functions, ok bool) {
	defer func() {
		if recover() != nil {
			fns, ok = nil, false
		}
	}()
	prog := ssa.NewProgram(pass.Fset, 0)
	prog.SetNoReturn(noReturn)
	for _, p := range pass.Pkg.Imports() {
		prog.CreatePackage(p, nil, nil, true)
	}
	fns = &Functions{Pkg: prog.CreatePackage(pass.Pkg, files, info, false), declared: map[*types.Func]*ssa.Function{}}
	fns.Pkg.Build()
	fns.add(fns.Pkg.Func("init"))
	for _, file := range files {
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok {
				obj := info.Defs[decl.Name].(*types.Func)
				fns.declared[obj] = prog.FuncValue(obj)
				fns.add(fns.declared[obj])
			}
		}
	}
	return fns, true
}

// add adds a function that has a body, and the literals in it.
func (f *Functions) add(fn *ssa.Function) {
	if len(fn.Blocks) > 0 {
		f.Source = append(f.Source, fn)
	}
	for _, anon := range fn.AnonFuncs {
		f.add(anon)
	}
}

// A stripper makes copies of a package's files without the bodies and values
// whose types are not all known.
type stripper struct {
	pass    *analysis.Pass
	unknown func(types.Type) bool
	skipped []*ast.FuncDecl
	kept    map[types.Object]bool // the variables and constants
}

func (s *stripper) strip() ([]*ast.File, *types.Info) {
	files := make([]*ast.File, len(s.pass.Files))
	for i, file := range s.pass.Files {
		copied := *file
		copied.Decls = nil
		for _, decl := range file.Decls {
			if decl := s.decl(decl); decl != nil {
				copied.Decls = append(copied.Decls, decl)
			}
		}
		files[i] = &copied
	}
	info := *s.pass.TypesInfo
	info.InitOrder = slices.DeleteFunc(slices.Clone(info.InitOrder), func(init *types.Initializer) bool {
		return s.suspect(init.Rhs) || slices.ContainsFunc(init.Lhs, func(v *types.Var) bool { return !s.kept[v] || s.unknown(v.Type()) })
	})
	return files, &info
}

// decl gives a declaration as it may be built; nil if not at all.
func (s *stripper) decl(decl ast.Decl) ast.Decl {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		obj, ok := s.pass.TypesInfo.Defs[decl.Name].(*types.Func)
		if !ok || obj.Type() == nil {
			s.skipped = append(s.skipped, decl)
			return nil
		}
		if decl.Body == nil || !s.suspect(decl) {
			return decl
		}
		s.skipped = append(s.skipped, decl)
		copied := *decl
		copied.Body = nil
		return &copied
	case *ast.GenDecl:
		copied := *decl
		copied.Specs = slices.DeleteFunc(slices.Clone(decl.Specs), func(spec ast.Spec) bool {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				if slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return !s.declared(id) }) {
					return true
				}
				for _, id := range spec.Names {
					s.kept[s.pass.TypesInfo.Defs[id]] = true
				}
			case *ast.TypeSpec:
				return !s.declared(spec.Name)
			}
			return false
		})
		return &copied
	}
	return nil
}

// declared reports whether a package-level name was declared: a second
// declaration of the same name is not.
func (s *stripper) declared(id *ast.Ident) bool {
	obj := s.pass.TypesInfo.Defs[id]
	if c, ok := obj.(*types.Const); ok && c.Val() == nil {
		return false
	}
	return obj != nil && obj.Type() != nil
}

// suspect reports whether a node has an error, or something unknown, in it.
func (s *stripper) suspect(n ast.Node) bool {
	for _, err := range s.pass.TypeErrors {
		if hard(err) && query.Within(n, err.Pos) {
			return true
		}
	}
	info := s.pass.TypesInfo
	if !query.Known(info, n) {
		return true
	}
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			switch obj := info.ObjectOf(n).(type) {
			case *types.Var, *types.Const, *types.TypeName:
				found = found || s.unknown(obj.Type())
			case *types.Func: // SSA form has its parameters, and its receiver
				sig := obj.Signature()
				found = found || s.someUnknown(sig.Params()) || s.someUnknown(sig.Results()) || sig.Recv() != nil && s.unknown(sig.Recv().Type())
			}
		case *ast.CallExpr:
			if sig, ok := info.TypeOf(n.Fun).(*types.Signature); ok {
				found = found || s.someUnknown(sig.Params()) || s.someUnknown(sig.Results())
			}
		}
		return !found
	})
	return found
}

func (s *stripper) someUnknown(tuple *types.Tuple) bool {
	for v := range tuple.Variables() {
		if s.unknown(v.Type()) {
			return true
		}
	}
	return false
}

// An invalidFinder looks for unknown types within others.
type invalidFinder struct{ seen map[types.Type]bool }

func (f *invalidFinder) within(t types.Type) bool {
	if query.Invalid(t) {
		return true
	}
	if found, ok := f.seen[t]; ok {
		return found
	}
	if f.seen == nil {
		f.seen = map[types.Type]bool{}
	}
	f.seen[t] = false
	found := false
	switch t := t.(type) {
	case *types.Alias:
		found = f.within(types.Unalias(t))
	case *types.Named:
		found = f.within(t.Underlying())
		for a := range t.TypeArgs().Types() {
			found = found || f.within(a)
		}
	case *types.Pointer:
		found = f.within(t.Elem())
	case *types.Slice:
		found = f.within(t.Elem())
	case *types.Array:
		found = f.within(t.Elem())
	case *types.Chan:
		found = f.within(t.Elem())
	case *types.Map:
		found = f.within(t.Key()) || f.within(t.Elem())
	case *types.Tuple:
		for v := range t.Variables() {
			found = found || f.within(v.Type())
		}
	case *types.Signature:
		found = f.within(t.Params()) || f.within(t.Results())
	case *types.Struct:
		for v := range t.Fields() {
			found = found || f.within(v.Type())
		}
	case *types.Interface:
		for m := range t.Methods() {
			found = found || f.within(m.Type())
		}
	}
	f.seen[t] = found
	return found
}

// noReturn reports whether a function of the libraries that programs end with
// never returns, so that what follows a call of it is not reached.
func noReturn(fn *types.Func) bool {
	return neverReturn[fn.FullName()]
}

var neverReturn = map[string]bool{
	"os.Exit": true, "runtime.Goexit": true, "syscall.Exit": true,
	"log.Fatal": true, "log.Fatalf": true, "log.Fatalln": true,
	"log.Panic": true, "log.Panicf": true, "log.Panicln": true,
	"(*log.Logger).Fatal": true, "(*log.Logger).Fatalf": true, "(*log.Logger).Fatalln": true,
	"(*log.Logger).Panic": true, "(*log.Logger).Panicf": true, "(*log.Logger).Panicln": true,
	"(*testing.common).FailNow": true, "(*testing.common).Fatal": true, "(*testing.common).Fatalf": true,
	"(*testing.common).SkipNow": true, "(*testing.common).Skip": true, "(*testing.common).Skipf": true,
	"github.com/sirupsen/logrus.Fatal": true, "github.com/sirupsen/logrus.Fatalf": true, "github.com/sirupsen/logrus.Fatalln": true,
	"(*go.uber.org/zap.Logger).Fatal": true, "(*go.uber.org/zap.Logger).Panic": true,
	"(*go.uber.org/zap.SugaredLogger).Fatal": true, "(*go.uber.org/zap.SugaredLogger).Fatalf": true,
	"k8s.io/klog/v2.Fatal": true, "k8s.io/klog/v2.Fatalf": true, "k8s.io/klog/v2.Exit": true, "k8s.io/klog/v2.Exitf": true,
}
