package resource

import (
	_ "embed"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-index.txtar
var untrustedIndexExamples string

// UntrustedIndex finds indexes that a stranger chooses.
var UntrustedIndex = &check.Check{
	ID:         "go/untrusted-index",
	Title:      "A stranger chooses an index",
	CWE:        []check.CWE{129, 125},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: strangers("a number from %[1]s is used as %[2]s, and nothing says that it is within the length", func(f *taint.Flow) bool {
		return decodedHere(f) && !isRoomMade(f.Call)
	}, "index"),
	Page: check.Page{
		What: "A number that comes from a request, a connection or a message is the index of a slice, array or string, or a bound of a part of it (`b[2:2+n]`), and is not compared with the length.",
		Why: "An index beyond the end panics. net/http recovers that for the one request; in a goroutine of its own, a reader of packets or a queue, the panic ends the process. Parsers of DNS, TLS and image formats in Go were stopped by one packet again and " +
			"again in this way (CVE-2022-27191 in x/crypto/ssh).",
		Fix:    "Compare with the length first, and with 0 where the number has a sign: `if n < 0 || n > len(b) { return io.ErrUnexpectedEOF }`. There is no quick fix, because what to return is the program's decision.",
		Limits: "What comes from an HTTP request is for persona pedantic, because net/http recovers the panic. Any comparison from above counts, and so does a buffer that is made as large where its capacity or length is less (`buf[:n]`, from its beginning, of an n that cannot be negative). A single byte may index what it likes, because tables of 256 elements are made for that. Maps have no bounds. The number has to be decoded in the same function, because those that give an offset to others mostly have checked it.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/129.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2022-27191",
		},
		Examples: untrustedIndexExamples,
	},
}

// decodedHere reports whether an index was made a number in the function that uses
// it: parsed, put together from bytes, or decoded into a variable.
func decodedHere(f *taint.Flow) bool {
	if f.Call == nil {
		return false
	}
	var operands [5]*ssa.Value
	for _, op := range f.Call.Operands(operands[:0])[1:] { // the first is what is indexed
		if *op != nil && isDecoded(*op, map[ssa.Value]bool{}) {
			return true
		}
	}
	return false
}

func isDecoded(v ssa.Value, seen map[ssa.Value]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	switch x := v.(type) {
	case *ssa.BinOp:
		return isDecoded(x.X, seen) || isDecoded(x.Y, seen)
	case *ssa.Convert:
		return isDecoded(x.X, seen)
	case *ssa.ChangeType:
		return isDecoded(x.X, seen)
	case *ssa.Phi:
		for _, e := range x.Edges {
			if isDecoded(e, seen) {
				return true
			}
		}
	case *ssa.Extract:
		return isDecoded(x.Tuple, seen)
	case *ssa.UnOp: // of a variable, field or element
		return true
	case *ssa.Field, *ssa.Index, *ssa.Lookup:
		return true
	case *ssa.Call:
		name := query.CalleeSSA(&x.Call)
		return strings.HasPrefix(name, "strconv.") || strings.Contains(name, "encoding/binary.") || name == "min" || name == "max"
	}
	return false
}

// isRoomMade reports whether an instruction takes the first n of a buffer, s[:n], that is as large on each way there: it was
// made with n, or was seen to have room for it. n is not negative.
func isRoomMade(instr ssa.Instruction) bool {
	part, ok := instr.(*ssa.Slice)
	if !ok || part.Low != nil || part.High == nil {
		return false
	}
	buffer, ok := part.X.(*ssa.Phi)
	if !ok || mayBeNegative(part.High, part.Block()) {
		return false
	}
	for i, edge := range buffer.Edges {
		if made, ok := edge.(*ssa.MakeSlice); ok && (made.Len == part.High || made.Cap == part.High) {
			continue
		}
		if !hasRoom(edge, part.High, buffer.Block().Preds[i], buffer.Block()) {
			return false
		}
	}
	return true
}

// mayBeNegative reports whether a number may be less than 0 in a block, also because a conversion has lost something: of a
// large unsigned one.
func mayBeNegative(v ssa.Value, at *ssa.BasicBlock) bool {
	n, ok := bounds.Of(v, at)
	if !ok || n.Min.Sign() < 0 {
		return true
	}
	conv, ok := v.(*ssa.Convert)
	if !ok {
		return false
	}
	to, _ := bounds.OfType(conv.Type())
	from, ok := bounds.Of(conv.X, conv.Block())
	return !ok || !from.Within(to) || mayBeNegative(conv.X, conv.Block())
}

// hasRoom reports whether the way from one block to the next is the one on which the capacity or length of a buffer is not
// less than n.
func hasRoom(buffer, n ssa.Value, from, to *ssa.BasicBlock) bool {
	branch, ok := from.Instrs[len(from.Instrs)-1].(*ssa.If)
	if !ok {
		return false
	}
	test, ok := branch.Cond.(*ssa.BinOp)
	if !ok {
		return false
	}
	room, op := test.X, test.Op
	if room == n {
		room, op = test.Y, mirrored[op]
	} else if test.Y != n {
		return false
	}
	if from.Succs[1] == to {
		op = negated[op]
	}
	return (op == token.GEQ || op == token.GTR || op == token.EQL) && isRoomOf(room, buffer)
}

// mirrored and negated are the comparisons with the sides exchanged, and those that hold where others do not.
var (
	mirrored = map[token.Token]token.Token{token.LSS: token.GTR, token.LEQ: token.GEQ, token.GTR: token.LSS, token.GEQ: token.LEQ, token.EQL: token.EQL}
	negated  = map[token.Token]token.Token{token.LSS: token.GEQ, token.LEQ: token.GTR, token.GTR: token.LEQ, token.GEQ: token.LSS, token.NEQ: token.EQL}
)

// isRoomOf reports whether a number is the capacity or length of a buffer.
func isRoomOf(v, buffer ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	b, ok := call.Call.Value.(*ssa.Builtin)
	return ok && slices.Contains([]string{"cap", "len"}, b.Name()) && call.Call.Args[0] == buffer
}
