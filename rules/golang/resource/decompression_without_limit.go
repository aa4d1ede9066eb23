package resource

import (
	"context"
	_ "embed"
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
)

//go:embed testdata/decompression-without-limit.txtar
var decompressionWithoutLimitExamples string

// DecompressionWithoutLimit finds compressed data that is unpacked whatever it grows to.
var DecompressionWithoutLimit = &check.Check{
	ID:         "go/decompression-without-limit",
	Title:      "Data is decompressed to any size",
	CWE:        []check.CWE{409, 400},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{golang.SSA, flow.Analyzer},
	RunPackage: runDecompressionWithoutLimit,
	Page: check.Page{
		What: "What a decompressor gives (gzip, zlib, flate, bzip2, lzw, zip, zstd, brotli, xz) is read to its end, into memory or a file, or becomes the body of a request, and nothing in the function limits it.",
		Why: "A megabyte of gzip unpacks to a gigabyte of zeros; nested formats do more. A limit on the compressed size does not help. The OpenTelemetry Collector (CVE-2024-36129) could be ended by one request, jose libraries by one token " +
			"(CVE-2025-63811).",
		Fix: "Read through `io.LimitReader(r, max+1)` and refuse when more than max bytes come, or use `io.CopyN`. Over HTTP, wrap the decompressor in `http.MaxBytesReader`, not only the body. There is no quick fix, because the limit depends on " +
			"the data and going over it has to be an error.",
		Limits: "Firm where the compressed data comes from a request or an upload within the function, or where a library unpacks into memory what it has decoded or decrypted, or what an exported function is handed that is named for importing or whose package decrypts or verifies messages; tentative and for persona pedantic elsewhere, because a program's own archives are fine, as is data that is compiled in. For persona pedantic are requests of those who have said who they are, too, also to a router that is behind a function named for it. Entries of a " +
			"tar archive that are read into memory count as well. A limit anywhere in the function counts, as does a look at the size that an entry declares. Test code is left alone.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/409.html",
			"https://nvd.nist.gov/vuln/detail/CVE-2024-36129",
			"https://pkg.go.dev/io#LimitReader",
		},
		Examples: decompressionWithoutLimitExamples,
	},
}

// decompressors give a reader of what their argument unpacks to.
var decompressors = map[string]bool{
	"compress/gzip.NewReader": true, "compress/zlib.NewReader": true, "compress/flate.NewReader": true, "compress/bzip2.NewReader": true,
	"compress/lzw.NewReader": true, "(*archive/zip.File).Open": true, "compress/zlib.NewReaderDict": true, "compress/flate.NewReaderDict": true,
	"github.com/klauspost/compress/gzip.NewReader": true, "github.com/klauspost/compress/zstd.NewReader": true,
	"github.com/klauspost/compress/zlib.NewReader": true, "github.com/klauspost/compress/flate.NewReader": true, "github.com/klauspost/pgzip.NewReader": true,
	"github.com/andybalholm/brotli.NewReader": true, "github.com/ulikunitz/xz.NewReader": true, "github.com/golang/snappy.NewReader": true,
	"github.com/pierrec/lz4.NewReader": true,
}

// wrappers give what their argument gives.
var wrappers = map[string]bool{"bufio.NewReader": true, "bufio.NewReaderSize": true, "archive/tar.NewReader": true, "io.NopCloser": true, "io/ioutil.NopCloser": true, "io.TeeReader": true}

// limits are calls that show that somebody thought of a limit.
var limits = []string{"io.LimitReader", "io.CopyN", "net/http.MaxBytesReader", "io.NewSectionReader", "io.ReadFull", "io.ReadAtLeast"}

// drains are functions that read to the end, and the argument that they read
// from, the receiver not counted.
var drains = map[string]int{
	"io.Copy": 1, "io.CopyBuffer": 1, "io.ReadAll": 0, "io/ioutil.ReadAll": 0, "(*bytes.Buffer).ReadFrom": 0, "(*strings.Builder).ReadFrom": 0,
}

func runDecompressionWithoutLimit(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for name, arg := range drains {
		for _, c := range fl.Calls(name) {
			packed := decompressed(fl, c.Arg(arg), intoMemory(fl, c), 5) // as many wrappings as formats nest
			if packed == nil || isDiscard(fl, c) || fl.Uses(c.Fn, limits...) || readsSize(c.Fn) || readsSize(packed.Parent()) {
				continue
			}
			f := check.Finding{
				Message:    fmt.Sprintf("%s unpacks all that comes, and a small input can grow to any size", strings.TrimPrefix(short(name), "io/")),
				Location:   pass.Location(c.Expr),
				Confidence: check.Tentative, // the program's own archives, mostly, or downloads that are verified
				Persona:    check.Pedantic,
			}
			if len(packed.Call.Args) > 0 && !panicsOnError(packed) {
				switch {
				case fromOutside(fl, packed.Call.Args[0], 5):
					f.Confidence, f.Persona = check.Firm, personaOf(!isForKnown(pass, fl, c.Fn, c.Instr))
				case intoMemory(fl, c) && code.IsForOthers(pass.Pkg) && fromCaller(fl, packed.Call.Args[0], 5):
					f.Confidence, f.Persona = check.Firm, check.Regular
				}
			}
			pass.Report(f)
		}
	}
	replacedBodies(pass, fl)
	return nil
}

// panicsOnError reports whether a function panics on data that is not packed: it is the program's own, which is right.
func panicsOnError(packed *ssa.Call) bool {
	for _, r := range *packed.Referrers() {
		err, ok := r.(*ssa.Extract)
		if !ok || err.Index != 1 {
			continue
		}
		for _, use := range *err.Referrers() {
			test, ok := use.(*ssa.BinOp)
			if !ok || test.Op != token.NEQ && test.Op != token.EQL {
				continue
			}
			for _, then := range *test.Referrers() {
				branch, ok := then.(*ssa.If)
				if !ok {
					continue
				}
				failed := branch.Block().Succs[0]
				if test.Op == token.EQL {
					failed = branch.Block().Succs[1]
				}
				if _, ok := failed.Instrs[len(failed.Instrs)-1].(*ssa.Panic); ok {
					return true
				}
			}
		}
	}
	return false
}

// intoMemory reports whether a call keeps all that it reads in memory.
func intoMemory(fl *flow.Flow, c flow.Call) bool {
	if !strings.HasPrefix(c.Name, "io.Copy") {
		return true
	}
	for _, o := range fl.Origins(c.Arg(0)) {
		if query.IsType(o.Type(), "bytes.Buffer") || query.IsType(o.Type(), "strings.Builder") {
			return true
		}
	}
	return false
}

// fromCaller reports whether a reader of a library reads what others have made: a message that the package decodes or
// decrypts, or what another package hands to an exported function that is there for messages or for what is imported. What
// is handed to any other may be the caller's own: data that is compiled in, the answer of a server that it has chosen.
func fromCaller(fl *flow.Flow, v ssa.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	for _, o := range fl.Origins(v) {
		switch o := o.(type) {
		case *ssa.Parameter:
			if flow.Exported(o.Parent()) && (imports(o.Parent()) || keepsSecrets(o.Parent())) || code.IsText(o.Type()) && isMessage(fl, o, depth) {
				return true
			}
		case *ssa.Call:
			name := code.Unversioned(query.CalleeSSA(&o.Call))
			if (wrappers[name] || name == "bytes.NewReader" || name == "bytes.NewBuffer" || name == "strings.NewReader") && len(o.Call.Args) > 0 && fromCaller(fl, o.Call.Args[0], depth-1) {
				return true
			}
		}
	}
	return false
}

// imports reports whether a function takes in what was made elsewhere, by its name.
func imports(fn *ssa.Function) bool {
	return slices.ContainsFunc(query.Words(fn.Name()), func(w string) bool {
		return w == "import" || w == "ingest" || w == "receive" || w == "upload"
	})
}

// keepsSecrets reports whether a function is part of a package that decrypts messages or verifies who made them.
func keepsSecrets(fn *ssa.Function) bool {
	return fn.Pkg != nil && slices.ContainsFunc(fn.Pkg.Pkg.Imports(), func(p *types.Package) bool {
		switch p.Path() {
		case "crypto/cipher", "crypto/hmac", "crypto/rsa", "crypto/ecdsa":
			return true
		}
		return false
	})
}

// isMessage reports whether bytes that a function of a library is handed were handed to one of the
// library that is there for messages, or decoded or decrypted by it: what is unpacked from memory into memory is a
// message then, and no archive of the program's own.
func isMessage(fl *flow.Flow, p *ssa.Parameter, depth int) bool {
	fn := p.Parent()
	if depth == 0 || fn.Pkg == nil || fn.Pkg.Pkg.Name() == "main" {
		return false
	}
	for i, param := range fn.Params {
		if param != p {
			continue
		}
		callers := fl.Callers(fn)
		for _, c := range callers[:min(len(callers), maxCallers)] {
			args := c.Instr.Common().Args
			if i >= len(args) {
				continue
			}
			for _, o := range fl.Origins(args[i]) {
				if e, ok := o.(*ssa.Extract); ok {
					o = e.Tuple
				}
				switch o := o.(type) {
				case *ssa.Parameter:
					if flow.Exported(o.Parent()) && (imports(o.Parent()) || keepsSecrets(o.Parent())) || isMessage(fl, o, depth-1) {
						return true
					}
				case *ssa.Call:
					name := query.CalleeSSA(&o.Call)
					if strings.Contains(strings.ToLower(name), "decrypt") || strings.HasPrefix(name, "(*encoding/base64.") {
						return true
					}
				}
			}
		}
	}
	return false
}

// replacedBodies reports handlers that hand the request on with a body that is
// unpacked as it is read: whoever reads it trusts the limit of what was sent.
func replacedBodies(pass *check.PackagePass, fl *flow.Flow) {
	unpacks := false
	for name := range decompressors {
		unpacks = unpacks || len(fl.Calls(name)) > 0
	}
	if !unpacks {
		return
	}
	for _, fn := range fl.Functions {
		if !answers(fn) || fl.Uses(fn, limits...) {
			continue
		}
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				store, ok := instr.(*ssa.Store)
				if !ok {
					continue
				}
				field, ok := store.Addr.(*ssa.FieldAddr)
				if !ok || !isField(field, "Body") || !unpacked(fl, store.Val) {
					continue
				}
				pass.Report(check.Finding{
					Message:  "the request goes on with a body that unpacks to any size, past every limit on what was sent",
					Location: pass.Location(code.Place(store.Pos())),
				})
			}
		}
	}
}

// unpacked reports whether a value is a decompressor, or comes from one that is
// chosen at run time, by the request's Content-Encoding.
func unpacked(fl *flow.Flow, v ssa.Value) bool {
	if decompressed(fl, v, false, 5) != nil {
		return true
	}
	for _, o := range fl.Origins(v) {
		if e, ok := o.(*ssa.Extract); ok {
			o = e.Tuple
		}
		if call, ok := o.(*ssa.Call); ok && !call.Call.IsInvoke() && call.Call.StaticCallee() == nil {
			for _, arg := range call.Call.Args {
				if isBody(arg) {
					return true
				}
			}
		}
	}
	return false
}

// decompressed gives the call that made a decompressor out of which a value
// reads, for memory an archive too, whose entries are as large as they say.
func decompressed(fl *flow.Flow, v ssa.Value, memory bool, depth int) *ssa.Call {
	if v == nil || depth == 0 {
		return nil
	}
	for _, o := range fl.Origins(v) {
		if e, ok := o.(*ssa.Extract); ok {
			o = e.Tuple
		}
		if p, ok := o.(*ssa.Parameter); ok {
			if found := passedIn(fl, p, memory, depth-1); found != nil {
				return found
			}
		}
		call, ok := o.(*ssa.Call)
		if !ok {
			continue
		}
		name := code.Unversioned(query.CalleeSSA(&call.Call))
		if wrappers[name] && len(call.Call.Args) > 0 {
			if found := decompressed(fl, call.Call.Args[0], memory, depth-1); found != nil {
				return found
			}
		}
		if decompressors[name] || memory && name == "archive/tar.NewReader" {
			return call
		}
	}
	return nil
}

// maxCallers bounds the callers of one function that are asked: at five levels
// deep their number multiplies.
const maxCallers = 8

// passedIn gives the decompressor that a caller in this package passes as a parameter.
func passedIn(fl *flow.Flow, p *ssa.Parameter, memory bool, depth int) *ssa.Call {
	for i, param := range p.Parent().Params {
		if param != p {
			continue
		}
		callers := fl.Callers(p.Parent())
		for _, c := range callers[:min(len(callers), maxCallers)] {
			if args := c.Instr.Common().Args; i < len(args) && !fl.Uses(c.Fn, limits...) && !readsSize(c.Fn) {
				if found := decompressed(fl, args[i], memory, depth); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// fromOutside reports whether a reader reads what came over the network.
func fromOutside(fl *flow.Flow, v ssa.Value, depth int) bool {
	if depth == 0 {
		return false
	}
	for _, o := range fl.Origins(v) {
		if e, ok := o.(*ssa.Extract); ok {
			o = e.Tuple
		}
		switch x := o.(type) {
		case *ssa.Call:
			switch name := code.Unversioned(query.CalleeSSA(&x.Call)); {
			case name == "(*net/http.Request).FormFile", name == "(*mime/multipart.FileHeader).Open":
				return true
			case (wrappers[name] || decompressors[name] || name == "bytes.NewReader" || name == "bytes.NewBuffer" || drains[name] == 0 && strings.HasSuffix(name, "ReadAll")) && len(x.Call.Args) > 0:
				if fromOutside(fl, x.Call.Args[0], depth-1) {
					return true
				}
			}
		case *ssa.UnOp:
			if f, ok := x.X.(*ssa.FieldAddr); ok && isField(f, "Body") {
				return true // of a request: a server that answers is one that the program chose
			}
		}
		switch query.TypeName(o.Type()) {
		case "mime/multipart.File", "mime/multipart.Part":
			return true
		}
	}
	return false
}

// isDiscard reports whether a copy goes nowhere, or to another program, which takes it as it comes.
func isDiscard(fl *flow.Flow, c flow.Call) bool {
	if !strings.HasPrefix(c.Name, "io.Copy") {
		return false
	}
	for _, o := range fl.Origins(c.Arg(0)) {
		if load, ok := o.(*ssa.UnOp); ok {
			if g, ok := load.X.(*ssa.Global); ok && g.Name() == "Discard" {
				return true
			}
		}
		if pipe, ok := o.(*ssa.Extract); ok {
			if call, ok := pipe.Tuple.(*ssa.Call); ok && query.CalleeSSA(&call.Call) == "(*os/exec.Cmd).StdinPipe" {
				return true
			}
		}
		switch query.TypeName(o.Type()) {
		case "crypto/sha256.digest", "hash.Hash", "io.discard":
			return true
		}
	}
	return false
}

// readsSize reports whether a function compares the size that an archive declares
// with something.
func readsSize(fn *ssa.Function) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.FieldAddr:
				switch fieldOf(instr) {
				case "UncompressedSize64", "UncompressedSize", "Size":
					if compared(instr, 4) { // through a load and conversions
						return true
					}
				}
			case *ssa.Call:
				if strings.HasSuffix(query.CalleeSSA(&instr.Call), ").Size") && compared(instr, 3) {
					return true
				}
			}
		}
	}
	return false
}

// compared reports whether a value, or what it is loaded from, is compared, added
// up or made a limit of.
func compared(v ssa.Value, depth int) bool {
	if depth == 0 || v.Referrers() == nil {
		return false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.BinOp:
			return true
		case *ssa.UnOp:
			if compared(r, depth-1) {
				return true
			}
		case *ssa.Convert:
			if compared(r, depth-1) {
				return true
			}
		}
	}
	return false
}
