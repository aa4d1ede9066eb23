package crypto

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/fixed-salt.txtar
var fixedSaltExamples string

// FixedSalt finds password hashes whose salt never changes.
var FixedSalt = &check.Check{
	ID:         "go/fixed-salt",
	Title:      "Salt is the same for every password",
	CWE:        []check.CWE{760, 1204},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runFixedSalt,
	Page: check.Page{
		What:   "The salt of PBKDF2, scrypt or Argon2 is written into the source, or is an array that nothing has filled.",
		Why:    "With one salt for all, an attacker hashes each guess once and compares it with every account, and equal passwords show as equal hashes. Whoever knows the program can compute the table in advance.",
		Fix:    "Take 16 bytes from `crypto/rand` for each password, and store them beside the hash; or use bcrypt, which does so by itself. There is no quick fix, because the salt has to be stored.",
		Limits: "Follows a value through variables of the package and through the callers of a helper in the package. What is derived is a password's hash where it is compared, or named so, or made in a function that is; elsewhere it is a key, and for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/760.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
			"https://www.rfc-editor.org/rfc/rfc9106#section-3.1",
		},
		Examples: fixedSaltExamples,
	},
}

// saltArguments say which argument of a key derivation is the salt.
var saltArguments = map[string]int{
	"crypto/pbkdf2.Key":                2,
	"golang.org/x/crypto/pbkdf2.Key":   1,
	"golang.org/x/crypto/scrypt.Key":   1,
	"golang.org/x/crypto/argon2.Key":   1,
	"golang.org/x/crypto/argon2.IDKey": 1,
}

func runFixedSalt(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	tracer, root := purpose.NewTracer(pass.Pass), query.IndexOf(pass.Pass).Inspector().Root()
	for name, arg := range saltArguments {
		for _, c := range fl.Calls(name) {
			at, index, ok := fl.FixedHere(c, arg)
			if !ok || index >= len(at.Expr.Args) {
				continue
			}
			finding := check.Finding{
				Message:  "the salt is the same for every password, so one guess is tried on all of them at once",
				Location: pass.Location(at.Expr.Args[index]),
			}
			if place, ok := root.FindNode(c.Expr); !hashesPassword(at.Fn.Name()) && (!ok || !storesPassword(tracer, place)) {
				finding.Persona = check.Pedantic // a key, of a passphrase that is one installation's
			}
			pass.Report(finding)
		}
	}
	return nil
}
