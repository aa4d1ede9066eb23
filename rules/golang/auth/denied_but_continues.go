package auth

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
)

//go:embed testdata/auth-denied-but-continues.txtar
var deniedButContinuesExamples string

// DeniedButContinues finds handlers that refuse a request and then serve it.
var DeniedButContinues = &check.Check{
	ID:         "go/auth-denied-but-continues",
	Title:      "Request is refused, and then served all the same",
	CWE:        []check.CWE{863, 305},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{golang.SSA},
	RunPackage: runDeniedButContinues,
	Page: check.Page{
		What: "A handler or middleware answers 401 or 403, or redirects to a page for logging in, in one branch, and from there goes on to what it does for a request that is allowed: " +
			"it calls the next handler, reads the form, or writes the answer.",
		Why: "`http.Error` and `WriteHeader` only write; they do not end the handler, as they do in many other frameworks. The client sees the " +
			"status 401, so every test of the status passes, while the protected work is done and its output follows in the same body.",
		Fix: "Return after the refusal. The quick fix inserts `return` at the end of the branch. Look at it before you apply it: it is meant to change " +
			"what happens to a refused request.",
		Limits: "Looks within one function, and knows functions of the package that do nothing but refuse. In a middleware of gin, a refusal without `Abort` is found " +
			"as well: there a return ends the middleware, not the chain. A branch that cannot be left towards the work (it returns, panics, exits, or a flag that it sets is tested " +
			"first) is fine, and so is a function that picks a status in one of two branches and writes one body after both.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/863.html",
			"https://pkg.go.dev/net/http#Error",
		},
		Examples: deniedButContinuesExamples,
	},
}

func runDeniedButContinues(ctx context.Context, pass *check.PackagePass) error {
	fns, ok := pass.ResultOf[golang.SSA].(*golang.Functions)
	if !ok {
		return nil
	}
	for _, fn := range fns.Source {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, b := range fn.Blocks {
			for i, instr := range b.Instrs {
				call, ok := instr.(*ssa.Call)
				if !ok {
					continue
				}
				if status := refusal(&call.Call); status != 0 {
					if file := code.FileAt(pass.Pass, call.Pos()); file == nil || code.IsTest(pass.Pass, file) {
						continue
					}
					d := &denial{pass: pass, fn: fn, call: call, block: b, after: i + 1, status: status}
					d.judge()
				}
			}
		}
	}
	return nil
}

// refusals are the calls that answer with a status, and which argument it is,
// the receiver not counted.
var refusals = map[string]int{
	"net/http.Error":                        2,
	"(net/http.ResponseWriter).WriteHeader": 0,
}

// answering are the methods of the contexts of frameworks that answer, the status first.
var answering = map[string]bool{
	"JSON": true, "IndentedJSON": true, "PureJSON": true, "SecureJSON": true, "AsciiJSON": true, "JSONP": true, "JSONPretty": true, "JSONBlob": true,
	"XML": true, "XMLPretty": true, "XMLBlob": true, "YAML": true, "TOML": true, "ProtoBuf": true, "String": true, "HTML": true, "HTMLBlob": true,
	"Data": true, "Blob": true, "NoContent": true, "Status": true, "SendStatus": true,
	"AbortWithStatus": true, "AbortWithStatusJSON": true, "AbortWithError": true, "AbortWithStatusPureJSON": true,
}

// refusal gives the status 401 or 403 that a call answers with, seeOther, or 0. The call
// may be of a function of the package that does nothing but refuse.
func refusal(call *ssa.CallCommon) int64 {
	if status := directRefusal(call); status != 0 {
		return status
	}
	fn := call.StaticCallee()
	if fn == nil || len(fn.Blocks) != 1 || fn.Signature.Results().Len() > 0 || !slices.ContainsFunc(call.Args, func(arg ssa.Value) bool {
		return isWriter(arg.Type()) || code.IsContext(arg.Type())
	}) {
		return 0
	}
	for _, instr := range fn.Blocks[0].Instrs {
		if inner, ok := instr.(*ssa.Call); ok {
			if status := directRefusal(&inner.Call); status != 0 {
				return status
			}
		}
	}
	return 0
}

func directRefusal(call *ssa.CallCommon) int64 {
	args := call.Args
	if toLogin(call) {
		return seeOther
	}
	index, ok := refusals[query.CalleeSSA(call)]
	if !ok {
		recv, method := receiver(call)
		if recv == nil || !answering[method] || !code.IsContext(recv.Type()) {
			return 0
		}
		index = 0
	}
	if !call.IsInvoke() && call.Signature().Recv() != nil {
		args = args[1:]
	}
	if index >= len(args) {
		return 0
	}
	if status, ok := query.IntSSA(args[index]); ok && (status == 401 || status == 403) {
		return status
	}
	return 0
}

// seeOther stands for a redirect to where users log in, whatever its status.
const seeOther = 303

// toLogin reports whether a call redirects to a fixed page for logging in.
func toLogin(call *ssa.CallCommon) bool {
	if recv, method := receiver(call); query.CalleeSSA(call) != "net/http.Redirect" && (recv == nil || method != "Redirect" || !code.IsContext(recv.Type())) {
		return false
	}
	return slices.ContainsFunc(call.Args, func(arg ssa.Value) bool {
		target, ok := query.StringSSA(arg)
		return ok && slices.ContainsFunc(query.Words(target), func(w string) bool { return w == "login" || w == "signin" || w == "sso" })
	})
}

// receiver gives the receiver and the name of a method call.
func receiver(call *ssa.CallCommon) (ssa.Value, string) {
	if call.IsInvoke() {
		return call.Value, call.Method.Name()
	}
	if fn := call.StaticCallee(); fn != nil && call.Signature().Recv() != nil && len(call.Args) > 0 {
		return call.Args[0], fn.Name()
	}
	return nil, ""
}

func isGin(t types.Type) bool { return query.IsType(t, "github.com/gin-gonic/gin.Context") }

func isWriter(t types.Type) bool  { return query.IsType(t, "net/http.ResponseWriter") }
func isRequest(t types.Type) bool { return query.IsType(t, "net/http.Request") }

// A denial is one call that refuses a request.
type denial struct {
	pass   *check.PackagePass
	fn     *ssa.Function
	call   *ssa.Call
	block  *ssa.BasicBlock
	after  int // index in the block behind the call
	status int64
}

// judge reports the denial if work follows that other requests reach too.
func (d *denial) judge() {
	others := reachable(d.fn.Blocks[0], d.block)
	if d.block == d.fn.Blocks[0] || len(others) == 0 {
		return // it refuses every request
	}
	stmt := d.statement()
	if stmt == nil {
		return
	}
	work := d.work(others)
	if work == nil {
		if d.chainGoesOn() {
			d.pass.Report(check.Finding{
				Message:  d.refuses() + ", but gin runs the handlers behind this one all the same: Abort is missing",
				Location: d.pass.Location(stmt),
				Fixes:    d.abort(stmt),
			})
		}
		return
	}
	f := check.Finding{
		Message:  d.refuses() + ", but then goes on to serve it: a return is missing",
		Location: d.pass.Location(stmt),
		Fixes:    d.fixes(stmt),
	}
	if pos := work.Pos(); pos.IsValid() {
		at := d.pass.Location(place(pos))
		at.Message = "this runs for a refused request too"
		f.Related = []check.Location{at}
	}
	d.pass.Report(f)
}

func (d *denial) refuses() string {
	if d.status == seeOther {
		return "sends the request to the page for logging in"
	}
	return fmt.Sprintf("refuses the request with %d", d.status)
}

// chainGoesOn reports whether the function is a middleware of gin and refuses
// here without Abort: a return ends the middleware, not the chain of handlers.
func (d *denial) chainGoesOn() bool {
	if !d.inMiddleware() {
		return false
	}
	after := reachable(d.block, nil)
	for b, calls := range d.calls() {
		for _, call := range calls {
			if (after[b] || b.Dominates(d.block)) && aborts(call) {
				return false
			}
		}
	}
	return true
}

// inMiddleware reports whether a context of gin is refused without Abort in a
// function that calls Next, as only a middleware does, or that calls Abort somewhere and
// serves nothing: the last handler of a chain may abort, too, and answers.
func (d *denial) inMiddleware() bool {
	if recv, method := receiver(&d.call.Call); recv == nil || !isGin(recv.Type()) || strings.HasPrefix(method, "Abort") {
		return false
	}
	aborts, serves := false, false
	for _, calls := range d.calls() {
		for _, call := range calls {
			recv, method := receiver(call)
			switch {
			case recv == nil || !isGin(recv.Type()):
			case method == "Next":
				return true
			case strings.HasPrefix(method, "Abort"):
				aborts = true
			case method == "Stream" || method == "SSEvent" || method == "File" || method == "FileAttachment" || answering[method] && isSuccess(call):
				serves = true
			}
		}
	}
	return aborts && !serves
}

// isSuccess reports whether a call answers with a status that refuses nothing.
func isSuccess(call *ssa.CallCommon) bool {
	args := call.Args
	if !call.IsInvoke() && len(args) > 0 {
		args = args[1:]
	}
	if len(args) == 0 {
		return false
	}
	status, ok := query.IntSSA(args[0])
	return ok && status >= 200 && status < 300
}

// calls gives the calls of the function by their blocks.
func (d *denial) calls() map[*ssa.BasicBlock][]*ssa.CallCommon {
	calls := map[*ssa.BasicBlock][]*ssa.CallCommon{}
	for _, b := range d.fn.Blocks {
		for _, instr := range b.Instrs {
			if call, ok := instr.(ssa.CallInstruction); ok {
				calls[b] = append(calls[b], call.Common())
			}
		}
	}
	return calls
}

// aborts reports whether a call ends gin's chain, or hands the context to what
// may do so.
func aborts(call *ssa.CallCommon) bool {
	if recv, method := receiver(call); recv != nil && isGin(recv.Type()) {
		return strings.HasPrefix(method, "Abort")
	}
	return passesContext(call)
}

func passesContext(call *ssa.CallCommon) bool {
	return slices.ContainsFunc(call.Args, func(arg ssa.Value) bool { return isGin(arg.Type()) })
}

// abort makes gin end the chain.
func (d *denial) abort(stmt *standing) []check.Fix {
	sel := selector(stmt.call)
	if sel == nil {
		return nil
	}
	text := edit.Text(d.pass, sel.X)
	return []check.Fix{{
		Title: "Abort the chain of handlers",
		Edits: []check.Edit{edit.Insert(d.pass, stmt.End(), "\n"+edit.Indent(d.pass, stmt.Pos())+text+".Abort()")},
	}}
}

// reachable gives the blocks that can be reached from one without another.
func reachable(from, without *ssa.BasicBlock) map[*ssa.BasicBlock]bool {
	seen := map[*ssa.BasicBlock]bool{}
	var visit func(*ssa.BasicBlock)
	visit = func(b *ssa.BasicBlock) {
		if b == without || seen[b] {
			return
		}
		seen[b] = true
		for _, s := range b.Succs {
			visit(s)
		}
	}
	visit(from)
	return seen
}

// maxStates bounds the walk through one function: paths that differ in what is
// known about its flags. Handlers have a few dozen.
const maxStates = 5000

// facts are what is known about conditions on the way.
type facts map[string]bool

// work finds the first instruction after the denial that serves the request and
// that a request which was not refused reaches as well; nil if there is none.
func (d *denial) work(others map[*ssa.BasicBlock]bool) ssa.Instruction {
	type state struct {
		block *ssa.BasicBlock
		known string
	}
	seen := map[state]bool{}
	known := factsAt(d.block)
	onlyWrites := d.twoSided()
	var found ssa.Instruction
	var visit func(b *ssa.BasicBlock, from int, known facts)
	visit = func(b *ssa.BasicBlock, from int, known facts) {
		if found != nil || len(seen) > maxStates {
			return
		}
		for _, instr := range b.Instrs[from:] {
			if ends(instr) {
				return
			}
			if others[b] && d.serves(instr, onlyWrites) {
				found = instr
				return
			}
		}
		for i, next := range b.Succs {
			if cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If); ok {
				if value, ok := known.eval(cond.Cond); ok && value != (i == 0) {
					continue
				}
			}
			after := known.enter(next, b)
			s := state{next, after.String()}
			if !seen[s] {
				seen[s] = true
				visit(next, 0, after)
			}
		}
	}
	visit(d.block, d.after, known)
	return found
}

// twoSided reports whether the denial stands in one of two branches that both
// do something: there a body that is written behind them is of either.
func (d *denial) twoSided() bool {
	for b := d.block; b.Idom() != nil; b = b.Idom() {
		if _, ok := b.Idom().Instrs[len(b.Idom().Instrs)-1].(*ssa.If); ok {
			for _, s := range b.Idom().Succs {
				if s != b && len(s.Preds) == 1 {
					return true
				}
			}
			return false
		}
	}
	return false
}

// factsAt gives what the branches around a block say about their conditions.
func factsAt(b *ssa.BasicBlock) facts {
	known := facts{}
	for ; b.Idom() != nil; b = b.Idom() {
		cond, ok := b.Idom().Instrs[len(b.Idom().Instrs)-1].(*ssa.If)
		if ok && len(b.Preds) == 1 {
			key, negated := condition(cond.Cond)
			if _, ok := known[key]; !ok {
				known[key] = (b == b.Idom().Succs[0]) != negated
			}
		}
	}
	return known
}

// condition gives a name to a condition, the same for those that agree, and
// whether it is the opposite of what the name stands for.
func condition(v ssa.Value) (key string, negated bool) {
	switch v := v.(type) {
	case *ssa.UnOp:
		if v.Op == token.NOT {
			key, negated = condition(v.X)
			return key, !negated
		}
	case *ssa.BinOp:
		if v.Op == token.EQL || v.Op == token.NEQ {
			return operand(v.X) + "==" + operand(v.Y), v.Op == token.NEQ
		}
	}
	return operand(v), false
}

func operand(v ssa.Value) string {
	if c, ok := v.(*ssa.Const); ok {
		return c.String()
	}
	return v.Name()
}

func (k facts) eval(v ssa.Value) (value, ok bool) {
	if c, isConst := v.(*ssa.Const); isConst && c.Value != nil && c.Value.Kind() == constant.Bool {
		return constant.BoolVal(c.Value), true
	}
	key, negated := condition(v)
	value, ok = k[key]
	return value != negated, ok
}

// enter gives what is known in a block that is entered from another one: the
// flags that meet there have the values of this way.
func (k facts) enter(b, from *ssa.BasicBlock) facts {
	var after facts
	for _, instr := range b.Instrs {
		phi, ok := instr.(*ssa.Phi)
		if !ok {
			break
		}
		for i, p := range b.Preds {
			if p != from {
				continue
			}
			if value, ok := k.eval(phi.Edges[i]); ok {
				if after == nil {
					after = facts{}
					for key, v := range k {
						after[key] = v
					}
				}
				after[phi.Name()] = value
			}
		}
	}
	if after == nil {
		return k
	}
	return after
}

func (k facts) String() string { return fmt.Sprint(map[string]bool(k)) } // fmt sorts the keys

// ends reports whether an instruction ends the program or the goroutine.
func ends(instr ssa.Instruction) bool {
	call, ok := instr.(*ssa.Call)
	if !ok {
		return false
	}
	switch name := query.CalleeSSA(&call.Call); name {
	case "os.Exit", "runtime.Goexit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln":
		return true
	}
	return false
}

// serves reports whether an instruction does for a request what is done for one
// that is allowed. Where nothing but writing counts less, onlyWrites is set.
func (d *denial) serves(instr ssa.Instruction, onlyWrites bool) bool {
	call, ok := instr.(*ssa.Call)
	if !ok {
		return false
	}
	name := query.CalleeSSA(&call.Call)
	if refusal(&call.Call) != 0 || logs(name) {
		return false
	}
	recv, method := receiver(&call.Call)
	if recv != nil && code.IsContext(recv.Type()) {
		// A request that gin aborted is not served by Next; what this handler
		// still does by itself is done.
		if method == "Next" {
			_, refused := receiver(&d.call.Call)
			return !strings.HasPrefix(refused, "Abort") && !d.aborted()
		}
		return !onlyWrites && answering[method] && method != "Status" && !strings.HasPrefix(method, "Abort") || strings.HasPrefix(method, "ShouldBind") || strings.HasPrefix(method, "Bind")
	}
	if call.Call.StaticCallee() == nil && !call.Call.IsInvoke() && slices.ContainsFunc(call.Call.Args, func(arg ssa.Value) bool { return code.IsContext(arg.Type()) }) {
		return true // the next handler, as a value
	}
	var writer, request bool
	for _, arg := range call.Call.Args {
		writer = writer || isWriter(source(arg).Type())
		request = request || isRequest(arg.Type())
	}
	switch {
	case writer && request:
		return true // the next handler, a file, a redirect
	case request && recv != nil && isRequest(recv.Type()):
		switch method {
		case "FormValue", "PostFormValue", "ParseForm", "ParseMultipartForm", "FormFile", "PathValue", "MultipartReader":
			return true
		}
		return false
	case onlyWrites:
		return false
	case writer:
		return !d.other(call)
	}
	return call.Call.IsInvoke() && isWriter(call.Call.Value.Type()) && (method == "Write" && !writesError(call) || method == "WriteHeader") && !d.other(call)
}

// aborted reports whether the refusing branch ends gin's chain, by itself or in
// a function that it hands the context to.
func (d *denial) aborted() bool {
	for b, calls := range d.calls() {
		if (b == d.block || d.block.Dominates(b)) && slices.ContainsFunc(calls, aborts) {
			return true
		}
	}
	return false
}

// other reports whether a call writes what the refusing branch chose itself.
func (d *denial) other(call *ssa.Call) bool {
	for _, arg := range call.Call.Args {
		if phi, ok := source(arg).(*ssa.Phi); ok {
			for i, p := range phi.Block().Preds {
				if d.block.Dominates(p) && phi.Edges[i] != nil {
					return true
				}
			}
		}
	}
	return false
}

// writesError reports whether an answer is the text of an error: why the request was refused.
func writesError(call *ssa.Call) bool {
	if len(call.Call.Args) == 0 {
		return false
	}
	text, ok := call.Call.Args[len(call.Call.Args)-1].(*ssa.Convert)
	if !ok {
		return false
	}
	from, ok := text.X.(*ssa.Call)
	return ok && from.Call.IsInvoke() && from.Call.Method.Name() == "Error"
}

// source looks through conversions: http.ResponseWriter passed as io.Writer.
func source(v ssa.Value) ssa.Value {
	for {
		switch x := v.(type) {
		case *ssa.ChangeInterface:
			v = x.X
		case *ssa.MakeInterface:
			v = x.X
		case *ssa.ChangeType:
			v = x.X
		case *ssa.Convert:
			v = x.X
		default:
			return v
		}
	}
}

// logs reports whether a function only tells what happened.
func logs(name string) bool {
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	for _, word := range []string{"log", "trace", "audit", "metric", "record", "observe", "track", "count", "span"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// place is the range of a single position.
type place token.Pos

func (p place) Pos() token.Pos { return token.Pos(p) }
func (p place) End() token.Pos { return token.Pos(p) }

// path gives the nodes around the call, innermost first.
func (d *denial) path() []ast.Node { return query.Path(d.pass.Files, d.call.Pos(), d.call.Pos()) }

// A standing is a call that stands alone, with its result, if any, thrown away.
// A result that is returned or looked at ends the handler in another way.
type standing struct {
	ast.Stmt
	call ast.Expr
}

func (d *denial) statement() *standing {
	for _, n := range d.path() {
		switch n := n.(type) {
		case *ast.ExprStmt:
			return &standing{n, n.X}
		case *ast.AssignStmt:
			if id, ok := n.Lhs[0].(*ast.Ident); ok && len(n.Lhs) == 1 && id.Name == "_" {
				return &standing{n, n.Rhs[0]}
			}
			return nil
		case *ast.FuncLit, *ast.FuncDecl:
			return nil
		}
	}
	return nil
}

// selector gives what names the method that an expression calls, or nil.
func selector(e ast.Expr) *ast.SelectorExpr {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return nil
	}
	sel, _ := call.Fun.(*ast.SelectorExpr)
	return sel
}

// fixes inserts a return at the end of the branch, where it is clear what to
// return.
func (d *denial) fixes(stmt *standing) []check.Fix {
	for _, n := range d.path() {
		var list []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		}
		if len(list) == 0 {
			continue
		}
		last := list[len(list)-1]
		if _, ok := last.(*ast.ReturnStmt); ok {
			return nil
		}
		document := d.pass.Document(stmt.Pos())
		if document == nil {
			return nil
		}
		ret := d.returnStatement()
		if last == stmt.Stmt && d.returnsError() && types.Identical(d.pass.TypesInfo.TypeOf(stmt.call), d.fn.Signature.Results().At(0).Type()) {
			return []check.Fix{{Title: "Return the refusal", Edits: []check.Edit{d.pass.Edit(stmt, "return "+edit.Text(d.pass, stmt.call))}}}
		}
		if ret == "" {
			return nil
		}
		at := d.pass.Range(last.Pos(), last.End())
		if rest, err := document.LineRange(document.OffsetPosition(at.End).Line); err == nil && strings.HasPrefix(strings.TrimSpace(document.Text(check.Range{Start: at.End, End: rest.End})), "//") {
			at.End = rest.End // a comment behind the last statement stays with it
		}
		text := "\n" + edit.Indent(d.pass, last.Pos())
		if sel := selector(stmt.call); sel != nil && d.inMiddleware() {
			text += edit.Text(d.pass, sel.X) + ".Abort()" + text
		}
		text += ret
		return []check.Fix{{
			Title: "Return after the refusal",
			Edits: []check.Edit{{Path: document.Path, Range: check.Range{Start: at.End, End: at.End}, NewText: text}},
		}}
	}
	return nil
}

func (d *denial) returnsError() bool {
	results := d.fn.Signature.Results()
	return results.Len() == 1 && query.IsType(results.At(0).Type(), "error")
}

// returnStatement spells a return from the function, "" where its results cannot
// be known.
func (d *denial) returnStatement() string {
	switch results := d.fn.Signature.Results(); {
	case results.Len() == 0:
		return "return"
	case d.returnsError():
		return "return nil" // the answer is written
	}
	return ""
}
