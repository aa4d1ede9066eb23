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

	"golang.org/x/sync/errgroup"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
)

// An entry is a package with types, which later calls of Load may use again.
type entry struct {
	key     digest
	path    string
	whole   bool
	sources []*source
	kept    map[digest]*parsed // files that an earlier version has parsed
	deps    map[string]*entry

	parsing sync.Mutex
	files   []*parsed // nil until parse

	mu      sync.Mutex
	checked bool
	types   *types.Package
	info    *types.Info
	errors  []types.Error
	crash   string   // a panic of the type checker
	missing []string // imports that could not be found, sorted
	clean   bool     // all types are known
}

// check type-checks all nodes, in parallel where their imports allow it.
func (r *run) check(ctx context.Context) error {
	for _, n := range r.order {
		r.enter(n)
	}
	parsing, parsingCtx := errgroup.WithContext(ctx)
	parsing.SetLimit(runtime.GOMAXPROCS(0))
	for _, n := range r.order {
		parsing.Go(func() error {
			if parsingCtx.Err() == nil {
				n.entry.parse()
			}
			return parsingCtx.Err()
		})
	}
	if err := parsing.Wait(); err != nil {
		return err
	}
	fset := token.NewFileSet()
	for _, n := range r.order {
		for _, f := range n.entry.files {
			fset.AddExistingFiles(f.token)
		}
	}
	r.positions = fset
	done := make(map[*node]chan struct{}, len(r.order))
	for _, n := range r.order {
		done[n] = make(chan struct{})
	}
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range r.order {
		g.Go(func() error {
			for _, dep := range n.deps {
				if dep == nil {
					continue
				}
				select {
				case <-done[dep]:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			select {
			case slots <- struct{}{}:
				defer func() { <-slots }()
			case <-ctx.Done():
				return ctx.Err()
			}
			r.typecheck(n, fset)
			close(done[n])
			return nil
		})
	}
	return g.Wait()
}

// enter finds the entry of a node whose dependencies have theirs, or makes one.
func (r *run) enter(n *node) {
	key := r.key(n)
	// An entry whose dependencies were dropped and made anew has other types in it.
	valid := func(e *entry) bool {
		for p, dep := range n.deps {
			if dep != nil && e.deps[p] != dep.entry {
				return false
			}
		}
		return true
	}
	n.entry = r.entries.getValid(key, r.generation, valid, func() (*entry, int) { return r.newEntry(n, key) })
	if n.whole {
		r.used(n)
	}
}

// newEntry makes an entry without types. The weight is the heap that they will take.
func (r *run) newEntry(n *node, key digest) (e *entry, weight int) {
	e = &entry{key: key, path: n.path, whole: n.whole, sources: n.sources, deps: map[string]*entry{}}
	if e.path == "" { // no module: nobody can import it
		if e.path = n.folder; e.path == "." {
			e.path = n.name
		}
	}
	for p, dep := range n.deps {
		if dep != nil {
			e.deps[p] = dep.entry
		}
	}
	heap := heapOfDep
	if n.whole {
		heap = heapOfWhole
		e.kept = r.parsedBefore(n)
	}
	for _, s := range n.sources {
		weight += heap * len(s.content)
	}
	return e, weight + 1000
}

// parse parses the files, if that was not done yet.
func (e *entry) parse() {
	e.parsing.Lock()
	defer e.parsing.Unlock()
	if e.files != nil {
		return
	}
	e.files = make([]*parsed, len(e.sources))
	for i, s := range e.sources {
		if e.files[i] = e.kept[s.digest]; e.files[i] == nil {
			e.files[i] = parse(s, e.whole)
		}
	}
	e.sources, e.kept = nil, nil
}

// typecheck sets the types of a node's entry, unless an earlier Load has done so.
func (r *run) typecheck(n *node, fset *token.FileSet) {
	e := n.entry
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.checked {
		return
	}
	e.types = types.NewPackage(e.path, n.name)
	if n.whole {
		e.info = &types.Info{
			Types:        map[ast.Expr]types.TypeAndValue{},
			Instances:    map[*ast.Ident]types.Instance{},
			Defs:         map[*ast.Ident]types.Object{},
			Uses:         map[*ast.Ident]types.Object{},
			Implicits:    map[ast.Node]types.Object{},
			Selections:   map[*ast.SelectorExpr]*types.Selection{},
			Scopes:       map[ast.Node]*types.Scope{},
			FileVersions: map[*ast.File]string{},
		}
	}
	files, locals := make([]*ast.File, len(e.files)), make([]bool, len(e.files))
	cgo, broken := false, false
	for i, f := range e.files {
		files[i], locals[i] = f.file, e.whole && f.locals
		cgo = cgo || f.cgo
		broken = broken || len(f.errors) > 0
	}
	conf := types.Config{
		GoVersion:        n.languageVersion(),
		IgnoreFuncBodies: !n.whole,
		FakeImportC:      true,
		Error: func(err error) {
			if err, ok := err.(types.Error); ok {
				e.errors = append(e.errors, err)
			}
		},
		Importer: importer(func(p string) (*types.Package, error) { return e.importPackage(n, p) }),
		Sizes:    newSizes(r.toolchain.context.GOARCH),
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				e.crash = firstLine(fmt.Sprint(p))
			}
		}()
		if e.crash = excess(files, locals); e.crash != "" {
			return
		}
		types.NewChecker(&conf, fset, e.types, e.info).Files(files)
	}()
	e.types.MarkComplete()
	slices.Sort(e.missing)
	e.clean = e.crash == "" && len(e.errors) == 0 && !broken
	if vague := cgo || e.someDepUnclean(); vague && n.whole {
		// Without an error, something may still come from cgo or from a
		// dependency with errors.
		e.clean = e.clean && !slices.ContainsFunc(files, func(f *ast.File) bool { return !query.Known(e.info, f) })
	} else if vague {
		e.clean = false
	}
	if !n.whole {
		for _, f := range e.files {
			f.file, f.source = nil, nil
		}
	}
	e.checked = true
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
func (e *entry) importPackage(n *node, p string) (*types.Package, error) {
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
		e.missing = append(e.missing, p)
		return nil, fmt.Errorf("not found")
	}
	pkg, err := n.exports.read(x)
	if err != nil {
		e.missing = append(e.missing, p)
	}
	return pkg, err
}

// result makes the Result.
func (r *run) result() *Result {
	res := &Result{Notices: r.notices}
	sizes := types.SizesFor("gc", r.toolchain.context.GOARCH)
	for _, n := range r.order {
		if !n.whole {
			continue
		}
		if n.requested {
			res.Notices = append(res.Notices, n.notices...)
		}
		e := n.entry
		if len(e.files) == 0 {
			continue
		}
		pkg := &Package{
			Folder: n.folder, ImportPath: n.path, Requested: n.requested, Key: string(e.key[:]), Fset: r.positions, Sizes: sizes,
			Types: e.types, Info: e.info, TypeErrors: e.errors, Tier: check.TierTyped,
		}
		if n.module != nil {
			pkg.ModulePath = n.module.path
			if n.module.goVersion != "" {
				pkg.GoVersion = "go" + n.module.goVersion
			}
		}
		for _, f := range e.files {
			pkg.Files = append(pkg.Files, f.file)
			pkg.Documents = append(pkg.Documents, f.document)
		}
		switch {
		case e.crash != "":
			pkg.Tier = check.TierText
		case !e.clean:
			pkg.Tier = check.TierPartial
		}
		if notice, ok := e.notice(n, r.positions); ok && n.requested {
			res.Notices = append(res.Notices, notice)
		}
		res.Packages = append(res.Packages, pkg)
	}
	if notice, ok := r.toolchainNotice(); ok {
		res.Notices = append(res.Notices, notice)
	}
	slices.SortStableFunc(res.Notices, func(a, b check.Notice) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
	return res
}

// notice says what is wrong with a package.
func (e *entry) notice(n *node, fset *token.FileSet) (check.Notice, bool) {
	for _, f := range e.files {
		if len(f.errors) == 0 {
			continue
		}
		first := f.errors[0]
		return check.Notice{Kind: check.NoticeSyntax, Path: f.path, Effect: check.EffectDegraded,
			At:      position(first.Pos),
			Message: counted(total(e.files), "syntax error") + maskLiterals(first.Msg),
		}, true
	}
	if e.crash != "" {
		return check.Notice{Kind: check.NoticeTypes, Path: n.folder, Effect: check.EffectDegraded,
			Message: "types are not known, because the type checker gave up: " + maskLiterals(e.crash)}, true
	}
	errs := slices.DeleteFunc(slices.Clone(e.errors), func(err types.Error) bool {
		// A message that begins with a tab says more about the one before.
		return strings.HasPrefix(err.Msg, "\t") || slices.ContainsFunc(e.missing, func(p string) bool { return strings.HasPrefix(err.Msg, "could not import "+p+" ") })
	})
	if len(errs) == 0 {
		return check.Notice{}, false
	}
	first := fset.PositionFor(errs[0].Pos, false)
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

// toolchainNotice says, once for a whole Load, what the go command did not give.
func (r *run) toolchainNotice() (check.Notice, bool) {
	missing, noModule := map[string]bool{}, false
	var problems []string
	for _, n := range r.order {
		for _, p := range n.entry.missing {
			missing[p] = true
			noModule = noModule || n.workspace.root == "" && !maybeStandard(p)
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
		message = fmt.Sprintf("%d imported packages are not found, so types are incomplete (%s)", len(paths), strings.Join(shown, ", "))
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
