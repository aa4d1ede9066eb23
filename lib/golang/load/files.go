package load

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/peercheck/peercheck/lib/check"
)

// maxFileBytes is 10 MiB, as for other documents: the largest hand-written Go
// files are under 1 MB, generated ones under 5 MB.
const maxFileBytes = 10 << 20

type digest [sha256.Size]byte

// A source is one Go file, as the first look at it shows.
type source struct {
	path    string // in the tree
	content []byte
	digest  digest // of path and content
	*header
}

// A header is what is known of a file before it is parsed in full.
type header struct {
	matches bool // the build constraints select it
	name    string
	imports []string // sorted, without "C"
	cgo     bool     // it imports "C"
	deep    bool     // it is nested too deeply to be parsed
	locals  bool     // functions in it declare types or constants
	err     error    // of the header's syntax
}

// readSource reads a Go file. A Notice says why there is none.
func (r *run) readSource(fsys fs.FS, folder string, entry fs.DirEntry) (*source, *check.Notice) {
	name := path.Join(folder, entry.Name())
	notice := func(kind check.NoticeKind, effect check.Effect, format string, args ...any) (*source, *check.Notice) {
		return nil, &check.Notice{Kind: kind, Path: name, Effect: effect, Message: fmt.Sprintf(format, args...)}
	}
	if entry.Type()&^fs.ModeSymlink != 0 {
		return notice(check.NoticeNotRegular, check.EffectDegraded, "no regular file: left out of its package")
	}
	info, err := fs.Stat(fsys, name)
	switch {
	case err != nil:
		return notice(check.NoticeUnreadable, check.EffectNotJudged, "cannot be read: %v", err)
	case !info.Mode().IsRegular():
		return notice(check.NoticeNotRegular, check.EffectDegraded, "no regular file: left out of its package")
	case info.Size() > maxFileBytes:
		return notice(check.NoticeTooLarge, check.EffectDegraded, "%d bytes: Go files over %d are not parsed", info.Size(), maxFileBytes)
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return notice(check.NoticeUnreadable, check.EffectNotJudged, "cannot be read: %v", err)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", name)
	h.Write(content)
	s := &source{path: name, content: content}
	h.Sum(s.digest[:0])
	s.header = r.headers.get(headerKey{r.toolchain, s.digest}, r.generation, func() (*header, int) {
		h := readHeader(&r.toolchain.context, entry.Name(), content)
		return h, 100 + 50*len(h.imports)
	})
	return s, nil
}

// readHeader looks at a file's package clause and imports.
func readHeader(context *build.Context, name string, content []byte) *header {
	h := &header{}
	ctx := *context
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	ctx.JoinPath = path.Join
	var err error
	if h.matches, err = ctx.MatchFile(".", name); !h.matches && err == nil {
		return h
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ImportsOnly|parser.SkipObjectResolution)
	h.matches, h.err = true, err
	if file == nil || file.Name == nil {
		return h
	}
	h.name = file.Name.Name
	for _, spec := range file.Imports {
		switch p, err := strconv.Unquote(spec.Path.Value); {
		case err != nil:
		case p == "C":
			h.cgo = true
		default:
			h.imports = append(h.imports, p)
		}
	}
	slices.Sort(h.imports)
	h.imports = slices.Compact(h.imports)
	depth, locals := nesting(content)
	h.deep, h.locals = depth > maxNesting, locals
	// go/build leaves cgo files out where cgo is off, and "package documentation".
	h.matches = h.name != "documentation" && (ctx.CgoEnabled || !h.cgo)
	return h
}

// maxNesting bounds the depth of a syntax tree, in units of which a binary or
// unary operator takes one and anything else ten: 500 brackets, or 5,000 terms of
// a sum. Of 135,000 public Go files one is over 2,700, a stress test of the
// compiler. go/parser has a limit of its own at 100,000, which keeps the stack
// below 256 MB; but go/types takes time that grows with the square of the depth
// and more: 10,000 times "else if" is 7 s; T[T[...]] is 0.5 s at a depth of 500,
// 5 s at 2,000, and minutes at 10,000.
const maxNesting = 5_000

// nesting gives an upper bound for the depth of the syntax tree of a file, in
// linear time and constant stack. Each bracket opens a level; within a level,
// what stands between two separators may nest once with each token
// (a+b+c, ****T, if {} else if {} else if {}). It also tells whether types or
// constants are declared within brackets.
func nesting(content []byte) (deepest int, locals bool) {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(content)), content, nil, 0)
	var levels []int // of the open levels, what stands before the bracket
	depth, here := 0, 0
	for last := token.ILLEGAL; ; {
		_, tok, _ := s.Scan()
		switch tok {
		case token.EOF:
			return deepest, locals
		case token.LPAREN, token.LBRACK, token.LBRACE:
			levels = append(levels, here+10)
			depth += here + 10
			here = 0
		case token.RPAREN, token.RBRACK, token.RBRACE:
			here = 0
			if n := len(levels); n > 0 { // x[0][0] nests on the same level
				here, levels = levels[n-1], levels[:n-1]
				depth -= here
			}
		case token.SEMICOLON, token.COMMA:
			here = 0
		case token.IDENT, token.INT, token.FLOAT, token.IMAG, token.CHAR, token.STRING:
		default:
			if (tok == token.TYPE && last != token.LPAREN || tok == token.CONST) && len(levels) > 0 {
				locals = true
			}
			if tok.IsOperator() && tok != token.PERIOD && tok != token.COLON {
				here++
			} else {
				here += 10
			}
		}
		deepest = max(deepest, depth+here)
		last = tok
	}
}

// A parsed is a file with its syntax tree.
type parsed struct {
	*source
	file     *ast.File
	token    *token.File
	document *check.Document
	errors   scanner.ErrorList
}

// bases gives out positions so that no two files of a process overlap, whatever
// file sets they are put in together.
var bases atomic.Int64

func init() { bases.Store(1) }

// parse parses a file at positions of its own. A dependency's file loses what
// nobody looks at, its comments and what is in function bodies.
func parse(s *source, whole bool) *parsed {
	size := int64(len(s.content)) + 2
	base := bases.Add(size) - size
	if base+size >= min(exportBase, math.MaxInt) {
		base = 1 // after a petabyte of source, or one gigabyte on 32 bits
	}
	fset := token.NewFileSet()
	fset.AddFile("", int(base), 0)
	mode := parser.SkipObjectResolution
	if whole {
		mode |= parser.ParseComments
	}
	p := &parsed{source: s}
	file, err := parser.ParseFile(fset, s.path, s.content, mode)
	if list, ok := err.(scanner.ErrorList); ok {
		p.errors = list
	}
	p.token = fset.File(file.FileStart)
	if len(p.errors) > 0 {
		file = mend(s.content, file, func(content []byte) (*ast.File, bool) {
			again := token.NewFileSet()
			again.AddFile("", int(base), 0) // so that positions are the same
			file, err := parser.ParseFile(again, s.path, content, mode)
			return file, err == nil
		})
	}
	p.file = file
	if !whole {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				f.Body = &ast.BlockStmt{Lbrace: f.Body.Lbrace, Rbrace: f.Body.Rbrace}
			}
		}
		return p
	}
	p.document = check.NewDocument(s.path, "go", s.content, check.Revision{})
	return p
}

// isTest reports whether a file is a test by its name.
func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }
