package files

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/checked-then-opened.txtar
var checkedThenOpenedExamples string

// CheckedThenOpened finds files that are looked at by their path, and used by it again.
var CheckedThenOpened = &check.Check{
	ID:         "go/checked-then-opened",
	Title:      "File is checked by its path and opened by its path",
	CWE:        []check.CWE{367, 363},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCheckedThenOpened,
	Page: check.Page{
		What: "`os.Lstat` or `os.Stat` tells of which kind a file is or who may read it, the function refuses some, and then opens, changes or removes the file by the same path.",
		Why: "Between the two the path may come to mean another file: who may write to the folder, or to one above it, replaces the file by a symbolic link as soon as it has passed. Programs that run as root on files of users, " +
			"installers and daemons, are taken over that way.",
		Fix: "Open first and ask the open file: `f.Stat()`. To refuse links open with `O_NOFOLLOW`, or by an `os.Root`, or compare what was checked and what was opened by `os.SameFile`. There is no quick fix, because what was asked of the path has to be asked of the open file.",
		Limits: "The check has to look at the mode (`Mode`, `Type`, `Perm`, `IsRegular`) and end in a return with an error; whether a file is there, is a folder or how large it is are no such checks. Functions that use `os.SameFile`, `O_NOFOLLOW` or " +
			"`os.Root` are left alone, and test code. For the careful, because in a folder of one's own nobody can replace anything.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/367.html",
			"https://pkg.go.dev/os#SameFile",
			"https://pkg.go.dev/os#Root",
		},
		Examples: checkedThenOpenedExamples,
	},
}

func runCheckedThenOpened(_ context.Context, pass *check.PackagePass) error {
	seen := map[ast.Node]bool{}
	for c := range code.CallsTo(pass.Pass, "os.Lstat", "os.Stat") {
		var d *ast.FuncDecl
		for outer := range c.Enclosing((*ast.FuncDecl)(nil)) {
			d, _ = outer.Node().(*ast.FuncDecl)
		}
		if d == nil || seen[d] {
			continue
		}
		seen[d] = true
		found := looks(pass, d.Body)
		if len(found) == 0 || knowsRaces(pass, d.Body) {
			continue
		}
		for _, look := range found {
			if use := usedAfter(pass, d.Body, look); use != nil {
				related := pass.Location(look.refusal.Cond)
				related.Message = "this was found out about whatever the path meant before"
				pass.Report(check.Finding{
					Message:  fmt.Sprintf("%s may get another file than the one that was checked: whoever can write to the folder puts a link in its place in between", query.Callee(pass.TypesInfo, use)),
					Location: pass.Location(use),
					Related:  []check.Location{related},
				})
			}
		}
	}
	return nil
}

// knowsRaces reports whether a function has a way to notice that a file was replaced.
func knowsRaces(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			switch obj := pass.TypesInfo.Uses[id]; {
			case id.Name == "O_NOFOLLOW" || id.Name == "O_EXCL", obj != nil && query.Name(obj) == "os.SameFile":
				found = true
			case obj != nil && query.IsType(obj.Type(), "os.Root"):
				found = true
			}
		}
		return !found
	})
	return found
}

// A look is a file that is asked about by its path, and refused for its mode.
type look struct {
	path    *types.Var
	refusal *ast.IfStmt
}

func looks(pass *check.PackagePass, body *ast.BlockStmt) (all []look) {
	paths := map[*types.Var]*types.Var{} // of the variables that hold what is known of a file
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) != 2 || len(n.Rhs) != 1 {
				break
			}
			call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
			if !ok || !slices.Contains([]string{"os.Lstat", "os.Stat"}, query.Callee(pass.TypesInfo, call)) {
				break
			}
			if info, path := code.Var(pass.TypesInfo, n.Lhs[0]), code.Var(pass.TypesInfo, call.Args[0]); info != nil && path != nil {
				paths[info] = path
			}
		case *ast.IfStmt:
			if n.Init != nil {
				if as, ok := n.Init.(*ast.AssignStmt); ok && len(as.Rhs) == 1 && len(as.Lhs) == 2 {
					if call, ok := ast.Unparen(as.Rhs[0]).(*ast.CallExpr); ok && slices.Contains([]string{"os.Lstat", "os.Stat"}, query.Callee(pass.TypesInfo, call)) {
						if info, path := code.Var(pass.TypesInfo, as.Lhs[0]), code.Var(pass.TypesInfo, call.Args[0]); info != nil && path != nil {
							paths[info] = path
						}
					}
				}
			}
			if path := paths[modeOf(pass, n.Cond)]; path != nil && refuses(pass, n.Body) {
				all = append(all, look{path, n})
			}
		}
		return true
	})
	return all
}

// modeOf gives the variable whose Mode a condition asks for, or nil.
func modeOf(pass *check.PackagePass, cond ast.Expr) (info *types.Var) {
	ast.Inspect(cond, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Mode" && query.IsType(pass.TypesInfo.TypeOf(sel.X), "io/fs.FileInfo") {
			info = code.Var(pass.TypesInfo, sel.X)
		}
		return info == nil
	})
	return info
}

// refuses reports whether a branch ends in the return of an error.
func refuses(pass *check.PackagePass, body *ast.BlockStmt) bool {
	if len(body.List) == 0 {
		return false
	}
	ret, ok := body.List[len(body.List)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) == 0 {
		return false
	}
	return isNewError(pass, ret.Results[len(ret.Results)-1])
}

// isNewError reports whether an expression is an error for sure: made here, or a variable
// of a package. What a call or a variable of the function gives may be nil.
func isNewError(pass *check.PackagePass, e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		fn := code.Callee(pass.TypesInfo, e)
		return fn != nil && slices.ContainsFunc([]string{"New", "Errorf", "Error", "Wrap"}, func(prefix string) bool { return strings.HasPrefix(fn.Name(), prefix) })
	case *ast.UnaryExpr: // &fs.PathError{...}
		_, isLit := e.X.(*ast.CompositeLit)
		return isLit
	}
	v := code.Var(pass.TypesInfo, e)
	return v != nil && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// usedAfter gives the first call behind a refusal that uses the path.
func usedAfter(pass *check.PackagePass, body *ast.BlockStmt, l look) (use *ast.CallExpr) {
	changed := false
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil || n.End() <= l.refusal.End() || use != nil || changed {
			return use == nil && !changed
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.AssignStmt:
			for _, lhs := range n.Lhs {
				changed = changed || n.Pos() > l.refusal.End() && code.Var(pass.TypesInfo, lhs) == l.path
			}
		case *ast.CallExpr:
			if n.Pos() > l.refusal.End() && len(n.Args) > 0 && slices.Contains(pathUsers, query.Callee(pass.TypesInfo, n)) && code.Var(pass.TypesInfo, n.Args[0]) == l.path {
				use = n
			}
		}
		return true
	})
	return use
}
