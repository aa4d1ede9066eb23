package injection

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// reportPaths makes the function of a check that reports paths which strangers'
// data is part of: the flows that it wants, but not where one of a kind that a more
// specific check is about reaches the same place. The check requires
// assembledRequires.
func reportPaths(message string, want func(*taint.Flow) bool, specific ...string) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		r := &pathReport{pass: pass, assembled: assembledIn(pass, func(string) bool { return false }), taken: map[span]bool{}, first: map[pathValue]int{}}
		for _, f := range flowsOf(pass, func(f *taint.Flow) bool { return f.Class.Name == "path" && slices.Contains(specific, f.Source.Name) }) {
			r.taken[span{f.Pos, f.End}] = true
		}
		for _, f := range flowsOf(pass, func(f *taint.Flow) bool { return f.Source.Remote && f.Class.Name == "path" && want(f) }) {
			if r.taken[span{f.Pos, f.End}] && !isLinkTarget(&f) || r.assembled != nil && (r.isCleanedByMux(&f) || r.isValidated(&f) || r.isBelowParameter(&f) || r.isLinkBelowPrefix(&f)) {
				continue
			}
			r.add(&f, message)
		}
		for _, p := range r.found {
			p.Location.Message = ""
			pass.Report(p.Finding)
		}
		return nil
	}
}

// A pathReport makes one finding of each value in a function, since one check of
// the value mends all its uses: where it is first read, written or linked, else
// where it is first used.
type pathReport struct {
	pass      *check.PackagePass
	assembled *assembled
	taken     map[span]bool
	first     map[pathValue]int
	found     []pathFinding
}

type span struct{ pos, end token.Pos }

type pathValue struct {
	fn     *ssa.Function
	source taint.Place
}

type pathFinding struct {
	check.Finding
	around bool
}

func (r *pathReport) add(f *taint.Flow, message string) {
	p := pathFinding{findingOf(r.pass, f, fmt.Sprintf(message, f.Source.Title, f.Sink)), isAround(f.Sink)}
	p.Location.Message = "decides where " + f.Sink + " works, too"
	if f.Source.Name == "archive" && (code.IsInternal(r.pass.Pkg) || r.runsDownloads()) {
		p.Persona = check.Pedantic
	}
	if f.Source.Name == "upload" && f.Sink == "os.CreateTemp" {
		p.Persona = check.Pedantic // which refuses separators and makes the name up; what it ends in may still be of use to somebody
	}
	if f.Source.Name == "link" && (r.refusesLinks() || r.meansAnywhere(f)) {
		p.Persona = check.Pedantic
	}
	v := pathValue{fn: f.Fn, source: f.Steps[0].Place}
	i, again := r.first[v]
	switch {
	case !again:
		r.first[v] = len(r.found)
		r.found = append(r.found, p)
	case p.Persona < r.found[i].Persona, p.Persona == r.found[i].Persona && r.found[i].around && !p.around: // what more people want comes first
		p.Related = append(r.found[i].Related, r.found[i].Location)
		r.found[i] = p
	default:
		r.found[i].Related = append(r.found[i].Related, p.Location)
	}
}

// refusesLinks reports whether a function of the package asks Lstat of one element of a path after the other, and returns
// at a symbolic link: a link that leads out is made, but nothing is written through it.
func (r *pathReport) refusesLinks() bool {
	return r.assembled != nil && slices.ContainsFunc(r.assembled.Functions, func(fn *ssa.Function) bool {
		lstats := slices.ContainsFunc(r.assembled.In(fn, "os.Lstat", "(*os.Root).Lstat"), func(c flow.Call) bool { return flow.InLoop(c.Instr.Block()) })
		return lstats && returnsAtLink(fn)
	})
}

// returnsAtLink reports whether a function returns where a mode has the bit of symbolic links.
func returnsAtLink(fn *ssa.Function) bool {
	for instr := range instructions(fn) {
		branch, ok := instr.(*ssa.If)
		if !ok {
			continue
		}
		cond, ok := branch.Cond.(*ssa.BinOp)
		if !ok || cond.Op != token.NEQ {
			continue
		}
		mask, ok := cond.X.(*ssa.BinOp)
		if !ok || mask.Op != token.AND {
			continue
		}
		bit, ok := mask.Y.(*ssa.Const)
		at := branch.Block().Succs[0].Instrs
		if _, returns := at[len(at)-1].(*ssa.Return); ok && returns && bit.Value != nil && bit.Uint64() == uint64(fs.ModeSymlink) {
			return true
		}
	}
	return false
}

// anywhere is how a comment says that links are made as the archive has them.
var anywhere = regexp.MustCompile(`(?i)\blinks?\s[^.]*\bpoint\s+(to\s+)?any(where|thing)\b`)

// meansAnywhere reports whether a comment of the function where a flow ends says so.
func (r *pathReport) meansAnywhere(f *taint.Flow) bool {
	file := code.FileAt(r.pass.Pass, f.Pos)
	if file == nil {
		return false
	}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || !query.Within(fn, f.Pos) {
			continue
		}
		return slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool {
			return (c == fn.Doc || query.Within(fn, c.Pos())) && anywhere.MatchString(c.Text())
		})
	}
	return false
}

// runsDownloads reports whether the package fetches from an address that is a constant, at least its host, and runs a
// program whose path it finds out: who could change the archive has the program run anyway.
func (r *pathReport) runsDownloads() bool {
	if r.assembled == nil {
		return false
	}
	runs := slices.ContainsFunc(r.assembled.Calls("os/exec.Command", "os/exec.CommandContext"), func(c flow.Call) bool {
		_, known := query.StringSSA(c.Arg(len(c.Instr.Common().Args) - 2))
		return !known
	})
	return runs && len(r.assembled.Calls("net/http.Get", "(*net/http.Client).Get", "net/http.NewRequest", "net/http.NewRequestWithContext")) > 0 && namesServer(r.pass)
}

// server is an address of a host in the Internet.
var server = regexp.MustCompile(`^"https://[\w-]+(\.[\w-]+)+/?`)

// namesServer reports whether a package has such an address in its code.
func namesServer(pass *check.PackagePass) bool {
	for c := range code.Nodes(pass.Pass, (*ast.BasicLit)(nil)) {
		if lit, ok := c.Node().(*ast.BasicLit); ok && server.MatchString(lit.Value) {
			return true
		}
	}
	return false
}

// isAround reports whether a function works on what is around the content of a file.
func isAround(sink string) bool {
	for _, name := range []string{"os.Mkdir", "os.Ch", "os.Remove", "os.Lchown", "os.ReadDir"} {
		if strings.HasPrefix(sink, name) {
			return true
		}
	}
	return false
}

// isLinkTarget reports whether a flow ends in what a link points to, rather than
// where it stands.
func isLinkTarget(f *taint.Flow) bool {
	return f.Argument == 0 && (f.Sink == "os.Symlink" || f.Sink == "os.Link")
}

// isCleanedByMux reports whether a flow begins at the path of a request that came
// through http.ServeMux, which redirects every request whose path has ".." in it.
func (r *pathReport) isCleanedByMux(f *taint.Flow) bool {
	if f.Source.Name != "http" || !strings.HasPrefix(r.textBehind(f.Steps[0]), ".Path") ||
		slices.ContainsFunc(f.Steps, func(s taint.Step) bool { return strings.Contains(s.Message, "(*url.URL).") }) { // its query
		return false
	}
	return len(r.assembled.Calls("net/http.HandleFunc", "net/http.Handle", "(*net/http.ServeMux).HandleFunc", "(*net/http.ServeMux).Handle")) > 0
}

// textBehind gives what stands behind a step on its line; "" if it is in another package.
func (r *pathReport) textBehind(step taint.Step) string {
	content := contentOf(r.pass, step)
	line, _, _ := bytes.Cut(content[min(step.End, len(content)):], []byte("\n"))
	return string(line)
}

// textAt gives the text of a step; "" if it is in another package.
func textAt(pass *check.PackagePass, step taint.Step) string {
	content := contentOf(pass, step)
	return string(content[min(step.Start, len(content)):min(step.End, len(content))])
}

// contentOf gives the content of the file that a step is in; nil if it is in another package.
func contentOf(pass *check.PackagePass, step taint.Step) []byte {
	if _, d := fileOf(pass, step.Place); d != nil {
		return d.Content
	}
	return nil
}

// isValidated reports whether the function where a flow ends hands the value that
// it begins with to a function of the program that is named for looking at paths.
func (r *pathReport) isValidated(f *taint.Flow) bool {
	for _, b := range f.Fn.Blocks {
		for _, instr := range b.Instrs {
			if v, ok := instr.(ssa.Value); ok && r.isSource(v, f.Steps[0]) && r.assembled.isHandedTo(v, looksAtPaths) {
				return true
			}
		}
	}
	return false
}

// isBelowParameter reports whether the path that a flow ends in, or what it is the folder of, must begin with a parameter to
// which all callers have appended a separator: it was joined, and so cleaned, before.
func (r *pathReport) isBelowParameter(f *taint.Flow) bool {
	at, ok := f.Call.(ssa.CallInstruction)
	if !ok || isLinkTarget(f) {
		return false
	}
	return slices.ContainsFunc(r.assembled.In(f.Fn, "strings.HasPrefix"), func(c flow.Call) bool {
		prefix, ok := c.Arg(1).(*ssa.Parameter)
		return ok && r.assembled.EndsInSeparator(prefix) && isJoined(c.Arg(0)) && holdsAt(c.Instr.Value(), at.Block()) &&
			slices.ContainsFunc(at.Common().Args, func(arg ssa.Value) bool { return isPathOrFolder(arg, c.Arg(0)) })
	})
}

// isLinkBelowPrefix reports whether the target of a link, joined to a folder, must begin with some prefix. If that does not end in
// a separator, it is what go/path-prefix-without-separator finds.
func (r *pathReport) isLinkBelowPrefix(f *taint.Flow) bool {
	at, ok := f.Call.(ssa.CallInstruction)
	if !ok || !isLinkTarget(f) {
		return false
	}
	target := at.Common().Args[0]
	return slices.ContainsFunc(r.assembled.In(f.Fn, "strings.HasPrefix"), func(c flow.Call) bool {
		if _, isConst := c.Arg(1).(*ssa.Const); isConst || !isJoined(c.Arg(0)) || !holdsAt(c.Instr.Value(), at.Block()) {
			return false
		}
		if target == c.Arg(0) {
			return true
		}
		parts := c.Arg(0).(*ssa.Call).Call.Args
		return slices.ContainsFunc(r.assembled.Arguments(parts[0]), func(part ssa.Value) bool { return isSameField(part, target) })
	})
}

// isSameField reports whether two values are the same, or read from the same field.
func isSameField(a, b ssa.Value) bool {
	if a == b {
		return true
	}
	x, ok1 := a.(*ssa.UnOp)
	y, ok2 := b.(*ssa.UnOp)
	if !ok1 || !ok2 {
		return false
	}
	f, ok1 := x.X.(*ssa.FieldAddr)
	g, ok2 := y.X.(*ssa.FieldAddr)
	return ok1 && ok2 && f.X == g.X && f.Field == g.Field
}

// isJoined reports whether a value is a path that was joined or cleaned.
func isJoined(v ssa.Value) bool {
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	switch query.CalleeSSA(&call.Call) {
	case "path/filepath.Join", "path/filepath.Clean", "path.Join", "path.Clean":
		return true
	}
	return false
}

// isPathOrFolder reports whether a value is a path or the folder that it is in.
func isPathOrFolder(v, path ssa.Value) bool {
	if call, ok := v.(*ssa.Call); ok && v != path {
		switch query.CalleeSSA(&call.Call) {
		case "path/filepath.Dir", "path.Dir":
			return call.Call.Args[0] == path
		}
	}
	return v == path
}

// holdsAt reports whether a block is only reached if a condition is true.
func holdsAt(cond ssa.Value, at *ssa.BasicBlock) bool {
	if cond == nil {
		return false
	}
	for _, ref := range *cond.Referrers() {
		side := 0
		if not, ok := ref.(*ssa.UnOp); ok && not.Op == token.NOT && len(*not.Referrers()) == 1 {
			ref, side = (*not.Referrers())[0], 1
		}
		if branch, ok := ref.(*ssa.If); ok {
			if next := branch.Block().Succs[side]; len(next.Preds) == 1 && next.Dominates(at) {
				return true
			}
		}
	}
	return false
}

// isSource reports whether a value is a field that is read, or a call, at a step.
func (r *pathReport) isSource(v ssa.Value, step taint.Step) bool {
	pos := v.Pos()
	switch v := v.(type) {
	case *ssa.UnOp:
		pos = v.X.Pos()
	case *ssa.Call, *ssa.Extract, *ssa.Field:
	default:
		return false
	}
	if !pos.IsValid() {
		return false
	}
	if d := r.pass.Document(pos); d == nil || d.Path != step.File {
		return false
	}
	at := r.pass.Range(pos, pos).Start
	return step.Start <= at && at < step.End
}

// looksAtPaths reports whether a call is one of a function of the program, with an
// answer of yes or no or an error, that is named for looking at paths.
func looksAtPaths(call *ssa.CallCommon) bool {
	fn := call.StaticCallee()
	if fn == nil || fn.Pkg == nil || fn.Parent() != nil || len(fn.Blocks) == 0 {
		return false
	}
	results := fn.Signature.Results()
	if results.Len() == 0 {
		return false
	}
	if last := results.At(results.Len() - 1).Type(); !types.Identical(last, types.Typ[types.Bool]) && !types.Identical(last, types.Universe.Lookup("error").Type()) {
		return false
	}
	for _, w := range query.Words(fn.Name()) {
		switch w {
		case "dot", "dots", "dotdot", "traversal", "traverse", "escapes", "escaping", "outside", "inside", "within", "contained", "under", "below", "beneath", "descends", "descendant", "local", "illegal", "breakout":
			return true
		}
	}
	return text.Validates(fn.Name())
}
