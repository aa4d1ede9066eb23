// Command peercheck is security peer review where developers already work: on
// the command line, in Git hooks and, as a language server, in the editor.
//
// It exits with 0 if nothing blocks, with 1 if there are findings at or above
// the gate, and with 2 if something could not be checked.
//
// `go vet -vettool=$(which peercheck) ./...` runs the Go checks, too.
//
// `peercheck demo` shows it at work, `peercheck help` lists the commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/peercheck/peercheck/lib/report/text"
	"github.com/peercheck/peercheck/lib/triage"
	"github.com/peercheck/peercheck/rules"
)

func main() {
	if asVetTool(os.Args[1:]) {
		unitchecker.Main(rules.Analyzers()...) // which exits
	}
	switch {
	case os.Getenv("GOGC") != "":
	case len(os.Args) > 1 && os.Args[1] == "lsp":
		ofServer.sparingly()
	default:
		ofCommand.sparingly()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	dir, err := os.Getwd()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peercheck: the current folder cannot be told:", err)
		os.Exit(triage.ExitError)
	}
	p := &program{in: os.Stdin, out: os.Stdout, err: os.Stderr, dir: dir, env: os.Environ(), now: time.Now}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// asVetTool reports whether the go command runs this program: to ask for its
// version or its flags, or to judge one package, which a .cfg file describes. No
// command of ours begins with such arguments.
func asVetTool(args []string) bool {
	switch {
	case len(args) == 0:
		return false
	case len(args) == 1 && (args[0] == "-V=full" || args[0] == "-flags"):
		return true
	}
	for _, flag := range args[:len(args)-1] {
		if !strings.HasPrefix(flag, "-") {
			return false
		}
	}
	return strings.HasSuffix(args[len(args)-1], ".cfg")
}

// A program is what the operating system gives a command; nothing else in the
// project reads flags, environment or clock.
type program struct {
	in       io.Reader
	out, err io.Writer
	dir      string   // the current folder, absolute
	env      []string // as in exec.Cmd
	now      func() time.Time
	color    string // --color
}

// exitCode is the error by which a command ends with a code and no message: it
// has said everything already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run runs one command line and gives the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return triage.ExitClean
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil:
		fmt.Fprintln(p.err, "peercheck: stopped before the end; nothing is judged")
	default:
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(p.err, "peercheck:", text.Escape(strings.TrimRight(line, "\n")))
		}
	}
	return triage.ExitError
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "peercheck",
		Short: "Security peer review where developers already work",
		Long: `peercheck finds security missteps while you type, before you commit and before
you push, explains them and fixes them.

Exit codes: 0 nothing blocks, 1 findings at or above the gate, 2 something could
not be checked.`,
		Example: `  peercheck demo                  see it at work in a minute
  peercheck scan                  judge the repository that you are in
  peercheck scan --staged         judge what you are about to commit
  peercheck hook install          have every commit judged
  peercheck explain go/weak-hash  what a check finds, why, and what to do`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.PersistentFlags().StringVar(&p.color, "color", "auto", "colour: auto, always or never (NO_COLOR is honoured)")
	root.AddCommand(p.scanCommand(), p.fixCommand(), p.explainCommand(), p.checksCommand(), p.lspCommand(), p.hookCommand(), p.initCommand(), p.demoCommand(), p.versionCommand())
	return root
}

// getenv gives a variable of the environment, "" if it is not set.
func (p *program) getenv(name string) string {
	value := ""
	for _, kv := range p.env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}

// colored decides whether a stream gets colours (no-color.org).
func (p *program) colored(w io.Writer) bool {
	switch p.color {
	case "always":
		return true
	case "never":
		return false
	}
	return p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is that of the terminal in columns, 0 if it is not known.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}
