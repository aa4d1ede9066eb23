package lsp

import (
	"sync"

	"go.lsp.dev/protocol"
)

// An outbox sends diagnostics to a client that has them pushed. Of several
// waiting for one document only the latest is sent, so that a client which reads
// slowly holds up nobody and memory stays bounded. The zero value is ready for
// start.
type outbox struct {
	mu      sync.Mutex
	waiting map[string]*protocol.PublishDiagnosticsParams // by buffer key
	order   []string
	wake    chan struct{}
	send    func(*protocol.PublishDiagnosticsParams)
}

func (o *outbox) start(s *server) {
	o.waiting = map[string]*protocol.PublishDiagnosticsParams{}
	o.wake = make(chan struct{}, 1)
	o.send = func(p *protocol.PublishDiagnosticsParams) {
		if err := s.client.PublishDiagnostics(s.ctx, p); err != nil && s.ctx.Err() == nil {
			s.logf("cannot send diagnostics: %v", err)
		}
	}
	s.background("publishing", func() {
		for {
			select {
			case <-s.ctx.Done():
				return
			case <-o.wake:
				o.flush()
			}
		}
	})
}

// put replaces what waits for a document.
func (o *outbox) put(key string, p *protocol.PublishDiagnosticsParams) {
	o.mu.Lock()
	if _, ok := o.waiting[key]; !ok {
		o.order = append(o.order, key)
	}
	o.waiting[key] = p
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// flush sends what waits.
func (o *outbox) flush() {
	for {
		o.mu.Lock()
		if len(o.order) == 0 {
			o.mu.Unlock()
			return
		}
		key := o.order[0]
		p := o.waiting[key]
		o.order = o.order[1:]
		delete(o.waiting, key)
		o.mu.Unlock()
		o.send(p)
	}
}
