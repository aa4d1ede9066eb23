package web

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/host-header-in-link.txtar
var hostHeaderInLinkExamples string

// HostHeaderInLink finds links with secrets that lead to where the request says.
var HostHeaderInLink = &check.Check{
	ID:         "go/host-header-in-link",
	Title:      "Request decides the host of a link with a secret",
	CWE:        []check.CWE{640, 20},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runHostHeaderInLink,
	Page: check.Page{
		What: "A link for resetting a password, confirming an address, an invitation or the like takes its host from the request: `r.Host`, `X-Forwarded-Host`.",
		Why: "The sender of a request writes its `Host`. Who asks for a reset of somebody else's password with their own host there has the server mail a link that looks right and gives the token to them at one click; " +
			"mail scanners click as well.",
		Fix: "Take the base of links from the configuration, or look the host up in a list of your own. There is no quick fix, because only you know your address.",
		Limits: "Judged by words such as reset, verify, invite and token, in the text of the link, in what is put into it, and in the function's name; a link that only leads back to a page, or holds nothing but the host that varies, is none. The host may come through variables and " +
			"helpers of the package. A comparison of the host, or a lookup, counts as a check. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/640.html",
			"https://portswigger.net/web-security/host-header/exploiting/password-reset-poisoning",
			"https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/07-Input_Validation_Testing/17-Testing_for_Host_Header_Injection",
		},
		Examples: hostHeaderInLinkExamples,
	},
}

func runHostHeaderInLink(_ context.Context, pass *check.PackagePass) error {
	h := &hosts{PackagePass: pass, checked: map[ast.Node]bool{}}
	if !h.readsHost() {
		return nil
	}
	reported := map[ast.Node]bool{}
	for c := range code.Nodes(pass.Pass, (*ast.BinaryExpr)(nil), (*ast.CallExpr)(nil)) {
		var parts []ast.Expr
		switch n := c.Node().(type) {
		case *ast.BinaryExpr:
			if n.Op == token.ADD && c.ParentEdgeKind() != edge.BinaryExpr_X {
				parts = []ast.Expr{n}
			}
		case *ast.CallExpr:
			if name := query.Callee(pass.TypesInfo, n); name == "fmt.Sprintf" || name == "net/url.JoinPath" {
				parts = n.Args
			}
		}
		f, ok := code.Enclosing(c)
		if !ok || parts == nil || reported[f.Node] {
			continue
		}
		var host ast.Expr
		secret, more := carriesSecret(query.Words(f.Name)), false
		for _, part := range operands(parts) {
			if found := h.host(part, 4); found != nil {
				host = found
			} else if _, known := code.ConstString(pass.Pass, part); !known && !saysScheme(purpose.NameOf(pass.TypesInfo, part)) {
				more = true // the secret: a link without one, such as "https://" + host + "/token", gives nothing away
			}
			secret = secret || h.saysSecret(part)
		}
		if host == nil || !secret || !more || h.isChecked(f.Node) {
			continue
		}
		reported[f.Node] = true
		pass.Report(check.Finding{
			Message:  "the sender of the request decides to which host this link, and the secret in it, leads",
			Location: pass.Location(host),
		})
	}
	return nil
}

// operands gives the summands of sums of text.
func operands(parts []ast.Expr) []ast.Expr {
	var all []ast.Expr
	for _, part := range parts {
		if sum, ok := ast.Unparen(part).(*ast.BinaryExpr); ok && sum.Op == token.ADD {
			all = append(all, operands([]ast.Expr{sum.X, sum.Y})...)
		} else {
			all = append(all, part)
		}
	}
	return all
}

func saysScheme(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return w == "scheme" || w == "proto" || w == "protocol" || w == "http" || w == "https" || w == "port"
	})
}

// hosts is the work on one package.
type hosts struct {
	*check.PackagePass
	// checked says of functions whether they check the host; of one that is looked at right now, that it does not.
	checked map[ast.Node]bool
}

// readsHost reports whether a package reads the host of a request at all.
func (h *hosts) readsHost() bool {
	getsHeader := func(called query.Called) bool {
		name := code.Unversioned(called.Name)
		return slices.Contains(headerGetters, name) || strings.HasPrefix(name, "(*github.com/gofiber/fiber.Ctx).")
	}
	for c := range code.Calls(h.Pass, getsHeader) {
		if e, ok := c.Node().(ast.Expr); ok && h.isSource(e) {
			return true
		}
	}
	if !code.MentionsField(h.Pass, "Host") {
		return false
	}
	for c := range code.Nodes(h.Pass, (*ast.SelectorExpr)(nil)) {
		if e, ok := c.Node().(ast.Expr); ok && h.isSource(e) {
			return true
		}
	}
	return false
}

// isSource reports whether an expression reads the host of a request.
func (h *hosts) isSource(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "Host" && query.IsType(h.TypesInfo.TypeOf(e.X), "net/http.Request")
	case *ast.CallExpr:
		name := code.Unversioned(query.Callee(h.TypesInfo, e))
		if slices.Contains(headerGetters, name) && len(e.Args) == 1 {
			header, ok := query.String(h.TypesInfo, e.Args[0])
			return ok && (header == "X-Forwarded-Host" || header == "Host")
		}
		return name == "(*github.com/gofiber/fiber.Ctx).Hostname" || name == "(*github.com/gofiber/fiber.Ctx).BaseURL"
	}
	return false
}

// host gives the part of an expression that is the host of the request, or text made of it, through
// so many variables and functions; nil if there is none.
func (h *hosts) host(e ast.Expr, steps int) ast.Expr {
	if steps == 0 {
		return nil
	}
	e = ast.Unparen(e)
	if h.isSource(e) {
		return e
	}
	switch e := e.(type) {
	case *ast.Ident:
		v := code.Var(h.TypesInfo, e)
		if v == nil || v.IsField() || v.Parent() == h.Pkg.Scope() {
			return nil
		}
		for _, value := range code.Values(h.Pass, v) {
			if h.host(value, steps-1) != nil {
				return e
			}
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			if found := h.host(e.X, steps); found != nil {
				return found
			}
			return h.host(e.Y, steps)
		}
	case *ast.CallExpr:
		switch query.Callee(h.TypesInfo, e) {
		case "fmt.Sprintf", "fmt.Sprint", "strings.TrimSuffix", "strings.TrimRight", "strings.TrimSpace", "strings.ToLower":
			for _, arg := range e.Args {
				if found := h.host(arg, steps); found != nil {
					return found
				}
			}
		}
		if d := code.Declaration(h.Pass, code.Callee(h.TypesInfo, e)); d != nil && d.Body != nil && !h.isChecked(d) {
			found := false
			ast.Inspect(d.Body, func(n ast.Node) bool {
				if ret, ok := n.(*ast.ReturnStmt); ok && len(ret.Results) > 0 {
					found = found || h.host(ret.Results[0], steps-1) != nil
				}
				return !found
			})
			if found {
				return e
			}
		}
	}
	return nil
}

// secretWords are those of links that let whoever has them do something.
var secretWords = []string{"reset", "verify", "verification", "confirm", "confirmation", "activate", "activation", "invite", "invitation", "magic", "token", "unsubscribe", "passwordless", "recover", "recovery"}

func carriesSecret(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(secretWords, w) })
}

// saysSecret reports whether the text or the names in a part of a link say that it lets somebody in.
func (h *hosts) saysSecret(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING && carriesSecret(query.Words(n.Value))
		case *ast.Ident:
			if _, ok := h.TypesInfo.Uses[n].(*types.Func); !ok {
				found = found || carriesSecret(query.Words(n.Name))
			}
		}
		return !found
	})
	return found
}

// isChecked reports whether a function compares the host of the request, or looks it up.
func (h *hosts) isChecked(fn ast.Node) (found bool) {
	if checked, known := h.checked[fn]; known {
		return checked
	}
	h.checked[fn] = false // functions may call themselves
	defer func() { h.checked[fn] = found }()
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				for _, pair := range [][2]ast.Expr{{n.X, n.Y}, {n.Y, n.X}} {
					text, constant := code.ConstString(h.Pass, pair[1])
					found = found || h.host(pair[0], 2) != nil && !(constant && text == "")
				}
			}
		case *ast.SwitchStmt:
			found = found || n.Tag != nil && h.host(n.Tag, 2) != nil
		case *ast.IndexExpr:
			found = found || h.host(n.Index, 2) != nil
		case *ast.CallExpr:
			fn := code.Callee(h.TypesInfo, n)
			if fn == nil || fn.Signature().Results().Len() == 0 {
				break
			}
			last := fn.Signature().Results().At(fn.Signature().Results().Len() - 1).Type()
			if judges := types.Identical(last, types.Typ[types.Bool]) || query.IsType(last, "error"); judges && fn.Pkg() != nil && fn.Name() != "Sprintf" {
				found = found || slices.ContainsFunc(n.Args, func(arg ast.Expr) bool { return h.host(arg, 2) != nil })
			}
		}
		return !found
	})
	return found
}
