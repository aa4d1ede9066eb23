package hooks_test

import (
	"os/exec"
	"syscall"
)

// maxRSS is the most memory that a process, or a child that it waited for, held,
// in bytes (getrusage(2) counts kilobytes).
func maxRSS(cmd *exec.Cmd) int64 {
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
