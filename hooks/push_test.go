package hooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// pushing makes an empty bare repository and the remote "origin" for it, and
// pushes a first clean commit there.
func pushing(r *repotest.Repo) *repotest.Repo {
	r.Git("init", "-q", "--bare", "../remote.git")
	r.Git("remote", "add", "origin", "../remote.git")
	r.Commit("first", "readme.txt", clean)
	r.Git("push", "-q", "--no-verify", "-u", "origin", "main")
	return r.In("../remote.git")
}

var pushSituations = []situation{
	{"clean", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"nothing to push", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"secret of a commit past the hook", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, []string{"secrets/test-token", "a.txt:1:5 in commit ", "blocks this push", "git commit --amend", "No pre-commit hook has let these commits pass"}},
	{"secret that the next commit removed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"git rebase -i ", "~1    # there: edit", "secrets/test-token"}},
	{"secret in the first commit of all", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "--bare", "../remote.git")
		r.Commit("c", "a.txt", withToken)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "../remote.git", "main")
	}, true, []string{"git rebase -i --root"}},
	{"secret in a file that the next commit deleted", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("rm", "-q", "a.txt")
		r.Commit("c")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"code finding at the tip", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withWord)
		return git(r, "push", "origin", "main")
	}, true, []string{"test/forbidden-word"}},
	{"code finding that the next commit fixed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withWord)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"old finding, edit beside it", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken+withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Commit("c", "a.txt", clean+withToken+withWord)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"old finding, renamed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken+withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("mv", "a.txt", "b.txt")
		r.Commit("c")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"removal of an old finding", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken+withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"new branch", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "topic")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "topic")
	}, true, blocks},
	{"new branch, clean, on an old secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken+withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("switch", "-q", "-c", "topic")
		r.Commit("c", "b.txt", clean)
		return git(r, "push", "origin", "topic")
	}, false, nil},
	{"new branch of a commit that the remote has", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		return git(r, "push", "origin", "main:other")
	}, false, nil},
	{"second of two branches", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "one")
		r.Commit("c", "a.txt", clean)
		r.Git("switch", "-q", "-c", "two", "main")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "one", "two")
	}, true, blocks},
	{"first of two branches", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "one")
		r.Commit("c", "a.txt", withToken)
		r.Git("switch", "-q", "-c", "two", "main")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "one", "two")
	}, true, blocks},
	{"--all", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "one")
		r.Commit("c", "a.txt", withToken)
		r.Git("switch", "-q", "main")
		return git(r, "push", "--all", "origin")
	}, true, blocks},
	{"--mirror", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("update-ref", "refs/odd/place", "HEAD")
		r.Git("reset", "-q", "--hard", "HEAD^")
		return git(r, "push", "--mirror", "origin")
	}, true, blocks},
	{"deletion", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("push", "-q", "origin", "main:gone")
		return git(r, "push", "origin", ":gone")
	}, false, nil},
	{"deletion and a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("push", "-q", "origin", "main:gone")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", ":gone", "main")
	}, true, blocks},
	{"forced", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", clean)
		r.Git("push", "-q", "origin", "main")
		r.Git("reset", "-q", "--hard", "HEAD^")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "--force", "origin", "main")
	}, true, blocks},
	{"forced, over a commit that we do not have", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("clone", "-q", "../remote.git", "../other")
		other := r.In("../other")
		other.Commit("theirs", "b.txt", clean)
		other.Git("push", "-q", "origin", "main")
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "--force", "origin", "main")
	}, false, nil},
	{"forced, over a commit that we do not have, with a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("clone", "-q", "../remote.git", "../other")
		other := r.In("../other")
		other.Commit("theirs", "b.txt", clean)
		other.Git("push", "-q", "origin", "main")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "--force", "origin", "main")
	}, true, blocks},
	{"amended", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("commit", "-q", "--amend", "--no-edit", "--no-verify")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"detached HEAD", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("checkout", "-q", "--detach")
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "HEAD:refs/heads/topic")
	}, true, blocks},
	{"by object ID", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		id := r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", id+":refs/heads/topic")
	}, true, blocks},
	{"revision with spaces", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "origin", "main@{0 seconds ago}:refs/heads/topic")
	}, true, blocks},
	{"revision with spaces, clean", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", clean)
		return git(r, "push", "origin", "main@{0 seconds ago}:refs/heads/topic")
	}, false, nil},
	{"by URL", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		return git(r, "push", "file://"+filepath.Join(r.Dir, "../remote.git"), "main")
	}, true, blocks},
	{"by the URL of a remote that has the old secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		url := "file://" + filepath.Join(r.Dir, "../remote.git")
		r.Git("remote", "set-url", "origin", url)
		r.Commit("c", "a.txt", withToken)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Commit("c", "b.txt", clean)
		return git(r, "push", url, "main:topic")
	}, false, nil},
	{"what another remote has is not known to this one", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("init", "-q", "--bare", "../private.git")
		r.Git("remote", "add", "private", "../private.git")
		r.Commit("c", "a.txt", withToken)
		r.Git("push", "-q", "--no-verify", "private", "main")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"the same blob in another place of the remote's history", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("checkout", "-q", "--orphan", "pages")
		r.Commit("pages", "copy.txt", withToken)
		return git(r, "push", "origin", "pages")
	}, false, nil},
	{"lightweight tag", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("tag", "v1")
		r.Git("reset", "-q", "--hard", "HEAD^")
		return git(r, "push", "origin", "v1")
	}, true, blocks},
	{"annotated tag", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("tag", "-m", "one", "v1")
		r.Git("reset", "-q", "--hard", "HEAD^")
		return git(r, "push", "origin", "v1")
	}, true, blocks},
	{"annotated tag, clean", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("tag", "-m", "one", "v1")
		return git(r, "push", "origin", "v1")
	}, false, nil},
	{"secret in the message of a tag", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("tag", "-m", withToken, "v1")
		return git(r, "push", "origin", "v1")
	}, true, []string{"message of tag"}},
	{"tag of a tag", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("tag", "-m", withToken, "inner")
		r.Git("tag", "-m", "outer", "outer", "inner")
		return git(r, "push", "origin", "outer")
	}, true, []string{"message of tag"}},
	{"tag of a blob", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		blob := r.GitInput(withToken, "hash-object", "-w", "--stdin")
		r.Git("tag", "blob", blob)
		return git(r, "push", "origin", "blob")
	}, true, []string{"refs/tags/blob:1:5"}},
	{"annotated tag of a blob", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		blob := r.GitInput(withToken, "hash-object", "-w", "--stdin")
		r.Git("tag", "-m", "a blob", "blob", blob)
		return git(r, "push", "origin", "blob")
	}, true, blocks},
	{"tag of a tree", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "d/a.txt", withToken)
		r.Git("tag", "tree", "HEAD^{tree}")
		r.Git("reset", "-q", "--hard", "HEAD^")
		return git(r, "push", "origin", "tree")
	}, true, []string{"d/a.txt:1:5"}},
	{"notes", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("notes", "add", "-m", withToken)
		return git(r, "push", "origin", "refs/notes/commits")
	}, true, blocks},
	{"secret in a commit message", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("see "+aToken, "a.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"message of commit"}},
	{"first push of a repository, secret long removed", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "--bare", "../remote.git")
		r.Commit("1", "a.txt", withToken)
		r.Commit("2", "a.txt", clean)
		return git(r, "push", "../remote.git", "main")
	}, true, blocks},
	{"merge commit, clean, of two pushed branches", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main", "side")
		r.Git("merge", "-q", "--no-verify", "-m", "m", "side")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"evil merge", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", clean)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", clean)
		r.Git("push", "-q", "origin", "main", "side")
		r.Git("merge", "-q", "--no-commit", "side")
		r.Commit("m", "evil.txt", withToken)
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"evil merge, removed again", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", clean)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", clean)
		r.Git("push", "-q", "origin", "main", "side")
		r.Git("merge", "-q", "--no-commit", "side")
		r.Commit("m", "evil.txt", withToken)
		r.Git("rm", "-q", "evil.txt")
		r.Commit("c")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"main merged into a topic", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "topic")
		r.Commit("topic", "t.txt", clean)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", withToken+withWord)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("switch", "-q", "topic")
		r.Git("merge", "-q", "--no-verify", "-m", "m", "main")
		return git(r, "push", "origin", "topic")
	}, false, nil},
	{"ignored with a reason in a later commit", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.go", "package a\n\nvar x = \""+aToken+"\"\n")
		r.Commit("c", "a.go", "package a\n\n// peercheck:ignore secrets/test-token -- a value of the test server\nvar x = \""+aToken+"\"\n")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"ignored without a reason in a later commit", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.go", "package a\n\nvar x = \""+aToken+"\"\n")
		r.Commit("c", "a.go", "package a\n\n// peercheck:ignore secrets/test-token\nvar x = \""+aToken+"\"\n")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"a secret that still stands is shown once, with its commit", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Commit("c", "b.txt", clean)
		return git(r, "push", "origin", "main")
	}, true, []string{"1 finding blocks this push", "a.txt:1:5 in commit "}},
	{"configuration of the pushed tip counts", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withWord, ".peercheck.yaml", "checks:\n  test/forbidden-word: off\n")
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"configuration that comes with a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "x/a.txt", withToken, ".peercheck.yaml", "exclude: [x]\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"x/a.txt:1:5 in commit ", "commit .peercheck.yaml first"}},
	{"configuration that comes after a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "x/a.txt", withToken)
		r.Commit("c", ".peercheck.yaml", "exclude: [x]\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"x/a.txt:1:5 in commit "}},
	{"configuration that comes before a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", ".peercheck.yaml", "exclude: [x]\n")
		r.Commit("c", "x/a.txt", withToken)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"symbolic link that names a secret", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		os.Symlink(aToken, filepath.Join(r.Dir, "link"))
		r.Git("add", "link")
		r.Commit("c")
		return git(r, "push", "origin", "main")
	}, true, []string{"link:1:1 in commit "}},
	{"graft that hides a commit", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		base := r.Git("rev-parse", "HEAD")
		r.Commit("c", "a.txt", withToken)
		tip := r.Commit("c", "a.txt", clean)
		r.Write(".git/info/grafts", tip+" "+base+"\n")
		return git(r, "push", "origin", "main")
	}, true, []string{"a.txt:1:5 in commit "}},
	{"configuration of the pushed tip is wrong", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", ".peercheck.yaml", "chekcs: {}\n")
		return git(r, "push", "origin", "main")
	}, true, []string{".peercheck.yaml:1:1"}},
	{"300 commits, one of them", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		importCommits(r, 300, 117)
		return git(r, "push", "origin", "main")
	}, true, []string{"f117.txt"}},
	{"300 commits, clean", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		importCommits(r, 300, -1)
		return git(r, "push", "origin", "main")
	}, false, nil},
	{"PEERCHECK=0 is said", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		return git(r.With("PEERCHECK=0"), "push", "origin", "main")
	}, false, []string{"SKIPPED"}},
	{"missing blob", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", "gone\n")
		id := r.Git("rev-parse", "HEAD:a.txt")
		os.Remove(filepath.Join(r.Dir, ".git/objects", id[:2], id[2:]))
		return git(r, "push", "origin", "main")
	}, true, []string{"a.txt", "could not be judged"}},
	{"remote with a glob in its name's branches", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("update-ref", "refs/remotes/originX/main", "HEAD")
		return git(r, "push", "origin", "main")
	}, true, blocks},
}

// importCommits adds n commits fast, each with a file; the one of number secret
// has a secret, and its file is deleted by the next commit.
func importCommits(r *repotest.Repo, n, secret int) {
	var b strings.Builder
	for i := range n {
		content := fmt.Sprintf("file %d\n", i)
		if i == secret {
			content = withToken
		}
		fmt.Fprintf(&b, "commit refs/heads/main\ncommitter C <c@example.com> %d +0000\ndata 2\nc\n", 1767322645+i)
		if i == 0 {
			b.WriteString("from refs/heads/main^0\n")
		}
		if i == secret+1 && secret >= 0 {
			fmt.Fprintf(&b, "D f%d.txt\n", secret)
		}
		fmt.Fprintf(&b, "M 100644 inline f%d.txt\ndata %d\n%s\n", i, len(content), content)
	}
	r.GitInput(b.String(), "fast-import", "--quiet")
	r.Git("reset", "-q", "--hard")
}

func TestPush(t *testing.T) { runSituations(t, []string{"pre-push"}, pushSituations) }

// What pre-commit has judged is free for pre-push; what went past it is not.
// The pre-commit framework gives no input and no arguments, but its own variables.
func TestPushByFramework(t *testing.T) {
	r := installed(t, "pre-push")
	pushing(r)
	r.Commit("c", "old.txt", withToken)
	r.Git("push", "-q", "--no-verify", "origin", "main")
	r.Git("update-ref", "-d", "refs/remotes/origin/main") // what it gives has to do
	from := r.Git("rev-parse", "HEAD")
	run := func(env ...string) (string, int) {
		cmd := r.With(append(env, "PRE_COMMIT_REMOTE_NAME=origin", "PRE_COMMIT_REMOTE_URL=../remote.git", "PRE_COMMIT_REMOTE_BRANCH=refs/heads/main")...).Command(program(t), "hook", "run", "pre-push")
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	r.Commit("c", "new.txt", clean)
	if msg, code := run("PRE_COMMIT_FROM_REF="+from, "PRE_COMMIT_TO_REF=HEAD"); code != 0 {
		t.Errorf("clean: exit %d\n%s", code, msg)
	}
	if msg, code := run("PRE_COMMIT_LOCAL_BRANCH=refs/heads/main"); code != 1 || !strings.Contains(msg, "old.txt:1:5 in commit ") {
		t.Errorf("all is new: exit %d\n%s", code, msg)
	}
	if msg, code := run("PRE_COMMIT_TO_REF=nowhere"); code != 2 || !strings.Contains(msg, "could not be checked") {
		t.Errorf("no such commit: exit %d\n%s", code, msg)
	}
}

func TestRecord(t *testing.T) {
	r := installed(t)
	cache := filepath.Join(r.Dir, "../cache")
	pushing(r)
	with := r.With("PEERCHECK_TEST_CACHE=" + cache)
	with.Stage("a.txt", clean)
	with.Git("commit", "-q", "-m", "seen")
	files, err := filepath.Glob(filepath.Join(cache, "judged-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("record files %q, %v", files, err)
	}
	size := func() int64 {
		info, err := os.Stat(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	afterCommit := size()
	with.Git("push", "-q", "origin", "main")
	if size() <= afterCommit {
		t.Error("the push recorded nothing")
	}
	with.Commit("not seen", "b.txt", withToken)
	for range 2 { // a finding is not remembered as clean
		if msg, code := with.Try("push", "origin", "main"); code == 0 {
			t.Errorf("not blocked:\n%s", msg)
		} else {
			contains(t, msg, "b.txt")
		}
	}
	if err := os.WriteFile(files[0], []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if msg, code := with.Try("push", "origin", "main"); code == 0 {
		t.Errorf("with a torn record, not blocked:\n%s", msg)
	}
	content, err := os.ReadFile(files[0])
	if err == nil && strings.Contains(string(content), aToken) {
		t.Error("the record holds the secret")
	}
}
