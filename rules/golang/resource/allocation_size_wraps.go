package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/allocation-size-wraps.txtar
var allocationSizeWrapsExamples string

// AllocationSizeWraps finds sizes of memory that are calculated in a type which is too
// small for the result.
var AllocationSizeWraps = &check.Check{
	ID:         "go/allocation-size-wraps",
	Title:      "The size of an allocation can wrap around",
	CWE:        []check.CWE{190, 680, 131},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runAllocationSizeWraps,
	Page: check.Page{
		What: "The length for `make` is a product or sum of two numbers that are not constant, calculated in 8, 16 or 32 bits, and nothing says that the result fits: `make([]byte, width*height)` of two `uint32`.",
		Why: "The result wraps around: 65536 times 65537 is 65536 in 32 bits. The slice is then much shorter than the code that fills it believes, which panics, or leaves the rest of a picture or message to whatever was read before. Decoders of images " +
			"and packets have this flaw more than any other.",
		Fix:    "Convert before the calculation, `make([]byte, int(width)*int(height))`, and compare the result with a limit. There is no quick fix, because the limit depends on the data.",
		Limits: "For the careful, because limits are often kept in fields, which are not seen. Sums count in 8 and 16 bits only. int is taken to have 64 bits. Numbers count as bounded by their types, by masks and by comparisons with constants. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/680.html",
			"https://cwe.mitre.org/data/definitions/131.html",
		},
		Examples: allocationSizeWrapsExamples,
	},
}

func runAllocationSizeWraps(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				size, ok := instr.(*ssa.MakeSlice)
				if !ok {
					continue
				}
				if op := wrapping(size.Len); op != nil && op.Pos().IsValid() {
					pass.Report(check.Finding{
						Message:  fmt.Sprintf("%s holds only %s: the size wraps around, and the memory is too short", op.Op, types.TypeString(op.Type(), types.RelativeTo(pass.Pkg))),
						Location: pass.Location(code.Place(op.Pos())),
					})
				}
			}
		}
	}
	return nil
}

// wrapping gives the operation on two numbers whose result may not fit into its type,
// in what a size is calculated from.
func wrapping(v ssa.Value) *ssa.BinOp {
	for {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
			continue
		case *ssa.ChangeType:
			v = x.X
			continue
		case *ssa.BinOp:
			if isConst(x.X) || isConst(x.Y) {
				v = x.X
				if isConst(x.X) {
					v = x.Y
				}
				continue
			}
			full, ok := bounds.OfType(x.Type())
			bits := 0
			if ok {
				bits = full.Max.BitLen()
			}
			// Sums of 32 bits are of lengths that have been read already, mostly.
			if !ok || bits > 32 || x.Op != token.MUL && (x.Op != token.ADD || bits > 16) {
				return nil
			}
			if exact := bounds.Exact(x, x.Block()); exact.Within(full) {
				return nil
			}
			return x
		}
		return nil
	}
}
