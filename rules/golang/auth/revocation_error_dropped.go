package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/revocation-error-dropped.txtar
var revocationErrorDroppedExamples string

// RevocationErrorDropped finds revocations that may have failed without anybody noticing.
var RevocationErrorDropped = &check.Check{
	ID:         "go/revocation-error-dropped",
	Title:      "Nobody notices that a revocation failed",
	CWE:        []check.CWE{755, 252, 613},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic, // many a revocation is tried on the way out, and what it was for is gone anyway
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runRevocationErrorDropped,
	Page: check.Page{
		What: "A function is called that revokes or invalidates a token, a session, a key or a certificate, its error is thrown away, and the caller, which can give an error itself, goes on as if it were done.",
		Why: "Who revokes a token has lost it, or somebody has gone. If the database was away for that moment, the answer says that the token is worth nothing any more, and it stays valid. fosite answered so to every revocation that failed " +
			"(CVE-2020-15223).",
		Fix:    "Return the error, or try again until it is done. Only that there was nothing to revoke is no failure. There is no quick fix, because the two have to be told apart.",
		Limits: "For persona pedantic, because many a revocation is only tried, as when a program ends. Goes by the name of what is called, whose last result has to be an error, and by a caller that has an error to give. `_ =` counts as a decision, as does a deferred call. Test code is left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2020-15223",
			"https://www.rfc-editor.org/rfc/rfc7009#section-2.2",
			"https://cwe.mitre.org/data/definitions/755.html",
		},
		Examples: revocationErrorDroppedExamples,
	},
}

func runRevocationErrorDropped(_ context.Context, pass *check.PackagePass) error {
	for c := range code.Nodes(pass.Pass, (*ast.ExprStmt)(nil)) {
		call, ok := ast.Unparen(c.Node().(*ast.ExprStmt).X).(*ast.CallExpr)
		if !ok {
			continue
		}
		fn := code.Callee(pass.TypesInfo, call)
		if fn == nil || !revokes(fn.Name()) || !givesError(fn.Signature()) || code.InTest(pass.Pass, call.Pos()) {
			continue
		}
		f, ok := code.Enclosing(c)
		if !ok {
			continue
		}
		if sig := signatureOf(pass, f.Node); sig == nil || !givesError(sig) {
			continue
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s may fail, and what it was to revoke stays valid: its error is thrown away", fn.Name()),
			Location: pass.Location(call),
		})
	}
	return nil
}

// revokes reports whether a function is named for revoking something that lets in.
func revokes(name string) bool {
	words := query.Words(name)
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "revoke", "invalidate", "blacklist", "denylist":
	default:
		return false
	}
	return slices.ContainsFunc(words[1:], func(w string) bool {
		switch w {
		case "token", "tokens", "session", "sessions", "key", "keys", "certificate", "certificates", "cert", "certs", "jwt", "credential", "credentials", "grant", "grants", "access", "refresh", "secret", "lease":
			return true
		}
		return false
	})
}

func givesError(sig *types.Signature) bool {
	n := sig.Results().Len()
	return n > 0 && types.Identical(sig.Results().At(n-1).Type(), types.Universe.Lookup("error").Type())
}

// signatureOf gives the signature of a declared function or of a literal.
func signatureOf(pass *check.PackagePass, fn ast.Node) *types.Signature {
	var t types.Type
	switch fn := fn.(type) {
	case *ast.FuncDecl:
		if obj := pass.TypesInfo.Defs[fn.Name]; obj != nil {
			t = obj.Type()
		}
	case *ast.FuncLit:
		t = pass.TypesInfo.TypeOf(fn)
	}
	sig, _ := t.(*types.Signature)
	return sig
}
