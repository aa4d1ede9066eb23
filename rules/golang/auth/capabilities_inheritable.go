package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/capabilities-inheritable.txtar
var capabilitiesInheritableExamples string

// CapabilitiesInheritable finds containers whose processes hand capabilities on.
var CapabilitiesInheritable = &check.Check{
	ID:         "go/capabilities-inheritable",
	Title:      "Container starts with inheritable capabilities",
	CWE:        []check.CWE{276, 732, 250},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runCapabilitiesInheritable,
	Page: check.Page{
		What: "The inheritable set of Linux capabilities of a container's process is filled, in the OCI runtime specification's `LinuxCapabilities` or a type like it.",
		Why: "A file in an image may carry inheritable capabilities of its own. Any user in the container who runs it then gets what is in both sets, although they are not root. containerd, Docker, Podman, Buildah and runc did this for years " +
			"(CVE-2022-24769, CVE-2022-27651, CVE-2022-29162).",
		Fix:    "Leave the set empty: bounding, permitted and effective are what a process that begins as root needs. There is no quick fix, because programs for which ambient capabilities are set need these too.",
		Limits: "Left alone: sets that are emptied, copied from the same set of another process, or filled together with ambient capabilities by the same function; test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/276.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-24769",
			"https://man7.org/linux/man-pages/man7/capabilities.7.html",
		},
		Examples: capabilitiesInheritableExamples,
	},
}

func runCapabilitiesInheritable(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, "Inheritable") {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil), (*ast.UnaryExpr)(nil)) {
		f, in := code.Enclosing(c)
		var at ast.Node
		switch n := c.Node().(type) {
		case *ast.KeyValueExpr:
			if isInheritable(pass, n.Key) && fills(pass, n.Value) {
				at = n
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) && isInheritable(pass, lhs) && fills(pass, n.Rhs[i]) {
					at = n
				}
			}
		case *ast.UnaryExpr: // []*[]string{&caps.Bounding, &caps.Inheritable}, to add to each
			if n.Op == token.AND && isInheritable(pass, n.X) && c.ParentEdgeKind() == edge.CompositeLit_Elts && !takesAway(c) {
				at = n
			}
		}
		if at == nil || in && f.Body != nil && fillsAmbient(pass, f.Body) {
			continue
		}
		pass.Report(check.Finding{Message: "capabilities that are inheritable reach users of the container who are not root", Location: pass.Location(at)})
	}
	return nil
}

// takesAway reports whether a declaration around a place is named for taking capabilities away.
func takesAway(c inspector.Cursor) bool {
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		d, ok := f.Node().(*ast.FuncDecl)
		return ok && slices.ContainsFunc(query.Words(d.Name.Name), func(w string) bool {
			return strings.HasPrefix(w, "drop") || strings.HasPrefix(w, "remove") || w == "without" || w == "clear" || w == "reset"
		})
	}
	return false
}

// isInheritable reports whether an expression is the inheritable set of a struct that has the other sets too.
func isInheritable(pass *check.PackagePass, e ast.Expr) bool {
	return isCapabilities(pass, e, "Inheritable")
}

func isCapabilities(pass *check.PackagePass, e ast.Expr, set string) bool {
	v := code.Var(pass.TypesInfo, e)
	if v == nil || !v.IsField() || v.Name() != set {
		return false
	}
	list, ok := v.Type().Underlying().(*types.Slice)
	return ok && code.IsText(list.Elem()) && (strings.Contains(code.Path(v.Pkg()), "runtime-spec") || strings.Contains(code.Path(v.Pkg()), "libcontainer/configs"))
}

// fills reports whether a value is not empty, and not the same set of something else.
func fills(pass *check.PackagePass, e ast.Expr) bool {
	e = ast.Unparen(e)
	if pass.TypesInfo.Types[e].IsNil() || isInheritable(pass, e) {
		return false
	}
	if call, ok := e.(*ast.CallExpr); ok {
		for _, arg := range call.Args { // append(a.Inheritable, ...), clone(b.Inheritable), filter(c.Inheritable)
			if isInheritable(pass, arg) {
				return false
			}
		}
	}
	lit, ok := e.(*ast.CompositeLit)
	return !ok || len(lit.Elts) > 0
}

func fillsAmbient(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			found = found || isCapabilities(pass, n.Key, "Ambient") && fills(pass, n.Value)
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				found = found || len(n.Lhs) == len(n.Rhs) && isCapabilities(pass, lhs, "Ambient") && fills(pass, n.Rhs[i])
			}
		}
		return !found
	})
	return found
}
