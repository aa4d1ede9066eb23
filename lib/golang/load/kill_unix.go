//go:build unix

package load

import (
	"os/exec"
	"syscall"
)

// killGroup makes the end of the command's context kill what it started, too.
func killGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
