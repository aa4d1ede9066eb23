package transport

import (
	"context"
	_ "embed"
	"go/ast"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/tls-client-certificate-not-verified.txtar
var tlsClientCertificateNotVerifiedExamples string

// TLSClientCertificateNotVerified finds servers that ask for client certificates and accept any.
var TLSClientCertificateNotVerified = &check.Check{
	ID:         "go/tls-client-certificate-not-verified",
	Title:      "TLS client certificate is not verified",
	CWE:        []check.CWE{295, 287},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runTLSClientCertificateNotVerified,
	Page: check.Page{
		What: "A server demands a client certificate by `tls.RequireAnyClientCert`, which accepts a self-signed one, and its `VerifyPeerCertificate` or `VerifyConnection` never returns an error.",
		Why: "The handshake looks like mutual TLS, but anyone passes with a certificate made a second ago, under any name. Code behind it that reads the subject then lets in whoever " +
			"writes \"admin\" there.",
		Fix: "Set `ClientAuth: tls.RequireAndVerifyClientCert` with the authority in `ClientCAs`, or return an error from the callback. The quick fix sets the former; it is not safe to apply " +
			"unseen, because without `ClientCAs` the system's authorities count.",
		Limits: "Servers without such a callback are left alone: many compare fingerprints of self-signed certificates later, as peer-to-peer programs do. Whether a callback that can refuse " +
			"verifies well is not judged.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/295.html",
			"https://pkg.go.dev/crypto/tls#ClientAuthType",
		},
		Examples: tlsClientCertificateNotVerifiedExamples,
	},
}

// tls.ClientAuthType's values that ask for a certificate and verify nothing.
const (
	requestClientCert    = 1
	requireAnyClientCert = 2
)

func runTLSClientCertificateNotVerified(_ context.Context, pass *check.PackagePass) error {
	for s := range code.Structs(pass.Pass, "crypto/tls.Config") {
		auth := s.Fields["ClientAuth"]
		if mode, ok := code.ConstInt(pass.Pass, auth); !ok || mode != requireAnyClientCert && mode != requestClientCert {
			continue
		}
		var accepts ast.Node
		for _, name := range verifiers {
			callback := s.Fields[name]
			switch {
			case callback == nil:
			case canRefuse(pass, callback):
				accepts = nil
				goto next
			case accepts == nil:
				accepts = s.Places[name]
			}
		}
		if accepts == nil || s.Shared || isChosen(pass, s.Cursor) || inspectsPeer(pass, s.Cursor) {
			continue
		}
		pass.Report(check.Finding{
			Message:  "any client certificate is accepted: this callback never returns an error",
			Location: pass.Location(accepts),
			Fixes:    verifyClients(pass, auth),
		})
	next:
	}
	return nil
}

func verifyClients(pass *check.PackagePass, auth ast.Expr) []check.Fix {
	sel, ok := ast.Unparen(auth).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	return []check.Fix{{Title: "Demand a verified client certificate", Edits: []check.Edit{pass.Edit(sel.Sel, "RequireAndVerifyClientCert")}}}
}
