// Package secrets finds credentials in any text file: gitleaks' default rules
// and those of providers that it lacks, run by an engine of our own (package
// engine), and what only the context gives away: passwords, keys under the name
// of a service, URLs and connection strings.
//
// Use [All] for the checks. There is one for each kind of credential, so that
// each can be explained, ignored and configured by itself; they share one pass
// over a document.
package secrets

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
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
	for _, k := range slices.Concat(gitleaksKinds, tokenKinds(), contextKinds) {
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

// standard is the engine with the rules that are built in.
var standard = sync.OnceValue(func() *engine.Engine {
	c := gitleaks.Default()
	rules := slices.Clone(c.Rules)
	for _, t := range tokens {
		rules = append(rules, t.rule())
	}
	return engine.New(rules, engine.Options{Depth: Depth, Allow: c.Allow})
})

type key struct{}

// found gives the findings of a document by the ID of their kind: one pass for
// all checks.
func found(d *check.Document) map[string][]check.Finding {
	return check.Memo(d, key{}, func() map[string][]check.Finding {
		byKind := make(map[string][]check.Finding)
		for _, g := range choose(d, candidates(d)) {
			byKind[g.kind] = append(byKind[g.kind], check.Finding{
				Message:    g.message + ": revoke it where it was issued, then remove it; in the history it stays readable",
				Confidence: g.confidence,
				Location:   check.Location{Range: g.value},
			})
		}
		return byKind
	})
}

func candidates(d *check.Document) []guess {
	var all []guess
	for _, m := range standard().Detect(d.Path, d.Content) {
		all = append(all, guessOf(&m))
	}
	return slices.Concat(all, urlGuesses(d), connectionGuesses(d), registryGuesses(d), keyStoreGuesses(d), guesses(d))
}

// guessOf judges what a rule found.
func guessOf(m *engine.Match) guess {
	g := guess{kind: m.Rule.ID, value: m.Secret, confidence: check.Firm, message: titleOf(kind{id: m.Rule.ID})}
	value := string(m.Value)
	doubt := func() guess {
		g.kind, g.confidence, g.message = kindPossible, check.Tentative, "Value in the form of a credential, but probably none"
		return g
	}
	switch {
	case m.Rule.Regex == nil || m.Rule.ID == "private-key":
		return g
	case m.Rule.ID == kindSecret:
		n := readName(nameBefore(string(m.Text), value))
		switch natureOf(value) {
		case natureRandom:
			if n.notSecret || n.weakened || !n.secret && !n.password && n.service == "" && !(n.key && len(value) >= 24 && !isHex(value)) {
				return doubt()
			}
		case natureUUID:
			if n.notSecret || !n.secret && n.service == "" {
				return doubt()
			}
		default:
			if kinds, _, _ := classes(value); !n.password || n.notSecret || kinds < 3 || identifier(value) || natureOf(value) != natureText {
				return doubt()
			}
		}
	case m.Rule.ID == "jwt":
		switch readJWT(value) {
		case jwtReal:
			g.confidence = check.Certain
		case jwtExample:
			return doubt()
		}
	case m.Rule.ID == "jwt-base64":
		return g
	case checksummed(value):
		g.confidence = check.Certain
	case strings.HasPrefix(m.Rule.ID, "curl-"), m.Rule.ID == "hashicorp-tf-password", m.Rule.ID == "nuget-config-password", m.Rule.ID == "kubernetes-secret-yaml":
		if n := natureOf(strings.Trim(value, `"'`)); n == natureReference || n == naturePlaceholder {
			return doubt()
		}
	case named(m.Rule):
		if n := natureOf(value); n != natureRandom && n != natureUUID && n != natureNumber {
			return doubt()
		}
		if n := readName(nameBefore(string(m.Text), value)); n.notSecret && !strings.HasSuffix(m.Rule.ID, "-id") {
			return doubt()
		}
	case dummy(value):
		return doubt()
	case m.Rule.ID == "sourcegraph-access-token" && isHex(value) && !bytes.Contains(bytes.ToLower(m.Line), []byte("sourcegraph")):
		return doubt() // any commit of a file that names it
	default:
		// The form fits identifiers too: "s." or "test_" and letters.
		if _, digits, _ := classes(value); digits == 0 && len(value) < 64 && surprise(value) < 5 {
			return doubt()
		}
	}
	return g
}

// named reports whether a rule finds values by the name before them.
func named(r *engine.Rule) bool { return strings.Contains(r.Regex.String(), `[\w.-]{0,50}?`) }

// nameBefore gives the name of a match: its text up to the operator.
func nameBefore(text, value string) string {
	if i := strings.LastIndex(text, value); i >= 0 {
		text = text[:i]
	}
	if i := strings.IndexAny(text, "=:>|,"); i >= 0 {
		text = text[:i]
	}
	return strings.Trim(text, " \t\r\n\"'`?")
}

// choose keeps one guess for each place: the one that says most.
func choose(d *check.Document, all []guess) []guess {
	rank := func(g guess) int {
		switch g.kind {
		case kindPossible:
			return 5
		case kindSecret:
			return 4
		case kindPassword, kindService:
			return 3
		case kindURL, kindConnection:
			return 2
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b guess) int {
		return cmp.Or(cmp.Compare(a.value.Start, b.value.Start), cmp.Compare(rank(a), rank(b)), cmp.Compare(b.value.End, a.value.End))
	})
	// Of each group that overlaps, the best; those before it end before it starts.
	var chosen []guess
	for _, g := range all {
		for len(chosen) > 0 {
			last := chosen[len(chosen)-1]
			if !last.value.Overlaps(g.value) && last.value != g.value {
				break
			}
			if rank(last) <= rank(g) {
				g.kind = ""
				break
			}
			chosen = chosen[:len(chosen)-1]
		}
		if g.kind != "" {
			chosen = append(chosen, g)
		}
	}
	if isTest(d.Path) {
		for i := range chosen {
			if chosen[i].kind == "jwt" || chosen[i].confidence == check.Firm {
				chosen[i].confidence = check.Tentative
			}
		}
	}
	return chosen
}
