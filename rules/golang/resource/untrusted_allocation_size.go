package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/untrusted-allocation-size.txtar
var untrustedAllocationSizeExamples string

// UntrustedAllocationSize finds memory whose size a stranger chooses.
var UntrustedAllocationSize = &check.Check{
	ID:         "go/untrusted-allocation-size",
	Title:      "A stranger chooses how much memory is allocated",
	CWE:        []check.CWE{789, 770},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{taint.Analyzer, flow.Analyzer},
	RunPackage: runUntrustedAllocationSize,
	Page: check.Page{
		What: "A number that comes from a request, a connection or a message is the length or capacity of `make`, or the count of `strings.Repeat`, `bytes.Repeat` or `Grow`, without an upper bound.",
		Why: "`make([]string, n)` with n of two billion asks for 32 GB at once: the process is killed, or panics, which ends all other requests too. One request was enough for the registry of Docker (CVE-2023-2253), whose `?n=` " +
			"was the size of a list. A check for negative numbers does not help.",
		Fix: "Compare the number with a limit and refuse what is larger, or take `min(n, limit)`. Where the data follows the number, grow with what really arrives: `append`, or `io.CopyN` into a buffer. There is no quick fix, because the limit " +
			"depends on the data.",
		Limits: "Where a library decodes the number of 32 bits or more from data (`encoding/binary`, protobuf, bytes that are shifted), keeps it in fields and hands it on, the finding is tentative: nothing shows that a stranger sends the data. It is for persona pedantic unless the package has an exported function that takes a `net.Conn`, and wherever the package compares a CRC: most such data is files, whose reader mostly knows where they are from. What is internal to a program reads back much that it wrote itself, " +
			"and is left alone there, as are numbers that go through functions named for writing. A comparison with a variable counts as a bound, a comparison with a constant only if it is below 2^30; in a library it has to refuse what is larger. A variable counts even where 0 switches the limit off (`most > 0 && n > most`), and so does a call that returns an error for what is larger. Numbers of 8 and 16 bits are no danger, nor those of 32 whose highest byte was found to be 0. What a request brings after it has said whose it is (a token that is verified, a route behind `requireAuth`, or of a router of the package that is wrapped in it or uses it), or on a route below `/internal/`, is for persona pedantic. What the client library of a message queue allocates as its own server says is for persona pedantic, as is what a message of gRPC says, which comes from another part of the system mostly. Memory that grows bit by bit (`append` in a loop) is `go/untrusted-loop-bound`.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/789.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-2253",
		},
		Examples: untrustedAllocationSizeExamples,
	},
}

// sizeInData is the message about a size that data declares, of what allocates.
const sizeInData = "a number in the data is how much %s allocates, and nothing says how large it may be"

func runUntrustedAllocationSize(ctx context.Context, pass *check.PackagePass) error {
	const message = "a number from %[1]s is how much %[2]s allocates, and nothing says how large it may be"
	if err := strangers(message, func(f *taint.Flow) bool { return !isClients(pass, f) }, "allocation")(ctx, pass); err != nil {
		return err
	}
	reported := map[line]bool{}
	for _, f := range taint.Flows(pass, func(f *taint.Flow) bool { return f.Source.Remote && f.Class.Name == "allocation" }) {
		if at := lineOf(pass, f.Pos); !reported[at] && straight(&f) && isClients(pass, &f) {
			finding := f.Finding(pass, fmt.Sprintf(message, f.Source.Title, f.Sink))
			finding.Persona = check.Pedantic // the server that its user has chosen
			pass.Report(finding)
		}
		reported[lineOf(pass, f.Pos)] = true
	}
	if fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow); ok {
		declaredSizes(pass, fl, reported)
	}
	wanted := func(f *taint.Flow) bool {
		return f.Class.Name == "allocation" && !reported[lineOf(pass, f.Pos)] && straight(f) && slices.ContainsFunc(f.Steps, func(s taint.Step) bool {
			return strings.HasPrefix(s.Message, "goes through ") && strings.Contains(s.Message, "binary.")
		})
	}
	for _, f := range taint.FlowsFromCallers(pass, wanted) {
		finding := f.Finding(pass, fmt.Sprintf(sizeInData, f.Sink))
		finding.Persona = check.Pedantic
		pass.Report(finding)
	}
	return nil
}

// isClients reports whether data is that of a message whose type this package declares: it is the client of a message queue, and
// reads what its own server answers.
func isClients(pass *check.PackagePass, f *taint.Flow) bool {
	if f.Source.Name != "message" {
		return false
	}
	source := f.Steps[0].Place
	for c := range code.Nodes(pass.Pass, (*ast.SelectorExpr)(nil)) {
		sel, ok := c.Node().(*ast.SelectorExpr)
		if !ok {
			continue
		}
		v := code.Var(pass.TypesInfo, sel)
		if v == nil || !v.IsField() || v.Pkg() != pass.Pkg {
			continue
		}
		if at := pass.Fset.Position(sel.Sel.Pos()); at.Line == source.Line && at.Offset >= source.Start && at.Offset <= source.End {
			return true
		}
	}
	return false
}
