package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/triage"
	"github.com/peercheck/peercheck/rules"
)

// allChecks are all checks that can be named, triage's own among them, by ID.
func allChecks() []*check.Check {
	all := append(rules.All(), triage.Checks()...)
	slices.SortFunc(all, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (p *program) checksCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "checks [DOMAIN...]",
		Short: "List the checks",
		RunE: func(_ *cobra.Command, domains []string) error {
			var listed []*check.Check
			for _, c := range allChecks() {
				if len(domains) == 0 || slices.Contains(domains, c.Domain()) {
					listed = append(listed, c)
				}
			}
			switch {
			case len(listed) == 0:
				return fmt.Errorf("no check is in %s", strings.Join(domains, ", "))
			case format == "json":
				return p.checksJSON(listed)
			case format != "text":
				return fmt.Errorf("--format %s: take text or json", format)
			}
			wide := 0
			for _, c := range listed {
				wide = max(wide, len(c.ID))
			}
			for _, c := range listed {
				note := ""
				if c.Persona != check.Regular {
					note = " (" + c.Persona.String() + ")"
				}
				fmt.Fprintf(p.out, "%-*s  %-8s  %s%s\n", wide, c.ID, c.Severity, c.Title, note)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (p *program) checksJSON(listed []*check.Check) error {
	type entry struct {
		ID         string           `json:"id"`
		Title      string           `json:"title"`
		CWE        []check.CWE      `json:"cwe"`
		Severity   check.Severity   `json:"severity"`
		Confidence check.Confidence `json:"confidence"`
		Persona    check.Persona    `json:"persona"`
		Kind       check.Kind       `json:"kind"`
		Since      string           `json:"since"`
	}
	entries := make([]entry, 0, len(listed))
	for _, c := range listed {
		entries = append(entries, entry{c.ID, c.Title, c.CWE, c.Severity, c.Confidence, c.Persona, c.Kind(), c.Since})
	}
	enc := json.NewEncoder(p.out)
	enc.SetIndent("", "  ")
	return enc.Encode(entries)
}

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain ID",
		Short: "Say what a check finds, why it matters and what to do",
		Args:  cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) (ids []string, _ cobra.ShellCompDirective) {
			for _, c := range allChecks() {
				ids = append(ids, c.ID+"\t"+c.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			for _, c := range allChecks() {
				if c.ID == args[0] {
					page := c.Markdown()
					if p.colored(p.out) {
						page = forTerminal(page)
					}
					_, err := fmt.Fprint(p.out, page)
					return err
				}
			}
			return fmt.Errorf("there is no check %q%s", args[0], similar(args[0]))
		},
	}
}

// similar names the checks whose ID shares a word with a name.
func similar(name string) string {
	var like []string
	for _, c := range allChecks() {
		for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '-' }) {
			if len(word) > 3 && strings.Contains(c.ID, word) && !slices.Contains(like, c.ID) {
				like = append(like, c.ID)
			}
		}
	}
	if len(like) == 0 || len(like) > 8 {
		return "; `peercheck checks` lists them"
	}
	return "; did you mean " + strings.Join(like, ", ") + "?"
}

var (
	markdownBold = regexp.MustCompile(`\*\*([^*\n]+)\*\*`)
	markdownCode = regexp.MustCompile("`([^`\n]+)`")
	markdownLink = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\n]+)\)`)
)

// forTerminal shows the Markdown of a page with a terminal's own means: bold
// headings, code set in and in colour.
func forTerminal(page string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(page) {
		text := strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(text, "```"):
			fenced = !fenced
			continue
		case fenced:
			fmt.Fprintf(&b, "    \x1b[36m%s\x1b[0m\n", text)
			continue
		case strings.HasPrefix(text, "### "):
			fmt.Fprintf(&b, "\x1b[1;4m%s\x1b[0m\n", text[4:])
			continue
		}
		text = markdownLink.ReplaceAllString(text, "$1")
		text = markdownBold.ReplaceAllString(text, "\x1b[1m$1\x1b[0m")
		text = markdownCode.ReplaceAllString(text, "\x1b[36m$1\x1b[0m")
		b.WriteString(text + "\n")
	}
	return b.String()
}
