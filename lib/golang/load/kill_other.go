//go:build !unix

package load

import "os/exec"

// killGroup leaves the default: the end of the context kills the command alone.
func killGroup(*exec.Cmd) {}
