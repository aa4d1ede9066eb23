package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/jwt-without-expiry.txtar
var jwtWithoutExpiryExamples string

// JWTWithoutExpiry finds tokens that are issued for ever.
var JWTWithoutExpiry = &check.Check{
	ID:         "go/jwt-without-expiry",
	Title:      "JWT is issued for ever",
	CWE:        []check.CWE{613},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runJWTWithoutExpiry,
	Page: check.Page{
		What:   "A token is made by golang-jwt from claims without `exp`.",
		Why:    "Nobody can take a signed token back: without an end, one that leaks from a log, a backup or a sold phone opens the door until the key is changed, and with it every other token.",
		Fix:    "Set `exp`, or `ExpiresAt` of `jwt.RegisteredClaims`, to minutes for access and days for refresh, and renew. There is no quick fix, because only you know how long a session may last.",
		Limits: "Judged where the claims are written out in the call or in a variable that nothing is added to, and nothing else sees. Functions for keys of machines, by their name (`apiKey`, `service`), and test code are left alone. Packages that verify no tokens make them for others, and are for persona pedantic, as are claims with the time of issue (`iat`) in a package that asks how long ago that was.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/613.html",
			"https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4",
			"https://cheatsheetseries.owasp.org/cheatsheets/JSON_Web_Token_for_Java_Cheat_Sheet.html",
		},
		Examples: jwtWithoutExpiryExamples,
	},
}

func runJWTWithoutExpiry(_ context.Context, pass *check.PackagePass) error {
	index, makers := query.IndexOf(pass.Pass), ofJWT("%.NewWithClaims")
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { return slices.Contains(makers, code.Unversioned(called.Name)) }) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			continue
		}
		if f, ok := code.Enclosing(c); ok && slices.ContainsFunc(query.Words(f.Name), func(w string) bool { return w == "api" || w == "service" || w == "permanent" || w == "machine" }) {
			continue
		}
		lit := claimsOf(pass, index, call.Args[1])
		if lit != nil && !expires(pass, lit) {
			finding := check.Finding{Message: "the token has no end: whoever gets hold of it is let in until the key is changed", Location: pass.Location(call)}
			if !code.MentionsLike(pass.Pass, func(name string) bool { return slices.Contains(verifiers, code.Unversioned(name)) }) {
				finding.Persona = check.Pedantic // who does not accept such tokens makes them for somebody else, who says what is in them
			}
			if hasAge(pass, lit) && judgesAge(pass) {
				finding.Persona = check.Pedantic // who accepts it bounds its age
			}
			pass.Report(finding)
		}
	}
	return nil
}

// claimsOf gives the literal that claims are written in, nil if they may have more.
func claimsOf(pass *check.PackagePass, index *query.Index, e ast.Expr) *ast.CompositeLit {
	e = ast.Unparen(e)
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = ast.Unparen(u.X)
	}
	if id, ok := e.(*ast.Ident); ok {
		v := code.Var(pass.TypesInfo, id)
		if v == nil || index == nil || v.Parent() == pass.Pkg.Scope() {
			return nil
		}
		for _, use := range index.Uses(v) {
			if use.Node() != id && mayExpire(pass, use) {
				return nil
			}
		}
		e = code.Init(pass.Pass, id)
		if e == nil {
			return nil
		}
		if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok {
			e = u.X
		}
	}
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok || len(lit.Elts) == 0 {
		return nil // filled elsewhere
	}
	return lit
}

// mayExpire reports whether claims may get an end where their variable is used:
// claims["exp"] = ..., claims.Set(...), complete(claims), but not claims["sub"] = ... or
// claims.Subject = ...
func mayExpire(pass *check.PackagePass, use inspector.Cursor) bool {
	switch n := use.Parent().Node().(type) {
	case *ast.IndexExpr:
		key, known := code.ConstString(pass.Pass, n.Index)
		return !known || key == "exp"
	case *ast.SelectorExpr:
		v := code.Var(pass.TypesInfo, n)
		return v == nil || strings.Contains(v.Name(), "Exp") || isClaims(v.Type()) || use.Parent().ParentEdgeKind() == edge.UnaryExpr_X
	}
	kind := use.ParentEdgeKind()
	return kind == edge.CallExpr_Args || kind == edge.UnaryExpr_X
}

// expires reports whether claims have an end, or may have one.
func expires(pass *check.PackagePass, lit *ast.CompositeLit) bool {
	if _, isMap := under(pass.TypesInfo.TypeOf(lit)).(*types.Map); isMap {
		return slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, known := code.ConstString(pass.Pass, kv.Key)
			return !known || key == "exp"
		})
	}
	registered := false // the claims of the library are among the fields
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if id, ok := kv.Key.(*ast.Ident); ok && (id.Name == "ExpiresAt" || strings.Contains(id.Name, "Exp")) {
			return true
		}
		if isClaims(pass.TypesInfo.TypeOf(kv.Value)) {
			inner, ok := ast.Unparen(kv.Value).(*ast.CompositeLit)
			if !ok || expires(pass, inner) {
				return true
			}
			registered = true
		}
	}
	return !registered && !hasClaims(pass.TypesInfo.TypeOf(lit))
}

// hasAge reports whether claims say when they were issued.
func hasAge(pass *check.PackagePass, lit *ast.CompositeLit) bool {
	return slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "IssuedAt" {
			return true
		}
		if key, _ := code.ConstString(pass.Pass, kv.Key); key == "iat" {
			return true
		}
		inner, ok := ast.Unparen(kv.Value).(*ast.CompositeLit)
		return ok && hasAge(pass, inner)
	})
}

// judgesAge reports whether the package asks how long ago tokens were issued: time.Since(claims.IssuedAt.Time).
func judgesAge(pass *check.PackagePass) bool {
	for c := range code.CallsTo(pass.Pass, "time.Since", "time.Until", "(time.Time).Sub", "(time.Time).Add", "(time.Time).Before", "(time.Time).After") {
		age := false
		ast.Inspect(c.Node(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				age = age || n.Sel.Name == "IssuedAt"
			case *ast.IndexExpr:
				key, _ := code.ConstString(pass.Pass, n.Index)
				age = age || key == "iat"
			}
			return !age
		})
		if age {
			return true
		}
	}
	return false
}

// hasClaims reports whether a type is that of the library's claims, or embeds it.
func hasClaims(t types.Type) bool {
	if s, ok := under(t).(*types.Struct); ok {
		for f := range s.Fields() {
			if f.Embedded() && isClaims(f.Type()) {
				return true
			}
		}
	}
	return isClaims(t)
}

func isClaims(t types.Type) bool {
	return slices.Contains(ofJWT("%.RegisteredClaims", "%.StandardClaims"), code.Unversioned(query.TypeName(t)))
}
