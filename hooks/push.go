package hooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/history"
	"github.com/peercheck/peercheck/lib/repo/judged"
	"github.com/peercheck/peercheck/lib/source"
)

// update is one reference that a push changes.
type update struct {
	old, new repo.ID
	ref      string // on the side that is pushed to
}

// maxInputBytes bounds what Git may hand over: some hundred thousand references.
const maxInputBytes = 64 << 20

// readLines reads what Git hands a hook on standard input.
func (h *hook) readLines() ([]string, error) {
	if h.Stdin == nil {
		return nil, nil
	}
	input, err := io.ReadAll(io.LimitReader(h.Stdin, maxInputBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: reading what Git hands over: %w", h.Name, err)
	}
	if len(input) > maxInputBytes {
		return nil, fmt.Errorf("%s: too many references at once", h.Name)
	}
	var lines []string
	for line := range strings.Lines(string(input)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// parsePushed reads a line of pre-push: "local-ref local-id remote-ref remote-id".
// The local reference may be any revision, with spaces, so the line is split
// from the right.
func parsePushed(line string) (update, error) {
	rest, old, ok1 := cutLast(line)
	rest, ref, ok2 := cutLast(rest)
	_, new, ok3 := cutLast(rest)
	if !ok1 || !ok2 || !ok3 {
		return update{}, fmt.Errorf("pre-push: cannot read %q", line)
	}
	return newUpdate(old, new, ref)
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func newUpdate(old, new, ref string) (update, error) {
	oldID, err1 := repo.ParseID(old)
	newID, err2 := repo.ParseID(new)
	return update{oldID, newID, ref}, errors.Join(err1, err2)
}

// push judges what a push is about to send, against what that remote has.
func (h *hook) push(ctx context.Context) error {
	remote, url, updates, err := h.pushed(ctx)
	if err != nil {
		return err
	}
	var span repo.Span
	for _, u := range updates {
		span.Exclude = append(span.Exclude, u.old)
	}
	// A push to a bare URL gives that as the name, too. What we know of the
	// remotes that have it is what we know of the other side.
	span.ExcludeRemotes = []string{remote}
	if remote == url {
		if span.ExcludeRemotes, err = h.repo.RemotesOf(ctx, url); err != nil {
			return err
		}
	}
	return h.judgePush(ctx, updates, span, h.policyOfTip)
}

// pushed reads what a push sends where: from the arguments and the input that
// Git gives, or from the environment that the pre-commit framework gives instead,
// which names the first reference of a push only.
func (h *hook) pushed(ctx context.Context) (remote, url string, updates []update, err error) {
	if remote = h.Repo.Getenv("PRE_COMMIT_REMOTE_NAME"); len(h.Args) == 0 && remote != "" {
		u, err := h.frameworkUpdate(ctx)
		return remote, h.Repo.Getenv("PRE_COMMIT_REMOTE_URL"), []update{u}, err
	}
	if len(h.Args) != 2 {
		return "", "", nil, errors.New("pre-push: Git gives the name and the URL of the remote")
	}
	lines, err := h.readLines()
	if err != nil {
		return "", "", nil, err
	}
	for _, line := range lines {
		u, err := parsePushed(line)
		if err != nil {
			return "", "", nil, err
		}
		updates = append(updates, u)
	}
	return h.Args[0], h.Args[1], updates, nil
}

// frameworkUpdate is the update that the pre-commit framework names: from what the
// remote has, if anything, to the object that is pushed. It gives only the local
// branch where all is new.
func (h *hook) frameworkUpdate(ctx context.Context) (u update, err error) {
	u.ref = h.Repo.Getenv("PRE_COMMIT_REMOTE_BRANCH")
	to := cmp.Or(h.Repo.Getenv("PRE_COMMIT_TO_REF"), h.Repo.Getenv("PRE_COMMIT_LOCAL_BRANCH"))
	if u.new, err = h.repo.Resolve(ctx, to); err != nil {
		return u, fmt.Errorf("pre-push: what the pre-commit framework pushes: %w", err)
	}
	if from := h.Repo.Getenv("PRE_COMMIT_FROM_REF"); from != "" {
		if u.old, err = h.repo.Resolve(ctx, from); err != nil {
			return u, fmt.Errorf("pre-push: what the pre-commit framework pushes from: %w", err)
		}
	}
	return u, nil
}

// policyOfTip reads the configuration that a pushed commit or tree has.
func (h *hook) policyOfTip(ctx context.Context, tip repo.ID) (policy, error) {
	tree, err := h.repo.TreeSource(ctx, string(tip))
	if err != nil {
		return policy{}, err
	}
	return readPolicy(tree)
}

// judgePush judges secrets commit by commit, because one that was added and
// removed again is still sent, and code at each tip, because what the next
// commit fixed is fixed. span says what the other side has.
func (h *hook) judgePush(ctx context.Context, updates []update, span repo.Span, policyOf func(context.Context, repo.ID) (policy, error)) error {
	var tips []repo.ID
	for _, u := range updates {
		if u.new.Zero() {
			continue // deleted: nothing is sent
		}
		object, err := h.repo.Peel(ctx, u.new)
		if err != nil {
			return fmt.Errorf("%s: %w", u.ref, err)
		}
		if object.Kind == "commit" {
			if !slices.Contains(tips, object.ID) {
				tips = append(tips, object.ID)
			}
		}
		if err := h.judgeTagged(ctx, u, object, policyOf); err != nil {
			return err
		}
	}
	span.Include = tips
	if err := h.withinLimits(ctx, span); err != nil {
		return err
	}
	commits, err := h.repo.Commits(ctx, span)
	if err != nil {
		return err
	}
	p := &pushed{hook: h, span: span, isNew: make(map[repo.ID]repo.Commit, len(commits)), done: map[repo.ID]bool{}, dirty: map[repo.ID]bool{}, decided: map[string]bool{}}
	for _, c := range commits {
		p.isNew[c.ID] = c
	}
	for _, tip := range tips {
		if _, ok := p.isNew[tip]; !ok {
			continue // the other side has it
		}
		policy, err := policyOf(ctx, tip)
		if err != nil {
			return fmt.Errorf("commit %s: %w", tip.Short(), err)
		}
		if err := p.judge(ctx, tip, commits, policy); err != nil {
			return err
		}
	}
	return nil
}

// judgeTagged judges the messages of annotated tags, and blobs and trees that a
// reference points to without a commit.
func (h *hook) judgeTagged(ctx context.Context, u update, object repo.Object, policyOf func(context.Context, repo.ID) (policy, error)) error {
	var p policy
	var err error
	if object.Kind == "commit" && len(object.Tags) == 0 {
		return nil
	}
	if object.Kind != "blob" || isServer(h.Name) {
		if p, err = policyOf(ctx, object.ID); err != nil {
			return fmt.Errorf("%s: %w", u.ref, err)
		}
	}
	var docs []*check.Document
	for _, tag := range object.Tags {
		docs = append(docs, source.NewDocument(messageOf+"tag "+tag.ID.Short(), tag.Message, check.Revision{Kind: check.RevisionCommit, ID: string(tag.ID)}))
	}
	if err := h.judgeTexts(ctx, p, docs); err != nil {
		return err
	}
	switch object.Kind {
	case "blob":
		return h.judgeSource(ctx, p, h.repo.BlobSource(ctx, repo.BlobPath{Path: u.ref, Blob: object.ID}))
	case "tree":
		tree, err := h.repo.TreeSource(ctx, string(object.ID))
		if err != nil {
			return err
		}
		return h.judgeSource(ctx, p, tree)
	}
	return nil
}

// pushed is a push of commits.
type pushed struct {
	*hook
	span  repo.Span
	tip   repo.ID // that is being judged
	isNew map[repo.ID]repo.Commit
	done  map[repo.ID]bool

	blobs map[repo.ID]bool // that the span brings in; nil as long as nobody asked
	// decided are the fingerprints of findings that are ignored with a reason at a
	// tip: that holds for the commits before it, too, which nobody can change
	// any more. On a server it stays empty.
	decided map[string]bool
	dirty   map[repo.ID]bool // commits that bring something which has to be looked at each time
}

// judge judges one tip and the new commits that it is the first to reach.
func (p *pushed) judge(ctx context.Context, tip repo.ID, all []repo.Commit, policy policy) error {
	p.tip = tip
	rec := p.record(policy)
	defer rec.Save()
	mine := p.reach(tip)
	var commits []repo.Commit
	for _, c := range all {
		if mine[c.ID] && !rec.Has("commit", string(c.ID)) {
			commits = append(commits, c)
		}
	}
	if err := p.judgeTip(ctx, tip, policy, rec); err != nil {
		return err
	}
	if err := p.judgeMessages(ctx, commits, policy); err != nil {
		return err
	}
	if err := p.judgeCommits(ctx, commits, policy, rec); err != nil {
		return err
	}
	if err := p.judgeByParents(ctx, commits, policy); err != nil {
		return err
	}
	if len(p.outcome.blocking)+len(p.outcome.notJudged) == 0 {
		for _, c := range commits {
			if !p.dirty[c.ID] {
				rec.Add("commit", string(c.ID))
			}
		}
	}
	return nil
}

// reach gives the new commits that a tip reaches and no tip before it did.
func (p *pushed) reach(tip repo.ID) map[repo.ID]bool {
	mine := map[repo.ID]bool{}
	for queue := []repo.ID{tip}; len(queue) > 0; {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if c, ok := p.isNew[id]; ok && !p.done[id] {
			p.done[id], mine[id] = true, true
			queue = append(queue, c.Parents...)
		}
	}
	return mine
}

func (p *pushed) judgeMessages(ctx context.Context, commits []repo.Commit, policy policy) error {
	docs := make([]*check.Document, 0, len(commits))
	for _, c := range commits {
		text, err := p.repo.Message(ctx, c.ID)
		if err != nil {
			return err
		}
		docs = append(docs, source.NewDocument(messageOf+"commit "+c.ID.Short(), text.Message, check.Revision{Kind: check.RevisionCommit, ID: string(c.ID)}))
	}
	if err := p.judgeTexts(ctx, policy, docs); err != nil {
		return err
	}
	for i, c := range commits {
		if slices.ContainsFunc(p.outcome.blocking, func(b blocking) bool { return b.Location.Path == docs[i].Path }) {
			p.outcome.brings(c, p.tip)
		}
	}
	return nil
}

// judgeByParents looks for secrets under the configuration that the parents of
// commits have, where that is another than the tip's: what comes with a secret
// does not silence it. On a server no commit's own configuration counts.
func (p *pushed) judgeByParents(ctx context.Context, commits []repo.Commit, tip policy) error {
	if tip.server || len(tip.content) == 0 {
		return nil
	}
	policies := map[string]policy{}
	under := map[string][]repo.Commit{}
	for _, c := range commits {
		var bases []source.Source
		for _, parent := range c.Parents {
			tree, err := p.repo.TreeSource(ctx, string(parent))
			if err != nil {
				return err
			}
			bases = append(bases, tree)
		}
		for _, earlier := range earlierPolicies(source.Change{Bases: bases}, tip) {
			content := string(earlier.content)
			policies[content] = earlier
			under[content] = append(under[content], c)
		}
	}
	for _, content := range slices.Sorted(maps.Keys(policies)) {
		rec := p.record(policies[content])
		err := p.judgeCommits(ctx, under[content], policies[content], rec)
		rec.Save()
		if err != nil {
			return err
		}
	}
	return nil
}

// judgeCommits looks for secrets in what each commit changes.
func (p *pushed) judgeCommits(ctx context.Context, commits []repo.Commit, policy policy, rec *judged.Record) error {
	if len(commits) == 0 {
		return nil
	}
	scanner, err := p.scanner(policy, true)
	if err != nil {
		return err
	}
	results, err := history.ScanChanges(ctx, p.repo, scanner, commits, func(b repo.BlobPath) bool { return !rec.Has(blobKey(b)...) })
	if err != nil {
		return err
	}
	for _, r := range results {
		c := r.Commit
		blobs := map[string]repo.ID{}
		for _, b := range r.Files {
			blobs[b.Path] = b.Blob
			if isClean(r.Report, b.Path) {
				rec.Add(blobKey(b)...)
			}
		}
		// Whether it counts may depend on the remote, or on a date.
		p.dirty[c.ID] = p.dirty[c.ID] || slices.ContainsFunc(r.Report.Findings, func(f check.Finding) bool { return f.Baseline == check.BaselineNew })
		if err := p.gatePushed(ctx, policy, r.Report, c.ID, blobs); err != nil {
			return err
		}
		if slices.ContainsFunc(p.outcome.blocking, func(b blocking) bool { return b.commit == c.ID }) {
			p.outcome.brings(c, p.tip)
		}
	}
	return nil
}

// gatePushed adds what blocks, without the secrets that the other side has
// already, in another place of its history. blobs are the changed files.
func (p *pushed) gatePushed(ctx context.Context, policy policy, report *check.Report, commit repo.ID, blobs map[string]repo.ID) error {
	var failed error
	p.gate(policy, report, commit, func(b blocking) bool {
		if commit != "" && p.decided[b.Fingerprint] {
			return true
		}
		if !b.secret {
			return false
		}
		known, err := p.known(ctx, blobs[b.Location.Path])
		failed = errors.Join(failed, err)
		return known
	})
	return failed
}

// known reports whether the other side has a blob already. It is asked for
// findings only.
func (p *pushed) known(ctx context.Context, blob repo.ID) (bool, error) {
	if p.blobs == nil {
		blobs, err := p.repo.BlobsOf(ctx, p.span)
		if err != nil {
			return false, err
		}
		p.blobs = blobs
	}
	return blob != "" && !p.blobs[blob], nil
}

// judgeTip judges the code of a pushed commit against what it grew from.
func (p *pushed) judgeTip(ctx context.Context, tip repo.ID, policy policy, rec *judged.Record) error {
	bases, err := p.repo.Bases(ctx, tip, p.isNew)
	if err != nil {
		return err
	}
	names := make([]string, len(bases))
	for i, b := range bases {
		names[i] = string(b)
	}
	key := append([]string{"tip", string(tip)}, names...)
	if rec.Has(key...) {
		return nil
	}
	change, err := p.repo.Between(ctx, string(tip), names...)
	if err != nil {
		return err
	}
	if len(change.Files) == 0 {
		return nil
	}
	report, err := p.judgeChange(ctx, policy, false, change)
	if err != nil {
		return err
	}
	before := len(p.outcome.blocking) + len(p.outcome.notJudged)
	for i := range report.Findings {
		if f := &report.Findings[i]; f.Suppressed() && !policy.server {
			p.decided[f.Fingerprint] = true
		}
	}
	blobs := map[string]repo.ID{}
	for _, b := range repo.Blobs(change.Head) {
		blobs[b.Path] = b.Blob
	}
	if err := p.gatePushed(ctx, policy, report, "", blobs); err != nil {
		return err
	}
	if len(p.outcome.blocking)+len(p.outcome.notJudged) == before && len(p.decided) == 0 {
		rec.Add(key...)
	}
	return nil
}
