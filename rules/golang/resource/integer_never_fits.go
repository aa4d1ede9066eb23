package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"math/big"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/integer-never-fits.txtar
var integerNeverFitsExamples string

// IntegerNeverFits finds conversions that lose something whatever happens.
var IntegerNeverFits = &check.Check{
	ID:         "go/integer-never-fits",
	Title:      "A number never fits into the type that it is converted to",
	CWE:        []check.CWE{190, 681},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runIntegerNeverFits,
	Page: check.Page{
		What:   "A variable is converted to an integer type, and no value that it can have at that place fits: by the constant that it was set to, or by a comparison that lets only larger numbers through.",
		Why:    "The compiler refuses such a conversion of a constant. Through a variable it goes, and the result is another number, mostly a negative one or 0; a limit that is made so bounds nothing.",
		Fix:    "Use a type that holds the number, or the limit of the type: `math.MaxInt32`. There is no quick fix, because the number or the type may be the wrong one.",
		Limits: "-1 that becomes an unsigned integer is taken to be meant, as \"all bits\". So are conversions next to a shift or mask of the same number. A number that is read with the other sign, in as many bits as it needs, is for persona pedantic: encoders and halves of wider numbers are made so; and so is one plus or minus all that the type counts to (`int16(n-1<<16)`), which is the number itself. What comes from elsewhere, and may fit, is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/681.html",
			"https://go.dev/ref/spec#Conversions",
		},
		Examples: integerNeverFitsExamples,
	},
}

func runIntegerNeverFits(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	minusOne := bounds.Point(-1)
	for conv := range conversions(fl) {
		from, _ := bounds.Of(conv.X, conv.Block())
		to, _ := bounds.OfType(conv.Type())
		if from.Empty() || from.Min.Cmp(to.Max) <= 0 && from.Max.Cmp(to.Min) >= 0 || from.Within(minusOne) || takesApart(conv) {
			continue
		}
		if _, isConst := conv.X.(*ssa.Const); isConst && to.Max.BitLen() == 8 {
			continue // byte(n) next to byte(n>>8), where the compiler knows n
		}
		number := from.Min
		if from.Max.Sign() < 0 {
			number = from.Max
		}
		persona := check.Regular
		if reinterprets(conv, from, to) || turnsOnce(conv, to) {
			persona = check.Pedantic // the lower half of a wider number, an encoder that writes it so, or the number as it was
		}
		pass.Report(check.Finding{
			Persona:  persona,
			Message:  fmt.Sprintf("%s does not fit into %s, and becomes another number", number, types.TypeString(conv.Type(), types.RelativeTo(pass.Pkg))),
			Location: pass.Location(code.Place(conv.Pos())),
		})
	}
	return nil
}

// reinterprets reports whether a conversion reads the bits of a number with the other sign: a negative one as an unsigned
// number of as many bits as it needs, or one of some large unsigned ones as a negative number. What is calculated in the
// same expression is a result, not a number that is encoded.
func reinterprets(conv *ssa.Convert, from, to bounds.Range) bool {
	if op, ok := conv.X.(*ssa.BinOp); ok && (op.Op == token.MUL || op.Op == token.QUO) {
		return false
	}
	if from.Max.Sign() < 0 {
		half := new(big.Int).Rsh(new(big.Int).Add(to.Max, big.NewInt(1)), 1)
		_, isResult := unconverted(conv.X).(*ssa.BinOp) // of a calculation, which nobody encodes so
		return to.Min.Sign() == 0 && !isResult && new(big.Int).Neg(from.Min).Cmp(half) <= 0 || keepsWidth(conv)
	}
	return keepsWidth(conv) && from.Min.Cmp(from.Max) != 0
}

// turnsOnce reports whether a conversion is of a number plus or minus all that its type counts to, or a multiple of it:
// int16(n-1<<16) is int16(n), which is how a sign is put on.
func turnsOnce(conv *ssa.Convert, to bounds.Range) bool {
	op, ok := conv.X.(*ssa.BinOp)
	if !ok || op.Op != token.ADD && op.Op != token.SUB {
		return false
	}
	n, ok := query.IntSSA(op.Y)
	all := new(big.Int).Add(new(big.Int).Sub(to.Max, to.Min), big.NewInt(1))
	return ok && n != 0 && new(big.Int).Rem(big.NewInt(n), all).Sign() == 0
}
