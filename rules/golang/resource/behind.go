package resource

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// isRoutedBehind reports whether a handler is registered, by a call that it is an argument of, with a router whose requests all
// come by a function that is named for letting only those in whom the program knows: the router is wrapped in one, or uses it.
func isRoutedBehind(pass *check.PackagePass, fl *flow.Flow, at inspector.Cursor) bool {
	for at.ParentEdgeKind() == edge.CallExpr_Args {
		at = at.Parent()
		call, ok := at.Node().(*ast.CallExpr)
		if !ok {
			return false
		}
		if c, ok := fl.At(call); ok && isRouter(c.Receiver()) {
			// r.POST("/upload", requireLogin, s.upload)
			return slices.ContainsFunc(call.Args, namesAuth) || isGated(fl, c.Receiver(), c.Instr)
		}
	}
	return false
}

// isServedBehind reports whether wherever the package makes a handler of a type that has a method ServeHTTP, it is behind such a function.
func isServedBehind(fl *flow.Flow, fn *ssa.Function) bool {
	recv := fn.Signature.Recv()
	if fn.Name() != "ServeHTTP" || recv == nil || flow.Public(fn) {
		return false
	}
	p := passageOfUses(fl, func(instr ssa.Instruction) ssa.Value {
		if m, ok := instr.(*ssa.MakeInterface); ok && types.Identical(m.X.Type(), recv.Type()) {
			return m.X
		}
		return nil
	})
	return p.closed && !p.open
}

// passageOf is about where the package names a handler, be it for a table of routes. Who calls it is left out.
func passageOf(fl *flow.Flow, fn *ssa.Function) passage {
	return passageOfUses(fl, func(instr ssa.Instruction) ssa.Value {
		if m, ok := instr.(*ssa.MakeClosure); ok {
			if bound, ok := m.Fn.(*ssa.Function); ok && (bound == fn || bound.Synthetic != "" && fn.Object() != nil && bound.Object() == fn.Object()) {
				return bound
			}
			return nil
		}
		if call, ok := instr.(ssa.CallInstruction); ok && call.Common().Value == fn {
			return nil
		}
		var operands [8]*ssa.Value
		if slices.ContainsFunc(instr.Operands(operands[:0]), func(op *ssa.Value) bool { return *op == fn }) {
			return fn
		}
		return nil
	})
}

// passageOfUses gives the ways to a handler that instructions of the package use. handler gives the value of an instruction that
// is the handler; nil if none is.
func passageOfUses(fl *flow.Flow, handler func(ssa.Instruction) ssa.Value) passage {
	w := walk{gates: newGates(fl, nil), seen: map[ssa.Value]bool{}}
	all := passage{}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if v := handler(instr); v != nil {
					all.add(w.followUse(instr, v))
				}
			}
		}
	}
	return all
}

// isRouter reports whether a value has handlers registered with it: a mux, a group of routes, one route of a chain.
func isRouter(v ssa.Value) bool {
	return v != nil && (hasMethod(v.Type(), "Handle") || hasMethod(v.Type(), "HandleFunc") || hasMethod(v.Type(), "HandlerFunc"))
}

// isServed reports whether a type is that of a handler.
func isServed(t types.Type) bool {
	if sig, ok := t.Underlying().(*types.Signature); ok {
		return slices.ContainsFunc(slices.Collect(sig.Params().Variables()), func(p *types.Var) bool { return code.IsResponder(p.Type()) })
	}
	return hasMethod(t, "ServeHTTP")
}

func hasMethod(t types.Type, name string) bool {
	method, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	_, ok := method.(*types.Func)
	return ok
}

// isGated reports whether all requests to a router, for what is registered with it by a call, come by a function that lets only known
// people in.
func isGated(fl *flow.Flow, router ssa.Value, registration ssa.CallInstruction) bool {
	return newGates(fl, registration).isGated(router)
}

// gates follows routers to where they are served.
type gates struct {
	fl           *flow.Flow
	registration ssa.CallInstruction // what is asked about; nil if no matter
	gated        map[registered]bool // the answers of isGated, false while it looks
	asks         map[ssa.Value]bool  // those of asksWithin, by the parameter
}

func newGates(fl *flow.Flow, registration ssa.CallInstruction) *gates {
	return &gates{fl, registration, map[registered]bool{}, map[ssa.Value]bool{}}
}

// A registered is a router, and a call that registers something with it.
type registered struct {
	router ssa.Value
	call   ssa.CallInstruction
}

// A passage is what is known of the ways that requests get to a handler.
type passage struct {
	closed bool // a function on one of them lets only known people in
	open   bool // there is one without
}

func (p *passage) add(other passage) {
	p.closed = p.closed || other.closed
	p.open = p.open || other.open
}

// isGated is about a router, which is followed back to where it is made.
func (g *gates) isGated(router ssa.Value) bool {
	at := registered{router, g.registration}
	if known, ok := g.gated[at]; ok {
		return known
	}
	g.gated[at] = false
	origins := g.fl.Origins(router)
	g.gated[at] = len(origins) > 0 && !slices.ContainsFunc(origins, func(v ssa.Value) bool { return !g.isMadeGated(v) })
	return g.gated[at]
}

func (g *gates) isMadeGated(v ssa.Value) bool {
	if field := flow.Field(v); field != nil {
		return g.isFieldGated(field)
	}
	if g.uses(v, map[ssa.Value]bool{}) {
		return true
	}
	if g.leadsBehind(v) {
		return true
	}
	switch v := v.(type) {
	case *ssa.Parameter:
		return g.isGivenGated(v)
	case *ssa.Call: // a group of routes of another router, with a function of its own or without
		c, ok := g.fl.Of(v)
		return ok && (slices.ContainsFunc(c.Expr.Args, namesAuth) || isRouter(c.Receiver()) && g.isGated(c.Receiver()))
	}
	return false
}

// isFieldGated is about a router that is kept in a field.
func (g *gates) isFieldGated(field *types.Var) bool {
	stored := g.fl.Stored(field)
	if len(stored) > 0 && !slices.ContainsFunc(stored, func(v ssa.Value) bool { return !g.isGated(v) }) {
		return true
	}
	read := g.fl.Loads(field)
	return slices.ContainsFunc(read, func(load ssa.Value) bool { return g.uses(load, map[ssa.Value]bool{}) }) || g.leadsBehind(read...)
}

// isGivenGated is about the router that a function is handed: by all its callers, or by the method of a router that a literal is
// an argument of, which makes a group of routes.
func (g *gates) isGivenGated(p *ssa.Parameter) bool {
	fn := p.Parent()
	index := slices.Index(fn.Params, p)
	if callers := g.fl.Callers(fn); len(callers) > 0 {
		return !flow.Public(fn) && !slices.ContainsFunc(callers, func(c flow.Call) bool {
			args := c.Instr.Common().Args
			return index >= len(args) || !g.isGated(args[index])
		})
	}
	c, ok := g.fl.Takes(fn)
	return ok && isRouter(c.Receiver()) && g.isGated(c.Receiver())
}

// uses reports whether a router is told to use a function that lets only known people in, for what is registered after.
func (g *gates) uses(router ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[router] || router.Referrers() == nil {
		return false
	}
	seen[router] = true
	for _, r := range *router.Referrers() {
		switch r := r.(type) {
		case *ssa.ChangeInterface, *ssa.ChangeType, *ssa.MakeInterface:
			if v, ok := r.(ssa.Value); ok && g.uses(v, seen) {
				return true
			}
		case *ssa.Store:
			if r.Val == router && slices.ContainsFunc(loads(g.fl, r.Addr), func(v ssa.Value) bool { return g.uses(v, seen) }) {
				return true
			}
		case *ssa.Call:
			if c, ok := g.fl.Of(r); ok && c.Receiver() == router && g.isUse(c) {
				return true
			}
		}
	}
	return false
}

// isUse reports whether a call tells a router to use a function that lets only known people in. But for gorilla/mux, routers use it only for
// what is registered after.
func (g *gates) isUse(c flow.Call) bool {
	if calleeName(c.Instr.Common()) != "Use" || !slices.ContainsFunc(c.Expr.Args, namesAuth) {
		return false
	}
	at := g.registration
	return at == nil || at.Parent() != c.Fn || c.Instr.Pos() < at.Pos() || query.IsType(c.Receiver().Type(), "github.com/gorilla/mux.Router")
}

// loads gives the values that are read from an address: of a variable, also in literals, or of a field.
func loads(fl *flow.Flow, addr ssa.Value) []ssa.Value {
	if addr, ok := addr.(*ssa.FieldAddr); ok {
		field := flow.AddressedField(addr)
		if field == nil || field.Pkg() != addr.Parent().Package().Pkg {
			return nil // its own package reads it
		}
		return fl.Loads(field)
	}
	if addr.Referrers() == nil {
		return nil
	}
	var all []ssa.Value
	for _, r := range *addr.Referrers() {
		switch r := r.(type) {
		case *ssa.UnOp:
			all = append(all, r)
		case *ssa.MakeClosure:
			fn, ok := r.Fn.(*ssa.Function)
			if i := slices.Index(r.Bindings, addr); ok && i >= 0 {
				all = append(all, loads(fl, fn.FreeVars[i])...)
			}
		}
	}
	return all
}

// leadsBehind reports whether all ways that requests get to a handler, which some values are, lead by a function that lets only known people in.
func (g *gates) leadsBehind(values ...ssa.Value) bool {
	w := walk{gates: g, seen: map[ssa.Value]bool{}}
	all := passage{}
	for _, v := range values {
		all.add(w.follow(v))
	}
	return all.closed && !all.open
}

// A walk follows handlers to where they are served, each once.
type walk struct {
	*gates
	seen map[ssa.Value]bool
}

// follow gives the ways that requests get to a handler, from what is done with it.
func (w *walk) follow(v ssa.Value) passage {
	if w.seen[v] || v.Referrers() == nil {
		return passage{}
	}
	w.seen[v] = true
	all := passage{}
	var merged []*ssa.Phi
	for _, r := range *v.Referrers() {
		if phi, ok := r.(*ssa.Phi); ok {
			merged = append(merged, phi)
			continue
		}
		all.add(w.followUse(r, v))
	}
	if !all.closed || all.open { // else it is only wrapped if the program is told to, which whoever runs it decides
		for _, phi := range merged {
			all.add(w.follow(phi))
		}
	}
	return all
}

// followUse is about a handler that an instruction uses.
func (w *walk) followUse(instr ssa.Instruction, v ssa.Value) passage {
	switch instr := instr.(type) {
	case *ssa.ChangeInterface, *ssa.ChangeType, *ssa.MakeInterface, *ssa.TypeAssert, *ssa.Extract, *ssa.Phi, *ssa.Slice:
		if v, ok := instr.(ssa.Value); ok {
			return w.follow(v)
		}
	case *ssa.Store:
		if instr.Val == v {
			return w.followStored(instr.Addr)
		}
	case *ssa.MakeClosure:
		if fn, ok := instr.Fn.(*ssa.Function); ok && (instr.Fn == v || fn.Synthetic != "" && strings.HasPrefix(fn.Name(), "ServeHTTP")) {
			return w.follow(instr)
		}
	case *ssa.Return:
		return w.followResult(instr, v)
	case ssa.CallInstruction:
		return w.followCall(instr, v)
	case *ssa.MapUpdate, *ssa.Send:
		return passage{open: true} // wherever it is taken out
	}
	return passage{}
}

// followStored is about a handler that is stored at an address.
func (w *walk) followStored(addr ssa.Value) passage {
	if at, ok := addr.(*ssa.IndexAddr); ok { // one of the arguments that a call takes any number of
		if list, ok := at.X.(*ssa.Alloc); ok && list.Comment == "varargs" {
			return w.follow(list)
		}
		return passage{open: true}
	}
	read := loads(w.fl, addr)
	all := passage{open: len(read) == 0} // of http.Server
	for _, v := range read {
		all.add(w.follow(v))
	}
	return all
}

// followResult is about a handler that a function returns.
func (w *walk) followResult(r *ssa.Return, v ssa.Value) passage {
	fn := r.Parent()
	callers := w.fl.Callers(fn)
	all := passage{open: flow.Public(fn) || len(callers) == 0}
	for _, c := range callers {
		if result := c.Results()[slices.Index(r.Results, v)]; result != nil {
			all.add(w.follow(result))
		}
	}
	return all
}

// followCall is about a handler that a function or method is called with, or a router that a method is called on.
func (w *walk) followCall(at ssa.CallInstruction, v ssa.Value) passage {
	c, ok := w.fl.Of(at)
	if !ok {
		return passage{}
	}
	result := at.Value()
	switch receiver := c.Receiver(); {
	case at.Common().Value == v && !at.Common().IsInvoke(), receiver == v && calleeName(at.Common()) == "ServeHTTP":
		asks := asksBefore(at)
		return passage{closed: asks, open: !asks}
	case receiver == v:
		return passage{}
	case result != nil && gives(result.Type(), isServed):
		if lets(c.Expr) || w.asksWithin(at.Common(), v) {
			return passage{closed: true}
		}
		return w.follow(result)
	case isRouter(receiver):
		// r.POST("/upload", requireLogin, s.upload)
		gated := slices.ContainsFunc(c.Expr.Args, namesAuth) || lets(c.Expr) || w.at(at).isGated(receiver)
		return passage{closed: gated, open: !gated}
	}
	if callee := at.Common().StaticCallee(); callee != nil && len(callee.Blocks) > 0 {
		all := passage{}
		for i, arg := range at.Common().Args {
			if arg == v && i < len(callee.Params) {
				all.add(w.follow(callee.Params[i]))
			}
		}
		return all
	}
	return passage{open: !isRouter(v) || strings.HasPrefix(c.Name, "net/http.")} // else other packages add routes
}

// asksWithin reports whether a function of the package, which wraps a handler, asks itself who sends the request before it hands it on.
func (g *gates) asksWithin(call *ssa.CallCommon, handler ssa.Value) bool {
	callee := call.StaticCallee()
	if callee == nil || len(callee.Blocks) == 0 {
		return false
	}
	i := slices.Index(call.Args, handler)
	if i < 0 || i >= len(callee.Params) {
		return false
	}
	given := callee.Params[i]
	if known, ok := g.asks[given]; ok {
		return known
	}
	g.asks[given] = false
	g.asks[given] = g.leadsBehind(given)
	return g.asks[given]
}

// at gives the gates for another registration.
func (g *gates) at(registration ssa.CallInstruction) *gates {
	return &gates{g.fl, registration, g.gated, g.asks}
}

// gives reports whether a result, or one of several, is of a type.
func gives(t types.Type, is func(types.Type) bool) bool {
	tuple, ok := t.(*types.Tuple)
	if !ok {
		return is(t)
	}
	return slices.ContainsFunc(slices.Collect(tuple.Variables()), func(v *types.Var) bool { return is(v.Type()) })
}

// lets reports whether the function that is called, or what has made it, or one in the chain that a method is called on, is named
// for letting only known people in.
func lets(call *ast.CallExpr) bool {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return letsIn(fun.Name)
	case *ast.SelectorExpr: // alice.New(requireLogin).Then(mux)
		chain, ok := ast.Unparen(fun.X).(*ast.CallExpr)
		return namesAuth(fun) || ok && (lets(chain) || slices.ContainsFunc(chain.Args, namesAuth))
	case *ast.CallExpr: // requireLogin(users)(mux)
		return lets(fun)
	}
	return false
}

// namesAuth reports whether an expression is a function, or what makes one, that is named for letting only known people in, or a
// literal that calls one.
func namesAuth(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return letsIn(e.Name)
	case *ast.SelectorExpr: // auth.Middleware, s.auth.Wrap
		return letsIn(e.Sel.Name) || namesAuth(e.X) && !slices.ContainsFunc(query.Words(e.Sel.Name), func(w string) bool { return !isWrapWord(w) })
	case *ast.CallExpr:
		return lets(e)
	case *ast.FuncLit:
		found := false
		ast.Inspect(e.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			found = found || ok && lets(call)
			return !found
		})
		return found
	}
	return false
}

// isWrapWord reports whether a word is one of a method that wraps a handler, and says no more.
func isWrapWord(w string) bool {
	switch w {
	case "middleware", "wrap", "handler", "handle", "protect", "guard", "new", "http", "func":
		return true
	}
	return false
}

// isResult reports whether a literal is what its function returns, perhaps through conversions and functions that wrap it.
func isResult(c inspector.Cursor) bool {
	for c.ParentEdgeKind() == edge.CallExpr_Args || c.ParentEdgeKind() == edge.ParenExpr_X {
		c = c.Parent()
	}
	return c.ParentEdgeKind() == edge.ReturnStmt_Results
}
