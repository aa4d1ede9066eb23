package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
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
			if os.Getenv("GOGC") == "" {
				collectSparingly()
			}
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

// The server lies beside an editor all day: of a large heap, half as much garbage as
// usual is worth some collections. (With golang.org/x/tools open: at most 260 MB
// instead of 310, 142 at rest instead of 180, at the same processor time.) Of a small
// one it is not: a typed verdict on a package of 40 files makes 60 MB of garbage,
// beside 17 that live, and then a third of its processor time is collections. (More
// than 20 MB, and a day of typing takes more than the 20 MB that it may: at 32 the
// process has 25 MB more after 10,000 edits, editors' BenchmarkMemory.)
const (
	worthCollecting = 20 << 20 // bytes of garbage
	leastPercent    = 50
	mostPercent     = 400
)

// collectSparingly sets, after each collection, how much garbage the next one waits
// for, in steps, since to set it stops the world for a moment.
func collectSparingly() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	var collected func(int)
	collected = func(int) {
		metrics.Read(sample)
		if percent := gcPercent(sample[0].Value.Uint64()); percent != set {
			debug.SetGCPercent(percent)
			set = percent
		}
		runtime.AddCleanup(new(*int), collected, 0) // when the next collection has found it unused
	}
	collected(0)
}

// gcPercent gives GOGC for so many bytes that live.
func gcPercent(live uint64) int {
	percent := int(worthCollecting * 100 / max(live, 1<<20))
	return min(max(percent/25*25, leastPercent), mostPercent)
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
