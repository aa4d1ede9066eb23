package transport

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/ssh-host-key-not-verified.txtar
var sshHostKeyNotVerifiedExamples string

// SSHHostKeyNotVerified finds SSH clients that accept any host key.
var SSHHostKeyNotVerified = &check.Check{
	ID:         "go/ssh-host-key-not-verified",
	Title:      "SSH host key is not verified",
	CWE:        []check.CWE{322, 295},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runSSHHostKeyNotVerified,
	Page: check.Page{
		What: "An SSH client accepts whatever key the server shows, by `ssh.InsecureIgnoreHostKey` or by a callback that always returns nil.",
		Why: "The host key is all that tells the server from somebody in between. Without it an attacker on the path answers in the server's place, gets the password, and sees and " +
			"changes every command, file and tunnel. HashiCorp Packer's and Terraform's provisioners and Jenkins' SSH plugins each had to add the check after the fact.",
		Fix: "Use `knownhosts.New` from golang.org/x/crypto/ssh/knownhosts with the user's known_hosts file, or `ssh.FixedHostKey` for one server. There is no quick fix, because only " +
			"you know where the key is.",
		Limits: "Left alone: code that runs only under a condition or in a function whose name says that no verification is wanted (`if opts.Insecure`), callbacks that keep the key for " +
			"something else to look at, and test code. Places whose comment gives a reason are for persona pedantic, because somebody decided that, as are conditional ones in a function that verifies by `ssh.FixedHostKey` or `knownhosts.New` otherwise, and packages for tests that connect to a port that a container has mapped (`MappedPort`).",
		References: []string{
			"https://cwe.mitre.org/data/definitions/322.html",
			"https://pkg.go.dev/golang.org/x/crypto/ssh#HostKeyCallback",
			"https://pkg.go.dev/golang.org/x/crypto/ssh/knownhosts",
			"https://www.rfc-editor.org/rfc/rfc4251#section-4.1",
		},
		Examples: sshHostKeyNotVerifiedExamples,
	},
}

func runSSHHostKeyNotVerified(_ context.Context, pass *check.PackagePass) error {
	report := func(c inspector.Cursor, n ast.Node, how string) {
		persona := whoDecided(pass, n)
		if isOwnContainer(pass, c) || verifiesOtherwise(pass, c) { // its key is as new as the container, or a setting decides
			persona = check.Pedantic
		}
		pass.Report(check.Finding{
			Message:  "SSH host key is not verified: " + how + ", so anyone on the network path can pose as the server",
			Location: pass.Location(n),
			Persona:  persona,
		})
	}
	if query.Lookup(pass.Pkg, "golang.org/x/crypto/ssh.PublicKey") == nil { // of which a callback has one
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.SelectorExpr)(nil), (*ast.FuncLit)(nil)) {
		switch n := c.Node().(type) {
		case *ast.SelectorExpr:
			if query.Name(pass.TypesInfo.Uses[n.Sel]) == "golang.org/x/crypto/ssh.InsecureIgnoreHostKey" && !isChosen(pass, c) {
				report(c, n, "any is accepted")
			}
		case *ast.FuncLit:
			if key := hostKeyCallback(pass.TypesInfo.TypeOf(n)); key && !keepsParam(pass, n.Type, n.Body) && alwaysNil(pass, n.Body) && !isChosen(pass, c) {
				report(c, n.Type, "this callback never returns an error")
			}
		}
	}
	for c := range code.Nodes(pass.Pass, (*ast.FuncDecl)(nil)) {
		d, ok := c.Node().(*ast.FuncDecl)
		if !ok || pass.TypesInfo.Defs[d.Name] == nil {
			continue
		}
		if d.Body != nil && hostKeyCallback(pass.TypesInfo.Defs[d.Name].Type()) && !keepsParam(pass, d.Type, d.Body) && alwaysNil(pass, d.Body) && !isChosen(pass, c) {
			report(c, d.Name, "this callback never returns an error")
		}
	}
	return nil
}

// verifiesOtherwise reports whether a place runs under a condition, in a function that makes a callback which verifies for the other
// case: whoever configures the program gives a host key or does not. What is done where that fails, by an error, is no choice.
func verifiesOtherwise(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if !ok || !code.IsConditional(pass.TypesInfo, c) {
		return false
	}
	for at := range f.Cursor.Preorder((*ast.CallExpr)(nil)) {
		if call, ok := at.Node().(*ast.CallExpr); ok {
			switch query.Callee(pass.TypesInfo, call) {
			case "golang.org/x/crypto/ssh.FixedHostKey", "golang.org/x/crypto/ssh/knownhosts.New":
				return true
			}
		}
	}
	return false
}

// isOwnContainer reports whether a package for tests, by its name, asks in the same function which port a container has
// mapped: that container was started for the test, and nobody can know its key before.
func isOwnContainer(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if name := pass.Pkg.Name(); !ok || !strings.HasPrefix(name, "test") && !strings.HasSuffix(name, "test") {
		return false
	}
	for at := range f.Cursor.Preorder((*ast.CallExpr)(nil)) {
		if call, ok := at.Node().(*ast.CallExpr); ok {
			if fn := code.Callee(pass.TypesInfo, call); fn != nil && fn.Name() == "MappedPort" && fn.Signature().Recv() != nil {
				return true
			}
		}
	}
	return false
}

// hostKeyCallback reports whether a type is the signature of ssh.HostKeyCallback.
func hostKeyCallback(t types.Type) bool {
	sig, ok := t.(*types.Signature)
	return ok && sig.Params().Len() == 3 && sig.Results().Len() == 1 &&
		query.IsType(sig.Params().At(1).Type(), "net.Addr") &&
		query.IsType(sig.Params().At(2).Type(), "golang.org/x/crypto/ssh.PublicKey") &&
		query.IsType(sig.Results().At(0).Type(), "error")
}

// keepsParam reports whether a callback uses the key: to show it to a person, to
// record it, or to hand it to what decides.
func keepsParam(pass *check.PackagePass, typ *ast.FuncType, body *ast.BlockStmt) bool {
	params := typ.Params.List
	last := params[len(params)-1]
	if len(last.Names) == 0 {
		return false
	}
	key := pass.TypesInfo.Defs[last.Names[len(last.Names)-1]]
	used := false
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && key != nil && pass.TypesInfo.Uses[id] == key {
			used = true
		}
		return !used
	})
	return used
}

func alwaysNil(pass *check.PackagePass, body *ast.BlockStmt) bool {
	return code.AlwaysReturns(body, func(e ast.Expr) bool { return pass.TypesInfo.Types[e].IsNil() })
}
