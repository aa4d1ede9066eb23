package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/argument-injection.txtar
var argumentInjectionExamples string

// ArgumentInjection finds arguments that may be options.
var ArgumentInjection = &check.Check{
	ID:         "go/argument-injection",
	Title:      "Untrusted data may become an option of a command",
	CWE:        []check.CWE{88},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runArgumentInjection,
	Page: check.Page{
		What: "An argument of its own of a program that has dangerous options (git, ssh, tar, curl, find and their like) may begin with a dash: it is data that a stranger sends, or an address, a branch or a host that a caller gives to git, hg, svn, ssh, scp, rsync, curl or wget.",
		Why:  "`--upload-pack=...` makes git run any program, `-oProxyCommand=...` ssh, `--checkpoint-action=...` tar. No shell is needed. HashiCorp's go-getter passed the address of a repository to git this way (CVE-2024-3817).",
		Fix:  "Put `\"--\"` before the first such argument, as the quick fix does where the arguments stand in the call and the command takes it, and refuse values that begin with a dash where the program takes no `--`.",
		Limits: "Programs that are not known to have such options are left alone. What follows a constant in the same argument, an option that takes a value, or `\"--\"`, is fine, and so is what the function compares with a dash. " +
			"Where the data is not seen to come from a stranger, the finding is tentative: it counts only what is named as an address, a repository, a branch, a commit or a host. Such a finding is for everybody only if an URL is spelled there, in a package that other modules can import: in others whoever calls it is seen, and a name alone says little.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/88.html",
			"https://git-scm.com/docs/gitcli",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-3817",
		},
		Examples: argumentInjectionExamples,
	},
}

func runArgumentInjection(ctx context.Context, pass *check.PackagePass) error {
	flows := flowsInto("data from %s may begin with a dash, and be an option of what %s runs", "argument")
	if err := flows(ctx, pass); err != nil {
		return err
	}
	a := assembledIn(pass, func(string) bool { return false })
	if a == nil {
		return nil
	}
	a.asks = asksForDash
	f := &optionFinder{assembled: a, reported: map[ast.Node]bool{}}
	for _, c := range a.Calls("os/exec.Command", "os/exec.CommandContext") {
		first := len(c.Instr.Common().Args) - 2
		if name, ok := query.StringSSA(c.Arg(first)); ok {
			f.judge(c, strings.TrimSuffix(path.Base(name), ".exe"), a.Arguments(c.Arg(first+1)), 0)
		}
	}
	return nil
}

// An optionFinder looks for arguments without a source that is known.
type optionFinder struct {
	*assembled
	reported map[ast.Node]bool
	spelled  bool // the operand that was found last is an URL as text
}

// judge looks at the arguments of a program. A list that the function is given is
// judged where its callers write it.
func (f *optionFinder) judge(c flow.Call, program string, args []ssa.Value, depth int) {
	for i, arg := range args {
		p, ok := arg.(*ssa.Parameter)
		if !ok || text.Textual(p.Type()) {
			continue
		}
		if depth < 3 && !flow.Exported(p.Parent()) || depth == 0 {
			for _, caller := range f.Callers(p.Parent()) {
				if given := argument(caller, p); given != nil {
					f.judge(caller, program, slices.Concat(args[:i:i], f.Arguments(given), args[i+1:]), depth+1)
				}
			}
		}
		return
	}
	f.spelled = false
	if at := f.firstOperand(program, args); at != nil {
		f.report(c, program, args, at)
	}
}

// argument gives what a caller passes for a parameter.
func argument(caller flow.Call, p *ssa.Parameter) ssa.Value {
	i := slices.Index(p.Parent().Params, p)
	if args := caller.Instr.Common().Args; !caller.Instr.Common().IsInvoke() && i < len(args) {
		return args[i]
	}
	return nil
}

// dangerousCommands are the commands of git, hg and svn that run programs, or write
// files, if an option says so.
var dangerousCommands = map[string][]string{
	"git": {"clone", "fetch", "pull", "push", "ls-remote", "archive", "remote", "submodule", "log", "diff", "show", "grep", "blame", "rev-list", "checkout", "switch",
		"merge", "rebase", "cherry-pick", "reset", "diff-tree", "format-patch", "bundle", "describe"},
	"hg":  {"clone", "pull", "push", "identify", "id", "incoming", "outgoing", "update", "log", "diff", "archive", "cat"},
	"svn": {"checkout", "co", "export", "info", "list", "ls", "log", "switch", "update", "up", "diff", "cat"},
	"bzr": {"branch", "checkout", "pull", "export", "log", "info"},
}

// operandPrograms take addresses right after their options.
var operandPrograms = []string{"ssh", "scp", "sftp", "rsync", "curl", "wget"}

// switches of git, hg and svn take no value, so that an operand may follow.
var switches = strings.Fields(`--symref --bare --mirror --recursive --recurse-submodules --quiet -q --progress --no-checkout -n --single-branch --no-single-branch
	--no-tags --tags --all --prune --force -f --heads --verify --hard --soft --mixed --detach --verbose -v --init --ff-only --exit-code --refs --get-url --local --shared --no-hardlinks
	--dissociate --keep --porcelain --no-pager --cached --name-only --name-status --oneline --no-edit --no-progress --no-patch --stat --numstat --raw -z -p --update-head-ok --atomic
	--noninteractive --non-interactive --insecure -fsSL -sSL -sL -L -s -S -k -fsL -fL -sSfL -T -t -tt -N -A -a -r -rp -avz -az`)

// firstOperand gives the first argument that may begin with a dash and is read as
// an option then; nil if there is none.
func (f *optionFinder) firstOperand(program string, args []ssa.Value) ssa.Value {
	commands, isDispatcher := dangerousCommands[program]
	if !isDispatcher && !slices.Contains(operandPrograms, program) {
		return nil
	}
	inCommand := !isDispatcher
	for i, arg := range args {
		if s, ok := query.StringSSA(arg); ok {
			switch {
			case s == "--" || s == "--end-of-options":
				return nil
			case !strings.HasPrefix(s, "-") && !inCommand:
				if i > 0 && takesValue(args[i-1]) {
					continue
				}
				if !slices.Contains(commands, s) {
					return nil
				}
				inCommand = true
			}
			continue
		}
		if inCommand && (i == 0 || !takesValue(args[i-1])) && f.mayBeOption(arg) {
			return arg
		}
	}
	return nil
}

// takesValue reports whether an argument is an option whose value follows.
func takesValue(arg ssa.Value) bool {
	s, ok := query.StringSSA(arg)
	return ok && strings.HasPrefix(s, "-") && !strings.Contains(s, "=") && !slices.Contains(switches, s)
}

// operandNames are words that name what comes from elsewhere: addresses, branches, hosts.
var operandNames = []string{"url", "uri", "repo", "repository", "remote", "ref", "branch", "revision", "rev", "tag", "commit", "sha", "refspec", "host", "hostname", "upstream", "origin", "endpoint", "address"}

// mayBeOption reports whether an argument is a whole value that a caller gives,
// named as one that comes from elsewhere.
func (f *optionFinder) mayBeOption(arg ssa.Value) bool {
	found := false
	clean := func(v ssa.Value) bool {
		first := f.firstElement(v)
		found = found || first != nil && f.mayBeOption(first)
		return first != nil || f.clean(v)
	}
	f.Behind(arg, clean, func(_ ssa.Value, t text.Text) {
		if t[0].Value != nil && f.mayBeOption(t[0].Value) {
			found = true
		}
	}, func(leaf ssa.Value) {
		found = found || f.isOperand(leaf) && !f.isAsked(leaf, asksForDash)
	})
	return found
}

// firstElement gives the first part of a path that is joined, which is what it begins with; nil for any other value.
func (f *optionFinder) firstElement(v ssa.Value) ssa.Value {
	call, ok := v.(*ssa.Call)
	if !ok {
		return nil
	}
	if name := query.CalleeSSA(&call.Call); name != "path/filepath.Join" && name != "path.Join" {
		return nil
	}
	if parts := f.Arguments(call.Call.Args[0]); len(parts) > 0 {
		return parts[0]
	}
	return nil
}

// isOperand reports whether a value is a parameter or a field with such a name,
// or an URL as text.
func (f *optionFinder) isOperand(v ssa.Value) bool {
	if v, ok := v.(*ssa.Call); ok {
		if query.CalleeSSA(&v.Call) != "(*net/url.URL).String" {
			return false
		}
		for _, o := range f.Origins(v.Call.Args[0]) {
			switch o := o.(type) {
			case *ssa.Parameter:
				f.spelled = true
			case *ssa.UnOp:
				_, f.spelled = o.X.(*ssa.FieldAddr)
			}
			if f.spelled {
				return true
			}
		}
		return false
	}
	words := query.Words(text.ValueName(v))
	return len(words) > 0 && slices.Contains(operandNames, words[len(words)-1]) && text.Textual(v.Type())
}

// asksForDash reports whether a call asks whether something begins with a dash, or
// validates it.
func asksForDash(call *ssa.CallCommon) bool {
	if text.Validates(text.CalleeName(call)) {
		return true
	}
	return slices.ContainsFunc(call.Args, func(arg ssa.Value) bool {
		s, ok := query.StringSSA(arg)
		return ok && strings.HasPrefix(s, "-")
	})
}

// separable are commands that take "--" before their operands.
var separable = []string{"clone", "fetch", "push", "ls-remote", "pull"}

func (f *optionFinder) report(c flow.Call, program string, args []ssa.Value, at ssa.Value) {
	node, index := ast.Node(c.Expr), -1
	for i, e := range c.Expr.Args {
		if f.sameExpr(e, at) {
			node, index = e, i
		}
	}
	if f.reported[node] || f.reported[c.Expr] || known(f.pass, c.Expr, "argument") {
		return
	}
	f.reported[node], f.reported[c.Expr] = true, true
	finding := check.Finding{
		Message:    fmt.Sprintf("if this begins with a dash, %s reads it as an option; some of its options run programs or write files", program),
		Location:   f.pass.Location(node),
		Confidence: check.Tentative,
	}
	if !code.IsForOthers(f.pass.Pkg) || !f.spelled {
		finding.Persona = check.Pedantic // the module itself gives the value, or only a name says that it comes from elsewhere
	}
	if index >= 0 {
		before := slices.Index(args, at)
		for _, arg := range args[:max(before, 0)] {
			if s, _ := query.StringSSA(arg); program == "git" && slices.Contains(separable, s) {
				finding.Fixes = []check.Fix{{Title: `Put "--" before it`, Edits: []check.Edit{edit.Insert(f.pass, node.Pos(), `"--", `)}}}
				break
			}
		}
	}
	f.pass.Report(finding)
}

// sameExpr reports whether an expression is where a value comes from.
func (f *optionFinder) sameExpr(e ast.Expr, v ssa.Value) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		p, ok := v.(*ssa.Parameter)
		return ok && p.Object() == f.pass.TypesInfo.Uses[e]
	case *ast.CallExpr:
		call, ok := v.(*ssa.Call)
		return ok && call.Pos() == e.Lparen
	case *ast.SelectorExpr:
		u, ok := v.(*ssa.UnOp)
		return ok && u.X.Pos() == e.Sel.Pos()
	}
	return false
}
