package hooks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/repo"
)

// Limits of a server's hooks, if its Git configuration sets no others. A push of
// 1,000 commits with 5,000 new files takes under 5 seconds.
const (
	// maxSecondsKey bounds the time of one push, in seconds.
	maxSecondsKey     = "peercheck.maxSeconds"
	defaultMaxSeconds = 60
	// policyRefKey names the reference whose configuration counts.
	policyRefKey = "peercheck.policyRef"
)

// receive judges what is being pushed to this server. Nothing that the push
// brings configures the judge: the server's policy reference does, by default
// its HEAD.
func (h *hook) receive(ctx context.Context) error {
	updates, err := h.received()
	if err != nil {
		return err
	}
	seconds, err := h.limit(ctx)
	if err != nil {
		return err
	}
	tooSlow := fmt.Errorf("judging the push took more than %d seconds; push fewer commits at once, or ask the administrator to raise %s", seconds, maxSecondsKey)
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(seconds)*time.Second, tooSlow)
	defer cancel()
	p, err := h.serverPolicy(ctx)
	if err == nil {
		err = h.judgePush(ctx, updates, repo.Span{ExcludeRefs: true}, func(context.Context, repo.ID) (policy, error) { return p, nil })
	}
	if cause := context.Cause(ctx); errors.Is(cause, tooSlow) {
		return tooSlow
	}
	return err
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

func (h *hook) limit(ctx context.Context) (seconds int, err error) {
	text, err := h.repo.Setting(ctx, maxSecondsKey)
	if err != nil || text == "" {
		return defaultMaxSeconds, err
	}
	seconds, err = strconv.Atoi(text)
	if err != nil || seconds < 1 {
		return 0, fmt.Errorf("%s in the server's Git configuration is %q, which is no number of seconds", maxSecondsKey, text)
	}
	return seconds, nil
}

func (h *hook) serverPolicy(ctx context.Context) (policy, error) {
	ref, err := h.repo.Setting(ctx, policyRefKey)
	if err != nil {
		return policy{}, err
	}
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
