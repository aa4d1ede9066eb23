package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/program-name-completed.txtar
var programNameCompletedExamples string

// ProgramNameCompleted finds names of programs that a value completes, and may lead to another
// folder.
var ProgramNameCompleted = &check.Check{
	ID:         "go/program-name-completed",
	Title:      "A value completes the name of a program, and may name a path",
	CWE:        []check.CWE{78, 426},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Persona:    check.Pedantic, // whether a stranger gives the name is not seen
	Since:      "0.2",
	Requires:   assembledRequires,
	RunPackage: runProgramNameCompleted,
	Page: check.Page{
		What: "A library runs the program whose name begins with a constant and ends with what its caller hands in, such as a helper or plugin: `exec.Command(\"app-plugin-\" + name)`, and nothing looks for separators in it.",
		Why: "A name with a separator is a path, and no longer looked for in PATH: `x/../../../tmp/evil` runs what lies there. Names of plugins come with files that others send: with a recipient's key in age " +
			"(CVE-2024-56327), which is enough to run any program of the machine.",
		Fix: "Accept letters, digits, `-` and `_`, and refuse everything else before the name is put together: `strings.ContainsRune(name, os.PathSeparator)` at least. There is no quick fix, because only you know which names there are.",
		Limits: "For persona pedantic, and tentative, because callers may have looked at the name. A comparison of it, a function that is named for looking at it, a search for a separator and a base name count. Of programs (package main) and of their internal packages nothing is " +
			"reported: the words of the command line are for who typed them. What comes from a stranger for certain is `go/command-injection`.",
		References: []string{
			"https://pkg.go.dev/os/exec#Command",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-56327",
			"https://cwe.mitre.org/data/definitions/426.html",
		},
		Examples: programNameCompletedExamples,
	},
}

func runProgramNameCompleted(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, func(name string) bool { return name == "Base" || name == "Itoa" })
	if a == nil || !code.IsLibrary(pass.Pkg) {
		return nil
	}
	reported := map[ast.Expr]bool{}
	for _, c := range a.Calls("os/exec.Command", "os/exec.CommandContext", "os/exec.LookPath") {
		at := 0
		if strings.HasSuffix(c.Name, "Context") {
			at = 1
		}
		a.Behind(c.Arg(at), a.clean, func(_ ssa.Value, t text.Text) {
			if len(t) < 2 || t[0].Value != nil || t[1].Value == nil || t[1].Expr == nil || !namesProgram(t[0].Const) || reported[t[1].Expr] {
				return
			}
			name := t[1].Value
			if v := t[1].Verb; v != 0 && v != 's' && v != 'v' && v != 'q' || text.Harmless(name.Type()) || !a.handedIn(name) || a.isAsked(name, looksAtName) || known(pass, t[1].Expr, "command") {
				return
			}
			reported[t[1].Expr] = true
			f := check.Finding{
				Message:  fmt.Sprintf("a value completes the name of the program %s…: with a separator in it, it is a path to another program", t[0].Const),
				Location: pass.Location(c.Expr.Args[at]),
			}
			if t[1].Expr != c.Expr.Args[at] {
				put := pass.Location(t[1].Expr)
				put.Message = "here it is put together"
				f.Related = []check.Location{put}
			}
			pass.Report(f)
		}, func(ssa.Value) {})
	}
	return nil
}

// namesProgram reports whether a text is the beginning of the name of a program: "git-remote-",
// and no folder.
func namesProgram(text string) bool {
	return len(text) > 1 && strings.HasSuffix(text, "-") && !strings.ContainsAny(text, `/\ `)
}

// handedIn reports whether a value is what a caller of an exported function hands in, as it is.
func (a *assembled) handedIn(v ssa.Value) bool {
	return slices.ContainsFunc(a.Origins(v), func(o ssa.Value) bool {
		p, ok := o.(*ssa.Parameter)
		return ok && a.reachable(p, 4)
	})
}

// reachable reports whether a parameter is one of an exported function, or is what
// one hands on, and nobody looks at it on the way.
func (a *assembled) reachable(p *ssa.Parameter, depth int) bool {
	if depth == 0 || a.isAsked(p, looksAtName) {
		return false
	}
	if flow.Exported(p.Parent()) {
		return true
	}
	for i, param := range p.Parent().Params {
		if param != p {
			continue
		}
		for _, c := range a.Callers(p.Parent()) {
			args := c.Instr.Common().Args
			if i >= len(args) {
				continue
			}
			for _, o := range a.Origins(args[i]) {
				switch o := o.(type) {
				case *ssa.Parameter:
					if a.reachable(o, depth-1) {
						return true
					}
				case *ssa.UnOp: // a field
					if text.ValueName(o) != "" && !text.Global(o) {
						return true
					}
				}
			}
		}
	}
	return false
}

// looksAtName reports whether a function is called to look at the name of a program, or for
// separators.
func looksAtName(call *ssa.CallCommon) bool {
	switch name := query.CalleeSSA(call); name {
	case "strings.Contains", "strings.ContainsRune", "strings.ContainsAny", "strings.IndexByte", "strings.IndexRune", "strings.IndexAny", "path/filepath.Base", "path/filepath.IsLocal":
		return true
	}
	words := query.Words(text.CalleeName(call))
	return text.Validates(text.CalleeName(call)) || slices.Contains(words, "is") && slices.Contains(words, "name")
}
