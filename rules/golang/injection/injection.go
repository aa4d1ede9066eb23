// Package injection has the checks of untrusted data that becomes part of a
// language: SQL, a command line, a path, an URL, a page, a template. Use [All].
package injection

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"math"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
)

// All gives the checks of this package, sorted by ID.
func All() []*check.Check {
	return []*check.Check{
		ArchiveLinkEscapes,
		ArgumentInjection,
		CodeInjection,
		CommandInjection,
		FileNameInHeader,
		HTMLWithoutEscaping,
		HeaderInjection,
		InputLineNotChecked,
		LDAPInjection,
		LogInjection,
		NoSQLInjection,
		OpenRedirect,
		OpenedURLScheme,
		PathTraversal,
		ProgramNameCompleted,
		RedirectAfterURLCheck,
		ReflectedXSS,
		SQLInjection,
		SSRF,
		ShellTextNotEscaped,
		TemplateInjection,
		URLCheckedAsText,
		UnlistedSortColumn,
		UploadNameAsPath,
		XPathInjection,
		XSSByUnsafeConversion,
		ZipSlip,
	}
}

// requires is what every check here needs.
var requires = []*analysis.Analyzer{taint.Analyzer}

// flowsOf gives the flows of a package that are wanted, in their order, but for those that a function of the package has itself.
func flowsOf(pass *check.PackagePass, want func(*taint.Flow) bool) []taint.Flow {
	return taint.Flows(pass, func(f *taint.Flow) bool {
		return want(f) && !passesRequest(pass, f)
	})
}

// passesRequest reports whether a flow hands a whole request to a function of the package, which has the same flow.
func passesRequest(pass *check.PackagePass, f *taint.Flow) bool {
	for _, n := range query.Path(pass.Files, f.Pos, f.End) {
		if call, ok := n.(*ast.CallExpr); ok {
			fn := code.Callee(pass.TypesInfo, call)
			return fn != nil && fn.Pkg() == pass.Pkg && slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
				return arg.Pos() == f.Pos && arg.End() == f.End && query.IsType(pass.TypesInfo.TypeOf(arg), "net/http.Request")
			})
		}
	}
	return false
}

// flowsInto makes the function of a check that reports what flows from strangers
// into some classes of sink. message says what is wrong, of the source and the sink.
func flowsInto(message string, classes ...string) func(context.Context, *check.PackagePass) error {
	return report(message, func(f *taint.Flow) bool { return slices.Contains(classes, f.Class.Name) })
}

// report makes the function of a check that reports the flows from strangers that it
// wants. Who writes the program's command line, environment and files can open
// files and run commands without its help.
func report(message string, want func(*taint.Flow) bool) func(context.Context, *check.PackagePass) error {
	return func(_ context.Context, pass *check.PackagePass) error {
		for _, f := range flowsOf(pass, func(f *taint.Flow) bool { return f.Source.Remote && want(f) }) {
			pass.Report(findingOf(pass, &f, fmt.Sprintf(message, f.Source.Title, f.Sink)))
		}
		return nil
	}
}

// findingOf makes the finding of a flow, for persona pedantic where who sends the data may do more anyway.
func findingOf(pass *check.PackagePass, f *taint.Flow, message string) check.Finding {
	finding := f.Finding(pass, message)
	if isAdministrators(pass, f) || isAskedAbout(pass, f) || calls(f) > mostCalls(f) || f.Source.Name == "message" || f.Class.Name == "path" && slices.Contains(peers, f.Source.Name) {
		finding.Persona = check.Pedantic
	}
	return finding
}

// peers are the sources whose senders are mostly parts of the same system, which serve files to each other. So are those
// of a message queue, which exists to have others do something.
var peers = []string{"socket", "grpc"}

// mostCalls gives how many functions of the program a flow may be handed to, or come back from, for everybody. What the
// functions in between ask, of a configuration or of a caller's rights, is not seen: of the longer ones to a path, an
// address or an argument that were read in modules of others none was true, and none of 28 to HTML in a forge, whose translations
// escape what they are given. The path of a request is what most servers of files are about, and look at somewhere. SQL, commands and templates have no such excuse.
func mostCalls(f *taint.Flow) int {
	switch f.Class.Name {
	case "path", "ssrf", "argument", "html":
		if f.Class.Name == "path" && f.Source.Name == "http" && isOwnPath(f) {
			return 1
		}
		return 3
	}
	return math.MaxInt
}

// calls counts the borders of functions that a flow crosses.
func calls(f *taint.Flow) int {
	n := 0
	for _, s := range f.Steps {
		if strings.HasPrefix(s.Message, "is passed to ") || strings.HasPrefix(s.Message, "is returned by ") {
			n++
		}
	}
	return n
}

// isAdministrators reports whether a flow begins in a handler that asks for the one password of the program: who has it
// may do what the program offers.
func isAdministrators(pass *check.PackagePass, f *taint.Flow) bool {
	if f.Source.Name != "http" || len(f.Steps) == 0 {
		return false
	}
	source := f.Steps[0].Place
	tokens, _ := fileOf(pass, source)
	return tokens != nil && source.Start <= tokens.Size() && code.BehindPassword(pass.Pass, tokens.Pos(source.Start))
}

// fileOf gives the positions and the document of the file that a place is in; nil if it is in another package.
func fileOf(pass *check.PackagePass, p taint.Place) (*token.File, *check.Document) {
	for _, file := range pass.Files {
		if d := pass.Document(file.FileStart); d != nil && d.Path == p.File {
			return pass.Fset.File(file.FileStart), d
		}
	}
	return nil, nil
}

// nodesAt gives the nodes around a place, as [query.Path] does; nil if it is in another package.
func nodesAt(pass *check.PackagePass, p taint.Place) []ast.Node {
	tokens, _ := fileOf(pass, p)
	if tokens == nil || p.End > tokens.Size() {
		return nil
	}
	return query.Path(pass.Files, tokens.Pos(p.Start), tokens.Pos(p.End))
}
