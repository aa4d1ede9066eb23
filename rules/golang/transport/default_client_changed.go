package transport

import (
	"context"
	_ "embed"
	"go/token"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/default-client-changed.txtar
var defaultClientChangedExamples string

// DefaultClientChanged finds libraries that change the HTTP client of the whole program.
var DefaultClientChanged = &check.Check{
	ID:         "go/default-client-changed",
	Title:      "A library changes http.DefaultClient for the whole program",
	CWE:        []check.CWE{522, 668},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runDefaultClientChanged,
	Page: check.Page{
		What: "A package that others import stores into a field of `http.DefaultClient`: its transport, its cookies, its redirects. Often it is a field of its own that was set to `http.DefaultClient`, because nothing else was given.",
		Why: "There is one in a process. A transport that adds the user's token to each request adds it from then on to the requests of every package that uses `http.Get`, whatever host they go to. That is how the SDK of " +
			"CloudEvents gave credentials away (CVE-2024-28110).",
		Fix:    "Make a client of your own: `&http.Client{}` is what the default one is. There is no quick fix, because the field may be given out.",
		Limits: "Programs (package main) may change what is theirs, and test code is left alone. In packages that only their own module can import it is for persona pedantic. A client is followed through fields and variables of the package. One that compares a client with `http.DefaultClient` somewhere is left alone.",
		References: []string{
			"https://nvd.nist.gov/vuln/detail/CVE-2024-28110",
			"https://pkg.go.dev/net/http#DefaultClient",
			"https://cwe.mitre.org/data/definitions/522.html",
		},
		Examples: defaultClientChangedExamples,
	},
}

func runDefaultClientChanged(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || pass.Pkg.Name() == "main" {
		return nil
	}
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				store, ok := instr.(*ssa.Store)
				if !ok {
					continue
				}
				field, ok := store.Addr.(*ssa.FieldAddr)
				if !ok || !query.IsType(field.X.Type(), "net/http.Client") || !isDefaultClient(fl, field.X) {
					continue
				}
				if tellsApart(fl) {
					continue
				}
				finding := check.Finding{
					Message:  "this changes http.DefaultClient, which every package of the program uses",
					Location: pass.Location(code.Place(store.Pos())),
				}
				if !code.IsForOthers(pass.Pkg) {
					finding.Persona = check.Pedantic // the program is its own
				}
				pass.Report(finding)
			}
		}
	}
	return nil
}

// tellsApart reports whether a package compares a client with the one that net/http shares, so as to make one of its own
// before it changes anything.
func tellsApart(fl *flow.Flow) bool {
	for _, fn := range fl.Functions {
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				if op, ok := instr.(*ssa.BinOp); ok && (isGlobalClient(op.X) || isGlobalClient(op.Y)) {
					return true
				}
			}
		}
	}
	return false
}

// isDefaultClient reports whether a client may be the one that net/http shares.
func isDefaultClient(fl *flow.Flow, client ssa.Value) bool {
	for _, o := range fl.Origins(client) {
		if isGlobalClient(o) {
			return true
		}
		if field := flow.Field(o); field != nil {
			for _, stored := range fl.Stored(field) {
				if isGlobalClient(stored) {
					return true
				}
			}
		}
	}
	return false
}

func isGlobalClient(v ssa.Value) bool {
	load, ok := v.(*ssa.UnOp)
	if !ok || load.Op != token.MUL {
		return false
	}
	global, ok := load.X.(*ssa.Global)
	return ok && global.Pkg != nil && global.Pkg.Pkg.Path() == "net/http" && global.Name() == "DefaultClient"
}
