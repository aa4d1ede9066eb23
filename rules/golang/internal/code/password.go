package code

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// BehindPassword reports whether a place is in a handler that only who knows the one password of a package reaches: the
// package registers it with http.HandleFunc or http.Handle, and hands requests on to http.DefaultServeMux in one function
// only, which asks for credentials and compares them with a variable of the package.
func BehindPassword(pass *analysis.Pass, pos token.Pos) bool {
	registrations, _ := query.IndexOf(pass).Memo(passwordKey{}, func() any { return behindPassword(pass) }).([]*ast.CallExpr)
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
