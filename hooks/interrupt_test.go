//go:build !windows

package hooks_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// An interrupted hook blocks, and leaves no lock and no process.
func TestInterrupted(t *testing.T) {
	r := installed(t, "pre-commit")
	r.Stage("a.txt", clean)
	started := filepath.Join(r.Dir, "../started")
	cmd := r.With("PEERCHECK_TEST_SLOW="+started).Command("git", "commit", "-q", "-m", "c")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := os.Stat(started); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	if err := cmd.Wait(); err == nil {
		t.Error("git commit succeeded")
	}
	for range 1000 { // the hook and its git end on their own
		if syscall.Kill(-cmd.Process.Pid, 0) != nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if syscall.Kill(-cmd.Process.Pid, 0) == nil {
		t.Error("a process is still there")
	}
	noTraces(t, filepath.Dir(r.Dir))
	if _, code := r.Try("rev-parse", "-q", "--verify", "HEAD"); code == 0 {
		t.Error("there is a commit")
	}
	if msg, code := r.Try("commit", "-q", "-m", "c"); code != 0 {
		t.Errorf("the next commit: %s", msg)
	}
}
