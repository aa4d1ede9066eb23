package docker

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/check"
)

// An image that is published is for everybody to look at; one that developers build for
// themselves is not.
func TestImagesOfDevelopers(t *testing.T) {
	for name, want := range map[string]check.Persona{
		"Dockerfile": check.Regular, "build/package/Dockerfile": check.Regular, "deploy/attest/Dockerfile": check.Regular, "cmd/latest/Dockerfile": check.Regular,
		"test/e2e/docker/Dockerfile": check.Pedantic, ".clusterfuzzlite/Dockerfile": check.Pedantic, "hack/Dockerfile": check.Pedantic,
		"Dockerfile.dev": check.Pedantic, "docker/local/Dockerfile": check.Pedantic, ".devcontainer/Dockerfile": check.Pedantic, "examples/chat/Dockerfile": check.Pedantic,
	} {
		if got := persona(t, name, "FROM scratch\nCOPY go.mod /\nCOPY . .\n", ".env"); got != want {
			t.Errorf("%s is for %v, want %v", name, got, want)
		}
	}
}

// An image of a compiler in which nothing is started is there to build and to test in,
// and one that starts tests or an example to try the program.
func TestImagesByContent(t *testing.T) {
	for text, want := range map[string]check.Persona{
		"FROM golang:1.25@sha256:31c1\nCOPY . /src\nRUN go build ./...\n":                               check.Pedantic,
		"FROM mcr.microsoft.com/dotnet/sdk:9.0\nCOPY . .\n":                                             check.Pedantic,
		"FROM gcr.io/oss-fuzz-base/base-builder-go\nCOPY . .\n":                                         check.Pedantic,
		"FROM docker.io/library/rust AS base\nFROM base\nADD . /x\n":                                    check.Pedantic,
		"FROM golang:1.25\nCOPY . .\nRUN go build -o /app .\nCMD [\"/app\"]\n":                          check.Regular,
		"FROM golang:1.25 AS base\nENTRYPOINT [\"/src/run.sh\"]\nFROM base\nCOPY . /src\n":              check.Regular,
		"FROM golang:1.25 AS build\nCOPY . /src\nFROM nginx\nCOPY --from=build /src /usr/share/nginx\n": check.Regular,
		"FROM nginx\nCOPY . /usr/share/nginx/html\n":                                                    check.Regular,
		"FROM golang\nCOPY . .\nRUN go test -c -tags a ./x\nCMD [\"./x.test\", \"-test.v\"]\n":          check.Pedantic,
		"FROM alpine\nCOPY . .\nENTRYPOINT go test ./...\n":                                             check.Pedantic,
		"FROM golang\nCOPY . .\nRUN go build ./examples/ipv4/main.go\nCMD [\"/main\"]\n":                check.Pedantic,
		"FROM golang\nCOPY . .\nRUN go test ./... && go build -o /main ./cmd/main\nCMD [\"/main\"]\n":   check.Regular,
		"FROM golang\nCOPY . .\nRUN go build ./cmd/latest\nCMD [\"/latest\", \"go\"]\n":                 check.Regular,
		"FROM python:3.14\nCOPY . /app\n":                                                               check.Regular,
		"FROM acme/golang-server\nCOPY . .\n":                                                           check.Regular,
	} {
		if got := persona(t, "Dockerfile", text, ".env"); got != want {
			t.Errorf("%q is for %v, want %v", text, got, want)
		}
	}
}

// The .git of a repository that is published is so already, and most files .gitignore
// name .env; that somebody has such a file is told by it, or by its template.
func TestWhatIsCopied(t *testing.T) {
	for files, want := range map[string]check.Persona{
		"": check.Pedantic, ".gitignore": check.Pedantic, ".env": check.Regular, ".gitignore .env.example": check.Regular, ".env.example": check.Pedantic,
		".gitignore .env.production": check.Regular, ".gitignore sample.env": check.Regular, ".gitignore environment.sample": check.Pedantic,
	} {
		if got := persona(t, "Dockerfile", "FROM nginx\nCOPY . /app\n", strings.Fields(files)...); got != want {
			t.Errorf("beside %q the finding is for %v, want %v", files, got, want)
		}
	}
}

// persona gives who wants the only finding of a Dockerfile beside some files.
func persona(t *testing.T, name, text string, beside ...string) check.Persona {
	t.Helper()
	d := check.NewDocument(name, "dockerfile", []byte(text), check.Revision{})
	tree := fstest.MapFS{name: {Data: []byte(text)}, "go.mod": {}}
	for _, file := range beside {
		tree[file] = &fstest.MapFile{Data: []byte(".env\n")}
	}
	var found []check.Finding
	p := &check.ProjectPass{Check: CopiesSecretsIntoImage, Documents: []*check.Document{d}, FS: tree, Report: func(f check.Finding) { found = append(found, f) },
		Read: func(path string) (*check.Document, error) {
			text, err := tree.ReadFile(path)
			return check.NewDocument(path, "", text, check.Revision{}), err
		}}
	if err := CopiesSecretsIntoImage.RunProject(context.Background(), p); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("%s: %v, want one finding of %q", name, found, text)
	}
	return found[0].Persona
}
