package sarif

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	sarif "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/peercheck/peercheck/lib/check"
)

// rule describes a check: with its page if it has results, without otherwise,
// since the pages of some hundred checks have 1 MB. The properties are those that
// GitHub reads: tags, precision, security-severity and problem.severity.
func (b *builder) rule(c *check.Check, results bool) *sarif.ReportingDescriptor {
	rule := sarif.NewRule(c.ID).
		WithShortDescription(sarif.NewMultiformatMessageString().WithText(c.Title)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(c.Severity)))
	if results {
		rule.WithFullDescription(sarif.NewMultiformatMessageString().WithText(c.Page.What).WithMarkdown(c.Page.What)).
			WithHelp(sarif.NewMultiformatMessageString().WithText(plainHelp(c)).WithMarkdown(c.Markdown()))
	}
	if uri := helpURI(c); uri != "" {
		rule.WithHelpURI(uri)
	}
	tags := []string{"security"}
	for _, cwe := range c.CWE {
		tags = append(tags, fmt.Sprintf("external/cwe/cwe-%03d", int(cwe)))
		rule.AddRelationship(sarif.NewReportingDescriptorRelationship().
			WithKinds([]string{"relevant"}).
			WithTarget(sarif.NewReportingDescriptorReference().
				WithID(fmt.Sprint(int(cwe))).WithIndex(b.taxa[cwe]).
				WithToolComponent(sarif.NewToolComponentReference().WithName("CWE").WithIndex(0))))
	}
	rule.WithProperties(sarif.NewPropertyBag().WithTags(tags).
		Add("precision", precision(c.Confidence)).
		Add("security-severity", securitySeverity(c.Severity)).
		Add("problem.severity", problemSeverity(c.Severity)).
		Add("persona", c.Persona).
		Add("since", c.Since))
	return rule
}

// securitySeverity is the score by which GitHub ranks security alerts: over 9.0
// is critical, 7.0 high, 4.0 medium, and the rest low.
func securitySeverity(s check.Severity) string {
	return map[check.Severity]string{check.Low: "3.0", check.Medium: "5.5", check.High: "8.0", check.Critical: "9.5"}[s]
}

// problemSeverity is CodeQL's word for the level.
func problemSeverity(s check.Severity) string {
	return map[check.Severity]string{check.Low: "recommendation", check.Medium: "warning", check.High: "error", check.Critical: "error"}[s]
}

// precision is CodeQL's word for the confidence.
func precision(c check.Confidence) string {
	return map[check.Confidence]string{check.Tentative: "low", check.Firm: "high", check.Certain: "very-high"}[c]
}

// plainHelp is the page for viewers without Markdown.
func plainHelp(c *check.Check) string {
	var parts []string
	for _, part := range []string{c.Page.What, c.Page.Why, c.Page.Fix, c.Page.Limits, strings.Join(c.Page.References, "\n")} {
		if part != "" {
			parts = append(parts, strings.TrimSpace(part))
		}
	}
	return strings.Join(parts, "\n\n")
}

// helpURI is the first web page that the check refers to, or else its weakness.
func helpURI(c *check.Check) string {
	for _, ref := range c.Page.References {
		if u, err := url.Parse(ref); err == nil && u.IsAbs() {
			return ref
		}
	}
	if len(c.CWE) > 0 {
		return cweURI(c.CWE[0])
	}
	return ""
}

func cweURI(c check.CWE) string {
	return fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", int(c))
}

// taxonomy lists the weaknesses that the checks name.
func (b *builder) taxonomy() *sarif.ToolComponent {
	var all []check.CWE
	for _, c := range b.Checks {
		all = append(all, c.CWE...)
	}
	slices.Sort(all)
	cwe := sarif.NewToolComponent().WithName("CWE").WithOrganization("MITRE").
		WithInformationURI("https://cwe.mitre.org/").
		WithShortDescription(sarif.NewMultiformatMessageString().WithText("Common Weakness Enumeration"))
	for i, c := range slices.Compact(all) {
		b.taxa[c] = i
		cwe.AddTaxa(sarif.NewReportingDescriptor().WithID(fmt.Sprint(int(c))).WithHelpURI(cweURI(c)))
	}
	return cwe
}

func reference(taxonomy *sarif.ToolComponent) *sarif.ToolComponentReference {
	return sarif.NewToolComponentReference().WithName(*taxonomy.Name).WithIndex(0)
}
