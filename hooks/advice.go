package hooks

import (
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/report/text"
)

// A step is something to do about findings: what for, and the command, or "".
type step struct{ purpose, command string }

func (m *messages) step(s step) {
	m.say("  ", "", s.purpose)
	if s.command != "" {
		m.line("    %s", m.paint(bold, text.Escape(s.command)))
	}
}

// advice says what to do about what blocks.
func (m *messages) advice(o *outcome) []step {
	var steps []step
	switch m.hook {
	case "commit-msg":
		steps = append(steps, step{"write the message without it, beginning with what you wrote:", "git commit -e -F " + shellWord(m.args[0])})
	case "pre-push", "pre-receive", "update":
		steps = append(steps, m.pushAdvice(o)...)
	default:
		file := "FILE"
		if path := o.blocking[0].Location.Path; !slices.ContainsFunc(o.blocking, func(b blocking) bool { return b.Location.Path != path }) {
			file = shellWord(path)
		}
		leave := "git restore --staged " + file
		if o.first {
			leave = "git rm --cached " + file
		}
		steps = append(steps, step{"fix it, then:", "git add " + file}, step{"or leave it out of the commit:", leave}, step{"or ignore it with a reason, as shown", ""})
	}
	if slices.ContainsFunc(o.blocking, func(b blocking) bool { return b.secret }) {
		steps = append(steps, step{"A secret that anybody else could have seen has to be replaced (rotated), not only removed.", ""})
	}
	return steps
}

func (m *messages) pushAdvice(o *outcome) []step {
	var steps []step
	if slices.ContainsFunc(o.blocking, func(b blocking) bool { return b.commit == "" && !isMessage(b.Location.Path) }) {
		steps = append(steps, step{"fix it in a new commit", ""})
	}
	if o.oldest != "" {
		command := "git commit --amend"
		if !o.oldestIsTip {
			command = "git rebase -i " + o.oldest.Short() + "~1    # there: edit"
			if o.oldestIsRoot {
				command = "git rebase -i --root    # there: edit " + o.oldest.Short()
			}
		}
		steps = append(steps, step{"take a secret out of the commit that brings it, because every pushed commit is kept:", command})
	}
	if isServer(m.hook) {
		return append(steps, step{"or have a second person sign it off: an ignore comment in the same push does not count", ""})
	}
	steps = append(steps, step{"or ignore it with a reason, as shown", ""})
	if o.oldest != "" {
		steps = append(steps, step{"No pre-commit hook has let these commits pass: they were made with --no-verify, by cherry-pick, rebase or am, or elsewhere.", ""})
	}
	return steps
}

// brings notes the oldest commit that blocks; commits come parents first.
func (o *outcome) brings(c repo.Commit, tip repo.ID) {
	if o.oldest == "" {
		o.oldest, o.oldestIsTip, o.oldestIsRoot = c.ID, c.ID == tip, len(c.Parents) == 0
	}
}

// shellWord writes a path as one word that does what it looks like: quoted where
// it has anything but plain characters, and never an option.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%,", r)
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	if path == "" || strings.ContainsFunc(path, func(r rune) bool { return !plain(r) }) {
		return shellQuote(path)
	}
	return path
}
