package resource

import (
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

// forTests matches documentation that says that what it is about is made for tests.
var forTests = regexp.MustCompile(`(?i)\b(for|in|on)\s+((use\s+in|unit|integration|local)\s+)*(tests|testing)\b`)

// isMadeForTests reports whether the documentation of a package says that it is made for tests.
func isMadeForTests(pass *check.PackagePass) bool {
	return slices.ContainsFunc(pass.Files, func(f *ast.File) bool { return f.Doc != nil && forTests.MatchString(f.Doc.Text()) })
}

// configures reports whether a handler is there for who configures the program, as the documentation of the function, of the
// methods that call it, or of the type that it is a method of says.
func configures(fl *flow.Flow, fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if saysConfigures(fn) {
		return true
	}
	return slices.ContainsFunc(fl.Callers(fn), func(c flow.Call) bool { return saysConfigures(c.Fn) })
}

func saysConfigures(fn *ssa.Function) bool {
	decl, ok := fn.Syntax().(*ast.FuncDecl)
	return ok && decl.Doc != nil && slices.ContainsFunc(query.Words(decl.Doc.Text()), func(w string) bool {
		return w == "configures" || w == "configuration"
	})
}

// isForDevelopers reports whether a function serves what a tool builds to the developer who runs it, and builds it again when
// the source changes.
func isForDevelopers(f ast.Node) bool {
	for text := range purpose.Texts(f) {
		words := query.Words(text)
		for i, w := range words {
			switch w {
			case "rebuild", "servedir", "livereload", "devserver":
				return true
			}
			if i > 0 {
				switch words[i-1] + " " + w {
				case "serve dir", "live reload", "hot reload", "dev server":
					return true
				}
			}
		}
	}
	return false
}

// isOnlyNamed reports whether a number sizes, indexes and permits nothing, as far as the package shows: it is compared
// with nothing but for being the same, and everything that it is handed to is seen, or prints it or names a process by it.
func isOnlyNamed(fl *flow.Flow, number ssa.Value) bool {
	u := uses{fl, map[ssa.Value]bool{}}
	return u.onlyName(number, maxDecodedDepth)
}

// uses is the way of a number to what it is used for.
type uses struct {
	*flow.Flow
	seen map[ssa.Value]bool
}

func (u *uses) onlyName(v ssa.Value, depth int) bool {
	if u.seen[v] {
		return true
	}
	if depth == 0 || v.Referrers() == nil {
		return false
	}
	u.seen[v] = true
	for _, r := range *v.Referrers() {
		if !u.names(r, v, depth) {
			return false
		}
	}
	return true
}

func (u *uses) names(r ssa.Instruction, v ssa.Value, depth int) bool {
	switch r := r.(type) {
	case *ssa.DebugRef:
		return true
	case *ssa.Phi:
		return u.onlyName(r, depth)
	case *ssa.MakeInterface: // to be printed
		return true
	case *ssa.Convert:
		return u.onlyName(r, depth)
	case *ssa.BinOp:
		n, isConst := query.IntSSA(r.Y)
		return r.Op == token.EQL || r.Op == token.NEQ || isComparison(r.Op) && isConst && n <= 0
	case *ssa.Store:
		addr, ok := r.Addr.(*ssa.FieldAddr)
		if !ok || r.Val != v {
			return false
		}
		if p, ok := addr.X.Type().Underlying().(*types.Pointer); ok {
			if s, ok := p.Elem().Underlying().(*types.Struct); ok {
				field := s.Field(addr.Field)
				loads := u.Loads(field)
				return isProcessID(field.Name()) || !field.Exported() && len(loads) > 0 && u.all(loads, depth)
			}
		}
	case *ssa.Return:
		return u.returned(r, v, depth)
	case *ssa.Call:
		return u.handed(r, v, depth)
	}
	return false
}

func isComparison(op token.Token) bool {
	return op == token.LSS || op == token.LEQ || op == token.GTR || op == token.GEQ
}

func (u *uses) all(values []ssa.Value, depth int) bool {
	return !slices.ContainsFunc(values, func(v ssa.Value) bool { return !u.onlyName(v, depth-1) })
}

// isProcessID reports whether a name is that of the number of a process or thread, which is good for nothing but to name it.
func isProcessID(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool { return w == "pid" || w == "ppid" || w == "tid" })
}

// returned follows a result to the callers, which are all seen if the function is not exported.
func (u *uses) returned(r *ssa.Return, v ssa.Value, depth int) bool {
	fn := r.Parent()
	if isProcessID(fn.Name()) {
		return true
	}
	callers := u.Callers(fn)
	if fn.Object() == nil || fn.Object().Exported() || len(callers) == 0 {
		return false
	}
	for _, c := range callers {
		call, ok := c.Instr.(*ssa.Call)
		if !ok {
			continue
		}
		if len(r.Results) == 1 {
			if !u.onlyName(call, depth-1) {
				return false
			}
			continue
		}
		for _, use := range *call.Referrers() {
			if part, ok := use.(*ssa.Extract); !ok || r.Results[part.Index] == v && !u.onlyName(part, depth-1) {
				return false
			}
		}
	}
	return true
}

// handed follows an argument into a function of the package.
func (u *uses) handed(call *ssa.Call, v ssa.Value, depth int) bool {
	name := query.CalleeSSA(&call.Call)
	if name == "os.FindProcess" || strings.HasPrefix(name, "strconv.") || name == "syscall.Kill" {
		return true
	}
	callee := call.Call.StaticCallee()
	if callee == nil || callee.Blocks == nil || len(callee.Params) != len(call.Call.Args) {
		return false
	}
	for i, a := range call.Call.Args {
		if a == v && !isProcessID(callee.Params[i].Name()) && !u.onlyName(callee.Params[i], depth-1) {
			return false
		}
	}
	return true
}
