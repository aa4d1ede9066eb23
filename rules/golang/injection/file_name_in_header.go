package injection

import (
	"context"
	_ "embed"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/file-name-in-header.txtar
var fileNameInHeaderExamples string

// FileNameInHeader finds file names that are put into Content-Disposition as they are.
var FileNameInHeader = &check.Check{
	ID:         "go/file-name-in-header",
	Title:      "File name is put into a header without being escaped",
	CWE:        []check.CWE{116, 113, 644},
	Severity:   check.Low,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: runFileNameInHeader,
	Page: check.Page{
		What: "The value of a `Content-Disposition` header is put together, and a file name stands in it as it is.",
		Why: "A name such as `sheet.bat\";x=.txt` ends the quoted name early: the browser saves a file of another name and kind than the one that was checked (gin, CVE-2023-29401). " +
			"In a mail or a form that the program writes itself, a line end in it begins another header.",
		Fix:    "Let `mime.FormatMediaType(\"attachment\", map[string]string{\"filename\": name})` write the value. It quotes what must be quoted. There is no quick fix, because the whole header has to be put together in another way.",
		Limits: "Where the name comes from is not asked. Numbers, constants, package-level variables, dates, `%q`, what is named an ID, a hash or an extension, the `String` or `Short` of a value, other than a string, whose field or type is named so, and what a function gives that is called escape, quote, encode, sanitize or replace, or that writes bytes in some base, are fine. A `name=` with no `filename=` before it is that of a form's field, and for persona pedantic, as is a file in a form that an internal package sends, whose names are the module's own, and what is part of the request that is answered, also where it comes through variables and callers: who asks names the file for himself, unless a link makes him. Names of files that were uploaded, and those that other packages hand in, are for everybody. What the function looks up in a map of its package, or among the profiles of runtime/pprof, is a name of the program's own.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/116.html",
			"https://www.rfc-editor.org/rfc/rfc6266#section-4.3",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-29401",
		},
		Examples: fileNameInHeaderExamples,
	},
}

// escapesName are functions whose result may stand in a parameter of a header.
var escapesName = named(`(?i)(quote|escape|encode|sanit|formatmediatype|slug|safe|^replace|^map$)`)

func runFileNameInHeader(_ context.Context, pass *check.PackagePass) error {
	a := assembledIn(pass, escapesName)
	if a == nil {
		return nil
	}
	for _, c := range a.Methods("Set", "Add", "Header", "SetHeader", "AddHeader", "Response", "WriteHeader", "setCanonical", "SetCanonical", "SetBytesV") {
		if value := disposition(c); value != nil {
			judgeDisposition(a, value)
		}
	}
	for _, fn := range a.Functions { // header["Content-Disposition"] = []string{...}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if u, ok := instr.(*ssa.MapUpdate); ok && isDisposition(u.Key) {
					for _, v := range a.Arguments(u.Value) {
						judgeDisposition(a, v)
					}
				}
			}
		}
	}
	return nil
}

// disposition gives the value of the header that a call sets, nil if it sets
// another one.
func disposition(c flow.Call) ssa.Value {
	for i := range len(c.Expr.Args) - 1 {
		if v := c.Arg(i); v != nil && isDisposition(v) {
			return c.Arg(i + 1)
		}
	}
	return nil
}

func isDisposition(v ssa.Value) bool {
	name, ok := query.StringSSA(v)
	return ok && strings.EqualFold(name, "Content-Disposition")
}

func judgeDisposition(a *assembled, value ssa.Value) {
	a.Behind(value, a.clean, func(_ ssa.Value, t text.Text) {
		var field *check.Finding
		for i, p := range t {
			if p.Value == nil || p.Expr == nil || p.Verb != 0 && p.Verb != 's' && p.Verb != 'v' || !strings.Contains(lower(t[:i].Constant()), "name=") || isIdentifier(a.pass, p.Expr) || !a.mayHoldQuote(p.Value) || a.isOwnName(p.Value) {
				continue
			}
			finding := check.Finding{
				Message:  "a quote in this file name ends it early, and what follows becomes other parameters of the header",
				Location: a.pass.Location(p.Expr),
			}
			if strings.Contains(lower(t[:i].Constant()), "filename") {
				if isOfRequest(a.pass, p.Expr) || a.isAskersName(p.Value) {
					finding.Persona = check.Pedantic // who asks names the file of the answer to himself
				}
				if code.IsInternal(a.pass.Pkg) && strings.HasPrefix(lower(t[:i].Constant()), "form-data") {
					finding.Persona = check.Pedantic // the module sends it, and names its files
				}
				a.pass.Report(finding)
				return
			}
			if field == nil { // the name of a field of a form, which the program that sends it chooses
				finding.Persona = check.Pedantic
				finding.Message = "a quote in this name ends it early, and what follows becomes other parameters of the header"
				field = &finding
			}
		}
		if field != nil {
			a.pass.Report(*field)
		}
	}, func(ssa.Value) {})
}

// isOwnName reports whether the function that a value is used in looks it up among what the program names itself: in a map of the
// package, or among the profiles of runtime/pprof.
func (a *assembled) isOwnName(v ssa.Value) bool {
	for instr := range instructions(v.Parent()) {
		switch instr := instr.(type) {
		case *ssa.Lookup:
			if text.Global(instr.X) && a.isMadeOf(instr.Index, v) {
				return true
			}
		case *ssa.Call:
			if query.CalleeSSA(&instr.Call) == "runtime/pprof.Lookup" && a.isMadeOf(instr.Call.Args[0], v) {
				return true
			}
		}
	}
	return false
}

// isAskersName reports whether a name is part of a request wherever it comes from: who asks names the file of the answer to himself.
func (a *assembled) isAskersName(v ssa.Value) bool {
	asked, others := false, false
	a.Behind(v, a.clean, nil, func(leaf ssa.Value) {
		if isInRequest(leaf) {
			asked = true
		} else if text.Open(leaf) {
			others = true
		}
	})
	return asked && !others
}

// askers are functions that take something from the request that they are given.
var askers = []string{"github.com/gorilla/mux.Vars", "github.com/go-chi/chi.URLParam"}

// kept are methods of the contexts of frameworks that give what handlers before have put there, or what was uploaded.
var kept = []string{"Get", "GetString", "MustGet", "Value", "Locals", "Set", "FormFile", "MultipartForm", "SaveUploadedFile"}

// isInRequest reports whether a value is a part of a request, apart from the files that come with it, which stand in lists of their own.
func isInRequest(v ssa.Value) bool {
	for v != nil {
		if code.IsRequest(v.Type()) {
			return true
		}
		switch x := v.(type) {
		case *ssa.UnOp:
			v = x.X
		case *ssa.FieldAddr:
			v = x.X
		case *ssa.Extract:
			v = x.Tuple
		case *ssa.Call:
			fn := text.CalleeName(&x.Call)
			switch {
			case slices.Contains(kept, fn) && !isOfHTTP(x):
				return false
			case x.Call.IsInvoke():
				v = x.Call.Value
			case x.Call.Signature().Recv() != nil, slices.Contains(askers, code.Unversioned(query.CalleeSSA(&x.Call))):
				v = x.Call.Args[0]
			default:
				return false
			}
		default:
			return false
		}
	}
	return false
}

// isOfHTTP reports whether a call is of a method of net/http or net/url other than one that gives an uploaded file.
func isOfHTTP(call *ssa.Call) bool {
	name := query.CalleeSSA(&call.Call)
	return (strings.HasPrefix(name, "(net/") || strings.HasPrefix(name, "(*net/")) && !strings.HasSuffix(name, ".FormFile")
}

// isOfRequest reports whether a value is part of a request, or a sum of such and constants: r.URL.Path, r.FormValue("name")+".csv".
func isOfRequest(pass *check.PackagePass, e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return addsToConstants(pass, e, isOfRequest)
	case *ast.CallExpr:
		return isOfRequest(pass, e.Fun)
	case *ast.SelectorExpr:
		return code.IsRequest(pass.TypesInfo.TypeOf(e.X)) || isOfRequest(pass, e.X)
	}
	return false
}

// addsToConstants reports whether both sides of a sum are constants or what is says.
func addsToConstants(pass *check.PackagePass, sum *ast.BinaryExpr, is func(*check.PackagePass, ast.Expr) bool) bool {
	for _, side := range []ast.Expr{sum.X, sum.Y} {
		if query.Constant(pass.TypesInfo, side) == nil && !is(pass, side) {
			return false
		}
	}
	return true
}

// isIdentifier reports whether a value, or all that a sum adds to constants, is named for an identifier of the program's
// own, which has no quotes.
func isIdentifier(pass *check.PackagePass, e ast.Expr) bool {
	if sum, ok := ast.Unparen(e).(*ast.BinaryExpr); ok {
		return addsToConstants(pass, sum, isIdentifier)
	}
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 0 {
		if method, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok && (method.Sel.Name == "String" || method.Sel.Name == "Short") {
			return isIdentifier(pass, method.X)
		}
	}
	return namesIdentifier(purpose.NameOf(pass.TypesInfo, e))
}

// namesIdentifier reports whether a name ends in a word for an identifier, or for something else of a fixed form.
func namesIdentifier(name string) bool {
	words := query.Words(name)
	if len(words) == 0 {
		return false
	}
	switch words[len(words)-1] {
	case "id", "uid", "uuid", "guid", "ulid", "hash", "digest", "sha", "checksum", "timestamp", "date", "time", "version", "ext", "extension", "suffix":
		return true
	}
	return false
}

// mayHoldQuote reports whether a name may hold any text: more than constants, numbers, what is escaped, and what an identifier
// makes of itself, as id.Short().String() does.
func (a *assembled) mayHoldQuote(name ssa.Value) bool {
	found := false
	a.Behind(name, func(v ssa.Value) bool { return a.clean(v) || isIdentifierText(v) }, nil, func(leaf ssa.Value) { found = found || text.Open(leaf) })
	return found
}

// isIdentifierText reports whether a value is the text of an identifier that is no text itself, by its type or field.
func isIdentifierText(v ssa.Value) bool {
	for range 3 {
		call, ok := v.(*ssa.Call)
		if !ok {
			return false
		}
		switch text.CalleeName(&call.Call) {
		case "String", "Short", "Hex":
		default:
			return false
		}
		switch {
		case call.Call.IsInvoke():
			v = call.Call.Value
		case call.Call.Signature().Recv() != nil && len(call.Call.Args) == 1:
			v = call.Call.Args[0]
		default:
			return false
		}
		if b, isBasic := v.Type().Underlying().(*types.Basic); isBasic && b.Info()&types.IsString != 0 {
			return false
		}
		if namesIdentifier(text.ValueName(v)) || namesIdentifier(bareName(v.Type())) {
			return true
		}
	}
	return false
}

// bareName gives the name of a type, or of what it points to, without that of its package.
func bareName(t types.Type) string {
	name := query.TypeName(t)
	return name[strings.LastIndexByte(name, '.')+1:]
}
