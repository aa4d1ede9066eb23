package taint

import (
	"go/types"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// A *http.Request is a stranger's in a server, and the program's own in a client. The
// type does not say which.

// outgoing reports whether a struct was made here rather than handed in: the URL
// of a request that a client makes is no input.
func (g *graph) outgoing(base ssa.Value) bool {
	if g.run.sendsOnly() || g.run.outgoing(g.fn) {
		return true
	}
	if putHere(g.fn, base) {
		return true
	}
	c := g.cell(base)
	switch v := g.nodes[c.node].value.(type) {
	case *ssa.Alloc:
		if c.path == (path{}) {
			return true // else it is the receiver, copied
		}
	case *ssa.Call:
		return makesRequest(v)
	}
	return c.path != path{} && g.run.ofResponse(base)
}

// putHere reports whether a request is read from a field into which the function puts one that it makes: p.req of
// p := &parsed{req: &http.Request{...}}.
func putHere(fn *ssa.Function, base ssa.Value) bool {
	load, ok := base.(*ssa.UnOp)
	if !ok {
		return false
	}
	read, ok := load.X.(*ssa.FieldAddr)
	if !ok {
		return false
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			store, ok := instr.(*ssa.Store)
			if !ok {
				continue
			}
			field, ok := store.Addr.(*ssa.FieldAddr)
			if !ok || field.Field != read.Field || held(field.X) != held(read.X) {
				continue
			}
			if isMadeHere(store.Val) {
				return true
			}
		}
	}
	return false
}

// held gives what a variable holds that is set once, such as one that a function literal uses too; else the value itself.
func held(v ssa.Value) ssa.Value {
	load, ok := v.(*ssa.UnOp)
	if !ok {
		return v
	}
	variable, ok := load.X.(*ssa.Alloc)
	if !ok {
		return v
	}
	held := v
	for _, ref := range *variable.Referrers() {
		if store, ok := ref.(*ssa.Store); ok && store.Addr == variable {
			if held != v {
				return v
			}
			held = store.Val
		}
	}
	return held
}

// sendsOnly reports whether the package makes requests, or receives answers, and
// answers none itself: the requests that it hands around are its own.
func (r *run) sendsOnly() bool {
	if r.sends == nil {
		makes, answers := false, false
		for _, obj := range r.pass.TypesInfo.Uses {
			if obj.Pkg() == nil || obj.Pkg().Path() != "net/http" {
				continue
			}
			switch obj.Name() {
			case "NewRequest", "NewRequestWithContext", "Client", "RoundTripper", "Transport":
				makes = true
			case "ResponseWriter", "Handler", "HandlerFunc", "ServeMux", "HandleFunc":
				answers = true
			}
		}
		sends := makes && !answers && !r.servesByFramework()
		r.sends = &sends
	}
	return *r.sends
}

// servesByFramework reports whether the package imports one that hands requests to
// handlers.
func (r *run) servesByFramework() bool {
	for _, p := range r.pass.Pkg.Imports() {
		switch path := p.Path(); {
		case strings.Contains(path, "gin-gonic/gin"), strings.Contains(path, "labstack/echo"), strings.Contains(path, "go-chi/chi"), strings.Contains(path, "gorilla/mux"),
			strings.Contains(path, "gorilla/websocket"), strings.Contains(path, "gofiber/fiber"), strings.Contains(path, "julienschmidt/httprouter"), strings.Contains(path, "valyala/fasthttp"),
			strings.Contains(path, "beego/beego"), strings.Contains(path, "kataras/iris"), strings.Contains(path, "macaron"), strings.Contains(path, "aws-lambda-go"), path == "net/http/httputil":
			return true
		}
	}
	return false
}

// guardsDialing reports whether the package has a say in where its clients connect to, and
// asks about the address there: after the name is resolved, and at each redirect.
func (r *run) guardsDialing() bool {
	if r.guarded == nil {
		dials, asks := false, false
		for _, obj := range r.pass.TypesInfo.Uses {
			switch obj := obj.(type) {
			case *types.Var:
				switch obj.Name() {
				case "Control", "ControlContext", "DialContext", "Dial":
					dials = dials || obj.IsField() && obj.Pkg() != nil && (obj.Pkg().Path() == "net" || obj.Pkg().Path() == "net/http")
				}
			case *types.Func:
				for _, w := range query.Words(obj.Name()) {
					asks = asks || inner[w]
				}
			}
		}
		guarded := dials && asks
		r.guarded = &guarded
	}
	return *r.guarded
}

// inner are words in the names of functions that tell an address of the inside from one that
// anybody may ask for.
var inner = words("private loopback nonpublic public ssrf forbidden blocked")

// outgoing reports whether the requests in a function are those of a client: it
// is handed an answer, or gives one; it is a method of a http.RoundTripper or of a client;
// somebody in the package calls it with a request that a client made.
func (r *run) outgoing(fn *ssa.Function) bool {
	out, ok := r.clients[fn]
	if !ok {
		r.clients[fn] = false // for functions that call each other
		out = r.findOutgoing(fn)
		r.clients[fn] = out
	}
	return out
}

func (r *run) findOutgoing(fn *ssa.Function) bool {
	sig := fn.Signature
	request := -1
	for i := range sig.Params().Len() {
		switch query.TypeName(sig.Params().At(i).Type()) {
		case "net/http.ResponseWriter":
			return false
		case "net/http.Request":
			request = i
		}
	}
	if mentions(sig.Params(), "net/http.Response") || mentions(sig.Results(), "net/http.Response") {
		return true
	}
	if s := sig.Params(); s.Len() == 2 && request == 0 { // via, of CheckRedirect
		if via, ok := s.At(1).Type().(*types.Slice); ok && query.IsType(via.Elem(), "net/http.Request") {
			return true
		}
	}
	if request >= 0 && sig.Params().Len() == 1 && mentions(sig.Results(), "net/url.URL") { // Transport.Proxy
		return true
	}
	if recv := sig.Recv(); recv != nil && isClient(recv.Type()) {
		return true
	}
	if fn.Parent() != nil && r.outgoing(fn.Parent()) {
		return true
	}
	if sendsAsIs(fn) {
		return true
	}
	if request < 0 {
		return false
	}
	request += btoi(sig.Recv() != nil)
	r.findRoots()
	for _, call := range r.called[fn] {
		if r.outgoing(call.Parent()) {
			return true
		}
		if args := call.Common().Args; request < len(args) && isMadeHere(copied(args[request])) {
			return true
		}
	}
	return false
}

// sendsAsIs reports whether a function has a client send a request that it has not made, and sets no RequestURI. No server has
// received that one: there the field is set, and then a client refuses to send it (net/http, Request.RequestURI).
func sendsAsIs(fn *ssa.Function) bool {
	sends := false
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.Call:
				if query.CalleeSSA(&instr.Call) != "(*net/http.Client).Do" {
					continue
				}
				switch copied(instr.Call.Args[1]).(type) {
				case *ssa.Parameter, *ssa.UnOp:
					sends = true
				}
			case *ssa.FieldAddr:
				if query.IsType(instr.X.Type(), "net/http.Request") && fieldName(instr.X.Type(), instr.Field) == "RequestURI" {
					return false
				}
			}
		}
	}
	return sends
}

// copied gives the request that another one is a copy of: r of r.WithContext(ctx).
func copied(v ssa.Value) ssa.Value {
	for {
		call, ok := v.(*ssa.Call)
		if !ok {
			return v
		}
		switch query.CalleeSSA(&call.Call) {
		case "(*net/http.Request).WithContext", "(*net/http.Request).Clone":
			v = call.Call.Args[0]
		default:
			return v
		}
	}
}

func mentions(tuple *types.Tuple, name string) bool {
	for v := range tuple.Variables() {
		if query.IsType(v.Type(), name) {
			return true
		}
	}
	return false
}

// isClient reports whether a type sends requests: it has a method RoundTrip or Do that
// answers one.
func isClient(t types.Type) bool {
	for _, name := range []string{"RoundTrip", "Do"} {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		if fn, ok := obj.(*types.Func); ok && mentions(fn.Signature().Params(), "net/http.Request") && mentions(fn.Signature().Results(), "net/http.Response") {
			return true
		}
	}
	return false
}

// makesRequest reports whether a call makes a request to send.
func makesRequest(call *ssa.Call) bool {
	name := query.CalleeSSA(&call.Call)
	if query.MakesRequest(name) || name == "net/http/httptest.NewRequest" || name == "net/http/httptest.NewRequestWithContext" {
		return true
	}
	callee := call.Call.StaticCallee()
	return callee != nil && strings.HasPrefix(strings.ToLower(callee.Name()), "newrequest")
}

// isMadeHere reports whether a request is one that the function has made, by a call or a literal.
func isMadeHere(v ssa.Value) bool {
	if _, ok := v.(*ssa.Alloc); ok {
		return true
	}
	call, _ := callOf(v)
	return call != nil && makesRequest(call)
}

// ofResponse reports whether a request is the one that a response answers.
func (r *run) ofResponse(base ssa.Value) bool {
	for {
		switch v := base.(type) {
		case *ssa.UnOp:
			base = v.X
		case *ssa.FieldAddr:
			if query.IsType(v.X.Type(), "net/http.Response") {
				return true
			}
			base = v.X
		default:
			return false
		}
	}
}
