package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/types"
	"go/version"
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

//go:embed testdata/insecure-random.txtar
var insecureRandomExamples string

// InsecureRandom finds tokens, passwords, keys and nonces from math/rand.
var InsecureRandom = &check.Check{
	ID:         "go/insecure-random",
	Title:      "Secret comes from a predictable random number generator",
	CWE:        []check.CWE{338, 330},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	FactTypes:  []analysis.Fact{(*drawsPredictably)(nil)},
	RunPackage: runInsecureRandom,
	Page: check.Page{
		What: "A token, password, session ID, one-time code, key, salt or nonce is drawn from math/rand, by itself or by a helper that " +
			"does, or a function of a crypto package gets a math/rand generator as its source. Or an exported helper, called RandomString or the like, draws its text from there.",
		Why: "The generators of math/rand are made to be fast. A few outputs give away the state of the older ones, and a seed from the clock " +
			"can be tried out; then every token before and after is known. In Masterminds/goutils (CVE-2021-4238) a helper for random " +
			"strings gave far fewer of them than its callers counted on.",
		Fix: "`crypto/rand.Text` for tokens and passwords, `crypto/rand.Read` for bytes, `crypto/rand.Int` for numbers in a range. The quick fix " +
			"turns `math/rand.Read` into `crypto/rand.Read`, which is safe from Go 1.24 on, where it cannot fail; and a formatted " +
			"number into `crypto/rand.Text()`, which is not safe to apply unseen, as the text gets another length and alphabet.",
		Limits: "Judged by what the value is used for, as names tell it; jitter, shuffling, sampling, simulation and test data are left alone, and so are " +
			"IDs that only have to differ (requests, traces; numbers called nonces in packages without cryptography) unless the function that makes them seeds the generator from crypto/rand, and numbers that are taken where crypto/rand fails. Values are followed within a function, to the callers in the package, and " +
			"to callers of helpers in other packages of the scan. A helper for random text is reported by itself if its documentation does not say what it is not for: as tentative, and for persona pedantic, unless its package " +
			"uses crypto/rand too, so that callers may expect it, and calls the helper for nothing of its own that is seen to be no secret. For persona pedantic are also numbers of a ChaCha8 generator whose seed the function fills from crypto/rand, and tokens and sessions that are numbers and written nowhere as text, what is named just `token` where neither the function nor its package is named for logins, accounts or the like, and session IDs in functions that are named for a hello or a handshake and in packages that are named for obfuscation (`obfs`), which are sent in the clear.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/338.html",
			"https://pkg.go.dev/crypto/rand",
			"https://go.dev/blog/chacha8rand",
		},
		Examples: insecureRandomExamples,
	},
}

// drawsPredictably is the fact that a function's result comes from math/rand.
type drawsPredictably struct{}

func (*drawsPredictably) AFact()         {}
func (*drawsPredictably) String() string { return "draws from math/rand" }

func runInsecureRandom(_ context.Context, pass *check.PackagePass) error {
	if code.Path(pass.Pkg) == "math/rand" || code.Path(pass.Pkg) == "math/rand/v2" {
		return nil
	}
	r := &randoms{PackagePass: pass, tracer: purpose.NewTracer(pass.Pass), offered: map[*types.Func]bool{}}
	for c := range code.Calls(pass.Pass, r.concerns) {
		if call, ok := c.Node().(*ast.CallExpr); ok {
			r.call(c, code.File(c), call)
		}
	}
	return nil
}

// randoms is the work on one package.
type randoms struct {
	*check.PackagePass
	tracer *purpose.Tracer
	// offered are the functions that offer was asked about.
	offered map[*types.Func]bool
}

// concerns reports whether call has a question about calls of a function.
func (r *randoms) concerns(called query.Called) bool {
	fn := called.Func
	return fn != nil && (isGenerator(fn) || fn.Pkg() != r.Pkg && r.ImportObjectFact(fn, new(drawsPredictably)) || isCrypto(fn) || called.Name == "io.ReadFull")
}

func (r *randoms) call(c inspector.Cursor, file *ast.File, call *ast.CallExpr) {
	fn := code.Callee(r.TypesInfo, call)
	if fn == nil {
		return
	}
	switch {
	case isGenerator(fn) && r.drawsElsewhere(call):
	case isGenerator(fn):
		if fn.Name() == "Read" {
			r.read(c, file, call, call.Args, fn)
			return
		}
		if fn.Name() == "Shuffle" || fn.Name() == "Seed" || strings.HasPrefix(fn.Name(), "New") {
			return
		}
		r.drawn(c, file, call, "math/rand")
	case fn.Pkg() != r.Pkg && r.ImportObjectFact(fn, new(drawsPredictably)):
		r.drawn(c, file, call, fn.Pkg().Name()+"."+fn.Name())
	case isCrypto(fn):
		for i, arg := range call.Args {
			if isReader(fn, i) && r.isRand(arg) {
				r.report(arg, fmt.Sprintf("%s.%s gets its random bytes from math/rand, which can be predicted", fn.Pkg().Name(), fn.Name()), purpose.Use{}, nil)
			}
		}
	case query.Name(fn) == "io.ReadFull" && len(call.Args) == 2 && r.isRand(call.Args[0]):
		r.read(c, file, call, call.Args[1:], fn)
	}
}

// isGenerator reports whether a function of math/rand, or a method of its
// generators, gives random numbers.
func isGenerator(fn *types.Func) bool {
	if path := code.Path(fn.Pkg()); path != "math/rand" && path != "math/rand/v2" {
		return false
	}
	if recv := fn.Signature().Recv(); recv != nil {
		return slices.Contains([]string{"math/rand.Rand", "math/rand.Source", "math/rand.Source64", "math/rand/v2.Rand", "math/rand/v2.Source", "math/rand/v2.ChaCha8", "math/rand/v2.PCG"}, query.TypeName(recv.Type()))
	}
	return true
}

// drawsElsewhere reports whether a call is of a generator that only arranges what another source gives, one that is not
// of math/rand: rand.New(source), where source reads from crypto/rand.
func (r *randoms) drawsElsewhere(call *ast.CallExpr) bool {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !query.IsType(r.TypesInfo.TypeOf(sel.X), "math/rand.Rand") && !query.IsType(r.TypesInfo.TypeOf(sel.X), "math/rand/v2.Rand") {
		return false
	}
	made, ok := code.Init(r.Pass, sel.X).(*ast.CallExpr)
	if !ok || len(made.Args) != 1 {
		return false
	}
	if name := query.Callee(r.TypesInfo, made); name != "math/rand.New" && name != "math/rand/v2.New" {
		return false
	}
	source := query.TypeName(r.TypesInfo.TypeOf(made.Args[0]))
	return source != "" && !strings.HasPrefix(source, "math/rand")
}

// isSeededByRuntime reports whether a function draws from the generator of math/rand/v2 that nobody can seed: ChaCha8
// with a seed of the operating system's, which so far nobody predicts.
func isSeededByRuntime(fn *types.Func) bool {
	return fn != nil && code.Path(fn.Pkg()) == "math/rand/v2" && fn.Signature().Recv() == nil
}

func isCrypto(fn *types.Func) bool {
	path := code.Path(fn.Pkg())
	return strings.HasPrefix(path, "crypto/") || strings.HasPrefix(path, "golang.org/x/crypto/")
}

func isReader(fn *types.Func, i int) bool {
	params := fn.Signature().Params()
	return i < params.Len() && query.IsType(params.At(i).Type(), "io.Reader")
}

// isRand reports whether an expression is a generator of math/rand.
func (r *randoms) isRand(e ast.Expr) bool {
	t := r.TypesInfo.TypeOf(e)
	return query.IsType(t, "math/rand.Rand") || query.IsType(t, "math/rand/v2.ChaCha8")
}

// drawn judges a call whose result is random.
func (r *randoms) drawn(c inspector.Cursor, file *ast.File, call *ast.CallExpr, source string) {
	trace := r.tracer.Trace(c)
	if name, ok := r.seededID(c, call); ok {
		r.report(call.Fun, fmt.Sprintf("%s draws from math/rand, and a seed from crypto/rand does not change that a few of its numbers give away the next", name), purpose.Use{}, nil)
		return
	}
	if r.isFallback(c) {
		return
	}
	for _, fn := range trace.Returned {
		r.ExportObjectFact(fn, new(drawsPredictably))
	}
	use, ok := needsSecrecy(trace)
	if !ok {
		r.offer(call, trace, source)
		return
	}
	if use.Purpose == purpose.Nonce && r.onlyDiffers(use) {
		return
	}
	said := "can be predicted"
	if isSeededByRuntime(code.Callee(r.TypesInfo, call)) {
		said = "are not made for secrets"
	}
	f := r.finding(call.Fun, fmt.Sprintf("%s in %s comes from %s, whose numbers %s", use.Purpose, use.Name, source, said), use, r.text(c, file, use))
	if r.staysNumber(trace, use) || r.isAnyToken(c, use) {
		f.Persona = check.Pedantic
	}
	r.Report(f)
}

// staysNumber reports whether a token is a number and stays one: protocols and tables tell sessions apart by numbers, where
// connections show whose they are, and rings of hashes spread load by them. What opens something to a stranger is text that is sent to
// him.
func (r *randoms) staysNumber(trace purpose.Trace, use purpose.Use) bool {
	if use.Purpose != purpose.Token || !r.isInteger(use) {
		return false
	}
	return !trace.PassedTo("fmt", "strconv") && !slices.ContainsFunc(trace.Uses, func(u purpose.Use) bool {
		e, ok := u.Node.(ast.Expr)
		return ok && code.IsText(r.TypesInfo.TypeOf(e))
	})
}

// isAnyToken reports whether what gets the value is a token by its name alone, and neither the function nor its package is named for
// something that tokens open: editors tell progress bars apart by such, rings of hashes their shares, and a client that it got the
// answer to its own question. A function that is named for making them makes them for others.
func (r *randoms) isAnyToken(c inspector.Cursor, use purpose.Use) bool {
	if use.Purpose != purpose.Token || len(query.Words(use.Name)) != 1 {
		return false
	}
	names := []string{r.Pkg.Path()}
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		decl := f.Node().(*ast.FuncDecl)
		names = append(names, decl.Name.Name)
		if fn, ok := r.TypesInfo.Defs[decl.Name].(*types.Func); ok && fn.Signature().Recv() != nil {
			names = append(names, query.TypeName(fn.Signature().Recv().Type()))
		}
	}
	return !slices.ContainsFunc(names, func(name string) bool { return slices.ContainsFunc(query.Words(name), opens) })
}

// opens reports whether a word of a name is about who may come in.
func opens(w string) bool {
	switch strings.TrimSuffix(w, "s") {
	case "token", "auth", "oauth", "authn", "authz", "authentication", "session", "login", "signin", "signup", "register", "user", "account", "password", "passwd", "reset", "invite", "invitation", "confirm",
		"confirmation", "verify", "verification", "csrf", "xsrf", "cookie", "secret", "key", "api", "jwt", "credential", "admin", "security", "magic", "link", "share", "activate", "activation":
		return true
	}
	return false
}

// onlyDiffers reports whether a nonce is a number in a package without ciphers, signatures or passwords: protocols tell
// connections, messages and attempts apart by such.
func (r *randoms) onlyDiffers(use purpose.Use) bool {
	return r.isInteger(use) && !slices.ContainsFunc(r.Pkg.Imports(), func(p *types.Package) bool {
		return strings.HasPrefix(p.Path(), "crypto/") || strings.HasPrefix(p.Path(), "golang.org/x/crypto/")
	})
}

// isInteger reports whether what gets the value is a number, or a list of such.
func (r *randoms) isInteger(use purpose.Use) bool {
	e, ok := use.Node.(ast.Expr)
	if !ok {
		return false
	}
	t := r.TypesInfo.TypeOf(e)
	if t == nil {
		return false
	}
	if list, ok := t.Underlying().(*types.Slice); ok {
		t = list.Elem()
		if types.Identical(t, types.Typ[types.Byte]) {
			return false // what a key is made of
		}
	}
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// seededID reports whether a draw is of a generator for identifiers, by the name of the
// function, that the same function seeds from crypto/rand: who does that does not want them
// guessed, as the IDs of messages whose answers are told by them.
func (r *randoms) seededID(c inspector.Cursor, call *ast.CallExpr) (name string, ok bool) {
	sel, isMethod := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	f, in := code.Enclosing(c)
	if !isMethod || !in || !r.isRand(sel.X) || !slices.ContainsFunc(query.Words(f.Name), func(w string) bool { return w == "id" || w == "ids" || w == "identifier" }) {
		return "", false
	}
	reads, seeds := false, false
	ast.Inspect(f.Node, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch query.Callee(r.TypesInfo, call) {
			case "crypto/rand.Read", "crypto/rand.Int":
				reads = true
			case "math/rand.NewSource", "math/rand.Seed", "(*math/rand.Rand).Seed", "math/rand/v2.NewPCG":
				seeds = true
			}
		}
		return true
	})
	return f.Name, reads && seeds
}

// isFallback reports whether a draw is in a function that reads from crypto/rand, and takes this only where that fails.
func (r *randoms) isFallback(c inspector.Cursor) bool {
	for f := range c.Enclosing((*ast.FuncDecl)(nil)) {
		reads, asksError := false, false
		ast.Inspect(f.Node(), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				obj := r.TypesInfo.Uses[n.Sel]
				reads = reads || obj != nil && code.Path(obj.Pkg()) == "crypto/rand"
			case *ast.IfStmt:
				asksError = asksError || n.Pos() < c.Node().Pos() && speaksOfError(r.TypesInfo, n.Cond)
			}
			return true
		})
		return reads && asksError
	}
	return false
}

// speaksOfError reports whether a condition has an error in it.
func speaksOfError(info *types.Info, cond ast.Expr) (found bool) {
	ast.Inspect(cond, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			found = found || query.IsType(info.TypeOf(id), "error")
		}
		return !found
	})
	return found
}

// offer judges a draw for the random text of a function that is there for other
// packages, which take it for what its name says.
func (r *randoms) offer(call *ast.CallExpr, trace purpose.Trace, source string) {
	if sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
		if v := code.Var(r.TypesInfo, sel.X); v != nil && v.Kind() == types.ParamVar {
			return // the caller chooses the generator
		}
	}
	for _, fn := range trace.Returned {
		if r.offered[fn] || !r.isOffered(fn) {
			continue
		}
		r.offered[fn] = true
		f := check.Finding{
			Message:    fmt.Sprintf("%s gives random text to whoever calls it, of %s, whose numbers can be predicted", fn.Name(), source),
			Location:   r.Location(call.Fun),
			Severity:   check.Medium,
			Confidence: check.Tentative,
			Persona:    check.Pedantic,
		}
		if slices.ContainsFunc(r.Pkg.Imports(), func(p *types.Package) bool { return p.Path() == "crypto/rand" }) && !r.isForItself(fn) {
			f.Confidence, f.Persona = check.Firm, check.Regular // the package knows what secrets need
		}
		r.Report(f)
		return
	}
}

// isForItself reports whether a package calls a function for something of its own, which is seen to be no secret: elsewhere than in
// other functions that are called after random text.
func (r *randoms) isForItself(fn *types.Func) bool {
	return slices.ContainsFunc(r.tracer.Index.Uses(fn), func(use inspector.Cursor) bool {
		for at := range use.Enclosing((*ast.FuncDecl)(nil)) {
			decl, ok := at.Node().(*ast.FuncDecl)
			in, _ := r.TypesInfo.Defs[decl.Name].(*types.Func)
			return ok && in != nil && !r.isOffered(in) && !code.InTest(r.Pass, use.Node().Pos())
		}
		return false
	})
}

// isOffered reports whether a function is called after random text, for other
// packages to call, and does not say that it is not for secrets.
func (r *randoms) isOffered(fn *types.Func) bool {
	if !fn.Exported() || !code.IsLibrary(r.Pkg) || !givesText(fn) {
		return false
	}
	random, text := false, false
	for _, w := range query.Words(fn.Name()) {
		switch w {
		case "random", "rand":
			random = true
		case "string", "strings", "str", "text", "alpha", "alphabet", "alphabetic", "alphanumeric", "alphanum", "numeric", "ascii", "letters", "chars", "characters", "hex", "bytes", "digits", "base":
			text = true
		case "insecure", "weak", "pseudo", "test", "fake", "mock", "fuzz", "sample", "choice", "pick", "from", "of", "element":
			return false
		}
	}
	decl := code.Declaration(r.Pass, fn)
	if !random || !text || decl == nil {
		return false
	}
	doc := strings.ToLower(decl.Doc.Text())
	return !slices.ContainsFunc([]string{"secur", "crypto", "pseudo", "test", "math/rand", "predict"}, func(word string) bool { return strings.Contains(doc, word) })
}

// givesText reports whether the first result of a function is text or bytes.
func givesText(fn *types.Func) bool {
	results := fn.Signature().Results()
	return results.Len() > 0 && code.IsText(results.At(0).Type())
}

// read judges a call that fills a buffer with random bytes.
func (r *randoms) read(c inspector.Cursor, file *ast.File, call *ast.CallExpr, buffer []ast.Expr, fn *types.Func) {
	if len(buffer) != 1 {
		return
	}
	target := ast.Unparen(buffer[0])
	if s, ok := target.(*ast.SliceExpr); ok {
		target = ast.Unparen(s.X)
	}
	v := code.Var(r.TypesInfo, target)
	if v == nil {
		return
	}
	use := purpose.Use{Name: v.Name(), Purpose: purpose.OfName(v.Name()), Node: target}
	if !v.IsField() {
		trace := r.tracer.Follow(v, call.End())
		for _, fn := range trace.Returned {
			r.ExportObjectFact(fn, new(drawsPredictably))
		}
		use, _ = needsSecrecy(trace)
	}
	if use.Purpose == purpose.None || use.Purpose == purpose.Signature {
		return
	}
	var fixes []check.Fix
	if fn.Signature().Recv() == nil && fn.Name() == "Read" {
		pkg, edits := edit.Reimport(r.PackagePass, file, "crypto/rand", call.Pos(), call.Fun)
		edits = append(edits, r.Edit(call.Fun, pkg+".Read"))
		fixes = []check.Fix{{Title: "Read from crypto/rand", Safe: r.atLeast(file, "go1.24"), Edits: edits}}
	}
	r.report(call.Fun, fmt.Sprintf("%s in %s comes from math/rand, whose bytes can be predicted", use.Purpose, use.Name), use, fixes)
}

// needsSecrecy gives the first use that an attacker must not be able to predict.
func needsSecrecy(trace purpose.Trace) (purpose.Use, bool) {
	return trace.Has(purpose.Token, purpose.Password, purpose.Key, purpose.Nonce)
}

func (r *randoms) report(at ast.Node, message string, use purpose.Use, fixes []check.Fix) {
	r.Report(r.finding(at, message, use, fixes))
}

// finding is one of a draw, for the persona that what it is used for and where it comes from say.
func (r *randoms) finding(at ast.Node, message string, use purpose.Use, fixes []check.Fix) check.Finding {
	f := check.Finding{Message: message, Location: r.Location(at), Fixes: fixes}
	if id, ok := at.(ast.Expr); ok && isSeededByRuntime(r.function(id)) {
		f.Severity, f.Confidence, f.Persona = check.Low, check.Tentative, check.Pedantic // the documentation promises nothing, the generator holds
	}
	if use.Purpose == purpose.Nonce && (slices.Contains(query.Words(use.Name), "salt") || !r.encrypts()) {
		f.Persona = check.Pedantic // a salt, or the nonce of a signed request, has to differ from others, and is no secret
	}
	if r.isSeededSecurely(at) || use.Purpose == purpose.Token && r.fillsHandshake(at) {
		f.Persona = check.Pedantic
	}
	if use.Node != nil && r.Document(use.Node.Pos()) != nil && use.Node.End() > use.Node.Pos() {
		related := r.Location(use.Node)
		related.Message = "here it becomes " + use.Name
		f.Related = []check.Location{related}
	}
	return f
}

// isSeededSecurely reports whether what is named draws from a ChaCha8 generator, or is one, whose seed the same function
// fills from crypto/rand: the generator is a cipher, and nobody knows its key.
func (r *randoms) isSeededSecurely(at ast.Node) bool {
	generator, ok := at.(ast.Expr)
	if sel, isSel := generator.(*ast.SelectorExpr); isSel && r.function(sel) != nil {
		generator = sel.X
	}
	if !ok {
		return false
	}
	made := r.made(generator)
	if made != nil && query.Callee(r.TypesInfo, made) == "math/rand/v2.New" && len(made.Args) == 1 {
		made = r.made(made.Args[0])
	}
	if made == nil || query.Callee(r.TypesInfo, made) != "math/rand/v2.NewChaCha8" || len(made.Args) != 1 {
		return false
	}
	seed := code.Var(r.TypesInfo, made.Args[0])
	return seed != nil && seed.Kind() == types.LocalVar && slices.ContainsFunc(query.IndexOf(r.Pass).Uses(seed), func(use inspector.Cursor) bool {
		if use.ParentEdgeKind() != edge.SliceExpr_X || use.Parent().ParentEdgeKind() != edge.CallExpr_Args {
			return false
		}
		call, ok := use.Parent().Parent().Node().(*ast.CallExpr)
		if !ok {
			return false
		}
		switch query.Callee(r.TypesInfo, call) {
		case "crypto/rand.Read":
			return true
		case "io.ReadFull":
			source := code.Var(r.TypesInfo, call.Args[0])
			return source != nil && query.Name(source) == "crypto/rand.Reader"
		}
		return false
	})
}

// made gives the call that makes what an expression names, or that it is; nil if there is none.
func (r *randoms) made(e ast.Expr) *ast.CallExpr {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		return call
	}
	call, _ := code.Init(r.Pass, e).(*ast.CallExpr)
	return call
}

// fillsHandshake reports whether a place is in a function that is named for a hello or a handshake, or in a package that is
// named for obfuscation: a session ID there is sent in the clear to look like another protocol's, and opens nothing.
func (r *randoms) fillsHandshake(at ast.Node) bool {
	if slices.ContainsFunc(query.Words(r.Pkg.Name()), func(w string) bool { return w == "obfs" || strings.HasPrefix(w, "obfuscat") }) {
		return true
	}
	file := code.FileAt(r.Pass, at.Pos())
	return file != nil && slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && query.Within(fn, at.Pos()) && slices.ContainsFunc(query.Words(fn.Name.Name), func(w string) bool { return w == "hello" || w == "handshake" })
	})
}

// encrypts reports whether the package has to do with ciphers.
func (r *randoms) encrypts() bool {
	return slices.ContainsFunc(r.Pkg.Imports(), func(p *types.Package) bool {
		return p.Path() == "crypto/cipher" || strings.HasPrefix(p.Path(), "golang.org/x/crypto/")
	})
}

// function gives the function that an expression names, nil for other expressions.
func (r *randoms) function(e ast.Expr) *types.Func {
	switch e := ast.Unparen(e).(type) {
	case *ast.IndexExpr: // rand.N[int]
		return r.function(e.X)
	case *ast.SelectorExpr:
		return r.function(e.Sel)
	case *ast.Ident:
		fn, _ := r.TypesInfo.Uses[e].(*types.Func)
		return fn
	}
	return nil
}

// text replaces a formatted number, such as strconv.Itoa(rand.Int()), by
// crypto/rand.Text(), which came with Go 1.24.
func (r *randoms) text(c inspector.Cursor, file *ast.File, use purpose.Use) []check.Fix {
	words := query.Words(use.Name)
	digits := slices.ContainsFunc(words, func(w string) bool { return w == "code" || w == "otp" || w == "pin" || w == "totp" })
	if digits || use.Purpose == purpose.Nonce || !r.atLeast(file, "go1.24") {
		return nil
	}
	formatted := false
	for c.ParentEdgeKind() == edge.CallExpr_Args {
		call, ok := c.Parent().Node().(*ast.CallExpr)
		if !ok || !r.isFormatting(call, c.Node()) {
			break
		}
		c, formatted = c.Parent(), true
	}
	outer, ok := c.Node().(ast.Expr)
	if !formatted || !ok || !types.Identical(r.TypesInfo.TypeOf(outer), types.Typ[types.String]) {
		return nil
	}
	pkg, edits := edit.Reimport(r.PackagePass, file, "crypto/rand", outer.Pos(), outer)
	edits = append(edits, r.Edit(outer, pkg+".Text()"))
	return []check.Fix{{Title: "Take a random text from crypto/rand", Edits: edits}}
}

// isFormatting reports whether a call turns one argument into text, with nothing
// but constants beside it.
func (r *randoms) isFormatting(call *ast.CallExpr, arg ast.Node) bool {
	for _, other := range call.Args {
		if other != arg && query.Constant(r.TypesInfo, other) == nil {
			return false
		}
	}
	if r.TypesInfo.Types[call.Fun].IsType() {
		b, ok := query.Underlying(r.TypesInfo, call).(*types.Basic)
		return ok && b.Info()&types.IsNumeric != 0 // int64(rand.Int()); string(rune) is no number
	}
	switch query.Callee(r.TypesInfo, call) {
	case "fmt.Sprint", "strconv.Itoa", "strconv.FormatInt", "strconv.FormatUint":
		return true
	case "fmt.Sprintf":
		// Nothing but the number: a prefix would be lost.
		format, _ := query.String(r.TypesInfo, call.Args[0])
		verb := strings.TrimLeft(strings.TrimPrefix(format, "%"), "0123456789")
		return strings.HasPrefix(format, "%") && len(verb) == 1
	}
	return false
}

// atLeast reports whether a file is written for a version of Go.
func (r *randoms) atLeast(file *ast.File, v string) bool {
	has := r.TypesInfo.FileVersions[file]
	if has == "" && r.Pkg != nil {
		has = r.Pkg.GoVersion()
	}
	return version.IsValid(has) && version.Compare(has, v) >= 0
}
