package lsp

import (
	"context"
	"fmt"
	"time"

	"go.lsp.dev/protocol"
)

// progressDelay is how long work must take before it is worth a line in the
// status bar.
const progressDelay = 500 * time.Millisecond

// progress shows work in the client, if it is wanted, the client can show it and
// the work takes long. The context that it gives ends when the user cancels.
// done must be called.
func (s *server) progress(ctx context.Context, title string, wanted bool) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if !wanted || !s.can.progress {
		return ctx, cancel
	}
	finished := make(chan struct{})
	s.background("progress", func() {
		if !pause(ctx, progressDelay) {
			return
		}
		s.mu.Lock()
		s.tokens++
		token := fmt.Sprintf("peercheck-%d", s.tokens)
		s.cancels[token] = cancel
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			delete(s.cancels, token)
			s.mu.Unlock()
		}()
		if err := s.client.WorkDoneProgressCreate(s.ctx, &protocol.WorkDoneProgressCreateParams{Token: protocol.String(token)}); err != nil {
			return // the client does not want it
		}
		s.report(token, &protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: ptr(true)})
		select {
		case <-finished:
		case <-s.ctx.Done():
		}
		s.report(token, &protocol.WorkDoneProgressEnd{Kind: "end"})
	})
	return ctx, func() {
		cancel()
		close(finished)
	}
}

func (s *server) report(token string, value any) {
	encoded, err := protocol.Marshal(value)
	if err == nil {
		err = s.client.Progress(s.ctx, &protocol.ProgressParams{Token: protocol.String(token), Value: encoded})
	}
	if err != nil && s.ctx.Err() == nil {
		s.logf("cannot report progress: %v", err)
	}
}

// progressCancel ends work that the user does not want to wait for.
func (s *server) progressCancel(p *protocol.WorkDoneProgressCancelParams) {
	token, ok := p.Token.(protocol.String)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.cancels[string(token)]; cancel != nil {
		cancel()
	}
}
