package transport

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/ssh-auth-state-shared.txtar
var sshAuthStateSharedExamples string

// SSHAuthStateShared finds SSH servers that remember a key which was only asked about.
var SSHAuthStateShared = &check.Check{
	ID:         "go/ssh-auth-state-shared",
	Title:      "SSH server remembers a key that did not log in",
	CWE:        []check.CWE{287},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runSSHAuthStateShared,
	Page: check.Page{
		What: "The `PublicKeyCallback` of an SSH server stores who the key belongs to in a variable outside of it.",
		Why: "A client may ask about any number of public keys before it proves that it has one of them, and the callback runs for each. The last one asked about is then taken for the one that logged in: a client asks about the administrator's " +
			"public key, logs in with its own, and is the administrator (CVE-2024-45337).",
		Fix:    "Return what is known of the key in `ssh.Permissions.Extensions`, and read it from `ServerConn.Permissions` after the handshake. There is no quick fix, because the readers have to change.",
		Limits: "Sees callbacks that are written where they are set, or are functions of the package. Counters, logs and caches by key are left alone, as is test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/287.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-45337",
			"https://pkg.go.dev/golang.org/x/crypto/ssh#ServerConfig",
		},
		Examples: sshAuthStateSharedExamples,
	},
}

func runSSHAuthStateShared(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "PublicKeyCallback") {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil)) {
		switch n := c.Node().(type) {
		case *ast.KeyValueExpr:
			storesOutside(pass, n.Key, n.Value)
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i, lhs := range n.Lhs {
					storesOutside(pass, lhs, n.Rhs[i])
				}
			}
		}
	}
	return nil
}

func storesOutside(pass *check.PackagePass, field, callback ast.Expr) {
	v := code.Var(pass.TypesInfo, field)
	if v == nil || !v.IsField() || v.Name() != "PublicKeyCallback" || !takesPublicKey(v.Type()) {
		return
	}
	signature, body := code.Body(pass.Pass, callback)
	if body == nil {
		return
	}
	ast.Inspect(body, func(n ast.Node) bool {
		as, ok := n.(*ast.AssignStmt)
		if !ok || as.Tok != token.ASSIGN {
			return true
		}
		for _, lhs := range as.Lhs {
			if isOutside(pass, lhs, signature.Params.Pos(), body.End()) {
				pass.Report(check.Finding{
					Message:  "this remembers a key that the client only asked about, and may not be the one that logs in",
					Location: pass.Location(as),
				})
				return true
			}
		}
		return true
	})
}

// takesPublicKey reports whether a type is the callback's, of
// golang.org/x/crypto/ssh or of what is modelled on it.
func takesPublicKey(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok || sig.Params().Len() != 2 || sig.Results().Len() != 2 {
		return false
	}
	name := query.TypeName(sig.Params().At(1).Type())
	return strings.HasSuffix(name, ".PublicKey") && strings.HasSuffix(query.TypeName(sig.Results().At(0).Type()), ".Permissions")
}

// isOutside reports whether what is assigned to lives outside of a callback, which
// has its parameters and its body between two positions.
func isOutside(pass *check.PackagePass, lhs ast.Expr, from, to token.Pos) bool {
	for {
		switch e := ast.Unparen(lhs).(type) {
		case *ast.SelectorExpr:
			if _, qualified := pass.TypesInfo.Selections[e]; !qualified {
				return true // of another package
			}
			lhs = e.X
		case *ast.StarExpr:
			lhs = e.X
		case *ast.IndexExpr:
			if t := pass.TypesInfo.TypeOf(e.X); t != nil {
				if _, isMap := t.Underlying().(*types.Map); isMap {
					return false // by user or by key
				}
			}
			lhs = e.X
		case *ast.Ident:
			v, ok := pass.TypesInfo.Uses[e].(*types.Var)
			if !ok || e.Name == "err" || e.Name == "_" {
				return false
			}
			return v.Parent() == pass.Pkg.Scope() || v.Pos() < from || v.Pos() > to
		default:
			return false
		}
	}
}
