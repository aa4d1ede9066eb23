package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

//go:embed testdata/ssrf.txtar
var ssrfExamples string

// SSRF finds requests that go where untrusted data says.
var SSRF = &check.Check{
	ID:         "go/ssrf",
	Title:      "Untrusted data chooses where a request goes",
	CWE:        []check.CWE{918},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: runSSRF,
	Page: check.Page{
		What:   "Data that a stranger sends decides the host of a request that the server makes.",
		Why:    "The server then asks for what only it can reach: `http://169.254.169.254/` gave away the keys of Capital One's cloud account, and with them the data of 100 million customers (2019).",
		Fix:    "Choose the host from a list: parse the URL, compare `u.Hostname()` with the list, and refuse redirects to other hosts in `CheckRedirect`. Where any public host is allowed, refuse private addresses in `net.Dialer.Control`, after the name is resolved. There is no quick fix, because only you know which hosts are meant.",
		Limits: "What comes after a constant `https://host/`, the RequestURI of a request after a constant `https://host` where its path is asked for its beginning, or what comes after a slash that follows a configured base, cannot change the host and is not reported. Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program. What comes from a message queue is for persona pedantic: its senders are parts of the system. An address that comes over a connection and is dialled is for persona pedantic: peers tell each other of peers. So is what goes by the name of a webhook, a callback, a subscription or a notification: to be told at an address of one's own is what such a server is for." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/918.html",
			"https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
		},
		Examples: ssrfExamples,
	},
}

func runSSRF(_ context.Context, pass *check.PackagePass) error {
	wanted := func(f *taint.Flow) bool {
		from, to := f.Steps[0].Place, f.Steps[len(f.Steps)-1].Place
		return f.Source.Remote && f.Class.Name == "ssrf" && !(f.Source.Name == "socket" && from.File == to.File && from.Line == to.Line) // the connection that a dial gives is not its address
	}
	for _, f := range flowsOf(pass, wanted) {
		if isOwnPath(&f) && followsConstHost(pass, &f) {
			continue
		}
		finding := findingOf(pass, &f, fmt.Sprintf("data from %s decides where %s sends a request", f.Source.Title, f.Sink))
		if f.Source.Name == "socket" && strings.Contains(f.Sink[strings.LastIndexByte(f.Sink, '.')+1:], "Dial") {
			finding.Persona = check.Pedantic // protocols of peers carry addresses
		}
		if isSubscription(pass, &f) {
			finding.Persona = check.Pedantic // to be told at an address of one's own is what the server is for
		}
		pass.Report(finding)
	}
	return nil
}

// constHost is an URL that ends with its host, which "@" would still make the name of a user.
var constHost = regexp.MustCompile(`^https?://[\w-]+(\.[\w-]+)*(:\d+)?$`)

// followsConstHost reports whether a flow puts the RequestURI of a request behind a constant host, in a function that
// asks for the beginning of its path: then it begins with a slash.
func followsConstHost(pass *check.PackagePass, f *taint.Flow) bool {
	for _, s := range f.Steps {
		path := nodesAt(pass, s.Place)
		for i, n := range path[:max(len(path)-1, 0)] {
			call, ok := n.(*ast.CallExpr)
			sum, inSum := path[i+1].(*ast.BinaryExpr)
			if !ok || !inSum || sum.Y != ast.Expr(call) || query.Callee(pass.TypesInfo, call) != "(*net/url.URL).RequestURI" {
				continue
			}
			if host, ok := code.ConstString(pass.Pass, sum.X); ok && constHost.MatchString(host) && asksForPath(f.Fn) {
				return true
			}
		}
	}
	return false
}

// asksForPath reports whether a function asks whether the path of an URL has a constant prefix.
func asksForPath(fn *ssa.Function) bool {
	for instr := range instructions(fn) {
		call, ok := instr.(*ssa.Call)
		if !ok || query.CalleeSSA(&call.Call) != "strings.HasPrefix" {
			continue
		}
		if prefix, ok := query.StringSSA(call.Call.Args[1]); ok && beginsWithSegment(prefix) && isPathOfURL(call.Call.Args[0]) {
			return true
		}
	}
	return false
}

// subscribing are words of names for addresses that are registered to be told something.
var subscribing = []string{"webhook", "webhooks", "hook", "hooks", "callback", "callbacks", "subscription", "subscriptions", "subscriber", "subscribers", "notification", "notify", "notifier"}

// isSubscription reports whether an address goes by such a name on its way, or is sent to by a function with one.
func isSubscription(pass *check.PackagePass, f *taint.Flow) bool {
	named := func(name string) bool {
		return slices.ContainsFunc(query.Words(name), func(w string) bool { return slices.Contains(subscribing, w) })
	}
	return f.Fn != nil && named(f.Fn.Name()) || slices.ContainsFunc(f.Steps, func(s taint.Step) bool { return named(textAt(pass, s)) })
}
