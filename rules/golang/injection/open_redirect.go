package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/open-redirect.txtar
var openRedirectExamples string

// OpenRedirect finds redirects to where untrusted data says.
var OpenRedirect = &check.Check{
	ID:         "go/open-redirect",
	Title:      "Untrusted data chooses where a redirect goes",
	CWE:        []check.CWE{601},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runOpenRedirect,
	Page: check.Page{
		What:   "Data that a stranger sends becomes the target of a redirect, or the beginning of it is a header that proxies set, `X-Forwarded-Prefix` for example.",
		Why:    "A link to your own site, which people trust, leads them to a copy of its login page; and where the redirect belongs to a login by OAuth, it gives away the code that logs in. A header is not part of a link, but of what a cache in between keeps for others, and Traefik redirected to it (CVE-2020-15129).",
		Fix:    "Redirect to a path of your own: parse the target, and refuse it if `u.Host` or `u.Scheme` is not empty. `//host` and `/\\\\host` are hosts too. There is no quick fix, because only you know where redirects may go.",
		Limits: "What comes after a constant path such as `/user/` is not reported, nor what was compared with a list or has an empty `u.Host`, nor an URL that is put together with a constant host, nor what becomes the query or the fragment of an URL, nor the path of a request in a function literal that is registered for that path alone, nor the URL of a request that a package spells again whose handlers a ServeMux of net/http calls, which lets no path with two slashes through. For persona pedantic are what comes behind the text that a callback gives, what is only a part of a host with another part of it behind (`http://%s.%s/`), and the whole path of a request whose first element is known: it was compared with a constant, the constant was cut off it, or the handler is registered below one.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/601.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-15129",
			"https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html",
		},
		Examples: openRedirectExamples,
	},
}

func runOpenRedirect(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	for _, f := range flowsOf(pass, func(f *taint.Flow) bool {
		return f.Source.Remote && f.Class.Name == "redirect" && !(isOwnPath(f) && (servesOnePath(f.Fn) || isSpelledAsURL(f) && usesServeMux(pass)))
	}) {
		if x != nil && hasFixedHost(x, f) {
			continue
		}
		message := fmt.Sprintf("data from %s decides where %s sends the browser", f.Source.Title, f.Sink)
		switch {
		case x != nil && followsHost(x, f):
			message = fmt.Sprintf("the header Host decides where %s sends the browser: a cache may keep the answer to another's for everybody", f.Sink)
		case isOwnPath(&f):
			message += otherHosts(usesServeMux(pass))
		}
		finding := f.Finding(pass, message)
		if isOwnPath(&f) && goesThroughOthers(&f, pass.Pkg.Name()) {
			finding.Persona = check.Pedantic // what begins there is no longer the request's
		}
		if isOwnPath(&f) && isBelowPrefix(x, &f) {
			finding.Persona = check.Pedantic // neither // nor /\ begins it
		}
		if isBehindOthers(&f) {
			finding.Persona = check.Pedantic // what begins the target is made elsewhere, and names the host as a rule
		}
		if x != nil && isLabel(x, &f) {
			finding.Persona = check.Pedantic // a host below one that others choose
		}
		pass.Report(finding)
	}
	forwardedTargets(pass)
	return nil
}

// otherHosts says what is wrong with a redirect to the path of a request. What a ServeMux lets through, if it is one that
// calls the handlers, has no two slashes, but may have a backslash, which browsers take for one.
func otherHosts(hasServeMux bool) string {
	if hasServeMux {
		return `: to another host if it begins with /\, which no ServeMux keeps out`
	}
	return `: to another host if it begins with // or /\`
}

// followsHost reports whether a redirect goes to the host that a request names, so that what comes after it is a path: no
// link sets it, but who asks a cache does.
func followsHost(x *text.Index, f taint.Flow) bool {
	target := f.Value()
	if target == nil {
		return false
	}
	t := x.Of(target)
	return len(t) > 1 && t[0].Value == nil && strings.HasSuffix(t[0].Const, "//") && t[1].Value != nil && text.ValueName(t[1].Value) == "Host"
}

// isBehindOthers reports whether a target begins with what a function gives that only its caller knows, a callback of an option
// for example, and the data of the flow comes behind that.
func isBehindOthers(f *taint.Flow) bool {
	sum, ok := f.Value().(*ssa.BinOp)
	for ok {
		first := sum.X
		if result, is := first.(*ssa.Extract); is {
			first = result.Tuple
		}
		if made, is := first.(*ssa.Call); is {
			return !made.Call.IsInvoke() && made.Call.StaticCallee() == nil
		}
		sum, ok = first.(*ssa.BinOp)
	}
	return false
}

// hasFixedHost reports whether a redirect goes to an URL that the package puts together, always with a constant host.
func hasFixedHost(x *text.Index, f taint.Flow) bool {
	spelled, ok := f.Value().(*ssa.Call)
	if !ok || query.CalleeSSA(&spelled.Call) != "(*net/url.URL).String" {
		return false
	}
	urls := x.Origins(spelled.Call.Args[0])
	return len(urls) > 0 && !slices.ContainsFunc(urls, func(u ssa.Value) bool { return !setsHost(u) })
}

// setsHost reports whether a value is an URL that is made here, with a constant host that nothing replaces.
func setsHost(u ssa.Value) bool {
	made, ok := u.(*ssa.Alloc)
	if !ok {
		return false
	}
	constant := false
	for _, r := range *made.Referrers() {
		field, ok := r.(*ssa.FieldAddr)
		if !ok || text.FieldName(field) != "Host" {
			continue
		}
		for _, use := range *field.Referrers() {
			if store, ok := use.(*ssa.Store); ok {
				host, isConst := query.StringSSA(store.Val)
				if !isConst || host == "" {
					return false
				}
				constant = true
			}
		}
	}
	return constant
}

// forwardedTargets reports redirects to what begins with a header of a proxy: a link cannot set it, but a cache keeps
// the answer for those who follow one, and where no proxy removes it, it is the client's.
func forwardedTargets(pass *check.PackagePass) {
	for c := range code.CallsTo(pass.Pass, "net/http.Redirect") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 4 {
			continue
		}
		if header := beginsWithHeader(pass, call.Args[2], 4); header != "" {
			pass.Report(check.Finding{
				Message:  fmt.Sprintf("the header %s decides where http.Redirect sends the browser", header),
				Location: pass.Location(call.Args[2]),
			})
		}
	}
}

// proxyHeaders say under which host and path the browser knows a server.
var proxyHeaders = []string{"X-Forwarded-Prefix", "X-Forwarded-Path", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Original-Url", "X-Original-Host", "X-Rewrite-Url", "X-Script-Name"}

// beginsWithHeader gives the header of a proxy that a text begins with, as it was sent; "" if it does not.
func beginsWithHeader(pass *check.PackagePass, e ast.Expr, steps int) string {
	if e == nil || steps == 0 {
		return ""
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return beginsWithHeader(pass, e.X, steps)
	case *ast.CallExpr:
		switch query.Callee(pass.TypesInfo, e) {
		case "(net/http.Header).Get":
			name, _ := code.ConstString(pass.Pass, e.Args[0])
			if i := slices.IndexFunc(proxyHeaders, func(h string) bool { return strings.EqualFold(h, name) }); i >= 0 {
				return proxyHeaders[i]
			}
		case "fmt.Sprintf":
			if format, ok := code.ConstString(pass.Pass, e.Args[0]); ok && strings.HasPrefix(format, "%s") && len(e.Args) > 1 {
				return beginsWithHeader(pass, e.Args[1], steps-1)
			}
		}
	case *ast.Ident:
		if init := code.Init(pass.Pass, e); init != nil && init != ast.Expr(e) {
			return beginsWithHeader(pass, init, steps-1)
		}
	}
	return ""
}

// isOwnPath reports whether a flow begins at the URL of a request, and goes through
// none of its parts but the path.
func isOwnPath(f *taint.Flow) bool {
	if !strings.HasSuffix(f.Steps[0].Message, "(URL)") && !strings.HasSuffix(f.Steps[0].Message, "(RequestURI)") {
		return false
	}
	for _, s := range f.Steps[1:] {
		if strings.Contains(s.Message, "(*url.URL).Query") || strings.Contains(s.Message, "RawQuery") {
			return false
		}
	}
	return true
}

// goesThroughOthers reports whether a flow goes through a function that is neither the program's nor one that works on
// texts: what makes the URL of a login out of the page to come back to, for example.
func goesThroughOthers(f *taint.Flow, own string) bool {
	return slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
		name, ok := strings.CutPrefix(s.Message, "goes through ")
		qualifier, _, _ := strings.Cut(strings.TrimLeft(name, "(*"), ".")
		return ok && qualifier != own && !slices.Contains([]string{"url", "strings", "path", "fmt", "filepath", "http", "regexp", "bytes"}, qualifier)
	})
}

// isSpelledAsURL reports whether the last that a flow does with an URL is to spell it, which escapes backslashes.
func isSpelledAsURL(f *taint.Flow) bool {
	i := slices.IndexFunc(f.Steps, func(s taint.Step) bool { return strings.Contains(s.Message, "(*url.URL).String") })
	return i >= 0 && i == len(f.Steps)-2
}

// usesServeMux reports whether a package registers handlers with a ServeMux of net/http, itself or by a function that
// it is given for that. It redirects from paths with two slashes before any handler sees them.
func usesServeMux(pass *check.PackagePass) bool {
	for _, file := range pass.Files {
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || found || len(call.Args) != 2 {
				return !found
			}
			switch query.Callee(pass.TypesInfo, call) {
			case "net/http.Handle", "net/http.HandleFunc", "(*net/http.ServeMux).Handle", "(*net/http.ServeMux).HandleFunc":
				found = true
			case "": // handle func(pattern string, h http.Handler)
				sig, ok := pass.TypesInfo.TypeOf(call.Fun).(*types.Signature)
				found = ok && sig.Params().Len() == 2 && query.TypeName(sig.Params().At(0).Type()) == "string" && query.IsType(sig.Params().At(1).Type(), "net/http.Handler")
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// servesOnePath reports whether a function literal is only handed to calls that
// register it for a path without variables.
func servesOnePath(fn *ssa.Function) bool {
	if fn.Parent() == nil {
		return false
	}
	registered := false
	for _, b := range fn.Parent().Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			given, fixed := false, false
			exact := slices.Contains([]string{"Get", "GET", "Post", "POST"}, text.CalleeName(call.Common())) // whose "/" is no beginning of others
			for _, arg := range call.Common().Args {
				given = given || literal(arg) == fn
				if path, ok := query.StringSSA(arg); ok {
					if _, after, ok := strings.Cut(path, " "); ok { // GET /path
						path = after
					}
					fixed = fixed || strings.HasPrefix(path, "/") && (exact || !strings.HasSuffix(path, "/")) && !strings.ContainsAny(path, "*:{<(")
				}
			}
			if given && !fixed {
				return false
			}
			registered = registered || given
		}
	}
	return registered
}

// literal gives the function literal that a value is; nil for any other.
func literal(v ssa.Value) *ssa.Function {
	for {
		switch x := v.(type) {
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.MakeClosure:
			v = x.Fn
		case *ssa.Function:
			return x
		default:
			return nil
		}
	}
}
