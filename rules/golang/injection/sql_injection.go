package injection

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/sql-injection.txtar
var sqlInjectionExamples string

// SQLInjection finds SQL that is built from untrusted data.
var SQLInjection = &check.Check{
	ID:         "go/sql-injection",
	Title:      "SQL is built from untrusted data",
	CWE:        []check.CWE{89},
	Severity:   check.Critical,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   requires,
	RunPackage: runSQLInjection,
	Page: check.Page{
		What: "Data that a stranger sends becomes part of the text of an SQL statement, by concatenation, `fmt.Sprintf`, a builder, or on the way through other functions and packages.",
		Why: "Whoever sends `' OR 1=1 --` in place of a name reads, changes or deletes what the statement was never meant to touch. The MOVEit breach of 2023 " +
			"(CVE-2023-34362), with over 2,500 organisations and 60 million people affected, began with one such statement.",
		Fix: "Pass the data as an argument: `db.Query(\"... WHERE name = ?\", name)` (`$1` for PostgreSQL). Names of tables and columns, and ASC or DESC, " +
			"cannot be arguments: choose them from a list of constants by `switch` or a map. The quick fix makes arguments of values that stand behind a comparison or in a " +
			"list of values; it is not safe to apply unseen, because a driver may have other placeholders.",
		Limits: "A value that was parsed as a number, compared with constants or a list, or matched by an anchored regular expression is fine. Data from the program's own " +
			"command line, environment or standard input is reported tentatively, where there is text around it: the database often belongs to somebody else, and a name with a quote is enough to break the statement; what is a flag's, for persona pedantic. Data from files is not. What a library does that peercheck has no model of is not followed.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/89.html",
			"https://go.dev/doc/database/sql-injection",
			"https://nvd.nist.gov/vuln/detail/CVE-2023-34362",
		},
		Examples: sqlInjectionExamples,
	},
}

func runSQLInjection(_ context.Context, pass *check.PackagePass) error {
	want := func(f *taint.Flow) bool {
		if f.Class.Name != "sql" || f.Source.Remote {
			return f.Class.Name == "sql"
		}
		switch f.Source.Name {
		case "args", "env", "stdin":
			return f.Partial // else it is a tool that runs the statement that it is given
		}
		return false
	}
	for _, f := range flowsOf(pass, want) {
		finding := f.Finding(pass, fmt.Sprintf("data from %s becomes part of the SQL that %s runs", f.Source.Title, f.Sink))
		if isSetting(&f) {
			finding.Persona = check.Pedantic
		}
		finding.Fixes = placeholders(pass, f)
		pass.Report(finding)
	}
	return nil
}

// isSetting reports whether a flow begins at a flag that has a name: an operator's choice
// of a mode or a table, rather than a word that somebody typed.
func isSetting(f *taint.Flow) bool {
	return f.Source.Name == "args" && strings.Contains(f.Steps[0].Message, "(flag.")
}
