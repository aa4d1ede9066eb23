package hooks

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/repo"
	"github.com/peercheck/peercheck/lib/repo/judged"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/lib/triage"
)

// Options are what Git and the caller give a hook. Name, Repo and Scanner are
// required.
type Options struct {
	// Name is the hook's, Args and Stdin are what Git gave it (githooks(5)).
	Name  string
	Args  []string
	Stdin io.Reader
	// Stderr takes all messages, because Git shows it to whoever commits or
	// pushes. nil drops them.
	Stderr io.Writer
	// Color allows terminal colours on Stderr.
	Color bool
	// Width is that of the terminal in columns; 0 breaks no lines.
	Width int
	// Repo has the folder and the environment that Git ran the hook in.
	Repo repo.Options
	// Scanner makes a scanner. It is called at most once for each request.
	Scanner func(Request) (*scan.Scanner, error)
	// Reported is given each report that the verdict comes from, for programs
	// that want more than the messages say; nil for none.
	Reported func(*check.Report)
	// Cache is the absolute path of a folder for the record of what was judged
	// before; "" keeps no record. A server's hooks do not use it.
	Cache string
	// Identity changes whenever the same bytes could be judged otherwise: it
	// names the program's version, its checks and rules. Only used with Cache.
	Identity string
}

// A Request says what a scanner is for.
type Request struct {
	// Config is what counts; nil is the default.
	Config *config.Config
	// Secrets asks for the checks that look for secrets (check.Check.Secret)
	// and no others.
	Secrets bool
	// Untrusted says that nobody has vouched for the code: no toolchain may run
	// over it (load.Options.Untrusted).
	Untrusted bool
}

// Run does what a hook is for, and gives the exit code: triage.ExitClean lets
// Git go on, triage.ExitFindings and triage.ExitError block it.
func Run(ctx context.Context, opts Options) int {
	if probed(opts.Stderr, opts) {
		return triage.ExitError
	}
	w := newMessages(opts)
	if why := skipped(opts.Repo); why != "" && !isServer(opts.Name) {
		w.skipped(why)
		return triage.ExitClean
	}
	h := &hook{Options: opts, scanners: map[Request]*scan.Scanner{}}
	if err := h.run(ctx); err != nil {
		w.failed(ctx, err)
		return triage.ExitError
	}
	w.outcome(&h.outcome)
	return h.exitCode()
}

// isServer reports whether a hook runs on the side that is pushed to, where the
// environment is not the pusher's and nobody may skip.
func isServer(name string) bool { return name == "pre-receive" || name == "update" }

// skipped gives the variable by which the user asked not to be checked, or "".
// SKIP is a list, as the pre-commit framework has it.
func skipped(opts repo.Options) string {
	if opts.Getenv("PEERCHECK") == "0" {
		return "PEERCHECK=0"
	}
	skip := opts.Getenv("SKIP")
	if slices.ContainsFunc(strings.Split(skip, ","), func(s string) bool { return strings.TrimSpace(s) == "peercheck" }) {
		return "SKIP=" + skip
	}
	return ""
}

// hook is one run.
type hook struct {
	Options
	repo     *repo.Repo
	scanners map[Request]*scan.Scanner
	limits   limits // of a server
	outcome  outcome
}

// outcome is what a hook found out.
type outcome struct {
	blocking  []blocking
	notJudged []check.Notice // block, too
	degraded  []check.Notice // are said

	first bool // the branch has no commit yet
	// oldest is the first of the commits that bring what blocks.
	oldest                    repo.ID
	oldestIsTip, oldestIsRoot bool
}

// blocking is a finding that blocks.
type blocking struct {
	*check.Finding
	commit  repo.ID // that brings it in; "" for what is staged
	secret  bool
	ignored bool // by a comment that does not count here
	waived  bool // by a configuration that came with it and does not count for it
}

func (h *hook) exitCode() int {
	switch {
	case len(h.outcome.notJudged) > 0:
		return triage.ExitError
	case len(h.outcome.blocking) > 0:
		return triage.ExitFindings
	}
	return triage.ExitClean
}

func (h *hook) run(ctx context.Context) error {
	if err := validate([]string{h.Name}); err != nil {
		return err
	}
	r, err := repo.Open(ctx, h.Repo)
	if err != nil {
		return err
	}
	defer r.Close()
	h.repo = r
	switch h.Name {
	case "pre-commit":
		return h.staged(ctx)
	case "pre-merge-commit":
		// Git merge writes MERGE_HEAD only after this hook, but names what it
		// merges in its environment (git-merge's GITHEAD_<id>).
		return h.staged(ctx, mergedHeads(h.Repo.Env)...)
	case "commit-msg":
		return h.commitMessage(ctx)
	case "pre-push":
		return h.push(ctx)
	default:
		return h.receive(ctx)
	}
}

func mergedHeads(env []string) []repo.ID {
	var ids []repo.ID
	for _, kv := range env {
		if name, ok := strings.CutPrefix(kv, "GITHEAD_"); ok {
			name, _, _ = strings.Cut(name, "=")
			if id, err := repo.ParseID(name); err == nil {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// staged judges what the commit is going to hold, under the configuration that
// it is going to hold.
func (h *hook) staged(ctx context.Context, merged ...repo.ID) error {
	change, err := h.repo.Staged(ctx, merged...)
	if err != nil || len(change.Files) == 0 {
		return err
	}
	h.outcome.first = len(change.Bases) == 0
	policy, err := readPolicy(change.Head)
	if err != nil {
		return err
	}
	report, err := h.judgeChange(ctx, policy, false, change)
	if err != nil {
		return err
	}
	h.gate(policy, report, "", nil)
	for _, earlier := range earlierPolicies(change, policy) {
		report, err := h.judgeChange(ctx, earlier, true, change)
		if err != nil {
			return err
		}
		h.gate(earlier, report, "", nil)
	}
	rec := h.record(policy)
	for _, b := range repo.Blobs(change.Head) {
		if isClean(report, b.Path) {
			rec.Add(blobKey(b)...)
		}
	}
	rec.Save()
	return nil
}

// policy is the configuration that a tree has.
type policy struct {
	config  *config.Config // nil is the default
	content []byte
	server  bool // it is the server's, and the judged code is a stranger's
	earlier bool // it is that of a parent, under which only secrets are judged
}

// readPolicy reads .peercheck.yaml and gitleaks' files from a tree.
func readPolicy(tree source.Source) (policy, error) {
	c, err := config.Read(tree.FS())
	if err != nil || len(c.Source()) == 0 {
		return policy{}, err
	}
	return policy{config: c, content: c.Source()}, nil
}

// earlierPolicies gives the policies of a change's parents, where the change
// brings another one: what comes with a secret does not silence it. There are
// none where a parent has the same, or the change has none at all.
func earlierPolicies(change source.Change, now policy) []policy {
	if len(now.content) == 0 {
		return nil
	}
	var out []policy
	for _, base := range change.Bases {
		p, err := readPolicy(base)
		if err != nil {
			p = policy{} // the change repairs it
		}
		if bytes.Equal(p.content, now.content) {
			return nil
		}
		p.earlier = true
		out = append(out, p)
	}
	if len(out) == 0 {
		out = append(out, policy{earlier: true}) // the first commit
	}
	return slices.CompactFunc(out, func(a, b policy) bool { return bytes.Equal(a.content, b.content) })
}

// record opens the record of what was judged under a policy. A server trusts none.
func (h *hook) record(p policy) *judged.Record {
	if p.server {
		return judged.Open("")
	}
	return judged.Open(h.Cache, h.Identity, string(p.content))
}

// blobKey names a file in a record. Its path counts, since checks look at it.
func blobKey(b repo.BlobPath) []string { return []string{"blob", string(b.Blob), b.Path} }

// scanner gives the scanner for a policy, made once.
func (h *hook) scanner(p policy, secrets bool) (*scan.Scanner, error) {
	req := Request{Config: p.config, Secrets: secrets, Untrusted: p.server}
	if s := h.scanners[req]; s != nil {
		return s, nil
	}
	s, err := h.Scanner(req)
	if err == nil {
		h.scanners[req] = s
	}
	return s, err
}

func (h *hook) judgeChange(ctx context.Context, p policy, secrets bool, change source.Change) (*check.Report, error) {
	scanner, err := h.scanner(p, secrets)
	if err != nil {
		return nil, err
	}
	return scanner.ScanChange(ctx, change)
}

// gate adds what blocks in a report to the outcome. old, if not nil, tells which
// findings the other side has already.
func (h *hook) gate(p policy, report *check.Report, commit repo.ID, old func(blocking) bool) {
	if h.Reported != nil {
		h.Reported(report)
	}
	gate := triage.Gate{NewOnly: true}
	if p.config != nil {
		gate.FailOn = p.config.FailOn
	}
	verdict := gate.Judge(report)
	var found []blocking
	for _, f := range verdict.Blocking {
		found = append(found, blocking{Finding: f, commit: commit})
	}
	if p.server {
		for _, f := range ignoredByPush(report, gate) {
			found = append(found, blocking{Finding: f, commit: commit, ignored: true})
		}
	}
	for _, b := range found {
		if c := report.Check(b.CheckID); c != nil {
			b.secret = c.Secret
		}
		if old != nil && old(b) {
			continue
		}
		if p.earlier {
			if slices.ContainsFunc(h.outcome.blocking, func(o blocking) bool { return o.Fingerprint == b.Fingerprint && o.commit == b.commit }) {
				continue
			}
			b.waived = true
		}
		// What a tip has is shown with the commit that brought it.
		i := slices.IndexFunc(h.outcome.blocking, func(o blocking) bool { return o.Fingerprint == b.Fingerprint && o.commit == "" && b.commit != "" })
		if i >= 0 {
			h.outcome.blocking[i] = b
		} else {
			h.outcome.blocking = append(h.outcome.blocking, b)
		}
	}
	h.outcome.notJudged = append(h.outcome.notJudged, verdict.NotJudged...)
	for _, n := range report.Notices {
		if n.Effect == check.EffectDegraded {
			h.outcome.degraded = append(h.outcome.degraded, n)
		}
	}
}

// ignoredByPush gives the findings that only a comment silences which came with
// them: on a server nobody signs off their own change. What the comment silences
// there is judged as if it were not.
func ignoredByPush(report *check.Report, gate triage.Gate) []*check.Finding {
	var bare check.Report
	var originals []*check.Finding
	for i := range report.Findings {
		f := &report.Findings[i]
		inSource := func(s check.Suppression) bool { return s.Kind == check.InSource }
		if !f.Suppressed() || slices.ContainsFunc(f.Suppressions, func(s check.Suppression) bool { return !inSource(s) && s.Status == check.Accepted }) {
			continue
		}
		open := *f
		open.Suppressions = nil
		bare.Findings = append(bare.Findings, open)
		originals = append(originals, f)
	}
	blocking := gate.Judge(&bare).Blocking
	var out []*check.Finding
	for i := range bare.Findings {
		if slices.Contains(blocking, &bare.Findings[i]) {
			out = append(out, originals[i])
		}
	}
	return out
}

// isClean reports whether no check for secrets found anything in a file, and
// nothing stopped it from looking.
func isClean(report *check.Report, path string) bool {
	for _, n := range report.Notices {
		if n.Effect == check.EffectNotJudged && (n.Path == path || n.Path == "") {
			return false
		}
	}
	for _, f := range report.Findings {
		if c := report.Check(f.CheckID); f.Location.Path == path && (c == nil || c.Secret) {
			return false
		}
	}
	return true
}

func isExternal(n check.Notice) bool { return n.Kind == check.NoticeExternal }

// sort puts an outcome in the order in which it is read.
func (o *outcome) sort() {
	slices.SortStableFunc(o.blocking, func(a, b blocking) int {
		return cmp.Or(strings.Compare(a.Location.Path, b.Location.Path), a.Location.Range.Start-b.Location.Range.Start, strings.Compare(a.CheckID, b.CheckID))
	})
	byText := func(a, b check.Notice) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(o.notJudged, byText)
	slices.SortFunc(o.degraded, byText)
	same := func(a, b check.Notice) bool { return a.String() == b.String() }
	o.notJudged, o.degraded = slices.CompactFunc(o.notJudged, same), slices.CompactFunc(o.degraded, same)
	// What is kept elsewhere is known to whoever keeps it there: once will do.
	if i := slices.IndexFunc(o.degraded, isExternal); i >= 0 {
		o.degraded = append(o.degraded[:i+1], slices.DeleteFunc(o.degraded[i+1:], isExternal)...)
	}
}
