package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes text of the judged tree harmless and readable on a terminal:
// what is not a graphic character of Unicode is spelt out as in Go, "\x1b" or
// "\u202e", bytes that are no UTF-8 as "\xff". That takes in the C0 and C1
// controls, line breaks, and the characters that reorder or hide text. A text
// without any of them is returned as it is; backslashes are not doubled.
//
// Every path, message and snippet goes through it (invariant 11).
func Escape(s string) string {
	i := 0
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !harmless(r, size) {
			break
		}
		i += size
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		b.WriteString(escapeRune(r, s[i:i+size]))
		i += size
	}
	return b.String()
}

// harmless reports whether a rune of so many bytes shows as itself and nothing
// else. The joiners are format characters, but emoji and several scripts are
// misspelt without them, and they neither hide nor reorder anything.
func harmless(r rune, size int) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	if r == utf8.RuneError && size == 1 {
		return false
	}
	return unicode.IsGraphic(r) || r == zwnj || r == zwj
}

func escapeRune(r rune, raw string) string {
	switch {
	case harmless(r, len(raw)):
		return raw
	case r == utf8.RuneError:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
