package flow

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// Exported reports whether a function can be called from outside of its package
// by its name; a method of an unexported type may be, through an interface.
func Exported(fn *ssa.Function) bool {
	return fn != nil && fn.Object() != nil && fn.Object().Exported()
}

// Public reports whether other packages can call a function by its name: it is exported, and so is the type of a method.
func Public(fn *ssa.Function) bool {
	if !Exported(fn) {
		return false
	}
	recv := fn.Signature.Recv()
	if recv == nil {
		return true
	}
	name := query.TypeName(recv.Type())
	return token.IsExported(name[strings.LastIndexByte(name, '.')+1:])
}
