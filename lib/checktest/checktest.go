// Package checktest runs a check over its test data, as analysistest does for
// analyzers. Call [Run]; the package comment says what test data looks like.
//
// Test data is a txtar archive, the same one that the check's page takes its
// examples from. Prose comes first, then the files of one tree:
//
//	Passwords hashed with MD5.
//
//	-- bad.go --
//	package p
//
//	import "crypto/md5"
//
//	var sum = md5.Sum(password) // want "MD5 of a password"
//	-- bad.go.golden --
//	...
//	-- good.go --
//	...
//
// Each finding stands at the end of its line, as a comment with a regular
// expression that its message matches; several expressions are several findings.
// "want:+1" and "want:-2" speak of another line, for lines that cannot hold a
// comment. A file NAME.golden is what NAME becomes when the first fix of each of
// its findings is applied. Of a tree without go.mod, files in different folders
// are packages of module example.com/testdata; what else they import is given as
// vendor/... files. For a change check the files are those of base/ and head/.
package checktest

import (
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/golang/load"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
)

// Options change how test data is run. The zero value is fine for most checks.
type Options struct {
	// Others are further checks that run along.
	Others []*check.Check
	// Expand turns the text of each file into what is judged: for test data
	// that must not stand in a repository as it is, such as tokens.
	Expand func(string) string
	// Scan changes the options of the scanner.
	Scan func(*scan.Options)
}

// loader is shared, so that the go command is asked once in a test binary.
var loader = sync.OnceValue(func() *load.Loader { return load.New(load.Options{}) })

// Run runs a check over its own examples (Page.Examples) and demands that it
// finds what they want and nothing else, that there is a bad and a good case,
// that each fix gives the golden file, leaves code that parses and type-checks,
// and removes its finding.
func Run(t *testing.T, c *check.Check, opts Options) {
	t.Helper()
	archive := txtar.Parse([]byte(c.Page.Examples))
	if len(archive.Files) == 0 {
		t.Fatalf("%s has no test data: embed its txtar as Page.Examples", c.ID)
	}
	RunArchive(t, c, archive, opts)
	if c.Kind() != check.KindChange {
		if c.Page.Bad().Text == "" {
			t.Errorf("%s: no file of the test data has a want comment", c.ID)
		}
		if c.Page.Good().Text == "" {
			t.Errorf("%s: no file of the test data is without a want comment", c.ID)
		}
	}
}

// RunArchive runs a check over any test data.
func RunArchive(t *testing.T, c *check.Check, archive *txtar.Archive, opts Options) {
	t.Helper()
	w := newWorld(t, c, archive, opts)
	report := w.scan(t, w.files)
	w.compare(t, report)
	for _, n := range report.Notices {
		if n.Effect == check.EffectNotJudged {
			t.Errorf("%s: notice: %s", c.ID, n)
		}
	}
	w.golden(t, report)
	for f := range report.Active() {
		for _, fix := range f.Fixes {
			w.proveFix(t, report, f, fix)
		}
	}
}

// A world is one archive, taken apart.
type world struct {
	check  *check.Check
	opts   scan.Options
	files  map[string]string // what is judged; for a change check with base/ and head/
	wanted []want
	gold   map[string]string
}

type want struct {
	path    string
	line    int
	message *regexp.Regexp
}

const goMod = "module example.com/testdata\n\ngo 1.26\n"

func newWorld(t *testing.T, c *check.Check, archive *txtar.Archive, opts Options) *world {
	t.Helper()
	only := []string{c.ID}
	for _, o := range opts.Others {
		only = append(only, o.ID)
	}
	w := &world{
		check: c,
		opts: scan.Options{
			Checks: append([]*check.Check{c}, opts.Others...),
			Only:   only, Loader: loader(), Config: &config.Config{Persona: check.Auditor},
		},
		files: map[string]string{}, gold: map[string]string{},
	}
	if opts.Scan != nil {
		opts.Scan(&w.opts)
	}
	for _, f := range archive.Files {
		text := string(f.Data)
		if opts.Expand != nil {
			text = opts.Expand(text)
		}
		if name, ok := strings.CutSuffix(f.Name, ".golden"); ok {
			w.gold[name] = text
			continue
		}
		if _, twice := w.files[f.Name]; twice {
			t.Fatalf("%s: two files %s in the test data", c.ID, f.Name)
		}
		w.files[f.Name] = text
		w.wanted = append(w.wanted, wants(t, c, f.Name, text)...)
	}
	if _, ok := w.files["go.mod"]; !ok && c.Kind() == check.KindPackage {
		w.files["go.mod"] = goMod
	}
	return w
}

var expectation = regexp.MustCompile(`^\S+ want(?::([+-]\d+))? (.*)$`)

// wants reads the want comments of a file.
func wants(t *testing.T, c *check.Check, name, text string) []want {
	t.Helper()
	var found []want
	for i, line := range strings.Split(text, "\n") {
		at := check.WantIndex(line)
		if at < 0 {
			continue
		}
		where := fmt.Sprintf("%s: %s:%d", c.ID, name, i+1)
		m := expectation.FindStringSubmatch(strings.TrimRight(line[at:], "\r"))
		if m == nil {
			t.Fatalf("%s: malformed want comment", where)
		}
		offset, _ := strconv.Atoi(m[1])
		rest := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(m[2]), "-->"))
		for rest != "" {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("%s: want takes quoted regular expressions, not %s", where, rest)
			}
			pattern, _ := strconv.Unquote(quoted)
			re, err := regexp.Compile(pattern)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			found = append(found, want{strings.TrimPrefix(name, "head/"), i + 1 + offset, re})
			rest = strings.TrimSpace(rest[len(quoted):])
		}
	}
	return found
}

// tree makes a source of those files that have a prefix, without it.
func tree(files map[string]string, prefix string) source.Source {
	var docs []*check.Document
	for name, text := range files {
		if inner, ok := strings.CutPrefix(name, prefix); ok {
			docs = append(docs, source.NewDocument(inner, []byte(text), check.Revision{Kind: check.RevisionMemory}))
		}
	}
	return source.Files(docs...)
}

func (w *world) scan(t *testing.T, files map[string]string) *check.Report {
	t.Helper()
	scanner, err := scan.New(w.opts)
	if err != nil {
		t.Fatal(err)
	}
	var report *check.Report
	if w.check.Kind() == check.KindChange {
		report, err = scanner.ScanChange(t.Context(), change(files))
	} else {
		report, err = scanner.Scan(t.Context(), tree(files, ""))
	}
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// change makes the change from base/ to head/.
func change(files map[string]string) source.Change {
	names := map[string]bool{}
	for name := range files {
		if _, inner, ok := strings.Cut(name, "/"); ok {
			names[inner] = true
		}
	}
	c := source.Change{Head: tree(files, "head/"), Bases: []source.Source{tree(files, "base/")}}
	for name := range names {
		f := source.FileChange{Path: name, BasePaths: []string{name}}
		if _, ok := files["head/"+name]; !ok {
			f.Path = ""
		}
		if _, ok := files["base/"+name]; !ok {
			f.BasePaths[0] = ""
		}
		c.Files = append(c.Files, f)
	}
	slices.SortFunc(c.Files, func(a, b source.FileChange) int {
		return strings.Compare(a.Path+a.BasePaths[0], b.Path+b.BasePaths[0])
	})
	return c
}

// compare holds the findings against the want comments.
func (w *world) compare(t *testing.T, report *check.Report) {
	t.Helper()
	open := slices.Clone(w.wanted)
	for f := range report.Active() {
		l := f.Location
		i := slices.IndexFunc(open, func(x want) bool {
			return x.path == l.Path && x.line == l.Start.Line && x.message.MatchString(f.Message)
		})
		if i < 0 {
			t.Errorf("%s: %s:%s: not wanted: %s", f.CheckID, l.Path, l.Start, f.Message)
			continue
		}
		open = slices.Delete(open, i, i+1)
	}
	for _, x := range open {
		t.Errorf("%s: %s:%d: found nothing that matches %q", w.check.ID, x.path, x.line, x.message)
	}
}

// golden applies the first fix of each finding, all together.
func (w *world) golden(t *testing.T, report *check.Report) {
	t.Helper()
	edits := map[string][]check.Edit{}
	for f := range report.Active() {
		if len(f.Fixes) > 0 {
			for _, e := range f.Fixes[0].Edits {
				edits[e.Path] = append(edits[e.Path], e)
			}
		}
	}
	for name := range edits {
		if _, ok := w.gold[name]; !ok {
			t.Errorf("%s: %s has fixes, but the test data has no %s.golden", w.check.ID, name, name)
		}
	}
	for name, expected := range w.gold {
		fixed, err := check.Apply([]byte(w.files[name]), edits[name])
		if err != nil {
			t.Errorf("%s: fixes of %s: %v", w.check.ID, name, err)
		} else if string(fixed) != expected {
			t.Errorf("%s: after its fixes %s is\n%s\nwant\n%s", w.check.ID, name, fixed, expected)
		}
	}
}

// proveFix applies one fix alone: the files still parse, the packages
// type-check as well as before, and the finding is gone.
func (w *world) proveFix(t *testing.T, before *check.Report, f *check.Finding, fix check.Fix) {
	t.Helper()
	where := fmt.Sprintf("%s: %s:%s: fix %q", f.CheckID, f.Location.Path, f.Location.Start, fix.Title)
	prefix := ""
	if w.check.Kind() == check.KindChange {
		prefix = "head/"
	}
	files := map[string]string{}
	for name, text := range w.files {
		files[name] = text
	}
	byPath := map[string][]check.Edit{}
	for _, e := range fix.Edits {
		byPath[e.Path] = append(byPath[e.Path], e)
	}
	if len(byPath) == 0 {
		t.Errorf("%s: edits nothing", where)
		return
	}
	for name, edits := range byPath {
		fixed, err := check.Apply([]byte(files[prefix+name]), edits)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return
		}
		if path.Ext(name) == ".go" {
			if _, err := parser.ParseFile(token.NewFileSet(), name, fixed, parser.AllErrors); err != nil {
				t.Errorf("%s: the result does not parse: %v\n%s", where, err, fixed)
				return
			}
		}
		files[prefix+name] = string(fixed)
	}
	after := w.scan(t, files)
	if a, b := degraded(after), degraded(before); a > b {
		t.Errorf("%s: %d notices where there were %d: %v", where, a, b, after.Notices)
	}
	if a, b := count(after, f), count(before, f); a >= b {
		t.Errorf("%s: the finding is still there", where)
	}
}

func degraded(r *check.Report) (n int) {
	for _, x := range r.Notices {
		if x.Effect != check.EffectNone {
			n++
		}
	}
	return n
}

// count counts the findings of the same check in the same file.
func count(r *check.Report, like *check.Finding) (n int) {
	for f := range r.Active() {
		if f.CheckID == like.CheckID && f.Location.Path == like.Location.Path {
			n++
		}
	}
	return n
}
