package secrets

import (
	"slices"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// found gives the findings of a document by the ID of their kind.
func (s *ruleset) found(d *check.Document) map[string][]check.Finding {
	byKind := make(map[string][]check.Finding)
	for _, g := range s.guessed(d) {
		byKind[g.kind] = append(byKind[g.kind], g.finding())
	}
	return byKind
}

// Each rule of gitleaks has a kind, each kind a provider, and each check is whole.
func TestCatalogue(t *testing.T) {
	var rules, kinds []string
	for _, r := range gitleaks.Default().Rules {
		rules = append(rules, r.ID)
	}
	for _, k := range gitleaksKinds {
		kinds = append(kinds, k.id)
	}
	slices.Sort(kinds)
	slices.Sort(rules)
	for _, id := range rules {
		if !slices.Contains(kinds, id) {
			t.Errorf("gitleaks' rule %s has no kind", id)
		}
	}
	for _, id := range kinds {
		if _, p := providerOf(id); p.name == "" {
			t.Errorf("%s has no provider", id)
		}
		if !slices.Contains(rules, id) {
			t.Errorf("gitleaks has no rule %s", id)
		}
	}
	seen := make(map[string]bool)
	for _, c := range All() {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if seen[c.ID] {
			t.Errorf("two checks %s", c.ID)
		}
		seen[c.ID] = true
	}
}

func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		All()
	}
}

// Each token says whether its form is documented, and the lists name no others.
func TestSources(t *testing.T) {
	ids := make(map[string]bool)
	for _, k := range tokens {
		ids[k.id] = true
		if k.source == "" {
			t.Errorf("%s has no source", k.id)
		}
		if documented[k.id] && confirmed[k.id] {
			t.Errorf("%s is documented, and needs no confirmation", k.id)
		}
	}
	for _, list := range []map[string]bool{documented, confirmed} {
		for id := range list {
			if !ids[id] {
				t.Errorf("%s is no token", id)
			}
		}
	}
}
