package main

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
)

// installed gives a function that tells the version of this program as it lies on
// the disk, if that is another build than the one which runs; "" if it is the same,
// or if none lies there now. It may be called from one goroutine at a time. As long
// as the file is the same a call costs one stat.
func installed() func() string {
	file := startedAs()
	was, err := os.Stat(file)
	running, ok := debug.ReadBuildInfo()
	if err != nil || !ok {
		return func() string { return "" }
	}
	seen, seenVersion := was, ""
	return func() string {
		is, err := os.Stat(file)
		switch {
		case err != nil: // taken away, or between the two halves of an update
			return ""
		case same(seen, is):
			return seenVersion
		}
		info, err := buildinfo.ReadFile(file)
		if err != nil { // still being written
			return ""
		}
		seen, seenVersion = is, ""
		// The same release put there again is no news.
		if info.String() != running.String() || is.Size() != was.Size() {
			seenVersion = versionOf(info)
		}
		return seenVersion
	}
}

// same reports whether a file is the one that it was. Time and size are compared
// as well, since on Windows SameFile looks at what has the name now.
func same(was, is os.FileInfo) bool {
	return os.SameFile(was, is) && was.ModTime().Equal(is.ModTime()) && was.Size() == is.Size()
}

// startedAs is the file by which this program was started: a link to it if there
// was one, since that is what a package manager changes.
func startedAs() string {
	file, err := os.Executable()
	if err != nil {
		return ""
	}
	name, err := exec.LookPath(os.Args[0])
	if err != nil {
		return file
	}
	if name, err = filepath.Abs(name); err != nil {
		return file
	}
	a, errA := os.Stat(file)
	b, errB := os.Stat(name)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return file // whoever starts a program names it as he likes
	}
	return name
}
