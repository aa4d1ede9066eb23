package files

import (
	"context"
	_ "embed"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/fixed-name-follows-link.txtar
var fixedNameFollowsLinkExamples string

// FixedNameFollowsLink finds files of a known name that are written in a folder
// whose content others made.
var FixedNameFollowsLink = &check.Check{
	ID:         "go/fixed-name-follows-link",
	Title:      "File is written where a symbolic link may stand",
	CWE:        []check.CWE{59, 61},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{text.Analyzer},
	RunPackage: runFixedNameFollowsLink,
	Page: check.Page{
		What: "A file whose name is fixed is written in a folder that came from elsewhere (a chart, a checkout, a plugin, what an archive held), and nothing asks whether a symbolic link has that name.",
		Why: "Whoever made the folder puts a link of that name into it, and the program writes through it: `Chart.lock` of a chart was a link to `.bashrc`, and `helm dependency update` wrote there what the chart's own file said " +
			"(CVE-2025-53547).",
		Fix:    "Write through `os.OpenRoot`, or write a new file with `os.CreateTemp` in the folder and `os.Rename` it into place. At least refuse what `os.Lstat` says is a link, which leaves a moment in between. There is no quick fix, because the folder has to be opened first, and the name used below it.",
		Limits: "Such a folder is known by the name of the parameter or field: chart, checkout, worktree, clone, plugin, module, package, theme, template, extracted, unpacked; repository, in packages that have to do with Git. Functions that call Lstat, Remove, Rename or EvalSymlinks, or pass O_EXCL or O_NOFOLLOW, are left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/61.html",
			"https://go.dev/blog/osroot",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-53547",
		},
		Examples: fixedNameFollowsLinkExamples,
	},
}

func runFixedNameFollowsLink(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if x == nil {
		return nil
	}
	create, exclusive := flagOf(pass, "os.O_CREATE"), flagOf(pass, "os.O_EXCL")|flagOf(pass, "syscall.O_NOFOLLOW")|flagOf(pass, "golang.org/x/sys/unix.O_NOFOLLOW")
	for _, c := range x.Calls("os.WriteFile", "os.Create", "os.OpenFile", "io/ioutil.WriteFile") {
		if c.Name == "os.OpenFile" {
			flags, known := query.IntSSA(c.Arg(1))
			if !known || flags&create == 0 || flags&exclusive != 0 {
				continue
			}
		}
		if len(x.In(c.Fn, "os.Lstat", "os.Remove", "os.RemoveAll", "os.Rename", "path/filepath.EvalSymlinks", "os.OpenRoot", "os.MkdirTemp", "os.CreateTemp")) > 0 {
			continue
		}
		for _, join := range joinsOf(x, c.Arg(0)) {
			if elements := x.Arguments(join.Call.Args[0]); len(elements) == 2 && isReceivedFolder(pass, x, elements[0]) && isFixedName(x, elements[1]) {
				reportLink(pass, c)
				break
			}
		}
	}
	return nil
}

func reportLink(pass *check.PackagePass, c flow.Call) {
	pass.Report(check.Finding{
		Message:  "if whoever made this folder put a symbolic link of this name into it, the file that it points to is overwritten",
		Location: pass.Location(c.Expr),
	})
}

// isFixedName reports whether an element of a path is one of some constants.
func isFixedName(x *text.Index, v ssa.Value) bool {
	all := x.Origins(v)
	return len(all) > 0 && !slices.ContainsFunc(all, func(o ssa.Value) bool {
		s, ok := query.StringSSA(o)
		return !ok || s == ""
	})
}

// received are parts of the names of folders that came from elsewhere.
var received = []string{"chart", "checkout", "worktree", "clone", "plugin", "module", "extract", "unpack", "unzip", "untar", "theme", "submodule", "pkgdir", "pkgpath", "packagedir", "packagepath"}

// isOfGit reports whether a package has to do with Git, where a repository is what others made; elsewhere it is what
// the program keeps its own data in.
func isOfGit(pkg *types.Package) bool {
	return slices.ContainsFunc(append(pkg.Imports(), pkg), func(p *types.Package) bool {
		return slices.ContainsFunc(strings.Split(p.Path(), "/"), func(element string) bool {
			return element == "git" || element == "go-git" || element == "git2go" || element == "gitutil" || element == "vcs"
		})
	})
}

// isReceivedFolder reports whether a folder is a parameter or field with such a name.
func isReceivedFolder(pass *check.PackagePass, x *text.Index, v ssa.Value) bool {
	for _, o := range x.Origins(v) {
		name := strings.ToLower(text.ValueName(o))
		if slices.ContainsFunc(received, func(w string) bool { return strings.Contains(name, w) }) || strings.Contains(name, "repo") && isOfGit(pass.Pkg) {
			return true
		}
	}
	return false
}
