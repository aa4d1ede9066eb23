package docker

import (
	"path"
	"regexp"
	"strings"
)

// An ignoreFile is a .dockerignore: patterns of filepath.Match with ** for any
// number of folders; a leading ! takes out again, and the last pattern that
// matches decides (docs.docker.com/build/concepts/context, ".dockerignore files").
type ignoreFile []ignorePattern

type ignorePattern struct {
	re      *regexp.Regexp
	exclude bool
}

func parseIgnore(text string) ignoreFile {
	var f ignoreFile
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		rest, negated := strings.CutPrefix(line, "!")
		rest = strings.TrimPrefix(path.Clean(strings.TrimSpace(rest)), "/")
		if re, err := regexp.Compile(ignoreRegexp(rest)); err == nil {
			f = append(f, ignorePattern{re, !negated})
		}
	}
	return f
}

// ignoreRegexp translates a pattern. What matches a folder matches all in it.
func ignoreRegexp(pattern string) string {
	var b strings.Builder
	b.WriteString(`\A`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case strings.HasPrefix(pattern[i:], "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			b.WriteString(pattern[i : i+end+1])
			i += end
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString(`(?:/|\z)`)
	return b.String()
}

// excludes reports whether a path, relative to the build context, stays out.
func (f ignoreFile) excludes(name string) bool {
	out := false
	for _, p := range f {
		if p.re.MatchString(name) {
			out = p.exclude
		}
	}
	return out
}
