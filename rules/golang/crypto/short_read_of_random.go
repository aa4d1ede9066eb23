package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/short-read-of-random.txtar
var shortReadOfRandomExamples string

// ShortReadOfRandom finds keys and seeds that a source of random bytes need not have
// filled.
var ShortReadOfRandom = &check.Check{
	ID:         "go/short-read-of-random",
	Title:      "A source of random bytes may give fewer than asked for",
	CWE:        []check.CWE{331, 252, 338},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic, // the source that nearly everyone brings, that of crypto/rand, fills what it is given
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runShortReadOfRandom,
	Page: check.Page{
		What: "`Read` of an `io.Reader` that is called a source of random bytes (`rand`, `rng`, `entropy`), where the error is looked at and the number of bytes is not.",
		Why: "A reader may give fewer bytes than there is room for, and no error. What it left stays zero, and the key, seed or identifier that is made of it is easier to guess than its length says. Libraries that let their " +
			"caller bring the source had this flaw: satori/go.uuid (CVE-2021-3538), circl (CVE-2023-1732).",
		Fix:    "`io.ReadFull(rand, seed)`, which is what the quick fix writes. It changes nothing where all bytes came at once.",
		Limits: "Judged by the name of the reader, whose type has to be the interface: the methods of crypto/rand and of `*math/rand.Rand` fill what they are given. Where the number of bytes is used at all, nothing is reported. Test code is left alone.",
		References: []string{
			"https://pkg.go.dev/io#Reader",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-3538",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-1732",
			"https://cwe.mitre.org/data/definitions/331.html",
		},
		Examples: shortReadOfRandomExamples,
	},
}

func runShortReadOfRandom(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("(io.Reader).Read") {
		sel, ok := ast.Unparen(c.Expr.Fun).(*ast.SelectorExpr)
		if !ok || c.Results()[0] != nil || !isRandomSource(purpose.NameOf(pass.TypesInfo, sel.X)) || fixedReader(pass, sel.X) {
			continue
		}
		pass.Report(check.Finding{
			Message:  "the source may give fewer random bytes than there is room for: nothing looks at how many there were",
			Location: pass.Location(c.Expr),
			Fixes:    readFull(pass, c.Expr, sel.X),
		})
	}
	return nil
}

// isRandomSource reports whether a name is one of a source of random bytes.
func isRandomSource(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		switch w {
		case "rand", "random", "randomness", "rng", "csprng", "prng", "entropy", "rnd", "rander":
			return true
		}
		return false
	})
}

// fixedReader reports whether a reader is crypto/rand.Reader, which fills what it is given
// or ends the program.
func fixedReader(pass *check.PackagePass, e ast.Expr) bool {
	v := code.Var(pass.TypesInfo, e)
	return v != nil && v.Pkg() != nil && v.Pkg().Path() == "crypto/rand"
}

func readFull(pass *check.PackagePass, call *ast.CallExpr, reader ast.Expr) []check.Fix {
	file := code.FileAt(pass.Pass, call.Pos())
	if file == nil || len(call.Args) != 1 {
		return nil
	}
	pkg, edits := edit.Import(pass, file, "io", call.Pos())
	text := fmt.Sprintf("%s.ReadFull(%s, %s)", pkg, edit.Text(pass, reader), edit.Text(pass, call.Args[0]))
	return []check.Fix{{Title: "Read all of it", Safe: true, Edits: append(edits, pass.Edit(call, text))}}
}
