package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// jwtPackages are golang-jwt, what it was forked from, and a fork of that.
var jwtPackages = []string{"github.com/golang-jwt/jwt", "github.com/dgrijalva/jwt-go", "github.com/form3tech-oss/jwt-go"}

// ofJWT gives the qualified names of something in each of jwtPackages; in the
// pattern % stands for the package.
func ofJWT(patterns ...string) []string {
	var names []string
	for _, pattern := range patterns {
		for _, pkg := range jwtPackages {
			names = append(names, strings.Replace(pattern, "%", pkg, 1))
		}
	}
	return names
}

//go:embed testdata/jwt-none-accepted.txtar
var jwtNoneAcceptedExamples string

// JWTNoneAccepted finds tokens that need no signature.
var JWTNoneAccepted = &check.Check{
	ID:         "go/jwt-none-accepted",
	Title:      "JWT without a signature is accepted or issued",
	CWE:        []check.CWE{347, 327},
	Severity:   check.Critical,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runJWTNoneAccepted,
	Page: check.Page{
		What: "`jwt.UnsafeAllowNoneSignatureType` or `jwt.SigningMethodNone` is used: the token has no signature.",
		Why: "Anyone can write a token of type `none` with any user and any role in it. Libraries that accepted it by default were broken one after the other in 2015 (CVE-2015-9235); golang-jwt demands this constant " +
			"as the key so that nobody accepts it by mistake.",
		Fix:    "Sign with `jwt.SigningMethodHS256` or `EdDSA`, and return the key from the key function. There is no quick fix, because a key has to come from somewhere.",
		Limits: "A comparison with `SigningMethodNone`, to refuse it, is no use. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/347.html",
			"https://pkg.go.dev/github.com/golang-jwt/jwt/v5#pkg-constants",
			"https://www.rfc-editor.org/rfc/rfc8725#section-3.1",
		},
		Examples: jwtNoneAcceptedExamples,
	},
}

func runJWTNoneAccepted(_ context.Context, pass *check.PackagePass) error {
	names := ofJWT("%.UnsafeAllowNoneSignatureType", "%.SigningMethodNone")
	if slices.Contains(jwtPackages, code.Unversioned(pass.Pkg.Path())) {
		return nil
	}
	if !code.MentionsLike(pass.Pass, func(name string) bool { return slices.Contains(names, code.Unversioned(name)) }) {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.SelectorExpr)(nil)) {
		sel, ok := c.Node().(*ast.SelectorExpr)
		if !ok || !slices.Contains(names, code.Unversioned(query.Name(pass.TypesInfo.Uses[sel.Sel]))) {
			continue
		}
		switch c.ParentEdgeKind() {
		case edge.BinaryExpr_X, edge.BinaryExpr_Y, edge.CaseClause_List, edge.SelectorExpr_X:
			continue
		}
		pass.Report(check.Finding{Message: "a token without a signature counts here, so anyone can write one", Location: pass.Location(sel)})
	}
	return nil
}

//go:embed testdata/jwt-not-verified.txtar
var jwtNotVerifiedExamples string

// JWTNotVerified finds tokens that are read without a look at their signature.
var JWTNotVerified = &check.Check{
	ID:         "go/jwt-not-verified",
	Title:      "JWT is read without verifying its signature",
	CWE:        []check.CWE{347, 345},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runJWTNotVerified,
	Page: check.Page{
		What:   "The claims of a token are read by `ParseUnverified` (golang-jwt), `UnsafeClaimsWithoutVerification` (go-jose), `ParseInsecure` or `WithVerify(false)` (lestrrat-go), and the same function verifies nothing.",
		Why:    "A token is only text until its signature is verified: whoever sends it writes what they like into `sub`, `role` and `exp`.",
		Fix:    "Use `jwt.ParseWithClaims` with the key and `jwt.WithValidMethods`. To choose the key by the issuer, read it inside the key function. There is no quick fix, because the key has to come from somewhere.",
		Limits: "Left alone: functions that verify as well, or are given a token that is parsed; where the package verifies tokens elsewhere, all but those that handle requests; functions whose name says that nothing is verified or that they only look (`unverified`, `peek`, `inspect`, `expiry`), as clients do with tokens of their own; methods and packages of clients; test code. Outside of what handles requests a finding is tentative, and for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/347.html",
			"https://pkg.go.dev/github.com/golang-jwt/jwt/v5#Parser.ParseUnverified",
			"https://www.rfc-editor.org/rfc/rfc8725",
		},
		Examples: jwtNotVerifiedExamples,
	},
}

func runJWTNotVerified(_ context.Context, pass *check.PackagePass) error {
	index, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	fl := tokens{index}
	unverified := append(ofJWT("(*%.Parser).ParseUnverified"),
		"(*github.com/go-jose/go-jose/jwt.JSONWebToken).UnsafeClaimsWithoutVerification",
		"(*gopkg.in/square/go-jose.v2/jwt.JSONWebToken).UnsafeClaimsWithoutVerification",
		"(*gopkg.in/go-jose/go-jose.v2/jwt.JSONWebToken).UnsafeClaimsWithoutVerification",
		"github.com/lestrrat-go/jwx/jwt.ParseInsecure", "github.com/lestrrat-go/jwx/jwt.WithVerify")
	for _, c := range fl.Calls(unverified...) {
		if strings.HasSuffix(c.Name, ".WithVerify") {
			if k, ok := c.Arg(0).(*ssa.Const); !ok || k.Value == nil || k.Value.String() != "false" {
				continue
			}
		}
		root := c.Fn
		for root.Parent() != nil {
			root = root.Parent()
		}
		if onlyLooks(root.Name()) || !fl.answers(c.Fn) && isOfClient(root) || fl.isGiven(c.Receiver()) || fl.verifies(root) || !fl.answers(c.Fn) && fl.verifiesAnywhere() {
			continue
		}
		f := check.Finding{
			Message:  "the token's signature is not verified, so whoever sends it writes its claims",
			Location: pass.Location(c.Expr),
		}
		if !fl.answers(c.Fn) {
			// A client may read what it was given over TLS, a command what its user gave it, and a service what another one
			// has verified already.
			f.Confidence, f.Persona = check.Tentative, check.Pedantic
		}
		pass.Report(f)
	}
	return nil
}

// tokens answers who looks at tokens in a package.
type tokens struct{ *flow.Flow }

// isGiven reports whether a parsed token is a parameter: whoever parsed it verifies it.
func (t tokens) isGiven(token ssa.Value) bool {
	if token == nil || !strings.HasSuffix(query.TypeName(token.Type()), ".JSONWebToken") {
		return false
	}
	return slices.ContainsFunc(t.Origins(token), func(v ssa.Value) bool { _, param := v.(*ssa.Parameter); return param })
}

// answers reports whether a function, or one around it, handles a request.
func (t tokens) answers(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		for _, p := range fn.Params {
			if code.IsRequest(p.Type()) {
				return true
			}
		}
	}
	return false
}

// isOfClient reports whether a function belongs to a client, which may read the token that its server gave it: a
// method of one, or a function of a package that is named so.
func isOfClient(fn *ssa.Function) bool {
	var pkg *types.Package
	if fn.Pkg != nil {
		pkg = fn.Pkg.Pkg
	}
	return belongsTo(pkg, fn.Signature, "client", "cli")
}

// belongsTo reports whether the package of a function, if it has one, or the type of its receiver has one of some words in its name.
func belongsTo(pkg *types.Package, sig *types.Signature, words ...string) bool {
	var names []string
	if pkg != nil {
		names = append(names, pkg.Name())
	}
	if recv := sig.Recv(); recv != nil {
		name := query.TypeName(recv.Type())
		names = append(names, name[strings.LastIndexByte(name, '.')+1:])
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(query.Words(name), func(w string) bool { return slices.Contains(words, w) })
	})
}

func onlyLooks(name string) bool {
	for _, w := range query.Words(name) {
		switch w {
		case "unverified", "insecure", "unsafe", "peek", "inspect", "debug", "print", "dump", "show", "expiry", "expires", "expired", "expiration", "exp", "whoami", "hint", "refresh", "untrusted", "issuer", "header", "kid", "id", "key", "keys", "load", "lookup", "find", "prerequisites":
			return true
		}
	}
	return false
}

// verifies reports whether a function, or a literal in it, verifies tokens by a library or by a
// function that says so.
func (t tokens) verifies(root *ssa.Function) bool {
	return slices.ContainsFunc(t.Functions, func(fn *ssa.Function) bool {
		at := fn
		for at.Parent() != nil {
			at = at.Parent()
		}
		return at == root && callsVerifier(fn, true)
	})
}

// verifiesAnywhere reports whether the package verifies tokens by a library.
func (t tokens) verifiesAnywhere() bool {
	return slices.ContainsFunc(t.Functions, func(fn *ssa.Function) bool { return callsVerifier(fn, false) })
}

// callsVerifier looks for calls of what verifies tokens, of functions that are called so as well
// if byName.
func callsVerifier(fn *ssa.Function, byName bool) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			name := code.Unversioned(query.CalleeSSA(call.Common()))
			if slices.Contains(verifiers, name) {
				return true
			}
			name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
			if byName && name != "withverify" && (strings.Contains(name, "verify") || strings.Contains(name, "validate") || strings.Contains(name, "introspect")) {
				return true
			}
		}
	}
	return false
}

// verifiers are functions of libraries that verify signatures of tokens.
var verifiers = append(ofJWT("%.Parse", "%.ParseWithClaims", "(*%.Parser).Parse", "(*%.Parser).ParseWithClaims"),
	"(*github.com/go-jose/go-jose/jwt.JSONWebToken).Claims", "(*gopkg.in/square/go-jose.v2/jwt.JSONWebToken).Claims", "(*gopkg.in/go-jose/go-jose.v2/jwt.JSONWebToken).Claims",
	"(*github.com/go-jose/go-jose.JSONWebSignature).Verify", "(*gopkg.in/square/go-jose.v2.JSONWebSignature).Verify", "(*gopkg.in/go-jose/go-jose.v2.JSONWebSignature).Verify",
	"github.com/lestrrat-go/jwx/jwt.WithKey", "github.com/lestrrat-go/jwx/jwt.WithKeySet", "github.com/lestrrat-go/jwx/jwt.WithVerifyAuto", "github.com/lestrrat-go/jwx/jws.Verify",
	"(*github.com/coreos/go-oidc/oidc.IDTokenVerifier).Verify", "(*github.com/coreos/go-oidc.IDTokenVerifier).Verify")

//go:embed testdata/jwt-algorithm-not-checked.txtar
var jwtAlgorithmNotCheckedExamples string

// JWTAlgorithmNotChecked finds key functions that give a key for any algorithm.
var JWTAlgorithmNotChecked = &check.Check{
	ID:         "go/jwt-algorithm-not-checked",
	Title:      "JWT's algorithm is left to who sends it",
	CWE:        []check.CWE{347, 757},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer, flow.Analyzer},
	RunPackage: runJWTAlgorithmNotChecked,
	Page: check.Page{
		What: "A key function of golang-jwt returns its key without a look at the token's method, and the package names no valid methods.",
		Why: "The token says how it is signed, and its sender writes it. Where the key is a public one and given as bytes, a token signed by HMAC with that public key is accepted (CVE-2016-10555). golang-jwt's types of keys catch most " +
			"of it, which is why this is for the careful: the next key may be of another type.",
		Fix:    "Pass `jwt.WithValidMethods([]string{\"HS256\"})` to the parser, or compare `token.Method` in the key function. There is no quick fix, because only you know which methods you issue.",
		Limits: "Any use of `Method` or `Header` in the key function counts as a look. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/347.html",
			"https://pkg.go.dev/github.com/golang-jwt/jwt/v5#WithValidMethods",
			"https://www.rfc-editor.org/rfc/rfc8725#section-3.1",
		},
		Examples: jwtAlgorithmNotCheckedExamples,
	},
}

func runJWTAlgorithmNotChecked(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || len(fl.Calls(ofJWT("%.WithValidMethods")...)) > 0 {
		return nil
	}
	var keyFuncs []*ssa.Function
	for _, fn := range fl.Functions {
		if isKeyfunc(fn.Signature) && len(fn.Params) > 0 && fn.Params[0].Referrers() != nil {
			keyFuncs = append(keyFuncs, fn)
		}
	}
	if len(keyFuncs) == 0 {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.SelectorExpr)(nil), (*ast.KeyValueExpr)(nil)) {
		var field ast.Expr
		switch n := c.Node().(type) {
		case *ast.SelectorExpr:
			field = n
		case *ast.KeyValueExpr:
			field = n.Key
		}
		if v := code.Var(pass.TypesInfo, field); v != nil && v.IsField() && v.Name() == "ValidMethods" {
			return nil
		}
	}
	for _, fn := range keyFuncs {
		looks, returns := false, false
		for _, r := range *fn.Params[0].Referrers() {
			switch r := r.(type) {
			case *ssa.FieldAddr:
				name := fieldName(r)
				looks = looks || name == "Method" || name == "Header"
			default:
				looks = true // handed on to something that may
			}
		}
		for _, b := range fn.Blocks {
			if ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return); ok && len(ret.Results) == 2 {
				k, isConst := ret.Results[0].(*ssa.Const)
				returns = returns || !isConst || !k.IsNil()
			}
		}
		if n := keyfuncSyntax(fn); !looks && returns && n != nil {
			pass.Report(check.Finding{Message: "the key is given for any algorithm that the token's sender chooses", Location: pass.Location(n)})
		}
	}
	return nil
}

func keyfuncSyntax(fn *ssa.Function) ast.Node {
	switch n := fn.Syntax().(type) {
	case *ast.FuncLit:
		return n.Type
	case *ast.FuncDecl:
		return n.Name
	}
	return nil
}

// isKeyfunc reports whether a signature is that of jwt.Keyfunc.
func isKeyfunc(sig *types.Signature) bool {
	return sig != nil && sig.Recv() == nil && sig.Params().Len() == 1 && sig.Results().Len() == 2 &&
		slices.Contains(ofJWT("%.Token"), code.Unversioned(query.TypeName(sig.Params().At(0).Type()))) &&
		query.IsType(sig.Results().At(1).Type(), "error")
}

func fieldName(f *ssa.FieldAddr) string {
	p, ok := types.Unalias(f.X.Type()).Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || f.Field >= s.NumFields() {
		return ""
	}
	return s.Field(f.Field).Name()
}

// forExpired reports whether a function is for tokens that may have expired, by its name.
func forExpired(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return slices.Contains([]string{"expired", "refresh", "revoke", "logout", "ignore", "ignoring", "skip", "unvalidated", "without", "unsafe", "peek", "inspect"}, w)
	})
}

// validates reports whether a function validates claims itself.
func validates(pass *check.PackagePass, body *ast.BlockStmt) (found bool) {
	if body == nil {
		return false
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if fn := code.Callee(pass.TypesInfo, call); fn != nil && fn.Name() != "WithValidate" {
				name := strings.ToLower(fn.Name())
				found = found || strings.Contains(name, "valid") && !strings.HasPrefix(name, "with") || strings.HasPrefix(name, "verify") || strings.Contains(name, "expire")
			}
		}
		return !found
	})
	return found
}
