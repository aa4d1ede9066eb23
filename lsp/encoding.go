package lsp

import (
	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// An encoding is how a session counts characters within a line (LSP 3.18,
// PositionEncodingKind). The counting itself is check.Document's.
type encoding protocol.PositionEncodingKind

const (
	encodingUTF16 = encoding(protocol.PositionEncodingKindUTF16)
	encodingUTF8  = encoding(protocol.PositionEncodingKindUTF8)
)

// offsetPosition turns a byte offset into the client's line and character.
func (e encoding) offsetPosition(d *check.Document, offset int) protocol.Position {
	if e == encodingUTF8 {
		p := d.OffsetUTF8Position(offset)
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Character)}
	}
	p := d.OffsetUTF16Position(offset)
	return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Character)}
}

// positionOffset turns the client's line and character, which may lie anywhere,
// into a byte offset in the document.
func (e encoding) positionOffset(d *check.Document, line, character int) int {
	if e == encodingUTF8 {
		return d.UTF8PositionOffset(check.UTF8Position{Line: line, Character: character})
	}
	return d.UTF16PositionOffset(check.UTF16Position{Line: line, Character: character})
}

func (e encoding) protocolRange(d *check.Document, r check.Range) protocol.Range {
	return protocol.Range{Start: e.offsetPosition(d, r.Start), End: e.offsetPosition(d, r.End)}
}

// locationRange is a place that the engine has counted already.
func (e encoding) locationRange(l *check.Location) protocol.Range {
	if e == encodingUTF8 {
		return protocol.Range{
			Start: protocol.Position{Line: uint32(l.Start.Line - 1), Character: uint32(l.Start.Column - 1)},
			End:   protocol.Position{Line: uint32(l.End.Line - 1), Character: uint32(l.End.Column - 1)},
		}
	}
	return protocol.Range{
		Start: protocol.Position{Line: uint32(l.StartUTF16.Line), Character: uint32(l.StartUTF16.Character)},
		End:   protocol.Position{Line: uint32(l.EndUTF16.Line), Character: uint32(l.EndUTF16.Character)},
	}
}

// byteRange is the inverse of protocolRange; an inverted range is put in order.
func (e encoding) byteRange(d *check.Document, r protocol.Range) check.Range {
	start := e.positionOffset(d, int(r.Start.Line), int(r.Start.Character))
	end := e.positionOffset(d, int(r.End.Line), int(r.End.Character))
	return check.Range{Start: min(start, end), End: max(start, end)}
}
