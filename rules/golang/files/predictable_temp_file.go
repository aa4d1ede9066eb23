package files

import (
	"context"
	_ "embed"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/predictable-temp-file.txtar
var predictableTempFileExamples string

// PredictableTempFile finds files with a fixed name in a folder that everyone may write to.
var PredictableTempFile = &check.Check{
	ID:         "go/predictable-temp-file",
	Title:      "Temporary file has a name that others can guess",
	CWE:        []check.CWE{377, 379},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runPredictableTempFile,
	Page: check.Page{
		What: "A file with a name that is fixed in the source is created in `/tmp`, `/var/tmp`, `/dev/shm` or `os.TempDir()`, and may exist already.",
		Why: "Every user of the machine writes there. One of them puts a symbolic link with that name in place beforehand, and the program overwrites what it points to, with the program's rights; or puts a file there, keeps it open, and reads or changes " +
			"what is written.",
		Fix:    "Use `os.CreateTemp` or `os.MkdirTemp`, which choose a name that is free, or pass `os.O_EXCL`. There is no quick fix, because others may have to learn the name.",
		Limits: "Names that have a part which is not constant are not judged. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/377.html",
			"https://pkg.go.dev/os#CreateTemp",
		},
		Examples: predictableTempFileExamples,
	},
}

func runPredictableTempFile(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	create, exclusive := flagOf(pass, "O_CREATE"), flagOf(pass, "O_EXCL")
	for _, c := range fl.Calls("os.Create", "os.WriteFile", "io/ioutil.WriteFile", "os.OpenFile") {
		if c.Name == "os.OpenFile" {
			flags, known := query.IntSSA(c.Arg(1))
			if !known || flags&create == 0 || flags&exclusive != 0 {
				continue
			}
		}
		if isSharedName(fl, c.Arg(0)) {
			pass.Report(check.Finding{
				Message:  "another user of the machine can put a link or a file of this name in place first",
				Location: pass.Location(c.Expr),
			})
		}
	}
	return nil
}

// flagOf gives the value of a constant of package os, 0 if nothing imports it.
func flagOf(pass *check.PackagePass, name string) int64 {
	k, ok := query.Lookup(pass.Pkg, "os."+name).(*types.Const)
	if !ok {
		return 0
	}
	v, _ := constant.Int64Val(constant.ToInt(k.Val()))
	return v
}

// isSharedName reports whether a path is fixed, in a folder that everyone may
// write to.
func isSharedName(fl *flow.Flow, path ssa.Value) bool {
	all := fl.Origins(path)
	for _, o := range all {
		if !isShared(fl, o) {
			return false
		}
	}
	return len(all) > 0
}

func isShared(fl *flow.Flow, v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Const:
		s, _ := query.StringSSA(v)
		for _, folder := range []string{"/tmp/", "/var/tmp/", "/dev/shm/"} {
			if strings.HasPrefix(s, folder) && len(s) > len(folder) {
				return true
			}
		}
	case *ssa.BinOp: // os.TempDir() + "/name"
		_, fixed := v.Y.(*ssa.Const)
		return v.Op == token.ADD && fixed && isTempDir(fl, v.X)
	case *ssa.Call:
		if query.CalleeSSA(&v.Call) != "path/filepath.Join" || len(v.Call.Args) != 1 {
			return false
		}
		elements := fl.Elements(v.Call.Args[0])
		if len(elements) < 2 {
			return false
		}
		for _, e := range elements[1:] {
			if _, fixed := e.(*ssa.Const); !fixed {
				return false
			}
		}
		first, _ := query.StringSSA(elements[0])
		return isTempDir(fl, elements[0]) || strings.HasPrefix(first+"/", "/tmp/")
	}
	return false
}

func isTempDir(fl *flow.Flow, v ssa.Value) bool {
	for _, o := range fl.Origins(v) {
		if call, ok := o.(*ssa.Call); !ok || query.CalleeSSA(&call.Call) != "os.TempDir" {
			return false
		}
	}
	return true
}
