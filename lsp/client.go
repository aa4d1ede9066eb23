package lsp

import (
	"slices"

	"go.lsp.dev/protocol"
)

// A client is what the editor can do, flattened from ClientCapabilities. The
// zero value is an editor that shows diagnostics and nothing else.
type client struct {
	encoding encoding
	// Diagnostics.
	pull            bool // asks for diagnostics; then none are pushed
	pullRefresh     bool // can be told to ask again
	pullRelated     bool // takes other documents along with the one that it asks for
	versions        bool
	codeDescription bool
	related         bool
	unnecessaryTag  bool
	// Other requests.
	preferred       bool
	documentChanges bool
	snippetEdits    bool
	hoverMarkdown   bool
	lensRefresh     bool
	hintRefresh     bool
	// Talking back.
	configuration bool // answers workspace/configuration
	watchFiles    bool // registers watchers
	watchConfig   bool // registers didChangeConfiguration
	progress      bool
	showDocument  bool
}

// on reads an optional flag.
func on(b *bool) bool { return b != nil && *b }

func newClient(c *protocol.ClientCapabilities) client {
	can := client{encoding: encodingUTF16}
	if g := c.General; g != nil && len(g.PositionEncodings) > 0 {
		// The client lists encodings in order of preference; bytes are ours, so
		// that UTF-8 is taken wherever it is offered before UTF-16.
		for _, e := range g.PositionEncodings {
			if e == protocol.PositionEncodingKindUTF8 || e == protocol.PositionEncodingKindUTF16 {
				can.encoding = encoding(e)
				break
			}
		}
	}
	if t := c.TextDocument; t != nil {
		var d protocol.DiagnosticsCapabilities
		if p := t.PublishDiagnostics; p != nil {
			d, can.versions = p.DiagnosticsCapabilities, on(p.VersionSupport)
		}
		can.describe(d)
		if p := t.Diagnostic; p != nil {
			can.pull, can.pullRelated = true, on(p.RelatedDocumentSupport)
			can.describe(p.DiagnosticsCapabilities) // new in 3.18; before, those of push held for both
		}
		if a := t.CodeAction; a != nil {
			can.preferred = on(a.IsPreferredSupport)
		}
		if h := t.Hover; h != nil && len(h.ContentFormat) > 0 {
			can.hoverMarkdown = h.ContentFormat[0] == protocol.MarkupKindMarkdown // the order is that of preference
		}
	}
	if w := c.Workspace; w != nil {
		if e := w.WorkspaceEdit; e != nil {
			can.documentChanges, can.snippetEdits = on(e.DocumentChanges), on(e.SnippetEditSupport)
		}
		if d := w.Diagnostics; d != nil {
			can.pullRefresh = on(d.RefreshSupport)
		}
		if f := w.DidChangeWatchedFiles; f != nil {
			can.watchFiles = on(f.DynamicRegistration)
		}
		if f := w.DidChangeConfiguration; f != nil {
			can.watchConfig = on(f.DynamicRegistration)
		}
		if l := w.CodeLens; l != nil {
			can.lensRefresh = on(l.RefreshSupport)
		}
		if h := w.InlayHint; h != nil {
			can.hintRefresh = on(h.RefreshSupport)
		}
		can.configuration = on(w.Configuration)
	}
	if w := c.Window; w != nil {
		can.progress = on(w.WorkDoneProgress)
		can.showDocument = w.ShowDocument != nil && w.ShowDocument.Support
	}
	return can
}

// describe adds what may be said about a diagnostic.
func (c *client) describe(d protocol.DiagnosticsCapabilities) {
	c.codeDescription = c.codeDescription || on(d.CodeDescriptionSupport)
	c.related = c.related || on(d.RelatedInformation)
	c.unnecessaryTag = c.unnecessaryTag || slices.Contains(d.TagSupport.ValueSet, protocol.DiagnosticTagUnnecessary)
}
