package secrets

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/check"
)

// The vectors are those of BIP-173, NIP-19 and BIP-32.
func TestChecksums(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(string) bool
		text string
		want bool
	}{
		{"bech32", bech32, "A12UEL5L", true},
		{"bech32", bech32, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", true},
		{"bech32", bech32, "A1G7SGD8", false},
		{"bech32", bech32, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx", false},
		{"bech32", bech32, "1qzzfhee", false},
		{"bech32", bech32, "nsec1vl029mgpspedva04g90v" + "ltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5", true},
		{"base58Check", base58Check, "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3" + "jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi", true},
		{"base58Check", base58Check, "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3" + "jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHj", false},
		{"base58Check", base58Check, "0OIl", false},
		{"nkey", nkey, "", false},
		{"nkey", nkey, "SUA!", false},
	} {
		if got := c.is(c.text); got != c.want {
			t.Errorf("%s(%q) = %v", c.name, c.text, got)
		}
	}
}

// A seed of NATS is proven by its checksum, and not without it.
func TestNATSSeed(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 1))
	raw := []byte{18<<3 | 20<<3>>5, 20 << 3 & 31 << 3} // S and U, as nkeys packs them
	for range 32 {
		raw = append(raw, byte(r.IntN(256)))
	}
	// CRC-16 as the remainder of a division, for the test to be another program.
	n := new(big.Int).Lsh(new(big.Int).SetBytes(raw), 16)
	for n.BitLen() > 16 {
		n.Xor(n, new(big.Int).Lsh(big.NewInt(0x11021), uint(n.BitLen()-17)))
	}
	for add, want := range []string{"certain", "firm"} {
		seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(binary.LittleEndian.AppendUint16(slices.Clone(raw), uint16(n.Int64())+uint16(add)))
		if got := judgeText("user.creds", "-----BEGIN USER NKEY SEED-----\n"+seed+"\n"); !slices.Equal(got, []string{"nats-seed " + want + " " + seed}) {
			t.Errorf("%q, want %s", got, want)
		}
		// Who writes tests makes keys for them.
		if got := judgeText("auth_test.go", `seed := "`+seed+`"`); !slices.Equal(got, []string{"nats-seed tentative " + seed}) {
			t.Errorf("in a test: %q", got)
		}
	}
}

// mnemonicOf makes one of 128 bits, which gives 12 words.
func mnemonicOf(r *rand.Rand) string {
	entropy := make([]byte, 16)
	for i := range entropy {
		entropy[i] = byte(r.IntN(256))
	}
	sum := sha256.Sum256(entropy)
	n := new(big.Int).SetBytes(append(slices.Clone(entropy), sum[0]))
	n.Rsh(n, 4)
	var words []string
	for range 12 {
		words = append(words, bip39Words()[new(big.Int).And(n, big.NewInt(2047)).Int64()])
		n.Rsh(n, 11)
	}
	slices.Reverse(words)
	return strings.Join(words, " ")
}

func TestMnemonic(t *testing.T) {
	words := bip39Words()
	if list := fmt.Sprintf("%x", sha256.Sum256([]byte(bip39))); len(words) != 2048 || !slices.IsSorted(words) || list != "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda" {
		t.Fatalf("the list is another than BIP-39's: %d words, SHA-256 %s", len(words), list)
	}
	secret := mnemonicOf(rand.New(rand.NewPCG(32, 2)))
	for _, text := range []string{
		"MNEMONIC=\"%s\"\n", "accounts: { mnemonic: '%s' },\n", "const walletMnemonic = `%s`;\n", "mnemonic: >-\n  %s\n", "Seed phrase: %s\n", `{"recovery_phrase": "%s"}`,
	} {
		if got := judgeText("hardhat.config.js", fmt.Sprintf(text, secret)); !slices.Equal(got, []string{"wallet-mnemonic certain " + secret}) {
			t.Errorf("%q: %q", text, got)
		}
	}
	first, rest, _ := strings.Cut(secret, " ")
	i := slices.Index(words, first)
	for _, none := range []string{
		words[(i+1)%2048] + " " + rest, // another checksum, but once in 16 times
		"falcon " + rest,               // not in the list
		rest,                           // eleven words
		"test test test test test test test test test test test junk", // Hardhat's
		"legal winner thank year wave sausage worth useful legal winner thank yellow",
		knownMnemonics[0],
	} {
		if got := judgeText("a.env", "MNEMONIC=\""+none+"\"\n"); len(got) > 0 {
			t.Errorf("%q", got)
		}
	}
}

// What has the prefix and length of a token with a checksum, and characters that none has, is made up.
func TestNoTokenOf(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	half, rest := expand("{b62:18}", r), expand("{b62:17}", r)
	for token, want := range map[string]check.Persona{
		"ghu_" + half + "_" + rest:       check.Pedantic,
		"npm_" + half + "-" + rest:       check.Pedantic,
		"ghs_" + half + "_" + rest:       check.Regular,
		"acme_" + half + "_" + rest:      check.Regular,
		"ghu_" + half + "_" + rest + "x": check.Regular,
	} {
		found := standard.found(check.NewDocument("main.go", "go", []byte("command := \"ENV GITHUB_KEY="+token+"\"\n"), check.Revision{}))[kindService]
		if len(found) != 1 || found[0].Persona != want {
			t.Errorf("%s is %v, want one for %v", token, found, want)
		}
	}
}
