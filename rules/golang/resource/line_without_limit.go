package resource

import (
	"context"
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/line-without-limit.txtar
var lineWithoutLimitExamples string

// LineWithoutLimit finds servers that read lines of any length.
var LineWithoutLimit = &check.Check{
	ID:         "go/line-without-limit",
	Title:      "Server reads a line of any length",
	CWE:        []check.CWE{770, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.2",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runLineWithoutLimit,
	Page: check.Page{
		What: "In a package that accepts connections, `ReadString` or `ReadBytes` of package bufio reads from one up to a delimiter, and nothing limits how much may come before it.",
		Why: "They keep what they read until the delimiter comes. A client that never sends it, and it need not have logged in for the first line, takes all memory: go-proxyproto waited for the end of a header of 107 bytes in this way " +
			"(CVE-2021-23351).",
		Fix: "`ReadSlice` or `ReadLine`, which end with the buffer (`bufio.NewReaderSize`), a `bufio.Scanner`, which has a limit of 64 KB, or an `io.LimitedReader` whose limit is set again for each line. There is no quick fix, because what to answer to a line that is too long " +
			"is the protocol's decision.",
		Limits: "Reported where the reader was made of a connection, in the function, in a field, or by a caller in the package; and tentative where an exported function is handed a `*bufio.Reader`. A limit anywhere in the function counts. Clients, for which the server " +
			"is one that was chosen, by their dialing or the names of functions that read an answer, and test code are left alone.",
		References: []string{
			"https://pkg.go.dev/bufio#Reader.ReadString",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-23351",
			"https://cwe.mitre.org/data/definitions/770.html",
		},
		Examples: lineWithoutLimitExamples,
	},
}

func runLineWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok || !code.Mentions(pass.Pass, "net.Listener", "(net.Listener).Accept", "(*net.TCPListener).Accept", "(*net.TCPListener).AcceptTCP") {
		return nil
	}
	for _, c := range fl.Calls("(*bufio.Reader).ReadString", "(*bufio.Reader).ReadBytes") {
		if fl.Uses(c.Fn, limits...) || readsAnswer(c.Fn) {
			continue
		}
		f := check.Finding{Message: "a client that never ends its line takes all memory", Location: pass.Location(c.Expr)}
		switch ofConnection(fl, c.Receiver(), 4) {
		case noConnection:
			continue
		case perhapsConnection:
			f.Confidence = check.Tentative
		}
		pass.Report(f)
	}
	return nil
}

// readsAnswer reports whether a function is the part of a client that reads what its server answers, by its name: ReadResponse.
func readsAnswer(fn *ssa.Function) bool {
	words := query.Words(fn.Name())
	return len(words) > 1 && slices.Contains([]string{"read", "get", "receive", "recv", "parse"}, words[0]) &&
		slices.ContainsFunc(words[1:], func(w string) bool { return w == "response" || w == "reply" || w == "answer" || w == "greeting" })
}

// A connected says whether a reader reads from a connection.
type connected int

const (
	noConnection connected = iota
	perhapsConnection
	certainConnection
)

// connections are the types of connections.
var connections = []string{"net.Conn", "net.TCPConn", "net.UnixConn", "crypto/tls.Conn"}

// ofConnection follows a reader back to what it was made of.
func ofConnection(fl *flow.Flow, v ssa.Value, depth int) (found connected) {
	if v == nil || depth == 0 {
		return noConnection
	}
	for _, o := range fl.Origins(v) {
		if isDialed(o) {
			continue
		}
		if slices.Contains(connections, query.TypeName(o.Type())) {
			return certainConnection
		}
		switch o := o.(type) {
		case *ssa.Call:
			switch code.Unversioned(query.CalleeSSA(&o.Call)) {
			case "bufio.NewReader", "bufio.NewReaderSize":
				found = max(found, ofConnection(fl, o.Call.Args[0], depth-1))
			}
		case *ssa.Parameter:
			found = max(found, readerHandedIn(fl, o, depth))
		default:
			if field := flow.Field(o); field != nil {
				for _, stored := range fl.Stored(field) {
					found = max(found, ofConnection(fl, stored, depth-1))
				}
			}
		}
	}
	return found
}

// isDialed reports whether a connection is one that the program asked for.
func isDialed(v ssa.Value) bool {
	result, ok := v.(*ssa.Extract)
	if !ok {
		return false
	}
	call, ok := result.Tuple.(*ssa.Call)
	if !ok {
		return false
	}
	name := query.CalleeSSA(&call.Call)
	return strings.HasPrefix(name[strings.LastIndexByte(name, '.')+1:], "Dial")
}

// readerHandedIn asks the callers of a function in the package.
func readerHandedIn(fl *flow.Flow, p *ssa.Parameter, depth int) (found connected) {
	fn := p.Parent()
	if fn.Object() != nil && fn.Object().Exported() && query.IsType(p.Type(), "bufio.Reader") {
		found = perhapsConnection
	}
	for i, param := range fn.Params {
		if param != p {
			continue
		}
		callers := fl.Callers(fn)
		for _, c := range callers[:min(len(callers), maxCallers)] {
			if args := c.Instr.Common().Args; i < len(args) && !fl.Uses(c.Fn, limits...) {
				found = max(found, ofConnection(fl, args[i], depth-1))
			}
		}
	}
	return found
}
