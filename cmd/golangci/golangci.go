// Package golangci is peercheck as a module plugin of golangci-lint.
//
// Name it in .custom-gcl.yml and run `golangci-lint custom`, which builds a
// golangci-lint that has the linter peercheck in it:
//
//	version: v2.15.0
//	plugins:
//	  - module: github.com/peercheck/peercheck
//	    import: github.com/peercheck/peercheck/cmd/golangci
//	    version: latest
//
// and switch it on in .golangci.yml:
//
//	version: "2"
//	linters:
//	  enable: [peercheck]
//	  settings:
//	    custom:
//	      peercheck:
//	        type: module
//	        settings:
//	          disable: [go/weak-hash]
//
// The checks are those of `peercheck scan` that look at Go packages, with the
// same ignore comments; nolint:peercheck works as well.
package golangci

import (
	"fmt"
	"slices"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/rules"
)

func init() { register.Plugin("peercheck", New) }

// Settings are what .golangci.yml says below settings.
type Settings struct {
	// Persona is who wants to see findings: regular, pedantic or auditor. ""
	// means regular.
	Persona string `json:"persona"`
	// Disable are the IDs of checks that do not run.
	Disable []string `json:"disable"`
}

// New makes the plugin of the settings that golangci-lint has read. A setting that
// is not known is an error.
func New(settings any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, err
	}
	persona := check.Regular
	if s.Persona != "" {
		if persona, err = check.ParsePersona(s.Persona); err != nil {
			return nil, err
		}
	}
	checks := rules.All()
	for _, id := range s.Disable {
		if !slices.ContainsFunc(checks, func(c *check.Check) bool { return c.ID == id }) {
			return nil, fmt.Errorf("disable: no check is named %q; `peercheck checks` lists them", id)
		}
	}
	return plugin(slices.DeleteFunc(checks, func(c *check.Check) bool {
		return c.Persona > persona || slices.Contains(s.Disable, c.ID)
	})), nil
}

// A plugin is the checks that run.
type plugin []*check.Check

// BuildAnalyzers gives one analyzer, called as the linter is: then golangci-lint
// puts no name of an analyzer before the messages, which end with the check's ID.
func (p plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	suite := golang.Suite("peercheck", p)
	run := suite.Run
	suite.Run = func(pass *analysis.Pass) (any, error) {
		alone := *pass
		alone.Report = func(d analysis.Diagnostic) {
			d.Related = nil // golangci-lint makes an issue of each
			pass.Report(d)
		}
		return run(&alone)
	}
	return []*analysis.Analyzer{suite}, nil
}

// GetLoadMode asks for types.
func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
