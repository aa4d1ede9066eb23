package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"math/big"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/length-checked-too-low.txtar
var lengthCheckedTooLowExamples string

// LengthCheckedTooLow finds parsers that look whether there is a byte, and take more.
var LengthCheckedTooLow = &check.Check{
	ID:         "go/length-checked-too-low",
	Title:      "The length is checked for less than is taken",
	CWE:        []check.CWE{129, 125},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic, // callers have mostly looked: of twelve in real modules none was wrong
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runLengthCheckedTooLow,
	Page: check.Page{
		What: "Bytes that a function is handed are cut at a constant, `b[1:5]`, where all that the conditions on the way say is that there are some: `len(b) != 0`, or a smaller number.",
		Why: "Whoever wrote the condition knew that the length is the sender's choice, and the next line forgets it: one message that ends early makes the parser panic, and where nobody recovers ends the process. " +
			"The SSH agent of x/crypto was stopped by a constraint of one byte (CVE-2025-47914).",
		Fix:    "Compare with what is taken: `if len(b) < 5 { return io.ErrUnexpectedEOF }`. There is no quick fix, because what to return is the parser's decision.",
		Limits: "Judged are parameters that are bytes or text, and what is left of them in a loop, with a comparison of their own length before. What a function was asked about, what another comparison of its length measures (with a variable, with one of some sizes, of what is left after a part, in whole elements), one that recovers, and test code are left alone. What callers have looked at is not seen.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/129.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-47914",
		},
		Examples: lengthCheckedTooLowExamples,
	},
}

func runLengthCheckedTooLow(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, fn := range fl.Functions {
		if recovers(fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				cut, ok := instr.(*ssa.Slice)
				if !ok || !cut.Pos().IsValid() || !isText(cut.X.Type()) {
					continue
				}
				if checked, taken := tooLow(cut); checked != nil {
					pass.Report(check.Finding{
						Message:  fmt.Sprintf("%s bytes are taken where the conditions say that there is at least %s", taken, checked),
						Location: pass.Location(indexed(pass, cut.Pos())),
					})
				}
			}
		}
	}
	return nil
}

func isText(t types.Type) bool {
	if b, ok := t.Underlying().(*types.Basic); ok {
		return b.Info()&types.IsString != 0
	}
	s, ok := t.Underlying().(*types.Slice)
	return ok && isByte(s.Elem())
}

// tooLow gives the length that conditions ask for before a cut, and the one that it needs, if that is more.
func tooLow(cut *ssa.Slice) (checked, needed *big.Int) {
	block := cut.Block()
	asked := bounds.AtLeast(cut.X, block)
	if asked.Sign() <= 0 || !handedBytes(cut.X) || asksAbout(cut.X) || isOtherwiseMeasured(cut) {
		return nil, nil
	}
	if cut.High == nil {
		return nil, nil
	}
	n, ok := query.IntSSA(cut.High)
	if !ok {
		return nil, nil
	}
	if high := big.NewInt(n); high.Cmp(asked) > 0 {
		return asked, high
	}
	return nil, nil
}

// isOtherwiseMeasured reports whether the length is compared before a cut in a way that says nothing here, and may say enough:
// with a variable, with one of some sizes, or that of what is left after a part.
func isOtherwiseMeasured(cut *ssa.Slice) bool {
	values := []ssa.Value{cut.X}
	if phi, ok := cut.X.(*ssa.Phi); ok {
		values = append(values, phi.Edges...)
	}
	return slices.ContainsFunc(values, func(v ssa.Value) bool {
		return v.Referrers() != nil && slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
			switch r := r.(type) {
			case *ssa.Call:
				return measures(r, cut, false)
			case *ssa.Slice: // len(b[n:])
				return slices.ContainsFunc(*r.Referrers(), func(use ssa.Instruction) bool {
					call, ok := use.(*ssa.Call)
					return ok && measures(call, cut, true)
				})
			}
			return false
		})
	})
}

// measures reports whether the length that a call gives, of a part or of all, is compared with more than a constant, or divided
// to see whether there are as many as make whole elements.
func measures(length *ssa.Call, cut *ssa.Slice, part bool) bool {
	if query.CalleeSSA(&length.Call) != "len" || !length.Block().Dominates(cut.Block()) {
		return false
	}
	return slices.ContainsFunc(*length.Referrers(), func(use ssa.Instruction) bool {
		op, ok := use.(*ssa.BinOp)
		if !ok || !op.Block().Dominates(cut.Block()) {
			return false
		}
		n, _ := query.IntSSA(op.Y)
		switch {
		case op.Op == token.REM:
			return true
		case op.Op == token.EQL || op.Op == token.NEQ:
			return part || !isConst(op.X) && !isConst(op.Y) || n > 1
		}
		return isComparison(op.Op) && (part || !isConst(op.X) && !isConst(op.Y))
	})
}

// asksAbout reports whether a function is handed the bytes and says yes or no: it may know how many there are.
func asksAbout(v ssa.Value) bool {
	return v.Referrers() != nil && slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
		call, ok := r.(*ssa.Call)
		if !ok {
			return false
		}
		for result := range call.Call.Signature().Results().Variables() {
			if b, ok := result.Type().Underlying().(*types.Basic); ok && b.Kind() == types.Bool {
				return true
			}
		}
		return false
	})
}

// handedBytes reports whether bytes are what a function was handed, or what is left of it.
func handedBytes(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Parameter:
		return true
	case *ssa.Phi:
		return slices.ContainsFunc(v.Edges, func(e ssa.Value) bool { _, given := e.(*ssa.Parameter); return given })
	}
	return false
}
