package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
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
	t := &toolchain{budget: opts.Budget, context: build.Default}
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

// ask asks the go command for its version and its build context.
func (t *toolchain) ask(ctx context.Context, vars map[string]string, flags string) error {
	skeleton, err := newSkeleton(nil)
	if err != nil {
		return err
	}
	defer os.RemoveAll(skeleton)
	out, err := t.run(ctx, skeleton, "", "env", "-json", "GOVERSION", "GOFLAGS", "GOMODCACHE", "GOHOSTOS", "GOHOSTARCH")
	if err != nil {
		return err
	}
	var said struct{ GOVERSION, GOFLAGS, GOMODCACHE, GOHOSTOS, GOHOSTARCH string }
	if err := json.Unmarshal(out, &said); err != nil {
		return fmt.Errorf("the answer of go env cannot be read: %w", err)
	}
	t.version = strings.TrimPrefix(said.GOVERSION, "go")
	t.cached = filepath.Join(said.GOMODCACHE, "golang.org", "toolchain@v0.0.1-go*."+said.GOHOSTOS+"-"+said.GOHOSTARCH)
	if flags == "" { // those that go env -w has set
		flags = said.GOFLAGS
		vars["GOFLAGS"], _ = goFlags(flags)
		t.env = environ(vars)
	}
	const format = `{{with context}}{{.GOOS}} {{.GOARCH}} {{.CgoEnabled}} {{join .ToolTags ","}} {{join .ReleaseTags ","}}{{end}}`
	out, err = t.run(ctx, skeleton, "", "list", "-e", "-f", format, "unsafe")
	if err != nil {
		return err
	}
	fields := strings.Split(strings.TrimSpace(string(out)), " ")
	if len(fields) != 5 {
		return errors.New("the answer of go list cannot be read")
	}
	t.context.GOOS, t.context.GOARCH, t.context.CgoEnabled = fields[0], fields[1], fields[2] == "true"
	t.context.ToolTags, t.context.ReleaseTags = strings.Split(fields[3], ","), strings.Split(fields[4], ",")
	t.context.BuildTags, t.vendoring = buildTags(flags)
	return nil
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
