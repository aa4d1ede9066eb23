package auth

import (
	"context"
	_ "embed"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/hardcoded-key.txtar
var hardcodedKeyExamples string

// HardcodedKey finds keys that are written into the source, by what they are used for.
var HardcodedKey = &check.Check{
	ID:         "go/hardcoded-key",
	Title:      "Key is written into the source",
	CWE:        []check.CWE{321, 798},
	Severity:   check.High,
	Confidence: check.Firm,
	Secret:     true,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runHardcodedKey,
	Page: check.Page{
		What: "The key that signs tokens, MACs or session cookies, or that encrypts, is a constant of the program. It is judged by its use, whatever it looks like and however it is called.",
		Why: "Whoever reads the source, the image or the binary has the key, and with it any user's session or token. The key is the same in every installation, and cannot be changed without a release. The Superset default key gave " +
			"attackers 2,000 servers (CVE-2023-27524).",
		Fix: "Read the key from the environment, a file or a secret store at start, and stop if it is missing or short. Take the key that was in the source as known to others: replace it. There is no quick fix, because the key has to come from somewhere, and to be changed.",
		Limits: "Follows a value through variables of the package, fields that only the package can set, decoding, and through the callers of a helper in the package. A key of the source that is used only where an environment variable is not set is reported tentatively, and for persona pedantic. An HMAC counts if its key, or the function, is named for a key, token or signature, because a fixed text is also used to keep hashes " +
			"apart; none counts in a function that derives secrets by it, or where a seed goes into it (BIP 32). A key of an HMAC or a cipher in a package that is named for a standard, or documented to implement a protocol or a format, or a function whose comments cite one, is for persona pedantic, as is one of what is named for obscuring (`obfuscate`), and of an HMAC over a token, password or key whose result is named for a key. So is one of no bytes, or of fewer than 8 that are written as numbers, which stands where nobody cares for a key. Constants named for developing (`devKey`, `exampleSecret`) and test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/321.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-27524",
			"https://cheatsheetseries.owasp.org/cheatsheets/Key_Management_Cheat_Sheet.html",
		},
		Examples: hardcodedKeyExamples,
	},
}

// keyArguments say which arguments of a function are keys.
var keyArguments = withTokens(map[string][]int{
	"crypto/hmac.New":                           {1},
	"crypto/aes.NewCipher":                      {0},
	"crypto/des.NewCipher":                      {0},
	"crypto/des.NewTripleDESCipher":             {0},
	"crypto/rc4.NewCipher":                      {0},
	"golang.org/x/crypto/chacha20poly1305.New":  {0},
	"golang.org/x/crypto/chacha20poly1305.NewX": {0},
	"crypto/ed25519.NewKeyFromSeed":             {0},
	"github.com/gorilla/securecookie.New":       {0, 1},
	"github.com/gorilla/csrf.Protect":           {0},
})

func withTokens(arguments map[string][]int) map[string][]int {
	for _, name := range ofJWT("(*%.Token).SignedString") {
		arguments[name] = []int{0}
	}
	return arguments
}

// keyLists take any number of keys, from an argument on.
var keyLists = map[string]int{
	"github.com/gorilla/sessions.NewCookieStore":        0,
	"github.com/gorilla/sessions.NewFilesystemStore":    1,
	"github.com/gorilla/securecookie.CodecsFromPairs":   0,
	"github.com/gin-contrib/sessions/cookie.NewStore":   0,
	"github.com/gin-contrib/sessions/memstore.NewStore": 0,
}

// keyMessage says what is wrong with a key, e of the source.
func keyMessage(pass *check.PackagePass, e ast.Expr) string {
	if lit, ok := ast.Unparen(e).(*ast.CompositeLit); ok && len(lit.Elts) == 0 && code.IsText(pass.TypesInfo.TypeOf(lit)) {
		return "this key is empty, so anyone can make what it signs"
	}
	return "this key is the same in every copy of the program, and whoever reads the source has it"
}

// minKeyBytes is how many bytes something has at least that somebody means to be a key.
const minKeyBytes = 8

// isPlaceholder reports whether a key is written as a list of bytes, and has too few to be meant as one: it stands where a function
// wants a key and nobody cares which. A short text is a key that somebody chose badly.
func isPlaceholder(pass *check.PackagePass, e ast.Expr) bool {
	lit, ok := ast.Unparen(e).(*ast.CompositeLit)
	if !ok || len(lit.Elts) >= minKeyBytes || !code.IsText(pass.TypesInfo.TypeOf(lit)) {
		return false
	}
	return !slices.ContainsFunc(lit.Elts, func(elt ast.Expr) bool { _, indexed := elt.(*ast.KeyValueExpr); return indexed })
}

func runHardcodedKey(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	reportFor := func(e ast.Expr, persona check.Persona) {
		if isPlaceholder(pass, e) {
			persona = check.Pedantic
		}
		if !isForDevelopers(pass, e) {
			pass.Report(check.Finding{Message: keyMessage(pass, e), Location: secretLocation(pass, e), Persona: persona})
		}
	}
	report := func(e ast.Expr) { reportFor(e, check.Regular) }
	fallback := func(e ast.Expr) {
		pass.Report(check.Finding{
			Message:    "where the environment has no key, this is one that whoever reads the source has",
			Location:   secretLocation(pass, e),
			Confidence: check.Tentative, // something else may stop a program without a key
			Persona:    check.Pedantic,
		})
	}
	for name, arguments := range keyArguments {
		for _, c := range fl.Calls(name) {
			for _, arg := range arguments {
				at, index, ok := fl.FixedHere(c, arg)
				if index >= len(at.Expr.Args) || name == "crypto/hmac.New" && (!signs(pass, at, index) || isLabel(pass, c)) || isNoKey(fl, at.Arg(index)) {
					continue
				}
				if ok {
					persona := check.Regular
					if strings.HasPrefix(name, "crypto/") && (remark.Standard(pass.Pass, at.Expr.Pos()) || obscures(pass, at.Fn) || name == "crypto/hmac.New" && makesKey(pass, c, at, index)) {
						persona = check.Pedantic // published, and everyone's
					}
					reportFor(at.Expr.Args[index], persona)
				} else if fl.FallsBack(at.Arg(index)) {
					fallback(at.Expr.Args[index])
				}
			}
		}
	}
	for name, from := range keyLists {
		for _, c := range fl.Calls(name) {
			for i, e := range fl.Elements(c.Arg(from)) {
				if from+i >= len(c.Expr.Args) {
					continue
				}
				if _, fixed := fl.Fixed(e); fixed {
					report(c.Expr.Args[from+i])
				} else if fl.FallsBack(e) {
					fallback(c.Expr.Args[from+i])
				}
			}
		}
	}
	for _, fn := range fl.Functions { // func(*jwt.Token) (any, error) { return []byte("..."), nil }
		if !isKeyfunc(fn.Signature) {
			continue
		}
		for _, b := range fn.Blocks {
			ret, ok := b.Instrs[len(b.Instrs)-1].(*ssa.Return)
			if !ok || len(ret.Results) != 2 {
				continue
			}
			e := returned(fn, ret.Pos())
			if e == nil || isNoKey(fl, ret.Results[0]) {
				continue
			}
			if _, fixed := fl.Fixed(ret.Results[0]); fixed {
				report(e)
			} else if fl.FallsBack(ret.Results[0]) {
				fallback(e)
			}
		}
	}
	return nil
}

// obscures reports whether a package or function is named for hiding something from a glance, and nothing else.
func obscures(pass *check.PackagePass, fn *ssa.Function) bool {
	return slices.ContainsFunc(query.Words(pass.Pkg.Name()+" "+fn.Name()), func(w string) bool {
		return strings.HasPrefix(w, "obscur") || strings.HasPrefix(w, "obfuscat") || strings.HasPrefix(w, "deobfuscat")
	})
}

// isLabel reports whether what goes into an HMAC is the secret, by its name: then the fixed key is the name of what is derived
// from it, as in BIP 32.
func isLabel(pass *check.PackagePass, c flow.Call) bool {
	return slices.ContainsFunc(callsOf(pass, c, "Write"), func(write inspector.Cursor) bool {
		call, ok := write.Node().(*ast.CallExpr)
		return ok && len(call.Args) == 1 && slices.ContainsFunc(purpose.Names(pass.TypesInfo, call.Args[0]), isSeed)
	})
}

// makesKey reports whether an HMAC makes a key of another secret, by the names of both: its fixed key, which is the argument at index of a call, tells the key from others that are made of the secret.
func makesKey(pass *check.PackagePass, c, at flow.Call, index int) bool {
	var inputs []ast.Expr
	for _, write := range callsOf(pass, c, "Write") {
		if call, ok := write.Node().(*ast.CallExpr); ok {
			inputs = append(inputs, call.Args...)
		}
	}
	made := callsOf(pass, c, "Sum")
	if c.Expr != at.Expr {
		found, ok := query.IndexOf(pass.Pass).Inspector().Root().FindNode(at.Expr)
		if !ok {
			return false
		}
		made, inputs = []inspector.Cursor{found}, slices.Delete(slices.Clone(at.Expr.Args), index, index+1)
	}
	return slices.ContainsFunc(made, func(result inspector.Cursor) bool {
		v := code.Holder(pass.TypesInfo, result)
		return v != nil && purpose.OfName(v.Name()) == purpose.Key
	}) && slices.ContainsFunc(inputs, func(e ast.Expr) bool {
		return slices.ContainsFunc(purpose.Names(pass.TypesInfo, e), isSecret)
	})
}

// callsOf gives the calls of a method of the HMAC that a call makes.
func callsOf(pass *check.PackagePass, c flow.Call, method string) (calls []inspector.Cursor) {
	index := query.IndexOf(pass.Pass)
	at, ok := index.Inspector().Root().FindNode(c.Expr)
	if !ok {
		return nil
	}
	mac := code.Holder(pass.TypesInfo, at)
	if mac == nil {
		return nil
	}
	for _, use := range index.Uses(mac) {
		sel, ok := use.Parent().Node().(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != method {
			continue
		}
		if _, ok := use.Parent().Parent().Node().(*ast.CallExpr); ok {
			calls = append(calls, use.Parent().Parent())
		}
	}
	return calls
}

// isSecret reports whether a name is that of a token, a password or a key.
func isSecret(name string) bool {
	p := purpose.OfName(name)
	return p == purpose.Token || p == purpose.Password || p == purpose.Key
}

// isSeed reports whether a name is that of a secret that others are derived from.
func isSeed(name string) bool {
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		return w == "seed" || w == "entropy" || w == "mnemonic" || w == "ikm" || w == "prk"
	})
}

// isForDevelopers reports whether a key is one of the package, whose name says that it is for trying things out.
func isForDevelopers(pass *check.PackagePass, e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok || pass.TypesInfo.Uses[id] == nil || pass.TypesInfo.Uses[id].Parent() != pass.Pkg.Scope() {
			return true
		}
		switch query.Words(id.Name)[0] {
		case "dev", "devel", "development", "test", "testing", "example", "sample", "demo", "dummy", "fake":
			found = true
		}
		return true
	})
	return found
}

// isNoKey reports whether a value is the constant of golang-jwt by which tokens without
// a signature are accepted, which is no secret but another flaw.
func isNoKey(fl *flow.Flow, v ssa.Value) bool {
	names := ofJWT("%.unsafeNoneMagicConstant")
	return slices.ContainsFunc(fl.Origins(v), func(o ssa.Value) bool {
		return slices.Contains(names, code.Unversioned(query.TypeName(o.Type())))
	})
}

// returned gives the first result of the return statement at a position.
func returned(fn *ssa.Function, pos token.Pos) (result ast.Expr) {
	if fn.Syntax() == nil {
		return nil
	}
	ast.Inspect(fn.Syntax(), func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && r.Return == pos && len(r.Results) > 0 {
			result = r.Results[0]
		}
		return result == nil
	})
	return result
}

// signs reports whether the key of an HMAC, the parameter that it is given as, or the
// function around it is named for something secret.
func signs(pass *check.PackagePass, c flow.Call, index int) bool {
	if slices.ContainsFunc(query.Words(c.Fn.Name()), func(w string) bool { return w == "derive" || w == "derived" || w == "hkdf" || w == "kdf" }) {
		return false // a fixed text keeps what is derived from one secret apart
	}
	names := purpose.Names(pass.TypesInfo, c.Expr.Args[index])
	if fn := code.Callee(pass.TypesInfo, c.Expr); fn != nil && fn.Pkg() == pass.Pkg && index < fn.Signature().Params().Len() {
		names = append(names, fn.Signature().Params().At(index).Name())
	}
	for _, name := range names {
		if purpose.OfName(name) != purpose.None {
			return true
		}
		for _, w := range query.Words(name) {
			if w == "key" || w == "secret" {
				return true
			}
		}
	}
	for fn := c.Fn; fn != nil; fn = fn.Parent() {
		for _, w := range query.Words(fn.Name()) {
			switch strings.TrimSuffix(w, "s") {
			case "sign", "signed", "signature", "token", "mac", "hmac", "session", "cookie", "verify", "auth", "jwt":
				return true
			}
		}
	}
	return false
}

// secretLocation is the place of a value: that of the text within the quotes if
// it is written here, which is then masked wherever it would be shown.
func secretLocation(pass *check.PackagePass, e ast.Expr) check.Location {
	var lit ast.Node
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && lit == nil {
				lit = n
			}
		case *ast.CompositeLit:
			if lit == nil && len(n.Elts) > 0 {
				lit = n
			}
		}
		return lit == nil
	})
	switch n := lit.(type) {
	case *ast.BasicLit:
		loc := pass.Location(n)
		if loc.Range.End-loc.Range.Start > 2 {
			loc.Range.Start++
			loc.Range.End--
		}
		return loc
	case *ast.CompositeLit:
		loc := pass.Location(n)
		loc.Range = pass.Range(n.Elts[0].Pos(), n.Elts[len(n.Elts)-1].End())
		return loc
	}
	return pass.Location(e)
}
