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
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/data-length-not-checked.txtar
var dataLengthNotCheckedExamples string

// DataLengthNotChecked finds parsers that cut data where the data itself says.
var DataLengthNotChecked = &check.Check{
	ID:         "go/data-length-not-checked",
	Title:      "Data is cut at a length that it brings, and that is not compared with it",
	CWE:        []check.CWE{129, 125},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runDataLengthNotChecked,
	Page: check.Page{
		What: "A length is read from the beginning of some data (`binary.BigEndian.Uint16(b)`, `binary.Uvarint(b)`, `protowire.ConsumeVarint(b)`), and the same data is cut there: `b[2:2+n]`. Or the last byte says how many bytes of padding there are, and " +
			"`b[:len(b)-n]` cuts them off. Nothing compares the length with anything.",
		Why: "Data that announces more than there is makes the parser panic. Where nobody recovers, one packet ends the process with all its connections: the codec of IPFS (CVE-2022-2584) and pion's interceptor " +
			"(CVE-2025-49140) were stopped in this way.",
		Fix:    "Compare first: `if n > len(b)-2 { return io.ErrUnexpectedEOF }`, or use a function that does (`protowire.ConsumeBytes`, `cryptobyte.String`). There is no quick fix, because what to return is the parser's decision.",
		Limits: "The length has to be read and used in one function, of data with one name. Any comparison of it, or of what is computed with it, counts, as does handing it to a function that may say no, and a function that recovers, or compares a checksum first. For persona pedantic is data that no exported function of a package takes that others can import, or that is cut by a function that is not named for decoding, in a package that takes no `net.Conn`, or whose package writes such numbers or compares checksums as well: it is what the program made itself. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/129.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-2584",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-49140",
		},
		Examples: dataLengthNotCheckedExamples,
	},
}

func runDataLengthNotChecked(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	forOthers := decodesForOthers(pass.Pkg) && !encodes(fl)
	reported := map[ssa.Value]bool{}
	for _, fn := range fl.Functions {
		if recovers(fn) || verifies(fl, fn) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				cut, ok := instr.(*ssa.Slice)
				if !ok || !cut.Pos().IsValid() {
					continue
				}
				for _, bound := range []ssa.Value{cut.Low, cut.High} {
					if bound == nil {
						continue
					}
					n := lengthIn(bound, cut.X, 0)
					if n == nil || reported[n] || examinedNumber(n, map[ssa.Value]bool{}) {
						continue
					}
					reported[n] = true
					pass.Report(check.Finding{
						Message:  "the data is cut where a number in it says, and nothing compares that with how much data there is",
						Location: pass.Location(indexed(pass, cut.Pos())),
						Persona:  personaOf(forOthers && (isDecoder(fn) || speaks(fl)) && handedIn(fl, cut.X) || isPadding(n) && flow.Public(fn) && hasData(fn)),
					})
					break
				}
			}
		}
	}
	return nil
}

// isDecoder reports whether a function takes apart what others have put together, by its name or that of its receiver's type.
func isDecoder(fn *ssa.Function) bool {
	name := fn.Name()
	if recv := fn.Signature.Recv(); recv != nil {
		typeName := query.TypeName(recv.Type())
		name += " " + typeName[strings.LastIndexByte(typeName, '.')+1:]
	}
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		switch w {
		case "parse", "parser", "decode", "decoder", "unmarshal", "deserialize", "unpack", "dissect":
			return true
		}
		return false
	})
}

// maxTerms is how many operations lie between a length and the place that it cuts, at most.
const maxTerms = 6

// lengthIn gives the number that a bound is computed with, if that is read from the data that
// the bound cuts.
func lengthIn(bound, data ssa.Value, depth int) ssa.Value {
	if depth > maxTerms {
		return nil
	}
	switch x := bound.(type) {
	case *ssa.Convert:
		return lengthIn(x.X, data, depth+1)
	case *ssa.ChangeType:
		return lengthIn(x.X, data, depth+1)
	case *ssa.BinOp:
		switch x.Op {
		case token.ADD, token.SUB, token.MUL:
		default:
			return nil
		}
		if n := lengthIn(x.Y, data, depth+1); n != nil {
			return n
		}
		if x.Op == token.SUB {
			if of := lengthOf(x.X); of != nil { // b[:len(b)-int(b[len(b)-1])]
				if b := byteOf(x.Y, of); b != nil {
					return b
				}
			}
		}
		return lengthIn(x.X, data, depth+1)
	case *ssa.Call:
		name := query.CalleeSSA(&x.Call)
		if args := x.Call.Args; strings.Contains(name, "encoding/binary.") && strings.Contains(name, ".Uint") && len(args) > 0 && sameData(args[len(args)-1], data) {
			return x
		}
	case *ssa.Extract:
		call, ok := x.Tuple.(*ssa.Call)
		if !ok || x.Index != 0 || len(call.Call.Args) != 1 {
			return nil
		}
		switch query.CalleeSSA(&call.Call) {
		case "encoding/binary.Uvarint", "encoding/binary.Varint", "google.golang.org/protobuf/encoding/protowire.ConsumeVarint":
			if sameData(call.Call.Args[0], data) {
				return x
			}
		}
	}
	return nil
}

// byteOf gives the byte that a number is, if it is one of the data.
func byteOf(v, data ssa.Value) ssa.Value {
	v = unconverted(v)
	switch x := v.(type) {
	case *ssa.UnOp:
		if at, ok := x.X.(*ssa.IndexAddr); ok && x.Op == token.MUL && sameData(at.X, data) {
			return x
		}
	case *ssa.Lookup:
		if sameData(x.X, data) {
			return x
		}
	}
	return nil
}

// isPadding reports whether a number is a byte of data, as only padding has it in this check: no program pads what
// only it reads.
func isPadding(n ssa.Value) bool {
	_, decoded := n.(*ssa.Call)
	_, part := n.(*ssa.Extract)
	return !decoded && !part
}

// sameData reports whether two slices are parts of the same one.
func sameData(a, b ssa.Value) bool {
	roots := dataRoots(a, nil)
	return slices.ContainsFunc(dataRoots(b, nil), func(r ssa.Value) bool {
		return slices.ContainsFunc(roots, func(o ssa.Value) bool { return o == r || sameField(o, r) })
	})
}

// maxRoots bounds the values that one slice may be a part of.
const maxRoots = 16

func dataRoots(v ssa.Value, seen []ssa.Value) []ssa.Value {
	if slices.Contains(seen, v) || len(seen) > maxRoots {
		return seen
	}
	seen = append(seen, v)
	switch x := v.(type) {
	case *ssa.Slice:
		return dataRoots(x.X, seen)
	case *ssa.Convert:
		return dataRoots(x.X, seen)
	case *ssa.ChangeType:
		return dataRoots(x.X, seen)
	case *ssa.Phi:
		for _, e := range x.Edges {
			seen = dataRoots(e, seen)
		}
	}
	return seen
}

// sameField reports whether two values are read from the same field of the same object.
func sameField(a, b ssa.Value) bool {
	x, ok1 := a.(*ssa.UnOp)
	y, ok2 := b.(*ssa.UnOp)
	if !ok1 || !ok2 || x.Op != token.MUL || y.Op != token.MUL {
		return false
	}
	return sameAddress(x.X, y.X, 0)
}

func sameAddress(a, b ssa.Value, depth int) bool {
	if a == b {
		return true
	}
	f, ok1 := a.(*ssa.FieldAddr)
	g, ok2 := b.(*ssa.FieldAddr)
	if !ok1 || !ok2 || depth > 4 || f.Field != g.Field || !types.Identical(f.X.Type(), g.X.Type()) {
		return false
	}
	if sameAddress(f.X, g.X, depth+1) {
		return true
	}
	return sameField(f.X, g.X)
}

// examinedNumber reports whether a number, or what is computed with it, is compared with anything or
// handed to a function that may say no.
func examinedNumber(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] || v.Referrers() == nil {
		return false
	}
	seen[v] = true
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.BinOp:
			switch r.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ, token.EQL, token.NEQ:
				if n, ok := query.IntSSA(r.Y); ok && n <= 0 {
					continue // only whether there is any
				}
				return true
			}
			if examinedNumber(r, seen) {
				return true
			}
		case *ssa.Convert:
			if examinedNumber(r, seen) {
				return true
			}
		case *ssa.Phi:
			if examinedNumber(r, seen) {
				return true
			}
		case *ssa.Store: // in a variable or a field, which is looked at elsewhere
			return true
		case *ssa.Call:
			if mayRefuse(r.Call.Signature()) || query.CalleeSSA(&r.Call) == "min" {
				return true
			}
		case *ssa.MakeClosure, *ssa.Return:
			return true
		}
	}
	return false
}

// mayRefuse reports whether a function gives an error or a yes or no.
func mayRefuse(sig *types.Signature) bool {
	for v := range sig.Results().Variables() {
		if b, ok := v.Type().Underlying().(*types.Basic); ok && b.Kind() == types.Bool || types.Identical(v.Type(), types.Universe.Lookup("error").Type()) {
			return true
		}
	}
	return false
}

// verifies reports whether a function compares a checksum: what passes is what the program wrote.
func verifies(fl *flow.Flow, fn *ssa.Function) bool {
	return fl.Uses(fn, "bytes.Equal", "crypto/hmac.Equal", "crypto/subtle.ConstantTimeCompare", "hash/crc32.Checksum", "hash/crc32.ChecksumIEEE", "hash/crc32.Update", "(hash.Hash32).Sum32")
}

// recovers reports whether a function defers one that recovers from a panic.
func recovers(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			d, ok := instr.(*ssa.Defer)
			if !ok {
				continue
			}
			if callee := d.Call.StaticCallee(); callee != nil && callsRecover(callee) {
				return true
			}
		}
	}
	return false
}

func callsRecover(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			call, ok := instr.(ssa.CallInstruction)
			if !ok {
				continue
			}
			if b, ok := call.Common().Value.(*ssa.Builtin); ok && b.Name() == "recover" {
				return true
			}
		}
	}
	return false
}
