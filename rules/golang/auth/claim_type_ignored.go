package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/claim-type-ignored.txtar
var claimTypeIgnoredExamples string

// ClaimTypeIgnored finds claims that count as absent when they have another type.
var ClaimTypeIgnored = &check.Check{
	ID:         "go/claim-type-ignored",
	Title:      "A claim of another type counts as none",
	CWE:        []check.CWE{287, 754},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runClaimTypeIgnored,
	Page: check.Page{
		What: "A function that verifies takes a claim out of a map of claims by a type assertion whose outcome it throws away: `aud, _ := claims[\"aud\"].(string)`.",
		Why: "A claim may be a list as well as a text, a number as well as a text. Of another type it becomes the empty value, and that passes for a token without the claim, which is accepted unless it is demanded. jwt-go accepted tokens " +
			"for any audience when `aud` was a list (CVE-2020-26160).",
		Fix:    "Tell the three cases apart: absent, of the type that is meant, and anything else, which is refused. Or let a library parse the claims into a struct, which fails for another type. There is no quick fix, because what else to accept is the program's decision.",
		Limits: "Judged are maps whose type or name speaks of claims, claims that decide (aud, iss, sub, exp, nbf, iat, scope and the like), and functions that verify by their name. Other claims than aud, which may be a text or a list, are for persona pedantic. Test code is left alone.",
		References: []string{
			"https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-26160",
			"https://cwe.mitre.org/data/definitions/754.html",
		},
		Examples: claimTypeIgnoredExamples,
	},
}

// decidingClaims are those that a token is accepted or refused by.
var decidingClaims = []string{"aud", "iss", "sub", "exp", "nbf", "iat", "azp", "nonce", "scope", "scp", "roles", "groups", "typ", "alg"}

func runClaimTypeIgnored(_ context.Context, pass *check.PackagePass) error {
	for c := range code.Nodes(pass.Pass, (*ast.TypeAssertExpr)(nil)) {
		assertion, ok := c.Node().(*ast.TypeAssertExpr)
		if !ok || assertion.Type == nil {
			continue
		}
		index, ok := ast.Unparen(assertion.X).(*ast.IndexExpr)
		if !ok || !holdsClaims(pass, index.X) {
			continue
		}
		claim, known := code.ConstString(pass.Pass, index.Index)
		assign, assigned := c.Parent().Node().(*ast.AssignStmt)
		if !known || !slices.Contains(decidingClaims, claim) || !assigned || len(assign.Lhs) != 2 || assign.Tok != token.DEFINE && assign.Tok != token.ASSIGN {
			continue
		}
		ignored, ok := assign.Lhs[1].(*ast.Ident)
		f, in := code.Enclosing(c)
		if !ok || ignored.Name != "_" || !in || !verifies(f.Name) || refusesNone(pass, c.Parent(), assign) {
			continue
		}
		found := check.Finding{
			Message:  fmt.Sprintf("a token whose %s is of another type is judged as one that has none", claim),
			Location: pass.Location(assertion),
		}
		if claim != "aud" {
			found.Persona = check.Pedantic // who issues tokens writes them in one form only; audiences have two (RFC 7519, section 4.1.3)
		}
		pass.Report(found)
	}
	return nil
}

// refusesNone reports whether the claim is compared with its zero value in the condition that it is set for, and the
// branch where they are equal returns an error: if sub, _ := claims["sub"].(string); sub == "" { return errNone }.
func refusesNone(pass *check.PackagePass, c inspector.Cursor, assign *ast.AssignStmt) bool {
	branch, ok := c.Parent().Node().(*ast.IfStmt)
	if !ok || branch.Init != assign {
		return false
	}
	cond, ok := ast.Unparen(branch.Cond).(*ast.BinaryExpr)
	if !ok || cond.Op != token.EQL || code.Var(pass.TypesInfo, cond.X) != code.Var(pass.TypesInfo, assign.Lhs[0]) {
		return false
	}
	if text, known := code.ConstString(pass.Pass, cond.Y); !known || text != "" || len(branch.Body.List) == 0 {
		return false
	}
	ret, ok := branch.Body.List[len(branch.Body.List)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) == 0 {
		return false
	}
	last := ret.Results[len(ret.Results)-1]
	if yes, known := query.Bool(pass.TypesInfo, last); known {
		return !yes
	}
	isBool := types.Identical(query.Underlying(pass.TypesInfo, last), types.Typ[types.Bool])
	return !isBool && !pass.TypesInfo.Types[last].IsNil()
}

// holdsClaims reports whether an expression is a map of claims, by its type or its name.
func holdsClaims(pass *check.PackagePass, e ast.Expr) bool {
	t := pass.TypesInfo.TypeOf(e)
	if t == nil {
		return false
	}
	m, ok := t.Underlying().(*types.Map)
	if !ok {
		return false
	}
	if i, ok := m.Elem().Underlying().(*types.Interface); !ok || !i.Empty() {
		return false
	}
	name := purpose.NameOf(pass.TypesInfo, e)
	if named, ok := types.Unalias(t).(*types.Named); ok {
		name += " " + named.Obj().Name()
	}
	return slices.ContainsFunc(query.Words(name), func(w string) bool { return w == "claims" || w == "claim" })
}

// verifies reports whether a function decides about a token, by its name.
func verifies(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return strings.HasPrefix(w, "verif") || strings.HasPrefix(w, "valid") || strings.HasPrefix(w, "auth") || w == "check"
	})
}
