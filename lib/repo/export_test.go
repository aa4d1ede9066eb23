package repo

import "context"

// OpenGit opens a repository with git alone, which is what the other ways of
// reading are compared with.
func OpenGit(ctx context.Context, opts Options) (*Repo, error) {
	l, g, err := locateGit(ctx, opts)
	if err == nil {
		g.index = ""
	}
	return open(l, g, err)
}

// OpenOldGit is like Open with a git that does not know --batch-command.
func OpenOldGit(ctx context.Context, opts Options) (*Repo, error) {
	l, g, err := locateGit(ctx, opts)
	if err == nil {
		g.objects.flag = "--no-such-option"
	}
	return open(l, g, err)
}
