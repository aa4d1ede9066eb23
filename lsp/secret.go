package lsp

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/peercheck/peercheck/lib/check"
)

// A lookup is how a language reads an environment variable.
type lookup struct {
	// before and after stand around the variable's name.
	before, after string
	// needs is an import to add, "" for none.
	needs string
}

// lookups is by LSP language identifier.
var lookups = map[string]lookup{
	"go":              {`os.Getenv("`, `")`, "os"},
	"python":          {`os.environ["`, `"]`, "os"},
	"javascript":      {"process.env.", "", ""},
	"javascriptreact": {"process.env.", "", ""},
	"typescript":      {"process.env.", "", ""},
	"typescriptreact": {"process.env.", "", ""},
	"ruby":            {`ENV.fetch("`, `")`, ""},
	"shellscript":     {`"${`, `:?}"`, ""},
	"php":             {`getenv('`, `')`, ""},
}

// assigned is the name that a literal is given: the last word before "=", ":="
// or ":" in front of it.
var assigned = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_]*)["']?\s*(?::=|=>|[:=])\s*$`)

// environmentEdit replaces the string literal that holds a secret by a look at
// the environment. The secret is still in Git's history: the fix of the check
// says how to revoke it. ok is false where the literal is not all of an
// expression, or the language is not known.
func (v view) environmentEdit(of verdict, f *check.Finding) (edit *protocol.WorkspaceEdit, name string, ok bool) {
	c := v.server.checkOf(f.CheckID)
	how, known := lookups[of.doc.Language]
	if c == nil || !c.Secret || !known {
		return nil, "", false
	}
	r := f.Location.Range
	line, err := of.doc.LineRange(of.doc.OffsetPosition(r.Start).Line)
	if err != nil || !line.Contains(r) {
		return nil, "", false
	}
	literal, ok := quoted(of.doc.Content, line, r)
	if !ok {
		return nil, "", false
	}
	m := assigned.FindSubmatch(of.doc.Content[line.Start:literal.Start])
	if m == nil {
		return nil, "", false
	}
	name = environmentName(string(m[1]))
	edits := []check.Edit{{Range: literal, NewText: how.before + name + how.after}}
	if how.needs != "" {
		added, ok := addImport(of.doc, how.needs)
		if !ok {
			return nil, "", false
		}
		edits = append(edits, added...)
	}
	edit, err = v.workspaceEdit(of, edits)
	return edit, name, err == nil
}

// quoted widens a range to the string literal that it fills.
func quoted(content []byte, line, r check.Range) (check.Range, bool) {
	text := content[r.Start:r.End]
	if len(text) >= 2 && bytes.ContainsRune([]byte("\"'`"), rune(text[0])) && text[len(text)-1] == text[0] {
		return r, true
	}
	if r.Start == line.Start || r.End == line.End {
		return check.Range{}, false
	}
	quote := content[r.Start-1]
	if !slices.Contains([]byte("\"'`"), quote) || content[r.End] != quote {
		return check.Range{}, false
	}
	return check.Range{Start: r.Start - 1, End: r.End + 1}, true
}

var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// environmentName spells a name as environment variables are spelled: apiKey is
// API_KEY.
func environmentName(name string) string {
	return strings.ToUpper(camel.ReplaceAllString(name, "${1}_${2}"))
}

// addImport gives the edits that import a package, none if it is there. Go and
// Python are known.
func addImport(d *check.Document, name string) ([]check.Edit, bool) {
	at := func(offset int, text string) []check.Edit {
		return []check.Edit{{Range: check.Range{Start: offset, End: offset}, NewText: text}}
	}
	if d.Language == "python" {
		if regexp.MustCompile(`(?m)^(?:import ` + name + `\b|import .*\b` + name + `\b)`).Match(d.Content) {
			return nil, true
		}
		if first := regexp.MustCompile(`(?m)^(?:import|from) `).FindIndex(d.Content); first != nil {
			return at(first[0], "import "+name+"\n"), true
		}
		return at(0, "import "+name+"\n"), !bytes.HasPrefix(d.Content, []byte("#")) // an encoding or a #! line stays first
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", d.Content, parser.ImportsOnly)
	if err != nil {
		return nil, false
	}
	offset := func(p token.Pos) int { return fset.PositionFor(p, false).Offset }
	for _, i := range file.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err == nil && path == name {
			return nil, i.Name == nil
		}
	}
	for _, decl := range file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		if !g.Lparen.IsValid() {
			return at(offset(g.Pos()), "import "+strconv.Quote(name)+"\n"), true
		}
		return at(offset(g.Lparen)+1, "\n\t"+strconv.Quote(name)), true
	}
	return at(offset(file.Name.End()), "\n\nimport "+strconv.Quote(name)), true
}
