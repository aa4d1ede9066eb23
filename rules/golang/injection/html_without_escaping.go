package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/html-without-escaping.txtar
var htmlWithoutEscapingExamples string

// HTMLWithoutEscaping finds HTML that is put together from values as they are.
var HTMLWithoutEscaping = &check.Check{
	ID:         "go/html-without-escaping",
	Title:      "HTML is put together from values that are not escaped",
	CWE:        []check.CWE{79, 116},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runHTMLWithoutEscaping,
	Page: check.Page{
		What: "Tags and values are put together by `+`, `fmt.Sprintf` or a builder, the values as they are, and the result is declared to be `template.HTML` or sent as a page.",
		Why: "A value with `<script>` in it becomes part of the page, whoever chose it: the fields of a form that a framework drew were shown this way (Beego, CVE-2025-30223), " +
			"and what a handler answered with (Fiber, CVE-2026-42545).",
		Fix:    "Let `html/template` draw it, or pass every value through `html.EscapeString`; a value within an attribute belongs between quotes. There is no quick fix, because some of the values may be HTML already.",
		Limits: "Where the values come from is not asked: what no stranger can choose is a false alarm, so only values of any type are for everybody, and texts, those that callers hand to a library too, for persona pedantic. Numbers, the host of a request, constants, package-level variables and what a function gives that is called escape, encode, quote or sanitize are fine. Where the data is seen to come from a request, go/reflected-xss or go/xss-by-unsafe-conversion reports it.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/79.html",
			"https://pkg.go.dev/html/template",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-30223",
		},
		Examples: htmlWithoutEscapingExamples,
	},
}

// escapesHTML are functions whose result may stand in a page.
var escapesHTML = named(`(?i)(escape|encode|sanit|quote|htmlattr|markdown|marshal)`)

// tag matches the begin or end of an element of HTML.
var tag = regexp.MustCompile(`(?i)</?(a|abbr|b|blockquote|body|br|button|code|dd|div|dl|dt|em|font|form|h[1-6]|head|hr|html|i|iframe|img|input|label|li|link|meta|ol|option|p|pre|script|select|small|span|strong|style|sub|sup|svg|table|tbody|td|textarea|th|thead|title|tr|tt|u|ul|video|center)[\s/>%]`)

func runHTMLWithoutEscaping(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, escapesHTML)
	if a == nil {
		return nil
	}
	h := &htmlFinder{assembled: a, reported: map[ast.Expr]bool{}, seen: map[ssa.Value]bool{}}
	for _, fn := range a.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				switch instr := instr.(type) {
				case *ssa.ChangeType:
					if query.TypeName(instr.Type()) == "html/template.HTML" {
						h.page(instr.X, false)
					}
				case *ssa.Convert:
					if query.TypeName(instr.Type()) == "html/template.HTML" {
						h.page(instr.X, false)
					}
				}
			}
		}
	}
	for _, c := range a.Calls("fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln", "io.WriteString") {
		if t := a.Written(c); isResponse(pass, a, c.Arg(0)) && !otherType(a, c.Fn) && !(isPlainBeginning(t) && beginsAnswer(a, c)) {
			h.text(t, false)
		}
	}
	for _, c := range a.Methods("Write", "WriteString", "Send", "SendString", "HTML", "HTMLBlob", "Blob", "Data", "SetBody", "SetBodyString", "Body", "WriteHTML") {
		if !answers(pass, c) || otherType(a, c.Fn) {
			continue
		}
		for i := range c.Expr.Args {
			if arg := c.Arg(i); arg != nil && text.Textual(arg.Type()) {
				h.page(arg, false)
			}
		}
	}
	return nil
}

// isResponse reports whether a writer is an answer to a request.
func isResponse(pass *check.PackagePass, a *assembled, w ssa.Value) bool {
	for _, o := range a.Origins(w) {
		if query.IsType(o.Type(), "net/http.ResponseWriter") || query.Implements(pass.Pkg, o.Type(), "net/http.ResponseWriter") {
			return true
		}
	}
	return false
}

// answers reports whether a method belongs to an answer: a ResponseWriter, or the
// context that a web framework hands to handlers.
func answers(pass *check.PackagePass, c flow.Call) bool {
	r := c.Receiver()
	if r == nil {
		return false
	}
	if query.Implements(pass.Pkg, r.Type(), "net/http.ResponseWriter") {
		return true
	}
	name := query.TypeName(r.Type())
	name = name[strings.LastIndexByte(name, '.')+1:]
	for _, suffix := range []string{"Ctx", "Context", "Response", "ResponseWriter", "Controller"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// beginsAnswer reports whether a call writes what an answer begins with: nothing in its function, a handler, says of
// what type the answer is, or writes to it before.
func beginsAnswer(a *assembled, c flow.Call) bool {
	if !isHandler(c.Fn) || len(a.In(c.Fn, "(net/http.Header).Set", "(net/http.Header).Add")) > 0 {
		return false
	}
	for _, other := range a.In(c.Fn, "fmt.Fprintf", "fmt.Fprint", "fmt.Fprintln", "io.WriteString", "(net/http.ResponseWriter).Write") {
		if other.Expr.Pos() < c.Expr.Pos() {
			return false
		}
	}
	return true
}

// otherType reports whether a function, or one that it calls to set headers, says that its answer is no HTML.
func otherType(a *assembled, fn *ssa.Function) bool {
	if setsOtherType(a, fn) {
		return true
	}
	for instr := range instructions(fn) {
		call, ok := instr.(ssa.CallInstruction)
		if !ok {
			continue
		}
		if callee := call.Common().StaticCallee(); callee != nil && callee.Pkg == fn.Pkg && slices.ContainsFunc(call.Common().Args, isAnswer) && onlySetsHeaders(callee) && setsOtherType(a, callee) {
			return true
		}
	}
	return false
}

// onlySetsHeaders reports whether a function does nothing with answers but ask for their headers.
func onlySetsHeaders(fn *ssa.Function) bool {
	for _, p := range fn.Params {
		if !isAnswer(p) || p.Referrers() == nil {
			continue
		}
		for _, use := range *p.Referrers() {
			call, ok := use.(ssa.CallInstruction)
			if _, debug := use.(*ssa.DebugRef); !debug && (!ok || !call.Common().IsInvoke() || call.Common().Method.Name() != "Header") {
				return false
			}
		}
	}
	return true
}

func setsOtherType(a *assembled, fn *ssa.Function) bool {
	for _, c := range a.In(fn, "(net/http.Header).Set", "(net/http.Header).Add") {
		name, _ := query.StringSSA(c.Arg(0))
		value, fixed := query.StringSSA(c.Arg(1))
		if strings.EqualFold(name, "Content-Type") && fixed && !strings.Contains(lower(value), "html") {
			return true
		}
	}
	return false
}

// An htmlFinder reports each expression that puts values into HTML once.
type htmlFinder struct {
	*assembled
	reported map[ast.Expr]bool
	seen     map[ssa.Value]bool
}

// clean leaves out the host of a request too: net/http refuses one with a quote or a bracket in it.
func (h *htmlFinder) clean(v ssa.Value) bool {
	if load, ok := v.(*ssa.UnOp); ok {
		if f, ok := load.X.(*ssa.FieldAddr); ok && query.IsType(f.X.Type(), "net/http.Request") && text.FieldName(f) == "Host" {
			return true
		}
	}
	return h.assembled.clean(v)
}

// unescaped reports whether a value may hold any text, as assembled does.
func (h *htmlFinder) unescaped(v ssa.Value) (found bool) {
	h.Behind(v, h.clean, nil, func(leaf ssa.Value) { found = found || text.Open(leaf) })
	return found
}

// page looks at all texts that a page may be made of. inTag says that what is
// around them is HTML for sure.
func (h *htmlFinder) page(v ssa.Value, inTag bool) {
	h.Behind(v, h.clean, func(whole ssa.Value, t text.Text) {
		if !h.seen[whole] {
			h.seen[whole] = true
			h.text(t, inTag)
		}
	}, func(ssa.Value) {})
}

func (h *htmlFinder) text(t text.Text, inTag bool) {
	inTag = inTag || tag.MatchString(t.Constant())
	for i, p := range t {
		if p.Value == nil {
			continue
		}
		h.page(p.Value, false)
		if !inTag || p.Verb != 0 && p.Verb != 's' && p.Verb != 'v' && p.Verb != 'q' || !h.unescaped(p.Value) {
			continue
		}
		if p.Expr == nil || h.reported[p.Expr] || known(h.pass, p.Expr, "xss", "html") || strings.HasSuffix(t.Before(i), "<!--") {
			continue
		}
		h.reported[p.Expr] = true
		finding := check.Finding{
			Message:  "a value becomes part of HTML as it is; if it may hold a tag, the tag becomes part of the page",
			Location: h.pass.Location(p.Expr),
		}
		if !h.isOfCallers(p.Value) {
			finding.Persona = check.Pedantic
		}
		h.pass.Report(finding)
	}
}

// isOfCallers reports whether a value is whatever a caller has, by its type: the program does not know what it shows.
// Most texts are its own, or those of who calls a library: paths, titles, versions, addresses of a page's parts.
func (h *htmlFinder) isOfCallers(v ssa.Value) (found bool) {
	h.Behind(v, h.clean, nil, func(leaf ssa.Value) {
		if assert, ok := leaf.(*ssa.TypeAssert); ok {
			leaf = assert.X
		}
		if extract, ok := leaf.(*ssa.Extract); ok {
			if assert, ok := extract.Tuple.(*ssa.TypeAssert); ok {
				leaf = assert.X
			}
		}
		iface, ok := leaf.Type().Underlying().(*types.Interface)
		found = found || ok && iface.NumMethods() == 0
	})
	return found
}
