package ignore_test

import (
	"slices"
	"testing"

	"github.com/peercheck/peercheck/lib/syntax/ignore"
)

func TestParseGitleaksIgnore(t *testing.T) {
	leaks, errs := ignore.ParseGitleaksIgnore([]byte("\ufeff# why\na/b.go:github-pat:12\r\n\n0123456789abcdef0123456789abcdef01234567:c:d\\e.txt:generic-api-key:3\nnonsense\n"))
	want := []ignore.Leak{
		{Path: "a/b.go", Rule: "github-pat", Line: 12, At: 2},
		{Commit: "0123456789abcdef0123456789abcdef01234567", Path: "c:d/e.txt", Rule: "generic-api-key", Line: 3, At: 4},
	}
	if !slices.Equal(leaks, want) {
		t.Errorf("%+v", leaks)
	}
	if len(errs) != 1 || errs[0].Error() != "line 5 is no fingerprint: write path:rule:line or commit:path:rule:line" {
		t.Errorf("%v", errs)
	}
	l := &leaks[0]
	if !l.Covers("secrets/github-pat", "a/b.go", 12) || l.Covers("secrets/github-pat", "a/b.go", 13) || l.Covers("secrets/github-oauth", "a/b.go", 12) {
		t.Error("covers the wrong finding")
	}
}

func TestParseGitleaksBaseline(t *testing.T) {
	leaks, err := ignore.ParseGitleaksBaseline([]byte(`[{"RuleID": "github-pat", "File": "a.go", "StartLine": 7, "Commit": "abc", "Secret": "x"}]`))
	if err != nil || !slices.Equal(leaks, []ignore.Leak{{Commit: "abc", Path: "a.go", Rule: "github-pat", Line: 7}}) {
		t.Errorf("%+v %v", leaks, err)
	}
	for _, bad := range []string{"{}", "[{}]", ""} {
		if _, err := ignore.ParseGitleaksBaseline([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
