package query

import (
	"go/ast"
	"go/types"
	"iter"
	"reflect"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// Indexed is an analyzer that tells where a package calls and mentions what, as
// *Index. Every package check has its result, whether it requires it or not: a
// hundred checks that each walk a package of 40 files, and name what every call
// in it calls, take three times as long as the type checker.
var Indexed = &analysis.Analyzer{
	Name:             "peercheckindex",
	Doc:              "index calls and uses",
	URL:              "https://pkg.go.dev/github.com/peercheck/peercheck/lib/golang/query#Indexed",
	Requires:         []*analysis.Analyzer{inspect.Analyzer},
	ResultType:       reflect.TypeFor[*Index](),
	RunDespiteErrors: true,
	Run:              func(pass *analysis.Pass) (any, error) { return newIndex(pass), nil },
}

// IndexOf gives the Index of a pass: that of [Indexed], or a new one if the pass
// has its inspector alone; nil if it has neither.
func IndexOf(pass *analysis.Pass) *Index {
	if x, ok := pass.ResultOf[Indexed].(*Index); ok {
		return x
	}
	if pass.ResultOf[inspect.Analyzer] == nil {
		return nil
	}
	return newIndex(pass)
}

func newIndex(pass *analysis.Pass) *Index {
	in, _ := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	x := &Index{info: pass.TypesInfo, inspector: in}
	x.calls = sync.OnceValue(x.findCalls)
	x.uses = sync.OnceValue(x.findUses)
	x.used = sync.OnceValue(x.findUsed)
	return x
}

// An Index finds calls and uses of objects in a package. Each part is made when it
// is first asked for. It is safe for concurrent use.
type Index struct {
	info      *types.Info
	inspector *inspector.Inspector
	calls     func() *callTable
	uses      func() map[types.Object][]inspector.Cursor
	used      func() *usedNames
	memo      sync.Map // of *memo
}

// Inspector is that of the package's files.
func (x *Index) Inspector() *inspector.Inspector { return x.inspector }

// A callTable has the calls of a package in source order.
type callTable struct {
	files   []fileOfCalls
	callees []Called
}

// Called is what a call calls.
type Called struct {
	// Name is as of [Callee].
	Name string
	// Func is the function or method, and for an instance of a generic one that
	// one; nil for a function value, a builtin and a conversion.
	Func *types.Func
}

type fileOfCalls struct {
	file  *ast.File
	calls []indexedCall
}

type indexedCall struct {
	at     int32 // of the inspector
	callee int32 // of callees
}

func (x *Index) findCalls() *callTable {
	t := &callTable{callees: []Called{{}}}
	known := map[types.Object]int32{nil: 0}
	for file := range x.inspector.Root().Children() {
		f, ok := file.Node().(*ast.File)
		if !ok {
			continue
		}
		in := fileOfCalls{file: f}
		for c := range file.Preorder((*ast.CallExpr)(nil)) {
			call, ok := c.Node().(*ast.CallExpr)
			if !ok {
				continue
			}
			obj := typeutil.Callee(x.info, call)
			callee, ok := known[obj]
			if !ok {
				callee = int32(len(t.callees))
				called := Called{Name: Name(obj)}
				if fn, ok := obj.(*types.Func); ok {
					called.Func = fn.Origin()
				}
				t.callees = append(t.callees, called)
				known[obj] = callee
			}
			in.calls = append(in.calls, indexedCall{c.Index(), callee})
		}
		t.files = append(t.files, in)
	}
	return t
}

// Calls gives, in source order, the calls of what callee wants in the files that
// file wants. callee is asked once for each function, not for each call.
func (x *Index) Calls(file func(*ast.File) bool, callee func(Called) bool) iter.Seq[inspector.Cursor] {
	return func(yield func(inspector.Cursor) bool) {
		t := x.calls()
		wanted, some := make([]bool, len(t.callees)), false
		for i, called := range t.callees {
			wanted[i] = callee(called)
			some = some || wanted[i]
		}
		if !some {
			return
		}
		for _, f := range t.files {
			if !file(f.file) {
				continue
			}
			for _, call := range f.calls {
				if wanted[call.callee] && !yield(x.inspector.At(call.at)) {
					return
				}
			}
		}
	}
}

func (x *Index) findUses() map[types.Object][]inspector.Cursor {
	uses := map[types.Object][]inspector.Cursor{}
	for c := range x.inspector.Root().Preorder((*ast.Ident)(nil)) {
		id, ok := c.Node().(*ast.Ident)
		if !ok {
			continue
		}
		o := x.info.Uses[id]
		if fn, ok := o.(*types.Func); ok {
			o = fn.Origin()
		}
		if o != nil {
			uses[o] = append(uses[o], c)
		}
	}
	return uses
}

// Uses gives the identifiers that refer to an object, without its declaration,
// in source order. Instances of a generic function are uses of it. The slice is
// not to be changed.
func (x *Index) Uses(obj types.Object) []inspector.Cursor { return x.uses()[obj] }

// usedNames are the names of what a package uses.
type usedNames struct {
	names  map[string]bool // as of Name
	fields map[fieldName]bool
}

type fieldName struct{ pkg, name string }

func (x *Index) findUsed() *usedNames {
	u := &usedNames{names: map[string]bool{}, fields: map[fieldName]bool{}}
	seen := map[types.Object]bool{}
	for _, obj := range x.info.Uses {
		if seen[obj] {
			continue
		}
		seen[obj] = true
		if v, ok := obj.(*types.Var); ok && v.IsField() {
			if v.Pkg() != nil {
				u.fields[fieldName{v.Pkg().Path(), v.Name()}] = true
			}
		} else if name := Name(obj); name != "" {
			u.names[name] = true
		}
	}
	return u
}

// Mentions reports whether the package uses a function, method, variable,
// constant or type whose name, as of [Name], is wanted.
func (x *Index) Mentions(wanted func(name string) bool) bool {
	for name := range x.used().names {
		if wanted(name) {
			return true
		}
	}
	return false
}

// MentionsField reports whether the package uses a field that is wanted by its
// name and by the path of the package that declares it.
func (x *Index) MentionsField(wanted func(pkg, name string) bool) bool {
	for f := range x.used().fields {
		if wanted(f.pkg, f.name) {
			return true
		}
	}
	return false
}

// Memo gives what find made when it was first called with this key, so that what a
// helper of several checks finds out about the package is found once. Keys are as
// those of a context: of a type of the caller's own.
func (x *Index) Memo(key any, find func() any) any {
	once, _ := x.memo.LoadOrStore(key, &memo{})
	m := once.(*memo)
	m.once.Do(func() { m.value = find() })
	return m.value
}

type memo struct {
	once  sync.Once
	value any
}
