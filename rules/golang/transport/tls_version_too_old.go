package transport

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/tls-version-too-old.txtar
var tlsVersionTooOldExamples string

// TLSVersionTooOld finds TLS configurations that allow TLS 1.1 and older.
var TLSVersionTooOld = &check.Check{
	ID:         "go/tls-version-too-old",
	Title:      "TLS 1.1 or older is accepted",
	CWE:        []check.CWE{327, 326},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runTLSVersionTooOld,
	Page: check.Page{
		What: "A `tls.Config` sets `MinVersion` or `MaxVersion` to SSL 3.0, TLS 1.0 or TLS 1.1.",
		Why: "SSL 3.0 falls to POODLE (CVE-2014-3566), TLS 1.0 to BEAST (CVE-2011-3389), and both TLS 1.0 and 1.1 sign the handshake with MD5 and SHA-1. An " +
			"attacker on the path needs only one side that still agrees to them. RFC 8996 forbids both; PCI DSS has since 2018. `MaxVersion` is worse: then " +
			"nothing better can be agreed on.",
		Fix: "Leave `MinVersion` out: since Go 1.22 the default is TLS 1.2 for clients and servers. Or say `tls.VersionTLS12`, as the quick fix does. It is not safe " +
			"to apply unseen, because peers that know nothing newer are refused from then on.",
		Limits: "Values that are not constant, such as those read from a configuration, are not judged. Left alone: configurations that verify no certificate, which is another check's matter; code that runs under a condition or in a function whose " +
			"name says that old versions are wanted (`legacy`, `insecure`), one case of a switch that tells several versions apart, because there an operator named it, and test code. Where a comment at the place gives old peers as the reason, it is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/327.html",
			"https://www.rfc-editor.org/rfc/rfc8996",
			"https://pkg.go.dev/crypto/tls#Config",
		},
		Examples: tlsVersionTooOldExamples,
	},
}

// tlsVersions are the code points on the wire (RFC 8446, section 4.2.1).
var tlsVersions = map[int64]string{0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1"}

func runTLSVersionTooOld(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "MinVersion", "MaxVersion") {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil)) {
		switch n := c.Node().(type) {
		case *ast.KeyValueExpr:
			oldVersion(pass, c, n.Key, n.Value, n)
		case *ast.AssignStmt:
			if n.Tok != token.ASSIGN || len(n.Lhs) != len(n.Rhs) {
				continue
			}
			for i, lhs := range n.Lhs {
				oldVersion(pass, c, lhs, n.Rhs[i], n)
			}
		}
	}
	return nil
}

func oldVersion(pass *check.PackagePass, c cursor, field, value ast.Expr, place ast.Node) {
	v := code.Var(pass.TypesInfo, field)
	if v == nil || !v.IsField() || code.Path(v.Pkg()) != "crypto/tls" || v.Name() != "MinVersion" && v.Name() != "MaxVersion" {
		return
	}
	number, ok := code.ConstInt(pass.Pass, value)
	name := tlsVersions[number]
	if !ok || name == "" || isChosen(pass, c) || isLegacy(c) || isOneOfSeveral(pass, c, v) || isUnverified(pass, c) {
		return
	}
	message := fmt.Sprintf("%s is accepted, whose weaknesses let an attacker on the network path read the traffic", name)
	if v.Name() == "MaxVersion" {
		message = fmt.Sprintf("nothing newer than %s is accepted, whose weaknesses let an attacker on the network path read the traffic", name)
	}
	f := check.Finding{Message: message, Location: pass.Location(place)}
	if remark.Mentions(pass.Pass, place, oldPeers...) {
		f.Persona = check.Pedantic // somebody decided it
	}
	if sel, ok := ast.Unparen(value).(*ast.SelectorExpr); ok && query.Name(pass.TypesInfo.Uses[sel.Sel]) != "" {
		f.Fixes = []check.Fix{{Title: "Accept TLS 1.2 and newer", Edits: []check.Edit{pass.Edit(value, newVersion(v.Name(), edit.Text(pass, sel.X)))}}}
	}
	pass.Report(f)
}

func newVersion(field, pkg string) string {
	if field == "MaxVersion" {
		return pkg + ".VersionTLS13"
	}
	return pkg + ".VersionTLS12"
}

// oldPeers are what a comment says that gives old peers as the reason.
var oldPeers = []string{"old", "legacy", "compat", "support", "because", "need", "require", "some "}

// isUnverified reports whether a place is in a configuration that verifies no certificate: whoever is on the network
// path needs no weakness then, and that is another check's.
func isUnverified(pass *check.PackagePass, c cursor) bool {
	lit, ok := c.Parent().Node().(*ast.CompositeLit)
	if !ok {
		return false
	}
	skip := setIn(pass, lit, func(v *types.Var) bool { return v.Name() == "InsecureSkipVerify" })
	return skip != nil && alwaysTrue(pass, skip)
}

// isOneOfSeveral reports whether a place is in a case of a switch that names constants, and another case sets the same field to another version: switch version { case "1.0": ... case "1.2":
// ... }. Whoever wrote the setting asked for that version; what applies to who wrote none is the default.
func isOneOfSeveral(pass *check.PackagePass, c cursor, field *types.Var) bool {
	for clause := range c.Enclosing((*ast.CaseClause)(nil)) {
		n, ok := clause.Node().(*ast.CaseClause)
		if !ok || len(n.List) == 0 || !allNamed(pass, n.List) {
			continue
		}
		if sw, ok := clause.Parent().Parent().Node().(*ast.SwitchStmt); ok && sw.Tag != nil && versionsSet(pass, sw.Body, field) > 1 {
			return true
		}
	}
	return false
}

// allNamed reports whether all of a list are constants that somebody must have written: no empty text, which stands for
// a setting that is left out.
func allNamed(pass *check.PackagePass, list []ast.Expr) bool {
	return !slices.ContainsFunc(list, func(e ast.Expr) bool {
		value := pass.TypesInfo.Types[e].Value
		return value == nil || value.Kind() == constant.String && constant.StringVal(value) == ""
	})
}

// versionsSet counts the versions that a block sets a field to.
func versionsSet(pass *check.PackagePass, body ast.Node, field *types.Var) int {
	versions := map[int64]bool{}
	ast.Inspect(body, func(n ast.Node) bool {
		set := func(target, value ast.Expr) {
			if number, ok := code.ConstInt(pass.Pass, value); ok && code.Var(pass.TypesInfo, target) == field {
				versions[number] = true
			}
		}
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			set(n.Key, n.Value)
		case *ast.AssignStmt:
			if len(n.Lhs) == len(n.Rhs) {
				for i, lhs := range n.Lhs {
					set(lhs, n.Rhs[i])
				}
			}
		}
		return true
	})
	return len(versions)
}

// isLegacy reports whether the declaration around a place is named for old peers.
func isLegacy(c cursor) bool {
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		if d, ok := f.Node().(*ast.FuncDecl); ok {
			for _, w := range query.Words(d.Name.Name) {
				switch w {
				case "legacy", "old", "compat", "compatible", "deprecated", "weak", "probe", "scan":
					return true
				}
			}
		}
	}
	return false
}
