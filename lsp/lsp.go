// Package lsp is the language server: it shows findings in any editor that
// speaks the Language Server Protocol (3.18), while the code is typed.
//
// Use [Serve] with [Options]. The server knows no check of its own; it judges
// open buffers, saved or not, over the files of their workspace folder:
//
//	read loop (conn.go)      one goroutine: decodes, edits the buffers, snapshots
//	buffers (buffer.go)      immutable snapshots of what the editor shows
//	analysis (analysis.go)   one job a snapshot: cheap checks at once, typed ones
//	                         when typing pauses; a newer snapshot cancels the job
//	answers (diagnostic.go, action.go, hover.go, ...)  findings in LSP's terms
//
// Nothing blocks the read loop, nothing but frames is written to the client,
// and while nobody types the server does nothing at all.
//
// Last major update: the first version.
package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/triage"
)

// Options configure the server. Checks is required; the rest may be zero.
type Options struct {
	// Checks are all checks that are known.
	Checks []*check.Check
	// ChecksFor gives the checks that a folder's configuration asks for, of which
	// some may be its own; nil means Checks. An error that is a *config.Error is
	// shown at its place.
	ChecksFor func(*config.Config) ([]*check.Check, error)
	// Version of the program, shown to the client and in its log.
	Version string
	// Now tells the time, for the expiry of ignore comments; nil means that
	// none expires.
	Now func() time.Time
	// Env is the environment for the go and git commands, as in exec.Cmd; nil is
	// that of the process for go, and an empty one for git.
	Env []string
	// Cache keeps what was found out about Go packages beyond the end of the
	// server; nil does not.
	Cache *cache.Dir
	// Log takes messages for whoever looks into a fault; never the connection's
	// own output. nil discards them. Writes come from several goroutines, one
	// at a time.
	Log io.Writer
	// Trusted says whether the user trusts a workspace folder, an absolute path,
	// when the client does not say so itself (initializationOptions.trusted).
	// In a folder that is not trusted neither git nor a Go toolchain runs. nil trusts all: what
	// runs is the user's own toolchain, in an environment that keeps
	// repositories from naming what else to run.
	Trusted func(dir string) bool
	// Alive says whether a process runs. The server ends when the one that the
	// client named as its parent does not (LSP 3.18, initialize). nil never
	// ends it so.
	Alive func(pid int) bool
	// Parent is a process that the server ends with, besides the one that the client
	// names; 0 is none.
	Parent int
	// Installed gives the version of the program that a restart would start, if it
	// is another one than that which runs; "" otherwise. It is asked when documents
	// are opened and saved, never by two goroutines at once. nil tells nobody.
	Installed func() string
	// PageURL gives the address of a check's page; nil links the weakness at
	// cwe.mitre.org.
	PageURL func(id string) string
}

// ErrAbandoned is returned by Serve when the connection ended without the
// client having asked for shutdown: a program should exit with status 1 (LSP
// 3.18, exit). The error of a context that ended is joined to it.
var ErrAbandoned = errors.New("the client ended without asking for shutdown")

// Serve speaks with one client until it says exit, closes the connection or
// dies, or until ctx ends. It returns nil if the client had asked for shutdown.
// When it returns, a read of in may still be waiting; nothing else is left.
func Serve(ctx context.Context, in io.Reader, out io.Writer, opts Options) error {
	if len(opts.Checks) == 0 {
		return errors.New("no checks to run: Options.Checks is empty")
	}
	for _, c := range opts.Checks {
		if err := c.Validate(); err != nil {
			return err
		}
	}
	s := newServer(ctx, opts)
	return s.serve(stdio{in, out, func() { s.cancel(ErrAbandoned) }})
}

// A phase is where a session stands in its life (LSP 3.18, Lifecycle Messages).
type phase int

const (
	phaseNew      phase = iota // before initialize
	phaseRunning               // after its answer
	phaseShutDown              // after shutdown
)

// A server is one session with one client.
type server struct {
	opts   Options
	checks sync.Map   // *check.Check by ID: those of Options, and of configurations
	log    sync.Mutex // guards opts.Log

	ctx    context.Context // ends with the session
	cancel context.CancelCauseFunc
	work   sync.WaitGroup // everything that runs beside the read loop
	ending sync.Mutex     // guards ended
	ended  bool           // nothing new begins: work is waited for

	conn   jsonrpc2.Conn
	client protocol.Client
	out    outbox

	mu      sync.Mutex
	state   phase
	can     client // fixed once initialized
	set     settings
	folders []*folder          // of the workspace, the longest path first
	strays  map[string]*folder // Go modules outside of them, by folder
	alone   *folder            // for documents that are judged alone
	buffers map[string]*buffer // by key
	// diskChanged is closed, and made anew, when files change on disk.
	diskChanged chan struct{}
	// over is closed when the client asked for shutdown: what is held open for it
	// is answered.
	over chan struct{}
	// cancels end work that progress is shown of, by token; tokens counts these.
	cancels map[string]context.CancelFunc
	tokens  int
	// told are the lines that are logged once.
	told map[string]bool
	// looking is set while somebody looks for an update, who alone may use
	// updateTold, what was last said of one.
	looking    atomic.Bool
	updateTold string
	// newScanner is scan.New.
	newScanner func(scan.Options) (scanner, error)
}

func newServer(ctx context.Context, opts Options) *server {
	s := &server{
		opts:    opts,
		set:     defaultSettings(),
		strays:  map[string]*folder{},
		alone:   newFolder(""),
		buffers: map[string]*buffer{},

		diskChanged: make(chan struct{}),
		over:        make(chan struct{}),
		cancels:     map[string]context.CancelFunc{},
		told:        map[string]bool{},
		newScanner:  func(o scan.Options) (scanner, error) { return scan.New(o) },
	}
	for _, c := range slices.Concat(opts.Checks, triage.Checks()) {
		s.checks.Store(c.ID, c)
	}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

var errExit = errors.New("exit")

func (s *server) serve(rw io.ReadWriteCloser) error {
	s.conn = jsonrpc2.NewConn(newFrames(rw, func() { s.cancel(ErrAbandoned) }), jsonrpc2.WithCodec(codec{}))
	s.client = protocol.ClientDispatcher(s.conn)
	s.out.start(s)
	s.watchParent(s.opts.Parent)
	s.conn.Go(s.ctx, s.handler())

	select {
	case <-s.conn.Done():
		s.cancel(ErrAbandoned)
	case <-s.ctx.Done(): // exit, the end of input or of output, a dead parent, or the caller's wish
	}
	s.ending.Lock()
	s.ended = true
	s.ending.Unlock()
	done := make(chan struct{})
	go func() {
		s.work.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(patience):
		s.logf("an analysis did not end within %v of the session and is left behind", patience)
	}
	s.closeHistories()
	switch err := context.Cause(s.ctx); {
	case s.phase() == phaseShutDown:
		return nil
	case errors.Is(err, errExit), errors.Is(err, ErrAbandoned):
		return ErrAbandoned
	default:
		return fmt.Errorf("%w: %w", ErrAbandoned, err) // the caller's wish
	}
}

// patience is how long the end of a session waits for work that was cancelled.
// Editors kill a server after about five seconds.
const patience = 2 * time.Second

func (s *server) phase() phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// background runs f beside the read loop until it ends; f must watch ctx. Where the
// session has ended, whose last messages may still be on their way in, it does nothing.
func (s *server) background(what string, f func()) {
	s.ending.Lock()
	defer s.ending.Unlock()
	if s.ended {
		return
	}
	s.work.Go(func() {
		defer s.recovered(what, nil)
		f()
	})
}

// logf writes one line to the log.
func (s *server) logf(format string, args ...any) {
	if s.opts.Log == nil {
		return
	}
	s.log.Lock()
	defer s.log.Unlock()
	fmt.Fprintf(s.opts.Log, "peercheck lsp: "+format+"\n", args...)
}

func (s *server) now() time.Time {
	if s.opts.Now == nil {
		return time.Time{}
	}
	return s.opts.Now()
}

// checkOf gives a check by its ID, nil if there is none.
func (s *server) checkOf(id string) *check.Check {
	c, _ := s.checks.Load(id)
	k, _ := c.(*check.Check)
	return k
}
