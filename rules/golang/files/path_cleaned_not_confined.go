package files

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/path-cleaned-not-confined.txtar
var pathCleanedNotConfinedExamples string

// PathCleanedNotConfined finds paths that were cleaned, and may leave their folder
// all the same.
var PathCleanedNotConfined = &check.Check{
	ID:         "go/path-cleaned-not-confined",
	Title:      "Path is cleaned, which does not keep it in its folder",
	CWE:        []check.CWE{22, 23},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{text.Analyzer},
	RunPackage: runPathCleanedNotConfined,
	Page: check.Page{
		What: "A name that a caller or decoded data gives is joined to a folder and passed through `filepath.Clean` or `filepath.FromSlash`, then used, and nothing asks whether it stayed in the folder.",
		Why: "`Join` cleans already, and `..` at the beginning of the name survives both: `filepath.Join(\"/srv/data\", filepath.Clean(\"../../etc/passwd\"))` is `/etc/passwd`. A name with slashes that must be converted comes from an archive, an URL or metadata, " +
			"and so from elsewhere: the names of targets in remote metadata wrote outside of the cache of sigstore (CVE-2026-24137).",
		Fix:    "Open the file through `os.OpenRoot`. Or refuse what `filepath.IsLocal(name)` does not accept. `filepath.Join(root, filepath.Clean(\"/\"+name))` keeps names in the folder too, by renaming them. There is no quick fix, because what to answer for a path outside is the program's decision.",
		Limits: "What is cleaned, and has no slashes that must be converted, is for persona pedantic: paths of a program's own are cleaned as often. So are names that other packages hand to an exported function, of which only they know where they come from, and what stands in a package that has names checked anywhere (`filepath.IsLocal`, `fs.ValidPath`, `module.CheckPath`). Where the name comes from is not asked, only that other packages, or decoded data, can choose it. Any guard in the function, in one that it calls or in one that calls it, is enough: IsLocal, Rel, HasPrefix, a look for `..` or a slash, EvalSymlinks, os.Root, a function called valid, check or safe.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/23.html",
			"https://pkg.go.dev/path/filepath#IsLocal",
			"https://go.dev/blog/osroot",
		},
		Examples: pathCleanedNotConfinedExamples,
	},
}

func runPathCleanedNotConfined(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if x == nil {
		return nil
	}
	reported := map[ast.Expr]bool{}
	for c, path := range used(x) {
		for _, join := range joinsOf(x, path) {
			at, name := cleaning(x, join)
			if at == nil || reported[at] || isGuarded(x, join.Parent()) || isGuarded(x, c.Fn) {
				continue
			}
			reported[at] = true
			finding := check.Finding{
				Message:  "`..` at the beginning of the name survives this, and leads out of the folder",
				Location: pass.Location(at),
			}
			if call, ok := at.(*ast.CallExpr); !ok || query.Callee(pass.TypesInfo, call) != "path/filepath.FromSlash" {
				finding.Persona = check.Pedantic // a path of the program's own is cleaned as often
			}
			if isHandedIn(x, name) || checksNames(pass) {
				finding.Persona = check.Pedantic
			}
			pass.Report(finding)
		}
	}
	return nil
}

// isHandedIn reports whether a name is nothing but what other packages hand to a function of this one, as an argument, or as an
// option (WithDir("data")): who calls a library has mostly written the name into the program, and where not, the caller is who knows
// that it is a stranger's.
func isHandedIn(x *text.Index, name ssa.Value) bool {
	given, others := false, false
	x.Behind(name, func(ssa.Value) bool { return false }, nil, func(leaf ssa.Value) {
		if p, ok := leaf.(*ssa.Parameter); ok && flow.Public(p.Parent()) {
			given = true
		} else {
			others = others || text.Open(leaf)
		}
	})
	return given && !others
}

// checksNames reports whether a package has names looked at by what refuses those that leave a folder, wherever it does.
func checksNames(pass *check.PackagePass) bool {
	return code.Mentions(pass.Pass, "path/filepath.IsLocal", "io/fs.ValidPath", "golang.org/x/mod/module.CheckPath", "golang.org/x/mod/module.CheckImportPath", "golang.org/x/mod/module.CheckFilePath")
}

// cleaning gives the expression that cleans a joined path, or one of its elements
// after the first, if such an element may be anything, and the element; nil otherwise.
func cleaning(x *text.Index, join *ssa.Call) (ast.Expr, ssa.Value) {
	elements := x.Arguments(join.Call.Args[0])
	if len(elements) < 2 {
		return nil, nil
	}
	if _, rooted := query.StringSSA(elements[0]); rooted && !isFolder(elements[0]) {
		return nil, nil
	}
	whole := cleanerOf(x, join)
	for _, e := range elements[1:] {
		call := callOf(e)
		if call != nil && cleansRooted(call) {
			continue
		}
		if call != nil && cleans(call) && foreign(x, call.Call.Args[0]) {
			return x.Expr(call), call.Call.Args[0]
		}
		if whole != nil && foreign(x, e) {
			return whole, e
		}
	}
	return nil, nil
}

// isFolder reports whether a constant element is a folder other than the root.
func isFolder(v ssa.Value) bool {
	s, _ := query.StringSSA(v)
	return s != "" && s != "/" && s != "."
}

// cleanerOf gives the call that cleans or converts what a call gives, nil if none
// does.
func cleanerOf(x *text.Index, v *ssa.Call) ast.Expr {
	for _, r := range *v.Referrers() {
		if call, ok := r.(*ssa.Call); ok && cleans(call) {
			return x.Expr(call)
		}
	}
	return nil
}

// cleansRooted reports whether a call cleans the path of a request, as it is: that begins with a slash, so none of its
// ".." is left.
func cleansRooted(call *ssa.Call) bool {
	switch query.CalleeSSA(&call.Call) {
	case "path/filepath.Clean", "path.Clean":
	default:
		return false
	}
	path, ok := field(call.Call.Args[0], "net/url.URL", "Path")
	if !ok {
		return false
	}
	_, ok = field(path, "net/http.Request", "URL")
	return ok
}

// field gives the value whose field of some name another one was read from, if it is of a type.
func field(v ssa.Value, of, name string) (ssa.Value, bool) {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return nil, false
	}
	f, ok := load.X.(*ssa.FieldAddr)
	if !ok || !query.IsType(f.X.Type(), of) {
		return nil, false
	}
	s, ok := f.X.Type().Underlying().(*types.Pointer).Elem().Underlying().(*types.Struct)
	return f.X, ok && s.Field(f.Field).Name() == name
}

func cleans(call *ssa.Call) bool {
	return slices.Contains([]string{"path/filepath.Clean", "path.Clean", "path/filepath.FromSlash"}, query.CalleeSSA(&call.Call))
}
