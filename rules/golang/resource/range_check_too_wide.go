package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"math/big"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/range-check-too-wide.txtar
var rangeCheckTooWideExamples string

// RangeCheckTooWide finds checks of a number that let through what the conversion
// after them cannot keep.
var RangeCheckTooWide = &check.Check{
	ID:         "go/range-check-too-wide",
	Title:      "A range check lets through what does not fit",
	CWE:        []check.CWE{190, 681, 197},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runRangeCheckTooWide,
	Page: check.Page{
		What: "A number is compared with constants on both sides and then converted to a smaller integer, alone or after a calculation, and some of the numbers that got through do not fit: `if n >= 0 && n <= 256 { b = byte(n) }`.",
		Why: "The check shows that the number can be anything, and that the author wanted to keep out what does not fit; the boundary is off by one, is that of another type, is made wrong by what is added afterwards, or never refuses anything: `n < 0 && n > 255`. What slips through becomes " +
			"another number: 256 becomes 0.",
		Fix:    "Compare with the limits of the type (`math.MaxUint8`), and compare what is converted, after the calculation. There is no quick fix, because the check or the type may be the wrong one.",
		Limits: "Only comparisons with constants are looked at. A byte of -128 to 255 is taken to be meant, one of less than that on both sides is for persona pedantic, as is the whole range of a wider integer with a sign or of so many bits (-524288 to 524287), or of an unsigned one of the same width; as are a conversion next to a shift of the same number, and one whose result is only negated or the side of a difference, where it wraps back. So is test code, and a check that no number meets, of one that is not converted: a clamp that is dead code. A number that only loses its sign, in a type that is wide enough for its bits, is for persona pedantic, unless it is seen to become a size, an index or a bound.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/681.html",
			"https://cwe.mitre.org/data/definitions/193.html",
		},
		Examples: rangeCheckTooWideExamples,
	},
}

func runRangeCheckTooWide(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for conv := range conversions(fl) {
		if takesApart(conv) || !checked(conv.X, conv.Block()) {
			continue
		}
		from, ok := bounds.Found(conv.X, conv.Block())
		to, _ := bounds.OfType(conv.Type())
		if !ok || from.Empty() || from.Within(to) || eitherSign(from, to) || wrapsBack(conv) ||
			from.Max.Sign() < 0 || from.Min.Cmp(to.Max) > 0 { // integer-never-fits says that
			continue
		}
		worst := from.Max
		if worst.Cmp(to.Max) <= 0 {
			worst = from.Min
		}
		persona := check.Regular
		if _, isResult := unconverted(conv.X).(*ssa.BinOp); isSigned(from, to, isResult) || isUnsigned(from, to) || losesSign(conv, from, to) && !isMeasure(conv, map[ssa.Value]bool{}) {
			persona = check.Pedantic
		}
		pass.Report(check.Finding{
			Persona:  persona,
			Message:  fmt.Sprintf("the check lets %s through, which does not fit into %s", worst, types.TypeString(conv.Type(), types.RelativeTo(pass.Pkg))),
			Location: pass.Location(code.Place(conv.Pos())),
		})
	}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			if test := contradiction(b); test != nil && !comparesNamed(pass, test) {
				persona := check.Pedantic
				if isNarrowed(test.X) {
					persona = check.Regular
				}
				pass.Report(check.Finding{
					Persona:  persona,
					Message:  "no number is on both sides of this check at once, so it lets everything through: is || meant?",
					Location: pass.Location(code.Place(test.Pos())),
				})
			}
		}
	}
	return nil
}

// isSigned reports whether a range that becomes an unsigned integer is that of the signed one of the same width or, as a field of
// an instruction has, of fewer bits, or may be part of it: an encoder or a machine writes its bits as they are. Only a byte that is
// not calculated may be a part.
func isSigned(from, to bounds.Range, calculated bool) bool {
	if to.Min.Sign() != 0 {
		return false
	}
	half := new(big.Int).Lsh(big.NewInt(1), uint(to.Max.BitLen()-1))
	most := new(big.Int).Sub(half, big.NewInt(1))
	if new(big.Int).Add(from.Min, from.Max).Cmp(big.NewInt(-1)) == 0 && from.Max.Cmp(most) < 0 && (from.Max.BitLen()+1)%8 != 0 {
		return true // -524288 to 524287: the bits of a field of an instruction, and of no type
	}
	if calculated || to.Max.BitLen() != 8 {
		return from.Min.CmpAbs(most) >= 0 && from.Min.CmpAbs(half) <= 0 && from.Max.Cmp(most) == 0
	}
	return from.Min.CmpAbs(half) <= 0 && from.Max.Cmp(most) <= 0
}

// isUnsigned reports whether a range that becomes a signed integer ends where the unsigned one of the same width does: an encoder
// writes its bits as they are.
func isUnsigned(from, to bounds.Range) bool {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(to.Max.BitLen()+1)), big.NewInt(1))
	return to.Min.Sign() != 0 && from.Min.Sign() >= 0 && from.Max.Cmp(most) == 0
}

// losesSign reports whether a conversion keeps all bits of a number, of which only the negative ones do not fit. One that was
// negated before was meant to be positive.
func losesSign(conv *ssa.Convert, from, to bounds.Range) bool {
	if op, ok := unconverted(conv.X).(*ssa.UnOp); ok && op.Op == token.SUB {
		return false
	}
	full, ok := bounds.OfType(conv.X.Type())
	return ok && full.Min.Sign() < 0 && to.Min.Sign() == 0 && to.Max.Cmp(full.Max) > 0 && from.Max.Cmp(to.Max) <= 0
}

// isMeasure reports whether a number, or what is calculated from it, is a size, an index or a bound: then a negative one that
// became huge does harm.
func isMeasure(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] || v.Referrers() == nil {
		return false
	}
	seen[v] = true
	return slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
		switch r := r.(type) {
		case *ssa.MakeSlice:
			return true
		case *ssa.Slice:
			return r.X != v
		case *ssa.IndexAddr:
			return r.Index == v
		case *ssa.Index:
			return r.Index == v
		case *ssa.BinOp:
			switch r.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ:
				return true
			case token.EQL, token.NEQ:
				return false
			}
			return isMeasure(r, seen)
		case *ssa.Call:
			return slices.ContainsFunc(query.Words(paramName(&r.Call, v)), func(w string) bool {
				return slices.Contains([]string{"n", "size", "len", "length", "count", "limit", "index", "offset"}, w)
			})
		case *ssa.Convert:
			return isMeasure(r, seen)
		case *ssa.ChangeType:
			return isMeasure(r, seen)
		case *ssa.Phi:
			return isMeasure(r, seen)
		}
		return false
	})
}

// paramName gives the name of the parameter that a value is handed over as, "" if there is none.
func paramName(call *ssa.CallCommon, v ssa.Value) string {
	sig := call.Signature()
	first := len(call.Args) - sig.Params().Len() // after the receiver
	for i, arg := range call.Args {
		if arg == v && i >= first && i-first < sig.Params().Len() {
			return sig.Params().At(i - first).Name()
		}
	}
	return ""
}

// wrapsBack reports whether all that becomes of a number is a sum or its negative, in its own type: what wrapped around in
// the conversion wraps back there. -int64(n) of n up to 1<<63 is right, and so is int8(n) - int8(width) of n less than width.
func wrapsBack(conv *ssa.Convert) bool {
	return len(*conv.Referrers()) > 0 && !slices.ContainsFunc(*conv.Referrers(), func(r ssa.Instruction) bool {
		switch r := r.(type) {
		case *ssa.DebugRef:
			return false
		case *ssa.UnOp:
			return r.Op != token.SUB
		case *ssa.BinOp:
			factor, isConst := query.IntSSA(r.X)
			return r.Op != token.SUB && (r.Op != token.MUL || !isConst || factor != -1)
		}
		return true
	})
}

// comparesNamed reports whether a comparison is with a constant of this package, or of a function: with another value of it, the check
// has a meaning.
func comparesNamed(pass *check.PackagePass, test *ssa.BinOp) (named bool) {
	file := code.FileAt(pass.Pass, test.Pos())
	if file == nil {
		return false
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if b, ok := n.(*ast.BinaryExpr); ok && b.OpPos == test.Pos() {
			for _, side := range []ast.Expr{b.X, b.Y} {
				if _, ok := ast.Unparen(side).(*ast.Ident); ok {
					named = named || query.Constant(pass.TypesInfo, side) != nil
				}
			}
		}
		return n != nil && n.Pos() <= test.Pos() && test.Pos() < n.End()
	})
	return named
}

// contradiction gives the comparison with a constant at the end of a block that is never
// true, because of another comparison of the same number with a constant before it.
func contradiction(b *ssa.BasicBlock) *ssa.BinOp {
	branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
	if !ok || len(b.Succs[0].Preds) != 1 {
		return nil
	}
	test, ok := branch.Cond.(*ssa.BinOp)
	if !ok || !test.Pos().IsValid() || !isConst(test.Y) || isConst(test.X) || test.Op == token.EQL || test.Op == token.NEQ {
		return nil
	}
	if below, above := bounds.Checked(test.X, b.Succs[0]); !below || !above || calculates(test.X) {
		return nil
	}
	before, ok := bounds.Of(test.X, b)
	after, _ := bounds.Of(test.X, b.Succs[0])
	if !ok || before.Empty() || !after.Empty() {
		return nil
	}
	return test
}

// calculates reports whether a number is a sum, or one is made of it: a check of both,
// n > 0 && n+1 < 0, asks whether the sum wrapped around.
func calculates(v ssa.Value) bool {
	if _, ok := v.(*ssa.BinOp); ok || v.Referrers() == nil {
		return true
	}
	return slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
		op, ok := r.(*ssa.BinOp)
		return ok && (op.Op == token.ADD || op.Op == token.SUB)
	})
}

// isNarrowed reports whether a number is converted somewhere to an integer that cannot keep all of its type: then a check
// that never refuses lets through what does not fit. Without that it is dead code, which does no harm.
func isNarrowed(v ssa.Value) bool {
	full, ok := bounds.OfType(v.Type())
	return ok && slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
		conv, ok := r.(*ssa.Convert)
		if !ok {
			return false
		}
		to, ok := bounds.OfType(conv.Type())
		return ok && !full.Within(to)
	})
}

// checked reports whether a number, or the one that it is calculated from, is compared
// with constants on both sides before a block.
func checked(v ssa.Value, at *ssa.BasicBlock) bool {
	for {
		below, above := bounds.Checked(v, at)
		full, ok := bounds.OfType(v.Type())
		if ok && above && (below || full.Min.Sign() == 0) {
			return true
		}
		switch x := v.(type) {
		case *ssa.BinOp:
			if _, ok := x.Y.(*ssa.Const); ok {
				v = x.X
			} else if _, ok := x.X.(*ssa.Const); ok {
				v = x.Y
			} else {
				return false // of two numbers
			}
		case *ssa.UnOp:
			if x.Op == token.MUL {
				return false // of memory
			}
			v = x.X
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		default:
			return false
		}
	}
}

// eitherSign reports whether a range is all of an integer's bits, read with a sign and
// without: -128 to 255 of a byte.
func eitherSign(r, of bounds.Range) bool {
	bits := uint(of.Max.BitLen())
	if of.Min.Sign() != 0 {
		bits++
	}
	half := new(big.Int).Lsh(big.NewInt(1), bits-1)
	most := new(big.Int).Sub(new(big.Int).Lsh(half, 1), big.NewInt(1))
	return r.Min.Cmp(new(big.Int).Neg(half)) == 0 && r.Max.Cmp(most) == 0
}
