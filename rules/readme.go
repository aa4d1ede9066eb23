package rules

import (
	"fmt"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
)

// README gives the text of rules/README.md: a table of all checks, and the page
// of each but for the secrets, whose pages differ in the provider's name only.
// The argument is every check that can be named, sorted by ID.
func README(checks []*check.Check) string {
	var b strings.Builder
	b.WriteString(`# The checks

Written by ` + "`go test ./cmd/peercheck -run TestReadme -update`" + `; each page comes from beside its check, its examples from the check's test data.
` + "`peercheck explain ID`" + ` shows the same in the terminal, and hovering over a finding in the editor.

Severity is the impact if a finding is real, confidence how likely it is to be real. Findings for the personas pedantic
and auditor are shown to those who ask for them. A retired ID is never used for something else; none is retired yet.
`)
	for _, group := range byDomain(checks) {
		fmt.Fprintf(&b, "\n## %s (%d)\n\n| ID | what is wrong | severity | confidence | weakness | fix |\n|---|---|---|---|---|---|\n", group[0].Domain(), len(group))
		for _, c := range group {
			id, persona, fix := "`"+c.ID+"`", "", ""
			if !c.Secret {
				id = "[" + id + "](#" + anchor(c.Title) + ")"
			}
			if c.Persona != check.Regular {
				persona = " (" + c.Persona.String() + ")"
			}
			if strings.Contains(c.Page.Examples, ".golden --") {
				fix = "yes"
			}
			fmt.Fprintf(&b, "| %s | %s%s | %s | %s | %s | %s |\n", id, c.Title, persona, c.Severity, c.Confidence, c.CWE[0], fix)
		}
	}
	b.WriteString("\n# The pages\n")
	for _, c := range checks {
		if !c.Secret {
			b.WriteString("\n" + c.Markdown())
		}
	}
	return b.String()
}

// byDomain splits checks that are sorted by ID.
func byDomain(checks []*check.Check) (groups [][]*check.Check) {
	for _, c := range checks {
		if n := len(groups); n > 0 && groups[n-1][0].Domain() == c.Domain() {
			groups[n-1] = append(groups[n-1], c)
		} else {
			groups = append(groups, []*check.Check{c})
		}
	}
	return groups
}

// anchor is what renderers of Markdown make of a heading: lower case, hyphens
// for spaces, nothing but letters, digits and hyphens.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 0x7f:
			return r
		}
		return -1
	}, strings.ToLower(heading))
}
