package injection

import (
	_ "embed"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/taint"
)

//go:embed testdata/upload-name-as-path.txtar
var uploadNameAsPathExamples string

// UploadNameAsPath finds uploads that are stored under their own name.
var UploadNameAsPath = &check.Check{
	ID:         "go/upload-name-as-path",
	Title:      "The name of an uploaded file becomes a path",
	CWE:        []check.CWE{22, 434},
	Severity:   check.Medium,
	Confidence: check.Tentative,
	Since:      "0.1",
	Requires:   assembledRequires,
	RunPackage: reportPaths("%[1]s decides where %[2]s works", func(f *taint.Flow) bool { return f.Source.Name == "upload" }),
	Page: check.Page{
		What:   "The file name that comes with an upload becomes part of a path.",
		Why:    "The browser sends the name, and whoever speaks HTTP by hand sends any: with `..` in some parsers, with `.html` or `.php` in all, which the server may later hand out or run; and two uploads of one name overwrite each other.",
		Fix:    "Store uploads under a name of your own (`rand.Text()`), and keep theirs, cut to `filepath.Base`, only to show it. There is no quick fix, because the name that a file is kept under has to be made up and remembered.",
		Limits: "`multipart.Part.FileName` and `FileHeader.Filename` of the standard library are cut to their base since Go 1.17; the file's extension is still the sender's choice, and on the file's own name files are overwritten. Therefore tentative; and for persona pedantic where it is only a part of the pattern of `os.CreateTemp`, which makes the name up and refuses separators.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/434.html",
			"https://cwe.mitre.org/data/definitions/22.html",
			"https://pkg.go.dev/mime/multipart#Part.FileName",
		},
		Examples: uploadNameAsPathExamples,
	},
}
