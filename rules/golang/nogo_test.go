package golang

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/checktest"
)

// What Bazel builds nogo from.
const (
	rulesGo = "github.com/bazelbuild/rules_go@v0.65.0"
	udiff   = "github.com/aymanbagabas/go-udiff@v0.4.1"
)

// Two packages, as of a workspace where import paths begin with no domain.
const nogoWorkspace = `
-- go.mod --
module shop

go 1.26
-- disk/disk.go --
package disk

import "os"

func Read(name string) { os.ReadFile(name) }
-- web/web.go --
package web

import (
	"net/http"

	"shop/disk"
)

func Serve(w http.ResponseWriter, r *http.Request) {
	disk.Read(r.FormValue("f"))
	disk.Read(r.FormValue("g")) // peercheck:ignore go/path-traversal -- a test
}
`

// TestNogo builds nogo of the real sources of rules_go as Bazel does by the README's
// recipe, with Bazel's builder, and runs it by the builder over one package for its
// facts and over another for what is wrong there.
func TestNogo(t *testing.T) {
	dir := t.TempDir()
	builder, nogo := filepath.Join(dir, "builder.exe"), filepath.Join(dir, "nogo.exe")
	sources := filepath.Join(checktest.Module(t, rulesGo), "go", "tools", "builders")
	targets, err := os.ReadFile(filepath.Join(sources, "BUILD.bazel"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"builder", "nogo"} {
		_, list, _ := strings.Cut(string(targets), `name = "`+name+`_srcs",`)
		list, _, _ = strings.Cut(list, "]")
		for _, m := range regexp.MustCompile(`"(\w+\.go)"`).FindAllStringSubmatch(list+`"path.go"`, -1) {
			if data, err := os.ReadFile(filepath.Join(sources, m[1])); err != nil {
				t.Fatal(err)
			} else {
				write(t, filepath.Join(dir, name, m[1]), string(data))
			}
		}
	}

	write(t, filepath.Join(dir, "builder/go.mod"), "module builder\n\ngo 1.26\n")
	command(t, filepath.Join(dir, "builder"), "go", "build", "-ldflags", "-X main.rulesGoStdlibPrefix=@io_bazel_rules_go//stdlib:", "-o", builder)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	config := regexp.MustCompile(`(?m)^    (\{ "peercheck": .*\})$`).FindSubmatch(readme)
	if config == nil {
		t.Fatal("the README has no nogo.json")
	}
	write(t, filepath.Join(dir, "nogo.json"), string(config[1]))
	command(t, dir, builder, "gennogomain", "-output", "nogo/nogo_config.go", "-config", "nogo.json",
		"-analyzer_importpath", "github.com/peercheck/peercheck/rules/golang")

	// Bazel lets everybody import what is internal to x/tools.
	checktest.Module(t, udiff)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "nogo", name), string(data))
	}
	command(t, filepath.Join(dir, "nogo"), "go", "mod", "edit", "-module", "golang.org/x/tools/nogo", "-require", udiff,
		"-require", "github.com/peercheck/peercheck@v0.0.0", "-replace", "github.com/peercheck/peercheck="+root)
	command(t, filepath.Join(dir, "nogo"), "go", "build", "-mod=mod", "-o", nogo)

	work := filepath.Join(dir, "work")
	for _, f := range txtar.Parse([]byte(nogoWorkspace)).Files {
		write(t, filepath.Join(work, f.Name), string(f.Data))
	}
	platform := runtime.GOOS + "_" + runtime.GOARCH
	var standard strings.Builder
	archives := map[string]string{}
	for line := range strings.Lines(command(t, work, "go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")) {
		path, archive, _ := strings.Cut(strings.TrimSpace(line), " ")
		archives[path] = archive
		if !strings.HasPrefix(path, "shop/") && archive != "" {
			standard.WriteString(path + "\n")
			link := filepath.Join(dir, "goroot", "pkg", platform, path+".a")
			if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(archive, link); err != nil {
				t.Skip("no symbolic links: ", err)
			}
		}
	}
	write(t, filepath.Join(dir, "packages.txt"), standard.String())
	judge := func(name string, args ...string) string {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		command(t, work, builder, append([]string{"nogo", "-sdk", strings.TrimSpace(command(t, dir, "go", "env", "GOROOT")), "-goroot", filepath.Join(dir, "goroot"), "-installsuffix", platform,
			"-package_list", filepath.Join(dir, "packages.txt"), "-nogo", nogo, "-p", "shop/" + name, "-src", name + "/" + name + ".go",
			"-out_facts", filepath.Join(dir, name+".facts"), "-out", filepath.Join(dir, name)}, args...)...)
		log, err := os.ReadFile(filepath.Join(dir, name, "nogo.log"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(log)
	}
	if got := judge("disk", "-facts_only"); got != "" {
		t.Errorf("package disk: %s", got)
	}
	const want = "nogo: errors found by nogo during build-time code analysis:\n" +
		"web/web.go:10:12: data from an HTTP request chooses the path that os.ReadFile works on (go/path-traversal) (peercheck)\n"
	if got := judge("web", "-arc", "shop/disk=shop/disk="+archives["shop/disk"], "-facts", "shop/disk=shop/disk="+filepath.Join(dir, "disk.facts")); got != want {
		t.Errorf("package web: %q, want %q", got, want)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs a program that uses no network, and gives its output.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, args[0], err, out, errs.String())
	}
	return string(out)
}
