package transport

import (
	"context"
	_ "embed"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/tls-resumption-skips-verification.txtar
var tlsResumptionSkipsVerificationExamples string

// TLSResumptionSkipsVerification finds verification callbacks that are not called for resumed sessions.
var TLSResumptionSkipsVerification = &check.Check{
	ID:         "go/tls-resumption-skips-verification",
	Title:      "Resumed TLS sessions skip the verification",
	CWE:        []check.CWE{295},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runTLSResumptionSkipsVerification,
	Page: check.Page{
		What: "All that a `tls.Config` verifies, it verifies in `VerifyPeerCertificate`, and sessions can be resumed, for which that callback is not called.",
		Why: "A server issues session tickets unless told otherwise. Whoever had a certificate that was accepted once comes back with the ticket after the certificate was revoked or " +
			"taken off the list, and the callback never sees them.",
		Fix: "Verify in `VerifyConnection`, which is called for every connection and has the certificates in `ConnectionState.PeerCertificates`, or set `SessionTicketsDisabled`. There is no quick " +
			"fix, because the two callbacks take different arguments.",
		Limits: "Servers count that ask for client certificates without verifying them by `ClientCAs`, and clients with `InsecureSkipVerify` and a `ClientSessionCache`, because a client without one resumes " +
			"nothing. `GetConfigForClient` is not followed.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/295.html",
			"https://pkg.go.dev/crypto/tls#Config",
		},
		Examples: tlsResumptionSkipsVerificationExamples,
	},
}

func runTLSResumptionSkipsVerification(_ context.Context, pass *check.PackagePass) error {
	for s := range code.Structs(pass.Pass, "crypto/tls.Config") {
		callback := s.Fields["VerifyPeerCertificate"]
		if callback == nil || s.Has("VerifyConnection") || s.Shared || !canRefuse(pass, callback) {
			continue
		}
		if _, known := code.ConstBool(pass.Pass, s.Fields["SessionTicketsDisabled"]); s.Has("SessionTicketsDisabled") && (!known || alwaysTrue(pass, s.Fields["SessionTicketsDisabled"])) {
			continue
		}
		mode, server := code.ConstInt(pass.Pass, s.Fields["ClientAuth"])
		server = server && (mode == requestClientCert || mode == requireAnyClientCert)
		cache := s.Fields["ClientSessionCache"]
		client := s.Has("InsecureSkipVerify") && alwaysTrue(pass, s.Fields["InsecureSkipVerify"]) && cache != nil && !pass.TypesInfo.Types[cache].IsNil()
		if !server && !client || isChosen(pass, s.Cursor) {
			continue
		}
		pass.Report(check.Finding{
			Message:  "resumed sessions are not verified: VerifyPeerCertificate is not called for them, VerifyConnection is",
			Location: pass.Location(s.Places["VerifyPeerCertificate"]),
		})
	}
	return nil
}
