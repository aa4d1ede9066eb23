package web

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
	"github.com/peercheck/peercheck/rules/golang/internal/visitors"
)

//go:embed testdata/websocket-origin-not-checked.txtar
var websocketOriginNotCheckedExamples string

// WebsocketOriginNotChecked finds websocket servers that any page may connect to.
var WebsocketOriginNotChecked = &check.Check{
	ID:         "go/websocket-origin-not-checked",
	Title:      "Websocket accepts connections from any page",
	CWE:        []check.CWE{1385, 346},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, visitors.Analyzer},
	RunPackage: runWebsocketOriginNotChecked,
	Page: check.Page{
		What: "The check of a websocket's origin is replaced by one that always agrees: `CheckOrigin` that returns true in gorilla/websocket and its kin, `InsecureSkipVerify` or " +
			"the pattern `*` in coder/websocket, or there is none: gorilla's old function `Upgrade`, and a `Server` of golang.org/x/net/websocket without a `Handshake`.",
		Why: "Browsers do not keep a page from opening a websocket to another site, and they send that site's cookies along. So any page that a user visits can open a connection in " +
			"their name, send commands and read answers. In 2023 Gitpod accounts could be taken over that way (CVE-2023-0957).",
		Fix: "Leave `CheckOrigin` out: the default demands the same origin. For more origins compare `r.Header.Get(\"Origin\")` with a list. The quick fix removes the field; it is not safe to apply " +
			"unseen, because pages on other origins are refused from then on.",
		Limits: "A check that agrees on some path only is not judged. Functions without a check that speak of origins or tokens are left alone; a server without a `Handshake` is reported tentatively. Packages that read no cookie, but a token from a header or parameter, or hand on the header of one, are left alone, because no page can send that in its visitor's name. Servers that want a token in the first message are safe, too; say so in an ignore comment. For persona pedantic are sockets of programs that know nobody by a cookie, a session or basic authentication, in the package or in those of the same owner that it imports, because there is no name to act in; and where the check is off under a condition, or a comment at the place speaks of the origin, because somebody decided that. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/1385.html",
			"https://pkg.go.dev/github.com/gorilla/websocket#hdr-Origin_Considerations",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-0957",
			"https://www.rfc-editor.org/rfc/rfc6455#section-10.2",
		},
		Examples: websocketOriginNotCheckedExamples,
	},
}

func runWebsocketOriginNotChecked(_ context.Context, pass *check.PackagePass) error {
	if readsToken(pass) {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.CompositeLit)(nil), (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := c.Node().(type) {
		case *ast.CallExpr:
			if code.Unversioned(query.Callee(pass.TypesInfo, n)) == "github.com/gorilla/websocket.Upgrade" && !asksForOrigin(pass, c) {
				pass.Report(check.Finding{
					Message:  "any page that a user visits can open this websocket in their name: unlike an Upgrader, this function checks no origin",
					Location: pass.Location(n),
					Persona:  whoSees(pass, c, n),
				})
			}
		case *ast.CompositeLit:
			reportServer(pass, c, n)
			for i, e := range n.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if ok && acceptsAnyOrigin(pass, kv.Key, kv.Value) {
					reportOrigin(pass, c, kv, []check.Fix{{Title: "Demand the same origin", Edits: []check.Edit{edit.Element(pass, n.Elts, i)}}}, kv.Value)
				}
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if n.Tok == token.ASSIGN && len(n.Lhs) == len(n.Rhs) && acceptsAnyOrigin(pass, lhs, n.Rhs[i]) {
					reportOrigin(pass, c, n, nil, nil)
				}
			}
		}
	}
	return nil
}

// readsToken reports whether a package lets in who shows a token in the request, and reads no cookie: no page can
// send that in its visitor's name.
func readsToken(pass *check.PackagePass) bool {
	token := false
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { return called.Func != nil }) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		fn := code.Callee(pass.TypesInfo, call)
		if visitors.ReadsCookie(fn) {
			return false
		}
		if !slices.Contains(readers, fn.Name()) || len(call.Args) == 0 {
			continue
		}
		key, ok := code.ConstString(pass.Pass, call.Args[0])
		words := query.Words(key)
		if ok && slices.Contains(words, "cookie") {
			return false
		}
		token = token || ok && namesToken(words)
	}
	return token || handsOnToken(pass)
}

// namesToken reports whether the name of a header or parameter is that of a token which lets somebody in.
func namesToken(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"authorization", "token", "jwt", "bearer", "apikey", "macaroon"}, w)
	}) && !slices.ContainsFunc(words, func(w string) bool { return w == "csrf" || w == "xsrf" })
}

// handsOnToken reports whether a package has a set of headers that it hands on to what is behind it, with that of a token
// and without that of cookies.
func handsOnToken(pass *check.PackagePass) (token bool) {
	for c := range code.Nodes(pass.Pass, (*ast.CompositeLit)(nil)) {
		lit, ok := c.Node().(*ast.CompositeLit)
		if !ok || len(lit.Elts) == 0 {
			continue
		}
		set, ok := query.Underlying(pass.TypesInfo, lit).(*types.Map)
		if !ok || !query.IsType(set.Key(), "string") || !query.IsType(set.Elem(), "bool") {
			continue
		}
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			name, ok := code.ConstString(pass.Pass, kv.Key)
			if !ok || name == "" || name[0] < 'A' || name[0] > 'Z' { // as headers are spelled
				continue
			}
			if name == "Cookie" {
				return false
			}
			token = token || namesToken(query.Words(name))
		}
	}
	return token
}

// readers are functions that read a header or parameter of a request by its name.
var readers = []string{"Get", "GetHeader", "FormValue", "PostFormValue", "Query", "QueryParam", "DefaultQuery", "Values"}

// asksForOrigin reports whether a function that calls something, or one around it, speaks
// of the origin, or of a token, which no page can send in a user's name.
func asksForOrigin(pass *check.PackagePass, c inspector.Cursor) (found bool) {
	for f := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		found = found || speaksOfOrigin(f.Node())
	}
	return found
}

func speaksOfOrigin(n ast.Node) bool {
	return purpose.Speaks(n, func(w string) bool {
		return slices.Contains([]string{"origin", "origins", "token", "jwt", "bearer", "authorization", "secret", "apikey", "password"}, w)
	})
}

// reportServer judges golang.org/x/net/websocket's Server, which leaves the origin to a
// Handshake: without one every page may connect.
func reportServer(pass *check.PackagePass, c inspector.Cursor, lit *ast.CompositeLit) {
	if !query.IsType(pass.TypesInfo.TypeOf(lit), "golang.org/x/net/websocket.Server") || len(lit.Elts) == 0 {
		return
	}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		if id, ok := kv.Key.(*ast.Ident); !ok || id.Name == "Handshake" {
			return
		}
		if _, body := code.Body(pass.Pass, kv.Value); body == nil || speaksOfOrigin(body) {
			return
		}
	}
	if code.Holder(pass.TypesInfo, c) != nil || asksForOrigin(pass, c) {
		return // which may get its Handshake later
	}
	pass.Report(check.Finding{
		Message:    "any page that a user visits can open this websocket in their name: the server has no Handshake that checks the origin",
		Location:   pass.Location(lit.Type),
		Confidence: check.Tentative, // what it serves may be for everybody
		Persona:    check.Pedantic,
	})
}

func reportOrigin(pass *check.PackagePass, c inspector.Cursor, n ast.Node, fixes []check.Fix, removed ast.Node) {
	if removed != nil {
		file := code.FileAt(pass.Pass, n.Pos())
		if file == nil || len(edit.Unimport(pass, file, removed)) > 0 {
			fixes = nil // the file would be left with an import that is not used
		}
	}
	pass.Report(check.Finding{
		Message:  "any page that a user visits can open this websocket in their name: the origin is not checked",
		Location: pass.Location(n),
		Fixes:    fixes,
		Persona:  whoSees(pass, c, n),
	})
}

// whoSees gives the persona for a socket whose origin is not checked: everyone sees it only if there is a name that a page can
// act in, and nobody decided to do without the check.
func whoSees(pass *check.PackagePass, c inspector.Cursor, n ast.Node) check.Persona {
	if !visitors.Known(pass.Pass) || code.IsConditional(pass.TypesInfo, c) || remark.Mentions(pass.Pass, n, "origin", "cors") {
		return check.Pedantic
	}
	return check.Regular
}

func acceptsAnyOrigin(pass *check.PackagePass, field, value ast.Expr) bool {
	v := code.Var(pass.TypesInfo, field)
	if v == nil || !v.IsField() || v.Pkg() == pass.Pkg { // a library of websockets has its reasons
		return false
	}
	path := code.Unversioned(code.Path(v.Pkg()))
	switch v.Name() {
	case "CheckOrigin":
		sig, ok := v.Type().Underlying().(*types.Signature)
		if !ok || sig.Results().Len() != 1 || !query.IsType(sig.Results().At(0).Type(), "bool") {
			return false
		}
		_, body := code.Body(pass.Pass, value)
		return code.AlwaysReturns(body, func(e ast.Expr) bool {
			yes, known := query.Bool(pass.TypesInfo, e)
			return known && yes
		})
	case "InsecureSkipVerify":
		yes, known := code.ConstBool(pass.Pass, value)
		return known && yes && isCoderWebsocket(path)
	case "OriginPatterns":
		lit, ok := ast.Unparen(value).(*ast.CompositeLit)
		if !ok || !isCoderWebsocket(path) {
			return false
		}
		for _, e := range lit.Elts {
			if s, ok := code.ConstString(pass.Pass, e); ok && s == "*" {
				return true
			}
		}
	}
	return false
}

func isCoderWebsocket(path string) bool {
	return path == "nhooyr.io/websocket" || path == "github.com/coder/websocket"
}
