package files

import (
	"context"
	_ "embed"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
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
		What: "A file whose name others can tell beforehand is created in `/tmp`, `/var/tmp`, `/dev/shm` or `os.TempDir()`, and may exist already: the name is fixed in the source, or made of the program's name, the user, the process or the time.",
		Why: "Every user of the machine writes there. One of them puts a symbolic link with that name in place beforehand, and the program overwrites what it points to, with the program's rights; or puts a file there, keeps it open, and reads or changes " +
			"what is written.",
		Fix:    "Use `os.CreateTemp` or `os.MkdirTemp`, which choose a name that is free, or pass `os.O_EXCL`. There is no quick fix, because others may have to learn the name.",
		Limits: "Names with a part that comes from elsewhere, an argument of the program for example, or with nanoseconds are not judged. Names that are not fixed are reported as tentative. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/377.html",
			"https://pkg.go.dev/os#CreateTemp",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-45339",
		},
		Examples: predictableTempFileExamples,
	},
}

func runPredictableTempFile(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	t := &temps{Flow: fl}
	create, exclusive := flagOf(pass, "os.O_CREATE"), flagOf(pass, "os.O_EXCL")
	for _, c := range fl.Calls("os.Create", "os.WriteFile", "io/ioutil.WriteFile", "os.OpenFile") {
		if c.Name == "os.OpenFile" {
			flags, known := query.IntSSA(c.Arg(1))
			if !known || flags&create == 0 || flags&exclusive != 0 {
				continue
			}
		}
		switch t.path(c.Arg(0)) {
		case fixed:
			pass.Report(check.Finding{
				Message:  "another user of the machine can put a link or a file of this name in place first",
				Location: pass.Location(c.Expr),
			})
		case guessable:
			pass.Report(check.Finding{
				Message:    "another user of the machine can guess this name, and put a link or a file of that name in place first",
				Location:   pass.Location(c.Expr),
				Confidence: check.Tentative,
			})
		}
	}
	return nil
}

// flagOf gives the value of a constant by its qualified name, 0 if nothing imports
// it.
func flagOf(pass *check.PackagePass, name string) int64 {
	k, ok := query.Lookup(pass.Pkg, name).(*types.Const)
	if !ok {
		return 0
	}
	v, _ := constant.Int64Val(constant.ToInt(k.Val()))
	return v
}

// temps finds paths in folders that everyone may write to.
type temps struct {
	*flow.Flow
	fields map[*types.Var][]ssa.Value // what the package stores in a field; nil until it is asked for
}

// A guess is how much of a path another user has to guess.
type guess int

const (
	unknown   guess = iota
	guessable       // parts differ from run to run, and can be told beforehand
	fixed           // there is nothing to guess
)

// path judges the path of a file that is created.
func (t *temps) path(v ssa.Value) guess {
	worst := fixed
	all := t.Origins(v)
	for _, o := range all {
		worst = min(worst, t.origin(o, maxSteps))
	}
	if len(all) == 0 {
		return unknown
	}
	return worst
}

// maxSteps bounds through how many calls, lists and fields a folder is followed:
// a constant that goes through a constructor, a field and a helper needs four.
const maxSteps = 6

// origin judges one value that a path may be.
func (t *temps) origin(v ssa.Value, steps int) guess {
	var folder ssa.Value
	var names []ssa.Value
	switch v := v.(type) {
	case *ssa.Const:
		if s, _ := query.StringSSA(v); isTempPath(s) {
			return fixed
		}
		return unknown
	case *ssa.BinOp: // os.TempDir() + "/name"
		if v.Op != token.ADD {
			return unknown
		}
		folder, names = v.X, []ssa.Value{v.Y}
	case *ssa.Call:
		if name := query.CalleeSSA(&v.Call); (name != "path/filepath.Join" && name != "path.Join") || len(v.Call.Args) != 1 {
			return unknown
		}
		elements := t.Elements(v.Call.Args[0])
		if len(elements) < 2 {
			return unknown
		}
		folder, names = elements[0], elements[1:]
	default:
		return unknown
	}
	if !t.isFolder(folder, steps) {
		return unknown
	}
	found := fixed
	for _, name := range names {
		if _, constant := name.(*ssa.Const); constant {
			continue
		}
		found = guessable
		if !t.isGuessable(name, map[ssa.Value]bool{}) {
			return unknown
		}
	}
	return found
}

// isTempPath reports whether a path lies in a folder that everyone may write to.
func isTempPath(s string) bool {
	for _, folder := range []string{"/tmp/", "/var/tmp/", "/dev/shm/"} {
		if strings.HasPrefix(s, folder) && len(s) > len(folder) {
			return true
		}
	}
	return false
}

// isFolder reports whether a value may be such a folder: os.TempDir() or the like,
// in a list, a field or an argument too. Steps bound how far it is followed.
func (t *temps) isFolder(v ssa.Value, steps int) bool {
	if steps == 0 {
		return false
	}
	for _, o := range t.Origins(v) {
		switch o := o.(type) {
		case *ssa.Const:
			if s, _ := query.StringSSA(o); s != "" && isTempPath(strings.TrimSuffix(s, "/")+"/x") {
				return true
			}
		case *ssa.Call:
			switch name := query.CalleeSSA(&o.Call); {
			case name == "os.TempDir":
				return true
			case name == "path/filepath.Join" && len(o.Call.Args) == 1:
				if elements := t.Elements(o.Call.Args[0]); len(elements) > 0 && t.isFolder(elements[0], steps-1) {
					return len(elements) == 1 || t.origin(o, steps-1) == fixed
				}
			case name == "append": // a list of folders
				for _, list := range o.Call.Args {
					if t.isFolder(list, steps-1) || t.anyFolder(t.Elements(list), steps-1) {
						return true
					}
				}
			}
		case *ssa.Parameter:
			if t.anyFolder(t.arguments(o), steps-1) {
				return true
			}
		case *ssa.UnOp:
			switch a := o.X.(type) {
			case *ssa.IndexAddr:
				if t.isFolder(a.X, steps-1) {
					return true
				}
			case *ssa.FieldAddr:
				if t.anyFolder(t.stored(a), steps-1) {
					return true
				}
			}
		}
	}
	return false
}

func (t *temps) anyFolder(list []ssa.Value, steps int) bool {
	return slices.ContainsFunc(list, func(v ssa.Value) bool { return t.isFolder(v, steps) })
}

// arguments gives what the callers in the package give for a parameter.
func (t *temps) arguments(p *ssa.Parameter) []ssa.Value {
	i := slices.Index(p.Parent().Params, p)
	var list []ssa.Value
	for _, c := range t.Callers(p.Parent()) {
		if args := c.Instr.Common().Args; i >= 0 && i < len(args) {
			list = append(list, args[i])
		}
	}
	return list
}

// stored gives what the package stores in the field of an address.
func (t *temps) stored(a *ssa.FieldAddr) []ssa.Value {
	if t.fields == nil {
		t.fields = map[*types.Var][]ssa.Value{}
		for _, fn := range t.Functions {
			for _, b := range fn.Blocks {
				for _, instr := range b.Instrs {
					store, ok := instr.(*ssa.Store)
					if !ok {
						continue
					}
					if at, ok := store.Addr.(*ssa.FieldAddr); ok {
						if field := fieldOf(at); field != nil {
							t.fields[field] = append(t.fields[field], store.Val)
						}
					}
				}
			}
		}
	}
	return t.fields[fieldOf(a)]
}

func fieldOf(a *ssa.FieldAddr) *types.Var {
	p, ok := a.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || a.Field >= s.NumFields() {
		return nil
	}
	return s.Field(a.Field)
}

// guessableFrom are functions, by the start of their name, whose results others can tell
// beforehand: the process, the machine, the clock, and text that is made of such.
var guessableFrom = []string{"os.Get", "os.Hostname", "os/user.", "time.", "(time.Time).", "runtime.", "strconv.", "strings.", "fmt.Sprint", "path/filepath.Base",
	"path/filepath.Ext", "path/filepath.Join", "path.Base", "(*strings.Replacer).Replace"}

// isGuessable reports whether another user can tell a part of a name beforehand.
func (t *temps) isGuessable(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] {
		return true
	}
	seen[v] = true
	for _, o := range t.Origins(v) {
		if !t.guess(o, seen) {
			return false
		}
	}
	return true
}

func (t *temps) guess(v ssa.Value, seen map[ssa.Value]bool) bool {
	text := code.IsText(v.Type())
	switch v := v.(type) {
	case *ssa.Const:
		return true
	case *ssa.BinOp:
		return t.isGuessable(v.X, seen) && t.isGuessable(v.Y, seen)
	case *ssa.Extract:
		return t.isGuessable(v.Tuple, seen)
	case *ssa.Parameter:
		arguments := t.arguments(v)
		for _, a := range arguments {
			if !t.isGuessable(a, seen) {
				return false
			}
		}
		return !text || len(arguments) > 0
	case *ssa.UnOp:
		switch a := v.X.(type) {
		case *ssa.IndexAddr:
			if load, ok := a.X.(*ssa.UnOp); ok {
				if g, ok := load.X.(*ssa.Global); ok {
					return g.Pkg != nil && g.Pkg.Pkg.Path() == "os" && g.Name() == "Args"
				}
			}
			return t.oneOf(a.X, seen)
		case *ssa.FieldAddr:
			if query.IsType(a.X.Type(), "os/user.User") {
				return true
			}
		}
		return !text
	case *ssa.Index: // [...]string{"a", "b"}[i]
		if load, ok := v.X.(*ssa.UnOp); ok {
			return t.oneOf(load.X, seen)
		}
	case *ssa.Call:
		return t.guessCall(&v.Call, text, seen)
	}
	_, list := v.Type().Underlying().(*types.Slice)
	return !text && !list // letters that are put into a list may be chosen by chance
}

// oneOf is isGuessable for the elements of a list that is written as one.
func (t *temps) oneOf(list ssa.Value, seen map[ssa.Value]bool) bool {
	elements := t.Elements(list)
	return len(elements) > 0 && !slices.ContainsFunc(elements, func(e ssa.Value) bool { return !t.isGuessable(e, seen) })
}

func (t *temps) guessCall(call *ssa.CallCommon, text bool, seen map[ssa.Value]bool) bool {
	name := query.CalleeSSA(call)
	switch {
	case strings.HasSuffix(name, ".UnixNano"), strings.HasSuffix(name, ".UnixMicro"), strings.HasSuffix(name, ".Nanosecond"), strings.Contains(name, "rand"):
		return false
	case !strings.HasSuffix(name, ".String") && !slices.ContainsFunc(guessableFrom, func(from string) bool { return strings.HasPrefix(name, from) }):
		return !text && call.StaticCallee() != nil && len(call.Args) == 1
	}
	args := call.Args
	if call.IsInvoke() {
		args = append([]ssa.Value{call.Value}, args...)
	}
	for _, a := range args {
		if elements := t.Elements(a); elements != nil {
			for _, e := range elements {
				if !t.isGuessable(e, seen) {
					return false
				}
			}
		} else if !t.isGuessable(a, seen) {
			return false
		}
	}
	return true
}
