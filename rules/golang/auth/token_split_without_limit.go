package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/token-split-without-limit.txtar
var tokenSplitWithoutLimitExamples string

// TokenSplitWithoutLimit finds tokens that are taken apart wholly before their parts are
// counted.
var TokenSplitWithoutLimit = &check.Check{
	ID:         "go/token-split-without-limit",
	Title:      "A token is split into as many parts as it has",
	CWE:        []check.CWE{405, 770},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, flow.Analyzer},
	RunPackage: runTokenSplitWithoutLimit,
	Page: check.Page{
		What: "A token that has not been verified is taken apart by `strings.Split`, and only then it is asked whether it has as many parts as a token should: `parts := strings.Split(token, \".\")`, `len(parts) != 3`.",
		Why: "A token of dots costs 16 bytes for each of them: a megabyte that anybody may send becomes 16 in every request, before a signature is looked at. golang-jwt (CVE-2025-30204), go-jose (CVE-2025-27144) and x/oauth2 (CVE-2025-22868) " +
			"were changed because of it.",
		Fix:    "`strings.SplitN` with one part more than is right. The quick fix does that; it is safe, because whatever had more parts still has too many.",
		Limits: "Judged by names: what is split is called a token, JWT, JWS, JWE or the like, and the parts are compared with a number right after. Tokens that the program has for itself (a field of the receiver, an `oauth2.Token`), those whose dots are counted before (`strings.Count`), here or by all callers, and test code are left alone. For persona pedantic are tokens that no stranger gives for all that the package shows: they come neither from a request nor from a parameter of an exported function, or of one that nobody calls by name. In commands and in clients of OAuth 2, whose tokens are their user's or their provider's, it is for persona pedantic, as it is in what only its own module imports, because net/http bounds the headers that it gets tokens from.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2025-30204",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-27144",
			"https://cwe.mitre.org/data/definitions/405.html",
		},
		Examples: tokenSplitWithoutLimitExamples,
	},
}

// maxDotsCallers is how many functions call one another between a count of dots and the split.
const maxDotsCallers = 3

// tokenWords name what somebody presents to be let in, in its written form.
var tokenWords = []string{"token", "jwt", "jws", "jwe", "bearer", "compact", "serialized", "signed", "assertion"}

func runTokenSplitWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	splits := map[*ast.CallExpr]flow.Call{}
	for _, split := range fl.Calls("strings.Split") {
		splits[split.Expr] = split
	}
	for c := range code.CallsTo(pass.Pass, "strings.Split") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			continue
		}
		words := query.Words(purpose.NameOf(pass.TypesInfo, call.Args[0]))
		separator, known := code.ConstString(pass.Pass, call.Args[1])
		assign, assigned := c.Parent().Node().(*ast.AssignStmt)
		if !known || separator != "." || !assigned || len(assign.Lhs) != 1 || !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(tokenWords, w) }) {
			continue
		}
		f, ok := code.Enclosing(c)
		if !ok || isOwn(pass, c, call.Args[0]) {
			continue
		}
		parts := partsWanted(pass, f.Body, assign.Lhs[0], assign.End())
		if parts == 0 {
			continue
		}
		split, known := splits[call]
		if known && dotsCounted(fl, split.Arg(0), split.Instr, maxDotsCallers) {
			continue
		}
		limited := fmt.Sprintf("SplitN(%s, %s, %d)", edit.Text(pass, call.Args[0]), edit.Text(pass, call.Args[1]), parts+1)
		finding := check.Finding{
			Message:  fmt.Sprintf("the token is split at every dot before it is known to have %d parts: one of dots alone takes 16 times its size", parts),
			Location: pass.Location(call),
		}
		if !code.IsForOthers(pass.Pkg) { // net/http takes no more than a megabyte of headers
			finding.Persona = check.Pedantic
		}
		if known && !isStrangers(fl, split.Arg(0)) {
			finding.Persona = check.Pedantic
		}
		if isCommand(pass.Pkg) || isOAuthClient(pass.Pkg) {
			finding.Persona = check.Pedantic // the token is its user's, or that of the provider that it asked for it
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			finding.Fixes = []check.Fix{{Title: fmt.Sprintf("Split into %d parts at most", parts+1), Safe: true,
				Edits: []check.Edit{pass.Edit(call, edit.Text(pass, sel.X)+"."+limited)}}}
		}
		pass.Report(finding)
	}
	return nil
}

// isOAuthClient reports whether a package logs in by OAuth 2.
func isOAuthClient(pkg *types.Package) bool {
	return slices.ContainsFunc(pkg.Imports(), func(p *types.Package) bool { return p.Path() == "golang.org/x/oauth2" })
}

// isOwn reports whether a token is one that the program has for itself: a field of the method's receiver, or of what
// a server of OAuth 2 answered.
func isOwn(pass *check.PackagePass, c inspector.Cursor, token ast.Expr) bool {
	sel, ok := ast.Unparen(token).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if query.IsType(pass.TypesInfo.TypeOf(sel.X), "golang.org/x/oauth2.Token") {
		return true
	}
	v := code.Var(pass.TypesInfo, sel.X)
	return v != nil && v.Kind() == types.RecvVar
}

// partsWanted gives the number that len of some parts is first compared with for equality after
// a place; 0 if there is none, or if it is only a least number.
func partsWanted(pass *check.PackagePass, body *ast.BlockStmt, parts ast.Expr, after token.Pos) (n int64) {
	of := code.Var(pass.TypesInfo, parts)
	if of == nil || body == nil {
		return 0
	}
	ast.Inspect(body, func(node ast.Node) bool {
		b, ok := node.(*ast.BinaryExpr)
		if !ok || b.Pos() < after || n != 0 || b.Op != token.NEQ && b.Op != token.EQL {
			return true
		}
		call, ok := ast.Unparen(b.X).(*ast.CallExpr)
		if ok && len(call.Args) == 1 && query.Callee(pass.TypesInfo, call) == "len" && code.Var(pass.TypesInfo, call.Args[0]) == of {
			n, _ = code.ConstInt(pass.Pass, b.Y)
		}
		return true
	})
	return max(n, 0)
}
