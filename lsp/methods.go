package lsp

import "go.lsp.dev/protocol"

// requests and notifications are all methods that the server takes.
var requests = map[string]request{
	protocol.MethodInitialize:              func(s *server, params []byte) (call, error) { return ask((*server).initialize)(s, wellTyped(params)) },
	protocol.MethodShutdown:                func(s *server, _ []byte) (call, error) { return s.shutdown(), nil },
	protocol.MethodTextDocumentHover:       ask((*server).hover),
	protocol.MethodTextDocumentCodeAction:  ask((*server).codeAction),
	protocol.MethodTextDocumentCodeLens:    ask((*server).codeLens),
	protocol.MethodTextDocumentCompletion:  ask((*server).completion),
	protocol.MethodTextDocumentDiagnostic:  ask((*server).documentDiagnostic),
	protocol.MethodWorkspaceDiagnostic:     ask((*server).workspaceDiagnostic),
	protocol.MethodWorkspaceExecuteCommand: ask((*server).executeCommand),
}

var notifications = map[string]notification{
	protocol.MethodInitialized:                        (*server).initialized,
	protocol.MethodTextDocumentDidOpen:                (*server).didOpen,
	protocol.MethodTextDocumentDidChange:              (*server).didChange,
	protocol.MethodTextDocumentDidClose:               tell((*server).didClose),
	protocol.MethodTextDocumentDidSave:                tell((*server).didSave),
	protocol.MethodWorkspaceDidChangeConfiguration:    tell((*server).didChangeConfiguration),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     tell((*server).didChangeWatchedFiles),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: tell((*server).didChangeWorkspaceFolders),
	protocol.MethodSetTrace:                           func(*server, []byte) error { return nil },
	protocol.MethodWindowWorkDoneProgressCancel:       tell((*server).progressCancel),
}
