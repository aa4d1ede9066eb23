package resource

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// isForKnown reports whether only somebody whom the program knows gets to an instruction of a handler: the request is refused
// before unless it says whose it is, the handler is registered behind a function that is named for asking, or it is one
// between the parts of a system. Who has got a token may send what it likes.
func isForKnown(pass *check.PackagePass, fl *flow.Flow, fn *ssa.Function, at ssa.Instruction) bool {
	return asksWhoItIs(fl, fn, at) || isRegisteredBehind(pass, fl, fn) || isBetweenParts(pass)
}

// asksWhoItIs reports whether a function asks, before an instruction, who sends the request, by a function that is handed it and
// is named for that or verifies something in it, or compares a secret itself, and ends if the answer is no, or all callers of the function do before they call
// it.
func asksWhoItIs(fl *flow.Flow, fn *ssa.Function, at ssa.Instruction) bool {
	if at != nil && asksBefore(at) {
		return true
	}
	callers := fl.Callers(fn)
	return len(callers) > 0 && !flow.Public(fn) && !slices.ContainsFunc(callers, func(c flow.Call) bool { return !asksBefore(c.Instr) })
}

func asksBefore(at ssa.Instruction) bool {
	for _, b := range at.Parent().Blocks {
		if b == at.Block() || !b.Dominates(at.Block()) {
			continue
		}
		branch, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If)
		if !ok || !slices.ContainsFunc(b.Succs, func(s *ssa.BasicBlock) bool { return ends(s, 0) && !runsInto(s, at.Block()) }) {
			continue
		}
		if call := asked(branch.Cond, 4); call != nil && (isOfIdentity(call) || isVerification(&call.Call)) ||
			slices.ContainsFunc(b.Succs, sendsToLogin) && isOfSession(branch.Cond, 6) {
			return true
		}
	}
	return false
}

// runsInto reports whether a block is another one, or goes on with it whatever happens.
func runsInto(b, other *ssa.BasicBlock) bool {
	for range other.Parent().Blocks {
		if b == other {
			return true
		}
		if len(b.Succs) != 1 {
			return false
		}
		b = b.Succs[0]
	}
	return false
}

// sendsToLogin reports whether a block redirects to a page for logging in, and ends.
func sendsToLogin(b *ssa.BasicBlock) bool {
	return ends(b, 0) && slices.ContainsFunc(b.Instrs, func(instr ssa.Instruction) bool {
		call, ok := instr.(*ssa.Call)
		return ok && calleeName(&call.Call) == "Redirect" && slices.ContainsFunc(call.Call.Args, func(a ssa.Value) bool {
			target, ok := query.StringSSA(a)
			return ok && slices.ContainsFunc(query.Words(target), func(w string) bool { return w == "login" || w == "signin" })
		})
	})
}

// isOfSession reports whether a condition is about what is kept of who has logged in: it is, or comes of, a cookie, a session or a user
// by the name of a type or a function.
func isOfSession(v ssa.Value, depth int) bool {
	isWord := func(w string) bool { return w == "cookie" || w == "session" || w == "sessions" || w == "user" }
	if slices.ContainsFunc(query.Words(query.TypeName(v.Type())), isWord) {
		return true
	}
	if call, ok := v.(*ssa.Call); ok && slices.ContainsFunc(query.Words(calleeName(&call.Call)), isWord) {
		return true
	}
	instr, ok := v.(ssa.Instruction)
	if !ok || depth == 0 {
		return false
	}
	var operands [8]*ssa.Value
	return slices.ContainsFunc(instr.Operands(operands[:0]), func(op *ssa.Value) bool { return *op != nil && isOfSession(*op, depth-1) })
}

// asked gives the call whose answer, or error, a condition is about.
func asked(v ssa.Value, depth int) *ssa.Call {
	if depth == 0 {
		return nil
	}
	switch v := v.(type) {
	case *ssa.Call:
		return v
	case *ssa.Extract:
		return asked(v.Tuple, depth-1)
	case *ssa.UnOp:
		return asked(v.X, depth-1)
	case *ssa.BinOp:
		if _, isConst := v.Y.(*ssa.Const); isConst {
			return asked(v.X, depth-1)
		}
	}
	return nil
}

// isOfIdentity reports whether a call hands a request to a function that is named for finding out whose it is.
func isOfIdentity(call *ssa.Call) bool {
	if !takesRequest(call) {
		// store.UserByID(request.UserID(r))
		return slices.ContainsFunc(call.Call.Args, func(a ssa.Value) bool {
			inner, ok := a.(*ssa.Call)
			return ok && takesRequest(inner) && isOfIdentity(inner)
		})
	}
	return slices.ContainsFunc(query.Words(calleeName(call.Common())), isIdentityWord) || verifiesRequest(call.Call.StaticCallee())
}

// calleeName gives the name of a function or method that is called, without where it is from.
func calleeName(call *ssa.CallCommon) string {
	if call.IsInvoke() {
		return call.Method.Name()
	}
	name := query.CalleeSSA(call)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// isIdentityWord reports whether a word in the name of a function that is handed a request says that it finds out whose it is.
func isIdentityWord(w string) bool {
	switch w {
	case "user", "token", "login", "logged", "session", "apikey", "signature", "permission", "permissions", "credentials", "admin":
		return true
	}
	return isAuthWord(w)
}

// isAuthWord reports whether a word is one for asking who somebody is, or for having found out.
func isAuthWord(w string) bool {
	switch w {
	case "auth", "authn", "authz", "authed", "authenticate", "authenticated", "authenticator", "authentication",
		"authorize", "authorized", "authorizer", "authorization":
		return true
	}
	return false
}

// maxAsked is how many functions of a package lie between a handler and where a token is verified, at most: a server asks whether
// a request is valid, that whether who sends it may, and that reads the token and has it verified.
const maxAsked = 4

// verifiesRequest reports whether a function says yes or no, or gives an error, and has something verified by which a caller is known: a
// token, a signature, a password. Each function on the way is looked at once.
func verifiesRequest(fn *ssa.Function) bool {
	seen := map[*ssa.Function]bool{fn: true}
	level := []*ssa.Function{fn}
	for range maxAsked {
		var next []*ssa.Function
		for _, fn := range level {
			if fn == nil || !mayRefuse(fn.Signature) {
				continue
			}
			for _, b := range fn.Blocks {
				for _, instr := range b.Instrs {
					call, ok := instr.(*ssa.Call)
					if !ok {
						continue
					}
					if isVerification(&call.Call) {
						return true
					}
					if callee := call.Call.StaticCallee(); callee != nil && !seen[callee] {
						seen[callee] = true
						next = append(next, callee)
					}
				}
			}
		}
		level = next
	}
	return false
}

// isVerification reports whether a call compares a secret, or verifies a token.
func isVerification(call *ssa.CallCommon) bool {
	switch code.Unversioned(query.CalleeSSA(call)) {
	case "crypto/subtle.ConstantTimeCompare", "crypto/hmac.Equal", "golang.org/x/crypto/bcrypt.CompareHashAndPassword", "crypto/ed25519.Verify":
		return true
	}
	name := calleeName(call)
	for _, verb := range []string{"Parse", "Verify", "Validate"} {
		if strings.HasPrefix(name, verb) {
			return slices.ContainsFunc(query.Words(name), func(w string) bool { return w == "token" || w == "claims" || w == "jwt" })
		}
	}
	return false
}

func takesRequest(call *ssa.Call) bool {
	return slices.ContainsFunc(call.Call.Args, func(a ssa.Value) bool {
		return query.IsType(a.Type(), "net/http.Request") || code.IsResponder(a.Type())
	})
}

// maxHandlers is how many functions hand a request on to each other, at most, before one that is registered.
const maxHandlers = 2

// isRegisteredBehind reports whether a handler, or all that call it, is named nowhere but to be handed to a function that is named
// for letting only those in whom it knows, or to a method of what is (requireAuth(s.upload), authorized.POST("/upload",
// s.upload)), or to a router that is behind one. A literal is judged by where it stands.
func isRegisteredBehind(pass *check.PackagePass, fl *flow.Flow, fn *ssa.Function) bool {
	return isRegisteredWithin(pass, fl, fn, maxHandlers)
}

func isRegisteredWithin(pass *check.PackagePass, fl *flow.Flow, fn *ssa.Function, depth int) bool {
	if isLetIn(pass, fl, fn) {
		return true
	}
	if depth == 0 {
		return false
	}
	kept, callers := passageOf(fl, fn), fl.Callers(fn)
	if kept.open || !kept.closed && (flow.Public(fn) || len(callers) == 0) {
		return false
	}
	return !slices.ContainsFunc(callers, func(c flow.Call) bool { return !isRegisteredWithin(pass, fl, c.Fn, depth-1) })
}

func isLetIn(pass *check.PackagePass, fl *flow.Flow, fn *ssa.Function) bool {
	index := query.IndexOf(pass.Pass)
	made := false // by the function at hand, as its result
	for ; fn != nil; fn = fn.Parent() {
		if fn.Object() == nil {
			if c, ok := index.Inspector().Root().FindNode(fn.Syntax()); ok {
				if isBehind(pass, c) || isRoutedBehind(pass, fl, c) {
					return true
				}
				made = isResult(c)
			}
			continue
		}
		uses := slices.DeleteFunc(slices.Clone(index.Uses(fn.Object())), func(use inspector.Cursor) bool { return code.InTest(pass.Pass, use.Node().Pos()) })
		return len(uses) > 0 && !slices.ContainsFunc(uses, func(use inspector.Cursor) bool {
			if use.ParentEdgeKind() == edge.SelectorExpr_Sel {
				use = use.Parent()
			}
			if made && use.ParentEdgeKind() == edge.CallExpr_Fun {
				use = use.Parent()
			}
			return !isBehind(pass, use) && !isRoutedBehind(pass, fl, use)
		}) || isServedBehind(fl, fn)
	}
	return false
}

// isBehind reports whether a handler is an argument of a function or method that lets only those in whom it knows, by its name
// or that of the variable that it is called on, also through other functions that are handed it.
func isBehind(pass *check.PackagePass, at inspector.Cursor) bool {
	for at.ParentEdgeKind() == edge.CallExpr_Args {
		at = at.Parent()
		switch fun := ast.Unparen(at.Node().(*ast.CallExpr).Fun).(type) {
		case *ast.Ident:
			if letsIn(fun.Name) {
				return true
			}
		case *ast.SelectorExpr:
			if v := code.Var(pass.TypesInfo, fun.X); letsIn(fun.Sel.Name) || v != nil && letsIn(v.Name()) {
				return true
			}
		}
	}
	return false
}

// letsIn reports whether a name is that of a function, or a group of routes, for those whom a program knows: requireLogin, withAuth,
// apiKeyMiddleware, adminRoutes; maybeAuth lets others in, too, and so does what is about forged requests.
func letsIn(name string) bool {
	knows, asks, demands := false, false, false
	words := query.Words(name)
	for i, w := range words {
		switch w {
		case "no", "not", "without", "skip", "optional", "maybe", "try", "public", "anonymous", "csrf", "xsrf":
			return false
		case "admin", "protected", "apikey":
			knows = true
		case "key":
			knows = knows || i > 0 && words[i-1] == "api"
		case "login", "session", "user", "token", "permission", "signature":
			asks = true
			knows = knows || w == "token" && slices.Contains(words, "middleware")
		case "require", "required", "requires", "check", "verify", "ensure", "must", "only":
			demands = true
		}
		knows = knows || isAuthWord(w)
	}
	return knows || asks && demands
}

// isBetweenParts reports whether a package answers only what one part of a system asks another: it listens on Unix sockets or
// addresses of this machine alone, or all of its routes are below /internal/, which no proxy lets strangers in to.
func isBetweenParts(pass *check.PackagePass) bool {
	return query.IndexOf(pass.Pass).Memo(betweenPartsKey{}, func() any {
		if query.ListensOnMachine(pass.Pass) {
			return true
		}
		internal := false
		for c := range code.Nodes(pass.Pass, (*ast.BasicLit)(nil)) {
			lit, ok := c.Node().(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || !strings.HasPrefix(lit.Value[1:], "/") || len(lit.Value) == len(`"/"`) {
				continue
			}
			if internal = strings.HasPrefix(lit.Value[1:], "/internal/"); !internal {
				return false
			}
		}
		return internal
	}) == true
}

type betweenPartsKey struct{}
