package taint

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// A run is the analysis of one package.
type run struct {
	pass   *analysis.Pass
	models *models.Models
	fns    *golang.Functions
	pkg    *ssa.Package
	source []*ssa.Function
	names  *interner

	summaries map[*ssa.Function]*summary // of this package
	imported  map[*types.Func]*summary   // nil: nothing is known
	analysed  map[*types.Package]bool    // packages whose functions all have summaries
	state     map[*ssa.Function]bool     // functions whose summary stands
	held      map[types.Object]*stored   // by variables and types
	changed   map[types.Object]bool
	readers   map[types.Object]map[*ssa.Function]bool
	called    map[*ssa.Function][]ssa.CallInstruction // by name, in this package
	entries   map[*ssa.Function]bool                  // used as values, or started as goroutines
	clients   map[*ssa.Function]bool                  // memo of outgoing
	sends     *bool                                   // memo of sendsOnly
	guarded   *bool                                   // memo of guardsDialing
	callees   map[*ssa.Function][]*ssa.Function

	modelMemo   map[*types.Func]*models.Function
	viaModel    map[*types.Func]*summary
	fieldMemo   map[fieldKey]uint32
	fieldModels map[fieldKey]*models.Field
	masks       map[types.Type]models.Set
	pathMasks   map[pathKey]models.Set
	writers     map[types.Type]*models.Class
	streams     map[streamKey][]*types.Func
	methods     map[string][]*types.Func
	implMemo    map[implKey][]*types.Func
	printers    map[types.Type]*types.Func
	similarMemo map[*types.Func]*models.Function
	imports     map[string]*types.Package // by path, once they are asked for
	functions   map[*types.Var][]*ssa.Function
	boxed       []boxing // nil until it is asked for
	regexps     map[types.Object]string
	patterns    map[string]models.Set
	makers      map[*ssa.Function]bool // whether they give an error on all of their ways
	plain       map[*ssa.Function]bool
	pieceMemo   map[ssa.Value][]piece

	mutual             bool // the functions at hand call each other
	numbers            numbers
	argument, redirect *models.Class
	redirectBit        models.Set
	idle               models.Set // what is followed to its own sinks only where they are next
	errors             models.Set
	strings            models.Set
	heads              factTable
	spare              spare
	places             *places
	result             *Result

	// What was found in each group of functions that call each other, by the first of them, and the
	// groups in their order.
	head    *ssa.Function // of the group at hand
	reports map[*ssa.Function][]candidate
	members map[*ssa.Function][]*ssa.Function
	order   []*ssa.Function
	holds   bool // something of a source waits in a variable or in an object: see state.go
}

type fieldKey struct {
	t     types.Type
	index int
}

type implKey struct {
	iface  types.Type
	method string
}

func newRun(pass *analysis.Pass, fns *golang.Functions, m *models.Models) *run {
	r := &run{
		pass: pass, models: m, fns: fns, pkg: fns.Pkg, source: fns.Source, names: newInterner(),
		summaries: map[*ssa.Function]*summary{}, imported: map[*types.Func]*summary{}, analysed: map[*types.Package]bool{},
		state: map[*ssa.Function]bool{}, held: map[types.Object]*stored{}, changed: map[types.Object]bool{},
		readers: map[types.Object]map[*ssa.Function]bool{},
		callees: map[*ssa.Function][]*ssa.Function{}, clients: map[*ssa.Function]bool{},
		modelMemo: map[*types.Func]*models.Function{}, viaModel: map[*types.Func]*summary{},
		fieldMemo: map[fieldKey]uint32{}, fieldModels: map[fieldKey]*models.Field{}, masks: map[types.Type]models.Set{}, pathMasks: map[pathKey]models.Set{},
		writers: map[types.Type]*models.Class{}, streams: map[streamKey][]*types.Func{}, implMemo: map[implKey][]*types.Func{}, similarMemo: map[*types.Func]*models.Function{}, printers: map[types.Type]*types.Func{}, patterns: map[string]models.Set{}, makers: map[*ssa.Function]bool{},
		plain: map[*ssa.Function]bool{}, pieceMemo: map[ssa.Value][]piece{}, numbers: newNumbers(m), argument: m.Class("argument"), redirect: m.Class("redirect"), errors: m.Group("message"), strings: m.Group("string"), places: newPlaces(pass), result: &Result{}, reports: map[*ssa.Function][]candidate{}, members: map[*ssa.Function][]*ssa.Function{},
	}
	r.idle = models.Start
	for _, c := range m.Classes() {
		if c.Local {
			r.idle |= c.Bit
		}
	}
	if r.redirect != nil {
		r.redirectBit = r.redirect.Bit
	}
	return r
}

// field numbers a field.
func (r *run) field(t types.Type, index int) uint32 {
	k := fieldKey{t, index}
	id, ok := r.fieldMemo[k]
	if !ok {
		id = r.names.id(fieldName(t, index))
		r.fieldMemo[k] = id
	}
	return id
}

// fieldModel gives the model of a field; nil if there is none.
func (r *run) fieldModel(t types.Type, index int) *models.Field {
	k := fieldKey{t, index}
	m, ok := r.fieldModels[k]
	if !ok {
		if name := query.TypeName(t); name != "" && strings.Contains(name, ".") {
			m = r.models.Field(name + "." + fieldName(t, index))
		}
		r.fieldModels[k] = m
	}
	return m
}

// typeMask gives the classes that a value of a type may be dangerous for: a number
// is no SQL, but may be a size; a mutex is nothing.
func (r *run) typeMask(t types.Type) models.Set {
	if b, ok := t.(*types.Basic); ok {
		return r.basicMask(b)
	}
	mask, ok := r.masks[t]
	if !ok {
		r.masks[t] = 0 // for types that hold themselves
		mask = r.composedMask(t)
		r.masks[t] = mask
	}
	return mask
}

// valueMask is typeMask of what is in an interface, where that is known.
func (r *run) valueMask(v ssa.Value) models.Set {
	for {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.ChangeInterface:
			v = x.X
		default:
			return r.typeMask(v.Type())
		}
	}
}

// smallArray is the longest array of bytes that is taken for a hash, a key or an
// identifier rather than for text.
const smallArray = 32

func (r *run) composedMask(t types.Type) models.Set {
	if inertTypes[query.TypeName(t)] {
		return 0
	}
	if isError(t) {
		return r.errors
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return r.basicMask(u)
	case *types.Pointer:
		return r.typeMask(u.Elem())
	case *types.Slice:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Byte || ok && b.Kind() == types.Rune {
			return models.All
		}
		return r.typeMask(u.Elem())
	case *types.Array:
		if b, ok := u.Elem().Underlying().(*types.Basic); ok && b.Kind() == types.Byte {
			if u.Len() > smallArray {
				return models.All
			}
			return r.numbers.all // or for the number at the beginning of a message
		}
		return r.typeMask(u.Elem())
	case *types.Chan:
		return r.typeMask(u.Elem())
	case *types.Map:
		return r.typeMask(u.Key()) | r.typeMask(u.Elem())
	case *types.Struct:
		mask := models.Set(0)
		for f := range u.Fields() {
			if mask |= r.typeMask(f.Type()); mask == models.All {
				break
			}
		}
		return mask
	}
	return models.All
}

// pathMask gives the classes that a part of a value of a type may be dangerous
// for: none if the type has no such part.
func (r *run) pathMask(t types.Type, p path) models.Set {
	if p == (path{}) {
		return r.typeMask(t)
	}
	k := pathKey{t, p}
	mask, ok := r.pathMasks[k]
	if !ok {
		mask = r.findMask(t, p)
		r.pathMasks[k] = mask
	}
	return mask
}

type pathKey struct {
	t types.Type
	p path
}

func (r *run) findMask(t types.Type, p path) models.Set {
	for i := 0; ; i++ {
		for {
			ptr, ok := t.Underlying().(*types.Pointer)
			if !ok {
				break
			}
			t = ptr.Elem()
		}
		if i == maxDepth || p[i] == 0 {
			return r.typeMask(t)
		}
		if p[i] == content {
			return models.All
		}
		switch u := t.Underlying().(type) {
		case *types.Slice:
			if p[i] != elements {
				return 0
			}
			t = u.Elem()
		case *types.Array:
			if p[i] != elements {
				return 0
			}
			t = u.Elem()
		case *types.Chan:
			if p[i] != elements {
				return 0
			}
			t = u.Elem()
		case *types.Map:
			switch p[i] {
			case keys:
				t = u.Key()
			case elements:
				t = u.Elem()
			default:
				return 0
			}
		case *types.Struct:
			if p[i] == elements || p[i] == keys {
				return models.All // a library's container
			}
			name, found := r.names.names[p[i]], false
			for f := range u.Fields() {
				if f.Name() == name {
					t, found = f.Type(), true
					break
				}
			}
			if !found {
				return 0
			}
		case *types.Basic:
			return 0
		default: // an interface or a function: anything
			return models.All
		}
	}
}

func (r *run) basicMask(b *types.Basic) models.Set {
	switch {
	case b.Info()&types.IsBoolean != 0:
		return 0
	case b.Info()&types.IsNumeric != 0:
		return r.numbers.mask(b)
	case b.Info()&types.IsString != 0:
		return r.strings
	}
	return models.All
}

// inertTypes hold nothing that their user could put to use: a time, an address of
// the network, or what only passes values through.
var inertTypes = map[string]bool{
	"time.Time": true, "time.Duration": true, "time.Month": true, "time.Weekday": true,
	"context.Context": true, "testing.T": true, "testing.B": true, "sync.Mutex": true, "sync.RWMutex": true, "sync.WaitGroup": true,
	"net.IP": true, "net/netip.Addr": true, "github.com/google/uuid.UUID": true, "github.com/gofrs/uuid.UUID": true,
	"go/token.Pos": true, "math/big.Int": true, "reflect.Type": true,
}

// inert reports whether a parameter of a type is not worth following.
func (r *run) inert(t types.Type) bool { return r.typeMask(t) == 0 }

// model gives the model of a function; nil if there is none.
func (r *run) model(obj *types.Func) *models.Function {
	if obj == nil || obj.Pkg() == nil {
		if obj != nil && obj.Name() == "Error" {
			return r.models.Function("(error).Error")
		}
		return nil
	}
	m, ok := r.modelMemo[obj]
	if !ok {
		if r.models.HasPackage(obj.Pkg().Path()) {
			m = r.models.Function(query.Name(obj))
			if m == nil {
				m = r.models.Function(query.Name(obj.Origin()))
			}
		}
		r.modelMemo[obj] = m
	}
	return m
}

// local gives the summary of a function of this package by its SSA form.
func (r *run) local(fn *ssa.Function) *summary {
	if o := fn.Origin(); o != nil {
		fn = o
	}
	return r.summaries[fn]
}

// declared gives the summary of a declared function. It is known if the function
// was analysed, here or in its own package.
func (r *run) declared(obj *types.Func) (sum *summary, known bool) {
	obj = obj.Origin()
	if obj.Pkg() == r.pass.Pkg {
		if fn := r.fns.Func(obj); fn != nil {
			if len(fn.Blocks) > 0 {
				return r.summaries[fn], true
			}
		}
	}
	sum, ok := r.imported[obj]
	if !ok {
		fact := new(Summary)
		if r.pass.ImportObjectFact(obj, fact) {
			sum = r.decode(fact)
		}
		r.imported[obj] = sum
	}
	return sum, sum != nil || r.complete(obj.Pkg())
}

// complete reports whether a package was analysed: then what has no summary does
// nothing.
func (r *run) complete(pkg *types.Package) bool {
	if pkg == nil || pkg == r.pass.Pkg {
		return true
	}
	return r.models.HasPackage(pkg.Path()) || r.wasAnalysed(pkg)
}

// wasAnalysed reports whether there are summaries of an imported package.
func (r *run) wasAnalysed(pkg *types.Package) bool {
	ok, seen := r.analysed[pkg]
	if !seen {
		ok = r.pass.ImportPackageFact(pkg, new(Analysed))
		r.analysed[pkg] = ok
	}
	return ok
}

// standard reports whether a package is one of the standard library: its path begins
// with no domain, and it was not analysed, as those of modules without one are.
func (r *run) standard(pkg *types.Package) bool {
	return withoutDomain(pkg.Path()) && pkg != r.pass.Pkg && !r.wasAnalysed(pkg)
}

// modelSummary gives a library function as a summary, for where it is a value.
func (r *run) modelSummary(obj *types.Func, m *models.Function) *summary {
	sum, ok := r.viaModel[obj]
	if ok {
		return sum
	}
	sum = &summary{}
	recv := btoi(obj.Signature().Recv() != nil)
	to := func(e models.Endpoint) (end, bool) {
		p := r.names.path(e.Path)
		switch {
		case e.Call >= 0:
			return end{}, false
		case e.Where == models.Result:
			return end{kind: endResult, index: e.Index, path: p}, true
		case e.Where == models.Receiver:
			return end{kind: endParameter, index: 0, path: p}, recv == 1
		}
		return end{kind: endParameter, index: e.Index + recv, path: p}, true
	}
	for _, f := range m.Flows {
		a, ok1 := to(f.From)
		b, ok2 := to(f.To)
		if ok1 && ok2 {
			sum.flows = append(sum.flows, &flow{from: a, to: b, same: f.Same, keep: models.All &^ f.Clears})
		}
	}
	for _, s := range m.Sinks {
		if a, ok := to(s.At); ok && len(s.If) == 0 {
			sum.flows = append(sum.flows, &flow{from: a, to: end{kind: endSink, index: r.class(s.Class)}, keep: s.Class.Bit, what: shortName(obj)})
		}
	}
	r.viaModel[obj] = sum
	return sum
}

func (r *run) class(c *models.Class) int {
	for i, o := range r.models.Classes() {
		if o == c {
			return i
		}
	}
	return 0
}

func (r *run) kind(k *models.Kind) int { return r.models.KindIndex(k) }

// similar gives the model of a library's method that an interface of the program's own
// was made for: it has the same name and signature, which names a type that leads
// there. A (*sql.DB).QueryContext is no other's, a Write is anybody's.
func (r *run) similar(method *types.Func) *models.Function {
	m, ok := r.similarMemo[method]
	if !ok {
		m = r.findSimilar(method)
		r.similarMemo[method] = m
	}
	return m
}

func (r *run) findSimilar(method *types.Func) *models.Function {
	if method.Pkg() == nil || r.standard(method.Pkg()) || !method.Exported() {
		return nil
	}
	candidates := r.models.Methods(method.Name())
	if len(candidates) == 0 || !telling(method.Signature()) {
		return nil
	}
	for _, m := range candidates {
		recv, _, _ := strings.Cut(strings.TrimLeft(m.Name, "(*"), ")")
		dot := strings.LastIndexByte(recv, '.')
		pkg := r.importedPackage(recv[:dot])
		if pkg == nil {
			continue
		}
		tn, ok := pkg.Scope().Lookup(recv[dot+1:]).(*types.TypeName)
		if !ok {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(tn.Type(), true, pkg, method.Name())
		if fn, ok := obj.(*types.Func); ok && sameSignature(fn.Signature(), method.Signature()) {
			return m
		}
	}
	return nil
}

// telling reports whether a signature has a type that a library declares, other than
// those that everybody uses.
func telling(sig *types.Signature) bool {
	for _, tuple := range []*types.Tuple{sig.Params(), sig.Results()} {
		for v := range tuple.Variables() {
			t := v.Type()
			if s, ok := t.(*types.Slice); ok {
				t = s.Elem()
			}
			switch name := query.TypeName(t); name {
			case "context.Context", "error", "time.Time", "time.Duration", "io.Reader", "io.Writer":
			default:
				if strings.Contains(name, ".") {
					return true
				}
			}
		}
	}
	return false
}

func sameSignature(a, b *types.Signature) bool {
	return a.Variadic() == b.Variadic() && types.Identical(a.Params(), b.Params()) && types.Identical(a.Results(), b.Results())
}

// importedPackage finds a package among those that this one imports, directly or not.
func (r *run) importedPackage(path string) *types.Package {
	if r.imports == nil {
		r.imports = map[string]*types.Package{}
		var visit func(p *types.Package)
		visit = func(p *types.Package) {
			for _, imp := range p.Imports() {
				if r.imports[imp.Path()] == nil {
					r.imports[imp.Path()] = imp
					visit(imp)
				}
			}
		}
		visit(r.pass.Pkg)
	}
	return r.imports[path]
}

// maxImplementations bounds the types that a call of an interface's method is
// followed into. An interface with more is a framework's, and its callers do not
// know what they call either.
const maxImplementations = 16

// implementations lists the methods that a call of an interface's method may
// call: of the types of this package, and of those of imported packages that were
// analysed. Interfaces of the standard library are left to the models.
func (r *run) implementations(iface types.Type, method *types.Func) []*types.Func {
	if method.Pkg() == nil || r.standard(method.Pkg()) {
		return nil
	}
	t, ok := iface.Underlying().(*types.Interface)
	if !ok {
		return nil
	}
	key := implKey{iface, method.Id()}
	list, ok := r.implMemo[key]
	if ok {
		return list
	}
	if r.methods == nil {
		r.indexMethods()
	}
	for _, candidate := range r.methods[method.Name()] {
		recv := candidate.Signature().Recv().Type()
		if types.Implements(recv, t) {
			list = append(list, candidate)
		} else if _, isPointer := recv.(*types.Pointer); !isPointer && types.Implements(types.NewPointer(recv), t) {
			list = append(list, candidate)
		}
		if len(list) > maxImplementations {
			r.truncate(nil, "an interface has more than 16 implementations, whose calls are not followed: "+iface.String())
			list = nil
			break
		}
	}
	r.implMemo[key] = list
	return list
}

// A boxing says that a value of a type of a library becomes an interface somewhere in the package.
type boxing struct{ iface, of types.Type }

// handed gives the models of the methods that a call of an interface's method may call, where the package hands
// values of libraries to those that ask for the interface: url.Values, as one with a method Get.
func (r *run) handed(iface types.Type, method *types.Func) []*models.Function {
	if method.Pkg() == nil || r.standard(method.Pkg()) || len(r.models.Methods(method.Name())) == 0 {
		return nil
	}
	r.findBoxed()
	var list []*models.Function
	for _, b := range r.boxed {
		if !types.Identical(b.iface, iface) {
			continue
		}
		obj, _, _ := types.LookupFieldOrMethod(b.of, false, method.Pkg(), method.Name())
		if fn, ok := obj.(*types.Func); ok {
			if m := r.model(fn); m != nil {
				list = append(list, m)
			}
		}
	}
	return list
}

// maxBoxed bounds the pairs of types that handed goes through.
const maxBoxed = 256

// findBoxed finds what handed tells.
func (r *run) findBoxed() {
	if r.boxed != nil {
		return
	}
	r.boxed = []boxing{}
	seen := map[boxing]bool{}
	for _, fn := range r.source {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				i, ok := instr.(*ssa.MakeInterface)
				if !ok || len(r.boxed) == maxBoxed || types.IsInterface(i.X.Type()) {
					continue
				}
				iface, ok := types.Unalias(i.Type()).(*types.Named) // most are any
				if !ok || iface.Obj().Pkg() == nil || r.standard(iface.Obj().Pkg()) {
					continue
				}
				of, ok := types.Unalias(deref(i.X.Type())).(*types.Named)
				box := boxing{iface, i.X.Type()}
				if ok && !seen[box] && of.Obj().Pkg() != nil && r.models.HasPackage(of.Obj().Pkg().Path()) {
					seen[box] = true
					r.boxed = append(r.boxed, box)
				}
			}
		}
	}
}

func deref(t types.Type) types.Type {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// indexMethods lists the methods by name, of this package and of those that are
// imported and were analysed.
func (r *run) indexMethods() {
	r.methods = map[string][]*types.Func{}
	add := func(pkg *types.Package) {
		scope := pkg.Scope()
		for _, name := range scope.Names() {
			tn, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || tn.IsAlias() {
				continue
			}
			named, ok := tn.Type().(*types.Named)
			if !ok || types.IsInterface(named) || named.TypeParams().Len() > 0 {
				continue
			}
			for m := range named.Methods() {
				r.methods[m.Name()] = append(r.methods[m.Name()], m)
			}
		}
	}
	add(r.pass.Pkg)
	seen := map[*types.Package]bool{}
	var visit func(*types.Package)
	visit = func(p *types.Package) {
		for _, imp := range p.Imports() {
			if !seen[imp] {
				seen[imp] = true
				if r.wasAnalysed(imp) {
					add(imp)
					visit(imp)
				}
			}
		}
	}
	visit(r.pass.Pkg)
}

// withoutDomain reports whether an import path is like one of the standard library.
func withoutDomain(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// fieldFunctions lists the functions that the package stores into the field that
// a function value is loaded from.
func (r *run) fieldFunctions(v ssa.Value) []*ssa.Function {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return nil
	}
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	r.findFunctions()
	if s := structOf(f.X.Type()); s != nil {
		return r.functions[s.Field(f.Field)]
	}
	return nil
}

// findFunctions finds what fieldFunctions tells.
func (r *run) findFunctions() {
	if r.functions != nil {
		return
	}
	r.functions = map[*types.Var][]*ssa.Function{}
	for _, fn := range r.source {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if store, ok := instr.(*ssa.Store); ok {
					r.noteFunction(store)
				}
			}
		}
	}
}

func (r *run) noteFunction(store *ssa.Store) {
	f, ok := store.Addr.(*ssa.FieldAddr)
	if !ok {
		return
	}
	var fn *ssa.Function
	switch v := store.Val.(type) {
	case *ssa.Function:
		fn = v
	case *ssa.MakeClosure:
		fn = v.Fn.(*ssa.Function)
	}
	s := structOf(f.X.Type())
	if fn == nil || s == nil || fn.Synthetic != "" {
		return
	}
	field := s.Field(f.Field)
	if len(r.functions[field]) < maxImplementations {
		r.functions[field] = append(r.functions[field], fn)
	}
}

// conversion gives the class of converting something to a type.
func (r *run) conversion(t types.Type) (*models.Class, string) {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return nil, ""
	}
	name := query.TypeName(named)
	return r.models.Conversion(name), shorten(name)
}

// fromSafe: what already has a safe type was converted before, or escaped.
func (r *run) fromSafe(t types.Type) models.Set {
	if c, _ := r.conversion(t); c != nil {
		return c.Bit
	}
	return 0
}

// writer gives the class of writing to a value of a type.
func (r *run) writer(t types.Type) *models.Class {
	c, ok := r.writers[t]
	if !ok {
		c = r.models.Writer(query.TypeName(t))
		r.writers[t] = c
	}
	return c
}

// pattern finds the regular expression that a value is compiled from.
func (r *run) pattern(v ssa.Value) (string, bool) {
	switch v := v.(type) {
	case *ssa.Call:
		return compiled(v)
	case *ssa.Extract:
		if call, ok := v.Tuple.(*ssa.Call); ok {
			return compiled(call)
		}
	case *ssa.UnOp:
		if global, ok := v.X.(*ssa.Global); ok {
			if r.regexps == nil {
				r.findPatterns()
			}
			p, ok := r.regexps[global.Object()]
			return p, ok
		}
		if call, _ := callOf(v); call != nil {
			return compiled(call)
		}
	}
	return "", false
}

func compiled(call *ssa.Call) (string, bool) {
	switch query.CalleeSSA(&call.Call) {
	case "regexp.MustCompile", "regexp.Compile":
		return stringConst(call.Call.Args[0])
	}
	return "", false
}

// findPatterns finds the regular expressions of package-level variables.
func (r *run) findPatterns() {
	r.regexps = map[types.Object]string{}
	for _, fn := range r.source {
		if fn.Name() != "init" && !strings.HasPrefix(fn.Name(), "init#") {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				store, ok := instr.(*ssa.Store)
				if !ok {
					continue
				}
				global, ok := store.Addr.(*ssa.Global)
				if !ok {
					continue
				}
				if p, ok := r.pattern(store.Val); ok {
					r.regexps[global.Object()] = p
				}
			}
		}
	}
}

// parameterSource gives the kind of source that a parameter is; -1 for none. The
// message of a gRPC method is one: a method of a server of (context, message)
// that gives a message and an error.
func (r *run) parameterSource(fn *ssa.Function, from end, v ssa.Value) int {
	recv := fn.Signature.Recv()
	params, results := fn.Signature.Params(), fn.Signature.Results()
	if from.kind != endParameter || recv == nil || from.index != 2 || params.Len() != 2 || results.Len() != 2 || !isError(results.At(1).Type()) ||
		!isMessage(v.Type()) || !isMessage(results.At(0).Type()) || query.TypeName(params.At(0).Type()) != "context.Context" {
		return -1
	}
	s := structOf(recv.Type())
	if s == nil {
		return -1
	}
	for f := range s.Fields() {
		name := f.Name()
		if f.Embedded() && strings.HasPrefix(name, "Unimplemented") && strings.HasSuffix(name, "Server") ||
			f.Embedded() && strings.HasPrefix(name, "Unsafe") && strings.HasSuffix(name, "Server") {
			if k := r.models.Kind("grpc"); k != nil {
				return r.kind(k)
			}
		}
	}
	return -1
}

// isMessage reports whether a type is a generated protobuf message.
func isMessage(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	named, ok := p.Elem().(*types.Named)
	if !ok {
		return false
	}
	for m := range named.Methods() {
		if m.Name() == "ProtoReflect" || m.Name() == "ProtoMessage" {
			return true
		}
	}
	return false
}

// globalValue finds a package-level variable's SSA form.
func (r *run) globalValue(v *types.Var) *ssa.Global {
	pkg := r.pkg
	if v.Pkg() != r.pass.Pkg {
		if pkg = r.pkg.Prog.ImportedPackage(v.Pkg().Path()); pkg == nil {
			return nil
		}
	}
	g, _ := pkg.Members[v.Name()].(*ssa.Global)
	return g
}
