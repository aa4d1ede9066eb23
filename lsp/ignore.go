package lsp

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/comment"
	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

// ignoreEdit puts an ignore comment on the line above a finding. Its reason is
// left for the developer to write: without one the comment silences nothing, and
// a diagnostic asks for it. ok is false where the language has no comments, or
// where the line above stands inside something else, a string over several lines.
func (v view) ignoreEdit(of verdict, f *check.Finding) (*protocol.WorkspaceEdit, bool) {
	d := of.doc
	const reason = "\x00" // stands for the reason; no document has it in its syntax
	written, ok := comment.Line(d, "peercheck:ignore "+f.CheckID+" -- "+reason)
	if !ok {
		return nil, false
	}
	line, err := d.LineRange(d.OffsetPosition(f.Location.Range.Start).Line)
	if err != nil {
		return nil, false
	}
	text := d.Text(line)
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	at := check.Range{Start: line.Start, End: line.Start}
	before, after, _ := strings.Cut(indent+written+lineEnd(d), reason)
	if !isIgnore(d, at.Start, before+"reason"+after) {
		return nil, false
	}
	edit := &protocol.WorkspaceEdit{}
	if v.snippetEdits && v.documentChanges {
		edit.DocumentChanges = []protocol.DocumentChange{&protocol.TextDocumentEdit{
			TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
				TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: uri.URI(of.name)}, Version: &of.version,
			},
			Edits: []protocol.TextDocumentEditElement{&protocol.SnippetTextEdit{
				Range:   v.encoding.protocolRange(d, at),
				Snippet: protocol.StringValue{Kind: "snippet", Value: snippetText(before) + "${1:reason}" + snippetText(after)},
			}},
		}}
		return edit, true
	}
	v.add(edit, uri.URI(of.name), &of.version, []protocol.TextEdit{{
		Range: v.encoding.protocolRange(d, at), NewText: before + after,
	}})
	return edit, true
}

// isIgnore reports whether a line, put in a document at an offset, is read as an
// ignore comment.
func isIgnore(d *check.Document, offset int, line string) bool {
	edited := check.NewDocument(d.Path, d.Language, splice(d.Content, check.Range{Start: offset, End: offset}, line), d.Revision)
	return slices.ContainsFunc(ignore.Comments(edited), func(c ignore.Comment) bool {
		return c.Err == nil && c.Range.Start >= offset && c.Range.End <= offset+len(line)
	})
}

// snippetText escapes a text for a snippet (LSP 3.18, Snippet Syntax).
func snippetText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `$`, `\$`, `}`, `\}`).Replace(s)
}
