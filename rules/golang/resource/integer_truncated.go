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
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/integer-truncated.txtar
var integerTruncatedExamples string

// IntegerTruncated finds numbers from outside that are converted to a type that they
// may not fit into.
var IntegerTruncated = &check.Check{
	ID:         "go/integer-truncated",
	Title:      "A number from outside does not fit into the type that it is converted to",
	CWE:        []check.CWE{190, 681, 197},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: runIntegerTruncated,
	Page: check.Page{
		What: "A number that was parsed from text, or that comes from a request, a connection or a message, is converted to a smaller integer, or from an unsigned to a signed one, without a comparison that says that it fits.",
		Why: "The upper bits are dropped without an error: 4294967297 becomes 1, and a length of 2^63 becomes negative, which every comparison with a limit lets through. In gorilla/websocket (CVE-2020-27813) the length of a frame got past the " +
			"read limit so; in Kubernetes and Docker a port or a user ID became another one, 0 for example.",
		Fix: "Parse with the size of the target, `strconv.ParseInt(s, 10, 32)`, which gives an error for what does not fit, or compare with the limits of the type, or for negative numbers after the conversion, before the number is used. The quick " +
			"fix sets the size where `ParseInt` or `ParseUint` is called for 64 bits; other uses of the number then have the smaller range, too.",
		Limits: "Where nothing shows that a stranger writes the text that is parsed, the finding is tentative and for persona pedantic; the values of flags (`Set(string) error`) are left alone, and so are types with a list of constants, such as kinds and reasons. Numbers from strangers are for persona pedantic where the package does not show that what they become is compared, is a size or an index, or says who or what is permitted: there another number is worth as little as the one that was sent; and those of gRPC messages, whose senders mostly have to say who they are before. Conversions of the program's own numbers (constants, lengths, counters) are left alone: see `go/range-check-too-wide` for those that are checked in a wrong way. So are conversions that take a number apart (`byte(n>>8)`), between signed and unsigned integers of 64 bits that were parsed, and those that change the sign alone of a number that sizes, indexes and limits nothing, such as that of a process. " +
			"int is taken to have 64 bits.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/681.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-27813",
			"https://pkg.go.dev/strconv#ParseInt",
		},
		Examples: integerTruncatedExamples,
	},
}

func runIntegerTruncated(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	reported := map[token.Pos]bool{}
	overflows := func(f *taint.Flow) bool {
		return f.Source.Remote && strings.HasPrefix(f.Class.Name, "overflow-") && straight(f) && !picksConstant(f.Call)
	}
	for _, f := range taint.Flows(pass, overflows) {
		if f.Call != nil {
			reported[f.Call.Pos()] = true
		}
		if conv, ok := f.Call.(*ssa.Convert); ok && keepsWidth(conv) && isOnlyNamed(fl, conv) {
			continue
		}
		finding := f.Finding(pass, fmt.Sprintf("a number from %s may not fit into %s, and becomes another one", f.Source.Title, f.Class.Title))
		if conv, ok := f.Call.(*ssa.Convert); !ok || !decides(fl, conv) || f.Source.Name == "grpc" {
			finding.Persona = check.Pedantic // it is another number, which means as little as the first; and who may call says what it wants
		}
		pass.Report(finding)
	}
	for conv := range conversions(fl) {
		call := parsedBy(conv.X)
		if call == nil || reported[conv.Pos()] || picksConstant(conv) || isFlag(conv.Parent()) {
			continue
		}
		from, _ := bounds.Of(conv.X, conv.Block())
		to, _ := bounds.OfType(conv.Type())
		if from.Empty() || from.Within(to) || takesApart(conv) {
			continue
		}
		if to.Max.BitLen() == 64 && from.Max.BitLen() < 64 {
			continue // uint64(ParseInt(...)): only the sign
		}
		finding := check.Finding{
			Confidence: check.Tentative, // who writes the text is not known, and mostly it is the kernel or an operator
			Persona:    check.Pedantic,
			Message:    fmt.Sprintf("the number that %s gives may not fit into %s, and becomes another one", short(query.CalleeSSA(&call.Call)), types.TypeString(conv.Type(), types.RelativeTo(pass.Pkg))),
			Location:   pass.Location(code.Place(conv.Pos())),
			Fixes:      parseSized(pass, fl, call, conv.Type()),
		}
		pass.Report(finding)
	}
	return nil
}

// picksConstant reports whether a conversion is to a type that has a list of constants, as kinds and reasons have. Who
// wants one of them sends it as it is; what a number becomes that is none of them is none of them, too.
func picksConstant(instr ssa.Instruction) bool {
	conv, ok := instr.(*ssa.Convert)
	if !ok {
		return false
	}
	named, ok := types.Unalias(conv.Type()).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return false
	}
	constants, scope := 0, named.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), named) {
			constants++
		}
	}
	return constants >= 2
}

// keepsWidth reports whether a conversion changes the sign alone.
func keepsWidth(conv *ssa.Convert) bool {
	from, ok1 := bounds.OfType(conv.X.Type())
	to, ok2 := bounds.OfType(conv.Type())
	return ok1 && ok2 && max(from.Max.BitLen(), to.Max.BitLen())-min(from.Max.BitLen(), to.Max.BitLen()) <= 1
}

// isFlag reports whether a function is the method Set of a flag.Value.
func isFlag(fn *ssa.Function) bool {
	sig := fn.Signature
	return fn.Name() == "Set" && sig.Recv() != nil && sig.Params().Len() == 1 && query.TypeName(sig.Params().At(0).Type()) == "string" &&
		sig.Results().Len() == 1 && query.TypeName(sig.Results().At(0).Type()) == "error"
}

// conversions gives the conversions of integers to smaller ones, or ones of another
// sign, that the source has.
func conversions(fl *flow.Flow) func(yield func(*ssa.Convert) bool) {
	return func(yield func(*ssa.Convert) bool) {
		for _, fn := range fl.Functions {
			for _, b := range fn.Blocks {
				for _, instr := range b.Instrs {
					conv, ok := instr.(*ssa.Convert)
					if !ok || !conv.Pos().IsValid() {
						continue
					}
					from, ok1 := bounds.OfType(conv.X.Type())
					to, ok2 := bounds.OfType(conv.Type())
					if ok1 && ok2 && !from.Within(to) && !yield(conv) {
						return
					}
				}
			}
		}
	}
}

// parsedBy gives the call of package strconv that a number comes from.
func parsedBy(v ssa.Value) *ssa.Call {
	for range 4 { // a sum, a conversion, a variable of a branch
		switch x := v.(type) {
		case *ssa.Extract:
			call, ok := x.Tuple.(*ssa.Call)
			if !ok || x.Index != 0 {
				return nil
			}
			switch query.CalleeSSA(&call.Call) {
			case "strconv.Atoi":
				return call
			case "strconv.ParseInt", "strconv.ParseUint":
				if _, ok := query.IntSSA(call.Call.Args[2]); ok { // else whoever chose the size chose the type
					return call
				}
			}
			return nil
		case *ssa.BinOp:
			if x.Op != token.ADD && x.Op != token.SUB && x.Op != token.MUL {
				return nil
			}
			v = x.X
		case *ssa.Convert:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		default:
			return nil
		}
	}
	return nil
}

// takesApart reports whether a conversion is meant to lose something: byte(n) next to
// byte(n>>8), or byte(n)&0x3f.
func takesApart(conv *ssa.Convert) bool {
	bitwise := func(v ssa.Value) bool {
		if v.Referrers() == nil {
			return false
		}
		for _, r := range *v.Referrers() {
			switch op := r.(type) {
			case *ssa.BinOp:
				switch op.Op {
				case token.SHR, token.AND, token.XOR, token.AND_NOT:
					if op.X == v {
						return true
					}
				}
			case *ssa.UnOp:
				if op.Op == token.XOR { // ^uint64(n)
					return true
				}
			}
		}
		return false
	}
	if op, ok := conv.X.(*ssa.UnOp); ok && op.Op == token.XOR {
		return true
	}
	if op, ok := conv.X.(*ssa.BinOp); ok {
		switch op.Op {
		case token.SHR, token.AND, token.XOR, token.AND_NOT, token.OR:
			return true
		}
		if bitwise(op.X) {
			return true
		}
	}
	return bitwise(conv) || slices.ContainsFunc(sameNumber(conv), bitwise)
}

// sameNumber gives what a conversion was made of, through other conversions, and the
// other conversions of each: in byte(uint64(n)>>8), byte(uint64(n)) there are two of n.
func sameNumber(conv *ssa.Convert) (all []ssa.Value) {
	for v := ssa.Value(conv); ; {
		c, ok := v.(*ssa.Convert)
		if !ok {
			return all
		}
		v = c.X
		all = append(all, v)
		if v.Referrers() == nil {
			continue
		}
		for _, r := range *v.Referrers() {
			if c, ok := r.(*ssa.Convert); ok {
				all = append(all, c)
			}
		}
	}
}

// parseSized gives the fix that parses with the size of the target.
func parseSized(pass *check.PackagePass, fl *flow.Flow, call *ssa.Call, to types.Type) []check.Fix {
	b, ok := to.Underlying().(*types.Basic)
	if !ok {
		return nil
	}
	unsigned := query.CalleeSSA(&call.Call) == "strconv.ParseUint"
	bits := map[types.BasicKind]string{types.Int8: "8", types.Int16: "16", types.Int32: "32", types.Uint8: "8", types.Uint16: "16", types.Uint32: "32"}[b.Kind()]
	if bits == "" || unsigned != (b.Info()&types.IsUnsigned != 0) {
		return nil
	}
	for _, c := range fl.Calls("strconv.ParseInt", "strconv.ParseUint") {
		if c.Instr != ssa.CallInstruction(call) || len(c.Expr.Args) != 3 {
			continue
		}
		return []check.Fix{{Title: "Parse " + bits + " bits", Edits: []check.Edit{pass.Edit(c.Expr.Args[2], bits)}}}
	}
	return nil
}
