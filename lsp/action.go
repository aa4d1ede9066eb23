package lsp

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/triage"
)

// kindFixAll is the fix of all safe findings of a file, for "on save".
const kindFixAll protocol.CodeActionKind = "source.fixAll.peercheck"

// kindIgnore is an ignore comment, kindExplain opens the page of a check; a
// client that wants quick fixes gets them, too.
const (
	kindIgnore  = protocol.CodeActionKindQuickFix + ".ignore"
	kindExplain = protocol.CodeActionKindQuickFix + ".explain"
)

// maxOffered bounds the findings for which one answer offers quick fixes. Who
// selects a whole file sees a menu that nobody reads to its end, and an ignore
// comment costs a parse of the file each, so that a file full of findings would
// take seconds.
const maxOffered = 50

var errNoDocument = jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the request names no document")

// codeAction offers what can be done about the findings in a range: the fixes,
// an ignore comment, and all safe fixes of the file. Everything is computed from
// the server's own findings: what the client sends along may be old or forged.
func (s *server) codeAction(p *protocol.CodeActionParams) (call, error) {
	_, j, err := s.jobOf(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	wants := func(kind protocol.CodeActionKind) bool {
		return len(p.Context.Only) == 0 || slices.ContainsFunc(p.Context.Only, func(only protocol.CodeActionKind) bool {
			return only == "" || only == kind || strings.HasPrefix(string(kind), string(only)+".")
		})
	}
	return func(ctx context.Context) (any, error) {
		v, show, err := s.verdictOf(ctx, j)
		if err != nil || v.doc == nil {
			return []protocol.CommandOrCodeAction{}, err
		}
		at := show.encoding.byteRange(v.doc, p.Range)
		if p.Context.TriggerKind != protocol.CodeActionTriggerKindAutomatic {
			at = onLine(v, at)
		}
		actions := []protocol.CommandOrCodeAction{}
		if wants(protocol.CodeActionKindQuickFix) || wants(kindIgnore) || wants(kindExplain) {
			offered := 0
			for _, f := range v.findings {
				if _, shown := show.severity(&f); shown && !f.Suppressed() && touches(f.Location.Range, at) {
					if offered++; offered > maxOffered {
						break
					}
					for _, a := range show.quickFixes(v, &f) {
						if wants(*a.Kind) {
							actions = append(actions, a)
						}
					}
				}
			}
		}
		if wants(kindFixAll) {
			if a := show.fixAll(v); a != nil {
				actions = append(actions, a)
			}
		}
		if s.superseded(j) {
			return nil, errContentModified
		}
		return actions, nil
	}, nil
}

// touches reports whether two ranges share a byte or an end: a cursor at the
// edge of a finding is on it.
func touches(a, b check.Range) bool { return a.Start <= b.End && b.Start <= a.End }

// onLine widens a cursor that is on no finding to its line: who asks for actions
// there, as one may in Neovim, means those of the line.
func onLine(v verdict, at check.Range) check.Range {
	if at.Start != at.End || slices.ContainsFunc(v.findings, func(f check.Finding) bool { return touches(f.Location.Range, at) }) {
		return at
	}
	line, err := v.doc.LineRange(v.doc.OffsetPosition(at.Start).Line)
	if err != nil {
		return at
	}
	return line
}

// quickFixes are the actions for one finding, best first.
func (v view) quickFixes(of verdict, f *check.Finding) []*protocol.CodeAction {
	d, _ := v.diagnostic(of, f)
	var actions []*protocol.CodeAction
	add := func(kind protocol.CodeActionKind, title string, edit *protocol.WorkspaceEdit) *protocol.CodeAction {
		a := &protocol.CodeAction{Title: title, Kind: &kind, Diagnostics: []protocol.Diagnostic{d}, Edit: edit}
		actions = append(actions, a)
		return a
	}
	for i, fix := range f.Fixes {
		edit, err := v.workspaceEdit(of, fix.Edits)
		if err != nil {
			v.server.logf("the fix %q cannot be offered: %v", fix.Title, err)
			continue
		}
		if a := add(protocol.CodeActionKindQuickFix, fix.Title, edit); v.preferred && i == 0 && fix.Safe {
			a.IsPreferred = ptr(true)
		}
	}
	if edit, name, ok := v.environmentEdit(of, f); ok {
		add(protocol.CodeActionKindQuickFix, "Read it from the environment variable "+name, edit)
	}
	if f.CheckID != triage.Malformed.ID && f.CheckID != triage.Unused.ID { // those are about ignore comments
		if edit, ok := v.ignoreEdit(of, f); ok {
			add(kindIgnore, "Ignore "+f.CheckID+" here, with a reason", edit)
		}
	}
	if v.showDocument {
		a := add(kindExplain, "Explain "+f.CheckID, nil)
		a.Command = protocol.Command{
			Title: a.Title, Command: commandOpenPage, Arguments: []protocol.LSPAny{protocol.LSPAny(encoded(f.CheckID))},
		}
	}
	return actions
}

// fixAll applies every safe fix of the document that does not overlap one before
// it; nil if there is none.
func (v view) fixAll(of verdict) *protocol.CodeAction {
	var edits []check.Edit
	for _, f := range of.findings {
		if f.Suppressed() || len(f.Fixes) == 0 || !f.Fixes[0].Safe {
			continue
		}
		fix := f.Fixes[0].Edits
		if slices.ContainsFunc(fix, func(e check.Edit) bool {
			return e.Path != "" && e.Path != of.doc.Path || slices.ContainsFunc(edits, func(o check.Edit) bool { return conflicts(o.Range, e.Range) })
		}) {
			continue
		}
		edits = append(edits, fix...)
	}
	if len(edits) == 0 {
		return nil
	}
	edit, err := v.workspaceEdit(of, edits)
	if err != nil {
		return nil
	}
	return &protocol.CodeAction{Title: "Fix all safe findings in this file", Kind: ptr(kindFixAll), Edit: edit}
}

// conflicts reports whether two edits must not be applied together: they share
// text, or insert at the same place.
func conflicts(a, b check.Range) bool { return a.Overlaps(b) || a.Start == b.Start }

// workspaceEdit turns edits, some of which may be of other files in the folder,
// into LSP's terms: with the version that they are meant for, if the client
// takes it, so that it refuses them on any other text.
func (v view) workspaceEdit(of verdict, edits []check.Edit) (*protocol.WorkspaceEdit, error) {
	byPath := map[string][]check.Edit{}
	for _, e := range edits {
		if e.Path == "" {
			e.Path = of.doc.Path
		}
		byPath[e.Path] = append(byPath[e.Path], e)
	}
	out := &protocol.WorkspaceEdit{}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		name, doc, version := uri.URI(of.name), of.doc, &of.version
		if path != of.doc.Path {
			var err error
			if name, doc, version, err = v.server.other(of.place.folder, path); err != nil {
				return nil, err
			}
		}
		edits := byPath[path]
		slices.SortStableFunc(edits, func(a, b check.Edit) int { return cmp.Compare(a.Range.Start, b.Range.Start) })
		var texts []protocol.TextEdit
		for _, e := range edits {
			texts = append(texts, protocol.TextEdit{Range: v.encoding.protocolRange(doc, e.Range), NewText: withLineEnds(doc, e.NewText)})
		}
		v.add(out, name, version, texts)
	}
	return out, nil
}

func (v view) add(edit *protocol.WorkspaceEdit, name uri.URI, version *int32, texts []protocol.TextEdit) {
	if !v.documentChanges {
		if edit.Changes == nil {
			edit.Changes = map[uri.URI][]protocol.TextEdit{}
		}
		edit.Changes[name] = texts
		return
	}
	change := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
		TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: name}, Version: version,
	}}
	for _, t := range texts {
		change.Edits = append(change.Edits, &t)
	}
	edit.DocumentChanges = append(edit.DocumentChanges, change)
}

// other reads another file of a folder that an edit is about: from its buffer,
// or from disk.
func (s *server) other(f *folder, path string) (uri.URI, *check.Document, *int32, error) {
	if f == nil || f.dir == "" {
		return "", nil, nil, errors.New("it changes another file, and the document stands alone")
	}
	if name, doc, version := s.openAt(f, path); doc != nil {
		return uri.URI(name), doc, &version, nil
	}
	text, err := fs.ReadFile(f.tree().FS(), path)
	if err != nil {
		return "", nil, nil, err
	}
	return s.uriOf(f, path), check.NewDocument(path, "", text, check.Revision{Kind: check.RevisionWorkTree}), nil, nil
}

// withLineEnds gives a new text the line ends of its document.
func withLineEnds(d *check.Document, text string) string {
	if !strings.Contains(text, "\n") || strings.Contains(text, "\r") || lineEnd(d) != "\r\n" {
		return text
	}
	return strings.ReplaceAll(text, "\n", "\r\n")
}

// lineEnd is how the first line of a document ends.
func lineEnd(d *check.Document) string {
	line, err := d.LineRange(1)
	if err == nil && strings.HasPrefix(d.Text(check.Range{Start: line.End, End: line.End + 2}), "\r\n") {
		return "\r\n"
	}
	return "\n"
}
