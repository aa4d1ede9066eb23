package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
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

//go:embed testdata/recursion-without-limit.txtar
var recursionWithoutLimitExamples string

// RecursionWithoutLimit finds parsers that recurse as deep as their input is nested.
var RecursionWithoutLimit = &check.Check{
	ID:         "go/recursion-without-limit",
	Title:      "Parser recurses as deep as its input is nested",
	CWE:        []check.CWE{674, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runRecursionWithoutLimit,
	Page: check.Page{
		What: "The methods of a parser or decoder call each other in a circle, once for each level at which the input is nested, and nothing counts the levels.",
		Why: "A few megabytes of `[` or `(` fill the stack, and at its limit of a gigabyte the Go runtime ends the program: `recover` does not help, and no other request is answered any more. go/parser, encoding/xml, " +
			"compress/gzip and encoding/gob each had this flaw (CVE-2022-1962, CVE-2022-28131, CVE-2022-30631, CVE-2022-30635).",
		Fix: "Count the depth in a parameter or a field, and refuse input that is nested deeper than people write: encoding/json allows 10,000 levels. There is no quick fix, because the limit depends on the data.",
		Limits: "Judged are the methods of types, and functions with parameters of types, that are called parser, decoder, lexer, scanner, tokenizer or unmarshaler, or read from an `io.Reader`, by static calls within the package. Anything in the circle " +
			"that speaks of depth, levels, nesting or limits counts as a limit, and what fills in values by reflection is left alone. Whether the input is a stranger's is not known, which is why this is for the careful. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/674.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-28131",
			"https://pkg.go.dev/runtime/debug#SetMaxStack",
		},
		Examples: recursionWithoutLimitExamples,
	},
}

func runRecursionWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	r := &recursion{Flow: fl, callees: map[*ssa.Function][]call{}}
	for _, circle := range r.circles() {
		in := slices.IndexFunc(circle, func(fn *ssa.Function) bool { return parses(fn) })
		if in < 0 || slices.ContainsFunc(circle, countsDepth) || slices.ContainsFunc(circle, followsTypes) {
			continue
		}
		back := r.within(circle[in], circle)
		names := make([]string, 0, len(circle))
		for _, fn := range circle {
			names = append(names, fn.Name())
		}
		message := fmt.Sprintf("%s calls itself once for each level of the input, and nothing limits how many there are", names[in])
		if len(circle) > 1 {
			message = fmt.Sprintf("%s and %d more functions call each other once for each level of the input, and nothing limits how many there are", names[in], len(circle)-1)
		}
		pass.Report(check.Finding{Message: message, Location: pass.Location(back.at)})
	}
	return nil
}

// recursion finds the circles of static calls among the functions of a package.
type recursion struct {
	*flow.Flow
	callees map[*ssa.Function][]call
}

type call struct {
	callee *ssa.Function
	at     ast.Node
}

// circles gives the sets of functions that call each other, each and within each in the order
// of the source. It is Tarjan's algorithm for strongly connected components, with a stack of its own, so
// that a chain of calls as long as the package costs no more than memory.
func (r *recursion) circles() (circles [][]*ssa.Function) {
	inPackage := map[*ssa.Function]bool{}
	for _, fn := range r.Functions {
		inPackage[fn] = true
	}
	for _, fn := range r.Functions {
		for _, c := range r.Callers(fn) {
			if inPackage[c.Fn] {
				r.callees[c.Fn] = append(r.callees[c.Fn], call{fn, c.Expr})
			}
		}
	}
	type frame struct {
		fn   *ssa.Function
		next int // of its callees
	}
	index, low := map[*ssa.Function]int{}, map[*ssa.Function]int{}
	onStack := map[*ssa.Function]bool{}
	var stack []*ssa.Function
	for _, root := range r.Functions {
		if index[root] > 0 {
			continue
		}
		frames := []frame{{fn: root}}
		for len(frames) > 0 {
			f := &frames[len(frames)-1]
			if f.next == 0 && index[f.fn] == 0 {
				index[f.fn] = len(index) + 1
				low[f.fn] = index[f.fn]
				stack, onStack[f.fn] = append(stack, f.fn), true
			}
			if f.next < len(r.callees[f.fn]) {
				callee := r.callees[f.fn][f.next].callee
				f.next++
				switch {
				case index[callee] == 0:
					frames = append(frames, frame{fn: callee})
				case onStack[callee]:
					low[f.fn] = min(low[f.fn], index[callee])
				}
				continue
			}
			fn := f.fn
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				caller := frames[len(frames)-1].fn
				low[caller] = min(low[caller], low[fn])
			}
			if low[fn] != index[fn] {
				continue
			}
			at := slices.Index(stack, fn)
			circle := slices.Clone(stack[at:])
			stack = stack[:at]
			for _, member := range circle {
				onStack[member] = false
			}
			slices.SortFunc(circle, func(a, b *ssa.Function) int { return int(a.Pos() - b.Pos()) })
			if len(circle) > 1 || r.within(fn, circle).callee != nil {
				circles = append(circles, circle)
			}
		}
	}
	slices.SortFunc(circles, func(a, b []*ssa.Function) int { return int(a[0].Pos() - b[0].Pos()) })
	return circles
}

// within gives the first call that a function makes of one in the circle.
func (r *recursion) within(fn *ssa.Function, circle []*ssa.Function) (first call) {
	for _, c := range r.callees[fn] {
		if slices.Contains(circle, c.callee) && (first.callee == nil || c.at.Pos() < first.at.Pos()) {
			first = c
		}
	}
	return first
}

// parses reports whether a function takes input apart: by its receiver or a parameter.
func parses(fn *ssa.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool {
		t := types.Unalias(p.Type())
		if pointer, ok := t.(*types.Pointer); ok {
			t = types.Unalias(pointer.Elem())
		}
		named, ok := t.(*types.Named)
		if !ok {
			return false
		}
		switch code.Path(named.Obj().Pkg()) + "." + named.Obj().Name() {
		case "io.Reader", "io.ByteReader", "io.RuneScanner", "bufio.Reader", "bytes.Reader", "bytes.Buffer", "strings.Reader", "encoding/json.Decoder", "encoding/xml.Decoder":
			return reads(fn.Name())
		}
		return slices.ContainsFunc(query.Words(named.Obj().Name()), func(w string) bool {
			return slices.Contains([]string{"parser", "decoder", "lexer", "scanner", "tokenizer", "unmarshaler", "unmarshaller"}, w)
		})
	})
}

// followsTypes reports whether a function is given what to fill in by reflection: it recurses as deep as the type
// is nested, which the program wrote.
func followsTypes(fn *ssa.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool {
		return query.IsType(p.Type(), "reflect.Value") || query.IsType(p.Type(), "reflect.Type")
	})
}

func reads(name string) bool {
	words := query.Words(name)
	return len(words) > 0 && slices.Contains([]string{"parse", "decode", "read", "unmarshal", "skip", "scan", "consume"}, words[0])
}

// countsDepth reports whether a function speaks of how deep it is, or has a number that it
// counts as it calls itself.
func countsDepth(fn *ssa.Function) (found bool) {
	if fn.Syntax() == nil {
		return true
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			found = found || slices.ContainsFunc(query.Words(n.Name), func(w string) bool {
				return strings.HasPrefix(w, "nest") || strings.HasPrefix(w, "recurs") || slices.Contains([]string{"depth", "level", "levels", "limit", "limits", "max", "deep", "stack", "indent", "budget", "remaining"}, w)
			})
		case *ast.CallExpr:
			for _, arg := range n.Args {
				if sum, ok := ast.Unparen(arg).(*ast.BinaryExpr); ok && (sum.Op == token.ADD || sum.Op == token.SUB) {
					_, isOne := sum.Y.(*ast.BasicLit)
					found = found || isOne && sameFunction(fn, n)
				}
			}
		}
		return !found
	})
	return found
}

// sameFunction reports whether a call is one of the function itself, by its name.
func sameFunction(fn *ssa.Function, call *ast.CallExpr) bool {
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.Name == fn.Name()
	case *ast.SelectorExpr:
		return f.Sel.Name == fn.Name()
	}
	return false
}
