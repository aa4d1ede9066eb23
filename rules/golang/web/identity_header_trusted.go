package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/identity-header-trusted.txtar
var identityHeaderTrustedExamples string

// IdentityHeaderTrusted finds requests that say themselves who sends them.
var IdentityHeaderTrusted = &check.Check{
	ID:         "go/identity-header-trusted",
	Title:      "Client says in a header who it is",
	CWE:        []check.CWE{290, 348, 807},
	Severity:   check.High,
	Confidence: check.Tentative,
	Persona:    check.Pedantic, // a proxy may be the only one that reaches the service, which the code does not show
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runIdentityHeaderTrusted,
	Page: check.Page{
		What: "A header such as `X-Forwarded-User`, `X-Remote-User` or `X-User-Role`, which a proxy sets that has logged the user in, decides who the user is or what they may do, and nothing looks at who sent the request.",
		Why: "Every client can send these headers. Behind the proxy nobody else gets through; but whoever reaches the service by another way - another container, a forgotten port, a proxy that passes the header on because it does not " +
			"know it, or knows it with `_` for `-` - is any user that they name. Grafana's and Gitea's manuals warn of just that for their own such settings.",
		Fix: "Accept the header only where `r.RemoteAddr` is the proxy's or a mutual TLS certificate is, or have the proxy send a signed token and verify it. There is no quick fix, because only you know your proxies.",
		Limits: "The header counts where its value is compared with a role or \"true\", or with nothing where a request without it is refused, looks up a user, or becomes the user of the request's context. Functions that speak of proxies, trust, signatures or tokens are taken to check for it, " +
			"as are headers whose names are configured. Tentative, and for persona pedantic, because the network may keep everybody else away. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/290.html",
			"https://owasp.org/Top10/2021/A07_2021-Identification_and_Authentication_Failures/",
		},
		Examples: identityHeaderTrustedExamples,
	},
}

// identityHeaders are those by which proxies tell a service whom they logged in, and
// those that services make up in their likeness; lower case.
var identityHeaders = []string{"x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username", "x-forwarded-groups", "x-remote-user", "x-remote-group", "x-remote-groups", "remote-user", "remote-groups", "remote-email",
	"x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-user", "x-auth-username", "x-authenticated-user", "x-authenticated-userid", "x-webauth-user", "x-user", "x-user-id", "x-userid", "x-user-name",
	"x-username", "x-user-email", "x-user-role", "x-user-roles", "x-role", "x-roles", "x-admin", "x-is-admin", "x-goog-authenticated-user-email", "x-ms-client-principal-name", "x-ms-client-principal-id"}

func runIdentityHeaderTrusted(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for _, c := range fl.Calls(headerGetters...) {
		header, ok := query.StringSSA(c.Arg(0))
		v := c.Instr.Value()
		if !ok || v == nil || !slices.Contains(identityHeaders, strings.ToLower(header)) || knowsSender(c.Fn) || readsAnswer(c) {
			continue
		}
		id := &identity{pass: pass, seen: map[ssa.Value]bool{}, left: 100}
		id.follow(v)
		if id.decides == "" {
			continue
		}
		pass.Report(check.Finding{
			Message:  fmt.Sprintf("%s by the header %s, which every client can send", id.decides, header),
			Location: pass.Location(c.Expr),
		})
	}
	return nil
}

// knowsSender reports whether a function, or one around it, speaks of what tells a
// proxy from others.
func knowsSender(fn *ssa.Function) bool {
	return knowsProxies(fn) || names(fn, func(w string) bool {
		return slices.Contains([]string{"signature", "hmac", "verify", "verified", "token", "jwt", "bearer", "secret", "tls", "certificate", "certificates", "loopback", "gateway", "internal", "dev", "debug", "insecure"}, w)
	})
}

// readsAnswer reports whether a header is one of a response that a client got.
func readsAnswer(c flow.Call) bool {
	load, ok := c.Receiver().(*ssa.UnOp)
	if !ok {
		return false
	}
	addr, ok := load.X.(*ssa.FieldAddr)
	return ok && query.IsType(addr.X.Type(), "net/http.Response")
}

// identity follows who a client says it is to what believes it.
type identity struct {
	pass    *check.PackagePass
	seen    map[ssa.Value]bool
	left    int
	decides string
}

func (id *identity) follow(v ssa.Value) {
	id.left--
	if v == nil || id.decides != "" || id.seen[v] || id.left < 0 || v.Referrers() == nil {
		return
	}
	id.seen[v] = true
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Phi, *ssa.Convert, *ssa.ChangeType, *ssa.MakeInterface, *ssa.Extract:
			id.follow(r.(ssa.Value))
		case *ssa.BinOp:
			text, ok := query.StringSSA(r.X)
			if !ok {
				text, ok = query.StringSSA(r.Y)
			}
			switch {
			case !ok || r.Op != token.EQL && r.Op != token.NEQ:
			case text != "":
				id.decides = "what a client may do is decided"
			case id.refuses(r.Parent()):
				id.decides = "whether a client is let in is decided"
			}
		case *ssa.Store:
			if r.Val == v {
				id.stored(r.Addr)
			}
		case ssa.CallInstruction:
			id.call(r, v)
		}
	}
}

// refuses reports whether a function answers 401 or 403 to somebody.
func (id *identity) refuses(fn *ssa.Function) (found bool) {
	if fn.Syntax() == nil {
		return false
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			status, known := code.ConstInt(id.pass.Pass, e)
			found = found || known && (status == 401 || status == 403)
		}
		return !found
	})
	return found
}

// stored follows what is read from a variable, and the arguments of a variadic call.
func (id *identity) stored(addr ssa.Value) {
	if element, ok := addr.(*ssa.IndexAddr); ok {
		addr = element.X
	}
	alloc, ok := addr.(*ssa.Alloc)
	if !ok {
		return
	}
	for _, use := range *alloc.Referrers() {
		switch use := use.(type) {
		case *ssa.UnOp:
			id.follow(use)
		case *ssa.Slice:
			id.follow(use)
		}
	}
}

func (id *identity) call(instr ssa.CallInstruction, v ssa.Value) {
	call := instr.Common()
	name := query.CalleeSSA(call)
	if name == "context.WithValue" && len(call.Args) == 3 && call.Args[2] == v {
		id.decides = "the user of a request is set"
		return
	}
	if strings.HasPrefix(name, "strings.") || strings.HasPrefix(name, "strconv.") || strings.HasPrefix(name, "github.com/google/uuid.") {
		if result := instr.Value(); result != nil {
			id.followAll(result)
		}
		return
	}
	fn, _ := calleeOf(call)
	if fn == nil || isLogging(fn) {
		return
	}
	words := query.Words(fn.Name())
	switch {
	case len(words) == 0:
	case slices.Contains([]string{"find", "get", "load", "lookup", "fetch", "query", "exec", "first", "where", "authenticate", "authorize", "login", "impersonate", "is", "has", "can"}, words[0]) &&
		!strings.HasPrefix(name, "(net/") && !strings.HasPrefix(name, "net/"):
		id.decides = "who a client is is decided"
	case (words[0] == "set" || words[0] == "with") && slices.ContainsFunc(words, func(w string) bool { return w == "user" || w == "role" || w == "identity" || w == "principal" }):
		id.decides = "the user of a request is set"
	default:
		if callee := call.StaticCallee(); callee != nil && len(callee.Blocks) > 0 && !knowsSender(callee) {
			for i, arg := range call.Args {
				if arg == v && i < len(callee.Params) {
					id.follow(callee.Params[i])
				}
			}
		}
	}
}

// followAll follows the results of a call.
func (id *identity) followAll(v ssa.Value) {
	id.follow(v)
	for _, r := range *v.Referrers() {
		if e, ok := r.(*ssa.Extract); ok && e.Index == 0 {
			id.follow(e)
		}
	}
}
