package lsp

import (
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

func (s *server) executeCommand(p *protocol.ExecuteCommandParams) (call, error) {
	return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the command %q is not known", clip(p.Command))
}

func (s *server) progressCancel(*protocol.WorkDoneProgressCancelParams) {}
