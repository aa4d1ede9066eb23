package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/url-checked-as-text.txtar
var urlCheckedAsTextExamples string

// URLCheckedAsText finds checks of URLs that other hosts pass.
var URLCheckedAsText = &check.Check{
	ID:         "go/url-checked-as-text",
	Title:      "Check of an URL lets other hosts through",
	CWE:        []check.CWE{20, 918, 601},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{text.Analyzer},
	RunPackage: runURLCheckedAsText,
	Page: check.Page{
		What: "Whether an URL or a host may be used is decided by `strings.HasPrefix` with a host that nothing ends, `strings.HasSuffix` with a domain that no dot begins, or `strings.Contains` with a domain.",
		Why: "`https://example.com.evil.net/` begins with `https://example.com`, `https://example.com@evil.net/` does too; `evil-example.com` ends in `example.com`; and anyone can write `?example.com` into an URL. " +
			"What follows the check is a request, a redirect or an answer to another origin.",
		Fix:    "Parse it and compare `u.Hostname()`, and `u.Scheme`, with what is allowed. For subdomains, ask for the suffix `.example.com` with its dot. As a prefix, `https://example.com/` with the slash does. There is no quick fix, because only you know which hosts are meant.",
		Limits: "Counts where what does not pass is refused (an error, `false`), or the function is named for such a check. What only tells providers apart is left alone, as are the ends of names below a registered domain (`evil-api.example.com` is the owner's), and test code. Where the function makes something of the URL, and sends or answers no request, it is for persona pedantic, and where no request is at hand, here or in the callers of the same package, and the name speaks of none: most such addresses are the user's own.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/918.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
			"https://pkg.go.dev/net/url#URL.Hostname",
		},
		Examples: urlCheckedAsTextExamples,
	},
}

var (
	openPrefix = regexp.MustCompile(`^(https?|wss?)://[^/?#]*[a-z0-9]$`)
	domain     = regexp.MustCompile(`^([a-z0-9-]+\.)+[a-z]{2,}(:[0-9]+)?$`)
	schemeOnly = regexp.MustCompile(`^(https?|wss?)://$`)
)

func runURLCheckedAsText(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if x == nil {
		return nil
	}
	for _, c := range x.Calls("strings.HasPrefix", "strings.HasSuffix", "strings.Contains") {
		if len(c.Expr.Args) != 2 {
			continue
		}
		message := passes(pass, c)
		if message == "" || !text.Refuses(c.Instr.Value(), isHostCheck) {
			continue
		}
		finding := check.Finding{Message: message, Location: pass.Location(c.Expr)}
		if takesApart(c.Fn) || !isSentByOthers(pass, x, c) {
			finding.Persona = check.Pedantic
		}
		pass.Report(finding)
	}
	return nil
}

// isSentByOthers reports whether an address that is checked is a stranger's: the function, or one that calls it, has a
// request to answer, or it is named as what a browser sends or a redirect goes to.
func isSentByOthers(pass *check.PackagePass, x *text.Index, c flow.Call) bool {
	for _, w := range query.Words(purpose.NameOf(pass.TypesInfo, c.Expr.Args[0])) {
		switch w {
		case "origin", "referer", "referrer", "redirect", "callback", "next":
			return true
		}
	}
	return hasRequest(c.Fn) || slices.ContainsFunc(x.Callers(c.Fn), func(caller flow.Call) bool { return hasRequest(caller.Fn) })
}

// hasRequest reports whether a function is given a request to answer, as a handler is, or is written in one that is.
func hasRequest(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for p := range fn.Signature.Params().Variables() {
			name := query.TypeName(p.Type())
			if query.IsType(p.Type(), "net/http.Request") || strings.HasSuffix(name, ".Context") && name != "context.Context" || strings.HasSuffix(name, ".Ctx") || strings.HasSuffix(name, ".RequestCtx") {
				return true
			}
		}
	}
	return false
}

// takesApart reports whether a function makes something of an URL, and neither says whether it may be used nor uses it:
// what it gives has more than a yes or no, and it calls nothing that sends or answers a request.
func takesApart(fn *ssa.Function) bool {
	makes := false
	for v := range fn.Signature.Results().Variables() {
		t := v.Type()
		made := !types.Identical(t, types.Typ[types.Bool]) && !types.Identical(t, types.Universe.Lookup("error").Type())
		makes = makes || made
	}
	if !makes {
		return false
	}
	for instr := range instructions(fn) {
		call, ok := instr.(ssa.CallInstruction)
		if !ok {
			continue
		}
		name := query.CalleeSSA(call.Common())
		if strings.Contains(name, "net/http.") || strings.HasPrefix(name, "net.") || strings.HasPrefix(name, "(*net.") || call.Common().IsInvoke() && !isPlain(call.Common()) {
			return false
		}
	}
	return true
}

// isPlain reports whether a method of an interface only spells: Error, String.
func isPlain(call *ssa.CallCommon) bool {
	return call.Method.Name() == "Error" || call.Method.Name() == "String"
}

// canBeBought reports whether somebody else can have a domain that ends like this one: what stands below a registered domain,
// evil-api.example.com, is its owner's.
func canBeBought(s string) bool {
	registered, err := publicsuffix.EffectiveTLDPlusOne(s)
	return err != nil || registered == s
}

// passes says which other hosts pass a comparison; "" if none does.
func passes(pass *check.PackagePass, c flow.Call) string {
	s, ok := query.StringSSA(c.Arg(1))
	if !ok || schemeOnly.MatchString(s) {
		return ""
	}
	s = lower(s)
	switch c.Name {
	case "strings.HasPrefix":
		if openPrefix.MatchString(s) {
			return s + ".evil.example and " + s + "@evil.example pass this check: nothing ends the host"
		}
	case "strings.HasSuffix":
		if domain.MatchString(s) && canBeBought(s) && isAddress(pass, c.Expr.Args[0]) {
			return "evil-" + s + " passes this check: no dot begins the domain"
		}
	case "strings.Contains":
		if domain.MatchString(strings.Trim(s, "/.")) && isAddress(pass, c.Expr.Args[0]) {
			return "every URL with " + s + " anywhere in it passes this check"
		}
	}
	return ""
}

// isAddress reports whether an expression is called as URLs and hosts are.
func isAddress(pass *check.PackagePass, e ast.Expr) bool {
	for _, w := range query.Words(purpose.NameOf(pass.TypesInfo, e)) {
		switch w {
		case "url", "uri", "host", "hostname", "domain", "origin", "referer", "referrer", "link", "href", "redirect", "endpoint", "callback", "next", "target":
			return true
		}
	}
	return false
}

// isHostCheck reports whether a function is named for saying whether an URL may be
// used.
func isHostCheck(name string) bool {
	for _, w := range query.Words(name) {
		switch w {
		case "allowed", "allow", "allows", "trusted", "trust", "valid", "validate", "safe", "permitted", "whitelisted", "local", "internal", "check", "origin":
			return true
		}
	}
	return false
}
