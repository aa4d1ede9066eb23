package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
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

//go:embed testdata/password-hash-too-cheap.txtar
var passwordHashTooCheapExamples string

// PasswordHashTooCheap finds password hashes that cost an attacker too little.
var PasswordHashTooCheap = &check.Check{
	ID:         "go/password-hash-too-cheap",
	Title:      "Password hash is too cheap to compute",
	CWE:        []check.CWE{916},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runPasswordHashTooCheap,
	Page: check.Page{
		What: "bcrypt runs at a cost below 10, PBKDF2 with fewer than 100,000 rounds, scrypt with N below 2^14, or Argon2 with less than 7 MiB of memory.",
		Why:  "After a leak, all that protects a password is what each guess costs. LastPass kept some vaults at 5,000 rounds of PBKDF2 and fewer; after the theft of 2022 they were guessed and wallets in them emptied.",
		Fix: "Use `bcrypt.DefaultCost` or more; PBKDF2 with 600,000 rounds of SHA-256 (OWASP); scrypt with N 2^17; Argon2id with 19 MiB and two passes. The quick fix sets these where the number is written at the call. " +
			"Existing hashes keep their cost; with PBKDF2, scrypt and Argon2 store the cost beside the hash before you change it.",
		Limits: "Sees numbers that are constant. The floors are lower than what OWASP asks for today, so that settings that were right some years ago are no finding. A bcrypt cost below 4 is none, because the library takes 10 instead. Left alone: keys " +
			"that are derived from another key rather than a password, protocols that prescribe the number (SCRAM, WPA, PKCS #12), and test code. What PBKDF2, scrypt and Argon2 give is a password's hash where it is compared, or named so, or made in a function that is; elsewhere it is a key, and for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/916.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
			"https://pkg.go.dev/golang.org/x/crypto/bcrypt#pkg-constants",
		},
		Examples: passwordHashTooCheapExamples,
	},
}

// A cost is an argument of a password hash that says how much it costs.
type cost struct {
	arg int
	// from and below bound the values that are too cheap: from <= v < below.
	from, below int64
	unit        string
	good        string // what the quick fix sets
}

// costs are the floors: a tenth or so of what OWASP recommends, so that each
// finding is beyond dispute.
var costs = map[string]cost{
	"golang.org/x/crypto/bcrypt.GenerateFromPassword": {1, 4, 10, "a bcrypt cost of %d", "12"},
	"golang.org/x/crypto/pbkdf2.Key":                  {2, 0, 100_000, "%d rounds of PBKDF2", "600_000"},
	"crypto/pbkdf2.Key":                               {3, 0, 100_000, "%d rounds of PBKDF2", "600_000"},
	"golang.org/x/crypto/scrypt.Key":                  {2, 0, 1 << 14, "scrypt with N = %d", "1<<17"},
	"golang.org/x/crypto/argon2.IDKey":                {3, 0, 7 << 10, "Argon2 with %d KiB", "19*1024"},
	"golang.org/x/crypto/argon2.Key":                  {3, 0, 7 << 10, "Argon2 with %d KiB", "19*1024"},
}

// fixedCosts are words in names of code that follows a protocol which fixes the number.
var fixedCosts = []string{"scram", "wpa", "wifi", "pkcs", "psk", "keystore", "bip", "mnemonic", "pem", "pdf", "office", "legacy", "rfc", "zip", "kerberos", "krb", "webpush", "cookie", "cookies", "chrome", "safestorage"}

func runPasswordHashTooCheap(_ context.Context, pass *check.PackagePass) error {
	tracer := purpose.NewTracer(pass.Pass)
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { _, ok := costs[called.Name]; return ok }) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		limit, ok := costs[query.Callee(pass.TypesInfo, call)]
		if !ok || limit.arg >= len(call.Args) {
			continue
		}
		arg := call.Args[limit.arg]
		v, known := code.ConstInt(pass.Pass, arg)
		if !known || v < limit.from || v >= limit.below || prescribedCost(pass, c) || derivesFromKey(pass, call) {
			continue
		}
		f := check.Finding{
			Message:  fmt.Sprintf(limit.unit, v) + " makes guessing passwords cheap after a leak",
			Location: pass.Location(arg),
		}
		if !strings.Contains(limit.unit, "bcrypt") && !storesPassword(tracer, c) {
			f.Persona = check.Pedantic
		}
		if _, ok := ast.Unparen(arg).(*ast.BasicLit); ok {
			f.Fixes = []check.Fix{{Title: "Set it to " + limit.good, Edits: []check.Edit{pass.Edit(arg, limit.good)}}}
		}
		pass.Report(f)
	}
	return nil
}

// derivesFromKey reports whether the first argument that is text is a key already.
func derivesFromKey(pass *check.PackagePass, call *ast.CallExpr) bool {
	for _, arg := range call.Args {
		if code.IsText(pass.TypesInfo.TypeOf(arg)) {
			switch purpose.OfName(purpose.NameOf(pass.TypesInfo, arg)) {
			case purpose.Key, purpose.Token:
				return true
			}
			return false
		}
	}
	return false
}

func prescribedCost(pass *check.PackagePass, c inspector.Cursor) bool {
	words := query.Words(pass.Pkg.Name())
	if f, ok := code.Enclosing(c); ok {
		words = append(words, query.Words(f.Name)...)
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(fixedCosts, w) })
}
