package load

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// sanitise gives the variables with which the go command may run over files of a
// tree that stands for dir, so that nothing runs which the repository names
// (invariant 9). GOFLAGS is left as it is; see goFlags.
func sanitise(env []string, dir string) map[string]string {
	vars := map[string]string{}
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok && name != "" {
			vars[name] = value
		}
	}
	maps.DeleteFunc(vars, func(name, value string) bool {
		switch name {
		case "GOWORK", "GO111MODULE", "PWD":
			return true // the judged tree says
		case "GOROOT", "GOENV", "GOCACHEPROG", "GOAUTH", "GOTOOLDIR", "CC", "CXX", "FC", "AR", "PKG_CONFIG", "GCCGO":
			// By these the go command finds programs, or settings that name some.
			return dir != "" && strings.Contains(value, dir)
		}
		// Git runs what GIT_SSH_COMMAND, GIT_CONFIG_* and others say, and hooks
		// are started with GIT_DIR set.
		return strings.HasPrefix(name, "GIT_")
	})
	vars["PATH"] = strings.Join(slices.DeleteFunc(filepath.SplitList(vars["PATH"]), func(entry string) bool {
		return !filepath.IsAbs(entry) || within(dir, entry)
	}), string(filepath.ListSeparator))
	vars["GO111MODULE"] = "on"
	vars["GOTOOLCHAIN"] = "local" // no download
	vars["GOPROXY"] = "off"       // no network
	vars["GONOPROXY"] = "none"    // nor for what GOPRIVATE names, which the go command else has git fetch
	return vars
}

// within reports whether a file lies in a folder, symbolic links followed.
func within(dir, file string) bool {
	if dir == "" || file == "" {
		return false
	}
	for _, resolve := range []func(string) (string, error){filepath.Abs, filepath.EvalSymlinks} {
		d, err1 := resolve(dir)
		f, err2 := resolve(file)
		if err1 != nil || err2 != nil {
			continue
		}
		if rel, err := filepath.Rel(d, f); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}

// environ turns variables into what exec.Cmd takes.
func environ(vars map[string]string) []string {
	env := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env
}

// keptFlags are the flags of GOFLAGS that decide which files and which build of
// the dependencies count. All others are dropped: some run programs (-toolexec,
// -exec, -vettool), some replace files (-overlay, -modfile), some change go.mod
// (-mod=mod), and -mod=vendor fails where only go.mod is to be seen.
var keptFlags = []string{"tags", "race", "msan", "asan", "trimpath", "installsuffix", "modcacherw", "p"}

// goFlags sanitises GOFLAGS. The result is never empty: else the go command
// would read the flags that go env -w has set.
func goFlags(flags string) (kept, mod string) {
	list := []string{"-buildvcs=false"} // VCS stamping runs git, which runs core.fsmonitor
	for _, flag := range splitFlags(flags) {
		name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name == "mod" {
			mod = value
		}
		if slices.Contains(keptFlags, name) {
			list = append(list, flag)
		}
	}
	for i, flag := range list {
		if strings.ContainsAny(flag, " \t\n") {
			list[i] = "'" + flag + "'"
		}
	}
	return strings.Join(list, " "), mod
}

// buildTags gives the build tags that flags set, and the -mod flag.
func buildTags(flags string) (tags []string, mod string) {
	for _, flag := range splitFlags(flags) {
		name, value, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "tags":
			tags = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		case "mod":
			mod = value
		}
	}
	for _, flag := range splitFlags(flags) {
		name, value, set := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if (name == "race" || name == "msan" || name == "asan") && (!set || value == "true" || value == "1") {
			tags = append(tags, name)
		}
	}
	return tags, mod
}

// splitFlags splits GOFLAGS as the go command does: by spaces, with quotes
// around a whole flag ("go help environment").
func splitFlags(flags string) []string {
	var list []string
	for flags = strings.TrimSpace(flags); flags != ""; flags = strings.TrimSpace(flags) {
		end := strings.IndexAny(flags, " \t\r\n")
		if q := flags[0]; q == '\'' || q == '"' {
			if end = strings.IndexByte(flags[1:], q); end < 0 {
				return list // the go command refuses this
			}
			list = append(list, flags[1:1+end])
			flags = flags[end+2:]
			continue
		}
		if end < 0 {
			end = len(flags)
		}
		list = append(list, flags[:end])
		flags = flags[end:]
	}
	return list
}
