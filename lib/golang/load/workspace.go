package load

import (
	"bufio"
	"bytes"
	"go/version"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// A tree is the fs.FS of one Load, with what was asked about its folders.
type tree struct {
	fs  fs.FS
	dir string // Request.Dir

	mu   sync.Mutex
	dirs map[string][]fs.DirEntry
}

// readDir lists a folder; nothing if it cannot be read.
func (t *tree) readDir(folder string) []fs.DirEntry {
	t.mu.Lock()
	defer t.mu.Unlock()
	entries, ok := t.dirs[folder]
	if !ok {
		entries, _ = fs.ReadDir(t.fs, folder)
		t.dirs[folder] = entries
	}
	return entries
}

// has reports whether a folder has an entry of this name that is no folder.
func (t *tree) has(folder, name string) bool {
	return slices.ContainsFunc(t.readDir(folder), func(e fs.DirEntry) bool { return e.Name() == name && !e.IsDir() })
}

// hasGo reports whether a folder has Go files other than tests.
func (t *tree) hasGo(folder string) bool {
	return slices.ContainsFunc(t.readDir(folder), func(e fs.DirEntry) bool {
		return !e.IsDir() && strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go")
	})
}

// inTree turns a folder that a file of the tree names, relative to one of the
// tree's folders or absolute, into a path of the tree. If it lies outside, ok is
// false and folder is absolute, or "" where the tree is not on disk.
func (t *tree) inTree(from, name string) (folder string, ok bool) {
	slashed := filepath.ToSlash(name)
	if !path.IsAbs(slashed) && !filepath.IsAbs(name) {
		if folder = path.Join(from, slashed); fs.ValidPath(folder) {
			return folder, true
		}
	}
	if t.dir == "" {
		return "", false
	}
	abs := name
	if !filepath.IsAbs(name) {
		abs = filepath.Join(t.dir, filepath.FromSlash(from), name)
	}
	if rel, err := filepath.Rel(t.dir, abs); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), true
	}
	return abs, false
}

// maxModFile bounds go.mod, go.sum and go.work files: the largest go.sum files
// of public programs are under 1 MB.
const maxModFile = 16 << 20

// read reads a module file; nil if it is not there.
func (t *tree) read(name string) ([]byte, error) {
	info, err := fs.Stat(t.fs, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxModFile {
		return nil, err
	}
	return fs.ReadFile(t.fs, name)
}

// A module is a module whose files the tree holds.
type module struct {
	path      string
	folder    string
	goVersion string // "1.26.0"; "" if the go.mod does not say
	vendored  bool
}

// standard is the module of the standard library, whose packages are imported
// without its name.
const standard = "std"

// prefix is what the module's import paths begin with.
func (m *module) prefix() string {
	if m.path == standard {
		return ""
	}
	return m.path
}

// A workspace is what go calls the main modules, together with what their go.mod
// files replace by folders of the tree, and their vendor folder. Imports are
// resolved in one workspace.
type workspace struct {
	tree *tree
	// root is the folder of go.work, or of the only go.mod; "" without a module.
	root string
	work bool
	// modules are the main modules and those that are replaced by folders of
	// the tree, longest path first.
	modules []*module
	// vendor gives the module's Go version of each vendored package; nil if the
	// workspace does not vendor. Its folder is root/vendor.
	vendor map[string]string
	// skeleton holds the files that the go command needs to see, by path.
	skeleton map[string][]byte
	// leaves means that some module is in a folder outside the tree.
	leaves bool
	// toolchain is the newest Go version that a go or toolchain line asks for.
	toolchain string
	exports   *exports
	// problems say what is wrong with the module files.
	problems []string
}

// workspaceOf makes the workspace of the module in a folder ("" without a
// module), which may be that of the tree's go.work.
func (t *tree) workspaceOf(folder string, vendoring string) *workspace {
	w := &workspace{tree: t, root: folder, skeleton: map[string][]byte{}}
	if folder == "" {
		return w
	}
	if t.has(".", "go.work") && w.addWork(folder) {
		w.finish(vendoring)
		return w
	}
	*w = workspace{tree: t, root: folder, skeleton: map[string][]byte{}}
	if file := w.addModule(folder, ""); file != nil {
		w.addReplaces(folder, file.Replace, file.Require)
		w.put(path.Join(folder, "go.mod"), modfile.Format(file.Syntax))
	}
	w.finish(vendoring)
	return w
}

// addWork reads go.work; it reports whether the file lists a module's folder.
func (w *workspace) addWork(folder string) bool {
	data, err := w.tree.read("go.work")
	if err != nil {
		return false
	}
	file, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		w.problems = append(w.problems, firstLine(err.Error()))
		return false
	}
	w.root, w.work = ".", true
	listed := false
	files := map[string]*modfile.File{} // by folder
	for _, use := range file.Use {
		dir, ok := w.tree.inTree(".", use.Path)
		if !ok {
			w.leaves = true
			use.Syntax.Token[len(use.Syntax.Token)-1] = modfile.AutoQuote(w.outside(dir))
			continue
		}
		listed = listed || dir == folder
		if mod := w.addModule(dir, ""); mod != nil {
			files[dir] = mod
		}
	}
	w.newer(file.Go, file.Toolchain)
	w.addReplaces(".", file.Replace, nil)
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		w.addReplaces(dir, files[dir].Replace, nil)
		w.put(path.Join(dir, "go.mod"), modfile.Format(files[dir].Syntax))
	}
	w.put("go.work", modfile.Format(file.Syntax))
	if sum, _ := w.tree.read("go.work.sum"); sum != nil {
		w.put("go.work.sum", sum)
	}
	return listed
}

// addModule reads the go.mod of a folder. as is the path that it is known by, if
// not its own. The result is nil if the file does not parse.
func (w *workspace) addModule(folder, as string) *modfile.File {
	name := path.Join(folder, "go.mod")
	data, err := w.tree.read(name)
	if data == nil {
		if err != nil {
			w.problems = append(w.problems, name+" cannot be read")
		}
		return nil
	}
	m := &module{path: as, folder: folder}
	w.modules = append(w.modules, m)
	file, err := modfile.Parse(name, data, nil)
	if err != nil {
		w.problems = append(w.problems, firstLine(err.Error()))
		if m.path == "" {
			m.path = modfile.ModulePath(data)
		}
		return nil
	}
	if m.path == "" && file.Module != nil {
		m.path = file.Module.Mod.Path
	}
	if file.Go != nil {
		m.goVersion = file.Go.Version
	}
	w.newer(file.Go, file.Toolchain)
	if sum, _ := w.tree.read(path.Join(folder, "go.sum")); sum != nil {
		w.put(path.Join(folder, "go.sum"), sum)
	}
	return file
}

// addReplaces adds the modules that are replaced by folders of the tree, and
// rewrites those which are replaced by other relative folders.
func (w *workspace) addReplaces(folder string, replaces []*modfile.Replace, requires []*modfile.Require) {
	for _, r := range replaces {
		if r.New.Version != "" || !modfile.IsDirectoryPath(r.New.Path) {
			continue
		}
		dir, ok := w.tree.inTree(folder, r.New.Path)
		if !ok {
			w.leaves = true
			if !filepath.IsAbs(r.New.Path) {
				r.Syntax.Token[len(r.Syntax.Token)-1] = modfile.AutoQuote(w.outside(dir))
			}
			continue
		}
		if filepath.IsAbs(r.New.Path) { // the tree's bytes count, not the disk's
			rel, err := filepath.Rel(filepath.FromSlash(folder), filepath.FromSlash(dir))
			if err != nil {
				continue
			}
			r.Syntax.Token[len(r.Syntax.Token)-1] = modfile.AutoQuote("./" + filepath.ToSlash(rel))
		}
		// A replacement of one version counts only if that version is required.
		if r.Old.Version != "" && requires != nil && !slices.ContainsFunc(requires, func(q *modfile.Require) bool { return q.Mod == r.Old }) {
			continue
		}
		if slices.ContainsFunc(w.modules, func(m *module) bool { return m.path == r.Old.Path }) {
			continue // a main module, or replaced by go.work already
		}
		if file := w.addModule(dir, r.Old.Path); file != nil {
			w.put(path.Join(dir, "go.mod"), modfile.Format(file.Syntax))
		}
	}
}

// outside gives a folder outside the tree as the skeleton names it: its absolute
// path, or one that does not exist where the tree is not on disk.
func (w *workspace) outside(abs string) string {
	if abs == "" {
		return "./peercheck-outside-of-the-tree"
	}
	return filepath.ToSlash(abs)
}

func (w *workspace) put(name string, data []byte) { w.skeleton[name] = data }

// newer raises the toolchain that is asked for.
func (w *workspace) newer(line *modfile.Go, tool *modfile.Toolchain) {
	versions := []string{}
	if line != nil {
		versions = append(versions, line.Version)
	}
	if tool != nil && tool.Name != "default" {
		versions = append(versions, strings.TrimPrefix(tool.Name, "go"))
	}
	for _, v := range versions {
		if newerGo(v, w.toolchain) {
			w.toolchain = v
		}
	}
}

// finish decides whether the workspace vendors, and sorts its modules.
func (w *workspace) finish(vendoring string) {
	slices.SortStableFunc(w.modules, func(a, b *module) int { return len(b.path) - len(a.path) })
	list := path.Join(w.root, "vendor/modules.txt")
	if vendoring == "readonly" || vendoring == "mod" {
		return
	}
	data, _ := w.tree.read(list)
	if data == nil {
		return
	}
	// Since Go 1.14 a vendor folder counts by itself (go.dev/ref/mod#vendoring).
	since := "1.14"
	if w.work {
		since = "1.22"
	}
	asks := w.toolchain
	for _, m := range w.modules {
		if m.folder == w.root && !w.work {
			asks = m.goVersion
		}
	}
	if newerGo(since, asks) && vendoring != "vendor" {
		return
	}
	w.vendor = map[string]string{}
	since = ""
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if notes, ok := strings.CutPrefix(line, "## "); ok {
			for note := range strings.SplitSeq(notes, ";") {
				if v, ok := strings.CutPrefix(strings.TrimSpace(note), "go "); ok {
					since = v
				}
			}
		} else if strings.HasPrefix(line, "# ") {
			since = "1.16" // what go assumes of a module that does not say
		} else if line != "" {
			w.vendor[line] = since
		}
	}
}

// newerGo reports whether Go version a ("1.26.1") is newer than b; "" is oldest.
func newerGo(a, b string) bool { return version.Compare("go"+a, "go"+b) > 0 }

// resolve finds the folder of the tree that an import path stands for.
func (w *workspace) resolve(importPath string) (folder string, mod *module, ok bool) {
	for _, m := range w.modules {
		rel, ok := strings.CutPrefix(importPath, m.prefix())
		if !ok || m.path == "" || (rel != "" && rel[0] != '/' && m.path != standard) {
			continue
		}
		folder = path.Join(m.folder, rel)
		if fs.ValidPath(folder) && w.tree.moduleOf(folder) == m.folder && w.tree.hasGo(folder) {
			return folder, m, true
		}
	}
	if since, ok := w.vendor[importPath]; ok {
		folder = path.Join(w.root, "vendor", importPath)
		if fs.ValidPath(folder) && w.tree.hasGo(folder) {
			return folder, &module{path: importPath, folder: folder, goVersion: since, vendored: true}, true
		}
	}
	return "", nil, false
}

// importPath gives the import path of a folder, "" without a module.
func (w *workspace) importPath(folder string) (string, *module) {
	if w.vendor != nil {
		if p, ok := strings.CutPrefix(folder, path.Join(w.root, "vendor")+"/"); ok {
			return p, &module{path: p, folder: folder, goVersion: w.vendor[p], vendored: true}
		}
	}
	root := w.tree.moduleOf(folder)
	for _, m := range w.modules {
		if m.folder == root && m.path != "" {
			rel := strings.TrimPrefix(strings.TrimPrefix(folder, root), "/")
			if root == "." {
				rel = folder
			}
			return path.Join(m.prefix(), rel), m
		}
	}
	return "", nil
}

// moduleOf finds the folder of the go.mod that a folder belongs to; "" if none.
func (t *tree) moduleOf(folder string) string {
	for {
		if t.has(folder, "go.mod") {
			return folder
		}
		if folder == "." {
			return ""
		}
		folder = path.Dir(folder)
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
