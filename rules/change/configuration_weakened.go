package change

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/peercheck/peercheck/lib/check"
)

//go:embed testdata/configuration_weakened.txtar
var configurationWeakened string

// ConfigurationWeakened asks the reviewer about each line of the configuration by
// which less is found or blocked.
var ConfigurationWeakened = &check.Check{
	ID:    "change/configuration-weakened",
	Title: "The configuration finds or blocks less",
	Page: check.Page{
		What: "A change of .peercheck.yaml that leaves paths out, switches a check off or lowers its severity, or raises the " +
			"severity from which a finding blocks; and a finding added to .gitleaksignore.",
		Why: "One line of configuration silences more than any ignore comment, for everybody and for good, and its author takes the " +
			"decision alone. It does not count for secrets that come with it, but for those of the next commit.",
		Fix: "As the reviewer, ask what the line is for, and whether an ignore comment at the one place would do. As the author, exclude " +
			"as little as possible and say why in a comment beside it.",
		Limits: "Allow-lists of .gitleaks.toml are not compared. A configuration that does not parse is an error elsewhere.",
		References: []string{
			"https://owasp.org/www-project-application-security-verification-standard/",
			"https://cwe.mitre.org/data/definitions/1127.html",
		},
		Examples: configurationWeakened,
	},
	CWE:        []check.CWE{1127},
	Severity:   check.Low,
	Confidence: check.Certain,
	Selector:   []check.DocumentFilter{{Pattern: ".peercheck.yaml"}, {Pattern: ".gitleaksignore"}},
	Since:      "0.1",
	RunChange:  runConfigurationWeakened,
}

func runConfigurationWeakened(ctx context.Context, p *check.ChangePass) error {
	for _, f := range p.Files {
		if f.Head == nil || strings.Contains(f.Head.Path, "/") { // only those at the root count
			continue
		}
		weaker := weakerYAML
		if f.Head.Path == ".gitleaksignore" {
			weaker = weakerLines
		}
		for _, w := range weaker(contentOf(f.Base), f.Head.Content) {
			if r, err := f.Head.LineRange(w.line); err == nil {
				text := f.Head.Text(r)
				r.Start += len(text) - len(strings.TrimLeft(text, " \t-"))
				p.Report(check.Finding{Message: w.message, Location: check.Location{Path: f.Head.Path, Range: r}})
			}
		}
	}
	return ctx.Err()
}

// A weakening is a line of a configuration, counted from 1, and what it does.
type weakening struct {
	line    int
	message string
}

func contentOf(d *check.Document) []byte {
	if d == nil {
		return nil
	}
	return d.Content
}

// weakerLines gives the lines of a list of findings that it did not have.
func weakerLines(base, head []byte) (out []weakening) {
	old := strings.Fields(string(base))
	n := 0
	for line := range strings.Lines(string(head)) {
		n++
		entry := strings.TrimSpace(line)
		if entry != "" && !strings.HasPrefix(entry, "#") && !slices.Contains(old, strings.Fields(entry)[0]) {
			out = append(out, weakening{n, "This change ignores a secret that was found, without a reason beside it: is it none?"})
		}
	}
	return out
}

// severities are the words for them, from the lowest; what is "off" is below.
var severities = []string{"off", "low", "medium", "high", "critical"}

// settings are what a configuration has of the keys that are compared.
type settings struct {
	failOn  *yaml.Node
	checks  map[string]*yaml.Node // by ID or domain
	names   []string              // of checks, in order
	exclude []*yaml.Node
}

func readSettings(content []byte) settings {
	var document yaml.Node
	s := settings{checks: map[string]*yaml.Node{}}
	if yaml.Unmarshal(content, &document) != nil || len(document.Content) == 0 {
		return s
	}
	pairs(document.Content[0], func(key string, value *yaml.Node) {
		switch key {
		case "fail-on":
			s.failOn = value
		case "exclude":
			s.exclude = value.Content
		case "checks":
			pairs(value, func(id string, severity *yaml.Node) {
				s.checks[id] = severity
				s.names = append(s.names, id)
			})
		}
	})
	return s
}

func pairs(mapping *yaml.Node, visit func(key string, value *yaml.Node)) {
	if mapping.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		visit(mapping.Content[i].Value, mapping.Content[i+1])
	}
}

func weakerYAML(base, head []byte) (out []weakening) {
	old, now := readSettings(base), readSettings(head)
	for _, n := range now.exclude {
		if !slices.ContainsFunc(old.exclude, func(o *yaml.Node) bool { return o.Value == n.Value }) {
			out = append(out, weakening{n.Line, "This change leaves paths out of what is judged: do they hold nothing that is run or secret?"})
		}
	}
	for _, id := range now.names {
		n := now.checks[id]
		to, before := slices.Index(severities, n.Value), len(severities)
		if o := old.checks[id]; o != nil {
			before = slices.Index(severities, o.Value)
		}
		switch {
		case to < 0 || to >= before:
		case to == 0:
			out = append(out, weakening{n.Line, fmt.Sprintf("This change switches %s off: does it never matter here?", id)})
		case to < slices.Index(severities, "high"): // below what blocks by default
			out = append(out, weakening{n.Line, fmt.Sprintf("This change lowers %s to %s, which does not block by default: is it less of a risk here?", id, n.Value)})
		}
	}
	if n := now.failOn; n != nil {
		before := "high" // the default
		if old.failOn != nil {
			before = old.failOn.Value
		}
		if slices.Index(severities, n.Value) > slices.Index(severities, before) {
			out = append(out, weakening{n.Line, fmt.Sprintf("This change lets everything below %s pass: who looks at the rest?", n.Value)})
		}
	}
	return out
}
