package taint

import (
	"go/types"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// archiveWriters are what archives are written with, by what tells of an entry.
var archiveWriters = map[string]string{"archive/tar.Header": "archive/tar.Writer", "archive/zip.FileHeader": "archive/zip.Writer"}

// writesArchive reports whether the header of an archive's entry is one of an archive that is written: the method's receiver holds
// what writes it, or the function is given that. Such a header was made of a file, and not read.
func (g *graph) writesArchive(base ssa.Value) bool {
	writer := archiveWriters[query.TypeName(base.Type())]
	if writer == "" {
		return false
	}
	fn := g.fn
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	if recv := fn.Signature.Recv(); recv != nil {
		if s, ok := deref(recv.Type()).Underlying().(*types.Struct); ok {
			for field := range s.Fields() {
				if query.IsType(field.Type(), writer) {
					return true
				}
			}
		}
	}
	return mentions(fn.Signature.Params(), writer)
}
