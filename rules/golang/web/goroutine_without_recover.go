package web

import (
	"context"
	_ "embed"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/goroutine-without-recover.txtar
var goroutineWithoutRecoverExamples string

// GoroutineWithoutRecover finds goroutines of handlers whose panic ends the program.
var GoroutineWithoutRecover = &check.Check{
	ID:         "go/goroutine-without-recover",
	Title:      "Panic in a handler's goroutine ends the program",
	CWE:        []check.CWE{248, 400},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Auditor,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runGoroutineWithoutRecover,
	Page: check.Page{
		What: "A handler starts a goroutine that calls other code and has no deferred recover.",
		Why: "net/http recovers from a panic in the handler itself, so one bad request costs one answer. In a goroutine of its own the same nil map or index out of range ends the whole program, and whoever found the request sends it again. Each request " +
			"also starts one more of them, with nothing to limit their number.",
		Fix:    "Defer a function that recovers and logs, and limit the number by `errgroup.Group.SetLimit` or a queue. There is no quick fix, because only you know what has to happen after a panic.",
		Limits: "For auditors, because most goroutines never panic. Looks at functions of the package; one that is started through a variable or an interface is not judged, nor is test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/248.html",
			"https://pkg.go.dev/net/http#Handler",
		},
		Examples: goroutineWithoutRecoverExamples,
	},
}

func runGoroutineWithoutRecover(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, fn := range fl.Functions {
		if !isHandler(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				g, ok := instr.(*ssa.Go)
				if !ok {
					continue
				}
				started := g.Call.StaticCallee()
				if started == nil || len(started.Blocks) == 0 || recovers(started) || !callsOthers(started) {
					continue
				}
				pass.Report(check.Finding{
					Message:  "a panic in this goroutine ends the program, not only the request",
					Location: pass.Location(keyword{g.Pos(), len("go")}),
				})
			}
		}
	}
	return nil
}

// keyword is a word of the source.
type keyword struct {
	at     token.Pos
	length int
}

func (k keyword) Pos() token.Pos { return k.at }
func (k keyword) End() token.Pos { return k.at + token.Pos(k.length) }

// recovers reports whether a function defers something that recovers, or that is
// not known.
func recovers(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			d, ok := instr.(*ssa.Defer)
			if !ok {
				continue
			}
			deferred := d.Call.StaticCallee()
			if deferred == nil {
				continue
			}
			if len(deferred.Blocks) == 0 {
				if name := query.CalleeSSA(&d.Call); strings.Contains(strings.ToLower(name), "recover") || strings.Contains(strings.ToLower(name), "panic") || strings.Contains(strings.ToLower(name), "crash") {
					return true
				}
				continue
			}
			for _, db := range deferred.Blocks {
				for _, di := range db.Instrs {
					if call, ok := di.(*ssa.Call); ok && query.CalleeSSA(&call.Call) == "recover" {
						return true
					}
				}
			}
		}
	}
	return false
}

// callsOthers reports whether a function calls code that is not the standard
// library's, whose functions panic by mistake of their caller only.
func callsOthers(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(*ssa.Call)
			if !ok {
				continue
			}
			if _, builtin := call.Call.Value.(*ssa.Builtin); !builtin && !isStandard(query.CalleeSSA(&call.Call)) {
				return true
			}
		}
	}
	return false
}

// isStandard reports whether a qualified name is of the standard library: the
// first element of its path has no dot, as that of every other module has.
func isStandard(name string) bool {
	path := strings.TrimLeft(name, "(*")
	first, rest, nested := strings.Cut(path, "/")
	if nested {
		return rest != "" && !strings.Contains(first, ".")
	}
	return path != ""
}
