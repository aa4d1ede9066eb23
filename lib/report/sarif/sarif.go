// Package sarif writes a report in the Static Analysis Results Interchange
// Format, version 2.1.0 with Errata 01 (OASIS), for GitHub code scanning, GitLab,
// Azure DevOps, DefectDojo and editors. Use [Write].
//
// Columns count UTF-16 code units, which the run declares; lines also end in a
// lone carriage return, which it declares too. URIs are relative to the base ID
// SRCROOT.
//
// GitHub takes 10 MB compressed, 25,000 results a run, and shows the first 5,000.
// A result with a flow has about 3 kB, a tenth of it compressed. Nothing is left
// out to stay below a limit.
package sarif

import (
	"bytes"
	"io"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	sarif "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/report/internal/jsontext"
	"github.com/peercheck/peercheck/lib/report/internal/summary"
)

// Options say where the report comes from. The zero value leaves both out.
type Options struct {
	// Version is peercheck's own.
	Version string
	// Root is the absolute path of the folder that paths are relative to.
	Root string
}

const (
	// home says what peercheck is.
	home = "https://github.com/peercheck/peercheck"
	// schemaURI names the schema of Errata 01.
	schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	// root is the base ID of every URI.
	root = "SRCROOT"
	// fingerprint names the version of check.Finding's Fingerprint.
	fingerprint = "peercheck/v1"
)

// Write writes the report as a log of one run. Its only errors are w's.
func Write(w io.Writer, r *check.Report, opts Options) error {
	log := sarif.NewReport()
	log.Schema = schemaURI
	log.AddRun(newRun(r, opts))
	text, err := jsontext.Marshal(log, " ")
	if err != nil {
		return err
	}
	_, err = w.Write(dropDefaults(text))
	return err
}

// dropDefaults leaves out the members that say what the schema says without
// them, a fifth of all: go-sarif writes every empty array and every -1. It works
// on indented JSON, where a member without further lines is a line. An empty
// "results" is no default: it says that there are none.
func dropDefaults(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		member := bytes.TrimSpace(line)
		value, more := bytes.CutSuffix(member, []byte(","))
		if (bytes.HasSuffix(value, []byte(`": []`)) || bytes.HasSuffix(value, []byte(`": -1`))) && !bytes.HasPrefix(value, []byte(`"results"`)) {
			if !more { // the last member: the one before it is the last now
				out = bytes.TrimRight(out, ",\n")
				out = append(out, '\n')
			}
			continue
		}
		out = append(out, line...)
	}
	return out
}

// builder makes the objects of one run.
type builder struct {
	*summary.Summary
	rules map[string]int // index of each check
	taxa  map[check.CWE]int
	kinds map[check.NoticeKind]int // index of each notification
}

func newRun(r *check.Report, opts Options) *sarif.Run {
	b := &builder{summary.Of(r), map[string]int{}, map[check.CWE]int{}, map[check.NoticeKind]int{}}
	run := sarif.NewRunWithInformationURI("peercheck", home)
	if opts.Version != "" {
		run.Tool.Driver.WithVersion(opts.Version)
	}
	run.WithColumnKind("utf16CodeUnits")
	run.NewlineSequences = []string{"\r\n", "\n", "\r"}
	run.WithDefaultEncoding("utf-8")
	// The part before the slash is GitHub's category: a later upload of the
	// same category takes the place of this one.
	run.WithAutomationDetails(sarif.NewRunAutomationDetails().WithID("peercheck/"))
	run.OriginalUriBaseIds = map[string]sarif.ArtifactLocation{root: *rootLocation(opts.Root)}
	run.Properties = sarif.NewPropertyBag().Add("documents", r.Documents).Add("bytes", r.Bytes)

	cwe := b.taxonomy()
	run.AddTaxonomie(cwe)
	run.Tool.Driver.AddSupportedTaxonomie(reference(cwe))
	found := map[string]bool{}
	for i := range r.Findings {
		found[r.Findings[i].CheckID] = true
	}
	for i, c := range r.Checks {
		b.rules[c.ID] = i
		run.Tool.Driver.AddRule(b.rule(c, found[c.ID]))
	}
	run.Results = make([]*sarif.Result, len(r.Findings))
	for i := range r.Findings {
		run.Results[i] = b.result(&r.Findings[i])
	}
	run.AddInvocation(b.invocation(run.Tool.Driver))
	return run
}

// rootLocation describes SRCROOT; its URI ends in a slash, as a base must.
func rootLocation(dir string) *sarif.ArtifactLocation {
	loc := sarif.NewArtifactLocation().WithDescription(sarif.NewTextMessage("The root of the judged tree"))
	if dir == "" {
		return loc
	}
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") { // C:/src
		dir = "/" + dir
	}
	return loc.WithURI((&url.URL{Scheme: "file", Path: strings.TrimSuffix(dir, "/") + "/"}).String())
}

// relativeURI is the URI reference of a path: every byte that a URI cannot hold,
// of UTF-8 or not, is percent-encoded.
func relativeURI(path string) string { return (&url.URL{Path: path}).String() }

func artifact(path string) *sarif.ArtifactLocation {
	return sarif.NewArtifactLocation().WithURI(relativeURI(path)).WithURIBaseID(root)
}

// level is SARIF's, which knows no more than three.
func level(s check.Severity) string {
	switch s {
	case check.Low:
		return sarif.LevelNote
	case check.Medium:
		return sarif.LevelWarning
	}
	return sarif.LevelError
}

func (b *builder) result(f *check.Finding) *sarif.Result {
	primary := b.location(f.Location)
	primary.Message = nil // the result has it
	if context := contextRegion(f.Location); context != nil && primary.PhysicalLocation.Region != nil {
		primary.PhysicalLocation.WithContextRegion(context)
	}
	if f.Symbol != "" {
		primary.AddLogicalLocation(sarif.NewLogicalLocation().WithFullyQualifiedName(f.Symbol))
	}
	res := sarif.NewRuleResult(f.CheckID).
		WithLevel(level(b.Severity(f))).
		WithMessage(message(f.Message)).
		AddLocation(primary)
	if i, ok := b.rules[f.CheckID]; ok {
		res.WithRuleIndex(i)
	}
	if f.Fingerprint != "" {
		res.PartialFingerprints = map[string]string{fingerprint: f.Fingerprint}
	}
	if f.Baseline != "" {
		res.WithBaselineState(string(f.Baseline))
	}
	for i, l := range f.Related {
		res.AddRelatedLocation(b.location(l).WithID(i + 1))
	}
	if len(f.Flow) > 0 {
		res.AddCodeFlow(b.codeFlow(f.Flow))
	}
	for _, fix := range f.Fixes {
		if x := newFix(f.Location.Path, fix); x != nil {
			res.Fixes = appendNew(res.Fixes, x)
		}
	}
	for _, s := range f.Suppressions {
		res.Suppressions = appendNew(res.Suppressions, b.suppression(s))
	}
	if c := b.Check(f.CheckID); c == nil || b.Severity(f) != c.Severity || b.Confidence(f) != c.Confidence {
		res.Properties = sarif.NewPropertyBag().
			Add("precision", precision(b.Confidence(f))).
			Add("security-severity", securitySeverity(b.Severity(f)))
	}
	return res
}

// message escapes what a viewer would take for an embedded link (3.11.6): a
// message may repeat text of the judged tree.
func message(text string) *sarif.Message {
	if strings.Contains(text, "](") {
		text = strings.NewReplacer("[", `\[`, "]", `\]`).Replace(text)
	}
	return sarif.NewTextMessage(text)
}

func (b *builder) location(l check.Location) *sarif.Location {
	place := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(l.Path))
	if region := region(l); region != nil {
		place.WithRegion(region)
	}
	loc := sarif.NewLocationWithPhysicalLocation(place)
	if l.Message != "" {
		loc.WithMessage(message(l.Message))
	}
	return loc
}

// region gives the lines, columns and bytes of a location with its text, nil if
// it has none. A location that no engine completed has lines without columns.
func region(l check.Location) *sarif.Region {
	if l.Start.Line == 0 {
		return nil
	}
	r := sarif.NewRegion().WithStartLine(l.Start.Line).WithEndLine(max(l.End.Line, l.Start.Line))
	if l.StartUTF16.Line+1 == l.Start.Line && l.EndUTF16.Line+1 == l.End.Line {
		r = textRegion(l.StartUTF16, l.EndUTF16)
	}
	r.WithByteOffset(l.Range.Start).WithByteLength(l.Range.End - l.Range.Start)
	from, to := l.Range.Start-l.SnippetStart, l.Range.End-l.SnippetStart
	if 0 <= from && from < to && to <= len(l.Snippet) {
		r.WithSnippet(sarif.NewArtifactContent().WithText(l.Snippet[from:to]))
	}
	return r
}

func textRegion(start, end check.UTF16Position) *sarif.Region {
	return sarif.NewRegion().
		WithStartLine(start.Line + 1).WithStartColumn(start.Character + 1).
		WithEndLine(end.Line + 1).WithEndColumn(end.Character + 1)
}

// contextRegion gives the whole lines around a location, nil if its snippet
// does not hold them.
func contextRegion(l check.Location) *sarif.Region {
	from, to := l.Range.Start-l.SnippetStart, l.Range.End-l.SnippetStart
	if l.Snippet == "" || l.Start.Line == 0 || from != l.Start.Column-1 || to > len(l.Snippet) {
		return nil
	}
	return sarif.NewRegion().WithStartLine(l.Start.Line).WithEndLine(l.End.Line).
		WithSnippet(sarif.NewArtifactContent().WithText(l.Snippet))
}

func (b *builder) codeFlow(steps []check.Location) *sarif.CodeFlow {
	flow := sarif.NewThreadFlow()
	for i, step := range steps {
		at := sarif.NewThreadFlowLocation().WithLocation(b.location(step)).WithExecutionOrder(i + 1)
		if i == 0 || i == len(steps)-1 {
			at.WithImportance("essential")
		}
		flow.AddLocation(at)
	}
	return sarif.NewCodeFlow().AddThreadFlow(flow)
}

// newFix gives a fix as replacements of text, file by file; nil if the places of
// its edits are not known in columns.
func newFix(path string, f check.Fix) *sarif.Fix {
	fix := sarif.NewFix().WithDescription(message(f.Title)).
		WithProperties(sarif.NewPropertyBag().Add("safe", f.Safe))
	changes := map[string]*sarif.ArtifactChange{}
	for _, e := range f.Edits {
		if e.Range.End > 0 && e.EndUTF16 == (check.UTF16Position{}) {
			return nil
		}
		if e.Path == "" {
			e.Path = path
		}
		if changes[e.Path] == nil {
			changes[e.Path] = sarif.NewArtifactChange().WithArtifactLocation(artifact(e.Path))
			fix.AddArtifactChange(changes[e.Path])
		}
		changes[e.Path].AddReplacement(sarif.NewReplacement().
			WithDeletedRegion(textRegion(e.StartUTF16, e.EndUTF16)).
			WithInsertedContent(sarif.NewArtifactContent().WithText(e.NewText)))
	}
	if len(changes) == 0 {
		return nil
	}
	return fix
}

func (b *builder) suppression(s check.Suppression) *sarif.Suppression {
	out := sarif.NewSuppression().WithKind(string(s.Kind)).WithStatus(string(s.Status))
	if s.Justification != "" {
		out.WithJustification(s.Justification)
	}
	if s.Location != nil {
		out.WithLocation(b.location(*s.Location))
	}
	properties := sarif.NewPropertyBag()
	if s.By != "" {
		properties.Add("by", s.By)
	}
	if !s.At.IsZero() {
		properties.Add("at", s.At)
	}
	if !s.Expires.IsZero() {
		properties.Add("expires", s.Expires.Format(time.DateOnly))
	}
	if len(properties.Properties) > 0 {
		out.WithProperties(properties)
	}
	return out
}

// invocation says whether the scan judged all that it should have, and what it
// could not do (invariant 3).
func (b *builder) invocation(driver *sarif.ToolComponent) *sarif.Invocation {
	inv := sarif.NewInvocation().WithExecutionSuccessful(b.NotJudged == 0)
	for _, n := range b.Notices {
		i, ok := b.kinds[n.Kind]
		if !ok {
			i = len(b.kinds)
			b.kinds[n.Kind] = i
			driver.AddNotification(sarif.NewReportingDescriptor().WithID(string(n.Kind)))
		}
		out := sarif.NewNotification().WithMessage(message(n.Message)).WithLevel(noticeLevel(n.Effect)).
			WithDescriptor(sarif.NewReportingDescriptorReference().WithID(string(n.Kind)).WithIndex(i))
		if n.Path != "" {
			place := sarif.NewPhysicalLocation().WithArtifactLocation(artifact(n.Path))
			if n.At.Line > 0 {
				place.WithRegion(sarif.NewRegion().WithStartLine(n.At.Line))
			}
			out.AddLocation(sarif.NewLocationWithPhysicalLocation(place))
		}
		if n.CheckID != "" {
			rule := sarif.NewReportingDescriptorReference().WithID(n.CheckID)
			if i, ok := b.rules[n.CheckID]; ok {
				rule.WithIndex(i)
			}
			out.WithAssociatedRule(rule)
		}
		if n.Kind == check.NoticeConfig {
			inv.AddToolConfigurationNotification(out)
		} else {
			inv.AddToolExecutionNotification(out)
		}
	}
	return inv
}

func noticeLevel(e check.Effect) string {
	switch e {
	case check.EffectNotJudged:
		return sarif.LevelError
	case check.EffectDegraded:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

// appendNew appends what is not there yet: several of SARIF's arrays are sets.
func appendNew[T any](list []T, item T) []T {
	if slices.ContainsFunc(list, func(old T) bool { return reflect.DeepEqual(old, item) }) {
		return list
	}
	return append(list, item)
}
