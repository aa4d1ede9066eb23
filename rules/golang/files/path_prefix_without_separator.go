package files

import (
	"context"
	_ "embed"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/path-prefix-without-separator.txtar
var pathPrefixWithoutSeparatorExamples string

// PathPrefixWithoutSeparator finds path guards that accept a sibling folder.
var PathPrefixWithoutSeparator = &check.Check{
	ID:         "go/path-prefix-without-separator",
	Title:      "Path check accepts sibling folders",
	CWE:        []check.CWE{22, 187},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runPathPrefixWithoutSeparator,
	Page: check.Page{
		What:   "`strings.HasPrefix(path, root)` decides whether a path lies within a folder, and root does not end in a separator.",
		Why:    "`/srv/data-backup/passwd` begins with `/srv/data`, so `../data-backup/passwd` passes the check.",
		Fix:    "Ask `filepath.IsLocal` before joining, or open files through `os.OpenRoot`. Or compare with the separator, as the quick fix does; then the root itself is no longer within the root, which it may have to be.",
		Limits: "Counts where the path comes from filepath.Join, Clean, Abs or EvalSymlinks, and the answer refuses: it is returned, or the other branch returns an error or false. Code that cuts the prefix off to show a path is left alone, as is test code, and a parameter to which all callers in the package, the only ones that can, append the separator.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/22.html",
			"https://pkg.go.dev/path/filepath#IsLocal",
			"https://go.dev/blog/osroot",
		},
		Examples: pathPrefixWithoutSeparatorExamples,
	},
}

// cleaned are functions that give a path without a trailing separator.
var cleaned = []string{"path/filepath.Join", "path/filepath.Clean", "path/filepath.Abs", "path/filepath.EvalSymlinks", "path.Join", "path.Clean",
	"path/filepath.Dir", "path.Dir", "os.Getwd"}

func runPathPrefixWithoutSeparator(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("strings.HasPrefix") {
		if len(c.Expr.Args) != 2 || !isCleaned(fl, c.Arg(0)) || !lacksSeparator(pass, fl, c) || !text.Refuses(c.Instr.Value(), isGuard) || looksBehind(c) {
			continue
		}
		pass.Report(check.Finding{
			Message:  "a sibling folder whose name begins like this one passes the check: the prefix does not end in a separator",
			Location: pass.Location(c.Expr),
			Fixes:    appendSeparator(pass, c.Expr.Args[1]),
		})
	}
	return nil
}

// isCleaned reports whether a value is a path as the functions of filepath make it.
func isCleaned(fl *flow.Flow, v ssa.Value) bool {
	for _, o := range fl.Origins(v) {
		if call := callOf(o); call != nil && slices.Contains(cleaned, query.CalleeSSA(&call.Call)) {
			return true
		}
	}
	return false
}

func callOf(v ssa.Value) *ssa.Call {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	call, _ := v.(*ssa.Call)
	return call
}

// lacksSeparator reports whether the prefix is a folder's path for sure, and does
// not end in a separator.
func lacksSeparator(pass *check.PackagePass, fl *flow.Flow, c flow.Call) bool {
	all := fl.Origins(c.Arg(1))
	folder := false
	for _, o := range all {
		switch o := o.(type) {
		case *ssa.Const:
			s, ok := query.StringSSA(o)
			if !ok || !strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") {
				return false
			}
			folder = true
		case *ssa.BinOp: // root + "/"
			return false
		case *ssa.Parameter:
			if fl.EndsInSeparator(o) || !namedFolder(pass, c.Expr.Args[1]) {
				return false
			}
			folder = true
		default:
			if call := callOf(o); call != nil {
				if !slices.Contains(cleaned, query.CalleeSSA(&call.Call)) {
					return false
				}
				folder = true
				continue
			}
			if !namedFolder(pass, c.Expr.Args[1]) {
				return false
			}
			folder = true
		}
	}
	return folder
}

// namedFolder reports whether an expression is called as roots are.
func namedFolder(pass *check.PackagePass, e ast.Expr) bool {
	for _, w := range query.Words(purpose.NameOf(pass.TypesInfo, e)) {
		switch w {
		case "root", "base", "dir", "directory", "folder", "basedir", "rootdir", "basepath", "rootpath", "dest", "destination", "target", "home", "workdir", "cwd", "wd":
			return true
		}
	}
	return false
}

// looksBehind reports whether the function looks at single bytes of the path, as
// one does that asks for the separator behind the prefix.
func looksBehind(c flow.Call) bool {
	for _, b := range c.Fn.Blocks {
		for _, instr := range b.Instrs {
			if l, ok := instr.(*ssa.Lookup); ok && l.X == c.Arg(0) {
				return true
			}
			if i, ok := instr.(*ssa.Index); ok && i.X == c.Arg(0) {
				return true
			}
		}
	}
	return false
}

func appendSeparator(pass *check.PackagePass, prefix ast.Expr) []check.Fix {
	file := code.FileAt(pass.Pass, prefix.Pos())
	if file == nil {
		return nil
	}
	if s, ok := query.String(pass.TypesInfo, prefix); ok {
		if lit, isLit := ast.Unparen(prefix).(*ast.BasicLit); isLit && !strings.Contains(s, `"`) {
			return []check.Fix{{Title: "Compare with the separator", Edits: []check.Edit{pass.Edit(lit, `"`+s+`/"`)}}}
		}
		return nil
	}
	name, edits := edit.Import(pass, file, "path/filepath", prefix.Pos())
	edits = append(edits, edit.Insert(pass, prefix.End(), "+string("+name+".Separator)"))
	return []check.Fix{{Title: "Compare with the separator", Edits: edits}}
}

// isGuard reports whether a function is named for saying that a path is within a folder.
func isGuard(name string) bool {
	for _, w := range query.Words(name) {
		switch w {
		case "in", "within", "inside", "contains", "contained", "safe", "valid", "under", "sub", "subpath", "subdir", "allowed", "local", "escapes", "child", "below", "secure":
			return true
		}
	}
	return false
}
