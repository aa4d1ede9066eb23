package hooks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/source"
)

// maxMessageBytes bounds a commit message, which is read whole.
const maxMessageBytes = 10 << 20

// Messages are judged as documents of these names.
const (
	ownMessage = "commit message"
	messageOf  = "message of " // "commit 0123456789", "tag 0123456789"
)

// isMessage reports whether a document is no file but a message.
func isMessage(name string) bool { return name == ownMessage || strings.HasPrefix(name, messageOf) }

// commitMessage looks for secrets in the message of the commit to be made.
func (h *hook) commitMessage(ctx context.Context) error {
	if len(h.Args) != 1 {
		return errors.New("commit-msg: Git gives the name of one file")
	}
	name := h.Args[0]
	if !filepath.IsAbs(name) {
		name = filepath.Join(h.Repo.Dir, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the commit message cannot be read: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxMessageBytes))
	if err != nil {
		return fmt.Errorf("the commit message cannot be read: %w", err)
	}
	change, err := h.repo.Staged(ctx)
	if err != nil {
		return err
	}
	policy, err := readPolicy(change.Head)
	if err != nil {
		return err
	}
	content = withoutDiff(content)
	if content, err = h.withoutComments(ctx, content); err != nil {
		return err
	}
	for _, p := range append(earlierPolicies(change, policy), policy) {
		doc := source.NewDocument(ownMessage, content, check.Revision{Kind: check.RevisionMemory})
		if err := h.judgeTexts(ctx, p, []*check.Document{doc}); err != nil {
			return err
		}
	}
	return nil
}

// judgeTexts looks for secrets in what people wrote beside the files.
func (h *hook) judgeTexts(ctx context.Context, p policy, docs []*check.Document) error {
	if len(docs) == 0 {
		return nil
	}
	return h.judgeSource(ctx, p, source.Files(docs...))
}

// judgeSource looks for secrets in everything that a source has; all are new.
func (h *hook) judgeSource(ctx context.Context, p policy, src source.Source) error {
	scanner, err := h.scanner(p, true)
	if err != nil {
		return err
	}
	report, err := scanner.Scan(ctx, src)
	if err != nil {
		return err
	}
	h.gate(p, report, "", nil)
	return nil
}

// scissors begins the part of a message that git commit --verbose adds for the
// author to read, a diff, and takes away again (git-commit(1), --cleanup).
var scissors = []byte(" ------------------------ >8 ------------------------\n")

// withoutDiff cuts a message at the scissors: what a diff removes is not committed.
func withoutDiff(message []byte) []byte {
	i := bytes.Index(message, scissors)
	if i < 0 {
		return message
	}
	return message[:bytes.LastIndexByte(message[:i], '\n')+1]
}

// withoutComments empties the lines that Git is about to take out of a message:
// the comments of one that was edited (git-commit(1), --cleanup). An option
// --cleanup on the command line is not known here; what it keeps, pre-push sees.
func (h *hook) withoutComments(ctx context.Context, message []byte) ([]byte, error) {
	// Git tells hooks by this editor that none is started.
	if h.Repo.Getenv("GIT_EDITOR") == ":" {
		return message, nil
	}
	cleanup, err := h.repo.Setting(ctx, "commit.cleanup")
	if err != nil || cleanup != "" && cleanup != "default" && cleanup != "strip" {
		return message, err
	}
	char, err := h.repo.Setting(ctx, "core.commentChar")
	if err != nil || len(char) > 1 { // "auto", or a newer Git's string
		return message, err
	}
	begin := []byte(cmp.Or(char, "#"))
	var out []byte
	for line := range bytes.Lines(message) {
		if bytes.HasPrefix(line, begin) {
			line = []byte("\n")
		}
		out = append(out, line...)
	}
	return out, nil
}
