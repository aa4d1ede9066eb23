// Package bodies answers whether a package limits the bodies of the requests that it is sent: it calls a function that does, or
// wraps handlers in what a package that it imports has for that. Use [Analyzer] and [Limited].
package bodies

import (
	"go/ast"
	"go/types"
	"reflect"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// Analyzer finds out whether a package limits bodies. Its result is a bool.
var Analyzer = &analysis.Analyzer{
	Name:             "peercheckbodies",
	Doc:              "find out whether a package limits the bodies of requests",
	Requires:         []*analysis.Analyzer{query.Indexed},
	FactTypes:        []analysis.Fact{new(limits)},
	ResultType:       reflect.TypeFor[bool](),
	Run:              run,
	RunDespiteErrors: true,
}

// Limited reports whether something in the package of a pass that requires Analyzer limits bodies.
func Limited(pass *analysis.Pass) bool {
	yes, _ := pass.ResultOf[Analyzer].(bool)
	return yes
}

// limits is the fact that a function makes a handler of another one, and limits the bodies that it is sent.
type limits struct{}

func (*limits) AFact()         {}
func (*limits) String() string { return "limits bodies" }

// limiters bound a body, wherever in a package they are called. The names are without a major version.
var limiters = map[string]bool{
	"net/http.MaxBytesReader":                                 true,
	"net/http.MaxBytesHandler":                                true,
	"github.com/labstack/echo/middleware.BodyLimit":           true,
	"github.com/labstack/echo/middleware.BodyLimitWithConfig": true,
	"github.com/go-chi/chi/middleware.RequestSize":            true,
	"github.com/gin-contrib/size.RequestSizeLimiter":          true,
}

// maxWrappers is how many functions of a package call each other for a limit, at most.
const maxWrappers = 4

func run(pass *analysis.Pass) (any, error) {
	limited := false
	limiting := map[*types.Func]bool{}
	for range maxWrappers {
		known := len(limiting)
		for c := range code.Calls(pass, func(called query.Called) bool {
			return limiters[code.Unversioned(called.Name)] || limiting[called.Func] ||
				called.Func != nil && called.Func.Pkg() != pass.Pkg && wraps(called.Func) && pass.ImportObjectFact(called.Func, new(limits))
		}) {
			limited = true
			for decl := range c.Enclosing((*ast.FuncDecl)(nil)) {
				fn, ok := pass.TypesInfo.Defs[decl.Node().(*ast.FuncDecl).Name].(*types.Func)
				if ok && wraps(fn) {
					limiting[fn] = true
				}
			}
		}
		if len(limiting) == known {
			break
		}
	}
	for fn := range limiting {
		pass.ExportObjectFact(fn, new(limits))
	}
	return limited, nil
}

// wraps reports whether a function makes a handler of another one, or gives a function that does: what it does with a request
// holds for all that the other one answers.
func wraps(fn *types.Func) bool {
	sig := fn.Signature()
	if sig.Results().Len() == 0 {
		return false
	}
	result := sig.Results().At(0).Type()
	if isHandler(result) {
		for p := range sig.Params().Variables() {
			if isHandler(p.Type()) {
				return true
			}
		}
	}
	inner, ok := result.Underlying().(*types.Signature)
	return ok && inner.Results().Len() == 1 && inner.Params().Len() == 1 && isHandler(inner.Results().At(0).Type()) && isHandler(inner.Params().At(0).Type())
}

func isHandler(t types.Type) bool {
	switch query.TypeName(t) {
	case "net/http.Handler", "net/http.HandlerFunc":
		return true
	}
	sig, ok := types.Unalias(t).(*types.Signature)
	return ok && sig.Params().Len() == 2 && query.TypeName(sig.Params().At(0).Type()) == "net/http.ResponseWriter"
}
