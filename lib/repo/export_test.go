package repo

import "context"

// OpenOldGit is like Open with a git that does not know --batch-command, and that
// is asked where the repository is.
func OpenOldGit(ctx context.Context, opts Options) (*Repo, error) {
	cmd, err := newCommand(opts)
	if err != nil {
		return nil, err
	}
	l, err := cmd.locate(ctx)
	g := newGitStore(cmd, l)
	g.objects.flag = "--no-such-option"
	return open(l, g, err)
}
