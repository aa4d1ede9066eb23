package resource

import (
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// decodesForOthers reports whether a package is a library that decodes what others send: other modules can import it, and it
// compares no checksum, by which a program knows the files that it wrote itself.
func decodesForOthers(pkg *types.Package) bool {
	if !code.IsForOthers(pkg) {
		return false
	}
	return !slices.ContainsFunc(pkg.Imports(), func(imported *types.Package) bool {
		path := imported.Path()
		last := path[strings.LastIndexByte(path, '/')+1:]
		return strings.HasPrefix(path, "hash/crc") || strings.HasPrefix(path, "hash/adler") || last == "record" || last == "wal" || last == "crc" || last == "crc32"
	})
}

// encodes reports whether a package puts numbers into bytes as well, so that the data may be what it made itself.
func encodes(fl *flow.Flow) bool {
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				call, ok := instr.(ssa.CallInstruction)
				if !ok {
					continue
				}
				name := query.CalleeSSA(call.Common())
				if !strings.Contains(name, "encoding/binary.") {
					continue
				}
				switch method := name[strings.LastIndexByte(name, '.')+1:]; {
				case strings.HasPrefix(method, "Put"), strings.HasPrefix(method, "Append"), method == "Write":
					return true
				}
			}
		}
	}
	return false
}

// A way is the one of data back to who hands it in.
type way struct {
	*flow.Flow
	seen map[ssa.Value]bool
}

// handedIn reports whether data is what the caller of an exported function gives it, as bytes or as a reader,
// also through fields and the functions of the package.
func handedIn(fl *flow.Flow, data ssa.Value) bool {
	w := way{fl, map[ssa.Value]bool{}}
	return w.back(data, maxDecodedDepth)
}

func (w *way) back(v ssa.Value, depth int) bool {
	if v == nil || depth == 0 || w.seen[v] {
		return false
	}
	w.seen[v] = true
	for _, o := range w.Origins(v) {
		if o != v && w.seen[o] {
			continue
		}
		w.seen[o] = true
		if w.from(o, depth) {
			return true
		}
	}
	return false
}

func (w *way) from(o ssa.Value, depth int) bool {
	switch o := o.(type) {
	case *ssa.Parameter:
		return w.passedIn(o, depth)
	case *ssa.Slice:
		return w.back(o.X, depth)
	case *ssa.Phi:
		return slices.ContainsFunc(o.Edges, func(e ssa.Value) bool { return w.back(e, depth) })
	case *ssa.Convert:
		return w.back(o.X, depth)
	case *ssa.MakeInterface:
		return w.back(o.X, depth)
	case *ssa.ChangeInterface:
		return w.back(o.X, depth)
	case *ssa.Extract:
		return w.back(o.Tuple, depth)
	case *ssa.Call:
		return slices.ContainsFunc(o.Call.Args, func(a ssa.Value) bool { return isData(a.Type()) && w.back(a, depth-1) })
	case *ssa.Alloc, *ssa.MakeSlice:
		return w.filled(o, depth)
	}
	if field := flow.Field(o); field != nil {
		return slices.ContainsFunc(w.Stored(field), func(stored ssa.Value) bool { return w.back(stored, depth-1) })
	}
	if load, ok := o.(*ssa.UnOp); ok {
		if at, ok := load.X.(*ssa.IndexAddr); ok {
			return w.back(at.X, depth)
		}
	}
	return false
}

// filled follows a buffer to the reader that fills it: io.ReadFull(r, b[:]), r.Read(b).
func (w *way) filled(buffer ssa.Value, depth int) bool {
	if buffer.Referrers() == nil {
		return false
	}
	for _, r := range *buffer.Referrers() {
		switch r := r.(type) {
		case *ssa.Slice:
			if w.filled(r, depth) {
				return true
			}
		case *ssa.MakeInterface: // binary.Read(r, order, &n)
			if w.filled(r, depth) {
				return true
			}
		case *ssa.Call:
			from := r.Call.Args
			if r.Call.IsInvoke() {
				from = append([]ssa.Value{r.Call.Value}, from...)
			}
			if slices.ContainsFunc(from, func(a ssa.Value) bool { return a != buffer && isData(a.Type()) && w.back(a, depth-1) }) {
				return true
			}
		}
	}
	return false
}

func (w *way) passedIn(p *ssa.Parameter, depth int) bool {
	fn := p.Parent()
	if flow.Public(fn) && isData(p.Type()) && !writes(fn) {
		return true
	}
	for i, param := range fn.Params {
		if param != p {
			continue
		}
		callers := w.Callers(fn)
		for _, c := range callers[:min(len(callers), maxCallers)] {
			if args := c.Instr.Common().Args; i < len(args) && w.back(args[i], depth-1) {
				return true
			}
		}
	}
	return false
}

// isData reports whether a type is that of bytes, or of what gives them.
func isData(t types.Type) bool {
	if s, ok := t.Underlying().(*types.Slice); ok {
		return isByte(s.Elem())
	}
	for _, method := range []string{"Read", "ReadByte"} {
		if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, method); obj != nil {
			if _, ok := obj.(*types.Func); ok {
				return true
			}
		}
	}
	return false
}

// personaOf is who wants a finding about a number in data: everyone, if it is a stranger's for all that one can see.
func personaOf(strangers bool) check.Persona {
	if strangers {
		return check.Regular
	}
	return check.Pedantic
}

// speaks reports whether a package is one of a protocol: an exported function takes a connection.
func speaks(fl *flow.Flow) bool {
	return slices.ContainsFunc(fl.Functions, func(fn *ssa.Function) bool {
		return flow.Public(fn) && slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return query.TypeName(p.Type()) == "net.Conn" })
	})
}

// hasData reports whether a function takes data.
func hasData(fn *ssa.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return isData(p.Type()) })
}

// decodedFrom reports whether the bytes that a number is put together from are handed in.
func decodedFrom(fl *flow.Flow, number ssa.Value) bool {
	switch v := number.(type) {
	case *ssa.Extract:
		return decodedFrom(fl, v.Tuple)
	case *ssa.Call:
		return slices.ContainsFunc(v.Call.Args, func(a ssa.Value) bool { return handedIn(fl, a) })
	case *ssa.BinOp: // uint32(b[0]) | uint32(b[1])<<8
		return decodedFrom(fl, v.X) || decodedFrom(fl, v.Y)
	case *ssa.Convert:
		return decodedFrom(fl, v.X)
	case *ssa.UnOp:
		if at, ok := v.X.(*ssa.IndexAddr); ok {
			return handedIn(fl, at.X)
		}
		w := way{fl, map[ssa.Value]bool{}} // binary.Read(r, order, &n)
		return w.filled(v.X, maxDecodedDepth)
	}
	return false
}
