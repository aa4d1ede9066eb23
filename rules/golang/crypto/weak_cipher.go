package crypto

import (
	"context"
	_ "embed"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
)

//go:embed testdata/weak-cipher.txtar
var weakCipherExamples string

// WeakCipher finds encryption by DES, RC4 and other broken ciphers, and by ECB.
var WeakCipher = &check.Check{
	ID:         "go/weak-cipher",
	Title:      "Cipher is broken",
	CWE:        []check.CWE{327, 328},
	Severity:   check.Medium,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runWeakCipher,
	Page: check.Page{
		What: "Something is encrypted by DES, 3DES, RC4, Blowfish, CAST5, TEA or XTEA, or block by block without a mode (ECB).",
		Why: "A DES key is found by trying all of them, within days for a few dollars. The 64-bit blocks of 3DES, Blowfish, CAST5 and TEA repeat after some gigabytes, which gives plaintext away (Sweet32, " +
			"CVE-2016-2183). RC4's first bytes betray its key. In ECB equal blocks stay equal, so structure shows through and blocks can be swapped; Zoom's calls were encrypted that way until 2020.",
		Fix: "Use AES-GCM: `cipher.NewGCMWithRandomNonce(block)` (Go 1.24) takes care of the nonce, and notices changes as well. There is no quick fix, because what is already encrypted has to be read and encrypted again.",
		Limits: "Left alone: packages, files and functions that are named for a protocol which prescribes the cipher (NTLM, SMB, Kerberos, VNC, RDP, PKCS #12, OpenPGP, SSH, MySQL's old passwords), for old data (`legacy`), and test code. What a function makes of its caller's key and gives back, as one cipher of several, is for persona pedantic, as are packages that only decrypt, because somebody else chose the cipher, and those that are named for a standard (`rfc4757`) or documented to implement a protocol or a format, functions whose comments cite one of a protocol or speak of old data (`legacy`, backward compatibility), and libraries that import four ciphers or more, or implement one themselves, or are named for the cipher or for ECB (`crypto/des`, `ecb.go`), which callers ask for by that name. " +
			"ECB counts where a loop passes consecutive parts of a slice to Block.Encrypt or Decrypt and nothing in the function is XORed, as every mode but ECB does; what is called a key is random, and for persona pedantic.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/327.html",
			"https://pkg.go.dev/crypto/cipher#NewGCMWithRandomNonce",
			"https://sweet32.info/",
			"https://csrc.nist.gov/pubs/sp/800/131/a/r2/final",
		},
		Examples: weakCipherExamples,
	},
}

// weakCiphers are the functions that make a weak cipher, and what is wrong with it.
var weakCiphers = map[string]string{
	"crypto/des.NewCipher":                        "DES has keys so short that all can be tried",
	"crypto/des.NewTripleDESCipher":               "3DES has blocks so small that long messages leak (Sweet32)",
	"crypto/rc4.NewCipher":                        "RC4's output betrays what it encrypts",
	"golang.org/x/crypto/blowfish.NewCipher":      "Blowfish has blocks so small that long messages leak (Sweet32)",
	"golang.org/x/crypto/cast5.NewCipher":         "CAST5 has blocks so small that long messages leak (Sweet32)",
	"golang.org/x/crypto/tea.NewCipher":           "TEA has equivalent keys and small blocks",
	"golang.org/x/crypto/tea.NewCipherWithRounds": "TEA has equivalent keys and small blocks",
	"golang.org/x/crypto/xtea.NewCipher":          "XTEA has blocks so small that long messages leak",
}

// oldProtocols prescribe a weak cipher: the program has no choice.
var oldProtocols = []string{"ntlm", "ntlmssp", "smb", "kerberos", "krb", "krb5", "vnc", "rfb", "rdp", "pkcs", "pkcs12", "pgp", "openpgp", "ssh", "legacy", "mysql",
	"pem", "wep", "mifare", "emv", "desfire", "radius", "mschap", "mschapv", "chap", "snmp", "usm", "pdf", "xls", "office", "bcrypt", "lm", "lanman", "tls", "mppe", "kcipher"}

// prescribed reports whether a function, its package or its file is named for such a protocol.
func prescribed(pass *check.PackagePass, fn *ssa.Function) bool {
	for fn.Parent() != nil {
		fn = fn.Parent()
	}
	names := []string{lastElement(pass.Pkg.Path()), fn.Name()}
	if recv := fn.Signature.Recv(); recv != nil {
		names = append(names, lastElement(recv.Type().String()))
	}
	if file := pass.Fset.PositionFor(fn.Pos(), false).Filename; file != "" {
		names = append(names, filepath.Base(file))
	}
	return slices.ContainsFunc(names, func(name string) bool {
		words := query.Words(name)
		return !slices.ContainsFunc(words, isPadding) && slices.ContainsFunc(words, func(w string) bool {
			return slices.Contains(oldProtocols, w) || strings.HasPrefix(w, "pdf") || strings.HasSuffix(w, "pdf")
		})
	})
}

// isPadding reports whether a word says that a name is about padding: that of PKCS #5 and #7 goes with any cipher.
func isPadding(w string) bool { return strings.HasPrefix(w, "pad") || strings.HasPrefix(w, "unpad") }

func lastElement(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func runWeakCipher(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	othersChoose := onlyDecrypts(fl) || offersCiphers(pass)
	for name, reason := range weakCiphers {
		for _, c := range fl.Calls(name) {
			if prescribed(pass, c.Fn) || isOwn(pass, c) {
				continue
			}
			f := check.Finding{Message: reason, Location: pass.Location(c.Expr)}
			if isOffered(fl, c) || othersChoose || isOthersChoice(pass, c) || isAskedFor(pass, fl, c) {
				f.Persona = check.Pedantic
			}
			pass.Report(f)
		}
	}
	for _, c := range fl.Calls("(crypto/cipher.Block).Encrypt", "(crypto/cipher.Block).Decrypt") {
		if isECB(c) && !prescribed(pass, c.Fn) {
			f := check.Finding{
				Message:  "every block is encrypted by itself (ECB), so equal parts of the message stay equal",
				Location: pass.Location(c.Expr),
			}
			if othersChoose || isOthersChoice(pass, c) || isOfKey(fl, c) || isModeAskedFor(pass, c) {
				f.Persona = check.Pedantic
			}
			pass.Report(f)
		}
	}
	return nil
}

// onlyDecrypts reports whether a package decrypts and never encrypts: somebody else chose the cipher.
func onlyDecrypts(fl *flow.Flow) bool {
	return len(fl.Calls("(crypto/cipher.Block).Decrypt", "crypto/cipher.NewCBCDecrypter", "crypto/cipher.NewCFBDecrypter")) > 0 &&
		len(fl.Calls("(crypto/cipher.Block).Encrypt", "crypto/cipher.NewCBCEncrypter", "crypto/cipher.NewCFBEncrypter", "crypto/cipher.NewOFB", "crypto/cipher.NewCTR",
			"(crypto/cipher.Stream).XORKeyStream", "(*crypto/rc4.Cipher).XORKeyStream", "(crypto/cipher.AEAD).Seal")) == 0
}

// cipherPackages are the packages of ciphers that programs choose among.
var cipherPackages = []string{"crypto/aes", "crypto/des", "crypto/rc4", "golang.org/x/crypto/blowfish", "golang.org/x/crypto/cast5", "golang.org/x/crypto/tea", "golang.org/x/crypto/twofish",
	"golang.org/x/crypto/xtea"}

// offersCiphers reports whether a library imports so many ciphers that it is one of ciphers, or is a cipher itself, with its
// modes: whoever calls it chooses one.
func offersCiphers(pass *check.PackagePass) bool {
	if !code.IsForOthers(pass.Pkg) {
		return false
	}
	offered := map[string]bool{}
	for _, file := range pass.Files {
		for _, spec := range file.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err == nil && slices.Contains(cipherPackages, path) {
				offered[path] = true
			}
		}
	}
	return len(offered) >= 4 || implementsCipher(pass.Pkg)
}

// implementsCipher reports whether a package has a type of its own that is a cipher.Block.
func implementsCipher(pkg *types.Package) bool {
	scope := pkg.Scope()
	return slices.ContainsFunc(scope.Names(), func(name string) bool {
		t, ok := scope.Lookup(name).(*types.TypeName)
		if !ok || t.IsAlias() {
			return false
		}
		methods := types.NewMethodSet(types.NewPointer(t.Type()))
		has := func(method string) bool { return methods.Lookup(pkg, method) != nil }
		return has("BlockSize") && has("Encrypt") && has("Decrypt")
	})
}

// isOthersChoice reports whether comments say that a standard or old data prescribes the cipher of a call.
func isOthersChoice(pass *check.PackagePass, c flow.Call) bool {
	return remark.Standard(pass.Pass, c.Expr.Pos()) || remark.Past(pass.Pass, c.Expr.Pos())
}

// namesOfDES are what packages of DES and of 3DES are called, in lower case and without signs.
var namesOfDES = []string{"des", "3des", "des3", "tdes", "tripledes", "desede"}

// isAskedFor reports whether a library's package, or its folder, is named for the cipher that it makes: who imports it asks for
// that one by name. A key of the package's own is not offered to anyone.
func isAskedFor(pass *check.PackagePass, fl *flow.Flow, c flow.Call) bool {
	callee := c.Instr.Common().StaticCallee()
	if !code.IsForOthers(pass.Pkg) || callee == nil || callee.Pkg == nil {
		return false
	}
	names := []string{lastElement(callee.Pkg.Pkg.Path())}
	if names[0] == "des" {
		names = namesOfDES
	}
	if !slices.Contains(names, plain(pass.Pkg.Name())) && !slices.Contains(names, plain(lastElement(pass.Pkg.Path()))) {
		return false
	}
	_, fixed := fl.Fixed(c.Arg(0))
	return !fixed
}

// isModeAskedFor reports whether a library offers ECB by name: its package or the file is called so, or a function that others
// call with a cipher of theirs.
func isModeAskedFor(pass *check.PackagePass, c flow.Call) bool {
	if !code.IsForOthers(pass.Pkg) {
		return false
	}
	file := filepath.Base(pass.Fset.PositionFor(c.Expr.Pos(), false).Filename)
	if pass.Pkg.Name() == "ecb" || strings.TrimSuffix(file, ".go") == "ecb" {
		return true
	}
	return token.IsExported(c.Fn.Name()) && slices.Contains(query.Words(c.Fn.Name()), "ecb") &&
		slices.ContainsFunc(c.Fn.Params, func(p *ssa.Parameter) bool { return query.IsType(p.Type(), "crypto/cipher.Block") })
}

// plain gives a name in lower case, with nothing but letters and digits.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// isOwn reports whether a cipher's own package makes it.
func isOwn(pass *check.PackagePass, c flow.Call) bool {
	callee := c.Instr.Common().StaticCallee()
	return callee != nil && callee.Pkg != nil && callee.Pkg.Pkg == pass.Pkg
}

// isOffered reports whether a function only makes a cipher of the key that it is given, and gives it back: one of the suites of
// a protocol, one of those that a library has by name. Who negotiates or names it decides what it encrypts.
func isOffered(fl *flow.Flow, c flow.Call) bool {
	if !slices.ContainsFunc(fl.Origins(c.Arg(0)), func(v ssa.Value) bool { _, given := v.(*ssa.Parameter); return given }) {
		return false
	}
	results := c.Fn.Signature.Results()
	if results.Len() == 0 {
		return false
	}
	switch t := results.At(0).Type(); t.Underlying().(type) {
	case *types.Interface:
		return !query.IsType(t, "error")
	case *types.Pointer:
		name := query.TypeName(t)
		return strings.HasSuffix(name, "Cipher") || strings.HasSuffix(name, "cipher")
	}
	return false
}

// isECB reports whether a call goes through a slice block by block, in a function
// that mixes nothing in.
func isECB(c flow.Call) bool {
	if !flow.InLoop(c.Instr.Block()) {
		return false
	}
	if xors(c.Fn, true) {
		return false
	}
	src, ok := c.Arg(1).(*ssa.Slice)
	if !ok {
		_, isPhi := c.Arg(1).(*ssa.Phi) // src = src[blockSize:]
		return isPhi
	}
	if _, isPhi := src.X.(*ssa.Phi); isPhi {
		return true
	}
	_, constant := src.Low.(*ssa.Const)
	return src.Low != nil && !constant && flow.InLoop(src.Block()) // what was cut before the loop is encrypted over and over
}

// xors reports whether a function mixes values by XOR, or calls one that is named for it; deep also looks into the functions of
// its package that it calls.
func xors(fn *ssa.Function, deep bool) bool {
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			switch instr := instr.(type) {
			case *ssa.BinOp:
				if instr.Op == token.XOR {
					return true
				}
			case *ssa.Call:
				callee := instr.Call.StaticCallee()
				if callee != nil && (isNamedForXOR(callee) || deep && callee.Pkg != nil && callee.Pkg == fn.Pkg && onlyXORs(callee)) {
					return true
				}
			}
		}
	}
	return false
}

// isNamedForXOR reports whether a function, or the package that it is from, is called so: xor.Bytes.
func isNamedForXOR(fn *ssa.Function) bool {
	name := fn.Name()
	if fn.Pkg != nil {
		name += " " + fn.Pkg.Pkg.Name()
	}
	return strings.Contains(strings.ToLower(name), "xor")
}

// onlyXORs reports whether a function gets nothing but bytes, and mixes them.
func onlyXORs(fn *ssa.Function) bool {
	return !slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return !isBytes(p.Type()) }) && xors(fn, false)
}

// isOfKey reports whether what is encrypted is called a key: that of a file, say, which is random, so that no blocks are equal.
func isOfKey(fl *flow.Flow, c flow.Call) bool {
	return slices.ContainsFunc(fl.Origins(c.Arg(1)), func(v ssa.Value) bool {
		p, ok := v.(*ssa.Parameter)
		return ok && slices.Contains(query.Words(p.Name()), "key")
	})
}
