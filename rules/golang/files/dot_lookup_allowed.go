package files

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/dot-lookup-allowed.txtar
var dotLookupAllowedExamples string

// DotLookupAllowed finds programs that are run from the current folder although os/exec refuses to.
var DotLookupAllowed = &check.Check{
	ID:         "go/dot-lookup-allowed",
	Title:      "Program is run from the current folder",
	CWE:        []check.CWE{426, 427},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic, // who clears this error has read why it is there
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runDotLookupAllowed,
	Page: check.Page{
		What: "The error by which os/exec refuses a program that it found in the current folder is cleared: `cmd.Err = nil`, or `err = nil` where the error is `exec.ErrDot`.",
		Why: "On Windows, and with `.` in PATH, the folder that a program is started in comes before the system's. Whoever puts a `git.exe` into a repository then has it run as soon as somebody works there. Go refuses such lookups since 1.19; the go " +
			"command and Git LFS (CVE-2022-24826) had been attacked that way.",
		Fix:    "Let the error stand, or name the program by an absolute path. There is no quick fix, because the right path is not known.",
		Limits: "For persona pedantic: nobody clears this error by mistake, and often the program is only read, or is named by a configuration in the same folder. Clearing any field `Err` of an `exec.Cmd` counts. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/427.html",
			"https://pkg.go.dev/os/exec#hdr-Executables_in_the_current_directory",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-24826",
		},
		Examples: dotLookupAllowedExamples,
	},
}

func runDotLookupAllowed(_ context.Context, pass *check.PackagePass) error {
	if !code.Mentions(pass.Pass, "os/exec.ErrDot") && !code.MentionsField(pass.Pass, "Err") {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.AssignStmt)(nil)) {
		as, ok := c.Node().(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			continue
		}
		for i, lhs := range as.Lhs {
			if !pass.TypesInfo.Types[as.Rhs[i]].IsNil() {
				continue
			}
			v := code.Var(pass.TypesInfo, lhs)
			if v == nil {
				continue
			}
			clears := v.IsField() && v.Name() == "Err" && code.Path(v.Pkg()) == "os/exec"
			if !clears {
				for f := range c.Enclosing((*ast.IfStmt)(nil)) {
					stmt, ok := f.Node().(*ast.IfStmt)
					clears = clears || ok && stmt.Body.Pos() < as.Pos() && as.End() < stmt.Body.End() && isErrDot(pass, stmt.Cond, v)
				}
			}
			if clears {
				pass.Report(check.Finding{
					Message:  "a program of that name in the current folder is run, whoever put it there",
					Location: pass.Location(as),
				})
			}
		}
	}
	return nil
}

// isErrDot reports whether a condition asks whether a variable is exec.ErrDot.
func isErrDot(pass *check.PackagePass, cond ast.Expr, v *types.Var) (found bool) {
	ast.Inspect(cond, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && len(call.Args) == 2 && query.Callee(pass.TypesInfo, call) == "errors.Is" && code.Var(pass.TypesInfo, call.Args[0]) == v {
			target := code.Var(pass.TypesInfo, call.Args[1])
			found = found || target != nil && query.Name(target) == "os/exec.ErrDot"
		}
		return !found
	})
	return found
}
