package transport

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
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
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/tls-verification-disabled.txtar
var tlsVerificationDisabledExamples string

// TLSVerificationDisabled finds TLS configurations that always accept any certificate.
var TLSVerificationDisabled = &check.Check{
	ID:         "go/tls-verification-disabled",
	Title:      "TLS certificate is not verified",
	CWE:        []check.CWE{295},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runTLSVerificationDisabled,
	Page: check.Page{
		What: "A TLS configuration sets `InsecureSkipVerify`, or a field that a library passes on to it, to true for good, and nothing " +
			"verifies the peer's certificate instead.",
		Why: "Without verification any certificate will do, so whoever sits on the path - a Wi-Fi access point, a router, a poisoned " +
			"DNS answer - reads and changes everything, passwords included, while the connection still says it is encrypted. Argo CD " +
			"(CVE-2022-31105) skipped the check for login providers, so it would trust whoever posed as one.",
		Fix: "Leave the field out. For a server with a private authority put its certificate into `RootCAs`; for one whose name differs " +
			"from its address set `ServerName`; for a pinned key keep `InsecureSkipVerify` and compare in `VerifyConnection`, which is " +
			"also called for resumed sessions. The quick fix drops the field or sets it to false. It is not safe to apply unseen: " +
			"connections to servers with self-signed certificates will fail from then on, as they should.",
		Limits: "For persona pedantic are fields of structures that another package of the module declares, which are read or written elsewhere. Left alone: values that are not constant, or that the same function sets to something else under a condition; code that runs only under a condition whose name speaks of it " +
			"(`if opts.Insecure`, a Unix socket, another mode than `verify-full`) or in a function that is named for it (`NewInsecureClient`), because there a person chose it; " +
			"configurations with a `VerifyConnection` or `VerifyPeerCertificate` that can return an error, set there or by who calls the function that makes them; functions that look at " +
			"`PeerCertificates` themselves, that send nothing over the connection, or that connect to an address of this machine (`https://localhost:8086`); server configurations, where the field has no effect, and those of peers that ask each other for certificates (`RequestClientCert`); packages that are named for scanning or probing servers; test code. A gateway that calls its own server of gRPC is for persona pedantic, as are places whose comment gives a reason, because somebody decided that, and packages that put load on servers (`bench`, `loadtest`). So is a `tls.Config` that, as far as the package shows, no client gets (a transport, a dialer, the client of a mail server or database), if it has a certificate to show or if the package, which is no program, serves by TLS as well; and a field that is assigned under a condition other than that of an error. Whether a callback " +
			"verifies well is not judged, only that it can refuse.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/295.html",
			"https://pkg.go.dev/crypto/tls#Config",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-31105",
			"https://www.rfc-editor.org/rfc/rfc9525",
		},
		Examples: tlsVerificationDisabledExamples,
	},
}

// skipFields are the fields, of any struct, that switch verification off.
var skipFields = []string{
	"InsecureSkipVerify",    // crypto/tls and most that wrap it
	"InsecureSkipTLSVerify", // Kubernetes' cluster configuration
	"InsecureSkipTLSverify", // Helm's options
	"InsecureSkipTLS",       // go-git's options
	"TLSInsecureSkipVerify",
	"SkipTLSVerify",
}

// verifiers are the callbacks of crypto/tls.Config that can refuse a peer.
var verifiers = []string{"VerifyConnection", "VerifyPeerCertificate"}

func runTLSVerificationDisabled(_ context.Context, pass *check.PackagePass) error {
	if !code.MentionsField(pass.Pass, append([]string{"Insecure"}, skipFields...)...) || looksAtStrangers(pass.Pkg.Name()) {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.CompositeLit)(nil), (*ast.AssignStmt)(nil), (*ast.CallExpr)(nil)) {
		switch n := c.Node().(type) {
		case *ast.CompositeLit:
			for i, element := range n.Elts {
				kv, ok := element.(*ast.KeyValueExpr)
				if !ok || !isSkipField(pass, kv.Key) || !alwaysTrue(pass, kv.Value) || isServerSide(pass, c) {
					continue
				}
				set := func(field func(*types.Var) bool) ast.Expr {
					if value := setIn(pass, n, field); value != nil {
						return value
					}
					return setLater(pass, c, kv.Key, field)
				}
				if !asksPeer(set(isClientAuth)) && !isCompletedByCaller(pass, c) {
					reportSkip(pass, c, kv, kv.Key, set(isVerifier), removeField(pass, n, i))
				}
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if len(n.Lhs) != len(n.Rhs) || n.Tok != token.ASSIGN || !isSkipField(pass, lhs) || !alwaysTrue(pass, n.Rhs[i]) || isOfServer(pass, lhs) {
					continue
				}
				set := func(field func(*types.Var) bool) ast.Expr {
					if value := setLater(pass, c, lhs, field); value != nil {
						return value
					}
					return setWhereMade(pass, lhs, field)
				}
				if !asksPeer(set(isClientAuth)) {
					reportSkip(pass, c, n, lhs, set(isVerifier), setFalse(pass, n.Rhs[i]))
				}
			}
		case *ast.CallExpr:
			// flag.BoolVar(&config.InsecureSkipVerify, "insecure", true, ...)
			value := flagDefault(pass, n)
			if value != nil && alwaysTrue(pass, value) {
				reportSkip(pass, c, n, nil, nil, setFalse(pass, value))
			}
		}
	}
	return nil
}

// looksAtStrangers reports whether a package is named for looking at servers as they are, with whatever certificate they
// have: a scanner, a probe.
func looksAtStrangers(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return slices.Contains([]string{"scan", "scanner", "scanners", "probe", "prober", "probes"}, w)
	})
}

func isSkipField(pass *check.PackagePass, e ast.Expr) bool {
	v := code.Var(pass.TypesInfo, e)
	if v == nil || !v.IsField() {
		return false
	}
	switch path := code.Path(v.Pkg()); path {
	case "k8s.io/client-go/rest":
		return v.Name() == "Insecure"
	case "github.com/coder/websocket", "nhooyr.io/websocket":
		return false // it skips the check of the origin
	}
	return slices.Contains(skipFields, v.Name())
}

func alwaysTrue(pass *check.PackagePass, e ast.Expr) bool {
	value, ok := code.ConstBool(pass.Pass, e)
	return ok && value
}

// flagDefault gives the default value of a flag that is stored into one of the
// fields, or nil.
func flagDefault(pass *check.PackagePass, call *ast.CallExpr) ast.Expr {
	fn := code.Callee(pass.TypesInfo, call)
	if fn == nil || (fn.Name() != "BoolVar" && fn.Name() != "BoolVarP") {
		return nil
	}
	if path := code.Path(fn.Pkg()); path != "flag" && path != "github.com/spf13/pflag" {
		return nil
	}
	if len(call.Args) < 4 {
		return nil
	}
	addr, ok := ast.Unparen(call.Args[0]).(*ast.UnaryExpr)
	if !ok || addr.Op != token.AND || !isSkipField(pass, addr.X) {
		return nil
	}
	return call.Args[len(call.Args)-2]
}

// reportSkip reports one place, unless something around it says that it is
// wanted or made good. field is what is set, nil for the default of a flag.
func reportSkip(pass *check.PackagePass, c inspector.Cursor, n ast.Node, field, verifier ast.Expr, fixes []check.Fix) {
	message := "TLS certificate is not verified, so anyone on the network path can read and change the traffic"
	switch {
	case isTakenBack(pass, c, n):
		return
	case verifier != nil && canRefuse(pass, verifier):
		return
	case verifier != nil:
		message = "TLS certificate is not verified: the verification callback never returns an error"
	case isChosen(pass, c) || inspectsPeer(pass, c) || staysHere(pass, c):
		return
	}
	persona := check.Regular
	switch {
	case isGateway(pass, c): // it answers itself
		persona = check.Pedantic
	case isReasoned(pass, n): // somebody decided it
		persona = check.Pedantic
	case measures(pass): // what it sends is made up
		persona = check.Pedantic
	case field != nil && isSettings(pass, field): // for another part of the module, or another program
		persona = check.Pedantic
	case field != nil && !isForClient(pass, c, field): // a server's, or for others to judge
		persona = check.Pedantic
	}
	pass.Report(check.Finding{Message: message, Location: pass.Location(n), Fixes: fixes, Persona: persona})
}

// isSettings reports whether a field is one of a structure that another package of the module declares: what a
// configuration comes to is seen where that is read, or written for another program.
func isSettings(pass *check.PackagePass, field ast.Expr) bool {
	v := code.Var(pass.TypesInfo, field)
	return v != nil && v.Pkg() != nil && v.Pkg() != pass.Pkg && pass.Module != nil && pass.Module.Path != "" &&
		strings.HasPrefix(v.Pkg().Path()+"/", pass.Module.Path+"/")
}

// reasons are what a comment says that gives a reason.
var reasons = []string{"because", "since ", "so that", "so we ", "self-signed", "selfsigned", "self signed", "acceptable", "on purpose", "intentional", "deliberate", "is fine", "is ok", "we trust",
	"pinned", "pinning", "fingerprint", "same pod", "same host", "same machine", "no need", "not needed", "does not matter", "doesn't matter", "by hand", "ourselves",
	"hostname", "host name"}

// isReasoned reports whether a comment at a place gives a reason: then somebody thought of it, right or wrong.
func isReasoned(pass *check.PackagePass, n ast.Node) bool {
	return remark.Mentions(pass.Pass, n, reasons...)
}

// whoDecided gives the persona for a verification that is left out, by whether somebody gave a reason.
func whoDecided(pass *check.PackagePass, n ast.Node) check.Persona {
	if isReasoned(pass, n) {
		return check.Pedantic
	}
	return check.Regular
}

// measures reports whether a package is there to put load on servers or to measure them, by its path: what it sends there is
// made up.
func measures(pass *check.PackagePass) bool {
	return slices.ContainsFunc(strings.Split(pass.Pkg.Path(), "/"), func(element string) bool {
		return slices.ContainsFunc(query.Words(element), func(w string) bool {
			switch w {
			case "bench", "benchmark", "benchmarks", "loadtest", "loadtester", "loadtesting", "stress":
				return true
			}
			return false
		})
	})
}

// isGateway reports whether a configuration is for connections of gRPC, in a function that gives a server its credentials
// too: what calls the server then is the gateway in front of it, which is the same program.
func isGateway(pass *check.PackagePass, c inspector.Cursor) bool {
	dials := false
	for at := range c.Enclosing((*ast.CallExpr)(nil)) {
		call, ok := at.Node().(*ast.CallExpr)
		dials = dials || ok && query.Callee(pass.TypesInfo, call) == "google.golang.org/grpc.WithTransportCredentials"
	}
	f, ok := code.Enclosing(c)
	if !dials || !ok {
		return false
	}
	for at := range f.Cursor.Preorder((*ast.CallExpr)(nil)) {
		if call, ok := at.Node().(*ast.CallExpr); ok && query.Callee(pass.TypesInfo, call) == "google.golang.org/grpc.Creds" {
			return true
		}
	}
	return false
}

func removeField(pass *check.PackagePass, lit *ast.CompositeLit, i int) []check.Fix {
	kv, ok := lit.Elts[i].(*ast.KeyValueExpr)
	if !ok {
		return nil
	}
	if id, ok := ast.Unparen(kv.Value).(*ast.Ident); ok {
		if v, ok := pass.TypesInfo.Uses[id].(*types.Var); ok && v.Parent() != pass.Pkg.Scope() {
			return nil // the variable would be left unused
		}
	}
	file := code.FileAt(pass.Pass, lit.Pos())
	if file == nil {
		return nil
	}
	edits := append(edit.Unimport(pass, file, kv), edit.Element(pass, lit.Elts, i))
	return []check.Fix{{Title: "Verify the certificate: remove " + edit.Text(pass, kv.Key), Edits: edits}}
}

func setFalse(pass *check.PackagePass, value ast.Expr) []check.Fix {
	if id, ok := ast.Unparen(value).(*ast.Ident); ok {
		if v, ok := pass.TypesInfo.Uses[id].(*types.Var); ok && v.Parent() != pass.Pkg.Scope() {
			return nil
		}
	}
	file := code.FileAt(pass.Pass, value.Pos())
	if file == nil {
		return nil
	}
	edits := append(edit.Unimport(pass, file, value), pass.Edit(value, "false"))
	return []check.Fix{{Title: "Verify the certificate: set it to false", Edits: edits}}
}

// setIn gives the value of a field that a literal sets, nil if it does not.
func setIn(pass *check.PackagePass, lit *ast.CompositeLit, field func(*types.Var) bool) ast.Expr {
	for _, element := range lit.Elts {
		if kv, ok := element.(*ast.KeyValueExpr); ok {
			if v := code.Var(pass.TypesInfo, kv.Key); v != nil && field(v) {
				return kv.Value
			}
		}
	}
	return nil
}

func isVerifier(v *types.Var) bool { return v.IsField() && slices.Contains(verifiers, v.Name()) }

func isClientAuth(v *types.Var) bool {
	return v.IsField() && v.Name() == "ClientAuth" && code.Path(v.Pkg()) == "crypto/tls"
}

// asksPeer reports whether a value of ClientAuth asks clients for certificates of their own making. Where a client
// has such a configuration, too, both sides know each other by their certificates, after the handshake.
func asksPeer(value ast.Expr) bool {
	sel, ok := value.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "RequestClientCert" || sel.Sel.Name == "RequireAnyClientCert")
}

// setLater gives the value of a field that the same function assigns to the
// configuration that the literal or assignment at c makes. target is the key of
// the literal, or the field that is assigned to.
func setLater(pass *check.PackagePass, c inspector.Cursor, target ast.Expr, field func(*types.Var) bool) (value ast.Expr) {
	f, ok := code.Enclosing(c)
	if !ok || f.Body == nil {
		return nil
	}
	var config *types.Var
	if sel, ok := ast.Unparen(target).(*ast.SelectorExpr); ok {
		config = code.Selected(pass.TypesInfo, sel)
	} else {
		config = code.Holder(pass.TypesInfo, c)
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		as, ok := n.(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			return true
		}
		for i, lhs := range as.Lhs {
			sel, ok := ast.Unparen(lhs).(*ast.SelectorExpr)
			if !ok {
				continue
			}
			v := code.Var(pass.TypesInfo, sel)
			if v != nil && field(v) && config != nil && code.Selected(pass.TypesInfo, sel) == config {
				value = as.Rhs[i]
			}
		}
		return true
	})
	return value
}

// setWhereMade gives the value of a field in the literal that the configuration was made of to which target, one of its
// fields, belongs: nil if there are several, of which one may be another's.
func setWhereMade(pass *check.PackagePass, target ast.Expr, field func(*types.Var) bool) ast.Expr {
	sel, ok := ast.Unparen(target).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	config := code.Selected(pass.TypesInfo, sel)
	if config == nil {
		return nil
	}
	values := code.Values(pass.Pass, config)
	if len(values) != 1 {
		return nil
	}
	made := ast.Unparen(values[0])
	if addr, ok := made.(*ast.UnaryExpr); ok && addr.Op == token.AND {
		made = ast.Unparen(addr.X)
	}
	lit, ok := made.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	return setIn(pass, lit, field)
}

// isCompletedByCaller reports whether a configuration is made by a function that gives it to others of the package, one
// of which sets a callback that verifies: cfg := defaultConfig(); cfg.VerifyPeerCertificate = verify.
func isCompletedByCaller(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	decl, isDecl := f.Node.(*ast.FuncDecl)
	if !ok || !isDecl || decl.Type.Results == nil || !query.IsType(pass.TypesInfo.TypeOf(decl.Type.Results.List[0].Type), "crypto/tls.Config") {
		return false
	}
	fn := pass.TypesInfo.Defs[decl.Name]
	for at := range code.Nodes(pass.Pass, (*ast.AssignStmt)(nil)) {
		as, ok := at.Node().(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			continue
		}
		for i, lhs := range as.Lhs {
			sel, ok := ast.Unparen(lhs).(*ast.SelectorExpr)
			if !ok {
				continue
			}
			v, config := code.Var(pass.TypesInfo, sel), code.Var(pass.TypesInfo, sel.X)
			if v == nil || !isVerifier(v) || config == nil || !canRefuse(pass, as.Rhs[i]) {
				continue
			}
			if slices.ContainsFunc(code.Values(pass.Pass, config), func(value ast.Expr) bool {
				call, ok := ast.Unparen(value).(*ast.CallExpr)
				return ok && fn != nil && code.Callee(pass.TypesInfo, call) == fn
			}) {
				return true
			}
		}
	}
	return false
}

// canRefuse reports whether a verification callback can return an error. What
// cannot be seen is trusted to.
func canRefuse(pass *check.PackagePass, callback ast.Expr) bool {
	if pass.TypesInfo.Types[callback].IsNil() {
		return false
	}
	typ, body := code.Body(pass.Pass, callback)
	if body == nil {
		return true
	}
	result := namedResult(pass, typ)
	refuses := false
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			// A naked return gives a named result, which something may have set.
			switch {
			case len(n.Results) == 0:
				refuses = refuses || result == nil || code.Changed(pass.Pass, result)
			case len(n.Results) != 1 || !pass.TypesInfo.Types[n.Results[0]].IsNil():
				refuses = true
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" {
				refuses = true
			}
		}
		return !refuses
	})
	return refuses
}

// namedResult gives the variable of a function's only result, nil if it has no name.
func namedResult(pass *check.PackagePass, typ *ast.FuncType) *types.Var {
	if typ.Results == nil || len(typ.Results.List) != 1 || len(typ.Results.List[0].Names) != 1 {
		return nil
	}
	v, _ := pass.TypesInfo.Defs[typ.Results.List[0].Names[0]].(*types.Var)
	return v
}

// chosenWords make a condition or a function's name say that a person asked for
// this.
var chosenWords = []string{
	"insecure", "unsafe", "skip", "verify", "verification", "noverify", "untrusted", "selfsigned", "self", "trust",
	"test", "testing", "tests", "mock", "fake", "debug", "dev", "devel", "development", "local", "localhost", "loopback", "disable", "disabled", "allow",
	"strict", "validate", "check", "permissive", "lax", "ignore", "ignoring",
	"unix", // sockets, which the modes of their files protect
}

func speaksOfIt(name string) bool {
	for _, w := range query.Words(name) {
		if slices.Contains(chosenWords, w) {
			return true
		}
	}
	return false
}

// isChosen reports whether the place runs only where somebody asked for no
// verification: under a condition or in a function whose name says so, or after
// a return under the opposite condition.
func isChosen(pass *check.PackagePass, c inspector.Cursor) bool {
	condition := func(e ast.Node) (speaks bool) {
		if e == nil {
			return false
		}
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				speaks = speaks || speaksOfIt(n.Name)
			case *ast.BasicLit:
				speaks = speaks || n.Kind == token.STRING && speaksOfIt(strings.Trim(n.Value, "`\""))
			}
			return !speaks
		})
		return speaks
	}
	for at := c; at.Node() != nil; at = at.Parent() {
		parent := at.Parent()
		if parent.Node() == nil {
			return false // at is a file
		}
		kind, index := at.ParentEdge()
		switch n := parent.Node().(type) {
		case *ast.IfStmt:
			if (kind == edge.IfStmt_Body || kind == edge.IfStmt_Else) && condition(n.Cond) {
				return true
			}
		case *ast.CaseClause:
			if kind == edge.CaseClause_Body && slices.ContainsFunc(n.List, func(e ast.Expr) bool { return condition(e) }) {
				return true
			}
			if sw, ok := parent.Parent().Parent().Node().(*ast.SwitchStmt); ok && kind == edge.CaseClause_Body && sw.Tag != nil && (condition(sw.Tag) || isModeOfVerification(pass, sw)) {
				return true
			}
		case *ast.BlockStmt:
			if kind != edge.BlockStmt_List {
				break
			}
			for _, earlier := range n.List[:index] {
				if guard, ok := earlier.(*ast.IfStmt); ok && leaves(guard.Body) && condition(guard.Cond) {
					return true
				}
			}
		case *ast.AssignStmt:
			// insecureTransport := &http.Transport{...}
			if kind == edge.AssignStmt_Rhs && len(n.Lhs) == len(n.Rhs) && chosenName(purpose.NameOf(pass.TypesInfo, n.Lhs[index])) {
				return true
			}
		case *ast.ValueSpec:
			if kind == edge.ValueSpec_Values && index < len(n.Names) && chosenName(n.Names[index].Name) {
				return true
			}
		case *ast.KeyValueExpr:
			if kind == edge.KeyValueExpr_Value && at.Node() != c.Node() && chosenName(purpose.NameOf(pass.TypesInfo, n.Key)) {
				return true
			}
		case *ast.FuncDecl:
			return chosenName(n.Name.Name)
		}
	}
	return false
}

// isModeOfVerification reports whether one of the texts that a switch tells apart asks for verification, as PostgreSQL's
// modes "verify-ca" and "verify-full" do: then the others were chosen without it.
func isModeOfVerification(pass *check.PackagePass, sw *ast.SwitchStmt) bool {
	for _, stmt := range sw.Body.List {
		clause, ok := stmt.(*ast.CaseClause)
		if !ok {
			continue
		}
		for _, e := range clause.List {
			if text, ok := query.String(pass.TypesInfo, e); ok && slices.Contains(query.Words(text), "verify") {
				return true
			}
		}
	}
	return false
}

// chosenName is speaksOfIt for what is named for having no verification; weaker
// words such as "check" say nothing there.
func chosenName(name string) bool {
	words := query.Words(name)
	for i, w := range words {
		switch w {
		case "probe", "probes", "probing", "ping": // what only asks if somebody is there
			return true
		case "insecure", "unsafe", "noverify", "untrusted", "selfsigned", "fake", "mock", "debug", "localhost", "unverified":
			return true
		case "verify", "verification", "validation":
			if i > 0 && (words[i-1] == "skip" || words[i-1] == "no" || words[i-1] == "without" || words[i-1] == "disable" || words[i-1] == "tls" && i > 1) {
				return true
			}
		case "signed":
			if i > 0 && words[i-1] == "self" {
				return true
			}
		}
	}
	return false
}

// leaves reports whether a block ends by leaving what is around it.
func leaves(b *ast.BlockStmt) bool {
	if b == nil || len(b.List) == 0 {
		return false
	}
	switch last := b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return last.Tok == token.CONTINUE || last.Tok == token.BREAK || last.Tok == token.GOTO
	case *ast.ExprStmt:
		call, ok := last.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id, ok := call.Fun.(*ast.Ident)
		return ok && id.Name == "panic"
	}
	return false
}

// inspectsPeer reports whether the function reads the peer's certificates
// itself, to verify them by hand or to show them, or opens a connection over
// which it sends nothing.
func inspectsPeer(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if !ok || f.Body == nil {
		return false
	}
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			v := code.Var(pass.TypesInfo, n)
			// Those of crypto/tls, and of the libraries that are made after it.
			found = found || v != nil && v.IsField() && v.Name() == "PeerCertificates"
		case *ast.AssignStmt:
			if len(n.Rhs) != 1 {
				break
			}
			call, ok := n.Rhs[0].(*ast.CallExpr)
			if !ok {
				break
			}
			switch query.Callee(pass.TypesInfo, call) {
			case "crypto/tls.Dial", "crypto/tls.DialWithDialer", "crypto/tls.Client", "(*crypto/tls.Dialer).DialContext":
				conn := code.Var(pass.TypesInfo, n.Lhs[0])
				found = found || conn != nil && sendsNothing(pass, f.Body, conn)
			}
		}
		return !found
	})
	return found
}

// isTakenBack reports whether the field that a literal sets is set again by the same function, to something else than true:
// then it is only what holds where a setting asks for no more, and often a handshake of its own verifies.
func isTakenBack(pass *check.PackagePass, c inspector.Cursor, n ast.Node) bool {
	kv, ok := n.(*ast.KeyValueExpr)
	if !ok {
		return false
	}
	value := setLater(pass, c, kv.Key, func(v *types.Var) bool { return v == code.Var(pass.TypesInfo, kv.Key) })
	return value != nil && !alwaysTrue(pass, value)
}

// staysHere reports whether the function around a place names an address of this machine, by a text or a constant, and
// none of another: nobody is on the path.
func staysHere(pass *check.PackagePass, c inspector.Cursor) bool {
	f, ok := code.Enclosing(c)
	if !ok || f.Body == nil {
		return false
	}
	here, elsewhere := false, false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		text, known := query.String(pass.TypesInfo, e)
		if !known {
			return true
		}
		if _, address, found := strings.Cut(text, "://"); found {
			text = address
		} else if !strings.Contains(text, ":") {
			return false
		}
		host, _, _ := strings.Cut(text, "/")
		if i := strings.LastIndexByte(host, ':'); i >= 0 {
			host = host[:i]
		}
		switch {
		case host == "localhost" || strings.HasPrefix(host, "127.") || host == "[::1]":
			here = true
		case strings.Contains(host, ".") || strings.HasPrefix(host, "["):
			elsewhere = true
		}
		return false
	})
	return here && !elsewhere
}

// sendsNothing reports whether a connection is opened, perhaps looked at, and
// closed.
func sendsNothing(pass *check.PackagePass, body ast.Node, conn *types.Var) bool {
	uses, quiet := 0, 0
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if pass.TypesInfo.Uses[n] == conn {
				uses++
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && pass.TypesInfo.Uses[id] == conn {
				switch n.Sel.Name {
				case "Close", "ConnectionState", "Handshake", "HandshakeContext", "SetDeadline", "RemoteAddr", "LocalAddr", "OCSPResponse", "VerifyHostname":
					quiet++
				}
			}
		}
		return true
	})
	return uses == quiet
}

// isServerSide reports whether a literal is used where only servers look, there itself or by the variable that it is
// assigned to: there ClientAuth decides about certificates, and the field means nothing.
func isServerSide(pass *check.PackagePass, c inspector.Cursor) bool {
	at := c
	for at.ParentEdgeKind() == edge.UnaryExpr_X || at.ParentEdgeKind() == edge.ParenExpr_X {
		at = at.Parent()
	}
	if isServers(pass, at) {
		return true
	}
	v := code.Holder(pass.TypesInfo, c)
	return v != nil && !v.IsField() && v.Parent() != pass.Pkg.Scope() && onlyServersUse(pass, v, map[*types.Var]bool{})
}

// isOfServer reports whether a field that is set belongs to a variable of a function that only servers use.
func isOfServer(pass *check.PackagePass, field ast.Expr) bool {
	sel, ok := ast.Unparen(field).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return false
	}
	v := code.Var(pass.TypesInfo, id)
	return v != nil && v.Kind() == types.LocalVar && onlyServersUse(pass, v, map[*types.Var]bool{})
}

// isServers reports whether a place is one where only servers look.
func isServers(pass *check.PackagePass, at inspector.Cursor) bool {
	switch parent := at.Parent().Node().(type) {
	case *ast.CallExpr:
		switch query.Callee(pass.TypesInfo, parent) {
		case "crypto/tls.Listen", "crypto/tls.NewListener", "crypto/tls.Server":
			return true
		}
	case *ast.KeyValueExpr:
		v := code.Var(pass.TypesInfo, parent.Key)
		return v != nil && v.Name() == "TLSConfig" && code.Path(v.Pkg()) == "net/http"
	}
	return false
}

// onlyServersUse reports whether a variable or parameter goes to servers and to nothing else, through functions of
// this package, too. Its fields may be set and read.
func onlyServersUse(pass *check.PackagePass, v *types.Var, seen map[*types.Var]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	served := false
	for _, use := range query.IndexOf(pass.Pass).Uses(v) {
		kind, i := use.ParentEdge()
		switch kind {
		case edge.SelectorExpr_X:
			if sel, ok := use.Parent().Node().(*ast.SelectorExpr); ok && code.Var(pass.TypesInfo, sel) != nil {
				continue // a field
			}
			return false
		case edge.AssignStmt_Lhs, edge.BinaryExpr_X:
			continue
		}
		if !isServers(pass, use) {
			call, ok := use.Parent().Node().(*ast.CallExpr)
			if !ok || kind != edge.CallExpr_Args {
				return false
			}
			fn := code.Callee(pass.TypesInfo, call)
			if fn == nil || fn.Pkg() != pass.Pkg || i >= fn.Signature().Params().Len() || !onlyServersUse(pass, fn.Signature().Params().At(i), seen) {
				return false
			}
		}
		served = true
	}
	return served
}
