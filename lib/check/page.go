package check

import (
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"
)

// A Page documents a check for the person who meets it. It is written once,
// beside the check, in Markdown without headings.
type Page struct {
	// What the check finds, in one or two sentences.
	What string
	// Why it matters: the attack, with a real incident or CVE where there is one.
	Why string
	// Fix says how to put it right, and whether the quick fix keeps behaviour.
	Fix string
	// Limits says what is not found, and what is deliberately left alone.
	Limits string
	// References are URLs: the CWE, the RFC, the library's documentation.
	References []string

	// Examples is the check's test data, a txtar archive that is embedded with
	// go:embed. Bad and Good take their text from it, so they cannot rot.
	Examples string
}

func (p Page) validate(id string) error {
	switch {
	case p.What == "":
		return fmt.Errorf("check %s: its Page has no What", id)
	case p.Why == "":
		return fmt.Errorf("check %s: its Page has no Why", id)
	case p.Fix == "":
		return fmt.Errorf("check %s: its Page has no Fix", id)
	}
	return nil
}

// An Example is one file of a check's test data as a reader should see it.
type Example struct {
	// Path is the name of the file: its extension tells the language.
	Path string
	// Text is the file without its `want` comments.
	Text string
}

// Bad gives the first file of the examples with a `want` comment, Good the
// first without. Files named *.golden, and go.mod, count as neither. The zero
// Example is returned where there is none.
func (p Page) Bad() Example  { return p.example(true) }
func (p Page) Good() Example { return p.example(false) }

func (p Page) example(bad bool) Example {
	for _, f := range txtar.Parse([]byte(p.Examples)).Files {
		text := string(f.Data)
		if strings.HasSuffix(f.Name, ".golden") || strings.HasSuffix(f.Name, "go.mod") {
			continue
		}
		if StripWants(text) != text == bad {
			return Example{Path: f.Name, Text: StripWants(text)}
		}
	}
	return Example{}
}

// StripWants removes the `want` comments of test data (package checktest) from
// a text: from "want" and its comment leader to the end of the line.
func StripWants(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		if i := WantIndex(body); i >= 0 {
			stripped := strings.TrimRight(body[:i], " \t")
			if stripped == "" {
				continue // the comment stood alone
			}
			b.WriteString(stripped)
			b.WriteString(line[len(body):])
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// WantIndex gives the byte offset in a line at which the comment leader of a
// `want` comment starts, or -1. Leaders are "//", "#", ";", "--" and "<!--".
func WantIndex(line string) int {
	for _, leader := range []string{"// want", "# want", "; want", "-- want", "<!-- want"} {
		if i := strings.LastIndex(line, leader); i >= 0 {
			rest := line[i+len(leader):]
			if strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, ":") {
				return i
			}
		}
	}
	return -1
}

// Markdown renders the page, for SARIF help and rules/README.md among others.
func (c *Check) Markdown() string {
	var b strings.Builder
	c.head(&b)
	section(&b, "What", c.Page.What)
	section(&b, "Why", c.Page.Why)
	c.examples(&b)
	section(&b, "Fix", c.Page.Fix)
	section(&b, "Limits", c.Page.Limits)
	if len(c.Page.References) > 0 {
		section(&b, "References", "- "+strings.Join(c.Page.References, "\n- "))
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// Brief gives the part of the page that helps whoever looks at a finding: why it
// matters and what to do, before the examples. An editor's hover shows ten lines.
func (c *Check) Brief() string {
	var b strings.Builder
	c.head(&b)
	section(&b, "Why", c.Page.Why)
	section(&b, "Fix", c.Page.Fix)
	c.examples(&b)
	return strings.TrimSpace(b.String()) + "\n"
}

func (c *Check) head(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n\n`%s` · %s severity · %s confidence", c.Title, c.ID, c.Severity, c.Confidence)
	if c.Persona != Regular {
		fmt.Fprintf(b, " · %s", c.Persona)
	}
	for _, cwe := range c.CWE {
		fmt.Fprintf(b, " · [%s](https://cwe.mitre.org/data/definitions/%d.html)", cwe, int(cwe))
	}
	b.WriteString("\n\n")
}

func (c *Check) examples(b *strings.Builder) {
	for _, ex := range []struct {
		title string
		Example
	}{{"Bad", c.Page.Bad()}, {"Good", c.Page.Good()}} {
		if ex.Text != "" {
			fence := "```"
			for strings.Contains(ex.Text, fence) {
				fence += "`"
			}
			section(b, ex.title, fence+fenceLanguage(ex.Path)+"\n"+strings.TrimSpace(ex.Text)+"\n"+fence)
		}
	}
}

func section(b *strings.Builder, title, text string) {
	if text != "" {
		fmt.Fprintf(b, "**%s**\n\n%s\n\n", title, strings.TrimSpace(text))
	}
}

func fenceLanguage(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	if strings.HasPrefix(base, "Dockerfile") {
		return "dockerfile"
	}
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		return base[i+1:]
	}
	return ""
}
