package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/peercheck/peercheck/rules/secrets/engine"
)

func TestWords(t *testing.T) {
	words := engine.NewWords([]string{"key", "open-ai", "openai", "auth(", "n8n", "pw"}, []string{"token", "pwd"})
	for text, want := range map[string]string{
		"API_KEY apiKey key2 KEY":   "KEY Key key KEY",
		"monkey keys KEYS keyed":    "",
		"OPENAIKey OpenAI openai_x": "OPENAI Key OpenAI openai",
		"open-ai OPEN-AI_KEY":       "open-ai OPEN-AI KEY",
		"doAuth(x) auth (x)":        "Auth(",
		"n8n N8N_KEY":               "n8n N8N KEY",
		"pw PWs myPw":               "pw Pw",
		"mytoken TOKEN tokens":      "token TOKEN",
		"DBPWD dbPwd2":              "PWD Pwd",
		"HTTPKey HTTPKEY":           "Key",
	} {
		var got []string
		words.Scan([]byte(text), func(_ int, start, end int) bool {
			got = append(got, text[start:end])
			return true
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %s", text, got, want)
		}
	}
}

// Each word is found wherever it stands between two places where words may end,
// and nothing else is.
func FuzzWords(f *testing.F) {
	f.Add("key", "keys", "apikey", "my apiKEYs and Key")
	f.Add("abc", "d-e", "abcd", "abc\x00ABCD-E")
	f.Fuzz(func(t *testing.T, a, b, suffix, text string) {
		ascii := func(s string) string {
			return strings.Map(func(r rune) rune { return r & 0x7f }, s)
		}
		words := []string{strings.ToLower(ascii(a)), strings.ToLower(ascii(b)), strings.ToLower(ascii(suffix))}
		text = ascii(text)
		if len(words[0]) < 2 || len(words[1]) < 2 || len(words[2]) < 3 || strings.ContainsFunc(words[2], func(r rune) bool { return !unicode.IsLower(r) }) {
			return
		}
		var got, want []string
		engine.NewWords(words[:2], words[2:]).Scan([]byte(text), func(word, start, end int) bool {
			got = append(got, fmt.Sprint(word, start, end))
			return true
		})
		edge := func(at int) bool { // whether a word ends or begins at an offset
			if at == 0 || at == len(text) {
				return true
			}
			class := func(i int) int {
				switch r := rune(text[i]); {
				case unicode.IsLower(r):
					return 1
				case unicode.IsUpper(r):
					return 2
				case unicode.IsDigit(r):
					return 3
				}
				return 0
			}
			p, c := class(at-1), class(at)
			return p == 0 || c == 0 || (p == 3) != (c == 3) || p == 1 && c == 2 || p == 2 && c == 2 && at+1 < len(text) && class(at+1) == 1
		}
		for i, w := range words {
			for at := range len(text) {
				end := at + len(w)
				if end > len(text) || strings.ToLower(text[at:end]) != w || !edge(end) {
					continue
				}
				switch begins := unicode.IsLetter(rune(text[at])) || unicode.IsDigit(rune(text[at])); {
				case i < 2 && begins && edge(at):
					want = append(want, fmt.Sprint(i, at, end))
				case i == 2 && oneWord(at, end, edge):
					want = append(want, fmt.Sprint(i, at, end))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q in %q: got %q, want %q", words, text, got, want)
		}
	})
}

// oneWord reports whether no word ends within a range.
func oneWord(start, end int, edge func(int) bool) bool {
	for at := start + 1; at < end; at++ {
		if edge(at) {
			return false
		}
	}
	return true
}
