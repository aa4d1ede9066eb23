package repo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A BlamedLine says who a line is from, after .mailmap (gitmailmap(5)).
type BlamedLine struct {
	// Line is counted from 1.
	Line   int
	Commit ID
	Author Signature
	// Boundary: the history ends here (a shallow clone), so the line may be older.
	Boundary bool
}

// Blame says who wrote the lines first to last, counted from 1 and both included,
// of a file as it is in a commit; last may lie past its end. Moves of lines between
// files are not followed. It always takes the git program: ErrNeedsGit without it.
func (r *Repo) Blame(ctx context.Context, rev, path string, first, last int) ([]BlamedLine, error) {
	commit, err := r.Resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	return r.store.blame(ctx, commit, path, first, last)
}

func (g *gitStore) blame(ctx context.Context, commit ID, path string, first, last int) ([]BlamedLine, error) {
	// Without textconv, or it would run a program that the configuration names;
	// and without a list of revisions to ignore, which moves the blame.
	out, err := g.cmd.at(g.layout).run(ctx, "-c", "blame.ignoreRevsFile=", "blame", "--no-textconv", "--line-porcelain",
		fmt.Sprintf("-L%d,%d", first, last), string(commit), "--", path)
	if err != nil {
		return nil, err
	}
	return parseBlame(string(out))
}

// parseBlame reads git-blame(1)'s line porcelain format: for each line a header
// "id line-then line-now [count]", fields, and a tab with the line's text.
func parseBlame(out string) ([]BlamedLine, error) {
	var lines []BlamedLine
	var current BlamedLine
	date := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "\t"):
			lines = append(lines, current)
			current = BlamedLine{}
		case current.Commit == "":
			f := strings.Fields(line)
			if len(f) < 3 || !isID(f[0]) {
				return nil, fmt.Errorf("git blame: cannot read its output at %q", line[:min(len(line), 100)])
			}
			n, err := strconv.Atoi(f[2])
			if err != nil {
				return nil, fmt.Errorf("git blame: %w", err)
			}
			current.Commit, current.Line = ID(f[0]), n
		case key == "author":
			current.Author.Name = value
		case key == "author-mail":
			current.Author.Email = strings.Trim(value, "<>")
		case key == "author-time":
			date = value
		case key == "author-tz":
			current.Author.Date = date + " " + value
		case key == "boundary":
			current.Boundary = true
		}
	}
	return lines, nil
}

func (n *nativeStore) blame(ctx context.Context, commit ID, path string, first, last int) ([]BlamedLine, error) {
	g, err := n.git()
	if err != nil {
		return nil, fmt.Errorf("blame: %w", err)
	}
	return g.blame(ctx, commit, path, first, last)
}
