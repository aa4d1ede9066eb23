package lsp

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// The commands of workspace/executeCommand.
const (
	// commandExplain gives the page of a check, in Markdown. Its argument is the ID.
	commandExplain = "peercheck.explain"
	// commandChecks gives all checks, as [{"id", "title"}], sorted by ID.
	commandChecks = "peercheck.checks"
	// commandOpenPage shows the address of a check's page in the client's browser.
	// Its argument is the ID.
	commandOpenPage = "peercheck.openPage"
)

var commands = []string{commandChecks, commandExplain, commandOpenPage}

func (s *server) executeCommand(p *protocol.ExecuteCommandParams) (call, error) {
	switch p.Command {
	case commandChecks:
		return func(context.Context) (any, error) { return s.listChecks() }, nil
	case commandExplain:
		c, err := s.argument(p)
		return func(context.Context) (any, error) { return protocol.String(c.Markdown()), nil }, err
	case commandOpenPage:
		c, err := s.argument(p)
		return func(ctx context.Context) (any, error) {
			if !s.can.showDocument {
				return nil, nil
			}
			page := &protocol.ShowDocumentParams{URI: s.pageURL(c.ID), External: ptr(true)}
			_, err := s.client.ShowDocument(ctx, page)
			return nil, err
		}, err
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the command %q is not known", clip(p.Command))
}

// argument finds the check that a command is about.
func (s *server) argument(p *protocol.ExecuteCommandParams) (*check.Check, error) {
	var id string
	if len(p.Arguments) != 1 || json.Unmarshal(p.Arguments[0], &id) != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s takes one argument, the ID of a check", p.Command)
	}
	c := s.checkOf(id)
	if c == nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no check %q; %s lists them", clip(id), commandChecks)
	}
	return c, nil
}

func (s *server) listChecks() (any, error) {
	type item struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	var items []item
	for _, c := range s.sortedChecks() {
		items = append(items, item{c.ID, c.Title})
	}
	return encoded(items), nil
}

// encoded is a value of our own, which protocol does not know, as JSON.
func encoded(v any) jsonrpc2.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a type that has no JSON
	}
	return raw
}

func (s *server) sortedChecks() []*check.Check {
	var all []*check.Check
	s.checks.Range(func(_, c any) bool {
		all = append(all, c.(*check.Check))
		return true
	})
	slices.SortFunc(all, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	return all
}
