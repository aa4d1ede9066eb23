package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// batch is a long-lived `git cat-file` with one of its batch options. It starts at
// the first question and starts again after one that git died of. Questions are
// answered one at a time.
type batch struct {
	cmd  command
	flag string

	mu     sync.Mutex
	closed bool
	proc   *process
}

type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
	cancel context.CancelFunc
}

type header struct {
	id   ID
	kind string
	size int64
}

func newBatch(cmd command, flag string) *batch { return &batch{cmd: cmd, flag: flag} }

func (b *batch) start() error {
	if b.closed {
		return errors.New("the repository is closed")
	}
	if b.proc != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{cmd: b.cmd.prepare(ctx, "cat-file", b.flag), stderr: new(bytes.Buffer), cancel: cancel}
	p.cmd.Stderr = &limited{max: 4096, b: p.stderr}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		cancel()
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return err
	}
	if err := p.cmd.Start(); err != nil {
		cancel()
		return fmt.Errorf("git cat-file: %w", err)
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 1<<16)
	b.proc = p
	return nil
}

// stop ends the process and waits for it.
func (b *batch) stop(kill bool) error {
	if b.proc == nil {
		return nil
	}
	p := b.proc
	b.proc = nil
	if kill {
		p.cancel()
	}
	p.in.Close()
	err := p.cmd.Wait()
	p.cancel()
	return err
}

func (b *batch) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.stop(false)
}

// ask sends one line and has answer read what comes back. Whatever goes wrong in
// between ends the process, since it is not known where its output stands.
func (b *batch) ask(ctx context.Context, line string, answer func(*bufio.Reader) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.start(); err != nil {
		return err
	}
	p := b.proc
	release := context.AfterFunc(ctx, p.cancel)
	_, err := io.WriteString(p.in, line+"\n")
	if err == nil {
		err = answer(p.out)
	}
	cancelled := !release()
	if err == nil || errors.Is(err, ErrMissing) {
		if cancelled {
			b.stop(true)
		}
		return err
	}
	waited := b.stop(true)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return newGitError([]string{"cat-file"}, p.stderr.String(), errors.Join(err, waited))
}

// readHeader reads "<id> <kind> <size>", or what git says of an object that is
// not there: "<name> missing", "<name> ambiguous".
func readHeader(out *bufio.Reader) (header, error) {
	line, err := out.ReadString('\n')
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return header{}, err
	}
	line = strings.TrimSuffix(line, "\n")
	f := strings.Fields(line)
	if len(f) == 3 && isID(f[0]) {
		if size, err := strconv.ParseInt(f[2], 10, 64); err == nil && size >= 0 {
			return header{ID(f[0]), f[1], size}, nil
		}
	}
	switch {
	case strings.HasSuffix(line, " missing"):
		return header{}, ErrMissing
	case strings.HasSuffix(line, " ambiguous"):
		return header{}, fmt.Errorf("it could be several objects: %w", ErrMissing)
	}
	return header{}, fmt.Errorf("unexpected answer %q", line)
}

func (b *batch) header(ctx context.Context, line string) (h header, err error) {
	err = b.ask(ctx, line, func(out *bufio.Reader) error {
		h, err = readHeader(out)
		return err
	})
	return h, err
}

func (b *batch) object(ctx context.Context, line string) (kind string, content []byte, err error) {
	err = b.ask(ctx, line, func(out *bufio.Reader) error {
		h, err := readHeader(out)
		if err != nil {
			return err
		}
		kind, content = h.kind, make([]byte, h.size)
		if _, err := io.ReadFull(out, content); err != nil {
			return err
		}
		if c, err := out.ReadByte(); err != nil || c != '\n' {
			return errors.Join(errors.New("the object is longer than its size"), err)
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return kind, content, nil
}
