package injection

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/ldap-injection.txtar
var ldapInjectionExamples string

// LDAPInjection finds LDAP filters that untrusted data is part of.
var LDAPInjection = &check.Check{
	ID:         "go/ldap-injection",
	Title:      "An LDAP query is built from untrusted data",
	CWE:        []check.CWE{90},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: runLDAPInjection,
	Page: check.Page{
		What:   "Data that a stranger sends becomes part of an LDAP filter or name.",
		Why:    "`*)(uid=*` in place of a user name matches everybody, and turns a login into a guess.",
		Fix:    "Pass values through `ldap.EscapeFilter`, names through `ldap.EscapeDN`. The quick fix does the former; it is not safe to apply unseen, because what is escaped may be a name, or a part of a filter that is meant.",
		Limits: "Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/90.html",
			"https://pkg.go.dev/github.com/go-ldap/ldap/v3#EscapeFilter",
		},
		Examples: ldapInjectionExamples,
	},
}

// isEscapedBy reports whether a flow goes through a function of the program that is named for escaping what becomes part
// of a filter or a name.
func isEscapedBy(f *taint.Flow) bool {
	return slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		name, ok := strings.CutPrefix(s.Message, "goes through ")
		words := query.Words(name[strings.LastIndexByte(name, '.')+1:])
		return ok && slices.ContainsFunc(words, func(w string) bool { return w == "escape" || w == "escaped" }) &&
			slices.ContainsFunc(words, func(w string) bool { return w == "ldap" || w == "filter" || w == "dn" })
	})
}

func runLDAPInjection(_ context.Context, pass *check.PackagePass) error {
	for _, f := range flowsOf(pass, func(f *taint.Flow) bool { return f.Source.Remote && f.Class.Name == "ldap" && !isEscapedBy(f) }) {
		finding := f.Finding(pass, fmt.Sprintf("data from %s becomes part of the query of %s", f.Source.Title, f.Sink))
		finding.Fixes = escape(pass, f, "github.com/go-ldap/ldap/v3", "EscapeFilter", true)
		pass.Report(finding)
	}
	return nil
}
