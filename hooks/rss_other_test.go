//go:build !linux

package hooks_test

import "os/exec"

// maxRSS is only known on Linux.
func maxRSS(*exec.Cmd) int64 { return 0 }
