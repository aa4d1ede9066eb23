package resource

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// declaredSizes reports the memory that a decoder allocates because the data says so: a
// number of 32 bits or more is decoded, kept in the fields of a header, handed on, and nothing on its
// way refuses one that is too large. The lines that it reports are added to those that were reported before.
//
// Of the sizes in the files of a program, which it wrote itself, nothing is said: what is internal to a module,
// or part of a command, is no library that decodes what others send.
func declaredSizes(pass *check.PackagePass, fl *flow.Flow, reported map[line]bool) {
	if !code.IsForOthers(pass.Pkg) {
		return
	}
	forOthers := decodesForOthers(pass.Pkg) && speaks(fl)
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				m, ok := instr.(*ssa.MakeSlice)
				if !ok || !m.Pos().IsValid() || reported[lineOf(pass, m.Pos())] {
					continue
				}
				var numbers []ssa.Value
				made := func(v ssa.Value) bool {
					ok := decodesNumber(v)
					if ok {
						numbers = append(numbers, v)
					}
					return ok
				}
				n := newNumber(fl, made, arithmetic, refusesLarger)
				n.leave = writes
				if !n.comesFrom(m.Cap, maxDecodedDepth) {
					continue
				}
				n.products = !slices.ContainsFunc(numbers, func(v ssa.Value) bool {
					r, ok := bounds.OfType(v.Type())
					return !ok || r.Max.BitLen() > 32
				})
				if n.limited() || n.checked() {
					continue
				}
				reported[lineOf(pass, m.Pos())] = true
				pass.Report(check.Finding{
					Message:    fmt.Sprintf(sizeInData, "make"),
					Location:   pass.Location(code.Place(m.Pos())),
					Confidence: check.Tentative, // nobody says that a stranger sends it
					Persona:    personaOf(forOthers && slices.ContainsFunc(numbers, func(v ssa.Value) bool { return hasData(v.Parent()) || decodedFrom(fl, v) })),
				})
			}
		}
	}
}

// A line is one of a file.
type line struct {
	file   string
	number int
}

func lineOf(pass *check.PackagePass, pos token.Pos) line {
	p := pass.Fset.Position(pos)
	return line{p.Filename, p.Line}
}

// writes reports whether a function is named for writing data, whose sizes are its own.
func writes(fn *ssa.Function) bool {
	name := fn.Name()
	if recv := fn.Signature.Recv(); recv != nil {
		name += " " + query.TypeName(recv.Type())[strings.LastIndex(query.TypeName(recv.Type()), ".")+1:]
	}
	return slices.ContainsFunc(query.Words(name), func(w string) bool {
		switch w {
		case "write", "writer", "encode", "encoder", "compress", "compressor", "marshal", "encrypt":
			return true
		}
		return false
	})
}

// maxDecodedDepth is how many functions and fields lie between where a size is decoded and where it is
// allocated, at most: a reader decodes a header, hands its size to what makes a window, and that to a buffer.
const maxDecodedDepth = 8

// decodesNumber reports whether a value is a number of 32 bits or more that is put together from bytes.
func decodesNumber(v ssa.Value) bool {
	switch v := v.(type) {
	case *ssa.Call:
		name := query.CalleeSSA(&v.Call)
		return strings.Contains(name, "encoding/binary.") && (strings.HasSuffix(name, ").Uint32") || strings.HasSuffix(name, ").Uint64"))
	case *ssa.Extract:
		call, ok := v.Tuple.(*ssa.Call)
		if !ok || v.Index != 0 {
			return false
		}
		switch query.CalleeSSA(&call.Call) {
		case "encoding/binary.ReadUvarint", "encoding/binary.ReadVarint", "encoding/binary.Uvarint", "encoding/binary.Varint",
			"google.golang.org/protobuf/encoding/protowire.ConsumeVarint":
			return true
		}
	case *ssa.BinOp:
		return joinsBytes(v, 0)
	case *ssa.UnOp:
		return v.Op == token.MUL && filledByRead(v)
	}
	return false
}

// joinsBytes reports whether an operation puts bytes together to a number of more than 16
// bits: uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16.
func joinsBytes(v *ssa.BinOp, depth int) bool {
	if v.Op != token.OR && v.Op != token.ADD || depth > 8 {
		return false
	}
	for _, operand := range []ssa.Value{v.X, v.Y} {
		o, ok := operand.(*ssa.BinOp)
		if !ok {
			continue
		}
		if o.Op == token.SHL {
			by, isConst := query.IntSSA(o.Y)
			conv, isConv := o.X.(*ssa.Convert)
			if isConst && by >= 16 && isConv && isByte(conv.X.Type()) {
				return true
			}
			continue
		}
		if joinsBytes(o, depth+1) {
			return true
		}
	}
	return false
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Uint8
}

// filledByRead reports whether a number is what binary.Read has put into a variable.
func filledByRead(load *ssa.UnOp) bool {
	b, ok := load.Type().Underlying().(*types.Basic)
	if !ok || load.X.Referrers() == nil {
		return false
	}
	switch b.Kind() {
	case types.Uint32, types.Int32, types.Uint64, types.Int64:
	default:
		return false
	}
	for _, r := range *load.X.Referrers() {
		boxed, ok := r.(*ssa.MakeInterface)
		if !ok || boxed.Referrers() == nil {
			continue
		}
		for _, use := range *boxed.Referrers() {
			if call, ok := use.(*ssa.Call); ok && query.CalleeSSA(&call.Call) == "encoding/binary.Read" {
				return true
			}
		}
	}
	return false
}

// arithmetic follows a size through what makes it larger.
func arithmetic(o *ssa.BinOp) []ssa.Value {
	switch o.Op {
	case token.ADD, token.MUL, token.SHL:
		return []ssa.Value{o.X, o.Y}
	case token.SUB:
		if _, ok := query.IntSSA(o.Y); ok {
			return []ssa.Value{o.X}
		}
	}
	return nil
}

// refusesLarger reports whether a comparison ends the function, or sets the number to something else, where
// it is larger than another value. A limit of more than a gigabyte is none.
func refusesLarger(_ *number, comparison *ssa.BinOp, v, other ssa.Value) bool {
	if c, ok := query.IntSSA(unconverted(other)); ok && (c > maxHarmless || c <= 0) {
		return false
	}
	larger := comparison.Op == token.GTR || comparison.Op == token.GEQ
	if comparison.Y == v {
		larger = !larger
	}
	if comparison.Referrers() == nil {
		return false
	}
	for _, r := range *comparison.Referrers() {
		branch, ok := r.(*ssa.If)
		if !ok {
			return true // a part of a condition that is kept: who knows
		}
		where := branch.Block().Succs[1]
		if larger {
			where = branch.Block().Succs[0]
		}
		if ends(where, 0) || fails(where, 0) || replaces(where, v) || asksForLimit(where, other) { // n > most && most > 0
			return true
		}
	}
	return false
}

// asksForLimit reports whether a block only asks whether a limit is in force, n > most && most > 0, and ends the function
// if it is.
func asksForLimit(b *ssa.BasicBlock, limit ssa.Value) bool {
	if len(b.Succs) != 2 || len(b.Preds) != 1 || !ends(b.Succs[0], 0) && !ends(b.Succs[1], 0) {
		return false
	}
	cond, ok := b.Instrs[len(b.Instrs)-1].(*ssa.If).Cond.(*ssa.BinOp)
	if !ok {
		return false
	}
	if n, ok := query.IntSSA(cond.Y); !ok || n != 0 {
		return false
	}
	asked, limit := unconverted(cond.X), unconverted(limit)
	if field := flow.Field(asked); field != nil {
		return field == flow.Field(limit)
	}
	x, ok1 := asked.(*ssa.Call)
	y, ok2 := limit.(*ssa.Call)
	return asked == limit || ok1 && ok2 && x.Call.StaticCallee() != nil && x.Call.StaticCallee() == y.Call.StaticCallee()
}

// maxHarmless is the largest limit of an allocation that counts as one: 1 GB of bytes.
const maxHarmless = 1<<30 - 1

// ends reports whether a block leads to the end of its function, at once.
func ends(b *ssa.BasicBlock, depth int) bool {
	switch b.Instrs[len(b.Instrs)-1].(type) {
	case *ssa.Return, *ssa.Panic:
		return true
	case *ssa.Jump:
		return depth < 4 && ends(b.Succs[0], depth+1)
	}
	return false
}

// fails reports whether a block leads to errors alone, at once or after something else that may fail: what is too long is
// skipped first.
func fails(b *ssa.BasicBlock, depth int) bool {
	switch last := b.Instrs[len(b.Instrs)-1].(type) {
	case *ssa.Panic:
		return true
	case *ssa.Return:
		return len(last.Results) > 0 && isMadeError(b, last.Results[len(last.Results)-1])
	case *ssa.Jump, *ssa.If:
		return depth < 4 && !slices.ContainsFunc(b.Succs, func(s *ssa.BasicBlock) bool { return !fails(s, depth+1) })
	}
	return false
}

// isMadeError reports whether a value that a block returns is an error for sure: one of the package's, one that is made there, or
// one that was compared with nil just before.
func isMadeError(b *ssa.BasicBlock, v ssa.Value) bool {
	if !types.Identical(v.Type(), types.Universe.Lookup("error").Type()) {
		return false
	}
	switch v := v.(type) {
	case *ssa.MakeInterface:
		return true
	case *ssa.UnOp:
		_, isGlobal := v.X.(*ssa.Global)
		return isGlobal
	case *ssa.Call:
		switch query.CalleeSSA(&v.Call) {
		case "errors.New", "fmt.Errorf":
			return true
		}
	}
	if len(b.Preds) != 1 {
		return false
	}
	branch, ok := b.Preds[0].Instrs[len(b.Preds[0].Instrs)-1].(*ssa.If)
	if !ok {
		return false
	}
	ne, ok := branch.Cond.(*ssa.BinOp)
	return ok && ne.Op == token.NEQ && ne.X == v && b == b.Preds[0].Succs[0]
}

// replaces reports whether what a number was is something else from a block on: n = limit.
func replaces(b *ssa.BasicBlock, v ssa.Value) bool {
	for _, s := range append(b.Succs, b) {
		for _, instr := range s.Instrs {
			phi, ok := instr.(*ssa.Phi)
			if !ok {
				break
			}
			for i, p := range s.Preds {
				if p == b && phi.Edges[i] != v {
					for _, e := range phi.Edges {
						if e == v || unconverted(e) == unconverted(v) {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// checked reports whether the number is handed to a function that is named for saying whether a size is
// allowed, or to min.
func (n *number) checked() bool {
	values, on := map[ssa.Value]bool{}, map[*ssa.Function]bool{}
	for v := range n.seen {
		values[v] = true
		on[v.Parent()] = true
	}
	for field := range n.fields {
		for _, v := range n.Loads(field) {
			values[v] = on[v.Parent()]
		}
	}
	for v, asked := range values {
		if !asked || v.Referrers() == nil {
			continue
		}
		for _, r := range *v.Referrers() {
			call, ok := r.(*ssa.Call)
			if !ok {
				continue
			}
			name := query.CalleeSSA(&call.Call)
			if name == "min" {
				return true
			}
			for _, w := range query.Words(name[strings.LastIndex(name, ".")+1:]) {
				switch w {
				case "check", "valid", "validate", "verify", "ensure", "limit", "limited", "bound", "clamp", "max", "min", "exceeds", "allowed", "sane", "sanity":
					return true
				}
			}
		}
	}
	return false
}
