package hooks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/repo"
)

// What a server's Git configuration may set.
const (
	// maxSecondsKey bounds the time of one push, in seconds.
	maxSecondsKey = "peercheck.maxSeconds"
	// maxFilesKey bounds the new contents of files that one push brings,
	// maxBytesKey their size, with Git's suffixes k, m and g. Neither has a
	// default: the time is the limit then.
	maxFilesKey = "peercheck.maxFiles"
	maxBytesKey = "peercheck.maxBytes"
	// policyRefKey names the reference whose configuration counts.
	policyRefKey = "peercheck.policyRef"
)

// defaultMaxSeconds is what nobody minds to wait for a large push, and a tenth
// of which suffices for 1,000 commits with 5,000 new files.
const defaultMaxSeconds = 60

// limits bound one push; 0 is no limit.
type limits struct {
	seconds, files, bytes int64
}

// receive judges what is being pushed to this server. Nothing that the push
// brings configures the judge: the server's policy reference does, by default
// its HEAD.
func (h *hook) receive(ctx context.Context) error {
	updates, err := h.received()
	if err != nil {
		return err
	}
	settings, err := h.repo.Settings(ctx, "peercheck")
	if err != nil {
		return err
	}
	if h.limits, err = readLimits(settings); err != nil {
		return err
	}
	tooSlow := fmt.Errorf("judging the push took more than %d seconds; %s", h.limits.seconds, raise(maxSecondsKey))
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(h.limits.seconds)*time.Second, tooSlow)
	defer cancel()
	p, err := h.serverPolicy(ctx, settings[strings.ToLower(policyRefKey)])
	if err == nil {
		err = h.judgePush(ctx, updates, repo.Span{ExcludeRefs: true}, func(context.Context, repo.ID) (policy, error) { return p, nil })
	}
	if cause := context.Cause(ctx); errors.Is(cause, tooSlow) {
		return tooSlow
	}
	return err
}

// raise says what to do about a limit.
func raise(key string) string {
	return "push fewer commits at once, or ask the administrator to raise " + key
}

// received reads what pre-receive gets on its input, and update in its arguments.
func (h *hook) received() ([]update, error) {
	if h.Name == "update" {
		if len(h.Args) != 3 {
			return nil, errors.New("update: Git gives a reference, its old and its new object")
		}
		u, err := newUpdate(h.Args[1], h.Args[2], h.Args[0])
		return []update{u}, err
	}
	lines, err := h.readLines()
	if err != nil {
		return nil, err
	}
	var updates []update
	for _, line := range lines {
		f := strings.SplitN(line, " ", 3)
		if len(f) != 3 {
			return nil, fmt.Errorf("pre-receive: cannot read %q", line)
		}
		u, err := newUpdate(f[0], f[1], f[2])
		if err != nil {
			return nil, err
		}
		updates = append(updates, u)
	}
	return updates, nil
}

func readLimits(settings map[string]string) (limits, error) {
	l := limits{seconds: defaultMaxSeconds}
	for _, limit := range []struct {
		key string
		to  *int64
	}{{maxSecondsKey, &l.seconds}, {maxFilesKey, &l.files}, {maxBytesKey, &l.bytes}} {
		text, ok := settings[strings.ToLower(limit.key)]
		if !ok {
			continue
		}
		n, err := parseSize(text)
		if err != nil || n < 1 {
			return limits{}, fmt.Errorf("%s in the server's Git configuration is %q; it has to be a number of at least 1", limit.key, text)
		}
		*limit.to = n
	}
	return l, nil
}

// parseSize reads a number as git-config(1) has it: with k, m or g after it for
// powers of 1024.
func parseSize(text string) (int64, error) {
	digits, factor := text, int64(1)
	for i, suffix := range "kmg" {
		if rest, ok := strings.CutSuffix(strings.ToLower(text), string(suffix)); ok {
			digits, factor = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err == nil && n > math.MaxInt64/factor {
		err = strconv.ErrRange
	}
	return n * factor, err
}

// withinLimits refuses a push that brings too much to be judged.
func (h *hook) withinLimits(ctx context.Context, span repo.Span) error {
	if h.limits.files == 0 && h.limits.bytes == 0 {
		return nil
	}
	files, bytes, err := h.repo.Weigh(ctx, span)
	switch {
	case err != nil:
		return err
	case h.limits.files > 0 && files > h.limits.files:
		return fmt.Errorf("the push brings %d new contents of files, over the limit of %d; %s", files, h.limits.files, raise(maxFilesKey))
	case h.limits.bytes > 0 && bytes > h.limits.bytes:
		return fmt.Errorf("the push brings %d bytes of new files, over the limit of %d; %s", bytes, h.limits.bytes, raise(maxBytesKey))
	}
	return nil
}

func (h *hook) serverPolicy(ctx context.Context, ref string) (policy, error) {
	if ref != "" {
		tree, err := h.repo.TreeSource(ctx, ref)
		if err != nil {
			return policy{}, fmt.Errorf("%s in the server's Git configuration: %w", policyRefKey, err)
		}
		p, err := readPolicy(tree)
		p.server = true
		return p, err
	}
	tree, err := h.repo.Head(ctx)
	if err != nil || tree == nil { // nothing was ever pushed
		return policy{server: true}, err
	}
	p, err := readPolicy(tree)
	p.server = true
	return p, err
}
