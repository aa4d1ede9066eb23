package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/body-not-closed.txtar
var bodyNotClosedExamples string

// BodyNotClosed finds response bodies and rows that are never closed.
var BodyNotClosed = &check.Check{
	ID:         "go/body-not-closed",
	Title:      "Response body or rows are never closed",
	CWE:        []check.CWE{772, 400},
	Severity:   check.Low,
	Confidence: check.Firm,
	Persona:    check.Auditor,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runBodyNotClosed,
	Page: check.Page{
		What:   "The response of an HTTP request, or the rows of a query, stay in the function that got them, and nothing closes them.",
		Why:    "Each one keeps a connection. A server that leaks one per request runs out of file descriptors, or waits for its database pool for ever; a stranger only has to repeat the request.",
		Fix:    "`defer resp.Body.Close()` after the error was looked at, or `defer rows.Close()`. There is no quick fix yet. There is no quick fix, because where the last read is has to be known.",
		Limits: "What is returned, stored or handed to another function may be closed there and is left alone. So is test code.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/772.html",
			"https://pkg.go.dev/net/http#Response",
			"https://pkg.go.dev/database/sql#Rows.Close",
		},
		Examples: bodyNotClosedExamples,
	},
}

// openers give something that has to be closed as their first result.
var openers = map[string]string{
	"net/http.Get": "Body", "net/http.Head": "Body", "net/http.Post": "Body", "net/http.PostForm": "Body",
	"(*net/http.Client).Do": "Body", "(*net/http.Client).Get": "Body", "(*net/http.Client).Head": "Body", "(*net/http.Client).Post": "Body", "(*net/http.Client).PostForm": "Body",
	"(*database/sql.DB).Query": "", "(*database/sql.DB).QueryContext": "", "(*database/sql.Tx).Query": "", "(*database/sql.Tx).QueryContext": "",
	"(*database/sql.Stmt).Query": "", "(*database/sql.Stmt).QueryContext": "", "(*database/sql.Conn).QueryContext": "",
}

func runBodyNotClosed(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for name, field := range openers {
		for _, c := range fl.Calls(name) {
			v := c.Results()[0]
			if _, plain := c.Instr.(*ssa.Call); !plain || v != nil && (v == ssa.Value(c.Instr.Value()) || leaves(v, field)) {
				continue
			}
			what := "the rows are"
			if field != "" {
				what = "the body of the response is"
			}
			pass.Report(check.Finding{Message: fmt.Sprintf("%s never closed, which keeps the connection", what), Location: pass.Location(c.Expr)})
		}
	}
	return nil
}

// leaves reports whether a response or rows are closed, or go where they may be.
func leaves(v ssa.Value, field string) bool {
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.FieldAddr:
			if fieldOf(r) != field {
				continue
			}
			for _, rr := range *r.Referrers() {
				if load, ok := rr.(*ssa.UnOp); !ok || bodyLeaves(load) {
					return true
				}
			}
		case *ssa.BinOp:
		case ssa.CallInstruction:
			name := query.CalleeSSA(r.Common())
			if field != "" || !strings.HasPrefix(name, "(*database/sql.Rows).") || strings.HasSuffix(name, ".Close") {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// bodyLeaves reports whether a body is closed, or goes where it may be.
func bodyLeaves(body ssa.Value) bool {
	for _, r := range *body.Referrers() {
		switch r := r.(type) {
		case *ssa.ChangeInterface:
			if bodyLeaves(r) {
				return true
			}
		case ssa.CallInstruction:
			switch query.CalleeSSA(r.Common()) {
			case "io.ReadAll", "io/ioutil.ReadAll", "io.Copy", "(io.Reader).Read", "encoding/json.NewDecoder", "encoding/xml.NewDecoder", "io.CopyN", "(*bytes.Buffer).ReadFrom":
			default:
				return true
			}
		case *ssa.BinOp:
		default:
			return true
		}
	}
	return false
}

// fieldOf gives the name of the field that an address is of.
func fieldOf(f *ssa.FieldAddr) string {
	p, ok := types.Unalias(f.X.Type()).Underlying().(*types.Pointer)
	if !ok {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok || f.Field >= s.NumFields() {
		return ""
	}
	return s.Field(f.Field).Name()
}
