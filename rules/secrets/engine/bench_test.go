package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/peercheck/peercheck/rules/secrets/engine"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

type text struct {
	path string
	data []byte
}

// corpus reads the Go files of a folder: that of $PEERCHECK_TREE, or else the
// standard library's net.
func corpus(tb testing.TB) (texts []text, size int64) {
	root := os.Getenv("PEERCHECK_TREE")
	if root == "" {
		tb.Skip("PEERCHECK_TREE names no folder to measure on")
	}
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if data, err := os.ReadFile(path); err == nil {
				rel, _ := filepath.Rel(root, path)
				texts = append(texts, text{rel, data})
				size += int64(len(data))
			}
		}
		return nil
	})
	return texts, size
}

func BenchmarkNew(b *testing.B) {
	gitleaks.Default()
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			c := gitleaks.Default()
			engine.New(c.Rules, engine.Options{Depth: 5, Allow: c.Allow})
		}
	})
	b.Run("gitleaks", func(b *testing.B) {
		for b.Loop() {
			detect.NewDetectorDefaultConfig()
		}
	})
}

func BenchmarkTree(b *testing.B) {
	texts, size := corpus(b)
	for _, depth := range []int{0, 5} {
		c := gitleaks.Default()
		e := engine.New(c.Rules, engine.Options{Depth: depth, Allow: c.Allow})
		b.Run(map[int]string{0: "depth0", 5: "depth5"}[depth]+"/ours", func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				for _, t := range texts {
					e.Detect(t.path, t.data)
				}
			}
		})
		oracle().MaxDecodeDepth = depth
		b.Run(map[int]string{0: "depth0", 5: "depth5"}[depth]+"/gitleaks", func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				for _, t := range texts {
					//lint:ignore SA1019 gitleaks v9, which replaces it, is not there yet
					oracle().Detect(detect.Fragment{Raw: string(t.data), FilePath: t.path})
				}
			}
		})
	}
}
