package load

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// deployments tell of folders whether something there says how a service is run, each looked at once.
type deployments map[searched]bool

// A searched folder was looked at with those in it that are named for it if it was deep.
type searched struct {
	folder string
	deep   bool
}

// of reports whether a module says how its programs are run for others: it has something that says so in its own folder, in one
// that is named for it there, in that of the program, or, as the modules of one repository often have, in a folder above.
func (d deployments) of(fsys fs.FS, module, program string) bool {
	for folder := program; folder != module && folder != "."; folder = path.Dir(folder) {
		if d.in(fsys, folder, false) {
			return true
		}
	}
	for folder := module; ; folder = path.Dir(folder) {
		if d.in(fsys, folder, true) {
			return true
		}
		if folder == "." {
			return false
		}
	}
}

// publications tell of the folders of modules whether they are there for others, with a license, each looked at once.
type publications map[string]bool

func (p publications) of(fsys fs.FS, module string) bool {
	says, known := p[module]
	if !known {
		entries, _ := fs.ReadDir(fsys, module) // what cannot be read says nothing
		says = slices.ContainsFunc(entries, func(entry fs.DirEntry) bool {
			name, _, _ := strings.Cut(strings.ToLower(entry.Name()), ".")
			return name == "license" || name == "licence" || name == "copying" || name == "unlicense"
		})
		p[module] = says
	}
	return says
}

// in reports whether a folder, or if deep is set one of those in it that are named for it, has a file that says how a service is run.
func (d deployments) in(fsys fs.FS, folder string, deep bool) bool {
	at := searched{folder, deep}
	says, known := d[at]
	if known {
		return says
	}
	entries, _ := fs.ReadDir(fsys, folder) // what cannot be read says nothing
	for _, entry := range entries {
		name := strings.ToLower(entry.Name())
		if says = entry.Type().IsRegular() && deploys(name) || entry.IsDir() && deep && deploying[strings.TrimLeft(name, "._")] && d.in(fsys, path.Join(folder, entry.Name()), false); says {
			break
		}
	}
	d[at] = says
	return says
}

// deploys reports whether a file, of a name in lower case, says how a service is run: as a container, by systemd, in
// Kubernetes or on a platform.
func deploys(name string) bool {
	switch name {
	case "containerfile", "procfile", "chart.yaml", "fly.toml", "render.yaml", "kustomization.yaml", "app.yaml", "snapcraft.yaml":
		return true
	}
	return strings.HasPrefix(name, "dockerfile") || strings.HasSuffix(name, ".dockerfile") ||
		(strings.HasPrefix(name, "docker-compose") || strings.HasPrefix(name, "compose.")) && (strings.HasSuffix(name, ".yml") || strings.HasSuffix(name, ".yaml")) ||
		strings.HasSuffix(name, ".service") || strings.HasSuffix(name, ".initd") || strings.HasSuffix(name, ".nomad")
}

// deploying are the names of folders, right in a module, for what says how its programs are run.
var deploying = map[string]bool{
	"build": true, "chart": true, "charts": true, "container": true, "containers": true, "deploy": true, "deployment": true, "deployments": true,
	"dist": true, "distro": true, "docker": true, "dockerfiles": true, "helm": true, "image": true, "images": true, "init": true, "install": true, "k8s": true, "kubernetes": true,
	"manifests": true, "misc": true, "ops": true, "package": true, "packages": true, "packaging": true, "pkg": true, "release": true, "systemd": true,
}
