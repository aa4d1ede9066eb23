package text

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Open reports whether a value from outside of what can be seen may be any text.
// What package-level variables hold is the program's own.
func Open(v ssa.Value) bool {
	if Global(v) {
		return false
	}
	if tuple, ok := v.Type().(*types.Tuple); ok {
		return tuple.Len() > 0 && holdsText(tuple.At(0).Type())
	}
	return holdsText(v.Type())
}

// Global reports whether a value is held by a package-level variable, is a part of
// what one holds, or what a method that gets nothing else makes of it.
func Global(v ssa.Value) bool {
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
		case *ssa.Call:
			switch {
			case x.Call.IsInvoke() && len(x.Call.Args) == 0:
				v = x.Call.Value
			case x.Call.Signature().Recv() != nil && len(x.Call.Args) == 1:
				v = x.Call.Args[0]
			default:
				return false
			}
		default:
			return false
		}
	}
	return false
}

// ValueName is the name of a parameter that others set, or of a field; "" for
// anything else.
func ValueName(v ssa.Value) string {
	switch v := v.(type) {
	case *ssa.Parameter:
		return v.Name()
	case *ssa.UnOp:
		if field, ok := v.X.(*ssa.FieldAddr); ok {
			return FieldName(field)
		}
	case *ssa.Field:
		if s, ok := v.X.Type().Underlying().(*types.Struct); ok {
			return s.Field(v.Field).Name()
		}
	}
	return ""
}

// Validates reports whether a function is named for looking at a value before it
// is used.
func Validates(name string) bool {
	for _, w := range query.Words(name) {
		switch w {
		case "valid", "validate", "validates", "check", "verify", "sanitize", "sanitise", "safe", "allowed", "ensure", "assert", "reject", "malicious":
			return true
		}
	}
	return name == "MatchString"
}

// holdsText reports whether a type is text, or a container of it.
func holdsText(t types.Type) bool {
	if Harmless(t) {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return Textual(t) || holdsText(u.Elem())
	case *types.Map:
		return holdsText(u.Elem()) || holdsText(u.Key())
	case *types.Pointer:
		b, ok := u.Elem().Underlying().(*types.Basic)
		return ok && b.Info()&types.IsString != 0
	}
	return Textual(t)
}

// Harmless reports whether a type says that its values need no escaping.
func Harmless(t types.Type) bool {
	switch query.TypeName(t) {
	case "html/template.HTML", "html/template.HTMLAttr", "html/template.JS", "html/template.JSStr", "html/template.CSS", "html/template.URL", "html/template.Srcset",
		"time.Time", "time.Duration", "time.Month", "net.IP", "net/netip.Addr", "reflect.Type", "reflect.Kind", "encoding/json.Number", "github.com/google/uuid.UUID":
		return true
	}
	return false
}

// CalleeName is the bare name of a function or method, also of a function value
// that a package-level variable holds.
func CalleeName(call *ssa.CallCommon) string {
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
			return FieldName(x)
		}
	}
	return ""
}

// FieldName is the name of a field of a struct that has an address.
func FieldName(x *ssa.FieldAddr) string {
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
