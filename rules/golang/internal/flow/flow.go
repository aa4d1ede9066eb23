// Package flow answers what checks ask about values within one package: which
// calls of a function there are ([Flow.Calls]), where a value comes from
// ([Flow.Origins]), whether bytes are the same in every run ([Flow.Fixed]).
// Flows from one function to the next are package taint's.
package flow

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// Analyzer makes the Flow of a package, once for all checks that require it.
var Analyzer = &analysis.Analyzer{
	Name:             "peercheckflow",
	Doc:              "index calls and values of SSA form",
	Requires:         []*analysis.Analyzer{golang.SSA},
	Run:              run,
	ResultType:       reflect.TypeFor[*Flow](),
	RunDespiteErrors: true,
}

// A Flow is read-only and safe for concurrent use.
type Flow struct {
	// Functions are those of test code left out.
	Functions []*ssa.Function
	calls     map[string][]Call
	methods   map[string][]Call           // by the bare name
	stores    map[*ssa.Global][]ssa.Value // by what is stored
	loads     map[*ssa.Global][]ssa.Value
	escaped   map[*ssa.Global]bool // its address is used
	closures  map[*ssa.Function]*ssa.MakeClosure
	callers   map[*ssa.Function][]Call
	exprs     map[token.Pos]*ast.CallExpr
	at        map[*ast.CallExpr]Call
	fields    map[*types.Var]*field
}

// A field is what a package does with one field of its structs.
type field struct {
	stored  []ssa.Value
	loads   []ssa.Value
	escaped bool // its address is used otherwise
}

// A Call is one call of a function or method, by go or defer as well.
type Call struct {
	// Name is the callee's qualified name, without a major version.
	Name string
	// Fn is the function that calls.
	Fn *ssa.Function
	// Instr is the *ssa.Call, *ssa.Go or *ssa.Defer.
	Instr ssa.CallInstruction
	// Expr is the syntax, never nil.
	Expr *ast.CallExpr
}

// Arg gives an argument as it is written, the receiver not counted; nil if there
// are fewer. The arguments of a variadic parameter are one slice.
func (c Call) Arg(i int) ssa.Value {
	args := c.Instr.Common().Args
	if !c.Instr.Common().IsInvoke() && c.Instr.Common().Signature().Recv() != nil {
		i++
	}
	if i >= len(args) {
		return nil
	}
	return args[i]
}

// Receiver gives what a method is called on; nil for a function.
func (c Call) Receiver() ssa.Value {
	common := c.Instr.Common()
	if common.IsInvoke() {
		return common.Value
	}
	if common.Signature().Recv() != nil && len(common.Args) > 0 {
		return common.Args[0]
	}
	return nil
}

// Results gives the value of each result that is used, by its index: an absent
// one is thrown away.
func (c Call) Results() map[int]ssa.Value {
	v := c.Instr.Value()
	used := map[int]ssa.Value{}
	if v == nil || v.Referrers() == nil {
		return used
	}
	if _, ok := v.Type().(*types.Tuple); !ok {
		if len(*v.Referrers()) > 0 {
			used[0] = v
		}
		return used
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Extract:
			if r.Referrers() != nil && len(*r.Referrers()) > 0 {
				used[r.Index] = r
			}
		case *ssa.Return: // all of them
			for i := range v.Type().(*types.Tuple).Len() {
				used[i] = v
			}
		}
	}
	return used
}

func run(pass *analysis.Pass) (any, error) {
	fns, ok := pass.ResultOf[golang.SSA].(*golang.Functions)
	if !ok {
		return nil, fmt.Errorf("analyzer %s gave no result", golang.SSA.Name)
	}
	f := &Flow{calls: map[string][]Call{}, methods: map[string][]Call{}, stores: map[*ssa.Global][]ssa.Value{}, loads: map[*ssa.Global][]ssa.Value{},
		escaped: map[*ssa.Global]bool{}, closures: map[*ssa.Function]*ssa.MakeClosure{}, callers: map[*ssa.Function][]Call{}, exprs: map[token.Pos]*ast.CallExpr{}, at: map[*ast.CallExpr]Call{}, fields: map[*types.Var]*field{}}
	tests := map[*token.File]bool{}
	for _, file := range pass.Files {
		if code.IsTest(pass, file) {
			tests[pass.Fset.File(file.FileStart)] = true
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				f.exprs[call.Lparen] = call
			}
			return true
		})
	}
	for _, fn := range fns.Source {
		if fn.Pos().IsValid() && tests[pass.Fset.File(fn.Pos())] {
			continue
		}
		f.Functions = append(f.Functions, fn)
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				f.index(fn, instr)
			}
		}
	}
	return f, nil
}

// standIns are packages that have the functions of one of the standard library, which
// their calls count as.
var standIns = strings.NewReplacer("golang.org/x/sys/execabs.", "os/exec.")

func (f *Flow) index(fn *ssa.Function, instr ssa.Instruction) {
	switch instr := instr.(type) {
	case ssa.CallInstruction:
		name := standIns.Replace(code.Unversioned(query.CalleeSSA(instr.Common())))
		expr := f.exprs[instr.Common().Pos()]
		if expr == nil {
			break
		}
		f.at[expr] = Call{name, fn, instr, expr}
		if name != "" {
			f.calls[name] = append(f.calls[name], Call{name, fn, instr, expr})
			if i := strings.LastIndex(name, ")."); i >= 0 {
				f.methods[name[i+2:]] = append(f.methods[name[i+2:]], Call{name, fn, instr, expr})
			}
		}
		for _, callee := range oneOf(instr.Common()) {
			name := code.Unversioned(query.Name(callee.Object()))
			f.calls[name] = append(f.calls[name], Call{name, fn, instr, expr})
		}
		if callee := instr.Common().StaticCallee(); callee != nil && len(callee.Blocks) > 0 {
			f.callers[callee] = append(f.callers[callee], Call{name, fn, instr, expr})
		}
	case *ssa.MakeClosure:
		if lit, ok := instr.Fn.(*ssa.Function); ok {
			f.closures[lit] = instr
		}
	case *ssa.FieldAddr:
		f.indexField(instr)
	case *ssa.Field:
		if v := Field(instr); v != nil {
			f.field(v).loads = append(f.field(v).loads, instr)
		}
	}
	var operands [8]*ssa.Value
	for _, op := range instr.Operands(operands[:0]) {
		g, ok := (*op).(*ssa.Global)
		if !ok {
			continue
		}
		switch instr := instr.(type) {
		case *ssa.Store:
			if instr.Addr == g {
				f.stores[g] = append(f.stores[g], instr.Val)
				continue
			}
		case *ssa.UnOp:
			f.loads[g] = append(f.loads[g], instr)
			continue
		}
		f.escaped[g] = true
	}
}

func (f *Flow) indexField(addr *ssa.FieldAddr) {
	v := fieldOf(addr.X.Type(), addr.Field)
	if v == nil || addr.Referrers() == nil {
		return
	}
	kept := f.field(v)
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr == addr {
				kept.stored = append(kept.stored, r.Val)
			} else {
				kept.escaped = true
			}
		case *ssa.UnOp:
			kept.loads = append(kept.loads, r)
		case *ssa.DebugRef:
		default:
			kept.escaped = true
		}
	}
}

func (f *Flow) field(v *types.Var) *field {
	if f.fields[v] == nil {
		f.fields[v] = &field{}
	}
	return f.fields[v]
}

// fieldOf gives a field of a struct, or of one that a pointer points to, as it is declared.
func fieldOf(t types.Type, index int) *types.Var {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || index >= s.NumFields() {
		return nil
	}
	return s.Field(index).Origin()
}

// AddressedField gives the field that an address is of, as it is declared; nil if it is not known.
func AddressedField(addr *ssa.FieldAddr) *types.Var { return fieldOf(addr.X.Type(), addr.Field) }

// Field gives the field of a struct that a value is read from; nil if it is not.
func Field(v ssa.Value) *types.Var {
	switch v := v.(type) {
	case *ssa.Field:
		return fieldOf(v.X.Type(), v.Field)
	case *ssa.UnOp:
		if addr, ok := v.X.(*ssa.FieldAddr); ok && v.Op == token.MUL {
			return fieldOf(addr.X.Type(), addr.Field)
		}
	}
	return nil
}

// Stored gives what the package stores into a field by itself, in any struct.
func (f *Flow) Stored(v *types.Var) []ssa.Value {
	if f.fields[v] == nil {
		return nil
	}
	return f.fields[v].stored
}

// Loads gives the values that the package reads from a field, in any struct.
func (f *Flow) Loads(v *types.Var) []ssa.Value {
	if f.fields[v] == nil {
		return nil
	}
	return f.fields[v].loads
}

// oneOf gives the functions of which a call calls one, where a branch has chosen it.
func oneOf(call *ssa.CallCommon) []*ssa.Function {
	phi, ok := call.Value.(*ssa.Phi)
	if !ok {
		return nil
	}
	var all []*ssa.Function
	for _, e := range phi.Edges {
		if fn, ok := e.(*ssa.Function); ok {
			all = append(all, fn)
		}
	}
	return all
}

// Calls gives the calls of functions by their qualified names (package query),
// without major versions, outside of test code.
func (f *Flow) Calls(names ...string) []Call {
	if len(names) == 1 {
		return f.calls[names[0]]
	}
	var all []Call
	for _, name := range names {
		all = append(all, f.calls[name]...)
	}
	return all
}

// Methods gives the calls of methods of any type by their bare names, outside of
// test code.
func (f *Flow) Methods(names ...string) []Call {
	var all []Call
	for _, name := range names {
		all = append(all, f.methods[name]...)
	}
	return all
}

// In gives the calls that a function, or a literal in it, makes of functions.
func (f *Flow) In(fn *ssa.Function, names ...string) []Call {
	var found []Call
	for _, c := range f.Calls(names...) {
		for at := c.Fn; at != nil; at = at.Parent() {
			if at == fn {
				found = append(found, c)
				break
			}
		}
	}
	return found
}

// At gives a call by its syntax, outside of test code.
func (f *Flow) At(expr *ast.CallExpr) (Call, bool) {
	c, ok := f.at[expr]
	return c, ok
}

// Of gives a call by its instruction, outside of test code.
func (f *Flow) Of(instr ssa.CallInstruction) (Call, bool) { return f.At(f.exprs[instr.Common().Pos()]) }

// Takes gives the call that a literal is an argument of; false if there is none.
func (f *Flow) Takes(lit *ssa.Function) (Call, bool) {
	if lit.Parent() == nil {
		return Call{}, false
	}
	for _, b := range lit.Parent().Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if ok && slices.ContainsFunc(call.Common().Args, func(arg ssa.Value) bool { return isLiteral(arg, lit) }) {
				return f.Of(call)
			}
		}
	}
	return Call{}, false
}

func isLiteral(v ssa.Value, lit *ssa.Function) bool {
	switch v := v.(type) {
	case *ssa.Function:
		return v == lit
	case *ssa.MakeClosure:
		return v.Fn == lit
	case *ssa.ChangeType:
		return isLiteral(v.X, lit)
	}
	return false
}

// budget bounds the steps of one question. What is not answered by then counts
// as unknown.
const budget = 300

// Origins gives the values that a value may be: through variables, conversions,
// captured and package-level variables, and the results of functions of the
// package. What cannot be followed any further is given as it is, a parameter
// for example.
func (f *Flow) Origins(v ssa.Value) []ssa.Value {
	o := origins{Flow: f, seen: map[ssa.Value]bool{}, left: budget}
	o.visit(v)
	return o.found
}

type origins struct {
	*Flow
	seen  map[ssa.Value]bool
	found []ssa.Value
	left  int
}

func (o *origins) visit(v ssa.Value) {
	if v == nil || o.seen[v] {
		return
	}
	o.seen[v] = true
	o.left--
	if o.left < 0 {
		o.found = append(o.found, v)
		return
	}
	switch x := v.(type) {
	case *ssa.Phi:
		for _, e := range x.Edges {
			o.visit(e)
		}
	case *ssa.ChangeType:
		o.visit(x.X)
	case *ssa.ChangeInterface:
		o.visit(x.X)
	case *ssa.MakeInterface:
		o.visit(x.X)
	case *ssa.Convert:
		o.visit(x.X)
	case *ssa.MultiConvert:
		o.visit(x.X)
	case *ssa.TypeAssert:
		o.visit(x.X)
	case *ssa.Slice:
		o.visit(x.X)
	case *ssa.FreeVar:
		if b := o.binding(x); b != nil {
			o.visit(b)
			return
		}
		o.found = append(o.found, v)
	case *ssa.UnOp:
		if x.Op != token.MUL || !o.cell(x.X) {
			o.found = append(o.found, v)
		}
	case *ssa.Extract:
		if call, ok := x.Tuple.(*ssa.Call); !ok || !o.results(call, x.Index) {
			o.found = append(o.found, v)
		}
	case *ssa.Call:
		if !o.results(x, 0) {
			o.found = append(o.found, v)
		}
	default:
		o.found = append(o.found, v)
	}
}

func (f *Flow) binding(v *ssa.FreeVar) ssa.Value {
	mc := f.closures[v.Parent()]
	if mc == nil {
		return nil
	}
	for i, fv := range v.Parent().FreeVars {
		if fv == v && i < len(mc.Bindings) {
			return mc.Bindings[i]
		}
	}
	return nil
}

// cell visits what is stored in a variable; false if that is not known.
func (o *origins) cell(addr ssa.Value) bool {
	switch a := addr.(type) {
	case *ssa.Global:
		if o.escaped[a] || token.IsExported(a.Name()) && a.Object() != nil || len(o.stores[a]) == 0 {
			return false
		}
		for _, s := range o.stores[a] {
			o.visit(s)
		}
		return true
	case *ssa.FreeVar:
		if b := o.binding(a); b != nil {
			return o.cell(b)
		}
	case *ssa.Alloc:
		var values []ssa.Value
		if !stored(o.Flow, a, &values) || len(values) == 0 {
			return false
		}
		for _, s := range values {
			o.visit(s)
		}
		return true
	}
	return false
}

// stored gathers what is stored at the address of a variable, in its function
// and in literals that capture it; false if the address goes elsewhere.
func stored(f *Flow, addr ssa.Value, values *[]ssa.Value) bool {
	if addr.Referrers() == nil {
		return false
	}
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if r.Addr != addr {
				return false
			}
			*values = append(*values, r.Val)
		case *ssa.UnOp:
		case *ssa.MakeClosure:
			lit, ok := r.Fn.(*ssa.Function)
			if !ok {
				return false
			}
			for i, b := range r.Bindings {
				if b == addr && !stored(f, lit.FreeVars[i], values) {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// results visits what a function of this package returns; false if it has no
// body here.
func (o *origins) results(call *ssa.Call, index int) bool {
	fn := call.Call.StaticCallee()
	if fn == nil || len(fn.Blocks) == 0 {
		return false
	}
	for _, b := range fn.Blocks {
		if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && index < len(ret.Results) {
			o.visit(ret.Results[index])
		}
	}
	return true
}

// Fixed reports whether a string or slice of bytes is the same in every run of
// the program: written into the source, decoded from what is, or allocated and never
// filled. Text is what the source says, if it is one text. No bytes at all are not fixed.
func (f *Flow) Fixed(v ssa.Value) (text string, ok bool) {
	all := f.Origins(v)
	for _, o := range all {
		switch o := o.(type) {
		case *ssa.Const:
			if o.Value == nil || o.Value.Kind() != constant.String || constant.StringVal(o.Value) == "" {
				return "", false
			}
			text = constant.StringVal(o.Value)
		case *ssa.Alloc, *ssa.MakeSlice:
			if !f.neverFilled(o) {
				return "", false
			}
		default:
			if !f.derived(o) {
				return "", false
			}
		}
	}
	if len(all) != 1 {
		text = ""
	}
	return text, len(all) > 0 && f.keepsContent(v)
}

// derived reports whether a value is made of a constant alone: decoded from one, or read from a field in which nothing else is ever stored.
func (f *Flow) derived(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Extract:
		call, ok := v.Tuple.(*ssa.Call)
		return ok && v.Index == 0 && f.ofConstant(call, "encoding/hex.DecodeString", "(*encoding/base64.Encoding).DecodeString", "(*encoding/base32.Encoding).DecodeString")
	case *ssa.UnOp:
		addr, ok := v.X.(*ssa.FieldAddr)
		return ok && v.Op == token.MUL && f.constantField(addr)
	}
	return false
}

// ofConstant reports whether a call is one of some functions, with a constant text.
func (f *Flow) ofConstant(call *ssa.Call, names ...string) bool {
	return slices.Contains(names, query.CalleeSSA(&call.Call)) && f.constantText(call.Call.Args[len(call.Call.Args)-1])
}

// constantText reports whether a value is always a text of the source.
func (f *Flow) constantText(v ssa.Value) bool {
	all := f.Origins(v)
	return len(all) > 0 && !slices.ContainsFunc(all, func(o ssa.Value) bool {
		c, ok := o.(*ssa.Const)
		return !ok || c.Value == nil || c.Value.Kind() != constant.String || constant.StringVal(c.Value) == ""
	})
}

// constantField reports whether nothing but texts of the source is stored in a field,
// as far as other packages and decoders cannot set it: it has no capital letter, or is
// one of a variable of the function whose address goes nowhere.
func (f *Flow) constantField(addr *ssa.FieldAddr) bool {
	v := fieldOf(addr.X.Type(), addr.Field)
	if v == nil || f.fields[v] == nil {
		return false
	}
	stored := f.fields[v].stored
	if v.Exported() {
		var ok bool
		if stored, ok = storedInLocal(addr.X, addr.Field, 2); !ok {
			return false
		}
	} else if f.fields[v].escaped {
		return false
	}
	return len(stored) > 0 && !slices.ContainsFunc(stored, func(s ssa.Value) bool { return !f.constantText(s) })
}

// storedInLocal gives what is stored in a field of a variable of the function; false
// if the variable is none, its address goes elsewhere, or it is a copy of a copy of
// more than so many.
func storedInLocal(variable ssa.Value, index, copies int) (stored []ssa.Value, ok bool) {
	local, ok := variable.(*ssa.Alloc)
	if !ok || local.Referrers() == nil {
		return nil, false
	}
	for _, r := range *local.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp, *ssa.DebugRef:
		case *ssa.Store: // of a literal
			load, ok := r.Val.(*ssa.UnOp)
			if !ok || r.Addr != local || copies == 0 {
				return nil, false
			}
			literal, ok := storedInLocal(load.X, index, copies-1)
			if !ok {
				return nil, false
			}
			stored = append(stored, literal...)
		case *ssa.FieldAddr:
			if r.Field != index {
				continue
			}
			for _, use := range *r.Referrers() {
				switch use := use.(type) {
				case *ssa.Store:
					if use.Addr != r {
						return nil, false
					}
					stored = append(stored, use.Val)
				case *ssa.UnOp, *ssa.DebugRef:
				default:
					return nil, false
				}
			}
		default:
			return nil, false // somebody gets its address
		}
	}
	return stored, true
}

// FallsBack reports whether a value is read from the environment, and is a text of the
// source where the environment has none.
func (f *Flow) FallsBack(v ssa.Value) bool {
	environment, text := false, false
	all := f.Origins(v)
	for _, o := range all {
		switch {
		case f.constantText(o):
			text = true
		case isEmpty(o):
		case fromEnvironment(o):
			environment = true
		default:
			return len(all) == 1 && f.namedFallback(o) || f.givenFallback(v)
		}
	}
	return environment && text
}

func isEmpty(v ssa.Value) bool {
	text, ok := query.StringSSA(v)
	return ok && text == ""
}

func fromEnvironment(v ssa.Value) bool {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	call, ok := v.(*ssa.Call)
	return ok && slices.Contains([]string{"os.Getenv", "os.LookupEnv", "syscall.Getenv"}, query.CalleeSSA(&call.Call))
}

// namedFallback reports whether a value is what a function of another package gives,
// which by its name reads the environment, and a text of the source is its last argument.
func (f *Flow) namedFallback(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok || call.Call.StaticCallee() == nil || len(call.Call.Args) != 2 {
		return false
	}
	return strings.Contains(strings.ToLower(call.Call.StaticCallee().Name()), "env") && f.constantText(call.Call.Args[0]) && f.constantText(call.Call.Args[1])
}

// givenFallback reports whether a value is what a function of this package gives, which
// reads the environment and otherwise gives its parameter back, for which the call has a
// text of the source.
func (f *Flow) givenFallback(v ssa.Value) bool {
	call, ok := f.unconverted(v).(*ssa.Call)
	if !ok || call.Call.StaticCallee() == nil {
		return false
	}
	environment, text := false, false
	for _, o := range f.Origins(call) {
		param, ok := o.(*ssa.Parameter)
		switch {
		case ok && param.Parent() == call.Call.StaticCallee():
			i := slices.Index(param.Parent().Params, param)
			text = i >= 0 && f.constantText(call.Call.Args[i])
			if !text {
				return false
			}
		case fromEnvironment(o):
			environment = true
		case !isEmpty(o):
			return false
		}
	}
	return environment && text
}

// unconverted gives what a value was converted from, and what the only value of a
// package-level variable is.
func (f *Flow) unconverted(v ssa.Value) ssa.Value {
	for {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.UnOp:
			g, ok := x.X.(*ssa.Global)
			if !ok || f.escaped[g] || len(f.stores[g]) != 1 {
				return v
			}
			v = f.stores[g][0]
		default:
			return v
		}
	}
}

// FixedHere is Fixed for an argument of a call, and where it is a parameter of
// the function that calls, for the arguments that its callers in this package
// give. It gives the first call whose argument is fixed, and which one it is, the
// receiver not counted.
func (f *Flow) FixedHere(c Call, arg int) (at Call, index int, ok bool) {
	return f.fixedHere(c, arg, 3) // as deep as helpers of helpers go
}

func (f *Flow) fixedHere(c Call, arg, depth int) (at Call, index int, ok bool) {
	v := c.Arg(arg)
	if v == nil {
		return c, arg, false
	}
	if _, ok := f.Fixed(v); ok {
		return c, arg, true
	}
	all := f.Origins(v)
	if len(all) != 1 || depth == 0 {
		return c, arg, false
	}
	p, isParam := all[0].(*ssa.Parameter)
	if !isParam || p.Parent() == nil || !f.onlyRead(p, map[ssa.Value]bool{}) {
		return c, arg, false
	}
	for i, param := range p.Parent().Params {
		if param != p {
			continue
		}
		if p.Parent().Signature.Recv() != nil {
			i--
		}
		if i < 0 {
			break
		}
		for _, caller := range f.callers[p.Parent()] {
			if at, index, ok := f.fixedHere(caller, i, depth-1); ok {
				return at, index, true
			}
		}
	}
	return c, arg, false
}

// Elements gives the elements of a slice that is written as one: the arguments
// of a variadic call, a literal. Nil where that is not known.
func (f *Flow) Elements(v ssa.Value) []ssa.Value {
	var elements []ssa.Value
	for _, o := range f.Origins(v) {
		a, ok := o.(*ssa.Alloc)
		if !ok || a.Referrers() == nil {
			return nil
		}
		for _, r := range *a.Referrers() {
			i, ok := r.(*ssa.IndexAddr)
			if !ok {
				continue
			}
			for _, rr := range *i.Referrers() {
				if s, ok := rr.(*ssa.Store); ok && s.Addr == i {
					elements = append(elements, s.Val)
				}
			}
		}
	}
	return elements
}

// Uses reports whether a function, or one around it, or a literal in those, calls
// one of some functions.
func (f *Flow) Uses(fn *ssa.Function, names ...string) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	return len(f.In(fn, names...)) > 0
}

// keepsContent reports whether nothing writes into the bytes that a value is
// taken from, as far as it stands in variables of the function or the package.
func (f *Flow) keepsContent(v ssa.Value) bool {
	seen := map[ssa.Value]bool{}
	var back func(v ssa.Value) bool
	back = func(v ssa.Value) bool {
		if seen[v] {
			return true
		}
		seen[v] = true
		if !f.onlyRead(v, map[ssa.Value]bool{}) {
			return false
		}
		switch x := v.(type) {
		case *ssa.Slice:
			return back(x.X)
		case *ssa.ChangeType:
			return back(x.X)
		case *ssa.MakeInterface:
			return back(x.X)
		case *ssa.Phi:
			for _, e := range x.Edges {
				if !back(e) {
					return false
				}
			}
		case *ssa.UnOp:
			if g, ok := x.X.(*ssa.Global); ok {
				for _, load := range f.loads[g] {
					if !f.onlyRead(load, map[ssa.Value]bool{}) {
						return false
					}
				}
			}
		}
		return true
	}
	return back(v)
}

// neverFilled reports whether an array or slice holds only constants.
func (f *Flow) neverFilled(v ssa.Value) bool {
	t := v.Type().Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	if !code.IsText(t) {
		return false
	}
	return f.onlyRead(v, map[ssa.Value]bool{})
}

// onlyRead reports whether nothing writes into memory but constants.
func (f *Flow) onlyRead(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] {
		return true
	}
	seen[v] = true
	if b, ok := v.Type().Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 || v.Referrers() == nil {
		return true
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Slice:
			if !f.onlyRead(r, seen) {
				return false
			}
		case *ssa.ChangeType:
			if !f.onlyRead(r, seen) {
				return false
			}
		case *ssa.MakeInterface:
			if !f.onlyRead(r, seen) {
				return false
			}
		case *ssa.Phi:
			if !f.onlyRead(r, seen) {
				return false
			}
		case *ssa.IndexAddr:
			if r.X != v {
				continue
			}
			for _, rr := range *r.Referrers() {
				switch rr := rr.(type) {
				case *ssa.Store:
					if _, ok := rr.Val.(*ssa.Const); !ok {
						return false
					}
				case *ssa.UnOp:
				default:
					return false
				}
			}
		case *ssa.Store:
			if r.Addr == v && !f.constantValue(r.Val, seen) || r.Val == v && !f.readsVariable(r.Addr, seen) {
				return false
			}
		case ssa.CallInstruction:
			if r.Common().Value != v && !f.reads(r.Common(), v) {
				return false
			}
		case *ssa.Field, *ssa.FieldAddr:
			return false
		}
	}
	return true
}

// readsVariable is onlyRead for what is read from a variable of a function that the memory is kept in, also by the literals that
// capture it: key := make([]byte, 32), which rand.Read fills and another function uses. What else may be kept there counts too.
func (f *Flow) readsVariable(addr ssa.Value, seen map[ssa.Value]bool) bool {
	switch addr.(type) {
	case *ssa.Alloc, *ssa.FreeVar:
	default:
		return true // a global is looked at by keepsContent, and a field is not followed
	}
	if seen[addr] || addr.Referrers() == nil {
		return true
	}
	seen[addr] = true
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp:
			if r.Op == token.MUL && !f.onlyRead(r, seen) {
				return false
			}
		case *ssa.MakeClosure:
			lit, ok := r.Fn.(*ssa.Function)
			for i, b := range r.Bindings {
				if ok && b == addr && !f.readsVariable(lit.FreeVars[i], seen) {
					return false
				}
			}
		}
	}
	return true
}

// constantValue reports whether what is stored is written in the source: a
// constant, an array of some (iv := [16]byte{...}), or the digest of one.
func (f *Flow) constantValue(v ssa.Value, seen map[ssa.Value]bool) bool {
	if load, ok := v.(*ssa.UnOp); ok && load.Op == token.MUL {
		array, ok := load.X.(*ssa.Alloc)
		return ok && f.onlyRead(array, seen)
	}
	if call, ok := v.(*ssa.Call); ok {
		return f.ofConstant(call, "crypto/sha256.Sum256", "crypto/sha512.Sum512", "crypto/sha1.Sum", "crypto/md5.Sum")
	}
	_, ok := v.(*ssa.Const)
	return ok
}

// Callers gives the calls of a function in this package, outside of test code.
func (f *Flow) Callers(fn *ssa.Function) []Call { return f.callers[fn] }

// readers are functions, by the start of their name, that do not write into
// what they are given.
var readers = []string{"fmt.", "len", "cap", "append", "string", "bytes.Equal", "bytes.Compare", "crypto/subtle.", "encoding/hex.EncodeToString",
	"(*encoding/base64.Encoding).EncodeToString", "(*encoding/base64.Encoding).AppendEncode", "crypto/cipher.New", "(crypto/cipher.AEAD).", "crypto/aes.", "crypto/des.",
	"crypto/rc4.", "crypto/hmac.", "crypto/sha", "crypto/md5.", "crypto/pbkdf2.", "golang.org/x/crypto/", "github.com/golang-jwt/", "github.com/dgrijalva/",
	"github.com/gorilla/", "github.com/gin-contrib/", "(*github.com/golang-jwt/", "(*github.com/dgrijalva/", "(hash.Hash).Write", "(io.Writer).Write",
	"(*os.File).Write", "os.WriteFile", "(*bytes.Buffer).Write", "log.", "github.com/lestrrat-go/", "github.com/go-jose/"}

func isReader(name string) bool {
	return !strings.HasPrefix(name, "golang.org/x/crypto/openpgp/") && slices.ContainsFunc(readers, func(r string) bool { return strings.HasPrefix(name, r) })
}

func (f *Flow) reads(call *ssa.CallCommon, v ssa.Value) bool {
	name := query.CalleeSSA(call)
	if name == "copy" {
		return len(call.Args) == 2 && call.Args[0] != v
	}
	if isReader(name) {
		return true
	}
	if choice := oneOf(call); len(choice) > 0 {
		return !slices.ContainsFunc(choice, func(fn *ssa.Function) bool { return !isReader(query.Name(fn.Object())) })
	}
	// A function of this package is asked what it does with its parameter.
	if fn := call.StaticCallee(); fn != nil && len(fn.Blocks) > 0 {
		for i, a := range call.Args {
			if a == v && (i >= len(fn.Params) || !f.onlyRead(fn.Params[i], map[ssa.Value]bool{})) {
				return false
			}
		}
		return true
	}
	return false
}

// InLoop reports whether a block can come round again.
func InLoop(b *ssa.BasicBlock) bool {
	seen := map[*ssa.BasicBlock]bool{}
	queue := slices.Clone(b.Succs)
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if next == b {
			return true
		}
		if !seen[next] {
			seen[next] = true
			queue = append(queue, next.Succs...)
		}
	}
	return false
}
