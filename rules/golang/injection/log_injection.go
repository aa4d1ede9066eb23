package injection

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/log-injection.txtar
var logInjectionExamples string

// LogInjection finds log lines that strangers can begin and end.
var LogInjection = &check.Check{
	ID:         "go/log-injection",
	Title:      "A stranger can write lines of the log",
	CWE:        []check.CWE{117},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Pedantic,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: runLogInjection,
	Page: check.Page{
		What:   "Text that a stranger sends, and that may hold line breaks, goes into a log which writes it as it is: package log, glog and klog, or the message of slog before a handler is set.",
		Why:    "What stands after the line break looks like a line of the program's own: an attacker fakes the log-in of somebody else, hides what was done, or brings control characters to the terminal of who reads the log.",
		Fix:    "Print it by `%q`, or log by `log/slog` with a text or JSON handler and pass it as a value (`slog.Info(\"login\", \"user\", name)`): both escape. There is no quick fix, because the line changes for those who parse it.",
		Limits: "Loggers that escape are left alone (zap, zerolog, logrus, slog with a handler that the package sets), as is what cannot hold a line break: headers, numbers, encoded URLs. So are errors, which mostly quote, and structs with a method `String`.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/117.html",
			"https://pkg.go.dev/log/slog#TextHandler",
		},
		Examples: logInjectionExamples,
	},
}

func runLogInjection(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	escapes := len(fl.Calls("log/slog.NewTextHandler", "log/slog.NewJSONHandler", "log/slog.SetDefault", "log/slog.New")) > 0
	want := func(f *taint.Flow) bool {
		if f.Class.Name != "log" {
			return false
		}
		switch f.Source.Name {
		case "http", "grpc", "socket", "message": // a server, whose log others read
		default:
			return false
		}
		logger, _, _ := strings.Cut(strings.TrimLeft(f.Sink, "(*"), ".")
		switch logger {
		case "slog":
			return !escapes
		case "log", "glog", "klog":
			return !encodes(pass, f.Pos, f.End)
		}
		return false
	}
	for _, f := range flowsOf(pass, want) {
		pass.Report(f.Finding(pass, fmt.Sprintf("data from %s goes into the log as it is, line breaks included", f.Source.Title)))
	}
	return nil
}

// describesItself reports whether a type is a struct with a method String, which mostly shows an
// ID or a number of it rather than the text that a stranger sent.
func describesItself(pass *check.PackagePass, t types.Type) bool {
	if t == nil {
		return false
	}
	method, _, _ := types.LookupFieldOrMethod(t, false, pass.Pkg, "String")
	if fn, ok := method.(*types.Func); !ok || fn.Signature().Params().Len() > 0 {
		return false
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// encodes reports whether an expression is of a type that is printed without line
// breaks: an URL, an error, which mostly quotes, or a struct that describes itself.
func encodes(pass *check.PackagePass, from, to token.Pos) bool {
	file := code.FileAt(pass.Pass, from)
	if file == nil {
		return false
	}
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if ok && e.Pos() == from && e.End() == to {
			t := pass.TypesInfo.TypeOf(e)
			switch query.TypeName(t) {
			case "net/url.URL", "error", "net/http.Header":
				found = true
			}
			found = found || describesItself(pass, t)
		}
		return n != nil && n.Pos() <= from && n.End() >= to
	})
	return found
}
