package auth

import (
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

// strangers answers whether texts may be a stranger's: read from a request, or handed in by another package, for all that
// one can see. What a package makes itself, and reads from files, the environment or the answers of servers, is not.
type strangers struct {
	*flow.Flow
	seen map[ssa.Value]bool
}

func isStrangers(fl *flow.Flow, v ssa.Value) bool {
	return (&strangers{Flow: fl, seen: map[ssa.Value]bool{}}).text(v)
}

// maxValues bounds what one question looks at; what is not answered by then may be a stranger's.
const maxValues = 500

func (s *strangers) text(v ssa.Value) bool { return slices.ContainsFunc(s.Origins(v), s.origin) }

func (s *strangers) origin(v ssa.Value) bool {
	if v == nil || s.seen[v] {
		return false
	}
	s.seen[v] = true
	if len(s.seen) > maxValues || code.IsRequest(v.Type()) {
		return true
	}
	switch v := v.(type) {
	case *ssa.Parameter:
		return s.parameter(v)
	case *ssa.Extract:
		return s.origin(v.Tuple)
	case *ssa.Call:
		return s.call(&v.Call)
	case *ssa.BinOp:
		return s.text(v.X) || s.text(v.Y)
	case *ssa.UnOp:
		return s.origin(v.X)
	case *ssa.FieldAddr:
		return s.field(v.X)
	case *ssa.Field:
		return s.field(v.X)
	case *ssa.IndexAddr:
		return s.text(v.X)
	case *ssa.Index:
		return s.text(v.X)
	case *ssa.Lookup:
		return s.text(v.X)
	case *ssa.Next:
		return s.origin(v.Iter)
	case *ssa.Range:
		return s.text(v.X)
	}
	return false
}

// parameter judges what a function is given: by other packages, if they can call it or nobody knows who does, or by its callers.
func (s *strangers) parameter(p *ssa.Parameter) bool {
	fn := p.Parent()
	callers := s.Callers(fn)
	if flow.Exported(fn) || len(callers) == 0 {
		return true
	}
	i := slices.Index(fn.Params, p)
	return slices.ContainsFunc(callers, func(c flow.Call) bool {
		args := c.Instr.Common().Args
		return i < len(args) && s.text(args[i])
	})
}

// field judges a field of a struct: those of a method's receiver are its own, those of a variable are read from the request
// that the function answers, if there is one.
func (s *strangers) field(of ssa.Value) bool {
	return slices.ContainsFunc(s.Origins(of), func(o ssa.Value) bool {
		switch o := o.(type) {
		case *ssa.Parameter:
			return o.Parent().Signature.Recv() == nil || o != o.Parent().Params[0] && s.origin(o)
		case *ssa.Alloc:
			return answers(o.Parent())
		}
		return s.origin(o)
	})
}

// answers reports whether a function is given a request, or what answers one.
func answers(fn *ssa.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return code.IsRequest(p.Type()) || code.IsResponder(p.Type()) })
}

// call judges the result of a call: one that takes something from a request, or rearranges a stranger's text, however long that is.
func (s *strangers) call(c *ssa.CallCommon) bool {
	if name := query.CalleeSSA(c); name == "io.LimitReader" || name == "net/http.MaxBytesReader" {
		return false // it is as long as the function says
	}
	given := c.Args
	if c.IsInvoke() {
		given = append([]ssa.Value{c.Value}, given...)
	}
	if slices.ContainsFunc(given, s.ofRequest) {
		return true
	}
	name := query.CalleeSSA(c)
	switch {
	case name == "(context.Context).Value", name == "google.golang.org/grpc/metadata.FromIncomingContext":
		return true
	case givesField(c):
		return s.field(given[0])
	}
	return rearranges(name) && slices.ContainsFunc(given, s.text)
}

// ofRequest reports whether a value is a request or a part of one.
func (s *strangers) ofRequest(v ssa.Value) bool {
	return slices.ContainsFunc(s.Origins(v), func(o ssa.Value) bool {
		if code.IsRequest(o.Type()) {
			return !isMade(o)
		}
		if load, ok := o.(*ssa.UnOp); ok && load.Op == token.MUL {
			o = load.X
		}
		f, ok := o.(*ssa.FieldAddr)
		return ok && s.ofRequest(f.X)
	})
}

// isMade reports whether a request is one that the function makes itself.
func isMade(v ssa.Value) bool {
	result, ok := v.(*ssa.Extract)
	if !ok {
		return false
	}
	call, ok := result.Tuple.(*ssa.Call)
	return ok && query.MakesRequest(query.CalleeSSA(&call.Call))
}

// givesField reports whether a call is of a method that gives a field, as those of generated messages: m.GetToken().
func givesField(c *ssa.CallCommon) bool {
	fn := c.StaticCallee()
	return fn != nil && len(c.Args) == 1 && c.Signature().Recv() != nil && strings.HasPrefix(fn.Name(), "Get") && code.IsText(resultOf(c))
}

// resultOf gives the type of the only result of a call, the empty tuple or that of several otherwise.
func resultOf(c *ssa.CallCommon) types.Type {
	results := c.Signature().Results()
	if results.Len() != 1 {
		return results
	}
	return results.At(0).Type()
}

// rearranges reports whether a function gives what it is given in another form.
func rearranges(name string) bool {
	return slices.ContainsFunc([]string{"strings.", "bytes.", "fmt.", "net/url.", "encoding/", "(*encoding/", "io.", "append"}, func(p string) bool { return strings.HasPrefix(name, p) })
}

// dotsCounted reports whether the dots of a text are counted, and the count is compared, before an instruction, or before all
// calls of the function, by which the text is handed in.
func dotsCounted(fl *flow.Flow, v ssa.Value, at ssa.Instruction, depth int) bool {
	for _, r := range *referrers(v) {
		if call, ok := r.(*ssa.Call); ok && call.Call.Args[0] == v && query.CalleeSSA(&call.Call) == "strings.Count" && isCompared(call) &&
			call.Block().Dominates(at.Block()) && (call.Block() != at.Block() || call.Pos() < at.Pos()) {
			return true
		}
	}
	p, ok := v.(*ssa.Parameter)
	if !ok || depth == 0 || flow.Exported(p.Parent()) || len(fl.Callers(p.Parent())) == 0 {
		return false
	}
	i := slices.Index(p.Parent().Params, p)
	return !slices.ContainsFunc(fl.Callers(p.Parent()), func(c flow.Call) bool {
		args := c.Instr.Common().Args
		return i >= len(args) || !dotsCounted(fl, args[i], c.Instr, depth-1)
	})
}

// isCompared reports whether a number, or it and a constant, is compared.
func isCompared(v ssa.Value) bool {
	return slices.ContainsFunc(*referrers(v), func(r ssa.Instruction) bool {
		b, ok := r.(*ssa.BinOp)
		if !ok {
			return false
		}
		switch b.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			return true
		}
		return isCompared(b)
	})
}

func referrers(v ssa.Value) *[]ssa.Instruction {
	if r := v.Referrers(); r != nil {
		return r
	}
	return new([]ssa.Instruction)
}
