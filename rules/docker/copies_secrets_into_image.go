// Package docker holds the checks of Dockerfiles. Use [All].
package docker

import (
	"context"
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/purpose"
	"github.com/peercheck/peercheck/lib/syntax/dockerfile"
)

// All gives the checks.
func All() []*check.Check { return []*check.Check{CopiesSecretsIntoImage} }

//go:embed testdata/copies_secrets_into_image.txtar
var copiesSecretsIntoImage string

// CopiesSecretsIntoImage finds images that are made of a whole folder, .git and
// .env included.
var CopiesSecretsIntoImage = &check.Check{
	ID:    "docker/copies-secrets-into-image",
	Title: "The image gets .git or .env together with the rest of the folder",
	Page: check.Page{
		What: "A COPY or ADD of the whole build context in a stage that ends up in the image, while no .dockerignore keeps out " +
			".git (in a Dockerfile at the root of a repository) or an .env file that is there or that .gitignore names.",
		Why: "Whoever can pull the image can read all of its files. The folder .git holds every secret that was ever committed, and in CI " +
			"often the job's token (actions/checkout writes it to .git/config); Unit 42 took over projects of Google, Microsoft and AWS in 2024 " +
			"with tokens from published .git folders. An .env file holds the credentials of the developer who built the image.",
		Fix: "List the files in .dockerignore, or copy only the folders that the image needs. Rebuild, push, and delete the old image; " +
			"if it was public, rotate what it held. The quick fix adds the lines to .dockerignore: a build that asks Git for its version needs another " +
			"way then (a build argument).",
		Limits: "Only an .env file that is there, or one of which there is a template such as .env.example, is for everybody: the .git of a published " +
			"repository is as public as its image, and its file .gitignore names .env whether anybody has one or not, so these two alone are for those who ask for more (persona pedantic). " +
			"A stage of which the final image takes only some files is left alone: its layers stay in the build cache. Where a Dockerfile in " +
			"a subfolder is built from the root of the repository is told by the files that it copies. " +
			"Images of tests and of developers (by their folders and names: test, e2e, hack, Dockerfile.dev, or by what they start), and those of a compiler that are given no command, are for those who ask for more (persona pedantic).",
		References: []string{
			"https://docs.docker.com/build/concepts/context/#dockerignore-files",
			"https://unit42.paloaltonetworks.com/github-repo-artifacts-leak-tokens/",
			"https://cwe.mitre.org/data/definitions/538.html",
		},
		Examples: copiesSecretsIntoImage,
	},
	CWE:        []check.CWE{538, 312},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Selector:   []check.DocumentFilter{{Language: "dockerfile"}},
	Since:      "0.1",
	RunProject: runCopiesSecretsIntoImage,
}

func runCopiesSecretsIntoImage(ctx context.Context, p *check.ProjectPass) error {
	for _, d := range p.Documents {
		if err := ctx.Err(); err != nil {
			return err
		}
		stages := dockerfile.Parse(d).Stages()
		for i := range stages {
			for _, in := range stages[i].Instructions {
				if w := wholeContext(in); w != nil && reachesImage(stages, i, in) {
					report(p, d, stages, in, *w)
				}
			}
		}
	}
	return nil
}

// wholeContext gives the source word of a COPY or ADD that takes everything.
func wholeContext(in *dockerfile.Instruction) *dockerfile.Word {
	if in.Name != "COPY" && in.Name != "ADD" || in.OnBuild || len(in.Words) < 2 || in.Flag("from") != "" {
		return nil
	}
	for i, w := range in.Words[:len(in.Words)-1] {
		switch path.Clean(strings.Trim(w.Text, `"'`)) {
		case ".", "/":
			return &in.Words[i]
		}
	}
	return nil
}

// reachesImage reports whether what an instruction of a stage copies is in the
// final image: the stage is the last one or an ancestor of it, or such a stage
// copies the folder from it.
func reachesImage(stages []dockerfile.Stage, stage int, in *dockerfile.Instruction) bool {
	shipped := shippedStages(stages)
	if slices.Contains(shipped, stage) {
		return true
	}
	to := stages[stage].Workdir(in, in.Words[len(in.Words)-1].Text)
	for _, s := range shipped {
		for _, c := range stages[s].Instructions {
			if c.Name != "COPY" || len(c.Words) < 2 || stageNumber(stages[:s], c.Flag("from")) != stage {
				continue
			}
			for _, w := range c.Words[:len(c.Words)-1] {
				// Sources of another stage are relative to its root.
				from := path.Join("/", strings.Trim(w.Text, `"'`))
				if from == to || strings.HasPrefix(to, strings.TrimSuffix(from, "/")+"/") {
					return true
				}
			}
		}
	}
	return false
}

// shippedStages gives the last stage and its ancestors, by their numbers.
func shippedStages(stages []dockerfile.Stage) []int {
	shipped := []int{len(stages) - 1}
	for i := len(stages) - 1; ; {
		j := stageNumber(stages[:i], stages[i].Base)
		if j < 0 {
			return shipped
		}
		shipped = append(shipped, j)
		i = j
	}
}

// compilers are the images of compilers, and of the build tools of languages that are
// compiled, by their names at Docker Hub and those of .NET and OSS-Fuzz.
var compilers = map[string]bool{
	"golang": true, "rust": true, "gcc": true, "clang": true, "swift": true, "haskell": true, "zig": true, "emsdk": true,
	"maven": true, "gradle": true, "sbt": true, "dotnet/sdk": true,
}

// startsNothing reports whether an image is there to build and test something in: a
// compiler's, to which the Dockerfile adds no command. Where a compiler is, there is
// nothing to run but it.
func startsNothing(stages []dockerfile.Stage) bool {
	shipped := shippedStages(stages)
	for _, i := range shipped {
		for _, in := range stages[i].Instructions {
			if in.Name == "CMD" || in.Name == "ENTRYPOINT" {
				return false
			}
		}
	}
	base, _, _ := strings.Cut(stages[shipped[len(shipped)-1]].Base, "@")
	dir, name := path.Split(base)
	name, _, _ = strings.Cut(name, ":")
	return compilers[name] || compilers[path.Join(path.Base(dir), name)] || strings.HasSuffix(dir, "/oss-fuzz-base/")
}

// testers are the words of commands that run tests.
var testers = [][]string{{"go", "test"}, {"npm", "test"}, {"make", "test"}, {"cargo", "test"}, {"mvn", "test"}, {"pytest"}, {"tox"}}

// triesProgram reports whether what an image starts are tests, as Go compiles them or by
// their tool, or whether it is made of an example: go build ./examples/chat.
func triesProgram(stages []dockerfile.Stage) bool {
	for _, i := range shippedStages(stages) {
		for _, in := range stages[i].Instructions {
			var words []string
			for _, w := range in.Words {
				words = append(words, strings.Trim(w.Text, `"'`))
			}
			switch in.Name {
			case "CMD", "ENTRYPOINT":
				if slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(w, ".test") }) ||
					slices.ContainsFunc(testers, func(t []string) bool { return len(words) >= len(t) && slices.Equal(words[:len(t)], t) }) {
					return true
				}
			case "RUN":
				at := slices.Index(words, "go")
				if at >= 0 && at+1 < len(words) && (words[at+1] == "build" || words[at+1] == "install") &&
					slices.ContainsFunc(words[at+2:], func(w string) bool { return strings.HasPrefix(w, "./") && purpose.Shows(path.Clean(w)+"/main.go") }) {
					return true
				}
			}
		}
	}
	return false
}

// stageNumber finds a stage by its name or number, -1 if it is none.
func stageNumber(stages []dockerfile.Stage, name string) int {
	for i := len(stages) - 1; i >= 0; i-- {
		if name != "" && (stages[i].Name == strings.ToLower(name) || fmt.Sprint(i) == name) {
			return i
		}
	}
	return -1
}

func report(p *check.ProjectPass, d *check.Document, stages []dockerfile.Stage, in *dockerfile.Instruction, source dockerfile.Word) {
	root := contextOf(p.FS, d, stages)
	ignorePath, ignore := readIgnore(p, d, root)
	var names []string
	severity := check.Medium
	if root == "." && !ignore.excludes(".git/config") {
		names = append(names, ".git")
	}
	environment := false // one that somebody has, and not only its name in a list
	for _, env := range envFiles(p, root) {
		if !ignore.excludes(env) {
			names = append(names, env)
			environment = environment || env != ".env" || hasEnvironment(p.FS, root)
			if _, err := fs.Stat(p.FS, path.Join(root, env)); err == nil {
				severity = check.High
			}
		}
	}
	if len(names) == 0 {
		return
	}
	f := check.Finding{
		Message: fmt.Sprintf("%s takes the whole folder into the image, and no .dockerignore keeps out %s",
			in.Name, strings.Join(names, " and ")),
		Severity: severity,
		Location: check.Location{Path: d.Path, Range: source.Range},
	}
	if !environment || purpose.Shows(d.Path) || forDevelopers(d.Path) || startsNothing(stages) || triesProgram(stages) {
		f.Persona = check.Pedantic
	}
	if file, err := p.Read(ignorePath); err == nil {
		lines := strings.Join(names, "\n") + "\n"
		if n := len(file.Content); n > 0 && file.Content[n-1] != '\n' {
			lines = "\n" + lines
		}
		end := len(file.Content)
		f.Fixes = []check.Fix{{
			Title: "Keep " + strings.Join(names, " and ") + " out in " + ignorePath,
			Edits: []check.Edit{{Path: ignorePath, Range: check.Range{Start: end, End: end}, NewText: lines}},
		}}
	}
	p.Report(f)
}

// developing are the words in names of Dockerfiles, and of their folders, whose images
// developers build for themselves and publish nowhere.
var developing = map[string]bool{
	"dev": true, "devel": true, "develop": true, "development": true, "devcontainer": true, "debug": true, "local": true,
	"test": true, "tests": true, "testing": true, "e2e": true, "lint": true, "bench": true, "fuzz": true,
}

// forDevelopers reports whether a Dockerfile's path says so: Dockerfile.dev, docker/local.
func forDevelopers(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("/.-_", r) })
	return slices.ContainsFunc(words, func(w string) bool { return developing[w] })
}

// contextOf guesses the build context: the root for a Dockerfile that copies
// files which exist there and not beside it, else the Dockerfile's folder.
func contextOf(tree fs.FS, d *check.Document, stages []dockerfile.Stage) string {
	dir := path.Dir(d.Path)
	if dir == "." {
		return "."
	}
	exists := func(name string) bool {
		_, err := fs.Stat(tree, name)
		return err == nil
	}
	for _, s := range stages {
		for _, in := range s.Instructions {
			if in.Name != "COPY" && in.Name != "ADD" || in.Flag("from") != "" || len(in.Words) < 2 {
				continue
			}
			for _, w := range in.Words[:len(in.Words)-1] {
				name := path.Clean(strings.TrimPrefix(strings.Trim(w.Text, `"'`), "/"))
				if name == "." || !fs.ValidPath(name) || strings.ContainsAny(name, "*?[$") {
					continue
				}
				if exists(name) && !exists(path.Join(dir, name)) {
					return "."
				}
			}
		}
	}
	return dir
}

// readIgnore reads the ignore file that counts: the Dockerfile's own, or that of
// the context. The path is that of the file to change, which may not exist.
func readIgnore(p *check.ProjectPass, d *check.Document, root string) (string, ignoreFile) {
	own, shared := d.Path+".dockerignore", path.Join(root, ".dockerignore")
	for _, name := range []string{own, shared} {
		if file, err := p.Read(name); err == nil {
			return name, parseIgnore(string(file.Content))
		}
	}
	return shared, nil
}

// templates are the ends of names of files that developers copy, and fill in.
var templates = map[string]bool{
	".example": true, ".sample": true, ".template": true, ".dist": true, ".tmpl": true, ".defaults": true, ".default": true, ".schema": true,
}

// hasEnvironment reports whether an .env file is in a build context, or a template that
// every developer makes one of. That .gitignore names .env says less: most lists of what
// to ignore do, for whatever may come.
func hasEnvironment(tree fs.FS, root string) bool {
	entries, _ := fs.ReadDir(tree, root)
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		name := e.Name()
		return !e.IsDir() && (name == ".env" || templates[path.Ext(name)] && strings.HasPrefix(name, ".env.") || name == "example.env" || name == "sample.env")
	})
}

// envFiles gives the .env files of a build context, by their paths in it: those
// that are there, and ".env" if .gitignore says that developers have one.
func envFiles(p *check.ProjectPass, root string) []string {
	var names []string
	entries, _ := fs.ReadDir(p.FS, root)
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || name != ".env" && !strings.HasPrefix(name, ".env.") {
			continue
		}
		if templates[path.Ext(name)] {
			continue
		}
		names = append(names, name)
	}
	if slices.Contains(names, ".env") {
		return names
	}
	for _, dir := range []string{root, "."} {
		file, err := p.Read(path.Join(dir, ".gitignore"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(file.Content)) {
			switch strings.TrimSpace(line) {
			case ".env", "/.env", "*.env", ".env*", "**/.env":
				return append([]string{".env"}, names...)
			}
		}
	}
	return names
}
