package injection

import (
	"go/ast"
	"go/token"
	"iter"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

// Checks of text that is put together ask what stands around a value, not where
// it comes from: quotes of a shell's that nobody escapes are wrong for any value.

// assembledRequires is what the checks of text that is put together need. Where
// the way from a stranger is known, the check of that way says more.
var assembledRequires = []*analysis.Analyzer{text.Analyzer, taint.Analyzer}

// assembled are the questions of these checks about one package.
type assembled struct {
	*text.Index
	pass *check.PackagePass
	// safe decides by the bare name of a function whether what it gives needs no
	// escaping.
	safe func(name string) bool
	// asks, if not nil, decides whether a call asks something about its arguments: a
	// parameter that its function asks about is safe.
	asks func(call *ssa.CallCommon) bool
}

// assembledIn gives them, nil if the package has no SSA form.
func assembledIn(pass *check.PackagePass, safe func(string) bool) *assembled {
	index, _ := pass.ResultOf[text.Analyzer].(*text.Index)
	if index == nil {
		return nil
	}
	return &assembled{Index: index, pass: pass, safe: safe}
}

// unescaped reports whether a value may hold any text: it is not put together
// from constants, numbers and what is escaped.
func (a *assembled) unescaped(v ssa.Value) bool {
	found := false
	a.Behind(v, a.clean, nil, func(leaf ssa.Value) { found = found || text.Open(leaf) })
	return found
}

// clean leaves out what cannot hold any text, or is harmless.
func (a *assembled) clean(v ssa.Value) bool {
	if e, ok := v.(*ssa.Extract); ok {
		v = e.Tuple
	}
	if call, ok := v.(*ssa.Call); ok {
		return a.safe(text.CalleeName(&call.Call)) || a.isSafeVariable(&call.Call) || text.Global(call)
	}
	if p, ok := v.(*ssa.Parameter); ok && a.asks != nil && a.isAsked(p, a.asks) {
		return true
	}
	return text.Harmless(v.Type())
}

// isSafeVariable reports whether a variable that is called holds a safe function.
func (a *assembled) isSafeVariable(call *ssa.CallCommon) bool {
	if call.IsInvoke() || call.StaticCallee() != nil {
		return false
	}
	for _, o := range a.Origins(call.Value) {
		if fn, ok := o.(*ssa.Function); ok && a.safe(fn.Name()) {
			return true
		}
	}
	return false
}

// isAsked reports whether the function that a value is used in asks something
// about it, or about what is made of it: compares it with a constant or a list, or
// has it looked at by a function that is named for that.
func (a *assembled) isAsked(v ssa.Value, asks func(*ssa.CallCommon) bool) bool {
	return a.isCompared(v) || a.isHandedTo(v, asks)
}

// isCompared reports whether the function that a value is used in compares what is
// made of it with a constant other than "", or looks it up in a map.
func (a *assembled) isCompared(v ssa.Value) bool {
	for instr := range instructions(v.Parent()) {
		switch instr := instr.(type) {
		case *ssa.BinOp:
			if s, ok := query.StringSSA(instr.Y); ok && s != "" && (instr.Op == token.EQL || instr.Op == token.NEQ) && a.isMadeOf(instr.X, v) {
				return true
			}
		case *ssa.Lookup:
			if instr.CommaOk && a.isMadeOf(instr.Index, v) {
				return true
			}
		}
	}
	return false
}

// isHandedTo reports whether the function that a value is used in hands what is made
// of it to one of some functions.
func (a *assembled) isHandedTo(v ssa.Value, to func(*ssa.CallCommon) bool) bool {
	for instr := range instructions(v.Parent()) {
		call, ok := instr.(*ssa.Call)
		if ok && to(&call.Call) && slices.ContainsFunc(call.Call.Args, func(arg ssa.Value) bool { return a.isMadeOf(arg, v) }) {
			return true
		}
	}
	return false
}

// isMadeOf reports whether a value is another one, or holds it, or the same
// field was read twice.
func (a *assembled) isMadeOf(v, of ssa.Value) bool {
	found := false
	a.Behind(v, func(w ssa.Value) bool {
		found = found || w == of
		return found
	}, nil, func(leaf ssa.Value) {
		found = found || leaf.Parent() == of.Parent() && text.ValueName(of) != "" && text.ValueName(leaf) == text.ValueName(of)
	})
	return found
}

// instructions gives those of a function, none of nil.
func instructions(fn *ssa.Function) iter.Seq[ssa.Instruction] {
	return func(yield func(ssa.Instruction) bool) {
		if fn == nil {
			return
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if !yield(instr) {
					return
				}
			}
		}
	}
}

// named makes a function that accepts the names of functions that match, and of
// those whose result no one chooses.
func named(pattern string) func(string) bool {
	matches := regexp.MustCompile(pattern)
	return func(name string) bool {
		return matches.MatchString(name) || ownText.MatchString(name)
	}
}

// ownText are functions whose text is their own: digests, dates, numbers, codings
// without special characters.
var ownText = regexp.MustCompile(`(?i)^(itoa|format(int|uint|float|bool)?|rfc3339|unix.*|hex|encodetostring|sum|hash|digest|checksum|uuid|newstring|hostname|getpid|getwd|statustext|typename|version|len|now|since|base(16|32|36|58|62|64).*|stringofbase|nonce|random.*|rand.*|csrf.*|xsrf.*)$`)

// known reports whether the way of a stranger's data into one of some classes of
// sink is known at a place.
func known(pass *check.PackagePass, n ast.Node, classes ...string) bool {
	for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && slices.Contains(classes, f.Class.Name) }) {
		if n.Pos() <= f.End && f.Pos <= n.End() {
			return true
		}
		for _, s := range f.Steps {
			if d := pass.Document(n.Pos()); d != nil && s.File == d.Path && pass.Range(n.Pos(), n.End()).Contains(check.Range{Start: s.Start, End: s.End}) {
				return true
			}
		}
	}
	return false
}

// lower is for comparisons with lower-case constants.
func lower(s string) string { return strings.ToLower(s) }
