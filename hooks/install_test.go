package hooks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

func uninstall(t testing.TB, r *repotest.Repo) {
	t.Helper()
	if _, err := hooks.Uninstall(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Server: bare(r)}); err != nil {
		t.Fatal(err)
	}
}

// listing renders the names, modes and contents of a hooks folder, without
// Git's samples.
func listing(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".sample") {
			continue
		}
		p := filepath.Join(dir, e.Name())
		info, _ := e.Info()
		content, _ := os.ReadFile(p)
		if target, err := os.Readlink(p); err == nil {
			content = []byte("-> " + target)
		}
		b.WriteString(e.Name() + " " + info.Mode().String() + "\n" + string(content) + "\n")
	}
	return b.String()
}

func TestInstallPlaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(r *repotest.Repo) (at *repotest.Repo, hook string) // hook is relative to r.Dir
	}{
		{"main work tree", func(r *repotest.Repo) (*repotest.Repo, string) { return r, ".git/hooks/pre-commit" }},
		{"subfolder", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Write("sub/a", "")
			return r.In("sub"), ".git/hooks/pre-commit"
		}},
		{"no hooks folder", func(r *repotest.Repo) (*repotest.Repo, string) {
			os.RemoveAll(filepath.Join(r.Dir, ".git/hooks"))
			return r, ".git/hooks/pre-commit"
		}},
		{"linked work tree", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Commit("c")
			r.Git("worktree", "add", "-q", "../linked")
			return r.In("../linked"), ".git/hooks/pre-commit"
		}},
		{"submodule", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Commit("c")
			r.Git("init", "-q", "../super")
			super := r.In("../super")
			super.Git("submodule", "add", "-q", r.Dir, "sub")
			return super.In("sub"), "../super/.git/modules/sub/hooks/pre-commit"
		}},
		{"relative core.hooksPath", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Git("config", "core.hooksPath", "my hooks")
			return r, "my hooks/pre-commit"
		}},
		{"relative core.hooksPath from a subfolder", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Git("config", "core.hooksPath", ".hooks")
			r.Write("sub/a", "")
			return r.In("sub"), ".hooks/pre-commit"
		}},
		{"absolute core.hooksPath", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Git("config", "core.hooksPath", filepath.Join(r.Dir, "../everywhere"))
			return r, "../everywhere/pre-commit"
		}},
		{"separate git folder", func(r *repotest.Repo) (*repotest.Repo, string) {
			r.Git("init", "-q", "--separate-git-dir", "../elsewhere.git")
			return r, "../elsewhere.git/hooks/pre-commit"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			at, hook := tt.do(r)
			out := install(t, at, "pre-commit")
			want := filepath.Join(r.Dir, hook)
			if len(out) != 1 || out[0].Path != want {
				t.Errorf("Install: %+v, want it at %s", out, want)
			}
			if shared := strings.Contains(out[0].Done, "every repository that uses that folder"); shared != (tt.name == "absolute core.hooksPath") {
				t.Errorf("shared: %v: %s", shared, out[0].Done)
			}
			// The effect is what counts: Git runs it.
			at.Stage("a.txt", aToken+"\n")
			if msg, code := at.Try("commit", "-m", "c"); code == 0 {
				t.Errorf("the commit was not blocked:\n%s", msg)
			} else {
				contains(t, msg, "secrets/test-token")
			}
			uninstall(t, at)
			if _, err := os.Lstat(want); err == nil {
				t.Errorf("%s is still there", want)
			}
			if msg, code := at.Try("commit", "-m", "c"); code != 0 {
				t.Errorf("after Uninstall: %s", msg)
			}
		})
	}
}

func TestInstallTwiceIsOnce(t *testing.T) {
	r := repotest.New(t)
	dir := filepath.Join(r.Dir, ".git/hooks")
	writeHook(t, filepath.Join(dir, "pre-commit"), "#!/bin/sh\necho old hook\n")
	before := listing(t, dir)
	install(t, r, "pre-commit")
	once := listing(t, dir)
	install(t, r, "pre-commit")
	if twice := listing(t, dir); twice != once {
		t.Errorf("after the second Install:\n%s\nafter the first:\n%s", twice, once)
	}
	uninstall(t, r)
	if after := listing(t, dir); after != before {
		t.Errorf("after Uninstall:\n%s\nbefore:\n%s", after, before)
	}
	uninstall(t, r)
	if after := listing(t, dir); after != before {
		t.Errorf("after the second Uninstall:\n%s\nbefore:\n%s", after, before)
	}
}

// What was there before comes back byte for byte, whatever it was.
func TestUninstallRestores(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, hook string){
		"script":         func(t *testing.T, hook string) { writeHook(t, hook, "#!/bin/sh\nexit 0\n") },
		"odd bytes":      func(t *testing.T, hook string) { writeHook(t, hook, "#!/bin/sh\r\n\x00\xff no newline at the end") },
		"not executable": func(t *testing.T, hook string) { writeHook(t, hook, "exit 1\n"); os.Chmod(hook, 0o600) },
		"link":           func(t *testing.T, hook string) { os.Symlink("../../script", hook) },
		"dangling link":  func(t *testing.T, hook string) { os.Symlink("/nowhere/at/all", hook) },
		"empty":          func(t *testing.T, hook string) { writeHook(t, hook, "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			dir := filepath.Join(r.Dir, ".git/hooks")
			make(t, filepath.Join(dir, "pre-commit"))
			before := listing(t, dir)
			install(t, r, "pre-commit")
			if listing(t, dir) == before {
				t.Error("Install changed nothing")
			}
			uninstall(t, r)
			if after := listing(t, dir); after != before {
				t.Errorf("after:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

func TestExistingHookRuns(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		content      string
		blocked      bool
		want         string
	}{
		{"passes, clean", "#!/bin/sh\necho old hook ran >&2\n", "fine\n", false, "old hook ran"},
		{"passes, finding", "#!/bin/sh\necho old hook ran >&2\n", aToken + "\n", true, "secrets/test-token"},
		{"blocks", "#!/bin/sh\necho old hook says no >&2; exit 7\n", "fine\n", true, "old hook says no"},
		{"changes the index", "#!/bin/sh\necho " + aToken + " > a.txt; git add a.txt\n", "fine\n", true, "secrets/test-token"},
		{"finds its helper beside it", "#!/bin/sh\n. \"$(dirname \"$0\")/helper\"\n", "fine\n", false, "helper ran"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := repotest.New(t)
			writeHook(t, filepath.Join(r.Dir, ".git/hooks/pre-commit"), tt.script)
			writeHook(t, filepath.Join(r.Dir, ".git/hooks/helper"), "echo helper ran >&2\n")
			install(t, r, "pre-commit")
			r.Stage("a.txt", tt.content)
			msg, code := r.Try("commit", "-m", "c")
			if blocked := code != 0; blocked != tt.blocked {
				t.Errorf("exit %d:\n%s", code, msg)
			}
			contains(t, msg, tt.want)
		})
	}
}

func TestProgramIsGone(t *testing.T) {
	r := repotest.New(t)
	_, err := hooks.Install(t.Context(), hooks.InstallOptions{
		Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Hooks: []string{"pre-commit"}, Binary: "/nowhere/it's \"$(here)\"\\/peercheck",
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Stage("a.txt", "fine\n")
	msg, code := r.Try("commit", "-m", "c")
	if code == 0 || strings.Count(msg, "\n") != 1 {
		t.Errorf("exit %d, want one line of help:\n%s", code, msg)
	}
	contains(t, msg, "the program is gone", "peercheck hook install")
	msg, code = r.With("PEERCHECK=0").Try("commit", "-q", "-m", "c")
	if code != 0 {
		t.Errorf("PEERCHECK=0: exit %d: %s", code, msg)
	}
	contains(t, msg, "SKIPPED")

	// On the PATH it is found.
	bin := filepath.Join(r.Dir, "../bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program(t), filepath.Join(bin, "peercheck")); err != nil {
		t.Fatal(err)
	}
	r.Stage("b.txt", aToken)
	msg, code = r.With("PATH="+bin+":"+os.Getenv("PATH")).Try("commit", "-q", "-m", "c")
	if code == 0 {
		t.Error("not blocked")
	}
	contains(t, msg, "secrets/test-token")
}

func TestProgramWithOddPath(t *testing.T) {
	r := repotest.New(t)
	odd := filepath.Join(r.Dir, "..", "a 'b' \"c\" $(touch canary) `d` \\ *\n")
	if err := os.Mkdir(odd, 0o755); err != nil {
		t.Skip(err)
	}
	binary := filepath.Join(odd, "peercheck")
	if err := os.Symlink(program(t), binary); err != nil {
		t.Fatal(err)
	}
	if _, err := hooks.Install(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: r.Dir, Env: r.Env}, Hooks: []string{"pre-commit"}, Binary: binary}); err != nil {
		t.Fatal(err)
	}
	r.Stage("a.txt", aToken)
	msg, code := r.Try("commit", "-m", "c")
	if code == 0 {
		t.Error("not blocked")
	}
	contains(t, msg, "secrets/test-token")
	if _, err := os.Stat(filepath.Join(r.Dir, "canary")); err == nil {
		t.Error("the path was run as a command")
	}
}

func TestInstallRefuses(t *testing.T) {
	r := repotest.New(t)
	at := repo.Options{Dir: r.Dir, Env: r.Env}
	for name, opts := range map[string]hooks.InstallOptions{
		"unknown hook":       {Repo: at, Hooks: []string{"pre-comit"}, Binary: "/x"},
		"relative program":   {Repo: at, Binary: "peercheck"},
		"outside":            {Repo: repo.Options{Dir: filepath.Dir(r.Dir), Env: r.Env}, Binary: "/x"},
		"folder as a hook":   {Repo: at, Hooks: []string{"pre-commit"}, Binary: "/x"},
		"NUL in the program": {Repo: at, Hooks: []string{"pre-commit"}, Binary: "/x\x00"},
	} {
		if name == "folder as a hook" {
			os.Mkdir(filepath.Join(r.Dir, ".git/hooks/pre-commit"), 0o755)
		}
		if _, err := hooks.Install(t.Context(), opts); err == nil {
			t.Errorf("%s: no error", name)
		}
		os.Remove(filepath.Join(r.Dir, ".git/hooks/pre-commit"))
	}
}

// Gitea's own hook runs all in a folder that is called as itself, so it keeps its
// place, and ours goes into that folder.
const dispatcher = `#!/bin/sh
data=$(cat)
GIT_DIR=${GIT_DIR:-$(dirname "$0")/..}
for hook in "$GIT_DIR/hooks/$(basename "$0").d"/*; do
	test -x "$hook" && test -f "$hook" || continue
	echo "$data" | "$hook" || exit
done
`

func TestInstallBesideDispatcher(t *testing.T) {
	r := repotest.New(t)
	r.Git("init", "-q", "--bare", "../server.git")
	server := r.In("../server.git")
	writeHook(t, filepath.Join(server.Dir, "hooks/pre-receive"), dispatcher)
	writeHook(t, filepath.Join(server.Dir, "hooks/pre-receive.d/gitea"), "#!/bin/sh\ncat >/dev/null\necho the forge ran\n")
	folder := filepath.Join(server.Dir, "hooks/pre-receive.d")
	before := listing(t, folder)
	install(t, server)
	install(t, server)
	r.Commit("c", "a.txt", withToken)
	msg, code := r.Try("push", server.Dir, "main")
	if code == 0 {
		t.Error("not refused")
	}
	contains(t, msg, "the forge ran", "a.txt:1:5 in commit ")
	states, err := hooks.Status(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: server.Dir, Env: server.Env}, Server: true})
	if err != nil || len(states) != 1 || !states[0].Works {
		t.Errorf("status: %+v, %v", states, err)
	}
	uninstall(t, server)
	if after := listing(t, folder); after != before || server.Read("hooks/pre-receive") != dispatcher {
		t.Errorf("left:\n%s", after)
	}
}

func TestProgramIsGoneFromServer(t *testing.T) {
	r := repotest.New(t)
	server := serving(t, r)
	script := server.Read("hooks/pre-receive")
	writeHook(t, filepath.Join(server.Dir, "hooks/pre-receive"), strings.Replace(script, program(t), "/nowhere/peercheck", 1))
	r.Commit("c", "a.txt", clean)
	msg, code := r.With("PEERCHECK=0").Try("push", "origin", "main")
	if code == 0 {
		t.Error("not refused")
	}
	contains(t, msg, "refused, because the program is gone from the server")
	if strings.Contains(msg, "PEERCHECK=0") {
		t.Errorf("a server has no such way out:\n%s", msg)
	}
}
