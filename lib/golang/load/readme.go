package load

import (
	"cmp"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/peercheck/peercheck/lib/purpose"
)

// readmes are what the READMEs of folders say, each read once.
type readmes map[string]bool

// trial reports whether the README of a folder says that what is there is for tests, to show something or for developers.
func (r readmes) trial(fsys fs.FS, folder string) bool {
	says, known := r[folder]
	if !known {
		says = purpose.Trial(readme(fsys, folder))
		r[folder] = says
	}
	return says
}

// readme gives the beginning of the first README of a folder, or of that in its .github, which GitHub shows for the folder;
// "" if none can be read, which takes nothing from the verdict.
func readme(fsys fs.FS, folder string) string {
	return cmp.Or(readmeIn(fsys, folder), readmeIn(fsys, path.Join(folder, ".github")))
}

func readmeIn(fsys fs.FS, folder string) string {
	entries, err := fs.ReadDir(fsys, folder)
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		if base, extension, _ := strings.Cut(strings.ToLower(entry.Name()), "."); base != "readme" || extension == "go" || !entry.Type().IsRegular() {
			continue
		}
		f, err := fsys.Open(path.Join(folder, entry.Name()))
		if err != nil {
			return ""
		}
		defer f.Close()
		beginning, err := io.ReadAll(io.LimitReader(f, maxReadme))
		if err != nil {
			return ""
		}
		return string(beginning)
	}
	return ""
}

// maxReadme bounds what is read of a README: what it says first, with the badges above it.
const maxReadme = 16 << 10
