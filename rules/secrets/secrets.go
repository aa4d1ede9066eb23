// Package secrets finds credentials in any text file: gitleaks' default rules,
// run by an engine of our own (package engine), and what gitleaks lacks.
//
// Use [All] for the checks. There is one for each kind of credential, so that
// each can be explained, ignored and configured by itself; they share one pass
// over a document.
package secrets

import (
	"context"
	"slices"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// Depth is how often encoded text is decoded, everywhere: in the editor, the
// hooks and on the command line.
const Depth = 5

// All gives the checks. Nothing is compiled, and no rule read, until one runs.
func All() []*check.Check {
	var checks []*check.Check
	for _, k := range slices.Concat(gitleaksKinds) {
		checks = append(checks, newCheck(k))
	}
	return checks
}

func newCheck(k kind) *check.Check {
	title := titleOf(k)
	return &check.Check{
		ID: "secrets/" + k.id, Title: title, Page: pageOf(k, title),
		CWE: []check.CWE{798, 312}, Severity: k.severity, Confidence: k.confidence, Persona: k.persona,
		Secret: true, Generated: true, Since: "0.1",
		Run: func(ctx context.Context, p *check.Pass) error {
			for _, f := range found(p.Document)[k.id] {
				p.Report(f)
			}
			return ctx.Err()
		},
	}
}

var standard = sync.OnceValue(func() *engine.Engine {
	c := gitleaks.Default()
	return engine.New(c.Rules, engine.Options{Depth: Depth, Allow: c.Allow})
})

type key struct{}

// found gives the findings of a document by the ID of their kind: one pass for
// all checks.
func found(d *check.Document) map[string][]check.Finding {
	return check.Memo(d, key{}, func() map[string][]check.Finding {
		byKind := make(map[string][]check.Finding)
		for _, m := range standard().Detect(d.Path, d.Content) {
			byKind[m.Rule.ID] = append(byKind[m.Rule.ID], check.Finding{
				Message:  message(m.Rule.ID),
				Location: check.Location{Range: m.Secret},
			})
		}
		return byKind
	})
}

// message says what it is and what to do now; never what it reads.
func message(id string) string {
	return titleOf(kind{id: id}) + ": revoke it where it was issued, then remove it; in the history it stays readable"
}
