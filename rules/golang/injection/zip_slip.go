package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/zip-slip.txtar
var zipSlipExamples string

// ZipSlip finds archives that are unpacked wherever they say.
var ZipSlip = &check.Check{
	ID:         "go/zip-slip",
	Title:      "An archive chooses where its files are written",
	CWE:        []check.CWE{22},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: reportPaths("%[1]s decides where %[2]s works, and may name a place outside of the folder", func(f *taint.Flow) bool { return f.Source.Name == "archive" && !isLinkTarget(f) }),
	Page: check.Page{
		What:   "The name of an entry of a zip or tar archive becomes part of a path without a check that it stays in the folder.",
		Why:    "An entry may be named `../../home/user/.ssh/authorized_keys`. Thousands of projects unpacked such archives over their own files before the flaw got its name in 2018; HashiCorp's go-slug (CVE-2020-29529) and many more did afterwards.",
		Fix:    "Refuse names that `filepath.IsLocal` does not accept, or unpack through `os.OpenRoot`. Checking that the joined path begins with the folder works only if the folder ends in a separator. There is no quick fix, because what to do with such a name is the program's decision.",
		Limits: "GODEBUG `zipinsecurepath=0` and `tarinsecurepath=0` make the readers themselves refuse such names; that is not seen. A joined path that must begin with a parameter to which all callers in the package append a separator is checked, and so are the entries of a list to which the function appended only what it had checked. In a package that only its own module can import, the finding is for persona pedantic: the module chooses its archives, most of all its own and those it fetches from one place. So it is in a package that fetches from a constant host and runs a program by a path that it finds out: who could change the archive has its program run." + judgedLimit,
		References: []string{
			"https://cwe.mitre.org/data/definitions/22.html",
			"https://pkg.go.dev/path/filepath#IsLocal",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-29529",
		},
		Examples: zipSlipExamples,
	},
}
