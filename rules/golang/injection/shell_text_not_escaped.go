package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/shell-text-not-escaped.txtar
var shellTextNotEscapedExamples string

// ShellTextNotEscaped finds values that are put between the quotes of a shell.
var ShellTextNotEscaped = &check.Check{
	ID:         "go/shell-text-not-escaped",
	Title:      "Command for a shell is put together from values that are not escaped",
	CWE:        []check.CWE{78, 88, 116},
	Severity:   check.High,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runShellTextNotEscaped,
	Page: check.Page{
		What: "A command that a shell reads, here (`sh -c`) or on another machine (an SSH session), is put together from constant text and values, and the values stand there as they are, or between quotes that they can close.",
		Why: "`'` ends the text between two of them, and what follows is run. The path of a repository's URL went to the shell of the server this way in go-git (CVE-2026-41506). " +
			"`%q` quotes for Go: a shell still runs what stands between backquotes or in `$(...)`.",
		Fix:    "Run the program without a shell, each value an argument of its own. Where there must be a shell, put `'` around the value and write each `'` within it as `'\\''`, as `github.com/alessio/shellescape` does; or hand the value over in the environment. There is no quick fix, because the shell may be needed, and its kind decides how to escape.",
		Limits: "Where the values come from is not asked. What begins the command is taken for a command that is meant to be chosen. Numbers, constants, package-level variables, and what a function gives that is called quote or escape, are fine. Only what stands between quotes in a command for an SSH session is for everybody. Without quotes there it is for persona pedantic, because many servers have commands of their own and no shell, and so is what a shell of this machine reads, because most such values are the program's own or its user's.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/78.html",
			"https://pkg.go.dev/os/exec",
			"https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02",
		},
		Examples: shellTextNotEscapedExamples,
	},
}

// escapesShell are functions whose result is one word to a shell.
var escapesShell = named(`(?i)(quote|escape|sanit|^replace)`)

// shells read their argument as commands.
var shells = []string{"sh", "bash", "dash", "zsh", "ksh", "ash", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh"}

// shellOptions come before a text of commands.
var shellOptions = []string{"-c", "-lc", "-ec", "-cx", "-xc", "-euc", "-ic", "/c", "/C", "-Command", "-command"}

func runShellTextNotEscaped(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, escapesShell)
	if a == nil {
		return nil
	}
	s := &shellFinder{assembled: a, reported: map[ast.Expr]bool{}, seen: map[ssa.Value]bool{}}
	for _, c := range a.Calls("(*golang.org/x/crypto/ssh.Session).Run", "(*golang.org/x/crypto/ssh.Session).Start",
		"(*golang.org/x/crypto/ssh.Session).Output", "(*golang.org/x/crypto/ssh.Session).CombinedOutput") {
		s.elsewhere = true
		s.command(c.Arg(0))
		s.elsewhere = false
	}
	for _, c := range a.Calls("os/exec.Command", "os/exec.CommandContext") {
		first := len(c.Instr.Common().Args) - 2
		if name, ok := query.StringSSA(c.Arg(first)); ok && isShell(name) {
			s.afterOption(a.Arguments(c.Arg(first + 1)))
		}
	}
	for _, list := range stringLists(a) {
		if len(list) < 3 {
			continue
		}
		if name, ok := query.StringSSA(list[0]); ok && isShell(name) {
			s.afterOption(list[1:])
		}
	}
	return nil
}

func isShell(name string) bool {
	return slices.Contains(shells, path.Base(strings.ReplaceAll(name, `\`, "/")))
}

// stringLists gives the lists of strings that are written in a package.
func stringLists(a *assembled) (lists [][]ssa.Value) {
	for _, fn := range a.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if s, ok := instr.(*ssa.Slice); ok {
					if t, ok := s.Type().Underlying().(*types.Slice); ok && query.TypeName(t.Elem()) == "string" {
						lists = append(lists, a.Arguments(s))
					}
				}
			}
		}
	}
	return lists
}

// A shellFinder reports each expression that puts values into a command once.
type shellFinder struct {
	*assembled
	reported map[ast.Expr]bool
	seen     map[ssa.Value]bool
	// elsewhere says that a server reads the command, which need not be a shell.
	elsewhere bool
}

// afterOption looks at the text of commands among the arguments of a shell.
func (s *shellFinder) afterOption(args []ssa.Value) {
	for i, arg := range args[:max(len(args)-1, 0)] {
		if option, ok := query.StringSSA(arg); ok && slices.Contains(shellOptions, option) {
			s.command(args[i+1])
			return
		}
	}
}

// command looks at all texts that a command may be made of.
func (s *shellFinder) command(v ssa.Value) {
	s.Behind(v, s.clean, func(whole ssa.Value, t text.Text) {
		if !s.seen[whole] {
			s.seen[whole] = true
			s.text(t)
		}
	}, func(ssa.Value) {})
}

func (s *shellFinder) text(t text.Text) {
	for i, p := range t {
		if p.Value == nil {
			continue
		}
		s.command(p.Value)
		if i == 0 || p.Expr == nil || s.reported[p.Expr] || p.Verb != 0 && p.Verb != 's' && p.Verb != 'v' && p.Verb != 'q' ||
			strings.TrimSpace(t[:i].Constant()) == "" || !s.unescaped(p.Value) || known(s.pass, p.Expr, "command") {
			continue
		}
		quoted := true
		message := "a value becomes part of a command that a shell reads; if it may hold `;` or `$(...)`, the shell runs what it says"
		if quote := openQuote(t[:i]); quote != 0 && p.Verb != 'q' {
			message = "a value stands between quotes in a command that a shell reads; if it may hold " + string(quote) + ", what follows is run"
			if quote == '"' {
				message = "a value stands between quotes in a command that a shell reads, which still runs what is in `$(...)`"
			}
		} else if p.Verb == 'q' {
			message = "%q quotes for Go: between these quotes the shell still runs what is in `$(...)`"
		} else {
			quoted = false
		}
		s.reported[p.Expr] = true
		f := check.Finding{Message: message, Location: s.pass.Location(p.Expr)}
		if !s.elsewhere || !quoted {
			f.Persona = check.Pedantic
		}
		s.pass.Report(f)
	}
}

// openQuote gives the quote that the constant text before a hole leaves open, 0
// if none.
func openQuote(before text.Text) rune {
	quote, escaped := rune(0), false
	for _, r := range before.Constant() {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote == r:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		}
	}
	return quote
}
