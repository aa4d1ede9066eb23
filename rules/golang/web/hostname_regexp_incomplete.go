package web

import (
	"context"
	_ "embed"
	"go/ast"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/hostname-regexp-incomplete.txtar
var hostnameRegexpIncompleteExamples string

// HostnameRegexpIncomplete finds regular expressions for hosts that match others too.
var HostnameRegexpIncomplete = &check.Check{
	ID:         "go/hostname-regexp-incomplete",
	Title:      "Regular expression for a host matches other hosts",
	CWE:        []check.CWE{20, 625},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runHostnameRegexpIncomplete,
	Page: check.Page{
		What: "A regular expression that decides about an origin, host or redirect has no anchor at an end where the host stands, or a dot in the host that matches any character.",
		Why:  "`example\\.com` also matches `example.com.evil.net`, and `evil.net/?example.com`; `www.example.com` matches `wwwXexample.com`, which anyone may register. Each turns an allow-list for CORS, redirects or webhooks into none.",
		Fix: "Anchor it (`^https://([a-z0-9-]+\\.)?example\\.com$`) and escape dots, or parse the URL and compare `Hostname()`. The quick fix escapes the dots and anchors the end, where the start is anchored; it is not safe to apply " +
			"unseen, because a port or a path behind the host is refused from then on.",
		Limits: "Counts where the expression is held by something named for its purpose (`allowedOrigin`, `trustedHost`, `redirectPattern`), or is matched against a value so named, and has a host of a common top-level domain in it. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/625.html",
			"https://pkg.go.dev/regexp/syntax",
		},
		Examples: hostnameRegexpIncompleteExamples,
	},
}

// A host that is written out in an expression: labels, dots escaped or not, and
// a top-level domain.
var hostInRegexp = regexp.MustCompile(`[A-Za-z0-9-]+((?:\\?\.[A-Za-z0-9-]+)*?)(\\?\.)(?:com|org|net|io|dev|edu|gov|app|cloud|internal|co)\b`)

func runHostnameRegexpIncomplete(_ context.Context, pass *check.PackagePass) error {
	for c := range code.CallsTo(pass.Pass, "regexp.MustCompile", "regexp.Compile", "regexp.MatchString") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		decides := false
		switch query.Callee(pass.TypesInfo, call) {
		case "regexp.MustCompile", "regexp.Compile":
			decides = heldForHosts(pass, c)
		case "regexp.MatchString":
			decides = len(call.Args) == 2 && forHosts(purpose.NameOf(pass.TypesInfo, call.Args[1]))
		}
		pattern, known := query.String(pass.TypesInfo, call.Args[0])
		if !decides || !known {
			continue
		}
		if what, better := incomplete(pattern); what != "" {
			pass.Report(check.Finding{Message: "other hosts match too: " + what, Location: pass.Location(call.Args[0]), Fixes: rewrite(pass, call.Args[0], better)})
		}
	}
	return nil
}

// incomplete says what is missing in an expression with a host in it, and gives one in
// which it is not, "" where what may stand before or after the host has to be said.
func incomplete(pattern string) (what, better string) {
	at := hostInRegexp.FindStringSubmatchIndex(pattern)
	if at == nil || strings.Contains(pattern, "|") {
		return "", ""
	}
	host := pattern[at[0]:at[1]]
	rest := pattern[at[1]:]
	anchored := strings.HasPrefix(strings.TrimLeft(pattern, "(?:i)"), "^") || strings.HasPrefix(strings.TrimLeft(pattern, "(?:i)"), `\A`)
	ends := strings.Trim(rest, ")") != ""
	if escaped := unescapedDot.ReplaceAllString(host, `$1\.`); escaped != host {
		better = pattern[:at[0]] + escaped + rest
		if anchored && !ends {
			better += "$"
		}
		if !anchored {
			better = ""
		}
		return "a dot in the host is not escaped", better
	}
	switch {
	case !anchored:
		return "nothing anchors the start", ""
	case !ends:
		return "nothing anchors the end", pattern + "$"
	}
	return "", ""
}

// unescapedDot is a dot of a host without a backslash before it.
var unescapedDot = regexp.MustCompile(`([^\\])\.`)

// rewrite puts a better expression in the place of one that is written out there.
func rewrite(pass *check.PackagePass, e ast.Expr, better string) []check.Fix {
	lit, ok := ast.Unparen(e).(*ast.BasicLit)
	if !ok || better == "" {
		return nil
	}
	text := "`" + better + "`"
	if strings.Contains(better, "`") || lit.Value[0] == '"' {
		text = strconv.Quote(better)
	}
	return []check.Fix{{Title: "Match this host alone", Edits: []check.Edit{pass.Edit(lit, text)}}}
}

// heldForHosts reports whether what holds a compiled expression is named for a
// decision about hosts.
func heldForHosts(pass *check.PackagePass, c inspector.Cursor) bool {
	if v := code.Holder(pass.TypesInfo, c); v != nil {
		return forHosts(v.Name())
	}
	if as, ok := c.Parent().Node().(*ast.AssignStmt); ok { // re, err := regexp.Compile(...)
		return forHosts(purpose.NameOf(pass.TypesInfo, as.Lhs[0]))
	}
	return false
}

func forHosts(name string) bool {
	about, decides := false, false
	for _, w := range query.Words(name) {
		switch w {
		case "origin", "origins", "redirect", "referer", "referrer", "cors", "callback":
			about, decides = true, true
		case "host", "hosts", "hostname", "domain", "domains", "url", "urls", "uri":
			about = true
		case "allowed", "allow", "trusted", "trust", "safe", "valid", "permitted", "whitelist", "allowlist", "internal":
			decides = true
		}
	}
	return about && decides
}
