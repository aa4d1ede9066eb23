package load

import (
	"cmp"
	"go/token"
	"slices"

	"github.com/peercheck/peercheck/lib/check"
)

// A Layout tells where the text of a file stands of which a [Draft] replaced
// functions. Positions count in Text: they stay the same from one state of the file
// to the next, but for those in functions that changed, which stand at its end. So
// a function's signature and its body may stand apart.
type Layout struct {
	// Text is the file as it was type-checked first, and behind it the functions that
	// changed since.
	Text *check.Document
	// Now is the file as it is.
	Now    *check.Document
	pieces []piece // sorted
}

// A piece of the text stands elsewhere in the document.
type piece struct{ from, to, now int }

// newLayout finds the pieces of an edited file.
func newLayout(p *parsed, f *editedFile) *Layout {
	l := &Layout{Text: check.NewDocument(p.path, "go", f.text, check.Revision{}), Now: f.now}
	first, last := 0, 0 // behind the last body, in the first text and in the document
	original := p.bodies()
	for i, b := range f.bodies {
		l.pieces = append(l.pieces, piece{first, original[i].Start, last})
		if b.replaced {
			l.pieces = append(l.pieces, piece{b.from, b.to, b.start})
		} else {
			l.pieces = append(l.pieces, piece{b.from, b.to, b.now.Start})
		}
		first, last = original[i].End, b.now.End
	}
	l.pieces = append(l.pieces, piece{first, len(p.document.Content), last})
	slices.SortFunc(l.pieces, func(a, b piece) int { return cmp.Compare(a.from, b.from) })
	return l
}

// Range gives where a range of Text stands in the document.
func (l *Layout) Range(r check.Range) check.Range {
	start := l.offset(r.Start)
	if r.End <= r.Start {
		return check.Range{Start: start, End: start}
	}
	// What is at the end of a piece belongs to it, not to the next.
	return check.Range{Start: start, End: l.offset(r.End-1) + 1}
}

func (l *Layout) offset(at int) int {
	i, found := slices.BinarySearchFunc(l.pieces, at, func(p piece, at int) int { return cmp.Compare(p.from, at) })
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	p := l.pieces[i]
	return p.now + min(at, p.to) - p.from
}

// position gives a position of the package as it stands in its document.
func (p *Package) position(pos token.Pos) token.Position {
	at := p.Fset.PositionFor(pos, false)
	for i, l := range p.Layouts {
		if l != nil && p.Documents[i].Path == at.Filename {
			at.Offset = l.offset(at.Offset)
			now := l.Now.OffsetPosition(at.Offset)
			at.Line, at.Column = now.Line, now.Column
		}
	}
	return at
}
