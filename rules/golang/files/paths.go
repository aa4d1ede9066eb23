package files

import (
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// joins put a path together of elements.
var joins = []string{"path/filepath.Join", "path.Join"}

// fileCalls are functions that use a path, with the argument that is it.
var fileCalls = map[string]int{
	"os.Open": 0, "os.Create": 0, "os.OpenFile": 0, "os.ReadFile": 0, "os.WriteFile": 0, "os.Remove": 0, "os.RemoveAll": 0, "os.MkdirAll": 0, "os.Mkdir": 0,
	"os.ReadDir": 0, "os.Stat": 0, "os.Chmod": 0, "os.Chown": 0, "io/ioutil.ReadFile": 0, "io/ioutil.WriteFile": 0, "io/ioutil.ReadDir": 0, "os.DirFS": 0,
	"net/http.ServeFile": 2,
}

// used gives the calls of a package that use paths, and those paths.
func used(x *text.Index) func(yield func(flow.Call, ssa.Value) bool) {
	return func(yield func(flow.Call, ssa.Value) bool) {
		for _, name := range slices.Sorted(keys(fileCalls)) {
			for _, c := range x.Calls(name) {
				if !yield(c, c.Arg(fileCalls[name])) {
					return
				}
			}
		}
	}
}

func keys(m map[string]int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// joinsOf gives the calls of Join whose result a path may be, through variables and
// functions of this package, and what cleans or converts a path.
func joinsOf(x *text.Index, path ssa.Value) (found []*ssa.Call) {
	seen := map[ssa.Value]bool{}
	var visit func(v ssa.Value)
	visit = func(v ssa.Value) {
		for _, o := range x.Origins(v) {
			call := callOf(o)
			if call == nil || seen[call] || len(seen) > 50 {
				continue
			}
			seen[call] = true
			switch name := query.CalleeSSA(&call.Call); {
			case slices.Contains(joins, name):
				found = append(found, call)
			case converts(name):
				visit(call.Call.Args[0])
			}
		}
	}
	visit(path)
	return found
}

// converts reports whether a function gives the same path in another form.
func converts(name string) bool {
	switch name {
	case "path/filepath.Clean", "path.Clean", "path/filepath.FromSlash", "path/filepath.ToSlash", "path/filepath.Abs", "path/filepath.Dir", "path.Dir":
		return true
	}
	return false
}

// foreign reports whether a path, or the name of a file, may be anything: a caller
// in another package, or what was read into a struct, gives it, whole.
func foreign(x *text.Index, v ssa.Value) bool {
	found := false
	clean := func(v ssa.Value) bool {
		if e, ok := v.(*ssa.Extract); ok {
			v = e.Tuple
		}
		call, ok := v.(*ssa.Call)
		return ok && len(call.Call.Args) > 0 && makesName(text.CalleeName(&call.Call))
	}
	x.Behind(v, clean, func(_ ssa.Value, t text.Text) {
		if t[0].Value == nil && strings.HasPrefix(t[0].Const, "/") { // "/" + name
			return
		}
		for _, p := range t {
			found = found || p.Value != nil && foreign(x, p.Value)
		}
	}, func(leaf ssa.Value) {
		switch leaf.(type) {
		case *ssa.Parameter, *ssa.UnOp, *ssa.Field, *ssa.Extract, *ssa.Lookup:
			found = found || text.Open(leaf)
		}
	})
	return found
}

// makesName reports whether a function gives a name of a file that stays in its
// folder.
func makesName(name string) bool {
	words := query.Words(name)
	if slices.Contains(words, "join") && slices.ContainsFunc(words, func(w string) bool {
		return w == "symlink" || w == "root" || w == "within" || w == "inside" || w == "scope" || w == "chroot"
	}) {
		return true
	}
	if slices.Contains(words, "slash") && slices.Contains(words, "clean") { // "/" + name, cleaned
		return true
	}
	for _, w := range words {
		switch w {
		case "base", "escape", "encode", "hash", "hex", "sum", "digest", "sanitize", "sanitise", "secure", "safe", "slug", "slugify", "localize", "uuid", "valid", "validate":
			return true
		}
	}
	return name == "Rel" || name == "Name" || name == "EncodeToString" || name == "Itoa" || name == "Getwd"
}

// isGuarded reports whether a function, one that it calls or one that calls it, looks at
// a path before it is used.
func isGuarded(x *text.Index, fn *ssa.Function) bool {
	near := []*ssa.Function{fn}
	for _, c := range x.Callers(fn) {
		near = append(near, c.Fn)
	}
	return slices.ContainsFunc(near, func(fn *ssa.Function) bool { return looksAtPath(fn, 1) })
}

// looksAtPath reports whether a function calls one that is for looking at paths.
func looksAtPath(fn *ssa.Function, depth int) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			common := call.Common()
			switch name := query.CalleeSSA(common); name {
			case "path/filepath.IsLocal", "path/filepath.Rel", "io/fs.ValidPath", "path/filepath.Localize", "os.OpenRoot", "path/filepath.EvalSymlinks", "path/filepath.WalkDir", "path/filepath.Walk":
				return true
			case "strings.HasPrefix", "strings.Contains", "strings.HasSuffix", "strings.ContainsAny", "strings.ContainsRune":
				if s, ok := query.StringSSA(common.Args[1]); !ok && name == "strings.HasPrefix" || ok && (strings.Contains(s, "..") || strings.Contains(s, "/") || strings.Contains(s, `\`)) {
					return true
				}
			default:
				if text.Validates(text.CalleeName(common)) {
					return true
				}
			}
			if callee := common.StaticCallee(); depth > 0 && callee != nil && len(callee.Blocks) > 0 && looksAtPath(callee, depth-1) {
				return true
			}
		}
	}
	return false
}
