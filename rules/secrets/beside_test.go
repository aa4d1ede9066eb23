package secrets

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/peercheck/peercheck/lib/check"
)

// certified makes a key and a certificate of it.
func certified(t *testing.T, template x509.Certificate) (key, certificate string) {
	return issued(t, template, "", "")
}

// issued makes a key and a certificate of it that an authority signs; itself if there is none.
func issued(t *testing.T, template x509.Certificate, authorityKey, authority string) (key, certificate string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	parent, signer := &template, any(private)
	if authority != "" {
		block, _ := pem.Decode([]byte(authorityKey))
		if signer, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			t.Fatal(err)
		}
		parent = certificatesIn([]byte(authority))[0]
	}
	signed, err := x509.CreateCertificate(rand.Reader, &template, parent, private.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}))
}

// besidePersona gives who wants the private key of a file in a tree.
func besidePersona(t *testing.T, file string, files map[string]string) check.Persona {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	d := check.NewDocument(file, check.LanguageOf(file, nil), []byte(files[file]), check.Revision{})
	found := standard.found(d)["private-key"]
	if len(found) != 1 {
		t.Fatalf("%s: %d keys, want one", file, len(found))
	}
	for _, c := range standard.checks() {
		if c.ID == "secrets/private-key" {
			c.Beside(tree, d, &found[0])
		}
	}
	return found[0].Persona
}

// inLines writes a text as code that has a literal for each line.
func inLines(text string) string {
	return `"` + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\\n\" +\n\t\"") + `"`
}

// A key is a test's if its certificate is.
func TestCertificateBesideKey(t *testing.T) {
	loopback := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	name := func(cn string) pkix.Name { return pkix.Name{CommonName: cn} }
	for what, c := range map[string]struct {
		template x509.Certificate
		want     check.Persona
	}{
		"this machine":               {x509.Certificate{Subject: name("acme.io"), DNSNames: []string{"localhost"}, IPAddresses: loopback}, check.Pedantic},
		"a reserved domain":          {x509.Certificate{DNSNames: []string{"*.shop.example.com", "a.test"}}, check.Pedantic},
		"a container with parts":     {x509.Certificate{Subject: name("auth.localregistry")}, check.Pedantic},
		"the tool itself":            {x509.Certificate{Subject: pkix.Name{Organization: []string{"QuickTLS"}}}, check.Pedantic},
		"a company's own net":        {x509.Certificate{Subject: name("shop.acme.local")}, check.Regular},
		"a container":                {x509.Certificate{Subject: name("registry")}, check.Pedantic},
		"a subject that says so":     {x509.Certificate{Subject: name("Acme Test Root"), IsCA: true}, check.Pedantic},
		"a subject that nobody gave": {x509.Certificate{Subject: pkix.Name{Organization: []string{"Internet Widgits Pty Ltd"}}}, check.Pedantic},
		"a host":                     {x509.Certificate{Subject: name("shop.acme.io")}, check.Regular},
		"one host among others":      {x509.Certificate{DNSNames: []string{"localhost", "shop.acme.io"}}, check.Regular},
		"a network":                  {x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(10, 1, 2, 3)}}, check.Regular},
		"an authority":               {x509.Certificate{Subject: name("Acme"), IsCA: true, BasicConstraintsValid: true}, check.Regular},
		"nobody":                     {x509.Certificate{}, check.Regular},
	} {
		key, certificate := certified(t, c.template)
		_, other := certified(t, x509.Certificate{DNSNames: []string{"localhost"}})
		for layout, files := range map[string]map[string]string{
			"beside":           {"certs/server.key": key, "certs/server.crt": certificate},
			"in it":            {"certs/server.key": certificate + key},
			"in code":          {"certs/server.key": "", "tls.go": "var cert = `" + strings.TrimSpace(certificate) + "`\nvar key = `" + strings.TrimSpace(key) + "`\n"},
			"in lines of code": {"certs/server.key": "", "tls.go": "var cert = " + inLines(certificate) + "\nvar key = " + inLines(key) + "\n"},
		} {
			file := "certs/server.key"
			if files["tls.go"] != "" {
				file = "tls.go"
			}
			files["certs/other.crt"] = other
			if got := besidePersona(t, file, files); got != c.want {
				t.Errorf("the key to a certificate for %s, %s, is for %v, want %v", what, layout, got, c.want)
			}
		}
	}
}

// Of a key that is encrypted nothing can be read; its certificate has the same name.
func TestCertificateBesideEncryptedKey(t *testing.T) {
	key, test := certified(t, x509.Certificate{Subject: pkix.Name{CommonName: "acme.test"}})
	_, host := certified(t, x509.Certificate{Subject: pkix.Name{CommonName: "shop.acme.io"}})
	block, _ := pem.Decode([]byte(key))
	block.Type = "ENCRYPTED PRIVATE KEY"
	rand.Read(block.Bytes[4:]) // nobody can tell it from what is encrypted
	encrypted := string(pem.EncodeToMemory(block))
	old := strings.ReplaceAll(strings.Replace(key, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1), "PRIVATE KEY", "EC PRIVATE KEY")
	for _, c := range []struct {
		key, name, certificate string
		want                   check.Persona
	}{
		{encrypted, "ca/root.pem", test, check.Pedantic},
		{old, "ca/root.crt", test, check.Pedantic},
		{encrypted, "ca/root.pem", host, check.Regular},
		{encrypted, "ca/other.pem", test, check.Regular},
		{encrypted, "root.pem", test, check.Regular},
	} {
		if got := besidePersona(t, "ca/root.key", map[string]string{"ca/root.key": c.key, c.name: c.certificate}); got != c.want {
			t.Errorf("beside %s the key %q is for %v, want %v", c.name, c.key[:40], got, c.want)
		}
	}
}

// A file that tests name, and nothing else, is a test's.
func TestKeyThatTestsName(t *testing.T) {
	key, _ := certified(t, x509.Certificate{})
	for _, c := range []struct {
		files map[string]string
		want  check.Persona
	}{
		{map[string]string{"server/server_test.go": `f := "./configs/certs/a.key"`}, check.Pedantic},
		{map[string]string{"server/configs/certs/a_test.go": `f := "a.key"`, "server/server.go": `f := "aa.key"`}, check.Pedantic},
		{map[string]string{"server/server_test.go": `f := "./configs/certs/a.key"`, "server/server.go": `f := "configs/certs/a.key"`}, check.Regular},
		{map[string]string{"server/server_test.go": `f := "./configs/certs/aa.key"`}, check.Regular},
		{map[string]string{"server/server.go": `f := "configs/certs/a.key"`}, check.Regular},
		{map[string]string{}, check.Regular},
	} {
		c.files["server/configs/certs/a.key"] = key
		if got := besidePersona(t, "server/configs/certs/a.key", c.files); got != c.want {
			t.Errorf("beside %q the key is for %v, want %v", c.files, got, c.want)
		}
	}
	account := `{"private_key": "` + strings.ReplaceAll(key, "\n", `\n`) + `"}`
	for file, want := range map[string]check.Persona{"internal/account.json": check.Pedantic, "internal/account.go": check.Regular} { // code is used without its name
		if got := besidePersona(t, file, map[string]string{file: account, "internal/a_test.go": `f := "` + strings.TrimPrefix(file, "internal/") + `"`}); got != want {
			t.Errorf("in %s the key is for %v, want %v", file, got, want)
		}
	}
}

// The key of who has signed for tests alone is a test's, and so is that of their client.
func TestAuthorityBesideKey(t *testing.T) {
	name := func(cn string) pkix.Name { return pkix.Name{CommonName: cn} }
	authority := x509.Certificate{Subject: name("Acme"), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caKey, ca := certified(t, authority)
	_, other := certified(t, authority)
	_, local := issued(t, x509.Certificate{DNSNames: []string{"localhost"}}, caKey, ca)
	_, host := issued(t, x509.Certificate{DNSNames: []string{"shop.acme.io"}}, caKey, ca)
	clientKey, client := issued(t, x509.Certificate{Subject: name("till.acme.io"), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, caKey, ca)
	hostKey, shop := issued(t, x509.Certificate{Subject: name("shop.acme.io")}, caKey, ca)
	testCAKey, testCA := certified(t, x509.Certificate{Subject: name("Acme Test CA"), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	signedKey, signed := issued(t, x509.Certificate{Subject: name("shop.acme.io")}, testCAKey, testCA)
	for what, c := range map[string]struct {
		key   string
		files map[string]string
		want  check.Persona
	}{
		"an authority for this machine":            {caKey, map[string]string{"ca.pem": ca, "local.pem": local}, check.Pedantic},
		"an authority that was given another name": {caKey, map[string]string{"ca.pem": other, "local.pem": local}, check.Regular},
		"an authority for a host, too":             {caKey, map[string]string{"ca.pem": ca, "local.pem": local, "host.pem": host}, check.Regular},
		"an authority for nobody":                  {caKey, map[string]string{"ca.pem": ca}, check.Regular},
		"an authority for a client":                {caKey, map[string]string{"ca.pem": ca, "client.pem": client}, check.Regular},
		"a client of this machine":                 {clientKey, map[string]string{"ca.pem": ca, "local.pem": local, "client.pem": client}, check.Pedantic},
		"a client of a host":                       {clientKey, map[string]string{"ca.pem": ca, "local.pem": local, "host.pem": host, "client.pem": client}, check.Regular},
		"a client whose authority is not there":    {clientKey, map[string]string{"ca.pem": other, "local.pem": local, "client.pem": client}, check.Regular},
		"a host beside this machine":               {hostKey, map[string]string{"ca.pem": ca, "local.pem": local, "shop.pem": shop}, check.Regular},
		"a host, by an authority for tests":        {signedKey, map[string]string{"shop.pem": signed}, check.Pedantic},
	} {
		files := map[string]string{"certs/a.key": c.key}
		for file, text := range c.files {
			files["certs/"+file] = text
		}
		if got := besidePersona(t, "certs/a.key", files); got != c.want {
			t.Errorf("the key of %s is for %v, want %v", what, got, c.want)
		}
	}
}

// A folder says what its keys are for, and Docker Compose gives them to servers on the
// machine of whoever tries a program.
func TestFolderOfKey(t *testing.T) {
	key, _ := certified(t, x509.Certificate{})
	for _, c := range []struct {
		file, text string
		want       check.Persona
	}{
		{"deploy/certs/DO_NOT_USE_THESE_IN_PRODUCTION", "", check.Pedantic},
		{"deploy/certs/not-for-production.txt", "", check.Pedantic},
		{"deploy/certs/production.txt", "", check.Regular},
		{"deploy/DO_NOT_USE_THESE_IN_PRODUCTION", "", check.Regular},
		{"deploy/certs/README.md", "The certificates here are only\nfor local development.\n", check.Pedantic},
		{"deploy/certs/README.md", "Do not use these keys in production!\n", check.Pedantic},
		{"deploy/certs/README.md", "The keys of the server. Run them for testing.\n", check.Regular},
		{"README.md", "The certificates here are for development.\n", check.Regular},
		{"docker-compose.yml", "    volumes:\n      - ./deploy/certs/:/etc/certs:ro\n", check.Pedantic},
		{"deploy/compose.yaml", "    volumes:\n      - ${PWD}/certs:/etc/certs\n", check.Pedantic},
		{"deploy/compose.yaml", "secrets:\n  key:\n    file: ./certs/a.key\n", check.Pedantic},
		{"deploy/compose.yaml", "    volumes:\n      - .:/srv\n      - ./certs-of-others:/etc/certs\n", check.Regular},
		{"docker-compose.yml", "    volumes:\n      - $PWD/deploy/certs:/etc/certs\n", check.Pedantic},
		{"docker-compose.yml", "    volumes:\n      - certs:/etc/deploy/certs\n", check.Regular},
		{"deploy/certs/compose.yaml", "    volumes:\n      - .:/srv\n", check.Regular},
		{"deploy/server.yaml", "    volumes:\n      - ./certs:/etc/certs\n", check.Regular},
	} {
		if got := besidePersona(t, "deploy/certs/a.key", map[string]string{"deploy/certs/a.key": key, c.file: c.text}); got != c.want {
			t.Errorf("beside %s, %q, the key is for %v, want %v", c.file, c.text, got, c.want)
		}
	}
	if got := besidePersona(t, "a.key", map[string]string{"a.key": key, "README.md": "The certificates here are for development.\n"}); got != check.Regular {
		t.Errorf("beside the README of the whole the key is for %v", got)
	}
}
