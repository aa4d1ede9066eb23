package engine_test

import (
	"cmp"
	"fmt"
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

func ourHits(path, text string) []hit {
	var hits []hit
	for _, m := range ours().Detect(path, []byte(text)) {
		h := hit{Rule: m.Rule.ID, Secret: string(m.Value), Line: 1 + strings.Count(text[:m.Range.Start], "\n")}
		if m.Rule.Regex == nil {
			h.Line = 0
		}
		hits = append(hits, h)
	}
	return sorted(hits)
}

// compare reports what one side found and the other did not.
func compare(t testing.TB, path, text string) {
	t.Helper()
	theirs, own := theirHits(path, text), ourHits(path, text)
	for _, h := range theirs {
		if !slices.Contains(own, h) {
			t.Errorf("%s: only gitleaks finds %v", path, h)
		}
	}
	for _, h := range own {
		if !slices.Contains(theirs, h) {
			t.Errorf("%s: only we find %v", path, h)
		}
	}
}

func TestTree(t *testing.T) {
	root := os.Getenv("PEERCHECK_TREE")
	if root == "" {
		t.Skip("PEERCHECK_TREE names no folder to compare with gitleaks on")
	}
	n := 0
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if text, err := os.ReadFile(path); err == nil && len(text) < 1<<20 {
				rel, _ := filepath.Rel(root, path)
				compare(t, rel, string(text))
				n++
			}
		}
		return nil
	})
	fmt.Println(n, "files")
}
