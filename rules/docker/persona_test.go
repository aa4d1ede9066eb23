package docker

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/check"
)

// An image that is published is for everybody to look at; one that developers build for
// themselves is not.
func TestImagesOfDevelopers(t *testing.T) {
	text := "FROM scratch\nCOPY go.mod /\nCOPY . .\n"
	for name, want := range map[string]check.Persona{
		"Dockerfile": check.Regular, "build/package/Dockerfile": check.Regular, "deploy/attest/Dockerfile": check.Regular, "cmd/latest/Dockerfile": check.Regular,
		"test/e2e/docker/Dockerfile": check.Pedantic, ".clusterfuzzlite/Dockerfile": check.Pedantic, "hack/Dockerfile": check.Pedantic,
		"Dockerfile.dev": check.Pedantic, "docker/local/Dockerfile": check.Pedantic, ".devcontainer/Dockerfile": check.Pedantic, "examples/chat/Dockerfile": check.Pedantic,
	} {
		d := check.NewDocument(name, "dockerfile", []byte(text), check.Revision{})
		tree := fstest.MapFS{name: {Data: []byte(text)}, "go.mod": {}}
		var found []check.Finding
		p := &check.ProjectPass{Check: CopiesSecretsIntoImage, Documents: []*check.Document{d}, FS: tree, Report: func(f check.Finding) { found = append(found, f) },
			Read: func(path string) (*check.Document, error) {
				text, err := tree.ReadFile(path)
				return check.NewDocument(path, "", text, check.Revision{}), err
			}}
		if err := CopiesSecretsIntoImage.RunProject(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		if len(found) != 1 || found[0].Persona != want {
			t.Errorf("%s: %v, want one for %v", name, found, want)
		}
	}
}
