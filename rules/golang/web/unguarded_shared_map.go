package web

import (
	"context"
	_ "embed"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/unguarded-shared-map.txtar
var unguardedSharedMapExamples string

// UnguardedSharedMap finds handlers that write to a map which others use too.
var UnguardedSharedMap = &check.Check{
	ID:         "go/unguarded-shared-map",
	Title:      "Handlers write to a shared map without a lock",
	CWE:        []check.CWE{362, 820},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runUnguardedSharedMap,
	Page: check.Page{
		What: "A handler writes to a map in a package-level variable or in a field of its receiver, and nothing in the function takes a lock.",
		Why: "The server runs each request in a goroutine of its own. Two writes at once end the whole program (`fatal error: concurrent map writes`), which no recover stops: anyone who sends two requests at a time can do that. What is kept there, " +
			"sessions for example, may get mixed up before.",
		Fix:    "Guard every use of the map by a sync.Mutex, or use sync.Map. There is no quick fix, because reads elsewhere need the lock too.",
		Limits: "Looks at functions with an `http.ResponseWriter` or the context of gin, echo or fiber. Any call of a method named Lock in the function counts as a guard. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/362.html",
			"https://go.dev/doc/faq#atomic_maps",
		},
		Examples: unguardedSharedMapExamples,
	},
}

// isHandler reports whether a function is given what it answers a request with.
func isHandler(fn *ssa.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return code.IsResponder(p.Type()) })
}

func runUnguardedSharedMap(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, fn := range fl.Functions {
		if !isHandler(fn) || locks(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				update, ok := instr.(*ssa.MapUpdate)
				if !ok || !isSharedMap(fn, update.Map) || !update.Pos().IsValid() {
					continue
				}
				pass.Report(check.Finding{
					Message:  "two requests at a time write to this map and end the program",
					Location: pass.Location(code.Place(update.Pos())),
				})
			}
		}
	}
	return nil
}

// isSharedMap reports whether a map outlives the request: it is in a package-level
// variable, in a field of the handler's receiver, or captured from outside of it.
func isSharedMap(fn *ssa.Function, m ssa.Value) bool {
	load, ok := m.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		_, captured := m.(*ssa.FreeVar)
		return captured
	}
	switch a := load.X.(type) {
	case *ssa.Global:
		return true
	case *ssa.FreeVar:
		return fn.Parent() != nil && !isHandler(fn.Parent())
	case *ssa.FieldAddr:
		recv := fn.Signature.Recv()
		if recv == nil || len(fn.Params) == 0 {
			return false
		}
		_, pointer := types.Unalias(recv.Type()).(*types.Pointer)
		return pointer && a.X == fn.Params[0]
	}
	return false
}

func locks(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if call, ok := instr.(ssa.CallInstruction); ok && strings.Contains(strings.ToLower(query.CalleeSSA(call.Common())), "lock") {
					return true
				}
			}
		}
	}
	return false
}
