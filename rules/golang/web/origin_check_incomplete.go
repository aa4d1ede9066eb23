package web

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/origin-check-incomplete.txtar
var originCheckIncompleteExamples string

// OriginCheckIncomplete finds comparisons of origins that other hosts pass.
var OriginCheckIncomplete = &check.Check{
	ID:         "go/origin-check-incomplete",
	Title:      "Check of the origin lets other hosts through",
	CWE:        []check.CWE{346, 942, 20},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runOriginCheckIncomplete,
	Page: check.Page{
		What: "An origin is compared by its beginning, its end or a part of it, or matched by any part with a regular expression, so that hosts of others pass: `https://example.com.evil.test` begins as `https://example.com` does, and `evilexample.com` ends as `example.com`.",
		Why:  "The check decides which pages may read answers in a user's name, or open a websocket. Who registers such a host passes it.",
		Fix:  "Compare the whole origin with a list. For subdomains parse it, and compare `u.Hostname()` by its end with the dot: `strings.HasSuffix(host, \".example.com\")`. There is no quick fix, because only you know whether subdomains are meant.",
		Limits: "Judged are `HasPrefix`, `HasSuffix` and `Contains` of package strings with a constant host, for what is called origin or read from the `Origin` header. A prefix that ends in `/` or `:`, and a suffix that begins with `.` or `/`, are complete. " +
			"Judged as well is the match of a regular expression that the configuration brings, where a function of the package compiles one without adding `^` and `$`. For persona pedantic in packages that neither speak of CORS nor name the header nor check the origin of websockets, because logs have origins, too, unless the host is written with `://`. Constant expressions are `go/hostname-regexp-incomplete`. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/346.html",
			"https://portswigger.net/web-security/cors#errors-parsing-origin-headers",
			"https://nvd.nist.gov/vuln/detail/CVE-2019-25211",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-1996",
		},
		Examples: originCheckIncompleteExamples,
	},
}

func runOriginCheckIncomplete(_ context.Context, pass *check.PackagePass) error {
	originsMatchedByPart(pass)
	for c := range code.CallsTo(pass.Pass, "strings.HasPrefix", "strings.HasSuffix", "strings.Contains") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			continue
		}
		name := query.Callee(pass.TypesInfo, call)
		if !isOriginText(pass, call.Args[0], 3) || refuses(pass, c) {
			continue
		}
		text, known := code.ConstString(pass.Pass, call.Args[1])
		if !known || text == "" {
			continue
		}
		host := text
		if i := strings.Index(host, "://"); i >= 0 {
			host = host[i+3:]
		}
		if !strings.Contains(strings.Trim(host, ".:/"), ".") && !strings.Contains(host, "localhost") {
			continue // no host
		}
		passes := ""
		switch name {
		case "strings.HasPrefix":
			if !strings.HasSuffix(text, "/") && !strings.HasSuffix(text, ":") {
				passes = text + ".evil.test"
			}
		case "strings.HasSuffix":
			if text[0] != '.' && text[0] != '/' && !strings.Contains(text, "://") {
				passes = "https://evil" + text
			}
		case "strings.Contains":
			passes = "https://" + strings.Trim(host, ".:/") + ".evil.test"
		}
		if passes != "" {
			finding := check.Finding{
				Message:  fmt.Sprintf("other hosts pass this check of the origin, %s for example", passes),
				Location: pass.Location(call),
			}
			if !strings.Contains(text, "://") && !speaksOfPages(pass) { // as the origins of pages begin
				finding.Persona = check.Pedantic
			}
			pass.Report(finding)
		}
	}
	return nil
}

// speaksOfPages reports whether a package has to do with the origins of pages: it names the header, or another of cross-origin
// requests, or checks the origin of websockets. Logs, registries and routers have origins of their own.
func speaksOfPages(pass *check.PackagePass) bool {
	if code.MentionsField(pass.Pass, "CheckOrigin") {
		return true
	}
	for _, file := range pass.Files {
		for text := range purpose.Texts(file) {
			text = strings.ToLower(text)
			if text == `"origin"` || strings.Contains(text, "access-control-") || strings.Contains(text, "cors") {
				return true
			}
		}
	}
	return false
}

// refuses reports whether a condition that holds leads to an error: to match too much then only refuses more.
func refuses(pass *check.PackagePass, c inspector.Cursor) bool {
	for {
		switch kind, _ := c.ParentEdge(); kind {
		case edge.ParenExpr_X:
		case edge.BinaryExpr_X, edge.BinaryExpr_Y:
			if b, ok := c.Parent().Node().(*ast.BinaryExpr); !ok || b.Op != token.LOR && b.Op != token.LAND {
				return false
			}
		case edge.IfStmt_Cond:
			stmt, ok := c.Parent().Node().(*ast.IfStmt)
			if !ok || len(stmt.Body.List) == 0 {
				return false
			}
			ret, ok := stmt.Body.List[len(stmt.Body.List)-1].(*ast.ReturnStmt)
			if !ok || len(ret.Results) == 0 {
				return false
			}
			last := ret.Results[len(ret.Results)-1]
			return query.Implements(pass.Pkg, pass.TypesInfo.TypeOf(last), "error") && !pass.TypesInfo.Types[last].IsNil()
		default:
			return false
		}
		c = c.Parent()
	}
}

// originsMatchedByPart reports origins that are matched with a regular expression of the
// configuration, which need not match the whole of them.
func originsMatchedByPart(pass *check.PackagePass) {
	var matched []*ast.CallExpr
	for c := range code.CallsTo(pass.Pass, "(*regexp.Regexp).MatchString") {
		if call, ok := c.Node().(*ast.CallExpr); ok && len(call.Args) == 1 && isOriginText(pass, call.Args[0], 3) && !knownPattern(pass, call) {
			matched = append(matched, call)
		}
	}
	if len(matched) == 0 || !compilesOpen(pass) {
		return
	}
	persona := check.Regular
	if !speaksOfPages(pass) {
		persona = check.Pedantic
	}
	for _, call := range matched {
		pass.Report(check.Finding{
			Message:  "the regular expression may match any part of the origin: example.com lets https://example.com.evil.test through",
			Location: pass.Location(call),
			Persona:  persona,
		})
	}
}

// compilesOpen reports whether a function of the package compiles what it is given and does
// not anchor it.
func compilesOpen(pass *check.PackagePass) bool {
	for c := range code.CallsTo(pass.Pass, "regexp.Compile", "regexp.MustCompile") {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			continue
		}
		if _, known := code.ConstString(pass.Pass, call.Args[0]); known {
			continue
		}
		if f, ok := code.Enclosing(c); ok && !anchors(pass, f.Node) {
			return true
		}
	}
	return false
}

// knownPattern reports whether a match is of a regular expression that stands in the source.
func knownPattern(pass *check.PackagePass, match *ast.CallExpr) bool {
	sel, ok := ast.Unparen(match.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	compile, ok := ast.Unparen(code.Init(pass.Pass, sel.X)).(*ast.CallExpr)
	if !ok || len(compile.Args) != 1 {
		return false
	}
	_, known := code.ConstString(pass.Pass, compile.Args[0])
	return known
}

// anchors reports whether a function adds to a pattern what makes it match from the beginning to
// the end.
func anchors(pass *check.PackagePass, fn ast.Node) bool {
	begins, ends := false, false
	ast.Inspect(fn, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			text, _ := code.ConstString(pass.Pass, lit)
			begins = begins || strings.HasPrefix(text, "^") || strings.HasPrefix(text, `\A`)
			ends = ends || strings.HasSuffix(text, "$") || strings.HasSuffix(text, `\z`)
		}
		return true
	})
	return begins && ends
}

// isOriginText reports whether a text is an origin, by its name, or as it is read from the header.
func isOriginText(pass *check.PackagePass, e ast.Expr, steps int) bool {
	if steps == 0 {
		return false
	}
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok {
		name := code.Unversioned(query.Callee(pass.TypesInfo, call))
		if (name == "strings.ToLower" || name == "strings.TrimSpace") && len(call.Args) == 1 {
			return isOriginText(pass, call.Args[0], steps)
		}
		for _, get := range headerGetters {
			if name == get && len(call.Args) == 1 {
				header, ok := code.ConstString(pass.Pass, call.Args[0])
				return ok && strings.EqualFold(header, "Origin")
			}
		}
		return false
	}
	if init := code.Init(pass.Pass, e); init != nil && init != e {
		return isOriginText(pass, init, steps-1)
	}
	words := query.Words(purpose.NameOf(pass.TypesInfo, e))
	v := code.Var(pass.TypesInfo, e)
	return v != nil && len(words) > 0 && words[len(words)-1] == "origin" && code.IsText(v.Type())
}
