package web

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
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/forwarded-address-trusted.txtar
var forwardedAddressTrustedExamples string

// ForwardedAddressTrusted finds decisions by an address that the client writes itself.
var ForwardedAddressTrusted = &check.Check{
	ID:         "go/forwarded-address-trusted",
	Title:      "Client chooses the address by which it is judged",
	CWE:        []check.CWE{348, 290},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runForwardedAddressTrusted,
	Page: check.Page{
		What: "The address in `X-Forwarded-For`, `X-Real-IP` or a header like them decides who is let in, limited or banned.",
		Why: "Every client can send these headers. With another address in each request a limit on login attempts limits nobody, a ban hits somebody else, and 127.0.0.1 opens what is for the machine itself. A " +
			"proxy appends to what the client sent, so the first address in the list is the client's own invention.",
		Fix: "Take the address of the connection, `r.RemoteAddr`; behind a proxy, take the last address that the proxy added, and only where `r.RemoteAddr` is the proxy's. There is no quick fix, because only you know your proxies.",
		Limits: "The address is followed through variables, helpers and their callers within the package, to what decides by it: functions and types whose names speak of limits, bans and permission, comparisons with an address, " +
			"`IsLoopback`, `IsPrivate`, networks. Functions in which something is called trusted or proxy are taken to check for it. Logging the address is fine. Limits and lists are for persona pedantic, because a proxy that the code does not show may set the header; who is let in by their address is everyone's. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/348.html",
			"https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns",
			"https://adam-p.ca/blog/2022/03/x-forwarded-for/",
		},
		Examples: forwardedAddressTrustedExamples,
	},
}

// addressHeaders name the address of a client; lower case.
var addressHeaders = []string{"x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "x-originating-ip", "x-remote-ip", "x-cluster-client-ip", "client-ip", "forwarded"}

func runForwardedAddressTrusted(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	reported := map[ast.Node]bool{}
	for _, c := range fl.Calls(headerGetters...) {
		header, ok := query.StringSSA(c.Arg(0))
		v := c.Instr.Value()
		if !ok || v == nil || !slices.Contains(addressHeaders, strings.ToLower(header)) || knowsProxies(c.Fn) {
			continue
		}
		a := &addresses{Flow: fl, seen: map[ssa.Value]bool{}, left: 300}
		a.follow(v)
		for _, d := range a.decisions {
			if d.at == nil || reported[d.at] {
				continue
			}
			reported[d.at] = true
			source := pass.Location(c.Expr)
			source.Message = "here the client's header is read"
			finding := check.Finding{
				Message:  fmt.Sprintf("%s by an address that the client writes itself, in %s", d.what, header),
				Location: pass.Location(d.at),
				Related:  []check.Location{source},
			}
			if d.what != accessDecided {
				finding.Persona = check.Pedantic // behind a proxy that sets the header, which the code does not show, the limit holds
			}
			pass.Report(finding)
		}
	}
	return nil
}

// knowsProxies reports whether a function, or one around it, speaks of proxies or trust.
func knowsProxies(fn *ssa.Function) bool {
	return names(fn, func(w string) bool {
		return strings.HasPrefix(w, "trust") || strings.HasPrefix(w, "prox") || w == "untrusted"
	})
}

// names reports whether a word of an identifier in a function, or in one around it, is one
// that is looked for.
func names(fn *ssa.Function, wanted func(word string) bool) (found bool) {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if fn.Syntax() == nil {
		return false
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			found = found || slices.ContainsFunc(query.Words(id.Name), wanted)
		}
		return !found
	})
	return found
}

// addresses follows an address forward to what decides by it.
type addresses struct {
	*flow.Flow
	seen      map[ssa.Value]bool
	left      int
	decisions []decision
}

// accessDecided is what an address decides where it is compared with one that may come in.
const accessDecided = "access is decided"

// A decision is a place where an address decides.
type decision struct {
	what string // accessDecided, or what is only limited
	at   ast.Node
}

func (a *addresses) follow(v ssa.Value) {
	a.left--
	if v == nil || a.seen[v] || a.left < 0 || v.Referrers() == nil {
		return
	}
	a.seen[v] = true
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Phi, *ssa.Convert, *ssa.ChangeType, *ssa.MakeInterface, *ssa.Slice, *ssa.Extract, *ssa.IndexAddr, *ssa.Index:
			a.follow(r.(ssa.Value))
		case *ssa.UnOp:
			a.follow(r)
		case *ssa.BinOp:
			switch r.Op {
			case token.ADD:
				a.follow(r)
			case token.EQL, token.NEQ:
				other := r.X
				if other == v {
					other = r.Y
				}
				if text, ok := query.StringSSA(other); ok && (strings.Count(text, ".") == 3 || strings.Contains(text, "::") || text == "localhost") {
					a.decide(accessDecided, a.exprAt(r.Parent(), r.Pos()))
				}
			}
		case *ssa.Store:
			if alloc, ok := r.Addr.(*ssa.Alloc); ok && r.Val == v && alloc.Referrers() != nil {
				for _, use := range *alloc.Referrers() {
					if load, ok := use.(*ssa.UnOp); ok {
						a.follow(load)
					}
				}
			}
		case *ssa.Lookup:
			if r.Index == v && decides(nameOfMap(r.X)) {
				a.decide("a list is asked", a.exprAt(r.Parent(), r.Pos()))
			}
		case *ssa.Return:
			for i, result := range r.Results {
				if result != v {
					continue
				}
				for _, c := range a.Callers(r.Parent()) {
					if value, ok := c.Results()[i]; ok {
						a.follow(value)
					}
				}
			}
		case ssa.CallInstruction:
			a.call(r, v)
		}
	}
}

// textFunctions give their argument back in another form.
var textFunctions = []string{"strings.", "net.SplitHostPort", "net.ParseIP", "net/netip.ParseAddr", "net/netip.MustParseAddr", "fmt.Sprint", "(net.IP).String", "(net/netip.Addr).String", "(net.IP).To4", "(net.IP).To16"}

func (a *addresses) call(instr ssa.CallInstruction, v ssa.Value) {
	call := instr.Common()
	name := query.CalleeSSA(call)
	switch name {
	case "(net.IP).IsLoopback", "(net.IP).IsPrivate", "(net.IP).Equal", "(*net.IPNet).Contains", "(net/netip.Addr).IsLoopback", "(net/netip.Addr).IsPrivate", "(net/netip.Prefix).Contains":
		if choosesAddress(instr.Parent()) || a.isAskedToChoose(instr.Parent()) {
			return
		}
		a.decide(accessDecided, a.callExpr(instr))
		return
	}
	if slices.ContainsFunc(textFunctions, func(f string) bool { return strings.HasPrefix(name, f) }) {
		if result := instr.Value(); result != nil {
			a.follow(result)
		}
		return
	}
	fn, _ := calleeOf(call)
	if fn == nil || isLogging(fn) {
		return
	}
	if decides(fn.Name()) || fn.Signature().Recv() != nil && limits(query.TypeName(fn.Signature().Recv().Type())) {
		a.decide("clients are limited or let in", a.callExpr(instr))
		return
	}
	if callee := call.StaticCallee(); callee != nil && len(callee.Blocks) > 0 {
		for i, arg := range call.Args {
			if arg == v && i < len(callee.Params) {
				a.follow(callee.Params[i])
			}
		}
	}
}

// choosesAddress reports whether a function gives an address: which of several is the client's, and not who is let in.
func choosesAddress(fn *ssa.Function) bool {
	results := fn.Signature.Results()
	if results.Len() == 0 {
		return false
	}
	first := results.At(0).Type()
	return code.IsText(first) || query.IsType(first, "net/netip.Addr")
}

// isAskedToChoose reports whether a function is asked about addresses by functions that choose one of several alone: which is of a
// private network, and so no client's.
func (a *addresses) isAskedToChoose(fn *ssa.Function) bool {
	callers := a.Callers(fn)
	return len(callers) > 0 && !slices.ContainsFunc(callers, func(c flow.Call) bool { return !choosesAddress(c.Fn) })
}

func calleeOf(call *ssa.CallCommon) (*types.Func, bool) {
	if call.IsInvoke() {
		return call.Method, true
	}
	if callee := call.StaticCallee(); callee != nil {
		fn, ok := callee.Object().(*types.Func)
		return fn, ok
	}
	return nil, false
}

func isLogging(fn *types.Func) bool {
	path := code.Path(fn.Pkg())
	return strings.HasSuffix(path, "log") || strings.HasSuffix(path, "slog") || strings.HasSuffix(path, "logger") || strings.HasSuffix(path, "zap") || strings.HasSuffix(path, "logrus")
}

// decides reports whether a name speaks of letting in, limiting or banning.
func decides(name string) bool {
	return slices.ContainsFunc(query.Words(name[strings.LastIndexByte(name, '.')+1:]), func(w string) bool {
		return slices.Contains([]string{"allow", "allowed", "allows", "allowlist", "whitelist", "whitelisted", "deny", "denied", "denylist", "blacklist", "blacklisted", "ban", "banned", "block", "blocked",
			"limit", "limited", "limiter", "ratelimit", "throttle", "throttled", "attempts", "failures", "permit", "permitted", "authorized", "lockout"}, w)
	})
}

// limits reports whether the name of a type is that of a limiter or a list of who is let in.
func limits(typeName string) bool {
	return slices.ContainsFunc(query.Words(typeName[strings.LastIndexByte(typeName, '.')+1:]), func(w string) bool {
		return w == "limiter" || w == "ratelimiter" || w == "throttler" || w == "allowlist" || w == "blocklist" || w == "banlist"
	})
}

func nameOfMap(m ssa.Value) string {
	if load, ok := m.(*ssa.UnOp); ok {
		switch a := load.X.(type) {
		case *ssa.FieldAddr:
			return fieldOf(a.X.Type(), a.Field)
		case *ssa.Global:
			return a.Name()
		}
	}
	return m.Name()
}

func (a *addresses) decide(what string, at ast.Node) {
	a.decisions = append(a.decisions, decision{what, at})
}

// callExpr gives the syntax of a call.
func (a *addresses) callExpr(instr ssa.CallInstruction) ast.Node {
	return a.exprAt(instr.Parent(), instr.Common().Pos())
}

// exprAt gives the innermost expression of a function that has its operator, bracket or parenthesis
// at a position.
func (a *addresses) exprAt(fn *ssa.Function, pos token.Pos) (found ast.Node) {
	if fn.Syntax() == nil || !pos.IsValid() {
		return nil
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.OpPos == pos {
				found = n
			}
		case *ast.CallExpr:
			if n.Lparen == pos {
				found = n
			}
		case *ast.IndexExpr:
			if n.Lbrack == pos || n.Pos() == pos {
				found = n
			}
		}
		return found == nil
	})
	return found
}
