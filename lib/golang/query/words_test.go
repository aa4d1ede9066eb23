package query_test

import (
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/golang/query"
)

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"validURLPath":  "valid url path",
		"userAPIKey2":   "user api key",
		"HTTPServer":    "http server",
		"session_id":    "session id",
		"X-Auth-Token":  "x auth token",
		"userIDs":       "user ids",
		"IDsOf":         "ids of",
		"URLsafe":       "ur lsafe", // that a word ends here is not to be seen
		"IDstore":       "i dstore",
		"URLs2Check":    "urls check",
		"getS":          "get s",
		"Is":            "is",
		"GRANT_TYPE":    "grant type",
		"größteZahl":    "größte zahl",
		"路径Path":        "路径 path",
		"sha256OfToken": "sha of token",
		"is8bit":        "is bit",
		"x509Cert":      "x cert",
		"v2beta1":       "v beta",
		"123":           "",
		"":              "",
		"_":             "",
		"a\xffB":        "a b",
	} {
		if got := strings.Join(query.Words(name), " "); got != want {
			t.Errorf("Words(%q) = %q, want %q", name, got, want)
		}
	}
}
