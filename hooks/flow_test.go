package hooks_test

import (
	"path/filepath"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// branches makes a branch "side" with one file and goes back to main, which has
// gone on too, so that merging is a real merge.
func branches(r *repotest.Repo, sideFile, sideContent string) {
	r.Commit("base", "base.txt", "one\ntwo\nthree\nfour\n")
	r.Git("switch", "-q", "-c", "side")
	r.Commit("side", sideFile, sideContent)
	r.Git("switch", "-q", "main")
	r.Commit("main", "main.txt", clean)
}

var flowSituations = []situation{
	{"clean merge of a clean branch", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", clean)
		return git(r, "merge", "-m", "m", "side")
	}, false, nil},
	{"merge of a branch that has a secret already", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", withToken+withWord)
		return git(r, "merge", "-m", "m", "side")
	}, false, nil},
	{"merge --no-ff", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("base", "base.txt", clean)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("switch", "-q", "main")
		return git(r, "merge", "--no-ff", "-m", "m", "side")
	}, false, nil},
	{"merge --ff", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("base", "base.txt", clean)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("switch", "-q", "main")
		return git(r, "merge", "--ff-only", "side")
	}, false, nil},
	{"merge --squash is a commit of one's own", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", withToken)
		r.Git("merge", "-q", "--squash", "side")
		return git(r, "commit", "-m", "squashed")
	}, true, blocks},
	{"evil merge", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", clean)
		r.Git("merge", "-q", "--no-commit", "side")
		r.Stage("evil.txt", withToken)
		return git(r, "commit", "-m", "m")
	}, true, blocks},
	{"conflict resolved with a new secret", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "base.txt", "one\nside\nthree\nfour\n")
		r.Commit("main", "base.txt", "one\nmain\nthree\nfour\n")
		r.Try("merge", "side")
		r.Stage("base.txt", "one\nmain and side\n"+withToken)
		return git(r, "commit", "-m", "m")
	}, true, blocks},
	{"conflict resolved, the secret is the side's", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "base.txt", "one\nside\nthree\n"+withToken)
		r.Commit("main", "base.txt", "one\nmain\nthree\nfour\n")
		r.Try("merge", "side")
		r.Stage("base.txt", "one\nmain and side\nthree\n"+withToken)
		return git(r, "commit", "-m", "m")
	}, false, nil},
	{"conflict resolved, the secret is our own", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "base.txt", "one\nside\nthree\nfour\n")
		r.Commit("main", "base.txt", "one\nmain\nthree\n"+withToken)
		r.Try("merge", "side")
		r.Stage("base.txt", "one\nmain and side\nthree\n"+withToken)
		return git(r, "commit", "-m", "m")
	}, false, nil},
	{"octopus merge", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", withToken)
		r.Git("switch", "-q", "-c", "third", "side~1")
		r.Commit("third", "t.txt", withWord)
		r.Git("switch", "-q", "main")
		return git(r, "merge", "-m", "m", "side", "third")
	}, false, nil},
	{"cherry-pick runs no hook, the push does", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("switch", "-q", "main")
		r.Git("cherry-pick", "side")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"cherry-pick --no-commit and commit", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", withToken)
		r.Git("cherry-pick", "--no-commit", "side")
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"revert that brings a secret back, pushed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Commit("c", "a.txt", withToken)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Commit("c", "a.txt", clean)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("revert", "--no-edit", "HEAD")
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"rebase, pushed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", clean)
		r.Git("push", "-q", "origin", "main")
		r.Git("rebase", "-q", "main", "side")
		return git(r, "push", "origin", "side")
	}, true, blocks},
	{"rebase of clean commits, pushed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", clean)
		r.Git("switch", "-q", "main")
		r.Commit("main", "m.txt", withToken)
		r.Git("push", "-q", "--no-verify", "origin", "main")
		r.Git("rebase", "-q", "main", "side")
		return git(r, "push", "origin", "side")
	}, false, nil},
	{"rebase stops at a conflict, continued with a secret", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "base.txt", "side\n")
		r.Commit("main", "base.txt", "main\n")
		r.Git("switch", "-q", "side")
		r.Try("rebase", "main")
		r.Stage("base.txt", withToken)
		return git(r, "commit", "--no-edit")
	}, true, blocks},
	{"rebase --exec commit", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", clean)
		r.Git("switch", "-q", "side")
		r.Git("config", "alias.evil", "!printf 'x = %s\\n' "+aToken+" > e.txt && git add e.txt && git commit -m e")
		return git(r, "rebase", "--exec", "git evil", "main")
	}, true, blocks},
	{"git am, pushed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("switch", "-q", "-c", "side")
		r.Commit("side", "s.txt", withToken)
		r.Git("format-patch", "-q", "-1", "-o", "../patches")
		r.Git("switch", "-q", "main")
		r.Git("am", "-q", filepath.Join(r.Dir, "../patches/0001-side.patch"))
		return git(r, "push", "origin", "main")
	}, true, blocks},
	{"stash keeps out of the way", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Write("a.txt", withToken)
		return git(r, "stash")
	}, false, nil},
	{"stash pop and commit", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Write("a.txt", withToken)
		r.Git("stash")
		r.Git("stash", "pop", "-q")
		return git(r, "commit", "-a", "-m", "c")
	}, true, blocks},
	{"linked work tree", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Git("worktree", "add", "-q", "../linked")
		linked := r.In("../linked")
		linked.Stage("a.txt", withToken)
		return git(linked, "commit", "-m", "c")
	}, true, blocks},
	{"linked work tree, the secret is staged in the other one", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Git("worktree", "add", "-q", "../linked")
		r.Stage("a.txt", withToken)
		linked := r.In("../linked")
		linked.Stage("b.txt", clean)
		return git(linked, "commit", "-m", "c")
	}, false, nil},
	{"linked work tree, commit -a", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Git("worktree", "add", "-q", "--detach", "../linked")
		linked := r.In("../linked")
		linked.Write("a.txt", withToken)
		return git(linked, "commit", "-a", "-m", "c")
	}, true, blocks},
	{"linked work tree, push", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("worktree", "add", "-q", "../linked")
		linked := r.In("../linked")
		linked.Commit("c", "a.txt", withToken)
		return git(linked, "push", "origin", "linked")
	}, true, blocks},
	{"linked work tree of a bare repository", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Git("clone", "-q", "--bare", ".", "../bare.git")
		r.Git("--git-dir=../bare.git", "worktree", "add", "-q", "../linked", "main")
		linked := r.In("../linked")
		install(t, linked)
		linked.Stage("a.txt", withToken)
		return git(linked, "commit", "-m", "c")
	}, true, blocks},
	{"submodule", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "../lib")
		lib := r.In("../lib")
		lib.Commit("c", "a.txt", clean)
		r.Git("submodule", "add", "-q", lib.Dir, "sub")
		sub := r.In("sub")
		install(t, sub)
		sub.Stage("b.txt", withToken)
		return git(sub, "commit", "-m", "c")
	}, true, blocks},
	{"submodule moved forward in the superproject", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "../lib")
		lib := r.In("../lib")
		lib.Commit("c", "a.txt", clean)
		r.Git("submodule", "add", "-q", lib.Dir, "sub")
		r.Commit("with submodule")
		r.In("sub").Commit("in the submodule", "s.txt", withToken)
		r.Git("add", "sub")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"submodule added", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "../lib")
		lib := r.In("../lib")
		lib.Commit("c", "a.txt", withToken)
		r.Git("submodule", "add", "-q", lib.Dir, "sub")
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"from a subfolder", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("sub/a.txt", withToken)
		return git(r.In("sub"), "commit", "-m", "c")
	}, true, []string{"sub/a.txt:1:5"}},
	{"with --git-dir and --work-tree", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.In(".."), "--git-dir=repo/.git", "--work-tree=repo", "commit", "-m", "c")
	}, true, blocks},
	{"with -C", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		return git(r.In(".."), "-C", "repo", "commit", "-m", "c")
	}, true, blocks},
	{"commit --fixup", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Stage("a.txt", withToken)
		return git(r, "commit", "--fixup=HEAD")
	}, true, blocks},
	{"commit -p takes one hunk", func(t *testing.T, r *repotest.Repo) step {
		body := clean + "1\n2\n3\n4\n5\n6\n7\n8\n"
		r.Commit("c", "a.txt", body)
		r.Write("a.txt", "top\n"+body+withToken)
		cmd := r.Command("git", "add", "-p")
		stdin, _ := cmd.StdinPipe()
		cmd.Start()
		stdin.Write([]byte("y\nn\n"))
		stdin.Close()
		cmd.Wait()
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"unborn branch beside others", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Git("switch", "-q", "--orphan", "new")
		r.Stage("b.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"secret in the commit message", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", clean)
		return git(r, "commit", "-m", "see "+aToken)
	}, true, []string{"commit message:1:5", "write the message without it"}},
	{"verbose message shows what is removed", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Stage("a.txt", clean)
		writeHook(t, filepath.Join(r.Dir, "../editor"), "#!/bin/sh\n{ echo subject; cat \"$1\"; } > \"$1.x\" && mv \"$1.x\" \"$1\"\n")
		return git(r.With("GIT_EDITOR="+filepath.Join(r.Dir, "../editor")), "commit", "--verbose")
	}, false, nil},
	{"comment in an edited message, which Git takes out", func(t *testing.T, r *repotest.Repo) step {
		return edited(r, "subject\n# "+aToken+"\n")
	}, false, nil},
	{"comment in an edited message, which Git leaves in", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "commit.cleanup", "whitespace")
		return edited(r, "subject\n# "+aToken+"\n")
	}, true, []string{"commit message:2:3"}},
	{"comment with another character, which Git takes out", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "core.commentChar", ";")
		return edited(r, "subject\n; "+aToken+"\n")
	}, false, nil},
	{"no comment, because the character is another one", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "core.commentChar", ";")
		return edited(r, "subject\n# "+aToken+"\n")
	}, true, []string{"commit message:2:3"}},
	{"no comment, because the message was not edited", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", clean)
		return git(r, "commit", "-m", "subject\n\n# "+aToken)
	}, true, []string{"commit message:3:3"}},
	{"merge message with a secret", func(t *testing.T, r *repotest.Repo) step {
		branches(r, "s.txt", clean)
		return git(r, "merge", "-m", aToken, "side")
	}, true, []string{"commit message"}},
	{"evil clean merge through an old hook", func(t *testing.T, r *repotest.Repo) step {
		uninstall(t, r)
		writeHook(t, filepath.Join(r.Dir, ".git/hooks/pre-merge-commit"), "#!/bin/sh\necho x = "+aToken+" > evil.txt; git add evil.txt\n")
		install(t, r)
		branches(r, "s.txt", clean)
		return git(r, "merge", "-m", "m", "side")
	}, true, blocks},
	{"pull that merges", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("clone", "-q", "../remote.git", "../other")
		other := r.In("../other")
		other.Commit("theirs", "theirs.txt", withToken)
		other.Git("push", "-q", "origin", "main")
		r.Commit("ours", "ours.txt", clean)
		return git(r, "pull", "--no-rebase", "-q", "origin", "main")
	}, false, nil},
	{"what was pulled and merged is pushed", func(t *testing.T, r *repotest.Repo) step {
		pushing(r)
		r.Git("clone", "-q", "../remote.git", "../other")
		other := r.In("../other")
		other.Commit("theirs", "theirs.txt", withToken)
		other.Git("push", "-q", "origin", "main")
		r.Commit("ours", "ours.txt", clean)
		r.Git("pull", "--no-rebase", "-q", "origin", "main")
		return git(r, "push", "origin", "main")
	}, false, nil},
}

// edited commits with an editor that writes a message.
func edited(r *repotest.Repo, message string) step {
	r.Stage("a.txt", clean)
	r.Write("../message", message)
	return git(r.With("GIT_EDITOR=cp "+filepath.Join(r.Dir, "../message")), "commit")
}

func TestFlow(t *testing.T) { runSituations(t, nil, flowSituations) }

// Two commits at once, in two work trees of one repository.
func TestTwoAtOnce(t *testing.T) {
	r := installed(t)
	r.Commit("c", "a.txt", clean)
	r.Git("worktree", "add", "-q", "../linked")
	linked := r.In("../linked")
	r.Stage("a.txt", withToken)
	linked.Stage("b.txt", clean)
	type result struct {
		msg  string
		code int
	}
	results := make(chan result)
	go func() { msg, code := r.Try("commit", "-m", "c"); results <- result{msg, code + 100} }()
	go func() { msg, code := linked.Try("commit", "-m", "c"); results <- result{msg, code} }()
	for range 2 {
		if got := <-results; got.code != 0 && got.code != 101 {
			t.Errorf("exit %d:\n%s", got.code, got.msg)
		}
	}
	noTraces(t, filepath.Dir(r.Dir))
}
