package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/length-prefix-wraps.txtar
var lengthPrefixWrapsExamples string

// LengthPrefixWraps finds messages whose length is written into fewer bits than it has.
var LengthPrefixWraps = &check.Check{
	ID:         "go/length-prefix-wraps",
	Title:      "The length in a message can wrap around",
	CWE:        []check.CWE{190, 197, 681},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Persona:    check.Pedantic, // callers have mostly looked, or what reads the message refuses it
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runLengthPrefixWraps,
	Page: check.Page{
		What: "A message is written with the length of a text or list before it, in 16 bits, `binary.BigEndian.PutUint16(b, uint16(len(name)))`, and nothing refuses what is longer than 65535.",
		Why: "A text of 65536 bytes and one more is announced as one of a single byte, and who reads takes the rest for the next message: the text's author writes messages in the name of the program. That was an SQL injection in pgx, " +
			"whose messages could be made to wrap (CVE-2024-27304).",
		Fix: "Compare the length with `math.MaxUint16` and return an error. There is no quick fix, because the function has to be able to fail.",
		Limits: "For the careful and tentative, because callers may have compared the length, and those are not asked. Any comparison of the length in the function counts, and any in the package of that of the same field. Only what is handed in, or kept in a field, is looked at, and only what is handed on to a function for 16 bits, by its name: 32 bits " +
			"are a message of 4 GB. Programs (package main) and test code are left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2024-27304",
			"https://cwe.mitre.org/data/definitions/190.html",
		},
		Examples: lengthPrefixWrapsExamples,
	},
}

func runLengthPrefixWraps(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || pass.Pkg.Name() == "main" {
		return nil
	}
	for conv := range conversions(fl) {
		b, isBasic := conv.Type().Underlying().(*types.Basic)
		if !isBasic || b.Kind() != types.Uint16 && b.Kind() != types.Int16 || !isWritten(conv) {
			continue
		}
		of := lengthOf(conv.X)
		if of == nil || !outlives(fl, of) || isMeasured(conv.Parent(), of) || isMeasuredElsewhere(fl, of) || isPiece(of) {
			continue
		}
		if r, ok := bounds.Of(conv.X, conv.Block()); ok {
			if to, _ := bounds.OfType(conv.Type()); r.Within(to) {
				continue
			}
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("a length of more than %s holds is written as another one, and the rest is read as the next message", b.Name()),
			Location: pass.Location(code.Place(conv.Pos())),
		})
	}
	return nil
}

// isMeasuredElsewhere reports whether another function compares the length of the field that a value is in, or of what it
// puts there: what sets a field, or starts a file, mostly refuses what is too long.
func isMeasuredElsewhere(fl *flow.Flow, of ssa.Value) bool {
	field := flow.Field(of)
	if field == nil {
		return false
	}
	return slices.ContainsFunc(fl.Functions, func(fn *ssa.Function) bool { return isMeasured(fn, of) }) ||
		slices.ContainsFunc(fl.Stored(field), func(v ssa.Value) bool { return v.Parent() != nil && isMeasured(v.Parent(), v) })
}

// isPiece reports whether a value is cut to a size where there is more: what is too long is sent in pieces.
func isPiece(v ssa.Value) bool {
	phi, ok := v.(*ssa.Phi)
	return ok && slices.ContainsFunc(phi.Edges, func(e ssa.Value) bool {
		cut, ok := e.(*ssa.Slice)
		return ok && cut.High != nil
	})
}

// isWritten reports whether a number is handed on, as it is, to a function for 16 bits, by its name.
func isWritten(conv *ssa.Convert) bool {
	for _, r := range *conv.Referrers() {
		call, ok := r.(ssa.CallInstruction)
		if !ok {
			continue
		}
		name := query.CalleeSSA(call.Common())
		if strings.Contains(strings.ToLower(name[strings.LastIndex(name, ".")+1:]), "int16") {
			return true
		}
	}
	return false
}

// lengthOf gives what a value is the length of, give or take a constant.
func lengthOf(v ssa.Value) ssa.Value {
	for {
		v = unconverted(v)
		if sum, ok := v.(*ssa.BinOp); ok && sum.Op == token.ADD && isConst(sum.Y) {
			v = sum.X
			continue
		}
		if call, ok := v.(*ssa.Call); ok && query.CalleeSSA(&call.Call) == "len" {
			return call.Call.Args[0]
		}
		return nil
	}
}

// outlives reports whether a value is what a function is handed, or finds in a field.
func outlives(fl *flow.Flow, v ssa.Value) bool {
	if _, isArray := v.Type().Underlying().(*types.Array); isArray {
		return false
	}
	for _, o := range fl.Origins(v) {
		if _, ok := o.(*ssa.Parameter); ok || flow.Field(o) != nil {
			return true
		}
	}
	return false
}

// isMeasured reports whether a function compares the length of a value, or of what it reads
// from the same field.
func isMeasured(fn *ssa.Function, of ssa.Value) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			comparison, ok := instr.(*ssa.BinOp)
			if !ok {
				continue
			}
			switch comparison.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ:
			default:
				continue
			}
			for _, side := range []ssa.Value{comparison.X, comparison.Y} {
				measured := lengthOf(side)
				if measured == nil || counter(comparison.X) != nil {
					continue // the end of a loop
				}
				if measured == of || flow.Field(of) != nil && flow.Field(measured) == flow.Field(of) {
					return true
				}
			}
		}
	}
	return false
}
