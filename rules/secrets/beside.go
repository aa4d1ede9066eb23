package secrets

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io/fs"
	"math/big"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/peercheck/peercheck/lib/check"
	"github.com/peercheck/peercheck/rules/secrets/engine"
)

// besideKey looks at what stands beside a key: one whose certificate is for nobody but
// this machine, one in a folder that says what it is for, one that Docker Compose gives to
// what it starts, and a file with one that only tests speak of, are a test's.
func besideKey(tree fs.FS, d *check.Document, f *check.Finding) {
	if f.Persona >= check.Pedantic {
		return
	}
	if certifiesTests(tree, d, d.Content[f.Location.Range.Start:]) || folderForTests(tree, d.Path) || composed(tree, d.Path) || isConfig(d) && onlyInTests(tree, d.Path) {
		f.Persona, f.Confidence = check.Pedantic, check.Tentative
	}
}

// What is read beside a key. Folders of keys and certificates are small, and so are
// those files; Go files are seldom over 200 KB.
const (
	maxBeside      = 2000
	maxCertificate = 64 << 10
	maxMention     = 1 << 20
	maxMentions    = 16 << 20
)

// certifiesTests reports whether the certificate of a key, in the same document or in
// a file beside it, is a test's, or that of who certifies tests alone, or of whom they certify.
func certifiesTests(tree fs.FS, d *check.Document, key []byte) bool {
	public := publicHalf(key)
	if public == nil && !isEncrypted(key) {
		return false
	}
	all := certificatesIn(d.Content)
	var own []*x509.Certificate // of the key
	stem := func(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }
	for _, name := range filesIn(tree, path.Dir(d.Path)) {
		switch strings.ToLower(path.Ext(name)) {
		case ".crt", ".cer", ".cert", ".pem":
			found := certificatesIn(readUpTo(tree, name, maxCertificate))
			if all = append(all, found...); public == nil && name != d.Path && stem(name) == stem(d.Path) {
				own = append(own, found...)
			}
		}
	}
	if public != nil {
		own = slices.DeleteFunc(slices.Clone(all), func(c *x509.Certificate) bool { return !public.Equal(c.PublicKey) })
	}
	return slices.ContainsFunc(own, func(c *x509.Certificate) bool {
		return forTests(c) || signsForTests(c, all) || slices.ContainsFunc(all, func(ca *x509.Certificate) bool {
			return signedBy(c, ca) && (forTests(ca) || signsForTests(ca, all))
		})
	})
}

// signsForTests reports whether an authority has signed a test's certificate among some,
// and none that is a server's elsewhere.
func signsForTests(ca *x509.Certificate, all []*x509.Certificate) bool {
	signs := false
	for _, c := range all {
		switch {
		case isClient(c) || c.IsCA || !signedBy(c, ca):
		case !forTests(c):
			return false
		default:
			signs = true
		}
	}
	return signs
}

func signedBy(c, ca *x509.Certificate) bool {
	return !c.Equal(ca) && c.CheckSignatureFrom(ca) == nil
}

// isClient reports whether a certificate is for clients alone (RFC 5280, section 4.2.1.12).
func isClient(c *x509.Certificate) bool {
	return slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
}

// isEncrypted reports whether a text begins with a private key that only a passphrase
// opens (RFC 5958, RFC 1421): which certificate belongs to it is told by its name alone.
func isEncrypted(text []byte) bool {
	block := blockIn(text)
	return block != nil && (block.Type == "ENCRYPTED PRIVATE KEY" || strings.HasSuffix(block.Headers["Proc-Type"], "ENCRYPTED"))
}

// publicHalf gives the public key of a private key in PEM with which a text begins, or
// nil: of one that is encrypted, or in the form of OpenSSH.
func publicHalf(text []byte) interface{ Equal(crypto.PublicKey) bool } {
	block := blockIn(text)
	if block == nil {
		return nil
	}
	if block.Type == "RSA PRIVATE KEY" {
		// By its numbers alone: crypto/x509 takes none under 1024 bits, and tests have such.
		var key struct { // RFC 8017, A.1.2
			Version int
			N       *big.Int
			E       int
		}
		if _, err := asn1.Unmarshal(block.Bytes, &key); err != nil {
			return nil
		}
		return &rsa.PublicKey{N: key.N, E: key.E}
	}
	var key any
	var err error
	if block.Type == "EC PRIVATE KEY" {
		key, err = x509.ParseECPrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil
	}
	public, _ := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return public
}

// blockIn gives the block in PEM with which a text begins, or nil. It may be a literal in
// code, with a quote after its last line, or one for each line.
func blockIn(text []byte) *pem.Block {
	const edge = "-----"
	end := bytes.Index(text, []byte(edge+"END "))
	if end < 0 {
		return nil
	}
	end += len(edge)
	n := bytes.Index(text[end:], []byte(edge))
	if n < 0 {
		return nil
	}
	text = text[:end+n+len(edge)]
	if block, _ := pem.Decode(text); block != nil {
		return block
	}
	var joined []byte
	for line := range bytes.Lines(bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))) {
		joined = append(append(joined, betweenQuotes(line)...), '\n')
	}
	block, _ := pem.Decode(joined)
	return block
}

// betweenQuotes gives what a line of code has of a text: without quotes around it, and
// the sign that joins it with those before and after.
func betweenQuotes(line []byte) []byte {
	const quotes = "\"'`"
	line = bytes.TrimSpace(line)
	if opened := bytes.TrimLeft(line, "+. \t"); len(opened) > 0 && strings.IndexByte(quotes, opened[0]) >= 0 {
		line = opened[1:]
	}
	if i := bytes.IndexAny(line, quotes); i >= 0 {
		line = line[:i]
	}
	if len(bytes.Trim(line, "+.,; \t")) == 0 {
		return nil // what stood behind the quote that ends the line before
	}
	return line
}

// certificatesIn gives the certificates in PEM in a text, which may be code.
func certificatesIn(text []byte) (found []*x509.Certificate) {
	begin := []byte("-----BEGIN CERTIFICATE-----")
	for range 20 { // of a chain
		i := bytes.Index(text, begin)
		if i < 0 {
			break
		}
		text = text[i:]
		if block := blockIn(text); block != nil {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				found = append(found, c)
			}
		}
		text = text[len(begin):]
	}
	return found
}

// untouched are the organisations that OpenSSL, Go's generate_cert, Debian's ssl-cert,
// mkcert and quicktls write where nobody says whose a certificate is.
var untouched = set("internetwidgitsptyltd acmeco snakeoil defaultcompanyltd mkcertdevelopmentcertificate quicktls")

// forTests reports whether a certificate is a test's: its subject, or that of who signed
// it, says so, or is what the tool has written by itself; or it speaks for nothing but the machine itself,
// hosts that are reserved, and names without a domain.
func forTests(c *x509.Certificate) bool {
	for _, name := range []pkix.Name{c.Subject, c.Issuer} {
		for _, s := range slices.Concat([]string{name.CommonName}, name.Organization, name.OrganizationalUnit) {
			words := splitWords(s)
			if slices.ContainsFunc(words, aboutTests) || untouched[strings.Join(words, "")] {
				return true
			}
		}
	}
	names := slices.Clone(c.DNSNames)
	if len(names)+len(c.IPAddresses) == 0 && !c.IsCA && c.Subject.CommonName != "" {
		names = []string{c.Subject.CommonName} // what counted until RFC 6125
	}
	for _, ip := range c.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); !ok || !a.Unmap().IsLoopback() && !a.IsUnspecified() {
			return false
		}
	}
	return len(names)+len(c.IPAddresses) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !ownHost(n) })
}

// reservedDomains are for tests and documentation (RFC 2606, RFC 6761), or for the
// machine itself.
var reservedDomains = strings.Fields("localhost localdomain test example invalid example.com example.org example.net")

// ownHost reports whether a host is reserved, or a name without a domain, which only
// the containers of one machine and the like have.
func ownHost(name string) bool {
	name = strings.TrimPrefix(strings.ToLower(strings.TrimSuffix(name, ".")), "*.")
	if a, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return a.IsLoopback()
	}
	top := name[strings.LastIndexByte(name, '.')+1:]
	if strings.HasPrefix(top, "local") && top != "local" { // no domain of the net begins so; .local is that of many companies
		return true
	}
	return !strings.Contains(name, ".") || slices.ContainsFunc(reservedDomains, func(d string) bool { return strings.HasSuffix(name, "."+d) || name == d })
}

// What a folder of keys says of them: the name of a file in it, and a sentence of its README.
var (
	namesTests = engine.NewRegexp(`(?i)^do[-_ ]?not[-_ ]?use|not[-_ ]?(?:for|in)[-_ ]?production|\bfor[-_ ]?test(?:ing|s)?[-_ ]?only`)
	saysTests  = engine.NewRegexp(`(?i)\b(?:keys?|certificates?|certs|credentials|secrets)\b[^.]{0,80}\b(?:for (?:\w+ ){0,2}(?:tests?|testing|development|demos?|demonstration)\b|(?:not|never) (?:\w+ ){0,5}(?:in|for) production)|` +
		`\bdo not use (?:\w+ ){0,4}(?:keys?|certificates?|certs|credentials|secrets)\b[^.]{0,80}\bproduction\b`)
)

// folderForTests reports whether the folder of a file says that what it has is for tests.
// What the README of the whole says is of other things, too.
func folderForTests(tree fs.FS, file string) bool {
	dir := path.Dir(file)
	return slices.ContainsFunc(filesIn(tree, dir), func(name string) bool {
		base := path.Base(name)
		return namesTests.Match([]byte(base)) || dir != "." && isReadme(base) && saysTests.Match(readUpTo(tree, name, maxCertificate))
	})
}

// maxAbove is how many folders above that of a key are searched for who names it.
const maxAbove = 2

// onlyInTests reports whether a file is named by tests in its folder or those above,
// and by nothing else there.
func onlyInTests(tree fs.FS, file string) bool {
	var tests, others []string
	dir := path.Dir(file)
	for range maxAbove + 1 {
		for _, name := range filesIn(tree, dir) {
			if name != file && isTest(name) {
				tests = append(tests, name)
			} else if name != file {
				others = append(others, name)
			}
		}
		if dir == "." {
			break
		}
		dir = path.Dir(dir)
	}
	budget, base := maxMentions, []byte(path.Base(file))
	named := func(name string) bool {
		text := readUpTo(tree, name, min(maxMention, budget))
		budget -= len(text)
		return mentions(text, base)
	}
	return slices.ContainsFunc(tests, named) && !slices.ContainsFunc(others, named) && budget > 0
}

// composed reports whether a file of Docker Compose, in the folder of a key or those above,
// gives the key or its folder to the servers that it starts (its specification, "volumes"
// and "secrets"): those run on the machine of whoever has it.
func composed(tree fs.FS, file string) bool {
	dir := path.Dir(file)
	for range maxAbove + 1 {
		inside := strings.TrimPrefix(file, dir+"/")
		if slices.ContainsFunc(filesIn(tree, dir), func(name string) bool {
			if !isCompose(name) {
				return false
			}
			text := readUpTo(tree, name, maxMention)
			return mounts(text, inside) || path.Dir(inside) != "." && mounts(text, path.Dir(inside))
		}) {
			return true
		}
		if dir == "." {
			break
		}
		dir = path.Dir(dir)
	}
	return false
}

// mounts reports whether a text has a path from its own folder: ./certs, ${PWD}/certs.
func mounts(text []byte, inside string) bool {
	for {
		before, rest, found := bytes.Cut(text, []byte("/"+inside))
		if !found {
			return false
		}
		text = bytes.TrimPrefix(rest, []byte("/"))
		own := bytes.HasSuffix(before, []byte(".")) || bytes.HasSuffix(before, []byte("$PWD")) || bytes.HasSuffix(before, []byte("${PWD}"))
		if own && (len(text) == 0 || text[0] <= ' ' || strings.IndexByte(`:"'`, text[0]) >= 0) {
			return true
		}
	}
}

// mentions reports whether a text has the name of a file that is not the end of
// another's.
func mentions(text, name []byte) bool {
	for {
		i := bytes.Index(text, name)
		if i < 0 {
			return false
		}
		if i == 0 || !nameByte(text[i-1]) {
			return true
		}
		text = text[i+len(name):]
	}
}

// filesIn gives the regular files of a folder by their paths; none if it has too many.
func filesIn(tree fs.FS, dir string) (files []string) {
	entries, err := fs.ReadDir(tree, dir)
	if err != nil || len(entries) > maxBeside {
		return nil
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	return files
}

// readUpTo gives the content of a file, or nothing if it is over a size in bytes.
func readUpTo(tree fs.FS, name string, size int) []byte {
	info, err := fs.Stat(tree, name)
	if err != nil || info.Size() > int64(size) {
		return nil
	}
	content, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil
	}
	return content
}
