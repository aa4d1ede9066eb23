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
var forTests = regexp.MustCompile(`(?i)\b(for|in|on)\s+((use\s+in|unit|integration|local|(\w+\s+)?conformance)\s+)*(tests|testing)\b`)

// isMadeForTests reports whether the documentation of a package says that it is made for tests. What one of several files says
// is about that file.
func isMadeForTests(pass *check.PackagePass) bool {
	says := false
	for _, f := range pass.Files {
		if f.Doc == nil {
			continue
		}
		if says = forTests.MatchString(f.Doc.Text()); !says {
			return false
		}
	}
	return says
}

// isBesides reports whether a package is a program that a module has besides what it is there for: below a folder contrib,
// among the tools of those who work on the module, which stand right in it, or one that is not in the folder of a published
// module and that nothing there says how to run for others. That one shows mostly what a library can do, or is for the machine
// of who runs it: of 19 such servers and bodies, read in modules of others, 3 were meant for strangers, and of 9 in programs
// that are run for others 7.
func isBesides(pass *check.PackagePass) bool {
	path := pass.Pkg.Path()
	if pass.Pkg.Name() != "main" {
		return false
	}
	if pass.Aside {
		return true
	}
	if slices.Contains(strings.Split(path, "/"), "contrib") {
		return true
	}
	if pass.Module == nil || pass.Module.Path == "" {
		return false
	}
	below, ok := strings.CutPrefix(path, pass.Module.Path+"/")
	first, _, _ := strings.Cut(below, "/")
	switch first {
	case "tools", "hack", "scripts", "misc":
		return ok
	}
	return false
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
// the source changes, or opens the browser of who runs it.
func isForDevelopers(f ast.Node) bool {
	opens := false
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && strings.HasSuffix(x.Name, "browser") && strings.HasPrefix(sel.Sel.Name, "Open") {
				opens = true
			}
		}
		return !opens
	})
	if opens {
		return true
	}
	for text := range purpose.Texts(f) {
		words := query.Words(text)
		if slices.Contains(words, "open") && slices.Contains(words, "browser") {
			return true
		}
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

// decides reports whether anything depends on a number, as far as the package shows: it is compared with another one, it is
// a size, an index or a limit, or it is named for who somebody is and what is permitted.
func decides(fl *flow.Flow, number ssa.Value) bool {
	d := uses{fl, map[ssa.Value]bool{}}
	return d.decides(number, maxDecodedDepth)
}

func (u *uses) decides(v ssa.Value, depth int) bool {
	if u.seen[v] || depth == 0 || v.Referrers() == nil {
		return false
	}
	u.seen[v] = true
	return slices.ContainsFunc(*v.Referrers(), func(r ssa.Instruction) bool {
		switch r := r.(type) {
		case *ssa.Phi:
			return u.decides(r, depth)
		case *ssa.Convert:
			return u.decides(r, depth)
		case *ssa.ChangeType:
			return u.decides(r, depth)
		case *ssa.BinOp:
			if isComparison(r.Op) {
				n, isConst := query.IntSSA(r.Y)
				return !isConst || n > 1 // else only the sign, or whether there is any
			}
			return r.Op != token.EQL && r.Op != token.NEQ && u.decides(r, depth)
		case *ssa.IndexAddr:
			return r.Index == v
		case *ssa.Index:
			return r.Index == v
		case *ssa.Slice, *ssa.MakeSlice, *ssa.MakeMap, *ssa.MakeChan:
			return true
		case *ssa.Store:
			if field := fieldAt(r.Addr); field != nil {
				return permits(field.Name()) || slices.ContainsFunc(u.Loads(field), func(load ssa.Value) bool { return u.decides(load, depth-1) })
			}
			if a, ok := r.Addr.(*ssa.Alloc); ok {
				return slices.ContainsFunc(*a.Referrers(), func(use ssa.Instruction) bool {
					load, ok := use.(*ssa.UnOp)
					return ok && u.decides(load, depth)
				})
			}
		case ssa.CallInstruction:
			return u.decidesIn(r.Common(), v, depth)
		}
		return false
	})
}

// decidesIn follows an argument into a function, or judges it by the names of the parameter and the function.
func (u *uses) decidesIn(call *ssa.CallCommon, v ssa.Value, depth int) bool {
	params, callee := call.Signature().Params(), call.StaticCallee()
	for i, a := range call.Args {
		if a != v {
			continue
		}
		if callee != nil && i < len(callee.Params) && u.decides(callee.Params[i], depth-1) {
			return true
		}
		if callee != nil && callee.Signature.Recv() != nil {
			i--
		}
		if i >= 0 && i < params.Len() && permits(params.At(i).Name()) {
			return true
		}
	}
	return false
}

// permits reports whether a name is that of a number which says who somebody is, what is permitted, or how much money it is. What
// is named like a size is one if it is used as one.
func permits(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		switch w {
		case "uid", "gid", "user", "group", "owner", "role", "mode", "perm", "perms", "permission", "port", "amount", "price", "balance":
			return true
		}
		return false
	})
}

// fieldAt gives the field that an address is that of.
func fieldAt(v ssa.Value) *types.Var {
	addr, ok := v.(*ssa.FieldAddr)
	if !ok {
		return nil
	}
	p, ok := addr.X.Type().Underlying().(*types.Pointer)
	if !ok {
		return nil
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	return s.Field(addr.Field).Origin()
}
