package golang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/lib/config"
	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules/golang/auth"
)

func TestChecks(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			checktest.Run(t, c, checktest.Options{})
		})
	}
}

// No check fails where types are not known, because an import is not found or a type is not declared.
func TestUnknownTypes(t *testing.T) {
	var names []string
	for _, pattern := range []string{"*/testdata/*.txtar", "*/testdata/regular/*.txtar"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) < 100 {
		t.Fatalf("%d files", len(names))
	}
	imports, types := regexp.MustCompile(`(?m)^(\s*|import )"([\w./-]+)"$`), regexp.MustCompile(`(?m)^type (\w+) `)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			scanner, err := scan.New(scan.Options{Checks: All()})
			if err != nil {
				t.Fatal(err)
			}
			for variant := range 6 { // one import in three is lost, all are, or the types, or all that is in functions
				n := 0
				docs := []*check.Document{source.NewDocument("go.mod", []byte("module example.com/testdata\n\ngo 1.26\n"), check.Revision{Kind: check.RevisionMemory})}
				for _, f := range archive.Files {
					if !strings.HasSuffix(f.Name, ".go") {
						continue
					}
					text := string(f.Data)
					if variant < 4 {
						text = imports.ReplaceAllStringFunc(text, func(s string) string {
							if n++; n%3 != variant && variant < 3 {
								return s
							}
							return imports.ReplaceAllString(s, `${1}"missing.example/$2"`)
						})
					} else if variant == 4 {
						text = types.ReplaceAllString(text, "type ${1}_ ")
					} else {
						text = unseen(text)
					}
					docs = append(docs, source.NewDocument(f.Name, []byte(text), check.Revision{Kind: check.RevisionMemory}))
				}
				docs = append(docs, source.NewDocument("elided/a.go", []byte(elided), check.Revision{Kind: check.RevisionMemory}))
				report, err := scanner.Scan(t.Context(), source.Files(docs...))
				if err != nil {
					t.Fatal(err)
				}
				for _, notice := range report.Notices {
					if notice.Kind == check.NoticeCheckFailed {
						t.Errorf("variant %d: %s", variant, notice)
					}
				}
			}
		})
	}
}

// unseen puts what is in functions where the type checker does not look: into a literal below a key that it does not know.
func unseen(text string) string {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return text
	}
	offset := func(pos token.Pos) int { return fset.PositionFor(pos, false).Offset }
	for _, decl := range slices.Backward(file.Decls) {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			from, to := offset(fn.Body.Pos()), offset(fn.Body.End())
			text = text[:from] + "{ _ = map[string]any{gone.Key: func() any " + text[from:to] + "}; panic(0) }" + text[to:]
		}
	}
	at := offset(file.Name.End())
	return text[:at] + "; import \"missing.example/gone\"" + text[at:]
}

// elided has literals and calls of which not even an invalid type is known.
const elided = `package elided

import "missing.example/a"

var list = []a.T{{1, "x"}, {K: "v"}}

func F() any {
	m := map[string]any{a.Key: map[string]bool{"Authorization": true}, a.Other: func(x []int) any { return x[len(x)-1] == F() }}
	for _, x := range a.G() {
		x.F(list[0].K, m["k"], func() a.T { return a.T{{2}} }())
	}
	switch y := a.V.(type) {
	case a.T:
		return y[0] == a.S{{}}[0]
	}
	return a.F(a.T{{3}})[0].(a.U)
}
`

// A key that is found by its use is in no snippet, also where another finding or
// the declaration shows it.
func TestKeysAreMasked(t *testing.T) {
	const key = "s3cret-signing-key-of-the-shop"
	scanner, err := scan.New(scan.Options{Checks: []*check.Check{auth.HardcodedKey}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := scanner.Scan(t.Context(), source.Files(
		source.NewDocument("go.mod", []byte("module example.com/m\n\ngo 1.26\n"), check.Revision{Kind: check.RevisionMemory}),
		source.NewDocument("a.go", []byte(`package m

import "crypto/aes"

var named = "`+key+`"

var block, _ = aes.NewCipher([]byte("`+key+`"))

var other, _ = aes.NewCipher([]byte(named))
`), check.Revision{Kind: check.RevisionMemory})))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) != 2 {
		t.Fatalf("%d findings, want 2: %v", len(report.Findings), report.Findings)
	}
	for _, f := range report.Findings {
		if strings.Contains(f.Message+f.Location.Snippet, key) || f.Location.Snippet == "" {
			t.Errorf("%s shows the key, or nothing: %q", f.Location.Start, f.Location.Snippet)
		}
	}
}

// A log for debugging may show URLs, unless somebody asks for more; an error may not.
func TestURLsInLogs(t *testing.T) {
	for persona, want := range map[check.Persona]int{check.Pedantic: 1, check.Auditor: 2} {
		scanner, err := scan.New(scan.Options{Checks: []*check.Check{auth.SecretInLog}, Config: &config.Config{Persona: persona}})
		if err != nil {
			t.Fatal(err)
		}
		report, err := scanner.Scan(t.Context(), source.Files(
			source.NewDocument("go.mod", []byte("module example.com/m\n\ngo 1.26\n"), check.Revision{Kind: check.RevisionMemory}),
			source.NewDocument("a.go", []byte(`package m

import (
	"fmt"
	"log/slog"
	"net/url"
)

func connect(u *url.URL) error {
	password, ok := u.User.Password()
	if !ok {
		slog.Debug("no password", "url", u)
	}
	return fmt.Errorf("%s: the password has %d bytes", u, len(password))
}
`), check.Revision{Kind: check.RevisionMemory})))
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != want {
			t.Errorf("persona %v: %d findings, want %d: %v", persona, len(report.Findings), want, report.Findings)
		}
	}
}
