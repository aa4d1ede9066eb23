package resource

import (
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// isKnownMethod reports whether a flow begins at the method of a request in a package that hands requests to its muxes only
// where it has compared their methods with constants.
func isKnownMethod(pass *check.PackagePass, f *taint.Flow) bool {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || !strings.HasSuffix(f.Steps[0].Message, "(Method)") {
		return false
	}
	served := fl.Calls("(*net/http.ServeMux).ServeHTTP")
	return len(served) > 0 && !slices.ContainsFunc(served, func(c flow.Call) bool { return !isForMethods(c.Instr.Block()) })
}

// isForMethods reports whether a block is only reached where the method of a request is one of some constants.
func isForMethods(at *ssa.BasicBlock) bool {
	for ; at != nil; at = at.Idom() {
		if len(at.Preds) > 0 && !slices.ContainsFunc(at.Preds, func(p *ssa.BasicBlock) bool { return !comparesMethod(p, at) }) {
			return true
		}
	}
	return false
}

// comparesMethod reports whether a block goes on to another one where the method of a request is a constant.
func comparesMethod(b, next *ssa.BasicBlock) bool {
	branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok {
		return false
	}
	cond, ok := branch.Cond.(*ssa.BinOp)
	if !ok {
		return false
	}
	same := b.Succs[0]
	switch cond.Op {
	case token.EQL:
	case token.NEQ:
		same = b.Succs[1]
	default:
		return false
	}
	if _, ok := query.StringSSA(cond.Y); !ok || same != next {
		return false
	}
	load, ok := cond.X.(*ssa.UnOp)
	if !ok {
		return false
	}
	field, ok := load.X.(*ssa.FieldAddr)
	return ok && isField(field, "Method")
}
