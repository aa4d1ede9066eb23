package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// The codes of LSP 3.18, "Error Codes", that jsonrpc2 does not name.
const (
	codeRequestCancelled jsonrpc2.Code = -32800
	codeContentModified  jsonrpc2.Code = -32801
	codeServerCancelled  jsonrpc2.Code = -32802
)

var (
	errNotInitialized  = jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "the first request must be initialize")
	errInitialized     = jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "initialize was already received")
	errShutDown        = jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "the server is shut down and waits for exit")
	errCancelled       = jsonrpc2.Errorf(codeRequestCancelled, "the client cancelled the request")
	errContentModified = jsonrpc2.Errorf(codeContentModified, "the document changed while the answer was computed")
)

// errSuperseded asks the client to pull diagnostics again (LSP 3.18,
// DiagnosticServerCancellationData): the document changed in between.
var errSuperseded = &jsonrpc2.Error{
	Code:    codeServerCancelled,
	Message: "the document changed while it was judged",
	Data:    jsonrpc2.RawMessage(`{"retriggerRequest":true}`),
}

// codec encodes with protocol, which knows LSP's unions.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(jsonrpc2.RawMessage); ok && raw != nil {
		return raw, nil
	}
	return protocol.Marshal(v)
}

func (codec) Unmarshal(data []byte, v any) error { return protocol.Unmarshal(data, v) }

// stdio joins the two halves of a connection. failed is called when the client
// no longer takes what is written: it may have closed its end and kept ours open.
type stdio struct {
	io.Reader
	io.Writer
	failed func()
}

func (s stdio) Write(b []byte) (int, error) {
	n, err := s.Writer.Write(b)
	if err != nil {
		s.failed()
	}
	return n, err
}

func (s stdio) Close() error {
	var err error
	if c, ok := s.Reader.(io.Closer); ok {
		err = c.Close()
	}
	if c, ok := s.Writer.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}

// A frameReader is what jsonrpc2's header stream also is; the connection reads
// through it if the stream has it.
type frameReader interface {
	ReadFrame(context.Context) ([]byte, int64, error)
	WriteFrame(context.Context, []byte) (int64, error)
}

// frames answers a frame that is no JSON-RPC message with an error and goes on
// reading, where jsonrpc2 alone would end the connection: the header said where
// the next frame starts, so nothing is lost (JSON-RPC 2.0, section 5.1).
type frames struct {
	jsonrpc2.Stream
	frameReader
	ended func() // called once nothing more can be read
}

func newFrames(rw io.ReadWriteCloser, ended func()) jsonrpc2.Stream {
	s := jsonrpc2.NewHeaderStream(rw)
	return frames{s, s.(frameReader), ended}
}

func (f frames) ReadFrame(ctx context.Context) ([]byte, int64, error) {
	for {
		frame, n, err := f.frameReader.ReadFrame(ctx)
		if err != nil {
			f.ended()
			return nil, 0, err
		}
		if wellFormed(frame) {
			return frame, n, nil
		}
		code, message := jsonrpc2.ParseError, "the frame is not valid JSON"
		if json.Valid(frame) {
			code, message = jsonrpc2.InvalidRequest, "the frame is not a JSON-RPC 2.0 message"
		}
		answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":null,"error":{"code":%d,"message":%q}}`, code, message)
		if _, err := f.WriteFrame(ctx, []byte(answer)); err != nil {
			return nil, 0, err
		}
	}
}

func wellFormed(frame []byte) bool {
	if t := bytes.TrimLeft(frame, " \t\r\n"); len(t) > 0 && t[0] == '[' {
		return json.Valid(frame) // a batch; jsonrpc2 answers bad members one by one
	}
	_, err := jsonrpc2.DecodeMessage(frame)
	return err == nil
}

// A call computes the answer to a request, off the read loop.
type call func(context.Context) (any, error)

// A request decodes its parameters and takes the snapshots that it needs on the
// read loop, in wire order, and returns the rest of the work.
type request func(s *server, params []byte) (call, error)

// A notification is handled on the read loop, in wire order: it must be quick.
type notification func(s *server, params []byte) error

// ask makes a request of a function over decoded parameters.
func ask[P any](f func(*server, *P) (call, error)) request {
	return func(s *server, params []byte) (call, error) {
		p := new(P)
		if err := decode(params, p); err != nil {
			return nil, err
		}
		return f(s, p)
	}
}

// tell makes a notification of a function over decoded parameters.
func tell[P any](f func(*server, *P)) notification {
	return func(s *server, params []byte) error {
		p := new(P)
		if err := decode(params, p); err != nil {
			return err
		}
		f(s, p)
		return nil
	}
}

func decode(params []byte, into any) error {
	if t := bytes.TrimSpace(params); len(t) == 0 || bytes.Equal(t, []byte("null")) {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the parameters are missing")
	}
	if err := protocol.Unmarshal(params, into); err != nil {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the parameters cannot be decoded: %v", err)
	}
	return nil
}

// handler is what the connection calls for every message, on its read loop.
//
// Notifications, initialize and shutdown are handled here and now, so that edits
// stay in order. All other requests prepare here and are then released with
// jsonrpc2.Async. None of the contexts that jsonrpc2 gives to what is handled
// here may be kept or derived from: it recycles them (hence DetachContext).
func (s *server) handler() jsonrpc2.Handler {
	released, cancel := jsonrpc2.CancelHandler(func(ctx context.Context, req *jsonrpc2.Request) (any, error) {
		run, err := s.prepare(req)
		jsonrpc2.Async(ctx)
		if err != nil {
			return nil, err
		}
		return s.run(ctx, req.Method(), run)
	})
	return func(ctx context.Context, req *jsonrpc2.Request) (any, error) {
		switch method := req.Method(); {
		case !req.IsCall():
			s.notified(method, req.Params(), cancel)
			return nil, nil // an error would end the connection
		case method == protocol.MethodInitialize, method == protocol.MethodShutdown:
			run, err := s.prepare(req)
			if err != nil {
				return nil, err
			}
			return s.run(jsonrpc2.DetachContext(ctx), method, run)
		}
		return released(ctx, req)
	}
}

// notified handles a notification. Whatever is wrong with it is logged: the
// client gets no answer, and must not lose the connection.
func (s *server) notified(method string, params []byte, cancel func(jsonrpc2.ID)) {
	defer s.recovered(method, nil)
	switch {
	case method == protocol.MethodExit:
		s.exit()
		return
	case s.phase() != phaseRunning:
		return
	case method == protocol.MethodCancelRequest:
		if id, ok := cancelledID(params); ok {
			cancel(id)
		}
		return
	}
	handle, ok := notifications[method]
	if !ok {
		if !strings.HasPrefix(method, "$/") {
			s.logf("ignored the unknown notification %q", clip(method))
		}
		return
	}
	if err := handle(s, params); err != nil {
		s.logf("ignored a %s notification: %v", method, err)
	}
}

// clip shortens a name that came over the wire for the log.
func clip(name string) string { return name[:min(len(name), 100)] }

func cancelledID(params []byte) (jsonrpc2.ID, bool) {
	var p struct{ ID json.RawMessage }
	if json.Unmarshal(params, &p) != nil {
		return jsonrpc2.ID{}, false
	}
	var n int64
	if json.Unmarshal(p.ID, &n) == nil && !bytes.Equal(p.ID, []byte("null")) {
		return jsonrpc2.NewNumberID(n), true
	}
	var name string
	if json.Unmarshal(p.ID, &name) == nil && len(p.ID) > 0 && p.ID[0] == '"' {
		return jsonrpc2.NewStringID(name), true
	}
	return jsonrpc2.ID{}, false
}

func (s *server) prepare(req *jsonrpc2.Request) (run call, err error) {
	method := strings.Clone(req.Method())
	defer s.recovered(method, &err)
	switch phase := s.phase(); {
	case phase == phaseShutDown:
		return nil, errShutDown
	case phase == phaseNew && method != protocol.MethodInitialize:
		return nil, errNotInitialized
	case phase == phaseRunning && method == protocol.MethodInitialize:
		return nil, errInitialized
	}
	handle, ok := requests[method]
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "method %q is not supported", clip(method))
	}
	return handle(s, req.Params())
}

func (s *server) run(ctx context.Context, method string, run call) (result any, err error) {
	method = strings.Clone(method)
	defer s.recovered(method, &err)
	result, err = run(ctx)
	if err == nil {
		return result, nil
	}
	var wire *jsonrpc2.Error
	switch {
	case errors.As(err, &wire):
		return nil, err
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return nil, errCancelled
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.InternalError, "%s: %v", method, err)
}

// recovered turns a panic into an error of the one message that caused it.
func (s *server) recovered(method string, err *error) {
	if r := recover(); r != nil {
		s.logf("a fault in %s: %v\n%s", method, r, debug.Stack())
		if err != nil {
			*err = jsonrpc2.Errorf(jsonrpc2.InternalError, "a fault in %s; the log of the server has the details", method)
		}
	}
}
