package injection

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// A redirect to the whole path of a request stays where it is if the first element of the path is known: neither // nor
// /\ begins it.

// isBelowPrefix reports whether a flow is of the whole path of a request, and the first element of it is known.
func isBelowPrefix(x *text.Index, f *taint.Flow) bool {
	call, ok := f.Call.(ssa.CallInstruction)
	if !ok || x == nil || cutsText(f) {
		return false
	}
	return isSegmentCompared(call.Block()) || cutsPrefix(f.Fn) || (&mounts{Index: x}).isMounted(f.Fn)
}

// cutsText reports whether a flow goes through a function that may take off the beginning of a text, or its function
// takes a part of a text or list.
func cutsText(f *taint.Flow) bool {
	return slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		name, ok := strings.CutPrefix(s.Message, "goes through strings.")
		return ok && name != "Join" && name != "Split"
	}) || slices.ContainsFunc(slices.Collect(instructions(f.Fn)), func(instr ssa.Instruction) bool {
		part, ok := instr.(*ssa.Slice)
		if !ok {
			return false
		}
		_, whole := part.X.Type().Underlying().(*types.Pointer) // the arguments of a call
		return !whole
	})
}

// isSegmentCompared reports whether a block is only reached if the first element of the path of an URL is a constant.
func isSegmentCompared(b *ssa.BasicBlock) bool {
	for at := b; at != nil; at = at.Idom() {
		branch, ok := at.Instrs[len(at.Instrs)-1].(*ssa.If)
		if !ok {
			continue
		}
		cond, ok := branch.Cond.(*ssa.BinOp)
		if !ok {
			continue
		}
		equal := at.Succs[0]
		switch cond.Op {
		case token.EQL:
		case token.NEQ:
			equal = at.Succs[1]
		default:
			continue
		}
		if s, ok := query.StringSSA(cond.Y); ok && s != "" && isFirstElement(cond.X) && len(equal.Preds) == 1 && equal.Dominates(b) {
			return true
		}
	}
	return false
}

// isFirstElement reports whether a value is strings.Split(u.Path, "/")[1].
func isFirstElement(v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	element, ok := load.X.(*ssa.IndexAddr)
	if !ok {
		return false
	}
	index, ok := element.Index.(*ssa.Const)
	split, isCall := element.X.(*ssa.Call)
	return ok && isCall && index.Int64() == 1 && query.CalleeSSA(&split.Call) == "strings.Split" && isPathOfURL(split.Call.Args[0])
}

// isPathOfURL reports whether a value is the path of an URL.
func isPathOfURL(v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return false
	}
	field, ok := load.X.(*ssa.FieldAddr)
	return ok && text.FieldName(field) == "Path" && query.IsType(field.X.Type(), "net/url.URL")
}

// cutsPrefix reports whether a function cuts a constant off the path of an URL, below which it is registered then.
func cutsPrefix(fn *ssa.Function) bool {
	return slices.ContainsFunc(slices.Collect(instructions(fn)), func(instr ssa.Instruction) bool {
		call, ok := instr.(*ssa.Call)
		if !ok || !slices.Contains([]string{"strings.TrimPrefix", "strings.CutPrefix"}, query.CalleeSSA(&call.Call)) {
			return false
		}
		prefix, ok := query.StringSSA(call.Call.Args[1])
		return ok && beginsWithSegment(prefix) && isPathOfURL(call.Call.Args[0])
	})
}

// beginsWithSegment reports whether a path begins with a constant element.
func beginsWithSegment(path string) bool {
	return len(path) > 1 && path[0] == '/' && !strings.ContainsRune(`/\*:{<(`, rune(path[1]))
}

// mounts are the handlers of a package that routers call below some path.
type mounts struct {
	*text.Index
	seen []*ssa.Function
}

// isMounted reports whether all calls that a function is handed to register it below a constant.
func (m *mounts) isMounted(fn *ssa.Function) bool {
	if slices.Contains(m.seen, fn) {
		return false
	}
	m.seen = append(m.seen, fn)
	registered := false
	for _, in := range m.Functions {
		for instr := range instructions(in) {
			call, ok := instr.(ssa.CallInstruction)
			if !ok || !slices.ContainsFunc(call.Common().Args, func(arg ssa.Value) bool { return isFunction(arg, fn) }) {
				continue
			}
			if !m.isBelow(call) {
				return false
			}
			registered = true
		}
	}
	return registered
}

// isFunction reports whether a value is a function or method.
func isFunction(v ssa.Value, fn *ssa.Function) bool {
	lit := literal(v)
	return lit != nil && (lit == fn || lit.Object() != nil && lit.Object() == fn.Object())
}

// isBelow reports whether a call registers what it is given below a constant: its path begins with one, or the router is
// one for such a path, itself or as the parameter of a function that is given to another call.
func (m *mounts) isBelow(call ssa.CallInstruction) bool {
	for _, arg := range call.Common().Args {
		path, ok := query.StringSSA(arg)
		if _, after, spaced := strings.Cut(path, " "); spaced { // GET /path
			path = after
		}
		if ok && beginsWithSegment(path) {
			return true
		}
	}
	router := flow.Call{Instr: call}.Receiver()
	switch router := router.(type) {
	case *ssa.Call: // r.Group("/api"), r.PathPrefix("/api").Subrouter()
		return m.isBelow(router)
	case *ssa.Parameter: // r.Route("/api", func(r chi.Router) { ... })
		return router.Parent().Parent() != nil && m.isMounted(router.Parent())
	}
	return false
}

// isLabel reports whether a redirect goes to an URL of which a part of the host is a value, with other parts behind it
// that no form or query of the request names.
func isLabel(x *text.Index, f *taint.Flow) bool {
	target := f.Value()
	if target == nil {
		return false
	}
	labels := 0
	for _, o := range x.Origins(target) {
		if s, ok := query.StringSSA(o); ok && s == "" {
			continue
		}
		if !isLabelText(x, spelledText(x, o)) {
			return false
		}
		labels++
	}
	return labels > 0
}

// spelledText gives the text that an URL was parsed from before it is spelled, else the text itself.
func spelledText(x *text.Index, v ssa.Value) text.Text {
	spelled, ok := v.(*ssa.Call)
	if !ok || query.CalleeSSA(&spelled.Call) != "(*net/url.URL).String" {
		return x.Of(v)
	}
	for _, u := range x.Origins(spelled.Call.Args[0]) {
		if e, ok := u.(*ssa.Extract); ok {
			u = e.Tuple
		}
		if parsed, ok := u.(*ssa.Call); ok && query.CalleeSSA(&parsed.Call) == "net/url.Parse" {
			return x.Of(parsed.Call.Args[0])
		}
	}
	return nil
}

// isLabelText reports whether a text begins with a scheme, a hole and a dot, and what ends its host is a constant, or a
// value that is not of a form or query.
func isLabelText(x *text.Index, t text.Text) bool {
	if len(t) < 3 || t[0].Value != nil || !strings.HasSuffix(t[0].Const, "://") || t[1].Value == nil || t[2].Value != nil || !strings.HasPrefix(t[2].Const, ".") {
		return false
	}
	for i, p := range t[2:] {
		if p.Value == nil && strings.ContainsAny(p.Const, "/?#") || i == len(t)-3 {
			last := p
			if strings.HasPrefix(p.Const, "/") {
				last = t[i+1]
			}
			return last.Value == nil || !isOfForm(x, last.Value)
		}
	}
	return false
}

// isOfForm reports whether a value may be one of a form, a query or a path.
func isOfForm(x *text.Index, v ssa.Value) bool {
	found := false
	x.Behind(v, func(ssa.Value) bool { return false }, nil, func(leaf ssa.Value) {
		if e, ok := leaf.(*ssa.Extract); ok {
			leaf = e.Tuple
		}
		call, ok := leaf.(*ssa.Call)
		found = found || isPathOfURL(leaf) || ok && slices.Contains([]string{"FormValue", "PostFormValue", "PathValue", "Get", "Query", "Param", "URLParam"}, text.CalleeName(&call.Call)) &&
			query.CalleeSSA(&call.Call) != "(net/http.Header).Get"
	})
	return found
}
