package hooks_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

func status(t testing.TB, r *repotest.Repo, names ...string) map[string]hooks.State {
	t.Helper()
	states, err := hooks.Status(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Server: bare(r), Hooks: names})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]hooks.State{}
	for _, s := range states {
		out[s.Hook] = s
	}
	return out
}

func TestStatus(t *testing.T) {
	preCommit := func(r *repotest.Repo) string { return filepath.Join(r.Dir, ".git/hooks/pre-commit") }
	for _, tt := range []struct {
		name   string
		do     func(t *testing.T, r *repotest.Repo) *repotest.Repo // nil is r
		works  bool
		detail string
	}{
		{"nothing", func(t *testing.T, r *repotest.Repo) *repotest.Repo { uninstall(t, r); return nil }, false, "not installed"},
		{"installed", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return nil }, true, "installed"},
		{"subfolder", func(t *testing.T, r *repotest.Repo) *repotest.Repo { r.Write("d/a", ""); return r.In("d") }, true, "installed"},
		{"linked work tree", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Commit("c")
			r.Git("worktree", "add", "-q", "../linked")
			return r.In("../linked")
		}, true, "installed"},
		{"cannot be executed", func(t *testing.T, r *repotest.Repo) *repotest.Repo { os.Chmod(preCommit(r), 0o644); return nil }, false, "it does not run"},
		{"dangling link", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			os.Remove(preCommit(r))
			os.Symlink("/nowhere", preCommit(r))
			return nil
		}, false, "another hook is there"},
		{"core.hooksPath to nowhere", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			r.Git("config", "core.hooksPath", ".nowhere")
			return nil
		}, false, "does not exist"},
		{"program gone", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			hooks.Install(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Hooks: []string{"pre-commit"}, Binary: "/nowhere/peercheck"})
			return nil
		}, false, "the program is gone"},
		{"an old hook is not run", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			uninstall(t, r)
			writeHook(t, preCommit(r), "#!/bin/sh\ntouch '"+filepath.Join(r.Dir, "../canary")+"'\nexit 1\n")
			install(t, r, "pre-commit")
			return nil
		}, true, "the hook from before runs first"},
		{"another hook took the place", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			writeHook(t, preCommit(r), "#!/bin/sh\nexit 0\n")
			return nil
		}, false, "another hook is there"},
		{"a script of one's own", func(t *testing.T, r *repotest.Repo) *repotest.Repo {
			os.Remove(preCommit(r))
			writeHook(t, preCommit(r), "#!/bin/sh\nexec '"+program(t)+"' hook run pre-commit\n")
			return nil
		}, true, "run by another hook script"},
		{"PEERCHECK=0 in the environment", func(t *testing.T, r *repotest.Repo) *repotest.Repo { return r.With("PEERCHECK=0") }, true, "installed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := installed(t, "pre-commit")
			at := tt.do(t, r)
			if at == nil {
				at = r
			}
			s := status(t, at, "pre-commit")["pre-commit"]
			if s.Works != tt.works {
				t.Errorf("works %v: %s", s.Works, s.Detail)
			}
			contains(t, s.Detail, tt.detail)
			noTraces(t, filepath.Dir(r.Dir))
		})
	}
}

func TestStatusOfAll(t *testing.T) {
	r := installed(t)
	for name, s := range status(t, r) {
		if !s.Works {
			t.Errorf("%s: %s", name, s.Detail)
		}
	}
	r.Git("init", "-q", "--bare", "../server.git")
	server := r.In("../server.git")
	install(t, server)
	if s := status(t, server); len(s) != 1 || !s["pre-receive"].Works {
		t.Errorf("server: %+v", s)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "peercheck-status-*"))
	if err != nil || len(left) > 3 { // other tests may be at it
		t.Errorf("left: %q", left)
	}
}

// The answer to a status is no way around a hook.
func TestProbeBlocks(t *testing.T) {
	r := installed(t)
	r.Stage("a.txt", clean)
	if msg, code := r.With("PEERCHECK_PROBE=x").Try("commit", "-m", "c"); code == 0 {
		t.Errorf("not blocked:\n%s", msg)
	}
}

// withProgram puts the test program on the PATH as "peercheck", as hook managers
// need it.
func withProgram(t *testing.T, r *repotest.Repo) *repotest.Repo {
	bin := filepath.Join(r.Dir, "../bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program(t), filepath.Join(bin, "peercheck")); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	return r.With("PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"))
}

func tool(t *testing.T, r *repotest.Repo, name string, args ...string) {
	t.Helper()
	cmd := r.Command(needs(t, name), args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func copyExample(t *testing.T, r *repotest.Repo, example, to string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("examples", example))
	if err != nil {
		t.Fatal(err)
	}
	writeHook(t, filepath.Join(r.Dir, to), string(content))
}

// managedWorks is what a new user sees with a hook manager: install prints the
// lines, and with them a secret is blocked in a commit, a message and a push, and
// a clean commit passes.
func managedWorks(t *testing.T, r *repotest.Repo, manager string, add func(), pushes bool) {
	t.Helper()
	r.Commit("base", "base.txt", clean)
	before := listing(t, filepath.Join(r.Dir, ".git/hooks")) + listing(t, filepath.Join(r.Dir, ".husky"))
	_, err := hooks.Install(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Binary: program(t)})
	var managed *hooks.Managed
	if !errors.As(err, &managed) || managed.Manager != manager {
		t.Fatalf("Install: %v, want that %s owns the hooks", err, manager)
	}
	contains(t, managed.Error(), "peercheck")
	if after := listing(t, filepath.Join(r.Dir, ".git/hooks")) + listing(t, filepath.Join(r.Dir, ".husky")); after != before {
		t.Errorf("Install changed hooks:\n%s\nwere\n%s", after, before)
	}
	if s := status(t, r, "pre-commit")["pre-commit"]; s.Works || !strings.Contains(s.Detail, "not run by "+manager) {
		t.Errorf("before the lines: %+v", s)
	}
	add()
	if s := status(t, r, "pre-commit")["pre-commit"]; !s.Works || s.Detail != "run by "+manager {
		t.Errorf("with the lines: %+v", s)
	}
	r.Stage("a.txt", withToken)
	msg, code := r.Try("commit", "-m", "c")
	if code == 0 {
		t.Errorf("a secret passes:\n%s", msg)
	}
	contains(t, msg, blocks...)
	r.Stage("a.txt", clean)
	r.Write("a.txt", withToken) // the index counts
	if msg, code = r.Try("commit", "-m", "see "+aToken); code == 0 {
		t.Errorf("a secret in the message passes:\n%s", msg)
	}
	if msg, code = r.Try("commit", "-m", "c"); code != 0 {
		t.Errorf("a clean commit: %s", msg)
	}
	if !pushes {
		return
	}
	r.Git("init", "-q", "--bare", "../remote.git")
	r.Commit("past the hook", "b.txt", withToken)
	if msg, code = r.Try("push", "../remote.git", "main~1:refs/heads/one", "main:refs/heads/two"); code == 0 {
		t.Errorf("a secret is pushed:\n%s", msg)
	}
	contains(t, msg, blocks...)
	if msg, code = r.Try("push", "../remote.git", "main~1:refs/heads/one"); code != 0 {
		t.Errorf("a clean push: %s", msg)
	}
}

func TestLefthook(t *testing.T) {
	r := withProgram(t, repotest.New(t))
	r.Write("lefthook.yml", "pre-commit:\n  jobs:\n    - name: other\n      run: \"true\"\n")
	tool(t, r, "lefthook", "install")
	managedWorks(t, r, "lefthook", func() {
		copyExample(t, r, "lefthook.yml", "lefthook.yml")
		tool(t, r, "lefthook", "install", "--force")
	}, true)
}

func TestHusky(t *testing.T) {
	r := withProgram(t, repotest.New(t))
	r.Write("package.json", "{}\n")
	tool(t, r, "husky")
	managedWorks(t, r, "husky", func() {
		for _, name := range hooks.Client {
			copyExample(t, r, "husky/"+name, ".husky/"+name)
		}
	}, true)
}

// knowsStages skips a test where the pre-commit framework is older than the names
// of its stages.
func knowsStages(t *testing.T) {
	out, err := exec.Command(needs(t, "pre-commit"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "pre-commit %d.%d", &major, &minor); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if major < 3 || major == 3 && minor < 2 {
		t.Skipf("%sis older than 3.2", out)
	}
}

func TestPreCommitFramework(t *testing.T) {
	knowsStages(t)
	r := withProgram(t, repotest.New(t))
	// The repository that has the hooks, as the framework wants to clone it.
	r.Git("init", "-q", "../peercheck")
	published := r.In("../peercheck")
	content, err := os.ReadFile("../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	published.Commit("release", ".pre-commit-hooks.yaml", string(content))
	published.Git("tag", "v0.1.0")
	r.Write(".pre-commit-config.yaml", "repos: []\n")
	tool(t, r, "pre-commit", "install", "-t", "pre-commit", "-t", "commit-msg", "-t", "pre-push")
	managedWorks(t, r, "pre-commit", func() {
		copyExample(t, r, "pre-commit-config.yaml", ".pre-commit-config.yaml")
		config := r.Read(".pre-commit-config.yaml")
		config = strings.ReplaceAll(config, "https://github.com/peercheck/peercheck", published.Dir)
		config = strings.ReplaceAll(config, "id: peercheck\n", "id: peercheck-system\n")
		config = strings.ReplaceAll(config, "id: peercheck-commit-msg\n", "id: peercheck-commit-msg-system\n")
		config += "      - id: peercheck-push-system\n"
		r.Write(".pre-commit-config.yaml", config)
		r.Git("add", ".pre-commit-config.yaml")
	}, false)
}

// The golang hook of .pre-commit-hooks.yaml builds what is committed here.
func TestPreCommitFrameworkBuilds(t *testing.T) {
	if os.Getenv("PEERCHECK_E2E") != "1" {
		t.Skip("builds the whole program; set PEERCHECK_E2E=1")
	}
	r := repotest.New(t)
	cache, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	folders := strings.Fields(string(cache))
	r = r.With("GOMODCACHE="+folders[0], "GOCACHE="+folders[1], "GOPROXY=off", "GOFLAGS=-modcacherw", "GOTOOLCHAIN=local")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	r.Stage("a.txt", clean)
	tool(t, r, "pre-commit", "try-repo", root, "peercheck")
}
