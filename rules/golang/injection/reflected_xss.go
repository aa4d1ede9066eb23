package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/reflected-xss.txtar
var reflectedXSSExamples string

// ReflectedXSS finds answers that repeat what was sent.
var ReflectedXSS = &check.Check{
	ID:         "go/reflected-xss",
	Title:      "Untrusted data is written into a page unescaped",
	CWE:        []check.CWE{79},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runReflectedXSS,
	Page: check.Page{
		What: "Data that a stranger sends is written to the response as it is, and the response may be HTML.",
		Why:  "Go guesses the content type from the first bytes: an answer that begins with a tag is a page, and a script in it acts with the rights of whoever clicked the link.",
		Fix:  "Render with `html/template`, or pass the data through `html.EscapeString`, which the quick fix does; it is not safe to apply unseen, because an answer that is no page shows the escapes. If the answer is no page, say so: `w.Header().Set(\"Content-Type\", \"text/plain; charset=utf-8\")` and `X-Content-Type-Options: nosniff`.",
		Limits: "A function that sets a content type other than HTML, XML or script, or an attachment, is taken to mean it on every path, and so is an answer of a handler, or of one that writes nothing else, whose first text is a constant that is no markup, which net/http then takes for plain text. What is written in several places is reported where the way is shortest, and pages of `text/template` by go/text-template-as-html. JSON of `encoding/json` escapes `<` and `>`. " +
			"Where the function that writes has no tag and no `text/html` in it, and is not a handler that begins its answer with the data and says nothing of the type, whether the answer is a page is decided elsewhere, and the finding is for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://mimesniff.spec.whatwg.org/",
			"https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html",
		},
		Examples: reflectedXSSExamples,
	},
}

// runReflectedXSS reports each source once, where the way is shortest: what passes
// through the writers of a framework reaches all of them.
func runReflectedXSS(_ context.Context, pass *check.PackagePass) error {
	shortest := map[taint.Place]int{}
	var flows []taint.Flow
	x, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	for _, f := range flowsOf(pass, isReflected) {
		if strings.HasPrefix(f.Sink, "(*template.Template).") || x != nil && (beginsAsPlainText(x, f) || handsOnPlainText(pass, x, f)) || isErrorText(f) {
			continue
		}
		i, again := shortest[f.Steps[0].Place]
		switch {
		case !again:
			shortest[f.Steps[0].Place] = len(flows)
			flows = append(flows, f)
		case len(f.Steps) < len(flows[i].Steps):
			flows[i] = f
		}
	}
	slices.SortStableFunc(flows, func(a, b taint.Flow) int { return int(a.Pos - b.Pos) })
	for _, f := range flows {
		finding := f.Finding(pass, fmt.Sprintf("data from %s is written into the answer by %s without being escaped", f.Source.Title, f.Sink))
		if !isSurelyPage(x, &f) || runsPrograms(f.Fn) && isAdministrators(pass, &f) {
			finding.Persona = check.Pedantic
		}
		finding.Fixes = escape(pass, f, "html", "EscapeString", false)
		pass.Report(finding)
	}
	return nil
}

// maxPageCalls is how many functions of the program data may go through to a page, for everybody: what the answer is said
// to be, and whether the data is escaped, is decided in each of them, and mostly under conditions.
const maxPageCalls = 2

// isSurelyPage reports whether browsers read an answer as HTML: the function that writes it has a tag or the type of a
// page in it, or it is a handler that says nothing of the type, and what it writes first begins with the data.
func isSurelyPage(x *text.Index, f *taint.Flow) bool {
	if calls(f) > maxPageCalls {
		return false
	}
	if hasPage(f.Fn) || strings.Contains(f.Sink, ".HTML") {
		return true
	}
	call, ok := f.Call.(ssa.CallInstruction)
	if x == nil || !ok || !isHandler(f.Fn) || saysType(f.Fn) || handsOnBefore(f.Fn, call) {
		return false
	}
	for _, c := range x.In(f.Fn, answering...) {
		if c.Instr == call {
			t := x.Written(c)
			return len(t) > 0 && t[0].Value != nil
		}
	}
	return false
}

// answering are the functions that write an answer as it is.
var answering = []string{"fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln", "io.WriteString", "(net/http.ResponseWriter).Write"}

// hasPage reports whether a function has a constant with a tag, or the type of a page, in it.
func hasPage(fn *ssa.Function) bool {
	return hasConstant(fn, func(s string) bool {
		return tag.MatchString(s) || strings.Contains(lower(s), "text/html") || strings.Contains(lower(s), "<!doctype")
	})
}

// saysType reports whether a function speaks of the type of an answer.
func saysType(fn *ssa.Function) bool {
	return hasConstant(fn, func(s string) bool { return strings.EqualFold(s, "Content-Type") })
}

// handsOnBefore reports whether a function hands its answer to another one, or writes to it, before a call.
func handsOnBefore(fn *ssa.Function, at ssa.CallInstruction) bool {
	for instr := range instructions(fn) {
		call, ok := instr.(ssa.CallInstruction)
		if !ok || call == at || call.Pos() > at.Pos() {
			continue
		}
		common := call.Common()
		if slices.ContainsFunc(common.Args, isAnswer) || common.IsInvoke() && isAnswer(common.Value) && common.Method.Name() == "Write" {
			return true
		}
	}
	return false
}

// runsPrograms reports whether a handler runs a program that is no constant: what its caller names. A page that makes it
// answer with a script could as well make it run one.
func runsPrograms(fn *ssa.Function) bool {
	for instr := range instructions(fn) {
		call, ok := instr.(*ssa.Call)
		if !ok {
			continue
		}
		if name := query.CalleeSSA(&call.Call); name == "os/exec.Command" || name == "os/exec.CommandContext" {
			if _, known := query.StringSSA(call.Call.Args[len(call.Call.Args)-2]); !known {
				return true
			}
		}
	}
	return false
}

// isReflected reports whether a link, or a page that sends a form, can make a browser send
// what an answer holds. What comes over a connection of another kind is mostly handed on
// as it is: the answer of another server, a tunnel.
func isReflected(f *taint.Flow) bool {
	return f.Source.Remote && f.Class.Name == "xss" && f.Source.Name != "socket" && f.Source.Name != "grpc"
}

// beginsAsPlainText reports whether an answer begins with text that is no markup, so that net/http, which is not told
// a type, says text/plain: it looks at the first bytes for a tag. The function must write the whole answer, as a
// handler does, and nothing in it may speak of HTML.
func beginsAsPlainText(x *text.Index, f taint.Flow) bool {
	call, ok := f.Call.(ssa.CallInstruction)
	if !ok || !isHandler(f.Fn) || speaksOfHTML(f.Fn) {
		return false
	}
	for _, c := range x.In(f.Fn, answering...) {
		if c.Instr == call {
			return isPlainBeginning(x.Written(c))
		}
	}
	return false
}

// handsOnPlainText reports whether a flow leads through a call, in a handler, that hands the answer, and a text that
// begins as plain text does, to a function of the package, which writes it.
func handsOnPlainText(pass *check.PackagePass, x *text.Index, f taint.Flow) bool {
	if !isHandler(f.Fn) || hasHTML(f.Fn) {
		return false
	}
	for instr := range instructions(f.Fn) {
		call, ok := instr.(*ssa.Call)
		if !ok || !slices.ContainsFunc(call.Call.Args, isAnswer) {
			continue
		}
		callee := call.Call.StaticCallee()
		if callee == nil || callee.Pkg != f.Fn.Pkg || hasHTML(callee) {
			continue
		}
		for _, arg := range call.Call.Args {
			e := x.Expr(arg)
			if e == nil || !isPlainBeginning(x.Of(arg)) {
				continue
			}
			r := pass.Range(e.Pos(), e.End())
			if slices.ContainsFunc(f.Steps, func(s taint.Step) bool { return r == check.Range{Start: s.Start, End: s.End} }) {
				return true
			}
		}
	}
	return false
}

// isErrorText reports whether an answer is the text of an error, written to a http.ResponseWriter by a function that
// does not speak of HTML: texts of errors begin with what went wrong, so that net/http takes them for plain text.
func isErrorText(f taint.Flow) bool {
	if f.Sink != "(http.ResponseWriter).Write" && !strings.HasPrefix(f.Sink, "fmt.Fprint") && f.Sink != "io.WriteString" || hasHTML(f.Fn) {
		return false
	}
	return slices.ContainsFunc(f.Steps, func(s taint.Step) bool { return s.Message == "goes through fmt.Errorf" })
}

// isPlainBeginning reports whether a text begins with a constant that makes it plain text: something other than
// space before the first value, and no "<".
func isPlainBeginning(t text.Text) bool {
	if len(t) == 0 || t[0].Value != nil {
		return false
	}
	begin := strings.TrimLeft(t[0].Const, "\t\n\x0c\r ") // what net/http skips
	return begin != "" && begin[0] != '<'
}

// isHandler reports whether a function is given an answer to write and the request.
func isHandler(fn *ssa.Function) bool {
	writer, request := false, false
	for p := range fn.Signature.Params().Variables() {
		writer = writer || query.IsType(p.Type(), "net/http.ResponseWriter")
		request = request || query.IsType(p.Type(), "net/http.Request")
	}
	return writer && request
}

// speaksOfHTML reports whether a function has a constant with a tag or the type of a page in it, or hands its answer
// to a function of the program that may.
func speaksOfHTML(fn *ssa.Function) bool {
	if hasHTML(fn) {
		return true
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			if callee := call.Common().StaticCallee(); callee == nil || callee.Pkg != fn.Pkg {
				continue
			}
			if slices.ContainsFunc(call.Common().Args, isAnswer) {
				return true
			}
		}
	}
	return false
}

// hasHTML reports whether a function has a constant with a tag in it, or one that speaks of HTML.
func hasHTML(fn *ssa.Function) bool {
	return hasConstant(fn, func(s string) bool {
		return tag.MatchString(s) || strings.Contains(lower(s), "html") || strings.Contains(s, "<!")
	})
}

// hasConstant reports whether a function has a constant text of some kind in it.
func hasConstant(fn *ssa.Function, is func(string) bool) bool {
	for instr := range instructions(fn) {
		for _, op := range instr.Operands(nil) {
			if s, ok := query.StringSSA(*op); ok && is(s) {
				return true
			}
		}
	}
	return false
}

func isAnswer(v ssa.Value) bool {
	t := v.Type()
	if _, ok := t.Underlying().(*types.Interface); !ok {
		return false
	}
	return query.IsType(t, "net/http.ResponseWriter")
}
