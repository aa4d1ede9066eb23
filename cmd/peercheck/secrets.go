package main

import (
	"errors"
	"slices"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/rules"
	"github.com/peercheck/peercheck/rules/secrets"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// checksFor gives the checks that a configuration asks for: where the repository
// has a configuration of gitleaks, those for secrets are what that makes of them.
// Whatever judges (command line, hook, editor) gets them here, so that all find the
// same. The notices are about that configuration.
func checksFor(c *config.Config) ([]*check.Check, []check.Notice, error) {
	all := rules.All()
	if c == nil || c.Gitleaks.Path == "" && !c.Gitleaks.Compat {
		return all, nil, nil
	}
	g := c.Gitleaks
	own, warnings, err := secrets.New(secrets.Options{Gitleaks: g.Text, Path: g.Path, Open: g.Open, Compat: g.Compat})
	var wrong *gitleaks.Error
	switch {
	case errors.As(err, &wrong):
		return nil, nil, &config.Error{Path: wrong.Path, At: check.Position{Line: max(wrong.Line, 1), Column: max(wrong.Column, 1)}, Message: wrong.Message}
	case err != nil:
		return nil, nil, err
	}
	var notices []check.Notice
	for _, w := range warnings {
		notices = append(notices, check.Notice{Kind: check.NoticeConfig, Path: g.Path, Effect: check.EffectDegraded, Message: w})
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c *check.Check) bool { return c.Domain() == own[0].Domain() })
	return append(all, own...), notices, nil
}

// editorChecks is checksFor where nobody reads notices.
func editorChecks(c *config.Config) ([]*check.Check, error) {
	checks, _, err := checksFor(c)
	return checks, err
}

// secretDomains are the domains of the checks that look for secrets in single
// files: what to restrict a scan to that is about them alone, commit by commit,
// where no package can be loaded.
func secretDomains(checks []*check.Check) []string {
	var domains []string
	for _, c := range checks {
		if c.Secret && c.Kind() == check.KindDocument && !slices.Contains(domains, c.Domain()) {
			domains = append(domains, c.Domain())
		}
	}
	return domains
}
