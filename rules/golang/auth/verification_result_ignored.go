package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/verification-result-ignored.txtar
var verificationResultIgnoredExamples string

// VerificationResultIgnored finds verifications whose answer nobody looks at.
var VerificationResultIgnored = &check.Check{
	ID:         "go/verification-result-ignored",
	Title:      "Result of a verification is ignored",
	CWE:        []check.CWE{347, 252},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runVerificationResultIgnored,
	Page: check.Page{
		What: "A signature, MAC, password, certificate or token is verified, and the result or error that says whether it is genuine is not used.",
		Why:  "The call alone refuses nothing. The code after it runs for forged input exactly as for genuine input, while every reader sees that \"it is verified\".",
		Fix:  "Branch on the result: `if !hmac.Equal(a, b) { return errBadMAC }`, or return the error. The quick fix returns the error where the function returns one and nothing else; it is not safe to apply unseen, because what was accepted is then refused.",
		Limits: "Knows the standard library's verifications, bcrypt, golang-jwt, go-oidc and OpenPGP. A result that is assigned and never read counts as ignored. Left alone: comparisons with a dummy, which only take time; tokens whose `Valid` is read " +
			"instead of the error; test code. A token that is parsed without a key function is only decoded, which is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/252.html",
			"https://cwe.mitre.org/data/definitions/347.html",
			"https://pkg.go.dev/crypto/hmac#Equal",
		},
		Examples: verificationResultIgnoredExamples,
	},
}

// A verdict is the result of a function that says whether something is genuine.
type verdict struct {
	result int // its index
	of     string
}

var verdicts = withJWT(map[string]verdict{
	"crypto/hmac.Equal":                                                     {0, "a MAC"},
	"crypto/subtle.ConstantTimeCompare":                                     {0, "a secret"},
	"crypto/ed25519.Verify":                                                 {0, "a signature"},
	"crypto/ed25519.VerifyWithOptions":                                      {0, "a signature"},
	"crypto/ecdsa.Verify":                                                   {0, "a signature"},
	"crypto/ecdsa.VerifyASN1":                                               {0, "a signature"},
	"crypto/dsa.Verify":                                                     {0, "a signature"},
	"crypto/rsa.VerifyPKCS1v15":                                             {0, "a signature"},
	"crypto/rsa.VerifyPSS":                                                  {0, "a signature"},
	"(*crypto/x509.Certificate).CheckSignature":                             {0, "a signature"},
	"(*crypto/x509.Certificate).CheckSignatureFrom":                         {0, "a certificate"},
	"(*crypto/x509.Certificate).VerifyHostname":                             {0, "a certificate"},
	"(*crypto/x509.Certificate).Verify":                                     {1, "a certificate"},
	"(*crypto/x509.CertificateRequest).CheckSignature":                      {0, "a certificate request"},
	"(*crypto/tls.Conn).VerifyHostname":                                     {0, "a certificate"},
	"(crypto/cipher.AEAD).Open":                                             {1, "a ciphertext"},
	"golang.org/x/crypto/bcrypt.CompareHashAndPassword":                     {0, "a password"},
	"golang.org/x/crypto/openpgp.CheckDetachedSignature":                    {1, "a signature"},
	"golang.org/x/crypto/openpgp.CheckArmoredDetachedSignature":             {1, "a signature"},
	"github.com/ProtonMail/go-crypto/openpgp.CheckDetachedSignature":        {1, "a signature"},
	"github.com/ProtonMail/go-crypto/openpgp.CheckArmoredDetachedSignature": {1, "a signature"},
	"golang.org/x/crypto/nacl/sign.Open":                                    {1, "a signature"},
	"golang.org/x/crypto/nacl/auth.Verify":                                  {0, "a MAC"},
	"golang.org/x/crypto/nacl/secretbox.Open":                               {1, "a ciphertext"},
	"golang.org/x/crypto/nacl/box.Open":                                     {1, "a ciphertext"},
	"(*github.com/coreos/go-oidc/oidc.IDTokenVerifier).Verify":              {1, "a token"},
})

func withJWT(verdicts map[string]verdict) map[string]verdict {
	for _, name := range ofJWT("%.Parse", "%.ParseWithClaims", "(*%.Parser).Parse", "(*%.Parser).ParseWithClaims") {
		verdicts[name] = verdict{1, "a token"}
	}
	return verdicts
}

func runVerificationResultIgnored(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for name, v := range verdicts {
		for _, c := range fl.Calls(name) {
			results := c.Results()
			if results[v.result] != nil || v.of == "a token" && readsValid(results[0]) || takesTime(pass, fl, c) {
				continue
			}
			if v.result == 1 && strings.HasSuffix(name, "Verify") && results[0] != nil {
				continue // chains are looked at: without any the certificate is not genuine
			}
			what := "the result"
			if v.result == 1 || strings.Contains(name, "Check") || strings.Contains(name, "rsa.") || strings.Contains(name, "Hostname") || strings.Contains(name, "bcrypt") {
				what = "the error"
			}
			finding := check.Finding{
				Message:  fmt.Sprintf("%s of verifying %s is ignored, so a forged one passes", what, v.of),
				Location: pass.Location(c.Expr),
				Fixes:    returnError(pass, c),
			}
			if onlyDecodes(c) {
				finding.Persona = check.Pedantic // it is meant to be read, not to let anybody in
			}
			pass.Report(finding)
		}
	}
	return nil
}

// onlyDecodes reports whether a token is parsed without a function that gives the key: that always ends in an error, after the
// claims were read.
func onlyDecodes(c flow.Call) bool {
	keyFunction := 1
	if strings.HasSuffix(c.Name, ".ParseWithClaims") {
		keyFunction = 2
	}
	key, ok := c.Arg(keyFunction).(*ssa.Const)
	return ok && key.IsNil() && (strings.HasSuffix(c.Name, ".Parse") || keyFunction == 2)
}

// returnError makes a statement out of a call whose one result is an error the return of that error, in a
// function that returns one and nothing else.
func returnError(pass *check.PackagePass, c flow.Call) []check.Fix {
	results := c.Instr.Common().Signature().Results()
	outer := c.Fn.Signature.Results()
	if results.Len() != 1 || !query.IsType(results.At(0).Type(), "error") || outer.Len() != 1 || !query.IsType(outer.At(0).Type(), "error") || c.Fn.Syntax() == nil {
		return nil
	}
	var statement ast.Node
	ast.Inspect(c.Fn.Syntax(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			if n.X == c.Expr {
				statement = n
			}
		case *ast.AssignStmt: // _ = verify()
			if id, ok := n.Lhs[0].(*ast.Ident); ok && len(n.Lhs) == 1 && id.Name == "_" && n.Rhs[0] == c.Expr {
				statement = n
			}
		}
		return statement == nil
	})
	if statement == nil {
		return nil
	}
	indent := edit.Indent(pass, statement.Pos())
	text := fmt.Sprintf("if err := %s; err != nil {\n%s\treturn err\n%s}", edit.Text(pass, c.Expr), indent, indent)
	return []check.Fix{{Title: "Return the error", Edits: []check.Edit{pass.Edit(statement, text)}}}
}

// readsValid reports whether the field Valid of a token is read.
func readsValid(token ssa.Value) bool {
	if token == nil || token.Referrers() == nil {
		return false
	}
	for _, r := range *token.Referrers() {
		switch r := r.(type) {
		case *ssa.FieldAddr:
			if fieldName(r) == "Valid" {
				return true
			}
		case *ssa.Phi:
			if readsValid(r) {
				return true
			}
		case *ssa.Return, *ssa.Store:
			return true // something else may look
		}
	}
	return false
}

// takesTime reports whether a comparison is with a dummy, so that an unknown user
// takes as long as a known one.
func takesTime(pass *check.PackagePass, fl *flow.Flow, c flow.Call) bool {
	if strings.Contains(c.Name, "Compare") && c.Arg(0) != nil {
		if _, fixed := fl.Fixed(c.Arg(0)); fixed {
			return true
		}
	}
	for _, arg := range c.Expr.Args {
		for _, name := range purpose.Names(pass.TypesInfo, arg) {
			for _, w := range query.Words(name) {
				switch w {
				case "dummy", "fake", "decoy", "timing", "placeholder", "random", "default":
					return true
				}
			}
		}
	}
	return false
}
