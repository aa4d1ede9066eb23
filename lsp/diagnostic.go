package lsp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/peercheck/peercheck/lib/check"
)

// name is the source of every diagnostic.
const name = "peercheck"

// maxDiagnostics bounds what is shown of one document: no editor shows more in
// any useful way, and a generated file may have a finding on every line.
const maxDiagnostics = 1000

// pullPatience is how long a pull waits for typed checks when the client can be
// told later to pull again: as long as the developer may notice no delay.
const pullPatience = 300 * time.Millisecond

// A view is how findings are to be shown: what the client can, what the user
// wants.
type view struct {
	client
	settings
	server *server
}

func (s *server) viewLocked() view { return view{s.can, s.set, s} }

// diagnostics turns a verdict into LSP's terms. The result is never nil: an
// empty list is what clears.
func (v view) diagnostics(of verdict) []protocol.Diagnostic {
	out := []protocol.Diagnostic{}
	if of.doc == nil {
		return out
	}
	for _, f := range of.findings {
		if len(out) == maxDiagnostics {
			out = append(out, v.tooMany(of))
			break
		}
		if d, ok := v.diagnostic(of, &f); ok {
			out = append(out, d)
		}
	}
	for _, n := range of.notices {
		if n.Path == of.doc.Path && n.Kind == check.NoticeTooLarge {
			out = append(out, v.note(of.doc, check.Range{}, protocol.DiagnosticSeverityInformation, string(n.Kind), n.Message))
		}
	}
	if p := of.problem; p != nil {
		offset, err := of.doc.PositionOffset(p.At)
		if err != nil {
			offset = 0
		}
		out = append(out, v.note(of.doc, wordAt(of.doc, offset), protocol.DiagnosticSeverityError, "configuration",
			p.Message+"; until it is put right, the last valid configuration counts"))
	}
	return out
}

func (v view) tooMany(of verdict) protocol.Diagnostic {
	text := fmt.Sprintf("only the first %d of %d findings in this file are shown; `peercheck scan` lists all", maxDiagnostics, len(of.findings))
	return v.note(of.doc, check.Range{}, protocol.DiagnosticSeverityInformation, "too-many", text)
}

// note makes a diagnostic that is no finding of a check.
func (v view) note(d *check.Document, r check.Range, severity protocol.DiagnosticSeverity, code, text string) protocol.Diagnostic {
	return protocol.Diagnostic{
		Range:    v.encoding.protocolRange(d, r),
		Severity: severity,
		Code:     protocol.String(code),
		Source:   protocol.NewOptional(name),
		Message:  protocol.String(text),
	}
}

// wordAt is the rest of the line from an offset on: what a configuration error
// underlines.
func wordAt(d *check.Document, offset int) check.Range {
	r := check.Range{Start: offset, End: offset}
	if line, err := d.LineRange(d.OffsetPosition(offset).Line); err == nil {
		r.End = max(r.End, line.End)
	}
	return r
}

func (v view) diagnostic(of verdict, f *check.Finding) (protocol.Diagnostic, bool) {
	severity, ok := v.severity(f)
	if !ok {
		return protocol.Diagnostic{}, false
	}
	out := protocol.Diagnostic{
		Range:    v.encoding.locationRange(&f.Location),
		Severity: severity,
		Code:     protocol.String(f.CheckID),
		Source:   protocol.NewOptional(name),
		Message:  protocol.String(f.Message),
		// For clients that want to refer to a finding; it is never read back.
		Data: protocol.LSPAny(`{"fingerprint":"` + f.Fingerprint + `"}`),
	}
	if f.Suppressed() && v.unnecessaryTag {
		out.Tags = protocol.NewDiagnosticTags(protocol.DiagnosticTagUnnecessary)
	}
	if v.codeDescription {
		if href := v.server.pageURL(f.CheckID); href != "" {
			out.CodeDescription = protocol.CodeDescription{Href: href}
		}
	}
	if v.related {
		for _, l := range related(f) {
			place := uri.URI(of.name)
			if l.Path != "" && l.Path != of.doc.Path {
				place = v.server.uriOf(of.place.folder, l.Path)
			}
			out.RelatedInformation = append(out.RelatedInformation, protocol.DiagnosticRelatedInformation{
				Location: protocol.Location{URI: place, Range: v.encoding.locationRange(&l)},
				Message:  l.Message,
			})
		}
	}
	return out, true
}

// severity says how a finding shows, and whether it does: what the change brought is
// an error or, up to medium impact, a warning; what was there before is an
// information or, of low impact, a hint.
func (v view) severity(f *check.Finding) (protocol.DiagnosticSeverity, bool) {
	if f.Suppressed() {
		return protocol.DiagnosticSeverityHint, v.Suppressed
	}
	confidence, severity := f.Confidence, f.Severity
	if c := v.server.checkOf(f.CheckID); c != nil {
		if confidence == 0 {
			confidence = c.Confidence
		}
		if severity == 0 {
			severity = c.Severity
		}
	}
	if confidence == check.Tentative {
		return 0, false // a question for a review, not for whoever is typing
	}
	brought, before := protocol.DiagnosticSeverityError, protocol.DiagnosticSeverityInformation
	switch severity {
	case check.Medium:
		brought = protocol.DiagnosticSeverityWarning
	case check.Low:
		brought, before = protocol.DiagnosticSeverityWarning, protocol.DiagnosticSeverityHint
	}
	if f.Baseline == check.BaselineUnchanged {
		switch v.Existing {
		case existingHide:
			return 0, false
		case existingInformation:
			return before, true
		}
	}
	return brought, true
}

// related are the places that explain a finding: the way of the data, then the
// rest.
func related(f *check.Finding) []check.Location {
	var out []check.Location
	for i, l := range f.Flow {
		if l.Message == "" {
			l.Message = fmt.Sprintf("step %d of %d", i+1, len(f.Flow))
		}
		out = append(out, l)
	}
	for _, l := range f.Related {
		if l.Message == "" {
			l.Message = "see also"
		}
		out = append(out, l)
	}
	return out
}

// openAt finds the open buffer of a file of a folder: its name, its text and the
// version of it. doc is nil if the file is not open.
func (s *server) openAt(f *folder, path string) (name string, doc *check.Document, version int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.buffers {
		if f.dir != "" && b.place.folder == f && b.place.path == path {
			return b.name, b.doc, b.version
		}
	}
	return "", nil, 0
}

// versionOf gives the version of an open document, nil for one that is not.
func (s *server) versionOf(name uri.URI) *int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.buffers {
		if b.name == string(name) {
			return ptr(b.version)
		}
	}
	return nil
}

// uriOf names a file of a folder, spelled as the client spells it if it is open.
func (s *server) uriOf(f *folder, path string) uri.URI {
	if name, _, _ := s.openAt(f, path); name != "" {
		return uri.URI(name)
	}
	return uri.File(filepath.Join(f.dir, filepath.FromSlash(path)))
}

// pageURL gives the address of a check's documentation.
func (s *server) pageURL(id string) uri.URI {
	if s.opts.PageURL != nil {
		return uri.URI(s.opts.PageURL(id))
	}
	if c := s.checkOf(id); c != nil {
		return uri.URI(fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", int(c.CWE[0])))
	}
	return ""
}

// pushLocked sends a buffer's diagnostics to a client that does not pull.
func (s *server) pushLocked(b *buffer, diagnostics []protocol.Diagnostic) {
	if s.can.pull || s.state != phaseRunning {
		return
	}
	p := &protocol.PublishDiagnosticsParams{URI: uri.URI(b.name), Diagnostics: diagnostics}
	if diagnostics == nil {
		p.Diagnostics = []protocol.Diagnostic{}
	}
	if s.can.versions {
		p.Version = protocol.NewOptional(b.version)
	}
	s.out.put(b.key, p)
}

// resultID identifies a list of diagnostics by its content.
func resultID(diagnostics []protocol.Diagnostic) string {
	encoded, err := protocol.Marshal(diagnostics)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:8])
}

// documentDiagnostic answers a pull (LSP 3.18, Pull Diagnostics). A document that
// is not open has none here: what is on disk is workspace/diagnostic's.
func (s *server) documentDiagnostic(p *protocol.DocumentDiagnosticParams) (call, error) {
	b, j, err := s.jobOf(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) {
		items := []protocol.Diagnostic{}
		if j != nil {
			if err := s.awaitPull(ctx, j); err != nil {
				return nil, err
			}
			s.mu.Lock()
			last, show := b.last, s.viewLocked()
			s.mu.Unlock()
			items = show.diagnostics(last)
		}
		id := resultID(items)
		s.mu.Lock()
		if b != nil {
			b.answered = id
		}
		s.mu.Unlock()
		related := s.relatedReports(b)
		if p.PreviousResultID != nil && *p.PreviousResultID == id {
			return &protocol.RelatedUnchangedDocumentDiagnosticReport{
				UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
				RelatedDocuments:                  related,
			}, nil
		}
		return &protocol.RelatedFullDocumentDiagnosticReport{
			FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: items},
			RelatedDocuments:             related,
		}, nil
	}, nil
}

// relatedReports are the diagnostics of open documents which depend on one that
// is asked for, where they are no longer those that the client was told: it may
// not ask for them, since their own text is the same.
func (s *server) relatedReports(b *buffer) map[uri.URI]protocol.FullDocumentDiagnosticReportOrUnchangedDocumentDiagnosticReport {
	if b == nil || !s.can.pullRelated {
		return nil
	}
	s.mu.Lock()
	show := s.viewLocked()
	told := map[*buffer]verdict{}
	for _, other := range s.buffers {
		if other != b && other.place.folder == b.place.folder && other.place.folder != s.alone && other.answered != "" &&
			other.last.complete && other.last.doc == other.doc && s.depends(other.doc, b.doc) {
			told[other] = other.last
		}
	}
	s.mu.Unlock()
	var reports map[uri.URI]protocol.FullDocumentDiagnosticReportOrUnchangedDocumentDiagnosticReport
	for other, last := range told {
		items := show.diagnostics(last)
		id := resultID(items)
		s.mu.Lock()
		changed := other.answered != id && other.last.version == last.version
		if changed {
			other.answered = id
		}
		s.mu.Unlock()
		if !changed {
			continue
		}
		if reports == nil {
			reports = map[uri.URI]protocol.FullDocumentDiagnosticReportOrUnchangedDocumentDiagnosticReport{}
		}
		reports[uri.URI(other.name)] = &protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: items}
	}
	return reports
}

// jobOf gives an open document and the job that judges it, in wire order; all
// nil for what is not open or not judged.
func (s *server) jobOf(u uri.URI) (*buffer, *job, error) {
	if u == "" {
		return nil, nil, errNoDocument
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bufferLocked(u)
	if b == nil {
		return nil, nil, nil
	}
	return b, b.job, nil
}

// awaitPull waits until a job has what a pull may answer.
func (s *server) awaitPull(ctx context.Context, j *job) error {
	if err := await(ctx, j, j.quick); err != nil {
		return err
	}
	if s.can.pullRefresh {
		patient, stop := context.WithTimeout(ctx, pullPatience)
		defer stop()
		select {
		case <-j.final.reached:
		case <-patient.Done():
		case <-j.ctx.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	} else if err := await(ctx, j, j.final); err != nil {
		return err
	}
	if s.superseded(j) {
		return errSuperseded
	}
	return nil
}

func (s *server) superseded(j *job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.buffer.job != j
}

// await waits until a stage of a job is reached.
func await(ctx context.Context, j *job, stage stage) error {
	if stage.passed() {
		return nil
	}
	select {
	case <-stage.reached:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-j.ctx.Done():
		if stage.passed() {
			return nil // it ended by getting there
		}
		return errSuperseded
	}
}

// answered asks a pulling client to pull again if the final verdict differs from
// what it was told.
func (s *server) answered(j *job) {
	if !s.can.pull || !s.can.pullRefresh {
		return
	}
	s.mu.Lock()
	b := j.buffer
	if b.job != j || b.answered == "" {
		s.mu.Unlock()
		return
	}
	last, told, show := b.last, b.answered, s.viewLocked()
	s.mu.Unlock()
	if resultID(show.diagnostics(last)) != told {
		s.refresh()
	}
}

// refresh asks the client to pull all diagnostics again.
func (s *server) refresh() {
	if s.can.pull && s.can.pullRefresh {
		s.background("refreshing", func() {
			if err := s.client.DiagnosticRefresh(s.ctx); err != nil && s.ctx.Err() == nil {
				s.logf("the client does not refresh: %v", err)
			}
		})
	}
}
