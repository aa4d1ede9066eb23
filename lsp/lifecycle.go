package lsp

import (
	"context"
	"encoding/json"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// parentWatch is how often the server looks whether its parent lives: often
// enough that an orphan is gone within ten seconds, rarely enough to cost nothing.
const parentWatch = 4 * time.Second

// actionKinds are the kinds of code action that the server offers.
var actionKinds = []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, kindFixAll}

func (s *server) initialize(p *protocol.InitializeParams) (call, error) {
	can := newClient(&p.Capabilities)
	set, problems := s.set.with(p.InitializationOptions)
	for _, problem := range problems {
		s.logf("%v", problem)
	}
	var folders []*folder
	if given, ok := p.WorkspaceFolders.Get(); ok {
		for _, f := range given {
			folders = s.addFolder(folders, f.URI)
		}
	}
	// Clients from before workspace folders (LSP 3.6) name one root.
	//lint:ignore SA1019 they still do
	if root := p.RootURI; len(folders) == 0 && root != nil {
		folders = s.addFolder(folders, *root)
	}
	//lint:ignore SA1019 or one path
	if path, ok := p.RootPath.Get(); ok && len(folders) == 0 && path != "" {
		folders = s.addFolder(folders, uri.File(path))
	}

	s.mu.Lock()
	s.can, s.set, s.folders = can, set, folders
	s.state = phaseRunning
	s.mu.Unlock()
	if p.ProcessID != nil {
		s.watchParent(int(*p.ProcessID))
	}

	yes := true
	change := protocol.TextDocumentSyncKindIncremental
	result := &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "peercheck", Version: protocol.NewOptional(s.opts.Version)},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: protocol.PositionEncodingKind(can.encoding),
			TextDocumentSync: &protocol.TextDocumentSyncOptions{
				OpenClose: &yes,
				Change:    &change,
				Save:      protocol.Boolean(true),
			},
			HoverProvider:          protocol.Boolean(true),
			CodeLensProvider:       &protocol.CodeLensOptions{},
			CompletionProvider:     &protocol.CompletionOptions{TriggerCharacters: []string{" ", ":", "/", ","}},
			ExecuteCommandProvider: protocol.ExecuteCommandOptions{Commands: commands},
			CodeActionProvider:     &protocol.CodeActionOptions{CodeActionKinds: actionKinds},
			Workspace: &protocol.WorkspaceOptions{
				WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
					Supported:           &yes,
					ChangeNotifications: protocol.Boolean(true),
				},
			},
		},
	}
	if can.pull {
		result.Capabilities.DiagnosticProvider = &protocol.DiagnosticOptions{
			Identifier:            ptr("peercheck"),
			InterFileDependencies: true,
			WorkspaceDiagnostics:  set.WorkspaceDiagnostics,
		}
	}
	return func(context.Context) (any, error) { return result, nil }, nil
}

// wellTyped gives the parameters of initialize without the members that are not
// of the type which LSP gives them: a client with one odd capability, such as
// tagSupport as a boolean from a draft, is still served.
func wellTyped(params []byte) []byte {
	decodes := func(raw json.RawMessage) bool { return protocol.Unmarshal(raw, &protocol.InitializeParams{}) == nil }
	return prune(params, decodes, 4) // as deep as capabilities.textDocument.publishDiagnostics.tagSupport
}

// prune leaves out of an object what keeps it from being decoded, down to a
// depth; nil if nothing is left to decode.
func prune(raw json.RawMessage, decodes func(json.RawMessage) bool, depth int) json.RawMessage {
	var members map[string]json.RawMessage
	switch {
	case decodes(raw):
		return raw
	case depth == 0 || json.Unmarshal(raw, &members) != nil || members == nil:
		return nil
	}
	kept := map[string]json.RawMessage{}
	for key, value := range members {
		alone := func(v json.RawMessage) bool {
			return decodes(json.RawMessage(encoded(map[string]json.RawMessage{key: v})))
		}
		if part := prune(value, alone, depth-1); part != nil {
			kept[key] = part
		}
	}
	return json.RawMessage(encoded(kept))
}

func ptr[T any](v T) *T { return &v }

// initialized registers what the client lets be registered.
func (s *server) initialized([]byte) error {
	s.background("registering", s.register)
	return nil
}

func (s *server) register() {
	var regs []protocol.Registration
	if s.can.watchFiles {
		options, err := protocol.Marshal(&protocol.DidChangeWatchedFilesRegistrationOptions{
			Watchers: []protocol.FileSystemWatcher{
				{GlobPattern: protocol.Pattern("**/{.peercheck.yaml,.gitleaks.toml,.gitleaksignore,go.mod,go.sum,go.work,.dockerignore}")},
				{GlobPattern: protocol.Pattern("**/*.go")},
				{GlobPattern: protocol.Pattern("**/.git/{HEAD,logs/HEAD}")},
			},
		})
		if err == nil {
			regs = append(regs, protocol.Registration{
				ID: "watched files", Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: options,
			})
		}
	}
	if s.can.watchConfig {
		regs = append(regs, protocol.Registration{
			ID: "settings", Method: protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: protocol.LSPAny(`{"section":"peercheck"}`),
		})
	}
	if len(regs) > 0 {
		if err := s.client.RegisterCapability(s.ctx, &protocol.RegistrationParams{Registrations: regs}); err != nil && s.ctx.Err() == nil {
			s.logf("the client does not register: %v", err)
		}
	}
	if s.can.configuration {
		s.pullSettings()
	}
}

// pullSettings asks the client for its settings.
func (s *server) pullSettings() {
	answers, err := s.client.Configuration(s.ctx, &protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: ptr("peercheck")}},
	})
	if err != nil || len(answers) == 0 {
		if s.ctx.Err() == nil {
			s.logf("the client gives no settings: %v", err)
		}
		return
	}
	s.apply(answers[0])
}

func (s *server) didChangeConfiguration(p *protocol.DidChangeConfigurationParams) {
	if s.can.configuration {
		s.background("reading the settings", s.pullSettings)
		return
	}
	s.apply(p.Settings)
}

// apply takes new settings and judges everything anew under them.
func (s *server) apply(raw []byte) {
	s.mu.Lock()
	set, problems := s.set.with(raw)
	changed := !equalSettings(set, s.set)
	s.set = set
	s.mu.Unlock()
	for _, problem := range problems {
		s.logf("%v", problem)
	}
	if changed {
		s.judgeAll()
	}
}

func equalSettings(a, b settings) bool {
	trustA, trustB := a.Trusted, b.Trusted
	a.Trusted, b.Trusted = nil, nil
	return a == b && (trustA == nil) == (trustB == nil) && (trustA == nil || *trustA == *trustB)
}

func (s *server) shutdown() call {
	return func(context.Context) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.state != phaseShutDown {
			close(s.over)
		}
		s.state = phaseShutDown
		for _, b := range s.buffers {
			b.stop()
		}
		return nil, nil
	}
}

func (s *server) exit() { s.cancel(errExit) }

// watchParent ends the session when a process does that is not 0.
func (s *server) watchParent(pid int) {
	if pid == 0 || s.opts.Alive == nil {
		return
	}
	s.background("the watch over the parent", func() {
		ticker := time.NewTicker(parentWatch)
		defer ticker.Stop()
		for {
			select {
			case <-s.ctx.Done():
				return
			case <-ticker.C:
				if !s.opts.Alive(pid) {
					s.logf("the client, process %d, is gone", pid)
					s.cancel(ErrAbandoned)
					return
				}
			}
		}
	})
}
