package repo

import "context"

// OpenOldGit is like Open with a git that does not know --batch-command.
func OpenOldGit(ctx context.Context, opts Options) (*Repo, error) {
	l, g, err := locateGit(ctx, opts)
	if err == nil {
		g.objects.flag = "--no-such-option"
	}
	return open(l, g, err)
}
