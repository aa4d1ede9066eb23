package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/constant"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/input-line-not-checked.txtar
var inputLineNotCheckedExamples string

// InputLineNotChecked finds values that may begin lines of their own in what a program is
// told on its standard input.
var InputLineNotChecked = &check.Check{
	ID:         "go/input-line-not-checked",
	Title:      "A value may begin a line of its own in the input of a program",
	CWE:        []check.CWE{93, 74},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Persona:    check.Pedantic, // whether a stranger gives the value is not seen
	Since:      "0.2",
	Requires:   assembledRequires,
	RunPackage: runInputLineNotChecked,
	Page: check.Page{
		What: "A program is sent lines of `name=value` on its standard input, a value is put into one as it is, and nothing refuses or removes line breaks in it.",
		Why: "What comes after a line break in the value is another line, and says whatever its author likes. The host in a URL that ended in `%0ahost=github.com` made Git LFS ask the credential helper for " +
			"the password of another host, and send it (CVE-2024-53263); Git itself and Git Credential Manager had the same flaw.",
		Fix:    "Refuse values with `\\n`, `\\r` or a zero byte, before the first line is written. There is no quick fix, because the function has to be able to fail.",
		Limits: "For persona pedantic, because where the value comes from is not asked. Seen are lines that one function writes to a buffer, name by value, which becomes `Stdin` of an `exec.Cmd`. A look for line breaks anywhere in the function counts, as do functions that quote or encode the value. Test code is left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2024-53263",
			"https://git-scm.com/docs/git-credential#IOFMT",
			"https://cwe.mitre.org/data/definitions/93.html",
		},
		Examples: inputLineNotCheckedExamples,
	},
}

func runInputLineNotChecked(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, func(name string) bool {
		return strings.Contains(name, "Quote") || strings.Contains(name, "Escape") || strings.Contains(name, "Encode") || strings.Contains(name, "Replace")
	})
	if a == nil {
		return nil
	}
	told := a.inputs()
	if len(told) == 0 {
		return nil
	}
	for _, fn := range a.Functions {
		if looksForBreaks(fn) {
			continue
		}
		for buffer, written := range writtenIn(a, fn) {
			if !slices.Contains(told, buffer) {
				continue
			}
			for i, c := range written {
				if i == 0 || i+1 == len(written) || !endsName(a.piece(written[i-1])) || !strings.HasPrefix(a.piece(written[i+1]), "\n") || a.piece(c) != "" || !a.unescaped(a.bytesOf(c)) {
					continue
				}
				pass.Report(check.Finding{
					Message:  fmt.Sprintf("a value with a line break in it tells the program more than %s…", strings.TrimSpace(a.piece(written[i-1]))),
					Location: pass.Location(c.Expr),
				})
			}
		}
	}
	return nil
}

// inputs gives the buffers of the package that become the standard input of a program.
func (a *assembled) inputs() (buffers []ssa.Value) {
	for instr := range a.stores() {
		addr, ok := instr.Addr.(*ssa.FieldAddr)
		if ok && query.IsType(addr.X.Type(), "os/exec.Cmd") && text.FieldName(addr) == "Stdin" {
			buffers = append(buffers, a.Origins(instr.Val)...)
		}
	}
	return buffers
}

// stores gives all stores of the package.
func (a *assembled) stores() func(yield func(*ssa.Store) bool) {
	return func(yield func(*ssa.Store) bool) {
		for _, fn := range a.Functions {
			for instr := range instructions(fn) {
				if store, ok := instr.(*ssa.Store); ok && !yield(store) {
					return
				}
			}
		}
	}
}

// writtenIn gives what a function writes to each buffer, in the order of the source.
func writtenIn(a *assembled, fn *ssa.Function) map[ssa.Value][]flow.Call {
	written := map[ssa.Value][]flow.Call{}
	for _, c := range a.In(fn, "(*bytes.Buffer).Write", "(*bytes.Buffer).WriteString", "(*bytes.Buffer).WriteByte", "(*bytes.Buffer).WriteRune") {
		for _, o := range a.Origins(c.Receiver()) {
			written[o] = append(written[o], c)
		}
	}
	for _, calls := range written {
		slices.SortFunc(calls, func(x, y flow.Call) int { return int(x.Expr.Pos() - y.Expr.Pos()) })
	}
	return written
}

// bytesOf gives what is written by a call, before it is converted.
func (a *assembled) bytesOf(c flow.Call) ssa.Value {
	v := c.Arg(0)
	if conv, ok := v.(*ssa.Convert); ok {
		return conv.X
	}
	return v
}

// piece gives the constant text that is written by a call; "" if it is none.
func (a *assembled) piece(c flow.Call) string {
	v := a.bytesOf(c)
	if s, ok := query.StringSSA(v); ok {
		return s
	}
	if k, ok := v.(*ssa.Const); ok && k.Value != nil && k.Value.Kind() == constant.Int {
		n, _ := constant.Int64Val(k.Value)
		return string(rune(n))
	}
	return ""
}

// endsName reports whether a text ends the name of a value in a line.
func endsName(s string) bool {
	s = strings.TrimRight(s, " ")
	return strings.HasSuffix(s, "=") || strings.HasSuffix(s, ":")
}

// looksForBreaks reports whether a function searches something for a line break.
func looksForBreaks(fn *ssa.Function) bool {
	for instr := range instructions(fn) {
		call, ok := instr.(*ssa.Call)
		if !ok || !strings.HasPrefix(query.CalleeSSA(&call.Call), "strings.") && !strings.HasPrefix(query.CalleeSSA(&call.Call), "bytes.") {
			continue
		}
		for _, arg := range call.Call.Args {
			if s, ok := query.StringSSA(arg); ok && strings.ContainsAny(s, "\n\r") {
				return true
			}
			if k, ok := arg.(*ssa.Const); ok && k.Value != nil && k.Value.ExactString() == "10" {
				return true
			}
		}
	}
	return false
}
