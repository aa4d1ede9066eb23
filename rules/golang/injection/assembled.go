package injection

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// Checks of text that is put together ask what stands around a value, not where
// it comes from: quotes of a shell's that nobody escapes are wrong for any value.

// assembledRequires is what the checks of text that is put together need. Where
// the way from a stranger is known, the check of that way says more.
var assembledRequires = []*analysis.Analyzer{text.Analyzer, taint.Analyzer}

// assembled are the questions of these checks about one package.
type assembled struct {
	*text.Index
	pass *check.PackagePass
	// safe decides by the bare name of a function whether what it gives needs no
	// escaping.
	safe func(name string) bool
}

// assembledIn gives them, nil if the package has no SSA form.
func assembledIn(pass *check.PackagePass, safe func(string) bool) *assembled {
	index, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if index == nil {
		return nil
	}
	return &assembled{index, pass, safe}
}

// unescaped reports whether a value may hold any text: it is not put together
// from constants, numbers and what is escaped.
func (a *assembled) unescaped(v ssa.Value) bool {
	found := false
	a.Behind(v, a.clean, nil, func(leaf ssa.Value) { found = found || a.open(leaf) })
	return found
}

// clean leaves out what cannot hold any text, or is harmless.
func (a *assembled) clean(v ssa.Value) bool {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	if call, ok := v.(*ssa.Call); ok {
		return a.safe(calleeName(&call.Call)) || a.isSafeVariable(&call.Call)
	}
	return harmlessType(v.Type())
}

// isSafeVariable reports whether a variable that is called holds a safe function.
func (a *assembled) isSafeVariable(call *ssa.CallCommon) bool {
	if call.IsInvoke() || call.StaticCallee() != nil {
		return false
	}
	for _, o := range a.Origins(call.Value) {
		if fn, ok := o.(*ssa.Function); ok && a.safe(fn.Name()) {
			return true
		}
	}
	return false
}

// open reports whether a value from outside of what can be seen may be any text.
// What package-level variables hold is the program's own.
func (a *assembled) open(v ssa.Value) bool {
	if a.isGlobal(v) {
		return false
	}
	if tuple, ok := v.Type().(*types.Tuple); ok {
		return tuple.Len() > 0 && holdsText(tuple.At(0).Type())
	}
	return holdsText(v.Type())
}

// isGlobal reports whether a value is held by a package-level variable, or is a
// part of what one holds.
func (a *assembled) isGlobal(v ssa.Value) bool {
	for range 10 { // deeper than any structure that is written out
		switch x := v.(type) {
		case *ssa.Global:
			return true
		case *ssa.UnOp:
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.Field:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		case *ssa.Index:
			v = x.X
		case *ssa.Lookup:
			v = x.X
		case *ssa.Extract:
			v = x.Tuple
		case *ssa.Next:
			v = x.Iter
		case *ssa.Range:
			v = x.X
		default:
			return false
		}
	}
	return false
}

// isAsked reports whether the function that a value is used in asks something
// about it, or about what is made of it: compares it with a constant or a list, or
// has it looked at by a function that is named for that.
func (a *assembled) isAsked(v ssa.Value, asks func(call *ssa.CallCommon) bool) bool {
	fn := v.Parent()
	if fn == nil {
		return false
	}
	same := func(other ssa.Value) bool {
		found := false
		a.Behind(other, func(ssa.Value) bool { return false }, nil, func(leaf ssa.Value) {
			found = found || leaf == v || leaf.Parent() == fn && valueName(v) != "" && valueName(leaf) == valueName(v)
		})
		return found
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.BinOp:
				if s, ok := query.StringSSA(instr.Y); ok && s != "" && (instr.Op == token.EQL || instr.Op == token.NEQ) && same(instr.X) {
					return true
				}
			case *ssa.Lookup:
				if instr.CommaOk && same(instr.Index) {
					return true
				}
			case *ssa.Call:
				if asks(&instr.Call) && slices.ContainsFunc(instr.Call.Args, same) {
					return true
				}
			}
		}
	}
	return false
}

// valueName is the name of a parameter that others set, or of a field; "" for
// anything else.
func valueName(v ssa.Value) string {
	switch v := v.(type) {
	case *ssa.Parameter:
		return v.Name()
	case *ssa.UnOp:
		if field, ok := v.X.(*ssa.FieldAddr); ok {
			return fieldName(field)
		}
	case *ssa.Field:
		if s, ok := v.X.Type().Underlying().(*types.Struct); ok {
			return s.Field(v.Field).Name()
		}
	}
	return ""
}

// validator reports whether a function is named for looking at a value before it
// is used.
func validator(name string) bool {
	for _, w := range purpose.Words(name) {
		switch w {
		case "valid", "validate", "validates", "check", "verify", "sanitize", "sanitise", "safe", "allowed", "ensure", "assert", "reject", "malicious":
			return true
		}
	}
	return name == "MatchString"
}

// holdsText reports whether a type is text, or a container of it.
func holdsText(t types.Type) bool {
	if harmlessType(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return text.Textual(t) || holdsText(u.Elem())
	case *types.Map:
		return holdsText(u.Elem()) || holdsText(u.Key())
	case *types.Pointer:
		b, ok := u.Elem().Underlying().(*types.Basic)
		return ok && b.Info()&types.IsString != 0
	}
	return text.Textual(t)
}

// harmlessType reports whether a type says that its values need no escaping.
func harmlessType(t types.Type) bool {
	switch query.TypeName(t) {
	case "html/template.HTML", "html/template.HTMLAttr", "html/template.JS", "html/template.JSStr", "html/template.CSS", "html/template.URL", "html/template.Srcset",
		"time.Time", "time.Duration", "time.Month", "net.IP", "net/netip.Addr", "reflect.Type", "reflect.Kind", "encoding/json.Number", "github.com/google/uuid.UUID":
		return true
	}
	return false
}

// named makes a function that accepts the names of functions that match, and of
// those whose result no one chooses.
func named(pattern string) func(string) bool {
	matches := regexp.MustCompile(pattern)
	return func(name string) bool {
		return matches.MatchString(name) || ownText.MatchString(name)
	}
}

// ownText are functions whose text is their own: digests, dates, numbers, codings
// without special characters.
var ownText = regexp.MustCompile(`(?i)^(itoa|format(int|uint|float|bool)?|rfc3339|unix.*|hex|encodetostring|sum|hash|digest|checksum|uuid|newstring|hostname|getpid|getwd|statustext|typename|version|len|now|since|base64.*|nonce|random.*|rand.*|csrf.*|xsrf.*)$`)

// calleeName is the bare name of a function or method, also of a function value
// that a package-level variable holds.
func calleeName(call *ssa.CallCommon) string {
	if call.IsInvoke() {
		return call.Method.Name()
	}
	if fn := call.StaticCallee(); fn != nil {
		return fn.Name()
	}
	if u, ok := call.Value.(*ssa.UnOp); ok {
		switch x := u.X.(type) {
		case *ssa.Global:
			return x.Name()
		case *ssa.FieldAddr:
			return fieldName(x)
		}
	}
	return ""
}

func fieldName(x *ssa.FieldAddr) string {
	p, ok := x.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	return s.Field(x.Field).Name()
}

// known reports whether the way of a stranger's data into one of some classes of
// sink is known at a place.
func known(pass *check.PackagePass, n ast.Node, classes ...string) bool {
	for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && slices.Contains(classes, f.Class.Name) }) {
		if n.Pos() <= f.End && f.Pos <= n.End() {
			return true
		}
		for _, s := range f.Steps {
			if d := pass.Document(n.Pos()); d != nil && s.File == d.Path && pass.Range(n.Pos(), n.End()).Contains(check.Range{Start: s.Start, End: s.End}) {
				return true
			}
		}
	}
	return false
}

// lower is for comparisons with lower-case constants.
func lower(s string) string { return strings.ToLower(s) }
