package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/path-traversal.txtar
var pathTraversalExamples string

// PathTraversal finds paths that untrusted data is part of.
var PathTraversal = &check.Check{
	ID:         "go/path-traversal",
	Title:      "Untrusted data chooses a file",
	CWE:        []check.CWE{22, 73},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: reportPaths("data from %s chooses the path that %s works on", func(f *taint.Flow) bool {
		return f.Source.Name != "archive" && f.Source.Name != "link" && f.Source.Name != "upload"
	}, "archive", "link", "upload"),
	Page: check.Page{
		What:   "Data that a stranger sends becomes part of the path of a file that is opened, written or removed.",
		Why:    "`../../etc/passwd` leads out of any folder that it is joined to, and `filepath.Clean` and `filepath.Join` only make the way shorter. Grafana served any file of its host this way, without a login (CVE-2021-43798).",
		Fix:    "Open the file through `os.OpenRoot`, which does not leave its folder, not even by symbolic links. Where that does not do, refuse what `filepath.IsLocal` does not accept before you join it. There is no quick fix, because what to answer for a path outside is the program's decision, and the folder has to be opened once.",
		Limits: "`os.Root`, `fs.FS`, `filepath.IsLocal`, `filepath.Base`, `securejoin`, a prefix that ends in a separator after `filepath.Clean` or `Join`, the absence of `..`, and an allow-list are understood, and so is a function that is named for such a check. `http.ServeMux` redirects requests whose path has `..` in it, so `r.URL.Path` is fine in a package that registers handlers with it. Data from the program's own command line, environment or files is not reported: who writes those needs no help of the program. Where more than one function of the program hands the path of a request on, or more than three any other part of one, and where it comes over a connection, by gRPC or from a queue, the finding is for persona pedantic: what is asked on the way is not seen. Names within archives and of uploads have checks of their own." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/22.html",
			"https://go.dev/blog/osroot",
			"https://nvd.nist.gov/vuln/detail/CVE-2021-43798",
		},
		Examples: pathTraversalExamples,
	},
}
