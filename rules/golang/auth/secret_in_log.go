package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/secret-in-log.txtar
var secretInLogExamples string

// SecretInLog finds passwords, tokens and keys that are written to logs and errors.
var SecretInLog = &check.Check{
	ID:         "go/secret-in-log",
	Title:      "Secret is written to a log or into an error",
	CWE:        []check.CWE{532, 209, 312},
	Severity:   check.Medium,
	Persona:    check.Pedantic, // three in four are told to who owns the secret: tools, traces, local runs
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runSecretInLog,
	Page: check.Page{
		What: "A log entry or an error gets a password, a token, a key, the headers of a request, which have `Authorization` and `Cookie` among them, or an URL that may have a password in it.",
		Why: "Logs are kept for years, copied to other systems and read by people who may not log in as their users; errors end in logs, in tickets and on pages. client-go wrote bearer tokens to its debug log " +
			"(CVE-2020-8565), and go-getter the SSH keys and passwords in URLs to its errors (CVE-2022-29810).",
		Fix: "Leave the value out, or write something that identifies it without giving it away: its length, a hash, the user. For URLs there is `(*url.URL).Redacted`, which the quick fix takes; it is not safe to apply unseen, because it " +
			"hides passwords only, not what stands in the query. For types of your own, implement `slog.LogValuer` or `fmt.Formatter`.",
		Limits: "Judged by names (`password`, `accessToken`, `clientSecret`, `databaseURL`), by the headers and form fields that are read, and by types. Words that mean other things too, `token`, `secret` and `pass` alone, are not " +
			"judged. What went through a function that is not known to keep text as it is counts as redacted, as does a part of a text, and a type with a `String` method of its own. URLs are judged in packages that deal with " +
			"user and password in URLs, and where a request is sent; they are tentative, as are whole messages that interceptors of gRPC log, and both are for persona auditor unless the package deals with passwords in URLs and the log is not one for debugging, or an exported function of a library is given the request. Output of programs (`fmt.Print`) and test code are left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/532.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-8565",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-29810",
			"https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html",
			"https://pkg.go.dev/net/url#URL.Redacted",
		},
		Examples: secretInLogExamples,
	},
}

func runSecretInLog(_ context.Context, pass *check.PackagePass) error {
	l := &secretLog{PackagePass: pass, index: query.IndexOf(pass.Pass), dumps: map[*types.Var]bool{}}
	for c := range code.CallsTo(pass.Pass, "net/url.UserPassword", "(*net/url.Userinfo).Password") {
		call, ok := c.Node().(*ast.CallExpr)
		l.userinfo = l.userinfo || ok && !l.isOfRequest(calledOn(call), 3)
	}
	for c := range code.CallsTo(pass.Pass, dumpers...) {
		if as, ok := c.Parent().Node().(*ast.AssignStmt); ok && ast.Unparen(as.Rhs[0]) == c.Node() {
			if v := code.Var(pass.TypesInfo, as.Lhs[0]); v != nil && !l.hidesCredentials(c) {
				l.dumps[v] = true
			}
		}
	}
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { where, _ := destination(called.Func); return where != "" }) {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			l.call(c, call)
		}
	}
	for c := range code.Nodes(pass.Pass, (*ast.RangeStmt)(nil)) {
		if loop, ok := c.Node().(*ast.RangeStmt); ok {
			l.headers(c, loop)
		}
	}
	return nil
}

// dumpers give the text of a whole request.
var dumpers = []string{"net/http/httputil.DumpRequest", "net/http/httputil.DumpRequestOut"}

// secretLog is the work on one package.
type secretLog struct {
	*check.PackagePass
	index *query.Index
	// userinfo: the package deals with passwords in URLs, other than those of requests.
	userinfo bool
	// dumps are variables with the text of whole requests.
	dumps map[*types.Var]bool
}

// A leak is a secret that an expression shows.
type leak struct {
	what string
	at   ast.Expr
	url  bool // at has type *url.URL
	// unsure: few of its kind have a secret in them; likely: but the package shows that it expects one; callers: or
	// takes what its callers have.
	unsure, likely, callers bool
}

// call judges one call that may write to a log or make an error.
func (l *secretLog) call(c inspector.Cursor, call *ast.CallExpr) {
	fn := code.Callee(l.TypesInfo, call)
	where, pairs := destination(fn)
	if where == "" {
		return
	}
	verbs := l.verbs(call, fn)
	for i, arg := range call.Args {
		if verb := verbs[arg]; verb == 'T' || verb == 'p' || verb == 't' {
			continue
		}
		found := l.leaks(c, arg, 4)
		if len(found) > 0 && query.IsType(l.TypesInfo.TypeOf(found[0].at), "net/http.Request") && verbs[arg] == 0 && !printsAll(fn) {
			continue // given for what is in it, not to be shown
		}
		if key, ok := query.String(l.TypesInfo, arg); ok && pairs && i+1 < len(call.Args) && len(found) == 0 {
			value := call.Args[i+1]
			if what := secretName(key); what != "" && !saysWhatHappens(key) && !isOf(purpose.NameOf(l.TypesInfo, value)) && l.isPlainText(value) && !l.isMade(value) && len(l.leaks(c, value, 4)) == 0 {
				found = []leak{{what: what, at: value}}
			}
		}
		if len(found) > 0 && l.isPublic(c, found[0]) {
			continue
		}
		for _, k := range found {
			f := check.Finding{Message: fmt.Sprintf("%s goes to %s", k.what, where), Location: l.Location(k.at)}
			if l.isOfText(k) {
				continue
			}
			if k.unsure {
				f.Confidence = check.Tentative
				// What a command is started with is for whoever starts it, and who has it say what it does in detail looks for something.
				if !k.callers && (!k.likely || isForDebugging(fn)) || slices.Contains(commands, l.Pkg.Name()) {
					f.Persona = check.Auditor
				}
			}
			if k.url {
				shown := k.at
				if s, ok := ast.Unparen(shown).(*ast.CallExpr); ok {
					if sel, ok := ast.Unparen(s.Fun).(*ast.SelectorExpr); ok && len(s.Args) == 0 {
						shown = sel.X
					}
				}
				f.Fixes = []check.Fix{{Title: "Hide the password", Edits: []check.Edit{l.Edit(k.at, edit.Text(l.PackagePass, shown)+".Redacted()")}}}
			}
			l.Report(f)
			return // one for a call
		}
	}
}

// isOfText reports whether a token is a part of a text, by the package that speaks of it: one that takes texts apart.
func (l *secretLog) isOfText(k leak) bool {
	return strings.HasSuffix(k.what, " token") && slices.ContainsFunc(query.Words(l.Pkg.Name()), func(w string) bool {
		return slices.Contains([]string{"tokenizer", "tokenizers", "lexer", "lex", "parser", "parse", "scanner", "vocab", "bpe", "wordpiece", "sentencepiece"}, w)
	})
}

// commands are names of packages that hold a program's commands.
var commands = []string{"main", "cmd", "command", "commands", "cli"}

// isCommand reports whether a package lies where a program keeps its commands: what they are given is their user's.
func isCommand(pkg *types.Package) bool {
	return slices.ContainsFunc(strings.Split(pkg.Path(), "/"), func(s string) bool { return slices.Contains(commands, s) })
}

// levels begin the names of functions that write to logs.
var levels = []string{"Debug", "Info", "Warn", "Error", "Fatal", "Panic", "Trace", "Print", "Notice", "Crit", "Log", "Alert", "Output", "Verbose", "Msg"}

// destination says where a function writes its arguments, a log or an error, "" if to
// neither; pairs means that they are names and values in turn, or one of each.
func destination(fn *types.Func) (where string, pairs bool) {
	if fn == nil {
		return "", false
	}
	const log, failure = "a log", "an error"
	pkg := code.Unversioned(code.Path(fn.Pkg()))
	switch name := code.Unversioned(query.Name(fn)); name {
	case "fmt.Errorf", "errors.New", "github.com/pkg/errors.Errorf", "github.com/pkg/errors.New", "github.com/pkg/errors.Wrapf", "github.com/pkg/errors.Wrap", "golang.org/x/xerrors.Errorf":
		return failure, false
	case "go.uber.org/zap.String", "go.uber.org/zap.Any", "go.uber.org/zap.ByteString", "go.uber.org/zap.Reflect", "log/slog.String", "log/slog.Any",
		"(*github.com/rs/zerolog.Event).Str", "(*github.com/rs/zerolog.Event).Bytes", "(*github.com/rs/zerolog.Event).Interface", "(*github.com/rs/zerolog.Event).Any",
		"(*github.com/sirupsen/logrus.Entry).WithField", "(*github.com/sirupsen/logrus.Logger).WithField", "github.com/sirupsen/logrus.WithField",
		"(*go.uber.org/zap.SugaredLogger).With", "(*log/slog.Logger).With", "(github.com/go-logr/logr.Logger).WithValues":
		return log, true
	case "(*github.com/sirupsen/logrus.Entry).WithFields", "(*github.com/sirupsen/logrus.Logger).WithFields", "github.com/sirupsen/logrus.WithFields":
		return log, false
	}
	if !slices.ContainsFunc(levels, func(level string) bool { return strings.HasPrefix(fn.Name(), level) }) {
		return "", false
	}
	if recv := fn.Signature().Recv(); recv != nil {
		typeName := query.TypeName(recv.Type())
		typeName = strings.ToLower(typeName[strings.LastIndexByte(typeName, '.')+1:])
		for _, end := range []string{"logger", "log", "entry", "verbose", "event"} {
			if strings.HasSuffix(typeName, end) && (end != "event" || pkg == "github.com/rs/zerolog") {
				return log, !strings.HasSuffix(fn.Name(), "f")
			}
		}
		return "", false
	}
	switch path.Base(pkg) {
	case "log", "slog", "klog", "glog", "logrus", "logging", "logger", "zlog", "seelog", "grpclog", "tflog":
		return log, !strings.HasSuffix(fn.Name(), "f")
	}
	return "", false
}

// isForDebugging reports whether a log is one that is switched on for a while, by the names of the function and of its
// type.
func isForDebugging(fn *types.Func) bool {
	words := query.Words(fn.Name())
	if recv := fn.Signature().Recv(); recv != nil {
		typeName := query.TypeName(recv.Type())
		words = append(words, query.Words(typeName[strings.LastIndexByte(typeName, '.')+1:])...)
	}
	return slices.ContainsFunc(words, func(w string) bool {
		return w == "debug" || w == "debugf" || w == "debugw" || w == "debugging" || w == "trace" || w == "tracef" || w == "verbose"
	})
}

// printsAll reports whether a function shows every argument, whatever it is.
func printsAll(fn *types.Func) bool {
	switch code.Unversioned(code.Path(fn.Pkg())) {
	case "log", "log/slog", "k8s.io/klog", "github.com/golang/glog", "github.com/sirupsen/logrus", "go.uber.org/zap":
		return true
	}
	return false
}

// verbs gives the verb with which a constant format shows each argument after it.
func (l *secretLog) verbs(call *ast.CallExpr, fn *types.Func) map[ast.Expr]byte {
	if !strings.HasSuffix(fn.Name(), "f") || call.Ellipsis.IsValid() {
		return nil
	}
	for i, arg := range call.Args {
		format, ok := code.ConstString(l.Pass, arg)
		if !ok || !strings.Contains(format, "%") {
			continue
		}
		verbs := map[ast.Expr]byte{}
		next := i + 1
		for j := 0; j < len(format); j++ {
			if format[j] != '%' {
				continue
			}
			for j++; j < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[j]) >= 0; j++ {
			}
			if j < len(format) && format[j] != '%' && next < len(call.Args) {
				verbs[call.Args[next]] = format[j]
				next++
			}
		}
		return verbs
	}
	return nil
}

// leaks gives the secrets that an expression shows as they are. Steps bound how many
// variables are looked through.
func (l *secretLog) leaks(c inspector.Cursor, e ast.Expr, steps int) []leak {
	if steps == 0 || l.TypesInfo.Types[e].Value != nil {
		return nil
	}
	e = ast.Unparen(e)
	t := l.TypesInfo.TypeOf(e)
	switch {
	case query.IsType(t, "net/http.Request") && !l.isMade(e):
		return []leak{{what: "a whole request, with its Authorization header,", at: e}}
	case query.IsType(t, "net/http.Header") && l.isRequestHeader(e):
		return []leak{{what: "the headers of a request, with Authorization among them,", at: e}}
	case isMessage(l.Pass, c, e):
		return []leak{{what: "a whole gRPC message", at: e, unsure: true}}
	case isURL(t) && l.isOfServer(c, e):
		return nil
	case isURL(t) && (l.userinfo || l.isOfClient(c, e)):
		if isPointer(t) {
			return []leak{{what: "an URL that may have a password in it", at: e, url: true, unsure: true, likely: l.userinfo, callers: l.isCallersRequest(c, e)}}
		}
		return nil
	}
	switch x := e.(type) {
	case *ast.Ident:
		v := code.Var(l.TypesInfo, x)
		if v == nil {
			return nil
		}
		if l.dumps[v] {
			return []leak{{what: "a whole request, with its Authorization header,", at: e}}
		}
		if what := secretName(x.Name); what != "" && what != "the secret key" && l.isPlainText(e) { // which may be that of a map of secrets
			return []leak{{what: what, at: e}}
		}
		if l.userinfo && l.isParsed(c, v) {
			return []leak{{what: "an URL that may have a password in it", at: e, unsure: true, likely: true}}
		}
		if !code.IsText(v.Type()) || v.Parent() == l.Pkg.Scope() || v.Kind() == types.ParamVar {
			return nil
		}
		if init := code.Init(l.Pass, x); init != nil && init != e {
			if found := l.leaks(c, init, steps-1); len(found) > 0 {
				found[0].at, found[0].url = e, false
				return found
			}
		}
	case *ast.SelectorExpr:
		if what := secretName(x.Sel.Name); what != "" && l.isPlainText(e) {
			if v := code.Var(l.TypesInfo, x); v != nil {
				return []leak{{what: what, at: e}}
			}
		}
	case *ast.StarExpr:
		return l.leaks(c, x.X, steps)
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			return append(l.leaks(c, x.X, steps), l.leaks(c, x.Y, steps)...)
		}
	case *ast.IndexExpr:
		_, isHeader := under(t).(*types.Slice) // its values
		if key, ok := code.ConstString(l.Pass, x.Index); ok && (isHeader || l.isPlainText(e)) {
			if what := secretKey(key); what != "" {
				return []leak{{what: what, at: e}}
			}
		}
		if _, isMap := under(l.TypesInfo.TypeOf(x.X)).(*types.Map); !isMap {
			return l.leaks(c, x.X, steps) // header["Authorization"][0]
		}
	case *ast.CompositeLit: // logrus.Fields{"password": password}
		if query.Implements(l.Pkg, t, "error") || query.Implements(l.Pkg, types.NewPointer(t), "error") {
			return nil // its method says what is shown
		}
		for _, elt := range x.Elts {
			kv, ok := elt.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			if found := l.leaks(c, kv.Value, steps-1); len(found) > 0 {
				return found
			}
			if key, ok := code.ConstString(l.Pass, kv.Key); ok && secretKey(key) != "" && l.isPlainText(kv.Value) && !l.isMade(kv.Value) {
				return []leak{{what: secretKey(key), at: kv.Value}}
			}
		}
	case *ast.CallExpr:
		return l.leaksOfCall(c, x, steps)
	}
	return nil
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

// keeping are functions that give their arguments back in another form, all of them.
var keeping = map[string]bool{
	"fmt.Sprint": true, "fmt.Sprintf": true, "fmt.Sprintln": true, "strings.TrimSpace": true, "strings.ToLower": true, "strings.ToUpper": true, "strings.Trim": true, "strings.TrimPrefix": true,
	"strings.TrimSuffix": true, "strings.TrimRight": true, "strings.TrimLeft": true, "bytes.TrimSpace": true, "strconv.Quote": true, "encoding/hex.EncodeToString": true,
	"(*encoding/base64.Encoding).EncodeToString": true, "net/url.QueryEscape": true, "net/url.PathEscape": true, "strings.Join": true,
}

func (l *secretLog) leaksOfCall(c inspector.Cursor, call *ast.CallExpr, steps int) []leak {
	name := query.Callee(l.TypesInfo, call)
	if l.TypesInfo.Types[call.Fun].IsType() || keeping[name] {
		for _, arg := range call.Args {
			if found := l.leaks(c, arg, steps-1); len(found) > 0 {
				if found[0].url {
					found[0].url = name == "fmt.Sprintf"
				}
				return found
			}
		}
		return nil
	}
	switch {
	case name == "(*net/url.URL).String" && !l.isOfServer(c, calledOn(call)) && (l.userinfo || l.isOfClient(c, calledOn(call))):
		return []leak{{what: "an URL that may have a password in it", at: call, url: true, unsure: true, likely: l.userinfo, callers: l.isCallersRequest(c, calledOn(call))}}
	case slices.Contains(dumpers, name):
		return []leak{{what: "a whole request, with its Authorization header,", at: call}}
	case len(call.Args) == 1 && isGetter(name):
		if key, ok := code.ConstString(l.Pass, call.Args[0]); ok {
			if what := secretKey(key); what != "" {
				return []leak{{what: what, at: call}}
			}
		}
	}
	return nil
}

func calledOn(call *ast.CallExpr) ast.Expr {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return call
}

// isOfRequest reports whether something is, or is a part of, the URL of a request: what a server finds there says nothing of the URLs
// that it is configured with.
func (l *secretLog) isOfRequest(e ast.Expr, steps int) bool {
	for ; steps > 0; steps-- {
		if init := code.Init(l.Pass, e); init != nil {
			e = init
		}
		sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
		if !ok {
			return false
		}
		if query.IsType(l.TypesInfo.TypeOf(sel.X), "net/http.Request") {
			return true
		}
		e = sel.X
	}
	return false
}

// isOfServer reports whether an URL is that of a request that the function around a place answers: nobody's password
// is in it.
func (l *secretLog) isOfServer(c inspector.Cursor, e ast.Expr) bool {
	if !l.isOfRequest(e, 1) {
		return false
	}
	f, ok := code.Enclosing(c)
	if !ok || f.Type.Params == nil {
		return false
	}
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		return query.IsType(l.TypesInfo.TypeOf(p.Type), "net/http.ResponseWriter")
	})
}

// hidesCredentials reports whether the function around the dump of a request replaces or removes its Authorization
// header before.
func (l *secretLog) hidesCredentials(dump inspector.Cursor) bool {
	call, ok := dump.Node().(*ast.CallExpr)
	f, inside := code.Enclosing(dump)
	if !ok || !inside || f.Body == nil || len(call.Args) == 0 {
		return false
	}
	request := code.Var(l.TypesInfo, call.Args[0])
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		set, ok := n.(*ast.CallExpr)
		if !ok || set.Pos() >= call.Pos() || len(set.Args) == 0 {
			return true
		}
		switch query.Callee(l.TypesInfo, set) {
		case "(net/http.Header).Set", "(net/http.Header).Del":
		default:
			return true
		}
		header, ok := ast.Unparen(calledOn(set)).(*ast.SelectorExpr)
		name, _ := code.ConstString(l.Pass, set.Args[0])
		if !ok || request == nil || code.Var(l.TypesInfo, header.X) != request || !strings.EqualFold(name, "Authorization") {
			return true
		}
		if len(set.Args) == 1 { // Del
			found = true
		} else if _, fixed := code.ConstString(l.Pass, set.Args[1]); fixed {
			found = true
		}
		return !found
	})
	return found
}

// isOfClient reports whether an URL is that of a request which the function around a place sends. Those that a server
// gets have no user and password in them.
func (l *secretLog) isOfClient(c inspector.Cursor, e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if v := code.Var(l.TypesInfo, e); !ok || v == nil || v.Name() != "URL" || code.Path(v.Pkg()) != "net/http" {
		return false
	}
	if _, isCall := ast.Unparen(sel.X).(*ast.CallExpr); isCall {
		return false
	}
	if l.hasFixedHost(c, sel.X) || followsRedirect(l.Pass, c, sel.X) {
		return false
	}
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		for call := range f.Preorder((*ast.CallExpr)(nil)) {
			n, ok := call.Node().(*ast.CallExpr)
			if !ok {
				continue
			}
			switch query.Callee(l.TypesInfo, n) {
			case "(*net/http.Client).Do", "(net/http.RoundTripper).RoundTrip", "(*net/http.Transport).RoundTrip":
				return true
			}
		}
	}
	return false
}

// isCallersRequest reports whether an URL is that of a request that an exported function of a library is given.
func (l *secretLog) isCallersRequest(c inspector.Cursor, e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || !code.IsLibrary(l.Pkg) {
		return false
	}
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		if decl, ok := f.Node().(*ast.FuncDecl); !ok || !isExported(l.TypesInfo, decl) {
			return false
		}
	}
	v := code.Var(l.TypesInfo, sel.X)
	return v != nil && v.Kind() == types.ParamVar
}

// isExported reports whether a function is one that other packages can name: exported, and not a method of a type that
// is not.
func isExported(info *types.Info, decl *ast.FuncDecl) bool {
	if decl.Recv == nil {
		return decl.Name.IsExported()
	}
	named := query.TypeName(info.TypeOf(decl.Recv.List[0].Type))
	return decl.Name.IsExported() && ast.IsExported(named[strings.LastIndexByte(named, '.')+1:])
}

// hasFixedHost reports whether a request is made in the function around a place, for an URL that begins with a
// scheme and a host of the source, and so has no user.
func (l *secretLog) hasFixedHost(c inspector.Cursor, request ast.Expr) (found bool) {
	v := code.Var(l.TypesInfo, request)
	f, ok := code.Enclosing(c)
	if v == nil || !ok || f.Body == nil {
		return false
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		as, ok := n.(*ast.AssignStmt)
		if !ok || len(as.Rhs) != 1 || len(as.Lhs) != 2 || code.Var(l.TypesInfo, as.Lhs[0]) != v {
			return true
		}
		call, ok := ast.Unparen(as.Rhs[0]).(*ast.CallExpr)
		if !ok || len(call.Args) < 3 {
			return true
		}
		url := call.Args[len(call.Args)-2]
		if !query.MakesRequest(query.Callee(l.TypesInfo, call)) {
			return true
		}
		for { // "https://host/" + path
			sum, ok := ast.Unparen(url).(*ast.BinaryExpr)
			if _, known := code.ConstString(l.Pass, url); known || !ok {
				break
			}
			url = sum.X
		}
		text, known := code.ConstString(l.Pass, url)
		_, rest, ok := strings.Cut(text, "://")
		found = found || known && ok && strings.Contains(rest, "/") && !strings.Contains(rest, "@")
		return !found
	})
	return found
}

// followsRedirect reports whether a request is the one that an http.Client's CheckRedirect is asked about, whose
// URL a server wrote.
func followsRedirect(pass *analysis.Pass, c inspector.Cursor, request ast.Expr) bool {
	v := code.Var(pass.TypesInfo, request)
	for f := range c.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		var t types.Type
		switch n := f.Node().(type) {
		case *ast.FuncLit:
			t = pass.TypesInfo.TypeOf(n)
		case *ast.FuncDecl:
			if obj := pass.TypesInfo.Defs[n.Name]; obj != nil {
				t = obj.Type()
			}
		}
		sig, ok := t.(*types.Signature)
		if ok && sig.Params().Len() == 2 && sig.Params().At(0) == v && types.TypeString(sig.Params().At(1).Type(), nil) == "[]*net/http.Request" {
			return true
		}
	}
	return false
}

// isMessage reports whether an expression is the message that an interceptor of gRPC is given, whatever its type.
func isMessage(pass *analysis.Pass, c inspector.Cursor, e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	v := code.Var(pass.TypesInfo, id)
	if v == nil || v.Kind() != types.ParamVar {
		return false
	}
	if i, ok := v.Type().Underlying().(*types.Interface); !ok || !i.Empty() {
		return false
	}
	for f := range c.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		var params *ast.FieldList
		switch n := f.Node().(type) {
		case *ast.FuncDecl:
			params = n.Type.Params
		case *ast.FuncLit:
			params = n.Type.Params
		}
		if v.Pos() < params.Pos() || v.Pos() > params.End() {
			continue
		}
		return slices.ContainsFunc(params.List, func(p *ast.Field) bool {
			name := query.TypeName(pass.TypesInfo.TypeOf(p.Type))
			return name == "google.golang.org/grpc.UnaryServerInfo" || name == "google.golang.org/grpc.ClientConn"
		})
	}
	return false
}

// isGetter reports whether a function reads a field of a request or a setting by its name.
func isGetter(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "Get", "GetHeader", "GetString", "FormValue", "PostFormValue", "PostForm", "Query", "QueryParam", "Getenv", "Cookies", "Peek":
		return true
	}
	return false
}

// secretHeaders are those that let their sender in.
var secretHeaders = []string{"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "x-amz-security-token", "private-token", "x-vault-token"}

// secretKey is secretName for the key of a map or the name of a header or field.
func secretKey(key string) string {
	if slices.Contains(secretHeaders, strings.ToLower(key)) {
		return "the " + key + " header"
	}
	return secretName(key)
}

// disguised are words of the names of values that give no secret away, or one that whoever starts the program is told
// and has to change.
var disguised = []string{"temporary", "initial", "generated", "discovery", "masked", "mask", "redacted", "redact", "obfuscated", "hidden", "censored", "sanitized", "safe", "hash", "hashed", "digest", "sum", "encrypted", "sealed", "encoded", "public", "header", "cookie",
	"param", "parameter", "arg", "field", "form", "dummy", "invalid", "expired", "csrf", "xsrf", "new", "fingerprint"}

// flagVerbs begin the names of settings that say what to do with a secret: "rotateToken", "requirePassword".
var flagVerbs = []string{"rotate", "use", "enable", "disable", "require", "requires", "required", "allow", "has", "is", "need", "needs", "skip", "force", "no", "without", "should", "invalid", "missing", "unknown", "bad", "wrong", "unexpected"}

// secretName says what secret a name stands for; "" for none, and for words that mean
// other things too: a token of a lexer, a secret that is the name of an object in a cluster.
func secretName(name string) string {
	words := query.Words(name)
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(disguised, w) && w != "new" }) {
		return ""
	}
	if len(words) > 1 && slices.Contains(flagVerbs, words[0]) {
		return ""
	}
	what := "the " + strings.Join(words, " ")
	if n := len(words); n > 0 {
		switch last := strings.Join(words[max(0, n-2):], " "); last {
		case "dsn", "database url", "db url", "db dsn", "database dsn", "connection string", "conn string", "conn str", "redis url", "mongo uri", "mongo url", "amqp url", "postgres url", "mysql dsn":
			return what + " with its password"
		}
	}
	switch p := purpose.OfName(name); p {
	case purpose.Password:
		if one := words[len(words)-1]; one == "pass" || one == "pwd" || one == "pw" || one == "passes" {
			if len(words) < 2 {
				return ""
			}
		}
		return what
	case purpose.Token, purpose.Key:
		if len(words) == 1 && !slices.Contains([]string{"jwt", "apikey", "privatekey", "secretkey", "privkey"}, words[0]) {
			return ""
		}
		last := words[len(words)-1]
		if last == "session" || last == "sid" || last == "id" || last == "credentials" || last == "credential" || last == "captcha" || last == "tokens" || last == "secrets" ||
			last == "secret" && slices.ContainsFunc(words, isClusterWord) || last == "key" && slices.Contains(words, "access") && !slices.Contains(words, "secret") || last == "key" && (slices.Contains(words, "sign") || slices.Contains(words, "signer")) || slices.Contains([]string{"data key", "app key", "license key", "session key", "activation key"}, strings.Join(words, " ")) ||
			last == "token" && slices.ContainsFunc(words, isParserWord) {
			return ""
		}
		return what
	}
	return ""
}

// isOf reports whether a name is that of a place in a list, or of something about a secret, such as its file, whatever
// it is called in a log.
func isOf(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return slices.Contains([]string{"next", "prev", "batch", "page", "cursor", "offset", "since", "file", "filename", "path", "dir", "name", "id", "type", "kind", "err", "error", "reason", "status", "state"}, w)
	})
}

// saysWhatHappens reports whether a text in a log is a message, "Loading private key: ", rather than the name of what
// follows.
func saysWhatHappens(text string) bool {
	words := query.Words(text)
	return len(words) > 3 || len(words) > 1 && strings.Contains(text, " ") && (strings.HasSuffix(words[0], "ing") && words[0] != "signing" || strings.HasSuffix(words[0], "ed"))
}

// isPublic reports whether a leak is the API key of a pair, which says who somebody is and is known, while the secret
// that belongs to it proves it: a field beside one for the secret, the key of a map of secrets, or any in a package that
// has API secrets.
func (l *secretLog) isPublic(c inspector.Cursor, k leak) bool {
	if !strings.HasSuffix(k.what, " api key") && !strings.HasSuffix(k.what, " apikey") {
		return false
	}
	speaksOfSecret := func(name string) bool { return slices.Contains(query.Words(name), "secret") }
	if sel, ok := ast.Unparen(k.at).(*ast.SelectorExpr); ok {
		owner := under(l.TypesInfo.TypeOf(sel.X))
		if p, ok := owner.(*types.Pointer); ok {
			owner = under(p.Elem())
		}
		if s, ok := owner.(*types.Struct); ok {
			for field := range s.Fields() {
				if speaksOfSecret(field.Name()) {
					return true
				}
			}
		}
	}
	for loop := range c.Enclosing((*ast.RangeStmt)(nil)) {
		n, ok := loop.Node().(*ast.RangeStmt)
		if ok && n.Key != nil && n.Value != nil && code.Var(l.TypesInfo, n.Key) == code.Var(l.TypesInfo, k.at) && speaksOfSecret(purpose.NameOf(l.TypesInfo, n.Value)) {
			return true
		}
	}
	for id := range l.TypesInfo.Defs {
		if words := query.Words(id.Name); len(words) > 1 && strings.HasSuffix(strings.Join(words, " "), "api secret") {
			return true
		}
	}
	return false
}

func isClusterWord(w string) bool {
	return slices.Contains([]string{"tls", "pull", "image", "k", "kube", "cert", "ca", "my", "source", "target", "old", "owned", "existing", "desired", "actual", "vault", "docker", "obj"}, w)
}

func isParserWord(w string) bool {
	return slices.Contains([]string{"start", "end", "next", "last", "first", "prev", "left", "right", "unexpected", "expected", "current", "cur", "peek", "continue", "page", "paging", "batch", "sync", "since", "resume", "continuation", "a", "the", "syntax", "string", "number", "raw",
		"xml", "json", "html", "yaml", "css",
		// Of models of language, and of protocols: what tells messages apart lets nobody in.
		"byte", "bytes", "duplicate", "special", "bos", "eos", "eot", "unk", "pad", "prompt", "completion", "input", "output", "vocab", "vocabulary", "stop", "word", "text", "stateless", "balance", "balancer", "lb", "ack", "fencing", "cancel", "cancellation", "pagination"}, w)
}

// isPlainText reports whether an expression is text that is shown as it is: not a constant, and
// not of a type that decides itself how it is shown.
func (l *secretLog) isPlainText(e ast.Expr) bool {
	t := l.TypesInfo.TypeOf(e)
	if !code.IsText(t) || l.TypesInfo.Types[e].Value != nil || code.Const(l.Pass, e) != nil {
		return false
	}
	for _, method := range []string{"String", "Format", "LogValue", "MarshalText", "MarshalLogObject"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, l.Pkg, method); obj != nil {
			return false
		}
	}
	return true
}

// isMade reports whether an expression is the result of a function that may have cleaned it.
func (l *secretLog) isMade(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	name := query.Callee(l.TypesInfo, call)
	return !l.TypesInfo.Types[call.Fun].IsType() && !keeping[name] && !isGetter(name)
}

func isURL(t types.Type) bool { return query.IsType(t, "net/url.URL") }

func isPointer(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Pointer)
	return ok
}

// isRequestHeader reports whether headers are those of a request.
func (l *secretLog) isRequestHeader(e ast.Expr) bool {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if query.IsType(l.TypesInfo.TypeOf(sel.X), "net/http.Request") {
		return sel.Sel.Name == "Header"
	}
	return slices.ContainsFunc(query.Words(sel.Sel.Name), func(w string) bool { return w == "request" || w == "req" })
}

// isParsed reports whether a text is made an URL by the function around a place, somewhere
// else than just before, where it is no URL.
func (l *secretLog) isParsed(c inspector.Cursor, v *types.Var) bool {
	if b, ok := v.Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsString == 0 || v.Parent() == l.Pkg.Scope() || l.isOrigin(c, v) {
		return false
	}
	for _, use := range l.index.Uses(v) {
		if use.ParentEdgeKind() != edge.CallExpr_Args || use.ParentEdgeIndex() != 0 {
			continue
		}
		call, ok := use.Parent().Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		fn := code.Callee(l.TypesInfo, call)
		if fn == nil || fn.Signature().Results().Len() == 0 || !isURL(fn.Signature().Results().At(0).Type()) || !strings.Contains(fn.Name(), "Parse") {
			continue
		}
		return !l.isFailureOf(c, call)
	}
	return false
}

// isOrigin reports whether a text is the origin of pages, an issuer or another URL that everybody is told, by its name or that of
// the list which it is in.
func (l *secretLog) isOrigin(c inspector.Cursor, v *types.Var) bool {
	names := []string{v.Name()}
	for loop := range c.Enclosing((*ast.RangeStmt)(nil)) {
		if n, ok := loop.Node().(*ast.RangeStmt); ok && n.Value != nil && code.Var(l.TypesInfo, n.Value) == v {
			names = append(names, purpose.NameOf(l.TypesInfo, n.X))
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(query.Words(name), func(w string) bool {
			return slices.Contains([]string{"origin", "origins", "issuer", "issuers", "audience", "redirect", "callback", "authorization", "public"}, w)
		})
	})
}

// isFailureOf reports whether a place is in the branch that handles the error of a call.
func (l *secretLog) isFailureOf(c inspector.Cursor, call *ast.CallExpr) bool {
	for branch := range c.Enclosing((*ast.IfStmt)(nil)) {
		cond, ok := branch.Node().(*ast.IfStmt)
		if !ok || cond.Pos() < call.Pos() && call.End() > cond.Body.Pos() {
			continue
		}
		if call.Pos() > cond.Pos() && call.End() < cond.Body.Pos() {
			return true // if u, err := url.Parse(text); err != nil {
		}
		before, ok := branch.PrevSibling()
		if ok && before.Node().Pos() <= call.Pos() && call.End() <= before.Node().End() {
			return true
		}
	}
	return false
}

// headers judges a loop over the headers of a request that writes each of them.
func (l *secretLog) headers(c inspector.Cursor, loop *ast.RangeStmt) {
	if !query.IsType(l.TypesInfo.TypeOf(loop.X), "net/http.Header") || loop.Key == nil || loop.Value == nil || !l.mayBeRequestHeader(loop.X) {
		return
	}
	key, values := code.Var(l.TypesInfo, loop.Key), code.Var(l.TypesInfo, loop.Value)
	if key == nil || values == nil {
		return
	}
	each := []*types.Var{values}
	var prints []*ast.CallExpr
	looked := false
	ast.Inspect(loop.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if code.Var(l.TypesInfo, n.X) == values && n.Value != nil {
				each = append(each, code.Var(l.TypesInfo, n.Value))
			}
		case *ast.AssignStmt: // value = mask(key, value)
			for _, lhs := range n.Lhs {
				if v := code.Var(l.TypesInfo, lhs); v == values || v != nil && slices.Contains(each, v) {
					looked = true
				}
			}
		case *ast.CallExpr:
			fn := code.Callee(l.TypesInfo, n)
			where, _ := destination(fn)
			switch name := query.Callee(l.TypesInfo, n); {
			case where == "a log", name == "fmt.Sprintf", name == "fmt.Fprintf", name == "fmt.Sprint":
				if slices.ContainsFunc(n.Args, func(arg ast.Expr) bool { return l.showsOneOf(arg, each) }) {
					prints = append(prints, n)
					return true
				}
			}
		case *ast.Ident:
			looked = looked || code.Var(l.TypesInfo, n) == key && !within(n, prints)
		}
		return true
	})
	if looked || len(prints) == 0 {
		return
	}
	if where, _ := destination(code.Callee(l.TypesInfo, prints[0])); where == "" && !l.isLogged(c) {
		return
	}
	l.Report(check.Finding{Message: "each header of a request, with Authorization among them, goes to a log", Location: l.Location(prints[0])})
}

func (l *secretLog) mayBeRequestHeader(e ast.Expr) bool {
	if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok && query.IsType(l.TypesInfo.TypeOf(sel.X), "net/http.Response") {
		return false
	}
	return !slices.ContainsFunc(query.Words(purpose.NameOf(l.TypesInfo, e)), func(w string) bool {
		return w == "response" || w == "resp" || w == "res" || w == "trailer"
	})
}

// showsOneOf reports whether an expression is one of some variables, or text that is made of one.
func (l *secretLog) showsOneOf(e ast.Expr, each []*types.Var) bool {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok && keeping[query.Callee(l.TypesInfo, call)] {
		return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return l.showsOneOf(arg, each) })
	}
	if index, ok := e.(*ast.IndexExpr); ok {
		e = index.X
	}
	v := code.Var(l.TypesInfo, e)
	return v != nil && slices.Contains(each, v)
}

func within(n ast.Node, calls []*ast.CallExpr) bool {
	return slices.ContainsFunc(calls, func(call *ast.CallExpr) bool { return call.Pos() <= n.Pos() && n.End() <= call.End() })
}

// isLogged reports whether the package logs what the function around a place returns.
func (l *secretLog) isLogged(c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	decl, isDecl := f.Node.(*ast.FuncDecl)
	if !ok || !isDecl || decl.Type.Results == nil {
		return false
	}
	for _, use := range l.index.Uses(l.TypesInfo.Defs[decl.Name]) {
		for at := range use.Enclosing((*ast.CallExpr)(nil)) {
			call, ok := at.Node().(*ast.CallExpr)
			if !ok {
				continue
			}
			if where, _ := destination(code.Callee(l.TypesInfo, call)); where != "" {
				return true
			}
		}
	}
	return false
}
