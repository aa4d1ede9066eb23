// Package samples holds the Go checks against the samples of gosec, which others
// wrote and labelled. See the README for what is measured and how.
package samples

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules"
)

// gosec is the module that has the samples: another version has others.
const gosec = "github.com/securego/gosec/v2@v2.30.0"

// What has to hold: the bounds that the checks were made for.
const (
	minRecall        = 0.97
	maxFlagged       = 0.03
	maxDisagreements = 0.12
	maxExcused       = 0.12 // of the samples with a class, those that gosec calls bad and we do not
)

// A sample is one package with an expectation.
type sample struct {
	name  string // "G404/2": the rule, and which of its samples, from 0
	class class
	files []string
	bad   bool // as gosec says
	found []finding
}

type finding struct {
	id   string
	def  bool // the default persona sees it
	cwes []check.CWE
}

// A class is what gosec's rule is about; no CWEs if no check is.
type class struct {
	cwes []check.CWE
	what string
}

// A label is our own, where it differs.
type label struct {
	bad    bool
	reason string
}

func TestSamples(t *testing.T) {
	folder := checktest.Module(t, gosec)
	all := read(t, filepath.Join(folder, "testutils"), classes(t))
	labels := disagreements(t, all)
	judge(t, all)

	var inScope, bad, found, pedantic, elsewhere, clean, flagged int
	for _, s := range all {
		if len(s.class.cwes) == 0 {
			continue
		}
		inScope++
		isBad := s.bad
		if l, ok := labels[s.name]; ok {
			isBad = l.bad
		}
		byDefault, byOthers, other := s.verdict()
		switch {
		case isBad && len(byDefault) > 0:
			bad, found = bad+1, found+1
		case isBad:
			bad++
			switch {
			case len(byOthers) > 0:
				pedantic++
				t.Logf("only Pedantic or Auditor: %s: %s", s.name, byOthers)
			case len(other) > 0:
				elsewhere++
				t.Logf("missed, with findings of another class: %s: %s", s.name, other)
			default:
				t.Logf("missed: %s (%s)", s.name, s.class.what)
			}
		default:
			clean++
			if len(byDefault) > 0 {
				flagged++
				t.Logf("clean, but flagged: %s: %s", s.name, byDefault)
			}
		}
	}
	recall, wrong, disagree := part(found, bad), part(flagged, clean), part(len(labels), len(all))
	excused := 0 // labels that make it easier for us; the others ask for more than gosec does
	for _, l := range labels {
		if !l.bad {
			excused++
		}
	}
	t.Logf("%d samples, %d of a class that the catalogue has; %d labelled otherwise (%.1f %% of all, %.1f %% of those with a class)",
		len(all), inScope, len(labels), 100*disagree, 100*part(len(labels), inScope))
	t.Logf("%d of these we hold to be clean (%.1f %% of those with a class), %d are flaws that gosec does not find", excused, 100*part(excused, inScope), len(labels)-excused)
	t.Logf("found %d of %d (%.1f %%); %d more only at Pedantic or Auditor, %d with findings of another class only", found, bad, 100*recall, pedantic, elsewhere)
	t.Logf("flagged %d of %d clean ones (%.1f %%)", flagged, clean, 100*wrong)
	if recall < minRecall {
		t.Errorf("recall is %.3f, want %.2f", recall, minRecall)
	}
	if wrong > maxFlagged {
		t.Errorf("%.3f of the clean samples are flagged, want %.2f at most", wrong, maxFlagged)
	}
	if got := part(excused, inScope); got >= maxExcused {
		t.Errorf("%.3f of the samples with a class are held to be clean against gosec, want less than %.2f", got, maxExcused)
	}
	if disagree >= maxDisagreements {
		t.Errorf("%.3f of the samples are labelled otherwise, want less than %.2f", disagree, maxDisagreements)
	}
}

func part(n, of int) float64 { return float64(n) / float64(max(1, of)) }

// verdict gives the checks that found something of the sample's class, by default
// and only for other personas, and those of the default that found something else.
func (s *sample) verdict() (byDefault, byOthers, other []string) {
	for _, f := range s.found {
		agrees := slices.ContainsFunc(f.cwes, func(c check.CWE) bool { return slices.Contains(s.class.cwes, c) })
		switch {
		case agrees && f.def:
			byDefault = append(byDefault, f.id)
		case agrees:
			byOthers = append(byOthers, f.id)
		case f.def:
			other = append(other, f.id)
		}
	}
	return slices.Compact(byDefault), slices.Compact(byOthers), slices.Compact(other)
}

// lines calls f for every line of a data file that is not empty or a comment, with
// its first word and the rest.
func lines(t *testing.T, name string, f func(first, rest string)) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		first, rest, _ := strings.Cut(line, " ")
		f(first, strings.TrimSpace(rest))
	}
}

// classes reads what gosec's rules are about.
func classes(t *testing.T) map[string]class {
	all := map[string]class{}
	lines(t, "classes.txt", func(rule, rest string) {
		var c class
		for rest != "" {
			word, after, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(word)
			if err != nil {
				break
			}
			c.cwes, rest = append(c.cwes, check.CWE(n)), strings.TrimSpace(after)
		}
		c.what = strings.TrimSpace(strings.TrimPrefix(rest, "-"))
		if c.what == "" {
			t.Errorf("classes.txt: %s says nothing", rule)
		}
		all[rule] = c
	})
	return all
}

// disagreements reads the samples that we label otherwise.
func disagreements(t *testing.T, all []*sample) map[string]label {
	labels := map[string]label{}
	reason, isBad := "", false
	lines(t, "disagreements.txt", func(first, rest string) {
		if first == "clean:" || first == "bad:" {
			reason, isBad = rest, first == "bad:"
			return
		}
		for _, name := range append([]string{first}, strings.Fields(rest)...) {
			i := slices.IndexFunc(all, func(s *sample) bool { return s.name == name })
			switch _, again := labels[name]; {
			case i < 0:
				t.Errorf("disagreements.txt: there is no sample %s", name)
			case len(all[i].class.cwes) == 0:
				t.Errorf("disagreements.txt: %s is of a class that is not measured", name)
			case all[i].bad == isBad || again:
				t.Errorf("disagreements.txt: %s is labelled so already", name)
			case reason == "":
				t.Errorf("disagreements.txt: %s has no reason", name)
			}
			labels[name] = label{isBad, reason}
		}
	})
	return labels
}

// read takes the samples out of gosec's source: lists of {[]string{code, ...},
// number of issues, configuration}.
func read(t *testing.T, folder string, classes map[string]class) []*sample {
	files, err := filepath.Glob(filepath.Join(folder, "g*_samples.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", folder, err)
	}
	var all []*sample
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.VAR {
				continue
			}
			for _, spec := range decl.Specs {
				v := spec.(*ast.ValueSpec)
				list, ok := v.Values[0].(*ast.CompositeLit)
				if !ok {
					t.Fatalf("%s: %s is no list of samples", file, v.Names[0])
				}
				name := strings.TrimPrefix(v.Names[0].Name, "SampleCode")
				rule := name[:len("G000")]
				c, ok := classes[rule]
				if !ok {
					t.Errorf("classes.txt: %s is not in it", rule)
				}
				for i, e := range list.Elts {
					s := &sample{name: fmt.Sprintf("%s/%d", name, i), class: c}
					if err := s.decode(e); err != nil {
						t.Fatalf("%s: %s: %v", file, s.name, err)
					}
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// decode reads one element of a list of samples, with or without the names of the fields.
func (s *sample) decode(e ast.Expr) error {
	lit, ok := e.(*ast.CompositeLit)
	if !ok || len(lit.Elts) < 2 {
		return fmt.Errorf("is written in an unknown way")
	}
	fields := map[string]ast.Expr{}
	for i, e := range lit.Elts {
		key := []string{"Code", "Errors", "Config"}[i]
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			key, e = kv.Key.(*ast.Ident).Name, kv.Value
		}
		fields[key] = e
	}
	errors, ok := fields["Errors"].(*ast.BasicLit)
	code, isList := fields["Code"].(*ast.CompositeLit)
	if !ok || !isList {
		return fmt.Errorf("has no code or no number of issues")
	}
	s.bad = errors.Value != "0"
	for _, e := range code.Elts {
		text, err := constant(e)
		if err != nil {
			return err
		}
		s.files = append(s.files, text)
	}
	return nil
}

// constant gives a string that is written as literals put together.
func constant(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.BinaryExpr:
		x, err := constant(e.X)
		if err != nil {
			return "", err
		}
		y, err := constant(e.Y)
		return x + y, err
	}
	return "", fmt.Errorf("%T is no constant text", e)
}

// judge scans all samples at once, each in a folder of its own, in a module that
// requires what this one does.
func judge(t *testing.T, all []*sample) {
	byFolder := map[string]*sample{}
	var docs []*check.Document
	add := func(name, text string) {
		docs = append(docs, source.NewDocument(name, []byte(text), check.Revision{Kind: check.RevisionMemory}))
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		add(name, string(text))
	}
	for _, s := range all {
		// No file is named sample, which says that what is in it is none of a program's.
		folder := strings.ReplaceAll(s.name, "/", "_")
		byFolder[folder] = s
		for i, text := range s.files {
			add(fmt.Sprintf("%s/main%d.go", folder, i), text)
		}
	}
	checks := rules.All()
	scanner, err := scan.New(scan.Options{Checks: checks, Config: &config.Config{Persona: check.Auditor}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := scanner.Scan(t.Context(), source.Files(docs...))
	if err != nil {
		t.Fatal(err)
	}
	for f := range report.Active() {
		folder, _, _ := strings.Cut(f.Location.Path, "/")
		s := byFolder[folder]
		i := slices.IndexFunc(checks, func(c *check.Check) bool { return c.ID == f.CheckID })
		if s == nil || i < 0 {
			continue
		}
		s.found = append(s.found, finding{f.CheckID, max(f.Persona, checks[i].Persona) == check.Regular, checks[i].CWE})
	}
	for _, n := range report.Notices {
		if n.Effect == check.EffectNotJudged {
			t.Errorf("%s: %s", n.Path, n.Message)
		}
	}
}
