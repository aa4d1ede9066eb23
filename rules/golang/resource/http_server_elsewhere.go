package resource

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// personaOf is who wants a finding about a server. It is for pedants where the answer lies elsewhere: what the server is
// handed to may set the limit, the platform that gives the port has a proxy in front that takes in the headers, or a library
// leaves all routes to who uses it, and so the choice of what the server is for. So it is where the program is made for tests or
// for the machine of a developer, and where the function says that the server is an internal one.
func (s *servers) personaOf(addr, handler ast.Expr, holder *types.Var, isDefaultMux bool) check.Persona {
	if holder != nil && s.isHandedOut(holder) || addr != nil && s.isPlatformPort(addr, maxAddressDepth) || isDefaultMux && (s.leavesRoutes() || s.showsProfiles()) ||
		isMadeForTests(s.PackagePass) || s.isLocalCommand() || isBesides(s.PackagePass) ||
		slices.ContainsFunc(query.Words(s.function), isBesidesWord) || slices.ContainsFunc(s.place, isPlacesWord) || holder != nil && slices.ContainsFunc(query.Words(holder.Name()), isBesidesWord) ||
		isDefaultMux && s.onlyShows(isDefaultRoute, nil, isChallengesWord) || s.showsFolder(handler) {
		return check.Pedantic
	}
	return check.Regular
}

// isBesidesWord reports whether a word of the name of a function or variable says that a server is not the one that a program
// is there for, and not for strangers.
func isBesidesWord(w string) bool {
	switch w {
	case "internal", "help", "docs", "documentation", "playground":
		return true
	}
	return false
}

// isPlacesWord is isBesidesWord for where a server is: the state of the program is shown there, or it runs on a telephone.
func isPlacesWord(w string) bool {
	switch w {
	case "stats", "exporter", "mobile":
		return true
	}
	return w != "profile" && isOperatorsWord(w) // who has one is mostly a user
}

// isChallengesWord is about routes that are there for the minute in which a certificate is asked for.
func isChallengesWord(w string) bool { return w == "acme" }

// showsFolder reports whether a handler shows the files of who runs the program, and does nothing else.
func (s *servers) showsFolder(handler ast.Expr) bool {
	if handler == nil {
		return false
	}
	call, ok := ast.Unparen(handler).(*ast.CallExpr)
	return ok && (query.Callee(s.TypesInfo, call) == "net/http.FileServer" || query.Callee(s.TypesInfo, call) == "net/http.FileServerFS")
}

// purposeOf gives the words of the names of the type that a function is a method of, of a file, and of the folders of a package.
func purposeOf(pass *check.PackagePass, file *ast.File, f ast.Node) []string {
	name := pass.Fset.PositionFor(file.FileStart, false).Filename
	words := query.Words(strings.TrimSuffix(filepath.Base(name), ".go"))
	if decl, ok := f.(*ast.FuncDecl); ok && decl.Recv != nil && len(decl.Recv.List) == 1 {
		receiver := query.TypeName(pass.TypesInfo.TypeOf(decl.Recv.List[0].Type))
		words = append(words, query.Words(receiver[strings.LastIndexByte(receiver, '.')+1:])...)
	}
	if pass.Pkg.Name() == "mobile" {
		words = append(words, "mobile")
	}
	for folder := range strings.SplitSeq(pass.Pkg.Path(), "/") {
		if parts := query.Words(folder); len(parts) > 1 && parts[len(parts)-1] == "exporter" { // node_exporter
			words = append(words, "exporter")
		}
	}
	return words
}

// isLocalCommand reports whether a program is the local form of another one, by its name: localregistry, local-server.
func (s *servers) isLocalCommand() bool {
	path := s.Pkg.Path()
	return s.Pkg.Name() == "main" && strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], "local")
}

// showsProfiles reports whether a program imports the routes of profiles and adds none to the default mux by itself, but for what
// shows its state.
func (s *servers) showsProfiles() bool {
	if !slices.ContainsFunc(s.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == "net/http/pprof" || p.Path() == "expvar" }) {
		return false
	}
	for c := range code.Calls(s.Pass, func(called query.Called) bool {
		switch called.Name {
		case "net/http.Handle", "net/http.HandleFunc", "(*net/http.ServeMux).Handle", "(*net/http.ServeMux).HandleFunc":
			return true
		}
		return false
	}) {
		if call, ok := c.Node().(*ast.CallExpr); !ok || !slices.ContainsFunc(call.Args, speaksOfOperators) {
			return false
		}
	}
	return true
}

// isDefaultMux reports whether a server with a handler, which is nil for none, serves the default mux.
func (s *servers) isDefaultMux(handler ast.Expr) bool {
	return handler == nil || s.TypesInfo.Types[handler].IsNil()
}

// isHandedOut reports whether a server is given to a function that is not known here, such as an option, or to one of another
// package that is named for setting it up.
func (s *servers) isHandedOut(holder *types.Var) bool {
	return slices.ContainsFunc(s.index.Uses(holder), func(use inspector.Cursor) bool {
		at := use
		if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
			at = at.Parent()
		}
		if at.ParentEdgeKind() == edge.UnaryExpr_X {
			at = at.Parent()
		}
		call, ok := at.Parent().Node().(*ast.CallExpr)
		if !ok || at.ParentEdgeKind() != edge.CallExpr_Args || s.TypesInfo.Types[call.Fun].IsType() || s.TypesInfo.Types[call.Fun].IsBuiltin() {
			return false
		}
		fn := code.Callee(s.TypesInfo, call)
		if fn == nil {
			_, isLiteral := ast.Unparen(call.Fun).(*ast.FuncLit)
			return !isLiteral
		}
		if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			return true
		}
		return fn.Pkg() != s.Pkg && code.Path(fn.Pkg()) != "golang.org/x/net/http2" && slices.ContainsFunc(query.Words(fn.Name()), func(w string) bool {
			switch w {
			case "configure", "config", "setup", "apply", "default", "defaults", "timeout", "timeouts", "limit", "limits", "harden":
				return true
			}
			return false
		})
	})
}

// maxAddressDepth is how many variables lie between an address and where its parts come from, at most.
const maxAddressDepth = 4

// isPlatformPort reports whether an address has the port that the environment gives as PORT, which is the contract of the
// platforms that run a program behind a proxy of their own: App Engine, Cloud Run, Heroku.
func (s *servers) isPlatformPort(addr ast.Expr, depth int) (found bool) {
	if depth == 0 {
		return false
	}
	ast.Inspect(addr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch query.Callee(s.TypesInfo, n) {
			case "os.Getenv", "os.LookupEnv":
				name, _ := code.ConstString(s.Pass, n.Args[0])
				found = found || name == "PORT"
			}
		case *ast.Ident:
			if v := code.Var(s.TypesInfo, n); v != nil && !v.IsField() {
				found = found || slices.ContainsFunc(code.Values(s.Pass, v), func(value ast.Expr) bool { return s.isPlatformPort(value, depth-1) })
			}
		}
		return !found
	})
	return found
}

// leavesRoutes reports whether a package is a library that serves the default mux, and puts nothing into it.
func (s *servers) leavesRoutes() bool {
	if s.Pkg.Name() == "main" {
		return false
	}
	for range code.CallsTo(s.Pass, "net/http.Handle", "net/http.HandleFunc") {
		return false
	}
	for c := range code.Nodes(s.Pass, (*ast.KeyValueExpr)(nil), (*ast.AssignStmt)(nil)) {
		var set []ast.Expr
		switch n := c.Node().(type) {
		case *ast.KeyValueExpr:
			set = []ast.Expr{n.Key}
		case *ast.AssignStmt:
			set = n.Lhs
		}
		if slices.ContainsFunc(set, func(e ast.Expr) bool {
			v := code.Var(s.TypesInfo, e)
			return v != nil && v.IsField() && v.Name() == "Handler" && code.Path(v.Pkg()) == "net/http"
		}) {
			return false
		}
	}
	return true
}

// isLocalByDefault reports whether a variable or field holds an address of this machine unless somebody asks for more, as the
// flag that sets it says, the tag of the field, or a literal with the defaults.
func (s *servers) isLocalByDefault(v *types.Var) bool {
	for _, use := range s.index.Uses(v) {
		at := use
		if kv, ok := at.Parent().Node().(*ast.KeyValueExpr); ok && at.ParentEdgeKind() == edge.KeyValueExpr_Key && v.IsField() && s.isConstLoopback(kv.Value) {
			return true // config{Addr: "localhost:8080"}
		}
		if at.ParentEdgeKind() == edge.SelectorExpr_Sel {
			at = at.Parent()
		}
		if at.ParentEdgeKind() != edge.UnaryExpr_X || at.Parent().ParentEdgeKind() != edge.CallExpr_Args {
			continue
		}
		call, ok := at.Parent().Parent().Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		fn := code.Callee(s.TypesInfo, call) // flag.StringVar(&addr, "addr", "localhost:8080", "...")
		if fn != nil && strings.HasPrefix(fn.Name(), "StringVar") && slices.ContainsFunc(call.Args, s.isConstLoopback) {
			return true
		}
	}
	return v.IsField() && v.Pkg() == s.Pkg && s.tagSaysLocal(v)
}

func (s *servers) isConstLoopback(e ast.Expr) bool {
	text, ok := code.ConstString(s.Pass, e)
	return ok && text != "" && query.IsLoopback(text)
}

// tagSaysLocal reports whether the tag of a field gives it an address of this machine: `default:"localhost:8080"`.
func (s *servers) tagSaysLocal(field *types.Var) bool {
	for c := range code.Nodes(s.Pass, (*ast.StructType)(nil)) {
		st, ok := c.Node().(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range st.Fields.List {
			if f.Tag == nil || !slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return s.TypesInfo.Defs[id] == field }) {
				continue
			}
			text, err := strconv.Unquote(f.Tag.Value)
			tag := reflect.StructTag(text)
			return err == nil && slices.ContainsFunc([]string{"default", "envDefault"}, func(key string) bool { return tag.Get(key) != "" && query.IsLoopback(tag.Get(key)) })
		}
	}
	return false
}
