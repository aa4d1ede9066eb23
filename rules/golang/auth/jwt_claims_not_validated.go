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
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
)

//go:embed testdata/jwt-claims-not-validated.txtar
var jwtClaimsNotValidatedExamples string

// JWTClaimsNotValidated finds parsers that take tokens which have expired.
var JWTClaimsNotValidated = &check.Check{
	ID:         "go/jwt-claims-not-validated",
	Title:      "JWT is accepted after it has expired",
	CWE:        []check.CWE{613, 347},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runJWTClaimsNotValidated,
	Page: check.Page{
		What:   "A parser is told not to look at the claims of a token: `WithoutClaimsValidation` or `SkipClaimsValidation` (golang-jwt), `WithValidate(false)` (lestrrat-go).",
		Why:    "The signature says who issued a token, the claims say until when and for whom. Without a look at `exp` a token that leaked years ago still opens the door, and a session cannot end.",
		Fix:    "Leave the option out, which the quick fix does; it is not safe to apply unseen, because tokens that are accepted today are refused then. For clocks that differ there is `jwt.WithLeeway`.",
		Limits: "Left alone: functions that go on to validate the claims themselves, by a method or function called `Valid`, `Validate` or the like; functions for tokens that may have expired, to refresh or revoke them, by their name; parsers that are only asked to `ParseUnverified`; test code. Where another function of the package validates claims, it is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/613.html",
			"https://pkg.go.dev/github.com/golang-jwt/jwt/v5#WithoutClaimsValidation",
			"https://www.rfc-editor.org/rfc/rfc8725#section-3.8",
		},
		Examples: jwtClaimsNotValidatedExamples,
	},
}

func runJWTClaimsNotValidated(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "SkipClaimsValidation") &&
		!code.MentionsLike(pass.Pass, func(name string) bool {
			return strings.HasSuffix(name, ".WithoutClaimsValidation") || strings.HasSuffix(name, ".WithValidate")
		}) {
		return nil
	}
	if slices.Contains([]string{"jws", "jwk", "signature", "signatures", "envelope"}, pass.Pkg.Name()) {
		return nil // signatures of documents, which let nobody in
	}
	persona := check.Regular
	if validatesElsewhere(pass) {
		persona = check.Pedantic
	}
	for c := range code.Nodes(pass.Pass, (*ast.CallExpr)(nil), (*ast.KeyValueExpr)(nil)) {
		excused := func() bool { // which walks a whole function: asked last
			f, in := code.Enclosing(c)
			return in && (forExpired(f.Name) || validates(pass, f.Body))
		}
		switch n := c.Node().(type) {
		case *ast.CallExpr:
			name := code.Unversioned(query.Callee(pass.TypesInfo, n))
			off := slices.Contains(ofJWT("%.WithoutClaimsValidation"), name)
			if name == "github.com/lestrrat-go/jwx/jwt.WithValidate" && len(n.Args) == 1 {
				on, known := code.ConstBool(pass.Pass, n.Args[0])
				off = known && !on
			}
			if !off || excused() || onlyReads(pass, c) {
				continue
			}
			finding := check.Finding{Message: "tokens are accepted after they have expired, and before they are valid", Location: pass.Location(n), Persona: persona}
			if outer, ok := c.Parent().Node().(*ast.CallExpr); ok {
				for i, arg := range outer.Args {
					if arg == n {
						edits := append(edit.Unimport(pass, code.File(c), n), edit.Element(pass, outer.Args, i))
						if len(outer.Args) == 1 {
							edits = append(edits[:len(edits)-1], pass.Edit(n, ""))
						}
						finding.Fixes = []check.Fix{{Title: "Look at the claims", Edits: edits}}
					}
				}
			}
			pass.Report(finding)
		case *ast.KeyValueExpr:
			v := code.Var(pass.TypesInfo, n.Key)
			on, known := code.ConstBool(pass.Pass, n.Value)
			if v == nil || !v.IsField() || v.Name() != "SkipClaimsValidation" || !slices.Contains(jwtPackages, code.Unversioned(code.Path(v.Pkg()))) || !known || !on || excused() {
				continue
			}
			finding := check.Finding{Message: "tokens are accepted after they have expired, and before they are valid", Location: pass.Location(n), Persona: persona}
			if lit, ok := c.Parent().Node().(*ast.CompositeLit); ok {
				for i, e := range lit.Elts {
					if e == n {
						finding.Fixes = []check.Fix{{Title: "Look at the claims", Edits: []check.Edit{edit.Element(pass, lit.Elts, i)}}}
					}
				}
			}
			pass.Report(finding)
		}
	}
	return nil
}

// onlyReads reports whether the parser that an option is for is kept in a variable, and only parses tokens without verifying
// them: claims are not validated there anyway, and nobody is let in.
func onlyReads(pass *check.PackagePass, c inspector.Cursor) bool {
	if _, ok := c.Parent().Node().(*ast.CallExpr); !ok {
		return false
	}
	parser := code.Holder(pass.TypesInfo, c.Parent())
	if parser == nil || parser.Kind() != types.LocalVar {
		return false
	}
	uses := query.IndexOf(pass.Pass).Uses(parser)
	return len(uses) > 0 && !slices.ContainsFunc(uses, func(use inspector.Cursor) bool {
		sel, ok := use.Parent().Node().(*ast.SelectorExpr)
		return !ok || sel.Sel.Name != "ParseUnverified"
	})
}

// validatesElsewhere reports whether any function of a package that is no test validates claims itself: what is parsed here may
// come there.
func validatesElsewhere(pass *check.PackagePass) bool {
	for _, file := range pass.Files {
		if code.IsTest(pass.Pass, file) {
			continue
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && validates(pass, fn.Body) {
				return true
			}
		}
	}
	return false
}
