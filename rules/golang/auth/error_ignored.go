package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/auth-error-ignored.txtar
var errorIgnoredExamples string

// ErrorIgnored finds checks of permission whose error lets the caller in.
var ErrorIgnored = &check.Check{
	ID:         "go/auth-error-ignored",
	Title:      "Error of a permission check lets the caller in",
	CWE:        []check.CWE{636, 755, 252},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runErrorIgnored,
	Page: check.Page{
		What: "A function that authenticates, authorizes or verifies returns an error, and the code goes on as if it had not: the error is thrown away or only logged, or the answer of `isRevoked`, `isBlocked` is taken without a look at " +
			"the error beside it, the answer of `hasPermission` is thrown away, or a function such as `isAllowed`, or one that calls it, answers true on an error.",
		Why: "The check fails open. An attacker only has to make it fail: a malformed token, a full connection pool, a permission service that does not answer. OWASP lists this among its ten most common risks of 2025, as mishandling of " +
			"exceptional conditions.",
		Fix: "Return on the error, after a 401, 403 or 500. There is no quick fix, because only you know what to answer.",
		Limits: "A function counts by its name (`authorize`, `checkPermission`, `verifyToken`, `requireAdmin`, ...), and only if the error is all it returns, or if its answer speaks of refusal (`isRevoked`) or permission (`hasPermission`). Left alone: errors that are used in any " +
			"way but logging, checks of a configuration (`config.CheckCredentials()`), deferred calls, and test code. In commands, and of clients, which log in somewhere, it is for persona pedantic, as are functions that say whether an address is banned.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/636.html",
			"https://owasp.org/Top10/2025/A10_2025-Mishandling_of_Exceptional_Conditions/",
		},
		Examples: errorIgnoredExamples,
	},
}

// Verbs and what they are about, of functions whose error means refusal.
var (
	aloneVerbs = []string{"authenticate", "authorize", "authorise", "authz", "authn"}
	pairVerbs  = []string{"check", "verify", "validate", "require", "ensure", "enforce", "assert", "must"}
	subjects   = []string{"permission", "permissions", "auth", "authorization", "authentication", "access", "token", "signature", "credential", "credentials", "password",
		"session", "csrf", "admin", "role", "roles", "privilege", "privileges", "jwt", "hmac", "mac", "login", "acl", "owner", "ownership", "otp", "totp", "mfa"}
	refusalWords = []string{"revoked", "blocked", "banned", "denied", "forbidden", "disabled", "locked", "blacklisted", "denylisted", "expired", "suspended", "ratelimited"}
)

func runErrorIgnored(_ context.Context, pass *check.PackagePass) error {
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { return called.Func != nil && decides(called.Func) }) {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			reportIgnored(pass, c, call, code.Callee(pass.TypesInfo, call))
		}
	}
	for c := range code.Nodes(pass.Pass, (*ast.FuncDecl)(nil)) {
		if d, ok := c.Node().(*ast.FuncDecl); ok {
			reportFailOpen(pass, d)
		}
	}
	return nil
}

// decides reports whether a function is one that reportIgnored has an opinion of, by its name.
func decides(fn *types.Func) bool {
	name := fn.Name()
	return refuses(name) || permits(name) || speaksOfRefusal(name) || verdicts[code.Unversioned(query.Name(fn))] != (verdict{})
}

// reportIgnored judges what becomes of the answer of a function that says who is let in.
func reportIgnored(pass *check.PackagePass, c inspector.Cursor, call *ast.CallExpr, fn *types.Func) {
	results := fn.Signature().Results()
	n := results.Len()
	if n == 0 {
		return
	}
	report := func(format string, args ...any) {
		finding := check.Finding{Message: fmt.Sprintf(format, args...), Location: pass.Location(call)}
		if isCommand(pass.Pkg) || isClients(fn) {
			finding.Persona = check.Pedantic // who is not let in there is the program itself
		}
		pass.Report(finding)
	}
	isError := query.IsType(results.At(n-1).Type(), "error")
	switch {
	case n == 1 && isError && refuses(fn.Name()) && !isOfConfiguration(pass, call) && !isOfFiles(fn):
		if how := ignores(pass, c); how != "" {
			report("the error of %s is %s, so who should be refused is let in", fn.Name(), how)
		}
	case n == 1 && query.IsType(results.At(0).Type(), "bool") && permits(fn.Name()):
		if ignores(pass, c) == "thrown away" {
			report("the answer of %s is thrown away, so who should be refused is let in", fn.Name())
		}
	case n == 2 && isError && query.IsType(results.At(0).Type(), "bool") && speaksOfRefusal(fn.Name()):
		if errorBlank(c) && !negated(pass, c) {
			report("the error of %s is thrown away, so where it fails nobody is refused", fn.Name())
		}
	case isError:
		// That it is thrown away is another check's, which follows values.
		if v, known := verdicts[code.Unversioned(query.Name(fn))]; known && ignores(pass, c) == "only logged" {
			report("the error of verifying %s is only logged, so a forged one passes", v.of)
		}
	}
}

// isClients reports whether a function is a method of a client, or of a package of one: it logs the program in somewhere, or asks
// for what it may do there, and a server refuses what comes after a failure.
func isClients(fn *types.Func) bool {
	return belongsTo(fn.Pkg(), fn.Signature(), "client", "cli", "sdk", "dialer", "conn", "connection")
}

// isOfFiles reports whether a function is about the permissions of files: it is given a mode, such as 0600.
func isOfFiles(fn *types.Func) bool {
	for param := range fn.Signature().Params().Variables() {
		if query.TypeName(param.Type()) == "io/fs.FileMode" {
			return true
		}
	}
	return false
}

// isOfConfiguration reports whether a call judges a configuration, such as config.CheckCredentials(), and nobody who
// asks for something.
func isOfConfiguration(pass *check.PackagePass, call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || len(call.Args) > 0 {
		return false
	}
	return slices.ContainsFunc(query.Words(purpose.NameOf(pass.TypesInfo, sel.X)), func(w string) bool {
		return slices.Contains([]string{"config", "conf", "cfg", "configuration", "settings", "options", "opts"}, w)
	})
}

// reportFailOpen looks for "return true" on an error in a function that says whether
// somebody may do something, and for "return false" in one that says whether they are
// shut out.
func reportFailOpen(pass *check.PackagePass, d *ast.FuncDecl) {
	results := d.Type.Results
	if d.Body == nil || results == nil || results.NumFields() != 1 || !query.IsType(pass.TypesInfo.TypeOf(results.List[0].Type), "bool") {
		return
	}
	named, shuts := permits(d.Name.Name), shutsOut(d.Name.Name)
	ast.Inspect(d.Body, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if !ok {
			_, isLit := n.(*ast.FuncLit)
			return !isLit
		}
		cond, ok := ast.Unparen(branch.Cond).(*ast.BinaryExpr)
		if !ok || cond.Op != token.NEQ || !pass.TypesInfo.Types[cond.Y].IsNil() || !query.IsType(pass.TypesInfo.TypeOf(cond.X), "error") || len(branch.Body.List) == 0 {
			return true
		}
		ret, ok := branch.Body.List[len(branch.Body.List)-1].(*ast.ReturnStmt)
		if !ok || len(ret.Results) != 1 {
			return true
		}
		lets := named || !shuts && asksPermission(pass, d.Body, branch)
		if answer, known := query.Bool(pass.TypesInfo, ret.Results[0]); known && answer == lets && (lets || shuts) {
			f := check.Finding{Message: fmt.Sprintf("%s lets in whoever makes it fail: it answers %t on an error", d.Name.Name, answer), Location: pass.Location(ret)}
			if shuts && bansAddress(pass, d) {
				f.Persona = check.Pedantic // whoever is banned has other addresses
			}
			pass.Report(f)
		}
		return true
	})
}

// asksPermission reports whether the error that a branch is about is that of a function which is named for
// saying whether somebody is let in.
func asksPermission(pass *check.PackagePass, body *ast.BlockStmt, branch *ast.IfStmt) (asks bool) {
	cond, ok := ast.Unparen(branch.Cond).(*ast.BinaryExpr)
	if !ok {
		return false
	}
	v := code.Var(pass.TypesInfo, cond.X)
	ast.Inspect(body, func(n ast.Node) bool {
		as, ok := n.(*ast.AssignStmt)
		if !ok || as.Pos() > cond.Pos() || len(as.Rhs) != 1 || v == nil || code.Var(pass.TypesInfo, as.Lhs[len(as.Lhs)-1]) != v {
			return true
		}
		asks = false
		call, ok := ast.Unparen(as.Rhs[0]).(*ast.CallExpr)
		if !ok {
			return true
		}
		fn := code.Callee(pass.TypesInfo, call)
		asks = fn != nil && (permits(fn.Name()) || refuses(fn.Name())) // of the last one before the branch
		return true
	})
	return asks
}

// permits reports whether a function is named for saying whether somebody is let in,
// by a bool. Limits of rates are let through on an error on purpose.
func permits(name string) bool {
	words := query.Words(name)
	if len(words) < 2 || slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains(refusalWords, w) || slices.Contains([]string{"rate", "limit", "limiter", "quota", "not", "no", "invalid", "without", "missing", "needs", "need", "requires", "required", "skip", "empty"}, w)
	}) {
		return false
	}
	last := words[len(words)-1]
	switch words[0] {
	case "is":
		return slices.Contains([]string{"allowed", "authorized", "authorised", "authenticated", "permitted", "admin"}, last) ||
			last == "valid" && slices.ContainsFunc(words, func(w string) bool { return slices.Contains(subjects, w) })
	case "has":
		return slices.Contains([]string{"permission", "permissions", "access", "role", "privilege", "privileges"}, last)
	case "check", "verify", "validate":
		return slices.Contains(subjects, last)
	case "may":
		return true
	}
	return false
}

// bansAddress reports whether a function says whether an address is banned, that of a peer, which keeps abuse down as a limit of
// rates does and tells nobody from another.
func bansAddress(pass *check.PackagePass, d *ast.FuncDecl) bool {
	words := query.Words(d.Name.Name)
	if words[len(words)-1] != "banned" || d.Type.Params.NumFields() != 1 || len(d.Type.Params.List[0].Names) != 1 {
		return false
	}
	param := d.Type.Params.List[0]
	if query.TypeName(pass.TypesInfo.TypeOf(param.Type)) == "net/netip.Addr" {
		return true
	}
	return slices.ContainsFunc(query.Words(param.Names[0].Name), func(w string) bool {
		return w == "addr" || w == "address" || w == "ip" || w == "peer" || w == "host"
	})
}

func shutsOut(name string) bool {
	words := query.Words(name)
	return len(words) > 1 && words[0] == "is" && slices.Contains([]string{"revoked", "banned", "blacklisted", "denylisted", "suspended"}, words[len(words)-1])
}

// refuses reports whether a function is named for letting somebody in or not.
func refuses(name string) bool {
	words := query.Words(name)
	if len(words) == 0 {
		return false
	}
	if slices.Contains(aloneVerbs, words[0]) {
		return true
	}
	last := words[len(words)-1]
	return len(words) > 1 && slices.Contains(pairVerbs, words[0]) && slices.Contains(subjects, last)
}

func speaksOfRefusal(name string) bool {
	words := query.Words(name)
	return len(words) > 1 && (words[0] == "is" || words[0] == "check") && slices.Contains(refusalWords, words[len(words)-1])
}

// ignores says how the last result of a call is ignored, "thrown away" only of one that
// has no other; "" if it is not.
func ignores(pass *check.PackagePass, c inspector.Cursor) string {
	kind := c.ParentEdgeKind()
	switch kind {
	case edge.ExprStmt_X:
		return "thrown away"
	case edge.AssignStmt_Rhs:
	default:
		return ""
	}
	as, ok := c.Parent().Node().(*ast.AssignStmt)
	if !ok || len(as.Rhs) != 1 {
		return ""
	}
	id, ok := as.Lhs[len(as.Lhs)-1].(*ast.Ident)
	if !ok {
		return ""
	}
	if id.Name == "_" {
		if len(as.Lhs) > 1 {
			return ""
		}
		return "thrown away"
	}
	v := code.Var(pass.TypesInfo, id)
	f, ok := code.Enclosing(c)
	if v == nil || !ok || f.Body == nil {
		return ""
	}
	if onlyLogged(pass, f.Body, v, as) {
		return "only logged"
	}
	return ""
}

// onlyLogged reports whether the only thing that comes of a variable's value is
// one branch on "err != nil" that goes on behind it.
func onlyLogged(pass *check.PackagePass, body *ast.BlockStmt, v *types.Var, set *ast.AssignStmt) bool {
	var branch *ast.IfStmt
	uses := 0
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			cond, ok := ast.Unparen(n.Cond).(*ast.BinaryExpr)
			if ok && cond.Op == token.NEQ && code.Var(pass.TypesInfo, cond.X) == v && pass.TypesInfo.Types[cond.Y].IsNil() &&
				(n.Init == set || n.Pos() > set.Pos()) && branch == nil {
				branch = n
			}
		case *ast.Ident:
			if pass.TypesInfo.Uses[n] == v && n.Pos() > set.End() {
				uses++
			}
		}
		return true
	})
	if branch == nil || branch.Else != nil || len(branch.Body.List) == 0 {
		return false
	}
	// Each statement of the branch writes a log, and nothing else looks at the error.
	within := 1 // the condition
	for _, stmt := range branch.Body.List {
		expr, ok := stmt.(*ast.ExprStmt)
		if !ok {
			return false
		}
		call, ok := expr.X.(*ast.CallExpr)
		if !ok || !isLog(pass, call) {
			return false
		}
		ast.Inspect(call, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && pass.TypesInfo.Uses[id] == v {
				within++
			}
			return true
		})
	}
	return uses == within
}

// isLog reports whether a call writes a log and comes back.
func isLog(pass *check.PackagePass, call *ast.CallExpr) bool {
	fn := code.Callee(pass.TypesInfo, call)
	if fn == nil {
		return false
	}
	for _, prefix := range []string{"Print", "Debug", "Info", "Warn", "Error", "Log", "Trace", "Notice"} {
		if name := fn.Name(); len(name) >= len(prefix) && name[:len(prefix)] == prefix {
			switch path := code.Path(fn.Pkg()); {
			case path == "net/http": // http.Error answers
				return false
			case path == "log", path == "log/slog", path == "fmt":
				return true
			}
			recv := fn.Signature().Recv()
			return recv != nil && slices.ContainsFunc(query.Words(query.TypeName(recv.Type())), func(w string) bool {
				return w == "log" || w == "logger" || w == "logrus" || w == "zap" || w == "zerolog" || w == "entry" || w == "slog"
			})
		}
	}
	return false
}

// errorBlank reports whether the second result of a call is given to "_".
func errorBlank(c inspector.Cursor) bool {
	as, ok := c.Parent().Node().(*ast.AssignStmt)
	if !ok || len(as.Lhs) != 2 || len(as.Rhs) != 1 {
		return false
	}
	id, ok := as.Lhs[1].(*ast.Ident)
	first, named := as.Lhs[0].(*ast.Ident)
	return ok && id.Name == "_" && named && first.Name != "_"
}

// negated reports whether the answer is asked for its opposite, which is false
// where there was an error: if !expired { refuse }.
func negated(pass *check.PackagePass, c inspector.Cursor) bool {
	as, ok := c.Parent().Node().(*ast.AssignStmt)
	if !ok {
		return true
	}
	v := code.Var(pass.TypesInfo, as.Lhs[0])
	f, ok := code.Enclosing(c)
	if v == nil || !ok {
		return true
	}
	branches := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if s, ok := n.(*ast.IfStmt); ok && code.Var(pass.TypesInfo, s.Cond) == v {
			branches = true
		}
		return true
	})
	return !branches
}
