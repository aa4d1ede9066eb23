package secrets

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/zricethezav/gitleaks/v8/config"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/gitleaks"
)

// BenchmarkTree runs all checks of the package over the folder PEERCHECK_TREE.
func BenchmarkTree(b *testing.B) {
	root := os.Getenv("PEERCHECK_TREE")
	if root == "" {
		b.Skip("PEERCHECK_TREE names no folder to measure on")
	}
	type file struct {
		path string
		text []byte
	}
	var files []file
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files = append(files, file{filepath.ToSlash(rel), text})
		b.SetBytes(int64(len(text)))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var size int64
	for _, f := range files {
		size += int64(len(f.text))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, f := range files {
			standard.found(check.NewDocument(f.path, "", f.text, check.Revision{}))
		}
	}
}

// BenchmarkFirst is all that is made before the first document: with the rules that
// are built in, and with a configuration of a repository's own that is as long, each
// expression of which is checked.
func BenchmarkFirst(b *testing.B) {
	for name, config := range map[string]func() *gitleaks.Config{
		"default": gitleaks.ReadDefault,
		"own": func() *gitleaks.Config {
			c, _, err := gitleaks.Parse("c.toml", gitleaksTOML, nil)
			if err != nil {
				b.Fatal(err)
			}
			return c
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := &ruleset{}
				s.prepare(config)
				s.engine()
				newVocabulary()
				newServices()
			}
		})
	}
}

var gitleaksTOML = []byte(config.DefaultConfig)
