package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	modpath "golang.org/x/mod/module"
	"golang.org/x/tools/go/gcexportdata"

	"github.com/peercheck/peercheck/lib/cache"
)

// An external is a package that the tree does not hold, as go list describes it.
type external struct {
	ImportPath, Name, Dir, Export string
	GoFiles, CgoFiles             []string
	Standard                      bool
	Module                        *struct{ Path, GoVersion string }
	Error                         *struct{ Err string }

	late bool        // there was no answer in time
	read atomic.Bool // its types were read
}

// listFields are the fields of external: go list computes no others.
const listFields = "-json=ImportPath,Name,Dir,Export,GoFiles,CgoFiles,Standard,Module,Error"

// Exports are the packages outside the tree as seen from one skeleton: what the
// go command said about them, and what was read of their export data. What was
// asked is not asked again.
type exports struct {
	id        int
	toolchain *toolchain
	root      string            // the folder of the main module
	skeleton  map[string][]byte // its module files, and those of other modules
	outside   bool              // they name folders outside the tree
	fset      *token.FileSet    // of all exports of a Loader

	asking chan struct{} // holds a token while the go command runs

	mu       sync.Mutex
	known    map[string]*external
	problems []string
	resting  atomic.Bool // what was not answered in time is not asked again yet
	reading  sync.Mutex  // guards the rest; export data is not read concurrently
	packages map[string]*types.Package
	failed   map[string]error
	// judging is held for reading by who looks at packages: reading the export
	// data of one completes those which others have mentioned.
	judging sync.RWMutex
}

// exportBase is the first position of objects that come from export data. All
// positions of parsed files are lower, so a position says where it belongs.
const exportBase = math.MaxInt / 2

func newExports(id int, t *toolchain, root string, skeleton map[string][]byte, outside bool, fset *token.FileSet) *exports {
	return &exports{
		id: id, toolchain: t, root: root, skeleton: skeleton, outside: outside, fset: fset,
		asking: make(chan struct{}, 1),
		known:  map[string]*external{}, packages: map[string]*types.Package{}, failed: map[string]error{},
	}
}

// get gives a package that was asked for before; nil if it is not known.
func (e *exports) get(importPath string) *external {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known[importPath]
}

// contentID identifies the types of a package that was asked for: "" if there are
// none. The build cache names export data by what is in it.
func (e *exports) contentID(importPath string) string {
	x := e.get(importPath)
	if x == nil || x.Export == "" {
		return ""
	}
	name := filepath.Base(x.Export)
	if sum, ok := strings.CutSuffix(name, "-d"); ok && len(sum) == 2*sha256.Size {
		return name
	}
	info, err := os.Stat(x.Export)
	if err != nil {
		return x.Export
	}
	return fmt.Sprint(x.Export, info.Size(), info.ModTime().UnixNano())
}

// ask asks the go command for those packages that it was not asked for before.
// The error is that of the context.
func (e *exports) ask(ctx context.Context, importPaths []string) error {
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return ctx.Err()
	}
	asked := e.unknown(importPaths)
	if len(asked) == 0 {
		return nil
	}
	answers := map[string]*external{}
	var problem error
	key, keep := e.key(asked)
	if keep && e.recall(key, answers) {
		keep = false
	} else if e.toolchain.path != "" {
		// A path that is no import path might be read as a flag or a pattern.
		sane := slices.DeleteFunc(slices.Clone(asked), func(p string) bool { return !listable(p) })
		problem = e.list(ctx, e.root, e.skeleton, sane, answers)
		if problem != nil && len(answers) == 0 && len(e.skeleton) > 0 && !errors.Is(problem, errBudget) {
			// The module files are of no use; the standard library still is.
			std := slices.DeleteFunc(sane, func(p string) bool { return !maybeStandard(p) })
			if err := e.list(ctx, "", nil, std, answers); err != nil {
				problem = err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if keep && problem == nil {
		e.remember(key, asked, answers)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for p, a := range answers {
		e.known[p] = a
	}
	late := errors.Is(problem, errBudget)
	if late {
		e.resting.Store(true)
		time.AfterFunc(2*e.toolchain.budget, func() { e.resting.Store(false) })
	}
	for _, p := range asked {
		if answers[p] == nil {
			e.known[p] = &external{ImportPath: p, late: late}
		}
	}
	if problem != nil {
		e.problem(problem.Error())
	}
	return nil
}

// key identifies the answer of the go command. ok is false if it depends on files
// that are not in the key: those of a folder outside the tree.
func (e *exports) key(asked []string) (k cache.Key, ok bool) {
	if e.toolchain.path == "" || e.toolchain.settings == "" || e.outside {
		return k, false
	}
	h := cache.NewHash("go list")
	h.Add(e.toolchain.settings, e.toolchain.path, e.toolchain.version, e.root)
	for _, name := range slices.Sorted(maps.Keys(e.skeleton)) {
		h.Add(name, e.skeleton[name])
	}
	h.Add("asked")
	for _, p := range asked {
		h.Add(p)
	}
	return h.Key(), true
}

// recall finds an answer of the go command on the disk. It does not count if
// something of it is gone from the build cache.
func (e *exports) recall(key cache.Key, answers map[string]*external) bool {
	data, ok := e.toolchain.cache.Get(key)
	var list []*external
	if !ok || json.Unmarshal(data, &list) != nil {
		return false
	}
	for _, x := range list {
		if _, err := os.Stat(x.Export); err != nil && x.Export != "" {
			return false
		}
	}
	for _, x := range list {
		answers[x.ImportPath] = x
	}
	return true
}

// remember keeps an answer on the disk if it is complete: what is missing today
// may be downloaded tomorrow.
func (e *exports) remember(key cache.Key, asked []string, answers map[string]*external) {
	for _, p := range asked {
		if x := answers[p]; x == nil || x.Export == "" {
			return
		}
	}
	var list []*external
	for _, p := range slices.Sorted(maps.Keys(answers)) {
		if x := answers[p]; x.Export != "" {
			list = append(list, &external{ImportPath: x.ImportPath, Name: x.Name, Export: x.Export})
		}
	}
	if data, err := json.Marshal(list); err == nil {
		e.toolchain.cache.Put(key, data)
	}
}

// unknown gives those of some import paths that have to be asked for, sorted. An
// answer does not count any more if its export data is gone from the build cache
// before it was read; none does not count if it was not given in time, but a go
// command that hangs may not take more than a third of all time.
func (e *exports) unknown(importPaths []string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var asked []string
	for _, p := range importPaths {
		x := e.known[p]
		switch {
		case x == nil:
		case x.late && !e.resting.Load():
		case x.Export != "" && !x.read.Load():
			if _, err := os.Stat(x.Export); err == nil {
				continue
			}
		default:
			continue
		}
		asked = append(asked, p)
	}
	slices.Sort(asked)
	return slices.Compact(asked)
}

// problem notes why packages may be missing. The caller holds e.mu.
func (e *exports) problem(text string) {
	if !slices.Contains(e.problems, text) {
		e.problems = append(e.problems, text)
	}
}

// listable reports whether an import path may be given to go list: it is no
// flag, no pattern, and no reserved name ("go help packages").
func listable(importPath string) bool {
	switch importPath {
	case "all", "cmd", "std", "tool", "work", "main":
		return false
	}
	return modpath.CheckImportPath(importPath) == nil
}

// maybeStandard reports whether a path may be one of the standard library, whose
// first elements have no dot.
func maybeStandard(importPath string) bool {
	for i := 0; i < len(importPath) && importPath[i] != '/'; i++ {
		if importPath[i] == '.' {
			return false
		}
	}
	return true
}

// list runs go list over packages.
func (e *exports) list(ctx context.Context, root string, files map[string][]byte, importPaths []string, answers map[string]*external) error {
	if len(importPaths) == 0 {
		return nil
	}
	skeleton, err := newSkeleton(files)
	if err != nil {
		return fmt.Errorf("no temporary folder for the go command: %w", err)
	}
	defer os.RemoveAll(skeleton)
	// Windows allows 32 KB for a command line, the others at least 1 MB.
	limit := 512 << 10
	if runtime.GOOS == "windows" {
		limit = 24 << 10
	}
	var failed error
	for len(importPaths) > 0 {
		n, size := 0, 0
		for n < len(importPaths) && (n == 0 || size+len(importPaths[n]) < limit) {
			size += len(importPaths[n]) + 3
			n++
		}
		args := append([]string{"list", "-e", "-deps", "-export", listFields, "--"}, importPaths[:n]...)
		importPaths = importPaths[n:]
		out, err := e.toolchain.run(ctx, skeleton, root, args...)
		if err != nil {
			failed = err
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			p := new(external)
			if err := d.Decode(p); err == io.EOF {
				break
			} else if err != nil {
				if failed == nil {
					failed = fmt.Errorf("the answer of go list cannot be read: %w", err)
				}
				break
			}
			if within(skeleton, p.Dir) {
				p.Dir = "" // a package of the tree, which is not in the skeleton
			}
			answers[p.ImportPath] = p
		}
	}
	return failed
}

// isRead reports whether read has an answer.
func (e *exports) isRead(p *external) bool {
	e.reading.Lock()
	defer e.reading.Unlock()
	pkg := e.packages[p.ImportPath]
	return pkg != nil && pkg.Complete() || e.failed[p.Export] != nil
}

// read gives the types of a package from its export data.
func (e *exports) read(p *external) (*types.Package, error) {
	e.reading.Lock()
	defer e.reading.Unlock()
	if pkg := e.packages[p.ImportPath]; pkg != nil && pkg.Complete() {
		p.read.Store(true)
		return pkg, nil
	}
	if err := e.failed[p.Export]; err != nil {
		return nil, err
	}
	pkg, err := e.readFile(p)
	if err != nil {
		e.failed[p.Export] = err
		e.mu.Lock()
		defer e.mu.Unlock()
		e.problem(err.Error())
		return nil, err
	}
	p.read.Store(true)
	return pkg, nil
}

func (e *exports) readFile(p *external) (*types.Package, error) {
	file, err := os.Open(p.Export)
	if err != nil {
		return nil, fmt.Errorf("export data of %s is gone from the build cache", p.ImportPath)
	}
	defer file.Close()
	//lint:ignore SA1019 what lies in the build cache is an archive, until Go 1.29
	r, err := gcexportdata.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("export data of %s cannot be read: %w", p.ImportPath, err)
	}
	pkg, err := gcexportdata.Read(r, e.fset, e.packages, p.ImportPath)
	if err != nil {
		return nil, fmt.Errorf("export data of Go %s cannot be read by this program, which was built with %s: %s",
			e.toolchain.version, runtime.Version(), firstLine(err.Error()))
	}
	return pkg, nil
}
