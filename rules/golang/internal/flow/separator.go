package flow

import (
	"go/constant"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// EndsInSeparator reports whether a path ends in a slash or in the separator of the system: so its function makes it, or so
// do all callers of a function that only the package can call.
func (f *Flow) EndsInSeparator(path ssa.Value) bool { return f.endsInSeparator(path, 8) }

func (f *Flow) endsInSeparator(v ssa.Value, depth int) bool {
	if v == nil || depth == 0 {
		return false
	}
	if s, ok := query.StringSSA(v); ok {
		return strings.HasSuffix(s, "/") || strings.HasSuffix(s, `\`)
	}
	switch v := v.(type) {
	case *ssa.BinOp:
		return v.Op == token.ADD && f.endsInSeparator(v.Y, depth-1)
	case *ssa.Convert: // string(filepath.Separator)
		c, ok := v.X.(*ssa.Const)
		if !ok || c.Value == nil || c.Value.Kind() != constant.Int {
			return false
		}
		n, _ := constant.Int64Val(c.Value)
		return n == '/' || n == '\\'
	case *ssa.Phi:
		return !slices.ContainsFunc(v.Edges, func(e ssa.Value) bool { return !f.endsInSeparator(e, depth-1) })
	case *ssa.Parameter:
		fn := v.Parent()
		callers, i := f.callers[fn], slices.Index(fn.Params, v)
		if fn.Object() == nil || Exported(fn) || len(callers) == 0 {
			return false
		}
		return !slices.ContainsFunc(callers, func(c Call) bool {
			args := c.Instr.Common().Args
			return i >= len(args) || !f.endsInSeparator(args[i], depth-1)
		})
	}
	return false
}
