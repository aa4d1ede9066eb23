package scan

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/source"
)

// complete fills what the engine owes each finding: levels, positions, snippets
// without secrets, fingerprints.
func (s *Scanner) complete(out *outcome, findings []check.Finding) {
	sortFindings(findings) // ordinals follow the order of places
	for _, f := range findings {
		s.hideTyped(out, &f)
	}
	ordinals := map[string]int{}
	for i := range findings {
		f := &findings[i]
		s.level(f)
		d := out.document(f.Location.Path)
		m := s.mask(out, d)
		f.Message = m.clean(f.Message)
		for k := range f.Related {
			s.locate(out, &f.Related[k])
		}
		for k := range f.Flow {
			s.locate(out, &f.Flow[k])
		}
		f.Fixes = slices.DeleteFunc(f.Fixes, m.shows)
		for k := range f.Fixes {
			for n := range f.Fixes[k].Edits {
				e := &f.Fixes[k].Edits[n]
				e.Path = cmp.Or(e.Path, f.Location.Path)
				in := out.document(e.Path)
				e.StartUTF16, e.EndUTF16 = in.OffsetUTF16Position(e.Range.Start), in.OffsetUTF16Position(e.Range.End)
			}
		}
		s.locate(out, &f.Location)
		s.fingerprint(f, d, m, ordinals)
		f.ContextHash = s.context(out, f, d, m)
	}
}

// contextLines is how many lines before and after a finding are its context where
// there is no declaration: what one looks at to judge a line of a configuration.
const contextLines = 3

// maxContextLine is how much of a line on either side of a finding is its context,
// in bytes: a line of generated text may be as long as the file.
const maxContextLine = 2000

var asterisks = regexp.MustCompile(`\*+`)

// context gives a finding's ContextHash.
func (s *Scanner) context(out *outcome, f *check.Finding, d *check.Document, m mask) string {
	r := f.Context
	if r == (check.Range{}) {
		first, err1 := d.LineRange(max(1, f.Location.Start.Line-contextLines))
		last, err2 := d.LineRange(min(d.OffsetPosition(len(d.Content)).Line, f.Location.End.Line+contextLines))
		if err1 == nil && err2 == nil {
			r.Start = max(first.Start, f.Location.Range.Start-maxContextLine)
			r.End = max(min(last.End, f.Location.Range.End+maxContextLine), r.Start)
		}
	}
	folded := func(text []byte) string { // the number of asterisks would tell a secret's length
		return strings.Join(strings.Fields(asterisks.ReplaceAllString(string(text), "*")), " ")
	}
	parts := []string{folded(m.content[r.Start:r.End])}
	for _, step := range f.Flow {
		in := out.document(step.Path)
		if line, err := in.LineRange(in.OffsetPosition(in.Clamp(step.Range).Start).Line); err == nil {
			parts = append(parts, folded(s.mask(out, in).content[line.Start:line.End]))
		}
	}
	return hash(parts...)
}

// hideTyped adds the secret of a package check to the mask of its document. The
// value itself stands within quotes or braces; a range elsewhere names what holds
// it, which is no secret.
func (s *Scanner) hideTyped(out *outcome, f *check.Finding) {
	i := slices.IndexFunc(s.selected, func(c *check.Check) bool { return c.ID == f.CheckID })
	if i < 0 || !s.selected[i].Secret || s.selected[i].Run != nil {
		return
	}
	d := out.document(f.Location.Path)
	r := d.Clamp(f.Location.Range)
	if r.Start == 0 || !bytes.ContainsAny(d.Content[r.Start-1:r.Start], "\"`{") {
		return
	}
	m := s.mask(out, d)
	m.hide(d, r)
	out.masks[d] = m
}

// level applies the check's own levels and what the configuration says.
func (s *Scanner) level(f *check.Finding) {
	i := slices.IndexFunc(s.selected, func(c *check.Check) bool { return c.ID == f.CheckID })
	if i < 0 {
		return
	}
	c := s.selected[i]
	if configured := s.opts.Config.SeverityOf(c); configured != c.Severity || f.Severity == 0 {
		f.Severity = configured
	}
	if f.Confidence == 0 {
		f.Confidence = c.Confidence
	}
}

// document finds the document of a path: one that was judged, or else the
// tree's. It is never nil: of a file that cannot be read it is empty.
func (o *outcome) document(name string) *check.Document {
	if d := o.documents[name]; d != nil {
		return d
	}
	raw, _ := fs.ReadFile(o.tree, name)
	d := source.NewDocument(name, raw, check.Revision{Kind: o.kind})
	o.documents[name] = d
	return d
}

// locate fills the positions and the snippet of a location.
func (s *Scanner) locate(out *outcome, l *check.Location) {
	if l == nil {
		return
	}
	d := out.document(l.Path)
	m := s.mask(out, d)
	l.Range = d.Clamp(l.Range)
	l.Start, l.End = d.OffsetPosition(l.Range.Start), d.OffsetPosition(l.Range.End)
	l.StartUTF16, l.EndUTF16 = d.OffsetUTF16Position(l.Range.Start), d.OffsetUTF16Position(l.Range.End)
	l.Message = m.clean(l.Message)
	l.Snippet, l.SnippetStart = snippet(d, m, l.Range)
}

// The size of a snippet: what a person takes in at a glance. maxSnippetLead is
// what is shown of a long line before the range.
const (
	maxSnippetLines = 8
	maxSnippetBytes = 400
	maxSnippetLead  = 120
)

// snippet cuts the masked lines that a range touches.
func snippet(d *check.Document, m mask, r check.Range) (text string, start int) {
	if len(d.Content) == 0 {
		return "", 0
	}
	first := d.OffsetPosition(r.Start).Line
	last := min(d.OffsetPosition(max(r.Start, r.End-1)).Line, first+maxSnippetLines-1)
	head, err1 := d.LineRange(first)
	tail, err2 := d.LineRange(last)
	if err1 != nil || err2 != nil {
		return "", 0
	}
	cut := check.Range{Start: head.Start, End: tail.End}
	if r.Start-cut.Start > maxSnippetLead {
		cut.Start = r.Start - maxSnippetLead
	}
	cut.End = min(cut.End, cut.Start+maxSnippetBytes)
	for cut.Start < r.Start && !utf8.RuneStart(d.Content[cut.Start]) {
		cut.Start++
	}
	for cut.End > cut.Start && cut.End < len(d.Content) && !utf8.RuneStart(d.Content[cut.End]) {
		cut.End--
	}
	return string(m.content[cut.Start:cut.End]), cut.Start
}

// A mask knows the secrets of one document.
type mask struct {
	content []byte        // the document with each byte of a secret as '*'
	ranges  []check.Range // the secrets
	values  []string      // their texts; never shown
}

// minMasked is the length from which a secret's value is masked wherever else
// it stands; a shorter one would blot out ordinary words.
const minMasked = 6

// mask finds the secrets of a document with every check that knows some, asked
// for or not, so that no snippet shows one (invariant 10).
func (s *Scanner) mask(out *outcome, d *check.Document) mask {
	if m, ok := out.masks[d]; ok {
		return m
	}
	m := mask{content: d.Content}
	r := documentResult{document: d}
	for groups := s.secrets; len(groups) > 0; {
		groups = groups[r.run(context.Background(), groups, func(c *check.Check) bool { return c.Selects(d.Path, d.Language) }):]
	}
	if r.limit(); len(r.notices) > 0 { // a check failed, or there are too many: then anything may be a secret
		m.ranges = append(m.ranges, check.Range{End: len(d.Content)})
	}
	for _, f := range r.findings {
		m.ranges = append(m.ranges, d.Clamp(f.Location.Range))
	}
	m.hide(d, m.ranges...)
	out.masks[d] = m
	return m
}

// hide adds secrets to a mask.
func (m *mask) hide(d *check.Document, ranges ...check.Range) {
	if len(ranges) == 0 {
		return
	}
	content := bytes.Clone(m.content)
	for _, r := range ranges {
		if !slices.Contains(m.ranges, r) {
			m.ranges = append(m.ranges, r)
		}
		if value := d.Text(r); len(value) >= minMasked && !slices.Contains(m.values, value) {
			m.values = append(m.values, value)
		}
		blot(content[r.Start:r.End])
	}
	for _, v := range m.values {
		for from := 0; ; {
			i := bytes.Index(content[from:], []byte(v))
			if i < 0 {
				break
			}
			blot(content[from+i : from+i+len(v)])
			from += i + len(v)
		}
	}
	m.content = content
}

func blot(b []byte) {
	for i, c := range b {
		if c != '\n' && c != '\r' {
			b[i] = '*'
		}
	}
}

// clean takes the known secrets out of a text that is shown.
func (m mask) clean(text string) string {
	for _, v := range m.values {
		text = strings.ReplaceAll(text, v, "***")
	}
	return text
}

// shows reports whether a fix would write a known secret, and so show it.
func (m mask) shows(fix check.Fix) bool {
	return slices.ContainsFunc(fix.Edits, func(e check.Edit) bool { return m.clean(e.NewText) != e.NewText })
}

// fingerprint identifies a finding by its check, its place, the text with white
// space folded and secrets masked, at most 16 bits of a digest of the secret
// itself, and an ordinal among equals. Neither line nor column enter.
func (s *Scanner) fingerprint(f *check.Finding, d *check.Document, m mask, ordinals map[string]int) {
	r := f.Location.Range
	text := strings.Join(strings.Fields(string(m.content[r.Start:r.End])), " ")
	var digest uint16
	if slices.Contains(m.ranges, r) {
		sum := sha256.Sum256(d.Content[r.Start:r.End])
		digest = binary.BigEndian.Uint16(sum[:2])
		text = "" // the number of asterisks would tell the length, and whose line breaks vary
	}
	place := f.Symbol
	if place == "" {
		place = f.Location.Path
	}
	f.ContentKey = hash(f.CheckID, text, fmt.Sprint(digest))
	key := hash(f.ContentKey, place)
	f.Fingerprint = hash(key, fmt.Sprint(ordinals[key]))
	ordinals[key]++
}

// hash gives 32 hexadecimal digits of SHA-256 over parts with their lengths.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
