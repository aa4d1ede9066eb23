package resource

import (
	"context"
	_ "embed"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/varint-without-limit.txtar
var varintWithoutLimitExamples string

// VarintWithoutLimit finds decoders of numbers of variable length that read for as long as
// the input says.
var VarintWithoutLimit = &check.Check{
	ID:         "go/varint-without-limit",
	Title:      "A number of variable length may be of any length",
	CWE:        []check.CWE{835, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runVarintWithoutLimit,
	Page: check.Page{
		What: "A loop reads a byte at a time from a stream, adds seven bits of it to a number, and goes on for as long as the highest bit of the byte is set. Nothing in a round that goes on compares the number of bytes, or of bits, with a limit.",
		Why: "A 64-bit number has ten bytes at most. A stream of bytes with the highest bit set, which compresses to nothing, keeps such a loop busy for as long as it lasts, and shifts the bits out of the number. The xz decoder read " +
			"forever in this way (CVE-2021-29482), as did encoding/binary (CVE-2020-16845).",
		Fix:    "`binary.ReadUvarint`, which stops after ten bytes; or return an error as soon as the shift is larger than the number. There is no quick fix, because what to return is the decoder's decision.",
		Limits: "For persona pedantic in a package of which no exported function takes a `net.Conn`: what it reads is a file, mostly, and ends. Judged are loops that call `ReadByte` of a stream: what knows how much is left (`Len() int`, as `bytes.Buffer` has) ends, and to shift by too much gives 0. Any comparison of a counter or of the shift in a round that goes on counts as a limit, one in the last round does not. Test code is left alone.",
		References: []string{
			"https://pkg.go.dev/encoding/binary#ReadUvarint",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-29482",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-16845",
			"https://cwe.mitre.org/data/definitions/835.html",
		},
		Examples: varintWithoutLimitExamples,
	},
}

func runVarintWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Methods("ReadByte") {
		call, ok := c.Instr.(*ssa.Call)
		if !ok {
			continue
		}
		shift := shiftOfRounds(call)
		if shift == nil || inMemory(call) {
			continue
		}
		if !countsRounds(shift.Block(), call.Block()) {
			pass.Report(check.Finding{
				Persona:  personaOf(speaks(fl)),
				Message:  "the number goes on for as long as the highest bit of each byte is set: nothing limits how long that is",
				Location: pass.Location(c.Expr),
			})
		}
	}
	return nil
}

// inMemory reports whether a byte is read from what knows how much is left, as bytes.Buffer and bytes.Reader do: the loop ends with
// it, and to shift by more than a number has bits gives 0 in Go.
func inMemory(read *ssa.Call) bool {
	reader := read.Call.Value
	if !read.Call.IsInvoke() {
		reader = read.Call.Args[0]
	}
	obj, _, _ := types.LookupFieldOrMethod(reader.Type(), true, nil, "Len")
	fn, ok := obj.(*types.Func)
	return ok && fn.Signature().Params().Len() == 0
}

// shiftOfRounds gives the variable by which a byte that a call reads is shifted, if each round
// of a loop makes it larger; nil if there is none.
func shiftOfRounds(read *ssa.Call) *ssa.Phi {
	for _, b := range read.Parent().Blocks {
		for _, instr := range b.Instrs {
			shift, ok := instr.(*ssa.BinOp)
			if !ok || shift.Op != token.SHL || !isByteOf(shift.X, read) {
				continue
			}
			phi, ok := unconverted(shift.Y).(*ssa.Phi)
			if ok && counter(phi) != nil && growsEachRound(phi) && phi.Block().Dominates(read.Block()) {
				return phi
			}
		}
	}
	return nil
}

// isByteOf reports whether a value is the byte of a call, or its lower bits.
func isByteOf(v ssa.Value, read *ssa.Call) bool {
	for {
		switch x := v.(type) {
		case *ssa.Convert:
			v = x.X
		case *ssa.BinOp:
			if x.Op != token.AND {
				return false
			}
			v = x.X
		case *ssa.Extract:
			return x.Tuple == read && x.Index == 0
		default:
			return false
		}
	}
}

func growsEachRound(phi *ssa.Phi) bool {
	for _, e := range phi.Edges {
		if step, ok := e.(*ssa.BinOp); ok && step.Op == token.ADD && step.X == ssa.Value(phi) {
			return true
		}
	}
	return false
}

// countsRounds reports whether a round of the loop that begins in a block, and reads in
// another, cannot go on without a comparison of a number that the rounds change, other than
// the bits of what is read.
func countsRounds(head, read *ssa.BasicBlock) bool {
	for _, b := range head.Parent().Blocks {
		if !head.Dominates(b) || !reaches(b, head, map[*ssa.BasicBlock]bool{}) {
			continue
		}
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || !leavesLoop(b, head) || !everyRound(b, head) {
			continue
		}
		comparison, ok := branch.Cond.(*ssa.BinOp)
		if !ok {
			return true // asks a function
		}
		if basic, ok := comparison.X.Type().Underlying().(*types.Basic); !ok || basic.Info()&types.IsInteger == 0 {
			continue // the error
		}
		if changes(comparison.X) || changes(comparison.Y) {
			return true
		}
	}
	return false
}

// leavesLoop reports whether a block of a loop has a way out of it.
func leavesLoop(b, head *ssa.BasicBlock) bool {
	for _, s := range b.Succs {
		if !head.Dominates(s) || !reaches(s, head, map[*ssa.BasicBlock]bool{}) {
			return true
		}
	}
	return false
}

// everyRound reports whether each round of a loop that goes on comes through a block.
func everyRound(b, head *ssa.BasicBlock) bool {
	for _, p := range head.Preds {
		if head.Dominates(p) && !b.Dominates(p) {
			return false
		}
	}
	return true
}

// changes reports whether a value is a counter of a loop, or one of its steps.
func changes(v ssa.Value) bool {
	v = unconverted(v)
	if _, ok := query.IntSSA(v); ok {
		return false
	}
	return counter(v) != nil
}
