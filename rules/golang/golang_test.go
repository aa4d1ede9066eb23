package golang

import (
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules/golang/auth"
)

func TestChecks(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			checktest.Run(t, c, checktest.Options{})
		})
	}
}

// A key that is found by its use is in no snippet, also where another finding or
// the declaration shows it.
func TestKeysAreMasked(t *testing.T) {
	const key = "s3cret-signing-key-of-the-shop"
	scanner, err := scan.New(scan.Options{Checks: []*check.Check{auth.HardcodedKey}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := scanner.Scan(t.Context(), source.Files(
		source.NewDocument("go.mod", []byte("module example.com/m\n\ngo 1.26\n"), check.Revision{Kind: check.RevisionMemory}),
		source.NewDocument("a.go", []byte(`package m

import "crypto/aes"

var named = "`+key+`"

var block, _ = aes.NewCipher([]byte("`+key+`"))

var other, _ = aes.NewCipher([]byte(named))
`), check.Revision{Kind: check.RevisionMemory})))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 2 {
		t.Fatalf("%d findings, want 2: %v", len(report.Findings), report.Findings)
	}
	for _, f := range report.Findings {
		if strings.Contains(f.Message+f.Location.Snippet, key) || f.Location.Snippet == "" {
			t.Errorf("%s shows the key, or nothing: %q", f.Location.Start, f.Location.Snippet)
		}
	}
}

// A log for debugging may show URLs, unless somebody asks for more; an error may not.
func TestURLsInLogs(t *testing.T) {
	for persona, want := range map[check.Persona]int{check.Pedantic: 1, check.Auditor: 2} {
		scanner, err := scan.New(scan.Options{Checks: []*check.Check{auth.SecretInLog}, Config: &config.Config{Persona: persona}})
		if err != nil {
			t.Fatal(err)
		}
		report, err := scanner.Scan(t.Context(), source.Files(
			source.NewDocument("go.mod", []byte("module example.com/m\n\ngo 1.26\n"), check.Revision{Kind: check.RevisionMemory}),
			source.NewDocument("a.go", []byte(`package m

import (
	"fmt"
	"log/slog"
	"net/url"
)

func connect(u *url.URL) error {
	password, ok := u.User.Password()
	if !ok {
		slog.Debug("no password", "url", u)
	}
	return fmt.Errorf("%s: the password has %d bytes", u, len(password))
}
`), check.Revision{Kind: check.RevisionMemory})))
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != want {
			t.Errorf("persona %v: %d findings, want %d: %v", persona, len(report.Findings), want, report.Findings)
		}
	}
}
