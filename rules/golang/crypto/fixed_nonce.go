package crypto

import (
	"context"
	_ "embed"
	"fmt"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/ssa"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/lib/golang/query"
	"github.com/peercheck/peercheck/rules/golang/internal/bounds"
	"github.com/peercheck/peercheck/rules/golang/internal/code"
	"github.com/peercheck/peercheck/rules/golang/internal/flow"
	"github.com/peercheck/peercheck/rules/golang/internal/remark"
	"github.com/peercheck/peercheck/rules/golang/internal/text"
)

//go:embed testdata/fixed-nonce.txtar
var fixedNonceExamples string

// FixedNonce finds encryption with a nonce or IV that never changes.
var FixedNonce = &check.Check{
	ID:         "go/fixed-nonce",
	Title:      "Nonce or IV is the same for every message",
	CWE:        []check.CWE{323, 329, 1204},
	Severity:   check.High,
	Confidence: check.Firm,
	Since:      "0.1",
	Requires:   []*analysis.Analyzer{flow.Analyzer},
	RunPackage: runFixedNonce,
	Page: check.Page{
		What: "The nonce or initialization vector of an encryption is written into the source, or is an array that nothing has filled, or of which fewer than 8 bytes are random and the rest is zero, or a part of the key.",
		Why: "In GCM, ChaCha20 and CTR two messages under one key and nonce give the XOR of their plaintexts to whoever sees both, and in GCM the key of the authentication as well, so messages can be forged. In CBC equal beginnings " +
			"of messages show. Zerologon (CVE-2020-1472) took over Windows domains by an IV of zeros.",
		Fix: "Fill it from `crypto/rand` for each message and send it along, or let `cipher.NewGCMWithRandomNonce` (Go 1.24) do both. There is no quick fix, because the receiver has to change too.",
		Limits: "Follows a value through variables of the package and through the callers of a helper in the package. Left alone: functions that fill something from `crypto/rand` or derive a key (HKDF, ECDH), because with a key for one " +
			"message a fixed nonce is right; decryption, which only repeats what was encrypted; tags over data that is not encrypted, and CBC-MACs, by their name or that of their key; encryption of no message of which nothing is used; test code. A stream that a function only keeps in a field, as for a connection, is for persona pedantic, as is a key that the caller gives, who may have one for each message, one that a function named for deriving keys gives (`kdf`, `derive`), and a nonce that is cut from the key, which only protocols prescribe, or that is in a package named for a standard, or documented to implement a protocol or a format, or a function whose comments cite one.",
		References: []string{
			"https://cwe.mitre.org/data/definitions/323.html",
			"https://pkg.go.dev/crypto/cipher#NewGCMWithRandomNonce",
			"https://nvd.nist.gov/vuln/detail/CVE-2020-1472",
			"https://csrc.nist.gov/pubs/sp/800/38/d/final",
		},
		Examples: fixedNonceExamples,
	},
}

// nonceArguments say which argument of an encryption is the nonce or IV.
var nonceArguments = map[string]int{
	"crypto/cipher.NewCBCEncrypter":                         1,
	"crypto/cipher.NewCFBEncrypter":                         1,
	"crypto/cipher.NewOFB":                                  1,
	"crypto/cipher.NewCTR":                                  1,
	"(crypto/cipher.AEAD).Seal":                             1,
	"golang.org/x/crypto/chacha20.NewUnauthenticatedCipher": 1,
	"golang.org/x/crypto/salsa20.XORKeyStream":              2,
	"golang.org/x/crypto/nacl/secretbox.Seal":               2,
	"golang.org/x/crypto/nacl/box.Seal":                     2,
}

// freshKeys are calls that give a function a key, or a nonce, of its own.
var freshKeys = []string{"crypto/rand.Read", "io.ReadFull", "crypto/rand.Text", "golang.org/x/crypto/hkdf.New", "crypto/hkdf.Key", "crypto/hkdf.Expand",
	"golang.org/x/crypto/hkdf.Expand", "golang.org/x/crypto/curve25519.X25519", "(*crypto/ecdh.PrivateKey).ECDH", "golang.org/x/crypto/nacl/box.GenerateKey"}

func runFixedNonce(_ context.Context, pass *check.PackagePass) error {
	fl, ok := pass.ResultOf[flow.Analyzer].(*flow.Flow)
	if !ok {
		return nil
	}
	for name, arg := range nonceArguments {
		for _, c := range fl.Calls(name) {
			if random, of := randomPart(fl, c.Arg(arg)); random >= 0 && name == "(crypto/cipher.AEAD).Seal" {
				pass.Report(check.Finding{
					Message:  fmt.Sprintf("only %d of the %d bytes of the nonce are random, so it repeats after %s messages", random, of, repeats(random)),
					Location: pass.Location(c.Expr.Args[arg]),
				})
				continue
			}
			if isKey(fl, c, arg) {
				pass.Report(check.Finding{
					Message:  "the nonce is a part of the key: it is the same for every message, and what the nonce gives away is the key's",
					Location: pass.Location(c.Expr.Args[arg]),
					Persona:  check.Pedantic, // nobody has that idea but protocols of others, which prescribe it
				})
				continue
			}
			at, index, ok := fl.FixedHere(c, arg)
			if !ok || isThrownAway(c) || hasFreshKey(fl, c.Fn) || fl.Uses(at.Fn, freshKeys...) || index >= len(at.Expr.Args) {
				continue
			}
			if name == "(crypto/cipher.AEAD).Seal" && isNil(c.Arg(2)) {
				continue // nothing is encrypted, only authenticated
			}
			if isMAC(pass, fl, c) {
				continue
			}
			f := check.Finding{
				Message:  "every message is encrypted with the same nonce, so two of them give their contents away",
				Location: pass.Location(at.Expr.Args[index]),
			}
			if isKept(c) || keyIsGiven(fl, key(c), c.Fn, 3) || remark.Standard(pass.Pass, c.Expr.Pos()) {
				f.Persona = check.Pedantic
			}
			pass.Report(f)
		}
	}
	return nil
}

// isMAC reports whether what CBC gives is a MAC, by the name of the variable, the function or the key: a CBC-MAC begins with
// zeros, and only its last block is seen.
func isMAC(pass *check.PackagePass, fl *flow.Flow, c flow.Call) bool {
	if c.Name != "crypto/cipher.NewCBCEncrypter" {
		return false
	}
	names := c.Fn.Name()
	if at, ok := query.IndexOf(pass.Pass).Inspector().Root().FindNode(c.Expr); ok {
		if v := code.Holder(pass.TypesInfo, at); v != nil {
			names += " " + v.Name()
		}
	}
	for _, block := range fl.Origins(c.Arg(0)) {
		if made, ok := block.(*ssa.Extract); ok {
			block = made.Tuple
		}
		if call, ok := block.(*ssa.Call); ok && len(call.Call.Args) == 1 { // aes.NewCipher(macKey)
			names += " " + text.ValueName(call.Call.Args[0])
		}
	}
	return slices.ContainsFunc(query.Words(names), func(w string) bool { return w == "mac" || w == "cmac" || w == "cbcmac" || w == "omac" })
}

// hasFreshKey reports whether a function, or each that calls it with a key of bytes in this package, makes a key of its own for
// what it encrypts.
func hasFreshKey(fl *flow.Flow, fn *ssa.Function) bool {
	if fl.Uses(fn, freshKeys...) {
		return true
	}
	callers := fl.Callers(fn)
	if len(callers) == 0 || fn.Object() == nil || fn.Object().Exported() || !slices.ContainsFunc(fn.Params, func(p *ssa.Parameter) bool { return isBytes(p.Type()) }) {
		return false
	}
	return !slices.ContainsFunc(callers, func(c flow.Call) bool { return !fl.Uses(c.Fn, freshKeys...) })
}

// key gives what an encryption gets its key by: the key itself, the block cipher or the AEAD.
func key(c flow.Call) ssa.Value {
	switch {
	case strings.HasSuffix(c.Name, ".Seal") && c.Receiver() != nil:
		return c.Receiver()
	case strings.HasPrefix(c.Name, "crypto/cipher.") || strings.Contains(c.Name, "chacha20."):
		return c.Arg(0)
	}
	return c.Arg(3) // of salsa20, secretbox and box
}

// keyIsGiven reports whether the caller of a function, other than those of the package that have a key to keep, gives the key, or a
// function that is named for deriving one does: it may well have one for each message, or follow a protocol that says so, and only
// then is a fixed nonce right. A key that the package keeps, in a field or a variable, is used again, and so is a cipher that
// somebody has made.
func keyIsGiven(fl *flow.Flow, key ssa.Value, fn *ssa.Function, depth int) bool {
	if key == nil || depth == 0 {
		return false
	}
	if isDerived(key) {
		return true
	}
	return slices.ContainsFunc(fl.Origins(key), func(o ssa.Value) bool {
		if made, ok := o.(*ssa.Extract); ok {
			o = made.Tuple
		}
		switch o := o.(type) {
		case *ssa.Call:
			name := query.CalleeSSA(&o.Call)
			return len(o.Call.Args) > 0 && strings.Contains(name, ".New") && strings.Contains(name, "crypto/") && keyIsGiven(fl, o.Call.Args[0], fn, depth)
		case *ssa.Parameter:
			return isKeyBytes(o.Type()) && givenBy(fl, o, depth-1)
		}
		return false
	})
}

// isDerived reports whether a value comes from a function that is named for deriving keys, as KDFa of TPM 2.0 and DeriveKey are.
func isDerived(v ssa.Value) bool {
	if result, ok := v.(*ssa.Extract); ok {
		v = result.Tuple
	}
	call, ok := v.(*ssa.Call)
	if !ok {
		return false
	}
	name := lastElement(query.CalleeSSA(&call.Call))
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	return strings.Contains(name, "kdf") || strings.HasPrefix(name, "deriv")
}

// isKeyBytes reports whether a type is one of bytes, or of a pointer to an array of them.
func isKeyBytes(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	return code.IsText(t)
}

// givenBy reports whether no caller in the package gives a parameter what the package keeps.
func givenBy(fl *flow.Flow, param *ssa.Parameter, depth int) bool {
	fn := param.Parent()
	at := slices.Index(fn.Params, param)
	if fn.Signature.Recv() != nil {
		at--
	}
	if at < 0 {
		return false // the receiver, which is kept
	}
	return !slices.ContainsFunc(fl.Callers(fn), func(c flow.Call) bool { return !keyIsGiven(fl, c.Arg(at), c.Fn, depth) })
}

func isNil(v ssa.Value) bool {
	c, ok := v.(*ssa.Const)
	return ok && c.IsNil()
}

// isKept reports whether a function makes a stream and only keeps it in a field, of a connection, say, which has a key of its own
// as a rule.
func isKept(c flow.Call) bool {
	made, ok := c.Instr.(*ssa.Call)
	if !ok || c.Name != "crypto/cipher.NewCTR" && c.Name != "crypto/cipher.NewOFB" && c.Name != "crypto/cipher.NewCFBEncrypter" || made.Referrers() == nil {
		return false
	}
	kept := false
	for _, r := range *made.Referrers() {
		switch r := r.(type) {
		case *ssa.Store:
			if _, field := r.Addr.(*ssa.FieldAddr); !field {
				return false
			}
			kept = true
		case *ssa.DebugRef:
		default:
			return false
		}
	}
	return kept
}

// isThrownAway reports whether a call encrypts no message, and nothing gets what it gives: neither its result nor, where
// that is appended to something, the bytes behind that. Who seals a message means it to be sent, whatever becomes of it here.
func isThrownAway(c flow.Call) bool {
	call, ok := c.Instr.(*ssa.Call)
	if !ok || c.Name != "(crypto/cipher.AEAD).Seal" || len(*call.Referrers()) > 0 {
		return false
	}
	return isEmpty(c.Arg(0)) && !isCut(c.Arg(0)) && isEmpty(c.Arg(2))
}

func isEmpty(v ssa.Value) bool {
	length, _, ok := bounds.Length(v)
	return ok && length.Max.Sign() == 0
}

// isCut reports whether a slice is a part of something longer, as buffer[:0] is.
func isCut(v ssa.Value) bool {
	cut, ok := v.(*ssa.Slice)
	if !ok {
		return false
	}
	whole, _, ok := bounds.Length(cut.X)
	return !ok || whole.Max.Sign() > 0
}

// isKey reports whether the nonce for a cipher block is cut from the key that the block was made with.
func isKey(fl *flow.Flow, c flow.Call, arg int) bool {
	if !strings.HasPrefix(c.Name, "crypto/cipher.New") {
		return false
	}
	nonce := fl.Origins(c.Arg(arg))
	for _, block := range fl.Origins(c.Arg(0)) {
		made, ok := block.(*ssa.Extract)
		if !ok {
			continue
		}
		call, ok := made.Tuple.(*ssa.Call)
		if !ok || query.CalleeSSA(&call.Call) != "crypto/aes.NewCipher" {
			continue
		}
		key := fl.Origins(call.Call.Args[0])
		if len(nonce) == 1 && len(key) == 1 && nonce[0] == key[0] && cutAtSamePlace(c.Arg(arg), call.Call.Args[0]) {
			return true
		}
	}
	return false
}

// cutAtSamePlace reports whether a nonce is a part of the very bytes of a key, not of another part of
// what both were cut from.
func cutAtSamePlace(nonce, key ssa.Value) bool {
	cut, ok := nonce.(*ssa.Slice)
	return nonce == key || ok && cut.X == key
}

// enoughRandom is how many random bytes make a nonce that does not repeat by chance: with
// 8, two of 2^32 messages, which is as many as one key should see (NIST SP 800-38D).
const enoughRandom = 8

// repeats says after about how many messages n random bytes repeat by chance.
func repeats(n int) string {
	if n == 0 {
		return "2"
	}
	return fmt.Sprintf("2^%d", 4*n)
}

// randomPart gives how many bytes of a nonce are filled from crypto/rand, and how many
// it has, where these are too few and the rest stays zero; -1 otherwise.
func randomPart(fl *flow.Flow, nonce ssa.Value) (random, of int) {
	all := fl.Origins(nonce)
	if len(all) != 1 {
		return -1, 0
	}
	size, _, ok := bounds.Length(all[0])
	if !ok || size.Min.Cmp(size.Max) != 0 || all[0].Referrers() == nil {
		return -1, 0
	}
	random, ok = filledRandom(all[0], 0)
	if of = int(size.Max.Int64()); !ok || random == 0 || random >= enoughRandom || random >= of {
		return -1, 0
	}
	return random, of
}

// filledRandom adds up the bytes of an array or slice that are filled from
// crypto/rand; false if anything else may write to it.
func filledRandom(v ssa.Value, depth int) (n int, ok bool) {
	if v.Referrers() == nil || depth > 4 {
		return 0, false
	}
	for _, r := range *v.Referrers() {
		switch r := r.(type) {
		case *ssa.Slice:
			part, ok := filledRandom(r, depth+1)
			if !ok {
				return 0, false
			}
			n += part
		case *ssa.Call:
			switch name := query.CalleeSSA(&r.Call); name {
			case "crypto/rand.Read", "io.ReadFull":
				size, _, known := bounds.Length(v)
				if !known || !size.Max.IsInt64() {
					return 0, false
				}
				n += int(min(size.Max.Int64(), 1<<16))
			case "len", "cap", "(crypto/cipher.AEAD).Seal":
			default:
				return 0, false
			}
		default:
			return 0, false
		}
	}
	return n, true
}
