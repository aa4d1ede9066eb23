package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
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

//go:embed testdata/weak-hash.txtar
var weakHashExamples string

// WeakHash finds hash functions that are too weak for what they protect.
var WeakHash = &check.Check{
	ID:         "go/weak-hash",
	Title:      "Hash function is too weak for what it protects",
	CWE:        []check.CWE{328, 916},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runWeakHash,
	Page: check.Page{
		What: "MD4, MD5 or SHA-1 protects a password, a token, a key or a signature, or a fast hash of the SHA-2 and SHA-3 families stores a password; or a weak one names the file that a cache keeps for a key. Or a weak one is on the list of those that a package accepts in signatures.",
		Why: "Anybody with a laptop makes two documents with the same MD5, and for some thousand dollars with the same SHA-1 (the SHAttered " +
			"and Shambles attacks), so a signature over one holds for the other: the Flame malware carried a Windows update signature " +
			"forged in this way. And one graphics card tries billions of fast hashes a second, whichever: most of the 117 million " +
			"unsalted SHA-1 password hashes taken from LinkedIn in 2012 were read within days.",
		Fix: "For passwords golang.org/x/crypto/argon2 or bcrypt, or crypto/pbkdf2. For authenticating data crypto/hmac with SHA-256, for " +
			"tokens crypto/rand.Text, for fingerprints and signatures SHA-256. The quick fix puts SHA-256 in the place of the weak one, " +
			"where types allow. It is not safe to apply unseen: what was stored or sent before no longer matches.",
		Limits: "Judged by what the value is used for, as names tell it: a checksum, ETag or map key may well be MD5. Files named by the hash of a key are reported as tentative, because " +
			"only where strangers choose keys can they make two that share a file (beego's cache, CVE-2024-55885). So are lists of accepted hash functions (SIF, CVE-2022-39237), in packages that sign or verify, by their names. HMAC and " +
			"PBKDF2 over SHA-1 are not broken and are left alone, as are protocols that prescribe the hash (HTTP digest, MySQL, " +
			"WebSocket handshakes, breach databases). Values are followed within a function and to the callers in the package. For persona pedantic is what a protocol of others prescribes as a rule, or the comments of the function cite a standard for or call old (`legacy`, `obsolete`, backward compatibility), and what nothing shows to be an attack: signatures over MD5 and SHA-1 (by RSA over MD5 only where a package just verifies, because somebody else chose what he signs), hashes over a secret, passwords that are hashed and not kept, or put beside the name of the hash in a message of these two (`{Digest: d, Algorithm: \"sha-256\"}`), or kept only in fields in memory that are compared and nothing else, tokens and keys that are the hash of something else than the time, lists, and files that are not those of a cache.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/328.html",
			"https://cwe.mitre.org/data/definitions/916.html",
			"https://shattered.io/",
			"https://sha-mbles.github.io/",
			"https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
		},
		Examples: weakHashExamples,
	},
}

// A hashFunc is a function that makes a hash or a hash.Hash.
type hashFunc struct {
	name   string // as people say it
	broken bool   // collisions are known; the others are only fast
	sum    bool   // gives the hash of its argument
}

var hashFuncs = map[string]hashFunc{
	"crypto/md5.Sum":                  {"MD5", true, true},
	"crypto/md5.New":                  {"MD5", true, false},
	"crypto/sha1.Sum":                 {"SHA-1", true, true},
	"crypto/sha1.New":                 {"SHA-1", true, false},
	"golang.org/x/crypto/md4.New":     {"MD4", true, false},
	"crypto/sha256.Sum256":            {"SHA-256", false, true},
	"crypto/sha256.Sum224":            {"SHA-224", false, true},
	"crypto/sha256.New":               {"SHA-256", false, false},
	"crypto/sha512.Sum512":            {"SHA-512", false, true},
	"crypto/sha512.Sum384":            {"SHA-384", false, true},
	"crypto/sha512.New":               {"SHA-512", false, false},
	"crypto/sha3.Sum256":              {"SHA3-256", false, true},
	"crypto/sha3.Sum512":              {"SHA3-512", false, true},
	"golang.org/x/crypto/sha3.Sum256": {"SHA3-256", false, true},
	"golang.org/x/crypto/sha3.Sum512": {"SHA3-512", false, true},
}

// weakAlgorithms are the signature algorithms of certificates that need a
// broken hash, with those to take instead.
var weakAlgorithms = map[string]string{
	"crypto/x509.MD2WithRSA":    "SHA256WithRSA",
	"crypto/x509.MD5WithRSA":    "SHA256WithRSA",
	"crypto/x509.SHA1WithRSA":   "SHA256WithRSA",
	"crypto/x509.DSAWithSHA1":   "DSAWithSHA256",
	"crypto/x509.ECDSAWithSHA1": "ECDSAWithSHA256",
}

// signers are the functions that sign or verify what one of their arguments
// says was hashed with crypto.MD5 or crypto.SHA1.
var signers = map[string]bool{
	"crypto/rsa.SignPKCS1v15": true, "crypto/rsa.VerifyPKCS1v15": true, "crypto/rsa.SignPSS": true, "crypto/rsa.VerifyPSS": true,
	"(*crypto/rsa.PrivateKey).Sign": true, "(crypto.Signer).Sign": true, "(*crypto/ecdsa.PrivateKey).Sign": true,
}

func runWeakHash(_ context.Context, pass *check.PackagePass) error {
	h := &hashes{PackagePass: pass, tracer: purpose.NewTracer(pass.Pass)}
	hashes := func(called query.Called) bool {
		_, ok := hashFuncs[called.Name]
		return ok || called.Name == "(crypto.Hash).New" || signers[called.Name]
	}
	for c := range code.Calls(pass.Pass, hashes) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		name := query.Callee(pass.TypesInfo, call)
		if fn, ok := hashFuncs[name]; ok {
			h.hash(c, code.File(c), call, fn)
		} else if name == "(crypto.Hash).New" {
			if fn, ok := hashFuncs[h.hashConstant(call)]; ok {
				h.hash(c, code.File(c), call, fn)
			}
		} else if signers[name] {
			h.signer(call, strings.Contains(name, ".Verify"))
		}
	}
	h.accepted()
	if !code.MentionsField(pass.Pass, "SignatureAlgorithm") {
		return nil
	}
	for c := range code.Nodes(pass.Pass, (*ast.KeyValueExpr)(nil)) {
		if kv, ok := c.Node().(*ast.KeyValueExpr); ok {
			h.certificate(kv)
		}
	}
	return nil
}

// accepted judges lists of hash functions that are accepted, in a package that signs or
// verifies: the weakest is the strength of all, because who forges a signature chooses.
func (h *hashes) accepted() {
	weak := map[string]string{"crypto.MD4": "MD4", "crypto.MD5": "MD5", "crypto.SHA1": "SHA-1"}
	if !code.Mentions(h.Pass, "crypto.MD4", "crypto.MD5", "crypto.SHA1") || !h.verifiesSignatures() {
		return
	}
	for c := range code.Nodes(h.Pass, (*ast.CompositeLit)(nil)) {
		lit, ok := c.Node().(*ast.CompositeLit)
		list := code.Holder(h.TypesInfo, c)
		if !ok || list == nil || !listsAccepted(list.Name()) {
			continue
		}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				e = kv.Key
			}
			sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
			if !ok {
				continue
			}
			if name := weak[query.Name(h.TypesInfo.Uses[sel.Sel])]; name != "" {
				h.Report(check.Finding{
					Message:    fmt.Sprintf("%s is among what is accepted, and whoever forges a signature chooses the weakest: two documents can have the same %s", name, name),
					Location:   h.Location(e),
					Severity:   check.Medium,
					Confidence: check.Tentative,
					Persona:    check.Pedantic,
				})
			}
		}
	}
}

// listsAccepted reports whether a variable lists algorithms that are accepted, by its name.
func listsAccepted(name string) bool {
	accepted, algorithms := false, false
	for _, w := range query.Words(name) {
		switch w {
		case "supported", "allowed", "accepted", "permitted", "trusted":
			accepted = true
		case "algorithm", "algorithms", "algs", "hash", "hashes", "digest", "digests":
			algorithms = true
		case "weak", "insecure", "deprecated", "legacy", "hmac", "mac", "kdf", "oaep":
			return false
		}
	}
	return accepted && algorithms
}

// verifiesSignatures reports whether a package has a function that signs or verifies, by its
// name.
func (h *hashes) verifiesSignatures() bool {
	for _, file := range h.Files {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && slices.ContainsFunc(query.Words(fn.Name.Name), func(w string) bool {
				return w == "sign" || w == "signature" || strings.HasPrefix(w, "verif")
			}) {
				return true
			}
		}
	}
	return false
}

// hashes is the work on one package.
type hashes struct {
	*check.PackagePass
	tracer *purpose.Tracer
}

// hashConstant names the function that crypto.MD5.New() stands for.
func (h *hashes) hashConstant(call *ast.CallExpr) string {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	switch h.constantName(sel.X) {
	case "crypto.MD4":
		return "golang.org/x/crypto/md4.New"
	case "crypto.MD5":
		return "crypto/md5.New"
	case "crypto.SHA1":
		return "crypto/sha1.New"
	}
	return ""
}

// constantName gives the qualified name of a package-level constant.
func (h *hashes) constantName(e ast.Expr) string {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return ""
	}
	if c, ok := h.TypesInfo.Uses[id].(*types.Const); ok {
		return query.Name(c)
	}
	return ""
}

// hash judges one call that makes a hash.
func (h *hashes) hash(c inspector.Cursor, file *ast.File, call *ast.CallExpr, fn hashFunc) {
	var inputs []ast.Expr
	var outputs []inspector.Cursor
	if fn.sum {
		inputs, outputs = call.Args, []inspector.Cursor{c}
	} else {
		inputs, outputs = h.written(c)
	}
	if h.isPrescribed(c, inputs) {
		return
	}
	var hashed string // the name of the secret that goes in
	var in purpose.Purpose
	mixed := false // with something else
	for _, input := range inputs {
		for _, name := range purpose.Names(h.TypesInfo, input) {
			p := purpose.OfName(name)
			mixed = mixed || p != purpose.Key
			if p == purpose.Password || p == purpose.Key && in != purpose.Password {
				in, hashed = p, name
			}
		}
	}
	var out purpose.Trace
	for _, output := range outputs {
		trace := h.tracer.Trace(output)
		out.Uses = append(out.Uses, trace.Uses...)
		out.Passed = append(out.Passed, trace.Passed...)
	}
	if out.PassedTo("crypto/subtle.ConstantTimeCompare", "golang.org/x/crypto/bcrypt", "golang.org/x/crypto/argon2",
		"golang.org/x/crypto/scrypt", "crypto/pbkdf2", "golang.org/x/crypto/pbkdf2", "crypto/hmac.Equal") && (in != purpose.None || !fn.broken) {
		return // only brought to one length, for what judges it
	}
	switch {
	case in == purpose.Password:
		stored, ok := out.Has(purpose.Password)
		if f, in := code.Enclosing(c); !ok && in && purpose.OfFunc(f.Name) == purpose.Password {
			stored, ok = purpose.Use{Node: f.Node}, true
		}
		if !fn.broken && !ok {
			return
		}
		persona := check.Regular
		if !ok || !slices.ContainsFunc(outputs, func(output inspector.Cursor) bool { return !staysInMemory(h.Pass, output) }) || h.isSentAs(c, fn) {
			persona = check.Pedantic // an API may want it so, or nothing is stored
		}
		h.report(call, fn.name+" is too fast to protect a password: billions of guesses a second can be tried", stored, persona, nil)
	case !fn.broken:
	case in == purpose.Key && mixed && out.PassedTo("(net/http.Header).Set", "(net/http.Header).Add"):
		// A client signs a request as the server prescribes.
	case in == purpose.Key && mixed:
		use, _ := out.Has(purpose.Signature, purpose.Token)
		h.report(call, fmt.Sprintf("%s over the secret %s is no sound authentication: take HMAC with SHA-256", fn.name, hashed), use, check.Pedantic, h.fixes(c, file, call, fn))
	default:
		if use, ok := out.Has(purpose.Token, purpose.Password, purpose.Key); ok && in == purpose.Key && use.Purpose == purpose.Password {
			// Nobody guesses a key, whatever the password is that is made of it.
		} else if ok {
			h.report(call, fmt.Sprintf("%s is too weak for the %s in %s", fn.name, use.Purpose, use.Name), use, h.guessable(inputs), h.fixes(c, file, call, fn))
		} else if use, ok := out.Has(purpose.Signature); ok && (hasKey(h.TypesInfo, inputs) || h.signs(out)) {
			h.report(call, fmt.Sprintf("%s is too weak for the signature in %s", fn.name, use.Name), use, check.Pedantic, h.fixes(c, file, call, fn))
		} else if key := h.chosenKey(c, inputs); key != "" && fn.name != "SHA-1" && out.PassedTo(pathMakers...) { // a collision of SHA-1 costs more than a cache is worth
			persona := check.Pedantic
			if isInCache(h.PackagePass, c) {
				persona = check.Regular
			}
			h.Report(check.Finding{
				Message: fmt.Sprintf("two values of %s with the same %s can be made, which then share one file", key, fn.name),
				// Only where strangers choose the keys, which cannot be seen here.
				Severity:   check.Low,
				Confidence: check.Tentative,
				Persona:    persona,
				Location:   h.Location(call.Fun),
				Fixes:      h.fixes(c, file, call, fn),
			})
		}
	}
}

// isSentAs reports whether the function around a hash makes a message of two parts, a value and the constant name of the hash
// function: {Digest: digest, Algorithm: "sha-256"}. That is how a protocol wants the password of a client; what is stored has
// the user or a salt with it.
func (h *hashes) isSentAs(c inspector.Cursor, fn hashFunc) bool {
	f, ok := code.Enclosing(c)
	if !ok || f.Body == nil {
		return false
	}
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) == 2 && h.hasTwoParts(lit) {
			a, b := h.isNameOf(fn, lit.Elts[0]), h.isNameOf(fn, lit.Elts[1])
			found = found || a != b
		}
		return !found
	})
	return found
}

// hasTwoParts reports whether a literal of two elements is a whole map, or a struct that has no more fields.
func (h *hashes) hasTwoParts(lit *ast.CompositeLit) bool {
	switch t := query.Underlying(h.TypesInfo, lit).(type) {
	case *types.Struct:
		return t.NumFields() == 2
	case *types.Map:
		return true
	}
	return false
}

// isNameOf reports whether an element of a literal is the constant name of a hash function.
func (h *hashes) isNameOf(fn hashFunc, e ast.Expr) bool {
	if kv, ok := e.(*ast.KeyValueExpr); ok {
		e = kv.Value
	}
	text, ok := code.ConstString(h.Pass, e)
	return ok && plain(text) == plain(fn.name)
}

// guessable gives the persona for a token or key that is the weak hash of something: everyone's if it is made of the time, which
// can be guessed. What is random stays so by any hash.
func (h *hashes) guessable(inputs []ast.Expr) check.Persona {
	persona := check.Pedantic
	for _, input := range inputs {
		ast.Inspect(input, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && query.Callee(h.TypesInfo, call) == "time.Now" {
				persona = check.Regular
			}
			return true
		})
	}
	return persona
}

// isInCache reports whether a place belongs to a cache, by the name of the function, of its receiver or of the package: a cache is
// there for keys of any origin.
func isInCache(pass *check.PackagePass, c inspector.Cursor) bool {
	names := []string{pass.Pkg.Name()}
	for at := range c.Enclosing((*ast.FuncDecl)(nil)) {
		if decl, ok := at.Node().(*ast.FuncDecl); ok {
			names = append(names, decl.Name.Name)
			if decl.Recv != nil && len(decl.Recv.List) == 1 {
				name := query.TypeName(pass.TypesInfo.TypeOf(decl.Recv.List[0].Type))
				names = append(names, name[strings.LastIndexByte(name, '.')+1:])
			}
		}
	}
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(query.Words(name), "cache") })
}

func (h *hashes) report(call *ast.CallExpr, message string, use purpose.Use, persona check.Persona, fixes []check.Fix) {
	if remark.Standard(h.Pass, call.Pos()) || remark.Past(h.Pass, call.Pos()) {
		persona = check.Pedantic // others prescribe it, or what is there
	}
	f := check.Finding{Message: message, Location: h.Location(call.Fun), Persona: persona, Fixes: fixes}
	if use.Node != nil && use.Name != "" && h.Document(use.Node.Pos()) != nil {
		related := h.Location(use.Node)
		related.Message = "here it becomes " + use.Name
		f.Related = []check.Location{related}
	}
	h.Report(f)
}

// signs reports whether a hash goes on into a public-key signature.
func (h *hashes) signs(out purpose.Trace) bool {
	return slices.ContainsFunc(out.Passed, func(fn *types.Func) bool {
		switch code.Path(fn.Pkg()) {
		case "crypto/rsa", "crypto/ecdsa", "crypto/dsa", "crypto/ed25519":
			return true
		}
		return false
	})
}

// pathMakers are functions that get the name of a file.
var pathMakers = []string{"path/filepath.Join", "path.Join", "os.Create", "os.Open", "os.OpenFile", "os.WriteFile", "os.ReadFile", "os.Stat", "io/ioutil.WriteFile", "io/ioutil.ReadFile"}

// chosenKey names the text that a function is given and hashes by itself, as
// caches do with their keys; "" if that is not what is hashed. Who hashes contents names
// files by them, and gets the same file for the same content.
func (h *hashes) chosenKey(c inspector.Cursor, inputs []ast.Expr) string {
	f, ok := code.Enclosing(c)
	inputs = slices.DeleteFunc(slices.Clone(inputs), func(e ast.Expr) bool { return h.TypesInfo.Types[e].IsNil() }) // of Sum(nil)
	if !ok || len(inputs) != 1 {
		return ""
	}
	in := ast.Unparen(inputs[0])
	if call, ok := in.(*ast.CallExpr); ok && len(call.Args) == 1 && h.TypesInfo.Types[call.Fun].IsType() {
		in = ast.Unparen(call.Args[0]) // []byte(key)
	}
	id, ok := in.(*ast.Ident)
	if !ok {
		return ""
	}
	v := code.Var(h.TypesInfo, id)
	if v == nil || v.Pos() < f.Type.Pos() || v.Pos() > f.Type.End() {
		return "" // not a parameter
	}
	if b, ok := v.Type().Underlying().(*types.Basic); !ok || b.Kind() != types.String {
		return ""
	}
	if words := query.Words(v.Name()); len(words) > 0 && slices.Contains([]string{"key", "url", "uri", "link", "address", "id", "name", "query", "request", "src", "source"}, words[len(words)-1]) {
		return v.Name()
	}
	return ""
}

// hasKey reports whether what is hashed contains something that is called a
// key, or the like.
func hasKey(info *types.Info, inputs []ast.Expr) bool {
	for _, input := range inputs {
		for _, name := range purpose.Names(info, input) {
			if words := query.Words(name); len(words) > 0 && slices.Contains([]string{"key", "secret", "token", "salt"}, words[len(words)-1]) {
				return true
			}
		}
	}
	return false
}

// written gives what is written to the hash.Hash that the call at c makes, and
// the calls that give its sum.
func (h *hashes) written(c inspector.Cursor) (inputs []ast.Expr, sums []inspector.Cursor) {
	if c.ParentEdgeKind() == edge.SelectorExpr_X { // md5.New().Sum(x)
		h.method(c.Parent(), &inputs, &sums)
		return inputs, sums
	}
	var v *types.Var
	switch parent := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		if i := c.ParentEdgeIndex(); len(parent.Lhs) == len(parent.Rhs) {
			v = code.Var(h.TypesInfo, parent.Lhs[i])
		}
	case *ast.ValueSpec:
		if i := c.ParentEdgeIndex(); len(parent.Names) == len(parent.Values) {
			v = code.Var(h.TypesInfo, parent.Names[i])
		}
	}
	if v == nil || v.IsField() || v.Parent() == h.Pkg.Scope() {
		return nil, nil
	}
	for _, use := range h.tracer.Index.Uses(v) {
		switch use.ParentEdgeKind() {
		case edge.SelectorExpr_X:
			h.method(use.Parent(), &inputs, &sums)
		case edge.CallExpr_Args: // io.WriteString(h, x), fmt.Fprintf(h, ...), io.Copy(h, x)
			call, ok := use.Parent().Node().(*ast.CallExpr)
			if !ok || use.ParentEdgeIndex() != 0 {
				continue
			}
			if fn := code.Callee(h.TypesInfo, call); fn != nil && (code.Path(fn.Pkg()) == "io" || code.Path(fn.Pkg()) == "fmt") {
				inputs = append(inputs, call.Args[1:]...)
			}
		}
	}
	return inputs, sums
}

// method takes note of h.Write(x) and h.Sum(x).
func (h *hashes) method(sel inspector.Cursor, inputs *[]ast.Expr, sums *[]inspector.Cursor) {
	n, ok := sel.Node().(*ast.SelectorExpr)
	if !ok || sel.ParentEdgeKind() != edge.CallExpr_Fun {
		return
	}
	call, ok := sel.Parent().Node().(*ast.CallExpr)
	if !ok {
		return
	}
	switch n.Sel.Name {
	case "Write":
		*inputs = append(*inputs, call.Args...)
	case "Sum":
		*inputs = append(*inputs, call.Args...)
		*sums = append(*sums, sel.Parent())
	}
}

// prescribers are words of packages and functions that implement something that
// prescribes its hash.
var prescribers = []string{
	"rfc", "etag", "checksum", "gravatar", "avatar", "websocket", "digest", "ha", "mysql", "scramble", "postgres", "postgresql", "pg", "pgconn", "pq", "scram",
	"ntlm", "radius", "chap", "mschap", "cram", "apop", "uuid", "git", "pwned", "hibp", "pwn", "breach", "breached", "leaked", "compromised",
	"fingerprint", "thumbprint", "ski", "prf", "krb", "kerberos", "sasl", "sip", "rtsp", "rtmp", "vnc", "smb", "snmp", "torrent", "bittorrent", "subsonic", "htpasswd", "shadowsocks",
}

// protocols are elements of import paths that are the names of such things.
var protocols = []string{"openpgp", "tls", "mysql", "ntlm", "radius", "krb5", "gokrb5", "rtmp", "vnc", "smb", "smb2", "subsonic", "shadowsocks"}

// isPrescribed reports whether the hash is not the programmer's choice.
func (h *hashes) isPrescribed(c inspector.Cursor, inputs []ast.Expr) bool {
	says := func(name string) bool {
		return slices.ContainsFunc(query.Words(name), func(w string) bool { return slices.Contains(prescribers, w) })
	}
	if says(h.Pkg.Name()) || slices.ContainsFunc(strings.Split(h.Pkg.Path(), "/"), func(element string) bool {
		return slices.Contains(protocols, element)
	}) {
		return true
	}
	if f, ok := code.Enclosing(c); ok {
		if says(f.Name) {
			return true
		}
		for outer := range c.Enclosing((*ast.FuncDecl)(nil)) {
			decl, ok := outer.Node().(*ast.FuncDecl)
			if ok && decl.Recv != nil && len(decl.Recv.List) == 1 && says(query.TypeName(h.TypesInfo.TypeOf(decl.Recv.List[0].Type))) {
				return true
			}
		}
	}
	for _, input := range inputs {
		for _, name := range purpose.Names(h.TypesInfo, input) {
			if words := query.Words(name); slices.Contains(words, "realm") || slices.Contains(words, "guid") || slices.Contains(words, "fever") {
				return true
			}
		}
	}
	return false
}

// signer judges rsa.SignPKCS1v15(rand, key, crypto.SHA1, sum) and its kin. Nobody takes SHA-1 by his own choice there any
// more: formats of packages and messages of services prescribe it, which is why only [check.Pedantic] hears of it. Who verifies
// takes what somebody else has signed over; where the package signs as well, both are its choice.
func (h *hashes) signer(call *ast.CallExpr, verifies bool) {
	for _, arg := range call.Args {
		name, persona := "", check.Regular
		switch h.constantName(arg) {
		case "crypto.MD5":
			name = "MD5"
		case "crypto.SHA1":
			name, persona = "SHA-1", check.Pedantic
		default:
			continue
		}
		if verifies && !code.Mentions(h.Pass, "crypto/rsa.SignPKCS1v15", "crypto/rsa.SignPSS", "(*crypto/rsa.PrivateKey).Sign", "(crypto.Signer).Sign") {
			persona = check.Pedantic
		}
		h.Report(check.Finding{
			Message:  fmt.Sprintf("signature over %s: documents with the same hash can be made, so the signature of one holds for the other", name),
			Location: h.Location(call.Fun),
			Persona:  persona,
		})
		return
	}
}

// certificate judges x509.Certificate{SignatureAlgorithm: x509.SHA1WithRSA}.
func (h *hashes) certificate(kv *ast.KeyValueExpr) {
	v := code.Var(h.TypesInfo, kv.Key)
	if v == nil || !v.IsField() || v.Name() != "SignatureAlgorithm" || code.Path(v.Pkg()) != "crypto/x509" {
		return
	}
	better, ok := weakAlgorithms[h.constantName(kv.Value)]
	if !ok {
		return
	}
	replaced := ast.Unparen(kv.Value)
	if sel, ok := replaced.(*ast.SelectorExpr); ok {
		replaced = sel.Sel
	}
	h.Report(check.Finding{
		Message:  "certificate signed over a broken hash: others with the same hash can be made, and the signature holds for them",
		Location: h.Location(kv.Value),
		Fixes:    []check.Fix{{Title: "Sign with " + better, Edits: []check.Edit{h.Edit(replaced, better)}}},
	})
}

// fixes puts SHA-256 in the place of the hash, where the types stay right.
func (h *hashes) fixes(c inspector.Cursor, file *ast.File, call *ast.CallExpr, fn hashFunc) []check.Fix {
	name := "New"
	if fn.sum {
		if !h.lengthFree(c) {
			return nil
		}
		name = "Sum256"
	}
	pkg, edits := edit.Reimport(h.PackagePass, file, "crypto/sha256", call.Pos(), call.Fun)
	edits = append(edits, h.Edit(call.Fun, pkg+"."+name))
	return []check.Fix{{Title: "Hash with SHA-256", Edits: edits}}
}

// lengthFree reports whether nothing depends on the length of the array that a
// call gives: it is sliced, printed, or kept in a variable of which that is true.
func (h *hashes) lengthFree(c inspector.Cursor) bool {
	switch kind, i := c.ParentEdge(); kind {
	case edge.SliceExpr_X, edge.RangeStmt_X, edge.IndexExpr_X:
		return true
	case edge.CallExpr_Args:
		call, ok := c.Parent().Node().(*ast.CallExpr)
		if !ok {
			return false
		}
		fn := code.Callee(h.TypesInfo, call)
		return fn != nil && fn.Signature().Variadic() && i >= fn.Signature().Params().Len()-1 && !call.Ellipsis.IsValid()
	case edge.AssignStmt_Rhs:
		as, ok := c.Parent().Node().(*ast.AssignStmt)
		if !ok || len(as.Lhs) != len(as.Rhs) {
			return false
		}
		id, ok := as.Lhs[i].(*ast.Ident)
		if !ok {
			return false
		}
		v, ok := h.TypesInfo.Defs[id].(*types.Var)
		return ok && !slices.ContainsFunc(h.tracer.Index.Uses(v), func(use inspector.Cursor) bool { return !h.lengthFree(use) })
	}
	return false
}
