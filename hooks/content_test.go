package hooks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/repo/repotest"
)

// utf16 gives a text of ASCII in UTF-16, little endian, with its mark.
func utf16(s string) string {
	b := []byte{0xff, 0xfe}
	for i := range len(s) {
		b = append(b, s[i], 0)
	}
	return string(b)
}

var lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("ab", 32) + "\nsize 12345\n"

// content makes situations of one staged file.
func content(name, file, text string, blocked bool, says ...string) situation {
	return situation{name, func(t *testing.T, r *repotest.Repo) step {
		r.Stage(file, text)
		return git(r, "commit", "-m", "c")
	}, blocked, says}
}

var contentSituations = []situation{
	content("empty file", "a.txt", "", false),
	content("no newline at the end", "a.txt", "x = "+aToken, true, "a.txt:1:5"),
	content("CRLF", "a.txt", "one\r\nx = "+aToken+"\r\n", true, "a.txt:2:5"),
	content("byte order mark", "a.txt", "\ufeff"+withToken, true, blocks...),
	content("UTF-16", "a.txt", utf16(withToken), true, blocks...),
	content("invalid UTF-8", "a.txt", "\xfe\xfd\xff "+withToken, true, blocks...),
	content("one NUL does not hide", "a.txt", "text\x00text\n"+withToken, true, blocks...),
	content("one long line", "a.txt", strings.Repeat("lorem ipsum ", 100_000)+withToken, true, blocks...),
	content("many lines", "a.txt", strings.Repeat("lorem ipsum\n", 200_000)+withToken, true, "a.txt:200001:5"),
	content("binary", "a.bin", strings.Repeat("\x00\x01\x02\x03\x80", 2000), false),
	content("secret in a binary file", "a.bin", strings.Repeat("\x00\x01\x02\x03\x80", 2000)+"key = "+aToken+strings.Repeat("\x00\x01\x02\x03\x80", 2000), true, "a.bin", "secrets/test-token"),
	content("code in a binary file", "a.bin", strings.Repeat("\x00\x01\x02\x03\x80", 2000)+"this is FORBIDDEN, perhaps", false),
	{"old secret in a binary file", func(t *testing.T, r *repotest.Repo) step {
		binary := strings.Repeat("\x00\x01\x02\x03\x80", 2000)
		r.Commit("c", "a.bin", binary+"key = "+aToken+binary)
		r.Stage("a.bin", "\x00"+binary+"key = "+aToken+binary)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	content("over the size limit is said", "a.txt", strings.Repeat("lorem ipsum dolor\n", 700_000), false, "a.txt", "judged with less"),
	content("carriage returns alone", "a.txt", "one\rtwo\rx = "+aToken+"\r", true, "a.txt:3:5"),
	content("control sequences around", "a.txt", "\x1b[2K\x1b[1A"+withToken, true, blocks...),
	content("LFS pointer", "a.bin", lfsPointer, false, "a.bin: this is a Git LFS pointer", "not judged"),
	content("LFS pointer with a secret", "a.bin", lfsPointer+withToken, true, blocks...),
	{"LFS pointers are said once", func(t *testing.T, r *repotest.Repo) step {
		for i := range 5 {
			r.Stage(fmt.Sprintf("%d.bin", i), lfsPointer)
		}
		return git(r, "commit", "-m", "c")
	}, false, []string{"0.bin: this and 4 more are Git LFS pointers"}},
	{"over the default size limit, under the configured one", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".peercheck.yaml", "max-bytes: 20000000\n")
		r.Stage("a.txt", strings.Repeat("lorem ipsum dolor\n", 700_000)+withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"a.txt:700001:5"}},
	{"over the configured size limit", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", ".peercheck.yaml", "max-bytes: 100\n")
		r.Stage("a.txt", strings.Repeat("lorem ipsum dolor\n", 100))
		return git(r, "commit", "-m", "c")
	}, false, []string{"1800 bytes are over the limit of 100", "max-bytes"}},
	content("diff as content", "a.patch", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-"+withToken, true, blocks...),
	content("looks like a header of cat-file", "a.txt", strings.Repeat("0", 40)+" blob 5\n"+withToken, true, blocks...),
	{"100 files, one of them", func(t *testing.T, r *repotest.Repo) step {
		for i := range 100 {
			r.Write(fmt.Sprintf("d%d/f%d.txt", i%7, i), fmt.Sprintf("file %d\n", i))
		}
		r.Write("d3/secret.txt", withToken)
		r.Git("add", "-A")
		return git(r, "commit", "-m", "c")
	}, true, []string{"d3/secret.txt:1:5"}},
	{"30 findings are shown in part", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", strings.Repeat(withToken, 30))
		return git(r, "commit", "-m", "c")
	}, true, []string{"30 findings block this commit", "and 10 more"}},
	{"more of what was there is new", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Stage("a.txt", withToken+withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"1 finding blocks"}},
	{"moved to another file", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean+withToken, "b.txt", "other\n")
		r.Stage("a.txt", clean)
		r.Stage("b.txt", "other\n"+withToken)
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"copied to another file is new", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", withToken)
		r.Stage("b.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, []string{"b.txt"}},
	{"line endings changed", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean+withToken)
		r.Stage("a.txt", strings.ReplaceAll(clean+withToken, "\n", "\r\n"))
		return git(r, "commit", "-m", "c")
	}, false, nil},
	{"autocrlf", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "core.autocrlf", "true")
		r.Stage("a.txt", "one\r\n"+withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
}

func TestContent(t *testing.T) { runSituations(t, []string{"pre-commit"}, contentSituations) }

// pathSituations: a secret under each odd name is found, and a clean file under
// it passes.
func pathSituations() []situation {
	var all []situation
	for _, p := range []string{
		"with space.txt", "with\nnewline.txt", "with\ttab.txt", `with"quote.txt`, "with'single.txt", `with\backslash.txt`,
		"-leading-dash.txt", "--help", "*.glob", "[a-z].txt", "$(touch canary).txt", "`touch canary`.txt", ";touch canary;.txt",
		"café.txt", "cafe\u0301.txt", "non-utf8-\xff\xfe.txt", ":(exclude)magic.txt", ":/magic.txt", "#hash.txt", "!bang.txt", "~tilde.txt",
		"\x1b[31mred.txt", "\u202egpj.txt", "very/deep/" + strings.Repeat("d/", 60) + "file.txt", strings.Repeat("long", 60) + ".txt",
		"a/b/../c.txt"[:4] + "c.txt", "CON.txt", "@{upstream}.txt", "HEAD", "refs/heads/main.txt", "%s%n.txt", "| cat.txt",
	} {
		for _, text := range []string{clean, withToken} {
			name := fmt.Sprintf("%.40q clean", p)
			if text == withToken {
				name = fmt.Sprintf("%.40q secret", p)
			}
			all = append(all, situation{name, func(t *testing.T, r *repotest.Repo) step {
				id := r.GitInput(text, "hash-object", "-w", "--stdin")
				r.GitInput("100644 "+id+"\t"+p+"\x00", "update-index", "-z", "--add", "--index-info")
				return git(r, "commit", "-m", "c")
			}, text == withToken, nil})
		}
	}
	return all
}

func TestPaths(t *testing.T) { runSituations(t, []string{"pre-commit"}, pathSituations()) }

// hostile arms a repository: whatever git could be made to run leaves a canary.
func hostile(t *testing.T, r *repotest.Repo) {
	canary := filepath.Join(r.Dir, "../canary-hostile")
	script := filepath.Join(r.Dir, "../run-me")
	writeHook(t, script, "#!/bin/sh\necho \"$0 $@\" >> '"+canary+"'\ncat\n")
	r.Write(".gitattributes", "* diff=evil filter=evil merge=evil text=auto working-tree-encoding=UTF-16 ident\n*.txt binary -diff export-ignore\n")
	for key, value := range map[string]string{
		"core.fsmonitor": script, "core.pager": script, "core.editor": script, "core.sshCommand": script, "core.askPass": script,
		"core.gitProxy": script, "core.alternateRefsCommand": script, "diff.external": script, "diff.evil.command": script,
		"diff.evil.textconv": script, "diff.evil.cachetextconv": "true", "filter.evil.clean": "cat", "filter.evil.smudge": script,
		"filter.evil.process": "", "gpg.program": script, "log.showSignature": "true", "diff.noprefix": "true", "diff.mnemonicPrefix": "true",
		"color.ui": "always", "color.diff": "always", "pager.diff-index": script, "pager.cat-file": script, "pager.rev-list": script,
		"alias.cat-file": "!" + script, "alias.diff-index": "!" + script, "alias.rev-parse": "!" + script, "diff.renames": "copies",
		"diff.orderFile": script, "diff.ignoreSubmodules": "all", "status.showUntrackedFiles": "no", "core.quotePath": "true",
		"uploadpack.packObjectsHook": script, "credential.helper": "!" + script, "trace2.eventTarget": canary, "core.abbrev": "4",
		"diff.wsErrorHighlight": "all", "interactive.diffFilter": script, "difftool.evil.cmd": script, "man.viewer": script,
	} {
		r.Git("config", key, value)
	}
}

// hostileSituations are mostly run with `git hook run`, which itself runs nothing
// of what a commit would: what leaves a canary then is our doing.
var hostileSituations = []situation{
	{"pre-commit, secret", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		hostile(t, r)
		return git(r, "hook", "run", "pre-commit")
	}, true, blocks},
	{"pre-commit, clean", func(t *testing.T, r *repotest.Repo) step {
		r.Commit("c", "a.txt", clean)
		r.Stage("a.txt", clean+clean)
		hostile(t, r)
		return git(r, "hook", "run", "pre-commit")
	}, false, nil},
	{"pre-commit, hostile environment", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		hostile(t, r)
		script := filepath.Join(r.Dir, "../run-me")
		return git(r.With("GIT_EXTERNAL_DIFF="+script, "GIT_PAGER="+script, "PAGER="+script, "GIT_SSH_COMMAND="+script, "GIT_ASKPASS="+script,
			"GIT_DIFF_OPTS=-u0", "GIT_LITERAL_PATHSPECS=1", "GIT_GLOB_PATHSPECS=", "GIT_TRACE=2", "GIT_REPLACE_REF_BASE=refs/evil", "LC_ALL=de_DE.UTF-8", "LANGUAGE=de"), "hook", "run", "pre-commit")
	}, true, blocks},
	{"hostile attributes in the index", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		hostile(t, r)
		id := r.GitInput(r.Read(".gitattributes"), "hash-object", "-w", "--stdin")
		r.Git("-c", "core.fsmonitor=false", "update-index", "--add", "--cacheinfo", "100644,"+id+",.gitattributes")
		return git(r, "hook", "run", "pre-commit")
	}, true, blocks},
	{"hostile .git/info/attributes", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		hostile(t, r)
		os.Rename(filepath.Join(r.Dir, ".gitattributes"), filepath.Join(r.Dir, ".git/info/attributes"))
		return git(r, "hook", "run", "pre-commit")
	}, true, blocks},
	{"hooks of our own calls", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		for _, name := range []string{"post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"} {
			writeHook(t, filepath.Join(r.Dir, ".git/hooks", name), "#!/bin/sh\ntouch '"+filepath.Join(r.Dir, "../canary-"+name)+"'\n")
		}
		return git(r, "hook", "run", "pre-commit")
	}, true, blocks},
	{"replaced blob", func(t *testing.T, r *repotest.Repo) step {
		r.Stage("a.txt", withToken)
		r.Git("replace", r.Git("rev-parse", ":a.txt"), r.GitInput(clean, "hash-object", "-w", "--stdin"))
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"-diff attribute", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".gitattributes", "*.txt -diff binary\n")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"textconv that hides", func(t *testing.T, r *repotest.Repo) step {
		r.Stage(".gitattributes", "*.txt diff=hide\n")
		r.Git("config", "diff.hide.textconv", "true")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"diff.noprefix and colours", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "diff.noprefix", "true")
		r.Git("config", "color.ui", "always")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"diff.ignoreSubmodules, diff.orderFile", func(t *testing.T, r *repotest.Repo) step {
		r.Git("config", "diff.ignoreSubmodules", "all")
		r.Git("config", "diff.orderFile", "/nowhere")
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
	{"bare repository planted in the work tree", func(t *testing.T, r *repotest.Repo) step {
		r.Git("init", "-q", "--bare", "planted")
		r.In("planted").Git("--git-dir=.", "config", "core.fsmonitor", "touch "+filepath.Join(r.Dir, "../canary-planted"))
		r.Stage("a.txt", withToken)
		return git(r, "commit", "-m", "c")
	}, true, blocks},
}

func TestHostile(t *testing.T) { runSituations(t, nil, hostileSituations) }
