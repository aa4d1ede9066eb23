package lsp

import (
	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// methodStatus is a notification of our own, for clients that ask for it with
// initializationOptions.status: what a status bar says of a document.
const methodStatus = "peercheck/status"

// A status is the parameters of methodStatus.
type status struct {
	URI string `json:"uri"`
	// Version is that of the text which was judged.
	Version int32 `json:"version"`
	// New, Old and Suppressed count findings.
	New        int `json:"new"`
	Old        int `json:"old"`
	Suppressed int `json:"suppressed"`
	// Tier is how much is known of a Go file's package; "" for other files.
	Tier check.Tier `json:"tier"`
	// Trusted says whether git and the Go toolchain may run here.
	Trusted bool `json:"trusted"`
	// Complete is false while more checks are to run on this text.
	Complete bool `json:"complete"`
}

// announce tells a client what is beside the diagnostics: the status, and that
// code lenses have changed.
func (s *server) announce(j *job, v verdict, show view) {
	count := show.count(v)
	s.mu.Lock()
	changed := j.buffer.counted != count
	j.buffer.counted = count
	s.mu.Unlock()
	if changed && s.can.lensRefresh && show.CodeLens {
		s.background("refreshing code lenses", func() {
			if err := s.client.CodeLensRefresh(s.ctx); err != nil && s.ctx.Err() == nil {
				s.logf("the client does not refresh code lenses: %v", err)
			}
		})
	}
	if !show.Status {
		return
	}
	err := s.conn.Notify(s.ctx, methodStatus, encoded(status{
		URI: v.name, Version: v.version, New: count.New, Old: count.Old, Suppressed: count.Suppressed,
		Tier: v.tier, Trusted: s.trusted(j.place.folder.dir), Complete: v.complete,
	}))
	if err != nil && s.ctx.Err() == nil {
		s.logf("cannot send the status: %v", err)
	}
}

// tell logs what a verdict could not do, once for each message.
func (s *server) tell(v verdict) {
	for _, n := range v.notices {
		if n.Effect == check.EffectNone {
			continue
		}
		if !s.logOnce(n.String()) {
			continue
		}
		kind := protocol.MessageTypeInfo
		if n.Effect == check.EffectNotJudged {
			kind = protocol.MessageTypeWarning
		}
		if err := s.client.LogMessage(s.ctx, &protocol.LogMessageParams{Type: kind, Message: "peercheck: " + n.String()}); err != nil && s.ctx.Err() == nil {
			s.logf("cannot send a message: %v", err)
		}
	}
}

// logOnce writes a line to the log unless it has been written already, and
// reports whether it did.
func (s *server) logOnce(line string) bool {
	s.mu.Lock()
	told := s.told[line]
	if len(s.told) < maxTold {
		s.told[line] = true
	}
	s.mu.Unlock()
	if !told {
		s.logf("%s", line)
	}
	return !told
}

// maxTold bounds what is remembered of messages over a long session; past it
// they repeat.
const maxTold = 1000
