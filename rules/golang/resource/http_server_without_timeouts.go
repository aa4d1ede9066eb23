package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/http-server-without-timeouts.txtar
var httpServerWithoutTimeoutsExamples string

// HTTPServerWithoutTimeouts finds HTTP servers that wait for request headers for ever.
var HTTPServerWithoutTimeouts = &check.Check{
	ID:         "go/http-server-without-timeouts",
	Title:      "HTTP server waits for request headers without a time limit",
	CWE:        []check.CWE{400, 770},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runHTTPServerWithoutTimeouts,
	Page: check.Page{
		What: "An `http.Server` has neither `ReadHeaderTimeout` nor `ReadTimeout`, or a server is started by `http.ListenAndServe`, " +
			"`http.Serve` or their TLS forms, which cannot have any.",
		Why: "A client that sends its headers one byte a minute keeps its connection, a goroutine and a file descriptor. A few thousand " +
			"of them from one laptop, the attack that the tool Slowloris made known in 2009, and the server accepts nobody else. The " +
			"Go project has kept the defaults at no limit for compatibility.",
		Fix: "Set `ReadHeaderTimeout`, and, where no handler streams for long, `ReadTimeout`, `WriteTimeout` and `IdleTimeout` too. The " +
			"quick fix sets `ReadHeaderTimeout` to 10 seconds, for which it writes out the `http.Server` that `http.ListenAndServe` would " +
			"make. It is safe: the limit ends with the last header line, so long uploads, long answers, idle connections and web " +
			"sockets are as before.",
		Limits: "A value that is not constant counts as a limit. A server counts as limited if anything in the package sets its limit, and " +
			"for a local variable if that is done after the variable got the server. Left alone: servers on a Unix socket, on connections that the program dials, or on a loopback " +
			"address, also where that is only the default or what all callers of an unexported function give, those that only show an operator profiles, metrics or health, by the " +
			"names of their package, function, variable or address, or by their routes, those of build tools by which a developer sees the site that is built again with each change, those of functions that open the browser of who runs them, and test code. For persona pedantic are servers that something else may limit (an option, a method of an interface), those on the port that the environment gives as PORT, where the platform has a proxy in front, those of the default mux where a library leaves the routes to others or a program has imported net/http/pprof and adds none, those that are internal or show help by the name of their function, those that show state by the name of their receiver's type or file, exporters of metrics, servers on telephones, those that answer the challenges of ACME alone or show files (`http.FileServer`), playgrounds, programs below a folder contrib or, right in the module, tools, scripts, hack or misc, and those below the folder of a module with a license where nothing says how they are run for others (a Dockerfile, a unit of systemd, a chart), and those that are made for tests. Servers that frameworks make (`gin.Engine.Run`, `echo.Echo.Start`) are not looked at.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/400.html",
			"https://pkg.go.dev/net/http#Server",
			"https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)",
			"https://github.com/golang/go/issues/24138",
		},
		Examples: httpServerWithoutTimeoutsExamples,
	},
}

// headerTimeout is what the quick fix sets: over twice what a bad mobile link
// needs for headers of a few kilobytes, and short enough to shed idle clients.
const headerTimeout = "10 * %s.Second"

// serveFuncs are the functions of net/http that make a server of their own, with
// the fields that their parameters become; "" stays a parameter of the method.
var serveFuncs = map[string][]string{
	"net/http.ListenAndServe":    {"Addr", "Handler"},
	"net/http.ListenAndServeTLS": {"Addr", "", "", "Handler"},
	"net/http.Serve":             {"", "Handler"},
	"net/http.ServeTLS":          {"", "Handler", "", ""},
}

func runHTTPServerWithoutTimeouts(_ context.Context, pass *check.PackagePass) error {
	in, ok := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	if !ok || code.Path(pass.Pkg) == "net/http" || isForOperators(pass.Pkg.Name()) { // net/http documents that it has no limits
		return nil
	}
	if !code.MentionsLike(pass.Pass, func(name string) bool { return name == "net/http.Server" || serveFuncs[name] != nil }) &&
		!code.MentionsField(pass.Pass, "ReadHeaderTimeout", "ReadTimeout") {
		return nil
	}
	s := &servers{PackagePass: pass, index: query.IndexOf(pass.Pass), limits: map[*types.Var][]token.Pos{}, given: map[*types.Var]bool{}}
	s.findLimits(in.Root())
	for c := range in.Root().Preorder((*ast.Ident)(nil), (*ast.CompositeLit)(nil), (*ast.CallExpr)(nil), (*ast.ValueSpec)(nil)) {
		file := code.File(c)
		if file == nil || code.IsTest(pass.Pass, file) {
			continue
		}
		f, ok := code.Enclosing(c)
		if ok && (isForOperators(f.Name) || isForDevelopers(declaration(c))) {
			continue
		}
		s.function, s.place = f.Name, purposeOf(pass, file, declaration(c))
		switch n := c.Node().(type) {
		case *ast.Ident:
			if name := query.Name(pass.TypesInfo.Uses[n]); serveFuncs[name] != nil {
				s.serveFunc(c, file, name)
			}
		case *ast.CompositeLit:
			if isServer(pass.TypesInfo.TypeOf(n)) {
				s.literal(c, file, n)
			}
		case *ast.CallExpr:
			id, ok := n.Fun.(*ast.Ident)
			if ok && id.Name == "new" && pass.TypesInfo.Types[id].IsBuiltin() && len(n.Args) == 1 && isServer(pass.TypesInfo.TypeOf(n.Args[0])) {
				s.zero(c, n, n, "&"+edit.Text(pass, n.Args[0]), file)
			}
		case *ast.ValueSpec:
			if len(n.Names) == 1 && len(n.Values) == 0 && n.Type != nil && isStruct(pass.TypesInfo.TypeOf(n.Type)) && isServer(pass.TypesInfo.TypeOf(n.Type)) {
				s.zero(c, n, n.Type, "= "+edit.Text(pass, n.Type), file)
			}
		}
	}
	return nil
}

// declaration gives the outermost function that something stands in.
func declaration(c inspector.Cursor) (f ast.Node) {
	for e := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		f = e.Node()
	}
	return f
}

func isServer(t types.Type) bool { return query.IsType(t, "net/http.Server") }

func isStruct(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// servers is the work on one package.
type servers struct {
	*check.PackagePass
	index *query.Index
	// limits are the variables, parameters and fields that hold a server of
	// which a limit is set, and where.
	limits map[*types.Var][]token.Pos
	// function is the name of the one that is looked at.
	function string
	// place has the words of the names of its receiver's type, its file and its package.
	place []string
	// given are the parameters and fields that are being followed to what they are given.
	given map[*types.Var]bool
}

// findLimits looks for limits that are set outside of literals.
func (s *servers) findLimits(root inspector.Cursor) {
	for c := range root.Preorder((*ast.AssignStmt)(nil), (*ast.UnaryExpr)(nil)) {
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) && s.isNone(n.Rhs[i]) {
					continue
				}
				s.limit(lhs)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND { // flag.DurationVar(&server.ReadTimeout, ...)
				s.limit(n.X)
			}
		}
	}
}

func (s *servers) limit(e ast.Expr) {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || !s.isLimit(sel) {
		return
	}
	if holder := code.Selected(s.TypesInfo, sel); holder != nil {
		s.limits[holder] = append(s.limits[holder], e.Pos())
	}
}

func (s *servers) isLimit(e ast.Expr) bool {
	v := code.Var(s.TypesInfo, e)
	return v != nil && v.IsField() && code.Path(v.Pkg()) == "net/http" && (v.Name() == "ReadHeaderTimeout" || v.Name() == "ReadTimeout")
}

// isNone reports whether a duration is no limit: net/http takes zero and
// negative ones so.
func (s *servers) isNone(e ast.Expr) bool {
	n, ok := code.ConstInt(s.Pass, e)
	return ok && n <= 0
}

// literal judges http.Server{...}.
func (s *servers) literal(c inspector.Cursor, file *ast.File, lit *ast.CompositeLit) {
	var addr, handler, none ast.Expr
	for _, element := range lit.Elts {
		kv, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		if s.isLimit(kv.Key) {
			if !s.isNone(kv.Value) {
				return
			}
			if none == nil || code.Var(s.TypesInfo, kv.Key).Name() == "ReadHeaderTimeout" {
				none = kv.Value
			}
		}
		if v := code.Var(s.TypesInfo, kv.Key); v != nil {
			switch v.Name() {
			case "Addr":
				addr = kv.Value
			case "Handler":
				handler = kv.Value
			}
		}
	}
	if holder := code.Holder(s.TypesInfo, c); holder != nil && isForOperators(holder.Name()) {
		return
	}
	if s.isLocal(addr) || s.limitedOrLocal(c) || s.showsState(handler) {
		return
	}
	persona := s.personaOf(addr, handler, code.Holder(s.TypesInfo, c), s.isDefaultMux(handler))
	second, edits := edit.Import(s.PackagePass, file, "time", lit.Pos())
	timeout := fmt.Sprintf(headerTimeout, second)
	field := "ReadHeaderTimeout: " + timeout
	switch {
	case none != nil:
		edits = append(edits, s.Edit(none, timeout))
	case len(lit.Elts) == 0:
		edits = append(edits, edit.Insert(s.PackagePass, lit.Lbrace+1, field))
	case s.line(lit.Elts[len(lit.Elts)-1].End()) == s.line(lit.Rbrace):
		edits = append(edits, edit.Insert(s.PackagePass, lit.Elts[len(lit.Elts)-1].End(), ", "+field))
	default:
		indent := edit.Indent(s.PackagePass, lit.Elts[len(lit.Elts)-1].Pos())
		lineStart := lit.Rbrace - token.Pos(len(edit.Indent(s.PackagePass, lit.Rbrace)))
		edits = append(edits, edit.Insert(s.PackagePass, lineStart, indent+field+",\n"))
	}
	var at analysis.Range = lit
	if lit.Type != nil {
		at = lit.Type
	}
	s.report(at, "http.Server without ReadHeaderTimeout", persona, edits)
}

func (s *servers) line(p token.Pos) int { return s.Fset.PositionFor(p, false).Line }

func (s *servers) report(at analysis.Range, what string, persona check.Persona, edits []check.Edit) {
	f := check.Finding{
		Persona:  persona,
		Message:  what + ": clients that send their headers slowly can hold every connection",
		Location: s.Location(at),
	}
	if edits != nil {
		f.Fixes = []check.Fix{{Title: "Set ReadHeaderTimeout to 10 seconds", Safe: true, Edits: edits}}
	}
	s.Report(f)
}

// zero judges a server that is declared without a literal. Only one that serves
// counts, since every server starts as an empty one somewhere.
func (s *servers) zero(c inspector.Cursor, at analysis.Range, replaced ast.Node, literal string, file *ast.File) {
	var holder *types.Var
	if spec, ok := c.Node().(*ast.ValueSpec); ok {
		holder, _ = s.TypesInfo.Defs[spec.Names[0]].(*types.Var)
	} else {
		holder = code.Holder(s.TypesInfo, c)
	}
	if holder == nil || isForOperators(holder.Name()) || holder.IsField() && holder.Exported() { // the last is left to the importer to fill in
		return
	}
	if !s.serves(holder) || s.limited(holder, c.Node().End(), map[types.Object]bool{}) || s.servesLocally(holder) {
		return
	}
	second, edits := edit.Import(s.PackagePass, file, "time", replaced.Pos())
	edits = append(edits, s.Edit(replaced, literal+"{ReadHeaderTimeout: "+fmt.Sprintf(headerTimeout, second)+"}"))
	s.report(at, "http.Server without ReadHeaderTimeout", s.personaOf(nil, nil, holder, false), edits)
}

// serveFunc judges http.ListenAndServe and its kin, called or taken as a value.
func (s *servers) serveFunc(c inspector.Cursor, file *ast.File, name string) {
	fun := c
	if fun.ParentEdgeKind() == edge.SelectorExpr_Sel {
		fun = fun.Parent()
	}
	what := strings.Replace(name, "net/", "", 1) + " has no time limits"
	call, ok := fun.Parent().Node().(*ast.CallExpr)
	fields := serveFuncs[name]
	if !ok || fun.ParentEdgeKind() != edge.CallExpr_Fun || len(call.Args) != len(fields) {
		s.report(fun.Node(), what, check.Regular, nil)
		return
	}
	handler := call.Args[slices.Index(fields, "Handler")]
	var addr ast.Expr
	if fields[0] == "Addr" {
		addr = call.Args[0]
	}
	if fields[0] == "Addr" && s.isLocal(call.Args[0]) || fields[0] == "" && s.isLocalListener(fun, call.Args[0]) ||
		s.showsState(handler) {
		return
	}
	second, edits := edit.Import(s.PackagePass, file, "time", call.Pos())
	qualifier := ""
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		qualifier = edit.Text(s.PackagePass, sel.X) + "."
	}
	var set, args []string
	for i, arg := range call.Args {
		text := edit.Text(s.PackagePass, arg)
		switch {
		case fields[i] == "":
			args = append(args, text)
		case text != "nil":
			set = append(set, fields[i]+": "+text)
		}
	}
	set = append(set, "ReadHeaderTimeout: "+fmt.Sprintf(headerTimeout, second))
	edits = append(edits, s.Edit(call, fmt.Sprintf("(&%sServer{%s}).%s(%s)",
		qualifier, strings.Join(set, ", "), strings.TrimPrefix(name, "net/http."), strings.Join(args, ", "))))
	s.report(fun.Node(), what, s.personaOf(addr, handler, nil, s.isDefaultMux(handler)), edits)
}

// limitedOrLocal follows the server of a literal to where it is kept.
func (s *servers) limitedOrLocal(c inspector.Cursor) bool {
	seen := map[types.Object]bool{}
	if holder := code.Holder(s.TypesInfo, c); holder != nil {
		return s.limited(holder, c.Node().End(), seen) || s.servesLocally(holder)
	}
	return s.limitedBeyond(c, seen)
}

// limited reports whether a limit is set of the server that a variable or field
// holds from a position on, also by what it is handed to. The first limit after
// the next assignment of the variable is that server's.
func (s *servers) limited(holder *types.Var, from token.Pos, seen map[types.Object]bool) bool {
	if seen[holder] {
		return false
	}
	seen[holder] = true
	isLocalVar := !holder.IsField() && holder.Parent() != s.Pkg.Scope()
	until := token.Pos(1 << 62)
	if isLocalVar {
		for _, use := range s.index.Uses(holder) {
			if use.ParentEdgeKind() == edge.AssignStmt_Lhs && use.Node().Pos() > from {
				until = use.Node().Pos()
				break
			}
		}
	}
	for _, pos := range s.limits[holder] {
		if !isLocalVar || from <= pos && pos < until {
			return true
		}
	}
	for _, use := range s.index.Uses(holder) {
		if isLocalVar && (use.Node().Pos() < from || use.Node().Pos() > until) {
			continue
		}
		at := use
		if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
			at = at.Parent()
		}
		if next := code.Holder(s.TypesInfo, at); next != nil && isServer(next.Type()) {
			if s.limited(next, at.Node().End(), seen) {
				return true
			}
		} else if s.limitedBeyond(at, seen) {
			return true
		}
	}
	return false
}

// limitedBeyond follows a server into a function of this package that it is
// passed to, or out to the callers of the one that returns it.
func (s *servers) limitedBeyond(c inspector.Cursor, seen map[types.Object]bool) bool {
	for c.ParentEdgeKind() == edge.ParenExpr_X || c.ParentEdgeKind() == edge.UnaryExpr_X {
		c = c.Parent()
	}
	kind, i := c.ParentEdge()
	switch kind {
	case edge.CallExpr_Args:
		call, ok := c.Parent().Node().(*ast.CallExpr)
		if !ok {
			return false
		}
		fn := code.Callee(s.TypesInfo, call)
		if fn == nil || fn.Pkg() != s.Pkg {
			return false
		}
		sig, ok := fn.Type().(*types.Signature)
		if !ok || i >= sig.Params().Len() {
			return false
		}
		return s.limited(sig.Params().At(i), token.NoPos, seen)
	case edge.ReturnStmt_Results:
		f, ok := code.Enclosing(c)
		decl, isDecl := f.Node.(*ast.FuncDecl)
		if !ok || !isDecl {
			return false
		}
		fn := s.TypesInfo.Defs[decl.Name]
		if fn == nil || seen[fn] {
			return false
		}
		seen[fn] = true
		for _, use := range s.index.Uses(fn) {
			call := use
			if call.ParentEdgeKind() == edge.SelectorExpr_Sel {
				call = call.Parent()
			}
			if call.ParentEdgeKind() != edge.CallExpr_Fun {
				continue
			}
			call = call.Parent()
			if holder := code.Holder(s.TypesInfo, call); holder != nil && s.limited(holder, call.Node().End(), seen) {
				return true
			}
			if as, ok := call.Parent().Node().(*ast.AssignStmt); ok && i < len(as.Lhs) && len(as.Rhs) == 1 { // server, err := f()
				if holder := code.Var(s.TypesInfo, as.Lhs[i]); holder != nil && s.limited(holder, as.End(), seen) {
					return true
				}
			}
		}
	}
	return false
}

// serveMethods are the methods of a server that accept connections.
var serveMethods = map[string]bool{"Serve": true, "ServeTLS": true, "ListenAndServe": true, "ListenAndServeTLS": true}

// serveCalls gives the calls of a serve method on what a variable holds.
func (s *servers) serveCalls(holder *types.Var) (calls []inspector.Cursor) {
	for _, use := range s.index.Uses(holder) {
		at := use
		if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
			at = at.Parent()
		}
		if at.ParentEdgeKind() != edge.SelectorExpr_X {
			continue
		}
		sel, ok := at.Parent().Node().(*ast.SelectorExpr)
		if ok && serveMethods[sel.Sel.Name] && at.Parent().ParentEdgeKind() == edge.CallExpr_Fun {
			calls = append(calls, at.Parent().Parent())
		}
	}
	return calls
}

func (s *servers) serves(holder *types.Var) bool { return len(s.serveCalls(holder)) > 0 }

// servesLocally reports whether a server takes connections, and only from this
// machine.
func (s *servers) servesLocally(holder *types.Var) bool {
	calls := s.serveCalls(holder)
	for _, c := range calls {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) == 0 || !s.isLocalListener(c, call.Args[0]) {
			return false
		}
	}
	return len(calls) > 0
}

// isLocalListener reports whether a listener was opened, in the same function or where it was put into a field,
// on a Unix socket or a loopback address.
func (s *servers) isLocalListener(c inspector.Cursor, e ast.Expr) bool {
	if speaksOfOperators(e) {
		return true
	}
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	for range 3 { // listener, err := net.Listen("unix", path); s.listener = listener
		if ok {
			break
		}
		v, f := code.Var(s.TypesInfo, e), declaration(c)
		if v == nil || f == nil {
			return false
		}
		found := slices.DeleteFunc(assignedTo(s.TypesInfo, v, f), func(e ast.Expr) bool { return s.wraps(e, v) })
		if len(found) == 0 {
			return v.IsField() && s.isLocalField(v) || s.isGiven(v, s.isLocalListener)
		}
		e = found[len(found)-1]
		call, ok = ast.Unparen(e).(*ast.CallExpr)
	}
	if call == nil {
		return false
	}
	if fn := code.Callee(s.TypesInfo, call); fn != nil {
		if slices.Contains(query.Words(fn.Name()), "dial") {
			return true // of whom the program itself has called
		}
		if fn.Pkg() == s.Pkg {
			return s.opensLocally(fn)
		}
	}
	switch query.Callee(s.TypesInfo, call) {
	case "net.ListenUnix":
		return true
	case "net.Listen", "(*net.ListenConfig).Listen":
		if n := len(call.Args); n >= 2 { // the network and the address come last
			network, _ := code.ConstString(s.Pass, call.Args[n-2])
			return strings.HasPrefix(network, "unix") || s.isLocal(call.Args[n-1])
		}
	case "crypto/tls.Listen":
		return len(call.Args) == 3 && s.isLocal(call.Args[1])
	}
	return false
}

// opensLocally reports whether all listeners that a function of the package opens are on Unix sockets. Another one is what it was
// handed by whoever started the program.
func (s *servers) opensLocally(fn *types.Func) bool {
	decl := code.Declaration(s.Pass, fn)
	if decl == nil || decl.Body == nil {
		return false
	}
	unix, others := 0, 0
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		opens := code.Callee(s.TypesInfo, call)
		if opens == nil || !strings.HasPrefix(opens.Name(), "Listen") || opens.Name() == "Listeners" { // of systemd, which opened them
			return true
		}
		network := ""
		if len(call.Args) > 0 {
			network, _ = code.ConstString(s.Pass, call.Args[0])
		}
		if opens.Name() == "ListenUnix" || strings.HasPrefix(network, "unix") {
			unix++
		} else {
			others++
		}
		return true
	})
	return unix > 0 && others == 0
}

// wraps reports whether a call is handed a variable, to which its result is assigned: l = limited(l, 10).
func (s *servers) wraps(e ast.Expr, v *types.Var) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return code.Var(s.TypesInfo, arg) == v })
}

// assignedTo gives what a function assigns to a variable, or what its first result is assigned from.
func assignedTo(info *types.Info, v *types.Var, f ast.Node) (values []ast.Expr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if as, ok := n.(*ast.AssignStmt); ok && len(as.Rhs) == 1 && code.Var(info, as.Lhs[0]) == v {
			values = append(values, as.Rhs[0])
		}
		return true
	})
	return values
}

// isLocalField reports whether all listeners that the package keeps in a field are local ones.
func (s *servers) isLocalField(field *types.Var) bool {
	if s.given[field] {
		return false
	}
	s.given[field] = true // one that is put back
	defer delete(s.given, field)
	kept := 0
	for c := range code.Nodes(s.Pass, (*ast.AssignStmt)(nil), (*ast.KeyValueExpr)(nil)) {
		var into, value ast.Expr
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			if len(n.Rhs) == 1 {
				into, value = n.Lhs[0], n.Rhs[0]
			}
		case *ast.KeyValueExpr: // &server{listener: listener}
			into, value = n.Key, n.Value
		}
		if value == nil || code.Var(s.TypesInfo, into) != field {
			continue
		}
		if !s.isLocalListener(c, value) {
			return false
		}
		kept++
	}
	return kept > 0
}

// isLocal reports whether an address is of this machine, as far as its constant
// beginning says.
func (s *servers) isLocal(addr ast.Expr) bool {
	if addr == nil {
		return false
	}
	if speaksOfOperators(addr) {
		return true
	}
	text, ok := code.ConstString(s.Pass, addr)
	if !ok {
		switch e := ast.Unparen(addr).(type) {
		case *ast.BinaryExpr:
			return e.Op == token.ADD && s.isLocal(e.X)
		case *ast.CallExpr:
			return s.isLocalCall(e)
		case *ast.StarExpr:
			// What a flag says unless somebody asks for more.
			call, ok := code.Init(s.Pass, e.X).(*ast.CallExpr)
			return ok && query.Callee(s.TypesInfo, call) == "flag.String" && len(call.Args) == 3 && s.isLocal(call.Args[1])
		case *ast.Ident:
			v := code.Var(s.TypesInfo, e)
			return v != nil && (s.isGivenLocal(v) || s.isLocalByDefault(v) || slices.ContainsFunc(code.Values(s.Pass, v), s.isLocalUnlessChanged))
		case *ast.SelectorExpr:
			v := code.Var(s.TypesInfo, e)
			return v != nil && v.IsField() && (s.isLocalByDefault(v) || slices.ContainsFunc(code.Values(s.Pass, v), s.isLocalUnlessChanged))
		}
		return false
	}
	return query.IsLoopback(text)
}

// isLocalCall reports whether a call puts together or chooses an address that is one of this machine, or is one unless the
// environment says otherwise.
func (s *servers) isLocalCall(call *ast.CallExpr) bool {
	switch name := query.Callee(s.TypesInfo, call); name {
	case "fmt.Sprintf":
		if len(call.Args) < 2 {
			return false
		}
		if format, ok := code.ConstString(s.Pass, call.Args[0]); ok && strings.HasPrefix(format, "%s") {
			return s.isLocal(call.Args[1])
		}
		return s.isLocal(call.Args[0])
	case "net.JoinHostPort":
		return len(call.Args) > 0 && s.isLocal(call.Args[0])
	case "cmp.Or":
		return slices.ContainsFunc(call.Args, s.isConstLoopback)
	}
	fn := code.Callee(s.TypesInfo, call)
	return fn != nil && slices.Contains(query.Words(fn.Name()), "env") && slices.ContainsFunc(call.Args, s.isConstLoopback) || s.isLocalIfNotSet(call)
}

// isLocalIfNotSet reports whether a call is handed nothing but an address of this machine, and so takes it where nobody has set
// another: config.Addr("localhost:8000").
func (s *servers) isLocalIfNotSet(value ast.Expr) bool {
	call, ok := ast.Unparen(value).(*ast.CallExpr)
	return ok && len(call.Args) == 1 && s.isConstLoopback(call.Args[0])
}

// isLocalUnlessChanged reports whether a value that a variable may have is an address of this machine, or what a flag says
// unless somebody asks for more.
func (s *servers) isLocalUnlessChanged(value ast.Expr) bool {
	if _, isFlag := ast.Unparen(value).(*ast.StarExpr); isFlag {
		return s.isLocal(value)
	}
	if s.isLocalIfNotSet(value) {
		return true
	}
	text, ok := code.ConstString(s.Pass, beginning(value))
	return ok && query.IsLoopback(text) || speaksOfOperators(value)
}

// beginning gives what a text that is put together begins with: "localhost:" of "localhost:" + port.
func beginning(text ast.Expr) ast.Expr {
	for {
		switch e := ast.Unparen(text).(type) {
		case *ast.BinaryExpr:
			text = e.X
			continue
		case *ast.CallExpr: // fmt.Sprintf("localhost:%d", port), net.JoinHostPort("localhost", port)
			if sel, ok := e.Fun.(*ast.SelectorExpr); ok && len(e.Args) > 1 && (sel.Sel.Name == "Sprintf" || sel.Sel.Name == "JoinHostPort") {
				text = e.Args[0]
				continue
			}
		}
		return text
	}
}

// isGivenLocal reports whether an address is a parameter for which all calls in the package give one of this machine.
func (s *servers) isGivenLocal(param *types.Var) bool {
	return s.isGiven(param, func(_ inspector.Cursor, arg ast.Expr) bool { return s.isLocal(arg) })
}

// isGiven reports whether what all calls in the package give for a parameter meets a condition: one of a function literal that is
// called where it stands, such as that of a goroutine, or of a function that is not exported.
func (s *servers) isGiven(param *types.Var, wanted func(inspector.Cursor, ast.Expr) bool) bool {
	if param.Kind() != types.ParamVar || s.given[param] {
		return false
	}
	s.given[param] = true // a function that calls itself
	defer delete(s.given, param)
	calls := 0
	for c := range code.Nodes(s.Pass, (*ast.CallExpr)(nil)) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		sig, ok := s.TypesInfo.TypeOf(call.Fun).(*types.Signature)
		if fn := code.Callee(s.TypesInfo, call); fn != nil {
			if sig = fn.Signature(); fn.Exported() {
				continue
			}
		} else if _, literal := ast.Unparen(call.Fun).(*ast.FuncLit); !ok || !literal {
			continue
		}
		for i := range min(sig.Params().Len(), len(call.Args)) {
			if sig.Params().At(i) != param {
				continue
			}
			if calls++; !wanted(c, call.Args[i]) {
				return false
			}
		}
	}
	return calls > 0
}

// isForOperators reports whether a name is that of something by which a program shows its own state to who runs or
// develops it.
func isForOperators(name string) bool {
	return slices.ContainsFunc(query.Words(name), isOperatorsWord)
}

// speaksOfOperators is isForOperators for all names and texts of an expression.
func speaksOfOperators(e ast.Expr) bool { return purpose.Speaks(e, isOperatorsWord) }

func isOperatorsWord(w string) bool {
	switch w {
	case "pprof", "profile", "profiler", "profiling", "debug", "metric", "metrics", "prom", "prometheus", "promhttp", "expvar", "telemetry", "zpages",
		"health", "healthz", "healthcheck", "readyz", "livez", "diagnostic", "diagnostics":
		return true
	}
	return false
}

// showsState reports whether a handler only shows the state of the program: one of the packages for that, or a mux, the
// default one if there is no handler, with no other routes.
func (s *servers) showsState(handler ast.Expr) bool {
	if handler == nil || s.TypesInfo.Types[handler].IsNil() {
		return s.onlyShows(isDefaultRoute, nil, isOperatorsWord)
	}
	switch e := ast.Unparen(handler).(type) { // debugMux, s.metricsHandler
	case *ast.Ident:
		if isOperatorsWord(firstWord(e.Name)) {
			return true
		}
	case *ast.SelectorExpr:
		if isOperatorsWord(firstWord(e.Sel.Name)) {
			return true
		}
	}
	if call, ok := ast.Unparen(handler).(*ast.CallExpr); ok {
		fn := code.Callee(s.TypesInfo, call)
		return fn != nil && fn.Pkg() != s.Pkg && (speaksOfOperators(call.Fun) || s.isToldToShow(call))
	}
	v := code.Var(s.TypesInfo, handler)
	if v == nil || v.IsField() {
		return false
	}
	if call, ok := code.Init(s.Pass, handler).(*ast.CallExpr); ok && query.Callee(s.TypesInfo, call) != "net/http.NewServeMux" {
		return s.showsState(call)
	}
	for _, use := range s.index.Uses(v) {
		if call, ok := use.Parent().Node().(*ast.CallExpr); ok && use.ParentEdgeKind() == edge.CallExpr_Args && serveFuncs[query.Callee(s.TypesInfo, call)] == nil {
			return false // somebody else may add routes
		}
	}
	return s.onlyShows(func(called query.Called) bool {
		return called.Name == "(*net/http.ServeMux).Handle" || called.Name == "(*net/http.ServeMux).HandleFunc"
	}, v, isOperatorsWord)
}

// isToldToShow reports whether a call that makes a handler is told to show the state of the program, and handed no other handler:
// internalserver.NewHandler(internalserver.WithMetrics()).
func (s *servers) isToldToShow(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, speaksOfOperators) && !slices.ContainsFunc(call.Args, func(e ast.Expr) bool {
		return query.Implements(s.Pkg, s.TypesInfo.TypeOf(e), "net/http.Handler")
	})
}

func isDefaultRoute(called query.Called) bool {
	return called.Name == "net/http.Handle" || called.Name == "net/http.HandleFunc"
}

func firstWord(name string) string {
	if words := query.Words(name); len(words) > 0 {
		return words[0]
	}
	return ""
}

// onlyShows reports whether there are routes, by calls of some functions or of methods of a mux, and all have words of a
// kind, such as those for operators.
func (s *servers) onlyShows(wanted func(query.Called) bool, mux *types.Var, isWord func(string) bool) bool {
	routes := 0
	for c := range code.Calls(s.Pass, wanted) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			continue
		}
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); mux != nil && (!ok || code.Var(s.TypesInfo, sel.X) != mux) {
			continue
		}
		if routes++; !purpose.Speaks(call.Args[0], isWord) && !purpose.Speaks(call.Args[1], isWord) {
			return false
		}
	}
	return routes > 0
}
