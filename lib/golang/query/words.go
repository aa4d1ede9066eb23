package query

import (
	"strings"
	"unicode"
)

// Words splits an identifier, a header or a path into its words, in lower case:
// "userAPIKey2" gives user, api, key; "userIDs" gives user, ids. What is no letter
// separates, digits too, and is dropped.
func Words(name string) []string {
	var words []string
	runes := []rune(name)
	start := 0 // of the word at hand
	flush := func(end int) {
		if start < end {
			words = append(words, strings.ToLower(string(runes[start:end])))
		}
		start = end
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r):
			flush(i)
			start = i + 1
		case unicode.IsUpper(r) && start < i:
			acronymEnds := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !pluralS(runes, i+1)
			if acronymEnds || unicode.IsLower(runes[i-1]) {
				flush(i)
			}
		}
	}
	flush(len(runes))
	return words
}

// pluralS reports whether a lower-case letter after an upper-case one is the s of a
// plural: "IDs".
func pluralS(runes []rune, i int) bool {
	return runes[i] == 's' && (i+1 == len(runes) || !unicode.IsLower(runes[i+1]))
}
