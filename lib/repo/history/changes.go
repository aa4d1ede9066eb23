package history

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/scan"
)

// A Change is what one commit changes, judged against its parents: a finding that
// none of them has is new (check.Finding.Baseline).
type Change struct {
	Commit repo.Commit
	// Files are the files that the commit brings in or changes.
	Files  []repo.BlobPath
	Report *check.Report
}

// ScanChanges judges what each of some commits changes, as far as keep wants a
// content to be judged; nil wants all. Commits that change nothing of that are
// left out of the result, which is in the order given. Several are judged at
// once. The first error ends it.
func ScanChanges(ctx context.Context, r *repo.Repo, scanner *scan.Scanner, commits []repo.Commit, keep func(repo.BlobPath) bool) ([]Change, error) {
	if keep == nil {
		keep = func(repo.BlobPath) bool { return true }
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan repo.CommitChange)
	var mu sync.Mutex
	results := map[repo.ID]Change{}
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for c := range work {
				change, err := c.Change(ctx, keep)
				var report *check.Report
				if err == nil {
					report, err = scanner.ScanChange(ctx, change)
				}
				if err != nil {
					cancel(err)
					continue // the sender waits for somebody to take the rest
				}
				mu.Lock()
				results[c.Commit.ID] = Change{c.Commit, c.Files, report}
				mu.Unlock()
			}
		})
	}
	err := r.Changes(ctx, commits, func(c repo.CommitChange) error {
		if !slices.ContainsFunc(c.Files, keep) {
			return nil
		}
		select {
		case work <- c:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(work)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, c := range commits {
		if change, ok := results[c.ID]; ok {
			out = append(out, change)
		}
	}
	return out, nil
}
