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

//go:embed testdata/index-out-of-range.txtar
var indexOutOfRangeExamples string

// IndexOutOfRange finds indexes that are beyond what the function itself made.
var IndexOutOfRange = &check.Check{
	ID:         "go/index-out-of-range",
	Title:      "An index is beyond the end",
	CWE:        []check.CWE{129, 125},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runIndexOutOfRange,
	Page: check.Page{
		What: "A slice, string or array is indexed or cut beyond its end, where the function itself, or a caller, has made it, so that its length is known: by a constant, or by the counter of a loop that runs to its end.",
		Why: "The program panics whenever it gets here. Such code is often on a way that tests do not take, and a stranger may: an error path, a loop whose last round is one too many, a length that is tested for 3 before element 3 is taken. " +
			"A panic that nobody recovers ends the process with all its requests.",
		Fix:    "Test the length for what is taken: `s[3]` needs `len(s) > 3`, `s[:3]` needs `len(s) >= 3`. A loop over all elements is `for i := range s`. There is no quick fix, because the index or the length may be the wrong one.",
		Limits: "A test of the length before the place counts, if it is enough. Lengths that come from callers are followed where a parameter is cut before any branch, those of other functions are not; loops with `break` or `return` inside are left alone. So is test code. Arrays of length 0 that are cut before they are indexed are left alone: they are switched on and off by their length.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/129.html",
			"https://go.dev/ref/spec#Index_expressions",
		},
		Examples: indexOutOfRangeExamples,
	},
}

func runIndexOutOfRange(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				switch i := instr.(type) {
				case *ssa.IndexAddr:
					checkIndex(pass, i, i.X, i.Index)
				case *ssa.Index:
					checkIndex(pass, i, i.X, i.Index)
				case *ssa.Slice:
					checkSlice(pass, i)
					checkGiven(pass, fl, i)
				}
			}
		}
	}
	return nil
}

// checkGiven reports parameter[low:high] at the beginning of a function, where a caller gives
// less than that.
func checkGiven(pass *check.PackagePass, fl *flow.Flow, i *ssa.Slice) {
	p, ok := i.X.(*ssa.Parameter)
	if !ok || i.High == nil || !i.Pos().IsValid() || i.Block() != i.Parent().Blocks[0] {
		return
	}
	n, ok := bounds.Found(i.High, i.Block())
	if !ok || n.Empty() {
		return
	}
	for _, caller := range fl.Callers(p.Parent()) {
		index := slices.Index(p.Parent().Params, p)
		args := caller.Instr.Common().Args
		if index >= len(args) {
			continue
		}
		_, capacity, known := bounds.Length(args[index])
		if !known || isNil(args[index]) || n.Min.Cmp(capacity.Max) <= 0 || bounds.AtLeast(args[index], caller.Instr.Block()).Cmp(n.Min) >= 0 {
			continue
		}
		given := pass.Location(caller.Expr)
		given.Message = "given here"
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s is beyond the end: a caller gives a slice whose capacity is %s", n.Min, capacity.Max),
			Location: pass.Location(indexed(pass, i.Pos())),
			Related:  []check.Location{given},
		})
		return
	}
}

// checkIndex reports of[index], if it is always beyond the end, or in the last round
// of a loop.
func checkIndex(pass *check.PackagePass, at ssa.Instruction, of, index ssa.Value) {
	if !at.Pos().IsValid() || isNil(of) && !isConst(index) && !countsElsewhere(index) {
		return // an element that a literal or the loop of a range writes
	}
	if isEmptyArray(of) {
		return
	}
	if v, ok := at.(ssa.Value); ok && onlyMeasured(v) {
		return
	}
	length, _, ok := bounds.Length(of)
	if !ok {
		return
	}
	block := at.Block()
	i, ok := bounds.Found(index, block)
	if !ok || i.Empty() {
		return
	}
	where := pass.Location(indexed(pass, at.Pos()))
	switch {
	case i.Max.Sign() < 0:
		pass.Report(check.Finding{Message: fmt.Sprintf("index %s is less than 0", i.Max), Location: where})
	case i.Min.Cmp(length.Max) >= 0 && bounds.AtLeast(of, block).Cmp(i.Min) <= 0:
		pass.Report(check.Finding{Message: fmt.Sprintf("index %s is beyond the end: the length is %s", i.Min, length.Max), Location: where})
	case i.Max.Cmp(length.Max) >= 0 && i.Max.IsInt64() && i.Max.Int64() < 1<<62 && counted(index, block) && bounds.AtLeast(of, block).Cmp(i.Max) <= 0:
		pass.Report(check.Finding{Message: fmt.Sprintf("the index gets to %s in the last round, and the length is %s", i.Max, length.Max), Location: where})
	}
}

// isEmptyArray reports whether a slice is one of an array of length 0: d[:][0] of d *[track]uint64. The compiler would refuse
// d[0], so this is written to be switched on and off by the length.
func isEmptyArray(v ssa.Value) bool {
	cut, ok := v.(*ssa.Slice)
	if !ok {
		return false
	}
	p, ok := cut.X.Type().Underlying().(*types.Pointer)
	if _, made := cut.X.(*ssa.Alloc); made || !ok { // make([]byte, 0) is made so
		return false
	}
	array, ok := p.Elem().Underlying().(*types.Array)
	return ok && array.Len() == 0
}

// onlyMeasured reports whether nothing but the size of a value, or of what is at an address, is asked for, which the value
// itself is not needed for: unsafe.Sizeof(s[0]). It is no constant where the type is a parameter.
func onlyMeasured(v ssa.Value) bool {
	uses := slices.DeleteFunc(slices.Clone(*v.Referrers()), func(use ssa.Instruction) bool { _, debug := use.(*ssa.DebugRef); return debug })
	return len(uses) > 0 && !slices.ContainsFunc(uses, func(use ssa.Instruction) bool {
		switch use := use.(type) {
		case *ssa.UnOp:
			return use.Op != token.MUL || !onlyMeasured(use)
		case *ssa.Call:
			builtin, ok := use.Call.Value.(*ssa.Builtin)
			return !ok || builtin.Name() != "Sizeof" && builtin.Name() != "Alignof"
		}
		return true
	})
}

// isNil reports whether a slice is nil: one that is not made yet, so that a loop over it has no rounds and its length
// says nothing of what the function means to put there.
func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// checkSlice reports of[low:high:max], if it is always beyond the capacity.
func checkSlice(pass *check.PackagePass, i *ssa.Slice) {
	if !i.Pos().IsValid() {
		return
	}
	_, capacity, ok := bounds.Length(i.X)
	if !ok {
		return
	}
	least := bounds.AtLeast(i.X, i.Block())
	for _, v := range []ssa.Value{i.Max, i.High, i.Low} {
		if v == nil {
			continue
		}
		n, ok := bounds.Found(v, i.Block())
		if !ok || n.Empty() {
			continue
		}
		if n.Min.Cmp(capacity.Max) > 0 && least.Cmp(n.Min) < 0 {
			pass.Report(check.Finding{
				Message:  fmt.Sprintf("%s is beyond the end: the capacity is %s", n.Min, capacity.Max),
				Location: pass.Location(indexed(pass, i.Pos())),
			})
			return
		}
	}
}

// indexed gives the expression s[i] or s[i:j] whose bracket is at a place.
func indexed(pass *check.PackagePass, pos token.Pos) ast.Node {
	var found ast.Node = code.Place(pos)
	file := code.FileAt(pass.Pass, pos)
	if file == nil {
		return found
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || !query.Within(n, pos) {
			return false
		}
		switch n := n.(type) {
		case *ast.IndexExpr:
			if n.Lbrack == pos || n.Pos() == pos {
				found = n
			}
		case *ast.SliceExpr:
			if n.Lbrack == pos || n.Pos() == pos {
				found = n
			}
		}
		return true
	})
	return found
}

// counted reports whether an integer is what a loop counts up by one, from a constant
// to a constant, without another way out, so that it gets to its end; and whether
// the block is in every round.
func counted(index ssa.Value, block *ssa.BasicBlock) bool {
	phi := counter(index)
	if phi == nil {
		return false
	}
	head := phi.Block()
	back, inits := -1, 0
	for i, e := range phi.Edges {
		step, ok := e.(*ssa.BinOp)
		if !ok || step.Op != token.ADD || step.X != ssa.Value(phi) {
			if !isConst(e) {
				return false
			}
			inits++
			continue
		}
		if by, ok := bounds.Of(step.Y, head); !ok || by.Min.Cmp(big.NewInt(1)) != 0 || by.Max.Cmp(by.Min) != 0 || back >= 0 {
			return false
		}
		back = i
	}
	if back < 0 || inits != 1 || !block.Dominates(head.Preds[back]) {
		return false
	}
	var exit *ssa.If
	exits := 0
	for _, b := range loop(head, head.Preds[back]) {
		for _, s := range b.Succs {
			if !head.Dominates(s) || !reaches(s, head, map[*ssa.BasicBlock]bool{}) {
				exit, _ = b.Instrs[len(b.Instrs)-1].(*ssa.If)
				exits++
			}
		}
	}
	return exits == 1 && exit != nil && endsAtConstant(exit.Cond, phi)
}

// endsAtConstant reports whether a condition compares the variable of a loop with a
// constant or a length that is one: what an int16 cuts off is no longer than that allows, and mostly much shorter.
func endsAtConstant(cond ssa.Value, phi *ssa.Phi) bool {
	c, ok := cond.(*ssa.BinOp)
	if !ok || counter(c.X) != phi {
		return false
	}
	if isConst(c.Y) {
		return true
	}
	call, ok := c.Y.(*ssa.Call)
	if !ok || query.CalleeSSA(&call.Call) != "len" {
		return false
	}
	length, _, known := bounds.Length(call.Call.Args[0])
	return known && length.Min.Cmp(length.Max) == 0
}

// countsElsewhere reports whether an index is what a loop counts that has rounds however long a nil slice is: its end is
// a number, or the length of something else.
func countsElsewhere(index ssa.Value) bool {
	phi := counter(index)
	if phi == nil {
		return false
	}
	for _, b := range append([]*ssa.BasicBlock{phi.Block()}, phi.Block().Preds...) { // for i := range 10 is tested at its end
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		if c, ok := branch.Cond.(*ssa.BinOp); ok && counter(c.X) == phi {
			call, ok := c.Y.(*ssa.Call)
			return !ok || query.CalleeSSA(&call.Call) != "len" || !isNil(call.Call.Args[0])
		}
	}
	return false
}

// counter gives the variable of a loop that an index is a constant away from.
func counter(v ssa.Value) *ssa.Phi {
	for {
		switch x := v.(type) {
		case *ssa.Phi:
			return x
		case *ssa.BinOp:
			if x.Op != token.ADD && x.Op != token.SUB {
				return nil
			}
			switch {
			case isConst(x.Y):
				v = x.X
			case isConst(x.X) && x.Op == token.ADD:
				v = x.Y
			default:
				return nil
			}
		default:
			return nil
		}
	}
}

func isConst(v ssa.Value) bool {
	_, ok := v.(*ssa.Const)
	return ok
}

// loop gives the blocks of a loop, by its first and one that leads back there.
func loop(head, back *ssa.BasicBlock) []*ssa.BasicBlock {
	seen := map[*ssa.BasicBlock]bool{head: true}
	blocks := []*ssa.BasicBlock{head}
	work := []*ssa.BasicBlock{back}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[b] {
			continue
		}
		seen[b] = true
		blocks = append(blocks, b)
		work = append(work, b.Preds...)
	}
	return blocks
}

func reaches(from, to *ssa.BasicBlock, seen map[*ssa.BasicBlock]bool) bool {
	if from == to {
		return true
	}
	if seen[from] || !to.Dominates(from) {
		return false
	}
	seen[from] = true
	for _, s := range from.Succs {
		if reaches(s, to, seen) {
			return true
		}
	}
	return false
}
