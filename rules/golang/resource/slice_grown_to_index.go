package resource

import (
	"context"
	_ "embed"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/slice-grown-to-index.txtar
var sliceGrownToIndexExamples string

// SliceGrownToIndex finds slices that are made long enough for an index that a text
// names.
var SliceGrownToIndex = &check.Check{
	ID:         "go/slice-grown-to-index",
	Title:      "A slice is made as long as an index in a text says",
	CWE:        []check.CWE{770, 789},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runSliceGrownToIndex,
	Page: check.Page{
		What: "A slice is made, or made longer, so that an index fits into it (`make([]any, i+1)`), the index was parsed from a text in this package (`strconv`), as in `items[1000000].name=x`, and nothing says how large it may be.",
		Why: "Twenty characters allocate gigabytes, for one element that is set. Readers of forms, of command lines and of paths into documents had this flaw one after the other: helm's `--set` (CVE-2022-36055), gorilla/schema " +
			"(CVE-2024-37298), revel (CVE-2020-36568), Crossplane (CVE-2023-27483). All of them now have a largest index.",
		Fix: "Refuse an index above a limit, which may be generous: what fits into a page is a few thousand elements. Or demand that indexes follow each other. There is no quick fix, because the limit depends on the data.",
		Limits: "The number is followed through variables, fields and functions of the package. A comparison of it, anywhere in the package, with anything but the length of a slice or a constant that is not positive counts as a limit, " +
			"and so does a parser for 16 bits or fewer. Numbers in the tags of fields, by the name of the function that parses them, are in the source. For persona pedantic are those in the names of objects that a client of a store gives (cloud.google.com/go/storage), and packages of which no exported function takes a form (`map[string][]string`) or a request: paths into documents are the program's own, mostly. Programs (package main) and test code are left alone: who runs a program may use up his own memory.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/770.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-36055",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-37298",
		},
		Examples: sliceGrownToIndexExamples,
	},
}

func runSliceGrownToIndex(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || pass.Pkg.Name() == "main" || len(fl.Calls(parsers...)) == 0 {
		return nil
	}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				size, pos := madeLength(instr)
				index := grownTo(size)
				if index == nil || !pos.IsValid() {
					continue
				}
				n := newNumber(fl, parsesNumber, stepsOnly, moreThanLength)
				if n.comesFrom(index, maxParsedDepth) && !n.limited() {
					pass.Report(check.Finding{
						Persona:  personaOf(readsForms(pass.Pkg, fl) && newNumber(fl, parsesOthersText, stepsOnly, moreThanLength).comesFrom(index, maxParsedDepth)),
						Message:  "the slice becomes as long as an index that was parsed from a text, and nothing says how large that may be",
						Location: pass.Location(code.Place(pos)),
					})
				}
			}
		}
	}
	return nil
}

// readsForms reports whether a package takes what strangers fill in: an exported function is handed a form, a query, a request, or
// a decoder of one is. Paths into documents and settings of a command line are the program's own, mostly.
func readsForms(pkg *types.Package, fl *flow.Flow) bool {
	return code.IsForOthers(pkg) && slices.ContainsFunc(fl.Functions, func(fn *ssa.Function) bool {
		return flow.Public(fn) && slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return isForm(p.Type()) || code.IsRequest(p.Type()) })
	})
}

// isForm reports whether a type is that of the fields of a form: map[string][]string, url.Values.
func isForm(t types.Type) bool {
	m, ok := t.Underlying().(*types.Map)
	if !ok {
		return false
	}
	values, ok := m.Elem().Underlying().(*types.Slice)
	return ok && code.IsText(m.Key()) && types.Identical(values.Elem(), types.Typ[types.String])
}

// parsers make a number of a text.
var parsers = []string{"strconv.Atoi", "strconv.ParseInt", "strconv.ParseUint"}

// madeLength gives the length of the slice that an instruction makes, and its place; nil if
// it makes none.
func madeLength(instr ssa.Instruction) (ssa.Value, token.Pos) {
	switch instr := instr.(type) {
	case *ssa.MakeSlice:
		return instr.Len, instr.Pos()
	case *ssa.Call:
		if query.CalleeSSA(&instr.Call) == "reflect.MakeSlice" {
			return instr.Call.Args[1], instr.Pos()
		}
	}
	return nil, token.NoPos
}

// grownTo gives i of a length i+1, or i-len(s)+1, which is what makes room for s[i]; nil
// for other lengths.
func grownTo(length ssa.Value) (index ssa.Value) {
	more := int64(0)
	for length != nil {
		switch x := length.(type) {
		case *ssa.Convert:
			length = x.X
			continue
		case *ssa.BinOp:
			n, isConst := query.IntSSA(x.Y)
			switch {
			case x.Op == token.ADD && isConst:
				more += n
			case x.Op == token.SUB && isConst:
				more -= n
			case x.Op == token.SUB && isLength(x.Y):
			default:
				return nil
			}
			length = x.X
			continue
		}
		break
	}
	if more != 1 || length == nil || isLength(length) {
		return nil
	}
	return length
}

// isLength reports whether a value is len or cap of something.
func isLength(v ssa.Value) bool {
	v = unconverted(v)
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "len", "cap", "(reflect.Value).Len", "(reflect.Value).Cap":
		return true
	}
	return false
}

func unconverted(v ssa.Value) ssa.Value {
	for {
		c, ok := v.(*ssa.Convert)
		if !ok {
			return v
		}
		v = c.X
	}
}

// maxParsedDepth is how many functions and fields lie between where an index is parsed and
// where it is used, at most: parsers of paths make segments, lists of them, and walk these.
const maxParsedDepth = 6

// stepsOnly follows an index through i+1 and i-1.
func stepsOnly(o *ssa.BinOp) []ssa.Value {
	if _, ok := query.IntSSA(o.Y); ok && (o.Op == token.ADD || o.Op == token.SUB) {
		return []ssa.Value{o.X}
	}
	return nil
}

// parsesNumber reports whether a value is a number of more than 16 bits that a call makes of a text.
func parsesNumber(v ssa.Value) bool {
	const small = 16 // bits: 64 KB are no danger
	result, ok := v.(*ssa.Extract)
	if !ok || result.Index != 0 {
		return false
	}
	call, ok := result.Tuple.(*ssa.Call)
	if !ok || slices.Contains(query.Words(call.Parent().Name()), "tag") {
		return false // the tag of a field, which is in the source
	}
	switch query.CalleeSSA(&call.Call) {
	case "strconv.Atoi":
		return true
	case "strconv.ParseInt", "strconv.ParseUint":
		bits, ok := query.IntSSA(call.Call.Args[2])
		return !ok || bits == 0 || bits > small
	}
	return false
}

// parsesOthersText is parsesNumber without the names of what a program keeps in a store, which it chose itself.
func parsesOthersText(v ssa.Value) bool {
	result, ok := v.(*ssa.Extract)
	if !ok || !parsesNumber(v) {
		return false
	}
	call, ok := result.Tuple.(*ssa.Call)
	return ok && !isOfStore(call.Call.Args[0])
}

// isOfStore reports whether a text is a part of a field that the client of a store of objects filled in: storage.ObjectAttrs.
func isOfStore(v ssa.Value) bool {
	for range 8 {
		switch x := v.(type) {
		case *ssa.UnOp:
			v = x.X
		case *ssa.IndexAddr:
			v = x.X
		case *ssa.Slice:
			v = x.X
		case *ssa.Extract:
			v = x.Tuple
		case *ssa.Call:
			if !strings.HasPrefix(query.CalleeSSA(&x.Call), "strings.") || len(x.Call.Args) == 0 {
				return false
			}
			v = x.Call.Args[0]
		case *ssa.FieldAddr:
			path, _, _ := strings.Cut(query.TypeName(x.X.Type()), "/") // the host of a module
			return strings.Contains(path, ".") && slices.ContainsFunc(query.Words(query.TypeName(x.X.Type())), func(w string) bool {
				switch w {
				case "storage", "s3", "blob", "azblob", "gcs", "minio":
					return true
				}
				return false
			})
		default:
			return false
		}
	}
	return false
}

// moreThanLength reports whether an index is compared with more than the length of what there is, the largest
// index so far, or a constant that only tells numbers from signs.
func moreThanLength(n *number, _ *ssa.BinOp, _, other ssa.Value) bool {
	v := unconverted(other)
	if c, ok := query.IntSSA(v); ok {
		return c > 1
	}
	if sum, ok := v.(*ssa.BinOp); ok { // len(s)-1
		if _, isConst := query.IntSSA(sum.Y); isConst {
			v = sum.X
		}
	}
	if _, isPhi := v.(*ssa.Phi); isPhi || isLength(v) || n.seen[v] {
		return false
	}
	for _, o := range n.Origins(v) {
		if n.seen[o] {
			return false
		}
	}
	return true
}
