package files

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/walked-path-in-shared-folder.txtar
var walkedPathInSharedFolderExamples string

// WalkedPathInSharedFolder finds walks through a folder of everyone that use the
// paths which they come by.
var WalkedPathInSharedFolder = &check.Check{
	ID:         "go/walked-path-in-shared-folder",
	Title:      "A path is used after a folder of everyone was walked",
	CWE:        []check.CWE{367, 59},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runWalkedPathInSharedFolder,
	Page: check.Page{
		What: "The function that `filepath.Walk` or `filepath.WalkDir` calls opens, removes or changes files by the path that it is given, and the walk begins in `/tmp`, `/var/tmp`, `/dev/shm` or `os.TempDir()`.",
		Why: "Between the moment when the walk sees a folder and the one when the path is used, another user of the machine can put a symbolic link in its place, and the program removes or overwrites files elsewhere, with its own rights. Cleaners of /tmp " +
			"had this flaw again and again.",
		Fix:    "Open the folder by `os.OpenRoot` and work through it (`root.Remove(path)`), which never leaves the folder, and walk `root.FS()`. There is no quick fix, because the walk has to start from an open folder.",
		Limits: "Only folders are looked at that everyone may write to, by their names in the source. Paths that are kept and used after the walk are not followed. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/367.html",
			"https://pkg.go.dev/os#Root",
		},
		Examples: walkedPathInSharedFolderExamples,
	},
}

// pathUsers are the functions that do something to the file of their first argument.
var pathUsers = []string{"os.Open", "os.OpenFile", "os.Create", "os.ReadFile", "os.WriteFile", "os.Remove", "os.RemoveAll", "os.Chmod", "os.Chown", "os.Truncate",
	"os.Rename", "os.Mkdir", "os.MkdirAll", "io/ioutil.ReadFile", "io/ioutil.WriteFile"}

func runWalkedPathInSharedFolder(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls("path/filepath.Walk", "path/filepath.WalkDir") {
		if !sharedFolder(fl, c.Arg(0)) {
			continue
		}
		for _, o := range fl.Origins(c.Arg(1)) {
			callback, _ := o.(*ssa.Function)
			if mc, ok := o.(*ssa.MakeClosure); ok {
				callback, _ = mc.Fn.(*ssa.Function)
			}
			if callback == nil || len(callback.Params) == 0 {
				continue
			}
			for _, use := range fl.In(callback, pathUsers...) {
				if madeOf(fl, use.Arg(0), callback.Params[0]) {
					pass.Report(check.Finding{
						Message:  fmt.Sprintf("%s follows what another user of the machine may have put in place of this path since it was walked", use.Name),
						Location: pass.Location(use.Expr),
					})
				}
			}
		}
	}
	return nil
}

// sharedFolder reports whether a path is that of a folder that everyone may write to.
func sharedFolder(fl *flow.Flow, v ssa.Value) bool {
	for _, o := range fl.Origins(v) {
		if s, ok := query.StringSSA(o); ok {
			switch strings.TrimRight(s, "/") {
			case "/tmp", "/var/tmp", "/dev/shm":
				return true
			}
		}
		if call, ok := o.(*ssa.Call); ok && query.CalleeSSA(&call.Call) == "os.TempDir" {
			return true
		}
	}
	return false
}

// madeOf reports whether a path is another one, or begins with it.
func madeOf(fl *flow.Flow, v ssa.Value, path *ssa.Parameter) bool {
	for _, o := range fl.Origins(v) {
		if o == ssa.Value(path) {
			return true
		}
		if sum, ok := o.(*ssa.BinOp); ok && madeOf(fl, sum.X, path) {
			return true
		}
	}
	return false
}
