package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// trustedFolders reads the user's list of trusted folders. Without one all are
// trusted; a list that cannot be read trusts none.
func trustedFolders() func(dir string) bool {
	config, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	list, err := os.ReadFile(filepath.Join(config, "peercheck", "trusted"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var folders []string
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			folders = append(folders, filepath.Clean(line))
		}
	}
	return func(dir string) bool {
		for _, f := range folders {
			if rel, err := filepath.Rel(f, dir); err == nil && filepath.IsLocal(rel) {
				return true
			}
		}
		return false
	}
}
