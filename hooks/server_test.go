package hooks_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/hooks"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// serving makes a bare repository with a server's hooks and a first commit that
// was pushed there as remote "origin".
func serving(t *testing.T, r *repotest.Repo, names ...string) *repotest.Repo {
	r.Git("init", "-q", "--bare", "../server.git")
	r.Git("remote", "add", "origin", "../server.git")
	r.Commit("first", "readme.txt", clean)
	r.Git("push", "-q", "-u", "origin", "main")
	server := r.In("../server.git")
	if len(names) == 0 {
		names = []string{"pre-receive"}
	}
	install(t, server, names...)
	return server
}

var serverSituations = []situation{
	{"clean", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"secret", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, []string{"secrets/test-token", "a.txt:1:5 in commit ", "blocks this push", "second person"}},
	{"secret that the next commit removed", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withToken)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"code finding", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withWord)
		return git(r, "push", "origin", "main")
	}, true, []string{"test/forbidden-word"}},
	{"code finding that the next commit fixed", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withWord)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"pushed with --no-verify", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "--no-verify", "origin", "main")
	}, true, blocks},
	{"the pusher's environment does not count", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", withToken)
		return git(r.With("PEERCHECK=0", "SKIP=peercheck"), "push", "origin", "main")
	}, true, blocks},
	{"few objects, unpacked", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "receive.unpackLimit", "1000")
		importCommits(r, 10, 3)
		return git(r, "push", "origin", "main")
	}, true, []string{"f3.txt"}},
	{"many objects, in a pack", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		importCommits(r, 200, 130)
		return git(r, "push", "origin", "main")
	}, true, []string{"f130.txt"}},
	{"many objects, clean", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		importCommits(r, 200, -1)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"new branch", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Git("switch", "-q", "-c", "topic")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "topic")
	}, true, blocks},
	{"new branch of what the server has", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		r.Commit("c", "a.txt", withToken)
		server.Git("fetch", "-q", r.Dir, "main:main")
		return git(r, "push", "origin", "main:topic")
	}, false, nil},
	{"second of two branches", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.txt", clean)
		r.Git("switch", "-q", "-c", "two")
		r.Commit("c", "b.txt", withToken)
		return git(r, "push", "origin", "main", "two")
	}, true, []string{"b.txt"}},
	{"deletion", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("branch", "gone", "main")
		return git(r, "push", "origin", ":gone")
	}, false, nil},
	{"forced", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Git("commit", "-q", "--amend", "-m", "other")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "--force", "origin", "main")
	}, true, blocks},
	{"tag of a blob", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Git("tag", "blob", r.GitInput(withToken, "hash-object", "-w", "--stdin"))
		return git(r, "push", "origin", "blob")
	}, true, []string{"refs/tags/blob:1:5"}},
	{"annotated tag with a secret message", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Git("tag", "-m", withToken, "v1")
		return git(r, "push", "origin", "v1")
	}, true, []string{"message of tag"}},
	{"secret in a commit message", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit(withToken)
		return git(r, "push", "origin", "main")
	}, true, []string{"message of commit"}},
	{"first push to an empty server", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "--bare", "../server.git")
		install(t, r.In("../server.git"), "pre-receive")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "../server.git", "main")
	}, true, blocks},
	{"first clean push to an empty server", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "--bare", "../server.git")
		install(t, r.In("../server.git"), "pre-receive")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "../server.git", "main")
	}, false, nil},
	{"the pushed configuration does not count", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", ".peercheck.yaml", "checks:\n  test/forbidden-word: off\n  secrets/test-token: off\n", "a.txt", withToken+withWord)
		return git(r, "push", "origin", "main")
	}, true, []string{"test/forbidden-word", "secrets/test-token"}},
	{"the pushed configuration may be wrong", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", ".peercheck.yaml", "nonsense: [")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"the configuration of the server's HEAD counts", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		r.Commit("c", ".peercheck.yaml", "checks:\n  test/forbidden-word: off\n")
		server.Git("fetch", "-q", r.Dir, "main:main")
		r.Commit("c", "a.txt", withWord)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"the policy reference counts instead of HEAD", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		r.Commit("c", ".peercheck.yaml", "checks:\n  test/forbidden-word: off\n")
		server.Git("fetch", "-q", r.Dir, "main:refs/policy/main")
		server.Git("config", "peercheck.policyRef", "refs/policy/main")
		r.Git("switch", "-q", "-c", "topic", "HEAD^")
		r.Commit("c", "a.txt", withWord)
		return git(r, "push", "origin", "topic")
	}, false, nil},
	{"too many files", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.maxFiles", "2")
		r.Commit("c", "a.txt", "a\n", "b.txt", "b\n", "c.txt", "c\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"brings 3 new contents of files, over the limit of 2", "peercheck.maxFiles"}},
	{"not too many files", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.maxFiles", "2")
		r.Commit("c", "a.txt", "a\n", "b.txt", "b\n", "c.txt", "b\n")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"too many bytes", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.maxBytes", "1k")
		r.Commit("c", "a.txt", strings.Repeat(clean, 100))
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"brings 1500 bytes of new files, over the limit of 1024", "peercheck.maxBytes"}},
	{"a limit that is no number", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.maxBytes", "much")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"peercheck.maxBytes", "much"}},
	{"work tree that a push brings up to date", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("first", "readme.txt", clean)
		r.Git("clone", "-q", r.Dir, "../server")
		server := r.In("../server")
		server.Git("config", "receive.denyCurrentBranch", "updateInstead")
		if _, err := hooks.Install(t.Context(), hooks.InstallOptions{Repo: repo.Options{Dir: server.Dir, Env: server.Env}, Server: true, Binary: program(t)}); err != nil {
			t.Fatal(err)
		}
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", server.Dir, "main")
	}, true, blocks},
	{"the policy reference is missing", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.policyRef", "refs/heads/nowhere")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"peercheck.policyRef"}},
	{"the configuration of the server is wrong", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		r.Commit("c", ".peercheck.yaml", "chekcs: {}\n")
		server.Git("fetch", "-q", r.Dir, "main:main")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{".peercheck.yaml:1:1"}},
	{"an ignore comment in the push does not count", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.go", "package a\n\nvar FORBIDDEN = 1 // peercheck:ignore test/forbidden-word -- I say so\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"test/forbidden-word", "came with the push"}},
	{"an ignore comment for a secret in the push does not count", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.go", "package a\n\nvar x = \""+aToken+"\" // peercheck:ignore secrets/test-token -- I say so\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"secrets/test-token", "came with the push"}},
	{"an ignore comment in a later commit of the push does not count", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r)
		r.Commit("c", "a.go", "package a\n\nvar x = \""+aToken+"\"\n")
		r.Commit("c", "a.go", "package a\n\n// peercheck:ignore secrets/test-token -- I say so\nvar x = \""+aToken+"\"\n")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"an old ignore comment, edit beside it", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		body := "var FORBIDDEN = 1 // peercheck:ignore test/forbidden-word -- agreed\n"
		r.Commit("c", "a.go", "package a\n\n"+body)
		server.Git("fetch", "-q", r.Dir, "main:main")
		r.Commit("c", "a.go", "package a\n\nvar y = 2\n\n"+body)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"time limit", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r).Git("config", "peercheck.maxSeconds", "soon")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"peercheck.maxSeconds", `"soon"`}},
	{"update, clean", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r, "update")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"update, secret", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r, "update")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"update, deletion", func(t *testing.T, r *repotest.Repo) step {
		serving(t, r, "update").Git("branch", "gone", "main")
		return git(r, "push", "origin", ":gone")
	}, false, nil},
	{"an old pre-receive hook gets its input, too", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		uninstall(t, server)
		writeHook(t, filepath.Join(server.Dir, "hooks/pre-receive"), "#!/bin/sh\nread old new ref; test \"$ref\" = refs/heads/main || exit 1; echo old hook saw $ref\n")
		install(t, server, "pre-receive")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, []string{"old hook saw refs/heads/main", "secrets/test-token"}},
	{"an old pre-receive hook that reads nothing", func(t *testing.T, r *repotest.Repo) step {
		server := serving(t, r)
		uninstall(t, server)
		writeHook(t, filepath.Join(server.Dir, "hooks/pre-receive"), "#!/bin/sh\nexit 0\n")
		install(t, server, "pre-receive")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"shared repository with alternates", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("first", "readme.txt", clean)
		r.Git("clone", "-q", "--bare", "--shared", ".", "../server.git")
		r.Git("remote", "add", "origin", "../server.git")
		install(t, r.In("../server.git"), "pre-receive")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"push into a work tree", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("first", "readme.txt", clean)
		r.Git("clone", "-q", ".", "../deploy")
		deploy := r.In("../deploy")
		deploy.Git("config", "receive.denyCurrentBranch", "updateInstead")
		install(t, deploy, "pre-receive")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "../deploy", "main")
	}, true, blocks},
}

func TestServer(t *testing.T) { runSituations(t, []string{"commit-msg"}, serverSituations) }

// A refused push leaves nothing behind on the server.
func TestRefusedPushLeavesNothing(t *testing.T) {
	r := repotest.New(t)
	server := serving(t, r)
	before := server.Git("count-objects", "-v") + server.Git("for-each-ref")
	importCommits(r, 200, 5)
	if _, code := r.Try("push", "origin", "main"); code == 0 {
		t.Error("not refused")
	}
	if after := server.Git("count-objects", "-v") + server.Git("for-each-ref"); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	if left, _ := filepath.Glob(filepath.Join(server.Dir, "objects", "tmp_objdir*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestServerOutOfTime(t *testing.T) {
	r := repotest.New(t)
	server := serving(t, r)
	server.Git("config", "peercheck.maxSeconds", "1")
	// A check that never ends stands for a push that is too large.
	env := "PEERCHECK_TEST_SLOW=" + filepath.Join(r.Dir, "../started")
	r.Commit("c", "a.txt", clean)
	msg, code := r.With(env).Try("push", "origin", "main")
	if code == 0 {
		t.Error("not refused")
	}
	contains(t, msg, "took more than 1 seconds", "peercheck.maxSeconds")
	if strings.Contains(msg, "PEERCHECK=0") {
		t.Errorf("a server has no such way out:\n%s", msg)
	}
}

// A server neither trusts nor keeps a record of what was judged.
func TestServerKeepsNoRecord(t *testing.T) {
	r := repotest.New(t)
	serving(t, r)
	cache := filepath.Join(r.Dir, "../cache")
	r.Commit("c", "a.txt", clean)
	r.With("PEERCHECK_TEST_CACHE="+cache).Git("push", "-q", "origin", "main")
	if files, _ := filepath.Glob(filepath.Join(cache, "*")); len(files) > 0 {
		t.Errorf("recorded: %q", files)
	}
}
