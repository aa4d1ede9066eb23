package lsp

import (
	"fmt"
	"time"

	"go.lsp.dev/protocol"
)

// methodUpdated is a notification of our own, for clients that can restart the
// server (initializationOptions.restart): another version is there to be started.
const methodUpdated = "peercheck/updated"

// An updated is the parameters of methodUpdated.
type updated struct {
	// Version is the one that a restart gives.
	Version string `json:"version"`
	// Message says so to the user.
	Message string `json:"message"`
}

// settling is how long the program on disk must stay the same before anybody is
// told: an update writes tens of megabytes.
const settling = time.Second

// lookForUpdate finds out whether the program was replaced under the server, which
// goes on as it is, and says so once for each version.
func (s *server) lookForUpdate() {
	if s.opts.Installed == nil || !s.looking.CompareAndSwap(false, true) {
		return
	}
	s.background("looking for an update", func() {
		defer s.looking.Store(false)
		version := s.opts.Installed()
		if version == "" || !pause(s.ctx, settling) || s.opts.Installed() != version {
			return // the next save looks again
		}
		message := fmt.Sprintf("peercheck %s is installed, and %s still runs here: restart the language server to have it", version, s.opts.Version)
		if version == s.opts.Version {
			message = fmt.Sprintf("peercheck %s was built anew: restart the language server to have it", version)
		}
		if message == s.updateTold || s.phase() != phaseRunning {
			return
		}
		s.updateTold = message
		s.logf("%s", message)
		s.mu.Lock()
		restarts := s.set.Restart
		s.mu.Unlock()
		var err error
		if restarts {
			err = s.conn.Notify(s.ctx, methodUpdated, encoded(updated{version, message}))
		} else {
			err = s.client.ShowMessage(s.ctx, &protocol.ShowMessageParams{Type: protocol.MessageTypeInfo, Message: message})
		}
		if err != nil && s.ctx.Err() == nil {
			s.logf("cannot tell of the update: %v", err)
		}
	})
}
