package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/cache-key-ambiguous.txtar
var cacheKeyAmbiguousExamples string

// CacheKeyAmbiguous finds caches of logins whose keys are the same for different people.
var CacheKeyAmbiguous = &check.Check{
	ID:         "go/cache-key-ambiguous",
	Title:      "The key of a cache of logins joins texts without a separator",
	CWE:        []check.CWE{287, 345},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCacheKeyAmbiguous,
	Page: check.Page{
		What: "A variable that is called the key of a cache is put together from two texts of any length, one right after the other, and one of them is a user, a password, a hash or a token.",
		Why: "`ab`+`c` is `a`+`bc`. Who moves the end of one text into the next one finds the entry of somebody else, and with it the answer that they may come in: exporter-toolkit asked a cache in this way whether a password had been " +
			"right (CVE-2022-46146).",
		Fix:    "A struct of both is a key for a map. For text, encode each and put between them what the encoding does not use: `hex(user) + \":\" + hex(password)`. There is no quick fix, because other places may make the same key.",
		Limits: "Goes by the name of the variable, which has to speak of a cache, and by the names of the texts. Constants between them, numbers and arrays end a text. Test code is left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2022-46146",
			"https://cwe.mitre.org/data/definitions/287.html",
		},
		Examples: cacheKeyAmbiguousExamples,
	},
}

func runCacheKeyAmbiguous(_ context.Context, pass *check.PackagePass) error {
	for c := range code.Nodes(pass.Pass, (*ast.AssignStmt)(nil)) {
		as, ok := c.Node().(*ast.AssignStmt)
		if !ok || len(as.Lhs) != 1 || len(as.Rhs) != 1 || !isCacheKey(purpose.NameOf(pass.TypesInfo, as.Lhs[0])) || code.InTest(pass.Pass, as.Pos()) {
			continue
		}
		parts := joined(pass, as.Rhs[0])
		for i := range parts[:max(len(parts)-1, 0)] {
			if open(pass, parts[i]) && open(pass, parts[i+1]) && (letsIn(pass, parts[i]) || letsIn(pass, parts[i+1])) {
				pass.Report(check.Finding{
					Message:  "two texts follow each other in this key, and nothing says where the first ends: other texts give the same key",
					Location: pass.Location(as.Rhs[0]),
				})
				break
			}
		}
	}
	return nil
}

func isCacheKey(name string) bool {
	words := query.Words(name)
	return slices.Contains(words, "key") && (slices.Contains(words, "cache") || slices.Contains(words, "cached"))
}

// joined gives the parts of a text that is put together, in their order.
func joined(pass *check.PackagePass, e ast.Expr) []ast.Expr {
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		if e.Op == token.ADD && code.IsText(pass.TypesInfo.TypeOf(e)) {
			return append(joined(pass, e.X), joined(pass, e.Y)...)
		}
	case *ast.CallExpr:
		if pass.TypesInfo.Types[e.Fun].IsType() && len(e.Args) == 1 { // []byte(user)
			return joined(pass, e.Args[0])
		}
		switch query.Callee(pass.TypesInfo, e) {
		case "append":
			var parts []ast.Expr
			for _, arg := range e.Args {
				parts = append(parts, joined(pass, arg)...)
			}
			return parts
		case "encoding/hex.EncodeToString", "(*encoding/base64.Encoding).EncodeToString", "crypto/sha256.Sum256", "crypto/sha1.Sum", "crypto/md5.Sum":
			if parts := joined(pass, e.Args[0]); len(parts) > 1 {
				return parts
			}
		}
	}
	return []ast.Expr{e}
}

// open reports whether a part is text of any length, which nothing ends.
func open(pass *check.PackagePass, e ast.Expr) bool {
	if code.Const(pass.Pass, e) != nil || code.Var(pass.TypesInfo, e) == nil {
		return false
	}
	return code.IsText(pass.TypesInfo.TypeOf(e))
}

// letsIn reports whether a part is named for who somebody is, or how they show it.
func letsIn(pass *check.PackagePass, e ast.Expr) bool {
	name := purpose.NameOf(pass.TypesInfo, e)
	return purpose.OfName(name) != purpose.None || slices.ContainsFunc(query.Words(name), func(w string) bool {
		return w == "user" || w == "username" || w == "login" || w == "password" || w == "pass"
	})
}
