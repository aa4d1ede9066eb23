package transport

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// clients follows configurations to who uses them.
type clients struct {
	pass *check.PackagePass
	// seen are the variables and functions that were followed.
	seen map[types.Object]bool
}

// isForClient reports whether the field that a literal or an assignment at c sets concerns a client: a server never looks at it.
// It is followed to one; where it is not seen to get there, a program that has no certificate to show is one, as is a package
// that serves nothing by TLS, and a field of another library's, which is there for nothing else.
func isForClient(pass *check.PackagePass, c inspector.Cursor, field ast.Expr) bool {
	if v := code.Var(pass.TypesInfo, field); v == nil || v.Pkg().Name() != "tls" { // others are made after crypto/tls
		return true
	}
	cl := clients{pass: pass, seen: map[types.Object]bool{}}
	switch n := c.Node().(type) {
	case *ast.CompositeLit:
		return cl.goes(c) || !showsCertificate(pass, n) && (pass.Pkg.Name() == "main" || !servesTLS(pass))
	case *ast.AssignStmt:
		sel, ok := ast.Unparen(field).(*ast.SelectorExpr)
		if !ok || code.IsConditional(pass.TypesInfo, c) {
			return false
		}
		return cl.isPartOf(sel.X) || cl.held(code.Selected(pass.TypesInfo, sel)) || pass.Pkg.Name() == "main" || !servesTLS(pass)
	}
	return true
}

// servesTLS reports whether a package has what serves by TLS, for which a configuration may be as well.
func servesTLS(pass *check.PackagePass) bool {
	return code.Mentions(pass.Pass, "crypto/tls.Server", "crypto/tls.NewListener", "crypto/tls.Listen") || code.MentionsField(pass.Pass, "TLSConfig")
}

// showsCertificate reports whether a literal has a certificate of its own, and neither authorities nor the name of a server
// to verify one: that of a server.
func showsCertificate(pass *check.PackagePass, lit *ast.CompositeLit) bool {
	named := func(names ...string) bool {
		return setIn(pass, lit, func(v *types.Var) bool { return v.IsField() && slices.Contains(names, v.Name()) }) != nil
	}
	return named("Certificates", "GetCertificate") && !named("RootCAs", "ServerName")
}

// isPartOf reports whether an expression is a part of a client: transport.TLSClientConfig.
func (cl clients) isPartOf(e ast.Expr) bool {
	for {
		sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
		if !ok {
			return isClient(cl.pass.TypesInfo.TypeOf(e))
		}
		if cl.isField(sel.Sel) || isClient(cl.pass.TypesInfo.TypeOf(sel)) {
			return true
		}
		e = sel.X
	}
}

// isField reports whether a name is of a field of a client for its TLS: TLSClientConfig.
func (cl clients) isField(name ast.Expr) bool {
	v := code.Var(cl.pass.TypesInfo, name)
	return v != nil && v.IsField() && (hasClientWord(v.Name()) || isOfClients(v.Pkg()))
}

// goes reports whether an expression goes to a client, there itself, by the variable that it is kept in, or by what its
// function returns.
func (cl clients) goes(at inspector.Cursor) bool {
	for {
		parent := at.Parent()
		kind, i := at.ParentEdge()
		switch n := parent.Node().(type) {
		case *ast.UnaryExpr, *ast.ParenExpr, *ast.StarExpr:
		case *ast.CompositeLit:
			if isClient(cl.pass.TypesInfo.TypeOf(n)) {
				return true
			}
		case *ast.KeyValueExpr:
			if kind == edge.KeyValueExpr_Value && cl.isField(n.Key) {
				return true
			}
		case *ast.SelectorExpr: // config.Clone()
			if n.Sel.Name != "Clone" || parent.ParentEdgeKind() != edge.CallExpr_Fun {
				return false
			}
			parent = parent.Parent()
		case *ast.CallExpr:
			fn := code.Callee(cl.pass.TypesInfo, n)
			switch {
			case kind != edge.CallExpr_Args:
				return false
			case fn != nil && cl.takes(fn, i):
				return true
			case fn != nil && query.Name(fn) == "google.golang.org/grpc/credentials.NewTLS" || cl.pass.TypesInfo.Types[n.Fun].IsType(): // both sides have those
			default:
				return false
			}
		case *ast.AssignStmt:
			return kind == edge.AssignStmt_Rhs && len(n.Lhs) == len(n.Rhs) && (cl.isPartOf(n.Lhs[i]) || cl.held(code.Var(cl.pass.TypesInfo, n.Lhs[i])))
		case *ast.ValueSpec:
			return i < len(n.Names) && cl.held(code.Var(cl.pass.TypesInfo, n.Names[i]))
		case *ast.ReturnStmt:
			return cl.returned(at)
		default:
			return false
		}
		at = parent
	}
}

// takes reports whether a function connects with what it gets as its parameter i.
func (cl clients) takes(fn *types.Func, i int) bool {
	if hasClientWord(fn.Name()) || isOfClients(fn.Pkg()) { // tls.Dial, tls.Client
		return true
	}
	if recv := fn.Signature().Recv(); recv != nil && isClient(recv.Type()) {
		return true
	}
	return fn.Pkg() == cl.pass.Pkg && i < fn.Signature().Params().Len() && cl.held(fn.Signature().Params().At(i))
}

// held reports whether what a variable, parameter or field holds goes to a client, in this package.
func (cl clients) held(v *types.Var) bool {
	if v == nil || cl.seen[v] {
		return false
	}
	cl.seen[v] = true
	return slices.ContainsFunc(query.IndexOf(cl.pass.Pass).Uses(v), func(use inspector.Cursor) bool {
		if use.ParentEdgeKind() == edge.SelectorExpr_Sel { // a field
			use = use.Parent()
		}
		return cl.goes(use)
	})
}

// returned reports whether what is returned at a place goes to a client, by the name of the function or where it is called.
func (cl clients) returned(at inspector.Cursor) bool {
	f, ok := code.Enclosing(at)
	decl, isDecl := f.Node.(*ast.FuncDecl)
	if !ok || !isDecl {
		return false
	}
	fn := cl.pass.TypesInfo.Defs[decl.Name]
	if fn == nil || cl.seen[fn] {
		return false
	}
	cl.seen[fn] = true
	return hasClientWord(decl.Name.Name) || slices.ContainsFunc(query.IndexOf(cl.pass.Pass).Uses(fn), func(use inspector.Cursor) bool {
		if use.ParentEdgeKind() == edge.SelectorExpr_Sel {
			use = use.Parent()
		}
		return use.ParentEdgeKind() == edge.CallExpr_Fun && cl.goes(use.Parent())
	})
}

// isClient reports whether a type is that of a client, by its name or its package.
func isClient(t types.Type) bool {
	if t == nil {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Name() != "TransportCredentials" && (hasClientWord(named.Obj().Name()) || isOfClients(named.Obj().Pkg()))
}

// hasClientWord reports whether a name speaks of who connects.
func hasClientWord(name string) bool {
	words := query.Words(name)
	if slices.Contains(words, "server") || slices.Contains(words, "auth") && slices.Contains(words, "client") { // ClientAuth
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "client", "clients", "dial", "dialer", "connect", "connector", "transport", "tripper":
			return true
		}
		return false
	})
}

// isOfClients reports whether a package is a client of mail servers, databases or directories.
func isOfClients(pkg *types.Package) bool {
	if pkg == nil {
		return false
	}
	switch pkg.Name() {
	case "smtp", "gomail", "mail", "imapclient", "ldap", "mysql", "pgx", "pgconn", "pq", "redis", "mongo", "gocql", "clickhouse", "sarama", "kafka", "amqp", "amqp091", "mqtt", "clientv3", "elasticsearch", "nats", "rest", "resty":
		return true
	}
	return false
}
