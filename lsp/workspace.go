package lsp

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
)

const (
	// partSize is how many documents go into one partial result.
	partSize = 100
	// workspaceDelay is how long files on disk must stay the same before a
	// workspace is judged anew: a checkout changes many.
	workspaceDelay = 2 * time.Second
)

// touchWorkspaceLocked wakes the requests that wait for a change of what is on
// disk. Edits of open documents are no such change: those are pulled one by one.
func (s *server) touchWorkspaceLocked() {
	close(s.diskChanged)
	s.diskChanged = make(chan struct{})
}

// workspaceDiagnostic judges all files of the workspace folders. To a client
// that takes partial results it streams them and then holds the request open,
// telling what is new whenever files change on disk, as LSP 3.18 advises
// (workspace/diagnostic); another one gets one answer.
func (s *server) workspaceDiagnostic(p *protocol.WorkspaceDiagnosticParams) (call, error) {
	known := map[uri.URI]string{}
	for _, previous := range p.PreviousResultIds {
		known[previous.URI] = previous.Value
	}
	return func(ctx context.Context) (any, error) {
		for round := 0; ; round++ {
			s.mu.Lock()
			changed := s.diskChanged
			s.mu.Unlock()
			items, err := s.workspaceItems(ctx, known)
			if err != nil {
				return nil, err
			}
			if p.PartialResultToken == nil {
				return &protocol.WorkspaceDiagnosticReport{Items: items}, nil
			}
			if round > 0 {
				items = slices.DeleteFunc(items, func(i protocol.WorkspaceDocumentDiagnosticReport) bool {
					_, same := i.(*protocol.WorkspaceUnchangedDocumentDiagnosticReport)
					return same
				})
			}
			for part := range slices.Chunk(items, partSize) {
				value, err := protocol.Marshal(&protocol.WorkspaceDiagnosticReportPartialResult{Items: part})
				if err != nil {
					return nil, err
				}
				if err := s.client.Progress(ctx, &protocol.ProgressParams{Token: p.PartialResultToken, Value: value}); err != nil {
					return nil, err
				}
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-s.over:
				return &protocol.WorkspaceDiagnosticReport{Items: []protocol.WorkspaceDocumentDiagnosticReport{}}, nil
			case <-changed:
			}
			if !pause(ctx, workspaceDelay) {
				return nil, ctx.Err()
			}
		}
	}, nil
}

// workspaceItems judges the workspace and reports the documents that have
// findings or had some, and remembers in known what was said of which.
func (s *server) workspaceItems(ctx context.Context, known map[uri.URI]string) ([]protocol.WorkspaceDocumentDiagnosticReport, error) {
	s.mu.Lock()
	folders, show := s.folders, s.viewLocked()
	s.mu.Unlock()
	items := []protocol.WorkspaceDocumentDiagnosticReport{}
	seen := map[uri.URI]bool{}
	add := func(name uri.URI, version *int32, diagnostics []protocol.Diagnostic) {
		id := resultID(diagnostics)
		seen[name] = true
		if known[name] == id {
			items = append(items, &protocol.WorkspaceUnchangedDocumentDiagnosticReport{
				UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
				URI:                               name, Version: version,
			})
			return
		}
		items = append(items, &protocol.WorkspaceFullDocumentDiagnosticReport{
			FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: diagnostics},
			URI:                          name, Version: version,
		})
		known[name] = id
	}
	if show.Enabled {
		for i, f := range folders {
			if err := s.judgeFolder(ctx, f, folders[:i], show, add); err != nil {
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				s.logf("cannot judge %s: %v", f.dir, err)
			}
		}
	}
	var gone []uri.URI
	for name := range known {
		if !seen[name] {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		add(name, s.versionOf(name), []protocol.Diagnostic{})
	}
	return items, nil
}

// judgeFolder judges all files of a folder but those that stand in the folders
// within it, and adds what it finds, file by file in the order of their paths.
func (s *server) judgeFolder(ctx context.Context, f *folder, within []*folder, show view, add func(uri.URI, *int32, []protocol.Diagnostic)) error {
	open := s.openIn(f, "")
	engine, err := s.engineFor(f)
	if err != nil {
		return err
	}
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	report, err := engine.full.Scan(ctx, f.source(open))
	if err != nil {
		return err
	}
	at := place{folder: f}
	for rest := report.Findings; len(rest) > 0; {
		path := rest[0].Location.Path
		n := slices.IndexFunc(rest, func(f check.Finding) bool { return f.Location.Path != path })
		if n < 0 {
			n = len(rest)
		}
		part := rest[:n]
		rest = rest[n:]
		file := filepath.Join(f.dir, filepath.FromSlash(path))
		if slices.ContainsFunc(within, func(inner *folder) bool { _, ok := below(inner.dir, file); return ok }) {
			continue // judged there
		}
		var version *int32
		name, doc, openVersion := s.openAt(f, path)
		if doc != nil {
			version = &openVersion
		} else {
			doc, name = check.NewDocument(path, "", nil, check.Revision{}), string(uri.File(file))
		}
		if diagnostics := show.diagnostics(verdict{doc: doc, name: name, place: at, findings: part}); len(diagnostics) > 0 {
			add(uri.URI(name), version, diagnostics)
		}
	}
	return nil
}
