package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/key-too-small.txtar
var keyTooSmallExamples string

// KeyTooSmall finds RSA and DSA keys that can be broken by computing.
var KeyTooSmall = &check.Check{
	ID:         "go/key-too-small",
	Title:      "Key is too small",
	CWE:        []check.CWE{326},
	Severity:   check.Medium,
	Confidence: check.Certain,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runKeyTooSmall,
	Page: check.Page{
		What:   "An RSA key of fewer than 2048 bits is made, or parameters for a DSA key of 1024 bits.",
		Why:    "829 bits were factored in public in 2020; 512 bits take an afternoon on rented machines, and 1024 bits are within reach of a state. Who has the factors reads and signs everything.",
		Fix:    "Make RSA keys of 2048 bits, or 3072 if they are to last beyond 2030, or use Ed25519. The quick fix sets 2048. It is not safe to apply unseen, because hardware may not support it.",
		Limits: "Sees sizes that are constant. Elliptic curves of the standard library are all large enough. A key in a function whose comments speak of a dummy or throw-away key is for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/326.html",
			"https://csrc.nist.gov/pubs/sp/800/131/a/r2/final",
			"https://pkg.go.dev/crypto/rsa#GenerateKey",
		},
		Examples: keyTooSmallExamples,
	},
}

// minRSABits is what NIST SP 800-131A demands since 2014.
const minRSABits = 2048

func runKeyTooSmall(_ context.Context, pass *check.PackagePass) error {
	for c := range code.CallsTo(pass.Pass, "crypto/rsa.GenerateKey", "crypto/rsa.GenerateMultiPrimeKey", "crypto/dsa.GenerateParameters") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			continue
		}
		size := call.Args[len(call.Args)-1]
		switch query.Callee(pass.TypesInfo, call) {
		case "crypto/rsa.GenerateKey", "crypto/rsa.GenerateMultiPrimeKey":
			bits, known := code.ConstInt(pass.Pass, size)
			if !known || bits >= minRSABits {
				continue
			}
			f := check.Finding{Message: fmt.Sprintf("RSA keys of %d bits can be broken, %d are the minimum", bits, minRSABits), Location: pass.Location(size)}
			if remark.Dummy(pass.Pass, call.Pos()) {
				f.Persona = check.Pedantic
			}
			if lit, ok := ast.Unparen(size).(*ast.BasicLit); ok {
				f.Fixes = []check.Fix{{Title: "Make the key 2048 bits long", Edits: []check.Edit{pass.Edit(lit, "2048")}}}
			}
			pass.Report(f)
		case "crypto/dsa.GenerateParameters":
			if sizes, known := code.ConstInt(pass.Pass, size); known && sizes == 0 { // L1024N160
				pass.Report(check.Finding{Message: "DSA keys of 1024 bits can be broken, and DSA is obsolete", Location: pass.Location(size)})
			}
		}
	}
	return nil
}
