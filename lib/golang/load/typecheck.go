package load

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/peercheck/peercheck/lib/cache"
	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// An entry is the types of a package as those that import it see them, which
// later calls of Load may use again. The positions of its objects are those of
// the files that it was made from, which may have changed in function bodies.
type entry struct {
	deps map[string]*entry

	mu      sync.Mutex
	checked bool
	types   *types.Package
	clean   bool // all types are known
}

// ready reports whether the types are known, and so are those of what the package
// imports.
func (e *entry) ready() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.checked
}

// An entryKey identifies an entry: types from export data of one skeleton do not
// mix with those of another.
type entryKey struct {
	surface cache.Key
	exports int
}

// enter finds the entry of a node whose dependencies have theirs, or makes one.
func (r *run) enter(n *node) {
	// An entry whose dependencies were dropped and made anew has other types in it.
	valid := func(e *entry) bool {
		for p, dep := range n.deps {
			if dep != nil && e.deps[p] != dep.entry {
				return false
			}
		}
		return true
	}
	n.entry = r.entries.getValid(entryKey{n.surface, n.exports.id}, n.path+" in "+n.folder, r.generation, valid, func() (*entry, int) {
		e := &entry{deps: map[string]*entry{}}
		for p, dep := range n.deps {
			if dep != nil {
				e.deps[p] = dep.entry
			}
		}
		weight := 1000
		for _, s := range n.sources {
			weight += heapOfTypes * len(s.content)
		}
		return e, weight
	})
}

// prepare reads all export data that the run may need, before anybody looks at
// the packages: what is judged must not change any more. They are held until the
// run ends.
func (r *run) prepare() {
	r.prepared.Do(func() {
		var all []*exports
		missing := map[*exports][]*external{}
		for _, n := range r.order {
			if !slices.Contains(all, n.exports) {
				all = append(all, n.exports)
			}
			for _, p := range n.imports {
				if _, isNode := n.deps[p]; isNode || p == "unsafe" {
					continue
				}
				if x := n.exports.get(p); x != nil && x.Export != "" && !n.exports.isRead(x) {
					missing[n.exports] = append(missing[n.exports], x)
				}
			}
		}
		for e, list := range missing {
			e.judging.Lock()
			for _, x := range list {
				_, _ = e.read(x) // who imports it gets the error
			}
			e.judging.Unlock()
		}
		// In one order, so that no two runs wait for each other.
		slices.SortFunc(all, func(a, b *exports) int { return a.id - b.id })
		for _, e := range all {
			e.judging.RLock()
		}
		r.held = all
	})
}

// ensure sets the types of a node's entry and of those that it imports, unless an
// earlier Load has done so.
func (r *run) ensure(ctx context.Context, n *node) error {
	if n.entry.ready() {
		return nil
	}
	for _, p := range n.imports {
		if dep := n.deps[p]; dep != nil {
			if err := r.ensure(ctx, dep); err != nil {
				return err
			}
		}
	}
	e := n.entry
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.checked {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var files []*parsed
	for _, s := range n.sources {
		if !isTest(s.path) {
			files = append(files, r.parsed(s, n.whole))
		}
	}
	t := r.typecheck(n, files, false)
	e.checked, e.types, e.clean = true, t.types, t.clean
	return nil
}

// whole type-checks a node with function bodies. If nobody needed its types
// before, those that import it get the same ones, unless they are to be the caller's own.
func (r *run) whole(ctx context.Context, n *node, own bool) (*typed, error) {
	r.prepare()
	for _, p := range n.imports {
		if dep := n.deps[p]; dep != nil {
			if err := r.ensure(ctx, dep); err != nil {
				return nil, err
			}
		}
	}
	var files []*parsed
	tests := false
	for _, s := range n.sources {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		files = append(files, r.parsed(s, true))
		tests = tests || isTest(s.path)
	}
	e := n.entry
	e.mu.Lock()
	if e.checked || tests || own {
		e.mu.Unlock()
		return r.typecheck(n, files, true), nil
	}
	defer e.mu.Unlock()
	t := r.typecheck(n, files, true)
	e.checked, e.types, e.clean = true, t.types, t.cleanSurface
	return t, nil
}

// typed is what the type checker says about a package.
type typed struct {
	files        []*parsed
	fset         *token.FileSet
	types        *types.Package
	info         *types.Info // nil without function bodies
	errors       []types.Error
	crash        string // a panic of the type checker
	clean        bool   // all types are known
	cleanSurface bool   // all outside of function bodies are
	steady       bool   // types are known but for errors in function bodies
	// locate says where a position stands; nil if positions count in the documents.
	locate func(token.Pos) token.Position
}

// typecheck type-checks a node whose dependencies have their types, with or
// without function bodies.
func (r *run) typecheck(n *node, parsed []*parsed, whole bool) *typed {
	path := n.path
	if path == "" { // no module: nobody can import it
		if path = n.folder; path == "." {
			path = n.name
		}
	}
	t := &typed{files: parsed, fset: token.NewFileSet(), types: types.NewPackage(path, n.name)}
	if whole {
		bytes := 0
		for _, s := range n.sources {
			bytes += len(s.content)
		}
		t.info = newInfo(bytes)
	}
	headers := map[string]*header{}
	for _, s := range n.sources {
		headers[s.path] = s.header
	}
	files, locals := make([]*ast.File, len(parsed)), make([]bool, len(parsed))
	cgo, broken := false, false
	for i, f := range parsed {
		files[i], locals[i] = f.file, whole && headers[f.path].Locals
		if !whole {
			files[i] = f.stripped()
		}
		cgo = cgo || headers[f.path].Cgo
		broken = broken || len(f.errors) > 0
		t.fset.AddExistingFiles(f.token)
	}
	conf := types.Config{
		GoVersion:        n.languageVersion(),
		IgnoreFuncBodies: !whole,
		FakeImportC:      true,
		Error: func(err error) {
			if err, ok := err.(types.Error); ok {
				t.errors = append(t.errors, err)
			}
		},
		Importer: importer(func(p string) (*types.Package, error) { return r.importPackage(n, p) }),
		Sizes:    newSizes(r.toolchain.context.GOARCH),
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				t.crash = firstLine(fmt.Sprint(p))
			}
		}()
		if t.crash = excess(files, locals); t.crash != "" {
			return
		}
		types.NewChecker(&conf, t.fset, t.types, t.info).Files(files)
	}()
	t.types.MarkComplete()
	t.clean = t.crash == "" && len(t.errors) == 0 && !broken
	t.cleanSurface = t.crash == "" && !broken && !slices.ContainsFunc(t.errors, func(err types.Error) bool { return !inBody(files, err.Pos) })
	t.steady = whole && !cgo && t.cleanSurface && !n.entry.someDepUnclean()
	if vague := cgo || n.entry.someDepUnclean(); vague {
		t.cleanSurface = false
		// Without an error, something may still come from cgo or from a
		// dependency with errors.
		t.clean = t.clean && whole && !slices.ContainsFunc(files, func(f *ast.File) bool { return !query.Known(t.info, f) })
	}
	return t
}

// newInfo makes room for what is known of so many bytes of source. They are what
// packages of helm and golang.org/x/tools need at least: a map that grows is copied
// again and again.
func newInfo(bytes int) *types.Info {
	return &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue, bytes/20),
		Instances:    map[*ast.Ident]types.Instance{},
		Defs:         make(map[*ast.Ident]types.Object, bytes/150),
		Uses:         make(map[*ast.Ident]types.Object, bytes/28),
		Implicits:    map[ast.Node]types.Object{},
		Selections:   make(map[*ast.SelectorExpr]*types.Selection, bytes/150),
		Scopes:       make(map[ast.Node]*types.Scope, bytes/150),
		FileVersions: map[*ast.File]string{},
	}
}

// inBody reports whether a position is in the body of a declared function.
func inBody(files []*ast.File, pos token.Pos) bool {
	return slices.ContainsFunc(files, func(file *ast.File) bool {
		return file.FileStart <= pos && pos <= file.FileEnd && slices.ContainsFunc(file.Decls, func(decl ast.Decl) bool {
			f, ok := decl.(*ast.FuncDecl)
			return ok && f.Body != nil && f.Body.Lbrace < pos && pos <= f.Body.Rbrace
		})
	})
}

// languageVersion gives the Go version that the module asks for, as far as this
// program knows it: a newer one does not type-check at all.
func (n *node) languageVersion() string {
	if n.module == nil || n.module.goVersion == "" {
		return ""
	}
	v := "go" + n.module.goVersion
	if !version.IsValid(v) || version.Compare(v, version.Lang(runtime.Version())+".999") > 0 {
		return ""
	}
	return v
}

func (e *entry) someDepUnclean() bool {
	for _, dep := range e.deps {
		if !dep.clean {
			return true
		}
	}
	return false
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }

// importPackage gives the types of a package that a node imports.
func (r *run) importPackage(n *node, p string) (*types.Package, error) {
	if p == "unsafe" {
		return types.Unsafe, nil
	}
	if dep, ok := n.deps[p]; ok {
		if dep == nil {
			return nil, fmt.Errorf("import cycle")
		}
		if dep.name == "" {
			return nil, fmt.Errorf("no Go files for this platform")
		}
		return dep.entry.types, nil
	}
	x := n.exports.get(p)
	if x == nil || x.Export == "" {
		return nil, fmt.Errorf("not found")
	}
	pkg, err := n.exports.read(x)
	if err != nil {
		r.lost(p)
	}
	return pkg, err
}

// notice says what is wrong with a package.
func (t *typed) notice(n *node, missing func(string) bool) (check.Notice, bool) {
	for _, f := range t.files {
		if len(f.errors) == 0 {
			continue
		}
		first := f.errors[0]
		return check.Notice{Kind: check.NoticeSyntax, Path: f.path, Effect: check.EffectDegraded,
			At:      position(first.Pos),
			Message: counted(total(t.files), "syntax error") + maskLiterals(first.Msg),
		}, true
	}
	if t.crash != "" {
		return check.Notice{Kind: check.NoticeTypes, Path: n.folder, Effect: check.EffectDegraded,
			Message: "types are not known, because the type checker gave up: " + maskLiterals(t.crash)}, true
	}
	errs := slices.DeleteFunc(slices.Clone(t.errors), func(err types.Error) bool {
		// A message that begins with a tab says more about the one before.
		rest, imports := strings.CutPrefix(err.Msg, "could not import ")
		path, _, _ := strings.Cut(rest, " ")
		return strings.HasPrefix(err.Msg, "\t") || imports && missing(path)
	})
	if len(errs) == 0 {
		return check.Notice{}, false
	}
	first := t.fset.PositionFor(errs[0].Pos, false)
	if t.locate != nil {
		first = t.locate(errs[0].Pos)
	}
	notice := check.Notice{Kind: check.NoticeTypes, Path: n.folder, Effect: check.EffectDegraded,
		Message: counted(len(errs), "type error") + maskLiterals(errs[0].Msg)}
	if first.IsValid() {
		notice.Path, notice.At = first.Filename, position(first)
	}
	return notice, true
}

func position(p token.Position) check.Position { return check.Position{Line: p.Line, Column: p.Column} }

func total(files []*parsed) (n int) {
	for _, f := range files {
		n += len(f.errors)
	}
	return n
}

func counted(n int, what string) string {
	if n == 1 {
		return what + ": "
	}
	return fmt.Sprintf("%d %ss in the package; the first: ", n, what)
}

// literal matches string literals in the messages of the parser and the type
// checker, which quote the source.
var literal = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"?|`[^`]*`?")

// maskLiterals removes string literals, which may be secrets (invariant 10).
func maskLiterals(msg string) string { return literal.ReplaceAllString(firstLine(msg), `"…"`) }

// lost notes that a package has export data that cannot be read.
func (r *run) lost(importPath string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unreadable = append(r.unreadable, importPath)
}

// isMissing reports whether what a node imports could not be found.
func (r *run) isMissing(n *node, importPath string) bool {
	if _, isNode := n.deps[importPath]; isNode || importPath == "unsafe" {
		return false
	}
	if x := n.exports.get(importPath); x == nil || x.Export == "" {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.unreadable, importPath)
}

// toolchainNotice says, once for a whole Load, what the go command did not give.
func (r *run) toolchainNotice() (check.Notice, bool) {
	missing, noModule := map[string]bool{}, false
	var problems []string
	for _, n := range r.order {
		for _, p := range n.imports {
			if r.isMissing(n, p) {
				missing[p] = true
				noModule = noModule || n.workspace.root == "" && !maybeStandard(p)
			}
		}
	}
	for _, w := range r.workspaces {
		problems = append(problems, w.problems...)
	}
	if len(missing) == 0 && len(problems) == 0 {
		return check.Notice{}, false
	}
	if r.toolchain.problem != "" {
		problems = append(problems, r.toolchain.problem)
	} else if len(missing) > 0 {
		for _, w := range r.workspaces {
			if w.exports != nil {
				problems = append(problems, w.exports.problems...)
			}
		}
	}
	if noModule {
		problems = append(problems, "there is no go.mod, so only the standard library is found")
	}
	slices.Sort(problems)
	problems = slices.Compact(problems)
	message := ""
	if len(missing) > 0 {
		paths := make([]string, 0, len(missing))
		for p := range missing {
			paths = append(paths, p)
		}
		slices.Sort(paths)
		shown := paths[:min(len(paths), 3)]
		what := "imported packages are"
		if len(paths) == 1 {
			what = "imported package is"
		}
		message = fmt.Sprintf("%d %s not found, so types are incomplete (%s)", len(paths), what, strings.Join(shown, ", "))
		if len(paths) > len(shown) {
			message = strings.TrimSuffix(message, ")") + ", ...)"
		}
		if len(problems) == 0 {
			problems = append(problems, "run go mod download, or go get if go.mod does not require them")
		}
	}
	const most = 3
	if n := len(problems); n > most {
		problems = append(problems[:most], fmt.Sprintf("and %d more of the kind", n-most))
	}
	if message != "" {
		problems = slices.Insert(problems, 0, message)
	}
	message = strings.Join(problems, "; ")
	return check.Notice{Kind: check.NoticeToolchain, Effect: check.EffectDegraded, Message: message}, true
}
