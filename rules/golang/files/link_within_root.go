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
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/link-within-root.txtar
var linkWithinRootExamples string

// LinkWithinRoot finds paths that are joined to the root of another file system.
var LinkWithinRoot = &check.Check{
	ID:         "go/link-within-root",
	Title:      "Path within a mounted root can leave it by a symbolic link",
	CWE:        []check.CWE{59, 22},
	Severity:   check.High,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{text.Analyzer},
	RunPackage: runLinkWithinRoot,
	Page: check.Page{
		What: "A path that belongs to an image or a container is joined to the folder where its file system is mounted (`rootfs`, `mountpoint`), and the result is opened, created or read.",
		Why: "What is within the root was made by others: `/etc` in it may be a symbolic link to `/etc` of the host, and the kernel follows it there. An image whose volume was such a link, or had `..` in its path, gave away any file of the host in containerd (CVE-2022-23648); " +
			"runc, Docker and Podman had the same.",
		Fix:    "Open it through `os.OpenRoot(root)`, or resolve it within the root first: `securejoin.SecureJoin` of github.com/cyphar/filepath-securejoin, `fs.RootPath` of github.com/containerd/continuity. A check of the text, or `Lstat` of the last element, does not do. There is no quick fix, because every use of the path has to change.",
		Limits: "A root is known by its name: rootfs, mount, mountpoint, chroot, sysroot. Paths of constants, of one element (`filepath.Base`) and what `Walk` or `ReadDir` found are left alone, and functions that resolve links or ask for `..` or IsLocal. What is only named as mounted (mount path, mount point, mnt) is mostly a disk of the operator's and for persona pedantic, unless the function makes a temporary folder to mount something in.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/59.html",
			"https://go.dev/blog/osroot",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-23648",
		},
		Examples: linkWithinRootExamples,
	},
}

func runLinkWithinRoot(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if x == nil {
		return nil
	}
	reported := map[ast.Expr]bool{}
	for c, path := range used(x) {
		for _, join := range joinsOf(x, path) {
			call, ok := x.Expr(join).(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || reported[call] || !isForeignRoot(purpose.NameOf(pass.TypesInfo, call.Args[0])) {
				continue
			}
			elements := x.Arguments(join.Call.Args[0])
			if len(elements) < 2 || !anyForeign(x, elements[1:]) || isGuarded(x, join.Parent()) || isGuarded(x, c.Fn) {
				continue
			}
			reported[call] = true
			persona := check.Regular
			if isMountPoint(purpose.NameOf(pass.TypesInfo, call.Args[0])) && !makesFolder(x, join.Parent()) {
				persona = check.Pedantic // a disk of the operator's
			}
			pass.Report(check.Finding{
				Persona:  persona,
				Message:  "a symbolic link in this path, which the maker of the file system placed there, leads out of the root",
				Location: pass.Location(call),
			})
		}
	}
	return nil
}

func anyForeign(x *text.Index, elements []ssa.Value) bool {
	for _, e := range elements {
		if foreign(x, e) {
			return true
		}
	}
	return false
}

// makesFolder reports whether a function, or one that it is in, makes a temporary folder, where a file system is mounted
// for a moment to get at what is in it.
func makesFolder(x *text.Index, fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		if len(x.In(fn, "os.MkdirTemp", "io/ioutil.TempDir")) > 0 {
			return true
		}
	}
	return false
}

// isMountPoint reports whether the name of a root says only that something is mounted there.
func isMountPoint(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool { return w == "mnt" || strings.HasPrefix(w, "mount") })
}

// isForeignRoot reports whether a folder is named as the root of a file system
// that others made.
func isForeignRoot(name string) bool {
	words := query.Words(name)
	for i, w := range words {
		switch w {
		case "rootfs", "chroot", "sysroot", "mountpoint", "mnt", "mountpath", "mountdir", "rootfspath", "rootfsdir":
			return true
		case "mount":
			if i+1 < len(words) {
				switch words[i+1] {
				case "path", "point", "dir", "root", "target":
					return true
				}
			}
		}
	}
	return strings.EqualFold(name, "containerRoot") || strings.EqualFold(name, "imageRoot")
}
