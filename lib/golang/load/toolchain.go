package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/cache"
)

// A toolchain is the user's go command, and what it says about itself.
type toolchain struct {
	path    string   // of the go command; "" if there is none
	env     []string // sanitised
	context build.Context
	version string // "1.26.0"
	// cached is where the module cache keeps toolchains: a folder and a pattern.
	cached string
	// vendoring is the -mod flag of GOFLAGS, "" if it is not set.
	vendoring string
	budget    time.Duration
	// problem says why there is no go command.
	problem string
	// settings is a digest of what the go command goes by; "" where what it said
	// must not be kept on disk.
	settings string
	cache    *cache.Dir
	// identity is all that the meaning of source depends on: the platform, the
	// build tags and the version of the type checker.
	identity string
}

// newToolchain finds the go command for trees that stand for dir. The error is
// that of the context.
func newToolchain(ctx context.Context, opts Options, dir string) (*toolchain, error) {
	t, err := findToolchain(ctx, opts, dir)
	if err == nil {
		c := t.context
		t.identity = fmt.Sprint(runtime.Version(), t.version, c.GOOS, c.GOARCH, c.CgoEnabled, c.BuildTags, c.ToolTags, c.ReleaseTags)
	}
	return t, err
}

func findToolchain(ctx context.Context, opts Options, dir string) (*toolchain, error) {
	env := opts.Env
	if env == nil {
		env = os.Environ()
	}
	t := &toolchain{budget: opts.Budget, context: build.Default, cache: opts.Cache}
	if t.budget == 0 {
		t.budget = DefaultBudget
	}
	vars := sanitise(env, dir)
	flags := vars["GOFLAGS"]
	t.describe(vars, flags)
	if opts.Untrusted {
		t.problem = "no Go toolchain runs on code that is not trusted"
		return t, nil
	}
	t.path = lookGo(vars["PATH"])
	if t.path == "" {
		t.problem = "no go command is on the PATH; install Go from https://go.dev/dl/"
		return t, nil
	}
	delete(vars, "GOFLAGS")
	vars["GOFLAGS"], _ = goFlags(flags)
	t.env = environ(vars)
	if err := t.ask(ctx, vars, flags); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t.path, t.problem = "", err.Error()
	}
	return t, nil
}

// describe sets what can be known without a go command.
func (t *toolchain) describe(vars map[string]string, flags string) {
	for name, field := range map[string]*string{"GOOS": &t.context.GOOS, "GOARCH": &t.context.GOARCH} {
		if v := vars[name]; v != "" {
			*field = v
		}
	}
	t.context.CgoEnabled = vars["CGO_ENABLED"] != "0"
	t.context.BuildTags, t.vendoring = buildTags(flags)
}

// said is what the go command says about itself.
type said struct {
	Version, Flags, ModCache, HostOS, HostArch string
	OS, Arch                                   string
	Cgo                                        bool
	ToolTags, ReleaseTags                      []string
}

// ask asks the go command for its version and its build context, unless it was
// asked by an earlier process.
func (t *toolchain) ask(ctx context.Context, vars map[string]string, flags string) error {
	var s said
	key, ok := t.key(vars)
	if data, kept := t.cache.Get(key); !ok || !kept || json.Unmarshal(data, &s) != nil {
		var err error
		if s, err = t.askNow(ctx); err != nil {
			return err
		}
		if data, err := json.Marshal(s); ok && err == nil {
			t.cache.Put(key, data)
		}
	}
	if ok {
		t.settings = string(key[:])
	}
	t.version = strings.TrimPrefix(s.Version, "go")
	t.cached = filepath.Join(s.ModCache, "golang.org", "toolchain@v0.0.1-go*."+s.HostOS+"-"+s.HostArch)
	if flags == "" { // those that go env -w has set
		flags = s.Flags
		vars["GOFLAGS"], _ = goFlags(flags)
		t.env = environ(vars)
	}
	t.context.GOOS, t.context.GOARCH, t.context.CgoEnabled = s.OS, s.Arch, s.Cgo
	t.context.ToolTags, t.context.ReleaseTags = s.ToolTags, s.ReleaseTags
	t.context.BuildTags, t.vendoring = buildTags(flags)
	return nil
}

func (t *toolchain) askNow(ctx context.Context) (s said, err error) {
	skeleton, err := newSkeleton(nil)
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(skeleton)
	out, err := t.run(ctx, skeleton, "", "env", "-json", "GOVERSION", "GOFLAGS", "GOMODCACHE", "GOHOSTOS", "GOHOSTARCH")
	if err != nil {
		return s, err
	}
	var env struct{ GOVERSION, GOFLAGS, GOMODCACHE, GOHOSTOS, GOHOSTARCH string }
	if err := json.Unmarshal(out, &env); err != nil {
		return s, fmt.Errorf("the answer of go env cannot be read: %w", err)
	}
	const format = `{{with context}}{{.GOOS}} {{.GOARCH}} {{.CgoEnabled}} {{join .ToolTags ","}} {{join .ReleaseTags ","}}{{end}}`
	out, err = t.run(ctx, skeleton, "", "list", "-e", "-f", format, "unsafe")
	if err != nil {
		return s, err
	}
	fields := strings.Split(strings.TrimSpace(string(out)), " ")
	if len(fields) != 5 {
		return s, errors.New("the answer of go list cannot be read")
	}
	return said{
		Version: env.GOVERSION, Flags: env.GOFLAGS, ModCache: env.GOMODCACHE, HostOS: env.GOHOSTOS, HostArch: env.GOHOSTARCH,
		OS: fields[0], Arch: fields[1], Cgo: fields[2] == "true",
		ToolTags: strings.Split(fields[3], ","), ReleaseTags: strings.Split(fields[4], ","),
	}, nil
}

// answering are the variables, beside CGO_*, that decide what the go command says about
// packages and where what it has compiled lies ("go help environment"). Others do not:
// those about the network, which it does not use here, about what it installs, links or
// keeps for a while, and about memory and processors, as GOGC.
var answering = words(`
	PATH HOME USERPROFILE AppData LocalAppData XDG_CONFIG_HOME XDG_CACHE_HOME
	AR CC CXX FC PKG_CONFIG GCCGO
	GO111MODULE GOCACHE GOCACHEPROG GODEBUG GOENV GOEXPERIMENT GOFIPS140 GOFLAGS GOMODCACHE GOPATH GOROOT GOTOOLCHAIN GOTOOLDIR GOWORK
	GOOS GOARCH GO386 GOAMD64 GOARM GOARM64 GOLOONG64 GOMIPS GOMIPS64 GOPPC64 GORISCV64 GOWASM`)

func words(list string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(list) {
		set[name] = true
	}
	return set
}

// key identifies what the go command says: by its file, by the variables that it
// goes by, and by the files that stand in for them. ok is false if one of these cannot
// be told.
func (t *toolchain) key(vars map[string]string) (k cache.Key, ok bool) {
	if t.cache == nil {
		return k, false
	}
	h := cache.NewHash("toolchain")
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if answering[name] || strings.HasPrefix(name, "CGO_") {
			h.Add(name, vars[name])
		}
	}
	tool, err := filepath.EvalSymlinks(t.path)
	if err != nil {
		return k, false
	}
	for _, name := range []string{tool, filepath.Join(filepath.Dir(filepath.Dir(tool)), "go.env"), userSettings(vars)} {
		info, err := os.Stat(name)
		switch {
		case err == nil:
			h.Add(name, info.Size(), info.ModTime().UnixNano())
		case errors.Is(err, fs.ErrNotExist):
			h.Add(name)
		default:
			return k, false
		}
	}
	return h.Key(), true
}

// userSettings is the file that go env -w writes (os.UserConfigDir).
func userSettings(vars map[string]string) string {
	if file := vars["GOENV"]; file != "" {
		return file
	}
	dir := vars["XDG_CONFIG_HOME"]
	switch {
	case runtime.GOOS == "windows":
		dir = vars["AppData"]
	case runtime.GOOS == "darwin" || runtime.GOOS == "ios":
		dir = filepath.Join(vars["HOME"], "Library", "Application Support")
	case dir == "":
		dir = filepath.Join(vars["HOME"], ".config")
	}
	return filepath.Join(dir, "go", "env")
}

// atLeast gives a toolchain that is not older than a version: this one, or the
// oldest that fits of those in the module cache, which the go command has
// downloaded and verified before. It is run from there by its path, so that
// neither the PATH nor a download comes into play. If there is none, the go
// command is left to say so.
func (t *toolchain) atLeast(v string) *toolchain {
	if t.path == "" || !newerGo(v, t.version) {
		return t
	}
	best := *t
	dirs, _ := filepath.Glob(t.cached)
	before, after, _ := strings.Cut(filepath.Base(t.cached), "*")
	for _, dir := range dirs {
		found := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(dir), before), after)
		if newerGo(v, found) || best.path != t.path && newerGo(found, best.version) {
			continue
		}
		if file := lookGo(filepath.Join(dir, "bin")); file != "" {
			best.path, best.version = file, found
			best.env = slices.DeleteFunc(slices.Clone(t.env), func(v string) bool { return strings.HasPrefix(v, "GOROOT=") })
		}
	}
	return &best
}

// errBudget is the cause of a context that ended because a go command took too long.
var errBudget = errors.New("did not answer in time")

// run runs the go command in a folder of a skeleton and gives its standard output. If it
// fails, that output is given as well, and the error is one line.
func (t *toolchain) run(ctx context.Context, skeleton, root string, args ...string) ([]byte, error) {
	limited, cancel := context.WithTimeoutCause(ctx, t.budget, errBudget)
	defer cancel()
	cmd := exec.CommandContext(limited, t.path, args...)
	cmd.Dir = filepath.Join(skeleton, filepath.FromSlash(root))
	cmd.Env = append(slices.Clip(t.env), "PWD="+cmd.Dir)
	if _, err := os.Stat(filepath.Join(skeleton, "go.work")); err != nil {
		cmd.Env = append(cmd.Env, "GOWORK=off")
	} else {
		cmd.Env = append(cmd.Env, "GOWORK="+filepath.Join(skeleton, "go.work"))
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	killGroup(cmd)
	// What the go command started may still hold its output open when it is dead.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case context.Cause(limited) == errBudget:
		return nil, fmt.Errorf("go %s %w (%v); run go build ./... once, so that the dependencies are compiled", args[0], errBudget, t.budget)
	case err != nil:
		said := firstLine(strings.ReplaceAll(errs.String(), skeleton+string(filepath.Separator), ""))
		if said == "" {
			said = err.Error()
		}
		return out.Bytes(), fmt.Errorf("go %s: %s", args[0], said)
	}
	return out.Bytes(), nil
}

// newSkeleton writes files into a new temporary folder. Without a go.mod among
// them there is one that requires nothing, so that none above the folder counts.
func newSkeleton(files map[string][]byte) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "peercheck-"); err != nil {
		return "", err
	}
	if len(files) == 0 {
		files = map[string][]byte{"go.mod": []byte("module peercheck.invalid/skeleton\n\ngo 1.21\n")}
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err = os.MkdirAll(filepath.Dir(file), 0o700); err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			os.RemoveAll(dir)
			return "", err
		}
	}
	return dir, nil
}

// lookGo finds the go command on a PATH. A relative entry does not count.
func lookGo(list string) string {
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	for _, dir := range filepath.SplitList(list) {
		if file := filepath.Join(dir, name); filepath.IsAbs(dir) {
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
				return file
			}
		}
	}
	return ""
}
