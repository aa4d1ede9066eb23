package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"go/ast"
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
	"unicode"

	"github.com/peercheck/peercheck/lib/cache"
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

// A header is what is known of a file without its syntax tree.
type header struct {
	Matches bool // the build constraints select it
	Name    string
	Imports []string // sorted, without "C"
	Cgo     bool     // it imports "C"
	Deep    bool     // it is nested too deeply to be parsed
	Locals  bool     // functions in it declare types or constants
	// Surface is the digest of what other packages can see: the path and the text
	// without the bodies of functions. Of a file with syntax errors it is that of
	// all, because what a broken body hides is not known.
	Surface digest
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
	return s, nil
}

// readHeaders finds the headers of the files of a folder: from memory, else from
// the disk, else by parsing them.
func (r *run) readHeaders(sources []*source, comments bool) {
	identity := r.toolchain.identity
	missing := false
	for _, s := range sources {
		if h, ok := r.headers.peek(headerKey{identity, s.digest}, r.generation); ok {
			s.header = h
		} else {
			missing = true
		}
	}
	if !missing {
		return
	}
	hash := cache.NewHash("headers")
	hash.Add(identity)
	for _, s := range sources {
		hash.Add(s.digest[:])
	}
	var kept []*header
	if data, ok := r.opts.Cache.Get(hash.Key()); ok {
		if gob.NewDecoder(bytes.NewReader(data)).Decode(&kept) != nil || len(kept) != len(sources) {
			kept = nil
		}
	}
	for i, s := range sources {
		if s.header == nil && kept != nil {
			s.header = kept[i]
		}
		s.header = r.headers.get(headerKey{identity, s.digest}, s.path, r.generation, func() (*header, int) {
			h := s.header
			if h == nil {
				h = r.readHeader(s, comments)
			}
			return h, 200 + 50*len(h.Imports)
		})
	}
	if kept == nil && r.opts.Cache != nil {
		for _, s := range sources {
			kept = append(kept, s.header)
		}
		var out bytes.Buffer
		if gob.NewEncoder(&out).Encode(kept) == nil {
			r.opts.Cache.Put(hash.Key(), out.Bytes())
		}
	}
}

// readHeader looks at a file, and parses it if it belongs to its package.
func (r *run) readHeader(s *source, comments bool) *header {
	h := &header{}
	ctx := r.toolchain.context
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.content)), nil }
	ctx.JoinPath = path.Join
	var err error
	if h.Matches, err = ctx.MatchFile(".", path.Base(s.path)); !h.Matches && err == nil {
		return h
	}
	h.Matches = true
	depth, locals := nesting(s.content)
	if h.Deep, h.Locals = depth > maxNesting, locals; h.Deep {
		return h
	}
	p := r.parsed(s, comments)
	h.Name = p.file.Name.Name
	for _, spec := range p.file.Imports {
		switch p, err := strconv.Unquote(spec.Path.Value); {
		case err != nil || !validImport(p):
		case p == "C":
			h.Cgo = true
		default:
			h.Imports = append(h.Imports, p)
		}
	}
	slices.Sort(h.Imports)
	h.Imports = slices.Compact(h.Imports)
	// go/build leaves cgo files out where cgo is off, and "package documentation".
	h.Matches = h.Name != "documentation" && (ctx.CgoEnabled || !h.Cgo)
	h.Surface = p.surface()
	return h
}

// validImport reports whether the type checker asks for an import path at all
// (go.dev/ref/spec#Import_declarations).
func validImport(path string) bool {
	return path != "" && !strings.ContainsFunc(path, func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("!\"#$%&'()*,:;<=>?[\\]^{|}`\uFFFD", r)
	})
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

// A parsed is a file with its syntax tree, which is never changed.
type parsed struct {
	path     string
	file     *ast.File
	token    *token.File
	document *check.Document
	errors   scanner.ErrorList
	mended   []byte // what was parsed in place of the document if not that; see mend
	room     int    // positions from the file's first one on that no other file has
}

// bases gives out positions so that no two files of a process overlap, whatever
// file sets they are put in together.
var bases atomic.Int64

func init() { bases.Store(1) }

type parseKey struct {
	digest   digest
	comments bool
}

// parsed gives the syntax tree of a file, which is kept as long as there is room.
func (r *run) parsed(s *source, comments bool) *parsed {
	return r.parses.get(parseKey{s.digest, comments}, s.path, r.generation, func() (*parsed, int) {
		return parse(s, comments, r.opts.Lean && comments), len(s.content)
	})
}

// roomy gives the positions that a file gets which is edited: besides its own text
// there is room for all of it some times more, and for a hundred functions of a
// screenful. Positions cost nothing where there are 2^63.
func roomy(size int64) int64 { return 5*size + 1<<18 }

// parse parses a file at positions of its own, with room for a [Draft] if it may be edited.
func parse(s *source, comments, editable bool) *parsed {
	size := int64(len(s.content)) + 2
	if editable && math.MaxInt > math.MaxInt32 {
		size = roomy(size)
	}
	base := bases.Add(size) - size
	if base+size >= min(exportBase, math.MaxInt) {
		base = 1 // after a petabyte of source, or one gigabyte on 32 bits
	}
	fset := token.NewFileSet()
	fset.AddFile("", int(base), 0)
	mode := parser.SkipObjectResolution
	if comments {
		mode |= parser.ParseComments
	}
	p := &parsed{path: s.path, document: s.document(), room: int(size)}
	file, err := parser.ParseFile(fset, s.path, s.content, mode)
	if list, ok := err.(scanner.ErrorList); ok {
		p.errors = list
	}
	p.token = fset.File(file.FileStart)
	if len(p.errors) > 0 {
		file, p.mended = mend(s.content, file, func(content []byte) (*ast.File, bool) {
			again := token.NewFileSet()
			again.AddFile("", int(base), 0) // so that positions are the same
			file, err := parser.ParseFile(again, s.path, content, mode)
			return file, err == nil
		})
	}
	p.file = file
	return p
}

// surface gives header.Surface.
func (p *parsed) surface() (d digest) {
	if len(p.errors) == 0 {
		return p.outside()
	}
	return p.digest(nil)
}

// outside gives the digest of the text without the bodies of functions, as far as these
// are known.
func (p *parsed) outside() digest { return p.digest(p.bodies()) }

// digest gives that of the path and of the text without what is in bodies.
func (p *parsed) digest(bodies []check.Range) (d digest) {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", p.path)
	content, from := p.document.Content, 0
	for _, b := range bodies {
		h.Write(content[from : b.Start+1])
		from = b.End - 1
	}
	h.Write(content[from:])
	h.Sum(d[:0])
	return d
}

// broken reports whether there is something in the tree that did not parse.
func (p *parsed) broken() bool { return len(p.errors) > 0 && p.mended == nil }

// text is what was parsed.
func (p *parsed) text() []byte {
	if p.mended != nil {
		return p.mended
	}
	return p.document.Content
}

// bodies gives the ranges of the bodies of the declared functions.
func (p *parsed) bodies() (list []check.Range) {
	for _, decl := range p.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
			list = append(list, check.Range{Start: p.token.Offset(f.Body.Lbrace), End: p.token.Offset(f.Body.Rbrace) + 1})
		}
	}
	return list
}

// stripped gives the syntax tree without what is in function bodies.
func (p *parsed) stripped() *ast.File {
	file := *p.file
	file.Comments = nil
	file.Decls = slices.Clone(file.Decls)
	for i, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
			copied := *f
			copied.Body = &ast.BlockStmt{Lbrace: f.Body.Lbrace, Rbrace: f.Body.Rbrace}
			file.Decls[i] = &copied
		}
	}
	return &file
}

// document makes a Document of a file.
func (s *source) document() *check.Document {
	return check.NewDocument(s.path, "go", s.content, check.Revision{})
}

// isTest reports whether a file is a test by its name.
func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }
