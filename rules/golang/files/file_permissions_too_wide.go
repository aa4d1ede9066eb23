package files

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"iter"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/edit"
	"github.com/peercheck/peercheck/rules/golang/internal/purpose"
)

//go:embed testdata/file-permissions-too-wide.txtar
var filePermissionsTooWideExamples string

// FilePermissionsTooWide finds files that other users of the machine may change,
// and secrets that they may read.
var FilePermissionsTooWide = &check.Check{
	ID:         "go/file-permissions-too-wide",
	Title:      "File is open to every user of the machine",
	CWE:        []check.CWE{732, 276},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{inspect.Analyzer},
	RunPackage: runFilePermissionsTooWide,
	Page: check.Page{
		What: "A file or folder gets a mode that lets every user write to it, or a file that holds a key, a password or a token gets one " +
			"that lets others read it. Or a folder gets one that lets others enter without listing, such as 0711, and is filled by the function that makes it.",
		Why: "Every service on a machine runs as some user; one that has been broken into reads what is readable and changes what is " +
			"writable. A world-writable script or socket makes it root, a readable key file makes it somebody else. In containerd " +
			"(CVE-2021-41103) folders that others could enter let every local user run the set-uid programs of containers; the fix " +
			"was a narrower mode.",
		Fix: "0600 for files and 0700 for folders with secrets, 0644 and 0755 for the rest. The quick fix takes the bits away that are too " +
			"many. It is not safe to apply unseen: a program of another user may rely on them. Files that exist keep their mode when " +
			"they are written to again, so set it on them once.",
		Limits: "Whether a file holds a secret is judged by the names of its path and of what is written, and by `PRIVATE KEY` in it. The " +
			"umask applies to new files, not to `Chmod`; a process normally runs with 022, so 0666 and 0777 for new files and folders " +
			"are left alone, as `os.Create` uses them too, unless the package clears the umask; for fixed paths of the system, such as " +
			"/var or /tmp, and for paths with the ID of a session, they are reported as tentative. So are folders that others may enter: what is in them may have narrow modes itself, and where the function makes a closed folder in one, it is left alone. The socket of a listener is for persona pedantic, because the server may ask who connects. Group-writable modes, modes with the sticky bit, modes that are not constant, sockets of datagrams and pipes with a name, which others send to, " +
			"and test code are left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/732.html",
			"https://pkg.go.dev/os#OpenFile",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-41103",
			"https://man7.org/linux/man-pages/man2/umask.2.html",
		},
		Examples: filePermissionsTooWideExamples,
	},
}

// A call that sets a mode. Indices are of arguments, -1 if there is none.
type modeCall struct {
	path, data, mode, flag int
	kind                   modeKind
}

type modeKind int

const (
	newFile   modeKind = iota // the umask applies
	newFolder                 // the umask applies
	change                    // it does not
)

var modeCalls = map[string]modeCall{
	"os.WriteFile":                 {0, 1, 2, -1, newFile},
	"io/ioutil.WriteFile":          {0, 1, 2, -1, newFile},
	"os.OpenFile":                  {0, -1, 2, 1, newFile},
	"os.Mkdir":                     {0, -1, 1, -1, newFolder},
	"os.MkdirAll":                  {0, -1, 1, -1, newFolder},
	"os.Chmod":                     {0, -1, 1, -1, change},
	"(*os.File).Chmod":             {-1, -1, 0, -1, change},
	"(*os.Root).WriteFile":         {0, 1, 2, -1, newFile},
	"(*os.Root).OpenFile":          {0, -1, 2, 1, newFile},
	"(*os.Root).Mkdir":             {0, -1, 1, -1, newFolder},
	"(*os.Root).MkdirAll":          {0, -1, 1, -1, newFolder},
	"(*os.Root).Chmod":             {0, -1, 1, -1, change},
	"syscall.Mkdir":                {0, -1, 1, -1, newFolder},
	"syscall.Chmod":                {0, -1, 1, -1, change},
	"syscall.Fchmod":               {-1, -1, 1, -1, change},
	"golang.org/x/sys/unix.Mkdir":  {0, -1, 1, -1, newFolder},
	"golang.org/x/sys/unix.Chmod":  {0, -1, 1, -1, change},
	"golang.org/x/sys/unix.Fchmod": {-1, -1, 1, -1, change},
}

const (
	othersWrite = 0o002
	othersEnter = 0o001 // without it nobody else makes or removes what is in a folder
	notOwner    = 0o077 // all bits of group and others
	anyWrite    = 0o022 // write bits of group and others
	createFlag  = 0x40  // os.O_CREATE on Linux; only used where the constant itself is not known
)

func runFilePermissionsTooWide(_ context.Context, pass *check.PackagePass) error {
	m := &modes{PackagePass: pass, index: query.IndexOf(pass.Pass), wrappers: map[*types.Func]modeCall{}}
	m.umaskCleared = m.clearsUmask()
	m.findWrappers()
	for c := range code.Calls(pass.Pass, func(called query.Called) bool { return called.Name == "os.Create" || m.takesMode(called) }) {
		call, ok := c.Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		file := code.File(c)
		if query.Callee(pass.TypesInfo, call) == "os.Create" {
			m.created(file, call)
		} else if mc, ok := m.modeCall(call); ok && !(mc.kind == change && (m.removedNext(c) || m.isForMessages(c))) {
			m.persona = check.Regular
			if mc.kind == change && m.listens(c) {
				m.persona = check.Pedantic // whom the server lets in is its own answer, or it is for all
			}
			m.call(file, call, mc)
			m.entered(c, file, call, mc)
		}
	}
	return nil
}

// modes is the work on one package.
type modes struct {
	*check.PackagePass
	index *query.Index
	// wrappers are the functions of this package that hand a parameter on as a mode.
	wrappers map[*types.Func]modeCall
	// umaskCleared: the program takes umask 0 upon itself.
	umaskCleared bool
	// persona is who wants what the call at hand does.
	persona check.Persona
}

// listens reports whether the function around a place gets a listener from what it calls: a socket that others are to
// connect to.
func (m *modes) listens(c inspector.Cursor) bool {
	for n := range callsAround(c) {
		results, ok := m.TypesInfo.TypeOf(n).(*types.Tuple)
		for i := 0; ok && i < results.Len(); i++ {
			switch query.TypeName(results.At(i).Type()) {
			case "net.Listener", "net.UnixListener":
				return true
			}
		}
	}
	return false
}

// isForMessages reports whether the function around a place makes a pipe with a name, or a socket of datagrams that gets
// messages or answers: those who send them have to write to it.
func (m *modes) isForMessages(c inspector.Cursor) bool {
	for n := range callsAround(c) {
		switch query.Callee(m.TypesInfo, n) {
		case "net.DialUnix", "net.ListenUnixgram", "syscall.Mkfifo", "golang.org/x/sys/unix.Mkfifo":
			return true
		}
	}
	return false
}

// callsAround gives the calls in the function around a place.
func callsAround(c inspector.Cursor) iter.Seq[*ast.CallExpr] {
	return func(yield func(*ast.CallExpr) bool) {
		f, ok := code.Enclosing(c)
		if !ok {
			return
		}
		for call := range f.Cursor.Preorder((*ast.CallExpr)(nil)) {
			if n, ok := call.Node().(*ast.CallExpr); ok && !yield(n) {
				return
			}
		}
	}
}

func (m *modes) clearsUmask() bool {
	for c := range m.calls(func(called query.Called) bool {
		return called.Name == "syscall.Umask" || called.Name == "golang.org/x/sys/unix.Umask"
	}) {
		if call, ok := c.Node().(*ast.CallExpr); ok && len(call.Args) == 1 {
			if mask, ok := code.ConstInt(m.Pass, call.Args[0]); ok && mask&othersWrite == 0 {
				return true
			}
		}
	}
	return false
}

// calls gives the calls of what is wanted, those in test code too.
func (m *modes) calls(wanted func(query.Called) bool) iter.Seq[inspector.Cursor] {
	return m.index.Calls(func(*ast.File) bool { return true }, wanted)
}

// takesMode reports whether modeCall knows what is called.
func (m *modes) takesMode(called query.Called) bool {
	if _, ok := modeCalls[called.Name]; ok {
		return true
	}
	_, ok := m.wrappers[called.Func]
	return ok
}

// modeCall looks up what a call does with modes.
func (m *modes) modeCall(call *ast.CallExpr) (modeCall, bool) {
	mc, ok := modeCalls[query.Callee(m.TypesInfo, call)]
	if !ok {
		if fn := code.Callee(m.TypesInfo, call); fn != nil {
			mc, ok = m.wrappers[fn]
		}
	}
	return mc, ok && mc.mode < len(call.Args) && !call.Ellipsis.IsValid()
}

// findWrappers looks for functions such as
//
//	func save(name string, data []byte, mode os.FileMode) error { return os.WriteFile(name, data, mode) }
//
// and for those that wrap them in turn.
func (m *modes) findWrappers() {
	for found := true; found; {
		found = false
		for c := range m.calls(m.takesMode) {
			call, ok := c.Node().(*ast.CallExpr)
			if !ok {
				continue
			}
			mc, ok := m.modeCall(call)
			if !ok {
				continue
			}
			f, ok := code.Enclosing(c)
			decl, isDecl := f.Node.(*ast.FuncDecl)
			if !ok || !isDecl {
				continue
			}
			fn, ok := m.TypesInfo.Defs[decl.Name].(*types.Func)
			if !ok || m.wrappers[fn] != (modeCall{}) {
				continue
			}
			mode := m.param(fn, call.Args[mc.mode])
			if mode < 0 || code.Changed(m.Pass, fn.Signature().Params().At(mode)) {
				continue
			}
			w := modeCall{path: -1, data: -1, mode: mode, flag: -1, kind: mc.kind}
			if mc.path >= 0 {
				w.path = m.param(fn, call.Args[mc.path])
			}
			if mc.data >= 0 {
				w.data = m.param(fn, call.Args[mc.data])
			}
			if mc.flag >= 0 && !m.creates(call.Args[mc.flag]) {
				continue
			}
			m.wrappers[fn] = w
			found = true
		}
	}
}

// param gives the index of the parameter that an expression is, or -1.
func (m *modes) param(fn *types.Func, e ast.Expr) int {
	if call, ok := ast.Unparen(e).(*ast.CallExpr); ok && len(call.Args) == 1 && m.TypesInfo.Types[call.Fun].IsType() {
		e = call.Args[0] // uint32(mode)
	}
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return -1
	}
	v := code.Var(m.TypesInfo, id)
	for i := range fn.Signature().Params().Len() {
		if fn.Signature().Params().At(i) == v {
			return i
		}
	}
	return -1
}

func (m *modes) creates(flag ast.Expr) bool {
	value, ok := code.ConstInt(m.Pass, flag)
	if !ok {
		return true
	}
	create := int64(createFlag)
	if c, ok := query.Lookup(m.Pkg, "os.O_CREATE").(*types.Const); ok {
		if v, exact := constant.Int64Val(constant.ToInt(c.Val())); exact {
			create = v
		}
	}
	return value&create != 0
}

// call judges one call that sets a mode.
func (m *modes) call(file *ast.File, call *ast.CallExpr, mc modeCall) {
	arg := call.Args[mc.mode]
	value, ok := code.ConstInt(m.Pass, arg)
	if !ok || value < 0 || mc.flag >= 0 && !m.creates(call.Args[mc.flag]) {
		return
	}
	perm := value & 0o777
	if mc.kind != newFolder && perm&notOwner != 0 {
		if what := m.secret(call, mc); what != "" {
			m.report(file, arg, value, perm&^notOwner, check.High, 0,
				fmt.Sprintf("mode %04o lets other users of the machine %s %s", perm, verb(perm), what))
			return
		}
	}
	if perm&othersWrite == 0 || isSticky(value) || m.passesUmask(call) || mc.kind == newFolder && perm&othersEnter == 0 {
		return
	}
	what := fmt.Sprintf("mode %04o lets every user of the machine write", perm)
	if octal, ok := decimal(arg); ok {
		what = fmt.Sprintf("mode %d is decimal, which is octal %04o, and lets every user of the machine write", value, perm)
		perm = octal
	}
	usual := mc.kind == newFile && (perm == 0o666 || perm == 0o777) || mc.kind == newFolder && perm == 0o777
	switch {
	case mc.kind == change || m.umaskCleared || !usual:
		m.report(file, arg, value, perm&^anyWrite, 0, 0, what)
	case mc.path >= 0 && m.holdsSessions(call.Args[mc.path]):
		m.report(file, arg, value, perm&^anyWrite, 0, check.Tentative, what+" to sessions where the umask is 0, as it is for some services")
	case mc.path >= 0 && m.isSystemPath(call.Args[mc.path]):
		m.report(file, arg, value, perm&^anyWrite, check.Low, check.Tentative, what+" where the umask is 0, as it is for some services")
	}
}

// passesUmask reports whether a call hands a mask on next to the mode, which takes bits
// away that its caller does not want.
func (m *modes) passesUmask(call *ast.CallExpr) bool {
	return slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
		v := code.Var(m.TypesInfo, arg)
		return v != nil && strings.HasSuffix(strings.ToLower(v.Name()), "umask")
	})
}

// holdsSessions reports whether a path is made of the ID of a session, by names: who can write
// there logs in as anybody.
func (m *modes) holdsSessions(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && code.Var(m.TypesInfo, id) != nil {
			words := query.Words(id.Name)
			found = found || slices.Contains(words, "sid") || slices.Contains(words, "session") && slices.Contains(words, "id")
		}
		return !found
	})
	return found
}

// entered judges a new folder whose mode lets others pass through and not look,
// such as 0711, and which the same function fills: names keep nobody out who knows them.
func (m *modes) entered(c inspector.Cursor, file *ast.File, call *ast.CallExpr, mc modeCall) {
	value, ok := code.ConstInt(m.Pass, call.Args[mc.mode])
	const others, onlyEnter = 0o007, 0o001
	if !ok || mc.kind != newFolder || mc.path < 0 || value&^0o777 != 0 || value&others != onlyEnter {
		return
	}
	if fn := code.Callee(m.TypesInfo, call); fn == nil || strings.Contains(fn.Name(), "All") {
		return // the way to a folder may be open
	}
	folder := code.Var(m.TypesInfo, call.Args[mc.path])
	f, ok := code.Enclosing(c)
	if folder == nil || !ok || f.Body == nil {
		return
	}
	filled := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if join, ok := n.(*ast.CallExpr); ok && join.Pos() > call.End() && len(join.Args) > 1 && query.Callee(m.TypesInfo, join) == "path/filepath.Join" {
			filled = filled || code.Var(m.TypesInfo, join.Args[0]) == folder
		}
		return !filled
	})
	if filled && !m.closesInside(f.Body, folder) {
		m.report(file, call.Args[mc.mode], value, value&^notOwner, 0, check.Tentative,
			fmt.Sprintf("mode %04o lets every user of the machine enter: what is inside is hidden, but opens to who knows its name", value))
	}
}

// closesInside reports whether a function makes a folder within another one, and lets nobody else into that.
func (m *modes) closesInside(body ast.Node, folder *types.Var) (found bool) {
	inside := func(e ast.Expr) bool {
		if v := code.Var(m.TypesInfo, e); v != nil {
			e = code.Init(m.Pass, e)
		}
		join, ok := e.(*ast.CallExpr)
		return ok && len(join.Args) > 1 && query.Callee(m.TypesInfo, join) == "path/filepath.Join" && code.Var(m.TypesInfo, join.Args[0]) == folder
	}
	ast.Inspect(body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || found || len(call.Args) < 2 {
			return !found
		}
		fn := code.Callee(m.TypesInfo, call)
		if fn == nil || !strings.HasPrefix(strings.ToLower(fn.Name()), "mkdir") || !inside(call.Args[0]) {
			return true
		}
		mode, ok := code.ConstInt(m.Pass, call.Args[1])
		found = ok && mode&notOwner == 0
		return true
	})
	return found
}

func verb(perm int64) string {
	if perm&anyWrite != 0 {
		return "change"
	}
	return "read"
}

// isSticky reports whether a mode has the sticky bit, which keeps users of a
// shared folder from removing each other's files; os.ModeSticky or the bit of
// the system call.
func isSticky(mode int64) bool {
	const modeSticky, systemSticky = 1 << 20, 0o1000
	return mode&modeSticky != 0 || mode&^0o7777 == 0 && mode&systemSticky != 0 && mode&0o777 == 0o777
}

// decimal gives what a decimal literal such as 755 was meant to be.
func decimal(e ast.Expr) (octal int64, ok bool) {
	lit, isLit := inner(e).(*ast.BasicLit)
	if !isLit || lit.Kind != token.INT || len(lit.Value) != 3 || strings.Trim(lit.Value, "01234567") != "" || lit.Value[0] == '0' {
		return 0, false
	}
	for _, digit := range lit.Value {
		octal = octal<<3 + int64(digit-'0')
	}
	return octal, true
}

// inner looks through parentheses and a conversion.
func inner(e ast.Expr) ast.Expr {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		return ast.Unparen(call.Args[0])
	}
	return e
}

func (m *modes) report(file *ast.File, arg ast.Expr, value, narrow int64, severity check.Severity, confidence check.Confidence, message string) {
	f := check.Finding{Message: message, Severity: severity, Confidence: confidence, Location: m.Location(arg), Persona: m.persona}
	if value&^0o777 == 0 || value < 1000 {
		replaced, text := arg, fmt.Sprintf("%#04o", narrow)
		if lit, ok := inner(arg).(*ast.BasicLit); ok {
			replaced = lit
		}
		if !strings.HasPrefix(edit.Text(m.PackagePass, replaced), "0") || strings.HasPrefix(edit.Text(m.PackagePass, replaced), "0o") {
			text = fmt.Sprintf("0o%03o", narrow)
		}
		edits := append(edit.Unimport(m.PackagePass, file, replaced), m.Edit(replaced, text))
		f.Fixes = []check.Fix{{Title: "Narrow the mode to " + text, Edits: edits}}
	}
	m.Report(f)
}

// removedNext reports whether the function goes on to remove something: then it
// opens a folder only to be able to empty it.
func (m *modes) removedNext(c inspector.Cursor) bool {
	for outer := range c.Enclosing((*ast.FuncDecl)(nil)) {
		for other := range outer.Preorder((*ast.CallExpr)(nil)) {
			call, ok := other.Node().(*ast.CallExpr)
			if !ok || call.Pos() < c.Node().End() {
				continue
			}
			if name := purpose.NameOf(m.TypesInfo, call.Fun); name == "Remove" || name == "RemoveAll" {
				return true
			}
		}
	}
	return false
}

// created judges os.Create, which takes mode 0666 and leaves the rest to the umask.
func (m *modes) created(file *ast.File, call *ast.CallExpr) {
	if len(call.Args) != 1 {
		return
	}
	what := m.secret(call, modeCall{path: 0, data: -1})
	if what == "" {
		return
	}
	f := check.Finding{
		Message:  "os.Create lets other users of the machine read " + what,
		Severity: check.High,
		Location: m.Location(call.Fun),
	}
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		name := edit.Text(m.PackagePass, sel.X)
		f.Fixes = []check.Fix{{Title: "Create the file with mode 0600", Edits: []check.Edit{m.Edit(call, fmt.Sprintf(
			"%[1]s.OpenFile(%[2]s, %[1]s.O_RDWR|%[1]s.O_CREATE|%[1]s.O_TRUNC, 0o600)", name, edit.Text(m.PackagePass, call.Args[0])))}}}
	}
	m.Report(f)
}

// systemFolders hold what services of several users share.
var systemFolders = []string{"/tmp", "/var", "/etc", "/run", "/opt", "/srv", "/usr", "/dev/shm"}

func (m *modes) isSystemPath(e ast.Expr) bool {
	text, ok := code.ConstString(m.Pass, e)
	return ok && slices.ContainsFunc(systemFolders, func(folder string) bool { return text == folder || strings.HasPrefix(text, folder+"/") })
}

// secret says what secret a call writes, judged by names; "" if none.
func (m *modes) secret(call *ast.CallExpr, mc modeCall) string {
	if mc.path >= 0 && mc.path < len(call.Args) {
		if what := m.secretPath(call.Args[mc.path]); what != "" {
			return what
		}
	}
	if mc.data >= 0 && mc.data < len(call.Args) {
		return m.secretData(call.Args[mc.data])
	}
	return ""
}

// secretFiles are names of files that hold secrets by convention.
var secretFiles = []string{
	"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", "_netrc", ".pgpass", ".git-credentials", ".npmrc", ".pypirc", ".htpasswd",
	"kubeconfig", ".env", "credentials", "credentials.json", "secrets.json", "secrets.yaml", "secrets.yml", "shadow",
}

// dataExtensions are those of files that may hold nothing but a secret: a
// token.go or a session.log does not.
var dataExtensions = []string{"", ".txt", ".json", ".yaml", ".yml", ".toml", ".conf", ".ini", ".env", ".dat", ".secret", ".token", ".pass"}

func (m *modes) secretPath(e ast.Expr) string {
	for _, text := range m.texts(e) {
		base := path.Base(strings.ReplaceAll(text, "\\", "/"))
		stem, ext := strings.TrimSuffix(base, path.Ext(base)), path.Ext(base)
		switch {
		case slices.Contains(secretFiles, base):
			return "the secrets in " + base
		case ext == ".key" || ext == ".pem" && slices.Contains(query.Words(stem), "key"):
			if !slices.ContainsFunc(query.Words(stem), isPublic) {
				return "the private key in " + base
			}
		case slices.Contains(dataExtensions, ext) && stem != "tokens" && stem != "session" && isSecret(purpose.OfName(stem)) &&
			!slices.ContainsFunc(query.Words(stem), isPublic):
			return "the secret in " + base
		}
	}
	name := purpose.NameOf(m.TypesInfo, e)
	words := query.Words(name)
	n := len(words)
	for n > 0 && slices.Contains([]string{"path", "file", "filename", "name", "location", "dest", "destination", "out", "output", "tmp", "temp"}, words[n-1]) {
		n--
	}
	if n == len(words) || n == 0 || slices.ContainsFunc(words, isPublic) {
		return ""
	}
	if p := purpose.OfName(strings.Join(words[:n], " ")); isSecret(p) {
		return "the " + strings.Join(words[:n], " ") + " in " + name
	}
	return ""
}

// texts gives the constant strings that a path is made of: its last elements.
func (m *modes) texts(e ast.Expr) []string { return m.textsTo(e, 10) }

// textsTo looks through so many variables and calls: in code that does not
// compile they may refer to each other in a circle.
func (m *modes) textsTo(e ast.Expr, depth int) []string {
	if depth == 0 {
		return nil
	}
	if text, ok := code.ConstString(m.Pass, e); ok {
		return []string{text}
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return m.textsTo(x.Y, depth-1)
	case *ast.CallExpr:
		name := query.Callee(m.TypesInfo, x)
		if (name == "path/filepath.Join" || name == "path.Join") && len(x.Args) > 0 {
			return m.textsTo(x.Args[len(x.Args)-1], depth-1)
		}
	case *ast.Ident:
		if init := code.Init(m.Pass, x); init != nil {
			if _, again := ast.Unparen(init).(*ast.Ident); !again {
				return m.textsTo(init, depth-1)
			}
		}
	}
	return nil
}

func (m *modes) secretData(e ast.Expr) string {
	name := purpose.NameOf(m.TypesInfo, e)
	if p := purpose.OfName(name); isSecret(p) && !slices.ContainsFunc(query.Words(name), isPublic) && !isWritten(e) {
		return "the " + strings.Join(query.Words(name), " ")
	}
	made := e
	if init := code.Init(m.Pass, e); init != nil {
		made = init
	}
	found := false
	ast.Inspect(made, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			found = found || n.Kind == token.STRING && strings.Contains(n.Value, "PRIVATE KEY") && !strings.Contains(n.Value, "ENCRYPTED")
		case *ast.CallExpr:
			switch query.Callee(m.TypesInfo, n) {
			case "crypto/x509.MarshalPKCS1PrivateKey", "crypto/x509.MarshalPKCS8PrivateKey", "crypto/x509.MarshalECPrivateKey":
				found = true
			}
		}
		return !found
	})
	if found {
		return "the private key"
	}
	return ""
}

// isWritten reports whether data is a text right in the call, []byte("secrets"), which speaks of secrets and is none.
func isWritten(e ast.Expr) bool {
	_, ok := inner(e).(*ast.BasicLit)
	return ok
}

// isSecret reports whether a purpose means that nobody else may read the value.
func isSecret(p purpose.Purpose) bool {
	return p == purpose.Password || p == purpose.Token || p == purpose.Key
}

// isPublic reports whether a word of a name says that what it names is no secret.
func isPublic(word string) bool {
	switch word {
	case "pub", "public", "cert", "certificate", "certs", "ca", "encrypted", "sealed", "enc", "example", "template", "sample", "lock":
		return true
	}
	return false
}
