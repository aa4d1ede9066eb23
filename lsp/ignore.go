package lsp

import (
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
)

// ignoreEdit puts an ignore comment on the line above a finding. Its reason is
// left for the developer to write: without one the comment silences nothing, and
// a diagnostic asks for it. ok is false where the language has no line comments
// or a line above would stand inside something else.
func (v view) ignoreEdit(of verdict, f *check.Finding) (*protocol.WorkspaceEdit, bool) {
	open, end, ok := comment(of.doc.Language)
	if !ok {
		return nil, false
	}
	d := of.doc
	line, err := d.LineRange(d.OffsetPosition(f.Location.Range.Start).Line)
	if err != nil {
		return nil, false
	}
	text := d.Text(line)
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	at := check.Range{Start: line.Start, End: line.Start}
	before, after := indent+open+" peercheck:ignore "+f.CheckID+" -- ", lineEnd(d)
	if end != "" {
		after = " " + end + after
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

// snippetText escapes a text for a snippet (LSP 3.18, Snippet Syntax).
func snippetText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `$`, `\$`, `}`, `\}`).Replace(s)
}

// comment gives how a comment starts and ends in a language.
func comment(language string) (start, end string, ok bool) {
	switch language {
	case "go", "go.mod", "go.work", "c", "cpp", "csharp", "java", "javascript", "javascriptreact", "typescript",
		"typescriptreact", "jsonc", "kotlin", "php", "proto", "rust", "scala", "swift", "groovy", "scss":
		return "//", "", true
	case "dockerfile", "dotenv", "makefile", "perl", "powershell", "properties", "python", "ruby", "shellscript",
		"terraform", "terraform-vars", "hcl", "toml", "yaml", "ignore":
		return "#", "", true
	case "ini":
		return ";", "", true
	case "lua", "sql":
		return "--", "", true
	case "css":
		return "/*", "*/", true
	case "html", "markdown", "vue", "xml":
		return "<!--", "-->", true
	}
	return "", "", false
}
