package check

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Matches reports whether a document of this path and language passes the filter.
func (f DocumentFilter) Matches(path, language string) bool {
	if f.Language != "" && f.Language != language {
		return false
	}
	if f.Pattern == "" {
		return true
	}
	g, err := CompileGlob(f.Pattern)
	return err == nil && g.Match(path)
}

// A Glob is a compiled path pattern; see [DocumentFilter] for its syntax. It is
// safe for concurrent use.
type Glob struct{ re *regexp.Regexp }

// Match reports whether the glob matches the whole of a slash-separated path.
func (g Glob) Match(path string) bool { return g.re.MatchString(path) }

var globs sync.Map // pattern -> Glob or error; patterns come from checks and configuration

// CompileGlob compiles a pattern, once per pattern. Its error names the pattern
// and what is wrong with it.
func CompileGlob(pattern string) (Glob, error) {
	if v, ok := globs.Load(pattern); ok {
		if err, bad := v.(error); bad {
			return Glob{}, err
		}
		return v.(Glob), nil
	}
	re, err := globRegexp(pattern)
	if err != nil {
		globs.Store(pattern, err)
		return Glob{}, err
	}
	g := Glob{re}
	globs.Store(pattern, g)
	return g, nil
}

func globRegexp(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	if !strings.Contains(pattern, "/") {
		b.WriteString(`(?:.*/)?`)
	}
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			if strings.HasPrefix(pattern[i:], "**/") {
				b.WriteString(`(?:.*/)?`)
				i += 2
			} else if strings.HasPrefix(pattern[i:], "**") {
				b.WriteString(`.*`)
				i++
			} else {
				b.WriteString(`[^/]*`)
			}
		case '?':
			b.WriteString(`[^/]`)
		case '{':
			depth++
			b.WriteString(`(?:`)
		case '}':
			if depth == 0 {
				return nil, fmt.Errorf("pattern %q: } without {", pattern)
			}
			depth--
			b.WriteByte(')')
		case ',':
			if depth > 0 {
				b.WriteByte('|')
			} else {
				b.WriteByte(',')
			}
		case '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 2 {
				return nil, fmt.Errorf("pattern %q: [ without ]", pattern)
			}
			class := pattern[i+1 : i+end]
			b.WriteByte('[')
			if class[0] == '!' || class[0] == '^' {
				b.WriteString(`^/`)
				class = class[1:]
			}
			b.WriteString(strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`).Replace(class))
			b.WriteByte(']')
			i += end
		default:
			_, size := utf8.DecodeRuneInString(pattern[i:])
			b.WriteString(regexp.QuoteMeta(pattern[i : i+size]))
			i += size - 1
		}
	}
	if depth > 0 {
		return nil, fmt.Errorf("pattern %q: { without }", pattern)
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return re, nil
}
