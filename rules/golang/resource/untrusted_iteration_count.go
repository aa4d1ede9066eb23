package resource

import (
	"context"
	_ "embed"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-iteration-count.txtar
var untrustedIterationCountExamples string

// UntrustedIterationCount finds key derivations that work as long as a message says.
var UntrustedIterationCount = &check.Check{
	ID:         "go/untrusted-iteration-count",
	Title:      "A message says how long a key derivation works",
	CWE:        []check.CWE{400, 834},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runUntrustedIterationCount,
	Page: check.Page{
		What: "The number of rounds of PBKDF2, the cost of scrypt or the passes of Argon2 come from a decoded message (JSON, ASN.1), and nothing refuses a number that is too large.",
		Why: "Rounds are there to take time. A token whose header asks for two billion of them keeps a processor busy for an hour, before anybody knows whether the token is worth anything: that is how the JOSE libraries of Go were " +
			"stopped (CVE-2023-49290 in jwx, GHSA-2c7c-3mj9-8fqh in go-jose).",
		Fix:    "Refuse more rounds than anybody uses for good reason: go-jose allows a million, jwx 10,000. There is no quick fix, because only you know what your own messages have.",
		Limits: "The number is followed back through the fields and functions of the package, to a number of a JSON value (`v.(float64)`) or to what was unmarshaled. Any comparison on its way that refuses what is larger counts. For persona pedantic are packages that are not about tokens or messages by their path (JOSE, JWE, JWT): there it is a file of keys, mostly, which its owner opens. Programs (package main) and test code are left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2023-49290",
			"https://www.rfc-editor.org/rfc/rfc7518#section-8.8",
			"https://cwe.mitre.org/data/definitions/834.html",
		},
		Examples: untrustedIterationCountExamples,
	},
}

// rounds are the arguments of key derivations that say how long they work, or how much memory they take.
var rounds = map[string][]int{
	"golang.org/x/crypto/pbkdf2.Key":   {2},
	"crypto/pbkdf2.Key":                {3},
	"golang.org/x/crypto/scrypt.Key":   {2},
	"golang.org/x/crypto/argon2.IDKey": {2, 3},
	"golang.org/x/crypto/argon2.Key":   {2, 3},
}

func runUntrustedIterationCount(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || pass.Pkg.Name() == "main" {
		return nil
	}
	for name, args := range rounds {
		for _, c := range fl.Calls(name) {
			for _, at := range args {
				n := newNumber(fl, ofMessage, arithmetic, refusesLarger)
				if !n.comesFrom(c.Arg(at), maxDecodedDepth) || n.limited() || n.checked() {
					continue
				}
				pass.Report(check.Finding{
					Persona:  personaOf(isOfTokens(pass.Pkg)),
					Message:  "a message says how long " + strings.TrimPrefix(name, "golang.org/x/crypto/") + " works, and nothing refuses a number that is too large",
					Location: pass.Location(c.Expr.Args[at]),
				})
				break
			}
		}
	}
	return nil
}

// isOfTokens reports whether a package is about tokens and messages, which strangers send, by its path. What else says how often
// to hash is a file of keys, which its owner opens.
func isOfTokens(pkg *types.Package) bool {
	return slices.ContainsFunc(query.Words(pkg.Path()), func(w string) bool {
		switch w {
		case "jose", "jwe", "jwt", "jws", "jwa", "jwx", "token", "tokens", "paseto", "message", "messages":
			return true
		}
		return false
	})
}

// ofMessage reports whether a value is a number of a message: of a JSON value, or of what was unmarshaled.
func ofMessage(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Extract:
		a, ok := v.Tuple.(*ssa.TypeAssert)
		return ok && v.Index == 0 && isNumberOfJSON(a.AssertedType)
	case *ssa.TypeAssert:
		return isNumberOfJSON(v.AssertedType)
	case *ssa.UnOp:
		return unmarshaled(v.X)
	}
	return false
}

func isNumberOfJSON(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Float64 || query.IsType(t, "encoding/json.Number")
}

// unmarshaled reports whether an address is that of a variable, or of a field of one, that something was
// unmarshaled into.
func unmarshaled(addr ssa.Value) bool {
	switch addr := addr.(type) {
	case *ssa.FieldAddr:
		if unmarshaled(addr.X) {
			return true
		}
	case *ssa.UnOp:
		return unmarshaled(addr.X)
	case *ssa.Alloc:
	default:
		return false
	}
	for _, r := range *addr.Referrers() {
		boxed, ok := r.(*ssa.MakeInterface)
		if !ok {
			continue
		}
		for _, use := range *boxed.Referrers() {
			call, ok := use.(*ssa.Call)
			if !ok {
				continue
			}
			name := query.CalleeSSA(&call.Call)
			if name = name[strings.LastIndex(name, ".")+1:]; strings.HasPrefix(name, "Unmarshal") || name == "Decode" {
				return true
			}
		}
	}
	return false
}
