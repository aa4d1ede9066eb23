// Package ignore reads ignore comments: peercheck's own, and for migration
// those of gosec, golangci-lint, Semgrep, gitleaks, zizmor and hadolint.
//
// Start with [Comments], which gives every [Comment] of a document. Whether a
// comment silences a finding, and what an expired or unused one means, is
// decided by package triage.
//
// The syntax is
//
//	peercheck:ignore go/weak-hash[,ID...] [until=2027-01-31] -- reason
//
// at the start of a comment, on the line that it is about or alone above it;
// or around a block, with the same arguments:
//
//	peercheck:ignore-start go/weak-hash -- reason
//	peercheck:ignore-end
package ignore

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/syntax/comment"
)

// A Comment is one ignore comment.
type Comment struct {
	// Range is the directive: from its first word to the end of its reason.
	Range check.Range
	// Tool is whose comment it is, and so whose IDs.
	Tool Tool
	// Kind says what it covers.
	Kind Kind
	// IDs are as they are written: "go/weak-hash", "go/*", "G401". Empty means
	// everything that the tool finds; never empty for a valid one of peercheck.
	IDs []string
	// Until is the last day on which it holds, as midnight UTC; zero is for ever.
	Until time.Time
	// Reason is why; never empty for a valid one of peercheck.
	Reason string
	// First and Last are the lines that it covers, counted from 1, both
	// included: for a comment that stands alone also its own line and comments
	// up to the next line of code. Both are 0 if it covers nothing.
	First, Last int
	// Err says what is wrong with the comment and how to write it; nil if it is
	// valid. An invalid comment must not silence anything.
	Err error
}

// Covers reports whether the comment covers a line, counted from 1.
func (c *Comment) Covers(line int) bool { return c.First <= line && line <= c.Last }

// Tool names the program whose syntax a comment has.
type Tool string

// The tools.
const (
	Peercheck Tool = "peercheck"
	Gosec     Tool = "gosec"     // #nosec [G401 ...] [-- reason], or gosec:disable for #nosec
	Nolint    Tool = "nolint"    // //nolint:gosec [// reason]; IDs are linters
	Semgrep   Tool = "nosemgrep" // nosemgrep[: id, ...]
	Gitleaks  Tool = "gitleaks"  // gitleaks:allow
	Zizmor    Tool = "zizmor"    // zizmor: ignore[id, ...] [reason]
	Hadolint  Tool = "hadolint"  // hadolint ignore=DL3006,... or hadolint global ignore=...
)

// Kind says what a comment covers.
type Kind string

// The kinds.
const (
	Line  Kind = "line"  // its own line, or the next line of code if it stands alone
	Start Kind = "start" // all lines up to the matching End
	End   Kind = "end"
	File  Kind = "file" // the whole document
)

// markers are what every directive contains: a document without any of them is
// not looked at further.
var markers = []string{"peercheck:", "nosec", "gosec:disable", "nolint", "nosemgrep", "gitleaks:allow", "zizmor:", "hadolint"}

// gram and stride are how markers are looked for: of a word of shortestMarker bytes,
// wherever it stands in a text, gram bytes in a row begin at a multiple of stride.
const (
	shortestMarker = 5 // bytes: "nosec"
	gram           = 3
	stride         = shortestMarker - gram + 1
)

// grams are the hashes of the three bytes that markers have within their first
// shortestMarker bytes. One place in a hundred of a text has one of them.
var grams = func() (set [1 << 12]bool) {
	for _, m := range markers {
		for i := range stride {
			set[gramAt([]byte(m), i)] = true // panics if a marker is shorter than shortestMarker
		}
	}
	return set
}()

func gramAt(text []byte, i int) uint32 {
	_ = text[i+gram-1]
	return (uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16) * 2654435761 >> 20
}

// marked reports whether a text has one of the markers.
func marked(text []byte) bool {
	for i := 0; i+gram <= len(text); i += stride {
		if !grams[gramAt(text, i)] {
			continue
		}
		for at := max(i-stride+1, 0); at <= i; at++ {
			for _, m := range markers {
				if bytes.HasPrefix(text[at:], []byte(m)) {
					return true
				}
			}
		}
	}
	return false
}

type key struct{}

// Comments gives the ignore comments of a document in the order of their
// ranges. Only real comments count: an ignore in a string literal is none. The
// result is computed once a document and shared; do not change it.
func Comments(d *check.Document) []Comment {
	return check.Memo(d, key{}, func() []Comment {
		if !marked(d.Content) {
			return nil
		}
		return find(d)
	})
}

func find(d *check.Document) []Comment {
	var found []Comment
	all := comment.Of(d)
	var next []int
	for _, c := range all {
		directives := directivesOf(d, c)
		if len(directives) == 0 {
			continue
		}
		if next == nil {
			next = statements(d, all)
		}
		first, last := d.OffsetPosition(c.Range.Start).Line, d.OffsetPosition(c.Range.End).Line
		if alone(d, c.Range) {
			last = max(last, next[last])
		}
		for _, g := range directives {
			switch g.Kind {
			case Line:
				g.First, g.Last = first, last
			case File:
				g.First, g.Last = 1, d.LineCount()
			}
			found = append(found, g)
		}
	}
	pairBlocks(d, found)
	return found
}

// statements gives, for each line from 0, the last line of the first statement
// after it, 0 if nothing but comments and white space follows. A statement is a
// line, and in a Dockerfile goes on while its lines end in an escape character.
func statements(d *check.Document, comments []comment.Comment) []int {
	n := d.LineCount()
	commented := make([]bool, n+1)
	for _, c := range comments {
		if alone(d, c.Range) {
			for line := d.OffsetPosition(c.Range.Start).Line; line <= d.OffsetPosition(c.Range.End).Line; line++ {
				commented[line] = true
			}
		}
	}
	next := make([]int, n+1)
	for line := n; line > 0; line-- {
		r, _ := d.LineRange(line)
		text := strings.TrimSpace(d.Text(r))
		if text == "" || commented[line] {
			next[line-1] = next[line]
			continue
		}
		goesOn := d.Language == "dockerfile" && (strings.HasSuffix(text, `\`) || strings.HasSuffix(text, "`"))
		end := line
		if goesOn {
			end = max(line, next[line])
		}
		next[line-1] = end
	}
	return next
}

// alone reports whether nothing else stands on the lines of a comment.
func alone(d *check.Document, r check.Range) bool {
	head, _ := d.LineRange(d.OffsetPosition(r.Start).Line)
	tail, _ := d.LineRange(d.OffsetPosition(r.End).Line)
	return strings.TrimSpace(d.Text(check.Range{Start: head.Start, End: r.Start})) == "" &&
		strings.TrimSpace(d.Text(check.Range{Start: r.End, End: max(r.End, tail.End)})) == ""
}

// pairBlocks sets the lines of each Start and its End, and the error of those
// which have no counterpart. An End with IDs closes the last Start of the same
// IDs, one without closes the last Start.
func pairBlocks(d *check.Document, found []Comment) {
	ids := func(c *Comment) string { return strings.Join(c.IDs, ",") }
	var open []*Comment                  // in order; some closed already
	byIDs := make(map[string][]*Comment) // the same, by their IDs
	pop := func(stack []*Comment) ([]*Comment, *Comment) {
		for len(stack) > 0 {
			s := stack[len(stack)-1]
			if stack = stack[:len(stack)-1]; s.First == 0 {
				return stack, s
			}
		}
		return nil, nil
	}
	for i := range found {
		c := &found[i]
		switch c.Kind {
		case Start:
			open = append(open, c)
			byIDs[ids(c)] = append(byIDs[ids(c)], c)
		case End:
			var s *Comment
			if len(c.IDs) == 0 {
				open, s = pop(open)
			} else {
				byIDs[ids(c)], s = pop(byIDs[ids(c)])
			}
			if s == nil {
				if c.Err == nil {
					c.Err = errors.New("this peercheck:ignore-end has no peercheck:ignore-start before it: remove it, or add the start")
				}
				continue
			}
			s.First, s.Last = d.OffsetPosition(s.Range.Start).Line, d.OffsetPosition(c.Range.End).Line
			c.First, c.Last = s.First, s.Last
		}
	}
	for _, c := range open {
		if c.First == 0 && c.Err == nil {
			c.Err = errors.New("this peercheck:ignore-start covers nothing because no peercheck:ignore-end follows: add one after the last line that it is about")
		}
	}
}

// directivesOf reads the directives of one comment, line by line. Start and End
// comments come without lines.
func directivesOf(d *check.Document, c comment.Comment) []Comment {
	var found []Comment
	text := d.Text(c.Text)
	offset := c.Text.Start
	for line := range strings.Lines(text) {
		found = append(found, parseLine(strings.TrimRight(line, "\r\n"), offset)...)
		offset += len(line)
	}
	return found
}

// parseLine reads the directives of one line of comment text that stands at a
// byte offset. Several may follow one another, each after a comment leader:
// "//nolint:gosec // peercheck:ignore go/weak-hash -- reason".
func parseLine(line string, offset int) []Comment {
	var found []Comment
	for start := 0; start < len(line); {
		// What the comment is decorated with is no part of its text: the
		// second slash of "///", the star of a block's line.
		body := strings.TrimLeft(line[start:], " \t*/#!;-%")
		at := len(line) - len(body)
		// gosec's directive begins with a leader of its own.
		if at > start && line[at-1] == '#' && strings.HasPrefix(body, "nosec") {
			at--
			body = line[at:]
		}
		end := len(body)
		if i := nextLeader(body); i >= 0 {
			end = i
		}
		segment := strings.TrimRight(body[:end], " \t")
		if c, ok := parse(segment); ok {
			c.Range = check.Range{Start: offset + at, End: offset + at + len(segment)}
			found = append(found, c)
		}
		start = at + max(end, 1)
	}
	return found
}

// nextLeader gives the place of a directive that follows another one or prose,
// or -1: a leader, perhaps white space, and a marker.
func nextLeader(s string) int {
	if m := following.FindStringIndex(s); m != nil {
		return m[0]
	}
	return -1
}

var following = regexp.MustCompile(`[ \t](?://[ \t]*#?nosec\b|(?://|#|--)[ \t]*(?:peercheck:ignore|gosec:disable\b|nolint\b|nosemgrep\b|gitleaks:allow\b|zizmor: ignore\[|hadolint (?:global )?ignore=))`)

// parse reads one directive from the start of a text.
func parse(s string) (Comment, bool) {
	if rest, ok := strings.CutPrefix(s, "peercheck:"); ok {
		next := strings.TrimLeft(rest, " \t")
		if next == "" || len(next) < len(rest) && !strings.HasPrefix(next, "ignore") {
			return Comment{}, false // prose, or the key of a configuration that is shown
		}
		return parsePeercheck(rest), true
	}
	for _, f := range foreign {
		if m := f.re.FindStringSubmatch(s); m != nil {
			c := Comment{Tool: f.tool, Kind: f.kind, Reason: strings.Trim(m[2], " \t-/")}
			c.IDs = strings.FieldsFunc(m[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
			if f.tool == Nolint && len(c.IDs) > 0 && !slices.Contains(c.IDs, "gosec") && !slices.Contains(c.IDs, "all") {
				return Comment{}, false // about other linters
			}
			return c, true
		}
	}
	return Comment{}, false
}

// foreign are the directives of other tools: group 1 has the IDs, group 2 the
// reason. Sources: gosec README "Annotating code", golangci-lint "nolint
// directive", Semgrep "Ignore code", gitleaks README, zizmor "Ignoring
// results", hadolint README "Inline ignores".
var foreign = []struct {
	tool Tool
	kind Kind
	re   *regexp.Regexp
}{
	{Gosec, Line, regexp.MustCompile(`^(?:#?nosec|gosec:disable)\b[: \t]*((?:G\d+[, \t]*)*)(.*)$`)},
	{Nolint, Line, regexp.MustCompile(`^nolint(?::[ \t]*([\w-]+(?:[ \t]*,[ \t]*[\w-]+)*))?(?:[ \t]*$|[ \t]+(.*)$|//(.*)$)`)},
	{Semgrep, Line, regexp.MustCompile(`^(?:.*[ \t])?nosemgrep(?::[ \t]*([\w.-]+(?:[ \t]*,[ \t]*[\w.-]+)*))?(?:$|[ \t]+(.*)$)`)},
	{Gitleaks, Line, regexp.MustCompile(`gitleaks:allow()\b(.*)$`)},
	{Zizmor, Line, regexp.MustCompile(`^zizmor:[ \t]*ignore\[([\w, \t-]+)\](.*)$`)},
	{Hadolint, Line, regexp.MustCompile(`^hadolint[ \t]+ignore=((?:(?:DL|SC)\d+[, \t]*)+)(.*)$`)},
	{Hadolint, File, regexp.MustCompile(`^hadolint[ \t]+global[ \t]+ignore=((?:(?:DL|SC)\d+[, \t]*)+)(.*)$`)},
}

const example = `write "peercheck:ignore go/weak-hash -- why this is no risk here"`

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*/(?:\*|[a-z0-9]+(?:-[a-z0-9]+)*)$`)

// parsePeercheck reads what follows "peercheck:". Each thing that is wrong is
// an error which shows how to write it: a comment that was meant to silence and
// does not must say so.
func parsePeercheck(s string) Comment {
	c := Comment{Tool: Peercheck, Kind: Line}
	word, rest, _ := strings.Cut(s, " ")
	if i := strings.IndexByte(word, '\t'); i >= 0 {
		word, rest = s[:i], s[i+1:]
	}
	switch word {
	case "ignore":
	case "ignore-start":
		c.Kind = Start
	case "ignore-end":
		c.Kind = End
	default:
		c.Err = fmt.Errorf("peercheck:%s is not known: the comments are peercheck:ignore, peercheck:ignore-start and peercheck:ignore-end", word)
		return c
	}
	args, reason, _ := cutReason(rest)
	c.Reason = reason
	for _, arg := range strings.Fields(strings.ReplaceAll(args, ",", " ")) {
		switch name, value, option := strings.Cut(arg, "="); {
		case !option:
			if !idPattern.MatchString(arg) && c.Err == nil {
				c.Err = fmt.Errorf("%q is no check: name one as go/weak-hash, or a domain as go/*, and put the reason after --", arg)
			}
			c.IDs = append(c.IDs, arg)
		case name == "until":
			until, err := time.Parse(time.DateOnly, value)
			if err != nil && c.Err == nil {
				c.Err = fmt.Errorf("until=%s is no date: write the last day as until=2027-01-31", value)
			}
			c.Until = until
		case c.Err == nil:
			c.Err = fmt.Errorf("%s= is not known: the only option is until=2027-01-31", name)
		}
	}
	switch {
	case c.Err != nil || c.Kind == End:
	case len(c.IDs) == 0:
		c.Err = errors.New("it names no check: " + example)
	case c.Reason == "":
		c.Err = errors.New("it gives no reason: " + example)
	}
	return c
}

// cutReason splits arguments from the reason at the first "--" that stands
// between white space, or at the end.
func cutReason(s string) (args, reason string, found bool) {
	padded := " " + s + " "
	i := strings.Index(padded, " -- ")
	if i < 0 {
		return s, "", false
	}
	return padded[:i], strings.TrimSpace(padded[i+4:]), true
}
