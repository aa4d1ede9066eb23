package injection

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/redirect-after-url-check.txtar
var redirectAfterURLCheckExamples string

// RedirectAfterURLCheck finds requests to URLs that were checked, whose redirects
// are followed unchecked.
var RedirectAfterURLCheck = &check.Check{
	ID:         "go/redirect-after-url-check",
	Title:      "URL is checked, and redirects are followed to any other",
	CWE:        []check.CWE{918},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{text.Analyzer},
	RunPackage: runRedirectAfterURLCheck,
	Page: check.Page{
		What: "A function asks whether the address of an URL is private, or has an URL checked by a function that is named for it, then requests it with a client that follows redirects as all do.",
		Why: "The server that passed the check answers with a redirect to `http://169.254.169.254/` or to a service of the inner network, and the client goes there: up to ten times, none of which is checked. " +
			"The name may also have another address by the time of the request.",
		Fix:    "Check where the connection goes: `net.Dialer{Control: ...}` in the client's transport sees each address that is dialled, of redirects too. Or set `CheckRedirect` to the same check, or to `http.ErrUseLastResponse`. There is no quick fix, because the check has to be called from `CheckRedirect`, in the shape that it has.",
		Limits: "Where only the name of the function says that it checks an URL, the finding is for persona pedantic. A package that sets CheckRedirect, or a dialer's Control or DialContext, anywhere is left alone. Checks in another function than the request are not seen.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/918.html",
			"https://pkg.go.dev/net/http#Client",
			"https://pkg.go.dev/net#Dialer",
		},
		Examples: redirectAfterURLCheckExamples,
	},
}

// requests send a request, and follow redirects.
var requests = []string{"net/http.Get", "net/http.Head", "net/http.Post", "(*net/http.Client).Get", "(*net/http.Client).Head", "(*net/http.Client).Do", "(*net/http.Client).Post"}

// addressQuestions are what guards against requests to inner addresses ask.
var addressQuestions = []string{"(net.IP).IsPrivate", "(net.IP).IsLoopback", "(net.IP).IsLinkLocalUnicast", "(net/netip.Addr).IsPrivate", "(net/netip.Addr).IsLoopback"}

func runRedirectAfterURLCheck(_ context.Context, pass *check.PackagePass) error {
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if x == nil || setsClientGuard(x) {
		return nil
	}
	for _, c := range x.Calls(requests...) {
		if checks, inner := checksURL(x, c); checks {
			finding := check.Finding{
				Message:  "the URL was checked, but a redirect of the server that passed leads to any other",
				Location: pass.Location(c.Expr),
			}
			if !inner {
				finding.Persona = check.Pedantic // the name of a function is not enough: many look at the form of an URL
			}
			pass.Report(finding)
		}
	}
	return nil
}

// setsClientGuard reports whether a package has a say in redirects or connections.
func setsClientGuard(x *text.Index) bool {
	for _, fn := range x.Functions {
		for instr := range instructions(fn) {
			if f, ok := instr.(*ssa.FieldAddr); ok {
				switch text.FieldName(f) {
				case "CheckRedirect", "DialContext", "Control", "ControlContext", "Dial", "DialTLSContext":
					return true
				}
			}
		}
	}
	return false
}

// checksURL reports whether the function of a request has checked an URL before, in itself or in a function that
// refuses, and whether the check is seen to ask for inner addresses.
func checksURL(x *text.Index, request flow.Call) (checks, inner bool) {
	if len(x.In(request.Fn, addressQuestions...)) > 0 {
		return true, true
	}
	for instr := range instructions(request.Fn) {
		call, ok := instr.(*ssa.Call)
		if !ok || call.Pos() > request.Instr.Pos() {
			continue
		}
		fn := call.Call.StaticCallee()
		if fn == nil || len(fn.Blocks) == 0 {
			continue
		}
		if refusesInner(x, fn) {
			return true, true
		}
		checks = checks || isURLCheck(fn.Name()) && isGuardSignature(fn)
	}
	return checks, false
}

// refusesInner reports whether a function asks for inner addresses, itself or in one that it calls.
func refusesInner(x *text.Index, fn *ssa.Function) bool {
	if !isGuardSignature(fn) {
		return false
	}
	if len(x.In(fn, addressQuestions...)) > 0 {
		return true
	}
	for instr := range instructions(fn) {
		if call, ok := instr.(*ssa.Call); ok {
			if callee := call.Call.StaticCallee(); callee != nil && len(callee.Blocks) > 0 && len(x.In(callee, addressQuestions...)) > 0 {
				return true
			}
		}
	}
	return false
}

// isGuardSignature reports whether the only result of a function is yes or no, or an error.
func isGuardSignature(fn *ssa.Function) bool {
	results := fn.Signature.Results()
	return results.Len() == 1 && slices.Contains([]string{"bool", "error"}, query.TypeName(results.At(0).Type()))
}

// isURLCheck reports whether a function is named for checking URLs: validateURL,
// isAllowedHost.
func isURLCheck(name string) bool {
	words := strings.Join(query.Words(name), " ")
	subject := strings.Contains(words, "url") || strings.Contains(words, "host") || strings.Contains(words, "ssrf") || strings.Contains(words, "address")
	return subject && (text.Validates(name) || strings.Contains(words, "allow") || strings.Contains(words, "private") || strings.Contains(words, "internal") || strings.Contains(words, "block"))
}
