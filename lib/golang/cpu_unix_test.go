//go:build unix

package golang_test

import (
	"syscall"
	"time"
)

// cpuTime is the CPU time of the process so far, in user and system mode: where
// other work runs on the machine, it says more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
