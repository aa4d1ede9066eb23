package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/models"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/timing-unsafe-compare.txtar
var timingUnsafeCompareExamples string

// TimingUnsafeCompare finds secrets that are compared in a time that depends on them.
var TimingUnsafeCompare = &check.Check{
	ID:         "go/timing-unsafe-compare",
	Title:      "Secret is compared in a time that tells how much of it is right",
	CWE:        []check.CWE{208, 203},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, flow.Analyzer},
	RunPackage: runTimingUnsafeCompare,
	Page: check.Page{
		What: "A MAC, signature, token, API key or password that somebody presents is compared with the right one by `==`, `bytes.Equal` or the like.",
		Why: "These stop at the first byte that differs, so a wrong value takes the longer the more of its beginning is right. Over many tries " +
			"that shows, and the secret is guessed byte by byte instead of as a whole. The OAuth server osin (CVE-2021-4294) compared client " +
			"secrets in this way, and many webhook receivers their signatures.",
		Fix: "`hmac.Equal` for MACs, `subtle.ConstantTimeCompare` for the rest. The quick fix puts them in. It is safe: the outcome of the " +
			"comparison is the same. The length is still seen, which for tokens of one length tells nothing.",
		Limits: "A value is a secret if it comes from crypto/hmac, in this function or a helper of this package, or if names say so: then " +
			"one side has to come from a request, or both have to be secrets. Left alone: constants, addresses of network cards, hashes of secrets, two values of the " +
			"same request (a password and its confirmation), two fields of one value or results of one function (do they agree?), the same field of two values (has it changed?), one that is made the same as the other where they differ, MACs whose key is called a salt, and those of what a passphrase opens, " +
			"tokens against CSRF, which nobody can try out without the browser that holds them, session IDs unless they come with a request, and test code. For persona pedantic where nothing shows that a stranger can try out values: no request, and no parameter of a function that is there for other packages.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/208.html",
			"https://pkg.go.dev/crypto/subtle#ConstantTimeCompare",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-4294",
		},
		Examples: timingUnsafeCompareExamples,
	},
}

// comparers are functions that compare their two arguments; ordering ones give 0
// for equality, and the others true.
var comparers = map[string]struct{ ordering, fixable bool }{
	"bytes.Equal":       {false, true},
	"bytes.Compare":     {true, true},
	"strings.Compare":   {true, true},
	"bytes.EqualFold":   {false, false},
	"strings.EqualFold": {false, false},
	"reflect.DeepEqual": {false, true},
	"slices.Equal":      {false, true},
}

func runTimingUnsafeCompare(_ context.Context, pass *check.PackagePass) error {
	t := &timing{PackagePass: pass, compared: map[token.Pos][2]ssa.Value{}}
	t.flow, _ = pass.ResultOf[flow.Analyzer].(*flow.Flow)
	t.index()
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { _, ok := comparers[called.Name]; return ok }) {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			t.call(c, call)
		}
	}
	for c := range code.Nodes(pass.Pass, (*ast.BinaryExpr)(nil), (*ast.CaseClause)(nil)) {
		switch n := c.Node().(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				t.judge(comparison{at: c, x: n.X, y: n.Y, pos: n.OpPos, equal: n.Op == token.EQL, whole: n, fixable: true})
			}
		case *ast.CaseClause:
			if sw, ok := c.Parent().Parent().Node().(*ast.SwitchStmt); ok && sw.Tag != nil {
				for _, e := range n.List {
					t.judge(comparison{at: c, x: sw.Tag, y: e, pos: e.Pos(), whole: e})
				}
			}
		}
	}
	return nil
}

// timing is the work on one package.
type timing struct {
	*check.PackagePass
	flow *flow.Flow // nil if the package has no SSA form
	// compared are the operands of comparisons, by the position of the operator
	// or of the call's parenthesis.
	compared map[token.Pos][2]ssa.Value
	hasMAC   bool // the package calls hmac.New at all
}

func (t *timing) index() {
	if t.flow == nil {
		return
	}
	for _, fn := range t.flow.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if bin, ok := instr.(*ssa.BinOp); ok && (bin.Op == token.EQL || bin.Op == token.NEQ) {
					t.compared[bin.Pos()] = [2]ssa.Value{bin.X, bin.Y}
				}
			}
		}
	}
	t.hasMAC = len(t.flow.Calls("crypto/hmac.New")) > 0
	for name := range comparers {
		for _, call := range t.flow.Calls(name) {
			t.compared[call.Expr.Lparen] = [2]ssa.Value{call.Arg(0), call.Arg(1)}
		}
	}
}

// A comparison of x and y.
type comparison struct {
	at   inspector.Cursor
	x, y ast.Expr
	pos  token.Pos // as in timing.compared
	// equal: whole is true if they are equal.
	equal bool
	// whole is the expression that is true or false; callee the function in it
	// that a fix no longer calls, nil for operators.
	whole   ast.Expr
	callee  ast.Expr
	fixable bool
}

func (t *timing) call(c inspector.Cursor, call *ast.CallExpr) {
	name := query.Callee(t.TypesInfo, call)
	cmp, ok := comparers[name]
	if !ok || len(call.Args) != 2 {
		return
	}
	x := comparison{at: c, x: call.Args[0], y: call.Args[1], pos: call.Lparen, equal: true, whole: call, callee: call.Fun, fixable: cmp.fixable}
	switch parent := c.Parent().Node().(type) {
	case *ast.BinaryExpr:
		if !cmp.ordering {
			break
		}
		if zero, ok := query.Int(t.TypesInfo, parent.Y); ok && zero == 0 && (parent.Op == token.EQL || parent.Op == token.NEQ) {
			x.equal, x.whole = parent.Op == token.EQL, parent // bytes.Compare(x, y) == 0
		}
	case *ast.UnaryExpr:
		if parent.Op == token.NOT {
			x.equal, x.whole = false, parent
		}
	}
	if cmp.ordering && x.whole == call {
		return
	}
	t.judge(x)
}

// A side of a comparison.
type side struct {
	expr    ast.Expr
	name    string
	purpose purpose.Purpose
	mac     bool // computed by crypto/hmac
	sent    bool // by a client, in a request
	fixed   bool // a constant
}

func (t *timing) judge(c comparison) {
	if !code.IsText(t.TypesInfo.TypeOf(c.x)) || !code.IsText(t.TypesInfo.TypeOf(c.y)) || t.isLiteral(c.x) || t.isLiteral(c.y) {
		return
	}
	x, y := t.side(c.x), t.side(c.y)
	if x.fixed && y.fixed || t.isKeyword(c.x) || t.isKeyword(c.y) || t.isPublicKey(c.x) || t.isPublicKey(c.y) || t.isMadeOf(c.x, c.y) || t.isMadeOf(c.y, c.x) {
		return
	}
	if values := t.compared[c.pos]; values[0] != nil && values[1] != nil {
		if t.hasMAC {
			x.mac, y.mac = t.comesFrom(values[0], t.isMAC, noField), t.comesFrom(values[1], t.isMAC, noField)
		}
		if x.mac != y.mac || isSecret(x.purpose) || isSecret(y.purpose) {
			x.sent, y.sent = t.comesFrom(values[0], isSent, isSentField), t.comesFrom(values[1], isSent, isSentField)
		}
	}
	what := t.secret(c, x, y)
	if what == "" {
		return
	}
	f := check.Finding{
		Message:  what + " is compared in a time that tells how much of it is right",
		Location: t.Location(c.whole),
		Fixes:    t.fixes(c, x.mac || y.mac),
	}
	if strings.HasPrefix(what, "the "+string(purpose.Token)) && !x.sent && !y.sent && !t.letsIn(c) || !t.canTry(c, x, y) {
		f.Persona = check.Pedantic
	}
	t.Report(f)
}

// canTry reports whether a stranger can try out values at a comparison, again and again: one side came with a request, the function
// serves one, or it is there for other packages, which hand it what they were sent. A handshake, a file, or a transaction that the
// first wrong value ends shows its time once.
func (t *timing) canTry(c comparison, x, y side) bool {
	if x.sent || y.sent {
		return true
	}
	for f := range c.at.Enclosing((*ast.FuncDecl)(nil), (*ast.FuncLit)(nil)) {
		switch f := f.Node().(type) {
		case *ast.FuncLit:
			if t.serves(f.Type) {
				return true
			}
		case *ast.FuncDecl:
			return t.serves(f.Type) || f.Name.IsExported() && code.IsLibrary(t.Pkg) && !t.isInMemory(f) && (t.isParameter(c.x) || t.isParameter(c.y))
		}
	}
	return false
}

// serves reports whether a function is given a request, or the connection that it comes over.
func (t *timing) serves(f *ast.FuncType) bool {
	return f.Params != nil && slices.ContainsFunc(f.Params.List, func(p *ast.Field) bool {
		given := t.TypesInfo.TypeOf(p.Type)
		return code.IsRequest(given) || query.IsType(given, "net.Conn")
	})
}

// isParameter reports whether a text is a parameter, or one in a different form.
func (t *timing) isParameter(e ast.Expr) bool {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 1 {
		return t.isParameter(call.Args[0])
	}
	v := code.Var(t.TypesInfo, e)
	return v != nil && v.Kind() == types.ParamVar
}

// isInMemory reports whether a function is a method of a store that is gone with the program, of which libraries have one to try
// them with: its type or the package is named for memory.
func (t *timing) isInMemory(f *ast.FuncDecl) bool {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return false
	}
	inMemory := t.Pkg.Name() == "memory" || t.Pkg.Name() == "mem"
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			words := query.Words(id.Name)
			inMemory = inMemory || slices.Contains(words, "memory") || slices.Contains(words, "mem")
		}
		return true
	})
	return inMemory
}

// letsIn reports whether a function decides by a comparison who is let in, as far as its name says. Many a token only
// tells members of one group, or versions of one thing, apart.
func (t *timing) letsIn(c comparison) bool {
	f, ok := code.Enclosing(c.at)
	return ok && slices.ContainsFunc(query.Words(f.Name), func(w string) bool {
		for _, stem := range []string{"auth", "login", "valid", "verif", "allow", "permit", "access", "match", "middleware", "handle", "serve", "accept"} {
			if strings.HasPrefix(w, stem) {
				return true
			}
		}
		return false
	})
}

func (t *timing) isLiteral(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.CallExpr: // []byte("...")
		return len(e.Args) == 1 && t.TypesInfo.Types[e.Fun].IsType() && t.isLiteral(e.Args[0])
	case *ast.Ident:
		return e.Name == "nil"
	}
	return false
}

// isMadeOf reports whether one value is another one in a different form:
// strings.TrimSpace(pass).
func (t *timing) isMadeOf(x, of ast.Expr) bool {
	v := code.Var(t.TypesInfo, of)
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	return ok && v != nil && slices.ContainsFunc(call.Args, func(arg ast.Expr) bool { return code.Var(t.TypesInfo, arg) == v })
}

// isPublicKey reports whether a value is a public key by its type, or the text of one.
func (t *timing) isPublicKey(e ast.Expr) bool {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && len(call.Args) == 0 {
			return t.isPublicKey(method.X)
		}
	}
	name := query.TypeName(t.TypesInfo.TypeOf(e))
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	return strings.Contains(name, "public") || name == "ed25519" || name == "curve25519" || name == "x25519" || strings.HasSuffix(name, "fingerprint")
}

// isKeyword reports whether a constant is a word rather than a secret: the name
// of a grant type, of a header. Secrets have a digit somewhere, and say something
// else than their names.
func (t *timing) isKeyword(e ast.Expr) bool {
	text, ok := query.String(t.TypesInfo, e)
	return ok && (len(text) < 8 || !strings.ContainsAny(text, "0123456789") ||
		slices.Equal(query.Words(text), query.Words(purpose.NameOf(t.TypesInfo, e))))
}

func (t *timing) side(e ast.Expr) side {
	s := side{expr: e, name: purpose.NameOf(t.TypesInfo, e), fixed: query.Constant(t.TypesInfo, e) != nil}
	s.purpose = purpose.OfName(s.name)
	if sum, ok := ast.Unparen(e).(*ast.BinaryExpr); ok { // "Bearer " + token
		for _, name := range purpose.Names(t.TypesInfo, sum) {
			if p := purpose.OfName(name); p != purpose.None {
				s.name, s.purpose = name, p
			}
		}
	}
	return s
}

// secret says what secret a comparison compares; "" if none that somebody could
// guess by it.
func (t *timing) secret(c comparison, x, y side) string {
	if x.mac != y.mac {
		if t.opens(c) {
			return ""
		}
		return "the MAC"
	}
	if x.mac || x.sent && y.sent || t.asksForChange(c) || !x.sent && !y.sent && t.agree(c) {
		return ""
	}
	for _, s := range []side{x, y} {
		if query.IsType(t.TypesInfo.TypeOf(s.expr), "net.HardwareAddr") { // another kind of MAC
			return ""
		}
		if slices.ContainsFunc(query.Words(s.name), func(w string) bool {
			switch w {
			case "hash", "hashed", "digest", "checksum", "encrypted": // nobody can choose how a hash begins
				return true
			case "csrf", "xsrf": // only the victim's browser can send the request that would try one
				return true
			}
			return false
		}) || isAccessKey(s.name) {
			return ""
		}
	}
	held, given := x, y
	if x.sent {
		held, given = y, x
	}
	named := held
	if !isSecret(held.purpose) {
		named = given
	}
	switch {
	case !isSecret(named.purpose):
		return ""
	case typedTwice(x.name, y.name):
		return ""
	case given.sent:
		// One of the two is enough, where the other comes over the network.
	case held.fixed || given.fixed || !isSecret(held.purpose) || !isSecret(given.purpose):
		return ""
	case saysTwice(held.name) || saysTwice(given.name):
		return ""
	case !speaksPlainly(held) && !speaksPlainly(given):
		return ""
	}
	return fmt.Sprintf("the %s in %s", named.purpose, named.name)
}

// isAccessKey reports whether a name is that of the public half of a pair of access and secret key, as those of storage by
// Amazon's protocol are: it goes in clear with every request, and names who sends it.
func isAccessKey(name string) bool {
	words := query.Words(name)
	i := slices.Index(words, "access")
	return i >= 0 && i+1 < len(words) && words[i+1] == "key" && !slices.Contains(words, "secret") || slices.Contains(words, "accesskey")
}

func isSecret(p purpose.Purpose) bool { return p != purpose.None && p != purpose.Nonce }

// saysTwice reports whether a name is that of a secret that a person types a
// second time, or changes: both are then that person's own.
func saysTwice(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		switch w {
		case "confirmed", "verify", "old", "new", "previous", "current", "original", "default":
			return true
		}
		return false
	})
}

// typedTwice reports whether two names are those of a secret and its repetition: pw1 and
// pw2, password and password2, newPassword and passwordAgain. Whoever types both learns nothing from the time.
func typedTwice(x, y string) bool {
	numbered := func(name string) bool { return name != "" && unicode.IsDigit(rune(name[len(name)-1])) }
	if x != y && (numbered(x) || numbered(y)) && slices.Equal(query.Words(x), query.Words(y)) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(query.Words(x), query.Words(y)), func(w string) bool {
		switch w {
		case "confirm", "confirmation", "repeat", "repeated", "again", "retype", "retyped", "reenter", "twice", "second":
			return true
		}
		return false
	})
}

// speaksPlainly reports whether a name can only mean a secret. A token by itself
// may be a parser's, a signature a function's, a session ID a protocol's echo.
func speaksPlainly(s side) bool {
	words := query.Words(s.name)
	switch s.purpose {
	case purpose.Password, purpose.Key:
		return true
	case purpose.Token:
		return len(words) > 1 && !slices.Contains(words, "session") || slices.Contains([]string{"jwt", "otp", "apikey"}, words[0])
	case purpose.Signature:
		return slices.ContainsFunc(words, func(w string) bool {
			return w == "hmac" || w == "mac" || w == "expected" || w == "computed" || w == "calculated" || w == "provided" || w == "received" || w == "webhook"
		})
	}
	return false
}

// asksForChange reports whether a comparison asks if something is the same as
// before rather than if somebody knows it: in a function that is named so, or of
// the same field of two values.
func (t *timing) asksForChange(c comparison) bool {
	if f, ok := code.Enclosing(c.at); ok {
		for _, w := range query.Words(f.Name) {
			switch w {
			case "equal", "equals", "diff", "differs", "difference", "changed", "changes", "change", "same", "less", "merge", "sort", "update", "reconcile", "sync", "migrate":
				return true
			}
		}
	}
	if t.followsUp(c) {
		return true
	}
	x, ok1 := ast.Unparen(c.x).(*ast.SelectorExpr)
	y, ok2 := ast.Unparen(c.y).(*ast.SelectorExpr)
	if !ok1 || !ok2 {
		return false
	}
	field := code.Var(t.TypesInfo, x)
	return field != nil && field.IsField() && field == code.Var(t.TypesInfo, y) || t.comparesSettings(c, x, y)
}

// opens reports whether a function is given a passphrase: it opens what is sealed with that, such as a file of keys, for who
// has it at hand and can look at the whole of it for as long as they like.
func (t *timing) opens(c comparison) bool {
	f, ok := code.Enclosing(c.at)
	return ok && f.Type.Params != nil && slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		return slices.ContainsFunc(p.Names, func(name *ast.Ident) bool {
			return slices.ContainsFunc(query.Words(name.Name), func(w string) bool { return w == "passphrase" || w == "password" })
		})
	})
}

// followsUp reports whether two values that differ are made the same: if stored.token != token { stored.token = token }.
func (t *timing) followsUp(c comparison) bool {
	stmt, ok := c.at.Parent().Node().(*ast.IfStmt)
	if !ok || c.at.ParentEdgeKind() != edge.IfStmt_Cond || c.equal {
		return false
	}
	x, y := code.Var(t.TypesInfo, c.x), code.Var(t.TypesInfo, c.y)
	for _, s := range stmt.Body.List {
		as, ok := s.(*ast.AssignStmt)
		if !ok || len(as.Lhs) != 1 || len(as.Rhs) != 1 || x == nil || y == nil {
			continue
		}
		to, from := code.Var(t.TypesInfo, as.Lhs[0]), code.Var(t.TypesInfo, as.Rhs[0])
		if to == x && from == y || to == y && from == x {
			return true
		}
	}
	return false
}

// comparesSettings reports whether a condition compares other fields of the same two values, too, that are no name to log
// in with: it asks if both have the same settings.
func (t *timing) comparesSettings(c comparison, x, y *ast.SelectorExpr) bool {
	at := c.at
	for {
		outer, ok := at.Parent().Node().(*ast.BinaryExpr)
		if !ok || outer.Op != token.LAND && outer.Op != token.LOR {
			break
		}
		at = at.Parent()
	}
	of, with := code.Var(t.TypesInfo, x.X), code.Var(t.TypesInfo, y.X)
	if of == nil || with == nil {
		return false
	}
	for other := range at.Preorder((*ast.BinaryExpr)(nil)) {
		b, ok := other.Node().(*ast.BinaryExpr)
		if !ok || b.Op != token.EQL && b.Op != token.NEQ || b.OpPos == c.pos {
			continue
		}
		a, ok1 := ast.Unparen(b.X).(*ast.SelectorExpr)
		z, ok2 := ast.Unparen(b.Y).(*ast.SelectorExpr)
		if !ok1 || !ok2 || code.Var(t.TypesInfo, a.X) != of || code.Var(t.TypesInfo, z.X) != with {
			continue
		}
		if !slices.ContainsFunc(query.Words(a.Sel.Name), func(w string) bool {
			return strings.HasPrefix(w, "user") || w == "name" || w == "login" || w == "email" || w == "account" || w == "id"
		}) {
			return true
		}
	}
	return false
}

// agree reports whether a comparison asks if two values of the program's own agree: fields of one variable, as those of
// a configuration, or what one function finds in two places.
func (t *timing) agree(c comparison) bool {
	x, ok1 := ast.Unparen(c.x).(*ast.SelectorExpr)
	y, ok2 := ast.Unparen(c.y).(*ast.SelectorExpr)
	if ok1 && ok2 {
		of := code.Var(t.TypesInfo, x.X)
		return of != nil && of == code.Var(t.TypesInfo, y.X)
	}
	maker := t.maker(t.compared[c.pos][0])
	return maker != "" && maker == t.maker(t.compared[c.pos][1])
}

// maker names the one function or method that a value is a result of, "" if there is none: one that finds it in something, as
// opposed to one that gives text another form.
func (t *timing) maker(v ssa.Value) string {
	if v == nil {
		return ""
	}
	origins := t.flow.Origins(v)
	if len(origins) != 1 {
		return ""
	}
	if result, ok := origins[0].(*ssa.Extract); ok {
		origins[0] = result.Tuple
	}
	call, ok := origins[0].(*ssa.Call)
	if !ok || slices.ContainsFunc(call.Call.Args, func(arg ssa.Value) bool { return code.IsText(arg.Type()) }) {
		return ""
	}
	name := query.CalleeSSA(&call.Call)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// comesFrom reports whether a value is the result of a call or a field that is
// asked for, perhaps in another form.
func (t *timing) comesFrom(v ssa.Value, isCall func(*ssa.CallCommon) bool, isField func(name string) bool) bool {
	seen := map[ssa.Value]bool{}
	var visit func(v ssa.Value) bool
	visitCall := func(call *ssa.CallCommon) bool {
		return isCall(call) || slices.ContainsFunc(passedOn(call), visit)
	}
	visit = func(v ssa.Value) bool {
		if seen[v] {
			return false
		}
		seen[v] = true
		for _, o := range t.flow.Origins(v) {
			if o != v && seen[o] {
				continue
			}
			seen[o] = true
			switch o := o.(type) {
			case *ssa.Call:
				if visitCall(&o.Call) {
					return true
				}
			case *ssa.Extract:
				if call, ok := o.Tuple.(*ssa.Call); ok && visitCall(&call.Call) {
					return true
				}
			case *ssa.BinOp:
				if o.Op == token.ADD && (visit(o.X) || visit(o.Y)) {
					return true
				}
			case *ssa.Lookup:
				if visit(o.X) {
					return true
				}
			case *ssa.UnOp:
				switch at := o.X.(type) {
				case *ssa.FieldAddr:
					name := fieldName(at)
					if isField(name) || name == "net/http.Cookie.Value" && visit(at.X) {
						return true
					}
				case *ssa.IndexAddr:
					if visit(at.X) {
						return true
					}
				}
			case *ssa.Alloc:
				if slices.ContainsFunc(elements(o), visit) {
					return true
				}
			}
		}
		return false
	}
	return visit(v)
}

// fieldName spells a field as package models does: "net/http.Request.Header".
func fieldName(at *ssa.FieldAddr) string {
	p, ok := types.Unalias(at.X.Type()).Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	st, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	return query.TypeName(p) + "." + st.Field(at.Field).Name()
}

// elements gives what is stored in the elements of an array, such as that of the
// arguments of fmt.Sprintf.
func elements(array *ssa.Alloc) (values []ssa.Value) {
	for _, r := range *array.Referrers() {
		at, ok := r.(*ssa.IndexAddr)
		if !ok {
			continue
		}
		for _, r := range *at.Referrers() {
			if store, ok := r.(*ssa.Store); ok {
				values = append(values, store.Val)
			}
		}
	}
	return values
}

// passedOn gives the operands of a call that its result is made of.
func passedOn(call *ssa.CallCommon) []ssa.Value {
	name := query.CalleeSSA(call)
	if name == "append" {
		return call.Args
	}
	fn := models.Default().Function(name)
	if fn == nil {
		return nil
	}
	args, operands := call.Args, []ssa.Value(nil)
	var recv ssa.Value
	if call.IsInvoke() {
		recv = call.Value
	} else if call.Signature().Recv() != nil && len(args) > 0 {
		recv, args = args[0], args[1:]
	}
	for _, f := range fn.Flows {
		switch {
		case f.To.Where != models.Result:
		case f.From.Where == models.Receiver && recv != nil:
			operands = append(operands, recv)
		case f.From.Where == models.Argument && f.From.Rest && f.From.Index < len(args):
			operands = append(operands, args[f.From.Index:]...)
		case f.From.Where == models.Argument && f.From.Index < len(args):
			operands = append(operands, args[f.From.Index])
		}
	}
	return operands
}

func noField(string) bool { return false }

// isMAC reports whether a call is mac.Sum(nil) of a MAC that hmac.New made.
func (t *timing) isMAC(call *ssa.CallCommon) bool {
	if query.CalleeSSA(call) != "(hash.Hash).Sum" {
		return false
	}
	return slices.ContainsFunc(t.flow.Origins(call.Value), func(o ssa.Value) bool {
		made, ok := o.(*ssa.Call)
		return ok && query.CalleeSSA(&made.Call) == "crypto/hmac.New" && !slices.Contains(query.Words(ssaName(made.Call.Args[1])), "salt")
	})
}

// ssaName gives the name of a parameter or field, "" for other values. Of a salt, say, which is no key: whoever reads the hash
// reads it, too.
func ssaName(v ssa.Value) string {
	switch v := v.(type) {
	case *ssa.Parameter:
		return v.Name()
	case *ssa.UnOp:
		if at, ok := v.X.(*ssa.FieldAddr); ok {
			name := fieldName(at)
			return name[strings.LastIndexByte(name, '.')+1:]
		}
	}
	return ""
}

// isSent reports whether a call gives what a client sent.
func isSent(call *ssa.CallCommon) bool {
	fn := models.Default().Function(query.CalleeSSA(call))
	return fn != nil && slices.ContainsFunc(fn.Sources, func(s models.Source) bool {
		return s.Kind.Name == "http" && s.At.Where == models.Result
	})
}

// isSentField is isSent for a field.
func isSentField(name string) bool {
	f := models.Default().Field(name)
	return f != nil && f.Kind != nil && f.Kind.Name == "http"
}

// fixes puts in a comparison in constant time.
func (t *timing) fixes(c comparison, mac bool) []check.Fix {
	file := code.File(c.at)
	x, y := t.bytes(c.x), t.bytes(c.y)
	if !c.fixable || file == nil || x == "" || y == "" {
		return nil
	}
	path := "crypto/subtle"
	if mac {
		path = "crypto/hmac"
	}
	var going []ast.Node
	if c.callee != nil {
		going = append(going, c.callee)
	}
	pkg, edits := edit.Reimport(t.PackagePass, file, path, c.whole.Pos(), going...)
	var text string
	switch {
	case mac && c.equal:
		text = fmt.Sprintf("%s.Equal(%s, %s)", pkg, x, y)
	case mac:
		text = fmt.Sprintf("!%s.Equal(%s, %s)", pkg, x, y)
	case c.equal:
		text = fmt.Sprintf("%s.ConstantTimeCompare(%s, %s) == 1", pkg, x, y)
	default:
		text = fmt.Sprintf("%s.ConstantTimeCompare(%s, %s) != 1", pkg, x, y)
	}
	return []check.Fix{{Title: "Compare in constant time", Safe: true, Edits: append(edits, t.Edit(c.whole, text))}}
}

// bytes spells an operand as a slice of bytes, "" if it cannot be.
func (t *timing) bytes(e ast.Expr) string {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 && t.TypesInfo.Types[call.Fun].IsType() && isBytes(t.TypesInfo.TypeOf(call.Args[0])) {
		e = ast.Unparen(call.Args[0]) // string(b)
	}
	text := edit.Text(t.PackagePass, e)
	switch u := query.Underlying(t.TypesInfo, e).(type) {
	case *types.Basic:
		return "[]byte(" + text + ")"
	case *types.Slice:
		return text
	case *types.Array:
		if t.TypesInfo.Types[e].Addressable() && u != nil {
			return text + "[:]"
		}
	}
	return ""
}

func isBytes(t types.Type) bool {
	if t == nil || !code.IsText(t) {
		return false
	}
	_, ok := t.Underlying().(*types.Slice)
	return ok
}
