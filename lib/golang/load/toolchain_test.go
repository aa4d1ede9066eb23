package load_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/golang/load"
)

// patient is for what compiles the standard library anew, while others use the machine.
const patient = 10 * time.Minute

// script writes an executable shell script.
func script(t *testing.T, name, text string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text), 0o777); err != nil {
		t.Fatal(err)
	}
}

// goScript puts a go command in front of the PATH. $REAL is the real one.
func goScript(t *testing.T, text string) []string {
	t.Helper()
	real, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script(t, filepath.Join(bin, "go"), text)
	return with("PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "REAL="+real)
}

const usesFmt = `
-- go.mod --
module example.com/m
-- a.go --
package m

import "fmt"

var X = fmt.Sprint()
`

func TestHangingGoCommand(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	env := goScript(t, `
if [ "$1" = list ] && [ "$2" = -e ] && [ "$3" = -deps ]; then
	sleep 1000 &
	echo $! >>`+pids+`
	echo $$ >>`+pids+`
	wait
fi
exec "$REAL" "$@"
`)
	l := load.New(load.Options{Env: env, Budget: 500 * time.Millisecond})
	req := load.Request{Tree: tree(usesFmt), Folders: []string{"."}}
	want := `
. "example.com/m" m partial a.go
no-toolchain degraded: 1 imported package is not found, so types are incomplete (fmt); go list did not answer in time (500ms); run go build ./... once, so that the dependencies are compiled
`
	expect(t, describe(t, l, req), want)
	expect(t, describe(t, l, req), want) // and it is not asked at once again
	if lines := strings.Fields(read(t, pids)); len(lines) != 2 {
		t.Errorf("the go command ran %d times", len(lines)/2)
	}
	checkDead(t, pids)
}

func TestCancelledWhileTheGoCommandRuns(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	env := goScript(t, `
sleep 1000 &
echo $! >>`+pids+`
echo $$ >>`+pids+`
wait
`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(strings.Fields(tryRead(pids))) < 2 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	_, err := load.New(load.Options{Env: env}).Load(ctx, load.Request{Tree: tree(usesFmt), Folders: []string{"."}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	checkDead(t, pids)
}

// checkDead checks that processes have ended, or are about to.
func checkDead(t *testing.T, pids string) {
	t.Helper()
	for _, pid := range strings.Fields(read(t, pids)) {
		alive := true
		for range 500 {
			state := tryRead("/proc/" + pid + "/stat")
			if alive = state != "" && !strings.Contains(state, ") Z "); !alive {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if alive {
			t.Errorf("process %s still runs", pid)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func tryRead(name string) string {
	data, _ := os.ReadFile(name)
	return string(data)
}

// The go command runs once for a skeleton, and again only for imports that are
// new; Refresh forgets all.
func TestGoListIsAskedOnce(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	l := load.New(load.Options{Env: goScript(t, `echo "$@" >>`+log+`
exec "$REAL" "$@"`)})
	runs := func() int { return strings.Count(tryRead(log), "list -e -deps") }
	for _, step := range []struct {
		what, imports string
		runs          int
	}{
		{"first", `"fmt"; "net/http"`, 1},
		{"the same", `"fmt"; "net/http"`, 1},
		{"fewer", `"fmt"`, 1},
		{"a dependency of what is known", `"net/url"`, 1},
		{"one more", `"fmt"; "encoding/csv"`, 2},
		{"one that is missing", `"fmt"; "nothing"`, 3},
		{"still missing", `"nothing"`, 3},
	} {
		src := fmt.Sprintf("-- go.mod --\nmodule m\n-- a.go --\npackage m\n\nimport (%s)\n", step.imports)
		describe(t, l, load.Request{Tree: tree(src), Folders: []string{"."}})
		if got := runs(); got != step.runs {
			t.Errorf("%s: %d runs, want %d", step.what, got, step.runs)
		}
	}
	l.Refresh()
	describe(t, l, load.Request{Tree: tree("-- go.mod --\nmodule m\n-- a.go --\npackage m\n\nimport \"fmt\"\n"), Folders: []string{"."}})
	if got := runs(); got != 4 {
		t.Errorf("after Refresh: %d runs, want 4", got)
	}
}

// With a cache on disk, the next process does not run the go command at all,
// until something changes that it goes by.
func TestGoListIsKeptOnDisk(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	env := goScript(t, `echo "$@" >>`+log+`
exec "$REAL" "$@"`)
	kept := cache.Open(cache.Options{Dir: t.TempDir(), Identity: "test"})
	runs := func() int { return strings.Count(tryRead(log), "\n") }
	const module = "-- go.mod --\nmodule m\n-- a.go --\npackage m\n\nimport \"errors\"\n\nvar X = errors.New(``)\n"
	gocache := t.TempDir()
	for _, step := range []struct {
		what string
		env  []string
		src  string
		runs int
	}{
		{"first", nil, module, 3}, // go env, go list unsafe, go list -deps
		{"the same", nil, module, 0},
		{"another body", nil, module + "\nfunc F() {}\n", 0},
		{"another import", nil, strings.Replace(module, "import", "import _ \"math/bits\"\nimport", 1), 1},
		{"another go.mod", nil, strings.Replace(module, "module m", "module m\n\ngo 1.25", 1), 1},
		{"what does not count", irrelevant, module, 0},
		{"build tags", []string{"GOFLAGS=-tags=x"}, module, 3},
		{"another build cache", []string{"GOCACHE=" + gocache}, module, 3},
		{"a module outside", nil, strings.Replace(module, "module m", "module m\n\nreplace x => ../x", 1), 1},
		{"a module outside, again", nil, strings.Replace(module, "module m", "module m\n\nreplace x => ../x", 1), 1},
		{"missing", nil, strings.Replace(module, "import", "import _ \"nothing\"\nimport", 1), 1},
		{"still missing", nil, strings.Replace(module, "import", "import _ \"nothing\"\nimport", 1), 1},
	} {
		before := runs()
		got := describe(t, load.New(load.Options{Env: append(slices.Clone(env), step.env...), Cache: kept, Budget: patient}), load.Request{Tree: tree(step.src), Dir: "/nowhere/at/all", Folders: []string{"."}})
		if n := runs() - before; n != step.runs {
			t.Errorf("%s: %d runs, want %d: %s", step.what, n, step.runs, got)
		}
		if want := strings.Contains(step.what, "missing"); strings.Contains(got, "partial") != want {
			t.Errorf("%s: %s", step.what, got)
		}
	}
	if err := os.RemoveAll(gocache); err != nil {
		t.Fatal(err)
	}
	got := describe(t, load.New(load.Options{Env: append(env, "GOCACHE="+gocache), Cache: kept, Budget: patient}), load.Request{Tree: tree(module), Folders: []string{"."}})
	expect(t, got, `. "m" m typed a.go`)
}

// irrelevant are variables that begin as those of Go and that go list does not go by.
var irrelevant = []string{
	"GOGC=50", "GOMEMLIMIT=4GiB", "GOMAXPROCS=1", "GOTRACEBACK=all", "GORACE=halt_on_error=1", "GOCOVERDIR=/nowhere", "GO_EXTLINK_ENABLED=1",
	"GOBIN=/nowhere", "GOTMPDIR=" + os.TempDir(), "GOTELEMETRY=off", "GOTELEMETRYDIR=/nowhere",
	"GOAUTH=off", "GOINSECURE=example.com", "GONOPROXY=example.com", "GONOSUMDB=example.com", "GOPRIVATE=example.com", "GOPROXY=https://example.com", "GOSUMDB=off", "GOVCS=*:off",
	"GOOGLE_CLOUD_PROJECT=x", "GOPLS_X=y",
}

// Each variable of the go command is one that its answers are kept by, or none that
// they depend on.
func TestVariablesOfTheGoCommand(t *testing.T) {
	ask := func(env []string, args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	var known map[string]string
	if err := json.Unmarshal([]byte(ask(nil, "env", "-json")), &known); err != nil {
		t.Fatal(err)
	}
	says := []string{"GOEXE", "GOGCCFLAGS", "GOHOSTARCH", "GOHOSTOS", "GOMOD", "GOVERSION"} // and does not read
	for name := range known {
		isIrrelevant := slices.ContainsFunc(irrelevant, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		if !strings.HasPrefix(name, "CGO_") && !slices.Contains(says, name) && load.Answering(name) == isIrrelevant {
			t.Errorf("does go list go by %s?", name)
		}
	}
	list := []string{"list", "-deps", "-export", "-json=ImportPath,Dir,Export,GoFiles", "errors", "os/user"}
	if a, b := ask(nil, list...), ask(irrelevant, list...); a != b {
		t.Errorf("go list says\n%s\nand then\n%s", a, b)
	}
}

// Modules that GOPRIVATE names are not fetched either, with which go.mod could have
// the go command ask any server.
func TestPrivateModulesAreNotFetched(t *testing.T) {
	bin := t.TempDir()
	ran := filepath.Join(bin, "ran")
	script(t, filepath.Join(bin, "git"), `echo git "$@" >>`+ran+`
exit 1`)
	env := with("PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "GOPRIVATE=github.com/acme", "GONOPROXY=github.com/acme")
	const sum = " h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	got := describe(t, load.New(load.Options{Env: env}), load.Request{Folders: []string{"."}, Tree: tree(`
-- go.mod --
module example.com/m

go 1.26

require github.com/acme/private v1.0.0
-- go.sum --
github.com/acme/private v1.0.0` + sum + `github.com/acme/private v1.0.0/go.mod` + sum + `
-- a.go --
package m

import _ "github.com/acme/private"
`)})
	if ran := tryRead(ran); ran != "" {
		t.Errorf("these ran:\n%s", ran)
	}
	if !strings.Contains(got, "partial") {
		t.Error(got)
	}
}

// Export data that the build cache has dropped is asked for again.
func TestExportDataIsGone(t *testing.T) {
	cache := t.TempDir()
	l := load.New(load.Options{Env: with("GOCACHE=" + cache), Budget: patient})
	load1 := tree("-- go.mod --\nmodule m\n-- a.go --\npackage m\n\nimport _ \"errors\"\n")
	expect(t, describe(t, l, load.Request{Tree: load1, Folders: []string{"."}}), `. "m" m typed a.go`)
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	load2 := tree("-- go.mod --\nmodule m\n-- a.go --\npackage m\n\nimport _ \"internal/reflectlite\"\n")
	expect(t, describe(t, l, load.Request{Tree: load2, Folders: []string{"."}}), `. "m" m typed a.go`)
}

// A go.mod may ask for a newer Go. One that the module cache holds is used, as
// the go command would, but none is looked for elsewhere.
func TestToolchainInTheModuleCache(t *testing.T) {
	dir := t.TempDir()
	ran := filepath.Join(dir, "ran")
	for _, v := range []string{"1.997.2", "1.998.1", "1.999.0"} {
		cached := fmt.Sprintf("golang.org/toolchain@v0.0.1-go%s.%s-%s/bin/go", v, runtime.GOOS, runtime.GOARCH)
		script(t, filepath.Join(dir, cached), `echo `+v+` >>`+ran+`
exec "$REAL" "$@"`)
	}
	env := append(goScript(t, `exec "$REAL" "$@"`), "GOMODCACHE="+dir)
	const src = "-- go.mod --\nmodule m\n\ngo 1.998\n-- a.go --\npackage m\n\nimport _ \"fmt\"\n"
	describe(t, load.New(load.Options{Env: env}), load.Request{Tree: tree(src), Folders: []string{"."}})
	if got := strings.Fields(tryRead(ran)); len(got) == 0 || got[0] != "1.998.1" {
		t.Errorf("Go %v ran, want 1.998.1", got)
	}
}

func TestEnvironmentOfTheGoCommand(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	env := append(goScript(t, `env >>`+log+`
exec "$REAL" "$@"`),
		"GIT_DIR=/x", "GIT_CONFIG_COUNT=1", "GOPROXY=https://example.com", "GOTOOLCHAIN=auto", "GOWORK=/x/go.work", "GO111MODULE=off",
		"GONOSUMDB=example.com", `GOFLAGS=-tags=a,b -mod=mod '-toolexec=x y' -trimpath`)
	describe(t, load.New(load.Options{Env: env}), load.Request{Tree: tree(usesFmt), Folders: []string{"."}})
	got := "\n" + read(t, log)
	for _, want := range []string{"GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off", "GO111MODULE=on", "GONOPROXY=none", "GONOSUMDB=example.com", "GOFLAGS=-buildvcs=false -tags=a,b -trimpath"} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if strings.HasPrefix(line, "GIT_") || strings.HasPrefix(line, "GOPROXY=h") || strings.HasPrefix(line, "GOFLAGS=") && strings.Contains(line, "toolexec") {
			t.Errorf("%s is set", line)
		}
	}
}

// Invariant 9: nothing runs that a repository names, wherever it names it. Each
// canary is a program that says that it ran.
func TestNothingRunsThatTheTreeNames(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles part of the standard library")
	}
	dir, outside := t.TempDir(), t.TempDir()
	canary := func(name string) (file string) {
		file = filepath.Join(dir, name)
		script(t, file, "echo "+name+" >>"+filepath.Join(outside, "ran")+"\nexit 1\n")
		return file
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write(t, dir, `
-- go.mod --
module example.com/m

go 1.22

toolchain go1.999.0
-- go.work --
go 1.22

toolchain go1.999.0

use .
-- a.go --
package m

//go:generate ./bin/generate

// #cgo CFLAGS: -fplugin=./plugin.so
import "C"

import (
	"errors"
	_ "runtime/cgo"
)

var X = errors.New("")
-- env --
GOFLAGS=-toolexec=`+canary("env-toolexec")+`
CC=`+canary("env-cc")+`
`)
	git("init", "-q")
	git("add", ".")
	git("config", "core.fsmonitor", canary("fsmonitor"))
	git("config", "core.sshCommand", canary("ssh"))
	canary("bin/go")
	canary("bin/git")
	canary("bin/gcc")
	canary("bin/go1.999.0")
	canary("goroot/bin/go")
	canary("goroot/pkg/tool/" + runtime.GOOS + "_" + runtime.GOARCH + "/compile")
	canary(".git/hooks/post-index-change")
	env := with(
		"PATH="+filepath.Join(dir, "bin")+string(filepath.ListSeparator)+"."+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"GOFLAGS=-toolexec="+canary("toolexec")+" -exec="+canary("exec")+" -vettool="+canary("vettool")+" -overlay="+canary("overlay")+" -modfile="+canary("modfile")+" -buildvcs=true",
		"GOENV="+filepath.Join(dir, "env"),
		"GOROOT="+filepath.Join(dir, "goroot"),
		"GOCACHEPROG="+canary("cacheprog"),
		"GOAUTH="+canary("auth"),
		"GOWORK="+filepath.Join(dir, "go.work"),
		"GOTOOLCHAIN=go1.999.0",
		"CC="+canary("cc"), "CGO_ENABLED=1",
		"GIT_SSH_COMMAND="+canary("git-ssh"), "GIT_DIR="+filepath.Join(dir, ".git"), "GIT_EXTERNAL_DIFF="+canary("git-diff"),
		"GOCACHE="+t.TempDir(), // so that everything is compiled
	)
	got := describe(t, load.New(load.Options{Env: env, Budget: patient}), load.Request{Tree: os.DirFS(dir), Dir: dir, Folders: []string{"."}})
	expect(t, got, `. "example.com/m" m typed a.go`)
	if ran := tryRead(filepath.Join(outside, "ran")); ran != "" {
		t.Errorf("these ran:\n%s", ran)
	}
}
