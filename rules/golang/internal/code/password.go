package code

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// BehindPassword reports whether a place is in a handler that only who knows the one password of a program reaches: the
// package registers it with http.HandleFunc or http.Handle, and hands requests on to http.DefaultServeMux in one function
// only, which asks for credentials and compares them with a variable of the package; or wherever it names the handler, it
// hands it to a function that wraps it in one that asks for the password of a request and refuses any but one.
func BehindPassword(pass *analysis.Pass, pos token.Pos) bool {
	registrations, _ := query.IndexOf(pass).Memo(passwordKey{}, func() any { return append(behindPassword(pass), wrapped(pass)...) }).([]*ast.CallExpr)
	if len(registrations) == 0 {
		return false
	}
	registered := func(at token.Pos) bool {
		for _, call := range registrations {
			if call.Lparen < at && at < call.Rparen {
				return true
			}
		}
		return false
	}
	if registered(pos) {
		return true
	}
	file := FileAt(pass, pos)
	if file == nil {
		return false
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || pos < fn.Pos() || fn.End() < pos {
			continue
		}
		handler, used := pass.TypesInfo.Defs[fn.Name], false
		for id, obj := range pass.TypesInfo.Uses {
			if obj == handler {
				if used = true; !registered(id.Pos()) {
					return false
				}
			}
		}
		return used
	}
	return false
}

type passwordKey struct{}

// behindPassword gives the registrations with http.DefaultServeMux of a package that serves it behind a password only.
func behindPassword(pass *analysis.Pass) []*ast.CallExpr {
	for c := range CallsTo(pass, "net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve", "net/http.ServeTLS") {
		if call, ok := c.Node().(*ast.CallExpr); !ok || len(call.Args) < 2 || isNil(pass, call.Args[1]) {
			return nil
		}
	}
	served := 0
	for c := range CallsTo(pass, "(*net/http.ServeMux).ServeHTTP") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); !ok || !isDefaultMux(pass, sel.X) {
			continue
		}
		f, ok := Enclosing(c)
		if !ok || f.Body == nil || !asksForPassword(pass, f.Body) {
			return nil
		}
		served++
	}
	if served == 0 {
		return nil // another package serves it
	}
	// Every other use of the mux may serve it to anyone.
	for id, obj := range pass.TypesInfo.Uses {
		if id.Name == "DefaultServeMux" && Path(obj.Pkg()) == "net/http" {
			served--
		}
	}
	if served != 0 {
		return nil
	}
	var registrations []*ast.CallExpr
	for c := range CallsTo(pass, "net/http.HandleFunc", "net/http.Handle") {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			registrations = append(registrations, call)
		}
	}
	return registrations
}

func isDefaultMux(pass *analysis.Pass, e ast.Expr) bool {
	v := Var(pass.TypesInfo, e)
	return v != nil && v.Name() == "DefaultServeMux" && Path(v.Pkg()) == "net/http"
}

func isNil(pass *analysis.Pass, e ast.Expr) bool { return pass.TypesInfo.Types[e].IsNil() }

// asksForPassword reports whether a function reads the credentials of a request, compares some in constant time with a
// variable of the package, and answers that others are not authorized.
func asksForPassword(pass *analysis.Pass, body *ast.BlockStmt) bool {
	reads, compares, refuses := false, false, false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch query.Callee(pass.TypesInfo, n) {
			case "(*net/http.Request).BasicAuth":
				reads = true
			case "(net/http.Header).Get":
				name, _ := ConstString(pass, n.Args[0])
				reads = reads || name == "Authorization"
			case "crypto/subtle.ConstantTimeCompare":
				for _, arg := range n.Args {
					ast.Inspect(arg, func(n ast.Node) bool {
						id, ok := n.(*ast.Ident)
						if !ok {
							return true
						}
						v, ok := pass.TypesInfo.Uses[id].(*types.Var)
						compares = compares || ok && v.Parent() == pass.Pkg.Scope()
						return true
					})
				}
			}
		case *ast.SelectorExpr:
			refuses = refuses || n.Sel.Name == "StatusUnauthorized"
		}
		return true
	})
	return reads && compares && refuses
}

// wrapped gives the calls that wrap a handler in one that asks for the password.
func wrapped(pass *analysis.Pass) []*ast.CallExpr {
	asking := map[types.Object]bool{} // types of handlers, then functions that make them
	each := func(f func(obj types.Object, body *ast.BlockStmt)) {
		for _, file := range pass.Files {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					if n.Body != nil {
						f(pass.TypesInfo.Defs[n.Name], n.Body)
					}
				case *ast.AssignStmt: // wrap := func(...) ...
					for i, e := range n.Rhs {
						if lit, ok := e.(*ast.FuncLit); ok && len(n.Lhs) == len(n.Rhs) {
							if id, ok := n.Lhs[i].(*ast.Ident); ok && pass.TypesInfo.Defs[id] != nil {
								f(pass.TypesInfo.Defs[id], lit.Body)
							}
						}
					}
				}
				return true
			})
		}
	}
	each(func(obj types.Object, body *ast.BlockStmt) {
		fn, ok := obj.(*types.Func)
		if !ok || fn.Name() != "ServeHTTP" || !refusesOthers(pass, body) {
			return
		}
		if recv := fn.Signature().Recv(); recv != nil {
			t := recv.Type()
			if p, ok := t.(*types.Pointer); ok {
				t = p.Elem()
			}
			if named, ok := t.(*types.Named); ok {
				asking[named.Obj()] = true
			}
		}
	})
	makers := map[types.Object]bool{}
	each(func(obj types.Object, body *ast.BlockStmt) {
		takes := takesHandler(obj)
		ast.Inspect(body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if named, ok := types.Unalias(pass.TypesInfo.TypeOf(n)).(*types.Named); ok && takes && asking[named.Obj()] {
					makers[obj] = true
				}
			case *ast.FuncLit:
				if takes && refusesOthers(pass, n.Body) {
					makers[obj] = true
				}
			}
			return true
		})
	})
	if len(makers) == 0 {
		return nil
	}
	var calls []*ast.CallExpr
	for _, file := range pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && makers[pass.TypesInfo.Uses[id]] {
					calls = append(calls, call)
				}
			}
			return true
		})
	}
	return calls
}

// takesHandler reports whether a function, or a variable of one, is handed a handler and gives one back.
func takesHandler(obj types.Object) bool {
	if obj == nil {
		return false
	}
	sig, ok := obj.Type().Underlying().(*types.Signature)
	if !ok || sig.Recv() != nil || sig.Results().Len() != 1 || !isHandler(sig.Results().At(0).Type()) {
		return false
	}
	for v := range sig.Params().Variables() {
		if isHandler(v.Type()) {
			return true
		}
	}
	return false
}

func isHandler(t types.Type) bool {
	if sig, ok := t.Underlying().(*types.Signature); ok {
		return sig.Params().Len() == 2 && query.IsType(sig.Params().At(0).Type(), "net/http.ResponseWriter") && query.IsType(sig.Params().At(1).Type(), "net/http.Request")
	}
	return query.IsType(t, "net/http.Handler")
}

// refusesOthers reports whether a function asks for the password of a request, compares it with one that is kept in a
// variable or a field, so that it is the program's and not a user's, and returns with a refusal where they differ.
func refusesOthers(pass *analysis.Pass, body *ast.BlockStmt) bool {
	var given types.Object
	ast.Inspect(body, func(n ast.Node) bool {
		if assign, ok := n.(*ast.AssignStmt); ok && len(assign.Rhs) == 1 && len(assign.Lhs) == 3 {
			if call, ok := assign.Rhs[0].(*ast.CallExpr); ok && query.Callee(pass.TypesInfo, call) == "(*net/http.Request).BasicAuth" {
				if id, ok := assign.Lhs[1].(*ast.Ident); ok {
					given = pass.TypesInfo.ObjectOf(id)
				}
			}
		}
		return true
	})
	if given == nil {
		return false
	}
	isGiven := func(e ast.Expr) bool { return given == objectBehind(pass, e) }
	isKept := func(e ast.Expr) bool {
		v, ok := objectBehind(pass, e).(*types.Var)
		return ok && v != given
	}
	differs := func(cond ast.Expr) (found bool) {
		ast.Inspect(cond, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if n.Op == token.NEQ && (isGiven(n.X) && isKept(n.Y) || isGiven(n.Y) && isKept(n.X)) {
					found = true
				}
			case *ast.CallExpr:
				if query.Callee(pass.TypesInfo, n) == "crypto/subtle.ConstantTimeCompare" && (isGiven(n.Args[0]) && isKept(n.Args[1]) || isGiven(n.Args[1]) && isKept(n.Args[0])) {
					found = true
				}
			}
			return true
		})
		return found
	}
	for _, stmt := range body.List {
		branch, ok := stmt.(*ast.IfStmt)
		if !ok || !differs(branch.Cond) || len(branch.Body.List) == 0 {
			continue
		}
		if _, returns := branch.Body.List[len(branch.Body.List)-1].(*ast.ReturnStmt); !returns {
			continue
		}
		refuses := false
		ast.Inspect(branch.Body, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				refuses = refuses || sel.Sel.Name == "StatusUnauthorized" || sel.Sel.Name == "StatusForbidden"
			}
			return true
		})
		if refuses {
			return true
		}
	}
	return false
}

// objectBehind gives the variable or field that an expression is, or is converted from; nil for any other.
func objectBehind(pass *analysis.Pass, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return pass.TypesInfo.ObjectOf(e)
	case *ast.SelectorExpr:
		return pass.TypesInfo.ObjectOf(e.Sel)
	case *ast.CallExpr:
		if pass.TypesInfo.Types[e.Fun].IsType() && len(e.Args) == 1 {
			return objectBehind(pass, e.Args[0])
		}
	}
	return nil
}
