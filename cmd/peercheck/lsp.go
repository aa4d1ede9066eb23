package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/peercheck/peercheck/lsp"
	"github.com/peercheck/peercheck/rules"
)

func (p *program) lspCommand() *cobra.Command {
	var parent int
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Run the language server on standard input and output",
		Long: `Run the language server (LSP 3.18). Editors start it; see editors/ for how to
configure each of them. Standard output carries protocol frames only; messages
for whoever looks into a fault go to standard error.

Neither git nor the Go toolchain runs in a workspace that the editor says is not
trusted. For editors that have no notion of trust there is the file
peercheck/trusted in your configuration folder (~/.config on Linux): if it is
there, only the folders that it lists, one a line, and what lies in them, are.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A client that is gone is an error of the write, not a signal that
			// kills: what the server holds is let go of in order. (Notify, since
			// Ignore would hold for git and go as well.)
			signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
			err := lsp.Serve(cmd.Context(), p.in, p.out, lsp.Options{
				Checks: rules.All(), ChecksFor: editorChecks, Version: version(), Now: p.now, Env: p.env, Log: p.err, Cache: p.kept(),
				Alive: alive, Parent: parent, Trusted: trustedFolders(), Installed: installed(),
			})
			if errors.Is(err, lsp.ErrAbandoned) {
				return exitCode(1) // what LSP asks for (exit notification)
			}
			return err
		},
	}
	cmd.Flags().Bool("stdio", true, "accepted for editors that pass it; there is no other way")
	cmd.Flags().IntVar(&parent, "clientProcessId", 0, "end when this process does") // LSP 3.18, Implementation Considerations
	return cmd
}

// alive reports whether a process runs; one that may not be asked does.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil || runtime.GOOS == "windows" {
		return err == nil // Windows finds only processes that run, and knows no signal 0
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
