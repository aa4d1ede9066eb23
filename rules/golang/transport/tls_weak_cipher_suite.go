package transport

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

type cursor = inspector.Cursor

//go:embed testdata/tls-weak-cipher-suite.txtar
var tlsWeakCipherSuiteExamples string

// TLSWeakCipherSuite finds TLS configurations that allow broken cipher suites.
var TLSWeakCipherSuite = &check.Check{
	ID:         "go/tls-weak-cipher-suite",
	Title:      "TLS cipher suite is broken",
	CWE:        []check.CWE{327},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runTLSWeakCipherSuite,
	Page: check.Page{
		What: "The `CipherSuites` of a `tls.Config` has one that Go itself lists among `tls.InsecureCipherSuites`: RC4, 3DES, CBC with SHA-256, or key exchange by RSA.",
		Why: "RC4's output is biased enough to recover cookies (RFC 7465); 3DES falls to Sweet32 (CVE-2016-2183); Go's CBC with SHA-256 has no defence against Lucky13; and with RSA " +
			"key exchange whoever gets the server's key later reads all recorded traffic, if the ROBOT attack (CVE-2017-13099 and others) does not do without the key.",
		Fix: "Leave `CipherSuites` out: Go's own choice is good, depends on the hardware, and gets better with each release. The quick fix removes the suites from the list; peers that know " +
			"nothing better are refused from then on.",
		Limits: "One finding for each list. Looks at lists that are written where they are assigned, and at variables that hold only one list. TLS 1.3 has no configurable suites. Suites whose comment gives old peers as the reason are for persona pedantic. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/327.html",
			"https://pkg.go.dev/crypto/tls#InsecureCipherSuites",
			"https://www.rfc-editor.org/rfc/rfc7465",
			"https://sweet32.info/",
		},
		Examples: tlsWeakCipherSuiteExamples,
	},
}

// weakSuite says what is wrong with a suite, by the name of its constant; "" if
// nothing is. It follows tls.InsecureCipherSuites of Go 1.26.
func weakSuite(name string) string {
	switch {
	case !strings.HasPrefix(name, "TLS_") || strings.HasSuffix(name, "_SCSV"):
		return ""
	case strings.Contains(name, "_RC4_"):
		return "RC4 is broken"
	case strings.Contains(name, "_3DES_"):
		return "3DES has blocks so small that long connections leak (Sweet32)"
	case strings.HasSuffix(name, "_CBC_SHA256"):
		return "CBC with SHA-256 is open to Lucky13"
	case strings.HasPrefix(name, "TLS_RSA_"):
		return "RSA key exchange has no forward secrecy"
	}
	return ""
}

func runTLSWeakCipherSuite(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "CipherSuites") {
		return nil
	}
	seen := map[ast.Node]bool{}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil)) {
		var field, value ast.Expr
		switch n := c.Node().(type) {
		case *ast.KeyValueExpr:
			field, value = n.Key, n.Value
		case *ast.AssignStmt:
			if len(n.Lhs) != 1 || len(n.Rhs) != 1 {
				continue
			}
			field, value = n.Lhs[0], n.Rhs[0]
		}
		v := code.Var(pass.TypesInfo, field)
		if v == nil || !v.IsField() || v.Name() != "CipherSuites" || code.Path(v.Pkg()) != "crypto/tls" || isChosen(pass, c) || isLegacy(c) {
			continue
		}
		for _, l := range lists(pass, value) {
			if at, ok := c.Inspector().Root().FindNode(l.node); !seen[l.node] && ok && !isOptional(at) && !isLegacy(at) && !isChosen(pass, at) {
				seen[l.node] = true
				weakSuites(pass, l)
			}
		}
	}
	return nil
}

// A list has suites among its elements, and works with so many elements and more.
type list struct {
	node     ast.Node
	elements []ast.Expr
	least    int
}

// lists gives what a list of suites is written as: a literal, or all literals and
// calls of append that a variable is ever set to; none if it may have other values.
func lists(pass *check.PackagePass, value ast.Expr) (found []list) {
	values := []ast.Expr{value}
	if v := code.Var(pass.TypesInfo, value); v != nil && !v.IsField() && v.Pkg() == pass.Pkg {
		values = code.Values(pass.Pass, v)
	}
	for _, e := range values {
		switch e := ast.Unparen(e).(type) {
		case *ast.CompositeLit:
			found = append(found, list{e, e.Elts, 1})
		case *ast.CallExpr: // append(suites, tls.TLS_RSA_WITH_RC4_128_SHA)
			if id, ok := ast.Unparen(e.Fun).(*ast.Ident); !ok || id.Name != "append" || !pass.TypesInfo.Types[e.Fun].IsBuiltin() {
				return nil
			}
			found = append(found, list{e, e.Args, 2})
		default:
			return nil
		}
	}
	return found
}

// isOptional reports whether suites are added under a condition only: somebody asks
// for them, or the other side can do no better.
func isOptional(c inspector.Cursor) bool {
	for at := range c.Enclosing((*ast.IfStmt)(nil), (*ast.CaseClause)(nil), (*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		switch at.Node().(type) {
		case *ast.IfStmt, *ast.CaseClause:
			_, isCall := c.Node().(*ast.CallExpr)
			return isCall
		}
		return false
	}
	return false
}

// weakSuites judges the suites of one list together: whoever mends one of them mends all. Those that a comment gives a
// reason for are a finding of their own.
func weakSuites(pass *check.PackagePass, l list) {
	var chosen, reasoned []int
	for i, e := range l.elements {
		switch {
		case weakSuite(suiteName(pass, e)) == "":
		case remark.Mentions(pass.Pass, e, oldPeers...):
			reasoned = append(reasoned, i) // somebody decided it
		default:
			chosen = append(chosen, i)
		}
	}
	reportSuites(pass, l, chosen, check.Regular)
	reportSuites(pass, l, reasoned, check.Pedantic)
}

// reportSuites reports some of the suites of a list, by the first of them.
func reportSuites(pass *check.PackagePass, l list, weak []int, persona check.Persona) {
	if len(weak) == 0 {
		return
	}
	name := suiteName(pass, l.elements[weak[0]])
	f := check.Finding{
		Message:  fmt.Sprintf("%s is accepted: %s", name, weakSuite(name)),
		Location: pass.Location(l.elements[weak[0]]),
		Persona:  persona,
	}
	title := "Remove " + name
	if others := len(weak) - 1; others > 0 {
		f.Message += fmt.Sprintf(" (and %d more of this list)", others)
		title = fmt.Sprintf("Remove %d suites", len(weak))
	}
	for _, i := range weak[1:] {
		other := pass.Location(l.elements[i])
		other.Message = weakSuite(suiteName(pass, l.elements[i]))
		f.Related = append(f.Related, other)
	}
	if len(l.elements)-len(weak) >= l.least {
		f.Fixes = []check.Fix{{Title: title, Edits: edit.Elements(pass, l.elements, weak)}}
	}
	pass.Report(f)
}

// suiteName gives the name of the constant of crypto/tls that an element is, "" if it is another value.
func suiteName(pass *check.PackagePass, e ast.Expr) string {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		id = e.Sel
	case *ast.Ident:
		id = e
	default:
		return ""
	}
	if obj, ok := pass.TypesInfo.Uses[id].(*types.Const); ok && code.Path(obj.Pkg()) == "crypto/tls" {
		return obj.Name()
	}
	return ""
}
