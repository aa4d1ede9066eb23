package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/archive-link-escapes.txtar
var archiveLinkEscapesExamples string

// ArchiveLinkEscapes finds links of archives that are made unchecked.
var ArchiveLinkEscapes = &check.Check{
	ID:         "go/archive-link-escapes",
	Title:      "A link in an archive may lead anywhere",
	CWE:        []check.CWE{59, 22},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: reportPaths("%[1]s goes to %[2]s, and may lead out of the folder", func(f *taint.Flow) bool { return f.Source.Name == "link" }, "archive"),
	Page: check.Page{
		What:   "The target of a link in a tar archive goes into `os.Symlink` or `os.Link` without a check.",
		Why:    "The archive first makes a link to `/etc`, then writes through it: every later name is harmless by itself. Helm wrote through a link in a chart, and so ran what the chart brought (CVE-2025-53547).",
		Fix:    "Unpack through `os.OpenRoot`, or refuse links whose target, joined to the folder of the link, is not `filepath.IsLocal`. There is no quick fix, because what to do with such a link is the program's decision.",
		Limits: "Links that are made by other means are not seen. A target that, joined to a folder, must begin with some folder is left to `go/path-prefix-without-separator`. For persona pedantic are those of a package that asks `os.Lstat` of each element of a path and refuses links, so that none is written through, or where a comment of the function says that links may point anywhere.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/59.html",
			"https://go.dev/blog/osroot",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-53547",
		},
		Examples: archiveLinkEscapesExamples,
	},
}
