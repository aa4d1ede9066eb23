package repo

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// spanArguments puts a span into the standard input and the arguments of git
// rev-list. IDs go by the input, since there may be more than a command line
// holds; the option --stdin comes first, because what precedes it would apply to
// the input.
func spanArguments(span Span) (input string, args []string) {
	var b strings.Builder
	for _, id := range span.Include {
		fmt.Fprintln(&b, id)
	}
	for _, id := range span.Exclude {
		fmt.Fprintln(&b, "^"+id)
	}
	args = []string{"rev-list", "--stdin", "--topo-order", "--reverse"}
	if span.IncludeRefs {
		args = append(args, "--all")
	}
	if len(span.ExcludeRemotes) > 0 || span.ExcludeRefs {
		args = append(args, "--not")
	}
	for _, name := range span.ExcludeRemotes {
		args = append(args, "--remotes="+globQuote(name))
	}
	if span.ExcludeRefs {
		args = append(args, "--all")
	}
	return b.String(), args
}

// globQuote takes the meaning from what a pattern of references would match.
func globQuote(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

func (g *gitStore) commits(ctx context.Context, span Span) ([]Commit, error) {
	input, args := spanArguments(span)
	out, err := g.cmd.runInput(ctx, input, append(args, "--parents")...)
	if err != nil {
		return nil, err
	}
	var commits []Commit
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		var ids []ID
		for _, f := range fields {
			if !isID(f) {
				return nil, fmt.Errorf("git rev-list: cannot read its output at %q", line)
			}
			ids = append(ids, ID(f))
		}
		if len(ids) > 0 {
			commits = append(commits, Commit{ids[0], ids[1:]})
		}
	}
	return commits, nil
}

func (g *gitStore) blobs(ctx context.Context, span Span) (map[ID]bool, error) {
	input, args := spanArguments(span)
	// "Aggressive" also leaves out what stands in the trees of excluded commits
	// that the span did not grow from.
	out, err := g.cmd.runInput(ctx, input, append(args, "--objects-edge-aggressive", "--no-object-names")...)
	if err != nil {
		return nil, err
	}
	ids := map[ID]bool{} // commits, "-commits" at the edge and trees among them do no harm: nobody asks for them
	for line := range strings.Lines(string(out)) {
		ids[ID(strings.TrimSuffix(line, "\n"))] = true
	}
	return ids, nil
}

func (g *gitStore) weigh(ctx context.Context, span Span) (blobs, bytes int64, err error) {
	input, args := spanArguments(span)
	ids, err := g.cmd.runInput(ctx, input, append(args, "--objects", "--no-object-names")...)
	if err != nil || len(ids) == 0 {
		return 0, 0, err
	}
	out, err := g.cmd.runInput(ctx, string(ids), "cat-file", "--buffer", "--batch-check=%(objecttype) %(objectsize)")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(out)) {
		kind, size, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if kind != "blob" {
			continue // one that is missing is found out when it is judged
		}
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("git cat-file: cannot read its output at %q", line)
		}
		blobs++
		bytes += n
	}
	return blobs, bytes, nil
}

func (g *gitStore) packOrder(ctx context.Context) ([]ID, error) {
	out, err := g.cmd.run(ctx, "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)")
	if err != nil {
		return nil, err
	}
	ids := make([]ID, 0, len(out)/(g.layout.hexLen+1))
	for line := range strings.Lines(string(out)) {
		ids = append(ids, ID(strings.TrimSuffix(line, "\n")))
	}
	return ids, nil
}

func (g *gitStore) independent(ctx context.Context, commits []ID) ([]ID, error) {
	// On a command line there is room for some thousand; more bases than that
	// are no pull request, and all of them count.
	if len(commits) > 1000 {
		return commits, nil
	}
	args := []string{"merge-base", "--independent"}
	for _, id := range commits {
		args = append(args, string(id))
	}
	out, err := g.cmd.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	var ids []ID
	for field := range strings.FieldsSeq(string(out)) {
		ids = append(ids, ID(field))
	}
	if len(ids) == 0 {
		return nil, errors.New("git merge-base: it gave no commit")
	}
	return ids, nil
}

func (g *gitStore) config(ctx context.Context, keys string) ([]setting, error) {
	out, err := g.cmd.run(ctx, "config", "-z", "--get-regexp", keys)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil, nil // none matches
	} else if err != nil {
		return nil, err
	}
	var all []setting
	for kv := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		key, value, _ := strings.Cut(kv, "\n")
		all = append(all, setting{key, value})
	}
	return all, nil
}

// changes streams git diff-tree, whose combined format leaves out of a merge
// what is the same as in one of its parents.
func (g *gitStore) changes(ctx context.Context, commits []Commit, visit func(Commit, []map[string]change) error) error {
	if len(commits) == 0 {
		return nil
	}
	byID := make(map[ID]Commit, len(commits))
	var input strings.Builder
	for _, c := range commits {
		byID[c.ID] = c
		fmt.Fprintln(&input, c.ID)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args := []string{"diff-tree", "--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev"}
	cmd := g.cmd.prepare(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(input.String()), &limited{max: 4096, b: &stderr}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git diff-tree: %w", err)
	}
	err = readDiffTree(bufio.NewReaderSize(out, 1<<16), byID, visit)
	if err != nil {
		cancel()
	}
	waited := cmd.Wait()
	switch {
	case err != nil:
		return err
	case waited != nil && ctx.Err() != nil:
		return ctx.Err()
	case waited != nil:
		return newGitError(args, stderr.String(), waited)
	}
	return nil
}

// readDiffTree reads what git diff-tree --stdin -c -z prints: the ID of a commit
// and NUL, then for each path ":" for each parent, modes and IDs of the parents
// and the commit, a status, NUL, the path and NUL.
func readDiffTree(in *bufio.Reader, byID map[ID]Commit, visit func(Commit, []map[string]change) error) error {
	var current Commit
	var diffs []map[string]change
	flush := func() error {
		if diffs == nil {
			return nil
		}
		d := diffs
		diffs = nil
		return visit(current, d)
	}
	field := func() (string, error) {
		s, err := in.ReadString(0)
		if err != nil {
			if err == io.EOF && s != "" {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		return s[:len(s)-1], nil
	}
	for {
		head, err := field()
		if err == io.EOF {
			return flush()
		} else if err != nil {
			return fmt.Errorf("git diff-tree: %w", err)
		}
		if !strings.HasPrefix(head, ":") {
			c, ok := byID[ID(head)]
			if !ok {
				return fmt.Errorf("git diff-tree: unexpected %q", head[:min(len(head), 100)])
			}
			if err := flush(); err != nil {
				return err
			}
			current = c
			continue
		}
		path, err := field()
		if err != nil {
			return fmt.Errorf("git diff-tree: %w", err)
		}
		parents := len(head) - len(strings.TrimLeft(head, ":"))
		f := strings.Fields(head[parents:])
		if len(f) != 2*(parents+1)+1 || path == "" {
			return fmt.Errorf("git diff-tree: cannot read %q", head[:min(len(head), 200)])
		}
		if diffs == nil {
			diffs = make([]map[string]change, parents)
			for i := range diffs {
				diffs[i] = map[string]change{}
			}
		}
		entries := make([]entry, parents+1)
		for i := range entries {
			m, err := parseMode(f[i])
			if err != nil || !isID(f[parents+1+i]) {
				return fmt.Errorf("git diff-tree: cannot read %q", head[:min(len(head), 200)])
			}
			entries[i] = entry{m, ID(f[parents+1+i])}
		}
		for i := range diffs {
			diffs[i][path] = change{path: path, old: entries[i], new: entries[parents]}
		}
	}
}
