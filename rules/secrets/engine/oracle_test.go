package engine_test

import (
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
	"github.com/zricethezav/gitleaks/v8/report"

	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// oracle is gitleaks' own Detector with its default rules.
var oracle = sync.OnceValue(func() *detect.Detector {
	logging.Logger = zerolog.Nop()
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		panic(err)
	}
	d.MaxDecodeDepth = 5
	d.IgnoreGitleaksAllow = true // comments are triage's business here
	return d
})

var ours = sync.OnceValue(func() *engine.Engine {
	c := gitleaks.Default()
	return engine.New(c.Rules, engine.Options{Depth: 5, Allow: c.Allow})
})

// A hit is what both sides must agree on.
type hit struct {
	Rule, Secret string
	Line         int
}

func (h hit) String() string { return fmt.Sprintf("%s %q at line %d", h.Rule, h.Secret, h.Line) }

func sorted(hits []hit) []hit {
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Secret, b.Secret))
	})
	return slices.Compact(hits)
}

func theirHits(path, text string) []hit {
	var hits []hit
	//lint:ignore SA1019 gitleaks v9, which replaces it, is not there yet
	for _, f := range oracle().Detect(detect.Fragment{Raw: text, FilePath: path, StartLine: 1}) {
		hits = append(hits, theirHit(f))
	}
	return sorted(hits)
}

func theirHit(f report.Finding) hit { return hit{f.RuleID, f.Secret, f.StartLine} }

// ourHits gives ours, and those of them that gitleaks loses (see deviates).
func ourHits(path, text string) (hits, lost []hit) {
	for _, m := range ours().Detect(path, []byte(text)) {
		h := hit{Rule: m.Rule.ID, Secret: string(m.Value), Line: 1 + strings.Count(text[:m.Range.Start], "\n")}
		if m.Rule.Regex == nil {
			h.Line = 0
		}
		if hits = append(hits, h); m.Rule.Regex != nil && !m.Rule.Regex.Match(m.Text) {
			lost = append(lost, h)
		}
	}
	return sorted(hits), lost
}

// deviates says of a difference that it is a deviation which is meant:
//
//   - gitleaks looks for the secret a second time in what it matched, where
//     another group or length may fit: ours is what was found in the document. What
//     it matched has lost the line ends around it by then, and may be one character
//     too short to match again; then it has no secret to judge, and judges all of it.
//   - It decodes the whole text again in each pass, and takes places from the
//     last pass alone: a secret of several passes may be lines away.
//   - The long s and the Kelvin sign equal s and k to its expressions and
//     keywords; to ours they do not (see foldsToASCII).
//   - A rule of the same secret on the same line hides what a generic rule found.
//     We compare places, gitleaks line numbers that count from the last pass.
func deviates(text string, h hit, others []hit) bool {
	if strings.ContainsAny(text, "\u017f\u212a") {
		return true
	}
	for _, o := range others {
		if o.Rule != h.Rule {
			continue
		}
		if o.Line == h.Line && (strings.Contains(o.Secret, h.Secret) || strings.Contains(h.Secret, o.Secret)) {
			return true
		}
	}
	return false
}

// compare reports what one side found and the other did not.
func compare(t testing.TB, path, text string) {
	t.Helper()
	theirs := theirHits(path, text)
	own, lost := ourHits(path, text)
	for _, h := range theirs {
		if !slices.Contains(own, h) && !deviates(text, h, own) {
			t.Errorf("%s: only gitleaks finds %s", path, h)
		}
	}
	for _, h := range own {
		if !slices.Contains(theirs, h) && !slices.Contains(lost, h) && !deviates(text, h, theirs) {
			t.Errorf("%s: only we find %s", path, h)
		}
	}
}

// cases are the samples by which gitleaks checks each of its rules while it
// generates its configuration (cmd/generate/config/rules of v8.30.1): what must
// be found, and what must not. They are random, and packed so that nobody takes
// them for leaked ones.
func cases(tb testing.TB) (list []sample) {
	f, err := os.Open("testdata/gitleaks-cases.jsonl.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	for d := json.NewDecoder(z); ; {
		var s sample
		if err := d.Decode(&s); err == io.EOF {
			return list
		} else if err != nil {
			tb.Fatal(err)
		}
		list = append(list, s)
	}
}

type sample struct {
	Rule, Path, Text string
	Positive         bool
}

func TestGitleaksCases(t *testing.T) {
	list := cases(t)
	if len(list) < 6000 {
		t.Fatalf("only %d cases", len(list))
	}
	for _, c := range list {
		compare(t, c.Path, c.Text)
	}
}

// The same as one document after another, and encoded: what surrounds a secret,
// and how often it is decoded, changes nothing.
func TestEncodedCases(t *testing.T) {
	for i, c := range cases(t) {
		if i%29 != 0 || c.Path != "" {
			continue
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(c.Text))
		compare(t, "", "before = 1\n"+encoded+"\nafter = 2\n")
		compare(t, "", "x: "+hex.EncodeToString([]byte(c.Text))+"\n")
		compare(t, "", "x: "+base64.StdEncoding.EncodeToString([]byte(encoded)))
		compare(t, "", strings.Repeat("func f() { return key.token }\n", 100)+c.Text+"\n"+strings.Repeat("password: auth\n", 100))
	}
}

// Each deviation is one: gitleaks finds nothing there that would make ours needless.
func TestDeviations(t *testing.T) {
	text := "ZXlKaGJHY2lPaU" + strings.Repeat("0", 39) + "\n" // of {40,} the line end is one
	own, lost := ourHits("", text)
	if theirs := theirHits("", text); len(theirs) > 0 || len(own) != 1 || !slices.Equal(own, lost) {
		t.Errorf("a match with a line end: gitleaks finds %v, we %v, of which it loses %v", theirs, own, lost)
	}
}

// FuzzOracle mixes gitleaks' samples with anything.
func FuzzOracle(f *testing.F) {
	for i, c := range cases(f) {
		if i%23 == 0 {
			f.Add(c.Path, c.Text)
		}
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		if len(text) > 1<<15 {
			return
		}
		compare(t, path, text)
	})
}

// TestTree compares on a folder of one's own: PEERCHECK_TREE=dir go test -run Tree.
func TestTree(t *testing.T) {
	root := os.Getenv("PEERCHECK_TREE")
	if root == "" {
		t.Skip("PEERCHECK_TREE names no folder to compare with gitleaks on")
	}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err == nil && len(text) < 1<<20 {
			compare(t, filepath.ToSlash(rel), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
