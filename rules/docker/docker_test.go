package docker

import (
	"testing"

	"github.com/peercheck/peercheck/lib/checktest"
)

func TestChecks(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			checktest.Run(t, c, checktest.Options{})
		})
	}
}

func TestIgnoreFile(t *testing.T) {
	for _, tt := range []struct {
		text, name string
		want       bool
	}{
		{".git", ".git/config", true},
		{"/.git/", ".git/config", true},
		{".git\n!.git/HEAD", ".git/config", true},
		{".git\n!.git", ".git/config", false},
		{"*\n!src", ".git/config", true},
		{"# .git\n", ".git/config", false},
		{"**/.env", ".env", true},
		{"**/.env", "a/b/.env", true},
		{".env*", ".env.local", true},
		{".e?v", ".env", true},
		{"[.]env", ".env", true},
		{".gitignore", ".git/config", false},
		{"**", ".env", true},
		{"*/.env", ".env", false},
	} {
		if got := parseIgnore(tt.text).excludes(tt.name); got != tt.want {
			t.Errorf("%q excludes %s: %v", tt.text, tt.name, got)
		}
	}
}
