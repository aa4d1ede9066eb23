package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// commit reads a commit. At the boundary of a shallow clone it has no parents.
func (n *nativeStore) commit(ctx context.Context, id ID) (Commit, error) {
	id, err := n.peel(ctx, id, "commit")
	if err != nil {
		return Commit{}, err
	}
	_, content, err := n.read(ctx, id)
	if err != nil {
		return Commit{}, err
	}
	c := Commit{ID: id, Parents: []ID{}}
	if n.shallow()[id] {
		return c, nil
	}
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case key == "parent" && isID(value):
			c.Parents = append(c.Parents, ID(value))
		case key == "parent":
			return c, fmt.Errorf("commit %s is malformed", id.Short())
		case key != "tree":
			return c, nil
		}
	}
	return c, nil
}

// shallow gives the commits whose parents were not fetched.
func (n *nativeStore) shallow() map[ID]bool {
	text, err := os.ReadFile(filepath.Join(n.commonDir, "shallow"))
	if err != nil {
		return nil
	}
	ids := map[ID]bool{}
	for field := range strings.FieldsSeq(string(text)) {
		ids[ID(field)] = true
	}
	return ids
}

// ancestors adds what commits reach to seen.
func (n *nativeStore) ancestors(ctx context.Context, from []ID, seen map[ID]bool) error {
	for queue := slices.Clone(from); len(queue) > 0; {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if seen[id] {
			continue
		}
		c, err := n.commit(ctx, id)
		if err != nil {
			return err
		}
		seen[id] = true
		queue = append(queue, c.Parents...)
	}
	return nil
}

// excluded gives the tips of what a span leaves out.
func (n *nativeStore) excluded(ctx context.Context, span Span) ([]ID, error) {
	tips := slices.Clone(span.Exclude)
	if len(span.ExcludeRemotes) == 0 && !span.ExcludeRefs {
		return tips, nil
	}
	refs, err := n.refs.Refs()
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		name := ref.Name().String()
		wanted := span.ExcludeRefs || slices.ContainsFunc(span.ExcludeRemotes, func(r string) bool { return strings.HasPrefix(name, "refs/remotes/"+r+"/") })
		if !wanted || ref.Type() == plumbing.SymbolicReference && name != "HEAD" {
			continue
		}
		id, err := n.reference(name)
		if err == nil {
			id, err = n.peel(ctx, id, "commit")
		}
		if errors.Is(err, ErrMissing) {
			continue // an unborn HEAD, a tag of a blob
		} else if err != nil {
			return nil, err
		}
		tips = append(tips, id)
	}
	return tips, nil
}

func (n *nativeStore) commits(ctx context.Context, span Span) ([]Commit, error) {
	tips, err := n.excluded(ctx, span)
	if err != nil {
		return nil, err
	}
	state := map[ID]bool{} // listed, or left out
	if err := n.ancestors(ctx, tips, state); err != nil {
		return nil, err
	}
	include := span.Include
	if span.IncludeRefs {
		all, err := n.excluded(ctx, Span{ExcludeRefs: true})
		if err != nil {
			return nil, err
		}
		include = append(slices.Clone(include), all...)
	}
	var out []Commit
	type frame struct {
		commit Commit
		next   int
	}
	for _, tip := range include {
		var stack []frame
		push := func(id ID) error {
			if state[id] {
				return nil
			}
			c, err := n.commit(ctx, id)
			if err == nil {
				state[c.ID] = true
				stack = append(stack, frame{commit: c})
			}
			return err
		}
		if err := push(tip); err != nil {
			return nil, err
		}
		for len(stack) > 0 { // parents first, without recursion: histories are long
			top := &stack[len(stack)-1]
			if top.next == len(top.commit.Parents) {
				out = append(out, top.commit)
				stack = stack[:len(stack)-1]
				continue
			}
			top.next++
			if err := push(top.commit.Parents[top.next-1]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (n *nativeStore) weigh(ctx context.Context, span Span) (blobs, bytes int64, err error) {
	ids, err := n.blobs(ctx, span)
	if err != nil {
		return 0, 0, err
	}
	for id := range ids {
		switch kind, size, err := n.stat(ctx, id); {
		case errors.Is(err, ErrMissing): // that of a submodule, or found out when it is judged
		case err != nil:
			return 0, 0, err
		case kind == "blob":
			blobs++
			bytes += size
		}
	}
	return blobs, bytes, nil
}

func (n *nativeStore) blobs(ctx context.Context, span Span) (map[ID]bool, error) {
	commits, err := n.commits(ctx, span)
	if err != nil {
		return nil, err
	}
	edge, err := n.excluded(ctx, span)
	if err != nil {
		return nil, err
	}
	for _, c := range commits {
		edge = append(edge, c.Parents...)
	}
	isNew := map[ID]bool{}
	for _, c := range commits {
		isNew[c.ID] = true
	}
	t := trees{n, n.hexLen}
	old := map[ID]bool{}
	collect := func(id ID, into map[ID]bool) error {
		tree, err := n.peel(ctx, id, "tree")
		if err != nil {
			return err
		}
		return t.diff(ctx, "", tree, "", 0, func(c change) {
			if !old[c.new.id] {
				into[c.new.id] = true
			}
		})
	}
	for _, id := range edge {
		if !isNew[id] {
			if err := collect(id, old); err != nil {
				return nil, err
			}
		}
	}
	blobs := map[ID]bool{}
	for _, c := range commits {
		if err := collect(c.ID, blobs); err != nil {
			return nil, err
		}
	}
	return blobs, nil
}

func (n *nativeStore) changes(ctx context.Context, commits []Commit, visit func(Commit, []map[string]change) error) error {
	t := trees{n, n.hexLen}
	for _, c := range commits {
		tree, err := n.peel(ctx, c.ID, "tree")
		if err != nil {
			return err
		}
		parents := []ID{""}
		if len(c.Parents) > 0 {
			parents = parents[:0]
		}
		for _, p := range c.Parents {
			id, err := n.peel(ctx, p, "tree")
			if err != nil {
				return err
			}
			parents = append(parents, id)
		}
		diffs := make([]map[string]change, len(parents))
		any := true
		for i, parent := range parents {
			diffs[i] = map[string]change{}
			if err := t.diff(ctx, parent, tree, "", 0, func(c change) { diffs[i][c.path] = c }); err != nil {
				return err
			}
			any = any && len(diffs[i]) > 0
		}
		if !any {
			continue
		}
		if len(diffs) > 1 { // a merge: only what differs from every parent
			for i := range diffs {
				for path := range diffs[i] {
					if slices.ContainsFunc(diffs, func(d map[string]change) bool { _, ok := d[path]; return !ok }) {
						delete(diffs[i], path)
					}
				}
			}
		}
		if err := visit(c, diffs); err != nil {
			return err
		}
	}
	return nil
}

func (n *nativeStore) packOrder(context.Context) ([]ID, error) { return nil, nil }

func (n *nativeStore) independent(ctx context.Context, commits []ID) ([]ID, error) {
	var out []ID
	for i, id := range commits {
		others := map[ID]bool{}
		rest := slices.Delete(slices.Clone(commits), i, i+1)
		if err := n.ancestors(ctx, rest, others); err != nil {
			return nil, err
		}
		if !others[id] {
			out = append(out, id)
		}
	}
	return out, nil
}

// config knows the repository's own configuration only, not the user's.
func (n *nativeStore) config(_ context.Context, keys string) ([]setting, error) {
	re, err := regexp.Compile(keys)
	if err != nil {
		return nil, err
	}
	var all []setting
	add := func(key, value string) {
		if re.MatchString(key) {
			all = append(all, setting{key, value})
		}
	}
	for _, s := range n.cfg.Sections {
		section := strings.ToLower(s.Name)
		for _, o := range s.Options {
			add(section+"."+strings.ToLower(o.Key), o.Value)
		}
		for _, sub := range s.Subsections {
			for _, o := range sub.Options {
				add(section+"."+sub.Name+"."+strings.ToLower(o.Key), o.Value)
			}
		}
	}
	return all, nil
}

// hooksDir asks git, since the user's configuration counts, too (core.hooksPath).
func (n *nativeStore) hooksDir(ctx context.Context, l layout) (string, error) {
	g, err := n.git()
	if err != nil {
		return "", fmt.Errorf("the hooks folder: %w", err)
	}
	return g.hooksDir(ctx, l)
}

// git gives the other backend, for questions that only it can answer.
func (n *nativeStore) git() (*gitStore, error) {
	cmd, err := newCommand(n.opts)
	if err != nil {
		return nil, errors.Join(ErrNeedsGit, err)
	}
	return newGitStore(cmd, n.layout), nil
}
