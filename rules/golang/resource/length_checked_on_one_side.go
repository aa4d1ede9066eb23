package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"math/big"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/length-checked-on-one-side.txtar
var lengthCheckedOnOneSideExamples string

// LengthCheckedOnOneSide finds elements that are read although the check of the length
// failed, because && binds tighter than ||.
var LengthCheckedOnOneSide = &check.Check{
	ID:         "go/length-checked-on-one-side",
	Title:      "The check of a length holds for one side of || only",
	CWE:        []check.CWE{129, 783},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, flow.Analyzer},
	RunPackage: runLengthCheckedOnOneSide,
	Page: check.Page{
		What: "`len(s) >= 2 && s[0] == '[' || s[0] == '{'`: the right side reads an element of what the left side found too short.",
		Why: "`&&` binds tighter than `||`, so the right side is looked at just where the check of the length failed, and an empty text panics. A parser that is given an empty document ends the program, as gjson's did " +
			"(CVE-2020-36067).",
		Fix:    "Put parentheses around both alternatives: `len(s) >= 2 && (s[0] == '[' || s[0] == '{')`. The quick fix does; it is not safe to apply unseen, as it changes what the condition says of short texts, which panicked.",
		Limits: "Indexes have to be constants. Where an earlier condition says that there are enough elements, nothing is reported. Test code is left alone.",
		References: []string{
			"https://go.dev/ref/spec#Operator_precedence",
			"https://cwe.mitre.org/data/definitions/783.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-36067",
		},
		Examples: lengthCheckedOnOneSideExamples,
	},
}

func runLengthCheckedOnOneSide(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	var short map[token.Pos]bool
	for c := range code.Nodes(pass.Pass, (*ast.BinaryExpr)(nil)) {
		or, ok := c.Node().(*ast.BinaryExpr)
		if !ok || or.Op != token.LOR {
			continue
		}
		and, ok := ast.Unparen(or.X).(*ast.BinaryExpr)
		if !ok || and.Op != token.LAND {
			continue
		}
		checked := lengthChecked(pass, and.X)
		if strings.Contains(edit.Text(pass, and.Y), "len("+checked+")") {
			continue // both are the check of the length
		}
		read := elementRead(pass, or.Y, checked)
		if checked == "" || read == nil {
			continue
		}
		if short == nil {
			short = shortReads(fl)
		}
		if !short[read.Lbrack] {
			continue
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s is read where the check of len(%s) has failed", edit.Text(pass, read), checked),
			Location: pass.Location(read),
			Fixes:    aroundBoth(pass, c, and, or),
		})
	}
	return nil
}

// lengthChecked gives the text of s where a condition begins with a comparison of len(s).
func lengthChecked(pass *check.PackagePass, cond ast.Expr) string {
	for {
		b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
		if !ok {
			return ""
		}
		if b.Op == token.LAND {
			cond = b.X
			continue
		}
		call, ok := ast.Unparen(b.X).(*ast.CallExpr)
		if ok && len(call.Args) == 1 && query.Callee(pass.TypesInfo, call) == "len" && (b.Op == token.GTR || b.Op == token.GEQ || b.Op == token.NEQ || b.Op == token.EQL) {
			return edit.Text(pass, call.Args[0])
		}
		return ""
	}
}

// elementRead gives s[n] where a condition begins with it, or with its comparison.
func elementRead(pass *check.PackagePass, cond ast.Expr, of string) *ast.IndexExpr {
	for {
		b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
		if !ok {
			break
		}
		cond = b.X
	}
	index, ok := ast.Unparen(cond).(*ast.IndexExpr)
	if !ok || edit.Text(pass, index.X) != of {
		return nil
	}
	if _, ok := code.ConstInt(pass.Pass, index.Index); !ok {
		return nil
	}
	return index
}

// shortReads gives the places where an element is read of what may have too few, by the
// conditions on the way there.
func shortReads(fl *flow.Flow) map[token.Pos]bool {
	places := map[token.Pos]bool{}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				var of, at ssa.Value
				switch i := instr.(type) {
				case *ssa.IndexAddr:
					of, at = i.X, i.Index
				case *ssa.Index:
					of, at = i.X, i.Index
				case *ssa.Lookup:
					of, at = i.X, i.Index
				default:
					continue
				}
				if n, ok := query.IntSSA(at); ok && bounds.AtLeast(of, b).Cmp(big.NewInt(n)) <= 0 {
					places[instr.Pos()] = true
				}
			}
		}
	}
	return places
}

// aroundBoth puts parentheses around what follows the check of the length.
func aroundBoth(pass *check.PackagePass, c inspector.Cursor, and, or *ast.BinaryExpr) []check.Fix {
	outer, ok := c.Parent().Node().(*ast.BinaryExpr)
	more, isAnd := ast.Unparen(and.X).(*ast.BinaryExpr)
	if ok && outer.Op == token.LOR || isAnd && more.Op == token.LAND || ast.Expr(and) != or.X {
		return nil // more alternatives, or more conditions: which go together is not clear
	}
	return []check.Fix{{Title: "Let the check of the length hold for both sides", Edits: []check.Edit{
		pass.Edit(or, fmt.Sprintf("%s && (%s || %s)", edit.Text(pass, and.X), edit.Text(pass, and.Y), edit.Text(pass, or.Y))),
	}}}
}
