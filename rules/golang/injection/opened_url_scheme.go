package injection

import (
	"context"
	_ "embed"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/opened-url-scheme.txtar
var openedURLSchemeExamples string

// OpenedURLScheme finds URLs that are opened by the desktop, whatever they are.
var OpenedURLScheme = &check.Check{
	ID:         "go/opened-url-scheme",
	Title:      "URL is opened by the desktop without a look at its scheme",
	CWE:        []check.CWE{78, 88, 939},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runOpenedURLScheme,
	Page: check.Page{
		What: "An URL that a caller or a server gives goes to `xdg-open`, `open`, `rundll32`, `cmd /c start`, or a library that calls them, and nothing asks whether it is an URL of the web.",
		Why: "These programs open whatever they are given with the program that belongs to it: a path or a `file:` URL of an executable is run, and other schemes start other programs. " +
			"A server could name a program of the user's machine where the command line of GitHub expected a page (CVE-2025-48938).",
		Fix:    "Parse it, and refuse what has another `Scheme` than `http` or `https`; hand on `u.String()`. There is no quick fix, because only you know which schemes are meant.",
		Limits: "A constant beginning such as `https://`, and any look at the scheme in the function, in those it calls and in those that call it, are fine. Counts only parameters that other packages can set and fields of structs, if they are named as URLs. What the function hands to one that is named for validating is for persona pedantic, as are pages that programs open.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/78.html",
			"https://positive.security/blog/url-open-rce",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-48938",
		},
		Examples: openedURLSchemeExamples,
	},
}

// openers open what they are given with the program that belongs to it.
var openers = []string{"xdg-open", "open", "x-www-browser", "www-browser", "sensible-browser", "wslview", "gnome-open", "kde-open", "cygstart", "termux-open-url",
	"explorer", "rundll32", "start", "gio"}

// openingFunctions are those of libraries that call one.
var openingFunctions = []string{"github.com/cli/browser.OpenURL", "github.com/pkg/browser.OpenURL", "github.com/skratchdot/open-golang/open.Run",
	"github.com/skratchdot/open-golang/open.Start", "github.com/toqueteos/webbrowser.Open"}

func runOpenedURLScheme(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, func(name string) bool {
		return strings.HasSuffix(name, "AuthCodeURL") || strings.HasSuffix(name, "AuthURL")
	})
	if a == nil {
		return nil
	}
	o := &opened{assembled: a, reported: map[*ssa.Function][]ssa.Value{}}
	for _, c := range a.Calls(openingFunctions...) {
		o.judge(c, c.Arg(0))
	}
	for _, c := range a.Calls("os/exec.Command", "os/exec.CommandContext") {
		first := len(c.Instr.Common().Args) - 2
		args := a.Arguments(c.Arg(first + 1))
		if !a.isOpener(c.Arg(first), args) {
			continue
		}
		for _, arg := range args {
			if o.judge(c, arg) {
				break
			}
		}
	}
	return nil
}

// isOpener reports whether a program opens URLs for others.
func (a *assembled) isOpener(program ssa.Value, args []ssa.Value) bool {
	for _, o := range a.Origins(program) {
		name, _ := query.StringSSA(o)
		name = strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), ".exe")
		if slices.Contains(openers, name) {
			return true
		}
		if name == "cmd" {
			for _, arg := range args {
				if s, _ := query.StringSSA(arg); s == "start" || strings.HasPrefix(s, "/c start") {
					return true
				}
			}
		}
	}
	return false
}

// opened is the work on one package.
type opened struct {
	*assembled
	// reported has what each function opens: one way for each system is one flaw.
	reported map[*ssa.Function][]ssa.Value
}

// judge reports a call if what it opens is an URL that others choose.
func (a *opened) judge(c flow.Call, v ssa.Value) bool {
	if _, ok := query.StringSSA(v); ok || !a.isForeignURL(v) || a.looksAtScheme(c.Fn) {
		return false
	}
	if slices.Contains(a.reported[c.Fn], v) {
		return true
	}
	a.reported[c.Fn] = append(a.reported[c.Fn], v)
	persona := check.Regular
	if !code.IsForOthers(a.pass.Pkg) {
		persona = check.Pedantic // the program's own pages, or what its user asks for
	}
	if a.isHandedTo(v, func(call *ssa.CallCommon) bool { return text.Validates(text.CalleeName(call)) }) {
		persona = check.Pedantic // somebody has thought of what it may be
	}
	a.pass.Report(check.Finding{
		Persona:  persona,
		Message:  "this is opened whatever it is: a path of a program, or a scheme of another program, does as well as a page",
		Location: a.pass.Location(c.Expr),
	})
	return true
}

// isForeignURL reports whether a value is a whole URL that a caller in another
// package, or what was decoded into a struct, gives.
func (a *assembled) isForeignURL(v ssa.Value) bool {
	found := false
	a.Behind(v, a.clean, func(_ ssa.Value, t text.Text) {
		if t[0].Value != nil && a.isForeignURL(t[0].Value) {
			found = true
		}
	}, func(leaf ssa.Value) {
		for _, w := range query.Words(text.ValueName(leaf)) {
			switch w {
			case "url", "uri", "link", "href", "addr", "address", "page", "site", "website", "endpoint", "target", "homepage":
				found = found || text.Textual(leaf.Type())
			}
		}
	})
	return found
}

// looksAtScheme reports whether a function, one that it calls or one that calls it
// reads the scheme of an URL, or asks for its beginning.
func (a *assembled) looksAtScheme(fn *ssa.Function) bool {
	near := []*ssa.Function{fn}
	for _, c := range a.Callers(fn) {
		near = append(near, c.Fn)
	}
	for _, f := range slices.Clone(near) {
		for _, b := range f.Blocks {
			for _, instr := range b.Instrs {
				if call, ok := instr.(*ssa.Call); ok {
					if callee := call.Call.StaticCallee(); callee != nil && len(callee.Blocks) > 0 {
						near = append(near, callee)
					}
				}
			}
		}
	}
	return slices.ContainsFunc(near, func(f *ssa.Function) bool {
		for _, c := range a.In(f, "strings.HasPrefix", "strings.Contains", "strings.EqualFold", "strings.CutPrefix") {
			if s, ok := query.StringSSA(c.Arg(1)); ok && strings.HasPrefix(s, "http") {
				return true
			}
		}
		for _, b := range f.Blocks {
			for _, instr := range b.Instrs {
				if field, ok := instr.(*ssa.FieldAddr); ok && text.FieldName(field) == "Scheme" && isRead(field) {
					return true
				}
			}
		}
		return false
	})
}

func isRead(addr ssa.Value) bool {
	return slices.ContainsFunc(*addr.Referrers(), func(r ssa.Instruction) bool {
		_, ok := r.(*ssa.UnOp)
		return ok
	})
}
